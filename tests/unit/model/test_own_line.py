"""Everything silent at once: down only where somebody else out there still answers."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.model.overall import OverallState, judge_environment
from cockpit.model.own_line import NOT_ASKED, host_of, is_suspected, suspect_own_line
from cockpit.model.probe import ProbeResult, ProbeState
from cockpit.model.problem import Problem, ProblemKind
from cockpit.model.reading import FeedState, Reading, compute_freshness

NOW = datetime(2026, 11, 29, 3, 0, tzinfo=UTC)
FELL_SILENT = 100.0  # when the first of the probes was asked in vain


def probe(
    host: str, state: ProbeState = ProbeState.DOWN, since: float | None = FELL_SILENT, **more: Any
) -> ProbeResult:
    more = {"answered": FELL_SILENT - 15.0, "checked": NOW, **more}
    return ProbeResult(host, "prod", f"https://{host}/health", state, NOW, silent_since=since, **more)


SHOP, MAIL = probe("shop.example.com"), probe("mail.example.org", since=FELL_SILENT + 4)


def probes(*results: ProbeResult, environment: str = "prod") -> Reading[Any]:
    return Reading("probes", environment, 15.0, 120.0, results, 120.0, NOW)


def source(seen: float | None, tried: float = 120.0, kind: ProblemKind | None = None) -> Reading[Any]:
    problem = Problem(kind, "am-1: trouble", "Something.") if kind else None
    return Reading("alerts:am", "prod", 30.0, tried, (), seen, NOW, problem)


def told(reading: Reading[Any]) -> tuple[ProbeResult, ...]:
    assert reading.value is not None
    return tuple(reading.value)


def states(reading: Reading[Any]) -> list[ProbeState]:
    return [result.state for result in told(reading)]


def test_when_two_unrelated_hosts_fall_silent_and_nobody_else_answers_nobody_is_down() -> None:
    doubted = suspect_own_line(probes(SHOP, MAIL), [source(seen=90.0)])
    assert states(doubted) == [ProbeState.UNKNOWN, ProbeState.UNKNOWN]
    assert {result.reason for result in told(doubted)} == {"all 2 unreachable: they or we"}
    assert is_suspected(doubted)
    fresh = compute_freshness(doubted, 121.0)
    assert fresh.state is FeedState.BLIND
    assert judge_environment([doubted], {"probes": fresh}).word is OverallState.BLIND
    assert judge_environment([doubted], {"probes": fresh}).word.exit_code == 3


@pytest.mark.parametrize(
    "other",
    [
        source(seen=101.0),
        source(seen=90.0, kind=ProblemKind.SERVER),
        source(seen=None, kind=ProblemKind.FORBIDDEN),
        source(seen=None, kind=ProblemKind.THROTTLED),
        probes(probe("other.example.net", ProbeState.UP, None, answered=110.0), environment="staging"),
    ],
    ids=["answers", "answers with an error", "refuses us", "asks for patience", "a probe elsewhere is up"],
)
def test_when_somebody_else_answers_they_are_down(other: Reading[Any]) -> None:
    assert suspect_own_line(probes(SHOP, MAIL), [other]) == probes(SHOP, MAIL)


@pytest.mark.parametrize(
    "other",
    [
        source(seen=99.0),
        source(seen=99.0, kind=ProblemKind.TIMEOUT),
        source(seen=None, kind=ProblemKind.NETWORK),
        source(seen=None, kind=ProblemKind.SIGN_IN),
        source(seen=None, kind=ProblemKind.GARBAGE),
        source(seen=90.0, tried=95.0, kind=ProblemKind.SERVER),
        probes(probe("other.example.net", ProbeState.UP, None, answered=99.0), environment="staging"),
    ],
    ids=["before", "timed out", "no network", "sign-in", "a portal", "an error before", "a probe up before"],
)
def test_an_answer_from_before_and_none_at_all_clear_nobody(other: Reading[Any]) -> None:
    assert is_suspected(suspect_own_line(probes(SHOP, MAIL), [other]))


def test_one_host_alone_is_down_however_many_probes_it_has() -> None:
    same = replace(SHOP, name="second", url="https://shop.example.com:8443/live")
    assert suspect_own_line(probes(SHOP, same), []) == probes(SHOP, same)


@pytest.mark.parametrize(
    "third",
    [
        probe("api.example.net", ProbeState.UP, None, answered=110.0),
        probe("api.example.net", ProbeState.DOWN, None, answered=110.0),  # it refuses: an answer
        probe("api.example.net", ProbeState.UP, None),  # not asked since
        probe("api.example.net", ProbeState.UNKNOWN, None, answered=None, checked=None),  # not asked yet
        probe("api.example.net", ProbeState.UNKNOWN, None, answered=110.0),  # its parent is down, and it answers
    ],
    ids=["up", "refuses", "not asked since", "not asked yet", "answers under a parent"],
)
def test_one_that_answers_or_was_not_asked_leaves_the_others_down(third: ProbeResult) -> None:
    assert not is_suspected(suspect_own_line(probes(SHOP, MAIL, third), []))


def test_what_could_not_be_asked_at_all_and_maintenance_change_nothing() -> None:
    unsent = probe("six.example.net", ProbeState.UNKNOWN, None)
    planned = probe("planned.example.net", ProbeState.MAINTENANCE, None, answered=110.0)
    doubted = suspect_own_line(probes(SHOP, MAIL, unsent, planned), [])
    assert [result.reason for result in told(doubted)][:3] == ["all 3 unreachable: they or we"] * 3
    assert states(doubted)[3] is ProbeState.MAINTENANCE


def test_what_is_only_pending_waits_for_its_verdict() -> None:
    pending = [replace(each, state=ProbeState.PENDING) for each in (SHOP, MAIL)]
    assert suspect_own_line(probes(*pending), []) == probes(*pending)
    assert is_suspected(suspect_own_line(probes(SHOP, pending[1]), []))


def test_where_all_were_asked_at_one_moment_an_answer_since_then_counts() -> None:
    assert not is_suspected(suspect_own_line(probes(SHOP, MAIL), [source(seen=99.0)], asked_since=98.0))
    assert is_suspected(suspect_own_line(probes(SHOP, MAIL), [source(seen=97.0)], asked_since=98.0))


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://Shop.Example.com.:8443/x?y#z", "shop.example.com"),
        ("http://[2001:db8::1]:80/", "2001:db8::1"),
        ("http://[::1]/", "127.0.0.1"),
        ("http://localhost:9090", "127.0.0.1"),
        ("http://[broken", "http://[broken"),
    ],
)
def test_a_host_is_named_without_its_port(url: str, host: str) -> None:
    assert host_of(url) == host


results = st.builds(
    probe,
    st.sampled_from(["a.example.com", "b.example.org", "10.0.0.4"]),
    st.sampled_from(list(ProbeState)),
    st.none() | st.floats(90, 130),
    answered=st.none() | st.floats(0, 130),
    checked=st.none() | st.just(NOW),
)


@given(st.lists(results, max_size=5), st.none() | st.floats(0, 130), st.none() | st.sampled_from(list(ProblemKind)))
def test_doubt_never_clears_anybody_and_falls_on_all_or_none(
    listed: list[ProbeResult], seen: float | None, kind: ProblemKind | None
) -> None:
    before = probes(*listed)
    after = suspect_own_line(before, [before, source(seen, kind=kind)])
    if not is_suspected(after):
        assert after == before
        return
    assert any(result.state is ProbeState.DOWN for result in listed)
    for result, doubted in zip(listed, told(after), strict=True):
        not_asked = result.state in NOT_ASKED
        assert doubted.state is (result.state if not_asked else ProbeState.UNKNOWN)
        assert not_asked or not (result.state is ProbeState.UP and result.silent_since is None)

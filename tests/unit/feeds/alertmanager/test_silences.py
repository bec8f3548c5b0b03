"""Silenced is not inhibited: by whom, why, until when; and what a proposed silence would suppression."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.feeds.alertmanager.silences import (
    AlertSuppression,
    SilenceClient,
    describe_suppression,
    parse_silences,
    read_suppression,
)
from cockpit.model.silence import SilenceMatcher, propose_matchers
from cockpit.model.system import AlertSource
from cockpit.model.text import is_clean_line
from cockpit.model.time import RealTime

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
RAW: dict[str, Any] = {
    "id": "9825d44b",
    "status": {"state": "active"},
    "createdBy": "ana",
    "comment": "disk swap",
    "startsAt": NOW.isoformat(),
    "endsAt": (NOW + timedelta(hours=1)).isoformat(),
    "matchers": [{"name": "app", "value": "mi-.*", "isRegex": True, "isEqual": True}],
}
VALUES = st.one_of(st.none(), st.text(max_size=20), st.integers(), st.lists(st.text(max_size=5), max_size=2))


def test_a_silence_says_who_why_and_until_when() -> None:
    suppression = read_suppression({"state": "suppressed", "silencedBy": ["9825d44b"]})
    assert (
        describe_suppression(suppression, parse_silences([RAW])) == "silenced by ana until 03:00Z on 21 Nov: disk swap"
    )


def test_of_two_silences_the_one_that_ends_last_speaks() -> None:
    later = RAW | {"id": "b", "createdBy": "bob", "comment": "", "endsAt": (NOW + timedelta(hours=3)).isoformat()}
    told = describe_suppression(AlertSuppression("silenced", ("9825d44b", "b")), parse_silences([RAW, later]))
    assert told == "silenced by bob until 05:00Z on 21 Nov and 1 more"


def test_an_inhibited_alert_names_the_alert_that_inhibits_it() -> None:
    assert (
        describe_suppression(AlertSuppression("inhibited", ("f1",)), name_of={"f1": "AppDown"}.__getitem__)
        == "inhibited by AppDown"
    )


def test_without_the_silence_its_id_is_what_there_is() -> None:
    assert describe_suppression(AlertSuppression("silenced", ("9825d44b",)), {}) == "silenced by 9825d44b"


@pytest.mark.parametrize(
    ("matcher", "labels", "matches"),
    [
        (SilenceMatcher("app", "a"), {"app": "a"}, True),
        (SilenceMatcher("app", "a"), {}, False),
        (SilenceMatcher("app", ""), {}, True),
        (SilenceMatcher("app", "a", is_equal=False), {"app": "b"}, True),
        (SilenceMatcher("app", "a.*", is_regex=True), {"app": "abc"}, True),
        (SilenceMatcher("app", "a", is_regex=True), {"app": "abc"}, False),
        (SilenceMatcher("app", "(", is_regex=True), {"app": "("}, False),
        (SilenceMatcher("app", "a|b", is_regex=True, is_equal=False), {"app": "c"}, True),
    ],
)
def test_a_matcher_matches_as_alertmanager_does(matcher: SilenceMatcher, labels: dict[str, str], matches: bool) -> None:
    assert matcher.matches(labels) is matches


LABELS = st.dictionaries(st.sampled_from(["alertname", "app", "pod", "zone"]), st.sampled_from(["a", "b"]), min_size=1)


@given(st.lists(LABELS, min_size=1, max_size=5))
def test_proposed_matchers_silence_every_alert_they_were_made_of(sets: list[dict[str, str]]) -> None:
    matchers = propose_matchers(sets)
    assert all(matcher.matches(labels) for matcher in matchers for labels in sets)


@given(st.lists(st.dictionaries(st.sampled_from([*RAW]), VALUES), max_size=3))
def test_no_list_of_silences_however_odd_makes_it_raise(raw: list[dict[str, Any]]) -> None:
    for silence in parse_silences(raw).values():
        assert is_clean_line(silence.author + silence.comment + silence.text)


def test_hostile_text_of_a_silence_is_cleaned() -> None:
    hostile = RAW | {"createdBy": "\x1b[2Jana", "comment": "\u202emoc"}
    told = describe_suppression(AlertSuppression("silenced", ("9825d44b",)), parse_silences([hostile]))
    assert is_clean_line(told)


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (200, {"silenceID": "9825d44b"}),  # Alertmanager
        (202, {"silenceID": "9825d44b"}),  # Grafana
        (202, {"message": "silence created", "id": "9825d44b"}),  # Grafana 8
    ],
)
async def test_a_silence_that_was_made_is_never_reported_as_refused(
    status: int, answer: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def open_client(*_: object, **__: object) -> httpx.AsyncClient:
        body = json.dumps(answer).encode()
        answers = httpx.MockTransport(lambda _: httpx.Response(status, stream=httpx.ByteStream(body)))
        return httpx.AsyncClient(transport=answers)

    monkeypatch.setattr("cockpit.feeds.http.open_client_for", open_client)
    client = SilenceClient(AlertSource("am", "alertmanager", ("http://am",)), RealTime(), str)
    assert await client.put({}) == "9825d44b"
    await client.expire("9825d44b")


async def test_a_silence_goes_to_the_server_that_answers_and_waits_for_none_that_hangs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A change that a hung server was given may have been made: nobody would know."""
    asked: list[tuple[str, str]] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        asked.append((request.method, request.url.host))
        if request.url.host == "am-1":
            await asyncio.Event().wait()
        body = b'{"silenceID": "9825d44b"}' if request.method == "POST" else b"[]"
        return httpx.Response(200, stream=httpx.ByteStream(body))

    monkeypatch.setattr(
        "cockpit.feeds.http.open_client_for",
        lambda *_, **__: httpx.AsyncClient(transport=httpx.MockTransport(answer)),
    )
    monkeypatch.setattr("cockpit.feeds.alertmanager.silences.HEAD_START", 0.01)  # seconds
    source = AlertSource("am", "alertmanager", ("http://am-1", "http://am-2"))
    client = SilenceClient(source, RealTime(), str)
    async with asyncio.timeout(5):  # of one that hangs twelve seconds would be waited for
        assert await client.list_silences() == {}
        assert await client.put({}) == "9825d44b"
    assert [host for method, host in asked if method == "POST"] == ["am-2"]

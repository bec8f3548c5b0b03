"""Details say all that is known, with times nobody has to convert."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from cockpit.model.alert import Alert, AlertState, Severity
from cockpit.model.event import Event
from cockpit.model.incident import Acknowledgement
from cockpit.model.probe import ProbeEvidence, ProbeResult, ProbeState
from cockpit.model.revision import Replica, Revision
from widgets.facts import LABEL, Viewer, as_text, build_fact_rows, find_link_tone, get_heading, list_facts

NOW = datetime(2026, 2, 27, 13, 26, 41, tzinfo=UTC)
VIEWER = Viewer(NOW, timezone(timedelta(hours=13), "NZDT"))
PROBE = ProbeResult(
    "ready", "prod", "https://app.example.com/ready", ProbeState.DOWN, NOW - timedelta(minutes=12), NOW, 503, 0.012,
    "[STATUS] (503) == 200", 4, True, (0.012, None, 0.030), "192.0.2.7:443",
)  # fmt: skip
ALERT = Alert(
    "prom-1", "f1", "5xx errors", Severity.HIGH, AlertState.FIRING, NOW, "prod", "mi-prod", "12 % > 1 %",
    (("team", "web"), ("zone", "1")), (("dashboard", "https://grafana.example.com"),), ("am-1", "am-2"), "New", "id-7",
)  # fmt: skip
REVISION = Revision(
    "mi-prod", "mi-prod--v42", True, 100, NOW, "registry.example.com/mi:9f31c2e", ("green",), health="Unhealthy",
    provisioning="Provisioned", running="Degraded", replica_count=2,
    replicas=(Replica("mi-prod--v42-abcde", "Running", False, 7, NOW),),
)  # fmt: skip
EVENT = Event(
    7, "i1", "prod", "ready", NOW, NOW, "probe", "recorder", "you", "ready is down", {"state": "down", "n": {"a": 1}},
    3, 1, "abc123",
)  # fmt: skip


def told(shown: object, **more: Any) -> str:
    return as_text(get_heading(shown), list_facts(shown, VIEWER, **more))


@pytest.mark.parametrize("shown", [PROBE, ALERT, REVISION, EVENT])
def test_every_field_that_says_something_is_shown(shown: Any) -> None:
    text = told(shown)
    for name in shown.__dataclass_fields__:
        value = getattr(shown, name)
        if isinstance(value, str) and value:
            assert value in text, name


def test_a_time_is_shown_in_both_zones_and_as_an_age() -> None:
    assert "02:14:41 NZDT, 28 Feb 2026   13:14:41Z   12m ago" in told(PROBE)


def test_a_time_in_a_zone_that_is_utc_is_shown_once() -> None:
    assert "13:14:41 UTC, 27 Feb 2026   12m ago" in as_text(
        get_heading(PROBE), list_facts(PROBE, Viewer(VIEWER.now, UTC))
    )


def test_every_label_has_a_space_before_its_value() -> None:
    evidence = ProbeEvidence(VIEWER.now, "[STATUS] (503) == 200", 503, body="{}")
    failing = replace(PROBE, first_failure=evidence, last_failure=evidence)
    labels = {label for item in (failing, ALERT, REVISION, EVENT) for label, _ in list_facts(item, VIEWER)}

    assert max(map(len, labels)) < LABEL


def test_a_failing_answer_tells_the_way_to_it() -> None:
    evidence = ProbeEvidence(
        VIEWER.now,
        "answer 10.0.0.4: timed out after 1 s",
        phases=(("connect", 0.002), ("answer", 1.0)),
        tls="TLSv1.3, certificate of shop.example.com by R11",
        tried=("10.0.0.5: Connection refused",),
        broke_off="answer",
    )
    text = told(replace(PROBE, first_failure=evidence, last_failure=evidence))
    assert "connect 2 ms · answer 1000 ms · ended in answer" in text
    assert "tried 10.0.0.5: Connection refused" in text
    assert "certificate of shop.example.com by R11" in text


def test_a_heartbeat_tells_who_reported_it() -> None:
    beat = replace(PROBE, url="beat://backup", address="uid 34 (backup)")
    assert ("reported by", "uid 34 (backup)") in list_facts(beat, VIEWER)


def test_a_probe_tells_its_latencies_and_what_got_no_answer() -> None:
    assert "fastest 12 ms, median 21 ms, slowest 30 ms" in told(PROBE)
    assert "1 of the last 3 checks got no answer" in told(PROBE)
    assert "down, flapping" in told(PROBE)


def test_an_alert_tells_labels_links_and_who_took_it() -> None:
    text = told(ALERT)
    assert "team = web" in text
    assert "dashboard: https://grafana.example.com" in text
    assert "nobody yet" in text
    assert "ana   02:26:41 NZDT" in told(ALERT, taken=Acknowledgement(ALERT.key, NOW, "ana"))


def test_a_revision_tells_each_replica() -> None:
    assert "mi-prod--v42-abcde: Running, NOT READY, 7 restarts" in told(REVISION)


def test_an_event_tells_its_detail_and_what_it_corrects() -> None:
    text = told(EVENT)
    assert "event 3" in text
    assert '"a": 1' in text


@given(st.lists(st.tuples(st.sampled_from(["", "label"]), st.text(max_size=300)), max_size=5), st.integers(40, 200))
def test_lines_fit_and_cannot_reach_the_terminal_as_anything_but_text(found: list[tuple[str, str]], width: int) -> None:
    for line in build_fact_rows(found, width):
        text = "".join(piece for piece, _ in line)
        assert "\x1b" not in text
        assert "\n" not in text
        assert len(text) <= width
        assert cell_len(text[:LABEL]) == LABEL


@pytest.mark.parametrize(
    ("line", "address"),
    [
        ("runbook: https://wiki.example.com/5xx?a=b#c", "https://wiki.example.com/5xx?a=b#c"),
        ("see https://x.example.com/a, then call", "https://x.example.com/a"),
        ("no address", ""),
        ("javascript:alert(1)", ""),
        ("https://x.example.com/\x1b]8;;evil", "https://x.example.com/"),
    ],
)
def test_an_address_is_a_link_and_nothing_hostile_is_in_it(line: str, address: str) -> None:
    assert find_link_tone(line) == (f"link {address}" if address else "")


def test_a_link_that_is_broken_over_rows_leads_to_the_whole_address() -> None:
    address = "https://wiki.example.com/" + "a" * 100
    rows = build_fact_rows([("links", f"runbook: {address}")], 60)
    assert len(rows) > 1
    assert {row[1][1] for row in rows} == {f"link {address}"}

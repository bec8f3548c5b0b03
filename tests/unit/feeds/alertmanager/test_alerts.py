"""The list of an Alertmanager, old or new, kind or hostile, as our own alerts."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.feeds.alertmanager.alerts import LIFE, MOST_LABELS, ListedAlert, parse_listed_alerts, read_uptime
from cockpit.model.alert import AlertState, Severity
from cockpit.model.problem import SourceError
from cockpit.model.text import HOSTILE

ANSWERS = Path(__file__).parent / "answers"
SEEN = datetime(2026, 11, 21, 2, 0, 30, tzinfo=UTC)


def read(body: bytes) -> dict[str, ListedAlert]:
    return parse_listed_alerts(body, source="am", environment="prod", server="am-1", polled=SEEN)


def read_one(**fields: Any) -> ListedAlert:
    (found,) = read(json.dumps([{"fingerprint": "f1", **fields}]).encode()).values()
    return found


def test_an_alert_tells_what_where_since_when_and_where_to_read_on() -> None:
    found = read((ANSWERS / "alertmanager_0_25.json").read_bytes())["de1db42d7876abfb"]
    alert = found.alert
    assert alert.key == "am:de1db42d7876abfb"
    assert (alert.name, alert.severity, alert.state) == ("ReplicaDown", Severity.CRITICAL, AlertState.FIRING)
    assert (alert.resource, alert.summary) == ("orders-api--r12-x", "Replica of orders-api is down")
    assert alert.since == datetime(2026, 11, 21, 1, 58, 20, 167_000, UTC)
    assert dict(alert.links) == {
        "runbook": "https://runbooks.example.com/rollback",
        "source": "http://prom-1.example.com:9090/graph?g0.expr=up%3D%3D0&g0.tab=1",
    }
    assert (alert.seen_by, alert.environment, alert.note) == (("am-1",), "prod", "")
    assert (found.ends - found.updated).total_seconds() == pytest.approx(240, abs=1)


def test_an_address_to_read_on_is_whole_or_left_out() -> None:
    runbook, source = "https://wiki.example.com/" + "r" * 900, "http://prom:9090/graph?g0.expr=" + "s" * 5_000
    alert = read_one(annotations={"runbook_url": runbook, "dashboard_url": "https://x/\x1b"}, generatorURL=source).alert
    assert dict(alert.links) == {"runbook": runbook, "source": source}


def test_every_annotation_that_is_an_address_is_one_to_open() -> None:
    annotations = {
        "graph": "https://grafana.example.com/d/1",
        "dashboard_url": "https://grafana.example.com/d/2",
        "hint": "https://wiki.example.com/x is where it stands",
        "script": "javascript:alert(1)",
        "runbook_url": "https://wiki.example.com/y",
    }
    alert = read_one(annotations=annotations).alert
    assert [name for name, _ in alert.links] == ["runbook", "dashboard", "graph"]


def test_a_silenced_alert_is_suppressed_and_tells_by_what() -> None:
    alert = read((ANSWERS / "alertmanager_0_25.json").read_bytes())["68f33eb33772976c"].alert
    assert alert.state is AlertState.SUPPRESSED
    assert alert.note == "silenced by 9825d44b-461c-4626-8610-f2412f112688 and 1 more"


def test_fields_of_newer_servers_are_understood_or_ignored() -> None:
    found = read((ANSWERS / "alertmanager_newer.json").read_bytes())
    muted, inhibited, new = (found[key].alert for key in ("0c1f4b0a9d5e7733", "77aa00bb11cc22dd", "99aa00bb11cc22dd"))
    assert (muted.state, muted.note) == (AlertState.SUPPRESSED, "muted by weekends")
    assert muted.severity is Severity.UNKNOWN
    assert dict(muted.labels)["größe"] == "voll"
    assert (inhibited.state, inhibited.note) == (AlertState.SUPPRESSED, "inhibited by de1db42d7876abfb")
    assert inhibited.since == datetime(2026, 11, 21, 1, 58, 20, 167_000, UTC)
    assert (new.state, new.since) == (AlertState.FIRING, SEEN)


def test_an_alert_without_an_end_lives_as_long_as_prometheus_would_let_it() -> None:
    found = read((ANSWERS / "alertmanager_newer.json").read_bytes())["77aa00bb11cc22dd"]
    assert found.ends - found.updated == LIFE


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>login</html>", b'{"alerts": []}', b'"bad matcher"', b"[1]", b'[{"labels": {}}]', b"[" * 100_000],
)
def test_what_is_no_list_of_alerts_is_refused_as_a_whole(body: bytes) -> None:
    with pytest.raises((SourceError, ValueError, RecursionError)):
        read(body)


def test_hostile_text_comes_in_clean_and_short() -> None:
    found = read_one(
        labels={"alertname": "\x1b]0;owned\x07Down\u202e", "instance": "a\r\nb" * 1_000, "\x1b[2J": "\x9b31m"},
        annotations={"summary": "line one\nline two \x1b[31mred", "runbook_url": "javascript:alert(1)"},
        generatorURL="file:///etc/passwd",
        status={"state": "suppressed", "silencedBy": ["\x1b[2J" + "9" * 500]},
    ).alert
    every = [found.name, found.resource, found.summary, found.note, *(text for pair in found.labels for text in pair)]
    assert not any(HOSTILE.search(text) for text in every)
    assert found.summary.startswith("line one line two")
    assert found.links == ()
    assert len(found.note) < 100
    assert max(len(value) for _, value in found.labels) < 600


def test_an_alert_with_endless_labels_is_cut() -> None:
    labels = {f"label{number}": "x" for number in range(10_000)}
    assert len(read_one(labels=labels).alert.labels) == MOST_LABELS


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
FIELDS = st.fixed_dictionaries(
    {"fingerprint": st.text(min_size=1).filter(str.strip)},
    optional=dict.fromkeys(
        ("labels", "annotations", "status", "startsAt", "endsAt", "updatedAt", "generatorURL"), JSON
    ),
)


@given(raw=st.lists(FIELDS, max_size=3))
def test_any_field_may_be_anything(raw: list[dict[str, Any]]) -> None:
    for found in read(json.dumps(raw).encode()).values():
        assert not HOSTILE.search(found.alert.name + found.alert.summary + found.alert.note + found.alert.resource)
        assert found.alert.since.tzinfo is not None
        assert found.ends.tzinfo is not None


@given(body=st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    with suppress(SourceError, ValueError):
        read(body)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"uptime": "2026-11-21T01:59:30.000Z", "config": {"original": "secret"}}', timedelta(minutes=1)),
        (b'{"uptime": "yesterday"}', None),
        (b"{}", None),
        (b"[]", None),
    ],
)
def test_the_status_tells_how_long_a_server_runs(body: bytes, expected: timedelta | None) -> None:
    assert read_uptime(body, SEEN) == expected

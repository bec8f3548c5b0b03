"""A storm of alerts in the draft: one line for each turn, one row for the rule, and the failing answers as evidence."""

from datetime import UTC, timedelta
from typing import Any

import pytest

from cockpit.incident.postmortem.alert_rows import alert_rows
from cockpit.incident.postmortem.picture import build_picture
from cockpit.incident.postmortem.rows import list_excerpts, timeline_rows
from cockpit.incident.postmortem.time_face import TimeFace
from cockpit.model.event import Event, Kind
from cockpit.model.incident import Incident, Status
from tests.unit.incident.story import NIGHT


def fact(number: int, kind: Kind, subject: str, detail: dict[str, Any], summary: str = "fired") -> Event:
    when = NIGHT + timedelta(seconds=number / 100)
    return Event(number, None, "prod", subject, when, when, kind, "recorder", "", summary, detail, None, 1, "")


def storm(count: int) -> list[Event]:
    return [
        fact(
            n,
            Kind.ALERT,
            f"am:{n}",
            {"name": "5xxHigh", "state": "firing", "severity": "critical", "resource": f"p{n}"},
        )
        for n in range(1, count + 1)
    ]


def incident() -> Incident:
    return Incident("INC-1", "prod", "storm", "P1", Status.INVESTIGATING, NIGHT, "ana", NIGHT)


def test_ten_thousand_lines_are_one() -> None:
    events = storm(5_000)
    assert len(timeline_rows(events, incident())) == 1
    (row,) = alert_rows(events, incident())
    assert (row.name, row.resource) == ("5xxHigh: 5000 instances", "p1, p2 and 4998 more")


def test_the_first_failing_answer_is_evidence() -> None:
    answer = {
        "status": 503,
        "url": "https://x/ready",
        "reason": "[STATUS] (503) == 200",
        "headers": {"via": "p"},
        "body": "no",
    }
    ((_, text),) = list_excerpts([fact(1, Kind.PROBE, "ready", {"state": "down", "answer": answer})])
    assert text.splitlines() == ["ready: [STATUS] (503) == 200", "HTTP 503 https://x/ready", "via: p", "no"]


def test_the_way_to_a_failing_answer_is_evidence_too() -> None:
    answer = {
        "reason": "tls 10.0.0.4: certificate has expired",
        "address": "10.0.0.4",
        "tried": ["::1: Connection refused"],
        "phases_ms": {"connect": 0.4, "tls": 12.0},
        "broke_off": "tls",
    }
    ((_, text),) = list_excerpts([fact(1, Kind.PROBE, "ready", {"state": "down", "answer": answer})])
    assert text.splitlines()[1:] == [
        "10.0.0.4",
        "tried ::1: Connection refused",
        "connect 0.4 ms · tls 12.0 ms · ended in tls",
    ]


@pytest.mark.parametrize(("body", "count"), [("other", 2), ("no", 1)])
def test_the_newest_failing_answer_is_evidence_where_it_tells_more(body: str, count: int) -> None:
    first = {"status": 503, "reason": "[STATUS] (503) == 200", "body": "no"}
    newest = {**first, "body": body, "at": "2026-02-27T13:14:41Z"}
    events = [
        fact(1, Kind.PROBE, "ready", {"state": "down", "answer": first}),
        fact(2, Kind.PROBE, "ready", {"state": "up", "last_answer": newest}),
    ]
    assert len(list_excerpts(events)) == count


def test_in_the_picture_a_storm_is_one_mark_and_leaves_room_for_what_people_did() -> None:
    events = [*storm(500), fact(501, Kind.DECLARE, "", {"title": "storm", "severity": "P1"}, "declared P1: storm")]
    picture = build_picture(incident(), events, TimeFace(UTC, NIGHT), NIGHT + timedelta(minutes=5))
    assert [mark.person for mark in picture.marks] == [False, True]
    assert [len(lane.bars) for lane in picture.lanes if lane.section == "Alerts"] == [1]

"""When a change happened and what an undo is called reads alike in draft, table, lines, pane and JSON."""

import csv
import io
import json
from datetime import UTC
from typing import Any

import pytest

from cockpit.cli.timeline import format_event_line
from cockpit.incident.change_dates import present_events
from cockpit.incident.load import list_standing_events
from cockpit.incident.postmortem.export import as_csv
from cockpit.incident.postmortem.json_document import list_event_documents
from cockpit.model.event import Event, Kind
from cockpit.model.time import format_timestamp
from tests.unit.incident.drafts import ALL_ENTRIES, draft, incident_of, table
from tests.unit.incident.story import Story, at
from widgets.timeline import build_event_rows

MOVED = "shop: traffic from --r44 to --r43"


def undone_night(moves: str, state: str = "ok") -> Story:
    """A step, recorded by an older version as no undo at its end, moved the traffic; the cloud dates the request."""
    story = Story()
    story.declare(0, reach=-10)
    command = f"az containerapp ingress traffic set -n shop --revision-weight {moves}=100"
    intent: dict[str, Any] = {"phase": "intent", "kind": "change", "attempt": 1, "as_run": command, "title": "Send it"}
    story.act(Kind.STEP, 2.49, "ben", subject="r1#1", summary="Send it (undo) begun", undo=True, **intent)
    ended: dict[str, Any] = {"phase": "outcome", "state": state, "attempt": 1, "title": "Send it"}
    story.act(Kind.STEP, 2.7, "ben", subject="r1#1", summary=f"Send it: {state}", **ended)
    detail = {"before": {"shop--r44": 100}, "after": {"shop--r43": 100}, "asked": format_timestamp(at(2.5))}
    story.tell(Kind.TRAFFIC, 2.5, subject="shop", summary=MOVED, detail=detail, late=0.6, source="recorder")
    story.act(Kind.RESOLVE, 20, reason="stable")
    return story


def tell_everywhere(story: Story, kind: Kind, words: str) -> dict[str, tuple[str, str]]:
    """The clock time and the words of one fact, by the place that tells it."""
    presented = list_standing_events(present_events(story.events))
    (event,) = [event for event in presented if event.kind == kind and words in event.summary]
    (row,) = [row for row in build_event_rows(presented, "ana", UTC, at(0).date()) if row.id == str(event.id)]
    (line,) = [item for item in csv.DictReader(io.StringIO(as_csv(incident_of(story), story.events, UTC)))
               if item["event"] == str(event.id)]  # fmt: skip
    (document,) = [item for item in list_event_documents(story.events) if item["id"] == event.id]
    told = document.get("presented", document)
    (entry,) = [cells for cells in table(draft(story), "timeline", ALL_ENTRIES) if words in cells[-2]]
    printed = format_event_line(event)
    return {
        "pane": (row.cells[2].text, row.cells[-1].text),
        "table": (line["time_utc"][-8:], line["what"]),
        "JSON": (told["occurred"][11:19], told["summary"]),
        "draft": (entry[0][-8:], entry[-2]),
        "line": (printed.split()[2].rstrip("Z"), printed),
    }


@pytest.mark.parametrize(
    ("moves", "state", "moved"),
    [("shop--r43", "ok", "02:02:42"), ("shop--r43", "failed", "02:02:30"), ("shop--r41", "ok", "02:02:30")],
)
def test_every_place_dates_a_move_by_the_step_that_did_it(moves: str, state: str, moved: str) -> None:
    places = tell_everywhere(undone_night(moves, state), Kind.TRAFFIC, MOVED)
    assert {place: moment for place, (moment, _) in places.items()} == dict.fromkeys(places, moved)
    says_how = {place: "its step ended then" in text for place, (_, text) in places.items()}
    assert says_how == dict.fromkeys(places, moved == "02:02:42")
    says_when_seen = {place: "seen at 02:03:06 UTC" in text for place, (_, text) in places.items()}
    assert says_when_seen == dict.fromkeys(places, moved != "02:02:42")


def test_every_place_marks_the_end_of_an_undo_that_an_older_version_recorded() -> None:
    places = tell_everywhere(undone_night("shop--r43"), Kind.STEP, ": ok")
    assert {place: "Send it (undo): ok" in text for place, (_, text) in places.items()} == dict.fromkeys(places, True)


def test_what_stands_in_the_file_stays_in_the_document_beside_it() -> None:
    story = undone_night("shop--r43")
    for document, event in zip(list_event_documents(story.events), story.events, strict=True):
        assert (document["hash"], document["summary"]) == (event.hash, event.summary)
        assert document["occurred"] == format_timestamp(event.occurred)
        assert ("presented" in document) == (event.kind == Kind.TRAFFIC or _is_end(event))
        json.dumps(document)


def _is_end(event: Event) -> bool:
    return event.detail.get("phase") == "outcome"

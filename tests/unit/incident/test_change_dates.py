"""When a change happened and what an undo is called reads alike in draft, table, lines, pane and JSON."""

import csv
import io
import json
from collections.abc import Sequence
from contextlib import redirect_stdout
from datetime import UTC
from typing import Any

import pytest

from cockpit.cli.status.briefs import print_events
from cockpit.cli.timeline import format_event_line
from cockpit.incident.change_dates import present_events
from cockpit.incident.load import list_standing_events, read_presented
from cockpit.incident.postmortem.export import as_csv
from cockpit.incident.postmortem.json_document import list_event_documents
from cockpit.model.event import Event, Kind
from cockpit.model.time import format_timestamp
from screens.main.key_handlers import list_plot_marks
from screens.shared.context import EventsAppended
from screens.wall import WallScreen
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
    (written,) = [item for item in story.events if item.id == event.id]
    followed = read_followed(written, story.events)
    found = read_found(written, story.events)
    (shown,) = [item for item in read_wall(story.events) if item.id == event.id]
    marks = [mark for mark in list_plot_marks(story.events, at(30)) if mark.text.startswith(words)]
    drawn = {f"plot {number}": (f"{mark.at:%H:%M:%S}", mark.text) for number, mark in enumerate(marks)}
    return drawn | {
        "follow --json": (followed["occurred"][11:19], followed["summary"]),
        "search": (f"{found.occurred:%H:%M:%S}", found.summary),
        "wall": (f"{shown.occurred:%H:%M:%S}", shown.summary),
        "pane": (row.cells[2].text, row.cells[-1].text),
        "table": (line["time_utc"][-8:], line["what"]),
        "JSON": (told["occurred"][11:19], told["summary"]),
        "draft": (entry[0][-8:], entry[-2]),
        "line": (printed.split()[2].rstrip("Z"), printed),
    }


class ListedTimeline:
    """A file that holds these events."""

    def __init__(self, events: Sequence[Event]) -> None:
        self._events = events

    def events(self, *, environment: str, kinds: Sequence[str], before: int, limit: int) -> list[Event]:
        return [event for event in self._events if event.kind in kinds and event.id < before][-limit:]


def read_followed(event: Event, before: Sequence[Event]) -> dict[str, Any]:
    """What `follow --json` tells of one."""
    printed = io.StringIO()
    with redirect_stdout(printed):
        print_events([event], True, before)
    document: dict[str, Any] = json.loads(printed.getvalue())
    return {**document, **document.get("presented", {})}


def read_found(event: Event, events: Sequence[Event]) -> Event:
    """One that a search found in a file, with the file around it."""
    return read_presented(ListedTimeline(events), [event])[event.id]


def read_wall(events: Sequence[Event]) -> list[Event]:
    wall = WallScreen()
    wall._events_appended(EventsAppended(events))
    return wall._lines["prod"]


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

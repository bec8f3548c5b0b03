"""A line of the timeline names no time that lies after its own, unless it says that it is still to come."""

import re
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cockpit.incident.actions.errors import IncidentActionError
from cockpit.incident.actions.incident_actions import IncidentActions
from cockpit.incident.load import list_standing_events
from cockpit.model.event import Event, Kind, find_standing_events
from cockpit.timeline.timeline import Timeline
from tests.examples import scale_examples
from tests.unit.incident.actors import Clock, make_incident_actions
from tests.unit.incident.story import Story, at

TIME = re.compile(r"(?:(\d{4}-\d\d-\d\d) )?(\d\d:\d\d(?::\d\d)?)Z")
COMING = re.compile(r"(?:due|next at|again at|until|by) $")  # words that say that a time is still to come


def late_times(event: Event) -> list[str]:
    """The times of a line that lie after its own, without a word that says so."""
    late = []
    for match in TIME.finditer(event.summary):
        day = match[1] or f"{event.occurred:%Y-%m-%d}"
        seconds = match[2] if match[2].count(":") == 2 else f"{match[2]}:00"
        moment = datetime.fromisoformat(f"{day}T{seconds}").replace(tzinfo=UTC)
        if moment > event.occurred and not COMING.search(event.summary[: match.start()]):
            late.append(f"{match[0]} in {event.summary!r} at {event.occurred:%H:%M:%S}")
    return late


def act(incident_actions: IncidentActions, what: str, now: datetime, minutes: int) -> None:
    back, ahead = now - timedelta(minutes=minutes), now + timedelta(minutes=minutes + 1)
    match what:
        case "impact":
            incident_actions.amend(impact_started=back, impact_ended=now)
        case "start":
            incident_actions.amend(impact_started=back)
        case "end":
            incident_actions.amend(impact_ended=back)
        case "reach":
            incident_actions.amend(reach_from=back, title=f"title {minutes}")
        case "severity":
            incident_actions.change_severity("P0" if minutes % 2 else "P2", reason="x", moment=back)
        case "mistake":
            incident_actions.correct_severity("P1" if minutes % 2 else "P2", "typo")
        case "update":
            incident_actions.sent("clients", "we look into it", promised=ahead)
        case "task":
            incident_actions.start_task("look", ahead - now, "ben")
        case "freeze":
            incident_actions.freeze(bool(minutes % 2), "until green")
        case "recovered":
            incident_actions.recovered_to(back)
        case "status":
            incident_actions.change_status("monitoring" if minutes % 2 else "identified")
        case _:
            incident_actions.note("seen", None, back)


ACTS = ("impact", "start", "end", "reach", "severity", "mistake")
MORE_ACTS = ("update", "task", "freeze", "recovered", "status", "note")


@given(st.lists(st.tuples(st.sampled_from(ACTS + MORE_ACTS), st.integers(0, 50), st.integers(1, 30)), max_size=8))
@settings(max_examples=scale_examples(40), suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_whatever_is_done_and_corrected(timeline: Timeline, walk: list[tuple[str, int, int]]) -> None:
    clock = Clock()
    clock.wall = now = at(0)
    incident_actions = make_incident_actions(timeline, clock)
    for incident in incident_actions.open():
        incident_actions.resolve("over", incident.id)
    begin = timeline.events()[-1].id if timeline.events() else 0
    incident_actions.declare("orders fail")
    for what, back, pause in walk:
        clock.wall = now = now + timedelta(minutes=pause)
        try:
            act(incident_actions, what, now, back)
        except IncidentActionError:
            continue  # refused: nothing was written
    assert [late for event in list_standing_events(timeline.events(after=begin)) for late in late_times(event)] == []


def test_an_older_file_that_wrote_the_impact_into_the_line_of_the_declaration_is_read_without_it() -> None:
    story = Story()
    story.declare(0, reach=-10)
    first = story.events[0]
    story.tell(
        Kind.DECLARE, 0, late=9, incident="i1", actor="ana", detail=dict(first.detail), supersedes=first.id,
        summary="declared P1: x (impact ended 2026-02-27 02:07:58Z (was 02:09:00Z), title “x” (was “y”))",
    )  # fmt: skip
    (event,) = find_standing_events(story.events).values()
    assert event.summary == "declared P1: x"

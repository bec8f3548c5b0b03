"""What was written down before an incident was declared, belongs to it, and is corrected later."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.incident.load import list_members, list_standing_events, with_events
from cockpit.model.event import Draft, Event, Kind
from cockpit.model.incident import Incident
from cockpit.model.severity_scale import DEFAULT_SEVERITY_SCALE
from cockpit.timeline.timeline import Timeline
from tests.examples import scale_examples
from tests.unit.incident.folding import fold, only
from tests.unit.incident.story import Story, at


def journal_ack(story: Story, minute: float, corrects: Event | None = None, late: float = 0) -> Event:
    number = corrects.id if corrects else None
    return story.act(Kind.ACK, minute, incident=None, subject="az:5xx", supersedes=number, late=late)


def acks(incident: Incident) -> list[float]:
    return [(ack.at - at(0)).total_seconds() / 60 for ack in incident.acks]


@pytest.mark.parametrize("moments", [(1.5,), (0.5,), (1.5, 0.5), (0.5, 1.5), (0.5, 1.8)])
def test_a_corrected_acknowledgement_takes_the_place_of_the_first_one(moments: tuple[float, ...]) -> None:
    story = Story()
    last = journal_ack(story, 1)
    story.declare(2, reach=-30)
    for moment in moments:
        last = journal_ack(story, moment, last, late=5)
    assert (only(story).acknowledged, acks(only(story))) == (at(moments[-1]), [moments[-1]])


def test_also_where_it_was_corrected_before_the_declaration() -> None:
    story = Story()
    journal_ack(story, 0.5, journal_ack(story, 1), late=1)
    story.declare(2, reach=-30)
    assert acks(only(story)) == [0.5]


def test_also_where_both_corrections_name_the_first_one() -> None:
    story = Story()
    first = journal_ack(story, 1)
    story.declare(2, reach=-30)
    journal_ack(story, 0.5, first, late=5)
    journal_ack(story, 1.5, first, late=6)
    assert acks(only(story)) == [1.5]


def test_an_incident_that_is_closed_has_the_correction_and_so_has_every_other_one_that_took_it() -> None:
    story = Story()
    story.alert(0, "az:5xx", "firing")
    first = journal_ack(story, 1)
    story.declare(2, reach=-30)
    story.declare(3, reach=-30, incident="i2")
    story.act(Kind.RESOLVE, 4, incident="i2", because="duplicate", of="i1")
    journal_ack(story, 0.5, first, late=20)
    assert [acks(incident) for incident in fold(story.events).incidents.values()] == [[0.5], [0.5]]


def test_what_turns_out_to_have_been_at_another_time_is_of_it_no_more_and_comes_back_with_its_time() -> None:
    story = Story()
    first = journal_ack(story, 1)
    story.declare(2, reach=-30)
    moved = journal_ack(story, -50, first, late=60)
    assert (only(story).acknowledged, acks(only(story))) == (None, [])
    assert [event.kind for event in list_standing_events(list_members(only(story), story.events))] == [Kind.DECLARE]
    journal_ack(story, 1.5, moved, late=5)
    assert acks(only(story)) == [1.5]


def test_what_turns_out_to_have_been_within_it_is_of_it() -> None:
    story = Story()
    first = journal_ack(story, -50)
    story.declare(2, reach=-30)
    journal_ack(story, 1, journal_ack(story, 0.5, first, late=5), late=5)
    assert acks(only(story)) == [1]


@pytest.mark.parametrize("kind", [Kind.NOTE, Kind.ACK])
def test_a_pin_and_a_link_go_with_what_was_corrected(kind: Kind) -> None:
    story = Story()
    first = story.act(kind, 1, incident=None, subject="az:5xx")
    story.declare(2, reach=-30)
    story.act(Kind.PIN, 3, subject=str(first.id), on=True)
    story.act(Kind.LINK, 3, subject=str(first.id), target="https://example.com/a")
    second = story.act(kind, 0.5, incident=None, subject="az:5xx", supersedes=first.id, late=5)
    third = story.act(kind, 0.7, incident=None, subject="az:5xx", supersedes=second.id, late=5)
    incident = only(story)
    assert incident.pins == {third.id}
    assert [link.event for link in incident.links] == [third.id]


def test_the_file_knows_that_a_note_was_of_another_night(timeline: Timeline) -> None:
    def write(kind: Kind, minute: float, **fields: object) -> Event:
        (event,) = timeline.record([Draft(kind, kind.value, at(minute), "prod", actor="ana", **fields)])  # type: ignore[arg-type]
        return event

    first = write(Kind.NOTE, 1)
    write(Kind.DECLARE, 2, incident="i1", detail={"title": "x", "severity": "P1", "reach_from": "2026-02-27T01:30:00Z"})
    write(Kind.NOTE, -300, supersedes=first.id)
    incident = fold(timeline.events()).incidents["i1"]
    _, events = with_events(timeline, DEFAULT_SEVERITY_SCALE, incident)
    assert [event.kind for event in list_standing_events(events)] == [Kind.DECLARE]


moments = st.integers(-40, 10)
journals = st.lists(st.tuples(moments, st.lists(moments, max_size=3)), min_size=1, max_size=4)


@settings(max_examples=scale_examples(60))
@given(journals, st.booleans(), st.sampled_from([-30, -5]))
def test_correcting_what_was_before_it_is_as_if_it_had_been_right_at_once(
    told: list[tuple[int, list[int]]], is_closed: bool, reach: int
) -> None:
    wrong, right = Story(), Story()
    firsts = [journal_ack(wrong, first, late=60) for first, _ in told]
    for first, later in told:
        journal_ack(right, [first, *later][-1], late=60)
    for story in (wrong, right):
        story.declare(2, reach=reach)
    if is_closed:
        wrong.act(Kind.RESOLVE, 12)
    for event, (_, later) in zip(firsts, told, strict=True):
        for moment in later:
            event = journal_ack(wrong, moment, event, late=90)
    if is_closed:
        right.act(Kind.RESOLVE, 12)
    assert sorted(acks(only(wrong))) == sorted(acks(only(right)))
    taken_at = only(right).acknowledged
    assert only(wrong).acknowledged == taken_at
    assert taken_at is None or taken_at - at(reach) >= timedelta()


def test_who_took_an_alert_and_writes_it_down_after_the_end_took_it_in_that_incident() -> None:
    story = Story()
    story.declare(2, reach=-30)
    story.act(Kind.RESOLVE, 12)
    journal_ack(story, 1, late=60)
    journal_ack(story, 20, late=60)
    assert acks(only(story)) == [1]


# A note of the journal is an action item wherever it stands in the incident's timeline.


def todos(incident: Incident) -> list[str]:
    return [item.text for item in incident.items]


def journal_note(story: Story, minute: float, text: str, **fields: object) -> Event:
    return story.act(Kind.NOTE, minute, incident=None, summary=text, **fields)  # type: ignore[arg-type]


def test_what_was_to_be_done_before_the_declaration_is_an_action_item_and_can_be_done() -> None:
    story = Story()
    journal_note(story, -40, "TODO: of another night")
    note = journal_note(story, 1, "TODO: alert on the queue")
    story.declare(2, reach=-30)
    during = journal_note(story, 3, "TODO: write it down")
    story.act(Kind.RESOLVE, 9, reason="stable")
    journal_note(story, 8, "TODO: told late", late=5)
    journal_note(story, 20, "TODO: of the day after")
    story.act(Kind.ITEM, 21, subject=f"note-{note.id}", done=True)
    incident = only(story)
    assert todos(incident) == ["alert on the queue", "write it down", "told late"]
    assert [item.done for item in incident.items] == [at(21), None, None]
    members = [event for event in list_members(incident, story.events) if event.kind == Kind.NOTE]
    assert {f"note-{event.id}" for event in members} == {item.id for item in incident.items}
    journal_note(story, 3, "it was the queue", supersedes=during.id, late=30)
    assert todos(only(story)) == ["alert on the queue", "told late"]
    journal_note(story, -60, "TODO: alert on the queue", supersedes=note.id, late=90)
    assert todos(only(story)) == ["told late"]


def test_a_note_of_a_real_incident_is_no_action_item_of_a_drill_beside_it() -> None:
    story = Story()
    journal_note(story, 1, "TODO: alert on the queue")
    story.declare(2, reach=-30, incident="real")
    story.declare(3, reach=-30, incident="drill", drill=True)
    incidents = fold(story.events).incidents
    assert (todos(incidents["real"]), todos(incidents["drill"])) == (["alert on the queue"], [])


@pytest.mark.parametrize("minute", [1.5, 3], ids=["before the declaration", "after it"])
def test_a_redacted_note_of_the_journal_leaves_no_words_in_an_action_item(minute: float) -> None:
    story = Story()
    note = journal_note(story, 1, "TODO: rotate hunter2")
    redact = {"subject": str(note.id), "incident": None}
    if minute < 2:
        story.act(Kind.REDACT, minute, **redact)  # type: ignore[arg-type]
    story.declare(2, reach=-30)
    if minute > 2:
        story.act(Kind.REDACT, minute, **redact)  # type: ignore[arg-type]
    assert todos(only(story)) == []

"""The fold holds for stories that nobody would tell."""

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.incident.ledger import Ledger
from cockpit.incident.load import list_members, list_standing_events
from cockpit.model.event import Draft, Event, Kind
from cockpit.model.incident import Incident, Status
from cockpit.model.severity_scale import DEFAULT_SEVERITY_SCALE
from cockpit.model.time import format_timestamp
from tests.examples import scale_examples
from tests.unit.incident.story import at, written

WORDS = (
    "down up firing resolved monitoring identified P0 sev-3 takes leaves started ended done chosen task reviewed ana"
)
words = st.sampled_from([*WORDS.split(), "", "\x1b[2J", "not applicable", "TODO: x"])
moments = st.integers(-60, 60).map(lambda minutes: format_timestamp(at(minutes)))
garbage = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | words | moments,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(words, inner, max_size=2),
    max_leaves=4,
)
DETAIL_KEYS = (
    "state",
    "severity",
    "status",
    "title",
    "reach_from",
    "detected",
    "detected_by",
    "drill",
    "reason",
    "name",
    "what",
    "kind",
    "role",
    "person",
    "from",
    "list",
    "item",
    "text",
    "on",
    "due",
    "done",
    "target",
    "rules",
    "rto",
    "point",
    "budget",
    "snoozed_until",
    "promised",
    "because",
)
details = st.dictionaries(st.sampled_from(DETAIL_KEYS), words | moments | garbage, max_size=4)


@st.composite
def stories(draw: st.DrawFn) -> list[Event]:
    """Up to 20 events of two incidents, two environments and the journal, corrections among them."""
    events: list[Event] = []
    for id in range(1, draw(st.integers(1, 20)) + 1):
        detail: dict[str, Any] = draw(details)
        draft = Draft(
            draw(st.sampled_from(Kind)),
            "",
            at(draw(st.integers(-60, 60))),
            environment=draw(st.sampled_from(["prod", "staging"])),
            subject=draw(st.sampled_from(["", "ready", "az:1", "3", "²", "9" * 5000])),
            actor=draw(st.sampled_from(["", "ana", "ben"])),
            incident=draw(st.sampled_from([None, "i1", "i2"])),
            detail=detail,
            supersedes=draw(st.none() | st.integers(1, id)) if id > 1 else None,
        )
        events.append(written(draft, id))
    return events


def test_a_declaration_that_claims_to_correct_another_event_still_declares() -> None:
    first = written(Draft(Kind.PROBE, "", at(0)), 1)
    second = written(Draft(Kind.DECLARE, "", at(0), incident="i1", supersedes=1), 2)
    assert fold([first, second]).incidents["i1"].open


def fold(events: list[Event]) -> Ledger:
    ledger = Ledger(DEFAULT_SEVERITY_SCALE)
    for event in events:
        ledger.apply(event)
    return ledger


@settings(max_examples=scale_examples(30))
@given(stories())
def test_looking_between_the_events_changes_nothing(events: list[Event]) -> None:
    watched = Ledger(DEFAULT_SEVERITY_SCALE)
    for event in events:
        watched.apply(event)
        assert {each.id for each in watched.open("prod")} <= set(watched.incidents)
    assert watched.incidents == fold(events).incidents


FIRST: dict[Kind, dict[str, Any]] = {
    Kind.NOTE: {},
    Kind.ROLE: {"what": "takes", "role": "Scribe", "person": "ana"},
    Kind.CLOCK: {"what": "started", "kind": "task"},
    Kind.UPDATE: {"audience": "client"},
    Kind.TICK: {"list": "first", "item": 1, "state": "done"},
    Kind.FREEZE: {"on": True},
    Kind.DECISION: {},
    Kind.ITEM: {},
    Kind.STATUS: {"status": "identified"},
    Kind.SEVERITY: {"severity": "P0"},
    Kind.RESOLVE: {},
    Kind.REVIEW: {"state": "in review"},
    Kind.RECOVERY: {"what": "chosen"},
    Kind.RUN: {"what": "started"},
}


@settings(max_examples=scale_examples(30))
@given(st.lists(st.tuples(st.sampled_from(list(FIRST)), st.integers(0, 60), details, st.none() | details), max_size=8))
def test_correcting_and_folding_is_folding_what_is_correct(told: list[tuple[Kind, int, Any, Any]]) -> None:
    declaration = written(Draft(Kind.DECLARE, "", at(0), "prod", actor="ana", incident="i1"), 1)
    wrong, right, back = [declaration], [declaration], dict[int, int]()
    for id, (kind, minutes, first, better) in enumerate(told, 2):
        draft = Draft(kind, "", at(minutes), "prod", "x", actor="ana", incident="i1", detail=FIRST[kind] | first)
        wrong.append(written(draft, id))
        right.append(written(draft if better is None else replace(draft, detail=FIRST[kind] | better), id))
    for id, (_, _, _, better) in enumerate(told, 2):
        if better is not None:
            number = len(wrong) + 1
            back[number] = id
            corrected = replace(right[id - 1], id=number, supersedes=id, actor="ben")
            wrong.append(corrected)
    one, other = (fold(events).incidents["i1"] for events in (wrong, right))
    assert by_first_ids(one, back) == by_first_ids(other, {})


def by_first_ids(incident: Incident, back: dict[int, int]) -> Incident:
    """Under the ids of the events that first stated what is corrected now."""
    return replace(
        incident,
        last_event=0,
        people=(),
        updates=tuple(replace(each, event=back.get(each.event, each.event)) for each in incident.updates),
        decisions=tuple(replace(each, event=back.get(each.event, each.event)) for each in incident.decisions),
    )


@settings(max_examples=scale_examples(30))
@given(stories(), st.data())
def test_events_that_come_twice_count_once(events: list[Event], data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(events)))
    assert fold(events + events[start:]).incidents == fold(events).incidents


@settings(max_examples=scale_examples(30))
@given(stories())
def test_an_incident_is_open_exactly_while_it_is_listed_as_open(events: list[Event]) -> None:
    ledger = fold(events)
    listed = {each.id for where in ("prod", "staging") for each in ledger.open(where)}
    assert listed == {each.id for each in ledger.incidents.values() if each.open}
    for incident in ledger.incidents.values():
        assert incident.open == (incident.status is not Status.RESOLVED)
        assert incident.severity == incident.severities[-1].value
        assert incident.reach_from <= incident.declared


@settings(max_examples=scale_examples(30))
@given(stories())
def test_every_own_event_is_a_member_and_nothing_of_another_incident_is(events: list[Event]) -> None:
    for incident in fold(events).incidents.values():
        found = list_members(incident, events)
        assert {each.id for each in events if each.incident == incident.id} <= {each.id for each in found}
        assert all(each.incident in (None, incident.id) for each in found)
        assert {each.id for each in list_standing_events(found)} <= {each.id for each in found}

"""No outcome of a deadline that is past changes, whatever becomes of severity, status and roles."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from cockpit.incident.clocks.clocks import compute_clocks
from cockpit.incident.clocks.reminders import INFORMATIVE_KINDS
from cockpit.incident.clocks.updates import list_update_intervals
from cockpit.incident.ledger import Ledger
from cockpit.model.clock import Clock, ClockKind, ClockState
from cockpit.model.event import Kind
from cockpit.model.incident import Incident
from cockpit.model.plan import Checklist, Plan, Role
from cockpit.model.response import Review
from cockpit.model.severity_scale import DEFAULT_SEVERITY_SCALE
from cockpit.model.time import format_timestamp
from tests.examples import scale_examples
from tests.unit.incident.folding import only
from tests.unit.incident.incidents import plan, rule
from tests.unit.incident.story import Story, at

LATE = frozenset({ClockState.OVERDUE, ClockState.MISSED})
STRICT = {"P0": 1, "P1": 2, "P2": 6}
TEAM: Plan = plan(
    *(rule(ClockKind.RESPONSE, 5 * factor, levels=(level,)) for level, factor in STRICT.items()),
    *(rule(ClockKind.COMMANDER, 15 * factor, levels=(level,)) for level, factor in STRICT.items() if level != "P2"),
    *(rule(ClockKind.UPDATE, 15 * factor, levels=(level,)) for level, factor in STRICT.items() if level != "P2"),
    *(rule(ClockKind.CLIENT, 15 * factor, levels=(level,)) for level, factor in STRICT.items() if level != "P2"),
    *(rule(ClockKind.CHECKLIST, 10, levels=(level,), checklist="first") for level in ("P0", "P1")),
    *(
        rule(ClockKind.ESCALATION, turn * factor, levels=(level,), number=number, who=f"tier {number}")
        for level, factor in STRICT.items()
        if level != "P2"
        for number, turn in ((1, 0), (2, 15), (3, 30))
    ),
    *(rule(ClockKind.POSTMORTEM, 60 * factor, levels=(level,)) for level, factor in STRICT.items()),
    roles=(Role("Incident Commander", lead=True), Role("Scribe")),
    checklists=(Checklist("first", "First", ("one", "two")),),
)


@dataclass(frozen=True)
class Fixed:
    """What may never change of a deadline that is past."""

    started: datetime
    due: datetime | None
    limit: datetime | None
    outcome: str


def fixed(clock: Clock, now: datetime) -> Fixed:
    state = clock.state(now)
    return Fixed(clock.started, clock.due, clock.limit, "late" if state in LATE else state.value)


def past(incident: Incident, now: datetime) -> dict[str, Fixed]:
    return {
        clock.id: fixed(clock, now)
        for clock in compute_clocks(incident, TEAM, now)
        if clock.kind not in INFORMATIVE_KINDS and clock.limit is not None and clock.limit < now
    }


WALK = (
    *("P0", "P1", "P2", "investigating", "monitoring", "resolved"),
    *("take", "leave", "ack", "down", "up", "over", "pass"),
)
acts = st.lists(
    st.tuples(
        st.sampled_from(WALK),
        st.integers(1, 50),
        st.sampled_from(["ana", "ben"]),
    ),
    max_size=14,
)


def told(story: Story, what: str, minute: float, person: str) -> None:
    if what in STRICT:
        story.act(Kind.SEVERITY, minute, person, severity=what)
    elif what == "resolved":
        story.act(Kind.RESOLVE, minute, person, because="fixed")
    elif what in ("investigating", "monitoring"):
        story.act(Kind.STATUS, minute, person, status=what)
    elif what in ("take", "leave"):
        detail = {"what": f"{what}s", "role": "Incident Commander", "person": person}
        story.act(Kind.ROLE, minute, person, subject="Incident Commander", **detail)
    elif what == "ack":
        story.act(Kind.ACK, minute, person)
    elif what == "over" and not any(event.supersedes for event in story.events):  # once: more are corrections
        first = story.events[0]
        detail = {
            **first.detail,
            "impact_ended": format_timestamp(at(minute)),
            "impact_stated": format_timestamp(at(minute)),
        }
        story.tell(Kind.DECLARE, 0, incident="i1", actor=person, detail=detail, supersedes=first.id)
    elif what in ("down", "up"):
        story.probe(minute, "readyz", what)


@settings(max_examples=scale_examples(250))
@example("P0", [("resolved", 1, "ana"), ("resolved", 1, "ben"), ("investigating", 15, "ana")])
@given(st.sampled_from(list(STRICT)), acts)
def test_no_outcome_of_a_deadline_that_is_past_ever_changes(declared: str, walk: list[tuple[str, int, str]]) -> None:
    story, ledger, known, minute = Story(), Ledger(DEFAULT_SEVERITY_SCALE), dict[str, Fixed](), 0
    story.declare(0, severity=declared)
    ledger.apply(story.events[-1])
    for what, pause, person in [*walk, ("pass", 500, "ana")]:
        minute += pause
        before = past(ledger.incidents["i1"], at(minute))
        assert {id: before.get(id) for id in known} == known, "time alone"
        seen = len(story.events)
        told(story, what, minute, person)
        for event in story.events[seen:]:
            ledger.apply(event)
        after = past(ledger.incidents["i1"], at(minute))
        assert {id: after.get(id) for id in before} == before, what
        known = after


@settings(max_examples=scale_examples(150))
@given(acts)
def test_no_deadline_is_ever_moved_and_none_that_bound_is_lost(walk: list[tuple[str, int, str]]) -> None:
    story, ledger, known, minute = (
        Story(),
        Ledger(DEFAULT_SEVERITY_SCALE),
        dict[str, tuple[datetime, datetime | None]](),
        0,
    )
    story.declare(0, severity="P0")
    ledger.apply(story.events[-1])
    for what, pause, person in walk:
        minute += pause
        seen = len(story.events)
        told(story, what, minute, person)
        for event in story.events[seen:]:
            ledger.apply(event)
        found = {each.id: (each.started, each.due) for each in compute_clocks(ledger.incidents["i1"], TEAM, at(minute))}
        assert {id: found.get(id) for id in known} == known
        known = found


@settings(max_examples=scale_examples(150))
@given(st.lists(st.tuples(st.sampled_from(list(STRICT)), st.integers(1, 20)), max_size=8), st.integers(0, 120))
def test_nobody_gains_time_by_moving_the_severity(walk: list[tuple[str, int]], until: int) -> None:
    """While it is a P0 all along, or goes up and down, what asks first is due no later than with P0 alone."""
    steady, moved, minute = Story(), Story(), 0
    for story in (steady, moved):
        story.declare(0, severity="P0")
    for severity, pause in walk:
        minute += pause
        moved.act(Kind.SEVERITY, minute, severity=severity)
    now = at(minute + until)
    for obligation in ("response", "commander", "client"):
        dues = []
        for story in (steady, moved):
            ledger = Ledger(DEFAULT_SEVERITY_SCALE)
            for event in story.events:
                ledger.apply(event)
            found = compute_clocks(ledger.incidents["i1"], TEAM, now)
            dues.append(min(each.due or now for each in found if each.obligation == obligation))
        assert dues[1] <= dues[0]


@given(st.lists(st.tuples(st.sampled_from(list(STRICT)), st.integers(1, 30)), max_size=8))
def test_the_intervals_between_updates_that_are_past_keep_their_outcome(walk: list[tuple[str, int]]) -> None:
    story, minute, known = Story(), 0, set[tuple[datetime, datetime]]()
    story.declare(0, severity="P1")
    for severity, pause in walk:
        minute += pause
        if pause % 3 == 0:
            story.act(Kind.UPDATE, minute, audience="client", text="x")
        else:
            story.act(Kind.SEVERITY, minute, severity=severity)
        ledger = Ledger(DEFAULT_SEVERITY_SCALE)
        for event in story.events:
            ledger.apply(event)
        now = at(minute) + timedelta(seconds=1)
        broken = {
            (each.started, each.due)
            for each in list_update_intervals(ledger.incidents["i1"], TEAM, now)
            if each.kept == "broken"
        }
        assert known <= broken
        known = broken


def test_an_incident_opened_again_keeps_what_was_due_before_and_owes_another_review() -> None:
    story = Story()
    story.declare(0, severity="P0")
    story.act(Kind.RESOLVE, 30, because="fixed")
    story.act(Kind.REVIEW, 60, state=Review.REVIEWED.value)
    story.act(Kind.STATUS, 300, status="investigating", was="resolved")
    story.act(Kind.RESOLVE, 320, because="fixed")
    ledger = Ledger(DEFAULT_SEVERITY_SCALE)
    for event in story.events:
        ledger.apply(event)
    states = {each.id: each.state(at(400)).value for each in compute_clocks(ledger.incidents["i1"], TEAM, at(400))}
    assert (states["response"], states["commander"], states["postmortem"]) == ("missed", "missed", "met")


def test_a_false_alarm_that_is_opened_again_was_owed_no_review_until_then() -> None:
    story = Story()
    story.declare(0, severity="P2")
    story.act(Kind.RESOLVE, 10, because="false positive")
    story.act(Kind.STATUS, 900, status="investigating", was="resolved", reason="it was none")
    ledger = Ledger(DEFAULT_SEVERITY_SCALE)
    for event in story.events:
        ledger.apply(event)
    states = {clock.id: clock.state(at(901)).value for clock in compute_clocks(ledger.incidents["i1"], TEAM, at(901))}
    assert states["postmortem"] == "not applicable"


def test_a_call_that_one_severity_asked_for_stays_due_at_the_next_and_says_why() -> None:
    """Nobody gains time: P0 asked for the call, and P1 would ask for it later."""
    story = Story()
    story.declare(0, reach=-10, severity="P0")
    before = {clock.id: clock for clock in compute_clocks(only(story), TEAM, at(16))}
    story.act(Kind.SEVERITY, 17, "ana", severity="P1")
    clocks = {clock.id: clock for clock in compute_clocks(only(story), TEAM, at(18))}
    call = clocks["escalation:2"]
    assert (call.due, call.started, call.state(at(18))) == (at(15), at(0), before["escalation:2"].state(at(16)))
    assert "P0" in call.why
    assert "P1" in call.why
    story.act(Kind.PAGE, 19, "ana", subject="tier 2", who="tier 2", tier=2)
    assert "P1" not in {clock.id: clock.why for clock in compute_clocks(only(story), TEAM, at(20))}["escalation:2"]

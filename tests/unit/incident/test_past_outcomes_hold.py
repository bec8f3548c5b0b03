"""Whatever people do and in which order, no outcome of a past deadline changes unsaid.

The acts are those of the front ends, at the file itself: several people, late joiners, back-dated acts, corrections of
corrections, a severity that was a mistake, closing and opening again. What changes a past outcome is a correction or a
back-dated act on that very fact, and it is listed with the old and the new outcome, who and when.
"""

from collections.abc import Callable, Hashable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.incident.actions.errors import IncidentActionError
from cockpit.incident.actions.incident_actions import IncidentActions
from cockpit.incident.clocks.clocks import compute_clocks
from cockpit.incident.ledger import Ledger
from cockpit.incident.revised_outcomes import (
    CHANGES_THE_PAST,
    GONE,
    NOT_DUE,
    DeadlineOutcome,
    list_deadline_outcomes,
    revised_outcomes,
)
from cockpit.model.event import Event, Kind
from cockpit.model.severity_scale import DEFAULT_SEVERITY_SCALE
from cockpit.timeline.timeline import Timeline
from tests.examples import scale_examples
from tests.unit.incident.actors import Clock as StandingClock
from tests.unit.incident.actors import make_incident_actions
from tests.unit.incident.story import at
from tests.unit.incident.test_clocks_keep_the_past import TEAM

ANY = frozenset[str]()
# What an act on one kind of fact may change; a severity, a declaration, a mark and the end of an incident bear on all.
BEARS_ON: Mapping[str, frozenset[str]] = {
    Kind.ACK: frozenset({"response", "escalation"}),
    Kind.ROLE: frozenset({"commander"}),
    Kind.PAGE: frozenset({"escalation"}),
    Kind.UPDATE: frozenset({"update", "client", "promise"}),
    Kind.TICK: frozenset({"checklist"}),
    Kind.REVIEW: frozenset({"postmortem"}),
    Kind.NOTE: frozenset({"no deadline"}),
    Kind.DECISION: frozenset({"no deadline"}),
}


@dataclass
class Responders:
    """Three people over one file, each with a front end of their own."""

    timeline: Timeline
    clock: StandingClock
    desks: Mapping[str, IncidentActions] = field(default_factory=dict)
    incident: str = ""

    def open_desk(self, person: str) -> IncidentActions:
        """A late joiner reads the file from its beginning."""
        return make_incident_actions(self.timeline, self.clock, operator=person, plan=TEAM)

    def read_outcomes(self) -> Mapping[Hashable, DeadlineOutcome]:
        """How every deadline stands, as somebody reads it who opens the file now."""
        ledger = Ledger(DEFAULT_SEVERITY_SCALE)
        for event in self.timeline.events():
            ledger.apply(event)
        return list_deadline_outcomes(ledger.incidents[self.incident], TEAM, self.clock.now())


@dataclass(frozen=True)
class Move:
    """One act: `back` minutes before now, where the act takes a time; `pick` chooses among what there is."""

    what: str
    pause: int
    person: str
    back: int
    pick: int


LEADS = "Incident Commander"
SEVERITIES = ("P0", "P1", "P2")
AUDIENCES = ("team", "clients")


def do_move(desk: IncidentActions, move: Move, responders: Responders) -> None:
    now, incident = responders.clock.now(), responders.incident
    then = now - timedelta(minutes=move.back) if move.back else None
    match move.what:
        case "severity":
            desk.change_severity(SEVERITIES[move.pick % 3], incident, moment=then)
        case "mistake":
            desk.correct_severity(SEVERITIES[move.pick % 3], "wrong key", incident)
        case "status":
            status = ("investigating", "identified", "monitoring")[move.pick % 3]
            desk.change_status(status, incident, "so it is")
        case "resolve":
            because = ("fixed", "false positive")[move.pick % 2]
            desk.resolve("over", incident, then, because)
        case "take":
            desk.take_role((LEADS, "Scribe")[move.pick % 2], incident=incident, moment=then)
        case "leave":
            desk.leave_role((LEADS, "Scribe")[move.pick % 2], incident=incident, moment=then)
        case "hand over":
            desk.hand_over(LEADS, ("ana", "ben", "cho")[move.pick % 3], "yours", incident=incident, moment=then)
        case "ack":
            desk.acknowledge(incident=incident, moment=then)
        case "call":
            desk.called("somebody", move.pick % 4, incident=incident, moment=then)
        case "send":
            promised = now + timedelta(minutes=5 + move.pick) if move.pick % 3 == 0 else None
            desk.sent(AUDIENCES[move.pick % 2], "we look", promised=promised, incident=incident, moment=then)
        case "tick":
            state = ("done", "skipped", "open")[move.pick % 3]
            desk.tick("first", 1 + move.pick % 2, "one", state, "because", incident=incident)
        case "done" | "na" | "snooze":
            ids = [clock.id for clock in compute_clocks(desk.find(incident), TEAM, now)]
            chosen = ids[move.pick % len(ids)]
            if move.what == "done":
                desk.clock_done(chosen, "elsewhere", then, incident=incident)
            elif move.what == "na":
                desk.not_applicable(chosen, "not here", incident=incident)
            else:
                desk.snooze(chosen, now + timedelta(minutes=5), incident=incident)
        case "correct" | "retime":
            own = [event for event in responders.timeline.events() if event.actor]
            entry = own[move.pick % len(own)]
            desk.correct(entry.id, "other words" if move.what == "correct" else "", then)
        case "impact":
            desk.amend(incident, impact_started=at(0), impact_ended=then or now)
        case "review":
            desk.review(("in review", "reviewed", "draft")[move.pick % 3], "again", incident=incident)
        case "note":
            desk.note("looked at it", incident, then)
        case _:
            assert move.what == "pass"


WHATS = (
    *("severity", "severity", "mistake", "status", "resolve", "take", "leave", "hand over", "ack", "call", "send"),
    *("tick", "tick", "done", "na", "snooze", "correct", "retime", "impact", "review", "note", "pass"),
)
moves = st.builds(
    Move,
    what=st.sampled_from(WHATS),
    pause=st.integers(1, 40),
    person=st.sampled_from(["ana", "ben", "cho"]),
    back=st.sampled_from([0, 0, 0, 3, 15, 40, 90]),
    pick=st.integers(0, 11),
)


Check = Callable[[Responders, Mapping[Hashable, DeadlineOutcome], list[Event]], None]


def play(severity: str, walk: list[Move], check: Check) -> None:
    """Declare, then one act after the other; what time alone does is looked at between them."""
    with TemporaryDirectory() as folder:
        clock = StandingClock()
        clock.wall = at(0)
        with Timeline(Path(folder) / "timeline.db", time=clock) as timeline:
            responders = Responders(timeline, clock)
            desk = responders.open_desk("ana")
            responders.incident = desk.declare("Readiness failing", severity).id
            for move in [*walk, Move("pass", 500, "ana", 0, 0)]:
                before = pick_past(responders.read_outcomes())
                clock.wall += timedelta(minutes=move.pause)
                by_time = responders.read_outcomes()
                assert {key: by_time.get(key) for key in before} == before, "time alone"
                last = timeline.events(limit=1)[-1].id
                with suppress(IncidentActionError):
                    do_move(responders.open_desk(move.person), move, responders)
                check(responders, by_time, timeline.events(after=last))


def pick_past(outcomes: Mapping[Hashable, DeadlineOutcome]) -> dict[Hashable, DeadlineOutcome]:
    return {key: deadline for key, deadline in outcomes.items() if deadline.past}


def check_unsaid(responders: Responders, before: Mapping[Hashable, DeadlineOutcome], new: list[Event]) -> None:
    """`new` is what one act wrote. Of what was past before it, or is only since, each change is listed."""
    after = responders.read_outcomes()
    changes = [
        (before.get(key), after.get(key))
        for key in {**pick_past(before), **pick_past(after)}
        if (key in before and before[key].outcome) != (key in after and after[key].outcome)
    ]
    if not changes:
        return
    (event, *_) = (event for event in new if event.incident == responders.incident)
    assert is_recorded_late(event), f"{event.kind} at its own time changed {changes}"
    incident = responders.open_desk("ana").find(responders.incident)
    rows = [row for row in revised_outcomes(incident, responders.timeline.events(), TEAM) if row.event == event.id]
    assert {(row.actor, row.at) for row in rows} == {(event.actor, event.recorded)}
    said = {(row.clock, row.old, row.new) for row in rows}
    for old, fresh in changes:
        clock = next(deadline.clock for deadline in (old, fresh) if deadline)
        facts = BEARS_ON.get(event.kind, ANY)
        assert facts is ANY or clock.split(":")[0] in facts, f"{event.kind} bears on {clock}"
        change = (clock, old.outcome if old else NOT_DUE, fresh.outcome if fresh else GONE)
        assert change in said, f"{event.kind} changed {change} unsaid: {said}"


def is_recorded_late(event: Event) -> bool:
    """A correction, a time that somebody gave, or an act that takes back what was settled."""
    return event.supersedes is not None or event.recorded > event.occurred or event.kind in CHANGES_THE_PAST


@settings(max_examples=scale_examples(40), deadline=None)
@given(st.sampled_from(SEVERITIES), st.lists(moves, max_size=12))
def test_no_past_outcome_changes_but_by_an_act_on_that_very_fact_and_never_unsaid(
    severity: str, walk: list[Move]
) -> None:
    play(severity, walk, check_unsaid)

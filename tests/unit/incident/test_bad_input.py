"""What people and machines get wrong about time: a clear sentence, or one order that everybody sees; nothing lost."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cockpit.incident.actions.errors import IncidentActionError
from cockpit.incident.actions.incident_actions import IncidentActions
from cockpit.incident.ledger import Ledger
from cockpit.incident.load import list_standing_events
from cockpit.model.event import Kind
from cockpit.model.severity_scale import DEFAULT_SEVERITY_SCALE
from cockpit.timeline.timeline import Timeline
from tests.examples import scale_examples
from tests.refusals import refuses
from tests.unit.incident.actors import Clock, make_incident_actions
from tests.unit.incident.folding import only
from tests.unit.incident.story import Story, at

Act = Callable[[IncidentActions], object]


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (lambda actor: actor.note("x", None, at(5)), "time-in-future"),
        (lambda actor: actor.declare("x", moment=at(5)), "time-in-future"),
        (lambda actor: actor.acknowledge(moment=at(5)), "time-in-future"),
        (lambda actor: actor.change_severity("P0", moment=at(-90)), "time-before-start"),
        (lambda actor: actor.resolve("x", moment=at(-90)), "time-before-start"),
        (lambda actor: actor.amend(impact_started=at(-3), impact_ended=at(-4)), "time-before-start"),
        (lambda actor: actor.amend(impact_ended=at(3)), "time-in-future"),
        (lambda actor: actor.note("x", None, at(-60 * 24 * 900)), "time-too-old"),
    ],
)
def test_a_time_that_cannot_be_meant_is_refused_with_its_reason_and_writes_nothing(
    timeline: Timeline, clock: Clock, act: Act, code: str
) -> None:
    actor = make_incident_actions(timeline, clock)
    actor.declare("orders fail")
    before = len(timeline.events())
    with pytest.raises(IncidentActionError) as refused:
        act(actor)
    assert refused.value.code == code
    assert len(timeline.events()) == before


def test_two_who_correct_one_entry_correct_it_one_after_the_other_and_all_words_stay_in_the_chain(
    timeline: Timeline, clock: Clock
) -> None:
    ana, ben = make_incident_actions(timeline, clock), make_incident_actions(timeline, clock, "ben")
    ana.declare("orders fail")
    note = ana.note("started at two")
    ana.correct(note.id, "started at three")
    ben.correct(note.id, "started at four")  # he saw the first words only
    (standing,) = [event for event in list_standing_events(timeline.events()) if event.kind == Kind.NOTE]
    assert (standing.summary, standing.actor) == ("started at four", "ana")
    words = [event.summary for event in timeline.events(kinds=[Kind.NOTE])]
    assert words == ["started at two", "started at three", "started at four"]


@given(st.permutations(range(5)))
@settings(max_examples=scale_examples(30))
def test_entries_that_are_written_in_any_order_are_read_in_the_order_in_which_they_happened(order: list[int]) -> None:
    story = Story()
    story.declare(0, reach=-10)
    for number in order:
        story.act(Kind.NOTE, number + 1, text=f"n{number}", summary=f"n{number}", late=20 - number)
    notes = [event.summary for event in list_standing_events(story.events) if event.kind == Kind.NOTE]
    assert notes == [f"n{number}" for number in range(5)]


@given(st.integers(-600, 600), st.integers(1, 120))
@settings(max_examples=scale_examples(40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_two_hosts_whose_clocks_disagree_lose_nothing_and_no_duration_is_negative(
    timeline: Timeline, skew: int, minutes: int
) -> None:
    here, there = Clock(), Clock()
    here.wall, there.wall = at(0), at(0) + timedelta(seconds=skew)
    ana, ben = make_incident_actions(timeline, here), make_incident_actions(timeline, there, "ben")
    for incident in ana.open():
        ana.resolve("over", incident.id)
    begin = len(timeline.events())
    incident = ana.declare("orders fail")
    written = 1
    acts: tuple[Callable[[], object], ...] = (
        lambda: ben.acknowledge(incident=incident.id),
        lambda: ben.note("from the other host", incident.id),
        lambda: ben.change_severity("P0", incident.id, "worse"),
    )
    for act in acts:
        with suppress(IncidentActionError):  # it says from which time on that can be said, and writes nothing
            act()
            written += 1
    here.wall += timedelta(minutes=minutes)
    there.wall += timedelta(minutes=minutes)
    ana.resolve("over", incident.id)
    assert len(timeline.events()) >= begin + written + 1
    ledger = Ledger(DEFAULT_SEVERITY_SCALE)
    for event in timeline.events():
        ledger.apply(event)
    ended = ledger.incidents[incident.id]
    assert not ended.open
    assert ended.open_for(here.wall) >= timedelta()


def test_a_fact_from_a_clock_that_runs_ahead_does_not_end_the_impact_before_it_began() -> None:
    story = Story()
    story.probe(3, "readyz", "down")
    story.declare(4, reach=-10)
    story.probe(2, "readyz", "up", late=5)  # by a host whose clock is late
    incident = only(story)
    assert incident.mitigated is None or incident.felt_since is None or incident.mitigated >= incident.felt_since


def test_a_severity_and_a_status_are_not_moved_past_their_neighbours(timeline: Timeline, clock: Clock) -> None:
    """What binds and what counts goes by their order: moved within it, it is another time and no other story."""
    ana = make_incident_actions(timeline, clock)
    ana.declare("x", "P2")
    numbers = [timeline.events()[-1].id]
    acts: list[tuple[int, Act]] = [
        (10, lambda actor: actor.change_severity("P0")),
        (20, lambda actor: actor.change_status("monitoring")),
        (30, lambda actor: actor.change_severity("P1")),
        (40, lambda actor: actor.resolve("over")),
        (50, lambda actor: actor.reopen("it was not")),
    ]
    for minute, act in acts:
        clock.wall = at(minute)
        act(ana)
        numbers.append(timeline.events()[-1].id)
    declared, worse, watched, milder, resolved, _ = numbers
    clock.wall = at(60)
    for event, minute in ((worse, 31), (worse, -1), (milder, 9), (resolved, 51), (watched, 41), (declared, 11)):
        with refuses("time-out-of-order"):
            ana.correct(event, "", at(minute))
    for event, minute in ((worse, 12), (milder, 35), (resolved, 45), (declared, -5)):
        ana.correct(event, "", at(minute))
    severities = [(change.value, change.at) for change in ana.find(None).severities]
    assert severities == [("P2", at(-5)), ("P0", at(12)), ("P1", at(35))]


def test_nobody_leaves_a_role_before_they_took_it(timeline: Timeline, clock: Clock) -> None:
    """It stood in the draft as held from and until one moment, at which nobody had left it."""
    ana = make_incident_actions(timeline, clock)
    ana.declare("x", "P1", moment=at(-30))
    clock.wall = at(10)
    taken = ana.take_role("IC").id
    clock.wall = at(20)
    with refuses("time-before-start"):
        ana.leave_role("IC", moment=at(9))
    with refuses("time-before-start"):
        ana.hand_over("IC", "ben", moment=at(9))
    handed = ana.hand_over("IC", "ben", moment=at(15)).id
    for event, minute in ((taken, 16), (handed, 9)):
        with refuses("time-out-of-order"):
            ana.correct(event, "", at(minute))
    ana.correct(handed, "", at(14))
    ana.correct(taken, "", at(12))
    terms = [(held.person, held.since, held.until) for held in ana.find(None).roles]
    assert terms == [("ana", at(12), at(14)), ("ben", at(14), None)]


def test_a_correction_is_of_the_last_word_on_an_entry_whichever_of_its_numbers_is_named(
    timeline: Timeline, clock: Clock
) -> None:
    """The severity that was marked as a mistake came back with the second correction of its time."""
    ana = make_incident_actions(timeline, clock)
    ana.declare("x", "P1", moment=at(-30))
    wrong = ana.change_severity("P2").id
    moved = ana.correct(wrong, "", at(-1)).id
    ana.correct_severity("P0", "a slip")
    for number, minute in ((moved, -2), (wrong, -3), (moved, -4)):
        ana.correct(number, "", at(minute))
        incident = ana.find(None)
        assert (incident.severity, incident.severities[-1].at) == ("P0", at(minute))
    assert len(ana.find(None).mistakes) == 1

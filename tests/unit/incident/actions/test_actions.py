"""What a responder does in the course of an incident: roles, clocks, boxes, words; and what is refused."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from cockpit.incident.actions.errors import IncidentActionError
from cockpit.incident.actions.incident_actions import IncidentActions
from cockpit.incident.ledger import Ledger
from cockpit.incident.load import list_standing_events
from cockpit.model.clock import ClockKind, Rule
from cockpit.model.clock_steps import list_clock_steps
from cockpit.model.event import Draft, Event, Kind
from cockpit.model.incident import Incident
from cockpit.model.plan import Checklist, Plan, Role, Target, Template
from cockpit.model.response import Review
from cockpit.model.severity_scale import SeverityLevel
from cockpit.timeline.timeline import Timeline
from tests.refusals import refuses
from tests.unit.incident.actors import Clock, make_incident_actions
from tests.unit.incident.story import NIGHT, at

MINUTE = timedelta(minutes=1)
URGENT = Rule(ClockKind.RESPONSE, "acknowledge", 15 * MINUTE, "oncall.md:3", levels=("P0",))
UPDATE = Rule(ClockKind.UPDATE, "next update", 30 * MINUTE, "oncall.md:4", levels=("P1",))
PLAN = Plan(
    rules=(URGENT, UPDATE),
    roles=(Role("Incident Commander", lead=True), Role("Ops Lead"), Role("Comms Lead"), Role("Scribe")),
    checklists=(Checklist("first", "First ten minutes", ("Declare", "Freeze")),),
    targets=(Target("Database lost", rpo=15 * MINUTE, rto=30 * MINUTE, origin="dr.md:9"),),
)


@pytest.fixture
def incident_actions(timeline: Timeline, clock: Clock) -> IncidentActions:
    """Ana's, in prod, while an incident is open."""
    incident_actions = make_incident_actions(timeline, clock, plan=PLAN)
    incident_actions.declare("Readiness failing", "P1")
    return incident_actions


def now(incident_actions: IncidentActions) -> Incident:
    return incident_actions.find(None)


def test_the_rules_that_bind_are_written_down_with_the_severity(incident_actions: IncidentActions) -> None:
    assert now(incident_actions).rules == (UPDATE,)
    incident_actions.change_severity("P0")
    assert now(incident_actions).rules == (URGENT,)


def test_who_is_unsure_takes_the_higher_level(timeline: Timeline, clock: Clock) -> None:
    incident_actions = make_incident_actions(timeline, clock)
    assert incident_actions.declare("slow", "P2", unsure=True).severity == "P1"
    assert incident_actions.declare("slower", unsure=True).severity == "P0"
    assert incident_actions.declare("down", "P0", unsure=True).severity == "P0"


def test_what_is_for_the_backlog_is_no_incident(timeline: Timeline, clock: Clock) -> None:
    severity_scale = (SeverityLevel("P0", 0), SeverityLevel("P3", 1, backlog=True))
    incident_actions = IncidentActions(
        timeline, operator="ana", environment="prod", severity_scale=severity_scale, time=clock
    )
    with pytest.raises(IncidentActionError, match="P3 is for the backlog, no incident: write a note"):
        incident_actions.declare("a typo", "P3")


def test_a_role_is_taken_by_its_initials_and_several_may_hold_it(incident_actions: IncidentActions) -> None:
    assert incident_actions.take_role("ic").summary == "ana is Incident Commander"
    incident_actions.take_role("scribe")
    incident_actions.take_role("Scribe", "ben")
    assert (now(incident_actions).in_role("Incident Commander"), now(incident_actions).in_role("Scribe")) == (
        ("ana",),
        ("ana", "ben"),
    )
    incident_actions.leave_role("scribe", "ana")
    assert now(incident_actions).in_role("Scribe") == ("ben",)


def test_a_role_that_no_document_names_may_be_held_but_a_slip_is_asked_about(incident_actions: IncidentActions) -> None:
    assert incident_actions.take_role("database").subject == "database"
    with pytest.raises(IncidentActionError, match="no role `Scrbie`; did you mean Scribe"):
        incident_actions.take_role("Scrbie")


def test_a_handover_says_what_is_open(incident_actions: IncidentActions, clock: Clock) -> None:
    incident_actions.take_role("IC")
    clock.wall = at(20)
    incident_actions.hand_over("IC", "ben", "rolled back", ["next update (10m)", "running: Roll back"])
    was, holds = now(incident_actions).roles
    assert (was.person, was.until) == ("ana", at(20))
    assert (holds.person, holds.note) == ("ben", "rolled back\nnext update (10m)\nrunning: Roll back")


def test_a_task_has_a_time_and_a_loose_end_need_not(incident_actions: IncidentActions) -> None:
    task = incident_actions.start_task("look at the queries", 3 * MINUTE, "ben")
    incident_actions.start_loop("signature check is off")
    assert task.summary == "task for ben: look at the queries, due 02:03Z"
    one, two = now(incident_actions).marks
    assert (one.id, one.kind, one.person, one.due) == (task.subject, ClockKind.TASK, "ben", at(3))
    assert (two.kind, two.due) == (ClockKind.LOOP, None)
    incident_actions.clock_done("task", "an index is missing")  # the only one whose id begins so
    assert now(incident_actions).marks[0].done == NIGHT


def test_awareness_of_a_breach_ends_only_with_the_notice_or_a_reason(
    incident_actions: IncidentActions, clock: Clock
) -> None:
    incident_actions.aware("leads were readable", moment=at(-30))
    assert now(incident_actions).marks[0].started == at(-30)
    refusals: list[tuple[Callable[[], Event], str]] = [
        (lambda: incident_actions.snooze("breach", at(30)), "cannot be put off"),
        (lambda: incident_actions.not_applicable("breach", " "), "Say why"),
        (lambda: incident_actions.aware("again"), "already"),
        (lambda: incident_actions.clock_done("breach", moment=at(-60)), "cannot be done before"),
    ]
    for refused, sentence in refusals:
        with pytest.raises(IncidentActionError, match=sentence):
            refused()
    incident_actions.not_applicable("breach", "test data only")
    assert now(incident_actions).marks[0].not_applicable == "test data only"
    clock.wall = at(10)
    incident_actions.aware("real data after all")
    clock.wall = at(600)
    assert incident_actions.clock_done("breach", "by the form of the authority", moment=at(500)).summary.startswith(
        "authority notified"
    )
    mark = now(incident_actions).marks[0]
    assert (mark.started, mark.done, mark.not_applicable) == (at(10), at(500), "")


def test_a_reminder_can_be_put_off_but_not_switched_off(incident_actions: IncidentActions) -> None:
    incident_actions.snooze("update", at(10))
    assert now(incident_actions).marks[0].snoozed_until == at(10)
    with refuses("too-long", IncidentActionError):
        incident_actions.snooze("update", at(60 * 25))
    with pytest.raises(IncidentActionError, match="no clock `updaet`; did you mean `update`"):
        incident_actions.snooze("updaet", at(10))


def test_a_box_is_ticked_with_the_words_of_the_plan_and_can_be_opened_again(incident_actions: IncidentActions) -> None:
    assert incident_actions.tick("first", 2).summary == "ticked: Freeze"
    title = incident_actions.plan.checklists[0].title
    with pytest.raises(IncidentActionError, match="first#2 is done already"):
        incident_actions.tick(title.lower(), 2)
    with pytest.raises(IncidentActionError, match="first#2 is done already"):
        incident_actions.tick("first", 2)
    incident_actions.tick("first", 2, state="open")
    assert now(incident_actions).ticks[0].state == "open"
    with refuses("reason-missing", IncidentActionError):
        incident_actions.tick("first", 1, state="skipped")
    with pytest.raises(IncidentActionError, match="first has 2 boxes"):
        incident_actions.tick("fir", 3)
    with pytest.raises(IncidentActionError, match="no checklist `last`; there are first"):
        incident_actions.tick("last", 1)


def test_a_box_that_moved_in_its_document_is_ticked_once_and_another_in_its_place_is_not(
    incident_actions: IncidentActions, timeline: Timeline, clock: Clock
) -> None:
    """It was refused as done, and counted: nobody had done it."""
    incident_actions.tick("first", 2)
    [checklist] = PLAN.checklists
    changed = replace(PLAN, checklists=(replace(checklist, items=("Tell the authority", *checklist.items)),))
    later = make_incident_actions(timeline, clock, plan=changed)
    with refuses("unchanged", IncidentActionError):
        later.tick("first", 3)
    later.tick("first", 2)
    assert [entry.text for entry in now(later).ticks] == ["Freeze", "Declare"]


def test_a_box_is_done_by_who_did_the_act_and_not_by_who_ticked_it(
    incident_actions: IncidentActions, timeline: Timeline, clock: Clock
) -> None:
    incident_actions.freeze(True, "until green")
    clock.wall = at(2)
    make_incident_actions(timeline, clock, "ben", plan=PLAN).tick("first", 2)
    [tick] = now(incident_actions).ticks
    assert (tick.actor, tick.doer) == ("ben", "ana")


def test_a_freeze_needs_no_incident_and_holds_once(timeline: Timeline, clock: Clock) -> None:
    incident_actions = make_incident_actions(timeline, clock)
    assert incident_actions.freeze(True, "until green").incident is None
    frozen = incident_actions.frozen()
    assert frozen is not None
    assert (frozen.by, frozen.reason) == ("ana", "until green")
    with pytest.raises(IncidentActionError, match="prod is frozen already"):
        make_incident_actions(timeline, clock, "ben").freeze(True)
    assert make_incident_actions(timeline, clock, environment="staging").frozen() is None
    incident = incident_actions.declare("x")
    assert incident_actions.freeze(False, "green").incident == incident.id
    assert incident_actions.frozen() is None


def test_an_action_item_is_changed_by_its_id(incident_actions: IncidentActions) -> None:
    id = incident_actions.add_item("alert on the queue", "ben", date(2026, 3, 13)).subject
    incident_actions.note("todo: write it down")
    assert [each.text for each in now(incident_actions).items] == ["alert on the queue", "write it down"]
    event = incident_actions.change_item(id, done=True, due="")
    assert event.summary == "action item: alert on the queue (done, no due)"
    assert (now(incident_actions).items[0].done, now(incident_actions).items[0].due) == (NIGHT, None)
    with pytest.raises(IncidentActionError, match="is done already"):
        incident_actions.change_item(id, done=True)


def test_a_scenario_brings_its_targets_from_the_documents(incident_actions: IncidentActions) -> None:
    event = incident_actions.choose_scenario("database lost")
    assert event.summary == "scenario Database lost: recovery time 30m, recovery point 15m"
    incident_actions.recovered_to(at(-12))
    recovery = now(incident_actions).recovery
    assert recovery is not None
    assert (recovery.rto, recovery.origin, recovery.point) == (30 * MINUTE, "dr.md:9", at(-12))
    with pytest.raises(IncidentActionError, match="did you mean `Database lost`"):
        incident_actions.choose_scenario("database losst")
    incident_actions.choose_scenario("the dog ate it", rto=240 * MINUTE)


def test_a_message_is_kept_with_what_it_promised(incident_actions: IncidentActions) -> None:
    event = incident_actions.sent("client", "We are on it.\nMore at half past.", "client", at(30))
    assert event.summary == "update to client (next at 02:30Z): We are on it. More at half past."
    assert now(incident_actions).updates[0].promised == at(30)
    with refuses("time-past", IncidentActionError):
        incident_actions.sent("client", "x", promised=at(-1))


@pytest.mark.parametrize(
    ("name", "audience", "readers"),
    [
        ("customers", "client", "customers"),
        ("Clients", "client", "Clients"),
        ("client", "client", "client"),
        ("#incidents", "team", "#incidents"),
        ("Shop owners", "client", "Shop owners"),
        ("board", "board", "board"),
    ],
)
def test_a_message_goes_to_the_audience_that_is_meant_in_the_words_that_were_used(
    timeline: Timeline, clock: Clock, name: str, audience: str, readers: str
) -> None:
    templates = (
        Template("a", "To us", "", "team", reader="#incidents"),
        Template("b", "To", "", reader="shop owners"),
    )
    incident_actions = make_incident_actions(timeline, clock, plan=Plan(templates=templates))
    incident_actions.declare("Readiness failing", "P1")
    incident_actions.sent(name, "We are on it.")
    (update,) = now(incident_actions).updates
    assert (update.audience, update.readers) == (audience, readers)


def test_a_correction_of_a_severity_keeps_no_reason_of_the_wrong_one(incident_actions: IncidentActions) -> None:
    incident_actions.change_severity("P0", reason="panic")
    incident_actions.correct_severity("P2")
    incident = now(incident_actions)
    assert [(change.value, change.reason) for change in incident.severities] == [("P1", ""), ("P2", "")]
    assert incident.mistakes[0].entered_reason == "panic"


def test_what_was_missed_at_the_resolution_can_still_be_marked_as_done(
    incident_actions: IncidentActions, clock: Clock
) -> None:
    id = incident_actions.start_task("look at the pool", 3 * MINUTE).subject
    clock.wall = at(10)
    incident = incident_actions.resolve("fixed").incident
    clock.wall = at(20)
    incident_actions.clock_done(id, incident=incident)
    with refuses("clock-done-already", IncidentActionError):
        incident_actions.clock_done(id, incident=incident)


def test_what_happened_before_the_declaration_keeps_both_times_and_moves_no_range(
    incident_actions: IncidentActions,
) -> None:
    reach = now(incident_actions).reach_from
    event = incident_actions.decide("deploy on a Friday", moment=at(-120))
    assert (event.occurred, event.recorded) == (at(-120), NIGHT)
    assert now(incident_actions).reach_from == reach
    incident_actions.called("ops", moment=at(-1))
    incident_actions.called("db", moment=at(-3))
    assert [each.at for each in now(incident_actions).called] == [at(-1), at(-3)]


def test_an_entry_is_corrected_in_its_place_and_in_its_own_words(incident_actions: IncidentActions) -> None:
    first = incident_actions.decide("roll bakc", "the deploy")
    event = incident_actions.correct(first.id, "roll back", moment=at(-2))
    assert (event.summary, event.supersedes, event.occurred) == ("decided: roll back (the deploy)", first.id, at(-2))
    assert [each.text for each in now(incident_actions).decisions] == ["roll back"]
    journal = incident_actions.note("one\ntwo")
    again = incident_actions.correct(journal.id, "one line")
    assert (again.summary, again.detail) == ("one line", {})
    incident_actions.correct(1, "Sign-in\nfails" + "x" * 150)
    assert now(incident_actions).title.startswith("Sign-in fails")
    assert len(now(incident_actions).title) < 250


def test_two_who_correct_the_same_entry_are_both_on_record_and_the_later_stands(
    incident_actions: IncidentActions, timeline: Timeline, clock: Clock
) -> None:
    ben = make_incident_actions(timeline, clock, "ben", plan=PLAN)
    first = incident_actions.decide("wait")
    one = incident_actions.correct(first.id, "wait ten minutes")
    other = ben.correct(first.id, "roll back")
    assert other.supersedes == one.id
    assert [each.text for each in now(ben).decisions] == ["roll back"]
    decisions = timeline.events(kinds=[Kind.DECISION])
    assert [each.id for each in list_standing_events(decisions)] == [other.id]
    assert len(decisions) == 3


def test_of_many_at_once_nobody_is_lost(incident_actions: IncidentActions, timeline: Timeline, clock: Clock) -> None:
    first = incident_actions.note("first")
    all_actions = [make_incident_actions(timeline, clock, f"p{number}", plan=PLAN) for number in range(6)]

    def busy(each: IncidentActions) -> None:
        each.take_role("Scribe")
        each.correct(first.id, f"said by {each.operator}")

    threads = [threading.Thread(target=busy, args=(each,)) for each in all_actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(now(incident_actions).in_role("Scribe")) == [f"p{number}" for number in range(6)]
    notes = timeline.events(kinds=[Kind.NOTE])
    assert len(notes) == 7
    assert [each.id for each in list_standing_events(notes)] == [notes[-1].id]


def test_a_pin_is_set_once_and_moves_with_the_correction(incident_actions: IncidentActions) -> None:
    noted = incident_actions.note("the first 500")
    incident_actions.pin(noted.id)
    with pytest.raises(IncidentActionError, match="pinned already"):
        incident_actions.pin(noted.id)
    corrected = incident_actions.correct(noted.id, "the first 503")
    incident_actions.link(noted.id, "https://logs.example.com/q/1", "query")
    assert now(incident_actions).pins == {corrected.id}
    assert now(incident_actions).links[0].event == corrected.id
    incident_actions.pin(noted.id, on=False)
    assert now(incident_actions).pins == frozenset()


def test_a_long_address_of_evidence_stays_whole(incident_actions: IncidentActions) -> None:
    address = "https://logs.example.com/q?" + "q" * 5_000
    incident_actions.link(incident_actions.note("the first 500").id, address)
    assert now(incident_actions).links[0].target == address


def test_the_post_mortem_goes_on_after_the_incident_and_back_only_for_a_reason(
    incident_actions: IncidentActions,
) -> None:
    id = now(incident_actions).id
    with refuses("incident-open", IncidentActionError):
        incident_actions.review("reviewed")
    incident_actions.resolve("rolled back", because="fixed")
    incident_actions.review("reviewed", incident=id)
    with refuses("reason-missing", IncidentActionError):
        incident_actions.review("draft", incident=id)
    incident_actions.review("in review", "two facts were wrong", incident=id)
    assert incident_actions.find(id).review is Review.IN_REVIEW
    assert incident_actions.find(id).because == "fixed"


def test_what_was_resolved_last_is_opened_again_with_a_reason(incident_actions: IncidentActions) -> None:
    id = now(incident_actions).id
    with pytest.raises(IncidentActionError, match="is open"):
        incident_actions.reopen("why not", id)
    incident_actions.resolve()
    with refuses("reason-missing", IncidentActionError):
        incident_actions.reopen(" ")
    assert incident_actions.reopen("it is back").incident == id
    assert now(incident_actions).id == id


@pytest.mark.parametrize(
    ("act", "sentence"),
    [
        (lambda actions: actions.take_role(" "), "Say which role"),
        (lambda actions: actions.leave_role("Scribe"), "ana is not Scribe; nobody is"),
        (lambda actions: actions.hand_over("IC", "ben"), "nothing to hand over"),
        (lambda actions: actions.hand_over("IC", ""), "to whom"),
        (lambda actions: actions.called("\n"), "Say who was called"),
        (lambda actions: actions.sent("client", ""), "needs its words"),
        (lambda actions: actions.decide(""), "Say what was decided"),
        (lambda actions: actions.start_task("x", timedelta()), "within what time"),
        (lambda actions: actions.start_task("x", timedelta(days=90)), "30 days ahead"),
        (lambda actions: actions.start_loop("x", at(-1)), "yet to come"),
        (lambda actions: actions.aware("x", moment=at(90)), "in the future"),
        (lambda actions: actions.freeze(False), "prod is not frozen"),
        (lambda actions: actions.add_item(" "), "Say what is to be done"),
        (lambda actions: actions.change_item("k7f"), "Nothing to change"),
        (lambda actions: actions.change_item("k7f", done=True), "no action item `k7f`; there are none"),
        (lambda actions: actions.recovered_to(at(9)), "in the future"),
        (lambda actions: actions.review("perfect"), "there are draft, in review, reviewed, closed"),
        (lambda actions: actions.resolve(because="boredom"), "there are fixed, duplicate"),
        (lambda actions: actions.correct(99, "x"), "There is no event 99"),
        (lambda actions: actions.correct(1, " "), "cockpit redact"),
        (lambda actions: actions.pin(0), "There is no event 0"),
        (lambda actions: actions.link(1, ""), "where the evidence is"),
        (lambda actions: actions.link(1, "https://x/" + "q" * 40_000), "too long"),
        (lambda actions: actions.decide("x", moment=at(-60 * 24 * 40)), "more than 30 days ago"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_a_sentence(
    incident_actions: IncidentActions, act: Callable[[IncidentActions], Event], sentence: str
) -> None:
    with pytest.raises(IncidentActionError, match=sentence):
        act(incident_actions)


def test_what_the_cockpit_saw_is_not_corrected(incident_actions: IncidentActions, timeline: Timeline) -> None:
    (event,) = timeline.record([Draft(Kind.PROBE, "ready down", NIGHT, "prod", "ready", detail={"state": "down"})])
    with refuses("event-not-correctable", IncidentActionError):
        incident_actions.correct(event.id, "it was up")


def test_words_are_cleaned_and_bounded_before_they_are_written(incident_actions: IncidentActions) -> None:
    event = incident_actions.add_item("\x1b[2Jevil\u202e" + "x" * 400, "ben\nand more" * 6)
    assert "\x1b" not in event.detail["text"]
    assert "\u202e" not in event.detail["text"]
    assert len(event.detail["text"]) < 600
    assert "\n" not in event.detail["owner"]
    assert len(event.detail["owner"]) < 120


# The clock of the machine is set back, and no recorder is there to tell of it.


@pytest.mark.parametrize("back", [timedelta(seconds=1), timedelta(minutes=5), timedelta(days=3)])
def test_an_incident_ends_whatever_the_clock_says(
    incident_actions: IncidentActions, clock: Clock, back: timedelta
) -> None:
    incident_actions.change_severity("P0")
    clock.wall = NIGHT - back
    incident_actions.change_severity("P2")
    incident_actions.resolve("fixed")
    (ended,) = incident_actions.incidents()
    assert not ended.open
    assert ended.open_for(clock.now()) == timedelta()


def test_a_file_that_is_newer_than_now_tells_that_the_clock_was_set_back(
    incident_actions: IncidentActions, clock: Clock, timeline: Timeline
) -> None:
    clock.wall = NIGHT + 10 * MINUTE
    incident_actions.note("ten minutes on")
    clock.wall = NIGHT - 50 * MINUTE
    incident_actions.note("the clock was set back by an hour")
    clock.wall = NIGHT - 48 * MINUTE
    incident_actions.note("two minutes on")
    assert [step.length for step in list_clock_steps(timeline.events())] == [-60 * MINUTE]
    assert now(incident_actions).open_for(clock.now()) == 12 * MINUTE


def test_a_time_that_somebody_gives_is_refused_as_before(incident_actions: IncidentActions, clock: Clock) -> None:
    with refuses("time-before-start", IncidentActionError):
        incident_actions.resolve("fixed", moment=NIGHT - MINUTE)


def test_a_clock_is_named_by_its_letters_alone_too(incident_actions: IncidentActions) -> None:
    begun = incident_actions.start_task("look at the pool", 3 * MINUTE)
    assert incident_actions.clock_done(begun.subject.removeprefix("task:")).subject == begun.subject


LONG = "a long excerpt " * 2_000 + "its end"  # 30,000 characters
SAID: list[Callable[[IncidentActions, str], Event | Incident]] = [
    lambda act, text: act.note(text),
    lambda act, text: act.note(text, log="shop-api--r42"),
    lambda act, text: act.decide(text),
    lambda act, text: act.decide("Fail over", text),
    lambda act, text: act.correct(act.note("seen").id, text),
    lambda act, text: act.correct(act.resolve("done").id, text),
    lambda act, text: act.resolve(text),
    lambda act, text: act.change_severity("P0", reason=text),
    lambda act, text: act.change_status("identified", reason=text),
    lambda act, text: act.freeze(True, text),
    lambda act, text: act.called("ben", note=text),
    lambda act, text: act.tick("first", 1, state="skipped", reason=text),
    lambda act, text: act.add_item(text),
    lambda act, text: act.acknowledge("", note=text),
    lambda act, text: act.sent("client", text),
    lambda act, text: act.sent("client", "rolled back", reader=text),
    lambda act, text: act.called(text),
    lambda act, text: act.called("ben", how=text),
    lambda act, text: act.take_role("Scribe", text),
    lambda act, text: act.take_role(text),
    lambda act, text: act.mark_change(text),
    lambda act, text: act.mark_change("flag x on", text),
    lambda act, text: act.mark_change("flag x on", by=text),
    lambda act, text: act.link(1, f"/var/log/{text}"),
    lambda act, text: act.link(1, "/var/log/shop", text),
    lambda act, text: act.add_item("look", text),
    lambda act, text: act.add_item("look", label=text),
    lambda act, text: act.choose_scenario(text, 3 * MINUTE),
    lambda act, text: act.amend(title=text),
    lambda act, text: act.correct(1, text[:15_000]),
    lambda act, text: act.declare(text, "P1"),
]


@pytest.mark.parametrize("say", SAID)
def test_what_a_person_says_is_recorded_whole_or_refused(
    incident_actions: IncidentActions, timeline: Timeline, say: Callable[[IncidentActions, str], Event | Incident]
) -> None:
    """It was cut, and acknowledged as recorded."""
    with refuses("text-too-long"):
        say(incident_actions, LONG)
    assert [event.kind for event in timeline.events() if LONG[:100] in f"{event.summary} {event.detail}"] == []


def test_a_title_that_does_not_fit_into_a_bar_stands_in_a_note_as_a_whole(
    incident_actions: IncidentActions, timeline: Timeline
) -> None:
    """It is no time to have somebody shorten it; what was cut was lost."""
    title = "checkout fails " * 20 + "and card numbers are in the log"
    incident = incident_actions.declare(title, "P1")
    declaration, note = timeline.events(incident=incident.id)
    assert (declaration.kind, note.kind, note.summary) == (Kind.DECLARE, Kind.NOTE, title)
    assert len(incident.title) < len(title)


def test_a_correction_may_be_as_long_as_what_it_corrects(incident_actions: IncidentActions, timeline: Timeline) -> None:
    reason = "because of this " * 100 + "and that"
    event = incident_actions.resolve(reason)
    assert event.detail["reason"].endswith("and that")
    assert incident_actions.correct(event.id, f"{reason}, too").detail["reason"].endswith("and that, too")


def test_only_the_freeze_that_was_seen_is_lifted(timeline: Timeline, clock: Clock) -> None:
    ana, ben = make_incident_actions(timeline, clock), make_incident_actions(timeline, clock, "ben")
    ana.freeze(True, "until green")
    seen = ana.frozen()
    clock.wall += MINUTE
    ben.freeze(False, "green")
    clock.wall += MINUTE
    ben.freeze(True, "the database is being restored")

    with refuses("frozen-anew"):
        ana.freeze(False, "green", seen=seen)
    assert ana.frozen() is not None


def test_who_has_seen_an_incident_open_does_not_open_it_again(incident_actions: IncidentActions) -> None:
    incident = now(incident_actions)
    incident_actions.resolve("fixed")

    with refuses("resolved-meanwhile"):
        incident_actions.change_status("monitoring", incident.id, "found it", seen_open=True)
    assert not incident_actions.find(incident.id).open


def test_an_act_behind_a_storm_reads_none_of_it_again(
    incident_actions: IncidentActions, timeline: Timeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    applied: list[int] = []
    apply = Ledger.apply

    def count(ledger: Ledger, event: Event) -> None:
        applied.append(event.id)
        apply(ledger, event)

    monkeypatch.setattr(Ledger, "apply", count)
    storm = [Draft(Kind.ALERT, f"alert {number} fired", at(2), "prod", f"am:{number}") for number in range(60)]
    timeline.record(storm)
    incident_actions.keep_up()
    assert len(applied) >= len(storm)
    timeline.record([Draft(Kind.ALERT, "one more fired", at(2), "prod", "am:60")])
    applied.clear()
    event = incident_actions.note("what I see")

    assert applied == [event.id - 1], "what came since is still decided by"

"""What is due in an incident, when, and what ends it."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.cli.incident.clocks import format_left
from cockpit.incident.clocks.clocks import compute_clocks
from cockpit.incident.clocks.reminders import find_due_reminder, list_urgent_clocks
from cockpit.model.clock import Clock, ClockKind, ClockState, Counting, rule_of
from cockpit.model.event import Kind
from cockpit.model.incident import Acknowledgement, HealthyPeriod, Incident, StateChange
from cockpit.model.plan import Checklist, Contact, Hours, Plan
from cockpit.model.response import Mark, ProcedureRun, Recovery
from cockpit.model.time import format_timestamp
from cockpit.recorder.last_recorded import find_recorded_deployment
from tests.unit.incident.folding import fold
from tests.unit.incident.incidents import called, held, incident, named, plan, rule, sent, tick
from tests.unit.incident.story import Story, at

RESPONSE = plan(rule(ClockKind.RESPONSE, 15))
COMMANDER = plan(rule(ClockKind.COMMANDER, 15))
UPDATE = plan(rule(ClockKind.UPDATE, 30))
PATH = plan(
    rule(ClockKind.ESCALATION, 0, number=1, who="On-call engineer"),
    rule(ClockKind.ESCALATION, 15, number=2, who="On-call lead + Team lead"),
    rule(ClockKind.ESCALATION, 30, number=3, who="Engineering manager"),
)


def one(story: Incident, given: Plan, id: str, minutes: float = 5) -> Clock:
    return named(compute_clocks(story, given, at(minutes)), id)


def states(story: Incident, given: Plan, minutes: float) -> list[str]:
    return [each.state(at(minutes)).value for each in compute_clocks(story, given, at(minutes))]


def test_a_response_is_due_after_its_minutes_and_met_by_whoever_acknowledges() -> None:
    running = one(incident(), RESPONSE, "response")
    assert (running.due, running.risk, running.why) == (at(15), at(12), "P1 declared")
    assert one(incident(acknowledged=at(14)), RESPONSE, "response").state(at(99)) is ClockState.MET
    assert one(incident(acknowledged=at(16)), RESPONSE, "response").state(at(99)) is ClockState.MISSED
    assert one(incident(resolved=at(10)), RESPONSE, "response").state(at(99)) is ClockState.NOT_APPLICABLE


def test_a_worse_severity_begins_its_clocks_and_what_bound_before_keeps_its_time() -> None:
    raised = compute_clocks(incident(("P2", 0), ("P0", 20)), RESPONSE, at(21))
    assert [(each.id, each.started, each.due, each.why) for each in raised] == [
        ("response", at(0), at(15), "P2 declared"),
        ("response:2", at(20), at(35), "became P0"),
    ]


BY_SEVERITY = plan(
    rule(ClockKind.RESPONSE, 5, levels=("P0",)),
    rule(ClockKind.RESPONSE, 15, levels=("P1",)),
    rule(ClockKind.COMMANDER, 15, levels=("P0",)),
    rule(ClockKind.UPDATE, 15, levels=("P0",)),
    rule(ClockKind.UPDATE, 30, levels=("P1",)),
    rule(ClockKind.CLIENT, 15, levels=("P0",)),
)


def test_lowering_the_severity_erases_nothing_that_was_missed_and_restates_no_target() -> None:
    hour = {
        each.id: (each.due, each.state(at(60))) for each in compute_clocks(incident(("P0", 0)), BY_SEVERITY, at(60))
    }
    for milder in ("P1", "P2"):
        lowered = compute_clocks(incident(("P0", 0), (milder, 60)), BY_SEVERITY, at(61))
        assert {each.id: (each.due, each.state(at(61))) for each in lowered} == hour
    met = incident(("P0", 0), ("P1", 60), acknowledged=at(4))
    assert [
        (each.due, each.done) for each in compute_clocks(met, BY_SEVERITY, at(61)) if each.kind is ClockKind.RESPONSE
    ] == [(at(5), at(4))]


def test_what_already_runs_out_sooner_stands_so_that_nobody_gains_time() -> None:
    raised = incident(("P1", 0), ("P0", 12))
    assert [each.due for each in compute_clocks(raised, BY_SEVERITY, at(13)) if each.kind is ClockKind.RESPONSE] == [
        at(15)
    ]
    up_and_down = incident(("P0", 0), ("P2", 4), ("P0", 6))
    due = [each.due for each in compute_clocks(up_and_down, BY_SEVERITY, at(7)) if each.kind is ClockKind.RESPONSE]
    assert due[0] == at(5)


def test_the_new_rules_bind_from_the_change_on() -> None:
    raised = one(incident(("P1", 0), ("P0", 12)), BY_SEVERITY, "update", 13)
    assert (raised.started, raised.due) == (at(0), at(30))
    second = one(incident(("P1", 0), ("P0", 12)), BY_SEVERITY, "update:2", 13)
    assert (second.started, second.due) == (at(12), at(27))
    after_an_update = incident(("P1", 0), ("P0", 12), updates=(sent(20),))
    assert one(after_an_update, BY_SEVERITY, "update", 21).due == at(35)
    lowered = incident(("P0", 0), ("P1", 12), updates=(sent(20),))
    assert one(lowered, BY_SEVERITY, "update", 21).due == at(50)


def test_of_several_clocks_for_one_obligation_the_soonest_asks() -> None:
    asking = list_urgent_clocks(compute_clocks(incident(("P2", 0), ("P0", 20)), RESPONSE, at(21)), at(21))
    assert [each.id for each in asking] == ["response"]


def test_a_tier_that_a_milder_severity_does_not_have_calls_nobody_unless_it_is_raised_before_its_turn() -> None:
    path = plan(*(replace(each, levels=("P0",)) for each in PATH.rules))
    lowered = one(incident(("P0", 0), ("P2", 10)), path, "escalation:3", 12)
    assert (lowered.due, lowered.not_applicable) == (at(30), "became P2 before its turn")
    again = one(incident(("P0", 0), ("P2", 10), ("P0", 20)), path, "escalation:3", 21)
    assert (again.due, again.not_applicable) == (at(30), ""), "nobody gains time"


def test_somebody_has_to_lead_and_again_when_the_last_one_leaves() -> None:
    assert one(incident(), COMMANDER, "commander").due == at(15)
    leads = held("Incident Commander", "ana", 4)
    assert one(incident(roles=(leads,)), COMMANDER, "commander").done == at(4)
    left = one(incident(roles=(held("incident commander", "ana", 4, 40),)), COMMANDER, "commander", 41)
    assert left.done == at(4)
    again = one(incident(roles=(held("incident commander", "ana", 4, 40),)), COMMANDER, "commander:2", 41)
    assert (again.due, again.why) == (at(55), "ana left and nobody leads")


def test_the_next_update_is_counted_from_the_last_one() -> None:
    assert one(incident(), UPDATE, "update").due == at(30)
    again = one(incident(updates=(sent(20), sent(10))), UPDATE, "update")
    assert (again.due, again.why) == (at(50), "the last one, by ben")
    assert one(incident(resolved=at(10)), UPDATE, "update").state(at(99)) is ClockState.NOT_APPLICABLE
    assert one(incident(resolved=at(31)), UPDATE, "update").state(at(99)) is ClockState.MISSED


def test_a_tier_is_due_when_its_window_opens_and_in_time_until_it_closes() -> None:
    assert states(incident(), PATH, 20) == ["overdue", "overdue", "running"]
    assert [each.until for each in compute_clocks(incident(), PATH, at(0))] == [at(15), at(30), at(45)]
    in_time = incident(acknowledged=at(3), called=(called(29, "Team Lead"), called(44, tier=3)))
    assert states(in_time, PATH, 50) == ["not applicable", "met", "met"], "an acknowledgement is no call"
    assert states(incident(called=(called(14, tier=1),)), PATH, 14)[:1] == ["met"]
    late = incident(acknowledged=at(16), called=(called(31, tier=2), called(46, tier=3)))
    assert states(late, PATH, 50) == ["missed", "missed", "missed"]


def test_a_tier_whose_document_says_when_its_window_closes_is_in_time_until_then() -> None:
    path = plan(
        *(
            replace(rule, closes=timedelta(minutes=end) if end else None)
            for rule, end in zip(PATH.rules, (None, 20, 90), strict=True)
        )
    )
    assert [clock.until for clock in compute_clocks(incident(), path, at(0))] == [at(15), at(20), at(90)]
    recorded = [rule_of(rule.detail()) for rule in path.rules]
    assert recorded == list(path.rules), "the record keeps it when the document is gone"


def test_a_call_to_a_later_tier_ends_the_earlier_ones() -> None:
    skipped = incident(called=(called(16, tier=3),))
    assert states(skipped, PATH, 20) == ["missed", "not applicable", "met"]


def test_an_order_to_call_everybody_is_not_answered_by_one_who_acknowledges() -> None:
    everybody = plan(rule(ClockKind.ESCALATION, 0, number=1, who="everybody"))
    assert states(incident(acknowledged=at(1)), everybody, 2) == ["overdue"]
    assert states(incident(called=(called(15, tier=1),)), everybody, 20) == ["met"]
    assert states(incident(called=(called(16, tier=1),)), everybody, 20) == ["missed"]


def test_nobody_more_is_called_once_it_is_mitigated_or_resolved() -> None:
    spared = ["not applicable", "not applicable", "not applicable"]
    assert states(incident(acknowledged=at(0), mitigated=at(14)), PATH, 90) == spared
    assert states(incident(acknowledged=at(0), mitigated=at(29)), PATH, 90) == spared
    assert states(incident(acknowledged=at(0), resolved=at(31)), PATH, 90) == [
        "not applicable",
        "missed",
        "not applicable",
    ]


RELAPSED = (HealthyPeriod(at(6), at(29)), HealthyPeriod(at(29.5), at(30.6)), HealthyPeriod(at(31.7)))


def during(minutes: float) -> tuple[HealthyPeriod, ...]:
    """What was known of the recoveries by then."""
    known = [period for period in RELAPSED if period.start <= at(minutes)]
    return tuple(replace(period, end=None) if period.end and period.end > at(minutes) else period for period in known)


@pytest.mark.parametrize(
    ("minutes", "state", "closes"),
    [
        (5, ClockState.RUNNING, 30),
        (25, ClockState.NOT_APPLICABLE, 30),
        (29, ClockState.OVERDUE, 44),  # all was well when it opened: all of it is left at the relapse
        (29.6, ClockState.NOT_APPLICABLE, 30),  # nobody has to call: its window as the document has it
        (31, ClockState.OVERDUE, 44),  # a minute in which nobody felt it is a pause, told as impact everywhere
        (60, ClockState.NOT_APPLICABLE, 30),
    ],
)
def test_a_relapse_makes_nobody_late_who_had_nobody_to_call_before_it(
    minutes: float, state: ClockState, closes: float
) -> None:
    tier = one(incident(healthy=during(minutes)), PATH, "escalation:2", minutes)
    assert (tier.state(at(minutes)), tier.due, tier.until) == (state, at(15), at(closes)), "no deadline is moved"
    assert state is not ClockState.OVERDUE or tier.is_window_open(at(minutes))


def test_a_relapse_after_its_window_asks_for_nothing_that_was_spared() -> None:
    relapsed = incident(healthy=(HealthyPeriod(at(6), at(30.1)),))
    assert one(relapsed, PATH, "escalation:2", 40).state(at(40)) is ClockState.NOT_APPLICABLE


def test_a_tier_that_was_not_called_after_a_relapse_is_late_once_its_window_closed() -> None:
    relapsed = incident(healthy=(HealthyPeriod(at(6), at(29)),))
    tier = one(relapsed, PATH, "escalation:2", 50)
    assert not tier.is_window_open(at(45))
    assert (format_left(tier, at(43)), format_left(tier, at(45))) == ("open until", "1m 00s late")
    assert states(incident(healthy=(HealthyPeriod(at(6), at(29)),), called=(called(43, tier=2),)), PATH, 90)[1] == "met"


@pytest.mark.parametrize("pause", [(2, 7), (5, 14), (16, 20), (6, 29), (14, 16), (33, 40)])
def test_the_windows_of_two_tiers_never_overlap(pause: tuple[float, float]) -> None:
    """A pause in the first window made it close later than the second one opened: both were to be called."""
    relapsed = incident(healthy=(HealthyPeriod(at(pause[0]), at(pause[1])),))
    tiers = [one(relapsed, PATH, f"escalation:{number}", 120) for number in (1, 2, 3)]
    asked = [tier for tier in tiers if not tier.not_applicable]
    for earlier, later in pairwise(asked):
        assert earlier.until is not None
        assert later.due is not None
        assert earlier.until <= later.due
    lengths = [tier.until - tier.due for tier in asked if tier.until and tier.due]
    assert all(length >= timedelta(minutes=15) for length in lengths), "to each all of its time"


@pytest.mark.parametrize("number", [1, 2])
def test_a_window_opens_as_much_later_as_the_times_of_the_pause_that_stand_there(number: int) -> None:
    """From 02:05:44.6 to 02:09:22.2 is 3m 38s by the seconds that are read, and the same for every tier."""
    well, again = at(5) + timedelta(seconds=44.6), at(9) + timedelta(seconds=22.2)
    tier = one(incident(healthy=(HealthyPeriod(well, again),)), PATH, f"escalation:{number}", 120)
    assert tier.until is not None
    assert tier.until - at(15 * number) == timedelta(minutes=3, seconds=38)
    assert " 3m 38s later" in tier.remark


def test_what_was_done_after_it_was_opened_again_is_no_deed_of_a_deadline_that_ended_before() -> None:
    """Resolved before the first call was late, opened again and called then: one call, and one deadline that it met."""
    story = Story()
    story.declare(0)
    story.act(Kind.RESOLVE, 10)
    story.act(Kind.STATUS, 12, status="investigating", was="resolved")
    story.act(Kind.PAGE, 14, subject="x", who="Team lead", tier=1)
    given = plan(rule(ClockKind.ESCALATION, 0, number=1, who="Team lead"))
    tiers = compute_clocks(fold(story.events).incidents["i1"], given, at(60))
    assert [(tier.id, tier.state(at(60)).value, tier.done) for tier in tiers] == [
        ("escalation:1", "not applicable", None),
        ("escalation:1:2", "met", at(14)),
    ]


def test_a_tier_that_may_be_called_now_is_open_until_its_window_closes_and_not_late() -> None:
    first = one(incident(), PATH, "escalation:1", 0.2)
    assert format_left(first, at(0.2)) == "open until"
    assert format_left(one(incident(), PATH, "escalation:2", 0.2), at(0.2)) == "14m 48s left"
    assert format_left(first, at(16)) == "1m 00s late"


healthy = st.lists(st.integers(1, 70), min_size=1, max_size=8, unique=True).map(sorted)


@given(healthy, st.integers(0, 80))
def test_what_a_tier_became_holds_whatever_happens_later(borders: list[int], now: int) -> None:
    def known(until: float) -> tuple[HealthyPeriod, ...]:
        starts = [(borders[place], borders[place + 1 : place + 2]) for place in range(0, len(borders), 2)]
        return tuple(
            HealthyPeriod(at(start), at(end[0]) if end and end[0] <= until else None)
            for start, end in starts
            if start <= until
        )

    then, later = (incident(healthy=known(until)) for until in (now, 80))
    for before, after in zip(compute_clocks(then, PATH, at(now)), compute_clocks(later, PATH, at(now)), strict=True):
        if before.limit is not None and before.limit < at(now):
            assert (before.due, before.until, before.not_applicable) == (after.due, after.until, after.not_applicable)
        if before.not_applicable and not after.not_applicable:
            assert after.until is not None
            assert after.until > at(now), "nobody is late at once"


def test_a_task_is_done_by_hand_and_ends_with_the_incident() -> None:
    task = Mark("task:k7f", ClockKind.TASK, "look at the pool", "ben", started=at(1), due=at(4))
    clock = one(incident(marks=(task,)), Plan(), "task:k7f")
    assert (clock.what, clock.who, clock.due, clock.left(at(2))) == (
        "look at the pool",
        "ben",
        at(4),
        timedelta(minutes=2),
    )
    over = one(incident(marks=(task,), resolved=at(3)), Plan(), "task:k7f")
    assert over.state(at(9)) is ClockState.NOT_APPLICABLE


def test_a_checklist_tells_how_far_it_is_and_is_done_with_its_last_box() -> None:
    given = plan(
        rule(ClockKind.CHECKLIST, 10, what="first ten minutes", checklist="first"),
        checklists=(Checklist("first", "First", ("declare", "freeze", "preserve")),),
    )
    running = one(incident(ticks=(tick(1, 2), tick(3, 3, "skipped"), tick(2, 4, "open"))), given, "checklist:first")
    assert (running.what, running.due, running.done) == ("first ten minutes 2/3", at(10), None)
    done = one(incident(ticks=(tick(1, 2), tick(3, 9, "skipped"), tick(2, 8))), given, "checklist:first")
    assert (done.what, done.done) == ("first ten minutes 3/3", at(9))
    gone = one(incident(rules=given.rules, ticks=(tick(1, 2),)), Plan(), "checklist:first")
    assert gone.what == "first ten minutes 1/?"
    assert "document is gone" in gone.why


def test_a_promise_takes_the_place_of_the_interval_until_it_is_kept() -> None:
    promised = incident(updates=(sent(5, "client", promised=65),))
    assert [each.id for each in compute_clocks(promised, UPDATE, at(6))] == ["promise:client"]
    assert one(promised, UPDATE, "promise:client").due == at(65)
    told_others = incident(updates=(sent(5, "client", promised=65), sent(20)))
    assert [(each.id, each.due) for each in compute_clocks(told_others, UPDATE, at(21))] == [
        ("update", at(50)),
        ("promise:client", at(65)),
    ]
    kept = incident(updates=(sent(5, "client", promised=65), sent(60, "client")))
    assert [(each.id, each.due) for each in compute_clocks(kept, UPDATE, at(61))] == [("update", at(90))]
    resolved = incident(resolved=at(30), updates=(sent(5, "client", promised=65),))
    assert states(resolved, UPDATE, 70) == ["overdue"], "people still wait for it"


def test_an_update_sent_elsewhere_is_recorded_by_hand_and_begins_the_next_interval() -> None:
    story = incident(updates=(sent(20),), marks=(Mark("update", done=at(25)),))
    again = one(story, UPDATE, "update")
    assert (again.due, again.done, again.why) == (at(55), None, "one was sent elsewhere")


def test_clients_are_notified_when_they_feel_it_for_longer_than_the_rule_says() -> None:
    given = plan(rule(ClockKind.CLIENT, 15))
    assert one(incident(), given, "client").due == at(15)
    felt = incident(impact_started=at(-20), detected=at(-2))
    assert one(felt, given, "client").due == at(-5)
    assert one(incident(detected=at(-2)), given, "client").due == at(13)
    assert one(incident(mitigated=at(14)), given, "client", 30).not_applicable == "mitigated before it was late"
    assert one(incident(mitigated=at(14)), given, "client", 15.5).not_applicable == "", "it has not held yet"
    late = incident(mitigated=at(20), updates=(sent(19), sent(25, "Client")))
    assert one(late, given, "client", 30).state(at(30)) is ClockState.MISSED


def test_the_recovery_target_of_the_chosen_scenario_counts_from_the_declaration() -> None:
    chosen = Recovery("Bad deployment", at(7), rto=timedelta(minutes=30), origin="runbook.md:12")
    clock = one(incident(recovery=chosen), plan(documents=frozenset({"runbook.md"})), "recovery")
    assert (clock.started, clock.risk, clock.due, clock.origin) == (at(0), at(24), at(30), "runbook.md:12")
    assert clock.why == "Bad deployment was chosen; counted from the declaration"
    assert one(incident(recovery=chosen, mitigated=at(29)), Plan(), "recovery", 99).state(at(99)) is ClockState.MET


def test_a_run_has_the_time_its_document_says_and_its_effect_may_lag_behind() -> None:
    minutes = timedelta(minutes=1)
    revoke = ProcedureRun(
        "r1", "Revoke a token", at(2), ended=at(4), budget=minutes, tail=5 * minutes, origin="token.md#revoke"
    )
    budget, tail = (one(incident(ran=(revoke,)), Plan(), f"{kind}:r1") for kind in ("budget", "tail"))
    assert (budget.due, budget.state(at(5))) == (at(3), ClockState.MISSED)
    assert (tail.due, tail.risk, tail.state(at(8))) == (at(9), None, ClockState.RUNNING)
    assert one(incident(ran=(revoke,)), Plan(), "tail:r1", 9).state(at(9)) is ClockState.MET
    assert [find_due_reminder(each, at(60)) for each in (budget, tail)] == [0, 0]


def test_a_loose_end_has_no_time_and_outlives_the_incident() -> None:
    loop = Mark("loop:k7g", ClockKind.LOOP, "turn the signature check on again", started=at(3))
    story = incident(marks=(loop,), resolved=at(20))
    clock = one(story, Plan(), "loop:k7g", 99)
    assert (clock.due, clock.state(at(99)), clock.left(at(99))) == (None, ClockState.OPEN, None)
    closed = incident(marks=(replace(loop, done=at(30)),), resolved=at(20))
    assert one(closed, Plan(), "loop:k7g", 99).state(at(99)) is ClockState.MET


def test_the_notice_of_a_breach_begins_with_a_person_and_cannot_be_waved_away() -> None:
    given = plan(rule(ClockKind.BREACH, 72 * 60, who="DPO"))
    assert compute_clocks(incident(), given, at(1)) == (), "never by itself"
    aware = Mark("breach", ClockKind.BREACH, "tokens in a public log", started=at(10))
    clock = one(incident(marks=(aware,), resolved=at(20)), given, "breach")
    assert (clock.due, clock.who, clock.dismissible) == (at(10) + timedelta(hours=72), "DPO", False)
    assert one(incident(marks=(aware,)), Plan(), "breach").due == clock.due, "also where no document says so"
    notified = replace(aware, done=at(90))
    assert one(incident(marks=(notified,)), given, "breach", 99).state(at(99)) is ClockState.MET
    excused = replace(aware, not_applicable="encrypted")
    assert one(incident(marks=(excused,)), given, "breach", 99).not_applicable == "encrypted"


def test_the_rollback_window_closes_without_anybody_being_late() -> None:
    given = plan(rule(ClockKind.ROLLBACK, 24 * 60))
    assert one(incident(), given, "rollback").due == at(24 * 60)
    (window,) = compute_clocks(incident(), given, at(30), deployed=at(-23 * 60))
    assert (window.why, window.state(at(30))) == ("the newest deployment", ClockState.AT_RISK)
    (shut,) = compute_clocks(incident(), given, at(61), deployed=at(-23 * 60))
    assert shut.not_applicable == "the window has closed: mend it forwards"
    assert find_due_reminder(window, at(30)) == 0


@pytest.mark.parametrize(
    ("deployed", "healthy", "begins"),
    [
        (-5, [(12, None)], -5),  # it broke it: nothing that came back later moves its window
        (5, [(12, None)], 12),  # it came while users felt it, and all was well with it from 12 on
        (5, [(12, 30), (40, None)], 12),
        (5, [], 5),  # not well yet
        (20, [(12, None)], 20),  # deployed once all was well: the next one
        (13, [(2, 9), (20, None)], 20),
    ],
)
def test_the_window_after_a_rollback_counts_from_when_all_was_well(
    deployed: float, healthy: list[tuple[float, float | None]], begins: float
) -> None:
    """In single revision mode a rollback is a deployment, too: the youngest revision that serves is the cure."""
    periods = tuple(HealthyPeriod(at(start), None if end is None else at(end)) for start, end in healthy)
    (window,) = compute_clocks(
        incident(felt_since=at(0), healthy=periods), plan(rule(ClockKind.ROLLBACK, 60)), at(15), deployed=at(deployed)
    )
    assert window.started == at(begins)


def test_the_window_after_traffic_went_back_counts_from_the_deployment_that_broke_it() -> None:
    """In multiple revision mode the old revision of the day before serves again."""
    story = Story()
    baseline = {
        "what": "baseline", "traffic": {"r43": 100},
        "revisions": {"r43": {"active": True, "created": format_timestamp(at(-1500))}},
    }  # fmt: skip
    story.tell(Kind.REVISION, -60, subject="shop", detail=baseline)
    made = {"what": "created", "created": format_timestamp(at(0)), "active": True}
    story.tell(Kind.REVISION, 0, subject="shop/r44", detail=made)
    story.tell(Kind.TRAFFIC, 0, subject="shop", detail={"before": {"r43": 100}, "after": {"r44": 100}})
    story.probe(1, "readyz", "down")
    story.declare(2, reach=-10)
    story.tell(Kind.TRAFFIC, 9, subject="shop", detail={"before": {"r44": 100}, "after": {"r43": 100}})
    story.probe(9.1, "readyz", "up")

    ledger = fold(story.events)
    windows = [
        one_window(ledger.incidents["i1"], deployed)
        for deployed in (find_recorded_deployment(story.events), ledger.deployed("prod"))
    ]
    assert [(window.started, window.due, window.not_applicable) for window in windows] == [(at(0), at(24 * 60), "")] * 2


def one_window(story: Incident, deployed: datetime | None) -> Clock:
    (window,) = compute_clocks(story, plan(rule(ClockKind.ROLLBACK, 24 * 60)), at(15), deployed=deployed)
    return window


REVIEW = plan(
    rule(ClockKind.POSTMORTEM, 3 * 1440, counting=Counting.DAYS, levels=("P0", "P1")),
    hours=Hours(zone="Pacific/Auckland"),
)


def test_a_post_mortem_is_due_three_working_days_after_the_resolution() -> None:
    assert compute_clocks(incident(), REVIEW, at(9)) == ()
    clock = one(incident(resolved=at(60)), REVIEW, "postmortem")  # a Friday afternoon in Auckland
    assert clock.due == datetime(2026, 3, 4, 18, tzinfo=ZoneInfo("Pacific/Auckland"))
    four_fifths = datetime(2026, 3, 4, 11, 36, tzinfo=ZoneInfo("Pacific/Auckland"))  # of two hours and three days
    assert clock.risk == four_fifths
    reviews = (StateChange("reviewed", at(500)), StateChange("closed", at(600)))
    assert one(incident(resolved=at(60), reviews=reviews), REVIEW, "postmortem").done == at(500)
    back = (*reviews, StateChange("draft", at(700)))
    assert one(incident(resolved=at(60), reviews=back), REVIEW, "postmortem").done is None


def test_a_post_mortem_is_owed_for_the_worst_it_was_but_not_for_a_drill_or_a_false_alarm() -> None:
    assert one(incident(("P1", 0), ("P2", 30), resolved=at(60)), REVIEW, "postmortem").due is not None
    assert compute_clocks(incident(("P2", 0), resolved=at(60)), REVIEW, at(61)) == ()
    assert compute_clocks(incident(resolved=at(60), drill=True), REVIEW, at(61)) == ()
    false = one(incident(resolved=at(60), because="false positive"), REVIEW, "postmortem")
    assert false.not_applicable == "closed as false positive"


def test_the_other_clocks_run_in_a_drill_as_well() -> None:
    assert compute_clocks(incident(drill=True), RESPONSE, at(5)) == compute_clocks(incident(), RESPONSE, at(5))


def test_outside_working_hours_the_rule_for_them_takes_the_place_of_its_kind() -> None:
    given = plan(
        rule(ClockKind.RESPONSE, 15),
        rule(ClockKind.RESPONSE, 120, outside=True),
        hours=Hours(zone="Pacific/Auckland"),
    )
    assert one(incident(), given, "response").due == at(15)  # Friday, 15:00 in Auckland
    saturday = replace(incident(), declared=at(24 * 60), severities=())
    assert one(saturday, given, "response").due == at(26 * 60)


def test_what_was_recorded_binds_also_when_its_document_is_gone() -> None:
    recorded = incident(rules=(rule(ClockKind.RESPONSE, 15),))
    clock = one(recorded, Plan(), "response")
    assert (clock.due, clock.why, clock.origin) == (at(15), "P1 declared; its document is gone", "oncall.md:41")
    for origin in ("built in", "cockpit.toml", ""):
        assert "gone" not in one(incident(rules=(rule(ClockKind.RESPONSE, 15, origin=origin),)), Plan(), "response").why


def test_an_incident_that_is_opened_again_begins_anew() -> None:
    statuses = tuple(StateChange(value, at(minute)) for value, minute in (("resolved", 60), ("investigating", 300)))
    again = incident(statuses=statuses)
    assert (one(again, UPDATE, "update:2").due, one(again, RESPONSE, "response:2").why) == (at(330), "opened again")
    assert one(again, UPDATE, "update").state(at(400)) is ClockState.MISSED, "what was due before stays as it was"
    answered = incident(statuses=statuses, acknowledged=at(5))
    assert one(answered, RESPONSE, "response").state(at(400)) is ClockState.MET


def test_what_was_done_after_it_was_opened_again_counts_once() -> None:
    times = (("resolved", 5), ("investigating", 6))
    again = incident(statuses=tuple(StateChange(value, at(minute)) for value, minute in times), acknowledged=at(8))
    clocks = [one(again, RESPONSE, id, 9).state(at(9)) for id in ("response", "response:2")]
    assert clocks == [ClockState.NOT_APPLICABLE, ClockState.MET]


def test_a_corrected_declaration_moves_its_clocks() -> None:
    corrected = replace(incident(), declared=at(-10), severities=(StateChange("P1", at(-10)),))
    assert one(corrected, RESPONSE, "response").due == at(5)


def test_a_mark_ends_or_excuses_any_clock_but_undoes_nothing_that_happened() -> None:
    done, excused = (Mark("response", done=at(7)), Mark("response", not_applicable="the pager was down"))
    assert one(incident(marks=(done,)), RESPONSE, "response").done == at(7)
    assert one(incident(marks=(excused,)), RESPONSE, "response").not_applicable == "the pager was down"
    assert one(incident(marks=(excused,), acknowledged=at(20)), RESPONSE, "response").done == at(20)


def test_a_machine_whose_clock_went_back_shows_all_of_the_time_and_not_more() -> None:
    clock = one(incident(), RESPONSE, "response", -60)
    assert (clock.left(at(-60)), clock.state(at(-60))) == (timedelta(minutes=15), ClockState.RUNNING)


def test_hours_that_nobody_works_leave_a_clock_without_a_time() -> None:
    given = plan(rule(ClockKind.RESPONSE, 60, counting=Counting.HOURS), hours=Hours(days=()))
    assert one(incident(), given, "response").state(at(999)) is ClockState.OPEN


def test_whom_a_call_means_is_found_by_whole_words_or_by_the_person_in_a_role() -> None:
    given = plan(*PATH.rules, contacts=(Contact("Team lead", person="lea@example.com", backup="-"),))
    met = {
        who: one(incident(called=(called(12, who),)), given, "escalation:2").done is not None
        for who in ("team lead", "lea@example.com", "On-Call Lead", "lead", "ea", "-", "", "call lea", "manager")
    }
    assert [who for who, done in met.items() if done] == ["team lead", "lea@example.com", "On-Call Lead", "lead"]


def test_an_acknowledgement_answers_for_the_first_tier_only_where_that_may_be_who_is_on_call() -> None:
    path = plan(*PATH.rules, contacts=(Contact("On-call engineer", person="Lea", backup="ben"),))
    acks = (Acknowledgement("", at(1), "ana"), Acknowledgement("", at(3), "ben"))

    assert states(incident(acks=acks[:1], acknowledged=at(1)), path, 2)[0] == "overdue"
    ours = compute_clocks(incident(acks=acks, acknowledged=at(1)), path, at(4))
    first = next(clock for clock in ours if clock.id == "escalation:1")
    assert first.not_applicable == "ben acknowledged and has it: nobody to call"


def test_a_mailbox_of_the_role_names_nobody_so_whoever_acknowledges_has_it() -> None:
    path = plan(*PATH.rules, contacts=(Contact("On-call engineer", person="oncall@example.com", backup="lea"),))
    assert states(incident(acknowledged=at(1)), path, 2)[0] == "not applicable"


def run(**more: object) -> ProcedureRun:
    return ProcedureRun("r1", "Roll back", at(0), budget=timedelta(minutes=1), **more)  # type: ignore[arg-type]


def test_a_timed_procedure_is_over_when_it_was_verified_whoever_waits_before_its_last_offer() -> None:
    in_time = incident(ran=(run(verified=at(0.3), ended=at(4)),))
    still_open = incident(ran=(run(verified=at(0.3)),))
    late = incident(ran=(run(ended=at(4)),))

    assert one(in_time, PATH, "budget:r1").state(at(9)) is ClockState.MET
    assert one(still_open, PATH, "budget:r1").state(at(9)) is ClockState.MET
    assert one(late, PATH, "budget:r1").state(at(9)) is ClockState.MISSED


@pytest.mark.parametrize(
    ("resolved", "again", "ended", "state"),
    [
        (3, 4, 10, ClockState.MISSED),  # opened again before it was due: the run went on, and was late
        (3, 4, 4.5, ClockState.MET),
        (3, 4, None, ClockState.OVERDUE),
        (3, 6, 10, ClockState.NOT_APPLICABLE),  # it was due while the incident was closed
        (3, None, 10, ClockState.NOT_APPLICABLE),
        (6, 7, 10, ClockState.MISSED),
    ],
)
def test_a_run_is_measured_on_where_the_incident_was_opened_again_before_it_was_due(
    resolved: float, again: float | None, ended: float | None, state: ClockState
) -> None:
    times = [("resolved", resolved), *([("investigating", again)] if again else [])]
    ran = ProcedureRun("r1", "Roll back", at(0), budget=timedelta(minutes=5), ended=at(ended) if ended else None)
    reopened = incident(statuses=tuple(StateChange(value, at(minute)) for value, minute in times), ran=(ran,))

    assert one(reopened, PATH, "budget:r1", 20).state(at(20)) is state


def test_what_lags_counts_from_the_change_and_a_restart_ends_it() -> None:
    revoked = incident(ran=(run(tail=timedelta(minutes=5), effective=at(2)),))
    restarted = incident(ran=(run(tail=timedelta(minutes=5), effective=at(2), settled=at(3)),))

    tail = one(revoked, PATH, "tail:r1", 3)
    assert (tail.started, tail.due, tail.done) == (at(2), at(7), None)
    assert one(restarted, PATH, "tail:r1", 4).done == at(3)


def test_a_name_that_nothing_has_is_a_clock_until_something_has_it() -> None:
    swapping = replace(run(), missing="shop", gap_began=at(2))
    gap = one(incident(ran=(swapping,)), PATH, "gap:r1", 3)
    assert ("shop" in gap.what, gap.started, gap.due) == (True, at(2), at(3))
    assert gap.state(at(4)) is ClockState.OVERDUE
    swapped = replace(swapping, gap_ended=at(5))
    assert one(incident(ran=(swapped,)), PATH, "gap:r1", 6).done == at(5)


def test_a_call_to_another_tier_is_no_call_of_this_one() -> None:
    late = incident(called=(called(20, tier=2),))
    first = one(late, PATH, "escalation:1", 25)
    assert (first.state(at(25)), first.undone) == (ClockState.MISSED, True)
    own = incident(called=(called(20, tier=1),))
    assert (one(own, PATH, "escalation:1", 25).done, one(own, PATH, "escalation:1", 25).undone) == (at(20), False)

"""Metrics over incidents: what is counted, what is left out and said to be, and what the order may not change."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.cli.run.typed_document import make_typed_step
from cockpit.incident.clocks.clocks import compute_clocks
from cockpit.incident.clocks.updates import PromiseState, check_promise, interval_counts, list_update_intervals
from cockpit.incident.metrics.statistics import Figure, KeptShare, build_statistics, group_by_month, group_by_service
from cockpit.model.clock import ClockKind, Rule
from cockpit.model.event import Kind
from cockpit.model.incident import Incident, StateChange, Status
from cockpit.model.plan import MetricTarget, Plan
from cockpit.model.response import ProcedureRun, Recovery, Update
from cockpit.model.runbook import StepKind
from cockpit.model.severity_scale import DEFAULT_SEVERITY_SCALE
from tests.unit.incident.folding import fold
from tests.unit.incident.story import Story, at

HALF_HOUR = Rule(ClockKind.UPDATE, "update", timedelta(minutes=30), "oncall.md:12")
PLAN = Plan(
    metric_targets=(
        MetricTarget("TTD", "< 5 minutes", timedelta(minutes=5)),
        MetricTarget("MTTR", "< 1 hour", timedelta(hours=1), level="P0"),
        MetricTarget("Runbook usage during incidents", "100 %", percent=100.0),
        MetricTarget("Backup success", "100 %", percent=100.0),
    )
)
OVER = Incident(
    "i1", "prod", "x", "P1", Status.RESOLVED, declared=at(5), declared_by="ana", reach_from=at(-10),
    impact_started=at(0), detected=at(2), acknowledged=at(6), mitigated=at(20), resolved=at(30),
    severities=(StateChange("P1", at(5)),),
)  # fmt: skip
NOW = at(600)


def figure(incidents: list[Incident], short: str, level: str = "P1") -> Figure:
    (found,) = [
        each for each in build_statistics(incidents, PLAN, NOW).figures if (each.short, each.level) == (short, level)
    ]
    return found


def share(incidents: list[Incident], name: str, now: datetime = NOW) -> KeptShare:
    (found,) = [each for each in build_statistics(incidents, PLAN, now).shares if name in each.name]
    return found


def test_a_number_stands_on_what_was_recorded_and_says_what_was_not() -> None:
    incidents = [
        OVER,
        replace(OVER, id="i2", detected=at(8)),
        replace(OVER, id="i3", impact_started=None),
        replace(OVER, id="i4", detected=at(-1)),
    ]
    found = figure(incidents, "TTD")
    assert (found.recorded, found.pending, found.not_applicable, found.invalid) == (2, 0, 1, 1)
    assert (found.median, found.mean, found.worst) == (
        timedelta(minutes=5), timedelta(minutes=5), timedelta(minutes=8),
    )  # fmt: skip
    assert (found.within, found.met) == (1, True)
    assert len(found.definition) > 20


def test_an_open_incident_is_pending_and_no_point() -> None:
    still = replace(OVER, mitigated=None, resolved=None, status=Status.INVESTIGATING)
    found = figure([still], "TTR")
    assert (found.recorded, found.pending, found.mean, found.met) == (0, 1, None, None)


def test_a_target_for_one_severity_binds_no_other() -> None:
    grave = replace(OVER, id="i2", severity="P0", severities=(StateChange("P0", at(5)),))
    target = figure([OVER, grave], "TTR", "P0").target
    assert target is not None
    assert target.text == "< 1 hour"
    assert figure([OVER, grave], "TTR", "P1").target is None
    assert figure([OVER, grave], "TTR", "").target is None


def test_an_incident_counts_at_the_worst_severity_it_had() -> None:
    lowered = replace(OVER, severity="P3", severities=(StateChange("P0", at(5)), StateChange("P3", at(25))))
    assert figure([lowered], "TTR", "P0").recorded == 1
    assert build_statistics([lowered], PLAN, NOW, severity="P3").incidents == 0


def test_drills_and_what_was_no_incident_are_left_out_with_a_notice() -> None:
    found = build_statistics(
        [OVER, replace(OVER, id="i2", drill=True), replace(OVER, id="i3", because="duplicate")], PLAN, NOW
    )
    assert (found.incidents, found.drills, found.empty) == (1, 1, 1)
    assert {each.recorded for each in found.figures if each.short == "TTR"} == {1}


def test_only_what_was_declared_since_then_counts() -> None:
    assert build_statistics([OVER, replace(OVER, id="i2", declared=at(100))], PLAN, NOW, since=at(50)).incidents == 1


def test_targets_that_nothing_here_can_answer_are_named_and_not_dropped() -> None:
    assert [each.metric for each in build_statistics([OVER], PLAN, NOW).unmeasured] == ["Backup success"]


def test_runbook_usage_is_the_share_of_incidents_with_a_run() -> None:
    used = replace(OVER, id="i2", ran=(ProcedureRun("r1", "roll back", at(10), at(12)),))
    still = replace(OVER, id="i3", resolved=None, status=Status.INVESTIGATING)
    typed = make_typed_step("df -h", StepKind.READ, "df -h").title
    assert share([replace(OVER, ran=(ProcedureRun("r1", typed, at(10), at(11)),))], "with a runbook").kept == 0
    found = share([OVER, used, still], "with a runbook")
    assert (found.kept, found.total, found.pending, found.percent, found.met) == (1, 2, 1, 50.0, False)


def test_budgets_are_kept_by_runs_that_ended_in_time() -> None:
    budget = timedelta(minutes=5)
    ran = (
        ProcedureRun("r1", "a", at(10), at(12), budget),
        ProcedureRun("r2", "b", at(10), at(19), budget),
        ProcedureRun("r3", "c", at(10), at(12)),
    )
    found = share([replace(OVER, ran=ran)], "within their budget")
    assert (found.kept, found.total) == (1, 2)


@pytest.mark.parametrize(("rto", "kept"), [(15, 1), (14, 0)])
def test_a_recovery_is_measured_from_the_declaration(rto: int, kept: int) -> None:
    recovery = Recovery("restore", at(6), timedelta(minutes=rto), timedelta(minutes=15), point=at(-10))
    incident = replace(OVER, recovery=recovery)
    found = share([incident], "recoveries")
    assert (found.kept, found.total) == (kept, 1)
    assert figure([incident], "RTO").mean == timedelta(minutes=15)
    assert figure([incident], "RPO").mean == timedelta(minutes=10)


def update(minute: float, audience: str = "client", promised: float | None = None) -> Update:
    return Update(
        at(minute), "ben", audience, "x", promised=None if promised is None else at(promised), event=int(minute)
    )


def words(incident: Incident, now: float = 600) -> list[str]:
    return [each.kept.value for each in list_update_intervals(incident, PLAN, at(now))]


def night(*statuses: float, **told: Any) -> Incident:
    """Declared at minute 0, closed and opened again in turn at the minutes given."""
    words = [
        Status.INVESTIGATING,
        *(Status.INVESTIGATING if turn % 2 else Status.RESOLVED for turn in range(len(statuses))),
    ]
    changes = tuple(StateChange(word, at(minute)) for word, minute in zip(words, (0, *statuses), strict=True))
    return replace(OVER, declared=at(0), rules=(HALF_HOUR,), statuses=changes, **told)


def test_intervals_go_by_the_rule_that_the_clock_goes_by_in_the_zone_of_the_system() -> None:
    after_hours = replace(HALF_HOUR, after=timedelta(hours=2), outside=True)
    declared = datetime(2026, 3, 3, 20, 0, tzinfo=UTC)  # a Tuesday evening there, Wednesday at nine in Auckland
    incident = replace(OVER, declared=declared, reach_from=declared, severities=(), updates=(), resolved=None)
    plan, now = Plan(rules=(HALF_HOUR, after_hours)), declared + timedelta(minutes=1)
    for zone, due in ((UTC, 120), (ZoneInfo("Pacific/Auckland"), 30)):
        (clock,) = [each for each in compute_clocks(incident, plan, now, zone=zone) if each.kind is ClockKind.UPDATE]
        (interval,) = list_update_intervals(incident, plan, now, zone)
        assert clock.due == interval.due == declared + timedelta(minutes=due)


def test_every_interval_between_updates_is_kept_or_broken() -> None:
    told = (update(30), update(61))
    assert words(night(90, updates=told)) == ["kept", "broken", "resolved before"]
    assert words(night(92, updates=told)) == ["kept", "broken", "broken"]
    assert words(night(updates=told), 91) == ["kept", "broken", "pending"]
    assert words(night(updates=told), 92) == ["kept", "broken", "broken"]
    assert words(replace(night(updates=told), rules=())) == []


def test_while_it_is_closed_nobody_waits_for_an_update() -> None:
    assert words(night(20, 200, updates=(update(100), update(229))), 240) == ["resolved before", "kept", "pending"]


def test_a_promised_time_takes_the_place_of_the_interval() -> None:
    told = (update(30, promised=120), update(119))
    assert words(night(121, updates=told)) == ["kept", "kept", "resolved before"]


@pytest.mark.parametrize(
    ("sent", "promised", "counted"),
    [
        (26, 4, (1, 0)),  # late for whom it was promised, and in time by the rule
        (31, 4, (0, 1)),
        (31, 40, (1, 0)),  # the promise gave more time
        (41, 40, (0, 1)),
        (26, None, (1, 0)),
    ],
)
def test_a_promise_that_was_broken_is_no_late_interval_of_a_rule_that_was_kept(
    sent: float, promised: float | None, counted: tuple[int, int]
) -> None:
    told = (update(0.5, promised=None if promised is None else 0.5 + promised), update(0.5 + sent))
    incident = night(0.5 + sent + 1, updates=told)
    first = (1, 0)  # the interval before the first of them
    assert interval_counts(list_update_intervals(incident, PLAN, NOW)) == [
        (HALF_HOUR, first[0] + counted[0], first[1] + counted[1])
    ]
    in_time = share([incident], "updates in time")
    assert (in_time.kept, in_time.total) == (first[0] + counted[0], sum(first) + sum(counted))


def test_a_promise_that_no_rule_asked_for_is_no_interval() -> None:
    told = (update(1, promised=5), update(9))
    assert list_update_intervals(replace(night(20, updates=told), rules=()), PLAN, NOW) == ()


def test_one_message_is_one_in_time_whatever_the_number_of_severities_that_asked_for_it() -> None:
    quarter = replace(HALF_HOUR, after=timedelta(minutes=15), levels=("P0",))
    half = replace(HALF_HOUR, levels=("P1",))
    levels = (StateChange("P1", at(0)), StateChange("P0", at(1)))
    incident = replace(night(60, severities=levels, updates=(update(10), update(20))), rules=(half, quarter))
    found = list_update_intervals(incident, Plan(rules=(half, quarter)), NOW)
    assert [(interval.rule, interval.kept) for interval in found] == [
        (quarter, PromiseState.KEPT),
        (quarter, PromiseState.KEPT),
        (quarter, PromiseState.BROKEN),
    ]


def test_a_new_severity_begins_the_interval_anew_but_heals_none() -> None:
    levels = (StateChange("P2", at(0)), StateChange("P1", at(20)), StateChange("P0", at(55)))
    found = list_update_intervals(night(60, severities=levels), replace(PLAN, rules=(HALF_HOUR,)), NOW)
    assert [(each.started, each.due, each.kept) for each in found] == [
        (at(0), at(30), PromiseState.BROKEN),
        (at(55), at(85), PromiseState.SPARED),
    ]


def test_a_promise_is_kept_by_the_next_message_to_the_same_audience() -> None:
    told = [update(10, promised=40), update(20, "team"), update(41), update(42, promised=50)]
    assert [check_promise(each, told, at(45)) for each in told] == [
        PromiseState.BROKEN,
        None,
        None,
        PromiseState.PENDING,
    ]
    assert check_promise(told[3], told, at(51)) is PromiseState.BROKEN


minutes = st.none() | st.integers(-5, 60).map(at)
incidents = st.lists(
    st.builds(
        lambda impact, detected, acknowledged, mitigated, resolved, level, drill: replace(
            OVER, impact_started=impact, detected=detected, acknowledged=acknowledged, mitigated=mitigated,
            resolved=resolved, severity=level, severities=(StateChange(level, at(5)),), drill=drill,
        ),
        minutes, minutes, minutes, minutes, minutes, st.sampled_from(["P0", "P1", "gone"]), st.booleans(),
    ),
    max_size=6,
)  # fmt: skip


@given(incidents, st.randoms(use_true_random=False))
def test_the_order_of_incidents_changes_nothing(told: list[Incident], random: Random) -> None:
    shuffled = list(told)
    random.shuffle(shuffled)
    assert build_statistics(told, PLAN, NOW) == build_statistics(shuffled, PLAN, NOW)


@given(incidents)
def test_what_is_invalid_never_becomes_a_point_and_every_incident_is_accounted_for(told: list[Incident]) -> None:
    real = [each for each in told if not each.drill]
    wrong = replace(OVER, id="wrong", detected=at(-30), acknowledged=at(-31), mitigated=at(-40), resolved=at(-40))
    before, after = build_statistics(real, PLAN, NOW), build_statistics([*real, wrong], PLAN, NOW)
    for each in after.figures:
        total = each.recorded + each.pending + each.not_applicable + each.invalid
        assert total == sum(1 for incident in [*real, wrong] if each.level in ("", incident.severity))
        assert each.worst is None or each.worst >= timedelta()
    points = {(each.short, each.level): (each.recorded, each.mean, each.worst) for each in before.figures}
    for each in after.figures:
        if (each.short, each.level) in points and each.short in ("TTD", "TTA", "TTM", "TTR"):
            assert points[each.short, each.level] == (each.recorded, each.mean, each.worst)


def test_months_and_services_are_counted_with_their_medians_and_what_is_still_to_do() -> None:
    story = Story()
    alert: dict[str, Any] = {"state": "firing", "severity": "high", "name": "5xx", "resource": "shop-api"}
    story.tell(Kind.ALERT, 1, subject="az:1", detail=alert)
    story.declare(2, reach=-10, severity="P1")
    story.act(Kind.ITEM, 3, subject="a1", text="alert on the queue")
    story.tell(Kind.ALERT, 11, subject="az:1", detail={**alert, "state": "resolved"})
    story.act(Kind.RESOLVE, 21)
    story.declare(60, incident="i2", severity="P3")
    story.declare(70, incident="i3", drill=True)
    incidents = list(fold(story.events).incidents.values())

    (month,) = group_by_month(incidents, Plan(severity_scale=DEFAULT_SEVERITY_SCALE))
    assert (month.name, month.incidents, month.grave, month.open_items) == ("2026-02", 2, 1, 1)
    assert (month.mitigate, month.resolve) == (timedelta(minutes=10), timedelta(minutes=20))
    services = group_by_service(incidents, Plan(severity_scale=DEFAULT_SEVERITY_SCALE))
    assert [(group.name, group.incidents) for group in services] == [("(no app named)", 1), ("shop-api", 1)]


def test_until_leaves_out_what_was_declared_then_or_later() -> None:
    story = Story()
    story.declare(2)
    story.declare(60, incident="i2")
    incidents = list(fold(story.events).incidents.values())

    assert build_statistics(incidents, Plan(severity_scale=DEFAULT_SEVERITY_SCALE), at(90), until=at(60)).incidents == 1

"""What holds for the clocks of every incident, also of one that nobody would have."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import assume, given
from hypothesis import strategies as st

from cockpit.incident.clocks.clocks import compute_clocks
from cockpit.incident.clocks.reminders import ASKING, MOST, find_due_reminder, list_urgent_clocks, met_and_missed
from cockpit.incident.impact import as_of
from cockpit.model.clock import ClockKind, ClockState, Counting, Rule, shown_due
from cockpit.model.incident import Incident, StateChange, Status
from cockpit.model.plan import Checklist, Contact, Hours, Plan, Role
from cockpit.model.response import CloseReason, Holding, Mark, PageRecord, ProcedureRun, Recovery, Review, Tick, Update
from cockpit.model.severity_scale import DEFAULT_SEVERITY_SCALE

NIGHT = datetime(2026, 4, 4, 12, tzinfo=UTC)  # summer time ends in Auckland that night
AUCKLAND = ZoneInfo("Pacific/Auckland")
KINDS = st.sampled_from(ClockKind)
IDS = (
    "response",
    "commander",
    "update",
    "client",
    "escalation:1",
    "checklist:first",
    "breach",
    "task:1",
    "loop:1",
    "postmortem",
)

words = st.sampled_from(["", "P0", "P1", "SEV-2", "first", "client", "On-call lead", "Incident Commander", "⟦\x1b[2J"])
near = st.integers(-9_000, 9_000).map(lambda minutes: NIGHT + timedelta(minutes=minutes))
edges = st.sampled_from([datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
moments = st.one_of(near, near, near, edges)
spans = st.integers(-5, 6_000).map(lambda minutes: timedelta(minutes=minutes)) | st.sampled_from(
    [timedelta.min, timedelta.max]
)
hours = st.builds(
    Hours,
    days=st.lists(st.integers(0, 6), max_size=7).map(tuple),
    opens=st.sampled_from([time(8), time(22), time(0)]),
    closes=st.sampled_from([time(18), time(6), time(0)]),
    zone=st.sampled_from(["", "Pacific/Auckland", "Mars/Olympus"]),
)
rules = st.lists(
    st.builds(
        Rule,
        kind=KINDS,
        what=words,
        after=spans,
        origin=st.sampled_from(["built in", "oncall.md:3", "gone.md:7", ""]),
        who=words,
        counting=st.sampled_from(Counting),
        levels=st.lists(words, max_size=2).map(tuple),
        number=st.integers(-1, 3),
        checklist=words,
        outside=st.booleans(),
    ),
    max_size=8,
).map(tuple)
plans = st.builds(
    Plan,
    severity_scale=st.sampled_from([DEFAULT_SEVERITY_SCALE, ()]),
    rules=rules,
    roles=st.just((Role("Incident Commander", lead=True),)) | st.just(()),
    contacts=st.lists(st.builds(Contact, role=words, person=words), max_size=2).map(tuple),
    checklists=st.just((Checklist("first", "First", ("one", "two")),)) | st.just(()),
    hours=hours,
    documents=st.just(frozenset({"oncall.md"})),
)


def many(each: st.SearchStrategy[Any], most: int = 3) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(each, max_size=most).map(tuple)


def maybe(each: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | each


marks = st.builds(
    Mark,
    id=st.sampled_from(IDS),
    kind=maybe(KINDS),
    text=words,
    started=maybe(moments),
    due=maybe(moments),
    done=maybe(moments),
    snoozed_until=maybe(moments),
    not_applicable=words,
)
incidents = st.builds(
    Incident,
    id=st.just("i1"),
    environment=st.just("prod"),
    title=words,
    severity=words,
    status=st.sampled_from(Status),
    declared=moments,
    declared_by=words,
    reach_from=moments,
    impact_started=maybe(moments),
    detected=maybe(moments),
    acknowledged=maybe(moments),
    mitigated=maybe(moments),
    resolved=maybe(moments),
    drill=st.booleans(),
    severities=many(st.builds(StateChange, words, moments)),
    statuses=many(st.builds(StateChange, st.sampled_from([each.value for each in Status]), moments)),
    because=st.sampled_from(["", "nonsense", *(each.value for each in CloseReason)]),
    rules=rules,
    roles=many(st.builds(Holding, words, words, moments, maybe(moments))),
    updates=many(st.builds(Update, at=moments, actor=words, audience=words, text=words, promised=maybe(moments))),
    called=many(st.builds(PageRecord, moments, words, words, st.integers(-1, 3))),
    ticks=many(st.builds(Tick, words, st.integers(-1, 3), words, words, moments, words)),
    marks=many(marks, 4),
    recovery=maybe(st.builds(Recovery, words, moments, maybe(spans), maybe(spans))),
    ran=many(st.builds(ProcedureRun, words, words, moments, maybe(moments), maybe(spans), maybe(spans))),
    reviews=many(st.builds(StateChange, st.sampled_from([each.value for each in Review]), moments)),
)


@given(incidents, plans, moments, maybe(moments))
def test_every_clock_can_be_named_shown_and_explained(
    incident: Incident, plan: Plan, now: datetime, deployed: datetime | None
) -> None:
    found = compute_clocks(incident, plan, now, zone=AUCKLAND, deployed=deployed)
    assert found == compute_clocks(incident, plan, now, zone=AUCKLAND, deployed=deployed)
    assert len({each.id for each in found}) == len(found)
    for each in found:
        assert each.what
        assert each.why
        assert each.origin
        assert each.risk is None or each.due is None or each.risk <= each.due or each.due <= each.started
        assert 0 <= find_due_reminder(each, now) <= MOST
        shown_due(each, AUCKLAND, now)
        each.left(now)
    asking = [each for each in found if each.state(now) in ASKING]
    assert set(list_urgent_clocks(found, now)) <= set(asking)
    assert {each.obligation or each.id for each in list_urgent_clocks(found, now)} == {
        each.obligation or each.id for each in asking
    }
    met_and_missed(found, now)


@given(incidents, plans, near, near)
def test_time_alone_never_takes_a_lateness_back(incident: Incident, plan: Plan, one: datetime, other: datetime) -> None:
    """But for a recovery that comes to count as it has held for two minutes: that is news, though nobody writes it."""
    sooner, later = sorted((one, other))
    assume(as_of(incident, sooner).mitigated == as_of(incident, later).mitigated)
    assume(all(update.at <= sooner for update in incident.updates))  # nothing that is still to be said
    before = {each.id: each.state(sooner) for each in compute_clocks(incident, plan, sooner)}
    after = {each.id: each.state(later) for each in compute_clocks(incident, plan, later)}
    order = (ClockState.RUNNING, ClockState.AT_RISK, ClockState.OVERDUE)
    assert before.keys() == after.keys()
    for id, state in before.items():
        if state in order and after[id] in order:
            assert order.index(state) <= order.index(after[id])
        elif state in order:  # only what simply passes ends without anybody doing something
            assert id == "rollback" or id.startswith("tail:")
        else:
            assert after[id] is state


@given(incidents, plans, moments, moments)
def test_a_snooze_moves_nothing_but_the_reminders(
    incident: Incident, plan: Plan, now: datetime, until: datetime
) -> None:
    plain = replace(incident, marks=tuple(replace(each, snoozed_until=None) for each in incident.marks))
    snoozed = replace(incident, marks=tuple(replace(each, snoozed_until=until) for each in incident.marks))
    for one, other in zip(compute_clocks(plain, plan, now), compute_clocks(snoozed, plan, now), strict=True):
        assert replace(other, snoozed_until=None) == one
        assert find_due_reminder(other, now) in (0, find_due_reminder(one, now))


@given(incidents, plans, near)
def test_a_reminder_is_never_taken_back_while_time_goes_on(incident: Incident, plan: Plan, now: datetime) -> None:
    moments = [now + timedelta(minutes=minutes) for minutes in range(0, 400, 40)]
    for each in compute_clocks(replace(incident, marks=()), plan, now):
        counts = [find_due_reminder(each, at) for at in moments]
        assert counts == sorted(counts)


MINUTES = st.integers(0, 2).map(lambda minutes: NIGHT + timedelta(minutes=minutes))


@given(incidents, plans, many(st.builds(StateChange, st.sampled_from(["P0", "P1", "P2"]), MINUTES), 4))
def test_severities_of_one_minute_are_no_trouble(
    incident: Incident, plan: Plan, severities: tuple[StateChange, ...]
) -> None:
    """Whoever says later when it was says it to the minute, and may say two things of one."""
    compute_clocks(replace(incident, declared=NIGHT, severities=severities), plan, NIGHT, zone=AUCKLAND)


def test_of_two_severities_of_one_minute_the_one_with_the_tier_calls() -> None:
    called = Rule(ClockKind.ESCALATION, "call the lead", timedelta(minutes=15), number=0)
    minute = NIGHT + timedelta(minutes=1)
    incident = Incident(
        id="i1",
        environment="prod",
        title="orders are slow",
        severity="P0",
        status=Status.INVESTIGATING,
        declared=NIGHT,
        declared_by="ana",
        reach_from=NIGHT,
        severities=(StateChange("P0", NIGHT), StateChange("P0", minute), StateChange("P0", minute)),
        rules=(called,),
    )
    clocks = compute_clocks(incident, Plan(DEFAULT_SEVERITY_SCALE), minute)
    assert [clock.due for clock in clocks if clock.kind is ClockKind.ESCALATION]

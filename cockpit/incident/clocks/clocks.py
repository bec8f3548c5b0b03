"""Every clock of an incident: pure, from its events, the plan and the time. See docs/clocks.md.

Nothing is kept between two calls, so a restart, or a night in which no cockpit was open, changes no answer.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, tzinfo

from cockpit.incident.clocks.recovery_target import (
    list_begun_clocks,
    list_budget_clocks,
    list_postmortem_clocks,
    list_recovery_clocks,
    list_rollback_clocks,
)
from cockpit.incident.clocks.response import (
    list_checklist_clocks,
    list_commander_clocks,
    list_escalation_clocks,
    list_response_clocks,
)
from cockpit.incident.clocks.rules import Binding, build_binding
from cockpit.incident.clocks.updates import list_client_clocks, list_promise_clocks, list_update_clocks
from cockpit.incident.impact import as_of
from cockpit.model.clock import Clock, ClockKind
from cockpit.model.incident import Incident
from cockpit.model.plan import Plan
from cockpit.model.response import Mark
from cockpit.model.severity_scale import is_lowered


def compute_clocks(
    incident: Incident, plan: Plan, now: datetime, *, zone: tzinfo = UTC, deployed: datetime | None = None
) -> tuple[Clock, ...]:
    """What is, was and will be due, each id once, in the order of when it is due. Never raises.

    `zone` is the system's, for working hours that name none; `deployed` when the newest deployment was made. Only
    what simply passes (a rollback window, a promise, what lags behind a run, the window of a call that was put off)
    depends on `now`.
    """
    incident = as_of(incident, now)  # a recovery that has not held for two minutes excuses nobody yet
    bound = build_binding(incident, plan, zone)
    result = [
        *list_response_clocks(bound),
        *list_commander_clocks(bound),
        *list_checklist_clocks(bound),
        *list_update_clocks(bound, now),
        *list_promise_clocks(bound),
        *list_escalation_clocks(bound, now),
        *list_client_clocks(bound),
        *list_recovery_clocks(bound),
        *list_budget_clocks(bound, now),
        *list_begun_clocks(bound),
        *list_rollback_clocks(bound, deployed, now),
        *list_postmortem_clocks(bound),
    ]
    marks = {mark.id: mark for mark in incident.marks}
    marked = (apply_mark(clock, marks.get(clock.id) or marks.get(clock.obligation)) for clock in _each_once(result))
    return tuple(_tell_severity(clock, bound) for clock in marked)


def _tell_severity(clock: Clock, bound: Binding) -> Clock:
    """`P0 declared; still due at P1` of what a worse severity asked for and nobody did: it keeps its due time."""
    if not clock.obligation or clock.done is not None or clock.not_applicable:
        return clock
    begun = [period.severity for period in bound.periods if period.start <= clock.started]
    severity, now = begun[-1] if begun else "", bound.current.severity
    is_kept = bool(severity) and is_lowered(bound.plan.severity_scale, severity, now)
    return replace(clock, why=f"{clock.why}; still due at {now}") if is_kept else clock


def apply_mark(clock: Clock, mark: Mark | None) -> Clock:
    """The clock with the marks of people. What happened is stronger: a clock that is done stays done."""
    if mark is None:
        return clock
    clock = replace(clock, snoozed_until=mark.snoozed_until)
    if mark.done is not None and clock.kind is not ClockKind.UPDATE:  # an update marked as sent began a new interval
        if clock.undone and clock.kind is not ClockKind.COMMANDER:  # it was missed, and done later all the same
            return replace(clock, done=mark.done, undone=False)
        if clock.not_applicable and clock.limit is not None and mark.done > clock.limit:
            return clock  # it was excused when its time came: what is done later makes no lateness of it
        return replace(clock, done=min(mark.done, clock.done or mark.done), not_applicable="")
    later = mark.stated_at is not None and clock.started > mark.stated_at  # it bound only after that mark
    if mark.not_applicable and not later and not _is_done_first(clock, mark):
        return replace(clock, not_applicable=mark.not_applicable, done=None, undone=False)
    return clock


def _is_done_first(clock: Clock, mark: Mark) -> bool:
    """Done in time, or before somebody marked it as not applying: what comes later makes no lateness of it."""
    if clock.done is None or clock.undone:
        return False
    in_time = clock.limit is None or clock.done <= clock.limit
    return in_time or mark.stated_at is None or clock.done <= mark.stated_at


def _each_once(result: Iterable[Clock]) -> list[Clock]:
    """Two rules for one tier or one list are one clock, the sooner one."""
    first: dict[str, Clock] = {}
    for clock in sorted(result, key=lambda item: (item.due is None, item.due or item.started, item.started, item.id)):
        first.setdefault(clock.id, clock)
    return list(first.values())

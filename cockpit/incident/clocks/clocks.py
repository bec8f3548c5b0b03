"""Every clock of an incident: pure, from its events, the plan and the time. See docs/clocks.md.

Nothing is kept between two calls, so a restart, or a night in which no cockpit was open, changes no answer.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, tzinfo

from cockpit.incident.clocks.recovery import begun, budgets, postmortem, recovery, rollback
from cockpit.incident.clocks.response import checklists, commander, escalation, response
from cockpit.incident.clocks.rules import binding
from cockpit.incident.clocks.updates import client, promises, updates
from cockpit.model.clock import Clock, ClockKind
from cockpit.model.incident import Incident
from cockpit.model.plan import Plan
from cockpit.model.response import Mark


def clocks(
    incident: Incident, plan: Plan, now: datetime, *, zone: tzinfo = UTC, deployed: datetime | None = None
) -> tuple[Clock, ...]:
    """What is, was and will be due, each id once, in the order of when it is due. Never raises.

    `zone` is the system's, for working hours that name none; `deployed` when the newest deployment was made. Only
    what simply passes (a rollback window, what lags behind a run) depends on `now`.
    """
    bound = binding(incident, plan, zone)
    result = [
        *response(bound),
        *commander(bound),
        *checklists(bound),
        *updates(bound),
        *promises(bound),
        *escalation(bound),
        *client(bound),
        *recovery(bound),
        *budgets(bound, now),
        *begun(bound),
        *rollback(bound, deployed, now),
        *postmortem(bound),
    ]
    marks = {mark.id: mark for mark in incident.marks}
    return tuple(marked(clock, marks.get(clock.id) or marks.get(clock.obligation)) for clock in _each_once(result))


def marked(clock: Clock, mark: Mark | None) -> Clock:
    """The clock with what people said about it. What happened is stronger: a clock that is done stays done."""
    if mark is None:
        return clock
    clock = replace(clock, snoozed_until=mark.snoozed_until)
    if mark.done is not None and clock.kind is not ClockKind.UPDATE:  # an update said to be sent began a new interval
        return replace(clock, done=min(mark.done, clock.done or mark.done), not_applicable="")
    later = mark.said_at is not None and clock.started > mark.said_at  # it bound only after that was said
    if mark.not_applicable and clock.done is None and not later:
        return replace(clock, not_applicable=mark.not_applicable)
    return clock


def _each_once(result: Iterable[Clock]) -> list[Clock]:
    """Two rules for one tier or one list are one clock, the sooner one."""
    first: dict[str, Clock] = {}
    for clock in sorted(result, key=lambda item: (item.due is None, item.due or item.started, item.started, item.id)):
        first.setdefault(clock.id, clock)
    return list(first.values())

"""The clocks of mending and of what follows: the recovery target, budgets, what lags behind, the window, the review."""

from dataclasses import replace
from datetime import datetime

from cockpit.incident.clocks_binding import Binding, lost, worst
from cockpit.incident.clocks_due import due_after
from cockpit.incident.clocks_ends import OVER, ended, excused
from cockpit.model.clock import Clock, ClockKind, Counting
from cockpit.model.incident import Incident
from cockpit.model.response import CloseReason, Ran, Review

NOTHING_HAPPENED = frozenset(
    {CloseReason.DUPLICATE, CloseReason.FALSE_POSITIVE, CloseReason.SUPERSEDED, CloseReason.CANCELLED}
)


def recovery(bound: Binding) -> list[Clock]:
    """The time that the chosen scenario may take, from the declaration until it was mitigated or resolved."""
    incident, chosen = bound.incident, bound.incident.recovery
    if chosen is None or chosen.rto is None:
        return []
    due = due_after(incident.declared, chosen.rto, Counting.WALL, bound.plan.hours, bound.zone)
    words = f"{chosen.scenario} was chosen; counted from the declaration"
    return [
        Clock(
            id="recovery",
            kind=ClockKind.RECOVERY,
            what=f"recovered from {chosen.scenario}",
            why=f"{words}; its document is gone" if lost(chosen.origin, bound.plan) else words,
            origin=chosen.origin or "said by hand",
            started=incident.declared,
            due=due.due,
            risk=due.risk,
            done=incident.mitigated or incident.resolved,
        )
    ]


def budgets(bound: Binding, now: datetime) -> list[Clock]:
    """What each run may take, and how long its effect may lag behind its end."""
    clocks = []
    for ran in bound.incident.ran:
        if ran.budget is not None:
            clocks.append(_budget(bound, ran))
        if ran.tail is not None and ran.ended is not None:
            clocks.append(_tail(bound, ran, ran.ended, now))
    return clocks


def _budget(bound: Binding, ran: Ran) -> Clock:
    due = due_after(ran.started, ran.budget or ran.started - ran.started, Counting.WALL, bound.plan.hours, bound.zone)
    clock = Clock(
        id=f"budget:{ran.id}",
        kind=ClockKind.BUDGET,
        what=ran.title or "a procedure",
        why="the time it is said to take",
        origin=ran.origin or f"run {ran.id}",
        started=ran.started,
        due=due.due,
        risk=due.risk,
        done=ran.ended,
    )
    return ended(clock, bound.incident.resolved, OVER)


def _tail(bound: Binding, ran: Ran, ended_at: datetime, now: datetime) -> Clock:
    """Nobody does anything about it: it is over when its time is. It has no risk, and is never late."""
    due = due_after(ended_at, ran.tail or ended_at - ended_at, Counting.WALL, bound.plan.hours, bound.zone).due
    return Clock(
        id=f"tail:{ran.id}",
        kind=ClockKind.TAIL,
        what=f"{ran.title or 'a change'} may not have reached everything",
        why="how long its effect lags behind",
        origin=ran.origin or f"run {ran.id}",
        started=ended_at,
        due=due,
        done=due if due is not None and now >= due else None,
    )


def rollback(bound: Binding, deployed: datetime | None, now: datetime) -> list[Clock]:
    """How long rolling back is free of blame, from the newest deployment, or else the declaration.

    A window, so nothing is missed when it closes: from then on the answer is to mend it forwards.
    """
    rule = bound.strictest(ClockKind.ROLLBACK)
    if rule is None:
        return []
    started, why = (deployed, "the newest deployment") if deployed else (bound.incident.declared, "declared")
    resolved = bound.incident.resolved
    clock = excused(bound.clock(rule, "rollback", started, why), resolved, "resolved before the window closed")
    if not clock.not_applicable and clock.due is not None and max(now, resolved or now) >= clock.due:
        return [replace(clock, not_applicable="the window has closed: mend it forwards")]
    return [clock]


def postmortem(bound: Binding) -> list[Clock]:
    """From the resolution until it was reviewed, by the rules of the worst severity it had. A drill owes none."""
    incident = bound.incident
    if incident.resolved is None or incident.drill:
        return []
    of_worst = bound.plan.rules_for(worst(incident, bound.plan.ladder))
    rules = [each for each in (*bound.rules, *of_worst) if each.kind is ClockKind.POSTMORTEM]
    rule = min(rules, key=lambda each: each.after, default=None)
    if rule is None:
        return []
    clock = bound.clock(rule, "postmortem", incident.resolved, "resolved", done=_reviewed(incident))
    if clock.done is None and incident.because in NOTHING_HAPPENED:
        return [replace(clock, not_applicable=f"closed as {incident.because}")]
    return [clock]


def _reviewed(incident: Incident) -> datetime | None:
    """When it became reviewed, unless that was taken back since."""
    since = None
    for change in reversed(incident.reviews):
        if change.value not in (Review.REVIEWED, Review.CLOSED):
            break
        since = change.at
    return since

"""The clocks of mending and of what follows: the recovery target, budgets, what lags behind, the window, the review."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from cockpit.incident.clocks.due import (
    Episode,
    due_after,
    end_clock,
    excuse_clock,
    find_felt_due,
    healthy_periods,
    later_by,
    risk_of,
    settle_clock,
    well_at,
)
from cockpit.incident.clocks.rules import Binding, is_document_lost, make_strictest_pick
from cockpit.incident.impact import find_impact_start
from cockpit.incident.response_state import find_left_open
from cockpit.model.clock import Clock, ClockKind, Counting, Rule
from cockpit.model.incident import Incident
from cockpit.model.response import CloseReason, Mark, ProcedureRun, Recovery, Review
from cockpit.model.severity_scale import find_severity_position

NOTHING_HAPPENED = frozenset(
    {CloseReason.DUPLICATE, CloseReason.FALSE_POSITIVE, CloseReason.SUPERSEDED, CloseReason.CANCELLED}
)

LONGEST_GAP = timedelta(minutes=1)  # the two renames follow each other; whoever stops between them reads it


def list_recovery_clocks(bound: Binding) -> list[Clock]:
    """The time that the chosen scenario may take, from the declaration until it was mitigated or resolved."""
    chosen = bound.incident.recovery
    if chosen is None or chosen.rto is None:
        return []
    text = "was chosen; its document is gone" if is_document_lost(chosen.origin, bound.plan) else "was chosen"
    return [
        _build_recovery_clock(bound, chosen, chosen.rto, f"{chosen.scenario} {text}", number)
        for number in range(len(bound.episodes))
    ]


def _build_recovery_clock(bound: Binding, chosen: Recovery, rto: timedelta, text: str, number: int) -> Clock:
    episode = bound.episodes[number]
    due, counted_from = find_felt_due(bound.incident, episode.start, rto), "the declaration"
    if number > 0:
        # What was left of the time goes on; where it was over before, there is as much again.
        left = find_felt_due(bound.incident, bound.incident.declared, rto)
        if left is not None and left > episode.start:
            due = left
        else:
            counted_from = "when it was opened again"
    return Clock(
        id="recovery" if number == 0 else f"recovery:{number + 1}",
        kind=ClockKind.RECOVERY,
        what=f"recovered from {chosen.scenario}",
        why=f"{text}; counted from {counted_from}",
        origin=chosen.origin or "said by hand",
        started=episode.start,
        due=due,
        risk=risk_of(episode.start, due),
        done=_find_recovered(bound, number),
        obligation="recovery",
    )


def _find_recovered(bound: Binding, number: int) -> datetime | None:
    """Since when users felt nothing at the end of an episode, else that end; of the last the end of the impact."""
    incident, episode = bound.incident, bound.episodes[number]
    if number + 1 == len(bound.episodes):
        return incident.mitigated or episode.end
    well = None if episode.end is None else well_at(incident, episode.end)
    return well or episode.end


def list_budget_clocks(bound: Binding, now: datetime) -> list[Clock]:
    """What each run may take, and how long its effect may lag behind its end."""
    clocks = []
    for ran in bound.incident.ran:
        if ran.budget is not None:
            clocks.append(_build_budget_clock(bound, ran))
        if ran.tail is not None and (begun := ran.effective or ran.ended) is not None:
            clocks.append(_build_tail_clock(bound, ran, begun, now))
        if ran.gap_began is not None:
            clocks.append(_build_gap_clock(bound, ran, ran.gap_began))
    return clocks


def _build_gap_clock(bound: Binding, ran: ProcedureRun, begun: datetime) -> Clock:
    """Something was renamed away and nothing has its name: who needs it gets nothing until the next rename."""
    clock = Clock(
        id=f"gap:{ran.id}",
        kind=ClockKind.GAP,
        what=f"nothing is called {ran.missing or 'what was renamed'}",
        why=f"between two renames of {ran.title or 'a procedure'}",
        origin=ran.origin or f"run {ran.id}",
        started=begun,
        due=begun + LONGEST_GAP,
    )
    return settle_clock(clock, ran.gap_ended, bound.closed_for(begun, clock.due))


def _build_budget_clock(bound: Binding, ran: ProcedureRun) -> Clock:
    due = due_after(ran.started, ran.budget or ran.started - ran.started, Counting.WALL, bound.plan.hours, bound.zone)
    clock = Clock(
        id=f"budget:{ran.id}",
        kind=ClockKind.BUDGET,
        what=ran.title or "a procedure",
        why="the time it is expected to take",
        origin=ran.origin or f"run {ran.id}",
        started=ran.started,
        due=due.due,
        risk=due.risk,
    )
    if ran.succeeded is None and ran.ended is not None:  # in its time nobody was late; after it the work never was done
        return end_clock(clock, ran.ended, f"ended, and {ran.unfinished}")
    return settle_clock(clock, ran.succeeded, bound.closed_for(ran.started, clock.due))


def _build_tail_clock(bound: Binding, ran: ProcedureRun, begun: datetime, now: datetime) -> Clock:
    """Nobody does anything about it: it is over when its time is, or a restart makes it so. It is never late."""
    due = due_after(begun, ran.tail or begun - begun, Counting.WALL, bound.plan.hours, bound.zone).due
    ended = ran.settled if ran.settled is not None and ran.settled >= begun else None
    over = min((moment for moment in (due, ended) if moment is not None), default=None)
    return Clock(
        id=f"tail:{ran.id}",
        kind=ClockKind.TAIL,
        what=f"{ran.title or 'a change'} may not have reached everything",
        why="how long its effect lags behind",
        origin=ran.origin or f"run {ran.id}",
        started=begun,
        due=due,
        done=over if over is not None and now >= over else None,
    )


def list_rollback_clocks(bound: Binding, deployed: datetime | None, now: datetime) -> list[Clock]:
    """The no-blame rollback window, from the newest deployment whatever serves since, or else the declaration.

    A deployment that came after the impact began is no cause but a cure, a rollback in single revision mode say: it
    counts from when all was well with it. A window, so nothing is missed when it closes: from then on the answer is to
    mend it forwards.
    """
    rules = [rule for period in bound.periods if (rule := make_strictest_pick(ClockKind.ROLLBACK)(period)) is not None]
    if not rules:
        return []
    rule = make_strictest_pick(ClockKind.ROLLBACK)(bound.current) or rules[-1]
    started, why = (deployed, "the newest deployment") if deployed else (bound.incident.declared, "declared")
    if deployed and (recovered := _find_cured_by(bound.incident, deployed)) is not None:
        started, why = recovered, "all was well after the newest deployment"
    resolved = bound.incident.resolved
    clock = excuse_clock(bound.clock(rule, "rollback", started, why), resolved, "resolved before the window closed")
    if not clock.not_applicable and clock.due is not None and max(now, resolved or now) >= clock.due:
        return [replace(clock, not_applicable="the window has closed: mend it forwards")]
    return [clock]


def _find_cured_by(incident: Incident, deployed: datetime) -> datetime | None:
    """When all was well first after a deployment that was made while users felt the incident; None for any other."""
    begin = find_impact_start(incident)
    periods = healthy_periods(incident)
    was_well = any(period.start <= deployed and (period.end is None or period.end > deployed) for period in periods)
    if begin is None or begin >= deployed or was_well:
        return None
    return min((period.start for period in periods if period.start > deployed), default=None)


def list_postmortem_clocks(bound: Binding) -> list[Clock]:
    """From each resolution until it was reviewed, by the rules of the worst severity until then. A drill owes none."""
    if bound.incident.drill:
        return []
    clocks: list[Clock] = []
    for number, episode in enumerate(bound.episodes):
        if episode.end is not None:
            clocks += _build_postmortem_clocks(bound, number, episode, episode.end, clocks)
    return clocks


def _build_postmortem_clocks(
    bound: Binding, number: int, episode: Episode, end: datetime, before: list[Clock]
) -> list[Clock]:
    again = bound.episodes[number + 1].start if number + 1 < len(bound.episodes) else None
    reviewed = _find_review_time(bound.incident)
    periods = [period for episode in bound.episodes[: number + 1] for period in episode.periods]
    severities = {period.severity for period in periods}
    worst_of = min(severities, key=lambda name: find_severity_position(bound.plan.severity_scale, name))
    rules = [*(rule for period in periods if period.severity == worst_of for rule in period.rules), *periods[-1].rules]
    first = _strictest_review([*rules, *bound.plan.rules_for(worst_of)])
    starts = [(end, "resolved", first)]
    for change in bound.incident.severities:
        if change.at > end and (again is None or change.at < again):
            starts.append((change.at, f"became {change.value}", _strictest_review(bound.plan.rules_for(change.value))))
    clocks: list[Clock] = []
    for start, why, rule in starts:
        met = reviewed is not None and reviewed <= start
        if rule is None or (met and (before or clocks)):
            continue
        count = len(before) + len(clocks)
        clock = bound.clock(rule, "postmortem" if count == 0 else f"postmortem:{count + 1}", start, why)
        clock = replace(clock, obligation="postmortem")
        if any(item.due is not None and (clock.due is None or item.due <= clock.due) for item in clocks):
            continue
        in_time = reviewed is not None and (clock.due is None or reviewed <= clock.due)
        if episode.because in NOTHING_HAPPENED and not in_time:
            clock = replace(clock, not_applicable=f"closed as {episode.because}")  # also where it is opened again later
        elif again is not None and (reviewed is None or reviewed > again):
            clock = end_clock(clock, again, "opened again before it was late")
        elif reviewed is not None:
            clock = replace(clock, done=reviewed)
        clocks.append(clock)
    return clocks


def _strictest_review(rules: Iterable[Rule]) -> Rule | None:
    return min((rule for rule in rules if rule.kind is ClockKind.POSTMORTEM), key=lambda rule: rule.after, default=None)


def _find_review_time(incident: Incident) -> datetime | None:
    """When it became reviewed, unless that was taken back since."""
    since = None
    for change in reversed(incident.reviews):
        if change.value not in (Review.REVIEWED, Review.CLOSED):
            break
        since = change.at
    return since


# The clocks that a person began: a task with a time, a temporary change to revert, the notice of a breach.

BY_HAND = "said by hand"
NOTICE = Rule(ClockKind.BREACH, "notify the authority", timedelta(hours=72))
"""Where no document says otherwise: the GDPR (article 33) and the Saudi PDPL both give 72 hours from being aware."""


def list_begun_clocks(bound: Binding) -> list[Clock]:
    """One for each mark with which a person began something. A task ends with the incident, the others do not."""
    clocks = []
    for mark in bound.incident.marks:
        if mark.kind is ClockKind.TASK:
            clocks += _list_task_clocks(bound, mark, mark.kind)
        elif mark.kind is ClockKind.LOOP:
            clocks.append(_by_hand(bound, mark, mark.kind))
        elif mark.kind is ClockKind.BREACH and mark.started is not None:  # only ever from when somebody was aware
            clocks.append(_build_breach_clock(bound, mark))
    return clocks


def _list_task_clocks(bound: Binding, mark: Mark, kind: ClockKind) -> list[Clock]:
    """A task ends with the incident; opened again it begins once more where nobody did it, with as much time as it had
    where that is over."""
    task = _by_hand(bound, mark, kind)
    ends = [(number, episode.end) for number, episode in enumerate(bound.episodes) if episode.end is not None]
    first = next(((number, end) for number, end in ends if end >= task.started), None)
    clocks = [settle_clock(task, mark.done, first[1] if first else None)]
    for number, episode in enumerate(bound.episodes):
        if first is None or number <= first[0] or (mark.done is not None and mark.done <= episode.start):
            continue
        due = mark.due
        if due is not None and due <= episode.start:
            due = later_by(episode.start, due - task.started)
        again = replace(
            task,
            id=f"{task.id}:{len(clocks) + 1}",
            why=f"{task.why}, opened again",
            started=episode.start,
            due=due,
            risk=risk_of(episode.start, due),
            obligation=task.id,
        )
        clocks.append(settle_clock(again, mark.done, episode.end))
    return [replace(clock, obligation=task.id) for clock in clocks] if len(clocks) > 1 else clocks


def _by_hand(bound: Binding, mark: Mark, kind: ClockKind) -> Clock:
    started = mark.started or bound.incident.declared
    return Clock(
        id=mark.id,
        kind=kind,
        what=mark.text or kind.value,
        why="a task with a time" if kind is ClockKind.TASK else _explain_loop(mark.text),
        origin=BY_HAND,
        started=started,
        due=mark.due,
        risk=risk_of(started, mark.due),
        who=mark.person,
    )


def _explain_loop(text: str) -> str:
    """What was bad when it was resolved is written down in the same way as what was turned off for now."""
    return "left open at the resolution" if find_left_open(text) else "a temporary change to revert"


def _build_breach_clock(bound: Binding, mark: Mark) -> Clock:
    """The strictest notice that any document of the plan asks for, of whatever severity the incident is."""
    aware = mark.started or bound.incident.declared
    period = max(
        (period for period in bound.periods if period.start <= aware),
        key=lambda severity_period: severity_period.start,
        default=None,
    )
    recorded = (period or bound.periods[0]).rules
    rules = [rule for rule in (*recorded, *bound.plan.rules) if rule.kind is ClockKind.BREACH]
    rule = min(rules, key=lambda rule: rule.after, default=NOTICE)
    started = mark.started or bound.incident.declared
    why = f"aware of it: {mark.text}" if mark.text else "somebody declared to be aware of it"
    clock = replace(bound.clock(rule, mark.id, started, why), dismissible=False)
    return clock if mark.due is None else replace(clock, due=mark.due, risk=risk_of(started, mark.due))

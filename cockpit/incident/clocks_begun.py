"""The clocks that a person began: a task with a time, a loose end, the notice of a breach."""

from dataclasses import replace
from datetime import timedelta

from cockpit.incident.clocks_binding import Binding
from cockpit.incident.clocks_due import risk_of
from cockpit.incident.clocks_ends import settled
from cockpit.model.clock import Clock, ClockKind, Rule
from cockpit.model.response import Mark

BY_HAND = "said by hand"
NOTICE = Rule(ClockKind.BREACH, "notify the authority", timedelta(hours=72))
"""Where no document says otherwise: the GDPR (article 33) and the Saudi PDPL both give 72 hours from being aware."""


def begun(bound: Binding) -> list[Clock]:
    """One for each mark with which a person began something. A task ends with the incident, the others do not."""
    clocks = []
    for mark in bound.incident.marks:
        if mark.kind is ClockKind.TASK:
            task = _by_hand(bound, mark, mark.kind)
            clocks.append(settled(task, mark.done, bound.closed_after(task.started)))
        elif mark.kind is ClockKind.LOOP:
            clocks.append(_by_hand(bound, mark, mark.kind))
        elif mark.kind is ClockKind.BREACH and mark.started is not None:  # only ever from when somebody was aware
            clocks.append(_breach(bound, mark))
    return clocks


def _by_hand(bound: Binding, mark: Mark, kind: ClockKind) -> Clock:
    started = mark.started or bound.incident.declared
    return Clock(
        id=mark.id,
        kind=kind,
        what=mark.text or kind.value,
        why="a task with a time" if kind is ClockKind.TASK else "a loose end to tie up again",
        origin=BY_HAND,
        started=started,
        due=mark.due,
        risk=risk_of(started, mark.due),
        who=mark.person,
    )


def _breach(bound: Binding, mark: Mark) -> Clock:
    """The strictest notice that any document of the plan asks for, of whatever severity the incident is."""
    aware = mark.started or bound.incident.declared
    period = max((each for each in bound.periods if each.start <= aware), key=lambda each: each.start, default=None)
    recorded = (period or bound.periods[0]).rules
    rules = [each for each in (*recorded, *bound.plan.rules) if each.kind is ClockKind.BREACH]
    rule = min(rules, key=lambda each: each.after, default=NOTICE)
    started = mark.started or bound.incident.declared
    why = f"aware of it: {mark.text}" if mark.text else "somebody declared to be aware of it"
    clock = replace(bound.clock(rule, mark.id, started, why), dismissible=False)
    return clock if mark.due is None else replace(clock, due=mark.due, risk=risk_of(started, mark.due))

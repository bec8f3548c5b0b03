"""The clocks of who should be there: somebody answers, leads, is called, and works through the first list."""

import re
from dataclasses import replace
from datetime import timedelta

from cockpit.incident.business import NOTHING
from cockpit.incident.clocks_binding import Binding
from cockpit.incident.clocks_due import later_by
from cockpit.incident.clocks_ends import MENDED, OVER, ended, excused
from cockpit.model.clock import Clock, ClockKind, Rule
from cockpit.model.response import Holding

LEADS = "incident commander"  # where no role of the plan leads
WORD = re.compile(r"[^\W_]+")
AT_ONCE = timedelta(minutes=15)  # the window of an order to call somebody at once
SETTLED = frozenset({"done", "skipped"})


def response(bound: Binding) -> list[Clock]:
    """From the declaration until somebody acknowledges; resolving is an answer as well."""
    rule = bound.strictest(ClockKind.RESPONSE)
    if rule is None:
        return []
    answers = [each for each in (bound.incident.acknowledged, bound.incident.resolved) if each is not None]
    return [bound.clock(rule, "response", bound.since, bound.because(bound.since), done=min(answers, default=None))]


def commander(bound: Binding) -> list[Clock]:
    """From the declaration until somebody is in a leading role; again from when the last of them left."""
    rule = bound.strictest(ClockKind.COMMANDER)
    if rule is None:
        return []
    leading = {each.name.casefold() for each in bound.plan.roles if each.lead} or {LEADS}
    held = [each for each in bound.incident.roles if each.role.casefold() in leading]
    left = _last_to_leave(held) if bound.incident.open else None
    if left is not None:
        clock = bound.clock(rule, "commander", left.until or left.since, f"{left.person} left and nobody leads")
    else:
        done = min((each.since for each in held), default=None)
        clock = bound.clock(rule, "commander", bound.since, bound.because(bound.since), done=done)
    return [ended(clock, bound.incident.resolved, OVER)]


def _last_to_leave(held: list[Holding]) -> Holding | None:
    """None while somebody is there, or where nobody ever was."""
    if any(each.until is None for each in held):
        return None
    return max(held, key=lambda each: each.until or each.since, default=None)


def checklists(bound: Binding) -> list[Clock]:
    """From the declaration until every box of a list is ticked, or skipped with a reason."""
    return [_checklist(bound, rule) for rule in bound.of(ClockKind.CHECKLIST)]


def _checklist(bound: Binding, rule: Rule) -> Clock:
    listed = bound.plan.checklist(rule.checklist)
    ticks = {each.item: each for each in bound.incident.ticks if each.list == rule.checklist}
    settled = {item: each.at for item, each in ticks.items() if each.state in SETTLED}
    boxes = range(1, len(listed.items) + 1) if listed else sorted(ticks)
    ticked = [settled[box] for box in boxes if box in settled]
    total = str(len(boxes)) if listed else "?"
    clock = bound.clock(rule, f"checklist:{rule.checklist}", bound.since, bound.because(bound.since))
    # Where the list itself is gone nobody knows how many boxes it had: only a person can say that it is done.
    if listed is not None and len(ticked) == len(boxes):
        clock = replace(clock, done=max(ticked, default=clock.started))
    return ended(replace(clock, what=f"{clock.what} {len(ticked)}/{total}"), bound.incident.resolved, OVER)


def escalation(bound: Binding) -> list[Clock]:
    """One for each tier, due when its window opens, done in time when somebody of it is called until it closes.

    On a path of several tiers to acknowledge is the first one's own answer: who is on call has it. A single tier is an
    order to call, and only a call ends it. A call to a later tier ends the earlier ones, for whoever was skipped is
    not called backwards. A tier that could wait until it was mitigated is spared.
    """
    incident = bound.incident
    tiers = sorted(bound.of(ClockKind.ESCALATION), key=lambda each: (each.number, each.after))
    clocks = []
    for place, rule in enumerate(tiers):
        answers = [each.at for each in incident.called if _meant(rule, each.tier, each.who, bound)]
        if tiers[0].number == rule.number < tiers[-1].number and incident.acknowledged is not None:
            answers.append(incident.acknowledged)
        clock = bound.clock(
            rule, f"escalation:{rule.number}", bound.since, bound.because(bound.since), done=min(answers, default=None)
        )
        clock = replace(clock, until=later_by(clock.due, _window(tiers, place)))
        later = min((each.at for each in incident.called if each.tier > rule.number), default=None)
        clock = excused(clock, incident.mitigated, MENDED)
        clock = ended(clock, later, "a later tier was called before it was late")
        clocks.append(ended(clock, incident.resolved, OVER))
    return clocks


def _window(tiers: list[Rule], place: int) -> timedelta:
    """Until the next tier's turn; of the last one, which no document closes, as long as that of the one before it."""
    turns = sorted({max(each.after, NOTHING) for each in tiers})
    at = turns.index(max(tiers[place].after, NOTHING))
    if at + 1 < len(turns):
        return turns[at + 1] - turns[at]
    return turns[at] - turns[at - 1] if at else AT_ONCE


def _meant(rule: Rule, tier: int, who: str, bound: Binding) -> bool:
    """A call names its tier; where it does not, whom it names must be a role of the tier, or the person in one."""
    if tier:
        return tier == rule.number
    called = _words(who)
    roles = [_words(each.role) for each in bound.plan.contacts if called in (_words(each.person), _words(each.backup))]
    return called != "  " and any(name != "  " and name in _words(rule.who) for name in (called, *roles))


def _words(text: str) -> str:
    """For whole words to be found in others: ` on call lead and team lead `."""
    return f" {' '.join(WORD.findall(text.casefold()))} "

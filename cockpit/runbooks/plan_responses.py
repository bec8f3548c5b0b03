"""What a response promises: `incident commander within 15 min; update every 30 min` are two rules."""

import re
from collections.abc import Iterator
from datetime import timedelta

from cockpit.model.clock import ClockKind, Counting, Rule
from cockpit.model.ladder import SeverityScale
from cockpit.runbooks.plan_ladder import rungs
from cockpit.runbooks.plan_text import Source
from cockpit.runbooks.plan_times import Amount, amounts

CLAUSE = re.compile(r"[;.,]\s+|\s+then\s+|\n")
WORKING_HOURS = re.compile(r"(?i)\b(?:business|working|office|work)[\s-]hours\b")
CALLED = re.compile(
    r"(?i)^\W*(?:(?:page|call|alert|wake)\s+(?P<who>[^.;,]{2,80}?)(?:\s+(?:immediately|at once|now))?"
    r"|all[\s-]hands|everybody|everyone)\W*$"
)
A_WORKING_DAY = timedelta(hours=8)  # "business-hours triage" names no time: one working day is what it can mean at most
# From the most particular to the least: the first that a clause holds says what is promised; None is no clock of ours.
PROMISES: tuple[tuple[re.Pattern[str], ClockKind | None, str], ...] = (
    (re.compile(r"(?i)post-?\s?mortem|post-incident|retrospective"), ClockKind.POSTMORTEM, "review the post-mortem"),
    (re.compile(r"(?i)commander|\bIC\b|\bincident lead\b"), ClockKind.COMMANDER, "name a commander"),
    (re.compile(r"(?i)\bevery\b"), ClockKind.UPDATE, "update the team"),
    (re.compile(r"(?i)\b(?:clients?|customers?|users?)\b|status page"), ClockKind.CLIENT, "tell clients"),
    (re.compile(r"(?i)\bupdat"), ClockKind.UPDATE, "update the team"),
    (re.compile(r"(?i)resol|\bfix|restor|mitigat|recover|\bescalat"), None, ""),
    (re.compile(r""), ClockKind.RESPONSE, "acknowledge"),
)


def ladder_rules(source: Source) -> Iterator[Rule]:
    """The rules in the ladder of a document."""
    for rung in rungs(source):
        yield from response_rules(rung.response, rung.name, source.origin(rung.line))


def configured_rules(ladder: SeverityScale) -> Iterator[Rule]:
    """The rules in the responses of a configured ladder."""
    for each in ladder:
        yield from response_rules(each.response, each.name, each.origin)


def response_rules(response: str, level: str, origin: str) -> Iterator[Rule]:
    """The rules in what a team does at one level. A bare time is the time to answer in."""
    timed = False
    for clause in CLAUSE.split(response):
        for each in amounts(clause):
            timed = True
            kind, what = promised(clause)
            if kind is ClockKind.UPDATE and not each.after:
                continue  # no rhythm: each update would be late before it was sent
            if kind is not None:
                yield Rule(kind, what, each.after, origin, counting=counted(clause, each), levels=(level,))
    if not timed and WORKING_HOURS.search(response):
        hours = Counting.HOURS
        yield Rule(ClockKind.RESPONSE, "triage", A_WORKING_DAY, origin, counting=hours, levels=(level,))


def paging_rules(ladder: SeverityScale) -> Iterator[Rule]:
    """`Page on-call + backup`, `All hands`: who is called at once where no escalation says it by the minute."""
    for each in ladder:
        found = next((match for clause in CLAUSE.split(each.response) if (match := CALLED.match(clause))), None)
        if found:
            who = found["who"] or "everybody"
            levels = (each.name,)
            yield Rule(ClockKind.ESCALATION, f"call {who}", timedelta(0), each.origin, who=who, levels=levels, number=1)


def promised(clause: str) -> tuple[ClockKind | None, str]:
    """What a clause with a time in it promises."""
    return next((kind, what) for words, kind, what in PROMISES if words.search(clause))


def counted(clause: str, amount: Amount) -> Counting:
    """`within 2 hours, in business hours` counts them alone."""
    wall = amount.counting is Counting.WALL
    return Counting.HOURS if wall and WORKING_HOURS.search(clause) else amount.counting

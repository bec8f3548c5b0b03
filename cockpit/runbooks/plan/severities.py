"""The severity scale of a document, from its tables and from lines such as `SEV-1: all users are down → page all`."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from cockpit.model.alert import Alert, AlertGrade, Severity, parse_severity
from cockpit.model.clock import ClockKind, Counting, Rule
from cockpit.model.plan import AlertSeverity, Plan
from cockpit.model.runbook import DocumentTable
from cockpit.model.severity_scale import SeverityLevel, SeverityScale, find_severity_position
from cockpit.model.text import clean_line
from cockpit.runbooks.plan.durations import Amount, find_amount, list_amounts
from cockpit.runbooks.plan.source import SEVERITY, Source, find_column, is_blank, levels_in, read_cell

ARROWED = re.compile(
    r"(?i)^[\s#>*+-]{0,12}(?P<name>SEV-?\s?[0-9]|P[0-5])\**\s*[:—–-]{1,2}\**\s*(?P<definition>[^→\n]{1,300}?)"
    r"\s*(?:→|->|=>)\s*(?P<response>[^→\n]{1,300})$"
)
BACKLOG = re.compile(r"(?i)\bbacklog\b")
NUMBER = re.compile(r"\d")
LONGEST_NAME = 20


@dataclass(frozen=True, slots=True)
class DocumentSeverityLevel:
    """One row of a severity scale as a document writes it."""

    name: str
    definition: str
    response: str
    line: int
    updates: str = ""  # how often its people are told: `every 20 minutes`, `hourly`


def read_severity_levels(source: Source) -> Iterator[DocumentSeverityLevel]:
    """Every severity level that a document writes down, in its order."""
    for table in source.runbook.tables:
        if table.kind == "severity-ladder":
            yield from of_table(table)
    arrowed = [(line, match) for line, match in list_arrow_lines(source.runbook.text)]
    if len({match["name"].casefold() for _, match in arrowed}) > 1:
        for line, match in arrowed:
            yield DocumentSeverityLevel(
                name_of(match["name"]), clean_line(match["definition"]), clean_line(match["response"]), line
            )


def of_table(table: DocumentTable) -> Iterator[DocumentSeverityLevel]:
    response = find_column(table, "respon", "react", "acknowledg", "action")
    definition = find_column(table, "definition", "description", "criteria", "mean", "impact", "scenario", "example")

    updates = find_column(table, "update", but=(0,))
    for index, row in enumerate(table.rows):
        if name := name_of(row[0] if row else ""):
            cells = read_cell(row, definition), read_cell(row, response)
            yield DocumentSeverityLevel(name, *cells, table.line + 2 + index, read_cell(row, updates))


def list_arrow_lines(text: str) -> Iterator[tuple[int, re.Match[str]]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if ("→" in line or "->" in line or "=>" in line) and (match := ARROWED.match(line[:700])):
            yield number, match


def name_of(text: str) -> str:
    """`P0` of `P0 - Critical`, `SEV-1` of `sev 1`; else the text itself when it is short enough to be a name."""
    match = SEVERITY.match(text)
    if match is None:
        return text if len(text) <= LONGEST_NAME else ""
    return re.sub(r"(?i)^SEV-?(?=\d)", "SEV-", levels_in(match.group())[0])


def build_document_scale(source: Source) -> SeverityScale:
    """The severity scale of one document: its severity levels merged by name, the worst first."""
    return rank_levels(
        [
            level_of(severity_level, source.origin(severity_level.line))
            for severity_level in read_severity_levels(source)
        ]
    )


def level_of(severity_level: DocumentSeverityLevel, origin: str) -> SeverityLevel:
    backlog = bool(BACKLOG.search(severity_level.response))
    return SeverityLevel(severity_level.name, 0, severity_level.definition, severity_level.response, backlog, origin)


def merge_severity_scales(severity_scales: Iterable[SeverityScale], over: SeverityScale = ()) -> SeverityScale:
    """One scale of many: `over`, else all that name their levels in the commonest way; what is blank is filled in."""
    every = [severity_scale for severity_scale in severity_scales if severity_scale]
    own = over or find_commonest_scale(every)
    family = {family_of(level.name) for level in own}
    names = {level.name.casefold() for level in own}
    more = [
        level
        for severity_scale in every
        for level in severity_scale
        if level.name.casefold() in names or (not over and "" not in family and family_of(level.name) in family)
    ]
    return tuple(fill_level_gaps(own, more)) if over else rank_levels([*own, *more])


def find_commonest_scale(severity_scales: Sequence[SeverityScale]) -> SeverityScale:
    """Of several ways to name severities the one that most severity levels follow, the first of those."""
    counts = Counter(family_of(level.name) for severity_scale in severity_scales for level in severity_scale)
    return max(severity_scales, key=lambda levels: counts[family_of(levels[0].name)], default=())


def rank_levels(levels: Sequence[SeverityLevel]) -> SeverityScale:
    """The levels, each name once, by their numbers; by their place where a name has none."""
    levels_by_name = {level.name.casefold(): level for level in reversed(levels)}
    order = list(dict.fromkeys(level.name.casefold() for level in levels))
    if all(NUMBER.search(name) for name in order):
        order.sort(key=lambda name: int(NUMBER.findall(name)[0]))
    first = [levels_by_name[name] for name in order]
    return tuple(replace(level, rank=rank) for rank, level in enumerate(fill_level_gaps(first, levels)))


def fill_level_gaps(
    severity_scale: Sequence[SeverityLevel], levels: Sequence[SeverityLevel]
) -> Iterator[SeverityLevel]:
    """Each level of the severity scale with the first definition and response that anybody gave it."""
    for level in severity_scale:
        same = [other for other in (level, *levels) if other.name.casefold() == level.name.casefold()]
        yield replace(
            level,
            definition=next((other.definition for other in same if other.definition), ""),
            response=next((other.response for other in same if other.response), ""),
            backlog=any(other.backlog for other in same),
        )


def family_of(name: str) -> str:
    """What comes before the number: `p`, `sev`; "" of a name without one, which is in no family."""
    return re.sub(r"[\s\d-].*$", "", name).casefold() if NUMBER.search(name) else ""


RHYTHMS = {"hourly": "every 1 hour", "daily": "every 1 day"}
RHYTHM = re.compile(r"(?i)\b(hourly|daily)\b")

# What a response promises: `incident commander within 15 min; update every 30 min` are two rules.

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
    (re.compile(r"(?i)\bevery\b"), ClockKind.UPDATE, "send an update"),
    (re.compile(r"(?i)\b(?:clients?|customers?|users?)\b|status page"), ClockKind.CLIENT, "tell clients"),
    (re.compile(r"(?i)\bupdat"), ClockKind.UPDATE, "send an update"),
    (re.compile(r"(?i)resol|\bfix|restor|mitigat|recover|\bescalat"), None, ""),
    (re.compile(r""), ClockKind.RESPONSE, "acknowledge"),
)


def list_scale_rules(source: Source) -> Iterator[Rule]:
    """The rules in the severity scale of a document."""
    for severity_level in read_severity_levels(source):
        origin = source.origin(severity_level.line)
        yield from response_rules(severity_level.response, severity_level.name, origin)
        every = RHYTHM.sub(lambda match: RHYTHMS[match[1].lower()], severity_level.updates)
        if amount := find_amount(every):
            levels = (severity_level.name,)
            yield Rule(
                ClockKind.UPDATE, "send an update", amount.after, origin, counting=amount.counting, levels=levels
            )


def configured_rules(severity_scale: SeverityScale) -> Iterator[Rule]:
    """The rules in the responses of a configured severity scale."""
    for level in severity_scale:
        yield from response_rules(level.response, level.name, level.origin)


def response_rules(response: str, level: str, origin: str) -> Iterator[Rule]:
    """The rules in what a team does at one level. A bare time is the time to answer in."""
    timed = False
    for clause in CLAUSE.split(response):
        for amount in list_amounts(clause):
            timed = True
            kind, what = read_promise(clause)
            if kind is ClockKind.UPDATE and not amount.after:
                continue  # no rhythm: each update would be late before it was sent
            if kind is not None:
                yield Rule(
                    kind, what, amount.after, origin, counting=read_promise_counting(clause, amount), levels=(level,)
                )
    if not timed and WORKING_HOURS.search(response):
        hours = Counting.HOURS
        yield Rule(ClockKind.RESPONSE, "triage", A_WORKING_DAY, origin, counting=hours, levels=(level,))


def paging_rules(severity_scale: SeverityScale) -> Iterator[Rule]:
    """`Page on-call + backup`, `All hands`: who is called at once where no escalation says it by the minute."""
    for level in severity_scale:
        result = next((match for clause in CLAUSE.split(level.response) if (match := CALLED.match(clause))), None)
        if result:
            who = result["who"] or "everybody"
            levels = (level.name,)
            yield Rule(
                ClockKind.ESCALATION, f"call {who}", timedelta(0), level.origin, who=who, levels=levels, number=1
            )


def read_promise(clause: str) -> tuple[ClockKind | None, str]:
    """What a clause with a time in it promises."""
    return next((kind, what) for pattern, kind, what in PROMISES if pattern.search(clause))


def read_promise_counting(clause: str, amount: Amount) -> Counting:
    """`within 2 hours, in business hours` counts them alone."""
    wall = amount.counting is Counting.WALL
    return Counting.HOURS if wall and WORKING_HOURS.search(clause) else amount.counting


# A table of alerts says how grave each is.

ALERT_COLUMN = re.compile(r"(?i)^alerts?(?:\s?(?:names?|rules?))?$")


def read_alert_severities(source: Source) -> Iterator[AlertSeverity]:
    """The rows of tables with a column of alerts in front and one of severities or priorities."""
    for table in source.runbook.tables:
        column = find_column(table, "severity", "priority", but=(0,))
        if column is None or not ALERT_COLUMN.match(table.header[0]):
            continue
        for index, row in enumerate(table.rows):
            alert, severity = read_cell(row, 0), read_cell(row, column)
            if alert and severity and not is_blank(severity):
                yield AlertSeverity(alert, severity, source.origin(table.line + 2 + index))


def find_alert_severity(plan: Plan, alert: Alert) -> AlertSeverity | None:
    """How grave the documents say that an alert is, where its source does not say it."""
    from cockpit.runbooks.catalogue.alert_match import names_alert, same_alert

    if alert.severity is not Severity.UNKNOWN:
        return None
    rows = plan.alert_severities
    exact = next((row for row in rows if row.alert.casefold() == alert.name.casefold()), None)
    return exact or next(
        (row for row in rows if names_alert(row.alert, alert.name) or same_alert(row.alert, alert.name)), None
    )


def propose_severity(plan: Plan, severity_scale: SeverityScale, alerts: Iterable[Alert], preset: str) -> str:
    """The severity that a declaration proposes: the worst that a document gives one of the alerts; never a lower one
    than `preset` where another alert is not in the documents, or says itself how grave it is.
    """
    names = {level.name.casefold(): level.name for level in severity_scale}
    of_each = [find_alert_severity(plan, alert) for alert in alerts]
    levels = [
        names[level.casefold()]
        for row in of_each
        for level in (levels_in(row.severity)[:1] or (row.severity,) if row else ())
        if level.casefold() in names
    ]
    if not levels:
        return preset
    candidates = levels if len(levels) == len(of_each) else [*levels, preset]
    return min(candidates, key=lambda level: find_severity_position(severity_scale, level))


GRADES = (Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW)  # of the levels of a scale, the worst first


def grade_alerts(plan: Plan, alerts: Iterable[Alert]) -> dict[str, AlertGrade]:
    """What the documents say of alerts without a severity of their own, by the alert's name: their word, and how loud
    that is."""
    if not plan.alert_severities:
        return {}
    grades: dict[str, AlertGrade] = {}
    seen_names: set[str] = set()
    for alert in alerts:
        if alert.severity is Severity.UNKNOWN and alert.name not in seen_names:
            seen_names.add(alert.name)
            if row := find_alert_severity(plan, alert):
                grades[alert.name] = _grade(plan, row.severity)
    return grades


def _grade(plan: Plan, severity: str) -> AlertGrade:
    word = next(iter(levels_in(severity)), severity)
    position = find_severity_position(plan.severity_scale, word)
    is_level = position < len(plan.severity_scale)
    return AlertGrade(word, GRADES[min(position, len(GRADES) - 1)] if is_level else parse_severity(word))

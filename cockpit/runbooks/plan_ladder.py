"""The severity ladder of a document, from its tables and from lines such as `SEV-1: all users are down → page all`."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from cockpit.model.clean import clean_line
from cockpit.model.ladder import Level, SeverityScale
from cockpit.model.runbook import DocumentTable
from cockpit.runbooks.plan_columns import cell, column
from cockpit.runbooks.plan_text import SEVERITY, Source, levels_in

ARROWED = re.compile(
    r"(?i)^[\s#>*+-]{0,12}(?P<name>SEV-?\s?[0-9]|P[0-5])\**\s*[:—–-]{1,2}\**\s*(?P<definition>[^→\n]{1,300}?)"
    r"\s*(?:→|->|=>)\s*(?P<response>[^→\n]{1,300})$"
)
BACKLOG = re.compile(r"(?i)\bbacklog\b")
NUMBER = re.compile(r"\d")
LONGEST_NAME = 20


@dataclass(frozen=True, slots=True)
class DocumentSeverityLevel:
    """One row of a ladder as a document writes it."""

    name: str
    definition: str
    response: str
    line: int
    column: str = ""


def rungs(source: Source) -> Iterator[DocumentSeverityLevel]:
    """Every rung that a document writes down, in its order."""
    for table in source.runbook.tables:
        if table.kind == "severity-ladder":
            yield from of_table(table)
    arrowed = [(line, match) for line, match in arrows(source.runbook.text)]
    if len({match["name"].casefold() for _, match in arrowed}) > 1:
        for line, match in arrowed:
            yield DocumentSeverityLevel(
                name_of(match["name"]), clean_line(match["definition"]), clean_line(match["response"]), line
            )


def of_table(table: DocumentTable) -> Iterator[DocumentSeverityLevel]:
    response = column(table, "respon", "action")
    definition = column(table, "definition", "example", "description", "scenario", "criteria", "impact", "meaning")

    for at, row in enumerate(table.rows):
        if name := name_of(row[0] if row else ""):
            yield DocumentSeverityLevel(name, cell(row, definition), cell(row, response), table.line + 2 + at)


def arrows(text: str) -> Iterator[tuple[int, re.Match[str]]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if ("→" in line or "->" in line or "=>" in line) and (match := ARROWED.match(line[:700])):
            yield number, match


def name_of(text: str) -> str:
    """`P0` of `P0 - Critical`, `SEV-1` of `sev 1`; else the text itself when it is short enough to be a name."""
    match = SEVERITY.match(text)
    if match is None:
        return text if len(text) <= LONGEST_NAME else ""
    return re.sub(r"(?i)^SEV-?(?=\d)", "SEV-", levels_in(match.group())[0])


def ladder_of(source: Source) -> SeverityScale:
    """The ladder of one document: its rungs merged by name, the worst first."""
    return ranked([level_of(each, source.origin(each.line)) for each in rungs(source)])


def level_of(rung: DocumentSeverityLevel, origin: str) -> Level:
    backlog = bool(BACKLOG.search(rung.response))
    return Level(rung.name, 0, rung.definition, rung.response, backlog, origin)


def merged(ladders: Iterable[SeverityScale], over: SeverityScale = ()) -> SeverityScale:
    """One ladder of many: `over`, else all that name their rungs in the commonest way; what is blank is filled in."""
    every = [each for each in ladders if each]
    own = over or commonest(every)
    family = {family_of(each.name) for each in own}
    known = {each.name.casefold() for each in own}
    more = [
        level
        for ladder in every
        for level in ladder
        if level.name.casefold() in known or (not over and "" not in family and family_of(level.name) in family)
    ]
    return tuple(filled(own, more)) if over else ranked([*own, *more])


def commonest(ladders: Sequence[SeverityScale]) -> SeverityScale:
    """Of several ways to name severities the one that most rungs follow, the first of those."""
    counts = Counter(family_of(level.name) for ladder in ladders for level in ladder)
    return max(ladders, key=lambda each: counts[family_of(each[0].name)], default=())


def ranked(levels: Sequence[Level]) -> SeverityScale:
    """The levels, each name once, by their numbers; by their place where a name has none."""
    found = {each.name.casefold(): each for each in reversed(levels)}
    order = list(dict.fromkeys(each.name.casefold() for each in levels))
    if all(NUMBER.search(name) for name in order):
        order.sort(key=lambda name: int(NUMBER.findall(name)[0]))
    first = [found[name] for name in order]
    return tuple(replace(each, rank=rank) for rank, each in enumerate(filled(first, levels)))


def filled(ladder: Sequence[Level], levels: Sequence[Level]) -> Iterator[Level]:
    """Each level of the ladder with the first definition and response that anybody gave it."""
    for each in ladder:
        same = [other for other in (each, *levels) if other.name.casefold() == each.name.casefold()]
        yield replace(
            each,
            definition=next((other.definition for other in same if other.definition), ""),
            response=next((other.response for other in same if other.response), ""),
            backlog=any(other.backlog for other in same),
        )


def family_of(name: str) -> str:
    """What comes before the number: `p`, `sev`; "" of a name without one, which is in no family."""
    return re.sub(r"[\s\d-].*$", "", name).casefold() if NUMBER.search(name) else ""

"""Rules about what a document says: sections of the template, numbers that disagree, severities nobody defined."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator

from cockpit.model.clean import clean_line
from cockpit.model.runbook import DocumentTable, Finding, Runbook
from cockpit.runbooks.labels import plain, slug
from cockpit.runbooks.plan_hours import ABOUT, hours_of
from cockpit.runbooks.plan_text import source
from cockpit.runbooks.prose import headings, prose

TEMPLATE = ("Purpose", "Prerequisites", "Procedure", "Verification", "Rollback", "Post-Incident")
FOLLOWS = 3  # sections of the template that make a document one that follows it
NUMBERS = "one two three four five six seven eight nine ten eleven twelve".split()  # noqa: SIM905  they count
NOUNS = {
    "alert-actions": "alert rules?|alerts?|rules?",
    "contacts": "contacts|people|roles",
    "drills": "drills",
    "history": "versions|revisions",
    "metric-targets": "metrics|targets",
    "probes": "probes|endpoints|health checks?|checks",
    "recovery-targets": "scenarios|targets",
    "severity-ladder": "levels|severities|priorities",
    "thresholds": "signals|thresholds|alerts",
    "approvals": "runbooks|scenarios|procedures",
    "runbook-index": "runbooks|scenarios|procedures",
    "escalation": "tiers|levels|steps",
}
SEVERITY = re.compile(r"(?<![\w/.-])(SEV-?[0-9]|P[0-5])(?![\w.%-])")


def unknown_zones(runbook: Runbook) -> Iterator[Finding]:
    """Working hours are in a zone that is known: an abbreviation that several places use is none."""
    heard = hours_of(source("", "", runbook)) if ABOUT.search(runbook.text) else None
    if heard and heard.unknown:
        said = f"says {heard.unknown}, which is no one zone; write its IANA name, such as Pacific/Auckland"
        yield Finding("zone-unknown", heard.line, said)


def missing_sections(runbook: Runbook) -> Iterator[Finding]:
    """A document that follows the template has all of its sections."""
    there = {slug(title) for _, title in headings(runbook.text)}
    missing = [each for each in TEMPLATE if slug(each) not in there]
    if "procedure" in there or len(TEMPLATE) - len(missing) >= FOLLOWS:
        for section in missing:
            yield Finding("missing-section", 1, f"has no section {section}, though it follows the template")


def disagreeing_tables(runbook: Runbook) -> Iterator[Finding]:
    """A number in the text beside a table is the number of its rows: "7 alert rules" above six of them."""
    under = Counter(each.heading for each in runbook.tables)
    alone = [each for each in runbook.tables if each.kind in NOUNS and under[each.heading] == 1]
    beside = defaultdict[str, list[tuple[int, str]]](list)
    for line, heading, text in prose(runbook.text) if alone else ():
        if not text.lstrip().startswith("|"):
            beside[plain(heading)].append((line, text))
    for table in alone:
        counted = re.compile(
            rf"(?i)(?<![\w<>~≤≥/.,-])(\d{{1,3}}|{'|'.join(NUMBERS)})\s+(?:[a-z-]+\s+)?({NOUNS[table.kind]})\b"
        )
        for line, text in beside[table.heading]:
            yield from disagreements(counted, text, table, line)


def disagreements(counted: re.Pattern[str], text: str, table: DocumentTable, line: int) -> Iterator[Finding]:
    for match in counted.finditer(text):
        word = match[1].casefold()
        number = NUMBERS.index(word) + 1 if word in NUMBERS else int(word)
        if number != len(table.rows):
            said = clean_line(match.group(), 60)
            yield Finding("table-disagrees", line, f'says "{said}", the table below has {len(table.rows)} rows')


def undefined_severities(runbook: Runbook, configured: frozenset[str]) -> Iterator[Finding]:
    """A severity that is named is defined: in a table of this document, or in the ladder of the configuration."""
    ladders = [table for table in runbook.tables if table.kind == "severity-ladder"]
    defined = {named(row[0]) for table in ladders for row in table.rows} | {named(each) for each in configured}
    seen: set[str] = set()
    for number, text in enumerate(runbook.text.split("\n"), start=1):
        for match in SEVERITY.finditer(text):
            name = named(match[1])
            if name not in defined and name not in seen:
                seen.add(name)
                yield Finding("severity-undefined", number, f"names {match[1]}, and no severity ladder here defines it")


def named(severity: str) -> str:
    """`SEV-1`, `Sev 1` and `SEV1` are one name."""
    return re.sub(r"[\s-]", "", severity).casefold()

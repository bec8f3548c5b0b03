"""Rules about what a document says: sections of the template, numbers that disagree, severities nobody defined."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import unquote

from cockpit.model.runbook import DocumentTable, Finding, Link, Runbook
from cockpit.model.text import clean_line
from cockpit.runbooks.catalogue.load import markdown_in, read_document_bytes
from cockpit.runbooks.catalogue.references import OUTSIDE, is_wiki_page, split_wiki_target, squeeze_page
from cockpit.runbooks.document.index_block import take_index_blocks
from cockpit.runbooks.document.labels import make_slug, strip_markdown
from cockpit.runbooks.document.outline import Outline, list_headings, list_prose_lines, read_outline
from cockpit.runbooks.document.repair import decode_document
from cockpit.runbooks.document.template import SECTIONS, name_section
from cockpit.runbooks.plan.source import make_source
from cockpit.runbooks.plan.working_hours import ABOUT, hours_of

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
    heard = hours_of(make_source("", "", runbook)) if ABOUT.search(runbook.text) else None
    if heard and heard.unknown:
        sentence = f"says {heard.unknown}, which may be several zones; write its IANA name, such as Pacific/Auckland"
        yield Finding("zone-unknown", heard.line, sentence)


def missing_sections(runbook: Runbook, sections: Sequence[str] = SECTIONS) -> Iterator[Finding]:
    """A document that follows the template has all of its sections."""
    there = {make_slug(name_section(title)) for _, title in list_headings(runbook.outline)}
    missing = [text for text in sections if make_slug(text) not in there]
    if "procedure" in there or len(sections) - len(missing) >= FOLLOWS:
        for section in missing:
            yield Finding("missing-section", 1, f"has no section {section}, though it follows the template")


def disagreeing_tables(runbook: Runbook) -> Iterator[Finding]:
    """A number in the text beside a table is the number of its rows: "7 alert rules" above six of them."""
    under = Counter(table.heading for table in runbook.tables)
    alone = [table for table in runbook.tables if table.kind in NOUNS and under[table.heading] == 1]
    beside = defaultdict[str, list[tuple[int, str]]](list)
    for line, heading, text in list_prose_lines(runbook.text, runbook.outline) if alone else ():
        if not text.lstrip().startswith("|"):
            beside[strip_markdown(heading)].append((line, text))
    for table in alone:
        counted = re.compile(
            rf"(?i)(?<![\w<>~≤≥/.,-])(\d{{1,3}}|{'|'.join(NUMBERS)})\s+(?:[a-z-]+\s+)?({NOUNS[table.kind]})\b"
        )
        for line, text in beside[table.heading]:
            yield from find_disagreements(counted, text, table, line)


def find_disagreements(counted: re.Pattern[str], text: str, table: DocumentTable, line: int) -> Iterator[Finding]:
    for match in counted.finditer(text):
        word = match[1].casefold()
        number = NUMBERS.index(word) + 1 if word in NUMBERS else int(word)
        if number != len(table.rows):
            sentence = clean_line(match.group(), 60)
            yield Finding("table-disagrees", line, f'says "{sentence}", the table below has {len(table.rows)} rows')


def undefined_severities(runbook: Runbook, configured: frozenset[str]) -> Iterator[Finding]:
    """A severity that is named is defined: in a table of this document, or in the configured scale."""
    severity_scales = [table for table in runbook.tables if table.kind == "severity-ladder"]
    defined = {normalise_severity(row[0]) for table in severity_scales for row in table.rows} | {
        normalise_severity(text) for text in configured
    }
    names: set[str] = set()
    own, *_ = take_index_blocks(runbook.text)  # what an index says of it stands in the index
    for number, text in enumerate(own.split("\n"), start=1):
        for match in SEVERITY.finditer(text):
            name = normalise_severity(match[1])
            if name not in defined and name not in names:
                names.add(name)
                yield Finding("severity-undefined", number, f"names {match[1]}, and no severity scale here defines it")


def normalise_severity(severity: str) -> str:
    """`SEV-1`, `Sev 1` and `SEV1` are one name."""
    return re.sub(r"[\s-]", "", severity).casefold()


# Rules about where a document points: files that are not there, anchors that no heading has.

MENTION = re.compile(r"`((?:[\w.-]+/)*[\w.-]+\.md)`")
PATTERN = re.compile(r"YYYY|XXXX|NNN")  # a way to name files, not a file


def dead_links(runbook: Runbook, places: Sequence[Path]) -> Iterator[Finding]:
    """Every link inside the repository leads somewhere. `places` is the document's folder and those above it."""
    own = list_anchors(runbook.outline)
    for link in runbook.links:
        if OUTSIDE.match(link.target):
            continue
        if link.target.startswith("[["):
            yield from find_dead_wiki_link(link, own, places)
            continue
        name, _, anchor = unquote(link.target).partition("#")
        file = find_file(name.partition("?")[0], places) if name else None
        if name and file is None:
            yield Finding("dead-link", link.line, clean_line(f"links to {link.target}, which is not there", 300))
        elif anchor and normalise_anchor(anchor) not in (own if file is None else anchors_of(file, anchor)):
            yield Finding(
                "dead-link", link.line, clean_line(f"links to {link.target}, and no heading is named so", 300)
            )
    linked = {link.target.partition("#")[0].rsplit("/", 1)[-1] for link in runbook.links}
    for line, _, text in list_prose_lines(runbook.text, runbook.outline):
        for match in MENTION.finditer(text):
            name = match[1]
            if name.rsplit("/", 1)[-1] not in linked and not PATTERN.search(name) and find_file(name, places) is None:
                yield Finding("dead-link", line, clean_line(f"mentions {name}, which is not there", 300))


def find_dead_wiki_link(link: Link, own: frozenset[str], places: Sequence[Path]) -> Iterator[Finding]:
    """A page is looked for by its name in the repository, else by its title in the folder of the document."""
    page, _, anchor = split_wiki_target(link.target)
    files = [path for path in markdown_in(places[-1]) if is_wiki_page(page, path)] if page else []
    files = files or [path for path in markdown_in(places[0]) if page and is_titled(path, page)]
    if page and not files and find_file(page, places) is None:
        yield Finding("dead-link", link.line, clean_line(f"links to {link.target}, which is not there", 300))
    elif anchor and not any(
        normalise_anchor(make_slug(anchor)) in anchors for anchors in [anchors_of(path, "") for path in files] or [own]
    ):
        sentence = f"links to {link.target}, and no heading is named so"
        yield Finding("dead-link", link.line, clean_line(sentence, 300))


def is_titled(path: Path, page: str) -> bool:
    """Whether a file has that title."""
    try:
        headings = list_headings(read_outline(decode_document(read_document_bytes(path))))
    except OSError:
        return False
    return any(squeeze_page(title) == squeeze_page(page) for _, title in list(headings)[:1])


def find_file(name: str, places: Sequence[Path]) -> Path | None:
    """The file or folder of that name, as seen from the document's folder; `/x` from a folder above, too."""
    names = [name] if not name.startswith("/") else []
    candidates = [places[0] / name for name in names] + [place / name.lstrip("/") for place in places]
    for path in candidates:
        try:
            if path.exists():
                return path
        except (OSError, ValueError):  # a name no file can have
            return None
    return None


def list_anchors(outline: Outline) -> frozenset[str]:
    """What a link may name in a text: its headings."""
    return frozenset(normalise_anchor(make_slug(title)) for _, title in list_headings(outline))


def anchors_of(file: Path, question: str) -> frozenset[str]:
    """The anchors of another file; of one that is no Markdown, or cannot be read, the asked one counts as there."""
    try:
        if file.suffix == ".md":
            return list_anchors(read_outline(decode_document(read_document_bytes(file))))
    except OSError:
        pass
    return frozenset({normalise_anchor(question)})


def normalise_anchor(anchor: str) -> str:
    """Viewers disagree on doubled dashes, and on the number behind a heading that there is twice."""
    return re.sub(r"-+", "-", re.sub(r"-\d+$", "", anchor.casefold())).strip("-")

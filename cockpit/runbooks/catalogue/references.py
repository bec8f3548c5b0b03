"""Where a document points: "(Section 3)", "s.6", "§6", [another document](restore.md#swap)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePath, PurePosixPath

from cockpit.model.runbook import DocumentTable, Procedure, Runbook, Step
from cockpit.runbooks.catalogue.catalogue import Catalogue, Document, number_of
from cockpit.runbooks.document.labels import make_slug, strip_markdown
from cockpit.runbooks.document.outline import list_headings

NUMBER_WORDS = {
    word: str(number)
    for number, word in enumerate(
        ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"), start=1
    )
}
SECTION = re.compile(
    r"(?i)(?:\b(?:sections?|sect\.?|sec\.|chapters?|parts?|runbook|playbook)\s+|\bs\.\s*|§\s*)"
    rf"(?P<number>\d+(?:\.\d+)*|(?:{'|'.join(NUMBER_WORDS)})\b)"
    r"|\b(?:see|follow|described\s+in|continue\s+(?:with|at)|go\s+(?:back\s+)?to|repeat|run|do|perform)\s+(?:step\s+)?(?P<dotted>\d+\.\d+(?:\.\d+)*)"
    r"|\((?:see\s+)?(?P<aside>\d+\.\d+(?:\.\d+)*)\)"
    r"|\b(?:continue|proceed|go\s+on)\s+(?:with|at)\s+(?P<next>\d+)(?!\w|\.\d|\s+[a-z])"
)
APPENDIX = re.compile(r"(?i)\b(?:appendix|annex)\s+(?P<letter>[A-Z]|\d+)\b")
RUNBOOK_COLUMN = re.compile(
    r"(?i)\b(?:runbook|playbook|procedure|document|documentation|doc|guide|wiki|sop|instruction)s?\b"
)
SENDS = re.compile(
    r"(?i)\b(?:see|follow|refer\s+to|go\s+to|continue\s+(?:with|at|in)|proceed\s+(?:with|to)|described\s+in|according\s+to"
    r"|jump\s+to|skip\s+to|return\s+to|go\s+back\s+to|repeat|(?:run|use|perform|execute|do|start)(?=\s+[\"“'])"
    r"|choose\s+one|steps?\s+(?:in|of|from)|(?:run|use|perform|execute)\s+(?:the\s+)?(?:procedure|runbook|playbook|steps))\b"
)
CHOOSES = re.compile(r"(?i)choose\s+one")  # of all titles that follow
# "PITR (see below)" means the first below that has the word in its title.
SEE_BELOW = re.compile(r"(?i)\bsee\s+(below|above)\b")
TELLING_WORD = re.compile(r"\b(?:[A-Z]{2,}\d*|[A-Z][a-z]+[A-Z]\w*)\b")
NUMBERED = re.compile(r"^(?:(?i:step|runbook|playbook|section)\s+)?\d+(?:\.\d+)*[.):]?\s+")
SHORTEST_TITLE = 6  # letters: a shorter one is a word like any other
FARTHEST_TITLE = 30  # letters between the verb and the title: "follow the steps in the section "
OUTSIDE = re.compile(r"(?i)^[a-z][a-z0-9+.-]*:|^//")


@dataclass(frozen=True, slots=True)
class Jump:
    """Where a reference leads: a document, and the procedure in it when the reference names one."""

    document: Document
    procedure: Procedure | None = None


def section_numbers(text: str) -> list[str]:
    """The sections that a text refers to: `3` of "revoke it (Section 3)"."""
    numbers = (next(filter(None, match.groups())).casefold() for match in SECTION.finditer(text))
    return [NUMBER_WORDS.get(number, number) for number in numbers]


def find_referenced_procedures(runbook: Runbook, text: str) -> tuple[Procedure, ...]:
    """The procedures that a text of this document refers to by number, in its order."""
    procedures_by_name = {
        procedure.slug: procedure
        for number in section_numbers(text)
        for procedure in runbook.procedures
        if any(is_in(number_of(title), number) for title in (procedure.title, *procedure.within))
    }
    for match in APPENDIX.finditer(text):
        for procedure in runbook.procedures:
            if any(is_appendix(title, match["letter"]) for title in (procedure.title, *procedure.within)):
                procedures_by_name.setdefault(procedure.slug, procedure)
    return tuple(procedures_by_name.values())


def is_appendix(title: str, letter: str) -> bool:
    """`Appendix A: Contacts` is appendix A."""
    match = APPENDIX.match(title)
    return match is not None and match["letter"].casefold() == letter.casefold()


@dataclass(frozen=True, slots=True)
class StepReference:
    """Where a step, or what is read before it, sends its reader: what it is called, and the target as a link has it."""

    name: str
    target: str


def list_step_references(runbook: Runbook, procedure: Procedure, step: Step | None) -> tuple[StepReference, ...]:
    """Where a step leads: its links, "see section 2", "follow the steps in X"; then what the warnings name.

    A procedure that is only mentioned leads nowhere: a verb that sends there must stand before its title.
    """
    texts = [step.title, step.remark, step.expected] if step else []
    targets = dict[str, StepReference]()
    for link in runbook.links:
        if step is not None and step.line == link.line and not OUTSIDE.match(link.target):
            targets.setdefault(link.target, StepReference(link.text, link.target))
    for text in (*texts, *procedure.warnings):
        for other in (*find_referenced_procedures(runbook, text), *_find_procedures_by_words(runbook, procedure, text)):
            if other != procedure:
                target = f"#{other.slug}"
                targets.setdefault(target, StepReference(other.title, target))
    return tuple(targets.values())


def _find_procedures_by_words(runbook: Runbook, here: Procedure, text: str) -> Iterator[Procedure]:
    """The procedures whose title stands behind "see", "follow the steps in"; those below that "see below" speaks of."""
    folded = text.casefold()
    for match in SENDS.finditer(text):
        behind = folded[match.end() :]
        for procedure in runbook.procedures:
            title = strip_markdown(NUMBERED.sub("", procedure.title)).casefold()
            place = behind.find(title) if len(title) >= SHORTEST_TITLE else -1
            if 0 <= place <= FARTHEST_TITLE or (place > 0 and CHOOSES.match(match.group())):
                yield procedure
    if where := SEE_BELOW.search(text):
        below = where[1].lower() == "below"
        words = set(TELLING_WORD.findall(text))
        beyond = [procedure for procedure in runbook.procedures if (procedure.line > here.line) == below]
        yield from [
            procedure
            for procedure in (beyond if below else reversed(beyond))
            if procedure != here and words & set(TELLING_WORD.findall(" ".join((procedure.title, *procedure.within))))
        ][:1]


def is_in(number: str, wanted_name: str) -> bool:
    """`6.1` is in section `6`."""
    return number == wanted_name or number.startswith(f"{wanted_name}.")


def follow_link(catalogue: Catalogue, document: Document, target: str) -> Jump | None:
    """Where a link of a document leads inside the catalogue; None for an address, or a file that is not in it."""
    if OUTSIDE.match(target):
        return None
    if target.startswith("[["):
        return follow_wiki_link(catalogue, document, target)
    file, _, anchor = target.partition("#")
    there = document
    if file:
        wanted_name = normalise_path(PurePosixPath(document.runbook.path).parent / file)
        documents = [
            document
            for document in catalogue.documents
            if normalise_path(PurePosixPath(document.runbook.path)) == wanted_name
        ]
        if not documents:
            return None
        there = documents[0]
    return Jump(there, find_anchored_procedure(there.runbook, anchor))


def follow_wiki_link(catalogue: Catalogue, document: Document, target: str) -> Jump | None:
    """Where `[[page]]` leads: to the document whose file or title is named so, that in the nearest folder first."""
    page, _, anchor = split_wiki_target(target)
    there = document if not page else None
    folder = PurePosixPath(document.runbook.path).parent
    for other in catalogue.documents if page else ():
        path = PurePosixPath(other.runbook.path)
        if is_wiki_page(page, path) and (there is None or path.parent == folder):
            there = other
    if there is None:
        titled = (other for other in catalogue.documents if squeeze_page(other.runbook.title) == squeeze_page(page))
        there = next(titled, None)
    return Jump(there, find_anchored_procedure(there.runbook, anchor)) if there else None


def split_wiki_target(target: str) -> tuple[str, str, str]:
    """The page and the heading that `[[page#heading]]` names."""
    return target.removeprefix("[[").removesuffix("]]").partition("#")


def is_wiki_page(page: str, path: PurePath) -> bool:
    """Whether a file is what a wiki link names: by its name without its ending, with as many folders as are named."""
    parts = [squeeze_page(part) for part in PurePosixPath(page.removesuffix(path.suffix)).parts if part != "/"]
    names = [squeeze_page(part) for part in (*path.parent.parts, path.stem)]
    return bool(parts) and names[-len(parts) :] == parts


def squeeze_page(name: str) -> str:
    """`DB_Failover`, `DB Failover` and `db-failover` are one page."""
    return squeeze_slug(name.replace("_", " "))


def find_anchored_procedure(runbook: Runbook, anchor: str) -> Procedure | None:
    """The procedure that an anchor names: its own heading, or a heading that it stands under, or is a step of."""
    if not anchor:
        return None
    squeezed = squeeze_slug(anchor)
    named = [procedure for procedure in runbook.procedures if squeeze_slug(procedure.slug) == squeezed]
    if named:
        return named[0]
    line = find_anchored_line(runbook, anchor)
    if not line:
        return None
    below = [
        procedure
        for procedure in runbook.procedures
        if any(squeeze_slug(heading) == squeezed for heading in procedure.within)
    ]
    inside = [procedure for procedure in runbook.procedures if procedure.line <= line]
    holds = inside and any(step.line >= line for step in inside[-1].steps)
    return below[0] if below else inside[-1] if holds else None


def find_anchored_line(runbook: Runbook, anchor: str) -> int:
    """The line of the heading that an anchor names, 0 for none."""
    squeezed = squeeze_slug(anchor)
    return next((line for line, heading in list_headings(runbook.outline) if squeeze_slug(heading) == squeezed), 0)


@lru_cache(maxsize=16_384)  # an index names a document, and each document of the catalogue is asked
def squeeze_slug(text: str) -> str:
    """An anchor for comparing: viewers differ in what they make of dashes and blanks."""
    return re.sub(r"-+", "-", make_slug(text)).strip("-")


@dataclass(frozen=True, slots=True)
class NamedRunbook:
    """A row of a table that names a runbook; `document` is None where the catalogue has none of that name."""

    name: str
    header: tuple[str, ...]
    row: tuple[str, ...]
    line: int
    document: Document | None = None
    procedure: Procedure | None = None


def list_named_runbooks(catalogue: Catalogue, document: Document, table: DocumentTable) -> Iterator[NamedRunbook]:
    """The rows of a table with a column of runbooks, each with the document that its link or its words name."""
    columns = [index for index, name in enumerate(table.header) if RUNBOOK_COLUMN.search(name)]
    links = {link.line: link.target for link in document.runbook.links}
    for index, row in enumerate(table.rows):
        line = table.line + 2 + index
        name = row[columns[0]] if columns and columns[0] < len(row) else ""
        if not name:
            continue
        jump = follow_link(catalogue, document, links[line]) if line in links else None
        if jump is None and line not in links:
            jump = find_document_by_words(catalogue, document, name)
        yield NamedRunbook(
            name, table.header, row, line, jump.document if jump else None, jump.procedure if jump else None
        )


def find_document_by_words(catalogue: Catalogue, document: Document, name: str) -> Jump | None:
    """The document, or the procedure of this one, that goes by a name in a table: "DB failover" is db-failover.md."""
    if name.endswith(".md") and (jump := follow_link(catalogue, document, name)):
        return jump
    squeezed = squeeze_slug(name)
    for other in catalogue.documents:
        stem = PurePosixPath(other.runbook.path).stem
        named = (other.id, stem, other.runbook.title, re.sub(r"(?i)\brunbook\b:?", "", other.runbook.title))
        if not other.builtin and squeezed in {squeeze_slug(text) for text in named}:
            return Jump(other)
    others = (other for other in catalogue.documents if other is not document and not other.builtin)
    for other in (document, *others):
        own = find_anchored_procedure(other.runbook, name)
        if own or find_anchored_line(other.runbook, name):
            return Jump(other, own)
    return None


def normalise_path(path: PurePosixPath) -> str:
    """A path without `.` and `..`, for comparing. Links on disk are not followed."""
    parts: list[str] = []
    for part in path.parts:
        if part == ".." and parts and parts[-1] not in ("..", "/"):
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)

"""Index tables bind: the approvals, times and priorities beside a runbook's name hold for the runbook itself.

What an index says of a document becomes a block at the end of its text, as a sidecar does: whoever reads, compares or
keeps the text has it too, and a run that is opened again asks for the same approval. A document's own label wins.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from cockpit.model.runbook import DocumentTable, Finding, Procedure
from cockpit.model.text import clean_line
from cockpit.runbooks.catalogue.catalogue import Catalogue, Document
from cockpit.runbooks.catalogue.references import RUNBOOK_COLUMN, NamedRunbook, follow_link, list_named_runbooks
from cockpit.runbooks.document.index_block import BoundLabels, add_bound_labels, join_index_block
from cockpit.runbooks.document.labels import strip_markdown
from cockpit.runbooks.document.outline import list_headings

INDEX_KINDS = frozenset({"approvals", "runbook-index", "alert-runbooks"})
# What a column of an index says, by a word of its head, and the label that it is.
COLUMNS = (
    ("approval required", re.compile(r"(?i)approv|authori[sz]|sign-?\s?off")),
    ("time to fix", re.compile(r"(?i)\btime\b|duration|estimate|\beta\b")),
    ("priority", re.compile(r"(?i)priorit|severit|\bsev\b|urgency")),
    ("when", re.compile(r"(?i)when|scenario|situation|trigger|symptom|use case")),
    ("owner", re.compile(r"(?i)owner|team|responsible")),
)
CATEGORY = re.compile(
    r"(?i)^(?:\d+(?:\.\d+)*[.)]?\s+)?(?P<name>\w[\w &/-]{2,40}?)\s+(?:runbooks|playbooks|procedures|guides)$"
)
NOTHING = re.compile(r"^\W*(?:tbd|n/?a|-|–|—)?\W*$", re.IGNORECASE)  # "none" says something: no approval


def bind_index_tables(documents: Sequence[Document]) -> list[Document]:
    """The documents with what the index tables of all of them say of each; one that is missing is a finding."""
    catalogue = Catalogue(tuple(documents))
    bound: dict[str, list[tuple[Procedure | None, BoundLabels]]] = {}
    missing: dict[str, list[Finding]] = {}
    for document in documents:
        for table in document.runbook.tables if not document.builtin else ():
            if not is_index(table):
                continue
            for named in list_named_runbooks(catalogue, document, table):
                if named.document is None:
                    if not has_link(document, named.line):
                        missing.setdefault(document.id, []).append(_missing(named))
                    continue
                labels = read_bound_labels(named, document)
                if labels.labels and (named.procedure or named.document is not document):
                    bound.setdefault(named.document.id, []).append((named.procedure, labels))
        for linked, labels in list_categories(catalogue, document) if not document.builtin else ():
            bound.setdefault(linked.id, []).append((None, labels))
    return [_bind(document, bound.get(document.id, ()), missing.get(document.id, ())) for document in documents]


def list_categories(catalogue: Catalogue, index: Document) -> Iterator[tuple[Document, BoundLabels]]:
    """The documents that an index links below "Emergency runbooks", "2. Deployment playbooks": that is their tag."""
    headings = list(list_headings(index.runbook.outline))
    for link in index.runbook.links:
        above = next((text for line, text in reversed(headings) if line < link.line), "")
        match = CATEGORY.match(strip_markdown(above))
        jump = follow_link(catalogue, index, link.target) if match else None
        if match and jump is not None and jump.document is not index and not jump.document.builtin:
            origin = f"{index.runbook.path.rsplit('/', 1)[-1]}:{link.line}"
            yield jump.document, BoundLabels({"tags": match["name"].casefold()}, origin)


def is_index(table: DocumentTable) -> bool:
    """True for a table with a column of runbooks beside others."""
    return table.kind in INDEX_KINDS and len(table.header) > 1 and any(map(RUNBOOK_COLUMN.search, table.header))


def has_link(document: Document, line: int) -> bool:
    """A link that leads nowhere is named as a dead one already."""
    return any(link.line == line for link in document.runbook.links)


def read_bound_labels(named: NamedRunbook, index: Document) -> BoundLabels:
    labels: dict[str, str] = {}
    for name, cell in zip(named.header, named.row, strict=False):
        label = next((label for label, pattern in COLUMNS if pattern.search(name)), "")
        if label and cell != named.name and not NOTHING.fullmatch(cell):
            labels.setdefault(label, cell)
    return BoundLabels(labels, f"{index.runbook.path.rsplit('/', 1)[-1]}:{named.line}")


def _missing(named: NamedRunbook) -> Finding:
    return Finding(
        "runbook-missing", named.line, clean_line(f"names the runbook “{named.name}”, and there is none", 300)
    )


def _bind(
    document: Document, bound: Iterable[tuple[Procedure | None, BoundLabels]], missing: Iterable[Finding]
) -> Document:
    runbook = document.runbook
    for procedure, labels in bound:
        whole = replace(labels, procedure=procedure.slug if procedure else "")
        runbook = add_bound_labels(join_index_block(runbook, whole), whole)
    findings = (*runbook.findings, *missing)
    return (
        replace(document, runbook=replace(runbook, findings=findings))
        if runbook is not document.runbook or missing
        else document
    )

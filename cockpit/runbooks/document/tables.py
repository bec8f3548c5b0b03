"""Tables are live by their header row: what a table is for is known from its columns alone."""

import re
from collections.abc import Callable, Sequence

from cockpit.model.runbook import DocumentTable
from cockpit.runbooks.document.labels import plain


def has(*parts: str) -> Callable[[Sequence[str], str], bool]:
    """A test that every word stands in some column name."""
    return lambda header, heading: all(any(word in column for column in header) for word in parts)


def first(*parts: str) -> Callable[[Sequence[str], str], bool]:
    """A test that the first column is one of these."""
    return lambda header, heading: bool(header) and header[0] in parts


# From the most particular to the least: the first that fits names the table.
KINDS: tuple[tuple[str, Callable[[Sequence[str], str], bool]], ...] = (
    ("recovery-targets", has("rpo", "rto")),
    ("metric-targets", has("metric", "target")),
    ("severity-ladder", lambda h, t: has("definition")(h, t) and first("level", "severity", "priority")(h, t)),
    ("severity-ladder", lambda h, t: first("priority", "severity", "level")(h, t) and has("respon")(h, t)),
    ("alert-actions", lambda h, t: has("action")(h, t) and first("alert", "signal", "symptom", "condition")(h, t)),
    (
        "escalation",
        lambda h, t: (
            first("window", "after", "elapsed", "time elapsed", "time")(h, t)
            and any(word in column for column in h[1:] for word in ("who", "contact", "call", "escalate"))
        ),
    ),
    ("who-to-page", lambda h, t: has("who")(h, t) and first("condition", "situation", "when", "incident")(h, t)),
    (
        "contacts",
        lambda h, t: has("role")(h, t) and any(text in h for text in ("contact", "primary", "method", "person")),
    ),
    ("roles", lambda h, t: first("role")(h, t) and any(word in h[1] for word in ("respons", "dut", "does", "task"))),
    ("parameters", lambda h, t: first("name", "parameter")(h, t) and (has("check")(h, t) or has("from")(h, t))),
    ("approvals", has("approval")),
    ("thresholds", has("threshold")),
    ("probes", lambda h, t: has("endpoint")(h, t) and has("expected")(h, t)),
    ("http-actions", lambda h, t: has("action", "endpoint")(h, t)),
    ("drills", lambda h, t: has("drill")(h, t) or has("last completed")(h, t)),
    ("training", lambda h, t: has("frequency", "audience")(h, t)),
    ("reviews", has("next review")),
    ("runbook-index", lambda h, t: has("runbook")(h, t)),
    ("history", lambda h, t: has("version", "date")(h, t)),
    ("settings", lambda h, t: has("default")(h, t) and first("variable", "setting", "name", "key")(h, t)),
    ("services", has("service", "url")),
    (
        "files",
        lambda h, t: has("location")(h, t) or (has("purpose")(h, t) and first("script", "file", "workflow")(h, t)),
    ),
)


def kind_of(header: Sequence[str], heading: str = "") -> str:
    """The kind of a table, or "" for one that nobody reads."""
    columns = [plain(text).casefold().strip() for text in header]
    return next((name for name, fits in KINDS if fits(columns, heading.casefold())), "")


BOX_ROW = re.compile(r"^\s*[│|]\s*(\d+\s*(?:-\s*\d+|\+)\s*(?:min|minutes|h|hours?))\s*[│|]\s*(.*?)\s*[│|]\s*$")
BOX_TITLE = re.compile(r"^\s*[│|]\s*([^│|]*?)\s*[│|]\s*$")


def escalation_box(content: str, line: int, heading: str) -> list[DocumentTable]:
    """Escalation windows drawn with box characters: one table for each title, rows of (window, who)."""
    document_tables: list[DocumentTable] = []
    title, rows, start = "", [], line
    for offset, text in enumerate(content.splitlines()):
        row, name = BOX_ROW.match(text), BOX_TITLE.match(text)
        if row:
            rows.append((row[1], row[2]))
        elif name and name[1]:
            if rows:
                document_tables.append(
                    DocumentTable("escalation", ("window", "who"), tuple(rows), start, title or heading)
                )
            title, rows, start = name[1], [], line + offset
    if rows:
        document_tables.append(DocumentTable("escalation", ("window", "who"), tuple(rows), start, title or heading))
    return document_tables

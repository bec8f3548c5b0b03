"""Tables are live by their header row: what a table is for is known from its columns alone."""

import re
from collections.abc import Callable, Sequence

from cockpit.model.runbook import DocumentTable
from cockpit.runbooks.document.labels import strip_markdown


def make_columns_check(*parts: str) -> Callable[[Sequence[str], str], bool]:
    """A test that every word stands in some column name."""
    return lambda header, heading: all(any(word in column for column in header) for word in parts)


def make_first_column_check(*parts: str) -> Callable[[Sequence[str], str], bool]:
    """A test that the first column is one of these."""
    return lambda header, heading: bool(header) and header[0] in parts


ALERTS = (
    "alert",
    "alerts",
    "alert name",
    "alertname",
    "alert rule",
    "alarm",
    "alarms",
    "alarm name",
    "signal",
    "monitor",
)
SIGHTS = (
    *("symptom", "symptoms", "problem", "issue", "error", "error message", "observation", "what you see"),
    *("when you see", "if you see", "you see", "sign", "failure"),
)
ACTIONS = ("action", "first step", "next step", "what to do", "do this", "do first")
FIXES = ("fix", "solution", "resolution", "remedy", "remediation", "mitigation", "workaround")
DOCUMENTS = re.compile(r"\b(?:runbook|playbook|procedure|guide|doc|documentation|wiki|sop|instruction)s?\b")
BINDS = re.compile(r"approv|authori[sz]|sign-?\s?off|duration|\b(?:time|eta|estimate)\b|priorit|severit|urgency")
REACHED_BY = ("contact", "primary", "method", "person", "phone", "mobile", "mail", "pager", "slack", "telephone")
PEOPLE = ("function", "duty", "position", "responsibility", "on-call", "on call")
CALLED = re.compile(r"who|contact|owner|escalat|\bcall\b|\bnotify\b|\binform\b|\bpage\s+(?:first|whom)\b")
GRAVE = ("level", "severity", "priority", "sev", "class", "severity level", "incident level", "severity class")
MEANS = ("criteria", "description", "definition", "mean", "impact")
REACTS = re.compile(r"respon|\breact|acknowledg|\back\b")
ENDPOINTS = re.compile(r"endpoint|\burl\b|health\s?check|\baddress\b")
ANSWERS = re.compile(r"expected|should\s+(?:return|be|answer|say)|\breturns\b|\banswers\b|status\s+code|healthy\s+when")
EXERCISES = ("exercise", "rehearsal", "game day", "gameday", "simulation", "tabletop")
REHEARSED = ("drill", "dr test", "recovery test", "restore test", "failover test")  # of a heading
RECURS = ("frequency", "how often", "cadence", "interval", "every", "next")

# From the most particular to the least: the first that fits names the table.
KINDS: tuple[tuple[str, Callable[[Sequence[str], str], bool]], ...] = (
    ("recovery-targets", make_columns_check("rpo", "rto")),
    ("metric-targets", make_columns_check("metric", "target")),
    (
        "severity-ladder",
        lambda h, t: (
            make_columns_check("definition")(h, t) and make_first_column_check("level", "severity", "priority")(h, t)
        ),
    ),
    (
        "severity-ladder",
        lambda h, t: (
            make_first_column_check(*GRAVE)(h, t)
            and (h[0] != "class" or any(word in column for column in h[1:] for word in MEANS))
            and any(map(REACTS.search, h[1:]))
        ),
    ),
    (
        "severity-ladder",
        lambda h, t: (
            make_first_column_check("priority", "severity", "level", "sev")(h, t)
            and any(word in column for column in h[1:] for word in ("criteria", "description", "meaning", "impact"))
            and not any("runbook" in column for column in h)
        ),
    ),
    (
        "alert-actions",
        lambda h, t: (
            any(word in column for column in h[1:] for word in ACTIONS)
            and make_first_column_check(*ALERTS, *SIGHTS, "condition")(h, t)
        ),
    ),
    (
        "symptom-fixes",
        lambda h, t: (
            make_first_column_check(*ALERTS, *SIGHTS)(h, t)
            and any(word in column for column in h[1:] for word in FIXES)
        ),
    ),
    (
        "alert-runbooks",
        lambda h, t: make_first_column_check(*ALERTS, "symptom")(h, t) and any(map(DOCUMENTS.search, h[1:])),
    ),
    (
        "escalation",
        lambda h, t: (
            make_first_column_check("window", "after", "elapsed", "time elapsed", "time")(h, t)
            and any(word in column for column in h[1:] for word in ("who", "contact", "call", "escalate"))
        ),
    ),
    (
        "who-to-page",
        lambda h, t: (
            any(map(CALLED.search, h[1:]))
            and make_first_column_check(
                *("condition", "situation", "when", "incident", "scenario", "area", "component", "system", "trigger"),
                *("problem", "issue", "topic", "event", "type of incident", "incident type", "what happened"),
            )(h, t)
            and not any(DOCUMENTS.search(column) or BINDS.search(column) for column in h)
        ),
    ),
    (
        "contacts",
        lambda h, t: (
            (make_columns_check("role")(h, t) or make_first_column_check(*PEOPLE)(h, t))
            and any(text in column for column in h[1:] for text in REACHED_BY)
        ),
    ),
    (
        "roles",
        lambda h, t: (
            make_first_column_check("role")(h, t) and any(word in h[1] for word in ("respons", "dut", "does", "task"))
        ),
    ),
    (
        "parameters",
        lambda h, t: (
            make_first_column_check("name", "parameter")(h, t)
            and (make_columns_check("check")(h, t) or make_columns_check("from")(h, t))
        ),
    ),
    ("approvals", make_columns_check("approval")),
    ("thresholds", make_columns_check("threshold")),
    (
        "thresholds",
        lambda h, t: (
            make_first_column_check(*ALERTS, "metric", "metrics", "measure", "indicator", "sli", "check")(h, t)
            and make_columns_check("warn", "crit")(h[1:], t)
        ),
    ),
    ("probes", lambda h, t: any(map(ENDPOINTS.search, h)) and any(map(ANSWERS.search, h))),
    ("http-actions", lambda h, t: make_columns_check("action", "endpoint")(h, t)),
    (
        "drills",
        lambda h, t: (
            make_columns_check("drill")(h, t)
            or make_columns_check("last completed")(h, t)
            or (
                any(word in column for column in h[:1] for word in EXERCISES)
                and any(word in column for column in h[1:] for word in RECURS)
            )
            or (
                any(word in t for word in (*EXERCISES, *REHEARSED))
                and any(word in column for column in h[1:] for word in RECURS[:-1])
            )
        ),
    ),
    (
        "training",
        lambda h, t: (
            make_columns_check("frequency", "audience")(h, t)
            or (
                any("training" in column or column == "course" for column in h[:1])
                and any(word in column for column in h[1:] for word in RECURS)
            )
        ),
    ),
    ("reviews", make_columns_check("next review")),
    ("runbook-index", make_columns_check("runbook")),
    ("runbook-index", lambda h, t: any(map(DOCUMENTS.search, h)) and any(map(BINDS.search, h))),
    ("history", lambda h, t: make_columns_check("version", "date")(h, t)),
    (
        "settings",
        lambda h, t: (
            make_columns_check("default")(h, t) and make_first_column_check("variable", "setting", "name", "key")(h, t)
        ),
    ),
    ("services", make_columns_check("service", "url")),
    (
        "files",
        lambda h, t: (
            make_columns_check("location")(h, t)
            or (make_columns_check("purpose")(h, t) and make_first_column_check("script", "file", "workflow")(h, t))
        ),
    ),
)


def kind_of(header: Sequence[str], heading: str = "") -> str:
    """The kind of a table, or "" for one that nobody reads."""
    columns = [strip_markdown(text).casefold().strip() for text in header]
    return next((name for name, fits in KINDS if fits(columns, heading.casefold())), "")


BOX_ROW = re.compile(r"^\s*[│|]\s*(\d+\s*(?:-\s*\d+|\+)\s*(?:min|minutes|h|hours?))\s*[│|]\s*(.*?)\s*[│|]\s*$")
BOX_TITLE = re.compile(r"^\s*[│|]\s*([^│|]*?)\s*[│|]\s*$")


def escalation_box(content: str, line: int, heading: str) -> list[DocumentTable]:
    """Escalation windows drawn with box characters: one table for each title, rows of (window, who)."""
    document_tables: list[DocumentTable] = []
    if "│" not in content and "|" not in content:
        return []
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

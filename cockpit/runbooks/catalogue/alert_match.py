"""Which runbook helps: with a probe what the configuration names; with an alert by the documents' tables and labels."""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Literal

from cockpit.model.alert import Alert, AlertState
from cockpit.model.probe import ProbeResult, ProbeState
from cockpit.model.runbook import DocumentTable, Occasion, Procedure, Runbook, Step
from cockpit.runbooks.catalogue.catalogue import Catalogue, Document, NotFound
from cockpit.runbooks.catalogue.references import (
    find_anchored_procedure,
    find_referenced_procedures,
    follow_link,
    list_named_runbooks,
)
from cockpit.runbooks.document.outline import list_headings
from cockpit.runbooks.document.tables import ACTIONS, FIXES

How = Literal["link", "table", "label", "when", "threshold", "title"]
RANK: tuple[How, ...] = ("link", "table", "label", "when", "threshold", "title")
SUREST = frozenset[How]({"link", "table", "label"})  # the document or the alert names the other one
FIRING = frozenset({AlertState.PENDING, AlertState.FIRING, AlertState.RESOLVING})
COMMON = frozenset(
    {"a", "an", "the", "of", "on", "in", "is", "are", "or", "and", "to", "for", "after", "with", "alert", "any", "by"}
)
WORD = re.compile(r"[0-9]+[a-z]+|[a-z]+|[0-9]+")
CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z0-9])(?=[A-Z][a-z])")
ENDING = re.compile(r"(?<=\w{4})(?:ing|ed|e)$")  # "expires" in a title is `Expiring` in an alert
CLAUSE = re.compile(r"[,;.]\s+|\bor\b|\n")
SIGNS = ("when", "symptoms")  # labels that tell what it looks like
NUMBERING = re.compile(
    r"^\W*(?:(?:step|part|runbook|playbook|scenario|section|incident)\s+)?\d[\d.]*[:.)]?\s+", re.IGNORECASE
)
CODE_WORD = re.compile(r"\d+[a-z]+|[45]\d\d")
STRUCTURE = frozenset(
    {"runbook", "playbook", "guide", "procedure", "troubleshooting", "incident", "response", "issue", "alert"}
)
# Words of a signal that many alerts share: alone they are no name.
SIGNALS = frozenset(
    {"high", "low", "error", "rate", "down", "failure", "failed", "slow", "spike", "too", "many", "service"}
)
LIMIT_COLUMN = re.compile(r"(?i)threshold|warn|crit")
SHORT_FORMS = {"db": "database", "postgres": "postgresql", "k8s": "kubernetes", "mem": "memory", "cert": "certificate"}
LINK_LABELS = ("runbook", "runbook_url", "runbook-url", "playbook")


@dataclass(frozen=True, slots=True)
class Match:
    """What a document says about a firing alert. `hint` is its own words on what to do first.

    `procedure` holds `step`, the first action; or it is where the words point. None when they are only words.
    """

    alert: Alert
    document: Document
    how: How
    hint: str = ""
    procedure: Procedure | None = None
    step: Step | None = None


@dataclass(frozen=True, slots=True)
class ProbeMatch:
    """The procedure that the configuration names for a probe which is not well now."""

    probe: ProbeResult
    document: Document
    procedure: Procedure


def match_probes(catalogue: Catalogue, probes: Iterable[ProbeResult]) -> tuple[ProbeMatch, ...]:
    """The procedures of the probes that are down or degraded. One that there is not is reported by `cockpit check`."""
    matches = []
    for probe in probes:
        if probe.runbook and probe.state in (ProbeState.DOWN, ProbeState.DEGRADED):
            with suppress(NotFound):
                entry = catalogue.find(probe.runbook)
                matches.append(ProbeMatch(probe, entry.document, entry.procedure))
    return tuple(matches)


def match_alerts(catalogue: Catalogue, alerts: Iterable[Alert]) -> tuple[Match, ...]:
    """What helps with the alerts that fire, for each alert the surest first."""
    result: list[Match] = []
    for alert in alerts:
        if alert.state in FIRING:
            of_this = [
                match for document in catalogue.documents for match in document_matches(document, alert, catalogue)
            ]
            result += sorted(of_this, key=lambda match: RANK.index(match.how))
    return tuple(result)


def document_matches(document: Document, alert: Alert, catalogue: Catalogue) -> Iterator[Match]:
    """Every place of one document that speaks of the alert."""
    if link := find_alert_link(document, alert):
        procedure = find_anchored_procedure(document.runbook, link.partition("#")[2])
        yield Match(alert, document, "link", procedure.full_title if procedure else document.runbook.title, procedure)
    for table in document.runbook.tables:
        if table.kind in ("alert-actions", "symptom-fixes"):
            yield from table_matches(document, table, alert)
        elif table.kind in ("alert-runbooks", "runbook-index", "approvals"):
            yield from find_table_links(document, table, alert, catalogue)
        elif table.kind == "thresholds":
            yield from find_threshold_matches(document, table, alert)
    labelled = [
        procedure
        for procedure in document.runbook.procedures
        if mentions_alert(procedure.labels.get("alerts", ""), alert.name)
    ]
    yield from (Match(alert, document, "label", procedure.title, procedure) for procedure in labelled)
    if not labelled and mentions_alert(document.runbook.labels.get("alerts", ""), alert.name):
        yield Match(alert, document, "label", document.runbook.title)
    matched = list(labelled)
    for procedure in document.runbook.procedures:
        lines = [procedure.labels[name] for name in SIGNS if mentions_alert(procedure.labels.get(name, ""), alert.name)]
        if lines and procedure not in labelled:
            matched.append(procedure)
            yield Match(alert, document, "when", lines[0], procedure)
    occasions = [item for item in document.runbook.occasions if tells_occasion(item.when, alert.name)]
    yield from (find_occasion_match(document, item, alert, catalogue) for item in occasions)
    if not matched and not occasions:
        yield from find_title_matches(document, alert)


def tells_occasion(when: str, name: str) -> bool:
    """True when a list of occasions names the alert, by one word too where the alert has no other: Ransomware."""
    names = split_name_words(name) - STRUCTURE
    return mentions_alert(when, name) or (len(names) == 1 and not names & SIGNALS and names <= split_name_words(when))


def find_occasion_match(document: Document, occasion: Occasion, alert: Alert, catalogue: Catalogue) -> Match:
    """What an index says of when to use a runbook: that runbook, where its heading links one that is here."""
    targets = [link.target for link in document.runbook.links if link.line == occasion.line]
    jump = follow_link(catalogue, document, targets[0]) if targets else None
    there = jump.document if jump else document
    return Match(alert, there, "when", f"{occasion.title}: {occasion.when}", jump.procedure if jump else None)


def find_title_matches(document: Document, alert: Alert) -> Iterator[Match]:
    """Procedures whose own title, a heading above them, or the document's title or file name is the alert's name."""
    runbook = document.runbook
    titled = [procedure for procedure in runbook.procedures if names_alert(procedure.title, alert.name)]
    titled = titled or [
        procedure
        for procedure in runbook.procedures
        if any(names_alert(heading, alert.name) for heading in procedure.within)
    ]
    yield from (Match(alert, document, "title", procedure.full_title, procedure) for procedure in titled)
    stem = runbook.path.rsplit("/", 1)[-1].removesuffix(".md")
    if not titled and not document.builtin and any(names_alert(text, alert.name) for text in (runbook.title, stem)):
        first = runbook.procedures[0] if len(runbook.procedures) == 1 else None
        yield Match(alert, document, "title", runbook.title, first)
    elif not titled and names_alert_in_headings(runbook, alert.name):
        yield Match(alert, document, "title", names_alert_in_headings(runbook, alert.name))


def names_alert_in_headings(runbook: Runbook, name: str) -> str:
    """The heading of a part without steps that has the alert's name, "" for none."""
    return next((heading for _, heading in list_headings(runbook.outline) if names_alert(heading, name)), "")


def names_alert(title: str, name: str) -> bool:
    """True when a title is the name of the alert, however both are written: `LLMProviderOutage`, "2.1 LLM outage"."""
    title = NUMBERING.sub("", title)
    parts, names = split_name_words(title) - STRUCTURE, split_name_words(name) - STRUCTURE
    if not parts or not names:
        return False
    if any(CODE_WORD.fullmatch(word) for word in parts & names):  # 5xx, 429
        return True
    shared = sum(any(_is_same_word(word, other) for other in names) for word in parts)
    least = min(len(parts), len(names))
    telling = len({word for word in names if word not in SIGNALS})
    return (
        shared >= 2 and 3 * shared >= 2 * least and len(parts) <= 2 * len(names) + 2 and telling > 0
    ) or parts == names


def _is_same_word(one: str, other: str) -> bool:
    """`auth` is `authentication`, `db` is `database`; a plural is no other word."""
    if one == other or SHORT_FORMS.get(one, one) == SHORT_FORMS.get(other, other):
        return True
    if ENDING.sub("", one) == ENDING.sub("", other):
        return True
    shorter, longer = sorted((one, other), key=len)
    return len(shorter) >= 4 and longer.startswith(shorter)


def table_matches(document: Document, table: DocumentTable, alert: Alert) -> Iterator[Match]:
    """The rows of a table of alerts or symptoms and what to do that name the alert, with what can be run from there."""
    action = next(
        (
            position
            for position, name in enumerate(table.header)
            if any(word in name.casefold() for word in (*ACTIONS, *FIXES))
        ),
        0,
    )
    for index, row in enumerate(table.rows):
        if not same_alert(row[0], alert.name):
            continue
        hint = row[action] if action < len(row) else ""
        line = table.line + 2 + index
        here = (
            (procedure, step)
            for procedure in document.runbook.procedures
            for step in procedure.commands
            if step.line == line
        )
        procedure, step = next(here, (None, None))
        to = find_referenced_procedures(document.runbook, hint)
        if step is None and to:
            # Of several ways the one that can be run from here.
            procedure = next((procedure for procedure in to if procedure.commands), to[0])
        yield Match(alert, document, "table", hint, procedure, step)


def find_table_links(document: Document, table: DocumentTable, alert: Alert, catalogue: Catalogue) -> Iterator[Match]:
    """The runbooks that a table names for the alert, by their link or by their name."""
    for entry in list_named_runbooks(catalogue, document, table):
        if names_alert(entry.row[0], alert.name) or same_alert(entry.row[0], alert.name):
            there = entry.document or document
            procedure = entry.procedure or (
                there.runbook.procedures[0] if entry.document and len(there.runbook.procedures) == 1 else None
            )
            hint = entry.name if entry.document is None else procedure.full_title if procedure else there.runbook.title
            yield Match(alert, there, "table", hint, procedure)


def find_threshold_matches(document: Document, table: DocumentTable, alert: Alert) -> Iterator[Match]:
    """The limits that a document gives the signal of the alert: what it is measured against, for want of more."""
    columns = [index for index, name in enumerate(table.header) if index and LIMIT_COLUMN.search(name)]
    for row in table.rows:
        limits = [
            row[index] if len(columns) == 1 else f"{table.header[index].casefold()} {row[index]}"
            for index in columns
            if index < len(row) and row[index]
        ]
        if limits and same_alert(row[0], alert.name):
            yield Match(alert, document, "threshold", f"{row[0]}: {', '.join(limits)}")


def find_alert_link(document: Document, alert: Alert) -> str:
    """How the alert itself names the document: `runbook_url: https://.../high-latency.md#restart`, else ""."""
    file = document.runbook.path.rsplit("/", 1)[-1].casefold()
    for name, value in (*alert.labels, *alert.links):
        if name.casefold() in LINK_LABELS:
            named = value.split("#")[0].split("?")[0].rstrip("/").rsplit("/", 1)[-1].casefold()
            if named.removesuffix(".html") in (file, file.removesuffix(".md")):
                return value
    return ""


def mentions_alert(text: str, name: str) -> bool:
    """True when a clause of a text names the alert: "Error rate >5 %, health probe failures"."""
    return any(same_alert(clause, name) for clause in CLAUSE.split(text) if clause.strip())


def same_alert(sentence: str, name: str) -> bool:
    """True when the two names share most of the words of the shorter, and more than one.

    `5xx errors` is `mi-prod-5xx-errors` and `Http5xxErrors`; `High CPU/memory` is `High CPU` and `High memory`.
    """
    names = split_name_words(name)
    return bool(names) and any(are_alike(alternative, names) for alternative in split_alternatives(sentence))


def are_alike(lines: frozenset[str], names: frozenset[str]) -> bool:
    shared = len(lines & names)
    least = min(len(lines), len(names))
    return lines == names or (shared > 1 and 3 * shared >= 2 * least) or (shared == len(lines) == 1)


def split_alternatives(text: str) -> list[frozenset[str]]:
    """`High CPU/memory` as High CPU and High memory."""
    parts = text.split("/")
    if len(parts) == 1 or len(parts) > 4:
        return [split_name_words(text)]
    head, *middle, tail = parts
    before, after = head.rpartition(" ")[0], tail.partition(" ")[2]
    ends = [head.rpartition(" ")[2], *middle, tail.partition(" ")[0]]
    return [split_name_words(f"{before} {end} {after}") for end in ends]


@cache
def split_name_words(text: str) -> frozenset[str]:
    """The words that tell: split at case, dashes and digits, without plurals."""
    result = WORD.findall(CAMEL.sub(" ", text).casefold())
    return frozenset(word.removesuffix("s") if len(word) > 3 else word for word in result if word not in COMMON)

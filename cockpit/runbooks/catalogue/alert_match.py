"""Which runbook helps: with a probe what the configuration names; with an alert by the documents' tables and labels."""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Literal

from cockpit.model.alert import Alert, AlertState
from cockpit.model.probe import ProbeResult, ProbeState
from cockpit.model.runbook import DocumentTable, Procedure, Step
from cockpit.runbooks.catalogue.catalogue import Catalogue, Document, NotFound
from cockpit.runbooks.catalogue.references import find_referenced_procedures

How = Literal["link", "table", "label", "when", "threshold"]
RANK: tuple[How, ...] = ("link", "table", "label", "when", "threshold")
FIRING = frozenset({AlertState.PENDING, AlertState.FIRING, AlertState.RESOLVING})
COMMON = frozenset(
    {"a", "an", "the", "of", "on", "in", "is", "are", "or", "and", "to", "for", "after", "with", "alert", "any", "by"}
)
WORD = re.compile(r"[0-9]+[a-z]+|[a-z]+|[0-9]+")
CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
CLAUSE = re.compile(r"[,;.]\s+|\bor\b|\n")
SIGNS = ("when", "symptoms")  # labels that tell what it looks like
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
    """The procedures of the probes that are down or degraded. One that there is not is told by `cockpit check`."""
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
            of_this = [match for document in catalogue.documents for match in document_matches(document, alert)]
            result += sorted(of_this, key=lambda match: RANK.index(match.how))
    return tuple(result)


def document_matches(document: Document, alert: Alert) -> Iterator[Match]:
    """Every place of one document that speaks of the alert."""
    if is_linked_by_alert(document, alert):
        yield Match(alert, document, "link", document.runbook.title)
    for table in document.runbook.tables:
        if table.kind == "alert-actions":
            yield from table_matches(document, table, alert)
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
    for procedure in document.runbook.procedures:
        lines = [procedure.labels[name] for name in SIGNS if mentions_alert(procedure.labels.get(name, ""), alert.name)]
        if lines and procedure not in labelled:
            yield Match(alert, document, "when", lines[0], procedure)


def table_matches(document: Document, table: DocumentTable, alert: Alert) -> Iterator[Match]:
    """The rows of a table of alerts and first actions that name the alert, with what can be run or jumped to."""
    action = next(position for position, name in enumerate(table.header) if "action" in name.casefold())
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


def find_threshold_matches(document: Document, table: DocumentTable, alert: Alert) -> Iterator[Match]:
    """The limits that a document gives the signal of the alert: what it is measured against, for want of more."""
    limit = next(index for index, name in enumerate(table.header) if "threshold" in name.casefold())
    for row in table.rows:
        if limit < len(row) and row[limit] and same_alert(row[0], alert.name):
            yield Match(alert, document, "threshold", f"{row[0]}: {row[limit]}")


def is_linked_by_alert(document: Document, alert: Alert) -> bool:
    """True when the alert itself names the document: `runbook_url: https://.../high-latency.md`."""
    named = [value for name, value in (*alert.labels, *alert.links) if name.casefold() in LINK_LABELS]
    files = {value.split("#")[0].split("?")[0].rstrip("/").rsplit("/", 1)[-1].casefold() for value in named}
    file = document.runbook.path.rsplit("/", 1)[-1].casefold()
    return bool(files & {file, file.removesuffix(".md")})


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

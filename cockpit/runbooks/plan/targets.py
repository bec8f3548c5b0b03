"""What may be lost and how long it may take, and what the numbers should be."""

import re
from collections.abc import Iterator
from datetime import timedelta

from cockpit.model.plan import MetricTarget, Target
from cockpit.runbooks.plan.durations import parse_duration
from cockpit.runbooks.plan.source import Source, find_column, levels_in, read_cell

NONE_LOST = re.compile(r"(?i)^\W*(?:0\b(?!\s*[.\d])|zero\b|none\b|nothing\b|no data loss)")
NUMBERED = re.compile(r"^[\d.]+\s+")
ASIDE = re.compile(r"\(([^()]{1,80})\)")
PERCENT = re.compile(r"(\d{1,3}(?:\.\d{1,4})?)\s*%")
METRICS = (
    (re.compile(r"\bMTTD\b|\bTTD\b"), "TTD"),
    (re.compile(r"\bMTTA\b|\bTTA\b"), "TTA"),
    (re.compile(r"\bMTTM\b|\bTTM\b"), "TTM"),
    (re.compile(r"\bRTO\b"), "RTO"),
    (re.compile(r"\bRPO\b"), "RPO"),
    (re.compile(r"\bMTTR\b|\bTTR\b"), "TTR"),
    (re.compile(r"(?i)time to detect|\bdetection time"), "TTD"),
    (re.compile(r"(?i)time to acknowledge|\backnowledge?ment time"), "TTA"),
    (re.compile(r"(?i)time to mitigat"), "TTM"),
    (re.compile(r"(?i)recovery time objective"), "RTO"),
    (re.compile(r"(?i)recovery point objective"), "RPO"),
    (re.compile(r"(?i)time to (?:resol|recover|restor|repair)|\bresolution time"), "TTR"),
)


def read_targets(source: Source) -> Iterator[Target]:
    """One for each scenario of a table, and for each procedure that says its own."""
    for table in source.runbook.tables:
        if table.kind != "recovery-targets":
            continue
        rpo, rto = find_column(table, "rpo"), find_column(table, "rto")
        for index, row in enumerate(table.rows):
            lost, taken = read_cell(row, rpo), read_cell(row, rto)
            origin = source.origin(table.line + 2 + index)
            if read_cell(row, 0):
                yield Target(
                    read_cell(row, 0), at_most(lost), at_most(taken), how=read_parentheses(taken), origin=origin
                )
    named: set[str] = set()  # the parts of a chapter share its labels
    for procedure in source.runbook.procedures:
        lost, taken = procedure.labels.get("rpo", ""), procedure.labels.get("rto", "")
        name = procedure.within[0] if procedure.within else procedure.title
        name = NUMBERED.sub("", name)
        if procedure.section or name in named or not (lost or taken):
            continue
        named.add(name)
        line = source.origin(procedure.line)
        yield Target(
            name, at_most(lost), at_most(taken), how=read_parentheses(taken) or read_parentheses(lost), origin=line
        )


def at_most(text: str) -> timedelta | None:
    """The time in a cell; nothing at all may be lost where it says 0 or none."""
    return timedelta(0) if NONE_LOST.match(text) else parse_duration(text)


def read_parentheses(text: str) -> str:
    """What stands in parentheses: how it is done."""
    match = ASIDE.search(text)
    return match[1].strip() if match else ""


def metric_targets(source: Source) -> Iterator[MetricTarget]:
    """What each metric of a table should be."""
    for table in source.runbook.tables:
        if table.kind != "metric-targets":
            continue
        name, number = find_column(table, "metric") or 0, find_column(table, "target")
        for index, row in enumerate(table.rows):
            text, metric = read_cell(row, number), read_cell(row, name)
            if text and metric:
                percent = PERCENT.search(text)
                yield MetricTarget(
                    metric=metric_of(metric),
                    text=text,
                    limit=None if percent else parse_duration(text),
                    percent=float(percent[1]) if percent else None,
                    level=next(iter(levels_in(f"{text} {metric}")), ""),
                    origin=source.origin(table.line + 2 + index),
                )


def metric_of(text: str) -> str:
    """Our name of a metric, else the document's own words. MTTR is read as the time to resolve."""
    return next((name for meant, name in METRICS if meant.search(text)), text)

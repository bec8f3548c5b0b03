"""Full-text search over the whole file: every word must occur, the newest event first.

It reads the file backwards and asks each row, and keeps no index of words. An index would be a second copy of every
text: one more place that a redaction has to reach, one more that can lag behind or be damaged, and more to write while
an incident is going on. A million events take about as long as it takes to read them once; a word that occurs often is
found at once, because the search ends with the page.
"""

import json
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cockpit.model.event import Event
from cockpit.model.time import format_timestamp
from cockpit.timeline.hash_chain import ChainRow
from cockpit.timeline.rows import COLUMNS, to_event

TEXT = "lower(summary || char(10) || subject || char(10) || actor || char(10) || detail)"
TYPED = re.compile(r'"([^"]*)"?|([^\s"]+)')
PLAIN = re.compile(r"[!#-\[\]-~]+")  # a run of visible ASCII but for the quote and the backslash
NO_NAME = r'(?!\w*":)'  # what is found is not in the name of a field; within a text that quote would be escaped
PAGE = 50


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for. `terms` are words, or phrases of several words; the filters narrow it, where given.

    `before` is an event's id, exclusive: the page that follows one ends with the id it ended with.
    """

    terms: tuple[str, ...]
    since: datetime | None = None
    kinds: tuple[str, ...] = ()
    incident: str | None = None
    environment: str | None = None
    before: int | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """One event that holds every term. `line` is the line of it that holds most, `marks` the terms' places in it."""

    event: Event
    line: str
    marks: tuple[tuple[int, int], ...]
    superseded: bool = False  # a later event corrects it


@dataclass(frozen=True, slots=True)
class SearchPage:
    """Hits, the newest first; `more` when there are older ones behind the last of them."""

    hits: tuple[Hit, ...]
    more: bool = False


def split_terms(typed: str) -> tuple[str, ...]:
    """The words of a line as somebody types it; what stands in double quotes is one phrase."""
    result = (" ".join((phrase or word).split()) for phrase, word in TYPED.findall(typed))
    return tuple(dict.fromkeys(text for text in result if text))


def search_events(connection: sqlite3.Connection, query: Query, limit: int = PAGE) -> SearchPage:
    """The newest `limit` events that hold every term, in any case and order. Blocking. Raises sqlite3.Error.

    Looked at are summary, subject, actor, and every value of the detail. A redacted event has no words left and is
    never found.
    """
    patterns = [_compile_pattern(term) for term in query.terms]
    if not patterns:
        return SearchPage(())
    hits: list[Hit] = []
    corrected = _corrected_since(connection, query.before)
    for event in _iterate_candidates(connection, query):
        if event.supersedes is not None:
            corrected.add(event.supersedes)  # a correction has the greater id, so it is met before what it corrects
        if not _matches_query(query, event) or (pair := _find_best_line(event, patterns)) is None:
            continue
        if len(hits) == limit:
            return SearchPage(tuple(hits), more=True)
        hits.append(Hit(event, *pair, superseded=event.id in corrected))
    return SearchPage(tuple(hits))


def _iterate_candidates(connection: sqlite3.Connection, query: Query) -> Iterator[Event]:
    """Whatever may hold the terms, and every correction, backwards."""
    connection.create_function("holds", 1, _make_row_filter(query.terms), deterministic=True)
    # SQLite knows the two cases of ASCII letters alone, and in a detail's JSON quotes and backslashes are escaped.
    runs = dict.fromkeys(run for term in query.terms for run in PLAIN.findall(term.lower()))
    pairs: list[tuple[str, Sequence[object]]] = [("salt <> ''", ())]
    if query.kinds:
        pairs.append((f"kind IN ({', '.join('?' * len(query.kinds))})", query.kinds))
    if query.since is not None:
        pairs.append(("occurred >= ?", [format_timestamp(query.since)]))
    pairs += [(f"instr({TEXT}, ?)", [run]) for run in runs]
    pairs.append((f"holds({TEXT})", ()))
    outer = {"incident = ?": query.incident, "environment = ?": query.environment, "id < ?": query.before}
    bounds = {condition: value for condition, value in outer.items() if value is not None}
    holds_or_corrects = f"(supersedes IS NOT NULL OR ({' AND '.join(condition for condition, _ in pairs)}))"
    rows = connection.execute(
        f"SELECT {COLUMNS} FROM events WHERE {' AND '.join([*bounds, holds_or_corrects])} ORDER BY id DESC",
        [*bounds.values(), *(value for _, values in pairs for value in values)],
    )
    return (to_event(ChainRow._make(row)) for row in rows)


def _make_row_filter(terms: Sequence[str]) -> Callable[[str], bool]:
    """Whether a row as the file has it may hold every term, judged without reading its JSON."""
    patterns = [_as_stored(term) for term in terms]
    return lambda text: all(pattern.search(text) for pattern in patterns)


def _as_stored(term: str) -> re.Pattern[str]:
    """Finds a term where the JSON of a detail may have escaped it: a line break is two letters there."""
    parts = (
        "|".join(re.escape(form) for form in dict.fromkeys([word, json.dumps(word, ensure_ascii=False)[1:-1]]))
        for word in term.split()
    )
    return re.compile(r"(?:\s|\\[nrt])+".join(f"(?:{word})" for word in parts) + NO_NAME, re.IGNORECASE)


def _corrected_since(connection: sqlite3.Connection, before: int | None) -> set[int]:
    """What the events from `before` on correct: the walk does not come by them."""
    if before is None:
        return set()
    rows = connection.execute(
        "SELECT supersedes FROM events WHERE id >= ? AND supersedes IS NOT NULL ORDER BY id", [before]
    )
    return {number for (number,) in rows}


def _matches_query(query: Query, event: Event) -> bool:
    if event.redacted or (query.kinds and event.kind not in query.kinds):
        return False
    return query.since is None or format_timestamp(event.occurred) >= format_timestamp(query.since)


def _compile_pattern(term: str) -> re.Pattern[str]:
    return re.compile(r"\s+".join(re.escape(word) for word in term.split()), re.IGNORECASE)


def _find_best_line(
    event: Event, patterns: Sequence[re.Pattern[str]]
) -> tuple[str, tuple[tuple[int, int], ...]] | None:
    """The line that holds most of the terms, and where; None unless each of them is somewhere in the event."""
    texts = [event.summary, event.subject, event.actor, *_iterate_values(_without_rules(event.detail))]
    if not all(any(pattern.search(text) for text in texts) for pattern in patterns):
        return None
    lines = [event.summary, *(line for text in texts[3:] for line in text.splitlines())]
    line = max(lines, key=lambda text: sum(1 for pattern in patterns if pattern.search(text)))  # the first of equals
    return line, _merge_spans(sorted(match.span() for pattern in patterns for match in pattern.finditer(line)))


def _without_rules(detail: Mapping[str, Any]) -> Mapping[str, Any]:
    """The rules that a declaration records are of the documents: nobody wrote them there."""
    return {name: value for name, value in detail.items() if name != "rules"}


def _merge_spans(spans: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Sorted spans without overlaps."""
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def _iterate_values(value: Any) -> Iterator[str]:
    """Every text and number of a JSON value; the names of its fields are ours and say nothing."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _iterate_values(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _iterate_values(item)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield str(value)

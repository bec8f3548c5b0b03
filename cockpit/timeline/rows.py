"""Between drafts, rows and events; and the questions one can ask the table."""

import json
import math
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from operator import attrgetter
from typing import Any, TypedDict, Unpack

from cockpit.model.event import Draft, Event, Kind, RecordError
from cockpit.model.secret import KNOWN_SECRETS
from cockpit.model.text import clean_line, clean_text, keep_whole
from cockpit.model.time import format_timestamp
from cockpit.timeline.hash_chain import GENESIS, ChainRow, canonical, seal_payload, seal_place

FORMAT = 1  # `v` of the events written now
COLUMNS = ", ".join(ChainRow._fields)
VALUES = f"({', '.join('?' * len(ChainRow._fields))})"
TOGETHER = 50  # rows of one statement: half the work of one for each, and SQLite goes through them without Python

_decode = json.JSONDecoder().raw_decode

NO_LIMIT = -1  # to SQLite
KEYS = frozenset({"operation"})  # details that a later cockpit sends back to whoever gave them
Mask = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class RowMasker:
    """The last door before the file: secrets masked first, whole, then hostile characters replaced."""

    mask: Mask

    def line(self, text: object) -> str:
        return clean_line(self.mask(str(text)))

    def value(self, value: object) -> object:
        """A JSON value with every text in it masked and cleaned. A float JSON has no word for becomes text."""
        if isinstance(value, str):
            return clean_text(self.mask(value))
        if isinstance(value, Mapping):
            return {self.line(key): (self.key if key in KEYS else self.value)(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(item) for item in value]
        if isinstance(value, datetime):
            return format_timestamp(value)
        return str(value) if isinstance(value, float) and not math.isfinite(value) else value

    def key(self, value: object) -> object:
        """What will be sent back to Azure: as it came, or "" where masking would have to change a letter of it."""
        return (
            value
            if isinstance(value, str) and KNOWN_SECRETS.mask(self.mask(value)) == value == keep_whole(value)
            else ""
        )


@dataclass(frozen=True, slots=True)
class PreparedRow:
    """A draft masked, cleaned and with its words sealed: what needs no place in the chain, and so no transaction."""

    row: ChainRow  # its id, `recorded`, `prev_hash` and `hash` are to come


def prepare_row(draft: Draft, *, salt: str, masker: RowMasker) -> PreparedRow:
    """All of a draft's row that is known before its place. Raises TypeError for a detail that is not JSON."""
    row = ChainRow(
        id=0,
        incident=None if draft.incident is None else clean_line(draft.incident),
        environment=clean_line(draft.environment),
        # The id that a redaction names is ours, and verify must be able to read it, whatever the secrets are.
        subject=draft.subject if draft.kind == Kind.REDACT else masker.line(draft.subject),
        occurred=format_timestamp(draft.occurred),
        recorded="",
        kind=clean_line(draft.kind),
        source=clean_line(draft.source),
        actor=clean_line(draft.actor),
        summary=masker.line(draft.summary),
        detail=canonical(masker.value(draft.detail)),
        supersedes=draft.supersedes,
        v=FORMAT,
        salt=salt,
        payload_hash="",
        prev_hash="",
        hash="",
    )
    return PreparedRow(seal_payload(row))


def place_row(prepared: PreparedRow, *, after: tuple[int, str], recorded: datetime) -> ChainRow:
    """The sealed row at the end of the chain, behind `after` (id, hash)."""
    last, prev_hash = after
    return seal_place(prepared.row._replace(id=last + 1, recorded=format_timestamp(recorded), prev_hash=prev_hash))


def insert_rows(connection: sqlite3.Connection, rows: Sequence[ChainRow]) -> None:
    """Put sealed rows at the end of the chain, in order. Within the caller's transaction."""
    for start in range(0, len(rows), TOGETHER):
        group = rows[start : start + TOGETHER]
        places = ", ".join([VALUES] * len(group))
        connection.execute(f"INSERT INTO events ({COLUMNS}) VALUES {places}", list(chain.from_iterable(group)))


def to_event(row: ChainRow) -> Event:
    """Without the secrets that whoever wrote the row did not know. Raises RecordError for a row that the cockpit never
    wrote."""
    subject, actor, summary = row.subject, row.actor, row.summary
    if KNOWN_SECRETS.mask(whole := f"{subject}\n{actor}\n{summary}") != whole:  # one look for all three: most hold none
        subject = subject if row.kind == Kind.REDACT else KNOWN_SECRETS.mask(subject)
        actor, summary = KNOWN_SECRETS.mask(actor), KNOWN_SECRETS.mask(summary)
    try:
        return Event(
            id=row.id,
            incident=row.incident,
            environment=row.environment,
            subject=subject,
            occurred=datetime.fromisoformat(row.occurred),
            recorded=datetime.fromisoformat(row.recorded),
            kind=row.kind,
            source=row.source,
            actor=actor,
            summary=summary,
            detail={} if row.emptied else _masked_detail(row.detail),
            supersedes=row.supersedes,
            v=row.v,
            hash=row.hash,
            redacted=row.emptied,
        )
    except (TypeError, ValueError) as error:
        raise RecordError(
            f"Event {row.id} cannot be read; run `cockpit verify` to see what happened to it.",
            code="event-unreadable",
            event=row.id,
        ) from error


def _masked_detail(text: str) -> dict[str, Any]:
    """The detail without the secrets that an older cockpit, which did not know them, left in it."""
    detail = _parse_detail(text)
    if KNOWN_SECRETS.mask(text) == text:
        return detail
    return {
        KNOWN_SECRETS.mask(key): _mask_key(value) if key in KEYS else _mask_value(value)
        for key, value in detail.items()
    }


def _mask_key(value: Any) -> Any:
    """What is sent back as it is, or not at all: as `RowMasker.key` writes it."""
    return value if not isinstance(value, str) or KNOWN_SECRETS.mask(value) == value else ""


def _mask_value(value: Any) -> Any:
    if isinstance(value, str):
        return KNOWN_SECRETS.mask(value)
    if isinstance(value, dict):
        return {KNOWN_SECRETS.mask(key): _mask_value(item) for key, item in value.items()}
    return [_mask_value(item) for item in value] if isinstance(value, list) else value


def _parse_detail(text: str) -> dict[str, Any]:
    """The canonical JSON that was written, read in a third of the time of `json.loads`. Raises ValueError."""
    value, end = _decode(text)
    if end != len(text) or not isinstance(value, dict):
        raise ValueError("the detail is more or less than an object")
    return value


class EventQuery(TypedDict, total=False):
    """Which events are asked for: what matches every part that is given."""

    incident: str | None
    journal: bool  # only what no incident owns
    corrections: bool  # only what corrects another event
    environment: str | None
    after: int  # an id, exclusive
    before: int | None  # as well
    occurred_from: datetime | None  # inclusive
    occurred_until: datetime | None  # as well
    kinds: Sequence[str]
    limit: int | None  # the newest that many


class TimelineReader:
    """Questions to the table over one connection, thus within its transaction where there is one."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def events(self, **query: Unpack[EventQuery]) -> list[Event]:
        """What matches every part of the query, in id order; with `limit` the newest that many."""
        kinds, limit = query.get("kinds", ()), query.get("limit")
        occurred_from, occurred_until = query.get("occurred_from"), query.get("occurred_until")
        filters: list[tuple[str, Any]] = [
            ("incident = ?", query.get("incident")),
            ("environment = ?", query.get("environment")),
            ("id > ?", query.get("after") or None),
            ("id < ?", query.get("before")),
            ("occurred >= ?", occurred_from and format_timestamp(occurred_from)),
            ("occurred <= ?", occurred_until and format_timestamp(occurred_until)),
        ]
        pairs = [(condition, value) for condition, value in filters if value is not None]
        conditions = [condition for condition, _ in pairs]
        values = [value for _, value in pairs]
        if query.get("corrections"):
            conditions.append("supersedes IS NOT NULL")
        if query.get("journal"):
            conditions.append("+incident IS NULL")  # the plus keeps SQLite from walking through every journal's index
        if limit is None:
            if kinds:
                conditions.append(f"kind IN ({', '.join('?' * len(kinds))})")
                values += [str(kind) for kind in kinds]
            return [to_event(row) for row in self._rows(f"{_build_where(conditions)} ORDER BY id", values)]
        if not kinds:
            return self._newest(conditions, values, limit)
        # One walk from the end for each kind: asked for all at once SQLite would sort everything that matches.
        newest_of_each_kind = [
            self._newest([*conditions, "kind = ?"], [*values, str(kind)], limit) for kind in set(kinds)
        ]
        return sorted(chain.from_iterable(newest_of_each_kind), key=attrgetter("id"))[-limit:] if limit else []

    def _newest(self, conditions: Sequence[str], values: Sequence[Any], limit: int) -> list[Event]:
        rows = self._rows(f"{_build_where(conditions)} ORDER BY id DESC LIMIT ?", [*values, limit])
        return [to_event(row) for row in rows][::-1]

    def event(self, number: int) -> Event | None:
        return next((to_event(row) for row in self._rows("WHERE id = ?", [number])), None)

    def last(self) -> tuple[int, str]:
        """Id and hash of the newest event; (0, GENESIS) while there is none."""
        row = self._connection.execute("SELECT id, hash FROM events ORDER BY id DESC LIMIT 1").fetchone()
        return (row[0], row[1]) if row else (0, GENESIS)

    def hash_of(self, number: int) -> str | None:
        row = self._connection.execute("SELECT hash FROM events WHERE id = ?", [number]).fetchone()
        return row[0] if row else None

    def rows(self, *, after: int | None = None, until: int | None = None, limit: int = NO_LIMIT) -> Iterator[ChainRow]:
        """Every row in id order, one at a time, or only those behind id `after` and up to `until`; with `limit` the
        first that many."""
        bounds = [(condition, id) for condition, id in (("id > ?", after), ("id <= ?", until)) if id is not None]
        where = _build_where([condition for condition, _ in bounds])
        return self._rows(f"{where} ORDER BY id LIMIT ?", [*(id for _, id in bounds), limit])

    def _rows(self, clauses: str, values: Sequence[Any]) -> Iterator[ChainRow]:
        return map(ChainRow._make, self._connection.execute(f"SELECT {COLUMNS} FROM events {clauses}", values))


def _build_where(conditions: Sequence[str]) -> str:
    return f"WHERE {' AND '.join(conditions)}" if conditions else ""

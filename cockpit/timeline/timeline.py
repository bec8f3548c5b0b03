"""The timeline: the append-only file that remembers. See docs/timeline.md."""

import os
import secrets
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from cockpit.model.event import Draft, Event, Kind, RecordError
from cockpit.model.operator import Operator, operator_named, with_author
from cockpit.model.time import Time
from cockpit.timeline.connection import explain_database_error, refuse_network, to_read
from cockpit.timeline.follower import Deliver, Follower, Report, TimelineTail
from cockpit.timeline.hash_chain import ChainRow, ChainVerdict
from cockpit.timeline.location import find_real_file
from cockpit.timeline.repetitions import find_repetitions
from cockpit.timeline.rescue import (
    RECOVERED,
    TimelineRecovery,
    append_as_they_were,
    count_changed,
    drafts_again,
    split_missing,
)
from cockpit.timeline.rows import (
    EventQuery,
    Mask,
    PreparedRow,
    RowMasker,
    TimelineReader,
    insert_rows,
    place_row,
    prepare_row,
    to_event,
)
from cockpit.timeline.writer import Writer
from cockpit.turns import take_turns

if TYPE_CHECKING:
    from cockpit.timeline.search import Query, SearchPage

PATIENCE = 5.0  # seconds to wait for another program's lock
Plan = Callable[[TimelineReader], Sequence[Draft | PreparedRow]]
"""Decides what to write from what is in the file, inside the transaction that writes it."""


def fresh_salt() -> str:
    """128 bits, so that an emptied text cannot be guessed back out of its hash."""
    return secrets.token_hex(16)


class Timeline:
    """One timeline file. Every method may be called from any thread; those that touch the file block.

    `mask` hides secrets in what is written, `salt` gives a fresh secret text for each event, `patience` is how many
    seconds another program's lock is waited for. All methods raise RecordError, whose text says what to do.
    """

    def __init__(
        self,
        path: Path,
        *,
        time: Time,
        read_only: bool = False,
        mask: Mask | None = None,
        salt: Callable[[], str] = fresh_salt,
        patience: float = PATIENCE,
    ) -> None:
        """Open the file, or make it. With `read_only` a file that is not there yet is a timeline without events."""
        self.path = find_real_file(path)
        self.read_only = read_only
        self._time = time
        self._masker = RowMasker(mask or (lambda text: text))
        self._salt = salt
        self._patience = patience
        self._followers: list[Follower] = []
        if os.path.isdir(self.path):  # unlike Path.is_dir it raises nothing where we may not look
            raise RecordError(
                f"{self.path} is a directory; name the file in it with --db, such as {self.path}/timeline.db.",
                code="is-a-directory",
                file=self.path,
            )
        refuse_network(self.path)
        self._writer = None if read_only else Writer(self.path, patience, time.now)
        with self._reading():
            pass  # a file that cannot be read is reported now, not at the first question

    @property
    def orphaned_wal(self) -> Path | None:
        """What a file that was moved away had left here when this one was begun, where it is kept; else None."""
        return self._writer.orphaned_wal if self._writer is not None else None

    def close(self) -> None:
        """Stop the followers, let the write in hand finish, close the file."""
        for follower in tuple(self._followers):
            follower.stop()
        if self._writer is not None:
            self._writer.close()

    def __enter__(self) -> "Timeline":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def record(self, drafts: Sequence[Draft] | Plan) -> list[Event]:
        """Append all drafts or none, and return them as events once they are on the disk.

        A Plan is asked for its drafts inside the transaction: what it read cannot change before it is written.
        """
        return [to_event(row) for row in take_turns(self._record(drafts))]

    def record_many(self, drafts: Sequence[Draft] | Plan) -> int | None:
        """The same for thousands, whose events come to every follower anyway: the id of the newest, None for none."""
        rows = self._record(drafts)
        return rows[-1].id if rows else None

    def prepare(self, drafts: Iterable[Draft]) -> list[PreparedRow]:
        """Drafts masked and sealed as far as that needs no place in the chain, for a Plan that writes many.

        Of a storm's poll that is most of the work, and within the transaction everybody else's acts would wait for it.
        Raises TypeError for a detail that is not JSON.
        """
        return [prepare_row(draft, salt=self._salt(), masker=self._masker) for draft in take_turns(drafts)]

    def _record(self, drafts: Sequence[Draft] | Plan) -> Sequence[ChainRow]:
        if callable(drafts):
            return self._write(lambda connection: self._append(connection, drafts(TimelineReader(connection))))
        if not drafts:
            return []
        self._must_write()
        prepared = self.prepare(drafts)
        return self._write(lambda connection: self._append(connection, prepared))

    def check_files(self) -> None:
        """Raise RecordError when what is written would go to files that were removed, replaced or cut short."""
        if self._writer is not None:
            self._writer.check_files()

    def events(self, **query: Unpack[EventQuery]) -> list[Event]:
        """What matches every part of the query, in id order; with `limit` the newest that many."""
        with self._reading() as reader:
            return reader.events(**query)

    def event(self, number: int) -> Event | None:
        with self._reading() as reader:
            return reader.event(number)

    def first_recorded(self) -> datetime | None:
        """Since when there is a record at all; None for an empty one."""
        first = self.event(1)
        return min(first.recorded, first.occurred) if first else None

    def head(self) -> str:
        """The hash of the newest event: who notes it elsewhere can later prove what the file held."""
        with self._reading() as reader:
            return reader.last()[1]

    def follow(self, deliver: Deliver, *, after: int | None = None, report: Report | None = None) -> Callable[[], None]:
        """Hand over every event behind id `after` (None: behind the newest), of all processes, in order, each once.

        Own events come at once, others' within half a second, on a thread of its own. `report` gets the RecordError
        when the file can no longer be read, and None when it can again. The answer stops it.
        """
        if after is None:
            with self._reading() as reader:
                after, _ = reader.last()
        follower = Follower(TimelineTail(self.path, after, self._patience), deliver, report or (lambda trouble: None))
        self._followers.append(follower)

        def stop() -> None:
            follower.stop()
            if follower in self._followers:
                self._followers.remove(follower)

        return stop

    def verify(self, *, known_head: str = "") -> ChainVerdict:
        """Walk along the whole chain; `known_head`, noted earlier, must be on it. Seconds for a long file."""
        if not self.path.exists():
            raise RecordError(
                f"There is no timeline at {self.path}; name the file with --db.",
                code="timeline-missing",
                file=self.path,
            )
        from cockpit.timeline.verify import audit_timeline

        with self._connection() as connection:
            return audit_timeline(connection, known_head=known_head)

    def search(self, query: "Query", limit: int | None = None) -> "SearchPage":
        """The newest `limit` events that hold every term of the query, a page without one. A second for a million."""
        from cockpit.timeline.search import PAGE, search_events  # of the programs that open a timeline few search it

        with self._connection() as connection:
            return search_events(connection, query, PAGE if limit is None else limit)

    def redact(self, number: int, actor: str | Operator, reason: str) -> Event:
        """Empty summary, detail and salt of an event and of those that repeat its words, and write down who did it and
        why; returns what says so of the event itself.

        Its old text is then gone from the file and from the `-wal` beside it, not from backups. Redacting again
        only makes sure of the latter.
        """
        author = operator_named(actor)
        author.must_be_named()
        earlier: Event | None = None

        def empty(connection: sqlite3.Connection) -> list[ChainRow]:
            nonlocal earlier
            rows, earlier = self._empty(connection, number, author, reason)
            return rows

        rows = self._write(empty)
        event = earlier or to_event(rows[0])
        if self._writer is not None and not self._writer.empty_wal():
            raise RecordError(
                f"Event {number} is emptied, but a program that is reading the file keeps its old text in "
                f"{self.path.name}-wal; run `cockpit redact {number}` again when it is done.",
                code="old-text-kept",
                event=number,
                file=self.path.name,
            )
        return event

    def recover(self, rows: Sequence[ChainRow]) -> TimelineRecovery:
        """Take back rows that a writer saved when its files were lost, each once, however often it is asked.

        Where the file ends right before them they stand as they were, ids and hashes and all; else they are written
        again behind what came since.
        """
        outcome = TimelineRecovery()

        def take_back(connection: sqlite3.Connection) -> Sequence[ChainRow]:
            nonlocal outcome
            missing = split_missing(connection, rows)
            if append_as_they_were(connection, missing.rows):
                outcome = TimelineRecovery(as_they_were=len(missing.rows), present=missing.present)
                return missing.rows
            drafts = drafts_again(connection, missing)
            outcome = TimelineRecovery(
                again=len(drafts),
                present=missing.present,
                left_out=len(missing.rows) - len(drafts),
                changed=count_changed(missing.rows),
            )
            return self._append(connection, drafts)

        self._write(take_back)
        return outcome

    def _must_write(self) -> Writer:
        if self._writer is None:
            raise RecordError("Read-only: nothing is recorded. Start without --read-only to write.", code="read-only")
        return self._writer

    def _write(self, work: Callable[[sqlite3.Connection], Sequence[ChainRow]]) -> Sequence[ChainRow]:
        rows = self._must_write().run(work)
        for follower in tuple(self._followers):
            follower.wake()
        return rows

    def _append(self, connection: sqlite3.Connection, facts: Sequence[Draft | PreparedRow]) -> list[ChainRow]:
        last = TimelineReader(connection).last()
        rows: list[ChainRow] = []
        for fact in take_turns(facts):
            prepared = fact if isinstance(fact, PreparedRow) else self.prepare([fact])[0]
            row = place_row(prepared, after=last, recorded=self._time.now())
            last = (row.id, row.hash)
            rows.append(row)
        insert_rows(connection, rows)
        return rows

    def _empty(
        self, connection: sqlite3.Connection, number: int, author: Operator, reason: str
    ) -> tuple[list[ChainRow], Event | None]:
        """The rows that say what was emptied now; and what says it of the event itself, where it was emptied before."""
        event = TimelineReader(connection).event(number)
        if event is None:
            raise RecordError(
                f"There is no event {number}; `cockpit timeline` lists them.", code="unknown-event", event=number
            )
        reader = TimelineReader(connection)
        redacted = {done.subject: done for done in reversed(reader.events(kinds=[Kind.REDACT]))}
        emptied = [event, *find_repetitions(event, reader)]
        fresh = [each for each in emptied if not (each.redacted and str(each.id) in redacted)]
        connection.executemany(
            "UPDATE events SET summary = '', detail = '', salt = '' WHERE id = ?", [(each.id,) for each in fresh]
        )
        written = self._append(connection, [self._draft_redaction(each, number, author, reason) for each in fresh])
        return written, None if event in fresh else redacted[str(number)]

    def _draft_redaction(self, event: Event, named: int, author: Operator, reason: str) -> Draft:
        """`named` is the event that was asked for, whose words `event` repeats where it is another one."""
        because = reason if event.id == named else f"it repeats event {named}: {reason}"
        # Which lost event it had been goes on to be known: another file of saved rows may hold its words.
        origin = {RECOVERED: event.detail[RECOVERED]} if RECOVERED in event.detail else {}
        return Draft(
            kind=Kind.REDACT,
            summary=f"Event {event.id} redacted: {because}",
            occurred=self._time.now(),
            environment=event.environment,
            subject=str(event.id),
            actor=author.name,
            incident=event.incident,
            detail=with_author({"reason": because} | origin, author.detail()),
        )

    @contextmanager
    def _reading(self) -> Iterator[TimelineReader]:
        with self._connection() as connection:
            yield TimelineReader(connection)

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """A connection for one question: none waits for another, and none keeps the file busy afterwards."""
        try:
            with closing(to_read(self.path, self._patience).connection) as connection:
                yield connection
        except (sqlite3.Error, OSError) as error:
            raise explain_database_error(error, self.path, self._patience) from error

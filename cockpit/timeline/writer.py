"""The one thread that writes: a transaction for each call, durable when the call returns."""

import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from cockpit.model.event import RecordError
from cockpit.timeline.connection import (
    empty_wal,
    explain_database_error,
    get_primary_code,
    is_wal_cut,
    make_file,
    read_file_identity,
    read_size,
    to_write,
)
from cockpit.timeline.hash_chain import ChainRow
from cockpit.timeline.rescue import FilesLostError, keep_orphaned_wal, save_rows, write_saved
from cockpit.timeline.rows import TimelineReader
from cockpit.turns import take_turns

T = TypeVar("T")
KEPT = 10_000  # rows; a `-wal` is emptied after 1,000 pages, and each transaction takes at least one
ROW_OVERHEAD = 700  # characters of a row beside its payload: names, times, hashes
KEPT_SIZE = 8 * 1_048_576  # characters of them; a `-wal` is emptied after 4 MB where no reader is in the way


class Writer:
    """Owns the writing connection and its thread. `patience` is how many seconds a lock is waited for.

    When the files are lost under it, it saves beside them what it acknowledged and nobody else can read any more.
    """

    def __init__(self, path: Path, patience: float, now: Callable[[], datetime]) -> None:
        """Open or make the file. Raises RecordError."""
        self.orphaned_wal: Path | None = None  # of a file that was moved away without it: where it is kept
        self._path = path
        self._now = now
        self._patience = patience
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None
        self._wal: tuple[int, int] | None = None  # of the connection that is open
        self._size = 0  # bytes; the file of a timeline never shrinks
        self._wal_size = 0  # bytes; a `-wal` shrinks where somebody empties it in peace, or cuts it
        self._last = (0, "")  # id and hash of the newest event we know to be in the file
        self._kept: deque[ChainRow] = deque()  # what was acknowledged here last
        self._kept_size = 0  # characters of it
        self._saved: str | None = None  # what became of it when the files were lost; None while nothing was saved
        self._acknowledged: int | None = None  # the last id that was, where the files were lost in a transaction
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="timeline-writer")
        try:
            self.run(lambda _: ())
        except BaseException:
            self.close()
            raise

    def run(self, work: Callable[[sqlite3.Connection], Sequence[ChainRow]]) -> Sequence[ChainRow]:
        """Do `work` in one `BEGIN IMMEDIATE` transaction and return once it is on the disk. Blocks.

        `work` answers all rows that it appended, in order, and so does this. Raises RecordError, or whatever `work`
        raises; nothing of it is then in the file.
        """
        return self._submit(lambda: self._transaction(work))

    def empty_wal(self) -> bool:
        """Leave nothing in the `-wal` file; False when a reader was in the way. Blocks. Raises RecordError."""
        return self._submit(self._empty_wal)

    def close(self) -> None:
        """Let the write in hand finish, then close the file."""
        self._thread.shutdown(wait=True)
        self._drop()

    def _submit(self, call: Callable[[], T]) -> T:
        try:
            future = self._thread.submit(call)
        except RuntimeError:  # shut down, or the interpreter is ending
            raise RecordError("The timeline is closed; nothing more is recorded.", code="timeline-closed") from None
        return future.result()

    def _transaction(self, work: Callable[[sqlite3.Connection], Sequence[ChainRow]]) -> Sequence[ChainRow]:
        self._check_files()
        before = self._last
        try:
            connection = self._open()
            connection.execute("BEGIN IMMEDIATE")
            self._refuse_other_content(connection)
            reader = TimelineReader(connection)
            acknowledged, _ = reader.last()
            appended = work(connection)
            last = (appended[-1].id, appended[-1].hash) if appended else reader.last()
            # What others wrote since our last look is in the same `-wal`; at the first look, all of the file is new.
            others = list(take_turns(reader.rows(after=before[0], until=acknowledged))) if before[1] else []
            connection.execute("COMMIT")
        except (sqlite3.Error, OSError) as error:
            # After a failed write to the disk a connection no longer knows what the file holds; the next call reopens.
            self._drop()
            raise explain_database_error(error, self._path, self._patience) from error
        except BaseException as error:
            if self._connection is not None:
                self._connection.rollback()
            if isinstance(error, FilesLostError):
                raise self._tell_lost(error, None) from None
            raise
        if self._wal is None:
            self._wal = read_file_identity(self._wal_path)
        self._check_files(until=acknowledged)  # what has just gone to a file that nobody can open is not acknowledged
        self._last = last
        if before[1]:
            self._keep([*others, *appended])
        return appended

    def _keep(self, rows: Sequence[ChainRow]) -> None:
        """Remember as many of the newest rows as a `-wal` may hold: long outputs must not fill the memory."""
        self._kept.extend(rows)
        self._kept_size += sum(map(_row_size, rows))
        while len(self._kept) > KEPT or (self._kept_size > KEPT_SIZE and len(self._kept) > 1):
            self._kept_size -= _row_size(self._kept.popleft())

    def check_files(self) -> None:
        """Raise FilesLostError when the file or its `-wal` is not the one we write to any more, or was cut short.

        SQLite itself does not notice: it goes on writing to files that nobody else can open. Three looks at the
        directory; safe from any thread.
        """
        try:
            self._look_at_files()
        except FilesLostError:
            self._submit(self._check_files)
            raise

    def _check_files(self, until: int | None = None) -> None:
        """The same on the writer's thread. Events up to id `until` were acknowledged; None: all that are there."""
        try:
            self._look_at_files()
        except FilesLostError as error:
            raise self._tell_lost(error, until) from None

    def _tell_lost(self, error: FilesLostError, until: int | None) -> FilesLostError:
        """The same error, with what became of the acknowledged events."""
        self._acknowledged = until if self._acknowledged is None else self._acknowledged
        message = f"{error} {self._save() if self._saved is None else self._saved}".rstrip()
        return FilesLostError(message, code=error.code, **error.facts)

    def _save(self) -> str:
        """What became of the acknowledged events that whoever opens the file now does not find, in a sentence."""
        rows = save_rows(self._connection, self._kept, self._path, self._acknowledged)
        count = f"{len(rows)} events that were recorded" if len(rows) != 1 else "1 event that was recorded"
        try:
            file = write_saved(rows, self._path, self._now()) if rows else None
        except OSError as error:  # tried again at the next look
            return f"{count} could not be saved beside it ({error.strerror})."
        self._saved = f"{count}: saved in {file}; `cockpit verify --recover` takes it back." if file else ""
        return self._saved

    def _look_at_files(self) -> None:
        if self._file is None:
            return
        if read_file_identity(self._path) != self._file:
            raise self._replaced()
        wal = self._wal
        if wal is not None and read_file_identity(self._wal_path) != wal:
            raise FilesLostError(
                f"{self._wal_path} was replaced or removed while it was open, so nothing more is recorded. It may hold "
                "what was recorded last: put it back if you have it, run `cockpit verify`, and restart the cockpit.",
                code="wal-replaced",
                file=self._wal_path,
            )
        before, self._wal_size = self._wal_size, read_size(self._wal_path)
        if wal is not None and self._wal_size < before and is_wal_cut(self._path):
            self._wal_size = before  # the next look finds it, too
            raise FilesLostError(
                f"{self._wal_path} was cut short while it was open, so nothing more is recorded. It held what was "
                "recorded last. Keep a copy of all three files, run `cockpit verify`, and restart the cockpit.",
                code="wal-cut",
                file=self._wal_path,
            )
        try:
            size = self._path.stat().st_size
        except OSError:
            raise self._replaced() from None
        if size < self._size:
            raise FilesLostError(
                f"{self._path} was cut short while it was open, so nothing more is recorded. Keep a copy of it and of "
                "what lies beside it and run `cockpit verify`. If it is whole, restart, else restore a backup.",
                code="file-cut",
                file=self._path,
            )
        self._size = size

    @property
    def _wal_path(self) -> Path:
        return self._path.with_name(f"{self._path.name}-wal")

    def _empty_wal(self) -> bool:
        try:
            return empty_wal(self._open(), self._patience)
        except (sqlite3.Error, OSError) as error:
            self._drop()
            raise explain_database_error(error, self._path, self._patience) from error

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            if self._file is None:
                self.orphaned_wal = keep_orphaned_wal(self._path, self._now)
                make_file(self._path)
            self._connection = to_write(self._path, self._patience)
            self._file = self._file or read_file_identity(self._path)
        return self._connection

    def _refuse_other_content(self, connection: sqlite3.Connection) -> None:
        """What was shown as recorded must still be there: an older copy put in place is not written to."""
        number, head = self._last
        try:
            is_ours = not number or TimelineReader(connection).hash_of(number) == head
        except sqlite3.OperationalError as error:
            if get_primary_code(error) != sqlite3.SQLITE_ERROR:
                raise
            is_ours = False  # another program's tables are in it now: somebody restored into the open file
        if not is_ours:
            raise self._replaced()

    def _replaced(self) -> FilesLostError:
        return FilesLostError(
            f"{self._path} was replaced or removed while it was open, so nothing more is written to it. "
            "Put the original back, or restart the cockpit to go on with what is there now.",
            code="file-replaced",
            file=self._path,
        )

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = self._wal = None
            self._wal_size = 0


def _row_size(row: ChainRow) -> int:
    return len(row.summary) + len(row.detail) + ROW_OVERHEAD

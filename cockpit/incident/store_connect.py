"""Connections to the timeline file: the one that writes, and those that read."""

import os
import sqlite3
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep
from typing import NamedTuple
from urllib.parse import quote

from cockpit.incident.store_schema import check, create, prepare
from cockpit.incident.store_trouble import primary, read_only
from cockpit.model.event import RecordError

NO_MEMORY = frozenset(  # a full disk has no room for what readers and writers share
    {sqlite3.SQLITE_IOERR_SHMOPEN, sqlite3.SQLITE_IOERR_SHMSIZE, sqlite3.SQLITE_IOERR_SHMMAP}
)
RETRY = 0.02  # seconds between two tries where SQLite itself does not wait for a lock


class Opened(NamedTuple):
    """A connection; `live` when it sees what others write, so that it need not be opened again to look again."""

    connection: sqlite3.Connection
    live: bool


def to_write(path: Path, patience: float) -> sqlite3.Connection:
    """A connection for one writer, which waits `patience` seconds for a lock. Raises sqlite3.Error, RecordError."""
    # SQLite would quietly open such a file to read, and refuse only the first write.
    if path.exists() and not os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids):
        raise RecordError(read_only(path))
    connection = _open(f"{_uri(path)}?mode=rw", patience)
    try:
        connection.execute("PRAGMA secure_delete = ON")
        _use_wal(connection, patience)
        connection.execute("PRAGMA synchronous = FULL")
        prepare(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def to_read(path: Path, patience: float) -> Opened:
    """A connection that cannot write. A file that is not there yet, or is still empty, reads as one without events.

    Raises sqlite3.Error, OSError, RecordError.
    """
    if not path.exists() or not path.stat().st_size:
        return Opened(_nothing(), live=False)
    opened = _open_to_read(path, patience)
    try:
        check(opened.connection, path)
    except BaseException:
        opened.connection.close()
        raise
    return opened


def _open_to_read(path: Path, patience: float) -> Opened:
    """Where we may not write, and on a full disk, SQLite cannot make the memory that readers and writers share. If
    nobody has the file open it is then read as it lies on the disk."""
    connection = _open(f"{_uri(path)}?mode=ro", patience)
    try:
        connection.execute("PRAGMA schema_version").fetchone()
    except sqlite3.Error as error:
        connection.close()
        if not _without_shared(error) or is_open(path):
            raise
        return Opened(_open(f"{_uri(path)}?mode=ro&immutable=1", patience), live=False)
    return Opened(connection, live=True)


def _without_shared(error: sqlite3.Error) -> bool:
    kinds = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)
    return primary(error) in kinds or getattr(error, "sqlite_errorcode", 0) in NO_MEMORY


def is_open(path: Path) -> bool:
    """True when a write-ahead log lies beside the file: somebody writes, or was killed writing."""
    with suppress(OSError):
        return path.with_name(f"{path.name}-wal").stat().st_size > 0
    return False


def _open(uri: str, patience: float) -> sqlite3.Connection:
    # Every use is on one thread at a time; the writer's thread is not the one that opens and closes.
    return sqlite3.connect(uri, uri=True, timeout=patience, isolation_level=None, check_same_thread=False)


def _uri(path: Path) -> str:
    return f"file:{quote(str(path.absolute()))}"


def _nothing() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    create(connection)
    return connection


def _use_wal(connection: sqlite3.Connection, patience: float) -> None:
    """Switch to write-ahead logging. SQLite does not wait for a lock here, so two who make one file together must."""
    deadline = monotonic() + patience
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL").fetchone()
            return
        except sqlite3.OperationalError as error:
            if primary(error) != sqlite3.SQLITE_BUSY or monotonic() > deadline:
                raise
        sleep(RETRY)


def empty_wal(connection: sqlite3.Connection, patience: float) -> bool:
    """Move everything out of the `-wal` file and cut it to nothing; False when a reader was in the way all the time.

    SQLite waits for readers and writers here, but not for another process that is doing the same.
    """
    deadline = monotonic() + patience
    while True:
        (blocked, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if not blocked or monotonic() > deadline:
            return not blocked
        sleep(RETRY)

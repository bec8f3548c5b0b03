"""What SQLite and the operating system say, in sentences that say what to do."""

import errno
import sqlite3
from pathlib import Path

from cockpit.model.clean import clean_line
from cockpit.model.event import RecordError

SAVED = "nothing of this was written, everything before it is safe"
ELSEWHERE = "Ask its owner for write access, or name another file with --db."


def primary(error: sqlite3.Error) -> int:
    """The result code; an extended one holds its primary one in the low byte. 0 where Python made the error itself."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def explain(error: sqlite3.Error | OSError, path: Path, patience: float) -> RecordError:
    """The RecordError of a failure on `path`; `patience` is how many seconds a lock was waited for."""
    sentence = _of_system(error, path) if isinstance(error, OSError) else _of_sqlite(error, path, patience)
    return RecordError(sentence)


def read_only(path: Path) -> str:
    return f"{path} or its directory is read-only for you. {ELSEWHERE}"


def _of_sqlite(error: sqlite3.Error, path: Path, patience: float) -> str:
    match primary(error):
        case sqlite3.SQLITE_FULL:
            return f"The disk of {path} is full: {SAVED}. Free some space and try again."
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return (
                f"{path} was locked by another program for more than {patience:g} s: {SAVED}. "
                "Close what holds it (`fuser` names it) and try again."
            )
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM | sqlite3.SQLITE_AUTH:
            return read_only(path)
        case sqlite3.SQLITE_CANTOPEN:
            return f"{path} cannot be opened: it, its directory or a file beside it is closed to you. {ELSEWHERE}"
        case sqlite3.SQLITE_NOTADB:
            return (
                f"{path} is not a timeline: it is no SQLite file, or it is damaged. "
                "Name another file with --db, or restore a backup."
            )
        case sqlite3.SQLITE_CORRUPT:
            return (
                f"{path} is damaged. Keep a copy, run `cockpit verify` to see how far it can be read, "
                "and restore a backup."
            )
        case sqlite3.SQLITE_IOERR:
            return (
                f"The disk of {path} refused to read or write ({clean_line(error)}): {SAVED}. "
                "Check its free space and its health."
            )
        case _:
            return f"{path} cannot be used: {clean_line(error)}."


def _of_system(error: OSError, path: Path) -> str:
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return f"The disk of {path} is full: {SAVED}. Free some space and try again."
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return f"{path.parent} is closed to you. {ELSEWHERE}"
        case errno.ENOTDIR | errno.EEXIST:
            return f"{path.parent} is not a directory. Name another file with --db."
        case _:
            return f"{path} cannot be opened: {clean_line(error.strerror or error)}."

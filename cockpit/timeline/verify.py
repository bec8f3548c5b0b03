"""Everything `cockpit verify` looks at: the chain, the pages and indexes of the file, and its triggers."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace

from cockpit.model.text import clean_line
from cockpit.timeline.hash_chain import ChainRow, ChainVerdict, UnreadableError, verify_chain
from cockpit.timeline.rows import TimelineReader
from cockpit.timeline.schema import missing_guards


def audit_timeline(connection: sqlite3.Connection, *, known_head: str = "") -> ChainVerdict:
    """The verdict on the whole file; a file that SQLite itself finds damaged is one, too. Does not raise."""
    verdict = verify_chain(_iterate_readable_rows(connection), known_head=known_head)
    return replace(verdict, ok=False, reason=flaw) if verdict.ok and (flaw := _find_file_flaw(connection)) else verdict


def _iterate_readable_rows(connection: sqlite3.Connection) -> Iterator[ChainRow]:
    try:
        yield from TimelineReader(connection).rows()
    except sqlite3.Error as error:
        raise UnreadableError(f"the file cannot be read any further ({clean_line(error, 200)})") from error


def _find_file_flaw(connection: sqlite3.Connection) -> str:
    """What is wrong with a file whose chain is whole. An index that lies would hide events from a question."""
    try:
        (damage,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    except sqlite3.Error as error:
        damage = str(error)
    if damage != "ok":
        return f"the events are whole, but the file around them is damaged ({clean_line(damage, 200)})"
    if missing := missing_guards(connection):
        return f"the events are whole, but what refuses changes to them was removed: {', '.join(missing)}"
    return ""

"""The timeline file: one table, its indexes, and the triggers that refuse everything but appending and emptying."""

import sqlite3
from pathlib import Path

from cockpit.model.event import RecordError
from cockpit.timeline.hash_chain import GENESIS, PAYLOAD, ChainRow

APPLICATION_ID = 0x636F636B  # "cock", so that file(1) and we know the file again
VERSION = 1  # of the schema; PRAGMA user_version of the file

INTEGERS = ("id", "supersedes", "v")
OPTIONAL = ("incident", "supersedes")
# Every index ends in the id. So the newest of an incident, of an environment, and of a kind in an environment are
# read from the end; the two with a time are for ranges.
INDEXES = (("incident",), ("environment",), ("environment", "kind"), ("environment", "occurred"), ("kind", "occurred"))

_kept = " AND ".join(f"NEW.{name} IS OLD.{name}" for name in ChainRow._fields if name not in PAYLOAD)
_emptied = " AND ".join(f"NEW.{name} = ''" for name in PAYLOAD)
TRIGGERS = {
    "events_continue_the_chain": f"""
        BEFORE INSERT ON events
        WHEN NEW.id IS NOT (SELECT coalesce(max(id), 0) + 1 FROM events)
          OR NEW.prev_hash IS NOT coalesce((SELECT hash FROM events ORDER BY id DESC LIMIT 1), '{GENESIS}')
        BEGIN SELECT RAISE(ABORT, 'an event is appended at the end of the chain'); END""",
    "events_are_never_deleted": """
        BEFORE DELETE ON events
        BEGIN SELECT RAISE(ABORT, 'the timeline is append-only'); END""",
    "events_are_only_emptied": f"""
        BEFORE UPDATE ON events
        WHEN NOT ({_emptied} AND {_kept})
        BEGIN SELECT RAISE(ABORT, 'the timeline is append-only: an event can only be redacted'); END""",
}


def prepare_schema(connection: sqlite3.Connection, path: Path) -> None:
    """Make a new file a timeline; leave one that is there as it is. Raises RecordError for any other database."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        if is_new(connection):
            create_schema(connection)
        check_schema(connection, path)
        connection.execute("COMMIT")
    except BaseException:
        connection.rollback()
        raise


def is_new(connection: sqlite3.Connection) -> bool:
    """True for a database that holds nothing yet."""
    return not any(
        connection.execute(question).fetchone()[0]
        for question in ("PRAGMA user_version", "PRAGMA application_id", "SELECT count(*) FROM sqlite_master")
    )


def create_schema(connection: sqlite3.Connection) -> None:
    """Write the schema. Within the caller's transaction."""
    from sqlite_utils import Database  # only a new file needs it

    columns = {name: int if name in INTEGERS else str for name in ChainRow._fields}
    required = [name for name in ChainRow._fields if name not in OPTIONAL]
    events = Database(connection, execute_plugins=False).table("events")
    events.create(columns, pk="id", not_null=required)
    for index in INDEXES:
        events.create_index(index)
    for name, body in TRIGGERS.items():
        connection.execute(f"CREATE TRIGGER {name}{body}")
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {VERSION}")


def check_schema(connection: sqlite3.Connection, path: Path) -> None:
    """Raise RecordError unless this is a timeline that this version can read and write."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION_ID:
        raise RecordError(
            f"{path} is a database of another program; name a timeline file with --db.",
            code="not-a-timeline",
            file=path,
        )
    if version > VERSION:
        raise RecordError(
            f"{path} was made by a newer cockpit (file version {version}, this one knows {VERSION}); update this one.",
            code="newer-version",
            file=path,
            version=version,
        )


def missing_guards(connection: sqlite3.Connection) -> list[str]:
    """The triggers that somebody removed or rewrote."""
    present = dict(connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall())
    return [name for name, body in TRIGGERS.items() if present.get(name) != f"CREATE TRIGGER {name}{body}"]

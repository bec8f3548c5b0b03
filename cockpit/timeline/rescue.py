"""What is saved when the file of a timeline is lost under its writer, how it comes back, and how a backup is restored.

A connection goes on reading files that were removed or replaced: it alone still sees what was acknowledged and is on no
disk that others can open. So the writer that notices saves those rows beside the timeline, as lines of JSON.
"""

import contextlib
import fcntl
import json
import os
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cockpit.model.event import Draft, Kind, RecordError
from cockpit.model.text import clean_line
from cockpit.timeline.connection import (
    explain_database_error,
    file_mode,
    is_open,
    open_as_it_lies,
    read_file_identity,
    read_size,
    to_read,
)
from cockpit.timeline.hash_chain import ChainRow, find_row_flaw
from cockpit.timeline.location import WHOLE_FILE, reserve_new_file
from cockpit.timeline.rows import TimelineReader, insert_rows, to_event
from cockpit.timeline.verify import audit_timeline

SAVED = "saved"  # timeline.db.saved-20260227T020000Z-4711.jsonl
LEFT = "left"  # timeline.db.left-20260227T020000Z-wal: what was left behind by a file that somebody moved away
BEFORE = "before"  # timeline.db.before-20260227T020000Z: what a restore put aside
BESIDE = ("", "-wal", "-shm")  # a database and what SQLite keeps beside it: they move together or not at all
RECOVERED = "recovered"  # in the detail of an event that was taken back: which lost one it was
POINTERS = frozenset({Kind.PIN, Kind.LINK})  # their subject is the id of another event
NOTE_ITEM = re.compile(r"note-(?P<id>[1-9]\d{0,17})")  # the action item that a note tells of, by the note's id
NOT_AGAIN = frozenset({Kind.RECORDER, Kind.REDACT})
"""A lease of a recorder that is gone, and a redaction of a text that is not there: they mean nothing behind others."""


class FilesLostError(RecordError):
    """The file or its `-wal` is not the one that the writer writes to any more."""


# Saving.


def save_rows(
    connection: sqlite3.Connection | None, kept: Iterable[ChainRow], path: Path, until: int | None
) -> list[ChainRow]:
    """The acknowledged rows, up to id `until` (None: all), that whoever opens `path` now does not find. In id order.

    `connection` is the one that has the lost files open, and `kept` what its writer remembers for files so damaged
    that even it cannot read them.
    """
    rows = {row.id: row for row in kept}
    after = 0
    with contextlib.suppress(sqlite3.Error, RecordError):
        if connection is not None:
            reader = TimelineReader(connection)
            last = _last_on_disk(path)
            after = last[0] if last and reader.hash_of(last[0]) == last[1] else 0
            rows.update({row.id: row for row in reader.rows(after=after)})
    return [rows[number] for number in sorted(rows) if after < number and (until is None or number <= until)]


def _last_on_disk(path: Path) -> tuple[int, str] | None:
    """Id and hash of the newest event of the file alone, without a `-wal`; None where it is no timeline."""
    try:
        with closing(open_as_it_lies(path)) as connection:
            return TimelineReader(connection).last()
    except (sqlite3.Error, OSError, RecordError):
        return None


def write_saved(rows: Sequence[ChainRow], path: Path, now: datetime) -> Path:
    """Write rows beside the timeline `path`, readable by whoever may read that. Raises OSError.

    It has its name once it is whole: whoever takes saved rows back removes the file.
    """
    mode = file_mode(path.parent)
    new = path.with_name(f".{path.name}.saving-{os.getpid()}")
    new.unlink(missing_ok=True)
    try:
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as stream:
            os.fchmod(stream.fileno(), mode)
            stream.writelines(f"{json.dumps(row._asdict(), ensure_ascii=False)}\n" for row in rows)
            stream.flush()
            os.fsync(stream.fileno())
        file = reserve_new_file(path.parent, f"{path.name}.{SAVED}-{now:%Y%m%dT%H%M%SZ}-{os.getpid()}", ".jsonl")
        os.replace(new, file)
        _sync_directory(path.parent)
    finally:
        new.unlink(missing_ok=True)
    return file


def keep_orphaned_wal(path: Path, now: Callable[[], datetime]) -> Path | None:
    """Where the `-wal` of a file that is not there any more lies now; None where there is none.

    Whoever archives a timeline by hand may leave it behind, with what was recorded last. SQLite takes it for nothing as
    soon as it opens a new file of that name, and removes it. Raises OSError.
    """
    wal = _name_wal(path)
    if wal is None:
        return None
    aside = reserve_new_file(path.parent, f"{path.name}.{LEFT}-{now():%Y%m%dT%H%M%SZ}", "-wal")
    os.rename(wal, aside)
    with contextlib.suppress(FileNotFoundError):
        os.rename(path.with_name(f"{path.name}-shm"), f"{str(aside).removesuffix('-wal')}-shm")
    _sync_directory(path.parent)
    return aside


def describe_orphaned_wal(wal: Path) -> str:
    """What was left behind by a file that somebody moved away, and how the two come together again."""
    file = str(wal).removesuffix("-wal")
    return clean_line(
        f"{wal} was left behind by a timeline that somebody moved away, and holds what was recorded last in it. Put "
        f"that file beside it as {file}; then `cockpit verify --db {file}` shows both."
    )


def describe_saved(file: Path) -> str:
    """What was saved beside a timeline that took nothing, and how it comes back."""
    return clean_line(f"{file.name} holds events that may be missing here: `cockpit verify --recover`")


def describe_left_files(path: Path) -> list[str]:
    """What lies beside a timeline and belongs to one, a sentence each. Blocking."""
    wals = find_orphaned_wals(path)
    if (wal := _name_wal(path)) is not None:  # who only reads leaves it where it is
        wals.append(wal)
    return [*map(describe_orphaned_wal, wals), *map(describe_saved, find_saved(path))]


def _name_wal(path: Path) -> Path | None:
    """The `-wal` of a file that is not there any more; None where there is none."""
    wal = path.with_name(f"{path.name}-wal")
    return None if read_size(path) or not read_size(wal) else wal


def find_orphaned_wals(path: Path) -> list[Path]:
    """What `keep_orphaned_wal` kept beside a timeline and no file was put to, oldest first."""
    asides = sorted(path.parent.glob(f"{_escape(path.name)}.{LEFT}-*-wal"))
    return [aside for aside in asides if not os.path.exists(str(aside).removesuffix("-wal"))]


# Taking back.


@dataclass(frozen=True, slots=True)
class TimelineRecovery:
    """What became of saved rows. `again` are in the file under new ids, behind what was written since."""

    as_they_were: int = 0
    again: int = 0
    present: int = 0
    left_out: int = 0  # what means nothing at a later place of the chain, or is not as it was written
    changed: int = 0  # of these, what is not as it was written: its file alone may tell what it was


def find_saved(path: Path) -> list[Path]:
    """Files of saved rows beside a timeline, oldest first. An empty one is about to be written, or was not ours to
    remove."""
    return [file for file in sorted(path.parent.glob(f"{_escape(path.name)}.{SAVED}-*.jsonl")) if read_size(file)]


def remove_saved(file: Path) -> None:
    """Once all of it is in the timeline: a redaction would not reach the words in it. Raises OSError."""
    try:
        file.unlink(missing_ok=True)
    except PermissionError:  # another's file, in a directory where only its owner may remove it
        os.truncate(file, 0)


def _escape(name: str) -> str:
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)


def load_saved(file: Path) -> list[ChainRow]:
    """The rows of one file, in id order; a last line that was cut short is passed over. Raises RecordError."""
    rows = []
    try:
        with file.open(encoding="utf-8") as stream:
            for line in stream:
                if line.endswith("\n"):
                    rows.append(_row_of(json.loads(line)))
    except FileNotFoundError:  # somebody else has taken it back in this moment
        return []
    except (OSError, ValueError, TypeError) as error:
        raise RecordError(
            f"{file} is not as a cockpit saved it, and nothing of it was taken back.", code="rescue-not-ours", file=file
        ) from error
    return sorted(rows)


def _row_of(fields: object) -> ChainRow:
    if not isinstance(fields, Mapping):
        raise TypeError("a row is an object")
    row = ChainRow(**fields)
    texts = (row.environment, row.subject, row.kind, row.source, row.actor, row.summary, row.detail, row.hash)
    if not isinstance(row.id, int) or not all(isinstance(text, str) for text in texts):
        raise TypeError("a field has another type")
    return row


@dataclass(frozen=True, slots=True)
class MissingRows:
    """Of saved rows those that are not in the file in any form, how many are, and under which ids events stand now
    that were taken back earlier."""

    rows: Sequence[ChainRow]
    present: int
    moved: Mapping[int, int]


def split_missing(connection: sqlite3.Connection, rows: Sequence[ChainRow]) -> MissingRows:
    """What of saved rows has to be taken back."""
    reader = TimelineReader(connection)
    taken = dict(
        connection.execute(
            "SELECT json_extract(detail, '$.recovered.hash'), id FROM events WHERE detail LIKE '%\"recovered\":{%'"
        ).fetchall()
    )
    missing = [row for row in rows if row.hash not in taken and reader.hash_of(row.id) != row.hash]
    moved = {row.id: taken[row.hash] for row in rows if row.hash in taken}
    return MissingRows(missing, len(rows) - len(missing), moved)


def append_as_they_were(connection: sqlite3.Connection, rows: Sequence[ChainRow]) -> bool:
    """Put rows where they stood, ids and hashes and all; False when the file does not end right before them."""
    number, before = TimelineReader(connection).last()
    for row in rows:
        if find_row_flaw(row, before, number + 1):
            return False
        number, before = row.id, row.hash
    insert_rows(connection, rows)
    return True


def count_changed(rows: Sequence[ChainRow]) -> int:
    """Rows whose own hashes do not fit."""
    return sum(not row.emptied and bool(find_row_flaw(row, row.prev_hash, row.id)) for row in rows)


def drafts_again(connection: sqlite3.Connection, missing: MissingRows) -> list[Draft]:
    """Rows as facts for the end of a chain that went on without them: same time, author and words.

    Their detail says which event they were, and what names another event by its id names it by its new one. A row whose
    own hashes do not fit is left out, as is what NOT_AGAIN holds, and what names one of these.
    """
    new_ids: dict[int, int | None] = {row.id: None for row in missing.rows} | dict(missing.moved)
    drafts: list[Draft] = []
    number = TimelineReader(connection).last()[0]
    for row in missing.rows:
        if row.emptied or row.kind in NOT_AGAIN or find_row_flaw(row, row.prev_hash, row.id):
            continue
        draft = _draft_again(row, new_ids)
        if draft is not None:
            drafts.append(draft)
            new_ids[row.id] = number + len(drafts)
    return drafts


def _draft_again(row: ChainRow, new_ids: Mapping[int, int | None]) -> Draft | None:
    """None where it names an event that was lost and is not taken back: that id is another event's now."""
    event = to_event(row)
    detail = json.loads(row.detail)
    subject = event.subject
    if event.kind in POINTERS and subject.isdecimal():
        subject = _rename(subject, int(subject), new_ids)
    elif event.kind == Kind.ITEM and (of_note := NOTE_ITEM.fullmatch(subject)):
        subject = _rename(subject, int(of_note["id"]), new_ids)
    elif event.kind == Kind.WEBHOOK and isinstance(turn := detail.get("event"), int):
        detail["event"] = new_ids.get(turn, turn)
        subject = "" if detail["event"] is None else subject
    if event.subject and not subject:
        return None
    supersedes = event.supersedes
    return Draft(
        kind=Kind(event.kind),
        summary=row.summary,
        occurred=event.occurred,
        environment=event.environment,
        subject=subject,
        source=event.source,
        actor=event.actor,
        incident=event.incident,
        detail={**detail, RECOVERED: {"id": row.id, "hash": row.hash, "recorded": row.recorded}},
        supersedes=None if supersedes is None else new_ids.get(supersedes, supersedes),
    )


def _rename(subject: str, number: int, new_ids: Mapping[int, int | None]) -> str:
    """The subject with the id that the event has now; "" where there is none."""
    new = new_ids.get(number, number)
    return "" if new is None else subject.replace(str(number), str(new))


# Restoring a backup.


@dataclass(frozen=True, slots=True)
class TimelineRestore:
    """A backup in the place of a timeline. `aside` is where the file before lies now, None when there was none.

    `events` is what the backup holds; `only_before` how many events of the file before it lacks, None where that
    cannot be read.
    """

    source: Path
    aside: Path | None
    events: int
    only_before: int | None = None


def check_backup(source: Path, path: Path, patience: float) -> int:
    """How many events a sound backup holds. Raises RecordError for what is not one."""
    if not source.exists():
        raise RecordError(f"There is no file {source}.", code="not-a-file", file=source)
    if read_file_identity(source) == read_file_identity(path):
        raise RecordError(
            f"{source} is the timeline in use; name a backup of it.", code="backup-is-the-timeline", file=source
        )
    try:
        with closing(to_read(source, patience).connection) as connection:
            verdict = audit_timeline(connection)
    except (sqlite3.Error, OSError) as error:
        raise explain_database_error(error, source, patience) from error
    if not verdict.ok:
        raise RecordError(
            f"{source} is not whole: {verdict.reason}. Nothing was restored; name an older backup.",
            code="backup-not-whole",
            file=source,
            reason=verdict.reason,
        )
    return verdict.count


def restore_backup(source: Path, path: Path, now: datetime, patience: float) -> TimelineRestore:
    """Put a copy of `source` in the place of the timeline `path`; the file before is moved aside with its `-wal`.

    Nobody may have it open meanwhile. Raises RecordError; then everything is where it was.
    """
    count = check_backup(source, path, patience)
    new = path.with_name(f"{path.name}.restoring-{os.getpid()}")
    try:
        _copy(source, new, patience)
        last = _read_last(new, patience)
        with _held_alone(path):  # opens nothing more: closing a file lets go of every lock of this process on it
            aside = _move_aside(path, f"{path.name}.{BEFORE}-{now:%Y%m%dT%H%M%SZ}") if path.exists() else None
            os.rename(new, path)
            _sync_directory(path.parent)
    except (sqlite3.Error, OSError) as error:
        raise explain_database_error(error, path, patience) from error
    finally:
        for suffix in BESIDE:
            Path(f"{new}{suffix}").unlink(missing_ok=True)
    # Counted now that nobody writes there any more, and with what still lies in its `-wal`.
    return TimelineRestore(source, aside, count, _count_only_before(aside, last, patience) if aside else None)


def _copy(source: Path, new: Path, patience: float) -> None:
    """With SQLite, not byte for byte: the newest events of a backup may be in a `-wal` beside it."""
    mode = file_mode(new.parent)
    os.close(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode))
    with closing(to_read(source, patience).connection) as old, closing(sqlite3.connect(new)) as copy:
        old.backup(copy)
    os.chmod(new, mode)
    descriptor = os.open(new, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _held_alone(path: Path) -> Iterator[None]:
    """Keep everybody out who would open the timeline. Raises RecordError when somebody has it open.

    Every connection of SQLite holds a lock on these bytes as long as it lives, whatever the content of the file.
    """
    if not path.exists():
        yield
        return
    start, length = WHOLE_FILE
    with path.open("r+b") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, length, start)
        except BlockingIOError:
            raise RecordError(
                f"{path} is open in another program (`fuser {path}` names it). End every cockpit on it, then restore.",
                code="file-in-use",
                file=path,
            ) from None
        status = os.fstat(file.fileno())
        if read_file_identity(path) != (status.st_dev, status.st_ino):  # another restore was quicker: this lock is old
            raise RecordError(
                f"{path} was replaced in this moment. Look at what is there now, then restore.",
                code="file-replaced",
                file=path,
            )
        yield


def _read_last(path: Path, patience: float) -> tuple[int, str]:
    with closing(to_read(path, patience).connection) as connection:
        return TimelineReader(connection).last()


def _count_only_before(aside: Path, restored: tuple[int, str], patience: float) -> int | None:
    """How many events the file that was moved aside has behind the last one of the backup, given by id and hash; None
    where it is another timeline, or cannot be read."""
    number, event_hash = restored
    try:
        opened = to_read(aside, patience).connection if is_open(aside) else open_as_it_lies(aside)
        with closing(opened) as connection:
            reader = TimelineReader(connection)
            last = reader.last()[0]
            return last - number if reader.hash_of(number) == event_hash else None
    except (sqlite3.Error, OSError, RecordError):
        return None


def _move_aside(path: Path, stem: str) -> Path:
    """Where it lies now. All or none: a `-wal` of one file beside another would be written into it."""
    aside = reserve_new_file(path.parent, stem, beside=BESIDE[1:])
    moved: list[tuple[Path, Path]] = []
    try:
        for suffix in BESIDE[::-1]:
            here, there = Path(f"{path}{suffix}"), Path(f"{aside}{suffix}")
            if here.exists():
                os.rename(here, there)
                moved.append((here, there))
    except OSError:
        for here, there in reversed(moved):
            os.rename(there, here)
        aside.unlink(missing_ok=True)
        raise
    return aside


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

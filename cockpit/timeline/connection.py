"""Connections to the timeline file: the one that writes, and those that read."""

import errno
import os
import re
import sqlite3
import stat
import struct
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep
from typing import NamedTuple
from urllib.parse import quote

from cockpit.model.event import RecordError
from cockpit.model.text import clean_line
from cockpit.timeline.location import is_open_by_another_name
from cockpit.timeline.schema import check_schema, create_schema, is_new, prepare_schema

# Where the file may live and who may read it: modes, shared directories, network filesystems.

MOUNTS = Path("/proc/self/mountinfo")
OCTAL = re.compile(r"\\([0-7]{3})")
# Write-ahead logging needs memory and locks shared by all who open the file; these promise neither, or lose them.
NETWORK = frozenset(
    (
        *("nfs", "nfs3", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "ncpfs", "davfs", "afs", "coda", "9p"),
        *("ceph", "lustre", "gpfs", "beegfs", "orangefs", "pvfs2"),
        *("fuse.sshfs", "fuse.glusterfs", "fuse.ceph", "fuse.s3fs", "fuse.rclone", "fuse.davfs2", "fuse.gcsfuse"),
        *("fuse.blobfuse", "fuse.blobfuse2", "fuse.cifs", "fuse.smbnetfs", "fuse.juicefs", "fuse.nfs"),
    )
)


def find_filesystem(path: Path, mountinfo: str) -> str:
    """The type of the filesystem that holds `path` (absolute, resolved), from the text of proc(5) mountinfo; or ""."""
    longest, filesystem = -1, ""
    for line in mountinfo.splitlines():
        before, separator, after = line.partition(" - ")
        fields = before.split()
        if not separator or len(fields) < 5 or not after.split():
            continue
        point = Path(OCTAL.sub(lambda code: chr(int(code[1], 8)), fields[4]))  # a space is written \040
        # Of two mounts on one point the later one is seen.
        if path.is_relative_to(point) and len(point.parts) >= longest:
            longest, filesystem = len(point.parts), after.split()[0]
    return filesystem


def refuse_network(path: Path) -> None:
    """Raise RecordError when `path` is on a network filesystem. Without mountinfo (no Linux) nothing is refused."""
    try:
        mountinfo = MOUNTS.read_text(errors="replace")
    except OSError:
        return
    kind = find_filesystem(path.resolve(), mountinfo)
    if kind in NETWORK:
        raise RecordError(
            f"{path} is on a network filesystem ({kind}), where locks cannot be trusted; "
            "choose a directory on a local disk with --db or `data` in cockpit.toml.",
            code="network-filesystem",
            file=path,
            kind=kind,
        )


def make_file(path: Path) -> None:
    """Make the directory and an empty file where there is none, before SQLite does it with the modes of the umask.

    A directory we make is 0700. In one that a team shares (2770) the file is 0660, else 0600; SQLite gives `-wal`
    and `-shm` the mode of the file. Raises OSError.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    mode = file_mode(path.parent)
    try:
        # Never opened when it is there: closing it again would drop the locks this process holds on it (POSIX).
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError:
        return
    os.fchmod(descriptor, mode)  # a umask of 077 must not lock the team out
    os.close(descriptor)


def file_mode(directory: Path) -> int:
    """0660 in a directory that hands its group on and lets it write (2770), else 0600."""
    shared = stat.S_ISGID | stat.S_IWGRP
    return 0o660 if directory.stat().st_mode & shared == shared else 0o600


def read_file_identity(path: Path) -> tuple[int, int] | None:
    """Which file a path leads to now; None when there is none."""
    try:
        stat_result = path.stat()
    except OSError:
        return None
    return (stat_result.st_dev, stat_result.st_ino)


WAL_HEADER, FRAME_HEADER = 32, 24  # bytes
INDEX_FIELDS = struct.Struct("=12xBBHI")  # of the `-shm` file: set up?, byte order, page size, frames that are valid
LOOK_AGAIN = 0.05  # seconds


_INDEXES: dict[tuple[int, int], int] = {}
"""Descriptors of `-shm` files by their identity. Never closed: closing one lets go of every lock of this process on
that file, and the next program that opens the timeline then empties it under our connections, which ends us by SIGBUS.
"""


def read_size(path: Path) -> int:
    """In bytes; 0 where there is no such file."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def is_wal_cut(path: Path) -> bool:
    """Whether the `-wal` of a database holds less than SQLite believes, by what its processes share about it.

    To be asked where it became shorter. Whoever empties a `-wal` in peace says so there first, and whoever writes says
    so afterwards. Looked at twice: the first look may meet them in the middle.
    """
    if not _is_shorter_than_declared(path):
        return False
    sleep(LOOK_AGAIN)
    return _is_shorter_than_declared(path)


def _is_shorter_than_declared(path: Path) -> bool:
    try:
        head = _read_index(path.with_name(f"{path.name}-shm"))
        size = path.with_name(f"{path.name}-wal").stat().st_size
    except OSError:
        return False
    if len(head) < INDEX_FIELDS.size:
        return False
    is_ready, _, page, frames = INDEX_FIELDS.unpack(head)
    page = 65_536 if page == 1 else page
    return bool(is_ready) and frames > 0 and size < WAL_HEADER + frames * (FRAME_HEADER + page)


def _read_index(path: Path) -> bytes:
    """The head of a `-shm` file. Raises OSError."""
    identity = read_file_identity(path)
    if identity is None:
        return b""
    if identity not in _INDEXES:
        _INDEXES[identity] = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    return os.pread(_INDEXES[identity], INDEX_FIELDS.size, 0)


# What SQLite and the operating system say, in sentences that say what to do.

SAVED = "nothing of this was written, everything before it is safe"
ELSEWHERE = "Ask its owner for write access, or name another file with --db."


def get_primary_code(error: sqlite3.Error) -> int:
    """The result code; an extended one holds its primary one in the low byte. 0 where Python made the error itself."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def explain_database_error(error: sqlite3.Error | OSError, path: Path, patience: float) -> RecordError:
    """The RecordError of a failure on `path`; `patience` is how many seconds a lock was waited for."""
    sentence = _of_system(error, path) if isinstance(error, OSError) else _of_sqlite(error, path, patience)
    code = (
        SYSTEM_CODES.get(error.errno or 0) if isinstance(error, OSError) else SQLITE_CODES.get(get_primary_code(error))
    )
    return RecordError(sentence, code=code or "file-unusable", file=path)


SQLITE_CODES = {
    sqlite3.SQLITE_FULL: "disk-full",
    sqlite3.SQLITE_BUSY: "file-locked",
    sqlite3.SQLITE_LOCKED: "file-locked",
    sqlite3.SQLITE_READONLY: "not-writable",
    sqlite3.SQLITE_PERM: "not-writable",
    sqlite3.SQLITE_AUTH: "not-writable",
    sqlite3.SQLITE_CANTOPEN: "not-writable",
    sqlite3.SQLITE_NOTADB: "not-a-timeline",
    sqlite3.SQLITE_CORRUPT: "file-damaged",
    sqlite3.SQLITE_IOERR: "disk-refused",
}
SYSTEM_CODES = {
    errno.ENOSPC: "disk-full",
    errno.EDQUOT: "disk-full",
    errno.EACCES: "not-writable",
    errno.EPERM: "not-writable",
    errno.EROFS: "not-writable",
    errno.ENOTDIR: "not-a-directory",
    errno.EEXIST: "not-a-directory",
}


def read_only(path: Path) -> str:
    return f"{path} or its directory is read-only for you. {ELSEWHERE}"


def _of_sqlite(error: sqlite3.Error, path: Path, patience: float) -> str:
    match get_primary_code(error):
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
                f"{path} is not a timeline: it is not an SQLite file, or it is damaged. "
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


NO_MEMORY = frozenset(  # a full disk has no room for what readers and writers share
    {sqlite3.SQLITE_IOERR_SHMOPEN, sqlite3.SQLITE_IOERR_SHMSIZE, sqlite3.SQLITE_IOERR_SHMMAP}
)
LONGEST_APART = 0.5  # seconds that opening and closing a file take at most
RETRY = 0.02  # seconds between two tries where SQLite itself does not wait for a lock


class Opened(NamedTuple):
    """A connection; `live` when it sees what others write, so that it need not be opened again to look again."""

    connection: sqlite3.Connection
    live: bool


def to_write(path: Path, patience: float) -> sqlite3.Connection:
    """A connection for one writer, which waits `patience` seconds for a lock. Raises sqlite3.Error, RecordError."""
    # SQLite would quietly open such a file to read, and refuse only the first write.
    if path.exists() and not os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids):
        raise RecordError(read_only(path), code="not-writable")
    deadline = monotonic() + patience
    while (connection := _open_beside_others(path, patience)) is None:
        if monotonic() > deadline:
            raise RecordError(
                f"Another program has {path} open by another name (a hard link, or a mount of the file alone), or what "
                "lay beside it was removed under that program. What one of the two writes would be lost. End that "
                f"program (`fuser {path}` names it), or open the timeline as it does.",
                code="file-open-by-another-name",
                file=path,
            )
    try:
        prepare_schema(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _open_beside_others(path: Path, patience: float) -> sqlite3.Connection | None:
    """None when somebody has the file open for a while, and not what lies beside it and is open here.

    Whoever opens or closes it locks the file for a moment without the rest, which is waited for. And of two who make
    one file together the one may remove, as it opens it again, what the other has just made beside it: opened again
    both have the same.
    """
    connection = _open_with_wal(path, patience)
    reopens = monotonic() + min(patience, LONGEST_APART)
    try:
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("PRAGMA synchronous = FULL")
        while is_open_by_another_name(path):
            if monotonic() > reopens:
                connection.close()
                return None
            sleep(RETRY)
    except BaseException:
        connection.close()
        raise
    return connection


def to_read(path: Path, patience: float) -> Opened:
    """A connection that cannot write. A file that is not there yet, or is still empty, reads as one without events.

    Raises sqlite3.Error, OSError, RecordError.
    """
    if not path.exists() or not path.stat().st_size:
        return Opened(_open_empty_timeline(), live=False)
    opened = _open_to_read(path, patience)
    try:
        if is_new(opened.connection):  # somebody is about to write its schema
            opened.connection.close()
            return Opened(_open_empty_timeline(), live=False)
        check_schema(opened.connection, path)
    except BaseException:
        opened.connection.close()
        raise
    return opened


def _open_to_read(path: Path, patience: float) -> Opened:
    """Where we may not write, and on a full disk, SQLite cannot make the memory that readers and writers share. If
    nobody has the file open it is then read as it lies on the disk."""
    connection = _open_connection(f"{_build_uri(path)}?mode=ro", patience)
    try:
        connection.execute("PRAGMA schema_version").fetchone()
    except sqlite3.Error as error:
        connection.close()
        if not _without_shared(error) or is_open(path):
            raise
        return Opened(_open_connection(f"{_build_uri(path)}?mode=ro&immutable=1", patience), live=False)
    return Opened(connection, live=True)


def open_as_it_lies(path: Path) -> sqlite3.Connection:
    """The file alone, without locks and without a `-wal` beside it. Raises sqlite3.Error, RecordError."""
    connection = _open_connection(f"{_build_uri(path)}?mode=ro&immutable=1", 0.0)
    try:
        check_schema(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _without_shared(error: sqlite3.Error) -> bool:
    kinds = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)
    return get_primary_code(error) in kinds or getattr(error, "sqlite_errorcode", 0) in NO_MEMORY


def is_open(path: Path) -> bool:
    """True when a write-ahead log lies beside the file: somebody writes, or was killed writing."""
    with suppress(OSError):
        return path.with_name(f"{path.name}-wal").stat().st_size > 0
    return False


def _open_connection(uri: str, patience: float) -> sqlite3.Connection:
    # Every use is on one thread at a time; the writer's thread is not the one that opens and closes.
    return sqlite3.connect(uri, uri=True, timeout=patience, isolation_level=None, check_same_thread=False)


def _build_uri(path: Path) -> str:
    return f"file:{quote(str(path.absolute()))}"


def _open_empty_timeline() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    create_schema(connection)
    return connection


def _open_with_wal(path: Path, patience: float) -> sqlite3.Connection:
    """Open to write and switch to write-ahead logging. SQLite does not wait for a lock here, so two who make one file
    together must.

    Each try opens the file anew: one that is waited for may be moved aside meanwhile, by a restore, and its `-wal`
    would be written beside the file that took its place.
    """
    deadline = monotonic() + patience
    while True:
        before = read_file_identity(path)
        connection = _open_connection(f"{_build_uri(path)}?mode=rw", 0.0)
        try:
            connection.execute("PRAGMA journal_mode = WAL").fetchone()
            if read_file_identity(path) == before:
                connection.execute(f"PRAGMA busy_timeout = {round(patience * 1000)}")
                return connection
        except sqlite3.OperationalError as error:
            connection.close()
            if get_primary_code(error) != sqlite3.SQLITE_BUSY or monotonic() > deadline:
                raise
        except BaseException:
            connection.close()
            raise
        else:
            connection.close()
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

"""Where a timeline lies, new names beside it, and whether somebody has it open by another name."""

import fcntl
import itertools
import os
import struct
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

WHOLE_FILE = (0x40000000, 512)  # start and length of the bytes of a file that every SQLite connection locks
SHARED_INDEX = (120, 9)  # the same of the `-shm` beside it
LOCK_FIELDS = struct.Struct("=hh4xqqi4x")  # `struct flock` of Linux with 64 bits: type, whence, start, length, pid


def find_real_file(path: Path) -> Path:
    """The file that a link leads to, absolute; another path stays as it is named.

    SQLite keeps the `-wal` beside the file and not beside a link to it, and so must whatever else belongs to it lie.
    """
    return Path(os.path.realpath(path)) if os.path.islink(path) else path.absolute()


def reserve_new_file(
    folder: Path, stem: str, suffix: str = "", *, mode: int = 0o600, beside: Sequence[str] = ()
) -> Path:
    """Make an empty file of a name that nobody has: `stem` and `suffix`, else with `-2`, `-3` ... between them.

    A time in a name does not make it a new one: two people act in one second, and clocks are set back. `beside` are
    endings of which no file may lie there either. Whoever reserved it may replace it. Raises OSError.
    """
    for number in itertools.count(1):
        path = folder / f"{stem}{'' if number == 1 else f'-{number}'}{suffix}"
        if any(os.path.lexists(f"{path}{ending}") for ending in beside):
            continue
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
        except FileExistsError:
            continue
        try:
            os.fchmod(descriptor, mode)  # whatever the umask
        finally:
            os.close(descriptor)
        return path
    raise AssertionError("there is always another number")


def is_open_by_another_name(path: Path) -> bool:
    """True when another process has the file open, but not the `-shm` beside it that we have open.

    So it is behind a hard link, or where the file alone is mounted in a container: SQLite then keeps two logs, and
    what one of them writes is lost. False where that cannot be told.
    """
    return _is_locked_by_others(path, WHOLE_FILE) and not _is_locked_by_others(
        path.with_name(f"{path.name}-shm"), SHARED_INDEX
    )


def _is_locked_by_others(path: Path, place: tuple[int, int]) -> bool:
    """Asked by a descriptor that SQLite has: to close one of our own would let go of its locks."""
    if sys.platform != "linux" or struct.calcsize("P") != 8:
        return False
    question = LOCK_FIELDS.pack(fcntl.F_WRLCK, os.SEEK_SET, *place, 0)
    for descriptor in _find_descriptors(path):
        try:
            return bool(LOCK_FIELDS.unpack(fcntl.fcntl(descriptor, fcntl.F_GETLK, question))[0] != fcntl.F_UNLCK)
        except OSError:
            continue
    return False


def _find_descriptors(path: Path) -> Iterator[int]:
    """The descriptors of this process that lead to the file."""
    try:
        file, numbers = path.stat(), os.listdir("/proc/self/fd")
    except OSError:
        return
    for number in map(int, numbers):
        try:
            is_same = os.path.samestat(os.fstat(number), file)
        except OSError:  # closed since
            continue
        if is_same:
            yield number

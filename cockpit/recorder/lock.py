"""Who records: of all cockpits on one file and environment only the one that holds this lock.

The lock is an flock, which the kernel lets go of however a process ends. A process that is stopped (`^Z`), that hangs
or that sleeps with its machine does not end, and would hold it for ever. So the holder also moves: it writes a counter
into the file, its heartbeat, and who waits and sees no movement passes it over, by putting a new file in its place. The
one passed over finds out by the file, and above all by the number of its lease: see recorder.py.

What the file holds: in the first 200 bytes the holder's name, as versions before the heartbeat wrote and read it; then
one line of the heartbeat. A file without that line is of such an older version, which would not notice that it is
passed over and so never is.
"""

import fcntl
import math
import os
import re
import secrets
import socket
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from cockpit.model.event import RecordError
from cockpit.model.operator import account_name
from cockpit.model.text import clean_line
from cockpit.model.time import RealTime, Time
from cockpit.timeline.connection import explain_database_error, file_mode, read_file_identity

LONGEST = 200  # bytes of a holder's name, padded to this; what an older version reads
HEARTBEAT = re.compile(
    rb"beat (?P<beat>\d{1,15}) lease (?P<lease>\d{1,15}) up (?P<uptime>\d{1,12}\.\d{6}) boot (?P<boot>[\w-]{1,36}) *\n"
)
LONGEST_HEARTBEAT = 160  # bytes
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")

PASS_OVER_AFTER = 10.0  # seconds without a heartbeat until a holder is passed over; it beats every two
LOOK_WHO_RECORDS = 5.0  # seconds between two looks of a wall, which records nothing itself
LONGEST_LOOK = 6.0  # seconds between two looks after which we stood still ourselves and know nothing of the holder


def lock_path(timeline: Path, environment: str) -> Path:
    """The lock of an environment, beside the timeline file: `timeline.db.prod.lock`."""
    return timeline.with_name(f"{timeline.name}.{quote(environment, safe='')}.lock")


def this_process(person: str = "") -> str:
    """As others read it: `ana@jump-1 pid 4711`; the account's name where the person is not known."""
    return clean_line(f"{person or account_name()}@{socket.gethostname()} pid {os.getpid()}", LONGEST)


def read_boot_id() -> str:
    """Which start of the machine this is; seconds since boot compare only within one. "" where nobody says."""
    try:
        return BOOT_ID.read_text().strip()
    except OSError:
        return ""


@dataclass(frozen=True, slots=True)
class LockHolder:
    """What a lock file says. Two that are equal are one holder that did not move in between.

    `beat` counts signs of life and is None for a version without a heartbeat. The other two clocks stand where somebody
    last *recorded*, which a holder on a full disk does not: `uptime` is the boot clock then (0 where nobody knows),
    `modified` the wall clock, in nanoseconds.
    """

    who: str
    file: tuple[int, int]
    modified: int
    beat: int | None = None
    lease: int = 0
    uptime: float = 0.0
    boot: str = ""

    @property
    def may_be_passed_over(self) -> bool:
        """An older version would go on writing when it wakes: its transactions know no lease."""
        return self.beat is not None

    def silence_by_boot_clock(self, time: Time, boot: str) -> float | None:
        """Seconds since somebody last recorded, sleep of the machine included; None when it was started again since."""
        if not self.uptime or not boot or self.boot != boot:
            return None
        return max(0.0, time.monotonic() - self.uptime)

    def silence_by_wall_clock(self, time: Time) -> float:
        """The same, for a version without a heartbeat or a machine started again; wrong by what the clock was set."""
        return time.now().timestamp() - self.modified / 1e9


NOBODY = LockHolder("", (0, 0), 0)
"""Of whom nothing is known: the lock file is new, or was removed."""


@dataclass(frozen=True, slots=True)
class HolderWatch:
    """How long one who waits has seen a holder not move, by its own monotonic clock."""

    holder: LockHolder
    since: float
    looked: float

    @property
    def still(self) -> float:
        return self.looked - self.since

    @property
    def hung(self) -> bool:
        return self.still >= PASS_OVER_AFTER


def watch_holder(before: HolderWatch | None, holder: LockHolder, now: float) -> HolderWatch:
    """The next look. Whoever looked too seldom has slept itself, perhaps together with the holder, and begins anew."""
    if before is None or before.holder != holder or now - before.looked > LONGEST_LOOK:
        return HolderWatch(holder, now, now)
    return HolderWatch(holder, before.since, now)


class RecorderLock:
    """An flock on a file that also says who holds it, and that it is alive."""

    def __init__(self, path: Path, who: str = "", *, time: Time | None = None, boot: str | None = None) -> None:
        self.path = path
        self._who = who or this_process()
        self._time = time or RealTime()
        self.boot = read_boot_id() if boot is None else boot
        self._descriptor: int | None = None
        self._beats = 0
        self._recorded: LockHolder | None = None  # who last recorded, when that was not us

    @property
    def held(self) -> bool:
        """True while we hold it; false as well when the file was removed or replaced, for then another can hold it."""
        if self._descriptor is None:
            return False
        mine = os.fstat(self._descriptor)
        return read_file_identity(self.path) == (mine.st_dev, mine.st_ino)

    def try_acquire(self) -> bool:
        """Take it if it is free; never waits. Raises RecordError when the lock file cannot be written."""
        if self.held:
            return True
        self.release()
        try:
            self._descriptor = self._lock(self.path, os.O_CREAT, self.read_holder())
        except OSError as error:
            raise explain_database_error(error, self.path, 0.0) from error
        return self.held

    def pass_over(self, holder: LockHolder) -> bool:
        """Put a file of our own in the place of one whose holder does not move; false when it moved after all.

        The new file is locked before it stands there, so nobody finds it free. Two who do this in one moment both
        succeed, and the later one holds the lock: the lease in the timeline settles which of them writes. Raises
        RecordError when the directory is not ours to change.
        """
        if not holder.may_be_passed_over or self.read_holder() != holder:
            return False
        new = self.path.with_name(f"{self.path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        try:
            descriptor = self._lock(new, os.O_CREAT | os.O_EXCL, holder)
            try:
                os.rename(new, self.path)
            except OSError:
                new.unlink(missing_ok=True)
                if descriptor is not None:
                    os.close(descriptor)
                raise
        except OSError as error:
            raise explain_database_error(error, self.path, 0.0) from error
        self.release()
        self._descriptor = descriptor
        return self.held

    def _lock(self, path: Path, flags: int, before: LockHolder | None) -> int | None:
        mode = file_mode(path.parent)
        descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | flags, mode)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with suppress(PermissionError):  # another's file: its mode was theirs to set
                os.fchmod(descriptor, mode)
            os.ftruncate(descriptor, 0)
            self._beats += 1
            self._write(descriptor, 0, before or NOBODY)
        except BlockingIOError:
            os.close(descriptor)
            return None
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    def beat(self, lease: int, *, recording: bool) -> None:
        """A sign of life, and the lease we record by; `recording`: what we see is written, too.

        A file that cannot be written makes us look hung: so be it.
        """
        if self._descriptor is None:
            return
        self._recorded = None if recording else self._recorded or self.read_holder()
        self._beats += 1
        with suppress(OSError):
            self._write(self._descriptor, lease, self._recorded)

    def _write(self, descriptor: int, lease: int, recorded: LockHolder | None) -> None:
        """Name and heartbeat, of the same length each time, so that nothing old is left behind it.

        `recorded` keeps the clocks where somebody last recorded; without it they are set to now.
        """
        uptime, boot = (recorded.uptime, recorded.boot) if recorded else (self._time.monotonic(), self.boot)
        now = int(self._time.now().timestamp() * 1e9)
        name = self._who.encode()[: LONGEST - 1].ljust(LONGEST - 1) + b"\n"
        line = f"beat {self._beats:012} lease {lease:012} up {uptime:018.6f} boot {boot or '-':<36}\n"
        os.pwrite(descriptor, name + line.encode(), 0)
        os.utime(descriptor, ns=(now, recorded.modified if recorded else now))  # older versions read this one

    def read_holder(self) -> LockHolder | None:
        """What the file says, whether somebody holds the lock or ended with it; None when it cannot be read."""
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW)
        except OSError:
            return None
        try:
            return _parse_holder(os.pread(descriptor, LONGEST + LONGEST_HEARTBEAT, 0), os.fstat(descriptor))
        except OSError:
            return None
        finally:
            os.close(descriptor)

    def holder(self) -> str:
        """Who holds it now; "" when nobody does, or it cannot be read."""
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW)
        except OSError:
            return ""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return clean_line(os.pread(descriptor, LONGEST, 0)) or "another cockpit"
        else:
            return ""  # what it says is of somebody who was killed
        finally:
            os.close(descriptor)

    def read_silence(self) -> float:
        """Seconds since the holder, or whoever held it last, recorded; endless where nobody knows."""
        holder = self.read_holder()
        if holder is None:
            return float("inf")
        counted = holder.silence_by_boot_clock(self._time, self.boot)
        return holder.silence_by_wall_clock(self._time) if counted is None else counted

    def read_last_recorded(self) -> datetime | None:
        """When the holder, or whoever held it last, recorded, by the wall clock as it is set now; None where nobody
        knows. A moment, and not how long ago it was for a reader who looked at the clock earlier."""
        silence = self.read_silence()
        return None if math.isinf(silence) else self._time.now() - timedelta(seconds=max(silence, 0.0))

    def release(self) -> None:
        """Let go. The file stays: removing it would let two processes hold two files of one name."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _parse_holder(text: bytes, status: os.stat_result) -> LockHolder:
    """A holder's name comes from a shared directory: it is cleaned, and what is no heartbeat line is no heartbeat."""
    who = clean_line(text[:LONGEST]) or "another cockpit"
    file, modified = (status.st_dev, status.st_ino), status.st_mtime_ns
    line = HEARTBEAT.fullmatch(text[LONGEST:])
    if line is None:
        return LockHolder(who, file, modified)
    return LockHolder(
        who,
        file,
        modified,
        beat=int(line["beat"]),
        lease=int(line["lease"]),
        uptime=float(line["uptime"]),
        boot=line["boot"].decode(),
    )


def find_unrecorded(timeline_file: Path, environments: Sequence[str]) -> frozenset[str]:
    """The environments that no cockpit records, or only one that stands still. Blocking. Never raises."""
    unrecorded = set()
    for environment in environments:
        lock = RecorderLock(lock_path(timeline_file, environment))
        with suppress(RecordError, OSError):
            if not lock.holder() or lock.read_silence() >= PASS_OVER_AFTER:
                unrecorded.add(environment)
    return frozenset(unrecorded)

"""Is that process still the one it was? A pid is used again; with start time and boot it is not.

Where this process may open no file any more nobody can say, and whoever asked goes on as if it were there.
"""

import os
import pwd
import signal
import time as clock
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cockpit.model.problem import is_shortage

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
GROUP = 2  # field 5
STARTED = 19  # field 22 of /proc/PID/stat, counted behind the command's name


@dataclass(frozen=True, slots=True)
class Owner:
    """The process that does an attempt, or watches over it: enough to tell later whether it still lives."""

    host: str = ""
    boot: str = ""
    pid: int = 0
    started: int = 0  # clock ticks since boot; 0 where there is no /proc

    def as_detail(self) -> dict[str, Any]:
        return asdict(self)


def owner_of(pid: int) -> Owner:
    """Raises OSError where this process may open no file any more."""
    return Owner(os.uname().nodename, read_boot_id(), pid, start_time(pid))


def this_process() -> Owner:
    return owner_of(os.getpid())


def process_began() -> datetime:
    """When this process began, to a hundredth of a second; now, where nobody knows."""
    now = datetime.now(UTC)
    try:
        ticks = start_time(os.getpid())
    except OSError:
        return now
    if not ticks or not hasattr(clock, "CLOCK_BOOTTIME"):
        return now
    age = clock.clock_gettime(clock.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    return now - timedelta(seconds=max(0.0, age))


def is_alive(owner: Owner) -> bool:
    """True while that very process runs, on this machine and since the same boot, and where nobody can look."""
    try:
        return _is_seen_alive(owner)
    except OSError:
        return True


def _is_seen_alive(owner: Owner) -> bool:
    """Raises OSError where that cannot be looked at."""
    if owner.pid <= 0 or owner.host != os.uname().nodename or owner.boot != read_boot_id():
        return False
    try:
        os.kill(owner.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        if not _read_stat_fields(
            owner.pid
        ):  # somebody else's, but there; where /proc hides it, more than that is not to be known
            return True
    return start_time(owner.pid) == owner.started and read_process_state(owner.pid) != "Z"


def group_alive(leader: Owner) -> bool:
    """True while the process group that this very process leads has anybody left, also when the leader is gone, and
    where nobody can look."""
    try:
        return _is_group_seen_alive(leader)
    except OSError:
        return True


def _is_group_seen_alive(leader: Owner) -> bool:
    """Raises OSError where that cannot be looked at."""
    if is_alive(leader):
        return True
    if leader.pid <= 1 or leader.host != os.uname().nodename or leader.boot != read_boot_id():
        return False
    if read_process_state(leader.pid) not in ("", "Z"):
        return False  # the number belongs to another process by now
    try:
        os.killpg(leader.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return read_process_state(leader.pid) != "Z" or others_in_group(leader.pid)


def others_in_group(group: int) -> bool:
    """True when a group has a process that is not the dead leader which nobody has buried yet."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and int(entry.name) != group:
            fields = _read_stat_fields(int(entry.name))
            if len(fields) > GROUP and fields[GROUP] == str(group) and fields[0] != "Z":
                return True
    return False


def user_of(owner: Owner) -> str:
    """The name of the user that a process runs as; its number where it has no name, "" where nobody knows."""
    try:
        number = os.stat(f"/proc/{owner.pid}").st_uid
    except OSError:
        return ""
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"


def send_signal(owner: Owner, number: signal.Signals) -> bool:
    """Signal that very process; False when it is gone.

    Raises PermissionError when it is not ours to signal, OSError where nobody can say which process it is.
    """
    try:
        descriptor = os.pidfd_open(owner.pid) if hasattr(os, "pidfd_open") else -1
    except OSError as error:
        if is_shortage(error):
            raise
        return False
    try:
        if not _is_seen_alive(owner):  # asked after the descriptor is held: it cannot become another process any more
            return False
        if descriptor >= 0:
            signal.pidfd_send_signal(descriptor, number)
        else:
            os.kill(owner.pid, number)
    except ProcessLookupError:
        return False
    finally:
        if descriptor >= 0:
            os.close(descriptor)
    return True


def read_boot_id() -> str:
    """ "" where there is none. Raises OSError where this process may open no file any more."""
    try:
        return BOOT_ID.read_text().strip()
    except OSError as error:
        if is_shortage(error):
            raise
        return ""


def start_time(pid: int) -> int:
    fields = _read_stat_fields(pid)
    return int(fields[STARTED]) if len(fields) > STARTED else 0


def read_process_state(pid: int) -> str:
    fields = _read_stat_fields(pid)
    return fields[0] if fields else ""


def _read_stat_fields(pid: int) -> list[str]:
    """The fields of /proc/PID/stat behind the command's name, which may hold spaces and brackets; [] where it is gone.

    Raises OSError where this process may open no file any more.
    """
    try:
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError as error:
        if is_shortage(error):
            raise
        return []

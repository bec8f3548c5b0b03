"""Is that process still the one it was? A pid is used again; with start time and boot it is not. Standard library."""

import os
import signal
import time as clock
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
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
    return Owner(os.uname().nodename, boot(), pid, start_time(pid))


def this_process() -> Owner:
    return owner_of(os.getpid())


def process_began() -> datetime:
    """When this process began, to a hundredth of a second; now, where nobody knows."""
    now = datetime.now(UTC)
    ticks = start_time(os.getpid())
    if not ticks or not hasattr(clock, "CLOCK_BOOTTIME"):
        return now
    age = clock.clock_gettime(clock.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    return now - timedelta(seconds=max(0.0, age))


def alive(owner: Owner) -> bool:
    """True while that very process runs, on this machine and since the same boot."""
    if owner.pid <= 0 or owner.host != os.uname().nodename or owner.boot != boot():
        return False
    try:
        os.kill(owner.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # somebody else's, but there
    return start_time(owner.pid) == owner.started and state(owner.pid) != "Z"


def elsewhere(owner: Owner) -> bool:
    """True for a process of another machine, of which we cannot tell."""
    return bool(owner.host) and owner.host != os.uname().nodename


def send(owner: Owner, number: signal.Signals) -> bool:
    """Signal that very process; False when it is gone or not ours to signal."""
    try:
        descriptor = os.pidfd_open(owner.pid) if hasattr(os, "pidfd_open") else -1
    except OSError:
        return False
    try:
        if not alive(owner):  # asked after the descriptor is held: it cannot become another process any more
            return False
        if descriptor >= 0:
            signal.pidfd_send_signal(descriptor, number)
        else:
            os.kill(owner.pid, number)
    except OSError:
        return False
    finally:
        if descriptor >= 0:
            os.close(descriptor)
    return True


def boot() -> str:
    try:
        return BOOT_ID.read_text().strip()
    except OSError:
        return ""


def start_time(pid: int) -> int:
    fields = _stat(pid)
    return int(fields[STARTED]) if len(fields) > STARTED else 0


def state(pid: int) -> str:
    fields = _stat(pid)
    return fields[0] if fields else ""


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat behind the command's name, which may hold spaces and brackets."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return []

"""Who records: of all cockpits on one file and environment only the one that holds this lock."""

import fcntl
import getpass
import os
import socket
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from cockpit.incident.store_files import file_mode, identity
from cockpit.incident.store_trouble import explain
from cockpit.model.clean import clean_line

LONGEST = 200  # bytes of a holder's name that are read


def lock_path(timeline: Path, environment: str) -> Path:
    """The lock of an environment, beside the timeline file: `timeline.db.prod.lock`."""
    return timeline.with_name(f"{timeline.name}.{quote(environment, safe='')}.lock")


def this_process() -> str:
    """As others read it: `ana@jump-1 pid 4711`."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container whose user has no name
        user = f"uid {os.getuid()}"
    return clean_line(f"{user}@{socket.gethostname()} pid {os.getpid()}", LONGEST)


class RecorderLock:
    """An flock on a file that also says who holds it. The kernel lets go of it however the process ends."""

    def __init__(self, path: Path, who: str = "") -> None:
        self.path = path
        self._who = who or this_process()
        self._descriptor: int | None = None

    @property
    def held(self) -> bool:
        """True while we hold it; false as well when somebody removed the file, for then another can hold a new one."""
        if self._descriptor is None:
            return False
        mine = os.fstat(self._descriptor)
        return identity(self.path) == (mine.st_dev, mine.st_ino)

    def try_acquire(self) -> bool:
        """Take it if it is free; never waits. Raises RecordError when the lock file cannot be written."""
        if self.held:
            return True
        self.release()
        try:
            self._descriptor = self._lock()
        except OSError as error:
            raise explain(error, self.path, 0.0) from error
        return self.held

    def _lock(self) -> int | None:
        mode = file_mode(self.path.parent)
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, mode)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with suppress(PermissionError):  # another's file: its mode was theirs to set
                os.fchmod(descriptor, mode)
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, self._who.encode(), 0)
        except BlockingIOError:
            os.close(descriptor)
            return None
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

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

    def release(self) -> None:
        """Let go. The file stays: removing it would let two processes hold two files of one name."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

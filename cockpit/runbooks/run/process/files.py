"""Where a run keeps its files and who may read them. Standard library only: the supervisor uses it too."""

import fcntl
import json
import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SHARED = stat.S_ISGID | stat.S_IWGRP  # of a directory that a team shares: 2770


def is_shared_directory(directory: Path) -> bool:
    """True for a directory that hands its group on and lets it write."""
    return directory.stat().st_mode & SHARED == SHARED


def make_directory(path: Path) -> None:
    """Make a directory with its parents: 0700, and 2770 below a shared one. Raises OSError."""
    if path.is_dir():
        return
    if not path.parent.is_dir():
        make_directory(path.parent)
    team = is_shared_directory(path.parent)
    with suppress(FileExistsError):  # another cockpit was quicker
        path.mkdir(mode=0o700)
        if team:
            path.chmod(0o2770)  # a umask of 077 must not lock the team out


def create_file(path: Path) -> int:
    """A new file to append to: 0600, 0640 in a shared directory. Raises FileExistsError, OSError."""
    mode = 0o640 if is_shared_directory(path.parent) else 0o600
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_NOFOLLOW, mode)
    os.fchmod(descriptor, mode)
    return descriptor


def take_lock(path: Path) -> int | None:
    """The lock file, open and locked; None while anybody holds it, also by inheritance. Raises OSError.

    Reading is all it takes to lock, so the group of a shared directory may read it, whatever the umask.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        mode = 0o640 if is_shared_directory(path.parent) else 0o600
        descriptor = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_NOFOLLOW, mode)
        with suppress(PermissionError):  # somebody was quicker: its mode is theirs to set
            os.fchmod(descriptor, mode)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is there as a whole or not at all, even after a power cut. Raises OSError."""
    new = path.with_name(f".{path.name}.{os.getpid()}")
    with suppress(FileNotFoundError):
        new.unlink()
    descriptor = create_file(new)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except BaseException:
        with suppress(OSError):
            new.unlink()
        raise


def closed_to_us(*paths: Path) -> bool:
    """True when we may not see one of these files: what it would tell is then unknown, never `gone`."""
    for path in paths:
        try:
            path.stat()
        except FileNotFoundError:
            continue
        except OSError:
            return True
        if not os.access(path, os.R_OK, effective_ids=os.access in os.supports_effective_ids):
            return True
    return False


def read_json(path: Path) -> dict[str, Any] | None:
    """The JSON object in a file; None when there is none."""
    try:
        fields = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return fields if isinstance(fields, dict) else None


@dataclass(frozen=True, slots=True)
class AttemptFiles:
    """The files of one try, side by side: `3-1.log`, `3-1.pid`, `3-1.exit`."""

    transcript: Path

    @property
    def pid_file(self) -> Path:
        return self.transcript.with_suffix(".pid")

    @property
    def exit_file(self) -> Path:
        return self.transcript.with_suffix(".exit")

    @property
    def group_file(self) -> Path:
        """Where the command itself stands: `3-1.group`."""
        return self.transcript.with_suffix(".group")

    @property
    def state_file(self) -> Path:
        """What its shell leaves to the next step: `3-1.state`."""
        return self.transcript.with_suffix(".state")

    @property
    def closed(self) -> bool:
        """True when we may not see how it stands: it is somebody else's, made before the directory was shared."""
        return closed_to_us(self.transcript.parent, self.transcript, self.pid_file, self.exit_file, self.group_file)


def snapshot_path(snapshots: Path, sha256: str) -> Path:
    """Where the text of a document is kept under its hash."""
    return snapshots / f"{sha256}.md"


def keep_snapshot_text(snapshots: Path, sha256: str, text: bytes) -> None:
    """Keep a text that holds no secret, once. Blocking. Raises OSError."""
    make_directory(snapshots)
    if not (path := snapshot_path(snapshots, sha256)).exists():
        write_whole(path, text)

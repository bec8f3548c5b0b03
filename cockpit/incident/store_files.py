"""Where the file may live and who may read it: modes, shared directories, network filesystems."""

import os
import re
import stat
from pathlib import Path

from cockpit.model.event import RecordError

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


def filesystem(path: Path, mountinfo: str) -> str:
    """The type of the filesystem that holds `path` (absolute, resolved), from the text of proc(5) mountinfo; or ""."""
    longest, found = -1, ""
    for line in mountinfo.splitlines():
        before, separator, after = line.partition(" - ")
        fields = before.split()
        if not separator or len(fields) < 5 or not after.split():
            continue
        point = Path(OCTAL.sub(lambda code: chr(int(code[1], 8)), fields[4]))  # a space is written \040
        # Of two mounts on one point the later one is seen.
        if path.is_relative_to(point) and len(point.parts) >= longest:
            longest, found = len(point.parts), after.split()[0]
    return found


def refuse_network(path: Path) -> None:
    """Raise RecordError when `path` is on a network filesystem. Without mountinfo (no Linux) nothing is refused."""
    try:
        mountinfo = MOUNTS.read_text(errors="replace")
    except OSError:
        return
    kind = filesystem(path.resolve(), mountinfo)
    if kind in NETWORK:
        raise RecordError(
            f"{path} is on a network filesystem ({kind}), where locks cannot be trusted; "
            "choose a directory on a local disk with --db or `data` in cockpit.toml."
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


def identity(path: Path) -> tuple[int, int] | None:
    """Which file a path leads to now; None when there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_dev, found.st_ino)

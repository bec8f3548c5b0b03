"""The transcript of a command, which never grows without end nor takes the last room of the disk. Standard library.

The beginning is written as it comes. What does not fit is only counted; the end is kept until the command has ended.
"""

import os
import sys
import time

HEAD = 48 * 1_048_576  # bytes that are written as they come
TAIL = 1_048_576  # bytes of the end that are added when the command has ended
RESERVE = 64 * 1_048_576  # bytes of the disk that are left to the timeline: notes must go on
RESERVED_SHARE = 0.05  # of a disk that is small
LEAST_RESERVE = 1_048_576  # bytes of one that is tiny: a note takes a page of the file and some of its WAL
LOOK = 0.25  # seconds between two looks at the room that is left


class BoundedTranscript:
    """Writes to an open file. `lost` are bytes that the disk had no room for, `left_out` those in the middle."""

    def __init__(self, descriptor: int, *, head: int = HEAD, tail: int = TAIL) -> None:
        self._descriptor = descriptor
        self._head, self._tail_size = head, tail
        self._tail = bytearray()
        self._dropped = 0  # bytes behind the head that are not in the tail any more
        self._room_looked_at = 0.0
        self._room = 0  # bytes that may be written until it is looked at again
        self.written = 0
        self.lost = 0
        self.left_out = 0

    def write(self, chunk: bytes) -> None:
        """A full disk must not stop the command half-way: what does not fit is counted."""
        fitting = max(0, self._head - self.written - self.lost)
        self._put(chunk[:fitting])
        if rest := chunk[fitting:]:
            self._tail += rest
            if (over := len(self._tail) - self._tail_size) > 0:
                self._dropped += over
                del self._tail[:over]

    def finish(self) -> None:
        """The command has ended: its last output follows."""
        if not self._tail:
            return
        tail, self._tail = bytes(self._tail), bytearray()
        if self._dropped:
            self.left_out = self._dropped
            self._put(f"\n… {self._dropped} bytes are left out here …\n".encode())
        self._put(tail)

    def _put(self, chunk: bytes) -> None:
        while chunk:
            try:
                room = self._measure_room()
                if room <= 0:
                    raise OSError
                size = os.write(self._descriptor, chunk[:room])
            except OSError:
                self.lost += len(chunk)
                return
            self.written += size
            self._room -= size
            chunk = chunk[size:]

    def _measure_room(self) -> int:
        """How many bytes more than the reserve are left; looked at now and then, and what was written since is gone."""
        now = time.monotonic()
        if now - self._room_looked_at >= LOOK:
            self._room_looked_at = now
            self._room = measure_room_beside_reserve(self._descriptor)
        return self._room


def measure_room_beside_reserve(descriptor: int) -> int:
    """How many bytes the disk of a file has beside what is kept for notes; without end where nobody can say."""
    try:
        disk = os.fstatvfs(descriptor)
    except OSError:
        return sys.maxsize
    size = disk.f_blocks * disk.f_frsize
    reserve = min(RESERVE, max(LEAST_RESERVE, int(size * RESERVED_SHARE)))
    return disk.f_bavail * disk.f_frsize - reserve if size else sys.maxsize

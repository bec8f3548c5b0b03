"""A program in a real terminal (a pty), read as bytes."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATIENCE = 30  # seconds without a byte before a program counts as hung


class Real:
    """`received` is every byte that reached the terminal so far."""

    def __init__(self, arguments: Sequence[str], environ: Mapping[str, str], size: tuple[int, int]) -> None:
        self._terminal, child = pty.openpty()
        fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        self.process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT, env=environ, stdin=child, stdout=child, stderr=child, start_new_session=True,
        )  # fmt: skip
        os.close(child)
        self.received = bytearray()

    def read(self) -> bool:
        """Take what there is; False when the program ended or hangs."""
        return self._take(PATIENCE)

    def look(self, seconds: float) -> None:
        """Take what comes within so long."""
        if select.select([self._terminal], [], [], seconds)[0]:
            self._take(0)

    def _take(self, patience: float) -> bool:
        ready, _, _ = select.select([self._terminal], [], [], patience)
        try:
            chunk = os.read(self._terminal, 65_536) if ready else b""
        except OSError:  # the other end is gone: that is how a pty says end of file
            chunk = b""
        self.received += chunk
        return bool(chunk)

    def until(self, words: str) -> None:
        """Read until `words` were drawn."""
        while words.encode() not in self.received:
            assert self.read(), self.received[-2_000:].decode(errors="replace")

    def press(self, keys: bytes) -> None:
        os.write(self._terminal, keys)

    def end(self) -> int:
        """Read to the end; the exit code."""
        while self.read():
            pass
        return self.process.wait(10)

    def vanish(self) -> None:
        """The terminal is gone, and no signal says so: the program does not lead its session's terminal."""
        os.close(self._terminal)
        self._terminal = -1

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self._terminal >= 0:
            os.close(self._terminal)


@contextmanager
def real(*arguments: str, size: tuple[int, int] = (120, 40), **environ: str) -> Iterator[Real]:
    """Run `python arguments` in a terminal of its own."""
    clean = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    opened = Real(
        arguments,
        {**clean, "TERM": "xterm-256color", "COLORTERM": "truecolor", "PYTHONPATH": str(ROOT), **environ},
        size,
    )
    try:
        yield opened
    finally:
        opened.close()

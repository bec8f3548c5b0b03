"""A program in a pseudo-terminal of its own, with its bytes, its processor time and its answers to keys."""

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Sequence
from types import TracebackType

TICK = os.sysconf("SC_CLK_TCK")


class Terminal:
    """A child on a pty. Everything it prints is read and counted; nothing is drawn."""

    def __init__(
        self, command: Sequence[str], *, columns: int = 120, rows: int = 40, env: dict[str, str] | None = None
    ):
        self.output = bytearray()
        self.started = time.monotonic()
        self._pid, self._fd = pty.fork()
        if self._pid == 0:
            environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **(env or {})}
            environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed program is not compiled at each start
            os.execvpe(command[0], list(command), environment)
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.kill(self._pid, signal.SIGTERM)
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline and os.waitpid(self._pid, os.WNOHANG) == (0, 0):
            self.read(0.05)
        os.close(self._fd)

    def read(self, seconds: float) -> int:
        """Read what comes within `seconds`; the number of bytes."""
        before = len(self.output)
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if select.select([self._fd], [], [], left)[0]:
                try:
                    self.output += os.read(self._fd, 65_536)
                except OSError:
                    break
        return len(self.output) - before

    def wait_for(self, text: bytes, seconds: float = 20.0) -> float:
        """Seconds since the start until `text` had been printed. Raises TimeoutError."""
        end = time.monotonic() + seconds
        while text not in self.output:
            if time.monotonic() > end:
                raise TimeoutError(f"{text!r} did not appear in {len(self.output)} bytes")
            if select.select([self._fd], [], [], 0.1)[0]:
                self.output += os.read(self._fd, 65_536)
        return time.monotonic() - self.started

    def press(self, key: bytes, quiet: float = 0.02, most: float = 2.0) -> float:
        """Seconds from a key until the first byte it causes. What was on its way before is read first."""
        while self.read(quiet):
            pass
        pressed = time.monotonic()
        os.write(self._fd, key)
        if not select.select([self._fd], [], [], most)[0]:
            raise TimeoutError(f"{key!r} changed nothing on screen")
        return time.monotonic() - pressed

    def send(self, keys: bytes) -> None:
        os.write(self._fd, keys)

    def answers(self, key: bytes, text: bytes, most: float = 30.0) -> float:
        """Seconds from a key until `text` is printed. Raises TimeoutError."""
        at, pressed = len(self.output), time.monotonic()
        self.send(key)
        while text not in self.output[at:]:
            if time.monotonic() - pressed > most:
                raise TimeoutError(f"{text!r} did not come of {key!r}")
            self.read(0.001)
        return time.monotonic() - pressed

    def cpu(self) -> float:
        """Processor seconds the child has used, without those of its own children."""
        with open(f"/proc/{self._pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    @property
    def memory(self) -> int:
        """Resident bytes."""
        with open(f"/proc/{self._pid}/statm", encoding="ascii") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGESIZE")

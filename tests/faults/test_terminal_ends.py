"""However the terminal or the process ends, the screen is restored, nothing is lost and nothing is left behind."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

PATIENCE = 30.0  # seconds; waiting ends as soon as what is waited for is there
LEAVE_ALTERNATE_SCREEN = b"\x1b[?1049l"
MOUSE_OFF = b"\x1b[?1000l"


class Child:
    """`cockpit ARGUMENTS` on a pseudo-terminal of its own."""

    def __init__(self, arguments: list[str], prelude: str = "") -> None:
        command = [sys.executable, "-m", "cockpit", *arguments]
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
            if prelude:
                command = ["sh", "-c", f'{prelude}; exec "$0" "$@"', *command]
            os.execvp(command[0], command)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.output = b""
        self.status: int | None = None

    def read(self, seconds: float) -> bool:
        """Read for at most so long; False once the other end is gone."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return True
        try:
            chunk = os.read(self.fd, 65_536)
        except OSError:
            return False
        self.output += chunk
        return bool(chunk)

    def see(self, text: bytes) -> None:
        end = time.monotonic() + PATIENCE
        while text not in self.output:
            assert time.monotonic() < end, f"{text!r} never came"
            assert self.read(0.1) or text in self.output, f"the program ended before it printed {text!r}"

    def press(self, keys: bytes) -> None:
        os.write(self.fd, keys)

    def wait(self, *, reading: bool = True) -> int:
        """The exit status, with a signal as a negative number."""
        end = time.monotonic() + PATIENCE
        while self.status is None:
            assert time.monotonic() < end, "it did not end"
            if reading:
                self.read(0.05)
            else:
                time.sleep(0.05)
            done, status = os.waitpid(self.pid, os.WNOHANG)
            if done:
                self.status = os.waitstatus_to_exitcode(status)
        while reading and self.read(0):
            if not select.select([self.fd], [], [], 0)[0]:
                break
        return self.status

    def end(self) -> None:
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)


Start = Callable[..., Child]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    monkeypatch.setenv("PYTHONPATH", str(Path.cwd()))
    children: list[Child] = []

    def one(*arguments: str, prelude: str = "") -> Child:
        children.append(Child(list(arguments), prelude))
        return children[-1]

    yield one
    for child in children:
        child.end()


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A system whose only probe is refused: something to show, and nothing to talk to."""
    path = tmp_path / "cockpit.toml"
    path.write_text(
        'system = "quay"\ndata = "data"\n[environments.prod]\n[[environments.prod.probes]]\n'
        'name = "harbour"\nurl = "http://127.0.0.1:9/"\n',
        encoding="utf-8",
    )
    return path


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)], ids=["TERM", "HUP"])
def test_a_signal_ends_it_with_the_terminal_restored(start: Start, config: Path, number: int, code: int) -> None:
    child = start("--config", str(config))
    child.see(b"harbour")
    os.kill(child.pid, number)
    assert child.wait() == code
    assert LEAVE_ALTERNATE_SCREEN in child.output
    assert MOUSE_OFF in child.output


@pytest.mark.parametrize("prelude", ["", "trap '' HUP"], ids=["plain", "under nohup"])
def test_a_terminal_that_is_gone_leaves_no_process_behind(start: Start, config: Path, prelude: str) -> None:
    child = start("--config", str(config), prelude=prelude)
    child.see(b"harbour")
    os.kill(child.pid, signal.SIGHUP)
    os.close(child.fd)
    child.fd = os.open(os.devnull, os.O_RDONLY)
    child.wait(reading=False)


def test_a_terminal_that_stops_reading_can_still_be_ended(start: Start, config: Path) -> None:
    child = start("--config", str(config))
    child.see(b"harbour")
    time.sleep(1.0)  # what it writes now nobody reads
    os.kill(child.pid, signal.SIGTERM)
    assert child.wait() == 143


def test_quitting_works_while_every_source_hangs(start: Start, tmp_path: Path) -> None:
    import socket

    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(64)  # accepts in the kernel, and never answers
        port = deaf.getsockname()[1]
        path = tmp_path / "hang.toml"
        probes = "".join(
            f'[[environments.prod.probes]]\nname = "p{n}"\nurl = "http://127.0.0.1:{port}/{n}"\n' for n in range(20)
        )
        path.write_text(f'system = "quay"\ndata = "data"\n[environments.prod]\n{probes}', encoding="utf-8")
        child = start("--config", str(path))
        while not select.select([deaf], [], [], 0)[0]:  # until a probe waits for its answer
            assert child.read(0.05)
        child.press(b"\x11")
        assert child.wait() == 0


def test_two_cockpits_on_one_file_the_second_says_so_and_takes_over(start: Start, config: Path) -> None:
    first = start("--config", str(config))
    first.see(b"harbour")
    first.press(b"4")
    first.see(b"recording")
    second = start("--config", str(config))
    second.see(b"harbour")
    second.press(b"4")
    second.see(b"recorded by")
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    second.output = b""
    second.see(b"took over")
    os.kill(second.pid, signal.SIGTERM)
    second.wait()
    shown = subprocess.run(
        [sys.executable, "-m", "cockpit", "verify", "--config", str(config)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert shown.returncode == 0, shown.stderr


def test_the_simulated_world_ends_with_a_demo_that_was_killed(start: Start) -> None:
    child = start("demo", "--scenario", "quiet", "--speed", "10")
    child.see(b"orders")
    worlds = simulators(child.pid)
    assert len(worlds) == 1
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    end = time.monotonic() + PATIENCE
    while Path(f"/proc/{worlds[0]}").exists():
        assert time.monotonic() < end, "the simulator outlived its screen"
        time.sleep(0.05)


def simulators(parent: int) -> list[int]:
    """The children of a process that run the simulator."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="ascii").split()
    return [int(each) for each in children if b"simulator" in Path(f"/proc/{each}/cmdline").read_bytes()]


@pytest.mark.parametrize("term", ["dumb", ""], ids=["TERM=dumb", "no TERM"])
def test_a_terminal_that_cannot_draw_gets_plain_text(start: Start, config: Path, term: str) -> None:
    child = start("--config", str(config), prelude=f"export TERM={term}" if term else "unset TERM")
    code = child.wait()
    assert code == 2, child.output.decode()
    assert b"harbour" in child.output
    assert b"\x1b[?1049h" not in child.output

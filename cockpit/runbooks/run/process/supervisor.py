"""The supervisor of one command: a process in a session of its own, which a dropped line or a dead cockpit cannot end.

Started as `python -m` of this module with a Job as JSON on standard input, so that no secret is in an
argument list or a file. It runs the command, writes what it prints to the transcript with secrets masked, and leaves
an exit file. SIGINT or SIGTERM ends the command: INT, then TERM, then KILL. Standard library only: it starts in 30 ms.
"""

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from cockpit.model.secret_detection.masking import Mask
from cockpit.runbooks.run.process.bounded_transcript import BoundedTranscript
from cockpit.runbooks.run.process.files import write_whole
from cockpit.runbooks.run.process.identity import owner_of

CHUNK = 65_536  # bytes
LAST_WORD = 1_024  # bytes; more than an exit file ever has
ROOM_LOOK = 1.0  # seconds between two looks whether there is room for it
NOTICE = 0.05  # seconds until a cancel, a time-out or the end of a silent command is noticed
SETTLED = 6  # notices without output, after which a word that may go on is taken for whole
LEFT_BEHIND = 0.3  # seconds to go on reading after the command has ended, for what it left in the background
WITHHELD = (
    b"What it prints is a secret, so it is neither shown nor kept. `NAME=$(...)` hands it to the step that needs it.\n"
)
STEPS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)


@dataclass(frozen=True, slots=True)
class Job:
    """What to run. `descriptor` is the open transcript, `grace` the seconds between INT, TERM and KILL."""

    argv: list[str]
    env: Mapping[str, str]
    cwd: str
    secrets: list[str]
    descriptor: int
    pid_file: str
    exit_file: str
    timeout: float | None
    grace: float = 5.0
    state_file: str = ""  # where what the shell leaves to the next step is kept; "" for nowhere
    kept: tuple[str, ...] | list[str] = ()  # the variables that earlier steps left
    pinned: Mapping[str, str | None] = field(default_factory=dict)  # what variables for this step alone said before
    secret_names: tuple[str, ...] | list[str] = ()  # variables whose values are never kept, whatever they are
    withholds_output: bool = False  # what it prints is a secret: its standard output goes nowhere
    group_file: str = ""  # where the command's own process stands, for whoever comes after a supervisor that was killed


class StatePipe:
    """The pipe that the script tells. Held open for reading and writing, so that nobody waits for anybody at it."""

    def __init__(self, path: Path) -> None:
        """Raises OSError."""
        self.path = path
        with suppress(FileNotFoundError):
            path.unlink()
        os.mkfifo(path, 0o600)
        self._descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK)

    def read(self) -> bytes:
        """All that stands in it."""
        pieces = []
        with suppress(BlockingIOError):
            while piece := os.read(self._descriptor, CHUNK):
                pieces.append(piece)
        return b"".join(pieces)

    def close(self) -> None:
        os.close(self._descriptor)
        with suppress(OSError):
            self.path.unlink()


class Supervisor:
    """Runs one Job to its end."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.mask = Mask(job.secrets)
        self.cancelled = False
        self.timed_out = False
        self.transcript = BoundedTranscript(job.descriptor)
        self._began_at = read_boot_clock()
        self._ending = -1  # which of STEPS was sent last
        self._next = time.monotonic() + job.timeout if job.timeout is not None else None

    def run(self) -> dict[str, Any]:
        """What the exit file says."""
        signal.signal(signal.SIGINT, self._cancel)
        signal.signal(signal.SIGTERM, self._cancel)
        signal.signal(signal.SIGHUP, _ignore_hangup)  # not SIG_IGN, which the command would inherit
        write_whole(Path(self.job.pid_file), json.dumps(owner_of(os.getpid()).as_detail()).encode())
        output, number = output_pipe()
        pipe = self._open_state_pipe()
        try:
            child = subprocess.Popen(
                self.job.argv,
                env=dict(self.job.env) if pipe is None else {**self.job.env, "_COCKPIT_STATE": str(pipe.path)},
                cwd=self.job.cwd,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL if self.job.withholds_output else number,
                stderr=number,
                process_group=0,
                preexec_fn=lambda: self._leave_word(output),
            )
        except OSError as error:
            if pipe is not None:
                pipe.close()
            return self._report(None, None, f"{error.filename}: {error.strerror}")
        finally:
            os.close(number)
        if pipe is not None:
            import cockpit.runbooks.run.process.shell_state  # noqa: F401  while the command runs: that costs nobody time
        self._watch(child, output)
        code = child.wait()
        if pipe is not None:
            self._keep_state(pipe, code)
        return self._report(code if code >= 0 else None, -code if code < 0 else None)

    def _open_state_pipe(self) -> StatePipe | None:
        """What the shell tells of itself is worth less than that the command runs."""
        if not self.job.state_file:
            return None
        with suppress(OSError):
            return StatePipe(Path(self.job.state_file).with_suffix(".pipe"))
        return None

    def _keep_state(self, pipe: StatePipe, code: int) -> None:
        """Write down what the shell left, where the command did what it should; never a secret."""
        from cockpit.runbooks.run.process.shell_state import TELLING, build_kept_shell, write_kept_shell

        reported = pipe.read()
        pipe.close()
        if code != 0 or not reported:
            return
        started_with = {name: value for name, value in self.job.env.items() if name not in TELLING}
        kept = build_kept_shell(
            reported,
            started_with=started_with,
            before=self.job.kept,
            pinned=self.job.pinned,
            is_secret=self._is_secret,
            host=os.uname().nodename,
        )
        if kept is not None:
            with suppress(OSError):  # a full disk: the next step then asks
                write_kept_shell(Path(self.job.exit_file).with_name(Path(self.job.state_file).name), kept)

    def _is_secret(self, name: str, value: str) -> bool:
        from cockpit.runbooks.shell_syntax.literal_secrets import looks_secret

        if name in self.job.secret_names:
            return True
        return Mask(self.job.secrets).whole(value) != value or looks_secret(name, value)

    def _leave_word(self, output: int) -> None:
        """In the command's process, before there is a command: who it is and which pipe it prints to.

        Written by the process itself, so that there is no moment in which it runs and nobody could find it.
        """
        if self.job.group_file:
            word = owner_of(os.getpid()).as_detail() | {"pipe": os.fstat(output).st_ino}
            with suppress(OSError):  # a full disk must not keep a command from starting
                write_whole(Path(self.job.group_file), json.dumps(word).encode())

    def _watch(self, child: "subprocess.Popen[bytes]", output: int) -> None:
        """Read until the output ends, or the command has ended and only something in the background keeps it open."""
        over: float | None = None
        quiet = 0
        with selectors.DefaultSelector() as selector:
            selector.register(output, selectors.EVENT_READ)
            while over is None or time.monotonic() < over:
                if selector.select(NOTICE):
                    chunk = os.read(output, CHUNK)
                    if not chunk:
                        break
                    self.transcript.write(self.mask.feed(chunk))
                    quiet = 0
                else:
                    quiet += 1
                    if quiet == SETTLED:
                        self.transcript.write(self.mask.settle())
                if over is None and child.poll() is not None:
                    over = time.monotonic() + LEFT_BEHIND
                self._end_in_time(child.pid)
        while child.poll() is None or (self._ending >= 0 and self._next is not None):  # what was ended, ends as a whole
            time.sleep(NOTICE / 10)
            self._end_in_time(child.pid)
        self.transcript.write(self.mask.flush())
        if self.job.withholds_output:
            self.transcript.write(WITHHELD)
        self.transcript.finish()

    def _cancel(self, number: int, frame: object) -> None:
        if self._ending < 0:
            self.cancelled = True
            self._next = time.monotonic()

    def _end_in_time(self, group: int) -> None:
        """Send what is due: at the time-out or a cancel INT, then after each grace TERM and KILL."""
        if self._ending >= 0 and not is_group_alive(group):
            self._next = None
        if self._next is None or time.monotonic() < self._next:
            return
        self.timed_out = not self.cancelled
        self._ending += 1
        last = self._ending == len(STEPS) - 1
        self._next = None if last else time.monotonic() + self.job.grace
        with suppress(ProcessLookupError):
            os.killpg(group, STEPS[self._ending])

    def _report(self, code: int | None, number: int | None, trouble: str = "") -> dict[str, Any]:
        return {
            "exit_code": code,
            "signal": number,
            "timed_out": self.timed_out,
            "cancelled": self.cancelled,
            "trouble": trouble,
            "written": self.transcript.written,
            "lost": self.transcript.lost,
            "left_out": self.transcript.left_out,
            "ended": time.time(),
            "seconds": read_boot_clock() - self._began_at,
        }


def read_boot_clock() -> float:
    """Seconds of a clock that nobody sets, and that counts the sleep of the machine."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def output_pipe() -> tuple[int, int]:
    """What we read from, and what the command prints to.

    Its end can be read, too: a pipe that nobody reads any more kills who prints to it, and a command must not be killed
    half-way because its supervisor was. Where there is no /proc it is a plain pipe.
    """
    output, number = os.pipe()
    try:
        both_ways = os.open(f"/proc/self/fd/{number}", os.O_RDWR)
    except OSError:
        return output, number
    os.close(number)
    return output, both_ways


def _ignore_hangup(number: int, frame: object) -> None:
    """A line that drops is nothing to us."""


def is_group_alive(group: int) -> bool:
    """True while any process of a group is left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


class LastWord:
    """The exit file, with room for it taken before there is anything to say: a full disk must not make it lost."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._reserved = path.with_name(f".{path.name}")
        with suppress(OSError):
            self._reserved.unlink(missing_ok=True)
            write_whole(self._reserved, b" " * LAST_WORD)

    def write(self, word: bytes) -> None:
        """Write it, and wait for room where there is none: who ended how is known to nobody else."""
        while True:
            try:
                return self._put(word)
            except FileNotFoundError:  # somebody has removed the folder: no room will ever come
                return None
            except OSError:
                time.sleep(ROOM_LOOK)

    def _put(self, word: bytes) -> None:
        try:
            descriptor = os.open(self._reserved, os.O_WRONLY)
        except OSError:  # there was no room for it then either
            return write_whole(self._path, word)
        with os.fdopen(descriptor, "wb") as file:
            file.write(word.ljust(LAST_WORD))  # over what stands there: it takes no more room
            file.flush()
            os.fsync(file.fileno())
        self._reserved.replace(self._path)
        return None


def hold_folder(job: Job) -> Job:
    """The same with the file for its last word in the folder as it is, wherever somebody moves that meanwhile."""
    with suppress(OSError):
        folder = Path(f"/proc/self/fd/{os.open(Path(job.exit_file).parent, os.O_RDONLY | os.O_DIRECTORY)}")
        if folder.exists():
            return replace(job, exit_file=str(folder / Path(job.exit_file).name))
    return job


def main() -> None:
    job = hold_folder(Job(**json.load(sys.stdin)))
    last_word = LastWord(Path(job.exit_file))
    ended = Supervisor(job).run()
    last_word.write(json.dumps(ended).encode())
    os._exit(0)  # at once: somebody waits for the step to be free, and there is nothing left to tidy


if __name__ == "__main__":
    main()

"""Commands run under a supervisor: started, watched, cancelled, and found again after a restart."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cockpit.model.time import Time
from cockpit.runbooks.execution import Output
from cockpit.runbooks.files import read_json
from cockpit.runbooks.output import Tail
from cockpit.runbooks.processes import Owner, alive, owner_of, send
from cockpit.runbooks.supervisor import Job

ROOT = Path(__file__).resolve().parents[2]  # where the package `cockpit` is, installed or not
QUICK, SLOW = 0.01, 0.05  # seconds between two looks at a transcript, in the first second and later
LETS_GO = 2.0  # seconds that a supervisor may take to go after its last word
APPEARS = 5.0  # seconds until a supervisor must have said who it is


@dataclass(frozen=True, slots=True)
class Place:
    """The files of one try, side by side: `3-1.log`, `3-1.pid`, `3-1.exit`."""

    transcript: Path

    @property
    def pid_file(self) -> Path:
        return self.transcript.with_suffix(".pid")

    @property
    def exit_file(self) -> Path:
        return self.transcript.with_suffix(".exit")


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended; all None when its supervisor is gone and left no word."""

    exit_code: int | None = None
    signal: int | None = None
    timed_out: bool = False
    cancelled: bool = False
    trouble: str = ""  # why it could not even be started
    lost: int = 0  # bytes of output that the disk did not take
    known: bool = True
    at: float | None = field(default=None, compare=False)  # seconds since the epoch, by its supervisor's word


GONE = Ended(known=False)


def start(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: str,
    secrets: Sequence[str],
    place: Place,
    descriptor: int,
    timeout: float | None,
    keep: Sequence[int] = (),
    grace: float = 5.0,
) -> Owner:
    """Start a command; its supervisor. `descriptor` is the open transcript, `keep` are more files it holds open.

    Blocking, for some milliseconds. Raises OSError.
    """
    job = Job(
        argv=list(argv),
        env=dict(env),
        cwd=cwd,
        secrets=list(secrets),
        descriptor=descriptor,
        pid_file=str(place.pid_file),
        exit_file=str(place.exit_file),
        timeout=timeout,
        grace=grace,
    )
    supervisor = subprocess.Popen(
        # -S: no site packages are needed, and not looking for them halves the time to start.
        [sys.executable, "-S", "-P", "-m", "cockpit.runbooks.supervisor"],
        env={"PYTHONPATH": str(ROOT), "PATH": env.get("PATH", "")},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        cwd="/",
        pass_fds=(descriptor, *keep),
    )
    owner = owner_of(supervisor.pid)
    # Somebody must take its exit status, also when nobody watches any more; the thread ends with it, or with us.
    threading.Thread(target=supervisor.wait, name=f"supervisor {supervisor.pid}", daemon=True).start()
    assert supervisor.stdin is not None
    with supervisor.stdin as pipe:
        pipe.write(json.dumps(asdict(job)).encode())
    return owner


def owner_in(place: Place) -> Owner:
    """Who supervises, by its own word; nobody when it has not said so."""
    said = read_json(place.pid_file) or {}
    try:
        return Owner(**said)
    except TypeError:
        return Owner()


def ended_in(place: Place) -> Ended | None:
    """What the exit file says; None when there is none."""
    said = read_json(place.exit_file)
    if said is None:
        return None
    code, number, lost, at = said.get("exit_code"), said.get("signal"), said.get("lost"), said.get("ended")
    return Ended(
        exit_code=code if isinstance(code, int) else None,
        signal=number if isinstance(number, int) else None,
        timed_out=said.get("timed_out") is True,
        cancelled=said.get("cancelled") is True,
        trouble=str(said.get("trouble") or ""),
        lost=lost if isinstance(lost, int) else 0,
        at=float(at) if isinstance(at, int | float) else None,
    )


def end_time(place: Place) -> datetime | None:
    """When a command ended: by its supervisor's word, else by the age of that word; None when there is none."""
    ended = ended_in(place)
    if ended is None:
        return None
    try:
        return datetime.fromtimestamp(place.exit_file.stat().st_mtime if ended.at is None else ended.at, UTC)
    except (OSError, OverflowError, ValueError):
        return None


async def watch(
    place: Place, owner: Owner, on_output: Output, mask: Callable[[str], str], time: Time, *, at: int = 0
) -> Ended:
    """Show the output from byte `at` on until the command has ended. Cancelling this leaves the command running."""
    tail = Tail(place.transcript, mask, at=at)
    began = time.monotonic()
    while True:
        ended = ended_in(place)
        running = ended is None and alive(owner)
        if not running:
            ended = ended or ended_in(place) or GONE  # it may have written its last word while we looked for it
            if rest := tail.rest():
                on_output(rest)
            await _gone(owner, time)
            return ended
        if text := tail.read():
            on_output(text)
        await time.sleep(QUICK if time.monotonic() - began < 1.0 else SLOW)


async def _gone(owner: Owner, time: Time) -> None:
    """Wait until a supervisor that has said its last word lets go of the step."""
    waited = 0.0
    while alive(owner) and waited < LETS_GO:
        await time.sleep(QUICK)
        waited += QUICK


async def cancel(place: Place, time: Time) -> bool:
    """Ask a supervisor to end its command: INT, then TERM, then KILL. False when it is gone already."""
    waited = 0.0
    while (owner := owner_in(place)) == Owner() and ended_in(place) is None and waited < APPEARS:  # until it listens
        await time.sleep(SLOW)
        waited += SLOW
    return send(owner, signal.SIGINT)


def foreground(argv: Sequence[str], *, env: Mapping[str, str], cwd: str) -> Ended:
    """Run a command that needs the terminal, on it. Blocks until it ends. An interrupt is the command's, not ours."""
    main = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGINT, lambda number, frame: None) if main else None
    try:
        code = subprocess.run(argv, env=dict(env), cwd=cwd, check=False).returncode
    except OSError as error:
        return Ended(trouble=f"{error.filename}: {error.strerror}")
    finally:
        if main:
            signal.signal(signal.SIGINT, before)
    return Ended(exit_code=code if code >= 0 else None, signal=-code if code < 0 else None)

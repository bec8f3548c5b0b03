"""Commands run under a supervisor: started, watched, cancelled, and found again after a restart."""

import json
import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cockpit.model.time import Time
from cockpit.runbooks.run.process.files import AttemptFiles, read_json
from cockpit.runbooks.run.process.identity import Owner, group_alive, is_alive, owner_of, send_signal
from cockpit.runbooks.run.process.supervisor import CHUNK, Job
from cockpit.runbooks.run.process.transcript import TranscriptTail
from cockpit.runbooks.types import Output

ROOT = Path(__file__).resolve().parents[4]  # where the package `cockpit` is, installed or not
QUICK, SLOW = 0.01, 0.05  # seconds between two looks at a transcript, in the first second and later
LETS_GO = 2.0  # seconds that a supervisor may take to go after its last word
APPEARS = 5.0  # seconds until a supervisor must have reported who it is


@dataclass(frozen=True, slots=True)
class CommandEnd:
    """How a command ended; all None when its supervisor is gone and left no word."""

    exit_code: int | None = None
    signal: int | None = None
    timed_out: bool = False
    cancelled: bool = False
    trouble: str = ""  # why it could not even be started
    lost: int = 0  # bytes of output that the disk did not take
    left_out: int = 0  # bytes between the beginning and the end of a transcript that would be too long
    known: bool = True
    at: float | None = field(default=None, compare=False)  # seconds since the epoch, by its supervisor's word
    seconds: float | None = field(default=None, compare=False)  # that it took, by a clock that nobody sets
    still_runs: int = 0  # the pid of a command whose supervisor is gone, and which is not


GONE = CommandEnd(known=False)


def start_command(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: str,
    secrets: Sequence[str],
    place: AttemptFiles,
    descriptor: int,
    timeout: float | None,
    keep: Sequence[int] = (),
    grace: float = 5.0,
    kept: Sequence[str] | None = None,
    pinned: Mapping[str, str | None] = {},
    secret_names: Iterable[str] = (),
    withholds_output: bool = False,
) -> Owner:
    """Start a command; its supervisor. `descriptor` is the open transcript, `keep` are more files it holds open;
    `kept` names the variables that earlier steps left, None where nothing is to be kept of what this one leaves,
    `pinned` says what variables of `env` that hold for this step alone said before, and
    `secret_names` those of which no value is. `withholds_output`: what it prints is a secret.

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
        state_file="" if kept is None else str(place.state_file),
        kept=list(kept or ()),
        pinned=dict(pinned),
        secret_names=sorted(secret_names),
        withholds_output=withholds_output,
        group_file=str(place.group_file),
        timeout=timeout,
        grace=grace,
    )
    supervisor = subprocess.Popen(
        # -S: no site packages are needed, and not looking for them halves the time to start.
        [sys.executable, "-S", "-P", "-m", "cockpit.runbooks.run.process.supervisor"],
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


def owner_in(place: AttemptFiles) -> Owner:
    """Who supervises, by its own report; nobody when there is none."""
    fields = read_json(place.pid_file) or {}
    try:
        return Owner(**fields)
    except TypeError:
        return Owner()


def command_in(place: AttemptFiles) -> Owner:
    """The process of the command itself, by its own report; nobody when there is none."""
    word = read_json(place.group_file) or {}
    try:
        return Owner(**{name: value for name, value in word.items() if name != "pipe"})
    except TypeError:
        return Owner()


def left_behind(place: AttemptFiles) -> CommandEnd:
    """How a command stands whose supervisor is gone without a word: it runs on, or it is gone as well."""
    command = command_in(place)
    return CommandEnd(known=False, still_runs=command.pid) if group_alive(command) else GONE


def let_print(place: AttemptFiles) -> None:
    """Read away what a command prints that nobody reads any more: a full pipe would hold it up for ever.

    What it prints is not kept: only its supervisor knew every secret of it. Never blocks.
    """
    word, command = read_json(place.group_file) or {}, command_in(place)
    path = f"/proc/{command.pid}/fd/1"
    try:
        if (
            not is_alive(command)
            or not stat.S_ISFIFO(os.stat(path).st_mode)
            or os.stat(path).st_ino != word.get("pipe")
        ):
            return
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return
    try:
        while os.read(descriptor, CHUNK):
            pass
    except OSError:
        pass  # nothing more for now
    finally:
        os.close(descriptor)


def ended_in(place: AttemptFiles) -> CommandEnd | None:
    """What the exit file says; None when there is none."""
    fields = read_json(place.exit_file)
    if fields is None:
        return None
    code, number, lost, position = (fields.get(name) for name in ("exit_code", "signal", "lost", "ended"))
    left_out, took = fields.get("left_out"), fields.get("seconds")
    return CommandEnd(
        exit_code=code if isinstance(code, int) else None,
        signal=number if isinstance(number, int) else None,
        timed_out=fields.get("timed_out") is True,
        cancelled=fields.get("cancelled") is True,
        trouble=str(fields.get("trouble") or ""),
        lost=lost if isinstance(lost, int) else 0,
        left_out=left_out if isinstance(left_out, int) else 0,
        at=float(position) if isinstance(position, int | float) else None,
        seconds=float(took) if isinstance(took, int | float) and took >= 0 else None,
    )


def end_time(place: AttemptFiles) -> datetime | None:
    """When a command ended: by its supervisor's word, else by the age of that word; None when there is none."""
    ended = ended_in(place)
    if ended is None:
        return None
    try:
        return datetime.fromtimestamp(place.exit_file.stat().st_mtime if ended.at is None else ended.at, UTC)
    except (OSError, OverflowError, ValueError):
        return None


async def watch_output(
    find_files: Callable[[], AttemptFiles],
    owner: Owner,
    on_output: Output,
    mask: Callable[[str], str],
    time: Time,
    *,
    index: int = 0,
) -> CommandEnd:
    """Show the output from byte `index` on until the command has ended. Cancelling this leaves the command running.

    `find_files` says where its files are now.
    """
    tail = TranscriptTail(find_files().transcript, mask, index=index)
    began = time.monotonic()
    while True:
        place = find_files()
        tail.path = place.transcript
        ended = ended_in(place)
        running = ended is None and is_alive(owner)
        if not running:
            ended = ended or ended_in(place) or left_behind(place)  # it may have written its last word meanwhile
            if rest := tail.rest():
                on_output(rest)
            await _wait_until_gone(owner, time)
            return ended
        if text := tail.read():
            on_output(text)
        await time.sleep(QUICK if time.monotonic() - began < 1.0 else SLOW)


async def _wait_until_gone(owner: Owner, time: Time) -> None:
    """Wait until a supervisor that has written its last line lets go of the step."""
    waited = 0.0
    while is_alive(owner) and waited < LETS_GO:
        await time.sleep(QUICK)
        waited += QUICK


async def cancel_left_command(place: AttemptFiles, time: Time, grace: float) -> bool:
    """End a command whose supervisor is gone: INT, then TERM, then KILL to its group. False when it is gone as well.

    Raises PermissionError when it runs as somebody else.
    """
    command = command_in(place)
    if not group_alive(command):
        return False
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(command.pid, number)
        except ProcessLookupError:
            return True
        waited = 0.0
        while waited < grace and group_alive(command):
            await time.sleep(SLOW)
            waited += SLOW
        if not group_alive(command):
            return True
    return True


async def cancel_command(place: AttemptFiles, time: Time) -> bool:
    """Ask a supervisor to end its command: INT, then TERM, then KILL. False when it is gone already.

    Raises PermissionError when it runs as somebody else.
    """
    waited = 0.0
    while (owner := owner_in(place)) == Owner() and ended_in(place) is None and waited < APPEARS:  # until it listens
        await time.sleep(SLOW)
        waited += SLOW
    return send_signal(owner, signal.SIGINT)


def run_in_foreground(argv: Sequence[str], *, env: Mapping[str, str], cwd: str, before: str = "") -> CommandEnd:
    """Run a command that needs the terminal, on it, `before` being printed first. Blocks until it ends.

    An interrupt is the command's, not ours.
    """
    main = threading.current_thread() is threading.main_thread()
    handler = signal.signal(signal.SIGINT, lambda number, frame: None) if main else None
    try:
        if before:
            sys.stdout.write(before)
            sys.stdout.flush()
        code = subprocess.run(argv, env=dict(env), cwd=cwd, check=False).returncode
    except OSError as error:
        return CommandEnd(trouble=f"{error.filename}: {error.strerror}")
    finally:
        if main:
            signal.signal(signal.SIGINT, handler)
    return CommandEnd(exit_code=code if code >= 0 else None, signal=-code if code < 0 else None)

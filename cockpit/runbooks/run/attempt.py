"""One attempt in progress: its files, its output, its end. How each sort of step is done is here; whether, is not.

What only a command for a shell needs is loaded with the first of them: `exec` of a known read has none.
"""

import asyncio
import os
import time as clock
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from cockpit.model.run import StepState
from cockpit.model.runbook import StepKind
from cockpit.model.secret_detection.masking import Mask
from cockpit.model.text import clean_line, clean_text
from cockpit.runbooks.run.process.files import AttemptFiles, create_file, make_directory, take_lock
from cockpit.runbooks.run.process.identity import Owner
from cockpit.runbooks.run.process.transcript import KEPT, head_and_tail, make_readable
from cockpit.runbooks.types import Finished, Output, Prepared, RunRefused, StepTakenElsewhere

if TYPE_CHECKING:
    from cockpit.runbooks.prepare.context import RunContext

EVIDENCE = 8 * 1_048_576  # bytes of what it printed by which a command is judged
FOLDER_REMOVED = "somebody has removed the folder of the run while it ran"
LOOKERS, LETS_GO = 10, 0.2  # how often a lock is tried, and seconds until it is taken for held


@dataclass(slots=True)
class ReservedFiles:
    """What an attempt holds open. `lock` is held as long as anybody, the supervisor too, is at the step.

    Until the intent event is on the disk the transcript has another name: under its own it proves that there is one.
    """

    number: int
    place: AttemptFiles
    transcript: int
    lock: int
    folder: int

    @property
    def current(self) -> AttemptFiles:
        """Where the files are now: somebody may have moved the folder, or removed it, while the step runs. Of what was
        removed the transcript alone can still be read."""
        if os.path.lexists(self.place.transcript):
            return self.place
        moved = AttemptFiles(Path(f"/proc/self/fd/{self.folder}") / self.place.transcript.name)
        if os.path.lexists(moved.transcript):
            return moved
        return AttemptFiles(Path(f"/proc/self/fd/{self.transcript}"))

    @property
    def reserved(self) -> Path:
        return reserved_path(self.place.transcript)

    def keep(self) -> None:
        """The intent is written. Raises OSError."""
        self.reserved.rename(self.place.transcript)

    def close(self) -> None:
        for number in (self.transcript, self.lock, self.folder):
            with suppress(OSError):
                os.close(number)

    def discard(self) -> None:
        """Nothing was started after all."""
        with suppress(OSError):
            self.reserved.unlink()
        self.close()


def reserved_path(transcript: Path) -> Path:
    return transcript.with_name(f".{transcript.name}")


def reserve_attempt(directory: Path, step: int, number: int, *, again: bool = False) -> ReservedFiles:
    """The lock of a step and the new transcript of its attempt `number`. Blocking. Raises RunRefused.

    The timeline says which attempts there were. A transcript that it does not know of proves that somebody was at the
    step all the same (the timeline may be an older copy): it is not done once more unless a person says `again`.
    """
    try:
        make_directory(directory)
        lock = take_lock_soon(directory / f"{step}.lock")
        if lock is None:
            raise StepTakenElsewhere("This step is running: another cockpit has started it.", code="step-running")
        try:
            return reserve_transcript(directory, step, number, lock, again=again)
        except BaseException:
            os.close(lock)
            raise
    except OSError as error:
        raise RunRefused(
            f"No transcript can be written in {directory}: {error.strerror}. Nothing was started.",
            code="not-writable",
            folder=directory,
            reason=error.strerror,
        ) from error


def take_lock_soon(path: Path) -> int | None:
    """As `take_lock`; who only looks whether anybody is at the step holds it for a moment. Raises OSError."""
    for _ in range(LOOKERS):
        lock = take_lock(path)
        if lock is not None:
            return lock
        clock.sleep(LETS_GO / LOOKERS)
    return None


def reserve_transcript(directory: Path, step: int, number: int, lock: int, *, again: bool) -> ReservedFiles:
    """The first transcript from `number` on that nobody has. Raises StepTakenElsewhere, OSError."""
    while True:
        place = AttemptFiles(directory / f"{step}-{number}.log")
        if not os.path.lexists(place.transcript):
            reserved_path(place.transcript).unlink(missing_ok=True)  # of somebody who was killed over it
            folder = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
            try:
                return ReservedFiles(number, place, create_file(reserved_path(place.transcript)), lock, folder)
            except BaseException:
                os.close(folder)
                raise
        if not again:
            raise StepTakenElsewhere(
                f"Somebody has begun this step, and the timeline does not tell of it: {place.transcript} is there."
                " Look what was done; then settle the step, or say that it is to be done again.",
                code="step-begun-elsewhere",
                transcript=place.transcript,
            )
        number += 1


class Writing:
    """Output of what runs in this process, on its way to the transcript and the screen. A Progress."""

    def __init__(
        self,
        descriptor: int | None,
        secrets: list[str],
        mask: Callable[[str], str],
        on_output: Output,
        on_operation: Callable[[str], None],
    ) -> None:
        self._descriptor = descriptor
        self._secrets = Mask(secrets)
        self._mask = mask
        self._on_output = on_output
        self._on_operation = on_operation
        self.kept = ""  # the beginning of it, for those without a transcript

    def output(self, text: str) -> None:
        shown_text = self._mask(make_readable(self._secrets.feed(text.encode()).decode("utf-8", "replace")))
        self._take(shown_text)

    def finish(self) -> None:
        """What was held back in case it became a secret."""
        self._take(self._mask(make_readable(self._secrets.flush().decode("utf-8", "replace"))))

    def operation(self, url: str) -> None:
        self._on_operation(url)

    def _take(self, shown_text: str) -> None:
        if not shown_text:
            return
        self.kept = (self.kept + shown_text)[:KEPT]
        if self._descriptor is not None:
            with suppress(OSError):  # a full disk: the screen still has it
                os.write(self._descriptor, shown_text.encode())
        self._on_output(shown_text)


async def run_in_shell(
    prepared: Prepared, files: ReservedFiles, context: "RunContext", secrets: list[str], on_output: Output, index: int
) -> Finished:
    """One try under a supervisor. Cancelling this leaves it running. Raises nothing else."""
    assert prepared.script is not None
    try:
        owner = await _start_in_shell(prepared, files, context, secrets)
    except OSError as error:  # also where a module that it takes cannot be read any more
        sentence = f"it could not be started: {clean_line(error.strerror or error)}"
        return Finished(StepState.FAILED, sentence, started=False)
    return await watch_command(files, owner, prepared, context, on_output, index=index)


async def _start_in_shell(prepared: Prepared, files: ReservedFiles, context: "RunContext", secrets: list[str]) -> Owner:
    """The supervisor of the command. Raises OSError while nothing is started."""
    from cockpit.runbooks.prepare.script import make_shell_start
    from cockpit.runbooks.run.process import shell
    from cockpit.runbooks.run.process.shell_state import add_restoring_variables
    from cockpit.runbooks.shell_syntax.fetched_secrets import list_fetched_secrets
    from cockpit.runbooks.shell_syntax.printed_secrets import prints_secret

    assert prepared.script is not None
    argv, variables = make_shell_start(prepared.script, language_of(prepared), out_of_sight=bool(prepared.hidden))
    env = context.shell(variables)
    keeps = keeps_shell(prepared)
    place = files.place
    for left in (place.exit_file, place.pid_file, place.group_file, place.state_file):  # of the try before
        left.unlink(missing_ok=True)
    return await asyncio.to_thread(
        shell.start_command,
        argv,
        env=add_restoring_variables(env, context.kept_shell.without(context.pinned.values)) if keeps else env,
        cwd=prepared.cwd,
        secrets=secrets,
        place=files.place,
        descriptor=files.transcript,
        timeout=prepared.timeout,
        keep=(files.lock,),
        grace=context.grace,
        kept=tuple(context.kept_shell.variables) if keeps else None,
        pinned=context.pinned.before,
        secret_names=list_fetched_secrets(prepared.as_written) if keeps else (),
        withholds_output=prints_secret(prepared.as_run, language_of(prepared)),
    )


def keeps_shell(prepared: Prepared) -> bool:
    """Whether what its shell leaves holds in the next step: of bash, and not of a command that was typed alone."""
    return prepared.script is not None and language_of(prepared) == "bash" and not prepared.step.literal


async def watch_command(
    files: ReservedFiles,
    owner: Owner,
    prepared: Prepared,
    context: "RunContext",
    on_output: Output,
    *,
    index: int = 0,
) -> Finished:
    """Watch a supervised command to its end."""
    from cockpit.runbooks.run.outcome import judge_outcome
    from cockpit.runbooks.run.process import shell

    ended = await shell.watch_output(lambda: files.current, owner, on_output, context.mask, context.time, index=index)
    tail = await asyncio.to_thread(head_and_tail, files.current.transcript, EVIDENCE)
    finished = judge_outcome(ended, prepared.kind, prepared.as_run, tail, follow=prepared.follow)
    if not ended.known and files.current != files.place:
        finished = replace(finished, outcome=f"{finished.outcome}; {FOLDER_REMOVED}")
    return replace(finished, transcript=str(files.place.transcript))


async def run_on_terminal(prepared: Prepared, context: "RunContext", writing: Writing) -> Finished:
    """One try on the terminal itself. What was printed there is not kept."""
    from cockpit.runbooks.prepare.script import make_shell_start
    from cockpit.runbooks.run.outcome import judge_outcome
    from cockpit.runbooks.run.process import shell
    from cockpit.runbooks.run.process.shell_state import add_restoring_variables

    assert prepared.script is not None
    assert context.terminal is not None
    argv, variables = make_shell_start(prepared.script, language_of(prepared), out_of_sight=bool(prepared.hidden))
    env = context.shell(variables, tty=True)
    if keeps_shell(prepared):
        env = add_restoring_variables(env, context.kept_shell.without(context.pinned.values))

    def there() -> Finished:
        return judge_outcome(
            shell.run_in_foreground(argv, env=env, cwd=prepared.cwd, before=describe_session(prepared)),
            prepared.kind,
            prepared.as_run,
            "",
        )

    writing.output("It ran on the terminal; its output is not kept.\n")
    return await context.terminal(there)


def describe_session(prepared: Prepared) -> str:
    """What stands on the terminal before it is handed over; "" where nothing is to be typed there."""
    if not prepared.done_there:
        return ""
    lines = "".join(f"  {line}\n" for command in prepared.done_there for line in clean_text(command).splitlines())
    return f"The document goes on in this session, by hand; leave it with `exit`, then tick these steps:\n{lines}\n"


async def run_native(prepared: Prepared, context: "RunContext", writing: Writing) -> Finished:
    """One try without a shell."""
    from cockpit.runbooks.run.native import perform_native_command

    assert prepared.native is not None
    return await perform_native_command(prepared.native, context, writing, confirmed=prepared.confirmed)


async def run_request(prepared: Prepared, context: "RunContext", writing: Writing) -> Finished:
    """One try over HTTP."""
    from cockpit.model.probe import find_access
    from cockpit.runbooks.run import http_step as web

    assert prepared.request is not None
    return await web.send_request(
        prepared.request,
        timeout=prepared.timeout or 60.0,
        output=writing.output,
        authority=context.authority,
        access=find_access(context.environment.http_access, prepared.request.url),
        reveal=context.reveal,
    )


async def wait_within_timeout(doing: Awaitable[Finished], prepared: Prepared) -> Finished:
    """What runs in this process, within its time-out."""
    if prepared.timeout is None:
        return await doing
    try:
        async with asyncio.timeout(prepared.timeout):
            return await doing
    except TimeoutError:
        return broken_off(prepared.kind, "it took too long and was given up", timed_out=True)


def broken_off(kind: StepKind, why: str, *, timed_out: bool = False) -> Finished:
    """The end of something that was not waited for."""
    from cockpit.runbooks.run.outcome import FAR_SIDE, MAY_HAVE_BEEN_DONE

    changes = kind in MAY_HAVE_BEEN_DONE
    state = StepState.UNKNOWN if changes else StepState.FAILED
    sentence = f"{why}; {FAR_SIDE}" if changes else why
    return Finished(state, sentence, timed_out=timed_out, cancelled=not timed_out)


def language_of(prepared: Prepared) -> str:
    return "bash" if prepared.undo else prepared.step.language

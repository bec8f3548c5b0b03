"""Attempts that some other process began: of a cockpit that died, or of one beside this. Taken up, never repeated."""

import asyncio
import os
import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from cockpit.model.event import Draft
from cockpit.model.run import Attempt, Run, StepState
from cockpit.model.runbook import Step, StepKind
from cockpit.runbooks.prepare.context import RunContext
from cockpit.runbooks.run import events, verify
from cockpit.runbooks.run.attempt import Writing
from cockpit.runbooks.run.events import EventAuthor
from cockpit.runbooks.run.outcome import judge_outcome, without_reports
from cockpit.runbooks.run.process.files import AttemptFiles, take_lock
from cockpit.runbooks.run.process.shell import (
    end_time,
    ended_in,
    left_behind,
    let_print,
)
from cockpit.runbooks.run.process.transcript import TranscriptTail, head_and_tail, read_excerpt
from cockpit.runbooks.run.shell_record import describe_left_shell
from cockpit.runbooks.types import Finished, Output

Now = Callable[[], Attempt]
Decide = Callable[[], Draft | None]
Write = Callable[[Decide], object]
"""Writes what it is given the moment that nobody else can write any more; None is nothing."""

LOOK = 0.1  # seconds between two looks at the output, and whether somebody has written the outcome


@contextmanager
def nobody_else(place: AttemptFiles, step: int) -> Iterator[bool]:
    """True inside when no other process is at the step, and none can be until this ends. Blocking.

    What we may not look at is somebody's: not to be let in is no proof that nobody is there.
    """
    lock: int | None = None
    try:
        lock = take_lock(place.transcript.with_name(f"{step}.lock"))
        free = lock is not None and not place.closed
    except FileNotFoundError:  # the folder is gone, and with it whoever was at work there
        free = True
    except OSError:
        free = False
    try:
        yield free
    finally:
        if lock is not None:
            os.close(lock)


def recover_attempt(
    run: Run, step: Step, attempt: Attempt, write: Write, event_author: Callable[[Run], EventAuthor], now: Now
) -> bool:
    """Write down how an attempt ended of which nobody can tell any more. False when somebody still can. Blocking."""
    place = AttemptFiles(Path(attempt.transcript))
    with nobody_else(place, attempt.step) as free:
        ended = ended_in(place)
        if not free or (ended is None and attempt.operation):  # an operation goes on elsewhere: it is taken up
            return False
        left = ended or left_behind(place)
        if left.still_runs and attempt.still_runs:  # that much is written already
            let_print(place)
            return False
        finished = judge_outcome(left, kind_of_attempt(step, attempt), attempt.as_run, head_and_tail(place.transcript))
        if attempt.still_runs and not left.known:
            finished = replace(finished, outcome=f"the command (pid {attempt.still_runs}) has ended; nobody saw how")
        record_outcome(run, step, attempt, finished, write, event_author, now)
    return True


async def attach_to_attempt(
    run: Run,
    step: Step,
    attempt: Attempt,
    context: RunContext,
    on_output: Output,
    write: Write,
    event_author: Callable[[Run], EventAuthor],
    now: Now,
) -> Attempt:
    """Watch an attempt to its end and see to it that its outcome is written, once. `now` is the attempt as known.

    Who is at the step holds its lock, and writes the outcome before letting go; whoever finds the lock free writes it.
    """
    place = AttemptFiles(Path(attempt.transcript))
    tail = TranscriptTail(place.transcript, context.mask)
    while now().state is StepState.RUNNING:
        if text := await asyncio.to_thread(tail.read):
            on_output(text)
        with nobody_else(place, attempt.step) as free:
            if free and now().state is StepState.RUNNING:
                finished = await end_of(place, step, now(), context, on_output)
                await asyncio.to_thread(record_outcome, run, step, attempt, finished, write, event_author, now)
        if now().state is StepState.RUNNING:
            await context.time.sleep(LOOK)
    if text := await asyncio.to_thread(tail.rest):
        on_output(text)
    return now()


async def end_of(place: AttemptFiles, step: Step, attempt: Attempt, context: RunContext, on_output: Output) -> Finished:
    """How it ended: by its exit file, by asking Azure about its operation, else nobody knows."""
    kind = kind_of_attempt(step, attempt)
    ended = ended_in(place)
    if ended is not None or not attempt.operation:
        left = ended or left_behind(place)
        return judge_outcome(left, kind, attempt.as_run, await asyncio.to_thread(head_and_tail, place.transcript))
    if context.azure is None:
        return Finished(
            StepState.UNKNOWN, "the operation cannot be asked about without a cloud", operation=attempt.operation
        )
    from cockpit.runbooks import az as native

    writing = Writing(None, [], context.mask, on_output, lambda url: None)
    command = native.recognise_az_command(split_command(attempt.as_run), subscription=context.environment.subscription)
    finished = await native.resume_operation(
        attempt.operation, context.azure, writing, native=command, since=attempt.began
    )
    writing.finish()
    return finished


def split_command(command: str) -> list[str]:
    """The words of a command as it ran; [] where it is none that can be split."""
    try:
        return shlex.split(command.replace("\\\n", " "))
    except ValueError:
        return []


def record_outcome(
    run: Run,
    step: Step,
    attempt: Attempt,
    finished: Finished,
    write: Write,
    event_author: Callable[[Run], EventAuthor],
    now: Now,
) -> None:
    """The outcome event, with what the document expects asked of the transcript; of the time it ended. Blocking.

    Nothing is written when somebody else has meanwhile.
    """
    place = AttemptFiles(Path(attempt.transcript))
    written = event_author(run)
    ended = None if finished.still_runs else end_time(place)
    written = replace(written, now=estimate_end(attempt.began, ended, written.now))
    kind = kind_of_attempt(step, attempt)
    expected = verify.Expected() if attempt.undo else verify.parse_expectation(step)
    printed = without_reports(read_excerpt(place.transcript, 0))
    evidence = verify.Evidence(finished.exit_code, finished.http_status, printed)
    state, verified = verify.conclude_attempt(finished, verify.verify_evidence(expected, evidence), expected, kind)
    output = head_and_tail(place.transcript)
    finished = replace(finished, state=state)
    shell_left = None if attempt.undo else describe_left_shell(run, step.ordinal, attempt.as_written, place)

    def decide() -> Draft | None:
        newest = now()
        if (newest.state, newest.still_runs) != (attempt.state, attempt.still_runs):
            return None
        return events.draft_outcome(
            run, step, attempt.number, finished, verified, output, attempt.began, written, shell_left
        )

    write(decide)


def estimate_end(began: datetime, ended: datetime | None, now: datetime) -> datetime:
    """When it ended, as far as that can be true; where nobody wrote it down, it is as of now."""
    return now if ended is None else max(began, min(ended, now))


def kind_of_attempt(step: Step, attempt: Attempt) -> StepKind:
    """The kind of what was started, by the attempt's own word."""
    return StepKind(attempt.kind) if attempt.kind in set(StepKind) else step.kind

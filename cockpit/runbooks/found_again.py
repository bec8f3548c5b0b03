"""Attempts that some other process began: of a cockpit that died, or of one beside this. Taken up, never repeated."""

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from cockpit.model.event import Draft
from cockpit.model.run import Attempt, Run, StepState
from cockpit.model.runbook import Step, StepKind
from cockpit.runbooks import attempt as trying
from cockpit.runbooks import journal, verify
from cockpit.runbooks.attempt import Means, Writing
from cockpit.runbooks.curl_requests import without_reports
from cockpit.runbooks.execution import Finished, Output
from cockpit.runbooks.files import take_lock
from cockpit.runbooks.journal import Pen
from cockpit.runbooks.outcome import judge
from cockpit.runbooks.output import excerpt, head_and_tail
from cockpit.runbooks.processes import Owner, alive
from cockpit.runbooks.shell import GONE, Place, end_time, ended_in, owner_in

Note = Callable[[Draft], object]
LOOK = 0.1  # seconds between two looks whether somebody else has written the outcome
HEARSAY = 1.0  # seconds until we have heard what another cockpit has written


@contextmanager
def nobody_else(place: Place, step: int) -> Iterator[bool]:
    """True inside when no other process is at the step, and none can be until this ends. Blocking."""
    try:
        lock = take_lock(place.transcript.with_name(f"{step}.lock"))
    except OSError:  # the folder is gone, and with it whoever was at work there
        yield True
        return
    try:
        yield lock is not None
    finally:
        if lock is not None:
            os.close(lock)


def recover(run: Run, step: Step, attempt: Attempt, note: Note, pen: Callable[[Run], Pen]) -> bool:
    """Write down how an attempt ended of which nobody can tell any more. False when somebody still can. Blocking."""
    place = Place(Path(attempt.transcript))
    with nobody_else(place, attempt.step) as free:
        ended = ended_in(place)
        if not free or (ended is None and attempt.operation):  # an operation goes on elsewhere: it is taken up
            return False
        record(
            run,
            step,
            attempt,
            judge(ended or GONE, kind_of_attempt(step, attempt), attempt.as_run, head_and_tail(place.transcript)),
            note,
            pen,
        )
    return True


async def attach(
    run: Run,
    step: Step,
    attempt: Attempt,
    began_by: Owner,
    means: Means,
    on_output: Output,
    note: Note,
    pen: Callable[[Run], Pen],
    now: Callable[[], Attempt],
) -> Attempt:
    """Watch an attempt to its end and see to it that its outcome is written, once. `now` is the attempt as known."""
    place = Place(Path(attempt.transcript))
    owner = owner_in(place)
    if alive(owner):
        await trying.watch(place, owner, step.kind, attempt.as_run, means, on_output)
    if alive(began_by):  # it will write the outcome itself, unless it dies over it
        await means.time.sleep(HEARSAY)
    while now().state is StepState.RUNNING:
        with nobody_else(place, attempt.step) as free:
            if free and now().state is StepState.RUNNING:
                finished = await end_of(place, step, now(), means, on_output)
                await asyncio.to_thread(record, run, step, attempt, finished, note, pen)
                break
        await means.time.sleep(LOOK)
    return now()


async def end_of(place: Place, step: Step, attempt: Attempt, means: Means, on_output: Output) -> Finished:
    """How it ended: by its exit file, by asking Azure about its operation, else nobody knows."""
    kind = kind_of_attempt(step, attempt)
    ended = ended_in(place)
    if ended is not None or not attempt.operation:
        return judge(ended or GONE, kind, attempt.as_run, await asyncio.to_thread(head_and_tail, place.transcript))
    if means.azure is None:
        return Finished(
            StepState.UNKNOWN, "the operation cannot be asked about without a cloud", operation=attempt.operation
        )
    from cockpit.runbooks import native

    writing = Writing(None, [], means.mask, on_output, lambda url: None)
    found = await native.resume(attempt.operation, means.azure, writing)
    writing.finish()
    return found


def record(run: Run, step: Step, attempt: Attempt, finished: Finished, note: Note, pen: Callable[[Run], Pen]) -> None:
    """The outcome event, with what the document expects asked of the transcript; of the time it ended. Blocking."""
    place = Place(Path(attempt.transcript))
    written = pen(run)
    written = replace(written, now=between(attempt.began, end_time(place), written.now))
    kind = kind_of_attempt(step, attempt)
    wanted = verify.Expected() if attempt.undo else verify.expected(step)
    printed = without_reports(excerpt(place.transcript, 0))
    seen = verify.Evidence(finished.exit_code, finished.http_status, printed)
    state, verified = verify.conclude(finished, verify.verify(wanted, seen), wanted, kind)
    output = head_and_tail(place.transcript)
    note(
        journal.outcome(
            run, step, attempt.number, replace(finished, state=state), verified, output, attempt.began, written
        )
    )


def between(began: datetime, ended: datetime | None, now: datetime) -> datetime:
    """When it ended, as far as that can be true; where nobody wrote it down, it is as of now."""
    return now if ended is None else max(began, min(ended, now))


def kind_of_attempt(step: Step, attempt: Attempt) -> StepKind:
    """The kind of what was started, by the attempt's own word."""
    return StepKind(attempt.kind) if attempt.kind in set(StepKind) else step.kind

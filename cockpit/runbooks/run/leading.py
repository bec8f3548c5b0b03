"""Who leads a run: one cockpit does and everybody else follows, until it is gone. What it left is then taken up.

A run is led by the process that began it or a step of it. A second run of the same procedure on the same target is
refused while the first has a leader; a person may claim one beside it. An attempt whose cockpit died is nobody's: every
cockpit looks for such, and whoever finds its lock free writes how it ended, once. Nothing is repeated.
"""

import asyncio
import logging
import os
import shlex
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from cockpit.model.event import Draft, RecordError
from cockpit.model.run import Attempt, Run, StepLength, StepState, find_newest_attempt
from cockpit.model.runbook import Step, StepKind
from cockpit.model.system import Environment
from cockpit.model.time import Time
from cockpit.runbooks.prepare.context import RunContext
from cockpit.runbooks.run import events, preconditions, verify
from cockpit.runbooks.run.attempt import Writing
from cockpit.runbooks.run.events import EventAuthor
from cockpit.runbooks.run.execute import Doing
from cockpit.runbooks.run.open_runs import (
    find_last_moment,
    going_on,
    is_about_another_target,
    is_untouched,
    list_competing_runs,
    list_done_changes,
)
from cockpit.runbooks.run.outcome import judge_outcome, without_reports
from cockpit.runbooks.run.process.files import AttemptFiles, take_lock
from cockpit.runbooks.run.process.identity import is_alive, this_process
from cockpit.runbooks.run.process.shell import (
    end_time,
    ended_in,
    left_behind,
    let_print,
)
from cockpit.runbooks.run.process.transcript import TranscriptTail, head_and_tail, read_excerpt
from cockpit.runbooks.run.runs import Runs, attempt_numbered
from cockpit.runbooks.run.shell_record import describe_left_shell
from cockpit.runbooks.types import Finished, Output, RunAlreadyOpen, RunRefused

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
    from cockpit.runbooks.run.native import resume_native_operation

    writing = Writing(None, [], context.mask, on_output, lambda url: None)
    argv = split_command(attempt.as_run)
    finished = await resume_native_operation(argv, attempt.operation, attempt.began, context, writing)
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
    ended = None if finished.still_runs else end_time(place) or finished.ended
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
            run,
            step,
            attempt.number,
            finished,
            verified,
            output,
            measure_length(place, attempt.began, written.now),
            written,
            shell_left,
            undo=attempt.undo,
            edited=attempt.edited,
            looked_again=ended is None,
        )

    write(decide)


def measure_length(place: AttemptFiles, began: datetime, ended: datetime) -> StepLength:
    """How long a command took whose cockpit was gone: by its supervisor, which saw both its ends, else by the times."""
    word = ended_in(place)
    measured = word.seconds if word is not None else None
    return StepLength.between(began, ended) if measured is None else StepLength(measured)


def estimate_end(began: datetime, ended: datetime | None, now: datetime) -> datetime:
    """When it ended, as far as that can be true; where nobody wrote it down, it is as of now."""
    return now if ended is None else max(began, min(ended, now))


def went_on_after(attempt: Attempt, moment: datetime) -> bool:
    """Whether a step began or ended later than that: who decided then could not know how it stands now."""
    return max(attempt.began, attempt.ended or attempt.began) >= moment


def kind_of_attempt(step: Step, attempt: Attempt) -> StepKind:
    """The kind of what was started, by the attempt's own word."""
    return StepKind(attempt.kind) if attempt.kind in set(StepKind) else step.kind


log = logging.getLogger(__name__)
TAKE_UP = 1.0  # seconds between two looks at what others have left behind
HALF_DONE = timedelta(hours=24)  # for so long what a run that is not over has changed is not done anew unasked
JUST_OPENED = timedelta(minutes=1)  # for so long a run in which nothing was done keeps others from beginning one


class RunKeeper(Protocol):
    """The runner, as far as leading needs it."""

    environment: Environment
    read_only: bool
    runs: Runs

    def run(self, id: str, /) -> Run: ...
    def step(self, run: Run, ordinal: int, /) -> Step: ...
    def write(self, decide: Callable[[], Draft | None], /) -> object: ...
    def author_for(self, run: Run, /) -> EventAuthor: ...
    def context_of(self, run: Run, /) -> RunContext: ...


class RunLeadership:
    """Which runs may be led from here, and what others left behind. The coroutines belong to the loop."""

    def __init__(self, runner: RunKeeper, doing: Doing, time: Time) -> None:
        self._runner = runner
        self._doing = doing
        self._time = time
        self._claimed: set[str] = set()  # runs that a person wants beside those that are open

    def claim(self, run: str) -> None:
        """A person wants this run, whoever leads another one of the same."""
        self._claimed.add(run)

    def must_lead_from_here(self, run: Run) -> None:
        """Before the first step of a run that nobody claimed. Raises RunAlreadyOpen."""
        if is_untouched(run) and run.id not in self._claimed:
            self.must_lead(run, least_touched=True)

    def must_lead(self, run: Run, *, decided: datetime | None = None, least_touched: bool = False) -> None:
        """Refuse while another run of the same is led by somebody: one leads, everybody else follows.

        A run is open while who leads it lives elsewhere, or a step of it runs or is unknown. One in which nothing was
        done yet counts only right after it was opened, or not at all where its first step decides (`least_touched`).
        """
        for other in list_competing_runs(self._runner.runs.runs.values(), run):
            steps = going_on(other)
            state = f" (step {steps[0]} is {other.state(steps[0]).value})" if steps else ""
            if decided is not None and any(went_on_after(attempt, decided) for attempt in other.attempts):
                raise RunAlreadyOpen(other, "over already" if other.ended else f"not over{state}")
            if other.ended is not None:
                continue
            just_opened = not least_touched and self._time.now() - other.started < JUST_OPENED
            counts = just_opened if is_untouched(other) else True
            leads = self._runner.runs.leading(other) - {this_process()}
            if counts and (steps or any(map(is_alive, leads))):
                raise RunAlreadyOpen(other, f"not over{state}")

    def must_not_repeat(self, run: Run) -> None:
        """Refuse while another run of the same stands half-way: from the top its changes would be sent once more.

        Raises RunAlreadyOpen.
        """
        for other in list_competing_runs(self._runner.runs.runs.values(), run):
            if other.ended is not None or is_about_another_target(run, other):
                continue
            done = list_done_changes(other)
            if done and self._time.now() - find_last_moment(other) < HALF_DONE:
                steps = f"step{'s' if len(done) > 1 else ''} {', '.join(map(str, done))}"
                raise RunAlreadyOpen(other, f"half done ({steps})")

    async def attach(self, run: Run, step: int, on_output: Output) -> Attempt:
        """Watch a step that another cockpit, or an earlier one, started; its outcome is recorded when it ends."""
        run = self._runner.run(run.id)
        attempt = find_newest_attempt(run, step)
        if attempt is None or self._doing.is_at(run, step):
            raise RunRefused("This step was not started by another cockpit.", code="step-not-elsewhere")
        return await attach_to_attempt(
            run,
            await asyncio.to_thread(self._step_or_name, run, attempt),
            attempt,
            self._runner.context_of(run),
            on_output,
            self._runner.write,
            self._runner.author_for,
            self._now_of(run, attempt),
        )

    def _now_of(self, run: Run, attempt: Attempt) -> Callable[[], Attempt]:
        """The attempt as it stands whenever it is asked for."""
        return lambda: attempt_numbered(self._runner.run(run.id), attempt.step, attempt.number)

    async def recover(self) -> list[Run]:
        """What ran when a cockpit died: ended meanwhile, still running, or unknown. The runs that changed."""
        changed = []
        for run, attempt in self._running():
            step = await asyncio.to_thread(self._step_or_name, run, attempt)
            now = self._now_of(run, attempt)
            if await asyncio.to_thread(
                recover_attempt, run, step, attempt, self._runner.write, self._runner.author_for, now
            ):
                changed.append(self._runner.run(run.id))
        return changed

    async def run_on(self) -> None:
        """Take up, as long as this cockpit is open, what others leave behind when they end. Never returns by itself."""
        watched: dict[tuple[str, int, int], asyncio.Task[object]] = {}
        while True:
            await self._doing.write_kept_outcomes()
            for key, run, attempt in self._orphans():
                if key not in watched or watched[key].done():
                    watched[key] = asyncio.create_task(self._take_up(run, attempt))
            await self._time.sleep(TAKE_UP)

    async def write_kept_outcomes(self) -> Sequence[Draft]:
        """Write how steps ended that could not be written then; what cannot be still. Raises nothing."""
        return await self._doing.write_kept_outcomes()

    async def take_up(self) -> None:
        """Take up once what others have left behind: write down what has ended, watch the rest to its end."""
        await asyncio.gather(*(self._take_up(run, attempt) for _, run, attempt in self._orphans()))

    async def _take_up(self, run: Run, attempt: Attempt) -> None:
        """See to it that the end of an attempt is written whose cockpit is gone. Raises nothing."""
        step = await asyncio.to_thread(self._step_or_name, run, attempt)
        now = self._now_of(run, attempt)
        try:
            await asyncio.to_thread(
                recover_attempt, run, step, attempt, self._runner.write, self._runner.author_for, now
            )
            if now().state is StepState.RUNNING:
                await self.attach(run, attempt.step, lambda text: None)
        except (RunRefused, RecordError) as error:
            log.warning("a step of another cockpit stays as it is: %s", error)

    def _orphans(self) -> list[tuple[tuple[str, int, int], Run, Attempt]]:
        """Attempts that nobody will write the end of: their cockpit is gone, or their supervisor."""
        return [
            ((run.id, attempt.step, attempt.number), run, attempt)
            for run, attempt in self._running()
            if not self._doing.is_at(run, attempt.step)
            and (attempt.still_runs or not is_alive(self._runner.runs.owner(run, attempt)))
        ]

    def _running(self) -> list[tuple[Run, Attempt]]:
        """Attempts in our environment without an outcome, or whose command runs on without its supervisor; none in
        read-only, which writes none."""
        runs = [] if self._runner.read_only else [*self._runner.runs.runs.values()]
        ours = [run for run in runs if run.environment == self._runner.environment.name]
        return [
            (run, attempt)
            for run in ours
            for attempt in run.attempts
            if attempt.state is StepState.RUNNING or attempt.still_runs
        ]

    def _step_or_name(self, run: Run, attempt: Attempt) -> Step:
        try:
            return self._runner.step(run, attempt.step)
        except RunRefused:
            return preconditions.make_nameless_step(attempt)

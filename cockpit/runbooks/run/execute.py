"""Attempts from intent to outcome: begun, tried again, verified, stopped."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from cockpit.model.event import Draft, RecordError
from cockpit.model.probe import ProbeResult
from cockpit.model.problem import describe_shortage
from cockpit.model.run import Run, StepLength, StepState, find_newest_attempt
from cockpit.model.runbook import Step, StepKind
from cockpit.model.secret_detection.masking import mask_secrets
from cockpit.model.text import clean_line
from cockpit.model.time import Time
from cockpit.runbooks.prepare.confirmation import Approval
from cockpit.runbooks.prepare.context import RunContext
from cockpit.runbooks.run import attempt as trying
from cockpit.runbooks.run import events, verify
from cockpit.runbooks.run.attempt import ReservedFiles, Writing, broken_off
from cockpit.runbooks.run.events import EventAuthor
from cockpit.runbooks.run.outcome import FAR_SIDE, MAY_HAVE_BEEN_DONE, without_reports
from cockpit.runbooks.run.process import shell
from cockpit.runbooks.run.process.files import AttemptFiles
from cockpit.runbooks.run.process.identity import this_process, user_of
from cockpit.runbooks.run.process.transcript import head_and_tail, read_excerpt
from cockpit.runbooks.run.runs import find_latest_attempt
from cockpit.runbooks.run.shell_record import describe_left_shell
from cockpit.runbooks.types import Finished, Output, Prepared, RunRefused

Note = Callable[[Draft], object]
Decide = Callable[[], Draft]
log = logging.getLogger(__name__)
OUTCOME_KEPT = "outcome-kept"  # the code of the error: a step ended, and this process alone knows how
WRITES, REST = 3, 1.0  # how often an outcome is tried to be written, and seconds between
PROBE_LOOK = 0.02  # seconds between two looks at a probe that is waited for
READY_LOOK = 0.25  # seconds between two looks at a revision that is to become ready
REFRESH = 2.0  # seconds between two requests that the probes look now
Probes = Callable[[], Mapping[str, ProbeResult | None]]


@dataclass(slots=True)
class Active:
    """An attempt that this process is at. `stop` is a person's; `task` is of what can only be stopped from within."""

    prepared: Prepared
    files: ReservedFiles | None
    began: EventAuthor
    secrets: list[str]
    began_at: float  # seconds, of the clock that nobody sets
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    task: "asyncio.Task[Finished] | None" = None

    def measure(self, time: Time) -> StepLength:
        """How long it has been going on."""
        return StepLength(time.monotonic() - self.began_at)

    @property
    def outlives_us(self) -> bool:
        return self.prepared.script is not None and not self.prepared.tty


class Doing:
    """What this process does right now. `folder` holds a folder for each run, None where nothing may be written."""

    def __init__(
        self,
        note: Note,
        decide: Callable[[Decide], object],
        folder: Path | None,
        event_author: Callable[[Run], EventAuthor],
        probes: Probes,
        look: Callable[[], None],
    ) -> None:
        """`decide` calls what it gets inside the transaction that writes the draft, on the newest state."""
        self._note = note
        self._decide = decide
        self._folder = folder
        self._event_author = event_author
        self._probes = probes
        self._look = look
        self._active: dict[tuple[str, int], Active] = {}
        self._unwritten: list[Draft] = []  # outcomes for which the disk had no room yet

    def is_at(self, run: Run, step: int) -> bool:
        return (run.id, step) in self._active

    async def perform(
        self,
        run: Run,
        prepared: Prepared,
        approval: Approval | None,
        context: RunContext,
        secrets: list[str],
        on_output: Output,
        judge: Callable[[], Run],
        *,
        again: bool,
    ) -> int:
        """One attempt, with all its tries: its number. Raises RunRefused and RecordError before anything is started.

        `judge` is asked on the newest state, and nobody can change that before the intent is written: it gives the
        run, or raises RunRefused.
        """
        step = prepared.step.ordinal
        if self.is_at(run, step):
            raise RunRefused("This step is running.", code="step-running")
        hidden = [*secrets, *prepared.hidden]
        active = Active(prepared, None, self._event_author(run), hidden, context.time.monotonic())
        self._active[run.id, step] = active
        try:
            number = await self._begin(run, active, approval, judge, context, again=again)
            try:
                if active.files is not None:
                    active.files.keep()
                finished, verified = await self._in_tries(run, active, number, context, on_output)
            except Exception as error:  # a defect of ours: what was begun must not seem to run for ever
                log.exception("step %s of %s broke off", step, run.id)
                finished, verified = build_defect_result(prepared.kind, error), ""
            await asyncio.shield(asyncio.create_task(self._end(run, active, number, finished, verified, context)))
            return number
        finally:
            del self._active[run.id, step]
            if active.files is not None:
                active.files.close()

    async def _begin(
        self,
        run: Run,
        active: Active,
        approval: Approval | None,
        judge: Callable[[], Run],
        context: RunContext,
        *,
        again: bool,
    ) -> int:
        """The files and the intent event; without both nothing is started."""
        beginning = asyncio.create_task(asyncio.to_thread(self._intend, active, approval, judge, again))
        try:
            return await asyncio.shield(beginning)
        except asyncio.CancelledError:  # the thread goes on: what it has written must not seem to run for ever
            with suppress(RunRefused, RecordError):
                number = await beginning
                left = Finished(StepState.FAILED, "it was not started: the cockpit was closed", started=False)
                self._note(
                    events.draft_outcome(
                        run,
                        active.prepared.step,
                        number,
                        left,
                        "",
                        "",
                        active.measure(context.time),
                        self._event_author(run),
                        undo=active.prepared.undo,
                        edited=active.prepared.edited,
                    )
                )
            raise

    def _intend(self, active: Active, approval: Approval | None, judge: Callable[[], Run], again: bool) -> int:
        """Judge, reserve the files and write the intent, in one transaction. Blocking. Raises RunRefused, RecordError.

        The files come last of what can refuse, and go when the event cannot be written: a transcript is proof that
        somebody was at the step.
        """
        prepared = active.prepared
        number = 1

        def decide() -> Draft:
            nonlocal number
            run = judge()
            number = find_latest_attempt(run, prepared.step.ordinal) + 1
            if self._folder is not None:
                folder = self._folder / run.id
                active.files = trying.reserve_attempt(folder, prepared.step.ordinal, number, again=again)
                number = active.files.number
            where = str(active.files.place.transcript) if active.files else ""
            draft = events.draft_intent(run, prepared, number, where, this_process(), approval, active.began)
            return events.hide_secrets(draft, active.secrets)

        try:
            self._decide(decide)
        except BaseException:
            if active.files is not None:
                active.files.discard()
                active.files = None
            raise
        return number

    async def _in_tries(
        self, run: Run, active: Active, number: int, context: RunContext, on_output: Output
    ) -> tuple[Finished, str]:
        """Until it is well, the tries are used up, or a person has had enough."""
        retry = active.prepared.retry
        sentence = ""
        for turn in range(1, retry.times + 1):
            if active.stop.is_set():  # before anything was sent
                return replace(NEVER_STARTED, outcome="stopped by hand before it was started"), ""
            index = size_of(active.files)
            finished = await self._once(run, active, number, context, on_output, index)
            finished, verified = await self._verified(run, active, finished, index, context, on_output)
            if finished.state is not StepState.FAILED or finished.cancelled or turn == retry.times:
                return finished, verified
            why = "; ".join(filter(None, (finished.outcome, verified)))
            if why != sentence and not active.stop.is_set():
                on_output(f"… try {turn} of {retry.times}: {why}; again in {retry.every:g}s …\n")
                sentence = why
            await wait_for_first(context.time.sleep(retry.every), active.stop.wait())
            if active.stop.is_set():
                return replace(finished, cancelled=True, outcome=f"stopped by hand after {name_tries(turn)}: {why}"), ""
        raise AssertionError("there is at least one try")

    async def _once(
        self, run: Run, active: Active, number: int, context: RunContext, on_output: Output, index: int
    ) -> Finished:
        prepared = active.prepared
        if active.outlives_us:
            assert active.files is not None
            return await trying.run_in_shell(prepared, active.files, context, active.secrets, on_output, index)
        telling: list[asyncio.Task[object]] = []

        def tell(url: str) -> None:
            draft = events.draft_operation(run, prepared.step, number, url, self._event_author(run))
            telling.append(
                asyncio.create_task(asyncio.to_thread(self._note, events.hide_secrets(draft, active.secrets)))
            )

        descriptor = active.files.transcript if active.files else None
        writing = Writing(descriptor, active.secrets, context.mask, on_output, tell)
        finished = await self._from_within(run, active, number, context, writing)
        writing.finish()
        await asyncio.gather(*telling)
        tail, sentence = finished.output_tail or writing.kept, finished.outcome
        return replace(
            finished, output_tail=mask_secrets(tail, active.secrets), outcome=mask_secrets(sentence, active.secrets)
        )

    async def _from_within(
        self, run: Run, active: Active, number: int, context: RunContext, writing: Writing
    ) -> Finished:
        """What runs in this process. Stopped by a person it has an end; if we are cancelled, that is written too."""
        prepared = active.prepared
        if prepared.tty:
            return await trying.run_on_terminal(prepared, context, writing)
        native = prepared.native is not None
        doing = (
            trying.run_native(prepared, context, writing) if native else trying.run_request(prepared, context, writing)
        )
        active.task = asyncio.create_task(trying.wait_within_timeout(doing, prepared) if native else doing)
        try:
            return await active.task
        except asyncio.CancelledError:
            if active.stop.is_set():
                if prepared.follow:
                    return Finished(StepState.OK, "watched until it was stopped", 0, cancelled=True)
                return broken_off(prepared.kind, "stopped by hand")
            left = broken_off(prepared.kind, "the cockpit was closed while it went on")
            event_author = self._event_author(run)
            draft = events.draft_outcome(
                run,
                prepared.step,
                number,
                left,
                "",
                writing.kept,
                active.measure(context.time),
                event_author,
                undo=prepared.undo,
                edited=prepared.edited,
            )
            self._note(events.hide_secrets(draft, active.secrets))
            raise

    async def _verified(
        self, run: Run, active: Active, finished: Finished, index: int, context: RunContext, on_output: Output
    ) -> tuple[Finished, str]:
        """The try with what the document expects of it; a probe or a revision may take its time."""
        prepared = active.prepared
        expected = verify.Expected() if prepared.undo else verify.parse_expectation(prepared.step)
        output = finished.output_tail
        if active.files is not None and prepared.script is not None:
            output = without_reports(await asyncio.to_thread(read_excerpt, active.files.current.transcript, index))
        ended = context.time.monotonic()
        until = ended + max((assertion.within for assertion in expected.assertions), default=0.0)
        seconds, sentence = -REFRESH, ""
        needs_ready = any(assertion.what == "ready" for assertion in expected.assertions)
        while True:
            probes = probe_states(self._probes(), changed_at(run))
            unready = None
            if needs_ready and finished.state is StepState.OK:
                unready = await ask_unready(prepared, context, active.stop, sentence)
            if unready and unready != sentence:
                on_output(f"… not ready yet: {unready} …\n")
                sentence = unready
            evidence = verify.Evidence(finished.exit_code, finished.http_status, output, probes, unready)
            verdict = verify.verify_evidence(expected, evidence)
            now = context.time.monotonic()
            is_stopped = verdict.waits and active.stop.is_set() and finished.state is StepState.OK
            if not verdict.waits or now >= until or is_stopped or finished.state is not StepState.OK:
                break
            if now - seconds >= REFRESH:
                self._look()
                seconds = now
            await wait_for_first(context.time.sleep(READY_LOOK if unready else PROBE_LOOK), active.stop.wait())
        state, verified = verify.conclude_attempt(finished, verdict, expected, prepared.kind)
        if sentence and not unready:  # what it printed shows that it was not ready yet
            verified = f"{verified}; ready {now - ended:.0f} s after it ended"
        if is_stopped:  # what was waited for did not fail to come
            return replace(finished, state=state, cancelled=True), f"the wait was broken off by hand: {verified}"
        return replace(finished, state=state), verified

    async def _end(
        self, run: Run, active: Active, number: int, finished: Finished, verified: str, context: RunContext
    ) -> None:
        """The outcome event. Raises RecordError when it cannot be written for seconds."""
        step = active.prepared.step
        output = finished.output_tail
        if active.files is not None:
            output = await asyncio.to_thread(head_and_tail, active.files.current.transcript)
        output = context.mask(output)
        shell_left = None
        if active.files is not None and active.outlives_us and not active.prepared.undo:
            place, command = active.files.place, active.prepared.as_written
            shell_left = await asyncio.to_thread(describe_left_shell, run, step.ordinal, command, place)
        author = self._event_author(run)
        draft = events.draft_outcome(
            run,
            step,
            number,
            finished,
            verified,
            output,
            active.measure(context.time),
            author,
            shell_left,
            undo=active.prepared.undo,
            edited=active.prepared.edited,
        )
        draft = events.hide_secrets(draft, active.secrets)
        for _ in range(WRITES - 1):
            try:
                await asyncio.to_thread(self._note, draft)
                return
            except RecordError:  # a full disk may have been seen to by now; what was done must not be lost
                await context.time.sleep(REST)
        try:
            await asyncio.to_thread(self._note, draft)
        except RecordError as error:
            self._unwritten.append(draft)
            raise RecordError(
                f"{error} How step {step.ordinal} ended is kept, and written when there is room.",
                code=OUTCOME_KEPT,
                error=error,
                step=step.ordinal,
            ) from error

    async def write_kept_outcomes(self) -> Sequence[Draft]:
        """Write the outcomes that there was no room for when their steps ended; those for which there is none still.
        Raises nothing."""
        while self._unwritten:
            try:
                await asyncio.to_thread(self._note, self._unwritten[0])
            except RecordError:
                break
            del self._unwritten[0]
        return tuple(self._unwritten)

    async def cancel(self, run: Run, step: Step, context: RunContext) -> str:
        """Stop what runs, here or under its supervisor. A sentence for the person."""
        active = self._active.get((run.id, step.ordinal))
        attempt = find_newest_attempt(run, step.ordinal)
        if active is not None:
            active.stop.set()
            if active.task is not None:
                active.task.cancel()
                return describe_interrupt(active.prepared.kind in MAY_HAVE_BEEN_DONE)
            place = active.files.place if active.files else None
        elif attempt is not None and attempt.transcript and (attempt.state is StepState.RUNNING or attempt.still_runs):
            place = AttemptFiles(Path(attempt.transcript))
        else:
            raise RunRefused("This step is not running.", code="step-not-running")
        try:
            if place is None:
                return "It is not running under a supervisor any more."
            if not await shell.cancel_command(place, context.time) and not await shell.cancel_left_command(
                place, context.time, context.grace
            ):
                return "It is not running any more."
        except PermissionError:
            user = user_of(shell.owner_in(place)) if place else ""
            who = attempt.actor if attempt and attempt.actor else "somebody else"
            raise RunRefused(
                f"This is not yours to stop: {who} started it{f', as user {user}' if user else ''}."
                f" Ask {who} to stop it, or stop it as that user.",
                code="step-of-another",
                person=who,
            ) from None
        except OSError as error:
            reason = describe_shortage(error) or f"{clean_line(error.strerror or error)}."
            raise RunRefused(f"{reason} Nothing was stopped.", code="not-stopped", reason=reason) from error
        return describe_interrupt(step.kind in MAY_HAVE_BEEN_DONE)


NEVER_STARTED = Finished(StepState.FAILED, cancelled=True, started=False)


def name_tries(count: int) -> str:
    return "1 try" if count == 1 else f"{count} tries"


def build_defect_result(kind: StepKind, error: Exception) -> Finished:
    """The end of a step that ended by a defect; of a change nobody knows whether it was done."""
    sentence = f"it broke off by an unexpected {type(error).__name__}: {clean_line(error, 200)}"
    return replace(broken_off(kind, sentence), cancelled=False)


def changed_at(run: Run) -> datetime | None:
    """When this run last changed something, as far as is known: what a probe saw before that proves nothing."""
    ends = [
        attempt.ended for attempt in run.attempts if attempt.ended is not None and attempt.kind in MAY_HAVE_BEEN_DONE
    ]
    return max(ends, default=None)


NO_ANSWER = "whether it is ready was not answered"


async def ask_unready(prepared: Prepared, context: RunContext, stop: asyncio.Event, last_answer: str) -> str | None:
    """As `unready_of`, until somebody stops the step: a cloud or a replica that hangs answers late. `last_answer`
    stands where it gave none by then."""
    asking, stopping = asyncio.create_task(unready_of(prepared, context)), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait([asking, stopping], return_when=asyncio.FIRST_COMPLETED)
        return asking.result() if asking.done() else last_answer or NO_ANSWER
    finally:
        asking.cancel()
        stopping.cancel()


async def unready_of(prepared: Prepared, context: RunContext) -> str | None:
    """Why the revision of a known command would not answer now; None where nobody here can ask the cloud."""
    from cockpit.runbooks.run.native import read_unready

    return await read_unready(prepared.native, context)


def probe_states(probes: Mapping[str, ProbeResult | None], since: datetime | None) -> dict[str, str]:
    """Each probe's state; one that has not looked since the last change has not seen it."""
    return {name: state_since(probe_result, since) for name, probe_result in probes.items()}


def state_since(probe: ProbeResult | None, since: datetime | None) -> str:
    if probe is None or probe.checked is None:
        return "without an answer yet"
    return probe.state.value if since is None or probe.checked >= since else "not asked since the change"


def describe_interrupt(changes: bool) -> str:
    return f"Interrupted; if it does not listen it is ended.{' But ' + FAR_SIDE + '.' if changes else ''}"


async def wait_for_first(*waiting: Coroutine[Any, Any, object]) -> None:
    """Wait for the first of some coroutines, and end the others."""
    tasks = [asyncio.create_task(coroutine) for coroutine in waiting]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


def size_of(files: ReservedFiles | None) -> int:
    return files.current.transcript.stat().st_size if files is not None else 0

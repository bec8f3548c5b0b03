"""A procedure without a screen: steps in order, by the same confirmations, until one fails or lacks what it takes."""

import asyncio
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from cockpit.cli.run.report import CODES, DONE, FAILED, STOPPED, Ending
from cockpit.model.event import Draft, RecordError
from cockpit.model.run import (
    SETTLED,
    Attempt,
    Run,
    StepState,
    chosen_instead,
    describe_ways,
    find_newest_attempt,
    list_steps_in_turn,
)
from cockpit.model.runbook import Procedure, Step, StepKind
from cockpit.model.text import quote_for_shell
from cockpit.model.time import RealTime, Time
from cockpit.runbooks.prepare.confirmation import Approval, Consent, RequiredConfirmation
from cockpit.runbooks.prepare.prepare import CHANGES
from cockpit.runbooks.run.execute import OUTCOME_KEPT
from cockpit.runbooks.run.leading import went_on_after
from cockpit.runbooks.run.runner import Runner
from cockpit.runbooks.run.verify import BY_EYE
from cockpit.runbooks.types import Prepared, RunAlreadyOpen, RunRefused

LONGEST_WAIT, LOOK = 120.0, 1.0  # seconds for the timeline to take how a step ended, and between two tries
BROKEN_OFF = "^C ended what was watched, and starts nothing else: --step N goes on"
HOW_TO_CHOOSE = "--step N does one, --step N --settle skipped leaves one out; then --go-on does what is left"


@dataclass(frozen=True, slots=True)
class StepRequest:
    """What the command line asks for. `step` is the only one to do; `words` are for dangers, in any order."""

    step: int | None = None
    yes: bool = False
    words: tuple[str, ...] = ()
    approval: Approval | None = None
    values_by_name: Mapping[str, str] = field(default_factory=dict)
    again: bool = False  # the step of `step` once more, though it is done or nobody knows whether it is
    new: bool = False  # a run beside one that is open
    go_on: bool = False  # what is left in the run that is open
    typed: datetime | None = None  # what others did since then, who typed it cannot have known
    spent: list[str] = field(default_factory=list)  # the words that have started a danger each
    approved: list[str] = field(default_factory=list)  # whose approval `approval` has stood for

    def has_word(self, word: str) -> bool:
        """Whether the word was given for one more danger: a word that is typed once confirms one."""
        return self.words.count(word) > self.spent.count(word)

    def has_approval(self, approver: str) -> bool:
        """Whether the approval that was given is that of `approver`: one of the DBA is none of the CTO."""
        return self.approval is not None and self.approved in ([], [approver])


class KeepsOutcomes(Protocol):
    """Who knows how steps ended that the timeline would not take."""

    async def write_kept_outcomes(self) -> Sequence[Draft]:
        """Try again; what is left."""


class Tell(Protocol):
    """Who hears what happens."""

    def begins(self, step: Step, prepared: Prepared | None) -> None:
        """A step is the current one; without a `prepared` it is one that a person does."""

    def output(self, text: str) -> None: ...

    def ended(self, step: Step, attempt: Attempt) -> None: ...

    def settled(self, step: Step, state: StepState, reason: str) -> None: ...


async def run_steps(runner: Runner, run: Run, procedure: Procedure, request: StepRequest, tell: Tell) -> Ending:
    """The steps asked for, or those of the procedure that are not done yet, in order. Raises RecordError."""
    steps = choose_steps(procedure, runner.run(run.id), request.step)
    for step in steps:
        state = runner.run(run.id).state(step.ordinal)
        if request.step is None:
            now = runner.run(run.id)
            if state in SETTLED or chosen_instead(step, procedure, now) is not None:
                continue
            if choice := describe_ways(step, procedure, now):
                return Ending(STOPPED, f"{choice} {HOW_TO_CHOOSE}", step.ordinal, "way-not-chosen")
        ending = await run_one_step(runner, run, step, request, tell)
        if ending is not None and (ending.reason != BROKEN_OFF or step is not steps[-1]):
            return ending
    return Ending(DONE)


def choose_steps(procedure: Procedure, run: Run, ordinal: int | None) -> Sequence[Step]:
    """The steps to do. Of alternatives the first counts, unless another is asked for."""
    if ordinal is not None:
        return [step for step in procedure.steps if step.ordinal == ordinal]
    return list_steps_in_turn(procedure, run)


async def run_one_step(runner: Runner, run: Run, step: Step, request: StepRequest, tell: Tell) -> Ending | None:
    """One step; the ending when it is the last for now."""
    if not step.command:
        return await by_hand(runner, run, step, request, tell)
    try:
        prepared = await asyncio.to_thread(runner.prepare, run, step.ordinal, request.values_by_name)
        if request.typed is not None:
            number = attempts_until(runner.run(run.id), step.ordinal, request.typed)
            prepared = replace(prepared, attempts_before=number)
        prepared = await runner.survey(prepared)
        tell.begins(step, prepared)
        if not prepared.runnable:
            return Ending(STOPPED, f"{prepared.reason_not_runnable}{how_to_give(prepared)}", step.ordinal)
        required_confirmation = runner.find_confirmation(prepared)
        if required_confirmation.again and (lack := lacks_again(prepared, request)):
            return Ending(STOPPED, lack, step.ordinal)
        if lack := describe_missing_consent(required_confirmation, prepared, request):
            return Ending(STOPPED, lack, step.ordinal)
        consent = Consent(
            prepared.fingerprint,
            required_confirmation.word,
            request.approval,
            again=required_confirmation.again or request.again,
        )
        if required_confirmation.need == "word":
            request.spent.append(required_confirmation.word)
        if required_confirmation.approval and not request.approved:
            request.approved.append(required_confirmation.approver)
        with stop_step_on_interrupt(runner, run, step) as stops:
            try:
                attempt = await runner.perform(run, prepared, consent, tell.output)
            except RecordError as error:
                if error.code != OUTCOME_KEPT:
                    raise
                if unwritten := await write_outcome_in_time(runner.leadership, error, tell.output, RealTime()):
                    return build_unrecorded_ending(step, unwritten)
                newest = find_newest_attempt(runner.run(run.id), step.ordinal)
                assert newest is not None
                attempt = newest
    except RunAlreadyOpen:
        raise
    except RunRefused as refusal:
        return Ending(STOPPED, str(refusal), step.ordinal, refusal.code, refusal.facts)
    tell.ended(step, attempt)
    return find_ending_after(step, attempt) or (Ending(STOPPED, BROKEN_OFF, step.ordinal) if stops else None)


async def by_hand(runner: Runner, run: Run, step: Step, request: StepRequest, tell: Tell) -> Ending | None:
    """A note is only shown; what a person does, --yes says is done."""
    tell.begins(step, None)
    if step.kind is StepKind.NOTE:
        return None
    if not request.yes:
        return Ending(STOPPED, "this is for a person to do: do it, then say --yes", step.ordinal)
    reason = "said with --yes"
    await asyncio.to_thread(runner.settle, run, step.ordinal, StepState.BY_HAND, reason)
    tell.settled(step, StepState.BY_HAND, reason)
    return None


def describe_missing_consent(
    required_confirmation: RequiredConfirmation, prepared: Prepared, request: StepRequest
) -> str:
    """What is missing of the confirmation, and how to give it; "" for nothing."""
    if required_confirmation.need == "confirm" and not request.yes:
        return "this changes something: --yes starts it"
    if required_confirmation.need == "word" and not request.has_word(required_confirmation.word):
        again = " (once more: each --confirm starts one danger)" if required_confirmation.word in request.words else ""
        word = quote_for_shell(required_confirmation.word)
        return f"this is a danger in {prepared.environment}: --confirm {word} starts it{again}"
    if required_confirmation.approval and not request.has_approval(required_confirmation.approver):
        who = f" ({required_confirmation.approver})" if required_confirmation.approver else ""
        return f"this needs an approval{who}: --approval 'WHO: HOW' records it"
    return ""


def attempts_until(run: Run, step: int, moment: datetime) -> int:
    """The number of the newest attempt of a step that was over by then; 0 for none."""
    return max(
        (attempt.number for attempt in run.attempts if attempt.step == step and not went_on_after(attempt, moment)),
        default=0,
    )


def lacks_again(prepared: Prepared, request: StepRequest) -> str:
    """Why a step that was done, or is unknown, is not done once more; "" when it may be. To look again is harmless."""
    if request.again:
        return ""
    if prepared.state_before is StepState.UNKNOWN:
        return (
            "nobody knows what became of it: look, then say so with --settle ok, by-hand, failed or skipped"
            " (--reason 'what was seen'); --again does it once more"
        )
    if prepared.kind in CHANGES:
        return f"it is done ({prepared.state_before.value}): --again does it once more"
    return ""


def how_to_give(prepared: Prepared) -> str:
    """How a missing value, or the folder, is given."""
    if prepared.folder_choices:
        return " (--workdir DIR)"
    missing = next((value for value in prepared.values if value.value is None), None)
    if missing is not None and missing.secret and missing.name.isidentifier():
        return f" (export {missing.name}, then --set {missing.name}: a command line can be read by everybody here)"
    return f" (--set {quote_for_shell(f'{missing.name}=...')})" if missing is not None else ""


def find_ending_after(step: Step, attempt: Attempt) -> Ending | None:
    """Whether the next step may follow: not after a failure, nor after a change that did not do what it should."""
    why = "; ".join(text for text in (attempt.outcome, attempt.verified) if text)
    if attempt.state in CODES:
        return Ending(CODES[attempt.state], why or attempt.state.value, step.ordinal)
    if attempt.state is StepState.WARN and attempt.verified != BY_EYE:
        return Ending(FAILED, why, step.ordinal)
    return None


async def write_outcome_in_time(
    outcomes: KeepsOutcomes, error: RecordError, output: Callable[[str], None], time: Time
) -> Sequence[Draft]:
    """Wait for the timeline to take how a step ended, as the screen does; what it has not taken within two minutes.

    Nobody else knows it: it is lost with this process.
    """
    output(f"{error}\nWaiting for it, up to {LONGEST_WAIT:g} s.\n")
    until = time.monotonic() + LONGEST_WAIT
    while (unwritten := await outcomes.write_kept_outcomes()) and time.monotonic() < until:
        await time.sleep(LOOK)
    return unwritten


def build_unrecorded_ending(step: Step, unwritten: Sequence[Draft]) -> Ending:
    """How the step ended is said here, and nowhere else."""
    ended = "; ".join(draft.summary for draft in unwritten)
    why = f"how it ended is not on the timeline, which could not be written: {ended}"
    return Ending(CODES[StepState.UNKNOWN], f"{why}. Write it down with --settle once there is room", step.ordinal)


@contextmanager
def stop_step_on_interrupt(runner: Runner, run: Run, step: Step) -> Iterator[Sequence[object]]:
    """While it lasts, ^C stops the step and not us: its outcome is still to be written down. Gives the stops so far."""
    loop = asyncio.get_running_loop()
    stops: list[asyncio.Task[str]] = []

    def stop() -> None:
        stops.append(loop.create_task(runner.cancel(run, step.ordinal)))

    undo = handle_interrupt(loop, stop)
    try:
        yield stops
    finally:
        undo()


def handle_interrupt(loop: asyncio.AbstractEventLoop, stop: Callable[[], None]) -> Callable[[], object]:
    """Call `stop` at ^C. The answer takes that back; where there are no signals nothing is done."""
    try:
        loop.add_signal_handler(signal.SIGINT, stop)
    except (NotImplementedError, RuntimeError, ValueError):
        return lambda: None
    return lambda: loop.remove_signal_handler(signal.SIGINT)

"""When something may begin, start or be settled. Each rule is a few lines that raise RunRefused with a reason."""

from collections.abc import Sequence

from cockpit.model.run import Attempt, Run, StepState, find_newest_attempt
from cockpit.model.runbook import Procedure, Runbook, Step, StepKind
from cockpit.runbooks.prepare.command_inputs import find_changed_input, read_command_inputs
from cockpit.runbooks.prepare.prepare import CHANGES, only_looks
from cockpit.runbooks.run.runs import JUDGED_BY_A_PERSON
from cockpit.runbooks.run.trust import Trust
from cockpit.runbooks.types import Prepared, RunRefused, StepTakenElsewhere

MEETS_A_NEED = frozenset({StepState.OK, StepState.BY_HAND})
SETTLES = frozenset({StepState.OK, StepState.BY_HAND, StepState.SKIPPED, StepState.FAILED, StepState.WARN})


def must_be_startable(runbook: Runbook, procedure: Procedure, standing: Trust, accepted: str) -> None:
    if runbook.is_only_shown(procedure):
        raise RunRefused(
            "This document had lost its line breaks, and text with them: `cockpit runbooks --repair FILE` prints a "
            "mended copy; save it and run that.",
            code="document-repaired",
        )
    if procedure not in runbook.procedures:
        raise RunRefused(
            f"The document has no procedure {procedure.slug}.", code="unknown-procedure", procedure=procedure.slug
        )
    if not standing.trusted and accepted != runbook.sha256:
        raise RunRefused(
            f"This document {standing.news}: read it, then trust its hash {runbook.sha256}.",
            code="document-not-trusted",
            news=standing.news,
            sha256=runbook.sha256,
        )


def step_of(procedure: Procedure, ordinal: int) -> Step:
    step = next((item for item in procedure.steps if item.ordinal == ordinal), None)
    if step is None:
        raise RunRefused(
            f"{procedure.title} has no step {ordinal}.", code="unknown-step", procedure=procedure.title, step=ordinal
        )
    return step


def must_be_settleable(run: Run, step: int, state: StepState, reason: str) -> None:
    """A person may say how a step stands, with a reason where it is not simply done by hand."""
    was = run.state(step)
    if state not in SETTLES:
        raise RunRefused(f"A step cannot be settled as {state.value}.", code="not-a-settled-state", state=state.value)
    if was is StepState.RUNNING:
        raise RunRefused("The step is running: stop it first.", code="step-running")
    if state is StepState.OK and was not in JUDGED_BY_A_PERSON:
        raise RunRefused(
            "Only a step whose outcome a person judges can be marked OK; this one can be marked as done by hand.",
            code="not-a-look",
        )
    if not reason.strip() and state is not StepState.BY_HAND:
        raise RunRefused("Say why, in a few words: it goes on the timeline.", code="reason-missing")


def must_stand_on_what_was_shown(prepared: Prepared) -> None:
    """Nobody has put another script, or another folder, in the place of the one that was there when it was shown.
    Blocking. Raises RunRefused."""
    if prepared.inputs and (
        moved := find_changed_input(prepared.inputs, read_command_inputs(prepared.as_written, prepared.cwd))
    ):
        name = prepared.cwd if moved == "folder" else moved
        raise RunRefused(
            f"{name} is not what it was when this was shown: look at it again. Nothing was started.",
            code="files-changed",
            file=name,
        )


def must_be_this_run(run: Run, prepared: Prepared, environment: str) -> None:
    if run.id != prepared.run:
        raise RunRefused("This was prepared for another run.", code="prepared-for-another-run")
    if run.environment != environment or prepared.environment != environment:
        raise RunRefused(
            f"This run is in {run.environment}, and this cockpit acts on {environment}.",
            code="run-of-another-environment",
            environment=run.environment,
        )
    if run.ended is not None:
        raise RunRefused("This run is over: start a new one.", code="run-over")


def must_be_runnable(prepared: Prepared, *, read_only: bool) -> None:
    if not prepared.runnable:
        raise RunRefused(
            f"This cannot run: {prepared.reason_not_runnable}.",
            code="not-runnable",
            reason=prepared.reason_not_runnable,
        )
    if read_only and not only_looks(prepared):
        raise RunRefused("Read-only: only what looks through the SDK or with GET may run.", code="read-only")
    if sum(item is not None for item in (prepared.script, prepared.native, prepared.request)) != 1:
        raise RunRefused("This was not prepared.", code="not-prepared")


def must_be_untaken(run: Run, prepared: Prepared) -> None:
    """What a person agreed to was this step as it stood then: nobody else has begun or settled it since."""
    step = prepared.step.ordinal
    last = find_newest_attempt(run, step)
    if run.state(step) is StepState.RUNNING:
        raise StepTakenElsewhere(explain_running_step(last), code="step-running")
    if last is not None and last.number > prepared.attempts_before:
        raise StepTakenElsewhere(
            f"{last.actor} ran this step at {last.began:%H:%M:%S} UTC, after it was shown here"
            f" ({run.state(step).value}): look at it again.",
            code="step-done-elsewhere",
            actor=last.actor,
            began=last.began,
            state=run.state(step).value,
        )
    if run.state(step) is not prepared.state_before:
        word = run.word(step)
        by = f" by {word.by}" if word else ""
        raise StepTakenElsewhere(
            f"This step is {run.state(step).value} now{by}: look at it again.",
            code="step-done-elsewhere",
            state=run.state(step).value,
        )


def must_be_as_seen(run: Run, seen: Run, step: int) -> None:
    """What a person says of a step is about what they saw of it: nobody else has begun or settled it since.

    Raises StepTakenElsewhere.
    """
    last, before = find_newest_attempt(run, step), find_newest_attempt(seen, step)
    if last is not None and (before is None or last.number > before.number):
        raise StepTakenElsewhere(
            f"{last.actor or 'Somebody'} began this step at {last.began:%H:%M:%S} UTC, after you had looked at it"
            f" ({run.state(step).value}): look at it again.",
            code="step-done-elsewhere",
            actor=last.actor,
            began=last.began,
            state=run.state(step).value,
        )
    if run.state(step) is not seen.state(step):
        word = run.word(step)
        raise StepTakenElsewhere(
            f"This step is {run.state(step).value} now{f' by {word.by}' if word else ''}: look at it again.",
            code="step-done-elsewhere",
            state=run.state(step).value,
        )


def explain_running_step(attempt: Attempt | None) -> str:
    """Why a step that runs cannot start: who started it and when, where that is known."""
    if attempt is None or not attempt.actor:
        return "This step is running."
    return f"This step is running: {attempt.actor} started it at {attempt.began:%H:%M:%S} UTC."


def must_be_its_turn(run: Run, procedure: Procedure, prepared: Prepared) -> None:
    if reason := waits_for(run, procedure, prepared.step, prepared.kind, undo=prepared.undo):
        raise RunRefused(reason, code="other-step-first")


def waits_for(run: Run, procedure: Procedure, step: Step, kind: StepKind, *, undo: bool = False) -> str:
    """Why a step may not start yet, as far as other steps are concerned; "" when it may."""
    if run.state(step.ordinal) is StepState.RUNNING:
        return "This step is running."
    unknown = [number for number, state in run.states if state is StepState.UNKNOWN and number != step.ordinal]
    if unknown and kind in CHANGES:
        return f"Nobody knows what became of step {unknown[0]}: settle it before anything else is changed."
    if undo:
        return nothing_to_undo(run, step)
    return _explain_unmet_need(run, procedure, step)


def nothing_to_undo(run: Run, step: Step) -> str:
    """Why there is nothing that an undo could take back; "" when something may have taken effect."""
    if run.state(step.ordinal) is StepState.BY_HAND:
        return ""
    attempts = sorted(
        (attempt for attempt in run.attempts if attempt.step == step.ordinal), key=lambda attempt: attempt.number
    )
    if not attempts:
        return "Nothing was done in this step yet, so there is nothing to undo."
    undone = max((attempt.number for attempt in attempts if attempt.undo and attempt.state is StepState.OK), default=0)
    left = [attempt for attempt in attempts if not attempt.undo and attempt.number > undone]
    if not left:
        return "What this step did was undone already."
    word = run.word(step.ordinal)
    not_done = word is not None and word.state is StepState.SKIPPED
    if any(took_effect(attempt, step, not_done=not_done) for attempt in left):
        return ""
    return "What was tried in this step never took effect, so there is nothing to undo."


def took_effect(attempt: Attempt, step: Step, *, not_done: bool) -> bool:
    """False only when it is known that nothing came of it; `not_done` is a person's word on what was unknown.

    What the cloud or a server refused did nothing; a command that failed may have done half of its work.
    """
    if attempt.state is StepState.UNKNOWN:
        return not not_done
    if attempt.state is not StepState.FAILED:
        return True
    refused = (attempt.native or step.language == "http") and not attempt.operation
    return attempt.started and not refused


def _explain_unmet_need(run: Run, procedure: Procedure, step: Step) -> str:
    before = [item for item in procedure.steps if item.ordinal < step.ordinal and item.kind is not StepKind.NOTE]
    match step.tags.get("needs", ""):
        case "":
            return ""
        case "verify":
            steps = [step for step in before if step.kind is StepKind.VERIFY][-1:]
        case "previous":
            steps = _list_choices(before)
        case "tried":
            steps = _list_choices(before)
            if any(tried_and_skipped(run, choice) for choice in steps):
                return ""
        case other:
            return f"Nobody knows what needs={other} means; it can be verify or previous."
    if any(run.state(step.ordinal) in MEETS_A_NEED for step in steps):
        return ""
    if not steps:
        return f"It needs a step before it that is not there (needs={step.tags['needs']})."
    return f"It needs step {steps[-1].ordinal} ({steps[-1].title}) to be ok first."


def tried_and_skipped(run: Run, step: Step) -> bool:
    """True when it was tried, did not end well, and a person passed over it with a reason that is recorded."""
    return run.state(step.ordinal) is StepState.SKIPPED and any(
        attempt.step == step.ordinal and attempt.ended is not None for attempt in run.attempts
    )


def _list_choices(before: Sequence[Step]) -> list[Step]:
    """The step before, with those it could be replaced by."""
    if not before:
        return []
    head = before[-1].alternative_to or before[-1].ordinal
    return [step for step in before if head in (step.ordinal, step.alternative_to)]


def make_nameless_step(attempt: Attempt) -> Step:
    """A step whose document is not here any more, as far as its attempt tells."""
    return Step(attempt.step, "(its document is gone)", StepKind.CHANGE, 1, attempt.as_written, "bash")

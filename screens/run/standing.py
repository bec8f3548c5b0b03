"""Which keys of a run work at this moment, why the others do not, and the one line that says what to do next."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from cockpit.model.key_bindings import KeyBinding, Need
from cockpit.model.run import SETTLED, STOPPED_BY_HAND, Run, StepState, chosen_instead, is_run_done, summarize_ways
from cockpit.model.runbook import Procedure, Step, StepKind
from cockpit.runbooks.catalogue.references import StepReference
from cockpit.runbooks.types import Prepared
from screens.dialogs.dialog import NOT_YET
from screens.run.view import StepPrepared
from widgets.cell import Piece

LONGEST_NAMES = 28  # letters of the values that a step needs: on 80 columns its key stands behind them


@dataclass(frozen=True, slots=True)
class StepStanding:
    """How the current step stands, as far as it decides what the keys do."""

    step: Step | None = None
    state: StepState = StepState.TODO
    prepared: Prepared | None = None  # as it is shown; None until it is there
    problem: str = ""  # why it could not even be prepared
    waits: str = ""  # why other steps come first
    is_stopped: bool = False  # a person stopped its newest try
    still_runs: bool = False  # nobody watches it any more, and its command may run on
    running: int | None = None  # another step that runs and has to end first
    instead: int | None = None  # the alternative that was done in its place
    choice: str = ""  # which ways there are, while none of them was taken
    last: bool = False  # nothing is left to do
    ended: bool = False
    menu: bool = False
    no_undo: str = ""  # why there is nothing to undo
    way_back: bool = False  # the document has a Rollback section for this procedure
    template: str = ""  # whether the variables that it asks for are in the revision's template
    references: tuple[StepReference, ...] = ()  # where the step sends its reader

    @property
    def asks(self) -> tuple[str, ...]:
        """The placeholders that have no value yet."""
        return tuple(value.name for value in self.prepared.values if value.value is None) if self.prepared else ()


def build_step_standing(
    run: Run,
    procedure: Procedure,
    step: Step | None,
    looked: StepPrepared,
    way_back: bool,
    references: tuple[StepReference, ...] = (),
) -> StepStanding:
    """How a step of a run stands, with what is known of what would run."""
    from cockpit.runbooks.run.preconditions import nothing_to_undo  # the keys above are known before anything runs

    index = step.ordinal if step else 0
    running = (number for number, state in run.states if state is StepState.RUNNING and number != index)
    return StepStanding(
        step=step,
        state=run.state(index),
        prepared=looked.prepared,
        problem=looked.problem,
        waits=looked.waits,
        template=looked.template,
        is_stopped=run.describe_state(index) == STOPPED_BY_HAND,
        still_runs=any(attempt.step == index and attempt.still_runs for attempt in run.attempts),
        running=next(running, None),
        instead=chosen_instead(step, procedure, run) if step else None,
        choice=summarize_ways(step, procedure, run) if step else "",
        last=procedure.menu or is_run_done(procedure, run),
        ended=run.ended is not None,
        menu=procedure.menu,
        no_undo=nothing_to_undo(run, step) if step else "",
        way_back=way_back,
        references=references,
    )


def _list_judged_by_a_person() -> frozenset[StepState]:
    from cockpit.runbooks.run.runs import JUDGED_BY_A_PERSON  # imported here, as above

    return JUDGED_BY_A_PERSON


def find_reason(binding: KeyBinding, now: StepStanding) -> str:
    """Why the key does nothing now, in one sentence, or "" when it works."""
    return next(filter(None, (REASONS[need](now) for need in binding.needs)), "")


def _explain_no_step(now: StepStanding) -> str:
    return "" if now.step else "There is no step to do that with."


def _explain_undo(now: StepStanding) -> str:
    if now.step and not now.step.tags.get("undo"):
        return "The document names no undo for this step."
    return now.no_undo


def _explain_unsettled(now: StepStanding) -> str:
    return f"This step is {now.state.value} already." if now.state in SETTLED else ""


REASONS: Mapping[Need, Callable[[StepStanding], str]] = {
    Need.OPEN_RUN: lambda now: "This run has ended; the catalogue starts another one." if now.ended else "",
    Need.STEP: _explain_no_step,
    Need.ROLLBACK_SECTION: lambda now: (
        "" if now.way_back else "The document has no Rollback section for this procedure."
    ),
    Need.REFERENCE: lambda now: "" if now.references else "This step names no other procedure or document.",
    Need.RUNNING: lambda now: "" if now.state is StepState.RUNNING or now.still_runs else "This step is not running.",
    Need.NOT_RUNNING: lambda now: "This step is running; cancel it first." if now.state is StepState.RUNNING else "",
    Need.UNDO: _explain_undo,
    Need.COMMAND: lambda now: "" if now.step and now.step.command else "There is no command in this step.",
    Need.TEXT: lambda now: (
        "" if now.step and (now.step.command or now.step.mention) else "There is no command in this step."
    ),
    Need.UNSETTLED: _explain_unsettled,
    Need.JUDGEMENT: lambda now: (
        ""
        if now.state in _list_judged_by_a_person()
        else "Only a step whose outcome a person judges can be marked OK; `By hand` fits here."
    ),
    Need.RUNNABLE: lambda now: _why_not_run(now.step, now) if now.step else "",
}
"""Why a key does nothing, in one sentence, "" when it does; one entry for each Need of a run's keys."""


def _why_not_run(step: Step, now: StepStanding) -> str:
    if step.kind is StepKind.NOTE:
        return "A note: there is nothing to run."
    if not step.command:
        return f"This step is {now.state.value} already." if now.state in SETTLED else ""
    if now.running is not None:
        return f"Step {now.running} is still running; wait for its end, or cancel it there."
    if now.problem:
        return now.problem
    if now.prepared is None:
        return "Still being looked at; in a moment."
    if now.waits:
        return now.waits
    if now.asks:
        return ""  # Enter asks for them
    if now.prepared.folder_choices:
        return ""  # Enter asks which
    if now.prepared.misfit:
        return ""  # Enter looks again: it may have been corrected
    return now.prepared.reason_not_runnable and f"{now.prepared.reason_not_runnable.rstrip('.')}. It can be copied."


def render_hint(now: StepStanding, keys: Mapping[str, str], *, armed: bool = True) -> list[Piece]:
    """What to do next, and with which key; `keys` names the key of each binding that works now.

    While it is not `armed` an Enter would not count: its key says to wait, as in a dialog.
    """
    what, tone, then = _choose_advice(now)
    offers = [(binding, keys[binding], does) for binding, does in then if binding in keys]
    pieces: list[Piece] = [(" ▸ ", "info"), (what, tone)]
    for index, (binding, key, does) in enumerate(offers):
        waits = binding == "run" and not armed
        pieces += [(" · " if index else "  " if what else "", "muted"), (NOT_YET if waits else "", "muted")]
        pieces += [(key, "muted" if waits else "key"), (f" {does}", "muted" if waits else "")]
    return pieces


Advice = tuple[str, str, list[tuple[str, str]]]
"""What to say, its tone, and (binding, what it does) in the order of usefulness."""


def _choose_advice(now: StepStanding) -> Advice:
    step = now.step
    if now.ended:
        return _make_advice("This run has ended.", ("back", "leaves"))
    if step is None:
        return _make_advice("This procedure has no steps.", ("back", "leaves"))
    if now.state is StepState.WARN:
        return _make_advice(
            "Compare the output with what was expected.", ("well", "marks it OK"), ("run", "runs it again"), tone="warn"
        )
    if now.last and not now.menu:
        return _make_advice(
            "All steps are done.", ("back", "ends the run, and leaves"), ("note", "writes a note"), tone="good"
        )
    if now.state is StepState.RUNNING:
        return _make_advice("It is running.", ("cancel", "cancels it"), ("back", "leaves, the run goes on"))
    if now.state is StepState.UNKNOWN:
        return _make_advice(
            "Nobody knows how this ended.", ("run", "settles it: look, then say how it ended"), tone="warn"
        )
    if now.state is StepState.FAILED:
        return _advise_after_failure(step, now)
    return _advise_next(step, now)


def _advise_after_failure(step: Step, now: StepStanding) -> Advice:
    then = [("run", "tries again"), ("edit", "edits and runs")]
    then += [("undo", "undoes")] if step.tags.get("undo") and not now.no_undo else []
    then += [("rollback", "goes to Rollback")] if now.way_back else []
    if now.is_stopped:
        return _make_advice("It was stopped by hand.", *then, ("skip", "marks it and goes on"), tone="warn")
    return _make_advice("It failed.", *then, ("skip", "marks it and goes on"), tone="bad")


def name_missing_values(names: Sequence[str]) -> str:
    """What a step needs, by name where the key beside it still fits on a line of 80 columns, else by number."""
    listed = ", ".join(names)
    if len(listed) <= LONGEST_NAMES:
        return f"It needs a value for {listed}."
    return "It needs a value." if len(names) == 1 else f"It needs {len(names)} values."


def _advise_next(step: Step, now: StepStanding) -> Advice:
    if step.kind is StepKind.NOTE:
        copies = [("copy", "copies what it shows")] if step.mention else []
        return _make_advice("A note, to be read.", ("next", "goes to the next step"), *copies)
    if now.state in SETTLED and step.command:
        return _make_advice(
            f"This step is {now.state.value}.", ("next", "goes to the next one"), ("run", "asks to run it again")
        )
    if not step.command:
        if now.state in SETTLED:
            return _make_advice("Ticked.", ("next", "goes to the next step"))
        leads = [("follow", "opens what it names")] if now.references else []
        return _make_advice("Done by a person.", *leads, ("run", "ticks it"), ("skip", "skips it"))
    if now.prepared and now.prepared.misfit and not now.waits:
        return _make_advice("Correct it, then", ("run", "looks again"), ("skip", "skips it"), tone="warn")
    if now.problem or (now.prepared and not now.prepared.runnable and not now.asks):
        return _make_advice(
            "It cannot run here.", ("copy", "copies it"), ("by_hand", "done by hand"), ("skip", "skips it"), tone="warn"
        )
    if now.waits:
        return _make_advice(now.waits, ("next", "goes to what comes first"), ("skip", "skips it"))
    if now.asks:
        return _make_advice(name_missing_values(now.asks), ("run", "asks for them"), tone="warn")
    if now.instead is not None:
        return _make_advice(f"Step {now.instead} was done in its place.", ("run", "runs this one too"), tone="warn")
    return _make_advice(
        now.choice, ("run", ENTER[now.prepared.kind if now.prepared else step.kind]), ("skip", "skips it")
    )


ENTER = {
    StepKind.READ: "looks; nothing is changed",
    StepKind.VERIFY: "checks; nothing is changed",
    StepKind.LOCAL: "runs it; it changes this machine only",
    StepKind.CHANGE: "shows what will change, and asks",
    StepKind.DANGER: "shows what would be lost, and asks for a typed word",
    StepKind.MANUAL: "ticks it",
    StepKind.NOTE: "",
}


def _make_advice(what: str, *then: tuple[str, str], tone: str = "") -> Advice:
    return what, tone, list(then)

"""One execution of a procedure, as its events tell it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from cockpit.model.event import Event, Kind, attempt_of, text_of
from cockpit.model.runbook import Procedure, Step, StepKind, names_environment
from cockpit.model.text import clean_line


class StepState(StrEnum):
    """Where a step of a run stands. OK is frozen: running it again is asked for. UNKNOWN waits for a person."""

    TODO = "todo"
    RUNNING = "running"
    OK = "ok"
    WARN = "warn"
    FAILED = "failed"
    SKIPPED = "skipped"
    BY_HAND = "by hand"
    UNKNOWN = "unknown"


STOPPED_BY_HAND = "stopped by hand"
TITLE_LETTERS = 120  # in a summary
SETTLED = frozenset({StepState.OK, StepState.WARN, StepState.SKIPPED, StepState.BY_HAND})


@dataclass(frozen=True, slots=True)
class Value:
    """What a placeholder stands for in one run. `shown` is masked when it is a secret; the value itself is not kept."""

    name: str
    shown: str
    source: str  # environment | live | operator | proposal | revisions pane


@dataclass(frozen=True, slots=True)
class ShellVariable:
    """A variable that a step of a run has set. `shown` is the beginning of its value, which is not kept of a secret."""

    name: str
    shown: str
    step: int
    exported: bool = False
    secret: bool = False


@dataclass(frozen=True, slots=True)
class ShellState:
    """What a run keeps from step to step: on which host, in which folder ("" for where it began), with what set.

    `file` holds the values, beside the transcript of the step that left them; `options` are as `set -o nounset`.
    """

    host: str = ""
    folder: str = ""
    variables: tuple[ShellVariable, ...] = ()
    file: str = ""
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StepLength:
    """How long a try of a step took. It `is_about` so long where nobody measured it from its beginning to its end by a
    clock that nobody sets: the wall clock may have been set meanwhile."""

    seconds: float
    is_about: bool = False

    @classmethod
    def between(cls, began: datetime, ended: datetime) -> "StepLength":
        """By the wall clock."""
        return cls(max(0.0, (ended - began).total_seconds()), is_about=True)

    @property
    def qualifier(self) -> str:
        """What stands before it."""
        return "about " if self.is_about else ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of a step.

    `as_written` is the document's text, `as_run` what was started, with values shown and secrets masked. `outcome`
    is one sentence. `operation` is the URL of a long operation that may still be going on far away. `transcript` is
    a path, `output` the head and tail that the timeline keeps.
    """

    number: int  # from 1, within its step
    step: int
    began: datetime
    ended: datetime | None = None
    state: StepState = StepState.RUNNING
    kind: str = ""  # of what was started, which an edit may have made more than the step's own
    as_written: str = ""
    as_run: str = ""
    native: bool = False
    edited: bool = False
    undo: bool = False  # it ran the undo that the step names; done well, the step is to do again
    exit_code: int | None = None
    signal: int | None = None
    timed_out: bool = False
    cancelled: bool = False  # a person stopped it, or the wait for what it was to bring about
    outcome: str = ""
    verified: str = ""
    output: str = ""
    transcript: str = ""
    operation: str = ""
    actor: str = ""
    approval: str = ""  # who gave it and how
    started: bool = True  # False for a command that could not even be started
    still_runs: int = 0  # unknown, and its command may run on: the pid
    shell: ShellState | None = None  # what its shell left; it counts once the step is ok
    length: StepLength | None = None  # None while it runs, and of one that an older version wrote

    @property
    def took(self) -> "StepLength | None":
        """How long it took, None while it runs; as far as nobody measured it, by the times of its two ends."""
        if self.ended is None or self.length is not None:
            return self.length
        return StepLength.between(self.began, self.ended)

    @property
    def ending(self) -> str:
        """How it ended, as people read it."""
        return describe_step_end({"state": self.state.value, "cancelled": self.cancelled})


@dataclass(frozen=True, slots=True)
class SettledBy:
    """How a person settled a step: by hand, skipped, looked at and well; it stands until the step is tried again."""

    step: int
    state: StepState
    by: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Run:
    """Built from RUN and STEP events. `sha256` is of the snapshot it works on, which outlives the document."""

    id: str
    path: str
    procedure: str  # slug
    title: str
    sha256: str
    environment: str
    operator: str
    started: datetime
    incident: str | None = None
    values: tuple[Value, ...] = ()
    states: tuple[tuple[int, StepState], ...] = ()
    attempts: tuple[Attempt, ...] = ()
    words: tuple[SettledBy, ...] = ()
    ended: datetime | None = None
    shell: ShellState = ShellState()  # as the last step that was ok left it
    folder: str = ""  # where it began, where a person chose
    served: tuple[str, ...] = ()  # of a rollback, the revisions that served when it was agreed

    def word(self, step: int) -> SettledBy | None:
        """A person's word on a step, when it was the last of it."""
        return next((word for word in self.words if word.step == step), None)

    def state(self, step: int) -> StepState:
        return dict(self.states).get(step, StepState.TODO)

    def describe_state(self, step: int) -> str:
        """How a step stands, as people read it: a look that somebody stopped did not fail."""
        state, last = self.state(step), find_newest_attempt(self, step)
        return last.ending if last is not None and last.state is state else state.value


# How far a run has come: which step matters next, which was done in place of another, whether all is done. Pure.
# The screen and the command line ask the same functions, so that a run is over for both at the same moment.

DONE_INSTEAD = frozenset({StepState.OK, StepState.WARN, StepState.BY_HAND})


def find_suggested_step(procedure: Procedure, run: Run) -> int | None:
    """The step that matters next: one that runs, failed, or ended unseen; else the first after what was done last.

    None when all is done, and where a person chooses: in a menu, and before ways of which none was taken. Of those the
    one for the run's environment is proposed, where one of them names it.
    """
    left = list_steps_left(procedure, run)
    if procedure.menu:
        fitting = [step for step in left if step.way is not None]
        begun = [step for step in fitting if is_way_taken(step, procedure, run)]
        return next((step.ordinal for step in (*begun, *_list_proposed(fitting, run))), None)
    step = _find_next_left(left, run)
    if step is None or not is_way_open(step, procedure, run):
        return step.ordinal if step else None
    ways = list_ways(step, procedure)
    proposed = ways if len(ways) == 1 else _list_proposed(ways, run)  # of a condition a person reads whether it holds
    return next((way.ordinal for way in proposed), None)


def find_open_choice(procedure: Procedure, run: Run) -> int | None:
    """The first step of the ways that come next and of which none was taken; None where nothing is to be chosen, and in
    a menu, which is all to be chosen."""
    step = None if procedure.menu else _find_next_left(list_steps_left(procedure, run), run)
    return step.ordinal if step is not None and is_way_open(step, procedure, run) else None


def _find_next_left(left: Sequence[Step], run: Run) -> Step | None:
    """Of the steps left one that was begun, else the first behind what was done last, else the first."""
    begun = [step for step in left if run.state(step.ordinal) is not StepState.TODO]
    last = max((step for step, state in run.states if state is not StepState.TODO), default=0)
    behind = [step for step in left if step.ordinal > last]
    return next(iter((*begun, *behind, *left)), None)


def _list_proposed(steps: Sequence[Step], run: Run) -> list[Step]:
    """Of steps that belong to ways, those of a way that names the run's environment."""
    return [
        step
        for step in steps
        if step.way is not None and not step.way.unclear and names_environment(step.way.name, run.environment)
    ]


def list_ways(step: Step, procedure: Procedure) -> list[Step]:
    """The first step of each of the ways of which the one of this step is one; [] for a step that is in none."""
    if step.way is None:
        return []
    firsts: dict[int, Step] = {}
    for other in procedure.to_do:
        if other.way is not None and other.way.choice == step.way.choice:
            firsts.setdefault(other.way.number, other)
    return list(firsts.values())


def is_way_taken(step: Step, procedure: Procedure, run: Run) -> bool:
    """True once a person has begun the way that a step belongs to: what follows in it is done in turn."""
    return step.way is not None and any(
        run.state(other.ordinal) not in (StepState.TODO, StepState.SKIPPED)
        for other in procedure.to_do
        if other.way is not None and (other.way.choice, other.way.number) == (step.way.choice, step.way.number)
    )


def is_way_open(step: Step, procedure: Procedure, run: Run) -> bool:
    """True for a step of a way that nobody has taken yet: a person says whether it is to be done."""
    return step.way is not None and not is_way_taken(step, procedure, run)


def describe_ways(step: Step, procedure: Procedure, run: Run) -> str:
    """What a person has to choose between before this step, one sentence; "" where nothing is to be chosen."""
    if step.way is None or not is_way_open(step, procedure, run):
        return ""
    ways = list_ways(step, procedure)
    names = "; ".join(f"{way.ordinal} {way.way.name}" for way in ways if way.way is not None)
    proposed = _list_proposed(ways, run)
    fits = f" Step {proposed[0].ordinal} is for {run.environment}, where this run is." if proposed else ""
    if step.way.unclear:
        return f"The document does not say whether these are done in turn or one of them is chosen: {names}.{fits}"
    if len(ways) == 1:
        return f"Done only where it holds: {names}."
    return f"{'One of these ways is taken' if step.way.excludes else 'What holds is done'}: {names}.{fits}"


def summarize_ways(step: Step, procedure: Procedure, run: Run) -> str:
    """The same in a few words, beside the list of the steps."""
    if step.way is None or not is_way_open(step, procedure, run):
        return ""
    ways = list_ways(step, procedure)
    if len(ways) == 1:
        return "Only where it holds."
    numbers = ", ".join(str(way.ordinal) for way in ways)
    if step.way.unclear:
        return f"In turn, or one of {numbers}? It does not say."
    proposed = _list_proposed(ways, run)
    fits = f" {proposed[0].ordinal} is for {run.environment}." if proposed else ""
    return f"{'One of' if step.way.excludes else 'What holds of'} {numbers}.{fits}"


def describe_other_environment(step: Step, procedure: Procedure, environment: str) -> str:
    """That the way of a step is for another environment than this one, which another way names; "" otherwise."""
    if step.way is None or names_environment(step.way.name, environment):
        return ""
    fitting = [
        way
        for way in list_ways(step, procedure)
        if way.way is not None and names_environment(way.way.name, environment)
    ]
    if not fitting:
        return ""
    here = f"this run is on {environment}, and step {fitting[0].ordinal} is for that"
    return f"“{step.way.name}” is for another environment: {here}."


def list_steps_left(procedure: Procedure, run: Run) -> list[Step]:
    """The steps that somebody still has to do, of alternatives each, until one of them was done."""
    return [
        step
        for step in procedure.steps
        if step.kind is not StepKind.NOTE
        and run.state(step.ordinal) not in SETTLED
        and chosen_instead(step, procedure, run) is None
    ]


def is_run_done(procedure: Procedure, run: Run) -> bool:
    """True when nothing is left to do. A menu never is by itself: a person may choose from it again."""
    return not procedure.menu and not list_steps_left(procedure, run)


def list_steps_in_turn(procedure: Procedure, run: Run) -> Sequence[Step]:
    """The steps to be done one after the other, without asking: of alternatives the first, and none in whose place
    another was done. Before a way that nobody has taken (`is_way_open`) a person is asked."""
    return [
        step
        for step in procedure.steps
        if (step.alternative_to is None or step.way is not None) and chosen_instead(step, procedure, run) is None
    ]


def list_alternatives(step: Step, procedure: Procedure) -> tuple[int, ...]:
    """The ordinals of the alternatives that a step is one of, itself among them; only itself when it is none."""
    first = step.alternative_to or step.ordinal
    return tuple(step.ordinal for step in procedure.steps if first in (step.ordinal, step.alternative_to))


def chosen_instead(step: Step, procedure: Procedure, run: Run) -> int | None:
    """The alternative, or the step of another way, that was done in place of a step, if one was."""
    if run.state(step.ordinal) in SETTLED:
        return None
    if step.way is not None:
        if not step.way.excludes or is_way_taken(step, procedure, run):
            return None
        return next(
            (
                other.ordinal
                for other in procedure.to_do
                if other.way is not None
                and other.way.choice == step.way.choice
                and run.state(other.ordinal) in DONE_INSTEAD
            ),
            None,
        )
    others = [number for number in list_alternatives(step, procedure) if number != step.ordinal]
    return next((other for other in others if run.state(other) in DONE_INSTEAD), None)


def find_needed_step(step: Step, procedure: Procedure) -> int | None:
    """The step that `needs=verify` or `needs=previous` points at: the nearest such one above."""
    question = step.tags.get("needs", "")
    above = [command for command in procedure.commands if command.ordinal < step.ordinal]
    if question == "verify":
        above = [step for step in above if step.kind is StepKind.VERIFY]
    return above[-1].ordinal if above and question in ("verify", "previous") else None


def find_newest_attempt(run: Run, step: int) -> Attempt | None:
    """The newest attempt of a step."""
    return max(
        (attempt for attempt in run.attempts if attempt.step == step), key=lambda attempt: attempt.number, default=None
    )


# How one try of a step reads, in its event, in the draft and in the report of a shift. A try that a person stopped did
# not fail, and an undo is not the step.


def describe_step_end(detail: Mapping[str, Any]) -> str:
    """`ok`, or `stopped by hand` of what a person broke off; of a change that was stopped nobody knows: `unknown`."""
    state = text_of(detail, "state")
    return STOPPED_BY_HAND if state == StepState.FAILED and detail.get("cancelled") is True else state


ROLLBACK_WORDS = r"roll(?:ed|ing|s)?[ -]?back"


def name_run(detail: Mapping[str, Any]) -> str:
    """What a run is called by the fact that began it: `Roll back`, or `Roll back: Single revision mode` of a procedure
    whose title does not say that a rollback is done by it, though one was asked for. "" where it has no title."""
    title = text_of(detail, "title")
    # Who served is kept of rollbacks alone: what it was agreed for.
    if not title or not detail.get("served") or re.search(rf"\b{ROLLBACK_WORDS}\b", title, re.IGNORECASE):
        return title
    return f"Roll back: {title}"


def mark_step_title(title: str, detail: Mapping[str, Any]) -> str:
    """`Send it all the traffic (undo)`: the title of a step, and that it was not that which ran."""
    marks = [word for word in ("undo", "edited") if detail.get(word) is True]
    return f"{title} ({', '.join(marks)})" if marks else title


def mark_step_ends(events: Iterable[Event]) -> list[Event]:
    """The same events; the end of an undo says that it is one, also where only its beginning was recorded as one, and
    an end that somebody else's cockpit wrote says who began it: whoever sees the end of a step has not done it."""
    begun: dict[tuple[str, object], Event] = {}
    result = []
    for event in events:
        phase = text_of(event.detail, "phase") if event.kind == Kind.STEP else ""
        key = attempt_of(event)
        if phase == "intent":
            begun[key] = event
        elif phase == "outcome" and key in begun:
            event = _mark_step_end(event, begun[key])
        result.append(event)
    return result


def _mark_step_end(end: Event, begin: Event) -> Event:
    is_marked = "undo" in end.detail
    words = {word: True for word in ("undo", "edited") if begin.detail.get(word) is True and not is_marked}
    by = f" (begun by {begin.actor})" if begin.actor and end.actor not in ("", begin.actor) else ""
    title = clean_line(text_of(end.detail, "title"), TITLE_LETTERS)
    detail = {**end.detail, **words}
    standing, marked = mark_step_title(title, end.detail), mark_step_title(title, detail)
    return replace(end, summary=end.summary.replace(f"{standing}:", f"{marked}{by}:", 1), detail=detail)

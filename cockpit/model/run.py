"""One execution of a procedure, as its events tell it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


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


SETTLED = frozenset({StepState.OK, StepState.WARN, StepState.SKIPPED, StepState.BY_HAND})


@dataclass(frozen=True, slots=True)
class Value:
    """What a placeholder stands for in one run. `shown` is masked when it is a secret; the value itself is not kept."""

    name: str
    shown: str
    source: str  # environment | live | operator | proposal | revisions pane


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
    outcome: str = ""
    verified: str = ""
    output: str = ""
    transcript: str = ""
    operation: str = ""
    actor: str = ""
    approval: str = ""  # who gave it and how
    started: bool = True  # False for a command that could not even be started
    still_runs: int = 0  # unknown, and its command may run on: the pid


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
    """A fold over RUN and STEP events. `sha256` is of the snapshot it works on, which outlives the document."""

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

    def word(self, step: int) -> SettledBy | None:
        """A person's word on a step, when it was the last of it."""
        return next((word for word in self.words if word.step == step), None)

    def state(self, step: int) -> StepState:
        return dict(self.states).get(step, StepState.TODO)

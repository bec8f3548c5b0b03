"""What the work of a run tells its screen: a worker touches no widget."""

from textual.message import Message

from cockpit.model.run import Attempt
from cockpit.runbooks.types import Prepared


class StepPrepared(Message, bubble=False):
    """A step was resolved, or could not be: `problem` says why. `waits`: why other steps come first."""

    def __init__(self, serial: int, prepared: Prepared | None, problem: str = "", waits: str = "") -> None:
        super().__init__()
        self.serial, self.prepared, self.problem, self.waits = serial, prepared, problem, waits


NOTHING = StepPrepared(0, None)


class Began(Message):
    """A step is about to run by itself."""

    def __init__(self, step: int) -> None:
        super().__init__()
        self.step = step


class ContextsSeen(Message):
    """The tools of this run have said which cloud and which cluster they act on."""


class AttemptEnded(Message):
    """A try ended."""

    def __init__(self, attempt: Attempt) -> None:
        super().__init__()
        self.attempt = attempt


class StepSettled(Message):
    """A person settled a step: the next one is suggested."""

    def __init__(self, step: int) -> None:
        super().__init__()
        self.step = step


class RunLeft(Message):
    """A person chose to leave, and whether the run ends: it is left as it is now."""


class RunNotice(Message):
    """Something to say: a refusal, or what a cancelled step leaves behind."""

    def __init__(self, text: str, severity: str = "warning") -> None:
        super().__init__()
        self.text, self.severity = text, severity

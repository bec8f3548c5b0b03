"""What the key handlers of a run know of their screen, what they tell it, and how they open another run."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from textual.app import App
from textual.message import Message

from cockpit.model.run import Attempt, Run, Value
from cockpit.model.runbook import Procedure, Runbook
from cockpit.runbooks.catalogue.catalogue import Catalogue
from cockpit.runbooks.types import Prepared, RunAlreadyOpen
from screens.dialogs.dialog import DialogContext
from widgets.output import OutputTail

if TYPE_CHECKING:
    from cockpit.session import Session


class RunOpener(Protocol):
    """Opens runs. Handed to the screen by `screens.run.open`, which makes the screens: they cannot import it."""

    async def follow_run(
        self, app: App[Any], session: "Session", place: DialogContext, refusal: RunAlreadyOpen, /
    ) -> None: ...

    async def open_or_begin(
        self,
        app: App[Any],
        session: "Session",
        place: DialogContext,
        runbook: Runbook,
        procedure: Procedure,
        /,
        *,
        values_by_name: Mapping[str, str] | None = None,
        proposed: Sequence[Value] = (),
        incident: str | None = None,
    ) -> None: ...

    def read_catalogue(self, session: "Session", /) -> Catalogue: ...


class RunView(Protocol):
    """A run as it stands before a person. Key handlers ask dialogs of its app, and send it messages."""

    agreed: dict[int, Prepared]  # step -> what was shown
    busy: int  # steps that run in this process
    own: set[int]  # which they are
    tails: dict[int, OutputTail]

    @property
    def app(self) -> App[Any]: ...
    @property
    def session(self) -> "Session": ...
    @property
    def place(self) -> DialogContext: ...
    @property
    def runbook(self) -> Runbook: ...
    @property
    def procedure(self) -> Procedure: ...
    @property
    def way_back(self) -> Procedure | None: ...
    @property
    def opener(self) -> RunOpener: ...
    @property
    def now_run(self) -> Run: ...

    def post_message(self, message: Message) -> bool: ...


# What the work of a run tells its screen: a worker touches no widget.


class StepPrepared(Message, bubble=False):
    """A step was resolved, or could not be: `problem` says why. `waits`: why other steps come first.

    `template` is what the panes show of the variables that a step for a person asks for.
    """

    def __init__(
        self, serial: int, prepared: Prepared | None, problem: str = "", waits: str = "", template: str = ""
    ) -> None:
        super().__init__()
        self.template = template
        self.serial, self.prepared, self.problem, self.waits = serial, prepared, problem, waits


NOTHING = StepPrepared(0, None)


class Began(Message):
    """A step is about to run by itself."""

    def __init__(self, step: int) -> None:
        super().__init__()
        self.step = step


class ContextsSeen(Message):
    """The tools of this run have reported which cloud and which cluster they act on."""


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

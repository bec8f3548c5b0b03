"""What the actions of a run know of the screen they act for, and how they open another run."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from textual.app import App
from textual.message import Message

from cockpit.model.run import Run, Value
from cockpit.model.runbook import Procedure, Runbook
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


class RunView(Protocol):
    """A run as it stands before a person. The actions ask dialogs of its app, and tell it by messages what happened."""

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

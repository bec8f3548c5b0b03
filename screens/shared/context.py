"""What screens know of the app, and what their key handlers know of the screen: no more than they use."""

from collections.abc import Callable, Coroutine, Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING, Any, Literal, Protocol

from textual.app import App

if TYPE_CHECKING:
    from cockpit.session import Session
    from screens.shared.bell import Bell

NoticeSeverity = Literal["information", "warning", "error"]


class CockpitHost(Protocol):
    """The app, to its screens. They never import it: it imports them."""

    @property
    def session(self) -> "Session | None": ...  # None while it starts
    @property
    def zone(self) -> tzinfo: ...
    @property
    def bells(self) -> "Bell": ...

    def bell(self) -> None: ...
    def hand_over(self, command: Sequence[str], /) -> int: ...
    def notify(self, message: str, *, severity: NoticeSeverity = ..., markup: bool = ...) -> None: ...


class KeyHandlerContext(Protocol):
    """What every key handler may do to its screen: open another one, say something, work beside it."""

    @property
    def app(self) -> App[Any]: ...

    def notify(
        self, message: str, *, severity: NoticeSeverity = ..., timeout: float | None = ..., markup: bool = ...
    ) -> None: ...

    def run_worker(
        self,
        work: Callable[[], None] | Coroutine[Any, Any, None],
        *,
        group: str = ...,
        exit_on_error: bool = ...,
        exclusive: bool = ...,
        thread: bool = ...,
    ) -> object: ...

"""What the cockpit's actions and lines know of the cockpit's screen: what is seen, chosen and due at this moment."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from screens.shared.context import ActionContext, CockpitHost

if TYPE_CHECKING:
    from cockpit.session import Session
    from screens.shared.due import DueClock
    from screens.shared.view import View


class CockpitContext(ActionContext, Protocol):
    """The cockpit's screen, to all that is not the screen itself."""

    @property
    def cockpit(self) -> CockpitHost: ...
    @property
    def session(self) -> "Session | None": ...
    @property
    def seen(self) -> "View": ...
    @property
    def asking(self) -> "Sequence[DueClock]": ...
    @property
    def current(self) -> int: ...

    def under_cursor(self, pane: int, /) -> object | None:
        """The object, not the row: what a key acts on is captured when it is pressed."""
        ...

    def write(self, act: Callable[[], object], done: str, /) -> object:
        """Do a blocking act off the loop and say how it went."""
        ...

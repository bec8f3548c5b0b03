"""What the cockpit's key handlers and lines know of its screen: no more than they use."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from screens.shared.context import CockpitHost, KeyHandlerContext

if TYPE_CHECKING:
    from cockpit.session import Session
    from screens.shared.due import DueClock
    from screens.shared.view import View


class CockpitContext(KeyHandlerContext, Protocol):
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
    @property
    def roomy(self) -> bool: ...

    def name_key(self, id: str, /) -> str:
        """A key as it is bound now, by its name in the table."""
        ...

    def draw(self, *names: str) -> None:
        """The rows of the named panes, from the newest Readings."""
        ...

    def under_cursor(self, pane: int, /) -> object | None:
        """The object, not the row: what a key acts on is captured when it is pressed."""
        ...

    def write(self, act: Callable[[], object], done: str, /) -> object:
        """Do a blocking act off the loop and say how it went."""
        ...

"""What screens know of the app, its messages to them, and what their key handlers know of the screen: no more."""

from collections.abc import Callable, Coroutine, Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING, Any, Literal, Protocol

from textual.app import App
from textual.message import Message

if TYPE_CHECKING:
    from pathlib import Path

    from cockpit.model.event import Event
    from cockpit.model.reading import Reading
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


# What the app tells its screens.


class Attached(Message, bubble=False):
    """The session is there: the configuration was read, the feeds are about to run."""


class ReadingChanged(Message, bubble=False):
    """A feed answered, or failed to."""

    def __init__(self, reading: "Reading[Any]") -> None:
        super().__init__()
        self.reading = reading

    @property
    def pane(self) -> str:
        """The pane that shows the feed: `alerts:prom-1` belongs to `alerts`."""
        from screens.shared.view import pane_of  # not needed before the first answer

        return pane_of(self.reading.feed)


class EventsAppended(Message, bubble=False):
    """The timeline grew, by us or by another process. `fault` is what broke by these events, in a few words, or ""."""

    def __init__(self, events: "Sequence[Event]", fault: str = "") -> None:
        super().__init__()
        self.events = tuple(events)
        self.fault = fault


def describe_new_fault(events: "Sequence[Event]", zone: tzinfo) -> str:
    """The newest fault, and how many more: `12:07:03 ready down, and 2 more`; "" where nothing did."""
    from cockpit.incident.signals import says_bad  # not needed before the first event

    bad = [event for event in events if says_bad(event.kind, event.detail)]
    if not bad:
        return ""
    more = f", and {len(bad) - 1} more" if len(bad) > 1 else ""
    return f"{bad[-1].occurred.astimezone(zone):%H:%M:%S} {bad[-1].summary}{more}"


class DraftWritten(Message):
    """A post-mortem draft was written; whoever leaves reads once more where it lies."""

    def __init__(self, path: "Path") -> None:
        super().__init__()
        self.path = path

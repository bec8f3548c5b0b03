"""The log of one revision, live: which revision, from where, following or paused, filtered."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from datetime import tzinfo
from typing import ClassVar, TypeVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.message import Message
from textual.widgets import Footer, Input

from cockpit.model.actions import LOG
from cockpit.model.reading import LogLine
from cockpit.model.revision import Revision
from cockpit.model.time import Time
from screens.dialogs.dialog import show_hint
from screens.shared.errors import explain
from screens.shared.keyed_screen import LINES, KeyedScreen, KeyGroups
from screens.shared.leaving import leave_screen
from widgets.bindings import make_bindings
from widgets.cell import Piece
from widgets.line import Lines
from widgets.log import KEPT, LogView, summarize_log

# Lines that come one by one, told in batches: a screen is repainted ten times a second at most.

T = TypeVar("T")


async def batch_items(items: AsyncIterator[T], *, every: float, longest: int, time: Time) -> AsyncIterator[list[T]]:
    """What came since the last batch, at most one batch in `every` seconds, the newest `longest` items of it.

    Ends when `items` ends, and raises what it raised. The first item waits for nothing.
    """
    waiting: deque[T] = deque(maxlen=longest)
    arrived = asyncio.Event()

    async def read() -> None:
        try:
            async for item in items:
                waiting.append(item)
                arrived.set()
        finally:
            arrived.set()

    reading = asyncio.create_task(read())
    try:
        while not reading.done() or waiting:
            await arrived.wait()
            arrived.clear()
            if waiting:
                batch = list(waiting)
                waiting.clear()
                yield batch
                await time.sleep(every)
            if reading.done():
                arrived.set()
        await reading
    finally:
        reading.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await reading


EVERY = 0.1  # seconds between two repaints at least
Open = Callable[[], AsyncIterator[LogLine]]


class LogsScreen(KeyedScreen):
    """`open` begins the stream of `revision`; it is asked again when the stream ended and `r` is pressed."""

    CSS_PATH = "logs.tcss"
    KEYS = LOG
    BINDINGS: ClassVar[list[BindingType]] = make_bindings(LOG)
    GROUPED: ClassVar[KeyGroups] = LINES

    class Arrived(Message):
        """Lines came."""

        def __init__(self, lines: Sequence[LogLine]) -> None:
            super().__init__()
            self.lines = tuple(lines)

    class Ended(Message):
        """The stream ended; `reason` in words, "" when it simply did."""

        def __init__(self, reason: str) -> None:
            super().__init__()
            self.reason = reason

    def __init__(self, revision: Revision, open: Open, *, zone: tzinfo, time: Time) -> None:
        super().__init__()
        self._revision = revision
        self._open = open
        self._zone = zone
        self._time = time
        self._ended: str | None = None

    def compose(self) -> ComposeResult:
        yield Lines(id="log-head")
        yield LogView(self._zone, self._time, id="log")
        filter = Input(
            placeholder=show_hint("words to look for; enter keeps them, esc shows all"), id="log-filter", compact=True
        )
        filter.display = filter.cursor_blink = False
        yield filter
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        self.view.focus()
        self._stream()
        self.call_after_refresh(self._tell)

    @property
    def view(self) -> LogView:
        return self.query_one("#log", LogView)

    # The stream

    @work(exclusive=True, exit_on_error=False)
    async def _stream(self) -> None:
        reason = ""
        try:
            async for batch in batch_items(self._open(), every=EVERY, longest=KEPT, time=self._time):
                self.post_message(self.Arrived(batch))
        except Exception as error:
            reason = explain(error, "a log could not be followed")
        self.post_message(self.Ended(reason))

    @on(Arrived)
    def _arrived(self, message: Arrived) -> None:
        self.view.add(message.lines)

    @on(Ended)
    def _end(self, message: Ended) -> None:
        self._ended = message.reason
        self._tell()

    @on(LogView.Moved)
    def _tell(self) -> None:
        """The line above the log."""
        view = self.view
        head: list[Piece] = [("logs of ", "muted"), (self._revision.name, "strong")]
        head += [(f" · {view.replicas} replicas" if view.replicas > 1 else "", "muted"), ("   ", "")]
        if self._ended is not None:
            head += [(f"✖ ended: {self._ended or 'the source closed the stream'} · r opens it again", "bad")]
        elif not view.total:
            head += [("◌ connecting, no line yet …", "warn")]
        else:
            head += summarize_log(view)
        self.query_one("#log-head", Lines).show(head)

    # Keys

    def action_back(self) -> None:
        if self.query_one(Input).display:
            self._close_filter("")
        else:
            leave_screen(self)

    def action_pause(self) -> None:
        self.view.pause() if self.view.following else self.view.action_follow()

    def action_follow(self) -> None:
        self.view.action_follow()

    def action_again(self) -> None:
        """A stream that still runs is left alone."""
        if self._ended is not None:
            self._ended = None
            self._stream()
            self._tell()

    def action_filter(self) -> None:
        filter = self.query_one(Input)
        filter.display = True
        filter.focus()

    @on(Input.Changed)
    def _narrow(self, message: Input.Changed) -> None:
        self.view.narrow(message.value)

    @on(Input.Submitted)
    def _keep_filter(self) -> None:
        self._close_filter(self.query_one(Input).value)

    def _close_filter(self, text: str) -> None:
        filter = self.query_one(Input)
        filter.value = text
        filter.display = bool(text)
        self.view.focus()

"""The log of one revision, live: which revision, from where, following or paused, filtered."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import ClassVar, TypeVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.message import Message
from textual.widgets import Input

from cockpit.model.key_bindings import LOG, KeyBinding, Need
from cockpit.model.reading import LogLine
from cockpit.model.revision import Revision
from cockpit.model.time import Time, WhenError, name_hour, parse_past_moment
from screens.dialogs.dialog import show_hint
from screens.shared.copying import save_lines
from screens.shared.errors import explain
from screens.shared.keyed_screen import ROWS, KeyedScreen, KeyGroups
from screens.shared.leaving import leave_screen
from widgets.cell import Piece, cut_text
from widgets.keys import KeyLine, make_bindings
from widgets.line import Lines
from widgets.log import KEPT, LogView, summarize_log

# Lines that come one by one, shown in batches: a screen is repainted ten times a second at most.

T = TypeVar("T")


def _miss_nothing(number: int) -> None: ...


async def batch_items(
    items: AsyncIterator[T],
    *,
    every: float,
    longest: int,
    time: Time,
    skip: Callable[[int], None] = _miss_nothing,
) -> AsyncIterator[list[T]]:
    """What came since the last batch, at most one batch in `every` seconds, the newest `longest` items of it; `skip`
    hears how many more there were.

    Ends when `items` ends, and raises what it raised. The first item waits for nothing.
    """
    waiting: deque[T] = deque(maxlen=longest)
    arrived = asyncio.Event()
    skipped = 0

    async def read() -> None:
        nonlocal skipped
        try:
            async for item in items:
                skipped += len(waiting) == longest
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
                skip(skipped)
                skipped = 0
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
MOST_RECORDED = 40  # lines of one entry; more belong into a file


@dataclass(frozen=True, slots=True)
class LogSurroundings:
    """What the log screen can reach: other revisions, the record, a folder. Each may be missing.

    `record` writes one entry, of a text and whose log it is; `unrecorded` says why there is none. `preserve` opens the
    procedure of the plan.
    """

    others: Sequence[tuple[Revision, Open]] = ()
    record: Callable[[str, str], object] | None = None
    unrecorded: str = "There is no incident to record it in. Declare one first."
    preserve: Callable[[], None] | None = None
    folder: Path | None = None


ALONE = LogSurroundings()


class LogsScreen(KeyedScreen):
    """`open` begins the stream of `revision`; it is asked again when the stream ended and `r` is pressed."""

    CSS_PATH = "logs.tcss"
    KEYS = LOG
    BINDINGS: ClassVar[list[BindingType]] = make_bindings(LOG)
    GROUPED: ClassVar[KeyGroups] = ROWS

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

    def __init__(
        self, revision: Revision, open: Open, *, zone: tzinfo, time: Time, around: LogSurroundings = ALONE
    ) -> None:
        super().__init__()
        self._around = around
        self._asks_time = False  # the field takes a time, else words
        self._revision = revision
        self._open = open
        self._zone = zone
        self._time = time
        self._ended: str | None = None

    def compose(self) -> ComposeResult:
        yield Lines(id="log-head")
        yield LogView(self._zone, self._time, id="log")
        filter = Input(placeholder=show_hint(LOOKED_FOR), id="log-filter", compact=True)
        filter.display = filter.cursor_blink = False
        yield filter
        yield KeyLine(id="keys-line")

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
            lines = batch_items(self._open(), every=EVERY, longest=KEPT, time=self._time, skip=self.view.count_dropped)
            async for batch in lines:
                self.post_message(self.Arrived(batch))
        except Exception as error:
            reason = explain(error, "a log could not be followed")
        self.post_message(self.Ended(reason))

    @on(Arrived)
    def _arrived(self, message: Arrived) -> None:
        self.view.add(message.lines)
        self._tell()  # at once, as after a key: a message later the line would be drawn a frame later

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
            head += [*summarize_log(view), (f" · times in {self._time.now().astimezone(self._zone):%Z}", "muted")]
        self.query_one("#log-head", Lines).show(head)
        self.show_keys(self.keys_by_id())

    # Keys

    def find_reason(self, binding: KeyBinding) -> str:
        if binding.name == "record" and self._around.record is None:
            return self._around.unrecorded
        if Need.SNAPSHOT in binding.needs and self._around.preserve is None:
            return "The plan names no procedure that preserves evidence: `snapshot` in cockpit.toml does."
        return ""

    def action_back(self) -> None:
        if self.query_one(Input).display:
            self._close_filter(self.view.words.text if self._asks_time else "")
        else:
            leave_screen(self)

    def action_pause(self) -> None:
        if self._has_lines():
            self.view.pause() if self.view.following else self.view.action_follow()
            self._tell()

    def action_follow(self) -> None:
        if not self._has_lines():
            return
        if self.view.following:
            self.notify("The newest lines are followed already.", markup=False)
        self.view.action_follow()

    def _has_lines(self) -> bool:
        """Whether there is a line to do something with; it says so where there is none."""
        if not self.view.total:
            self.notify("No line has come yet.", severity="warning", markup=False)
        return bool(self.view.total)

    def action_again(self) -> None:
        """A stream that still runs is left alone."""
        if self._ended is None:
            self.notify("The log is still open: there is nothing to open again.", markup=False)
        else:
            self._ended = None
            self._stream()
            self._tell()

    def action_turn(self, by: int) -> None:
        """The log of another revision, in place of this one."""
        others = self._around.others
        if len(others) < 2:
            self.notify("There is no other revision.", severity="warning", markup=False)
            return
        names = [(revision.app, revision.name) for revision, _ in others]
        here = (self._revision.app, self._revision.name)
        number = (names.index(here) + by) % len(names) if here in names else 0
        revision, open = others[number]
        self.app.switch_screen(LogsScreen(revision, open, zone=self._zone, time=self._time, around=self._around))

    def action_error(self, by: int) -> None:
        if not self.view.choose_error(by):
            where = "below" if by > 0 else "above"
            self.notify(f"No line with an error {where}.", markup=False)

    def action_extend(self, by: int) -> None:
        if self._has_lines():
            self.view.extend(by)

    def action_highlight(self) -> None:
        self.view.toggle_hiding()

    # Taking lines away

    def action_record(self) -> None:
        """The chosen lines as one entry of the timeline."""
        lines = self.view.chosen
        if not lines:
            self.notify("Choose lines first: ↑ ↓, with shift several.", severity="warning", markup=False)
        elif len(lines) > MOST_RECORDED:
            text = f"{len(lines)} lines are too many for one entry: at most {MOST_RECORDED}. `Save` writes a file."
            self.notify(text, severity="warning", markup=False)
        elif self._around.record is not None:
            counted = "1 line" if len(lines) == 1 else f"{len(lines)} lines"
            name = self._revision.name
            self._around.record("\n".join([f"Log of {name}, {counted}:", *lines]), name)

    def action_save(self) -> None:
        """The lines shown, beside the timeline."""
        folder = self._around.folder
        if folder is None:
            self.notify("There is no folder to save it in.", severity="warning", markup=False)
            return
        now = self._time.now().astimezone(self._zone)
        try:
            path = save_lines(folder / f"{self._revision.name}-{now:%Y%m%d-%H%M%S}.log", self.view.text)
        except OSError as error:
            self.notify(f"It could not be saved: {error.strerror or error}.", severity="error", markup=False)
        else:
            self.notify(f"Saved: {path}", markup=False)

    def action_preserve(self) -> None:
        if self._around.preserve is not None:
            self._around.preserve()

    # The field: words, or a time

    def action_filter(self) -> None:
        self._open_field(LOOKED_FOR, asks_time=False)

    def action_time(self) -> None:
        self._open_field("a time: 14:05, 14:05:30, 10m ago; enter goes there, esc leaves", asks_time=True)

    def _open_field(self, hint: str, *, asks_time: bool) -> None:
        field = self.query_one(Input)
        if asks_time != self._asks_time:
            self._asks_time, field.value = asks_time, ""
        field.placeholder = show_hint(cut_text(hint, max(20, self.size.width - 5), middle=False))
        field.display = True
        field.focus()

    @on(Input.Changed)
    def _narrow(self, message: Input.Changed) -> None:
        if not self._asks_time:
            self.view.narrow(message.value)

    @on(Input.Submitted)
    def _keep_filter(self) -> None:
        field = self.query_one(Input)
        if not self._asks_time:
            self._close_filter(field.value)
            return
        try:
            moment = parse_past_moment(field.value.strip(), self._time.now(), self._zone)
        except WhenError as error:
            self.notify(str(error), severity="warning", markup=False)
            return
        self._close_filter(self.view.words.text)  # it goes to a line of those that are shown
        if which := name_hour(moment):
            self.notify(f"{which}.", markup=False)
        if not self.view.choose_time(moment):
            self.notify("No line is that new.", severity="warning", markup=False)

    def _close_filter(self, text: str) -> None:
        field = self.query_one(Input)
        field.value = text
        field.display = bool(text)
        self._asks_time = False
        self.view.focus()


LOOKED_FOR = "words; -word leaves out, /a.b/ is a pattern; enter keeps, esc shows all"

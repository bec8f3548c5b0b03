"""CockpitApp paints first, then attaches to the system, then hands every Reading and event to its screens."""

import asyncio
import gc
import importlib
import logging
import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, ClassVar

from rich.segment import Segments
from rich.text import Text
from textual import events, work
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual._styles_cache import StylesCache
from textual.app import SystemCommand
from textual.binding import BindingType
from textual.color import Color
from textual.screen import Screen
from textual.style import Style
from textual.widget import Widget
from textual.widgets import Static

import themes
from cockpit.model.key_bindings import APP
from cockpit.turns import KEYS, TURN, measure_turn
from screens.shared.cell_diff import CellUpdate, TerminalCells
from screens.shared.context import Attached, DraftWritten, EventsAppended, ReadingChanged, describe_new_fault
from screens.shared.driver import TerminalDriver
from screens.shared.frames import pace_frames
from screens.shared.key_order import KeyOrder
from screens.shared.keyed_screen import KeyedScreen
from screens.shared.leaving import list_screens_in_sight
from screens.shared.themed_app import ThemedApp
from widgets.keys import make_bindings
from widgets.line import ascii_only

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import RenderableType

    from cockpit.model.event import Event
    from cockpit.model.reading import Reading
    from cockpit.model.system import System
    from cockpit.session import Session
    from screens.shared.bell import Bell

log = logging.getLogger(__name__)
Attach = Callable[[], Awaitable["Session"]]
KEPT = 500  # events of the environment in front, for the timeline pane
REFUSED = 2  # exit code when there is nothing to show
TOLD_FOR = 60.0  # seconds that a notice stands which nobody may miss
CONTENTS = {"cockpit": "screens.main.content", "wall": "widgets.wall"}
"""What each of the two screens needs once there is a session: imported in a thread, behind its first frame."""
AT_ONCE = 50  # events that are taken at the moment they come; of more, keys get their turn between
WARM_UP = 1.5  # seconds after the first answer in which it is drawn, on the slowest machine
GARBAGE = (10_000, 100, 10)
"""When garbage is looked for: a poll of thousands of alerts makes and drops tens of thousands of objects, none of them
in circles. A look at so many new ones takes some 5 ms, and a key waits for it; at 100,000 of them it was 40. After ten
such looks, as is Python's way, a longer one goes through what has stayed since the last (50 ms with 5,000 alerts on the
screen): here that comes after a hundred."""
OFTEN_OPENED = (
    "screens.main.key_handlers",
    *("screens.dialogs.declare", "screens.dialogs.note", "screens.dialogs.status", "screens.dialogs.details"),
    *("screens.incident.screen", "screens.messages.screen", "screens.main.runbook_handlers", "screens.shared.help"),
)
ENDING = (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM)
"""Each ends the app with the terminal restored, and the exit code of its signal."""
FROM_KEYS = (signal.SIGINT, signal.SIGQUIT)
"""These do, too; but while a command has the terminal their keys are meant for it."""


@dataclass(frozen=True, slots=True)
class EventNews:
    """`events` that came, those of the environment in front, what broke by them, and the newest events with them."""

    events: "Sequence[Event]"
    here_events: "Sequence[Event]"
    fault: str
    history: "Sequence[Event]"


def gather_news(
    history: "Sequence[Event]", events: "Sequence[Event]", here: str, pins: frozenset[int], zone: tzinfo
) -> EventNews:
    """Pure, so that a thread can do it: of thousands it takes as long as some keys. `pins` are the ids of events that
    are never folded into a storm."""
    from cockpit.model.event import forget_redacted, keep_newest  # the first frame has no events

    here_events = [event for event in events if event.environment == here]
    newest = history[-1].id if history else 0
    grown = [*history, *(event for event in events if event.id > newest and event.environment in (here, ""))]
    kept = keep_newest(forget_redacted(grown, events), KEPT, pins)
    return EventNews(events, here_events, describe_new_fault(here_events, zone), kept)


@lru_cache(maxsize=1_024)
def _derive_background_styles(base: Color, background: Color) -> tuple[Style, Style]:
    return Style(background=base + background), Style(background=base)


def release_closed_widgets() -> None:
    """Let go of the lines that a widget has drawn once it is closed.

    Textual 8.2 remembers these two styles for the newest 1,024 widgets by the widget's whole cache (an `lru_cache` on
    a method), and so keeps every line that each of them ever drew, long after its screen is closed. What is
    remembered depends on the colours alone.
    """
    StylesCache.get_inner_outer = lambda cache, base, background: _derive_background_styles(base, background)  # type: ignore[method-assign,assignment]


def _make_cockpit_screen() -> Screen[None]:
    from screens.main.screen import CockpitScreen

    return CockpitScreen()


def _make_wall_screen() -> Screen[None]:
    from screens.wall import WallScreen

    return WallScreen()


class CockpitApp(ThemedApp):
    """The terminal front end. After it ended, `farewell` is what to print, if anything.

    The first frame is the screen itself, without a session. Nothing else is imported at the top of this file, nor of
    that screen's: the core is loaded while the frame is on screen.
    """

    TITLE = "cockpit"
    MODES: ClassVar[dict[str, str | Callable[[], Screen[Any]]]] = {
        "cockpit": _make_cockpit_screen,
        "wall": _make_wall_screen,
    }
    NOTIFICATION_TIMEOUT = 4
    BINDINGS: ClassVar[list[BindingType]] = make_bindings(APP)

    def __init__(self, attach: Attach, *, wall: bool = False) -> None:
        self._mode = "wall" if wall else "cockpit"
        self.DEFAULT_MODE = self._mode  # type: ignore[misc]  # the mode of the first frame, for Textual's constructor
        super().__init__(driver_class=TerminalDriver, ansi_color=True if "NO_COLOR" in os.environ else None)
        self.session: Session | None = None
        self.zone: tzinfo = datetime.now().astimezone().tzinfo or UTC  # the machine's own
        self.bells: Bell
        self.farewell = ""
        self.drafts: list[Path] = []  # that were written here
        self.cells = TerminalCells()
        self._arrived: deque[Sequence[Event]] = deque()  # in the order of the timeline; the first is being taken
        release_closed_widgets()
        pace_frames()
        self._keys = KeyOrder(self, super().on_event)
        self._handlers: dict[int, Any] = {}  # of signals, as they were before us
        self._open_session = attach
        # NO_COLOR and terminals of 16 colours get the terminal's own colours, not an approximation of ours.
        self._few_colours = self.no_color or self.console.color_system in (None, "standard")
        self.theme = themes.NAMES["ansi"] if self._few_colours else themes.DEFAULT

    def get_loading_widget(self) -> Widget:
        """Textual's own animation costs 100 KB/s on a remote line."""
        return Static("…", classes="loading")

    def on_load(self) -> None:
        # From Python 3.12 on Textual lets tasks begin at once, in the middle of what starts them: the first screen's
        # widgets would mount before it is on the stack, and fail. Here they begin in their turn on every version.
        asyncio.get_running_loop().set_task_factory(None)

    def on_mount(self) -> None:
        # Python's 0.005 is too long: a key passes from the thread that reads the terminal to the loop and to the one
        # that writes, and waits that long at each of them while other threads write the timeline and read it.
        sys.setswitchinterval(TURN)
        self.set_class(ascii_only(), "-ascii")
        loop = asyncio.get_running_loop()
        for number in ENDING:
            # Without a handler the terminal is left in raw mode; with SIGHUP ignored the process would spin for ever.
            loop.add_signal_handler(number, self.exit, None, 128 + number)
        for number in FROM_KEYS:
            end = partial(loop.call_soon_threadsafe, self.exit, None, 128 + number)
            self._handlers[number] = signal.signal(number, lambda *_, end=end: end())
        self.call_after_refresh(self._start)

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            await self._keys.take(event)
        else:
            await super().on_event(event)

    def _display(self, screen: Screen[Any], renderable: "RenderableType | None") -> None:
        """Textual writes whole pieces of lines; on a slow line each cell counts."""
        if isinstance(renderable, LayoutUpdate | ChopsUpdate):
            super()._display(screen, CellUpdate(self.cells, renderable, self.size))
        else:
            super()._display(screen, renderable)

    def on_resize(self) -> None:
        self.cells.forget()

    # The session

    @work(exit_on_error=False)
    async def _start(self) -> None:
        """Attach, and tell the screen. What cannot be attached to ends the app with words."""
        try:
            session = await self._open_session()
            from screens.shared.bell import Bell

            self.session, self.bells = session, Bell()
            self._configure(session.system)
            self._subscribe(session)
            self.run_worker(session.run(), name="session", exit_on_error=True)  # asks while the screen is loaded
            await asyncio.to_thread(importlib.import_module, CONTENTS[self._mode])
            self.screen.post_message(Attached())
            self._tell_left_files(session)
            await session.watch.wait_for_first_reading()
            self.set_timer(WARM_UP, self._load_screens)
        except Exception as error:
            from cockpit.model.text import clean_text

            log.warning("could not attach", exc_info=True)
            self.farewell = clean_text(getattr(error, "message", "") or str(error) or type(error).__name__, 10_000)
            self.exit(return_code=REFUSED)

    def _tell_left_files(self, session: "Session") -> None:
        """Facts that lie beside the record, where nobody sees them."""
        if session.left_files:
            self.notify("\n".join(session.left_files), severity="warning", markup=False, timeout=TOLD_FOR)

    @work(thread=True, exit_on_error=False)
    def _load_screens(self) -> None:
        """What most nights need is there before its key is pressed; the rest is loaded by its key."""
        from cockpit.garbage import freeze_once

        try:
            for module in OFTEN_OPENED:
                importlib.import_module(module)
        finally:
            freeze_once()
            gc.set_threshold(*GARBAGE)
            gc.enable()

    def _subscribe(self, session: "Session") -> None:
        """From now on every Reading and event of the session comes here."""

        def deliver(events: "list[Event]") -> None:
            self.post_message(EventsAppended(events))  # from the timeline's thread to ours

        session.watch.listen(self._reading)
        session.timeline.follow(deliver, after=session.since)

    def _configure(self, system: "System") -> None:
        from screens.shared.preferences import read_preferences

        expected = read_preferences(system)
        self.set_keymap(expected.keymap)
        self.zone = expected.zone
        self.bells.muted = not system.bell
        if expected.theme and not self._few_colours:
            self.theme = expected.theme

    def _reading(self, reading: "Reading[Any]") -> None:
        for screen in list_screens_in_sight(self):
            screen.post_message(ReadingChanged(reading))  # one that comes to the front later looks for itself
        if self.session and self.bells.rings(self.session.watch, reading):
            self.bell()

    def on_events_appended(self, message: EventsAppended) -> None:
        assert self.session is not None
        self._arrived.append(message.events)
        if len(self._arrived) > 1:
            return  # whoever takes those before it goes on with these
        if len(message.events) > AT_ONCE:
            self._take_events_in_turns()
            return
        for event in message.events:
            self.session.ledger.apply(event)
        self._tell_news(self.session, self._prepare_news(self.session, message.events)())
        self._arrived.popleft()

    @work
    async def _take_events_in_turns(self) -> None:
        """A storm writes thousands of events at once: whoever presses a key does not wait for them."""
        assert self.session is not None
        loop = asyncio.get_running_loop()
        while self._arrived:
            events = self._arrived[0]
            turn_ends = loop.time() + TURN
            for event in events:
                self.session.ledger.apply(event)
                if (now := loop.time()) >= turn_ends:
                    rest = KEYS.find_rest(now, TURN)
                    await asyncio.sleep(rest)
                    turn_ends = loop.time() + measure_turn(rest)
            self._tell_news(self.session, await asyncio.to_thread(self._prepare_news(self.session, events)))
            self._arrived.popleft()
        if not self.session.read_only:
            await asyncio.to_thread(self._keep_acts_ready, self.session)

    @staticmethod
    def _keep_acts_ready(session: "Session") -> None:
        """Blocking. What cannot be read now is told to whoever acts."""
        from cockpit.model.event import RecordError

        with suppress(RecordError):
            session.incident_actions.keep_up()

    def _prepare_news(self, session: "Session", events: "Sequence[Event]") -> "Callable[[], EventNews]":
        """What gathers the news of events that the ledger has taken. In a thread it may run: nothing that changes
        meanwhile is read there."""
        here = session.environment.name
        pins = frozenset[int]().union(*(incident.pins for incident in session.ledger.open(here)))
        return partial(gather_news, tuple(session.history), events, here, pins, self.zone)

    def _tell_news(self, session: "Session", news: "EventNews") -> None:
        """To all that go by events."""
        events, here_events, fault = news.events, news.here_events, news.fault
        if session.recorder is not None:
            session.recorder.learn(here_events)
        session.history[:] = news.history
        for event in here_events:
            if event.kind == "webhook" and event.detail.get("outcome") in ("failed", "unknown"):
                self.notify(f"{event.summary}.", severity="warning", markup=False)
        for screen in list_screens_in_sight(self):
            screen.post_message(EventsAppended(events, fault))
        if fault and isinstance(self.screen, KeyedScreen) and not self.screen.WATCHES:
            self.notify(f"{fault}.", severity="warning", markup=False)

    def on_draft_written(self, message: DraftWritten) -> None:
        self.drafts.append(message.path)

    def on_notify(self) -> None:
        """One notice at a time: an older one may have stopped being true."""
        self.clear_notifications()

    def clear_notifications(self) -> None:
        """Textual takes away the words and leaves an empty row for each, which would push the next notice down."""
        super().clear_notifications()
        for screen in self.screen_stack:
            screen.query("ToastHolder").remove()

    async def on_unmount(self) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        if self.session is not None:
            await asyncio.to_thread(self.session.close)

    @contextmanager
    def suspend(self) -> Iterator[None]:
        """Another program has the terminal meanwhile. It may end by itself while somebody types to it."""
        with super().suspend():
            yield
        self._keys.begin_pause()

    def hand_over(self, command: Sequence[str]) -> int:
        """Run a command in the suspended app's terminal and wait for it; its exit code. Raises OSError."""
        return subprocess.call(list(command))

    def action_command_palette(self) -> None:
        from screens.main.palette import SettledPalette

        if self.screen.id != "--command-palette":
            self.push_screen(SettledPalette(id="--command-palette"))

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        from screens.main.palette import list_commands

        yield from list_commands(self, screen)

    def _fatal_error(self) -> None:
        """Textual prints the local variables of every frame, bearer tokens among them; this prints none, and of what
        the error itself says no secret."""
        from traceback import format_exc

        from cockpit.model.text import clean_text

        self.bell()
        self._exit_renderables.append(
            Segments(self.console.render(Text(clean_text(format_exc())), self.console.options))
        )
        self._close_messages_no_wait()

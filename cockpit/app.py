"""CockpitApp paints first, then attaches to the system, then hands every Reading and event to its screens."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Any, ClassVar

from rich.segment import Segments
from rich.traceback import Traceback
from textual import work
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

import themes
from cockpit.model.clean import clean_line
from cockpit.model.event import Event
from cockpit.model.reading import Reading
from screens.cockpit import CockpitScreen
from screens.commands import commands
from screens.keymap import KeysError, check
from screens.messages import Attached, EventsAppended, ReadingChanged
from screens.view import view
from widgets.table import KeyedTable
from widgets.tone import ascii_only

if TYPE_CHECKING:
    from cockpit.wiring import Session

Attach = Callable[[], Awaitable["Session"]]
REFUSED = 2  # exit code when there is nothing to show


def zone(name: str) -> tzinfo:
    """The zone by its IANA name; "" is the machine's own, which follows daylight saving while we run."""
    if name:
        from zoneinfo import ZoneInfo

        return ZoneInfo(name)
    from dateutil.tz import tzlocal

    return tzlocal()


def wall_screen() -> Screen[None]:
    from screens.wall import WallScreen

    return WallScreen()


class CockpitApp(App[None]):
    """The terminal front end. After it ended, `farewell` is the sentence to print, if any."""

    TITLE = "cockpit"
    CSS = themes.css()
    MODES: ClassVar[dict[str, str | Callable[[], Screen[Any]]]] = {"cockpit": CockpitScreen, "wall": wall_screen}
    DEFAULT_MODE = "cockpit"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", "Quit", id="quit", priority=True, tooltip="Leave; the timeline is on the disk"),
        Binding("colon", "command_palette", "Palette", id="palette", show=False, tooltip="Every command by name"),
    ]

    def __init__(self, attach: Attach, *, wall: bool = False) -> None:
        if wall:
            self.DEFAULT_MODE = "wall"  # type: ignore[misc]  # read once, by App.__init__
        super().__init__(ansi_color=True if "NO_COLOR" in os.environ else None)
        self.session: Session | None = None
        self.zone: tzinfo = datetime.now().astimezone().tzinfo or UTC  # the machine's own
        self.muted = False
        self.farewell = ""
        self._open_session = attach
        self._rung: frozenset[str] = frozenset()
        for theme in themes.OURS:
            self.register_theme(theme)
        self.theme = themes.NAMES["ansi"] if self._few_colours() else themes.DEFAULT

    def _few_colours(self) -> bool:
        """NO_COLOR and terminals of 16 colours get their own colours, not an approximation of ours."""
        return self.no_color or self.console.color_system in (None, "standard")

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return themes.FALLBACK

    def get_loading_widget(self) -> Widget:
        """Textual's own animation costs 100 KB/s on a remote line."""
        return Static("…", classes="loading")

    def on_mount(self) -> None:
        self.set_class(ascii_only(), "-ascii")
        loop = asyncio.get_running_loop()
        for each in (signal.SIGTERM, signal.SIGHUP):
            # Without a handler the terminal is left in raw mode; with SIGHUP ignored the process would spin for ever.
            loop.add_signal_handler(each, self.exit, None, 128 + each)
        self.call_after_refresh(self._start)

    # The session

    @work(exit_on_error=False)
    async def _start(self) -> None:
        """Attach, and tell the screens. What cannot be attached to ends the app with one sentence."""
        try:
            session = await self._open_session()
            self._configure(session)
        except Exception as error:
            self.log.error(error)
            self.farewell = clean_line(getattr(error, "message", "") or error or type(error).__name__, 1_000)
            self.exit(return_code=REFUSED)
            return
        self.session = session
        session.watch.listen(self._reading)
        newest = max((each.id for each in session.history), default=0)
        session.timeline.follow(self._events, after=max(session.ledger.last, newest))
        self._tell(Attached)
        self.run_worker(session.run(), name="session", exit_on_error=True)

    def _configure(self, session: "Session") -> None:
        """Theme, keys and time zone as configured. Raises KeysError or ValueError with one sentence."""
        system = session.system
        self.zone = zone(system.time_zone)
        bindings = [each for where in (CockpitApp, CockpitScreen, KeyedTable) for each in where.BINDINGS]
        self.set_keymap(check((each for each in bindings if isinstance(each, Binding)), system.keys))
        if system.theme and not self._few_colours():
            theme = themes.resolve(system.theme)
            if theme is None:
                raise KeysError(f"theme: there is no theme `{system.theme}`; choose one of {', '.join(themes.NAMES)}.")
            self.theme = theme
        self.muted = not system.bell

    def _reading(self, reading: Reading[Any]) -> None:
        self._tell(ReadingChanged, reading)
        assert self.session is not None
        critical = view(self.session.watch, reading.environment).critical
        if critical - self._rung and not self.muted:
            self.bell()
        self._rung = critical

    def _events(self, events: Sequence[Event]) -> None:
        """On the timeline's own thread."""
        self.post_message(EventsAppended(events))

    def on_events_appended(self, message: EventsAppended) -> None:
        assert self.session is not None
        for event in message.events:
            self.session.ledger.apply(event)
        self._tell(EventsAppended, message.events)

    def _tell(self, message: type[Message], *facts: object) -> None:
        for screen in self.screen_stack:
            screen.post_message(message(*facts))

    async def on_unmount(self) -> None:
        if self.session is not None:
            await asyncio.to_thread(self.session.close)

    # Commands, and the end

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        yield from commands(self, screen)

    def _fatal_error(self) -> None:
        """Textual prints the local variables of every frame, bearer tokens among them; this prints none."""
        self.bell()
        traceback = Traceback(show_locals=False, width=None)
        self._exit_renderables.append(Segments(self.console.render(traceback, self.console.options)))
        self._close_messages_no_wait()

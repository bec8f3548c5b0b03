"""CockpitApp paints first, then attaches to the system, then hands every Reading and event to its screens."""

import asyncio
import logging
import os
import signal
import subprocess
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Any, ClassVar

from rich.segment import Segments
from rich.traceback import Traceback
from textual import work
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

import themes
from cockpit.model.clean import clean_line
from cockpit.model.event import Event
from cockpit.model.reading import Reading
from cockpit.model.system import System
from screens.bell import Bell
from screens.cockpit import CockpitScreen
from screens.commands import commands
from screens.messages import Attached, EventsAppended, ReadingChanged
from screens.opening import wall_screen
from widgets.table import KeyedTable
from widgets.tone import ascii_only

if TYPE_CHECKING:
    from cockpit.wiring import Session

log = logging.getLogger(__name__)
Attach = Callable[[], Awaitable["Session"]]
KEPT = 500  # events of the environment in front, for the timeline pane
REFUSED = 2  # exit code when there is nothing to show


class CockpitApp(App[None]):
    """The terminal front end. After it ended, `farewell` is the sentence to print, if any."""

    TITLE = "cockpit"
    CSS = themes.css()
    MODES: ClassVar[dict[str, str | Callable[[], Screen[Any]]]] = {"cockpit": CockpitScreen, "wall": wall_screen}
    DEFAULT_MODE = "cockpit"
    NOTIFICATION_TIMEOUT = 4
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
        self.bells = Bell()
        self.farewell = ""
        self._open_session = attach
        for theme in themes.OURS:
            self.register_theme(theme)
        # NO_COLOR and terminals of 16 colours get the terminal's own colours, not an approximation of ours.
        self._few_colours = self.no_color or self.console.color_system in (None, "standard")
        self.theme = themes.NAMES["ansi"] if self._few_colours else themes.DEFAULT

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
            session = self.session = await self._open_session()
            self._configure(session.system)
        except Exception as error:
            log.warning("could not attach", exc_info=True)
            self.farewell = clean_line(getattr(error, "message", "") or str(error) or type(error).__name__, 1_000)
            self.exit(return_code=REFUSED)
            return
        session.watch.listen(self._reading)
        newest = max((each.id for each in session.history), default=0)

        def deliver(events: list[Event]) -> None:
            self.post_message(EventsAppended(events))  # from the timeline's thread to ours

        session.timeline.follow(deliver, after=max(session.ledger.last, newest))
        self.screen.post_message(Attached())
        self.run_worker(session.run(), name="session", exit_on_error=True)

    def _configure(self, system: System) -> None:
        from screens.preferences import preferences

        wanted = preferences(system, [*self.BINDINGS, *CockpitScreen.BINDINGS, *KeyedTable.BINDINGS])
        self.set_keymap(wanted.keymap)
        self.zone = wanted.zone
        self.bells.muted = not system.bell
        if wanted.theme and not self._few_colours:
            self.theme = wanted.theme

    def _reading(self, reading: Reading[Any]) -> None:
        self.screen.post_message(ReadingChanged(reading))  # one that comes to the front later looks for itself
        if self.session and self.bells.rings(self.session.watch, reading):
            self.bell()

    def on_events_appended(self, message: EventsAppended) -> None:
        assert self.session is not None
        for event in message.events:
            self.session.ledger.apply(event)
        here = self.session.environment.name
        self.session.history += [each for each in message.events if each.environment in (here, "")]
        del self.session.history[:-KEPT]
        self.screen.post_message(EventsAppended(message.events))

    async def on_unmount(self) -> None:
        if self.session is not None:
            await asyncio.to_thread(self.session.close)

    def hand_over(self, command: Sequence[str]) -> int:
        """Run a command in the suspended app's terminal and wait for it; its exit code. Raises OSError."""
        return subprocess.call(list(command))

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        yield from commands(self, screen)

    def _fatal_error(self) -> None:
        """Textual prints the local variables of every frame, bearer tokens among them; this prints none."""
        self.bell()
        traceback = Traceback(show_locals=False, width=None)
        self._exit_renderables.append(Segments(self.console.render(traceback, self.console.options)))
        self._close_messages_no_wait()

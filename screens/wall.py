"""The wall for a second monitor. It can only look: nothing that writes is in its reach, nothing takes a focus."""

from collections import deque
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, ClassVar, Protocol, cast

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType

from cockpit.model.key_bindings import WALL
from screens.shared.context import Attached, CockpitHost, EventsAppended
from screens.shared.keyed_screen import KeyedScreen
from screens.shared.leaving import leave_screen
from widgets.cell import Piece
from widgets.keys import make_bindings
from widgets.line import Lines

if TYPE_CHECKING:
    from cockpit.feeds.watch import Watch
    from cockpit.incident.ledger import Ledger
    from cockpit.model.event import Event
    from cockpit.model.plan import Plan
    from cockpit.model.system import Environment, System
    from cockpit.model.time import Time
    from widgets.wall import WallView

KEPT = 1_000  # events of an environment: a storm that is one line is hundreds of them
ROTATE = 15  # seconds an environment has the wall before the next one
STARTING: list[Piece] = [(" Reading the configuration …", "muted")]


class Readable(Protocol):
    """All that the wall knows of a timeline."""

    def events(self, *, environment: str | None = None, limit: int | None = None) -> "list[Event]": ...


class WallSession(Protocol):
    """All that the wall knows of a session: no incident actions, no runner, no way to write."""

    @property
    def system(self) -> "System": ...
    @property
    def environments(self) -> "Sequence[Environment]": ...
    @property
    def watch(self) -> "Watch": ...
    @property
    def ledger(self) -> "Ledger": ...
    @property
    def plan(self) -> "Plan": ...
    @property
    def timeline(self) -> Readable: ...
    @property
    def time(self) -> "Time": ...
    @property
    def unrecorded(self) -> Collection[str]: ...


class WallScreen(KeyedScreen):
    """One environment at a time, in turn. `session` is the app's, None while it starts."""

    CSS = "WallScreen Lines { height: 1fr; }"
    WATCHES = True
    KEYS = WALL
    BINDINGS: ClassVar[list[BindingType]] = make_bindings(WALL)

    def __init__(self) -> None:
        super().__init__()
        self._events: dict[str, deque[Event]] = {}
        self._lines: dict[str, list[Event]] = {}  # the same as they are shown: a storm is one of them

    @property
    def sight(self) -> WallSession | None:
        return cast("WallSession | None", cast("CockpitHost", self.app).session)

    def compose(self) -> ComposeResult:
        yield Lines()

    def on_mount(self) -> None:
        self.set_interval(1.0, self.tick)
        self._attached()

    @on(Attached)
    def _attached(self) -> None:
        if self.sight is not None:
            self._load_events(self.sight)
        self.call_after_refresh(self.tick)

    @work(thread=True, exit_on_error=False)
    def _load_events(self, sight: WallSession) -> None:
        for environment in sight.environments:
            self.post_message(EventsAppended(sight.timeline.events(environment=environment.name, limit=KEPT)))

    @on(EventsAppended)
    def _events_appended(self, message: EventsAppended) -> None:
        from cockpit.incident.change_dates import present_events
        from cockpit.model.event import forget_redacted, join_alert_events
        from widgets.wall import EVENTS

        for name, events in self._events.items():
            self._events[name] = deque(forget_redacted(events, message.events), maxlen=KEPT)
        for event in message.events:
            kept = self._events.setdefault(event.environment, deque(maxlen=KEPT))
            if not kept or event.id > kept[-1].id:
                kept.append(event)
        self._lines = {
            name: join_alert_events(present_events(events))[-EVENTS:] for name, events in self._events.items()
        }

    def on_resize(self) -> None:
        self.call_after_refresh(self.tick)

    def tick(self) -> None:
        """Once a second: look, and show the environment whose turn it is."""
        sight = self.sight
        if sight is None:
            self.query_one(Lines).show(STARTING)
            return
        from widgets.wall import Frame, paint_wall

        now, beat, views = sight.time.now(), int(sight.time.monotonic()), self._views(sight)
        zone = cast("CockpitHost", self.app).zone
        frame = Frame(self.size.width, self.size.height, now, zone, beat, sight.system.name)
        self.query_one(Lines).show(*paint_wall(views[beat // ROTATE % len(views)], frame, views))

    def _views(self, sight: WallSession) -> "list[WallView]":
        from screens.shared.due import list_running_clocks
        from widgets.wall import wall_state

        zone = cast("CockpitHost", self.app).zone
        return [
            wall_state(
                environment.name,
                sight.watch.readings(environment.name),
                sight.watch.freshness(environment.name),
                sight.ledger.open(environment.name),
                tuple(self._lines.get(environment.name, ())),
                production=environment.production,
                plan=sight.plan,
                unrecorded=environment.name in sight.unrecorded,
                frozen=sight.ledger.freeze(environment.name) is not None,
                clock_step=sight.ledger.shown_clock_step(environment.name, sight.time.now()),
                clocks=lambda incident: list_running_clocks(sight, incident, sight.time.now(), zone),
            )
            for environment in sight.environments
        ]

    def action_back(self) -> None:
        """Back to where it was opened from; a wall that was opened alone ends."""
        if self.app.screen_stack[0] is self:
            self.app.exit()
        else:
            leave_screen(self)

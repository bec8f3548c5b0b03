"""What the main screen shows once there is a session: its panes, its lines, and what is due.

The first frame needs none of it: it is imported behind that frame, together with the core.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from cockpit.model.alert import AlertGroup
from screens.main import actions
from screens.main.actions import KeyPress
from screens.main.context import CockpitContext, Situation
from screens.main.panes import COLUMNS, ORDERS, FilledPanes, PaneScene, fill_pane, mark_panes
from screens.main.status_lines import Nudges, build_bar, notify_due_clocks, read_hint_input, read_situation
from screens.shared.due import DueClock, list_due_clocks
from screens.shared.view import View, build_view
from widgets.bar import render_bar
from widgets.cell import Piece
from widgets.hint import render_hint
from widgets.pane import Pane
from widgets.timeline import went_wrong

if TYPE_CHECKING:
    from cockpit.session import Session


class CockpitContent:
    """Belongs to one main screen and one session. The screen asks it; it draws nothing itself."""

    def __init__(self, screen: CockpitContext, session: "Session", panes: Sequence[Pane]) -> None:
        self.session = session
        self.view = View()
        self.asking: list[DueClock] = []
        self.objects: dict[str, Mapping[str, object]] = {}  # what each pane's rows stand for, by their ids
        self._screen, self._panes = screen, panes
        self._nudges = Nudges()
        self._unfolded: set[str] = set()  # groups of alerts that are shown one by one
        self._orders: dict[str, str] = {}  # how each pane is sorted, where it is another way than it opens
        for pane in panes:
            pane.table.columns = COLUMNS[pane.id or ""]

    @property
    def now(self) -> datetime:
        return self.session.time.now()

    @property
    def counts_seconds(self) -> bool:
        """Whether the bar tells how long an incident has been open, or what is due."""
        return bool(self.asking or self.session.ledger.open(self.session.environment.name))

    def look(self) -> None:
        """The newest Readings, and on each pane how fresh they are."""
        self.view = build_view(self.session.watch, self.session.environment.name)
        mark_panes(self._panes, self.session, self.view)

    def remind(self) -> None:
        """What is due now, and one notice for all that fell due since the last look."""
        app, now = self._screen.cockpit, self.now
        self.asking = list_due_clocks(self.session, now, app.zone)
        notify_due_clocks(app, self._nudges.fresh(self.asking, now), now)

    def fill(self, name: str, today: date, *, people_only: bool, filtered: bool = False) -> FilledPanes:
        """The rows of one pane, from the newest Readings."""
        zone = self._screen.cockpit.zone
        scene = PaneScene(
            self.view, self.asking, zone, today, self.now, people_only, self._unfolded, filtered, self._orders
        )
        filled = fill_pane(name, self.session, scene)
        self.objects[name] = filled.objects
        return filled

    def sort_differently(self, pane: str) -> str:
        """The next way to sort a pane; "" for one that stands in the order of time."""
        orders = ORDERS.get(pane, ())
        if not orders:
            return ""
        now = self._orders.get(pane, orders[0])
        self._orders[pane] = orders[(orders.index(now) + 1) % len(orders)]
        return self._orders[pane]

    def read_signature(self) -> tuple[object, ...]:
        """Equal as long as the bar, the hint and the keys would say the same, but for the ages in them.

        Latencies are left out: they change with every answer, and no line tells them.
        """
        session, now, view = self.session, self.now, self.view
        readings = session.watch.readings(session.environment.name)
        return (
            tuple((probe.name, probe.state, probe.reason, probe.since, probe.flapping) for probe in view.probes),
            tuple((reading.feed, reading.tried) for reading in readings if reading.feed != "probes"),
            tuple((pane, fresh.state) for pane, fresh in view.fresh.items()),
            tuple((due.incident.id, due.clock.id, due.clock.state(now)) for due in self.asking),
            session.history[-1].id if session.history else 0,
            session.recorder.status if session.recorder else "",
            session.identity(),
            view.problems,
            tuple((run.id, run.states) for run in session.runs.values() if run.ended is None),
            id(session.plan),
            self._screen.cockpit.bells.muted,
        )

    def read_situation(self) -> Situation:
        return read_situation(self._screen)

    def render_bar(self, width: int) -> list[list[Piece]]:
        app = self._screen.cockpit
        return render_bar(build_bar(app, self.session, self.view, self.asking), self.now, app.zone, width)

    def render_hint(self, working: Mapping[str, str], width: int) -> list[Piece]:
        """`working` names the key of each action that can be done now."""
        return render_hint(read_hint_input(self._screen, self.session), working, self.now, width)

    def find_errors(self, rows: Sequence[str]) -> list[int]:
        """Which of these rows of the timeline tell of something broken."""
        events = self.objects.get("timeline", {})
        return [index for index, row in enumerate(rows) if went_wrong(events.get(row))]

    # What keys do

    def bind_procedures(self) -> None:
        actions.bind_procedures(self._screen, self.session)

    @property
    def _press(self) -> KeyPress:
        return KeyPress(self._screen, self.session)

    def do(self, name: str) -> None:
        """Do what one of `OPENS` does, with what is under the cursors at this moment."""
        actions.OPENS[name](self._press)

    def open_object(self, value: object) -> None:
        """What a row is: its details, or where it is acted on. A group of alerts is unfolded, or folded again."""
        if isinstance(value, AlertGroup):
            self._unfolded ^= {value.key}
            return
        actions.open_details(self._press, value)

    def open_procedure(self, name: str) -> None:
        """The procedure that a key of the configuration names."""
        actions.open_procedure(self._press, name)

    def open_incident(self) -> None:
        actions.open_incident(self._press)

"""The incident as its commander needs it: what is due, who holds which role, which boxes are open, whom to call."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.events import DescendantFocus
from textual.screen import Screen

from cockpit.incident.clocks_urgent import urgent
from cockpit.model.clock import Clock
from cockpit.model.event import Event
from cockpit.model.incident import Incident
from cockpit.model.plan import Checklist, Role
from screens import people, timing
from screens.dialog import Place
from screens.due import running
from screens.form import Form
from screens.key_line import keys_of
from screens.messages import EventsAppended
from widgets import clocks as clock_rows
from widgets.cell import Piece
from widgets.command import CALLS, LISTS, ROLES, Call, call_rows, calls, list_rows, progress, role_rows
from widgets.keys import KeyLine
from widgets.line import Lines
from widgets.pane import Pane
from widgets.table import KeyedTable

if TYPE_CHECKING:
    from cockpit.wiring import Session

Asked = Form[Event] | None
SHOWN = ("task", "loop", "decide", "scenario", "aware", "snooze", "help", "back")
NAMES = ("Clocks", "Roles", "Checklists", "Call")


class IncidentScreen(Screen[None]):
    """Of one incident, captured when it was opened; it follows the timeline while it is in front.

    `boxes` opens a checklist by its id.
    """

    CSS_PATH = ["cockpit.tcss", "incident.tcss"]  # noqa: RUF012  # an instance variable of Screen
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012  # an instance variable of Screen
    VERTICAL_BREAKPOINTS = [(0, "-short"), (20, "-tall")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "t", "form('task')", "Task", id="incident.task", tooltip="A task with a time: look at X, back in 3 min"
        ),
        Binding("l", "form('loop')", "Undo later", id="incident.loop", tooltip="Something turned off for now"),
        Binding(
            "d", "form('decide')", "Decision", id="incident.decide", tooltip="Write down what was decided, and why"
        ),
        Binding(
            "y", "form('scenario')", "Scenario", id="incident.scenario", tooltip="What recovery is measured against"
        ),
        Binding("b", "form('aware')", "Breach", id="incident.aware", tooltip="Declare being aware of a data breach"),
        Binding("z", "form('snooze')", "Snooze", id="incident.snooze", tooltip="The clock under the cursor"),
        Binding("tab", "step(1)", "Next pane", id="incident.next", show=False, tooltip="Next pane"),
        Binding("shift+tab", "step(-1)", "Previous pane", id="incident.previous", show=False),
        Binding("1", "pane(0)", "Clocks", id="incident.1", show=False),
        Binding("2", "pane(1)", "Roles", id="incident.2", show=False),
        Binding("3", "pane(2)", "Checklists", id="incident.3", show=False),
        Binding("4", "pane(3)", "Call", id="incident.4", show=False),
        Binding("escape,q", "dismiss", "Back", id="incident.back", key_display="esc"),
    ]

    def __init__(
        self,
        session: "Session",
        place: Place,
        incident: str,
        *,
        pane: int = 0,
        boxes: Callable[[str], None] = lambda checklist: None,
    ) -> None:
        super().__init__()
        self._session = session
        self._place = place
        self._shown = incident
        self._begin = pane
        self._boxes = boxes
        self.panes = (
            Pane(1, NAMES[0], clock_rows.COLUMNS, classes="-current"),
            Pane(2, NAMES[1], ROLES),
            Pane(3, NAMES[2], LISTS),
            Pane(4, NAMES[3], CALLS),
        )
        self.objects: tuple[Mapping[str, object], ...] = ({}, {}, {}, {})

    @property
    def incident(self) -> Incident:
        return self._session.ledger.incidents[self._shown]

    def compose(self) -> ComposeResult:
        yield Lines(id="bar")
        yield Lines(id="strip")
        with Container(id="panes"):
            yield from self.panes
        yield Lines(id="hint")
        yield KeyLine(id="keys-line")

    def on_mount(self) -> None:
        self.panes[0].table.explain((("Nothing is due.", "muted"),))
        self.panes[1].table.explain((("The plan names no roles.", "muted"),))
        self.panes[2].table.explain(
            (("No checklist is known.", "muted"),), (("A list of - [ ] boxes is one.", "muted"),)
        )
        nobody = ("Nobody to call is known.", "A table of roles and contacts", "in a runbook names them.")
        self.panes[3].table.explain(*(((line, "muted"),) for line in nobody))
        self.action_pane(self._begin)
        self.set_interval(1.0, self.draw)
        self.draw()

    @on(EventsAppended)
    def draw(self) -> None:
        """All of it anew, from the incident as it is folded now."""
        session, now = self._session, self._session.time.now()
        incident, plan = self.incident, session.plan
        clocks = running(session, incident, now, self._place.zone)
        asks = urgent(clocks, now)
        shown = [*asks, *(each for each in clocks if each not in asks)]
        to_call = calls(incident, plan, clocks, now)
        self.objects = (
            {each.id: each for each in shown},
            {each.name: each for each in plan.roles},
            {each.id: each for each in plan.checklists},
            {each.id: each for each in to_call},
        )
        zone = self._place.zone
        counted: list[Piece] = [(f" {progress(incident, each)}", "muted") for each in plan.checklists if each.levels][
            :1
        ]
        self.panes[0].show(clock_rows.rows(shown, now, zone), clock_rows.counts(clocks, now), now)
        self.panes[1].show(role_rows(incident, plan, self._place.actor, zone), [], now)
        self.panes[2].show(list_rows(incident, plan), counted, now)
        self.panes[3].show(call_rows(to_call), [], now)
        self._draw_lines(asks)

    def _draw_lines(self, asks: list[Clock]) -> None:
        incident = self.incident
        story: list[Piece] = [
            (f" {incident.severity} ", "bad" if incident.open else "good"),
            (incident.title, "strong"),
        ]
        story += [("   ", ""), (incident.status.value.upper(), ""), (f"   {incident.id}", "muted")]
        self.query_one("#bar", Lines).show(story)
        strip: list[Piece] = []
        for pane in self.panes:
            strip += [(" │ " if strip else " ", "muted"), *pane.brief]
        self.query_one("#strip", Lines).show(strip)
        self.query_one("#hint", Lines).show(self._hint(asks))
        keys = keys_of(self)
        self.query_one(KeyLine).offer([keys[id] for each in SHOWN if (id := f"incident.{each}") in keys])

    def _hint(self, asks: list[Clock]) -> list[Piece]:
        now = self._session.time.now()
        does = (
            "done, later, or not applicable",
            "take, hand over, leave",
            "opens its boxes",
            "write down who was called",
        )
        told: list[Piece] = [(" ▸ ", "info"), ("enter", "key"), (f" {does[self.current]}", "")]
        if asks:
            told += [
                ("  ·  most urgent: ", "muted"),
                (asks[0].what, "strong"),
                (" ", ""),
                *clock_rows.brief(asks[0], now)[1:],
            ]
        return told

    # Keys

    @property
    def current(self) -> int:
        return next((at for at, pane in enumerate(self.panes) if pane.has_class("-current")), 0)

    def action_pane(self, at: int) -> None:
        self.panes[at].table.focus()

    def action_step(self, by: int) -> None:
        self.action_pane((self.current + by) % len(self.panes))

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        if isinstance(event.widget, KeyedTable):
            for pane in self.panes:
                pane.set_class(pane.table is event.widget, "-current")
        self.draw()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return None if action == "form" and self._session.read_only else True

    @on(KeyedTable.Selected)
    def _selected(self, message: KeyedTable.Selected) -> None:
        if self._session.read_only:
            self.notify("Read-only: nothing is recorded.", severity="warning", markup=False)
            return
        of = next(at for at, pane in enumerate(self.panes) if pane.table is message.table)
        chosen = self.objects[of].get(message.row)
        form: Asked = None
        place, time, desk, incident = self._place, self._session.time, self._session.desk, self.incident
        if isinstance(chosen, Clock):
            form = timing.clock(place, time, desk, incident, chosen)
        elif isinstance(chosen, Role):
            form = people.role(place, time, desk, incident, chosen.name, chosen.duty, self._open_things())
        elif isinstance(chosen, Call):
            form = people.called(place, time, desk, incident, chosen.who, chosen.tier, chosen.contacts)
        elif isinstance(chosen, Checklist):
            self._boxes(chosen.id)
        if form is not None:
            self.app.push_screen(form)

    def action_form(self, name: str) -> None:
        place, time, desk, incident = self._place, self._session.time, self._session.desk, self.incident
        plan = self._session.plan
        forms: dict[str, Callable[[], Asked]] = {
            "task": partial(timing.task, place, time, desk, incident),
            "loop": partial(timing.loop, place, time, desk, incident),
            "decide": partial(people.decision, place, time, desk, incident),
            "scenario": partial(timing.scenario, place, time, desk, incident, plan),
            "aware": partial(timing.aware, place, time, desk, incident, plan),
            "snooze": self._snooze,
        }
        form = forms[name]()
        if form is not None:
            self.app.push_screen(form)
        elif name == "scenario":
            told = "No recovery targets are known: a table with Scenario, RPO and RTO in a runbook gives them."
            self.notify(told, severity="warning", markup=False)

    def _snooze(self) -> Asked:
        chosen = self.objects[0].get(self.panes[0].table.cursor or "")
        if not isinstance(chosen, Clock):
            return None
        return timing.clock(self._place, self._session.time, self._session.desk, self.incident, chosen, later=True)

    def _open_things(self) -> list[str]:
        now = self._session.time.now()
        runs = [
            each.title
            for each in self._session.runner.runs.runs.values()
            if each.incident == self._shown and each.ended is None
        ]
        return people.open_things(running(self._session, self.incident, now, self._place.zone), runs, now)

"""The incident as its commander needs it: what is due, who holds which role, which boxes are open, whom to call."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.events import DescendantFocus

from cockpit.incident.actions.incident_actions import IncidentActions
from cockpit.incident.clocks.reminders import list_open_items, list_urgent_clocks
from cockpit.model.clock import Clock
from cockpit.model.incident import Incident
from cockpit.model.key_bindings import INCIDENT, KeyBinding, Need
from cockpit.model.plan import Checklist, Role
from cockpit.model.response import Freeze
from cockpit.model.time import Time
from screens.dialogs.dialog import Dialog, DialogContext
from screens.dialogs.note import Note
from screens.dialogs.status import OpenEndHandlers, StatusDialog
from screens.incident import clock_forms, people_forms
from screens.incident.people_forms import open_update_form
from screens.shared.context import EventsAppended
from screens.shared.due import find_on_call_clock, list_other_incidents, list_running_clocks
from screens.shared.keyed_screen import DUE, KeyedScreen, KeyGroups
from screens.shared.keyed_screen import ROWS as ROW_KEYS
from widgets import clocks as clock_rows
from widgets.bar import render_headline
from widgets.cell import Piece
from widgets.keys import KeyLine, make_bindings
from widgets.line import Lines
from widgets.pane import Pane, mark_current_pane
from widgets.responders import (
    CALLS,
    LISTS,
    ROLES,
    CallCandidate,
    call_rows,
    describe_reach,
    format_progress,
    list_call_candidates,
    list_rows,
    role_rows,
)
from widgets.table import KeyedTable

if TYPE_CHECKING:
    from cockpit.session import Session

Asked = Dialog[Any] | None
READ_ONLY = "Read-only: nothing is recorded. Start without --read-only to write."
NAMES = ("Deadlines", "Roles", "Checklists", "Call")


class IncidentScreen(KeyedScreen):
    """Of one incident, captured when it was opened; it follows the timeline while it is in front.

    `boxes` opens a checklist by its id; without it its boxes are ticked, and nothing of the cockpit is at hand there.
    """

    CSS_PATH = ["../main/screen.tcss", "screen.tcss"]  # noqa: RUF012  # an instance variable of Screen
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012  # an instance variable of Screen
    VERTICAL_BREAKPOINTS = [(0, "-short"), (20, "-tall")]  # noqa: RUF012
    KEYS = INCIDENT
    BINDINGS: ClassVar[list[BindingType]] = make_bindings(INCIDENT)
    SIGNS = DUE
    GROUPED: ClassVar[KeyGroups] = {
        ("pane_1", "pane_2", "pane_3", "pane_4"): "To a pane: deadlines, roles, checklists, whom to call",
        ("table.select",): "The row: answer a deadline, take a role, tick boxes, record a call",
        **ROW_KEYS,
    }

    def __init__(
        self,
        session: "Session",
        place: DialogContext,
        incident: str,
        *,
        pane: int = 0,
        boxes: Callable[[str], None] | None = None,
        ends: OpenEndHandlers | None = None,
    ) -> None:
        super().__init__()
        self._session = session
        self._place = place
        self._shown = incident
        self._begin = pane
        self._boxes = boxes or self._tick_boxes
        self._ends = ends
        self._asks: Sequence[Clock] = ()
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
        clocks = list_running_clocks(session, incident, now, self._place.zone)
        asks = list_urgent_clocks(clocks, now)
        visible = [*asks, *(clock for clock in clocks if clock not in asks)]
        to_call = list_call_candidates(incident, plan, clocks, now)
        self.objects = (
            {clock.id: clock for clock in visible},
            {role.name: role for role in plan.roles},
            {checklist.id: checklist for checklist in plan.checklists},
            {call_candidate.id: call_candidate for call_candidate in to_call},
        )
        zone = self._place.zone
        counted: list[Piece] = [
            (f" {format_progress(incident, checklist)}", "muted") for checklist in plan.checklists if checklist.levels
        ][:1]
        self.panes[0].show(clock_rows.build_clock_rows(visible, now, zone), clock_rows.count_clocks(clocks, now), now)
        self.panes[1].show(role_rows(incident, plan, self._place.actor, zone, now.astimezone(zone).date()), [], now)
        self.panes[2].show(list_rows(incident, plan), counted, now)
        self.panes[3].show(call_rows(to_call), [], now)
        self._asks = asks
        self._keep_focus()
        self._draw_lines()

    def on_descendant_blur(self) -> None:
        self.call_after_refresh(self._keep_focus)

    def _keep_focus(self) -> None:
        """Without it enter and the arrows do nothing: a pane that was not shown yet when it got the focus loses it."""
        if self.focused is None and self.is_current:
            self.panes[self.current].table.focus()

    @on(KeyedTable.Highlighted)
    def _draw_lines(self) -> None:
        place, now = self._place, self._session.time.now()
        wide = self.size.width or 80
        story = render_headline(self.incident, place.environment, place.production, now, place.zone, wide)
        self.query_one("#bar", Lines).show(story)
        strip: list[Piece] = []
        for pane in self.panes:
            strip += [(" │ " if strip else " ", "muted"), *pane.brief]
        self.query_one("#strip", Lines).show(strip)
        self.query_one("#hint", Lines).show(self._hint())
        self.show_keys(self.keys_by_id())

    def _hint(self) -> list[Piece]:
        """What enter does, and of the row under the cursor what its pane may have no room for."""
        does = (
            "answers it",
            "takes it, hands it over, leaves it",
            "opens its boxes",
            "records the call",
        )
        pairs: list[Piece] = [(" ▸ ", "info"), (self.name_key("table.select"), "key"), (f" {does[self.current]}", "")]
        chosen = self.objects[self.current].get(self.panes[self.current].table.cursor or "")
        if isinstance(chosen, Clock):
            facts = " · ".join(filter(None, [chosen.why, chosen.who, chosen.origin]))
            return [*pairs, ("  ·  ", "muted"), (facts, "muted")]
        if isinstance(chosen, CallCandidate):
            return [*pairs, ("  ·  ", "muted"), (chosen.who, "strong"), (f"  {describe_reach(chosen)}", "")]
        if self._asks:
            urgent = clock_rows.render_brief_clock(self._asks[0], self._session.time.now())[1:]
            pairs += [("  ·  most urgent: ", "muted"), (self._asks[0].what, "strong"), (" ", ""), *urgent]
        return pairs

    # Keys

    @property
    def current(self) -> int:
        return next((index for index, pane in enumerate(self.panes) if pane.has_class("-current")), 0)

    def action_pane(self, index: int) -> None:
        """Show it, then give it the focus: Textual takes the focus away again from what is not shown yet."""
        for pane in self.panes:
            pane.set_class(pane is self.panes[index], "-current")
        self.panes[index].table.focus()

    def action_step(self, by: int) -> None:
        self.action_pane((self.current + by) % len(self.panes))

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        mark_current_pane(self.panes, event.widget)
        self.draw()

    def find_reason(self, binding: KeyBinding) -> str:
        return READ_ONLY if Need.WRITING in binding.needs and self._session.read_only else ""

    @on(KeyedTable.Selected)
    def _selected(self, message: KeyedTable.Selected) -> None:
        if self._session.read_only:
            self.notify(READ_ONLY, severity="warning", markup=False)
            return
        number = next(index for index, pane in enumerate(self.panes) if pane.table is message.table)
        chosen = self.objects[number].get(message.row)
        form: Asked = None
        place, time, incident_actions, incident = (
            self._place,
            self._session.time,
            self._session.incident_actions,
            self.incident,
        )
        asked = find_on_call_clock(self._session, incident, place.zone)
        if asked is not None and asked in (chosen, getattr(chosen, "clock", None)):
            form = clock_forms.open_on_call_form(place, time, incident_actions, incident, asked)
        elif isinstance(chosen, Clock):
            form = clock_forms.open_clock_form(place, time, incident_actions, incident, chosen)
        elif isinstance(chosen, Role):
            form = people_forms.open_role_form(
                place, time, incident_actions, incident, chosen.name, chosen.duty, self._open_items
            )
        elif isinstance(chosen, CallCandidate):
            form = people_forms.open_call_form(
                place, time, incident_actions, incident, chosen.who, chosen.tier, chosen.contacts, chosen.unreached
            )
        elif isinstance(chosen, Checklist):
            self._boxes(chosen.id)
        if form is not None:
            self.app.push_screen(form)

    FORMS: ClassVar[Mapping[str, Callable[["IncidentScreen"], Asked]]] = {
        "task": lambda self: clock_forms.open_task_form(*self._about()),
        "loop": lambda self: clock_forms.open_loop_form(*self._about()),
        "decide": lambda self: people_forms.open_decision_form(*self._about()),
        "scenario": lambda self: clock_forms.open_scenario_form(*self._about(), self._session.plan),
        "aware": lambda self: clock_forms.open_awareness_form(*self._about(), self._session.plan),
        "snooze": lambda self: self._snooze(),
        "note": lambda self: Note(*self._about()),
        "status": lambda self: StatusDialog(*self._about(), ends=self._ends, others=self._list_others()),
        "update": lambda self: open_update_form(*self._about(), self._session.plan),
        "freeze": lambda self: people_forms.open_freeze_form(*self._about()[:3], self._freeze()),
    }

    def _about(self) -> tuple[DialogContext, Time, IncidentActions, Incident]:
        return self._place, self._session.time, self._session.incident_actions, self.incident

    def _list_others(self) -> list[Incident]:
        return list_other_incidents(self._session, self.incident)

    def _freeze(self) -> Freeze | None:
        return self._session.ledger.freeze(self._place.environment)

    def action_do(self, name: str) -> None:
        form = self.FORMS[name](self)
        if form is not None:
            self.app.push_screen(form)
        elif name == "scenario":
            sentence = "No recovery targets are known: a table with Scenario, RPO and RTO in a runbook gives them."
            self.notify(sentence, severity="warning", markup=False)

    def action_communicate(self) -> None:
        from screens.messages.screen import CommunicateScreen

        self.app.push_screen(CommunicateScreen(self._session, self._place, self.incident))

    def action_brief(self) -> None:
        from screens.incident.brief import BriefScreen

        self.app.push_screen(BriefScreen(self._session, self._place, self.incident))

    def action_preview(self) -> None:
        from screens.incident.post_mortem import PreviewScreen

        self.app.push_screen(PreviewScreen(self._session, self._place, self.incident))

    def _tick_boxes(self, checklist: str) -> None:
        from screens.checklist import ChecklistScreen

        tell, freeze = self.action_communicate, partial(self.action_do, "freeze")
        acts: dict[str, Callable[[], None]] = {"declare": tell, "communicate": tell, "freeze": freeze}
        self.app.push_screen(ChecklistScreen(self._session, self._place, self.incident, acts, checklist))

    def _snooze(self) -> Asked:
        chosen = self.objects[0].get(self.panes[0].table.cursor or "")
        if not isinstance(chosen, Clock):
            return None
        return clock_forms.open_clock_form(
            self._place, self._session.time, self._session.incident_actions, self.incident, chosen, later=True
        )

    def _open_items(self) -> list[str]:
        now, zone = self._session.time.now(), self._place.zone
        ledger, here = self._session.ledger, self.incident.environment
        clocks = list_running_clocks(self._session, self.incident, now, zone)
        return list_open_items(self.incident, clocks, now, zone, ledger.silenced(here), ledger.freeze(here))

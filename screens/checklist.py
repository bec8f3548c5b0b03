"""The checklists of an incident: tick a box, skip it with a reason, and do what it asks for by one key."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, tzinfo
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.events import Key, ScreenResume
from textual.message import Message

from cockpit.incident.actions.work import find_box_act
from cockpit.incident.response_state import DONE, OPEN, SKIPPED
from cockpit.model.incident import Incident
from cockpit.model.key_bindings import CHECKLIST
from cockpit.model.plan import Checklist
from cockpit.model.response import Tick, find_box_ticks
from cockpit.model.time import format_clock_time
from screens.dialogs.dialog import act_named
from screens.dialogs.form import Field, FormDialog, make_required_check
from screens.dialogs.note import Note
from screens.shared.context import EventsAppended
from screens.shared.errors import explain
from screens.shared.key_order import KeyPace
from screens.shared.keyed_screen import ROWS, KeyedScreen, KeyGroups
from widgets.cell import Cell, Column, Piece, Row, wrap_pieces
from widgets.clocks import shorten_person
from widgets.keys import KeyLine, make_bindings
from widgets.line import Lines
from widgets.table import KeyedTable

if TYPE_CHECKING:
    from cockpit.model.event import Event
    from cockpit.session import Session
    from screens.dialogs.dialog import DialogContext

WIDE = 100
COLUMNS = (
    Column(1),
    Column(2, right=True),
    Column(0, prose=True),
    Column(14, prose=True, below=WIDE),
    Column(30, prose=True, from_width=WIDE),
)
SIGNS = {DONE: ("✔", "good"), SKIPPED: ("–", "warn"), OPEN: ("○", "")}
DOES = {
    "roll_back": "rolls back",
    "declare": "writes the declaration",
    "freeze": "freezes deployments",
    "unfreeze": "lifts the freeze",
    "communicate": "writes to clients or the team",
    "preserve": "opens the snapshot procedure",
}


@dataclass(frozen=True, slots=True)
class ChecklistBox:
    """One item; `number` from 1."""

    number: int
    text: str
    tick: Tick | None

    @property
    def state(self) -> str:
        return self.tick.state if self.tick else OPEN

    @property
    def act(self) -> str:
        """The act of the cockpit that the item asks for, by the first of its words; "" for none."""
        return find_box_act(self.text)


def list_boxes(checklist: Checklist, incident: Incident) -> tuple[ChecklistBox, ...]:
    """Every item with its tick. One whose words have changed since it was ticked is open again."""
    ticks = find_box_ticks(checklist.items, (tick for tick in incident.ticks if tick.list == checklist.id))
    return tuple(ChecklistBox(number, text, ticks.get(number)) for number, text in enumerate(checklist.items, 1))


def count_settled(checklist_boxes: Sequence[ChecklistBox]) -> int:
    """How many boxes are done or skipped."""
    return sum(checklist_box.state in (DONE, SKIPPED) for checklist_box in checklist_boxes)


def opens_for(checklists: Sequence[Checklist], severity: str) -> list[Checklist]:
    """The plan's checklists, those that belong to an incident of this severity first."""
    wanted_name = severity.casefold()
    return sorted(checklists, key=lambda checklist: wanted_name not in {level.casefold() for level in checklist.levels})


def list_rows(checklist_boxes: Sequence[ChecklistBox], operator: str, zone: tzinfo, today: date) -> list[Row]:
    """A row a box: its sign, its number, its words, who ticked it and when."""
    return [_render_box_row(checklist_box, operator, zone, today) for checklist_box in checklist_boxes]


def _render_box_row(box: ChecklistBox, operator: str, zone: tzinfo, today: date) -> Row:
    sign, tone = SIGNS.get(box.state, SIGNS[OPEN])
    short = long = ""
    if box.tick and box.state != OPEN:
        who = shorten_person(_find_doer(box.tick), operator)
        moment = format_clock_time(box.tick.at, zone, today, seconds=True)
        short = f"{format_clock_time(box.tick.at, zone, today)} {who}"
        long = f"{box.state} by {who} {moment}" if who else f"{box.state} {moment}"
    cell = Cell(box.text, "muted" if short else "")
    return Row(
        str(box.number),
        (Cell(sign, tone), Cell(str(box.number), "muted"), cell, Cell(short, "muted"), Cell(long, "muted")),
    )


def _find_doer(tick: Tick) -> str:
    """Who did it or skipped it; "" where it was done before it was ticked, and nobody knows by whom."""
    if tick.state != DONE:
        return tick.actor
    return tick.done_by or ("" if tick.is_ticked_later else tick.actor)


def describe_box(box: ChecklistBox | None, key: str, zone: tzinfo, today: date) -> list[list[Piece]]:
    """The whole item, why it was skipped, and what one key does for it."""
    if box is None:
        return [[("This checklist has no boxes.", "muted")]]
    lines: list[list[Piece]] = [[(box.text, "strong")]]
    if box.tick and box.state != OPEN:
        moment = format_clock_time(box.tick.at, zone, today, seconds=True)
        doer = _find_doer(box.tick)
        how = f"{box.state}{f' by {doer}' if doer else ''}, {moment} {box.tick.at.astimezone(zone):%Z}"
        if box.state == DONE and box.tick.ticked and doer != box.tick.actor:
            how += f"; ticked by {box.tick.actor}, {format_clock_time(box.tick.ticked, zone, today, seconds=True)}"
        lines.append([(how, "muted"), (f": {box.tick.reason}" if box.tick.reason else "", "")])
    if box.act and key:
        lines.append([(key, "key"), (f" {DOES[box.act]}", "")])
    return lines


def render_progress(checklist: Checklist, checklist_boxes: Sequence[ChecklistBox]) -> list[Piece]:
    """`First ten minutes 3/5`."""
    done, total = count_settled(checklist_boxes), len(checklist_boxes)
    return [(f"{checklist.title} ", ""), (f"{done}/{total}", "good" if done == total else "strong")]


class ChecklistScreen(KeyedScreen):
    """`acts` are what an item may offer, by the names that a box has for them; `first` is the list to begin with."""

    CSS_PATH = "checklist.tcss"
    KEYS = CHECKLIST
    BINDINGS: ClassVar[list[BindingType]] = make_bindings(CHECKLIST)
    GROUPED: ClassVar[KeyGroups] = {("table.select",): "Mark the item under the cursor as done", **ROWS}

    class Failed(Message):
        """It could not be written down; `reason` in words."""

        def __init__(self, reason: str) -> None:
            super().__init__()
            self.reason = reason

    def __init__(
        self,
        session: "Session",
        place: "DialogContext",
        incident: Incident,
        acts: Mapping[str, Callable[[], None]],
        first: str = "",
    ) -> None:
        super().__init__()
        self._session, self._place, self._incident, self._acts = session, place, incident, dict(acts)
        self._lists = opens_for(session.plan.checklists, incident.severity)
        self._at = next((index for index, checklist in enumerate(self._lists) if checklist.id == first), 0)
        self._pace = KeyPace(self._session.time.monotonic)

    # What is shown

    def compose(self) -> ComposeResult:
        yield Lines(id="check-head")
        yield Lines(id="check-lists")
        yield KeyedTable(COLUMNS, id="check-boxes")
        yield Lines(id="check-about")
        yield Lines(id="check-notice")
        yield KeyLine(id="keys-line")

    def on_mount(self) -> None:
        self._table.focus()
        self._draw()  # the rows, so that there is a box to go to
        self._to_next()
        self.call_after_refresh(self._draw)

    @property
    def _table(self) -> KeyedTable:
        return self.query_one(KeyedTable)

    @property
    def _list(self) -> Checklist:
        return self._lists[self._at]

    @property
    def _boxes(self) -> tuple[ChecklistBox, ...]:
        """As the events tell it at this moment."""
        self._incident = self._session.ledger.incidents.get(self._incident.id, self._incident)
        return list_boxes(self._list, self._incident)

    @property
    def _box(self) -> ChecklistBox | None:
        """The one under the cursor."""
        return next((box for box in self._boxes if str(box.number) == self._table.cursor), None)

    @on(EventsAppended)
    @on(KeyedTable.Highlighted)
    @on(ScreenResume)
    def _draw(self) -> None:
        checklist_boxes, now, place = self._boxes, self._session.time.now(), self._place
        today = now.astimezone(place.zone).date()
        self.query_one("#check-head", Lines).show(self._head())
        pairs: list[Piece] = [(" ", "")]
        for checklist in (
            *self._lists[self._at :],
            *self._lists[: self._at],
        ):  # the one at hand first: it is never cut off
            count = render_progress(checklist, list_boxes(checklist, self._incident))
            pairs += [("▸ " if checklist is self._list else "  ", "info"), *count, ("   ", "")]
        self.query_one("#check-lists", Lines).show(pairs)
        self._table.show(list_rows(checklist_boxes, self._session.operator, place.zone, today), now)
        keys, box = self.keys_by_id(), self._box
        if enter := keys.get("table.select"):
            keys["table.select"] = replace(enter, does="Done")
        act = keys["checklist.act"].shown if self._find_act(box) and "checklist.act" in keys else ""
        wide = max(20, self.size.width - 2)
        lines = [row for line in describe_box(box, act, place.zone, today) for row in wrap_pieces(line, wide, most=3)]
        self.query_one("#check-about", Lines).show(*lines)
        offered = {id: key for id, key in keys.items() if id != "checklist.act" or act}
        self.query_one(KeyLine).offer([offered[id] for id in ("table.select", *self.KEYS.footer) if id in offered])

    def _head(self) -> list[Piece]:
        incident = self._incident
        return [
            (" Checklists", "strong"),
            ("   ", ""),
            (f" {incident.environment.upper()} ", "place" if self._place.production else "strong"),
            ("  ", ""),
            *([("DRILL ", "warn")] if incident.drill else []),
            (f"{incident.severity_text} ", "bad" if incident.open else "good"),
            (incident.title, "strong"),
        ]

    def on_resize(self) -> None:
        self.call_after_refresh(self._draw)

    def say(self, text: str, tone: str = "warn") -> None:
        self.query_one("#check-notice", Lines).show(((text, tone),))

    # Keys

    def on_key(self, event: Key) -> None:
        """Before a key acts: did it come faster than a hand types?"""
        self._pace.note(event, self)

    def action_turn(self, by: int) -> None:
        self._at = (self._at + by) % len(self._lists)
        self.say("" if len(self._lists) > 1 else "There is only this checklist.")
        self._draw()
        self._to_next()

    @on(KeyedTable.Selected)
    def _tick_it(self) -> None:
        box = self._box
        if box is None or self._refuses():
            return
        if box.state == DONE:
            self.say("It is ticked already; u opens it again.")
        else:
            self._write(partial(self._tick, box, DONE))

    def action_skip(self) -> None:
        box = self._box
        if box is None or self._refuses():
            return
        if box.state != OPEN:
            self.say(f"It is {box.state} already; u opens it again.")
            return
        about: list[list[Piece]] = [
            [(row, tone) for row, tone in line] for line in wrap_pieces([(box.text, "strong")], 72)
        ]
        form: FormDialog[Event] = FormDialog(
            self._place,
            self._session.time,
            "Skip an item",
            [Field("reason", "why, for those who read it later")],
            lambda values: self._tick(box, SKIPPED, values["reason"]),
            about=about,
            check=make_required_check("reason", "Say in a few words why it is skipped."),
            does="skips it",
        )
        self.app.push_screen(form)

    def action_open_again(self) -> None:
        box = self._box
        if box is None or self._refuses():
            return
        if box.state == OPEN:
            self.say("It is open: nothing to take back.")
        else:
            self._write(partial(self._tick, box, OPEN))

    def action_act(self) -> None:
        """What the item asks for; the box is ticked by hand once it is done."""
        box = self._box
        act, tick = self._find_act(box), self.name_key("table.select")
        if act is None and box is not None and box.act in self._acts:
            how = "is frozen already" if box.act == "freeze" else "is not frozen"
            self.say(f"{self._incident.environment} {how}; {tick} ticks the item.")
        elif act is None:
            self.say(f"The cockpit knows no key for this item; {tick} ticks it once it is done.")
        elif not self._pace.is_hurried:
            act()

    def _find_act(self, box: ChecklistBox | None) -> Callable[[], None] | None:
        """What one key does for the item; None where it has none, or where that is so already: the key that freezes
        lifts a freeze that holds, and the other way round."""
        if box is None:
            return None
        is_frozen = self._session.ledger.freeze(self._incident.environment) is not None
        is_so_already = {"freeze": is_frozen, "unfreeze": not is_frozen}.get(box.act, False)
        return None if is_so_already else self._acts.get(box.act)

    def action_note(self) -> None:
        if not self._refuses():
            self.app.push_screen(Note(self._place, self._session.time, self._session.incident_actions, self._incident))

    def _refuses(self) -> bool:
        """Whether nothing may be written down now; then it says why."""
        self.say("")
        if self._session.read_only:
            self.say("Read-only: nothing is recorded. Start without --read-only to tick.")
        elif self._pace.is_hurried:
            self.say("That key came in a burst of others. Press it again.")
        return self._session.read_only or self._pace.is_hurried

    # Writing

    def _tick(self, box: ChecklistBox, state: str, reason: str = "") -> "Event":
        return self._session.incident_actions.tick(
            self._list.id, box.number, box.text, state, reason, incident=self._incident.id
        )

    @work(exit_on_error=False, group="writing")
    async def _write(self, act: "Callable[[], Event]") -> None:
        try:
            await act_named(self.app, self._place, self._session.time, act)
        except Exception as error:
            self.post_message(self.Failed(explain(error, "a box could not be ticked")))

    @on(Failed)
    def _failed(self, message: Failed) -> None:
        self.say(message.reason, "bad")

    def _to_next(self) -> None:
        """The first box that is open."""
        checklist_box = next((box for box in self._boxes if box.state == OPEN), None)
        if checklist_box is not None:
            self._table.move_to(checklist_box.number - 1)

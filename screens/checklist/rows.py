"""The boxes of a checklist as they stand: who ticked what and when, and which of them the cockpit can do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, tzinfo

from cockpit.incident.actions.work import LONGEST_LINE, find_box_act
from cockpit.incident.response_state import DONE, OPEN, SKIPPED
from cockpit.model.incident import Incident
from cockpit.model.plan import Checklist
from cockpit.model.response import Tick
from cockpit.model.text import clean_line
from cockpit.model.time import format_clock_time
from widgets.cell import Cell, Column, Piece, Row
from widgets.clocks import shorten_person

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
    ticks = {tick.item: tick for tick in incident.ticks if tick.list == checklist.id}
    result = []
    for number, text in enumerate(checklist.items, 1):
        tick = ticks.get(number)
        same = tick is not None and tick.text in ("", text, clean_line(text, LONGEST_LINE))
        result.append(ChecklistBox(number, text, tick if same else None))
    return tuple(result)


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
        who = shorten_person(box.tick.actor, operator)
        short = f"{format_clock_time(box.tick.at, zone, today)} {who}"
        long = f"{box.state} by {who} {format_clock_time(box.tick.at, zone, today, seconds=True)}"
    cell = Cell(box.text, "muted" if short else "")
    return Row(
        str(box.number),
        (Cell(sign, tone), Cell(str(box.number), "muted"), cell, Cell(short, "muted"), Cell(long, "muted")),
    )


def describe_box(box: ChecklistBox | None, key: str, zone: tzinfo, today: date) -> list[list[Piece]]:
    """The whole item, why it was skipped, and what one key does for it."""
    if box is None:
        return [[("This checklist has no boxes.", "muted")]]
    lines: list[list[Piece]] = [[(box.text, "strong")]]
    if box.tick and box.state != OPEN:
        moment = format_clock_time(box.tick.at, zone, today, seconds=True)
        how = f"{box.state} by {box.tick.actor}, {moment} {box.tick.at.astimezone(zone):%Z}"
        lines.append([(how, "muted"), (f": {box.tick.reason}" if box.tick.reason else "", "")])
    if box.act and key:
        lines.append([(key, "key"), (f" {DOES[box.act]}", "")])
    return lines


def render_progress(checklist: Checklist, checklist_boxes: Sequence[ChecklistBox]) -> list[Piece]:
    """`First ten minutes 3/5`."""
    done, total = count_settled(checklist_boxes), len(checklist_boxes)
    return [(f"{checklist.title} ", ""), (f"{done}/{total}", "good" if done == total else "strong")]

"""What a pane is filled with, and the panes whose rows are built beside the screen where there are many.

A scene is all that the rows of a pane are made of: nothing in it changes, so a thread can build them while keys are
answered, and rows are built again only where they would differ.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, tzinfo
from typing import Generic, Protocol, Self, TypeVar

from cockpit.incident.change_dates import present_events
from cockpit.model.alert import GROUP_FROM, Alert, AlertGrade, group_alerts
from cockpit.model.event import Event, find_standing_events, join_alert_events
from cockpit.model.incident import Acknowledgement, list_acknowledged
from screens.main.context import CockpitContext
from widgets import alerts, timeline
from widgets.cell import Piece, Row

RECORDER = "recorder"  # the source of what is written down by itself
MANY_ALERTS = 500  # the rows of so many take some milliseconds
MANY_EVENTS = 150  # so do theirs: joined into storms, dated by each other
NEVER = 1_000_000  # alerts of one name that are shown as one: none are


@dataclass(frozen=True, slots=True)
class FilledPanes:
    """`objects` by the ids of the rows: what a key acts on is the object, never the row."""

    rows: Sequence[Row]
    counts: Sequence[Piece]
    objects: Mapping[str, object]


def name_order(order: str, orders: Sequence[str]) -> list[Piece]:
    """How the pane is sorted, where it is another way than it opens."""
    return [] if order == orders[0] else [(f" · {order}", "info")]


class FillingScene(Protocol):
    """All that the rows of a pane are made of."""

    @property
    def is_large(self) -> bool:
        """Whether a key would wait for its rows."""

    def is_shown_as(self, other: Self) -> bool:
        """Whether both make the same rows."""

    def fill(self) -> FilledPanes:
        """Pure, so that a thread can do it."""


@dataclass(frozen=True, slots=True)
class AlertScene:
    """All that the rows of alerts are made of. `minute` is that of `now` where an age of minutes is among them."""

    alerts: Sequence[Alert]
    taken: Mapping[str, Acknowledgement]
    minute: datetime | None
    now: datetime = field(compare=False)
    unfolded: frozenset[str]
    filtered: bool
    order: str
    grades: Mapping[str, AlertGrade]

    @property
    def is_large(self) -> bool:
        return len(self.alerts) > MANY_ALERTS

    def is_shown_as(self, other: "AlertScene") -> bool:
        """Whether both make the same rows; the alerts of one poll are the same object."""
        return self.alerts is other.alerts and replace(self, alerts=()) == replace(other, alerts=())

    def fill(self) -> FilledPanes:
        acknowledged = list_acknowledged(self.taken, self.alerts)
        # What is looked for may be inside of a group.
        grouped = group_alerts(self.alerts, NEVER if self.filtered else GROUP_FROM)
        rows = alerts.build_alert_rows(
            self.alerts,
            acknowledged,
            self.unfolded,
            grouped=grouped,
            order=self.order,
            now=self.now,
            grades=self.grades,
        )
        counts = [*alerts.count_alerts(self.alerts, self.grades), *name_order(self.order, alerts.ORDERS)]
        return FilledPanes(rows, counts, alerts.list_alert_objects(self.alerts, grouped))


@dataclass(frozen=True, slots=True)
class TimelineScene:
    """All that the rows of the timeline are made of; `history` oldest first, `pins` are the ids of pinned events."""

    history: tuple[Event, ...]
    pins: frozenset[int]
    operator: str
    zone: tzinfo
    today: date
    people_only: bool  # without what the recorder wrote by itself

    @property
    def is_large(self) -> bool:
        return len(self.history) > MANY_EVENTS

    def is_shown_as(self, other: "TimelineScene") -> bool:
        return self == other

    def fill(self) -> FilledPanes:
        history = present_events(self.history)
        kept = [event for event in history if not self.people_only or event.source != RECORDER or event.id in self.pins]
        kept = join_alert_events(kept, self.pins)
        rows = timeline.build_event_rows(kept, self.operator, self.zone, self.today, self.pins)
        counts = [(f" {len(rows)}", "muted")] if rows else []
        if self.people_only:
            counts = [(f" {len(rows)} by people", "info")]
        return FilledPanes(rows, counts, {str(root): event for root, event in find_standing_events(history).items()})


Scene = TypeVar("Scene", bound=FillingScene)


class PaneFilling(Generic[Scene]):
    """The rows of a pane as they were last built. Those of a large scene follow a moment later: until then those of the
    scene before stand, with the objects that belong to them."""

    def __init__(self, screen: CockpitContext, pane: str) -> None:
        self._screen, self._pane = screen, pane
        self._filled = FilledPanes((), (), {})
        self._made_of: Scene | None = None
        self._wanted: Scene | None = None  # while a thread builds rows

    def fill(self, scene: Scene) -> FilledPanes:
        if self._wanted is not None:
            self._wanted = scene
        elif self._made_of is None or not scene.is_shown_as(self._made_of):
            if scene.is_large:
                self._wanted = scene
                self._screen.run_worker(
                    self._build(), group=self._pane, exit_on_error=True, exclusive=False, thread=False
                )
            else:
                self._filled, self._made_of = scene.fill(), scene
        return self._filled

    async def _build(self) -> None:
        while self._wanted is not None:
            scene = self._wanted
            filled = await asyncio.to_thread(scene.fill)
            self._filled, self._made_of = filled, scene
            if scene.is_shown_as(self._wanted):
                self._wanted = None
            self._screen.draw(self._pane)

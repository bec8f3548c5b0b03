"""The wall: what is worth seeing of an environment from three metres."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cockpit.model.clock import Clock, ClockKind
from cockpit.model.event import Event
from cockpit.model.incident import Incident
from cockpit.model.ladder import order
from cockpit.model.overall import WORSE, OverallState, Trouble, overall, troubles
from cockpit.model.plan import Plan
from cockpit.model.probe import ProbeResult, ProbeState
from cockpit.model.reading import RANK, Freshness, Reading

DEFAULT = Plan()
UPDATES = frozenset({ClockKind.UPDATE, ClockKind.PROMISE})
EVENTS = 20  # kept; as many are shown as there is room for


@dataclass(frozen=True, slots=True)
class WallView:
    """One environment at one moment. `broken` and `unsure` are names, worst first; `unsure` was read too long ago.

    `unseen` are feeds that cannot be believed, `incomplete` those that told only a part. `grave`: an incident is open
    here beside which nothing is OK.
    """

    environment: str
    production: bool
    word: OverallState
    broken: tuple[Trouble, ...] = ()
    unsure: tuple[Trouble, ...] = ()
    probes: tuple[int, int] = (0, 0)  # up, all
    feeds: tuple[tuple[str, Freshness], ...] = ()  # the least believable first
    unseen: tuple[str, ...] = ()
    incomplete: tuple[str, ...] = ()
    grave: bool = False
    incident: Incident | None = None
    more_incidents: int = 0
    leads: tuple[str, ...] = ()  # who leads that incident
    leaderless: bool = False  # somebody should lead it, and nobody does
    update: Clock | None = None  # when the next update of it is due
    events: tuple[Event, ...] = ()  # the newest, oldest first
    starting: bool = False  # the configuration is still being read


def wall_state(
    environment: str,
    readings: Iterable[Reading[Any]],
    freshness: Mapping[str, Freshness],
    incidents: Sequence[Incident] = (),
    events: Sequence[Event] = (),
    *,
    production: bool = False,
    plan: Plan = DEFAULT,
    clocks: Callable[[Incident], Iterable[Clock]] = lambda incident: (),
) -> WallView:
    """What the wall shows of an environment; of several open incidents the gravest, and of those the newest."""
    readings = tuple(readings)
    state = overall(readings, freshness, incidents, plan.ladder)
    unsure = [each for reading in readings if reading.feed in state.unseen for each in troubles(reading.value)]
    results = [item for reading in readings for item in reading.value or () if isinstance(item, ProbeResult)]
    running = sorted((each for each in incidents if each.open), key=lambda each: each.declared, reverse=True)
    gravest = min(running, key=lambda each: order(plan.ladder, each.severity), default=None)
    updates = [each for each in clocks(gravest) if each.kind in UPDATES and not each.done] if gravest else []
    lead = next((each.name for each in plan.roles if each.lead), "")
    return WallView(
        environment=environment,
        production=production,
        word=state.word,
        broken=state.troubles,
        unsure=tuple(sorted(unsure, key=lambda each: -WORSE[each.word])),
        probes=(sum(each.state is ProbeState.UP for each in results), len(results)),
        feeds=tuple(sorted(freshness.items(), key=lambda each: -RANK[each[1].state])),
        unseen=state.unseen,
        incomplete=state.incomplete,
        grave=bool(state.grave),
        incident=gravest,
        leads=gravest.in_role(lead) if gravest else (),
        leaderless=gravest is not None and bool(lead) and not gravest.in_role(lead),
        update=min(updates, key=lambda each: each.due or each.started, default=None),
        more_incidents=max(0, len(running) - 1),
        events=tuple(events)[-EVENTS:],
    )

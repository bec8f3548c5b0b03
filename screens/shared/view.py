"""What the four panes show of one environment, gathered from the newest Readings. Pure but for asking the Watch."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from cockpit.feeds.watch import Watch
from cockpit.model.alert import Alert, Severity, keep_last, rank_firing_alerts
from cockpit.model.event import CHANGES_FEED, Event, Kind, OutsideChange
from cockpit.model.probe import ProbeResult, ProbeState, SignalResult
from cockpit.model.problem import Problem
from cockpit.model.reading import FeedState, Freshness, Reading, find_worst_freshness
from cockpit.model.revision import Application

PANES = ("probes", "alerts", "revisions")
ALERTS = "alerts:"
SIGNALS = "signals"
BAD_STATES = (ProbeState.DOWN, ProbeState.DEGRADED)


def pane_of(feed: str) -> str:
    """The pane that shows a feed: `alerts:prom-1` belongs to `alerts`, `signals` to `probes`, changes stand in time."""
    name = feed.partition(":")[0]
    return SHOWN_IN.get(name, name)


SHOWN_IN = {SIGNALS: "probes", CHANGES_FEED.rstrip(":"): "timeline"}


@keep_last
def list_critical_keys(alerts: Sequence[Alert]) -> frozenset[str]:
    """The keys of the critical alerts that fire."""
    return frozenset(alert.key for alert in rank_firing_alerts(alerts) if alert.severity is Severity.CRITICAL)


@dataclass(frozen=True, slots=True)
class View:
    """The values of the newest good answers, and of each pane how far they can be believed."""

    probes: tuple[ProbeResult, ...] = ()
    signals: tuple[SignalResult, ...] = ()
    alerts: tuple[Alert, ...] = ()
    applications: tuple[Application, ...] = ()
    fresh: Mapping[str, Freshness] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()  # why feeds are blind, each cause once
    missing: frozenset[str] = frozenset()  # panes without any feed
    changes: tuple[OutsideChange, ...] = ()  # what pipelines, the cloud and clusters tell
    silent_changes: tuple[str, ...] = ()  # of the sources of changes that are not seen: which, why and since when

    @property
    def critical(self) -> frozenset[str]:
        """The keys of the critical alerts that fire."""
        return list_critical_keys(self.alerts)


def build_view(watch: Watch, environment: str) -> View:
    """The newest Readings of an environment as the panes show them."""
    fresh = watch.freshness(environment)
    panes = {
        pane: find_worst_freshness([state for feed, state in fresh.items() if pane_of(feed) == pane]) for pane in PANES
    }
    readings = watch.readings(environment)
    return View(
        probes=_list_feed_values(readings, "probes"),
        signals=_list_feed_values(readings, SIGNALS),
        alerts=_list_values(readings, "alerts"),
        applications=_list_values(readings, "revisions"),
        fresh=panes,
        problems=_list_problems(readings, fresh),
        changes=_list_values(readings, "timeline"),
        silent_changes=tuple(_describe_silent_changes(readings, fresh)),
        missing=frozenset(pane for pane in PANES if not any(pane_of(feed) == pane for feed in fresh)),
    )


Watched = TypeVar("Watched", ProbeResult, SignalResult)


def date_from_record(view: View, history: Sequence[Event]) -> View:
    """What is bad with the time at which the record knows it so: who opens the cockpit late sees since when it is.

    `history` are the newest events of the environment, the oldest first.
    """
    late = {(Kind.PROBE, probe.name) for probe in view.probes if probe.state in BAD_STATES}
    late |= {(Kind.SIGNAL, signal.name) for signal in view.signals if signal.state in BAD_STATES}
    if not late:
        return view
    turns: dict[tuple[str, str], Event] = {}
    for event in reversed(history):
        key = (event.kind, event.subject)
        if key in late and key not in turns:
            turns[key] = event
            if len(turns) == len(late):
                break
    probes = tuple(_date_start(probe, turns.get((Kind.PROBE, probe.name))) for probe in view.probes)
    signals = tuple(_date_start(signal, turns.get((Kind.SIGNAL, signal.name))) for signal in view.signals)
    return replace(view, probes=probes, signals=signals)


def _date_start(result: Watched, turn: Event | None) -> Watched:
    """The very object where the record knows nothing earlier: what was drawn of it is known again by that."""
    if turn is None or turn.detail.get("state") != result.state or turn.occurred >= result.since:
        return result
    return replace(result, since=turn.occurred)


def _list_values(readings: Sequence[Reading[Any]], pane: str) -> tuple[Any, ...]:
    return _join_values([reading.value for reading in readings if pane_of(reading.feed) == pane])


def _list_feed_values(readings: Sequence[Reading[Any]], feed: str) -> tuple[Any, ...]:
    return _join_values([reading.value for reading in readings if reading.feed == feed])


def _join_values(values: Sequence[Any]) -> tuple[Any, ...]:
    """Of a single feed its own tuple, so that whoever has drawn it knows it again."""
    full = [value for value in values if value]
    return full[0] if len(full) == 1 and isinstance(full[0], tuple) else tuple(item for value in full for item in value)


def _list_problems(readings: Sequence[Reading[Any]], fresh: Mapping[str, Freshness]) -> tuple[Problem, ...]:
    blind = [
        reading.problem
        for reading in readings
        if reading.problem
        and not reading.feed.startswith(CHANGES_FEED)
        and reading.feed in fresh
        and fresh[reading.feed].state is FeedState.BLIND
    ]
    return tuple({problem.message: problem for problem in blind}.values())


def _describe_silent_changes(readings: Sequence[Reading[Any]], fresh: Mapping[str, Freshness]) -> Iterator[str]:
    """`github BLIND 401 token refused (last 3m ago)`."""
    for reading in readings:
        if reading.feed.startswith(CHANGES_FEED) and reading.problem and reading.feed in fresh:
            yield f"{reading.feed.removeprefix(CHANGES_FEED)} {fresh[reading.feed].label}"

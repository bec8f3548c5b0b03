"""One word for how an environment stands, and what stands behind the word."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from cockpit.model.alert import SEVERITY_RANK, Alert, AlertState, Severity, name_alert_subjects
from cockpit.model.event import CHANGES_FEED
from cockpit.model.incident import Incident
from cockpit.model.probe import ProbeResult, ProbeState, SignalResult
from cockpit.model.reading import FeedState, Freshness, Reading
from cockpit.model.revision import MISSING, Application
from cockpit.model.revision_health import RevisionCondition, ill_working
from cockpit.model.severity_scale import DEFAULT_SEVERITY_SCALE, SeverityScale, is_grave


class OverallState(StrEnum):
    """How it stands. What cannot be seen is never OK: BLIND, STALE and UNKNOWN are words of their own.

    INCIDENT: nothing that is watched is bad, and yet a grave incident is open.
    """

    OK = "OK"
    INCIDENT = "INCIDENT"
    DEGRADED = "DEGRADED"
    UNKNOWN = "UNKNOWN"
    STALE = "STALE"
    BLIND = "BLIND"
    DOWN = "DOWN"

    @property
    def exit_code(self) -> int:
        """0 healthy, 1 degraded or a grave incident is open, 2 down, 3 cannot be known."""
        return EXIT_CODES[self]


# A known outage is the worst there is; not seeing may hide one, and is therefore worse than a known weakness.
WORSE = {word: rank for rank, word in enumerate(OverallState)}
EXIT_CODES = {
    OverallState.OK: 0,
    OverallState.INCIDENT: 1,
    OverallState.DEGRADED: 1,
    OverallState.DOWN: 2,
    OverallState.UNKNOWN: 3,
    OverallState.STALE: 3,
    OverallState.BLIND: 3,
}
UNSEEN = {
    FeedState.WAITING: OverallState.UNKNOWN,
    FeedState.STALE: OverallState.STALE,
    FeedState.BLIND: OverallState.BLIND,
}
PROBE_WORDS = {
    ProbeState.UP: OverallState.OK,
    ProbeState.MAINTENANCE: OverallState.OK,
    ProbeState.ASLEEP: OverallState.OK,
    ProbeState.DEGRADED: OverallState.DEGRADED,
    ProbeState.PENDING: OverallState.DEGRADED,  # it failed, and nothing has shown yet that it was a blip
    ProbeState.UNKNOWN: OverallState.UNKNOWN,
    ProbeState.DOWN: OverallState.DOWN,
}
TROUBLING = (AlertState.FIRING, AlertState.RESOLVING)
LOUD = frozenset({Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.UNKNOWN})


@dataclass(frozen=True, slots=True)
class Trouble:
    """One item that is not as it should be. `since` is None where the source does not say. `about` is what tells it
    from others of its name: which app an alert is about, the value of a signal."""

    kind: Literal["probe", "alert", "revision", "signal"]
    name: str
    word: OverallState
    since: datetime | None = None
    reason: str = ""
    about: str = ""


@dataclass(frozen=True, slots=True)
class Overall:
    """The worst word of an environment, its `troubles` worst first, and the feeds that cannot be believed.

    `incomplete` are the feeds that were judged by a part of what they watch; `grave` the open incidents
    beside which nothing is OK.
    """

    word: OverallState
    troubles: tuple[Trouble, ...] = ()
    unseen: tuple[str, ...] = ()
    incomplete: tuple[str, ...] = ()
    grave: tuple[Incident, ...] = ()


def judge_environment(
    readings: Iterable[Reading[Any]],
    freshness: Mapping[str, Freshness],
    incidents: Sequence[Incident] | None = (),
    severity_scale: SeverityScale = DEFAULT_SEVERITY_SCALE,
) -> Overall:
    """How an environment stands. `freshness` names every feed it has, also those that never answered.

    What tells of changes alone is not judged. A value is judged only while its feed can be believed: an old DOWN is
    STALE, not DOWN. Without feeds it is UNKNOWN.
    So it is where a feed reported only a part: what it left out may be the worst. `incidents` are those of the
    environment, closed ones are ignored; None where nobody can say which are open.
    """
    readings = tuple(readings)
    values = {reading.feed: reading.value for reading in readings if reading.value is not None}
    incomplete_feeds = {reading.feed for reading in readings if reading.incomplete}
    overall_states = [] if freshness and incidents is not None else [OverallState.UNKNOWN]
    grave = tuple(
        incident for incident in incidents or () if incident.open and is_grave(severity_scale, incident.severity)
    )
    if grave:
        overall_states.append(OverallState.INCIDENT)
    result: list[Trouble] = []
    unseen: list[str] = []
    incomplete: list[str] = []
    for feed, fresh in freshness.items():
        if feed.startswith(CHANGES_FEED):
            continue  # a pipeline that is not seen is no reason to doubt what is
        if fresh.state in UNSEEN or feed not in values:
            overall_states.append(UNSEEN.get(fresh.state, OverallState.UNKNOWN))
            unseen.append(feed)
        else:
            result.extend(list_troubles(values[feed]))
            if feed in incomplete_feeds:
                overall_states.append(OverallState.UNKNOWN)
                incomplete.append(feed)
    overall_states.extend(trouble.word for trouble in result)
    result.sort(key=lambda trouble: -WORSE[trouble.word])
    word = max(overall_states, key=WORSE.__getitem__, default=OverallState.OK)
    return Overall(word, tuple(result), tuple(unseen), tuple(incomplete), grave)


def list_troubles(value: object) -> list[Trouble]:
    """What is not as it should be in one Reading's value."""
    items = sorted(value, key=_rank_item) if isinstance(value, tuple) else ()
    subjects = name_alert_subjects([item for item in items if isinstance(item, Alert) and item.state in TROUBLING])
    return [trouble for item in items for trouble in _list_item_troubles(item, subjects)]


def _rank_item(item: object) -> int:
    """Alerts by how grave they are: all of them are troubles of one word, and whoever has room for few names few."""
    return SEVERITY_RANK[item.severity] if isinstance(item, Alert) else 0


def _list_item_troubles(item: object, subjects: Mapping[str, str]) -> list[Trouble]:
    if isinstance(item, ProbeResult):
        return _of_probe(item)
    if isinstance(item, SignalResult):
        word = PROBE_WORDS[item.state]
        if word is OverallState.OK:
            return []
        return [Trouble("signal", item.name, word, item.since, item.reason, item.text)]
    if isinstance(item, Alert):
        return [replace(trouble, about=subjects.get(item.key, "")) for trouble in _of_alert(item)]
    if isinstance(item, Application):
        return _of_application(item)
    return []


def _of_probe(result: ProbeResult) -> list[Trouble]:
    word = OverallState.DEGRADED if result.flapping and result.state is ProbeState.UP else PROBE_WORDS[result.state]
    if word is OverallState.OK:
        return []
    reason = result.reason or ("flapping" if result.flapping else result.state.value)
    return [Trouble("probe", result.name, word, result.since, reason)]


def _of_alert(alert: Alert) -> list[Trouble]:
    if alert.severity not in LOUD or alert.state not in TROUBLING:
        return []
    reason = alert.note or alert.summary
    if alert.state is AlertState.RESOLVING:
        reason = f"resolved? {reason}".strip()
    return [Trouble("alert", alert.name, OverallState.DEGRADED, alert.since, reason)]


def _of_application(application: Application) -> list[Trouble]:
    """Only a revision that users depend on can trouble anybody: one with traffic, or any active one without ingress."""
    if application.running == MISSING:
        return [Trouble("revision", application.name, OverallState.UNKNOWN, None, "there is no such app")]
    result = [
        Trouble(
            "revision",
            revision.name,
            OverallState.UNKNOWN if health.condition is RevisionCondition.UNKNOWN else OverallState.DEGRADED,
            None,
            health.reason,
        )
        for revision, health in ill_working([application])
    ]
    if application.revisions and not application.has_ingress and not application.working:
        result.append(Trouble("revision", application.name, OverallState.DEGRADED, None, "no revision is active"))
    return result

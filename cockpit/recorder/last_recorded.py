"""Known: what the timeline last said about an environment. New readings are compared with this, never with memory."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cockpit.model.alert import AlertState
from cockpit.model.event import Draft, Event, Kind
from cockpit.model.event_detail import map_of, text_of, time_of
from cockpit.model.probe import ProbeState

FLAPPING = "flapping"  # recorded once in the place of a probe's state, instead of every flip


REMOVED = "removed"  # the probe left the configuration while it was bad


RECORDED_KINDS = (Kind.PROBE, Kind.ALERT, Kind.REVISION, Kind.TRAFFIC, Kind.FEED)
"""The kinds that a Known is folded from."""


@dataclass(frozen=True, slots=True)
class KnownRevision:
    active: bool
    health: str


@dataclass(slots=True)
class RecordedApp:
    """`traffic` is percent by revision, without zeros; `told` is when the traffic was last spoken of."""

    revisions: dict[str, KnownRevision] = field(default_factory=dict)
    traffic: dict[str, int] = field(default_factory=dict)
    told: datetime | None = None


@dataclass(frozen=True, slots=True)
class RecordedAlert:
    name: str
    state: str
    severity: str


class LastRecorded:
    """A fold of what recorders wrote. A probe that is up and an alert that is resolved need no entry."""

    def __init__(self) -> None:
        self.probes: dict[str, str] = {}
        self.alerts: dict[str, RecordedAlert] = {}
        self.apps: dict[str, RecordedApp] = {}
        self.blind: set[str] = set()

    def apply(self, fact: Event | Draft) -> None:
        """Take one fact, written or about to be. Never raises, whatever its detail holds."""
        if fact.kind == Kind.PROBE:
            self._probe(fact.subject, text_of(fact.detail, "state"))
        elif fact.kind == Kind.ALERT:
            self._alert(fact.subject, fact.detail)
        elif fact.kind == Kind.FEED:
            (self.blind.add if text_of(fact.detail, "state") == "blind" else self.blind.discard)(fact.subject)
        elif fact.kind == Kind.REVISION:
            self._revision(fact)
        elif fact.kind == Kind.TRAFFIC:
            app = self.apps.setdefault(fact.subject, RecordedApp())
            app.traffic, app.told = _read_weights(map_of(fact.detail, "after")), fact.occurred

    def _probe(self, name: str, state: str) -> None:
        if state in ("", ProbeState.UP, REMOVED):
            self.probes.pop(name, None)
        else:
            self.probes[name] = state

    def _alert(self, key: str, detail: Mapping[str, Any]) -> None:
        state = text_of(detail, "state")
        if state in ("", AlertState.RESOLVED):
            self.alerts.pop(key, None)
        else:
            self.alerts[key] = RecordedAlert(text_of(detail, "name") or key, state, text_of(detail, "severity"))

    def _revision(self, fact: Event | Draft) -> None:
        if text_of(fact.detail, "what") == "baseline":
            self.apps[fact.subject] = RecordedApp(
                {str(name): _read_known_revision(item) for name, item in map_of(fact.detail, "revisions").items()},
                _read_weights(map_of(fact.detail, "traffic")),
                fact.occurred,
            )
            return
        app, _, name = fact.subject.partition("/")
        self.apps.setdefault(app, RecordedApp()).revisions[name] = _read_known_revision(fact.detail)


def _read_known_revision(detail: object) -> KnownRevision:
    if not isinstance(detail, Mapping):
        return KnownRevision(False, "")
    return KnownRevision(detail.get("active") is True, text_of(detail, "health"))


def _read_weights(fields: Mapping[str, Any]) -> dict[str, int]:
    return {str(name): weight for name, weight in fields.items() if isinstance(weight, int) and weight > 0}


# When what serves now was deployed, as the journal tells it: for a shell, which watches nothing itself.

SERVING_STATE_KINDS = (Kind.REVISION, Kind.TRAFFIC)
"""The kinds of events that `newest_deployed` reads."""


def newest_deployed(events: Iterable[Event]) -> datetime | None:
    """When the youngest revision that has traffic was created; None where nobody recorded that. In id order."""
    last_recorded, created = LastRecorded(), dict[str, datetime]()
    for event in events:
        last_recorded.apply(event)
        if event.kind == Kind.REVISION and text_of(event.detail, "what") == "baseline":
            for name, revision in map_of(event.detail, "revisions").items():
                first = time_of(revision, "created") if isinstance(revision, Mapping) else None
                if first is not None:
                    created[f"{event.subject}/{name}"] = first
        made = time_of(event.detail, "created") if event.kind == Kind.REVISION else None
        if made is not None:
            created[event.subject] = made
    serving = (f"{name}/{revision}" for name, app in last_recorded.apps.items() for revision in app.traffic)
    return max((created[text] for text in serving if text in created), default=None)

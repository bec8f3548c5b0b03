"""What an engine says of the containers of its projects, as facts for the timeline: ends, restarts, lack of memory.

A storm is one line: what befalls a service for the same reason is counted together, whichever container it was. That a
container came or went with another image is reported by the revisions, and that it was stopped as asked is no news.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from cockpit.model.event import Kind, OutsideChange
from cockpit.model.raw import dig_value, read_text
from cockpit.model.time import Time
from cockpit.platforms.compose.engine import EngineClient
from cockpit.platforms.compose.settings import ComposeSettings

Raw = Mapping[str, Any]
LOOK_BACK = timedelta(hours=1)  # of the first look
QUIET = timedelta(minutes=30)  # without a new one, before the same is news again
NEAR = timedelta(seconds=15)  # between a container's end and the request that it ends
KEPT = 200  # groups that are remembered
ACTIONS = ("die", "oom", "kill", "stop", "restart", "pause", "unpause", "health_status")
BY_PEOPLE = {"restart": "restarted", "pause": "paused", "unpause": "goes on", "stop": "stopped"}
"""What somebody did to a container, in words. The engine's own restarts are a `die` and a `start`."""


@dataclass(frozen=True, slots=True)
class EngineEvent:
    """One event of a container."""

    at: datetime
    project: str
    service: str
    container: str
    action: str
    exit_code: str = ""


@dataclass(frozen=True, slots=True)
class EngineEventGroup:
    """Events of one service and reason."""

    project: str
    service: str
    reason: str
    first: datetime
    last: datetime
    count: int
    changes: bool


@dataclass(slots=True)
class EngineEventWatch:
    """Asks for what came since the last look; the engine keeps a few hundred and forgets them when it restarts."""

    client: EngineClient
    settings: ComposeSettings
    time: Time
    _since: datetime | None = None
    _groups: dict[tuple[str, str, str], EngineEventGroup] = field(default_factory=dict)

    async def read(self) -> tuple[OutsideChange, ...]:
        """Those of the last half hour, oldest first. Raises SourceError."""
        now = self.time.now()
        since = self._since or now - LOOK_BACK
        raws = await self.client.list_events(since, now, ACTIONS)
        self._since = now
        events = [event for raw in raws if (event := map_event(raw)) is not None and self._is_shown(event)]
        self._groups = follow_events(self._groups, events, now)
        return tuple(sorted(map(map_group, self._groups.values()), key=lambda change: change.at))

    def _is_shown(self, event: EngineEvent) -> bool:
        projects, services = self.settings.projects, self.settings.services
        names = (event.service, f"{event.project}/{event.service}")
        return (not projects or event.project in projects) and (not services or any(name in services for name in names))


def map_event(raw: Raw) -> EngineEvent | None:
    """None for what is of no service of a project."""
    labels = dig_value(raw, "Actor", "Attributes")
    service = read_text(dig_value(labels, "com.docker.compose.service"), 80)
    seconds = raw.get("time")
    if not service or not isinstance(seconds, int | float) or isinstance(seconds, bool) or not 0 < seconds < 4e9:
        return None
    if read_text(dig_value(labels, "com.docker.compose.oneoff")).lower() == "true":
        return None  # `docker compose run`: somebody's own command
    return EngineEvent(
        at=datetime.fromtimestamp(seconds, UTC),
        project=read_text(dig_value(labels, "com.docker.compose.project"), 80),
        service=service,
        container=read_text(dig_value(raw, "Actor", "ID"))[:12] or read_text(dig_value(labels, "name")),
        action=read_text(raw.get("Action") or raw.get("status"), 80),
        exit_code=read_text(dig_value(labels, "exitCode"), 8),
    )


def follow_events(
    before: Mapping[tuple[str, str, str], EngineEventGroup], events: Iterable[EngineEvent], now: datetime
) -> dict[tuple[str, str, str], EngineEventGroup]:
    """What goes on is counted on; what was quiet for long begins anew. Ends that were asked for are left out."""
    groups = {key: group for key, group in before.items() if now - group.last <= QUIET}
    ordered = sorted(events, key=lambda event: event.at)
    asked = [event for event in ordered if event.action in ("kill", "stop", "restart")]
    for event in ordered:
        near = (other for other in asked if abs(other.at - event.at) <= NEAR and other.container == event.container)
        reason, changes = name_reason(event, asked=any(near))
        if not reason:
            continue
        key = event.project, event.service, reason
        known = groups.get(key)
        if known is None or event.at - known.last > QUIET:
            groups[key] = EngineEventGroup(*key, event.at, event.at, 1, changes)
        else:
            groups[key] = replace(known, last=max(known.last, event.at), count=known.count + 1)
    newest = sorted(groups.items(), key=lambda pair: pair[1].last)[-KEPT:]
    return dict(newest)


def name_reason(event: EngineEvent, *, asked: bool) -> tuple[str, bool]:
    """What happened, in words, and whether it changed what runs; "" for what is no news."""
    if event.action == "oom":
        return "out of memory", False
    if event.action == "die":
        if asked or event.exit_code in ("", "0"):
            return "", False
        return f"ended with exit code {event.exit_code}", False
    if event.action == "health_status: unhealthy":
        return "became unhealthy", False
    return (BY_PEOPLE[event.action], True) if event.action in BY_PEOPLE else ("", False)


def map_group(group: EngineEventGroup) -> OutsideChange:
    return OutsideChange(
        key=f"engine:{group.project} {group.service} {group.reason}"[:300],
        kind=Kind.ENGINE,
        state=f"since {group.first:%Y-%m-%dT%H:%M:%SZ}",
        summary=f"{group.service}: {group.reason}",
        at=group.first,
        changes=group.changes,
        detail={
            "workload": f"{group.project}/{group.service}",
            "reason": group.reason,
            "count": group.count,
            "message": group.reason,
        },
    )

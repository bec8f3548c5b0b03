"""What a cluster says of its workloads, as facts for the timeline: warnings, and the few normal events that change.

A storm is one line: events of one workload and reason are counted together, whichever pod they name. The cluster
forgets its events after an hour; what stops for half of one and comes back is reported again.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cockpit.model.event import Kind, OutsideChange
from cockpit.model.raw import dig_value, read_integer, read_moment, read_text
from cockpit.platforms.kubernetes.client import ClusterClient

Raw = Mapping[str, Any]
QUIET = timedelta(minutes=30)  # without a new one, before the same is news again
CHANGING = frozenset({"SuccessfulRescale", "Evicted", "TaintManagerEviction", "Preempted", "Preempting"})
"""Reasons of normal events that are reported, and that changed what runs. Rollouts are reported by their revisions."""
POD_SUFFIX = re.compile(r"-[a-z0-9]{5}$")
SET_SUFFIX = re.compile(r"-[0-9a-f]{6,10}$|-[bcdfghjklmnpqrstvwxz2456789]{6,10}$")
ORDINAL = re.compile(r"-\d{1,4}$")


@dataclass(frozen=True, slots=True)
class EventGroup:
    """Events of one workload and reason."""

    workload: str
    reason: str
    message: str
    first: datetime
    last: datetime
    count: int
    changes: bool


class ClusterEventWatch:
    """Remembers since when a workload has a reason, which the cluster itself forgets."""

    def __init__(self, client: ClusterClient) -> None:
        self._client = client
        self._groups: dict[tuple[str, str], EventGroup] = {}

    async def read(self) -> tuple[OutsideChange, ...]:
        """Those that were seen in the last half hour, oldest first. Raises SourceError."""
        target = await self._client.target()
        raws = await self._client.list_items(f"/api/v1/namespaces/{target.namespace}/events")
        self._groups = follow_groups(self._groups, group_events(raws))
        changes = [map_group(group, target.namespace) for group in self._groups.values()]
        return tuple(sorted(changes, key=lambda change: change.at))


def follow_groups(
    before: Mapping[tuple[str, str], EventGroup], now: Iterable[EventGroup]
) -> dict[tuple[str, str], EventGroup]:
    """What goes on keeps its beginning; what was quiet for long begins anew."""
    result: dict[tuple[str, str], EventGroup] = {}
    for group in now:
        key = group.workload, group.reason
        known = before.get(key)
        if known is not None and group.first - known.last <= QUIET:
            first = min(known.first, group.first)
            group = EventGroup(
                *key, group.message, first, max(group.last, known.last), max(group.count, known.count), group.changes
            )
        result[key] = group
    return result


def group_events(raws: Iterable[Raw]) -> list[EventGroup]:
    """Total: an event that says neither when nor what is left out."""
    groups: dict[tuple[str, str], EventGroup] = {}
    for raw in raws:
        reason, kind = read_text(raw.get("reason"), 80), read_text(raw.get("type"))
        name = read_text(dig_value(raw, "involvedObject", "name"))
        last = read_moment(raw.get("lastTimestamp")) or read_moment(dig_value(raw, "series", "lastObservedTime"))
        first = read_moment(raw.get("firstTimestamp")) or read_moment(raw.get("eventTime"))
        last, first = last or first, first or last
        if not reason or not name or first is None or last is None or (kind != "Warning" and reason not in CHANGING):
            continue
        count = max(1, read_integer(raw.get("count")) or read_integer(dig_value(raw, "series", "count")) or 1)
        workload = name_owner(name, read_text(dig_value(raw, "involvedObject", "kind")))
        known = groups.get((workload, reason))
        message = read_text(raw.get("message"), 200)
        groups[workload, reason] = EventGroup(
            workload,
            reason,
            message if known is None or last >= known.last else known.message,
            first if known is None else min(known.first, first),
            last if known is None else max(known.last, last),
            count if known is None else known.count + count,
            reason in CHANGING,
        )
    return list(groups.values())


def name_owner(name: str, kind: str) -> str:
    """`api` of the pod `api-7c9f8d6b5-x2x4z`, of the ReplicaSet `api-7c9f8d6b5`, of the pod `api-0`; else the name."""
    if kind == "Pod":
        if ORDINAL.search(name):
            return ORDINAL.sub("", name)
        return SET_SUFFIX.sub("", POD_SUFFIX.sub("", name))
    return SET_SUFFIX.sub("", name) if kind == "ReplicaSet" else name


def map_group(group: EventGroup, namespace: str) -> OutsideChange:
    return OutsideChange(
        key=f"cluster:{namespace} {group.workload} {group.reason}",
        kind=Kind.CLUSTER,
        state=f"since {group.first:%Y-%m-%dT%H:%M:%SZ}",
        summary=f"{group.workload}: {group.reason}: {group.message}".rstrip(": "),
        at=group.first,
        changes=group.changes,
        detail={"workload": group.workload, "reason": group.reason, "count": group.count, "message": group.message},
    )

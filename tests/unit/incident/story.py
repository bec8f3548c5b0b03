"""Story: tells events for tests. Ids count up, and times are minutes after 02:00 on a February night."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from cockpit.model.event import Draft, Event, Kind
from cockpit.model.time import format_timestamp

NIGHT = datetime(2026, 2, 27, 2, 0, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return NIGHT + timedelta(minutes=minutes)


def written(draft: Draft, id: int, recorded: datetime | None = None) -> Event:
    """A draft as the file would hold it."""
    return Event(
        id, draft.incident, draft.environment, draft.subject, draft.occurred, recorded or draft.occurred, draft.kind,
        draft.source, draft.actor, draft.summary, dict(draft.detail), draft.supersedes, 1, f"{id:064x}",
    )  # fmt: skip


class Story:
    """`events` is what was told so far."""

    def __init__(self, environment: str = "prod") -> None:
        self.environment = environment
        self.events: list[Event] = []
        self._ids = itertools.count(1)

    def tell(self, kind: Kind, minutes: float, /, *, late: float = 0, **fields: Any) -> Event:
        """One event that occurred `minutes` after two o'clock and was recorded `late` minutes after that."""
        fields.setdefault("summary", kind.value)
        fields.setdefault("environment", self.environment)
        draft = Draft(kind, occurred=at(minutes), **fields)
        event = written(draft, next(self._ids), at(minutes + late))
        self.events.append(event)
        return event

    def probe(self, minutes: float, name: str, state: str, **more: Any) -> Event:
        return self.tell(
            Kind.PROBE, minutes, subject=name, detail={"state": state}, source="recorder", summary=f"{name} {state}",
            **more,
        )  # fmt: skip

    def alert(self, minutes: float, key: str, state: str, severity: str = "high", **more: Any) -> Event:
        name = key.partition(":")[2]
        detail = {"state": state, "severity": severity, "name": name}
        return self.tell(
            Kind.ALERT, minutes, subject=key, detail=detail, source="recorder", summary=f"{name} {state}", **more
        )

    def declare(self, minutes: float, *, reach: float | None = None, incident: str = "i1", **detail: Any) -> Event:
        full = {"title": "Readiness failing", "severity": "P1", **detail}
        if reach is not None:
            full["reach_from"] = format_timestamp(at(reach))
        return self.tell(Kind.DECLARE, minutes, incident=incident, actor="ana", detail=full)

    def act(
        self, kind: Kind, minutes: float, /, actor: str = "ana", incident: str | None = "i1", **fields: Any
    ) -> Event:
        """Something a person did; words other than the fields of an event go into its detail."""
        own = {key: fields.pop(key) for key in ("subject", "supersedes", "summary", "late") if key in fields}
        return self.tell(kind, minutes, incident=incident, actor=actor, detail=fields, **own)

"""One fact of the timeline."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What happened. The value is what the file holds; new kinds may be added, none is ever renamed."""

    PROBE = "probe"  # subject: the probe's name; detail: state, was, reason, since
    ALERT = "alert"  # subject: the alert's key; detail: name, severity, state, was, since, resource, confirmed_by
    REVISION = "revision"  # subject: app/revision; detail: what, image, created, changed_by
    TRAFFIC = "traffic"  # subject: app; detail: before, after: {revision: weight}
    FEED = "feed"  # subject: the feed's name; detail: state (blind | live), reason
    GAP = "gap"  # nobody recorded; detail: from, until
    RECORDER = "recorder"  # detail: what (started | stopped | took over), who
    DECLARE = "declare"  # detail: title, severity, reach_from, impact_started, detected, detected_by, drill
    NOTE = "note"
    ACK = "ack"  # subject: the alert's key, or "" for the incident
    SEVERITY = "severity"  # detail: severity, was, reason
    STATUS = "status"  # detail: status, was, reason
    RESOLVE = "resolve"  # detail: reason
    EXPORT = "export"  # detail: path, head
    REDACT = "redact"  # subject: the id of the emptied event; detail: reason
    RUN = "run"  # subject: the run's id; detail: what (started | ended), path, sha256, procedure, title, values
    STEP = (
        "step"  # subject: run#ordinal; detail: phase (intent | outcome | settled), attempt, and what model/run.py holds
    )
    ACTION = "action"  # an operation on the cloud; detail: phase (intent | outcome), operation, target, outcome


@dataclass(frozen=True, slots=True)
class Draft:
    """An event before it is written. `incident` is None for a journal entry. `detail` is JSON, without secrets."""

    kind: Kind
    summary: str
    occurred: datetime
    environment: str = ""
    subject: str = ""
    source: str = "cockpit"  # recorder | cockpit | cli | ...
    actor: str = ""
    incident: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    supersedes: int | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """An event as it stands in the file; `id` is its place in the chain."""

    id: int
    incident: str | None
    environment: str
    subject: str
    occurred: datetime
    recorded: datetime
    kind: str
    source: str
    actor: str
    summary: str
    detail: Mapping[str, Any]
    supersedes: int | None
    v: int
    hash: str
    redacted: bool = False


Record = Callable[[Sequence[Draft]], Sequence[Event]]
"""Writes drafts in one transaction and returns once they are on the disk. Blocking; raises `RecordError`."""


class RecordError(Exception):
    """The timeline could not be written: the message says why and what to do (full disk, read-only file, ...)."""

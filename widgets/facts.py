"""Everything known of one probe, alert, revision or event, as labelled lines of text that can be copied."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from statistics import median
from textwrap import wrap

from cockpit.model.alert import Alert
from cockpit.model.event import Event
from cockpit.model.incident import Acknowledgement
from cockpit.model.probe import ProbeResult
from cockpit.model.revision import Replica, Revision
from cockpit.model.revision_health import judge_revision
from cockpit.model.time import age
from widgets.cell import Piece, plain

LABEL = 14  # cells
Fact = tuple[str, str]
"""(label, value); the label "" continues the one above. A value may hold line breaks."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """When it is read, and in which zone times are told beside UTC."""

    now: datetime
    zone: tzinfo

    def time(self, at: datetime | None) -> str:
        """`02:14:31 NZDT, 28 Feb 2026   13:14:31Z   12m ago`; "" for no time."""
        if at is None:
            return ""
        local = at.astimezone(self.zone)
        passed = age((self.now - at).total_seconds())
        return f"{local:%H:%M:%S %Z, %d %b %Y}   {at.astimezone(UTC):%H:%M:%S}Z   {passed} ago"


def heading(shown: object) -> str:
    """What it is, by name."""
    match shown:
        case ProbeResult():
            return f"Probe {shown.name}"
        case Alert():
            return f"Alert {shown.name}"
        case Revision():
            return f"Revision {shown.name}"
        case Event():
            return f"Event {shown.id}"
    return type(shown).__name__


def facts(shown: object, viewer: Viewer, taken: Acknowledgement | None = None) -> list[Fact]:
    """All fields that say something; `taken` is the acknowledgement of an alert."""
    match shown:
        case ProbeResult():
            found = _probe(shown, viewer)
        case Alert():
            found = _alert(shown, viewer, taken)
        case Revision():
            found = _revision(shown, viewer)
        case Event():
            found = _event(shown, viewer)
        case _:
            found = iter(())
    return [(label, value) for label, value in found if value]


def rows(found: Sequence[Fact], width: int) -> list[tuple[Piece, ...]]:
    """The facts as lines of at most `width` cells, long values wrapped under themselves."""
    lines: list[tuple[Piece, ...]] = []
    for label, value in found:
        parts = [part for line in value.splitlines() for part in wrap(plain(line), max(10, width - LABEL)) or [""]]
        for at, part in enumerate(parts):
            lines.append(((f"{'' if at else label:<{LABEL}}", "muted"), (part, "")))
    return lines


def as_text(title: str, found: Sequence[Fact]) -> str:
    """The same for a clipboard or a chat."""
    body = "\n".join(f"{label + ':' if label else '':<{LABEL}} {value}" for label, value in found)
    return f"{title}\n{body}\n"


def _probe(shown: ProbeResult, viewer: Viewer) -> Iterator[Fact]:
    yield "state", shown.state.value + (", flapping" if shown.flapping else "")
    yield "since", viewer.time(shown.since)
    yield "reason", shown.reason
    yield "failing", f"{shown.failing} answers in a row" if shown.failing else ""
    yield "URL", shown.url
    yield "address", shown.address
    yield "status", str(shown.status or "")
    yield "latency", _ms(shown.latency)
    answered = [each for each in shown.history if each is not None]
    if answered:
        yield "", f"fastest {_ms(min(answered))}, median {_ms(median(answered))}, slowest {_ms(max(answered))}"
    if shown.history:
        yield "", f"{len(shown.history) - len(answered)} of the last {len(shown.history)} checks got no answer"
    yield "checked", viewer.time(shown.checked) or "never"
    yield "environment", shown.environment


def _alert(shown: Alert, viewer: Viewer, taken: Acknowledgement | None) -> Iterator[Fact]:
    yield "severity", shown.severity.value
    yield (
        "state",
        " · ".join(
            part for part in (shown.state.value, shown.native_state and f"{shown.native_state} at the source") if part
        ),
    )
    yield "since", viewer.time(shown.since)
    yield "note", shown.note
    yield "summary", shown.summary
    yield "taken by", f"{taken.actor}   {viewer.time(taken.at)}" if taken else "nobody yet"
    yield "resource", shown.resource
    yield from _listed("labels", [f"{name} = {value}" for name, value in shown.labels])
    yield from _listed("links", [f"{name}: {url}" for name, url in shown.links])
    yield from _listed("seen by", shown.seen_by)
    yield "source", shown.source
    yield "fingerprint", shown.fingerprint
    yield "source's id", shown.native_id
    yield "environment", shown.environment


def _revision(shown: Revision, viewer: Viewer) -> Iterator[Fact]:
    yield "app", shown.app
    yield "traffic", f"{shown.weight} %"
    yield "active", "yes" if shown.active else "no"
    yield "state", judge_revision(shown).reason
    yield "health", shown.health
    yield "running", shown.running
    yield "", shown.running_details
    yield "provisioning", shown.provisioning
    yield "error", shown.provisioning_error
    yield "image", shown.image
    yield from _listed("labels", shown.labels)
    yield "created", viewer.time(shown.created)
    yield "last active", viewer.time(shown.last_active)
    yield "address", shown.fqdn
    yield "replicas", "" if shown.replica_count is None else str(shown.replica_count)
    yield from _listed("", [_replica(each, viewer) for each in shown.replicas or ()])


def _replica(replica: Replica, viewer: Viewer) -> str:
    ready = "ready" if replica.ready else "NOT READY"
    since = f", created {age((viewer.now - replica.created).total_seconds())} ago" if replica.created else ""
    details = f" ({replica.details})" if replica.details and not replica.ready else ""
    return f"{replica.name}: {replica.state}{details}, {ready}, {replica.restarts} restarts{since}"


def _event(shown: Event, viewer: Viewer) -> Iterator[Fact]:
    yield "what", "(redacted)" if shown.redacted else shown.summary
    yield "kind", shown.kind
    yield "occurred", viewer.time(shown.occurred)
    yield "recorded", viewer.time(shown.recorded)
    yield "by", shown.actor
    yield "source", shown.source
    yield "subject", shown.subject
    yield "incident", shown.incident or ""
    yield "environment", shown.environment
    yield "corrects", f"event {shown.supersedes}" if shown.supersedes is not None else ""
    for name, value in shown.detail.items():
        yield plain(str(name)), value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1)
    yield "hash", shown.hash


def _listed(label: str, values: Sequence[str]) -> Iterator[Fact]:
    for at, value in enumerate(values):
        yield ("" if at else label), value


def _ms(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds * 1000:.0f} ms"

"""Everything known of one probe, alert, revision or event, as labelled lines of text that can be copied."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from statistics import median
from textwrap import wrap

from cockpit.model.alert import Alert, AlertGroup, order_labels
from cockpit.model.event import Event
from cockpit.model.incident import Acknowledgement
from cockpit.model.probe import ProbeEvidence, ProbeResult, SignalResult, format_number
from cockpit.model.revision import Replica, Revision
from cockpit.model.revision_health import judge_revision
from cockpit.model.time import format_age, is_named_utc
from widgets.cell import Piece, sanitize_line
from widgets.line import LINK

LABEL = 14  # cells
Fact = tuple[str, str]
"""(label, value); the label "" continues the one above. A value may hold line breaks."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """When it is read, and in which zone times are written beside UTC."""

    now: datetime
    zone: tzinfo

    def time(self, moment: datetime | None) -> str:
        """`02:14:31 NZDT, 28 Feb 2026   13:14:31Z   12m ago`; "" for no time."""
        if moment is None:
            return ""
        local = moment.astimezone(self.zone)
        passed = format_age((self.now - moment).total_seconds())
        universal = "" if is_named_utc(local) else f"   {moment.astimezone(UTC):%H:%M:%S}Z"
        return f"{local:%H:%M:%S %Z, %d %b %Y}{universal}   {passed} ago"


def get_heading(value: object) -> str:
    """What it is, by name."""
    match value:
        case ProbeResult():
            return f"Probe {value.name}"
        case SignalResult():
            return f"Signal {value.name}"
        case Alert():
            return f"Alert {value.name}"
        case AlertGroup():
            return f"Alerts {value.name}"
        case Revision():
            return f"Revision {value.name}"
        case Event():
            return f"Event {value.id}"
    return type(value).__name__


def list_facts(visible: object, viewer: Viewer, taken: Acknowledgement | None = None) -> list[Fact]:
    """All fields that say something; `taken` is the acknowledgement of an alert."""
    match visible:
        case ProbeResult():
            pairs = _list_probe_facts(visible, viewer)
        case SignalResult():
            pairs = _list_signal_facts(visible, viewer)
        case Alert():
            pairs = _list_alert_facts(visible, viewer, taken)
        case Revision():
            pairs = _list_revision_facts(visible, viewer)
        case Event():
            pairs = _list_event_facts(visible, viewer)
        case _:
            pairs = iter(())
    return [(label, value) for label, value in pairs if value]


def build_fact_rows(pairs: Sequence[Fact], width: int) -> list[tuple[Piece, ...]]:
    """The facts as lines of at most `width` cells, long values wrapped under themselves."""
    lines: list[tuple[Piece, ...]] = []
    for label, value in pairs:
        parts = [
            (part, find_link_tone(line))
            for line in value.splitlines()
            for part in wrap(sanitize_line(line), max(10, width - LABEL)) or [""]
        ]
        for index, (part, tone) in enumerate(parts):
            lines.append(((f"{'' if index else label:<{LABEL}}", "muted"), (part, tone)))
    return lines


ADDRESS = re.compile(r"https?://[!-~]{1,2000}")


def find_link_tone(line: str) -> str:
    """The tone of a line with an address: a terminal that can opens it, also where it is broken over several rows."""
    address = ADDRESS.search(line)
    return f"{LINK}{address.group().rstrip('.,;)')}" if address else ""


def as_text(title: str, pairs: Sequence[Fact]) -> str:
    """The same for a clipboard or a chat."""
    body = "\n".join(f"{label + ':' if label else '':<{LABEL}} {value}" for label, value in pairs)
    return f"{title}\n{body}\n"


def _list_probe_facts(probe_result: ProbeResult, viewer: Viewer) -> Iterator[Fact]:
    yield "state", probe_result.state.value + (", flapping" if probe_result.flapping else "")
    yield "since", viewer.time(probe_result.since)
    yield "reason", probe_result.reason
    yield "failing", f"{probe_result.failing} answers in a row" if probe_result.failing else ""
    yield "procedure", probe_result.runbook
    yield "URL", probe_result.url
    yield ("reported by" if probe_result.url.startswith("beat://") else "address"), probe_result.address
    yield "status", str(probe_result.status or "")
    yield "latency", _to_ms(probe_result.latency)
    answered = [seconds for seconds in probe_result.history if seconds is not None]
    if answered:
        yield "", f"fastest {_to_ms(min(answered))}, median {_to_ms(median(answered))}, slowest {_to_ms(max(answered))}"
    if probe_result.history:
        yield (
            "",
            f"{len(probe_result.history) - len(answered)} of the last {len(probe_result.history)} checks got no answer",
        )
    yield "checked", viewer.time(probe_result.checked) or "never"
    yield from _list_evidence_facts("first failure", probe_result.first_failure, viewer)
    if probe_result.last_failure != probe_result.first_failure:
        yield from _list_evidence_facts("last failure", probe_result.last_failure, viewer)
    yield "environment", probe_result.environment


def _list_signal_facts(signal: SignalResult, viewer: Viewer) -> Iterator[Fact]:
    yield "state", signal.state.value
    yield "since", viewer.time(signal.since)
    yield "value", signal.text
    yield "limit", signal.limit
    yield "reason", signal.reason
    yield "caution", signal.caution
    yield "measured", viewer.time(signal.measured)
    numbers = [number for _, number in signal.points if number is not None]
    if numbers:
        low, middle, high = (
            format_number(number, signal.unit) for number in (min(numbers), median(numbers), max(numbers))
        )
        yield "last hour", f"lowest {low}, median {middle}, highest {high}"
    yield "query", signal.query
    yield "procedure", signal.runbook
    yield "checked", viewer.time(signal.checked) or "never"
    yield "environment", signal.environment


def _list_evidence_facts(label: str, evidence: ProbeEvidence | None, viewer: Viewer) -> Iterator[Fact]:
    """A failing answer that was kept."""
    if evidence is None:
        return
    yield label, f"{viewer.time(evidence.at)}\n{evidence.reason}"
    yield "", " ".join(part for part in (str(evidence.status or ""), evidence.url, evidence.address) if part)
    phases = [f"{name} {_to_ms(seconds)}" for name, seconds in evidence.phases]
    yield "", " · ".join(phases) + (f" · ended in {evidence.broke_off}" if evidence.broke_off else "")
    yield from _list_values("", [f"tried {line}" for line in evidence.tried])
    yield "", evidence.tls
    if evidence.certificate_ends is not None:
        yield "", f"certificate ends {evidence.certificate_ends:%Y-%m-%d %H:%M}Z"
    yield from _list_values("", [f"{name}: {value}" for name, value in evidence.headers])
    yield "its body", evidence.body


def _list_alert_facts(alert: Alert, viewer: Viewer, taken: Acknowledgement | None) -> Iterator[Fact]:
    yield "severity", alert.severity.value
    yield (
        "state",
        " · ".join(
            part for part in (alert.state.value, alert.native_state and f"{alert.native_state} at the source") if part
        ),
    )
    yield "since", viewer.time(alert.since)
    yield "note", alert.note
    yield "summary", alert.summary
    yield "acknowledged", f"by {taken.actor}   {viewer.time(taken.at)}" if taken else "by nobody yet"
    yield "resource", alert.resource
    yield from _list_values("labels", [f"{name} = {value}" for name, value in order_labels(alert.labels)])
    spoken = {alert.summary, *(url for _, url in alert.links)}
    annotations = [f"{name}: {value}" for name, value in alert.annotations if value not in spoken]
    yield from _list_values("annotations", annotations)
    yield from _list_values("links", [f"{name}: {url}" for name, url in alert.links])
    yield from _list_values("seen by", alert.seen_by)
    yield "source", alert.source
    yield "fingerprint", alert.fingerprint
    yield "source's id", alert.native_id
    yield "environment", alert.environment


def _list_revision_facts(revision: Revision, viewer: Viewer) -> Iterator[Fact]:
    yield "app", revision.app
    yield "number", "" if revision.number is None else str(revision.number)
    yield "change cause", revision.change_cause
    share = "" if revision.number is None else ", its share of the ready pods"
    yield "traffic", f"{revision.weight} %{share}"
    yield "active", "yes" if revision.active else "no"
    yield "state", judge_revision(revision).reason
    yield "health", revision.health
    yield "running", revision.running
    yield "", revision.running_details
    yield "provisioning", revision.provisioning
    yield "error", revision.provisioning_error
    yield "image", revision.image
    yield from _list_values("labels", revision.labels)
    yield "created", viewer.time(revision.created)
    yield "last active", viewer.time(revision.last_active)
    yield "address", revision.fqdn
    yield "replicas", "" if revision.replica_count is None else str(revision.replica_count)
    yield from _list_values("", [_describe_replica(replica, viewer) for replica in revision.replicas or ()])


def _describe_replica(replica: Replica, viewer: Viewer) -> str:
    ready = "ready" if replica.ready else "NOT READY"
    since = f", created {format_age((viewer.now - replica.created).total_seconds())} ago" if replica.created else ""
    details = f" ({replica.details})" if replica.details and not replica.ready else ""
    return f"{replica.name}: {replica.state}{details}, {ready}, {replica.restarts} restarts{since}"


def _list_event_facts(event: Event, viewer: Viewer) -> Iterator[Fact]:
    yield "what", "(redacted)" if event.redacted else event.summary
    yield "kind", event.kind
    yield "occurred", viewer.time(event.occurred)
    yield "recorded", viewer.time(event.recorded)
    yield "by", event.actor
    yield "source", event.source
    yield "subject", event.subject
    yield "incident", event.incident or ""
    yield "environment", event.environment
    yield "corrects", f"event {event.supersedes}" if event.supersedes is not None else ""
    for name, value in event.detail.items():
        yield (
            sanitize_line(str(name)),
            value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1),
        )
    yield "hash", event.hash


def _list_values(label: str, values: Sequence[str]) -> Iterator[Fact]:
    for index, value in enumerate(values):
        yield ("" if index else label), value


def _to_ms(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds * 1000:.0f} ms"

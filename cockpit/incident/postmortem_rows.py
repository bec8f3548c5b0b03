"""The tables of a post-mortem draft, as plain values; the template gives them their form."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from cockpit.incident.detail import text_of
from cockpit.incident.markdown import Markdown, link
from cockpit.model.alert import AlertState
from cockpit.model.event import Event, Kind
from cockpit.model.incident import Incident
from cockpit.model.time import age

LATE = timedelta(minutes=5)  # a fact written down later than this says so
OWN_BUSINESS = frozenset({Kind.RECORDER, Kind.EXPORT, Kind.REDACT})  # about the cockpit, not about the incident
ELSEWHERE = frozenset({Kind.PIN, Kind.LINK, Kind.TICK, Kind.ITEM, Kind.REVIEW})  # told in a place of their own
SEEN_LATER = frozenset({Kind.REVISION, Kind.TRAFFIC})  # dated by the cloud, whenever somebody began to watch
NOTHING = Markdown()
SPOKEN = frozenset({Kind.NOTE, Kind.DECISION})  # their detail holds all of their words, the summary a line


@dataclass(frozen=True, slots=True)
class ChangeRow:
    at: datetime
    what: str
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class TimelineRow:
    """`evidence` leads to what proves it."""

    at: datetime
    kind: str
    who: str
    what: str
    pinned: bool = False
    evidence: Markdown = NOTHING


@dataclass(frozen=True, slots=True)
class AlertRow:
    """`ended` is the last word of its source: a moment, or why there is none."""

    name: str
    severity: str
    resource: str
    source: str
    fired: datetime | None
    state: str
    ended: datetime | None
    taken_by: str


@dataclass(frozen=True, slots=True)
class DeploymentRow:
    at: datetime
    what: str
    image: str
    by: str


def change_rows(incident: Incident) -> list[ChangeRow]:
    """Every severity and status it had, by when that began."""
    named = [("severity", each) for each in incident.severities] + [("status", each) for each in incident.statuses]
    rows = [ChangeRow(each.at, f"{what} {each.value}", each.actor, each.reason) for what, each in named]
    rows += [
        ChangeRow(each.at, f"severity {each.value} marked as entered by mistake", each.actor, each.reason)
        for each in incident.mistakes
    ]
    return sorted(rows, key=lambda row: row.at)


def timeline_rows(events: Iterable[Event], incident: Incident) -> list[TimelineRow]:
    """Every fact of the incident, in the order given, with its pin and its evidence."""
    links: dict[int, list[str]] = {}
    for each in incident.links:
        links.setdefault(each.event, []).append(link(each.target, each.text))
    evidence = {number: Markdown(", ".join(found)) for number, found in links.items()}
    return [
        TimelineRow(
            event.occurred,
            event.kind,
            event.actor or event.source,
            _words(event),
            event.id in incident.pins,
            evidence.get(event.id, NOTHING),
        )
        for event in events
        if event.kind not in OWN_BUSINESS and event.kind not in ELSEWHERE
    ]


def _words(event: Event) -> str:
    if event.redacted:
        return "(redacted)"
    marks = []
    if event.supersedes is not None:
        marks.append("corrected")
    marks += late_mark(event)
    # A note keeps all of its words under "text"; an alert its rule's description, the same whatever happened.
    words = (text_of(event.detail, "text") if event.kind in SPOKEN else "") or event.summary
    return _with_marks(words, marks)


def _with_marks(words: str, marks: Sequence[str]) -> str:
    return f"{words} ({', '.join(marks)})" if marks else words


def late_mark(event: Event) -> list[str]:
    """That a person wrote it down later, or that nobody watched when it happened."""
    late = event.recorded - event.occurred
    if late <= LATE or not (event.actor or event.kind in SEEN_LATER):
        return []
    return [f"{'written down' if event.actor else 'recorded'} {age(late.total_seconds())} later"]


def alert_rows(events: Sequence[Event], incident: Incident) -> list[AlertRow]:
    """One row an alert, in the order they first appear."""
    takers: dict[str, list[str]] = {}
    for ack in incident.acks:
        takers.setdefault(ack.alert, []).append(ack.actor)
    rows: dict[str, AlertRow] = {}
    for event in events:
        if event.kind != Kind.ALERT:
            continue
        state = text_of(event.detail, "state")
        row = rows.get(event.subject) or AlertRow(
            text_of(event.detail, "name") or event.subject,
            "",
            "",
            event.subject.partition(":")[0],
            None,
            "",
            None,
            ", ".join(dict.fromkeys(takers.get(event.subject, []))),
        )
        rows[event.subject] = replace(
            row,
            severity=text_of(event.detail, "severity") or row.severity,
            resource=text_of(event.detail, "resource") or row.resource,
            fired=row.fired or (event.occurred if state == AlertState.FIRING else None),
            state=state,
            ended=event.occurred if state == AlertState.RESOLVED else None,
        )
    return list(rows.values())


def revisions_created(events: Iterable[Event]) -> int:
    """How many revisions were made; the recorder's first look, health and traffic make none."""
    return len({each.subject for each in events if each.kind == Kind.REVISION and each.detail.get("what") == "created"})


def deployment_rows(events: Iterable[Event]) -> list[DeploymentRow]:
    """Revisions and traffic, in the order given."""
    return [
        DeploymentRow(
            each.occurred,
            _with_marks(each.summary, late_mark(each)),
            text_of(each.detail, "image"),
            text_of(each.detail, "changed_by"),
        )
        for each in events
        if each.kind in (Kind.REVISION, Kind.TRAFFIC)
    ]

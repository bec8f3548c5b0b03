"""Rows of incidents of before, and of the numbers over them."""

from collections.abc import Iterable
from datetime import datetime, timedelta, tzinfo

from cockpit.model.incident import Incident, find_worst_severity
from cockpit.model.response import Review
from cockpit.model.severity_scale import SeverityScale
from cockpit.model.time import format_duration as write_duration
from widgets.cell import Cell, Column, Row

INCIDENTS = (
    Column(10),
    Column(10),
    Column(0, prose=True),
    Column(13),
    Column(9, right=True),
    Column(9, from_width=90),
    Column(15, from_width=100),
)
NUMBERS = (
    Column(27),
    Column(5),
    Column(4, right=True),
    Column(9, right=True),
    Column(9, right=True, from_width=90),
    Column(9, right=True),
    Column(0, prose=True),
)
HEADINGS = ("number", "level", "n", "median", "mean", "worst", "target")
REVIEW_TONES = {Review.DRAFT: "warn", Review.IN_REVIEW: "info", Review.REVIEWED: "good", Review.CLOSED: "muted"}


def incident_rows(incidents: Iterable[Incident], zone: tzinfo, now: datetime, ladder: SeverityScale = ()) -> list[Row]:
    """One row an incident, the newest first: day, severity, title, status, how long, post-mortem, id."""
    newest = sorted(incidents, key=lambda incident: (incident.declared, incident.id), reverse=True)
    return [_build_incident_row(incident, zone, now, ladder) for incident in newest]


def _build_incident_row(incident: Incident, zone: tzinfo, now: datetime, ladder: SeverityScale) -> Row:
    gravest = find_worst_severity(incident, ladder)
    severity = gravest if gravest == incident.severity else f"{gravest}, now {incident.severity}"
    drill = "DRILL " if incident.drill else ""
    tone = "" if incident.open else "muted"
    return Row(
        incident.id,
        (
            Cell(f"{incident.declared.astimezone(zone):%Y-%m-%d}", "muted"),
            Cell(severity, "bad" if incident.open else ""),
            Cell(f"{drill}{incident.title}"),
            Cell(incident.status.value, "warn" if incident.open else "good"),
            Cell(format_length(incident.open_for(now)), tone),
            Cell(incident.review.value, "muted" if incident.open else REVIEW_TONES[incident.review]),
            Cell(incident.id, "muted"),
        ),
    )


def format_length(length: timedelta | None) -> str:
    """In its two largest units; "" for none."""
    return "" if length is None else write_duration(length)

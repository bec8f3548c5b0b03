"""Rows of incidents of before, and of the numbers over them."""

from collections.abc import Iterable
from datetime import datetime, timedelta, tzinfo

from cockpit.model.incident import Incident
from cockpit.model.response import Review
from widgets.cell import Cell, Column, Row

INCIDENTS = (
    Column(10),
    Column(5),
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


def incident_rows(incidents: Iterable[Incident], zone: tzinfo, now: datetime) -> list[Row]:
    """One row an incident, the newest first: day, severity, title, status, how long, post-mortem, id."""
    newest = sorted(incidents, key=lambda each: (each.declared, each.id), reverse=True)
    return [_incident(each, zone, now) for each in newest]


def _incident(incident: Incident, zone: tzinfo, now: datetime) -> Row:
    begin = incident.impact_started or incident.detected or incident.declared
    drill = "DRILL " if incident.drill else ""
    tone = "" if incident.open else "muted"
    return Row(
        incident.id,
        (
            Cell(f"{incident.declared.astimezone(zone):%Y-%m-%d}", "muted"),
            Cell(incident.severity, "bad" if incident.open else ""),
            Cell(f"{drill}{incident.title}"),
            Cell(incident.status.value, "warn" if incident.open else "good"),
            Cell(lasted((incident.resolved or now) - begin), tone),
            Cell(incident.review.value, "muted" if incident.open else REVIEW_TONES[incident.review]),
            Cell(incident.id, "muted"),
        ),
    )


def lasted(length: timedelta | None) -> str:
    """`28m 05s`, `3h 02m`, `4d 03h`; "" for none, with its sign when it ends before it begins."""
    if length is None:
        return ""
    seconds = int(abs(length.total_seconds()))
    sign = "-" if length < timedelta() else ""
    if seconds < 3_600:
        return f"{sign}{seconds // 60}m {seconds % 60:02}s" if seconds >= 60 else f"{sign}{seconds}s"
    if seconds < 2 * 86_400:
        return f"{sign}{seconds // 3_600}h {seconds // 60 % 60:02}m"
    return f"{sign}{seconds // 86_400}d {seconds // 3_600 % 24:02}h"

"""Rows of the alert pane: loudest first, then newest."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from operator import itemgetter
from typing import Any

from cockpit.model.alert import (
    SEVERITY_RANK,
    Alert,
    AlertGrade,
    AlertGroup,
    AlertState,
    Severity,
    group_alerts,
    list_unconfirmed_alerts,
    name_alert_subjects,
    rank_firing_alerts,
)
from cockpit.model.incident import Acknowledgement
from cockpit.model.time import format_age
from widgets.cell import Cell, Column, Piece, Row, RowMemory

COLUMNS = (
    Column(1),
    Column(8),
    Column(0, fitted=True),
    Column(14, from_width=92),
    Column(20, prose=True, from_width=50, below=66),
    Column(34, prose=True, from_width=66, below=92),
    Column(34, prose=True, from_width=92),
    Column(9, from_width=92),
    Column(4, right=True),
)
STATES = (AlertState.FIRING, AlertState.RESOLVING, AlertState.PENDING, AlertState.SUPPRESSED, AlertState.RESOLVED)
SHOUTS = frozenset({Severity.CRITICAL, Severity.HIGH})
LOOK = {
    AlertState.FIRING: ("▲", "warn"),
    AlertState.RESOLVING: ("△", "warn"),
    AlertState.PENDING: ("◌", "muted"),
    AlertState.SUPPRESSED: ("–", "muted"),
    AlertState.RESOLVED: ("✔", "good"),
}


STATE_RANK = {state: rank for rank, state in enumerate(STATES)}


ORDERS = ("loudest first", "newest first", "oldest first", "by name")
"""How the pane can be sorted; the first is how it opens."""
FAULTS = frozenset({AlertState.FIRING, AlertState.RESOLVING})


NO_GRADES: Mapping[str, AlertGrade] = {}


def grade(alert: Alert, grades: Mapping[str, AlertGrade]) -> Alert:
    """The alert as grave as the documents say, where its source does not say it."""
    known = grades.get(alert.name) if grades and alert.severity is Severity.UNKNOWN else None
    return replace(alert, severity=known.severity) if known else alert


def build_alert_rows(
    alerts: Sequence[Alert],
    acks: Mapping[str, Acknowledgement],
    unfolded: Container[str] = (),
    *,
    grouped: Sequence[Alert | AlertGroup] | None = None,
    order: str = ORDERS[0],
    now: datetime | None = None,
    grades: Mapping[str, AlertGrade] = NO_GRADES,
) -> list[Row]:
    """One row an alert or a group of many of one name; `acks` are ours, by the alert's key. A taken alert is quieter
    than one nobody has, and says since when somebody has it. Of a group in `unfolded` its alerts stand below it.

    `grouped` is `group_alerts(alerts)`, where somebody has it already. `grades` are what the documents say of alerts,
    by their names: such a row shows the document's word, and stands and is coloured by it.
    """
    subjects = name_alert_subjects(alerts)
    rows: list[Row] = []
    for item in sort_alerts(group_alerts(alerts) if grouped is None else grouped, order, grades):
        if isinstance(item, Alert):
            rows.append(_recall_alert_row(item, *_tell_taken(item, acks, now), subjects, grades.get(item.name)))
            continue
        opened = item.key in unfolded
        taken = sum(alert.key in acks for alert in item.alerts) if acks else 0
        rows.append(_build_group_row(item, taken, opened, subjects, grades))
        if opened:
            rows += [
                _recall_alert_row(alert, *_tell_taken(alert, acks, now), subjects, grades.get(alert.name), True)
                for alert in item.alerts
            ]
    return rows


def list_alert_objects(alerts: Sequence[Alert], grouped: Sequence[Alert | AlertGroup]) -> dict[str, object]:
    """What the rows stand for, by their ids."""
    objects: dict[str, object] = {alert.key: alert for alert in alerts}
    objects.update({item.key: item for item in grouped if isinstance(item, AlertGroup)})
    return objects


def sort_alerts(
    items: Sequence[Alert | AlertGroup], order: str = ORDERS[0], grades: Mapping[str, AlertGrade] = NO_GRADES
) -> list[Alert | AlertGroup]:
    """Loudest first, then newest: a new instance of an old rule is not buried. A group is as old as its newest."""
    ranked = [(item, grade(item if isinstance(item, Alert) else item.alerts[0], grades)) for item in items]
    keyed: list[tuple[Any, str, Alert | AlertGroup]]
    match ORDERS.index(order):
        case 0:
            keyed = [
                ((STATE_RANK[alert.state], SEVERITY_RANK[alert.severity], -alert.since.timestamp()), item.key, item)
                for item, alert in ranked
            ]
        case 1:
            keyed = [(-alert.since.timestamp(), item.key, item) for item, alert in ranked]
        case 2:
            keyed = [(alert.since.timestamp(), item.key, item) for item, alert in ranked]
        case _:
            keyed = [((alert.name.lower(), -alert.since.timestamp()), item.key, item) for item, alert in ranked]
    keyed.sort(key=itemgetter(0, 1))
    return [item for _, _, item in keyed]


def _label_alert(alert: Alert, ack: Acknowledgement | None) -> tuple[tuple[str, str], ...]:
    """What the filter may ask for by name: its own labels, and what we know of it."""
    ours = (("state", alert.state.value), ("severity", alert.severity.value), ("name", alert.name))
    return (*alert.labels, *ours, ("source", alert.source), ("ack", ack.actor if ack else ""))


def count_alerts(alerts: Sequence[Alert], grades: Mapping[str, AlertGrade] = NO_GRADES) -> list[Piece]:
    """` ▲2 △1`, for the title of the pane."""
    firing = rank_firing_alerts(alerts)
    unsure = len(list_unconfirmed_alerts(alerts))
    pieces: list[Piece] = []
    if firing:
        loud = any(grade(alert, grades).severity in SHOUTS for alert in (firing if grades else firing[:1]))
        pieces += [(" ", ""), (f"▲{len(firing)}", "bad" if loud else "warn")]
    if unsure:
        pieces += [(" ", ""), (f"△{unsure}", "warn")]
    return pieces


def choose_alert_look(alert: Alert) -> tuple[str, str]:
    """Glyph and tone of an alert; a loud one that fires is red."""
    glyph, tone = LOOK[alert.state]
    return (glyph, "bad") if alert.state is AlertState.FIRING and alert.severity in SHOUTS else (glyph, tone)


def quiet_word(alert: Alert) -> str:
    """How an alert is kept quiet: a person silenced it, another alert inhibits it, or a schedule mutes it."""
    verb = alert.note.partition(" ")[0]
    return verb if verb in ("silenced", "inhibited", "muted") else "silenced"


def _tell_taken(
    alert: Alert, acks: Mapping[str, Acknowledgement], now: datetime | None
) -> tuple[Acknowledgement | None, str]:
    """Who has an alert, and for how long; most of the time nobody has any."""
    ack = acks.get(alert.key) if acks else None
    return ack, _format_ack_age(ack, now)


def _format_ack_age(ack: Acknowledgement | None, now: datetime | None) -> str:
    """How long ago it was taken, in minutes: its seconds would make a new row of it at every look."""
    seconds = (now - ack.at).total_seconds() if ack and now else 0.0
    return format_age(seconds) if seconds >= 60 else ""


def _recall_alert_row(
    alert: Alert,
    ack: Acknowledgement | None,
    age: str,
    subjects: Mapping[str, str],
    by_document: AlertGrade | None = None,
    inner: bool = False,
) -> Row:
    key = alert.key
    return ALERT_ROWS.build(key, _build_alert_row, alert, ack, age, subjects[key], by_document, inner)


def _find_state_begin(alert: Alert) -> datetime:
    """Since when it is what the row says: an age beside `resolved` is read as that of the end."""
    return (alert.ended or alert.since) if alert.state is AlertState.RESOLVED else alert.since


ALERT_ROWS = RowMemory(16_384)  # in a storm most alerts are those of the poll before


def _build_alert_row(
    alert: Alert, ack: Acknowledgement | None, age: str, subject: str, by_document: AlertGrade | None, inner: bool
) -> Row:
    if by_document and alert.severity is Severity.UNKNOWN:
        severity, (glyph, tone) = by_document.word, choose_alert_look(replace(alert, severity=by_document.severity))
    else:
        severity, (glyph, tone) = alert.severity.value, choose_alert_look(alert)
    state = quiet_word(alert) if alert.state is AlertState.SUPPRESSED else alert.state.value
    taken = Cell(f"✔ {ack.actor.partition('@')[0]}", "good", ack.at) if ack else Cell(state, tone)
    text = alert.note or alert.summary
    # Where there is room for one column of text only, it says which subject, whose it is, and what is wrong.
    who = f"{taken.text} {age}".strip()
    says_it_already = (alert.state is AlertState.FIRING and not ack) or (not ack and text.startswith(state))
    prefix = "" if says_it_already else f"{who}: "
    brief = f"{prefix}{subject} {text}".strip()
    return Row(
        alert.key,
        (
            Cell(glyph, tone),
            Cell(severity, tone),
            Cell(f"  {subject or alert.name}" if inner else alert.name, "" if ack or inner else "strong"),
            Cell(subject, "muted"),
            Cell(brief, "muted"),
            Cell(brief, "muted"),
            Cell(text, "muted"),
            taken,
            Cell("", "", _find_state_begin(alert)),
        ),
        (*_label_alert(alert, ack), *((("severity", severity),) if severity != alert.severity.value else ())),
        alert.state in FAULTS,
    )


def _build_group_row(
    group: AlertGroup, taken: int, opened: bool, subjects: Mapping[str, str], grades: Mapping[str, AlertGrade]
) -> Row:
    """`▲ critical 5xxHigh ×214   app=orders   api-1, api-2 and 212 more`; its age is that of the newest."""
    first = group.alerts[0]
    glyph, tone = choose_alert_look(grade(first, grades))
    by_document = grades.get(first.name) if first.severity is Severity.UNKNOWN else None
    shared = " ".join(f"{name}={value}" for name, value in group.shared)
    names = list(dict.fromkeys(subjects[alert.key] for alert in group.alerts))
    named = ", ".join(name for name in names[:2] if name)
    more = f" and {len(group.alerts) - 2} more" if named else f"{len(group.alerts)} alerts"
    notes, summaries = {alert.note for alert in group.alerts}, {alert.summary for alert in group.alerts}
    shared_text = first.note if len(notes) == 1 and first.note else first.summary if len(summaries) == 1 else ""
    text = shared_text or f"{named}{more}"
    state = f"✔ {taken} taken" if taken else first.state.value
    return Row(
        group.key,
        (
            Cell(glyph, tone),
            Cell(by_document.word if by_document else first.severity.value, tone),
            Cell(f"{'▾' if opened else '▸'} {first.name} ×{len(group.alerts)}", "strong"),
            Cell(shared, "muted"),
            Cell(f"{shared} {text}".strip(), "muted"),
            Cell(f"{shared} {text}".strip(), "muted"),
            Cell(text, "muted"),
            Cell(state, "good" if taken else tone),
            Cell("", "", first.since),
        ),
        (*group.shared, *_label_alert(replace(first, labels=()), None)),
        first.state in FAULTS,
    )

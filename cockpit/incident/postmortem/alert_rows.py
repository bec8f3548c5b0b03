"""The alerts of an incident, as the draft tells them: each firing with its end and who took it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from cockpit.incident.impact import EARLIEST, LATEST
from cockpit.incident.signals import has_fired_anew, key_of
from cockpit.incident.takers import BadStretch, find_takers_in, list_bad_stretches
from cockpit.model.alert import AlertState
from cockpit.model.event import (
    STORM_FROM,
    Event,
    Kind,
    list_of,
    text_of,
)
from cockpit.model.incident import Incident

MOST_FIRINGS = 4  # of one alert that have a row each


@dataclass(frozen=True, slots=True)
class AlertRow:
    """One firing of an alert, or of many. `ended` is when its source ended it in the time of the incident, and
    `ended_before` when it fired anew, where nobody saw its end. Where it did not end, `state` is as it was when that
    was closed, `closed`, and `ended_later` when it ended after that, where the record knows."""

    name: str
    severity: str
    resource: str
    source: str
    fired: datetime | None
    state: str
    ended: datetime | None
    taken_by: str
    closed: datetime | None = None
    ended_later: datetime | None = None
    ended_before: datetime | None = None
    keys: frozenset[str] = frozenset()  # the alerts that this tells of
    firings: int = 1


def alert_rows(events: Sequence[Event], incident: Incident, afterlife: Sequence[Event] = ()) -> list[AlertRow]:
    """Each firing of each alert with its end, in the order in which they began. `afterlife` is what is on record of
    alerts beside the incident."""
    stretches: dict[str, list[BadStretch]] = {}
    for stretch in list_bad_stretches(event for event in events if event.kind == Kind.ALERT):
        stretches.setdefault(stretch.key, []).append(stretch)
    rows: list[AlertRow] = []
    last: dict[str, int] = {}  # by alert the place of its last row
    for event in events:
        if event.kind != Kind.ALERT:
            continue
        state, place = text_of(event.detail, "state"), last.get(event.subject)
        if place is None or has_fired_anew(event) or (rows[place].ended is not None and state != AlertState.RESOLVED):
            before = rows[place] if place is not None else None
            if place is not None and before is not None and before.ended is None:
                rows[place] = replace(before, ended_before=event.occurred)
            last[event.subject] = place = len(rows)
            rows.append(_begin_alert_row(event, before, stretches.get(key_of(event), ()), incident))
        row = rows[place]
        rows[place] = replace(
            row,
            severity=text_of(event.detail, "severity") or row.severity,
            resource=text_of(event.detail, "resource") or row.resource,
            fired=row.fired or (event.occurred if state == AlertState.FIRING else None),
            state=state,
            ended=event.occurred if state == AlertState.RESOLVED else None,
        )
    facts: dict[str, list[Event]] = {}
    for event in afterlife:
        for key in _list_alert_keys(event):
            facts.setdefault(key, []).append(event)
    for place, row in enumerate(rows):
        key = next(iter(row.keys))
        rows[place] = _add_afterlife(row, incident.resolved if place == last[key] else None, facts.get(key, ()))
    return _join_storm_rows(_join_firings(rows))


def _begin_alert_row(
    event: Event, before: AlertRow | None, stretches: Sequence[BadStretch], incident: Incident
) -> AlertRow:
    """The row that an event begins; `before` is the alert's last one, and `stretches` all of its own."""
    own = [
        stretch
        for stretch in stretches
        if event.occurred in ((stretch.until,) if stretch.since is None else (stretch.since,))
    ]
    return AlertRow(
        text_of(event.detail, "name") or (before.name if before else event.subject),
        before.severity if before else "",
        before.resource if before else "",
        event.subject.partition(":")[0],
        None,
        "",
        None,
        _list_takers(own, stretches, incident),
        keys=frozenset({event.subject}),
    )


def count_alerts(rows: Iterable[AlertRow]) -> str:
    """`3`, `3, which fired 5 times`: how many alerts there were, and how often they fired where that is more."""
    rows = list(rows)
    alerts, firings = len(frozenset().union(*(row.keys for row in rows))), sum(row.firings for row in rows)
    return f"{alerts}, which fired {firings} times" if firings > alerts else str(alerts)


def _list_takers(own: Iterable[BadStretch], stretches: Sequence[BadStretch], incident: Incident) -> str:
    """Whoever took the alert in some of its stretches."""
    takers = (person for stretch in own for person in find_takers_in(incident, stretch, stretches))
    return ", ".join(dict.fromkeys(takers))


def _list_alert_keys(event: Event) -> list[str]:
    """The alerts that an alert's turn or an acknowledgement is about."""
    keys = [str(key) for key in list_of(event.detail, "keys")] if event.kind == Kind.ACK else []
    return keys or [event.subject]


def _add_afterlife(row: AlertRow, closed: datetime | None, afterlife: Sequence[Event]) -> AlertRow:
    """Of one that had not ended when the incident was closed what became of it; and who took it in another incident."""
    begin, until = row.fired or EARLIEST, row.ended_before or LATEST
    anew = min(
        (event.occurred for event in afterlife if event.occurred > begin and has_fired_anew(event)), default=until
    )
    since = [event for event in afterlife if begin <= event.occurred <= min(anew, until)]
    ends = [
        event.occurred
        for event in since
        if event.kind == Kind.ALERT and text_of(event.detail, "state") == AlertState.RESOLVED
    ]
    ended = row.ended or min(ends, default=None)
    takers = [event.actor for event in since if event.kind == Kind.ACK and (ended is None or event.occurred <= ended)]
    taken_by = ", ".join(dict.fromkeys(filter(None, [*row.taken_by.split(", "), *takers])))
    if row.ended is not None or closed is None:
        return replace(row, taken_by=taken_by)
    return replace(row, closed=closed, ended_later=ended, taken_by=taken_by)


def _join_firings(rows: Sequence[AlertRow]) -> list[AlertRow]:
    """An alert that came and went many times is one row that counts them."""
    firings: dict[frozenset[str], list[AlertRow]] = {}
    for row in rows:
        firings.setdefault(row.keys, []).append(row)
    joined_rows: list[AlertRow] = []
    for row in rows:
        several = firings[row.keys]
        if len(several) <= MOST_FIRINGS:
            joined_rows.append(row)
        elif row is several[0]:
            takers = (name for firing in several for name in firing.taken_by.split(", ") if name)
            name, taken_by = f"{row.name}: fired {len(several)} times", ", ".join(dict.fromkeys(takers))
            joined_rows.append(
                replace(several[-1], name=name, fired=row.fired, taken_by=taken_by, firings=len(several))
            )
    return joined_rows


def _join_storm_rows(rows: Sequence[AlertRow]) -> list[AlertRow]:
    """Many alerts of one name that fared alike are one row: nobody reads ten thousand."""
    alike: dict[tuple[str, str, str], list[AlertRow]] = {}
    for row in rows:
        alike.setdefault((row.name, row.state, row.severity), []).append(row)
    joined_rows: list[AlertRow] = []
    for several in alike.values():
        is_storm = len({row.keys for row in several}) >= STORM_FROM
        joined_rows += [_join_alert_rows(several)] if is_storm else several
    return joined_rows


def _join_alert_rows(rows: Sequence[AlertRow]) -> AlertRow:
    subjects = list(dict.fromkeys(row.resource for row in rows if row.resource))
    more = f" and {len(subjects) - 2} more" if len(subjects) > 2 else ""
    ends, later = [row.ended for row in rows], [row.ended_later for row in rows]
    keys, firings = frozenset().union(*(row.keys for row in rows)), sum(row.firings for row in rows)
    often = f", fired {firings} times in all" if firings > len(keys) else ""
    return replace(
        rows[0],
        name=f"{rows[0].name}: {len(keys)} instances{often}",
        resource=", ".join(subjects[:2]) + more,
        fired=min((row.fired for row in rows if row.fired), default=None),
        ended=max(end for end in ends if end) if all(ends) else None,
        ended_later=max(end for end in later if end) if all(later) else None,
        keys=keys,
        firings=firings,
    )

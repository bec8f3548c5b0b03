"""Which changes of an alert are facts for the timeline; one that vanished is `resolved?`, never resolved. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from cockpit.model.alert import Alert, AlertState, name_alert_subjects
from cockpit.model.event import FIRING_STATES, Draft, Kind
from cockpit.model.time import format_timestamp
from cockpit.recorder.last_recorded import LastRecorded, RecordedAlert

GONE = "not listed after a gap in our watch, and nothing confirms that it resolved"
STARTS_DIFFER = timedelta(minutes=2)  # between what Prometheus and Alertmanager call the beginning of one alert
ENDED_STATES = (AlertState.RESOLVING, AlertState.RESOLVED)  # the end of an alert whose beginning nobody recorded


def alert_changes(
    last_recorded: LastRecorded, environment: str, source: str, alerts: Iterable[Alert], moment: datetime
) -> Iterator[Draft]:
    """Drafts for every alert of `source` whose state or severity is not the one on the timeline.

    Pending is the source's own waiting and no fact yet. An alert that is on the timeline but unknown to the source
    (it forgot, or we just started) is `resolved?`.
    """
    visited = set()
    alerts = tuple(alerts)
    subjects: dict[str, str] = {}  # what tells each from the others, looked for once one is new

    def tell_place(alert: Alert) -> str:
        if not subjects:
            subjects.update(name_alert_subjects(alerts))
        return name_alert_place(alert, subjects[alert.key])

    for alert in alerts:
        visited.add(alert.key)
        before = last_recorded.alerts.get(alert.key)
        if alert.state is AlertState.PENDING or (before is None and alert.state in ENDED_STATES):
            continue
        if before is None:
            place = tell_place(alert)
            yield _draft_alert(
                alert,
                environment,
                _describe_fired_alert(alert, place),
                min(alert.since, moment),
                "",
                place,
                _list_alert_revisions(alert, last_recorded),
            )
        elif alert.state != before.state and _has_fired_anew(alert, before):
            place = tell_place(alert)
            yield _draft_alert(
                alert,
                environment,
                _describe_fired_alert(alert, place, "fired again"),
                max(min(alert.since, moment), before.at),
                AlertState.RESOLVED,
                place,
                _list_alert_revisions(alert, last_recorded),
            )
        elif alert.state != before.state:
            occurred, place = _date_alert_change(alert, before, moment), before.place or name_alert_place(alert)
            changed = _describe_changed_alert(alert, before, place)
            yield _draft_alert(alert, environment, changed, occurred, before.state, place)
        elif alert.severity != before.severity:
            place = before.place or name_alert_place(alert)
            now = f"{_name_alert(alert, place)} now {alert.severity}, was {before.severity}"
            yield _draft_alert(alert, environment, now, moment, alert.state, place)
    for key, before in sorted(last_recorded.alerts.items()):
        if key.startswith(f"{source}:") and key not in visited and before.state != AlertState.RESOLVING:
            yield _draft_vanished_alert(key, before, environment, moment)


def _has_fired_anew(alert: Alert, before: RecordedAlert) -> bool:
    """Whether the one that was recorded has ended, and this is another: it began after the first was seen to be gone,
    or so much later than it that these are not two sources' words for one beginning."""
    if alert.state not in FIRING_STATES:
        return False
    is_gone = before.state == AlertState.RESOLVING and alert.since > before.at
    return is_gone or alert.since - before.since > STARTS_DIFFER


def _date_alert_change(alert: Alert, before: RecordedAlert, moment: datetime) -> datetime:
    """An end by the source's own time, where that can be the end of what was recorded; else when it was noticed."""
    if alert.state is not AlertState.RESOLVED or alert.ended is None or not alert.since <= alert.ended <= moment:
        return moment
    return min(max(alert.ended, before.at), moment)


def _draft_alert(
    alert: Alert,
    environment: str,
    summary: str,
    occurred: datetime,
    was: str,
    place: str,
    revisions: Sequence[str] = (),
) -> Draft:
    return Draft(
        Kind.ALERT,
        summary,
        occurred,
        environment,
        alert.key,
        source="recorder",
        detail={
            "name": alert.name,
            "severity": alert.severity.value,
            "state": alert.state.value,
            "was": was,
            "since": format_timestamp(alert.since),
            "resource": alert.resource,
            "place": place,
            "text": alert.summary,
            "confirmed_by": alert.note if alert.state is AlertState.RESOLVED else "",
            "note": alert.note,
            **({"native_id": alert.native_id} if alert.native_id else {}),
            **({"labels": dict(alert.labels)} if alert.labels and not was else {}),
            **({"rule": alert.rule} if alert.rule else {}),
            **({"revisions": list(revisions)} if revisions else {}),
        },
    )


def _list_alert_revisions(alert: Alert, last_recorded: LastRecorded) -> list[str]:
    """The revisions that the alert itself names: whether users feel it depends on what traffic they have."""
    return find_named_revisions((alert.resource, *(value for _, value in alert.labels)), last_recorded)


def _draft_vanished_alert(key: str, before: RecordedAlert, environment: str, moment: datetime) -> Draft:
    return Draft(
        Kind.ALERT,
        f"{before.name}{f' on {before.place}' if before.place else ''} resolved? {GONE}",
        moment,
        environment,
        key,
        source="recorder",
        detail={
            "name": before.name,
            "place": before.place,
            "severity": before.severity,
            "state": AlertState.RESOLVING.value,
            "was": before.state,
            "note": GONE,
        },
    )


def name_alert_place(alert: Alert, subject: str = "") -> str:
    """What it is about, as a row says it (the app), with the resource that its source names: `orders (a:1)`. `subject`
    is what tells it from the others of its name: two entries of the timeline must not read alike, `orders acme (a:1)`.
    """
    own = name_alert_subjects([alert])[alert.key]
    if subject.startswith(f"{own}/"):
        named = subject
    else:
        named = own if subject in ("", own, alert.resource, *own.split("/")) else f"{own} {subject}".strip()
    return named if alert.resource in ("", own, *own.split("/")) else f"{named} ({alert.resource})"


def _name_alert(alert: Alert, place: str) -> str:
    """Its name and what it is about: of an alert with two hundred instances its name alone says nothing."""
    return f"{alert.name} on {place}" if place else alert.name


def _describe_fired_alert(alert: Alert, place: str, fired: str = "fired") -> str:
    on = f" on {place}" if place else ""
    silenced = f", {alert.note or 'silenced at the source'}" if alert.state is AlertState.SUPPRESSED else ""
    return f"{alert.name} {fired} ({alert.severity}){on}{silenced}"


def _describe_changed_alert(alert: Alert, before: RecordedAlert, place: str) -> str:
    named = _name_alert(alert, place)
    match alert.state:
        case AlertState.RESOLVED:
            return f"{named} resolved: {alert.note}" if alert.note else f"{named} resolved"
        case AlertState.RESOLVING:
            return f"{named} resolved? {alert.note or 'it vanished, and nothing has confirmed why'}"
        case AlertState.SUPPRESSED:
            return f"{named} {alert.note or 'silenced at the source'}"
        case _ if before.state == AlertState.SUPPRESSED:
            return f"{named} no longer {before.silenced_as or 'silenced'}, still firing"
        case _:
            return f"{named} still firing: it is listed again"


def find_named_revisions(texts: Iterable[Any], last_recorded: LastRecorded) -> list[str]:
    """The recorded revisions that labels or a resource name: itself, or one of its instances."""
    names = [revision for app in last_recorded.apps.values() for revision in app.revisions]
    spoken = [text.casefold() for text in texts if isinstance(text, str)]
    return sorted(
        {
            name
            for name in names
            if any(text == name.casefold() or text.startswith(f"{name.casefold()}-") for text in spoken)
        }
    )

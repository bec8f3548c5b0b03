"""Which words of an alert source are facts for the timeline."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from cockpit.incident.impact_signals import revisions_named
from cockpit.incident.known import Known, KnownAlert
from cockpit.model.alert import Alert, AlertState
from cockpit.model.event import Draft, Kind
from cockpit.model.time import stamp

GONE = "not listed after a gap in our watch, and nothing confirms that it resolved"
UNTOLD = (AlertState.RESOLVING, AlertState.RESOLVED)  # the end of an alert whose beginning nobody recorded


def alert_changes(
    known: Known, environment: str, source: str, alerts: Iterable[Alert], at: datetime
) -> Iterator[Draft]:
    """Drafts for every alert of `source` whose state or severity is not the one on the timeline.

    Pending is the source's own waiting and no fact yet. An alert that is on the timeline but unknown to the source
    (it forgot, or we just started) is `resolved?`.
    """
    seen = set()
    for alert in alerts:
        seen.add(alert.key)
        before = known.alerts.get(alert.key)
        if alert.state is AlertState.PENDING or (before is None and alert.state in UNTOLD):
            continue
        if before is None:
            yield _told(alert, environment, _began(alert), min(alert.since, at), "", _revisions(alert, known))
        elif alert.state != before.state:
            yield _told(alert, environment, _moved(alert, before), at, before.state)
        elif alert.severity != before.severity:
            yield _told(
                alert, environment, f"{alert.name} now {alert.severity}, was {before.severity}", at, alert.state
            )
    for key, before in sorted(known.alerts.items()):
        if key.startswith(f"{source}:") and key not in seen and before.state != AlertState.RESOLVING:
            yield _gone(key, before, environment, at)


def _told(
    alert: Alert, environment: str, summary: str, occurred: datetime, was: str, revisions: Sequence[str] = ()
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
            "since": stamp(alert.since),
            "resource": alert.resource,
            "text": alert.summary,
            "confirmed_by": alert.note if alert.state is AlertState.RESOLVED else "",
            "note": alert.note,
            **({"revisions": list(revisions)} if revisions else {}),
        },
    )


def _revisions(alert: Alert, known: Known) -> list[str]:
    """The revisions that the alert itself names: whether users feel it depends on what traffic they have."""
    return revisions_named((alert.resource, *(value for _, value in alert.labels)), known)


def _gone(key: str, before: KnownAlert, environment: str, at: datetime) -> Draft:
    return Draft(
        Kind.ALERT,
        f"{before.name} resolved? {GONE}",
        at,
        environment,
        key,
        source="recorder",
        detail={
            "name": before.name,
            "severity": before.severity,
            "state": AlertState.RESOLVING.value,
            "was": before.state,
            "note": GONE,
        },
    )


def _began(alert: Alert) -> str:
    on = f" on {alert.resource}" if alert.resource else ""
    silenced = f", {alert.note or 'silenced at the source'}" if alert.state is AlertState.SUPPRESSED else ""
    return f"{alert.name} fired ({alert.severity}){on}{silenced}"


def _moved(alert: Alert, before: KnownAlert) -> str:
    match alert.state:
        case AlertState.RESOLVED:
            return f"{alert.name} resolved: {alert.note}" if alert.note else f"{alert.name} resolved"
        case AlertState.RESOLVING:
            return f"{alert.name} resolved? {alert.note or 'it vanished, and nothing has confirmed why'}"
        case AlertState.SUPPRESSED:
            return f"{alert.name} {alert.note or 'silenced at the source'}"
        case _ if before.state == AlertState.SUPPRESSED:
            return f"{alert.name} no longer silenced, still firing"
        case _:
            return f"{alert.name} still firing: it is listed again"

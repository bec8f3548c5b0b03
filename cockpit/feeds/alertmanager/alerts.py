"""What an Alertmanager says, as our own nouns. Any JSON may come in; what is no alert is left out."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from cockpit.feeds.alertmanager.silences import NOT_SUPPRESSED, AlertSuppression, describe_suppression, read_suppression
from cockpit.model.alert import Alert, AlertState, parse_severity
from cockpit.model.problem import Problem, ProblemKind, SourceError
from cockpit.model.raw import dig_value, read_moment, read_text
from cockpit.model.secret import KNOWN_SECRETS
from cockpit.model.silence import Silence
from cockpit.model.text import keep_whole

LIFE = timedelta(minutes=4)  # Prometheus' default: an alert not sent again for four times the resend delay is over
LONGEST_SETTLING = timedelta(minutes=5)  # a server that runs so long has received everything again
LATE_SENDER = timedelta(seconds=2)  # a sender that is busy is not dead
MOST_LABELS = 64
LONGEST_LABEL = 500
PLACES = (
    *(
        "exported_pod",
        "exported_node",
        "exported_instance",
    ),  # as Prometheus renames them where its target has one too
    *("pod", "node", "host", "instance", "app", "service", "job"),
)
"""Which label names the resource, best first: of an alert about a pod the instance is whoever counts pods."""
SUMMARIES = ("summary", "description", "message")
LINK_NAMES = {"runbook_url": "runbook", "dashboard_url": "dashboard"}
LINK_ORDER = {name: rank for rank, name in enumerate(LINK_NAMES.values())}  # every other annotation comes after them
NO_ALERTS = Problem(ProblemKind.GARBAGE, "no alerts", "The answer is not a list of alerts.")

# A storm repeats a few names, values and times thousands of times.
line = lru_cache(maxsize=16_384)(read_text)
time_of = lru_cache(maxsize=4_096)(read_moment)


@dataclass(frozen=True, slots=True)
class ListedAlert:
    """An alert in a server's list. By that server's clock: when its sender last spoke of it, and when silence of the
    sender would end it."""

    alert: Alert
    updated: datetime
    ends: datetime
    suppression: AlertSuppression = NOT_SUPPRESSED

    @property
    def resend(self) -> timedelta:
        """How often its sender speaks: Prometheus lets an alert live four times as long."""
        return max(self.ends - self.updated, timedelta(0)) / 4

    def is_overdue(self, now: datetime) -> bool:
        """Its sender did not speak for two resends at `now`, by the server's clock; it is still listed for two more."""
        return now - self.updated > 2 * self.resend + max(self.resend / 4, LATE_SENDER)


@dataclass(frozen=True, slots=True)
class Report:
    """All that one server reported in one look. `at` is when, by its own clock, and `skew` how much ours is ahead;
    `uptime` is None when it does not tell."""

    server: str
    at: datetime
    alerts: Mapping[str, ListedAlert]  # by fingerprint
    uptime: timedelta | None = None
    watched: bool = True  # its watchdog fires, or none is configured
    skew: timedelta = timedelta(0)
    watchdog: ListedAlert | None = None
    others: tuple[ListedAlert, ...] = ()  # what the filters of the source leave out, where that was asked for

    @property
    def resends(self) -> list[timedelta]:
        """How often the senders of all that it lists speak."""
        entries = [*self.alerts.values(), *([self.watchdog] if self.watchdog else []), *self.others]
        return [entry.resend for entry in entries]

    @property
    def settling(self) -> bool:
        """It runs for so short a time that it may not have received again everything that fires."""
        settles = min(2 * max(self.resends, default=LONGEST_SETTLING), LONGEST_SETTLING)
        return self.uptime is not None and self.uptime < settles

    @property
    def heard(self) -> datetime:
        """When it answered, by our clock: another server may have kept us waiting since."""
        return self.at + self.skew


def decode_json(body: bytes) -> Any:
    """The JSON of `body`. Raises ValueError or RecursionError.

    A hook in Python lets other threads run between two objects; the parser alone holds them all up to its end.
    """
    return json.loads(body, object_hook=lambda fields: fields)


def parse_listed_alerts(
    body: bytes, *, source: str, environment: str, server: str, polled: datetime
) -> dict[str, ListedAlert]:
    """The alerts of `GET /api/v2/alerts` by fingerprint. `polled` stands in for times that cannot be read.

    Raises SourceError when one of them is no alert, ValueError or RecursionError when it is no JSON.
    """
    raw = decode_json(body)
    if not isinstance(raw, list):
        raise SourceError(NO_ALERTS)
    result = (
        _parse_listed_alert(item, source=source, environment=environment, server=server, polled=polled) for item in raw
    )
    return {item.alert.fingerprint: item for item in result}


def explain_suppressions(
    listed: Mapping[str, ListedAlert], silences: Mapping[str, Silence], names: Mapping[str, str]
) -> dict[str, ListedAlert]:
    """The same alerts; each silenced one says by whom or what, why, and until when. `names` are of alerts that are not
    among them, by fingerprint."""

    def name_of(fingerprint: str) -> str:
        return listed[fingerprint].alert.name if fingerprint in listed else names.get(fingerprint, "")

    return {
        fingerprint: replace(
            entry, alert=replace(entry.alert, note=describe_suppression(entry.suppression, silences, name_of))
        )
        if entry.suppression.verb
        else entry
        for fingerprint, entry in listed.items()
    }


def _parse_listed_alert(raw: object, *, source: str, environment: str, server: str, polled: datetime) -> ListedAlert:
    fingerprint = read_text(dig_value(raw, "fingerprint"))
    if not isinstance(raw, Mapping) or not fingerprint:
        raise SourceError(NO_ALERTS)
    status = raw.get("status")
    suppression = read_suppression(status)
    updated = parse_go_time(raw.get("updatedAt")) or polled
    alert = alert_of(
        raw,
        fingerprint,
        read_alert_state(status),
        parse_go_time(raw.get("startsAt")) or polled,
        source=source,
        environment=environment,
        server=server,
        note=describe_suppression(suppression),
    )
    return ListedAlert(alert, updated, parse_go_time(raw.get("endsAt")) or updated + LIFE, suppression)


def alert_of(
    raw: Mapping[str, Any],
    fingerprint: str,
    state: AlertState,
    since: datetime,
    *,
    source: str,
    environment: str,
    server: str,
    note: str = "",
) -> Alert:
    """An alert out of `labels` and `annotations`, which Alertmanager and Prometheus write alike."""
    labels = clean_labels(raw.get("labels"))
    annotations = clean_labels(raw.get("annotations"))
    addresses = [(LINK_NAMES.get(name, name), _read_address(raw["annotations"], name)) for name in annotations]
    addresses.sort(key=lambda pair: LINK_ORDER.get(pair[0], len(LINK_ORDER)))
    addresses.append(("source", _read_address(raw, "generatorURL")))
    return Alert(
        source=source,
        fingerprint=fingerprint,
        name=labels.get("alertname") or "alert without a name",
        severity=parse_severity(labels.get("severity")),
        state=state,
        since=since,
        environment=environment,
        resource=next((labels[name] for name in PLACES if labels.get(name)), ""),
        summary=next((annotations[name] for name in SUMMARIES if annotations.get(name)), ""),
        labels=tuple(sorted(labels.items())),
        links=tuple((name, address) for name, address in addresses if address),
        seen_by=(server,),
        native_id=fingerprint,
        note=note,
        annotations=tuple(sorted(annotations.items())),
    )


def _read_address(fields: Mapping[str, Any], name: str) -> str:
    """The address that a field holds and nothing beside it, masked, for people read and copy it; else ""."""
    address = fields.get(name)
    if not isinstance(address, str) or not address.startswith(("http://", "https://")) or " " in address:
        return ""
    return KNOWN_SECRETS.mask(keep_whole(address))


def clean_labels(raw: object) -> dict[str, str]:
    """Labels or annotations, cleaned; those past `MOST_LABELS` are left out."""
    pairs = list(raw.items())[:MOST_LABELS] if isinstance(raw, Mapping) else []
    return {line(name, LONGEST_LABEL): line(value, LONGEST_LABEL) for name, value in pairs if isinstance(value, str)}


def parse_go_time(value: object) -> datetime | None:
    """A time as Go writes it; None for its zero and for everything else."""
    return time_of(value) if isinstance(value, str) else None


def read_alert_state(status: object) -> AlertState:
    """Suppressed when anything suppresses it; an alert not yet processed fires."""
    quiet = dig_value(status, "state") == "suppressed" or read_suppression(status).verb
    return AlertState.SUPPRESSED if quiet else AlertState.FIRING


def read_uptime(body: bytes, position: datetime) -> timedelta | None:
    """How long a server runs, out of `GET /api/v2/status` (whose `uptime` is its start). Raises ValueError.

    The rest of that answer is a whole configuration, which is nobody's to see: it is not kept.
    """
    started = read_moment(dig_value(decode_json(body), "uptime"))
    return None if started is None else position - started

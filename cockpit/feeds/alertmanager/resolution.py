"""Whether an alert that is listed no more is resolved or only `resolved?`: absence alone proves nothing. Pure."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from cockpit.feeds.alertmanager.alerts import LONGEST_SETTLING, Report
from cockpit.model.alert import UNENDED, Alert, AlertState, SettledAlerts, is_settled
from cockpit.model.time import format_age

KEPT_RESOLVED = timedelta(minutes=10)  # a resolved alert stays in sight this long
CLOCKS_DIFFER = timedelta(seconds=2)
EXPIRED = "expired: sender silent"
UNSEEN = "vanished while we could not see"
UNLISTED = "firing in Prometheus, listed by no Alertmanager"
UNHEARD = "firing in Prometheus, no Alertmanager answers"


class PrometheusState(StrEnum):
    """What Prometheus says of an alert that no Alertmanager lists."""

    FIRES = "fires"
    INACTIVE = "inactive"
    UNKNOWN = "unknown"
    SILENT = "silent"  # one of those that may know does not answer


@dataclass(frozen=True, slots=True)
class ResolutionWord:
    """`why` completes it for a person: who confirms it, or why nobody can."""

    says: PrometheusState
    why: str


@dataclass(frozen=True, slots=True)
class AlertSighting:
    """The last that one server reported of one alert, by our clock. `lost` is when it was first found missing there."""

    alert: Alert
    heard: datetime  # when we last read it in the list
    updated: datetime  # when its sender had last spoken of it
    ends: datetime  # when silence of the sender ends it
    lost: datetime | None = None

    @property
    def resend(self) -> timedelta:
        """How often its sender speaks: Prometheus lets an alert live four times as long."""
        return max(self.ends - self.updated, timedelta(0)) / 4


@dataclass(frozen=True, slots=True)
class Trace:
    """One alert across polls. `alert` is what is shown; `gone` since when nobody lists it, `resolved` since when we
    know that it is over, `first` when we first heard of it. Without `sights` no Alertmanager ever listed it.
    """

    alert: Alert
    sights: Mapping[str, AlertSighting] = field(default_factory=dict)  # by server
    gone: datetime | None = None
    resolved: datetime | None = None
    first: datetime | None = None
    listed: Alert | None = None  # as the servers list it, which know nothing of its rule

    @property
    def fired(self) -> datetime:
        """Since when it fires, as far as is known: the sender's clock may be wrong, ours saw it no earlier."""
        return min(self.alert.since, self.first or self.alert.since)


AskPrometheus = Callable[[Trace], ResolutionWord | None]
"""None where no Prometheus is configured; an Alertmanager's own evidence must then do."""


def update_traces(
    before: Mapping[str, Trace], reports: Mapping[str, Report], ask: AskPrometheus, now: datetime
) -> dict[str, Trace]:
    """The traces after a look in which the servers of `reports` answered, both by their own keys.

    What a server that did not answer has reported stands until it would have ended by itself.
    """
    fingerprints = dict.fromkeys([*before, *(alert for report in reports.values() for alert in report.alerts)])
    after = (
        (fingerprint, follow_alert(fingerprint, before.get(fingerprint), reports, ask, now))
        for fingerprint in fingerprints
    )
    return {text: trace for text, trace in after if trace is not None}


def follow_alert(
    fingerprint: str, before: Trace | None, reports: Mapping[str, Report], ask: AskPrometheus, now: datetime
) -> Trace | None:
    """One alert's next Trace; None once it has left.

    One that is not confirmed never leaves by itself: a person settles it, or a source confirms that it is over.
    """
    sights = update_sightings(fingerprint, before.sights if before else {}, reports)
    present = [
        alert_sighting
        for server, alert_sighting in sights.items()
        if alert_sighting.lost is None and (server in reports or now < alert_sighting.ends)
    ]
    if present:
        again = before is None or before.resolved is not None
        first = now if again or before is None else before.first
        listed = merge_alerts(alert_sighting.alert for alert_sighting in present)
        alert = date_begin(listed, first)
        if before and not again:
            alert = keep_rule(alert, listed, before)
        return Trace(alert, sights, first=first, listed=listed)
    if before is None:
        return None
    gone = before.gone or now
    if before.resolved is not None:
        return replace(before, sights=sights) if now - before.resolved <= KEPT_RESOLVED else None
    alert = decide_alert_fate(before, sights, reports, ask(before))
    if alert.state is AlertState.RESOLVED:  # its row says since when it is over, not since when it fired
        return Trace(replace(alert, ended=now), sights, gone, now, before.first)
    return Trace(alert, sights, gone, None, before.first)


def date_begin(alert: Alert, first: datetime | None) -> Alert:
    """The alert, which began no later than we first heard of it: one whose sender's clock is ahead, or that was sent
    with its end alone (Alertmanager then takes the end for the beginning), would stand at the age of nothing for hours.
    """
    return alert if first is None or alert.since <= first else replace(alert, since=first)


def keep_rule(alert: Alert, listed: Alert, before: Trace) -> Alert:
    """The alert with the rule that it was known to fire by: no Alertmanager lists that. `listed` is as they list it."""
    if not before.alert.rule:
        return alert
    if listed is before.listed and before.gone is None:
        return before.alert  # of thousands most are those of the look before
    return replace(alert, rule=before.alert.rule)


def note_rules(traces: Mapping[str, Trace], note: Callable[[Alert], Alert]) -> dict[str, Trace]:
    """The traces, each alert that fires with the rule that it fires by, as `note` tells."""
    noted: dict[str, Trace] = {}
    for fingerprint, trace in traces.items():
        alert = note(trace.alert) if trace.alert.state in UNENDED else trace.alert
        noted[fingerprint] = trace if alert is trace.alert else replace(trace, alert=alert)
    return noted


def recall_traces(recorded: Iterable[Alert], now: datetime) -> dict[str, Trace]:
    """The traces to begin with: what the timeline last knew, and nobody has looked for since."""
    return {
        alert.fingerprint: Trace(replace(alert, state=AlertState.RESOLVING), gone=now, first=alert.since)
        for alert in (date_begin(alert, now) for alert in recorded)
    }


def drop_settled(traces: Mapping[str, Trace], settled: SettledAlerts) -> dict[str, Trace]:
    """Without the unconfirmed ones that a person settled; one that fires again is another story."""
    return {
        fingerprint: trace
        for fingerprint, trace in traces.items()
        if trace.alert.state is not AlertState.RESOLVING or not is_settled(trace.alert, trace.gone, settled)
    }


def update_sightings(
    fingerprint: str, before: Mapping[str, AlertSighting], reports: Mapping[str, Report]
) -> dict[str, AlertSighting]:
    """Every server's last word on one alert, newest where it answered."""
    sights = dict(before)
    for server, report in reports.items():
        if (listed := report.alerts.get(fingerprint)) is not None:
            sights[server] = AlertSighting(
                listed.alert, report.heard, listed.updated + report.skew, listed.ends + report.skew
            )
        elif server in sights and sights[server].lost is None:
            sights[server] = replace(sights[server], lost=report.heard)
    return sights


def merge_alerts(alerts: Iterable[Alert]) -> Alert:
    """One alert out of what several servers say of it: since the earliest, quiet only if all of them keep it so."""
    every = list(alerts)
    if len(every) == 1:
        return every[0]
    loud = next((alert for alert in every if alert.state is AlertState.FIRING), every[0])
    return replace(
        loud,
        since=min(alert.since for alert in every),
        seen_by=tuple(sorted({server for alert in every for server in alert.seen_by})),
    )


def decide_alert_fate(
    before: Trace, sights: Mapping[str, AlertSighting], reports: Mapping[str, Report], word: ResolutionWord | None
) -> Alert:
    """The alert as it is reported now that nobody lists it."""
    doubts = [doubt_resolution(server, sight, reports.get(server)) for server, sight in sorted(sights.items())]
    if word is not None and word.says is PrometheusState.FIRES:
        fires = merge_alerts(sight.alert for sight in sights.values()) if sights else before.alert
        if sights and reports.keys().isdisjoint(sights):
            return tell_unheard(fires, min(sights))
        return replace(fires, state=AlertState.FIRING, note=UNLISTED if reports else UNHEARD)
    if word is not None and word.says is PrometheusState.SILENT and not sights:
        return replace(before.alert, note=word.why)  # only its Prometheus knew of it, and nothing was ever withdrawn
    if word is not None and word.says is PrometheusState.INACTIVE:
        return replace(before.alert, state=AlertState.RESOLVED, note=word.why)
    if word is None and (
        sure := next((server for server, why in zip(sorted(sights), doubts, strict=True) if not why), "")
    ):
        return replace(before.alert, state=AlertState.RESOLVED, note=f"confirmed by Alertmanager {sure}")
    if word is not None and word.says is PrometheusState.UNKNOWN:
        # Its Prometheus speaks to us and is not silent; why it cannot confirm it tells more than that we looked late.
        doubts = [text for text in doubts if text != EXPIRED and not text.startswith(UNSEEN)]
    why = next((text for text in doubts if text), word.why if word else "" if sights else before.alert.note)
    return replace(before.alert, state=AlertState.RESOLVING, note=why or "vanished, not confirmed yet")


def tell_unheard(fires: Alert, server: str) -> Alert:
    """An alert that fires by the word of Prometheus while no server that listed it answers: nobody can say that it is
    not listed, nor that a silence which holds is over."""
    unheard = f"{server} does not answer"
    if fires.state is AlertState.SUPPRESSED:
        return replace(fires, note=f"{fires.note}; {unheard}")
    return replace(fires, note=f"firing in Prometheus, {unheard}")


def doubt_resolution(server: str, sight: AlertSighting, report: Report | None) -> str:
    """Why a server's list without this alert does not prove that it is over; "" when it does."""
    if report is None or sight.lost is None:
        return f"not confirmed: {server} does not answer"
    if not report.watched:
        return f"not confirmed: no watchdog from {server}"
    if report.uptime is None:
        return f"not confirmed: {server} does not say how long it runs"
    if report.uptime < min(2 * sight.resend, LONGEST_SETTLING):
        return f"vanished, {server} restarted {format_age(report.uptime.total_seconds())} ago"
    if sight.heard <= sight.lost < sight.ends - min(sight.resend, CLOCKS_DIFFER):
        return ""  # it ended before its time (and no clock was set back): its sender reported so
    spoke_lately = sight.heard - sight.updated <= 1.5 * sight.resend
    return f"{UNSEEN} {server}" if spoke_lately else EXPIRED

"""What changed: a Reading held against what is Known, as drafts for the timeline. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from cockpit.model.alert import Alert, AlertState
from cockpit.model.event import Draft, Kind, OutsideChange
from cockpit.model.probe import ProbeEvidence, ProbeResult, ProbeState, SignalResult
from cockpit.model.reading import STALE_AFTER, Reading
from cockpit.model.revision import Application, Revision, SettingGroup, list_setting_changes
from cockpit.model.revision_health import ILL_DETAILS, is_ill
from cockpit.model.time import format_age, format_timestamp
from cockpit.recorder.last_recorded import FLAPPING, REMOVED, LastRecorded, RecordedAlert, RecordedApp


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


# Which words of an alert source are facts for the timeline.

GONE = "not listed after a gap in our watch, and nothing confirms that it resolved"
ENDED_STATES = (AlertState.RESOLVING, AlertState.RESOLVED)  # the end of an alert whose beginning nobody recorded


def alert_changes(
    last_recorded: LastRecorded, environment: str, source: str, alerts: Iterable[Alert], moment: datetime
) -> Iterator[Draft]:
    """Drafts for every alert of `source` whose state or severity is not the one on the timeline.

    Pending is the source's own waiting and no fact yet. An alert that is on the timeline but unknown to the source
    (it forgot, or we just started) is `resolved?`.
    """
    visited = set()
    for alert in alerts:
        visited.add(alert.key)
        before = last_recorded.alerts.get(alert.key)
        if alert.state is AlertState.PENDING or (before is None and alert.state in ENDED_STATES):
            continue
        if before is None:
            yield _draft_alert(
                alert,
                environment,
                _describe_fired_alert(alert),
                min(alert.since, moment),
                "",
                _list_alert_revisions(alert, last_recorded),
            )
        elif alert.state != before.state:
            yield _draft_alert(alert, environment, _describe_changed_alert(alert, before), moment, before.state)
        elif alert.severity != before.severity:
            yield _draft_alert(
                alert, environment, f"{alert.name} now {alert.severity}, was {before.severity}", moment, alert.state
            )
    for key, before in sorted(last_recorded.alerts.items()):
        if key.startswith(f"{source}:") and key not in visited and before.state != AlertState.RESOLVING:
            yield _draft_vanished_alert(key, before, environment, moment)


def _draft_alert(
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
            "since": format_timestamp(alert.since),
            "resource": alert.resource,
            "text": alert.summary,
            "confirmed_by": alert.note if alert.state is AlertState.RESOLVED else "",
            "note": alert.note,
            **({"native_id": alert.native_id} if alert.native_id else {}),
            **({"labels": dict(alert.labels)} if alert.labels and not was else {}),
            **({"revisions": list(revisions)} if revisions else {}),
        },
    )


def _list_alert_revisions(alert: Alert, last_recorded: LastRecorded) -> list[str]:
    """The revisions that the alert itself names: whether users feel it depends on what traffic they have."""
    return find_named_revisions((alert.resource, *(value for _, value in alert.labels)), last_recorded)


def _draft_vanished_alert(key: str, before: RecordedAlert, environment: str, moment: datetime) -> Draft:
    return Draft(
        Kind.ALERT,
        f"{before.name} resolved? {GONE}",
        moment,
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


def _describe_fired_alert(alert: Alert) -> str:
    on = f" on {alert.resource}" if alert.resource else ""
    silenced = f", {alert.note or 'silenced at the source'}" if alert.state is AlertState.SUPPRESSED else ""
    return f"{alert.name} fired ({alert.severity}){on}{silenced}"


def _describe_changed_alert(alert: Alert, before: RecordedAlert) -> str:
    match alert.state:
        case AlertState.RESOLVED:
            return f"{alert.name} resolved: {alert.note}" if alert.note else f"{alert.name} resolved"
        case AlertState.RESOLVING:
            return f"{alert.name} resolved? {alert.note or 'it vanished, and nothing has confirmed why'}"
        case AlertState.SUPPRESSED:
            return f"{alert.name} {alert.note or 'silenced at the source'}"
        case _ if before.state == AlertState.SUPPRESSED:
            return f"{alert.name} no longer {before.silenced_as or 'silenced'}, still firing"
        case _:
            return f"{alert.name} still firing: it is listed again"


# Which states of the deployed apps are facts for the timeline.

RECENT = timedelta(days=1)  # deployments from before the watch began that are worth a line of their own
SAME_CHANGE = timedelta(minutes=2)  # between a revision and the change of the app that made it
FAILING = frozenset({"Degraded", "Failed", "ActivationFailed"})  # running states that say more than the health


def app_changes(
    last_recorded: LastRecorded,
    environment: str,
    apps: Iterable[Application],
    moment: datetime,
    looked: datetime | None = None,
) -> Iterator[Draft]:
    """Drafts for new, activated, deactivated revisions, for their health, and for traffic that moved.

    An app never recorded before yields one baseline, what there was when the watch began, and each deployment of the
    day before with its own time: whoever is paged opens the cockpit after the deployment that broke it. `looked` is
    when the last look saw what is known: nothing that it did not see happened before it.
    """
    for app in apps:
        before = last_recorded.apps.get(app.name)
        if before is None:
            for revision in app.revisions:
                if revision.created is not None and moment - RECENT <= revision.created <= moment:
                    yield _draft_created_revision(app, revision, environment, moment)
            yield _draft_baseline(app, environment, moment)
            continue
        for revision in app.revisions:
            yield from _draft_revision_changes(before, app, revision, environment, moment, looked)
        yield from _draft_traffic_changes(before, app, environment, moment, looked)


def describe_condition(revision: Revision) -> str:
    """The word for how a revision fares: a failing running state before the health; "" where neither says anything."""
    if revision.provisioning_error:
        return "provisioning failed"
    if revision.running in FAILING:
        return revision.running
    if revision.active and ILL_DETAILS.search(revision.running_details) and not revision.ready_count:
        return "Failed"  # it starts for ever: only the details say why
    return "" if revision.health == "None" else revision.health


def traffic_of(app: Application) -> dict[str, int]:
    """Percent by revision, without zeros."""
    return {revision.name: revision.weight for revision in app.revisions if revision.weight > 0}


def format_traffic(app: str, traffic: Mapping[str, Any]) -> str:
    """`--v41 90 %, --v42 10 %`: the app's own name says nothing twice."""
    parts = sorted(traffic.items(), key=lambda pair: (-pair[1], pair[0]))
    return ", ".join(f"{name.removeprefix(app)} {weight} %" for name, weight in parts) or "nobody"


def _draft_baseline(app: Application, environment: str, moment: datetime) -> Draft:
    traffic = traffic_of(app)
    made = [revision.created for revision in app.revisions if revision.weight > 0 and revision.created is not None]
    since = (
        f", not before {max(made):%Y-%m-%d %H:%M:%S}Z"
        if len(made) == 1 and moment - RECENT <= made[0] <= moment
        else ""
    )
    count = f"{len(app.revisions)} revision{'' if len(app.revisions) == 1 else 's'}"
    return Draft(
        Kind.REVISION,
        f"{app.name}: {count}, traffic to {format_traffic(app.name, traffic)}{since}",
        moment,
        environment,
        app.name,
        source="recorder",
        detail={
            "what": "baseline",
            "traffic": traffic,
            "revisions": {
                revision.name: {
                    "active": revision.active,
                    "health": describe_condition(revision),
                    "image": revision.image,
                    "created": format_timestamp(revision.created) if revision.created else "",
                }
                for revision in app.revisions
            },
        },
    )


def _draft_revision_changes(
    before: RecordedApp,
    app: Application,
    revision: Revision,
    environment: str,
    moment: datetime,
    looked: datetime | None,
) -> Iterator[Draft]:
    was, health = before.revisions.get(revision.name), describe_condition(revision)
    if was is None:
        yield _draft_created_revision(app, revision, environment, moment)
        return
    if revision.active != was.active:
        what = "activated" if revision.active else "deactivated"
        off = revision.last_active if what == "deactivated" else None  # the cloud knows it to the second
        known = off is not None and off <= moment and (looked is None or off >= looked)
        occurred = off if off is not None and known else moment
        yield _draft_revision_fact(app, revision, f"{revision.name} {what}", what, environment, occurred)
    elif revision.active and health and health != was.health:
        since = f", was {was.health}" if was.health else ""
        why = f": {revision.running_details}" if revision.running_details and is_ill(revision) else ""
        yield _draft_revision_fact(
            app, revision, f"{revision.name} {health}{since}{why}", "health", environment, moment
        )


def _draft_created_revision(app: Application, revision: Revision, environment: str, moment: datetime) -> Draft:
    """Dated by the cloud: it may be recorded long after."""
    author = _find_author(app, revision)
    by = f" by {author}" if author else ""
    occurred = min(revision.created or moment, moment)
    changed = list_changed_settings(app, revision)
    shown = ", ".join(changed[:MOST_SETTINGS_NAMED])
    more = f" and {len(changed) - MOST_SETTINGS_NAMED} more" if len(changed) > MOST_SETTINGS_NAMED else ""
    summary = f"{revision.name} created{by}{f', changed: {shown}{more}' if changed else ''}"
    draft = _draft_revision_fact(app, revision, summary, "created", environment, occurred)
    return replace(draft, detail={**draft.detail, "settings": changed}) if changed else draft


MOST_SETTINGS_NAMED = 3
NOT_NAMED = frozenset({SettingGroup.IMAGE, SettingGroup.OTHER})  # told anyway, and what tools write for themselves


def list_changed_settings(app: Application, revision: Revision) -> list[str]:
    """The names of the settings and secrets in which it differs from the revision before it; never a value."""
    older = [
        other for other in app.revisions if other.created and revision.created and other.created < revision.created
    ]
    if not older:
        return []
    before = max(older, key=lambda other: (other.created is not None, other.created))
    changes = list_setting_changes(before, revision)
    names = (f"{change.group.value} {change.name}" for change in changes if change.group not in NOT_NAMED)
    return list(dict.fromkeys(names))


def _find_author(app: Application, revision: Revision) -> str:
    """Who changed the app last made its newest revision, unless the change came later than that revision."""
    if app.revisions[0] is not revision:
        return ""
    later = revision.created and app.changed_at and app.changed_at - revision.created > SAME_CHANGE
    return "" if later else app.changed_by


def _draft_revision_fact(
    app: Application, revision: Revision, summary: str, what: str, environment: str, occurred: datetime
) -> Draft:
    return Draft(
        Kind.REVISION,
        summary,
        occurred,
        environment,
        f"{app.name}/{revision.name}",
        source="recorder",
        detail={
            "what": what,
            "active": revision.active,
            "health": describe_condition(revision),
            "image": revision.image,
            "created": format_timestamp(revision.created) if revision.created else "",
            "changed_by": _find_author(app, revision) if what == "created" else "",
            "error": revision.provisioning_error,
            **({"details": revision.running_details} if revision.running_details else {}),
        },
    )


def _draft_traffic_changes(
    before: RecordedApp, app: Application, environment: str, moment: datetime, looked: datetime | None
) -> Iterator[Draft]:
    now = traffic_of(app)
    if now == before.traffic:
        return
    # The cloud's own time of the change, when it can be the time of this one.
    lines = before.told
    changed = app.changed_at
    occurred = changed if changed is not None and changed <= moment and (lines is None or changed > lines) else moment
    # Nothing is served before it exists: the last change of the app may be an older one than what it now sends to.
    gaining = {name for name, weight in now.items() if weight > before.traffic.get(name, 0)}
    made = (revision.created for revision in app.revisions if revision.name in gaining and revision.created is not None)
    occurred = max([occurred, *made])
    # The cloud dates a change by when it was asked for, and moves the traffic when that is done. Where we saw it
    # unmoved after that, the moment at which we saw it moved is the nearest to the truth.
    occurred = moment if looked is not None and occurred < looked else min(occurred, moment)
    yield Draft(
        Kind.TRAFFIC,
        f"{app.name}: traffic from {format_traffic(app.name, before.traffic)} to {format_traffic(app.name, now)}",
        occurred,
        environment,
        app.name,
        source="recorder",
        detail={"before": dict(before.traffic), "after": now, "changed_by": app.changed_by},
    )


# Which answers of the probes are facts for the timeline.

UNKNOWN_AFTER = timedelta(seconds=60)  # our own lag for a moment is no fact about the endpoint


def probe_changes(
    last_recorded: LastRecorded, environment: str, results: Iterable[ProbeResult], now: datetime
) -> Iterator[Draft]:
    """Drafts for every probe whose settled state is not the one on the timeline.

    Pending is not settled, and unknown only once it lasted. A flapping probe is said once to be flapping: its flips
    would drown everything else. A probe first seen up is no news.
    """
    visited = set()
    for result in results:
        visited.add(result.name)
        was, state = last_recorded.probes.get(result.name, ""), _read_settled_state(result, now)
        if (
            state == was
            or state is None
            or (not was and state in (ProbeState.UP, ProbeState.MAINTENANCE, ProbeState.ASLEEP))
        ):
            continue
        yield Draft(
            Kind.PROBE,
            _summarize_probe(result, state),
            min(now if state == FLAPPING else result.since, now),
            environment,
            result.name,
            source="recorder",
            detail={
                "state": state,
                "was": was,
                "reason": result.reason,
                "since": format_timestamp(result.since),
                "url": result.url,
                **({"answer": _describe_evidence(result.first_failure)} if _needs_evidence(result, state) else {}),
            },
        )
    for name in sorted(last_recorded.probes.keys() - visited):
        yield Draft(
            Kind.PROBE,
            f"{name} is no longer watched",
            now,
            environment,
            name,
            source="recorder",
            detail={"state": REMOVED, "was": last_recorded.probes[name], "reason": "no longer in the configuration"},
        )


def signal_changes(
    last_recorded: LastRecorded, environment: str, results: Iterable[SignalResult], now: datetime
) -> Iterator[Draft]:
    """Drafts for every signal whose settled state is not the one on the timeline, as for a probe."""
    visited = set()
    for result in results:
        visited.add(result.name)
        was, state = last_recorded.signals.get(result.name, ""), result.state
        unsettled = state is ProbeState.PENDING or (state is ProbeState.UNKNOWN and now - result.since < UNKNOWN_AFTER)
        if state.value == was or unsettled or (not was and state is ProbeState.UP):
            continue
        reason = f": {result.reason}" if result.reason else ""
        yield Draft(
            Kind.SIGNAL,
            f"{result.name} good again at {result.text}"
            if state is ProbeState.UP
            else f"{result.name} {state}{reason}",
            min(result.since, now),
            environment,
            result.name,
            source="recorder",
            detail={
                "state": state.value,
                "was": was,
                "reason": result.reason,
                "since": format_timestamp(result.since),
                "value": result.value,
                "unit": result.unit,
                "limit": result.limit,
                **({"caution": result.caution} if result.caution else {}),
            },
        )
    for name in sorted(last_recorded.signals.keys() - visited):
        detail = {"state": REMOVED, "was": last_recorded.signals[name], "reason": "no longer in the configuration"}
        summary = f"{name} is no longer watched"
        yield Draft(Kind.SIGNAL, summary, now, environment, name, source="recorder", detail=detail)


def outside_changes(
    last_recorded: LastRecorded, environment: str, changes: Iterable[OutsideChange], now: datetime
) -> Iterator[Draft]:
    """Drafts for what a pipeline, the cloud or a cluster tells and the timeline does not hold, in the state it is in.

    A source that no longer lists something takes nothing back: it tells of what happened.
    """
    for change in changes:
        was = last_recorded.outside.get(change.key)
        if was == change.state:
            continue
        yield Draft(
            change.kind,
            change.summary,
            min(change.at, now),
            environment,
            change.key,
            source="recorder",
            detail={
                **change.detail,
                "state": change.state,
                "was": was or "",
                "by": change.by,
                "url": change.url,
                "changes": change.changes,
            },
        )


def _needs_evidence(result: ProbeResult, state: str) -> bool:
    return result.first_failure is not None and state == ProbeState.DOWN


def _describe_evidence(evidence: ProbeEvidence | None) -> dict[str, Any]:
    """The first failing answer of an outage, as it is kept."""
    if evidence is None:
        return {}
    return {
        "at": format_timestamp(evidence.at),
        "reason": evidence.reason,
        "status": evidence.status,
        "url": evidence.url,
        "address": evidence.address,
        "headers": dict(evidence.headers),
        "body": evidence.body,
        "phases_ms": {name: round(seconds * 1000, 1) for name, seconds in evidence.phases},
        "certificate_ends": format_timestamp(evidence.certificate_ends) if evidence.certificate_ends else "",
    }


def _read_settled_state(result: ProbeResult, now: datetime) -> str | None:
    if result.flapping:
        return FLAPPING
    if result.state is ProbeState.PENDING:
        return None
    if result.state is ProbeState.UNKNOWN and now - result.since < UNKNOWN_AFTER:
        return None
    return result.state.value


def _summarize_probe(result: ProbeResult, state: str) -> str:
    if state == ProbeState.UP:
        return f"{result.name} up again"
    if state == ProbeState.UNKNOWN:
        return f"{result.name} unknown: {result.reason or 'no data'}"
    return f"{result.name} {state}: {result.reason}" if result.reason else f"{result.name} {state}"


BLIND_AFTER = 60.0  # seconds without an answer before the timeline says so; less is a hiccup


def list_changes(
    last_recorded: LastRecorded, reading: Reading[Any], now: datetime, looked: datetime | None = None
) -> list[Draft]:
    """The facts that `reading` adds to `last_recorded`, oldest first; `now` is the wall clock,
    `looked` when the last reading of that feed saw what is known.

    A failed poll changes nothing, except that a feed which stays blind is a fact of its own. Half an answer (one of
    two servers is down) says what it says: what it holds was seen just now.
    """
    whole = reading.problem is None
    answered = reading.value is not None and (whole or reading.seen == reading.tried)
    about_feed = (
        _sees_again(last_recorded, reading, now)
        if whole and answered
        else _draft_blind_feed(last_recorded, reading, now)
    )
    drafts = [*about_feed, *(_of_feed(last_recorded, reading, now, looked) if answered else ())]
    return sorted(drafts, key=lambda draft: draft.occurred)


def _of_feed(
    last_recorded: LastRecorded, reading: Reading[Any], now: datetime, looked: datetime | None
) -> Iterable[Draft]:
    moment = reading.at or now
    if reading.feed == "probes":
        return probe_changes(last_recorded, reading.environment, reading.value or (), now)
    if reading.feed == "signals":
        return signal_changes(last_recorded, reading.environment, reading.value or (), now)
    if reading.feed == "revisions":
        return app_changes(last_recorded, reading.environment, reading.value or (), moment, looked)
    if reading.feed.startswith("changes:"):
        return outside_changes(last_recorded, reading.environment, reading.value or (), now)
    if reading.feed.startswith("alerts:"):
        return alert_changes(
            last_recorded, reading.environment, reading.feed.removeprefix("alerts:"), reading.value or (), moment
        )
    return ()


def _draft_blind_feed(last_recorded: LastRecorded, reading: Reading[Any], now: datetime) -> list[Draft]:
    if reading.problem is None or reading.feed in last_recorded.blind:
        return []
    silent = None if reading.seen is None else reading.tried - reading.seen
    # A source that answers and yet cannot be believed (its watchdog is missing) is blind at once.
    disbelieved = silent == 0 and not reading.problem.transient
    hiccup = silent is not None and silent < max(BLIND_AFTER, STALE_AFTER * reading.every)
    if hiccup and not disbelieved:
        return []
    last = f", last seen {format_age(silent)} ago" if silent is not None else ""
    return [
        Draft(
            Kind.FEED,
            f"{reading.feed} blind: {reading.problem.short}{last}",
            now,
            reading.environment,
            reading.feed,
            source="recorder",
            detail={
                "state": "blind",
                "reason": reading.problem.message,
                "since": format_timestamp(reading.at) if reading.at else "",
            },
        )
    ]


def _sees_again(last_recorded: LastRecorded, reading: Reading[Any], now: datetime) -> list[Draft]:
    if reading.feed not in last_recorded.blind:
        return []
    return [
        Draft(
            Kind.FEED,
            f"{reading.feed} sees again",
            reading.at or now,
            reading.environment,
            reading.feed,
            source="recorder",
            detail={"state": "live", "reason": ""},
        )
    ]

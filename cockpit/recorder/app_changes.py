"""Which states of the deployed apps are facts for the timeline. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from cockpit.model.event import Draft, Kind
from cockpit.model.revision import Application, Revision, SettingGroup, find_author, list_setting_changes
from cockpit.model.revision_health import ILL_DETAILS, is_ill
from cockpit.model.time import format_timestamp
from cockpit.recorder.last_recorded import LastRecorded, RecordedApp

RECENT = timedelta(days=1)  # deployments from before the watch began that are worth a line of their own
SINGLE = "single"  # the mode of an app in which the cloud gives all traffic to one revision
SWITCHED = "switched"  # a move of traffic that is dated by the end of the revision that had it
SEEN_MOVED = "seen"  # one that is dated by the look that saw it: it was no later than that
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
            **({"project": project} if (project := dict(app.values).get("project", "")) else {}),
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
        off = _find_switch_time(before, app, moment, looked) if revision.active else _find_end(revision, moment, looked)
        occurred = max(off or moment, revision.created or off or moment) if revision.active else off or moment
        yield _draft_revision_fact(app, revision, f"{revision.name} {what}", what, environment, occurred)
    elif revision.active and health and health != was.health:
        since = f", was {was.health}" if was.health else ""
        why = f": {revision.running_details}" if revision.running_details and is_ill(revision) else ""
        yield _draft_revision_fact(
            app, revision, f"{revision.name} {health}{since}{why}", "health", environment, moment
        )


def _find_end(revision: Revision, moment: datetime, looked: datetime | None) -> datetime | None:
    """When a revision was stopped, by the cloud; None where that cannot be the time of this end."""
    off = None if revision.last_active is None else _sharpen_time(revision.last_active, looked)
    return off if off is not None and off <= moment and (looked is None or off >= looked) else None


def _find_switch_time(
    before: RecordedApp, app: Application, moment: datetime, looked: datetime | None
) -> datetime | None:
    """When an app that serves one revision at a time went from one to another: as the one that had the traffic was
    stopped. None for other apps, and where the cloud does not say that."""
    if app.mode != SINGLE:
        return None
    ends = [
        _find_end(revision, moment, looked)
        for revision in app.revisions
        if not revision.active and revision.name in before.traffic and _was_active(before, revision)
    ]
    since = before.last_traffic_event
    return max((end for end in ends if end is not None and (since is None or end > since)), default=None)


def _was_active(before: RecordedApp, revision: Revision) -> bool:
    was = before.revisions.get(revision.name)
    return was is not None and was.active


def _sharpen_time(reported: datetime, looked: datetime | None) -> datetime:
    """A time that the cloud tells in whole seconds: what a look within that second did not see came after the look."""
    if reported.microsecond or looked is None or not reported < looked < reported + timedelta(seconds=1):
        return reported
    return looked


def _draft_created_revision(app: Application, revision: Revision, environment: str, moment: datetime) -> Draft:
    """Dated by the cloud: it may be recorded long after."""
    author = find_author(app, revision)
    by = f" by {author}" if author else ""
    occurred = min(revision.created or moment, moment)
    changed = list_changed_settings(app, revision)
    shown = ", ".join(changed[:MOST_SETTINGS_NAMED])
    more = f" and {len(changed) - MOST_SETTINGS_NAMED} more" if len(changed) > MOST_SETTINGS_NAMED else ""
    summary = f"{revision.name} created{by}{f', changed: {shown}{more}' if changed else ''}"
    draft = _draft_revision_fact(app, revision, summary, "created", environment, occurred)
    return replace(draft, detail={**draft.detail, "settings": changed}) if changed else draft


MOST_SETTINGS_NAMED = 3
NOT_NAMED = frozenset({SettingGroup.IMAGE, SettingGroup.OTHER})  # reported anyway, and what tools write for themselves


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
            "changed_by": find_author(app, revision) if what == "created" else "",
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
    lines = before.last_traffic_event
    changed = app.changed_at if app.changed_at is not None and app.changed_at <= moment else None
    if changed is not None and ((lines is not None and changed <= lines) or _is_deployment(before, app, changed)):
        changed = None
    # Nothing is served before it exists: the last change of the app may be an older one than what it now sends to.
    gaining = [revision for revision in app.revisions if revision.weight > before.traffic.get(revision.name, 0)]
    made = (revision.created for revision in gaining if revision.created is not None)
    switched = _find_switch_time(before, app, moment, looked)
    occurred = _sharpen_time(max([switched or changed or moment, *made]), looked)
    # The cloud dates a change by when it was asked for, and moves the traffic when that is done. Where we saw it
    # unmoved after that, the moment at which we saw it moved is the nearest to the truth.
    occurred = moment if looked is not None and occurred < looked else min(occurred, moment)
    dated_by = SWITCHED if switched == occurred else SEEN_MOVED if occurred == moment else ""
    yield Draft(
        Kind.TRAFFIC,
        f"{app.name}: traffic from {format_traffic(app.name, before.traffic)} to {format_traffic(app.name, now)}",
        occurred,
        environment,
        app.name,
        source="recorder",
        detail={
            "before": dict(before.traffic),
            "after": now,
            "changed_by": _find_traffic_author(app, gaining) if changed is not None else "",
            **({"asked": format_timestamp(changed)} if changed is not None and _is_request(changed, occurred) else {}),
            **({"dated_by": dated_by} if dated_by else {}),
        },
    )


TAKES_AT_MOST = timedelta(minutes=5)  # a cloud to do what it was asked for; what was asked before that was other


def _is_request(asked: datetime, moved: datetime) -> bool:
    """Whether the last change of the app can be the request of a move; the very same moment says that nobody saw it
    move, and that the request dates it."""
    return timedelta() <= moved - asked <= TAKES_AT_MOST


CREATED_BEFORE = timedelta(seconds=5)  # by which a cloud may date a revision earlier than the change that made it


def _is_deployment(before: RecordedApp, app: Application, changed: datetime) -> bool:
    """Whether the last change of an app made a revision that has no traffic, and so moved none."""
    return app.mode != SINGLE and any(
        revision.created is not None and changed - CREATED_BEFORE <= revision.created <= changed + TAKES_AT_MOST
        for revision in app.revisions
        if revision.name not in before.revisions and not revision.weight
    )


def _find_traffic_author(app: Application, gaining: Sequence[Revision]) -> str:
    """Who moved the traffic, where the last change of the app can have done that; else "". An app that serves one
    revision at a time changes when one is deployed. Who activates an older one leaves no trace in the app."""
    if app.mode != SINGLE:
        return app.changed_by
    return next((author for revision in gaining if (author := find_author(app, revision))), "")

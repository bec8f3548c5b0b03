"""Which states of the deployed apps are facts for the timeline."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from cockpit.incident.known import Known, KnownApp
from cockpit.model.event import Draft, Kind
from cockpit.model.revision import Application, Revision
from cockpit.model.revision_health import ILL_DETAILS, is_ill
from cockpit.model.time import stamp

RECENT = timedelta(days=1)  # deployments from before the watch began that are worth a line of their own
SAME_CHANGE = timedelta(minutes=2)  # between a revision and the change of the app that made it
FAILING = frozenset({"Degraded", "Failed", "ActivationFailed"})  # running states that say more than the health


def app_changes(known: Known, environment: str, apps: Iterable[Application], at: datetime) -> Iterator[Draft]:
    """Drafts for new, activated, deactivated revisions, for their health, and for traffic that moved.

    An app never recorded before yields one baseline, what there was when the watch began, and each deployment of the
    day before with its own time: whoever is paged opens the cockpit after the deployment that broke it.
    """
    for app in apps:
        before = known.apps.get(app.name)
        if before is None:
            for revision in app.revisions:
                if revision.created is not None and at - RECENT <= revision.created <= at:
                    yield _created(app, revision, environment, at)
            yield _baseline(app, environment, at)
            continue
        for revision in app.revisions:
            yield from _revision(before, app, revision, environment, at)
        yield from _traffic(before, app, environment, at)


def condition(revision: Revision) -> str:
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
    return {each.name: each.weight for each in app.revisions if each.weight > 0}


def share(app: str, traffic: Mapping[str, Any]) -> str:
    """`--v41 90 %, --v42 10 %`: the app's own name says nothing twice."""
    parts = sorted(traffic.items(), key=lambda each: (-each[1], each[0]))
    return ", ".join(f"{name.removeprefix(app)} {weight} %" for name, weight in parts) or "nobody"


def _baseline(app: Application, environment: str, at: datetime) -> Draft:
    traffic = traffic_of(app)
    made = [each.created for each in app.revisions if each.weight > 0 and each.created is not None]
    since = f", not before {max(made):%Y-%m-%d %H:%M:%S}Z" if len(made) == 1 and at - RECENT <= made[0] <= at else ""
    count = f"{len(app.revisions)} revision{'' if len(app.revisions) == 1 else 's'}"
    return Draft(
        Kind.REVISION,
        f"{app.name}: {count}, traffic to {share(app.name, traffic)}{since}",
        at,
        environment,
        app.name,
        source="recorder",
        detail={
            "what": "baseline",
            "traffic": traffic,
            "revisions": {
                each.name: {
                    "active": each.active,
                    "health": condition(each),
                    "image": each.image,
                    "created": stamp(each.created) if each.created else "",
                }
                for each in app.revisions
            },
        },
    )


def _revision(
    before: KnownApp, app: Application, revision: Revision, environment: str, at: datetime
) -> Iterator[Draft]:
    was, health = before.revisions.get(revision.name), condition(revision)
    if was is None:
        yield _created(app, revision, environment, at)
        return
    if revision.active != was.active:
        what = "activated" if revision.active else "deactivated"
        yield _fact(app, revision, f"{revision.name} {what}", what, environment, at)
    elif revision.active and health and health != was.health:
        since = f", was {was.health}" if was.health else ""
        why = f": {revision.running_details}" if revision.running_details and is_ill(revision) else ""
        yield _fact(app, revision, f"{revision.name} {health}{since}{why}", "health", environment, at)


def _created(app: Application, revision: Revision, environment: str, at: datetime) -> Draft:
    """Dated by the cloud: it may be recorded long after."""
    author = _author(app, revision)
    by = f" by {author}" if author else ""
    occurred = min(revision.created or at, at)
    return _fact(app, revision, f"{revision.name} created{by}", "created", environment, occurred)


def _author(app: Application, revision: Revision) -> str:
    """Who changed the app last made its newest revision, unless the change came later than that revision."""
    if app.revisions[0] is not revision:
        return ""
    later = revision.created and app.changed_at and app.changed_at - revision.created > SAME_CHANGE
    return "" if later else app.changed_by


def _fact(app: Application, revision: Revision, summary: str, what: str, environment: str, occurred: datetime) -> Draft:
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
            "health": condition(revision),
            "image": revision.image,
            "created": stamp(revision.created) if revision.created else "",
            "changed_by": _author(app, revision) if what == "created" else "",
            "error": revision.provisioning_error,
            **({"details": revision.running_details} if revision.running_details else {}),
        },
    )


def _traffic(before: KnownApp, app: Application, environment: str, at: datetime) -> Iterator[Draft]:
    now = traffic_of(app)
    if now == before.traffic:
        return
    # The cloud's own time of the change, when it can be the time of this one.
    told = before.told
    changed = app.changed_at
    occurred = changed if changed is not None and changed <= at and (told is None or changed > told) else at
    # Nothing is served before it exists: the last change of the app may be an older one than what it now sends to.
    gaining = {name for name, weight in now.items() if weight > before.traffic.get(name, 0)}
    made = (each.created for each in app.revisions if each.name in gaining and each.created is not None)
    occurred = min(max([occurred, *made]), at)
    yield Draft(
        Kind.TRAFFIC,
        f"{app.name}: traffic from {share(app.name, before.traffic)} to {share(app.name, now)}",
        occurred,
        environment,
        app.name,
        source="recorder",
        detail={"before": dict(before.traffic), "after": now, "changed_by": app.changed_by},
    )

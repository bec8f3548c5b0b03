"""Which states of the deployed apps are facts for the timeline."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from cockpit.incident.known import Known, KnownApp
from cockpit.model.event import Draft, Kind
from cockpit.model.revision import Application, Revision
from cockpit.model.time import stamp

FAILING = frozenset({"Degraded", "Failed", "ActivationFailed"})  # running states that say more than the health


def app_changes(known: Known, environment: str, apps: Iterable[Application], at: datetime) -> Iterator[Draft]:
    """Drafts for new, activated, deactivated revisions, for their health, and for traffic that moved.

    An app never recorded before yields one baseline: what there was when the watch began.
    """
    for app in apps:
        before = known.apps.get(app.name)
        if before is None:
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
    count = f"{len(app.revisions)} revision{'' if len(app.revisions) == 1 else 's'}"
    return Draft(
        Kind.REVISION,
        f"{app.name}: {count}, traffic to {share(app.name, traffic)}",
        at,
        environment,
        app.name,
        source="recorder",
        detail={
            "what": "baseline",
            "traffic": traffic,
            "revisions": {
                each.name: {"active": each.active, "health": condition(each), "image": each.image}
                for each in app.revisions
            },
        },
    )


def _revision(
    before: KnownApp, app: Application, revision: Revision, environment: str, at: datetime
) -> Iterator[Draft]:
    was, health = before.revisions.get(revision.name), condition(revision)
    newest = app.revisions[0] is revision
    if was is None:
        by = f" by {app.changed_by}" if app.changed_by and newest else ""
        occurred = min(revision.created or at, at)
        yield _fact(app, revision, f"{revision.name} created{by}", "created", environment, occurred)
        return
    if revision.active != was.active:
        what = "activated" if revision.active else "deactivated"
        yield _fact(app, revision, f"{revision.name} {what}", what, environment, at)
    elif revision.active and health and health != was.health:
        since = f", was {was.health}" if was.health else ""
        yield _fact(app, revision, f"{revision.name} {health}{since}", "health", environment, at)


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
            "changed_by": app.changed_by if what == "created" and app.revisions[0] is revision else "",
            "error": revision.provisioning_error,
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
    yield Draft(
        Kind.TRAFFIC,
        f"{app.name}: traffic from {share(app.name, before.traffic)} to {share(app.name, now)}",
        occurred,
        environment,
        app.name,
        source="recorder",
        detail={"before": dict(before.traffic), "after": now, "changed_by": app.changed_by},
    )

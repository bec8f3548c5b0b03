"""What Azure says of a container app, as our own nouns. Pure and total: no answer, however odd, makes it raise."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from cockpit.model.clean import keep_whole
from cockpit.model.raw import dig, items, moment, text, whole
from cockpit.model.revision import Application, Replica, Revision

EPOCH = datetime.fromtimestamp(0, UTC)
Raw = Mapping[str, Any]


def application(raw: Raw, revisions: Sequence[Raw], *, environment: str, name: str = "") -> Application:
    """One container app of its GET and the list of its revisions. `name` is what it is called if it does not say."""
    properties = dig(raw, "properties")
    called = text(raw.get("name")) or name
    traffic = items(dig(properties, "configuration", "ingress", "traffic"))
    latest = text(dig(properties, "latestRevisionName"))
    return Application(
        name=called,
        environment=environment,
        mode=text(dig(properties, "configuration", "activeRevisionsMode")).lower() or "single",
        fqdn=text(dig(properties, "configuration", "ingress", "fqdn")),
        revisions=newest_first([revision(each, called, traffic, latest) for each in revisions]),
        running=text(dig(properties, "runningStatus")),
        changed_by=text(dig(raw, "systemData", "lastModifiedBy")),
        changed_at=moment(dig(raw, "systemData", "lastModifiedAt")),
        log_stream=keep_whole(dig(properties, "eventStreamEndpoint")),
    )


def revision(raw: Raw, app: str, traffic: Sequence[Raw] = (), latest: str = "") -> Revision:
    """One revision. Weight and labels come from the app's `traffic` where the revision itself does not tell."""
    properties = dig(raw, "properties")
    name = text(raw.get("name"))
    ours = [each for each in traffic if routed_to(each, latest) == name]
    weight = whole(dig(properties, "trafficWeight"))
    if weight is None:
        weight = sum(whole(each.get("weight")) or 0 for each in ours)
    return Revision(
        app=app,
        name=name,
        active=dig(properties, "active") is True,
        weight=min(100, max(0, weight)),
        created=moment(dig(properties, "createdTime")),
        image=", ".join(filter(None, (text(each.get("image")) for each in containers(properties)))),
        labels=tuple(filter(None, (text(each.get("label")) for each in ours))),
        last_active=moment(dig(properties, "lastActiveTime")),
        health=text(dig(properties, "healthState")),
        provisioning=text(dig(properties, "provisioningState")),
        running=text(dig(properties, "runningState")),
        provisioning_error=text(dig(properties, "provisioningError")),
        replica_count=whole(dig(properties, "replicas")),
        fqdn=text(dig(properties, "fqdn")),
    )


def routed_to(entry: Raw, latest: str) -> str:
    """The revision that a traffic entry sends to."""
    return latest if entry.get("latestRevision") is True else text(entry.get("revisionName"))


def containers(properties: Any) -> list[Raw]:
    return items(dig(properties, "template", "containers"))


def newest_first(revisions: Sequence[Revision]) -> tuple[Revision, ...]:
    """By creation; Azure lists the oldest first, which decides where two were created at once or never said."""
    return tuple(sorted(revisions, key=lambda each: each.created or EPOCH)[::-1])


def replica(raw: Raw) -> Replica:
    """One instance, ready when all its containers are."""
    properties = dig(raw, "properties")
    inside = items(dig(properties, "containers"))
    return Replica(
        name=text(raw.get("name")),
        state=text(dig(properties, "runningState")),
        ready=bool(inside) and all(each.get("ready") is True for each in inside),
        restarts=sum(max(0, whole(each.get("restartCount")) or 0) for each in inside),
        created=moment(dig(properties, "createdTime")),
        containers=tuple((text(each.get("name")), keep_whole(each.get("logStreamEndpoint"))) for each in inside),
    )


def with_replicas(app: Application, replicas: Mapping[str, tuple[Replica, ...] | None]) -> Application:
    """`app` with the instances of each revision; a revision that is not in `replicas` keeps None: not read."""
    return replace(app, revisions=tuple(replace(each, replicas=replicas.get(each.name)) for each in app.revisions))

"""What Azure says of a container app, as our own nouns. Pure and total: no answer, however odd, makes it raise."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from cockpit.model.alert import Alert, AlertState, parse_severity
from cockpit.model.raw import dig_value, list_mappings, read_integer, read_moment, read_text, resource_name
from cockpit.model.revision import Application, Replica, Revision, RevisionContainer, template_settings
from cockpit.model.text import keep_whole

EPOCH = datetime.fromtimestamp(0, UTC)
Raw = Mapping[str, Any]


def map_application(raw: Raw, revisions: Sequence[Raw], *, environment: str, name: str = "") -> Application:
    """One container app of its GET and the list of its revisions. `name` is what it is called if it does not say."""
    properties = dig_value(raw, "properties")
    called = resource_name(raw.get("name")) or name
    traffic = list_mappings(dig_value(properties, "configuration", "ingress", "traffic"))
    latest = resource_name(dig_value(properties, "latestRevisionName"))
    configuration = dig_value(properties, "configuration")
    return Application(
        name=called,
        environment=environment,
        mode=read_text(dig_value(properties, "configuration", "activeRevisionsMode")).lower() or "single",
        fqdn=read_text(dig_value(properties, "configuration", "ingress", "fqdn")),
        revisions=newest_first([map_revision(fields, called, traffic, latest) for fields in revisions]),
        running=read_text(dig_value(properties, "runningStatus")),
        changed_by=read_text(dig_value(raw, "systemData", "lastModifiedBy")),
        changed_at=read_moment(dig_value(raw, "systemData", "lastModifiedAt")),
        log_stream=keep_whole(dig_value(properties, "eventStreamEndpoint")),
        # Only a configuration that was reported can say that there is none.
        has_ingress=not isinstance(configuration, Mapping) or isinstance(configuration.get("ingress"), Mapping),
    )


def map_revision(raw: Raw, app: str, traffic: Sequence[Raw] = (), latest: str = "") -> Revision:
    """One revision. Weight and labels come from the app's `traffic` where the revision itself does not tell."""
    properties = dig_value(raw, "properties")
    name = resource_name(raw.get("name"))
    ours = [fields for fields in traffic if routed_to(fields, latest) == name]
    weight = read_integer(dig_value(properties, "trafficWeight"))
    if weight is None:
        weight = sum(read_integer(our.get("weight")) or 0 for our in ours)
    return Revision(
        app=app,
        name=name,
        active=dig_value(properties, "active") is True,
        weight=min(100, max(0, weight)),
        created=read_moment(dig_value(properties, "createdTime")),
        image=", ".join(filter(None, (read_text(container.get("image")) for container in list_containers(properties)))),
        containers=tuple(
            RevisionContainer(resource_name(container.get("name")), read_text(container.get("image")))
            for container in list_containers(properties)
        ),
        settings=template_settings(dig_value(properties, "template")),
        min_replicas=least_replicas(dig_value(properties, "template")),
        labels=tuple(filter(None, (read_text(our.get("label")) for our in ours))),
        last_active=read_moment(dig_value(properties, "lastActiveTime")),
        health=read_text(dig_value(properties, "healthState")),
        provisioning=read_text(dig_value(properties, "provisioningState")),
        running=read_text(dig_value(properties, "runningState")),
        running_details=read_text(dig_value(properties, "runningStateDetails")),
        provisioning_error=read_text(dig_value(properties, "provisioningError")),
        replica_count=read_integer(dig_value(properties, "replicas")),
        fqdn=read_text(dig_value(properties, "fqdn")),
    )


def routed_to(entry: Raw, latest: str) -> str:
    """The revision that a traffic entry sends to."""
    return latest if entry.get("latestRevision") is True else resource_name(entry.get("revisionName"))


def list_containers(properties: Any) -> list[Raw]:
    return list_mappings(dig_value(properties, "template", "containers"))


def least_replicas(template: Any) -> int | None:
    """How few replicas it may have: Azure's 0 where the template does not say, None where there is no template."""
    if not isinstance(template, Mapping):
        return None
    return read_integer(dig_value(template, "scale", "minReplicas")) or 0


def newest_first(revisions: Sequence[Revision]) -> tuple[Revision, ...]:
    """By creation; Azure lists the oldest first, which decides where two were created at once or at no known time."""
    return tuple(sorted(revisions, key=lambda item: item.created or EPOCH)[::-1])


def map_replica(raw: Raw) -> Replica:
    """One instance, ready when all its containers are. An init container that is not done keeps them from starting:
    its restarts count, and its log has the reason."""
    properties = dig_value(raw, "properties")
    inside = list_mappings(dig_value(properties, "containers"))
    first = list_mappings(dig_value(properties, "initContainers"))
    undone = [fields for fields in first if fields.get("ready") is False]
    return Replica(
        name=resource_name(raw.get("name")),
        state=read_text(dig_value(properties, "runningState")),
        ready=bool(inside) and all(fields.get("ready") is True for fields in inside),
        restarts=sum(max(0, read_integer(fields.get("restartCount")) or 0) for fields in (*first, *inside)),
        created=read_moment(dig_value(properties, "createdTime")),
        details=read_text(dig_value(properties, "runningStateDetails")),
        containers=tuple(
            (resource_name(fields.get("name")), keep_whole(fields.get("logStreamEndpoint")))
            for fields in (*undone, *inside)
        ),
    )


def with_replicas(app: Application, replicas: Mapping[str, tuple[Replica, ...] | None]) -> Application:
    """`app` with the instances of each revision; a revision that is not in `replicas` keeps None: not read."""
    return replace(app, revisions=tuple(replace(item, replicas=replicas.get(item.name)) for item in app.revisions))


# An Azure Monitor alert as our own noun. Pure and total.


def map_alert(raw: Raw, *, source: str, environment: str, polled: datetime) -> Alert | None:
    """One alert, None without an id that could name it again. `polled` stands in for a start that cannot be read."""
    essentials = dig_value(raw, "properties", "essentials")
    identifier = last_segment(read_text(raw.get("id")))
    if not identifier:
        return None
    rule = read_text(dig_value(essentials, "alertRule"))
    human = read_text(dig_value(essentials, "alertState"))
    target = read_text(dig_value(essentials, "targetResource"))
    return Alert(
        source=source,
        fingerprint=identifier,
        name=read_text(raw.get("name")) or rule_name(rule) or "alert without a name",
        severity=parse_severity(read_text(dig_value(essentials, "severity"))),
        state=read_alert_state(raw),
        since=read_moment(dig_value(essentials, "startDateTime"))
        or read_moment(dig_value(essentials, "lastModifiedDateTime"))
        or polled,
        environment=environment,
        resource=read_text(dig_value(essentials, "targetResourceName")) or last_segment(target),
        summary=read_text(dig_value(essentials, "description")),
        labels=build_alert_labels(essentials, target),
        links=(("rule", rule),) if is_link(rule) else (),
        native_state=human,
        native_id=identifier,
        ended=read_moment(dig_value(essentials, "monitorConditionResolvedDateTime"))
        if read_alert_state(raw) is AlertState.RESOLVED
        else None,
        note="closed in Azure, still firing"
        if human == "Closed" and read_alert_state(raw) is AlertState.FIRING
        else "",
    )


def read_alert_state(raw: Raw) -> AlertState:
    """By `monitorCondition` alone: a resolved time may stand beside Fired, and alertState is a mark of people."""
    essentials = dig_value(raw, "properties", "essentials")
    if read_text(dig_value(essentials, "monitorCondition")).lower() == "resolved":
        return AlertState.RESOLVED
    return AlertState.SUPPRESSED if dig_value(essentials, "actionStatus", "isSuppressed") is True else AlertState.FIRING


def build_alert_labels(essentials: object, target: str) -> tuple[tuple[str, str], ...]:
    named = (
        ("monitor_service", read_text(dig_value(essentials, "monitorService"))),  # who watches, not what is watched
        ("signal", read_text(dig_value(essentials, "signalType"))),
        ("resource_type", read_text(dig_value(essentials, "targetResourceType"))),
        ("resource_group", read_text(dig_value(essentials, "targetResourceGroup"))),
        ("resource_id", target),
    )
    return tuple((name, value) for name, value in named if value)


def rule_name(rule: str) -> str:
    """A rule comes as an ARM id, a portal address or a plain name; an address holds no name worth showing."""
    return "" if is_link(rule) else last_segment(rule)


def is_link(value: str) -> bool:
    try:
        return urlsplit(value).scheme in ("http", "https") and bool(urlsplit(value).netloc)
    except ValueError:
        return False


def last_segment(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2]

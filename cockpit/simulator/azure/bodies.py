"""The world in Azure's words: container app, revision, replica and operation as Resource Manager answers them.

Field names and shapes follow the published examples of Microsoft.App 2025-07-01; the nulls, the lower-case id and the
times without a zone are how real answers look.
"""

from cockpit.simulator.answer import JSON
from cockpit.simulator.azure import times
from cockpit.simulator.signing import sign_link
from cockpit.simulator.world.clock import SimulatedClock
from cockpit.simulator.world.site import (
    API_VERSION,
    CONTAINER,
    REGION,
    REGION_LABEL,
    SUBSCRIPTION,
    make_identifier,
    make_short_name,
)
from cockpit.simulator.world.stage import count_restarts
from cockpit.simulator.world.world import Operation, SimulatedCondition, SimulatedRevision, World

HEALTH = {
    SimulatedCondition.INACTIVE: "Healthy",  # as every superseded revision, also one that never came up
    SimulatedCondition.STARTING: "None",
    SimulatedCondition.SICK: "Unhealthy",
    SimulatedCondition.FINE: "Healthy",
}
RUNNING = {
    SimulatedCondition.INACTIVE: "Stopped",
    SimulatedCondition.STARTING: "Activating",
    SimulatedCondition.SICK: "Degraded",
    SimulatedCondition.FINE: "Running",
}
DETAILS = {SimulatedCondition.SICK: "CrashLoopBackOff: back-off restarting the failed container."}


def app_body(world: World, clock: SimulatedClock, url: str, fqdn: str) -> JSON:
    """The container app. `url` is where its streams are, `fqdn` where its users go."""
    site = world.scenario.site
    changed = times.format_naive(clock.at(world.changed_at))
    operation = world.running_operation
    latest = world.latest
    return {
        "id": site.app_id,
        "name": site.app,
        "type": "Microsoft.App/containerApps",
        "location": REGION_LABEL,
        "tags": None,
        "systemData": {
            "createdBy": "ci@example.com",
            "createdByType": "User",
            "createdAt": times.format_naive(clock.at(world.revisions[0].created)),
            "lastModifiedBy": world.changed_by,
            "lastModifiedByType": "User",
            "lastModifiedAt": changed,
        },
        "properties": {
            "provisioningState": "InProgress" if operation else "Succeeded",
            "runningStatus": "Running",
            "managedEnvironmentId": site.environment_id,
            "environmentId": site.environment_id,
            "workloadProfileName": "Consumption",
            "latestRevisionName": latest.name,
            "latestReadyRevisionName": latest_ready(world),
            "latestRevisionFqdn": fqdn,
            "customDomainVerificationId": make_identifier(world.scenario.seed, "domain").replace("-", "").upper(),
            "outboundIpAddresses": ["192.0.2.21", "192.0.2.22"],
            "delegatedIdentities": [],
            "configuration": {
                "secrets": None,
                "activeRevisionsMode": world.scenario.mode.capitalize(),
                "ingress": None
                if not world.scenario.ingress
                else {
                    "fqdn": fqdn,
                    "external": True,
                    "targetPort": 8000,
                    "exposedPort": 0,
                    "transport": "Auto",
                    "traffic": traffic_body(world),
                    "customDomains": None,
                    "allowInsecure": True,
                    "ipSecurityRestrictions": None,
                    "corsPolicy": None,
                    "clientCertificateMode": None,
                    "stickySessions": None,
                    "additionalPortMappings": None,
                    "targetPortHttpScheme": None,
                },
                "registries": None,
                "identitySettings": [],
                "dapr": None,
                "runtime": None,
                "maxInactiveRevisions": 100,
                "revisionTransitionThreshold": None,
                "service": None,
            },
            "template": template_body(latest, in_app=True),
            "eventStreamEndpoint": f"{url}{site.stream_path}/eventstream",
        },
        "identity": {"type": "None"},
    }


def latest_ready(world: World) -> str:
    """The newest revision that is ready, or was before it was switched off."""
    unready = (SimulatedCondition.STARTING, SimulatedCondition.SICK)
    ready = [revision for revision in world.revisions if world.condition(revision) not in unready]
    return max(ready, key=lambda revision: revision.created).name if ready else ""


def traffic_body(world: World) -> list[JSON]:
    """The traffic list as it was set, entries of 0 included."""
    entries: list[JSON] = []
    for share in world.traffic:
        entry: JSON = {"revisionName": share.revision} if share.revision else {"latestRevision": True}
        entries.append({**entry, "weight": share.weight} | ({"label": share.label} if share.label else {}))
    return entries


def template_body(revision: SimulatedRevision, *, in_app: bool) -> JSON:
    """Containers and scale. Only the app's own answer tells the ephemeral storage."""
    storage = {"ephemeralStorage": "1Gi"} if in_app else {}
    return {
        "revisionSuffix": "",
        "terminationGracePeriodSeconds": None,
        "containers": [
            {"image": revision.image, "name": CONTAINER, "resources": {"cpu": 0.5, "memory": "1Gi"} | storage}
        ],
        "initContainers": None,
        "scale": {
            "minReplicas": revision.min_replicas,
            "maxReplicas": revision.max_replicas,
            "cooldownPeriod": 300,
            "pollingInterval": 30,
            "rules": None,
        },
        "volumes": None,
        "serviceBinds": None,
    }


def revision_body(world: World, revision: SimulatedRevision, clock: SimulatedClock, fqdn: str) -> JSON:
    """One revision. `lastActiveTime` is there only while it is inactive."""
    condition = world.condition(revision)
    odd = revision.odd
    properties: JSON = {
        "createdTime": times.format_with_offset(clock.at(revision.created)),
        "fqdn": fqdn,
        "template": template_body(revision, in_app=False),
        "active": revision.active,
        "replicas": replica_count(revision),
        "trafficWeight": world.weights()[revision.name],
        "provisioningError": None,
        "healthState": HEALTH[condition],
        "provisioningState": "Provisioned",
        "runningState": RUNNING[condition],
    }
    if condition in DETAILS:
        properties["runningStateDetails"] = DETAILS[condition]
    if revision.stopped is not None:
        properties["lastActiveTime"] = times.format_with_offset(clock.at(revision.stopped))
    if odd is not None:
        if odd.running_state:
            properties["runningState"] = odd.running_state
        if odd.provisioning_error:
            properties["provisioningError"] = odd.provisioning_error
        if odd.created_text:
            properties["createdTime"] = odd.created_text
        if odd.bare:
            properties = {text: properties[text] for text in ("createdTime", "active", "trafficWeight")}
    return {
        "id": f"{world.scenario.site.app_id}/revisions/{revision.name}",
        "name": revision.name,
        "type": "Microsoft.App/containerapps/revisions",
        "properties": properties,
    }


def replica_count(revision: SimulatedRevision) -> int:
    return revision.min_replicas if revision.active else 0


def replica_names(world: World, revision: SimulatedRevision) -> list[str]:
    """The instances of a revision; a restart gives them new names."""
    seed = world.scenario.seed
    pod = make_short_name(seed, 9, "pod", revision.name)
    return [
        f"{revision.name}-{pod}-{make_short_name(seed, 5, revision.name, revision.started, place)}"
        for place in range(replica_count(revision))
    ]


def replica_body(world: World, revision: SimulatedRevision, name: str, clock: SimulatedClock, url: str) -> JSON:
    """One instance with its container."""
    fine = world.condition(revision) is SimulatedCondition.FINE
    state = "Running" if fine else "NotRunning"
    details = "" if fine else "The container is not ready."
    site = world.scenario.site
    endpoint = f"{url}{site.stream_path}/revisions/{revision.name}/replicas/{name}/containers/{CONTAINER}"
    return {
        "id": f"{site.app_id}/revisions/{revision.name}/replicas/{name}",
        "name": name,
        "type": "Microsoft.App/containerapps/revisions/replicas",
        "properties": {
            "createdTime": times.format_zulu(clock.at(revision.started)),
            "runningState": state,
            "runningStateDetails": details,
            "containers": [
                {
                    "name": CONTAINER,
                    "containerId": f"containerd://{make_short_name(world.scenario.seed, 32, name)}",
                    "ready": fine,
                    "started": fine or world.condition(revision) is SimulatedCondition.SICK,
                    "restartCount": count_restarts(world, revision),
                    "runningState": state,
                    "runningStateDetails": details,
                    "logStreamEndpoint": f"{endpoint}/logstream",
                    "execEndpoint": f"{endpoint}/exec",
                }
            ],
            "initContainers": [],
        },
    }


def operation_path(operation: Operation, kind: str) -> str:
    """Where an operation is; `kind` is `Statuses` or `Results`."""
    folder = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.App/locations/{REGION}/containerappOperation{kind}"
    return f"{folder}/{operation.id}"


def operation_link(operation: Operation, kind: str, seed: int) -> str:
    """Path and query by which an operation is followed, signed."""
    return sign_link(f"{operation_path(operation, kind)}?api-version={API_VERSION}&azureAsyncOperation=true", seed)


def operation_body(operation: Operation, clock: SimulatedClock) -> JSON:
    """The status document that a long-running change is polled by."""
    body: JSON = {
        "id": operation_path(operation, "Statuses"),
        "name": operation.id,
        "status": operation.status,
        "startTime": times.format_naive(clock.at(operation.started)),
    }
    if operation.error:
        body["error"] = {"code": operation.error[0], "message": operation.error[1]}
    return body

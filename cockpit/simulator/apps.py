"""Resource Manager's answers about the container app, its revisions and its replicas."""

from collections.abc import Callable

from cockpit.simulator import times
from cockpit.simulator.answer import JSON, RefusedError, SimulatedAnswer, SimulatedRequest
from cockpit.simulator.bodies import (
    app_body,
    operation_body,
    operation_link,
    replica_body,
    replica_names,
    revision_body,
)
from cockpit.simulator.changes import activate, deactivate, existing, restart, start
from cockpit.simulator.patch import read_patch
from cockpit.simulator.signing import must_be_signed
from cockpit.simulator.site import REGION_LABEL, SUBSCRIPTION, TENANT, Site, short
from cockpit.simulator.stage import Stage
from cockpit.simulator.world import Caller, Operation, World

TOKEN_LIFE = 3_600.0  # real seconds
ACTIONS: dict[str, Callable[[World, str, Caller], World]] = {
    "activate": activate,
    "deactivate": deactivate,
    "restart": restart,
}


def check_place(site: Site, call: SimulatedRequest) -> None:
    """Raises RefusedError for another subscription, resource group, app or server than the one there is."""
    subscription, group, app = (call.names.get(each) for each in ("subscription", "group", "app"))
    if subscription is not None and subscription.lower() != SUBSCRIPTION:
        raise RefusedError(404, "SubscriptionNotFound", f"The subscription '{subscription}' could not be found.")
    if group is not None and group.lower() != site.resource_group.lower():
        raise RefusedError(404, "ResourceGroupNotFound", f"Resource group '{group}' could not be found.")
    if app is not None and app.lower() != site.app:
        raise RefusedError(
            404,
            "ResourceNotFound",
            f"The Resource 'Microsoft.App/containerApps/{app}' under '{site.resource_group}' was not found.",
        )
    server = call.names.get("server")
    if server is not None and server.lower() != site.sql_server:
        raise RefusedError(404, "ResourceNotFound", f"The Resource 'Microsoft.Sql/servers/{server}' was not found.")


def list_apps(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    return SimulatedAnswer(
        {"value": [app_body(stage.world(), stage.clock, call.url, stage.host(call.url))], "nextLink": None}
    )


def get_app(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    return SimulatedAnswer(app_body(stage.world(), stage.clock, call.url, stage.host(call.url)))


def patch_app(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    """202 with an empty body and, like Azure, no Retry-After."""
    patch = read_patch(call.json())
    world, operation = start(stage.world(), patch, call.caller(stage.scenario.operator))
    stage.become(world)
    headers = {
        "Azure-AsyncOperation": call.url + operation_link(operation, "Statuses", stage.scenario.seed),
        "Location": call.url + operation_link(operation, "Results", stage.scenario.seed),
    }
    return SimulatedAnswer(None, 202, headers)


def operation_status(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    return SimulatedAnswer(operation_body(_operation(stage, call, "Statuses"), stage.clock))


def operation_result(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    """What Location leads to: 202 until it is over, then the app."""
    operation = _operation(stage, call, "Results")
    if operation.status == "InProgress":
        return SimulatedAnswer(
            None, 202, {"Location": call.url + operation_link(operation, "Results", stage.scenario.seed)}
        )
    if operation.error:
        raise RefusedError(400, *operation.error)
    return get_app(stage, call)


def list_revisions(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    """All of them, oldest first, inactive ones too."""
    if call.query.get("$filter"):
        raise RefusedError(400, "BadRequest", "The simulator does not filter revisions; leave $filter out.")
    world = stage.world()
    return SimulatedAnswer(
        {
            "value": [revision_body(world, each, stage.clock, stage.host(call.url)) for each in world.revisions],
            "nextLink": None,
        }
    )


def get_revision(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    world = stage.world()
    return SimulatedAnswer(
        revision_body(world, existing(world, call.names["revision"]), stage.clock, stage.host(call.url))
    )


def act_on_revision(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    """A plain 200 whose body is one JSON string."""
    action = call.names["action"].lower()
    if action not in ACTIONS:
        raise RefusedError(404, "NotFound", f"There is no action '{action}' on a revision.")
    stage.become(ACTIONS[action](stage.world(), call.names["revision"], call.caller(stage.scenario.operator)))
    return SimulatedAnswer(f"{action.capitalize()} succeeded")


def list_replicas(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    return SimulatedAnswer({"value": _replicas(stage, call)})


def get_replica(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    wanted = call.names["replica"].lower()
    for body in _replicas(stage, call):
        if body["name"].lower() == wanted:
            return SimulatedAnswer(body)
    raise RefusedError(404, "ResourceNotFound", f"Replica '{call.names['replica']}' was not found.")


def get_auth_token(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    """A token for the log streams, good for an hour. No stream here asks for it."""
    now = stage.clock.at(stage.clock.elapsed())
    return SimulatedAnswer(
        {
            "id": stage.scenario.site.app_id,
            "name": stage.scenario.site.app,
            "type": "Microsoft.App/containerApps/accesstoken",
            "location": REGION_LABEL,
            "properties": {
                "token": f"simulated-{short(stage.scenario.seed, 12, 'token')}",
                "expires": times.precise(now.fromtimestamp(now.timestamp() + TOKEN_LIFE, now.tzinfo)),
            },
        }
    )


def list_secrets(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    """The simulated app has none."""
    return SimulatedAnswer({"value": []})


def subscription(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    """What `az account show` tells of."""
    return SimulatedAnswer(
        {
            "id": f"/subscriptions/{SUBSCRIPTION}",
            "subscriptionId": SUBSCRIPTION,
            "displayName": "Simulated subscription",
            "state": "Enabled",
            "tenantId": TENANT,
            "managedByTenants": [],
        }
    )


def provider(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    """What az asks before it changes anything."""
    name = call.names["provider"]
    return SimulatedAnswer(
        {"id": f"/subscriptions/{SUBSCRIPTION}/providers/{name}", "namespace": name, "registrationState": "Registered"}
    )


def _replicas(stage: Stage, call: SimulatedRequest) -> list[JSON]:
    world = stage.world()
    revision = existing(world, call.names["revision"])
    return [replica_body(world, revision, name, stage.clock, call.url) for name in replica_names(world, revision)]


def _operation(stage: Stage, call: SimulatedRequest, kind: str) -> Operation:
    """The operation that a signed link leads to. Raises RefusedError: 404 for none, 403 for a link that was changed."""
    wanted = call.names["operation"].lower()
    for operation in stage.world().operations:
        if operation.id == wanted:
            must_be_signed(call, operation_link(operation, kind, stage.scenario.seed))
            return operation
    raise RefusedError(404, "OperationNotFound", f"The operation '{wanted}' was not found.")

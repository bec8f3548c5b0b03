"""Resource Manager's answers about the container app, its revisions and its replicas."""

from collections.abc import Callable
from typing import Any

from cockpit.simulator.answer import JSON, RefusedError, SimulatedAnswer, SimulatedRequest
from cockpit.simulator.azure import times
from cockpit.simulator.azure.bodies import (
    app_body,
    operation_body,
    operation_link,
    replica_body,
    replica_names,
    revision_body,
    template_body,
)
from cockpit.simulator.signing import must_be_signed
from cockpit.simulator.world.changes import (
    activate_revision,
    deactivate_revision,
    find_revision,
    restart_revision,
    start_change,
)
from cockpit.simulator.world.site import CONTAINER, REGION_LABEL, SUBSCRIPTION, Site, make_short_name
from cockpit.simulator.world.stage import Stage
from cockpit.simulator.world.world import MAX_REPLICAS, Caller, Operation, Patch, TrafficShare, World

# What a PATCH of the container app asks for: traffic, image and scale. Anything else is refused, never ignored.

CODE = "InvalidParameterValueInContainerTemplate"


def read_patch(body: JSON, current: JSON) -> Patch:
    """The changes in a merge-patch body; `current` is the template as it is. Raises RefusedError."""
    properties = _must_have_only(body.get("properties"), "properties", {"configuration", "template"})
    configuration = _must_have_only(properties.get("configuration"), "properties.configuration", {"ingress"})
    ingress = _must_have_only(configuration.get("ingress"), "properties.configuration.ingress", {"traffic"})
    traffic = _parse_traffic(ingress["traffic"]) if "traffic" in ingress else None
    if "template" not in properties:
        if traffic is None:
            raise RefusedError(
                400, "InvalidRequestContent", "The simulator changes traffic, image and scale; none is here."
            )
        return Patch(traffic)
    template = _must_have_only(properties["template"], "properties.template", {"containers", "scale", "revisionSuffix"})
    limits = {"minReplicas", "maxReplicas", "rules"}
    scale = _must_have_only(template.get("scale"), "properties.template.scale", limits, current["scale"])
    suffix = template.get("revisionSuffix")
    if suffix is not None and not isinstance(suffix, str):
        raise RefusedError(400, CODE, "properties.template.revisionSuffix must be text.")
    return Patch(
        traffic,
        image=_find_image(template["containers"], current["containers"][0]) if "containers" in template else None,
        min_replicas=_read_replica_limits(scale, "minReplicas"),
        max_replicas=_read_replica_limits(scale, "maxReplicas"),
        suffix=suffix or None,
        new_revision=True,
    )


def _must_have_only(part: Any, place: str, names: set[str], current: JSON = {}) -> JSON:  # noqa: B006  it is only read
    """`part`, an object with nothing in it that would be lost; nothing at all is an empty object. What is sent as it is
    now in `current` loses nothing: az sends whole objects."""
    if part is None:
        return {}
    if not isinstance(part, dict):
        raise RefusedError(400, "InvalidRequestContent", f"{place} must be an object.")
    unknown = sorted(
        name for name, value in part.items() if name not in names and not _changes_nothing(value, current.get(name))
    )
    if unknown:
        wanted_name = ", ".join(sorted(names))
        raise RefusedError(
            400,
            "InvalidRequestContent",
            f"The simulator changes only {wanted_name} of {place}, not {', '.join(unknown)}.",
        )
    return part


def _changes_nothing(value: Any, current: Any) -> bool:
    """Whether a part of a merge-patch asks for no more than what is there."""
    if isinstance(value, dict) and isinstance(current, dict):
        return all(_changes_nothing(item, current.get(name)) for name, item in value.items())
    return value in (None, [], {}, "") or value == current


def _parse_traffic(entries: Any) -> tuple[TrafficShare, ...]:
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise RefusedError(400, "InvalidRequestContent", "traffic must be a list of objects.")
    return tuple(_parse_share(entry) for entry in entries)


def _parse_share(entry: JSON) -> TrafficShare:
    revision = entry.get("revisionName") or ""
    if bool(revision) == bool(entry.get("latestRevision")):
        raise RefusedError(400, "RevisionTrafficInvalid", "A traffic entry names a revision or is for the latest one.")
    return TrafficShare(_parse_weight(entry.get("weight", 0)), str(revision), str(entry.get("label") or ""))


def _parse_weight(value: Any) -> int:
    """A whole number from 0 to 100. Azure takes one in quotes as well, and az sends some so."""
    text = str(value)
    if isinstance(value, bool) or not text.isascii() or not text.isdigit() or int(text) > 100:
        raise RefusedError(
            400, "TrafficWeightsInvalid", f"'{value}' is not a traffic weight; it must be from 0 to 100."
        )
    return int(text)


def _find_image(containers: Any, current: JSON) -> str | None:
    if not isinstance(containers, list) or len(containers) != 1 or not isinstance(containers[0], dict):
        raise RefusedError(400, CODE, f"The simulated app has one container, '{CONTAINER}'; send exactly that one.")
    container = containers[0]
    if container.get("name") != CONTAINER:
        raise RefusedError(400, CODE, f"The container must be named '{CONTAINER}', not '{container.get('name')}'.")
    _must_have_only(container, "properties.template.containers[0]", {"name", "image"}, current)
    image = container.get("image")
    if image is not None and (not isinstance(image, str) or not image):
        raise RefusedError(400, CODE, "A container's image must be text.")
    return image


def _read_replica_limits(scale: JSON, name: str) -> int | None:
    value = scale.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_REPLICAS:
        raise RefusedError(400, CODE, f"scale.{name} must be from 0 to {MAX_REPLICAS}.")
    return value


TOKEN_LIFE = 3_600.0  # real seconds
ACTIONS: dict[str, Callable[[World, str, Caller], World]] = {
    "activate": activate_revision,
    "deactivate": deactivate_revision,
    "restart": restart_revision,
}


def check_place(site: Site, call: SimulatedRequest) -> None:
    """Raises RefusedError for another subscription, resource group, app or server than the one there is."""
    subscription, group, app = (call.names.get(text) for text in ("subscription", "group", "app"))
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
    world = stage.world()
    patch = read_patch(call.json(), template_body(world.latest, in_app=True))
    world, operation = start_change(world, patch, call.caller(stage.scenario.operator))
    stage.become(world)
    headers = {
        "Azure-AsyncOperation": call.url + operation_link(operation, "Statuses", stage.scenario.seed),
        "Location": call.url + operation_link(operation, "Results", stage.scenario.seed),
    }
    return SimulatedAnswer(None, 202, headers)


def operation_status(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    return SimulatedAnswer(operation_body(_find_operation(stage, call, "Statuses"), stage.clock))


def operation_result(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    """What Location leads to: 202 until it is over, then the app."""
    operation = _find_operation(stage, call, "Results")
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
            "value": [
                revision_body(world, revision, stage.clock, stage.host(call.url)) for revision in world.revisions
            ],
            "nextLink": None,
        }
    )


def get_revision(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    world = stage.world()
    return SimulatedAnswer(
        revision_body(world, find_revision(world, call.names["revision"]), stage.clock, stage.host(call.url))
    )


def act_on_revision(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    """A plain 200 whose body is one JSON string."""
    action = call.names["action"].lower()
    if action not in ACTIONS:
        raise RefusedError(404, "NotFound", f"There is no action '{action}' on a revision.")
    stage.become(ACTIONS[action](stage.world(), call.names["revision"], call.caller(stage.scenario.operator)))
    return SimulatedAnswer(f"{action.capitalize()} succeeded")


def list_replicas(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    return SimulatedAnswer({"value": _list_replicas(stage, call)})


def get_replica(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    wanted_name = call.names["replica"].lower()
    for body in _list_replicas(stage, call):
        if body["name"].lower() == wanted_name:
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
                "token": f"simulated-{make_short_name(stage.scenario.seed, 12, 'token')}",
                "expires": times.format_precise(now.fromtimestamp(now.timestamp() + TOKEN_LIFE, now.tzinfo)),
            },
        }
    )


def list_secrets(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    """The simulated app has none."""
    return SimulatedAnswer({"value": []})


def show_provider(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    """What az asks before it changes anything."""
    name = call.names["provider"]
    return SimulatedAnswer(
        {"id": f"/subscriptions/{SUBSCRIPTION}/providers/{name}", "namespace": name, "registrationState": "Registered"}
    )


def _list_replicas(stage: Stage, call: SimulatedRequest) -> list[JSON]:
    world = stage.world()
    revision = find_revision(world, call.names["revision"])
    return [replica_body(world, revision, name, stage.clock, call.url) for name in replica_names(world, revision)]


def _find_operation(stage: Stage, call: SimulatedRequest, kind: str) -> Operation:
    """The operation that a signed link leads to. Raises RefusedError: 404 for none, 403 for a link that was changed."""
    wanted_name = call.names["operation"].lower()
    for operation in stage.world().operations:
        if operation.id == wanted_name:
            must_be_signed(call, operation_link(operation, kind, stage.scenario.seed))
            return operation
    raise RefusedError(404, "OperationNotFound", f"The operation '{wanted_name}' was not found.")

"""What a PATCH of the container app asks for: traffic, image and scale. Anything else is refused, never ignored."""

from typing import Any

from cockpit.simulator.answer import JSON, RefusedError
from cockpit.simulator.site import CONTAINER
from cockpit.simulator.world import MAX_REPLICAS, Patch, TrafficShare

CODE = "InvalidParameterValueInContainerTemplate"


def read_patch(body: JSON) -> Patch:
    """The changes in a merge-patch body. Raises RefusedError."""
    properties = _only(body.get("properties"), "properties", {"configuration", "template"})
    configuration = _only(properties.get("configuration"), "properties.configuration", {"ingress"})
    ingress = _only(configuration.get("ingress"), "properties.configuration.ingress", {"traffic"})
    traffic = _traffic(ingress["traffic"]) if "traffic" in ingress else None
    if "template" not in properties:
        if traffic is None:
            raise RefusedError(
                400, "InvalidRequestContent", "The simulator changes traffic, image and scale; none is here."
            )
        return Patch(traffic)
    template = _only(properties["template"], "properties.template", {"containers", "scale", "revisionSuffix"})
    scale = _only(template.get("scale"), "properties.template.scale", {"minReplicas", "maxReplicas", "rules"})
    suffix = template.get("revisionSuffix")
    if suffix is not None and not isinstance(suffix, str):
        raise RefusedError(400, CODE, "properties.template.revisionSuffix must be text.")
    return Patch(
        traffic,
        image=_image(template["containers"]) if "containers" in template else None,
        min_replicas=_read_replica_limits(scale, "minReplicas"),
        max_replicas=_read_replica_limits(scale, "maxReplicas"),
        suffix=suffix or None,
        new_revision=True,
    )


def _only(part: Any, place: str, known: set[str]) -> JSON:
    """`part`, an object with nothing in it that would be lost; nothing at all is an empty object."""
    if part is None:
        return {}
    if not isinstance(part, dict):
        raise RefusedError(400, "InvalidRequestContent", f"{place} must be an object.")
    unknown = sorted(name for name, value in part.items() if name not in known and value is not None)
    if unknown:
        wanted = ", ".join(sorted(known))
        raise RefusedError(
            400, "InvalidRequestContent", f"The simulator changes only {wanted} of {place}, not {', '.join(unknown)}."
        )
    return part


def _traffic(entries: Any) -> tuple[TrafficShare, ...]:
    if not isinstance(entries, list) or not all(isinstance(each, dict) for each in entries):
        raise RefusedError(400, "InvalidRequestContent", "traffic must be a list of objects.")
    return tuple(_share(each) for each in entries)


def _share(entry: JSON) -> TrafficShare:
    revision = entry.get("revisionName") or ""
    if bool(revision) == bool(entry.get("latestRevision")):
        raise RefusedError(400, "RevisionTrafficInvalid", "A traffic entry names a revision or is for the latest one.")
    return TrafficShare(_weight(entry.get("weight", 0)), str(revision), str(entry.get("label") or ""))


def _weight(value: Any) -> int:
    """A whole number from 0 to 100. Azure takes one in quotes as well, and az sends some so."""
    text = str(value)
    if isinstance(value, bool) or not text.isascii() or not text.isdigit() or int(text) > 100:
        raise RefusedError(
            400, "TrafficWeightsInvalid", f"'{value}' is not a traffic weight; it must be from 0 to 100."
        )
    return int(text)


def _image(containers: Any) -> str | None:
    if not isinstance(containers, list) or len(containers) != 1 or not isinstance(containers[0], dict):
        raise RefusedError(400, CODE, f"The simulated app has one container, '{CONTAINER}'; send exactly that one.")
    container = containers[0]
    if container.get("name") != CONTAINER:
        raise RefusedError(400, CODE, f"The container must be named '{CONTAINER}', not '{container.get('name')}'.")
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

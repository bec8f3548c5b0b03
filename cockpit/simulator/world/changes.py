"""What can be done to the world: pure functions from world to world. A refusal is Azure's own, oddities included."""

from dataclasses import replace

from cockpit.simulator.answer import RefusedError
from cockpit.simulator.world.scenario import Deploy, Drain, Event, Spoil
from cockpit.simulator.world.site import make_identifier, make_short_name
from cockpit.simulator.world.world import (
    MAX_REPLICAS,
    WRITE,
    Activity,
    Caller,
    Operation,
    Patch,
    SimulatedRevision,
    TrafficShare,
    World,
    remember_state,
)

REVISION_ACTION = "Microsoft.App/containerApps/revisions/{}/action"


def activate_revision(world: World, name: str, caller: Caller) -> World:
    """Start a revision. Traffic stays where it is. Raises RefusedError."""
    revision = _find_writable_revision(world, name)
    if not _registry_known(world, revision.image):
        # Azure ends in this 400, with the inner answer as text, when the registry of an old image is gone.
        registry = revision.image.partition("/")[0]
        raise RefusedError(
            400,
            "RevisionOperationError",
            f"Error activating revision {revision.name}. Details Reason: Bad Request. Body: "
            f'{{"error":"the revision you are trying to activate references registry {registry} '
            'which is no longer defined","success":false}',
        )
    single = world.scenario.mode == "single"
    if not revision.active:
        # In single mode the platform lets the others go only once this one answers, so no request sees it start.
        ready = world.now + (0.0 if single else world.scenario.startup_seconds)
        revision = replace(revision, active=True, started=world.now, ready=ready, stopped=None)
    if single:
        world = replace(_stop_all_but_one(world, revision.name), traffic=(TrafficShare(100, revision.name),))
    return _record_act(world, revision, "activate", caller)


def deactivate_revision(world: World, name: str, caller: Caller) -> World:
    """Stop a revision. Like Azure, does so even if it has traffic, which then goes nowhere. Raises RefusedError."""
    revision = _find_writable_revision(world, name)
    if revision.active:
        revision = replace(revision, active=False, stopped=world.now)
    return _record_act(world, revision, "deactivate", caller)


def restart_revision(world: World, name: str, caller: Caller) -> World:
    """Replace the replicas of an active revision, one by one, so that it stays ready. Raises RefusedError."""
    revision = _find_writable_revision(world, name)
    if not revision.active:
        raise RefusedError(
            400, "RevisionOperationError", f"Error restarting revision {revision.name}. The revision is inactive."
        )
    return _record_act(world, replace(revision, started=world.now), "restart", caller)


def start_change(world: World, patch: Patch, caller: Caller) -> tuple[World, Operation]:
    """Begin a long-running change of the app. Raises RefusedError."""
    refuse_while_busy(world)
    if patch.traffic is not None:
        _check_traffic(world, patch)
    if patch.suffix and world.revision(world.scenario.site.revision(patch.suffix)):
        raise RefusedError(
            400, "ContainerAppInvalidRevisionSuffix", f"Revision suffix {patch.suffix} is already in use."
        )
    operation = Operation(
        id=make_identifier(world.scenario.seed, "operation", world.writes),
        started=world.now,
        due=world.now + world.scenario.operation_seconds,
        patch=patch,
        caller=caller,
    )
    return replace(world, writes=world.writes + 1, operations=(*world.operations, operation)), operation


def finish_change(world: World, operation: Operation) -> World:
    """End a long-running change: what it asked for becomes so, all of it or nothing."""
    patch = operation.patch
    if patch.image is not None and not _image_known(world, patch.image):
        error = (
            "InvalidImage",
            f"Field 'template.containers.{world.scenario.site.app}.image' is invalid: cannot pull '{patch.image}'.",
        )
        return _end_operation(world, replace(operation, status="Failed", error=error))
    if patch.new_revision:
        world = _with_new_revision(world, patch)
    if patch.traffic is not None:
        world = replace(world, traffic=patch.traffic)
    return remember_state(_end_operation(world, replace(operation, status="Succeeded")))


def apply_event(world: World, event: Event) -> World:
    """What the scenario has in store for this second."""
    if event.what == "deploy":
        return deploy_revision(world, event)
    if isinstance(event, Spoil):
        return spoil_database(world, None if event.what == "mend" else world.now)
    if isinstance(event, Drain):
        return remember_state(replace(world, drained_until=world.now + event.lasts))
    sick = event.what == "sicken"
    if not event.suffix:
        return remember_state(replace(world, lacks_dependency=sick))
    name = world.scenario.site.revision(event.suffix)
    changed = tuple(
        replace(revision, sick=sick, slow=False) if revision.name == name else revision for revision in world.revisions
    )
    return remember_state(replace(world, revisions=changed))


def spoil_database(world: World, since: float | None) -> World:
    """What the app asks for is gone from its database since then, and from every copy of later; None: it is back."""
    name = world.scenario.site.app.lower()
    databases = tuple(
        replace(database, spoiled=since) if database.name.lower() == name else database for database in world.databases
    )
    return remember_state(replace(world, databases=databases))


def deploy_revision(world: World, event: Deploy) -> World:
    """A delivery pipeline brings a new revision."""
    if world.auto_swap and (running := world.running_operation) is not None:  # it waits for the swap before it
        put_off = event.model_copy(update={"at": running.due})
        return replace(world, pending=tuple(sorted((put_off, *world.pending), key=lambda item: item.at)))
    name = world.scenario.site.revision(event.suffix)
    revision = replace(_new_revision(world, name, event.image, sick=event.sick), slow=event.slow)
    if world.auto_swap:
        return _deploy_to_slot(world, revision, event.by)
    correlation = make_identifier(world.scenario.seed, "deploy", name)
    activity = Activity(event.at, event.at, event.by, WRITE, "", correlation)
    world = _with_mode(replace(world, revisions=(*world.revisions, revision)))
    return remember_state(
        replace(
            world,
            activity=(*world.activity, activity),
            changed_by=event.by,
            changed_at=event.at,
        )
    )


def _deploy_to_slot(world: World, revision: SimulatedRevision, by: str) -> World:
    """Into `staging`, without traffic; the deployment itself asks Azure for the swap, which takes its time."""
    traffic = (TrafficShare(100, world.serving.name),)
    world = replace(world, revisions=(*world.revisions, revision), traffic=traffic)
    world, operation = start_change(world, Patch(traffic=(TrafficShare(100, revision.name),)), Caller(by))
    by_itself = replace(operation, logged=False)
    operations = tuple(by_itself if item.id == operation.id else item for item in world.operations)
    return remember_state(replace(world, operations=operations))


def set_alert_state(world: World, alert: str, state: str, caller: Caller) -> World:
    """A person's word on an alert; what the alert's condition is stays as it is."""
    return replace(world, alert_states={**world.alert_states, alert: (state, world.now, caller.name)})


def refuse_while_busy(world: World) -> None:
    """Raises RefusedError, 409, while a long-running change of the app is under way."""
    if world.running_operation is not None:
        raise RefusedError(
            409,
            "ContainerAppLockConflict",
            f"Cannot modify a container app '{world.scenario.site.app}' because another modification is in progress. "
            "Please retry the operation.",
        )


def _find_writable_revision(world: World, name: str) -> SimulatedRevision:
    refuse_while_busy(world)
    return find_revision(world, name)


def find_revision(world: World, name: str) -> SimulatedRevision:
    """The revision of that name. Raises RefusedError, 404."""
    revision = world.revision(name)
    if revision is None:
        raise RefusedError(
            404, "ResourceNotFound", f"Revision '{name}' was not found in container app '{world.scenario.site.app}'."
        )
    return revision


def _record_act(world: World, revision: SimulatedRevision, action: str, caller: Caller) -> World:
    """The world with `revision` as it now is, and the act in the Activity Log."""
    correlation = make_identifier(world.scenario.seed, action, world.writes)
    activity = Activity(
        world.now,
        world.now,
        caller.name,
        REVISION_ACTION.format(action),
        f"/revisions/{revision.name}",
        correlation,
        caller.client_request,
    )
    revisions = tuple(
        revision if simulated_revision.name == revision.name else simulated_revision
        for simulated_revision in world.revisions
    )
    changed = replace(world, revisions=revisions, activity=(*world.activity, activity), writes=world.writes + 1)
    return remember_state(changed)


def _end_operation(world: World, operation: Operation) -> World:
    operations = tuple(operation if item.id == operation.id else item for item in world.operations)
    activity = Activity(
        operation.started,
        operation.due,
        operation.caller.name,
        WRITE,
        "",
        operation.id,
        operation.caller.client_request,
        failed=operation.status == "Failed",
    )
    return replace(
        world,
        operations=operations,
        activity=(*world.activity, *((activity,) if operation.logged else ())),
        changed_by=operation.caller.name,
        changed_at=operation.started,
    )


def _with_new_revision(world: World, patch: Patch) -> World:
    """The latest template with what the patch changes in it, as a revision of its own."""
    latest = world.latest
    suffix = patch.suffix or make_short_name(world.scenario.seed, 7, "revision", len(world.revisions))
    image = patch.image or latest.image
    alike = [item for item in world.revisions if read_tag(item.image) == read_tag(image)]
    revision = _new_revision(world, world.scenario.site.revision(suffix), image, sick=any(item.sick for item in alike))
    revision = replace(revision, slow=any(item.slow for item in alike))
    low = latest.min_replicas if patch.min_replicas is None else patch.min_replicas
    high = latest.max_replicas if patch.max_replicas is None else patch.max_replicas
    revision = replace(revision, min_replicas=low, max_replicas=high)
    return _with_mode(replace(world, revisions=(*world.revisions, revision)))


def _with_mode(world: World) -> World:
    """In single mode the newest revision takes everything, and the others stop."""
    if world.scenario.mode == "multiple":
        return world
    return replace(_stop_all_but_one(world, world.latest.name), traffic=(TrafficShare(100),))


def _stop_all_but_one(world: World, name: str) -> World:
    """Every revision but one stopped."""
    stopped = tuple(
        replace(revision, active=False, stopped=world.now) if revision.active and revision.name != name else revision
        for revision in world.revisions
    )
    return replace(world, revisions=stopped)


def _new_revision(world: World, name: str, image: str, *, sick: bool) -> SimulatedRevision:
    return SimulatedRevision(
        name=name,
        image=image,
        created=world.now,
        active=True,
        sick=sick,
        started=world.now,
        ready=world.now,  # a new revision gets traffic only once it answers
        stopped=None,
        min_replicas=world.latest.min_replicas,
        max_replicas=MAX_REPLICAS,
    )


def _registry_known(world: World, image: str) -> bool:
    return image.partition("/")[0] in world.scenario.registries


def read_tag(image: str) -> str:
    return image.rpartition("/")[2].partition(":")[2]


def _image_known(world: World, image: str) -> bool:
    """A registry that is there has the tags that were deployed, whatever the repository is called."""
    return _registry_known(world, image) and read_tag(image) in {read_tag(item.image) for item in world.revisions}


def _check_traffic(world: World, patch: Patch) -> None:
    """Azure wants revisions that exist and weights that make 100; it does not ask whether they are active."""
    if world.scenario.mode == "single":
        raise RefusedError(
            400, "ContainerAppInvalidTraffic", "Traffic cannot be divided while the active revisions mode is Single."
        )
    shares = patch.traffic or ()
    for share in shares:
        if share.revision and world.revision(share.revision) is None:
            raise RefusedError(
                400,
                "RevisionTrafficInvalid",
                f"Traffic is assigned to revision '{share.revision}', which does not exist.",
            )
    total = sum(share.weight for share in shares)
    if total != 100:
        raise RefusedError(
            400, "TrafficWeightsInvalid", f"The traffic weights must add up to 100, they add up to {total}."
        )

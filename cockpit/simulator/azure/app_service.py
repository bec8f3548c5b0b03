"""App Service in the simulated world: one site with two slots, whose swap moves the traffic between two revisions.

Production is the revision with most of the traffic; what sits in `staging` is the newest other one. So every story of
the world is one of App Service as well: a bad deployment is a swap that somebody made.
"""

from dataclasses import replace

from cockpit.simulator.answer import JSON, RefusedError, SimulatedAnswer, SimulatedRequest
from cockpit.simulator.azure import times
from cockpit.simulator.log_streams import list_console_lines
from cockpit.simulator.world.changes import activate_revision, restart_revision, start_change
from cockpit.simulator.world.site import REGION, SUBSCRIPTION, make_identifier
from cockpit.simulator.world.stage import Stage, weight_at
from cockpit.simulator.world.world import Patch, SimulatedRevision, TrafficShare, World

PRODUCTION, STAGING = "production", "staging"
INSTANCES = 2
SECONDS_OF_LOG = 300.0


def list_sites(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    return SimulatedAnswer({"value": [_build_site(stage, call, PRODUCTION)], "nextLink": None})


def show_site(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    return SimulatedAnswer(_build_site(stage, call, _find_slot(stage, call)))


def list_slots(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    _find_slot(stage, call)
    slots = [_build_site(stage, call, STAGING)] if _find_content(stage.world(), STAGING) else []
    return SimulatedAnswer({"value": slots, "nextLink": None})


def show_config(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    slot = _find_slot(stage, call)
    return SimulatedAnswer(
        {
            "id": f"{_build_id(stage, slot)}/config/web",
            "name": _name_slot(stage, slot),
            "type": "Microsoft.Web/sites/config",
            "location": REGION,
            "properties": _build_config(stage.world(), slot),
        }
    )


def change_config(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    """`autoSwapSlotName` of a slot; whoever sends the whole configuration, as az does, must leave the rest as it is."""
    slot, world = _find_slot(stage, call), stage.world()
    asked = call.json().get("properties")
    current = _build_config(world, slot)
    changes = {
        name: value
        for name, value in (asked.items() if isinstance(asked, dict) else ())
        if value is not None and value != current.get(name)
    }
    target = changes.pop("autoSwapSlotName", None)
    if changes or (target is not None and slot != STAGING):
        other = ", ".join(changes) or "autoSwapSlotName of production"
        raise RefusedError(
            501, "NotSimulated", f"Of a configuration the simulator changes autoSwapSlotName, not {other}."
        )
    if target is not None:
        if target not in ("", PRODUCTION):
            raise RefusedError(404, "NotFound", f"Cannot find slot {target} for site {stage.scenario.site.app}.")
        stage.become(replace(world, auto_swap=target == PRODUCTION))
    return show_config(stage, call)


def list_instances(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    """By the health check of the site: READY, or STOPPED where it fails."""
    slot, world = _find_slot(stage, call), stage.world()
    revision = _must_have_content(world, slot)
    state = "STOPPED" if world.is_sick(revision) else "READY"
    values = [
        {
            "id": f"{_build_id(stage, slot)}/instances/{name}",
            "name": name,
            "type": "Microsoft.Web/sites/instances",
            "location": REGION,
            "properties": {"siteInstanceName": name, "state": state, "healthCheckUrl": None, "containers": {}},
        }
        for name in (
            make_identifier(world.scenario.seed, "instance", revision.name, number).replace("-", "")
            for number in range(INSTANCES)
        )
    ]
    return SimulatedAnswer({"value": values, "nextLink": None})


def list_deployments(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    """The one that is in effect. It moves with a swap, as the files do."""
    slot, world = _find_slot(stage, call), stage.world()
    revision = _must_have_content(world, slot)
    sha = make_identifier(world.scenario.seed, "commit", revision.name).replace("-", "").ljust(40, "0")[:40]
    moment = times.format_precise(stage.clock.at(revision.created))
    body = {
        "id": f"{_build_id(stage, slot)}/deployments/{sha}",
        "name": sha,
        "type": "Microsoft.Web/sites/deployments",
        "location": REGION,
        "properties": {
            "id": sha,
            "status": 4,
            "message": f"Release {revision.image.rpartition(':')[2]}",
            "author": "ana",
            "deployer": "GITHUB_ZIP_DEPLOY",
            "author_email": "ana@example.com",
            "start_time": moment,
            "end_time": moment,
            "active": True,
            "details": None,
        },
    }
    return SimulatedAnswer({"value": [body], "nextLink": None})


def swap_slots(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    """Production's traffic goes to what sits in the slot. 202 with a Location, as long operations of this service."""
    world = _must_be_swappable(stage, call)
    target = _must_have_content(world, STAGING)
    caller = call.caller(stage.scenario.operator)
    if not target.active:
        world = activate_revision(world, target.name, caller)
    world, operation = start_change(world, Patch(traffic=(TrafficShare(100, target.name),)), caller)
    stage.become(world)
    stage.begun_swap = ""
    link = f"{call.url}/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Web/locations/{REGION}/operationResults"
    return SimulatedAnswer(None, 202, {"Location": f"{link}/{operation.id}?api-version=2024-04-01"})


def swap_result(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    """202 until it is over, then the site."""
    world = stage.world()
    operation = next((item for item in world.operations if item.id == call.names["operation"]), None)
    if operation is None:
        raise RefusedError(404, "NotFound", "The operation is not known.")
    if operation.status == "InProgress":
        return SimulatedAnswer(None, 202, {"Location": f"{call.url}{call.target}"})
    return SimulatedAnswer(_build_site(stage, call, STAGING))


def begin_swap(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    """The first half: the slot has production's settings, and nobody moved yet."""
    _must_be_swappable(stage, call)
    stage.begun_swap = PRODUCTION
    return SimulatedAnswer(None, 200)


def reset_swap(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    stage.begun_swap = ""
    return SimulatedAnswer(None, 200)


def restart_site(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    slot = _find_slot(stage, call)
    world = stage.world()
    revision = _must_have_content(world, slot)
    if revision.active:
        stage.become(restart_revision(world, revision.name, call.caller(stage.scenario.operator)))
    return SimulatedAnswer(None, 200)


def show_publishing(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    """The profiles that az reads an address out of before it shows a site. Nothing can be published here."""
    name = _name_slot(stage, _find_slot(stage, call)).replace("/", "-")
    profile = (
        f'<publishData><publishProfile profileName="{name} - FTP" publishMethod="FTP" '
        f'publishUrl="ftps://{name}.ftp.azurewebsites.net/site/wwwroot" userName="{name}" userPWD="simulated" />'
        "</publishData>"
    )
    return SimulatedAnswer(profile.encode(), headers={"Content-Type": "application/xml"})


def read_log(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    """The log stream of the site's management address: what production wrote lately."""
    world = stage.world()
    lines = list_console_lines(world, _must_have_content(world, PRODUCTION), world.now - SECONDS_OF_LOG, world.now)
    text = "".join(f"{times.format_precise(stage.clock.at(line.at))} {line.level} {line.text}\n" for line in lines)
    return SimulatedAnswer(text.encode(), headers={"Content-Type": "text/plain; charset=utf-8"})


def _refuse_while_swapping(stage: Stage, world: World) -> None:
    """Raises RefusedError, 409, while another swap is under way, one that Azure began by itself included."""
    if (running := world.running_operation) is not None:
        began = times.format_precise(stage.clock.at(running.started))
        raise RefusedError(
            409,
            "Conflict",
            "Cannot modify this site because another operation is in progress. "
            f"Details: Id: {running.id}, OperationName: SwapSiteSlots, CreatedTime: {began}.",
        )


def _find_last_swap(stage: Stage, world: World) -> float | None:
    """When production last changed: by a swap, or by one that the story tells as a deployment."""
    production = _must_have_content(world, PRODUCTION)
    moments = [
        operation.due
        for operation in world.operations
        if operation.status == "Succeeded" and operation.patch.traffic is not None
    ]
    is_reported = production.created > 0 and stage.scenario.platform == "app-service"
    if is_reported and weight_at(world, production.name, production.created):
        moments.append(production.created)
    return max(moments, default=None)


def _must_be_swappable(stage: Stage, call: SimulatedRequest) -> World:
    _find_slot(stage, call)
    world = stage.world()
    _refuse_while_swapping(stage, world)
    target = call.json().get("targetSlot", PRODUCTION)
    if {call.names.get("slot", PRODUCTION).lower(), str(target).lower()} != {PRODUCTION, STAGING}:
        raise RefusedError(404, "NotFound", f"Cannot find slot {target} for site {stage.scenario.site.app}.")
    return world


def _find_slot(stage: Stage, call: SimulatedRequest) -> str:
    site, slot = call.names.get("site", ""), call.names.get("slot", PRODUCTION).lower()
    if site and site.lower() != stage.scenario.site.app:
        raise RefusedError(
            404, "ResourceNotFound", f"The Resource 'Microsoft.Web/sites/{site}' under resource group was not found."
        )
    if slot not in (PRODUCTION, STAGING):
        raise RefusedError(
            404, "ResourceNotFound", f"The Resource 'Microsoft.Web/sites/{site}/slots/{slot}' was not found."
        )
    return slot


def _find_content(world: World, slot: str) -> SimulatedRevision | None:
    """What sits in a slot."""
    if slot == PRODUCTION:
        return world.serving
    others = [revision for revision in world.revisions if revision.name != world.serving.name]
    return max(others, key=lambda revision: revision.created, default=None)


def _must_have_content(world: World, slot: str) -> SimulatedRevision:
    revision = _find_content(world, slot)
    if revision is None:
        raise RefusedError(404, "ResourceNotFound", f"There is no slot {slot}.")
    return revision


def _name_slot(stage: Stage, slot: str) -> str:
    site = stage.scenario.site.app
    return site if slot == PRODUCTION else f"{site}/{slot}"


def _build_id(stage: Stage, slot: str) -> str:
    site = stage.scenario.site
    below = (
        f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{site.resource_group}/providers/Microsoft.Web/sites/{site.app}"
    )
    return below if slot == PRODUCTION else f"{below}/slots/{slot}"


def _build_config(world: World, slot: str) -> JSON:
    return {
        "linuxFxVersion": f"DOCKER|{_must_have_content(world, slot).image}",
        "healthCheckPath": "/api/health",
        "autoSwapSlotName": PRODUCTION if world.auto_swap and slot == STAGING else None,
        "experiments": {"rampUpRules": []},
        "alwaysOn": True,
        "numberOfWorkers": INSTANCES,
        "minTlsVersion": "1.2",
    }


def _build_site(stage: Stage, call: SimulatedRequest, slot: str) -> JSON:
    world, site = stage.world(), stage.scenario.site
    name = site.app if slot == PRODUCTION else f"{site.app}-{slot}"
    host = f"{name}.azurewebsites.net"
    swapped = _find_last_swap(stage, world)
    status = (
        {
            "timestampUtc": times.format_precise(stage.clock.at(swapped)),
            "sourceSlotName": STAGING,
            "destinationSlotName": "Production",
        }
        if swapped is not None and swapped <= world.now
        else None
    )
    return {
        "id": _build_id(stage, slot),
        "name": _name_slot(stage, slot),
        "type": "Microsoft.Web/sites" if slot == PRODUCTION else "Microsoft.Web/sites/slots",
        "kind": "app,linux,container",
        "location": REGION,
        "tags": {},
        "properties": {
            "name": name,
            "state": "Running",
            "hostNames": [host],
            "repositorySiteName": site.app,
            "usageState": "Normal",
            "inProgressOperationId": running.id if (running := world.running_operation) else None,
            "enabled": True,
            "enabledHostNames": [host, f"{name}.scm.azurewebsites.net"],
            "availabilityState": "Normal",
            "hostNameSslStates": [
                {"name": host, "sslState": "Disabled", "hostType": "Standard"},
                {"name": call.url.partition("://")[2], "sslState": "Disabled", "hostType": "Repository"},
            ],
            "lastModifiedTimeUtc": times.format_precise(stage.clock.at(_must_have_content(world, slot).created)),
            "siteConfig": {"linuxFxVersion": None},
            "targetSwapSlot": stage.begun_swap or None if slot == STAGING else None,
            "slotSwapStatus": status,
            "resourceGroup": site.resource_group,
            "serverFarmId": f"{_build_id(stage, PRODUCTION).partition('/sites/')[0]}/serverfarms/{site.app}-plan",
            "defaultHostName": host,
            "httpsOnly": True,
        },
    }

"""The whole world in one JSON object, for people and tests who look behind the scenes."""

from cockpit.model.time import stamp
from cockpit.simulator.alerts import alerts
from cockpit.simulator.answer import JSON
from cockpit.simulator.bodies import operation_body, traffic_body
from cockpit.simulator.history import restarts
from cockpit.simulator.site import SUBSCRIPTION, WORKSPACE
from cockpit.simulator.stage import Stage


def show(stage: Stage) -> JSON:
    """`elapsed` in simulated seconds; times on the wall clock."""
    world, clock = stage.world(), stage.clock
    weights = world.weights()
    return {
        "scenario": stage.scenario.name,
        "about": stage.scenario.about,
        "speed": clock.speed,
        "elapsed": world.now,
        "now": stamp(clock.at(world.now)),
        "subscription": SUBSCRIPTION,
        "resource_group": stage.scenario.site.resource_group,
        "app": stage.scenario.site.app,
        "workspace": WORKSPACE,
        "revisions": [
            {
                "name": each.name,
                "image": each.image,
                "created": stamp(clock.at(each.created)),
                "active": each.active,
                "weight": weights[each.name],
                "condition": world.condition(each).value,
                "restarts": restarts(world, each),
            }
            for each in world.revisions
        ],
        "traffic": traffic_body(world),
        "operations": [operation_body(each, clock) for each in world.operations],
        "databases": [{"name": each.name, "status": each.status} for each in world.databases],
        "alerts": [
            {"id": each.id, "name": each.name, "severity": each.severity, "condition": each.condition,
             "state": each.state, "fired": stamp(clock.at(each.fired))}
            for each in alerts(world)
        ],
        "pending": [each.model_dump() for each in world.pending],
        "requests": world.requests,
        "faults": stage.faults.listed(),
    }  # fmt: skip

"""The app itself, as its users and probes meet it: its answers follow from who has the traffic and how they are."""

from dataclasses import replace

from cockpit.simulator.answer import JSON, SimulatedAnswer, SimulatedRequest
from cockpit.simulator.world.site import make_identifier
from cockpit.simulator.world.stage import Stage
from cockpit.simulator.world.world import SimulatedCondition, World

LIVE = ("/health/live", "/healthz")
READY = ("/health/ready", "/readyz")
CACHE_STATISTICS = "/cache/stats"
ANOTHER_SERVER = "another-server"  # in the query: what is asked is no part of the app, and is well whatever befalls it
EVERY_THIRD = 3  # a sick revision in the traffic fails every third request
HEALTHY: JSON = {"status": "ok", "database": "ok", "checks": {"database": "ok"}}
COLD = 2.4  # real seconds that an answer of a revision with an empty cache takes
GIVES_UP = 6  # of its requests every sixth one gives up
SPREAD = 37  # has no divisor in common with 100: walks through all the percents, evenly spread


def answer_request(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    """Liveness, readiness, or any other request."""
    path = call.path.lower().rstrip("/")
    world = stage.world()
    if ANOTHER_SERVER in call.query:
        return SimulatedAnswer(HEALTHY)
    if path in LIVE:
        return _answer_liveness(world)
    if path in READY:
        return _answer_readiness(world)
    if path.endswith("/health"):
        return _answer_health(world)
    world = stage.become(replace(world, requests=world.requests + 1))
    return _answer_other_request(world, call)


def compute_delay(world: World, call: SimulatedRequest) -> float:
    """Real seconds the answer takes: a little wobble, and longer where a sick revision has traffic."""
    wobble = int(make_identifier(world.scenario.seed, "delay", call.path, world.requests, int(world.now))[:2], 16)
    slow = 0.150 if _list_serving(world, SimulatedCondition.SICK) else 0.0
    if is_slow(world) and call.path.lower().rstrip("/") not in LIVE:
        slow = COLD
    return slow + 0.004 + wobble / 255 * 0.016


def _answer_liveness(world: World) -> SimulatedAnswer:
    """The process runs wherever a container does, ready or not."""
    if all(_is_in_condition(world, name, SimulatedCondition.INACTIVE) for name in _list_weights(world)):
        return _answer_for_nobody()
    return SimulatedAnswer({"status": "healthy"})


def _answer_health(world: World) -> SimulatedAnswer:
    """For apps of other teams, whose health is one address: the words that most of them look for."""
    readiness = _answer_readiness(world)
    if readiness.status != 200:
        return readiness
    return SimulatedAnswer(HEALTHY)


def _answer_readiness(world: World) -> SimulatedAnswer:
    """Ready only if everything that has traffic is."""
    if _list_serving(world, SimulatedCondition.INACTIVE):
        return _answer_for_nobody()
    if _list_serving(world, SimulatedCondition.STARTING):
        return SimulatedAnswer(_build_readiness("starting"), 503)
    if not world.has_database:
        return SimulatedAnswer(_build_readiness("missing"), 503)
    if world.is_drained:
        return _answer_for_nobody()
    if _list_serving(world, SimulatedCondition.SICK):
        return SimulatedAnswer(_build_readiness("timeout"), 503)
    return SimulatedAnswer(_build_readiness("ok"))


def _answer_other_request(world: World, call: SimulatedRequest) -> SimulatedAnswer:
    name = choose_revision(world, world.requests)
    if (
        world.is_drained
        or _is_in_condition(world, name, SimulatedCondition.INACTIVE)
        or _is_in_condition(world, name, SimulatedCondition.STARTING)
    ):
        return _answer_for_nobody()
    if not world.has_database:
        return SimulatedAnswer({"error": "no such database"}, 500, {"x-served-by": name})
    sick = _list_serving(world, SimulatedCondition.SICK)
    if sick and world.requests % EVERY_THIRD == 0:
        return SimulatedAnswer({"error": "database pool exhausted"}, 500, {"x-served-by": sick[0]})
    if call.path.lower().endswith(CACHE_STATISTICS):
        hits = 0.04 if is_slow(world) else 0.93
        return SimulatedAnswer({"status": "ok", "hit_rate": hits}, headers={"x-served-by": name})
    if is_slow(world) and world.requests % GIVES_UP == 0:
        return SimulatedAnswer({"error": "timed out waiting for the database"}, 504, {"x-served-by": name})
    return SimulatedAnswer({"path": call.path, "status": "ok"}, headers={"x-served-by": name})


def choose_revision(world: World, number: int) -> str:
    """The revision that gets the request of that number: each its share of every hundred."""
    slot = number * SPREAD % 100
    for name, weight in _list_weights(world).items():
        if slot < weight:
            return name
        slot -= weight
    return world.latest.name


def _list_weights(world: World) -> dict[str, int]:
    return {name: weight for name, weight in world.weights().items() if weight}


def _is_in_condition(world: World, name: str, condition: SimulatedCondition) -> bool:
    revision = world.revision(name)
    return revision is not None and world.condition(revision) is condition


def is_slow(world: World) -> bool:
    """Whether a slow revision has traffic."""
    weights = _list_weights(world)
    return any(revision.slow and revision.name in weights for revision in world.revisions)


def _list_serving(world: World, condition: SimulatedCondition) -> list[str]:
    """The revisions in that condition that have traffic."""
    return [name for name in _list_weights(world) if _is_in_condition(world, name, condition)]


def _build_readiness(database: str) -> JSON:
    return {"status": "ready" if database == "ok" else "not ready", "checks": {"database": database}}


def _answer_for_nobody() -> SimulatedAnswer:
    """What the ingress says when there is no replica behind it."""
    return SimulatedAnswer({"error": "no healthy upstream"}, 503)

"""The simulated world as immutable state.

Everything is a pure function of the scenario, the seconds since the start and the changes made so far; times are
seconds since the start, negative before it. What people do to the world is in `changes`, what time does in `progress`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Literal

from cockpit.simulator.world.databases import Database, Restore, first_databases
from cockpit.simulator.world.scenario import Event, RevisionSpec, Scenario
from cockpit.simulator.world.site import make_identifier

MAX_REPLICAS = 10
CRASH_EVERY = 15.0  # seconds between two restarts of a sick container


class SimulatedCondition(Enum):
    """How a revision is doing."""

    INACTIVE = "inactive"
    STARTING = "starting"
    SICK = "sick"
    FINE = "fine"


@dataclass(frozen=True, slots=True)
class SimulatedRevision:
    """One deployed version.

    `started`: when its present replicas were; `ready`: from when on it can answer; `stopped`: when it was deactivated.
    """

    name: str
    image: str
    created: float
    active: bool
    sick: bool
    started: float
    ready: float
    stopped: float | None
    min_replicas: int
    max_replicas: int
    slow: bool = False
    odd: RevisionSpec | None = None  # how the scenario wants it to answer


@dataclass(frozen=True, slots=True)
class TrafficShare:
    """One entry of the traffic list. `revision` "" is whichever is the latest."""

    weight: int
    revision: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class WorldSnapshot:
    """What stood from `at` on."""

    at: float
    weights: Mapping[str, int]
    active: frozenset[str]
    sick: frozenset[str] = frozenset()
    without_database: bool = False
    slow: frozenset[str] = frozenset()
    is_drained: bool = False


@dataclass(frozen=True, slots=True)
class Activity:
    """One operation as the Activity Log tells it, from begin to end."""

    begin: float
    end: float
    caller: str
    action: str  # Microsoft.App/containerApps/write
    resource: str  # path below the app, "" for the app itself
    correlation: str
    client_request: str = ""
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Patch:
    """What a PATCH asks for; None leaves as it is."""

    traffic: tuple[TrafficShare, ...] | None = None
    image: str | None = None
    min_replicas: int | None = None
    max_replicas: int | None = None
    suffix: str | None = None
    new_revision: bool = False  # the template was sent


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asked, and the id they gave their request."""

    name: str
    client_request: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """A long-running change of the app. Nothing of it is seen before it is over."""

    id: str
    started: float
    due: float
    patch: Patch
    caller: Caller
    status: Literal["InProgress", "Succeeded", "Failed"] = "InProgress"
    error: tuple[str, str] | None = None  # (code, message)
    logged: bool = True  # False: what Azure did by itself, and not through Resource Manager


@dataclass(frozen=True, slots=True)
class World:
    """Everything there is. `pending`: what the scenario still has in store, soonest first."""

    scenario: Scenario
    now: float
    revisions: tuple[SimulatedRevision, ...]  # oldest first
    traffic: tuple[TrafficShare, ...]
    pending: tuple[Event, ...]
    databases: tuple[Database, ...] = ()
    restores: tuple[Restore, ...] = ()
    history: tuple[WorldSnapshot, ...] = ()
    operations: tuple[Operation, ...] = ()
    activity: tuple[Activity, ...] = ()
    alert_states: Mapping[str, tuple[str, float, str]] = field(default_factory=dict)  # id: (state, when, who)
    requests: int = 0  # answered by the workload
    writes: int = 0  # changes asked for, the source of ids
    changed_by: str = ""
    changed_at: float = 0.0
    lacks_dependency: bool = False  # what every revision needs is out
    drained_until: float = 0.0  # the end of the newest drain
    auto_swap: bool = False  # of the slot `staging`: what is deployed there goes on into production by itself
    remedies: Mapping[str, float] = field(default_factory=dict)  # name of a standing alert: when its cause was ended

    @property
    def is_drained(self) -> bool:
        return self.now < self.drained_until

    def is_sick(self, revision: SimulatedRevision) -> bool:
        return revision.sick or self.lacks_dependency

    @property
    def latest(self) -> SimulatedRevision:
        return max(self.revisions, key=lambda simulated_revision: simulated_revision.created)

    @property
    def serving(self) -> SimulatedRevision:
        """The one with most of the traffic; of several the newest."""
        weights = self.weights()
        return max(self.revisions, key=lambda revision: (weights[revision.name], revision.created))

    @property
    def running_operation(self) -> Operation | None:
        return next((operation for operation in self.operations if operation.status == "InProgress"), None)

    def revision(self, name: str) -> SimulatedRevision | None:
        """By name, in any case."""
        return next((revision for revision in self.revisions if revision.name.lower() == name.lower()), None)

    def database(self, name: str) -> Database | None:
        """By name, in any case."""
        return next((database for database in self.databases if database.name.lower() == name.lower()), None)

    @property
    def has_database(self) -> bool:
        """Whether the app finds the database it asks for, and in it what it needs."""
        database = self.database(self.scenario.site.app)
        return database is not None and database.status == "Online" and database.spoiled is None

    def weights(self) -> dict[str, int]:
        """Percent of the traffic for each revision, `latest` resolved."""
        weights = dict.fromkeys((revision.name for revision in self.revisions), 0)
        for share in self.traffic if self.scenario.ingress else ():
            weights[share.revision or self.latest.name] += share.weight
        return weights

    def condition(self, revision: SimulatedRevision) -> SimulatedCondition:
        if not revision.active:
            return SimulatedCondition.INACTIVE
        if self.now < revision.ready:
            return SimulatedCondition.STARTING
        return SimulatedCondition.SICK if self.is_sick(revision) else SimulatedCondition.FINE


def begin_world(scenario: Scenario) -> World:
    """The world at second 0."""
    revisions = tuple(
        sorted(
            (_make_revision(revision, scenario.site.revision(revision.suffix)) for revision in scenario.revisions),
            key=lambda simulated_revision: simulated_revision.created,
        )
    )
    traffic = tuple(
        TrafficShare(
            share_spec.weight, scenario.site.revision(share_spec.suffix) if share_spec.suffix else "", share_spec.label
        )
        for share_spec in scenario.traffic
    )
    pending = tuple(sorted(scenario.events, key=lambda part: part.at))
    last = revisions[-1]
    first_deploy = Activity(
        last.created, last.created, "ci@example.com", WRITE, "", make_identifier(scenario.seed, "deploy", last.name)
    )
    return remember_state(
        World(
            scenario,
            0.0,
            revisions,
            traffic,
            pending,
            first_databases(scenario.site.app),
            activity=(first_deploy,),
            changed_by="ci@example.com",
            changed_at=last.created,
            auto_swap=scenario.auto_swap,
        )
    )


WRITE = "Microsoft.App/containerApps/write"


def _make_revision(spec: RevisionSpec, name: str) -> SimulatedRevision:
    return SimulatedRevision(
        name=name,
        image=spec.image,
        created=-spec.age,
        active=spec.active,
        sick=spec.sick,
        started=-spec.age,
        ready=-spec.age,
        stopped=None if spec.active else -spec.age / 2,
        min_replicas=spec.replicas,
        max_replicas=MAX_REPLICAS,
        odd=spec,
    )


def remember_state(world: World) -> World:
    """The world with its present traffic, revisions and database added to its history, if they are news."""
    weights = {name: weight for name, weight in world.weights().items() if weight}
    active = frozenset(revision.name for revision in world.revisions if revision.active)
    sick = frozenset(revision.name for revision in world.revisions if world.is_sick(revision))
    slow = frozenset(revision.name for revision in world.revisions if revision.slow)
    snapshot = WorldSnapshot(world.now, weights, active, sick, not world.has_database, slow, world.is_drained)
    if world.history and replace(world.history[-1], at=world.now) == snapshot:
        return world
    return replace(world, history=(*world.history, snapshot))

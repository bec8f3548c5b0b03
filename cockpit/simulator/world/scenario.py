"""A scenario as its TOML file tells it: what the world holds at the start, and what happens by itself."""

import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cockpit.simulator.faults import Fault
from cockpit.simulator.world.site import SHOP, Site


class ScenarioError(ValueError):
    """A scenario that is not there or cannot be read; the message says which and why."""


class _Part(BaseModel):
    """Everything in the file is immutable, and a misspelled key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class RevisionSpec(_Part):
    """One revision. The fields after `replicas` make it answer oddly, as revisions in the wild do."""

    suffix: str
    image: str
    age: float = 0.0  # seconds before the start
    active: bool = True
    sick: bool = False
    replicas: int = 2
    running_state: str = ""  # reported instead of the true one
    provisioning_error: str = ""
    created_text: str = ""  # reported instead of a date
    bare: bool = False  # answers without health, running state, template and replicas


class ShareSpec(_Part):
    """One entry of the ingress traffic list. No `suffix`: whichever revision is the latest."""

    weight: int
    suffix: str = ""
    label: str = ""


class Deploy(_Part):
    """A new revision arrives. It takes whatever traffic the list gives to the latest one; with `auto_swap` it takes all
    of it once its slots were swapped."""

    at: float  # seconds after the start
    what: Literal["deploy"]
    suffix: str
    image: str
    by: str
    sick: bool = False
    slow: bool = False  # it is well and takes its time until it is healed: an empty cache


class Turn(_Part):
    """A revision falls ill, or recovers, with no new deployment: a full disk, a certificate.

    Without `suffix` it is what every revision needs, so that no rollback helps: a provider, a queue.
    """

    at: float
    what: Literal["sicken", "heal"]
    suffix: str = ""


class Drain(_Part):
    """The node where the app runs is drained, and for so long no other one has room for its pods."""

    at: float
    what: Literal["drain"]
    lasts: float


class Spoil(_Part):
    """The app's database loses what the app needs: a bad migration, a dropped table. A restore to before has it.

    `mend`: somebody put it right by hand.
    """

    at: float
    what: Literal["spoil", "mend"]


Event = Annotated[Deploy | Turn | Spoil | Drain, Field(discriminator="what")]


class AlertRule(_Part):
    """An alert that follows the world: `errors` while a sick revision has traffic, `latency` while a slow one has,
    `restarts` while a sick one is active."""

    name: str
    severity: Literal["Sev0", "Sev1", "Sev2", "Sev3", "Sev4"]
    watches: Literal["errors", "latency", "restarts"]
    fires_after: float  # seconds
    resolves_after: float
    description: str
    signal: str = "Metric"


class StandingAlert(_Part):
    """`count` alerts one minute apart, whatever the world does. With a negative age they fire after the start."""

    name: str
    severity: Literal["Sev0", "Sev1", "Sev2", "Sev3", "Sev4"]
    age: float  # seconds before the start
    condition: Literal["Fired", "Resolved"] = "Fired"
    state: Literal["New", "Acknowledged", "Closed"] = "New"
    description: str = ""
    count: int = 1
    lasts: float | None = None  # seconds until it resolves by itself; for good, if not given
    ended_by: str = (
        ""  # a regular expression for what ends its cause: `POST /a/path`, or `RUN deploy.yml` that ended well
    )
    ended_after: float = 10.0  # seconds from then until it resolves
    rule: str = ""  # what `alertRule` says instead of the rule's resource id
    resolved_time_while_fired: bool = False


class WorkflowRun(_Part):
    """A run of one of the repository's workflows. With a negative age it ends after the start."""

    workflow: str  # its file
    age: float  # seconds before the start at which it ended
    lasts: float = 60.0
    ends: Literal["success", "failure", "cancelled", "timed_out"] = "success"
    by: str = "ana"


class ServiceIssue(_Part):
    """One event of Azure's own service health."""

    name: str
    title: str
    age: float
    status: Literal["Active", "Resolved"]
    service: str


class Oddities(_Part):
    """Which of Azure's odd answers this world gives."""

    log_lines: bool = False  # four timestamp shapes, blank lines, records of nulls
    port_443: bool = False  # nextLink names port 443 and another api-version
    partial_logs: bool = False  # Log Analytics answers 200 with an error beside the rows


DAY = 86_400.0
USUAL_REVISIONS = tuple(
    RevisionSpec(suffix=f"r{number}", image=f"registry.example.com/app:1.{number}.0", age=age, active=number == 43)
    for number, age in ((41, 30 * DAY), (42, 7 * DAY), (43, DAY))
)


class Scenario(_Part):
    """A whole world. Durations in seconds of simulated time."""

    name: str = ""
    about: str
    order: int = 100  # its place among the stories of a system: the lowest is played where none is named
    seed: int = 1
    platform: Literal["", "container-apps", "app-service", "compose", "kubernetes"] = ""  # where the app runs
    site: Site = SHOP
    mode: Literal["multiple", "single"] = "multiple"  # how many revisions are active at once
    certificate_days: float = 90.0  # what the workload's certificate has left at the start
    certificate_renewed: float | None = None  # seconds after which another one is served, with 90 days
    auto_swap: bool = False  # App Service: a deployment goes to staging, and Azure swaps the slots after it
    ingress: bool = True  # False: a worker that nobody calls; whoever is active works
    operation_seconds: float = 12.0  # how long a traffic change takes
    startup_seconds: float = 4.0  # until an activated revision is ready
    restore_seconds: float = 60.0  # how long a database restore takes
    activity_lag: float = 0.0  # until the Activity Log shows an event
    operator: str = "operator@example.com"  # who asks, when the token does not say
    registries: tuple[str, ...] = ("registry.example.com",)
    log_destination: Literal["log-analytics", "azure-monitor"] = "log-analytics"
    oddities: Oddities = Oddities()
    revisions: tuple[RevisionSpec, ...] = Field(USUAL_REVISIONS, min_length=3)
    traffic: tuple[ShareSpec, ...] = Field((ShareSpec(weight=100),), min_length=1)
    events: tuple[Event, ...] = ()
    rules: tuple[AlertRule, ...] = ()
    alerts: tuple[StandingAlert, ...] = ()
    runs: tuple[WorkflowRun, ...] = ()  # beside those that made the revisions
    service_issues: tuple[ServiceIssue, ...] = ()
    faults: tuple[Fault, ...] = ()


def list_scenarios() -> list[str]:
    """Every scenario there is."""
    folder = files("cockpit.simulator") / "scenarios"
    return sorted(path.name.removesuffix(".toml") for path in folder.iterdir() if path.name.endswith(".toml"))


def load_scenario(name: str) -> Scenario:
    """The scenario of that name, or in the file of that path (`*.toml`). Raises ScenarioError."""
    if name.endswith(".toml"):
        try:
            return parse_scenario(Path(name).stem, Path(name).read_text("utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise ScenarioError(f"Scenario `{name}` cannot be read: {error}") from None
    if name not in list_scenarios():
        raise ScenarioError(
            f"There is no scenario `{name}`; there are: {', '.join(list_scenarios())}, or your own file, NAME.toml."
        )
    return parse_scenario(name, (files("cockpit.simulator") / "scenarios" / f"{name}.toml").read_text("utf-8"))


def parse_scenario(name: str, text: str) -> Scenario:
    """The scenario that `text` tells. Raises ScenarioError with everything that is wrong with it."""
    try:
        return Scenario.model_validate({"name": name, **tomllib.loads(text)})
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"Scenario `{name}` is not TOML: {error}") from None
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
        raise ScenarioError(f"Scenario `{name}`: {wrong}") from None


def rename_scenario(scenario: Scenario, **names: str) -> Scenario:
    """The same story with other names; "" leaves one as it is. Raises ScenarioError."""
    try:
        site = Site.model_validate(scenario.site.model_dump() | {key: name for key, name in names.items() if name})
    except ValidationError as error:
        wrong = ", ".join(f"--{str(item['loc'][0]).replace('_', '-')} {item['input']!r}" for item in error.errors())
        raise ScenarioError(f"Azure would not take this name: {wrong}.") from None
    return scenario.model_copy(update={"site": site})

"""What one cockpit.toml describes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from cockpit.model.plan import Plan
from cockpit.model.probe import Probe
from cockpit.model.secret import Secret
from cockpit.model.severity_scale import DEFAULT_SEVERITY_SCALE, SeverityScale

IdentityMethod = Literal["cli", "managed_identity", "device_code", "simulator"]


@dataclass(frozen=True, slots=True)
class AlertSource:
    """Where alerts come from. `urls`: the servers of one Alertmanager cluster, merged by fingerprint."""

    name: str
    kind: Literal["azure", "alertmanager"]
    urls: tuple[str, ...] = ()
    prometheus: tuple[str, ...] = ()  # asked for pending alerts, and to confirm a resolution
    headers: Mapping[str, str | Secret] = field(default_factory=dict)
    filters: tuple[str, ...] = ()  # Alertmanager matchers
    watchdog: str = ""  # an alert that must always fire; missing means blind
    interval: float = 30.0
    verify_tls: bool = True
    ca_file: str = ""


@dataclass(frozen=True, slots=True)
class Cloud:
    """Which Azure: the public one, a sovereign one, or the simulator (a URL and a credential, nothing else differs)."""

    name: Literal["public", "us_government", "china"] = "public"
    endpoint: str = ""  # Resource Manager; "" is the cloud's own
    logs_endpoint: str = ""
    authority: str = ""


@dataclass(frozen=True, slots=True)
class Environment:
    """prod, staging ...: cloud coordinates, probes, alert sources, and values for placeholders."""

    name: str
    production: bool = False
    subscription: str = ""
    resource_group: str = ""
    workspace: str = ""  # Log Analytics workspace id (a GUID)
    apps: tuple[str, ...] = ()
    apps_interval: float = 15.0
    probes: tuple[Probe, ...] = ()
    alerts: tuple[AlertSource, ...] = ()
    values: Mapping[str, str | Secret] = field(default_factory=dict)
    guard_word: str = ""
    shell: Mapping[str, str] = field(default_factory=dict)  # variables that a command of a step finds
    unnamed: bool = False  # nobody gave it its name: there is no file, or none of them in it
    kube_context: str = ""  # what `kubectl config current-context` must say before a change runs in a shell


@dataclass(frozen=True, slots=True)
class System:
    """The whole configuration. `order` is the identity order; `file` is "" for the built-in default."""

    name: str
    environments: tuple[Environment, ...]
    data: str  # directory of the timeline file
    file: str = ""
    cloud: Cloud = field(default_factory=Cloud)
    order: tuple[IdentityMethod, ...] = ("cli",)
    tenant: str = ""
    client_id: str = ""  # of a user-assigned managed identity
    ladder: SeverityScale = DEFAULT_SEVERITY_SCALE
    time_zone: str = ""  # IANA name for local times; "" is the machine's
    read_only: bool = False
    bell: bool = True
    theme: str = ""
    keys: Mapping[str, str] = field(default_factory=dict)  # binding id -> keys
    procedure_keys: Mapping[str, str] = field(default_factory=dict)  # key -> DOC#PROCEDURE that it opens
    runbooks: tuple[str, ...] = ()  # folders and files of the team's own documents
    plan: Plan = field(default_factory=lambda: Plan(ladder=()))  # the configured part of it, over the documents
    templates: tuple[str, ...] = ()  # folders and files of messages
    shared_logins: tuple[str, ...] = ()  # accounts that several people use, beside the well-known ones
    contacts_file: str = ""  # kept out of the repository: people and how they are reached
    references: tuple[str, ...] = ()  # host:port pairs that answer when our own line works

    def environment(self, name: str) -> Environment | None:
        return next((environment for environment in self.environments if environment.name == name), None)

    def secrets(self) -> set[Secret]:
        """Every secret the configuration refers to."""
        tables: list[Mapping[str, str | Secret]] = []
        for environment in self.environments:
            tables += [environment.values, *(probe.headers for probe in environment.probes)]
            tables += [source.headers for source in environment.alerts]
        return {value for table in tables for value in table.values() if isinstance(value, Secret)}


# The themes that `theme` in cockpit.toml may name.

OWN_THEMES = ("dark", "light", "high-contrast", "ansi")
"""The words to choose from."""

FULL = (
    *("cockpit-dark", "cockpit-light", "cockpit-high-contrast", "ansi-dark", "ansi-light", "atom-one-dark"),
    *("atom-one-light", "catppuccin-frappe", "catppuccin-latte", "catppuccin-macchiato", "catppuccin-mocha", "dracula"),
    *("flexoki", "gruvbox", "monokai", "nord", "rose-pine", "rose-pine-dawn", "rose-pine-moon", "solarized-dark"),
    *("solarized-light", "textual-dark", "textual-light", "tokyo-night"),
)
"""The full names of these and of the screen library's own."""

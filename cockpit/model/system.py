"""What one cockpit.toml describes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Literal

from cockpit.model.plan import Plan
from cockpit.model.probe import HttpAccess, OriginAccess, Probe, RecurringWindow, WatchedSignal
from cockpit.model.secret import Secret
from cockpit.model.setting import (
    NO_PROXY,
    CloudUrlText,
    Duration,
    GuidText,
    HostPortText,
    LineText,
    NameText,
    PathText,
    ProxyText,
    TextOrSecret,
    UrlOrSecret,
    UrlText,
    ZoneText,
    setting,
)
from cockpit.model.severity_scale import DEFAULT_SEVERITY_SCALE, SeverityScale

IdentityMethod = Literal["cli", "managed_identity", "device_code", "simulator"]

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


@dataclass(frozen=True, slots=True)
class AlertSource(HttpAccess):
    """Where alerts come from. `urls`: the servers of one Alertmanager cluster, merged by fingerprint."""

    name: NameText = field(metadata=setting("How it is called on the screen; unique in its environment."))
    kind: str = field(metadata=setting("What it is.", choices_of="alert sources"))
    urls: tuple[UrlText, ...] = field(
        default=(),
        metadata=setting(
            "The servers of one cluster; what several report is one alert.", required_for="for alertmanager"
        ),
    )
    prometheus: tuple[UrlText, ...] = field(
        default=(),
        metadata=setting("Asked for pending alerts, and before one that vanished counts as resolved."),
    )
    prometheus_access: HttpAccess | None = field(
        default=None,
        metadata=setting("How the Prometheus servers are reached.", absent_text="as the Alertmanager servers"),
    )
    filters: tuple[LineText, ...] = field(
        default=(), metadata=setting('Matchers, such as `severity="critical"`: only these alerts.')
    )
    watchdog: LineText = field(
        default="", metadata=setting("The alert that must always fire; when it is missing we are blind.")
    )
    interval: Duration = field(default=30.0, metadata=setting("Time between two looks."))


@dataclass(frozen=True, slots=True)
class Cloud:
    """Which Azure: the public one, a sovereign one, or the simulator (a URL and a credential, nothing else differs)."""

    name: Literal["public", "us_government", "china"] = field(default="public", metadata=setting("The cloud."))
    endpoint: CloudUrlText = field(default="", metadata=setting("Resource Manager.", absent_text="the cloud's"))
    logs_endpoint: CloudUrlText = field(default="", metadata=setting("Log Analytics.", absent_text="the cloud's"))
    authority: CloudUrlText = field(default="", metadata=setting("Where tokens come from.", absent_text="the cloud's"))
    proxy: ProxyText = field(
        default=NO_PROXY,
        metadata=setting("As for probes: `none`, `env` or `http://host:port`. The az of this machine has its own."),
    )
    ca_file: PathText = field(
        default="",
        metadata=setting("Trusted certificates (PEM) beside the system's: those of an inspecting proxy."),
    )


WebhookTurn = Literal["declare", "severity", "update", "resolve", "reopen"]
TURNS: tuple[WebhookTurn, ...] = ("declare", "severity", "update", "resolve", "reopen")
"""What is posted to webhooks."""


@dataclass(frozen=True, slots=True)
class Webhook(HttpAccess):
    """One address that the turns of incidents are sent to."""

    name: NameText = field(metadata=setting("How it is called in the timeline; unique in its environment."))
    url: UrlOrSecret = field(
        metadata=setting(
            'The address; one that holds a key itself (Slack, Teams) by reference: `{ env = "SLACK_WEBHOOK" }`.'
        )
    )
    format: Literal["json", "slack", "teams"] = field(
        default="json", metadata=setting("What the receiver reads: plain JSON, a Slack message, a Teams card.")
    )
    turns: tuple[WebhookTurn, ...] = field(
        default=TURNS,
        metadata=setting(
            "What is told: an incident is declared, changes severity, a message is sent, it ends, it opens again."
        ),
    )

    def list_secrets(self) -> tuple[Secret, ...]:
        return (*HttpAccess.list_secrets(self), *((self.url,) if isinstance(self.url, Secret) else ()))


@dataclass(frozen=True, slots=True)
class Environment:
    """prod, staging ...: where it is and what is watched there. The first in the file is the one opened."""

    name: str
    production: bool = field(
        default=False, metadata=setting("`true` shows the word PRODUCTION and a border of its own.")
    )
    subscription: GuidText = field(
        default="",
        metadata=setting("The Azure subscription's id; *required* with `apps` or an `azure` source."),
    )
    resource_group: LineText = field(
        default="", metadata=setting("The resource group of the container apps; *required* with `apps`.")
    )
    workspace: GuidText = field(
        default="", metadata=setting("The Log Analytics workspace's id: logs of replicas that are gone.")
    )
    apps: tuple[NameText, ...] = field(default=(), metadata=setting("The container apps whose revisions are shown."))
    apps_interval: Duration = field(default=15.0, metadata=setting("Time between two looks at the apps."))
    probes: tuple[Probe, ...] = field(default=(), metadata=setting("Health checks; see below."))
    recurring_maintenance: tuple[RecurringWindow, ...] = field(
        default=(), metadata=setting("Windows of planned work that come round, for all its probes; see below.")
    )
    alerts: tuple[AlertSource, ...] = field(default=(), metadata=setting("Alert sources; see below."))
    signals: tuple[WatchedSignal, ...] = field(default=(), metadata=setting("Thresholds of the team's own; see below."))
    webhooks: tuple[Webhook, ...] = field(
        default=(), metadata=setting("Where the turns of incidents are told to; see below.")
    )
    values: Mapping[str, TextOrSecret] = field(
        default_factory=dict, metadata=setting("Values for the placeholders of runbooks.")
    )
    http_access: tuple[OriginAccess, ...] = field(
        default=(), metadata=setting("How the HTTP steps of runbooks reach servers; see below.")
    )
    shell: Mapping[str, LineText] = field(
        default_factory=dict,
        metadata=setting("Variables that the commands of runbooks find, such as `CURL_CA_BUNDLE`; nothing secret."),
    )
    unnamed: bool = False  # nobody gave it its name: there is no file, or none of them in it
    drill: bool = False  # on a simulator, whatever its names say: nothing outside is reached, incidents are drills
    simulated_at: tuple[str, ...] = ()  # of a drill: the addresses of the simulated app, where HTTP steps may go
    activity_log: bool = field(
        default=False,
        metadata=setting("`true` puts what Azure's activity log tells of the resource group on the timeline."),
    )
    service_health: bool = field(
        default=False, metadata=setting("`true` puts outages of Azure itself on the timeline.")
    )
    platforms: Mapping[str, object] = field(  # settings by the name of their kind, where they have a table of their own
        default_factory=dict, metadata=setting("The platforms of it.", tables_of="platforms")
    )
    kube_context: LineText = field(
        default="",
        metadata=setting(
            "What kubectl's current context must be before a change runs in a shell; asked again before each one."
        ),
    )


@dataclass(frozen=True, slots=True)
class System:
    """The configuration of one system. `order` is the identity order; `file` is "" for the built-in default."""

    name: LineText = field(
        metadata=setting("What the system is called.", key="system", absent_text="the folder's name")
    )
    environments: tuple[Environment, ...] = field(
        metadata=setting("One table for each environment: `[environments.NAME]`.", named=True, absent={})
    )
    data: PathText = field(
        metadata=setting(
            "Directory of the timeline, shared by a team if it has mode 2770.",
            absent_text="a folder with the name of `system` in the user's data directory",
        )
    )
    file: str = ""
    cloud: Cloud = field(default_factory=Cloud, metadata=setting("Which Azure."))
    order: tuple[IdentityMethod, ...] = field(
        default=("cli",),
        metadata=setting(
            "Ways to sign in, tried in this order: `cli` (az login), `managed_identity`, `device_code`; "
            "`simulator` goes with a simulator alone.",
            table="identity",
            not_empty=True,
        ),
    )
    tenant: LineText = field(
        default="",
        metadata=setting("The tenant's id or domain, for `cli` and `device_code`.", table="identity"),
    )
    client_id: GuidText = field(
        default="", metadata=setting("The client id of a user-assigned managed identity.", table="identity")
    )
    severity_scale: SeverityScale = DEFAULT_SEVERITY_SCALE  # the plan's, or the built-in one
    time_zone: ZoneText = field(
        default="",
        metadata=setting("Local times are shown in it; an IANA name.", absent_text="the machine's"),
    )
    read_only: bool = field(
        default=False, metadata=setting("`true` refuses every change, to the cloud and to the timeline.")
    )
    bell: bool = field(default=True, metadata=setting("One terminal bell on a new critical alert."))
    theme: LineText = field(
        default="",
        metadata=setting("`dark`, `light`, `high-contrast` or `ansi`.", absent_text="dark"),
    )
    keys: Mapping[str, LineText] = field(
        default_factory=dict,
        metadata=setting("Other keys: `action = keys`, or `key = runbook#procedure`."),
    )
    procedure_keys: Mapping[str, str] = field(default_factory=dict)  # key -> DOC#PROCEDURE that it opens
    runbooks: tuple[PathText, ...] = field(default=(), metadata=setting("Folders and files with the team's runbooks."))
    workdir: PathText = field(
        default="",
        metadata=setting(
            "The folder in which the commands of runbooks start.",
            absent_text="the git checkout of the document, else its folder",
        ),
    )
    workdirs: Mapping[str, PathText] = field(
        default_factory=dict,
        metadata=setting('The same for single documents: `restore-database = "../infra"`.'),
    )
    rollback: LineText = field(
        default="",
        metadata=setting(
            "`runbook#procedure` of the team's own rollback: `R` and a deployment that went wrong lead there.",
            absent_text="the built-in one of the platform",
        ),
    )
    commands: Mapping[str, LineText] = field(
        default_factory=dict,
        metadata=setting(
            'What the team\'s own commands are, for it alone to say: `"shopctl status" = "read"`; read, local, change '
            "or danger.",
        ),
    )
    plan: Plan = field(  # the configured part of it, over the documents
        default_factory=lambda: Plan(severity_scale=()),
        metadata=setting("What should happen in an incident.", inline=True),
    )
    templates: tuple[PathText, ...] = field(
        default=(), metadata=setting("Folders and files (`*.md`, `*.txt`) with messages to send, one in each.")
    )
    shared_logins: tuple[NameText, ...] = field(
        default=(),
        metadata=setting(
            "Logins that several people use, beside `root`, `admin`, `azureuser`, `ubuntu`, `ec2-user` and the like, "
            "which always are: [who it was](incidents.md#who-did-it) is asked.",
            table="people",
        ),
    )
    contacts_file: PathText = field(
        default="",
        metadata=setting(
            "Contacts that are kept out of the repository: TOML like `[[contacts]]`, or a Markdown table.",
            absent_text="none",
        ),
    )
    references: tuple[HostPortText, ...] = field(
        default=(),
        metadata=setting(
            "`host:port` pairs that answer whenever our own line works; when none of them answers, probes are "
            "unknown instead of down.",
            table="self",
        ),
    )
    searched: tuple[str, ...] = ()  # where a file was looked for, when there is none
    notices: tuple[tuple[tuple[str | int, ...], str], ...] = ()  # keys that do nothing any more, and what to do

    def environment(self, name: str) -> Environment | None:
        return next((environment for environment in self.environments if environment.name == name), None)

    def find_workdir(self, path: str) -> str:
        """The folder that is configured for the commands of a document, "" for none."""
        stem = PurePath(path).stem
        return self.workdirs.get(stem, self.workdir)

    def secrets(self) -> set[Secret]:
        """Every secret the configuration refers to."""
        tables: list[Mapping[str, str | Secret]] = []
        for environment in self.environments:
            tables.append(environment.values)
        secrets = {value for table in tables for value in table.values() if isinstance(value, Secret)}
        return secrets.union(*(access.list_secrets() for access in self.list_accesses()))

    def list_accesses(self) -> list[HttpAccess]:
        """Everything that is reached over HTTP with settings of its own."""
        accesses: list[HttpAccess] = []
        for environment in self.environments:
            accesses += [*environment.probes, *environment.alerts, *environment.signals, *environment.http_access]
            accesses += environment.webhooks
            accesses += [source.prometheus_access for source in environment.alerts if source.prometheus_access]
            accesses += [settings for settings in environment.platforms.values() if isinstance(settings, HttpAccess)]
        return accesses

"""The tables of cockpit.toml: every key with its type, its default and what it means. The schema is made from these."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import GenerateJsonSchema

from cockpit.config.fields import (
    Clock,
    CloudUrl,
    ConditionText,
    Day,
    Duration,
    Guid,
    Line,
    Moment,
    Name,
    PathText,
    Reference,
    Term,
    TextOrSecret,
    Url,
    Zone,
)
from cockpit.model.key_bindings import DEFAULT_KEYS
from cockpit.model.system import IdentityMethod

# What every table of cockpit.toml is: strict, closed, and read once.


def format_default(value: Any) -> Any:
    """A default as it is written in the file, where that is another type than what it is read as."""
    return value


class ConfigTable(BaseModel):
    """No key is ignored, nothing is converted; validators are built once, by the outermost table.

    Defaults are written as in the file, so that the schema shows them, and read like everything else.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True, validate_default=True)


# The tables of cockpit.toml that say what should happen in an incident, over what the documents say.

RuleKind = Literal[
    "response", "commander", "checklist", "update", "escalation", "client", "breach", "rollback", "postmortem"
]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Items = Annotated[list[Name], Field(min_length=1)]


class RuleTable(ConfigTable):
    """One deadline. It takes the place of every other of its kind for its severities."""

    kind: RuleKind = Field(description="What is due.")
    after: Term = Field(description="How long after what begins it; 0s is at once.")
    levels: list[Name] = Field([], description="The severities it holds for; all if not given.")
    what: Line = Field("", description="What is to be done, in a few words.")
    who: Line = Field("", description="Who does it, or is called; an escalation must say it.")
    counting: Literal["wall", "business hours", "business days"] = Field("wall", description="Which time counts.")
    checklist: Line = Field("", description="The name of the list that a checklist rule is about.")


class RoleTable(ConfigTable):
    """One hat in an incident."""

    name: Name = Field(description="As it is typed and shown.")
    duty: Line = Field("", description="What whoever wears it does.")
    lead: bool = Field(False, description="True for who commands; the first role if none is.")


class People(ConfigTable):
    """Who acts under which login."""

    shared_logins: list[Name] = Field(
        [], description="Logins that several people use; who they are is asked. root, ubuntu and the like always are."
    )


class ContactTable(ConfigTable):
    """Who is reached how."""

    role: Name = Field(description="As which they are called.")
    person: Line = Field("", description="Who it is.")
    backup: Line = Field("", description="Who else.")
    how: Line = Field("", description="How they are reached.")
    scope: Line = Field("", description="For what.")


class TargetTable(ConfigTable):
    """What may be lost and how long it may take in one scenario."""

    scenario: Name = Field(description="What has happened.")
    rpo: Term | None = Field(None, description="How much data may be lost, as a time; 0s is none.")
    rto: Term | None = Field(None, description="How long until it works again.")
    how: Line = Field("", description="The way back.")


class ChecklistTable(ConfigTable):
    """Boxes to tick."""

    name: Name = Field(description="As it is typed and shown.")
    items: Items = Field(description="What stands beside the boxes.")
    levels: list[Name] = Field([], description="The severities it opens for by itself; none if not given.")
    within: Term | None = Field(None, description="How soon every box is to be ticked.")


class HoursTable(ConfigTable):
    """When people work."""

    days: Annotated[list[Weekday], Field(min_length=1)] = Field(
        ["mon", "tue", "wed", "thu", "fri"], description="Days of the week."
    )
    opens: Clock = Field(format_default("08:00"), description="From, on the clock of the zone.")
    closes: Clock = Field(format_default("18:00"), description="Until; earlier than `opens` is on the next day.")
    zone: Zone = Field("", description="An IANA name; `time_zone` if not given.")
    holidays: list[Day] = Field([], description="Days off, as dates without quotes.")


Attempts = Annotated[int, Field(ge=1, le=100)]


class Maintenance(ConfigTable):
    """A window in which the probe's answers accuse nobody."""

    start: Moment = Field(alias="from", description="Its beginning, with a time zone.")
    until: Moment = Field(description="Its end, with a time zone.")


class ProbeTable(ConfigTable):
    """One health check."""

    name: Name = Field(description="How it is called on the screen; unique within its environment.")
    url: Url = Field(description="The address asked.")
    method: Literal["GET", "HEAD", "POST", "PUT", "OPTIONS"] = Field("GET", description="The HTTP method.")
    body: str = Field("", description="What is sent with it.")
    headers: dict[str, TextOrSecret] = Field({}, description='Headers; a secret one is { env = "NAME" }.')
    interval: Duration = Field(format_default("15s"), description="Time between two checks.")
    timeout: Duration | None = Field(None, description="Patience with one check; 5s, or the interval if shorter.")
    retry_interval: Duration | None = Field(None, description="Wait after a failure; 3s, or the interval if shorter.")
    conditions: list[ConditionText] = Field(
        format_default(["[STATUS] == 200"]), min_length=1, description="All must hold, or the check has failed."
    )
    degraded: list[ConditionText] = Field([], description="One that does not hold makes a working probe degraded.")
    failures: Attempts = Field(2, description="Failed checks in a row before it is down.")
    successes: Attempts = Field(1, description="Good checks in a row before it is up again.")
    depends_on: list[Name] = Field([], description="Probes without which this one says nothing.")
    verify_tls: bool = Field(True, description="False accepts any certificate.")
    ca_file: PathText = Field("", description="A file of trusted certificates (PEM), relative to this file.")
    maintenance: list[Maintenance] = Field([], description="Windows of planned work.")
    runbook: Line = Field("", description="The procedure that helps when it is down.")


class AlertSourceTable(ConfigTable):
    """Where alerts come from."""

    name: Name = Field(description="How it is called on the screen; unique within its environment.")
    kind: Literal["azure", "alertmanager"] = Field(description="What it is.")
    urls: list[Url] = Field([], description="The servers of one Alertmanager cluster.")
    prometheus: list[Url] = Field([], description="Asked for pending alerts, and to confirm that one is resolved.")
    headers: dict[str, TextOrSecret] = Field({}, description='Headers; a secret one is { env = "NAME" }.')
    filters: list[Line] = Field([], description='Alertmanager matchers, such as severity="critical".')
    watchdog: Line = Field("", description="The alert that must always fire; when it is missing we are blind.")
    interval: Duration = Field(format_default("30s"), description="Time between two looks.")
    verify_tls: bool = Field(True, description="False accepts any certificate.")
    ca_file: PathText = Field("", description="A file of trusted certificates (PEM), relative to this file.")


class EnvironmentTable(ConfigTable):
    """prod, staging ...: where it is and what is watched there. The first in the file is the one opened."""

    production: bool = Field(False, description="True gives it the word PRODUCTION and a border of its own.")
    subscription: Guid = Field("", description="The Azure subscription's id.")
    resource_group: Line = Field("", description="The resource group of the container apps.")
    workspace: Guid = Field("", description="The Log Analytics workspace's id, for logs of replicas that are gone.")
    apps: list[Name] = Field([], description="The container apps whose revisions are shown.")
    apps_interval: Duration = Field(format_default("15s"), description="Time between two looks at the apps.")
    guard_word: Line = Field("", description="The word typed before a dangerous step.")
    kube_context: Line = Field("", description="What kubectl's current context must be before a change in a shell.")
    values: dict[str, TextOrSecret] = Field({}, description="Values for the placeholders of runbooks.")
    shell: dict[str, Line] = Field({}, description="Variables that the commands of runbooks find; nothing secret.")
    probes: list[ProbeTable] = Field([], description="Health checks.")
    alerts: list[AlertSourceTable] = Field([], description="Alert sources.")


class IdentityTable(ConfigTable):
    """As whom the cloud is asked."""

    order: list[IdentityMethod] = Field(["cli"], min_length=1, description="Ways to sign in; the first that can, does.")
    tenant: Line = Field("", description="The tenant's id or domain, for cli and device_code.")
    client_id: Guid = Field("", description="The client id of a user-assigned managed identity.")


class CloudTable(ConfigTable):
    """Which Azure."""

    name: Literal["public", "us_government", "china"] = Field("public", description="The cloud.")
    endpoint: CloudUrl = Field("", description="Resource Manager, if not the cloud's own.")
    logs_endpoint: CloudUrl = Field("", description="Log Analytics, if not the cloud's own.")
    authority: CloudUrl = Field("", description="Where tokens come from, if not the cloud's own.")


class SeverityLevelTable(ConfigTable):
    """One severity; the first is the worst."""

    name: Name = Field(description="As it is typed and shown: P0, SEV-1.")
    definition: Line = Field("", description="When it is this one.")
    response: Line = Field("", description="What is done then; its times become rules, as in a document.")
    backlog: bool = Field(False, description="True: no incident but a note for the working day.")


class Self(ConfigTable):
    """What we check of ourselves before we accuse anybody."""

    references: list[Reference] = Field([], description="host:port pairs that answer whenever our own line works.")


class Root(ConfigTable):
    """The configuration of one system."""

    system: Line = Field("", description="Its name; the folder's if not given.")
    data: PathText = Field(
        "", description="Directory of the timeline, relative to this file; the user's data directory if not given."
    )
    time_zone: Zone = Field("", description="Local times are shown in it, an IANA name; the machine's if not given.")
    read_only: bool = Field(False, description="True refuses every change.")
    bell: bool = Field(True, description="One terminal bell on a new critical alert.")
    theme: Line = Field("", description="The colour theme.")
    identity: IdentityTable = Field(default_factory=IdentityTable.model_construct, description="How we sign in.")
    cloud: CloudTable = Field(default_factory=CloudTable.model_construct, description="Where the cloud is.")
    ladder: list[SeverityLevelTable] = Field([], description="Severities, the worst first; P0 to P3 if not given.")
    keys: dict[str, Line] = Field({}, description="Other keys: action = keys, or key = runbook#procedure.")
    runbooks: list[PathText] = Field([], description="Folders and files with the team's runbooks.")
    rules: list[RuleTable] = Field([], description="What is due when.")
    roles: list[RoleTable] = Field([], description="Who does what in an incident.")
    people: People = Field(default_factory=People.model_construct, description="The people and their logins.")
    contacts: list[ContactTable] = Field([], description="Who is reached how.")
    contacts_file: PathText = Field("", description="A private file with more contacts, TOML or a Markdown table.")
    targets: list[TargetTable] = Field([], description="What may be lost and how long it may take.")
    checklists: list[ChecklistTable] = Field([], description="Boxes to tick.")
    templates: list[PathText] = Field([], description="Folders and files with messages to send.")
    hours: HoursTable = Field(default_factory=HoursTable.model_construct, description="The working hours.")
    snapshot: Line = Field("", description="The procedure that preserves evidence: runbook#procedure.")
    self_check: Self = Field(default_factory=Self.model_construct, alias="self", description="How we check ourselves.")
    environments: dict[str, EnvironmentTable] = Field({}, description="One table for each.")


# Where each table stands: "*" is any name; the steps of an array are left out.
TABLES: dict[tuple[str, ...], type[ConfigTable]] = {
    (): Root,
    ("identity",): IdentityTable,
    ("cloud",): CloudTable,
    ("ladder",): SeverityLevelTable,
    ("rules",): RuleTable,
    ("roles",): RoleTable,
    ("people",): People,
    ("contacts",): ContactTable,
    ("targets",): TargetTable,
    ("checklists",): ChecklistTable,
    ("hours",): HoursTable,
    ("self",): Self,
    ("environments", "*"): EnvironmentTable,
    ("environments", "*", "probes"): ProbeTable,
    ("environments", "*", "probes", "maintenance"): Maintenance,
    ("environments", "*", "alerts"): AlertSourceTable,
}


def keys_of(table: type[ConfigTable]) -> tuple[str, ...]:
    """The keys of a table as they are written."""
    return tuple(field.alias or name for name, field in table.model_fields.items())


# The JSON Schema of cockpit.toml, for editors.


class _Plain(GenerateJsonSchema):
    """Without titles that only repeat a key's name, and without null, which TOML does not have."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def nullable_schema(self, schema: Any) -> dict[str, Any]:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: Any) -> dict[str, Any]:
        if schema.get("default", ...) is None:
            return self.generate_inner(schema["schema"])
        return super().default_schema(schema)


def json_schema() -> dict[str, Any]:
    """Draft 2020-12: every key with its type, default and meaning; the actions that can be bound are named."""
    fields = Root.model_json_schema(by_alias=True, schema_generator=_Plain)
    fields["properties"]["keys"] |= {"additionalProperties": False, "properties": _build_actions_schema()}
    return {"$schema": _Plain.schema_dialect, **fields, "title": "cockpit.toml"}


def _build_actions_schema() -> dict[str, Any]:
    """Each action that has a key; TOML reads `table.up` as `up` in the table `table`."""
    actions: dict[str, Any] = {}
    for action, keys in DEFAULT_KEYS.items():
        group, dot, name = action.partition(".")
        named = {"type": "string", "default": keys}
        if dot:
            inner = actions.setdefault(group, {"type": "object", "additionalProperties": False, "properties": {}})
            inner["properties"][name] = named
        else:
            actions[action] = named
    return actions

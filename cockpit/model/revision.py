"""Deployed versions of an app and their instances."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any

from cockpit.model.raw import read_text

MISSING = "missing"  # the running state of a configured app that is not there


@dataclass(frozen=True, slots=True)
class Replica:
    """One instance of a revision. `restarts` is the sum over its containers."""

    name: str
    state: str  # as the cloud says it
    ready: bool
    restarts: int
    created: datetime | None = None
    containers: tuple[tuple[str, str], ...] = ()  # (container, log stream URL)
    details: str = ""  # why it is in that state, in the cloud's words


@dataclass(frozen=True, slots=True)
class RevisionContainer:
    """One container of a revision's template; a side-car is one like any other."""

    name: str
    image: str


@dataclass(frozen=True, slots=True)
class Revision:
    """One deployed version. `health`, `provisioning` and `running` are the cloud's own words, cleaned, "" if absent."""

    app: str
    name: str
    active: bool
    weight: int  # percent of the traffic, 0 to 100
    created: datetime | None
    image: str = ""
    labels: tuple[str, ...] = ()
    last_active: datetime | None = None
    health: str = ""
    provisioning: str = ""
    running: str = ""
    provisioning_error: str = ""
    replica_count: int | None = None
    replicas: tuple[Replica, ...] | None = None  # None: not read (inactive, or the read failed)
    fqdn: str = ""
    running_details: str = ""  # why it is in its running state: `CrashLoopBackOff ...`
    min_replicas: int | None = None  # None: the cloud did not tell
    containers: tuple[RevisionContainer, ...] = ()
    settings: tuple[
        tuple[str, str], ...
    ] = ()  # the template, flat and comparable; values that may be secret are digests
    number: int | None = None  # of a rollout, where the platform counts them
    change_cause: str = ""  # what whoever deployed it wrote down

    @property
    def health_word(self) -> str:
        """The cloud's first word on it: health, else running or provisioning state."""
        sentence = "" if self.health == "None" else self.health
        return sentence or self.running or self.provisioning or "unknown"

    @property
    def ready_count(self) -> int | None:
        """How many replicas are ready; None where they were not read."""
        return None if self.replicas is None else sum(replica.ready for replica in self.replicas)


@dataclass(frozen=True, slots=True)
class Application:
    """One app, of whatever platform, with all its revisions, newest first."""

    name: str
    environment: str
    mode: str  # single | multiple
    fqdn: str
    revisions: tuple[Revision, ...]
    running: str = ""
    changed_by: str = ""
    changed_at: datetime | None = None
    log_stream: str = ""  # event stream endpoint of the system log
    has_ingress: bool = True  # False: no traffic reaches it, whoever is active works
    platform: str = "container_apps"  # the name of its kind in cockpit.platforms
    location: str = ""  # where it runs, where one name may stand for several: `context/namespace (cluster)`
    values: tuple[tuple[str, str], ...] = ()  # what its platform's procedures need to name it, by placeholder

    @property
    def working(self) -> tuple[Revision, ...]:
        """Those that users depend on: with traffic, or active where the app has no ingress. Newest first."""
        return tuple(
            revision for revision in self.revisions if (revision.weight > 0 if self.has_ingress else revision.active)
        )

    @property
    def serving(self) -> Revision | None:
        """The revision with the most traffic."""
        return max(
            (revision for revision in self.revisions if revision.weight > 0),
            key=lambda revision: revision.weight,
            default=None,
        )


# The template of a revision as flat pairs, so that two can be compared without showing a secret. Pure.

UNTOLD: tuple[Any, ...] = ("", None, [], {})  # what an API leaves out in one answer and says in the next
NOT_SETTINGS = frozenset({"revisionSuffix", "ephemeralStorage"})  # a name, and what only the app itself tells
PLAIN_SETTINGS = frozenset(
    {"image", "cpu", "memory", "minReplicas", "maxReplicas", "cooldownPeriod", "pollingInterval", "port", "path",
     "type", "secretRef", "scheme", "initialDelaySeconds", "periodSeconds", "timeoutSeconds", "failureThreshold",
     "successThreshold", "terminationGracePeriodSeconds", "mountPath", "volumeName", "storageName", "storageType"}
)  # fmt: skip
MOST_SETTINGS = 1_000  # of one template; more are a mistake or hostile


def template_settings(template: Any) -> tuple[tuple[str, str], ...]:
    """A template as sorted pairs that two revisions can be compared by: `containers.api.env.LOG_LEVEL`.

    Lists of named settings go by their names. A value that may be a secret is a digest: compared, and never shown.
    """
    return tuple(sorted(_iterate_settings(template, "", ""))[:MOST_SETTINGS])


def _iterate_settings(value: Any, path: str, key: str, depth: int = 0) -> Iterator[tuple[str, str]]:
    if depth > 12:
        return
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if name == "name" and path:  # it is in the path
                continue
            if name not in NOT_SETTINGS and inner not in UNTOLD:
                label = read_text(name)
                yield from _iterate_settings(inner, f"{path}.{label}" if path else label, label, depth + 1)
        if key == "env-entry" and not any(value.get(name) not in UNTOLD for name in ("value", "secretRef")):
            yield path, ""
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value):
            named = read_text(inner.get("name")) if isinstance(inner, Mapping) else ""
            inner_key = "env-entry" if key == "env" else key
            yield from _iterate_settings(inner, f"{path}.{named or number}", inner_key, depth + 1)
    else:
        plain = read_text(value) if not isinstance(value, bool) else str(value).lower()
        yield path, plain if key in PLAIN_SETTINGS else f"#{sha256(repr(value).encode()).hexdigest()[:8]}"


class SettingGroup(StrEnum):
    """What a setting of a template is about, the likeliest cause of a fault first."""

    IMAGE = "image"
    ENVIRONMENT = "environment"
    SECRETS = "secrets"
    SCALE = "scale"
    PROBES = "probes"
    RESOURCES = "resources"
    OTHER = "other settings"


@dataclass(frozen=True, slots=True)
class SettingChange:
    """A setting that differs; None where one revision does not have it, a digest where its value is not shown."""

    group: SettingGroup
    name: str
    old: str | None
    new: str | None

    @property
    def masked(self) -> bool:
        """Whether a value of it may be a secret, so that only its changing is known."""
        return any(value is not None and value.startswith("#") for value in (self.old, self.new))


def list_setting_changes(old: Revision, new: Revision) -> tuple[SettingChange, ...]:
    """What changes from one template to the other, by groups; nothing where one of them was not read."""
    before, after = dict(old.settings), dict(new.settings)
    if not before or not after:
        return ()
    changes = [
        SettingChange(find_setting_group(path), name_setting(path), before.get(path), after.get(path))
        for path in sorted({*before, *after})
        if before.get(path) != after.get(path)
    ]
    return tuple(sorted(changes, key=lambda change: list(SettingGroup).index(change.group)))


SAME_CHANGE = timedelta(minutes=2)  # between a revision and the change of the app that made it


def find_author(app: Application, revision: Revision) -> str:
    """Who changed the app last made its newest revision, unless the change came later than that revision; else ""."""
    if not app.revisions or app.revisions[0].name != revision.name:
        return ""
    later = revision.created and app.changed_at and app.changed_at - revision.created > SAME_CHANGE
    return "" if later else app.changed_by


def find_setting_group(path: str) -> SettingGroup:
    """`containers.api.env.LOG_LEVEL.value` is of the environment."""
    parts = path.lower().split(".")
    if parts[-1] == "image":
        return SettingGroup.IMAGE
    if "env" in parts:
        return SettingGroup.SECRETS if parts[-1] == "secretref" else SettingGroup.ENVIRONMENT
    if any("secret" in part for part in parts):
        return SettingGroup.SECRETS
    if any("probe" in part for part in parts):
        return SettingGroup.PROBES
    if "resources" in parts:
        return SettingGroup.RESOURCES
    return SettingGroup.SCALE if parts[0] in ("scale", "replicas") else SettingGroup.OTHER


def name_setting(path: str) -> str:
    """`api LOG_LEVEL` of `containers.api.env.LOG_LEVEL.value`."""
    name = path.removeprefix("containers.").removesuffix(".value").removesuffix(".image").replace(".env.", ".")
    return name.replace(".", " ")

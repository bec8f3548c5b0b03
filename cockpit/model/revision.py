"""Deployed versions of an app and their instances."""

from dataclasses import dataclass
from datetime import datetime

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

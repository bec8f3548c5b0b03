"""Deployed versions of an app and their instances."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Replica:
    """One instance of a revision. `restarts` is the sum over its containers."""

    name: str
    state: str  # as the cloud says it
    ready: bool
    restarts: int
    created: datetime | None = None
    containers: tuple[tuple[str, str], ...] = ()  # (container, log stream URL)


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


@dataclass(frozen=True, slots=True)
class Application:
    """One container app with all its revisions, newest first."""

    name: str
    environment: str
    mode: str  # single | multiple
    fqdn: str
    revisions: tuple[Revision, ...]
    running: str = ""
    changed_by: str = ""
    changed_at: datetime | None = None
    log_stream: str = ""  # event stream endpoint of the system log

    @property
    def serving(self) -> Revision | None:
        """The revision with the most traffic."""
        return max((each for each in self.revisions if each.weight > 0), key=lambda each: each.weight, default=None)

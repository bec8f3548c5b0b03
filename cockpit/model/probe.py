"""A health check and its answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from cockpit.model.conditions import Condition
from cockpit.model.secret import Secret


class ProbeState(StrEnum):
    """What we may say of an endpoint. Only DOWN accuses it."""

    UP = "up"
    DEGRADED = "degraded"
    DOWN = "down"
    PENDING = "pending"  # failing, still below its threshold
    UNKNOWN = "unknown"  # no data, its parent is down, or the lag was our own
    MAINTENANCE = "maintenance"


@dataclass(frozen=True, slots=True)
class Probe:
    """One health check as configured. Times in seconds. Conditions are parsed when the configuration is read."""

    name: str
    environment: str
    url: str
    method: str = "GET"
    body: str = ""
    headers: Mapping[str, str | Secret] = field(default_factory=dict)
    interval: float = 15.0
    timeout: float = 5.0
    retry_interval: float = 3.0
    conditions: tuple[Condition, ...] = ()  # one false: failing
    degraded: tuple[Condition, ...] = ()  # one false: degraded
    failures: int = 2  # consecutive failing answers before DOWN
    successes: int = 1  # consecutive good ones before UP again
    depends_on: tuple[str, ...] = ()
    verify_tls: bool = True
    ca_file: str = ""
    maintenance: tuple[tuple[datetime, datetime], ...] = ()
    runbook: str = ""


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """Where one probe stands.

    `reason` is one cleaned line: the failed condition with its value, `[STATUS] (503) == 200`, or what went wrong
    and in which phase. `latency` is seconds of the last answer; `history` the newest latencies, oldest first,
    None where there was no answer (at most 60).
    """

    name: str
    environment: str
    url: str
    state: ProbeState
    since: datetime
    checked: datetime | None = None
    status: int | None = None
    latency: float | None = None
    reason: str = ""
    failing: int = 0  # consecutive failing answers
    flapping: bool = False
    history: tuple[float | None, ...] = ()
    address: str = ""  # the address that answered
    answered: float | None = None  # when it last answered anything (monotonic)
    silent_since: float | None = None  # when the first check began (monotonic) since which nothing came, nor from DNS

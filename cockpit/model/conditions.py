"""The condition language of probes: gatus' syntax with its falsely green corners closed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


class ConditionError(ValueError):
    """A condition that cannot be read: `reason` in one line, `suggestion` is the nearest known word or ""."""

    def __init__(self, reason: str, suggestion: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.suggestion = suggestion


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison, `[STATUS] == 200`; `text` is how it was written."""

    text: str
    left: Any
    operator: str
    right: Any


@dataclass(frozen=True, slots=True)
class Answer:
    """What a probe got back; times in seconds, None where the phase was not reached."""

    connected: bool
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    ip: str = ""
    http_version: str = ""
    response_time: float | None = None
    dns_time: float | None = None
    connect_time: float | None = None
    tls_time: float | None = None
    ttfb: float | None = None
    certificate_expiration: float | None = None  # seconds until the server's certificate ends


@dataclass(frozen=True, slots=True)
class Failed:
    """A condition that did not hold, `shown` with the value in place: `[STATUS] (503) == 200`."""

    condition: Condition
    shown: str

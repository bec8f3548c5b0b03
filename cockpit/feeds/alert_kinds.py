"""Which kinds of alert source there are. One more is its module or package in this folder, and one line here.

Each has a `KIND`, which is cheap to look at: the reader of cockpit.toml and `cockpit check --live` ask it. Its `build`
imports what it needs.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import lru_cache
from importlib import import_module
from random import Random
from typing import TYPE_CHECKING, Protocol

from cockpit.model.probe import HttpAccess
from cockpit.model.secret import Secret
from cockpit.model.system import AlertSource, Environment
from cockpit.model.time import Time

if TYPE_CHECKING:
    from cockpit.azure.client import Azure
    from cockpit.feeds.polling import Feed
    from cockpit.model.alert import Alert, SettledAlerts
    from cockpit.model.silence import Silence

HTTP_KEYS = frozenset(field.name for field in fields(HttpAccess))
"""What a source takes that is reached over HTTP, however it signs in."""

PACKAGES = ("azure_alerts", "alertmanager")


@dataclass(frozen=True, slots=True)
class AlertSourceContext:
    """What a source is built of. `recorded` are the alerts that the timeline knows of and that were not over when it
    was last written; `settled` those that a person settled. `azure` is None without a subscription.
    """

    source: AlertSource
    environment: Environment
    time: Time
    random: Random
    reveal: Callable[[Secret], str]
    azure: "Azure | None" = None
    recorded: "Sequence[Alert]" = ()
    settled: "Callable[[], SettledAlerts]" = dict


class SilenceServer(Protocol):
    """Silences of one source. Reads raise SourceError or what httpx raises; changes are sent once, and raise
    SourceError where they were refused, SilenceUnknownError where nobody knows."""

    async def list_silences(self) -> "dict[str, Silence]": ...
    async def list_labels(self) -> list[dict[str, str]]: ...
    async def put(self, body: Mapping[str, object], /) -> str: ...
    async def expire(self, id: str, /) -> None: ...


@dataclass(frozen=True, slots=True)
class AlertKind:
    """What a kind of source is. `build` gives the feed `alerts:NAME`: Reading[tuple[Alert, ...]]."""

    name: str  # as `kind` in cockpit.toml
    build: "Callable[[AlertSourceContext], Feed]"
    takes: frozenset[str] = frozenset()  # keys of the table that are not every kind's
    requires: Mapping[str, str] = field(default_factory=dict)  # of those, with what they are
    needs_subscription: bool = False
    describe_access: Callable[[Environment], str] = lambda environment: (
        "access; the server refuses the headers in cockpit.toml"
    )  # what to ask for after a refusal
    open_silences: Callable[[AlertSource, Time, Callable[[Secret], str]], SilenceServer] | None = None
    # None where its alerts are silenced elsewhere


@lru_cache(maxsize=1)
def list_alert_kinds() -> tuple[AlertKind, ...]:
    """Every kind, in the order of PACKAGES."""
    return tuple(_load_kind(package) for package in PACKAGES)


def _load_kind(package: str) -> AlertKind:
    kind = import_module(f"cockpit.feeds.{package}").KIND
    assert isinstance(kind, AlertKind)
    return kind


def find_alert_kind(name: str) -> AlertKind | None:
    return next((kind for kind in list_alert_kinds() if kind.name == name), None)


def name_alert_kinds() -> tuple[str, ...]:
    """What `kind` may be."""
    return tuple(kind.name for kind in list_alert_kinds())

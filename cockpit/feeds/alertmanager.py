"""The feed of Alertmanager: the servers of one cluster as one list, with what Prometheus says of the same rules."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from random import Random
from typing import TYPE_CHECKING

from cockpit.feeds.alertmanager_fold import Context, Tracked, merge, transition
from cockpit.feeds.alertmanager_rules import Rules, merged
from cockpit.feeds.base import Feed, IncompleteError, Polled
from cockpit.model.alert import Alert, Severity
from cockpit.model.problem import Problem, ProblemKind, SourceError
from cockpit.model.secret import Secret
from cockpit.model.system import AlertSource
from cockpit.model.time import Time

if TYPE_CHECKING:  # httpx is not loaded before the first paint
    from cockpit.feeds.alertmanager_ask import Manager, Round, Servers

DEADLINE = 25.0  # seconds for all servers together; one request may take ten
MANY = 1_000  # alerts from which folding leaves the loop
WORST_FIRST = {each: rank for rank, each in enumerate(Severity)}


def alertmanager_feed(
    source: AlertSource, environment: str, *, time: Time, random: Random, reveal: Callable[[Secret], str]
) -> Feed:
    """`alerts:<name>`, a Reading of tuple[Alert, ...]: the worst first, resolved ones for ten minutes more."""
    cluster = Cluster(source, environment, time=time, reveal=reveal)
    name = f"alerts:{source.name}"
    every = source.interval
    return Polled(name, environment, cluster.read, every=every, deadline=DEADLINE, time=time, random=random)


NO_SERVER = Problem(ProblemKind.REFUSED, "no server", "The source names no server.", "Add urls to the source.")


class Cluster:
    """The servers of one source, and what is remembered of their alerts."""

    def __init__(self, source: AlertSource, environment: str, *, time: Time, reveal: Callable[[Secret], str]) -> None:
        self._source = source
        self._environment = environment
        self._time = time
        self._reveal = reveal
        self._servers: Servers | None = None
        self._tracked: Mapping[str, Tracked] = {}
        self._pending: Mapping[str, Alert] = {}
        self._alerts: tuple[Alert, ...] = ()

    async def read(self) -> tuple[Alert, ...]:
        """One look at every server. Raises SourceError when none answered, IncompleteError when only some did."""
        if self._servers is None:
            self._servers = await asyncio.to_thread(self._load)
        found = await self._servers.ask()
        managers = {name: said for name, said in found.managers.items() if not isinstance(said, Problem)}
        if not managers:
            raise SourceError(trouble(found) or NO_SERVER)
        many = sum(len(each.listing.entries) for each in managers.values()) + len(self._tracked) > MANY
        missing = await asyncio.to_thread(self._fold, found, managers) if many else self._fold(found, managers)
        problem = missing or trouble(found)
        if problem is not None:
            raise IncompleteError(self._alerts, problem)
        return self._alerts

    def _fold(self, found: "Round", managers: "Mapping[str, Manager]") -> Problem | None:
        """Go on to the next state of the alerts. Answers the Problem of a missing watchdog."""
        entries = [entry for each in managers.values() for entry in each.listing.entries]
        watchdogs = [each for each in entries if self._source.watchdog and each.alert.name == self._source.watchdog]
        answered = [said for said in found.prometheus.values() if not isinstance(said, Problem)]
        rules = merged(answered) if answered and len(answered) == len(found.prometheus) else None
        context = Context(
            now=max(each.now for each in managers.values()),
            whole=all(
                not isinstance(each, Problem) and not each.listing.unreadable for each in found.managers.values()
            ),
            started=max(each.started for each in managers.values()),
            watched=bool(self._source.watchdog),
            watchdog=max(watchdogs, key=lambda each: each.updated, default=None),
            rules=rules,
        )
        seen = merge(each for each in entries if each.alert.name != self._source.watchdog)
        self._tracked = transition(self._tracked, seen, context)
        if rules is not None:
            self._pending = new_pending(rules, self._tracked)
        known = {name: each.alert for name, each in self._tracked.items()}
        alerts = in_order((known | dict(self._pending)).values())
        if alerts != self._alerts:  # the same object while nothing changes, so that nobody draws it again
            self._alerts = alerts
        return None if watchdogs or not self._source.watchdog else no_watchdog(self._source.watchdog, managers)

    def _load(self) -> "Servers":
        from cockpit.feeds.alertmanager_ask import Servers

        return Servers(self._source, self._environment, time=self._time, reveal=self._reveal)


def new_pending(rules: Rules, tracked: Mapping[str, Tracked]) -> dict[str, Alert]:
    """The pending alerts that are not already shown as one that Alertmanager reported before."""
    known = {rules.match(each.entry.alert) for each in tracked.values() if each.resolved is None}
    return {each.fingerprint: each for each in rules.pending if each not in known}


def in_order(alerts: Iterable[Alert]) -> tuple[Alert, ...]:
    """The worst first, and of those the newest."""
    return tuple(sorted(alerts, key=lambda each: (WORST_FIRST[each.severity], -each.since.timestamp(), each.key)))


def trouble(found: "Round") -> Problem | None:
    """What keeps this poll from being whole: Alertmanager first, for without it nothing is known."""
    silent = {name: said for name, said in found.managers.items() if isinstance(said, Problem)}
    if silent and len(silent) == len(found.managers):
        return next(iter(silent.values()))
    if silent:
        return partly(f"{len(silent)} of {len(found.managers)} servers silent", silent)
    unreadable = sum(said.listing.unreadable for said in found.managers.values() if not isinstance(said, Problem))
    if unreadable:
        return Problem(ProblemKind.GARBAGE, f"{unreadable} alerts unreadable", f"{unreadable} alerts make no sense.")
    deaf = {name: said for name, said in found.prometheus.items() if isinstance(said, Problem)}
    return partly("Prometheus silent", deaf) if deaf else None


def partly(what: str, silent: "Mapping[str, Problem]") -> Problem:
    """Some servers said nothing. Whatever their reason, the others did: late, and not blind."""
    name, first = next(iter(silent.items()))
    message = "; ".join(f"{each}: {problem.message}" for each, problem in silent.items())
    return Problem(ProblemKind.NETWORK, f"{what}: {name} {first.short}", message, first.advice, first.retry_after)


def no_watchdog(name: str, managers: "Mapping[str, Manager]") -> Problem:
    return Problem(
        ProblemKind.MISSING,
        f"no {name} from {', '.join(managers)}",
        f"The alert {name}, which always fires, is missing: until it is back, silence means nothing.",
        "Look at Prometheus and its connection to Alertmanager; the filters of the source must let the alert pass.",
    )

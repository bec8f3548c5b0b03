"""Is it them, or our own network? Where everything falls silent at once and nothing else answers, nobody can say."""

import ipaddress
from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from cockpit.model.probe import ProbeResult, ProbeState
from cockpit.model.problem import Problem, ProblemKind
from cockpit.model.reading import Reading

THEY_OR_WE = "they or we"
THIS_MACHINE = "127.0.0.1"
FEWEST_HOSTS = 2  # one host that is silent is down; only several that have nothing in common accuse our own line
REAL_ANSWERS = frozenset(
    {ProblemKind.FORBIDDEN, ProblemKind.REFUSED, ProblemKind.CONFLICT, ProblemKind.THROTTLED, ProblemKind.SERVER}
)
"""A refusal is an answer as well. A sign-in that expired may be found out here, and garbage is what a portal sends."""


NOT_ASKED = (ProbeState.MAINTENANCE, ProbeState.ASLEEP)
"""States in which an answer that does not come says nothing."""


def suspect_own_line(
    reading: Reading[Any], readings: Iterable[Reading[Any]], asked_since: float | None = None
) -> Reading[Any]:
    """`reading`, with its probes unknown instead of down where our own network may be what is dead.

    That is so when all its probes fell silent, on two unrelated hosts at least, and of the other `readings`, of every
    environment, none tells of an answer since the first of them did; `asked_since` (monotonic) where all were asked at
    one moment. With configured references the probes themselves know better, and none is ever called silent.
    """
    results = [item for item in _list_probe_results(reading) if item.state not in NOT_ASKED]
    silent = [result for result in results if result.silent_since is not None]
    if not any(result.state is ProbeState.DOWN for result in silent):
        return reading
    if len({host_of(result.url) for result in silent}) < FEWEST_HOSTS:
        return reading
    first = min(result.silent_since for result in silent if result.silent_since is not None)
    if not all(_says_nothing(result, first) for result in results):
        return reading
    since = first if asked_since is None else min(first, asked_since)
    if any(_has_answered(other, since) for other in readings if _identify_feed(other) != _identify_feed(reading)):
        return reading
    problem = they_or_we(len(results))
    value = tuple(_in_doubt(item, problem.short) for item in _list_probe_results(reading))
    return replace(reading, value=value, seen=None, problem=problem)


def is_suspected(reading: Reading[Any]) -> bool:
    """Whether nobody can say if they are down or our own network is."""
    return reading.problem is not None and reading.problem.short.endswith(THEY_OR_WE)


def they_or_we(count: int) -> Problem:
    """`all 7 unreachable: they or we`."""
    return Problem(
        ProblemKind.NETWORK,
        f"all {count} unreachable: {THEY_OR_WE}",
        f"None of the {count} probes gets an answer, nor does any other source: all are down, or our own network is.",
        "Look at it from another network. With [self] references in cockpit.toml the cockpit can tell the next time.",
    )


def host_of(url: str) -> str:
    """What two addresses have in common when they fall silent together for a reason of their own: host, not port."""
    try:
        host = (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return url
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return THIS_MACHINE if host == "localhost" else host
    return THIS_MACHINE if address == ipaddress.IPv6Address("::1") else str(address)


def _list_probe_results(reading: Reading[Any]) -> list[ProbeResult]:
    value = reading.value if isinstance(reading.value, tuple) else ()
    return [item for item in value if isinstance(item, ProbeResult)]


def _says_nothing(result: ProbeResult, since: float) -> bool:
    """It is silent, or was asked in vain for a reason of our own. What was not asked since may yet answer."""
    if result.silent_since is not None:
        return True
    answered = result.answered is not None and result.answered >= since
    return result.state is ProbeState.UNKNOWN and result.checked is not None and not answered


def _in_doubt(result: ProbeResult, reason: str) -> ProbeResult:
    if result.state in NOT_ASKED:
        return result
    return replace(result, state=ProbeState.UNKNOWN, reason=reason)


def _identify_feed(reading: Reading[Any]) -> tuple[str, str]:
    return reading.environment, reading.feed


def _has_answered(reading: Reading[Any], since: float) -> bool:
    """Whether somebody out there answered that feed since then."""
    probes = _list_probe_results(reading)
    if probes:
        return any(result.answered is not None and result.answered >= since for result in probes)
    if reading.seen is not None and reading.seen >= since:
        return True
    return reading.problem is not None and reading.problem.kind in REAL_ANSWERS and reading.tried >= since

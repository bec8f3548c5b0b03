"""Which answers of the probes are facts for the timeline."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from cockpit.incident.known import Known
from cockpit.incident.signals import FLAPPING, REMOVED
from cockpit.model.event import Draft, Kind
from cockpit.model.probe import ProbeResult, ProbeState
from cockpit.model.time import stamp

UNKNOWN_AFTER = timedelta(seconds=60)  # our own lag for a moment is no fact about the endpoint


def probe_changes(known: Known, environment: str, results: Iterable[ProbeResult], now: datetime) -> Iterator[Draft]:
    """Drafts for every probe whose settled state is not the one on the timeline.

    Pending is not settled, and unknown only once it lasted. A flapping probe is said once to be flapping: its flips
    would drown everything else. A probe first seen up is no news.
    """
    seen = set()
    for result in results:
        seen.add(result.name)
        was, state = known.probes.get(result.name, ""), _settled(result, now)
        if state == was or state is None or (not was and state in (ProbeState.UP, ProbeState.MAINTENANCE)):
            continue
        yield Draft(
            Kind.PROBE,
            _summary(result, state),
            min(now if state == FLAPPING else result.since, now),
            environment,
            result.name,
            source="recorder",
            detail={
                "state": state,
                "was": was,
                "reason": result.reason,
                "since": stamp(result.since),
                "url": result.url,
            },
        )
    for name in sorted(known.probes.keys() - seen):
        yield Draft(
            Kind.PROBE,
            f"{name} is no longer watched",
            now,
            environment,
            name,
            source="recorder",
            detail={"state": REMOVED, "was": known.probes[name], "reason": "no longer in the configuration"},
        )


def _settled(result: ProbeResult, now: datetime) -> str | None:
    if result.flapping:
        return FLAPPING
    if result.state is ProbeState.PENDING:
        return None
    if result.state is ProbeState.UNKNOWN and now - result.since < UNKNOWN_AFTER:
        return None
    return result.state.value


def _summary(result: ProbeResult, state: str) -> str:
    if state == ProbeState.UP:
        return f"{result.name} up again"
    if state == ProbeState.UNKNOWN:
        return f"{result.name} unknown: {result.reason or 'no data'}"
    return f"{result.name} {state}: {result.reason}" if result.reason else f"{result.name} {state}"

"""Which answers of probes and signals are facts for the timeline. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from cockpit.model.event import UNSEEN_FROM, Draft, Kind
from cockpit.model.probe import ProbeEvidence, ProbeFlap, ProbeResult, ProbeState, SignalResult
from cockpit.model.time import format_timestamp
from cockpit.recorder.last_recorded import FLAPPING, REMOVED, LastRecorded

UNKNOWN_AFTER = timedelta(seconds=60)  # our own lag for a moment is no fact about the endpoint


def probe_changes(
    last_recorded: LastRecorded, environment: str, results: Iterable[ProbeResult], now: datetime
) -> Iterator[Draft]:
    """Drafts for every probe whose settled state is not the one on the timeline.

    Pending is not settled, and unknown only once it lasted. A flapping probe is recorded once as flapping: its flips
    would drown everything else. A probe first seen up is no news.
    """
    visited = set()
    for result in results:
        visited.add(result.name)
        was, state = last_recorded.probes.get(result.name, ""), _read_settled_state(result, now)
        if state == FLAPPING != was and result.blind_from is not None:
            continue  # it has not failed since it is seen again
        if was == FLAPPING and state == ProbeState.DOWN:
            result = _end_flap(result)
        elif was == FLAPPING and state == ProbeState.UP:
            result = replace(result, since=_find_recovery(result))
        if (
            state == was
            or state is None
            or (not was and state in (ProbeState.UP, ProbeState.MAINTENANCE, ProbeState.ASLEEP))
        ):
            continue
        yield Draft(
            Kind.PROBE,
            _summarize_probe(result, state, was, last_recorded),
            min(now if state == FLAPPING else result.since, now),
            environment,
            result.name,
            source="recorder",
            detail={
                "state": state,
                "was": was,
                "reason": result.reason,
                "since": format_timestamp(result.since),
                "url": result.url,
                **_list_answers(result, state, was),
                **_describe_sight(result, state, last_recorded.flapping_since.get(result.name)),
                **({"flap": _describe_flap(result.flap, now)} if FLAPPING in (was, state) and result.flap else {}),
            },
        )
    for name in sorted(last_recorded.probes.keys() - visited):
        yield Draft(
            Kind.PROBE,
            f"{name} is no longer watched",
            now,
            environment,
            name,
            source="recorder",
            detail={"state": REMOVED, "was": last_recorded.probes[name], "reason": "no longer in the configuration"},
        )


def signal_changes(
    last_recorded: LastRecorded, environment: str, results: Iterable[SignalResult], now: datetime
) -> Iterator[Draft]:
    """Drafts for every signal whose settled state is not the one on the timeline, as for a probe."""
    visited = set()
    for result in results:
        visited.add(result.name)
        was, state = last_recorded.signals.get(result.name, ""), result.state
        unsettled = state is ProbeState.PENDING or (state is ProbeState.UNKNOWN and now - result.since < UNKNOWN_AFTER)
        if state.value == was or unsettled or (not was and state is ProbeState.UP):
            continue
        reason = f": {result.reason}" if result.reason else ""
        yield Draft(
            Kind.SIGNAL,
            f"{result.name} good again at {result.text}"
            if state is ProbeState.UP
            else f"{result.name} {state}{reason}",
            min(result.since, now),
            environment,
            result.name,
            source="recorder",
            detail={
                "state": state.value,
                "was": was,
                "reason": result.reason,
                "since": format_timestamp(result.since),
                "value": result.value,
                "unit": result.unit,
                "limit": result.limit,
                **({"caution": result.caution} if result.caution else {}),
            },
        )
    for name in sorted(last_recorded.signals.keys() - visited):
        detail = {"state": REMOVED, "was": last_recorded.signals[name], "reason": "no longer in the configuration"}
        summary = f"{name} is no longer watched"
        yield Draft(Kind.SIGNAL, summary, now, environment, name, source="recorder", detail=detail)


def _end_flap(result: ProbeResult) -> ProbeResult:
    """It flaps no more, and is down since a while: what failed from then on is of its being down."""
    if result.flap is None:
        return result
    last_bad = max(min(result.flap.last_bad, result.since), result.flap.began)
    return replace(result, flap=replace(result.flap, last_bad=last_bad))


def _find_recovery(result: ProbeResult) -> datetime:
    """When what flapped was well again: by its first good answer, also where looks that showed nothing came after that
    and its state has been shown only since."""
    well_since = result.flap.well_since if result.flap is not None else None
    failed = result.last_failure
    if well_since is None or (failed is not None and failed.at > well_since):
        return result.since
    return min(well_since, result.since)


def _list_answers(result: ProbeResult, state: str, was: str) -> dict[str, Any]:
    """The first failing answer with the outage that it began, and the newest with the end of that outage; of what flaps
    the newest, for its outages have no beginning."""
    first, newest = result.first_failure, result.last_failure
    if first is not None and state == ProbeState.DOWN:
        return {"answer": _describe_evidence(first)}
    ended = was in (ProbeState.DOWN, FLAPPING) and state in (ProbeState.UP, ProbeState.DEGRADED) and newest != first
    if newest is not None and (ended or state == FLAPPING):
        return {"last_answer": _describe_evidence(newest)}
    return {}


SIGHTED = (ProbeState.UP.value, ProbeState.DOWN.value, ProbeState.DEGRADED.value)


def _describe_sight(result: ProbeResult, state: str, flapping_since: datetime | None) -> dict[str, str]:
    """Since when it may be so, where the answers before showed nothing, or another cockpit saw how it flapped."""
    if result.flap is None and flapping_since is not None and state in SIGHTED:
        return {UNSEEN_FROM: format_timestamp(flapping_since)}
    first = result.first_failure.at if state == ProbeState.DOWN and result.first_failure else result.since
    if result.blind_from is None or state not in SIGHTED or first <= result.blind_from:
        return {}
    return {UNSEEN_FROM: format_timestamp(result.blind_from)}


def _describe_evidence(evidence: ProbeEvidence) -> dict[str, Any]:
    """A failing answer, as it is kept."""
    optional = {"tls": evidence.tls, "tried": list(evidence.tried), "broke_off": evidence.broke_off}
    return {
        "at": format_timestamp(evidence.at),
        "reason": evidence.reason,
        "status": evidence.status,
        "url": evidence.url,
        "address": evidence.address,
        "headers": dict(evidence.headers),
        "body": evidence.body,
        "phases_ms": {name: round(seconds * 1000, 1) for name, seconds in evidence.phases},
        "certificate_ends": format_timestamp(evidence.certificate_ends) if evidence.certificate_ends else "",
        **{name: value for name, value in optional.items() if value},
    }


def _describe_flap(flap: ProbeFlap, now: datetime) -> dict[str, Any]:
    """How it failed now and then, as far as was seen at `now`."""
    return {
        "from": format_timestamp(flap.began),
        "until": format_timestamp(flap.last_bad),
        "times": flap.times,
        "longest_well": int(flap.longest_well.total_seconds()),  # what is begun is not counted
        "noticed": format_timestamp(now),
    }


def _read_settled_state(result: ProbeResult, now: datetime) -> str | None:
    if result.flapping:
        return FLAPPING
    if result.state is ProbeState.PENDING:
        return None
    if result.state is ProbeState.UNKNOWN and now - result.since < UNKNOWN_AFTER:
        return None
    return result.state.value


def _summarize_probe(result: ProbeResult, state: str, was: str, last_recorded: LastRecorded) -> str:
    before = ""
    if was == FLAPPING and result.flap:
        unseen = last_recorded.describe_unseen_flap(result.name, result.flap)
        before = f"; it {result.flap.describe(unseen)}"
    if state == ProbeState.UP:
        return f"{result.name} up again{before}"
    if state == ProbeState.UNKNOWN:
        return f"{result.name} unknown: {result.reason or 'no data'}{before}"
    return (f"{result.name} {state}: {result.reason}" if result.reason else f"{result.name} {state}") + before

"""When a probe is up, degraded, down or unknown: a pure fold over its checks, and what of it is shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import takewhile

from cockpit.feeds.probes.maintenance import find_window_end
from cockpit.model.probe import Probe, ProbeEvidence, ProbeFlap, ProbeResult, ProbeState

HISTORY = 60  # latencies kept
RECENT = 20  # answers in which flapping is looked for
FLAPPING = 5  # turns among them that make it so
CALM = 2  # turns among them that end it: with one figure for both, a probe near it would flap in and out of flapping


# It flaps no more once it was well for twice as long as it ever was between its failures: for half a minute at least,
# and after two minutes in any case; by so many answers, for a probe that is rarely asked flaps by a few of them.
WELL_AT_LEAST = timedelta(seconds=30)
WELL_AGAIN = timedelta(minutes=2)
WELL_ANSWERS = 7


class Grade(StrEnum):
    """What one check came to. Only FAILING counts against the endpoint; INCONCLUSIVE counts neither way."""

    GOOD = "good"
    DEGRADED = "degraded"
    FAILING = "failing"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class CheckOutcome:
    """One check. `reason` is one cleaned line, "" for a good one; `offline`: our own line was found dead."""

    at: datetime
    grade: Grade
    reason: str = ""
    status: int | None = None
    latency: float | None = None
    address: str = ""
    offline: bool = False
    began: float | None = None  # when it was asked (monotonic)
    evidence: ProbeEvidence | None = None  # of a failing one
    asleep: bool = False  # it was not asked: its app has no replica, and asking would start one
    silent: bool = False  # nothing came at all: no byte, no refusal, and no word of a name server either


@dataclass(frozen=True, slots=True)
class ProbeStanding:
    """Where a probe stands by its own answers: parents, maintenance and our own line are not in it.

    `accused`: it was DOWN, and has not yet answered well often enough to be cleared.
    """

    state: ProbeState = ProbeState.UNKNOWN
    last: CheckOutcome | None = None
    grade: Grade | None = None  # of the last conclusive answer
    failing: int = 0
    good: int = 0
    accused: bool = False
    turns: tuple[bool, ...] = ()  # for each recent conclusive answer: did the grade change
    flapping: bool = False
    graded: tuple[tuple[datetime, bool], ...] = ()  # recent conclusive answers since it was last cleared: was it well
    flap: ProbeFlap | None = None  # the one that goes on, else the last one
    history: tuple[float | None, ...] = ()
    answered: float | None = None  # when the last check began that was answered
    first_failure: ProbeEvidence | None = None
    last_failure: ProbeEvidence | None = None
    silent_since: float | None = None  # when the first of the last checks began that were all silent
    concluded: datetime | None = None  # the last answer that showed anything
    blind_from: datetime | None = None  # the last one before those that showed nothing, until it is settled again
    seen_again: datetime | None = None  # the first one after them


def apply_outcome(
    probe: Probe, before: ProbeStanding, outcome: CheckOutcome, *, excused: bool = False
) -> ProbeStanding:
    """The standing after one more answer; `excused` where something else explains that it turns (`is_excused`)."""
    after = replace(before, last=outcome, history=(*before.history, outcome.latency)[-HISTORY:])
    if outcome.grade is Grade.INCONCLUSIVE:
        return replace(after, state=ProbeState.UNKNOWN, blind_from=before.concluded, seen_again=None)
    after = _note_sight(before, after)
    if outcome.silent:
        after = replace(after, silent_since=outcome.began if before.silent_since is None else before.silent_since)
    else:
        after = replace(after, answered=outcome.began, silent_since=None)
    turned = before.grade is not None and before.grade is not outcome.grade and not excused
    after = _note_turn(before, replace(after, grade=outcome.grade), turned)
    if outcome.grade is Grade.FAILING:
        failing = before.failing + 1
        if outcome.evidence is not None:
            begins = not before.failing and not before.accused
            first = outcome.evidence if begins or before.first_failure is None else before.first_failure
            after = replace(after, first_failure=first, last_failure=outcome.evidence)
        accused = before.accused or failing >= probe.failures
        state = ProbeState.DOWN if accused else ProbeState.PENDING
        return replace(after, state=state, failing=failing, good=0, accused=accused)
    good = before.good + 1
    if before.accused and good < probe.successes:
        return replace(after, state=ProbeState.DOWN, failing=0, good=good)
    state = ProbeState.UP if outcome.grade is Grade.GOOD else ProbeState.DEGRADED
    graded = after.graded[-1:] if before.accused and not after.flapping else after.graded
    return replace(after, state=state, failing=0, good=good, accused=False, graded=graded)


def _note_sight(before: ProbeStanding, after: ProbeStanding) -> ProbeStanding:
    """Whether it is seen again after answers that showed nothing: until it is settled, what it shows may have been so
    before."""
    assert after.last is not None
    moment = after.last.at
    if before.blind_from is not None and before.seen_again is None:
        return replace(after, concluded=moment, seen_again=moment)
    is_open = is_undecided(before) or (before.flapping and after.last.grade is not Grade.FAILING)
    if before.blind_from is not None and is_open:
        return replace(after, concluded=moment)
    return replace(after, concluded=moment, blind_from=None, seen_again=None)


def _note_turn(before: ProbeStanding, after: ProbeStanding, turned: bool) -> ProbeStanding:
    """Whether it flaps, by one more conclusive answer, and how it did so far."""
    assert after.last is not None
    moment, is_well = after.last.at, after.last.grade is Grade.GOOD
    turns = (*before.turns, turned)[-RECENT:]
    graded = (*before.graded, (moment, is_well))[-RECENT - 1 :]
    flapping = sum(turns) > CALM if before.flapping else sum(turns) >= FLAPPING
    flap = before.flap
    if before.flapping and flap is not None:
        if not is_well:
            flap = _add_failure(flap, before.graded, moment)
        elif (well_since := _find_end(graded, flap)) is not None:
            return replace(after, turns=(), graded=(), flapping=False, flap=replace(flap, well_since=well_since))
    elif flapping:
        flap = _count_failures(graded, moment)
    return replace(after, turns=turns, graded=graded, flapping=flapping, flap=flap)


def _add_failure(flap: ProbeFlap, graded: Sequence[tuple[datetime, bool]], moment: datetime) -> ProbeFlap:
    well = list(takewhile(lambda answer: answer[1], reversed(graded)))
    longest = max(flap.longest_well, moment - well[-1][0]) if well else flap.longest_well
    return replace(flap, last_bad=moment, times=flap.times + bool(well), longest_well=longest)


def _count_failures(graded: Sequence[tuple[datetime, bool]], moment: datetime) -> ProbeFlap:
    bad = [number for number, (_, is_well) in enumerate(graded) if not is_well]
    if not bad:
        return ProbeFlap(moment, moment)
    flap = ProbeFlap(graded[bad[0]][0], graded[bad[0]][0])
    for number in bad[1:]:
        flap = _add_failure(flap, graded[:number], graded[number][0])
    return flap


def _find_end(graded: Sequence[tuple[datetime, bool]], flap: ProbeFlap) -> datetime | None:
    """The first of the good answers by which it flaps no more; None while there are too few of them."""
    well = list(takewhile(lambda answer: answer[1], reversed(graded)))
    needed = min(max(2 * flap.longest_well, WELL_AT_LEAST), WELL_AGAIN)
    return well[-1][0] if len(well) >= WELL_ANSWERS and well[0][0] - well[-1][0] >= needed else None


def is_undecided(standing: ProbeStanding) -> bool:
    """One more answer soon would tell: the last one showed nothing, was a first failure, or cleared nobody yet."""
    if standing.last is not None and standing.last.grade is Grade.INCONCLUSIVE:
        return not (standing.last.offline or standing.last.asleep)
    return standing.state is ProbeState.PENDING or (standing.accused and standing.grade is not Grade.FAILING)


@dataclass(frozen=True, slots=True)
class ShownProbeState:
    """The state that is shown, and why."""

    state: ProbeState
    reason: str
    maintenance_until: datetime | None = None


def derive_shown_state(
    probe: Probe, standing: ProbeStanding, standings: Mapping[str, ProbeStanding], now: datetime, offline: bool
) -> ShownProbeState:
    """The state of a probe as it is shown now: its own, unless maintenance, our own line or a parent explains it."""
    if end := find_maintenance_end(probe, now):
        return _in_maintenance(end, now)
    if standing.last is not None and standing.last.asleep:
        return ShownProbeState(ProbeState.ASLEEP, f"{probe.only_while_running} is scaled to zero")
    if offline:
        return ShownProbeState(ProbeState.UNKNOWN, "jump box offline")
    for parent in probe.depends_on:
        if parent in standings and standings[parent].state is ProbeState.DOWN:
            return ShownProbeState(ProbeState.UNKNOWN, f"parent {parent} down")
    if standing.last is None:
        return ShownProbeState(ProbeState.UNKNOWN, "not checked yet")
    if standing.state is ProbeState.DOWN and standing.grade is not Grade.FAILING:
        return ShownProbeState(standing.state, f"recovering, {standing.good} of {probe.successes} good answers")
    return ShownProbeState(standing.state, standing.last.reason)


def find_maintenance_end(probe: Probe, now: datetime) -> datetime | None:
    """Until when planned work is being done; None outside of its windows."""
    for start, end in probe.maintenance:
        if start <= now < end:
            return end
    return find_window_end(probe.recurring_maintenance, now) if probe.recurring_maintenance else None


def is_excused(probe: Probe, standings: Mapping[str, ProbeStanding], now: datetime) -> bool:
    """Whether planned work, or what it depends on, explains that it fails now and then: it flaps not by itself."""
    parents = (standings[name] for name in probe.depends_on if name in standings)
    return find_maintenance_end(probe, now) is not None or any(
        parent.accused or parent.flapping or parent.grade is Grade.FAILING for parent in parents
    )


def _in_maintenance(end: datetime, now: datetime) -> ShownProbeState:
    day = "" if end.astimezone(UTC).date() == now.astimezone(UTC).date() else f"{end.astimezone(UTC):%Y-%m-%d} "
    return ShownProbeState(ProbeState.MAINTENANCE, f"maintenance until {day}{end.astimezone(UTC):%H:%M} UTC", end)


EXPLAINED = frozenset({ProbeState.UNKNOWN, ProbeState.MAINTENANCE, ProbeState.ASLEEP})


def build_probe_result(
    probe: Probe, standing: ProbeStanding, view: ShownProbeState, before: ProbeResult | None, now: datetime
) -> ProbeResult:
    """The ProbeResult to publish; `since` moves only when the shown state does."""
    last = standing.last
    return ProbeResult(
        name=probe.name,
        environment=probe.environment,
        url=probe.url,
        state=view.state,
        since=before.since if before and before.state is view.state else now,
        checked=last.at if last else None,
        status=last.status if last else None,
        latency=last.latency if last else None,
        reason=view.reason,
        failing=standing.failing,
        flapping=standing.flapping and view.state not in EXPLAINED,
        history=standing.history,
        address=last.address if last else "",
        answered=standing.answered,
        runbook=probe.runbook,
        first_failure=standing.first_failure,
        last_failure=standing.last_failure,
        silent_since=standing.silent_since,
        maintenance_until=view.maintenance_until,
        flap=standing.flap,
        blind_from=standing.blind_from if standing.seen_again is not None else None,
    )

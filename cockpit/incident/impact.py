"""From when until when users felt an incident, each moment with what says so, and for how long in all."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from cockpit.model.event import describe_unseen_since
from cockpit.model.incident import HealthyPeriod, Incident, RecordingBreak, weigh_length
from cockpit.model.time import format_duration, measure_between
from cockpit.recorder.recording_breaks import join_recording_breaks, measure_unrecorded

RECOVERY_MUST_HOLD = timedelta(minutes=2)  # a recovery that lasts no longer is a pause, not the end
SHORTEST_PAUSE = timedelta(seconds=10)  # that is told: a look or two
EARLIEST = datetime.min.replace(tzinfo=UTC)
LATEST = datetime.max.replace(tzinfo=UTC)


def has_held(since: datetime, until: datetime) -> bool:
    """Whether all was well for long enough to be no pause of one outage: by the moments as they are shown."""
    return measure_between(since, until) >= RECOVERY_MUST_HOLD


def as_of(incident: Incident, now: datetime) -> Incident:
    """The incident as it stands at `now`: while it is open, a recovery counts once it has held for two minutes."""
    mitigated = incident.mitigated
    if mitigated is None or not incident.open or incident.impact_ended is not None or has_held(mitigated, now):
        return incident
    return replace(incident, mitigated=None, healthy=incident.healthy[:-1], unheld=last_period(incident.healthy))


def last_period(periods: Iterable[HealthyPeriod]) -> HealthyPeriod | None:
    """The stretch that still goes on; None while something that users feel is bad."""
    last = list(periods)[-1:]
    return last[0] if last and last[0].end is None else None


STATED = "stated"
UNRECORDED = "nobody recorded"  # the evidence of a stretch in which all may have been well
A_SECOND = timedelta(seconds=1)  # the least that is told of a break


@dataclass(frozen=True, slots=True)
class ImpactMoment:
    """One end of the impact; `evidence` is what says so."""

    at: datetime
    evidence: str
    accepted_by: str = ""  # who took what was measured

    @property
    def source(self) -> str:
        """`all probes up, accepted by ana`: whoever takes what was proposed accepts a time that was measured."""
        return f"{self.evidence}{self.acceptance}"

    @property
    def acceptance(self) -> str:
        return f", accepted by {self.accepted_by}" if self.accepted_by else ""


def propose_impact_start(incident: Incident) -> ImpactMoment | None:
    """As a person stated it, else the earliest signal that users felt; never the declaration."""
    if incident.impact_started is not None:
        is_seen = incident.impact_started == incident.felt_since
        if not is_seen:
            return ImpactMoment(incident.impact_started, STATED)
        return ImpactMoment(incident.impact_started, incident.felt_by, incident.impact_started_by)
    if incident.felt_since is not None:
        return ImpactMoment(incident.felt_since, incident.felt_by)
    return None


def find_impact_start(incident: Incident) -> datetime | None:
    """When the impact began, for every duration that is shown: stated, else seen, else when it was detected."""
    proposal = propose_impact_start(incident)
    return proposal.at if proposal else incident.detected


def propose_impact_end(incident: Incident) -> ImpactMoment | None:
    """As a person stated it, else when the last signal that users feel recovered; None while one of them is bad."""
    period = last_period(incident.healthy)
    if find_relapse_after_close(incident) is not None:
        ends = [period for period in incident.healthy if period.start == incident.mitigated]
        period = min(ends, key=lambda period: period.evidence == STATED, default=None)
    if incident.impact_ended is not None:
        is_seen = period is not None and period.start == incident.impact_ended
        if period is None or not is_seen or period.evidence == STATED:
            return ImpactMoment(incident.impact_ended, STATED)
        return ImpactMoment(incident.impact_ended, period.evidence, incident.impact_ended_by)
    if incident.unheld is not None:
        return ImpactMoment(incident.unheld.start, f"{incident.unheld.evidence}, not for two minutes yet")
    return None if period is None else ImpactMoment(period.start, period.evidence)


def find_measured_times(incident: Incident) -> dict[str, datetime | None]:
    """What the signals say of the impact, by the key under which a person may state it."""
    period = last_period(incident.healthy)
    is_measured = period is not None and period.evidence != STATED
    return {
        "impact_started": incident.felt_since,
        "impact_ended": period.start if period is not None and is_measured else None,
    }


def measure_felt(incident: Incident, begin: datetime, end: datetime) -> tuple[timedelta, int]:
    """How long users felt it between two moments, and in how many stretches: where all was well for two minutes or
    more in between, or where it was closed and nothing says that users felt it, that time does not count."""
    return _measure_without(list_pauses(incident, begin, end), begin, end)


def measure_until_resolved(incident: Incident, begin: datetime, end: datetime) -> tuple[timedelta, int]:
    """How long it took to resolve it, and in how many stretches: the time in between in which it was closed and users
    felt nothing does not count."""
    return _measure_without(_within(_list_quiet_closures(incident), begin, end), begin, end)


def _measure_without(
    pauses: Sequence[tuple[datetime, datetime]], begin: datetime, end: datetime
) -> tuple[timedelta, int]:
    lengths = (measure_between(start, over) for start, over in pauses)
    return measure_between(begin, end) - sum(lengths, timedelta()), len(pauses) + 1


def list_felt_stretches(incident: Incident, begin: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """The stretches between two moments in which users felt it, the first first."""
    pauses = list_pauses(incident, begin, end)
    borders = [begin, *(border for pause in pauses for border in pause), end]
    return [
        (start, over) for start, over in zip(borders[::2], borders[1::2], strict=True) if start < over or not pauses
    ]


def list_short_pauses(incident: Incident, begin: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """The stretches between two moments in which all was well, and not for long enough to be no impact."""
    counted = list_pauses(incident, begin, end)
    well = [(period.start, period.end) for period in incident.healthy if period.end is not None]
    return [
        (start, over)
        for start, over in _within(well, begin, end)
        if over - start >= SHORTEST_PAUSE and not any(first <= start and over <= last for first, last in counted)
    ]


def list_pauses(incident: Incident, begin: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """The stretches between two moments in which users felt nothing, for long enough to be no impact."""
    # A shorter one is a pause within one outage, unless somebody closed the incident in it: then it was over.
    well = [
        (period.start, period.end)
        for period in incident.healthy
        if period.end is not None
        and (
            period.evidence == UNRECORDED
            or has_held(max(period.start, begin), period.end)
            or any(closed < period.end and period.start < opened for closed, opened in incident.closures)
        )
    ]
    return _within([*well, *_list_quiet_closures(incident)], begin, end)


def _list_quiet_closures(incident: Incident) -> list[tuple[datetime, datetime]]:
    """The stretches in which it was closed and nothing that was recorded says that users felt it."""
    well = [(EARLIEST, incident.felt_since or LATEST)]
    well += [(period.start, period.end or LATEST) for period in incident.healthy]
    return [
        (max(closed, start), min(opened, end))
        for closed, opened in incident.closures
        for start, end in well
        if max(closed, start) < min(opened, end)
    ]


def _within(
    stretches: Iterable[tuple[datetime, datetime]], begin: datetime, end: datetime
) -> list[tuple[datetime, datetime]]:
    """Those that end between two moments, in order, each moment in one of them at most: a person and the signals may
    both say when all was well."""
    joined: list[tuple[datetime, datetime]] = []
    for start, over in sorted(stretches):
        if not begin < over < end:
            continue
        start = max(start, begin)
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(over, joined[-1][1]))
        else:
            joined.append((start, over))
    return joined


def format_felt(incident: Incident, begin: datetime, end: datetime, *, is_cut: bool = False) -> str:
    """`1m 08s`, `at most 1m 12s in 2 stretches, at least 1m 00s: not recorded for 12s of it`, `5m 19s, all well for
    1m 52s of it`; `is_cut`: it may have gone on after `end`, and nobody recorded."""
    weight = weigh_felt(incident, begin, end, is_cut=is_cut)
    length = format_stretches(*measure_felt(incident, begin, end))
    unrecorded, least = measure_unrecorded_felt(incident, begin, end), measure_shortest(incident, begin, end)
    well = describe_short_pauses(incident, begin, end)
    return f"{weight}{length}{describe_unrecorded(unrecorded, least)}{well}"


def describe_short_pauses(incident: Incident, begin: datetime, end: datetime) -> str:
    """`, all well for 1m 52s of it` behind how long users felt it: pauses that are too short count as felt."""
    return describe_well(measure_short_pauses(incident, begin, end))


def measure_short_pauses(incident: Incident, begin: datetime, end: datetime) -> timedelta:
    """For how long of what counts as felt between two moments all was well."""
    return sum((measure_between(start, over) for start, over in list_short_pauses(incident, begin, end)), timedelta())


def describe_well(length: timedelta) -> str:
    """`, all well for 1m 52s of it`; "" where it never was."""
    return f", all well for {format_duration(length)} of it" if length else ""


def describe_unrecorded(unrecorded: timedelta, least: timedelta) -> str:
    """`, at least 3m 58s: not recorded for 1m 02s of it` behind how long users felt it; "" where somebody recorded."""
    if unrecorded < A_SECOND:
        return ""
    return f", at least {format_duration(least)}: not recorded for {format_duration(unrecorded)} of it"


def measure_unrecorded_felt(incident: Incident, begin: datetime, end: datetime) -> timedelta:
    """For how long of what users felt between two moments nobody recorded."""
    return _measure_unrecorded_in(incident, list_felt_stretches(incident, begin, end))


def _measure_unrecorded_in(incident: Incident, stretches: Iterable[tuple[datetime, datetime]]) -> timedelta:
    breaks = _list_breaks(incident)
    return sum((measure_unrecorded(breaks, start, over) for start, over in stretches), timedelta())


def _list_breaks(incident: Incident) -> Sequence[RecordingBreak]:
    """Those that make it unsure how long users felt it: none where a person stated from when until when, and none where
    nothing that was recorded says that they felt it at all. Whoever dates its beginning before anybody recorded, a
    person or the source of an alert, says with it that users felt it until the first look."""
    is_stated = incident.impact_started is not None and incident.impact_ended is not None
    is_felt = incident.felt_since is not None or incident.impact_started is not None
    breaks = (item for item in incident.breaks if not item.is_before_all)
    return join_recording_breaks([*breaks, *incident.blind]) if is_felt and not is_stated else ()


def weigh_felt(incident: Incident, begin: datetime, end: datetime, *, is_cut: bool = False) -> str:
    """What stands in front of the length of `measure_felt`, as `weigh_length` says it."""
    pauses = list_pauses(incident, begin, end)
    is_cut = is_cut or _measure_unrecorded_in(incident, _leave_out_closures(incident, pauses)) >= A_SECOND
    is_broken = measure_unrecorded_felt(incident, begin, end) >= A_SECOND
    return _weigh_without(incident, pauses, begin, end, is_cut=is_cut, is_broken=is_broken)


def weigh_pauses(incident: Incident, pauses: Sequence[tuple[datetime, datetime]]) -> str:
    """What stands in front of the length of stretches in which users felt nothing, as `weigh_length` says it."""
    is_broken = _measure_unrecorded_in(incident, _leave_out_closures(incident, pauses)) >= A_SECOND
    is_over_unseen = is_broken or any(is_unseen(incident, over) for _, over in pauses)
    return weigh_length(any(is_unseen(incident, start) for start, _ in pauses), is_over_unseen)


def weigh_until_resolved(incident: Incident, begin: datetime, end: datetime) -> str:
    """The same of `measure_until_resolved`."""
    return _weigh_without(incident, _within(_list_quiet_closures(incident), begin, end), begin, end)


def _weigh_without(
    incident: Incident,
    pauses: Sequence[tuple[datetime, datetime]],
    begin: datetime,
    end: datetime,
    *,
    is_cut: bool = False,
    is_broken: bool = False,
) -> str:
    """`is_cut`: it may have been longer for other reasons than what the first looks after breaks say; `is_broken`: it
    may have been shorter."""
    is_begin_unseen = is_cut or any(is_unseen(incident, moment) for moment in (begin, *(over for _, over in pauses)))
    is_end_unseen = is_broken or any(is_unseen(incident, moment) for moment in (end, *(at for at, _ in pauses)))
    return weigh_length(is_begin_unseen, is_end_unseen)


def _leave_out_closures(
    incident: Incident, stretches: Iterable[tuple[datetime, datetime]]
) -> list[tuple[datetime, datetime]]:
    """The parts in which it was open: nobody says of the time in which it was closed how it went on."""
    parts = list(stretches)
    for closed, opened in incident.closures:
        parts = [
            part
            for start, over in parts
            for part in ((start, min(over, closed)), (max(start, opened), over))
            if part[0] < part[1]
        ]
    return parts


def is_unseen(incident: Incident, moment: datetime | None) -> bool:
    """Whether a beginning or an end of what users felt was only seen by the first look after a break of the record."""
    return any(item.at == moment for item in incident.unseen)


def as_short_as_seen(incident: Incident) -> Incident:
    """As if all had been well while nobody recorded: in the middle of it, and until the first look after a break where
    only that dates a recovery."""
    since = _map_unseen(incident)
    moved = (replace(item, start=since.get(item.start, item.start)) for item in incident.healthy)
    breaks = (HealthyPeriod(item.begin, item.end, UNRECORDED) for item in _list_breaks(incident))
    periods = sorted((*breaks, *moved), key=lambda item: (item.end is None, item.start))
    return replace(incident, healthy=tuple(periods))


def as_long_as_seen(incident: Incident) -> Incident:
    """As if users had felt it while nobody recorded: in a pause in which it was open, and until the first look after a
    break where only that dates a relapse."""
    since = _map_unseen(incident)
    moved = [replace(item, end=since.get(item.end, item.end) if item.end else None) for item in incident.healthy]
    for item in _list_breaks(incident):
        if any(closed < item.end and item.begin < opened for closed, opened in incident.closures):
            continue
        moved = [part for period in moved for part in _split_period(period, item)]
    return replace(incident, healthy=tuple(item for item in moved if item.end is None or item.end > item.start))


def _split_period(period: HealthyPeriod, item: RecordingBreak) -> list[HealthyPeriod]:
    """The parts of it in which somebody recorded. What goes on is the last word on it, and stays."""
    if period.end is None or item.end <= period.start or period.end <= item.begin:
        return [period]
    return [replace(period, end=item.begin), replace(period, start=item.end)]


LengthMeasure = Callable[[Incident, datetime, datetime], tuple[timedelta, int]]


def measure_shortest(
    incident: Incident, begin: datetime, end: datetime, measure: LengthMeasure = measure_felt
) -> timedelta:
    """How long it was at the shortest between two moments, where nobody recorded for some of it, by that measure."""
    since = find_unseen_since(incident, end)
    until = min([since, *(item.begin for item in _list_breaks(incident) if item.begin < end < item.end)])
    shortest = as_short_as_seen(incident)
    if measure is measure_felt:  # what began again only after that may not have lasted at all
        pauses = list_pauses(shortest, begin, end)
        until = next((start for start, over in pauses if start < until < over), until)
    return measure(shortest, begin, max(until, begin))[0]


def measure_longest(
    incident: Incident, begin: datetime, end: datetime, measure: LengthMeasure = measure_felt
) -> timedelta:
    """The same at the longest."""
    return measure(as_long_as_seen(incident), find_unseen_since(incident, begin), end)[0]


def find_unseen_since(incident: Incident, moment: datetime) -> datetime:
    """Since when a moment may have been, where only a first look after a break dates it; else the moment itself."""
    return _map_unseen(incident).get(moment, moment)


def _map_unseen(incident: Incident) -> dict[datetime, datetime]:
    return {item.at: item.unseen_from for item in incident.unseen}


def describe_unseen_moment(incident: Incident, moment: datetime) -> str:
    """` (or before: not seen from 13:03:04 UTC on)` behind a moment that a first look after a break dates."""
    since = next((item.unseen_from for item in incident.unseen if item.at == moment), None)
    return describe_unseen_since(since, moment)


def describe_unseen_signal(incident: Incident, began: datetime) -> str:
    """The same behind the beginning of one signal; "" where its source dates it."""
    since = next((item.unseen_from for item in incident.unseen if item.at == began and not item.is_dated), None)
    return describe_unseen_since(since, began)


def format_stretches(length: timedelta, count: int) -> str:
    """A length, with the number of stretches where it is none of one piece: no reader can subtract it."""
    return format_duration(length) if count == 1 else f"{format_duration(length)} in {count} stretches"


def find_relapse(incident: Incident) -> datetime | None:
    """When users began to feel it again, the last time, after all had been well for two minutes or more; None while it
    never was, and where all is well now."""
    begin = find_impact_start(incident)
    if begin is None or last_period(incident.healthy) is not None:
        return None
    return max((end for _, end in list_pauses(incident, begin, LATEST)), default=None)


def find_relapse_after_close(incident: Incident) -> datetime | None:
    """Since when users feel it again after it was closed: its impact had ended before, and nobody opened it again.
    None for any other."""
    if incident.open or incident.resolved is None or incident.mitigated is None or last_period(incident.healthy):
        return None
    ends = (period.end for period in incident.healthy if period.end and period.start == incident.mitigated)
    return min((end for end in ends if end >= incident.resolved), default=None)


def describe_impact(incident: Incident) -> str:
    """`impact 12:07:00 UTC (probe readyz) to 12:07:58 UTC (all probes up), 58s`."""
    begin, end = propose_impact_start(incident), propose_impact_end(incident)
    if begin is None and end is None:
        return "nothing that was recorded says when users felt it"
    took = f", {format_felt(incident, begin.at, end.at)}" if begin and end else ""
    again = find_relapse(incident) if end is None else None
    missing = f"not over, felt again since {again:%Y-%m-%d %H:%M:%S} UTC" if again else "not over"
    later = find_relapse_after_close(incident)
    relapse = f"; felt again since {later:%Y-%m-%d %H:%M:%S} UTC, after it was closed" if later else ""
    since, until = (describe_unseen_moment(incident, moment.at) if moment else "" for moment in (begin, end))
    ends = f"{_format_moment(begin, 'not known', since)} to {_format_moment(end, missing, until)}"
    return f"impact {ends}{took}{relapse}{describe_slow(incident, _show_utc)}"


def _show_utc(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def describe_slow(incident: Incident, show: Callable[[datetime], str]) -> str:
    """`; slow for 1m 10s from 02:10:05 UTC` of moments that take a recovery not back, and that users could feel. `show`
    writes a moment."""
    lengths = ((measure_between(moment.start, moment.end or moment.start), moment.start) for moment in incident.slow)
    return "".join(f"; slow for {format_duration(length)} from {show(start)}" for length, start in lengths)


def _format_moment(moment: ImpactMoment | None, missing: str, unseen: str) -> str:
    return f"{_show_utc(moment.at)} ({moment.source}){unseen}" if moment else missing

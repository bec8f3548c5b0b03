"""The report of a shift: what fired and who took it, what was run, what is silent, and what nobody touched."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from itertools import groupby

from cockpit.incident.impact import (
    A_SECOND,
    EARLIEST,
    LATEST,
    describe_unrecorded,
)
from cockpit.incident.load import is_foreign, list_standing_events
from cockpit.incident.messages.briefing import describe_felt_again, describe_head, format_clock, list_terms
from cockpit.incident.signals import Signal, key_of
from cockpit.incident.takers import (
    BadStretch,
    describe_terms,
    find_takers,
    has_stretch,
    join_terms,
    list_bad_stretches,
    read_acknowledgement,
)
from cockpit.model.alert import AlertState
from cockpit.model.clock import show_moment
from cockpit.model.clock_steps import list_clock_steps
from cockpit.model.event import Event, Kind, number_of, text_of
from cockpit.model.incident import Acknowledgement, Incident, RecordingBreak, weigh_length
from cockpit.model.probe import ProbeState
from cockpit.model.response import VERIFIED, Freeze, RecordedSilence
from cockpit.model.run import describe_step_end, mark_step_ends, name_run
from cockpit.model.time import format_duration, measure_between
from cockpit.recorder.record_end import describe_record_end
from cockpit.recorder.recording_breaks import (
    build_break_before,
    describe_recording_breaks,
    find_record_begin,
    join_recording_breaks,
    list_recording_breaks,
    measure_unrecorded,
)

OFTEN = 4  # outages of one probe that stand in one line


@dataclass(frozen=True, slots=True)
class OutageOfShift:
    """One stretch in which a probe, a number or an alert was bad. `since` None: since before the shift; `until` None:
    still.

    `incident` is the one that was open meanwhile, "" where none was; `taken_by` who acknowledged it, else led, else
    declared it, and `how` which of these; "" where nobody did any of it.
    """

    name: str
    state: str
    since: datetime | None
    until: datetime | None
    incident: str = ""
    taken_by: str = ""
    how: str = ""  # taken, led, declared
    is_drill: bool = False
    key: str = ""
    is_resolved: bool = False  # the incident is, though this is bad still
    failures: int = 1  # of a probe that failed now and then, how many times
    before: str = ""  # who had it in another incident, until it was taken in this one
    is_counted: bool = True  # to its end; else it failed so often at least
    is_since_unseen: bool = False  # it may have begun before: nobody recorded then
    is_until_unseen: bool = False  # and so its end
    unseen_from: datetime | None = None  # since when that may have been; None where it is dated


@dataclass(frozen=True, slots=True)
class AlertOfShift:
    """One alert in a shift; `taken_by` "" where nobody acknowledged it since it fired last. `outages` are the stretches
    in which it fired."""

    name: str
    fired: int
    first: datetime
    last: datetime
    state: str
    taken_by: str
    note: str = ""
    outages: tuple[OutageOfShift, ...] = ()


@dataclass(frozen=True, slots=True)
class ShiftReport:
    """What happened in an environment from `since` to `until`."""

    since: datetime
    until: datetime
    incidents: tuple[Incident, ...]
    alerts: tuple[AlertOfShift, ...]
    runs: tuple[str, ...]
    silences: tuple[str, ...]
    untouched: tuple[str, ...]
    freeze: Freeze | None = None
    environment: str = ""
    outages: tuple[OutageOfShift, ...] = ()
    still_bad: tuple[Signal, ...] = ()  # since before the shift, and the shift tells nothing else of it
    unrecorded: tuple[RecordingBreak, ...] = ()
    recorded_until: datetime | None = None  # where nobody records now: what goes on was so then


def build_shift_report(
    events: Iterable[Event],
    incidents: Iterable[Incident],
    *,
    since: datetime,
    now: datetime,
    freeze: Freeze | None = None,
    environment: str = "",
    bad: Iterable[Signal] = (),
    lead: str = "",
    silences: Iterable[RecordedSilence] = (),
    recorded_until: datetime | None = None,
    is_recorded_before: bool = True,
) -> ShiftReport:
    """`events` are all of the environment from `since` on, `incidents` those of it, `bad` what is bad now;
    `is_recorded_before`: somebody had recorded it before `since`, too. Pure.

    `silences` are those that were made from here. `lead` is the role that leads, as the team calls it; "": whoever
    holds any role leads.
    """
    events, incidents = list(events), list(incidents)
    standing = list_standing_events(events, list_clock_steps(events))
    in_shift = [incident for incident in incidents if incident.resolved is None or incident.resolved >= since]
    stretches = list_bad_stretches(standing)
    by_key: dict[str, list[BadStretch]] = {}
    for stretch in stretches:
        by_key.setdefault(stretch.key, []).append(stretch)
    holder = _HolderFinder(in_shift, _list_acks(standing, in_shift), by_key, lead, since)
    alerts = _list_alerts(standing, holder)
    outages = tuple(holder.find(stretch) for stretch in stretches if not stretch.key.startswith(f"{Kind.ALERT}:"))
    keys = {key_of(event) for event in standing}
    began = None if is_recorded_before else find_record_begin(standing)
    never = [build_break_before(began)] if began is not None else []
    return ShiftReport(
        since,
        now,
        tuple(incident for incident in in_shift if incident.declared <= now),
        alerts,
        tuple(_list_runs(standing, incidents)),
        tuple(
            f"{alert.name}: {alert.note or 'silenced at its source'}"
            for alert in alerts
            if alert.state == AlertState.SUPPRESSED
        )
        + tuple(silence.describe(show_moment(silence.until, UTC, now)) for silence in silences if silence.holds(now)),
        tuple(_list_untouched(alerts, outages, "now" if recorded_until is None else "last seen")),
        freeze,
        environment,
        outages,
        tuple(signal for signal in bad if signal.since < since and signal.key not in keys),
        tuple(join_recording_breaks([*never, *list_recording_breaks(standing)])),
        recorded_until,
    )


def _list_acks(events: Iterable[Event], incidents: Iterable[Incident]) -> list[Acknowledgement]:
    """Every acknowledgement of alerts: of the shift, and of its incidents, which may have begun before it."""
    acks = [read_acknowledgement(event) for event in events if event.kind == Kind.ACK]
    acks += [ack for incident in incidents for ack in incident.acks]
    return [ack for ack in acks if not ack.is_of_incident]


@dataclass(frozen=True, slots=True)
class _HolderFinder:
    """Who had what was bad: whoever took it, else whoever led the incident that it was of, else who declared that."""

    incidents: Sequence[Incident]
    acks: Sequence[Acknowledgement]  # of alerts
    stretches: Mapping[str, Sequence[BadStretch]]  # by signal
    lead: str
    shift_begin: datetime

    def find(self, stretch: BadStretch) -> OutageOfShift:
        """Of several incidents of that time one in which somebody took it, then a real one before a drill, then the
        first."""
        outage = OutageOfShift(
            stretch.name,
            stretch.state,
            stretch.since,
            stretch.until,
            key=stretch.key,
            failures=stretch.failures,
            is_counted=stretch.is_counted,
            is_since_unseen=stretch.is_since_unseen,
            is_until_unseen=stretch.is_until_unseen,
            unseen_from=stretch.unseen_from,
        )
        moment, others = stretch.since or stretch.end, self.stretches.get(stretch.key, ())
        covering = [
            incident
            for incident in self.incidents
            if has_stretch(incident, stretch) and not is_foreign(incident, moment, stretch.key)
        ]
        covering.sort(key=lambda incident: (incident.drill, incident.declared))
        for incident in covering:
            own = [ack for ack in incident.acks if ack.is_of_incident]
            if takers := find_takers(stretch, [*self.acks, *own], others):
                held = _held(outage, incident, "taken", join_terms(takers))
                taken = min((ack.at for ack in own if ack.at >= stretch.begin), default=stretch.begin)
                return (
                    held
                    if incident is covering[0]
                    else replace(held, before=self._tell_before(outage, stretch, covering[0], taken))
                )
        if not covering:
            takers = find_takers(stretch, self.acks, others)
            return replace(outage, how="taken", taken_by=join_terms(takers)) if takers else outage
        return self._find_leader(outage, stretch, covering[0])

    def _find_leader(self, outage: OutageOfShift, stretch: BadStretch, incident: Incident) -> OutageOfShift:
        # Of what was bad since before the shift it is not known here since when: the shift tells of its own time.
        if leaders := _find_leaders(incident, stretch.since or self.shift_begin, stretch.end, self.lead):
            return _held(outage, incident, "led", leaders)
        return _held(outage, incident, "declared", incident.declared_by)

    def _tell_before(self, outage: OutageOfShift, stretch: BadStretch, incident: Incident, taken: datetime) -> str:
        """Who had it in the incident that it was of first, where it was open before somebody took it in a later one:
        whoever takes that takes what burns, and not the time before."""
        if incident.declared >= taken:
            return ""
        return _describe_taker(self._find_leader(outage, replace(stretch, until=taken), incident))


def _held(outage: OutageOfShift, incident: Incident, how: str, person: str) -> OutageOfShift:
    is_resolved = outage.until is None and not incident.open
    return replace(
        outage, incident=incident.id, taken_by=person, how=how, is_drill=incident.drill, is_resolved=is_resolved
    )


def _find_leaders(incident: Incident, begin: datetime, end: datetime, lead: str) -> str:
    """All who led while it was bad, in order; of what is bad still until now, or until its incident ended."""
    return describe_terms(list_terms(incident, lead), begin, min(end, incident.resolved or LATEST))


def _list_alerts(events: Iterable[Event], holder: _HolderFinder) -> tuple[AlertOfShift, ...]:
    """Each alert that the shift tells of, by the last that is known of it."""
    by_subject: dict[str, list[Event]] = {}
    for event in events:
        if event.kind == Kind.ALERT:
            by_subject.setdefault(event.subject, []).append(event)
    rows = []
    for subject, turns in by_subject.items():
        first, event = turns[0], turns[-1]
        own = [stretch for stretch in holder.stretches.get(key_of(event), ()) if stretch.fired is not None]
        outages = tuple(holder.find(stretch) for stretch in own)
        row = AlertOfShift(
            text_of(event.detail, "name") or subject,
            len(own),
            own[0].begin if own else first.occurred,
            own[-1].begin if own else first.occurred,
            text_of(event.detail, "state"),
            outages[-1].taken_by if outages and outages[-1].how == "taken" else "",
            text_of(event.detail, "note"),
            outages,
        )
        rows.append(row)
    return tuple(rows)


def _list_runs(events: Sequence[Event], incidents: Iterable[Incident]) -> Iterable[str]:
    """Each run of which a step was tried: who, what, how each try ended, and whether it is open. One may have begun
    before the shift."""
    runs = {run.id: run for incident in incidents for run in incident.ran}
    titles = {run.id: run.title for run in runs.values()}
    titles |= {
        event.subject: title
        for event in events
        if event.kind == Kind.RUN and (title := name_run(event.detail))  # its end names none
    }
    ended = {event.subject for event in events if event.kind == Kind.RUN and text_of(event.detail, "what") == "ended"}
    ended |= {run.id for run in runs.values() if run.ended is not None}
    people: dict[str, str] = {}
    tries: dict[str, dict[str, dict[object, str]]] = {}  # by run and step how each try stands, and what a person said
    for event in mark_step_ends(events):
        if event.kind != Kind.STEP:
            continue
        run_id, _, step = event.subject.partition("#")
        people.setdefault(run_id, event.actor)
        phase, state = text_of(event.detail, "phase"), describe_step_end(event.detail)
        state = "running" if phase == "intent" else state
        state = f"undo {state}" if event.detail.get("undo") is True else state
        if state:
            attempt: object = f"settled {event.id}" if phase == "settled" else number_of(event.detail, "attempt")
            tries.setdefault(run_id, {}).setdefault(step, {})[attempt] = state
    for run_id, steps in tries.items():
        ends = ", ".join(f"{step} {_join_tries(states.values())}" for step, states in steps.items())
        standing = runs[run_id].standing if run_id in runs else ""
        if run_id in ended:  # that it did well needs no word
            open = f"; {standing}" if standing and standing != VERIFIED else ""
        else:
            open = f"; not closed, {standing}" if standing else "; not ended"
        yield f"{titles.get(run_id) or run_id} by {people[run_id]}: step {ends}{open}"


def _join_tries(states: Iterable[str]) -> str:
    """`failed 2x then ok`: a step that was ok at last failed all the same."""
    return " then ".join(
        state if (count := len(list(group))) == 1 else f"{state} {count}x" for state, group in groupby(states)
    )


def _list_untouched(alerts: Iterable[AlertOfShift], outages: Iterable[OutageOfShift], at_last: str) -> Iterable[str]:
    """Alerts that fired and probes that failed while nobody took them and no incident had them."""
    for alert in alerts:
        if left := sum(not outage.how for outage in alert.outages):
            some = f"{left} of {alert.fired}x" if left < alert.fired else f"{left}x"
            yield f"alert {alert.name}, fired {some}, {at_last} {alert.state}"
    down: dict[str, list[OutageOfShift]] = {}
    for outage in outages:
        if outage.state == ProbeState.DOWN and outage.key.startswith(f"{Kind.PROBE}:"):
            down.setdefault(outage.name, []).append(outage)
    for name, several in down.items():
        if left := sum(not outage.how for outage in several):
            yield f"{name}, down {f'{left} of {len(several)}x' if left < len(several) else f'{left}x'}"


def describe_shift(report: ShiftReport, zone: tzinfo) -> list[tuple[str, str]]:
    """Pairs of a title and a line. Where there is nothing, a line says so: a quiet shift is news too."""
    now = report.until
    pairs = [("shift", f"{format_clock(report.since, zone, now)} to {format_clock(now, zone, now)}")]
    pairs += [("environment", report.environment)] if report.environment else []
    if unrecorded := describe_recording_breaks(report.unrecorded, report.since, now, report.recorded_until):
        pairs.append(("unrecorded", f"nobody recorded for {unrecorded}"))
    if report.recorded_until is not None:
        pairs.append(("recorded", describe_record_end(report.recorded_until, now)))
    still_bad = "still bad" if report.recorded_until is None else "bad then"
    head, at_last = len(pairs), "now" if report.recorded_until is None else "last seen"
    pairs += [
        ("incident", f"{describe_head(incident, now)}{describe_felt_again(incident, zone, now)}")
        for incident in report.incidents
    ]
    for alert in report.alerts:
        if alert.fired:
            times = f" {alert.fired}x" if alert.fired > 1 else ""
            first = format_clock(alert.first, zone, now)
            taken = _describe_takers(alert.outages)
            pairs.append(("fired", f"{alert.name}{times}, first {first}, {at_last} {alert.state}; {taken}"))
    pairs += [("failed", line) for line in _describe_outages(report, zone)]
    pairs += [
        (
            still_bad,
            f"{signal.label}, {signal.how}since {format_clock(signal.began, zone, now)}{signal.or_before}",
        )
        for signal in report.still_bad
    ]
    pairs += [("run", line) for line in report.runs]
    pairs += [("silent", line) for line in report.silences]
    if report.freeze:
        length = format_duration(measure_between(report.freeze.since, now))
        pairs.append(
            (
                "frozen",
                f"{report.freeze.environment} for {length}, by {report.freeze.by}: {report.freeze.reason}".rstrip(": "),
            )
        )
    pairs += [("untouched", line) for line in report.untouched]
    if len(pairs) > head:
        return pairs
    return [*pairs, ("quiet", "nothing fired, nothing failed, nothing was run, nothing is open")]


def _describe_outages(report: ShiftReport, zone: tzinfo) -> Iterable[str]:
    """A line for each; of what was bad often one for all, with how many times it did."""
    now = report.until
    by_name: dict[str, list[OutageOfShift]] = {}
    for outage in report.outages:
        by_name.setdefault(outage.name, []).append(outage)
    for name, rows in by_name.items():
        several = _leave_out_counted(rows)
        if len(several) < OFTEN:
            yield from (_describe_outage(outage, report, zone) for outage in several)
            continue
        first, last = several[0], several[-1]
        begun = f"first {format_clock(first.since, zone, now)}" if first.since else "since before the shift"
        begun = f"{begun} or before" if first.is_since_unseen else begun
        still = "still bad" if report.recorded_until is None else "bad then"
        over = still if last.until is None else f"last until {format_clock(last.until, zone, now)}"
        over = f"{over} or before" if last.is_until_unseen else over
        times = sum(outage.failures for outage in several)
        yield f"{name} was bad {times} times, {begun}, {over}; {_describe_takers(several)}"


def _leave_out_counted(outages: Sequence[OutageOfShift]) -> list[OutageOfShift]:
    """Without those that a later one counts among its failures: what goes up and down is recorded as that only after
    its first times, and from the first of them on."""
    flaps = [outage for outage in outages if outage.failures > 1]
    return sorted(
        (outage for outage in outages if not any(_is_counted_in(outage, flap) for flap in flaps)),
        key=lambda outage: outage.since or EARLIEST,
    )


def _is_counted_in(outage: OutageOfShift, flap: OutageOfShift) -> bool:
    if outage is flap or outage.failures > 1 or outage.since is None or flap.since is None:
        return False
    return flap.since <= outage.since and (outage.until or LATEST) <= (flap.until or LATEST)


def _describe_outage(outage: OutageOfShift, report: ShiftReport, zone: tzinfo) -> str:
    """`probe readyz down 02:00 to 02:10, 10m 00s; taken by ana in k7f`."""
    now, recorded_until = report.until, report.recorded_until
    begun = format_clock(outage.since, zone, now) if outage.since else "since before the shift"
    begun = f"{begun} or before" if outage.is_since_unseen else begun
    is_cut = outage.until is None and recorded_until is not None
    until_last = outage.until or recorded_until or now
    length = ""
    if outage.since is not None:
        unrecorded = measure_unrecorded(report.unrecorded, outage.since, until_last)
        weight = weigh_length(outage.is_since_unseen or is_cut, outage.is_until_unseen or unrecorded >= A_SECOND)
        whole = measure_between(outage.since, until_last)
        # What was not seen until its end may have been over since before the first look after the break.
        seen_last = max(outage.since, min(outage.unseen_from or until_last, until_last))
        least = measure_between(outage.since, seen_last)
        least -= measure_unrecorded(report.unrecorded, outage.since, seen_last)
        length = f", {weight}{format_duration(whole)}{describe_unrecorded(unrecorded, least)}"
    if outage.until is None:
        when = f"since {begun}{length}, and {'was' if is_cut else 'is'} still"
    else:
        or_before = " or before" if outage.is_until_unseen else ""
        until = f"{format_clock(outage.until, zone, now)}{or_before}"
        when = f"{begun}{' until' if outage.since is None else ' to'} {until}{length}"
    often = f", bad {'' if outage.is_counted else 'at least '}{outage.failures} times" if outage.failures > 1 else ""
    return f"{outage.name} {outage.state} {when}{often}; {_describe_taker(outage)}"


def _describe_takers(outages: Sequence[OutageOfShift]) -> str:
    """`6 taken by ben in k7f, 3 led by ben in k7f, 1 by nobody`, of each failure; where all are alike, without a
    count."""
    counts: Counter[str] = Counter()
    for outage in outages:
        counts[_describe_taker(outage)] += outage.failures
    if len(counts) == 1:
        return next(iter(counts))
    return ", ".join(f"{count} {'by nobody' if taker == NOBODY else taker}" for taker, count in counts.items())


NOBODY = "nobody took it"


def _describe_taker(outage: OutageOfShift) -> str:
    if not outage.how:
        return NOBODY
    where = f" in {'drill ' if outage.is_drill else ''}{outage.incident}" if outage.incident else ""
    resolved = ", which is resolved" if outage.is_resolved else ""
    before = f"{outage.before}, then " if outage.before else ""
    return f"{before}{outage.how} by {outage.taken_by}{where}{resolved}"

"""Briefings: an incident in half a minute for whoever takes over, and a shift for whoever comes next."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo

from cockpit.incident.actions.incident_actions import IncidentActions
from cockpit.incident.clocks.clocks import compute_clocks
from cockpit.incident.clocks.reminders import list_open_items
from cockpit.incident.impact import (
    LATEST,
    ImpactMoment,
    as_of,
    find_relapse,
    format_felt,
    propose_impact_end,
    propose_impact_start,
)
from cockpit.incident.load import is_foreign, list_standing_events, with_events
from cockpit.incident.messages.fields import find_lead
from cockpit.incident.open_ends import find_undone
from cockpit.incident.signals import Signal, find_beginning, key_of, says_bad
from cockpit.model.alert import AlertState
from cockpit.model.clock import Clock, ClockKind
from cockpit.model.clock_steps import ClockStep
from cockpit.model.event import Event, Kind, text_of
from cockpit.model.incident import Incident
from cockpit.model.plan import Checklist
from cockpit.model.probe import ProbeState
from cockpit.model.response import Freeze
from cockpit.model.text import clean_line
from cockpit.model.time import format_duration, measure_between
from cockpit.recorder.last_recorded import DEPLOYED_LATELY, SERVING_STATE_KINDS, find_recorded_deployment
from cockpit.timeline.timeline import Timeline

OFTEN = 4  # outages of one probe that stand in one line
LAST = 3  # decisions, notes and messages that are listed
LONGEST = 160  # characters of each


@dataclass(frozen=True, slots=True)
class BriefingScene:
    """What a briefing is made from besides the incident: `bad` are the signals that are bad now, longest first."""

    clocks: Sequence[Clock]
    bad: Sequence[Signal]
    silenced: Sequence[str]
    freeze: Freeze | None
    zone: tzinfo
    now: datetime
    lead: str = ""  # the role that leads, as the team calls it
    checklists: Sequence[Checklist] = ()


def build_brief(incident: Incident, events: Iterable[Event], scene: BriefingScene) -> list[tuple[str, str]]:
    """Pairs of a title and a line, read in half a minute; what there is nothing to say of is left out.

    `events` are those of the incident, for its last notes.
    """
    now, zone = scene.now, scene.zone
    pairs = [
        ("incident", _describe_head(incident, now)),
        ("environment", incident.environment),
        ("leads" if incident.open else "led", _describe_leaders(incident, scene.lead)),
    ]
    if others := [
        f"{held.role} {held.person}" for held in incident.roles if not (held.until or held.role == scene.lead)
    ]:
        pairs.append(("also", ", ".join(others)))
    pairs.append(("impact", _describe_impact(incident, zone, now)))
    pairs += [("bad now", f"{signal.label}, since {_clock_time(signal.since, zone, now)}") for signal in scene.bad[:5]]
    pairs += [
        ("decided", f"{_clock_time(decision.at, zone, now)} {decision.actor}: {_shorten(decision.text)}")
        for decision in incident.decisions[-LAST:]
    ]
    pairs += [("note", line) for line in _list_last_notes(events, incident.clock_steps, zone, now)]
    if incident.updates:
        update = max(incident.updates, key=lambda update: update.at)
        promised = f"; next promised by {_clock_time(update.promised, zone, now)}" if update.promised else ""
        last_sent = f"{_clock_time(update.at, zone, now)} to {update.readers}: {_shorten(update.text)}{promised}"
        pairs.append(("last sent", last_sent))
    goes_on = list_open_items(incident, scene.clocks, now, zone, scene.silenced, scene.freeze)
    pairs += [("still open", line) for line in goes_on]
    if not incident.open:  # what was not done does not end with it
        undone = [f"{clock.what}, not done" for clock in scene.clocks if clock.kind is ClockKind.TASK and clock.undone]
        undone += [end.text for end in find_undone(incident, now, scene.checklists)]
        pairs += [("still open", line) for line in undone]
    if not incident.open:
        pairs += [("to do", f"{item.text} ({item.owner or 'nobody yet'})") for item in incident.items if not item.done]
    return pairs


def read_brief(
    actions: IncidentActions, timeline: Timeline, incident: Incident, zone: tzinfo, now: datetime
) -> list[tuple[str, str]]:
    """The brief of an incident as the record stands now. Blocking. Raises RecordError."""
    full, events = with_events(timeline, actions.plan.severity_scale, incident)
    full = as_of(full, now)  # a recovery that has not held for two minutes ends nothing yet
    deployed = find_recorded_deployment(
        timeline.events(
            environment=incident.environment, kinds=SERVING_STATE_KINDS, occurred_from=now - DEPLOYED_LATELY
        )
    )
    scene = BriefingScene(
        compute_clocks(full, actions.plan, now, zone=zone, deployed=deployed),
        actions.bad_of(incident.id) if incident.open else [],
        actions.silenced(),
        actions.frozen(),
        zone,
        now,
        find_lead(actions.plan).name,
        actions.plan.checklists,
    )
    return build_brief(full, events, scene)


def _describe_head(incident: Incident, now: datetime) -> str:
    drill = "DRILL " if incident.drill else ""
    length = format_duration(incident.open_for(now))
    return (
        f"{drill}{incident.severity_text} {incident.status.value}, open for {length}: {incident.title} ({incident.id})"
    )


def _describe_leaders(incident: Incident, lead: str) -> str:
    """Whoever holds the role that leads, and nobody who only holds another; of what is over, whoever ever held it."""
    ever = dict.fromkeys(role.person for role in incident.roles if role.role.casefold() == lead.casefold())
    held = incident.in_role(lead) if incident.open else tuple(ever)
    return (
        f"{(' and ' if incident.open else ', then ').join(held)} ({lead})"
        if held
        else f"nobody; declared by {incident.declared_by}"
    )


def _describe_impact(incident: Incident, zone: tzinfo, now: datetime) -> str:
    start, end = propose_impact_start(incident), propose_impact_end(incident)
    if start is None:
        return "not known"
    if end is None or incident.mitigated is None:
        if incident.open:
            return _describe_felt_now(incident, start, end, zone, now)
        return f"users felt it from {_clock_time(start.at, zone, now)} ({start.evidence}); nothing says until when"
    length = format_felt(incident, start.at, end.at)
    return f"users felt it for {length}, over since {_clock_time(end.at, zone, now)} ({end.evidence})"


def _describe_felt_now(
    incident: Incident, start: ImpactMoment, end: ImpactMoment | None, zone: tzinfo, now: datetime
) -> str:
    """`users feel it since 06:27 (probe readyz)`; after a pause since when again, and for how long in all."""
    again = find_relapse(incident)
    first = f"{_clock_time(start.at, zone, now)} ({start.evidence})"
    length = format_felt(incident, start.at, now)
    since = f"users feel it since {first}"
    if again:
        since = f"users feel it again since {_clock_time(again, zone, now)}; first {first}, {length} so far"
    return f"{since}; {end.evidence}, since {_clock_time(end.at, zone, now)}" if end else since


def _list_last_notes(events: Iterable[Event], steps: Sequence[ClockStep], zone: tzinfo, now: datetime) -> list[str]:
    notes = [event for event in list_standing_events(events, steps) if event.kind == Kind.NOTE and not event.redacted]
    return [f"{_clock_time(note.occurred, zone, now)} {note.actor}: {_shorten(note.summary)}" for note in notes[-LAST:]]


def _clock_time(moment: datetime, zone: tzinfo, now: datetime) -> str:
    """`11:07`, of another day with it, and UTC beside it where the team's zone is another."""
    local, today = moment.astimezone(zone), now.astimezone(zone).date()
    text = f"{local:%H:%M}" if local.date() == today else f"{local:%Y-%m-%d %H:%M}"
    return text if local.utcoffset() == timedelta() else f"{text} ({moment.astimezone(UTC):%H:%M} UTC)"


def _shorten(text: str) -> str:
    line = clean_line(text)
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


# A shift: what fired and who took it, what was run, what is silent and until when, and what nobody touched.


@dataclass(frozen=True, slots=True)
class AlertOfShift:
    """One alert in a shift; `taken_by` "" where nobody acknowledged it since it fired last."""

    name: str
    fired: int
    first: datetime
    last: datetime
    state: str
    taken_by: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class OutageOfShift:
    """One stretch in which a probe or a number was bad. `since` None: since before the shift; `until` None: still.

    `incident` is the one that was open meanwhile, "" where none was; `taken_by` who acknowledged it, else leads, else
    declared it, and `how` which of these.
    """

    name: str
    state: str
    since: datetime | None
    until: datetime | None
    incident: str = ""
    taken_by: str = ""
    how: str = ""  # taken, led, declared
    is_drill: bool = False


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


def build_shift_report(
    events: Iterable[Event],
    incidents: Iterable[Incident],
    *,
    since: datetime,
    now: datetime,
    freeze: Freeze | None = None,
    environment: str = "",
    bad: Iterable[Signal] = (),
) -> ShiftReport:
    """`events` are all of the environment from `since` on, `incidents` those of it, `bad` what is bad now. Pure."""
    standing = list_standing_events(events)
    in_shift = [incident for incident in incidents if incident.resolved is None or incident.resolved >= since]
    alerts = _list_alerts(standing)
    keys = {key_of(event) for event in standing}
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
        ),
        tuple(_list_untouched(standing, alerts, in_shift)),
        freeze,
        environment,
        tuple(_list_outages(standing, in_shift)),
        tuple(signal for signal in bad if signal.since < since and signal.key not in keys),
    )


def _list_outages(events: Sequence[Event], incidents: Sequence[Incident]) -> Iterable[OutageOfShift]:
    """Each stretch in which a probe, or a number that users feel, was bad, the first first."""
    rows: list[OutageOfShift] = []
    open: dict[str, int] = {}  # by signal the place of its row
    for event in events:
        bad = says_bad(event.kind, event.detail) if event.kind in (Kind.PROBE, Kind.SIGNAL) else None
        if bad is None:
            continue
        key, name = key_of(event), f"{event.kind} {event.subject}"
        if bad and key not in open:
            open[key] = len(rows)
            rows.append(OutageOfShift(name, text_of(event.detail, "state"), find_beginning(event), None))
        elif bad and text_of(event.detail, "state") == ProbeState.DOWN:
            rows[open[key]] = replace(rows[open[key]], state=ProbeState.DOWN.value)  # the worst that it was
        elif not bad and key in open:
            place = open.pop(key)
            rows[place] = replace(rows[place], until=event.occurred)
        elif not bad and says_bad(event.kind, {"state": text_of(event.detail, "was")}):
            rows.append(OutageOfShift(name, text_of(event.detail, "was"), None, event.occurred))
    return [_taken(row, incidents) for row in rows]


def _taken(outage: OutageOfShift, incidents: Iterable[Incident]) -> OutageOfShift:
    """With who had it: of several incidents of that time a real one before a drill, then the first."""
    begin, end = outage.since or outage.until or LATEST, outage.until or LATEST
    key = outage.name.replace(" ", ":", 1)
    covering = [
        incident
        for incident in incidents
        if _is_open_within(incident, begin, end) and not is_foreign(incident, begin, key)
    ]
    incident = min(covering, key=lambda incident: (incident.drill, incident.declared), default=None)
    if incident is None:
        return outage
    how, person = _find_taker(incident, begin, end)
    return replace(outage, incident=incident.id, taken_by=person, how=how, is_drill=incident.drill)


def _find_taker(incident: Incident, begin: datetime, end: datetime) -> tuple[str, str]:
    """How somebody had what was bad between two moments, and who: an acknowledgement of before took what was bad then,
    and not what came after somebody else had taken over; one that came when it was over took nothing."""
    acks = sorted(incident.acks, key=lambda ack: ack.at)
    leaders = [role.person for role in incident.roles if role.since <= end and (role.until or LATEST) > begin]
    if takers := [ack.actor for ack in acks if begin <= ack.at <= end]:
        return "taken", takers[0]
    if leaders:
        return "led", leaders[0]
    before = [ack.actor for ack in acks if ack.at < begin]
    return ("taken", before[-1]) if before else ("declared", incident.declared_by)


def _is_open_within(incident: Incident, begin: datetime, end: datetime) -> bool:
    """Whether an incident had what was bad between two moments: it was open at one of them, or reaches back to it, and
    was not closed all the while."""
    if begin > (incident.resolved or LATEST) or end < incident.reach_from:
        return False
    return not any(closed <= begin and end <= opened for closed, opened in incident.closures)


OVER = frozenset({AlertState.RESOLVED.value})


def _list_alerts(events: Sequence[Event]) -> tuple[AlertOfShift, ...]:
    rows: dict[str, AlertOfShift] = {}
    takers: dict[str, str] = {}
    for event in events:
        if event.kind == Kind.ACK and event.subject:
            takers.setdefault(event.subject, event.actor)
            if (taken := rows.get(event.subject)) is not None:
                rows[event.subject] = replace(taken, taken_by=takers[event.subject])
        if event.kind != Kind.ALERT:
            continue
        state, before = text_of(event.detail, "state"), rows.get(event.subject)
        if before is not None and before.state == AlertState.RESOLVED and state == AlertState.FIRING:
            takers.pop(event.subject, None)  # whoever took it took what was over by then
        # An alert that was silenced and fires on when the silence is lifted fired once.
        is_new = state == AlertState.FIRING and (before is None or before.state in OVER or not before.fired)
        fired = (before.fired if before else 0) + is_new
        rows[event.subject] = AlertOfShift(
            text_of(event.detail, "name") or event.subject,
            fired,
            before.first if before else event.occurred,
            event.occurred if before is None or is_new else before.last,
            state,
            takers.get(event.subject, ""),
            text_of(event.detail, "note"),
        )
    return tuple(rows.values())


def _list_runs(events: Sequence[Event], incidents: Iterable[Incident]) -> Iterable[str]:
    """Each run of which a step was tried: who, what, and how its steps ended. One may have begun before the shift."""
    titles = {run.id: run.title for incident in incidents for run in incident.ran}
    titles |= {
        event.subject: title
        for event in events
        if event.kind == Kind.RUN and (title := text_of(event.detail, "title"))  # its end names none
    }
    states: dict[str, dict[str, str]] = {}
    people: dict[str, str] = {}
    for event in events:
        if event.kind == Kind.STEP:
            run, _, step = event.subject.partition("#")
            people.setdefault(run, event.actor)
            state = text_of(event.detail, "state") if text_of(event.detail, "phase") != "intent" else "running"
            if state:
                states.setdefault(run, {})[step] = state
    for run, steps in states.items():
        ends = ", ".join(f"{step} {state}" for step, state in steps.items())
        yield f"{titles.get(run) or run} by {people[run]}: step {ends}"


def _list_untouched(
    events: Sequence[Event], alerts: Iterable[AlertOfShift], incidents: Iterable[Incident]
) -> Iterable[str]:
    """Alerts that fired and that nobody took, and probes that failed, where no incident covers them."""
    incidents = list(incidents)

    def is_covered(moment: datetime) -> bool:
        return any(_is_open_within(incident, moment, moment) for incident in incidents)

    for alert in alerts:
        if alert.fired and not alert.taken_by and not is_covered(alert.first):
            yield f"alert {alert.name}, fired {alert.fired}x, now {alert.state}"
    down: dict[str, list[datetime]] = {}
    for event in events:
        if event.kind == Kind.PROBE and text_of(event.detail, "state") == ProbeState.DOWN:
            down.setdefault(event.subject, []).append(event.occurred)
    for name, moments in down.items():
        if not any(map(is_covered, moments)):
            yield f"probe {name}, down {len(moments)}x"


def describe_shift(report: ShiftReport, zone: tzinfo) -> list[tuple[str, str]]:
    """Pairs of a title and a line. Where there is nothing, a line says so: a quiet shift is news too."""
    now = report.until
    pairs = [("shift", f"{_clock_time(report.since, zone, now)} to {_clock_time(now, zone, now)}")]
    pairs += [("environment", report.environment)] if report.environment else []
    head = len(pairs)
    pairs += [("incident", _describe_head(incident, now)) for incident in report.incidents]
    for alert in report.alerts:
        if alert.fired:
            times = f" {alert.fired}x" if alert.fired > 1 else ""
            moment = OutageOfShift(f"alert {alert.name}", alert.state, alert.last, alert.last)
            by_incident = _describe_taker(_taken(moment, report.incidents))
            taken = f"taken by {alert.taken_by}" if alert.taken_by else by_incident
            first = _clock_time(alert.first, zone, now)
            pairs.append(("fired", f"{alert.name}{times}, first {first}, now {alert.state}; {taken}"))
    pairs += [("failed", line) for line in _describe_outages(report.outages, zone, now)]
    pairs += [
        ("still bad", f"{signal.label}, since {_clock_time(signal.since, zone, now)}") for signal in report.still_bad
    ]
    pairs += [("run", line) for line in report.runs]
    pairs += [("silent", line) for line in report.silences]
    if report.freeze:
        length = format_duration(now - report.freeze.since)
        pairs.append(
            ("frozen", f"{report.freeze.environment} for {length}, by {report.freeze.by}: {report.freeze.reason}")
        )
    pairs += [("untouched", line) for line in report.untouched]
    if len(pairs) > head:
        return pairs
    return [*pairs, ("quiet", "nothing fired, nothing failed, nothing was run, nothing is open")]


def _describe_outages(outages: Sequence[OutageOfShift], zone: tzinfo, now: datetime) -> Iterable[str]:
    """A line for each; of what failed often one for all."""
    by_name: dict[str, list[OutageOfShift]] = {}
    for outage in outages:
        by_name.setdefault(outage.name, []).append(outage)
    for name, several in by_name.items():
        if len(several) < OFTEN:
            yield from (_describe_outage(outage, zone, now) for outage in several)
            continue
        first, last = several[0], several[-1]
        begun = f"first {_clock_time(first.since, zone, now)}" if first.since else "since before the shift"
        over = "still bad" if last.until is None else f"last until {_clock_time(last.until, zone, now)}"
        takers = ", ".join(dict.fromkeys(_describe_taker(outage) for outage in several))
        yield f"{name} {len(several)}x, {begun}, {over}; {takers}"


def _describe_outage(outage: OutageOfShift, zone: tzinfo, now: datetime) -> str:
    """`probe readyz down 02:00 to 02:10, 10m 00s; taken by ana in k7f`."""
    begun = _clock_time(outage.since, zone, now) if outage.since else "since before the shift"
    length = f", {format_duration(measure_between(outage.since, outage.until or now))}" if outage.since else ""
    if outage.until is None:
        when = f"since {begun}{length}, and is still"
    else:
        when = f"{begun}{' until' if outage.since is None else ' to'} {_clock_time(outage.until, zone, now)}{length}"
    return f"{outage.name} {outage.state} {when}; {_describe_taker(outage)}"


def _describe_taker(outage: OutageOfShift) -> str:
    if not outage.incident:
        return "nobody took it"
    return f"{outage.how} by {outage.taken_by} in {'drill ' if outage.is_drill else ''}{outage.incident}"

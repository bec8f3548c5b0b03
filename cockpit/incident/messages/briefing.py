"""A brief: an incident in half a minute, for whoever takes over."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from cockpit.incident.actions.incident_actions import IncidentActions
from cockpit.incident.clocks.clocks import compute_clocks
from cockpit.incident.clocks.reminders import list_open_items
from cockpit.incident.impact import (
    LATEST,
    ImpactMoment,
    as_of,
    describe_short_pauses,
    describe_slow,
    describe_unseen_moment,
    describe_unseen_signal,
    find_relapse,
    find_relapse_after_close,
    format_felt,
    format_stretches,
    list_felt_stretches,
    propose_impact_end,
    propose_impact_start,
    weigh_felt,
)
from cockpit.incident.load import list_standing_events, read_deployment, with_events
from cockpit.incident.messages.fields import find_lead
from cockpit.incident.open_ends import find_undone, list_undone_tasks
from cockpit.incident.signals import Signal
from cockpit.incident.takers import (
    describe_terms,
)
from cockpit.model.clock import Clock
from cockpit.model.clock_steps import ClockStep
from cockpit.model.event import Event, Kind
from cockpit.model.incident import Incident
from cockpit.model.plan import Checklist
from cockpit.model.response import Freeze, Holding
from cockpit.model.text import clean_line
from cockpit.model.time import format_duration
from cockpit.recorder.record_end import describe_record_end, read_record_end
from cockpit.recorder.recording_breaks import describe_recording_breaks
from cockpit.timeline.timeline import Timeline

MOST = 5  # signals that are bad now
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
    recorded_until: datetime | None = None  # where nobody records now: what signals tell is as of then


def build_brief(incident: Incident, events: Iterable[Event], scene: BriefingScene) -> list[tuple[str, str]]:
    """Pairs of a title and a line, read in half a minute; what there is nothing to say of is left out.

    `events` are those of the incident, for its last notes.
    """
    now, zone, events = scene.now, scene.zone, list(events)
    pairs = [
        ("incident", describe_head(incident, now)),
        ("environment", incident.environment),
        ("leads" if incident.open else "led", _describe_leaders(incident, scene.lead)),
    ]
    if others := [
        f"{held.role} {held.person}" for held in incident.roles if not (held.until or held.role == scene.lead)
    ]:
        pairs.append(("also", ", ".join(others)))
    seen = scene.recorded_until if incident.open else None
    if seen is not None:
        pairs.append(("recorded", describe_record_end(seen, now)))
    pairs.append(("impact", _describe_impact(incident, zone, now, seen)))
    end = incident.resolved or now
    if unrecorded := describe_recording_breaks(incident.breaks, incident.reach_from, end, scene.recorded_until):
        pairs.append(("unrecorded", f"nobody recorded for {unrecorded}"))
    bad = [
        f"{signal.label}, {signal.how}since {format_clock(signal.began, zone, now)}"
        f"{describe_unseen_signal(incident, signal.began)}"
        for signal in scene.bad
    ]
    title = "bad now" if seen is None else "bad then"
    pairs += [(title, line) for line in bad[:MOST]]
    pairs += [(title, f"… and {len(bad) - MOST} more")] * (len(bad) > MOST)
    decided = [
        f"{format_clock(decision.at, zone, now)} {decision.actor}: {_shorten(decision.text)}"
        for decision in incident.decisions
    ]
    pairs += [("decided", line) for line in _keep_last(decided)]
    pairs += [("note", line) for line in _keep_last(_list_notes(events, incident.clock_steps, zone, now))]
    if incident.updates:
        update = max(incident.updates, key=lambda update: update.at)
        promised = f"; next promised by {format_clock(update.promised, zone, now)}" if update.promised else ""
        last_sent = f"{format_clock(update.at, zone, now)} to {update.readers}: {_shorten(update.text)}{promised}"
        pairs.append(("last sent", last_sent))
    goes_on = list_open_items(incident, scene.clocks, now, zone, scene.silenced, scene.freeze)
    pairs += [("still open", line) for line in goes_on]
    # What was not done does not end with it, nor with its being opened again.
    undone = [f"{clock.what}, not done" for clock in list_undone_tasks(scene.clocks, now)]
    undone += [end.text for end in find_undone(incident, now, scene.checklists, scene.clocks)]
    pairs += [("still open", line) for line in undone]
    if not incident.open:
        pairs += [("to do", f"{item.text} ({item.owner or 'nobody yet'})") for item in incident.items if not item.done]
    return pairs


def read_brief(
    actions: IncidentActions, timeline: Timeline, incident: Incident, zone: tzinfo, now: datetime
) -> list[tuple[str, str]]:
    """The brief of an incident as the record stands now. Blocking. Raises RecordError."""
    full, events = with_events(timeline, actions.plan.severity_scale, incident)
    recorded_until = read_record_end(timeline, incident.environment, now)
    full = as_of(full, recorded_until or now)  # a recovery that was not seen to hold for two minutes ends nothing yet
    deployed = read_deployment(timeline, full, now)
    scene = BriefingScene(
        compute_clocks(full, actions.plan, now, zone=zone, deployed=deployed),
        actions.bad_of(incident.id) if incident.open else [],
        actions.silenced(),
        actions.frozen(),
        zone,
        now,
        find_lead(actions.plan).name,
        actions.plan.checklists,
        recorded_until,
    )
    return build_brief(full, events, scene)


def describe_head(incident: Incident, now: datetime) -> str:
    drill = "DRILL " if incident.drill else ""
    length = format_duration(incident.open_for(now))
    same = f", duplicate of {incident.duplicate_of}" if incident.duplicate_of else ""
    return (
        f"{drill}{incident.severity_text} {incident.status.value}{same}, open for {length}: {incident.title} "
        f"({incident.id})"
    )


def _describe_leaders(incident: Incident, lead: str) -> str:
    """Whoever holds the role that leads, and nobody who only holds another; of what is over, every term of it."""
    if incident.open:
        held = " and ".join(incident.in_role(lead))
    else:
        held = describe_terms(list_terms(incident, lead), end=incident.resolved or LATEST)
    return f"{held} ({lead})" if held else f"nobody; declared by {incident.declared_by}"


def list_terms(incident: Incident, lead: str) -> list[Holding]:
    """Every term of whoever led, in order; `lead` "": of whoever held any role."""
    name = lead.casefold()
    return sorted((role for role in incident.roles if name in ("", role.role.casefold())), key=lambda term: term.since)


def _describe_impact(incident: Incident, zone: tzinfo, now: datetime, recorded_until: datetime | None = None) -> str:
    start, end = propose_impact_start(incident), propose_impact_end(incident)
    if start is None:
        return "not known"
    if end is None or incident.mitigated is None:
        if incident.open:
            return _describe_felt_now(incident, start, end, zone, now, recorded_until)
        first = f"users felt it from {format_clock(start.at, zone, now)} ({start.source})"
        if (again := find_relapse(incident)) is None:
            return f"{first}; nothing says until when"
        before = list_felt_stretches(incident, start.at, LATEST)[:-1]
        length = format_stretches(sum((over - begin for begin, over in before), timedelta()), len(before))
        length = f"{weigh_felt(incident, start.at, before[-1][1])}{length}"
        until = f"{format_clock(before[-1][1], zone, now)}{describe_unseen_moment(incident, before[-1][1])}"
        return f"{first} to {until}, {length}; again from {format_clock(again, zone, now)}, nothing says until when"
    length, unseen = format_felt(incident, start.at, end.at), describe_unseen_moment(incident, end.at)
    since = describe_felt_again(incident, zone, now)
    over = "until" if since else "over since"
    after = f"{unseen}{since}{describe_slow(incident, lambda moment: format_clock(moment, zone, now))}"
    return f"users felt it for {length}, {over} {format_clock(end.at, zone, now)} ({end.source}){after}"


def describe_felt_again(incident: Incident, zone: tzinfo, now: datetime) -> str:
    """`; felt again since 04:12, after it was closed`; "" of any other."""
    again = find_relapse_after_close(incident)
    return f"; felt again since {format_clock(again, zone, now)}, after it was closed" if again else ""


def _describe_felt_now(
    incident: Incident,
    start: ImpactMoment,
    end: ImpactMoment | None,
    zone: tzinfo,
    now: datetime,
    recorded_until: datetime | None,
) -> str:
    """`users feel it since 06:27 (probe readyz)`; after a pause since when again, and for how long in all. What is well
    for less than two minutes is felt no more, and not over either. Where nobody records it is told as it was then."""
    again = find_relapse(incident)
    first = f"{format_clock(start.at, zone, now)} ({start.source}){describe_unseen_moment(incident, start.at)}"
    if recorded_until is not None and end is None and recorded_until > (again or start.at):
        since = f" again from {format_clock(again, zone, now)}; first {first}" if again else f" from {first}"
        length = format_felt(incident, start.at, recorded_until, is_cut=True)
        return f"users felt it{since}; still at {format_clock(recorded_until, zone, now)}, {length} until then"
    until = end.at if end else now  # that it may come back within two minutes makes it no longer
    length = format_felt(incident, start.at, until)
    feel = "felt it{} from" if end else "feel it{} since"
    unseen = describe_unseen_moment(incident, end.at) if end else ""
    since = f"users {feel.format('')} {first}"
    if again:
        since = f"users {feel.format(' again')} {format_clock(again, zone, now)}; first {first}, {length} so far"
    else:
        since += describe_short_pauses(incident, start.at, until)
    return f"{since}; well since {format_clock(end.at, zone, now)} ({end.source}){unseen}" if end else since


def _keep_last(lines: Sequence[str]) -> list[str]:
    """The last of them, in front how many came before: what is cut without a word reads as the whole."""
    earlier = len(lines) - LAST
    return [*([f"{earlier} earlier, in the timeline"] if earlier > 0 else []), *lines[-LAST:]]


def _list_notes(events: Iterable[Event], steps: Sequence[ClockStep], zone: tzinfo, now: datetime) -> list[str]:
    notes = [event for event in list_standing_events(events, steps) if event.kind == Kind.NOTE and not event.redacted]
    return [f"{format_clock(note.occurred, zone, now)} {note.actor}: {_shorten(note.summary)}" for note in notes]


def format_clock(moment: datetime, zone: tzinfo, now: datetime) -> str:
    """`11:07`, of another day with it, and UTC beside it where the team's zone is another."""
    local, today = moment.astimezone(zone), now.astimezone(zone).date()
    text = f"{local:%H:%M}" if local.date() == today else f"{local:%Y-%m-%d %H:%M}"
    return text if local.utcoffset() == timedelta() else f"{text} ({moment.astimezone(UTC):%H:%M} UTC)"


def _shorten(text: str) -> str:
    line = clean_line(text)
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"

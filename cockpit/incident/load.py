"""From the timeline file to incidents: what a Ledger reads when it begins, and the events of one incident."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta, tzinfo
from typing import Protocol

from cockpit.incident.change_dates import CONTEXT, DATED_KINDS, DATING_KINDS, present_events
from cockpit.incident.environment_ledger import STAYS_BAD
from cockpit.incident.impact import RECOVERY_MUST_HOLD, find_relapse_after_close
from cockpit.incident.incident_state import EXTENT
from cockpit.incident.ledger import LEDGER_KINDS, Ledger
from cockpit.incident.serving_state import SERVING_KINDS
from cockpit.incident.signals import key_of
from cockpit.model.clock_steps import ClockStep, move_moment, tell_by_present_clock
from cockpit.model.event import Event, Kind, order_standing_events
from cockpit.model.incident import Incident
from cockpit.model.severity_scale import SeverityScale
from cockpit.model.text import clean_line
from cockpit.recorder.last_recorded import DEPLOYED_LATELY, SERVING_STATE_KINDS, find_recorded_deployment
from cockpit.timeline.rows import TimelineReader
from cockpit.timeline.timeline import Timeline

# Which events an incident consists of: its own, and what its environment's journal holds within its range.


def is_member(incident: Incident, event: Event) -> bool:
    """True for an event with the incident's id, and for a journal entry from `reach_from` until it was resolved."""
    if event.incident is not None:
        return event.incident == incident.id
    return (
        event.environment == incident.environment
        and event.occurred >= incident.reach_from
        and (incident.resolved is None or event.occurred <= incident.resolved)
        and not is_foreign(incident, event.occurred, key_of(event))
    )


def is_foreign(incident: Incident, moment: datetime, key: str) -> bool:
    """Whether what the journal tells of a signal at that moment is another incident's: one of them is a drill."""
    return any(
        stretch.start <= moment and (stretch.end is None or moment <= stretch.end) and stretch.key in ("", key)
        for stretch in incident.foreign
    )


def list_members(incident: Incident, events: Iterable[Event]) -> list[Event]:
    """The events of an incident, in the order given, as they were written."""
    events = list(events)
    present = tell_by_present_clock(events, incident.clock_steps) if incident.clock_steps else events
    ids = {event.id for event in present if is_member(incident, event)} - _list_moved_away(incident, present)
    return [event for event in events if event.id in ids]


def _list_moved_away(incident: Incident, events: Sequence[Event]) -> set[int]:
    """What the journal told of a time in the range, and a correction says to have been at another time."""
    roots: dict[int, int] = {}
    last: dict[int, Event] = {}
    for event in sorted((event for event in events if event.incident is None), key=lambda event: event.id):
        root = roots[event.id] = event.id if event.supersedes is None else roots.get(event.supersedes, event.supersedes)
        if event.supersedes is not None:
            last[root] = event
    gone = {root for root, event in last.items() if not is_member(incident, event)}
    return {id for id, root in roots.items() if root in gone}


def list_standing_events(events: Iterable[Event], steps: Sequence[ClockStep] = ()) -> list[Event]:
    """What is shown, sorted by when it occurred: of a fact that was corrected, once or often, the last word alone.

    With `steps` of the clock it is dated by the clock of now.
    """
    present = tell_by_present_clock(events, steps) if steps else events
    return [event for _, event in order_standing_events(present)]


SIGNALS = (Kind.PROBE, Kind.SIGNAL, Kind.ALERT, *SERVING_KINDS)
ACTS = tuple(kind for kind in LEDGER_KINDS if kind not in SIGNALS)
NOTHING = timedelta()
NEWEST_SERVING = 200  # facts about revisions and traffic: enough for what serves when an incident begins
NEWEST_SIGNALS = 20_000  # a file may hold a million; what is still bad is among the newest


Pace = Callable[[Iterable[Event]], Iterable[Event]]
"""How one goes through thousands of events: all at once, or in turns with others."""


def read_ledger(timeline: Timeline, severity_scale: SeverityScale, pace: Pace = iter) -> Ledger:
    """Every act of a person and the newest signals, folded. Blocking. Raises RecordError.

    An incident of long ago may lack its signals here, and with them its mitigation; `with_events` has them.
    """
    ledger = Ledger(severity_scale)
    # Others write between the two questions: a signal from then would be the newest event applied, and an act before
    # it, which the first question had missed, would be taken for known ever after.
    newest = max((event.id for event in timeline.events(limit=1)), default=0)
    acts = timeline.events(kinds=ACTS, before=newest + 1)
    signals = timeline.events(kinds=SIGNALS, limit=NEWEST_SIGNALS, before=newest + 1)
    for event in pace(sorted((*acts, *signals), key=lambda event: event.id)):
        ledger.apply(event)
    return ledger


def catch_up(ledger: Ledger, source: Timeline | TimelineReader, pace: Pace = iter) -> None:
    """Apply what was written since. Blocking. Raises RecordError."""
    for event in pace(source.events(after=ledger.last, kinds=LEDGER_KINDS)):
        ledger.apply(event)


def with_events(timeline: Timeline, severity_scale: SeverityScale, incident: Incident) -> tuple[Incident, list[Event]]:
    """An incident folded again from its whole range, and its events in id order. Blocking. Raises RecordError."""
    begin, end = _written_between(incident)
    journal = timeline.events(journal=True, environment=incident.environment, occurred_from=begin, occurred_until=end)
    own = timeline.events(incident=incident.id)
    events = sorted((*journal, *own, *_list_corrections_outside(timeline, incident)), key=lambda event: event.id)
    full = _with_what_reaches_beyond(_fold_range(timeline, severity_scale, incident, events) or incident, incident)
    return full, list_members(full, events)


AROUND = 20  # events behind one that may still date it: what a step ended with, say


class AroundReader(Protocol):
    """All that dating an event asks of a file."""

    def events(self, *, environment: str, kinds: Sequence[str], before: int, limit: int) -> list[Event]: ...


def read_presented(timeline: AroundReader, events: Iterable[Event]) -> dict[int, Event]:
    """Events from anywhere in the file as every line and table tells them, by id: each with what stands around it, by
    which it is dated. Blocking. Raises RecordError."""
    presented: dict[int, Event] = {}
    for event in events:
        around = [event]
        if event.kind in DATED_KINDS and not event.redacted:
            around = timeline.events(
                environment=event.environment, kinds=DATING_KINDS, before=event.id + AROUND, limit=CONTEXT
            )
        present = (item for item in present_events(around) if item.id == event.id)
        presented[event.id] = next(present, event)
    return presented


def _with_what_reaches_beyond(full: Incident, incident: Incident) -> Incident:
    """A freeze and a silence may have begun long before, in another incident, and so may a run that joined it; a break
    of the record is written down when it is over: the ledger of everything knows."""
    ran = {item.id: item for item in (*incident.ran, *full.ran)}
    return replace(
        full,
        freezes=incident.freezes,
        silences=incident.silences,
        ran=tuple(ran.values()),
        breaks=incident.breaks,
    )


def read_deployment(timeline: Timeline, incident: Incident, now: datetime) -> datetime | None:
    """When the newest deployment in its environment was made, by what was recorded until its end, whatever serves now.
    Blocking. Raises RecordError."""
    end = min(incident.resolved or now, now)
    return find_recorded_deployment(
        timeline.events(
            environment=incident.environment,
            kinds=SERVING_STATE_KINDS,
            occurred_from=end - DEPLOYED_LATELY,
            occurred_until=end,
        )
    )


def list_alert_afterlife(timeline: Timeline, incident: Incident) -> list[Event]:
    """What the record knows of alerts beside an incident that is over: what became of them after its end, and who took
    them in another incident. Blocking. Raises RecordError."""
    begin, end = _written_between(incident)
    if end is None:
        return []
    until = end + STAYS_BAD
    kinds = (Kind.ALERT, Kind.ACK)
    events = timeline.events(environment=incident.environment, kinds=kinds, occurred_from=begin, occurred_until=until)
    beside = [
        event
        for event in events
        if not is_member(incident, event) or (event.kind == Kind.ACK and event.incident is None)
    ]
    return list_standing_events(beside)


def _list_corrections_outside(timeline: Timeline, incident: Incident) -> list[Event]:
    """What the journal says to have been at another time than in the range: it may have been in it by what was written
    first."""
    begin, end = _written_between(incident)
    corrections = timeline.events(
        journal=True, corrections=True, environment=incident.environment, kinds=(Kind.ACK, Kind.NOTE)
    )
    return [event for event in corrections if event.occurred < begin or (end is not None and event.occurred > end)]


def _fold_range(
    timeline: Timeline, severity_scale: SeverityScale, incident: Incident, events: Iterable[Event]
) -> Incident | None:
    """The incident by its events, with what they are read by: who had the traffic before it; which other incidents
    there were, whose signals are theirs; and where something was still bad at its end, when that was over.
    """
    begin, end = _written_between(incident)
    others = timeline.events(
        environment=incident.environment, kinds=sorted(EXTENT), occurred_from=begin - STAYS_BAD, occurred_until=end
    )
    by_id = {event.id: event for event in (*serving_before(timeline, incident), *others, *events)}
    folded = _fold(by_id.values(), severity_scale, incident)
    if folded is None or end is None or folded.felt_since is None:
        return folded
    if folded.mitigated is not None and find_relapse_after_close(folded) is None:
        return folded
    later = timeline.events(
        environment=incident.environment, kinds=SIGNALS, occurred_from=end, occurred_until=end + STAYS_BAD
    )
    by_id |= {event.id: event for event in later}
    return _fold(by_id.values(), severity_scale, incident)


def _fold(events: Iterable[Event], severity_scale: SeverityScale, incident: Incident) -> Incident | None:
    ledger = Ledger(severity_scale)
    for event in sorted(events, key=lambda event: event.id):
        ledger.apply(event)
    return ledger.incidents.get(incident.id)


def settled_by(incident: Incident) -> datetime | None:
    """Until when signals tell of it: what went bad again right after the resolution shows that nothing had held."""
    return incident.resolved and incident.resolved + RECOVERY_MUST_HOLD


def _written_between(incident: Incident) -> tuple[datetime, datetime | None]:
    """The range of an incident in the file, where the facts from before a step of the clock have the times of then."""
    forth = sum((max(step.length, NOTHING) for step in incident.clock_steps), NOTHING)
    back = sum((max(-step.length, NOTHING) for step in incident.clock_steps), NOTHING)
    end = settled_by(incident)
    return move_moment(incident.reach_from, -forth), end and move_moment(end, back)


def serving_before(timeline: Timeline, incident: Incident) -> list[Event]:
    """What is known of the traffic from before the incident's range. Blocking. Raises RecordError."""
    before = timeline.events(
        environment=incident.environment, kinds=SERVING_KINDS, occurred_until=incident.reach_from, limit=NEWEST_SERVING
    )
    return [event for event in before if event.occurred < incident.reach_from]


# Our own record of drills, trainings and reviews: what was practised when.


def find_practice_times(events: Iterable[Event]) -> dict[str, datetime]:
    """When each practice was last done, by its name in lower case. A correction counts, what it corrects does not."""
    return {
        clean_line(event.subject).casefold(): event.occurred
        for event in list_standing_events(events)
        if event.kind == Kind.PRACTICE
    }


def find_practice_days(events: Iterable[Event], zone: tzinfo) -> dict[str, date]:
    """On which day each was last done, in local time."""
    return {name: moment.astimezone(zone).date() for name, moment in find_practice_times(events).items()}


# Every incident there ever was, each folded from its whole range: a Ledger may have forgotten old signals.


def load_whole_incidents(
    timeline: Timeline, severity_scale: SeverityScale, incidents: Iterable[Incident]
) -> list[Incident]:
    """The same incidents with every signal of their ranges. Blocking: a query or two each. Raises RecordError."""
    return [_load_whole_incident(timeline, severity_scale, incident) for incident in incidents]


def _load_whole_incident(timeline: Timeline, severity_scale: SeverityScale, incident: Incident) -> Incident:
    begin, end = _written_between(incident)
    journal = timeline.events(
        journal=True,
        environment=incident.environment,
        occurred_from=begin,
        occurred_until=end,
        kinds=LEDGER_KINDS,
    )
    own = timeline.events(incident=incident.id)
    events = [*journal, *own, *_list_corrections_outside(timeline, incident)]
    return _with_what_reaches_beyond(_fold_range(timeline, severity_scale, incident, events) or incident, incident)

"""EnvironmentLedger: what one environment brings to an incident that is declared in it, and who has it."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from cockpit.incident.corrections import CorrectedFacts
from cockpit.incident.impact import LATEST
from cockpit.incident.incident_state import IncidentStateBuilder
from cockpit.incident.response_state import (
    list_freezes,
    list_recorded_silences,
)
from cockpit.incident.serving_state import ServingState
from cockpit.incident.signals import (
    LOOK_BACK,
    Signal,
    find_beginning,
    find_outage_past,
    key_of,
    says_bad,
)
from cockpit.model.clock_steps import ClockStep, move_event, move_moment
from cockpit.model.event import UNSEEN_FROM, Event, Kind, text_of, time_of
from cockpit.model.incident import Acknowledgement, ForeignStretch, RecordingBreak
from cockpit.model.probe import ProbeState
from cockpit.model.response import Freeze, RecordedSilence
from cockpit.recorder.last_recorded import RecordedDeployments
from cockpit.recorder.recording_breaks import build_break_before, join_recording_breaks, read_recording_break

STAYS_BAD = timedelta(days=7)  # after the end of an incident in which what was bad then may still end its impact
MOST_BLIND = 64  # stretches of one probe
BEFORE_ALL = -1  # no event has that id
REMEMBERED = 1_024  # of those in an environment's journal, for the incident that is declared next


@dataclass(slots=True)
class EnvironmentLedger:
    """What one environment brings to an incident declared in it."""

    bad: dict[str, Signal] = field(default_factory=dict)
    silenced: dict[str, str] = field(default_factory=dict)  # alerts, by key: what they are called
    recent_events: deque[Event] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    taken: dict[str, Acknowledgement] = field(default_factory=dict)
    settled: dict[str, datetime] = field(default_factory=dict)  # by a person, and not fired since; by the alert's key
    open: dict[str, IncidentStateBuilder] = field(default_factory=dict)
    closed: dict[str, IncidentStateBuilder] = field(
        default_factory=dict
    )  # so lately that its recovery may not have held
    serving: ServingState = field(default_factory=ServingState)
    deployments: RecordedDeployments = field(default_factory=RecordedDeployments)
    frozen: CorrectedFacts = field(default_factory=CorrectedFacts)
    silencing: list[Event] = field(default_factory=list)  # changes of silences that were made from here
    corrections: dict[int, int] = field(default_factory=dict)  # in the journal: what was corrected, and by which event

    stretches: deque[tuple[Signal, datetime]] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    """What was bad and is over, each with when it was."""
    claimed: dict[Signal, set[str]] = field(default_factory=dict)
    """Those of them that incidents of that time have for their own, with the ids of these."""
    practised: deque[ForeignStretch] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    """What was bad for a drill alone, and is over."""
    real: list[IncidentStateBuilder] = field(default_factory=list)  # every incident that is no drill
    recovered: dict[str, datetime] = field(default_factory=dict)  # when what is not bad any more last was, by key

    waiting: dict[str, IncidentStateBuilder] = field(default_factory=dict)  # with something left open at the resolution

    seen: deque[Event] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    """The newest facts about signals, revisions and traffic: an incident that is declared next is told them again."""
    serving_before: ServingState = field(default_factory=ServingState)  # what ran before the first of them

    clock_step: ClockStep | None = None  # the last
    clock_steps: list[ClockStep] = field(default_factory=list)
    unseen: dict[datetime, datetime] = field(default_factory=dict)  # moments of a first look after a break, since when
    failed_unseen: set[datetime] = field(default_factory=set)  # those of them at which a probe was bad

    def see_unseen(self, event: Event) -> None:
        """Keep of a fact that the first look after a break tells since when it may be so."""
        if (unseen_from := time_of(event.detail, UNSEEN_FROM)) is not None:
            moment = find_beginning(event) if says_bad(event.kind, event.detail) else event.occurred
            self.unseen[moment] = unseen_from
            if event.kind == Kind.PROBE and says_bad(event.kind, event.detail):
                self.failed_unseen.add(moment)

    images: dict[str, str] = field(default_factory=dict)
    """Of each revision that was recorded, by `app/revision`."""

    def find_image(self, app: str, revision: str) -> str:
        """The image of a revision; "" where the record does not tell."""
        return self.images.get(f"{app}/{revision}", "")

    is_recorded: bool = False  # whether any recorder left a word of itself
    breaks: dict[int, RecordingBreak] = field(default_factory=dict)
    """When nobody recorded, by the id of the event that tells of it; under `BEFORE_ALL` before anybody ever did."""

    def see_recorder(self, event: Event) -> None:
        """Take from a word of a recorder when nobody recorded. Where facts stand before the first such word, or it
        tells of a break, somebody recorded before it, and since when is not known."""
        if recording_break := read_recording_break(event):
            self.breaks[event.id] = recording_break
        elif event.kind == Kind.RECORDER and not self.is_recorded and not self.seen:
            self.breaks[BEFORE_ALL] = build_break_before(event.occurred)
        self.is_recorded = True

    def list_breaks(self) -> Iterable[RecordingBreak]:
        return self.breaks.values() if self.is_recorded or self.seen else [build_break_before(LATEST)]

    unknown: dict[str, datetime] = field(default_factory=dict)
    """Since when each probe is unknown that is, by the key of its signal."""
    blind: dict[str, list[RecordingBreak]] = field(default_factory=dict)
    """When each was, and is no more."""

    def see_sight(self, event: Event) -> None:
        """Take from a fact about a probe whether it shows anything."""
        key = key_of(event)
        if text_of(event.detail, "state") == ProbeState.UNKNOWN:
            self.unknown.setdefault(key, event.occurred)
        elif (since := self.unknown.pop(key, None)) is not None and since < event.occurred:
            self.blind[key] = [*self.blind.get(key, []), RecordingBreak(since, event.occurred)][-MOST_BLIND:]

    def list_blind(self, keys: Iterable[str]) -> list[RecordingBreak]:
        """When one of these probes showed nothing, in order."""
        return join_recording_breaks(item for key in keys for item in self.blind.get(key, ()))

    def move(self, step: ClockStep) -> None:
        """The clock was set: what goes on is dated by the clock of now. What is over stays as it was."""
        self.clock_step = step
        since = min((case.reach_from for case in self.open.values()), default=None)
        self.clock_steps.append(step)
        moved = {
            move_moment(moment, step.length): move_moment(since, step.length) for moment, since in self.unseen.items()
        }
        self.unknown = {key: move_moment(since, step.length) for key, since in self.unknown.items()}
        self.blind = {
            key: [item if since is None or item.end < since else item.moved(step.length) for item in items]
            for key, items in self.blind.items()
        }
        self.unseen.clear()
        self.unseen.update(moved)
        failed = {move_moment(moment, step.length) for moment in self.failed_unseen}
        self.failed_unseen.clear()
        self.failed_unseen.update(failed)
        for case in self.open.values():
            case.move(step)
        self.breaks = {
            id: item if since is None or item.end < since or step.was_noticed_at(item.end) else item.moved(step.length)
            for id, item in self.breaks.items()
        }
        self.bad = {key: signal.moved(step.length) for key, signal in self.bad.items()}
        self.recent_events = deque((move_event(event, step.length) for event in self.recent_events), maxlen=REMEMBERED)
        self.taken = {key: replace(ack, at=move_moment(ack.at, step.length)) for key, ack in self.taken.items()}
        self.settled = {key: move_moment(moment, step.length) for key, moment in self.settled.items()}
        self.seen = deque((move_event(event, step.length) for event in self.seen), maxlen=REMEMBERED)
        for serving in (self.serving, self.serving_before):
            serving.unwell = {key: signal.moved(step.length) for key, signal in serving.unwell.items()}
        if any(freeze.until is None for freeze in self.freezes()[-1:]):
            self.frozen.move(step.length)

    def remember(self, event: Event) -> None:
        if len(self.seen) == self.seen.maxlen:
            self.serving_before.see(self.seen[0])
        self.seen.append(event)

    def redact(self, id: int) -> None:
        """Forget the words of an event of the journal before an incident takes it, as if the redacted file had been
        read."""
        for place, event in enumerate(self.recent_events):
            if event.id == id:
                self.recent_events[place] = replace(event, summary="", detail={}, redacted=True)

    def find_standing(self, id: int) -> int:
        """The id of the last correction of a fact in the journal; its own where nobody corrected it."""
        while (later := self.corrections.get(id, 0)) > id:
            id = later
        return id

    def freezes(self) -> tuple[Freeze, ...]:
        return list_freezes(self.frozen.of(Kind.FREEZE))

    def list_silences(self) -> tuple[RecordedSilence, ...]:
        return list_recorded_silences(self.silencing)

    def takers(self, moment: datetime) -> list[IncidentStateBuilder]:
        """The incidents that a fact of that moment belongs to: while a real one has it no drill does."""
        covering = [case for case in self.watched(moment) if case.covers(moment) and case.may_relapse]
        return [case for case in covering if not case.drill] or covering

    def is_foreign(self, case: IncidentStateBuilder, moment: datetime) -> bool:
        """Whether a fact of that moment is a real incident's, and `case` a drill."""
        return case.drill and any(real.covers(moment) for real in self.real)

    def list_foreign(self, case: IncidentStateBuilder) -> tuple[ForeignStretch, ...]:
        """When what the journal tells is no fact of this incident."""
        if case.drill:
            ranges = (ForeignStretch(real.owns_from, real.incident.resolved) for real in self.real)
            return tuple(stretch for stretch in ranges if stretch.end is None or case.covers(stretch.end))
        return tuple(stretch for stretch in self.practised if case.covers(stretch.start))

    def is_taken(self, id: int) -> bool:
        """Whether a real incident took that event of the journal."""
        return any(real.has_taken(id) for real in self.real)

    def look_again_at_drills(self) -> None:
        for case in (*self.open.values(), *self.closed.values()):
            if case.drill:
                case.look_again()

    def find_outage_past(
        self, past: Iterable[tuple[Signal, datetime]], bad: Iterable[Signal], declared: datetime
    ) -> list[tuple[Signal, datetime]]:
        """Of what was over when an incident was declared, what is of its outage and no other incident's."""
        return find_outage_past(
            [pair for pair in past if pair[0] not in self.claimed],
            [signal for signal in bad if declared - LOOK_BACK <= signal.since <= declared],
        )

    def claim(self, signals: Iterable[Signal], case: IncidentStateBuilder) -> None:
        """An incident has these for its own, which are over."""
        for signal in signals:
            self.claimed.setdefault(signal, set()).add(case.id)

    def find_left_over(
        self, signal: Signal, case: IncidentStateBuilder | None = None, *, ended: datetime | None = None
    ) -> datetime | None:
        """Since when all was well in an incident other than `case` that has this signal for its own: it fires on, and
        begins no new one. None where it is no other one's, or nothing was well while it was bad.

        Of one that is over by now (`ended`), and was not yet when `case` was declared, what was well by then counts.
        """
        if case is not None and case.drill:
            return None
        if ended is None:
            others = [other for other in (*self.open.values(), *self.closed.values()) if signal.key in other.bad_keys()]
        else:
            others = [other for other in self.real if other.id in self.claimed.get(signal, ())]
        until = ended if ended is None or case is None else min(ended, case.incident.declared)
        wells = [
            period.start
            for other in others
            if other is not case and not other.drill
            for period in other.incident.healthy
            if period.start > signal.since and (until is None or period.start <= until)
        ]
        return max(wells, default=None)

    def watched(self, moment: datetime) -> list[IncidentStateBuilder]:
        """The incidents that a signal of that moment concerns."""
        if self.closed:
            self.closed = {
                id: case
                for id, case in self.closed.items()
                if case.settles_until >= moment
                or ((case.bad_keys() or case.awaits_judgement) and moment - case.settles_until <= STAYS_BAD)
            }
        return [*self.open.values(), *self.closed.values()]

"""IncidentState: what is known of one incident while its events arrive; answers with an Incident when asked."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import Any

from cockpit.incident import response_state
from cockpit.incident.corrections import CorrectedFacts
from cockpit.incident.impact import RECOVERY_MUST_HOLD, STATED, has_held, last_period
from cockpit.incident.impact_watch import ImpactWatch
from cockpit.incident.signals import Signal
from cockpit.incident.takers import read_acknowledgement
from cockpit.model.clock import Rule
from cockpit.model.clock_steps import ClockStep, move_event, move_moment
from cockpit.model.event import Event, Kind, text_of, time_of
from cockpit.model.incident import (
    ForeignStretch,
    HealthyPeriod,
    Incident,
    MistakenSeverity,
    RecordingBreak,
    SeverityRules,
    StateChange,
    Status,
    UnseenMoment,
)
from cockpit.model.response import CloseReason, Freeze, RecordedSilence
from cockpit.model.severity_scale import SeverityScale, find_level, rank_severity
from cockpit.recorder.recording_breaks import join_recording_breaks

EXTENT = frozenset({Kind.DECLARE, Kind.STATUS, Kind.RESOLVE})  # what moves the range of an incident
FACTS = EXTENT | {
    Kind.NOTE, Kind.ACK, Kind.SEVERITY, Kind.ROLE, Kind.CLOCK, Kind.UPDATE, Kind.PAGE, Kind.TICK, Kind.DECISION,
    Kind.ITEM, Kind.PIN, Kind.LINK, Kind.RECOVERY, Kind.REVIEW, Kind.RUN, Kind.STEP,
}  # fmt: skip
STATUSES = frozenset(Status)
MITIGATED_STATUSES = frozenset({Status.MONITORING.value, Status.RESOLVED.value})
CLOSE_REASONS = frozenset(CloseReason)


class IncidentStateBuilder:
    """Collects what is recorded and builds the Incident when it is read. `freezes` are those of its environment."""

    def __init__(
        self,
        declaration: Event,
        severity_scale: SeverityScale,
        freezes: Callable[[], tuple[Freeze, ...]] = tuple,
        is_felt: Callable[[str], int] = lambda key: True,
        list_foreign: Callable[["IncidentStateBuilder"], tuple[ForeignStretch, ...]] = lambda case: (),
        find_standing: Callable[[int], int] = lambda id: id,
        silences: Callable[[], tuple[RecordedSilence, ...]] = tuple,
        list_breaks: Callable[[], Iterable[RecordingBreak]] = tuple,
        find_image: Callable[[str, str], str] = lambda app, revision: "",
        list_blind: Callable[[Iterable[str]], Iterable[RecordingBreak]] = lambda keys: (),
    ) -> None:
        self.id = str(declaration.incident)
        self.environment = declaration.environment
        self._severity_scale = severity_scale
        self._freezes = freezes
        self._silences = silences
        self._list_breaks = list_breaks
        self._find_image = find_image
        self._list_blind = list_blind
        self._declared = declaration.id
        self._facts = CorrectedFacts(first=declaration.id)
        self._people: dict[str, None] = {}
        self._services: dict[str, None] = {}
        self._last_event = 0
        self._superseded: list[Event] = []  # corrections of severities that were entered by mistake
        self._mistaken: dict[int, Event] = {}  # what each of them corrected, as it stood then
        self._impact = ImpactWatch()
        self.unseen: Mapping[datetime, datetime] = {}  # moments of a first look after a break, and since when
        self.failed_unseen: Set[datetime] = frozenset()  # those of them at which a probe was bad
        self._moves: list[Event] = []  # of the traffic
        self._recoveries: dict[str, datetime] = {}  # of what was left open at the resolution, by label
        self._list_foreign = list_foreign  # when the journal was another incident's
        self._signal_log: list[tuple[str, Callable[[], None]]] = []  # of a drill: what was recorded of it, by signal
        self._abandoned: set[str] = set()  # labels of signals that turned out to be a real incident's
        self._find_standing = find_standing  # of what the journal holds: by which event a fact was corrected last
        self._is_felt = is_felt  # whether users feel a bad signal, as the traffic is now
        self._earliest: Signal | None = None  # began before the declaration but was recorded after it
        self._steps: list[ClockStep] = []  # of the clock, since it was declared
        self.steps_until_closed = 0  # of the clock: those that its environment had when it was last closed
        self._built: Incident | None = None
        self._signalled = False  # since it was built
        self._range: tuple[datetime, bool] | None = None  # where it begins, and whether it still goes on
        self.apply(declaration)

    @property
    def incident(self) -> Incident:
        if self._built is None:
            self._built = self._build()
        elif self._signalled:  # signals come by the thousand, and move no more of it than this
            detected, by = self._detected(self._facts.at(self._declared))
            self._built = replace(
                self._built, detected=detected, detected_by=by, last_event=self._last_event, **self._felt()
            )
        self._signalled = False
        return self._built

    def apply(self, event: Event) -> None:
        """Take one event of this incident, or an acknowledgement or a run of the journal that falls into its range."""
        self._built = None
        self._last_event = event.id
        if event.kind == Kind.STEP:
            event = response_state.shorten_step(event)
        event = self._by_present_clock(event)
        if event.actor and event.kind != Kind.EXPORT:
            self._people.setdefault(event.actor)
        if event.supersedes is not None and text_of(event.detail, "mistake"):
            corrected = dict(self._facts.of(event.kind)).get(self._facts.root(event.supersedes))
            # A later correction of its time or its words carries the mark, and marks nothing again.
            if corrected is None or text_of(corrected.detail, "severity") != text_of(event.detail, "severity"):
                self._superseded.append(event)
                if corrected is not None:
                    self._mistaken[event.id] = corrected
        root = event.id if event.supersedes is None else self._facts.place(event)
        if event.kind in FACTS and (root != self._declared or event.kind == Kind.DECLARE):
            self._facts.put(root, event)
        elif event.supersedes is not None and root != self._declared:
            self._facts.withdraw(root)  # something else stands in its place now
        if event.kind in EXTENT or event.supersedes is not None:
            self._range = None

    def has_taken(self, id: int) -> bool:
        """Whether it took event `id` of the journal, or what that event corrects."""
        return self._facts.is_taken(id)

    def leave_out(self, event: Event) -> None:
        """A correction says that what was taken from the journal happened at another time: it is of this no more."""
        self._last_event, self._built = event.id, None
        self._facts.withdraw(self._facts.place(event))

    def move(self, step: ClockStep) -> None:
        """The clock was set: what was known until now is dated by the clock of now, as time passed."""
        self._steps.append(step)
        self._last_event = step.event
        self._facts.move(step.length, before=step.event)
        self._superseded = [
            replace(move_event(event, step.length), recorded=move_moment(event.recorded, step.length))
            for event in self._superseded
        ]
        self._moves = [move_event(event, step.length) for event in self._moves]
        self._move_signals(step.length)
        self._built = self._range = None

    def _move_signals(self, length: timedelta) -> None:
        self._log_signal("", partial(self._move_signals, length))
        self._impact.move(length)
        if self._earliest is not None:
            self._earliest = replace(self._earliest, since=move_moment(self._earliest.since, length))

    @property
    def drill(self) -> bool:
        return self._facts.at(self._declared).detail.get("drill") is True

    @property
    def owns_from(self) -> datetime:
        """Since when what its environment tells is its own: from its first signal, else from its declaration."""
        incident = self.incident
        return min(moment for moment in (incident.declared, incident.detected, incident.felt_since) if moment)

    def give_up(self, signals: Iterable[Signal]) -> None:
        """These signals are a real incident's, and this is a drill: as if they had never been recorded of it."""
        signals = [signal for signal in signals if any(key == signal.key for key, _ in self._signal_log)]
        keys = {signal.key for signal in signals}
        self._abandoned |= {signal.label for signal in signals}
        kept = [tell for key, tell in self._signal_log if key not in keys]
        self._impact, self._earliest, self._signal_log, self._built = ImpactWatch(), None, [], None
        for tell in kept:
            tell()

    def forget_detection(self, signals: Iterable[Signal]) -> None:
        """These signals are another incident's: none of them is what this one was detected by."""
        detail = self._facts.at(self._declared).detail
        detected, by = time_of(detail, "detected"), text_of(detail, "detected_by")
        if "detection_stated" not in detail:
            self._abandoned |= {signal.label for signal in signals if (signal.since, signal.label) == (detected, by)}
            self._built = None

    def _log_signal(self, key: str, tell: Callable[[], None]) -> None:
        if self.drill:
            self._signal_log.append((key, tell))

    def _by_present_clock(self, event: Event) -> Event:
        """A correction that keeps the time of a fact from before the clock was set, moved as that fact was."""
        if event.supersedes is None or not self._steps:
            return event
        length = sum((step.length for step in self._steps if event.supersedes < step.event), timedelta())
        root = self._facts.root(event.supersedes)
        standing = next((fact for key, fact in self._facts.of(event.kind) if key == root), None)
        if length and standing is not None and move_moment(event.occurred, length) == standing.occurred:
            return move_event(event, length)
        return event

    def redact(self, id: int) -> None:
        """Forget the words of an event, as if the redacted file had been read."""
        self._superseded = [event for event in self._superseded if event.id != id]
        was_shown = any(fact.id == id for fact in self._mistaken.values())
        self._mistaken = {correction: fact for correction, fact in self._mistaken.items() if fact.id != id}
        if self._facts.redact(id) or was_shown:
            self._built = self._range = None

    def look_again(self) -> None:
        """Something of its environment changed that it shows."""
        self._built = None

    @property
    def declaration(self) -> Event:
        """As it stands after its corrections, under the id of the event that first stated it."""
        return replace(self._facts.at(self._declared), id=self._declared)

    @property
    def severity_event(self) -> Event:
        """What set the severity of now, as it stands, under the id of the event that first stated it."""
        root, event = next(
            (root, event)
            for root, event in reversed(self._facts.of(Kind.DECLARE, Kind.SEVERITY))
            if event.kind == Kind.DECLARE or text_of(event.detail, "severity")
        )
        return replace(event, id=root)

    @property
    def open(self) -> bool:
        return self._extent()[1]

    @property
    def reach_from(self) -> datetime:
        """Where its range begins."""
        return self._extent()[0]

    def covers(self, occurred: datetime) -> bool:
        """True within its range: from where it reaches back to, until a recovery of its last minute has held."""
        begins, open = self._extent()
        return occurred >= begins and (open or occurred <= self.settles_until)

    @property
    def may_relapse(self) -> bool:
        """Whether what goes bad right after its end can show that its recovery had not held: not of one in which users
        felt nothing, and not of a duplicate, whose outage is the other's."""
        moved = [event for _, event in self._facts.of(*EXTENT)]
        return self.open or (self._impact.first is not None and not _duplicate_of(moved))

    def owns(self, occurred: datetime) -> bool:
        """True from where it reaches back to until it was resolved: what an act of that time belongs to."""
        begins, open = self._extent()
        return occurred >= begins and (open or occurred <= (self.last_resolved or occurred))

    @property
    def settles_until(self) -> datetime:
        """Until when a signal can still show that a recovery before the resolution did not hold."""
        moved = [event for _, event in self._facts.of(*EXTENT) if _read_status(event)]
        return moved[-1].occurred + RECOVERY_MUST_HOLD

    def _extent(self) -> tuple[datetime, bool]:
        if self._range is None:
            lines = (_read_status(event) for _, event in reversed(self._facts.of(*EXTENT)))
            over = next(text for text in lines if text) == Status.RESOLVED
            self._range = (self._reach_from(self._facts.at(self._declared)), not over)
        return self._range

    @staticmethod
    def _reach_from(first: Event) -> datetime:
        return min(time_of(first.detail, "reach_from") or first.occurred, first.occurred)

    @contextmanager
    def judging_by(self, is_felt: Callable[[str], int]) -> Iterator[None]:
        """Take what is told in here by whether users felt it then."""
        before, self._is_felt = self._is_felt, is_felt
        try:
            yield
        finally:
            self._is_felt = before

    def turned_bad(self, signal: Signal, id: int, *, detects: bool = True) -> None:
        """A signal within the range went bad. `detects` False: it tells of the impact, and woke nobody."""
        self._log_signal(signal.key, partial(self.turned_bad, signal, id, detects=detects))
        self._impact.turned_bad(signal, self._is_felt)
        self._last_event = id
        if (
            detects
            and signal.since < self._facts.at(self._declared).occurred
            and (self._earliest is None or signal.since < self._earliest.since)
        ):
            self._earliest = signal
        self._signalled = True

    def turned_good(self, key: str, moment: datetime, id: int) -> None:
        """A signal recovered; when it was the last one that users felt, the service did."""
        if key not in self._impact:
            return
        self._log_signal(key, partial(self.turned_good, key, moment, id))
        self._impact.turned_good(key, moment, self._is_felt)
        self._last_event = id
        self._signalled = True

    @property
    def awaits_judgement(self) -> bool:
        """Whether what is known late of a probe may still change when its impact ended."""
        return self._impact.awaits_judgement

    def judge_again(self, moment: datetime, id: int) -> None:
        """A probe of another is known to have been well since a moment."""
        if not self._impact.awaits_judgement:
            return
        self._log_signal("", partial(self.judge_again, moment, id))
        self._impact.judge_again(moment, self._is_felt)
        self._last_event = id
        self._signalled = True

    def see_left_open(self, label: str, recovered: datetime | None) -> None:
        """How something fares that may have been left open at the resolution; None: it is bad."""
        if self._recoveries.get(label) == recovered:
            return
        if recovered is None:
            del self._recoveries[label]
        else:
            self._recoveries[label] = recovered
        self._built = None

    def bad_keys(self) -> tuple[str, ...]:
        """The signals that were bad when they were last recorded."""
        return self._impact.bad_keys()

    def has_felt(self, key: str) -> bool:
        """Whether users felt this signal in this incident at any time."""
        return self._impact.has_felt(key)

    @property
    def last_resolved(self) -> datetime | None:
        """When it was last resolved, whatever came after; None before the first time."""
        statuses = _list_status_changes(event for _, event in self._facts.of(*EXTENT))
        return next((change.at for change in reversed(statuses) if change.value == Status.RESOLVED), None)

    def name_service(self, name: str) -> None:
        """A signal of this incident is about that app or resource."""
        if name and name not in self._services:
            self._services[name] = None
            self._built = None

    def traffic_moved(self, moment: datetime, id: int) -> None:
        """Other revisions have the traffic now."""
        self._log_signal("", partial(self.traffic_moved, moment, id))
        self._impact.traffic_moved(moment, self._is_felt)
        self._last_event = id
        self._signalled = True

    def see_move(self, move: Event) -> None:
        """A move of traffic, which may take back the work of a run."""
        if all(move.id != before.id for before in self._moves):
            self._moves.append(move)
            self._built = None

    def _build(self) -> Incident:
        function, first = self._facts.of, self._facts.at(self._declared)
        graded, moved = function(Kind.DECLARE, Kind.SEVERITY), [event for _, event in function(*EXTENT)]
        bindings, statuses = self._severities(event for _, event in graded), _list_status_changes(moved)
        severities = tuple(change for change, _ in bindings)
        acks = tuple(read_acknowledgement(event) for _, event in function(Kind.ACK))
        detected, detected_by = self._detected(first)
        over = statuses[-1] if statuses[-1].value == Status.RESOLVED else None
        reach_from, resolved = self._reach_from(first), over.at if over else None
        ranks = {change.value: rank_severity(self._severity_scale, change.value) for change in severities}
        worst = min(
            (name for name, rank in ranks.items() if rank is not None), key=lambda name: ranks[name] or 0, default=""
        )
        return Incident(
            id=self.id,
            worst=worst,
            services=tuple(self._services),
            environment=self.environment,
            title=text_of(first.detail, "title") or ("(redacted)" if first.redacted else "(no title)"),
            severity=severities[-1].value,
            status=Status(statuses[-1].value),
            declared=first.occurred,
            declared_by=first.actor,
            reach_from=reach_from,
            impact_started=time_of(first.detail, "impact_started"),
            impact_started_by=text_of(first.detail, "impact_started_by"),
            impact_ended_by=text_of(first.detail, "impact_ended_by"),
            detected=detected,
            detected_by=detected_by,
            acknowledged=min((ack.at for ack in acks), default=None),
            resolved=resolved,
            drill=first.detail.get("drill") is True,
            severities=severities,
            statuses=statuses,
            acks=acks,
            people=tuple(self._people),
            notes=len(function(Kind.NOTE)),
            last_event=self._last_event,
            close_reason=over.reason if over else "",
            because=_read_close_reason(moved) if over else "",
            duplicate_of=_duplicate_of(moved) if over else "",
            rules=bindings[-1][1],
            bindings=tuple(SeverityRules(change.value, change.at, rules) for change, rules in bindings),
            mistakes=self._list_mistakes(),
            roles=response_state.list_holdings(function(Kind.ROLE)),
            updates=response_state.list_updates(function(Kind.UPDATE)),
            called=response_state.list_calls(function(Kind.PAGE)),
            ticks=response_state.list_ticks(function(Kind.TICK)),
            marks=response_state.end_recovered(response_state.list_marks(function(Kind.CLOCK)), self._recoveries),
            not_on_call=response_state.list_not_on_call(function(Kind.CLOCK)),
            decisions=response_state.list_decisions(function(Kind.DECISION)),
            items=response_state.list_action_items(function(Kind.NOTE, Kind.ITEM)),
            pins=response_state.find_pins(function(Kind.PIN), self._standing),
            links=response_state.list_evidence_links(function(Kind.LINK), self._standing),
            freezes=tuple(
                freeze
                for freeze in self._freezes()
                if (resolved is None or freeze.since <= resolved)
                and (freeze.until is None or freeze.until >= reach_from)
            ),
            silences=tuple(
                silence
                for silence in self._silences()
                if (resolved is None or silence.since <= resolved)
                and min(silence.until, silence.ended or silence.until) >= reach_from
            ),
            recovery=response_state.find_recovery(function(Kind.RECOVERY)),
            ran=response_state.list_procedure_runs(function(Kind.RUN, Kind.STEP), self._moves, self._find_image),
            reviews=response_state.list_reviews(function(Kind.REVIEW)),
            lines_kept=response_state.list_kept_lines(function(Kind.NOTE, Kind.STEP)),
            clock_steps=tuple(self._steps),
            breaks=tuple(
                item
                for item in join_recording_breaks(self._list_breaks())
                if item.end > reach_from and (resolved is None or item.begin < resolved)
            ),
            foreign=self._list_foreign(self),
            **self._felt(),
        )

    def _list_mistakes(self) -> tuple[MistakenSeverity, ...]:
        """The severities that were marked as entered by mistake, with who marked them and when, and since when each
        stood: of one that was corrected twice the second mistake stood from the first correction on."""
        mistakes: list[MistakenSeverity] = []
        stood_since: dict[int, datetime] = {}
        standing = dict(self._facts.of(Kind.DECLARE, Kind.SEVERITY))
        for correction in self._superseded:
            if mistake := text_of(correction.detail, "mistake"):
                root, moment = self._facts.root(correction.id), correction.recorded
                reason, meant = text_of(correction.detail, "mistake_reason"), text_of(correction.detail, "severity")
                mistaken, entry = self._mistaken.get(correction.id), standing.get(root)
                mistakes.append(
                    MistakenSeverity(
                        mistake,
                        moment,
                        correction.actor,
                        reason,
                        entered=stood_since.get(root, entry.occurred if entry else correction.occurred),
                        entered_by=entry.actor if entry else "",
                        entered_reason=text_of(mistaken.detail, "reason") if mistaken else "",
                        meant=meant,
                    )
                )
                stood_since[root] = moment
        return tuple(mistakes)

    def _standing(self, id: int) -> int:
        """The id of the event that now stands for event `id`, of this incident or of the journal."""
        return self._find_standing(self._facts.standing(id))

    def _severities(self, events: Iterable[Event]) -> tuple[tuple[StateChange, tuple[Rule, ...]], ...]:
        changes: list[tuple[StateChange, tuple[Rule, ...]]] = []
        for event in events:
            sentence = text_of(event.detail, "severity")
            severity_level = find_level(self._severity_scale, sentence)
            name = severity_level.name if severity_level else sentence
            if not name and event.kind == Kind.DECLARE:
                name = default_severity(self._severity_scale)
            if name:
                # Older versions left the reason of the wrong severity where the correction gave none.
                is_carried = text_of(event.detail, "mistake") and not text_of(event.detail, "mistake_reason")
                reason = "" if is_carried else text_of(event.detail, "reason")
                change = StateChange(name, event.occurred, event.actor, reason)
                changes.append((change, response_state.read_rules(event)))
        return tuple(changes)

    def _detected(self, first: Event) -> tuple[datetime, str]:
        """As a person stated it, else the earliest bad signal, else the person who declared."""
        moment = time_of(first.detail, "detected")
        by = text_of(first.detail, "detected_by")
        position, by = (moment, by) if moment and by not in self._abandoned else (first.occurred, first.actor)
        is_stated = "detection_stated" in first.detail
        if self._earliest is not None and self._earliest.since < position and not is_stated:
            return self._earliest.since, self._earliest.label
        return position, by

    def _find_unseen_before(self, moment: datetime) -> UnseenMoment | None:
        """A beginning that its source dates, of a time at which nobody asked the probes: one that failed at the first
        look after that may have done so before it."""
        if moment in self.unseen:
            return None
        breaks = [self.unseen[failed] for failed in self.failed_unseen if self.unseen[failed] < moment < failed]
        return UnseenMoment(moment, min(breaks), is_dated=True) if breaks else None

    def _felt(self) -> dict[str, Any]:
        """What users felt: since when, in which stretches not, and when the impact ended.

        What a person stated stands until the record shows that it went on: something that users feel turned bad
        after that was stated. What was bad already then, and only goes on, they knew of. What turned bad once it was
        closed began a stretch of its own: until it is opened again, or all is well again, the end before it stands.
        """
        first, impact = self._facts.at(self._declared), self._impact
        ended, stated = time_of(first.detail, "impact_ended"), time_of(first.detail, "impact_stated")
        periods = list(impact.periods)
        again = self._went_on_after(stated or ended) if ended is not None else None
        kept = self._find_end_before_relapse(periods, ended, again)
        if ended is not None and again is not None:
            # What a person states takes the place of what the signals say, also of a stretch that is past.
            periods = [period for period in periods if not period.start < ended < (period.end or ended)]
            periods.append(HealthyPeriod(ended, max(again, ended), STATED))
            ended = kept and ended
        periods.sort(key=lambda period: (period.end is None, period.start))  # what goes on is the last of them
        period = last_period(periods)
        since = impact.first.began if impact.first else None
        ends = [moment for item in periods for moment in (item.start, item.end)]
        begun = [since, *(item.end for item in periods), *impact.list_beginnings()]
        borders = [moment for moment in dict.fromkeys([*begun, *ends]) if moment]
        seen_late = [UnseenMoment(moment, self.unseen[moment]) for moment in borders if moment in self.unseen]
        dated = [self._find_unseen_before(moment) for moment in dict.fromkeys(begun) if moment]
        return {
            "unseen": (*seen_late, *(item for item in dated if item is not None)),
            "blind": tuple(self._list_blind(impact.felt_names)),
            "impact_ended": ended,
            "mitigated": ended or (period.start if period else kept),
            "healthy": tuple(periods),
            "slow": tuple(impact.slow),
            "felt_bad": felt.still if (felt := impact.find_felt(self._is_felt)) else "",
            "felt_since": since,
            "felt_by": impact.first.label if impact.first else "",
        }

    def _find_end_before_relapse(
        self, periods: list[HealthyPeriod], ended: datetime | None, again: datetime | None
    ) -> datetime | None:
        """When users felt it no more, of one that was closed after that and in which they feel it again since; a
        recovery that was only measured has held for two minutes by then. None for any other."""
        closed, last = self.last_resolved, periods[-1] if periods else None
        if self.open or closed is None or last is None or last.end is None or last.end < closed:
            return None
        if ended is not None and again is not None:
            return ended if again >= closed >= ended else None
        if ended is not None or last.start > closed or not has_held(last.start, last.end):
            return None
        return last.start

    def _went_on_after(self, stated: datetime) -> datetime | None:
        """When users felt it again: a signal turned bad, or, where no signal ever told of it, somebody went back to a
        status before monitoring. Where signals tell of it, who went back asked whether it goes on, and did not say so.
        """
        felt = [moment for moment in self._impact.list_turns_bad() if moment > stated]
        if self._impact.first is not None:
            return min(felt, default=None)
        statuses = _list_status_changes([event for _, event in self._facts.of(*EXTENT)])
        back = [
            after.at
            for before, after in pairwise(statuses)
            if before.value in MITIGATED_STATUSES and after.value not in MITIGATED_STATUSES
        ]
        return min((*felt, *(moment for moment in back if moment >= stated)), default=None)


def _read_status(event: Event) -> str:
    """The status that an event sets; "" when it sets none."""
    if event.kind == Kind.DECLARE:
        return Status.INVESTIGATING
    if event.kind == Kind.RESOLVE:
        return Status.RESOLVED
    lines = event.detail.get("status")
    return lines if isinstance(lines, str) and lines in STATUSES else ""


def sets_open_status(event: Event) -> bool:
    """Whether an incident that is closed is open again by it."""
    return _read_status(event) not in ("", Status.RESOLVED)


def _list_status_changes(moved: Iterable[Event]) -> tuple[StateChange, ...]:
    """What was resolved and is resolved once more, as by two who did so at the same time, was over the first time."""
    changes: list[StateChange] = []
    for event in moved:
        status = _read_status(event)
        if not status or (status == Status.RESOLVED and changes and changes[-1].value == status):
            continue
        reason, close_reason = text_of(event.detail, "reason"), _close_reason(event)
        changes.append(StateChange(str(status), event.occurred, event.actor, reason, close_reason))
    return tuple(changes)


def _read_close_reason(moved: list[Event]) -> str:
    """Which of the reasons that incidents end for the last resolution names."""
    last = next(event for event in reversed(moved) if _read_status(event))
    return _close_reason(last)


def _duplicate_of(moved: list[Event]) -> str:
    """The incident that the last resolution says this one repeats."""
    last = next(each for each in reversed(moved) if _read_status(each))
    return text_of(last.detail, "of") if _close_reason(last) == CloseReason.DUPLICATE else ""


def _close_reason(event: Event) -> str:
    sentence = text_of(event.detail, "because")
    return sentence if sentence in CLOSE_REASONS else ""


def default_severity(severity_scale: SeverityScale) -> str:
    """The severity level of a declaration that names none: the worst but one, loud without waking everybody."""
    return severity_scale[min(1, len(severity_scale) - 1)].name

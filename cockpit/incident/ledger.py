"""Ledger: every incident as the events so far tell it. An append costs the same however long the file is."""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from cockpit.incident.corrections import CorrectedFacts
from cockpit.incident.impact import SERVING_KINDS, ServingState
from cockpit.incident.incident_state import FACTS, IncidentStateBuilder
from cockpit.incident.response_state import event_number, list_freezes, shorten_step
from cockpit.incident.signals import (
    ALWAYS,
    LOOK_BACK,
    Signal,
    earliest_signal,
    find_outage_past,
    key_of,
    says_bad,
    signal_of,
)
from cockpit.model.alert import AlertState, SettledAlerts
from cockpit.model.clock_steps import ClockStep, move_event, move_moment, read_clock_step
from cockpit.model.event import Event, Kind, text_of
from cockpit.model.incident import Acknowledgement, ForeignStretch, Incident
from cockpit.model.response import Freeze
from cockpit.model.severity_scale import SeverityScale
from cockpit.recorder.last_recorded import RecordedDeployments

LEDGER_KINDS = (
    Kind.PROBE,
    Kind.SIGNAL,
    Kind.ALERT,
    *SERVING_KINDS,
    Kind.REDACT,
    Kind.ACTION,
    Kind.FREEZE,
    Kind.WALL_CLOCK,
    *sorted(FACTS),
)
"""The kinds a Ledger wants to hear; others change no incident."""

RUN_KINDS = frozenset({Kind.RUN, Kind.STEP})
JOURNAL = frozenset({Kind.ACK}) | RUN_KINDS  # what an incident takes from the journal, within its range
STAYS_BAD = timedelta(days=7)  # after the end of an incident in which what was bad then may still end its impact
REMEMBERED = 1_024  # of those in an environment's journal, for the incident that is declared next
A_SECOND = timedelta(seconds=1)  # a person names a moment no finer


@dataclass(slots=True)
class _EnvironmentLedger:
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
    corrections: dict[int, int] = field(default_factory=dict)  # in the journal: what was corrected, and by which event

    stretches: deque[tuple[Signal, datetime]] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    """What was bad and is over, each with when it was."""
    claimed: set[Signal] = field(default_factory=set)  # those of them that an incident of that time has for its own
    practised: deque[ForeignStretch] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    """What was bad for a drill alone, and is over."""
    real: list[IncidentStateBuilder] = field(default_factory=list)  # every incident that is no drill
    recovered: dict[str, datetime] = field(default_factory=dict)  # when what is not bad any more last was, by key

    clock_step: ClockStep | None = None  # the last

    def move(self, step: ClockStep) -> None:
        """The clock was set: what goes on is dated by the clock of now. What is over stays as it was."""
        self.clock_step = step
        for case in self.open.values():
            case.move(step)
        self.bad = {key: signal.moved(step.length) for key, signal in self.bad.items()}
        self.recent_events = deque((move_event(event, step.length) for event in self.recent_events), maxlen=REMEMBERED)
        self.taken = {key: replace(ack, at=move_moment(ack.at, step.length)) for key, ack in self.taken.items()}
        self.settled = {key: move_moment(moment, step.length) for key, moment in self.settled.items()}
        self.serving.unwell = {key: signal.moved(step.length) for key, signal in self.serving.unwell.items()}
        if any(freeze.until is None for freeze in self.freezes()[-1:]):
            self.frozen.move(step.length)

    def find_standing(self, id: int) -> int:
        """The id of the last correction of a fact in the journal; its own where nobody corrected it."""
        while (later := self.corrections.get(id, 0)) > id:
            id = later
        return id

    def freezes(self) -> tuple[Freeze, ...]:
        return list_freezes(self.frozen.of(Kind.FREEZE))

    def takers(self, moment: datetime) -> list[IncidentStateBuilder]:
        """The incidents that a fact of that moment belongs to: while a real one has it no drill does."""
        covering = [case for case in self.watched(moment) if case.covers(moment)]
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

    def watched(self, moment: datetime) -> list[IncidentStateBuilder]:
        """The incidents that a signal of that moment concerns."""
        if self.closed:
            self.closed = {
                id: case
                for id, case in self.closed.items()
                if case.settles_until >= moment or (case.bad_keys() and moment - case.settles_until <= STAYS_BAD)
            }
        return [*self.open.values(), *self.closed.values()]


class Ledger:
    """The incidents that events make, in the order of their ids. Pure: no clock, no file. A known id is ignored."""

    def __init__(self, severity_scale: SeverityScale) -> None:
        self._severity_scale = severity_scale
        self._cases: dict[str, IncidentStateBuilder] = {}
        self._scenes: dict[str, _EnvironmentLedger] = {}
        self.last = 0  # the id of the newest event applied

    @property
    def incidents(self) -> dict[str, Incident]:
        """Every incident by id, in the order of their declarations."""
        return {id: case.incident for id, case in self._cases.items()}

    def open(self, environment: str) -> list[Incident]:
        """The open incidents of an environment, oldest first."""
        return [case.incident for case in self._scene(environment).open.values()]

    def bad(self, environment: str) -> list[Signal]:
        """The signals that are bad now, longest first."""
        return sorted(self._scene(environment).bad.values(), key=lambda signal: signal.since)

    def bad_of(self, incident: str) -> list[Signal]:
        """Of the signals that are bad now those that an incident may have to do with: a drill with its own, a real
        incident with all that no drill has for itself. Raises KeyError."""
        case = self._cases[incident]
        own, scene = set(case.bad_keys()), self._scene(case.environment)
        drills = (other for other in scene.open.values() if other.drill)
        practised = {key for other in drills for key in other.bad_keys()}
        bad = self.bad(case.environment)
        return [signal for signal in bad if signal.key in own or not (case.drill or signal.key in practised)]

    def find_outage_start(self, environment: str, declared: datetime, *, drill: bool = False) -> Signal | None:
        """What knew first of the outage that somebody declares then: it is bad still, or of one outage with what is."""
        scene = self._scene(environment)
        if drill and any(real.covers(declared) for real in scene.real):
            return None  # what is bad is the real incident's
        bad = [signal for signal in scene.bad.values() if signal.since <= declared]
        first = earliest_signal(bad, declared)
        past = [
            (signal, ended)
            for signal, ended in scene.stretches
            if declared - LOOK_BACK <= signal.since < ended <= declared and (first or declared - ended <= ALWAYS)
        ]
        of_it = scene.find_outage_past(past, [first] if first else [], declared)
        signals = [*([first] if first else []), *(signal for signal, _ in of_it)]
        return min(signals, key=lambda signal: signal.since, default=None)

    def find_signal_at(self, environment: str, moment: datetime) -> Signal | None:
        """What turned bad in the second that somebody names, the nearest first; None where nothing did."""
        scene = self._scene(environment)
        signals = [*scene.bad.values(), *(signal for signal, _ in scene.stretches)]
        near = [signal for signal in signals if abs(signal.since - moment) < A_SECOND]
        return min(near, key=lambda signal: abs(signal.since - moment), default=None)

    def silenced(self, environment: str) -> list[str]:
        """The names of the alerts that their source keeps silent now, in the order in which they fell silent."""
        return list(self._scene(environment).silenced.values())

    def declaration(self, incident: str) -> Event:
        """The declaration that stands, under the id of the first one: what a correction supersedes. Raises KeyError."""
        return self._cases[incident].declaration

    def severity_event(self, incident: str) -> Event:
        """What set the severity of now, under the id of the event that first stated it. Raises KeyError."""
        return self._cases[incident].severity_event

    def taken(self, environment: str) -> Mapping[str, Acknowledgement]:
        """The last acknowledgement of each alert that has not resolved since, by the alert's key."""
        return dict(self._scene(environment).taken)

    def settled(self, environment: str) -> SettledAlerts:
        """When a person marked an alert as over, by its key; not of those that fired again since."""
        return dict(self._scene(environment).settled)

    def freeze(self, environment: str) -> Freeze | None:
        """Since when nothing may be deployed to an environment, and why; None while it may."""
        last = self._scene(environment).freezes()[-1:]
        return last[0] if last and last[0].until is None else None

    def deployed(self, environment: str) -> datetime | None:
        """When the newest revision that ever had traffic there was deployed, by what was recorded."""
        return self._scene(environment).deployments.newest

    def clock_step(self, environment: str) -> ClockStep | None:
        """The last time that the clock of the machine was set while it recorded an environment."""
        return self._scene(environment).clock_step

    def shown_clock_step(self, environment: str, now: datetime) -> ClockStep | None:
        """That step while it is fresh, or moved an incident that is open."""
        step = self.clock_step(environment)
        if step is None:
            return None
        moved = any(step in incident.clock_steps for incident in self.open(environment))
        return step if moved or step.is_shown(now) else None

    def apply(self, event: Event) -> None:
        """Take one event. Never raises, whatever its detail holds."""
        if event.id <= self.last:
            return
        self.last = event.id
        if event.kind in (Kind.PROBE, Kind.SIGNAL, Kind.ALERT):
            self._signal(event)
            return
        if event.kind in SERVING_KINDS:
            self._app(event)
            return
        if event.kind == Kind.REDACT:
            self._redact(event)
            return
        if event.kind == Kind.WALL_CLOCK:
            if step := read_clock_step(event):
                self._scene(event.environment).move(step)
            return
        if event.kind == Kind.FREEZE or event.supersedes is not None:
            self._freeze(event)
        if event.incident is None:
            self._journal(event)
        elif event.incident in self._cases:
            self._belongs(self._cases[event.incident], event)
        elif event.kind == Kind.DECLARE:
            self._declare(event.incident, event)

    def _scene(self, environment: str) -> _EnvironmentLedger:
        scene = self._scenes.get(environment)
        if scene is None:
            scene = self._scenes[environment] = _EnvironmentLedger()
        return scene

    def _signal(self, event: Event) -> None:
        scene = self._scene(event.environment)
        if event.kind == Kind.ALERT:
            self._silence(scene, event)
            if text_of(event.detail, "what") == "settled":
                scene.settled[event.subject] = event.occurred
            elif text_of(event.detail, "state") in (AlertState.FIRING, AlertState.SUPPRESSED):
                scene.settled.pop(event.subject, None)
            scene.serving.see_alert(event)
        bad = says_bad(event.kind, event.detail)
        if bad is None:
            return
        key = key_of(event)
        if event.kind == Kind.PROBE:
            scene.serving.see_probe(event.subject, bad, event.occurred)
        if bad:
            signal = signal_of(event)
            began = scene.bad.get(key, signal)
            scene.bad[key] = replace(began, state=signal.state)
            for case in scene.takers(event.occurred):
                case.turned_bad(signal, event.id)
                case.name_service(text_of(event.detail, "resource"))
        else:
            if (ended := scene.bad.pop(key, None)) is not None:
                scene.recovered[key] = event.occurred
                if len(scene.stretches) == scene.stretches.maxlen:
                    scene.claimed.discard(scene.stretches[0][0])
                scene.stretches.append((ended, event.occurred))
                holders = [case for case in scene.watched(event.occurred) if key in case.bad_keys()]
                if holders:
                    scene.claimed.add(ended)
                if holders and all(case.drill for case in holders):
                    scene.practised.append(ForeignStretch(ended.since, event.occurred, key))
            scene.taken.pop(event.subject, None)
            for case in scene.watched(event.occurred):
                case.turned_good(key, event.occurred, event.id)

    def _app(self, event: Event) -> None:
        """What runs, how it fares and who gets the traffic: an incident feels the revisions that have some."""
        scene = self._scene(event.environment)
        scene.deployments.apply(event)
        worse, better = scene.serving.see_app(event)
        for signal in worse:
            for case in scene.takers(signal.since):
                case.turned_bad(signal, event.id, detects=False)
                case.name_service(event.subject.partition("/")[0])
        for case in scene.watched(event.occurred):
            for key in better:
                scene.recovered[key] = event.occurred
                case.turned_good(key, event.occurred, event.id)
            if event.kind == Kind.TRAFFIC and (case.covers(event.occurred) or case.bad_keys()):
                case.traffic_moved(event.occurred, event.id)

    @staticmethod
    def _silence(scene: _EnvironmentLedger, event: Event) -> None:
        if text_of(event.detail, "state") == AlertState.SUPPRESSED:
            scene.silenced[event.subject] = text_of(event.detail, "name") or event.subject
        else:
            scene.silenced.pop(event.subject, None)

    def _journal(self, event: Event) -> None:
        scene = self._scene(event.environment)
        if event.supersedes is not None:
            scene.corrections[event.supersedes] = event.id
            self._look_again(event.environment)  # it may be pinned, or have evidence
        if event.kind not in JOURNAL:
            return
        scene.recent_events.append(shorten_step(event) if event.kind == Kind.STEP else event)
        if event.kind == Kind.ACK:
            self._take(scene, event)
        covering = [case for case in scene.open.values() if case.covers(event.occurred)]
        if event.kind == Kind.ACK and event.recorded > event.occurred:  # an incident of that time may be over by now
            others = (case for case in self._cases.values() if case.environment == event.environment and not case.open)
            covering += [case for case in others if case.owns(event.occurred)]
        takers = [case for case in covering if not case.drill] or covering
        if event.supersedes is not None:
            # Whoever has what it corrects has the correction, open or closed; or nothing, where it was at another time.
            holders = [case for case in self._cases.values() if self._correct(scene, case, event)]
            takers = [case for case in takers if case not in holders]
        for case in takers:
            case.apply(event)

    @staticmethod
    def _correct(scene: _EnvironmentLedger, case: IncidentStateBuilder, event: Event) -> bool:
        """Let a correction from the journal stand in an incident that took what it corrects; False where it did not."""
        if case.environment != event.environment or event.supersedes is None or not case.has_taken(event.supersedes):
            return False
        if case.owns(event.occurred) and not scene.is_foreign(case, event.occurred):
            case.apply(event)
        else:
            case.leave_out(event)
        return True

    def _declare(self, id: str, event: Event) -> None:
        scene = self._scene(event.environment)
        case = self._cases[id] = scene.open[id] = IncidentStateBuilder(
            event, self._severity_scale, scene.freezes, scene.serving.is_felt, scene.list_foreign, scene.find_standing
        )
        if not case.drill:
            scene.real.append(case)
        for lines in scene.recent_events:
            if self._correct(scene, case, lines):
                continue
            if case.covers(lines.occurred) and not scene.is_foreign(case, lines.occurred):
                case.apply(lines)
        self._gather_past(scene, case, event)
        self._gather(scene, case, event)

    @staticmethod
    def _gather_past(scene: _EnvironmentLedger, case: IncidentStateBuilder, event: Event) -> None:
        """What was bad within the range and is over already, when it is written down.

        Of an incident that was led elsewhere that is what was bad at its declaration or turned bad since. What was over
        by then belongs to it where it is of one outage with that; where nothing was bad any more, it is the outage that
        was over last: somebody was faster than the declaration.
        """
        declared = event.occurred
        stretches = [
            (signal, ended)
            for signal, ended in scene.stretches
            if case.covers(signal.since) and ended > signal.since and not scene.is_foreign(case, signal.since)
        ]
        is_bad = [
            signal
            for signal in scene.bad.values()
            if case.covers(signal.since) and not scene.is_foreign(case, signal.since)
        ]
        past = [
            *((signal, ended) for signal, ended in stretches if ended > declared),
            *scene.find_outage_past(
                (pair for pair in stretches if pair[1] <= declared),
                [*(signal for signal, ended in stretches if ended > declared), *is_bad],
                declared,
            ),
        ]
        moments = [(signal.since, 1, signal) for signal, _ in past] + [(ended, 0, signal) for signal, ended in past]
        for moment, begins, signal in sorted(moments, key=lambda item: item[:2]):
            if begins:
                case.turned_bad(signal, event.id)
            else:
                case.turned_good(signal.key, moment, event.id)

    def _belongs(self, case: IncidentStateBuilder, event: Event) -> None:
        if event.kind == Kind.DECLARE and event.supersedes is None:
            return  # the first declaration stands; only a correction may replace it
        scene = self._scene(case.environment)
        if not case.drill:
            scene.look_again_at_drills()
        if event.kind in RUN_KINDS:  # one that began in the journal, perhaps long before, and joined the incident later
            for lines in scene.recent_events:
                if lines.kind in RUN_KINDS and _run_id(lines) == _run_id(event):
                    case.apply(lines)
        case.apply(event)
        if event.kind == Kind.ACK:
            self._take(scene, event)
        elif event.kind == Kind.DECLARE:
            self._gather(scene, case, event)
        if case.open:
            if case.id not in scene.open:
                self._take_up_again(scene, case, event)
            scene.open[case.id] = case
            scene.closed.pop(case.id, None)
        elif scene.open.pop(case.id, None):
            scene.closed[case.id] = case

    @staticmethod
    def _gather(scene: _EnvironmentLedger, case: IncidentStateBuilder, event: Event) -> None:
        """The signals that are bad already and began within the range are the incident's own, and no drill's then."""
        bad = [*scene.bad.values(), *scene.serving.unwell.values()]
        own = [signal for signal in bad if case.covers(signal.since) and not scene.is_foreign(case, signal.since)]
        for signal in own:
            is_unwell = signal.key in scene.serving.unwell
            case.turned_bad(signal, event.id, detects=not is_unwell)
            case.name_service(
                signal.key.partition(":")[2].partition("/")[0] if is_unwell else scene.serving.find_resource(signal.key)
            )
        if not case.drill:
            for drill in (*scene.open.values(), *scene.closed.values()):
                if drill.drill:
                    drill.give_up(own)

    def _take_up_again(self, scene: _EnvironmentLedger, case: IncidentStateBuilder, event: Event) -> None:
        """It is open again: what nobody recorded while it was closed.

        What recovered since is over, and what turned bad since and is bad still is why it was opened again, with what
        is of one outage with it; where nothing is bad any more, the outage that was over last, within half an hour. As
        with a declaration, what has been bad for longer than two hours was there before.
        """
        for key in case.bad_keys():
            if key not in scene.bad and key not in scene.serving.unwell:
                case.turned_good(key, scene.recovered.get(key, event.occurred), event.id)
        since = max(case.last_resolved or event.occurred, event.occurred - LOOK_BACK)
        bad = [signal for signal in scene.bad.values() if since < signal.since <= event.occurred]
        past = [
            (signal, ended)
            for signal, ended in scene.stretches
            if since < signal.since < ended <= event.occurred
            and (bad or event.occurred - ended <= ALWAYS)
            and not scene.is_foreign(case, signal.since)
        ]
        # In the order in which they happened: one that was over begins no other one that is.
        for signal, ended in reversed(scene.find_outage_past(past, bad, event.occurred)):
            case.turned_bad(signal, event.id, detects=False)
            case.turned_good(signal.key, ended, event.id)
        for signal in scene.bad.values():
            if since < signal.since <= event.occurred:
                case.turned_bad(signal, event.id, detects=False)
                case.name_service(scene.serving.find_resource(signal.key))
        for signal in scene.serving.unwell.values():
            if since < signal.since <= event.occurred:
                case.turned_bad(signal, event.id, detects=False)
                case.name_service(signal.key.partition(":")[2].partition("/")[0])

    @staticmethod
    def _take(scene: _EnvironmentLedger, event: Event) -> None:
        keys = event.detail.get("keys")
        for key in keys if isinstance(keys, list) else [event.subject]:
            if isinstance(key, str) and key:
                scene.taken[key] = Acknowledgement(key, event.occurred, event.actor, text_of(event.detail, "note"))

    def _freeze(self, event: Event) -> None:
        """A freeze holds for an environment, whichever incident it was called in."""
        scene = self._scene(event.environment)
        root = scene.frozen.place(event)
        if event.kind == Kind.FREEZE:
            scene.frozen.put(root, event)
        elif not scene.frozen.withdraw(root):
            return
        self._look_again(event.environment)

    def _redact(self, event: Event) -> None:
        number = event_number(event)
        for case in self._cases.values():
            case.redact(number)
        for environment, scene in self._scenes.items():
            if scene.frozen.redact(number):
                self._look_again(environment)

    def _look_again(self, environment: str) -> None:
        for case in self._cases.values():
            if case.environment == environment:
                case.look_again()


def _run_id(event: Event) -> str:
    """The run that an event of a run or of one of its steps is about."""
    return event.subject.partition("#")[0]

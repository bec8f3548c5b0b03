"""Ledger: every incident as the events so far tell it. An append costs the same however long the file is."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from cockpit.incident.change_dates import date_by_sight
from cockpit.incident.environment_ledger import EnvironmentLedger
from cockpit.incident.impact import EARLIEST, RECOVERY_MUST_HOLD
from cockpit.incident.incident_state import FACTS, IncidentStateBuilder, sets_open_status
from cockpit.incident.participation import Participation
from cockpit.incident.response_state import event_number, find_left_open, shorten_step
from cockpit.incident.serving_state import HEALTHY, SERVING_KINDS
from cockpit.incident.signals import (
    ALWAYS,
    LOOK_BACK,
    Signal,
    earliest_signal,
    has_fired_anew,
    key_of,
    says_bad,
    signal_of,
)
from cockpit.model.alert import AlertState, SettledAlerts
from cockpit.model.clock_steps import ClockStep, read_clock_step
from cockpit.model.event import Event, Kind, text_of
from cockpit.model.incident import CLOCKS_DIFFER, Acknowledgement, ForeignStretch, Incident
from cockpit.model.response import Freeze, RecordedSilence
from cockpit.model.severity_scale import SeverityScale
from cockpit.recorder.last_recorded import read_images
from cockpit.recorder.recording_breaks import BREAK_KINDS

LEDGER_KINDS = (
    Kind.PROBE,
    Kind.SIGNAL,
    Kind.ALERT,
    *SERVING_KINDS,
    Kind.REDACT,
    Kind.ACTION,
    Kind.FREEZE,
    Kind.WALL_CLOCK,
    *BREAK_KINDS,
    *sorted(FACTS),
)
"""The kinds a Ledger wants to hear; others change no incident."""

RUN_KINDS = frozenset({Kind.RUN, Kind.STEP})
JOURNAL = frozenset({Kind.ACK, Kind.NOTE}) | RUN_KINDS  # what an incident takes from the journal, within its range
A_SECOND = timedelta(seconds=1)  # a person names a moment no finer


@dataclass(frozen=True, slots=True)
class OwnSignals:
    """Of what was recorded before an incident was declared or opened again, what is its own: `past` each with its end,
    `bad` still, revisions that are `unwell` still; `left_over` fires on since another incident, each with the moment
    from which all was well there."""

    past: tuple[tuple[Signal, datetime], ...]
    bad: tuple[Signal, ...]
    unwell: tuple[Signal, ...]
    left_over: Mapping[Signal, datetime]

    def has_begun(self, moment: datetime) -> bool:
        signals = (*(signal for signal, _ in self.past), *self.bad, *self.unwell)
        return any(signal.began <= moment for signal in signals)

    def list_turns(self) -> list[tuple[datetime, Signal, bool]]:
        """When each turned bad or good, in order."""
        turns = [(signal.since, signal, True) for signal in (*(signal for signal, _ in self.past), *self.bad)]
        turns += [(ended, signal, False) for signal, ended in self.past]
        return sorted(turns, key=lambda turn: (turn[0], turn[2]))


class Ledger:
    """The incidents that events make, in the order of their ids. Pure: no clock, no file. A known id is ignored."""

    def __init__(self, severity_scale: SeverityScale) -> None:
        self._severity_scale = severity_scale
        self._cases: dict[str, IncidentStateBuilder] = {}
        self._scenes: dict[str, EnvironmentLedger] = {}
        self._participations: dict[str, Participation] = {}
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
        bad = [
            signal
            for signal in scene.bad.values()
            if signal.since <= declared and (drill or scene.find_left_over(signal) is None)
        ]
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

    def silences(self, environment: str) -> tuple[RecordedSilence, ...]:
        """The silences that were made from here for an environment, those that are over as well."""
        return self._scene(environment).list_silences()

    def declaration(self, incident: str) -> Event:
        """The declaration that stands, under the id of the first one: what a correction supersedes. Raises KeyError."""
        return self._cases[incident].declaration

    def severity_event(self, incident: str) -> Event:
        """What set the severity of now, under the id of the event that first stated it. Raises KeyError."""
        return self._cases[incident].severity_event

    def participation(self, incident: str) -> Participation:
        """Who has done something in an incident, and who opened or ended it last. Raises KeyError."""
        return self._participations[incident]

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
            self._scene(event.environment).remember(event)
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
                for case in self._cases.values():
                    if case.environment == event.environment:
                        self._participations[case.id].move(step.length)
            return
        if event.kind in BREAK_KINDS:
            self._scene(event.environment).see_recorder(event)
            self._look_again(event.environment)
            return
        if event.kind == Kind.FREEZE or event.supersedes is not None:
            self._freeze(event)
        if event.kind == Kind.ACTION and text_of(event.detail, "operation").startswith("silence "):
            self._scene(event.environment).silencing.append(event)
            self._look_again(event.environment)
        if event.incident is None:
            self._journal(event)
        elif event.incident in self._cases:
            self._belongs(self._cases[event.incident], event)
        elif event.kind == Kind.DECLARE:
            self._declare(event.incident, event)

    def _scene(self, environment: str) -> EnvironmentLedger:
        scene = self._scenes.get(environment)
        if scene is None:
            scene = self._scenes[environment] = EnvironmentLedger()
        return scene

    def _signal(self, event: Event) -> None:
        scene = self._scene(event.environment)
        if event.kind == Kind.ALERT:
            self._silence(scene, event)
            if text_of(event.detail, "what") == "settled":
                scene.settled[event.subject] = event.occurred
            elif text_of(event.detail, "state") in (AlertState.FIRING, AlertState.SUPPRESSED):
                scene.settled.pop(event.subject, None)
            if has_fired_anew(event):
                scene.taken.pop(event.subject, None)  # whoever took the one before did not take this one
        scene.see_unseen(event)
        if event.kind == Kind.PROBE:
            scene.see_sight(event)
        scene.serving.see(event)
        bad = says_bad(event.kind, event.detail)
        if bad is None:
            return
        key = key_of(event)
        signal = signal_of(event)
        for case in scene.waiting.values():
            case.see_left_open(signal.label, None if bad else event.occurred)
        if bad:
            began = scene.bad.get(key, signal)
            scene.bad[key] = replace(began, state=signal.state)
            for case in scene.takers(event.occurred):
                case.turned_bad(signal, event.id)
                case.name_service(text_of(event.detail, "resource"))
        else:
            if (ended := scene.bad.pop(key, None)) is not None:
                scene.recovered[key] = event.occurred
                if len(scene.stretches) == scene.stretches.maxlen:
                    scene.claimed.pop(scene.stretches[0][0], None)
                scene.stretches.append((ended, event.occurred))
                holders = [case for case in scene.watched(event.occurred) if key in case.bad_keys()]
                for case in holders:
                    scene.claim([ended], case)
                if holders and all(case.drill for case in holders):
                    scene.practised.append(ForeignStretch(ended.since, event.occurred, key))
            scene.taken.pop(event.subject, None)
            for case in scene.watched(event.occurred):
                case.turned_good(key, event.occurred, event.id)
                if event.kind == Kind.PROBE:
                    case.judge_again(event.occurred, event.id)

    def _app(self, event: Event) -> None:
        """What runs, how it fares and who gets the traffic: an incident feels the revisions that have some."""
        scene = self._scene(event.environment)
        scene.see_unseen(event)
        scene.deployments.apply(event)
        scene.images |= read_images(event)
        moved, event = event, date_by_sight(event)
        if event is not moved:
            scene.unseen[event.occurred] = moved.occurred
        worse, better = scene.serving.see_app(event)
        app = scene.serving.known.apps.get(event.subject.partition("/")[0]) if scene.waiting else None
        for name, revision in app.revisions.items() if app else ():
            is_over = not revision.active or revision.health == HEALTHY
            for case in scene.waiting.values():
                case.see_left_open(name, event.occurred if is_over else None)
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
            if event.kind == Kind.TRAFFIC and case.covers(moved.occurred):
                case.see_move(moved)
        scene.remember(event)

    @staticmethod
    def _silence(scene: EnvironmentLedger, event: Event) -> None:
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
        if (
            event.kind not in RUN_KINDS and event.recorded > event.occurred
        ):  # an incident of that time may be over by now
            others = (case for case in self._cases.values() if case.environment == event.environment and not case.open)
            covering += [case for case in others if case.owns(event.occurred)]
        takers = [case for case in covering if not case.drill] or covering
        if event.supersedes is not None:
            # Whoever has what it corrects has the correction, open or closed; or nothing, where it was at another time.
            holders = [case for case in self._cases.values() if self._correct(scene, case, event)]
            takers = [case for case in takers if case not in holders]
        begun = [case for case in takers if not self._is_before(case, event)]
        for case in begun if begun or scene.is_taken(event.supersedes or event.id) else takers:
            case.apply(event)

    @staticmethod
    def _is_before(case: IncidentStateBuilder, event: Event) -> bool:
        """Whether somebody took an alert before this incident began: where another one has it, it is of that."""
        return event.kind == Kind.ACK and event.occurred < case.owns_from - CLOCKS_DIFFER

    @staticmethod
    def _correct(scene: EnvironmentLedger, case: IncidentStateBuilder, event: Event) -> bool:
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
        self._participations[id] = Participation(event)
        case = self._cases[id] = scene.open[id] = IncidentStateBuilder(
            event,
            self._severity_scale,
            scene.freezes,
            scene.serving.is_felt,
            scene.list_foreign,
            scene.find_standing,
            scene.list_silences,
            scene.list_breaks,
            scene.find_image,
            scene.list_blind,
        )
        case.unseen, case.failed_unseen = scene.unseen, scene.failed_unseen
        if not case.drill:
            scene.real.append(case)
        self._gather_past(scene, case, event)
        for lines in scene.recent_events:
            if self._correct(scene, case, lines):
                continue
            if self._is_before(case, lines) and scene.is_taken(lines.id):
                continue
            if case.covers(lines.occurred) and not scene.is_foreign(case, lines.occurred):
                case.apply(lines)

    def _gather_past(self, scene: EnvironmentLedger, case: IncidentStateBuilder, event: Event) -> None:
        """What was bad within the range, over already or bad still, when it is written down: told as if the incident
        had been open all along.

        Of an incident that was led elsewhere that is what was bad at its declaration or turned bad since. What was over
        by then belongs to it where it is of one outage with that; where nothing was bad any more, it is the outage that
        was over last: somebody was faster than the declaration.
        """
        declared = event.occurred
        stretches = [
            (signal, ended)
            for signal, ended in scene.stretches
            if case.covers(signal.since) and not scene.is_foreign(case, signal.since)
        ]
        is_bad = [
            signal
            for signal in scene.bad.values()
            if case.covers(signal.since) and not scene.is_foreign(case, signal.since)
        ]
        lasting = [(signal, None) for signal in is_bad] + [pair for pair in stretches if pair[1] > declared]
        left_over = {
            signal: since for signal, ended in lasting if (since := scene.find_left_over(signal, case, ended=ended))
        }
        is_bad = [signal for signal in is_bad if signal not in left_over]
        stretches = [(signal, ended) for signal, ended in stretches if signal not in left_over]
        past = [
            *((signal, ended) for signal, ended in stretches if ended > declared),
            *scene.find_outage_past(
                (pair for pair in stretches if pair[1] <= declared),
                [*(signal for signal, ended in stretches if ended > declared), *is_bad],
                declared,
            ),
        ]
        if not case.drill:  # older files state what another incident knew first as the detection of this one
            case.forget_detection([*(scene.claimed.keys() - {signal for signal, _ in past}), *left_over])
        scene.claim((signal for signal, _ in past), case)
        unwell = [
            signal
            for signal in scene.serving.unwell.values()
            if case.covers(signal.since) and not scene.is_foreign(case, signal.since)
        ]
        self._tell_again(scene, case, event, OwnSignals(tuple(past), tuple(is_bad), tuple(unwell), left_over))
        if not case.drill:
            for drill in (*scene.open.values(), *scene.closed.values()):
                if drill.drill:
                    drill.give_up([*is_bad, *unwell])

    @staticmethod
    def _tell_again(
        scene: EnvironmentLedger,
        case: IncidentStateBuilder,
        event: Event,
        own: "OwnSignals",
        since: datetime = EARLIEST,
        *,
        detects: bool = True,
    ) -> None:
        """Tell an incident what was recorded of its own signals before it was declared or opened again, in the order in
        which that was written and with what ran at each moment, as if it had been open. What happened until `since` it
        was told then."""
        serving = deepcopy(scene.serving_before)
        beginnings = {(key_of(fact), fact.occurred) for fact in scene.seen if says_bad(fact.kind, fact.detail)}
        begun = {(signal.key, signal.since) for _, signal, is_bad in own.list_turns() if is_bad}
        is_own = {key: True for key, _ in begun - beginnings}  # of what is bad in the course of it
        # A threshold over past minutes that is left over says nothing of these.
        waiting = sorted(
            ((signal, well) for signal, well in own.left_over.items() if not signal.key.startswith(f"{Kind.SIGNAL}:")),
            key=lambda pair: pair[1],
        )
        with case.judging_by(serving.is_felt):
            for moment, signal, is_bad in own.list_turns():
                if (signal.key, signal.since) in beginnings:
                    continue
                # So long ago that only its beginning and its end are known.
                if is_bad:
                    case.turned_bad(signal, event.id, detects=detects)
                    case.name_service(scene.serving.find_resource(signal.key))
                else:
                    case.turned_good(signal.key, moment, event.id)
            for fact in scene.seen:
                worse, better = serving.see(fact)
                while waiting and waiting[0][1] <= fact.occurred:
                    case.turned_bad(waiting.pop(0)[0], event.id, detects=False)
                key, bad = key_of(fact), says_bad(fact.kind, fact.detail)
                if bad:
                    is_own.setdefault(key, (key, fact.occurred) in begun)
                elif bad is False:
                    is_own.pop(key, None)
                if fact.occurred <= since:
                    continue
                if bad and is_own[key]:
                    case.turned_bad(signal_of(fact), event.id, detects=detects)
                    case.name_service(text_of(fact.detail, "resource"))
                elif bad is False:
                    case.turned_good(key, fact.occurred, event.id)
                for signal in worse:
                    if own.has_begun(signal.since) and case.covers(signal.since):
                        case.turned_bad(signal, event.id, detects=False)
                        case.name_service(fact.subject.partition("/")[0])
                for gone in better:
                    case.turned_good(gone, fact.occurred, event.id)
                if fact.kind == Kind.TRAFFIC and own.has_begun(fact.occurred):
                    case.traffic_moved(fact.occurred, event.id)
                if fact.kind == Kind.TRAFFIC and case.covers(fact.occurred):
                    case.see_move(fact)
        for signal in (*(signal for signal, _ in waiting), *own.unwell):
            if signal.key not in case.bad_keys():
                case.turned_bad(signal, event.id, detects=False)

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
        if not case.open and sets_open_status(event):  # what is over stays as it was, until it is opened again
            for step in scene.clock_steps[case.steps_until_closed :]:
                case.move(step)
        was_open = case.open
        case.apply(event)
        self._participations[case.id].apply(event, was_open=was_open, is_open=case.open)
        if event.kind == Kind.ACK:
            self._take(scene, event)
        elif event.kind == Kind.DECLARE:
            self._gather(scene, case, event)
        elif event.kind == Kind.CLOCK and find_left_open(text_of(event.detail, "text")):
            scene.waiting[case.id] = case
        if case.open:
            if case.id not in scene.open:
                self._take_up_again(scene, case, event)
            scene.open[case.id] = case
            scene.closed.pop(case.id, None)
        elif scene.open.pop(case.id, None):
            scene.closed[case.id] = case
            case.steps_until_closed = len(scene.clock_steps)

    @staticmethod
    def _gather(scene: EnvironmentLedger, case: IncidentStateBuilder, event: Event) -> None:
        """The signals that are bad already and began within the range are the incident's own, and no drill's then."""
        bad = [*scene.bad.values(), *scene.serving.unwell.values()]
        own = [signal for signal in bad if case.covers(signal.since) and not scene.is_foreign(case, signal.since)]
        for signal in own:
            if signal.key in case.bad_keys() or scene.find_left_over(signal, case):
                continue
            is_unwell = signal.key in scene.serving.unwell
            case.turned_bad(signal, event.id, detects=not is_unwell)
            case.name_service(
                signal.key.partition(":")[2].partition("/")[0] if is_unwell else scene.serving.find_resource(signal.key)
            )
        if not case.drill:
            for drill in (*scene.open.values(), *scene.closed.values()):
                if drill.drill:
                    drill.give_up(own)

    def _take_up_again(self, scene: EnvironmentLedger, case: IncidentStateBuilder, event: Event) -> None:
        """It is open again: what nobody recorded while it was closed.

        What recovered since is over, and what turned bad since and is bad still is why it was opened again, with what
        is of one outage with it; where nothing is bad any more, the outage that was over last, within half an hour. As
        with a declaration, what has been bad for longer than two hours was there before, but for what users felt in
        this very incident: that is bad again since it was closed.
        """
        for key in case.bad_keys():
            if key not in scene.bad and key not in scene.serving.unwell:
                case.turned_good(key, scene.recovered.get(key, event.occurred), event.id)
        closed = case.last_resolved or event.occurred
        since = max(closed, event.occurred - LOOK_BACK)

        def began_since(signal: Signal) -> bool:
            return (closed if case.has_felt(signal.key) else since) < signal.since <= event.occurred

        bad = list(filter(began_since, scene.bad.values()))
        past = [
            (signal, ended)
            for signal, ended in scene.stretches
            if since < signal.since < ended <= event.occurred
            and (bad or event.occurred - ended <= ALWAYS)
            and not scene.is_foreign(case, signal.since)
        ]
        unwell = list(filter(began_since, scene.serving.unwell.values()))
        over = scene.find_outage_past(past, bad, event.occurred)
        scene.claim((signal for signal, _ in over), case)
        settled_until = (case.last_resolved or event.occurred) + RECOVERY_MUST_HOLD
        own = OwnSignals(tuple(over), tuple(bad), tuple(unwell), {})
        self._tell_again(scene, case, event, own, settled_until, detects=False)

    @staticmethod
    def _take(scene: EnvironmentLedger, event: Event) -> None:
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
            scene.redact(number)
            was_silencing = [event for event in scene.silencing if event.id == number]
            scene.silencing = [event for event in scene.silencing if event.id != number]
            was_break = scene.breaks.pop(number, None)
            if scene.frozen.redact(number) or was_silencing or was_break:
                self._look_again(environment)

    def _look_again(self, environment: str) -> None:
        for case in self._cases.values():
            if case.environment == environment:
                case.look_again()


def _run_id(event: Event) -> str:
    """The run that an event of a run or of one of its steps is about."""
    return event.subject.partition("#")[0]

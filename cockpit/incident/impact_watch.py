"""ImpactWatch: which signals users feel, and when the last of them recovered: what "mitigated" means here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain

from cockpit.incident.impact import RECOVERY_MUST_HOLD, has_held, last_period
from cockpit.incident.serving_state import FeltVerdict
from cockpit.incident.signals import Signal
from cockpit.model.clock_steps import move_moment
from cockpit.model.event import Kind
from cockpit.model.incident import HealthyPeriod
from cockpit.model.probe import ProbeState


class ImpactWatch:
    """The signals of one incident that users feel, and the stretches in which none of them was bad.

    A threshold tells of a number over minutes that are past: it may be bad long after all is well. So it says when
    users began to feel something, and not when that ended where probes say so.
    """

    def __init__(self) -> None:
        self._certain: dict[str, Signal] = {}  # bad and felt, whatever happens to the traffic
        self._alerts: dict[str, Signal] = {}  # bad; whether users feel it depends on the traffic
        self._felt_alerts: set[str] = set()  # those of them that users felt when that was last asked
        self._moves: list[_TrafficMove] = []  # of the stretch that goes on or was last
        self._late_ends: dict[str, tuple[datetime, str]] = {}  # of alerts that are known to have ended only after that
        self._before_moves: tuple[datetime | None, str] = (None, "")  # when that was over, and by what, without them
        self._thresholds: dict[str, Signal] = {}  # bad; felt as long as no probe tells better
        self._feels = False
        self._names: set[str] = set()  # every signal that was felt
        self._recovered: datetime | None = None
        self._bad_since: datetime | None = None  # when the newest of what users felt began
        self._certain_since: datetime | None = None  # the same without alerts, of the stretch that goes on or was last
        self._by = ""
        self._alert_ends: dict[str, tuple[datetime, str]] = {}  # of alerts that were felt as far as was known then
        self.periods: list[HealthyPeriod] = []
        self.slow: list[HealthyPeriod] = []  # moments in which it was slow after a recovery that stands
        self._first: Signal | None = None  # the earliest probe or alert that was felt
        self._first_ill: Signal | None = None  # the earliest revision with traffic that was not healthy
        self.relapses: list[datetime] = []  # when users began to feel something again
        self._joined: list[tuple[str, datetime]] = []  # what turned bad while they felt something already, by key
        self._is_mild = False  # since then every answer came and was right, if slow
        self._judged: _JudgedEnd | None = None  # by what the last end was judged, where alerts had a part in it
        self._unplaced = ""  # the alert by which the last stretch ended, where nobody can say what it is about
        self._guess: _RelapseGuess | None = None  # while nothing but a guess says that users feel it again

    def __contains__(self, key: str) -> bool:
        return key in self._certain or key in self._alerts or key in self._thresholds

    @property
    def felt_names(self) -> tuple[str, ...]:
        """The keys of all signals that users felt at some time, in order."""
        return tuple(sorted(self._names))

    def bad_keys(self) -> tuple[str, ...]:
        return (*self._certain, *self._alerts, *self._thresholds)

    def has_felt(self, key: str) -> bool:
        return key in self._names

    def list_beginnings(self) -> list[datetime]:
        """When each of what is bad now began."""
        return [
            signal.began for signals in (self._certain, self._alerts, self._thresholds) for signal in signals.values()
        ]

    def list_turns_bad(self) -> list[datetime]:
        """When anything that users feel turned bad, also while something else was bad already."""
        return [*self.relapses, *(moment for _, moment in self._joined)]

    def find_felt(self, is_felt: Callable[[str], int]) -> Signal | None:
        """The first of what users feel now."""
        if not self._feels:
            return None
        felt_alerts = (alert for alert in self._alerts.values() if is_felt(alert.key))
        thresholds = () if self._probes_tell else self._thresholds.values()
        return next(chain(self._certain.values(), felt_alerts, thresholds), None)

    @property
    def _probes_tell(self) -> bool:
        return any(name.startswith(f"{Kind.PROBE}:") for name in self._names)

    def turned_bad(self, signal: Signal, is_felt: Callable[[str], int]) -> None:
        before = self._certain.get(signal.key)
        is_worse = before is not None and (before.state, signal.state) == (ProbeState.DEGRADED, ProbeState.DOWN)
        is_turn = signal.key not in self or signal.fired_anew or is_worse
        if signal.key.startswith(f"{Kind.SIGNAL}:"):
            self._thresholds.setdefault(signal.key, signal)
            if not self._probes_tell:
                self._join(signal, is_turn)
                self._names.add(signal.key)
                self._first = _choose_earlier(self._first, signal)
                self._relapse(signal.began, is_certain=True)
            return
        alert = signal.key.startswith(f"{Kind.ALERT}:")
        (self._alerts if alert else self._certain).setdefault(signal.key, signal)
        if alert and not is_felt(signal.key):
            return
        if alert:
            self._felt_alerts.add(signal.key)
        self._join(signal, is_turn)
        self._names.add(signal.key)
        is_guess = signal.key.startswith(f"{Kind.REVISION}:")
        if is_guess:
            self._first_ill = _choose_earlier(self._first_ill, signal)
        else:
            self._first = _choose_earlier(self._first, signal)
        self._relapse(signal.began, signal.is_slow, is_guess, is_certain=not alert)

    def _join(self, signal: Signal, is_turn: bool) -> None:
        if is_turn and self._feels:
            self._joined.append((signal.key, signal.began))

    @property
    def first(self) -> Signal | None:
        """The first sign of what users felt.

        That a revision with traffic is not healthy is a guess of the platform at it. Where a probe or an alert says
        the same within two minutes, that is the first sign.
        """
        ill, other = self._first_ill, self._first
        if ill is None or other is None:
            return other or ill
        return other if other.began <= ill.began + RECOVERY_MUST_HOLD else ill

    def turned_good(self, key: str, moment: datetime, is_felt: Callable[[str], int]) -> None:
        if (threshold := self._thresholds.pop(key, None)) is not None:
            if key in self._names and not self._probes_tell:
                self._look(moment, threshold.label, is_felt)
            return
        felt = key in self._certain or (key in self._alerts and key in self._names)
        is_alert = key in self._alerts
        signal = self._certain.pop(key, None) or self._alerts.pop(key, None)
        if is_alert and not self._feels and signal is not None:
            self._judge_moves_again(key, moment, signal.label)
        self._felt_alerts = {alert for alert in self._felt_alerts if alert in self._alerts and is_felt(alert)}
        if signal is None or not felt:
            return
        if signal.is_slow and not has_held(signal.began, moment):
            self._joined = [turn for turn in self._joined if turn != (key, signal.began)]  # it was slow for a moment
        if is_alert and self._feels:
            self._alert_ends[key] = (moment, signal.label)
            self._look(None, "", is_felt)
        elif not is_alert:
            self._look(moment, signal.label, is_felt)

    def traffic_moved(self, moment: datetime, is_felt: Callable[[str], int]) -> None:
        """Alerts may be felt now that were not, or no more."""
        if self._feels:
            still = {key for key in self._alerts if key in self._names and is_felt(key)}
            # Where no alert was felt that is about what had the traffic, the move ends nothing: a probe is well since
            # before it, say, and that is not settled yet.
            if about := frozenset(still | (self._felt_alerts & self._alerts.keys())):
                self._moves.append(_TrafficMove(moment, about))
            self._felt_alerts = still
            self._look(None, "", is_felt)
        elif (felt := [alert for alert in self._alerts.values() if is_felt(alert.key)]) and not self._certain:
            self._names |= {signal.key for signal in felt}
            self._felt_alerts |= {signal.key for signal in felt}
            if self._first is None:  # it was bad before, and nobody felt that
                self._first = replace(felt[0], since=moment, lead=timedelta())
            self._relapse(moment, is_guess=True)

    def move(self, length: timedelta) -> None:
        """Tell every moment by a clock that was set by so much."""
        self._certain = {key: signal.moved(length) for key, signal in self._certain.items()}
        self._alerts = {key: signal.moved(length) for key, signal in self._alerts.items()}
        self._thresholds = {key: signal.moved(length) for key, signal in self._thresholds.items()}
        self._alert_ends = {key: (move_moment(end, length), label) for key, (end, label) in self._alert_ends.items()}
        self._recovered = self._recovered and move_moment(self._recovered, length)
        before, by = self._before_moves
        self._before_moves = (before and move_moment(before, length), by)
        self._moves = [replace(move, moment=move_moment(move.moment, length)) for move in self._moves]
        self._late_ends = {key: (move_moment(end, length), label) for key, (end, label) in self._late_ends.items()}
        self._bad_since = self._bad_since and move_moment(self._bad_since, length)
        self._certain_since = self._certain_since and move_moment(self._certain_since, length)
        self._first = self._first and self._first.moved(length)
        self._first_ill = self._first_ill and self._first_ill.moved(length)
        self.relapses = [move_moment(moment, length) for moment in self.relapses]
        self._joined = [(key, move_moment(moment, length)) for key, moment in self._joined]
        self.periods = [_move_period(period, length) for period in self.periods]
        self.slow = [_move_period(period, length) for period in self.slow]
        self._judged = self._judged and self._judged.move(length)
        if (guess := self._guess) is not None:
            well = guess.well and _move_period(guess.well, length)
            self._guess = _RelapseGuess(move_moment(guess.at, length), well)

    def _look(self, moment: datetime | None, by: str, is_felt: Callable[[str], int]) -> None:
        """Something is better. Sources tell late and in any order: of all recoveries the latest ended the impact.

        Whether users still felt an alert when it ended is asked only here: a probe that was thought bad then may have
        been up, as is known now.
        """
        if moment is not None and (self._recovered is None or moment >= self._recovered):
            self._recovered, self._by = moment, by or self._by
        if self._certain or any(is_felt(key) for key in self._alerts) or (self._thresholds and not self._probes_tell):
            return
        if self._feels:
            self._before_moves = (self._recovered, self._by)
            self._recovered = self._add_moves(self._recovered, self._alert_ends)
            before = _JudgedEnd(dict(self._alert_ends), self._recovered, self._by)
            self._apply_alert_ends(before, is_felt)
            self._alert_ends.clear()
            self._feels = False
            if self._recovered is not None:
                start = self._find_end(self._recovered)
                if self._was_moment(start):
                    self.slow.append(HealthyPeriod(self.relapses[-1], start, self._by))
                    self.periods[-1] = replace(self.periods[-1], end=None)
                    self.relapses.pop()
                else:
                    self.periods.append(HealthyPeriod(start, evidence=self._evidence(before.recovered)))
                    self._judged = before if before.alert_ends else None

    def _add_moves(self, recovered: datetime | None, ends: Mapping[str, tuple[datetime, str]]) -> datetime | None:
        """When all was over, by the moves of the traffic as well: those that an alert was felt until."""
        moments = [move.moment for move in self._moves if move.is_end(self._alerts, ends)]
        return max([*moments, *([recovered] if recovered else [])], default=None)

    def _judge_moves_again(self, key: str, end: datetime, label: str) -> None:
        """An alert that was thought to fire when the traffic left what it is about had ended before, as is known only
        now: it was felt until it ended, and not until the move."""
        last, recovered = last_period(self.periods), self._recovered
        if last is None or last.start != recovered or not any(key in move.about for move in self._moves):
            return
        self._late_ends[key] = (end, label)
        if self._add_moves(None, self._late_ends) == recovered or all(recovered != move.moment for move in self._moves):
            return
        self._recovered, self._by = self._before_moves
        for moment, name in sorted(self._late_ends.values()):
            if self._recovered is None or moment > self._recovered:
                self._recovered, self._by = moment, name
        moved = self._add_moves(self._recovered, self._late_ends)
        if moved is not None:
            self._recovered = moved
            self.periods[-1] = replace(last, start=self._find_end(moved), evidence=self._evidence(moved))

    def _find_end(self, recovered: datetime) -> datetime:
        """When a stretch ended by its last recovery: by a clock that runs behind, that may have happened before what it
        ends. An alert that fired after it ends no later beside something else: it only seemed felt, while the recovery
        was not known."""
        began = self._certain_since or self._bad_since
        return recovered if began is None else max(recovered, began)

    def _apply_alert_ends(self, before: "_JudgedEnd", is_felt: Callable[[str], int]) -> None:
        self._recovered, self._by, self._unplaced = before.recovered, before.by, ""
        for key, (end, label) in sorted(before.alert_ends.items(), key=lambda pair: pair[1]):
            if self._recovered is None or end > self._recovered:
                verdict = is_felt(key)
                if self._recovered is None or verdict:
                    self._recovered, self._by = end, label
                    self._unplaced = label if verdict == FeltVerdict.UNPLACED else ""

    @property
    def awaits_judgement(self) -> bool:
        """Whether an alert ended the last stretch, which a probe that was well before that may still contradict."""
        return self._judged is not None and not self._feels

    def judge_again(self, moment: datetime, is_felt: Callable[[str], int]) -> None:
        """It is known only now that a probe was well at a moment: whether users still felt an alert after it is asked
        again, as it is in an incident that had that probe for its own."""
        last = last_period(self.periods)
        if self._judged is None or self._feels or last is None or self._recovered is None:
            return
        if last.start != self._recovered or moment > last.start:
            return
        self._apply_alert_ends(self._judged, is_felt)
        start = self._find_end(self._recovered)
        evidence = self._evidence(self._judged.recovered)
        self.periods[-1] = replace(self.periods[-1], start=start, evidence=evidence)

    def _was_moment(self, over: datetime) -> bool:
        """Whether what ends here was a slow moment after a recovery that had held: it takes that recovery not back."""
        last = self.periods[-1] if self.periods else None
        if not self._is_mild or last is None or last.end is None or not self.relapses or last.end != self.relapses[-1]:
            return False
        return has_held(last.start, last.end) and not has_held(last.end, over)

    def _relapse(
        self, since: datetime, is_mild: bool = False, is_guess: bool = False, *, is_certain: bool = False
    ) -> None:
        """`is_certain`: felt whatever happens to the traffic."""
        self._is_mild = is_mild and (self._is_mild or not self._feels)
        if not self._feels:
            self._certain_since = None
            self._moves.clear()
            self._late_ends.clear()
        if is_certain:
            self._certain_since = since if self._certain_since is None else max(self._certain_since, since)
        if not self._feels:
            self.relapses.append(since)
            self._guess = _RelapseGuess(since, last_period(self.periods)) if is_guess else None
        elif self._guess is not None and not is_guess:
            self._replace_guess(self._guess, since)
        elif self.relapses and since < self.relapses[-1]:
            self._begin_earlier(since)
        self._bad_since = since if self._bad_since is None else max(self._bad_since, since)
        self._feels = True
        if not self.periods or self.periods[-1].end is not None:
            return
        last = self.periods.pop()
        if since > last.start:  # what was recorded late, and was bad before it, shows that it was never all well
            self.periods.append(HealthyPeriod(last.start, since, last.evidence))

    def _replace_guess(self, guess: "_RelapseGuess", since: datetime) -> None:
        """A probe or an alert says when users felt it again: not when traffic was asked to move, nor when the platform
        thought a revision ill. What says so more than two minutes later tells of something else."""
        self._guess = None
        if not guess.at < since <= guess.at + RECOVERY_MUST_HOLD:
            if since < self.relapses[-1]:
                self._begin_earlier(since)
            return
        self.relapses[-1] = since
        if guess.well is not None and since > guess.well.start:
            kept = [period for period in self.periods if period.start != guess.well.start]
            self.periods = [*kept, replace(guess.well, end=since)]

    def _begin_earlier(self, since: datetime) -> None:
        """What was recorded second was felt first: a probe's first failing answer before the traffic was seen to move,
        say."""
        last = self.periods[-1] if self.periods else None
        if last is not None and last.end == self.relapses[-1] and since > last.start:
            self.periods[-1] = replace(last, end=since)
            self.relapses[-1] = since

    def _evidence(self, before: datetime | None = None) -> str:
        probes = [name for name in self._names if name.startswith(f"{Kind.PROBE}:")]
        if self._unplaced:
            up = "all probes up" if len(probes) > 1 else "the probe up"
            since = f"; {up} since {before:%H:%M:%S} UTC" if probes and before is not None else ""
            return f"{self._unplaced} recovered, which cannot be placed and so counts as felt{since}"
        if self._by.startswith("revision "):  # it recovered, or the traffic has left it
            return "all probes up, and traffic on a healthy revision" if probes else "traffic on a healthy revision"
        if len(probes) == len(self._names) or self._by.startswith("probe "):
            return "all probes up" if len(probes) > 1 else f"{self._by} up again"
        return f"{self._by} recovered, the last that users felt" if self._by else "the last that users felt recovered"


@dataclass(frozen=True, slots=True)
class _TrafficMove:
    """`about` are the keys of the alerts that users felt until then, as far as was known."""

    moment: datetime
    about: frozenset[str]

    def is_end(self, firing: Mapping[str, Signal], ends: Mapping[str, tuple[datetime, str]]) -> bool:
        """Whether one of them had not ended before."""
        return any(key in firing or (key in ends and ends[key][0] > self.moment) for key in self.about)


@dataclass(frozen=True, slots=True)
class _JudgedEnd:
    """What the end of a stretch was judged by: when alerts ended, and when what else users felt had."""

    alert_ends: Mapping[str, tuple[datetime, str]]
    recovered: datetime | None
    by: str

    def move(self, length: timedelta) -> "_JudgedEnd":
        ends = {key: (move_moment(end, length), label) for key, (end, label) in self.alert_ends.items()}
        return _JudgedEnd(ends, self.recovered and move_moment(self.recovered, length), self.by)


@dataclass(frozen=True, slots=True)
class _RelapseGuess:
    """When users may have begun to feel it again, and the stretch without that ended with it."""

    at: datetime
    well: HealthyPeriod | None


def _move_period(period: HealthyPeriod, length: timedelta) -> HealthyPeriod:
    end = period.end and move_moment(period.end, length)
    return replace(period, start=move_moment(period.start, length), end=end)


def _choose_earlier(first: Signal | None, signal: Signal) -> Signal:
    return signal if first is None or signal.began < first.began else first

"""Signals: the probes, alerts and thresholds that are bad at a point of the timeline, and since when."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from cockpit.model.alert import AlertState, Severity
from cockpit.model.clock_steps import move_moment
from cockpit.model.conditions import is_answer_right
from cockpit.model.event import (
    UNSEEN_FROM,
    Draft,
    Event,
    Kind,
    describe_unseen,
    map_of,
    number_of,
    text_of,
    time_of,
)
from cockpit.model.probe import ProbeFlap, ProbeState
from cockpit.recorder.last_recorded import FLAPPING, REMOVED

PROBE_SAYS = {
    ProbeState.DOWN.value: True,
    ProbeState.DEGRADED.value: True,
    FLAPPING: True,
    ProbeState.UP.value: False,
    ProbeState.MAINTENANCE.value: False,
    ProbeState.ASLEEP.value: False,
    REMOVED: False,
}
# A silence or a disappearance is not a recovery: `suppressed` and `resolved?` leave the signal as it was.
ALERT_SAYS = {AlertState.FIRING.value: True, AlertState.RESOLVED.value: False}


@dataclass(frozen=True, slots=True)
class Signal:
    """One bad signal: `label` as people say it, `probe ready` or `alert 5xx errors`.

    `since` is when it was known to be bad. It may have begun before, by `lead`: one failing answer accuses nobody yet.
    """

    key: str
    label: str
    since: datetime
    state: str = ""  # `down`, `degraded`, `flapping` or `firing`, when it was first bad
    lead: timedelta = timedelta()
    fired_anew: bool = False  # an alert of which one had ended unseen before
    is_slow: bool = False  # a probe that was degraded, and whose answer was right but for the time it took
    is_unseen: bool = False  # it may have begun before: nobody looked until it was seen, and its source dates nothing

    @property
    def still(self) -> str:
        """`probe ready is still bad`; one that goes up and down is not known to be bad at this moment."""
        return f"{self.label} is still {'flapping' if self.state == FLAPPING else 'bad'}"

    @property
    def how(self) -> str:
        """`flapping ` in front of since when it is bad; "" of what is bad all the while."""
        return f"{FLAPPING} " if self.state == FLAPPING else ""

    @property
    def or_before(self) -> str:
        """` or before` behind since when it is bad, where only the first look says so."""
        return " or before" if self.is_unseen else ""

    @property
    def began(self) -> datetime:
        return self.since - self.lead

    def moved(self, length: timedelta) -> "Signal":
        """The same by a clock that was set by so much."""
        return replace(self, since=move_moment(self.since, length))


def says_bad(kind: str, detail: Mapping[str, Any]) -> bool | None:
    """True when a fact says that its subject is bad, False when it is good again, None when it says neither.

    An alert of severity info tells, it does not accuse.
    """
    state = detail.get("state")
    if not isinstance(state, str):
        return None
    if kind in (Kind.PROBE, Kind.SIGNAL):
        return PROBE_SAYS.get(state)
    if kind != Kind.ALERT:
        return None
    bad = ALERT_SAYS.get(state)
    return None if bad and detail.get("severity") == Severity.INFO else bad


def key_of(fact: Event | Draft) -> str:
    """The signal's name within its environment."""
    return f"{fact.kind}:{fact.subject}"


def signal_of(fact: Event | Draft) -> Signal:
    """The signal that a bad fact begins."""
    name = text_of(fact.detail, "name") or fact.subject
    return Signal(
        key_of(fact),
        f"{fact.kind} {name}",
        fact.occurred,
        text_of(fact.detail, "state"),
        measure_lead(fact.detail),
        fired_anew=has_fired_anew(fact),
        is_slow=_was_slow(fact.detail),
        is_unseen=fact.kind != Kind.ALERT and time_of(fact.detail, UNSEEN_FROM) is not None,
    )


def _was_slow(detail: Mapping[str, Any]) -> bool:
    return text_of(detail, "state") == ProbeState.DEGRADED and is_answer_right(text_of(detail, "reason"))


def has_fired_anew(fact: Event | Draft) -> bool:
    """Whether an alert had ended unseen before, and this is the next that fires or is silenced."""
    return fact.kind == Kind.ALERT and text_of(fact.detail, "was") == AlertState.RESOLVED


def measure_lead(detail: Mapping[str, Any]) -> timedelta:
    """How long before it was settled a bad fact began: from the first failing answer that the record kept of it.

    A length, so it holds by whichever clock the fact is dated, and when a person says that it was at another time. That
    a probe fails now and then is settled by several failures: it began with the first.
    """
    settled, first = time_of(detail, "since"), time_of(map_of(detail, "answer"), "at")
    if text_of(detail, "state") == FLAPPING:
        settled, first = time_of(map_of(detail, "flap"), "noticed"), time_of(map_of(detail, "flap"), "from")
    if settled is None or first is None:
        return timedelta()
    return min(max(settled - first, timedelta()), LOOK_BACK)


def read_flap(detail: Mapping[str, Any]) -> ProbeFlap | None:
    """How a probe failed now and then, of a fact that says that it does or that it did."""
    flap = map_of(detail, "flap")
    began, last_bad = time_of(flap, "from"), time_of(flap, "until")
    if began is None or last_bad is None:
        return None
    longest = timedelta(seconds=max(number_of(flap, "longest_well"), 0))
    return ProbeFlap(began, last_bad, max(number_of(flap, "times"), 1), longest)


def find_unseen_before(events: Iterable[Event], subject: str, flap: ProbeFlap) -> str:
    """` (or before: not seen from 02:11:05 UTC on)` behind the beginning of how a probe failed now and then, where
    nobody had looked before its first failure: the fact of that failure says so, what tells of all of them does not."""
    first = next(
        (
            event
            for event in events
            if event.kind == Kind.PROBE
            and event.subject == subject
            and event.occurred >= flap.began
            and says_bad(event.kind, event.detail)
        ),
        None,
    )
    return "" if first is None or first.occurred > flap.last_bad else describe_unseen(first)


def find_beginning(fact: Event | Draft) -> datetime:
    """When what a bad fact tells of began."""
    return fact.occurred - measure_lead(fact.detail)


# How far back into the journal an incident reaches when it is declared.

LOOK_BACK = timedelta(hours=2)  # what has been bad for longer was there before this incident
ALWAYS = timedelta(minutes=30)  # kept in any case
MANY = 5  # instances of one rule that are bad at once
LEAD_IN = timedelta(minutes=10)  # before the first signal: the deployment that broke it comes before what noticed


def earliest_signal(bad: Iterable[Signal], declared: datetime) -> Signal | None:
    """The signal that knew first: still bad, and for no longer than two hours."""
    recent = [signal for signal in bad if declared - LOOK_BACK <= signal.since <= declared]
    by_label: dict[str, list[Signal]] = {}
    for signal in recent:
        by_label.setdefault(signal.label, []).append(signal)
    # Sources that never end an alert (stateless rules) leave dozens of instances of one rule behind: where it has new
    # ones, these began what is declared, and the old ones are what was left over.
    for several in by_label.values():
        young = [signal for signal in several if declared - signal.since <= ALWAYS]
        if len(several) > MANY and young:
            recent = [signal for signal in recent if signal not in several or signal in young]
    return min(recent, key=lambda signal: signal.since, default=None)


TOGETHER = timedelta(minutes=2)  # all well for less is a pause within one outage


def find_outage_past(
    past: Iterable[tuple[Signal, datetime]], bad: Iterable[Signal] = ()
) -> list[tuple[Signal, datetime]]:
    """Of what was bad and is over, each with its end, what belongs to one outage with what is bad; where nothing is, to
    the outage that ended last.

    It was over less than two minutes before the rest of the outage began: what was well for longer is another one.
    """
    begin = min((signal.began for signal in bad), default=None)
    result: list[tuple[Signal, datetime]] = []
    for signal, ended in sorted(past, key=lambda pair: pair[1], reverse=True):
        if begin is None or begin - ended < TOGETHER:
            result.append((signal, ended))
            begin = signal.began if begin is None else min(begin, signal.began)
    return result


def compute_reach(first: Signal | None, declared: datetime) -> datetime:
    """Where the incident's range begins: half an hour back, or some minutes before the first signal."""
    if first is None:
        return declared - ALWAYS
    return min(declared - ALWAYS, first.since - LEAD_IN)

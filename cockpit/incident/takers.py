"""Who had what was bad: one rule for the shift, the draft, and what is left open."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from cockpit.incident.impact import EARLIEST, LATEST
from cockpit.incident.signals import find_beginning, has_fired_anew, key_of, read_flap, says_bad
from cockpit.model.alert import AlertState
from cockpit.model.event import LASTING_STATES, UNSEEN_FROM, Event, Kind, list_of, text_of, time_of
from cockpit.model.incident import CLOCKS_DIFFER, Acknowledgement, Incident
from cockpit.model.probe import ProbeState
from cockpit.model.response import Holding
from cockpit.recorder.last_recorded import FLAPPING


@dataclass(frozen=True, slots=True)
class BadStretch:
    """One time in which a signal was bad, by its key. `since` None: since before what was read; `until` None: still.

    `state` is the worst that a probe was, and the last of an alert. An alert that its source kept silent all the while
    never `fired`, as far as anybody saw; one that fires on when its silence is lifted fired once.
    """

    key: str
    name: str = ""
    state: str = ""
    since: datetime | None = None
    until: datetime | None = None
    fired: datetime | None = None
    failures: int = 1  # of a probe that failed now and then, how many times
    is_since_unseen: bool = False  # it may have begun before: nobody recorded then
    is_until_unseen: bool = False  # and so its end
    unseen_from: datetime | None = None  # since when that may have been; None where it is dated
    end_recorded: datetime | None = None  # when its end was recorded; until then everybody was shown it as bad
    is_counted: bool = True  # False: as many as had been seen when it was noticed, and no end tells how many more

    @property
    def begin(self) -> datetime:
        return self.since or EARLIEST

    @property
    def end(self) -> datetime:
        return self.until or LATEST


def list_bad_stretches(events: Iterable[Event]) -> list[BadStretch]:
    """Every stretch in which a probe, a number that users feel or an alert was bad, in the order in which they began.
    `events` are those that stand, in order."""
    rows: list[BadStretch] = []
    open: dict[str, int] = {}  # by signal the place of its row
    for event in events:
        is_bad = _is_bad(event)
        if is_bad is None:
            continue
        unseen_from = time_of(event.detail, UNSEEN_FROM)
        is_unseen = unseen_from is not None
        key, state, was = key_of(event), text_of(event.detail, "state"), text_of(event.detail, "was")
        name = f"{event.kind} {text_of(event.detail, 'name') or event.subject}"
        if has_fired_anew(event) and (over := open.pop(key, None)) is not None:
            rows[over] = replace(rows[over], until=event.occurred)  # whoever took that one did not take the next
        if is_bad and state == FLAPPING and (joined := _join_failures(rows, event)) is not None:
            rows = joined
            open = {row.key: place for place, row in enumerate(rows) if row.until is None}
        elif is_bad and key not in open:
            open[key] = len(rows)
            rows.append(BadStretch(key, name, state, find_beginning(event), is_since_unseen=is_unseen))
        elif not is_bad and key not in open and _says_bad(event.kind, was):
            ended = BadStretch(
                key, name, was, until=event.occurred, end_recorded=event.recorded, unseen_from=unseen_from
            )
            rows.append(replace(ended, is_until_unseen=is_unseen))
        place = open.get(key)
        if place is None:
            continue
        if event.kind == Kind.ALERT:
            fired = rows[place].fired or (event.occurred if state == AlertState.FIRING else None)
            rows[place] = replace(rows[place], state=state, fired=fired)
        elif state == ProbeState.DOWN:
            rows[place] = replace(rows[place], state=state)
        if (flap := read_flap(event.detail)) is not None:
            failures = max(flap.times, rows[place].failures)
            rows[place] = replace(rows[place], failures=failures, is_counted=state != FLAPPING)
        if not is_bad:
            ended = replace(rows[place], until=event.occurred, end_recorded=event.recorded, unseen_from=unseen_from)
            rows[place] = replace(ended, is_until_unseen=is_unseen)
            del open[key]
    return rows


def _join_failures(rows: Sequence[BadStretch], event: Event) -> list[BadStretch] | None:
    """The rows with the first failures of what flaps as one that goes on: they had rows of their own until it was
    noticed that they belong together. None where it had none."""
    key, begin = key_of(event), find_beginning(event)
    failures = [row for row in rows if row.key == key and (row.until is None or row.until > begin)]
    if not failures:
        return None
    first = failures[0]
    since = None if first.since is None else min(first.since, begin)
    worst = ProbeState.DOWN.value if any(row.state == ProbeState.DOWN for row in failures) else FLAPPING
    flap = replace(first, state=worst, since=since, until=None)
    return [flap if row is first else row for row in rows if row is first or row not in failures]


def _is_bad(event: Event) -> bool | None:
    """None for what says nothing of it. An alert is what its source says, whatever its severity."""
    return _says_bad(event.kind, text_of(event.detail, "state"))


def _says_bad(kind: str, state: str) -> bool | None:
    if kind == Kind.ALERT:
        return True if state in LASTING_STATES else False if state == AlertState.RESOLVED else None
    return says_bad(kind, {"state": state}) if kind in (Kind.PROBE, Kind.SIGNAL) else None


def has_stretch(incident: Incident, stretch: BadStretch) -> bool:
    """Whether what was bad was the incident's: it began within its range, and the incident was not closed all the
    while. What was bad before its range was there before it."""
    begin = stretch.since or stretch.end
    if not incident.reach_from <= begin <= (incident.resolved or LATEST):
        return False
    return not any(closed <= begin and stretch.end <= opened for closed, opened in incident.closures)


def read_acknowledgement(event: Event) -> Acknowledgement:
    """What an event of kind ack says: of the incident, of one alert, or of several."""
    keys = tuple(key for key in list_of(event.detail, "keys") if isinstance(key, str) and key)
    return Acknowledgement(event.subject, event.occurred, event.actor, text_of(event.detail, "note"), keys)


def find_takers(
    stretch: BadStretch, acks: Iterable[Acknowledgement], stretches: Sequence[BadStretch] = ()
) -> tuple[str, ...]:
    """Who acknowledged it while it was bad, in order, each once.

    An acknowledgement of an alert takes that alert alone; one of the incident takes what was bad in it then; neither
    takes what is over, but an alert that its source had ended and that we had not read again yet. `stretches` may hold
    the others of the same signal: nobody takes two of them at once.
    """
    ordered = sorted(acks, key=lambda ack: ack.at)
    return tuple(dict.fromkeys(ack.actor for ack in ordered if _takes(ack, stretch, stretches)))


def find_takers_in(incident: Incident, stretch: BadStretch, stretches: Sequence[BadStretch] = ()) -> tuple[str, ...]:
    """Those who took it by what is recorded in an incident."""
    is_own = has_stretch(incident, stretch)
    return find_takers(stretch, (ack for ack in incident.acks if is_own or not ack.is_of_incident), stretches)


def _takes(ack: Acknowledgement, stretch: BadStretch, stretches: Sequence[BadStretch]) -> bool:
    within = stretch.begin <= ack.at <= stretch.end
    if ack.is_of_incident:
        return within
    kind, _, alert = stretch.key.partition(":")
    if kind != Kind.ALERT or not ack.names(alert):
        return False
    # By its source's clock it may have begun a little after whoever saw it here took it; not where it was there before.
    same = [other.begin for other in stretches if other.key == stretch.key]
    is_first = not any(begin < stretch.begin for begin in same)
    # And by that clock it was over before anybody here could know; not where it had fired again by then.
    is_shown = stretch.end < ack.at <= (stretch.end_recorded or stretch.end)
    is_last = not any(stretch.begin < begin <= ack.at for begin in same)
    return within or (is_first and ack.at < stretch.begin <= ack.at + CLOCKS_DIFFER) or (is_shown and is_last)


MOST_TERMS = 5  # that are told one by one


def join_terms(people: Iterable[str]) -> str:
    """Who had something one after the other: `ben, then ana, then ben`; of many terms how many are left out."""
    terms: list[str] = []
    for person in people:
        if not terms or terms[-1] != person:
            terms.append(person)
    if len(terms) > MOST_TERMS:
        left_out = len(terms) - MOST_TERMS + 1
        terms = [*terms[: MOST_TERMS - 2], f"{left_out} more turns", terms[-1]]
    return ", then ".join(terms)


def describe_terms(terms: Iterable[Holding], begin: datetime = EARLIEST, end: datetime = LATEST) -> str:
    """Who held a role between two moments, in order; `ana and bob` for as long as both did. Whoever stays alone has a
    turn of their own."""
    ordered = sorted(terms, key=lambda term: term.since)
    taken = {max(term.since, begin) for term in ordered if term.since <= end}
    left = {term.until for term in ordered if term.until is not None and begin <= term.until < end}
    turns = ([term.person for term in ordered if _holds(term, moment)] for moment in sorted(taken | left))
    return join_terms(" and ".join(dict.fromkeys(people)) for people in turns if people)


def _holds(term: Holding, moment: datetime) -> bool:
    """From its first moment on, until just before its last."""
    return term.since <= moment and (term.until is None or term.until > moment)

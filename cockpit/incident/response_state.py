"""What responders did, joined: the facts of one kind, in the order they were first stated, to the parts of an Incident.

Every function takes `(root, event)` pairs and never raises, whatever a detail holds. The last word counts.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from cockpit.model.clock import ClockKind, Rule, rule_of
from cockpit.model.event import Event, Kind, date_of, list_of, map_of, number_of, span_of, text_of, time_of, words_of
from cockpit.model.incident import StateChange
from cockpit.model.response import (
    ActionItem,
    Decision,
    EvidenceLink,
    Freeze,
    Holding,
    Mark,
    PageRecord,
    ProcedureRun,
    RecordedSilence,
    Recovery,
    Review,
    Tick,
    Update,
)
from cockpit.model.run import StepState, name_run
from cockpit.model.runbook import StepKind
from cockpit.model.text import clean_line, keep_whole

EventPairs = Iterable[tuple[int, Event]]

TODO = "todo:"  # what a note begins with, in any case, that is something to do afterwards
DONE, SKIPPED, OPEN = "done", "skipped", "open"  # a box
TICKED = frozenset({DONE, SKIPPED, OPEN})
WELL = frozenset({"ok", "warn", "by hand"})  # a step whose effect is there


def list_holdings(pairs: EventPairs) -> tuple[Holding, ...]:
    """Taking a role twice is one holding; a handover ends the holding of who hands over."""
    holdings: list[Holding] = []

    def ends(role: str, person: str, moment: datetime) -> None:
        for place, holding in enumerate(holdings):
            if holding.until is None and (holding.role.casefold(), holding.person) == (role.casefold(), person):
                holdings[place] = replace(holding, until=max(moment, holding.since))

    for _, event in pairs:
        role = text_of(event.detail, "role") or clean_line(event.subject)
        person, what = text_of(event.detail, "person") or event.actor, text_of(event.detail, "what")
        if what == "leaves":
            ends(role, person, event.occurred)
        elif what == "takes" and role:
            giver = text_of(event.detail, "from")
            if giver and giver != person:
                ends(role, giver, event.occurred)
            held = any(
                holding.until is None and (holding.role.casefold(), holding.person) == (role.casefold(), person)
                for holding in holdings
            )
            if not held:
                holdings.append(Holding(role, person, event.occurred, note=words_of(event.detail, "note")))
    return tuple(holdings)


def list_updates(pairs: EventPairs) -> tuple[Update, ...]:
    return tuple(
        Update(
            at=event.occurred,
            actor=event.actor,
            audience=text_of(event.detail, "audience") or clean_line(event.subject),
            text=words_of(event.detail, "text"),
            template=text_of(event.detail, "template"),
            promised=time_of(event.detail, "promised"),
            event=event.id,
            reader=text_of(event.detail, "reader"),
        )
        for _, event in pairs
    )


def list_calls(pairs: EventPairs) -> tuple[PageRecord, ...]:
    return tuple(
        PageRecord(
            at=event.occurred,
            actor=event.actor,
            who=text_of(event.detail, "who") or clean_line(event.subject),
            tier=number_of(event.detail, "tier"),
            how=text_of(event.detail, "how"),
            note=text_of(event.detail, "note"),
            answered=_read_answer(event),
        )
        for _, event in pairs
    )


NO_ANSWER = re.compile(
    r"(?i)\b(?:no|without) (?:an )?(?:answer|reply|response)\b|\bno ?(?:one|body) (?:answered|picked up|replied)\b"
    r"|\b(?:did(?: not|n.?t)|does(?: not|n.?t)|not) (?:answer|answering|pick(?:ing)? up|reply|respond)\b"
    r"|\bunanswered\b|\bunreachable\b|\bnot reach(?:ed|able)\b|\bvoice ?mail\b|\banswering machine\b|\bengaged\b"
    r"|\bphone (?:is |was )?off\b|\brang out\b|\bnot available\b"
)


def _read_answer(event: Event) -> bool | None:
    """Whether somebody answered, as it was stated, else by what was written down of it; None where nothing tells."""
    stated = event.detail.get("answered")
    if isinstance(stated, bool):
        return stated
    return False if NO_ANSWER.search(f"{text_of(event.detail, 'note')} {text_of(event.detail, 'how')}") else None


def list_ticks(pairs: EventPairs) -> tuple[Tick, ...]:
    """Each box once, by its number and its words then, as it stands, in the order in which they were first touched."""
    boxes: dict[tuple[str, int, str], Tick] = {}
    for _, event in pairs:
        list, item, state = (
            text_of(event.detail, "list"),
            number_of(event.detail, "item"),
            text_of(event.detail, "state"),
        )
        if list and item > 0 and state in TICKED:
            text, reason = text_of(event.detail, "text"), text_of(event.detail, "reason")
            by = text_of(event.detail, "done_by")
            boxes[list, item, text] = Tick(
                list, item, text, state, event.occurred, event.actor, reason, event.recorded, by
            )
    return tuple(boxes.values())


# What was bad when an incident was resolved is written down as something to put right; that it recovered ends it.

LEFT_BAD = "check that {label} recovers: it was bad when this was resolved"
LEFT_FLAPPING = "check that {label} recovers: it was flapping when this was resolved"
LEFT_SILENCED = "check that {label} recovers: it was silenced when this was resolved"
LEFT_UNHEALTHY = "repair or deactivate {label}: it was active and unhealthy when this was resolved"
LEFT_OPEN = re.compile(
    "|".join(
        re.escape(words).replace(re.escape("{label}"), "(.+)")
        for words in (LEFT_BAD, LEFT_FLAPPING, LEFT_SILENCED, LEFT_UNHEALTHY)
    )
)
RECOVERED = "recovered, as recorded"


def find_left_open(text: str) -> str:
    """The signal, alert or revision of which a mark says that it was left open at the resolution; "" for any other."""
    match = LEFT_OPEN.fullmatch(text)
    return next(filter(None, match.groups()), "") if match else ""


def end_recovered(marks: Iterable[Mark], recoveries: Mapping[str, datetime]) -> tuple[Mark, ...]:
    """The marks, of which those that wait for a recovery are done where it came. `recoveries` by label."""
    return tuple(
        replace(mark, done=max(moment, mark.started or moment), reason=RECOVERED)  # one that flaps may have been well
        if mark.done is None and not mark.not_applicable and (moment := recoveries.get(find_left_open(mark.text)))
        else mark
        for mark in marks
    )


def list_marks(pairs: EventPairs) -> tuple[Mark, ...]:
    """The marks on each clock. Done and not applicable take the place of each other."""
    marks_by_name: dict[str, Mark] = {}
    for _, event in pairs:
        id, what = clean_line(event.subject), text_of(event.detail, "what")
        mark, reason = marks_by_name.get(id, Mark(id)), text_of(event.detail, "reason")
        if what == "started":
            marks_by_name[id] = _build_mark(id, event)
        elif what == "done":
            marks_by_name[id] = replace(mark, done=event.occurred, not_applicable="", reason=reason)
        elif what == "not applicable" and reason:
            marks_by_name[id] = replace(mark, done=None, not_applicable=reason, reason=reason, stated_at=event.occurred)
        elif what == "snoozed":
            marks_by_name[id] = replace(mark, snoozed_until=time_of(event.detail, "snoozed_until"))
    return tuple(marks_by_name.values())


NOT_ON_CALL = "not on call"  # the mark of a person on a deadline that calls whoever is


def list_not_on_call(pairs: EventPairs) -> frozenset[str]:
    """Who stated that somebody else is on call."""
    return frozenset(
        text_of(event.detail, "person") or event.actor
        for _, event in pairs
        if text_of(event.detail, "what") == NOT_ON_CALL
    )


def _build_mark(id: str, event: Event) -> Mark:
    kind = text_of(event.detail, "kind")
    return Mark(
        id=id,
        kind=ClockKind(kind) if kind in frozenset(ClockKind) else None,
        text=text_of(event.detail, "text"),
        person=text_of(event.detail, "person"),
        started=event.occurred,
        due=time_of(event.detail, "due"),
    )


def list_decisions(pairs: EventPairs) -> tuple[Decision, ...]:
    return tuple(
        Decision(
            event.occurred, event.actor, words_of(event.detail, "text"), words_of(event.detail, "reason"), event.id
        )
        for _, event in pairs
    )


def list_action_items(pairs: EventPairs) -> tuple[ActionItem, ...]:
    """Those that were added, and those that notes tell of; later events say only what changes."""
    action_items_by_name: dict[str, ActionItem] = {}
    for root, event in pairs:
        if event.kind == Kind.NOTE:
            text = read_todo(event)
            if text:
                id = f"note-{root}"
                action_items_by_name[id] = ActionItem(id, text, event.occurred, event.actor)
            continue
        id = clean_line(event.subject)
        if id not in action_items_by_name and id and text_of(event.detail, "text"):
            action_items_by_name[id] = ActionItem(id, "", event.occurred, event.actor)
        if id in action_items_by_name:
            action_items_by_name[id] = _change_item(action_items_by_name[id], event)
    return tuple(action_items_by_name.values())


def read_todo(note: Event) -> str:
    """What a note says is to be done; "" when it says no such thing."""
    written = note.detail.get("text")
    text = (written if isinstance(written, str) and written else note.summary).lstrip()
    return clean_line(text[len(TODO) :]) if text[: len(TODO)].casefold() == TODO else ""


def _change_item(item: ActionItem, event: Event) -> ActionItem:
    detail = event.detail
    done: dict[str, Any] = {}
    if isinstance(detail.get("done"), bool):
        done = {"done": (item.done or event.occurred) if detail["done"] else None}
    return replace(
        item,
        text=text_of(detail, "text") or item.text,
        owner=text_of(detail, "owner") if "owner" in detail else item.owner,
        due=date_of(detail, "due") if "due" in detail else item.due,
        label=text_of(detail, "label") if "label" in detail else item.label,
        link=keep_whole(detail["link"]) if "link" in detail else item.link,
        **done,
    )


def find_pins(pairs: EventPairs, standing: Callable[[int], int]) -> frozenset[int]:
    """The events that are pinned, each by the id under which it stands now."""
    numbers: set[int] = set()
    for _, event in pairs:
        number = event_number(event)
        if number:
            (numbers.discard if event.detail.get("on") is False else numbers.add)(standing(number))
    return frozenset(numbers)


def list_evidence_links(pairs: EventPairs, standing: Callable[[int], int]) -> tuple[EvidenceLink, ...]:
    return tuple(
        EvidenceLink(standing(number), target_of(event.detail), text_of(event.detail, "text"))
        for _, event in pairs
        if (number := event_number(event)) and target_of(event.detail)
    )


def event_number(event: Event) -> int:
    """The event that the subject of a pin, a link or a redaction names; 0 where it names none."""
    sentence = event.subject
    return int(sentence) if sentence.isascii() and sentence.isdecimal() and len(sentence) < 19 else 0


def list_freezes(pairs: EventPairs) -> tuple[Freeze, ...]:
    """Of one environment, oldest first; only the last may still hold."""
    result: list[Freeze] = []
    for _, event in pairs:
        holds = bool(result) and result[-1].until is None
        if event.detail.get("on") is True and not holds:
            result.append(Freeze(event.environment, event.occurred, event.actor, text_of(event.detail, "reason")))
        elif event.detail.get("on") is False and holds:
            result[-1] = replace(result[-1], until=max(event.occurred, result[-1].since))
    return tuple(result)


def list_recorded_silences(events: Iterable[Event]) -> tuple[RecordedSilence, ...]:
    """Of one environment, those that were made from here, oldest first, by events of kind action.

    One that was sent and of which nobody knows the end may hold: it is listed, as not sure.
    """
    silences: dict[str, RecordedSilence] = {}  # by id, or by the event that sent it
    sent: dict[tuple[str, str], str] = {}  # by operation and target the key of what is on its way
    for event in events:
        operation, phase = text_of(event.detail, "operation"), text_of(event.detail, "phase")
        until, id = time_of(event.detail, "until"), text_of(event.detail, "id")
        verb = operation.removeprefix("silence ")
        if verb not in SILENCE_VERBS or until is None:
            continue
        what = (operation, text_of(event.detail, "target"))
        if phase == "intent":
            key = sent[what] = id or f"event {event.id}"
            if verb != "expire" and key not in silences:
                silences[key] = _read_silence(event, until, id, is_sure=False)
            continue
        key, outcome = sent.pop(what, id), text_of(event.detail, "outcome")
        before = silences.get(key)
        if outcome == "failed":
            if before is not None and not before.is_sure and before.until == until:
                del silences[key]
        elif verb == "expire" and outcome == "done":
            if before is not None:
                silences[key] = replace(before, ended=event.occurred)
        elif verb != "expire":
            silences.pop(key, None)
            silence = _read_silence(event, until, id, is_sure=outcome == "done")
            silences[id or key] = (
                replace(silence, since=before.since) if before and before.holds(event.occurred) else silence
            )
        elif before is not None:
            silences[key] = replace(before, is_sure=False)
    return tuple(silences.values())


SILENCE_VERBS = frozenset({"create", "extend", "expire"})


def _read_silence(event: Event, until: datetime, id: str, *, is_sure: bool) -> RecordedSilence:
    target, comment = text_of(event.detail, "target"), text_of(event.detail, "comment")
    return RecordedSilence(target, event.occurred, until, event.actor, comment, id, is_sure=is_sure)


def find_recovery(pairs: EventPairs) -> Recovery | None:
    """The scenario that was chosen last, with the last moment that data was brought back to."""
    result: Recovery | None = None
    for _, event in pairs:
        detail, what = event.detail, text_of(event.detail, "what")
        if what == "chosen":
            result = Recovery(
                scenario=text_of(detail, "scenario") or clean_line(event.subject),
                chosen=event.occurred,
                rto=span_of(detail, "rto"),
                rpo=span_of(detail, "rpo"),
                point=result.point if result else None,
                origin=text_of(detail, "origin"),
            )
        elif what == "recovered to":
            point = time_of(detail, "point")
            result = replace(result, point=point) if result else Recovery("", event.occurred, point=point)
    return result


ImageFinder = Callable[[str, str], str]  # of an app and a revision; "" where the record does not tell


def list_procedure_runs(
    pairs: EventPairs, moves: Sequence[Event] = (), find_image: ImageFinder = lambda app, revision: ""
) -> tuple[ProcedureRun, ...]:
    """Of RUN and STEP events. A procedure that was opened and of which nothing was run is no run.

    `moves` are those of the traffic, in order: one that gives it back takes back the work of the run that moved it.
    """
    readings: dict[str, _RunReading] = {}
    steps: dict[str, _StepReading] = {}
    for _, event in pairs:
        detail, what, id = event.detail, text_of(event.detail, "what"), clean_line(event.subject)
        if event.kind == Kind.STEP:
            name, _, step = id.rpartition("#")
            run_steps = steps.setdefault(name, _StepReading())
            went_well = run_steps.read(step, event)
            if name in readings:
                readings[name].take_back(run_steps)
                if went_well:
                    readings[name].end_times(int(step), event.occurred)
        elif (what == "started" or event.redacted) and id and id not in readings:
            readings[id] = _RunReading(_build_run(id, event), detail)
        elif what == "ended" and id in readings and readings[id].run.ended is None:
            readings[id].run = replace(readings[id].run, ended=event.occurred)
    # Older versions recorded no number of steps: what they wrote stands as it was.
    runs = [
        reading.finish(steps.get(id, _StepReading()))
        for id, reading in readings.items()
        if id in steps or "steps" not in reading.orders
    ]
    return tuple(_take_back_moves(runs, steps, moves, find_image))


CHANGES = frozenset({StepKind.CHANGE.value, StepKind.DANGER.value})
NOT_DONE = frozenset({StepState.FAILED.value, StepState.UNKNOWN.value})
SEEN_WITHIN = timedelta(minutes=1)  # a change is seen by the next look at the cloud
SKEW = timedelta(seconds=5)  # between our clock and the cloud's: a change may seem to follow what it caused


@dataclass(slots=True)
class _StepReading:
    """How the steps of one run stand: `undone` when each was taken back that was not done again since; `changing` from
    when until when each try was at work that changes something."""

    states: dict[str, str] = field(default_factory=dict)
    undos: set[tuple[str, object]] = field(default_factory=set)
    undone: dict[str, datetime] = field(default_factory=dict)
    changing: dict[tuple[str, object], tuple[datetime, datetime | None]] = field(default_factory=dict)
    redone: bool = False  # by the last event: a step that had been taken back

    def read(self, step: str, event: Event) -> bool:
        """Take an event of a step; whether the step went well by it."""
        detail, key = event.detail, (step, number_of(event.detail, "attempt"))
        phase, state = text_of(detail, "phase"), text_of(detail, "state")
        self.states[step], self.redone = state, False
        if phase == "intent":
            if detail.get("undo") is True:
                self.undos.add(key)
            if text_of(detail, "kind") in CHANGES:
                self.changing[key] = (event.occurred, None)
            return False
        if key in self.changing and phase == "outcome":
            self.changing[key] = (self.changing[key][0], event.occurred)
        if phase == "outcome" and key in self.undos:
            if state == StepState.OK:
                self.undone[step] = event.occurred
                self.states[step] = StepState.TODO.value
            return False
        if state in WELL:
            self.redone = self.undone.pop(step, None) is not None
        return state in WELL and step.isascii() and step.isdecimal()

    def had_at_work(self, moment: datetime) -> datetime | None:
        """When the newest try began that changed something at that moment, as far as two clocks agree."""
        return max(
            (
                begun
                for begun, ended in self.changing.values()
                if begun - SKEW <= moment and (ended is None or moment <= ended + SEEN_WITHIN)
            ),
            default=None,
        )


@dataclass(slots=True)
class _RunReading:
    """A run as its events so far tell it; `orders` is which steps end which time, as its beginning recorded them."""

    run: ProcedureRun
    orders: Mapping[str, Any]

    def end_times(self, step: int, moment: datetime) -> None:
        """A step that went well may end the time of its run, begin the lag of its effect, or end that."""
        if step == number_of(self.orders, "timed_by"):
            self.run = replace(self.run, verified=moment)
        if step == number_of(self.orders, "effect_by"):
            self.run = replace(self.run, effective=moment)
        if step == number_of(self.orders, "effect_ends_by"):
            self.run = replace(self.run, settled=moment)
        if step == number_of(self.orders, "gap_by"):
            self.run = replace(self.run, gap_began=moment, gap_ended=None)
        if step == number_of(self.orders, "gap_ends_by"):
            self.run = replace(self.run, gap_ended=moment)

    def take_back(self, steps: _StepReading) -> None:
        """What was taken back and done again was not verified since."""
        verified = None if steps.redone else self.run.verified
        self.run = replace(self.run, undone=max(steps.undone.values(), default=None), verified=verified)

    def finish(self, steps: _StepReading) -> ProcedureRun:
        unknown = tuple(step for step, state in steps.states.items() if state == StepState.UNKNOWN)
        return replace(self.run, unknown=unknown, unfinished=self._explain_unfinished(steps.states))

    def _explain_unfinished(self, states: Mapping[str, str]) -> str:
        if number_of(self.orders, "timed_by"):
            return "" if self.run.verified is not None else "its work was not verified"
        failed = [step for step, state in states.items() if state in NOT_DONE]
        if failed:
            return f"step{'s' if len(failed) > 1 else ''} {', '.join(failed)} did not succeed"
        return "none of its steps was done" if states and not WELL.intersection(states.values()) else ""


def _build_run(id: str, event: Event) -> ProcedureRun:
    detail, procedure = event.detail, text_of(event.detail, "procedure")
    return ProcedureRun(
        id=id,
        title="(redacted)" if event.redacted else name_run(detail) or procedure or id,
        started=event.occurred,
        by=event.actor,
        budget=span_of(detail, "budget"),
        tail=span_of(detail, "tail"),
        origin=f"{text_of(detail, 'path')}#{procedure}" if procedure else text_of(detail, "path"),
        missing=text_of(detail, "missing"),
    )


def _take_back_moves(
    runs: Iterable[ProcedureRun],
    steps: Mapping[str, _StepReading],
    moves: Sequence[Event],
    find_image: ImageFinder,
) -> Iterator[ProcedureRun]:
    """The runs, of which those are undone whose traffic went back since to what they had taken it from, whoever did it:
    another run, or somebody elsewhere. What the run itself moved again stands as it moved it last."""
    owners = [_find_mover(steps, move.occurred) for move in moves]
    for run in runs:
        own = [number for number, owner in enumerate(owners) if owner == run.id]
        if not own or run.undone is not None:
            yield run
            continue
        last = own[-1]
        back = (move.occurred for move in moves[last + 1 :] if _is_taken_back(moves[last], move, find_image))
        yield replace(run, undone=next(back, None))


def _find_mover(steps: Mapping[str, _StepReading], moment: datetime) -> str:
    """The run one of whose steps was changing something then: the newest of them; "" where none was."""
    begun = [(start, id) for id, reading in steps.items() if (start := reading.had_at_work(moment)) is not None]
    return max(begun, default=(moment, ""))[1]


def _is_taken_back(move: Event, later: Event, find_image: ImageFinder) -> bool:
    """Whether what lost all of its traffic, or a new revision with its image, got some back from what had it then."""
    if move.subject != later.subject:
        return False
    before, after = map_of(move.detail, "before"), map_of(move.detail, "after")
    gained = {name for name in after if _weigh(after[name]) > _weigh(before.get(name))}
    lost = {name for name in before if _weigh(before[name]) and not _weigh(after.get(name))}
    then, since = map_of(later.detail, "before"), map_of(later.detail, "after")
    if not any(_weigh(since.get(name)) < _weigh(then.get(name)) for name in gained):
        return False
    # Where both have one image, what was taken back were settings: only the revision itself tells.
    kept = {find_image(move.subject, name) for name in gained}
    lost_images = {find_image(move.subject, name) for name in lost} - kept - {""}
    returning = {name for name in since if _weigh(since[name]) > _weigh(then.get(name))}
    return any(name in lost or find_image(move.subject, name) in lost_images for name in returning)


def _weigh(weight: object) -> int:
    return weight if isinstance(weight, int) and not isinstance(weight, bool) else 0


PRINTS_LOGS = re.compile(
    r"\blogs?\s+show\b|\b(?:kubectl|oc|docker|docker-compose|podman)\b[^;&|]*\slogs\b|\b(?:stern|journalctl)\b"
)
KEPT_OF_STEPS = ("phase", "state", "kind", "undo", "attempt", "reads_logs", "printed_lines")


def shorten_step(event: Event) -> Event:
    """A step as incidents need it: without its command and output, which may be long, but with what they tell."""
    detail = {name: event.detail[name] for name in KEPT_OF_STEPS if name in event.detail}
    if PRINTS_LOGS.search(words_of(event.detail, "as_run")):
        detail["reads_logs"] = True
    if "\n" in words_of(event.detail, "output").strip():
        detail["printed_lines"] = True
    return replace(event, detail=detail)


RECORDED_LOG = re.compile(r"Log of \S+, (?:1 line|\d+ lines):\n")  # how older versions wrote it, without saying whose


def list_kept_lines(pairs: EventPairs) -> tuple[datetime, ...]:
    """When lines of a log came into the record: what Record of the logs writes, and what a step printed that reads
    them. What somebody wrote or pasted in several lines is no log that was kept."""
    moments: list[datetime] = []
    reading: set[str] = set()
    for _, event in pairs:
        if event.redacted:
            continue
        if event.kind == Kind.NOTE:
            text = words_of(event.detail, "text")
            if "\n" in text and (text_of(event.detail, "log") or RECORDED_LOG.match(text)):
                moments.append(event.occurred)
            continue
        if event.detail.get("reads_logs") is True:
            reading.add(event.subject)
        # What a step that failed printed is why it failed, and no log.
        is_ok = text_of(event.detail, "state") == StepState.OK
        if is_ok and event.subject in reading and event.detail.get("printed_lines") is True:
            moments.append(event.occurred)
    return tuple(moments)


def list_reviews(pairs: EventPairs) -> tuple[StateChange, ...]:
    return tuple(
        StateChange(state, event.occurred, event.actor, text_of(event.detail, "reason"))
        for _, event in pairs
        if (state := text_of(event.detail, "state")) in frozenset(Review)
    )


def read_rules(event: Event) -> tuple[Rule, ...]:
    """What binds since a severity was set, as that event recorded it."""
    recorded = list_of(event.detail, "rules")
    result = (
        rule_of(fields) for fields in recorded if isinstance(fields, dict) and span_of(fields, "after") is not None
    )
    return tuple(rule for rule in result if rule is not None)


def target_of(detail: Mapping[str, Any]) -> str:
    """Where evidence lies; an address as it was given, since a shortened one leads elsewhere."""
    return keep_whole(detail.get("target")) or text_of(detail, "target")

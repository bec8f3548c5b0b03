"""What responders did, joined: the facts of one kind, in the order they were first stated, to the parts of an Incident.

Every function takes `(root, event)` pairs and never raises, whatever a detail holds. The last word counts.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from cockpit.model.clock import ClockKind, Rule, rule_of
from cockpit.model.event import Event, Kind, date_of, list_of, number_of, span_of, text_of, time_of, words_of
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
from cockpit.model.run import StepState
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
        )
        for _, event in pairs
    )


def list_ticks(pairs: EventPairs) -> tuple[Tick, ...]:
    """Each box once, as it stands, in the order in which they were first touched."""
    boxes: dict[tuple[str, int], Tick] = {}
    for _, event in pairs:
        list, item, state = (
            text_of(event.detail, "list"),
            number_of(event.detail, "item"),
            text_of(event.detail, "state"),
        )
        if list and item > 0 and state in TICKED:
            text, reason = text_of(event.detail, "text"), text_of(event.detail, "reason")
            boxes[list, item] = Tick(list, item, text, state, event.occurred, event.actor, reason, event.recorded)
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


def list_procedure_runs(pairs: EventPairs) -> tuple[ProcedureRun, ...]:
    """Of RUN and STEP events. A procedure that was opened and of which nothing was run is no run."""
    fields: dict[str, ProcedureRun] = {}
    orders: dict[str, Mapping[str, Any]] = {}  # which steps end which time, as the beginning of the run recorded them
    touched: set[str] = set()
    states: dict[str, dict[str, str]] = {}
    for _, event in pairs:
        detail, what, id = event.detail, text_of(event.detail, "what"), clean_line(event.subject)
        if event.kind == Kind.STEP:
            name, _, step = id.rpartition("#")
            touched.add(name)
            states.setdefault(name, {})[step] = text_of(detail, "state")
            if name in fields and text_of(detail, "state") in WELL and step.isascii() and step.isdecimal():
                fields[name] = _end_times(fields[name], orders[name], int(step), event.occurred)
        elif what == "started" and id and id not in fields:
            procedure = text_of(detail, "procedure")
            orders[id] = detail
            fields[id] = ProcedureRun(
                id=id,
                title=text_of(detail, "title") or procedure or id,
                started=event.occurred,
                budget=span_of(detail, "budget"),
                tail=span_of(detail, "tail"),
                origin=f"{text_of(detail, 'path')}#{procedure}" if procedure else text_of(detail, "path"),
                missing=text_of(detail, "missing"),
            )
        elif what == "ended" and id in fields and fields[id].ended is None:
            fields[id] = replace(fields[id], ended=event.occurred)
    # Older versions recorded no number of steps: what they wrote stands as it was.
    return tuple(
        replace(run, unknown=tuple(step for step, state in states.get(id, {}).items() if state == StepState.UNKNOWN))
        for id, run in fields.items()
        if id in touched or "steps" not in orders[id]
    )


def _end_times(run: ProcedureRun, orders: Mapping[str, Any], step: int, moment: datetime) -> ProcedureRun:
    """A step that went well may end the time of its run, begin the lag of its effect, or end that."""
    if step == number_of(orders, "timed_by"):
        run = replace(run, verified=moment)
    if step == number_of(orders, "effect_by"):
        run = replace(run, effective=moment)
    if step == number_of(orders, "effect_ends_by"):
        run = replace(run, settled=moment)
    if step == number_of(orders, "gap_by"):
        run = replace(run, gap_began=moment, gap_ended=None)
    if step == number_of(orders, "gap_ends_by"):
        run = replace(run, gap_ended=moment)
    return run


def shorten_step(event: Event) -> Event:
    """A step as incidents need it: without its command and output, which may be long."""
    return replace(event, detail={"phase": text_of(event.detail, "phase"), "state": text_of(event.detail, "state")})


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

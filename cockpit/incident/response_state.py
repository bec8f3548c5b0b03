"""What responders did, folded: the facts of one kind, in the order they were first stated, to the parts of an Incident.

Every function takes `(root, event)` pairs and never raises, whatever a detail holds. The last word counts.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from cockpit.model.clock import ClockKind, Rule, rule_of
from cockpit.model.event import Event, Kind
from cockpit.model.event_detail import (
    date_of,
    list_of,
    number_of,
    span_of,
    text_of,
    time_of,
    words_of,
)
from cockpit.model.incident import StateChange
from cockpit.model.response import (
    ActionItem,
    Called,
    Decision,
    EvidenceLink,
    Freeze,
    Holding,
    Mark,
    Ran,
    Recovery,
    Review,
    Tick,
    Update,
)
from cockpit.model.text import clean_line, keep_whole

Told = Iterable[tuple[int, Event]]

TODO = "todo:"  # what a note begins with, in any case, that is something to do afterwards
DONE, SKIPPED, OPEN = "done", "skipped", "open"  # a box
TICKED = frozenset({DONE, SKIPPED, OPEN})


def roles(told: Told) -> tuple[Holding, ...]:
    """Taking a role twice is one holding; a handover ends the holding of who hands over."""
    holdings: list[Holding] = []

    def ends(role: str, person: str, at: datetime) -> None:
        for place, each in enumerate(holdings):
            if each.until is None and (each.role.casefold(), each.person) == (role.casefold(), person):
                holdings[place] = replace(each, until=max(at, each.since))

    for _, event in told:
        role = text_of(event.detail, "role") or clean_line(event.subject)
        person, what = text_of(event.detail, "person") or event.actor, text_of(event.detail, "what")
        if what == "leaves":
            ends(role, person, event.occurred)
        elif what == "takes" and role:
            giver = text_of(event.detail, "from")
            if giver and giver != person:
                ends(role, giver, event.occurred)
            held = any(
                each.until is None and (each.role.casefold(), each.person) == (role.casefold(), person)
                for each in holdings
            )
            if not held:
                holdings.append(Holding(role, person, event.occurred, note=words_of(event.detail, "note")))
    return tuple(holdings)


def updates(told: Told) -> tuple[Update, ...]:
    return tuple(
        Update(
            at=event.occurred,
            actor=event.actor,
            audience=text_of(event.detail, "audience") or clean_line(event.subject),
            text=words_of(event.detail, "text"),
            template=text_of(event.detail, "template"),
            promised=time_of(event.detail, "promised"),
            event=event.id,
        )
        for _, event in told
    )


def called(told: Told) -> tuple[Called, ...]:
    return tuple(
        Called(
            at=event.occurred,
            actor=event.actor,
            who=text_of(event.detail, "who") or clean_line(event.subject),
            tier=number_of(event.detail, "tier"),
            how=text_of(event.detail, "how"),
            note=text_of(event.detail, "note"),
        )
        for _, event in told
    )


def ticks(told: Told) -> tuple[Tick, ...]:
    """Each box once, as it stands, in the order in which they were first touched."""
    boxes: dict[tuple[str, int], Tick] = {}
    for _, event in told:
        list, item, state = (
            text_of(event.detail, "list"),
            number_of(event.detail, "item"),
            text_of(event.detail, "state"),
        )
        if list and item > 0 and state in TICKED:
            text, reason = text_of(event.detail, "text"), text_of(event.detail, "reason")
            boxes[list, item] = Tick(list, item, text, state, event.occurred, event.actor, reason)
    return tuple(boxes.values())


def marks(told: Told) -> tuple[Mark, ...]:
    """What was said about each clock. Done and not applicable take the place of each other."""
    found: dict[str, Mark] = {}
    for _, event in told:
        id, what = clean_line(event.subject), text_of(event.detail, "what")
        mark, reason = found.get(id, Mark(id)), text_of(event.detail, "reason")
        if what == "started":
            found[id] = _begun(id, event)
        elif what == "done":
            found[id] = replace(mark, done=event.occurred, not_applicable="", reason=reason)
        elif what == "not applicable" and reason:
            found[id] = replace(mark, done=None, not_applicable=reason, reason=reason, said_at=event.occurred)
        elif what == "snoozed":
            found[id] = replace(mark, snoozed_until=time_of(event.detail, "snoozed_until"))
    return tuple(found.values())


def _begun(id: str, event: Event) -> Mark:
    kind = text_of(event.detail, "kind")
    return Mark(
        id=id,
        kind=ClockKind(kind) if kind in frozenset(ClockKind) else None,
        text=text_of(event.detail, "text"),
        person=text_of(event.detail, "person"),
        started=event.occurred,
        due=time_of(event.detail, "due"),
    )


def decisions(told: Told) -> tuple[Decision, ...]:
    return tuple(
        Decision(
            event.occurred, event.actor, words_of(event.detail, "text"), words_of(event.detail, "reason"), event.id
        )
        for _, event in told
    )


def items(told: Told) -> tuple[ActionItem, ...]:
    """Those that were added, and those that notes tell of; later events say only what changes."""
    found: dict[str, ActionItem] = {}
    for root, event in told:
        if event.kind == Kind.NOTE:
            text = todo(event)
            if text:
                id = f"note-{root}"
                found[id] = ActionItem(id, text, event.occurred, event.actor)
            continue
        id = clean_line(event.subject)
        if id not in found and id and text_of(event.detail, "text"):
            found[id] = ActionItem(id, "", event.occurred, event.actor)
        if id in found:
            found[id] = _changed(found[id], event)
    return tuple(found.values())


def todo(note: Event) -> str:
    """What a note says is to be done; "" when it says no such thing."""
    written = note.detail.get("text")
    words = (written if isinstance(written, str) and written else note.summary).lstrip()
    return clean_line(words[len(TODO) :]) if words[: len(TODO)].casefold() == TODO else ""


def _changed(item: ActionItem, event: Event) -> ActionItem:
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
        **done,
    )


def pins(told: Told, standing: Callable[[int], int]) -> frozenset[int]:
    """The events that are pinned, each by the id under which it stands now."""
    found: set[int] = set()
    for _, event in told:
        number = event_number(event)
        if number:
            (found.discard if event.detail.get("on") is False else found.add)(standing(number))
    return frozenset(found)


def links(told: Told, standing: Callable[[int], int]) -> tuple[EvidenceLink, ...]:
    return tuple(
        EvidenceLink(standing(number), target_of(event.detail), text_of(event.detail, "text"))
        for _, event in told
        if (number := event_number(event)) and target_of(event.detail)
    )


def event_number(event: Event) -> int:
    """The event that the subject of a pin, a link or a redaction names; 0 where it names none."""
    said = event.subject
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 19 else 0


def freezes(told: Told) -> tuple[Freeze, ...]:
    """Of one environment, oldest first; only the last may still hold."""
    found: list[Freeze] = []
    for _, event in told:
        holds = bool(found) and found[-1].until is None
        if event.detail.get("on") is True and not holds:
            found.append(Freeze(event.environment, event.occurred, event.actor, text_of(event.detail, "reason")))
        elif event.detail.get("on") is False and holds:
            found[-1] = replace(found[-1], until=max(event.occurred, found[-1].since))
    return tuple(found)


def recovery(told: Told) -> Recovery | None:
    """The scenario that was chosen last, with the last moment that data was brought back to."""
    found: Recovery | None = None
    for _, event in told:
        detail, what = event.detail, text_of(event.detail, "what")
        if what == "chosen":
            found = Recovery(
                scenario=text_of(detail, "scenario") or clean_line(event.subject),
                chosen=event.occurred,
                rto=span_of(detail, "rto"),
                rpo=span_of(detail, "rpo"),
                point=found.point if found else None,
                origin=text_of(detail, "origin"),
            )
        elif what == "recovered to":
            point = time_of(detail, "point")
            found = replace(found, point=point) if found else Recovery("", event.occurred, point=point)
    return found


def ran(told: Told) -> tuple[Ran, ...]:
    found: dict[str, Ran] = {}
    for _, event in told:
        detail, what, id = event.detail, text_of(event.detail, "what"), clean_line(event.subject)
        if what == "started" and id and id not in found:
            procedure = text_of(detail, "procedure")
            found[id] = Ran(
                id=id,
                title=text_of(detail, "title") or procedure or id,
                started=event.occurred,
                budget=span_of(detail, "budget"),
                tail=span_of(detail, "tail"),
                origin=f"{text_of(detail, 'path')}#{procedure}" if procedure else text_of(detail, "path"),
            )
        elif what == "ended" and id in found and found[id].ended is None:
            found[id] = replace(found[id], ended=event.occurred)
    return tuple(found.values())


def reviews(told: Told) -> tuple[StateChange, ...]:
    return tuple(
        StateChange(state, event.occurred, event.actor, text_of(event.detail, "reason"))
        for _, event in told
        if (state := text_of(event.detail, "state")) in frozenset(Review)
    )


def rules(event: Event) -> tuple[Rule, ...]:
    """What binds since a severity was set, as that event recorded it."""
    recorded = list_of(event.detail, "rules")
    found = (rule_of(each) for each in recorded if isinstance(each, dict) and span_of(each, "after") is not None)
    return tuple(each for each in found if each is not None)


def target_of(detail: Mapping[str, Any]) -> str:
    """Where evidence lies; an address as it was given, since a shortened one leads elsewhere."""
    return keep_whole(detail.get("target")) or text_of(detail, "target")

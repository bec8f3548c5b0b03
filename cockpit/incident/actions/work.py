"""Acts of the work: a box ticked, deployments frozen, something to do afterwards, what is recovered, and to when."""

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from operator import attrgetter
from typing import Any, NamedTuple

from cockpit.incident.actions.base import IncidentWriter
from cockpit.incident.actions.errors import IncidentActionError
from cockpit.incident.actions.words import take_line
from cockpit.incident.ledger import Ledger
from cockpit.incident.response_state import DONE, OPEN, SKIPPED, TICKED
from cockpit.model.event import LONGEST, LONGEST_BOX, Draft, Event, Kind
from cockpit.model.incident import Incident
from cockpit.model.plan import Practice
from cockpit.model.response import AUDIENCE_WORDS, Freeze, find_box_ticks
from cockpit.model.run import ROLLBACK_WORDS
from cockpit.model.text import clean_line, find_nearest, keep_whole
from cockpit.model.time import format_timestamp

LONGEST_LINE = 500  # characters
LONGEST_NAME = 80
LONGEST_LINK = 2_000  # characters of an address


def tick_box(
    writer: IncidentWriter,
    list: str,
    item: int,
    text: str = "",
    state: str = DONE,
    reason: str = "",
    *,
    incident: str | None = None,
) -> Event:
    """Set one box, counted from 1: done, skipped because, or open again.

    Without `text` the list is one of the plan, by its id or its title or a part of them that no other has.
    """
    name, box_state, why = clean_line(list, LONGEST_NAME), clean_line(state, 20), take_line(reason, LONGEST_LINE)
    if box_state not in TICKED:
        raise IncidentActionError(
            f"A box is {DONE}, {SKIPPED} or {OPEN}, not `{box_state}`.", code="unknown-box-state", name=box_state
        )
    if box_state == SKIPPED and not why:
        raise IncidentActionError("Say why it is skipped; the reason stands in the post-mortem.", code="reason-missing")
    item_text = clean_line(text, LONGEST_BOX)
    if not item_text:
        name, item_text = _find_box(writer, name, item)

    def act(ledger: Ledger) -> Draft:
        meant = writer.meant(ledger, incident)
        if _read_box_state(writer, meant, name, item, item_text) == box_state:
            raise IncidentActionError(f"{name}#{item} is {box_state} already.", code="unchanged", name=name, item=item)
        detail = {"list": name, "item": item, "text": item_text, "state": box_state, "reason": why}
        now = writer.now()
        act_done = find_act(meant, find_box_act(item_text), find_box_readers(item_text)) if box_state == DONE else None
        # A box whose act is on record was done then and by them, not when and by whom it was ticked.
        if act_done is not None and act_done.by:
            detail["done_by"] = act_done.by
        moment = min(act_done.at, now) if act_done else now
        return writer.of(meant, Kind.TICK, detail, moment, subject=f"{name}#{item}")

    return writer.write(act)


def _read_box_state(writer: IncidentWriter, incident: Incident, list: str, item: int, text: str) -> str:
    """Of the box with these words, whatever number it had when it was ticked."""
    checklist = writer.plan.checklist(list)
    boxes = checklist.items if checklist else ()
    if not (item <= len(boxes) and clean_line(boxes[item - 1], LONGEST_BOX) == text):  # a list that the plan has not
        boxes = (*("" for _ in range(item - 1)), text)
    tick = find_box_ticks(boxes, (tick for tick in incident.ticks if tick.list == list)).get(item)
    return tick.state if tick else OPEN


BOX_ACTS = (  # what an item says, and which act of the cockpit that is; the first where two begin at one word
    ("roll_back", ROLLBACK_WORDS),
    ("declare", r"declar(?:e|ed|es|ing)"),
    (
        "unfreeze",
        r"unfreez(?:e|es|ing)|unfrozen|(?:lift|end|remov)(?:s|e|ed|es|ing)?[ ](?:the[ ])?(?:\w+[ ])?freeze"
        r"|freeze[ ](?:is[ ])?(?:lifted|ended|removed|over|off)",
    ),
    ("freeze", r"freez(?:e|es|ing)|frozen"),
    ("communicate", r"communicat(?:e|es|ing|ion)|status update|tell (?:the )?(?:clients|customers|users)"),
    ("preserve", r"preserv(?:e|es|ing)|snapshot"),
)


def find_box_act(text: str) -> str:
    """The act of the cockpit that an item of a checklist asks for, by the first of its words; "" for none."""
    result = [(re.search(rf"\b(?:{pattern})\b", text, re.IGNORECASE), act) for act, pattern in BOX_ACTS]
    starts = [(match.start(), act) for match, act in result if match]
    return min(starts, default=(0, ""), key=lambda start: start[0])[1]


def find_box_readers(text: str) -> frozenset[str]:
    """The audiences that an item names: who was told something else, or somebody else who was told it, ticks no box."""
    return frozenset(
        audience
        for audience, pattern in AUDIENCE_WORDS.items()
        if re.search(rf"\b(?:{pattern})\b", text, re.IGNORECASE)
    )


class ActDone(NamedTuple):
    """An act on record: when it was done, and by whom; "" where that is not known."""

    at: datetime
    by: str


def find_act(incident: Incident, act: str, readers: frozenset[str] = frozenset()) -> ActDone | None:
    """When that act was first done in this incident; None where it was not, or is not one of the cockpit's.

    `readers` are the audiences that have to be told: it was done when the last of them was told first. () for any.
    """
    patterns = dict(BOX_ACTS)
    acts_done: list[ActDone] = []
    if act == "declare":
        acts_done = [ActDone(incident.declared, incident.declared_by)]
    elif act == "freeze":
        acts_done = [
            ActDone(freeze.since, freeze.by) for freeze in incident.freezes if freeze.since >= incident.declared
        ]
    elif act == "unfreeze":
        acts_done = [
            ActDone(freeze.until, "")
            for freeze in incident.freezes
            if freeze.until is not None and freeze.until >= incident.declared
        ]
    elif act == "communicate":
        return _find_telling(incident, readers)
    elif act in patterns:
        fits = re.compile(rf"\b(?:{patterns[act]})\b", re.IGNORECASE)
        acts_done = [ActDone(run.succeeded, run.by) for run in incident.ran if run.succeeded and fits.search(run.title)]
        if act == "preserve":
            acts_done += [ActDone(moment, "") for moment in incident.lines_kept]
    return min(acts_done, default=None, key=attrgetter("at"))


def _find_telling(incident: Incident, readers: frozenset[str]) -> ActDone | None:
    """The message by which everybody who had to be told was told; None while one of them was not."""
    firsts_by_audience: dict[str, ActDone] = {}
    for update in sorted(incident.updates, key=attrgetter("at")):
        if update.at >= incident.declared:
            firsts_by_audience.setdefault(update.audience_name, ActDone(update.at, update.actor))
    if not readers:
        return min(firsts_by_audience.values(), default=None, key=attrgetter("at"))
    if not readers <= firsts_by_audience.keys():
        return None
    return max((firsts_by_audience[reader] for reader in readers), key=attrgetter("at"))


def _find_box(writer: IncidentWriter, list: str, item: int) -> tuple[str, str]:
    """The id of a list of the plan, and the words of a box of it. Raises IncidentActionError."""
    checklists_by_name = {checklist.id: checklist for checklist in writer.plan.checklists}
    part = list.casefold()
    fits = [
        id
        for id, checklist in checklists_by_name.items()
        if part and (part in id.casefold() or part in checklist.title.casefold())
    ]
    if list not in checklists_by_name and len(fits) != 1:
        raise IncidentActionError(
            f"There is no checklist `{list}`; there are {', '.join(checklists_by_name) or 'none'}.",
            code="unknown-checklist",
            checklist=list,
        )
    checklist = checklists_by_name.get(list) or checklists_by_name[fits[0]]
    if not 1 <= item <= len(checklist.items):
        raise IncidentActionError(
            f"{checklist.id} has {len(checklist.items)} boxes, counted from 1.",
            code="unknown-box",
            checklist=checklist.id,
        )
    return checklist.id, clean_line(checklist.items[item - 1], LONGEST_BOX)


def set_freeze(
    writer: IncidentWriter,
    on: bool,
    reason: str = "",
    *,
    incident: str | None = None,
    seen: Freeze | None = None,
) -> Event:
    """Forbid deployments to the environment, or allow them again, with or without an incident. `seen` is the freeze
    that a person lifts: one that somebody began since stays."""
    why = take_line(reason, LONGEST_LINE)

    def act(ledger: Ledger) -> Draft:
        meant = writer.meant_if_certain(ledger, incident)
        where = meant.environment if meant else writer.environment
        holds = ledger.freeze(where)
        if (holds is not None) == on:
            raise IncidentActionError(
                f"{where} is {'frozen already' if on else 'not frozen'}.", code="unchanged", where=where
            )
        if seen is not None and holds is not None and holds.since != seen.since:
            raise IncidentActionError(
                f"{holds.by} has frozen {where} anew since"
                f"{f': {holds.reason}' if holds.reason else ''}. That freeze stays; look at it, then lift it.",
                code="frozen-anew",
                where=where,
            )
        detail = {"on": on, "reason": why}
        return (
            writer.of(meant, Kind.FREEZE, detail, writer.now())
            if meant
            else writer.draft(Kind.FREEZE, detail, writer.now())
        )

    return writer.write(act)


def add_item(
    writer: IncidentWriter,
    text: str,
    owner: str = "",
    due: date | None = None,
    label: str = "",
    link: str = "",
    *,
    incident: str | None = None,
) -> Event:
    """Something to do after the incident. Its id is the subject of the event."""
    detail = _build_item_fields(text=text, owner=owner, due=due, label=label, link=_read_link(link))
    if not detail["text"]:
        raise IncidentActionError("Say what is to be done.", code="text-missing")

    def act(ledger: Ledger) -> Draft:
        meant = writer.meant(ledger, incident)
        taken = {item.id for item in meant.items}
        id = next(letter for letter in iter(writer.letters, None) if letter not in taken)
        return writer.of(
            meant, Kind.ITEM, {key: value for key, value in detail.items() if value}, writer.now(), subject=id
        )

    return writer.write(act)


def _read_link(link: str) -> str:
    """An address as it was given. Raises IncidentActionError for one that cannot be kept whole."""
    where = link.strip()
    if where and not keep_whole(where, LONGEST_LINK):
        raise IncidentActionError(
            "This address is too long, or holds letters that cannot be kept.", code="address-not-kept"
        )
    return where


def change_item(
    writer: IncidentWriter,
    id: str,
    *,
    text: str | None = None,
    owner: str | None = None,
    due: date | str | None = None,
    label: str | None = None,
    link: str | None = None,
    done: bool | None = None,
    incident: str | None = None,
) -> Event:
    """Change what is given; `due=""` takes the day away. `id` as `note-12` for what a note tells of."""
    wanted_name = clean_line(id, LONGEST_NAME)
    fields = {"text": text or None, "owner": owner, "due": due, "label": label, "done": done}
    fields["link"] = None if link is None else _read_link(link)
    detail = _build_item_fields(**{key: value for key, value in fields.items() if value is not None})
    if not detail:
        raise IncidentActionError(
            "Nothing to change: give its words, owner, due day or label, or say that it is done.",
            code="nothing-to-change",
        )

    def act(ledger: Ledger) -> Draft:
        meant = writer.meant(ledger, incident)
        item = next((item for item in meant.items if item.id == wanted_name), None)
        if item is None:
            item_ids = ", ".join(item.id for item in meant.items)
            raise IncidentActionError(
                f"{meant.id} has no action item `{wanted_name}`; there are {item_ids or 'none'}.",
                code="unknown-item",
                incident=meant.id,
                name=wanted_name,
            )
        if len(detail) == 1 and done is not None and done == (item.done is not None):
            raise IncidentActionError(
                f"{wanted_name} is {'done already' if done else 'not done'}.", code="unchanged", name=wanted_name
            )
        return writer.of(meant, Kind.ITEM, {**detail, "name": item.text}, writer.now(), subject=wanted_name)

    return writer.write(act)


def _build_item_fields(**fields: Any) -> dict[str, Any]:
    due = fields.get("due")
    if due is not None:
        fields["due"] = due.isoformat() if isinstance(due, date) else ""
    name_fields: dict[str, Any] = {
        key: take_line(fields[key], LONGEST_NAME) for key in ("owner", "label") if key in fields
    }
    text_fields: dict[str, Any] = {"text": take_line(fields["text"], LONGEST_LINE)} if "text" in fields else {}
    return {**fields, **name_fields, **text_fields}


def choose_scenario(
    writer: IncidentWriter,
    scenario: str,
    rto: timedelta | None = None,
    rpo: timedelta | None = None,
    origin: str = "",
    *,
    incident: str | None = None,
) -> Event:
    """Say what is being recovered from; the targets are the plan's where none are given."""
    name, target = take_line(scenario, LONGEST_LINE), writer.plan.target(scenario)
    if not name:
        raise IncidentActionError("Say which scenario.", code="scenario-missing")
    if rto is not None and not timedelta() < rto <= LONGEST:
        raise IncidentActionError("A recovery time is longer than nothing: `30m`, `4h`.", code="not-a-recovery-time")
    if rpo is not None and not timedelta() <= rpo <= LONGEST:  # none: not a minute may be lost
        raise IncidentActionError(
            "What may be lost is a time from nothing on: `0m`, `15m`.", code="not-a-recovery-point"
        )
    if target is None and rto is None and rpo is None:
        names = [target.scenario for target in writer.plan.targets]
        close = find_nearest(name, names)
        raise IncidentActionError(
            f"No document has a target for `{name}`; "
            + (f"did you mean `{close}`?" if close else "give one with it, such as 30m."),
            code="unknown-scenario",
            name=name,
        )
    if target is not None:
        name, origin = target.scenario, origin or target.origin
        rto, rpo = rto or target.rto, rpo or target.rpo
    detail = {
        "what": "chosen",
        "scenario": name,
        "rto": None if rto is None else rto.total_seconds(),
        "rpo": None if rpo is None else rpo.total_seconds(),  # nothing may be lost is a target, too
        "origin": clean_line(origin, LONGEST_LINE),
    }
    return writer.write(
        lambda ledger: writer.of(writer.meant(ledger, incident), Kind.RECOVERY, detail, writer.now(), subject=name)
    )


def recovered_to(writer: IncidentWriter, point: datetime, *, incident: str | None = None) -> Event:
    """Say to which moment the data was brought back: what was written after it is lost."""
    detail = {"what": "recovered to", "point": format_timestamp(writer.past(point, writer.now()))}

    def act(ledger: Ledger) -> Draft:
        meant = writer.meant(ledger, incident)
        subject = meant.recovery.scenario if meant.recovery else ""
        return writer.of(meant, Kind.RECOVERY, detail, writer.now(), subject=subject)

    return writer.write(act)


# The act of practising: a drill, a training or a review took place.

OLDEST = timedelta(days=731)  # a yearly exercise may be written down late


def record_practice(
    writer: IncidentWriter, name: str, note: str = "", *, incident: str | None = None, moment: datetime | None = None
) -> Event:
    """Write down that a practice of the plan was done; with `incident` by that drill, when it was resolved."""
    practice, now, text = practice_named(writer.plan.practices, name), writer.now(), take_line(note)
    occurred = writer.past(moment, now, OLDEST)

    def act(ledger: Ledger) -> Draft:
        meant = _require_ended_drill(writer.meant(ledger, incident)) if incident is not None else None
        detail = {"note": text, "incident": meant.id if meant else ""}
        if meant is None:
            return writer.draft(Kind.PRACTICE, detail, occurred, subject=practice.name)
        then = occurred if moment is not None else meant.resolved or now
        return writer.of(meant, Kind.PRACTICE, detail, then, subject=practice.name)

    return writer.write(act)


def practice_named(practices: Sequence[Practice], text: str) -> Practice:
    """The practice of that name, else the only one that begins so or holds it. Raises IncidentActionError."""
    wanted_name = clean_line(text).casefold()
    if not wanted_name:
        raise IncidentActionError(
            "Say what was practised; `cockpit drills` lists what there is.", code="practice-missing"
        )
    if not practices:
        raise IncidentActionError("No practice is known; `cockpit drills` says what makes one.", code="no-practice")
    names = {practice.name: practice.name.casefold() for practice in practices}
    for fits in (
        [name for name, plain_name in names.items() if plain_name == wanted_name],
        [name for name, plain_name in names.items() if plain_name.startswith(wanted_name)],
        [name for name, plain_name in names.items() if wanted_name in plain_name],
    ):
        if len(fits) == 1:
            return next(practice for practice in practices if practice.name == fits[0])
        if fits:
            raise IncidentActionError(
                f"`{clean_line(text, 80)}` may be {_join_with_or(fits)}; write more of the name.",
                code="ambiguous-practice",
                text=clean_line(text, 80),
            )
    close = find_nearest(clean_line(text), list(names))
    hint = f"did you mean {close}?" if close else "`cockpit drills` lists what there is."
    raise IncidentActionError(
        f"There is no practice `{clean_line(text, 80)}`; {hint}", code="unknown-practice", text=clean_line(text, 80)
    )


def _join_with_or(names: Sequence[str]) -> str:
    lines = [clean_line(name, 60) for name in names]
    return f"{', '.join(lines[:-1])} or {lines[-1]}"


def _require_ended_drill(incident: Incident) -> Incident:
    """Raises IncidentActionError for what is no drill, or not over yet."""
    if not incident.drill:
        raise IncidentActionError(
            f"{incident.id} was not a drill; leave --incident out to record the practice alone.",
            code="not-a-drill",
            incident=incident.id,
        )
    if incident.resolved is None:
        raise IncidentActionError(
            f"{incident.id} is still open; resolve it, then it counts as done.",
            code="incident-open",
            incident=incident.id,
        )
    return incident

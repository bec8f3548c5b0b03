"""Rows of roles, checklists and people to call: who does what in an incident, and who is next."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from rich.cells import cell_len

from cockpit.model.clock import Clock, ClockKind, ClockState
from cockpit.model.incident import Incident
from cockpit.model.plan import Checklist, Contact, Plan, find_contacts, list_unreached_people
from cockpit.model.response import find_box_ticks
from cockpit.model.time import format_clock_time
from widgets.cell import Cell, Column, Row
from widgets.clocks import format_remaining, shorten_person

ROLES = (Column(20), Column(0, prose=True), Column(12, from_width=52), Column(34, prose=True, from_width=76))
LISTS = (Column(1), Column(0, prose=True), Column(6, right=True), Column(26, from_width=60))
NAME_CELLS = 24
CALLS = (
    Column(1),
    Column(8),
    Column(18, below=70),
    Column(NAME_CELLS, from_width=70),
    Column(0, prose=True),
    Column(26, from_width=88),
)


def role_rows(incident: Incident, plan: Plan, operator: str, zone: tzinfo, today: date) -> list[Row]:
    """One row a role: who holds it, since when, and what it is for."""
    rows = []
    for role in plan.roles:
        holding = [
            holding
            for holding in incident.roles
            if holding.role.casefold() == role.name.casefold() and not holding.until
        ]
        people = ", ".join(shorten_person(item.person, operator) for item in holding)
        since = ""
        if holding:
            since = format_clock_time(min(item.since for item in holding), zone, today, seconds=True)
        nobody = Cell("nobody", "bad" if role.lead and incident.open else "muted")
        rows.append(
            Row(
                role.name,
                (Cell(role.name), Cell(people) if people else nobody, Cell(since, "muted"), Cell(role.duty, "muted")),
            )
        )
    return rows


def format_progress(incident: Incident, checklist: Checklist) -> str:
    """`3/5` boxes that need nothing any more."""
    ticks = find_box_ticks(checklist.items, (tick for tick in incident.ticks if tick.list == checklist.id))
    settled = sum(tick.state in ("done", "skipped") for tick in ticks.values())
    return f"{settled}/{len(checklist.items)}"


def list_rows(incident: Incident, plan: Plan) -> list[Row]:
    """One row a checklist; those that this severity opens first."""
    ordered = sorted(plan.checklists, key=lambda checklist: not opens_by_itself(checklist, incident))
    return [_list_row(incident, checklist) for checklist in ordered]


def opens_by_itself(checklist: Checklist, incident: Incident) -> bool:
    """True for a checklist that opens by itself at this severity."""
    return incident.severity.casefold() in {level.casefold() for level in checklist.levels}


def _list_row(incident: Incident, checklist: Checklist) -> Row:
    sentence = format_progress(incident, checklist)
    done, _, all = sentence.partition("/")
    tone = "" if opens_by_itself(checklist, incident) else "muted"
    sign = Cell("✔", "good") if done == all else Cell("○", tone)
    return Row(checklist.id, (sign, Cell(checklist.title, tone), Cell(sentence, tone), Cell(checklist.origin, "muted")))


@dataclass(frozen=True, slots=True)
class CallCandidate:
    """Somebody to call: a tier of the escalation with its clock, or a contact. `contacts` are who that may be."""

    id: str
    who: str
    what: str
    tier: int = 0
    clock: Clock | None = None
    contacts: tuple[Contact, ...] = ()
    sign: tuple[str, str] = ("", "")
    when: str = ""
    origin: str = ""
    unreached: tuple[str, ...] = ()  # those whom it names and no contact stands for


def list_call_candidates(
    incident: Incident, plan: Plan, running: Iterable[Clock], now: datetime
) -> list[CallCandidate]:
    """Who is due to be called now, who is next and in how long; then everybody else whom the documents name."""
    call_candidates = [
        _build_tier_candidate(clock, plan, now) for clock in running if clock.kind is ClockKind.ESCALATION
    ]
    pages = [
        CallCandidate(
            f"page:{index}",
            page_rule.who,
            f"when: {page_rule.condition}",
            contacts=find_contacts(page_rule.who, plan.contacts),
            unreached=list_unreached_people(page_rule.who, plan.contacts),
            origin=page_rule.origin,
        )
        for index, page_rule in enumerate(plan.pages)
    ]
    due = [contact for candidate in call_candidates for contact in candidate.contacts]
    contacts = [
        CallCandidate(
            f"contact:{index}",
            contact.role,
            " · ".join(filter(None, [contact.person, contact.how, contact.scope])),
            contacts=(contact,),
            sign=("", "") if contact.filled else ("⚠", "warn"),
            origin=contact.origin,
        )
        for index, contact in enumerate(plan.contacts)
        if contact not in due
    ]
    return [*call_candidates, *contacts, *pages]


def _build_tier_candidate(clock: Clock, plan: Plan, now: datetime) -> CallCandidate:
    state = clock.state(now)
    number = int(clock.id.rpartition(":")[2]) if clock.id.rpartition(":")[2].isdecimal() else 0
    pair = {
        ClockState.OVERDUE: (("▲", "bad"), format_remaining(clock, now)),
        ClockState.MET: (("✔", "good"), "called"),
        ClockState.MISSED: (("✖", "warn"), "nobody") if clock.undone else (("✔", "warn"), "called"),
        ClockState.NOT_APPLICABLE: (("–", "muted"), "no need"),
    }.get(state, (("○", ""), f"in {format_remaining(clock, now)}"))
    who = clock.who or clock.what
    return CallCandidate(
        *(clock.id, who, clock.why, number, clock, find_contacts(who, plan.contacts), pair[0], pair[1], clock.origin),
        unreached=list_unreached_people(who, plan.contacts),
    )


def call_rows(call_candidates: Iterable[CallCandidate]) -> list[Row]:
    """One row somebody: sign, when, who, and how they are reached."""
    rows = []
    for candidate in call_candidates:
        name, others = _split_people(candidate.who)
        reach = "; ".join(filter(None, (others, describe_reach(candidate))))
        cells = (
            Cell(*candidate.sign),
            Cell(candidate.when, candidate.sign[1]),
            Cell(name),
            Cell(name),
            Cell(reach, "muted"),
            Cell(candidate.origin, "muted"),
        )
        rows.append(Row(candidate.id, cells))
    return rows


def _split_people(who: str) -> tuple[str, str]:
    """The first of several people, whom a column holds, and the others, as they are named; else all of it."""
    match = re.match(r"(?P<first>[^,;]{3,}?)(?:[,;] +| +(?=and |und ))(?P<others>.+)", who)
    if match is None or cell_len(who) <= NAME_CELLS:
        return who, ""
    return match["first"], match["others"]


def describe_reach(call: CallCandidate) -> str:
    """How to reach them, or when this row is for."""
    how = [" ".join(filter(None, [contact.person, contact.how])) for contact in call.contacts] if call.clock else []
    return "; ".join(filter(None, how)) or call.what

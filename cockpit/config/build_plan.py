"""From the tables of a file to the configured part of the Plan: every fact knows its line."""

from collections.abc import Callable
from datetime import timedelta

from cockpit.config.tables import Root
from cockpit.config.tables_plan import HoursTable, Weekday
from cockpit.model.clock import ClockKind, Counting, Rule
from cockpit.model.ladder import SeverityScale
from cockpit.model.plan import Checklist, Contact, Hours, Plan, Role, Target

Origin = Callable[[str, int], str]  # the name of an array and a place in it: where that stands
WEEK: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WHAT = {
    ClockKind.RESPONSE: "acknowledge",
    ClockKind.COMMANDER: "name a commander",
    ClockKind.UPDATE: "update the team",
    ClockKind.CLIENT: "tell clients",
    ClockKind.BREACH: "notify the authority",
    ClockKind.ROLLBACK: "roll back free of blame",
    ClockKind.POSTMORTEM: "review the post-mortem",
}


def build_plan(root: Root, ladder: SeverityScale, origin: Origin) -> Plan:
    """What the file says of the Plan; `ladder` is empty where it has none."""
    return Plan(
        ladder=ladder,
        rules=(*_rules(root, origin), *_list_rules(root, origin)),
        roles=_roles(root, origin),
        contacts=tuple(
            Contact(
                each.role,
                each.person,
                each.backup,
                each.how,
                each.scope,
                filled=bool(each.person or each.how),
                origin=origin("contacts", at),
            )
            for at, each in enumerate(root.contacts)
        ),
        targets=tuple(
            Target(each.scenario, _term(each.rpo), _term(each.rto), each.how, origin("targets", at))
            for at, each in enumerate(root.targets)
        ),
        checklists=tuple(
            Checklist(each.name, each.name, tuple(each.items), tuple(each.levels), origin("checklists", at))
            for at, each in enumerate(root.checklists)
        ),
        hours=_hours(root.hours, origin("hours", 0)) if "hours" in root.model_fields_set else Hours(),
        snapshot=root.snapshot,
    )


def _rules(root: Root, origin: Origin) -> list[Rule]:
    """The rules as they stand; the tiers of an escalation are counted for each set of severities."""
    tiers: dict[tuple[str, ...], int] = {}
    rules = []
    for at, each in enumerate(root.rules):
        kind, levels = ClockKind(each.kind), tuple(each.levels)
        if kind is ClockKind.ESCALATION:
            tiers[levels] = tiers.get(levels, 0) + 1
        rules.append(
            Rule(
                kind=kind,
                what=each.what or WHAT.get(kind) or (f"call {each.who}" if each.who else each.checklist),
                after=timedelta(seconds=each.after),
                origin=origin("rules", at),
                who=each.who,
                counting=Counting(each.counting),
                levels=levels,
                number=tiers[levels] if kind is ClockKind.ESCALATION else 0,
                checklist=each.checklist,
            )
        )
    return rules


def _list_rules(root: Root, origin: Origin) -> list[Rule]:
    """`within` of a checklist is a rule of its own."""
    return [
        Rule(
            ClockKind.CHECKLIST,
            each.name,
            timedelta(seconds=each.within),
            origin("checklists", at),
            levels=tuple(each.levels),
            checklist=each.name,
        )
        for at, each in enumerate(root.checklists)
        if each.within is not None
    ]


def _roles(root: Root, origin: Origin) -> tuple[Role, ...]:
    leads = any(each.lead for each in root.roles)
    return tuple(
        Role(each.name, each.duty, each.lead if leads else at == 0, origin("roles", at))
        for at, each in enumerate(root.roles)
    )


def _hours(table: HoursTable, origin: str) -> Hours:
    days = tuple(sorted({WEEK.index(each) for each in table.days}))
    return Hours(days, table.opens, table.closes, table.zone, tuple(table.holidays), origin)


def _term(seconds: float | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)

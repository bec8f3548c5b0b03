"""Roles, contacts, and whom to call for what, as tables and lists have them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta

from cockpit.model.clock import ClockKind, Rule
from cockpit.model.plan import Contact, PageRule, Role
from cockpit.model.runbook import DocumentTable
from cockpit.runbooks.document.outline import OutlineBlock, Shape
from cockpit.runbooks.document.tables import PEOPLE
from cockpit.runbooks.plan.source import Source, find_column, is_blank, levels_in, read_cell

ROLES = re.compile(r"(?i)\broles?\b")
CONTACTS = re.compile(r"(?i)\bcontacts?\b")
DUTY = re.compile(r"^(?P<name>[A-Z][^—–:]{1,60}?)\s*(?:—|–|:|\s-\s)\s*(?P<duty>\S.{0,300})$")
LEADS = re.compile(r"(?i)\b(?:commander|incident (?:lead|manager))\b")
NICKNAME = re.compile(r"\s*\([^()]{1,12}\)")
REACHED = re.compile(r"^\s*(?P<role>[A-Z][^:#\n]{1,60}?)\s*:\s+(?P<how>\S.{0,200})$")


def read_roles(source: Source) -> tuple[Role, ...]:
    """The roles of a document; the commander leads, else the first."""
    result = [*_roles_of_tables(source), *_roles_of_lists(source)]
    if result and not any(role.lead for role in result):
        result[0] = replace(result[0], lead=True)
    return tuple(result)


def _roles_of_tables(source: Source) -> Iterator[Role]:
    for table in source.runbook.tables:
        if table.kind == "roles":
            for index, row in enumerate(table.rows):
                yield _make_role(read_cell(row, 0), read_cell(row, 1), source.origin(table.line + 2 + index))


def _roles_of_lists(source: Source) -> Iterator[Role]:
    for chapter in source.chapters:
        if ROLES.search(chapter.title):
            for block in chapter.blocks:
                if block.shape is Shape.ITEM and not block.nested and (match := DUTY.match(block.text)):
                    yield _make_role(match["name"], match["duty"], source.origin(block.line))


def _make_role(name: str, duty: str, origin: str) -> Role:
    return Role(NICKNAME.sub("", name).strip(), duty.rstrip(". "), bool(LEADS.search(name)), origin)


def list_contacts(source: Source) -> Iterator[Contact]:
    """Everybody who is to be reached; one whose person and number are placeholders is not filled in."""
    for table in source.runbook.tables:
        if table.kind == "contacts":
            yield from _contacts_of(table, source)
    for chapter in source.chapters:
        if CONTACTS.search(chapter.title):
            for block in chapter.blocks:
                yield from _contacts_in(block, source)


def _contacts_of(table: DocumentTable, source: Source) -> Iterator[Contact]:
    role = find_column(table, "role", *PEOPLE, "who", "name") or 0
    person = find_column(table, "person", "primary", "name", "who", but=(role,))
    backup = find_column(table, "backup", "secondary", "deputy", but=(role,))
    numbers = tuple(position for position in (role, person, backup) if position is not None)
    how = find_column(
        table, "method", "how", "contact", "phone", "mobile", "pager", "reach", "mail", "slack", but=numbers
    )
    mail = find_column(table, "mail", but=numbers if how is None else (*numbers, how))
    scope = find_column(table, "when", "scope", "for", "notes", but=numbers if how is None else (*numbers, how))
    for index, row in enumerate(table.rows):
        if not read_cell(row, role):
            continue
        who, reached = read_cell(row, person), read_cell(row, how)
        if not is_blank(address := read_cell(row, mail)):
            reached = address if is_blank(reached) else f"{reached}, {address}"
        spare = read_cell(row, backup)
        yield Contact(
            role=read_cell(row, role),
            person=who,
            backup="" if is_blank(spare) else spare,
            how=reached,
            scope=read_cell(row, scope),
            filled=not all(is_blank(text) for text in (who, reached))
            and not _is_placeholder(who)
            and not _is_placeholder(reached),
            origin=source.origin(table.line + 2 + index),
        )


def contact_of(values_by_name: Mapping[str, str], origin: str) -> Contact:
    """The contact of a table of TOML."""
    who, reached = values_by_name.get("person", ""), values_by_name.get("how", "")
    return Contact(
        role=values_by_name["role"],
        person=who,
        backup=values_by_name.get("backup", ""),
        how=reached,
        scope=values_by_name.get("scope", ""),
        filled=not (is_blank(who) and is_blank(reached)),
        origin=origin,
    )


def _is_placeholder(text: str) -> bool:
    """True for a placeholder; a cell with nothing in it says nothing."""
    return bool(text.strip("-–— ")) and is_blank(text)


def _contacts_in(block: OutlineBlock, source: Source) -> Iterator[Contact]:
    """`On-call engineer: pager` in a list, or a line each in a fence without a language."""
    if block.shape is Shape.ITEM:
        lines = [(block.line, block.text)]
    elif block.shape is Shape.FENCE and not block.info:
        lines = [(block.line + 1 + index, line) for index, line in enumerate(block.text.split("\n"))]
    else:
        return
    for number, line in lines:
        if (match := REACHED.match(line)) and parse_tier_start(match["role"]) is None:
            how = match["how"].strip()
            yield Contact(match["role"], how=how, filled=not is_blank(how), origin=source.origin(number))


def read_page_rules(source: Source) -> Iterator[PageRule]:
    """Whom to call when something particular happens."""
    for table in source.runbook.tables:
        if table.kind != "who-to-page":
            continue
        who = find_column(table, "who", "contact", "owner", "call", "notify", "inform", "page", but=(0,))
        further = find_column(table, "escalat", "then", "next", "fallback", but=(0,) if who is None else (0, who))
        for index, row in enumerate(table.rows):
            called = [text for text in (read_cell(row, who), read_cell(row, further)) if text and not is_blank(text)]
            if read_cell(row, 0) and called:
                yield PageRule(read_cell(row, 0), ", then ".join(called), source.origin(table.line + 2 + index))


# Who becomes due when: windows drawn as boxes or written as tables, a rule for each tier.

WINDOW = re.compile(
    r"(?i)^\W*(?P<from>\d{1,4}(?:\.\d)?)\s*(?P<first>m|h)?[a-z]*\s*"
    r"(?:\+|(?:-|–|—|to)\s*(?P<until>\d{1,4}(?:\.\d)?|\+|∞)?)?\s*(?P<unit>m|h|d)?"
)
ESCALATION = re.compile(r"(?i)\bescalat")
TIER = re.compile(r"^\W*(?P<window>[^:—–]{2,40}?)\W*\s*(?::|—|–|\s-\s|→)\W*(?P<who>[A-Za-z].{1,200})$")
# The same the other way round: "Payments lead (10-25 minutes)", "CTO - after 25 minutes".
_NOT_YET = r"if\s+not\s+\w+\s+(?:in|within|after)"
TIER_BEFORE = re.compile(
    r"(?i)^\W*(?P<who>[A-Z][^()\n]{1,80}?)\W*\s*(?:\(|,\s|;\s|—|–|:\s|\s-\s)\W*"
    rf"(?P<window>(?:immediate(?:ly)?|at\s+once)|(?:(?:after|at|from|{_NOT_YET})\s+|\+|>)?\s*\d[^()\n]{{1,30}})\)?\W*$"
)
# "If there is no answer within 15 minutes, call the platform lead".
UNANSWERED = re.compile(
    r"""(?ix) ^\W*(?:if|when|after)\b [^,]*
      \b(?:no\s+(?:answer|response|reply|ack\w*|progress)|not\s+\w+|nobody\s+\w+|un(?:answered|resolved|acknowledged))\b
      [^,\d]*(?P<window>\d[^,:]{1,20})[,:]\s*
      (?:then\s+)?(?:call|page|escalate\s+to|contact|notify|ring|involve)\s+(?:the\s+)?(?P<who>[^,;.]{2,80})"""
)
AT_ONCE = re.compile(r"(?i)^\W*(?:immediate(?:ly)?|at once|now|first|start)\W*$")
LEADING = re.compile(rf"(?i)^\W*(?:after|within|at|from|{_NOT_YET}|\+|>)?\s*")
BOX = ("window", "who")  # the head that a drawn box is given
UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


def escalation_rules(source: Source) -> Iterator[Rule]:
    """One rule for each tier, numbered from 1 for each level."""
    counts: dict[tuple[str, ...], int] = {}
    for table in source.runbook.tables:
        if table.kind != "escalation":
            continue
        for index, row in enumerate(table.rows):
            levels = levels_of(table, row)
            after, who = parse_window_start(read_cell(row, 0)), who_of(table, row)
            if after is None or is_blank(who):
                continue
            counts[levels] = number = counts.get(levels, 0) + 1
            line, closes = source.origin(table.line + index + first_row(table)), parse_window_end(read_cell(row, 0))
            yield Rule(
                ClockKind.ESCALATION, f"call {who}", after, line, who=who, levels=levels, number=number, closes=closes
            )
    for block, after, who, levels in _tiers_of_lists(source):
        counts[levels] = number = counts.get(levels, 0) + 1
        origin = source.origin(block.line)
        yield Rule(ClockKind.ESCALATION, f"call {who}", after, origin, who=who, levels=levels, number=number)


def _tiers_of_lists(source: Source) -> Iterator[tuple[OutlineBlock, timedelta, str, tuple[str, ...]]]:
    """(item, when, who, levels) of "1. **15 minutes**: Secondary on-call" below a heading of escalation."""
    for chapter in source.chapters:
        if not ESCALATION.search(chapter.title):
            continue
        for block in chapter.blocks:
            if block.shape is Shape.ITEM and not block.nested and (tier := _read_tier(block.text)):
                yield block, *tier, levels_in(chapter.title)


def _read_tier(text: str) -> tuple[timedelta, str] | None:
    """(when, who) of one tier of a list, in whichever order it says them."""
    for form in (TIER, UNANSWERED, TIER_BEFORE):
        match = form.match(text)
        after = parse_tier_start(match["window"]) if match else None
        if match and after is not None and not is_blank(match["who"]):
            return after, match["who"].strip().rstrip(".")
    return None


def parse_tier_start(window: str) -> timedelta | None:
    """When a tier of a list is called: `Immediate` at once, `After 15 minutes` after those; None for no time."""
    if AT_ONCE.match(window):
        return timedelta(0)
    bare = LEADING.sub("", window)
    return parse_window_start(bare) if re.match(r"\d", bare) else None


def parse_window_start(window: str) -> timedelta | None:
    """When a window opens: `15-30 min` after 15 minutes, `60+ min` after 60, `1-2 h` after one hour."""
    match = WINDOW.match(window)
    unit = (match["unit"] or match["first"] or "").lower() if match else ""
    return float(match["from"]) * UNITS[unit] if match and unit else None


def parse_window_end(window: str) -> timedelta | None:
    """When a window closes: `15-30 min` after 30 minutes; None where it is left open."""
    match = WINDOW.match(window)
    unit = (match["unit"] or match["first"] or "").lower() if match else ""
    end = match["until"] if match else None
    return float(end) * UNITS[unit] if unit and end and end[0].isdigit() else None


def levels_of(table: DocumentTable, row: tuple[str, ...]) -> tuple[str, ...]:
    """The severities of a tier: of its own column, else of what the box or the heading is called; none are all."""
    own = find_column(table, "severity", "priority", "level")
    return levels_in(read_cell(row, own)) or levels_in(table.heading)


def who_of(table: DocumentTable, row: tuple[str, ...]) -> str:
    return read_cell(row, find_column(table, "who", "contact", "call", "page", "person", "role", "escalate", but=(0,)))


def first_row(table: DocumentTable) -> int:
    """From the line of a table to its first row: below a rule, or below the borders and the title of a drawn box."""
    return 3 if table.header == BOX else 2

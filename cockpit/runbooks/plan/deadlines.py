"""Deadlines in sentences: 72 hours for a breach, 3 business days for a post-mortem, 15 minutes of downtime."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from cockpit.model.clock import ClockKind, Counting, Rule
from cockpit.model.plan import Contact
from cockpit.runbooks.document.outline import Chapter, OutlineBlock
from cockpit.runbooks.plan.durations import Amount, list_amounts
from cockpit.runbooks.plan.source import Source, levels_in

WITHIN = re.compile(r"(?i)\b(?:within|in under|no later than|at the latest after|in less than|not later than)\W*$")
AFTER = re.compile(r"(?i)(?:>|≥|\bmore than|\bexceed(?:s|ing)?|\bover|\blonger than|\bafter|\bbeyond)\s*$")
EVERY = re.compile(r"(?i)\b(?:every|each)\s*$")
BREACH = re.compile(r"(?i)\bbreach|\bpersonal data\b|\bdata (?:incident|protection)|\bprivacy\b|\bPDPL\b|\bGDPR\b")
NOTIFY = re.compile(r"(?i)\b(?:notif|report|inform|tell)")
AFTERWARDS = re.compile(r"(?i)post-?\s?mortem|post-incident|after the incident|retrospective")
WINDOW = re.compile(r"(?i)roll-?\s?back window|fix(?:ing)?[\s-]forward|free of blame")
ROLLING_BACK = re.compile(r"(?i)roll-?\s?back|downgrade|revert|fix(?:ing)?[\s-]forward")
CLIENTS = re.compile(r"(?i)\b(?:clients?|customers?|users?)\b")
SUFFERING = re.compile(r"(?i)outage|downtime|disruption|affected|facing|notice|unavailable|down\b")
UPDATES = re.compile(r"(?i)\bupdates?\b")
AFTER_HOURS = re.compile(r"(?i)\b(?:after|out of|outside)[\s-](?:hours|business|working|office)|\bafter-?hours\b")
COMMANDER = re.compile(r"(?i)\bcommander\b|\bIC\b")
CRITICAL = re.compile(r"(?i)\bcritical\b|\bemergenc|\burgent\b")
BEHIND = re.compile(r"\s*(?:\(|for\s+)([^();,.]{1,40})\)?")
RHYTHMS = {"hourly": timedelta(hours=1), "daily": timedelta(days=1)}
RHYTHM = re.compile(rf"(?i)\b({'|'.join(RHYTHMS)})\b")
LONG = timedelta(hours=1)  # what an authority, a review or a rollback is given, at least
LONGEST = 80  # letters of what is to be done


@dataclass(frozen=True, slots=True)
class StatedTime:
    """One time in a sentence, with the words before it and where it stands."""

    chapter: Chapter
    block: OutlineBlock
    amount: Amount

    @property
    def text(self) -> str:
        return self.block.text

    @property
    def before(self) -> str:
        """The words before the time, `~` and the like left out."""
        return self.text[: self.amount.start].rstrip("~<≤ (")

    @property
    def all(self) -> str:
        return f"{self.chapter.whole_path}: {self.text}"


def promise_rules(source: Source, worst: tuple[str, ...] = ()) -> Iterator[Rule]:
    """Every rule in the sentences of a document. `worst` are the levels that `critical` means."""
    for chapter, block in source.list_sentences():
        for amount in list_amounts(block.text):
            rule = read_deadline(StatedTime(chapter, block, amount), source.origin(block.line), worst)
            if rule is not None:
                yield rule
        if UPDATES.search(block.text) or UPDATES.search(chapter.title):
            yield from _list_daily_updates(block, source.origin(block.line))


def _list_daily_updates(block: OutlineBlock, origin: str) -> Iterator[Rule]:
    """`Updates hourly (P2), daily (P3)`: a rhythm without a number, for the levels behind it."""
    for match in RHYTHM.finditer(block.text):
        behind = BEHIND.match(block.text, match.end())
        if behind and (levels := levels_in(behind[1])):
            yield Rule(ClockKind.UPDATE, "send an update", RHYTHMS[match[1].lower()], origin, levels=levels)


def read_deadline(lines: StatedTime, origin: str, worst: tuple[str, ...]) -> Rule | None:
    """The rule that a time in a sentence makes, None for most of them: a threshold is no promise."""
    after, counting = lines.amount.after, lines.amount.counting
    levels = levels_behind(lines) or levels_in(lines.text)
    within, long = bool(WITHIN.search(lines.before)), after >= LONG
    if within and long and BREACH.search(lines.all) and NOTIFY.search(lines.text):
        return Rule(ClockKind.BREACH, read_task(lines), after, origin, counting=counting, levels=levels)
    if within and long and AFTERWARDS.search(lines.all):
        what = "review the post-mortem"
        return Rule(ClockKind.POSTMORTEM, what, after, origin, counting=counting, levels=levels)
    if within and AFTER_HOURS.search(lines.text[: lines.amount.start]):
        levels = levels or (worst if CRITICAL.search(lines.text) else ())
        return Rule(ClockKind.RESPONSE, read_note(lines), after, origin, levels=levels, outside=True)
    if within and COMMANDER.search(lines.text):
        return Rule(ClockKind.COMMANDER, "name a commander", after, origin, counting=counting, levels=levels)
    if long and WINDOW.search(lines.text) and ROLLING_BACK.search(lines.all):
        return Rule(ClockKind.ROLLBACK, "no-blame rollback window", after, origin, counting=counting, levels=levels)
    if AFTER.search(lines.before) and CLIENTS.search(lines.text) and SUFFERING.search(lines.text):
        return Rule(ClockKind.CLIENT, "tell clients", after, origin, counting=counting, levels=levels)
    if EVERY.search(lines.before) and UPDATES.search(lines.text) and levels and counting is Counting.WALL:
        return Rule(ClockKind.UPDATE, "send an update", after, origin, levels=levels)
    return None


def levels_behind(lines: StatedTime) -> tuple[str, ...]:
    """The levels in brackets right behind a time: "every 15 minutes (P1), every 1 hour (P2)"."""
    match = BEHIND.match(lines.text, lines.amount.end)
    return levels_in(match[1]) if match else ()


def contact_rules(contacts: tuple[Contact, ...]) -> Iterator[Rule]:
    """`Client-facing outage >15 min` beside a contact: it is they who are notified then, or who notify."""
    for contact in contacts:
        for amount in list_amounts(contact.scope):
            before = contact.scope[: amount.start].rstrip("~ (")
            if AFTER.search(before) and CLIENTS.search(contact.scope) and SUFFERING.search(contact.scope):
                what = "tell clients"
                yield Rule(ClockKind.CLIENT, what, amount.after, contact.origin, who=contact.role)


def read_task(lines: StatedTime) -> str:
    """What is to be done, in the words before the time: `Notify the authority`."""
    text = WITHIN.sub("", lines.before).strip(" ,:;—–-")
    return (text if NOTIFY.search(text) else "notify the authority")[-LONGEST:]


def read_note(lines: StatedTime) -> str:
    """`acknowledge (after hours, best effort)` as the sentence has it."""
    effort = ", best effort" if re.search(r"(?i)best[\s-]effort", lines.text) else ""
    return f"acknowledge (after hours{effort})"

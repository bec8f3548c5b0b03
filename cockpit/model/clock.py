"""Clocks: what is due, why, and by when. A Rule is what a team promised itself; a Clock is one that runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Any

from cockpit.model.setting import LineText, NameText, Term, setting
from cockpit.model.text import clean_line
from cockpit.model.time import is_named_utc


class ClockKind(StrEnum):
    """What is due. The value is what the timeline holds."""

    RESPONSE = "response"  # somebody acknowledges
    COMMANDER = "commander"  # somebody leads
    CHECKLIST = "checklist"  # every box of it is ticked: the first ten minutes
    UPDATE = "update"  # the next one is sent; begins again with each
    PROMISE = "promise"  # the time of the next update that somebody promised to others
    ESCALATION = "escalation"  # a tier of people becomes due
    CLIENT = "client"  # clients are notified, while they feel it
    RECOVERY = "recovery"  # the recovery time of the chosen scenario
    BUDGET = "budget"  # the time a procedure is expected to take
    TAIL = "tail"  # until then a change may not have reached everything: a token cache
    GAP = "gap"  # between two renames nothing goes by the name that users need
    TASK = "task"  # "look at X, back in three minutes"
    LOOP = "loop"  # what was turned off for now is to be turned on again
    BREACH = "breach"  # the authority is notified, counted from when a person declared being aware
    ROLLBACK = "rollback"  # the no-blame rollback window; after it one fixes forward
    POSTMORTEM = "postmortem"  # the draft is reviewed


class Counting(StrEnum):
    """Which time counts."""

    WALL = "wall"
    HOURS = "business hours"
    DAYS = "business days"  # whole ones; due when the last of them closes


class ClockState(StrEnum):
    """Where a clock stands. Only RUNNING, AT_RISK and OVERDUE ask for anything."""

    RUNNING = "running"
    AT_RISK = "at risk"  # four fifths of its time are gone
    OVERDUE = "overdue"
    OPEN = "open"  # to be done, without a time
    MET = "met"
    MISSED = "missed"  # done, too late
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True, slots=True)
class Rule:
    """One deadline of the team's own: `after` from what starts a clock of this kind.

    `origin` is where it stands: `oncall.md:41`, `cockpit.toml`, `built in`. `who` must do it, or is to be called.
    `levels` are the severities it holds for, none for all. `number` orders the tiers of an escalation, from 1;
    `closes` is when the window of one does, counted as `after` is, where its document says so.
    """

    kind: ClockKind = field(
        metadata=setting(
            "What is due; see below.",
            choices=(
                *("response", "commander", "checklist", "update", "escalation", "client", "breach", "rollback"),
                "postmortem",
            ),
        )
    )
    what: LineText = field(
        metadata=setting("What is to be done, in a few words.", absent="", absent_text="by its kind")
    )
    after: Term = field(metadata=setting("How long after what begins it; `0s` is at once."))
    origin: str = "built in"
    who: LineText = field(default="", metadata=setting("Who does it; *required* for an escalation: who is called."))
    counting: Counting = field(
        default=Counting.WALL, metadata=setting('Which time counts; business days are whole ones, `"3d"`.')
    )
    levels: tuple[NameText, ...] = field(
        default=(), metadata=setting("The severities that it holds for.", absent_text="every severity")
    )
    number: int = 0
    checklist: LineText = field(  # its id
        default="", metadata=setting("*Required* for a checklist rule: the name of the list.")
    )
    outside: bool = False  # it holds when the incident began outside the working hours, in place of the other one
    closes: timedelta | None = None

    def holds(self, level: str) -> bool:
        return not self.levels or level.casefold() in {level.casefold() for level in self.levels}

    def detail(self) -> dict[str, Any]:
        """As an event records it, so that a clock goes on when its document is gone. `after` in seconds."""
        fields = {
            "kind": self.kind.value,
            "what": self.what,
            "after": self.after.total_seconds(),
            "origin": self.origin,
        }
        extra = {
            "who": self.who,
            "counting": "" if self.counting is Counting.WALL else self.counting.value,
            "levels": list(self.levels),
            "number": self.number,
            "checklist": self.checklist,
            "outside": self.outside,
            "closes": self.closes.total_seconds() if self.closes else 0,
        }
        return fields | {name: value for name, value in extra.items() if value}


def rule_of(detail: Mapping[str, Any]) -> Rule | None:
    """The inverse of `Rule.detail`; None for what no version of us has written."""
    try:
        return Rule(
            kind=ClockKind(detail["kind"]),
            what=clean_line(detail["what"]),
            after=timedelta(seconds=float(detail["after"])),
            origin=clean_line(detail.get("origin", "")),
            who=clean_line(detail.get("who", "")),
            counting=Counting(detail.get("counting", "wall")),
            levels=tuple(clean_line(item) for item in detail.get("levels", ())),
            number=int(detail.get("number", 0)),
            checklist=clean_line(detail.get("checklist", "")),
            outside=detail.get("outside") is True,
            closes=timedelta(seconds=float(detail["closes"])) if detail.get("closes") else None,
        )
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


@dataclass(frozen=True, slots=True)
class Clock:
    """One deadline of one incident at one moment. Everything but `left` and `state` is fixed by the events.

    `why` says in a few words what started it; `origin` where its rule stands. `due` None: to be done, without a time.
    `risk` is when four fifths of the counted time are gone. `until` is the end of a window that opens when it is due:
    what is done by then is in time. `dismissible` False: only done, or not applicable with a reason, ends it.
    """

    id: str  # `update`, `escalation:2`, `task:k7f`, `loop:k7g`; unique within the incident
    kind: ClockKind
    what: str
    why: str
    origin: str
    started: datetime
    due: datetime | None = None
    risk: datetime | None = None
    done: datetime | None = None
    not_applicable: str = ""  # the reason
    snoozed_until: datetime | None = None
    who: str = ""
    dismissible: bool = True
    until: datetime | None = None
    undone: bool = False  # it ended at `done` and nobody did it
    obligation: str = ""  # what several clocks may ask for: the id of the first of them
    remark: str = ""  # what its state alone does not tell: a call that nobody answered, a window that closes later

    @property
    def limit(self) -> datetime | None:
        """The last moment at which it is done in time; None where there is none."""
        return self.until or self.due

    def is_window_open(self, now: datetime) -> bool:
        """Whether it asks for something now, and what is done now is in time: nobody is late yet."""
        if self.due is None or self.until is None or self.done is not None or self.not_applicable:
            return False
        return self.due <= now <= self.until

    def state(self, now: datetime) -> ClockState:
        if self.not_applicable:
            return ClockState.NOT_APPLICABLE
        if self.done is not None:
            return ClockState.MET if self.limit is None or self.done <= self.limit else ClockState.MISSED
        if self.due is None:
            return ClockState.OPEN
        if now >= self.due:
            return ClockState.OVERDUE
        return ClockState.AT_RISK if self.risk is not None and now >= self.risk else ClockState.RUNNING

    def left(self, now: datetime) -> timedelta | None:
        """Until it is due, negative when it is overdue; None when it asks for nothing by a time.

        Before it started (the machine's clock went back) all of its time is left, and not more.
        """
        if self.due is None or self.done is not None or self.not_applicable:
            return None
        return self.due - max(now, self.started)

    def remaining(self, now: datetime) -> timedelta | None:
        """As `left`, and of a window as whoever reads it counts: None while it is open, when nobody is late; once it
        has closed, since then."""
        left = self.left(now)
        if left is None or self.is_window_open(now):
            return None
        return self.limit - now if self.limit is not None and now > self.limit else left

    def snoozed(self, now: datetime) -> bool:
        """True while somebody asked not to be reminded. It counts on all the same."""
        return self.snoozed_until is not None and now < self.snoozed_until


# The moment at which a clock is due, as people on two sides of the world read it.

WEEK = timedelta(days=6)  # a weekday names only one day within it


def shown_due(clock: Clock, zone: tzinfo, now: datetime) -> str:
    """`04:17 NZDT · 15:17Z`, with the weekday or the date where it is another day there; "" without a time.

    Where the zone is UTC it stands once.
    """
    return "" if clock.due is None else show_moment(clock.due, zone, now)


def show_moment(moment: datetime, zone: tzinfo, now: datetime) -> str:
    """A moment as `shown_due` shows it."""
    try:
        here, today = moment.astimezone(zone), now.astimezone(zone)
        utc, utc_today = moment.astimezone(UTC), now.astimezone(UTC)
    except OverflowError:  # the edge of the calendar, where a zone has no local time
        return ""
    universal = f"{_format_day(utc, utc_today)}{utc:%H:%M}Z"
    if is_named_utc(here):
        return universal
    return f"{_format_day(here, today)}{here:%H:%M} {_name_zone(here)} · {universal}"


def _format_day(moment: datetime, today: datetime) -> str:
    if moment.date() == today.date():
        return ""
    days = abs(moment.date() - today.date())
    return f"{moment:%a} " if days <= WEEK else f"{moment.day} {moment:%b} "


def _name_zone(moment: datetime) -> str:
    """The abbreviation in force; a zone that has only a number is written from UTC."""
    name = moment.tzname() or ""
    return f"UTC{name}" if name[:1] in "+-" else name

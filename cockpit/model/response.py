"""What responders did in an incident, as its events tell it: the parts that `Incident` is made of."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from cockpit.model.clock import ClockKind
from cockpit.model.event import LONGEST_BOX, WRITTEN_LATE
from cockpit.model.text import clean_line


@dataclass(frozen=True, slots=True)
class Holding:
    """One person in one role; `until` None: still. `note` is what was written at a handover."""

    role: str
    person: str
    since: datetime
    until: datetime | None = None
    note: str = ""


AUDIENCE_WORDS = {
    "authority": r"data protection authorit(?:y|ies)|supervisory authorit(?:y|ies)|regulators?|authorit(?:y|ies)",
    "client": r"(?:enterprise |affected |external )?(?:customers?|users?|clients?|tenants?|status page)",
    "team": r"teams?|internal|colleagues?",
}
"""What people call who reads a message, by the audience that this is."""
AUDIENCE_NAMES = {
    audience: re.compile(rf"(?:(?:the|our|all|your) )*(?:{names})") for audience, names in AUDIENCE_WORDS.items()
}


def name_audience(text: str) -> str:
    """The audience that somebody names: `client` for customers and users; any other by its own name, in small letters.

    What two names of one audience are is decided here alone: a promise made to one is kept by a message to the other.
    """
    name = " ".join(text.casefold().split())
    return next((audience for audience, pattern in AUDIENCE_NAMES.items() if pattern.fullmatch(name)), name)


@dataclass(frozen=True, slots=True)
class Update:
    """One message that was sent, with its words; `promised` is when the next one was promised for."""

    at: datetime
    actor: str
    audience: str
    text: str
    template: str = ""
    promised: datetime | None = None
    event: int = 0
    reader: str = ""  # who read it, in the team's words

    @property
    def readers(self) -> str:
        return self.reader or self.audience

    @property
    def audience_name(self) -> str:
        """The one name of who reads it, whatever they were called."""
        return name_audience(self.audience)


@dataclass(frozen=True, slots=True)
class PageRecord:
    """Somebody was paged. `answered` None: nobody wrote down whether they were reached."""

    at: datetime
    actor: str
    who: str
    tier: int = 0
    how: str = ""
    note: str = ""
    answered: bool | None = None


@dataclass(frozen=True, slots=True)
class Tick:
    """One box as it stands; `item` from 1. `state`: done, skipped, or open again. `at` is when it was done: where that
    is on record as an act, `done_by` is who did that, as far as it is known, and `ticked` when `actor` came round to
    tick it."""

    list: str
    item: int
    text: str
    state: str
    at: datetime
    actor: str
    reason: str = ""
    ticked: datetime | None = None
    done_by: str = ""

    @property
    def doer(self) -> str:
        """Who did it, as far as that is known; else who ticked it."""
        return self.done_by or self.actor

    @property
    def is_ticked_later(self) -> bool:
        """Whether it was done noticeably before somebody ticked it."""
        return self.ticked is not None and self.ticked - self.at >= WRITTEN_LATE


@dataclass(frozen=True, slots=True)
class Mark:
    """The marks of people on one clock, joined: begun by hand, done, snoozed, or not applicable because."""

    id: str
    kind: ClockKind | None = None  # of one that a person began
    text: str = ""
    person: str = ""
    started: datetime | None = None
    due: datetime | None = None
    done: datetime | None = None
    snoozed_until: datetime | None = None
    not_applicable: str = ""
    reason: str = ""
    stated_at: datetime | None = None  # when it was marked as not applying: no mark on what began to bind later


@dataclass(frozen=True, slots=True)
class Decision:
    at: datetime
    actor: str
    text: str
    reason: str = ""
    event: int = 0


@dataclass(frozen=True, slots=True)
class ActionItem:
    """Something to do after the incident. A note that begins with `TODO:` is one; its id is then `note-<event>`."""

    id: str
    text: str
    at: datetime
    actor: str = ""
    owner: str = ""
    due: date | None = None
    done: datetime | None = None
    label: str = ""  # its type: prevent, detect, mitigate ...
    link: str = ""  # where it is tracked


@dataclass(frozen=True, slots=True)
class EvidenceLink:
    event: int
    target: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Freeze:
    """No deployments to an environment; `until` None: it holds."""

    environment: str
    since: datetime
    by: str
    reason: str = ""
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class RecordedSilence:
    """A silence that somebody made from here, as the record knows it. Others may have changed it at its source.

    `text` are its matchers; `ended` when somebody lifted it from here; `is_sure` False where nobody answered whether it
    was made or changed.
    """

    text: str
    since: datetime
    until: datetime
    by: str
    reason: str = ""
    id: str = ""
    ended: datetime | None = None
    is_sure: bool = True

    def holds(self, moment: datetime) -> bool:
        return self.since <= moment < min(self.until, self.ended or self.until)

    def describe(self, end: str) -> str:
        """`alertname="QueueLag", until 10:55Z, by ben: known (as recorded)`; `end` is its end as people read it."""
        why = f": {self.reason}" if self.reason else ""
        doubt = "as recorded" if self.is_sure else "as recorded; nobody answered whether it was made so"
        return f"{self.text}, until {end}, by {self.by or 'somebody'}{why} ({doubt})"


@dataclass(frozen=True, slots=True)
class Recovery:
    """The scenario that was chosen, its targets, and the moment the data was brought back to."""

    scenario: str
    chosen: datetime
    rto: timedelta | None = None
    rpo: timedelta | None = None
    point: datetime | None = None
    origin: str = ""


VERIFIED = "its work is verified"


TYPED = "exec: "  # in front of what a command is called that was typed, and is no procedure of a runbook


@dataclass(frozen=True, slots=True)
class ProcedureRun:
    """One run of a procedure, for its budget: `tail` is how long its effect may lag behind it.

    `verified` is when the last verification succeeded after which only offered steps are left; `effective` when the
    change was made whose effect lags, and `settled` when a restart ended that. `missing` is the name that nothing has
    from `gap_began` on, when it was renamed away, until something else got it. `unknown` are the numbers of the steps
    that were sent and of which nobody knows whether they took effect. `undone` is when its work was taken back, by the
    undo of a step or by whatever moved the traffic back. `unfinished` says why its end is no end of its work: "" where
    it is.
    """

    id: str
    title: str
    started: datetime
    ended: datetime | None = None
    budget: timedelta | None = None
    tail: timedelta | None = None
    origin: str = ""
    verified: datetime | None = None
    effective: datetime | None = None
    settled: datetime | None = None
    missing: str = ""
    gap_began: datetime | None = None
    gap_ended: datetime | None = None
    unknown: tuple[str, ...] = ()
    undone: datetime | None = None
    unfinished: str = ""
    by: str = ""  # who started it

    @property
    def is_typed(self) -> bool:
        """Whether it is one command that somebody typed: recorded as a run, and no procedure."""
        return self.title.startswith(TYPED)

    @property
    def done(self) -> datetime | None:
        """When the work was done: verified, else ended."""
        return min((moment for moment in (self.verified, self.ended) if moment is not None), default=None)

    @property
    def succeeded(self) -> datetime | None:
        """As `done`; None where it ended and its work was not done."""
        return None if self.unfinished and self.verified is None else self.done

    @property
    def standing(self) -> str:
        """What is known of its work, in the words of every place that tells of it; "" where nothing is."""
        if self.undone is not None:
            return f"its work was undone at {self.undone.astimezone(UTC):%H:%M:%S} UTC"
        if self.verified is not None:
            return VERIFIED
        return self.unfinished if self.ended is not None else ""


class Review(StrEnum):
    """Where the post-mortem stands."""

    DRAFT = "draft"
    IN_REVIEW = "in review"
    REVIEWED = "reviewed"
    CLOSED = "closed"


class CloseReason(StrEnum):
    """Why an incident ended."""

    FIXED = "fixed"
    DUPLICATE = "duplicate"
    FALSE_POSITIVE = "false positive"
    SUPERSEDED = "superseded"
    EXTERNAL = "external"
    CANCELLED = "cancelled"


# Which tick is of which box of a checklist: by the words of the box, for documents change while an incident is open. A
# tick on record names the number and the words that its box had. Where a box is put in above, the number is another
# box's, and that one was never ticked.


def find_box_ticks(boxes: Sequence[str], ticks: Iterable[Tick]) -> dict[int, Tick]:
    """The newest tick of each box that has one, by the number from 1 that the box has now.

    `boxes` are the words of a list as it is now, `ticks` those of that list. Of words that stand in it twice, and of a
    tick without words, the number decides.
    """
    words = [clean_line(text, LONGEST_BOX) for text in boxes]
    known = list(ticks)
    box_ticks = {}
    for number, text in enumerate(words, start=1):
        is_unique = words.count(text) == 1
        of_box = [tick for tick in known if tick.text == text and (is_unique or tick.item == number)]
        of_box = of_box or [tick for tick in known if not tick.text and tick.item == number]
        if of_box:
            box_ticks[number] = max(of_box, key=_date_tick)
    return box_ticks


def list_former_ticks(boxes: Sequence[str], ticks: Iterable[Tick]) -> list[Tick]:
    """The newest tick of each box that the list had and has no more, in the order of their numbers then."""
    words = {clean_line(text, LONGEST_BOX) for text in boxes}
    newest: dict[tuple[str, int], Tick] = {}
    for tick in sorted(ticks, key=_date_tick):
        is_former = tick.text not in words if tick.text else tick.item > len(boxes)
        if is_former:
            newest[tick.text, 0 if tick.text else tick.item] = tick
    return sorted(newest.values(), key=lambda tick: tick.item)


def _date_tick(tick: Tick) -> datetime:
    return tick.ticked or tick.at

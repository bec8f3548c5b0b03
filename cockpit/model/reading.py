"""What a feed last saw, and how much of it can still be believed; and a line of a log, which is read once."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, Literal, TypeVar

from cockpit.model.problem import Problem
from cockpit.model.time import format_age

T = TypeVar("T")


@dataclass(frozen=True)  # no slots: frozen, slots and Generic together make `Reading[int](...)` a TypeError
class Reading(Generic[T]):
    """The newest answer of one feed of one environment.

    A failed poll keeps `value`, `seen` and `at` of the last good one and sets `problem`: a failure changes nothing
    but the state of the pane. `seen` and `tried` are monotonic seconds, `every` the seconds between two polls. `began`
    is when the oldest answer in it was asked for, where that is not when it came.
    """

    feed: str
    environment: str
    every: float
    tried: float
    value: T | None = None
    seen: float | None = None
    at: datetime | None = None
    problem: Problem | None = None
    caution: Problem | None = None  # nothing failed, and yet the source may not know everything
    began: float | None = None

    def is_from_before(self, moment: float) -> bool:
        """Whether it tells of the time before a monotonic moment, even if the answer came later."""
        return (self.tried if self.began is None else self.began) < moment

    @property
    def incomplete(self) -> bool:
        """What the newest look gave may lack something: a part failed, or the source does not know everything yet."""
        return self.caution is not None or (self.problem is not None and self.seen == self.tried)


class FeedState(StrEnum):
    """How fresh a pane is. Blind is red, never green."""

    WAITING = "waiting"  # no answer yet, none overdue
    LIVE = "live"
    LATE = "late"
    STALE = "stale"
    BLIND = "blind"


RANK = {FeedState.LIVE: 0, FeedState.WAITING: 1, FeedState.LATE: 2, FeedState.STALE: 3, FeedState.BLIND: 4}
GRACE = 2.0  # seconds an answer may take on top of its interval before it is called late
STALE_AFTER = 3.0  # intervals
FIRST_ANSWER = 15.0  # seconds without a first answer before that is called blind


@dataclass(frozen=True, slots=True)
class Freshness:
    """A feed's state at one moment: `age` in seconds of the value shown (None: no value), `reason` when not live."""

    state: FeedState
    age: float | None = None
    reason: str = ""

    @property
    def label(self) -> str:
        """As a pane's border wears it: `live 2s`, `late 14s`, `STALE 3m`, `BLIND 401 az login expired`."""
        old = "" if self.age is None else format_age(self.age)
        if self.state is FeedState.WAITING:
            return "waiting"
        if self.state is FeedState.BLIND:
            return " ".join(part for part in ("BLIND", self.reason, old and f"(last {old} ago)") if part)
        word = "STALE" if self.state is FeedState.STALE else self.state.value
        return " ".join(part for part in (word, old, self.reason) if part)

    @property
    def short_label(self) -> str:
        """The same for a border without the room: `BLIND 401 az login expired 3m`."""
        old = "" if self.age is None else format_age(self.age)
        blind = " ".join(part for part in ("BLIND", self.reason, old) if part)
        return blind if self.state is FeedState.BLIND else self.label


def compute_freshness(
    reading: Reading[T] | None, now: float, started: float = 0.0, woke: float = float("-inf")
) -> Freshness:
    """The state of a reading at monotonic `now`; `started` is when its feed began, for one that never answered.

    What was asked before the process last `woke` is stale at once: nobody looked meanwhile.

    A passing fault within three intervals of a good value is only late; everything else that failed is blind,
    and a value whose feed fell silent without a fault (a frozen loop, a hung call) grows late, then stale.
    """
    if reading is None:
        silent = now - started
        return (
            Freshness(FeedState.WAITING) if silent < FIRST_ANSWER else Freshness(FeedState.BLIND, None, "no answer yet")
        )
    old = None if reading.seen is None else max(0.0, now - reading.seen)
    fresh_enough = old is not None and old <= STALE_AFTER * reading.every + GRACE
    if reading.problem is not None:
        state = FeedState.LATE if fresh_enough and reading.problem.transient else FeedState.BLIND
        return Freshness(state, old, reading.problem.short)
    if old is None:
        return Freshness(FeedState.WAITING)
    if reading.is_from_before(woke):
        return Freshness(FeedState.STALE, old, "from before a pause")
    if reading.caution is not None and fresh_enough:
        return Freshness(FeedState.LATE, old, reading.caution.short)
    if old <= reading.every + GRACE + 0.5 * reading.every:
        return Freshness(FeedState.LIVE, old)
    return Freshness(FeedState.LATE if fresh_enough else FeedState.STALE, old)


def find_worst_freshness(states: list[Freshness]) -> Freshness:
    """The state a pane of several feeds must wear; a pane without feeds is waiting."""
    return max(states, key=lambda item: (RANK[item.state], item.age or 0.0), default=Freshness(FeedState.WAITING))


# What streams, and is read once.


@dataclass(frozen=True, slots=True)
class LogLine:
    """Cleaned. `at` is None when the source's time could not be read; `stream` says which log it came from.

    `past` is why and from where a line is read afterwards, "" for one that came live. `unread` stands in our own words
    alone: the streams that are not followed from here on, None in a line that does not say.
    """

    text: str
    at: datetime | None = None
    stream: Literal["console", "system"] = "console"
    revision: str = ""
    replica: str = ""
    reason: str = ""
    past: str = ""
    unread: tuple[str, ...] | None = None

"""Times as documents say them: `15 min`, `5-15 minutes`, `~30 minutes`, `half an hour`, `3 business days`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from cockpit.model.clock import Counting
from cockpit.model.runbook import Procedure

COUNTED = "zero one two three four five six seven eight nine ten".split()  # noqa: SIM905  they count
WORDS = dict(zip(COUNTED, range(11), strict=True)) | {
    "a": 1,
    "an": 1,
    "half an": 0.5,
    "fifteen": 15,
    "twenty": 20,
    "twenty-four": 24,
    "thirty": 30,
    "forty-five": 45,
    "sixty": 60,
    "seventy-two": 72,
    "ninety": 90,
}
UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}  # by the first letter
DIGITS = r"\d{1,4}(?:\.\d{1,3})?"
SPELLED = "|".join(sorted(WORDS, key=len, reverse=True))
UNIT = r"(?:seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d|weeks?|wks?|w)"
AMOUNT = re.compile(
    rf"(?i)(?<![\w.,])(?:(?:{DIGITS}|{SPELLED})\s*{UNIT}?\s*(?:-|–|—|to)\s*)?"
    rf"(?:(?P<digits>{DIGITS})[\s-]{{0,2}}|(?P<word>{SPELLED})[\s-]{{1,2}}|(?<=every )(?=hour|day))"
    rf"(?:(?P<working>business|working|work)\s+)?(?P<unit>{UNIT})"
    r"(?:(?<=[hrs])\s*(?:and\s+)?(?P<more>\d{1,2})\s*m(?:in(?:ute)?s?)?)?(?![A-Za-z_%])"
)


@dataclass(frozen=True, slots=True)
class Amount:
    """One time in a text, the longer one of a range. `start` and `end` are its place in the text."""

    after: timedelta
    counting: Counting
    start: int
    end: int


def list_amounts(text: str) -> Iterator[Amount]:
    """Every time in a text, in order."""
    for match in AMOUNT.finditer(text):
        number = float(match["digits"]) if match["digits"] else WORDS[(match["word"] or "one").lower()]
        seconds = number * UNITS[match["unit"][0].lower()]
        seconds += float(match["more"] or 0) * UNITS["m"]
        yield Amount(timedelta(seconds=seconds), _read_counting(match), match.start(), match.end())


def find_amount(text: str) -> Amount | None:
    """The first time in a text."""
    return next(list_amounts(text), None)


def parse_duration(text: str) -> timedelta | None:
    """The first time in a text as it counts on the wall; None where there is none."""
    result = find_amount(text)
    return result.after if result else None


def _read_counting(match: re.Match[str]) -> Counting:
    if not match["working"]:
        return Counting.WALL
    return Counting.DAYS if match["unit"][0].lower() in "dw" else Counting.HOURS


# How long a procedure is expected to take, and how long its effect may lag behind.

LABELS = ("time to fix", "rto")
LAGS = re.compile(r"(?i)\bup to\W*$|\bfor\W*$")
LAG = re.compile(r"(?i)cach|lag|propagat|may still|until no|stale|ttl")


def read_time_budget(procedure: Procedure) -> timedelta | None:
    """The time that it is expected to take, the longer one of a range; None where it varies or nothing is written."""
    for name in LABELS:
        text = procedure.labels.get(name, "")
        result = next((item for item in list_amounts(text) if not is_effect_lag(text, item.start)), None)
        if result:
            return result.after
    return None


def read_effect_lag(procedure: Procedure) -> timedelta | None:
    """How long after it its effect may not have reached everything: `up to 5 min cache lag`."""
    for text in (*procedure.labels.values(), *procedure.warnings):
        if LAG.search(text):
            result = next((item for item in list_amounts(text) if is_effect_lag(text, item.start)), None)
            if result:
                return result.after
    return None


def is_effect_lag(text: str, start: int) -> bool:
    """True when the time that begins at `start` is one that something lags by."""
    return bool(LAGS.search(text[:start])) and bool(LAG.search(text))

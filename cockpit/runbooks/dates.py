"""Dates as documents write them: 2026-02-09, 9 Feb 2026, February 12, 2026, Q2 2026; and none yet: TBD, never."""

import re
from datetime import date, timedelta

MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()  # noqa: SIM905  it reads as a calendar
MONTH = r"(?P<month>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
FORMS = (
    re.compile(r"\b(?P<year>\d{4})-(?P<number>\d{2})-(?P<day>\d{2})\b"),
    re.compile(rf"(?i)\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s+{MONTH},?\s+(?P<year>\d{{4}})\b"),
    re.compile(rf"(?i)\b{MONTH}\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}})\b"),
)
QUARTER = re.compile(r"(?i)\bQ(?P<quarter>[1-4])\s+(?P<year>\d{4})\b")
NEVER = re.compile(r"(?i)^\W*(never|tbd|tbc|n/?a|none|not yet|todo|-|–|—)?\W*$")


def day_in(text: str) -> date | None:
    """The first date in a text; of a quarter its last day. None for no date, or one that no calendar has."""
    for form in FORMS:
        if match := form.search(text):
            month = int(match["number"]) if "number" in match.groupdict() else MONTHS.index(match["month"].lower()) + 1
            return _day(int(match["year"]), month, int(match["day"]))
    if match := QUARTER.search(text):
        year, after = int(match["year"]), int(match["quarter"]) * 3 + 1
        first = _day(year + after // 13, (after - 1) % 12 + 1, 1)
        return first - timedelta(days=1) if first else None
    return None


def never(text: str) -> bool:
    """True when the text says that it has not happened yet: `TBD`, `never`, `-`, nothing."""
    return bool(NEVER.match(text))


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None

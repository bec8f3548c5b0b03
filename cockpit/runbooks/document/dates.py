"""Dates as documents write them: 2026-02-09, 9 Feb 2026, February 12, 2026, Q2 2026; and none yet: TBD, never."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

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
            return _make_date(int(match["year"]), month, int(match["day"]))
    if match := QUARTER.search(text):
        year, after = int(match["year"]), int(match["quarter"]) * 3 + 1
        first = _make_date(year + after // 13, (after - 1) % 12 + 1, 1)
        return first - timedelta(days=1) if first else None
    return None


def says_never(text: str) -> bool:
    """True when the text says that it has not happened yet: `TBD`, `never`, `-`, nothing."""
    return bool(NEVER.match(text))


def _make_date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


# How often something recurs, as documents say it: `weekly`, `Monthly, first Monday`, `every two weeks`.

UNITS = {"day": (0, 1), "week": (0, 7), "fortnight": (0, 14), "month": (1, 0), "quarter": (3, 0), "year": (12, 0)}
SINGLE = {
    "daily": "day", "weekly": "week", "fortnightly": "fortnight", "monthly": "month", "quarterly": "quarter",
    "yearly": "year", "annual": "year", "annually": "year",
}  # fmt: skip
NUMBERS = {"other": 2, "second": 2, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
PLACES = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "last": -1}
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
UNIT = rf"(?P<unit>{'|'.join(UNITS)})s?"
EVERY = re.compile(rf"\b(?:every|each|per|once\s+an?)\s+(?:(?P<count>\d{{1,2}}|{'|'.join(NUMBERS)})\s+)?{UNIT}\b")
ADVERB = re.compile(rf"(?<![\w-])(?:{'|'.join(SINGLE)})(?![\w-])")
HALF_YEAR = re.compile(
    r"\b(?:half[- ]?yearly|(?:semi|bi)-?annual(?:ly)?|(?:twice|2x|two\s+times)\s+(?:a|per)\s+year)\b"
)
OFTENER = re.compile(r"\b(?:twice|times)\b(?!\s+a\s+year)|\btimes\b")
WEEKDAY = re.compile(rf"\b(?:(?P<place>{'|'.join(PLACES)})\s+)?(?P<day>{'|'.join(DAYS)})s?\b")
ABOUT = timedelta(days=45)  # within it there is one of every weekday of a month


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Once in so many months and days. `weekday` counts from Monday, 0; `place` is which of a month's, -1 the last."""

    months: int = 0
    days: int = 0
    weekday: int | None = None
    place: int = 0

    def after(self, last: date) -> date | None:
        """When it is due again: a round later, on the nearest day that is one. None beyond the calendar."""
        from dateutil.relativedelta import relativedelta  # not at the start, which asks for no date

        try:
            round_later = last + relativedelta(months=self.months, days=self.days)
            return min(self._near(round_later), key=lambda day: abs(day - round_later))
        except (ValueError, OverflowError):
            return None

    def _near(self, day: date) -> Iterable[date]:
        """The days about that one on which it may be; done a day early or late, it stays on its weekday."""
        if self.weekday is None:
            return [day]
        from dateutil.rrule import MONTHLY, WEEKLY, rrule, weekdays

        middle = datetime.combine(day, time())
        months_weekday = weekdays[self.weekday](self.place) if self.place else weekdays[self.weekday]
        days = rrule(
            MONTHLY if self.place else WEEKLY,
            byweekday=months_weekday,
            dtstart=middle - ABOUT,
            until=middle + ABOUT,
        )
        return [item.date() for item in days]


def parse_rhythm(text: str) -> Rhythm | None:
    """The rhythm that a text names, of several the shortest; None for words that name none."""
    tokens = " ".join(text.casefold().split())
    day = WEEKDAY.search(tokens)
    rounds = list(_parse_rounds(tokens))
    if not rounds and day is None:
        return None
    months, days = min(rounds, key=lambda pair: pair[0] * 30 + pair[1], default=(0, 7))
    if day is None:
        return Rhythm(months, days)
    place = PLACES.get(day["place"] or "", 0)
    if place:
        return Rhythm(months or 1, 0, DAYS.index(day["day"]), place)
    return Rhythm(months, 0 if months else max(days, 7), DAYS.index(day["day"]))


def _parse_rounds(text: str) -> Iterator[tuple[int, int]]:
    """(months, days) of each round that is named."""
    if HALF_YEAR.search(text):
        yield 6, 0
        return
    if OFTENER.search(text):
        return
    for match in EVERY.finditer(text):
        count = match["count"] or "1"
        months, days = UNITS[match["unit"]]
        number = int(count) if count.isdecimal() else NUMBERS[count]
        if number:
            yield months * number, days * number
    yield from (UNITS[SINGLE[match.group()]] for match in ADVERB.finditer(text))

"""When people work, as a sentence has it: `Support hours: Mon-Fri 8am-6pm NZST`. A zone is never guessed."""

import re
from dataclasses import dataclass
from datetime import time
from zoneinfo import ZoneInfo

from cockpit.model.plan import Hours
from cockpit.model.time import ABBREVIATIONS
from cockpit.runbooks.plan.source import Source

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = r"(mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?"
SPAN_OF_DAYS = re.compile(rf"(?i)\b{DAY}\s*(?:-|–|—|to|through)\s*{DAY}")
CLOCK = r"(\d{1,2})(?:[:.](\d{2}))?\s*(am|pm)?"
SPAN = re.compile(rf"(?i)(?<![\w:-]){CLOCK}\s*(?:-|–|—|to|until)\s*{CLOCK}(?![\w:-])")
ABOUT = re.compile(r"(?i)\b(?:support|business|office|working|service)\s+hours\b|\bhours of (?:work|support)\b")
AREA = re.compile(r"\b[A-Z][A-Za-z]+/[A-Z][A-Za-z_]+(?:/[A-Z][A-Za-z_]+)?\b")
ABBREVIATION = re.compile(r"(?<![\w/])([A-Z]{2,5})(?![\w/])")
NOON = 12


@dataclass(frozen=True, slots=True)
class Heard:
    """Hours, and the abbreviation of a zone in them that means nothing to us, or too much."""

    hours: Hours
    line: int
    unknown: str = ""


def hours_of(source: Source) -> Heard | None:
    """The first hours that a document gives, with days and times."""
    for _, block in source.list_sentences():
        about = ABOUT.search(block.text)
        days = SPAN_OF_DAYS.search(block.text) if about else None
        span = SPAN.search(block.text) if days else None
        if days is None or span is None:
            continue
        opens, closes = parse_clock_time(*span.groups()[:3]), parse_clock_time(*span.groups()[3:])
        if opens is None or closes is None:
            continue
        zone, unknown = zone_in(block.text[span.end() :])
        origin = source.origin(block.line)
        return Heard(Hours(list_weekdays(days[1], days[2]), opens, closes, zone, origin=origin), block.line, unknown)
    return None


def list_weekdays(first: str, last: str) -> tuple[int, ...]:
    """`Mon-Fri` is 0 to 4, `Sun-Thu` 6 and 0 to 3."""
    begins, ends = DAYS.index(first.lower()), DAYS.index(last.lower())
    return tuple(sorted((begins + index) % 7 for index in range((ends - begins) % 7 + 1)))


def parse_clock_time(hour: str, minute: str | None, half: str | None) -> time | None:
    """`8am`, `6:30 pm`, `18`; None for what no clock shows."""
    number = int(hour)
    if half:
        number = number % NOON + (NOON if half.lower() == "pm" else 0) if 1 <= number <= NOON else -1
    try:
        return time(number % 24 if number == 24 else number, int(minute or 0))
    except ValueError:
        return None


def zone_in(text: str) -> tuple[str, str]:
    """(IANA name, what was not understood) of the words behind the hours: one of the two is "" at least."""
    for match in AREA.finditer(text[:60]):
        if is_known_zone(match.group()):
            return match.group(), ""
    for match in ABBREVIATION.finditer(text[:20]):
        zone_name = ABBREVIATIONS.get(match[1], "")
        return zone_name, "" if zone_name else match[1]
    return "", ""


def is_known_zone(zone: str) -> bool:
    try:
        ZoneInfo(zone)
    except (ValueError, OSError, LookupError):
        return False
    return True

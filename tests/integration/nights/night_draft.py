"""What a draft states: its tables, its times and its lengths, read out of the Markdown."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time

from tests.integration.nights.night_world import NIGHT

CLOCK = re.compile(r"(?<![\d:])(?:(\d{4}-\d\d-\d\d) )?(\d\d):(\d\d):(\d\d)(?!\d)")
LENGTH = re.compile(r"(?<![\w:.-])(-?)(?:(\d+)d )?(?:(\d+)h )?(?:(\d+)m )?(\d+)(s|m|h)(?!\w|\.\d)")
BLOCK = re.compile(
    r"<!-- cockpit:begin (?P<name>[\w-]+) \w+ -->\n(?P<text>.*?)<!-- cockpit:end (?P=name) -->", re.DOTALL
)
UNITS = {"s": 1, "m": 60, "h": 3_600}
UNSURE = ("or before", "at least", "at most", "about ", "as far as")


@dataclass(frozen=True, slots=True)
class StatedLength:
    """Whole seconds, and what stands in front of it: `at least`, `at most`, `about`, or "" of one that is sure."""

    seconds: int
    weight: str
    stretches: int = 1


def read_blocks(draft: str) -> Mapping[str, str]:
    return {match["name"]: match["text"] for match in BLOCK.finditer(draft)}


def read_tables(text: str) -> list[list[list[str]]]:
    """Each table of a block, without its head, by rows and cells."""
    tables: list[list[list[str]]] = []
    rows: list[list[str]] = []
    for line in [*text.splitlines(), ""]:
        if line.startswith("|"):
            rows.append([cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
        elif rows:
            tables.append(rows[2:])
            rows = []
    return tables


def to_second(moment: datetime) -> float:
    return (moment - NIGHT).total_seconds()


def read_moments(text: str) -> list[int]:
    """The second of the night of each clock time, in order."""
    return [_read_clock(match) for match in CLOCK.finditer(text)]


def read_moment(text: str) -> int:
    """The first."""
    return read_moments(text)[0]


def _read_clock(match: re.Match[str]) -> int:
    day, clock = match[1], time(int(match[2]), int(match[3]), int(match[4]))
    moment = datetime.combine(datetime.fromisoformat(day) if day else NIGHT, clock, NIGHT.tzinfo)
    return round(to_second(moment))


def read_lengths(text: str) -> list[StatedLength]:
    """Each length in a text, with what stands in front of it."""
    return list(_iterate_lengths(text))


def _iterate_lengths(text: str) -> Iterator[StatedLength]:
    for match in LENGTH.finditer(text):
        sign, days, hours, minutes, last, unit = match.groups()
        seconds = int(days or 0) * 86_400 + int(hours or 0) * 3_600 + int(minutes or 0) * 60 + int(last) * UNITS[unit]
        before, behind = text[: match.start()].rstrip(), text[match.end() :]
        weight = next((item for item in ("at least", "at most", "about") if before.endswith(item)), "")
        count = re.match(r" in (\d+) stretches", behind)
        yield StatedLength(-seconds if sign else seconds, weight, int(count[1]) if count else 1)


def is_unsure(text: str) -> bool:
    return any(mark in text for mark in UNSURE)

"""Reading an event's detail: JSON that an older version, another program or a redaction may have left odd."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from cockpit.model.text import clean_line, clean_text
from cockpit.model.time import parse_timestamp

LONGEST = timedelta(days=3_660)  # of anything that a team promises itself; more would leave the calendar


def text_of(detail: Mapping[str, Any], key: str) -> str:
    """The cleaned text under `key`, on one line; "" where there is none."""
    value = detail.get(key)
    return clean_line(value) if isinstance(value, str) else ""


def words_of(detail: Mapping[str, Any], key: str) -> str:
    """The cleaned text under `key` with its lines; "" where there is none."""
    value = detail.get(key)
    return clean_text(value).strip() if isinstance(value, str) else ""


def time_of(detail: Mapping[str, Any], key: str) -> datetime | None:
    """The moment under `key`, written as `cockpit.model.time.stamp` writes it; None where there is none."""
    value = detail.get(key)
    if not isinstance(value, str):
        return None
    try:
        return parse_timestamp(value)
    except ValueError:
        return None


def date_of(detail: Mapping[str, Any], key: str) -> date | None:
    """The day under `key`, `2026-02-27`; None where there is none."""
    try:
        return date.fromisoformat(text_of(detail, key))
    except ValueError:
        return None


def span_of(detail: Mapping[str, Any], key: str) -> timedelta | None:
    """The seconds under `key`; None where there are none, or none that anybody could have meant."""
    value = detail.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= LONGEST.total_seconds():
        return None
    return timedelta(seconds=value)


def number_of(detail: Mapping[str, Any], key: str) -> int:
    """The whole number under `key`; 0 where there is none."""
    value = detail.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def map_of(detail: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """The object under `key`; empty where there is none."""
    value = detail.get(key)
    return value if isinstance(value, Mapping) else {}


def list_of(detail: Mapping[str, Any], key: str) -> list[Any]:
    """The list under `key`; empty where there is none."""
    value = detail.get(key)
    return list(value) if isinstance(value, list | tuple) else []

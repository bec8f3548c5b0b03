"""Reading fields of an answer from outside when any of them may be missing, null, of another type, or hostile."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from cockpit.model.text import MAX_LINE, clean_line

RESOURCE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,127}")
MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(\.\d{1,12})?\s*(Z|[+-]\d\d:?\d\d)?")


def dig_value(raw: object, *path: str) -> Any:
    """The value at the end of `path`, None as soon as a step is missing or no mapping."""
    for key in path:
        if not isinstance(raw, Mapping):
            return None
        raw = raw.get(key)
    return raw


def read_text(value: object, limit: int = MAX_LINE) -> str:
    """One cleaned line of a string or number; "" for everything else."""
    if isinstance(value, str) or (isinstance(value, int | float) and not isinstance(value, bool)):
        return clean_line(value, limit)
    return ""


def resource_name(value: object, limit: int = MAX_LINE) -> str:
    """The name of a resource: as `text`, but a name that fits Azure's rules stays to the letter, as it is sent back."""
    return value if isinstance(value, str) and RESOURCE_NAME.fullmatch(value) else read_text(value, limit)


def read_integer(value: object) -> int | None:
    """A whole number, also one sent as text ("100"); None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str) or len(str(value)) > 18:
        return None
    try:
        return int(value)
    except (ValueError, OverflowError):
        return None


def list_mappings(value: object) -> list[Mapping[str, Any]]:
    """The mappings of a list; anything else in it is left out."""
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        return []
    return [fields for fields in value if isinstance(fields, Mapping)]


def read_moment(value: object) -> datetime | None:
    """A time in UTC from any shape that APIs write: `T` or a space, up to 9 decimals, `Z`, an offset, ` +0000 UTC`.

    A time without a zone is UTC. Unreadable ones, and the year-1 zero of .NET and Go, are None.
    """
    if isinstance(value, datetime):
        return in_utc(value)
    match = MOMENT.match(value.strip()) if isinstance(value, str) else None
    if match is None:
        return None
    day, clock, fraction, zone = match.groups()
    try:
        return in_utc(datetime.fromisoformat(f"{day}T{clock}{(fraction or '')[:7]}{zone or ''}"))
    except ValueError:
        return None


def in_utc(value: datetime) -> datetime | None:
    """`value` in UTC, None when it lies before 1970 and so means `never`."""
    if value.year < 1970:
        return None
    try:
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except OverflowError:
        return None

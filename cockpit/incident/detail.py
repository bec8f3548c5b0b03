"""Reading an event's detail: JSON that an older version, another program or a redaction may have left odd."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cockpit.model.clean import clean_line
from cockpit.model.time import moment


def text_of(detail: Mapping[str, Any], key: str) -> str:
    """The cleaned text under `key`; "" where there is none."""
    value = detail.get(key)
    return clean_line(value) if isinstance(value, str) else ""


def time_of(detail: Mapping[str, Any], key: str) -> datetime | None:
    """The moment under `key`, written as `cockpit.model.time.stamp` writes it; None where there is none."""
    value = detail.get(key)
    if not isinstance(value, str):
        return None
    try:
        return moment(value)
    except ValueError:
        return None


def map_of(detail: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """The object under `key`; empty where there is none."""
    value = detail.get(key)
    return value if isinstance(value, Mapping) else {}

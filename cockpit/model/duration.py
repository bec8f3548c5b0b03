"""Durations as people write them: `300ms`, `15s`, `1h30m`, `14d`."""

import re
from decimal import Decimal

UNITS = {
    "ms": Decimal("0.001"),
    "s": Decimal(1),
    "m": Decimal(60),
    "h": Decimal(3_600),
    "d": Decimal(86_400),
    "w": Decimal(604_800),
}
PATTERN = r"^([0-9]{1,9}(\.[0-9]{1,9})?(ms|s|m|h|d|w))+$"
_PART = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)([a-zA-Zµ]*)")
_SHOWN = (
    ("d", 2 * 86_400),
    ("h", 7_200),
    ("m", 120),
    ("s", 1),
)  # the unit of a shown duration, and from how many seconds


class DurationError(ValueError):
    """Text that is no duration; `suggestion` is the nearest one, or ""."""

    def __init__(self, reason: str, suggestion: str = "") -> None:
        super().__init__(reason)
        self.suggestion = suggestion


def seconds(text: str) -> Decimal:
    """The seconds that `text` stands for. Raises DurationError for anything without a known unit."""
    parts = _PART.findall(text) if _PART.sub("", text) == "" else []
    if not parts:
        raise DurationError("is not a duration; write a number and a unit, such as 300ms, 15s, 2h or 14d")
    for number, unit in parts:
        if unit not in UNITS:
            raise DurationError(_unknown(unit), _nearest(number, unit))
    return sum((Decimal(number) * UNITS[unit] for number, unit in parts), Decimal(0))


def show(value: Decimal | float) -> str:
    """Seconds in the largest unit that tells, four digits: `412ms`, `1.8s`, `13.4d`."""
    size = abs(float(value))
    for unit, least in _SHOWN:
        if size >= least:
            return f"{float(value) / float(UNITS[unit]):.4g}{unit}"
    return f"{float(value) * 1000:.4g}ms"


def _unknown(unit: str) -> str:
    return f"has no known unit{f' ({unit})' if unit else ''}; the units are {', '.join(UNITS)}"


def _nearest(number: str, unit: str) -> str:
    if not unit:
        return f"{number}s"
    if unit.lower().startswith(("ms", "mil")):
        return f"{number}ms"
    return f"{number}{unit[0].lower()}" if unit[0].lower() in UNITS else ""

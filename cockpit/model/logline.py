"""One line of a log."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class LogLine:
    """Cleaned. `at` is None when the source's time could not be read; `stream` says which log it came from.

    `past` is why and from where a line is read afterwards, "" for one that came live.
    """

    text: str
    at: datetime | None = None
    stream: Literal["console", "system"] = "console"
    revision: str = ""
    replica: str = ""
    reason: str = ""
    past: str = ""

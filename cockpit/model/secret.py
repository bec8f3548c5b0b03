"""A secret as the configuration names it: where it is, never what it is."""

from dataclasses import dataclass
from typing import Literal

MASK = "•••"


@dataclass(frozen=True, slots=True)
class Secret:
    """`{ env = "NAME" }` or `{ file = "path" }`. Prints as dots."""

    source: Literal["env", "file"]
    name: str

    def __str__(self) -> str:
        return MASK

    def __repr__(self) -> str:
        return f"Secret({self.source}={self.name!r}, {MASK})"

"""One figure of a bench run."""

from dataclasses import dataclass


@dataclass
class Measure:
    """One figure; `budget` is the most it may be, None where it is only told."""

    name: str
    value: float
    unit: str
    how: str
    budget: float | None = None

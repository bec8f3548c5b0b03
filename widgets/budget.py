"""The time that a document allows a procedure, and how much of it is gone."""

import re

from cockpit.model.time import age
from widgets.cell import Piece

SPAN = re.compile(
    r"(?i)(?:\d+(?:\.\d+)?\s*(?:-|–|to)\s*)?(\d{1,6}(?:\.\d{1,3})?)\s*(s|sec|m|min|h|hr|seconds?|mins?|minutes?|hours?|hrs?)\b"
)
SECONDS = {"s": 1, "m": 60, "h": 3_600}
CELLS = 8
AT_RISK = 0.8  # of the budget


def seconds_in(text: str) -> float | None:
    """The time in a label such as `<5 minutes`, `~30 min`, `5-15 minutes` (the longer one), in seconds."""
    found = SPAN.search(text)
    return float(found[1]) * SECONDS[found[2][0].lower()] if found else None


def clock(spent: float, budget: float | None) -> list[Piece]:
    """`budget 5:00 ▰▰▱▱▱▱▱▱ 1:12`; without a budget only the time that passed."""
    if not budget:
        return [(minutes(spent), "muted")]
    share = spent / budget
    tone = "bad" if share > 1 else "warn" if share >= AT_RISK else "good"
    full = max(0, min(CELLS, int(share * CELLS)))  # a clock that was set back has spent nothing
    over = [(f"  {age(spent - budget)} over", "bad")] if share > 1 else []
    return [
        (f"budget {minutes(budget)} ", "muted"),
        ("█" * full, tone),
        ("▁" * (CELLS - full), "muted"),
        (f" {minutes(spent)}", tone),
        *over,
    ]


def minutes(seconds: float) -> str:
    """`1:12`, `75:00`."""
    whole = max(0, int(seconds))
    return f"{whole // 60}:{whole % 60:02}"

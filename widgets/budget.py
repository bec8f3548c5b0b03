"""How much is gone of the time that a document allows a procedure."""

from cockpit.model.time import age
from widgets.cell import Piece

CELLS = 8
AT_RISK = 0.8  # of the budget


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

"""Reminders of what is due: one when it is at risk, one when it is due, a few more, and then silence."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from cockpit.incident.clocks_urgent import nudge
from screens.due import DueClock
from widgets.clocks import remaining

if TYPE_CHECKING:
    from cockpit.app import CockpitApp

ELSEWHERE = 5.0  # seconds between two looks at the clocks while another screen is in front


class Nudges:
    """Which reminders were given. What was due before this screen began is on the screen and rings no more."""

    def __init__(self) -> None:
        self._given: dict[tuple[str, str], int] | None = None

    def fresh(self, asking: Iterable[DueClock], now: datetime) -> list[DueClock]:
        """Those whose next reminder has come since the last call; each is told once."""
        counted = {(each.incident.id, each.clock.id): (each, nudge(each.clock, now)) for each in asking}
        before = self._given
        self._given = {key: count for key, (_, count) in counted.items()}
        if before is None:
            return []
        return [each for key, (each, count) in counted.items() if count > before.get(key, 0)]


def tell(app: "CockpitApp", fresh: Sequence[DueClock], now: datetime) -> None:
    """One notice for all of them, on whatever screen is in front, and once the bell; nothing for none."""
    if fresh:
        app.notify(words(fresh, now), severity="warning", markup=False)
    if fresh and not app.bells.muted:
        app.bell()


def words(fresh: Sequence[DueClock], now: datetime) -> str:
    """One notice for all of them, the most urgent first: `Next update to clients: 3:00 left. And 1 more is due.`"""
    others = len(fresh) - 1
    more = f" And {others} more {'is' if others == 1 else 'are'} due." if others else ""
    return f"{_left(fresh[0], now)}{more}"


def _left(due: DueClock, now: datetime) -> str:
    left = due.clock.left(now)
    told = remaining(due.clock, now)
    return f"{due.clock.what}: {told}{'' if left is None or left.total_seconds() < 0 else ' left'}."

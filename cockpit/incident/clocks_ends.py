"""How a clock ends when what it is for is over: in time it was never needed, too late it was missed."""

from dataclasses import replace
from datetime import datetime

from cockpit.model.clock import Clock

OVER = "resolved before it was late"
MENDED = "mitigated before it was late"


def excused(clock: Clock, at: datetime | None, reason: str) -> Clock:
    """Not applicable, where `at` came while it could be done in time. One that is over already stays as it is."""
    if at is None or _settled(clock) or (clock.limit is not None and at > clock.limit):
        return clock
    return replace(clock, not_applicable=reason)


def ended(clock: Clock, at: datetime | None, reason: str) -> Clock:
    """Excused, or missed at `at`: nobody can do it any more."""
    clock = excused(clock, at, reason)
    return clock if _settled(clock) else replace(clock, done=at)


def _settled(clock: Clock) -> bool:
    return clock.done is not None or bool(clock.not_applicable)

"""How far back into the journal an incident reaches when it is declared."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from cockpit.incident.signals import Signal

LOOK_BACK = timedelta(hours=2)  # what has been bad for longer was there before this incident
ALWAYS = timedelta(minutes=30)  # kept in any case
LEAD_IN = timedelta(minutes=10)  # before the first signal: the deployment that broke it comes before what noticed


def earliest_signal(bad: Iterable[Signal], declared: datetime) -> Signal | None:
    """The signal that knew first: still bad, and for no longer than two hours."""
    recent = (each for each in bad if declared - LOOK_BACK <= each.since <= declared)
    return min(recent, key=lambda each: each.since, default=None)


def reach(first: Signal | None, declared: datetime) -> datetime:
    """Where the incident's range begins: half an hour back, or some minutes before the first signal."""
    if first is None:
        return declared - ALWAYS
    return min(declared - ALWAYS, first.since - LEAD_IN)

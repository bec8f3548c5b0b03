"""Until when the record tells how things are: what is read of it says "now" only while somebody records."""

from datetime import UTC, datetime

from cockpit.model.event import Kind
from cockpit.model.time import Time
from cockpit.recorder.last_recorded import RECORDED_KINDS
from cockpit.recorder.lock import PASS_OVER_AFTER, RecorderLock, lock_path
from cockpit.timeline.timeline import Timeline


def read_record_end(
    timeline: Timeline, environment: str, now: datetime, *, time: Time | None = None, boot: str | None = None
) -> datetime | None:
    """The last moment at which somebody recorded an environment, where nobody does now; None while somebody does, and
    where nobody ever did. Blocking. Raises RecordError.

    By the last sign of life in the lock file; without one, as beside a copy of a file, by what was written last.
    """
    lock = RecorderLock(lock_path(timeline.path, environment), time=time, boot=boot)
    holder = lock.read_holder()
    if holder is not None:
        if lock.holder() and lock.read_silence() < PASS_OVER_AFTER:
            return None
        if holder.modified and (last := lock.read_last_recorded()):
            return min(last, now)
    kinds = (*RECORDED_KINDS, Kind.RECORDER, Kind.GAP)
    newest = timeline.events(environment=environment, kinds=kinds, limit=1)
    return min(newest[-1].recorded, now) if newest else None


def describe_record_end(recorded_until: datetime, now: datetime) -> str:
    """`as of 16:28:16 UTC; nobody has recorded since`, of another day with it."""
    until = recorded_until.astimezone(UTC)
    day = "" if until.date() == now.astimezone(UTC).date() else f"{until:%Y-%m-%d} "
    return f"as of {day}{until:%H:%M:%S} UTC; nobody has recorded since"

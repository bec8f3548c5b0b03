"""Following the file: the events of every process, in order, each once."""

import logging
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from cockpit.model.event import Event, RecordError
from cockpit.timeline.connection import Opened, explain_database_error, read_file_identity, to_read
from cockpit.timeline.rows import TimelineReader, to_event
from cockpit.turns import take_turns

log = logging.getLogger(__name__)
EVERY = 0.5  # seconds between two looks at PRAGMA data_version
BATCH = 5_000  # events handed over at a time, so that a long history does not arrive as one huge list

T = TypeVar("T")
Deliver = Callable[[list[Event]], None]
Report = Callable[[RecordError | None], None]


class TimelineTail:
    """Where one follower stands in the file: behind the event `after`. Belongs to one thread."""

    def __init__(self, path: Path, after: int, patience: float) -> None:
        self._path = path
        self._patience = patience
        self._last = (after, "")  # id and hash of the newest event seen; "" while its hash is not known
        self._opened: Opened | None = None
        self._file: tuple[int, int] | None = None
        self._version: int | None = None  # what data_version was when nothing new was left

    def new(self) -> list[Event]:
        """The next events, at most BATCH; [] when there are none. Raises RecordError and may be asked again."""
        try:
            return self._look()
        except RecordError:
            self.close()
            raise
        except (sqlite3.Error, OSError) as error:
            self.close()
            raise explain_database_error(error, self._path, self._patience) from error

    def close(self) -> None:
        if self._opened is not None:
            self._opened.connection.close()
        self._opened, self._version = None, None

    def _look(self) -> list[Event]:
        connection = self._connection()
        (version,) = connection.execute("PRAGMA data_version").fetchone()
        if version == self._version:
            return []
        reader = TimelineReader(connection)
        self._refuse_another_timeline(reader)
        events = [to_event(row) for row in take_turns(reader.rows(after=self._last[0], limit=BATCH))]
        if events:
            self._last = (events[-1].id, events[-1].hash)
        self._version = version if len(events) < BATCH else None  # a full batch may have more behind it
        return events

    def _connection(self) -> sqlite3.Connection:
        """The connection, opened again when the path leads elsewhere or it cannot see what others write."""
        if self._opened is not None and (not self._opened.live or read_file_identity(self._path) != self._file):
            self.close()
        if self._opened is None:
            self._file = read_file_identity(self._path)
            self._opened = to_read(self._path, self._patience)
        return self._opened.connection

    def _refuse_another_timeline(self, reader: TimelineReader) -> None:
        number, head = self._last
        if not number:
            return
        hash_of = reader.hash_of(number)
        if hash_of is None or (head and hash_of != head):
            raise RecordError(
                f"{self._path} was replaced or removed; restart the cockpit to see what is there now.",
                code="file-replaced",
                file=self._path,
            )
        self._last = (number, hash_of)


class Follower:
    """A thread that hands over what its Tail finds.

    `deliver` gets the events, `report` the RecordError when the file can no longer be read and None when it can
    again. Both are called on the follower's thread; what they raise is logged.
    """

    def __init__(self, tail: TimelineTail, deliver: Deliver, report: Report, every: float = EVERY) -> None:
        self._tail = tail
        self._deliver = deliver
        self._report = report
        self._every = every
        self._wake = threading.Event()
        self._stopped = False
        self._trouble: str | None = None
        self._thread = threading.Thread(target=self._run, name="timeline-follower", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Look now. Safe from any thread."""
        self._wake.set()

    def stop(self) -> None:
        """Deliver nothing more. Waits for a delivery in progress, but not for ever: it may be waiting for us."""
        self._stopped = True
        self._wake.set()
        if threading.current_thread() is not self._thread:
            self._thread.join(timeout=2.0)

    def _run(self) -> None:
        while not self._stopped:
            self._wake.clear()
            self._hand_over()
            self._wake.wait(self._every)
        self._tail.close()

    def _hand_over(self) -> None:
        try:
            while not self._stopped and (events := self._tail.new()):
                _call_guarded(self._deliver, events)
        except RecordError as error:
            self._say(error)
        except Exception:
            log.exception("following the timeline failed")
        else:
            self._say(None)

    def _say(self, trouble: RecordError | None) -> None:
        """Report a change for the worse, the better, or to another trouble; not each failing look."""
        sentence = None if trouble is None else str(trouble)
        if sentence != self._trouble:
            self._trouble = sentence
            _call_guarded(self._report, trouble)


def _call_guarded(call: Callable[[T], None], argument: T) -> None:
    try:
        call(argument)
    except Exception:
        log.exception("a follower of the timeline failed")

"""Files: timelines on disk for tests. Time ticks a second at each look, salts count up."""

import itertools
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cockpit.model.event import Draft, Kind
from cockpit.timeline.schema import TRIGGERS
from cockpit.timeline.timeline import Timeline

NIGHT = datetime(2026, 2, 27, 2, 0, tzinfo=UTC)


class Ticking:
    """A Time whose wall clock goes on by a second whenever somebody looks at it."""

    def __init__(self, start: datetime = NIGHT) -> None:
        self._seconds = itertools.count()
        self._start = start

    def now(self) -> datetime:
        return self._start + timedelta(seconds=next(self._seconds))

    def monotonic(self) -> float:
        return float(next(self._seconds))

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("the timeline never sleeps on the loop")


def counting_salts() -> Callable[[], str]:
    numbers = itertools.count(1)
    return lambda: f"{next(numbers):032x}"


@contextmanager
def opened(path: Path, **options: Any) -> Iterator[Timeline]:
    given: dict[str, Any] = {"time": Ticking(), "salt": counting_salts(), "patience": 0.2}
    with Timeline(path, **(given | options)) as timeline:
        yield timeline


def note(text: str = "a note", **fields: Any) -> Draft:
    given: dict[str, Any] = {"kind": Kind.NOTE, "summary": text, "occurred": NIGHT, "environment": "prod"}
    return Draft(**(given | fields))


def notes(count: int, **fields: Any) -> list[Draft]:
    return [note(f"note {number}", **fields) for number in range(1, count + 1)]


@contextmanager
def any_tool(path: Path) -> Iterator[sqlite3.Connection]:
    """The file as any SQLite tool opens it."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        yield connection


def tamper(path: Path, *statements: str) -> None:
    """Change the file behind its triggers, and put them back so that nothing shows."""
    with any_tool(path) as connection:
        for name in TRIGGERS:
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(statement)
        for name, body in TRIGGERS.items():
            connection.execute(f"CREATE TRIGGER {name}{body}")

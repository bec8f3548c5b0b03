"""The databases of the simulated SQL server: what there is, and what is being restored."""

from dataclasses import dataclass
from typing import Literal

KEPT = 7 * 86_400.0  # seconds of history that a database can be restored from
AGE = 180 * 86_400.0  # seconds before the start that the app's own database was made


@dataclass(frozen=True, slots=True)
class Database:
    """One database. `number` is its identity: a rename keeps it. While Restoring it answers nobody."""

    name: str
    number: int
    created: float
    status: Literal["Online", "Restoring"] = "Online"
    level: str = "Basic"
    spoiled: float | None = None  # since when the app does not find in it what it needs


@dataclass(frozen=True, slots=True)
class Restore:
    """One point-in-time restore, a long-running operation of its own database; `number` is the new database's."""

    id: str
    number: int
    started: float
    due: float
    caller: str
    client_request: str = ""
    over: bool = False


def first_databases(name: str) -> tuple[Database, ...]:
    """Every server has a `master`; the app's own database stands beside it."""
    return Database("master", 0, -AGE, level="System"), Database(name, 1, -AGE)

"""What the timeline costs: a durable append against plain sqlite3, the fold of a long incident, and its export."""

import json
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.measure import Measure
from cockpit.incident.actions.incident_actions import IncidentActions
from cockpit.incident.ledger import Ledger
from cockpit.incident.load import with_events
from cockpit.incident.postmortem.export import Exporter, ExportForm
from cockpit.model.event import Draft, Event, Kind
from cockpit.model.incident import Incident
from cockpit.model.severity_scale import DEFAULT_SEVERITY_SCALE
from cockpit.model.system import System
from cockpit.model.time import RealTime, format_timestamp
from cockpit.timeline.timeline import Timeline

BEST_OF = 5
APPENDS = 1_000  # each durable before the next
FOLDED = 100_000
EXPORTED = 10_000
BATCH = 5_000
BEGAN = datetime(2026, 2, 27, 2, tzinfo=UTC)
PROBES = 50
HOURS = 10  # that the long incident takes
TEXT = "ready answered 503 after 2.1s, expected [STATUS] == 200"


def timeline() -> list[Measure]:
    """The two appends take turns, so that a busy disk hits both; folds are in processor time: nothing waits there."""
    with tempfile.TemporaryDirectory(prefix="cockpit-bench-", dir=Path.cwd()) as folder:  # /tmp may be memory
        return [*appends(Path(folder)), *folds(Path(folder)), *exports(Path(folder))]


def appends(folder: Path) -> list[Measure]:
    """One event or one row a transaction, `synchronous=FULL` in a write-ahead log: on the disk when it returns."""
    raw, ours = list[float](), list[float]()
    with Timeline(folder / "ours.db", time=RealTime()) as file, closing(plain(folder / "raw.db")) as connection:
        for _ in range(APPENDS):
            raw.append(seconds(lambda: insert(connection)))
            ours.append(seconds(lambda: file.record([draft(Kind.NOTE, 0, TEXT)])))
    one, other = statistics.median(raw), statistics.median(ours)
    how = f"median of {APPENDS:,}, one and the other in turn"
    return [
        Measure("append, plain sqlite3", 1 / one, "/s", how),
        Measure("append, timeline", 1 / other, "/s", how),
        Measure("append, ratio", other / one, "x", "timeline / plain sqlite3, time of one, both durable", 2.0),
    ]


def plain(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(
        "CREATE TABLE events (id INTEGER PRIMARY KEY, occurred TEXT, kind TEXT, summary TEXT, detail TEXT)"
    )
    return connection


def insert(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(
        "INSERT INTO events (occurred, kind, summary, detail) VALUES (?, ?, ?, ?)",
        (format_timestamp(BEGAN), "note", TEXT, json.dumps({"text": TEXT})),
    )
    connection.execute("COMMIT")


def seconds(work: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    began = clock()
    work()
    return clock() - began


def folds(folder: Path) -> list[Measure]:
    """From events in memory to an Incident, and from the file to the same."""
    with Timeline(folder / "long.db", time=RealTime()) as file:
        write(file, FOLDED)
        events = file.events()
        incident = fold(events)
        loaded = best(lambda: fold(events), time.process_time)
        read = best(lambda: with_events(file, DEFAULT_SEVERITY_SCALE, incident), time.process_time)
    how = f"{FOLDED:,} events of one incident, processor time, best of {BEST_OF}"
    return [
        Measure("fold, loaded", loaded * 1000, "ms", how, 300),
        Measure("fold, from the file", read, "s", how, 1.5),
    ]


def exports(folder: Path) -> list[Measure]:
    """The whole way of `cockpit export`: read, fold, render, write, and remember that it was."""
    system = System("bench", (), str(folder))
    with Timeline(folder / "export.db", time=RealTime()) as file:
        write(file, EXPORTED)
        incident_actions = IncidentActions(
            file, operator="ana", environment="prod", severity_scale=DEFAULT_SEVERITY_SCALE, time=RealTime()
        )
        (incident,) = incident_actions.incidents()
        return [
            export(Exporter(incident, file, incident_actions, system, RealTime(), form=each), folder)
            for each in ExportForm
        ]


def export(exporter: Exporter, folder: Path) -> Measure:
    taken = best(lambda: exporter.write(folder / f"bench.{exporter.form}"), time.perf_counter)
    return Measure(f"export, {exporter.form}", taken, "s", f"{EXPORTED:,} events, best of {BEST_OF}", 1.0)


def write(file: Timeline, count: int) -> None:
    """A long night: one declaration, then probes that come and go, alerts, notes and acknowledgements."""
    detail = {"title": TEXT, "severity": "P1", "reach_from": format_timestamp(BEGAN)}
    drafts = [draft(Kind.DECLARE, 0, "declared P1", incident="i1", detail=detail)]
    step = HOURS * 3600 / count
    drafts += [event(number, number * step) for number in range(1, count)]
    for start in range(0, count, BATCH):
        file.record(drafts[start : start + BATCH])


def event(number: int, seconds: float) -> Draft:
    """Of ten events seven are of probes, one is of an alert, one a note and one an acknowledgement."""
    kind = number % 10
    if kind < 7:
        state = ("down", "up")[number // PROBES % 2]
        return draft(Kind.PROBE, seconds, TEXT, subject=f"p{number % PROBES}", detail={"state": state, "reason": TEXT})
    if kind == 7:
        alert = {"name": "5xx errors", "severity": "high", "state": ("firing", "resolved")[number // 10 % 2]}
        return draft(Kind.ALERT, seconds, TEXT, subject=f"az:{number % PROBES}", detail=alert)
    if kind == 8:
        return draft(Kind.NOTE, seconds, TEXT, incident="i1", actor="ana")
    return draft(Kind.ACK, seconds, "acknowledged 5xx errors", subject="az:1", incident="i1", actor="ben")


def draft(kind: Kind, seconds: float, summary: str, **fields: Any) -> Draft:
    return Draft(kind, summary, BEGAN + timedelta(seconds=seconds), environment="prod", **fields)


def fold(events: list[Event]) -> Incident:
    ledger = Ledger(DEFAULT_SEVERITY_SCALE)
    for each in events:
        ledger.apply(each)
    return ledger.incidents["i1"]


def best(work: Callable[[], object], clock: Callable[[], float]) -> float:
    """Seconds of the quickest round."""
    return min(seconds(work, clock) for _ in range(BEST_OF))

"""The answers of one look, as plain tables and as a JSON document. Words carry the meaning, colour only repeats it."""

import logging
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cockpit.cli.options import Common, Refusal, open_timeline, timeline_path
from cockpit.connections import NO_ALERT_MEMORY, AlertMemory, find_beats, remember_alerts, remember_beats
from cockpit.incident.ledger import Ledger
from cockpit.incident.load import read_ledger
from cockpit.incident.messages.fields import find_lead
from cockpit.model.alert import Alert, AlertGroup, group_alerts, name_alert_subjects
from cockpit.model.clock_steps import ClockStep, describe_step
from cockpit.model.event import Event, Kind, RecordError, text_of
from cockpit.model.incident import Incident
from cockpit.model.overall import Overall, OverallState, Trouble, judge_environment
from cockpit.model.plan import Plan
from cockpit.model.probe import ProbeResult, SignalResult
from cockpit.model.reading import FeedState, Freshness, Reading
from cockpit.model.response import Freeze
from cockpit.model.revision import Application, Revision
from cockpit.model.revision_health import judge_revision
from cockpit.model.severity_scale import DEFAULT_SEVERITY_SCALE, SeverityScale
from cockpit.model.system import Environment, System
from cockpit.model.text import clean_line
from cockpit.model.time import RealTime, format_age, format_duration, format_timestamp
from cockpit.recorder.lock import PASS_OVER_AFTER, RecorderLock, lock_path

# What the timeline knows of an environment that one look at its sources cannot: incidents, freeze, who records.

log = logging.getLogger(__name__)
TURNING = (Kind.PROBE, Kind.SIGNAL)
NEWEST = 5_000  # events of probes that are searched, of each environment
Turns = Mapping[tuple[str, str], tuple[str, datetime]]
"""The last recorded turn of each probe and signal, by kind and name: into which state, and when."""


@dataclass(frozen=True, slots=True)
class EnvironmentRecord:
    """One environment as the timeline tells it.

    `exists` False: nothing was ever recorded there. `problem`: the timeline cannot be read, so nobody can say which
    incidents are open, nor whether deployments are frozen.
    """

    exists: bool = False
    problem: str = ""
    turns: Turns = field(default_factory=dict)
    incidents: tuple[Incident, ...] = ()  # the open ones, oldest first
    freeze: Freeze | None = None
    clock_step: ClockStep | None = None  # the clock of the machine was set in the last hour
    recorder: str = ""  # who records now; "" where nobody does
    stalled: str = ""  # who holds the recorder's lock and does not record: stopped, hung, or without room on its disk
    lead_role: str = ""
    severity_scale: SeverityScale = DEFAULT_SEVERITY_SCALE
    memory: AlertMemory = NO_ALERT_MEMORY

    def leaders(self, incident: Incident) -> tuple[str, ...]:
        """Who leads an incident now."""
        return incident.in_role(self.lead_role)


def read_records(
    system: System, plan: Plan, common: Common, environments: Sequence[Environment]
) -> dict[str, EnvironmentRecord]:
    """What was recorded of each environment, by its name. Blocking. Never raises: what is wrong is in the record."""
    blank = EnvironmentRecord(lead_role=find_lead(plan).name, severity_scale=plan.severity_scale)
    path = timeline_path(system, common)
    beats_alone = {
        environment.name: replace(NO_ALERT_MEMORY, read_beat=remember_beats(find_beats(path.parent, environment.name)))
        for environment in environments
    }  # they lie beside the timeline, and are there without one
    records = {}
    try:
        if not path.exists():
            return {name: replace(blank, memory=memory) for name, memory in beats_alone.items()}
        with open_timeline(system, common, read_only=True) as timeline:
            ledger = read_ledger(timeline, plan.severity_scale)
            for environment in environments:
                events = timeline.events(environment=environment.name, kinds=TURNING, limit=NEWEST)
                lock = RecorderLock(lock_path(path, environment.name))
                holder, stalled = lock.holder(), lock.read_silence() >= PASS_OVER_AFTER
                records[environment.name] = EnvironmentRecord(
                    exists=True,
                    turns={
                        (event.kind, event.subject): (text_of(event.detail, "state"), event.occurred)
                        for event in events
                    },
                    incidents=tuple(ledger.open(environment.name)),
                    freeze=ledger.freeze(environment.name),
                    clock_step=_find_fresh_step(ledger, environment.name),
                    recorder="" if stalled else holder,
                    stalled=holder if stalled else "",
                    lead_role=blank.lead_role,
                    severity_scale=blank.severity_scale,
                    memory=remember_alerts(timeline, ledger, environment.name, RealTime()),
                )
    except (Refusal, RecordError, OSError) as error:
        log.warning("the timeline cannot be read: %s", error)
        reason = error.message if isinstance(error, Refusal) else str(error)
        unread = EnvironmentRecord(
            exists=True, problem=clean_line(reason, 300), lead_role=blank.lead_role, severity_scale=blank.severity_scale
        )
        return {name: replace(unread, memory=memory) for name, memory in beats_alone.items()}
    return records


def _find_fresh_step(ledger: Ledger, environment: str) -> ClockStep | None:
    step = ledger.clock_step(environment)
    return step if step is not None and step.is_shown(RealTime().now()) else None


def _read_turns(events: Iterable[Event]) -> Turns:
    return {(event.kind, event.subject): (text_of(event.detail, "state"), event.occurred) for event in events}


COLOURS = {
    OverallState.OK: "green",
    OverallState.INCIDENT: "bold red",
    OverallState.DEGRADED: "yellow",
    OverallState.UNKNOWN: "yellow",
    OverallState.STALE: "red",
    OverallState.BLIND: "red",
    OverallState.DOWN: "bold red",
}
STATE_COLOURS = {
    "up": "green",
    "down": "bold red",
    "firing": "bold red",
    "blind": "red",
    "stale": "red",
    "degraded": "yellow",
    "pending": "yellow",
    "unknown": "yellow",
    "resolved?": "yellow",
}
PIPE_WIDTH = 200  # columns where nobody looks: a file or another program wants whole names


@dataclass(frozen=True, slots=True)
class State:
    """One environment: what its feeds answered, how far each can be believed, and what was recorded of it."""

    environment: Environment
    readings: tuple[Reading[Any], ...]
    fresh: Mapping[str, Freshness]
    record: EnvironmentRecord = field(default_factory=EnvironmentRecord)

    def since(self, name: str, kind: Kind = Kind.PROBE) -> datetime | None:
        """When a probe or signal turned into the state it is in, if that was recorded: the first look of a process
        knows not."""
        state, moment = self.record.turns.get((kind, name), ("", None))
        items = self.items(ProbeResult if kind is Kind.PROBE else SignalResult)
        return moment if any(item.name == name and item.state == state for item in items) else None

    @property
    def overall(self) -> Overall:
        """Judged as the screens judge it."""
        incidents = None if self.record.problem else self.record.incidents
        return judge_environment(self.readings, self.fresh, incidents, self.record.severity_scale)

    def items(self, kind: type) -> list[Any]:
        """Every probe result, alert or application that was reported."""
        return [item for reading in self.readings for item in reading.value or () if isinstance(item, kind)]


def print_states(states: Sequence[State]) -> None:
    """To standard output, in colour where that is a terminal that has some."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")  # a glyph the locale cannot write must not end the report
    console = Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else PIPE_WIDTH)
    now = RealTime().now()
    for state in states:
        _print_state(console, state, now)


def _print_state(console: Console, state: State, now: datetime) -> None:
    result = state.overall
    production = " (production)" if state.environment.production else ""
    console.print(
        Text.assemble(f"{clean_line(state.environment.name)}{production}  ", (result.word, COLOURS[result.word]))
    )
    for line in _list_record_lines(state.record):
        console.print(Text(f"  {clean_line(line, 500)}"))
    if not state.fresh:
        console.print("  Nothing is watched here: the configuration names no probes, apps or alert sources.")
    for title, columns, body in _list_table_rows(state, now):
        if body:
            console.print()
            console.print(_make_table(title, columns, body))
    console.print()


Rows = list[tuple[str, ...]]


def _list_table_rows(state: State, now: datetime) -> Iterable[tuple[str, tuple[str, ...], Rows]]:
    """Title, columns and rows of each table; the second column is the state."""
    yield (
        "Incidents",
        ("incident", "status", "open for", "severity", "leader", "title"),
        [list_incident_cells(incident, state.record, now) for incident in state.record.incidents],
    )
    yield (
        "Sources",
        ("source", "state", "age", "", ""),
        [
            (
                name,
                fresh.state.value,
                "" if fresh.age is None else format_age(fresh.age),
                *_describe_problem(state, name),
            )
            for name, fresh in state.fresh.items()
        ],
    )
    yield (
        "Probes",
        ("probe", "state", "since", "latency", "reason"),
        [
            (
                item.name,
                item.state.value,
                _format_since(state.since(item.name), now),
                _format_ms(item.latency),
                item.reason,
            )
            for item in state.items(ProbeResult)
        ],
    )
    yield (
        "Signals",
        ("signal", "state", "since", "value", "reason"),
        [
            (
                item.name,
                item.state.value,
                _format_since(state.since(item.name, Kind.SIGNAL), now),
                item.text,
                ", ".join(part for part in (item.reason or f"limit {item.limit}", item.caution) if part),
            )
            for item in state.items(SignalResult)
        ],
    )
    yield (
        "Alerts",
        ("alert", "about", "state", "since", "severity", "summary"),
        list(_list_alert_cells(state.items(Alert), now)),
    )
    yield (
        "Revisions",
        ("revision", "state", "age", "traffic", "image"),
        [
            _list_revision_cells(revision, now)
            for app in state.items(Application)
            for revision in app.revisions
            if _is_worth_showing(revision)
        ],
    )


def _make_table(title: str, columns: Sequence[str], rows: Rows) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for index, name in enumerate(columns):
        table.add_column(name, overflow="fold", no_wrap=index in (1, 2), justify="right" if index == 2 else "left")
    for row in rows:
        cells = [Text(clean_line(text, 500)) for text in row]
        cells[1].stylize(STATE_COLOURS.get(row[1].lower(), ""))
        table.add_row(*cells)
    return table


def _list_record_lines(record: EnvironmentRecord) -> Iterable[str]:
    """What a person must know of the timeline before believing the rest."""
    if record.problem:
        yield f"Open incidents and a freeze are not known: {record.problem}"
    if record.freeze is not None:
        yield frozen_line(record.freeze)
    if record.clock_step is not None:
        sentence = describe_step(record.clock_step.length)
        yield f"{sentence[0].upper()}{sentence[1:]} at {record.clock_step.moment:%Y-%m-%d %H:%M:%S}Z."
    if record.stalled:
        yield f"{record.stalled} holds the recorder's lock and records nothing. Bring it back with `fg`, or end it."
    elif not record.recorder and not record.problem:
        yield "Nobody records here now: what happens is only kept while a cockpit is open."


def frozen_line(freeze: Freeze) -> str:
    """`FROZEN since 10:02Z by ana: schema change. No deployments.`"""
    reason = f": {freeze.reason}" if freeze.reason else ""
    return f"FROZEN since {freeze.since:%Y-%m-%d %H:%M}Z by {freeze.by or 'somebody'}{reason}. No deployments."


def print_freezes(records: Mapping[str, EnvironmentRecord]) -> None:
    """One line for each environment."""
    console = Console(highlight=False, markup=False, soft_wrap=True)
    for name, record in records.items():
        state = frozen_line(record.freeze) if record.freeze else "not frozen"
        console.print(Text(clean_line(f"{name}  {state}", 500)))


def freeze_document(records: Mapping[str, EnvironmentRecord], exit_code: int) -> dict[str, Any]:
    """The same for programs."""
    return {
        "frozen": any(record.freeze for record in records.values()),
        "exit_code": exit_code,
        "environments": [
            {"name": name, "freeze": _build_freeze_document(record.freeze)} for name, record in records.items()
        ],
    }


def _build_freeze_document(freeze: Freeze | None) -> dict[str, str] | None:
    return (
        None if freeze is None else {"since": format_timestamp(freeze.since), "by": freeze.by, "reason": freeze.reason}
    )


def list_incident_cells(incident: Incident, record: EnvironmentRecord, now: datetime) -> tuple[str, ...]:
    drill = "DRILL " if incident.drill else ""
    leaders = ", ".join(record.leaders(incident)) or "nobody leads"
    status = incident.status.value
    return (
        incident.id,
        status,
        format_duration(incident.open_for(now)),
        incident.severity_text,
        leaders,
        f"{drill}{incident.title}",
    )


def _describe_problem(state: State, feed: str) -> tuple[str, str]:
    """Why it did not answer, or what it may not know, and what to do about it."""
    problem = next((reading.problem or reading.caution for reading in state.readings if reading.feed == feed), None)
    return (problem.message, problem.advice) if problem else ("", "")


def _list_alert_cells(alerts: Sequence[Alert], now: datetime) -> Iterable[tuple[str, ...]]:
    """One line for each alert, and one for many of a name: a storm is no page of lines."""
    subjects = name_alert_subjects(alerts)
    for item in group_alerts(alerts):
        alert = item.alerts[0] if isinstance(item, AlertGroup) else item
        name, about = alert.name, subjects[alert.key]
        if isinstance(item, AlertGroup):
            name, about = f"{name} ×{len(item.alerts)}", " ".join(f"{label}={value}" for label, value in item.shared)
        text = alert.note or alert.summary
        yield name, about, alert.state.value, _format_since(alert.since, now), alert.severity.value, text


def _is_worth_showing(revision: Revision) -> bool:
    """Those that run or serve; the long tail of old ones is for the screen."""
    return revision.active or revision.weight > 0


def _list_revision_cells(revision: Revision, now: datetime) -> tuple[str, ...]:
    return (
        revision.name,
        judge_revision(revision).word,
        _format_since(revision.created, now),
        f"{revision.weight} %",
        revision.image,
    )


def _format_since(moment: datetime | None, now: datetime) -> str:
    return "" if moment is None else format_age((now - moment).total_seconds())


def _format_ms(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds * 1000:.0f} ms"


def build_status_document(states: Sequence[State], word: OverallState) -> dict[str, Any]:
    """The same for programs; times in UTC, ages and latencies in seconds."""
    return {
        "word": word.value,
        "exit_code": word.exit_code,
        "environments": [_build_environment_document(state) for state in states],
    }


def _build_environment_document(state: State) -> dict[str, Any]:
    result = state.overall
    return {
        "name": state.environment.name,
        "production": state.environment.production,
        "word": result.word.value,
        "exit_code": result.word.exit_code,
        "incidents": [
            {
                "id": incident.id,
                "severity": incident.severity,
                "worst_severity": incident.worst or incident.severity,
                "status": incident.status.value,
                "title": incident.title,
                "declared": format_timestamp(incident.declared),
                "leaders": list(state.record.leaders(incident)),
                "drill": incident.drill,
                "grave": incident in result.grave,
            }
            for incident in state.record.incidents
        ],
        "freeze": _build_freeze_document(state.record.freeze),
        "recorder": state.record.recorder,
        "recorder_stalled": state.record.stalled,
        "record_problem": state.record.problem,
        "troubles": [
            {
                "kind": trouble.kind,
                "name": trouble.name,
                "word": trouble.word.value,
                "since": _format_stamp(_find_trouble_start(state, trouble)),
                "reason": trouble.reason,
                "about": trouble.about,
            }
            for trouble in result.troubles
        ],
        "sources": [_build_source_document(state, name, fresh) for name, fresh in state.fresh.items()],
        "probes": [
            {
                "name": item.name,
                "state": item.state.value,
                "since": _format_stamp(state.since(item.name)),
                "latency": item.latency,
                "reason": item.reason,
                "url": item.url,
            }
            for item in state.items(ProbeResult)
        ],
        "signals": [
            {
                "name": item.name,
                "state": item.state.value,
                "since": _format_stamp(state.since(item.name, Kind.SIGNAL)),
                "value": item.value,
                "unit": item.unit,
                "limit": item.limit,
                "measured": _format_stamp(item.measured),
                "reason": item.reason,
                "caution": item.caution,
                "resource": item.query,
                "runbook": item.runbook,
            }
            for item in state.items(SignalResult)
        ],
        "alerts": [
            {
                "key": item.key,
                "name": item.name,
                "state": item.state.value,
                "severity": item.severity.value,
                "since": format_timestamp(item.since),
                "summary": item.summary,
                "resource": item.resource,
                "labels": dict(item.labels),
                "note": item.note,
            }
            for item in state.items(Alert)
        ],
        "revisions": [
            {
                "app": revision.app,
                "name": revision.name,
                "active": revision.active,
                "traffic": revision.weight,
                "health": revision.health,
                "condition": judge_revision(revision).condition.value,
                "image": revision.image,
                "created": _format_stamp(revision.created),
            }
            for app in state.items(Application)
            for revision in app.revisions
        ],
    }


def _find_trouble_start(state: State, trouble: Trouble) -> datetime | None:
    if trouble.kind == "probe":
        return state.since(trouble.name)
    return state.since(trouble.name, Kind.SIGNAL) if trouble.kind == "signal" else trouble.since


def _format_stamp(moment: datetime | None) -> str | None:
    return None if moment is None else format_timestamp(moment)


def _build_source_document(state: State, name: str, fresh: Freshness) -> dict[str, Any]:
    message, advice = _describe_problem(state, name)
    failed = any(reading.problem for reading in state.readings if reading.feed == name)
    flag = fresh.state in (FeedState.LIVE, FeedState.LATE)
    return {
        "name": name,
        "state": fresh.state.value,
        "seen": flag,
        "complete": not any(reading.incomplete for reading in state.readings if reading.feed == name),
        "age": fresh.age,
        "problem": message if failed else "",
        "caution": "" if failed else message,
        "advice": advice,
    }

"""Log Analytics' query endpoint over the logs of the simulated world."""

import json
import math
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from cockpit.simulator import log_streams as lines
from cockpit.simulator.answer import JSON, RefusedError, SimulatedAnswer, SimulatedRequest
from cockpit.simulator.azure import times
from cockpit.simulator.azure.kusto import KustoTable, run_query
from cockpit.simulator.azure.kusto_functions import format_span
from cockpit.simulator.azure.kusto_values import Row, make_refusal
from cockpit.simulator.world.clock import SimulatedClock
from cockpit.simulator.world.site import CONTAINER, MANAGED_ENVIRONMENT, WORKSPACE
from cockpit.simulator.world.stage import Stage
from cockpit.simulator.world.world import World

CONSOLE_COLUMNS = ("ContainerAppName", "RevisionName", "ContainerName", "ContainerGroupName", "ContainerId",
                   "ContainerImage", "EnvironmentName", "Log", "LogLevel")  # fmt: skip
SYSTEM_COLUMNS = ("ContainerAppName", "RevisionName", "ReplicaName", "EnvironmentName", "EventSource", "Reason", "Log",
                  "Type")  # fmt: skip
DURATION = re.compile(r"P(?:(\d+(?:\.\d+)?)D)?(?:T(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?")


def query_workspace(stage: Stage, call: SimulatedRequest) -> SimulatedAnswer:
    """One query. In an odd world the rows come with an error beside them, and still a 200."""
    if call.names["workspace"].lower() != WORKSPACE:
        raise RefusedError(
            404, "WorkspaceNotFoundError", f"The workspace {call.names['workspace']} could not be found."
        )
    body = call.json()
    query = body.get("query")
    if not isinstance(query, str) or not query.strip():
        raise make_refusal("the query is empty")
    world, clock = stage.world(), stage.clock
    now = clock.at(world.now)
    since, until = _parse_timespan(body.get("timespan"), now)
    table = run_query(query, build_tables(world, clock, since, until), now)
    answer: JSON = {"tables": [table_body(table)]}
    if stage.scenario.oddities.partial_logs:
        answer["error"] = {
            "code": "PartialError",
            "message": "There were some errors when processing your query.",
            "details": [
                {"code": "EngineError", "message": "Something went wrong processing your query on the server."}
            ],
        }
    return SimulatedAnswer(answer)


def build_tables(world: World, clock: SimulatedClock, since: datetime, until: datetime) -> dict[str, KustoTable]:
    """The tables of the workspace with the rows between two moments.

    Which names hold rows depends on where the environment sends its logs: `..._CL` tables with `_s` columns, or the
    plain ones. The plain ones are always known, the custom ones only once something was written to them.
    """
    start, end = clock.seconds(since), clock.seconds(until)
    console = [
        {**_console_row(world, line), "TimeGenerated": clock.at(line.at)}
        for revision in world.revisions
        for line in lines.list_console_lines(world, revision, start, end)
    ]
    system = [
        {**_system_row(world, line), "TimeGenerated": clock.at(line.at)}
        for line in lines.list_system_lines(world, start, end)
    ]
    if world.scenario.log_destination == "azure-monitor":
        return {
            "ContainerAppConsoleLogs": _make_table(CONSOLE_COLUMNS, console),
            "ContainerAppSystemLogs": _make_table(SYSTEM_COLUMNS, system),
        }
    return {
        "ContainerAppConsoleLogs_CL": _make_table(CONSOLE_COLUMNS, console, custom=True),
        "ContainerAppSystemLogs_CL": _make_table(SYSTEM_COLUMNS, system, custom=True),
        "ContainerAppConsoleLogs": _make_table(CONSOLE_COLUMNS, []),
        "ContainerAppSystemLogs": _make_table(SYSTEM_COLUMNS, []),
    }


def table_body(table: KustoTable) -> JSON:
    """Rows as lists, in the order of the columns."""
    return {
        "name": "PrimaryResult",
        "columns": [{"name": name, "type": kind} for name, kind in zip(table.columns, table.types, strict=True)],
        "rows": [[_format_cell(row.get(name)) for name in table.columns] for row in table.rows],
    }


def _make_table(columns: tuple[str, ...], rows: Sequence[Row], *, custom: bool = False) -> KustoTable:
    named = {
        column: f"{column}_{'g' if column == 'ContainerGroupName' else 's'}" if custom else column for column in columns
    }
    renamed = ({named.get(name, name): value for name, value in row.items()} for row in rows)
    return KustoTable(("TimeGenerated", *named.values()), ("datetime", *("string" for _ in columns)), tuple(renamed))


def _console_row(world: World, line: lines.ConsoleLine) -> Row:
    revision = world.revision(line.revision)
    return {
        "ContainerAppName": world.scenario.site.app,
        "RevisionName": line.revision,
        "ContainerName": CONTAINER,
        "ContainerGroupName": line.replica,
        "ContainerId": "",
        "ContainerImage": revision.image if revision else "",
        "EnvironmentName": MANAGED_ENVIRONMENT,
        "Log": f"{line.level} {line.text}",
        "LogLevel": line.level,
    }


def _system_row(world: World, line: lines.SystemLine) -> Row:
    return {
        "ContainerAppName": world.scenario.site.app,
        "RevisionName": line.revision,
        "ReplicaName": line.replica,
        "EnvironmentName": MANAGED_ENVIRONMENT,
        "EventSource": "ContainerAppController",
        "Reason": line.reason,
        "Log": line.text,
        "Type": line.kind,
    }


def _format_cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return times.format_precise(value)
    if isinstance(value, timedelta):
        return format_span(value)
    if isinstance(value, list):  # a dynamic value goes as text
        return json.dumps([_format_cell(item) for item in value], separators=(",", ":"))
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


def _parse_timespan(text: Any, now: datetime) -> tuple[datetime, datetime]:
    """An ISO 8601 duration back from now, or start/end, or start/duration; nothing is all there is."""
    if not text:
        return now - timedelta(seconds=lines.KEPT), now
    first, slash, second = str(text).partition("/")
    if not slash:
        return now - _parse_duration(first), now
    start = times.parse_time(first)
    return start, start + _parse_duration(second) if second.startswith("P") else times.parse_time(second)


def _parse_duration(text: str) -> timedelta:
    match = DURATION.fullmatch(text)
    if match is None or text in ("P", "PT"):
        raise make_refusal(f"the timespan {json.dumps(text[:40])} is not an ISO 8601 duration", "BadArgumentError")
    days, hours, minutes, seconds = (float(group or 0) for group in match.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)

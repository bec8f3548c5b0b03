"""A small, fixed part of the Kusto query language. What is outside of it is refused with a list of what is inside."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cockpit.simulator.answer import RefusedError
from cockpit.simulator.azure import times

Row = Mapping[str, Any]
SUPPORTED = (
    "TABLE or `union [isfuzzy=true] TABLE, TABLE`, then any of: where COLUMN ==|!=|=~|has|contains|startswith 'text', "
    "where COLUMN in ('a', 'b'), where TimeGenerated >|>=|<|<= ago(30m)|datetime(...) or between (datetime(...) .. "
    "datetime(...)), joined by `and`; project COLUMN, NAME = COLUMN; order by|sort by COLUMN asc|desc; top N by "
    "COLUMN asc|desc; take|limit N; count"
)
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
WORD = r"[A-Za-z_]\w*"
TEXT = r"\"[^\"\\]*\"|'[^'\\]*'"


@dataclass(frozen=True, slots=True)
class KustoTable:
    """Rows with named columns; `types` are Kusto's."""

    columns: tuple[str, ...]
    types: tuple[str, ...]
    rows: tuple[Row, ...]


def run_query(query: str, tables: Mapping[str, KustoTable], now: datetime) -> KustoTable:
    """The rows a query asks for; `ago` counts from `now`. Raises RefusedError in the shape of Kusto's own."""
    source, *stages = [text.strip() for text in _split_text(_without_comments(query), "|")]
    table = _find_source_table(source, tables)
    for stage in stages:
        word, _, rest = stage.partition(" ")
        operator = OPERATORS.get(word.lower())
        if operator is None:
            raise make_refusal(f"'{word}' is not supported")
        table = operator(table, rest.strip(), now)
    return table


def make_refusal(reason: str, code: str = "SyntaxError") -> RefusedError:
    """Log Analytics' bad request; the reason is in the inner error, where a reader must look for it."""
    inner = {"code": code, "message": f"{reason}. The simulator understands: {SUPPORTED}."}
    return RefusedError(400, "BadArgumentError", "The request had some invalid properties", inner)


def _without_comments(query: str) -> str:
    return re.sub(rf"({TEXT})|//[^\n]*", lambda match: match.group(1) or "", query)


def _split_text(text: str, separator: str) -> list[str]:
    """`text` at each separator outside of quotes and brackets."""
    parts, depth, quote, start = [], 0, "", 0
    for place, letter in enumerate(text):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'":
            quote = letter
        elif letter in "([":
            depth += 1
        elif letter in ")]":
            depth -= 1
        elif letter == separator and depth == 0:
            parts.append(text[start:place])
            start = place + 1
    return [*parts, text[start:]]


def _find_source_table(text: str, tables: Mapping[str, KustoTable]) -> KustoTable:
    union = re.fullmatch(r"union\s+(isfuzzy\s*=\s*true\s+)?(.+)", text, re.IGNORECASE | re.DOTALL)
    expected = [part.strip().strip("()").strip() for part in union.group(2).split(",")] if union else [text]
    fuzzy = bool(union and union.group(1))
    kusto_tables = [tables[text] for text in expected if text in tables]
    missing = [text for text in expected if text not in tables]
    if missing and not (fuzzy and kusto_tables):
        known_name = ", ".join(sorted(tables))
        raise make_refusal(
            f"'{missing[0][:80]}' could not be resolved to a table; there are {known_name}", "SemanticError"
        )
    types = {name: kind for table in kusto_tables for name, kind in zip(table.columns, table.types, strict=True)}
    return KustoTable(tuple(types), tuple(types.values()), tuple(row for table in kusto_tables for row in table.rows))


def _apply_where(table: KustoTable, text: str, now: datetime) -> KustoTable:
    tests = [_parse_test(table, part.strip(), now) for part in re.split(r"\s+and\s+", text, flags=re.IGNORECASE)]
    return KustoTable(table.columns, table.types, tuple(row for row in table.rows if all(test(row) for test in tests)))


def _parse_test(table: KustoTable, text: str, now: datetime) -> Callable[[Row], bool]:
    """One comparison of `where`."""
    if match := re.fullmatch(rf"({WORD})\s+between\s*\((.+?)\s*\.\.\s*(.+)\)", text, re.IGNORECASE):
        column, low, high = _time_column(table, match[1]), _parse_moment(match[2], now), _parse_moment(match[3], now)
        return lambda row: bool(low <= row[column] <= high)
    if match := re.fullmatch(rf"({WORD})\s*(>=|<=|>|<)\s*(.+)", text):
        column, limit = _time_column(table, match[1]), _parse_moment(match[3], now)
        return _compare_times(column, match[2], limit)
    if match := re.fullmatch(rf"({WORD})\s+in\s*\(((?:\s*(?:{TEXT})\s*,?)+)\)", text):
        column, allowed = _find_column(table, match[1]), {item[1:-1] for item in re.findall(TEXT, match[2])}
        return lambda row: row.get(column, "") in allowed
    if match := re.fullmatch(rf"({WORD})\s*(==|!=|=~|has|contains|startswith)\s*({TEXT})", text, re.IGNORECASE):
        column, literal = _find_column(table, match[1]), match[3][1:-1]
        return _match_text(column, match[2].lower(), literal)
    raise make_refusal(f"the condition '{text[:80]}' is not supported")


def _compare_times(column: str, operator: str, limit: datetime) -> Callable[[Row], bool]:
    return {
        ">=": lambda row: row[column] >= limit,
        "<=": lambda row: row[column] <= limit,
        ">": lambda row: row[column] > limit,
        "<": lambda row: row[column] < limit,
    }[operator]


def _match_text(column: str, operator: str, literal: str) -> Callable[[Row], bool]:
    small = literal.lower()
    return {
        "==": lambda row: row.get(column, "") == literal,
        "!=": lambda row: row.get(column, "") != literal,
        "=~": lambda row: str(row.get(column, "")).lower() == small,
        "has": lambda row: re.search(rf"(?<!\w){re.escape(small)}(?!\w)", str(row.get(column, "")).lower()) is not None,
        "contains": lambda row: small in str(row.get(column, "")).lower(),
        "startswith": lambda row: str(row.get(column, "")).lower().startswith(small),
    }[operator]


def _parse_moment(text: str, now: datetime) -> datetime:
    """`ago(30m)`, `now()` or `datetime(2026-02-27T02:00:00Z)`."""
    text = text.strip()
    if match := re.fullmatch(r"ago\(\s*(\d{1,6})([smhd])\s*\)", text):
        return now - timedelta(**{UNITS[match[2]]: int(match[1])})
    if match := re.fullmatch(r"datetime\((.+)\)", text):
        return times.parse_time(match[1].strip("\"'"))
    if text == "now()":
        return now
    raise make_refusal(f"'{text[:80]}' is not a time the simulator understands")


def _apply_project(table: KustoTable, text: str, now: datetime) -> KustoTable:
    chosen: dict[str, str] = {}
    for part in _split_text(text, ","):
        match = re.fullmatch(rf"(?:({WORD})\s*=\s*)?({WORD})", part.strip())
        if match is None:
            raise make_refusal(f"'project {part.strip()[:80]}' is not supported")
        chosen[match[1] or match[2]] = _find_column(table, match[2])
    kinds = dict(zip(table.columns, table.types, strict=True))
    rows = tuple({name: row.get(column) for name, column in chosen.items()} for row in table.rows)
    return KustoTable(tuple(chosen), tuple(kinds[text] for text in chosen.values()), rows)


def _apply_order(table: KustoTable, text: str, now: datetime) -> KustoTable:
    match = re.fullmatch(rf"by\s+({WORD})(?:\s+(asc|desc))?", text, re.IGNORECASE)
    if match is None:
        raise make_refusal(f"'order {text[:80]}' is not supported")
    column = _find_column(table, match[1])
    rows = sorted(table.rows, key=lambda row: row.get(column) or "", reverse=(match[2] or "desc").lower() == "desc")
    return KustoTable(table.columns, table.types, tuple(rows))


def _apply_top(table: KustoTable, text: str, now: datetime) -> KustoTable:
    number, _, order = text.partition(" ")
    return _apply_take(_apply_order(table, order.strip(), now), number, now)


def _apply_take(table: KustoTable, text: str, now: datetime) -> KustoTable:
    if not re.fullmatch(r"\d{1,7}", text):
        raise make_refusal(f"'{text[:80]}' is not a number of rows")
    return KustoTable(table.columns, table.types, table.rows[: int(text)])


def _apply_count(table: KustoTable, text: str, now: datetime) -> KustoTable:
    return KustoTable(("Count",), ("long",), ({"Count": len(table.rows)},))


def _find_column(table: KustoTable, name: str) -> str:
    if name not in table.columns:
        known_name = ", ".join(table.columns)
        raise make_refusal(f"'{name}' is not a column; there are {known_name}", "SemanticError")
    return name


def _time_column(table: KustoTable, name: str) -> str:
    if table.types[table.columns.index(_find_column(table, name))] != "datetime":
        raise make_refusal(f"'{name}' is not a column of times")
    return name


OPERATORS: Mapping[str, Callable[[KustoTable, str, datetime], KustoTable]] = {
    "where": _apply_where,
    "project": _apply_project,
    "order": _apply_order,
    "sort": _apply_order,
    "top": _apply_top,
    "take": _apply_take,
    "limit": _apply_take,
    "count": _apply_count,
}

"""A fixed part of the Kusto query language over tables in memory. The rest is refused, with a list of what is known."""

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from cockpit.simulator.azure.kusto_syntax import KustoParser, tokenize
from cockpit.simulator.azure.kusto_values import (
    KustoAggregate,
    KustoExpression,
    Row,
    compare_values,
    find_column,
    make_refusal,
)

RENDERED = ("table", "timechart", "linechart", "barchart", "columnchart", "areachart", "piechart", "scatterchart")


@dataclass(frozen=True, slots=True)
class KustoTable:
    """Rows with named columns; `types` are Kusto's."""

    columns: tuple[str, ...]
    types: tuple[str, ...]
    rows: tuple[Row, ...]

    def kinds(self) -> Mapping[str, str]:
        """The columns with their types, in their order."""
        return dict(zip(self.columns, self.types, strict=True))


def run_query(query: str, tables: Mapping[str, KustoTable], now: datetime) -> KustoTable:
    """The rows a query asks for; `ago` counts from `now`. Raises RefusedError in the shape of Kusto's own."""
    try:
        return _run_statements(KustoParser(tokenize(query), now), tables)
    except OverflowError:
        raise make_refusal("a time or a number lies outside of what Kusto can hold", "SemanticError") from None


def _run_statements(parser: KustoParser, tables: Mapping[str, KustoTable]) -> KustoTable:
    while parser.accept("let"):
        _declare_value(parser)
    table = _read_source(parser, tables)
    while parser.accept("|"):
        parser.kinds = table.kinds()
        table = _apply_operator(parser, table)
    parser.accept(";")
    if parser.token.kind != "end":
        raise make_refusal(f"the query should go on with '|' {parser.where()}")
    return table


def _declare_value(parser: KustoParser) -> None:
    """`let NAME = VALUE;`: a value alone, no table and no function."""
    name = parser.read_assigned_name()
    if not name:
        raise make_refusal(f"'let NAME = VALUE;' is expected {parser.where()}")
    value = parser.read_expression()
    parser.expect(";")
    constant = value.evaluate({})
    parser.values[name] = KustoExpression(value.kind, lambda row: constant, name)


def _read_source(parser: KustoParser, tables: Mapping[str, KustoTable]) -> KustoTable:
    if not parser.accept("union"):
        return _join_tables([parser.read_name()], tables, fuzzy=False)
    fuzzy = False
    if option := parser.read_assigned_name():
        if option != "isfuzzy":
            raise make_refusal(f"'union {option[:80]}=' is not supported")
        fuzzy = parser.expect("true", "false") == "true"
    names = [_read_table_name(parser)]
    while parser.accept(","):
        names.append(_read_table_name(parser))
    return _join_tables(names, tables, fuzzy=fuzzy)


def _read_table_name(parser: KustoParser) -> str:
    if not parser.accept("("):
        return parser.read_name()
    name = parser.read_name()
    parser.expect(")")
    return name


def _join_tables(names: Sequence[str], tables: Mapping[str, KustoTable], *, fuzzy: bool) -> KustoTable:
    kusto_tables = [tables[name] for name in names if name in tables]
    missing = [name for name in names if name not in tables]
    if missing and not (fuzzy and kusto_tables):
        known_names = ", ".join(sorted(tables))
        raise make_refusal(
            f"'{missing[0][:80]}' could not be resolved to a table; there are {known_names}", "SemanticError"
        )
    types = {name: kind for table in kusto_tables for name, kind in table.kinds().items()}
    return KustoTable(tuple(types), tuple(types.values()), tuple(row for table in kusto_tables for row in table.rows))


def _apply_operator(parser: KustoParser, table: KustoTable) -> KustoTable:
    start = parser.token
    name = parser.read_name()
    while parser.peek("-") and parser.token.place == start.place + len(name):  # `project-away` is one word
        parser.accept("-")
        name = f"{name}-{parser.read_name()}"
    apply = OPERATORS.get(name)
    if apply is None:
        raise make_refusal(f"'{name[:80]}' is not supported")
    return apply(parser, table)


def _apply_where(parser: KustoParser, table: KustoTable) -> KustoTable:
    condition = parser.read_condition()
    return replace(table, rows=tuple(row for row in table.rows if condition.evaluate(row)))


def _apply_extend(parser: KustoParser, table: KustoTable) -> KustoTable:
    added = _read_columns(parser, table.columns)
    kept = {name: find_column(table.kinds(), name) for name in table.columns}
    return _compute_columns(table, kept | added)


def _apply_project(parser: KustoParser, table: KustoTable) -> KustoTable:
    return _compute_columns(table, _read_columns(parser))


def _apply_project_away(parser: KustoParser, table: KustoTable) -> KustoTable:
    dropped = _read_names(parser, table)
    return _compute_columns(
        table, {name: find_column(table.kinds(), name) for name in table.columns if name not in dropped}
    )


def _apply_project_keep(parser: KustoParser, table: KustoTable) -> KustoTable:
    kept = _read_names(parser, table)
    return _compute_columns(table, {name: find_column(table.kinds(), name) for name in table.columns if name in kept})


def _apply_project_rename(parser: KustoParser, table: KustoTable) -> KustoTable:
    renamed = {column.name: name for name, column in _read_columns(parser).items()}
    return _compute_columns(
        table, {renamed.get(name, name): find_column(table.kinds(), name) for name in table.columns}
    )


def _apply_distinct(parser: KustoParser, table: KustoTable) -> KustoTable:
    columns = dict.fromkeys(table.columns) if parser.accept("*") else dict.fromkeys(_read_names(parser, table))
    table = _compute_columns(table, {name: find_column(table.kinds(), name) for name in columns})
    rows: dict[tuple[Any, ...], Row] = {}
    for row in table.rows:
        rows.setdefault(tuple(row.get(name) for name in table.columns), row)
    return replace(table, rows=tuple(rows.values()))


def _apply_summarize(parser: KustoParser, table: KustoTable) -> KustoTable:
    """Rows by group. Without `by` there is one group, also of no rows; with it, one of each value that is there."""
    parser.aggregates = []
    results: dict[str, KustoExpression] = {}
    while not parser.peek("by", "|", ";") and parser.token.kind != "end":
        if results:
            parser.expect(",")
        results |= _read_aggregates(parser, table, results)
    aggregates, parser.aggregates = parser.aggregates, None
    keys = _read_columns(parser) if parser.accept("by") else {}
    if not keys and not results:
        raise make_refusal("'summarize' wants an aggregate such as count(), or 'by'")
    groups: dict[tuple[Any, ...], list[Row]] = {} if keys else {(): list(table.rows)}
    for row in table.rows if keys else ():
        groups.setdefault(tuple(key.evaluate(row) for key in keys.values()), []).append(row)
    rows = []
    for values, members in groups.items():
        computed = {aggregate.slot: aggregate.compute(members) for aggregate in aggregates}
        rows.append(
            dict(zip(keys, values, strict=True)) | {name: result.evaluate(computed) for name, result in results.items()}
        )
    columns = keys | results
    return KustoTable(tuple(columns), tuple(column.kind for column in columns.values()), tuple(rows))


def _read_aggregates(parser: KustoParser, table: KustoTable, taken: Iterable[str]) -> dict[str, KustoExpression]:
    name = parser.read_assigned_name()
    if extreme := parser.accept("arg_max", "arg_min"):
        return _read_extreme_row(parser, table, name, -1 if extreme == "arg_max" else 1)
    result = parser.read_expression()
    return {name or _find_free_name(result.name, taken): result}


def _read_extreme_row(parser: KustoParser, table: KustoTable, name: str, sign: int) -> dict[str, KustoExpression]:
    """`arg_max(BY, *)` or `arg_max(BY, COLUMN, ...)`: the row where a value is greatest, with these of its columns."""
    parser.expect("(")
    aggregates, parser.aggregates = parser.aggregates, None
    by = parser.read_expression()
    columns: dict[str, KustoExpression] = {name or by.name or "max_": by}
    while parser.accept(","):
        if parser.accept("*"):
            columns |= {column: find_column(table.kinds(), column) for column in table.columns if column != by.name}
        else:
            column = parser.read_expression()
            columns[column.name or "Column1"] = column
    parser.expect(")")
    parser.aggregates = aggregates
    if aggregates is None:
        raise make_refusal("an aggregate stands in summarize", "SemanticError")

    def find_row(rows: Sequence[Row]) -> Row | None:
        candidates = [row for row in rows if by.evaluate(row) is not None]
        return (max if sign < 0 else min)(candidates, key=by.evaluate, default=None)

    slot = f"#{len(aggregates)}"
    aggregates.append(KustoAggregate(slot, find_row))
    return {column: KustoExpression(value.kind, _of_row(slot, value)) for column, value in columns.items()}


def _of_row(slot: str, value: KustoExpression) -> Callable[[Row], Any]:
    return lambda row: None if row[slot] is None else value.evaluate(row[slot])


def _apply_order(parser: KustoParser, table: KustoTable) -> KustoTable:
    parser.expect("by")
    rows = list(table.rows)
    for expression, descending, nulls_first in reversed(_read_orders(parser)):
        present = [row for row in rows if expression.evaluate(row) is not None]
        absent = [row for row in rows if expression.evaluate(row) is None]
        present.sort(key=expression.evaluate, reverse=descending)
        rows = absent + present if nulls_first else present + absent
    return replace(table, rows=tuple(rows))


def _read_orders(parser: KustoParser) -> list[tuple[KustoExpression, bool, bool]]:
    orders: list[tuple[KustoExpression, bool, bool]] = []
    while not orders or parser.accept(","):
        expression = parser.read_expression()
        compare_values(expression, "<", expression)  # refuses what has no order
        descending = parser.accept("asc", "desc") != "asc"
        nulls_first = not descending
        if parser.accept("nulls"):
            nulls_first = parser.expect("first", "last") == "first"
        orders.append((expression, descending, nulls_first))
    return orders


def _apply_top(parser: KustoParser, table: KustoTable) -> KustoTable:
    number = parser.read_rows_number()
    table = _apply_order(parser, table)
    return replace(table, rows=table.rows[:number])


def _apply_take(parser: KustoParser, table: KustoTable) -> KustoTable:
    return replace(table, rows=table.rows[: parser.read_rows_number()])


def _apply_count(parser: KustoParser, table: KustoTable) -> KustoTable:
    return KustoTable(("Count",), ("long",), ({"Count": len(table.rows)},))


def _apply_render(parser: KustoParser, table: KustoTable) -> KustoTable:
    """How a chart is to be drawn: Log Analytics answers the same rows, and so does this."""
    parser.expect(*RENDERED)
    if parser.accept("with"):
        _pass_over_properties(parser)
    return table


def _pass_over_properties(parser: KustoParser) -> None:
    """`(title='Errors', kind=stacked, ycolumns=a, b)`: nothing of it is in the rows."""
    parser.expect("(")
    while not parser.accept(")"):
        parser.read_assigned_name()
        if parser.token.kind not in ("text", "number", "word", "quoted"):
            raise make_refusal(f"the value of a property is expected {parser.where()}")
        parser.cursor += 1
        if not parser.peek(")"):
            parser.expect(",", ")")


def _read_columns(parser: KustoParser, taken: Iterable[str] = ()) -> dict[str, KustoExpression]:
    """`NAME = EXPRESSION` or `EXPRESSION`, with commas between them."""
    columns: dict[str, KustoExpression] = {}
    while not columns or parser.accept(","):
        name = parser.read_assigned_name()
        value = parser.read_expression()
        name = name or value.name or _find_free_name("", itertools.chain(taken, columns))
        if name in columns:
            raise make_refusal(f"the column '{name[:80]}' is named twice", "SemanticError")
        columns[name] = value
    return columns


def _find_free_name(name: str, taken: Iterable[str]) -> str:
    """The name if nobody has it, else with a number; `Column1` where there is none."""
    used = set(taken)
    if name and name not in used:
        return name
    numbered = (f"{name or 'Column'}{number}" for number in itertools.count(1))
    return next(candidate for candidate in numbered if candidate not in used)


def _read_names(parser: KustoParser, table: KustoTable) -> list[str]:
    names: list[str] = []
    while not names or parser.accept(","):
        names.append(find_column(table.kinds(), parser.read_name()).name)
    return names


def _compute_columns(table: KustoTable, columns: Mapping[str, KustoExpression]) -> KustoTable:
    rows = tuple({name: column.evaluate(row) for name, column in columns.items()} for row in table.rows)
    return KustoTable(tuple(columns), tuple(column.kind for column in columns.values()), rows)


OPERATORS: Mapping[str, Callable[[KustoParser, KustoTable], KustoTable]] = {
    "where": _apply_where,
    "filter": _apply_where,
    "extend": _apply_extend,
    "project": _apply_project,
    "project-away": _apply_project_away,
    "project-keep": _apply_project_keep,
    "project-rename": _apply_project_rename,
    "distinct": _apply_distinct,
    "summarize": _apply_summarize,
    "order": _apply_order,
    "sort": _apply_order,
    "top": _apply_top,
    "take": _apply_take,
    "limit": _apply_take,
    "count": _apply_count,
    "render": _apply_render,
}

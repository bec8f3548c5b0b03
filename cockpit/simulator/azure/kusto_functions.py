"""Functions and aggregates of the Kusto query language, each with the types that it takes and the name it gives."""

import math
import re
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cockpit.simulator.answer import RefusedError
from cockpit.simulator.azure import times
from cockpit.simulator.azure.kusto_values import (
    NUMBERS,
    YEAR_ONE,
    KustoExpression,
    Row,
    compile_pattern,
    make_refusal,
    must_be,
    unless_null,
)

ANY = ("string", "long", "real", "bool", "datetime", "timespan", "dynamic")
ORDERED = ("long", "real", "datetime", "timespan", "string")
TEXT, NUMBER, MOMENT, SPAN, CONDITION = ("string",), NUMBERS, ("datetime",), ("timespan",), ("bool",)
BINNED = ((*NUMBERS, "datetime", "timespan"), (*NUMBERS, "timespan"))
Aggregation = Callable[[Sequence[Row]], Any]


@dataclass(frozen=True, slots=True)
class KustoFunction:
    """A function of values alone. `parameters`: the types each takes; `kind`: what it gives, "" for that of the first.

    `keeps_name`: a column of it is called as its first argument is, else `Column1`. `optional`: of the last parameters.
    """

    parameters: tuple[tuple[str, ...], ...]
    kind: str
    compute: Callable[..., Any]
    keeps_name: bool = False
    optional: int = 0
    takes_null: bool = False


def call_function(name: str, arguments: Sequence[KustoExpression]) -> KustoExpression:
    """A function with its arguments. Raises RefusedError."""
    special = SPECIAL.get(name)
    if special is not None:
        return special(name, arguments)
    function = FUNCTIONS.get(name)
    if function is None:
        raise make_refusal(f"the function '{name[:80]}' is not supported", "SemanticError")
    _must_be_many(name, arguments, len(function.parameters) - function.optional, len(function.parameters))
    for argument, kinds in zip(arguments, function.parameters, strict=False):
        must_be(argument, f"an argument of {name}()", *kinds)
    kind = function.kind or arguments[0].kind
    column = arguments[0].name if function.keeps_name and arguments else ""
    if name == "strlen" and arguments[0].name:
        column = f"strlen_{arguments[0].name}"
    if function.takes_null:
        return KustoExpression(
            kind, lambda row: function.compute(*(value.evaluate(row) for value in arguments)), column
        )
    return KustoExpression(kind, unless_null(function.compute, *arguments), column)


def call_aggregate(name: str, arguments: Sequence[KustoExpression]) -> tuple[str, str, Aggregation]:
    """The type of an aggregate's result, what its column is called, and what it makes of rows. Raises RefusedError."""
    least, most, kinds = AGGREGATES[name]
    _must_be_many(name, arguments, least, most)
    for argument, allowed in zip(arguments, kinds, strict=False):
        must_be(argument, f"an argument of {name}()", *allowed)
    first = arguments[0] if arguments else None
    prefix = {"make_set": "set", "make_list": "list"}.get(name, name)
    column = f"{prefix}_{first.name}" if first else f"{prefix}_"
    if name == "count":
        return "long", column, len
    if first is None:
        raise make_refusal(f"{name}() wants an argument", "SemanticError")
    if name == "percentile":
        share = _read_share(arguments[1])
        column = f"percentile_{first.name}_{share:g}"
        return first.kind, column, lambda rows: find_percentile(_list_values(first, rows), share)
    if name.endswith("if"):
        condition = arguments[-1]
        column = f"{name}_{first.name}"
        plain = name.removesuffix("if")
        if plain == "count":
            return "long", column, lambda rows: sum(bool(condition.evaluate(row)) for row in rows)
        kind, _, compute = call_aggregate(plain, [first])
        return kind, column, lambda rows: compute([row for row in rows if condition.evaluate(row)])
    if name in ("take_any", "any"):
        return first.kind, first.name if name == "take_any" else column, lambda rows: _take_any(first, rows)
    if name in ("make_set", "make_list"):
        return "dynamic", column, lambda rows: _collect(first, rows, distinct=name == "make_set")
    if name == "sum":  # of nothing it is none, not null
        nothing = timedelta() if first.kind == "timespan" else 0
        return first.kind, column, lambda rows: sum(_list_values(first, rows), start=nothing)
    kind, combine = COMBINATIONS[name]
    if name == "avg" and first.kind == "long":
        kind = "real"
    return kind or first.kind, column, lambda rows: combine(_list_values(first, rows))


def find_percentile(values: Sequence[Any], share: float) -> Any:
    """The smallest value that so many hundredths of the values do not exceed; null of nothing."""
    if not values:
        return None
    return sorted(values)[max(math.ceil(len(values) * share / 100), 1) - 1]


def floor_value(value: Any, size: Any) -> Any:
    """The start of the bin in which a value lies; bins of time are counted from the year one."""
    if isinstance(value, datetime):
        return YEAR_ONE + (value - YEAR_ONE) // size * size if size else None
    return value // size * size if size else None


def format_text(value: Any) -> str:
    """A value as `tostring` writes it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "True" if value else "False"
    if isinstance(value, datetime):
        return times.format_precise(value)
    return format_span(value) if isinstance(value, timedelta) else str(value)


def format_span(span: timedelta) -> str:
    """`1.02:03:04.5000000`: days only where there are some, seven digits only where they say something."""
    sign, span = ("-", -span) if span < timedelta() else ("", span)
    hours, rest = divmod(span.seconds, 3600)
    text = f"{hours:02}:{rest // 60:02}:{rest % 60:02}"
    return (
        sign
        + (f"{span.days}." if span.days else "")
        + text
        + (f".{span.microseconds:06}0" if span.microseconds else "")
    )


def _must_be_many(name: str, arguments: Sequence[KustoExpression], least: int, most: int) -> None:
    if not least <= len(arguments) <= most:
        expected = str(least) if least == most else f"{least} to {most}"
        raise make_refusal(f"{name}() takes {expected} arguments, not {len(arguments)}", "SemanticError")


def _read_share(expression: KustoExpression) -> float:
    try:
        share = float(expression.evaluate({}))
    except (KeyError, TypeError, ValueError):
        share = -1.0
    if not 0 <= share <= 100:
        raise make_refusal("a percentile must be a number from 0 to 100", "SemanticError")
    return share


def _list_values(expression: KustoExpression, rows: Sequence[Row]) -> list[Any]:
    return [value for row in rows if (value := expression.evaluate(row)) is not None]


def _take_any(expression: KustoExpression, rows: Sequence[Row]) -> Any:
    return expression.evaluate(rows[0]) if rows else None


def _collect(expression: KustoExpression, rows: Sequence[Row], *, distinct: bool) -> list[Any]:
    values = _list_values(expression, rows)
    return list(dict.fromkeys(values)) if distinct else values


def _find_mean(values: Sequence[Any]) -> Any:
    return sum(values[1:], start=values[0]) / len(values) if values else None


def _choose(name: str, arguments: Sequence[KustoExpression]) -> KustoExpression:
    """`iff(condition, one, other)` and `case(condition, one, condition, two, ..., other)`."""
    if len(arguments) < 3 or len(arguments) % 2 == 0 or (name != "case" and len(arguments) != 3):
        raise make_refusal(f"{name}() wants conditions, a value after each, and one for the rest", "SemanticError")
    conditions, values = arguments[:-1:2], [*arguments[1::2], arguments[-1]]
    for condition in conditions:
        must_be(condition, f"a condition of {name}()", "bool")
    for value in values:
        must_be(value, f"each value of {name}()", values[0].kind)

    def evaluate(row: Row) -> Any:
        for condition, value in zip(conditions, values, strict=False):
            if condition.evaluate(row):
                return value.evaluate(row)
        return values[-1].evaluate(row)

    return KustoExpression(values[0].kind, evaluate)


def _join_texts(name: str, arguments: Sequence[KustoExpression]) -> KustoExpression:
    _must_be_many(name, arguments, 1, 64)
    return KustoExpression("string", lambda row: "".join(format_text(argument.evaluate(row)) for argument in arguments))


def _first_of(name: str, arguments: Sequence[KustoExpression]) -> KustoExpression:
    _must_be_many(name, arguments, 2, 64)
    for argument in arguments:
        must_be(argument, f"each argument of {name}()", arguments[0].kind)

    def evaluate(row: Row) -> Any:
        return next((value for argument in arguments if (value := argument.evaluate(row)) not in (None, "")), None)

    return KustoExpression(arguments[0].kind, evaluate)


def _extract(name: str, arguments: Sequence[KustoExpression]) -> KustoExpression:
    """`extract(pattern, group, text)`."""
    _must_be_many(name, arguments, 3, 3)
    pattern = compile_pattern(arguments[0])
    number = must_be(arguments[1], "the group of extract()", "long").evaluate({})
    must_be(arguments[2], "the text of extract()", "string")
    if not 0 <= number <= pattern.groups:
        raise make_refusal(f"the pattern of extract() has no group {number}", "SemanticError")

    def evaluate(row: Row) -> str:
        match = pattern.search(arguments[2].evaluate(row))
        return (match.group(number) or "") if match else ""

    return KustoExpression("string", evaluate)


def _parse_long(value: Any) -> int | None:
    try:
        return int(value)
    except ValueError:
        return None


def _parse_real(value: Any) -> float | None:
    try:
        return float(value)
    except ValueError:
        return None


def _parse_moment(value: Any) -> datetime | None:
    if isinstance(value, datetime):
        return value
    try:
        return times.parse_time(value)
    except RefusedError:
        return None


def _cut_text(text: str, start: int, length: int | None = None) -> str:
    start = max(start, 0)
    return text[start:] if length is None else text[start : start + max(length, 0)]


def _round_value(value: Any, digits: int = 0) -> Any:
    return float(f"{value:.{max(digits, 0)}f}") if isinstance(value, float) else value


def _start_of_day(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _start_of_week(moment: datetime) -> datetime:
    """Sunday."""
    return _start_of_day(moment) - timedelta(days=(moment.weekday() + 1) % 7)


def _start_of_month(moment: datetime) -> datetime:
    return _start_of_day(moment).replace(day=1)


def _start_of_year(moment: datetime) -> datetime:
    return _start_of_month(moment).replace(month=1)


FUNCTIONS: Mapping[str, KustoFunction] = {
    "bin": KustoFunction(BINNED, "", floor_value, keeps_name=True),
    "floor": KustoFunction(BINNED, "", floor_value, keeps_name=True),
    "startofday": KustoFunction((MOMENT,), "datetime", _start_of_day, keeps_name=True),
    "startofweek": KustoFunction((MOMENT,), "datetime", _start_of_week, keeps_name=True),
    "startofmonth": KustoFunction((MOMENT,), "datetime", _start_of_month, keeps_name=True),
    "startofyear": KustoFunction((MOMENT,), "datetime", _start_of_year, keeps_name=True),
    "round": KustoFunction((NUMBER, ("long",)), "", _round_value, keeps_name=True, optional=1),
    "abs": KustoFunction(((*NUMBERS, "timespan"),), "", abs, keeps_name=True),
    "strlen": KustoFunction((TEXT,), "long", len),
    "tolower": KustoFunction((TEXT,), "string", str.lower),
    "toupper": KustoFunction((TEXT,), "string", str.upper),
    "substring": KustoFunction((TEXT, ("long",), ("long",)), "string", _cut_text, optional=1),
    "replace_string": KustoFunction((TEXT, TEXT, TEXT), "string", str.replace),
    "countof": KustoFunction((TEXT, TEXT), "long", lambda text, part: len(re.findall(f"(?={re.escape(part)})", text))),
    "not": KustoFunction((CONDITION,), "bool", lambda value: not value),
    "isempty": KustoFunction((ANY,), "bool", lambda value: value in (None, ""), takes_null=True),
    "isnotempty": KustoFunction((ANY,), "bool", lambda value: value not in (None, ""), takes_null=True),
    "isnull": KustoFunction((ANY,), "bool", lambda value: value is None, takes_null=True),
    "isnotnull": KustoFunction((ANY,), "bool", lambda value: value is not None, takes_null=True),
    "tostring": KustoFunction((ANY,), "string", format_text, keeps_name=True, takes_null=True),
    "tolong": KustoFunction((("string", *NUMBERS, "bool"),), "long", _parse_long, keeps_name=True),
    "toint": KustoFunction((("string", *NUMBERS, "bool"),), "long", _parse_long, keeps_name=True),
    "todouble": KustoFunction((("string", *NUMBERS),), "real", _parse_real, keeps_name=True),
    "toreal": KustoFunction((("string", *NUMBERS),), "real", _parse_real, keeps_name=True),
    "todatetime": KustoFunction((("string", "datetime"),), "datetime", _parse_moment, keeps_name=True),
}  # fmt: skip
SPECIAL: Mapping[str, Callable[[str, Sequence[KustoExpression]], KustoExpression]] = {
    "iff": _choose,
    "iif": _choose,
    "case": _choose,
    "strcat": _join_texts,
    "coalesce": _first_of,
    "extract": _extract,
}
# What an aggregate makes of the values of a group, and of which type ("": that of the values).
COMBINATIONS: Mapping[str, tuple[str, Callable[[list[Any]], Any]]] = {
    "dcount": ("long", lambda values: len(set(values))),
    "min": ("", lambda values: min(values, default=None)),
    "max": ("", lambda values: max(values, default=None)),
    "avg": ("", _find_mean),
    "stdev": ("real", lambda values: statistics.stdev(values) if len(values) > 1 else 0.0),
}
# How many arguments each aggregate takes, at least and at most, and of which types.
AGGREGATES: Mapping[str, tuple[int, int, tuple[tuple[str, ...], ...]]] = {
    "count": (0, 0, ()),
    "countif": (1, 1, (CONDITION,)),
    "dcount": (1, 1, (ANY,)),
    "dcountif": (2, 2, (ANY, CONDITION)),
    "sum": (1, 1, ((*NUMBERS, "timespan"),)),
    "sumif": (2, 2, ((*NUMBERS, "timespan"), CONDITION)),
    "avg": (1, 1, ((*NUMBERS, "timespan"),)),
    "avgif": (2, 2, ((*NUMBERS, "timespan"), CONDITION)),
    "min": (1, 1, (ORDERED,)),
    "minif": (2, 2, (ORDERED, CONDITION)),
    "max": (1, 1, (ORDERED,)),
    "maxif": (2, 2, (ORDERED, CONDITION)),
    "stdev": (1, 1, (NUMBERS,)),
    "percentile": (2, 2, (ORDERED, NUMBERS)),
    "make_set": (1, 1, (ANY,)),
    "make_list": (1, 1, (ANY,)),
    "take_any": (1, 1, (ANY,)),
    "any": (1, 1, (ANY,)),
}

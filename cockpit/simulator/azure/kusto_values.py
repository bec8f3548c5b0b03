"""Typed values of the Kusto query language: what may be compared, added and searched, and what that gives for a row.

What Kusto would not compare or add is refused here before a single row was looked at.
"""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cockpit.simulator.answer import RefusedError

Row = Mapping[str, Any]
YEAR_ONE = datetime(1, 1, 1, tzinfo=UTC)  # Kusto's bins of time are counted from here
SUPPORTED = (
    "TABLE or `union [isfuzzy=true] TABLE, TABLE`, after any `let NAME = VALUE;`, then any of: where, extend, project, "
    "project-away, project-keep, project-rename, summarize ... by ..., distinct, order by|sort by ... asc|desc "
    "nulls first|last, top N by, take|limit N, count; in them and, or, not(), == != < <= > >= =~ !~, [!]has, "
    "[!]contains, [!]startswith, [!]endswith (also _cs), has_any, has_all, matches regex, [!]in, in~, [!]between, "
    "+ - * / %, texts, numbers, true, false, 5m, datetime(...)"
)
NUMBERS = ("long", "real")
COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq, "!=": operator.ne, "<>": operator.ne,
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


def has_term(text: str, term: str) -> bool:
    return re.search(rf"(?<![^\W_]){re.escape(term)}(?![^\W_])", text) is not None


TEXT_TESTS: Mapping[str, Callable[[str, str], bool]] = {
    "has": has_term,
    "contains": lambda text, part: part in text,
    "startswith": str.startswith,
    "endswith": str.endswith,
}


@dataclass(frozen=True, slots=True)
class KustoExpression:
    """What it gives for a row. `kind`: Kusto's type. `name`: what a column of it is called, if it has no name."""

    kind: str
    evaluate: Callable[[Row], Any]
    name: str = ""


@dataclass(frozen=True, slots=True)
class KustoAggregate:
    """One aggregate of `summarize`: what it makes of the rows of a group, under a name of its own."""

    slot: str
    compute: Callable[[Sequence[Row]], Any]


def make_refusal(reason: str, code: str = "SyntaxError") -> RefusedError:
    """Log Analytics' bad request; the reason is in the inner error, where a reader must look for it."""
    inner = {"code": code, "message": f"{reason}. The simulator understands: {SUPPORTED}."}
    return RefusedError(400, "BadArgumentError", "The request had some invalid properties", inner)


def find_column(kinds: Mapping[str, str], name: str) -> KustoExpression:
    """A column by its name; names tell upper and lower case apart. Raises RefusedError."""
    kind = kinds.get(name)
    if kind is None:
        raise make_refusal(f"'{name[:80]}' is not a column; there are {', '.join(kinds)}", "SemanticError")
    empty = "" if kind == "string" else None  # a text is never null
    return KustoExpression(kind, lambda row: empty if row.get(name) is None else row[name], name)


def must_be(expression: KustoExpression, role: str, *kinds: str) -> KustoExpression:
    """The expression, if it is of one of these types. Raises RefusedError."""
    if expression.kind not in kinds:
        raise make_refusal(f"{role} must be {' or '.join(kinds)}, and is {expression.kind}", "SemanticError")
    return expression


def compile_pattern(expression: KustoExpression) -> re.Pattern[str]:
    """A regular expression that is written in the query. Raises RefusedError."""
    must_be(expression, "a regular expression", "string")
    try:
        return re.compile(expression.evaluate({}))
    except (re.error, KeyError):
        raise make_refusal("a regular expression must be written out, and be one", "SemanticError") from None


def unless_null(function: Callable[..., Any], *arguments: KustoExpression) -> Callable[[Row], Any]:
    def evaluate(row: Row) -> Any:
        values = [argument.evaluate(row) for argument in arguments]
        return None if any(value is None for value in values) else function(*values)

    return evaluate


def combine_conditions(
    left: KustoExpression, right: KustoExpression, word: str, function: Callable[[Any, Any], Any]
) -> KustoExpression:
    must_be(left, f"what stands left of '{word}'", "bool")
    must_be(right, f"what stands right of '{word}'", "bool")
    return KustoExpression("bool", lambda row: bool(function(left.evaluate(row), right.evaluate(row))))


def compare_values(left: KustoExpression, sign: str, right: KustoExpression) -> KustoExpression:
    if left.kind != right.kind and not (left.kind in NUMBERS and right.kind in NUMBERS):
        raise make_refusal(f"{left.kind} and {right.kind} cannot be compared by '{sign}'", "SemanticError")
    if left.kind in ("bool", "dynamic") and sign in ("<", "<=", ">", ">="):
        raise make_refusal(f"{left.kind} has no '{sign}'", "SemanticError")
    test = unless_null(COMPARISONS[sign], left, right)
    return KustoExpression("bool", lambda row: bool(test(row)))


def search_text(
    left: KustoExpression,
    right: KustoExpression,
    test: Callable[[str, str], bool],
    *,
    negate: bool = False,
    fold: bool = True,
) -> KustoExpression:
    must_be(left, "the text to look at", "string")
    must_be(right, "the text to look for", "string")

    def evaluate(row: Row) -> bool:
        text, part = left.evaluate(row), right.evaluate(row)
        return test(text.lower(), part.lower()) != negate if fold else test(text, part) != negate

    return KustoExpression("bool", evaluate)


def add_values(left: KustoExpression, right: KustoExpression, sign: int) -> KustoExpression:
    pair = (left.kind, right.kind)
    if left.kind in NUMBERS and right.kind in NUMBERS:
        kind = "real" if "real" in pair else "long"
    elif pair in (("datetime", "timespan"), ("timespan", "timespan")):
        kind = left.kind
    elif pair == ("datetime", "datetime") and sign < 0:
        kind = "timespan"
    else:
        raise make_refusal(f"{left.kind} {'+' if sign > 0 else '-'} {right.kind} is nothing", "SemanticError")
    return KustoExpression(kind, unless_null(operator.add if sign > 0 else operator.sub, left, right))


def multiply_values(left: KustoExpression, sign: str, right: KustoExpression) -> KustoExpression:
    pair = (left.kind, right.kind)
    if left.kind in NUMBERS and right.kind in NUMBERS:
        kind = "real" if "real" in pair else "long"
    elif sign == "/" and pair == ("timespan", "timespan"):
        kind = "real"
    elif sign in "*/" and left.kind == "timespan" and right.kind in NUMBERS:
        kind = "timespan"
    else:
        raise make_refusal(f"{left.kind} {sign} {right.kind} is nothing", "SemanticError")

    def evaluate(one: Any, other: Any) -> Any:
        if sign == "*":
            return one * other
        if not other:
            return None if kind != "real" or sign == "%" or not one else float("inf" if one > one * 0 else "-inf")
        if sign == "%":
            return one % other
        if kind == "long":  # whole numbers divide to whole ones, towards zero
            return abs(one) // abs(other) * (1 if (one < 0) == (other < 0) else -1)
        return one / other

    return KustoExpression(kind, unless_null(evaluate, left, right))

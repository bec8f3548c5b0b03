"""The condition language of probes: gatus' syntax with its falsely green corners closed.

A condition compares what a probe got back with what was expected, `[BODY].queue < 10`. What can be known to be wrong
when the configuration is read is a ConditionError; what only an answer can show (a missing field, text where a number
belongs) makes the condition false, with its reason.
"""

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Any

from cockpit.model.answer import Absent, AnswerPath, ProbeAnswer, Sort, as_text, read, written
from cockpit.model.condition_syntax import (
    ORDER,
    ConditionError,
    ConditionLiteral,
    OneOf,
    Pattern,
    Term,
    bracketed,
    quoted,
    split,
    term,
)
from cockpit.model.duration import DurationError, seconds
from cockpit.model.text import clean_line, is_clean_line

__all__ = ["Condition", "ConditionError", "FailedCondition", "ProbeAnswer", "check", "parse"]

MAX_LENGTH = 1_000  # characters of one condition
SHOWN = 300  # characters of a failed one on the screen
MIRROR = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
DURATIONS = {Sort.TIME, Sort.SPAN}
COMPARABLE = {Sort.NUMBER, Sort.TEXT, Sort.ANY}
NUMBER = re.compile(r"[+-]?[0-9]{1,400}(\.[0-9]{1,400})?([eE][+-]?[0-9]{1,3})?")


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison, `[STATUS] == 200`; `text` is how it was written, `left` is always a place in the answer."""

    text: str
    left: AnswerPath
    operator: str
    right: Term


@dataclass(frozen=True, slots=True)
class FailedCondition:
    """A condition that did not hold, `shown` with the value in place: `[STATUS] (503) == 200`."""

    condition: Condition
    shown: str


def parse(text: str) -> Condition:
    """Read one condition. Raises ConditionError, and nothing else, with the nearest known word where there is one."""
    if len(text) > MAX_LENGTH:
        raise ConditionError(f"is longer than {MAX_LENGTH} characters")
    text = text.strip()
    if not is_clean_line(text):
        raise ConditionError("holds a control character, a line break or a tab")
    left_text, operator, right_text = split(text)
    left, right = term(left_text), term(right_text)
    if not isinstance(left, AnswerPath):  # `200 == [STATUS]` is read as `[STATUS] == 200`
        left, right, operator = right, left, MIRROR.get(operator, operator)
    if not isinstance(left, AnswerPath):
        raise ConditionError(
            "compares nothing of the answer; one side must be a placeholder such as [STATUS]", bracketed(left_text)
        )
    return Condition(text, left, operator, _settle(right, operator, left))


def check(condition: Condition, answer: ProbeAnswer) -> FailedCondition | None:
    """None when the condition holds. Never raises: what cannot be compared does not hold, and `shown` says why."""
    numeric = condition.operator in ORDER or _is_numeric(condition.right)
    try:
        if _holds(_value(condition.left, answer, numeric), condition.operator, condition.right, answer):
            return None
    except Absent:
        pass  # which side, and why, is shown below
    left, right = (_shown(side, answer, numeric) for side in (condition.left, condition.right))
    return FailedCondition(condition, clean_line(f"{left} {condition.operator} {right}", SHOWN))


def _holds(value: Any, operator: str, right: Term, answer: ProbeAnswer) -> bool:
    match right:
        case Pattern(glob=glob):
            same = fnmatchcase(as_text(value), glob)
        case OneOf(literals=literals):
            same = any(_equal(value, literal.value) for literal in literals)
        case _:
            other = read(right, answer) if isinstance(right, AnswerPath) else right.value
            if operator in ORDER:
                return _ordered(_number(value), operator, _number(other))
            same = _equal(value, other)
    return same == (operator == "==")


def _equal(value: Any, other: Any) -> bool:
    """Two numbers are equal as numbers, everything else as text."""
    if isinstance(other, int | Decimal) and not isinstance(other, bool):
        try:
            return _number(value) == other
        except Absent:
            return False
    return as_text(value) == as_text(other)


def _ordered(left: Decimal, operator: str, right: Decimal) -> bool:
    match operator:
        case "<":
            return left < right
        case "<=":
            return left <= right
        case ">":
            return left > right
        case _:
            return left >= right


def _is_numeric(term: Term) -> bool:
    """True when `term` can only be compared with a number."""
    match term:
        case ConditionLiteral(value=value):
            return isinstance(value, Decimal)
        case OneOf(literals=literals):
            return all(isinstance(literal.value, Decimal) for literal in literals)
        case _:
            return False


def _value(place: AnswerPath, answer: ProbeAnswer, numeric: bool) -> Any:
    value = read(place, answer)
    return _number(value) if numeric else value


def _number(value: Any) -> Decimal:
    """`value` as a number; text that reads as one will do. Raises Absent."""
    if isinstance(value, Decimal):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, str) and NUMBER.fullmatch(value.strip()):
        return Decimal(value.strip())
    raise Absent(f"{written(value, Sort.ANY)}: not a number")


def _shown(term: Term, answer: ProbeAnswer, numeric: bool) -> str:
    if not isinstance(term, AnswerPath):
        return term.text
    try:
        value = written(_value(term, answer, numeric), term.sort)
    except Absent as reason:
        value = str(reason)
    return f"{term.text} ({value})"


def _settle(side: Term, operator: str, place: AnswerPath) -> Term:
    """`side` as it must be to stand beside `place`: a bare number beside a time becomes seconds, and so on."""
    sort = place.sort
    if operator in ORDER and (sort in (Sort.FLAG, Sort.TEXT) or isinstance(side, Pattern | OneOf)):
        raise ConditionError(f"orders {place.text} by {operator}, but here only == and != make sense")
    match side:
        case AnswerPath():
            pair = {sort, side.sort}
            if len(pair) > 1 and not (pair <= COMPARABLE or pair <= DURATIONS):
                raise ConditionError(f"compares {place.text}, {sort.value}, with {side.text}, {side.sort.value}")
            return side
        case Pattern():
            if sort in DURATIONS | {Sort.FLAG}:
                raise ConditionError(f"compares {place.text} with a pattern; it is {sort.value}")
            return side
        case OneOf():
            return replace(side, literals=tuple(_literal(literal, operator, place) for literal in side.literals))
        case ConditionLiteral():
            return _literal(side, operator, place)


def _literal(literal: ConditionLiteral, operator: str, place: AnswerPath) -> ConditionLiteral:
    number = Decimal(literal.text) if literal.bare and NUMBER.fullmatch(literal.text) else None
    match place.sort:
        case Sort.FLAG:
            if literal.text not in ("true", "false"):
                raise ConditionError(f"compares {place.text} with {quoted(literal.text)}; it is true or false", "true")
            return replace(literal, value=literal.text == "true")
        case Sort.TIME | Sort.SPAN:
            return replace(literal, value=_time(literal, number, place))
        case Sort.TEXT:
            return literal
        case Sort.ANY if number is None and operator not in ORDER:
            text = str(literal.value)
            return replace(literal, value=text.upper().removeprefix("HTTP/") if place.name == "HTTP_VERSION" else text)
    if number is None:
        raise ConditionError(
            f"compares {place.text} with {quoted(literal.text)}, which is not a number", _wildcard(literal)
        )
    return replace(literal, value=number)


def _time(literal: ConditionLiteral, number: Decimal | None, place: AnswerPath) -> Decimal:
    if number is not None and place.sort is Sort.TIME:
        return number / 1000
    if number is not None:
        raise ConditionError(f"compares {place.text} with {literal.text} without a unit", f"{literal.text}d")
    try:
        return seconds(literal.text)
    except DurationError as error:
        raise ConditionError(f"has {quoted(literal.text)}, which {error}", error.suggestion) from None


def _wildcard(literal: ConditionLiteral) -> str:
    """`2xx` was meant as a pattern."""
    family = re.fullmatch(r"([1-5])[xX*?]{1,2}", literal.text)
    return f"pat({family.group(1)}??)" if family else ""

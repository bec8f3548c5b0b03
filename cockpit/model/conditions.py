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

from cockpit.model.answer import (
    FUNCTIONS,
    SORTS,
    Absent,
    AnswerPath,
    ProbeAnswer,
    Sort,
    as_text,
    format_answer_value,
    read_answer_value,
)
from cockpit.model.text import clean_line, find_nearest, is_clean_line
from cockpit.model.time import DurationError, seconds

# How a condition is written: its two sides, its operator, and what may stand on a side

ORDER = ("<", "<=", ">", ">=")
OPERATORS = ("==", "!=", *ORDER)
NEAR_OPERATORS = {"=": "==", "===": "==", "!": "!=", "!==": "!=", "<>": "!=", "=<": "<=", "=>": ">="}
QUOTES = "\"'"
OPERATOR = re.compile(r"[=!<>]+")
CALL = re.compile(r"([A-Za-z_]\w*)\s*\((.*)\)")
PLACE = re.compile(r"\[([^\[\]]*)\](.*)")
STEP = re.compile(r"\[([0-9]{1,6})\]|\.\"([^\"]+)\"|\.([^.\[\]\"\s]+)")
HEADER_NAME = re.compile(r"\.([A-Za-z0-9!#$%&'*+.^_`|~-]+)")  # RFC 9110, 5.6.2
ITEM = re.compile(r"""\s*("[^"]*"|'[^']*'|[^,"']+)\s*(?:,\s*(?=\S)|$)""")


class ConditionError(ValueError):
    """A condition that cannot be read: `reason` in one line, `suggestion` is the nearest known word or ""."""

    def __init__(self, reason: str, suggestion: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.suggestion = suggestion


@dataclass(frozen=True, slots=True)
class ConditionLiteral:
    """A value as written; `value` is Decimal for a number or seconds, bool for a flag, else text."""

    text: str
    value: Decimal | bool | str

    @property
    def bare(self) -> bool:
        """True when it stands there without quotes."""
        return self.text[0] not in QUOTES


@dataclass(frozen=True, slots=True)
class Pattern:
    """`pat(192.168.*)`: `*` is any run of characters, `?` any one, `[ab]` one of these."""

    text: str
    glob: str


@dataclass(frozen=True, slots=True)
class OneOf:
    """`any(200, 204)`."""

    text: str
    literals: tuple[ConditionLiteral, ...]


Term = AnswerPath | ConditionLiteral | Pattern | OneOf


def split(text: str) -> tuple[str, str, str]:
    """Left side, operator, right side; the operator is the first one outside quotes, brackets and parentheses."""
    quote, depth = "", 0
    for index, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in QUOTES:
            quote = character
        elif character in "([":
            depth += 1
        elif character in ")]":
            depth -= 1
        elif depth <= 0 and character in "=!<>":
            operator = OPERATOR.match(text, index)
            return _sides(text[:index], operator.group() if operator else "", text[index:])
    if depth > 0 or quote:
        raise ConditionError(f"never closes its {quote or 'bracket'}")
    raise ConditionError(f"needs an operator: one of {' '.join(OPERATORS)}", _guess(text))


def _sides(left: str, operator: str, rest: str) -> tuple[str, str, str]:
    if operator not in OPERATORS:
        raise ConditionError(
            f"uses `{operator}`, which is not an operator; there are {' '.join(OPERATORS)}",
            NEAR_OPERATORS.get(operator, ""),
        )
    right = rest[len(operator) :].strip()
    if not left.strip() or not right:
        raise ConditionError(f"has nothing on the {'right' if left.strip() else 'left'} of {operator}")
    return left.strip(), operator, right


def term(text: str) -> Term:
    if text[0] in QUOTES:
        if len(text) < 2 or text[-1] != text[0] or text[0] in text[1:-1]:
            raise ConditionError(f"has a quote that is not closed at its end: {quoted(text)}")
        return ConditionLiteral(text, text[1:-1])
    if text.startswith("["):
        return _place(text)
    call = CALL.fullmatch(text)
    if call is None:
        return ConditionLiteral(text, text)
    name, inside = call.group(1), call.group(2).strip()
    match name:
        case "pat":
            return Pattern(text, inside)
        case "any":
            return OneOf(text, _items(text, inside))
        case "len" | "has":
            return _counted(_place(inside, text), name)
        case _:
            names = (*FUNCTIONS, "pat", "any")
            raise ConditionError(
                f"calls {name}(), which is not known; the functions are {', '.join(names)} (quote it if it is text)",
                find_nearest(name, names),
            )


def _items(text: str, inside: str) -> tuple[ConditionLiteral, ...]:
    result = ITEM.findall(inside)
    if not result or ITEM.sub("", inside):
        raise ConditionError(f"has a list that cannot be read: {quoted(text)}", "any(200, 204)")
    return tuple(
        ConditionLiteral(entry, entry[1:-1] if entry[0] in QUOTES else entry)
        for entry in (item.strip() for item in result)
    )


def _place(text: str, whole: str = "") -> AnswerPath:
    bracket = PLACE.fullmatch(text)
    name = bracket.group(1) if bracket else ""
    if bracket is None or name not in SORTS:
        suggestion = bracketed(name or text)
        placeholder_list = "" if suggestion else f"; the placeholders are {' '.join(f'[{sort}]' for sort in SORTS)}"
        raise ConditionError(f"asks for {quoted(text)}, which is not known{placeholder_list}", suggestion)
    rest = bracket.group(2)
    if name == "BODY":
        return AnswerPath(whole or text, name, _steps(text, rest))
    if name == "HEADER":
        header = HEADER_NAME.fullmatch(rest)
        if header is None:
            raise ConditionError("needs the header's name", "[HEADER].Content-Type")
        return AnswerPath(whole or text, name, (header.group(1),))
    if rest:
        raise ConditionError(f"has {quoted(rest)} after [{name}], which has no parts", f"[{name}]")
    return AnswerPath(whole or text, name)


def _counted(place: AnswerPath, function: str) -> AnswerPath:
    if place.name not in ("BODY", "HEADER"):
        raise ConditionError(f"calls {function}() on [{place.name}]; it works on [BODY] and [HEADER]")
    return replace(place, function=function)


def _steps(text: str, rest: str) -> tuple[str | int, ...]:
    steps: list[str | int] = []
    index = 0
    while index < len(rest):
        step = STEP.match(rest, index)
        if step is None:
            raise ConditionError(
                f"has a path that cannot be read from {quoted(rest[index:])} on", '[BODY].items[0]."odd name"'
            )
        steps.append(int(step.group(1)) if step.group(1) else step.group(2) or step.group(3))
        index = step.end()
    return tuple(steps)


def quoted(text: str) -> str:
    """A piece of a condition for a message, short enough for one line."""
    return f"`{text if len(text) <= 60 else text[:59] + '…'}`"


def bracketed(text: str) -> str:
    """The placeholder that a misspelled or bracketless one was meant to be, its path kept; or ""."""
    name, dot, path = text.strip("[]").partition(".")
    nearest = find_nearest(name, SORTS)
    return f"[{nearest}]{dot}{path.replace(']', '')}" if nearest else ""


def _guess(text: str) -> str:
    """What a condition without an operator most likely meant."""
    if text == "[CONNECTED]" or text.startswith("has("):
        return f"{text} == true"
    return f"{text} == 200" if text == "[STATUS]" else ""


__all__ = [
    "Condition",
    "ConditionError",
    "FailedCondition",
    "ProbeAnswer",
    "check_condition",
    "explain_failed_condition",
    "parse_condition",
]

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


def parse_condition(text: str) -> Condition:
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
    return Condition(text, left, operator, _adapt_operand(right, operator, left))


def check_condition(condition: Condition, answer: ProbeAnswer) -> FailedCondition | None:
    """None when the condition holds. Never raises: what cannot be compared does not hold, and the answer says why."""
    numeric = condition.operator in ORDER or _is_numeric(condition.right)
    try:
        if _compare_values(_read_operand(condition.left, answer, numeric), condition.operator, condition.right, answer):
            return None
    except Absent:
        pass  # which side, and why, is shown below
    left, right = (_format_operand(side, answer, numeric) for side in (condition.left, condition.right))
    return FailedCondition(condition, clean_line(f"{left} {condition.operator} {right}", SHOWN))


WANTED = {"==": "wanted", "!=": "wanted anything but", "<": "wanted less than", "<=": "wanted at most",
          ">": "wanted more than", ">=": "wanted at least"}  # fmt: skip
_FAILED = re.compile(r"\[(?P<name>[A-Z_]+)\](?P<path>\S*) \((?P<value>.*)\) (?P<operator>==|!=|<=?|>=?) (?P<right>.+)")


NOT_OF_THE_ANSWER = frozenset(
    {"RESPONSE_TIME", "DNS_TIME", "CONNECT_TIME", "TLS_TIME", "CERTIFICATE_EXPIRATION", "DOMAIN_EXPIRATION"}
)
"""What a condition may ask of an answer that came as it should: how long it took, and what is valid for how long."""


def is_answer_right(reason: str) -> bool:
    """Whether a reason finds no fault with the answer itself, only with how long it took, say; also where none is
    known."""
    match = _FAILED.fullmatch(reason)
    return not reason or (match is not None and match["name"] in NOT_OF_THE_ANSWER)


def explain_failed_condition(reason: str) -> str:
    """A failed condition in words, `got 503, wanted 200` of `[STATUS] (503) == 200`; any other reason as it is."""
    match = _FAILED.fullmatch(reason)
    if match is None:
        return reason
    name = "" if match["name"] == "STATUS" else f"{match['name'].lower().replace('_', ' ')}{match['path']}: "
    return f"{name}got {match['value']}, {WANTED[match['operator']]} {match['right']}"


def _compare_values(value: Any, operator: str, right: Term, answer: ProbeAnswer) -> bool:
    match right:
        case Pattern(glob=glob):
            same = fnmatchcase(as_text(value), glob)
        case OneOf(literals=literals):
            same = any(_are_equal(value, literal.value) for literal in literals)
        case _:
            other = read_answer_value(right, answer) if isinstance(right, AnswerPath) else right.value
            if operator in ORDER:
                return _are_ordered(_to_number(value), operator, _to_number(other))
            same = _are_equal(value, other)
    return same == (operator == "==")


def _are_equal(value: Any, other: Any) -> bool:
    """Two numbers are equal as numbers, everything else as text."""
    if isinstance(other, int | Decimal) and not isinstance(other, bool):
        try:
            return _to_number(value) == other
        except Absent:
            return False
    return as_text(value) == as_text(other)


def _are_ordered(left: Decimal, operator: str, right: Decimal) -> bool:
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


def _read_operand(place: AnswerPath, answer: ProbeAnswer, numeric: bool) -> Any:
    value = read_answer_value(place, answer)
    return _to_number(value) if numeric else value


def _to_number(value: Any) -> Decimal:
    """`value` as a number; text that reads as one will do. Raises Absent."""
    if isinstance(value, Decimal):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, str) and NUMBER.fullmatch(value.strip()):
        return Decimal(value.strip())
    raise Absent(f"{format_answer_value(value, Sort.ANY)}: not a number")


def _format_operand(term: Term, answer: ProbeAnswer, numeric: bool) -> str:
    if not isinstance(term, AnswerPath):
        return term.text
    try:
        value = format_answer_value(_read_operand(term, answer, numeric), term.sort)
    except Absent as reason:
        value = str(reason)
    return f"{term.text} ({value})"


def _adapt_operand(side: Term, operator: str, place: AnswerPath) -> Term:
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
            return replace(side, literals=tuple(_adapt_literal(literal, operator, place) for literal in side.literals))
        case ConditionLiteral():
            return _adapt_literal(side, operator, place)


def _adapt_literal(literal: ConditionLiteral, operator: str, place: AnswerPath) -> ConditionLiteral:
    number = Decimal(literal.text) if literal.bare and NUMBER.fullmatch(literal.text) else None
    match place.sort:
        case Sort.FLAG:
            if literal.text not in ("true", "false"):
                raise ConditionError(f"compares {place.text} with {quoted(literal.text)}; it is true or false", "true")
            return replace(literal, value=literal.text == "true")
        case Sort.TIME | Sort.SPAN:
            return replace(literal, value=_adapt_duration(literal, number, place))
        case Sort.TEXT:
            return literal
        case Sort.ANY if number is None and operator not in ORDER:
            text = str(literal.value)
            return replace(literal, value=text.upper().removeprefix("HTTP/") if place.name == "HTTP_VERSION" else text)
    if number is None:
        raise ConditionError(
            f"compares {place.text} with {quoted(literal.text)}, which is not a number", _suggest_wildcard(literal)
        )
    return replace(literal, value=number)


def _adapt_duration(literal: ConditionLiteral, number: Decimal | None, place: AnswerPath) -> Decimal:
    if number is not None and place.sort is Sort.TIME:
        return number / 1000
    if number is not None:
        raise ConditionError(f"compares {place.text} with {literal.text} without a unit", f"{literal.text}d")
    try:
        return seconds(literal.text)
    except DurationError as error:
        raise ConditionError(f"has {quoted(literal.text)}, which {error}", error.suggestion) from None


def _suggest_wildcard(literal: ConditionLiteral) -> str:
    """`2xx` was meant as a pattern."""
    family = re.fullmatch(r"([1-5])[xX*?]{1,2}", literal.text)
    return f"pat({family.group(1)}??)" if family else ""

"""How a condition is written: its two sides, its operator, and what may stand on a side."""

import re
from dataclasses import dataclass, replace
from decimal import Decimal

from cockpit.model.answer import FUNCTIONS, SORTS, AnswerPath
from cockpit.model.text import near

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
    raise ConditionError(f"has no operator; write one of {' '.join(OPERATORS)}", _guess(text))


def _sides(left: str, operator: str, rest: str) -> tuple[str, str, str]:
    if operator not in OPERATORS:
        raise ConditionError(
            f"has no operator `{operator}`; the operators are {' '.join(OPERATORS)}", NEAR_OPERATORS.get(operator, "")
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
                near(name, names),
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
        known_name = "" if suggestion else f"; the placeholders are {' '.join(f'[{sort}]' for sort in SORTS)}"
        raise ConditionError(f"asks for {quoted(text)}, which is not known{known_name}", suggestion)
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
    match_text = near(name, SORTS)
    return f"[{match_text}]{dot}{path.replace(']', '')}" if match_text else ""


def _guess(text: str) -> str:
    """What a condition without an operator most likely meant."""
    if text == "[CONNECTED]" or text.startswith("has("):
        return f"{text} == true"
    return f"{text} == 200" if text == "[STATUS]" else ""

"""Tokens of the Kusto query language, and a parser of expressions by one token of look-ahead.

A small subset; what is not known here is refused. Results are called as Kusto calls them: `bin(T, 5m)` is `T`.
"""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cockpit.simulator.azure import times
from cockpit.simulator.azure.kusto_functions import AGGREGATES, call_aggregate, call_function
from cockpit.simulator.azure.kusto_values import (
    COMPARISONS,
    NUMBERS,
    TEXT_TESTS,
    KustoAggregate,
    KustoExpression,
    Row,
    add_values,
    combine_conditions,
    compare_values,
    compile_pattern,
    find_column,
    has_term,
    make_refusal,
    multiply_values,
    must_be,
    search_text,
    unless_null,
)

NESTING = 60  # brackets in brackets; a query of a person has five
TOKEN = re.compile(
    r"""(?P<space>\s+|//[^\n]*)
    |(?P<text>@"[^"]*"|@'[^']*'|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    |(?P<moment>\bdatetime\s*\([^()]*\))
    |(?P<span>\b\d+(?:\.\d+)?(?:ms|microsecond|tick|d|h|m|s)\b)
    |(?P<number>\b\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\b)
    |(?P<quoted>\[\s*(?:"[^"\\]*"|'[^'\\]*')\s*\])
    |(?P<word>[A-Za-z_]\w*)
    |(?P<sign>==|!=|<>|=~|!~|<=|>=|\.\.|[-+*/%<>=(),|;.!~\[\]])""",
    re.VERBOSE,
)
UNITS = {"d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "microsecond": 1e-6, "tick": 1e-7}
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0"}


@dataclass(frozen=True, slots=True)
class KustoToken:
    """One token. `kind`: a group of TOKEN, or `end`. `place`: where it begins."""

    kind: str
    text: str
    place: int


@dataclass(slots=True)
class KustoParser:
    """Reads tokens one by one. `kinds`: the columns at hand with their types; `values`: what `let` declared.

    `aggregates`: where calls of aggregates go; None where there are none to be (everywhere but in `summarize`).
    """

    tokens: Sequence[KustoToken]
    now: datetime
    kinds: Mapping[str, str] = field(default_factory=dict)
    values: dict[str, KustoExpression] = field(default_factory=dict)
    aggregates: list[KustoAggregate] | None = None
    cursor: int = 0
    depth: int = 0

    @property
    def token(self) -> KustoToken:
        return self.tokens[self.cursor]

    def peek(self, *texts: str) -> bool:
        """Whether the next token is one of these words or signs."""
        return self.token.kind in ("word", "sign") and self.token.text in texts

    def accept(self, *texts: str) -> str:
        """The next token, taken, if it is one of these; else nothing."""
        if not self.peek(*texts):
            return ""
        self.cursor += 1
        return self.tokens[self.cursor - 1].text

    def expect(self, *texts: str) -> str:
        """The next token, which is one of these. Raises RefusedError."""
        taken = self.accept(*texts)
        if not taken:
            raise make_refusal(f"'{texts[0]}' is expected {self.where()}")
        return taken

    def where(self) -> str:
        """The place of the next token, in words."""
        return f"before '{self.token.text[:80]}'" if self.token.kind != "end" else "at the end"

    def read_name(self) -> str:
        """A name, written plainly or as ['name']. Raises RefusedError."""
        token = self.token
        if token.kind not in ("word", "quoted"):
            raise make_refusal(f"a name is expected {self.where()}")
        self.cursor += 1
        return token.text if token.kind == "word" else token.text[1:-1].strip()[1:-1]

    def read_assigned_name(self) -> str:
        """`NAME =` before an expression, or nothing."""
        following = self.tokens[min(self.cursor + 1, len(self.tokens) - 1)]
        if self.token.kind in ("word", "quoted") and (following.kind, following.text) == ("sign", "="):
            name = self.read_name()
            self.cursor += 1
            return name
        return ""

    def read_rows_number(self) -> int:
        """How many rows `take` and `top` keep. Raises RefusedError."""
        token = self.token
        if token.kind != "number" or not token.text.isdecimal() or len(token.text) > 7:
            raise make_refusal(f"'{token.text[:80]}' is not a number of rows")
        self.cursor += 1
        return int(token.text)

    def read_expression(self) -> KustoExpression:
        """One expression. Raises RefusedError."""
        self.depth += 1
        if self.depth > NESTING:
            raise make_refusal("the query is nested too deeply")
        left = self._read_conjunction()
        while self.accept("or"):
            left = combine_conditions(left, self._read_conjunction(), "or", lambda one, other: one or other)
        self.depth -= 1
        return left

    def read_condition(self) -> KustoExpression:
        """An expression that is true or false. Raises RefusedError."""
        condition = self.read_expression()
        return must_be(condition, "a condition", "bool")

    def read_arguments(self) -> list[KustoExpression]:
        """Expressions with commas between them, up to and with the closing bracket. Raises RefusedError."""
        arguments: list[KustoExpression] = []
        while not self.accept(")"):
            if arguments:
                self.expect(",", ")")
            arguments.append(self.read_expression())
        return arguments

    def _read_conjunction(self) -> KustoExpression:
        left = self._read_comparison()
        while self.accept("and"):
            left = combine_conditions(left, self._read_comparison(), "and", lambda one, other: one and other)
        return left

    def _read_comparison(self) -> KustoExpression:
        left = self._read_sum()
        if sign := self.accept(*COMPARISONS):
            return compare_values(left, sign, self._read_sum())
        if sign := self.accept("=~", "!~"):
            right = self._read_sum()
            return search_text(left, right, lambda text, part: text.lower() == part.lower(), negate=sign == "!~")
        negate = self._accept_negation()
        if self.token.kind == "word":
            word = self.token.text
            if word == "in":
                return self._read_membership(left, negate=negate)
            if word == "between":
                return self._read_between(left, negate=negate)
            if word.removesuffix("_cs") in TEXT_TESTS:
                self.cursor += 1
                test = TEXT_TESTS[word.removesuffix("_cs")]
                return search_text(left, self._read_sum(), test, negate=negate, fold=not word.endswith("_cs"))
            if negate:
                raise make_refusal(f"'!{word[:80]}' is not supported")
            if word in ("has_any", "has_all"):
                return self._read_terms(left, all if word == "has_all" else any)
            if word == "matches":
                return self._read_pattern(left)
        if negate:
            raise make_refusal(f"'!{self.token.text[:80]}' is not supported")
        return left

    def _accept_negation(self) -> bool:
        following = self.tokens[min(self.cursor + 1, len(self.tokens) - 1)]
        if self.token.text == "!" and following.kind == "word" and following.place == self.token.place + 1:
            self.cursor += 1
            return True
        return False

    def _read_membership(self, left: KustoExpression, *, negate: bool) -> KustoExpression:
        self.cursor += 1
        fold = bool(self.accept("~"))
        self.expect("(")
        options = self.read_arguments()
        for option in options:
            compare_values(left, "==", option)  # refuses what cannot be compared

        def read_value(expression: KustoExpression, row: Row) -> Any:
            value = expression.evaluate(row)
            return value.lower() if fold and isinstance(value, str) else value

        def test(row: Row) -> bool:
            return (read_value(left, row) in [read_value(option, row) for option in options]) != negate

        return KustoExpression("bool", test)

    def _read_between(self, left: KustoExpression, *, negate: bool) -> KustoExpression:
        self.cursor += 1
        self.expect("(")
        low = self._read_sum()
        self.expect("..")
        high = self._read_sum()
        self.expect(")")
        if left.kind == "datetime" and high.kind == "timespan":  # from, and how long
            high = add_values(low, high, 1)
        above, below = compare_values(left, ">=", low), compare_values(left, "<=", high)
        return KustoExpression("bool", lambda row: (above.evaluate(row) and below.evaluate(row)) != negate)

    def _read_terms(self, left: KustoExpression, quantifier: Callable[[Any], bool]) -> KustoExpression:
        self.cursor += 1
        self.expect("(")
        tests = [search_text(left, term, has_term) for term in self.read_arguments()]
        return KustoExpression("bool", lambda row: quantifier(test.evaluate(row) for test in tests))

    def _read_pattern(self, left: KustoExpression) -> KustoExpression:
        self.cursor += 1
        self.expect("regex")
        pattern = compile_pattern(self._read_sum())
        must_be(left, "the text of 'matches regex'", "string")
        return KustoExpression("bool", lambda row: pattern.search(left.evaluate(row)) is not None)

    def _read_sum(self) -> KustoExpression:
        left = self._read_product()
        while sign := self.accept("+", "-"):
            left = add_values(left, self._read_product(), 1 if sign == "+" else -1)
        return left

    def _read_product(self) -> KustoExpression:
        left = self._read_factor()
        while sign := self.accept("*", "/", "%"):
            left = multiply_values(left, sign, self._read_factor())
        return left

    def _read_factor(self) -> KustoExpression:
        negative = False
        while sign := self.accept("-", "+"):
            negative ^= sign == "-"
        value = self._read_value()
        if negative:
            must_be(value, "what '-' stands before", *NUMBERS, "timespan")
            return KustoExpression(value.kind, unless_null(operator.neg, value))
        return value

    def _read_value(self) -> KustoExpression:
        token = self.token
        if token.kind == "end":
            raise make_refusal("the query ends where a value is expected")
        if self.accept("("):
            value = self.read_expression()
            self.expect(")")
            return value
        literal = read_literal(token)
        if literal is not None:
            self.cursor += 1
            return literal
        name = self.read_name()
        if token.kind == "word" and self.accept("("):
            return self._read_call(name)
        if self.aggregates is not None and name not in self.values:
            raise make_refusal(f"'{name[:80]}' stands in summarize outside of an aggregate", "SemanticError")
        if name in self.values and name not in self.kinds:
            return self.values[name]
        return find_column(self.kinds, name)

    def _read_call(self, name: str) -> KustoExpression:
        if name == "now" or name == "ago":
            return self._read_clock(name)
        if name not in AGGREGATES:
            return call_function(name, self.read_arguments())
        if self.aggregates is None:
            raise make_refusal(f"'{name}()' is an aggregate; it stands in summarize", "SemanticError")
        outer, self.aggregates = self.aggregates, None
        try:
            arguments = self.read_arguments()
        finally:
            self.aggregates = outer
        kind, column, compute = call_aggregate(name, arguments)
        slot = f"#{len(outer)}"
        outer.append(KustoAggregate(slot, compute))
        return KustoExpression(kind, lambda row: row[slot], column)

    def _read_clock(self, name: str) -> KustoExpression:
        arguments = self.read_arguments()
        moment = KustoExpression("datetime", lambda row: self.now)
        if not arguments and name == "now":
            return moment
        if len(arguments) != 1 or arguments[0].kind != "timespan":
            raise make_refusal(f"{name}() wants a length of time such as 30m", "SemanticError")
        return add_values(moment, arguments[0], 1 if name == "now" else -1)


def tokenize(query: str) -> list[KustoToken]:
    """The tokens of a query, without comments, with one that says it is over. Raises RefusedError."""
    tokens: list[KustoToken] = []
    place = 0
    while place < len(query):
        match = TOKEN.match(query, place)
        if match is None or match.lastgroup is None:
            raise make_refusal(f"the query cannot be read at '{query[place : place + 20]}'")
        if match.lastgroup != "space":
            tokens.append(KustoToken(match.lastgroup, match.group(), place))
        place = match.end()
    return [*tokens, KustoToken("end", "", place)]


def read_literal(token: KustoToken) -> KustoExpression | None:
    """The value that a token writes, if it writes one."""
    if token.kind == "text":
        text = _unquote(token.text)
        return KustoExpression("string", lambda row: text)
    if token.kind == "number":
        number: int | float = int(token.text) if token.text.isdecimal() else float(token.text)
        return KustoExpression("long" if isinstance(number, int) else "real", lambda row: number)
    if token.kind == "span":
        match = re.fullmatch(r"([\d.]+)([a-z]+)", token.text)
        span = timedelta(seconds=float(match[1]) * UNITS[match[2]]) if match else timedelta()
        return KustoExpression("timespan", lambda row: span)
    if token.kind == "moment":
        inside = token.text.partition("(")[2][:-1].strip().strip("\"'")
        moment = None if inside == "null" else times.parse_time(inside)
        return KustoExpression("datetime", lambda row: moment)
    if token.kind == "word" and token.text in ("true", "false"):
        return KustoExpression("bool", lambda row: token.text == "true")
    return None


def _unquote(text: str) -> str:
    if text.startswith("@"):
        return text[2:-1]
    return re.sub(r"\\(.)", lambda match: ESCAPES.get(match[1], match[1]), text[1:-1])

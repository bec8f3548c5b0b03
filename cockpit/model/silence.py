"""Silences: which alerts they silence, who made them, why, and until when; and matchers as people write them."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cockpit.model.problem import CodedError
from cockpit.model.text import clean_line, compile_expression


@dataclass(frozen=True, slots=True)
class SilenceMatcher:
    """One comparison of a label, `app=~"mi-.*"`."""

    name: str
    value: str
    is_regex: bool = False
    is_equal: bool = True

    @property
    def text(self) -> str:
        operator = ("=~" if self.is_equal else "!~") if self.is_regex else ("=" if self.is_equal else "!=")
        value = self.value.replace("\\", "\\\\").replace('"', '\\"')
        return f'{self.name}{operator}"{value}"'

    def matches(self, labels: Mapping[str, str]) -> bool:
        """As Alertmanager matches: a label that is not there is the empty text. An expression that is not tried here
        matches nothing: what is counted is then too little, never too much."""
        value = labels.get(self.name, "")
        if not self.is_regex:
            return (value == self.value) is self.is_equal
        expression = compile_expression(self.value)
        return expression is not None and (expression.fullmatch(value) is not None) is self.is_equal


class MatcherError(CodedError):
    """What was typed is no list of matchers; the message says how one is written."""


WRITTEN_MATCHER = re.compile(
    r"""\s*(?P<name>[^\s=!~"{},]+)\s*(?P<operator>=~|!~|!=|=)\s*(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<bare>[^\s",}]*))[\s,]*"""
)


def parse_matchers(text: str) -> tuple[SilenceMatcher, ...]:
    """`alertname="5xxHigh", app=~"mi-.*"`, with commas or blanks between them, braces around them or not.

    Raises MatcherError.
    """
    rest, matchers = text.strip().removeprefix("{").removesuffix("}").strip(), []
    while rest:
        match = WRITTEN_MATCHER.match(rest)
        if match is None:
            raise MatcherError(
                f'`{clean_line(rest, 60)}` is no matcher; write name="value", name!="value" or name=~"expression".',
                code="not-a-matcher",
            )
        quoted = match["quoted"]
        value = match["bare"] if quoted is None else re.sub(r'\\(["\\])', r"\1", quoted)
        operator = match["operator"]
        matchers.append(SilenceMatcher(match["name"], value, operator.endswith("~"), not operator.startswith("!")))
        rest = rest[match.end() :]
    if not matchers:
        raise MatcherError('Say which labels it is about: name="value".', code="not-a-matcher")
    return tuple(matchers)


@dataclass(frozen=True, slots=True)
class Silence:
    """One silence of one source; all text cleaned. `state` is the source's own word: active, pending or expired."""

    id: str
    matchers: tuple[SilenceMatcher, ...]
    starts: datetime
    ends: datetime
    author: str = ""
    comment: str = ""
    state: str = "active"

    @property
    def text(self) -> str:
        """`alertname="ReplicaDown" app=~"mi-.*"`."""
        return " ".join(matcher.text for matcher in self.matchers)

    def matches(self, labels: Mapping[str, str]) -> bool:
        return bool(self.matchers) and all(matcher.matches(labels) for matcher in self.matchers)


def propose_matchers(label_sets: Iterable[Mapping[str, str]]) -> tuple[SilenceMatcher, ...]:
    """Matchers that silence these alerts and as little else as possible: every label that all of them share."""
    sets = [dict(labels) for labels in label_sets]
    if not sets:
        return ()
    first, *others = sets
    shared = {name: value for name, value in first.items() if value and all(o.get(name) == value for o in others)}
    return tuple(SilenceMatcher(name, value) for name, value in sorted(shared.items(), key=_by_importance))


def _by_importance(pair: tuple[str, str]) -> tuple[bool, str]:
    return pair[0] != "alertname", pair[0]


@dataclass(frozen=True, slots=True)
class SilenceReach:
    """Which of the alerts that are listed now a silence would silence: their names, the most frequent first."""

    listed: int
    names: tuple[tuple[str, int], ...] = ()
    untried: str = ""  # an expression that only Alertmanager can try

    @property
    def count(self) -> int:
        return sum(number for _, number in self.names)

    @property
    def text(self) -> str:
        """`3 of the 41 alerts listed now: 5xxHigh x2, ReplicaDown`."""
        if self.untried:
            why = f"`{self.untried}` is no expression, or too costly to try here"
            return f"an unknown number of the {self.listed} alerts listed now: {why}"
        if not self.names:
            return f"none of the {self.listed} alerts listed now"
        counted = [name if number == 1 else f"{name} ×{number}" for name, number in self.names]
        more = f" and {len(counted) - MOST_NAMED} more names" if len(counted) > MOST_NAMED else ""
        return f"{self.count} of the {self.listed} alerts listed now: {', '.join(counted[:MOST_NAMED])}{more}"


MOST_NAMED = 4  # names of alerts in one line


def count_reach(matchers: Sequence[SilenceMatcher], label_sets: Iterable[Mapping[str, str]]) -> SilenceReach:
    """What a silence with these matchers would silence; without matchers nothing."""
    sets = list(label_sets)
    untried = [matcher.value for matcher in matchers if matcher.is_regex and compile_expression(matcher.value) is None]
    if untried:
        return SilenceReach(len(sets), untried=clean_line(untried[0], 60))
    silenced = [labels for labels in sets if matchers and all(matcher.matches(labels) for matcher in matchers)]
    names = Counter(clean_line(labels.get("alertname", ""), 80) or "without a name" for labels in silenced)
    return SilenceReach(len(sets), tuple(names.most_common()))

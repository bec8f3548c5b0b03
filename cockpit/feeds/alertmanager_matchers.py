"""Alertmanager's matchers, applied by us where no Alertmanager does: to the pending alerts of a Prometheus."""

import json
import re
from collections.abc import Callable, Iterable, Mapping

MATCHER = re.compile(r"""\s*("(?:[^"\\]|\\.)+"|[^\s"=!~{},]+)\s*(=~|!~|!=|=)\s*(.*?)\s*""", re.DOTALL)
Matches = Callable[[Mapping[str, str]], bool]


def matches_all(filters: Iterable[str]) -> Matches:
    """Whether labels pass every one of `filters`, each like `severity=~"critical|warning"`. Never raises.

    A label that is not there passes: a Prometheus tells its alerts without the external labels it adds on sending.
    What we cannot read passes too, since a row too many is better than one too few.
    """
    tests = [test for text in filters if (test := _test(text)) is not None]

    def passes(labels: Mapping[str, str]) -> bool:
        return all(name not in labels or test(labels[name]) for name, test in tests)

    return passes


def _test(text: str) -> tuple[str, Callable[[str], bool]] | None:
    found = MATCHER.fullmatch(text)
    if found is None:
        return None
    name, operator, value = unquoted(found[1]), found[2], unquoted(found[3])
    if operator in ("=", "!="):
        return name, lambda said: (said == value) is (operator == "=")
    try:
        pattern = re.compile(value)
    except re.error:
        return None  # Go knows an expression or two that Python does not
    return name, lambda said: (pattern.fullmatch(said) is not None) is (operator == "=~")


def unquoted(text: str) -> str:
    """The text between the quotes, if there are any."""
    if not text.startswith('"'):
        return text
    try:
        return str(json.loads(text))
    except ValueError:
        return text.strip('"')

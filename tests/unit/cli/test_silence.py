"""`cockpit silence`: what is typed as a matcher, and what it would reach."""

import pytest

from cockpit.cli.incident.silence import parse_matcher
from cockpit.cli.options import Refusal
from cockpit.model.silence import SilenceMatcher


@pytest.mark.parametrize(
    ("text", "matcher"),
    [
        ("app=shop", SilenceMatcher("app", "shop")),
        ('app="shop"', SilenceMatcher("app", "shop")),
        ("app!=shop", SilenceMatcher("app", "shop", is_equal=False)),
        ("app=~sh.*", SilenceMatcher("app", "sh.*", is_regex=True)),
        ("app!~sh.*", SilenceMatcher("app", "sh.*", is_regex=True, is_equal=False)),
        ("app=", SilenceMatcher("app", "")),
        ("url=http://x/?a=b", SilenceMatcher("url", "http://x/?a=b")),
    ],
)
def test_a_matcher_is_typed_as_in_alertmanager(text: str, matcher: SilenceMatcher) -> None:
    assert parse_matcher(text) == matcher


@pytest.mark.parametrize("text", ["", "app", "=shop", "a\x1b=b", "app=\u202eshop"])
def test_what_is_no_matcher_is_refused(text: str) -> None:
    with pytest.raises(Refusal):
        parse_matcher(text)

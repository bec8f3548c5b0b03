"""`cockpit silence`: what is typed as a matcher, and what it would reach."""

from datetime import UTC, datetime, timedelta

import pytest

from cockpit.cli.incident.silence import count_reach, parse_matcher
from cockpit.cli.options import Refusal
from cockpit.model.alert import Silence, SilenceMatcher

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)


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


def test_the_reach_is_counted_before_anything_is_asked() -> None:
    plan = Silence("", (SilenceMatcher("app", "shop"),), NOW, NOW + timedelta(hours=1))
    listed = [{"alertname": "A", "app": "shop"}, {"alertname": "B", "app": "billing"}, {"app": "shop"}]
    assert count_reach(plan, listed) == ["A", "without a name"]

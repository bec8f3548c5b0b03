"""Matchers as people write them: read again the same, and never a search without end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.model.silence import (
    MatcherError,
    SilenceMatcher,
    count_reach,
    parse_matchers,
    propose_matchers,
)
from cockpit.model.text import compile_expression

NAMES = st.from_regex(r"[a-zA-Z_][a-zA-Z0-9_.]{0,10}", fullmatch=True)
MATCHERS = st.builds(SilenceMatcher, NAMES, st.text(max_size=20), st.booleans(), st.booleans())


@given(st.lists(MATCHERS, min_size=1, max_size=4))
def test_what_is_written_is_read_again_the_same(matchers: list[SilenceMatcher]) -> None:
    assert parse_matchers(" ".join(matcher.text for matcher in matchers)) == tuple(matchers)


@pytest.mark.parametrize(
    "text", ["app=shop alertname=~5xx.*", 'app="shop",alertname=~"5xx.*"', '{app="shop", alertname=~5xx.*}']
)
def test_commas_braces_and_quotes_may_stand_or_not(text: str) -> None:
    assert parse_matchers(text) == (SilenceMatcher("app", "shop"), SilenceMatcher("alertname", "5xx.*", is_regex=True))


@pytest.mark.parametrize("text", ["", "   ", "{}", "app", "=x", 'app="unclosed', "app=a b"])
def test_what_is_no_matcher_says_how_one_is_written(text: str) -> None:
    with pytest.raises(MatcherError) as refused:
        parse_matchers(text)
    assert refused.value.code == "not-a-matcher"


@pytest.mark.parametrize(
    ("text", "tried"),
    [
        ("mi-.*", True),
        ("(?:prod|dev)-.*", True),
        ("(ab)+c", True),
        (r"\(x+\)+", True),
        ("a|b", True),
        ("(a+)+", False),
        ("(a|aa)+$", False),
        ("((a)b)*", False),
        (".*.*.*.*.*x", False),
        ("(", False),
    ],
)
def test_an_expression_that_may_search_for_ever_is_not_tried(text: str, tried: bool) -> None:
    assert (compile_expression(text) is not None) is tried


def test_what_is_not_tried_is_reported_and_counts_nothing() -> None:
    reach = count_reach([SilenceMatcher("app", "(a+)+$", is_regex=True)], [{"app": "a" * 60 + "!"}])
    assert (reach.count, reach.untried) == (0, "(a+)+$")


def test_the_reach_names_what_is_silenced_most_first() -> None:
    listed = [
        {"alertname": "A", "app": "x"},
        {"alertname": "B", "app": "x"},
        {"alertname": "B", "app": "x"},
        {"app": "y"},
    ]
    reach = count_reach([SilenceMatcher("app", "x")], listed)
    assert (reach.listed, reach.count, reach.names) == (4, 3, (("B", 2), ("A", 1)))
    assert count_reach([], listed).count == 0


@given(st.lists(st.dictionaries(NAMES, st.text(max_size=8), max_size=4), min_size=1, max_size=5))
def test_what_is_proposed_reaches_all_that_was_chosen(label_sets: list[dict[str, str]]) -> None:
    proposed = propose_matchers(label_sets)
    if proposed:
        assert count_reach(proposed, label_sets).count == len(label_sets)

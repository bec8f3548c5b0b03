"""What must hold for every condition and every answer, whoever wrote them."""

import contextlib
import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.model.answer import SORTS
from cockpit.model.conditions import Condition, ConditionError, ProbeAnswer, check_condition, parse_condition
from cockpit.model.text import clean_line
from cockpit.model.time import DurationError, seconds, show

words = st.sampled_from(
    [*(f"[{name}]" for name in SORTS), "[STATSU]", "len(", "has(", "pat(", "any(", ")", ".a", "[0]", '."b c"', "==",
     "!=", "<", ">=", "=", "300ms", "14d", "200", "1e5", "-0.5", "true", "null", '"', "'", ",", " ", "*", "\x1b", "NaN"]
)  # fmt: skip
condition_like = st.lists(words, max_size=10).map("".join) | st.lists(words, max_size=10).map(" ".join)
documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b c", "status"]), inner),
    max_leaves=8,
)
bodies = st.binary(max_size=50) | documents.map(lambda document: json.dumps(document).encode())
moments = st.none() | st.floats()
answers = st.builds(
    ProbeAnswer,
    connected=st.booleans(),
    status=st.none() | st.integers(),
    headers=st.dictionaries(st.sampled_from(["A", "a", "Content-Type"]), st.text()),
    body=bodies,
    ip=st.text(),
    http_version=st.text(),
    response_time=moments,
    dns_time=moments,
    tls_time=moments,
    certificate_expiration=moments,
)


def read(text: str) -> Condition | None:
    try:
        return parse_condition(text)
    except ConditionError as refused:
        error = refused
    assert error.reason
    assert clean_line(error.reason) == error.reason
    return None


@given(text=st.text() | condition_like)
def test_reading_raises_nothing_but_a_condition_error(text: str) -> None:
    condition = read(text)
    assert condition is None or read(condition.text) == condition


@given(
    left=st.sampled_from(["[STATUS]", "[BODY]", "[BODY].a", "[BODY].status", "len([BODY])", "[BODY][0]", "[HEADER].a",
                          "[HTTP_VERSION]", "[RESPONSE_TIME]", "[CERTIFICATE_EXPIRATION]", "has([BODY].a)", "[IP]"]),
    operator=st.sampled_from(["==", "!=", "<", "<=", ">", ">="]),
    right=st.sampled_from(["200", "0.1", "1e300", "5ms", "true", "null", "pat(*a*)", "any(1, x)", "[BODY].b", "ok"]),
    answer=answers,
)  # fmt: skip
def test_checking_never_raises_and_shows_one_clean_line(
    left: str, operator: str, right: str, answer: ProbeAnswer
) -> None:
    condition = read(f"{left} {operator} {right}")
    failed = check_condition(condition, answer) if condition else None
    if failed:
        assert clean_line(failed.shown) == failed.shown
        assert len(failed.shown) < 350


@given(text=condition_like, answer=answers)
def test_whatever_was_read_can_be_checked(text: str, answer: ProbeAnswer) -> None:
    condition = read(text)
    assert (
        condition is None
        or check_condition(condition, answer) is None
        or check_condition(condition, answer) == check_condition(condition, answer)
    )


@given(left=st.decimals(-1000, 1000, places=3), right=st.decimals(-1000, 1000, places=3))
def test_decimals_are_ordered_as_decimals(left: Decimal, right: Decimal) -> None:
    answer = ProbeAnswer(True, 200, body=f'{{"a": {left}}}'.encode())
    assert (check_condition(parse_condition(f"[BODY].a < {right}"), answer) is None) == (left < right)
    assert (check_condition(parse_condition(f"[BODY].a == {right}"), answer) is None) == (left == right)


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 50_000, b'{"a": 1e999999999999999999999}', b'{"a": NaN}'])
def test_a_body_made_to_break_a_reader_is_just_not_json(body: bytes) -> None:
    failed = check_condition(parse_condition("[BODY].a == 1"), ProbeAnswer(True, 200, body=body))
    assert failed is not None
    assert "not JSON" in failed.shown


def test_an_integer_of_a_million_digits_is_no_way_to_hang_a_probe() -> None:
    assert (
        check_condition(
            parse_condition("[BODY].a > 1"), ProbeAnswer(True, 200, body=b'{"a": ' + b"9" * 1_000_000 + b"}")
        )
        is not None
    )


@given(text=st.text(max_size=30))
def test_a_duration_is_seconds_or_a_duration_error(text: str) -> None:
    with contextlib.suppress(DurationError):
        assert seconds(text) >= 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [("300ms", "0.3"), ("15s", "15"), ("1h30m", "5400"), ("14d", "1209600"), ("1w", "604800"), ("0.5s", "0.5")],
)
def test_durations_are_exact(text: str, expected: str) -> None:
    assert seconds(text) == Decimal(expected)


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.0004, "0.4ms"), (0.412, "412ms"), (1.8, "1.8s"), (300, "5m"), (36_000, "10h"), (1e6, "11.57d")],
)
def test_a_duration_is_shown_in_the_unit_that_tells(value: float, shown: str) -> None:
    assert show(value) == shown

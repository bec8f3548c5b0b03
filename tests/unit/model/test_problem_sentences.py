"""What went wrong and what to do next are sentences, whoever worded the first half."""

import pytest

from cockpit.model.problem import Problem, ProblemKind


@pytest.mark.parametrize(
    ("message", "advice", "sentence"),
    [
        ('cannot list pods in "shop"', "Ask for a role.", 'cannot list pods in "shop". Ask for a role.'),
        ("The sign-in has expired.", "Sign in again.", "The sign-in has expired. Sign in again."),
        ("Is it running?", "Look.", "Is it running? Look."),
        ("HTTP 500", "", "HTTP 500"),
        ("", "Look again.", "Look again."),
    ],
)  # fmt: skip
def test_the_advice_begins_a_sentence_of_its_own(message: str, advice: str, sentence: str) -> None:
    assert Problem(ProblemKind.SERVER, "x", message, advice).sentence == sentence


@pytest.mark.parametrize(("retry_after", "wait"), [(7.2, "8 s"), (None, "a moment")])
def test_what_was_throttled_was_not_done_and_may_be_tried_after_a_while(retry_after: float | None, wait: str) -> None:
    refusal = Problem(ProblemKind.THROTTLED, "429", "Too many requests.", retry_after=retry_after).refusal
    assert refusal.startswith("Nothing was done")
    assert f"Wait {wait}" in refusal


def test_a_refusal_that_is_no_throttling_is_its_sentence() -> None:
    problem = Problem(ProblemKind.FORBIDDEN, "403", "No role", "Ask for one.")
    assert problem.refusal == problem.sentence

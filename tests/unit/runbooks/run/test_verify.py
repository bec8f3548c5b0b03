"""What a document expects becomes questions with a yes or no; the rest is for the eye. Never a similarity."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.model.run import StepState
from cockpit.model.runbook import Step, StepKind
from cockpit.runbooks.run.verify import (
    Assertion,
    Evidence,
    Expected,
    VerifyVerdict,
    conclude_attempt,
    parse_expectation,
    verify_evidence,
)
from cockpit.runbooks.types import Finished

HEALTHY = '{\n  "status": "healthy",\n  "checks": {"database": "ok"},\n  "replicas": 3\n}\n'


def step(text: str, kind: StepKind = StepKind.VERIFY, language: str = "bash") -> Step:
    return Step(1, "Verify", kind, 1, "curl", language, expected=text)


def answer(text: str, seen: Evidence, language: str = "bash") -> VerifyVerdict:
    return verify_evidence(parse_expectation(step(text, language=language)), seen)


GOOD = Evidence(exit_code=0, http_status=200, output=HEALTHY, probes={"ready": "up"})
BAD = Evidence(exit_code=22, http_status=503, output='{"status": "unhealthy", "replicas": 0}', probes={"ready": "down"})


@pytest.mark.parametrize(
    "text",
    [
        'exit 0', 'exit code 0', 'Exit code: 0', 'HTTP 200', 'status 200', '200 OK', '`200 OK`',
        '.status == "healthy"', '`.status == "healthy"`',
        '.replicas >= 1', '.checks.database == "ok"', '{"status":"healthy"}', '{"checks":{"database":"ok"}}',
        '/"status": "healthy"/',
        'contains "healthy",', 'probe ready up', 'probe `ready` is up within 2m',
        'exit 0, `.status == "healthy"`', 'HTTP 200 and {"status":"healthy"}',
    ],
)  # fmt: skip
def test_a_question_is_answered_yes_or_no(text: str) -> None:
    assert answer(text, GOOD).answer == "passed", answer(text, GOOD)
    bad = answer(text, BAD)
    assert bad.answer == "failed"
    assert bad.text


def test_a_bare_status_is_one_for_an_http_step_only() -> None:
    assert answer("200", GOOD, "http").answer == "passed"
    assert answer("200", BAD, "http").answer == "failed"
    assert answer("200", GOOD).answer == "look"


@pytest.mark.parametrize("number", ["5", " 5\n", "5.0"])
def test_a_number_is_compared_as_one(number: str) -> None:
    assert answer("number > 4", Evidence(output=number)).answer == "passed"
    assert answer("number == 4", Evidence(output=number)).answer == "failed"


def test_no_number_is_no() -> None:
    assert "not a number" in answer("number > 4", Evidence(output="five")).text


@pytest.mark.parametrize("text", ["compare by eye", "Meetings 2\nActions 26", "all looks well", "200 rows or so"])
def test_what_is_no_question_is_for_the_eye(text: str) -> None:
    assert answer(text, GOOD).answer == "look"


def test_the_very_text_expected_needs_no_eye() -> None:
    assert answer("Meetings 2\nActions 26", Evidence(output="Meetings 2  \nActions 26\n")).answer == "passed"


def test_nearly_the_same_is_not_the_same() -> None:
    assert answer("rows: 1000 ok", Evidence(output="rows: 0 ok")).answer == "look"


def test_no_yes_covers_what_was_not_asked() -> None:
    assert answer('exit 0, {"status":"healthy"} and the dashboard is green', GOOD).answer == "look"


def test_output_that_is_no_json_fails_a_question_about_json() -> None:
    assert "not JSON" in answer(".status == 200", Evidence(output="<html>502</html>")).text


def test_a_missing_field_is_no() -> None:
    assert ".state is nothing" in answer(".state != 1", GOOD).text


def test_a_pattern_that_might_never_end_is_for_the_eye() -> None:
    assert answer("/(a+)+$/", Evidence(output="a" * 50 + "b")).answer == "look"


@pytest.mark.parametrize(
    ("finished", "text", "kind", "state"),
    [
        (Finished(StepState.OK, exit_code=0), "", StepKind.VERIFY, StepState.OK),
        (Finished(StepState.OK, exit_code=0), "compare by eye", StepKind.VERIFY, StepState.WARN),
        (Finished(StepState.OK, exit_code=0), "contains 'x'", StepKind.VERIFY, StepState.FAILED),
        (Finished(StepState.OK, exit_code=0), "contains 'x'", StepKind.CHANGE, StepState.WARN),
        (Finished(StepState.FAILED, exit_code=1), "", StepKind.VERIFY, StepState.FAILED),
        (Finished(StepState.FAILED, exit_code=1), "exit 1", StepKind.VERIFY, StepState.OK),
        (Finished(StepState.FAILED, http_status=404), "404 Not Found", StepKind.VERIFY, StepState.OK),
        (Finished(StepState.FAILED, exit_code=1, timed_out=True), "exit 1", StepKind.VERIFY, StepState.FAILED),
        (Finished(StepState.FAILED, exit_code=1), "compare by eye", StepKind.VERIFY, StepState.FAILED),
        (Finished(StepState.UNKNOWN), "exit 0", StepKind.CHANGE, StepState.UNKNOWN),
    ],
)  # fmt: skip
def test_the_state_of_a_step_with_what_was_expected(
    finished: Finished, text: str, kind: StepKind, state: StepState
) -> None:
    wanted = parse_expectation(step(text, kind))
    verdict = verify_evidence(wanted, Evidence(finished.exit_code, finished.http_status, "output"))
    assert conclude_attempt(finished, verdict, wanted, kind)[0] is state


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_expectation_of_any_output_has_an_answer(text: str, output: str) -> None:
    assert answer(text, Evidence(0, 200, output)).answer in ("passed", "failed", "look")


def test_a_revision_is_ready_when_the_cloud_was_asked_and_says_so() -> None:
    wanted = Expected((Assertion("ready", True, within=60.0),))

    assert verify_evidence(wanted, Evidence(unready="")).answer == "passed"
    waiting = verify_evidence(wanted, Evidence(unready="starting, 0 of 2 replicas ready"))
    assert (waiting.answer, waiting.waits) == ("failed", True)
    assert (
        verify_evidence(wanted, Evidence(unready=None)).answer == "look"
    )  # nobody could ask: not ready, and not refused


COUNTS = "2 meetings, 26 actions and 6 decisions"


@pytest.mark.parametrize(
    ("output", "verdict"),
    [
        ("Meetings   2\nActions   26\nDecisions  6", "passed"),
        ("meetings: 2\nactions: 25\ndecisions: 6", "failed"),
        ("meetings: 2\nactions: 30\ndecisions: 6", "look"),
        ("meetings: 2\nactions: 26", "failed"),
    ],
)
def test_counts_are_compared(output: str, verdict: str) -> None:
    assert answer(COUNTS, Evidence(exit_code=0, output=output)).answer == verdict


def test_a_count_of_none_means_none() -> None:
    assert answer("0 errors", Evidence(exit_code=0, output="errors: 3")).answer == "failed"


@pytest.mark.parametrize("text", ["takes 5 minutes", "3 replicas, all of them green", "200 OK", "wait 30 seconds"])
def test_what_says_more_than_numbers_is_not_counted(text: str) -> None:
    assert not any(each.what == "count" for each in parse_expectation(step(text)).assertions)


@pytest.mark.parametrize(
    ("expected", "output", "verdict"),
    [
        # JSON, however deep, with whatever else there is, in any order
        ('{"a": {"b": {"c": 1}, "d": {"e": 2}}}', '{"x": 0, "a": {"d": {"e": 2}, "b": {"c": 1}}}', "passed"),
        ('{"a": {"b": {"c": 1}, "d": {"e": 2}}}', '{"a": {"d": {"e": 3}, "b": {"c": 1}}}', "failed"),
        ("[]", "[ ]", "passed"),
        ("[]", "[1]", "failed"),
        ('["a", "b"]', '[\n  "b",\n  "a"\n]', "passed"),
        ('["a", "b"]', '["a", "b", "c"]', "failed"),
        ('[{"name": "web", "ready": true}]', '[{"name": "db"}, {"name": "web", "ready": true, "age": 3}]', "passed"),
        ('[{"name": "web", "ready": true}]', '[{"name": "web", "ready": false}]', "failed"),
        ('{"status": "ok", ...}', '{"status": "ok", "more": 1}', "passed"),
        ('{"status": "ok", ...}', '{"status": "bad", "more": 1}', "failed"),
        ('{"version": "<version>", "id": "...", "n": 1}', '{"version": "1.2", "id": "x", "n": 1}', "passed"),
        ('{"version": "<version>"}', '{"n": 1}', "failed"),
        ('{"at": "2026-01-02T10:00:00Z"}', '{"at": "2027-05-06T11:22:33Z"}', "passed"),
        ('{"at": "2026-01-02T10:00:00Z"}', '{"at": null}', "failed"),
        ("see [1] and {curly}", "anything", "look"),
        # a text in quotes or code is a line of the output
        ("prints `active`", "active\n", "passed"),
        ("prints `active`", "inactive\n", "failed"),
        ("`active`", "active", "passed"),
        ('Should return "PONG"', "PONG\n", "passed"),
        ("The output is 'OK'", "NOT OK", "look"),
        ("Expected output contains `deployed`", "STATUS: deployed", "passed"),
        ("prints `<pod>`", "web-1", "look"),
        # nothing is nothing
        ("no output", "\n", "passed"),
        ("Nothing is printed.", "Failed", "failed"),
        ("prints nothing", "", "passed"),
        ("should be empty", "x", "failed"),
        # two numbers, or true and false, are the same or not; two words are for the eye
        ("0", "3\n", "failed"),
        ("true", "false", "failed"),
        ("1", "1.0", "look"),
        ("active", "inactive", "look"),
    ],
)
def test_what_is_written_as_it_is_printed_is_compared(expected: str, output: str, verdict: str) -> None:
    assert answer(expected, Evidence(exit_code=0, output=output)).answer == verdict

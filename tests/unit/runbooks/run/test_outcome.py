"""What the end of a command means where its exit code alone would mislead."""

import pytest

from cockpit.model.run import StepState
from cockpit.model.runbook import StepKind
from cockpit.runbooks.run.outcome import judge_outcome
from cockpit.runbooks.run.process.shell import CommandEnd
from cockpit.runbooks.run.verify import Evidence, Expected, conclude_attempt, verify_evidence

LOG = 'journalctl -u patroni -n 50 | grep -i "failover\\|leader"'


def judge(command: str, kind: StepKind, output: str = "", code: int = 1) -> StepState:
    return judge_outcome(CommandEnd(exit_code=code), kind, command, output).state


def test_a_look_that_finds_nothing_has_looked() -> None:
    assert judge(LOG, StepKind.READ) is StepState.OK


def test_of_a_verification_that_finds_nothing_a_person_says_whether_that_is_well() -> None:
    finished = judge_outcome(CommandEnd(exit_code=1), StepKind.VERIFY, LOG, "")
    assert finished.state is StepState.WARN
    verdict = verify_evidence(Expected(), Evidence(1, None, "", {}, ""))
    assert conclude_attempt(finished, verdict, Expected(), StepKind.VERIFY)[0] is StepState.WARN


@pytest.mark.parametrize(
    ("command", "kind", "output", "code"),
    [
        (LOG, StepKind.READ, "permission denied", 1),
        (LOG, StepKind.READ, "", 2),
        (LOG, StepKind.CHANGE, "", 1),
        ("grep -q ready state.txt && kubectl get pods", StepKind.READ, "", 1),
        ("kubectl get pods | grep web | wc -l", StepKind.READ, "", 1),
        ("kubectl get pods", StepKind.READ, "", 1),
    ],
)
def test_whatever_else_ends_with_an_error_failed(command: str, kind: StepKind, output: str, code: int) -> None:
    assert judge(command, kind, output, code) is StepState.FAILED


@pytest.mark.parametrize(
    ("command", "code", "output", "state"),
    [
        ("wget -q --post-data=x -O - http://shop/orders", 4, "", StepState.UNKNOWN),
        ("wget --method=DELETE http://shop/orders", 8, "ERROR 503: Service Unavailable.", StepState.UNKNOWN),
        ("wget --post-data=x http://shop/orders", 8, "2026-03-02 09:00 ERROR 404: Not Found.", StepState.FAILED),
        ("wget --post-data=x http://shop/orders", 4, "failed: Connection refused.", StepState.FAILED),
        ("http --check-status POST shop/orders a=b", 5, "", StepState.UNKNOWN),
        ("http --check-status POST shop/orders a=b", 4, "", StepState.FAILED),
        ("http PUT shop/orders a=b", 0, "HTTP/1.1 504 Gateway Timeout\n\n", StepState.UNKNOWN),
        ("kubectl scale deploy/web --replicas 3", 1, "Error from server (Timeout): the server", StepState.UNKNOWN),
        ("kubectl scale deploy/web --replicas 3", 1, "error: unexpected EOF", StepState.UNKNOWN),
        ("kubectl scale deploy/web --replicas 3", 1, "dial tcp 10.0.0.1:443: i/o timeout", StepState.FAILED),
        ("kubectl scale deploy/web --replicas 3", 1, "Error from server (Forbidden): no", StepState.FAILED),
        ("psql -c 'update x set y = 1'", 2, "server closed the connection unexpectedly", StepState.UNKNOWN),
        ("psql -c 'update x set y = 1'", 2, "connection to server failed: Connection refused", StepState.FAILED),
        ("python3 mend.py", 1, "urllib.error.HTTPError: HTTP Error 504: Gateway Timeout", StepState.UNKNOWN),
        ("python3 mend.py", 1, "urllib.error.HTTPError: HTTP Error 409: Conflict", StepState.FAILED),
        (
            "az containerapp update -n web -g shop",
            1,
            "('Connection aborted.', RemoteDisconnected())",
            StepState.UNKNOWN,
        ),
        ("helm upgrade web ./chart", 1, "Error: UPGRADE FAILED: context deadline exceeded", StepState.UNKNOWN),
        ("./mend.sh", 1, "500 rows were wrong", StepState.FAILED),
    ],
)
def test_a_change_that_was_sent_and_not_answered_is_unknown_whatever_sent_it(
    command: str, code: int, output: str, state: StepState
) -> None:
    assert judge(command, StepKind.CHANGE, output, code) is state
    if state is StepState.UNKNOWN and code:
        assert judge(command, StepKind.READ, output, code) is StepState.FAILED

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

"""What the end of a command means. A change that was broken off may have been done: that is `unknown`, not `failed`."""

import re

from cockpit.model.run import StepState
from cockpit.model.runbook import StepKind
from cockpit.model.text import clean_line
from cockpit.runbooks.prepare.curl_requests import judge_requests
from cockpit.runbooks.run.process.shell import CommandEnd
from cockpit.runbooks.types import Finished

MAY_HAVE_BEEN_DONE = frozenset({StepKind.CHANGE, StepKind.DANGER})
LOOKS = frozenset({StepKind.READ, StepKind.VERIFY})
ENDS_IN_GREP = re.compile(r"(?:^|[|;&\n]\s*)[efz]?grep\b(?:[^|;&\n'\"]|'[^']*'|\"[^\"]*\")*\s*$")
FAR_SIDE = "what it had asked for elsewhere may still be going on"
PIPE_CLOSED = 141  # 128 + SIGPIPE, which pipefail does not let pass


def judge_outcome(ended: CommandEnd, kind: StepKind, command: str, output: str, *, follow: bool = False) -> Finished:
    """How a command that a shell ran has ended. `command` is what ran, `output` what it printed, or its two ends."""
    state, sentence = _judge_command_end(ended, kind, follow)
    answered = None
    if (
        ran_to_its_end(ended)
        and kind in LOOKS
        and ended.exit_code == 1
        and not output.strip()
        and ENDS_IN_GREP.search(command)
    ):
        # Nothing found is an answer: of a look that is all, of a verification a person says whether it is a good one.
        state = StepState.OK if kind is StepKind.READ else StepState.WARN
        sentence = "exit 1: grep found nothing"
    if ran_to_its_end(ended) and kind in MAY_HAVE_BEEN_DONE and "curl" in command:
        answered = judge_requests(ended.exit_code or 0, command, output)
        if answered is not None:
            state, sentence = answered.state, answered.outcome
    if state is StepState.UNKNOWN and answered is not None:
        sentence = f"{sentence}; {FAR_SIDE}"
    if ended.left_out:
        sentence = f"{sentence}; {ended.left_out} bytes in the middle of its output are not in the transcript"
    if ended.lost:
        sentence = f"{sentence}; {ended.lost} bytes of output could not be written, so that notes can be"
    return Finished(
        state=state,
        outcome=sentence,
        exit_code=ended.exit_code,
        signal=ended.signal,
        timed_out=ended.timed_out,
        cancelled=ended.cancelled,
        http_status=answered.status if answered is not None else None,
        still_runs=ended.still_runs,
        started=not ended.trouble,
    )


def ran_to_its_end(ended: CommandEnd) -> bool:
    """Nobody and nothing broke it off, and its exit code is its own."""
    broken_off = ended.trouble or ended.cancelled or ended.timed_out or ended.signal is not None
    return ended.known and not broken_off


def _judge_command_end(ended: CommandEnd, kind: StepKind, follow: bool) -> tuple[StepState, str]:
    changes = kind in MAY_HAVE_BEEN_DONE
    broken_off = StepState.UNKNOWN if changes else StepState.FAILED
    behind = f"; {FAR_SIDE}" if changes else ""
    if ended.still_runs:
        return StepState.UNKNOWN, f"its supervisor ended; the command may still run (pid {ended.still_runs})"
    if not ended.known:
        return StepState.UNKNOWN, "it ended without a word: no process and no exit code"
    if ended.trouble:
        return StepState.FAILED, f"it could not be started: {clean_line(ended.trouble, 300)}"
    if ended.cancelled and follow:
        return StepState.OK, "watched until it was stopped"
    if ended.cancelled:
        return broken_off, f"stopped by hand{behind}"
    if ended.timed_out:
        return broken_off, f"it took too long and was stopped{behind}"
    if ended.signal is not None:
        return broken_off, f"ended by signal {ended.signal}{behind}"
    if ended.exit_code == 0:
        return StepState.OK, "exit 0"
    if ended.exit_code == PIPE_CLOSED:
        return StepState.FAILED, "exit 141: something in the pipe stopped reading before all was written, as head does"
    return StepState.FAILED, f"exit {ended.exit_code}"

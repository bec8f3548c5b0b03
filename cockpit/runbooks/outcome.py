"""What the end of a command means. A change that was broken off may have been done: that is `unknown`, not `failed`."""

import re

from cockpit.model.clean import clean_line
from cockpit.model.run import StepState
from cockpit.model.runbook import StepKind
from cockpit.runbooks.execution import Finished
from cockpit.runbooks.shell import Ended

MAY_HAVE_BEEN_DONE = frozenset({StepKind.CHANGE, StepKind.DANGER})
FAR_SIDE = "what it had asked for elsewhere may still be going on"
PIPE_CLOSED = 141  # 128 + SIGPIPE, which pipefail does not let pass
CURL = re.compile(r"(?:^|[\s;&|(])curl\s")
NO_ANSWER = {28: "timed out", 52: "got an empty answer", 55: "lost the connection", 56: "lost the connection"}
SERVER_ERROR = re.compile(r"returned error: (5\d\d)")


def judge(ended: Ended, kind: StepKind, command: str, output: str, *, follow: bool = False) -> Finished:
    """How a command that a shell ran has ended. `output` is its tail."""
    state, said = _judged(ended, kind, command, output, follow)
    if ended.lost:
        said = f"{said}; {ended.lost} bytes of output could not be written"
    return Finished(
        state=state,
        outcome=said,
        exit_code=ended.exit_code,
        signal=ended.signal,
        timed_out=ended.timed_out,
        cancelled=ended.cancelled,
    )


def _judged(ended: Ended, kind: StepKind, command: str, output: str, follow: bool) -> tuple[StepState, str]:
    changes = kind in MAY_HAVE_BEEN_DONE
    broken_off = StepState.UNKNOWN if changes else StepState.FAILED
    behind = f"; {FAR_SIDE}" if changes else ""
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
    if changes and (why := _unanswered(ended.exit_code, command, output)):
        return StepState.UNKNOWN, f"curl {why} (exit {ended.exit_code}); {FAR_SIDE}"
    if ended.exit_code == PIPE_CLOSED:
        return StepState.FAILED, "exit 141: something in the pipe stopped reading before all was written, as head does"
    return StepState.FAILED, f"exit {ended.exit_code}"


def _unanswered(code: int | None, command: str, output: str) -> str:
    """Why a request that was sent has no answer that tells; "" when it was refused or never left."""
    if not CURL.search(command):
        return ""
    if code == 22 and (found := SERVER_ERROR.search(output)):
        return f"got {found[1]}"
    if code == 28 and re.search(r"(?i)failed to connect|connection timed out|resolving timed out", output):
        return ""  # it never got as far as sending
    return NO_ANSWER.get(code or 0, "")

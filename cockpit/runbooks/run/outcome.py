"""What the end of a command means. A change that was broken off may have been done: that is `unknown`, not `failed`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from cockpit.model.run import StepState
from cockpit.model.runbook import StepKind
from cockpit.model.text import clean_line
from cockpit.runbooks.prepare.curl_requests import REPORT, CurlCall, sending_calls
from cockpit.runbooks.run.process.shell import CommandEnd
from cockpit.runbooks.shell_syntax import parse_shell
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
    if ran_to_its_end(ended) and kind in MAY_HAVE_BEEN_DONE and answered is None:
        answered = judge_lost_answer(ended.exit_code or 0, command, output)
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


# What a curl was answered, by its exit code and by the report that `prepare/curl_requests.py` had it print.

REPORTED = re.compile(r"(?:\A|\n)answer: HTTP (\d{3}), (\d+) redirects, (\d+) bytes, ?(.*)(?:\n|\Z)")
HTTP_ERROR = re.compile(r"curl: \(22\) [^\n]*returned error: (\d{3})")
NEVER_SENT = {6: "the name is unknown", 7: "the connection was refused"}
NOT_STARTED = frozenset({126, 127})
OWN_CODES_FROM = 6  # lower exit codes of a pipe are mostly those of what reads the answer: jq, grep

# Other clients that sent something and were not answered, by what they print and by their exit codes.

LOST_ANSWER = re.compile(
    r"(?i)\b(?:unexpected EOF|context deadline exceeded|client\.timeout exceeded|(?<!dial )(?:read|write) tcp [^\n]*|"
    r"connection reset by peer|connection aborted|connection broken|read ?timed? ?out|ReadTimeout|"
    r"remote end closed connection|server disconnected|server closed the connection|empty reply from server|"
    r"http2: (?:client connection lost|server sent GOAWAY)|stream error: stream ID|TLS connection was non-properly|"
    r"lost connection to (?:the )?(?:mysql )?(?:server|backend|pod)|could not receive data from server|"
    r"server has gone away|etcdserver: request timed out|"
    r"error from server \((?:Timeout|ServerTimeout|InternalError|ServiceUnavailable)\)|"
    r"(?:HTTP(?:/[\d.]+)?|HTTP Error|ERROR|status(?: code)?:?|StatusCode[:=]?) *\(?5\d\d\b|"
    r"(?:bad gateway|gateway time-?out|service unavailable))"
)
NEVER_CONNECTED = re.compile(
    r"(?i)connection refused|could not resolve|unable to resolve|no such host|name or service not known|"
    r"temporary failure in name resolution|dial tcp|no route to host|network is unreachable|failed to establish a new"
)
WGET_SENDS = re.compile(
    r"(?i)\bwget\b[^\n;|&]*\s--(?:post-(?:data|file)|body-(?:data|file)|method[= ](?!GET\b|HEAD\b))"
)
WGET_LOST = frozenset({4, 7, 8})  # no answer, one that is none, one that is an error
HTTPIE_LOST = frozenset({2, 3, 5})  # a time-out, a redirect, an error of the server
HTTPIE = re.compile(r"(?:^|[;&|\n]\s*)(?:https?|xhs?)\s(?:[^\n;|&]*\s)?(?:POST|PUT|PATCH|DELETE)\s")
REFUSED_STATUS = re.compile(r"(?:HTTP(?:/[\d.]+)?|ERROR) *(4(?!08)\d\d)\b")


def judge_lost_answer(code: int, command: str, output: str) -> "CurlVerdict | None":
    """What the end of a command without curl tells where its request went out and no answer came back; else None."""
    unknown = CurlVerdict(StepState.UNKNOWN, f"it may have been sent, and no answer tells (exit {code})")
    if code == 0 and HTTPIE.search(command) and re.search(r"(?:\A|\n)HTTP/[\d.]+ 5\d\d", output):
        return CurlVerdict(StepState.UNKNOWN, "an error of the server answered: it may have been done all the same")
    if code == 0 or code in NOT_STARTED:
        return None
    if NEVER_CONNECTED.search(output) and not LOST_ANSWER.search(output):
        return None
    if LOST_ANSWER.search(output):
        return unknown
    if REFUSED_STATUS.search(output):
        return None
    lost = WGET_LOST if WGET_SENDS.search(command) else HTTPIE_LOST if HTTPIE.search(command) else frozenset()
    return unknown if code in lost else None


# Web pages in the place of an answer: of a sign-in, a proxy, or whatever else stands before the application.

PAGE = re.compile(
    rb"\A(?:\xef\xbb\xbf)?\s*(?:<!--.*?-->\s*|<\?xml.*?\?>\s*)*<(?:!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL
)
MARKUP = re.compile(rb"<[a-zA-Z!?/]")
SIGN_IN = re.compile(rb"type\s*=\s*[\"']?password|sign[\s-]?in|log[\s-]?in|SAMLRe(?:quest|sponse)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class CurlAnswer:
    """What one request was answered with, as curl reports it. `status` 0: with nothing."""

    status: int
    redirects: int
    size: int
    content_type: str

    @property
    def is_page(self) -> bool:
        return self.content_type.partition(";")[0].strip().lower() in ("text/html", "application/xhtml+xml")


@dataclass(frozen=True, slots=True)
class CurlVerdict:
    state: StepState
    outcome: str
    status: int | None = None


def without_reports(output: str) -> str:
    """What a command printed itself."""
    return REPORTED.sub("", output) if "answer: HTTP " in output else output


def read_reports(output: str) -> list[CurlAnswer]:
    return [
        CurlAnswer(int(status), int(redirects), int(size), content_type)
        for status, redirects, size, content_type in REPORTED.findall(output)
    ]


def judge_requests(code: int, command: str, output: str) -> CurlVerdict | None:
    """What the end of a command tells of the changes that its curls sent; None when it sent none by curl.

    `command` is what ran, its reports included; `output` what it printed.
    """
    document = parse_shell(command, "bash")
    calls = sending_calls(document, command)
    alone = sum(1 for command in document.commands if command.words) == 1
    if not calls or (alone and code in NOT_STARTED):
        return None
    if answers := read_reports(output):
        return judge_answers(code, answers, without_reports(output), calls, alone=alone)
    reports = command.count(REPORT) >= len(calls)
    if code == 0:
        swallowed = "||" in command or "; true" in command
        if reports and not output.strip():
            return None  # it was never run: a curl that ran would have printed its report
        if reports:
            return CurlVerdict(StepState.UNKNOWN, "curl may have sent it; its report was lost among what was printed")
        if all(call.fails for call in calls) and not swallowed:
            return None  # -f would have reported an error
        return CurlVerdict(StepState.UNKNOWN, "curl has sent it; its status is not known (exit 0, without -f)")
    if code == 22 and (refusals := HTTP_ERROR.findall(output)):
        return judge_answers(code, [CurlAnswer(int(refusals[-1]), 0, 0, "")], "", calls, alone=alone)
    if code in NEVER_SENT and not any(call.many for call in calls) and len(calls) == 1:
        return CurlVerdict(StepState.FAILED, f"exit {code}: {NEVER_SENT[code]}")
    return CurlVerdict(StepState.UNKNOWN, f"curl may have sent it, and no answer tells (exit {code})")


def judge_answers(
    code: int, answers: Sequence[CurlAnswer], printed: str, calls: Sequence[CurlCall], *, alone: bool
) -> CurlVerdict:
    """What statuses tell, the worst of them first."""
    statuses = sorted({answer.status for answer in answers})
    status = statuses[0] if len(statuses) == 1 else None
    answered = f"HTTP {', '.join(f'{status:03}' for status in statuses)}"
    text = f"{answered} (exit {code})"

    def unknown(why: str) -> CurlVerdict:
        return CurlVerdict(StepState.UNKNOWN, f"{text}: {why}", status)

    if 0 in statuses:
        once = len(answers) == 1 and answers[0].redirects == 0 and not any(call.many for call in calls)
        if code in NEVER_SENT and once:
            return CurlVerdict(StepState.FAILED, f"exit {code}: {NEVER_SENT[code]}")
        return CurlVerdict(StepState.UNKNOWN, f"curl may have sent it, and no answer tells (exit {code})")
    if any(status >= 500 or status in (100, 101, 408) for status in statuses):
        return unknown("it may have been done all the same")
    if any(status < 200 or 300 <= status < 400 for status in statuses) or any(answer.redirects for answer in answers):
        return unknown("it was sent elsewhere, which tells nothing of what was done")
    refused = [status for status in statuses if status >= 400]
    flag = all(call.shown for call in calls)
    if not refused and any(shows_page(answer, printed, flag) for answer in answers):
        return unknown("a web page answered, as of a sign-in or a proxy")
    if refused and any(answer.is_page for answer in answers) and SIGN_IN.search(printed.encode()):
        return unknown("a sign-in page answered")
    if refused and len(refused) < len(statuses):
        return unknown("some was done, and some refused")
    if refused:
        return CurlVerdict(StepState.FAILED, text, status)
    if code == 0:
        return CurlVerdict(StepState.OK, f"exit 0, {answered}", status)
    if alone or OWN_CODES_FROM <= code < 128:
        return unknown("its answer broke off")
    return CurlVerdict(StepState.FAILED, f"exit {code}, though it was answered {answered}", status)


def shows_page(answer: CurlAnswer, printed: str, flag: bool) -> bool:
    """Whether a web page came back. One that was saved or handed on is judged by its type alone."""
    body = printed.strip().encode()
    if PAGE.match(body):
        return True
    return answer.is_page and answer.size > 0 and (not flag or not body or MARKUP.search(body) is not None)

"""Which curls of a command send something, and how each is made to report what it was answered.

An exit code tells little: without -f a 504 is exit 0, with -f and -s it is 22 like a 404, and a broken answer is 18,
whatever was done before. So a curl that sends something gets a format for --write-out, which prints the status behind
the answer, on standard error: what the command prints on standard output stays as it was. Where that cannot be added
(standard error goes elsewhere, curl is too old or runs on another machine), all that is not surely refused is unknown.
What the reports mean is judged by `run/outcome.py`.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from cockpit.model.runbook import StepKind
from cockpit.runbooks.document.step_kind import kind_of
from cockpit.runbooks.shell_syntax import (
    MASK_LETTER,
    ShellDocument,
    ShellNesting,
    ShellWord,
    SimpleCommand,
    parse_shell,
)
from cockpit.runbooks.shell_syntax.placeholders import find_placeholders

REPORT = "%{stderr}\\nanswer: HTTP %{http_code}, %{num_redirects} redirects, %{size_download} bytes, %{content_type}\\n"
FIRST_WITH_STDERR = (7, 63)  # the curl that knows %{stderr}; an older one would print the report among the answer
CURL = re.compile(r"(?<![\w-])curl(?![\w-])")
ELSEWHERE = re.compile(r"2>|&>|\|&|--stderr\b")  # standard error is not ours to write to
SHORT_WITH_VALUE = frozenset("AbcCdDeEFHKmoPQrtTuUwxXyYz")
SENDING = ("--da", "--for", "--js", "--up")  # as far as curl lets one shorten them
LONG_WITH_VALUE = re.compile(
    r"--(?:header|user|output|url|max-time|connect-timeout|retry[\w-]*|user-agent|cookie[\w-]*|cacert|cert|key|proxy"
    r"|resolve|connect-to|config|range|referer|interface|dump-header|request-target|unix-socket|oauth2-bearer|noproxy)"
)
WRAPPERS = frozenset(("sudo", "env", "nohup", "time", "nice", "command", "exec", "stdbuf", "timeout", "xargs"))
REPEATED = {ShellNesting.LOOP, ShellNesting.FUNCTION}  # its exit code is that of its last run
HANDED_ON = {ShellNesting.PIPE, ShellNesting.SUBSTITUTION}
READS = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True, slots=True)
class CurlCall:
    """One curl in a command. `program` and `write_out` are words of it; `here`: it runs on this machine, in this shell.

    `many`: one run of it may be more than one request, so that its exit code tells only of the last. `shown`: what
    it was answered is printed, not saved or handed on.
    """

    program: ShellWord
    sends: bool
    fails: bool  # -f: its exit code tells of an error status
    many: bool
    here: bool
    shown: bool = True
    write_out: ShellWord | None = None


def add_reports(command: str, *, path: str) -> str:
    """The command with the status of each curl that sends something reported on standard error, where that can be."""
    if not CURL.search(command) or ELSEWHERE.search(command):
        return command
    spans = tuple((blank.start, blank.end) for blank in find_placeholders(command))
    document = parse_shell(command, "bash", masked=spans)
    calls = [call for call in sending_calls(document, command) if call.here]
    if document.errors or not calls or not knows_stderr(shutil.which("curl", path=path) or ""):
        return command
    added = [
        (call.write_out.end, f"'{REPORT}'") if call.write_out else (call.program.end, f" -w '{REPORT}'")
        for call in calls
    ]
    for end, text in sorted(added, reverse=True):
        command = command[:end] + text + command[end:]
    return command


def sending_calls(document: ShellDocument, command: str) -> list[CurlCall]:
    """The curls that send a change. Where only the document calls a step a change, all its curls may be it."""
    calls = list(find_calls(document))
    sending = [call for call in calls if call.sends]
    if sending or kind_of(command) in (StepKind.CHANGE, StepKind.DANGER):
        return sending
    return calls


def find_calls(document: ShellDocument) -> Iterator[CurlCall]:
    """Every curl of a command, also in pipes, loops and substitutions, on other machines and in quoted scripts."""
    if document.errors and CURL.search(document.text):
        nowhere = ShellWord(0, 0, "curl", ("curl",))
        yield CurlCall(nowhere, sends=True, fails=False, many=True, here=False)
        return
    for command in document.commands:
        yield from calls_of(command)


def calls_of(command: SimpleCommand) -> Iterator[CurlCall]:
    for place, word in enumerate(command.words):
        text = word.text or ""
        if text == "curl" or text.endswith("/curl"):
            here = place == 0 or command.words[0].text in WRAPPERS
            call = read_call(word, command.words[place + 1 :], here=here)
            handed_on = HANDED_ON & set(command.nesting) or any(redirect.writes for redirect in command.redirects)
            repeated = bool(REPEATED & set(command.nesting))
            yield replace(call, shown=call.shown and not handed_on, many=call.many or repeated)
            return
    for word in command.words[1:]:
        if CURL.search(word.template) and " " in word.template:  # bash -c '…', ssh host '…'
            inner = parse_shell(word.template, "bash")
            for call in find_calls(inner):
                yield replace(call, program=word, here=False)


def read_call(program: ShellWord, arguments: Sequence[ShellWord], *, here: bool) -> CurlCall:
    """curl's own options, as far as they tell what it sends. What is only known when it runs may send."""
    sends = fails = many = reads = saved = False
    write_out: ShellWord | None = None
    addresses = 0
    rest = iter(arguments)
    for word in rest:
        text = word.template
        if not text.startswith("-") or text == "-":
            addresses += 1
            sends = sends or (bool(word.expansions) and not word.quoted and word.raw.startswith("$"))
            continue
        for option, value in options_of(word, rest):
            method = (value.text or "?").upper() if value is not None else ""
            sends = sends or option in ("-d", "-F", "-T", "-K") or option.startswith((*SENDING, "--conf"))
            if option == "-X":
                sends = sends or method not in READS
            reads = reads or option in ("-G", "--get")
            fails = fails or option in ("-f", "--fail", "--fail-with-body")
            many = many or option in ("-L", "--location", "--location-trusted", "--next", "-:", "-Z", "--parallel")
            many = many or option.startswith("--retry")
            addresses += option == "--url"
            saved = saved or option in ("-o", "-O", "-J") or option.startswith(("--out", "--remote-"))
            if option == "-w":
                write_out = value
    sends = sends and not (reads and not any(word.template.startswith(("-X", "--req")) for word in arguments))
    unknown_format = write_out is not None and (write_out.template[:1] in ("@", MASK_LETTER) or not write_out.parts)
    several = any(word.text in ("--next", "-:") for word in arguments)  # each with options of its own
    here = here and not unknown_format and not several
    return CurlCall(program, sends, fails, many or addresses > 1, here, not saved, write_out)


def options_of(word: ShellWord, rest: Iterator[ShellWord]) -> Iterator[tuple[str, ShellWord | None]]:
    """The options that one word holds, each with the word of its value: `-sXPOST` is -s and -X with POST."""
    text = word.template
    if text.startswith("--"):
        if text == "--request" or (text.startswith("--req") and "--request".startswith(text)):
            yield "-X", next(rest, None)
        elif text in ("--write-out", "--write"):
            yield "-w", next(rest, None)
        elif text.startswith(SENDING) or LONG_WITH_VALUE.fullmatch(text):
            yield text, next(rest, None)
        else:
            yield text, None
        return
    for place, letter in enumerate(text[1:], start=1):
        if letter not in SHORT_WITH_VALUE:
            yield f"-{letter}", None
            continue
        inside = text[place + 1 :]
        yield f"-{letter}", ShellWord(word.start, word.end, inside, (inside,)) if inside else next(rest, None)
        return


def knows_stderr(program: str) -> bool:
    """Whether this curl can report on standard error. Asks it once."""
    try:
        return bool(program) and version_of(program, os.stat(program).st_mtime_ns) >= FIRST_WITH_STDERR
    except OSError:
        return False


@lru_cache(maxsize=8)
def version_of(program: str, changed: int) -> tuple[int, int]:
    try:
        data = subprocess.run([program, "--version"], capture_output=True, timeout=5, check=False).stdout
    except (OSError, subprocess.SubprocessError):
        return 0, 0
    match = re.match(rb"curl (\d+)\.(\d+)", data)
    return (int(match[1]), int(match[2])) if match else (0, 0)

"""Tools that send requests: curl, wget, httpie. A request is judged by its method and address."""

import re
from urllib.parse import urlsplit

from cockpit.model.runbook import StepKind
from cockpit.runbooks.command_kinds.special import (
    CHANGE,
    Special,
    SpecialJudgement,
    find_worst_kind,
)
from cockpit.runbooks.command_kinds.tables import (
    CommandTool,
    load_danger_words,
    load_word_list,
    names_danger,
    parse_arguments,
)
from cockpit.runbooks.command_kinds.targets import judge_written_file
from cockpit.runbooks.shell_syntax import MASK_LETTER

READ_METHODS = frozenset(("GET", "HEAD", "OPTIONS", "TRACE"))
# Addresses that are asked with POST and only answer.
QUESTIONS = re.compile(
    r"/(_search|_count|_msearch|_mget|_analyze|_field_caps|_validate/query|api/v1/query(_range)?|api/v1/series|api/v1/labels"
    r"|loki/api/v1/query(_range)?|api/v1/query_exemplars|select/logsql/query|v1/chat/completions|oauth2?/(v\d(\.\d)?/)?token"
    r"|introspect|TokenReview|subjectaccessreviews|selfsubjectaccessreviews)/?$",
    re.IGNORECASE,
)
ACTION = re.compile(r"[?&](?:action|act|cmd|command|do|op|operation|method|_method)=([\w.:-]+)", re.IGNORECASE)
CURL_VALUES = frozenset(load_word_list("curl", "values"))
CURL_FLAGS = frozenset(load_word_list("curl", "flags"))
CURL_SENDS = frozenset(load_word_list("curl", "sends"))
CURL_WRITES = frozenset(("-o", "--output", "-c", "--cookie-jar", "-D", "--dump-header", "--output-dir", "--stderr"))
CURL_METHOD = frozenset(("-X", "--request"))
CURL = CommandTool(
    "curl",
    ("curl",),
    values=CURL_VALUES | CURL_SENDS | CURL_WRITES | CURL_METHOD | {"-C", "--continue-at"},
    flags=CURL_FLAGS,
)


def judge_request(method: str, url: str) -> StepKind:
    """The kind of an HTTP request by its method, and by what its address says that it does."""
    path = read_path(url.replace(MASK_LETTER, "x"))
    segments = [segment for segment in path.split("/") if segment]
    if method.upper() in READ_METHODS:
        # An address that is named like an act may be one, whatever its method.
        words = load_danger_words()
        acts = any(segment.casefold().lstrip("_") in words.danger for segment in segments[-2:])
        acts = acts or any(segment.casefold() in words.acts for segment in segments[-1:])
        acts = acts or any(names_danger(value) or value.casefold() in words.acts for value in ACTION.findall(url))
        return StepKind.CHANGE if acts else StepKind.READ
    if method.upper() == "DELETE":
        return StepKind.DANGER
    if method.upper() == "POST" and QUESTIONS.search(path):
        return StepKind.READ
    return StepKind.DANGER if any(names_danger(segment) for segment in segments) else StepKind.CHANGE


def read_path(url: str) -> str:
    """The path of an address, also of one that is none yet: `http://[pod-ip]:8080/healthz`."""
    try:
        return urlsplit(url).path if "://" in url else url.partition("?")[0]
    except ValueError:
        return "/" + url.partition("://")[2].partition("/")[2].partition("?")[0]


def judge_curl(command: Special) -> SpecialJudgement:
    parsed = parse_arguments(CURL, command.arguments)
    flags = parsed.flags
    methods = [value for name, value in flags if name in CURL_METHOD]
    urls = [*parsed.positionals, *(value for name, value in flags if name == "--url")]
    names = {name for name, _ in flags}
    sends = bool(names & CURL_SENDS)
    if not methods:
        methods = [
            "PUT" if names & {"-T", "--upload-file"} else "POST" if sends and not names & {"-G", "--get"} else "GET"
        ]
    kinds = [judge_request(method, url) for method in methods for url in urls or [""]]
    if any(MASK_LETTER in method or not method.isalpha() for method in methods):
        kinds.append(StepKind.CHANGE)
    for url in urls:
        scheme = url.partition("://")[0].casefold() if "://" in url else "http"
        if MASK_LETTER not in scheme and scheme not in ("http", "https", "file", "ws", "wss"):
            kinds.append(StepKind.CHANGE)
    for name, value in flags:
        if name in CURL_WRITES:
            # What it saves is what it fetched.
            kinds.append(
                StepKind.CHANGE if value.startswith(MASK_LETTER) else judge_written_file(value, ">", from_tool=True)
            )
        if name in ("-w", "--write-out") and "output{" in value:
            kinds.append(StepKind.CHANGE)
    if names & {"-O", "--remote-name", "--remote-header-name", "-J"}:
        kinds.append(StepKind.LOCAL)
    if parsed.unknown_flags:
        kinds.append(StepKind.DANGER if "DELETE" in command.arguments else StepKind.CHANGE)
    return SpecialJudgement(find_worst_kind(*kinds))


WGET = CommandTool(
    "wget",
    ("wget",),
    values=frozenset(load_word_list("wget", "values")),
    flags=frozenset(load_word_list("wget", "flags")),
)


def judge_wget(command: Special) -> SpecialJudgement:
    parsed = parse_arguments(WGET, command.arguments)
    names = {name for name, _ in parsed.flags}
    flags = dict(parsed.flags)
    method = flags.get("--method", "POST" if names & {"--post-data", "--post-file"} else "GET")
    kinds = [judge_request(method, url) for url in parsed.positionals] or [StepKind.READ]
    target = flags.get("-O", flags.get("--output-document"))
    if target is not None:
        kinds.append(judge_written_file(target, ">", from_tool=True))
    elif "--spider" not in names:
        folder = flags.get("-P", flags.get("--directory-prefix", "x"))
        kinds.append(judge_written_file(f"{folder}/x", ">", from_tool=True))
    for name in ("-o", "--output-file", "-a"):
        if name in flags:
            kinds.append(judge_written_file(flags[name], ">", from_tool=True))
    return SpecialJudgement(find_worst_kind(*kinds, StepKind.CHANGE if parsed.unknown_flags else StepKind.READ))


def judge_httpie(command: Special) -> SpecialJudgement:
    flags = [word for word in command.arguments if word.startswith("-")]
    rest = [word for word in command.arguments if not word.startswith("-")]
    method = rest.pop(0) if rest and rest[0].isupper() else ""
    if not rest:
        return CHANGE
    sends = any(re.search(r"[^:=]:?=[^=]|@", word) and "==" not in word for word in rest[1:])
    kind = judge_request(method or ("POST" if sends or command.stdin_source != "none" else "GET"), rest[0])
    names = {
        "-b",
        "-h",
        "-v",
        "-p",
        "-q",
        "--body",
        "--headers",
        "--verbose",
        "--check-status",
        "--ignore-stdin",
        "--follow",
        "-F",
    }
    return SpecialJudgement(find_worst_kind(kind, StepKind.READ if set(flags) <= names else StepKind.CHANGE))

"""The few tools that no table of verbs can tell: their own small languages, requests, and commands within commands."""

import ast
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from cockpit.model.runbook import StepKind
from cockpit.runbooks.command_kinds.mongo import MONGO, judge_mongo
from cockpit.runbooks.command_kinds.sql import SQL_DIALECTS, judge_sql
from cockpit.runbooks.command_kinds.tables import (
    ORDER,
    CommandTool,
    judge_tool,
    load_danger_words,
    names_danger,
    parse_arguments,
)
from cockpit.runbooks.command_kinds.targets import is_scratch, judge_written_file
from cockpit.runbooks.command_kinds.wrappers import skip_flags
from cockpit.runbooks.shell_syntax import MASK_LETTER


@dataclass(frozen=True, slots=True)
class Special:
    """A command for one of these: its words behind the name, what it is fed, and its table, if it has one."""

    name: str
    arguments: tuple[str, ...]
    stdin_source: str = "none"  # none, text, file, program, remote
    stdin_text: str = ""
    tool: CommandTool | None = None


@dataclass(frozen=True, slots=True)
class SpecialJudgement:
    """What it does itself, and what it runs: words or a script for a shell, here or elsewhere."""

    kind: StepKind
    argv: tuple[str, ...] = ()
    script: str | None = None
    elsewhere: bool = False
    stdin: bool = False  # what is fed to it reaches what it runs


READ, LOCAL = SpecialJudgement(StepKind.READ), SpecialJudgement(StepKind.LOCAL)
CHANGE, DANGER = SpecialJudgement(StepKind.CHANGE), SpecialJudgement(StepKind.DANGER)


def find_worst_kind(*kinds: StepKind) -> StepKind:
    return max(kinds, key=ORDER.index, default=StepKind.READ)


def by_table(command: Special) -> SpecialJudgement:
    if command.tool is None:
        return CHANGE
    return SpecialJudgement(judge_tool(command.tool, command.arguments, is_scratch=is_scratch))


# Requests

READ_METHODS = frozenset(("GET", "HEAD", "OPTIONS", "TRACE"))
# Addresses that are asked with POST and only answer.
QUESTIONS = re.compile(
    r"/(_search|_count|_msearch|_mget|_analyze|_field_caps|_validate/query|api/v1/query(_range)?|api/v1/series|api/v1/labels"
    r"|loki/api/v1/query(_range)?|api/v1/query_exemplars|select/logsql/query|v1/chat/completions|oauth2?/(v\d(\.\d)?/)?token"
    r"|introspect|TokenReview|subjectaccessreviews|selfsubjectaccessreviews)/?$",
    re.IGNORECASE,
)
CURL_VALUES = frozenset(
    (
        *(
            "-A",
            "--user-agent",
            "-b",
            "--cookie",
            "-e",
            "--referer",
            "-H",
            "--header",
            "-m",
            "--max-time",
            "-r",
            "--range",
        ),
        *(
            "-u",
            "--user",
            "-w",
            "--write-out",
            "-x",
            "--proxy",
            "--connect-timeout",
            "--retry",
            "--retry-delay",
            "--cacert",
        ),
        *(
            "--cert",
            "--key",
            "--resolve",
            "--connect-to",
            "--url",
            "--interface",
            "--max-redirs",
            "--oauth2-bearer",
            "-y",
            "-Y",
        ),
        *(
            "--retry-max-time",
            "--limit-rate",
            "--tls-max",
            "--ciphers",
            "-E",
            "--unix-socket",
            "--noproxy",
            "-U",
            "--capath",
        ),
        *(
            "--proto",
            "--max-filesize",
            "--dns-servers",
            "--keepalive-time",
            "--aws-sigv4",
            "--expect100-timeout",
            "--service-name",
        ),
        *(
            "--abstract-unix-socket",
            "--cert-type",
            "--key-type",
            "--pass",
            "-z",
            "--time-cond",
            "--doh-url",
            "--tls13-ciphers",
        ),
        *(
            "--haproxy-clientip",
            "--url-query",
            "--proto-redir",
            "--socks5-hostname",
            "--socks5",
            "--socks4",
            "--variable",
        ),
    )
)
CURL_FLAGS = frozenset(
    (
        *(
            "-s",
            "--silent",
            "-S",
            "--show-error",
            "-f",
            "--fail",
            "-k",
            "--insecure",
            "-L",
            "--location",
            "-i",
            "--include",
        ),
        *("-v", "--verbose", "-I", "--head", "-4", "-6", "--ipv4", "--ipv6", "--compressed", "-N", "--no-buffer", "-#"),
        *(
            "--progress-bar",
            "--fail-with-body",
            "-G",
            "--get",
            "--http1.1",
            "--http2",
            "--http3",
            "-0",
            "--tlsv1.2",
            "--tlsv1.3",
        ),
        *(
            "-g",
            "--globoff",
            "-q",
            "--retry-all-errors",
            "--retry-connrefused",
            "-n",
            "--netrc",
            "--no-progress-meter",
            "-Z",
        ),
        *(
            "--location-trusted",
            "--basic",
            "--digest",
            "--ntlm",
            "--negotiate",
            "--anyauth",
            "--http2-prior-knowledge",
            "--raw",
        ),
        *(
            "--path-as-is",
            "--tcp-nodelay",
            "--no-keepalive",
            "--no-alpn",
            "-1",
            "-2",
            "--styled-output",
            "--http1.0",
            "--parallel",
        ),
        *(
            "--ssl-reqd",
            "--tr-encoding",
            "--proxy-insecure",
            "-V",
            "--version",
            "-h",
            "--help",
            "-j",
            "--fail-early",
            "--next",
            "-:",
        ),
        *(
            "-O",
            "--remote-name",
            "-J",
            "--remote-header-name",
            "--create-dirs",
            "-C-",
            "--remote-time",
            "-R",
            "--no-sessionid",
        ),
    )
)
CURL_SENDS = frozenset(
    (
        *(
            "-d",
            "--data",
            "--data-ascii",
            "--data-binary",
            "--data-raw",
            "--data-urlencode",
            "-F",
            "--form",
            "--form-string",
        ),
        *("--json", "-T", "--upload-file"),
    )
)
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
    path = urlsplit(url.replace(MASK_LETTER, "x")).path if "://" in url else url.partition("?")[0]
    segments = [segment for segment in path.split("/") if segment]
    if method.upper() in READ_METHODS:
        # An address that is named like an act may be one, whatever its method.
        acts = any(segment.casefold() in load_danger_words().danger for segment in segments[-2:])
        return StepKind.CHANGE if acts else StepKind.READ
    if method.upper() == "DELETE":
        return StepKind.DANGER
    if method.upper() == "POST" and QUESTIONS.search(path):
        return StepKind.READ
    return StepKind.DANGER if any(names_danger(segment) for segment in segments) else StepKind.CHANGE


def _judge_curl(command: Special) -> SpecialJudgement:
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
    values=frozenset(
        (
            *(
                "-O",
                "--output-document",
                "-P",
                "--directory-prefix",
                "-T",
                "--timeout",
                "-t",
                "--tries",
                "-U",
                "--user-agent",
            ),
            *("--header", "--user", "--password", "--ca-certificate", "-o", "--output-file", "--method", "--post-data"),
            *(
                "--post-file",
                "--body-data",
                "--body-file",
                "-w",
                "--wait",
                "-e2",
                "--max-redirect",
                "-a",
                "--connect-timeout",
            ),
        )
    ),
    flags=frozenset(
        (
            *(
                "-q",
                "--quiet",
                "-S",
                "--server-response",
                "--spider",
                "--no-check-certificate",
                "-nv",
                "--no-verbose",
                "-c",
            ),
            *(
                "--continue",
                "-v",
                "-N",
                "-4",
                "-6",
                "--show-progress",
                "--no-proxy",
                "-d",
                "--content-on-error",
                "--version",
            ),
            *("--no-cache", "--compression=auto"),
        )
    ),
)


def _judge_wget(command: Special) -> SpecialJudgement:
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


def _judge_httpie(command: Special) -> SpecialJudgement:
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


# Tools with a small language of their own

FIND_ALONE = frozenset(
    (
        *(
            "-print",
            "-print0",
            "-ls",
            "-depth",
            "-d",
            "-mount",
            "-xdev",
            "-empty",
            "-follow",
            "-nogroup",
            "-nouser",
            "-prune",
        ),
        *(
            "-quit",
            "-readable",
            "-writable",
            "-executable",
            "-true",
            "-false",
            "-not",
            "!",
            "(",
            ")",
            "-o",
            "-or",
            "-a",
            "-and",
        ),
        *(",", "-L", "-P", "-H", "-daystart", "-noleaf", "-ignore_readdir_race", "-warn", "-nowarn", "-E", "-X"),
    )
)
FIND_VALUES = frozenset(
    (
        *(
            "-name",
            "-iname",
            "-path",
            "-ipath",
            "-wholename",
            "-regex",
            "-iregex",
            "-type",
            "-size",
            "-mtime",
            "-mmin",
            "-atime",
        ),
        *(
            "-amin",
            "-ctime",
            "-cmin",
            "-newer",
            "-anewer",
            "-cnewer",
            "-newermt",
            "-newerct",
            "-user",
            "-group",
            "-uid",
            "-gid",
        ),
        *(
            "-perm",
            "-links",
            "-inum",
            "-samefile",
            "-fstype",
            "-maxdepth",
            "-mindepth",
            "-printf",
            "-regextype",
            "-lname",
        ),
        *("-ilname", "-used", "-xtype", "-context", "-newerat"),
    )
)


def _judge_find(command: Special) -> SpecialJudgement:
    rest = list(command.arguments)
    kind = StepKind.READ
    inner: tuple[str, ...] = ()
    while rest:
        word = rest.pop(0)
        if word in FIND_VALUES:
            rest[:1] = []
        elif word in ("-exec", "-execdir", "-ok", "-okdir"):
            end = next((place for place, other in enumerate(rest) if other in (";", "+")), len(rest))
            argv = tuple(MASK_LETTER if other == "{}" else other for other in rest[:end])
            del rest[: end + 1]
            if inner:  # one command can be handed back; a second one is too much to tell
                kind = find_worst_kind(kind, StepKind.DANGER if any(map(names_danger, argv)) else StepKind.CHANGE)
            else:
                inner = argv
        elif word == "-delete":
            kind = StepKind.DANGER
        elif word.startswith("-") and word not in FIND_ALONE:
            kind = find_worst_kind(kind, StepKind.CHANGE)
    return SpecialJudgement(kind, argv=inner)


SED_ADDRESS = r"(?:\d+(?:~\d+)?|\$|/(?:\\.|[^/\\\n])*/I?|\\(?P<d{0}>[^\w\s])(?:\\.|(?!(?P=d{0})).)*(?P=d{0}))"
SED_COMMAND = re.compile(
    rf"""(?xs) [\s;]* (?:{SED_ADDRESS.format(1)} (?:\s*,\s*[+~]?{SED_ADDRESS.format(2)})? \s*!?\s*)?
    (?: [}}{{pdDPgGhHxnNl=] | [qQ]\d* | s(?P<s>[^\w\s\\])(?:\\.|(?!(?P=s)).)*(?P=s)(?:\\.|(?!(?P=s)).)*(?P=s)[gpiIm\d]*
    | y(?P<y>[^\w\s\\])(?:\\.|(?!(?P=y)).)*(?P=y)(?:\\.|(?!(?P=y)).)*(?P=y) | [aic]\\?[^\n]*(?:\n|$) | \#[^\n]*
    | [bt]\s*\w* | :\s*\w+ ) \s* (?=[;\n}}]|$|(?<=[{{}}]))"""
)


def _judge_sed(command: Special) -> SpecialJudgement:
    scripts: list[str] = []
    positionals: list[str] = []
    rest = list(command.arguments)
    while rest:
        word = rest.pop(0)
        if word in ("-e", "--expression") and rest:
            scripts.append(rest.pop(0))
        elif word.startswith("--expression="):
            scripts.append(word.partition("=")[2])
        elif word == "-ne" and rest:
            scripts.append(rest.pop(0))
        elif re.fullmatch(r"-[nErszu]+|--(quiet|silent|regexp-extended|null-data|unbuffered|posix|debug)", word):
            continue
        elif word.startswith("-") and word != "-":
            return CHANGE  # -i edits in place, -f is a script in a file
        else:
            positionals.append(word)
    if not scripts:
        scripts = positionals[:1]
    return READ if scripts and all(map(_sed_only_prints, scripts)) else CHANGE


def _sed_only_prints(script: str) -> bool:
    place = 0
    script = script.strip()
    while place < len(script):
        match = SED_COMMAND.match(script, place)
        if match is None or match.end() == place:
            return not script[place:].strip(" ;\n")
        place = match.end()
    return True


AWK_LITERALS = re.compile(r'"(?:\\.|[^"\\])*"|/(?:\\.|[^/\\\n])+/')
AWK_WRITES = re.compile(r"\bsystem\b|\bgetline\b|(?<!\|)\|(?!\|)|\bprintf?\b[^;}\n]*>|@|\bclose\b.*\|")


def _judge_awk(command: Special) -> SpecialJudgement:
    rest = list(command.arguments)
    while rest and rest[0].startswith("-") and rest[0] != "-":
        flag = rest.pop(0)
        if flag in ("-F", "-v", "--field-separator", "--assign"):
            rest[:1] = []
        elif not re.match(r"-F|-v|--field-separator=|--assign=|--$|--posix$|--re-interval$|--csv$", flag):
            return CHANGE
    if not rest:
        return CHANGE
    program = AWK_LITERALS.sub('""', rest[0])
    return CHANGE if MASK_LETTER in program or AWK_WRITES.search(program) else READ


def _judge_tee(command: Special) -> SpecialJudgement:
    kinds = [
        StepKind.CHANGE if word.startswith(MASK_LETTER) else judge_written_file(word, ">", from_tool=True)
        for word in command.arguments
        if not word.startswith("-")
    ]
    return SpecialJudgement(find_worst_kind(*kinds))


def _writes_output_flag(*flags: str) -> Callable[[Special], SpecialJudgement]:
    """A tool that only looks, but for a flag that names a file to write."""

    def judge(command: Special) -> SpecialJudgement:
        if command.tool is None:
            return CHANGE
        kept: list[str] = []
        kinds: list[StepKind] = []
        rest = list(command.arguments)
        while rest:
            word = rest.pop(0)
            name, joined, value = word.partition("=")
            if name in flags:
                path = value if joined else rest.pop(0) if rest else ""
                inputs = [other for other in command.arguments if other == path]
                over = len(inputs) > 1 or path in rest  # sort -o users users
                kinds.append(StepKind.CHANGE if over else judge_written_file(path, ">", from_tool=False))
            else:
                kept.append(word)
        return SpecialJudgement(find_worst_kind(judge_tool(command.tool, kept, is_scratch=is_scratch), *kinds))

    return judge


# Programs in other languages

PYTHON_MODULES = frozenset(
    (
        *(
            "json",
            "sys",
            "base64",
            "datetime",
            "time",
            "hashlib",
            "hmac",
            "uuid",
            "secrets",
            "re",
            "math",
            "string",
            "random",
        ),
        *(
            "collections",
            "itertools",
            "textwrap",
            "pprint",
            "statistics",
            "calendar",
            "zoneinfo",
            "ipaddress",
            "binascii",
            "csv",
        ),
        *(
            "urllib.parse",
            "html",
            "difflib",
            "decimal",
            "fractions",
            "operator",
            "functools",
            "platform",
            "struct",
            "zlib",
            "gzip2",
        ),
    )
)
PYTHON_CALLS = frozenset(
    (
        *(
            "print",
            "len",
            "sorted",
            "sum",
            "min",
            "max",
            "abs",
            "round",
            "int",
            "float",
            "str",
            "bytes",
            "bool",
            "list",
            "dict",
        ),
        *(
            "set",
            "tuple",
            "enumerate",
            "zip",
            "map",
            "filter",
            "range",
            "reversed",
            "any",
            "all",
            "repr",
            "ord",
            "chr",
            "hex",
        ),
        *(
            "oct",
            "bin",
            "isinstance",
            "next",
            "iter",
            "format",
            "divmod",
            "input",
            "exit",
            "type",
            "hash",
            "frozenset",
            "pow",
        ),
    )
)
PYTHON_NEVER = frozenset(
    (
        *(
            "open",
            "exec",
            "eval",
            "compile",
            "getattr",
            "setattr",
            "delattr",
            "globals",
            "locals",
            "vars",
            "breakpoint",
        ),
        *(
            "system",
            "popen",
            "spawn",
            "fork",
            "kill",
            "write",
            "modules",
            "writelines",
            "dump",
            "remove",
            "unlink",
            "rmtree",
        ),
    )
)


def judge_python(code: str) -> StepKind:
    """A line of Python reads if it imports, names and calls nothing but what only computes and prints."""
    destroys = (
        StepKind.DANGER
        if re.search(r"(?i)rmtree|unlink|\bremove|\bdelete|\bdrop|\bkill|terminate|truncate|destroy|flush", code)
        else StepKind.CHANGE
    )
    if MASK_LETTER in code:
        code = code.replace(MASK_LETTER, "x")
    try:
        tree = ast.parse(code.strip())
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return destroys
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                if not all(name.name in PYTHON_MODULES for name in names):
                    return destroys
            case ast.ImportFrom(module=module):
                if module not in PYTHON_MODULES:
                    return destroys
            case ast.Name(id=name):
                if name in PYTHON_NEVER or name.startswith("__"):
                    return destroys
            case ast.Attribute(attr=name):
                if (name in PYTHON_NEVER and name != "write") or name.startswith("__"):
                    return destroys
                if name == "write" and not (
                    isinstance(node.value, ast.Attribute) and node.value.attr in ("stdout", "stderr")
                ):
                    return destroys
            case ast.Call(func=ast.Name(id=name)) if name not in PYTHON_CALLS and name not in _list_defined_names(tree):
                return destroys
    return StepKind.READ


def _list_defined_names(tree: ast.Module) -> frozenset[str]:
    return frozenset(
        (
            *(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)),
            *(
                alias.asname or alias.name
                for node in ast.walk(tree)
                if isinstance(node, ast.ImportFrom)
                for alias in node.names
            ),
        )
    )


PYTHON_MODULE_KINDS = {
    "json.tool": StepKind.READ,
    "platform": StepKind.READ,
    "this": StepKind.READ,
    "http.server": StepKind.LOCAL,
    "venv": StepKind.LOCAL,
    "site": StepKind.READ,
    "sysconfig": StepKind.READ,
    "tabulate": StepKind.READ,
}


def _judge_python(command: Special) -> SpecialJudgement:
    rest = list(command.arguments)
    while rest and rest[0].startswith("-") and rest[0] != "-":
        flag = rest.pop(0)
        if flag in ("-V", "--version", "-VV"):
            return READ
        if flag.startswith("-") and flag.endswith("c") and len(flag) < 4:
            return SpecialJudgement(judge_python(rest[0]) if rest else StepKind.CHANGE)
        if flag.endswith("m") and len(flag) < 4 and rest:
            module = rest[0]
            if module == "pip":
                return SpecialJudgement(StepKind.READ, argv=("pip", *rest[1:]))
            if module in ("json.tool",) and len([word for word in rest[1:] if not word.startswith("-")]) > 1:
                return CHANGE
            if module in PYTHON_MODULE_KINDS:
                return SpecialJudgement(PYTHON_MODULE_KINDS[module])
            return SpecialJudgement(StepKind.READ, argv=(f"python-module-{module}", *rest[1:]))
        if flag in ("-W", "-X"):
            rest[:1] = []
    if rest and rest[0] != "-":
        name = rest[0].rsplit("/", 1)[-1]
        return SpecialJudgement(StepKind.READ, argv=(name if name == "manage.py" else f"./{rest[0]}", *rest[1:]))
    if command.stdin_source == "text":
        return SpecialJudgement(judge_python(command.stdin_text))
    return DANGER if command.stdin_source == "remote" else CHANGE


def _other_language(command: Special) -> SpecialJudgement:
    if command.arguments[:1] in (("--version",), ("-v",), ("-V",), ("-version",)) and len(command.arguments) == 1:
        return READ
    if command.stdin_source == "remote":
        return DANGER
    destroys = any(names_danger(word) for word in " ".join(command.arguments).split()[:40])
    return DANGER if destroys else CHANGE


# Databases


def _sql_client(
    sql_flags: Sequence[str], file_flags: Sequence[str], *, positional_sql: bool = False
) -> Callable[[Special], SpecialJudgement]:
    def judge(command: Special) -> SpecialJudgement:
        if command.tool is None:
            return CHANGE
        parsed = parse_arguments(command.tool, command.arguments)
        dialect = SQL_DIALECTS.get(command.name, "")
        texts = [value for name, value in parsed.flags if name in sql_flags]
        if positional_sql:
            texts.extend(parsed.positionals[1:])
        kinds = [judge_sql(text, dialect) for text in texts]
        names = {name for name, _ in parsed.flags}
        if names & set(file_flags):
            kinds.append(StepKind.DANGER)  # nobody sees what is in the file
        for name, value in parsed.flags:
            if name in ("-o", "--output", "-L", "--log-file") and command.name in ("psql", "sqlcmd"):
                kinds.append(judge_written_file(value, ">", from_tool=True))
        if not kinds or (names & set(file_flags) and not texts):
            kinds.extend(_fed_sql(command, dialect, names))
        elif command.stdin_source in ("file", "program", "remote") and not texts:
            kinds.append(StepKind.DANGER)
        if parsed.unknown_flags:
            kinds.append(StepKind.CHANGE)
        return SpecialJudgement(find_worst_kind(*kinds))

    return judge


def _fed_sql(command: Special, dialect: str, names: set[str]) -> list[StepKind]:
    if command.stdin_source == "text":
        return [judge_sql(command.stdin_text, dialect)]
    if command.stdin_source != "none":
        return [StepKind.DANGER]
    looks = {"-l", "--list", "-V", "--version", "-version"}
    return [StepKind.READ if (names & looks and command.name != "mysql") or names & {"--version"} else StepKind.CHANGE]


def _judge_redis(command: Special) -> SpecialJudgement:
    judged = by_table(command).kind
    if command.tool is None:
        return CHANGE
    parsed = parse_arguments(command.tool, command.arguments)
    lines = command.stdin_text.splitlines() if command.stdin_source == "text" and not parsed.positionals else []
    if lines:
        return SpecialJudgement(
            find_worst_kind(
                *(by_table(replace(command, arguments=tuple(line.split()))).kind for line in lines if line.strip())
            )
        )
    if not parsed.positionals and command.stdin_source in ("file", "program", "remote"):
        return DANGER
    return SpecialJudgement(judged)


def _judge_mongo(command: Special) -> SpecialJudgement:
    parsed = parse_arguments(MONGO, command.arguments)
    scripts = [value for name, value in parsed.flags if name == "--eval"]
    kinds = [judge_mongo(script) for script in scripts]
    if any(name in ("--file", "-f") for name, _ in parsed.flags) or any(
        word.endswith(".js") for word in parsed.positionals
    ):
        kinds.append(StepKind.DANGER)
    if not kinds:
        if any(name == "--version" for name, _ in parsed.flags):
            return READ
        kinds = [
            judge_mongo(command.stdin_text)
            if command.stdin_source == "text"
            else StepKind.DANGER
            if command.stdin_source != "none"
            else StepKind.CHANGE
        ]
    return SpecialJudgement(find_worst_kind(*kinds, StepKind.CHANGE if parsed.unknown_flags else StepKind.READ))


# Commands within commands of containers and clouds


def _judge_kubectl(command: Special) -> SpecialJudgement:
    if command.tool is None:
        return CHANGE
    before = list(command.arguments)
    after: tuple[str, ...] | None = None
    if "--" in before:
        place = before.index("--")
        before, after = before[:place], tuple(before[place + 1 :])
    parsed = parse_arguments(
        command.tool, [word for word in before if word not in ("-i", "-t", "-it", "-ti", "--stdin", "--tty", "--rm")]
    )
    verb = parsed.positionals[:1]
    if verb in (("exec",), ("rsh",)):
        if after is None:
            after = parsed.positionals[2:]
        if not after:  # a session
            return SpecialJudgement(StepKind.CHANGE)
        return SpecialJudgement(StepKind.READ, argv=after, elsewhere=True, stdin=True)
    if verb in (("run",), ("debug",)) and after:
        return SpecialJudgement(StepKind.CHANGE, argv=after, elsewhere=True, stdin=True)
    if verb == ("replace",) and "--raw" in before:
        return DANGER
    if verb == ("get",) and any(name == "--raw" for name, _ in parsed.flags):
        return READ
    if after:
        return SpecialJudgement(find_worst_kind(by_table(command).kind, StepKind.CHANGE))
    return by_table(command)


def _judge_docker(command: Special) -> SpecialJudgement:
    if command.tool is None:
        return CHANGE
    parsed = parse_arguments(command.tool, command.arguments)
    parts = list(command.arguments)
    verb = next((word for word in parsed.positionals if word not in ("container",)), "")
    if verb == "compose":
        rest = parts[parts.index("compose") + 1 :]
        return SpecialJudgement(StepKind.READ, argv=("docker-compose", *rest), stdin=True)
    if verb == "exec":
        return _exec_in_container(
            parts[parts.index("exec") + 1 :],
            "uwe",
            ("--user", "--workdir", "--env", "--env-file", "--detach-keys", "--index"),
        )
    return by_table(command)


def _judge_compose(command: Special) -> SpecialJudgement:
    parts = list(command.arguments)
    if command.tool is not None:
        parsed = parse_arguments(command.tool, parts)
        if parsed.positionals[:1] == ("exec",):
            return _exec_in_container(
                parts[parts.index("exec") + 1 :], "uwe", ("--user", "--workdir", "--env", "--index")
            )
    return by_table(command)


def _exec_in_container(parts: Sequence[str], values: str, long_values: Sequence[str]) -> SpecialJudgement:
    rest = skip_flags(parts, values, long_values)
    if len(rest) < 2:
        return CHANGE
    return SpecialJudgement(StepKind.READ, argv=tuple(rest[1:]), elsewhere=True, stdin=True)


def _judge_az(command: Special) -> SpecialJudgement:
    parts = command.arguments
    flags = _flag_values(parts)
    if parts[:1] == ("rest",):
        method = flags.get("--method", flags.get("-m", "get"))
        return SpecialJudgement(
            find_worst_kind(judge_request(method, flags.get("--url", flags.get("--uri", flags.get("-u", "")))))
        )
    if parts[:2] in (("containerapp", "exec"), ("container", "exec")):
        inner = flags.get("--command", flags.get("--exec-command", ""))
        if not inner or inner in ("bash", "sh", "/bin/bash", "/bin/sh"):
            return SpecialJudgement(StepKind.CHANGE)
        return SpecialJudgement(StepKind.READ, script=inner, elsewhere=True)
    if parts[:3] in (("vm", "run-command", "invoke"), ("vmss", "run-command", "invoke"), ("aks", "command", "invoke")):
        script = flags.get("--scripts", flags.get("--command", flags.get("-c", "")))
        if script.startswith("@") or not script:
            return CHANGE
        return SpecialJudgement(StepKind.CHANGE, script=script, elsewhere=True)
    judged = by_table(command)
    # What it writes to a file of this machine.
    target = flags.get("--file", flags.get("-f", ""))
    if judged.kind is StepKind.LOCAL and target.startswith("/") and not is_scratch(target):
        return CHANGE
    return judged


def _judge_gh(command: Special) -> SpecialJudgement:
    parts = list(command.arguments)
    if parts[:1] != ["api"]:
        runs = parts[:2] == ["workflow", "run"] and any(names_danger(word) for word in parts[2:3])
        return DANGER if runs else by_table(command)
    flags = _flag_values(parts)
    fields = any(word.startswith(("-f", "-F", "--field", "--raw-field", "--input")) for word in parts)
    method = flags.get("-X", flags.get("--method", ""))
    joined = next((word[2:] for word in parts if word.startswith("-X") and len(word) > 2), "")
    url = next((word for word in parts[1:] if not word.startswith("-")), "")
    if "graphql" in parts:
        query = " ".join(parts)
        return (
            DANGER
            if "mutation" in query and names_danger(query)
            else CHANGE
            if "mutation" in query or MASK_LETTER in query or "@" in query
            else READ
        )
    method = method or joined or ("POST" if fields else "GET")
    return SpecialJudgement(judge_request(method, url) if MASK_LETTER not in method else StepKind.CHANGE)


def _judge_aws(command: Special) -> SpecialJudgement:
    judged = by_table(command)
    flags = _flag_values(command.arguments)
    if "execute-command" in command.arguments and flags.get("--command"):
        return SpecialJudgement(StepKind.READ, script=flags["--command"], elsewhere=True)
    parts = command.arguments
    if "s3" in parts and "cp" in parts and judged.kind is StepKind.CHANGE:
        places = [word for word in parts[parts.index("cp") + 1 :] if not word.startswith("-")][:2]
        if len(places) == 2 and places[0].startswith("s3://") and not places[1].startswith("s3://"):
            return SpecialJudgement(judge_written_file(places[1], ">", from_tool=True))
    return judged


def _flag_values(parts: Sequence[str]) -> dict[str, str]:
    """The word behind each flag, or behind its `=`."""
    values: dict[str, str] = {}
    for place, word in enumerate(parts):
        if word.startswith("-"):
            name, joined, value = word.partition("=")
            values[name] = value if joined else (parts[place + 1] if place + 1 < len(parts) else "")
    return values


def _judge_git(command: Special) -> SpecialJudgement:
    if command.tool is None:
        return CHANGE
    parsed = parse_arguments(command.tool, command.arguments)
    verb, rest = (parsed.positionals[0], parsed.positionals[1:]) if parsed.positionals else ("", ())
    names = {name for name, _ in parsed.flags}
    table = by_table(command).kind
    if verb == "push" and any(word.startswith((":", "+")) for word in rest):
        return DANGER
    if verb in ("fetch", "pull") and any(
        ":" in word and "/" in word and "://" not in word and "@" not in word for word in rest
    ):
        return SpecialJudgement(find_worst_kind(table, StepKind.CHANGE))
    if verb in ("checkout", "switch") and table is not StepKind.DANGER:
        creates = names & {"-b", "-c", "--create", "--orphan"}
        if "--" in command.arguments or "." in rest or (len(rest) > 1 and not creates) or names & {"-p", "--patch"}:
            return DANGER  # files here are written over
        if rest and re.search(r"\.[A-Za-z]{1,6}$|^\./|\*", rest[0]) and not creates:
            return DANGER
        unknown = set(parsed.unknown_flags) - {"-b", "-c", "--create", "--track", "-t", "--detach", "--orphan", "-q"}
        return CHANGE if unknown else LOCAL
    if verb in ("branch", "tag") and not rest:
        lists = {
            "-a",
            "-r",
            "-v",
            "-vv",
            "--list",
            "-l",
            "--all",
            "--remotes",
            "--show-current",
            "--contains",
            "--merged",
            "--no-merged",
            "-n",
            "--sort",
            "--points-at",
            "--format",
        }
        return READ if names <= lists else SpecialJudgement(find_worst_kind(table, StepKind.CHANGE))
    if (
        verb in ("branch", "tag")
        and names & {"--list", "-l", "--contains", "--merged", "--no-merged"}
        and table is not StepKind.DANGER
    ):
        return READ
    if verb == "config" and len(rest) == 1 and not names - {"--global", "--local", "--system", "--show-origin"}:
        return READ
    if verb in ("remote", "stash", "reflog", "worktree") and len(rest) == 0 and verb == "remote":
        return READ if names <= {"-v", "--verbose"} else CHANGE
    return SpecialJudgement(table)


ANSIBLE_READS = frozenset(
    ("ping", "setup", "gather_facts", "win_ping", "stat", "find", "slurp", "debug", "service_facts", "package_facts")
)


def _judge_ansible(command: Special) -> SpecialJudgement:
    flags = _flag_values(command.arguments)
    module = flags.get("-m", flags.get("--module-name", "command")).rsplit(".", 1)[-1]
    if "--list-hosts" in command.arguments or "--version" in command.arguments or module in ANSIBLE_READS:
        return READ
    text = flags.get("-a", flags.get("--args", ""))
    if module in ("command", "shell", "raw", "win_shell", "win_command") and text:
        return SpecialJudgement(StepKind.READ, script=text, elsewhere=True)
    return DANGER if names_danger(text) else CHANGE


def _runs_with(verb: str, values: str = "p", long_values: Sequence[str] = ()) -> Callable[[Special], SpecialJudgement]:
    """`uv run x`: another command; anything else is judged by the table."""
    also = (
        "--with",
        "--python",
        "--project",
        "--directory",
        "--env-file",
        "--extra",
        "--group",
        "--package",
        *long_values,
    )

    def judge(command: Special) -> SpecialJudgement:
        if command.arguments[:1] == (verb,):
            rest = skip_flags(command.arguments[1:], values, also)
            if rest and rest[0].endswith(".py"):
                rest = ["python", *rest]
            return SpecialJudgement(StepKind.READ if rest else StepKind.CHANGE, argv=tuple(rest), stdin=True)
        return by_table(command)

    return judge


def _judge_source(command: Special) -> SpecialJudgement:
    return CHANGE  # what is in the file runs here


def _judge_dd(command: Special) -> SpecialJudgement:
    targets = [word[3:] for word in command.arguments if word.startswith("of=")]
    return READ if targets == ["/dev/null"] else DANGER


def _judge_sysctl(command: Special) -> SpecialJudgement:
    return CHANGE if any("=" in word for word in command.arguments) else by_table(command)


def _judge_less(command: Special) -> SpecialJudgement:
    return CHANGE if any(word.startswith("+") and "!" in word for word in command.arguments) else by_table(command)


SPECIAL: dict[str, Callable[[Special], SpecialJudgement]] = {
    "curl": _judge_curl,
    "wget": _judge_wget,
    "http": _judge_httpie,
    "https": _judge_httpie,
    "xh": _judge_httpie,
    "find": _judge_find,
    "gfind": _judge_find,
    "sed": _judge_sed,
    "gsed": _judge_sed,
    "awk": _judge_awk,
    "gawk": _judge_awk,
    "mawk": _judge_awk,
    "tee": _judge_tee,
    "sort": _writes_output_flag("-o", "--output"),
    "python": _judge_python,
    "python2": _judge_python,
    "python3": _judge_python,
    "node": _other_language,
    "perl": _other_language,
    "ruby": _other_language,
    "php": _other_language,
    "psql": _sql_client(("-c", "--command"), ("-f", "--file")),
    "pgcli": _sql_client(("-c", "--command", "-e", "--execute"), ("-f", "--file")),
    "cockroach": _sql_client(("-e", "--execute"), ("-f", "--file")),
    "mysql": _sql_client(("-e", "--execute", "--init-command"), ()),
    "mariadb": _sql_client(("-e", "--execute", "--init-command"), ()),
    "sqlcmd": _sql_client(("-Q", "-q"), ("-i",)),
    "sqlite3": _sql_client(("-cmd",), ("-init",), positional_sql=True),
    "clickhouse-client": _sql_client(("-q", "--query"), ()),
    "cqlsh": _sql_client(("-e", "--execute"), ("-f", "--file")),
    "duckdb": _sql_client(("-c",), (), positional_sql=True),
    "trino": _sql_client(("-e", "--execute"), ("-f", "--file")),
    "presto": _sql_client(("-e", "--execute"), ("-f", "--file")),
    "redis-cli": _judge_redis,
    "valkey-cli": _judge_redis,
    "keydb-cli": _judge_redis,
    "mongosh": _judge_mongo,
    "mongo": _judge_mongo,
    "kubectl": _judge_kubectl,
    "oc": _judge_kubectl,
    "k": _judge_kubectl,
    "docker": _judge_docker,
    "podman": _judge_docker,
    "nerdctl": _judge_docker,
    "docker-compose": _judge_compose,
    "podman-compose": _judge_compose,
    "az": _judge_az,
    "gh": _judge_gh,
    "aws": _judge_aws,
    "git": _judge_git,
    "ansible": _judge_ansible,
    "uv": _runs_with("run"),
    "poetry": _runs_with("run"),
    "bundle": _runs_with("exec"),
    "conda": _runs_with("run", "n"),
    "source": _judge_source,
    ".": _judge_source,
    "dd": _judge_dd,
    "sysctl": _judge_sysctl,
    "less": _judge_less,
}

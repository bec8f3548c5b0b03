"""The kind of a whole text: its tree, each simple command, what wraps it, what it is fed, what it writes.

A program in `SPECIAL` is judged by its function, any other by its table in `data/*.toml` (see `tables.py`); most
functions ask the table, too.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from cockpit.model.runbook import StepKind
from cockpit.runbooks.command_kinds.databases import judge_mongo_command, judge_redis, make_sql_client_judge
from cockpit.runbooks.command_kinds.hijacking import hijacks_otherwise, is_hijacked
from cockpit.runbooks.command_kinds.languages import (
    judge_awk,
    judge_dd,
    judge_find,
    judge_less,
    judge_other_language,
    judge_python_command,
    judge_sed,
    judge_source,
    judge_sysctl,
    judge_tee,
    judge_view,
    make_output_flag_judge,
)
from cockpit.runbooks.command_kinds.operations_tools import (
    judge_ansible,
    judge_aws,
    judge_az,
    judge_compose,
    judge_docker,
    judge_gh,
    judge_git,
    judge_kubectl,
    make_runner_judge,
)
from cockpit.runbooks.command_kinds.requests import judge_curl, judge_httpie, judge_wget
from cockpit.runbooks.command_kinds.special import Special, SpecialJudgement, find_worst_kind
from cockpit.runbooks.command_kinds.tables import (
    CommandTool,
    find_tool,
    judge_tool,
    load_danger_words,
    load_tools,
    names_danger,
)
from cockpit.runbooks.command_kinds.targets import is_scratch, judge_written_file
from cockpit.runbooks.command_kinds.wrappers import WRAPPERS, Unwrapped
from cockpit.runbooks.shell_syntax import (
    MASK_LETTER,
    ExpansionKind,
    ShellDocument,
    ShellStatement,
    SimpleCommand,
    parse_shell,
)

LONGEST = 20_000  # letters; nobody reads a longer command before confirming it
DEEPEST = 6  # shells in shells
SHELLS = frozenset(("sh", "bash", "dash", "zsh", "ksh", "ash", "rbash"))
FETCHERS = frozenset(("curl", "wget", "http", "xh", "fetch"))
RUNS_CODE = SHELLS | {"eval", "source", ".", "python", "python3", "node", "perl", "ruby", "php"}
SYSTEM_FOLDERS = ("/bin/", "/sbin/", "/usr/bin/", "/usr/sbin/", "/usr/local/bin/", "/usr/local/sbin/", "/snap/bin/")
TEXT_TOOLS = frozenset(
    (
        "cat",
        "echo",
        "printf",
        "head",
        "tail",
        "grep",
        "egrep",
        "sed",
        "awk",
        "sort",
        "uniq",
        "cut",
        "tr",
        "tac",
        "yes",
        "base64",
    )
)


def knows_program(name: str) -> bool:
    """True for a program that some table or rule here knows by its name."""
    return name in SHELLS or name in WRAPPERS or name in SPECIAL or find_tool(name, load_tools()) is not None


@dataclass(frozen=True, slots=True)
class JudgeContext:
    """What the commands of one text share: its functions, the tools that are known, how deep we are in shells."""

    tools: Mapping[str, CommandTool]
    functions: frozenset[str] = frozenset()
    depth: int = 0

    @property
    def deeper(self) -> "JudgeContext":
        """The same in a command that another one runs."""
        return replace(self, depth=self.depth + 1)


def judge_shell(text: str, masked: Sequence[tuple[int, int]] = (), context: JudgeContext | None = None) -> StepKind:
    """The kind of a bash text: that of its worst part. What does not parse is at least a change."""
    context = context or JudgeContext(load_tools())
    if len(text) > LONGEST or context.depth > DEEPEST:
        return StepKind.DANGER
    document = parse_shell(text, "bash", masked=masked)
    if document.errors:
        return find_worst_kind(StepKind.CHANGE, *_judge_document(document, context), _judge_words_of(text))
    kinds = _judge_document(document, context)
    return find_worst_kind(*kinds) if kinds else StepKind.CHANGE


def _judge_words_of(text: str) -> StepKind:
    """The kind of words that are in no tree: any of them may run."""
    return StepKind.DANGER if any(names_danger(word) for word in text.split()) else StepKind.CHANGE


def _judge_document(document: ShellDocument, context: JudgeContext) -> list[StepKind]:
    if any(statement.functions for statement in document.statements):
        functions = frozenset(name for statement in document.statements for name in statement.functions)
        context = replace(context, functions=context.functions | functions)
    kinds = [
        _judge_command(statement, command, place, context)
        for statement in document.statements
        for place, command in enumerate(statement.commands)
    ]
    return [*kinds, StepKind.CHANGE] if any(map(hijacks_otherwise, document.statements)) else kinds


def _judge_command(statement: ShellStatement, command: SimpleCommand, place: int, context: JudgeContext) -> StepKind:
    kinds = [StepKind.READ]
    argv = [word.template for word in command.words]
    stdin = _read_stdin(statement, command) if command.redirects or command.input_from else NOTHING_READ
    if argv:
        kinds.append(judge_argv(argv, stdin, context, last=place == len(statement.commands) - 1))
        kinds.append(_judge_fetched_code(statement, command, argv))
    if command.assignments and is_hijacked(command):
        kinds.append(StepKind.CHANGE)  # another program may answer to the name
    for redirect in command.redirects:
        if redirect.writes and redirect.target is not None:
            over_input = redirect.target.template in argv  # `jq . f > f` empties what it reads
            from_tool = bool(argv) and argv[0] not in TEXT_TOOLS and not over_input
            path = redirect.target.template
            if not path.startswith(MASK_LETTER):
                kinds.append(judge_written_file(path, redirect.operator, from_tool=from_tool))
            elif redirect.target.expansions and redirect.target.expansions[0].kind is ExpansionKind.PROCESS:
                continue  # its command is judged by itself
            elif redirect.target.raw.startswith(("$TMPDIR/", "${TMPDIR}/")):
                kinds.append(StepKind.LOCAL)
            else:
                kinds.append(StepKind.CHANGE)  # somewhere
    return find_worst_kind(*kinds)


def _judge_fetched_code(statement: ShellStatement, command: SimpleCommand, argv: Sequence[str]) -> StepKind:
    """`bash <(curl ...)`, `sh -c "$(curl ...)"`: code that nobody here has read."""
    if RUNS_CODE.isdisjoint(argv):
        return StepKind.READ
    spans = [(expansion.start, expansion.end) for word in command.words for expansion in word.expansions]
    inner = [
        other.words[0].template
        for other in statement.commands
        if other.words and any(start < other.start and other.end <= end for start, end in spans)
    ]
    return StepKind.DANGER if FETCHERS.intersection(inner) else StepKind.READ


# What a command reads


class StdinSource(StrEnum):
    NONE = "none"
    TEXT = "text"  # it is written in the command itself
    FILE = "file"
    PROGRAM = "program"
    REMOTE = "remote"  # fetched from somewhere


@dataclass(frozen=True, slots=True)
class CommandStdin:
    source: StdinSource = StdinSource.NONE
    text: str = ""


NOTHING_READ = CommandStdin()


def _read_stdin(statement: ShellStatement, command: SimpleCommand) -> CommandStdin:
    for redirect in reversed(command.redirects):
        if redirect.inline_input is not None:
            return CommandStdin(StdinSource.TEXT, redirect.inline_input.template)
        if redirect.operator == "<" and redirect.descriptor in ("", "0"):
            if redirect.target is not None and redirect.target.raw == "/dev/null":
                return CommandStdin()
            return CommandStdin(StdinSource.FILE)
    producers = list(statement.pipeline_inputs(command))
    if not producers:
        return CommandStdin()
    texts: list[str] = []
    for producer in producers:
        argv = [word.template for word in producer.words]
        if argv and argv[0] in FETCHERS:
            return CommandStdin(StdinSource.REMOTE)
        if argv[:1] in (["echo"], ["printf"]):
            texts.append(" ".join(word for word in argv[1:] if word not in ("-n", "-e", "-ne", "-en")))
        elif argv == ["cat"] and (inner := _read_stdin(statement, producer)).source is StdinSource.TEXT:
            texts.append(inner.text)
        else:
            source = _read_stdin(statement, producer).source
            return CommandStdin(StdinSource.REMOTE if source is StdinSource.REMOTE else StdinSource.PROGRAM)
    return CommandStdin(StdinSource.TEXT, "\n".join(texts).replace("\\n", "\n"))


# One command


def judge_argv(argv: Sequence[str], stdin: CommandStdin, context: JudgeContext, *, last: bool = True) -> StepKind:
    """The kind of a command by its words as it gets them; a MASK_LETTER stands for what is only known when it runs."""
    if context.depth > DEEPEST:
        return StepKind.DANGER
    if not argv:
        return StepKind.READ
    name = argv[0]
    if name in context.functions:
        return StepKind.READ  # what it does is judged where it is defined
    if MASK_LETTER in name:
        return find_worst_kind(StepKind.CHANGE, _judge_unknown(argv[1:]))
    if name.startswith("/"):
        for folder in SYSTEM_FOLDERS:
            if name.startswith(folder):
                name = name.removeprefix(folder)
    if name == "cd":  # a visit; where it stands alone it moves what follows
        return StepKind.READ if not last else StepKind.LOCAL
    if name in WRAPPERS:
        return _judge_wrapped(WRAPPERS[name](argv[1:]), stdin, context.deeper)
    if name in SHELLS:
        return _judge_inner_shell(argv[1:], stdin, context.deeper)
    special = SPECIAL.get(name)
    if special is not None:
        tool = find_tool(name, context.tools)
        judged = special(Special(name, tuple(argv[1:]), stdin.source.value, stdin.text, tool))
        if judged.argv:  # it runs another
            outer = judge_argv(judged.argv, judged_stdin(judged.stdin, stdin), context.deeper)
            return find_worst_kind(judged.kind, _judge_place(outer, judged.elsewhere))
        if judged.script is not None:
            outer = judge_shell(judged.script, (), context.deeper)
            return find_worst_kind(judged.kind, _judge_place(outer, judged.elsewhere))
        return judged.kind
    if len(argv) > 1 and (pair := context.tools.get(f"{name} {argv[1]}")):
        return judge_tool(pair, argv[2:], is_scratch=is_scratch)
    tool = find_tool(name, context.tools)
    if tool is not None:
        return judge_tool(tool, argv[1:], is_scratch=is_scratch)
    return _judge_unknown(argv)


def judged_stdin(passes: bool, stdin: CommandStdin) -> CommandStdin:
    return stdin if passes else CommandStdin()


def _judge_place(kind: StepKind, elsewhere: bool) -> StepKind:
    """What changes only this machine is a change where it runs on another, or as somebody else."""
    return StepKind.CHANGE if elsewhere and kind is StepKind.LOCAL else kind


def _judge_unknown(argv: Sequence[str]) -> StepKind:
    """A program or a script that no table knows: a change, or a danger by the words it goes by."""
    if not argv:
        return StepKind.CHANGE
    program = argv[0].rsplit("/", 1)[-1].rsplit("\\", 1)[-1]
    stem = program.rsplit(".", 1)[0]
    first = stem.replace("_", "-").split("-")[0].casefold()
    joined = any(part in ("and", "then", "or") for part in stem.replace("_", "-").casefold().split("-"))
    about = first in load_danger_words().looks and not joined  # verify-rollback.ps1 is no rollback, and still unknown
    names = [program] if not about else []
    return (
        StepKind.DANGER
        if any(names_danger(word) for word in (*names, *argv[1:6])) or ("deploy-new" in stem)
        else StepKind.CHANGE
    )


def _judge_wrapped(unwrapped: Unwrapped, stdin: CommandStdin, context: JudgeContext) -> StepKind:
    kind = unwrapped.kind
    if unwrapped.script is not None:
        kind = find_worst_kind(kind, _judge_place(judge_shell(unwrapped.script, (), context), unwrapped.elsewhere))
    if unwrapped.argv:
        inner = judge_argv(unwrapped.argv, stdin if unwrapped.keeps_stdin else CommandStdin(), context)
        kind = find_worst_kind(kind, _judge_place(inner, unwrapped.elsewhere))
    elif unwrapped.script is None and unwrapped.feeds_shell:
        kind = find_worst_kind(kind, _judge_fed_shell(stdin, context))
    return kind


def _judge_inner_shell(arguments: Sequence[str], stdin: CommandStdin, context: JudgeContext) -> StepKind:
    """`bash -c "..."`, `bash script.sh`, `bash <<EOF`, `... | bash`."""
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        if word.startswith("-") and not word.startswith("--") and "c" in word[1:]:
            while rest and rest[0] in ("--", "-e", "-x", "-u", "-l"):
                rest.pop(0)
            if not rest or rest[0] == MASK_LETTER:
                return StepKind.CHANGE
            return judge_shell(rest[0], (), context)
        if word in ("-o", "+o", "-O", "+O", "--rcfile", "--init-file"):
            rest[:1] = []
        elif word in ("-s", "-", "--"):
            break
        elif word == "--version" or word == "-n":
            return StepKind.READ
        elif not word.startswith(("-", "+")):
            return _judge_unknown([word, *rest])
    return _judge_fed_shell(stdin, context)


def _judge_fed_shell(stdin: CommandStdin, context: JudgeContext) -> StepKind:
    match stdin.source:
        case StdinSource.TEXT:
            return judge_shell(stdin.text, (), context)
        case StdinSource.REMOTE:
            return StepKind.DANGER  # code that nobody here has read
        case _:
            return StepKind.CHANGE


SPECIAL: dict[str, Callable[[Special], SpecialJudgement]] = {
    "curl": judge_curl,
    "wget": judge_wget,
    "http": judge_httpie,
    "https": judge_httpie,
    "xh": judge_httpie,
    "find": judge_find,
    "gfind": judge_find,
    "sed": judge_sed,
    "gsed": judge_sed,
    "awk": judge_awk,
    "gawk": judge_awk,
    "mawk": judge_awk,
    "tee": judge_tee,
    "sort": make_output_flag_judge("-o", "--output"),
    "python": judge_python_command,
    "python2": judge_python_command,
    "python3": judge_python_command,
    "node": judge_other_language,
    "perl": judge_other_language,
    "ruby": judge_other_language,
    "php": judge_other_language,
    "psql": make_sql_client_judge(("-c", "--command"), ("-f", "--file")),
    "pgcli": make_sql_client_judge(("-c", "--command", "-e", "--execute"), ("-f", "--file")),
    "cockroach": make_sql_client_judge(("-e", "--execute"), ("-f", "--file")),
    "mysql": make_sql_client_judge(("-e", "--execute", "--init-command"), ()),
    "mariadb": make_sql_client_judge(("-e", "--execute", "--init-command"), ()),
    "sqlcmd": make_sql_client_judge(("-Q", "-q"), ("-i",)),
    "sqlite3": make_sql_client_judge(("-cmd",), ("-init",), positional_sql=True),
    "clickhouse-client": make_sql_client_judge(("-q", "--query"), ()),
    "cqlsh": make_sql_client_judge(("-e", "--execute"), ("-f", "--file")),
    "duckdb": make_sql_client_judge(("-c",), (), positional_sql=True),
    "trino": make_sql_client_judge(("-e", "--execute"), ("-f", "--file")),
    "presto": make_sql_client_judge(("-e", "--execute"), ("-f", "--file")),
    "redis-cli": judge_redis,
    "valkey-cli": judge_redis,
    "keydb-cli": judge_redis,
    "mongosh": judge_mongo_command,
    "mongo": judge_mongo_command,
    "kubectl": judge_kubectl,
    "oc": judge_kubectl,
    "k": judge_kubectl,
    "docker": judge_docker,
    "podman": judge_docker,
    "nerdctl": judge_docker,
    "docker-compose": judge_compose,
    "podman-compose": judge_compose,
    "az": judge_az,
    "gh": judge_gh,
    "aws": judge_aws,
    "git": judge_git,
    "ansible": judge_ansible,
    "uv": make_runner_judge("run"),
    "poetry": make_runner_judge("run"),
    "bundle": make_runner_judge("exec"),
    "conda": make_runner_judge("run", "n"),
    "source": judge_source,
    ".": judge_source,
    "dd": judge_dd,
    "sysctl": judge_sysctl,
    "less": judge_less,
    "view": judge_view,
}

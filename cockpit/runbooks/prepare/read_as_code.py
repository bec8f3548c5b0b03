"""Which values of a command are read as code: by who gets them, by one further on, or by bash once more."""

import re
from collections.abc import Iterator, Mapping, Sequence

from cockpit.runbooks.shell_syntax import (
    ExpansionKind,
    ShellDocument,
    ShellStatement,
    SimpleCommand,
    parse_shell,
)
from cockpit.runbooks.types import KeptVariable

# Commands whose arguments are programs for somebody else. A value in one could become part of the program.

ALWAYS = frozenset(
    (
        *("eval", "let", "declare", "typeset", "local", "unset", "read", "mapfile", "source", ".", "trap", "alias"),
        *("ssh", "su", "watch", "xargs", "parallel", "awk", "gawk", "mawk", "sed", "perl", "at", "batch"),
        *("mosh", "plink", "rsh", "pssh", "parallel-ssh", "pdsh", "clush", "dsh", "ansible", "ansible-playbook"),
        *("salt", "salt-ssh", "tmux", "screen", "expect", "make", "gmake", "just"),  # make puts it into a recipe
    )
)
INTERPRETERS = frozenset(
    (
        *("sh", "bash", "dash", "zsh", "ksh", "fish", "busybox", "python", "python2", "python3"),
        *("ruby", "node", "php", "pwsh", "lua", "luajit", "Rscript", "osascript", "deno", "bun", "groovy", "scala"),
        *("tclsh", "elixir", "iex", "erl", "ts-node", "tsx", "irb", "julia", "rails", "django-admin", "manage.py"),
        *("gdb", "lldb", "vi", "vim", "nvim", "ex", "ed", "emacs", "gnuplot", "flock", "script", "runuser", "vagrant"),
    )
)
PROGRAM_FLAG = re.compile(r"-[A-Za-z]*[ce]|-Command|-ex|-eval|--(?:eval|command|execute)(?:=.*)?|runner|rpc", re.DOTALL)
FLAGS_OF_ONE = {"php": frozenset({"-r"}), "node": frozenset({"-p", "--print"}), "fish": frozenset({"-C"})}
IN_QUOTES = frozenset(
    (
        *("sqlcmd", "psql", "mysql", "mariadb", "sqlite3", "jq", "yq", "mongosh", "redis-cli", "gojq", "jaq", "dasel"),
        *("pgcli", "mycli", "litecli", "cockroach", "cqlsh", "duckdb", "trino", "presto", "clickhouse-client"),
        *("clickhouse", "mongo", "valkey-cli", "keydb-cli", "influx", "bq", "sqlplus", "snowsql", "usql", "isql"),
        *("beeline", "hive", "spark-sql", "impala-shell", "mysqlsh", "ksql", "cypher-shell"),
    )
)
QUOTED_PROGRAM = re.compile(
    r"""(?xs) \b(?:exec|invoke|run|ssh)\b.*\s--command\b | \s--(?:query|sql|statement|query-string)[\s=]
    | \srun-command\b    | \b(?:execute|send)-command\b | \bheroku\s+run\b | \badb\s+shell\b | \s(?:runner|rpc)\s"""
)
SUBSCRIPTS = re.compile(r"(?:\btest|\[|\bprintf)\s+-v\b")  # bash evaluates `name[...]` there
SPLITS = re.compile(r"\benv\s(?:.*\s)?(?:-[A-Za-z]*S|--split-string)")
READS_COMMANDS = (  # whatever they get as input
    IN_QUOTES - {"jq", "yq", "gojq", "jaq", "dasel"}
    | {
        "ssh",
        "xargs",
        "parallel",
        "source",
        ".",
        "crontab",
        "at",
        "batch",
        "ed",
        "nc",
        "ncat",
        "netcat",
        "socat",
        "telnet",
    }
)
# What bash computes with: a name there is read as a number, and `x[$(...)]` in that number is run.
COMPUTED = re.compile(
    r"""(?xs) \(\((?P<sum>.*?)\)\) | \[\[(?P<test>\s.*?\s)\]\] | \blet\s(?P<let>[^;|&\n]*)
    | \$\{\w+:(?![-=?+])(?P<part>[^}]*)\} | \w\[(?P<subscript>[^\]\n]*)\]"""
)
COMPARES = re.compile(r"\s-(?:eq|ne|lt|le|gt|ge|v)\s")
RUN_IN_NUMBERS = re.compile(r"\[[^\]]*[$`]")
LOOP_HEAD = re.compile(r"(?s)for\s+\w+\s+in\b.*?[;\n]\s*do\b")


def is_read_as_code(command: str, index: int, masked: Sequence[tuple[int, int]], *, quoted: bool) -> bool:
    """True when the value at `index` may be read again as code.

    `sh -c "... <x>"`, `ssh host rm <x>`, SQL; and what is handed on: `echo <x> | bash`, `psql <<< "<x>"`, and
    `n=<x>; [[ $n -gt 3 ]]`.
    """
    document = parse_shell(command, masked=masked)
    if document.errors:
        return _takes_code(command, quoted=quoted)
    statement = next((item for item in document.statements if item.start <= index < item.end), None)
    if statement is None:
        return False
    return _is_code_where_it_stands(command, statement, index, quoted=quoted) or _is_code_by_name(
        command, document, statement, index
    )


def is_computed_with(command: str, index: int) -> bool:
    """True where bash computes with what stands there, as in `$(( ))` and in `[[ $n -gt 3 ]]`."""
    return any(start <= index < end for start, end in _list_computed_spans(command))


def find_code_computed_with(command: str, shell: Mapping[str, KeptVariable]) -> str:
    """The variable of the run that bash computes with here, though its value would be run, `x[$(...)]`; "" for none."""
    spans = [command[start:end] for start, end in _list_computed_spans(command)]
    return next(
        (
            name
            for name, variable in shell.items()
            if any(RUN_IN_NUMBERS.search(text) for text in (variable.value, *(item for _, item in variable.items)))
            and any(re.search(rf"\b{re.escape(name)}\b", span) for span in spans)
        ),
        "",
    )


def _list_computed_spans(command: str) -> Iterator[tuple[int, int]]:
    for match in COMPUTED.finditer(command):
        if match["test"] is None or COMPARES.search(match["test"]):
            yield match.span()


def _is_code_by_name(command: str, document: ShellDocument, statement: ShellStatement, index: int) -> bool:
    """Whether the value at `index` goes into a variable, and that is read as code in the same command."""
    assignments = [assignment for item in document.statements for assignment in item.assignments]
    names = {assignment.name for assignment in assignments if assignment.start <= index < assignment.end}
    head = LOOP_HEAD.match(statement.text)
    if head is not None and index < statement.start + head.end():
        names.update(statement.sets)
    if not names:
        return False
    for _ in assignments:  # what is put into another variable is in that one, too
        names.update(
            assignment.name
            for assignment in assignments
            if assignment.value is not None
            and any(expansion.name in names for expansion in assignment.value.expansions)
        )
    named = re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(names)))})\b")
    if any(named.search(command, start, end) for start, end in _list_computed_spans(command)):
        return True
    return any(
        expansion.name in names
        and (
            expansion.operator in ("@", "!")
            or _is_code_where_it_stands(command, item, expansion.start, quoted=expansion.quoted)
        )
        for item in document.statements
        for expansion in item.expansions
        if expansion.kind is ExpansionKind.VARIABLE
    )


def _is_code_where_it_stands(command: str, statement: ShellStatement, index: int, *, quoted: bool) -> bool:
    holders = {number for number, simple in enumerate(statement.commands) if _holds(simple, index)}
    receivers = [simple for number in holders if not _reads_inline(simple := statement.commands[number], index)]
    if any(_takes_code(_cut_command(command, simple), quoted=quoted) for simple in receivers):
        return True
    return any(_runs_what_it_reads(simple) for simple in _list_readers(statement, holders, index))


def _takes_code(segment: str, *, quoted: bool) -> bool:
    """True when a simple command's arguments are a program to somebody."""
    parts = {word.strip("\"'").rsplit("/", 1)[-1] for word in segment.split()}
    if parts & ALWAYS or SUBSCRIPTS.search(segment) or SPLITS.search(segment):
        return True
    if parts & INTERPRETERS and any(PROGRAM_FLAG.fullmatch(word) for word in segment.split()):
        return True
    if any(name in parts and flags.intersection(segment.split()) for name, flags in FLAGS_OF_ONE.items()):
        return True
    return quoted and bool(parts & IN_QUOTES or QUOTED_PROGRAM.search(segment))


def _cut_command(command: str, simple: SimpleCommand) -> str:
    """A simple command as written, and its words behind a redirection: `ssh host 2>&1 rm x`."""
    behind = (word.raw for word in simple.words if word.start >= simple.end)
    return " ".join((command[simple.start : simple.end], *behind))


def _holds(simple: SimpleCommand, index: int) -> bool:
    """Whether a position stands in a command, in its words behind a redirection, or in what it reads inline."""
    spans = [(simple.start, simple.end), *((word.start, word.end) for word in simple.words)]
    return any(start <= index < end for start, end in spans) or _reads_inline(simple, index)


def _reads_inline(simple: SimpleCommand, index: int) -> bool:
    targets = (redirect.inline_input for redirect in simple.redirects)
    return any(target is not None and target.start <= index < target.end for target in targets)


def _list_readers(statement: ShellStatement, holders: set[int], index: int) -> Iterator[SimpleCommand]:
    """The commands that a value at a position reaches as input: inline, by `<(...)`, or through pipes."""
    for number in holders:
        simple = statement.commands[number]
        processes = (e for word in simple.words for e in word.expansions if e.kind is ExpansionKind.PROCESS)
        if _reads_inline(simple, index) or any(expansion.start <= index < expansion.end for expansion in processes):
            yield simple
    reached = set(holders)
    for number, simple in enumerate(statement.commands):  # what reads a pipe stands behind what writes it
        if reached.intersection(simple.input_from):
            reached.add(number)
            yield simple


def _runs_what_it_reads(simple: SimpleCommand) -> bool:
    """True for `bash`, `python3 -`, `sh -s`, `psql`, `ssh host`; not for `python3 -m json.tool`, `bash count.sh`."""
    texts = [word.raw.strip("\"'") for word in simple.words]
    names = [text.rsplit("/", 1)[-1] for text in texts]
    if READS_COMMANDS.intersection(names):
        return True
    place = next((number for number, name in enumerate(names) if name in INTERPRETERS), None)
    if place is None:
        return False
    rest = texts[place + 1 :]
    # A word behind an option may be its value, `bash -o pipefail`: only one that is not counts as the file it reads.
    reads_a_file = any(
        not text.startswith(("-", "<(")) and not before.startswith("-")
        for before, text in zip(["", *rest][: len(rest)], rest, strict=True)
    )
    return "-s" in rest or not (reads_a_file or "-m" in rest)

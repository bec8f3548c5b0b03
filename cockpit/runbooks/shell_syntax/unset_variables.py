"""Variables of a command that nothing in it has set: run as they are, they would be empty.

Every step starts in a shell of its own. What an earlier step set is gone by then, so a variable counts as set only
where the same command sets it first, or the shell always does. Pure.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from cockpit.runbooks.shell_syntax import (
    ExpansionKind,
    ShellDocument,
    ShellExpansion,
    ShellNesting,
    ShellStatement,
    SimpleCommand,
    parse_shell,
)

ALWAYS_SET = re.compile(
    r"_|HOME|PWD|PATH|USER|E?UID|PPID|SHELL|HOSTNAME|RANDOM|SRANDOM|SECONDS|LINENO|TERM|IFS|BASH\w*|FUNCNAME|PIPESTATUS"
    r"|EPOCH\w+|OSTYPE|MACHTYPE|HOSTTYPE|SHLVL|GROUPS|DIRSTACK|COCKPIT_(INCIDENT|ENV|OPERATOR)"
)
SET_BY = {"OLDPWD": {"cd", "pushd"}, "REPLY": {"read", "select"}, "OPTARG": {"getopts"}, "OPTIND": {"getopts"}}
DEFAULTS = frozenset({":-", "-", ":=", "=", ":+", "+"})  # the document says itself what stands there when it is not set
DECLARES = frozenset({"export", "declare", "local", "readonly", "typeset"})
APART = frozenset({ShellNesting.SUBSHELL, ShellNesting.SUBSTITUTION, ShellNesting.PIPE, ShellNesting.FUNCTION})
MAYBE_SET = frozenset({ShellNesting.CONDITION, ShellNesting.LOOP})
NESTED = re.compile(r"\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))")  # in the pattern of `${X%$Y}`
SHELLS = frozenset({"bash", "sh", "zsh", "dash", "ksh"})
NAME = re.compile(r"(?<![$\w{.])[A-Za-z_]\w*(?![\w(])")
NUMBER_BASE = re.compile(r"\b\d+#\w+|0[xX][0-9A-Fa-f]+")


@dataclass(frozen=True, slots=True)
class UnsetVariable:
    """One place where a variable is read that is not set. `plain` is `$X` or `${X}`, nothing more."""

    name: str
    start: int
    end: int
    plain: bool


def unset_variables(command: str, masked: Sequence[tuple[int, int]] = ()) -> list[UnsetVariable] | None:
    """Each in the order written; None when the command does not parse, so that nobody can say."""
    if "$" not in command:
        return []
    document = parse_shell(command, masked=masked)
    if document.errors:
        return None
    unset_variables_by_pair: dict[tuple[int, int], UnsetVariable] = {}
    set_so_far: set[str] = set()
    programs = {command.name.raw for command in document.commands if command.name}
    for statement in document.statements:
        for expansion in statement.expansions:
            for variable in _read_by(expansion, statement):
                if not _is_set(variable, statement, set_so_far, programs):
                    unset_variables_by_pair.setdefault((variable.start, variable.end), variable)
        set_so_far |= _list_set_variables(statement)
        set_so_far |= set(statement.sets)
    unset_variables_by_pair |= {
        (inside_shell.start, inside_shell.end): inside_shell for inside_shell in _inside_shells(document, set_so_far)
    }
    return _remove_nested(
        sorted(unset_variables_by_pair.values(), key=lambda unset_variable: (unset_variable.start, -unset_variable.end))
    )


def _read_by(expansion: ShellExpansion, statement: ShellStatement) -> Iterator[UnsetVariable]:
    """What an expansion reads: itself, or the bare names of `$((N + 1))`."""
    if expansion.kind is ExpansionKind.ARITHMETIC:
        text = NUMBER_BASE.sub(lambda match: " " * len(match.group()), _blank_nested(expansion, statement))
        for match in NAME.finditer(text):
            start = expansion.start + match.start()
            yield UnsetVariable(match.group(), start, expansion.start + match.end(), False)
        return
    if expansion.kind is not ExpansionKind.VARIABLE or expansion.operator in DEFAULTS:
        return
    argument = re.fullmatch(r"[1-9]\d*", expansion.name) and not statement.functions
    if argument or re.fullmatch(r"[A-Za-z_]\w*", expansion.name):
        plain = expansion.raw in (f"${expansion.name}", f"${{{expansion.name}}}")
        yield UnsetVariable(expansion.name, expansion.start, expansion.end, plain)
        if not plain and argument is None:
            for match in NESTED.finditer(expansion.raw, 2):
                start = expansion.start + match.start()
                yield UnsetVariable(match[1] or match[2], start, expansion.start + match.end(), True)


def _blank_nested(expansion: ShellExpansion, statement: ShellStatement) -> str:
    """An arithmetic expansion without what is expanded in it: `$(($(date +%s) - 600))` reads no variable `date`."""
    text = expansion.raw
    for inner in statement.expansions:
        if expansion.start < inner.start and inner.end <= expansion.end:
            start, end = inner.start - expansion.start, inner.end - expansion.start
            text = text[:start] + " " * (end - start) + text[end:]
    return text


def _is_set(variable: UnsetVariable, statement: ShellStatement, before: Iterable[str], programs: set[str]) -> bool:
    name = variable.name
    if name in before or name in statement.sets or ALWAYS_SET.fullmatch(name):
        return True
    if name.isdigit():
        return "set" in programs
    if SET_BY.get(name, set()) & programs:
        return True
    reader = _find_command_around(statement, variable.start)
    return any(
        name == assigned and end <= variable.start and _reaches_reader(writer, reader)
        for writer in statement.commands
        for assigned, end in _list_assignments(writer)
    )


def _list_assignments(command: SimpleCommand) -> Iterator[tuple[str, int]]:
    """(name, where it is set) for what a command sets for those behind it; `X=1 tool` sets it for the tool alone."""
    declares = command.name is not None and command.name.raw in DECLARES
    if declares or not command.words:
        yield from (
            (assignment.name, assignment.end)
            for assignment in command.assignments
            if assignment.value is not None or assignment.items
        )


def _list_set_variables(statement: ShellStatement) -> set[str]:
    """What a statement has certainly set for the next one."""
    away = APART | MAYBE_SET
    return {
        name
        for command in statement.commands
        if not away.intersection(command.nesting)
        for name, _ in _list_assignments(command)
    }


def _find_command_around(statement: ShellStatement, position: int) -> SimpleCommand | None:
    """The innermost command at a position."""
    there = [command for command in statement.commands if command.start <= position < command.end]
    return min(there, key=lambda simple_command: simple_command.end - simple_command.start, default=None)


def _reaches_reader(writer: SimpleCommand, reader: SimpleCommand | None) -> bool:
    """False where the one sets it in a subshell, a pipe or a branch that the other does not stand in."""
    outside = list(reader.nesting) if reader else []
    for nesting in writer.nesting:
        if nesting in APART | MAYBE_SET:
            if nesting not in outside:
                return False
            outside.remove(nesting)
    return True


def _inside_shells(document: ShellDocument, names: set[str]) -> Iterator[UnsetVariable]:
    """What `bash -c '... $X ...'` reads: a shell of its own, which finds only what is exported."""
    for command in document.commands:
        shell_words = command.words
        program = shell_words[0].raw.rsplit("/", 1)[-1] if shell_words else ""
        if program == "watch":  # hands its words to a shell
            script = next((word for word in shell_words[1:] if word.raw.startswith("'")), None)
        elif program in SHELLS:
            flags = (index for index, word in enumerate(shell_words) if re.fullmatch(r"-[a-z]*c", word.raw))
            position = next(flags, len(shell_words))
            script = shell_words[position + 1] if position + 1 < len(shell_words) else None
        else:
            continue
        if script is None or not script.raw.startswith("'") or script.raw.count("'") != 2:
            continue
        for inner in unset_variables(script.raw[1:-1]) or ():
            if not inner.name.isdigit() and inner.name not in names:
                start = script.start + 1 + inner.start
                yield UnsetVariable(inner.name, start, start + inner.end - inner.start, False)


def _remove_nested(variables: list[UnsetVariable]) -> list[UnsetVariable]:
    """None within another: of `${X%$Y}` the outer one ends where the inner one begins."""
    result: list[UnsetVariable] = []
    for variable in variables:
        if result and variable.start < result[-1].end:
            outer = result[-1]
            result[-1] = UnsetVariable(outer.name, outer.start, variable.start, False)
        result.append(variable)
    return [unset_variable for unset_variable in result if unset_variable.start < unset_variable.end]

"""Placeholders in commands: <x>, {x}, YOUR_X, $X, ${X%/}. What they stand for is asked once per run, never guessed."""

import re
import string
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from cockpit.runbooks.shell_syntax.parse import mask_spans, parse_shell
from cockpit.runbooks.shell_syntax.placeholder_forms import written_holes
from cockpit.runbooks.shell_syntax.types import ShellDocument
from cockpit.runbooks.shell_syntax.unset_variables import ALWAYS_SET, unset_variables
from cockpit.runbooks.shell_syntax.words import find_quotes

POWERSHELL = re.compile(
    r"\$env:(?P<ps>[A-Za-z_][A-Za-z0-9_]*)|\$\{(?P<braced>[A-Za-z_][A-Za-z0-9_]*)\}|\$(?P<plain>[A-Za-z_][A-Za-z0-9_]*)"
)
BASH = re.compile(r"\$\{[!#]?(?P<braced>[A-Za-z_][A-Za-z0-9_]*)(?P<rest>[^{}$]*)\}|\$(?P<plain>[A-Za-z_][A-Za-z0-9_]*)")
DEFAULT = re.compile(r":?[-+=]")
POWERSHELL_OWN = re.compile(r"(?i)_|home|pwd|true|false|null|args|input|error|host|lastexitcode|psitem|psscriptroot")
# `function Get-It($name)`, `param([string]$Name)`: whoever calls it gives these.
TAKES_PARAMETERS = re.compile(r"(?i)\b(?:function\s+[\w:-]+|param)\s*\((?P<list>[^()]*(?:\([^()]*\)[^()]*)*)\)")
PARAMETER = re.compile(r"\$([A-Za-z_]\w*)")
WORD = string.ascii_letters + string.digits + "_./:@-"
COMPOSITE = re.compile(r"[A-Za-z0-9_./:@-]*")


class Placeholder(NamedTuple):
    """One occurrence: `name` as asked for, `form` as written, `start` and `end` in the command."""

    name: str
    form: str
    start: int
    end: int

    variable: bool = False  # a form that the shell itself would expand
    kept: bool = False  # it stays as it is, `${X%/}`: the shell finds its value under the name


def find_placeholders(command: str, language: str = "bash") -> list[Placeholder]:
    """Every placeholder of a command in the order written. Quoted regular expressions and JMESPath are left alone."""
    return list(_find_cached_placeholders(command, language))


@lru_cache(maxsize=16_384)  # a command is asked when it is read, judged, numbered, shown and run; a document has 10,000
def _find_cached_placeholders(command: str, language: str) -> tuple[Placeholder, ...]:
    holes = [
        Placeholder(hole.name, command[hole.start : hole.end], hole.start, hole.end)
        for hole in written_holes(command, language)
    ]
    if language == "http":
        return tuple(holes)
    spans = [(hole.start, hole.end) for hole in holes]
    variables = powershell_variables(command) if language == "powershell" else bash_variables(command, spans)
    free = [
        variable
        for variable in variables
        if not any(variable.start < end and start < variable.end for start, end in spans)
    ]
    return tuple(sorted([*holes, *free], key=lambda blank: blank.start))


def bash_variables(command: str, masked: Sequence[tuple[int, int]]) -> list[Placeholder]:
    """The variables that nothing sets, by the grammar; where that gives up, by what they look like."""
    unset = unset_variables(command, masked)
    if unset is not None:
        return [
            Placeholder(
                unset_variable.name,
                command[unset_variable.start : unset_variable.end],
                unset_variable.start,
                unset_variable.end,
                True,
                kept=not unset_variable.plain,
            )
            for unset_variable in unset
        ]
    literal = dollars_kept(command, masked)
    result = []
    for match in BASH.finditer(command):
        name, rest = match["braced"] or match["plain"], match["rest"] or ""
        has_value = ALWAYS_SET.fullmatch(name) or assigned_before(command, name, match.start(), "bash")
        if match.start() not in literal and not has_value and not DEFAULT.match(rest):
            plain = match.group() in (f"${name}", f"${{{name}}}")
            result.append(Placeholder(name, match.group(), match.start(), match.end(), True, kept=not plain))
    return result


def powershell_variables(command: str) -> list[Placeholder]:
    result = []
    taken = {name for match in TAKES_PARAMETERS.finditer(command) for name in PARAMETER.findall(match["list"])}
    for match in POWERSHELL.finditer(command):
        kind = match.lastgroup or ""
        name = match[kind]
        if kind == "ps":
            flag = bool(ALWAYS_SET.fullmatch(name.upper()))
        else:
            flag = (
                name in taken
                or is_automatic_variable(name)
                or assigned_before(command, name, match.start(), "powershell")
            )
        if not flag:
            result.append(Placeholder(name, match.group(), match.start(), match.end(), True))
    return result


def is_automatic_variable(name: str) -> bool:
    """True for a variable that PowerShell always sets."""
    return bool(POWERSHELL_OWN.fullmatch(name))


def dollars_kept(command: str, masked: Sequence[tuple[int, int]]) -> frozenset[int]:
    """Where a `$` is only a letter to this shell, quoted or escaped: `awk '{print $NF}'`, `sh -c 'echo $X'`, `\\$X`."""
    if "$" not in command or not ("'" in command or "\\" in command):
        return frozenset()
    quotes = find_quotes(mask_spans(command, masked))
    escaped = {match.end() for match in re.finditer(r"\\.", command, re.DOTALL)}
    return frozenset(
        index
        for index, letter in enumerate(command)
        if letter == "$" and (quotes[index] == "'" or index + 1 in escaped)
    )


def assigned_before(command: str, name: str, position: int, language: str) -> bool:
    """True when the same command sets the variable first: `for x in ...; do echo $x`, `X=1; echo $X`."""
    set_by = rf"(?:^|[\s;(]){name}=|\bfor {name} in\b|\bread (?:-r )?{name}\b"
    if language == "powershell":
        if re.match(rf"\$(?:env:)?{name}\s*(?:=(?!=)|in\b)", command[position:]):
            return True  # here it is set: `$x = ...`, `foreach ($x in ...`
        set_by = rf"\$(?:env:)?{name}\s*=(?!=)|\bforeach\s*\(\${name} in\b"
    return name in command[:position] and bool(re.search(set_by, command[:position]))


def find_whole_word(command: str, placeholder: Placeholder) -> str:
    """The whole word a placeholder stands in: `meeting-<env>-rg`; the placeholder alone when it stands alone."""
    before = command[: placeholder.start]
    head = before[len(before.rstrip(WORD)) :]
    tail = COMPOSITE.match(command, placeholder.end)
    return head + placeholder.form + (tail.group() if tail else "")


ASSIGNMENT = re.compile(r"""^(?:export\s+)?(?P<name>[A-Za-z_]\w*)=(?P<value>"[^"]*"|'[^']*'|\S*)\s*$""")

POWERSHELL_ASSIGNMENT = re.compile(r"""^\$(?:env:)?(?P<name>[A-Za-z_]\w*)\s*=\s*(?P<value>"[^"]*"|'[^']*')\s*$""")


def parse_assignment(command: str) -> tuple[str, str] | None:
    """(name, literal) when the command does nothing but set one variable; such a line is a parameter, not a step."""
    match = ASSIGNMENT.match(command.strip()) or POWERSHELL_ASSIGNMENT.match(command.strip())
    if match is None or "$(" in command or "`" in command:
        return None
    return match["name"], match["value"].strip("\"'")


ALIASES = (
    frozenset({"app", "app_name", "application", "container_app", "containerapp"}),
    frozenset({"rg", "resource_group", "resourcegroup", "group"}),
    frozenset({"env", "environment"}),
    frozenset({"previous", "previous_revision", "prev", "good", "good_revision"}),
    frozenset({"bad", "bad_revision", "broken", "broken_revision"}),
    frozenset({"current_revision", "revision", "serving_revision"}),
    frozenset({"fqdn", "host", "hostname", "app_fqdn"}),
)


def asks_for_same(one: str, other: str) -> bool:
    """True when two names ask for one value: <APP> and <APP_NAME>, <rg> and <RESOURCE_GROUP>."""
    left, right = canonicalise_name(one), canonicalise_name(other)
    return left == right or any(left in group and right in group for group in ALIASES)


def canonicalise_name(name: str) -> str:
    return re.sub(r"[\s-]+", "_", name.strip()).casefold()


def parse_masked(content: str, language: str) -> ShellDocument:
    """The tree of a text in which placeholders are words, not redirections."""
    return parse_shell(content, language, masked=list_masked_spans(content, language))


def list_masked_spans(content: str, language: str = "bash") -> list[tuple[int, int]]:
    """Where placeholders stand that no shell would read as its variables."""
    return [(blank.start, blank.end) for blank in find_placeholders(content, language) if not blank.variable]

"""Placeholders in commands: <x>, [x], $X, ${X}, $env:X. What they stand for is asked once per run, never guessed."""

import re
import string
from dataclasses import dataclass

from cockpit.runbooks.quoting import Context, contexts

ANGLE = r"<(?P<angle>[A-Za-z][A-Za-z0-9 _.:-]{0,60}?)>"
SQUARE = r"\[(?P<square>[A-Za-z][A-Za-z0-9 _'-]{0,60}?)\]"
POWERSHELL = r"\$env:(?P<ps>[A-Za-z_][A-Za-z0-9_]*)"
BRACED = r"\$\{(?P<braced>[A-Za-z_][A-Za-z0-9_]*)\}"
PLAIN = r"\$(?P<plain>[A-Za-z_][A-Za-z0-9_]*)"
PATTERN = re.compile("|".join((ANGLE, SQUARE, POWERSHELL, BRACED, PLAIN)))
ROUTE = re.compile(r"\{(?P<route>[A-Za-z][A-Za-z0-9_-]*)\}")
SHELL_OWN = re.compile(
    r"_|HOME|(OLD)?PWD|PATH|USER|E?UID|PPID|SHELL|HOSTNAME|RANDOM|SECONDS|LINENO|LANG|TERM|TMPDIR|IFS"
    r"|COCKPIT_(INCIDENT|ENV|OPERATOR)"
)
POWERSHELL_OWN = re.compile(r"(?i)_|home|pwd|true|false|null|args|input|error|host|lastexitcode|psitem|psscriptroot")
SECRET_WORDS = re.compile(
    r"(?i)secret|token$|password|passwd|database_url|connection_?string|api_?key|private_?key|pat$"
)
WORD = string.ascii_letters + string.digits + "_./:@-"
COMPOSITE = re.compile(r"[A-Za-z0-9_./:@-]*")


@dataclass(frozen=True, slots=True)
class Placeholder:
    """One occurrence: `name` as asked for, `form` as written, `start` and `end` in the command."""

    name: str
    form: str
    start: int
    end: int

    @property
    def variable(self) -> bool:
        """True for a form that the shell itself would expand."""
        return self.form.startswith("$")


def placeholders(command: str, language: str = "bash") -> list[Placeholder]:
    """Every placeholder of a command in the order written. Quoted regular expressions and JMESPath are left alone."""
    found = []
    literal = dollars_kept(command) if language == "bash" else frozenset()
    for match in (ROUTE if language == "http" else PATTERN).finditer(command):
        kind = match.lastgroup
        name = match.group(kind or 0)
        if kind == "square" and not reads_as_a_blank(command, match):
            continue
        if kind == "ps" and SHELL_OWN.fullmatch(name.upper()):
            continue
        if kind in ("plain", "braced") and (
            own(name, language) or assigned_before(command, name, match.start(), language)
        ):
            continue
        if match.start() in literal:
            continue
        if kind == "angle" and redirects(command, match):
            continue
        found.append(Placeholder(name, match.group(), match.start(), match.end()))
    return found


def own(name: str, language: str) -> bool:
    """True for a variable that the shell, or the cockpit, always sets."""
    return bool((POWERSHELL_OWN if language == "powershell" else SHELL_OWN).fullmatch(name))


def dollars_kept(command: str) -> frozenset[int]:
    """Where a `$` is only a letter to this shell, quoted or escaped: `awk '{print $NF}'`, `sh -c 'echo $X'`, `\\$X`."""
    if "$" not in command or not ("'" in command or "\\" in command):
        return frozenset()
    where = contexts(re.sub(f"{ANGLE}|{SQUARE}", lambda found: "x" * len(found.group()), command))
    escaped = {found.end() for found in re.finditer(r"\\.", command, re.DOTALL)}
    return frozenset(
        at for at, letter in enumerate(command) if letter == "$" and (where[at] is Context.SINGLE or at + 1 in escaped)
    )


def reads_as_a_blank(command: str, match: re.Match[str]) -> bool:
    """A `[word]` to be filled in, not an index, a glob class, a test, or a JMESPath filter."""
    before = command[match.start() - 1] if match.start() else " "
    inside_single = command[: match.start()].count("'") % 2 == 1
    is_test = before == "[" or command[match.end() : match.end() + 1] == "]"
    return (
        not inside_single and not is_test and before not in "$.)]*?" and not re.search(r"\w$", command[: match.start()])
    )


def redirects(command: str, match: re.Match[str]) -> bool:
    """True for `cmd <file >out`: a space after the name, or a word glued to neither side is still a blank to fill."""
    return command[: match.start()].endswith("<") or match.group("angle").endswith(" ")


def assigned_before(command: str, name: str, position: int, language: str) -> bool:
    """True when the same command sets the variable first: `for x in ...; do echo $x`, `X=1; echo $X`."""
    set_by = rf"(?:^|[\s;(]){name}=|\bfor {name} in\b|\bread (?:-r )?{name}\b"
    if language == "powershell":
        if re.match(rf"\$(?:env:)?{name}\s*(?:=(?!=)|in\b)", command[position:]):
            return True  # here it is set: `$x = ...`, `foreach ($x in ...`
        set_by = rf"\$(?:env:)?{name}\s*=(?!=)|\bforeach\s*\(\${name} in\b"
    return name in command[:position] and bool(re.search(set_by, command[:position]))


def composite(command: str, placeholder: Placeholder) -> str:
    """The whole word a placeholder stands in: `meeting-<env>-rg`; the placeholder alone when it stands alone."""
    before = command[: placeholder.start]
    head = before[len(before.rstrip(WORD)) :]
    tail = COMPOSITE.match(command, placeholder.end)
    return head + placeholder.form + (tail.group() if tail else "")


def names_a_secret(name: str) -> bool:
    """True for a name whose value must never be shown."""
    return bool(SECRET_WORDS.search(name))


ASSIGNMENT = re.compile(r"""^(?:export\s+)?(?P<name>[A-Za-z_]\w*)=(?P<value>"[^"]*"|'[^']*'|\S*)\s*$""")

POWERSHELL_ASSIGNMENT = re.compile(r"""^\$(?:env:)?(?P<name>[A-Za-z_]\w*)\s*=\s*(?P<value>"[^"]*"|'[^']*')\s*$""")


def assignment(command: str) -> tuple[str, str] | None:
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


def same(one: str, other: str) -> bool:
    """True when two names ask for one thing: <APP> and <APP_NAME>, <rg> and <RESOURCE_GROUP>."""
    left, right = canonical(one), canonical(other)
    return left == right or any(left in group and right in group for group in ALIASES)


def canonical(name: str) -> str:
    return re.sub(r"[\s-]+", "_", name.strip()).casefold()

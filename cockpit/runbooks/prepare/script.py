"""A command and its values become a script. A value reaches the shell as a variable, never as text of the script."""

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cockpit.model.secret import MASK
from cockpit.runbooks.prepare.read_as_code import is_computed_with, is_read_as_code
from cockpit.runbooks.shell_syntax.placeholders import Placeholder, find_placeholders
from cockpit.runbooks.shell_syntax.quoting import Context, find_contexts
from cockpit.runbooks.types import Resolved, RunRefused, Script

SAFE = re.compile(r"[A-Za-z0-9_.:/@,+-]*")  # no shell, SQL, jq or arithmetic reads more into these than a word
NEEDS_A_SHELL = frozenset("|&;<>(){}$`*?[]~#!\n")
ALWAYS_A_SHELL = frozenset("$`")  # in double quotes
TRIMS = re.compile(r"\$\{[A-Za-z_]\w*(?:[%#/^,]|:?\?|\[[@*]\]\}|:\d)")  # forms that read no code out of a value
SUBSCRIPT = re.compile(r"\w\[[^\]\s]*$")


@dataclass(frozen=True, slots=True)
class Slot:
    """One placeholder of a command, where it stands and what stands for it."""

    blank: Placeholder
    context: Context
    value: Resolved


def build_script(command: str, language: str, values: Sequence[Resolved]) -> Script:
    """The script of a command. Raises RunRefused for a missing value, and for one that its place cannot take safely."""
    result = list_slots(command, language, values)
    variables = {f"P{number}": slot.value.value or "" for number, slot in enumerate(result, start=1)}
    powershell = language == "powershell"
    put = [
        (in_powershell if powershell else in_bash)(slot, f"P{number}", command)
        for number, slot in enumerate(result, start=1)
    ]
    return Script(replace_slots(command, result, put), variables, render_command(command, language, values))


def render_command(command: str, language: str, values: Sequence[Resolved]) -> str:
    """The command for people: values filled in, quoted as one would type them; secrets as dots, missing ones left."""
    resolved_values_by_name = {value.name: value for value in values if value.value is not None}
    where = list_contexts(command, language)
    pieces = []
    index = 0
    for blank in find_placeholders(command, language):
        value = resolved_values_by_name.get(blank.name)
        pieces.append(command[index : blank.start])
        stays = value is None or blank.kept or (value.in_shell and not SAFE.fullmatch(value.value or ""))
        pieces.append(blank.form if value is None or stays else quote_as_typed(value, where[blank.start]))
        index = blank.end
    return "".join(pieces) + command[index:]


def quote_as_typed(value: Resolved, context: Context) -> str:
    """A value as a person would type it there."""
    if value.secret:
        return MASK
    text = value.value or ""
    match context:
        case Context.BARE:
            return shlex.quote(text)
        case Context.DOUBLE:
            return re.sub(r'([\\"$`])', r"\\\1", text)
        case Context.SINGLE:
            return text.replace("'", "'\\''")
        case _:
            return text


def build_argument_list(command: str, values: Sequence[Resolved]) -> tuple[str, ...]:
    """The argument list of a single plain command, without a shell; () when only a shell can read it."""
    where = list_contexts(command, "bash")
    blanks = find_placeholders(command)
    split_by_shell = {value.name for value in values if value.in_shell and not SAFE.fullmatch(value.value or "")}
    if any(blank.kept or blank.name in split_by_shell for blank in blanks):
        return ()
    inside = {position for blank in blanks for position in range(blank.start, blank.end)}
    for index, letter in enumerate(command):
        joins = letter == "\n" and command[index - 1 : index] == "\\"
        if index in inside or joins or where[index] is Context.SINGLE:
            continue
        needs = ALWAYS_A_SHELL if where[index] is Context.DOUBLE else NEEDS_A_SHELL
        if letter in needs or where[index] in (Context.ELSEWHERE, Context.COMMENT):
            return ()
    fields = {value.name: value.value for value in values}
    marks = {f"\ue000{number}\ue001": fields.get(blank.name) for number, blank in enumerate(blanks)}
    if None in marks.values() or "\ue000" in command:
        return ()
    template = replaced_forms(command, blanks, list(marks))
    try:
        split = shlex.split(template.replace("\\\n", " "))
    except ValueError:
        return ()
    pattern = re.compile("|".join(map(re.escape, marks)) or r"(?!)")
    return tuple(pattern.sub(lambda match: marks[match.group()] or "", word) for word in split)


def list_slots(command: str, language: str, values: Sequence[Resolved]) -> list[Slot]:
    """The placeholders of a command with their values. Raises RunRefused for one without."""
    resolved_values_by_name = {value.name: value for value in values}
    where = list_contexts(command, language)
    result = []
    for blank in find_placeholders(command, language):
        value = resolved_values_by_name.get(blank.name)
        if value is None or value.value is None:
            raise RunRefused(
                f"{blank.form} has no value{': ' + value.problem if value and value.problem else '.'}",
                code="value-missing",
                placeholder=blank.form,
            )
        if "\0" in value.value:
            raise RunRefused(
                f"The value of {blank.form} holds a NUL, which no command can be given.",
                code="value-not-for-shell",
                placeholder=blank.form,
            )
        result.append(Slot(blank, where[blank.start], value))
    return result


def list_contexts(command: str, language: str) -> tuple[Context, ...]:
    """The context of every letter, with placeholders out of the way: `[client's name]` opens no quote."""
    return find_contexts(command, language, list_spans(command, language))


def list_spans(command: str, language: str) -> tuple[tuple[int, int], ...]:
    return tuple((blank.start, blank.end) for blank in find_placeholders(command, language))


def in_bash(slot: Slot, variable: str, command: str) -> str:
    """What stands in the script in a placeholder's place. Raises RunRefused."""
    context = slot.context
    if context is Context.COMMENT:
        return slot.blank.form
    quoted = context in (Context.DOUBLE, Context.SINGLE)
    again = is_read_as_code(command, slot.blank.start, list_spans(command, "bash"), quoted=quoted)
    if slot.value.in_shell:
        if again or SUBSCRIPT.search(command[: slot.blank.start]) or is_computed_with(command, slot.blank.start):
            must_be_safe(slot, "something reads it again there")
        return slot.blank.form
    if slot.blank.kept:
        if again or context is not Context.DOUBLE or not TRIMS.match(slot.blank.form):
            must_be_safe(slot, "the shell does more with it than put it there")
        return slot.blank.form
    if context is Context.ELSEWHERE or again or SUBSCRIPT.search(command[: slot.blank.start]):
        must_be_safe(slot, "something reads it again there")
    match context:
        case Context.BARE:
            return f'"${variable}"'
        case Context.DOUBLE:
            return f"${{{variable}}}"
        case Context.SINGLE:
            return f"'\"${variable}\"'"
        case _:
            return slot.value.value or ""


def in_powershell(slot: Slot, variable: str, command: str) -> str:
    """As `in_bash`. A value joined to other text in a bare word is put there as it is, so it must be harmless."""
    before, after = command[: slot.blank.start][-1:], command[slot.blank.end :][:1]
    if '"' in (slot.value.value or ""):
        raise RunRefused(
            f"The value of {slot.blank.form} holds a double quote, which PowerShell may pass on wrongly.",
            code="value-not-for-shell",
            placeholder=slot.blank.form,
        )
    if slot.context is Context.DOUBLE:
        return f"${{env:{variable}}}"
    if slot.context is Context.BARE and before in ("", " ", "\n", "=", "(") and after in ("", " ", "\n", ")", ";"):
        return f'"${{env:{variable}}}"'
    if slot.context is Context.COMMENT:
        return slot.blank.form
    must_be_safe(slot, f"it stands {slot.context.value}")
    return slot.value.value or ""


def must_be_safe(slot: Slot, why: str) -> None:
    value = slot.value.value or ""
    if not SAFE.fullmatch(value) or value.startswith("-"):
        raise RunRefused(
            f"The value of {slot.blank.form} may hold only letters, digits and _ . : / @ , + - in this command: {why}.",
            code="value-not-for-shell",
            placeholder=slot.blank.form,
            why=why,
        )


def replace_slots(command: str, result: Sequence[Slot], put: Sequence[str]) -> str:
    return replaced_forms(command, [slot.blank for slot in result], put)


def replaced_forms(command: str, blanks: Sequence[Placeholder], put: Sequence[str]) -> str:
    """The command with each placeholder replaced."""

    def pieces() -> Iterator[str]:
        index = 0
        for blank, text in zip(blanks, put, strict=True):
            yield command[index : blank.start]
            yield text
            index = blank.end
        yield command[index:]

    return "".join(pieces())


SCRIPT_VARIABLE = "_COCKPIT_SCRIPT"
RUN_VARIABLE = f'eval "unset {SCRIPT_VARIABLE}; ${SCRIPT_VARIABLE}"'


def make_shell_start(ready: Script, language: str, *, out_of_sight: bool) -> tuple[list[str], dict[str, str]]:
    """What is started, and the variables that it finds.

    `out_of_sight` for a script in which a secret stands: every user of the machine can read the arguments of a process,
    and only its own user the variables. PowerShell gets its script as an argument in any case.
    """
    if not out_of_sight or language == "powershell":
        return argument_list(ready, language), dict(ready.variables)
    return argument_list(Script(RUN_VARIABLE), language), {**ready.variables, SCRIPT_VARIABLE: ready.text}


def argument_list(ready: Script, language: str) -> list[str]:
    """What is started: the shell, its strict options, and the script."""
    if language == "powershell":
        strict = "$ErrorActionPreference = 'Stop'\n"
        return ["pwsh", "-NoProfile", "-NonInteractive", "-Command", f"{strict}{ready.text}\n{EXIT_AS_IT_DID}"]
    return ["bash", "-e", "-o", "pipefail", "-c", ready.text]


EXIT_AS_IT_DID = "if ($LASTEXITCODE) { exit $LASTEXITCODE }"

"""The placeholders of a document, each once, with what the document says of it."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from cockpit.model.runbook import DocumentTable, Parameter, Procedure
from cockpit.model.secret import MASK, names_a_secret
from cockpit.runbooks.shell_syntax import placeholders
from cockpit.runbooks.shell_syntax.literal_secrets import find_literal_secrets, find_suspects

FILLED = "filled1in"
SETS_A_VARIABLE = re.compile(r"(?m)^\s*\$(?:(?:env|global|script):)?([A-Za-z_]\w*)\s*\+?=(?!=)")
NOT_KEPT = "an earlier step of PowerShell sets it, of which nothing is kept: give what it printed"
CHOICE = re.compile(r"^[\w.-]+(?:\s*[,/|]\s*[\w.-]+)+$")


def list_parameters(
    procedures: Iterable[Procedure], hints: Mapping[str, str], tables: Iterable[DocumentTable]
) -> tuple[Parameter, ...]:
    """Every placeholder in order of appearance, with all its forms, its literal as a hint, and its row in the table."""
    parameters_by_name: dict[str, Parameter] = {}
    blanks = [
        (command, blank)
        for command, language in list_step_commands(procedures)
        for blank in placeholders.find_placeholders(command, language)
    ]
    suspects = set(find_suspects([fill_blank(command, blank) for command, blank in blanks]))
    for command, blank in blanks:
        old = parameters_by_name.get(blank.name) or Parameter(blank.name, secret=names_a_secret(blank.name))
        if not old.secret and (filled := fill_blank(command, blank)) in suspects and behind_a_marker(filled, blank):
            old = replace(old, secret=True)
        whole = placeholders.find_whole_word(command, blank)
        composites = (*old.composites, whole) if whole not in (blank.form, *old.composites) else old.composites
        if blank.form not in old.forms or composites is not old.composites:
            old = replace(old, forms=tuple(dict.fromkeys((*old.forms, blank.form))), composites=composites)
        parameters_by_name[blank.name] = old
    for name in set(parameters_by_name) & find_powershell_names(procedures):
        old = parameters_by_name[name]
        parameters_by_name[name] = replace(old, origin=NOT_KEPT)
    for name, value in hints.items():
        old = parameters_by_name.get(name) or Parameter(name, (f"${name}",), secret=names_a_secret(name))
        parameters_by_name[name] = replace(old, hint=MASK if find_literal_secrets(f"{name}={value!r}") else value)
    rows = list(list_declared_rows(tables))
    return tuple(describe_parameter(parameter, rows) for parameter in parameters_by_name.values())


def find_powershell_names(procedures: Iterable[Procedure]) -> set[str]:
    """The variables that PowerShell steps set and later ones use: a person's shell would know them, ours does not."""
    names: set[str] = set()
    used: set[str] = set()
    for step in (step for procedure in procedures for step in procedure.commands if step.language == "powershell"):
        used |= names.intersection(step.parameters)
        names |= {match[1] for match in SETS_A_VARIABLE.finditer(step.command)}
    return used


def find_unasked_name(names: Iterable[str], parameters: Iterable[Parameter]) -> str:
    """The first of these names that nothing in the document goes by, "" when all are asked for somewhere."""
    names_asked_for = (
        "app",
        "FQDN",
        *(name for parameter in parameters for name in (parameter.name, *parameter.aliases)),
    )
    return next(
        (name for name in names if not any(placeholders.asks_for_same(name, text) for text in names_asked_for)), ""
    )


def fill_blank(command: str, blank: placeholders.Placeholder) -> str:
    """The command with something that is no secret by itself in the place of a placeholder."""
    return f"{command[: blank.start]}{FILLED}{command[blank.end :]}"


def behind_a_marker(filled: str, blank: placeholders.Placeholder) -> bool:
    """Whether what was filled in is a secret by its place, as in `--password <x>`, whatever its name."""
    return any(literal.start <= blank.start < literal.end for literal in find_literal_secrets(filled))


def list_step_commands(procedures: Iterable[Procedure]) -> Iterator[tuple[str, str]]:
    """(command, language) of every step, and of the undo that it names."""
    for step in (step for procedure in procedures for step in procedure.commands):
        yield step.command, step.language
        if undo := step.tags.get("undo"):
            yield undo, "bash"


def list_declared_rows(tables: Iterable[DocumentTable]) -> Iterator[Mapping[str, str]]:
    """The rows of every table of parameters, by column name in lower case."""
    for table in tables:
        if table.kind == "parameters":
            columns = [name.casefold() for name in table.header]
            yield from (dict(zip(columns, row, strict=False)) for row in table.rows)


def name_of(row: Mapping[str, str]) -> str:
    """The placeholder that a row of a table of parameters declares, without its brackets."""
    return next((row[text] for text in ("name", "parameter") if row.get(text)), "").strip("<>[]${} ")


def describe_parameter(parameter: Parameter, rows: Sequence[Mapping[str, str]]) -> Parameter:
    """The parameter with its row: where its value comes from, what it may be, whether it is a secret."""
    row = next(
        (
            row
            for row in rows
            if placeholders.canonicalise_name(name_of(row)) == placeholders.canonicalise_name(parameter.name)
        ),
        None,
    )
    if row is None:
        return parameter
    kind, check = row.get("type", "").casefold(), row.get("check", "")
    choices = tuple(re.split(r"\s*[,/|]\s*", check)) if kind == "choice" and CHOICE.match(check) else ()
    return replace(
        parameter,
        choices=choices,
        secret=parameter.secret or kind == "secret",
        origin=row.get("from", "") or row.get("description", "") or parameter.origin,
        check="" if choices else check,
    )

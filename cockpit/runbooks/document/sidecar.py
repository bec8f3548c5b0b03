"""What a team adds to a document it may not edit: `restore.cockpit.toml` beside `restore.md`.

It becomes the last block of the document's text, so that whoever reads, compares or keeps the text has it too.
"""

import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from cockpit.model.runbook import Finding, Parameter, Procedure, Runbook, Step
from cockpit.model.text import clean_line, find_nearest
from cockpit.runbooks.document.step_kind import raise_kind
from cockpit.runbooks.document.steps import TAG_KEYS, TAG_WORDS
from cockpit.runbooks.shell_syntax.placeholders import canonicalise_name

MARK = "~~~~~~~~"
BLOCK = re.compile(rf"\n{MARK}toml cockpit\n(.*?)\n{MARK}\n?$", re.DOTALL)
STEP_KEYS = TAG_KEYS | {"procedure", "step", "command", "kind", "approval", "expected"}
TOP_KEYS = frozenset({"aliases", "step"})
HASH_LETTERS = 12


@dataclass(frozen=True, slots=True)
class Sidecar:
    """What a sidecar says; whatever is wrong with it is in `wrong`."""

    aliases: Mapping[str, str]
    steps: tuple[Mapping[str, str], ...] = ()
    wrong: tuple[str, ...] = ()


def join_sidecar(text: str, sidecar: str) -> str:
    """The document's text with its sidecar as the last block."""
    return f"{text}\n\n{MARK}toml cockpit\n{sidecar.strip()}\n{MARK}\n" if sidecar.strip() else text


def hash_command(command: str) -> str:
    """The first letters of a command's hash: an override holds for this very command and no other."""
    return hashlib.sha256(command.encode()).hexdigest()[:HASH_LETTERS]


def apply_sidecar(runbook: Runbook) -> Runbook:
    """The runbook with what the sidecar at the end of its text says. What fits no step any more is a finding."""
    block = BLOCK.search(runbook.text)
    if block is None:
        return runbook
    line = runbook.text.count("\n", 0, block.start()) + 2
    sidecar = parse_sidecar(block[1])
    lost = [Finding("sidecar", line, text) for text in sidecar.wrong]
    procedures = list(runbook.procedures)
    for override in sidecar.steps:
        problem = apply_override(procedures, override)
        if problem:
            lost.append(Finding("override-lost", line, clean_line(problem, 300)))
    parameters = tuple(add_aliases(parameter, sidecar.aliases) for parameter in runbook.parameters)
    findings = (*runbook.findings, *lost)
    return replace(runbook, procedures=tuple(procedures), parameters=parameters, findings=findings)


def parse_sidecar(text: str) -> Sidecar:
    """What the TOML says. Never raises."""
    try:
        fields = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        return Sidecar({}, wrong=(clean_line(f"is not TOML: {error}", 200),))
    aliases, steps = fields.get("aliases", {}), fields.get("step", [])
    wrong = [describe_unknown_key(key, TOP_KEYS) for key in fields if key not in TOP_KEYS]
    if (
        not isinstance(aliases, dict)
        or not isinstance(steps, list)
        or not all(isinstance(step, dict) for step in steps)
    ):
        return Sidecar({}, wrong=(*wrong, "[aliases] is a table and [[step]] a list of tables"))
    wrong += [describe_unknown_key(key, STEP_KEYS) for step in steps for key in step if key not in STEP_KEYS]
    return Sidecar(format_plain_values(aliases), tuple(format_plain_values(step) for step in steps), tuple(wrong))


def describe_unknown_key(key: str, names: frozenset[str]) -> str:
    meant = find_nearest(key, names)
    return clean_line(f"`{key}` is not known here" + (f"; did you mean `{meant}`?" if meant else ""), 200)


def format_plain_values(table: Mapping[str, Any]) -> dict[str, str]:
    """Every value as text: `timeout = 120` and `approval = true` are understood."""
    return {
        clean_line(name, 80): clean_line(str(value).lower() if value is True else value)
        for name, value in table.items()
    }


def apply_override(procedures: list[Procedure], override: Mapping[str, str]) -> str:
    """Put one override into its step; why it could not be, or ""."""
    title, where = override.get("step", ""), override.get("procedure", "")
    matches = list(find_override_candidates(procedures, where, title))
    if len(matches) != 1:
        return f"there {'is no step' if not matches else 'are several steps'} `{title}`" + (
            f" in `{where}`" if where else ""
        )
    index, step = matches[0]
    if override.get("command", "") != hash_command(step.command):
        return f"the command of `{title}` is now {hash_command(step.command)}: what was said of it no longer counts"
    kind = TAG_WORDS.get(override.get("kind", ""))
    if kind is None and "kind" in override:
        return f"`{override['kind']}` is not a kind of step; choose from {', '.join(sorted(TAG_WORDS))}"
    tags = {name: override[name] for name in (*TAG_KEYS, "approval") if name in override}
    better = replace(
        step,
        kind=raise_kind(step.kind, kind),
        tags={**step.tags, **tags},
        expected=override.get("expected", step.expected),
    )
    steps = tuple(better if item is step else item for item in procedures[index].steps)
    procedures[index] = replace(procedures[index], steps=steps)
    return ""


def find_override_candidates(procedures: list[Procedure], where: str, title: str) -> Iterator[tuple[int, Step]]:
    """The steps with a command that an override may mean."""
    for index, procedure in enumerate(procedures):
        if not where or procedure.slug == where:
            yield from ((index, step) for step in procedure.commands if step.title == title)


def add_aliases(parameter: Parameter, aliases: Mapping[str, str]) -> Parameter:
    """The parameter with its other names: `APP = "APP_NAME"` makes the two one, whichever is given."""
    name = canonicalise_name(parameter.name)
    others = [other for one, other in aliases.items() if canonicalise_name(one) == name]
    others += [one for one, other in aliases.items() if canonicalise_name(other) == name]
    return replace(parameter, aliases=tuple(dict.fromkeys((*parameter.aliases, *others)))) if others else parameter

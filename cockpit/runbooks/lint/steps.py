"""Rules about commands: tags, placeholders, secrets in arguments, programs and scripts that are missing."""

import re
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from cockpit.model.run import list_ways
from cockpit.model.runbook import Finding, Parameter, Procedure, Runbook, Step, StepKind
from cockpit.model.secret import MASK
from cockpit.model.system import Environment
from cockpit.model.text import clean_line, find_nearest
from cockpit.runbooks.command_kinds.judge import knows_program
from cockpit.runbooks.document.labels import strip_markdown
from cockpit.runbooks.document.outline import list_prose_lines
from cockpit.runbooks.document.parameters import list_declared_rows, name_of
from cockpit.runbooks.document.sessions import leaves_commands_behind
from cockpit.runbooks.document.steps import TAG_FLAGS, TAG_KEYS, TAG_WORDS
from cockpit.runbooks.lint.dry_values import known_command
from cockpit.runbooks.prepare.tags import retry_of, timeout_of
from cockpit.runbooks.prepare.values import Live, resolve_values
from cockpit.runbooks.shell_syntax import parse_shell, placeholders
from cockpit.runbooks.shell_syntax.literal_secrets import find_literal_secrets
from cockpit.runbooks.shell_syntax.requirements import list_programs as programs_of

TAGS = frozenset({*TAG_KEYS, *TAG_FLAGS, *TAG_WORDS})
SCRIPT = re.compile(
    r"""(?x) (?:^|(?<=[\s"'=])) ((?:\.{1,2}[/\\]|[\w.-]+[/\\]) (?:[\w.-]+[/\\])* [\w.-]+\.(?:sh|ps1|py|sql))
    (?=[\s"']|$)"""
)
MADE = re.compile(r"(?:--file|--output|-o|-O|>)[\s=]+[\"']?([\w./\\-]+)")  # a file that a command brings here
CHANGES_FOLDER = re.compile(r"(?:^|[;&|\s])cd\s+([\w./-]+)")
GIVEN = re.compile(r"(?:^|\s)[A-Za-z_]\w*=[\"']?$")  # NAME=<x> before a command: its environment, not its arguments
OPENS = re.compile(r"^(open|xdg-open|start)\s+https?://")
CMDLET = re.compile(r"^[A-Z][a-z]+-[A-Z]\w+$|^[\w.:\\/-]*\.(ps1|exe)$|^\$|^[&({]")
# An environment and panes that know everything they can: what even they do not know, somebody must say.
EVERYTHING = Environment("env", subscription="subscription", resource_group="rg", workspace="workspace")
LIVE = Live(app="app", fqdn="app.test", previous="v1", bad="v2", serving="v2", replica="replica")


def list_commands(runbook: Runbook) -> Iterator[tuple[Procedure, Step]]:
    return ((procedure, step) for procedure in runbook.procedures for step in procedure.commands)


def check_tags(runbook: Runbook) -> Iterator[Finding]:
    """Every tag behind the language of a fence is one that is known, with a value that is understood."""
    for procedure, step in list_commands(runbook):
        for name in step.tags.keys() - TAGS:
            yield Finding("unknown-tag", step.line, clean_line(f"`{name}` is not a tag; {instead_of(name)}", 300))
        wrong = [timeout_of(step, step.kind)[1], retry_of(step, step.kind)[1], wrong_need(procedure, step)]
        yield from (Finding("bad-tag", step.line, clean_line(text, 300)) for text in wrong if text)


def check_ways(runbook: Runbook) -> Iterator[Finding]:
    """Of ways, whether one is chosen or all are done in turn can be told."""
    for procedure in runbook.procedures:
        named = {step.way.choice: step for step in reversed(procedure.steps) if step.way and step.way.unclear}
        for line, step in sorted(named.items()):
            names = "; ".join(way.way.name for way in list_ways(step, procedure) if way.way)
            sentence = f"nothing says whether one of these is chosen or all are done in turn: {names}"
            yield Finding("ways-unclear", line, clean_line(sentence, 300))


def instead_of(tag: str) -> str:
    if tag == "native":
        return "az commands that are known run without a shell by themselves, and others cannot"
    meant = find_nearest(tag, TAGS)
    return f"did you mean `{meant}`?" if meant else f"known are {', '.join(sorted(TAGS))}"


def wrong_need(procedure: Procedure, step: Step) -> str:
    need = step.tags.get("needs", "")
    before = [item for item in procedure.steps if item.ordinal < step.ordinal]
    if need and need not in ("verify", "previous", "tried"):
        return f"needs={need} is not understood; it can be verify or previous"
    if need == "verify" and not any(step.kind is StepKind.VERIFY for step in before):
        return "needs=verify, and no step above it verifies anything"
    return f"needs={need}, and there is no step before it" if need in ("previous", "tried") and not before else ""


def check_placeholders(runbook: Runbook, values: frozenset[str]) -> Iterator[Finding]:
    """Somebody can say what each placeholder stands for: the configuration, the panes, a table, a word of the text."""
    declared = {placeholders.canonicalise_name(name_of(row)) for row in list_declared_rows(runbook.tables)}
    answered = declared | {placeholders.canonicalise_name(value) for value in values}
    for parameter in runbook.parameters:
        names = {placeholders.canonicalise_name(text) for text in (parameter.name, *parameter.aliases)}
        configured = names & answered or any(placeholders.asks_for_same(parameter.name, value) for value in values)
        if configured or parameter.hint or resolve_values([parameter], EVERYTHING, LIVE, {})[0].source:
            continue
        if not spoken_of(runbook, parameter):
            sentence = (
                f"nothing says what {parameter.forms[0]} is: explain it in a table of parameters, or give it a value"
            )
            yield Finding("unknown-placeholder", first_use(runbook, parameter), clean_line(sentence, 300))


def spoken_of(runbook: Runbook, parameter: Parameter) -> bool:
    """True when the text, a title or a comment uses a placeholder or its words: "List tokens to find the ID"."""
    parts = [word for word in re.split(r"[\s_.:-]+", parameter.name.casefold()) if word]
    lines = [step.title for procedure in runbook.procedures for step in procedure.steps if not step.inline]
    lines += [strip_markdown(text) for _, _, text in list_prose_lines(runbook.text, runbook.outline)]
    phrase = re.compile(r"(?<![\w<$\[{])" + r"[\s_-]+".join(map(re.escape, parts)) + r"s?(?![\w>\]}])", re.IGNORECASE)
    return any(phrase.search(text) or any(form in text for form in parameter.forms) for text in lines)


def first_use(runbook: Runbook, parameter: Parameter) -> int:
    return next((step.line for _, step in list_commands(runbook) if parameter.name in step.parameters), 1)


def check_secrets(runbook: Runbook) -> Iterator[Finding]:
    """No secret stands in an argument list, where every user of the machine can read it; and none in the document."""
    hidden = {item.name for item in runbook.parameters if item.secret}
    for _, step in list_commands(runbook):
        if literal_secrets := find_literal_secrets(step.command):
            yield Finding(
                "secret-in-document", step.line, f"a secret is written out behind {literal_secrets[0].marker}"
            )
        if step.language == "http":
            continue
        for blank in placeholders.find_placeholders(step.command, step.language):
            if blank.name in hidden and not GIVEN.search(step.command[: blank.start]):
                sentence = f"{blank.form} would stand in an argument list, which others on the machine can read"
                yield Finding("secret-in-arguments", step.line, clean_line(sentence, 300))

    for parameter in runbook.parameters:
        if parameter.hint == MASK:
            match = re.search(rf"\b{re.escape(parameter.name)}\s*=", runbook.text)
            line = runbook.text.count("\n", 0, match.start()) + 1 if match else 1
            yield Finding("secret-in-document", line, f"a secret is written out behind {parameter.name}")


def check_programs(runbook: Runbook, path: str, environments: Sequence[Environment] = ()) -> Iterator[Finding]:
    """The programs that the commands start are on this machine; commands that need no shell need none."""
    missing: dict[str, int] = {}
    for _, step in list_commands(runbook):
        for name in [] if without_shell(step, environments) else list_needed_programs(step):
            if name not in missing and "/" not in name and not shutil.which(name, path=path):
                missing[name] = step.line
    for name, line in missing.items():
        yield Finding("tool-missing", line, clean_line(f"{name} is not installed on this machine", 200))


def without_shell(step: Step, environments: Sequence[Environment] = ()) -> bool:
    """True for what the cockpit does itself: requests, addresses to open, commands that it or a platform knows."""
    if step.language == "http" or OPENS.match(step.command) or known_command(step) is not None:
        return True
    return any(known_command(step, environment) is not None for environment in environments)


def list_needed_programs(step: Step) -> list[str]:
    """The programs of a step; those of PowerShell without its own cmdlets."""
    names = programs_of(step.command, step.language)
    if step.language == "powershell":
        first = [
            (command.name and command.name.text) or "" for command in parse_shell(step.command, "powershell").commands
        ]
        names += [name for name in first if not CMDLET.match(name) and re.fullmatch(r"[\w.-]+", name)]
    return names


def check_scripts(runbook: Runbook, places: Sequence[Path]) -> Iterator[Finding]:
    """The scripts that the commands name are beside the document, or in a folder above it."""
    accounted_for = {made for _, step in list_commands(runbook) for made in MADE.findall(step.command)}
    for _, step in list_commands(runbook):
        folders = [place / moved for place in places for moved in ("", *CHANGES_FOLDER.findall(step.command))]
        for match in SCRIPT.finditer(step.command):
            name = match[1].replace("\\", "/")
            if name not in accounted_for and not any((folder / name).is_file() for folder in folders):
                accounted_for.add(name)
                yield Finding("script-missing", step.line, clean_line(f"{match[1]} is not there", 300))


def check_sessions(runbook: Runbook) -> Iterator[Finding]:
    """Commands below one that opens a session: they belong there, and do not run on this machine."""
    steps = [step for _, step in list_commands(runbook)]
    below = Counter(step.place for step in steps if step.place is not None)
    for place, count in below.items():
        what = "1 command" if count == 1 else f"{count} commands"
        where = f'"{place.opener}"' if place.by_prose else f"`{place.opener}`"
        sentence = (
            f"{what} below {where} belong to that place and do not run here: write each as one whole command through it"
        )
        yield Finding("elsewhere", place.line, clean_line(sentence, 300))
    for step in steps:
        if step.place is None and leaves_commands_behind(step.command):
            yield Finding("elsewhere", step.line, "opens a session, and goes on behind it: it does not run here")


def check_command_forms(runbook: Runbook) -> Iterator[Finding]:
    """What would go wrong as it is written."""
    for _, step in list_commands(runbook):
        if step.altered:
            yield Finding(
                "hidden-letters", step.line, "holds letters that cannot be seen, or look like others: it will not run"
            )
        if step.unparsed:
            yield Finding("not-parsed", step.line, clean_line(f"will not run: {step.unparsed}", 300))
        if re.search(r"\baz\s+containerapp\s+exec\b.*\s--\s", step.command):
            yield Finding(
                "az-exec", step.line, "az containerapp exec takes its command behind --command, not behind --"
            )


PLAIN_WORD = re.compile(r"[a-z][a-z0-9_-]*")
SCRIPT_NAME = re.compile(r"(?:\.{0,2}/)?(?:[\w.-]+/)*[\w-]+(?:\.\w+)?")


def list_unknown_commands(runbook: Runbook) -> list[str]:
    """The programs of a document that no table knows, each with its verb, as `[commands]` of the configuration says."""
    found: list[str] = []
    for step in (step for procedure in runbook.procedures for step in procedure.commands):
        if step.language != "bash" or step.unparsed or step.kind is not StepKind.CHANGE:
            continue
        spans = [
            (blank.start, blank.end) for blank in placeholders.find_placeholders(step.command) if not blank.variable
        ]
        for command in parse_shell(step.command, masked=spans).commands:
            argv = [word.text or "" for word in command.words]
            if argv and argv[0] and SCRIPT_NAME.fullmatch(argv[0]) and not knows_program(argv[0]):
                found.append(" ".join(argv[: 2 if len(argv) > 1 and PLAIN_WORD.fullmatch(argv[1]) else 1]))
    return list(dict.fromkeys(found))

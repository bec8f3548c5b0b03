"""A Markdown document, read into procedures, steps, tables and links. Any Markdown at all; nothing here runs."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from cockpit.garbage import no_collection
from cockpit.model.runbook import DocumentTable, Occasion, Procedure, Runbook, Step
from cockpit.model.secret import KNOWN_SECRETS
from cockpit.model.text import clean_line, clean_unmasked
from cockpit.runbooks.document.dates import day_in, parse_rhythm
from cockpit.runbooks.document.index_block import add_bound_labels, add_text_block, take_index_blocks
from cockpit.runbooks.document.labels import strip_markdown
from cockpit.runbooks.document.markdown import MarkdownReader, Section
from cockpit.runbooks.document.parameters import list_parameters
from cockpit.runbooks.document.procedures import gather_procedures
from cockpit.runbooks.document.prose import find_words_to_replace
from cockpit.runbooks.document.repair import decode_document, repair_text
from cockpit.runbooks.document.sidecar import apply_sidecar, join_sidecar
from cockpit.runbooks.shell_syntax.literal_secrets import (
    find_suspects,
    hide_in_text,
    hide_literal_secrets,
    remove_secrets,
    secrets_in,
)
from cockpit.runbooks.shell_syntax.placeholders import find_placeholders

# Procedures after which somebody should ask whether personal data was within reach. The question is never answered.

SECRET = r"(?:secrets?|tokens?|keys?|credentials?|passwords?|data)"
EXPOSED = re.compile(
    rf"(?i)\b{SECRET}\b[^.;]{{0,30}}\bleak|\bleak\w*\s+(?:of\s+)?{SECRET}\b|\bcompromised?\b|\btaken over\b|\bstolen\b"
    r"|\bbreach|\bransomware\b|\b(?:device|laptop|phone)\b[^.;]{0,20}\blost\b|\blost (?:device|laptop|phone)\b"
)
WORDS_OF_EXPOSURE = ("leak", "compromise", "taken over", "stolen", "breach", "ransomware", "lost")  # else there is none
BREACH_TAGS = ("when", "symptoms", "alerts")
QUESTION = (
    "Could personal data have been read? Once somebody is aware of it, start the clock of the notice: "
    "Breach in the incident, or `cockpit aware`."
)


def mentions_exposure(procedure: Procedure) -> bool:
    """True when its headings or labels speak of a leak, a lost device, an account in other hands."""
    lines = (procedure.title, *procedure.within, *(procedure.labels.get(name, "") for name in BREACH_TAGS))
    whole = "\n".join(lines).lower()
    return any(word in whole for word in WORDS_OF_EXPOSURE) and any(EXPOSED.search(text) for text in lines)


def add_exposure_question(procedure: Procedure) -> Procedure:
    """The procedure with the question among what is read before its first step. Awareness itself is a judgement."""
    return replace(procedure, warnings=(*procedure.warnings, QUESTION)) if mentions_exposure(procedure) else procedure


FILLED_IN_LATER = re.compile(r"<%.*%>|\{\{.*\}\}|\{%.*%\}")  # `<%= current_page.data.title %>`: the front matter has it
_FRONT_LINES = r"(?=[ \t\n#]*\w[\w .-]*:)(?:(?!(?:---|\.\.\.)[ \t]*\n).*\n){1,200}?"
FRONT_MATTER = re.compile(rf"---[ \t]*\n(?P<body>{_FRONT_LINES})(?:---|\.\.\.)[ \t]*(?:\n|$)")
KEY_AND_VALUE = re.compile(r"(?P<name>[A-Za-z][\w .-]*?)\s*:(?:\s+(?P<value>[^#\n]*(?:#\S[^#\n]*)*)|$)")
LIST_ITEM = re.compile(r"\s*-\s+(?![\w-]+:\s)(\S.*)$")
CAPITALS = re.compile(r"(?<![\w$={])[A-Z][A-Z0-9_]+(?![\w=])")
FRONT_ALIASES = {
    "last reviewed on": "last reviewed", "reviewed": "last reviewed", "last review": "last reviewed",
    "owners": "owner", "team": "owner", "last modified": "last updated", "updated": "last updated",
    "lastupdated": "last updated", "tag": "tags", "keywords": "tags", "category": "tags", "categories": "tags",
}  # fmt: skip


def read_runbook(path: str, raw: bytes, sidecar: bytes = b"") -> Runbook:
    """The runbook in these bytes, with its sidecar. Never raises: what cannot be understood is simply not a step."""
    with no_collection():
        return _read_runbook(path, raw, sidecar)


def _read_runbook(path: str, raw: bytes, sidecar: bytes) -> Runbook:
    written, index, bound = take_index_blocks(decode_document(raw))
    text, damage = repair_text(written)
    front, text = front_matter(text)
    text = join_sidecar(text, decode_document(sidecar))
    text = clean_unmasked(text)  # its commands run as they are written; what is shown of them is masked
    reader = MarkdownReader()
    reader.read(text)
    sections = reader.sections
    procedures = tuple(map(add_exposure_question, name_safely(gather_procedures(sections))))
    if words := find_words_to_replace(text, reader.outline):
        procedures = tuple(refuse_words(procedure, words) for procedure in procedures)
    title = next((strip_markdown(section.title) for section in sections if section.level == 1), "")
    title = "" if FILLED_IN_LATER.fullmatch(title) else title
    hints = {name: value for section in sections for name, value in section.hints.items()}
    if names := find_names_of_shell(text, procedures):
        procedures = tuple(refuse_names_of_shell(procedure, names) for procedure in procedures)
    runbook = Runbook(
        path=path,
        title=clean_line(title or front.get("title", "") or path.rsplit("/", 1)[-1]),
        sha256=hashlib.sha256(raw + sidecar).hexdigest(),
        text=text,
        procedures=procedures,
        parameters=list_parameters(procedures, hints, reader.tables),
        tables=tuple(remove_secrets_of_tables(reader.tables)),
        links=tuple(reader.links),
        labels={**front, **document_labels(sections)},
        damage=damage,
        findings=tuple(reader.findings),
        occasions=tuple(list_occasions(sections, procedures)),
        to_read={name: tuple(lines) for name, lines in reader.to_read.items()},
        outline=reader.outline,
    )
    runbook = apply_sidecar(runbook)
    for labels in bound:
        runbook = add_bound_labels(runbook, labels)
    return add_text_block(runbook, index) if index else runbook


def name_safely(procedures: Iterable[Procedure]) -> list[Procedure]:
    """Procedures with dots where a title, or what stands beside a step, says a secret of one of its own commands."""
    procedures = list(procedures)
    secrets = find_secrets(procedures)
    return [hide_secrets_of_commands(procedure, secrets) for procedure in procedures] if secrets else procedures


def hide_secrets_of_commands(procedure: Procedure, secrets_by_command: Mapping[str, tuple[str, ...]]) -> Procedure:
    secrets = {secret for step in procedure.commands for secret in secrets_by_command.get(step.command, ())}
    steps = (
        replace(step, title=remove_secrets(step.title, secrets), remark=remove_secrets(step.remark, secrets))
        for step in procedure.steps
    )
    return (
        replace(procedure, title=remove_secrets(procedure.title, secrets), steps=tuple(steps)) if secrets else procedure
    )


def refuse_words(procedure: Procedure, words: frozenset[str]) -> Procedure:
    """The procedure whose steps do not run where they hold a word that the document says to replace."""
    return replace(procedure, steps=tuple(refuse_word(step, words) for step in procedure.steps))


def refuse_word(step: Step, words: frozenset[str]) -> Step:
    """Such a word is no form that is asked for: the step says so, and can be edited."""
    if not step.command or step.unparsed:
        return step
    spans = [(blank.start, blank.end) for blank in find_placeholders(step.command, step.language)]
    for match in CAPITALS.finditer(step.command):
        if match.group() in words and not any(start < match.end() and match.start() < end for start, end in spans):
            reason = f"{match.group()} stands for a value, says the document: edit it, or write <{match.group()}> there"
            return replace(step, unparsed=reason)
    return step


NAMES_OF_SHELL = ("HOSTNAME", "USER", "HOME", "SHELL")
SETS_NAME_OF_SHELL = re.compile(r"(?m)^[ \t]*(?:export[ \t]+)?(HOSTNAME|USER|HOME|SHELL)=[^\s;&]+[ \t]*(?:#.*)?$")


def find_names_of_shell(text: str, procedures: Sequence[Procedure]) -> list[str]:
    """Variables that every shell has and that the document gives a value of its own, where no step of it does."""
    if not any(f"{name}=" in text for name in NAMES_OF_SHELL):
        return []
    names = dict.fromkeys(SETS_NAME_OF_SHELL.findall(text))
    return [
        name
        for name in names
        if not any(f"{name}=" in step.command for procedure in procedures for step in procedure.commands)
    ]


def refuse_names_of_shell(procedure: Procedure, names: Sequence[str]) -> Procedure:
    """The procedure whose steps do not run where they read such a variable: a block of values sets `HOSTNAME`, and to
    the shell of a step it is this machine.
    """
    return replace(procedure, steps=tuple(_refuse_name_of_shell(step, names) for step in procedure.steps))


def _refuse_name_of_shell(step: Step, names: Sequence[str]) -> Step:
    if not step.command or step.unparsed or step.language != "bash":
        return step
    for name in names:
        if re.search(rf"\$(?:{name}(?!\w)|\{{{name}\W)", step.command):
            reason = f"the document gives {name} a value, and to a shell it is its own: edit it, and write the value"
            return replace(step, unparsed=reason)
    return step


def find_secrets(procedures: Iterable[Procedure]) -> Mapping[str, tuple[str, ...]]:
    """The commands that hold secrets, with these."""
    return _find_secrets(tuple(step.command for procedure in procedures for step in procedure.commands))


@lru_cache(maxsize=4)  # asked when a document is read, and again when it is decided whether to keep a copy
def _find_secrets(commands: tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
    return {command: secrets for command in find_suspects(commands) if (secrets := secrets_in(command))}


def secrets_of(procedures: Iterable[Procedure]) -> set[str]:
    """What the commands of a document give away."""
    return {secret for secrets in find_secrets(procedures).values() for secret in secrets}


def text_for_people(runbook: Runbook) -> str:
    """The text of a document, with dots where a secret stands in it."""
    return hide_in_text(runbook.text, secrets_of(runbook.procedures))


def remove_secrets_of_tables(tables: Sequence[DocumentTable]) -> Iterator[DocumentTable]:
    """The tables for people. Their cells are searched together, as most hold nothing that looks like a secret."""
    cells = list({cell for table in tables for row in table.rows for cell in row})
    suspects = set(find_suspects(cells))
    shown = {cell: hide_literal_secrets(cell) if cell in suspects else KNOWN_SECRETS.mask(cell) for cell in cells}
    for table in tables:
        yield replace(table, rows=tuple(tuple(shown[cell] for cell in row) for row in table.rows))


def front_matter(text: str) -> tuple[dict[str, str], str]:
    """What a leading `---` block says of the document, and the text with the block blanked: lines stay true.

    `key: value` and lists of plain words are read; what is nested deeper is the affair of other tools.
    """
    match = FRONT_MATTER.match(text)
    if match is None:
        return {}, text
    values: dict[str, str] = {}
    name = ""
    for line in match["body"].splitlines():
        item = LIST_ITEM.match(line)
        if item and name:
            values[name] = ", ".join(filter(None, (values.get(name, ""), clean_line(item[1]).strip("\"' "))))
        elif pair := KEY_AND_VALUE.match(line):
            name = clean_line(pair["name"], 50).casefold().replace("_", " ").replace("-", " ")
            name = FRONT_ALIASES.get(name, name)
            value = clean_line(pair["value"] or "").strip("\"' ")
            if value.startswith("[") and value.endswith("]"):
                value = ", ".join(part.strip("\"' ") for part in value[1:-1].split(","))
            if value:
                values.setdefault(name, value)
        elif line[:1] not in (" ", "\t", "#"):
            name = ""
    if review := find_next_review(values):
        values.setdefault("next review", review)
    return values, "\n" * match.group().count("\n") + text[match.end() :]


def find_next_review(values: Mapping[str, str]) -> str:
    """`last_reviewed_on: 2026-01-10` and `review_in: 6 months` as the day of the next review, "" without both."""
    last = day_in(values.get("last reviewed", ""))
    rhythm = parse_rhythm(f"every {values.get('review in', '')}")
    due = rhythm.after(last) if last and rhythm else None
    return str(due) if due else ""


def list_occasions(sections: Iterable[Section], procedures: Iterable[Procedure]) -> Iterator[Occasion]:
    """What parts without steps say of when to use something."""
    with_steps = {procedure.line for procedure in procedures}
    for section in sections:
        when = section.labels.get("when", "") or section.labels.get("symptoms", "")
        if when and section.line not in with_steps and not any(step.command for step in section.steps):
            above = next((parent.title for parent in reversed(section.parents)), section.title)
            yield Occasion(above if section.tells_when else section.title, when, section.line)


def document_labels(sections: list[Section]) -> Mapping[str, str]:
    """What the document says of itself before its first procedure: owner, version, last updated."""
    labels: dict[str, str] = {}
    for section in sections:
        if section.level > 1:
            break
        labels |= section.labels
    return labels

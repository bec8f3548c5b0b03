"""`cockpit runbooks`: what there is to run, what each step would take, and what is the matter with the documents."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Any

import click

from cockpit.cli import output
from cockpit.cli.options import Common, Refusal, choose_environment, common_options, json_option
from cockpit.cli.runbook_context import (
    build_listing_context,
    catalogue_of,
    folder_of,
    last_hash,
    load_team,
    practised_of,
    runs_of,
    shown_path,
    world_of,
)
from cockpit.model.runbook import ONLY_VALUES, Damage, Finding, Procedure, Runbook, Step
from cockpit.model.text import clean_line, clean_unmasked
from cockpit.model.time import RealTime
from cockpit.runbooks.catalogue.catalogue import Catalogue, Document
from cockpit.runbooks.catalogue.load import read_document_bytes
from cockpit.runbooks.document.repair import decode_document, mark_holes, repair_text
from cockpit.runbooks.document.sidecar import hash_command
from cockpit.runbooks.document.template import list_required_sections, write_new_runbook
from cockpit.runbooks.drills.badges import Badge, last_tested, list_badges
from cockpit.runbooks.lint.dry_values import known_command
from cockpit.runbooks.lint.lint import lint_runbook
from cockpit.runbooks.lint.steps import list_unknown_commands
from cockpit.runbooks.prepare.context import RunContext
from cockpit.runbooks.prepare.prepare import prepare_step
from cockpit.runbooks.shell_syntax.literal_secrets import hide_literal_secrets
from cockpit.runbooks.types import Prepared

Lint = Callable[[Runbook], Iterable[Finding]]


def catalogue_document(
    catalogue: Catalogue,
    context: RunContext,
    lint: Lint,
    today: date,
    last_run: Callable[[Runbook], str],
    done: Mapping[str, date],
) -> dict[str, Any]:
    """The whole catalogue: `lint` gives findings, `last_run` the hash at the last run, `done` our own practice."""
    return {
        "environment": context.environment.name,
        "documents": [
            document_document(
                document,
                context,
                lint(document.runbook),
                list_badges(document.runbook, today, last_run=last_run(document.runbook), done=done),
            )
            for document in catalogue.documents
        ],
        "unread": [asdict(unread) for unread in catalogue.unread],
    }


def document_document(
    document: Document, context: RunContext, findings: Iterable[Finding], worn: Iterable[Badge]
) -> dict[str, Any]:
    runbook = document.runbook
    here = replace(context, folder=folder_of(context, runbook))
    return {
        "id": document.id,
        "path": runbook.path,
        "title": runbook.title,
        "builtin": document.builtin,
        "replaces_builtin": document.replaces,
        "sha256": runbook.sha256,
        "damage": runbook.damage.value,
        "view_only": runbook.view_only,
        "labels": dict(runbook.labels),
        "badges": [badge.value for badge in worn],
        "procedures": [procedure_document(document, procedure, here) for procedure in runbook.procedures],
        "parameters": [asdict(parameter) for parameter in runbook.parameters],
        "tables": [asdict(table) for table in runbook.tables],
        "links": [asdict(link) for link in runbook.links],
        "findings": [asdict(finding) for finding in findings],
        "to_read": {language: list(lines) for language, lines in runbook.to_read.items()},
    }


def procedure_document(document: Document, procedure: Procedure, context: RunContext) -> dict[str, Any]:
    tested = last_tested(document.runbook, procedure)
    return {
        "name": f"{document.id}#{procedure.slug}",
        "title": procedure.title,
        "slug": procedure.slug,
        "within": list(procedure.within),
        "line": procedure.line,
        "menu": procedure.menu,
        "section": procedure.section,
        "labels": dict(procedure.labels),
        "warnings": list(procedure.warnings),
        "tested": tested.isoformat() if tested else None,
        "steps": [step_document(step, prepare_step("", document.runbook, step, context)) for step in procedure.steps],
    }


def step_document(step: Step, prepared: Prepared) -> dict[str, Any]:
    """`runnable`: it could start now; else `reason` says why not, `open` which values are missing.

    `native`: no shell is needed for it.
    """
    return {
        "ordinal": step.ordinal,
        "title": step.title,
        "full_title": step.full_title,
        "way": step.way._asdict() if step.way else None,
        "kind": step.kind.value,
        "command": hide_literal_secrets(step.command),
        "hash": hash_command(step.command) if step.command else "",
        "language": step.language,
        "parameters": list(step.parameters),
        "native": step.language == "http" or known_command(step) is not None,
        "runnable": prepared.runnable,
        "reason": prepared.reason_not_runnable,
        "open": [value.name for value in prepared.values if value.value is None],
        "line": step.line,
        "remark": step.remark,
        "expected": step.expected,
        "alternative_to": step.alternative_to,
        "inline": step.inline,
        "checkbox": step.checkbox,
        "place": step.place.opener if step.place else "",
        "mention": hide_literal_secrets(step.mention),
        "tags": {name: hide_literal_secrets(value) for name, value in step.tags.items()},
    }


@click.command(
    help="List runbooks: documents, procedures, steps, tables and findings. PATH is a file or a folder; without one,"
    " those of cockpit.toml and the built-in ones."
)
@click.argument("paths", metavar="[PATH]...", nargs=-1)
@click.option("--repair", metavar="FILE", help="Print a damaged document, mended, with its holes marked as <LOST>.")
@click.option("--new", "title", metavar="TITLE", help="Print a new runbook from the team's own template.")
@json_option
@common_options
def command(common: Common, paths: tuple[str, ...], repair: str | None, title: str | None, as_json: bool) -> None:
    if repair is not None:
        click.echo(_read_repaired(Path(repair)), nl=False)
        return
    system = load_team(common)
    if title is not None:
        own = [document.runbook for document in catalogue_of(system).documents if not document.builtin]
        click.echo(write_new_runbook(clean_line(title), own, RealTime().now().date()), nl=False)
        return
    environment = choose_environment(system, common.env)
    catalogue = catalogue_of(system, paths)
    context, secrets = build_listing_context(system, environment)
    runs = runs_of(system, common)

    def findings(runbook: Runbook) -> tuple[Finding, ...]:
        return lint_runbook(runbook, world_of(system, runbook))

    fields = catalogue_document(
        catalogue,
        context,
        findings,
        RealTime().now().date(),
        lambda runbook: last_hash(runs, runbook),
        practised_of(system, common),
    )
    text = output.format_json(fields) if as_json else "\n".join(list_catalogue_lines(fields))
    click.echo(secrets.mask(text))


def _read_repaired(path: Path) -> str:
    """A document with its line breaks and letters put back. The file itself is never written."""
    try:
        text, damage = repair_text(decode_document(read_document_bytes(path)))
    except OSError as error:
        raise Refusal(f"{path}: {error.strerror or error}", code="document-unreadable") from None
    return clean_unmasked(mark_holes(text) if damage is Damage.RECONSTRUCTED else text)


def list_catalogue_lines(fields: dict[str, Any]) -> Iterator[str]:
    """The catalogue for people."""
    for document in fields["documents"]:
        where = "built in" if document["builtin"] else shown_path(document["path"])
        badges = "".join(f"  [{entry}]" for entry in document["badges"])
        yield f"{document['id']}  {document['title']}  ({where}){badges}"
        titles = Counter(procedure["title"] for procedure in document["procedures"])
        for procedure in document["procedures"]:
            yield from procedure_lines(procedure, shares_its_title=titles[procedure["title"]] > 1)
        if document["tables"]:
            kinds = Counter(entry["kind"] or "not recognised" for entry in document["tables"])
            yield "  tables: " + ", ".join(kind + (f" x{count}" if count > 1 else "") for kind, count in kinds.items())
        blocks = [
            f"{name} (line {', '.join(map(str, lines[:6]))})"
            for name, lines in document["to_read"].items()
            if name != ONLY_VALUES
        ]
        if blocks:
            yield "  blocks to read, no steps: " + ", ".join(blocks)
        if lines := document["to_read"].get(ONLY_VALUES):
            where = ", ".join(map(str, lines[:6]))
            yield f"  blocks of values, no steps: line {where}; what is used of them is asked for"
        if left := [finding for finding in document["findings"] if finding["rule"] == "block-left-out"]:
            yield f"  {make_plural(len(left), 'block')} left out, see: cockpit lint {shown_path(document['path'])}"
        if document["findings"]:
            yield f"  {make_plural(len(document['findings']), 'finding')}: cockpit lint {shown_path(document['path'])}"
        yield ""
    for item in fields["unread"]:
        yield f"{item['path']} {item['reason']}"
    if not fields["documents"]:
        yield 'There are no runbooks. Name folders in cockpit.toml: runbooks = ["runbooks"]'


def procedure_lines(procedure: dict[str, Any], *, shares_its_title: bool) -> Iterator[str]:
    menu = "  (a menu: choose with --step)" if procedure["menu"] else ""
    parents = f"  {' › '.join((*procedure['within'], procedure['title']))}" if shares_its_title else ""
    yield f"  {procedure['name']}{parents}{menu}"
    for step in procedure["steps"]:
        how = "" if not step["command"] else "native" if step["native"] else step["language"]
        yield f"    {step['ordinal']:>2} {step['kind']:7} {how:10} {step['full_title']}{describe_hindrance(step)}"


def describe_hindrance(step: dict[str, Any]) -> str:
    """Why a step with a command could not start now, in a few words."""
    if step["runnable"] or not step["command"]:
        return ""
    return "  - needs " + ", ".join(step["open"]) if step["open"] else f"  - {step['reason']}"


def make_plural(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


# `cockpit lint`: what should be mended in runbooks before the next incident.

FOUND = 1


@click.command(help="Check runbooks; PATH is a file or a folder. Exit 0: nothing to mend, 1: findings, 2: not there.")
@click.argument("paths", metavar="PATH...", nargs=-1)
@click.option(
    "--commands",
    is_flag=True,
    help="Print the lines of cockpit.toml that say what the commands are which nobody knows.",
)
@json_option
@common_options
def lint_documents(common: Common, paths: tuple[str, ...], commands: bool, as_json: bool) -> None:
    system = load_team(common)
    if not paths and not system.runbooks:
        raise Refusal("Name a file or a folder, or set `runbooks` in cockpit.toml.", code="no-document")
    documents = catalogue_of(system, paths or system.runbooks).documents
    if commands:
        click.echo("\n".join(list_command_lines(documents)))
        return
    sections = list_required_sections([document.runbook for document in documents])
    findingses = {
        document.runbook.path: lint_runbook(
            document.runbook, replace(world_of(system, document.runbook), sections=sections)
        )
        for document in documents
    }
    count = sum(map(len, findingses.values()))
    if as_json:
        listed = [
            {"path": path, "findings": [asdict(item) for item in findings]} for path, findings in findingses.items()
        ]
        click.echo(output.format_json({"ok": not count, "documents": listed}))
    else:
        for path, findings in findingses.items():
            for finding in findings:
                click.echo(f"{shown_path(path)}:{finding.line}: {finding.rule}: {finding.message}")
        click.echo(
            f"{make_plural(len(documents), 'document')}, {make_plural(count, 'finding') if count else 'no findings'}"
        )
    if count:
        raise SystemExit(FOUND)


def list_command_lines(documents: Sequence[Document]) -> Iterator[str]:
    """What to paste into cockpit.toml: a command that only looks is a read, for a person to say and no document."""
    unknown = dict.fromkeys(name for document in documents for name in list_unknown_commands(document.runbook))
    if not unknown:
        yield "Every command is known."
        return
    yield "# These are changes, because nobody here knows them. Keep the lines of those that only look, or say danger."
    yield "[commands]"
    yield from (f'{json.dumps(name)} = "read"' for name in unknown)

"""Runbooks as JSON documents."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, replace
from datetime import date
from typing import Any

from cockpit.cli.runbook_context import folder_of
from cockpit.model.runbook import Finding, Procedure, Runbook, Step
from cockpit.runbooks.catalogue.catalogue import Catalogue, Document
from cockpit.runbooks.document.sidecar import hash_command
from cockpit.runbooks.drills.badges import Badge, last_tested, list_badges
from cockpit.runbooks.lint.dry_values import known_command
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

"""`cockpit lint`: what should be mended in runbooks before the next incident."""

from dataclasses import asdict

import click

from cockpit.cli import documents as json_documents
from cockpit.cli.books import catalogue_of, load_team, shown_path, world_of
from cockpit.cli.options import Common, Refusal, common_options, json_option
from cockpit.cli.runbooks import plural
from cockpit.runbooks.lint import lint

FOUND = 1


@click.command(help="Check runbooks; PATH is a file or a folder. Exit 0: nothing to mend, 1: findings, 2: not there.")
@click.argument("paths", metavar="PATH...", nargs=-1)
@json_option
@common_options
def lint_documents(common: Common, paths: tuple[str, ...], as_json: bool) -> None:
    system = load_team(common)
    if not paths and not system.runbooks:
        raise Refusal("Name a file or a folder, or set `runbooks` in cockpit.toml.")
    documents = catalogue_of(system, paths or system.runbooks).documents
    found = {each.runbook.path: lint(each.runbook, world_of(system, each.runbook)) for each in documents}
    count = sum(map(len, found.values()))
    if as_json:
        listed = [{"path": path, "findings": [asdict(each) for each in findings]} for path, findings in found.items()]
        click.echo(json_documents.as_json({"ok": not count, "documents": listed}))
    else:
        for path, findings in found.items():
            for each in findings:
                click.echo(f"{shown_path(path)}:{each.line}: {each.rule}: {each.message}")
        click.echo(f"{plural(len(documents), 'document')}, {plural(count, 'finding') if count else 'no findings'}")
    if count:
        raise SystemExit(FOUND)

"""`cockpit plan`: what the cockpit understood of the team's documents and configuration, each with where it stands."""

from dataclasses import asdict

import click

from cockpit.cli import documents as json_documents
from cockpit.cli.options import Common, common_options, json_option, load_system
from cockpit.cli.plan_text import lines
from cockpit.model.clean import clean
from cockpit.runbooks.plan_files import read_plan


@click.command(
    name="plan", help="What should happen in an incident: ladder, rules, roles, contacts ..., with its source."
)
@json_option
@common_options
def command(common: Common, as_json: bool) -> None:
    system = load_system(common)
    plan = read_plan(system)
    if as_json:
        click.echo(json_documents.as_json(json_documents.plain(asdict(plan))))
        return
    for line in lines(plan, system.time_zone):
        click.echo(clean(line))

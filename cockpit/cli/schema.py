"""`cockpit schema`: the JSON Schema of cockpit.toml."""

import json

import click

from cockpit.config import build_json_schema


@click.command(help="Print the JSON Schema of cockpit.toml, for editors.")
@click.option("--json", is_flag=True, expose_value=False, help="As the other commands take it; it is JSON anyway.")
def schema() -> None:
    click.echo(json.dumps(build_json_schema(), indent=2, ensure_ascii=False))

"""`cockpit simulator`: a simulated system on this machine, for demos, drills and tests."""

import asyncio

import click

from cockpit.cli.options import Refusal


@click.command(help="Serve a simulated system on 127.0.0.1. Prints one line of JSON when it is ready.")
@click.option("--port", default=0, show_default="a free one", type=click.IntRange(0, 65_535), help="The port.")
@click.option("--scenario", default="quiet", show_default=True, help="The story to play.")
@click.option("--speed", default=1.0, show_default=True, type=click.FloatRange(0.1, 100), help="How fast it plays.")
@click.option("--app", default="", show_default="shop-api", help="The name of the container app.")
@click.option("--resource-group", default="", show_default="shop-prod-rg", help="The name of its resource group.")
@click.option("--until-stdin-closes", is_flag=True, help="End when standard input does.")
def simulator(port: int, scenario: str, speed: float, app: str, resource_group: str, until_stdin_closes: bool) -> None:
    from cockpit.simulator.play import play
    from cockpit.simulator.scenario import ScenarioError, load, named

    try:
        story = named(load(scenario), app=app, resource_group=resource_group)
        # click.echo flushes, so that whoever waits for the line gets it at once.
        asyncio.run(play(story, port=port, speed=speed, until_stdin_closes=until_stdin_closes, announce=click.echo))
    except ScenarioError as error:
        raise Refusal(str(error)) from None
    except OSError as error:
        raise Refusal(f"Cannot listen on 127.0.0.1:{port}: {error.strerror or error}. Choose another --port.") from None

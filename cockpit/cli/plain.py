"""What `cockpit` prints where nothing can be drawn: in a pipe, under cron, on a dumb terminal."""

import click

from cockpit.cli.options import Common
from cockpit.cli.status import looked, worst
from cockpit.cli.status_text import print_states


def print_status(common: Common) -> int:
    """Print how everything stands; the answer is the exit code of `cockpit status`."""
    click.echo("cockpit: there is no terminal to draw on, so this is `cockpit status`.", err=True)
    states = looked(common)
    print_states(states)
    return worst(states).exit_code

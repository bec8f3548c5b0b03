"""`--since`: how far back to look, `90d` or a time."""

from datetime import datetime

import click

from cockpit.cli.session import CliSession
from cockpit.model.time import DurationError, seconds

since_option = click.option(
    "--since", metavar="TIME", help="Only from then on: `90d`, `2h`, `14:05`, `2026-02-27 14:05`."
)


def parse_since(cli_session: CliSession, text: str | None) -> datetime | None:
    """The moment that was typed; a bare duration counts back from now. Raises WhenError."""
    if text is None:
        return None
    try:
        seconds(text.strip().casefold())
    except DurationError:
        return cli_session.moment(text)
    return cli_session.moment(f"{text} ago")

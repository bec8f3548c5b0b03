"""Opening the screen: `cockpit` itself and `cockpit wall`."""

import asyncio
import gc
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cockpit.cli.options import (
    Common,
    Refusal,
    choose_environment,
    common_options,
    find_operator,
    load_system,
    timeline_path,
)
from cockpit.cli.streams import BROKEN

if TYPE_CHECKING:
    from cockpit.app import CockpitApp
    from cockpit.model.system import System
    from cockpit.session import Session

Attach = Callable[[], Awaitable["Session"]]


def terminal_can_draw() -> bool:
    """False for a pipe, a dumb terminal, or no TERM at all."""
    return sys.stdin.isatty() and sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"


async def attach_to(
    common: Common, *, wall: bool = False, read_system: "Callable[[Common], System]" = load_system
) -> "Session":
    """Read the configuration and build the session in a thread, so that the frame already on screen stays alive."""
    return await asyncio.to_thread(_build_session, common, wall, read_system)


def _build_session(common: Common, wall: bool, read_system: "Callable[[Common], System]") -> "Session":
    from cockpit.build_session import build_session
    from cockpit.model.event import RecordError

    system = read_system(common)
    environment = choose_environment(system, common.env)
    try:
        author = find_operator(system, common, can_ask=False)  # the screen asks with a dialog of its own
        return build_session(system, environment, timeline_path(system, common), operator=author, wall=wall)
    except RecordError as error:
        raise Refusal.of(error) from None


def run_screen(attach: Attach, *, wall: bool = False) -> None:
    """Run the app until it ends; leaves with its exit code and says why, when it could not attach."""
    gc.disable()  # what is imported stays: looking for garbage in it again and again takes a tenth of the start
    from cockpit.app import CockpitApp

    app = CockpitApp(attach, wall=wall)
    app.run(mouse=uses_mouse(os.environ))
    if app.farewell:
        click.echo(f"cockpit: {app.farewell}", err=True)
    for line in describe_what_goes_on(app):
        click.echo(line)
    for path in dict.fromkeys(app.drafts):
        click.echo(f"The post-mortem draft is in {path}")
    code = exit_code(app.return_code)
    if code:
        sys.exit(code)


def describe_what_goes_on(app: "CockpitApp") -> list[str]:
    """What is open still when somebody leaves, and how they come back; nothing for a wall or a simulated world."""
    session = app.session
    if session is None or session.read_only or session.environment.drill:
        return []
    from cockpit.model.text import clean_line

    name = session.environment.name
    lines = [
        f"Still open in {name}: {'DRILL ' if incident.drill else ''}{incident.severity_text} "
        f"{clean_line(incident.title)} ({incident.id})."
        for incident in session.ledger.open(name)
    ]
    file = Path(session.system.file)
    options = f"--env {name}" if file.parent == Path.cwd() else f"--config {file} --env {name}"
    back = f"`cockpit {options}` comes back to it, `cockpit brief {options}` says how it stands."
    return [*lines, back] if lines else []


def exit_code(returned: int | None) -> int:
    """None: the app ended unasked. 1 is Textual's own for a defect, and an answer of `cockpit status`."""
    return BROKEN if returned in (None, 1) else returned or 0


def uses_mouse(environ: Mapping[str, str]) -> bool:
    """Not over SSH: a line that is lost leaves the mouse on, and then every movement types into the shell."""
    chosen = environ.get("COCKPIT_MOUSE", "").lower()
    if chosen:
        return chosen not in ("0", "no", "off", "false")
    return not any(environ.get(name) for name in ("SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT"))


def open_cockpit(common: Common) -> None:
    """What `cockpit` does without a command: the screen, or plain status where nothing can be drawn."""
    if not terminal_can_draw():
        from cockpit.cli.status.command import print_status

        sys.exit(print_status(common))
    run_screen(lambda: attach_to(common))


@click.command(help="Open the read-only wall for a second monitor.")
@common_options
def wall(common: Common) -> None:
    if not terminal_can_draw():
        raise Refusal(
            "`cockpit wall` draws a screen and needs a terminal; `cockpit status` prints the same as text.",
            code="no-terminal",
        )
    run_screen(lambda: attach_to(common, wall=True), wall=True)

"""Handing the terminal to a command that needs it: a login, an editor, a shell far away."""

from collections.abc import Callable
from typing import Any

from textual.app import App, SuspendNotSupported

from cockpit.runbooks.execution import Finished, RunRefused
from screens.signin import interrupts_for_the_command


async def hand_over(app: App[Any], act: Callable[[], Finished]) -> Finished:
    """Leave the screen, do `act`, which blocks until the command ends, and come back.

    On the app's own thread: two programs must not read one keyboard. Raises Refused where that cannot be.
    """
    try:
        with app.suspend(), interrupts_for_the_command():
            return act()
    except SuspendNotSupported as error:
        raise RunRefused("This terminal cannot be handed over: run the command in another one, then say so.") from error

"""Acts that need to know who acts: on a shared login that is asked once, and the act is done again."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from cockpit.model.operator import PersonUnknown
from screens.dialogs.dialog import DialogContext, PersonDialog

if TYPE_CHECKING:
    from textual.app import App

    from cockpit.model.time import Time

R = TypeVar("R")


async def do_named(app: "App[Any]", place: DialogContext, time: "Time", act: Callable[[], Awaitable[R]]) -> R:
    """What an act returns; where it does not know who acts, that is asked, and it is done again. In a worker.

    Raises PersonUnknown when the question was left, and what the act raises.
    """
    try:
        return await act()
    except PersonUnknown as question:
        if not await app.push_screen_wait(PersonDialog(place, time, question.operator)):
            raise
    return await act()


async def act_named(app: "App[Any]", place: DialogContext, time: "Time", act: Callable[[], R]) -> R:
    """As `do_named`, for an act that blocks: it is done off the loop."""
    return await do_named(app, place, time, partial(asyncio.to_thread, act))

"""Who are you? Asked at the first act on a shared login; the answer stands everywhere from then on."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from cockpit.model.operator import Operator, PersonError, PersonUnknown, check_person
from screens.dialogs.form import Field, FormDialog, FormError, Values

if TYPE_CHECKING:
    from textual.app import App

    from cockpit.model.time import Time
    from screens.dialogs.dialog import DialogContext

R = TypeVar("R")


def ask_person(place: "DialogContext", time: "Time", operator: Operator) -> FormDialog[str]:
    """The question; its answer is the name as it is written from now on, None when it was left."""

    def check(values: Values) -> None:
        try:
            check_person(values["name"], operator.account)
        except PersonError as error:
            raise FormError(str(error)) from None

    return FormDialog(
        place,
        time,
        "Who are you?",
        [Field("name", "your name", preset=operator.account.proposal)],
        lambda values: operator.identify(values["name"]),
        about=[
            [("The login ", ""), (operator.account.name, "strong"), (" is shared, and the record names people.", "")],
            [("Asked once for this login session; it stands beside all that you do.", "muted")],
        ],
        check=check,
        does="goes on under this name",
    )


async def do_named(app: "App[Any]", place: "DialogContext", time: "Time", act: Callable[[], Awaitable[R]]) -> R:
    """What an act returns; where it does not know who acts, that is asked, and it is done again. In a worker.

    Raises PersonUnknown when the question was left, and what the act raises.
    """
    try:
        return await act()
    except PersonUnknown as question:
        if not await app.push_screen_wait(ask_person(place, time, question.operator)):
            raise
    return await act()


async def act_named(app: "App[Any]", place: "DialogContext", time: "Time", act: Callable[[], R]) -> R:
    """As `do_named`, for an act that blocks: it is done off the loop."""
    return await do_named(app, place, time, partial(asyncio.to_thread, act))

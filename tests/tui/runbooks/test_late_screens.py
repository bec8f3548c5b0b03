"""What was asked for and is ready only when the person has gone on to something else opens over nothing."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any, cast
from unittest.mock import patch

import pytest
from textual.screen import Screen

from screens.dialogs.dialog import DialogContext
from screens.main import runbook_handlers as acting
from screens.run.confirm import AskCancel
from tests.tui.leaping import Gate
from tests.tui.runbooks.conftest import Bare, ScreenUser, Session
from tests.tui.runbooks.play import Play

Open = Callable[..., Any]


def make_dialog(session: Session, place: DialogContext) -> AskCancel:
    """Any dialog in which somebody is writing, or about to confirm something else."""
    return AskCancel(place, session.time, "something else")


@pytest.fixture
def slow_proposal(bad_deployment: Session) -> Iterator[Gate]:
    """Set, and what to roll back to is known."""
    known, propose = Gate(), cast("Any", bad_deployment).propose_rollback

    def wait_and_propose(*given: Any, **how: Any) -> Any:
        assert known.wait(30)
        return propose(*given, **how)

    with patch.object(bad_deployment, "propose_rollback", wait_and_propose):
        yield known
        known.set()


async def test_a_rollback_that_is_proposed_late_takes_no_key_meant_for_another_dialog(
    bad_deployment: Session, place: DialogContext, slow_proposal: Gate
) -> None:
    screen: Screen[Any] = Screen()
    app = Bare(screen)
    async with app.run_test(size=(120, 40)) as pilot:
        user = ScreenUser(app, pilot, bad_deployment)
        acting.open_rollback(screen, bad_deployment, place)  # type: ignore[arg-type]
        await pilot.pause()
        app.push_screen(make_dialog(bad_deployment, place))
        slow_proposal.set()
        await user.until(lambda: bool(app._notifications))
        assert user.screen == "AskCancel"
        await pilot.press("escape")
        acting.open_rollback(screen, bad_deployment, place)  # type: ignore[arg-type]
        await user.until(lambda: user.screen == "AskRollback")


async def test_what_is_asked_for_on_logs_or_a_checklist_opens_over_them(
    bad_deployment: Session, place: DialogContext
) -> None:
    """The main screen asked in their place, and was not in front: `v` in the logs never opened its procedure."""
    screen: Screen[Any] = Screen()
    app = Bare(screen)
    async with app.run_test(size=(120, 40)) as pilot:
        user = ScreenUser(app, pilot, bad_deployment)
        logs: Screen[Any] = Screen()
        app.push_screen(logs)
        await pilot.pause()
        acting.open_rollback(screen, bad_deployment, place)  # type: ignore[arg-type]
        await user.until(lambda: user.screen == "AskRollback")
        assert app.screen_stack[-2] is logs
        assert not app._notifications


async def test_a_step_that_is_ready_late_asks_for_nothing_over_another_dialog(
    open_run: Open, play: Play, place: DialogContext
) -> None:
    play.values["PREVIOUS"] = "mi-prod--v41"
    surveyed = asyncio.Event()
    survey = play.survey

    async def wait_and_survey(prepared: Any) -> Any:
        await surveyed.wait()
        return await survey(prepared)

    with patch.object(play, "survey", wait_and_survey):
        async with open_run(index=2) as user:
            await user.press("enter")
            user.app.push_screen(make_dialog(user.session, place))
            await user.settle()
            surveyed.set()
            await user.until(lambda: bool(user.app._notifications))
            assert user.screen == "AskCancel"
            assert play.performed == []

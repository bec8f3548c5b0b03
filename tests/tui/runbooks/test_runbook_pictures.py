"""Pictures of the screens of runbooks; `make snapshots` accepts them as they are now drawn."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.screen import Screen

from cockpit.model.run import StepState
from cockpit.runbooks.catalogue.catalogue import Catalogue, Document
from cockpit.runbooks.types import Finished
from screens.catalogue.screen import CatalogueScreen
from screens.dialogs.dialog import DialogContext
from screens.main import runbook_handlers as acting
from tests.tui.runbooks.conftest import Bare, ScreenUser, Session
from tests.tui.runbooks.play import ROLLBACK, Play, document
from tests.tui.runbooks.test_catalogue_screen import FIRES, QUICK
from tests.tui.runbooks.test_run import EXPECTS

Before = Callable[[Pilot[None]], Awaitable[None]]


def after(app: Bare, session: Session, *keys: str) -> Before:
    async def press(pilot: Pilot[None]) -> None:
        user = ScreenUser(app, pilot, session)
        session.time.pass_by(1)
        await user.settle()
        await user.press(*keys)

    return press


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
def test_picture_of_a_run(
    snap_compare: Any, make_run: Callable[..., Any], session: Session, play: Play, size: tuple[int, int]
) -> None:
    play.prints[1] = "Name           Active    Created\n-------------  --------  -------\nmi-prod--v42   True      4m\n"
    app = Bare(make_run(standing="unchanged since the last 3 runs"))
    assert snap_compare(app, terminal_size=size, run_before=after(app, session, "enter", "up"))


def test_picture_of_a_comparison(snap_compare: Any, make_run: Callable[..., Any], session: Session, play: Play) -> None:
    play.prints[1] = "Meetings 2\nActions 31\n"
    play.ends[1] = [Finished(StepState.WARN, "exit 0, to be compared by a person", 0)]
    app = Bare(make_run(EXPECTS))
    assert snap_compare(app, terminal_size=(120, 40), run_before=after(app, session, "enter"))


def test_picture_of_a_roll_back(snap_compare: Any, bad_deployment: Session, place: DialogContext, play: Play) -> None:
    play.meets[1] = ("Traffic now: mi-prod--v42 100 %.",)
    screen: Screen[Any] = Screen()
    app = Bare(screen)

    async def ask(pilot: Pilot[None]) -> None:
        acting.open_rollback(screen, bad_deployment, place)  # type: ignore[arg-type]
        await ScreenUser(app, pilot, bad_deployment).settle()

    assert snap_compare(app, terminal_size=(80, 24), run_before=ask)


def test_picture_of_the_catalogue(snap_compare: Any, session: Session, place: DialogContext) -> None:
    books = Catalogue(
        (Document("break-glass", document(ROLLBACK)), Document("quick", document(QUICK, "runbooks/quick.md")))
    )
    app = Bare(CatalogueScreen(session, place, lambda: books, (FIRES,)))  # type: ignore[arg-type]
    assert snap_compare(app, terminal_size=(120, 40), run_before=after(app, session, "down", "down"))

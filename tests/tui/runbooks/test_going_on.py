"""Asked for again, a procedure goes on where it stands: a new run is begun only when a person says so."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from textual.screen import Screen

from cockpit.model.event import Event, Kind
from cockpit.model.run import Run, Value
from screens.dialogs.dialog import DialogContext
from screens.main import runbook_handlers as acting
from screens.run.open import open_or_begin, reopen_run
from screens.run.screen import RunScreen
from tests.tui.runbooks.conftest import Bare, ScreenUser, Session
from tests.tui.runbooks.play import NOW, ROLLBACK, Play, document

RUNBOOK = document(ROLLBACK)
BOTH_WAYS = b"""# Swap

## Procedure

```bash
# Stop it
az containerapp revision deactivate --revision <bad>
```

## Rollback

```bash
# Start it again
az containerapp revision activate --revision <bad>
```
"""
ABOUT = (Value("app", "mi-prod", "proposal"),)
Ask = Callable[..., Any]


@pytest.fixture
def ask(session: Session, place: DialogContext) -> Ask:
    """Ask for the procedure, press keys, and tell where that led: the screen, and the ids of all runs."""

    async def ask(*keys: str, about: tuple[Value, ...] = ABOUT, look: str = "", run: Run | None = None) -> Any:
        app = Bare(Screen())
        async with app.run_test(size=(80, 24)) as pilot:
            user = ScreenUser(app, pilot, session)
            opening = (
                reopen_run(app, session, place, run)  # type: ignore[arg-type]
                if run
                else open_or_begin(app, session, place, RUNBOOK, RUNBOOK.procedures[0], proposed=about)  # type: ignore[arg-type]
            )
            app.run_worker(opening)
            await user.settle()
            told = user.lines("act") if look == "act" else user.lines("run-head") if look and not keys else ""
            await user.press(*keys)
            if look == "run-head" and keys:
                told = user.lines("run-head")
            shown = getattr(app.screen, "now_run", None)
            return user.screen, shown.id if shown else "", sorted(session.runner.runs.runs), " ".join(told.split())

    return ask


@pytest.fixture
def open_run(play: Play) -> Run:
    return play.start(RUNBOOK, RUNBOOK.procedures[0], proposed=ABOUT)


async def test_a_run_in_which_nothing_was_done_is_opened_again(ask: Ask, open_run: Run) -> None:
    assert (await ask())[:3] == ("RunScreen", "r1", ["r1"])


async def test_one_about_another_app_is_none_of_this(ask: Ask, open_run: Run, play: Play) -> None:
    play.leave_unknown(open_run, 2)
    assert (await ask(about=(Value("app", "other", "proposal"),)))[:3] == ("RunScreen", "r2", ["r1", "r2"])


async def test_an_untouched_one_with_other_values_is_left_alone(ask: Ask, play: Play) -> None:
    play.start(RUNBOOK, RUNBOOK.procedures[0], proposed=(*ABOUT, Value("previous", "v1", "proposal")))
    assert (await ask(about=(*ABOUT, Value("previous", "v2", "proposal"))))[1] == "r2"


@pytest.mark.parametrize(
    ("keys", "led"),
    [
        (("g",), ("RunScreen", "r1", ["r1"])),
        (("n",), ("RunScreen", "r2", ["r1", "r2"])),
        (("enter",), ("Screen", "", ["r1"])),
        (("escape",), ("Screen", "", ["r1"])),
    ],
)
async def test_one_whose_step_nobody_saw_the_end_of_is_asked_about(
    ask: Ask, open_run: Run, play: Play, keys: tuple[str, ...], led: tuple[str, str, list[str]]
) -> None:
    play.leave_unknown(open_run, 2)
    *found, told = await ask(*keys, look="act")
    assert tuple(found) == led
    assert "Nobody knows how step 2 ended" in told
    assert "by you: 0 of 5 steps done" in told
    assert "app = mi-prod" in told


async def test_pasted_letters_choose_nothing(ask: Ask, open_run: Run, play: Play, session: Session) -> None:
    play.leave_unknown(open_run, 2)
    place = DialogContext("prod", True, "you", NOW.tzinfo)  # type: ignore[arg-type]
    app = Bare(Screen())
    async with app.run_test() as pilot:
        user = ScreenUser(app, pilot, session)
        app.run_worker(open_or_begin(app, session, place, RUNBOOK, RUNBOOK.procedures[0]))  # type: ignore[arg-type]
        await user.settle()
        user.clock.pass_by(5)
        await pilot.press("n", "n", "g")
        await user.settle()
        assert user.screen == "AskGoOn"
        await user.press("g")
        assert user.screen == "RunScreen"


async def test_roll_back_asks_before_it_proposes_anything(
    bad_deployment: Session, place: DialogContext, play: Play, session: Session
) -> None:
    app = Bare(Screen())
    async with app.run_test() as pilot:
        user = ScreenUser(app, pilot, session)
        acting.open_rollback(app.screen, session, place)  # type: ignore[arg-type]
        await user.settle()
        await user.press("enter", "escape")
        acting.open_rollback(app.screen, session, place)  # type: ignore[arg-type]
        await user.settle()
        assert user.screen == "AskGoOn"
        assert "4 of 5 steps done" in user.lines("act")
        assert "previous = mi-prod--v41" in user.lines("act")
        await user.press("n")
        assert user.screen == "AskRollback"
        await user.press("enter")
        assert sorted(play.runs.runs) == ["r1", "r2"]
        assert [(each.name, each.source) for each in play.runs.runs["r2"].values if each.name == "previous"] == [
            ("previous", "proposal")
        ]


def declare(session: Session, *ids: str) -> None:
    for at, id in enumerate(ids, start=1):
        detail = {"title": f"Trouble {at}", "severity": "P1", "reach_from": "2026-11-20T13:00:00.000000Z"}
        when = NOW + timedelta(seconds=at)
        event = Event(at, id, "prod", id, when, when, Kind.DECLARE, "cockpit", "you", "declared", detail, None, 1, "")
        session.ledger.apply(event)


async def test_with_two_incidents_open_it_asks_which_one_a_run_belongs_to(
    ask: Ask, session: Session, play: Play
) -> None:
    declare(session, "INC-a", "INC-b")
    told = (await ask("down", "enter", look="act"))[3]
    assert "2 incidents are open" in told
    assert play.chosen == {"r1": "INC-b"}


async def test_none_of_them_is_an_answer_and_the_head_says_where_it_is_written(
    ask: Ask, session: Session, play: Play
) -> None:
    declare(session, "INC-a", "INC-b")
    assert "journal" in (await ask("0", "enter", look="run-head"))[3]
    assert play.chosen == {"r1": ""}


async def test_a_run_begun_before_any_incident_asks_when_it_is_opened_again(
    ask: Ask, session: Session, play: Play, open_run: Run
) -> None:
    declare(session, "INC-a", "INC-b")
    assert "INC-a" in (await ask("enter", run=open_run, look="run-head"))[3]
    assert play.chosen == {"r1": "INC-a"}


async def test_the_way_back_belongs_where_the_way_there_did(
    make_run: Callable[..., RunScreen], session: Session, play: Play
) -> None:
    declare(session, "INC-a", "INC-b")
    bad = Value("bad", "v44", "live")
    app = Bare(make_run(BOTH_WAYS, before=lambda run: play.belongs(run, "INC-b"), proposed=(bad,)))
    async with app.run_test() as pilot:
        user = ScreenUser(app, pilot, session)
        await user.settle()
        await user.press("b")
        assert (user.screen, play.chosen) == ("RunScreen", {"r1": "INC-b", "r2": "INC-b"})
        assert "--revision v44" in user.lines("step")


async def test_with_one_incident_open_nothing_is_asked(ask: Ask, session: Session) -> None:
    declare(session, "INC-a")
    assert (await ask())[0] == "RunScreen"


async def test_whoever_begins_the_same_in_the_same_second_follows_who_was_first(
    ask: Ask, open_run: Run, play: Play
) -> None:
    play.end(open_run)  # it is not among those that are asked about: this screen has not heard of it yet
    play.led_by = open_run
    screen, run, runs, _ = await ask()
    assert (screen, run, runs) == ("RunScreen", "r1", ["r1"])

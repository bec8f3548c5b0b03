"""The same screens over the runner itself: a real shell, real files, a document on the disk."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from cockpit.model.run import StepState
from cockpit.model.system import Environment
from cockpit.model.time import RealTime
from cockpit.runbooks.catalogue.load import load_catalogue
from cockpit.runbooks.prepare.values import Live
from cockpit.runbooks.run.runner import Runner
from screens.catalogue.screen import CatalogueScreen
from screens.dialogs.dialog import DialogContext
from tests.tui.runbooks.conftest import Bare, Seat, Session
from tests.tui.stage import MemoryTimeline, StillTime

pytestmark = pytest.mark.real_time
BOOK = """# Disk is full

**Time to fix:** 5 minutes

```bash
# See who fills it
ls -1 <FOLDER>

# Remove the old logs
rm -- "$VICTIM"
```
"""


@pytest.fixture
def real(tmp_path: Path, session: Session) -> Runner:
    (tmp_path / "books").mkdir()
    (tmp_path / "books" / "disk.md").write_text(BOOK)
    runner = Runner(
        record=MemoryTimeline(StillTime()).record,
        environment=Environment("prod", production=True, values={"FOLDER": "."}),
        operator="you@example.com",
        time=RealTime(),
        data=tmp_path / "data",
        azure=None,
        reveal=lambda secret: "",
        mask=lambda text: text,
        read_only=False,
        live=Live,
        incident=lambda: None,
    )
    session.runner = runner  # type: ignore[assignment]  # the real one in place of the play
    return runner


@asynccontextmanager
async def opened(session: Session, place: DialogContext, folder: Path) -> AsyncIterator[Seat]:
    screen = CatalogueScreen(session, place, lambda: load_catalogue([str(folder)], builtin=False), ())  # type: ignore[arg-type]
    app = Bare(screen)
    async with app.run_test(size=(120, 40)) as pilot:
        seat = Seat(app, pilot, session)
        await seat.until(lambda: bool(screen.table.rows))
        yield seat


async def test_a_document_becomes_a_run_that_is_trusted_looked_at_confirmed_and_recorded(
    real: Runner, session: Session, place: DialogContext, tmp_path: Path
) -> None:
    victim = tmp_path / "books" / "old.log"  # a step runs in the folder of its document
    victim.write_text("old")
    async with opened(session, place, tmp_path / "books") as seat:

        def state(step: int) -> StepState:
            return next(iter(real.runs.runs.values())).state(step)

        async def key(*keys: str) -> None:
            for each in keys:
                await seat.pilot.pause(0.1)  # what is on the screen has been there for a moment
                session.time.pass_by(1)
                await seat.pilot.press(each)

        await key("down", "enter")
        await seat.until(lambda: seat.screen == "AskTrust")
        await key("enter")
        await seat.until(lambda: seat.screen == "RunScreen" and "with        FOLDER" in seat.lines("step"))
        await key("enter")
        await seat.until(lambda: state(1) is StepState.OK and seat.at == 2)
        await seat.until(lambda: "asks" in seat.lines("step"))
        await key("enter")
        await seat.until(lambda: seat.screen == "Values")
        await seat.type("old.log")
        await key("enter")
        await seat.until(lambda: seat.screen == "AskConsent")
        assert victim.exists()
        await seat.answer_the_word(key)
        await seat.until(lambda: state(2) is StepState.OK)
        assert not victim.exists()
        await key("up")
        await seat.until(lambda: seat.output == ["disk.md", "old.log"])
        transcript = next(iter(real.runs.runs.values())).attempts[0].transcript
    assert Path(transcript).read_text() == "disk.md\nold.log\n"  # noqa: ASYNC240  a test waits for nobody


async def test_what_is_not_trusted_has_no_run(
    real: Runner, session: Session, place: DialogContext, tmp_path: Path
) -> None:
    async with opened(session, place, tmp_path / "books") as seat:
        session.time.pass_by(1)
        await seat.pilot.press("down")
        session.time.pass_by(1)
        await seat.pilot.press("enter")
        await seat.until(lambda: seat.screen == "AskTrust")
        await seat.pilot.press("escape")
        await seat.until(lambda: seat.screen == "CatalogueScreen")
        assert real.runs.runs == {}

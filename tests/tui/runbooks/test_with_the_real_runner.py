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
from tests.tui.runbooks.conftest import Bare, ScreenUser, Session
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
async def opened(session: Session, place: DialogContext, folder: Path) -> AsyncIterator[ScreenUser]:
    screen = CatalogueScreen(session, place, lambda: load_catalogue([str(folder)], builtin=False), ())  # type: ignore[arg-type]
    app = Bare(screen)
    async with app.run_test(size=(120, 40)) as pilot:
        user = ScreenUser(app, pilot, session)
        await user.until(lambda: bool(screen.table.rows))
        yield user


async def test_a_document_becomes_a_run_that_is_trusted_looked_at_confirmed_and_recorded(
    real: Runner, session: Session, place: DialogContext, tmp_path: Path
) -> None:
    victim = tmp_path / "books" / "old.log"  # a step runs in the folder of its document
    victim.write_text("old")
    async with opened(session, place, tmp_path / "books") as user:

        def state(step: int) -> StepState:
            return next(iter(real.runs.runs.values())).state(step)

        async def key(*keys: str) -> None:
            for each in keys:
                await user.pilot.pause(0.1)  # what is on the screen has been there for a moment
                session.time.pass_by(1)
                await user.pilot.press(each)

        await key("down", "enter")
        await user.until(lambda: user.screen == "AskTrust")
        await key("enter")
        await user.until(lambda: user.screen == "RunScreen" and "with        FOLDER" in user.lines("step"))
        await key("enter")
        await user.until(lambda: state(1) is StepState.OK and user.at == 2)
        await user.until(lambda: "asks" in user.lines("step"))
        await key("enter")
        await user.until(lambda: user.screen == "Values")
        await user.type("old.log")
        await key("enter")
        await user.until(lambda: user.screen == "AskConsent")
        assert victim.exists()
        await user.answer_the_word(key)
        await user.until(lambda: state(2) is StepState.OK)
        assert not victim.exists()
        await key("up")
        await user.until(lambda: user.output == ["disk.md", "old.log"])
        transcript = next(iter(real.runs.runs.values())).attempts[0].transcript
    assert Path(transcript).read_text() == "disk.md\nold.log\n"  # noqa: ASYNC240  a test waits for nobody


async def test_what_is_not_trusted_has_no_run(
    real: Runner, session: Session, place: DialogContext, tmp_path: Path
) -> None:
    async with opened(session, place, tmp_path / "books") as user:
        session.time.pass_by(1)
        await user.pilot.press("down")
        session.time.pass_by(1)
        await user.pilot.press("enter")
        await user.until(lambda: user.screen == "AskTrust")
        await user.pilot.press("escape")
        await user.until(lambda: user.screen == "CatalogueScreen")
        assert real.runs.runs == {}

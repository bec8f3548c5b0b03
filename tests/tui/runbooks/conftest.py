"""A stage for the screens of runbooks: an app with our themes, a clock that moves when told, a runner that plays."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from textual.css.query import NoMatches
from textual.pilot import Pilot
from textual.widgets import Input

from cockpit.incident.ledger import Ledger
from cockpit.model.run import Run, Value
from cockpit.model.runbook import Procedure, Runbook
from cockpit.model.severity_scale import DEFAULT_SEVERITY_SCALE
from cockpit.model.system import Environment
from cockpit.session import Session as RealSession
from screens.dialogs.dialog import DialogContext
from screens.run.open import RunScreenOpener
from screens.run.screen import POUR, RunScreen
from screens.shared.enter_guard import HELD, LET_GO
from tests.tui.bare import Bare, Clock
from tests.tui.runbooks.play import NOW, NZDT, Play, document
from tests.tui.stage import application
from widgets.line import Lines
from widgets.output import OutputView
from widgets.table import KeyedTable

__all__ = ["Bare", "Clock"]
PATIENCE = 1_500  # looks; what takes more than half a minute on a busy machine is stuck
REST = 2 * (HELD + POUR)  # of the leaping clock: a key is heard, its worker is done, and what came is poured


class NotedIncidentActions:
    def __init__(self) -> None:
        self.noted: list[str] = []

    def note(self, text: str, incident: str | None = None, at: Any = None) -> None:
        self.noted.append(text)


@dataclass
class Session:
    """What a run asks of its session."""

    runner: Play
    time: Clock
    incident_actions: NotedIncidentActions = field(default_factory=NotedIncidentActions)
    ledger: Ledger = field(default_factory=lambda: Ledger(DEFAULT_SEVERITY_SCALE))
    operator: str = "you@example.com"
    read_only: bool = False
    watch: Any = None
    environment: Any = field(default_factory=lambda: Environment("prod"))
    timeline: Any = field(default_factory=lambda: SimpleNamespace(events=lambda **how: []))
    system: Any = None

    incident_choices = RealSession.incident_choices
    propose_rollback = RealSession.propose_rollback


class ScreenUser:
    """In front of the screen: hands, eyes and a watch."""

    def __init__(self, app: Bare, pilot: Pilot[None], session: Session) -> None:
        self.app, self.pilot, self.session = app, pilot, session
        self.play, self.clock = session.runner, session.time

    async def settle(self) -> None:
        """Everything that follows from the last key has happened: nothing changes any more, nothing is awaited."""
        await self.pilot.pause(REST)

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait for something that takes its time: a shell, a file. A screen that is not composed yet is waited for."""
        for _ in range(PATIENCE):
            await self.pilot.pause(0.02)
            with suppress(NoMatches):
                if true():
                    return
        shown = [each.text for each in self.app.screen.query(Lines)]
        raise AssertionError(f"it never came to that; on {self.screen} is {shown}, told was {self.told}")

    async def answer_the_word(self, key: Callable[..., Awaitable[None]]) -> None:
        """Confirm, with the word that the dialog asks for when it asks for one."""
        asked = self.app.screen.query("#word-label")
        if asked:
            word = self.lines("word-label").removeprefix("Type ").removesuffix(" to run it.")
            await self.pilot.press(*word)
        await key("enter")

    async def press(self, *keys: str) -> None:
        """As a hand does, and then nothing for so long that the next Enter counts."""
        for key in keys:
            self.clock.pass_by(LET_GO + 0.05)
            await self.pilot.press(key)
            await self.settle()
            self.clock.pass_by(LET_GO + 0.05)
            await self.pilot.pause(2 * POUR)

    async def type(self, text: str) -> None:
        field = self.app.focused
        assert isinstance(field, Input), field
        await self.pilot.press(*text)
        await self.pilot.pause()

    def row(self, step: int) -> str:
        table = self.app.screen.query_one("#steps", KeyedTable)
        row = next(each for each in table.rows if each.id == str(step))
        return " ".join(cell.text for cell in row.cells if cell.text)

    @property
    def at(self) -> int:
        return int(self.app.screen.query_one("#steps", KeyedTable).cursor or 0)

    def lines(self, id: str) -> str:
        return self.app.screen.query_one(f"#{id}", Lines).text

    @property
    def output(self) -> list[str]:
        return self.app.screen.query_one("#output", OutputView).tail.lines

    @property
    def told(self) -> list[str]:
        return [str(each.message) for each in self.app._notifications]

    @property
    def screen(self) -> str:
        """The screen on top, once all of it is there."""
        return type(self.app.screen).__name__ if self.app.screen.is_mounted else ""


Open = Callable[..., AbstractAsyncContextManager[ScreenUser]]


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def play(clock: Clock) -> Play:
    return Play(clock)


@pytest.fixture
def session(play: Play, clock: Clock) -> Session:
    return Session(play, clock)


@pytest.fixture
def place() -> DialogContext:
    return DialogContext("prod", True, "you@example.com via az cli", NZDT)


class RevisionsWatch:
    """A watch with one reading, that of the revisions. `next` is what the app turns out to be when it is asked anew."""

    def __init__(self, reading: Any) -> None:
        self.reading = reading
        self.next: Any = None

    def readings(self, environment: str) -> list[Any]:
        return [self.reading]

    def freshness(self, environment: str) -> dict[str, Any]:
        return {}

    def show(self, application: Any) -> None:
        self.reading = SimpleNamespace(feed="revisions", environment="prod", value=(application,), problem=None)

    def refresh(self) -> None:
        """What was asked for comes later, by `show` or `read_anew`."""

    async def read_anew(self, environment: str, feed: str) -> Any:
        if self.next is not None:
            self.show(self.next)
        return self.reading if self.next is not None else None


@pytest.fixture
def bad_deployment(session: Session, play: Play) -> Session:
    """The session's panes show a bad deployment."""
    play.values |= {"rg": "mi-rg"}
    reading = SimpleNamespace(feed="revisions", environment="prod", value=(application(),), problem=None)
    for name, value in {
        "watch": RevisionsWatch(reading),
        "environment": Environment("prod", subscription="s"),
        "timeline": SimpleNamespace(events=lambda **how: []),
        "system": SimpleNamespace(runbooks=(), rollback=""),
    }.items():
        setattr(session, name, value)
    return session


@pytest.fixture
def make_run(session: Session, place: DialogContext) -> Callable[..., RunScreen]:
    """A run of the first procedure of a document, or of the one with `slug`; `before` happens before it is opened."""

    def make(
        raw: bytes | None = None,
        slug: str = "",
        before: Callable[[Run], None] | None = None,
        proposed: Sequence[Value] = (),
        **how: Any,
    ) -> RunScreen:
        runbook = document(raw) if raw is not None else document()
        procedure = next(each for each in runbook.procedures if slug in ("", each.slug))
        run = session.runner.start(runbook, procedure, proposed=proposed)
        if before:
            before(run)
        return RunScreen(session, place, run, runbook, procedure, opener=RunScreenOpener(), **how)  # type: ignore[arg-type]

    return make


@pytest.fixture
def open_run(make_run: Callable[..., RunScreen], session: Session) -> Open:
    @asynccontextmanager
    async def open(
        raw: bytes | None = None, size: tuple[int, int] = (120, 40), **how: Any
    ) -> AsyncIterator[ScreenUser]:
        app = Bare(make_run(raw, **how))
        async with app.run_test(size=size) as pilot:
            user = ScreenUser(app, pilot, session)
            session.time.pass_by(1)
            await user.settle()
            yield user

    return open


__all__ = ["Awaitable", "Bare", "Open", "Procedure", "Runbook", "ScreenUser", "Session"]

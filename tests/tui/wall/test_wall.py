"""The wall on a screen: it ticks, it rotates, it cannot act, and it does not grow."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from textual.app import App
from textual.screen import Screen

import themes
from cockpit.feeds.polling import Publish
from cockpit.feeds.watch import Watch
from cockpit.incident.ledger import Ledger
from cockpit.model.clock import ClockKind, Rule
from cockpit.model.clock_steps import draft_clock_step
from cockpit.model.event import Event, Kind
from cockpit.model.plan import Plan, Role
from cockpit.model.probe import ProbeResult, ProbeState
from cockpit.model.reading import Reading
from cockpit.model.severity_scale import DEFAULT_SEVERITY_SCALE
from cockpit.model.system import Environment, System
from screens.shared.context import Attached, EventsAppended
from screens.shared.themed_app import ThemedApp
from screens.wall import ROTATE, WallScreen
from widgets.line import Lines

NOW = datetime(2026, 2, 27, 13, 26, 41, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.passed = float(ROTATE)

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.passed - ROTATE)

    def monotonic(self) -> float:
        return self.passed

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("the wall does not sleep")


@dataclass
class SilentFeed:
    """A feed that a test answers for."""

    environment: str
    name: str = "probes"
    every: float = 15.0

    async def run(self, publish: Publish) -> None: ...

    async def poll(self) -> Reading[Any]:
        raise AssertionError("the wall asks nobody")

    def refresh(self) -> None: ...


class Log:
    """The timeline as the wall may know it."""

    def events(self, *, environment: str | None = None, limit: int | None = None) -> list[Event]:
        return [event(id, environment or "") for id in range(1, 4)]


def event(id: int, environment: str) -> Event:
    return Event(id, None, environment, "", NOW, NOW, "probe", "recorder", "", f"fact {id}", {}, None, 1, "")


PLAN = Plan(
    rules=(Rule(ClockKind.UPDATE, "next update", timedelta(minutes=30), "cockpit.toml:9"),),
    roles=(Role("Incident Commander", lead=True),),
)


@dataclass
class Session:
    time: Clock
    system: System = field(
        default_factory=lambda: System("Meetings", (Environment("prod", production=True), Environment("staging")), "")
    )
    timeline: Log = field(default_factory=Log)
    ledger: Ledger = field(default_factory=lambda: Ledger(DEFAULT_SEVERITY_SCALE))
    plan: Plan = PLAN
    unrecorded: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        self.environments = self.system.environments
        self.watch = Watch([SilentFeed("prod"), SilentFeed("staging")], self.time)
        for environment, state in (("prod", ProbeState.DOWN), ("staging", ProbeState.UP)):
            result = ProbeResult("ready", environment, "https://app.example.com", state, NOW)
            seen = self.time.monotonic()
            self.watch.publish(Reading("probes", environment, 15.0, seen, (result,), seen, NOW))


class WallApp(ThemedApp):
    zone = timezone(timedelta(hours=13), "NZDT")

    def __init__(self, session: Session | None, below: Screen[None] | None = None) -> None:
        super().__init__()
        self.theme = themes.DEFAULT
        self.session = session
        self.below = below

    def get_default_screen(self) -> Screen[None]:
        return self.below or WallScreen()

    def on_mount(self) -> None:
        if self.below:
            self.push_screen(WallScreen())


def shown(app: App[Any]) -> str:
    return app.screen.query_one(Lines).text


def tick(app: App[Any]) -> str:
    assert isinstance(app.screen, WallScreen)
    app.screen.tick()
    return shown(app)


async def test_it_paints_before_there_is_a_session_and_then_attaches() -> None:
    app = WallApp(None)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "Reading the configuration" in shown(app)
        app.session = Session(Clock())
        app.screen.post_message(Attached())
        await pilot.pause()
        assert "PROD" in tick(app) or "STAGING" in tick(app)


async def test_it_rotates_through_the_environments() -> None:
    session = Session(Clock())
    session.time.passed = ROTATE * 2.0
    async with WallApp(session).run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert tick(pilot.app).startswith(" PROD  PRODUCTION")
        session.time.passed += ROTATE
        assert tick(pilot.app).startswith(" STAGING")
        session.time.passed += ROTATE
        assert tick(pilot.app).startswith(" PROD")


async def test_nothing_on_it_takes_a_focus_or_reaches_a_desk() -> None:
    async with WallApp(Session(Clock())).run_test(size=(80, 24)) as pilot:
        assert not pilot.app.screen.focus_chain
        assert not hasattr(Session, "incident_actions")  # and the wall works without one


async def test_the_newest_events_of_an_environment_are_kept_and_no_more() -> None:
    session = Session(Clock())
    session.time.passed = ROTATE * 2.0
    async with WallApp(session).run_test(size=(80, 24)) as pilot:
        await pilot.app.workers.wait_for_complete()
        for id in range(2, 500):
            pilot.app.screen.post_message(EventsAppended([event(id, "prod")]))
        await pilot.pause()
        text = tick(pilot.app)
        assert [id for id in range(1, 500) if f"fact {id} " in f"{text} ".replace("\n", " ")] == list(range(494, 500))


async def test_a_storm_of_alerts_is_one_line_on_the_wall() -> None:
    """As it is in the timeline: else the last thing that people did is pushed off by it."""
    session = Session(Clock())
    session.time.passed = ROTATE * 2.0
    async with WallApp(session).run_test(size=(80, 24)) as pilot:
        await pilot.app.workers.wait_for_complete()
        storm = [
            replace(
                event(id, "prod"),
                kind="alert",
                subject=f"am:{id}",
                detail={"name": "5xxHigh", "state": "firing", "was": "", "severity": "high"},
            )
            for id in range(10, 224)
        ]
        pilot.app.screen.post_message(EventsAppended(storm))
        await pilot.pause()
        text = tick(pilot.app)
    assert "5xxHigh: 214 instances" in text
    assert "fact 3" in text


async def test_a_redacted_event_is_gone_from_an_open_wall() -> None:
    session = Session(Clock())
    session.time.passed = ROTATE * 2.0
    async with WallApp(session).run_test(size=(80, 24)) as pilot:
        await pilot.app.workers.wait_for_complete()
        pilot.app.screen.post_message(EventsAppended([replace(event(4, "prod"), summary="phrase zebra-coffee")]))
        await pilot.pause()
        assert "zebra-coffee" in tick(pilot.app)
        redaction = replace(event(5, "prod"), kind="redact", subject="4")
        pilot.app.screen.post_message(EventsAppended([redaction]))
        await pilot.pause()
        assert "zebra-coffee" not in tick(pilot.app)


async def test_a_silent_feed_turns_the_wall_stale() -> None:
    session = Session(Clock())
    session.time.passed = ROTATE * 2.0
    async with WallApp(session).run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        session.time.passed += ROTATE * 20
        assert "5m OLD" in tick(pilot.app)


@pytest.mark.parametrize("key", ["q", "escape"])
async def test_a_key_leads_back_to_where_it_was_opened(key: str) -> None:
    below: Screen[None] = Screen()
    app = WallApp(Session(Clock()), below)
    async with app.run_test(size=(80, 24)) as pilot:
        assert isinstance(app.screen, WallScreen)
        await pilot.press(key)
        assert app.screen is below


async def test_alone_it_ends() -> None:
    app = WallApp(Session(Clock()))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("q")
    assert app.return_code == 0


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)], ids=["80x24", "120x40", "200x60"])
def test_picture(snap_compare: Any, size: tuple[int, int]) -> None:
    session = Session(Clock())
    session.time.passed = ROTATE * 2.0
    session.watch.publish(Reading("probes", "prod", 15.0, 30.0, session.watch.readings("prod")[0].value, 30.0, NOW))
    session.watch.publish(Reading("probes", "staging", 15.0, 30.0, session.watch.readings("staging")[0].value, 30.0))
    assert snap_compare(WallApp(session), terminal_size=size)


async def test_it_says_that_nobody_records() -> None:
    async with WallApp(Session(Clock(), unrecorded=frozenset({"prod", "staging"}))).run_test(size=(80, 24)) as pilot:
        assert "nobody records" in tick(pilot.app)


async def test_it_says_that_the_clock_was_set_and_that_nothing_may_be_deployed() -> None:
    session = Session(Clock())
    step = draft_clock_step("prod", timedelta(minutes=-7), NOW, "recorder")
    for number, (kind, detail) in enumerate(((Kind.WALL_CLOCK, step.detail), (Kind.FREEZE, {"on": True})), 1):
        session.ledger.apply(
            Event(number, None, "prod", "", NOW, NOW, kind, "recorder", "ana", "", detail, None, 1, "")
        )
    async with WallApp(session).run_test(size=(80, 24)) as pilot:
        shown = dict.fromkeys(("prod", "staging"), "")
        for turn, name in ((2, "prod"), (3, "staging")):
            session.time.passed = float(ROTATE * turn)
            shown[name] = tick(pilot.app)
        assert "CLOCK SET BACK 7m" in shown["prod"]
        assert "FROZEN" in shown["prod"]
        assert "CLOCK SET" not in shown["staging"]
        assert "FROZEN" not in shown["staging"]

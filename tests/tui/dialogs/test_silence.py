"""Silencing by keys: the labels are proposed, what they reach is counted before Enter, what holds can be ended."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from cockpit.incident.actions.silences import SilenceOperation, SilenceOutcome, SilenceSituation
from cockpit.model.problem import Problem, ProblemKind, SourceError
from cockpit.model.silence import Silence, SilenceMatcher
from screens.dialogs.dialog import DialogContext
from screens.dialogs.silence import SilencedAlerts, SilenceDialog
from tests.tui.bare import Clock
from tests.tui.dialogs.conftest import NOW
from widgets.choice import Choice
from widgets.line import Lines

ALERTS = SilencedAlerts("am", "5xxHigh", [{"alertname": "5xxHigh", "app": "shop", "pod": "a"}])
LISTED = [{"alertname": "5xxHigh", "app": "shop", "pod": pod} for pod in "abc"]
HOLDS = Silence("9825d44b", (SilenceMatcher("app", "shop"),), NOW, NOW + timedelta(hours=1), "ben", "disk swap")
ENDED = replace(HOLDS, id="11aa22bb", ends=NOW - timedelta(minutes=4), state="expired", comment="night batch")


class Source:
    """What the dialog asks, and what it was told to do."""

    def __init__(self, *silences: Silence, failure: SourceError | None = None) -> None:
        self.silences = {silence.id: silence for silence in silences}
        self.failure = failure
        self.done: list[tuple[SilenceOperation, Silence]] = []
        self.outcome = SilenceOutcome("done", "s1")

    def read(self) -> SilenceSituation:
        if self.failure is not None:
            raise self.failure
        return SilenceSituation(LISTED, self.silences)

    def act(self, operation: SilenceOperation, silence: Silence) -> SilenceOutcome:
        self.done.append((operation, silence))
        return self.outcome


async def confirm(pilot: Pilot[Any], clock: Clock) -> None:
    clock.passed += 10
    await pilot.press("enter")
    await pilot.pause(0.2)
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


def read_lines(app: Any, id: str) -> str:
    return str(app.screen.query_one(f"#{id}", Lines).text).replace("\n", " ")


@pytest.fixture
def open_dialog(stage: Any, place: DialogContext, clock: Clock) -> Callable[[Source], Any]:
    return lambda source: stage(SilenceDialog(place, clock, ALERTS, source.read, source.act))


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_the_proposed_labels_are_counted_and_enter_does_it(
    open_dialog: Callable[[Source], Any], clock: Clock, size: tuple[int, int]
) -> None:
    source = Source()
    app = open_dialog(source)
    async with app.run_test(size=size) as pilot:
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert "1 of the 3 alerts" in read_lines(app, "reach")
        await pilot.press(*"disk")
        await confirm(pilot, clock)

    ((operation, silence),) = source.done
    assert (operation, silence.comment, silence.author) == (
        SilenceOperation.CREATE,
        "disk",
        "you@example.com via az cli",
    )
    assert silence.matchers[0] == SilenceMatcher("alertname", "5xxHigh")
    assert silence.ends - silence.starts == timedelta(hours=2)


async def test_other_labels_are_counted_as_they_are_typed(open_dialog: Callable[[Source], Any]) -> None:
    app = open_dialog(Source())
    async with app.run_test(size=(80, 24)) as pilot:
        await app.workers.wait_for_complete()
        for text, count in (
            ("app=shop", "3 of the 3"),
            ("app=other", "none of the 3"),
            ("app=~(a+)+", "unknown number"),
        ):
            app.screen.query_one("#field-labels", Input).value = text
            await pilot.pause()
            assert count in read_lines(app, "reach")


async def test_enter_does_nothing_before_its_reach_was_counted(
    open_dialog: Callable[[Source], Any], clock: Clock
) -> None:
    source = Source(failure=SourceError(Problem(ProblemKind.TIMEOUT, "timed out", "No answer in time.")))
    app = open_dialog(source)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"disk")
        await confirm(pilot, clock)
        assert "No answer in time." in read_lines(app, "notice")
    assert source.done == []


async def test_what_holds_is_ended_or_lasts_longer_and_what_ended_lately_is_made_again(
    open_dialog: Callable[[Source], Any], clock: Clock
) -> None:
    source = Source(HOLDS, ENDED)
    app = open_dialog(source)
    async with app.run_test(size=(80, 24)) as pilot:
        await app.workers.wait_for_complete()
        await pilot.pause()
        choice = app.screen.query_one("#field-what", Choice)
        assert [name for name, _ in choice.options] == ["new", "extend 9825", "end 9825", "again 11aa"]
        choice.choose(3)
        await pilot.pause()
        assert app.screen.query_one("#field-why", Input).value == "night batch"
        choice.choose(2)
        await pilot.pause()
        await confirm(pilot, clock)
    assert source.done == [(SilenceOperation.EXPIRE, HOLDS)]


async def test_without_a_reason_it_asks_for_one(open_dialog: Callable[[Source], Any], clock: Clock) -> None:
    source = Source()
    app = open_dialog(source)
    async with app.run_test(size=(80, 24)) as pilot:
        await app.workers.wait_for_complete()
        await confirm(pilot, clock)
        assert "why" in read_lines(app, "notice")
    assert source.done == []


@pytest.mark.parametrize("outcome", ["unknown", "failed"])
async def test_what_was_not_done_stays_on_the_screen_with_its_reason(
    open_dialog: Callable[[Source], Any], clock: Clock, outcome: str
) -> None:
    source = Source()
    source.outcome = SilenceOutcome(outcome, reason="HTTP 503")
    app = open_dialog(source)
    async with app.run_test(size=(80, 24)) as pilot:
        await app.workers.wait_for_complete()
        await pilot.press(*"disk")
        await confirm(pilot, clock)
        assert "HTTP 503" in read_lines(app, "notice")
        assert isinstance(app.screen, SilenceDialog)

"""Export, sign-in and details: what they say before anything happens, and what they never do."""

import asyncio
import signal
import subprocess
import sys
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input

from cockpit.incident.actions.incident_actions import IncidentActions
from cockpit.incident.postmortem.export import Exporter
from cockpit.model.alert import Alert, AlertState, Severity
from cockpit.model.incident import Incident
from cockpit.model.operator import Identity
from cockpit.model.problem import Problem, ProblemKind, SourceError
from cockpit.model.system import Environment, System
from cockpit.timeline.timeline import Timeline
from screens.dialogs.details import Details
from screens.dialogs.dialog import DialogContext
from screens.dialogs.signin import DeviceCodeDialog, TerminalLogin, code_lines
from screens.incident.post_mortem import Export
from screens.shared.enter_guard import HELD
from widgets.line import Lines


async def settle(pilot: Any) -> None:
    await pilot.pause(HELD + 0.05)
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


async def enter(pilot: Any, clock: Any) -> None:
    await pilot.pause()
    clock.pass_by(1)
    await pilot.press("enter")
    await settle(pilot)


def text(app: Any, id: str) -> str:
    return str(app.screen.query_one(f"#{id}", Lines).text)


def read(path: Path) -> str:
    return path.read_text()


def put(path: Path, words: str) -> None:
    path.write_text(words)


# Export


@pytest.fixture
def exporter(incident: Incident, timeline: Timeline, incident_actions: IncidentActions, clock: Any) -> Exporter:
    system = System(
        "Meetings", (Environment("prod"),), "", file=str(timeline.path.parent / "cockpit.toml"), time_zone="UTC"
    )
    return Exporter(incident, timeline, incident_actions, system, clock)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exporter: Exporter) -> Path:
    """Where it would be written by itself: beside the configuration, wherever somebody stands."""
    monkeypatch.chdir("/")
    exporter.preset.parent.mkdir(parents=True)
    return exporter.preset


@pytest.fixture
def export(place: DialogContext, clock: Any, exporter: Exporter, path: Path) -> Export:
    return Export(place, clock, exporter)


async def test_a_new_file_takes_one_key_and_is_remembered(
    stage: Any, export: Export, clock: Any, path: Path, timeline: Timeline
) -> None:
    app = stage(export)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert "".join(text(app, "outlook").split()) == f"anewfile:{path}"  # over as many rows as it needs
        await enter(pilot, clock)
        assert app.answers == [path]
        assert "Readiness failing after deploy" in read(path)
        assert timeline.events(kinds=["export"])[0].detail["path"] == str(path)


async def test_our_own_draft_says_what_stays(stage: Any, export: Export, exporter: Exporter, path: Path) -> None:
    exporter.write(path)
    app = stage(export)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert "what people wrote in it stays" in text(app, "outlook").replace("\n", " ")


async def test_another_file_is_replaced_only_when_its_name_is_typed(
    stage: Any, export: Export, clock: Any, path: Path
) -> None:
    put(path, "# mine\n")
    app = stage(export)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert "would be lost" in text(app, "outlook")
        await enter(pilot, clock)
        assert read(path) == "# mine\n"
        assert "type its name" in text(app, "notice")
        app.screen.query_one("#name", Input).value = path.name
        await enter(pilot, clock)
        assert app.answers == [path]
        assert "Readiness failing after deploy" in read(path)


async def test_a_file_that_appears_meanwhile_is_not_replaced(
    stage: Any, export: Export, clock: Any, path: Path
) -> None:
    app = stage(export)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        put(path, "# mine\n")
        await enter(pilot, clock)
        assert "would be lost" in text(app, "notice")
        assert app.answers == []
        assert read(path) == "# mine\n"


async def test_what_cannot_be_written_keeps_the_dialog_open(stage: Any, export: Export, clock: Any, path: Path) -> None:
    path.parent.rmdir()
    put(path.parent, "a file where a folder should be")
    app = stage(export)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await enter(pilot, clock)
        assert "cannot be" in text(app, "notice")
        assert app.answers == []


# Sign in


@dataclass
class Code:
    url: str
    code: str
    expires: datetime


async def test_the_code_is_big_and_also_text_and_the_dialog_closes_by_itself(
    stage: Any, place: DialogContext, clock: Any
) -> None:
    confirmed = asyncio.Event()

    async def sign_in(prompt: Any) -> Identity:
        prompt(Code("https://example.com/devicelogin", "F7QX2K9BD", clock.now() + timedelta(minutes=15)))
        await confirmed.wait()
        return Identity("you@example.com", "device_code")

    app = stage(DeviceCodeDialog(place, clock, sign_in))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.pause()
        assert "https://example.com/devicelogin" in text(app, "where")
        assert "F7QX2K9BD" in text(app, "code")
        assert "█" in text(app, "code")
        assert "good until 02:41:41" in text(app, "code")
        confirmed.set()
        await settle(pilot)
        assert app.answers == [Identity("you@example.com", "device_code")]


async def test_a_failed_sign_in_says_why_and_stays(stage: Any, place: DialogContext, clock: Any) -> None:
    async def sign_in(_: Any) -> Identity:
        raise SourceError(Problem(ProblemKind.SIGN_IN, "expired", "The code has expired.", "Ask for a new one."))

    app = stage(DeviceCodeDialog(place, clock, sign_in))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert "The code has expired. Ask for a new one." in text(app, "notice")
        assert app.answers == []


async def test_leaving_stops_waiting_for_the_code(stage: Any, place: DialogContext, clock: Any) -> None:
    cancelled = asyncio.Event()

    async def sign_in(_: Any) -> Identity:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()
        raise AssertionError("nobody confirmed")

    app = stage(DeviceCodeDialog(place, clock, sign_in))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("escape")
        await pilot.pause()
        assert app.answers == [None]
        assert cancelled.is_set()


def test_a_code_too_long_for_big_letters_is_still_text() -> None:
    shown = ["".join(text for text, _ in line) for line in code_lines("ABCDEFGHIJ", 20)]
    assert [line for line in shown if line] == ["as text  ABCDEFGHIJ"]


async def test_az_login_is_shown_before_the_terminal_is_handed_over(
    stage: Any, place: DialogContext, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[Any] = []

    def run(command: Any) -> int:
        ran.append(command)
        return 0 if len(ran) > 1 else 1

    app = stage(TerminalLogin(place, clock, ["az", "login", "--use-device-code"], run))
    monkeypatch.setattr(app, "suspend", nullcontext)
    async with app.run_test(size=(80, 24)) as pilot:
        assert "az login --use-device-code" in text(app, "command")
        assert ran == []
        await enter(pilot, clock)
        assert "ended with code 1; nobody is signed in" in text(app, "notice")
        await enter(pilot, clock)
        assert app.answers == [True]


async def test_ctrl_c_while_az_has_the_terminal_ends_az_and_not_the_cockpit(
    stage: Any, place: DialogContext, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(_: Any) -> int:
        signal.raise_signal(signal.SIGINT)
        child = [sys.executable, "-c", "import signal; print(signal.getsignal(signal.SIGINT).__name__)"]
        assert subprocess.check_output(child) == b"default_int_handler\n"
        return 130

    before = signal.getsignal(signal.SIGINT)
    app = stage(TerminalLogin(place, clock, ["az", "login"], run))
    monkeypatch.setattr(app, "suspend", nullcontext)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, clock)
        assert "ended with code 130; nobody is signed in" in text(app, "notice")
    assert signal.getsignal(signal.SIGINT) is before


async def test_a_terminal_that_cannot_be_handed_over_says_what_to_run(
    stage: Any, place: DialogContext, clock: Any
) -> None:
    app = stage(TerminalLogin(place, clock, ["az", "login"], lambda _: 0))
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, clock)
        assert "Run it in another one: az login" in text(app, "notice")
        assert app.answers == []


# Details


@pytest.fixture
def alert(clock: Any) -> Alert:
    labels = tuple((f"label{number}", "value " * 20) for number in range(30))
    return Alert("prom", "f", "5xx errors", Severity.HIGH, AlertState.FIRING, clock.now(), "prod", labels=labels)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_long_details_scroll_and_the_keys_stay_in_sight(
    stage: Any, place: DialogContext, clock: Any, alert: Alert, size: tuple[int, int]
) -> None:
    app = stage(Details(place, clock, alert))
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        assert app.screen.region.contains_region(app.screen.query_one("#dialog").region)
        assert app.screen.query_one("#dialog").max_scroll_y == 0
        scroll = app.screen.query_one("#scroll")
        assert scroll.max_scroll_y > 0
        await pilot.press("pagedown")
        await pilot.pause(0.3)
        assert scroll.scroll_offset.y > 0


async def test_c_copies_all_of_it_and_promises_nothing(
    stage: Any, place: DialogContext, clock: Any, alert: Alert
) -> None:
    app = stage(Details(place, clock, alert))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("c")
        assert app.clipboard.startswith("Alert 5xx errors\n")
        assert "fingerprint:" in app.clipboard
        assert "terminals do not say" in text(app, "notice")


@pytest.mark.parametrize("key", ["enter", "escape"])
async def test_either_key_leaves_details(stage: Any, place: DialogContext, clock: Any, alert: Alert, key: str) -> None:
    app = stage(Details(place, clock, alert))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(key)
        assert app.answers == [None]

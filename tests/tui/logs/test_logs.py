"""The log screen: follows, stands still while it is read, finds, and says when the stream is gone."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from rich.console import RenderableType
from textual._compositor import ChopsUpdate
from textual.app import App
from textual.screen import Screen
from textual.widgets import Input

import themes
from cockpit.model.problem import Problem, ProblemKind, SourceError
from cockpit.model.reading import LogLine
from cockpit.model.revision import Revision
from cockpit.model.time import RealTime
from screens.logs import ALONE, LogsScreen, LogSurroundings
from screens.shared.themed_app import ThemedApp
from widgets.line import Lines
from widgets.log import KEPT, OWN_REASON, LogView

NZDT = timezone(timedelta(hours=13), "NZDT")
AT = datetime(2026, 2, 27, 13, 14, tzinfo=UTC)
REVISION = Revision("mi-prod", "mi-prod--v42", True, 100, AT)


class NoPause(RealTime):
    def now(self) -> datetime:
        return AT

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)


class Stream:
    """A log that says what it is told to, and ends when told to."""

    def __init__(self) -> None:
        self.lines: asyncio.Queue[LogLine | Exception | None] = asyncio.Queue()
        self.opened = 0

    def say(self, *texts: str, **more: Any) -> None:
        for text in texts:
            self.lines.put_nowait(LogLine(text, AT, **more))

    async def open(self) -> AsyncIterator[LogLine]:
        self.opened += 1
        while (line := await self.lines.get()) is not None:
            if isinstance(line, Exception):
                raise line
            yield line


class LogsApp(ThemedApp):
    def __init__(self, open: Callable[[], AsyncIterator[LogLine]], around: LogSurroundings = ALONE) -> None:
        super().__init__()
        self.theme = themes.DEFAULT
        self._around = around
        self._open = open

    def on_mount(self) -> None:
        self.push_screen(LogsScreen(REVISION, self._open, zone=NZDT, time=NoPause(), around=self._around))


@pytest.fixture
def stream() -> Stream:
    return Stream()


def head(app: App[Any]) -> str:
    return app.screen.query_one("#log-head", Lines).text


def view(app: App[Any]) -> LogView:
    return app.screen.query_one(LogView)


async def settle(pilot: Any) -> None:
    for _ in range(5):
        await pilot.pause()


async def test_it_says_whose_log_it_is_and_that_it_waits(stream: Stream) -> None:
    app = LogsApp(stream.open)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert head(app) == "logs of mi-prod--v42   ◌ connecting, no line yet …"


async def test_lines_appear_with_their_time_and_errors_wear_a_glyph(stream: Stream) -> None:
    app = LogsApp(stream.open)
    async with app.run_test(size=(80, 24)) as pilot:
        stream.say("listening", "ERROR pool exhausted")
        await settle(pilot)
        assert view(app).text == ["02:14:00   listening", "02:14:00 ✖ ERROR pool exhausted"]
        assert "● following · 2 lines" in head(app)


async def test_lines_of_the_platform_and_of_several_replicas_are_distinguished(stream: Stream) -> None:
    app = LogsApp(stream.open)
    async with app.run_test(size=(80, 24)) as pilot:
        stream.say("a", replica="mi-prod--v42-abcde")
        stream.say("b", replica="mi-prod--v42-fghij")
        stream.say("pulled the image", stream="system")
        stream.say("no replica is left; the last 30 minutes from Log Analytics follow", reason=OWN_REASON)
        await settle(pilot)
        shown = view(app).text
        assert "abcde" in shown[0]
        assert "fghij" in shown[1]
        assert "platform" in shown[2]
        assert "▸ no replica is left" in shown[3]
        assert "2 replicas" in head(app)


async def test_the_past_of_a_revision_without_replicas_is_never_called_live(stream: Stream) -> None:
    app = LogsApp(stream.open)
    past = "no replicas: Log Analytics, 13:00Z-13:30Z"
    async with app.run_test(size=(120, 24)) as pilot:
        stream.say(f"{past}, 2 lines", stream="system", reason=OWN_REASON, past=past)
        stream.say("listening", "bye", past=past)
        stream.say("Created replica", stream="system")
        await settle(pilot)
        assert head(app) == f"logs of mi-prod--v42   ◌ {past} · 4 lines · times in NZDT"

        stream.say("listening again")
        await settle(pilot)
        assert "● following · 5 lines" in head(app)


async def test_a_line_of_another_day_says_which(stream: Stream) -> None:
    app = LogsApp(stream.open)
    async with app.run_test(size=(80, 24)) as pilot:
        view(app).add([LogLine("old", AT - timedelta(days=1)), LogLine("new", AT)])
        await settle(pilot)
        assert view(app).text == ["Feb 27 02:14:00   old", "02:14:00   new"]


async def test_what_several_streams_still_hold_is_sorted_by_time(stream: Stream) -> None:
    app = LogsApp(stream.open)
    async with app.run_test(size=(80, 24)) as pilot:
        view(app).add([LogLine(text, AT + timedelta(seconds=at)) for text, at in (("b", 2), ("d", 4))])
        view(app).add([LogLine(text, AT + timedelta(seconds=at)) for text, at in (("a", 1), ("c", 3))])
        await settle(pilot)
        assert [line[-1] for line in view(app).text] == ["a", "b", "c", "d"]
        assert head(app).endswith("following · 4 lines · times in NZDT")


async def test_scrolling_back_stands_still_and_end_follows_again(stream: Stream) -> None:
    app = LogsApp(stream.open)
    async with app.run_test(size=(80, 24)) as pilot:
        stream.say(*(f"line {number}" for number in range(100)))
        await settle(pilot)
        await pilot.press("pageup")
        top = view(app).scroll_offset.y
        stream.say(*(f"new {number}" for number in range(7)))
        await settle(pilot)
        assert view(app).scroll_offset.y == top
        assert "paused, 7 new" in head(app)
        await pilot.press("end")
        assert "following" in head(app)
        assert view(app).scroll_offset.y == view(app).max_scroll_y


async def test_space_pauses_and_follows(stream: Stream) -> None:
    app = LogsApp(stream.open)
    async with app.run_test(size=(80, 24)) as pilot:
        stream.say("one")
        await settle(pilot)
        await pilot.press("space")
        assert "paused, 0 new" in head(app)
        await pilot.press("space")
        assert "following" in head(app)


class FramedLogsApp(LogsApp):
    """Notes which rows of the screen each frame draws."""

    def __init__(self, open: Callable[[], AsyncIterator[LogLine]]) -> None:
        super().__init__(open)
        self.frames: list[set[int]] = []

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        if isinstance(renderable, ChopsUpdate):
            self.frames.append({y for y, _, _ in renderable.spans})
        super()._display(screen, renderable)


async def test_the_answer_to_a_key_is_in_the_first_frame_after_it(stream: Stream) -> None:
    """Else it is drawn a tick of the screen later, and behind all that is drawn for a flood of lines meanwhile."""
    app = FramedLogsApp(stream.open)
    async with app.run_test(size=(80, 24)) as pilot:
        stream.say(*(f"line {number}" for number in range(100)))
        await settle(pilot)
        head_row = app.screen.query_one("#log-head").region.y

        app.frames.clear()
        await pilot.press("space")
        await settle(pilot)
        assert "paused" in head(app)
        assert app.frames[0] == {head_row}, "nothing of the log is drawn again where nothing of it changed"

        app.frames.clear()
        await pilot.press("space")
        await settle(pilot)
        assert "following" in head(app)
        assert head_row in app.frames[0]


async def test_lines_that_come_in_order_are_not_laid_out_again(stream: Stream, monkeypatch: pytest.MonkeyPatch) -> None:
    app = LogsApp(stream.open)
    async with app.run_test(size=(80, 24)) as pilot:
        view(app).add([LogLine("the first", AT)])
        laid_out: list[int] = []
        lay_out = LogView._lay_out

        def count(log: LogView, fresh: Sequence[LogLine] | None, gone: int) -> None:
            laid_out.append(-1 if fresh is None else len(fresh))
            lay_out(log, fresh, gone)

        monkeypatch.setattr(LogView, "_lay_out", count)
        view(app).add([LogLine(f"line {number}", AT + timedelta(seconds=number // 2)) for number in range(10)])
        assert laid_out == [10]
        view(app).add([LogLine("of another stream", AT)])
        assert laid_out == [10, -1]
        await settle(pilot)
        assert [line[-9:] for line in view(app).text][:3] == ["the first", "   line 0", "   line 1"]


async def test_it_never_keeps_more_than_its_bound(stream: Stream) -> None:
    app = LogsApp(stream.open)
    async with app.run_test(size=(80, 24)) as pilot:
        view(app).add([LogLine(f"line {number}") for number in range(KEPT)])
        view(app).pause()
        view(app).action_to(0)
        view(app).add([LogLine("one more")] * 10)
        await pilot.pause()
        assert view(app).total == view(app).matching == KEPT
        assert "10 older ones dropped" in head(app)


async def test_a_filter_shows_only_what_holds_all_its_words(stream: Stream) -> None:
    app = LogsApp(stream.open)
    async with app.run_test(size=(80, 24)) as pilot:
        stream.say("GET /a 200", "GET /b 503", "POST /b 503")
        await settle(pilot)
        await pilot.press("slash", *"503 get", "enter")
        await settle(pilot)
        assert view(app).text == ["02:14:00   GET /b 503"]
        assert "1 of 3 lines" in head(app)
        stream.say("get /c 503")
        await settle(pilot)
        assert view(app).matching == 2
        await pilot.press("escape")
        await settle(pilot)
        assert view(app).matching == 4
        assert not app.screen.query_one(Input).display


async def test_a_stream_that_ends_says_why_and_can_be_opened_again(stream: Stream) -> None:
    app = LogsApp(stream.open)
    async with app.run_test(size=(120, 24)) as pilot:
        stream.say("one")
        stream.lines.put_nowait(
            SourceError(Problem(ProblemKind.SIGN_IN, "401", "The sign-in has expired.", "i signs in."))
        )
        await settle(pilot)
        assert "ended: The sign-in has expired. i signs in. · r opens it again" in head(app)
        assert view(app).total == 1
        await pilot.press("r")
        stream.say("two")
        await settle(pilot)
        assert stream.opened == 2
        assert view(app).total == 2


async def test_hostile_lines_stay_text(stream: Stream) -> None:
    app = LogsApp(stream.open)
    async with app.run_test(size=(80, 24)) as pilot:
        stream.say("\x1b]52;c;aGk=\x07 [red]x[/] [@click=app.quit]q[/]\u202e \x9b2J")
        await settle(pilot)
        (shown,) = view(app).text
        assert shown.isprintable()
        assert "[red]x[/]" in shown


async def test_esc_leaves_and_closes_the_stream(stream: Stream) -> None:
    app = LogsApp(stream.open)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("escape")
        assert not isinstance(app.screen, LogsScreen)
        await app.workers.wait_for_complete()


def test_picture(snap_compare: Any, stream: Stream) -> None:
    async def talk(pilot: Any) -> None:
        stream.say("listening on :8080", "GET /health/ready 503", replica="mi-prod--v42-abcde")
        stream.say("ERROR pool exhausted", "WARN retrying in 2 s", replica="mi-prod--v42-fghij")
        stream.say("Readiness probe failed", stream="system")
        await settle(pilot)

    assert snap_compare(LogsApp(lambda: stream.open()), terminal_size=(80, 24), run_before=talk)


class RecordingLogs(LogsApp):
    """With another revision, a record and a folder."""

    def __init__(self, stream: Stream, folder: Path) -> None:
        self.stream, self.folder = stream, folder
        self.recorded: list[tuple[str, str]] = []
        older = replace(REVISION, name="mi-prod--v41")
        others = [(REVISION, stream.open), (older, stream.open)]
        super().__init__(stream.open, LogSurroundings(others, record=self._record, folder=folder))

    def _record(self, text: str, log: str) -> None:
        self.recorded.append((text, log))


@pytest.fixture
def logs(stream: Stream, tmp_path: Path) -> RecordingLogs:
    return RecordingLogs(stream, tmp_path / "logs")


async def test_a_long_line_is_wrapped_so_that_its_end_is_read_at_80_columns(logs: RecordingLogs) -> None:
    logs.stream.say("GET /api/meetings " + "x" * 70 + " ended with: connection refused by db-1")
    async with logs.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        drawn = "\n".join(view(logs).render_line(y).text for y in range(3))
        assert "refused by db-1" in drawn.replace("\n", "")


async def test_the_chosen_lines_go_into_the_record(logs: RecordingLogs) -> None:
    logs.stream.say("one", "error: two", "three")
    async with logs.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("p")
        assert logs.recorded == []  # nothing is chosen
        await pilot.press("e", "shift+down", "p")
        ((entry, name),) = logs.recorded
        head, *lines = entry.splitlines()
        assert name == "mi-prod--v42"
        assert head == "Log of mi-prod--v42, 2 lines:"
        assert [line.split()[-1] for line in lines] == ["two", "three"]


async def test_tab_shows_the_log_of_another_revision(logs: RecordingLogs) -> None:
    async with logs.run_test(size=(80, 24)) as pilot:
        await pilot.press("tab")
        await settle(pilot)
        assert "mi-prod--v41" in head(logs)
        await pilot.press("tab")
        await settle(pilot)
        assert "mi-prod--v42" in head(logs)


async def test_words_can_leave_out_be_a_pattern_and_only_mark(logs: RecordingLogs) -> None:
    logs.stream.say("GET /health 200", "GET /api 503", "GET /api 504", "ready")
    async with logs.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        view(logs).narrow("get -health")
        assert view(logs).matching == 2
        view(logs).narrow("/50[34]/")
        assert view(logs).matching == 2
        await pilot.press("h")
        assert (view(logs).matching, len(view(logs).text)) == (2, 4)
        view(logs).narrow("/(/")
        assert "is not a regular expression" in view(logs).words.problem


async def test_what_is_shown_is_saved_for_its_owner_only(logs: RecordingLogs) -> None:
    logs.stream.say("one", "two")
    async with logs.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("s")
        (path,) = logs.folder.iterdir()
        assert [line.split()[-1] for line in path.read_text().splitlines()] == ["one", "two"]
        assert path.stat().st_mode & 0o077 == 0


async def test_a_time_is_jumped_to(logs: RecordingLogs) -> None:
    for minute in range(3):
        logs.stream.lines.put_nowait(LogLine(f"minute {minute}", AT - timedelta(minutes=3 - minute)))
    async with logs.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("t", *"02:12", "enter")
        assert [line.split()[-1] for line in view(logs).chosen] == ["1"]


@pytest.mark.parametrize("left_by", ["enter", "escape"])
async def test_the_words_that_are_looked_for_stay_when_a_time_is_asked_for(logs: RecordingLogs, left_by: str) -> None:
    for minute in range(8):
        text = f"{'pool' if minute % 2 else 'fine'} {minute}"
        logs.stream.lines.put_nowait(LogLine(text, AT - timedelta(minutes=8 - minute)))
    async with logs.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("slash", *"pool", "enter", "t", *"02:10", left_by)
        await settle(pilot)
        assert [line.split()[-1] for line in view(logs).text] == ["1", "3", "5", "7"]
        assert logs.screen.query_one(Input).value == "pool"
        if left_by == "enter":
            assert [line.split()[-1] for line in view(logs).chosen] == ["5"]


async def test_without_an_incident_the_key_says_why_nothing_is_recorded(stream: Stream) -> None:
    app = LogsApp(stream.open)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await pilot.press("p")
        assert "Declare one first" in str([str(each.message) for each in app._notifications])


async def test_from_error_to_error_in_a_log(logs: RecordingLogs) -> None:
    logs.stream.say("error: one", "fine", "error: two", "fine again")
    async with logs.run_test(size=(80, 24), notifications=True) as pilot:
        await settle(pilot)
        chosen = []
        for key in ("E", "E", "e"):
            await pilot.press(key)
            chosen.append(view(logs).chosen[0].split()[-1])
        assert chosen == ["two", "one", "two"]
        await pilot.press("e")
        assert "No line with an error below." in [str(notice.message) for notice in logs._notifications]


async def test_one_key_opens_the_procedure_that_preserves_evidence(stream: Stream) -> None:
    opened: list[str] = []
    app = LogsApp(stream.open, LogSurroundings(preserve=lambda: opened.append("preserve")))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("v")
        assert opened == ["preserve"]

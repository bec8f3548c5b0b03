"""Keys that arrive together are taken in order, each where the one before it led; what is pasted presses nothing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual.events import Key
from textual.pilot import Pilot
from textual.widgets import Input, TextArea

from cockpit.app import CockpitApp
from screens.dialogs.note import Note
from screens.main.screen import CockpitScreen
from screens.shared.key_order import DEAF, MOVED, PAUSE, REFUSED
from screens.shared.terminal_input import TerminalInput, is_in_burst
from tests.examples import scale_examples
from tests.tui.stage import Stage, alerts

SETTLED = 2.0  # seconds, by the clock of the leaping loop


class Line:
    """What reaches the app over a line that hands on many keys in one piece."""

    def __init__(self, app: CockpitApp, pilot: Pilot[None], stage: Stage) -> None:
        self.app, self._pilot, self.stage = app, pilot, stage
        self._input = TerminalInput("utf-8", lambda: stage.time.passed)

    async def send(self, *pieces: bytes) -> None:
        """Each piece as one read of the terminal, all of them before the app takes the first key."""
        for piece in pieces:
            self._post(piece)
        await self.settle()

    async def type(self, piece: bytes, seconds: float) -> None:
        """A piece, and so long until the next."""
        self._post(piece)
        await self._pilot.pause(seconds)
        self.stage.time.passed += seconds

    async def settle(self) -> None:
        await self._pilot.pause(SETTLED)
        self.stage.time.passed += SETTLED

    def _post(self, piece: bytes) -> None:
        for message in self._input.feed(piece):
            message.set_sender(self.app)
            self.app.post_message(message)

    @property
    def notices(self) -> list[str]:
        return [notification.message for notification in self.app._notifications]

    @property
    def pane(self) -> int:
        screen = self.app.screen
        assert isinstance(screen, CockpitScreen)
        return screen.current + 1


@asynccontextmanager
async def line(stage: Stage) -> AsyncIterator[Line]:
    app = CockpitApp(stage.attach)  # type: ignore[arg-type]  # a stage is all the session it needs
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        while not (isinstance(app.screen, CockpitScreen) and app.screen.content):
            await pilot.pause(0.01)
        stage.trouble()
        await pilot.pause(SETTLED)
        yield Line(app, pilot, stage)


async def test_a_tab_among_letters_stands_between_two_fields(stage: Stage) -> None:
    async with line(stage) as remote:
        await remote.send(b"n")
        await remote.send(b"Bob called\t10m ago")

        assert remote.app.screen.query_one(TextArea).text == "Bob called"
        assert remote.app.screen.query_one(Input).value == "10m ago"


async def test_what_follows_the_key_of_a_dialog_is_typed_into_the_dialog(stage: Stage) -> None:
    async with line(stage) as remote:
        await remote.send(b"n", b"B", b"o", b"b", b"\t", b"1", b"4", b":", b"0", b"5")

        assert isinstance(remote.app.screen, Note)
        assert remote.app.screen.query_one(TextArea).text == "Bob"
        assert remote.app.screen.query_one(Input).value == "14:05"


async def test_what_follows_the_key_that_leaves_a_dialog_is_for_the_screen_behind_it(stage: Stage) -> None:
    async with line(stage) as remote:
        await remote.send(b"n")
        await remote.send(b"\x1b[27u", b"3")

        assert remote.pane == 3


async def test_keys_that_only_move_are_all_taken_however_many_come_at_once(stage: Stage) -> None:
    async with line(stage) as remote:
        await remote.send(b"\t\t\t")
        assert remote.pane == 4
        await remote.send(b"\x1b[Z\x1b[Z\x1b[Z")
        await remote.send(b"jjj")

        assert remote.pane == 1
        assert remote.app.screen.panes[0].table.cursor_index == 3  # type: ignore[attr-defined]
        assert remote.notices == []


@pytest.mark.parametrize("pasted", [b"note that R42 is bad\n", b"aaaa", b"RR", b"dn\r", "é d".encode(), b"x\nx\nx\n"])
async def test_a_paste_without_brackets_presses_nothing(stage: Stage, pasted: bytes) -> None:
    async with line(stage) as remote:
        await remote.send(pasted)

        assert isinstance(remote.app.screen, CockpitScreen)
        assert (stage.incident_actions.asked, remote.notices) == ([], [REFUSED])


@pytest.mark.parametrize("text", ["Update: all is well\n", "pin it\n", "apa\n", "Up"])
@pytest.mark.parametrize("every", [0.0, 0.005, 0.03, 0.08, 0.12])
async def test_a_paste_that_comes_letter_by_letter_writes_nothing(stage: Stage, text: str, every: float) -> None:
    async with line(stage) as remote:
        for letter in text:
            await remote.type(letter.encode(), every)
        await remote.settle()

        assert stage.incident_actions.asked == []


async def test_a_key_that_writes_at_once_is_heard_when_it_stays_alone(stage: Stage) -> None:
    async with line(stage) as remote:
        await remote.send(b"2")
        await remote.type(b"a", 0.05)
        assert stage.incident_actions.asked == []
        await remote.type(b"j", SETTLED)  # a key that only moves is no text

        assert len(stage.incident_actions.asked) == 1


async def test_the_same_key_pressed_by_a_hand_afterwards_counts(stage: Stage) -> None:
    async with line(stage) as remote:
        await remote.send(b"nnn")
        await remote.send(b"n")

        assert isinstance(remote.app.screen, Note)


async def test_a_key_whose_widget_waits_for_ever_holds_up_no_other(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with line(stage) as remote:
        monkeypatch.setattr("screens.shared.key_order.KeyOrder._follow", never)
        await remote.send(b"3", b"4")

        assert remote.pane == 4


async def never(*_: object) -> None:
    """The message that follows a key does not arrive."""


@given(st.lists(st.sampled_from("abcxyz019 .-"), max_size=30))
@settings(max_examples=scale_examples(50))
def test_letters_are_a_burst_when_they_came_in_one_piece(letters: list[str]) -> None:
    terminal = TerminalInput("utf-8", lambda: 0.0)
    together = [message for message in terminal.feed("".join(letters).encode()) if isinstance(message, Key)]
    apart = [key for letter in letters for key in terminal.feed(letter.encode()) if isinstance(key, Key)]

    assert [is_in_burst(key) for key in together] == [len(letters) > 1] * len(letters)
    assert not any(map(is_in_burst, apart))


async def test_a_key_that_writes_at_once_acts_on_no_other_row_than_that_under_the_cursor_at_its_press(
    stage: Stage,
) -> None:
    async with line(stage) as remote:
        await remote.send(b"2")
        await remote.type(b"a", 0.02)
        stage.say(
            "alerts:azure", tuple(alert for alert in alerts() if alert.key != "azure:a1")
        )  # it is over while it is looked whether the key stays alone
        await remote.settle()

        assert (stage.incident_actions.asked, remote.notices) == ([], [MOVED])


async def test_what_is_typed_on_for_a_command_that_has_ended_presses_nothing(stage: Stage) -> None:
    async with line(stage) as remote:
        remote.app._keys.begin_pause()
        for letter in b"sudo nginx -s reload\r":
            await remote.type(bytes((letter,)), PAUSE / 2)
        assert isinstance(remote.app.screen, CockpitScreen)
        assert (stage.incident_actions.asked, set(remote.notices)) == ([], {DEAF})

        await remote.settle()
        await remote.send(b"n")
        assert isinstance(remote.app.screen, Note)

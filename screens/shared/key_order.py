"""Keys one after the other: where a key belongs may depend on what the one before it did.

Textual forwards a key to the widget that has the focus, and the widget hands on what it does not know: Tab reaches the
screen only after that. Keys that arrive together (a stalled line, type-ahead) would all be forwarded before the first
Tab moved the focus, and what follows the key of a dialog would reach the screen behind it. So the next key waits until
a message that follows the one before it, from widget to widget, has arrived where that one ended.

A text that is pasted into a terminal without brackets arrives as keys, too. It may be typed into fields, but it presses
nothing: printable keys of one burst, and an Enter between them, are refused where nobody takes text. Over a slow line
each letter of it comes by itself, as if typed: so a key that writes at once waits whether it stays alone.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from textual.app import App
from textual.dom import DOMNode
from textual.events import Key, Paste
from textual.screen import ModalScreen, Screen

from screens.shared.terminal_input import QUIET, is_in_burst

LONGEST = 0.25  # seconds without progress after which a key is taken for done: its widget is gone, or waits itself
REFUSED = "Several letters came at once, as pasted text does: none of them was taken for a key. Press it again."
MOVES = ("move(", "page(")  # actions that only move a cursor
MOVED = (
    "The row under the cursor is another one since you pressed that key: nothing was done. Look, and press it again."
)
DEAF = "The command on the terminal has ended. What was typed for it is not taken; keys count again after a moment."
PAUSE = 1.0  # seconds without a key after which nobody is typing any more for a command that has ended
TYPING = 0.15  # seconds between two letters of a text that is typed or pasted; who presses a key means one


class KeyPace:
    """How fast keys come to a screen on which one of them writes at once. `seconds` is a monotonic clock."""

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds = seconds
        self._pressed = self._typed = float("-inf")  # when the last key came, and the last that is a letter of a text
        self.is_hurried = False  # whether the last key came as part of a text, not by a hand that meant it

    def note(self, event: Key, screen: Screen[Any]) -> None:
        """A key came."""
        now = self._seconds()
        self.is_hurried = now - self._pressed < QUIET or now - self._typed < TYPING
        self._pressed = now
        if event.is_printable and not moves_cursor(event, screen):
            self._typed = now


def moves_cursor(event: Key, screen: Screen[Any]) -> bool:
    """Whether a key does nothing there but move a cursor."""
    active = screen.active_bindings.get(event.key)
    return active is not None and active.binding.action.startswith(MOVES)


def find_row_of_key(event: Key, screen: Screen[Any]) -> str | None:
    """The row that a key of the screen would act on, by its id: one that moves stays the same. None for none."""
    active, find = screen.active_bindings.get(event.key), getattr(screen, "find_row_of_key", None)
    row: str | None = find(active.binding.id or "") if active is not None and find is not None else None
    return row


class KeyOrder:
    """Belongs to one app, and works inside of its message loop. `deliver` is how Textual takes a key or a paste."""

    def __init__(self, app: App[Any], deliver: Callable[[Key | Paste], Awaitable[None]]) -> None:
        self._app, self._deliver = app, deliver
        self._waiting: deque[Key | Paste] = deque()
        self._under_way: object | None = None  # stands for the key that is not done yet
        self._progress = 0.0  # when it was last known to move on
        self._refused = float("-inf")  # when a key was last refused
        self._typed = float("-inf")  # when the last letter came that no field took
        self._alone: tuple[Key, Screen[Any]] | None = None  # a key that writes at once, while it may be one of several
        self._under_it: str | None = None  # the row that it acts on, as it was when it was pressed
        self._deaf_since: float | None = None  # when the last key came that was typed for a command that has ended

    def begin_pause(self) -> None:
        """A command that had the terminal has ended, maybe by itself, while somebody was typing to it."""
        self._deaf_since = asyncio.get_running_loop().time()

    def _is_for_what_ended(self) -> bool:
        """Whether a key that comes now is typed on for the command that had the terminal."""
        now = asyncio.get_running_loop().time()
        if self._deaf_since is None or now - self._deaf_since >= PAUSE:
            self._deaf_since = None
            return False
        self._deaf_since = now
        return True

    async def take(self, event: Key | Paste) -> None:
        """Deliver it now, or when those before it are done."""
        if self._is_for_what_ended():
            self._say_refused(DEAF)
            return
        if self._alone is not None and isinstance(event, Key) and self._is_text(event, self._alone[1]):
            self._alone = self._under_way = None
            self._say_refused()
        if isinstance(event, Key) and self._follows_text(event):
            self._say_refused()
        else:
            self._waiting.append(event)
        if self._under_way is None:
            await self._deliver_next()

    async def _deliver_next(self) -> None:
        while self._waiting:
            event, screen = self._waiting.popleft(), self._app.screen
            if self._is_refused(event, screen):
                self._say_refused()
                continue
            if isinstance(event, Key) and self._writes_at_once(event, screen):
                self._under_way = serial = object()
                self._alone, self._under_it = (event, screen), find_row_of_key(event, screen)
                asyncio.get_running_loop().call_later(TYPING, self._app.call_later, self._stay_alone, serial)
                return
            await self._hand_over(event, screen)
            return

    async def _hand_over(self, event: Key | Paste, screen: Screen[Any]) -> None:
        target = self._app.focused or screen
        self._under_way = serial = object()
        self._note_progress()
        await self._deliver(event)
        asyncio.get_running_loop().call_later(LONGEST, self._look_again, serial)
        await self._follow(serial, screen, target.ancestors_with_self if event.is_forwarded else [screen, self._app])

    async def _stay_alone(self, serial: object) -> None:
        """No other letter came beside it: it is meant, where it was pressed."""
        if serial is not self._under_way or self._alone is None:
            return
        (event, screen), self._alone = self._alone, None
        if screen is self._app.screen and self._under_it != find_row_of_key(event, screen):
            self._app.notify(MOVED, severity="warning", markup=False)
            await self._finish(serial)
        elif screen is self._app.screen:
            await self._hand_over(event, screen)
        else:
            await self._finish(serial)

    def _follows_text(self, event: Key) -> bool:
        """Whether it would write at once, and came as fast after another letter as those of a text do."""
        screen = self._app.screen
        if not self._is_text(event, screen):
            return False
        now = asyncio.get_running_loop().time()
        before, self._typed = self._typed, now
        return now - before < TYPING and self._writes_at_once(event, screen)

    def _writes_at_once(self, event: Key, screen: Screen[Any]) -> bool:
        active, keys = screen.active_bindings.get(event.key), getattr(screen, "KEYS", None)
        if active is None or keys is None or not self._is_text(event, screen):
            return False
        binding = keys.by_id.get(active.binding.id or "")
        return binding is not None and binding.at_once

    def _is_text(self, event: Key, screen: Screen[Any]) -> bool:
        """Whether it may be a letter of a text that no field takes."""
        focused = self._app.focused
        takes_text = focused is not None and focused.check_consume_key("a", "a")
        return not takes_text and (event.is_printable or event.key == "enter") and not moves_cursor(event, screen)

    def _is_refused(self, event: Key | Paste, screen: Screen[Any]) -> bool:
        """Whether it is a key of a burst that would press something."""
        if not isinstance(event, Key) or not is_in_burst(event):
            return False
        if isinstance(screen, ModalScreen) and not event.is_printable:
            return False  # a dialog judges by itself whether an Enter was meant
        if not event.is_printable and event.key != "enter":
            return False
        focused = self._app.focused
        if focused is not None and focused.check_consume_key("a", "a"):
            return False
        return event.key in screen.active_bindings and not moves_cursor(event, screen)

    def _say_refused(self, why: str = REFUSED) -> None:
        """Once, however long the text is."""
        now = asyncio.get_running_loop().time()
        if now - self._refused > LONGEST:
            self._app.notify(why, severity="warning", markup=False)
        self._refused = now

    async def _follow(self, serial: object, screen: Screen[Any], nodes: Sequence[DOMNode]) -> None:
        """Behind the key through the queues of `nodes`; then, when it opened a screen, until that one is there."""
        if serial is not self._under_way:
            return
        self._note_progress()
        for index, node in enumerate(nodes):
            if node.call_later(self._follow, serial, screen, nodes[index + 1 :]):
                return
        front = self._app.screen
        if front is screen or not front.call_later(self._app.call_later, self._finish, serial):
            await self._finish(serial)

    async def _finish(self, serial: object) -> None:
        if serial is self._under_way:
            self._under_way = None
            await self._deliver_next()

    def _note_progress(self) -> None:
        self._progress = asyncio.get_running_loop().time()

    def _look_again(self, serial: object) -> None:
        """In the app's own turn: what kept the loop busy may have kept the key from moving on."""
        if serial is self._under_way:
            self._app.call_later(self._give_up, serial)

    async def _give_up(self, serial: object) -> None:
        loop = asyncio.get_running_loop()
        if serial is not self._under_way:
            return
        if (left := self._progress + LONGEST - loop.time()) > 0:
            loop.call_later(left, self._look_again, serial)
        else:
            await self._finish(serial)

"""Sign in to the cloud again: by a code typed on another machine, or by `az login` in this terminal."""

import signal
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import ClassVar, Protocol

from textual import on, work
from textual.app import ComposeResult, SuspendNotSupported
from textual.binding import BindingType
from textual.message import Message

from cockpit.model.operator import Identity
from cockpit.model.time import Time
from screens.dialogs.dialog import Dialog, DialogContext
from screens.shared.errors import explain
from screens.shared.leaving import leave_screen
from widgets.big import SCALES, measure_big_text, render_big_text
from widgets.cell import Piece
from widgets.line import Lines


class SignInPromptView(Protocol):
    """What a person must do: open `url` and type `code` before `expires`."""

    @property
    def url(self) -> str: ...
    @property
    def code(self) -> str: ...
    @property
    def expires(self) -> datetime: ...


SignIn = Callable[[Callable[[SignInPromptView], None]], Awaitable[Identity]]


class DeviceCodeDialog(Dialog[Identity]):
    """`sign_in(prompt)` shows its prompt as soon as it has one and answers with who signed in."""

    what = "Sign in"
    keys = "esc leaves, and the code is no longer waited for"
    BINDINGS: ClassVar[list[BindingType]] = []

    class Prompted(Message):
        """The code arrived."""

        def __init__(self, prompt: SignInPromptView) -> None:
            super().__init__()
            self.prompt = prompt

    def __init__(self, place: DialogContext, time: Time, sign_in: SignIn) -> None:
        super().__init__(place, time)
        self._sign_in = sign_in

    def fields(self) -> ComposeResult:
        yield Lines(id="where", classes="label")
        yield Lines(id="code", classes="label")

    def on_mount(self) -> None:
        self.query_one("#where", Lines).show((("◌ asking for a code …", "warn"),))
        self._wait()

    @work(exit_on_error=False)
    async def _wait(self) -> None:
        try:
            identity = await self._sign_in(self._prompted)
        except Exception as error:
            self.post_message(self.Refused(explain(error, "signing in failed")))
        else:
            self.post_message(self.Done(identity))

    def _prompted(self, prompt: SignInPromptView) -> None:
        self.post_message(self.Prompted(prompt))

    @on(Prompted)
    def _show(self, message: Prompted) -> None:
        prompt = message.prompt
        until = f"{prompt.expires.astimezone(self.place.zone):%H:%M:%S}"
        where = self.query_one("#where", Lines)
        where.show(
            (("Open ", "muted"), (prompt.url, "strong"), (" on any machine and type", "muted")),
        )
        wide = max(20, where.size.width)
        self.query_one("#code", Lines).show(*code_lines(prompt.code, wide), (), ((f"good until {until}", "muted"),))

    def decide(self) -> None:
        """Enter does nothing: the browser confirms."""


def code_lines(code: str, columns: int) -> Sequence[Sequence[Piece]]:
    """The code in the largest letters that fit, and once more as text that can be copied."""
    across = next((scale for scale in SCALES if measure_big_text(code, scale) <= columns), 0)
    letters: list[Sequence[Piece]] = [((row, "info"),) for row in render_big_text(code, across)] if across else []
    return [*letters, (), (("as text  ", "muted"), (code, "strong"))]


class TerminalLogin(Dialog[bool]):
    """Hands the terminal to `command` (`az login ...`). `run` is blocking and answers with its exit code."""

    what = "Sign in"
    keys = "enter hands this terminal to it · esc leaves"

    def __init__(
        self, place: DialogContext, time: Time, command: Sequence[str], run: Callable[[Sequence[str]], int]
    ) -> None:
        super().__init__(place, time)
        self._command = tuple(command)
        self._run = run

    def fields(self) -> ComposeResult:
        yield Lines(id="command", classes="label")

    def on_mount(self) -> None:
        self.query_one("#command", Lines).show(
            (("The cockpit steps aside while this runs, and goes on when it ends:", "muted"),),
            (),
            ((" ".join(self._command), "strong"),),
        )

    def decide(self) -> None:
        """The terminal is handed over on the app's own thread: two programs must not read one keyboard."""
        try:
            with self.app.suspend(), interrupts_for_the_command():
                code = self._run(self._command)
        except SuspendNotSupported:
            self.say(f"This terminal cannot be handed over. Run it in another one: {' '.join(self._command)}", "bad")
        except OSError as error:
            self.say(f"{self._command[0]} could not be started: {error.strerror or error}.", "bad")
        else:
            if code == 0:
                leave_screen(self, True)
            else:
                how = "was stopped" if code < 0 else f"ended with code {code}"
                self.say(f"{self._command[0]} {how}; nobody is signed in.", "bad")


@contextmanager
def interrupts_for_the_command() -> Iterator[None]:
    """While a command has the terminal, ctrl+c and ctrl+\\ end the command, not the cockpit behind it.

    A handler that does nothing, not SIG_IGN: an ignored signal would stay ignored in the command.
    """
    before = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGINT, signal.SIGQUIT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

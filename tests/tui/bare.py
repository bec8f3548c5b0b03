"""What the stages of single screens share: an app with our themes and nothing else, a clock that moves when told."""

from datetime import datetime, timedelta
from typing import Any

from textual.screen import Screen

import themes
from screens.shared.themed_app import ThemedApp


class Clock:
    """Time that stands still until `pass_by`."""

    def __init__(self, begin: datetime) -> None:
        self.begin, self.passed = begin, 0.0

    def now(self) -> datetime:
        return self.begin + timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        return 100.0 + self.passed

    def pass_by(self, seconds: float) -> None:
        self.passed += seconds

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("a screen does not sleep")


class Bare(ThemedApp):
    """Shows one screen over an empty one, and keeps what it answered when it left."""

    def __init__(self, shown: Screen[Any]) -> None:
        super().__init__()
        self.shown = shown
        self.answers: list[Any] = []

    def on_mount(self) -> None:
        self.theme = themes.DEFAULT
        self.push_screen(self.shown, self.answers.append)

"""An Enter that is held, typed ahead or pasted confirms nothing: telling it from one that a person means."""

from typing import Any

from textual.app import App

from cockpit.model.time import Time
from screens.shared.terminal_input import QUIET

TYPE_AHEAD = 0.3  # seconds after opening in which a confirm key is type-ahead meant for something else
LET_GO = 0.7  # seconds without any Enter after which none is held: keys repeat within 660 ms at the latest by default
HELD = 0.15  # seconds after an Enter in which another one means that it is held: keys repeat every 30 to 120 ms


def explain_quick_key(key: str = "enter") -> str:
    """Why a confirm key did not count; `key` as it is bound now."""
    return (
        f"{begin_with_key(key)} came too soon to be sure it was meant. "
        "Take the finger off it for a moment, then press it again."
    )


def begin_with_key(key: str) -> str:
    """The name of a key where a sentence begins with it; one of a single letter must stay as it is pressed."""
    return key if len(key) == 1 else key[0].upper() + key[1:]


def tells_releases(app: App[Any]) -> bool:
    """Whether the terminal tells when a key is let go. Then a held Enter arrives once, and every Enter is a press."""
    return bool(getattr(app._driver, "reports_releases", False))


class EnterGuard:
    """Opened with its dialog. Every key that types or moves is reported to it by `touch`, every Enter by `press`.

    The Enter that opened the dialog may be held: it counts as pressed at the moment of opening.
    """

    def __init__(self, time: Time, app: App[Any] | None = None) -> None:
        self._time, self._app = time, app
        self._opened = self._entered = time.monotonic()
        self._touched: float | None = None
        self.touches = 0

    def touch(self) -> None:
        """A key or a paste arrived."""
        self._touched = self._time.monotonic()
        self.touches += 1

    @property
    def is_new(self) -> bool:
        """Whether what comes now may be type-ahead meant for something else."""
        return self._time.monotonic() - self._opened < TYPE_AHEAD

    @property
    def settling(self) -> float:
        """Seconds to wait after an Enter whether other keys follow, which say that it was not a hand's, or is held."""
        return QUIET if self._app is not None and tells_releases(self._app) else HELD

    @property
    def armed(self) -> bool:
        """Whether the next Enter will count, as far as it is known to be a press of its own."""
        now = self._time.monotonic()
        if self._app is not None and tells_releases(self._app):
            return now - self._opened >= TYPE_AHEAD
        return now - max(self._opened, self._entered) >= LET_GO

    def press(self) -> bool:
        """Enter arrived. Whether it is meant as a confirmation; if not, LET_GO begins anew."""
        now = self._time.monotonic()
        calm = self._touched is None or now - self._touched >= QUIET
        counts = self.armed and calm
        self._entered = now
        return counts

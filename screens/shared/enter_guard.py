"""An Enter that is held, typed ahead or pasted confirms nothing: telling it from one that a person means.

Nor does one that comes before the terminal has shown what it would confirm.
"""

from typing import Any

from textual.app import App
from textual.screen import Screen

from cockpit.model.time import Time
from screens.shared.device_status import DeviceStatusReports
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


def find_status_reports(app: App[Any] | None) -> DeviceStatusReports | None:
    """Who knows what the terminal of an app has shown; None where nobody does."""
    reports = getattr(app._driver, "status_reports", None) if app is not None else None
    return reports if isinstance(reports, DeviceStatusReports) else None


def begin_guard(screen: Screen[Any], time: Time) -> "EnterGuard":
    """A guard from now on over what Enter does on a screen that is mounted; it asks once the next frame is drawn."""
    guard = EnterGuard(time, screen.app)
    screen.call_after_refresh(guard.ask_seen)
    return guard


class EnterGuard:
    """Opened with its dialog. Every key that types or moves is reported to it by `touch`, every Enter by `press`.

    The Enter that opened the dialog may be held: it counts as pressed at the moment of opening. Where the terminal
    tells, an Enter counts only after the first frame has arrived there: `begin_guard` makes one that asks for it. One
    that is given an app and is never asked to `ask_seen` takes no Enter at all.
    """

    def __init__(self, time: Time, app: App[Any] | None = None) -> None:
        self._time, self._app = time, app
        self._opened = self._entered = time.monotonic()
        self._touched: float | None = None
        self._reports = find_status_reports(app)
        self._question: int | None = None  # what the terminal was asked behind the first frame
        self._seen: float | None = None if self._reports is not None and self._reports.answers else float("-inf")
        self.touches = 0

    def ask_seen(self) -> None:
        """What it is about has been drawn, or drawn anew."""
        if self._reports is not None:
            self._question, self._seen = self._reports.ask(), None

    def begin_anew(self) -> None:
        """Enter does something else from now on, and no person made it so: who presses it now means what was before."""
        self._opened = self._entered = self._time.monotonic()
        self.touches += 1

    def _is_seen(self) -> bool:
        """Whether the terminal has shown what it is about, for as long as it takes to see it."""
        if self._seen is None and self._reports is not None and self._question is not None:
            if not self._reports.answers:
                self._seen = float("-inf")
            else:
                self._seen = self._reports.find_shown(self._question)
        return self._seen is not None and self._time.monotonic() - self._seen >= TYPE_AHEAD

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
        if not self._is_seen():
            return False
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

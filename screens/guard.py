"""Telling a person's confirm key from type-ahead and from a pasted burst."""

from cockpit.model.time import Time

DEAF = 0.3  # seconds after opening in which a confirm key is type-ahead meant for something else
QUIET = 0.05  # seconds without a key before and after a confirm key: a terminal pastes faster, no hand does


class Guard:
    """Opened with its dialog. Every key that types or moves is told to it by `touch`."""

    def __init__(self, time: Time) -> None:
        self._time = time
        self._opened = time.monotonic()
        self._touched: float | None = None
        self.touches = 0

    def touch(self) -> None:
        """A key or a paste arrived."""
        self._touched = self._time.monotonic()
        self.touches += 1

    def hears(self) -> bool:
        """Whether a confirm key pressed now is meant as one."""
        now = self._time.monotonic()
        calm = self._touched is None or now - self._touched >= QUIET
        return calm and now - self._opened >= DEAF

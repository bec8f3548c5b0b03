"""A terminal in memory: what a person would see of the bytes that the app sent, and how many there were."""

from collections.abc import Mapping

import pyte


class Terminal:
    """Fed by the driver. `sent` is everything written so far."""

    def __init__(self, width: int, height: int) -> None:
        self._screen = pyte.Screen(width, height)
        self._stream = pyte.Stream(self._screen)
        self.sent = ""
        self.bells = 0

    def take(self, data: str) -> None:
        self.sent += data
        self.bells += data == "\a"  # also the end of an OSC sequence, but then not alone
        self._stream.feed(data)

    @property
    def lines(self) -> list[str]:
        """The text of the screen; a wide character counts once."""
        return [line.rstrip() for line in self._screen.display]

    def left(self, width: int) -> list[str]:
        """The text of the first `width` columns."""
        return ["".join(row[at].data for at in range(width)).rstrip() for row in self._rows()]

    def _rows(self) -> list[Mapping[int, pyte.screens.Char]]:
        return [self._screen.buffer[y] for y in range(self._screen.lines)]

    def forget(self) -> None:
        self.sent = ""

    @property
    def cost(self) -> int:
        """Bytes sent since `forget`."""
        return len(self.sent.encode())

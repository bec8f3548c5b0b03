"""The words of a message, to be changed: what nobody knew is selected, so that typing takes its place."""

from textual.widgets import TextArea
from textual.widgets.text_area import Selection

from cockpit.incident.comms_marks import marks


class MarkedText(TextArea):
    """A text area that knows the marks in its text."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id, soft_wrap=True, show_line_numbers=False, compact=True)
        self.cursor_blink = False

    @property
    def missing(self) -> int:
        """How many marks are still in it."""
        return len(marks(self.text))

    def next_mark(self) -> bool:
        """Select the next mark behind the cursor, after the last one the first; False when there is none."""
        found = marks(self.text)
        if not found:
            return False
        at = _index(self.text, self.cursor_location)
        start, end = next((each for each in found if each[0] >= at), found[0])
        self.selection = Selection(_location(self.text, start), _location(self.text, end))
        self.scroll_cursor_visible()
        return True


def _index(text: str, location: tuple[int, int]) -> int:
    row, column = location
    return sum(len(line) + 1 for line in text.split("\n")[:row]) + column


def _location(text: str, index: int) -> tuple[int, int]:
    before = text[:index]
    return before.count("\n"), index - (before.rfind("\n") + 1)

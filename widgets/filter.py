"""The line into which words are typed that the rows of a pane must hold. It is there only while it is needed."""

from textual.widgets import Input

from widgets.cell import Piece


class FilterLine(Input):
    """`Input.Changed` and `Input.Submitted` tell the words as they are typed and that they are kept."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id, placeholder="words to look for; enter keeps them, esc shows all rows", compact=True)
        self.display = self.cursor_blink = False

    def begin(self, text: str) -> None:
        """Take the focus, with the words of before."""
        self.value, self.display = text, True
        self.focus()

    def end(self) -> None:
        self.display = False

    def hint(self, width: int) -> list[Piece]:
        """What to press while words are typed; nothing while none are."""
        if not self.has_focus:
            return []
        from widgets.hint import Part, render_hint_line  # the first frame has no filter

        keeps, shows = Part((("enter", "key"), (" keeps them", ""))), Part((("esc", "key"), (" shows all rows", "")))
        return render_hint_line("Only rows with these words.", keeps, action=shows, width=width)

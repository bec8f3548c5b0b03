"""The first frame, on screen before anything is read or connected; the screen itself follows once it is loaded."""

from textual.app import ComposeResult
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static


class FirstScreen(Screen[None]):
    """Says who we are, and that quitting already works."""

    def compose(self) -> ComposeResult:
        yield Static(Content(" cockpit   reading the configuration ...   ctrl+q quits"))

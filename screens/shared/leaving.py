"""Leaving a screen. Keys that arrive together may ask for it twice: then there is nothing left to leave."""

from typing import Any

from textual.screen import Screen


def leave_screen(screen: Screen[Any], result: Any = None) -> None:
    """Leave `screen` with `result`, unless it was left already or another one stands before it.

    Textual would take away whichever screen is in front, and end the app where none is left.
    """
    if screen.is_attached and screen.app.screen is screen and len(screen.app.screen_stack) > 1:
        screen.dismiss(result)

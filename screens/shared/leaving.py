"""Leaving a screen. Keys that arrive together may ask for it twice: then there is nothing left to leave."""

from typing import Any

from textual.app import App
from textual.screen import Screen


def leave_screen(screen: Screen[Any], result: Any = None) -> None:
    """Leave `screen` with `result`, unless it was left already or another one stands before it.

    Textual would take away whichever screen is in front, and end the app where none is left.
    """
    if screen.is_attached and screen.app.screen is screen and len(screen.app.screen_stack) > 1:
        screen.dismiss(result)


SEEN_FROM = 120  # columns from which there is room beside a dialog


def show_what_is_behind(dialog: Screen[Any]) -> None:
    """Where there is room, let the screen behind a dialog be seen; it goes on there."""
    dialog.set_class(dialog.app.size.width >= SEEN_FROM, "-over")


def list_screens_in_sight(app: App[Any]) -> list[Screen[Any]]:
    """The screen in front, and those that are seen behind dialogs. Textual's own `is_current` counts one that a dialog
    hides: each message to it would send the whole dialog again."""
    screens: list[Screen[Any]] = []
    for screen in reversed(app.screen_stack):
        screens.append(screen)
        if screen.styles.background.a == 1:
            break
    return screens

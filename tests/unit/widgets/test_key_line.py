"""The line of keys: as many as fit, and always how to get help and how to leave."""

from widgets.keys import KeyShown, render_key, select_fitting_keys

KEYS = [
    KeyShown(each[0].lower(), each[0].lower(), each) for each in ("Declare", "Note", "Logs", "Wall", "Help", "Quit")
]


def names(width: int) -> list[str]:
    return [each.does for each in select_fitting_keys(KEYS, width)]


def test_where_there_is_room_every_key_is_shown() -> None:
    assert names(80) == ["Declare", "Note", "Logs", "Wall", "Help", "Quit"]


def test_where_there_is_little_help_and_quit_are_the_last_to_go() -> None:
    assert names(32) == ["Declare", "Note", "Help", "Quit"]
    assert names(5) == ["Help", "Quit"]


def test_a_key_that_does_nothing_now_is_grey() -> None:
    assert render_key(KeyShown("a", "a", "Ack", works=False)) == ((" ", ""), ("a Ack", "muted"))

"""What a key can be bound to: the actions that `[keys]` in cockpit.toml names, and the keys they have without it."""

import re

DEFAULT_KEYS = {
    "declare": "d",
    "note": "n",
    "status": "s",
    "acknowledge": "a",
    "roles": "o",
    "communicate": "c",
    "update": "u",
    "snooze": "z",
    "freeze": "f",
    "pin": "p",
    "next_error": "e",
    "previous_error": "E",
    "preview": "v",
    "past": "h",
    "runbooks": "r",
    "roll_back": "R",
    "export": "x",
    "logs": "l",
    "wall": "w",
    "filter": "slash",
    "leave_filter": "escape",
    "help": "question_mark",
    "sign_in": "i",
    "refresh": "f5",
    "mute": "m",
    "palette": "colon",
    "quit": "ctrl+q",
    "next_pane": "tab",
    "previous_pane": "shift+tab",
    "pane_1": "1",
    "pane_2": "2",
    "pane_3": "3",
    "pane_4": "4",
    "pane_5": "5",
    "table.up": "up,k",
    "table.down": "down,j",
    "table.page_up": "pageup",
    "table.page_down": "pagedown",
    "table.first": "home",
    "table.last": "end",
    "table.select": "enter",
}

FREE_KEY = re.compile(r"(?i)(?:(?:ctrl|alt|shift)\+)*(?:f[1-9]|f1[0-9]|f2[0-4]|[a-z0-9])")


def opens_a_procedure(name: str, value: str) -> bool:
    """True for `F6 = "restore-database#2"` in [keys]: there the name is the key, and the value what it opens."""
    return name not in DEFAULT_KEYS and ("#" in value or bool(re.fullmatch(r"(?i)f\d{1,2}", name)))


def key_name(name: str) -> str:
    """The key as it is bound: `f6` for `F6`; a capital letter is a key of its own."""
    return name if len(name) == 1 else name.lower()

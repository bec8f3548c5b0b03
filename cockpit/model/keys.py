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
    "status_line": "U",
    "snooze": "z",
    "freeze": "f",
    "pin": "p",
    "next_error": "e",
    "previous_error": "E",
    "people_only": "t",
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
    "run.run": "enter",
    "run.next": "tab",
    "run.edit": "e",
    "run.skip": "s",
    "run.by_hand": "h",
    "run.undo": "u",
    "run.values": "v",
    "run.copy": "c",
    "run.cancel": "x",
    "run.help": "question_mark",
    "run.back": "escape",
    "run.well": "o",
    "run.rollback": "b",
    "run.note": "n",
    "run.full": "f",
    "run.end": "q",
    "catalogue.open": "enter",
    "catalogue.read": "ctrl+o",
    "catalogue.up": "up",
    "catalogue.down": "down",
    "catalogue.page_up": "pageup",
    "catalogue.page_down": "pagedown",
    "catalogue.back": "escape",
}
SCREENS = {"run": frozenset({"run"}), "catalogue": frozenset({"catalogue"}), "table": frozenset({"", "run"})}
MAIN = frozenset({""})
EVERYWHERE = frozenset({"quit", "palette"})
ONE_ACT = frozenset({"run.run", "table.select"})  # in a run the row is the step: both run it

FREE_KEY = re.compile(r"(?i)(?:(?:ctrl|alt|shift)\+)*(?:f[1-9]|f1[0-9]|f2[0-4]|[a-z0-9])")


def screens_of(action: str) -> frozenset[str]:
    """Where a key of the action is heard: "" is the cockpit, the others are named as its actions begin."""
    return frozenset({"", "run", "catalogue"}) if action in EVERYWHERE else SCREENS.get(action.partition(".")[0], MAIN)


def clash(one: str, other: str) -> bool:
    """Whether two actions cannot have one key: there is a screen that hears both."""
    return one != other and {one, other} != ONE_ACT and bool(screens_of(one) & screens_of(other))


def opens_a_procedure(name: str, value: str) -> bool:
    """True for `F6 = "restore-database#2"` in [keys]: there the name is the key, and the value what it opens."""
    return name not in DEFAULT_KEYS and ("#" in value or bool(re.fullmatch(r"(?i)f\d{1,2}", name)))


def key_name(name: str) -> str:
    """The key as it is bound: `f6` for `F6`; a capital letter is a key of its own."""
    return name if len(name) == 1 else name.lower()

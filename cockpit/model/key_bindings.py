"""What a key can be bound to: the actions that `[keys]` in cockpit.toml names, and the keys they have without it."""

import re
import unicodedata

from cockpit.model.text import find_nearest

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


def is_key_clash(one: str, other: str) -> bool:
    """Whether two actions cannot have one key: there is a screen that hears both."""
    return one != other and {one, other} != ONE_ACT and bool(screens_of(one) & screens_of(other))


def opens_a_procedure(name: str, value: str) -> bool:
    """True for `F6 = "restore-database#2"` in [keys]: there the name is the key, and the value what it opens."""
    return name not in DEFAULT_KEYS and ("#" in value or bool(re.fullmatch(r"(?i)f\d{1,2}", name)))


def key_name(name: str) -> str:
    """The key as it is bound: `f6` for `F6`; a capital letter is a key of its own."""
    return name if len(name) == 1 else name.lower()


# How keys are called in `[keys]`, known without the screen, so that every mistake of the file is told at once.

MODIFIERS = ("ctrl+", "shift+", "alt+")
ALIASES = {
    "solidus": "slash",
    "reverse_solidus": "backslash",
    "commercial_at": "at",
    "hyphen_minus": "minus",
    "plus_sign": "plus",
    "low_line": "underscore",
}
MOVES = frozenset(
    (
        *("up", "down", "left", "right", "home", "end", "pageup", "pagedown", "insert", "delete"),
        *("escape", "enter", "return", "tab", "backspace", *(f"f{number}" for number in range(1, 25))),
    )
)
SPECIAL = MOVES | frozenset(
    (
        *(
            "space",
            "less_than_sign",
            "greater_than_sign",
            "question_mark",
            "colon",
            "full_stop",
            *ALIASES,
            *ALIASES.values(),
        ),
    )
)
# What a terminal sends for these is another key: nobody could ever press them.
SAME_BYTE = {"ctrl+i": "tab", "ctrl+m": "enter", "ctrl+left_square_bracket": "escape"}


class KeyNameError(ValueError):
    """What a text is instead of a key, and the key that was probably meant or ""."""

    def __init__(self, message: str, suggestion: str = "") -> None:
        super().__init__(message)
        self.suggestion = suggestion


def split_keys(wanted_name: str) -> list[str]:
    """`"f5,R"` is two keys; a lone comma is the comma."""
    return [wanted_name.strip()] if wanted_name.strip() == "," else [part.strip() for part in wanted_name.split(",")]


def normalize_key(key: str) -> str:
    """The one name of a key: `slash` for `/`. Raises KeyNameError for what no terminal sends."""
    rest, modified = key, ""
    while (
        modifier := next((modifier for modifier in MODIFIERS if rest.startswith(modifier) and rest != modifier), "")
    ) != "":
        rest, modified = rest.removeprefix(modifier), modified + modifier
    single = len(rest) == 1 and rest.isprintable() and not rest.isspace()
    if not single and not is_named(rest):
        meant = find_nearest(rest, SPECIAL)
        raise KeyNameError(f"`{key}` is no key, such as f5, ctrl+r, R or question_mark", meant and modified + meant)
    full = modified + (_name_character(rest) if single else ALIASES.get(rest, rest))
    if full in SAME_BYTE:
        raise KeyNameError(f"a terminal cannot tell `{key}` from {SAME_BYTE[full]}; choose another key")
    if modified == "shift+" and single:
        raise KeyNameError(f"a terminal sends the capital letter for `{key}`", rest.upper())
    return full


def types_letter(key: str) -> bool:
    """Whether a key, by its one name, puts a letter into a field."""
    return not key.startswith(("ctrl+", "alt+")) and key.removeprefix("shift+") not in MOVES


def is_named(key: str) -> bool:
    """Whether `key` is the name of a special key (`f5`) or of a character (`question_mark`)."""
    if key in SPECIAL:
        return True
    try:
        unicodedata.lookup(key.replace("_", " "))
    except KeyError:
        return False
    return True


def _name_character(character: str) -> str:
    if character.isalnum():
        return character
    name = unicodedata.name(character, character).lower().replace("-", "_").replace(" ", "_")
    return ALIASES.get(name, name)

"""How keys are called in `[keys]`, known without the screen, so that every mistake of the file is reported at once."""

import re
import unicodedata

from cockpit.model.text import find_nearest

FREE_KEY = re.compile(r"(?i)(?:(?:ctrl|alt|shift)\+)*(?:f[1-9]|f1[0-9]|f2[0-4]|[a-z0-9])")


def key_name(name: str) -> str:
    """The key as it is bound: `f6` for `F6`; a capital letter is a key of its own."""
    return name if len(name) == 1 else name.lower()


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
        raise KeyNameError(f"`{key}` is not a key, such as f5, ctrl+r, R or question_mark", meant and modified + meant)
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

"""How keys are called in `[keys]`, known without the screen, so that every mistake of the file is told at once."""

import unicodedata

from cockpit.model.near import near

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


def split(wanted: str) -> list[str]:
    """`"f5,R"` is two keys; a lone comma is the comma."""
    return [wanted.strip()] if wanted.strip() == "," else [each.strip() for each in wanted.split(",")]


def normal(key: str) -> str:
    """The one name of a key: `slash` for `/`. Raises KeyNameError for what no terminal sends."""
    rest, modified = key, ""
    while (modifier := next((each for each in MODIFIERS if rest.startswith(each) and rest != each), "")) != "":
        rest, modified = rest.removeprefix(modifier), modified + modifier
    single = len(rest) == 1 and rest.isprintable() and not rest.isspace()
    if not single and not is_named(rest):
        meant = near(rest, SPECIAL)
        raise KeyNameError(f"`{key}` is no key, such as f5, ctrl+r, R or question_mark", meant and modified + meant)
    full = modified + (_named(rest) if single else ALIASES.get(rest, rest))
    if full in SAME_BYTE:
        raise KeyNameError(f"a terminal cannot tell `{key}` from {SAME_BYTE[full]}; choose another key")
    if modified == "shift+" and single:
        raise KeyNameError(f"a terminal sends the capital letter for `{key}`", rest.upper())
    return full


def types(key: str) -> bool:
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


def _named(character: str) -> str:
    if character.isalnum():
        return character
    name = unicodedata.name(character, character).lower().replace("-", "_").replace(" ", "_")
    return ALIASES.get(name, name)

"""Letters of a command that cannot be seen, or that are taken for another: such a command is not what it looks like.

Invisible is what Unicode ignores when it draws (zero width, soft hyphen, tags, variation selectors, fillers) and every
blank but the blank. Taken for another are signs and letters that are drawn like one the shell reads: outside of quotes
dashes, quotes and signs of any width, and anywhere a word of Latin letters with one of another alphabet in it. What
makes an emoji out of a sign beside it stays, and so does everything that a person would see in a sentence.
"""

import re
import unicodedata
from collections.abc import Iterator

from cockpit.model.text import REPLACEMENT
from cockpit.runbooks.shell_syntax.words import find_quotes

# Default_Ignorable_Code_Point of Unicode, and what is drawn as nothing without being in it.
IGNORED = (
    r"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    r"\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    r"\u2800\u180e\ufff9-\ufffb\U00016fe4"
)
BLANKS = r"\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\x85\x0b\x0c"
HIDDEN = re.compile(rf"[{IGNORED}{BLANKS}]")
SIGNS = re.compile(
    r"[\u02b9-\u02bc\u02c6\u02c8\u02cb\u02dc\u037e\u0387\u055a\u055d\u058a\u05be\u05c3\u05f3\u05f4\u0609\u066a\u066b"
    r"\u1400\u1806\u2010-\u2016\u2018-\u201f\u2024\u2032-\u2036\u2039\u203a\u2043\u2044\u204e\u2212\u2215-\u2217\u2223"
    r"\u2236\u223c\u2796\u29f5\u29f8\u2e3a\u2e3b\u3003\u301c\u301d\u301e\u30a0\uff01-\uff5e\ufe50-\ufe6b\u01c0\u01c3]"
)
OTHER_ALPHABETS = re.compile(  # of Greek only what is drawn like a Latin letter: a difference may be called \u0394t
    r"[\u0391\u0392\u0395-\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03b1\u03b3\u03b9\u03ba\u03bd\u03bf"
    r"\u03c1\u03c4\u03c5\u03c7\u03f2\u03f3\u0400-\u052f\u0531-\u0587\u13a0-\u13fd\u1c80-\u1c8f\ua640-\ua69d]"
)
WORD = re.compile(r"[^\W\d_]+")
LATIN = re.compile(r"[A-Za-z]")
PICTURE = ("So", "Sm", "Sk", "Me")  # a sign that a selector or joiner behind it makes an emoji


def find_hidden_letters(command: str) -> list[int]:
    """Where they stand, in order."""
    return [] if command.isascii() else sorted(_find_letters(command))


def mark_hidden_letters(command: str) -> str:
    """The command with a sign in the place of each."""
    places = set(find_hidden_letters(command))
    if not places:
        return command
    return "".join(REPLACEMENT if index in places else letter for index, letter in enumerate(command))


def name_hidden_letters(command: str) -> str:
    """Which they are, for a sentence: `U+200B ZERO WIDTH SPACE`; at most three of them."""
    letters = dict.fromkeys(command[index] for index in find_hidden_letters(command))
    names = [f"U+{ord(letter):04X} {unicodedata.name(letter, 'without a name')}" for letter in letters]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _find_letters(command: str) -> Iterator[int]:
    for match in HIDDEN.finditer(command):
        if not _makes_an_emoji(command, match.start()):
            yield match.start()
    inside = find_quotes(command) if SIGNS.search(command) else []
    for match in SIGNS.finditer(command) if inside else ():
        if not inside[match.start()]:
            yield match.start()
    for word in WORD.finditer(command) if OTHER_ALPHABETS.search(command) else ():
        if LATIN.search(word[0]):
            yield from (word.start() + match.start() for match in OTHER_ALPHABETS.finditer(word[0]))


def _makes_an_emoji(command: str, index: int) -> bool:
    """Whether a variation selector or a joiner only says how the sign before it is drawn."""
    if command[index] not in "\ufe0e\ufe0f\u200d" or not index:
        return False
    before = command[index - 1]
    return not before.isascii() and (unicodedata.category(before) in PICTURE or before == "\ufe0f")

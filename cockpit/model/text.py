"""The one door for text that somebody else wrote (alerts, logs, documents, API errors, command output), the nearest
known word to a mistyped one, and text for a terminal that has only ASCII.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Container, Iterable, Sequence
from functools import cache, lru_cache
from itertools import accumulate

from cockpit.model.secret import KNOWN_SECRETS, MASK

HOSTILE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
COLOUR = re.compile(r"\x1b\[[0-9;:]*[mK]")  # what tools and loggers colour with; it stands between a name and its value
REPLACEMENT = "\ufffd"
LINE_BREAKS = re.compile(r"[\r\n\t\x0b\x0c]+")
MAX_TEXT = 65_536
MAX_LINE = 2_000
SHORT_LINE = 64  # characters
MAX_KEY = 32_768  # Azure's operation URLs, certificate included, have some 4,000


def clean_text(text: object, limit: int = MAX_TEXT) -> str:
    """`text` without secrets, known or given away, and with what could steer a terminal replaced; newline, tab stay.
    Colours are left out: between a name and its value they would hide that it is one.

    Replaced are control characters, ESC, C1, bidi marks and lone surrogates. Bytes are read as UTF-8, invalid ones
    replaced. Longer than `limit` characters is cut, and says so; masked is before, as half a secret is one too.
    """
    if isinstance(text, str) and len(text) <= SHORT_LINE <= limit:
        return _clean_short_text(text, KNOWN_SECRETS.generation)
    return _clean_any_text(text, limit)


def _clean_any_text(text: object, limit: int) -> str:
    plain = text.decode("utf-8", "replace") if isinstance(text, bytes | bytearray) else str(text)
    may_hide = "\x1b" in plain or "\b" in plain or "\0" in plain or not plain.isascii()
    plain = _hide_behind_marks(plain) if may_hide else hide_secrets(plain)
    if len(plain) > limit:
        plain = f"{plain[:limit]}… ({len(plain) - limit} more characters)"
    if plain.isascii() and plain.isprintable():  # most are so, and are not searched letter by letter
        return plain
    return HOSTILE.sub(REPLACEMENT, plain.replace("\r\n", "\n"))


def _holds_marks(text: str) -> bool:
    """Whether something stands in it that a terminal shows nothing of."""
    from cockpit.model.secret_detection.escapes import UNSEEN

    return not text.isascii() and UNSEEN.search(text) is not None


def _hide_behind_marks(text: str) -> str:
    """Without colours; without all that a terminal shows nothing of where a secret shows only so, as it does there."""
    from cockpit.model.secret_detection.escapes import UNSEEN  # not before the first frame, which shows no such text

    if "\x1b" in text:  # a sequence takes the letter behind it along, which may be a secret's first
        text = hide_secrets(text)
    plain = COLOUR.sub("", text)
    bare = UNSEEN.sub("", plain)
    return shown if bare != plain and (shown := hide_secrets(bare)) != bare else hide_secrets(plain)


def hide_secrets(text: str) -> str:
    """`text` without the secrets that this process knows, and without those that give themselves away."""
    return load_detection()(KNOWN_SECRETS.mask(text))


@cache
def load_detection() -> Callable[[str], str]:
    """What hides those that give themselves away: not before the first frame, which shows no such text."""
    from cockpit.model.secret_detection.detect import hide_detected_secrets

    return hide_detected_secrets


def clean_line(text: object, limit: int = MAX_LINE) -> str:
    """`clean(text)` on one line: each run of line breaks and tabs becomes one space."""
    if isinstance(text, str) and len(text) <= SHORT_LINE <= limit:
        return _clean_short_line(text, KNOWN_SECRETS.generation)
    plain = text.decode("utf-8", "replace") if isinstance(text, bytes | bytearray) else str(text)
    return clean_text(LINE_BREAKS.sub(" ", plain).strip(), limit)


def clean_lines(texts: Sequence[str], limit: int = MAX_LINE) -> list[str]:
    """`clean_line` of each. Of a log that floods they are searched as one text, which costs half: whatever a line holds
    is found there as well, and a line in which nothing is found needs no look of its own. A known secret that stands
    over several of them, such as base64 in lines of 76 characters, is found only so."""
    lines = [LINE_BREAKS.sub(" ", text).strip() for text in texts]
    whole = "\n".join(lines)
    if KNOWN_SECRETS.mask(whole) != whole:
        lines = mask_across_lines(whole)
        whole = "\n".join(lines)
    touched = _find_touched_lines(whole, lines)
    hostile = HOSTILE.search(whole) is not None or _holds_marks(whole)
    return [
        clean_line(line, limit) if hostile or number in touched or len(line) > limit else line
        for number, line in enumerate(lines)
    ]


def mask_across_lines(whole: str) -> list[str]:
    """The lines of a text with known secrets masked, in each line by itself where one stands over several."""
    pieces, position = [], 0
    for start, end in KNOWN_SECRETS.find_places(whole):
        line_breaks = whole.count("\n", start, end)
        pieces += [whole[position:start], "\n".join([MASK] * (line_breaks + 1))]
        position = end
    return "".join([*pieces, whole[position:]]).split("\n")


def _find_touched_lines(whole: str, lines: Sequence[str]) -> Container[int]:
    """The numbers of the lines in which something may have to be masked."""
    from cockpit.model.secret_detection.detect import find_secret_places

    if KNOWN_SECRETS.mask(whole) != whole:
        return range(len(lines))
    places = find_secret_places(whole)
    if not places:
        return ()
    starts = list(accumulate((len(line) + 1 for line in lines), initial=0))
    return {
        number
        for start, end in places
        for number in range(bisect_right(starts, start) - 1, bisect_right(starts, max(start, end - 1)))
    }


# States, names and labels come again and again, in a storm thousands of times a second: those of 5,000 alerts (name,
# key, place, beginning) have room in it, else each of them would push out the next one that comes.
MOST_SHORT = 32_768


@lru_cache(maxsize=MOST_SHORT)
def _clean_short_line(text: str, generation: int) -> str:
    return _clean_any_text(text.strip() if text.isprintable() else LINE_BREAKS.sub(" ", text).strip(), MAX_TEXT)


@lru_cache(maxsize=MOST_SHORT)
def _clean_short_text(text: str, generation: int) -> str:
    return _clean_any_text(text, MAX_TEXT)


def clean_unmasked(text: str) -> str:
    """`text` with what could steer a terminal replaced, all of it, and with its secrets.

    Only for what is run, parsed or sent again, such as a document; whoever shows it masks it.
    """
    if text.isascii() and text.replace("\n", " ").replace("\t", " ").isprintable():
        return text  # most are so, and are not searched letter by letter
    return HOSTILE.sub(REPLACEMENT, text.replace("\r\n", "\n"))


def is_clean(text: str) -> bool:
    """Whether nothing in it could steer a terminal."""
    return clean_unmasked(text) == text


def is_clean_line(text: str, limit: int = MAX_LINE) -> bool:
    """Whether it is one line of at most `limit` characters in which nothing could steer a terminal."""
    return len(text) <= limit and is_clean(text) and LINE_BREAKS.sub(" ", text).strip() == text


def keep_whole(key: object, limit: int = MAX_KEY) -> str:
    """A name, id, URL or token that will be sent back to whoever gave it: exactly as it came, else "".

    What is shown may be shortened and have its hostile characters replaced. What is a key may not: one that is cut or
    altered by a letter is another key, so one that the door cannot let through as it is is refused whole.
    """
    return key if isinstance(key, str) and is_clean_line(key, limit) else ""


# Did you mean?


def find_nearest(word: str, names: Iterable[str], likeness: float = 0.6) -> str:
    """The known word nearest to `word`, or "" when none is as like it as that."""
    from difflib import get_close_matches  # only a mistake needs it; the first paint does not wait for it

    by_lower_case = {text.casefold(): text for text in names}
    close_matches = get_close_matches(word.casefold()[:100], by_lower_case, n=1, cutoff=likeness)
    return by_lower_case[close_matches[0]] if close_matches else ""


# Only ASCII

# What the screen's own glyphs become on a terminal without Unicode. One character each: no width may change.
ASCII = str.maketrans(
    "●◐✖◌▲△✔▸⚠○–—×·…→←↑↓│─╭╮╰╯┃━▁▂▃▄▅▆▇█▔▕“”‘’",
    "o~X?!.v>Wo--x.~><^v|-++++|-_.,-=+*#-|\"\"''",
)


def in_ascii(text: str) -> str:
    """`text` in as many cells without a character beyond ASCII: é is e, and what is like nothing becomes `?`."""
    latin_text = text.translate(ASCII)
    return latin_text if latin_text.isascii() else "".join(map(_letter, latin_text))


def _letter(letter: str) -> str:
    if letter.isascii():
        return letter
    if unicodedata.combining(letter) or unicodedata.category(letter) == "Cf":
        return ""
    wide = unicodedata.east_asian_width(letter) in ("W", "F")
    plain = "".join(part for part in unicodedata.normalize("NFKD", letter) if part.isascii())
    return plain if len(plain) == (2 if wide else 1) else "??" if wide else "?"


ESCAPED = re.compile(r"\\.", re.DOTALL)
SETS = re.compile(r"\[\^?\]?[^\]]*\]")
MOST_REPEATS = 4  # open-ended repetitions in one expression: each may cost as many steps as the text has letters


@lru_cache(maxsize=256)
def compile_expression(text: str, flags: int = 0) -> "re.Pattern[str] | None":
    """A regular expression that somebody typed, None where it is none, or might search for ever.

    Alertmanager's engine takes linear time for any of them, Python's does not: a repetition of a group that repeats
    something itself, or offers alternatives, and many open-ended repetitions are not tried here.
    """
    try:
        pattern = re.compile(text, flags)
    except (re.error, OverflowError, RecursionError):
        return None
    bare = SETS.sub("x", ESCAPED.sub("x", text))  # neither escaped letters nor sets repeat anything
    repeated, harmless = re.findall(r"\)[*+{]", bare), re.findall(r"\((?:\?:)?[^()*+{|?]*\)[*+{]", bare)
    open_ended = re.findall(r"[*+]|,\}", bare)
    return None if len(repeated) > len(harmless) or len(open_ended) > MOST_REPEATS else pattern


def quote_for_shell(text: str) -> str:
    """`text` as one word of a command that a person is told to type, on one line: the shell reads nothing in it."""
    return "'" + clean_line(text).replace("'", "'\\''") + "'"

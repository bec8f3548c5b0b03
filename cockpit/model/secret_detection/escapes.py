"""Escape sequences of terminals: what stands in a text and is not seen, such as colours between a name and its value.

Standard library only: the supervisor uses it too.
"""

import re
from functools import partial
from typing import AnyStr

STRING_LETTER = r"[^\x07\x1b\n]"  # of a title, a link or the like, which ends with BEL or ESC and a backslash
SEQUENCE = rf"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_]{STRING_LETTER}{{0,4096}}(?:\x07|\x1b\\)|[ -/]+[0-~]|[0-OQ-WYZ\\`-~])"
BEGUN = rf"\x1b(?:\[[0-?]{{0,64}}[ -/]{{0,8}}|[\]PX^_]{STRING_LETTER}{{0,4096}}\x1b?|[ -/]{{0,8}})\Z"
PARAMETERS = "0123456789:;<=>?"
ESCAPES = re.compile(SEQUENCE)
UNSEEN = re.compile(rf"{SEQUENCE}|.\x08|[\x00\u00ad\u200b-\u200f\u2060-\u2064\ufeff]")
"""What a terminal shows nothing of, such as a blank of no width, and a letter that another one is typed over."""
OPENING = re.compile(r"(?:\x1b[\[\]PX^_]|[\x90\x98\x9b\x9d-\x9f])[0-?]*[ -/]*(?=[\w-])")
"""How a sequence begins, as far as it says only what will follow, before a letter that need not be of it."""
PARAMETERS_BEGUN = re.compile(r"(\x1b[ -/]{0,8}[0-~]|[\x90\x98\x9b\x9d-\x9f])[0-?]*")
PARAMETERS_BEGUN_IN_BYTES = re.compile(rb"(\x1b[ -/]{0,8}[0-~]|\xc2[\x90\x98\x9b\x9d-\x9f])[0-?]*")
_BEGUN_OPENING = (
    rb"(?:\x1b[ -/]{0,8}(?:[0-~][0-?]{0,64}[ -/]{0,8})?|\xc2(?:[\x90\x98\x9b\x9d-\x9f][0-?]{0,64}[ -/]{0,8})?)"
)
BEGUN_OPENING_IN_BYTES = re.compile(_BEGUN_OPENING + rb"\Z")
LONGEST_BEGUN_OPENING = 82  # bytes
ESCAPES_IN_BYTES = re.compile(SEQUENCE.encode())
BEGUN_IN_BYTES = re.compile(BEGUN.encode())


def blank_openings(text: str) -> str:
    """A text of the same length, with nothing in front of a word that a sequence began and may not go on with.

    Of a sequence that was broken off the letters would stand before a secret as if they were its own: `ESC [ 3 ghp_`.
    """
    return OPENING.sub(lambda opening: "\x1b" * len(opening.group()), text)


def list_unopened(text: str, most_kept: int) -> list[str]:
    """The other ways in which a text can be read whose sequences may have been broken off, each of the same length.

    The last `most_kept` parameters of one, or fewer, may be the first characters of the word behind it.
    """
    return _list_others(PARAMETERS_BEGUN, text, "\x1b", most_kept)


def list_unopened_bytes(data: bytes, most_kept: int) -> list[bytes]:
    """`list_unopened` of bytes in UTF-8."""
    return _list_others(PARAMETERS_BEGUN_IN_BYTES, data, b"\x1b", most_kept)


def _list_others(begun: re.Pattern[AnyStr], text: AnyStr, blank: AnyStr, most_kept: int) -> list[AnyStr]:
    def blank_all_but(kept: int, opening: re.Match[AnyStr]) -> AnyStr:
        blanked = max(len(opening[1]), len(opening[0]) - kept)  # what opens it is nothing of a word
        return blank * blanked + opening[0][blanked:]

    readings = (begun.sub(partial(blank_all_but, kept), text) for kept in range(most_kept + 1))
    return [reading for reading in dict.fromkeys(readings) if reading != text]


def count_parameters(word: str) -> int:
    """How many of the first characters of a word may be taken for those of a sequence: 2 of `12ab`."""
    return len(word) - len(word.lstrip(PARAMETERS))


def find_begun_opening(data: bytes) -> int:
    """Where the opening of a sequence begins that may go on behind the end; the length of `data` where none does."""
    begun = BEGUN_OPENING_IN_BYTES.search(data, max(0, len(data) - LONGEST_BEGUN_OPENING))
    return begun.start() if begun else len(data)


class EscapeFilter:
    """Bytes in, bytes without escape sequences out, also where one falls across two reads: whatever moves the cursor,
    links or colours may stand between the name of a secret and its value, or in the middle of one."""

    def __init__(self) -> None:
        self._held = b""

    @property
    def holds(self) -> bool:
        """Whether it waits for the rest of what may be a sequence."""
        return bool(self._held)

    def feed(self, chunk: bytes) -> bytes:
        """What is known to be no part of a sequence."""
        if not self._held and b"\x1b" not in chunk:
            return chunk
        text = ESCAPES_IN_BYTES.sub(b"", self._held + chunk)
        begun = BEGUN_IN_BYTES.search(text)
        cut = begun.start() if begun else len(text)
        self._held = text[cut:]
        return text[:cut]

    def flush(self) -> bytes:
        """What began as a sequence, and is none at the end."""
        held, self._held = self._held, b""
        return held

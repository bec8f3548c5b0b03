"""Escape sequences of terminals: what stands in a text and is not seen, such as colours between a name and its value.

Standard library only: the supervisor uses it too.
"""

import re

STRING_LETTER = r"[^\x07\x1b\n]"  # of a title, a link or the like, which ends with BEL or ESC and a backslash
SEQUENCE = rf"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_]{STRING_LETTER}{{0,4096}}(?:\x07|\x1b\\)|[ -/]+[0-~]|[0-OQ-WYZ\\`-~])"
BEGUN = rf"\x1b(?:\[[0-?]{{0,64}}[ -/]{{0,8}}|[\]PX^_]{STRING_LETTER}{{0,4096}}\x1b?|[ -/]{{0,8}})\Z"
ESCAPES = re.compile(SEQUENCE)
UNSEEN = re.compile(rf"{SEQUENCE}|.\x08|[\x00\u00ad\u200b-\u200f\u2060-\u2064\ufeff]")
"""What a terminal shows nothing of, such as a blank of no width, and a letter that another one is typed over."""
OPENING = re.compile(r"(?:\x1b[\[\]PX^_]|[\x90\x98\x9b\x9d-\x9f])[0-?]*[ -/]*(?=[\w-])")
"""How a sequence begins, as far as it says only what will follow, before a letter that need not be of it."""
ESCAPES_IN_BYTES = re.compile(SEQUENCE.encode())
BEGUN_IN_BYTES = re.compile(BEGUN.encode())


def blank_openings(text: str) -> str:
    """A text of the same length, with nothing in front of a word that a sequence began and may not go on with.

    Of a sequence that was broken off the letters would stand before a secret as if they were its own: `ESC [ 3 ghp_`.
    """
    return OPENING.sub(lambda opening: "\x1b" * len(opening.group()), text)


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

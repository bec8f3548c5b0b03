"""The one door for text that somebody else wrote: alerts, logs, documents, API errors, command output."""

import re

HOSTILE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
REPLACEMENT = "\ufffd"
LINE_BREAKS = re.compile(r"[\r\n\t\x0b\x0c]+")
MAX_TEXT = 65_536
MAX_LINE = 2_000


def clean(text: object, limit: int = MAX_TEXT) -> str:
    """`text` with control characters, ESC, C1, bidi marks and lone surrogates replaced; newline and tab stay.

    Bytes are read as UTF-8, invalid ones replaced. Longer than `limit` characters is cut, and says so.
    """
    plain = text.decode("utf-8", "replace") if isinstance(text, bytes | bytearray) else str(text)
    if len(plain) > limit:
        plain = f"{plain[:limit]}… ({len(plain) - limit} more characters)"
    return HOSTILE.sub(REPLACEMENT, plain.replace("\r\n", "\n"))


def clean_line(text: object, limit: int = MAX_LINE) -> str:
    """`clean(text)` on one line: each run of line breaks and tabs becomes one space."""
    plain = text.decode("utf-8", "replace") if isinstance(text, bytes | bytearray) else str(text)
    return clean(LINE_BREAKS.sub(" ", plain).strip(), limit)

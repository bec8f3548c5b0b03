"""Secrets taken out of a stream of bytes, also where one falls across two reads. Standard library only."""

import json
import re
from collections.abc import Iterable
from urllib.parse import quote

DOTS = "•••".encode()
SHORTEST = 4  # letters: masking shorter ones would riddle every text with dots


def forms(secrets: Iterable[str]) -> list[bytes]:
    """Every way a secret may be printed: as it is, in an address, in JSON. The longest first."""
    found = set()
    for secret in secrets:
        if len(secret) >= SHORTEST:
            found |= {secret, quote(secret), quote(secret, safe=""), json.dumps(secret)[1:-1]}
            found |= {line for line in secret.splitlines() if len(line) >= SHORTEST}
    return sorted((each.encode() for each in found), key=len, reverse=True)


class Mask:
    """Bytes in, bytes without secrets out. What may be the beginning of one is held back until the next call."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._forms = forms(secrets)
        self._pattern = re.compile(b"|".join(map(re.escape, self._forms)) or b"(?!)")
        self._held = b""

    def feed(self, chunk: bytes) -> bytes:
        if not self._forms:
            return chunk
        text = self._held + chunk
        cut = len(text) - self._open(text)
        for match in self._pattern.finditer(text):
            if match.start() < cut < match.end():
                cut = match.end()
        self._held = text[cut:]
        return self._pattern.sub(DOTS, text[:cut])

    def flush(self) -> bytes:
        """What was held back, at the end."""
        rest, self._held = self._held, b""
        return self._pattern.sub(DOTS, rest)

    def _open(self, text: bytes) -> int:
        """The length of the longest end of `text` that a secret begins with, short of being all of it."""
        return max((size for form in self._forms for size in _overlaps(text, form)), default=0)


def _overlaps(text: bytes, form: bytes) -> Iterable[int]:
    return (size for size in range(1, min(len(form), len(text) + 1)) if text.endswith(form[:size]))

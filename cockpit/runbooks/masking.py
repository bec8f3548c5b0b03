"""Secrets taken out of a stream of bytes, also where one falls across two reads. Standard library only."""

import json
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

DOTS = "•••".encode()
SHORTEST = 4  # letters: masking shorter ones would riddle every text with dots
ESCAPED = re.compile("%[0-9A-F]{2}")


def forms(secrets: Iterable[str]) -> list[bytes]:
    """Every way a secret may be printed: as it is, in an address, in JSON, in base64. The longest first."""
    found: set[str] = set()
    for secret in secrets:
        if len(secret) >= SHORTEST:
            found |= {secret, json.dumps(secret)[1:-1], *in_an_address(secret), *in_base64(secret.encode())}
            found |= {line for line in secret.splitlines() if len(line) >= SHORTEST}
    return sorted((each.encode() for each in found), key=len, reverse=True)


def in_an_address(text: str) -> Iterator[str]:
    """As curl, browsers and forms escape it; some write their escapes in small letters."""
    for each in (quote(text), quote(text, safe=""), quote_plus(text)):
        yield each
        yield ESCAPED.sub(lambda found: found.group().lower(), each)


def in_base64(secret: bytes) -> Iterator[str]:
    """By itself, and inside of something longer: there only its place in a group of three bytes matters.

    Letters at its ends that it shares with what stands beside it are left: they tell at most four of its bits.
    """
    for encode in (b64encode, urlsafe_b64encode):
        for before in range(3):
            text = encode(bytes(before) + secret).decode()
            inner = text[(0, 2, 3)[before] : (before + len(secret)) * 8 // 6]
            for each in (inner, text) if before == 0 else (inner,):
                if len(each) >= SHORTEST:
                    yield each
                    yield from in_an_address(each)


class Mask:
    """Bytes in, bytes without secrets out. What may be the beginning of one is held back until the next call."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._forms = forms(secrets)
        # Where none of these is, none of the others can be, as each holds one of them.
        self._least = [each for each in self._forms if not any(less != each and less in each for less in self._forms)]
        self._held = b""

    def feed(self, chunk: bytes) -> bytes:
        if not self._forms:
            return chunk
        text = self._held + chunk
        cut = len(text) - self._open(text)
        pattern = self._pattern(text)
        for match in pattern.finditer(text) if pattern else ():
            if match.start() < cut < match.end():
                cut = match.end()
        self._held = text[cut:]
        return pattern.sub(DOTS, text[:cut]) if pattern else text[:cut]

    def flush(self) -> bytes:
        """What was held back, at the end."""
        rest, self._held = self._held, b""
        pattern = self._pattern(rest)
        return pattern.sub(DOTS, rest) if pattern else rest

    def whole(self, text: str) -> str:
        """A text that nothing comes before or after."""
        raw = text.encode("utf-8", "surrogatepass")
        return (self.feed(raw) + self.flush()).decode("utf-8", "surrogatepass")

    def _pattern(self, text: bytes) -> re.Pattern[bytes] | None:
        """Finds the forms that are in a text; None when none is: looking for each by itself is ten times as fast."""
        there = [form for form in self._least if form in text]
        if not there:
            return None
        return re.compile(b"|".join(re.escape(form) for form in self._forms if any(less in form for less in there)))

    def _open(self, text: bytes) -> int:
        """The length of the longest end of `text` that a secret begins with, short of being all of it."""
        return max((overlap(text, form) for form in self._forms), default=0)


def overlap(text: bytes, form: bytes) -> int:
    at = text.find(form[:1], max(0, len(text) - len(form) + 1))
    while at >= 0 and not form.startswith(text[at:]):
        at = text.find(form[:1], at + 1)
    return len(text) - at if at >= 0 else 0


def masked(text: str, secrets: Iterable[str]) -> str:
    """A whole text without secrets."""
    return Mask(secrets).whole(text)

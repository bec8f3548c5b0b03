"""Secrets taken out of a stream of bytes, also where one falls across two reads. Standard library only.

What a secret looks like in each escape is decided by `cockpit.model.secret`; here its expressions meet a text of
which the end is not known yet. What may be the beginning of a secret is held back until more has come.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from cockpit.model.secret import (
    LETTER_ESCAPED,
    MASK,
    SPELLED_OUT,
    KnownSecret,
    SecretForm,
    SecretRegistry,
    secret_parts,
    spelled_source,
)
from cockpit.model.secret_detection.detect import hide_detected_secrets
from cockpit.model.secret_detection.stream import DetectedSecretMask

DOTS = MASK.encode()
AHEAD = 2  # bytes that must follow a short secret before it is known to stand alone
ONE_ESCAPE = 12  # bytes of one character, escaped twice
LONGEST_HELD = 65_536  # bytes; what begins a secret and goes on for longer is no escape of it
LETTER_BEGINS = (
    rb"\\{1,8}(?:[uUx]\{?)?[0-9A-Fa-f]{0,8}(?:\\{1,8}[uUx]?[0-9A-Fa-f]{0,4}){0,4}"
    rb"|\\{0,8}&(?:amp;){0,8}#?[xX]?\w{0,8}|(?:%(?:25){0,8}[0-9A-Fa-f]{0,2}){1,4}"
)
LETTERS_ESCAPED = re.compile(LETTER_ESCAPED.encode())
BEGINS_LETTER = re.compile(rb"(?:" + LETTER_BEGINS + rb")\Z")
ESCAPE_BEGINS = LETTER_BEGINS + rb"|['\"`$!%{}]['\"\\]{0,4}|[\x80-\xff]{1,8}"
BEGINS_ESCAPE = re.compile(rb"(?:" + ESCAPE_BEGINS + rb")\Z")
COLOUR = re.compile(rb"\x1b\[[0-9;:]*[mK]")
COLOUR_BEGINS = re.compile(rb"\x1b(?:\[[0-9;:]{0,40})?\Z")
FIRST_CHARACTERS = 4  # that one expression looks for, before a place is looked at closely


class StreamForm:
    """One form of a secret as bytes, that can be recognised from its beginning."""

    def __init__(self, form: SecretForm, *, spelled: bool) -> None:
        source_of = spelled_source if spelled else form.source_of
        sources = [source_of(character) for character in form.text]
        self._slots = [_compile_pattern(source) for source in sources]
        self._first = _compile_beginning(tuple(sources[:FIRST_CHARACTERS]))
        self._fixed = [character.isalnum() and character.isascii() for character in form.text]
        self._escapes = BEGINS_LETTER if form.text[:1].isalnum() and form.text.isascii() else BEGINS_ESCAPE
        self._escaped = spelled or not form.text[:1].isalnum()  # whether its first character may be
        self._alone = form.alone
        self._reach = min(LONGEST_HELD, len(form.text) * ONE_ESCAPE)

    def begins(self, text: bytes) -> int | None:
        """Where in a text this form begins that may go on behind the end of the text."""
        first = max(0, len(text) - self._reach)
        position = first
        while match := self._first.search(text, position):
            if self._goes_on(text, match.start()):
                return match.start()
            position = match.start() + 1
        if self._escaped and (escape := self._escapes.search(text, max(first, len(text) - 4 * ONE_ESCAPE))):
            return escape.start()
        return None

    def _goes_on(self, text: bytes, start: int) -> bool:
        """Whether the form may go on from `start` to behind the end of the text.

        Every length of an escape is followed: of three backslashes all may be one of the secret's, or the last one
        begins the escape of the next character.
        """
        positions = {start}
        for slot, fixed in zip(self._slots, self._fixed, strict=True):
            # An `&` at the end may be itself, or become `&amp;`.
            if any(position == len(text) or BEGINS_ESCAPE.match(text, position) for position in positions):
                return True
            positions = {end for position in positions for end in _slot_ends(slot, text, position, fixed)}
            if not positions:
                return False
        return self._alone and max(positions) > len(text) - AHEAD


class StreamSecrets:
    """Some secrets, ready to be found in bytes; built once for a set of them."""

    def __init__(self, secrets: Iterable[str]) -> None:
        parts = {part for secret in secrets for part in secret_parts(secret)}
        known_secrets = [KnownSecret(part) for part in sorted(parts, key=lambda part: (-len(part), part))]
        short_enough = [secret for secret in known_secrets if len(secret.value) <= SPELLED_OUT]
        hints = {re.escape(hint) for secret in known_secrets for hint in secret.hints}
        self._hinted = re.compile("|".join([*sorted(hints), LETTER_ESCAPED]).encode())
        self._known = [(secret, tuple(hint.encode() for hint in secret.hints)) for secret in known_secrets]
        self.forms = [
            StreamForm(form, spelled=form.text == secret.value and secret in short_enough)
            for secret in known_secrets
            for form in secret.forms
        ]

    def find(self, text: bytes) -> list[tuple[int, int]]:
        """Where secrets stand in a text."""
        if not self.forms or not self._hinted.search(text):
            return []
        letters = LETTERS_ESCAPED.search(text) is not None
        sources = []
        for secret, hints in self._known:
            if any(hint in text for hint in hints):
                sources += [form.source for form in secret.forms]
            if letters and len(secret.value) <= SPELLED_OUT:
                sources.append(secret.spelled_form.source)
        return [match.span() for match in _compile_pattern("|".join(sources)).finditer(text)] if sources else []

    def begins(self, text: bytes) -> int:
        """From where on a text may be the beginning of a secret; its length where no end of it is."""
        starts = [start for form in self.forms if (start := form.begins(text)) is not None]
        return min(starts, default=len(text))


class Mask:
    """Bytes in, bytes without secrets out: these, and what gives itself away as one.

    What may be the beginning of a secret is held back until the next call.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        self._colours = ColourFilter()
        self._known = KnownMask(secrets)
        self._detected = DetectedSecretMask()

    def feed(self, chunk: bytes) -> bytes:
        return self._detected.feed(self._known.feed(self._colours.feed(chunk)))

    def settle(self) -> bytes:
        """What can be passed on when nothing has come for a while."""
        return self._detected.settle()

    def flush(self) -> bytes:
        """What was held back, at the end."""
        last = self._known.feed(self._colours.flush()) + self._known.flush()
        return self._detected.feed(last) + self._detected.flush()

    def whole(self, text: str) -> str:
        """A text that nothing comes before or after."""
        raw = COLOUR.sub(b"", text.encode("utf-8", "surrogatepass"))
        known = (self._known.feed(raw) + self._known.flush()).decode("utf-8", "surrogatepass")
        return hide_detected_secrets(known)


class ColourFilter:
    """Bytes in, bytes without colours out: `grep --color` or `jq -C` set them between a name and its value, or in the
    middle of a secret."""

    def __init__(self) -> None:
        self._held = b""

    def feed(self, chunk: bytes) -> bytes:
        if not self._held and b"\x1b" not in chunk:
            return chunk
        text = COLOUR.sub(b"", self._held + chunk)
        begun = COLOUR_BEGINS.search(text)
        cut = begun.start() if begun else len(text)
        self._held = text[cut:]
        return text[:cut]

    def flush(self) -> bytes:
        held, self._held = self._held, b""
        return held


class KnownMask:
    """The part of a mask that knows the secrets by themselves."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = _make_stream_secrets(tuple(dict.fromkeys(secrets)))
        self._before = b""  # the byte before what is held: whether a short secret stands alone depends on it
        self._held = b""

    def feed(self, chunk: bytes) -> bytes:
        if not self._secrets.forms:
            return chunk
        text = self._before + self._held + chunk
        return self._pass_on(text, self._secrets.begins(text))

    def flush(self) -> bytes:
        """What was held back, at the end."""
        text = self._before + self._held
        return self._pass_on(text, len(text))

    def _pass_on(self, text: bytes, cut: int) -> bytes:
        """The text up to `cut`, or to the end of a secret that stands across it; the rest is held."""
        position = len(self._before)
        cut, pieces = max(cut, position), list[bytes]()
        for start, end in self._secrets.find(text):
            if start >= cut or start < position:
                continue
            pieces += [text[position:start], DOTS]
            position = end
        cut = max(cut, position)
        pieces.append(text[position:cut])
        self._before, self._held = text[max(0, cut - 1) : cut], text[cut:]
        return b"".join(pieces)


def _slot_ends(slot: re.Pattern[bytes], text: bytes, position: int, fixed: bool) -> Iterator[int]:
    """Where one character that begins at `position` may end: `fixed` where it has one length at a place."""
    match = slot.match(text, position)
    if match is None:
        return
    yield match.end()
    if not fixed:
        farthest = min(len(text), position + 4 * ONE_ESCAPE)
        yield from (end for end in range(position + 1, farthest + 1) if slot.fullmatch(text, position, end))


def mask_secrets(text: str, secrets: Iterable[str]) -> str:
    """A whole text without secrets."""
    return hide_detected_secrets(_registry(tuple(dict.fromkeys(secrets))).mask(text))


@lru_cache(maxsize=1024)
def _compile_pattern(source: str) -> re.Pattern[bytes]:
    return re.compile(source.encode("utf-8", "surrogatepass"))


@lru_cache(maxsize=1024)
def _compile_beginning(sources: Sequence[str]) -> re.Pattern[bytes]:
    """Finds where these characters stand, or as many of them as there are before the end of the text.

    Nearly every text has the first letter of a secret somewhere; few have four. Only there the exact rule is asked.
    """
    first, *others = (f"(?:{source})".encode("utf-8", "surrogatepass") for source in sources)
    end = rb"(?:" + ESCAPE_BEGINS + rb")?\Z"
    rest = b""
    for source in reversed(others):
        rest = rb"(?:" + end + rb"|" + source + rest + rb")"
    if sources[0].isalnum():  # begins no escape, and is looked for at the speed of a plain search
        return re.compile(sources[0].encode() + rest)
    return re.compile(rb"(?=" + first + rb")(?:(?:" + ESCAPE_BEGINS + rb")\Z|" + first + rest + rb")")


@lru_cache(maxsize=8)
def _make_stream_secrets(secrets: Sequence[str]) -> StreamSecrets:
    return StreamSecrets(secrets)


@lru_cache(maxsize=8)
def _registry(secrets: Sequence[str]) -> SecretRegistry:
    registry = SecretRegistry()
    for secret in secrets:
        registry.learn(secret)
    return registry

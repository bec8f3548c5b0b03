"""Secrets taken out of a stream of bytes, also where one falls across two reads. Standard library only.

What a secret looks like in each escape is decided by `cockpit.model.secret`; here its expressions meet a text of
which the end is not known yet. What may be the beginning of a secret is held back until more has come.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, lru_cache
from typing import NamedTuple

from cockpit.model.secret import (
    BETWEEN_BASE64,
    BETWEEN_CHARACTERS,
    BETWEEN_NUMBERS,
    JOINED,
    MASK,
    SPELLED_OUT,
    DumpedSecrets,
    HintOfSecrets,
    KnownSecret,
    SecretForm,
    SecretRegistry,
    count_most_parameters,
    has_escaped_letters,
    join_letters,
    merge_spans,
    secret_parts,
)
from cockpit.model.secret_detection.detect import hide_detected_secrets
from cockpit.model.secret_detection.dumps import find_begun_dump, find_dumped
from cockpit.model.secret_detection.escapes import (
    ESCAPES_IN_BYTES,
    EscapeFilter,
    find_begun_opening,
    list_unopened_bytes,
)
from cockpit.model.secret_detection.stream import DetectedSecretMask

DOTS = MASK.encode()
AHEAD = 2  # bytes that must follow a short secret before it is known to stand alone
ONE_ESCAPE = 12  # bytes of one character, escaped twice
LONGEST_SLOT = 80  # bytes of one character with what stands before it, the end of a line of a dump
LONGEST_HELD = 65_536  # bytes; what begins a secret and goes on for longer is no escape of it
LETTER_BEGINS = (
    rb"\\{1,8}(?:[uUx]\{?)?[0-9A-Fa-f]{0,8}(?:\\{1,8}[uUx]?[0-9A-Fa-f]{0,4}){0,4}"
    rb"|\\{0,8}&(?:amp;){0,8}#?[xX]?\w{0,8}|(?:%(?:25){0,8}[0-9A-Fa-f]{0,2}|=(?:[0-9A-Fa-f]{0,2}|\r?\n?)){1,8}"
)
ESCAPE_BEGINS = LETTER_BEGINS + rb"|['\"`$!%{}]['\"\\]{0,4}|\\{0,8}[\x80-\xff]{1,8}"
# How what may stand between two characters of a form begins.
BETWEEN_BEGINS = {
    BETWEEN_CHARACTERS: rb"=\r?\n?|[ ]{1,3}(?:\n[0-7]{0,8}[ ]{0,4})?|\x00",
    BETWEEN_BASE64: rb"\r|\\{1,4}(?:r\\{0,4})?|(?:\r?\n|(?:\\{1,4}r)?\\{1,4}n)[ \t]{0,16}",
    BETWEEN_NUMBERS: (
        rb"[ \t:;,.|_-]{0,3}(?:\r|\\{1,4}(?:r\\{0,4})?|(?:\r?\n|(?:\\{1,4}r)?\\{1,4}n)[ \t:;,.|_-]{0,16})?"
        rb"(?:0[xX]?|[=%]|\\{1,8}[xX]?)?"
    ),
}
DUMP_LINE_BEGINS = rb"[ \t]{0,4}(?:[ \t]{2}\|?[^\n]{0,16}\|?)?(?:\r|\r?\n[0-9A-Fa-f]{0,16}:?[ \t]{0,4})?"
HOLDS_ESCAPE = re.compile(rb"[\\&%\x80-\xff]|=(?:[0-9A-Fa-f]{2}|[0-9A-Fa-f]?\Z)|['\"`$!{}]['\"\\]{0,4}\Z")
HOLDS_DUMP_LINE = re.compile(rb"\n[0-9A-Fa-f]{1,16}(?::?[ \t]|:?\Z)")
ENDS_IN_DUMP_LINE = re.compile(rb"[ \t]{2}\|?[^\n]{1,17}\r?\n?\Z")
LONGEST_COLUMN = 22
BYTES_BEFORE_DUMP_LINE = 2  # of a secret: what follows one byte is shown at once, it may be a question
LAST_LETTERS = 4  # of a text and of the beginnings of a form, that are compared
LONGEST_JOINED = 600  # letters of a form; of longer ones, such as keys, no table is made
FIRST_CHARACTERS = 4  # that one expression looks for, before a place is looked at closely


class BegunSecret(NamedTuple):
    """The beginning of a secret at the end of a text: from where on, how much of all its letters and digits is there,
    and how many these are."""

    start: int
    share: float
    letters: int = 0


class StreamForm:
    """One form of a secret as bytes, that can be recognised from its beginning."""

    def __init__(self, form: SecretForm, *, spelled: bool) -> None:
        self._form = form
        self._fixed = [character.isalnum() and character.isascii() and character != "0" for character in form.text]
        escapes = LETTER_BEGINS if form.text[:1].isalnum() and form.text.isascii() else ESCAPE_BEGINS
        self._escapes = _compile_end(escapes) if spelled or not form.text[:1].isalnum() else None
        self._goes_on_with = _compile_end(_next_begins(form.between))
        self._dump_line = _compile_end(DUMP_LINE_BEGINS) if form.between == BETWEEN_NUMBERS else None
        self._alone = form.alone
        self.encoded = form.text.encode("utf-8", "surrogatepass")
        self.prefixed = form.prefixed.encode() or join_letters(self.encoded)
        self.reach = min(LONGEST_HELD, len(form.text) * ONE_ESCAPE)
        self.may_be_escaped = spelled or not form.text.isalnum() or not form.text.isascii()
        self.may_be_dumped = form.between in (BETWEEN_NUMBERS, BETWEEN_CHARACTERS)

    @cached_property
    def _slots(self) -> list[re.Pattern[bytes]]:
        return [_compile_pattern(source) for source in self._form.slots]

    @cached_property
    def _first(self) -> re.Pattern[bytes]:
        return _compile_beginning(self._form.slots[:FIRST_CHARACTERS], self._form.between)

    def begins(self, text: bytes) -> int | None:
        """Where in a text this form begins that may go on behind the end of the text."""
        position = first = max(0, len(text) - self.reach)
        starts = []
        while match := self._first.search(text, position):
            if self.goes_on(text, match.start()):
                starts.append(match.start())
                break
            position = match.start() + 1
        if self._escapes and (escape := self._escapes.search(text, max(first, len(text) - 4 * ONE_ESCAPE))):
            starts.append(escape.start())
        return min(starts, default=None)

    def measure(self, text: bytes, start: int) -> BegunSecret:
        """How much of the form there is from `start` on."""
        letters = len(join_letters(text[start:]))
        # Of a number an `x` says that it is one; elsewhere it is a letter as any other.
        signs = 0 if self._form.between == BETWEEN_NUMBERS else text.count(b"x", start) + text.count(b"X", start)
        return BegunSecret(start, letters / max(1, len(join_letters(self.encoded))), letters + signs)

    def goes_on(self, text: bytes, start: int) -> bool:
        """Whether the form may go on from `start` to behind the end of the text.

        Every length of an escape is followed: of three backslashes all may be one of the secret's, or the last one
        begins the escape of the next character.
        """
        positions = {start}
        for number, (slot, fixed) in enumerate(zip(self._slots, self._fixed, strict=True)):
            # An `&` at the end may be itself, or become `&amp;`.
            if any(position == len(text) or self._goes_on_with.match(text, position) for position in positions):
                return True
            dump_line = self._dump_line if number >= 2 * BYTES_BEFORE_DUMP_LINE else None
            if dump_line and any(dump_line.match(text, position) for position in positions):
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
        self._hint = HintOfSecrets(known_secrets)
        self._known = [(secret, tuple(hint.encode() for hint in secret.hints)) for secret in known_secrets]
        self.forms = [
            StreamForm(secret.spelled_form, spelled=True)
            if form.text == secret.value and secret in short_enough
            else StreamForm(form, spelled=False)
            for secret in known_secrets
            for form in secret.forms
        ]
        self.most_parameters = count_most_parameters(known_secrets)
        self._last_letters = LastLetters(self.forms)
        self._dumped = DumpedSecrets(known_secrets)

    def find(self, text: bytes) -> list[tuple[int, int]]:
        """Where secrets stand in a text."""
        if not self.forms:
            return []
        dumped = find_dumped(text.decode("latin-1"), self._dumped.find)
        joined = join_letters(text)
        may_be_apart = self._hint.find_apart(joined)
        if not may_be_apart and not self._hint.find(text):
            return dumped
        letters = has_escaped_letters(text)
        sources = []
        for secret, hints in self._known:
            apart = may_be_apart and secret.is_hinted_in(joined)
            if apart or any(hint in text for hint in hints):
                sources += [form.source for form in secret.find_forms(joined)]
            if (apart or letters) and len(secret.value) <= SPELLED_OUT:
                sources.append(secret.spelled_form.source)
        spans = [match.span() for match in _compile_pattern("|".join(sources)).finditer(text)] if sources else []
        return merge_spans([*dumped, *spans]) if dumped else spans

    def begins(self, text: bytes) -> int:
        """From where on a text may be the beginning of a secret; its length where no end of it is."""
        begun_dump = find_begun_dump(text.decode("latin-1"), self._dumped.count_begun)
        return min([begun_dump, *(begun.start for begun in self._last_letters.find_begun(text))])

    def find_begun(self, text: bytes, least: int) -> BegunSecret | None:
        """Where the first secret begins of which the end of a text has `least` letters and digits or more."""
        begun_dump = find_begun_dump(text.decode("latin-1"), self._dumped.count_begun)
        begun = [BegunSecret(begun_dump, 0.0)] if begun_dump < len(text) else []
        begun += [found for found in self._last_letters.find_begun(text) if found.letters >= least]
        return min(begun, key=lambda found: (found.start, -found.share), default=None)


class LastLetters:
    """Which forms the end of a text may be a beginning of, by its last letters and digits.

    Nearly every line ends in none of them, and nothing more is asked then.
    """

    def __init__(self, forms: Iterable[StreamForm]) -> None:
        self._always: list[StreamForm] = []
        self._escapable: list[StreamForm] = []
        self._dumped: list[StreamForm] = []
        self._by_letters: dict[bytes, list[StreamForm]] = {}
        self._reach = 0
        for form in forms:
            self._reach = max(self._reach, form.reach)
            if len(form.encoded) > LONGEST_JOINED or not join_letters(form.encoded[:1]):
                self._always.append(form)
                continue
            for letters in {join_letters(form.encoded), form.prefixed, form.prefixed.removeprefix(b"0")}:
                for end in range(1, len(letters) + 1):
                    of_form = self._by_letters.setdefault(letters[max(0, end - LAST_LETTERS) : end], [])
                    if form not in of_form:
                        of_form.append(form)
            if form.may_be_escaped:
                self._escapable.append(form)
            if form.may_be_dumped:
                self._dumped.append(form)

    def find_begun(self, text: bytes) -> Iterator[BegunSecret]:
        """The forms that begin in a text and may go on behind its end."""
        if not self._reach:
            return
        tail = text[-self._reach :]
        letters = join_letters(tail)
        forms = [*self._always, *self._by_letters.get(letters[-LAST_LETTERS:], ())]
        if HOLDS_ESCAPE.search(tail):
            forms += self._escapable
        if HOLDS_DUMP_LINE.search(tail) or ENDS_IN_DUMP_LINE.search(tail, max(0, len(tail) - LONGEST_COLUMN)):
            forms += self._dumped
        backslash, start = b"\\" in tail, len(text)
        for count in range(1, LAST_LETTERS):
            start = _find_letter_before(text, start)
            beginning = self._by_letters.get(letters[-count:], ())
            if backslash:  # what is after one may be no letter
                forms += beginning
            elif beginning and start >= 0:
                yield from (form.measure(text, start) for form in beginning if form.goes_on(text, start))
        for form in dict.fromkeys(forms):
            if (begin := form.begins(text)) is not None:
                yield form.measure(text, begin)


def _find_letter_before(text: bytes, end: int) -> int:
    """Where the last letter or digit before `end` stands; -1 where there is none."""
    for position in range(end - 1, -1, -1):
        if text[position] in JOINED:
            return position
    return -1


class Mask:
    """Bytes in, bytes without secrets out: these, and what gives itself away as one.

    What may be the beginning of a secret is held back until the next call. An escape sequence takes the letter behind
    it along, which may be a secret's first: so what has one is searched before it is taken out, and after.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        secrets = tuple(secrets)
        self._raw = SecretStages(secrets)
        self._escapes = EscapeFilter()
        self._plain = SecretStages(secrets)

    def feed(self, chunk: bytes) -> bytes:
        if b"\x1b" in chunk or self._escapes.holds or self._raw.holds:
            chunk = self._raw.feed(chunk)
        return self._plain.feed(self._escapes.feed(chunk))

    def settle(self) -> bytes:
        """What can be passed on when nothing has come for a while."""
        return self._plain.feed(self._escapes.feed(self._raw.settle())) + self._plain.settle()

    def flush(self) -> bytes:
        """What was held back, at the end."""
        seen = self._escapes.feed(self._raw.flush()) + self._escapes.flush()
        return self._plain.feed(seen) + self._plain.flush()

    def whole(self, text: str) -> str:
        """A text that nothing comes before or after."""
        raw = text.encode("utf-8", "surrogatepass")
        if b"\x1b" in raw:
            raw = ESCAPES_IN_BYTES.sub(b"", self._hide(raw).encode("utf-8", "surrogatepass"))
        return self._hide(raw)

    def _hide(self, raw: bytes) -> str:
        return hide_detected_secrets(self._plain.hide_known(raw).decode("utf-8", "surrogatepass"))


class SecretStages:
    """The two searches of a mask, one after the other."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._known = KnownMask(secrets)
        self._detected = DetectedSecretMask()

    @property
    def holds(self) -> bool:
        """Whether something waits for what comes next."""
        return self._known.holds or self._detected.holds

    def feed(self, chunk: bytes) -> bytes:
        return self._detected.feed(self._known.feed(chunk))

    def settle(self) -> bytes:
        return self._detected.settle()

    def flush(self) -> bytes:
        return self._detected.feed(self._known.flush()) + self._detected.flush()

    def hide_known(self, whole: bytes) -> bytes:
        return self._known.feed(whole) + self._known.flush()


class KnownMask:
    """The part of a mask that knows the secrets by themselves."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = make_stream_secrets(tuple(dict.fromkeys(secrets)))
        # What was passed on before what is held: whether a short secret stands alone depends on the byte before it, and
        # on the sequence that this byte belongs to where one was begun.
        self._before = b""
        self._held = b""

    @property
    def holds(self) -> bool:
        """Whether it waits for what comes next."""
        return bool(self._held)

    def feed(self, chunk: bytes) -> bytes:
        if not self._secrets.forms:
            return chunk
        text = self._before + self._held + chunk
        return self._pass_on(text, min(map(self._secrets.begins, self._list_readings(text))))

    def flush(self) -> bytes:
        """What was held back, at the end."""
        text = self._before + self._held
        return self._pass_on(text, len(text))

    def _pass_on(self, text: bytes, cut: int) -> bytes:
        """The text up to `cut`, or to the end of a secret that stands across it; the rest is held."""
        position = len(self._before)
        cut, pieces = max(cut, position), list[bytes]()
        for start, end in self._find(text):
            if start >= cut or start < position:
                continue
            pieces += [text[position:start], DOTS]
            position = end
        cut = max(cut, position)
        pieces.append(text[position:cut])
        before = min(find_begun_opening(text[:cut]), max(0, cut - 1))
        self._before, self._held = text[before:cut], text[cut:]
        return b"".join(pieces)

    def _find(self, text: bytes) -> list[tuple[int, int]]:
        """Where secrets stand, also right behind a sequence that was broken off: its digits are none of a word."""
        first, *others = map(self._secrets.find, self._list_readings(text))
        return merge_spans([*first, *(span for spans in others for span in spans)]) if others else first

    def _list_readings(self, text: bytes) -> list[bytes]:
        if self._secrets.most_parameters < 0 or (b"\x1b" not in text and b"\xc2" not in text):
            return [text]
        return [text, *list_unopened_bytes(text, self._secrets.most_parameters)]


def _slot_ends(slot: re.Pattern[bytes], text: bytes, position: int, fixed: bool) -> Iterator[int]:
    """Where one character that begins at `position` may end: `fixed` where it has one length at a place.

    Behind the end of a line it never has: what begins the next one may be the address of a dump, or the character.
    """
    match = slot.match(text, position)
    if match is None:
        return
    yield match.end()
    if not fixed or b"\n" in match[0]:
        farthest = min(len(text), position + LONGEST_SLOT)
        yield from (end for end in range(position + 1, farthest + 1) if slot.fullmatch(text, position, end))


def mask_secrets(text: str, secrets: Iterable[str]) -> str:
    """A whole text without secrets."""
    return hide_detected_secrets(_registry(tuple(dict.fromkeys(secrets))).mask(text))


@lru_cache(maxsize=1024)
def _compile_pattern(source: str) -> re.Pattern[bytes]:
    return re.compile(source.encode("utf-8", "surrogatepass"))


def _next_begins(between: str) -> bytes:
    """How the next character of a form begins, with what may stand before it."""
    return between.encode() + rb"(?:" + ESCAPE_BEGINS + rb")?|" + BETWEEN_BEGINS[between]


@lru_cache(maxsize=64)
def _compile_end(source: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"(?:" + source + rb")\Z")


@lru_cache(maxsize=1024)
def _compile_beginning(slots: Sequence[str], between: str) -> re.Pattern[bytes]:
    """Finds where these characters stand, or as many of them as there are before the end of the text.

    Nearly every text has the first letter of a secret somewhere; few have four. Only there the exact rule is asked.
    """
    first, *others = (f"(?:{slot})".encode("utf-8", "surrogatepass") for slot in slots)
    end = rb"(?:" + _next_begins(between) + rb")?\Z"
    rest = b""
    for source in reversed(others):
        rest = rb"(?:" + end + rb"|" + source + rest + rb")"
    if slots[0].isalnum():  # begins no escape, and is looked for at the speed of a plain search
        return re.compile(slots[0].encode() + rest)
    return re.compile(rb"(?=" + first + rb")(?:(?:" + ESCAPE_BEGINS + rb")\Z|" + first + rest + rb")")


@lru_cache(maxsize=8)
def make_stream_secrets(secrets: Sequence[str]) -> StreamSecrets:
    """For a set of them; the same one each time."""
    return StreamSecrets(secrets)


@lru_cache(maxsize=8)
def _registry(secrets: Sequence[str]) -> SecretRegistry:
    registry = SecretRegistry()
    for secret in secrets:
        registry.learn(secret)
    return registry

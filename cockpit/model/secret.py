"""Secrets that were configured: where each is, and every form in which no text may show it. Those that nobody
configured, such as a token in a log line, are found by `secret_detection`; `text.hide_secrets` asks for both.

The secrets that this process knows are found in a text in every form they are usually printed. A secret becomes an
expression, character by character: each matches itself, and every way in which JSON, HTML, addresses, shells, Python
and other languages escape it. So escapes that are mixed, or done twice, are found without a list of programs. Base64,
at its three places in a group of three bytes and also of UTF-16, base32 at its five, and bytes as numbers (hex, octal,
decimal) have expressions of their own. What programs set between characters (the end of a line, blanks, colons, `0x`)
may be there.

Most texts hold no secret, and that must cost next to nothing: ten thousand log lines a second come this way. One
expression looks for a few characters of each form that are rare in other texts; for the forms that may be drawn apart
they are looked for in the letters and digits alone, as if nothing stood between. Only where some stand, the
expressions of the secrets are built (once) and asked.
"""

import base64
import re
import string
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property, lru_cache
from html.entities import codepoint2name
from typing import Literal
from urllib.parse import unquote

MASK = "•••"


@dataclass(frozen=True, slots=True)
class Secret:
    """`{ env = "NAME" }` or `{ file = "path" }`. Prints as dots."""

    source: Literal["env", "file"]
    name: str

    def __str__(self) -> str:
        return MASK

    def __repr__(self) -> str:
        return f"Secret({self.source}={self.name!r}, {MASK})"


# What no text may show

SHORTEST = 4  # characters: what is shorter is never masked, it would riddle every text with dots
SHORT = 8  # characters: what is shorter is masked only where it stands alone, not inside of a longer word
LEAST_ENCODED = 6  # characters of base64 or hex that cannot be there by chance
SPELLED_OUT = 256  # characters: the letters of a longer secret are not looked for as escapes, only its other characters
HINT = 8  # characters of a form that are enough to make it worth while to look closer
HEXADECIMAL = re.compile(r"(?=(?:[:-]?[0-9A-Fa-f]){16})[0-9A-Fa-f]+(?:[:-][0-9A-Fa-f]+)*")  # as keys and GUIDs are
LEAST_JOINED = 5  # letters and digits of a value that are looked for in the letters and digits of a text
BACKSLASHES = r"\\{1,8}"  # JSON in JSON in a shell's quotes

# From rare to frequent in logs, labels and addresses. A hint begins with the rarest of its form.
BY_RARITY = "QXJKZVYWGHUqBjPzLMxFDRNCOSAEITkvwybgfhpumdclsorniate~!@#$%^&*9876543210"
RANK = {character: position for position, character in enumerate(BY_RARITY)}

LETTER_CODE = "(?:3[0-9]|[46][1-9A-Fa-f]|[57][0-9Aa])"  # of an ASCII letter or digit, in hex
# By the character that each begins with. One by one, as a search for one character passes over a text ten times as fast
# as one for several.
LETTERS_ESCAPED_BY_FIRST = {
    "%": rf"%(?:25)?{LETTER_CODE}",
    "\\": rf"\\(?:[xu](?:00)?{LETTER_CODE}|u{{0*{LETTER_CODE}}}|U0+{LETTER_CODE}|0?(?:1[0-7]|0[67])[0-7])",
    "&#": rf"&#(?:0*(?:[4-9]\d|1[0-2]\d)|[xX]0*{LETTER_CODE});",
}
LETTERS_ESCAPED = tuple(map(re.compile, LETTERS_ESCAPED_BY_FIRST.values()))
LETTERS_ESCAPED_IN_BYTES = tuple(re.compile(source.encode()) for source in LETTERS_ESCAPED_BY_FIRST.values())

# What may stand between two characters: the end of a line, as base64, quoted-printable and `fold` break theirs; between
# bytes that are numbers also what separates them, how the next one begins, or the end of a line of a dump.
LINE_END = r"(?:\r?\n|(?:\\{1,4}r)?\\{1,4}n)"
BETWEEN_BASE64 = rf"(?:{LINE_END}[ \t]{{0,16}})?"
BETWEEN_CHARACTERS = r"(?:=?\r?\n|\x00|[ ]{3}(?:\n[0-7]{6,8}[ ]{1,4})?)?"
DUMP_LINE = r"(?:[ \t]{0,4}(?:[ \t]{2}\|?[^\n]{1,16}\|?)?\r?\n[0-9A-Fa-f]{4,16}:?[ \t]{1,4})"
SEPARATORS = r"[ \t:;,.|_-]"
NUMBER_BEGINS = r"(?:0[xX]?|[=%]|\\{1,8}[xX]?)"
BETWEEN_NUMBERS = rf"(?:{DUMP_LINE}|{SEPARATORS}{{0,3}}(?:{LINE_END}{SEPARATORS}{{0,16}})?{NUMBER_BEGINS}?)"
ALONE_BEFORE, ALONE_AFTER = r"(?<![\w./@%-])(?<!:)", r"(?![\w/:@-]|\.\w)"
AS_PASSWORD_BEFORE, AS_PASSWORD_AFTER = r"(?<=:)", r"(?=@)"

KEY_OF_SECRET = re.compile(r"(?i)(?:password|passwd|pwd|secret|token|key|sig|signature|session\w*|sid|auth)$")
ONE_SCHEME = re.compile(r"(?P<scheme>[A-Za-z][\w.-]*)\s+(?P<rest>\S.*)")
SCHEMES = frozenset({"bearer", "basic", "token", "apikey", "api-key", "key", "digest", "negotiate", "sharedkey", "bot"})
CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")
WEB_ADDRESS = re.compile(r"https?://[^\s/?#]+(?P<path>/[^\s?#]*)(?P<query>\?[^\s#]*)?(?:#\S*)?")
LEAST_ADDRESS_KEY = 12  # characters
NO_ADDRESS_KEY = re.compile(
    r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|\d{4}-\d\d-\d\d(?:[T ][\d:.]*(?:Z|[+-][\d:]+)?|-preview)?"
)
USER_AND_PASSWORD = re.compile(r"[A-Za-z][\w+.-]*://[^\s/@]*?:(?P<password>[^\s/@]+)@")


@dataclass(frozen=True)
class SecretForm:
    """One way to write one secret: an expression for each character, with what may stand before it.

    `alone` where it counts only outside of longer words.
    """

    text: str
    slots: tuple[str, ...]
    between: str
    ending: str = ""
    alone: bool = False
    prefixed: str = ""  # the text with a zero before each number
    joined_hints: tuple[bytes, ...] = ()  # of which one is in the letters of every text that holds it; () for any text

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(self.source)

    @property
    def source(self) -> str:
        """The form as an expression."""
        body = "".join(self.slots) + self.ending
        if not self.alone:
            return body
        return f"(?:{ALONE_BEFORE}{body}{ALONE_AFTER}|{AS_PASSWORD_BEFORE}{body}{AS_PASSWORD_AFTER})"


class KnownSecret:
    """One text that must not be shown, in all its forms; expressions are built when one is echoed, which is rare."""

    def __init__(self, value: str) -> None:
        self.value = value
        self.forms = tuple(secret_forms(value))
        self.hints = value_hints(value)
        self.joined_hints = frozenset(
            [*value_joined_hints(value), *(hint for form in self.forms for hint in form.joined_hints)]
        )
        self.is_found_joined = len(_join_longest_run(value)) >= LEAST_JOINED

    @cached_property
    def hinted(self) -> re.Pattern[str]:
        return re.compile("|".join(sorted(map(re.escape, self.hints))))

    def find_forms(self, joined: bytes) -> list[SecretForm]:
        """Those in which letters and digits are as they are, and that a text of these letters and digits may hold."""
        return [
            form for form in self.forms if not form.joined_hints or any(hint in joined for hint in form.joined_hints)
        ]

    @property
    def spelled_form(self) -> SecretForm:
        """The form in which letters and digits are escaped, too."""
        source_of = _in_either_case(spelled_source) if HEXADECIMAL.fullmatch(self.value) else spelled_source
        return make_form(self.value, source_of, BETWEEN_CHARACTERS, alone=len(self.value) < SHORT)

    @cached_property
    def spelled_out(self) -> re.Pattern[str]:
        return re.compile(self.spelled_form.source)

    def is_hinted_in(self, joined: bytes) -> bool:
        """Whether some of it stands in the letters and digits of a text."""
        return any(hint in joined for hint in self.joined_hints)


def has_escaped_letters(text: str | bytes) -> bool:
    """Whether letters or digits are escaped in a text, which few programs do."""
    if isinstance(text, str):
        return any(pattern.search(text) for pattern in LETTERS_ESCAPED)
    return any(pattern.search(text) for pattern in LETTERS_ESCAPED_IN_BYTES)


class HintOfSecrets:
    """Whether a text may hold any of some secrets: all that is asked of nearly every one."""

    def __init__(self, secrets: Sequence[KnownSecret]) -> None:
        values = [secret.value for secret in secrets]
        # Whatever holds a secret holds those within it, in the same form.
        least = [
            secret for secret in secrets if not any(value in secret.value for value in values if value != secret.value)
        ]
        self._joined = tuple(sorted({hint for secret in least for hint in secret.joined_hints}))
        self._lead = compile_lead(self._joined)
        hints = sorted({re.escape(hint) for secret in secrets if not secret.is_found_joined for hint in secret.hints})
        self._sought = bool(hints)
        self._in_text, self._in_bytes = re.compile("|".join(hints)), re.compile("|".join(hints).encode())

    def find_apart(self, joined: bytes) -> bool:
        """Whether some stand in the letters and digits of a text, whatever stands between these."""
        return self._lead.search(joined) is not None and any(hint in joined for hint in self._joined)

    def find(self, text: str | bytes) -> bool:
        """Whether some are written with escapes, or have too few letters for `find_apart`."""
        if has_escaped_letters(text):
            return True
        return self._sought and bool(
            self._in_text.search(text) if isinstance(text, str) else self._in_bytes.search(text)
        )


def compile_lead(hints: Sequence[bytes]) -> re.Pattern[bytes]:
    """What stands in every text that holds one of some hints, found in one pass over it.

    Of each hint as many characters are taken as the shortest one has. Where they begin is chosen so that all of them
    begin with few characters, and rare ones: the search passes over the others at the speed of a plain one.
    """
    if not hints:
        return re.compile(rb"(?!)")
    size = min(LONGEST_LEAD, *map(len, hints))
    firsts = {hint: frozenset(hint[: len(hint) - size + 1]) for hint in hints}
    leads = set[bytes]()
    while firsts:
        choices = set[int]().union(*firsts.values())
        best = max(
            choices, key=lambda first: (sum(first in rest for rest in firsts.values()) / rank_joined(first), first)
        )
        for hint in [hint for hint, rest in firsts.items() if best in rest]:
            del firsts[hint]
            leads.add(hint[hint.index(best) :][:size])
    return re.compile(_join_leads(sorted(leads)))


def _join_leads(leads: Sequence[bytes]) -> bytes:
    """Byte strings of one length as an expression that asks each letter once: few places in a text have two of them."""
    by_first: dict[bytes, list[bytes]] = {}
    for lead in leads:
        by_first.setdefault(lead[:1], []).append(lead[1:])
    if len(by_first) == 1:
        ((first, others),) = by_first.items()
        return re.escape(first) + (_join_leads(others) if others[0] else b"")
    if not leads[0][1:]:
        return b"[" + b"".join(map(re.escape, by_first)) + b"]"
    return b"(?:" + b"|".join(re.escape(first) + _join_leads(others) for first, others in by_first.items()) + b")"


def rank_joined(byte: int) -> int:
    """From 1 for a letter that is rare in logs to some thirty for a digit."""
    return JOINED_BY_RARITY.find(byte) + 2


class DumpedSecrets:
    """Secrets in bytes that a dump says: as they are, and nothing else."""

    def __init__(self, secrets: Sequence[KnownSecret]) -> None:
        self._values = {secret.value.encode("utf-8", "surrogatepass"): len(secret.value) < SHORT for secret in secrets}

    def find(self, data: bytes) -> list[tuple[int, int]]:
        """Where they stand."""
        return [
            match.span()
            for value, alone in self._values.items()
            if value in data
            for match in re.finditer(rb"(?<!\w)%b(?!\w)" % re.escape(value) if alone else re.escape(value), data)
        ]

    def count_begun(self, data: bytes) -> int:
        """How many bytes at the end may be the beginning of one."""
        return max(
            (count for value in self._values for count in range(1, len(value)) if data.endswith(value[:count])),
            default=0,
        )


@cache
def load_dumps() -> Callable[[str, Callable[[bytes], Sequence[tuple[int, int]]]], list[tuple[int, int]]]:
    """What finds secrets in dumps of bytes: not before the first frame, which shows no such text."""
    from cockpit.model.secret_detection.dumps import find_dumped

    return find_dumped


def count_most_parameters(secrets: Sequence[KnownSecret]) -> int:
    """How many characters of a sequence that was broken off may begin one of those that must stand alone; -1 where
    none must, and so it does not matter what stands before them."""
    from cockpit.model.secret_detection.escapes import count_parameters  # not before the first frame, as below

    return max((count_parameters(secret.value) for secret in secrets if len(secret.value) < SHORT), default=-1)


@cache
def load_unopened() -> Callable[[str, int], list[str]]:
    """What reads a text as if its sequences had been broken off: not before the first frame, which has none."""
    from cockpit.model.secret_detection.escapes import list_unopened

    return list_unopened


def merge_spans(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """In order, and none in another."""
    apart: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if apart and start < apart[-1][1]:
            apart[-1] = (apart[-1][0], max(end, apart[-1][1]))
        else:
            apart.append((start, end))
    return apart


def replace_spans(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """The text with dots in the place of some parts of it, which are in order."""
    for start, end in reversed(spans):
        text = f"{text[:start]}{MASK}{text[end:]}"
    return text


class SecretRegistry:
    """The secrets of one process. Learning and masking are safe from several threads."""

    def __init__(self) -> None:
        self._values: frozenset[str] = frozenset()
        self._secrets: tuple[KnownSecret, ...] = ()  # the longest first; replaced as a whole, never changed
        self._dumped = DumpedSecrets(())
        self._hint: HintOfSecrets | None = None
        self.generation = 0  # another number as soon as more or less is known: what was masked before may not be now

    def learn(self, value: str) -> None:
        """Mask this value, and its parts that are secret by themselves, from now on."""
        if value in self._values:
            return
        self._values |= {value}
        self.generation += 1
        known_secrets_by_name = {secret.value: secret for secret in self._secrets}
        for part in secret_parts(value):
            known_secrets_by_name.setdefault(part, KnownSecret(part))
        if known_secrets_by_name:
            secrets = tuple(
                sorted(known_secrets_by_name.values(), key=lambda secret: (-len(secret.value), secret.value))
            )
            self._secrets, self._dumped, self._hint = secrets, DumpedSecrets(secrets), HintOfSecrets(secrets)

    def mask(self, text: str) -> str:
        """`text` with every known secret, however it is written, replaced by dots."""
        hint = self._hint
        if hint is None:
            return text
        if dumped := load_dumps()(text, self._dumped.find):
            text = replace_spans(text, dumped)
        joined = join_letters(text.encode("utf-8", "surrogatepass"))
        may_be_apart = hint.find_apart(joined)
        if not may_be_apart and not hint.find(text):
            return text
        # The digits of a sequence that was broken off are none of the word behind them.
        for reading in load_unopened()(text, count_most_parameters(self._secrets)):
            if behind := self.find_places(reading):
                return self.mask(replace_spans(text, behind))
        spelled = has_escaped_letters(text)
        for secret in self._secrets:
            apart = may_be_apart and secret.is_hinted_in(joined)
            if apart or secret.hinted.search(text):
                for form in secret.find_forms(joined):
                    text = form.pattern.sub(MASK, text)
            if (apart or spelled) and len(secret.value) <= SPELLED_OUT:
                text = secret.spelled_out.sub(MASK, text)
        return text

    def find_places(self, text: str) -> list[tuple[int, int]]:
        """Where known secrets stand in a text, in order and apart from each other."""
        joined = join_letters(text.encode("utf-8", "surrogatepass"))
        places = load_dumps()(text, self._dumped.find)
        for secret in self._secrets:
            patterns = [form.pattern for form in secret.find_forms(joined)]
            patterns += [secret.spelled_out] if len(secret.value) <= SPELLED_OUT else []
            places += [match.span() for pattern in patterns for match in pattern.finditer(text)]
        return merge_spans(places)

    @property
    def values(self) -> tuple[str, ...]:
        """What was learned, in an order that depends on nothing else."""
        return tuple(sorted(self._values))

    def forget(self) -> None:
        """Know nothing any more; for tests."""
        self._values, self._secrets, self._hint = frozenset(), (), None
        self.generation += 1


KNOWN_SECRETS = SecretRegistry()
"""What this process knows: filled where secrets are read, asked by the door for outside text (`clean_text`)."""


def secret_parts(value: str) -> Iterator[str]:
    """A secret and what is secret in it by itself: the token of `Bearer X`, the password of `Basic X` or an address."""
    pending, names = [value], set[str]()
    while pending:
        part = pending.pop().strip()
        if len(part) < SHORTEST or part in names:
            continue
        names.add(part)
        yield part
        pending += CONTROL.split(part) if CONTROL.search(part) else []
        pending += [part[1:-1]] if part[0] == part[-1] in "\"'`" else []
        if match := ONE_SCHEME.fullmatch(part):
            scheme, rest = match["scheme"].casefold(), match["rest"].strip()
            if scheme in SCHEMES or (" " not in rest and (len(rest) >= SHORT or not rest.isalnum())):
                pending.append(rest)
            if scheme == "basic":
                pending += _password_of_basic(rest)
        pending += (match["password"] for match in USER_AND_PASSWORD.finditer(part))
        pending += _secret_pairs(part)
        pending += _find_keys_in_address(part)
        pending.append(unquote(part))


def find_short_secret(value: str) -> int:
    """How many characters the shortest secret in `value` has, where that is too few to be masked wherever it stands;
    0 where every one is long enough."""
    parts = {value.strip(), *secret_parts(value)}
    for part in tuple(parts):
        match = ONE_SCHEME.fullmatch(part)
        if match and match["scheme"].casefold() in SCHEMES:
            parts.add(match["rest"].strip())
    least = min(map(len, parts))
    return least if least < SHORT else 0


def _password_of_basic(encoded: str) -> Iterator[str]:
    """`user:password` and the password, of what follows `Basic`."""
    try:
        pair = base64.b64decode(encoded, validate=True).decode()
    except ValueError:
        return
    yield pair
    yield pair.partition(":")[2]


def _secret_pairs(part: str) -> Iterator[str]:
    """The secret values of a cookie, a connection string or a query: by the name before them."""
    pieces = re.split(r"[;&,?\s]+", part)
    pairs = [(name, value) for name, equals, value in (piece.partition("=") for piece in pieces) if equals and value]
    for name, value in pairs:
        if KEY_OF_SECRET.search(name) and value.strip("=\"'"):
            yield value.strip("\"'")


def _find_keys_in_address(part: str) -> Iterator[str]:
    """The key of an address that has one in its path or query, and what a server says of it that knows only these."""
    match = WEB_ADDRESS.fullmatch(part)
    if match is None:
        return
    path, query = match["path"], match["query"] or ""
    pieces = re.split(r"[/?&=;]", path + query)
    keys = [piece for piece in pieces if is_address_key(unquote(piece))]
    if keys:
        yield path + query
        yield from (path for key in keys if key in path)
        yield from keys


def is_address_key(piece: str) -> bool:
    """Whether a piece of an address is no word, version, time or id: letters mixed with digits, and long."""
    mixed = re.search(r"\d", piece) and re.search(r"[A-Za-z]", piece)
    return len(piece) >= LEAST_ADDRESS_KEY and mixed is not None and not NO_ADDRESS_KEY.fullmatch(piece)


def secret_forms(value: str) -> Iterator[SecretForm]:
    """Every way a secret may be printed."""
    alone, data = len(value) < SHORT, value.encode("utf-8", "surrogatepass")
    source_of = _in_either_case(character_source) if HEXADECIMAL.fullmatch(value) else character_source
    yield make_form(value, source_of, BETWEEN_CHARACTERS, alone=alone)
    for encoded_bytes in (data, value.encode("utf-16-le", "surrogatepass")):
        for whole, inner in _encode_base64(encoded_bytes):
            hints = (_join_longest_run(inner),)
            if whole != inner and len(whole) >= LEAST_ENCODED:
                by_chance = len(inner) < LEAST_ENCODED
                padding = f"(?:{character_source('=')}){{0,2}}"
                form = make_form(whole, base64_source, BETWEEN_BASE64, padding, alone and by_chance)
                yield replace(form, joined_hints=hints)
            if len(inner) >= LEAST_ENCODED:
                yield replace(make_form(inner, base64_source, BETWEEN_BASE64), joined_hints=hints)
    yield from _base32_forms(data)
    for number_format in ("02x", "03o", "d"):
        yield make_number_form([format(byte, number_format) for byte in data], alone=alone)


def make_form(
    text: str, source_of: Callable[[str], str], between: str, ending: str = "", alone: bool = False
) -> SecretForm:
    """A text of which each character is written in its own way."""
    first, *others = map(source_of, text)
    return SecretForm(text, (first, *(between + source for source in others)), between, ending, alone)


def make_number_form(numbers: Sequence[str], *, alone: bool) -> SecretForm:
    """Bytes, each of them written as a number, which a line that is folded may break in two."""
    slots = [
        (BETWEEN_BASE64 if place else BETWEEN_NUMBERS) + either_case(digit)
        for number in numbers
        for place, digit in enumerate(number)
    ]
    slots[0] = either_case(numbers[0][0])
    prefixed = "".join(f"0{number}" for number in numbers)
    # Two hints: a line of a dump, which begins with a number of its own, may end within one. What comes in parts may
    # lack its beginning, and so does the last one.
    size = max(1, min(HINT_BYTES, len(numbers) // 2))
    hints = ("".join(numbers[:size]), "".join(numbers[size : 2 * size]), "0".join(numbers[:HINT_BYTES]))
    return SecretForm(
        "".join(numbers),
        tuple(slots),
        BETWEEN_NUMBERS,
        alone=alone,
        prefixed=prefixed,
        joined_hints=tuple(hint.encode() for hint in hints if hint),
    )


def _encode_base64(data: bytes) -> Iterator[tuple[str, str]]:
    """At each of three places: what ends with the bytes, and what of it depends on nothing beside them.

    Letters at its ends that it shares with what stands beside it are left: they tell at most four of its bits.
    """
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + data).decode().rstrip("=")
        first, last = (0, 2, 3)[before], (before + len(data)) * 8 // 6
        yield encoded[first:], encoded[first:last]


def _base32_forms(data: bytes) -> Iterator[SecretForm]:
    """At each of five places in a group of five bytes, as `_encode_base64` has three."""
    for before in range(5):
        encoded = base64.b32encode(bytes(before) + data).decode().rstrip("=")
        first, last = (0, 2, 4, 5, 7)[before], (before + len(data)) * 8 // 5
        inner, padding = encoded[first:last], f"(?:{character_source('=')}){{0,6}}"
        if len(inner) < LEAST_ENCODED:
            continue
        hints = (join_letters(inner.encode())[:JOINED_HINT],)
        if last < len(encoded):
            yield replace(make_form(encoded[first:], either_case, BETWEEN_BASE64, padding), joined_hints=hints)
        yield replace(make_form(inner, either_case, BETWEEN_BASE64), joined_hints=hints)


def value_hints(value: str) -> frozenset[str]:
    """Characters of which one is in every text that holds a value whose letters and digits are as they are."""
    run = max(re.findall(r"[A-Za-z0-9]+", value), key=len, default="")  # the same in every escape
    if len(run) > 1 and len(join_letters(value.encode("utf-8", "surrogatepass"))) >= FEW_JOINED:
        return frozenset((_hint(run),))
    first = value[0]
    return frozenset((first, first.encode("utf-8", "surrogatepass")[:1].decode("latin-1"), *"\\&%+-/_'\"`$=\xa0"))


CAPITALS, DIGITS = string.ascii_uppercase.encode(), string.digits.encode()
IN_SMALL_LETTERS = bytes.maketrans(CAPITALS, CAPITALS.lower())
JOINED = frozenset(CAPITALS + CAPITALS.lower() + DIGITS) - frozenset(b"xX")  # an `x` may be how a number begins
NOT_JOINED = bytes(byte for byte in range(256) if byte not in JOINED)
FEW_JOINED = 3  # of a value with more signs than letters
HINT_BYTES = 4  # of bytes as numbers
JOINED_HINT = 10  # letters and digits
LONGEST_LEAD = 6  # letters and digits of a hint that are looked for first
# Joined letters are small ones; logs and ids are full of digits.
JOINED_BY_RARITY = b"qjzkvywgbhufpmrdclsnoiate9876543210"


def join_letters(data: bytes) -> bytes:
    """Only the letters and digits of a text, in small letters: whatever stood between them is gone."""
    if b"\\" in data:
        data = data.replace(b"\\n", b"").replace(b"\\r", b"")
    return data.translate(IN_SMALL_LETTERS, NOT_JOINED)


def value_joined_hints(value: str) -> Iterator[bytes]:
    """Letters and digits that are in every text that holds a value as it is, whatever stands between its characters."""
    data = value.encode("utf-8", "surrogatepass")
    if len(run := _join_longest_run(value)) >= LEAST_JOINED:
        yield run
    elif len(joined := join_letters(data)) >= FEW_JOINED:
        yield joined[:JOINED_HINT]


def _join_longest_run(text: str) -> bytes:
    run = max(re.findall(r"[A-Za-z0-9]+", text), key=len, default="")
    return join_letters(run.encode())[:JOINED_HINT]


@lru_cache(maxsize=512)
def character_source(character: str) -> str:
    """An expression for every way a character is written; a letter or digit is only itself."""
    return character if character.isascii() and character.isalnum() else spelled_source(character)


@lru_cache(maxsize=512)
def spelled_source(character: str) -> str:
    """An expression for every way a character is written."""
    code, data = ord(character), character.encode("utf-8", "surrogatepass")
    itself = re.escape(character)
    codes = [rf"u{code:04x}", rf"u\{{0*{code:x}\}}", rf"U{code:08x}", *([f"x{code:02x}"] if code < 0x100 else [])]
    if code > 0xFFFF:
        units = character.encode("utf-16-be").hex()
        codes.append(rf"u{units[:4]}{BACKSLASHES}u{units[4:]}")
    codes.append(BACKSLASHES.join(f"x{byte:02x}" for byte in data))
    codes.append(BACKSLASHES.join(f"0?{byte:03o}" for byte in data))
    entities = [f"#0*{code}", f"#x0*{code:x}"]
    ways = [
        *map(re.escape, QUOTED.get(character, ())),
        f"{BACKSLASHES}(?i:{'|'.join(dict.fromkeys(codes))})",  # two ways to read one escape double with each of them
        r"(?:=\r?\n)?".join(f"(?i:(?:%(?:25)*|=){byte:02x})" for byte in data),
    ]
    if not (character.isascii() and character.isalnum()):
        name = codepoint2name.get(code, "apos" if character == "'" else "")
        entities += [name] if name else []
        itself = rf"\\{{0,8}}{itself}" if character != "\\" else r"\\{1,16}"
    ways.append(rf"\\{{0,8}}&(?:amp;)*(?i:{'|'.join(entities)});")
    ways.append(itself)
    if not character.isascii():
        ways.append(re.escape(data.decode("latin-1")))
    return f"(?:{'|'.join(ways)})"


QUOTED: dict[str, tuple[str, ...]] = {
    "'": ("'\\''", "'\"'\"'", "''"),  # shells; PowerShell and SQL
    '"': ('""', '`"'),
    "$": ("$$", "`$"),
    "!": ("'!'", "'\\!'"),
    "`": ("``",),
    "%": ("%%",),
    "{": ("{{",),
    "}": ("}}",),
    " ": ("+", "\xa0"),
}


BASE64_PLUS = r"(?:[+-]|%(?:25)*2[bBdD]|\\{1,8}(?:u00|x)2[bBdD]|&#(?:43|45|[xX]2[bBdD]);)"
BASE64_SLASH = r"(?:\\{0,8}/|_|%(?:25)*[25][fF]|\\{1,8}(?:u00|x)[25][fF]|&#(?:47|95|[xX][25][fF]);)"


def base64_source(character: str) -> str:
    """A character of base64 in both of its alphabets, and as addresses and JSON escape it."""
    if character.isalnum():
        return character
    return BASE64_PLUS if character == "+" else BASE64_SLASH


def either_case(character: str) -> str:
    """A letter as a small one or a capital: a digit in hex, or of base32."""
    return f"[{character.lower()}{character.upper()}]" if character.isalpha() else character


def _in_either_case(source_of: Callable[[str], str]) -> Callable[[str], str]:
    """Of a secret that is a number in hex: who reads the number prints it in small letters or in capitals."""

    def find_source(character: str) -> str:
        if not character.isalpha():
            return source_of(character)
        return f"(?:{source_of(character.lower())}|{source_of(character.upper())})"

    return find_source


def _hint(run: str) -> str:
    """Some characters of a run, the rarest one first: the search passes over most of a text without a second look."""
    starts = range(max(1, len(run) - min(HINT, len(run)) // 2 + 1))
    best = min(starts, key=lambda start: RANK.get(run[start], len(RANK)))
    return run[best : best + HINT]


MACHINE_SECRETS = ("IDENTITY_HEADER", "MSI_SECRET")
"""Variables in which a machine that Azure runs (App Service, Container Apps) has the right to ask for its token."""

SECRET_NAMES = re.compile(
    r"""(?xi)
    secret | passw(?:or)?d | pass[-_ ]?(?:phrase|code) | kennwort | database[-_ ]?url | conn(?:ection)?[-_ ]?str(?:ing)?
    | api[-_ ]?key | private[-_ ]?key | pat$
    | (?: (?:^|[-_. ])pass | (?<!\Aold)(?<=.)pwd                    # `$PWD` is a folder
        | token | (?:^|[-_ ])(?:pw|cred|credential|bearer|jwt|otp|sas|cookie) | [-_]auth
        | (?:access|account|storage|shared|signing|encryption|master|function|admin|subscription|licen[sc]e|hmac|unseal)
          [-_ ]?key
      ) s?(?:[-_ ]?(?:\d{1,2}|old|new))?$
    """
)


def names_a_secret(name: str) -> bool:
    """True for a name whose value must never be shown."""
    return bool(SECRET_NAMES.search(name))

"""Secrets that were configured: where each is, and every form in which no text may show it. Those that nobody
configured, such as a token in a log line, are found by `secret_detection`; `text.hide_secrets` asks for both.

The secrets that this process knows are found in a text in every form they are usually printed. A secret becomes an
expression, character by character: each matches itself, and every way in which JSON, HTML, addresses, shells, Python
and other languages escape it. So escapes that are mixed, or done twice, are found without a list of programs. Base64,
at its three places in a group of three bytes, and hex have expressions of their own.

Most texts hold no secret, and that must cost next to nothing: ten thousand log lines a second come this way. One
expression looks for a few characters of each form that are rare in other texts; only where one stands, the
expressions of the secrets are built (once) and asked.
"""

import base64
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
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
BACKSLASHES = r"\\{1,8}"  # JSON in JSON in a shell's quotes

# From rare to frequent in logs, labels and addresses. A hint begins with the rarest of its form.
BY_RARITY = "QXJKZVYWGHUqBjPzLMxFDRNCOSAEITkvwybgfhpumdclsorniate~!@#$%^&*9876543210"
RANK = {character: position for position, character in enumerate(BY_RARITY)}

LETTER_CODE = "(?:3[0-9]|[46][1-9A-Fa-f]|[57][0-9Aa])"  # of an ASCII letter or digit, in hex
# Each branch begins with a character as it is: only so the search passes quickly over what begins none.
LETTER_ESCAPED = (
    rf"%(?:25)?{LETTER_CODE}|\\(?:[xu](?:00)?{LETTER_CODE}|u{{0*{LETTER_CODE}}}|U0+{LETTER_CODE})"
    rf"|&#(?:0*(?:[4-9]\d|1[0-2]\d)|[xX]0*{LETTER_CODE});"
)
ALONE_BEFORE, ALONE_AFTER = r"(?<![\w./@%-])(?<!:)", r"(?![\w/:@-]|\.\w)"
AS_PASSWORD_BEFORE, AS_PASSWORD_AFTER = r"(?<=:)", r"(?=@)"

KEY_OF_SECRET = re.compile(r"(?i)(?:password|passwd|pwd|secret|token|key|sig|signature|session\w*|sid|auth)$")
ONE_SCHEME = re.compile(r"(?P<scheme>[A-Za-z][\w.-]*)\s+(?P<rest>\S.*)")
SCHEMES = frozenset({"bearer", "basic", "token", "apikey", "api-key", "key", "digest", "negotiate", "sharedkey", "bot"})
USER_AND_PASSWORD = re.compile(r"[A-Za-z][\w+.-]*://[^\s/@]*?:(?P<password>[^\s/@]+)@")


@dataclass(frozen=True)
class SecretForm:
    """One way to write one secret. `alone` where it counts only outside of longer words."""

    text: str
    source_of: Callable[[str], str]
    ending: str = ""
    alone: bool = False

    @property
    def hints(self) -> tuple[str, ...]:
        """Characters of which one is in every text that holds this form."""
        run = max(re.findall(r"[A-Za-z0-9]+", self.text), key=len, default="")  # the same in every escape
        if self.source_of is hex_source:
            return (_hint(self.text), _hint(self.text.upper()))
        if len(run) > 1:
            return (_hint(run),)
        first = self.text[0]
        return (first, first.encode("utf-8", "surrogatepass")[:1].decode("latin-1"), *"\\&%+-/_'\"`$\xa0")

    @property
    def source(self) -> str:
        """The form as an expression."""
        body = "".join(map(self.source_of, self.text)) + self.ending
        if not self.alone:
            return body
        return f"(?:{ALONE_BEFORE}{body}{ALONE_AFTER}|{AS_PASSWORD_BEFORE}{body}{AS_PASSWORD_AFTER})"


class KnownSecret:
    """One text that must not be shown, in all its forms; expressions are built when one is echoed, which is rare."""

    def __init__(self, value: str) -> None:
        self.value = value
        self.forms = tuple(secret_forms(value))
        self.hints = frozenset(hint for form in self.forms for hint in form.hints)

    @cached_property
    def hinted(self) -> re.Pattern[str]:
        return re.compile("|".join(sorted(map(re.escape, self.hints))))

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Finds every form in which letters and digits are as they are."""
        return re.compile("|".join(form.source for form in self.forms))

    @property
    def spelled_form(self) -> SecretForm:
        """The form in which letters and digits are escaped, too."""
        return SecretForm(self.value, spelled_source, alone=len(self.value) < SHORT)

    @cached_property
    def spelled_out(self) -> re.Pattern[str]:
        return re.compile(self.spelled_form.source)


class SecretRegistry:
    """The secrets of one process. Learning and masking are safe from several threads."""

    def __init__(self) -> None:
        self._values: frozenset[str] = frozenset()
        self._secrets: tuple[KnownSecret, ...] = ()  # the longest first; replaced as a whole, never changed
        self._search: Callable[[str], object] | None = None
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
            hints = sorted({re.escape(hint) for secret in secrets for hint in secret.hints})
            self._secrets, self._search = secrets, re.compile("|".join([*hints, LETTER_ESCAPED])).search

    def mask(self, text: str) -> str:
        """`text` with every known secret, however it is written, replaced by dots."""
        search = self._search
        if search is None or search(text) is None:
            return text
        spelled = re.search(LETTER_ESCAPED, text)
        for secret in self._secrets:
            if secret.hinted.search(text):
                text = secret.pattern.sub(MASK, text)
            if spelled and len(secret.value) <= SPELLED_OUT:
                text = secret.spelled_out.sub(MASK, text)
        return text

    def forget(self) -> None:
        """Know nothing any more; for tests."""
        self._values, self._secrets, self._search = frozenset(), (), None
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
        pending += part.splitlines() if "\n" in part else []
        if match := ONE_SCHEME.fullmatch(part):
            scheme, rest = match["scheme"].casefold(), match["rest"].strip()
            if scheme in SCHEMES or (" " not in rest and (len(rest) >= SHORT or not rest.isalnum())):
                pending.append(rest)
            if scheme == "basic":
                pending += _password_of_basic(rest)
        pending += (match["password"] for match in USER_AND_PASSWORD.finditer(part))
        pending += _secret_pairs(part)
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


def secret_forms(value: str) -> Iterator[SecretForm]:
    """Every way a secret may be printed."""
    alone, data = len(value) < SHORT, value.encode("utf-8", "surrogatepass")
    yield SecretForm(value, character_source, alone=alone)
    for before in range(3):
        # Letters at its ends that it shares with what stands beside it are left: they tell at most four of its bits.
        encoded = base64.b64encode(bytes(before) + data).decode().rstrip("=")
        first, last = (0, 2, 3)[before], (before + len(data)) * 8 // 6
        inner, whole = encoded[first:last], encoded[first:]
        if whole != inner and len(whole) >= LEAST_ENCODED:
            by_chance = len(inner) < LEAST_ENCODED
            yield SecretForm(whole, base64_source, f"(?:{character_source('=')}){{0,2}}", alone and by_chance)
        if len(inner) >= LEAST_ENCODED:
            yield SecretForm(inner, base64_source)
    yield SecretForm(data.hex(), hex_source, alone=alone)


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
    codes.append(BACKSLASHES.join(f"{byte:03o}" for byte in data))
    entities = [f"#0*{code}", f"#x0*{code:x}"]
    ways = [
        *map(re.escape, QUOTED.get(character, ())),
        f"{BACKSLASHES}(?i:{'|'.join(codes)})",
        "".join(f"(?i:%(?:25)*{byte:02x})" for byte in data),
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


def hex_source(digit: str) -> str:
    return f"[{digit}{digit.upper()}]" if digit.isalpha() else digit


def _hint(run: str) -> str:
    """Some characters of a run, the rarest one first: the search passes over most of a text without a second look."""
    starts = range(max(1, len(run) - min(HINT, len(run)) // 2 + 1))
    best = min(starts, key=lambda start: RANK.get(run[start], len(RANK)))
    return run[best : best + HINT]


SECRET_NAMES = re.compile(
    r"(?i)secret|token$|password|passwd|database_url|connection_?string|api_?key|private_?key|pat$"
)


def names_a_secret(name: str) -> bool:
    """True for a name whose value must never be shown."""
    return bool(SECRET_NAMES.search(name))

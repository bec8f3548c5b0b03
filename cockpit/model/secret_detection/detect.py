"""Secrets that nobody configured (tokens, passwords, keys) are found in a text by what gives them away.

The tables are `patterns` beside it; what takes more than one line (a private key, the data of a Secret of Kubernetes, a
name and its value on lines of their own) is recognised here. Standard library only. All output of commands
and all log lines come this way: a text without a hint costs some microseconds, and no expression is built before it is
met.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from operator import itemgetter
from typing import TypeVar

from cockpit.model.secret_detection.escapes import OPENING, blank_openings
from cockpit.model.secret_detection.patterns import NAMES, TOKENS, NamePattern

Span = tuple[int, int]
DOTS = "•••"
SHORTEST = 8  # characters of a text that can hold a secret and what gives it away
Row = TypeVar("Row")

LONGEST_BEFORE = 16  # characters before a hint that its row may ask for
LONGEST_NAME = 48  # characters before a hint that may belong to its name
RANDOM_FROM = 6  # characters from which on letters mixed with digits look random
LONG_RANDOM_FROM = 24  # characters from which on mixed letters do
SCRAMBLED_FROM = 14  # characters from which on letters without any order of words can be distinguished from a name
LONGEST_WORD = 6  # small letters in a row; more are a word of a name such as HTTPConnectionPool
FIGURE_BELOW = 4  # digits that are a count and no secret

# What follows the name of a secret, up to its value
SUFFIX = r"(?:[_-]?\d{1,2}|[_-]?(?i:b64|base64|hash|value|old|new|prod|prd|dev|primary|secondary|default|string|base))?"
QUOTE = r"(?:\\{0,8}[\"'])"
NAME_ENDS = rf"{SUFFIX}(?![\w-])(?=[\s=:,;>|%\]\"'\\])"
EQUALS = rf"{QUOTE}?\]?(?:[ \t]*:?[ \t]*\b(?i:string|str))?[ \t]*(?::=|=>|=(?!=)|%(?:25)*3[dD])[ \t]*"
BETWEEN_CELLS = r"(?:[ \t]*\|[ \t]*|\t[ \t]*|[ ]{2,}(?![:=-]))(?=[^\s|])"
CELL = rf"{BETWEEN_CELLS}(?:(?i:true|false){BETWEEN_CELLS})?"  # in a table: a name and its value, or a switch before it
CELL_VALUE = r"(?=.*\d)[^\s()*<>`\"'|\\]{8,}|[A-Za-z]{14,}"
BLOCK = r"[|>][+-]?\d?[ \t]*\r?\n[ \t]+"  # of YAML: the value stands on the next line
COLON = rf"(?P<quote>{QUOTE})?\]?(?:[ \t]*:(?!:|//)[ \t]*|[ \t]+(?i:is|was|now|set to)(?:[ \t]+now)?:?[ \t]+)"
ELEMENT = r">(?=[^<\n]*</)"
PAIR = (
    rf"{QUOTE}?[ \t]*(?:,|(?=\s)|;)\s*(?:{QUOTE}?\w{{1,20}}{QUOTE}?\s*:\s*[\w\"'. -]{{1,40}},?\s*){{0,2}}?"
    rf"{QUOTE}?(?i:value)(?:_?[a-z]{{1,9}})?{QUOTE}?\s*[:=]\s*"
)
BLANK = r"[ \t]+(?=[^-\s])"
OPTION_BEFORE = r"(?<![\w-])--?[\w-]*\Z"
NO_VALUE = r"(?<![\w-])--?(?:no|ask|show|generate|with|expose|prompt|use|skip|reset|rotate|list)-[\w-]*\Z"
NAME_BEFORE = r"[\w.-]*\Z"
ELEMENT_BEFORE = r"<[\w:.-]*\Z"
SCHEME = (  # and an anchor or a tag of YAML
    r"(?i:bearer|basic|token|apikey|digest|sharedkey|negotiate|geniekey"
    r"|splunk|bot|key|&\w{1,40}|!![a-z]{1,20})[ \t]+(?=\S)"
)

# A header whose value is all that follows: on a line of its own, or in quotes. Elsewhere a command may follow.
HEADER_ALONE = r"(?s)\s*(?:[<>*+#]\s|\[HTTP/\d\] \[\d+\] \[|[<>] )?(?:(?i:set|proxy|x)-)?|.*[\"'](?:(?i:set|proxy|x)-)?"
LONGEST_LEAD = 40

# Values
QUOTED = (
    r"(?P<quote>\\{0,8}(?:\"\"\"(?!\")|'''(?!')|[\"'`]))"
    r"(?P<value>.{0,4096}?)(?:(?<!\\)(?P=quote)|(?=\n)|\Z|(?<=.{4096}))"
)
BRACED = (  # of ODBC: a value with any letters in it
    r"\{(?P<value>(?=[^{}\n]*[\d;])[^{}\n]{4,400})\}(?=[\s;\"']|\Z)"
)
BARE = r"[^\s;&,<>|•]{1,4096}"
WHOLE = r"[^\n]{1,4096}"
CLOSING = "\"'`)]}\\.:!?\r "
FILLED_IN = r"\$\{|\$\(|\$[A-Za-z_]\w*(?![\w$])|<|•|\{\{"
NOT_SECRET = r"""(?xis) \$\{?[\w.-]+\}? | \$env:\w+ | \$\(.* | \$\{.* | `.* | <.* | \[[a-z][\w\ '-]*\]? | \(.*\)?
    | \$?\{\{.* | %\w+% | \{.* | [*•.x…_#?-]+ | @Microsoft\.KeyVault.*
    | (?:keyvaultref|secretref|vault|env|file|ssm|op|sops|ref):.*
    | true | false | yes | no | null | none | nil | undefined | redacted | masked | hidden | sensitive | empty | unset
    | set | required | missing | invalid | valid | expired | expires | revoked | rotated | changed | updated | created
    | deleted | ok | failed | wrong | unknown | optional | enabled | disabled | string | str | int | bytes | object
    | not | is | was | the | for | found | present | default | bearer | basic | auto | generated | provided
    | authentication
    | file | env | stdin | prompt | example | placeholder
    | (?:~|\.{1,2})?/[^+=]* | [a-z]:\\.* | arn:aws.* | https?://[^@]*"""
NAME_LIKE = r"[a-z0-9]+(?:[-._/][a-z0-9]+)+|[a-zA-Z]+(?:[-._/ ][a-zA-Z]+)*"
NO_SECRET_BY_ITSELF = (
    r"(?i:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"  # a GUID
    r"|(?:sha\d+|md5)[:-].*|[0-9a-f]{7,12}"  # a digest, a commit
    r"|[\d.,:%+/-]+(?:ms|s|m|h|d|[KMGT]i?B?|B)?|\d{4}-\d\d-\d\dT.*"  # a figure, a time
)

# A token that no row knows
SHAPE = r"[_-](?P<value>[A-Za-z0-9]{30,})(?![\w+/=-])"
SHORTEST_SHAPE = 30  # characters of the disorder alone
SHAPE_PREFIX = r"(?<![\w+/=.-])[A-Za-z][A-Za-z0-9]{0,11}(?:[_-][a-z0-9]{1,8}){0,3}\Z"
PUBLIC_PREFIX = r"(?i)sha\d*|md5|pk|pub|public|chatcmpl|cmpl|file|req|msg|resp|evt|etag|id|trace|span|build|img|image"

# More than a line; BREAK is how programs write the end of one
PRIVATE_KEY_BEGINS = r"-{4,5} ?BEGIN(?: |\+|%20)(?:[A-Z0-9]+(?: |\+|%20))*PRIVATE(?: |\+|%20)KEY(?: BLOCK)? ?-{4,5}"
KEY_LINE = (
    r"[ \t|>#*\"']*(?:[A-Za-z0-9+/=]+|(?:Proc-Type|DEK-Info|Version|Comment|Hash|Charset|Subject|X-[\w-]+):[^\n]*)?"
    r"[ \t\r,\"'\\]*"
)
KEY_HEADER = r"(?:Proc-Type|DEK-Info|Version|Comment|Hash|Charset|Subject|X-[\w-]+):"
BREAK = r"(?:\\+[nr]|\\+u000[aAdD]|(?i:<br */?>)|%(?:25)*0[aAdD]|&#(?:1[03]|[xX][aAdD]);)"
ONE_LINE_KEY = rf"(?:(?:{BREAK}|[ \t])+(?:{KEY_HEADER}[^\\\n\"']*|(?:[A-Za-z0-9+/=]|%2[bBfF]|%3[dD])+))+{BREAK}*"
PRIVATE_KEY = (
    rf"{PRIVATE_KEY_BEGINS}(?P<value>{ONE_LINE_KEY}|[ \t\"'+,\\]*\r?\n(?:{KEY_LINE}\n)*"
    rf"(?:{KEY_LINE}|[ \t]*-{{0,5}}(?:E|EN)?)?(?=\Z|\n|(?:[ \t|>#*\"']*-{{4,5}} ?END )))"
)
# Lines that each have something before them: the time, or the name of a container. A short one is the last of a key.
LED_KEY_LINE = r"(?!.*-----END )[^\n]{1,200}[ \t|:>\]\"'][A-Za-z0-9+/=]{16,76}[ \t\r\"',]*"
LED_KEY = (
    rf"(?m)^(?=(?P<lead>[^\n]{{1,200}}?){PRIVATE_KEY_BEGINS}[ \t\r]*$)[^\n]*\n"
    rf"(?P<value>(?:{LED_KEY_LINE}(?:\n|\Z)){{1,200}}(?:[^\n]{{1,200}}[A-Za-z0-9+/=]\n(?=[^\n]*-----END ))?)"
)
LED_LINE = r"(?m)(?<![A-Za-z0-9+/=])(?P<value>[A-Za-z0-9+/=]+)[ \t\r\"',]*$"
PUTTY_KEY_BEGINS = r"PuTTY-User-Key-File-\d:"
PUTTY_KEY = rf"(?s){PUTTY_KEY_BEGINS}.{{0,4096}}?Private-Lines: \d+\n(?P<value>(?:[A-Za-z0-9+/=]+\n)*[A-Za-z0-9+/=]*)"
YAML_DATA = r"(?m)^(?P<indent>[ -]*)(?:stringData|data):[ \t]*\r?\n(?P<body>(?:(?P=indent)[ \t]+\S.*(?:\n|\Z))+)"
JSON_DATA = r"\"(?:stringData|data)\":\s*\{(?P<body>[^{}]*)\}"
YAML_VALUE = r"(?m)^[ \t]*[\w.\"'-]+:[ \t]*(?P<value>\S.*?)\r?$"
JSON_VALUE = r":\s*\"(?P<value>(?:[^\"\\]|\\.)+)\""
IS_A_SECRET = r"\bkind\"?:\s*\"?Secret\b"
ANOTHER_OBJECT = r"(?m)^---|\bapiVersion\b"
AROUND = 4_000  # characters before and after the data of an object in which its kind stands

compiled = cache(re.compile)


def detect_secrets(text: str) -> list[Span]:
    """Where secrets stand in a text, in order and none in another."""
    apart: list[Span] = []
    spans = set(_find_spans(text, lower_case(text)))
    if ("\x1b" in text or not text.isascii()) and OPENING.search(text):
        opened = blank_openings(text)
        spans.update(_find_spans(opened, lower_case(opened)))
    for start, end in sorted(spans):
        if apart and start < apart[-1][1]:
            apart[-1] = (apart[-1][0], max(end, apart[-1][1]))
        elif end > start:
            apart.append((start, end))
    return apart


def find_secret_places(text: str) -> list[Span]:
    """`detect_secrets`, which most texts do not need: they hold no hint."""
    return detect_secrets(text) if len(text) >= SHORTEST and _may_hold(text) else []


def hide_detected_secrets(text: str) -> str:
    """The text with dots in their place."""
    spans = find_secret_places(text)
    if not spans:
        return text
    pieces, index = [], 0
    for start, end in spans:
        pieces += [text[index:start], DOTS]
        index = end
    return "".join([*pieces, text[index:]])


def _may_hold(text: str) -> bool:
    """Whether it is worth to look closer: most texts hold no hint, and this is all that they cost."""
    return (
        IN_SMALL_LETTERS.may_find(lower_case(text))
        or AS_WRITTEN.may_find(text)
        or (len(text) > SHORTEST_SHAPE and compiled(SHAPE).search(text) is not None)
        or any(compiled(token.expression).search(text) for token in SEARCHED_TOKENS)
    )


def find_tokens(text: str) -> Iterator[tuple[str, Span]]:
    """Only what is known by its own letters, with the name of its row: for commands, whose words are read elsewhere."""
    yield from _find_tokens(text, IN_SMALL_LETTERS.find(lower_case(text)))
    yield from (("token by its shape", span) for span in _find_by_shape(text))
    for expression in (PRIVATE_KEY, PUTTY_KEY) if "PRIVATE" in text or "Private" in text else ():
        yield from (("private key", _key_span(match)) for match in compiled(expression).finditer(text))


def find_hints(text: str) -> Iterator[Span]:
    """Where something stands without which `find_tokens` finds nothing there: for many commands at once."""
    yield from ((position, position + len(hint)) for hint, position in IN_SMALL_LETTERS.find(lower_case(text)))
    yield from ((position, position + len(hint)) for hint, position in AS_WRITTEN.find(text))
    for expression in (SHAPE, "PRIVATE|Private", *(token.expression for token in SEARCHED_TOKENS)):
        yield from (match.span() for match in compiled(expression).finditer(text))


def _find_spans(text: str, small: str) -> Iterator[Span]:
    hints = sorted(IN_SMALL_LETTERS.find(small), key=itemgetter(1))
    yield from (span for _, span in _find_tokens(text, hints))
    yield from _find_by_shape(text)
    start, end = 0, 0  # the last value: a hint in it names nothing, one before it may name another
    for hint, position in hints:
        for name in NAMES_BY_HINT.get(hint, ()) if not start <= position < end else ():
            if span := _find_value(text, position, position + len(hint), name):
                start, end = span
                yield span
                break
    if "private" in small:
        for expression in (PRIVATE_KEY, PUTTY_KEY):
            yield from (_key_span(match) for match in compiled(expression).finditer(text))
        for match in compiled(LED_KEY).finditer(text):
            yield from (line.span("value") for line in compiled(LED_LINE).finditer(text, *match.span("value")))
    if "data" in small and "secret" in small:
        yield from _find_secret_objects(text)


def _find_tokens(text: str, hints: Iterable[tuple[str, int]]) -> Iterator[tuple[str, Span]]:
    places = [(token, position) for hint, position in hints for token in TOKENS_BY_HINT.get(hint, ())]
    places += [(token, position) for hint, position in AS_WRITTEN.find(text) for token in TOKENS_BY_LETTERS[hint]]
    read: dict[str, int] = {}  # a secret may hold the hint of its own row again
    for token, position in sorted(places, key=itemgetter(1)):
        if position < read.get(token.name, 0):
            continue
        if token.expression.startswith("(?P<value>") and _is_inside_word(text, position):
            continue
        match = compiled(token.expression).match(text, position)
        if match is None:
            continue
        if not compiled(NOT_SECRET).fullmatch(match["value"]) and not compiled(FILLED_IN).match(match["value"]):
            read[token.name] = match.end()
            yield token.name, _token_span(match)
    for token in SEARCHED_TOKENS:
        for match in compiled(token.expression).finditer(text):
            if not compiled(FILLED_IN).match(match["value"]):
                yield token.name, _token_span(match)


def _find_by_shape(text: str) -> Iterator[Span]:
    """What no row knows and looks like tokens do: a short prefix, `_` or `-`, many letters and digits in disorder."""
    for match in compiled(SHAPE).finditer(text):
        before = compiled(SHAPE_PREFIX).search(text, max(0, match.start() - LONGEST_NAME), match.start())
        if before and not compiled(PUBLIC_PREFIX).match(before[0]) and is_scrambled(match["value"], with_digits=True):
            yield match.span("value")


def _token_span(match: re.Match[str]) -> Span:
    """A value that begins before the hint by which it was found goes on to the end of the match."""
    start, end = match.span("value")
    return start, match.end() if start < match.start() else end


def _key_span(match: re.Match[str]) -> Span:
    """The lines of a key, without the break before the line that ends it."""
    start, end = match.span("value")
    return start, start + len(match["value"].rstrip()) if match.end() < len(match.string) else end


def _is_inside_word(text: str, position: int) -> bool:
    return position > 0 and text[position].isalnum() and text[position - 1].isalnum()


def _find_secret_objects(text: str) -> Iterator[Span]:
    """The values of what Kubernetes calls a Secret, as YAML or JSON; `data` may stand before its `kind`."""
    for data, value in ((YAML_DATA, YAML_VALUE), (JSON_DATA, JSON_VALUE)):
        for block in compiled(data).finditer(text):
            before = text[max(0, block.start() - AROUND) : block.start()]
            after = text[block.end() : block.end() + AROUND]
            before = before[max((match.start() for match in compiled(ANOTHER_OBJECT).finditer(before)), default=0) :]
            other = compiled(ANOTHER_OBJECT).search(after)
            after = after[: other.start()] if other else after
            if compiled(IS_A_SECRET).search(before) or compiled(IS_A_SECRET).search(after):
                for match in compiled(value).finditer(text, *block.span("body")):
                    if not compiled(FILLED_IN).match(match["value"]):
                        yield match.span("value")


# A name and its value


def _find_value(text: str, start: int, end: int, name: NamePattern) -> Span | None:
    """The value of a name that ends in a hint, which stands from `start` to `end`."""
    suffix = compiled((f"(?i:{name.after})" if name.after else "") + NAME_ENDS).match(text, end)
    if suffix is None:
        return None
    before = text[max(0, start - LONGEST_NAME) : start]
    beside = text[max(0, start - LONGEST_BEFORE) : start + 1]  # a row may look at the first letter of the hint, too
    if name.before and not compiled(rf"(?:{name.before}).\Z").search(beside):
        return None
    if name.unless_before and compiled(rf"(?:{name.unless_before}).\Z").search(beside):
        return None
    colon, separator = _find_separator(text, suffix.end(), before, text[start : suffix.end()], name)
    if separator is None:
        return None
    value_start, value_end = _read_value(text, start, separator.end(), name)
    value = text[value_start:value_end]
    if not value or compiled(NOT_SECRET).fullmatch(value) or compiled(FILLED_IN).match(value):
        return None
    if value.isdigit() and len(value) < FIGURE_BELOW:
        return None
    if colon:
        full = compiled(NAME_BEFORE).search(before)[0] + text[start : suffix.end()]  # type: ignore[index]
        setting = _is_setting(text, suffix.end() - len(full), separator, full, value_end, name)
        quoted = separator["quote"] or text[separator.end() : separator.end() + 1] in ("'", '"')
        if name.proof == "name":
            accepted = (setting and looks_random(value)) or (bool(quoted) and not compiled(NAME_LIKE).fullmatch(value))
        else:
            accepted = (setting and name.proof == "none") or looks_random(value)
    else:
        in_cell = separator.re is compiled(CELL)
        accepted = (name.proof != "random" and not in_cell) or looks_random(value)
        accepted = accepted and (not in_cell or compiled(CELL_VALUE).fullmatch(value) is not None)
    return (value_start, value_end) if accepted else None


def _find_separator(
    text: str, position: int, before: str, word: str, name: NamePattern
) -> tuple[bool, re.Match[str] | None]:
    """What stands between a name and its value, and whether that is a colon, which people write in sentences, too."""
    if match := compiled(EQUALS).match(text, position):
        return False, match
    if name.equals_only:
        return False, None
    if (match := compiled(COLON).match(text, position)) and (":" in match[0] or not name.whole_line):
        return True, compiled(rf"{COLON}{BLOCK}").match(text, position) or match
    option = compiled(OPTION_BEFORE).search(before) and not compiled(NO_VALUE).search(before + word)
    if option and (match := compiled(BLANK).match(text, position)):
        return False, match  # before a pair, which may lie on several lines: those after it are about something else
    if match := compiled(PAIR).match(text, position):
        return False, match
    if text.startswith(">", position) and compiled(ELEMENT_BEFORE).search(before):
        return False, compiled(ELEMENT).match(text, position)
    if option:
        return False, None
    return False, compiled(CELL).match(text, position)


def _is_setting(text: str, name_start: int, colon: re.Match[str], full: str, value_end: int, name: NamePattern) -> bool:
    """Whether `name: value` is a setting and no sentence: in JSON, a header, an environment, or a line of YAML."""
    if colon["quote"] or name.whole_line or text[colon.end() : colon.end() + 1] in ("'", '"'):
        return True
    if "-" in full or (full.isupper() and "_" in full):
        return True
    lead = text[text.rfind("\n", 0, name_start) + 1 : name_start]
    alone = text[value_end : value_end + 1] in ("", "\n", "\r")
    compound = compiled(r"[a-z][A-Z]|[_.]").search(full) is not None
    return alone and not lead.strip(" \t-") and (bool(lead) or compound or text[colon.start()] == " ")


def _read_value(text: str, start: int, position: int, name: NamePattern) -> Span:
    """Where a value stands: in its quotes, or as one word; what follows may be a command, which must be seen."""
    if name.whole_line and compiled(HEADER_ALONE).fullmatch(
        text[text.rfind("\n", 0, start) + 1 : start][-LONGEST_LEAD:]
    ):
        return _read_header(text, position)
    if match := compiled(QUOTED).match(text, position):
        return match.span("value")
    if match := compiled(BRACED).match(text, position):
        return match.span("value")
    scheme = compiled(SCHEME).match(text, position)
    begin = scheme.end() if scheme else position
    match = compiled(BARE).match(text, begin)
    return begin, _strip_end(text, begin, match.end() if match else begin)


def _read_header(text: str, position: int) -> Span:
    """All that follows the name of a header, without its scheme and up to a quote that it stands in."""
    match = compiled(QUOTED).match(text, position)
    start, end = match.span("value") if match else (position, len(text))
    line = compiled(WHOLE).match(text, start)
    end = min(end, line.end() if line else start)
    scheme = compiled(SCHEME).match(text, start, end)
    start = scheme.end() if scheme else start
    quote = compiled(r"\\{0,8}[\"']").search(text, start, end)
    return start, quote.start() if quote else _strip_end(text, start, end)


def _strip_end(text: str, start: int, end: int) -> int:
    """Without what closes a sentence or the quotes that the value's name stands in."""
    while end > start and text[end - 1] in CLOSING:
        end -= 1
    return end


def looks_random(value: str) -> bool:
    """Whether no person would write it as a word: letters with digits or signs among them, no id, digest or date."""
    if len(value) < RANDOM_FROM or compiled(NO_SECRET_BY_ITSELF).fullmatch(value):
        return False
    if is_scrambled(value):
        return True
    if compiled(NAME_LIKE).fullmatch(value) and not compiled(r"(?=.*[a-z])(?=.*[A-Z]).{24,}").fullmatch(value):
        return False
    letters = compiled(r"[^\W\d_]").search(value) is not None
    signs = compiled(r"[^\w\-./:, ']").search(value) is not None
    mixed = compiled(r"[a-z][A-Z0-9]|[A-Z][0-9]|[0-9][a-zA-Z]").search(value) is not None
    return letters and (mixed or signs)


def is_scrambled(value: str, *, with_digits: bool = False) -> bool:
    """Whether letters are in a disorder that no name has, however its words are joined: capitals side by side, and
    often, and no word between them."""
    capitals = sum(letter.isupper() for letter in value)
    pairs = len(compiled(r"(?=[A-Z][A-Z0-9]|[0-9][A-Z])").findall(value))
    small = sum(letter.islower() for letter in value)
    return (
        len(value) >= SCRAMBLED_FROM
        and value.isascii()
        and value.isalnum()
        and min(capitals, small) * 5 >= len(value)
        and pairs >= 2
        and compiled(rf"[a-z]{{{LONGEST_WORD + 1}}}").search(value) is None
        and (not with_digits or compiled(r"\d.*\D").search(value) is not None)
    )


# How hints are found


def lower_case(text: str) -> str:
    """In small letters, each at its place: `İ` would become two."""
    small = text.lower()
    if len(small) == len(text):
        return small
    return "".join(letter.lower() if letter.isascii() else letter for letter in text)


class HintSearch:
    """Finds every place of some words in one go, by the letter of each that few texts have many of."""

    def __init__(self, hints: Iterable[str], rare: str) -> None:
        """`rare`: such letters, the rarest first. A hint without one is looked for by itself, or where a part of it is
        found that is a hint, too."""
        by_letter: dict[str, list[tuple[int, str]]] = {}
        common: list[str] = []
        for hint in sorted(hints, key=lambda hint: (len(hint), hint)):
            letter = next((letter for letter in rare if letter in hint), "")
            if letter:
                by_letter.setdefault(letter, []).append((hint.index(letter), hint))
            else:
                common.append(hint)
        self._common = [hint for hint in common if not any(part in hint for part in common if part != hint)]
        self._longer = {
            part: [(hint.index(part), hint) for hint in common if part in hint and hint != part]
            for part in self._common
        }
        branches = []
        for letter, places in sorted(by_letter.items()):
            around = [
                (f"(?={re.escape(hint[offset + 1 :])})" if hint[offset + 1 :] else "")
                + (f"(?<={re.escape(hint[: offset + 1])})" if offset else "")
                for offset, hint in places
            ]
            branches.append(f"{re.escape(letter)}(?:{'|'.join(sorted(around))})")
        self._search = re.compile("|".join(branches))
        self._by_letters: dict[str, list[tuple[int, str]]] = {}  # that letter and the next one
        self._by_last_letter: dict[str, list[tuple[int, str]]] = {}
        for letter, places in by_letter.items():
            for offset, hint in places:
                if pair := hint[offset + 1 : offset + 2]:
                    self._by_letters.setdefault(letter + pair, []).append((offset, hint))
                else:
                    self._by_last_letter.setdefault(letter, []).append((offset, hint))

    def may_find(self, text: str) -> bool:
        """Whether any hint stands in it."""
        for hint in self._common:  # a loop: this is asked of every line that comes from outside
            if hint in text:
                return True
        return self._search.search(text) is not None

    def find(self, text: str) -> Iterator[tuple[str, int]]:
        """Each hint and where it stands."""
        for hint in self._common:
            position = text.find(hint)
            while position >= 0:
                yield hint, position
                for offset, longer in self._longer[hint]:
                    if position >= offset and text.startswith(longer, position - offset):
                        yield longer, position - offset
                position = text.find(hint, position + 1)
        for match in self._search.finditer(text):
            place = match.start()
            for offset, hint in (
                *self._by_letters.get(text[place : place + 2], ()),
                *self._by_last_letter.get(text[place], ()),
            ):
                if place >= offset and text.startswith(hint, place - offset):
                    yield hint, place - offset


def _group_rows(pairs: Iterable[tuple[str, Row]]) -> dict[str, tuple[Row, ...]]:
    groups: dict[str, tuple[Row, ...]] = {}
    for hint, row in pairs:
        groups[hint] = (*groups.get(hint, ()), row)
    return groups


TOKENS_BY_HINT = _group_rows((hint, token) for token in TOKENS for hint in token.hints)
TOKENS_BY_LETTERS = _group_rows((hint, token) for token in TOKENS for hint in token.exact)
NAMES_BY_HINT = _group_rows((name.hint, name) for name in NAMES)
SEARCHED_TOKENS = tuple(token for token in TOKENS if not token.hints and not token.exact)
IN_SMALL_LETTERS = HintSearch({*TOKENS_BY_HINT, *NAMES_BY_HINT}, "~$+qzjxkvw_ybgp")
AS_WRITTEN = HintSearch(TOKENS_BY_LETTERS, "GXKCTISAPu/")

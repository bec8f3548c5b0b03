"""Secrets that stand in a command as they are, found by what stands before them. Nothing that is shown may hold one.

What is not sure to be a secret is left alone: a `$TOKEN`, a `<token>`, `--token-id 7`. Total: any text may be asked.
"""

import json
import re
import shlex
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from urllib.parse import unquote

from cockpit.model.secret import KNOWN_SECRETS, MASK, names_a_secret
from cockpit.model.secret_detection.detect import (
    detect_secrets,
    find_hints,
    find_tokens,
    hide_detected_secrets,
)
from cockpit.runbooks.shell_syntax.secret_leads import find_lead_hints, find_leads
from cockpit.runbooks.shell_syntax.words import LiteralWord, find_quotes, word_at

LEAST = 4  # letters: shorter ones are masked where they stand, and not in what a command prints
LONG = 8  # letters from which on a part of a header is a secret by itself

KEY = r"(?:api|access|account|shared|private|subscription|encryption|signing|master|function|secret)[-_]?key"
NOUN = rf"(?:password|passwd|passphrase|pwd(?![=\s]+[/.~])|secret|token|{KEY})"
ENDING = r"(?:\w+_pass|sshpass|\w+_auth)"  # of variables
NO_VALUE = r"(?!--?(?:no|ask|show|generate|with|expose|prompt|use|skip|reset|rotate|list)-)"
SCHEME = r"(?:(?:bearer|basic|token(?:\s+token=)?|apikey|digest|sharedkey|negotiate|geniekey|splunk|bot)\s+)?"
GAP = r"(?:=|(?:\s|\\\n)+(?!-))(?!id=)"
OPTION = re.compile(rf"(?i)(?<![\w-]){NO_VALUE}(?P<marker>--?(?:\w[\w-]*?)?{NOUN}){GAP}")
ASSIGNED = re.compile(
    rf"(?i)(?<![\w.-])(?P<marker>(?:[\w.-]*?{NOUN}|{ENDING}|sig|[\w-]*signature|(?:\w+_)?pat))(?:=(?!=)|[\"']?\s*=\s*(?=[\"']))"
)
HEADER = re.compile(
    rf"(?i)(?:(?:-H|--header)[=\s]*[\"']?|(?<![\w-])(?=X-))(?P<marker>[\w-]*(?:{NOUN}|-key|-auth))[\"']?\s*[:=]\s*[\"']?"
)
AUTHORIZATION = re.compile(
    rf"(?i)(?<![\w-])(?P<marker>(?:proxy-)?authorization|(?:set-)?cookie)[\"']?\s*[:=]\s*[\"']?{SCHEME}"
)
IN_JSON = re.compile(rf"(?i)(?<![\w.-])(?P<marker>[\w.-]*?{NOUN})\\?[\"']\s*:\s*(?=\\?[\"'])")
IN_SQL = re.compile(
    r"(?i)\b(?P<marker>password(?:\s+for\s+\S{1,80})?|identified\s+(?:with\s+\w+\s+)?(?:by|as))(?:\s*=\s*|\s+|(?=\())"
    r"(?:password)?\(?N?(?=')"
)
FROM_LITERAL = re.compile(r"(?P<marker>--from-literal)[=\s]+[\"']?[\w.-]+=")  # of a `create secret`
SECRETS = re.compile(r"--secrets[=\s]+")  # of az containerapp: pairs of a name and a secret
PAIR = re.compile(r"(?:[\s\"']*[\w.-]+=keyvaultref:\S*)*[\s\"']*(?!-)[\w.-]+=(?!keyvaultref:)")
ADDRESS = re.compile(r"(?P<marker>[A-Za-z][\w+.-]{0,20}://)[^\s/:@'\"<>]*:(?P<value>[^\s/'\"?#]+)@")
NOT_SECRET = re.compile(
    r"""(?xis) \$\{?\w+\}? | \$env:\w+ | \$\(.* | `.* | <[^<>]*> | \[[a-z][\w\ '-]*\]? | \$?\{\{.* | %\w+% | [*•.x…_-]+
    | true | false | yes | no | null | none | redacted | (?:~|\.{1,2})/.* | file:.*"""
)
NOUNS = ("pass", "pwd", "secret", "token", "key")
HINTS = {
    ADDRESS: ("@",),
    OPTION: NOUNS,
    FROM_LITERAL: ("create secret",),
    ASSIGNED: tuple(
        f"{item}="
        for item in ("word", "wd", "phrase", "pass", "auth", "secret", "token", "key", "sig", "ure", "pat", *"'\" ")
    ),
    IN_JSON: ('":', "':", '" :', "' :"),
    IN_SQL: ("password", "identified"),
    HEADER: (*NOUNS, "-auth"),
    AUTHORIZATION: ("authorization", "cookie"),
}  # what the command must hold in small letters
# Without one of these no expression finds anything. What stands in JSON is called by a noun, too.
_ANY = {hint for pattern, hints in HINTS.items() if pattern is not IN_JSON for hint in hints} | {"--secrets"}
ANY_HINT = re.compile("|".join(sorted(map(re.escape, _ANY))))
HERE_DOCUMENT = re.compile(r"<<-?\s*[\"']?\w+[\"']?[^\n]*\n")
MORE_PAIRS = re.compile(r",(?=[\w.-]+=)|\s+(?=\S)|@(?=[\w/])")

# Where a value ends that stands within quotes which hold more than it.
IN_A_LIST = r"[;&]\s*(?:\w[\w. -]*=|[\"']|$)"
URL_END, LIST_END = re.compile(r"[&#\s;]"), re.compile(IN_A_LIST)
WORD_END, NEVER = re.compile(rf"\s|[;|]\s|{IN_A_LIST}"), re.compile(r"(?!)")
RUNS_IT = re.compile(r"-\w*c\s+[\"']$")


@dataclass(frozen=True, slots=True)
class LiteralSecret:
    """One secret: what gives it away, where it stands in the command, and every text it would be printed as."""

    marker: str
    start: int
    end: int
    values: tuple[str, ...]


def find_literal_secrets(command: str) -> list[LiteralSecret]:
    """The secrets of a command in the order written."""
    return sorted(_find_secrets(command), key=lambda literal_secret: (literal_secret.start, -literal_secret.end))


@lru_cache(maxsize=4096)  # a document's commands are asked when it is read, kept and shown
def secrets_in(command: str) -> tuple[str, ...]:
    """The values of a command's secrets that its output must not show."""
    values = dict.fromkeys(value for literal in find_literal_secrets(command) for value in literal.values)
    return tuple(value for value in values if len(value) >= LEAST)


def looks_secret(name: str, value: str) -> bool:
    """Whether the value of a variable must not be shown: by its name, or because it gives itself away."""
    return bool(value) and (names_a_secret(name) or bool(secrets_in(f"{name}={shlex.quote(value)}\n{value}")))


def find_suspects(commands: Sequence[str]) -> list[str]:
    """Those of many commands that may hold a secret: all are searched as one text, as most of them hold none."""
    whole = "\n".join(commands)
    small = whole.lower()
    if len(small) != len(whole):
        return list(commands)
    spans = [*find_hints(whole), *((position, position + 1) for position in find_lead_hints(small))]
    spans += [match.span() for expression in (ANY_HINT, re.compile("<<")) for match in expression.finditer(small)]
    starts = list(accumulate((len(command) + 1 for command in commands), initial=0))
    numbers = {
        number
        for start, end in set(spans)
        for number in range(bisect_right(starts, start) - 1, bisect_right(starts, max(start, end - 1)))
    }
    return [commands[number] for number in sorted(numbers)]


def hide_literal_secrets(command: str) -> str:
    """The command for people: dots where a secret stands, given away or known, and wherever else it stands."""
    literal_secrets, pieces, index = find_literal_secrets(command), [], 0
    for literal_secret in literal_secrets:
        if literal_secret.end > index:
            pieces += [command[index : max(index, literal_secret.start)], MASK if literal_secret.start >= index else ""]
            index = literal_secret.end
    return KNOWN_SECRETS.mask(remove_secrets("".join([*pieces, command[index:]]), secrets_in(command)))


def remove_secrets(text: str, secrets: Iterable[str]) -> str:
    """A text in which none of these stands."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, MASK)
    return text


def hide_in_text(text: str, secrets: Iterable[str]) -> str:
    """A document for people: without the secrets of its commands, and without those that a line of it gives away."""
    lines = text.split("\n")
    sentences = {value for line in lines for value in secrets_in(line)}
    return hide_detected_secrets(remove_secrets("\n".join(map(hide_literal_secrets, lines)), {*secrets, *sentences}))


def _find_secrets(command: str) -> Iterator[LiteralSecret]:
    small = command.lower()
    for name, (begin, finish) in find_tokens(command):
        yield _make_token_secret(name, command, begin, finish)
    inside: list[str] = []
    for lead in find_leads(small):
        for match in lead.find(command):
            inside = inside or find_quotes(command)
            word = word_at(command, match.end(), inside, WORD_END)
            if values := _list_secret_texts(word, parts=False):
                yield LiteralSecret(match["marker"].strip(), word.start, word.end, values)
    if here := HERE_DOCUMENT.search(command):
        document = command[here.end() :]
        for begin, finish in detect_secrets(document):
            yield _make_token_secret("<<", command, here.end() + begin, here.end() + finish)
    if ANY_HINT.search(small) is None:
        return
    for match in ADDRESS.finditer(command) if _may_match(ADDRESS, small) else ():
        value = match["value"]
        if not NOT_SECRET.fullmatch(value) and not value.startswith(("$", "<", MASK)):
            yield LiteralSecret(match["marker"], *match.span("value"), tuple(dict.fromkeys((value, unquote(value)))))
    for pattern in (OPTION, FROM_LITERAL, ASSIGNED, IN_JSON, IN_SQL, HEADER, AUTHORIZATION):
        whole, read = pattern in (HEADER, AUTHORIZATION), 0
        for match in pattern.finditer(command) if _may_match(pattern, small) else ():
            if match.end() < read:  # part of the value before it
                continue
            inside = inside or find_quotes(command)
            end = NEVER if whole else _find_value_end(command, match.start())
            word = word_at(command, match.end(), inside, end)
            read = word.end
            if values := _list_secret_texts(word, parts=whole):
                yield LiteralSecret(match[match.lastgroup or 0], word.start, word.end, values)
    for match in SECRETS.finditer(command):
        index, inside = match.end(), inside or find_quotes(command)
        while pair := PAIR.match(command, index):
            word = word_at(command, pair.end(), inside, LIST_END)
            index = word.end
            if values := _list_secret_texts(word, parts=False):
                yield LiteralSecret("--secrets", word.start, word.end, values)


def _make_token_secret(marker: str, command: str, start: int, end: int) -> LiteralSecret:
    """A secret known by its own letters; of one in several parts, such as a private key or an address, each is one."""
    value = command[start:end]
    parts = (part for part in re.split(r"[\s/]+|\\[nr]", value) if len(part) >= LONG)
    return LiteralSecret(marker, start, end, tuple(dict.fromkeys((value, unquote(value), *parts))))


def _may_match(pattern: re.Pattern[str], small: str) -> bool:
    """Whether it is worth to look: most commands hold no secret, and a document has thousands."""
    return any(hint in small for hint in HINTS[pattern])


def _find_value_end(command: str, start: int) -> re.Pattern[str]:
    """What ends a value within quotes, by what stands before its name."""
    before = command[start - 1 : start]
    if before and before in "?&":
        return URL_END
    alone = before and before in "\"'" and not RUNS_IT.search(command[:start])
    return LIST_END if alone or before == ";" else WORD_END


def _list_secret_texts(word: LiteralWord, *, parts: bool) -> tuple[str, ...]:
    """Every text that a word's secret may be printed as; none when it is no secret. A header's parts count, too."""
    sentence = "".join(word.pieces)
    if not sentence or NOT_SECRET.fullmatch(sentence) or NOT_SECRET.fullmatch(word.raw):
        return ()
    names = [*word.pieces, word.text, word.raw, unquote(word.text)]
    if "\\" in word.raw:
        with suppress(ValueError):
            names.append(str(json.loads(f'"{word.raw}"')))
    first = MORE_PAIRS.split(word.text, maxsplit=1)[0]  # `--set a=secret,b=2`; `ssh host 'TOKEN=secret ./run'`
    if len(first) >= LONG:
        names.append(first)
    if parts:
        split = re.split(r"[\s;,]+|(?<=\w)=(?=.)", word.text)
        names += [*(text for text in split if len(text) >= LONG), split[-1]]
    return tuple(dict.fromkeys(text for text in names if text))

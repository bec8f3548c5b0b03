"""A word as the shell takes it, from any place in any text: also from the middle of quotes.

Not on the grammar's tree, on purpose. Secrets are looked for in every line of output, of prose and of commands that do
not parse, in half words and in JSON within quotes: where the grammar gives up, a secret would show. A line is masked in
a tenth of a millisecond; to parse it takes several. What decides how a value is quoted, or what a command does, never
asks this module: that is `quoting` and the tree.
"""

import re
from dataclasses import dataclass

ENDS_A_WORD = frozenset(" \t\r\n;|&<>()")
EXPANSION = re.compile(r"\$\{[^}]*\}|\$(?:env:)?[A-Za-z_]\w*|\$[\d@*#?!$-]")
MADE_LATER = re.compile(r"\$\(|`")
BLANK = re.compile(r"<[A-Za-z][A-Za-z0-9 _.:-]{0,60}?>")


@dataclass(frozen=True, slots=True)
class LiteralWord:
    """`raw` as written, from `start` to `end`; `text` as the shell takes it; its `pieces` around what is filled in."""

    raw: str
    start: int
    end: int
    text: str
    pieces: tuple[str, ...]


def find_quotes(command: str) -> list[str]:
    """The quote that each letter stands in, "" for none; one more entry for the end."""
    inside, quote, index = [], "", 0
    while index < len(command):
        letter = command[index]
        inside.append(quote)
        if letter == "\\" and quote != "'" and index + 1 < len(command):
            inside.append(quote)
            index += 1
        elif quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'":
            quote = letter
        elif letter == "#" and (
            index == 0 or command[index - 1] in " \t\n;"
        ):  # an apostrophe in a comment opens nothing
            end = command.find("\n", index)
            rest = (len(command) if end < 0 else end) - index - 1
            inside.extend([""] * rest)
            index += rest
        index += 1
    return [*inside, quote]


def word_at(command: str, index: int, inside: list[str], end: re.Pattern[str]) -> LiteralWord:
    """The rest of the word from `index` on; `end` is what ends it within the quotes that it begins in."""
    outer = inside[index]
    opening = re.compile(r"\\?[\"']").match(command, index)
    if outer and opening and opening.group() != outer:
        return _quoted_within(command, opening, outer)
    reading = _Reading(command, index, outer)
    reading.run(end)
    pieces = tuple(piece for piece in reading.pieces if piece)
    return LiteralWord(command[index : reading.at], index, reading.at, reading.text, pieces)


def _quoted_within(command: str, opening: re.Match[str], outer: str) -> LiteralWord:
    """A value in quotes of its own inside other ones: `'{"password": "x"}'`, `"... PASSWORD 'x'"`."""
    mark, start = opening.group(), opening.end()
    index = start
    while index < len(command) and not command.startswith(mark, index) and command[index] != outer:
        index += 2 if command[index] == "\\" else 1
    index = min(index, len(command))
    raw = command[start:index]
    pieces = [raw] if outer == "'" else re.split(f"{EXPANSION.pattern}|{BLANK.pattern}", raw)
    return LiteralWord(raw, start, index, raw, tuple(piece for piece in pieces if piece))


class _Reading:
    """One walk over a word."""

    def __init__(self, command: str, index: int, quote: str) -> None:
        self.command, self.at, self.quote = command, index, quote
        self.pieces = [""]
        self.text = ""

    def run(self, end: re.Pattern[str]) -> None:
        outer = self.quote
        left = False  # the quotes that it began in
        while self.at < len(self.command):
            letter = self.command[self.at]
            if self.quote and not left and self.quote == outer and end.match(self.command, self.at):
                return
            if not self.quote and letter in ENDS_A_WORD:
                return
            if self.quote and letter == self.quote:
                if not left and outer and self._is_over():
                    return
                self.quote, left = "", True
                self.at += 1
            elif not self.quote and letter in "\"'":
                self.quote = letter
                self.at += 1
            elif self._filled_in():
                continue
            elif self.quote != "'" and MADE_LATER.match(self.command, self.at):
                return
            else:
                self._letter(letter)

    def _is_over(self) -> bool:
        """At the end of the quotes that it began in: does the value go on behind them, as in `'Bearer '"abc"`?"""
        following = self.command[self.at + 1 : self.at + 2]
        return not following or following in ENDS_A_WORD or (bool(self.text) and following not in "\"'")

    def _filled_in(self) -> bool:
        """Step over a variable or a placeholder."""
        match = EXPANSION.match(self.command, self.at) if self.quote != "'" else None
        match = match or BLANK.match(self.command, self.at)
        if match is None:
            return False
        self.pieces.append("")
        self.text += match.group()
        self.at = match.end()
        return True

    def _letter(self, letter: str) -> None:
        following = self.command[self.at + 1 : self.at + 2]
        escaped = letter == "\\" and following and (not self.quote or (self.quote == '"' and following in '"\\$`\n'))
        taken = "" if escaped and following == "\n" else following if escaped else letter
        self.pieces[-1] += taken
        self.text += taken
        self.at += 2 if escaped else 1

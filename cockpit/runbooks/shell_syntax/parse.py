"""Parse a text as bash or PowerShell: the only door to the grammars, which are loaded at the first text."""

import re
from collections.abc import Iterable
from functools import lru_cache

from cockpit.runbooks.shell_syntax.types import (
    MASK_LETTER,
    ShellComment,
    ShellDocument,
    ShellNesting,
    ShellStatement,
    ShellSyntaxError,
    ShellWord,
    SimpleCommand,
)

# Bash that is nothing but words, quotes and pipes, line by line: read without the grammar, in a third of the time.

_BARE = rf"[A-Za-z0-9_./:@%+,=~^{MASK_LETTER}-]"
_WORD = rf"(?:{_BARE}++|'[^'\n]*+'|\"[^\"$`\\\n]*+\")++"
TOKEN = re.compile(rf"\||{_WORD}")
PIECE = re.compile(r"'([^']*)'|\"([^\"]*)\"|([^'\"]+)")
# What begins a line and is no program's name, or one whose words the grammar reads in a way of its own.
NOT_A_PROGRAM = frozenset(
    (
        *("if", "then", "else", "elif", "fi", "for", "while", "until", "do", "done", "case", "esac", "select", "in"),
        *("function", "time", "coproc", "export", "declare", "local", "readonly", "typeset", "unset", "unsetenv"),
        *("read", "mapfile", "readarray", "getopts", "printf", "let", "test"),
    )
)
_NAME = rf"(?:[A-Za-z0-9_./@][A-Za-z0-9_./:@%+,~{MASK_LETTER}-]*+|{MASK_LETTER}++)(?=[ \t\n]|$)"
_NO_NAME = rf"(?!(?:{'|'.join(sorted(NOT_A_PROGRAM))})(?=[ \t\n]|$))"
_COMMAND = rf"{_NO_NAME}{_NAME}(?:[ \t]++{_WORD})*+"
PLAIN = re.compile(rf"(?:[ \t]*+(?:#[^\n]*+|{_COMMAND}(?:[ \t]++\|[ \t]++{_COMMAND})*+)?[ \t]*+(?:\n|$))*+")


def holds_plain_lines(text: str, masked: "Iterable[Span]") -> bool:
    """Whether each line of a text is a comment, or one whole command of nothing but words, quotes and pipes."""
    return len(text) <= LONGEST and PLAIN.fullmatch(mask_spans(text, masked)) is not None


def read_plain_lines(written: str, parsed: str) -> ShellDocument | None:
    """The document of a text, or None where the grammar must read it. `parsed` has its placeholders masked."""
    if PLAIN.fullmatch(parsed) is None:
        return None
    statements: list[ShellStatement] = []
    comments: list[ShellComment] = []
    start = 0
    for line in parsed.split("\n"):
        bare = line.lstrip(" \t")
        if bare.startswith("#"):
            place = start + len(line) - len(bare)
            end = place + len(bare)
            comments.append(ShellComment(place, end, written[place:end]))
        elif bare:
            statements.append(_read_line(written, parsed, start, start + len(line), len(statements)))
        start += len(line) + 1
    return ShellDocument(written, "bash", tuple(statements), tuple(comments))


def _read_line(written: str, parsed: str, start: int, end: int, index: int) -> ShellStatement:
    stages: list[list[ShellWord]] = [[]]
    for match in TOKEN.finditer(parsed, start, end):
        text = match.group()
        if text == "|":
            stages.append([])
            continue
        first, last = match.span()
        raw = text if written is parsed else written[first:last]
        if "'" not in text and '"' not in text:
            stages[-1].append(ShellWord(first, last, raw, (text,)))
            continue
        joined = "".join(map("".join, PIECE.findall(text)))  # of the three groups one holds a piece
        stages[-1].append(ShellWord(first, last, raw, (joined,), quoted=True))
    nesting = (ShellNesting.PIPE,) if len(stages) > 1 else ()
    commands = tuple(
        SimpleCommand(
            *(stage[0].start, stage[-1].end, tuple(stage), (), (), nesting),
            *((place - 1,) if place else (), index),
        )
        for place, stage in enumerate(stages)
    )
    first, last = stages[0][0].start, stages[-1][-1].end
    return ShellStatement(first, last, written[first:last], commands)


LONGEST = 500_000  # letters; what is longer is no text that a person wrote
Span = tuple[int, int]


def parse_shell(text: str, language: str = "bash", *, masked: Iterable[Span] = ()) -> ShellDocument:
    """The tree of a text. `language` is bash or powershell; `masked` are the spans of placeholders. Never raises."""
    return _parse_text(text, "powershell" if language == "powershell" else "bash", tuple(masked))


def mask_spans(text: str, spans: Iterable[Span]) -> str:
    """The text with every letter in the spans replaced by one that has no meaning to any shell."""
    for start, end in spans:
        text = f"{text[:start]}{MASK_LETTER * (min(end, len(text)) - start)}{text[end:]}"
    return text


@lru_cache(maxsize=2048)  # a document's fences are read when cutting, judging, asking and linting
def _parse_text(text: str, language: str, masked: tuple[Span, ...]) -> ShellDocument:
    if len(text) > LONGEST:
        return ShellDocument(text, language, errors=(ShellSyntaxError(0, len(text), 0, "it is too long"),))
    try:
        if language == "powershell":
            from cockpit.runbooks.shell_syntax.powershell import read_powershell

            return read_powershell(text, mask_spans(text, masked))
        from cockpit.runbooks.shell_syntax.bash import read_bash

        parsed = mask_spans(text, masked)
        return read_plain_lines(text, parsed) or read_bash(text, parsed)
    except RecursionError:
        return ShellDocument(text, language, errors=(ShellSyntaxError(0, len(text), 0, "it is nested too deeply"),))

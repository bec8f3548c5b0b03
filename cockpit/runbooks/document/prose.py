"""What a document says between its commands: blanks that were never filled in, and words that are to be replaced."""

import re
from collections.abc import Iterator

from cockpit.model.runbook import Finding
from cockpit.model.text import clean_line
from cockpit.runbooks.document.labels import WIKI_LINK
from cockpit.runbooks.document.outline import Outline, list_prose_lines

CODE = re.compile(r"(`+)(?:(?!\1).)+\1")
BLANK = re.compile(
    r"""(?x) \b(?:TBD|TBC|TODO|FIXME)\b | \b(?:\d{4}|YYYY)-(?:XX|\d\d)-XX\b | (?<![\w-])YYYY-MM-DD(?![\w.-])
    | (?<![\]\w!])\[(?![xX]\]|e\.g\.)[A-Z][^\[\]\n]{1,60}\](?![(\[:])"""
)


def find_unfilled_blanks(text: str, outline: Outline) -> Iterator[Finding]:
    """One finding for every line that still has a blank in it. Templates, commands and code are left alone."""
    for number, _, line in list_prose_lines(text, outline):
        names = [match.group() for match in BLANK.finditer(CODE.sub("", WIKI_LINK.sub("", line)))]
        if names:
            shown_text = ", ".join(dict.fromkeys(names))
            yield Finding("not-filled-in", number, clean_line(f"still to be filled in: {shown_text}", 200))


CAPITALS = re.compile(r"[A-Z][A-Z0-9_]")
TELLING = ("replace", "substitute", "swap", "change", "where")  # and "exchange": without one, no line below tells
LIST_MARKS = frozenset("-*+")
TO_REPLACE = (
    re.compile(
        r"(?i)\b(?:replace|substitute|swap|change|exchange)\s+(?:the\s+)?[`\"'*]*(?-i:(?P<word>[A-Z][A-Z0-9_]{1,40}))[`\"'*]*\s+(?:with|by|for|to)\b"
    ),
    re.compile(r"(?i)\bwhere\s+[`\"'*]*(?-i:(?P<word>[A-Z][A-Z0-9_]{1,40}))[`\"'*]*\s+(?:is|stands|means)\b"),
    re.compile(r"^\s*[-*+]\s+\W*(?P<word>[A-Z][A-Z0-9_]{2,40})\W*\s*(?::|=|—|–|\s-\s)\s*(?:the|a|an|your|name|id)\b"),
)


def find_words_to_replace(text: str, outline: Outline) -> frozenset[str]:
    """Words in capitals that the prose tells to replace: "Replace POD with the name of the pod", "where POD is"."""
    suspects = {number for number, line in _list_lines_with_capitals(text) if _may_tell(line) and _list_words(line)}
    if not suspects:
        return frozenset()
    prose = ((number, line) for number, _, line in list_prose_lines(text, outline) if number in suspects)
    return frozenset(word for _, line in prose for word in _list_words(line))


def _list_lines_with_capitals(text: str) -> Iterator[tuple[int, str]]:
    """(number, line) of those with a word in capitals, which most have not: the text is searched at once."""
    number, counted, end = 1, 0, 0
    match = CAPITALS.search(text)
    while match is not None:
        start = text.rfind("\n", 0, match.start()) + 1
        end = text.find("\n", match.end())
        end = len(text) if end < 0 else end
        number += text.count("\n", counted, start)
        counted = start
        yield number, text[start:end]
        match = CAPITALS.search(text, end)


def _may_tell(line: str) -> bool:
    """False for most lines with capitals: they begin no list, or have no verb of those."""
    if line.lstrip()[:1] in LIST_MARKS:
        return True
    small = line.lower()
    return any(verb in small for verb in TELLING)


def _list_words(line: str) -> list[str]:
    return [match["word"] for form in TO_REPLACE for match in form.finditer(line)]

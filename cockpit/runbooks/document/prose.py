"""What a document says between its commands: its headings, its prose, and the blanks that were never filled in."""

import re
from collections.abc import Iterator

from cockpit.model.runbook import Finding
from cockpit.model.text import clean_line

FENCE = re.compile(r"^\s{0,3}(`{3,}|~{3,})\s*(.*)$")
HEADING = re.compile(r"^#{1,6}\s+(.*)")
TEMPLATES = re.compile(r"(?i)template|communication|message|wording")  # their blanks are filled when they are used
CODE = re.compile(r"(`+)(?:(?!\1).)+\1")
BLANK = re.compile(
    r"""(?x) \b(?:TBD|TBC|TODO|FIXME)\b | \b(?:\d{4}|YYYY)-(?:XX|\d\d)-XX\b | (?<![\w-])YYYY-MM-DD(?![\w.-])
    | (?<![\]\w!])\[(?![xX]\]|e\.g\.)[A-Z][^\[\]\n]{1,60}\](?![(\[:])"""
)


def find_unfilled_blanks(text: str) -> Iterator[Finding]:
    """One finding for every line that still has a blank in it. Templates, commands and code are left alone."""
    for number, _, line in list_prose_lines(text):
        names = [match.group() for match in BLANK.finditer(CODE.sub("", line))]
        if names:
            shown_text = ", ".join(dict.fromkeys(names))
            yield Finding("not-filled-in", number, clean_line(f"still to be filled in: {shown_text}", 200))


TO_REPLACE = (
    re.compile(
        r"(?i)\b(?:replace|substitute|swap|change|exchange)\s+(?:the\s+)?[`\"'*]*(?-i:(?P<word>[A-Z][A-Z0-9_]{1,40}))[`\"'*]*\s+(?:with|by|for|to)\b"
    ),
    re.compile(r"(?i)\bwhere\s+[`\"'*]*(?-i:(?P<word>[A-Z][A-Z0-9_]{1,40}))[`\"'*]*\s+(?:is|stands|means)\b"),
    re.compile(r"^\s*[-*+]\s+\W*(?P<word>[A-Z][A-Z0-9_]{2,40})\W*\s*(?::|=|—|–|\s-\s)\s*(?:the|a|an|your|name|id)\b"),
)


def find_words_to_replace(text: str) -> frozenset[str]:
    """Words in capitals that the prose tells to replace: "Replace POD with the name of the pod", "where POD is"."""
    lines = (line for _, _, line in list_prose_lines(text) if any(letter.isupper() for letter in line))
    return frozenset(match["word"] for line in lines for form in TO_REPLACE for match in form.finditer(line))


def list_prose_lines(text: str) -> Iterator[tuple[int, str, str]]:
    """(line, heading, text) of what is meant to be read: no commands, no examples of Markdown, no quoted templates."""
    from cockpit.runbooks.document.fences import language_of  # it brings the shell's grammar, which plans do without

    fence, read_fence, heading = "", True, ""
    lines = text.split("\n")
    for number, line in enumerate(lines, start=1):
        mark = FENCE.match(line)
        if fence:
            if mark and mark[1].startswith(fence) and not mark[2].strip():
                fence = ""
            elif read_fence:
                yield number, heading, line
            continue
        if mark:
            fence = mark[1]
            read_fence = not mark[2].strip() and not language_of("", read_fence_body(lines, number, fence))
            read_fence = read_fence and not TEMPLATES.search(heading)
        elif title := HEADING.match(line):
            heading = title[1]
        elif not line.lstrip().startswith(">") and not TEMPLATES.search(heading):
            yield number, heading, line


def list_headings(text: str) -> Iterator[tuple[int, str]]:
    """(line, heading), without those that are comments in a fence."""
    fence = ""
    for number, line in enumerate(text.split("\n"), start=1):
        mark = FENCE.match(line)
        if fence:
            fence = "" if mark and mark[1].startswith(fence) and not mark[2].strip() else fence
        elif mark:
            fence = mark[1]
        elif title := HEADING.match(line):
            yield number, title[1].strip().rstrip("#").strip()


def read_fence_body(lines: list[str], start: int, fence: str) -> str:
    """The text of the fence that opened on the line before index `start`."""
    end = next((index for index in range(start, len(lines)) if lines[index].strip().startswith(fence)), len(lines))
    return "\n".join(lines[start:end])

"""A fence of commands, cut into comments and whole commands. The fence is never the step."""

import re
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Literal

from cockpit.model.text import clean_line, clean_text, clean_unmasked
from cockpit.runbooks.shell_syntax import ShellDocument, parse_shell
from cockpit.runbooks.shell_syntax.placeholders import find_placeholders

BASH = frozenset({"bash", "sh", "shell", "zsh", "ksh", "posix"})
POWERSHELL = frozenset({"powershell", "pwsh", "ps1", "ps", "posh"})
CONSOLE = frozenset({"console", "shell-session", "shellsession", "terminal", "sh-session"})
KNOWN_TOOLS = re.compile(
    r"(?:az|kubectl|curl|docker|gh|git|helm|terraform|psql|sqlcmd|mysql|alembic|systemctl|journalctl|npm|uv|python3?"
    r"|pip|make|ssh|scp|sudo|redis-cli|gitleaks|aws|gcloud|ansible(?:-playbook)?|\./\S+)(?:\s|$)"
)
PROMPT = re.compile(r"^(?:[\w.-]+@[\w.-]+[: ]\S*?\s*[$#]|[$❯»]|PS [^>]*>)\s+(?=\S)")
LONGEST_TYPED = 40  # lines of one command below a prompt

Shape = Literal["comment", "command", "blank"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A comment line, one whole command, or a blank line; `line` counts from 0 within the fence."""

    shape: Shape
    text: str
    line: int
    output: str = ""  # what a console fence shows below the command
    altered: bool = False  # cleaning changed it
    unparsed: str = ""  # why it is only to be looked at


def language_of(info: str, content: str) -> str:
    """`bash`, `powershell`, `console`, or "" for a fence that holds no commands."""
    word = info.strip().split(maxsplit=1)[0].casefold().strip("{}.") if info.strip() else ""
    for name, parts in (("bash", BASH), ("powershell", POWERSHELL), ("console", CONSOLE)):
        if word in parts:
            return name
    return "" if word else guess_language(content)


def guess_language(content: str) -> str:
    """What an unnamed fence holds: commands only when every line that starts one names a known tool."""
    starts = [line for line in content.splitlines() if line.strip() and not line.startswith(("#", " ", "\t"))]
    if not starts:
        return ""
    if any(re.match(r"\$ \S", line) for line in starts):
        return "console"
    return "bash" if all(KNOWN_TOOLS.match(line) for line in starts) else ""


def split_fence(content: str, language: str) -> list[Piece]:
    """The pieces of a fence in order, cut where its grammar ends a statement. Joined, their lines are the fence.

    A fence that is not in the grammar is one piece that never runs: where its commands end is not known.
    """
    if language == "console":
        return split_console(content)
    content = content.replace("\r\n", "\n")
    document = parse_fence(content, language)
    lines = content.split("\n")
    if document.errors:
        error = document.errors[0]
        text = clean_line(lines[min(error.line, len(lines) - 1)].strip(), 60)
        where = f"line {error.line + 1} of this block is not {language} ({error.reason}, at `{text}`)"
        reason = f"{where}: nobody can say what it would do. Edit it, or mend the document"
        return [replace(make_command_piece(content, 0), unparsed=reason)]
    ends = statement_lines(document)
    pieces: list[Piece] = []
    index = 0
    while index < len(lines):
        end = ends.get(index, index) + 1
        text = "\n".join(lines[index:end])
        if index in ends:
            pieces.append(make_command_piece(text, index))
        elif not text.strip():
            pieces.append(Piece("blank", "", index))
        else:
            pieces.append(Piece("comment", clean_text(text).strip().strip("<>").lstrip("#").strip(), index))
        index = end
    return pieces


def parse_fence(content: str, language: str) -> ShellDocument:
    """The tree of a text in which placeholders are words, not redirections."""
    masked = [(blank.start, blank.end) for blank in find_placeholders(content, language) if not blank.variable]
    return parse_shell(content, language, masked=masked)


def statement_lines(document: ShellDocument) -> dict[int, int]:
    """For each line that begins a command, its last line. Statements that share a line are one command."""
    ends: dict[int, int] = {}
    first = last = -1
    for statement in document.statements:
        start = document.text.count("\n", 0, statement.start)
        end = start + statement.text.count("\n")
        if start > last:
            first = start
        last = max(last, end)
        ends[first] = last
    return ends


def make_command_piece(raw: str, line: int, output: str = "") -> Piece:
    text = clean_unmasked(raw).strip("\n")
    return Piece("command", text, line, output, altered=text != raw.strip("\n"))


def split_console(content: str) -> list[Piece]:
    """Prompt lines are commands, all else up to the next prompt is what they are expected to print."""
    pieces: list[Piece] = []
    lines = content.splitlines()
    index = 0
    while index < len(lines):
        prompt = PROMPT.match(lines[index])
        if prompt is None:
            if lines[index].startswith("# "):
                pieces.append(Piece("comment", clean_text(lines[index]).lstrip("#").strip(), index))
            index += 1
            continue
        bare = [
            lines[index][prompt.end() :],
            *(line.removeprefix("> ") for line in lines[index + 1 : index + LONGEST_TYPED]),
        ]
        length = count_typed_lines(bare)
        below = list(
            takewhile(lambda line: not PROMPT.match(line) and not line.startswith("# "), lines[index + length :])
        )
        pieces.append(make_command_piece("\n".join(bare[:length]), index, clean_text("\n".join(below)).strip()))
        index += length + len(below)
    return pieces


def count_typed_lines(lines: list[str]) -> int:
    """How many lines the command takes that begins with the first, below a prompt: until it is finished."""
    for count in range(1, len(lines) + 1):
        text = "\n".join(lines[:count])
        backslashes = len(text) - len(text.rstrip("\\"))
        if backslashes % 2 == 0 and not parse_fence(text, "bash").errors:
            return count
    return 1


def trailing_comment(text: str, language: str) -> tuple[str, str]:
    """A one-line command and the comment behind it: `open http://x  # Grafana`."""
    if "\n" in text or "#" not in text:
        return text, ""
    document = parse_fence(text, language)
    comment = document.comments[-1] if document.comments and not document.errors else None
    if comment is None or not re.match(r"#\s", comment.text) or comment.end != len(text.rstrip()):
        return text, ""
    return text[: comment.start].rstrip(), comment.text[1:].strip()

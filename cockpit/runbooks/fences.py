"""A fence of commands, cut into comments and whole commands. The fence is never the step."""

import re
from dataclasses import dataclass
from itertools import takewhile
from typing import Literal

from cockpit.model.clean import clean

BASH = frozenset({"bash", "sh", "shell", "zsh", "ksh", "posix"})
POWERSHELL = frozenset({"powershell", "pwsh", "ps1", "ps", "posh"})
CONSOLE = frozenset({"console", "shell-session", "shellsession", "terminal", "sh-session"})
KNOWN_TOOLS = re.compile(
    r"(?:az|kubectl|curl|docker|gh|git|helm|terraform|psql|sqlcmd|mysql|alembic|systemctl|journalctl|npm|uv|python3?"
    r"|pip|make|ssh|scp|sudo|redis-cli|gitleaks|aws|gcloud|ansible(?:-playbook)?|\./\S+)(?:\s|$)"
)
PROMPT = re.compile(r"^(?:[\w.-]+@[\w.-]+[: ]\S*?\s*[$#]|[$❯»]|PS [^>]*>)\s+(?=\S)")

Shape = Literal["comment", "command", "blank"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A comment line, one whole command, or a blank line; `line` counts from 0 within the fence."""

    shape: Shape
    text: str
    line: int
    output: str = ""  # what a console fence shows below the command
    altered: bool = False  # cleaning changed it


def language_of(info: str, content: str) -> str:
    """`bash`, `powershell`, `console`, or "" for a fence that holds no commands."""
    word = info.strip().split(maxsplit=1)[0].casefold().strip("{}.") if info.strip() else ""
    for name, words in (("bash", BASH), ("powershell", POWERSHELL), ("console", CONSOLE)):
        if word in words:
            return name
    return "" if word else guess(content)


def guess(content: str) -> str:
    """What an unnamed fence holds: commands only when every line that starts one names a known tool."""
    starts = [line for line in content.splitlines() if line.strip() and not line.startswith(("#", " ", "\t"))]
    if not starts:
        return ""
    if any(re.match(r"\$ \S", line) for line in starts):
        return "console"
    return "bash" if all(KNOWN_TOOLS.match(line) for line in starts) else ""


def cut(content: str, language: str) -> list[Piece]:
    """The pieces of a fence in order. A command that is never finished makes the whole fence one command."""
    if language == "console":
        return console(content)
    lines = content.splitlines()
    pieces: list[Piece] = []
    at = 0
    while at < len(lines):
        text = lines[at]
        if not text.strip():
            pieces.append(Piece("blank", "", at))
            at += 1
        elif text.lstrip().startswith("#"):
            pieces.append(Piece("comment", clean(text).strip().lstrip("#").strip(), at))
            at += 1
        else:
            end = end_of_command(lines, at, language)
            if end is None:
                return [command("\n".join(lines), 0)]
            pieces.append(command("\n".join(lines[at:end]), at))
            at = end
    return pieces


def command(raw: str, line: int, output: str = "") -> Piece:
    text = clean(raw).strip("\n")
    return Piece("command", text, line, output, altered=text != raw.strip("\n"))


def console(content: str) -> list[Piece]:
    """Prompt lines are commands, all else up to the next prompt is what they are expected to print."""
    pieces: list[Piece] = []
    lines = content.splitlines()
    at = 0
    while at < len(lines):
        prompt = PROMPT.match(lines[at])
        if prompt is None:
            if lines[at].startswith("# "):
                pieces.append(Piece("comment", clean(lines[at]).lstrip("#").strip(), at))
            at += 1
            continue
        bare = [lines[at][prompt.end() :], *(line.removeprefix("> ") for line in lines[at + 1 : at + LONGEST_COMMAND])]
        length = end_of_command(bare, 0, "bash") or 1
        below = list(takewhile(lambda line: not PROMPT.match(line) and not line.startswith("# "), lines[at + length :]))
        pieces.append(command("\n".join(bare[:length]), at, clean("\n".join(below)).strip()))
        at += length + len(below)
    return pieces


OPENERS = re.compile(r"(?:^|[;&|]\s*|\b(?:do|then|else)\s+)(for|while|until|if|case|select)\b|(?:^|[\s)])\{(?=\s|$)")
CLOSERS = re.compile(r"(?:^|[;&|\s])(done|fi|esac)\b|(?:^|[;\s])\}(?=\s|;|$)")
HEREDOC = re.compile(r"<<-?\s*(['\"]?)([A-Za-z_]\w*)\1")
LONGEST_COMMAND = 400  # lines


def end_of_command(lines: list[str], start: int, language: str) -> int | None:
    """The index after the last line of the command that starts at `start`, or None if it never ends."""
    quote, depth, heredoc = "", 0, ""
    for index in range(start, min(len(lines), start + LONGEST_COMMAND)):
        line = lines[index]
        if heredoc:
            if line.strip() == heredoc:
                heredoc = ""
        else:
            quote, bare = scan_quotes(line, quote, language)
            if not quote:
                found = HEREDOC.search(line) if language != "powershell" else None
                heredoc = found[2] if found else ""
                depth += opened(bare, language)
        if quote or heredoc or depth > 0 or continues(line, language):
            continue
        return index + 1
    return None


def opened(bare: str, language: str) -> int:
    """How many blocks a line opens, less those it closes."""
    if language == "powershell":
        return sum(bare.count(each) for each in "({") - sum(bare.count(each) for each in ")}")
    return len(OPENERS.findall(bare)) - len(CLOSERS.findall(bare))


def continues(line: str, language: str) -> bool:
    """True when the next line belongs to the same command."""
    if language == "powershell":
        return line.rstrip().endswith((" `", "|"))
    stripped = line.rstrip()
    backslashes = len(stripped) - len(stripped.rstrip("\\"))
    return backslashes % 2 == 1 or stripped.endswith(("|", "&&", "()"))


def scan_quotes(line: str, quote: str, language: str) -> tuple[str, str]:
    """The quote still open at the end of the line, and the line without what is quoted or commented."""
    bare: list[str] = []
    escape = "`" if language == "powershell" else "\\"
    skip = False
    for position, letter in enumerate(line):
        if skip:
            skip = False
        elif letter == escape and quote != "'":
            skip = True
        elif quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'":
            quote = letter
        elif letter == "#" and (position == 0 or line[position - 1].isspace()):
            break
        else:
            bare.append(letter)
    return quote, "".join(bare)


def trailing_comment(text: str, language: str) -> tuple[str, str]:
    """A one-line command and the comment behind it: `open http://x  # Grafana`."""
    if "\n" in text or "#" not in text:
        return text, ""
    for match in re.finditer(r"\s+#\s", text):
        quote, _ = scan_quotes(text[: match.start()], "", language)
        if not quote:
            return text[: match.start()].rstrip(), text[match.end() :].strip()
    return text, ""

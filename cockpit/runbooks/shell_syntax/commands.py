"""A command line cut into its simple commands, to judge what it does. What it cannot see into, it says so."""

import re
from dataclasses import dataclass

BASH = re.compile(
    r"""(?sx) (?P<single>'[^']*') | (?P<double>"(?:\\.|[^"\\])*") | (?P<joined>\\\r?\n) | (?P<escaped>\\.)
    | (?P<copied>\d*>&\d+-?|&>) | (?P<opaque>\$['"(]|[<>]\(|<<|`|["']) | (?P<comment>(?<![^\s;&|(])\#[^\n]*)
    | (?P<cut>[;&|\n]+) | (?P<text>[^'"\\;&|\n<>$`\#0-9]+|.)"""
)
POWERSHELL = re.compile(
    r"""(?sx) (?P<single>'[^']*') | (?P<double>"(?:`.|[^"`])*") | (?P<joined>`\r?\n) | (?P<escaped>`.)
    | (?P<copied>\d*>&\d+) | (?P<opaque>\$\(|@["']|["']) | (?P<comment>(?<![^\s;|(])\#[^\n]*)
    | (?P<cut>[;&|\n]+) | (?P<text>[^'"`;&|\n<>$@\#0-9]+|.)"""
)
RUNS_INSIDE = re.compile(r"\$\(|(?<!\\)`")  # in double quotes
LONGEST = 20_000  # letters


@dataclass(frozen=True, slots=True)
class Simple:
    """One simple command on one line; `leads` when another follows it."""

    text: str
    leads: bool = False


def simple_commands(command: str, language: str = "bash") -> list[Simple] | None:
    """The simple commands of a line or a fence, split outside quotes at ; & | and line ends; comments are gone.

    None when something in it is made up only when it runs, or is never closed: `$( )`, backticks, here-documents.
    """
    powershell = language == "powershell"
    if len(command) > LONGEST:
        return None
    parts: list[list[str]] = [[]]
    for match in (POWERSHELL if powershell else BASH).finditer(command):
        shape, text = match.lastgroup, match.group()
        if shape == "opaque" or (shape == "double" and runs_inside(text, powershell)):
            return None
        if shape == "cut":
            parts.append([])
        elif shape == "copied":
            parts[-1].append(">" if text == "&>" else "")
        elif shape == "joined":
            parts[-1].append(" ")
        elif shape != "comment":
            parts[-1].append(text)
    names = [flat for part in parts if (flat := " ".join("".join(part).split()))]
    return [Simple(text, leads=index < len(names) - 1) for index, text in enumerate(names)]


def runs_inside(quoted: str, powershell: bool) -> bool:
    """True when double quotes hold a command of their own."""
    return "$(" in quoted if powershell else bool(RUNS_INSIDE.search(quoted))

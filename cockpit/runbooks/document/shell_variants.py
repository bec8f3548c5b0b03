"""One step written for several shells: a block for bash and, right behind it, the same for PowerShell.

Whoever typed it by hand would take one of the two. Run one after the other, a thing would be done twice. Pure.
"""

import re
from dataclasses import dataclass

from cockpit.model.runbook import RemotePlace
from cockpit.runbooks.document.fences import POWERSHELL, WINDOWS, find_language_name
from cockpit.runbooks.document.labels import strip_markdown

SHELL_LABEL = re.compile(
    r"""(?ix) ^\W* (?:(?:or|and|alternatively|on|in|for|using|with|if\s+you\s+use|the\s+same\s+in|same\s+in)[\s,]+)*
    (?:windows(?:\s+powershell)?|power\s?shell(?:\s+core|\s+7)?|pwsh|bash|zsh|linux|mac(?:\s?os)?(?:\s+x)?|unix|wsl2?|cmd(?:\.exe)?
    |command\s+prompt|git\s+bash|azure\s+cli|azure\s+powershell|posix|terminal)
    (?:\s*(?:[/,&+(]|and|or)\s*(?:windows|power\s?shell|pwsh|bash|zsh|linux|mac(?:\s?os)?|unix|wsl2?|cmd|terminal|git\s+bash)\)?)*
    (?:\s+(?:users?|version|variant|equivalent|syntax))? \W*$"""
)
VARIABLE = re.compile(r"\$env:(\w+)|\$\{(\w+)\}|%(\w+)%", re.IGNORECASE)
CONTINUED = re.compile(r"[ \t]*[\\`^][ \t]*\n[ \t]*")


@dataclass(frozen=True, slots=True)
class ShellBlock:
    """A block as the one behind it is compared with it: where its steps are in their section, `start` up to `end`."""

    shell: str
    line: int
    commands: tuple[str, ...]
    start: int
    end: int
    places: tuple[RemotePlace, ...] = ()  # the sessions that were open above it


def find_shell_family(info: str) -> str:
    """The shell that a block is written for by its name: `powershell`, `cmd`, or `bash` for all the others."""
    name = find_language_name(info)
    if name in POWERSHELL or name == "ps-session":
        return "powershell"
    return "cmd" if name in WINDOWS else "bash"


def _simplify_command(command: str) -> str:
    """A command without what only its shell asks for: how lines go on, quotes, `$env:X` for `$X`."""
    text = VARIABLE.sub(lambda match: f"${match[1] or match[2] or match[3]}", CONTINUED.sub(" ", command))
    return " ".join(text.replace("'", '"').replace('"$', "$").replace("\\", "/").replace('"', "").split())


def is_same_for_other_shell(before: ShellBlock | None, block: ShellBlock, label: str) -> bool:
    """True for a block that does what the one before it does, for another shell.

    The commands say so where they are equal; where each shell has its own, a `label` between them that is nothing but
    the name of a shell or a system does: "PowerShell:", "On Windows".
    """
    if before is None or not block.commands or before.shell == block.shell:
        return False
    if len(before.commands) != len(block.commands):
        return False
    if list(map(_simplify_command, before.commands)) == list(map(_simplify_command, block.commands)):
        return True
    return SHELL_LABEL.match(strip_markdown(label)) is not None

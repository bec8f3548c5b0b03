"""What a command stands on: the folder that it starts in, and the files whose text it runs or applies.

Somebody else may check out another branch, or turn a link to another release, between the look at a change and its
Enter. What was confirmed is the change as it stood then.
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from cockpit.runbooks.shell_syntax.parse import parse_shell
from cockpit.runbooks.shell_syntax.requirements import LONGEST_SCRIPT, list_script_paths

APPLIED = (".yaml", ".yml", ".json", ".sql", ".tf", ".tfplan", ".sh", ".bash", ".py", ".ps1", ".rb", ".js", ".pl")
"""Files whose text decides what a command does. A log that grows all the time is none."""


def read_command_inputs(command: str, folder: str) -> tuple[tuple[str, str], ...]:
    """The real folder and the digest of each file that decides what the command does, by their names. Blocking."""
    inputs = [("folder", os.path.realpath(folder))]
    for name in dict.fromkeys(_list_files(command)):
        with suppress(OSError, ValueError):
            file = Path(folder, name).expanduser()
            if file.is_file() and file.stat().st_size <= LONGEST_SCRIPT:
                inputs.append((name, hashlib.sha256(file.read_bytes()).hexdigest()))
    return tuple(inputs)


def _list_files(command: str) -> Iterator[str]:
    yield from list_script_paths(command)
    for simple in parse_shell(command).commands:
        for word in simple.words:
            name = (word.text or "").rpartition("=")[2].removeprefix("@")
            if name.lower().endswith(APPLIED):
                yield name


def find_changed_input(shown: tuple[tuple[str, str], ...], now: tuple[tuple[str, str], ...]) -> str:
    """The first name that stands for something else now than when it was shown; "" for none."""
    before, after = dict(shown), dict(now)
    return next((name for name in (*before, *after) if before.get(name) != after.get(name)), "")

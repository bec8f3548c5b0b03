"""What is copied: sent to the terminal's clipboard, which never says whether it took it, and kept in a file."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import platformdirs
from textual.app import App


def copy_path() -> Path:
    """The last text that was copied, under the XDG state directory."""
    return Path(platformdirs.user_state_dir("cockpit")) / "copied.txt"


def keep_copy(text: str) -> str:
    """Write the copy for its owner's eyes only. Why it could not be written, else ""."""
    path = copy_path()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace") as file:
            os.fchmod(descriptor, 0o600)
            file.write(text)
    except OSError as error:
        return error.strerror or str(error)
    return ""


def copy_text(app: App[Any], text: str) -> str:
    """Copy, and say what is known of it."""
    app.copy_to_clipboard(text)
    failure = keep_copy(text)
    sent = "Sent to the terminal's clipboard; terminals do not say whether they took it."
    return f"{sent} No file of it: {failure}." if failure else f"{sent} It is in {copy_path()}, too."


def save_lines(path: Path, lines: Sequence[str]) -> Path:
    """Write lines into a new file for its owner's eyes only. Raises OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace") as file:
        file.writelines(f"{line}\n" for line in lines)
    return path

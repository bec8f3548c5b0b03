"""A message as a file beside the timeline: not every terminal takes what is copied."""

import contextlib
import os
import re
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from cockpit.incident.refused import DeskError
from cockpit.incident.store_files import file_mode
from cockpit.model.clean import clean_line

FOLDER = "messages"


def keep(text: str, data: Path, incident: str, now: datetime) -> Path:
    """Write `text` into a new file under `data` and return its path. Blocking. Raises DeskError.

    0600, and 0640 in a directory that a team shares: those who may read the timeline may read what was sent.
    """
    folder = data / FOLDER
    name = f"update-{re.sub(r'[^0-9A-Za-z-]', '', incident)}-{now.astimezone(UTC):%H%M%S}Z.txt"
    try:
        shared = file_mode(data) == 0o660
        if not folder.exists():
            folder.mkdir(mode=0o700)
            folder.chmod(0o2770 if shared else 0o700)
        _put(folder / name, text, 0o640 if shared else 0o600)
    except OSError as error:
        raise DeskError(f"{folder / name} cannot be written: {clean_line(error.strerror or error)}.") from error
    return folder / name


def _put(path: Path, text: str, mode: int) -> None:
    """Whole or not at all, and never through a link that somebody laid in a shared directory."""
    number, beside = tempfile.mkstemp(dir=path.parent, prefix=".update-")
    try:
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(text.rstrip("\n") + "\n")
        os.chmod(beside, mode)
        os.replace(beside, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(beside)
        raise

"""Taking a message away: into a file, because terminals drop what is copied, and onto the timeline once it was sent."""

import contextlib
import os
import re
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from cockpit.incident.actions.errors import IncidentActionError
from cockpit.incident.actions.incident_actions import IncidentActions
from cockpit.incident.messages.fields import format_brief
from cockpit.model.text import clean_line
from cockpit.model.time import Time
from cockpit.timeline.connection import file_mode
from cockpit.timeline.location import reserve_new_file

# A message as a file beside the timeline: not every terminal takes what is copied.

FOLDER = "messages"


def write_message_file(text: str, data: Path, incident: str, now: datetime) -> Path:
    """Write `text` into a new file under `data` and return its path. Blocking. Raises IncidentActionError.

    0600, and 0640 in a directory that a team shares: those who may read the timeline may read what was sent.
    """
    folder = data / FOLDER
    name = f"update-{re.sub(r'[^0-9A-Za-z-]', '', incident)}-{now.astimezone(UTC):%H%M%S}Z"
    try:
        shared = file_mode(data) == 0o660
        if not folder.exists():
            folder.mkdir(mode=0o700)
            folder.chmod(0o2770 if shared else 0o700)
        return _write_new_file(folder, name, text, 0o640 if shared else 0o600)
    except OSError as error:
        raise IncidentActionError(
            f"{folder / name}.txt cannot be written: {clean_line(error.strerror or error)}.", code="not-writable"
        ) from error


def _write_new_file(folder: Path, name: str, text: str, mode: int) -> Path:
    """Whole or not at all, and never through a link that somebody laid in a shared directory. Two messages of one
    second, or of one second of two days, have a file each: the record names them."""
    number, beside = tempfile.mkstemp(dir=folder, prefix=".update-")
    try:
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(text.rstrip("\n") + "\n")
        os.chmod(beside, mode)
        path = reserve_new_file(folder, name, ".txt", mode=mode)
        os.replace(beside, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(beside)
        raise
    return path


@dataclass(frozen=True, slots=True)
class MessageOutbox:
    """Of one incident. `data` is the directory of the timeline. All methods block, and answer with what to say."""

    incident_actions: IncidentActions
    incident: str
    data: Path
    time: Time
    zone: tzinfo

    def copied(self, text: str) -> str:
        """A file of what the clipboard should hold."""
        return f"Copied{self._keep(text)[1]}, for terminals may drop it. s writes down that it was sent."

    def sent(self, audience: str, text: str, template: str, promised: datetime | None, reader: str = "") -> str:
        """Record that this was sent, word for word; `reader` is the team's word for who reads it.

        Raises IncidentActionError, RecordError.
        """
        file, kept = self._keep(text)
        self.incident_actions.sent(audience, text, template, promised, file, incident=self.incident, reader=reader)
        next = f", the next one promised by {format_brief(promised, self.zone)}" if promised else ""
        return f"Written down as sent to {reader or f'the {audience}'}{next}. Copied{kept}."

    def _keep(self, text: str) -> tuple[str, str]:
        """The path of its file, and what to say of it. A full disk must not keep anybody from telling others."""
        try:
            path = write_message_file(text, self.data, self.incident, self.time.now())
        except IncidentActionError as error:
            return "", f", but {clean_line(error).rstrip('.')}"
        return str(path), f"; also in {path}"

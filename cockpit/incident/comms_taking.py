"""Taking a message away: into a file, because terminals drop what is copied, and onto the timeline once it was sent."""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path

from cockpit.incident.comms_file import keep
from cockpit.incident.comms_times import brief
from cockpit.incident.desk import Desk
from cockpit.incident.refused import DeskError
from cockpit.model.clean import clean_line
from cockpit.model.time import Time


@dataclass(frozen=True, slots=True)
class Taking:
    """Of one incident. `data` is the directory of the timeline. All methods block, and answer with what to say."""

    desk: Desk
    incident: str
    data: Path
    time: Time
    zone: tzinfo

    def copied(self, text: str) -> str:
        """A file of what the clipboard should hold."""
        return f"Copied{self._keep(text)[1]}, for terminals may drop it. s writes down that it was sent."

    def sent(self, audience: str, text: str, template: str, promised: datetime | None) -> str:
        """Record that this was sent, word for word. Raises DeskError, RecordError."""
        file, kept = self._keep(text)
        self.desk.sent(audience, text, template, promised, file, incident=self.incident)
        next = f", the next one promised by {brief(promised, self.zone)}" if promised else ""
        return f"Written down as sent to the {audience}{next}. Copied{kept}."

    def _keep(self, text: str) -> tuple[str, str]:
        """The path of its file, and what to say of it. A full disk must not keep anybody from telling others."""
        try:
            path = keep(text, self.data, self.incident, self.time.now())
        except DeskError as error:
            return "", f", but {clean_line(error).rstrip('.')}"
        return str(path), f"; also in {path}"

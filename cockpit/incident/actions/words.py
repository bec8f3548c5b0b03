"""What people say is recorded whole or not at all: what is cut would be lost to who was told that it is recorded."""

from cockpit.incident.actions.errors import IncidentActionError
from cockpit.model.text import MAX_LINE, clean_line, clean_text

LONGEST_TEXT = 20_000  # characters
ROOM = 2  # times the limit: what hides a secret may be longer than the secret


def take_text(text: str, longest: int = LONGEST_TEXT) -> str:
    """The words of a person, cleaned, with their lines. Raises IncidentActionError where they are too long."""
    _refuse_longer(text, longest)
    return clean_text(text, ROOM * longest).strip()


def take_line(text: str, longest: int = MAX_LINE) -> str:
    """The same on one line."""
    _refuse_longer(text, longest)
    return clean_line(text, ROOM * longest)


def _refuse_longer(text: str, longest: int) -> None:
    length = len(text.strip())
    if length > longest:
        raise IncidentActionError(
            f"This is {length:,} characters long, and at most {longest:,} are kept: nothing was recorded. Shorten it, "
            "or save it in a file, and name the file in a note.",
            code="text-too-long",
            length=length,
            longest=longest,
        )

"""Writing the post-mortem draft to its file: our own draft keeps what people wrote, any other file is not touched."""

import contextlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from cockpit.incident.desk import Desk
from cockpit.incident.draft_file import NotOurDraft, merge
from cockpit.incident.history import with_events
from cockpit.incident.postmortem import default_path, render
from cockpit.incident.refused import DeskError
from cockpit.incident.store import Timeline
from cockpit.model.clean import clean_line
from cockpit.model.incident import Incident
from cockpit.model.system import System
from cockpit.model.time import Time

NEW_FILE = "a new file"
OUR_DRAFT = "our own draft: the facts are written anew, what people wrote in it stays"


@dataclass(frozen=True, slots=True)
class Exporter:
    """The draft of one incident as the timeline tells it at that moment. All methods block."""

    incident: Incident
    timeline: Timeline
    desk: Desk
    system: System
    time: Time

    @property
    def preset(self) -> Path:
        return default_path(self.incident)

    def outlook(self, path: Path) -> str:
        """What writing there would do. Raises NotOurDraft, DeskError, RecordError."""
        return outlook(path, self._draft()[0])

    def write(self, path: Path, *, force: bool = False) -> str:
        """Write it, and remember in the timeline that it was. Raises NotOurDraft, DeskError, RecordError."""
        draft, head = self._draft()
        done = write(path, draft, force=force)
        if not self.timeline.read_only:
            self.desk.exported(str(path), head, self.incident.id)
        return done

    def _draft(self) -> tuple[str, str]:
        """The draft, and the head of the chain that it shows."""
        system = self.system
        full, events = with_events(self.timeline, system.ladder, self.incident)
        head = self.timeline.head()
        now = self.time.now()
        return render(full, events, system=system, time_zone=system.time_zone, head=head, now=now), head


def outlook(path: Path, draft: str) -> str:
    """What writing `draft` there would do: `NEW_FILE` or `OUR_DRAFT`. Raises NotOurDraft, DeskError."""
    return NEW_FILE if _merged(path, draft) is None else OUR_DRAFT


def write(path: Path, draft: str, *, force: bool = False) -> str:
    """Write `draft` into `path`, whole or not at all; the answer is what was done, as `outlook` says it.

    With `force` a file that is not our draft of this incident is replaced. Raises NotOurDraft, DeskError. Blocking.
    """
    try:
        merged = _merged(path, draft)
    except NotOurDraft:
        if not force:
            raise
        merged = None
    target = path.resolve()  # a link keeps leading to the file
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _replace(target, (draft if merged is None else merged).encode())
    except OSError as error:
        raise DeskError(f"{path} cannot be written: {clean_line(error.strerror or error)}.") from error
    return NEW_FILE if merged is None else OUR_DRAFT


def _merged(path: Path, draft: str) -> str | None:
    """The text to write over what is there, None where nothing is."""
    try:
        old = path.read_bytes().decode()
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        raise NotOurDraft("it is not a text file") from None
    except OSError as error:
        raise DeskError(f"{path} cannot be read: {clean_line(error.strerror or error)}.") from error
    return merge(old, draft)


def _replace(target: Path, content: bytes) -> None:
    """Write beside the file, then put it in its place; the old one's permissions stay."""
    mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask()
    number, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(number, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, mode)
        os.replace(name, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


def _umask() -> int:
    """The process's own; it can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask

"""Files beside the timeline that hold the words of an event: a redaction has to reach these as well."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from cockpit.incident.messages.outbox import FOLDER
from cockpit.model.event import Event, Kind, text_of
from cockpit.runbooks.run.process.files import AttemptFiles

RUN = re.compile(r"run-[0-9a-z]+")
RUNS = "runs"  # beside the timeline


def list_files_of(event: Event, data: Path) -> Iterator[Path]:
    """What a step printed, the variables that it left, and the copy of a message that was sent; of an event that is
    not emptied yet. Only what lies in our own folders below `data`: any program may have written the event."""
    run, _, step = event.subject.rpartition("#")
    attempt = event.detail.get("attempt")
    if event.kind == Kind.STEP and RUN.fullmatch(run) and step.isdecimal() and isinstance(attempt, int):
        place = AttemptFiles(data / RUNS / run / f"{step}-{attempt}.log")
        yield from (place.transcript, place.state_file)
    elif event.kind == Kind.UPDATE and (name := Path(text_of(event.detail, "file")).name):
        yield data / FOLDER / name


def empty_files_of(event: Event, data: Path) -> tuple[list[Path], list[Path]]:
    """(files that are empty now, files that could not be emptied). An empty transcript stays: it proves that somebody
    was at the step. Blocking."""
    emptied, left = list[Path](), list[Path]()
    for path in list_files_of(event, data):
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_TRUNC | os.O_NOFOLLOW))
        except FileNotFoundError:
            continue
        except OSError:
            left.append(path)
        else:
            emptied.append(path)
    return emptied, left

"""May this document run? What ran before runs again; what is new or has changed is shown first."""

import difflib
import hashlib
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from cockpit.model.run import Run
from cockpit.model.runbook import Damage, Runbook, Step
from cockpit.model.secret import MASK
from cockpit.platforms.registry import list_procedure_folders
from cockpit.runbooks.catalogue.document_cache import holds_secret
from cockpit.runbooks.catalogue.load import open_file
from cockpit.runbooks.document.read import read_runbook, secrets_of, text_for_people
from cockpit.runbooks.run.process.files import make_directory, snapshot_path, write_whole
from cockpit.runbooks.shell_syntax.literal_secrets import hide_in_text
from cockpit.runbooks.types import RunRefused

SECRET_NOT_KEPT = "a secret stood here, of which no copy is kept, and the document has changed since: begin a new run"
HASH = re.compile(r"[0-9a-f]{64}")
Standing = Literal["built-in", "known", "new", "changed"]


@dataclass(frozen=True, slots=True)
class Trust:
    """`known` and `built-in` start at once; `new` and `changed` need a person who has seen `difference`.

    `difference` is a unified diff against the document of the last run, the whole text for a new one.
    """

    standing: Standing
    sha256: str
    difference: str = ""
    runs: int = 0  # how many runs this very text has had

    @property
    def news(self) -> str:
        """What is new about it, behind "this document": to be read before anything of it runs."""
        return "has never run here" if self.standing == "new" else "has changed since its last run"

    @property
    def trusted(self) -> bool:
        return self.standing in ("built-in", "known")


def judge_trust(runbook: Runbook, runs: Iterable[Run], snapshots: Path) -> Trust:
    """How a document stands, by the runs so far. Reads a snapshot: blocking."""
    earlier_runs = [run for run in runs if run.path == runbook.path or run.sha256 == runbook.sha256]
    same = sum(run.sha256 == runbook.sha256 for run in earlier_runs)
    if is_built_in(runbook):
        return Trust("built-in", runbook.sha256, runs=same)
    here = [run for run in earlier_runs if run.path == runbook.path]
    last = max(here or earlier_runs, key=lambda run: run.started, default=None)
    if last is None:
        return Trust("new", runbook.sha256, text_for_people(runbook))
    if last.sha256 == runbook.sha256 or (same and not here):
        return Trust("known", runbook.sha256, runs=same)
    try:
        before = snapshot_path(snapshots, last.sha256).read_text()
    except OSError:
        return Trust("changed", runbook.sha256, _compare_with_masked(last, runbook, snapshots))
    lines = format_difference(before, runbook.text)  # before anything is hidden: a secret that changed is a difference
    return Trust("changed", runbook.sha256, hide_in_text(lines, secrets_of(runbook.procedures)))


def _compare_with_masked(last: Run, runbook: Runbook, snapshots: Path) -> str:
    """The difference from what was kept without its secrets: a line in which one stood may have changed. Else all of
    the document."""
    now = text_for_people(runbook)
    try:
        before = masked_path(snapshots, last.sha256).read_text()
    except OSError:
        return now
    mark = "\x00"  # in no text that was cleaned
    marked = "\n".join(line + mark if MASK in line else line for line in before.split("\n"))
    return format_difference(marked, now).replace(mark, "")


def format_difference(before: str, after: str) -> str:
    """A unified diff for reading."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), "at the last run", "now", lineterm="")
    return "\n".join(lines)


def is_built_in(runbook: Runbook) -> bool:
    """True for a document that ships with the program, byte for byte; its name alone proves nothing."""
    paths = (folder / Path(runbook.path).name for folder in list_procedure_folders())
    return any(_hash_file(path) == runbook.sha256 for path in paths)


def _hash_file(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def masked_path(snapshots: Path, sha256: str) -> Path:
    """Where the text of a document is kept in which secrets stood."""
    return snapshots / f"{sha256}.masked.md"


def keep_snapshot(runbook: Runbook, snapshots: Path) -> None:
    """Keep the text that a run works on, under the hash of the document. Blocking. Raises RunRefused.

    A secret that stands in it is not kept: a copy would outlive its removal from the document. A typed command with a
    secret in it is nowhere on the disk, and is not put there at all.
    """
    secret = holds_secret(runbook)
    if secret and any(step.literal for procedure in runbook.procedures for step in procedure.commands):
        return
    path = (masked_path if secret else snapshot_path)(snapshots, runbook.sha256)
    try:
        make_directory(snapshots)
        if not path.exists():
            write_whole(path, (text_for_people(runbook) if secret else runbook.text).encode())
    except OSError as error:
        raise RunRefused(
            f"The document could not be kept in {snapshots}: {error.strerror}.",
            code="not-writable",
            folder=snapshots,
            reason=error.strerror,
        ) from error


def read_snapshot(run: Run, snapshots: Path) -> Runbook:
    """The document of a run as it was when the run began. Blocking. Raises RunRefused."""
    if not HASH.fullmatch(run.sha256):
        raise RunRefused("The run does not say which document it works on.", code="run-without-document")
    try:
        raw = snapshot_path(snapshots, run.sha256).read_bytes()
    except OSError as error:
        if (kept := _read_without_secrets(run, snapshots)) is not None:
            return kept
        raise RunRefused(
            f"The document of this run is not in {snapshots} any more: {error.strerror}.",
            code="document-lost",
            folder=snapshots,
            reason=error.strerror,
        ) from error
    # What was mended when it was read stays mended: reading it again finds no damage.
    return replace(read_runbook(run.path, raw), sha256=run.sha256, damage=Damage.NONE)


def _read_without_secrets(run: Run, snapshots: Path) -> Runbook | None:
    """The document itself while it is what it was; else its text without secrets, in which what held one cannot run."""
    try:
        raw = masked_path(snapshots, run.sha256).read_bytes()
    except OSError:
        return None
    with suppress(OSError):
        present = open_file(Path(run.path))
        if present.sha256 == run.sha256:
            return present
    runbook = read_runbook(run.path, raw)
    procedures = tuple(
        replace(procedure, steps=tuple(map(_without_running_dots, procedure.steps))) for procedure in runbook.procedures
    )
    return replace(runbook, sha256=run.sha256, damage=Damage.NONE, procedures=procedures)


def _without_running_dots(step: Step) -> Step:
    return replace(step, unparsed=SECRET_NOT_KEPT) if MASK in step.command else step

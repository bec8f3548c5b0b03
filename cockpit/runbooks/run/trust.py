"""May this document run? What ran before runs again; what is new or has changed is shown first."""

import difflib
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from cockpit.model.run import Run
from cockpit.model.runbook import Damage, Runbook
from cockpit.platforms.registry import list_procedure_folders
from cockpit.runbooks.document.read import read_runbook, secrets_of, text_for_people
from cockpit.runbooks.run.process.files import make_directory, write_whole
from cockpit.runbooks.shell_syntax.literal_secrets import hide_in_text, secrets_in
from cockpit.runbooks.types import RunRefused

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
    if same:
        return Trust("known", runbook.sha256, runs=same)
    if not earlier_runs:
        return Trust("new", runbook.sha256, text_for_people(runbook))
    last = max(earlier_runs, key=lambda run: run.started)
    try:
        before = snapshot_path(snapshots, last.sha256).read_text()
    except OSError:
        return Trust("changed", runbook.sha256, text_for_people(runbook))
    lines = format_difference(before, runbook.text)  # before anything is hidden: a secret that changed is a difference
    return Trust("changed", runbook.sha256, hide_in_text(lines, secrets_of(runbook.procedures)))


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


def snapshot_path(snapshots: Path, sha256: str) -> Path:
    return snapshots / f"{sha256}.md"


def keep_snapshot(runbook: Runbook, snapshots: Path) -> None:
    """Keep the text that a run works on, under the hash of the document. Blocking. Raises RunRefused.

    A typed command with a secret in it is nowhere on the disk, and is not put there.
    """
    steps = (step for procedure in runbook.procedures for step in procedure.commands)
    if any(step.literal and secrets_in(step.command) for step in steps):
        return
    path = snapshot_path(snapshots, runbook.sha256)
    try:
        make_directory(snapshots)
        if not path.exists():
            write_whole(path, runbook.text.encode())
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
        raise RunRefused(
            f"The document of this run is not in {snapshots} any more: {error.strerror}.",
            code="document-lost",
            folder=snapshots,
            reason=error.strerror,
        ) from error
    # What was mended when it was read stays mended: reading it again finds no damage.
    return replace(read_runbook(run.path, raw), sha256=run.sha256, damage=Damage.NONE)

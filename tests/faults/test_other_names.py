"""A timeline that is reached by another name, or was opened before what lies beside it was removed: no fact is lost."""

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cockpit.cli.options import Common, timeline_path
from cockpit.model.event import RecordError
from cockpit.model.system import Environment, System
from cockpit.recorder.lock import lock_path
from cockpit.timeline import connection
from cockpit.timeline.rescue import FilesLostError, find_saved, load_saved
from tests.refusals import refuses
from tests.unit.timeline.files import note, notes, opened

OTHER = (
    "import sys\nfrom pathlib import Path\nfrom tests.unit.timeline.files import notes, opened\n"
    "with opened(Path(sys.argv[1]), patience=20) as timeline:\n"
    "    timeline.record(notes(2))\n    print('open', flush=True)\n    sys.stdin.read()\n"
)


@contextmanager
def opened_by_another(path: Path) -> Iterator[None]:
    """Another process has written two notes and has the file open."""
    command = [sys.executable, "-c", OTHER, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        yield
        other.communicate("")


def link_hard(path: Path) -> Path:
    (path.parent / "team").mkdir()
    os.link(path, name := path.parent / "team" / "timeline.db")
    return name


def remove_what_lies_beside(path: Path) -> Path:
    for suffix in ("-wal", "-shm"):
        Path(f"{path}{suffix}").unlink()
    return path


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who holds which lock")
@pytest.mark.parametrize("name_otherwise", [link_hard, remove_what_lies_beside])
def test_a_file_that_somebody_has_open_with_another_log_beside_it_is_not_written_to(
    tmp_path: Path, name_otherwise: Callable[[Path], Path]
) -> None:
    """Both were acknowledged, and one of them was overwritten when the other ended."""
    path = tmp_path / "timeline.db"
    with opened_by_another(path):
        name = name_otherwise(path)
        with refuses("file-open-by-another-name", RecordError), opened(name):
            pass
    with opened(name) as timeline:
        timeline.record([note("after it")])
        assert [event.summary for event in timeline.events()] == ["note 1", "note 2", "after it"]
        assert timeline.verify().ok


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who holds which lock")
def test_of_two_who_make_one_file_neither_is_refused_for_what_the_other_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen in two of fifty starts at once: for half a minute, and then as if somebody had a hard link."""
    path, open_with_wal = tmp_path / "timeline.db", connection._open_with_wal
    others: list[subprocess.Popen[str]] = []

    def open_before_the_other(path: Path, patience: float) -> sqlite3.Connection:
        monkeypatch.setattr(connection, "_open_with_wal", open_with_wal)
        first = open_with_wal(path, patience)
        first.execute("SELECT count(*) FROM sqlite_master").fetchone()
        remove_what_lies_beside(path)
        command = [sys.executable, "-c", OTHER, str(path)]
        others.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        end = time.monotonic() + 20
        while not Path(f"{path}-shm").exists():
            assert time.monotonic() < end
            time.sleep(0.01)
        return first

    monkeypatch.setattr(connection, "_open_with_wal", open_before_the_other)
    with opened(path, patience=20) as timeline, others[0] as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        timeline.record([note("beside it")])
        assert {event.summary for event in timeline.events()} == {"note 1", "note 2", "beside it"}
        assert timeline.verify().ok
        other.communicate("")


def link(path: Path) -> Path:
    (path.parent / "links").mkdir()
    (name := path.parent / "links" / "oncall.db").symlink_to(path)
    return name


def test_what_was_acknowledged_through_a_link_is_saved_when_the_log_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "timeline.db"
    with opened(link(path)) as timeline:
        hashes = [event.hash for event in timeline.record(notes(2))]
        path.with_name("timeline.db-wal").unlink()
        with pytest.raises(FilesLostError):
            timeline.record([note("never acknowledged")])
    (saved,) = find_saved(path)
    assert [row.hash for row in load_saved(saved)] == hashes


def test_what_belongs_to_a_timeline_lies_beside_the_file_and_not_beside_a_link_to_it(tmp_path: Path) -> None:
    """Heartbeats that were reported by the one name were not seen by the other, and both recorded."""
    path = tmp_path / "timeline.db"
    name = link(path)
    with opened(name) as timeline:
        assert lock_path(timeline.path, "prod") == lock_path(path, "prod")
    system = System("shop", (Environment("prod"),), str(tmp_path))
    assert timeline_path(system, Common(db=str(name))) == path

"""Files of a timeline removed, replaced or cut under the program that writes it: what was acknowledged comes back."""

import fcntl
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.cli.timeline import take_back
from cockpit.model.event import Kind, RecordError
from cockpit.timeline.rescue import (
    FilesLostError,
    TimelineRecovery,
    describe_left_files,
    describe_orphaned_wal,
    find_orphaned_wals,
    find_saved,
    load_saved,
    restore_backup,
)
from cockpit.timeline.timeline import Timeline
from tests.examples import scale_examples
from tests.unit.timeline.files import NIGHT, note, notes, opened


def wal_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def move_older_copy_in(path: Path) -> None:
    copy = path.with_name("copy.db")
    shutil.copyfile(path, copy)  # without the -wal: what was checkpointed alone
    os.replace(copy, path)


def empty_wal_file(path: Path) -> None:
    wal_of(path).unlink()
    wal_of(path).touch()


def remove_both(path: Path) -> None:
    path.unlink()
    wal_of(path).unlink()


HARMS: dict[str, Callable[[Path], None]] = {
    "wal removed": lambda path: wal_of(path).unlink(),
    "wal replaced": empty_wal_file,
    "wal emptied where it is": lambda path: os.truncate(wal_of(path), 0),
    "wal cut in half": lambda path: os.truncate(wal_of(path), wal_of(path).stat().st_size // 2),
    "file removed": lambda path: path.unlink(),
    "file and wal removed": remove_both,
    "older copy in its place": move_older_copy_in,
    "file cut short": lambda path: os.truncate(path, 4096),
    "file emptied": lambda path: os.truncate(path, 0),
}


def lose(path: Path, harm: str, acknowledged: int = 3) -> list[str]:
    """A cockpit acknowledges notes, loses its files, notices, and ends. The hashes of what it acknowledged."""
    with opened(path) as timeline:
        timeline.record([note("on the disk", detail={"text": "x" * 20_000})])
        with closing(sqlite3.connect(path)) as other:
            other.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        hashes = [event.hash for event in timeline.record(notes(acknowledged))]
        HARMS[harm](path)
        with pytest.raises(FilesLostError):
            timeline.check_files()
        with pytest.raises(FilesLostError):
            timeline.record([note("never acknowledged")])
        content = path.read_bytes() if path.exists() else None
    if content is not None:
        path.write_bytes(content)  # as after kill -9: closing it in peace moves the -wal in
    for suffix in ("-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    return hashes


def recover(timeline: Timeline) -> TimelineRecovery:
    (saved,) = find_saved(timeline.path)
    return timeline.recover(load_saved(saved))


@pytest.mark.parametrize("harm", HARMS)
def test_what_was_acknowledged_is_saved_once_and_what_was_not_is_not(tmp_path: Path, harm: str) -> None:
    hashes = lose(tmp_path / "timeline.db", harm)
    (saved,) = find_saved(tmp_path / "timeline.db")
    rows = load_saved(saved)
    assert [row.hash for row in rows][-3:] == hashes
    assert "never acknowledged" not in {row.summary for row in rows}
    assert saved.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("harm", ["wal removed", "wal replaced", "file removed", "older copy in its place"])
def test_a_file_that_ends_before_it_gets_everything_back_as_it_was(tmp_path: Path, harm: str) -> None:
    path = tmp_path / "timeline.db"
    hashes = lose(path, harm)
    with opened(path) as timeline:
        recovery = recover(timeline)
        assert [event.hash for event in timeline.events()][-3:] == hashes
        assert timeline.verify().ok
        assert (recovery.again, recovery.left_out) == (0, 0)


@pytest.mark.parametrize("harm", HARMS)
def test_a_file_that_went_on_gets_it_behind_with_its_own_time_and_words(tmp_path: Path, harm: str) -> None:
    path = tmp_path / "timeline.db"
    hashes = lose(path, harm)
    if harm.startswith("file"):
        path.unlink(missing_ok=True)  # the damaged one is put aside
    with opened(path) as timeline:
        timeline.record([note("of another night")])
        assert recover(timeline).again >= 3
        again = timeline.events()[-3:]
        assert [event.detail["recovered"]["hash"] for event in again] == hashes
        assert [(event.summary, event.occurred) for event in again] == [(f"note {n}", NIGHT) for n in (1, 2, 3)]
        assert timeline.verify().ok


def test_taking_back_twice_adds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "timeline.db"
    lose(path, "wal removed")
    with opened(path) as timeline:
        timeline.record([note("of another night")])
        recover(timeline)
        count = len(timeline.events())
        assert recover(timeline) == TimelineRecovery(present=3)
        assert len(timeline.events()) == count


def test_what_was_redacted_since_is_not_taken_back_again(tmp_path: Path) -> None:
    """Each cockpit that had the lost files open saves them, and one that was stopped does so late."""
    path = tmp_path / "timeline.db"
    lose(path, "file removed", acknowledged=1)
    (saved,) = find_saved(path)
    with opened(path) as timeline:
        timeline.record([note("of another night")])
        recover(timeline)
        number = timeline.events()[-1].id
        timeline.redact(number, "ana", "a token")
        before = len(timeline.events())
        assert timeline.recover(load_saved(saved)).again == 0
        assert len(timeline.events()) == before
        assert timeline.verify().ok


def test_pins_and_corrections_follow_what_they_are_about(tmp_path: Path) -> None:
    path = tmp_path / "timeline.db"
    with opened(path) as timeline:
        (old,) = timeline.record([note("old")])
        (fact,) = timeline.record([note("rolled back to 43")])
        timeline.record([note("rolled back to 42", supersedes=fact.id)])
        timeline.record([note("pinned", kind=Kind.PIN, subject=str(fact.id)), note("", kind=Kind.RECORDER)])
        rows = list(map(timeline.event, (fact.id, fact.id + 1, fact.id + 2)))
        assert all(rows)
        path.unlink()
        with pytest.raises(FilesLostError):
            timeline.check_files()
    for suffix in ("-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    with opened(path) as timeline:
        timeline.record(notes(5))
        assert recover(timeline) == TimelineRecovery(again=4, left_out=1)
        _, moved, correction, pin = timeline.events()[-4:]
        assert (correction.supersedes, pin.subject) == (moved.id, str(moved.id))
        assert old.summary == "old"


def lose_all(path: Path) -> None:
    """The file is lost under a cockpit that has noticed it."""
    with opened(path) as timeline:
        path.unlink()
        with pytest.raises(FilesLostError):
            timeline.check_files()
    for suffix in ("-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)


def test_what_names_another_event_by_its_id_never_names_a_third_one(tmp_path: Path) -> None:
    """The item of a note that was taken back ended that of another note, which had the number by then."""
    path = tmp_path / "timeline.db"
    with opened(path) as timeline:
        timeline.record([note("", kind=Kind.RECORDER), note("TODO: write the alert")])
        timeline.record(
            [
                note("done", kind=Kind.ITEM, subject="note-2", detail={"done": True}),
                note("told", kind=Kind.WEBHOOK, subject="pager", detail={"phase": "outcome", "event": 2}),
                note("pins a lease", kind=Kind.PIN, subject="1"),
                note("corrects nothing", supersedes=1),
                note("an item of its own", kind=Kind.ITEM, subject="a2c"),
            ]
        )
    lose_all(path)
    with opened(path) as timeline:
        timeline.record([note("the first now"), note("TODO: tell the authority")])
        assert recover(timeline) == TimelineRecovery(again=5, left_out=2)
        todo, item, told, correction, own = timeline.events()[2:]
        assert (todo.id, item.subject, told.detail["event"]) == (3, "note-3", 3)
        assert (correction.supersedes, own.subject) == (None, "a2c")


def test_what_was_taken_back_from_one_file_is_named_by_what_comes_from_another(tmp_path: Path) -> None:
    path = tmp_path / "timeline.db"
    with opened(path) as timeline:
        timeline.record([note("rolled back"), note("pinned", kind=Kind.PIN, subject="1")])
    lose_all(path)
    (saved,) = find_saved(path)
    rows = load_saved(saved)
    with opened(path) as timeline:
        timeline.record(notes(3))
        assert timeline.recover(rows[:1]).again == 1
        assert timeline.recover(rows).again == 1
        assert timeline.events()[-1].subject == "4"


def test_a_saved_row_that_is_not_as_it_was_saved_is_kept_where_it_is(tmp_path: Path) -> None:
    """Its file was removed with the rest: the only one that told what it was."""
    path = tmp_path / "timeline.db"
    lose(path, "wal removed")
    (saved,) = find_saved(path)
    saved.write_text(saved.read_text().replace("note 2", "note two"))
    with opened(path) as timeline:
        timeline.record(notes(2))
        (recovery,) = take_back(timeline).values()
        assert recovery == TimelineRecovery(again=2, left_out=1, changed=1)
        assert "note two" in saved.read_text()
        (recovery,) = take_back(timeline).values()
        assert recovery == TimelineRecovery(present=2, left_out=1, changed=1)


def test_a_saved_file_that_is_not_ours_to_remove_is_emptied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "timeline.db"
    lose(path, "wal removed")
    (saved,) = find_saved(path)

    def refuse(file: Path, *, missing_ok: bool = False) -> None:
        raise PermissionError(1, "Operation not permitted", str(file))

    monkeypatch.setattr(Path, "unlink", refuse)
    with opened(path) as timeline:
        (recovery,) = take_back(timeline).values()
    assert recovery.as_they_were == 3
    assert (saved.read_bytes(), find_saved(path)) == (b"", [])


def test_nobody_finds_saved_rows_before_they_are_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever took them back in that moment removed the file with the half of them."""
    path = tmp_path / "timeline.db"
    seen: list[list[Path]] = []
    monkeypatch.setattr("cockpit.timeline.rescue.os.fsync", lambda descriptor: seen.append(find_saved(path)))
    lose(path, "wal removed")
    assert seen[:1] == [[]]
    assert len(find_saved(path)) == 1


@pytest.mark.parametrize("what", ["nothing", "an empty file"])
def test_what_lies_in_the_wal_of_a_file_that_was_moved_away_is_kept(tmp_path: Path, what: str) -> None:
    """SQLite removed it as soon as a new file was begun in its place, and the old one had lost what was newest."""
    path, archived = tmp_path / "timeline.db", tmp_path / "archived.db"
    with opened(path) as timeline:
        timeline.record(notes(3))
        for suffix in ("", "-wal", "-shm"):
            shutil.copyfile(f"{path}{suffix}", tmp_path / f"killed{suffix}")
    os.replace(tmp_path / "killed", archived)  # as after kill -9; whoever archived it forgot the rest
    for suffix in ("-wal", "-shm"):
        os.replace(tmp_path / f"killed{suffix}", f"{path}{suffix}")
    path.unlink()
    if what == "an empty file":
        path.touch()
    with opened(path, read_only=True) as timeline:
        assert timeline.events() == []
        assert str(path) in "".join(describe_left_files(path))  # as a wall tells it
    with opened(path) as timeline:
        assert len(describe_left_files(path)) == 1
        timeline.record([note("a new day")])
        (wal,) = find_orphaned_wals(path)
        assert timeline.orphaned_wal == wal
        assert describe_left_files(path) == [describe_orphaned_wal(wal)]
    again = Path(str(wal).removesuffix("-wal"))
    os.replace(archived, again)
    with opened(again) as timeline:
        assert len(timeline.events()) == 3
        assert timeline.verify().ok
    assert find_orphaned_wals(path) == []
    assert describe_left_files(path) == []


@settings(max_examples=scale_examples(25), deadline=None)
@given(data=st.data())
def test_no_file_beside_the_timeline_can_write_what_was_not_sealed(data: st.DataObject, tmp_path_factory) -> None:  # type: ignore[no-untyped-def]
    tmp_path = tmp_path_factory.mktemp("forged")
    path = tmp_path / "timeline.db"
    lose(path, "wal removed")
    (saved,) = find_saved(path)
    text = saved.read_text()
    start = data.draw(st.integers(0, len(text) - 1))
    saved.write_text(text[:start] + data.draw(st.text(max_size=3)) + text[start + 1 :])
    with opened(path) as timeline:
        whole = {event.hash for event in timeline.events()}
        try:
            recover(timeline)
        except RecordError:
            assert {event.hash for event in timeline.events()} == whole
        assert timeline.verify().ok
        summaries = {event.summary for event in timeline.events()}
        assert summaries <= {"on the disk", "note 1", "note 2", "note 3"}


def backup_of(path: Path, copy: Path) -> None:
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)


def test_a_backup_takes_the_place_and_what_was_there_is_kept_whole(tmp_path: Path) -> None:
    path, backup = tmp_path / "timeline.db", tmp_path / "backup.db"
    with opened(path) as timeline:
        timeline.record(notes(2))
        backup_of(path, backup)
        timeline.record([note("since then")])
        shutil.copyfile(path, tmp_path / "crashed.db")
        shutil.copyfile(wal_of(path), tmp_path / "crashed.db-wal")
    for suffix in ("", "-wal"):  # as after kill -9: the newest event is in the -wal alone
        os.replace(tmp_path / f"crashed.db{suffix}", f"{path}{suffix}")
    restore = restore_backup(backup, path, NIGHT, 0.2)
    assert (restore.events, restore.only_before) == (2, 1)
    assert restore.aside is not None
    with opened(path) as timeline, opened(restore.aside) as before:
        assert [len(timeline.events()), len(before.events())] == [2, 3]
        assert timeline.record([note("goes on")])[0].id == 3
        assert timeline.verify().ok


def test_restores_of_one_moment_keep_each_timeline_that_was_there(tmp_path: Path) -> None:
    """The second put what it moved aside in the place of what the first had: a second, or a clock that was set back."""
    path, backup = tmp_path / "timeline.db", tmp_path / "backup.db"
    with opened(path) as timeline:
        timeline.record(notes(2))
        backup_of(path, backup)
        timeline.record([note("of before alone")])
    asides = [restore_backup(backup, path, NIGHT, 0.2).aside for _ in range(3)]
    assert len(set(asides)) == 3
    assert asides[0] is not None
    with opened(asides[0], read_only=True) as before:
        assert before.events()[-1].summary == "of before alone"


def test_a_restore_that_waited_for_another_one_moves_nothing_that_it_does_not_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, backup = tmp_path / "timeline.db", tmp_path / "backup.db"
    with opened(path) as timeline:
        timeline.record(notes(2))
        backup_of(path, backup)
    lock = fcntl.lockf

    def lock_late(*arguments: int) -> None:
        monkeypatch.setattr(fcntl, "lockf", lock)
        other = tmp_path / "of another restore.db"
        backup_of(path, other)
        os.replace(other, path)
        lock(*arguments)

    monkeypatch.setattr(fcntl, "lockf", lock_late)
    with pytest.raises(RecordError) as refused:
        restore_backup(backup, path, NIGHT, 0.2)
    assert refused.value.code == "file-replaced"
    assert not [file for file in tmp_path.iterdir() if ".before-" in file.name]


def test_nothing_is_restored_under_somebody_who_has_it_open(tmp_path: Path) -> None:
    import subprocess
    import sys

    path, backup = tmp_path / "timeline.db", tmp_path / "backup.db"
    with opened(path) as timeline:
        timeline.record(notes(2))
        backup_of(path, backup)
    script = (
        "import sys\nfrom pathlib import Path\nfrom tests.unit.timeline.files import opened\n"
        "with opened(Path(sys.argv[1])):\n    print('open', flush=True)\n    sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", script, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        with pytest.raises(RecordError):
            restore_backup(backup, path, NIGHT, 0.2)
        assert (
            sorted(file.name for file in tmp_path.iterdir() if "restoring" in file.name or "before" in file.name) == []
        )
        other.communicate("")
    assert restore_backup(backup, path, NIGHT, 0.2).events == 2


RESTORES = (
    "import sys\nfrom pathlib import Path\nfrom cockpit.timeline import rescue\n"
    "from tests.unit.timeline.files import NIGHT\n"
    "move_aside = rescue._move_aside\n"
    "def move_when_told(path, aside):\n"
    "    print('held', flush=True)\n    sys.stdin.read()\n    return move_aside(path, aside)\n"
    "rescue._move_aside = move_when_told\n"
    "rescue.restore_backup(Path(sys.argv[1]), Path(sys.argv[2]), NIGHT, 5.0)\n"
)


def test_who_waits_for_a_restore_writes_to_what_was_restored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It had opened the file that was moved aside, and its `-wal` was written into the backup in its place."""
    path, backup = tmp_path / "timeline.db", tmp_path / "backup.db"
    with opened(path) as timeline:
        timeline.record(notes(2))
        backup_of(path, backup)
        timeline.record([note("of before alone")])
    command = [sys.executable, "-c", RESTORES, str(backup), str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as restoring:
        assert restoring.stdout is not None
        assert restoring.stdout.readline() == "held\n"
        monkeypatch.setattr("cockpit.timeline.connection.sleep", lambda seconds: restoring.communicate())
        with opened(path, patience=5.0) as timeline:
            timeline.record([note("while it was restored")])
    with opened(path) as timeline:
        assert [event.summary for event in timeline.events()] == ["note 1", "note 2", "while it was restored"]
        assert timeline.verify().ok
    (aside,) = (file for file in tmp_path.iterdir() if ".before-" in file.name and file.suffix not in ("-wal", "-shm"))
    with opened(aside, read_only=True) as before:
        assert [event.summary for event in before.events()] == ["note 1", "note 2", "of before alone"]


@pytest.mark.parametrize("what", ["missing", "the timeline itself", "no database", "changed"])
def test_what_is_no_sound_backup_is_refused_and_nothing_moves(tmp_path: Path, what: str) -> None:
    path, backup = tmp_path / "timeline.db", tmp_path / "backup.db"
    with opened(path) as timeline:
        timeline.record(notes(2))
    match what:
        case "the timeline itself":
            backup = path
        case "no database":
            backup.write_text("hello")
        case "changed":
            shutil.copyfile(path, backup)
            with closing(sqlite3.connect(backup)) as tool:
                tool.execute("DROP TRIGGER events_are_only_emptied")
                tool.execute("UPDATE events SET summary = 'other' WHERE id = 1")
                tool.commit()
    before, content = names_in(tmp_path), path.read_bytes()
    with pytest.raises(RecordError):
        restore_backup(backup, path, NIGHT, 0.2)
    assert names_in(tmp_path) == before
    assert path.read_bytes() == content


def names_in(directory: Path) -> set[str]:
    """Without what SQLite makes beside a backup that it reads."""
    return {file.name for file in directory.iterdir() if not file.name.startswith("backup.db-")}


OTHER_PROGRAMS = ("PRAGMA wal_checkpoint(TRUNCATE)", "PRAGMA wal_checkpoint(RESTART)", "VACUUM", "ANALYZE", "REINDEX")


@pytest.mark.parametrize("statement", OTHER_PROGRAMS)
def test_what_other_programs_do_to_it_in_peace_is_no_loss(tmp_path: Path, statement: str) -> None:
    path = tmp_path / "timeline.db"
    with opened(path) as timeline:
        for number in range(3):
            timeline.record([note(f"before {number}")])
            with closing(sqlite3.connect(path)) as other:
                other.execute(statement).fetchall()
            timeline.check_files()
            timeline.record([note(f"after {number}")])
        assert len(timeline.events()) == 6


def test_what_was_acknowledged_is_saved_when_somebody_restores_into_the_open_file(tmp_path: Path) -> None:
    path = tmp_path / "timeline.db"
    with opened(path) as timeline:
        acknowledged = [event.hash for event in timeline.record(notes(3))]
        with closing(sqlite3.connect(":memory:")) as another, closing(sqlite3.connect(path)) as target:
            another.execute("CREATE TABLE shop (a)")
            another.backup(target)
        with pytest.raises(FilesLostError):
            timeline.record([note("never acknowledged")])
    (saved,) = find_saved(path)
    assert [row.hash for row in load_saved(saved)] == acknowledged


HOLDS_NOTHING = """
import fcntl, sys
with open(sys.argv[1], "r+b") as index:
    fcntl.lockf(index, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, 128)
"""


def is_index_free(path: Path) -> bool:
    """Whether the next program that opens the timeline would take nobody to have it open, and empty its `-shm`."""
    index = path.with_name(f"{path.name}-shm")
    return subprocess.run([sys.executable, "-c", HOLDS_NOTHING, str(index)], capture_output=True).returncode == 0


def test_no_look_at_the_files_lets_go_of_the_locks_on_them(tmp_path: Path) -> None:
    """A file that is opened and closed beside SQLite loses its locks; another program then ends us by SIGBUS."""
    path = tmp_path / "timeline.db"
    with opened(path) as timeline:
        timeline.record(notes(3))
        assert not is_index_free(path)
        with closing(sqlite3.connect(path)) as other:
            other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()  # shorter, and in peace
        timeline.record(notes(1))
        timeline.check_files()
        assert not is_index_free(path)
    assert is_index_free(path) or not path.with_name(f"{path.name}-shm").exists()

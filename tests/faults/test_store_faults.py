"""What disks, permissions and other programs do to the timeline: each is one clear sentence, and nothing is lost."""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from random import Random

import pytest

from cockpit.model.event import Event, RecordError
from cockpit.timeline import connection as store_files
from cockpit.timeline.connection import find_filesystem
from cockpit.timeline.hash_chain import ChainVerdict
from cockpit.timeline.timeline import Timeline
from tests.unit.timeline.files import any_tool, note, notes, opened

NOBODY = 65534


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "timeline.db"


@pytest.fixture
def ours() -> Iterator[Path]:
    """A directory of a user without privileges, whom the test then runs as: root may write anything anywhere."""
    import sqlite_utils  # noqa: F401  # who we become may not be able to read where this is installed

    directory = Path(tempfile.mkdtemp())
    if os.geteuid() != 0:
        yield directory
    else:
        os.chown(directory, NOBODY, NOBODY)
        os.seteuid(NOBODY)
        try:
            yield directory
        finally:
            os.seteuid(0)
    subprocess.run(["chmod", "-R", "u+rwx", directory], check=True)
    shutil.rmtree(directory)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of half a megabyte."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", disk], capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"cannot mount a small disk here: {mounted.stderr.strip()}")
    yield disk
    subprocess.run(["umount", disk], check=True)


def recorded_until_refused(timeline: Timeline) -> tuple[list[Event], str]:
    """Every event that was shown before the first refusal, and what that said."""
    shown: list[Event] = []
    for _ in range(1000):
        try:
            shown += timeline.record(notes(3, detail={"text": "x" * 1000}))
        except RecordError as error:
            return shown, str(error)
    raise AssertionError("nothing stopped it")


def test_a_full_disk_is_reported_and_writing_goes_on_when_there_is_space_again(small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * 150_000)
    with opened(small_disk / "timeline.db") as timeline:
        shown, sentence = recorded_until_refused(timeline)
        assert re.search(r"disk .* (is full|refused).*everything before it is safe.*space", sentence)
        assert shown, "there was room for some"
        assert timeline.events() == shown
        with pytest.raises(RecordError):
            timeline.record(notes(3, detail={"text": "x" * 1000}))
        ballast.unlink()
        shown += timeline.record(notes(3))
        assert timeline.events() == shown
        assert timeline.verify().ok


def test_what_was_recorded_is_read_on_a_disk_without_any_room(small_disk: Path) -> None:
    path = small_disk / "timeline.db"
    with opened(path) as timeline:
        shown = timeline.record(notes(3))
    with suppress(OSError), (small_disk / "ballast").open("wb", buffering=0) as ballast:
        while ballast.write(b"x" * 4096):
            pass
    with opened(path, read_only=True) as timeline:
        assert timeline.events() == shown


def test_a_disk_that_is_full_from_the_start_leaves_no_half_made_file(small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * (512 * 1024 - 4096))
    with pytest.raises(RecordError, match=r"disk .* (is full|refused)"), opened(small_disk / "timeline.db"):
        pass
    ballast.unlink()
    with opened(small_disk / "timeline.db") as timeline:
        timeline.record(notes(1))
        assert timeline.verify().ok


def test_a_file_that_may_not_grow_any_further_is_reported(path: Path) -> None:
    """What a quota does; works without the right to mount a disk."""
    script = (
        "import resource, sys; from pathlib import Path; from cockpit.model.event import RecordError\n"
        "from tests.unit.timeline.files import notes, opened\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))\n"
        "with opened(Path(sys.argv[1])) as timeline:\n"
        "    try:\n"
        "        while True: print(len(timeline.record(notes(3, detail={'text': 'x' * 1000}))))\n"
        "    except RecordError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True)
    *counts, sentence = done.stdout.splitlines()
    assert "everything before it is safe" in sentence
    assert done.stderr == ""
    with opened(path) as timeline:
        assert len(timeline.events()) == 3 * len(counts) > 0
        assert timeline.verify().ok


def test_a_locked_file_is_waited_for_and_then_reported(path: Path) -> None:
    with opened(path, patience=0.05) as timeline, any_tool(path) as other:
        timeline.record(notes(1))
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(RecordError, match=r"was locked by another program for more than 0\.05 s.*try again"):
            timeline.record(notes(1))
        assert len(timeline.events()) == 1, "reading never waits for a writer"
        other.execute("ROLLBACK")
        assert [event.id for event in timeline.record(notes(1))] == [2]


def test_three_processes_write_at_once_and_lose_nothing(path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from tests.unit.timeline.files import notes, opened\n"
        "with opened(Path(sys.argv[1]), patience=30) as timeline:\n"
        "    for number in range(25): timeline.record(notes(2, actor=sys.argv[2]))"
    )
    writers = [subprocess.Popen([sys.executable, "-c", script, str(path), name]) for name in ("ana", "ben", "cem")]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    with opened(path, read_only=True) as timeline:
        events = timeline.events()
        assert timeline.verify().count == len(events) == 150
    assert all(one.actor == two.actor for one, two in zip(events[::2], events[1::2], strict=True)), "no call was split"


def test_a_read_only_file_is_reported_at_the_start_and_can_still_be_read(ours: Path) -> None:
    path = ours / "timeline.db"
    with opened(path) as timeline:
        timeline.record(notes(2))
    path.chmod(0o400)
    with pytest.raises(RecordError, match=r"timeline\.db.* read-only for you\. Ask its owner"), opened(path):
        pass
    with opened(path, read_only=True) as timeline:
        assert timeline.verify().count == 2


def test_a_read_only_directory_is_reported_at_the_start_and_its_file_can_still_be_read(ours: Path) -> None:
    path = ours / "timeline.db"
    with opened(path) as timeline:
        timeline.record(notes(2))
    ours.chmod(0o500)
    with pytest.raises(RecordError, match=r"timeline\.db.*Ask its owner for write access"), opened(path):
        pass
    with pytest.raises(RecordError, match=r"is closed to you\. Ask its owner"), opened(ours / "new" / "timeline.db"):
        pass
    with opened(path, read_only=True) as timeline:
        assert len(timeline.events()) == 2
        received: list[int] = []
        timeline.follow(lambda events: received.extend(event.id for event in events), after=0)()


def test_a_file_that_becomes_read_only_while_it_is_open_loses_nothing(ours: Path) -> None:
    """An open file stays writable for who opened it; after a fault forces it to be opened again, it is said."""
    path = ours / "timeline.db"
    with opened(path) as timeline:
        timeline.record(notes(1))
        path.chmod(0o400)
        timeline.record(notes(1))
        assert timeline.verify().count == 2


def test_a_directory_closed_to_us_is_reported(ours: Path) -> None:
    closed = ours / "closed"
    closed.mkdir(mode=0o000)
    for read_only in (False, True):
        with pytest.raises(RecordError, match="closed to you"), opened(closed / "timeline.db", read_only=read_only):
            pass


@pytest.mark.parametrize(
    "content", [b"# notes\nnot a database\n" * 50, b"\x00" * 5000, b"SQLite format 3\x00" + b"\xff" * 4080]
)
def test_a_file_that_is_no_timeline_is_refused_and_left_as_it_is(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    for read_only in (False, True):
        with pytest.raises(RecordError, match=r"is not a timeline|is damaged"), opened(path, read_only=read_only):
            pass
    assert path.read_bytes() == content


def test_the_database_of_another_program_is_refused_and_left_as_it_is(path: Path) -> None:
    with any_tool(path) as connection:
        connection.execute("CREATE TABLE bookmarks (url TEXT)")
    before = path.read_bytes()
    for read_only in (False, True):
        with pytest.raises(RecordError, match="database of another program"), opened(path, read_only=read_only):
            pass
    with any_tool(path) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("bookmarks",)]
        assert len(path.read_bytes()) == len(before)


def test_a_file_of_a_newer_cockpit_is_refused_politely(path: Path) -> None:
    with opened(path) as timeline:
        timeline.record(notes(1))
    with any_tool(path) as connection:
        connection.execute("PRAGMA user_version = 2")
    for read_only in (False, True):
        with pytest.raises(RecordError, match=r"newer cockpit .*update this one"), opened(path, read_only=read_only):
            pass


def test_an_empty_file_becomes_a_timeline(path: Path) -> None:
    path.touch()
    with opened(path, read_only=True) as timeline:
        assert timeline.events() == []
    with opened(path) as timeline:
        assert len(timeline.record(notes(1))) == 1


def test_a_timeline_that_is_just_being_made_reads_as_one_without_events(path: Path) -> None:
    with any_tool(path) as connection:
        connection.execute("PRAGMA journal_mode = WAL")  # its header is written, its schema is not yet
    assert path.stat().st_size
    with opened(path, read_only=True) as timeline:
        assert timeline.events() == []


def finding(path: Path) -> ChainVerdict:
    """The verdict on a file; one that cannot even be opened is damaged, too."""
    try:
        with opened(path, read_only=True) as timeline:
            return timeline.verify()
    except RecordError as error:
        return ChainVerdict(False, 0, "", None, str(error))


def pages(path: Path) -> int:
    return path.stat().st_size // 4096


@pytest.fixture
def long_file(path: Path) -> Path:
    with opened(path) as timeline:
        timeline.record(notes(400, incident="INC-1", detail={"text": "x" * 100}))
    return path


@pytest.mark.parametrize("seed", range(25))
def test_a_page_overwritten_with_garbage_is_found_wherever_it_is(long_file: Path, seed: int) -> None:
    random = Random(seed)
    page = seed % pages(long_file) if seed < 10 else random.randrange(pages(long_file))
    with long_file.open("r+b") as file:
        file.seek(page * 4096)
        file.write(random.randbytes(200))
    verdict = finding(long_file)
    assert not verdict.ok
    assert verdict.reason


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.9, 0.99])
def test_a_file_cut_short_is_found(long_file: Path, keep: float) -> None:
    os.truncate(long_file, int(long_file.stat().st_size * keep))
    assert not finding(long_file).ok


def test_damage_met_in_passing_is_a_sentence_that_says_what_to_do(long_file: Path) -> None:
    with opened(long_file) as timeline:
        with long_file.open("r+b") as file:
            for page in range(1, pages(long_file)):
                file.seek(page * 4096)
                file.write(b"\xff" * 64)
        with pytest.raises(RecordError, match=r"is damaged.*restore a backup"):
            timeline.events()
        with pytest.raises(RecordError, match=r"is damaged.*restore a backup"):
            timeline.record(notes(1))
        assert not timeline.verify().ok


def test_a_file_replaced_underneath_is_not_written_to(path: Path) -> None:
    with opened(path.with_name("other.db")) as other:
        other.record(notes(1))
    with opened(path) as timeline:
        timeline.record(notes(3))
        path.rename(path.with_name("kept.db"))
        path.with_name("other.db").rename(path)
        with pytest.raises(RecordError, match="was replaced or removed while it was open"):
            timeline.record([note("lost?")])
        path.rename(path.with_name("other.db"))
        path.with_name("kept.db").rename(path)
        assert [event.id for event in timeline.record([note("not lost")])] == [4]


def test_a_file_that_was_removed_is_not_made_anew_behind_our_back(path: Path) -> None:
    with opened(path) as timeline:
        timeline.record(notes(3))
        path.unlink()
        with pytest.raises(RecordError, match="was replaced or removed while it was open"):
            timeline.record([note("lost?")])
        assert not path.exists()


def test_an_older_copy_put_in_place_is_not_written_to(path: Path) -> None:
    """Restored by a tool that writes into the file that is there, so that only the content tells."""
    with opened(path) as timeline:
        timeline.record(notes(3))
        with any_tool(path.with_name("backup.db")) as backup, any_tool(path) as now:
            now.backup(backup)
        timeline.record(notes(2))
        with any_tool(path.with_name("backup.db")) as backup, any_tool(path) as now:
            backup.backup(now)
        with pytest.raises(RecordError, match="was replaced or removed while it was open"):
            timeline.record([note("lost?")])
        assert len(timeline.events()) == 3


@pytest.mark.parametrize(("shared", "directory", "file"), [(False, 0o700, 0o600), (True, 0o2770, 0o660)])
def test_the_file_and_those_beside_it_are_as_open_as_the_directory_is_meant_to_be(
    tmp_path: Path, shared: bool, directory: int, file: int
) -> None:
    home = tmp_path / "data" / "cockpit"
    if shared:
        home.mkdir(parents=True)
        home.chmod(0o2770)
    before = os.umask(0o077)
    try:
        with opened(home / "timeline.db") as timeline:
            timeline.record(notes(1))
            modes = {each.name: each.stat().st_mode & 0o7777 for each in home.iterdir()}
    finally:
        os.umask(before)
    assert home.stat().st_mode & 0o7777 == directory
    assert modes == {"timeline.db": file, "timeline.db-wal": file, "timeline.db-shm": file}


@pytest.mark.parametrize("name", ["what?.db", "50%20.db", "a#b.db", "ünï çödé.db", "-wal"])
def test_any_file_name_is_taken_as_it_is(tmp_path: Path, name: str) -> None:
    with opened(tmp_path / name) as timeline:
        timeline.record(notes(1))
        assert timeline.verify().ok
        assert name in {each.name for each in tmp_path.iterdir()}


MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:30 / /home rw,relatime shared:2 - nfs4 files.example.com:/home rw,vers=4.2
31 22 0:31 / /mnt/my\\040share rw shared:3 - cifs //files.example.com/x rw
32 30 8:2 / /home/local rw - xfs /dev/sdb1 rw
33 22 0:33 / /auto rw - autofs systemd-1 rw
34 33 0:34 / /auto rw - fuse.sshfs ana@files.example.com:/ rw
a line nobody understands
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/lib/cockpit/timeline.db", "ext4"),
        ("/home/ana/timeline.db", "nfs4"),
        ("/homely/timeline.db", "ext4"),
        ("/home/local/timeline.db", "xfs"),
        ("/mnt/my share/timeline.db", "cifs"),
        ("/auto/timeline.db", "fuse.sshfs"),
    ],
)
def test_the_filesystem_of_a_path_is_that_of_the_innermost_mount(path: str, kind: str) -> None:
    assert find_filesystem(Path(path), MOUNTS) == kind


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "9p", "fuse.sshfs"])
def test_a_network_filesystem_is_refused_before_anything_is_made_on_it(
    path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounts = path.with_name("mountinfo")
    mounts.write_text(f"22 1 8:1 / / rw - {kind} somewhere rw\n")
    monkeypatch.setattr(store_files, "MOUNTS", mounts)
    with pytest.raises(RecordError, match=rf"network filesystem \({kind}\).*local disk"), opened(path):
        pass
    assert not path.exists()


def test_where_mounts_cannot_be_listed_nothing_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_files, "MOUNTS", path.with_name("no such file"))
    with opened(path) as timeline:
        assert timeline.record(notes(1))


def test_an_error_nobody_foresaw_is_still_one_sentence(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(path) as timeline:

        def plan(reader: object) -> list[object]:
            raise sqlite3.OperationalError("something new\x1b[2J")

        with pytest.raises(RecordError, match=r"cannot be used: something new�\[2J\.") as raised:
            timeline.record(plan)  # type: ignore[arg-type]
        assert "\x1b" not in str(raised.value)
        assert timeline.record(notes(1))[0].id == 1


@pytest.mark.parametrize("harm", ["wal removed", "wal replaced", "file cut short", "file emptied"])
def test_nothing_is_acknowledged_once_the_files_are_not_what_they_were(tmp_path: Path, harm: str) -> None:
    path = tmp_path / "timeline.db"
    wal = tmp_path / "timeline.db-wal"
    with opened(path) as timeline:
        timeline.record([note("first", detail={"text": "x" * 20_000})])
        with closing(sqlite3.connect(path)) as other:
            other.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        timeline.record([note("acknowledged")])
        if harm == "wal removed":
            wal.unlink()
        elif harm == "wal replaced":
            wal.rename(tmp_path / "kept")
            wal.write_bytes(b"")
        else:
            os.truncate(path, 4096 if harm == "file cut short" else 0)
        for _ in range(2):
            with pytest.raises(RecordError):
                timeline.record([note("never acknowledged")])
            with pytest.raises(RecordError):
                timeline.check_files()

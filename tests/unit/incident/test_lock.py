"""Of all cockpits on one file and environment, one records."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cockpit.incident.lock import RecorderLock, lock_path, this_process
from cockpit.model.event import RecordError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return lock_path(tmp_path / "timeline.db", "prod")


def test_the_first_holds_it_and_the_others_see_who(path: Path) -> None:
    first, second = RecorderLock(path, "ana@jump-1 pid 11"), RecorderLock(path, "ben@jump-1 pid 12")
    assert first.try_acquire()
    assert first.try_acquire(), "asking again keeps it"
    assert not second.try_acquire()
    assert (first.held, second.held) == (True, False)
    assert second.holder() == "ana@jump-1 pid 11"
    first.release()
    assert second.holder() == ""
    assert second.try_acquire()
    assert first.holder() == "ben@jump-1 pid 12"
    second.release()
    second.release()


def test_each_environment_has_a_lock_of_its_own_beside_the_file(tmp_path: Path) -> None:
    file = tmp_path / "timeline.db"
    assert lock_path(file, "prod") == tmp_path / "timeline.db.prod.lock"
    strange = lock_path(file, "../eu/prod west")
    assert strange.parent == tmp_path
    assert RecorderLock(strange).try_acquire()
    assert RecorderLock(lock_path(file, "prod")).try_acquire()


def test_kill_minus_nine_frees_it(path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from cockpit.incident.lock import RecorderLock\n"
        "lock = RecorderLock(Path(sys.argv[1])); print(lock.try_acquire(), flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "True\n"
        mine = RecorderLock(path)
        assert not mine.try_acquire()
        assert mine.holder().endswith(f"pid {child.pid}")
        child.kill()
        child.wait()
    assert mine.holder() == "", "what the file still says is of somebody who was killed"
    assert mine.try_acquire()


def test_a_lock_file_that_was_removed_is_no_longer_held(path: Path) -> None:
    first, second = RecorderLock(path), RecorderLock(path)
    assert first.try_acquire()
    path.unlink()
    assert not first.held
    assert second.try_acquire()
    assert not first.try_acquire()
    assert second.held


def test_the_name_of_a_holder_is_cleaned_for_it_comes_from_a_shared_directory(path: Path) -> None:
    holder = RecorderLock(path, "x")
    assert holder.try_acquire()
    path.write_bytes(b"ana\x1b]52;c;aGk=\x07\xff\nroot" + b"x" * 1000)
    assert "\x1b" not in holder.holder()
    assert "\n" not in holder.holder()
    assert len(holder.holder()) <= 200


def test_a_link_planted_in_a_shared_directory_is_not_followed(path: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    path.symlink_to(victim)
    with pytest.raises(RecordError):
        RecorderLock(path).try_acquire()
    assert RecorderLock(path).holder() == ""
    assert victim.read_text() == "precious"


def test_a_directory_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match=r"prod\.lock"):
        RecorderLock(tmp_path / "gone" / "timeline.db.prod.lock").try_acquire()


@pytest.mark.parametrize(("directory", "file"), [(0o2770, 0o660), (0o700, 0o600), (0o755, 0o600), (0o1777, 0o600)])
def test_a_team_can_take_over_the_lock_only_in_a_directory_it_shares(tmp_path: Path, directory: int, file: int) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(directory)
    lock = RecorderLock(shared / "timeline.db.prod.lock")
    before = os.umask(0o077)
    try:
        assert lock.try_acquire()
    finally:
        os.umask(before)
    assert lock.path.stat().st_mode & 0o777 == file


def test_a_user_without_a_name_still_has_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: (_ for _ in ()).throw(KeyError("uid not found")))
    assert this_process().startswith(f"uid {os.getuid()}@")
    assert this_process().endswith(f"pid {os.getpid()}")

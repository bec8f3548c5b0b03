"""Of all cockpits on one file and environment, one records."""

import fcntl
import os
import subprocess
import sys
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from cockpit.model.event import RecordError
from cockpit.recorder.lock import (
    LONGEST_LOOK,
    PASS_OVER_AFTER,
    HolderWatch,
    LockHolder,
    RecorderLock,
    lock_path,
    this_process,
    watch_holder,
)
from cockpit.recorder.record_end import read_record_end
from cockpit.timeline.timeline import Timeline
from tests.unit.incident.story import NIGHT


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
        "import sys, time; from pathlib import Path; from cockpit.recorder.lock import RecorderLock\n"
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
    monkeypatch.setattr(os, "getuid", lambda: 4_000_000_001)
    assert this_process().startswith("uid 4000000001@")
    assert this_process().endswith(f"pid {os.getpid()}")


def lock_of_an_older_version(path: Path, who: str) -> int:
    """As 0.1.0 took it: an flock, the name, nothing else. Closing the descriptor lets it go."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, who.encode(), 0)
    return descriptor


def read(lock: RecorderLock) -> LockHolder:
    holder = lock.read_holder()
    assert holder is not None
    return holder


def test_a_holder_that_is_passed_over_no_longer_holds_it_whatever_it_does(path: Path) -> None:
    stopped, other = RecorderLock(path, "ana@jump-1 pid 11"), RecorderLock(path, "ben@jump-1 pid 12")
    assert stopped.try_acquire()
    assert other.pass_over(read(other))
    assert (stopped.held, other.held) == (False, True)
    stopped.beat(7, recording=True)
    assert not stopped.try_acquire()
    assert stopped.holder() == read(stopped).who == "ben@jump-1 pid 12"
    assert [file.name for file in path.parent.iterdir()] == [path.name], "nothing is left beside it"


def test_a_holder_that_moved_since_the_look_is_not_passed_over(path: Path) -> None:
    alive, other = RecorderLock(path), RecorderLock(path)
    assert alive.try_acquire()
    before = read(other)
    alive.beat(7, recording=True)
    assert not other.pass_over(before)
    assert alive.held


def test_of_two_that_pass_over_in_one_moment_one_holds_it(path: Path) -> None:
    stopped, one, two = RecorderLock(path, "a"), RecorderLock(path, "b"), RecorderLock(path, "c")
    assert stopped.try_acquire()
    before = read(one)
    assert one.pass_over(before)
    assert not two.pass_over(before)
    assert (one.held, two.held) == (True, False)


def test_an_older_version_is_never_passed_over_and_reads_our_name_alone(path: Path) -> None:
    descriptor = lock_of_an_older_version(path, "old@jump-1 pid 3")
    mine = RecorderLock(path, "ana@jump-1 pid 11")
    assert not mine.try_acquire()
    assert not read(mine).may_be_passed_over
    assert not mine.pass_over(read(mine))
    os.close(descriptor)
    assert mine.try_acquire()
    assert path.read_bytes()[:200].strip() == b"ana@jump-1 pid 11", "0.1.0 reads the first 200 bytes"
    with pytest.raises(BlockingIOError):
        lock_of_an_older_version(path, "old@jump-1 pid 3")
    mine.release()
    os.close(lock_of_an_older_version(path, "old@jump-1 pid 3"))
    assert not read(mine).may_be_passed_over, "nothing of our heartbeat is left in its file"


def test_a_lock_in_a_directory_that_is_closed_to_us_is_a_sentence(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped, other = RecorderLock(path), RecorderLock(path)
    assert stopped.try_acquire()
    monkeypatch.setattr(os, "rename", lambda *_: (_ for _ in ()).throw(PermissionError(1, "sticky")))
    with pytest.raises(RecordError):
        other.pass_over(read(other))
    assert stopped.held
    assert [file.name for file in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize(
    "line", [b"beat x lease 1", b"\0" * 160, b"beat 1 lease 1 up nan boot -\n", b"beat " + b"9" * 150]
)
def test_what_is_no_heartbeat_is_none(path: Path, line: bytes) -> None:
    path.write_bytes(b"eve".ljust(200) + line)
    assert read(RecorderLock(path)).beat is None


def looks(*moments: tuple[float, LockHolder]) -> HolderWatch:
    watch = None
    for now, holder in moments:
        watch = watch_holder(watch, holder, now)
    assert watch is not None
    return watch


ONE, TWO = LockHolder("ana", (1, 1), 0, beat=1), LockHolder("ana", (1, 1), 0, beat=2)


def test_a_holder_hangs_after_ten_seconds_without_a_beat() -> None:
    assert not looks(*((now, ONE) for now in (0.0, 3.0, 6.0, 9.0))).hung
    assert looks(*((now, ONE) for now in (0.0, 3.0, 6.0, 9.0, PASS_OVER_AFTER))).hung
    assert not looks(*((now, ONE) for now in (0.0, 3.0, 6.0)), (9.0, TWO), (12.0, TWO)).hung


def test_whoever_slept_itself_knows_nothing_of_the_holder() -> None:
    assert not looks((0.0, ONE), (3600.0, ONE)).hung
    assert not looks((0.0, ONE), (LONGEST_LOOK + 0.1, ONE), (PASS_OVER_AFTER, ONE)).hung


def test_the_clocks_of_who_last_recorded_stay_until_somebody_records(path: Path) -> None:
    recorded = RecorderLock(path, "ana")
    assert recorded.try_acquire()
    recorded.beat(7, recording=True)
    before = read(recorded)
    recorded.release()
    idle = RecorderLock(path, "ben")
    assert idle.try_acquire()
    idle.beat(0, recording=False)
    assert (read(idle).uptime, read(idle).modified) == (before.uptime, before.modified)
    assert read(idle).beat != before.beat or read(idle).who != before.who
    idle.beat(8, recording=True)
    assert read(idle).uptime > before.uptime


class Watch:
    """Two clocks that go on by a second with each look."""

    def __init__(self) -> None:
        self.looks = 0

    def now(self) -> datetime:
        self.looks += 1
        return NIGHT + timedelta(seconds=self.looks)

    def monotonic(self) -> float:
        return 1000.0 + self.looks

    async def sleep(self, seconds: float) -> None:
        raise NotImplementedError


def test_when_somebody_last_recorded_is_the_same_however_long_a_reader_took_before_it_asks(tmp_path: Path) -> None:
    """`shift` looked at the clock first and read the file then: it was told `as of 18:20:48`, and `brief` of :49."""
    watch = Watch()
    file = tmp_path / "timeline.db"
    holder = RecorderLock(lock_path(file, "prod"), "ana", time=watch, boot="b1")
    assert holder.try_acquire()
    holder.beat(1, recording=True)
    holder.release()
    recorded = watch.now()
    watch.looks += 60
    with closing(Timeline(file, time=watch)) as timeline:
        ends = [
            read_record_end(timeline, "prod", recorded + timedelta(seconds=since), time=watch, boot="b1")
            for since in (30, 61)
        ]
    assert ends[0] == ends[1]
    assert ends[0] is not None
    assert abs(ends[0] - recorded) <= timedelta(seconds=2)

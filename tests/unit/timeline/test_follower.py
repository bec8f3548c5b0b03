"""Followers get the events of every process, in order, each once."""

import queue
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from cockpit.model.event import Event, RecordError
from cockpit.timeline import follower as follow
from cockpit.timeline.follower import Follower, TimelineTail
from tests.refusals import refuses
from tests.unit.timeline.files import any_tool, note, notes, opened

SOON = 10.0  # seconds after which a test gives up; it never takes that long


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "timeline.db"


@pytest.fixture
def tail(path: Path) -> Iterator[TimelineTail]:
    tail = TimelineTail(path, 0, patience=0.2)
    yield tail
    tail.close()


@pytest.fixture
def turns(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The threads that paused for others, pause by pause; each event takes a whole turn."""
    paused: list[str] = []
    monkeypatch.setattr("cockpit.turns.TURN", 0.0)
    monkeypatch.setattr("cockpit.turns.sleep", lambda seconds: paused.append(threading.current_thread().name))
    return paused


class Received:
    """What a follower was given, event by event."""

    def __init__(self) -> None:
        self._queue: queue.Queue[Event] = queue.Queue()
        self.threads: set[str] = set()

    def __call__(self, events: list[Event]) -> None:
        self.threads.add(threading.current_thread().name)
        for event in events:
            self._queue.put(event)

    def ids(self, count: int) -> list[int]:
        return [self._queue.get(timeout=SOON).id for _ in range(count)]

    @property
    def nothing_more(self) -> bool:
        return self._queue.empty()


def test_a_tail_finds_each_event_once_and_only_looks_when_something_changed(path: Path, tail: TimelineTail) -> None:
    assert tail.new() == [], "the file is not there yet"
    with opened(path) as timeline:
        assert tail.new() == []
        timeline.record(notes(2))
        assert [event.id for event in tail.new()] == [1, 2]
        assert tail.new() == []
        timeline.record(notes(1))
        assert [event.id for event in tail.new()] == [3]
        timeline.redact(1, "ana", "leak")
        assert [event.kind for event in tail.new()] == ["redact"]


def test_a_long_history_comes_in_batches(path: Path, tail: TimelineTail, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow, "BATCH", 4)
    with opened(path) as timeline:
        timeline.record(notes(10))
    assert [[event.id for event in tail.new()] for _ in range(4)] == [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10], []]


def test_own_events_are_delivered_at_once(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Follower.__init__, "__defaults__", (3600.0,))  # only a wake-up can make it look again
    received = Received()
    with opened(path) as timeline:
        timeline.record(notes(3))
        timeline.follow(received)
        for _ in range(3):
            timeline.record(notes(2))
        assert received.ids(6) == [4, 5, 6, 7, 8, 9], "what was there before is not news"
    assert received.threads == {"timeline-follower"}


def test_events_of_another_process_are_delivered_among_our_own(path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from cockpit.timeline.timeline import Timeline\n"
        "from tests.unit.timeline.files import note, Ticking\n"
        "with Timeline(Path(sys.argv[1]), time=Ticking()) as timeline:\n"
        "    for number in range(20): timeline.record([note('theirs')])"
    )
    received = Received()
    with opened(path, patience=10.0) as timeline:
        timeline.follow(received)
        with subprocess.Popen([sys.executable, "-c", script, str(path)]) as child:
            for _ in range(20):
                timeline.record([note("ours")])
            assert child.wait() == 0
        assert received.ids(40) == list(range(1, 41))
        assert received.nothing_more
        assert timeline.verify().count == 40


def test_a_follower_can_start_where_it_stopped_reading(path: Path) -> None:
    received = Received()
    with opened(path) as timeline:
        timeline.record(notes(5))
        stop = timeline.follow(received, after=2)
        assert received.ids(3) == [3, 4, 5]
        stop()
        timeline.record(notes(1))
        stop()
    assert received.nothing_more


def test_a_follower_that_raises_gets_the_next_events_all_the_same(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    received = Received()

    def fragile(events: list[Event]) -> None:
        received(events)
        raise RuntimeError("a defect in a screen")

    with opened(path) as timeline:
        timeline.follow(fragile)
        timeline.record(notes(1))
        assert received.ids(1) == [1]
        timeline.record(notes(1))
        assert received.ids(1) == [2]
    assert "a follower of the timeline failed" in caplog.text


def test_a_follower_may_record_and_stop_itself(path: Path) -> None:
    done = threading.Event()

    with opened(path) as timeline:

        def answer(events: list[Event]) -> None:
            timeline.record([note("answer")])
            stop()
            done.set()

        stop = timeline.follow(answer)
        timeline.record([note("question")])
        assert done.wait(SOON)
        assert len(timeline.events()) == 2


class Scripted(TimelineTail):
    """A Tail that finds what it is told to, one outcome a look, then nothing more."""

    def __init__(self, *outcomes: RecordError | None) -> None:
        self._outcomes = list(outcomes)
        self.exhausted = threading.Event()

    def new(self) -> list[Event]:
        if not self._outcomes:
            self.exhausted.set()
        elif (outcome := self._outcomes.pop(0)) is not None:
            raise outcome
        return []

    def close(self) -> None:
        pass


def test_trouble_is_reported_once_and_so_is_its_end() -> None:
    locked, damaged = RecordError("locked"), RecordError("damaged")
    tail = Scripted(None, locked, locked, damaged, None, None, locked)
    reports: list[RecordError | None] = []
    follower = Follower(tail, lambda events: None, reports.append, every=0.001)
    assert tail.exhausted.wait(SOON)
    follower.stop()
    assert reports == [locked, damaged, None, locked, None]


def test_a_file_that_was_taken_away_is_reported_and_followed_again_when_it_is_back(
    path: Path, tail: TimelineTail
) -> None:
    aside = path.with_name("aside")
    with opened(path) as timeline:
        timeline.record(notes(2))
        assert len(tail.new()) == 2
        path.rename(aside)
        with refuses("file-replaced", RecordError):
            tail.new()
        aside.rename(path)
        timeline.record(notes(1))
        assert [event.id for event in tail.new()] == [3]


def test_another_timeline_at_the_same_path_is_not_passed_off_as_the_old_one(path: Path, tail: TimelineTail) -> None:
    with opened(path) as timeline:
        timeline.record(notes(3))
    assert len(tail.new()) == 3
    path.unlink()
    with opened(path) as timeline:
        timeline.record(notes(5, actor="somebody else"))
        with refuses("file-replaced", RecordError):
            tail.new()


def test_a_file_read_as_it_lies_on_the_disk_is_read_again_at_each_look(
    path: Path, tail: TimelineTail, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a read-only medium: such a connection never learns that the file changed."""
    from cockpit.timeline import connection as store_connect

    with opened(path) as timeline:
        timeline.record(notes(1))
    monkeypatch.setattr(
        follow,
        "to_read",
        lambda path, patience: store_connect.Opened(
            store_connect._open_connection(f"{store_connect._build_uri(path)}?mode=ro&immutable=1", patience),
            live=False,
        ),
    )
    assert [event.id for event in tail.new()] == [1]
    with opened(path) as timeline:
        timeline.record(notes(1))
    assert [event.id for event in tail.new()] == [2]


def test_an_idle_follower_leaves_the_file_free_for_others(path: Path, tail: TimelineTail) -> None:
    with opened(path) as timeline:
        timeline.record(notes(1))
        tail.new()
        with any_tool(path) as connection:
            (blocked, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            assert not blocked


def test_whoever_writes_or_reads_thousands_lets_others_compute_meanwhile(
    path: Path, tail: TimelineTail, turns: list[str]
) -> None:
    with opened(path) as timeline:
        timeline.record(notes(1))
        turns.clear()
        timeline.record(notes(50))
        writing = list(turns)
        turns.clear()
        events = tail.new()

    # Each of them is masked, gets its place in the chain, and is told: the second alone where all writers wait for it.
    assert Counter(writing) == {threading.current_thread().name: 2 * 50, "timeline-writer_0": 50}
    assert [event.id for event in events] == list(range(1, 52))
    assert len(turns) == 51


def test_what_is_taken_in_turns_is_one_transaction(
    path: Path, turns: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    def look(seconds: float) -> None:
        with any_tool(path) as connection:
            seen.append(connection.execute("SELECT count(*) FROM events").fetchone()[0])

    with opened(path) as timeline:
        timeline.record(notes(1))
        monkeypatch.setattr("cockpit.turns.sleep", look)
        timeline.record(notes(5))

        after = timeline.events()

    assert sorted(set(seen)) == [1, 6], "a reader never sees half of it"
    assert len(after) == 6


def test_an_act_beside_a_large_write_waits_for_none_of_its_preparation(path: Path) -> None:
    """Of a storm's poll masking is most of the work: whoever writes meanwhile is done before it."""
    masking, acted = threading.Event(), threading.Event()

    def mask(text: str) -> str:
        if "storm" in text:
            masking.set()
            assert acted.wait(SOON)
        return text

    with opened(path, mask=mask) as timeline:
        storm = threading.Thread(target=lambda: timeline.record_many([note("storm"), note("storm again")]))
        storm.start()
        assert masking.wait(SOON)
        timeline.record([note("an act")])
        acted.set()
        storm.join(SOON)
        events = timeline.events()

    assert [(event.id, event.summary) for event in events] == [(1, "an act"), (2, "storm"), (3, "storm again")]
    assert [event.recorded for event in events] == sorted(event.recorded for event in events)

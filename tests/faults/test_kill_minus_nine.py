"""`kill -9` at any moment loses no event that was shown, and leaves no half of a transaction.

20 points, each by its own seed; `pytest -m torture` (make torture) tries 200.
"""

import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from tests.unit.timeline.files import note, opened

# Writes batches until it is killed; what it prints has returned from record(). Long details fill the write-ahead
# log, so that checkpoints are hit as well.
WRITER = """
import sys
from pathlib import Path
from random import Random
from cockpit.timeline.timeline import Timeline
from cockpit.model.time import RealTime
from tests.unit.timeline.files import note

random, me = Random(sys.argv[2]), sys.argv[2]
print("opening", flush=True)
with Timeline(Path(sys.argv[1]), time=RealTime(), patience=30) as timeline:
    for number in range(10_000):
        size = random.choice((1, 1, 2, 5))
        detail = {"text": "x" * random.choice((1, 1, 100, 20_000))}
        events = timeline.record([note(subject=f"{me}/{number} of {size}", detail=detail) for _ in range(size)])
        print(*(event.id for event in events), flush=True)
        if random.random() < 0.1:
            print(timeline.redact(events[0].id, me, "test").id, flush=True)
"""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    metafunc.parametrize("seed", range(200 if metafunc.config.option.markexpr == "torture" else 20))


@pytest.mark.torture
def test_every_event_that_was_shown_is_there_after_kill_minus_nine(seed: int, tmp_path: Path) -> None:
    random = Random(seed)
    path = tmp_path / "timeline.db"
    shown: list[int] = []
    writers = [start(path, f"{seed}.{number}") for number in range(random.choice((1, 1, 1, 2)))]
    try:
        for writer in writers:
            shown += killed_at_some_moment(writer, random)
    finally:
        for writer in writers:
            writer.kill()
    with opened(path) as timeline:
        events = {event.id: event for event in timeline.events()}
        assert [each for each in shown if each not in events] == []
        batches = Counter(event.subject for event in events.values() if " of " in event.subject)
        assert all(int(batch.split(" of ")[1]) == count for batch, count in batches.items()), (
            "a batch is whole or not there"
        )
        assert [event.id for event in timeline.record([note("life goes on")])] == [len(events) + 1]
        verdict = timeline.verify()
        assert verdict.ok, verdict.reason


def start(path: Path, name: str) -> "subprocess.Popen[str]":
    return subprocess.Popen([sys.executable, "-c", WRITER, str(path), name], stdout=subprocess.PIPE, text=True)


def killed_at_some_moment(writer: "subprocess.Popen[str]", random: Random) -> list[int]:
    """Kill it while it opens the file, or up to forty batches later; the ids it had shown by then."""
    assert writer.stdout is not None
    with writer:
        assert writer.stdout.readline() == "opening\n"
        lines = [writer.stdout.readline() for _ in range(random.choice((0, 1, 5, 20, 40)))]
        time.sleep(random.uniform(0, 0.004))  # into the middle of whatever it does now
        writer.kill()
        lines += writer.stdout.readlines()
    assert writer.returncode == -9
    return [int(number) for line in lines if line.endswith("\n") for number in line.split()]

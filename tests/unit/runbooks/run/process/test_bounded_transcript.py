"""A transcript keeps its beginning and its end, says what is left out, and leaves the last room of a disk to notes."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.runbooks.run.process.bounded_transcript import (
    LEAST_RESERVE,
    BoundedTranscript,
    measure_room_beside_reserve,
)


@pytest.fixture
def descriptor(tmp_path: Path) -> Iterator[int]:
    number = os.open(tmp_path / "log", os.O_RDWR | os.O_CREAT)
    yield number
    os.close(number)


def content(descriptor: int) -> bytes:
    os.lseek(descriptor, 0, os.SEEK_SET)
    return os.read(descriptor, 1_000_000)


def test_what_fits_is_written_as_it_comes(descriptor: int) -> None:
    transcript = BoundedTranscript(descriptor, head=10, tail=5)
    transcript.write(b"0123")
    assert content(descriptor) == b"0123"
    transcript.finish()
    assert (transcript.written, transcript.lost, transcript.left_out) == (4, 0, 0)


def test_of_more_the_beginning_and_the_end_are_kept_and_the_rest_is_counted(descriptor: int) -> None:
    transcript = BoundedTranscript(descriptor, head=10, tail=5)
    for letter in range(100):
        transcript.write(b"%02d" % letter)
    transcript.finish()
    assert content(descriptor) == "0001020304\n… 185 bytes are left out here …\n79899".encode()[:10] + (
        "\n… 185 bytes are left out here …\n".encode() + b"79899"
    )
    assert transcript.left_out == 185


@given(st.lists(st.binary(max_size=30), max_size=20))
def test_nothing_is_lost_or_doubled_however_it_is_cut(
    tmp_path_factory: pytest.TempPathFactory, chunks: list[bytes]
) -> None:
    path = tmp_path_factory.mktemp("cut") / "log"
    number = os.open(path, os.O_RDWR | os.O_CREAT)
    transcript = BoundedTranscript(number, head=64, tail=1_000)
    for chunk in chunks:
        transcript.write(chunk)
    transcript.finish()
    os.close(number)
    assert path.read_bytes() == b"".join(chunks)


def test_the_last_room_of_a_disk_is_left_to_notes(descriptor: int, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = SimpleNamespace(f_blocks=1_000, f_frsize=4_096, f_bavail=40)
    monkeypatch.setattr(os, "fstatvfs", lambda descriptor: disk)
    assert measure_room_beside_reserve(descriptor) < 0
    transcript = BoundedTranscript(descriptor)
    transcript.write(b"x" * 100)
    assert (transcript.written, transcript.lost) == (0, 100)
    disk.f_bavail = 300
    assert measure_room_beside_reserve(descriptor) == 300 * 4_096 - LEAST_RESERVE


def test_what_comes_faster_than_anybody_looks_leaves_the_reserve_too(
    descriptor: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        os, "fstatvfs", lambda descriptor: SimpleNamespace(f_blocks=1_000, f_frsize=4_096, f_bavail=257)
    )
    monkeypatch.setattr(time, "monotonic", lambda: 10.0)
    transcript = BoundedTranscript(descriptor)
    for _ in range(3):
        transcript.write(b"x" * 3_000)
    assert (transcript.written, transcript.lost) == (4_096, 4_904)

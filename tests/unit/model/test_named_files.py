"""What somebody names as a file may be a pipe: it is waited for, but not for ever."""

import asyncio
import os
import threading
from pathlib import Path

import pytest

from cockpit.model import raw
from cockpit.model.raw import read_named_file, read_process_output


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    os.mkfifo(tmp_path / "pipe")
    return tmp_path / "pipe"


def test_a_file_is_read_up_to_the_limit(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"a" * 200_000)
    assert read_named_file(tmp_path / "file", 1_000_000) == b"a" * 200_000
    assert read_named_file(tmp_path / "file", 70_000) == b"a" * 70_000


def test_a_pipe_is_read_to_its_end_however_it_is_cut(pipe: Path) -> None:
    def write_in_parts() -> None:
        with pipe.open("wb", buffering=0) as file:
            for _ in range(3):
                file.write(b"b" * 50_000)

    writer = threading.Thread(target=write_in_parts)
    writer.start()
    assert read_named_file(pipe, 1_000_000) == b"b" * 150_000
    writer.join()


def test_a_pipe_that_nobody_writes_to_is_given_up(pipe: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raw, "LONGEST_WAIT", 0.0)
    with pytest.raises(TimeoutError, match="gave nothing"):
        read_named_file(pipe, 100)


def test_a_pipe_that_does_not_end_is_given_up(pipe: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raw, "LONGEST_WAIT", 0.0)
    writer = os.open(pipe, os.O_RDWR)
    os.write(writer, b'system = "half')
    with pytest.raises(TimeoutError, match="did not end"):
        read_named_file(pipe, 100)
    os.close(writer)


def test_what_has_no_end_is_read_up_to_the_limit() -> None:
    assert read_named_file(Path("/dev/zero"), 1_000) == bytes(1_000)


def test_nothing_is_read_of_an_empty_device() -> None:
    assert read_named_file(Path("/dev/null"), 1_000) == b""


def test_a_folder_is_none(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        read_named_file(tmp_path, 1)


async def start(script: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *("/bin/sh", "-c", script), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )


async def test_a_program_is_read_to_its_end() -> None:
    process = await start("echo one; echo two >&2; exit 3")
    assert await read_process_output(process) == (b"one\n", b"two\n")
    assert process.returncode == 3


async def test_a_program_that_prints_without_end_stops_in_a_full_pipe() -> None:
    process = await start("exec yes")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await read_process_output(process, 100_000)
    assert process.returncode is None
    process.kill()
    await process.wait()

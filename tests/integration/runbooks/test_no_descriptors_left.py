"""This process may open no file any more, before or while a step runs: nothing false is told of the step."""
# ruff: noqa: ASYNC110  # real processes are waited for, and nothing else runs on this loop

import asyncio
import errno
import logging
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cockpit.cli import log
from cockpit.model.event import RecordError
from cockpit.model.run import StepState
from cockpit.runbooks.run import attempt as trying
from cockpit.runbooks.run import execute
from cockpit.runbooks.run.process.identity import is_alive, send_signal, this_process
from tests.integration.runbooks.stage import Stage, fence

NO_MORE = OSError(errno.EMFILE, os.strerror(errno.EMFILE))
WAITS = "# Make\necho working; while [ ! -e go ]; do sleep 0.01; done"
LOOKS = 20  # of a watch that looks a hundred times a second


@contextmanager
def no_descriptors_left() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (1, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def test_a_step_that_ends_while_nobody_can_look_is_not_taken_for_gone(stage: Stage, tmp_path: Path) -> None:
    run = stage.start(fence(WAITS.replace("-e go", f"-e {tmp_path / 'go'}"), "bash change"))
    performing = asyncio.create_task(stage.perform(run))
    while "working" not in stage.output:
        await asyncio.sleep(0.01)
    exit_file = Path(stage.runner.run(run.id).attempts[0].transcript).with_suffix(".exit")
    with no_descriptors_left():
        (tmp_path / "go").mkdir()
        while not exit_file.exists():
            await asyncio.sleep(0.01)
        for _ in range(LOOKS):
            await asyncio.sleep(0.01)
        assert not performing.done()
    attempt = await performing
    assert (attempt.state, attempt.exit_code) == (StepState.OK, 0)


async def test_a_step_for_which_nothing_can_be_opened_is_not_begun(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = stage.start(fence("# Make\necho working", "bash change"))

    def fail() -> None:
        raise NO_MORE

    monkeypatch.setattr(execute, "this_process", fail)
    with pytest.raises(RecordError):
        await stage.perform(run)
    assert stage.steps() == []


@pytest.mark.parametrize("is_logged", [True, False])
async def test_a_step_whose_start_fails_has_an_end_in_the_record(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, is_logged: bool
) -> None:
    def fail(*args: object) -> None:
        raise NO_MORE

    monkeypatch.setattr(trying, "_start_in_shell" if is_logged else "run_in_shell", fail)
    monkeypatch.setattr(log, "_open_log_file", fail)
    handler = log.LogFileHandler()
    monkeypatch.setattr(logging, "raiseExceptions", False)
    logging.getLogger("cockpit").addHandler(handler)
    try:
        attempt = await stage.perform(stage.start(fence("# Make\necho working", "bash change")))
    finally:
        logging.getLogger("cockpit").removeHandler(handler)
    assert stage.phases() == ["intent", "outcome"]
    assert attempt.state is (StepState.FAILED if is_logged else StepState.UNKNOWN)
    assert attempt.started is not is_logged


def test_a_process_that_cannot_be_looked_at_counts_as_alive_and_is_not_signalled() -> None:
    owner = this_process()
    with no_descriptors_left():
        assert is_alive(owner)
        with pytest.raises(OSError, match="Too many"):
            send_signal(owner, 0)  # type: ignore[arg-type]

"""What breaks in the cockpit itself may have been told a secret: neither its log nor its last words show one."""

import errno
import io
import logging
import sys
from collections.abc import Iterator

import pytest

from cockpit import cli
from cockpit.cli import log
from cockpit.model.secret import KNOWN_SECRETS

TOKEN = "open-sesame-now-99"


class FullDisk(io.StringIO):
    """A file that takes nothing."""

    def write(self, text: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture(autouse=True)
def own_log(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The root logger as it is in a process of ours; the log stands on a disk that is full."""
    root = logging.getLogger()
    handlers, level, raises = list(root.handlers), root.level, logging.raiseExceptions
    monkeypatch.setattr(log, "_open_log_file", lambda: logging.StreamHandler(FullDisk()))
    KNOWN_SECRETS.learn(TOKEN)
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.raiseExceptions = raises


def break_down(*_: object) -> None:
    raise RuntimeError(f"cannot send {TOKEN}")


def test_a_line_that_the_full_disk_does_not_take_goes_nowhere_else(capfd: pytest.CaptureFixture[str]) -> None:
    log.log_to_file()
    for _ in range(3):
        try:
            break_down()
        except RuntimeError as error:
            logging.getLogger("cockpit").warning("refused: %s", error, exc_info=True)
    sys.stderr.flush()
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("debug", ["", "1"])
def test_the_last_words_of_a_command_hold_no_secret(
    debug: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COCKPIT_DEBUG", debug)
    monkeypatch.setattr(cli, "_run_command", break_down)
    with pytest.raises(SystemExit) as ended:
        cli.main(["status"])
    printed = capfd.readouterr().err
    assert ended.value.code == 70
    assert TOKEN not in printed
    assert ("break_down" in printed) == bool(debug)

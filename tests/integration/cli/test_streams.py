"""A command whose input or output is closed, full or narrow says so in a sentence, and what it did stays done."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cockpit.cli.streams import OUTPUT_LOST, READER_LEFT
from tests.signed_in import COMMAND

ANSWERS = {0, 1, 2, 3}  # exit codes that `cockpit status` answers with
TITLE = "Tëst — ▲ 日本"


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A system with one incident; the tests only add notes to it."""
    path = tmp_path_factory.mktemp("streams") / "cockpit.toml"
    path.write_text(
        'system = "quay"\ndata = "data"\n[environments.prod]\n[[environments.prod.probes]]\n'
        'name = "harbour"\nurl = "http://127.0.0.1:9/"\n',
        encoding="utf-8",
    )
    cockpit(path, "declare", TITLE)
    return path


def cockpit(config: Path, *words: str, redirect: str = "", **environ: str) -> subprocess.CompletedProcess[bytes]:
    """Run it by a shell, which closes what is to be closed."""
    return subprocess.run(
        ["sh", "-c", f'exec "$@" {redirect}', "sh", *COMMAND, *words, "--config", str(config)],
        env={**os.environ, "XDG_STATE_HOME": str(config.parent), **environ},
        capture_output=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("words", "redirect"),
    [(("status",), ">&-"), (("status",), ">/dev/full"), (("note", "seen"), ">/dev/full"), (("--help",), ">&-")],
)
def test_output_that_is_lost_is_reported_in_a_sentence(config: Path, words: tuple[str, ...], redirect: str) -> None:
    done = cockpit(config, *words, redirect=redirect)
    said = done.stderr.decode()
    assert done.returncode == OUTPUT_LOST
    assert done.returncode not in ANSWERS
    assert len(said.splitlines()) == 1, said
    assert "defect" not in said
    if words[0] == "note":
        assert b"seen" in cockpit(config, "timeline").stdout


@pytest.mark.parametrize("redirect", [">&-", ">/dev/full", "| true"])
def test_a_change_is_recorded_as_it_ended_whoever_takes_its_output(config: Path, tmp_path: Path, redirect: str) -> None:
    change = tmp_path / "change"
    change.write_text(f"#!/bin/sh\nseq 20000\ntouch {tmp_path}/done\n", encoding="utf-8")
    change.chmod(0o755)
    done = cockpit(config, "exec", "--incident", "none", "--", str(change), redirect=redirect)
    assert (tmp_path / "done").exists()
    assert b"Traceback" not in done.stderr
    assert b"  ok: exit 0" in done.stderr


def test_where_nothing_can_be_printed_at_all_the_exit_code_is_no_answer_of_status(config: Path) -> None:
    done = cockpit(config, "note", "seen by nobody", redirect=">/dev/full 2>&1")
    assert done.returncode == OUTPUT_LOST
    assert b"seen by nobody" in cockpit(config, "timeline").stdout


@pytest.mark.parametrize("redirect", ["<&-", "2>&-"])
def test_closed_input_and_standard_error_change_nothing(config: Path, redirect: str) -> None:
    done = cockpit(config, "incidents", redirect=redirect)
    assert done.returncode == 0
    assert TITLE.encode() in done.stdout
    assert cockpit(config, "note", "seen", redirect=redirect).returncode == 0
    assert cockpit(config, "verify").returncode == 0


@pytest.mark.parametrize(
    ("command", "environ"),
    [
        ("status", {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}),
        ("clocks", {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}),
        ("clocks", {"LC_ALL": "xx_XX.ISO-8859-1"}),
        ("incidents", {"PYTHONIOENCODING": "latin-1"}),
    ],
)
def test_every_encoding_is_printed_in(config: Path, command: str, environ: dict[str, str]) -> None:
    done = cockpit(config, command, **environ)
    assert b"defect" not in done.stderr
    assert done.returncode in ANSWERS
    assert done.stdout


def test_what_an_encoding_lacks_stands_in_ascii(config: Path) -> None:
    assert b"T\xebst - ! ??" in cockpit(config, "incidents", LC_ALL="xx_XX.ISO-8859-1").stdout


def test_a_note_that_is_no_text_is_written_and_printed(config: Path) -> None:
    done = cockpit(config, "note", os.fsdecode(b"caf\xe9"))
    assert done.returncode == 0
    assert done.stderr == b""


def test_a_reader_that_leaves_never_ends_as_success(config: Path) -> None:
    pipe = 'exec 3>&1; { "$@"; echo $? >&3; } | true'
    line = f"sleep 0.1; {pipe}"
    done = subprocess.run(
        ["sh", "-c", line, "sh", *COMMAND, "status", "--config", str(config)],
        env={**os.environ, "XDG_STATE_HOME": str(config.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert int(done.stdout) == READER_LEFT


def test_a_command_that_closed_all_it_opened_leaves_with_its_words_written_and_its_own_code() -> None:
    code = (
        "import atexit; from cockpit.cli.streams import FinishedCommand, leave_at_once; "
        "atexit.register(print, 'tidied'); print('done', end=''); leave_at_once(FinishedCommand(4))"
    )
    left = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (left.returncode, left.stdout) == (4, "done")

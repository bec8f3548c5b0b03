"""Secrets are revealed to the one who needs them, and to nobody else."""

import os
from pathlib import Path

import pytest

from cockpit.config import Secrets
from cockpit.model import raw
from cockpit.model.problem import ProblemKind, SourceError
from cockpit.model.secret import MASK, Secret


def test_a_secret_comes_from_the_environment() -> None:
    assert Secrets({"TOKEN": "s3cr3t"}).reveal(Secret("env", "TOKEN")) == "s3cr3t"


def test_a_secret_comes_from_a_file_without_the_line_break_at_its_end(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("s3cr3t\n")
    assert Secrets({}).reveal(Secret("file", str(file))) == "s3cr3t"


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "token"
    secrets = Secrets({})
    file.write_text("first")
    assert secrets.reveal(Secret("file", str(file))) == "first"
    file.write_text("second")
    assert secrets.reveal(Secret("file", str(file))) == "second"
    assert secrets.mask("first then second") == f"{MASK} then {MASK}"


@pytest.mark.parametrize(
    ("secret", "said"),
    [
        (Secret("env", "NONE"), "The environment variable NONE is not set."),
        (Secret("env", "EMPTY"), "The environment variable EMPTY is empty."),
        (Secret("env", "LINES"), "holds a line break"),
        (Secret("file", "/nowhere/token"), "cannot be read: No such file or directory"),
        (Secret("file", "/"), "cannot be read: Is a directory"),
        (Secret("file", "a\0b"), "cannot be read: not a path"),
    ],
)
def test_a_secret_that_is_not_there_is_reported_in_one_sentence(secret: Secret, said: str) -> None:
    with pytest.raises(SourceError) as refused:
        Secrets({"EMPTY": " \n", "LINES": "s3cr3t\r\nX: y"}).reveal(secret)
    assert refused.value.problem.kind is ProblemKind.REFUSED
    assert said in refused.value.problem.message
    assert refused.value.problem.advice
    assert "s3cr3t" not in refused.value.problem.message


def test_a_pipe_that_nobody_writes_to_is_a_secret_that_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.setattr(raw, "LONGEST_WAIT", 0.0)
    with pytest.raises(SourceError) as refused:
        Secrets({}).reveal(Secret("file", str(tmp_path / "pipe")))
    assert refused.value.problem.code == "secret-missing"


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"\xff\xfe")
    with pytest.raises(SourceError, match="not UTF-8"):
        Secrets({}).reveal(Secret("file", str(tmp_path / "key")))


def test_what_was_revealed_is_masked_everywhere_the_longest_first() -> None:
    secrets = Secrets({"A": "token", "B": "token-of-prod", "C": "abc"})
    for name in "ABC":
        secrets.reveal(Secret("env", name))
    assert secrets.mask("GET /?t=token-of-prod&u=token&v=abc") == f"GET /?t={MASK}&u={MASK}&v=abc"


def test_what_was_never_revealed_is_not_known() -> None:
    assert Secrets({"A": "token"}).mask("token") == "token"


def test_the_key_to_a_machines_own_identity_is_masked_though_nobody_configured_it() -> None:
    secrets = Secrets({"IDENTITY_HEADER": "8f3a1c2e-key-of-the-machine", "MSI_SECRET": ""})
    secrets.learn([])
    assert secrets.mask("IDENTITY_HEADER=8f3a1c2e-key-of-the-machine") == f"IDENTITY_HEADER={MASK}"
    assert secrets.list_known([]) == ["8f3a1c2e-key-of-the-machine"]


def test_a_secret_never_prints_itself() -> None:
    assert str(Secret("env", "TOKEN")) == MASK


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_file_as_windows_writes_it_is_known_without_its_mark(encoding: str, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("open-sesame-99\n", encoding=encoding)
    secrets = Secrets({})
    assert len(secrets.list_known([Secret("file", str(tmp_path / "key"))])) == (encoding == "utf-8-sig")
    assert secrets.mask("it is open-sesame-99") == f"it is {MASK}"


def test_a_secret_that_cannot_be_sent_is_masked_all_the_same() -> None:
    secrets = Secrets({"LINES": "first-half-771\nother-half-772"})
    secrets.learn([Secret("env", "LINES")])
    assert secrets.mask("first-half-771, then other-half-772") == f"{MASK}, then {MASK}"
    assert secrets.list_known([Secret("env", "LINES")]) == ["first-half-771\nother-half-772"]

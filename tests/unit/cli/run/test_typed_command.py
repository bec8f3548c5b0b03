"""The line that `cockpit exec` runs is the one that was typed, whatever letters it holds."""

import shlex
from contextlib import suppress
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from cockpit.cli import cockpit
from cockpit.cli.run.typed_command import make_command_document
from cockpit.model.runbook import Step, StepKind
from cockpit.model.text import clean_text
from cockpit.runbooks.shell_syntax.hidden_letters import find_hidden_letters
from cockpit.runbooks.types import RunRefused

PRINTABLE = st.text(st.characters(exclude_categories=["Cc", "Cf", "Cs", "Zl", "Zp"]), min_size=1).filter(
    lambda words: not find_hidden_letters(f"echo '{words}' {words}")
)


def step(line: str) -> Step:
    (procedure,) = make_command_document(line).procedures
    (only,) = procedure.steps
    return only


@given(PRINTABLE)
def test_any_printable_line_is_the_command_to_the_letter(words: str) -> None:
    line = f"echo {shlex.quote(words)}"
    assert (step(line).command, step(line).altered) == (line, False)
    commented = f"echo yes  # {words}"
    assert step(commented).command == commented


@pytest.mark.parametrize("line", ["echo caf√©", "echo ‚Äî", "echo a  # and why", " echo a ", "# first\necho a"])
def test_what_a_document_would_have_mended_or_cut_stays(line: str) -> None:
    assert step(line).command == line


def test_a_long_line_with_number_signs_is_no_document_that_lost_its_breaks() -> None:
    line = f"echo {'x' * 1_600} '# A # B # C' # D"
    assert step(line).command == line
    assert not make_command_document(line).view_only


def test_the_ceremony_is_that_of_what_was_typed() -> None:
    assert step("rm caf√©").kind is StepKind.DANGER
    assert step("echo caf√© # rm").kind is StepKind.READ


@pytest.mark.parametrize("line", ["ls\nrm a", "ls\n\nls", "# only a comment", "A=1", ""])
def test_what_is_not_one_command_is_refused(line: str) -> None:
    with pytest.raises(RunRefused, match="not one command"):
        make_command_document(line)


@given(st.text())
def test_a_line_that_cleaning_alters_never_runs(words: str) -> None:
    line = f"echo '{words}'"
    with suppress(RunRefused):  # it may be no command at all
        assert step(line).altered == (clean_text(line) != line or bool(find_hidden_letters(line)))


@pytest.mark.parametrize("word", ["caf\udce9", "a\u202eb", "a\x1bb", "a\u200bb", "a\xa0b", "\u0430dmin"])
def test_letters_that_cannot_be_shown_are_refused_in_a_sentence(
    word: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cockpit, ["exec", "--db", "timeline.db", "--", "echo", word])
    assert (result.exit_code, result.stdout) == (3, "")
    assert "cannot be shown as they are" in result.stderr


def test_the_letters_that_were_typed_are_those_that_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cockpit, ["exec", "--db", "timeline.db", "--", "echo caf√© > came  # for the owner"])
    assert result.exit_code == 0, result.output
    assert (tmp_path / "came").read_text() == "caf√©\n"

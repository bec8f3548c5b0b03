"""A mistyped command line: one sentence that says what to do, exit 2, and nothing on standard output."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from cockpit.cli import cockpit
from tests.integration.cli.shell import Shell


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["timeline", "--limit", "0"], "Invalid value for '--limit': 0 is not in the range x>=1."),
        (["declare", "x", "--severity"], "Option '--severity' requires an argument."),
        (["declare"], "Missing argument 'TITLE...'."),
        (["redact", "3"], "Missing option '--reason'."),
        (["timeline", "--limt", "3"], "Did you mean '--limit'?"),
    ],
)
def test_a_mistyped_option_is_one_sentence_that_says_where_the_options_are(
    shell: Shell, words: list[str], said: str
) -> None:
    sentence = shell.refused(*words)
    assert said in sentence
    assert sentence.endswith(f" `cockpit {words[0]} --help` tells the options.\n")
    assert sentence.count("\n") == 1


def test_an_unknown_option_before_any_command_is_one_sentence_too() -> None:
    result = CliRunner().invoke(cockpit, ["--confg", "x", "timeline"])
    assert result.exit_code == 2
    assert result.stderr.startswith("cockpit: No such option '--confg'. Did you mean '--config'?")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "words",
    [["timeline"], ["incidents"], ["verify"], ["export", "--output", "-"], ["redact", "7", "--reason", "x", "--yes"]],
)
def test_a_named_timeline_that_is_not_there_is_not_taken_for_an_empty_one(shell: Shell, words: list[str]) -> None:
    assert f"There is no timeline at {shell.file}; check --db." in shell.refused(*words)
    assert not shell.file.exists()


@pytest.mark.parametrize("words", [["export"], ["redact", "7", "--reason", "a token", "--yes"]])
def test_what_needs_something_recorded_begins_no_timeline(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    result = CliRunner().invoke(cockpit, words)
    assert result.exit_code == 2
    assert "nothing was recorded yet" in result.stderr
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("words", [["timeline"], ["note", "x"], ["declare", "x"]])
def test_a_directory_in_the_place_of_the_timeline_is_called_one(shell: Shell, tmp_path: Path, words: list[str]) -> None:
    shell.file = tmp_path
    assert f"{tmp_path} is a directory" in shell.refused(*words)


def test_the_schema_takes_json_like_every_other_command() -> None:
    plain, as_json = (CliRunner().invoke(cockpit, ["schema", *more]) for more in ([], ["--json"]))
    assert as_json.exit_code == 0
    assert as_json.stdout == plain.stdout

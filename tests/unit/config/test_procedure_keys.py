"""`[keys] F6 = "restore-database#2"`: any procedure gets a key."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from cockpit.cli import cockpit
from cockpit.config import ConfigErrors, load_system


def keys(tmp_path: Path, *lines: str) -> Path:
    file = tmp_path / "cockpit.toml"
    file.write_text("\n".join(("[keys]", *lines, "[environments.prod]")), encoding="utf-8")
    return file


def test_a_key_opens_a_procedure_beside_the_keys_of_actions(tmp_path: Path) -> None:
    system = load_system(keys(tmp_path, 'F6 = "restore-database#2"', '"ctrl+r" = "ops#roll-back"', 'declare = "D"'))
    assert system.procedure_keys == {"f6": "restore-database#2", "ctrl+r": "ops#roll-back"}
    assert system.keys == {"declare": "D"}


def test_a_function_key_may_name_a_document_alone(tmp_path: Path) -> None:
    assert load_system(keys(tmp_path, 'F7 = "rollback"')).procedure_keys == {"f7": "rollback"}


@pytest.mark.parametrize(
    ("line", "code", "suggestion", "facts"),
    [
        ('F5 = "ops#1"', "key-taken", "", {"owner": "refresh"}),
        ('d = "ops#1"', "key-taken", "", {"owner": "declare"}),
        ('F66 = "ops#1"', "not-a-key", "", {}),
        ('sapce = "ops#1"', "not-a-key", "", {}),
        ('decalre = "D"', "unknown-action", "declare", {}),
    ],
)
def test_a_key_that_is_taken_or_is_none_is_an_error(
    tmp_path: Path, line: str, code: str, suggestion: str, facts: dict[str, str]
) -> None:
    with pytest.raises(ConfigErrors) as wrong:
        load_system(keys(tmp_path, line))
    (error,) = wrong.value.errors
    assert (error.code, error.suggestion, error.facts) == (code, suggestion, facts)


def test_a_key_that_an_action_gave_up_is_free(tmp_path: Path) -> None:
    assert load_system(keys(tmp_path, 'refresh = "f8"', 'F5 = "ops#1"')).procedure_keys == {"f5": "ops#1"}


def test_check_says_when_there_is_no_such_procedure_or_folder(tmp_path: Path) -> None:
    (tmp_path / "runbooks").mkdir()
    file = keys(tmp_path, 'F6 = "rollbakc"', 'F7 = "rollback"')
    file.write_text('runbooks = ["runboks"]\n' + file.read_text())
    report = json.loads(CliRunner().invoke(cockpit, ["check", "--json", "--config", str(file)]).stdout)
    found = {finding["path"]: (finding["code"], finding["facts"]) for finding in report["findings"]}
    assert {path: finding for path, finding in found.items() if finding[0] != "not-marked-as-production"} == {
        "keys.f6": ("unknown-procedure", {"procedure": "rollbakc"}),
        "runbooks[0]": ("path-missing", {"file": str(tmp_path / "runboks")}),
    }

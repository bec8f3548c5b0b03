"""`cockpit info` and `cockpit schema`."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from cockpit.cli.check import command as info
from cockpit.cli.check import command as schema


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.delenv("COCKPIT_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_path_in_use_is_reported(home: Path) -> None:
    (home / "cockpit.toml").write_text('data = "state"\n[environments.prod]\n[environments.staging]\n')
    found = json.loads(CliRunner().invoke(info.info, ["--json"]).stdout)
    assert found["config"] == str(home / "cockpit.toml")
    assert [each["used"] for each in found["candidates"]] == [True, False]
    assert found["data"] == str(home / "state")
    assert found["timeline"] == str(home / "state" / "timeline.db")
    assert found["locks"] == {name: str(home / "state" / f"timeline.db.{name}.lock") for name in ("prod", "staging")}
    assert found["transcripts"] == str(home / "state" / "transcripts")
    assert found["log"].endswith("cockpit.log")


def test_the_timeline_that_was_asked_for_is_the_one_printed(home: Path) -> None:
    found = json.loads(CliRunner().invoke(info.info, ["--json", "--db", str(home / "other.db")]).stdout)
    assert found["timeline"] == str(home / "other.db")
    assert found["data"] == str(home)


def test_as_text_it_says_which_are_in_use_and_which_are_there(home: Path) -> None:
    (home / "cockpit.toml").write_text("")
    output = CliRunner().invoke(info.info, []).output
    assert f"{home}/cockpit.toml  (current directory: in use)" in output
    assert "(user configuration: -)" in output
    assert "(not there yet)" in output


@pytest.mark.parametrize("arguments", [[], ["--config", "none.toml"]])
def test_a_broken_or_missing_configuration_does_not_silence_it(home: Path, arguments: list[str]) -> None:
    (home / "cockpit.toml").write_text("bell = 3")
    result = CliRunner().invoke(info.info, arguments)
    assert result.exit_code == 0
    assert "The configuration cannot be used" in result.output
    assert "must be true or false" in result.output or "does not exist" in result.output


def test_the_schema_is_json_for_an_editor() -> None:
    printed = json.loads(CliRunner().invoke(schema.schema, []).stdout)
    assert printed["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    probe = printed["$defs"]["Probe"]
    assert probe["required"] == ["name", "url"]
    assert probe["additionalProperties"] is False
    assert probe["properties"]["interval"]["default"] == "15s"
    assert probe["properties"]["timeout"]["type"] == "string"
    assert probe["properties"]["conditions"]["default"] == ["[STATUS] == 200"]
    assert printed["properties"]["keys"]["properties"]["declare"]["default"] == "d"


def test_every_key_in_the_schema_says_what_it_means() -> None:
    printed = json.loads(CliRunner().invoke(schema.schema, []).stdout)
    for table in (printed, *printed["$defs"].values()):
        for name, key in table["properties"].items():
            assert key.get("description"), name

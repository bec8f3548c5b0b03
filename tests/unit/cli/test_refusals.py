"""What the command line refuses: a sentence for people, code and facts for scripts, nothing that steers a terminal."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cockpit.cli import COMMANDS, cockpit

HOSTILE = "\x1b[2J\x9b31m\u202e\x07e\u2066\u00e9"
STEERS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
STARTS_SOMETHING = {"demo", "simulator", "wall", "reset", "exec"}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.delenv("COCKPIT_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(*arguments: str) -> Result:
    return CliRunner().invoke(cockpit, ["--as", "ana", *arguments])


@pytest.mark.parametrize(
    ("arguments", "code", "facts"),
    [
        (("resolve", "--json"), "no-open-incident", {"environment": "default"}),
        (("pin", "7", "--json"), "timeline-missing", {}),
        (("note", "x", "--json", "--at", "whenever"), "not-a-time", {"text": "whenever"}),
        (("declare", "x", "--json", "--severity", "P9"), "unknown-severity", {"text": "P9"}),
        (("run", "nothing", "--json"), "unknown-runbook", {"name": "nothing"}),
        (("status", "--json", "--env", "moon"), "unknown-environment", {"name": "moon"}),
        (("timeline", "--json", "--config", "none.toml"), "configuration-invalid", {}),
        (("note", "--json", "--nonsense"), "usage", {}),
        (("silence", "list", "--json"), "no-silences", {"environment": "default"}),
        (
            ("silence", "create", "a=b", "--for", "1h", "--reason", "x", "--yes", "--json"),
            "no-silences",
            {"environment": "default"},
        ),
        (("silence", "expire", "x", "--yes", "--json"), "no-silences", {"environment": "default"}),
        (("nonsense", "--json"), "unknown-command", {"command": "nonsense"}),
    ],
)
def test_a_refusal_in_json_has_its_code_and_facts(
    arguments: tuple[str, ...], code: str, facts: dict[str, object]
) -> None:
    result = call(*arguments)
    assert result.exit_code not in (0, 1)
    refusal = json.loads(result.stdout.splitlines()[-1])
    assert (refusal["ok"], refusal["code"]) == (False, code)
    assert {name: refusal["facts"].get(name) for name in facts} == facts
    assert refusal["message"] in result.stderr


def test_without_json_only_the_sentence_is_printed() -> None:
    result = call("resolve")
    assert (result.exit_code, result.stdout) == (2, "")


@pytest.mark.parametrize("form", ["argument", "option", "value", "command"])
@pytest.mark.parametrize("name", sorted(set(COMMANDS) - STARTS_SOMETHING))
def test_what_was_typed_is_repeated_without_what_steers_a_terminal(name: str, form: str) -> None:
    arguments = {
        "argument": (name, HOSTILE, HOSTILE),
        "option": (name, f"--{HOSTILE}"),
        "value": (name, "--env", HOSTILE, HOSTILE),
        "command": (f"{name}{HOSTILE}",),
    }[form]
    result = call(*arguments)
    assert not STEERS.search(result.output), result.output
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception

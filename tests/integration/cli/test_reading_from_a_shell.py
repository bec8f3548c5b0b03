"""timeline and incidents: what they print, and in which order."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from cockpit.cli import cockpit
from cockpit.model.event import Draft, Kind
from tests.integration.cli.shell import Shell

NOW = datetime.now(UTC)


def fact(summary: str, minutes_ago: float, environment: str = "default") -> Draft:
    at = NOW - timedelta(minutes=minutes_ago)
    return Draft(Kind.REVISION, summary, at, environment, "mi/v1", source="recorder")


def test_nothing_yet_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    said = [CliRunner().invoke(cockpit, [command]).stdout for command in ("timeline", "incidents")]
    assert said[0] == "Nothing is recorded in default yet.\n"
    assert "cockpit declare TITLE" in said[1]
    assert not (tmp_path / "data").exists()


def test_the_timeline_is_sorted_by_when_things_happened(shell: Shell) -> None:
    shell.record(fact("second", 5), fact("first", 9), fact("elsewhere", 7, "staging"))
    shell.say("note", "third")
    printed = shell.say("timeline").splitlines()
    assert [line.split("  ")[-1].split()[0] for line in printed] == ["first", "second", "third"]
    assert printed[0].endswith(" later)"), "the cloud dated it, and it was recorded minutes after that"
    assert printed[2].split()[1].startswith(f"{NOW:%Y-%m-%d}")
    assert " ana " in printed[2]


def test_every_line_of_the_timeline_begins_with_the_id_that_redact_takes(shell: Shell) -> None:
    shell.record(fact("second", 5), fact("first", 9))
    assert [line.split()[0] for line in shell.say("timeline").splitlines()] == ["2", "1"]


def test_an_incidents_timeline_is_its_range_of_the_journal_and_its_own(shell: Shell) -> None:
    shell.record(fact("long ago", 200), fact("deploy", 5))
    incident = shell.ask("declare", "x")["id"]
    found = shell.ask("timeline", "--incident", incident)
    assert [each["summary"] for each in found] == ["deploy", "declared P1: x"]
    assert len(shell.ask("timeline")) == 3


def test_a_limit_keeps_the_newest(shell: Shell) -> None:
    for number in range(5):
        shell.say("note", str(number))
    assert [each["summary"] for each in shell.ask("timeline", "--limit", "2")] == ["3", "4"]


def test_open_incidents_can_be_listed_alone(shell: Shell) -> None:
    done = shell.ask("declare", "done")["id"]
    shell.say("resolve")
    left = shell.ask("declare", "left", "--drill")["id"]
    assert [each["id"] for each in shell.ask("incidents")] == [done, left]
    assert [each["id"] for each in shell.ask("incidents", "--open")] == [left]
    assert "[drill] left" in shell.say("incidents")


def test_hostile_words_reach_no_terminal(shell: Shell) -> None:
    shell.say("note", "\x1b[2J\x9b31m\u202e", "cleared")
    shell.say("declare", "\x1b]52;c;aGk=\x07 title")
    for words in (("timeline",), ("incidents",), ("timeline", "--json"), ("export", "--output", "-")):
        assert not {"\x1b", "\x9b", "\x07", "\u202e"} & set(shell.say(*words))

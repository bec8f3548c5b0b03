"""`cockpit drills` and `cockpit drills done`, as they are typed in a team with a document."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from cockpit.model.time import RealTime
from tests.integration.cli.shell import Shell

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
DOCUMENT = """# Care

| Drill | Frequency | Last Completed | Next Scheduled |
|---|---|---|---|
| Rollback | Monthly | 2026-10-09 | 2026-11-09 |
| Chaos | Annual | TBD | TBD |
| Restore | Weekly | 2026-11-17 | 2026-11-24 |
"""


@pytest.fixture(autouse=True)
def team(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(RealTime, "now", lambda _: NOW)
    (tmp_path / "cockpit.toml").write_text('runbooks = ["care.md"]\ntime_zone = "UTC"\n')
    (tmp_path / "care.md").write_text(DOCUMENT)
    return tmp_path / "care.md"


@pytest.fixture
def begun(shell: Shell) -> Shell:
    shell.say("note", "the timeline begins")
    return shell


def test_what_is_overdue_comes_first_each_with_its_line(begun: Shell) -> None:
    first, second, third = begun.say("drills").splitlines()
    assert first.startswith("overdue 12 d")
    assert first.endswith("last 2026-10-09 (document)  Rollback (Monthly) [care.md:5]")
    assert second.startswith("never")
    assert third.startswith("in 3 d")


def test_what_is_done_is_recorded_and_the_line_printed_but_not_written(begun: Shell, team: Path) -> None:
    said = begun.say("drills", "done", "rollback", "--note", "ten minutes")
    assert "| Rollback | Monthly | 2026-11-21 | 2026-12-21 |" in said
    assert "care.md:5, which the cockpit never writes" in said
    assert team.read_text() == DOCUMENT
    found = {each["name"]: each for each in begun.ask("drills")}
    assert (found["Rollback"]["last"], found["Rollback"]["last_from"]) == ("2026-11-21", "record")
    assert found["Rollback"]["overdue_days"] == 0
    assert begun.ask("timeline")[-1]["summary"] == "practised Rollback: ten minutes"


def test_done_as_json_holds_the_event_and_the_line(begun: Shell) -> None:
    found = begun.ask("drills", "done", "chaos")
    assert (found["kind"], found["subject"]) == ("practice", "Chaos")
    assert found["paste"] == "| Chaos | Annual | 2026-11-21 | 2027-11-21 |"


def test_a_resolved_drill_is_named_as_the_practice_it_was(begun: Shell) -> None:
    incident = begun.ask("declare", "Roll back on staging", "--drill")["id"]
    assert "still open" in begun.refused("drills", "done", "rollback", "--incident", incident)
    begun.say("resolve", "--reason", "back")
    assert incident in begun.say("drills", "done", "rollback", "--incident", incident)
    assert "practised Rollback" in [each["summary"] for each in begun.ask("timeline", "--incident", incident)]


def test_refusals_are_sentences(begun: Shell) -> None:
    assert "did you mean Rollback?" in begun.refused("drills", "done", "rolback")
    assert "Read-only" in begun.refused("drills", "done", "rollback", "--read-only")


def test_a_team_without_any_reads_how_to_get_some(begun: Shell, team: Path) -> None:
    team.write_text("# Care\n")
    assert "`**Next Review**: 2027-03-07`" in begun.say("drills")
    assert begun.ask("drills") == []

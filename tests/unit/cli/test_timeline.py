"""`cockpit verify` and `cockpit redact`, as they are typed."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cockpit.cli import cockpit
from cockpit.cli.session import print_clean
from cockpit.cli.timeline import format_event_line, format_followed_line
from cockpit.incident.actions.incident_actions import IncidentActions
from cockpit.model.event import UNSEEN_FROM, Kind, RecordError
from cockpit.model.severity_scale import DEFAULT_SEVERITY_SCALE
from cockpit.model.time import format_timestamp
from tests.tui.bare import Clock
from tests.unit.incident.story import Story, at
from tests.unit.timeline.files import note, notes, opened, tamper


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "timeline.db"
    with opened(path) as timeline:
        timeline.record(notes(5))
    return path


def run(*arguments: object, typed: str = "") -> Result:
    return CliRunner().invoke(cockpit, [str(each) for each in arguments], input=typed)


def head(path: Path) -> str:
    with opened(path, read_only=True) as timeline:
        return timeline.head()


def test_a_whole_timeline_is_reported_as_whole_with_what_that_does_not_prove(path: Path) -> None:
    result = run("verify", "--db", path)
    assert result.exit_code == 0
    assert result.stdout.startswith(f"whole: 5 events in {path}")
    assert f"head {head(path)}" in result.stdout
    assert "cannot prove" in result.stdout
    assert "newest events were not removed" in result.stdout
    assert "whole file was not rewritten" in result.stdout


def test_a_printed_line_keeps_the_indent_that_lines_it_up(capsys: pytest.CaptureFixture[str]) -> None:
    print_clean("    9  probe\n   10  alert\x1b[2J\n\n")

    assert [line[:12] for line in capsys.readouterr().out.splitlines()] == ["    9  probe", "   10  alert", "", ""]


def test_a_changed_event_is_named_with_what_is_still_sound(path: Path) -> None:
    tamper(path, "UPDATE events SET summary = 'nothing happened' WHERE id = 4")
    result = run("verify", "--db", path)
    assert result.exit_code == 1
    assert "BROKEN: the text of event 4 was changed" in result.stdout
    assert "events 1 to 3 are sound" in result.stdout


def test_when_the_first_event_was_changed_nothing_is_vouched_for(path: Path) -> None:
    tamper(path, "UPDATE events SET actor = 'somebody' WHERE id = 1")
    assert "no event can be vouched for" in run("verify", "--db", path).stdout


def test_a_noted_head_finds_what_a_chain_alone_cannot(path: Path) -> None:
    noted = head(path)
    for written in (noted, noted.upper(), noted[:12]):
        assert run("verify", "--db", path, "--head", written).exit_code == 0
    tamper(path, "DELETE FROM events WHERE id = 5")
    assert run("verify", "--db", path).exit_code == 0
    result = run("verify", "--db", path, "--head", noted)
    assert result.exit_code == 1
    assert noted in result.stdout


@pytest.mark.parametrize("head", ["abc", "x" * 64, "0" * 65])
def test_what_is_no_head_is_not_looked_for(path: Path, head: str) -> None:
    result = run("verify", "--db", path, "--head", head)
    assert result.exit_code == 2
    assert "--head takes the hash" in result.stderr


def test_verify_as_json(path: Path) -> None:
    document = json.loads(run("verify", "--db", path, "--json").stdout)
    assert (document["ok"], document["count"], document["head"]) == (True, 5, head(path))
    assert document["file"] == str(path)
    assert len(document["cannot_prove"]) == 3
    tamper(path, "DELETE FROM events WHERE id = 2")
    result = run("verify", "--db", path, "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["first_bad"] == 2


def test_a_file_that_is_not_there_is_never_called_whole(path: Path) -> None:
    result = run("verify", "--db", path.with_name("typo.db"))
    assert result.exit_code == 2
    assert "no timeline at" in result.stderr
    assert result.stdout == ""


def test_a_file_that_cannot_be_opened_is_one_sentence(path: Path) -> None:
    path.write_text("not a database " * 100)
    result = run("verify", "--db", path)
    assert result.exit_code == 2
    assert "is not a timeline" in result.stderr


def test_redact_shows_the_event_and_asks(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cockpit.cli.timeline.somebody_is_there", lambda: True)
    refused = run("redact", 3, "--reason", "a token", "--db", path, typed="n\n")
    assert refused.exit_code == 2
    assert "note 3" in refused.stderr
    assert "cockpit: Event 3 stays as it is." in refused.stderr
    with opened(path, read_only=True) as timeline:
        assert len(timeline.events()) == 5
    done = run("redact", 3, "--reason", "a token", "--db", path, typed="y\n")
    assert done.exit_code == 0
    assert "Event 3 is empty; event 6 says who did it and why." in done.stdout
    assert "must be changed" in done.stdout
    assert run("verify", "--db", path).exit_code == 0


def test_redact_without_a_terminal_says_what_to_add(path: Path) -> None:
    before = head(path)
    result = run("redact", 3, "--reason", "a token", "--db", path)
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert "add --yes" in result.stderr
    assert head(path) == before


def test_redact_without_asking_and_as_json(path: Path) -> None:
    result = run("redact", 3, "--reason", "a token", "--db", path, "--yes", "--json")
    files: dict[str, list[str]] = {"emptied": [], "left": []}
    assert json.loads(result.stdout) == {"redacted": 3, "event": 6, "head": head(path), "files": files}
    with opened(path, read_only=True) as timeline:
        event, redaction = timeline.event(3), timeline.event(6)
    assert event is not None
    assert redaction is not None
    assert (event.summary, event.redacted) == ("", True)
    assert redaction.detail == {"reason": "a token"}
    assert redaction.actor


def test_redact_empties_what_a_step_printed_and_a_message_that_was_kept(path: Path) -> None:
    transcript = path.parent / "runs" / "run-0a1b" / "2-1.log"
    state, message = transcript.with_suffix(".state"), path.parent / "messages" / "update-i1-020000Z.txt"
    elsewhere = path.parent / "elsewhere.txt"
    for file in (transcript, state, message, elsewhere):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("zebra-coffee")
    outcome = {"phase": "outcome", "attempt": 1, "output": "zebra-coffee"}
    with opened(path) as timeline:
        timeline.record(
            [
                note("step 2", kind=Kind.STEP, subject="run-0a1b#2", detail=outcome),
                note("told", kind=Kind.UPDATE, detail={"file": str(message), "text": "zebra-coffee"}),
                note("told", kind=Kind.UPDATE, detail={"file": str(elsewhere)}),
                note("step", kind=Kind.STEP, subject="../..#2", detail=outcome),
            ]
        )
    results = [run("redact", number, "--reason", "leak", "--db", path, "--yes", "--json") for number in (6, 7, 8, 9)]
    assert [json.loads(each.stdout)["files"]["emptied"] for each in results] == [
        [str(transcript), str(state)],
        [str(message)],
        [],
        [],
    ]
    assert [file.read_text() for file in (transcript, state, message, elsewhere)] == ["", "", "", "zebra-coffee"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("9", "--reason", "x"), "There is no event 9"),
        (("1", "--reason", "  "), "Say why with --reason"),
        (("1", "--reason", "x", "--read-only"), "Read-only"),
    ],
)
def test_what_cannot_be_redacted_is_refused_in_a_sentence(
    path: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    before = head(path)
    result = run("redact", *arguments, "--yes", "--db", path)
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert head(path) == before


def lost_and_begun_again(path: Path) -> None:
    """A timeline of three notes whose file was removed while it was open; a new one began since."""
    with opened(path) as timeline:
        timeline.record(notes(3))
        path.unlink()
        with pytest.raises(RecordError):
            timeline.check_files()
    for suffix in ("-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)


def test_what_was_saved_is_offered_taken_back_and_reported(tmp_path: Path) -> None:
    path = tmp_path / "timeline.db"
    lost_and_begun_again(path)
    with opened(path) as timeline:
        timeline.record([note("another night")])
    assert len(json.loads(run("verify", "--db", path, "--json").stdout)["saved"]) == 1
    document = json.loads(run("verify", "--recover", "--db", path, "--json").stdout)
    assert (document["ok"], document["count"]) == (True, 4)
    assert document["recovered"][0]["again"] == 3
    assert "recovered" not in json.loads(run("verify", "--recover", "--db", path, "--json").stdout)


def test_a_restored_backup_says_so_on_the_timeline(tmp_path: Path) -> None:
    path, backup = tmp_path / "timeline.db", tmp_path / "backup.db"
    with opened(backup) as timeline:
        timeline.record(notes(2))
    with opened(path) as timeline:
        timeline.record([*notes(2), note("since then")])
    assert run("restore", backup, "--db", path).exit_code == 2
    document = json.loads(run("restore", backup, "--yes", "--db", path, "--json").stdout)
    assert (document["events"], document["event"]) == (2, 3)
    with opened(path) as timeline, opened(Path(document["before"])) as before:
        event = timeline.events()[-1]
        assert (event.detail["restored"], len(before.events())) == (str(backup), 3)


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        ({"impact_started": at(1)}, "users felt it from 2026-02-27 02:01:00Z"),
        ({"impact_ended": at(9)}, "until 2026-02-27 02:09:00Z"),
        ({"title": "Orders fail"}, "title “Orders fail”"),
    ],
)
def test_a_declaration_that_was_corrected_reads_as_a_correction_of_it_for_whoever_follows(
    tmp_path: Path, stated: dict[str, Any], told: str
) -> None:
    with opened(tmp_path / "timeline.db") as timeline:
        desk = IncidentActions(
            timeline,
            operator="ana",
            environment="prod",
            severity_scale=DEFAULT_SEVERITY_SCALE,
            time=Clock(at(20)),
        )
        desk.declare("Readiness failing", "P1", moment=at(2))
        desk.amend(**stated)
        first, *others = [event for event in timeline.events() if event.kind == Kind.DECLARE]
    assert "corrects" not in format_followed_line(first)
    assert len(others) == 1
    assert f"corrects event {first.id}" in format_followed_line(others[0])
    assert told in format_followed_line(others[0])


def test_a_line_of_what_the_first_look_after_a_break_dates_says_so() -> None:
    story = Story()
    detail = {"state": "up", UNSEEN_FROM: format_timestamp(at(1))}
    seen_late = story.tell(Kind.PROBE, 2, subject="api", summary="api up again", detail=detail)
    seen = story.probe(3, "api", "down")
    assert ["or before" in format_event_line(event) for event in (seen_late, seen)] == [True, False]

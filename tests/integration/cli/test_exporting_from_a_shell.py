"""export: the draft on the disk, and what becomes of a file that is there already."""

import csv
import json
import os
from pathlib import Path

import pytest

from tests.integration.cli.shell import Shell


def declared(shell: Shell, title: str = "Readiness failing") -> str:
    return str(shell.ask("declare", title)["id"])


def test_the_draft_is_written_where_post_mortems_live_and_remembered(shell: Shell) -> None:
    incident = declared(shell)
    said = shell.ask("export")
    path = Path(said["path"])
    assert path.match("docs/incidents/????-??-??-readiness-failing.md")
    assert f"<!-- cockpit:draft {incident} -->" in path.read_text()
    exported = shell.ask("timeline", "--incident", incident)[-1]
    assert (exported["kind"], exported["detail"]["path"]) == ("export", str(path))
    assert exported["detail"]["head"] in path.read_text()


def test_exporting_again_keeps_what_people_wrote(shell: Shell) -> None:
    declared(shell)
    path = Path(shell.ask("export")["path"])
    path.write_text(path.read_text().replace("_What made this possible", "A lock was held. _What made this possible"))
    shell.say("note", "rolled back")
    assert shell.say("export").startswith("Brought up to date ")
    text = path.read_text()
    assert "A lock was held." in text
    assert "rolled back" in text


def test_any_other_file_needs_force(shell: Shell, tmp_path: Path) -> None:
    declared(shell)
    mine = tmp_path / "mine.md"
    mine.write_text("# My own words\n")
    assert "not a draft" in shell.refused("export", "--output", str(mine))
    assert mine.read_text() == "# My own words\n"
    shell.say("export", "--output", str(mine), "--force")
    assert "# Post-mortem: Readiness failing" in mine.read_text()


def test_the_draft_of_another_incident_is_not_written_over(shell: Shell) -> None:
    declared(shell)
    shell.say("export")
    shell.say("resolve")
    declared(shell)
    assert "it is the draft of another incident" in shell.refused("export")


def test_a_file_that_is_no_text_is_left_alone(shell: Shell, tmp_path: Path) -> None:
    declared(shell)
    binary = tmp_path / "core.bin"
    binary.write_bytes(b"\xff\xfe\x00")
    assert "it is not a text file" in shell.refused("export", "--output", str(binary))


def test_a_place_that_cannot_be_written_is_reported(shell: Shell, tmp_path: Path) -> None:
    declared(shell)
    (tmp_path / "file").write_text("")
    assert "Not a directory" in shell.refused("export", "--output", str(tmp_path / "file" / "x.md"))
    assert "Is a directory" in shell.refused("export", "--output", str(tmp_path))
    os.mkfifo(tmp_path / "pipe")
    assert "is not a file" in shell.refused("export", "--output", str(tmp_path / "pipe"), "--force")


def test_it_is_printed_where_a_pipe_wants_it_and_nothing_is_remembered(shell: Shell) -> None:
    incident = declared(shell)
    assert shell.say("export", "--output", "-").startswith("# Post-mortem: Readiness failing\n")
    assert shell.ask("export", "--output", "-")["incident"] == incident
    assert [each["kind"] for each in shell.ask("timeline")] == ["declare"]


def test_a_read_only_export_writes_the_draft_and_leaves_the_timeline_alone(shell: Shell) -> None:
    declared(shell)
    shell.say("export", "--read-only")
    assert [each["kind"] for each in shell.ask("timeline")] == ["declare"]


def test_when_none_is_open_the_newest_are_offered(shell: Shell) -> None:
    shell.say("note", "all quiet")
    assert "There is no incident in default to write about." in shell.refused("export")
    incidents = [declared(shell), declared(shell)]
    for incident in incidents:
        shell.say("resolve", "--incident", incident)
    offered = shell.refused("export")
    assert all(f"  --incident {incident}  P1 resolved Readiness failing" in offered for incident in incidents)
    assert "resolved" in Path(shell.ask("export", "--incident", incident)["path"]).read_text()


def test_the_mode_and_the_place_of_a_link_are_kept(shell: Shell, tmp_path: Path) -> None:
    declared(shell)
    real = tmp_path / "real.md"
    shell.say("export", "--output", str(real))
    os.chmod(real, 0o640)
    link = tmp_path / "link.md"
    link.symlink_to(real)
    shell.say("export", "--output", str(link))
    assert link.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert [each.name for each in tmp_path.glob(".*.md*")] == []


def test_the_whole_incident_is_json_and_its_timeline_a_table(shell: Shell) -> None:
    incident = declared(shell)
    shell.say("note", "=cmd()")
    document, table = (Path(shell.ask("export", "--format", form)["path"]) for form in ("json", "csv"))
    told = json.loads(document.read_text())
    assert (told["id"], told["incident"]["title"]) == (incident, "Readiness failing")
    assert [each["kind"] for each in told["events"]] == ["declare", "note"]
    rows = list(csv.DictReader(table.read_text("utf-8-sig").splitlines()))
    exported = f"exported to {document.name}"
    assert [row["what"] for row in rows] == ["declared P1: Readiness failing", "'=cmd()", exported]
    assert table.parent == document.parent
    assert [each["kind"] for each in shell.ask("timeline", "--incident", incident)][2:] == ["export", "export"]
    assert shell.say("export", "--format", "json").startswith("Brought up to date ")
    table.write_text("mine")
    assert "not an export of this incident" in shell.refused("export", "--format", "csv")
    assert shell.say("export", "--format", "csv", "--output", "-").startswith("incident,time_utc,")


@pytest.mark.parametrize("form", ["md", "json", "csv"])
def test_after_its_title_was_corrected_it_is_exported_into_the_same_file(shell: Shell, form: str) -> None:
    """It began a second draft without the words of people, who mended one and published the other."""
    incident = declared(shell)
    other = Path(shell.ask("export", "--format", form)["path"])
    if form == "md":
        question = "_What made this possible"
        other.write_text(other.read_text().replace(question, f"A lock was held. {question}"))
    (declaration,) = [event for event in shell.ask("timeline", "--incident", incident) if event["kind"] == "declare"]
    shell.say("correct", str(declaration["id"]), "Orders fail")
    path = Path(shell.ask("export", "--format", form)["path"])
    assert path == other
    assert [file for file in path.parent.iterdir() if file.suffix == path.suffix] == [path]
    text = path.read_text()
    assert "Orders fail" in text
    assert form != "md" or ("A lock was held." in text and text.startswith("# Post-mortem: Orders fail\n"))
    shell.say("resolve")
    declared(shell, "Something else")
    assert Path(shell.ask("export", "--format", form)["path"]) != path

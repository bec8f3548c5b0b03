"""Where a draft is written: a new file, our own draft, or somebody else's file, which is left alone."""

import os
from pathlib import Path

import pytest

from cockpit.incident.actions.errors import IncidentActionError
from cockpit.incident.postmortem.export import (
    NEW_FILE,
    OUR_DRAFT,
    find_export_folder,
    preview_export,
    write_export,
)
from cockpit.incident.postmortem.merge import NotOurDraft, make_block
from tests.refusals import refuses


def draft(fact: str, incident: str = "i1") -> str:
    return f"<!-- cockpit:draft {incident} -->\n\n{make_block('facts', fact)}\n## Why were we surprised?\n"


def test_a_new_file_is_made_with_its_folders(tmp_path: Path) -> None:
    path = tmp_path / "docs" / "incidents" / "a.md"
    assert preview_export(path, draft("one")) == NEW_FILE
    assert write_export(path, draft("one")) == NEW_FILE
    assert path.read_text() == draft("one")


def test_our_own_draft_keeps_what_people_wrote(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    write_export(path, draft("one"))
    path.write_text(path.read_text() + "Nobody looked at the queue.\n")
    assert preview_export(path, draft("two")) == OUR_DRAFT
    assert write_export(path, draft("two")) == OUR_DRAFT
    assert "two" in path.read_text()
    assert "one" not in path.read_text()
    assert "Nobody looked at the queue." in path.read_text()


@pytest.mark.parametrize("saves", [1, 4, 99])
def test_what_somebody_saves_while_it_is_written_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, saves: int
) -> None:
    """What was saved between the look at the file and its replacement was gone."""
    path = tmp_path / "a.md"
    saved: list[str] = []
    write_export(path, draft("one"))

    def save_meanwhile(descriptor: int) -> None:
        if len(saved) < saves:
            saved.append(f"Answer {len(saved)}.")
            path.write_text(f"{path.read_text()}{saved[-1]}\n")

    monkeypatch.setattr(os, "fsync", save_meanwhile)
    if saves < 99:
        write_export(path, draft("two"))
        assert "two" in path.read_text()
    else:
        with refuses("file-changing", IncidentActionError):
            write_export(path, draft("two"))
    assert [answer for answer in saved if answer not in path.read_text()] == []
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_is_made_while_it_is_written_is_not_written_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.md"
    monkeypatch.setattr(os, "fsync", lambda descriptor: path.write_text("# My notes\n"))
    with pytest.raises(NotOurDraft):
        write_export(path, draft("one"))
    assert path.read_text() == "# My notes\n"


@pytest.mark.parametrize("content", [b"# My notes\n", draft("one", "i2").encode(), b"\xff\xfe\x00"])
def test_any_other_file_is_left_alone_until_it_is_forced(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.md"
    path.write_bytes(content)
    with pytest.raises(NotOurDraft):
        preview_export(path, draft("one"))
    with pytest.raises(NotOurDraft):
        write_export(path, draft("one"))
    assert path.read_bytes() == content
    assert write_export(path, draft("one"), force=True) == NEW_FILE
    assert path.read_text() == draft("one")


def test_a_link_leads_to_the_same_file_afterwards_and_permissions_stay(tmp_path: Path) -> None:
    path, link = tmp_path / "a.md", tmp_path / "link.md"
    write_export(path, draft("one"))
    path.chmod(0o640)
    link.symlink_to(path)
    write_export(link, draft("two"))
    assert link.is_symlink()
    assert "two" in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o640


def test_what_cannot_be_written_is_one_sentence_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "a.md"
    write_export(path, draft("one"))
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(IncidentActionError, match="No space left on device"):
        write_export(path, draft("two"))
    assert path.read_text() == draft("one")
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with refuses("not-readable", IncidentActionError):
        write_export(tmp_path, draft("one"))


def test_a_draft_lies_in_the_checkout_of_the_configuration_wherever_somebody_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    team, elsewhere = tmp_path / "team" / "ops", tmp_path / "elsewhere"
    for folder in (team, elsewhere, tmp_path / "team" / ".git"):
        folder.mkdir(parents=True)
    monkeypatch.chdir(elsewhere)
    assert find_export_folder(str(team / "cockpit.toml"), elsewhere / "timeline.db") == tmp_path / "team"
    (tmp_path / "team" / ".git").rmdir()
    assert find_export_folder(str(team / "cockpit.toml"), elsewhere / "timeline.db") == team
    assert find_export_folder("", team / "timeline.db") == team

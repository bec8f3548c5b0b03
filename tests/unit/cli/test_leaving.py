"""Whoever leaves while an incident is open is told so, and how to come back."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cockpit.cli.screen import describe_what_goes_on, run_screen
from tests.unit.incident.folding import fold
from tests.unit.incident.story import Story


def left(story: Story, file: Path, *, read_only: bool = False, drill: bool = False) -> list[str]:
    session: Any = SimpleNamespace(
        ledger=fold(story.events),
        environment=SimpleNamespace(name="prod", drill=drill),
        system=SimpleNamespace(file=str(file)),
        read_only=read_only,
    )
    return describe_what_goes_on(SimpleNamespace(session=session))  # type: ignore[arg-type]


@pytest.fixture
def story() -> Story:
    story = Story()
    story.declare(0, title="Readiness failing")
    return story


def test_an_open_incident_is_named_with_the_way_back(story: Story, tmp_path: Path) -> None:
    lines = left(story, tmp_path / "cockpit.toml")
    assert lines[0] == "Still open in prod: P1 Readiness failing (i1)."
    assert f"cockpit --config {tmp_path / 'cockpit.toml'} --env prod" in lines[1]


def test_where_the_configuration_is_at_hand_it_is_not_named(
    story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "`cockpit brief --env prod`" in left(story, tmp_path / "cockpit.toml")[1]


def test_a_wall_a_simulated_world_and_a_quiet_night_say_nothing(story: Story, tmp_path: Path) -> None:
    file = tmp_path / "cockpit.toml"
    assert left(Story(), file) == left(story, file, read_only=True) == left(story, file, drill=True) == []
    assert describe_what_goes_on(SimpleNamespace(session=None)) == []  # type: ignore[arg-type]


def test_a_draft_that_was_written_is_named_with_its_whole_path_at_leaving(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    draft = tmp_path / "docs" / "incidents" / "2026-02-27-readiness-failing.md"
    app = SimpleNamespace(run=lambda **options: None, farewell="", drafts=[draft, draft], return_code=0, session=None)
    monkeypatch.setattr("cockpit.cli.screen.gc.disable", lambda: None)
    monkeypatch.setattr("cockpit.app.CockpitApp", lambda *given, **options: app)
    run_screen(lambda: None)  # type: ignore[arg-type,return-value]
    assert capsys.readouterr().out == f"The post-mortem draft is in {draft}\n"

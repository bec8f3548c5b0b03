"""A shell in an empty directory, without any configuration."""

from pathlib import Path

import pytest

from tests.integration.cli.shell import Shell


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("cockpit.cli.login.login_name", lambda: "ana")
    return Shell(tmp_path / "timeline.db")

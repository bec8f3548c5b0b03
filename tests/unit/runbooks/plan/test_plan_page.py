"""What docs/plan.md shows is what is printed."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from cockpit.cli.runbooks.plan import command

PAGE = (Path(__file__).parents[4] / "docs" / "plan.md").read_text(encoding="utf-8")


def test_the_document_of_the_page_is_understood_as_the_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (text,) = re.findall(r"```markdown\n(.*?)```", PAGE, re.DOTALL)
    (shown,) = re.findall(r"```\n\$ cockpit plan\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "oncall.md").write_text(text, encoding="utf-8")
    (tmp_path / "cockpit.toml").write_text('runbooks = ["oncall.md"]', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(command, []).stdout.rstrip("\n") == shown.rstrip("\n")

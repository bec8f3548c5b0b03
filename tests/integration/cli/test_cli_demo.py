"""`cockpit demo` on a system of one's own, up to where it needs a terminal."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cockpit.cli import cockpit
from cockpit.cli.demo import load_own_system, make_app_name
from cockpit.cli.options import Common


def demo(*words: str) -> Result:
    return CliRunner().invoke(cockpit, ["demo", *words])


@pytest.mark.parametrize(
    ("words", "fact"),
    [
        (("--system", "nosuch"), "meeting-intelligence"),
        (("--scenario", "nosuch"), "bad-deploy"),
        (("--scenario", "nosuch.toml"), "nosuch.toml"),
        (("--system", "dealix", "--config", "cockpit.toml"), "--config"),
        (("--config", "nosuch.toml"), "nosuch.toml"),
        ((), "terminal"),
    ],
)
def test_what_cannot_be_played_is_refused_before_anything_starts(words: tuple[str, ...], fact: str) -> None:
    refused = demo(*words)
    assert refused.exit_code == 2
    assert fact in refused.stderr


@pytest.mark.parametrize("name", ["meeting-intelligence", "union-eyes", "dealix", "api-service", "mystira"])
def test_each_of_the_five_systems_can_be_drilled(name: str) -> None:
    system = load_own_system(Common(), name)
    assert system is not None
    assert system.environments[0].probes


def test_a_scenario_of_ones_own_is_read_and_checked(tmp_path: Path) -> None:
    story = tmp_path / "mine.toml"
    story.write_text('about = "x"\nrevisions = []\n', encoding="utf-8")
    refused = demo("--scenario", str(story))
    assert refused.exit_code == 2
    assert "revisions" in refused.stderr


@pytest.mark.parametrize(
    ("name", "app"), [("Union Eyes!", "union-eyes"), ("7", ""), ("...", ""), ("a" * 60, "a" * 30), ("ab", "ab")]
)
def test_an_app_is_called_as_azure_would_take_it(name: str, app: str) -> None:
    assert make_app_name(name) == app

"""Where the configuration is found, and what is used where there is none."""

from pathlib import Path

import pytest

from cockpit.config import ConfigErrors, default_data, default_system, find_config_file
from cockpit.config.places import list_candidates


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    (tmp_path / "cwd").mkdir()
    return tmp_path


def made(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("")
    return path


def test_the_nearest_one_wins(here: Path) -> None:
    cwd = here / "cwd"
    assert find_config_file(None, {}, cwd) is None
    user = made(here / "xdg" / "cockpit" / "cockpit.toml")
    assert find_config_file(None, {}, cwd) == user
    local = made(cwd / "cockpit.toml")
    assert find_config_file(None, {}, cwd) == local
    named = made(here / "named.toml")
    assert find_config_file(None, {"COCKPIT_CONFIG": str(named)}, cwd) == named
    asked = made(cwd / "asked.toml")
    assert find_config_file("asked.toml", {"COCKPIT_CONFIG": str(named)}, cwd) == asked


@pytest.mark.parametrize(("option", "environ"), [("none.toml", {}), (None, {"COCKPIT_CONFIG": "none.toml"})])
def test_one_that_is_named_must_be_there(here: Path, option: str | None, environ: dict[str, str]) -> None:
    made(here / "cwd" / "cockpit.toml")
    with pytest.raises(ConfigErrors, match=r"none\.toml"):
        find_config_file(option, environ, here / "cwd")


def test_an_empty_variable_names_nothing(here: Path) -> None:
    assert find_config_file(None, {"COCKPIT_CONFIG": ""}, here / "cwd") is None


def test_every_place_is_listed_in_order(here: Path) -> None:
    listed = list_candidates("~/a.toml", {"COCKPIT_CONFIG": "b.toml"}, here / "cwd")
    assert [how for how, _ in listed] == ["--config", "$COCKPIT_CONFIG", "current directory", "user configuration"]
    assert all(path.is_absolute() for _, path in listed)


def test_without_a_file_there_is_one_environment_and_a_timeline_in_the_users_data_directory(here: Path) -> None:
    system = default_system()
    assert [each.name for each in system.environments] == ["default"]
    assert system.data == str(here / "share" / "cockpit")
    assert system.file == ""


def test_two_systems_of_one_person_have_a_timeline_each(here: Path) -> None:
    """A note about one of them stood on the incident of the other, and only one of them was recorded."""
    user = here / "share" / "cockpit"
    assert default_data("Union Eyes") == user / "union-eyes"
    assert default_data("../Shop/") == user / "shop"
    assert default_data("") == Path(default_system().data) == user
    made(user / "union-eyes" / "timeline.db")
    assert default_data("Shop") == user / "shop"


def test_a_timeline_that_lies_in_the_directory_of_the_user_is_gone_on_with(here: Path) -> None:
    made(here / "share" / "cockpit" / "timeline.db")
    assert default_data("Shop") == here / "share" / "cockpit"


def test_what_a_system_has_recorded_is_gone_on_with_whatever_another_writes_later(here: Path) -> None:
    made(here / "share" / "cockpit" / "shop" / "timeline.db")
    made(here / "share" / "cockpit" / "timeline.db")  # of a system without a name
    assert default_data("Shop") == here / "share" / "cockpit" / "shop"


def test_a_directory_of_the_user_that_a_team_shares_is_used_as_it_is(here: Path) -> None:
    (here / "share" / "cockpit").mkdir(parents=True)
    (here / "share" / "cockpit").chmod(0o2770)
    assert default_data("Shop") == here / "share" / "cockpit"

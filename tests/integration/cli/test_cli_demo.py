"""`cockpit demo` on a system of one's own, up to where it needs a terminal."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cockpit.cli import cockpit
from cockpit.cli.demo import (
    find_names,
    find_story,
    load_own_system,
    make_app_name,
    write_drill_file,
)
from cockpit.cli.options import DRILL_FILE, Common, Refusal, load_system
from cockpit.simulator.drill import simulate_by_ready_line
from cockpit.simulator.world.alerts import list_simulated_alerts
from cockpit.simulator.world.clock import SimulatedClock
from cockpit.simulator.world.database_changes import rename_database, restore_database
from cockpit.simulator.world.scenario import load_scenario, rename_scenario
from cockpit.simulator.world.stage import Stage
from cockpit.simulator.world.world import Caller
from tests.integration.simulator.playing import FakeTime
from tests.unit.requirements.hints_stage import hint


def demo(*words: str) -> Result:
    return CliRunner().invoke(cockpit, ["demo", *words])


@pytest.mark.parametrize(
    ("words", "fact"),
    [
        (("--system", "nosuch"), "meeting-intelligence"),
        (("--scenario", "nosuch"), "bad-deploy"),
        (("--scenario", "nosuch.toml"), "nosuch.toml"),
        (("--system", "mystira", "--scenario", "lost-table"), "node-drained"),
        (("--system", "dealix", "--config", "cockpit.toml"), "--config"),
        (("--config", "nosuch.toml"), "nosuch.toml"),
        ((), "terminal"),
    ],
)
def test_what_cannot_be_played_is_refused_before_anything_starts(words: tuple[str, ...], fact: str) -> None:
    refused = demo(*words)
    assert refused.exit_code == 2
    assert fact in refused.stderr


SYSTEMS = ("meeting-intelligence", "union-eyes", "dealix", "api-service", "mystira")


@pytest.mark.parametrize("name", SYSTEMS)
def test_each_of_the_five_systems_can_be_drilled(name: str) -> None:
    system = load_own_system(Common(), name)
    assert system is not None
    assert system.environments[0].probes


STORIES = sorted(Path("examples").glob("*/scenarios/*.toml"))


def test_each_system_has_stories_of_its_own() -> None:
    assert {path.parts[1] for path in STORIES} == {path.name for path in Path("examples").iterdir() if path.is_dir()}
    assert len(STORIES) >= 10


@pytest.mark.parametrize(
    ("system", "first"),
    [
        ("meeting-intelligence", "bad-deployment"),
        ("union-eyes", "blue-green"),
        ("dealix", "llm-provider"),
        ("api-service", "readyz-503"),
        ("mystira", "rollback-with-approval"),
        ("", "bad-deploy"),
    ],
)
def test_without_a_name_the_first_story_of_the_manual_is_played(system: str, first: str) -> None:
    assert Path(find_story("", system)).stem == first
    row = next(
        (line for line in Path("docs/simulator.md").read_text("utf-8").splitlines() if f"| `{system}` |" in line), ""
    )
    assert not row or row.split("`")[3] == first


@pytest.mark.parametrize(
    ("system", "alert", "procedure"),
    [
        ("dealix", "LLMProviderOutage", "2.1 Language model provider down"),
        ("dealix", "Secret in the log", "2.3 A secret may have leaked"),
        ("dealix", "Approvals are stuck", "2.7 Approvals are stuck"),
        ("api-service", "Automatic rollback failed", "Manual rollback"),
        ("mystira", "error rate", "Runbook: Emergency rollback"),
        ("unioneyes", "Site down", "Application down"),
        ("meeting-intelligence", "Auth failure spike", "At once, for a security incident"),
    ],
)
def test_the_alert_of_a_story_leads_to_what_its_document_does_about_it(system: str, alert: str, procedure: str) -> None:
    leads_to = hint(system, alert).procedure
    assert leads_to is not None
    assert leads_to.title == procedure


def test_no_two_stories_of_a_system_have_the_same_place() -> None:
    places = [(path.parts[1], load_scenario(str(path)).order) for path in STORIES]
    assert len(set(places)) == len(places)


@pytest.mark.parametrize("path", STORIES, ids=lambda path: f"{path.parts[1]} {path.stem}")
def test_a_story_brings_trouble_that_somebody_sees(path: Path) -> None:
    """Within a minute an alert fires, on the app that the example's configuration names."""
    example, clock = path.parts[1], FakeTime()
    system = load_own_system(Common(), example)
    assert system is not None
    app, group = find_names(system)
    scenario = rename_scenario(load_scenario(find_story(path.stem, example)), app=app, resource_group=group)
    stage = Stage(scenario, SimulatedClock(clock, 1.0))
    assert list_simulated_alerts(stage.world()) == []
    clock.pass_by(90)
    assert list_simulated_alerts(stage.world())


def test_a_lost_table_comes_back_with_a_restore_to_a_moment_before_and_not_with_a_later_one() -> None:
    clock = FakeTime()
    stage = Stage(load_scenario(find_story("lost-table", "meeting-intelligence")), SimulatedClock(clock, 1.0))
    clock.pass_by(60)
    assert not stage.world().has_database
    caller = Caller("ana")
    for source, name, moment, is_good in (("shop-api", "late", 30.0, False), ("before-late", "early", 5.0, True)):
        world, _ = restore_database(stage.world(), source, name, moment, caller)
        stage.become(world)
        clock.pass_by(61)
        stage.become(rename_database(stage.world(), "shop-api", f"before-{name}", caller))
        stage.become(rename_database(stage.world(), name, "shop-api", caller))
        assert stage.world().has_database is is_good


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


def test_another_shell_reaches_the_very_system_that_is_drilled(tmp_path: Path) -> None:
    """The cockpit.toml beside the timeline of a drill is that of the simulator's shop."""
    config = tmp_path / "cockpit.toml"
    config.write_text('system = "simulated shop"\n[environments.prod]\n', encoding="utf-8")
    own = load_own_system(Common(), "meeting-intelligence")
    assert own is not None
    names = ("url", "tls_url", "ca_file", "subscription", "resource_group", "app", "workspace")
    ready_line = {**dict.fromkeys(names, "https://127.0.0.1:9"), "config": str(config)}
    assert load_system(Common(config=str(config))).name == "simulated shop"

    write_drill_file(own, ready_line)
    assert load_system(Common(config=str(config))) == simulate_by_ready_line(own, ready_line)
    assert load_system(Common(config=str(config), read_only=True)).read_only
    assert load_system(Common(config=str(config))).data == str(tmp_path)


@pytest.mark.parametrize("name", SYSTEMS)
def test_a_simulator_without_a_screen_serves_the_system_that_was_named(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its folder opened the simulated shop, whose names no probe and no document of that system knew."""
    config = tmp_path / "cockpit.toml"
    config.write_text('system = "simulated shop"\n[environments.prod]\n', encoding="utf-8")
    facts = ("url", "tls_url", "ca_file", "subscription", "resource_group", "app", "workspace")
    drilled: list[str] = []

    async def play(_story: object, *, announce: Callable[[str], None], **_options: object) -> None:
        announce(json.dumps({**dict.fromkeys(facts, "https://127.0.0.1:9"), "config": str(config)}))
        drilled.append(load_system(Common(config=str(config))).name)

    monkeypatch.setattr("cockpit.simulator.play.play_scenario", play)
    outcome = CliRunner().invoke(cockpit, ["simulator", "--system", name])
    own = load_own_system(Common(), name)

    assert outcome.exit_code == 0, outcome.output
    assert own is not None
    assert drilled == [f"{own.name} (drill)"]


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"config": "nosuch.toml", "ready_line": {}}'])
def test_a_drill_that_cannot_be_read_is_no_other_system(tmp_path: Path, text: str) -> None:
    config = tmp_path / "cockpit.toml"
    config.write_text('system = "simulated shop"\n[environments.prod]\n', encoding="utf-8")
    (tmp_path / DRILL_FILE).write_text(text, encoding="utf-8")
    with pytest.raises(Refusal):
        load_system(Common(config=str(config)))

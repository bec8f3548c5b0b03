"""The world is a pure function of its scenario, the time and what was done."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.simulator.answer import RefusedError
from cockpit.simulator.workload import choose_revision
from cockpit.simulator.world.alerts import list_simulated_alerts
from cockpit.simulator.world.changes import activate_revision, deactivate_revision, restart_revision, start_change
from cockpit.simulator.world.scenario import ScenarioError, list_scenarios, load_scenario, parse_scenario
from cockpit.simulator.world.stage import advance_world
from cockpit.simulator.world.world import Caller, Patch, TrafficShare, World, begin_world

WHO = Caller("operator@example.com")
NAMES = ["shop-api--r41", "shop-api--r43", "shop-api--r44"]
actions = st.lists(
    st.tuples(
        st.floats(0.0, 40.0),
        st.sampled_from(["activate", "deactivate", "restart", "traffic"]),
        st.sampled_from(NAMES),
    ),
    max_size=8,
)


def act(world: World, what: str, name: str) -> World:
    """One change; a refused one changes nothing."""
    try:
        if what == "traffic":
            return start_change(world, Patch((TrafficShare(100, name),)), WHO)[0]
        return {"activate": activate_revision, "deactivate": deactivate_revision, "restart": restart_revision}[what](
            world, name, WHO
        )
    except RefusedError:
        return world


@given(actions, st.lists(st.floats(0.0, 200.0), max_size=5))
def test_looking_at_the_world_changes_nothing(done: list[tuple[float, str, str]], looks: list[float]) -> None:
    seldom = often = begin_world(load_scenario("bad-deploy"))
    now = 0.0
    for wait, what, name in done:
        for look in sorted(each for each in looks if each < wait):
            often = advance_world(often, now + look)
        now += wait
        seldom, often = act(advance_world(seldom, now), what, name), act(advance_world(often, now), what, name)
    assert advance_world(seldom, now + 100) == advance_world(often, now + 100)
    assert list_simulated_alerts(advance_world(seldom, now + 100)) == list_simulated_alerts(
        advance_world(often, now + 100)
    )


@given(actions)
def test_whatever_is_done_the_weights_make_100(done: list[tuple[float, str, str]]) -> None:
    world, now = begin_world(load_scenario("bad-deploy")), 0.0
    for wait, what, name in done:
        now += wait
        world = act(advance_world(world, now), what, name)
        assert sum(world.weights().values()) == 100
        assert len([each for each in world.operations if each.status == "InProgress"]) <= 1


@given(st.integers(0, 100), st.integers(0, 10_000))
def test_every_hundred_requests_are_shared_out_by_weight(weight: int, first: int) -> None:
    world = begin_world(load_scenario("quiet"))
    world = replace(world, traffic=(TrafficShare(weight, "shop-api--r42"), TrafficShare(100 - weight, "shop-api--r43")))
    answered = [choose_revision(world, first + each) for each in range(100)]
    assert answered.count("shop-api--r42") == weight


@pytest.mark.parametrize("name", list_scenarios())
def test_every_scenario_has_three_revisions_or_more_and_an_inactive_one(name: str) -> None:
    world = begin_world(load_scenario(name))
    assert len(world.revisions) >= 3
    assert any(not each.active for each in world.revisions)
    assert sum(world.weights().values()) == 100


def test_an_alert_that_comes_back_is_another_alert() -> None:
    world = advance_world(begin_world(load_scenario("bad-deploy")), 40)
    for name in ("shop-api--r43", "shop-api--r44"):
        world = advance_world(act(world, "traffic", name), world.now + 60)
    found = [(each.id, each.condition) for each in list_simulated_alerts(world) if each.name == "5xx errors"]
    assert [condition for _, condition in found] == ["Fired", "Resolved"]
    assert len({alert for alert, _ in found}) == 2


def test_there_are_the_scenarios_of_the_manual() -> None:
    assert list_scenarios() == ["bad-deploy", "flaky-cloud", "quiet", "quirks", "single-mode"]


def test_an_unknown_scenario_is_refused_with_those_there_are() -> None:
    with pytest.raises(
        ScenarioError,
        match="There is no scenario `loud`; there are: bad-deploy, flaky-cloud, quiet, quirks, single-mode",
    ):
        load_scenario("loud")


@pytest.mark.parametrize("name", ["../quiet", "", "/etc/passwd"])
def test_a_scenario_is_a_name_and_never_a_path(name: str) -> None:
    with pytest.raises(ScenarioError, match="There is no scenario"):
        load_scenario(name)


def test_everything_wrong_with_a_scenario_is_reported_at_once() -> None:
    with pytest.raises(ScenarioError) as wrong:
        parse_scenario("odd", 'about = "x"\nspeeed = 3\n[[traffic]]\nweight = "lots"\n')
    assert all(each in str(wrong.value) for each in ("speeed", "traffic.0.weight"))


def test_a_scenario_that_is_not_toml_says_so() -> None:
    with pytest.raises(ScenarioError, match="is not TOML"):
        parse_scenario("odd", "about = ")

"""The world is a pure function of its scenario, the time and what was done."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.simulator.answer import RefusedError
from cockpit.simulator.workload import routed
from cockpit.simulator.world.alerts import alerts
from cockpit.simulator.world.changes import activate, deactivate, restart, start
from cockpit.simulator.world.scenario import ScenarioError, load, names, parse
from cockpit.simulator.world.stage import advance
from cockpit.simulator.world.world import Caller, Patch, TrafficShare, World, begin

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
            return start(world, Patch((TrafficShare(100, name),)), WHO)[0]
        return {"activate": activate, "deactivate": deactivate, "restart": restart}[what](world, name, WHO)
    except RefusedError:
        return world


@given(actions, st.lists(st.floats(0.0, 200.0), max_size=5))
def test_looking_at_the_world_changes_nothing(done: list[tuple[float, str, str]], looks: list[float]) -> None:
    seldom = often = begin(load("bad-deploy"))
    now = 0.0
    for wait, what, name in done:
        for look in sorted(each for each in looks if each < wait):
            often = advance(often, now + look)
        now += wait
        seldom, often = act(advance(seldom, now), what, name), act(advance(often, now), what, name)
    assert advance(seldom, now + 100) == advance(often, now + 100)
    assert alerts(advance(seldom, now + 100)) == alerts(advance(often, now + 100))


@given(actions)
def test_whatever_is_done_the_weights_make_100(done: list[tuple[float, str, str]]) -> None:
    world, now = begin(load("bad-deploy")), 0.0
    for wait, what, name in done:
        now += wait
        world = act(advance(world, now), what, name)
        assert sum(world.weights().values()) == 100
        assert len([each for each in world.operations if each.status == "InProgress"]) <= 1


@given(st.integers(0, 100), st.integers(0, 10_000))
def test_every_hundred_requests_are_shared_out_by_weight(weight: int, first: int) -> None:
    world = begin(load("quiet"))
    world = replace(world, traffic=(TrafficShare(weight, "shop-api--r42"), TrafficShare(100 - weight, "shop-api--r43")))
    answered = [routed(world, first + each) for each in range(100)]
    assert answered.count("shop-api--r42") == weight


@pytest.mark.parametrize("name", names())
def test_every_scenario_has_three_revisions_or_more_and_an_inactive_one(name: str) -> None:
    world = begin(load(name))
    assert len(world.revisions) >= 3
    assert any(not each.active for each in world.revisions)
    assert sum(world.weights().values()) == 100


def test_an_alert_that_comes_back_is_another_alert() -> None:
    world = advance(begin(load("bad-deploy")), 40)
    for name in ("shop-api--r43", "shop-api--r44"):
        world = advance(act(world, "traffic", name), world.now + 60)
    found = [(each.id, each.condition) for each in alerts(world) if each.name == "5xx errors"]
    assert [condition for _, condition in found] == ["Fired", "Resolved"]
    assert len({alert for alert, _ in found}) == 2


def test_there_are_the_scenarios_of_the_manual() -> None:
    assert names() == ["bad-deploy", "flaky-cloud", "quiet", "quirks", "single-mode"]


def test_an_unknown_scenario_is_refused_with_those_there_are() -> None:
    with pytest.raises(
        ScenarioError,
        match="There is no scenario `loud`; there are: bad-deploy, flaky-cloud, quiet, quirks, single-mode",
    ):
        load("loud")


@pytest.mark.parametrize("name", ["../quiet", "", "quiet.toml", "/etc/passwd"])
def test_a_scenario_is_a_name_and_never_a_path(name: str) -> None:
    with pytest.raises(ScenarioError, match="There is no scenario"):
        load(name)


def test_everything_wrong_with_a_scenario_is_said_at_once() -> None:
    with pytest.raises(ScenarioError) as wrong:
        parse("odd", 'about = "x"\nspeeed = 3\n[[traffic]]\nweight = "lots"\n')
    assert all(each in str(wrong.value) for each in ("speeed", "traffic.0.weight", "revisions"))


def test_a_scenario_that_is_not_toml_says_so() -> None:
    with pytest.raises(ScenarioError, match="is not TOML"):
        parse("odd", "about = ")

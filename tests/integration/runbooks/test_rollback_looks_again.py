"""A rollback on its way: before each change it looks who serves now, and stops where that is a third revision."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cockpit.cli.run.begin import describe_stop
from cockpit.cli.run.report import STOPPED, Written
from cockpit.cli.run.steps import StepRequest, run_steps
from cockpit.model.revision import Application, Revision
from cockpit.model.run import Run, StepState, Value
from cockpit.runbooks.prepare.values import Live
from cockpit.runbooks.run.runner import Runner
from cockpit.runbooks.types import RunRefused
from tests.integration.runbooks.stage import Stage

ROLLBACK = """# Back

## Roll back

### Step 1: Send it all the traffic

```bash change
echo sent <app> <previous>
```

### Step 2: Look

```bash read
echo look at <previous>
```

### Step 3: Switch the bad one off

```bash change
echo off <app> <bad>
```
"""
TARGET = tuple(Value(name, value, "proposal") for name, value in (("app", "mi"), ("previous", "v2"), ("bad", "v3")))


class Platform:
    """What serves, as somebody who asks anew is told; None while it does not answer."""

    def __init__(self, **weights: int) -> None:
        self.mode = "Multiple"
        self.serves(**weights)

    def serves(self, **weights: int) -> None:
        self.application: Application | None = Application(
            "mi",
            "prod",
            self.mode,
            "mi.example.com",
            tuple(
                Revision("mi", name, True, weights.get(name, 0), None, f"app:{name}")
                for name in ("v4", "v3", "v2", "v1")
            ),
        )

    def live(self) -> Live:
        return Live((self.application,) if self.application else (), target=lambda application: {})

    async def read_anew(self) -> tuple[Application, ...] | None:
        return None if self.application is None else (self.application,)


@pytest.fixture
def platform() -> Platform:
    return Platform(v3=100)


@pytest.fixture
def stage(tmp_path: Path, platform: Platform) -> Iterator[Stage]:
    stage = Stage(tmp_path, options={"live": platform.live, "read_applications": platform.read_anew})
    yield stage
    stage.close()


def begin(stage: Stage) -> Run:
    runbook = stage.document(ROLLBACK)
    return stage.runner.start(runbook, runbook.procedures[0], trust=runbook.sha256, proposed=TARGET)


async def take(stage: Stage, run: Run, step: int, runner: Runner | None = None) -> StepState:
    runner = runner or stage.runner
    prepared = runner.prepare(run, step)
    return (await runner.perform(run, prepared, stage.consent(prepared, runner), stage.seen.append)).state


async def test_its_own_steps_move_the_traffic_between_the_two_that_it_names(stage: Stage, platform: Platform) -> None:
    run = begin(stage)
    assert await take(stage, run, 1) is StepState.OK
    platform.serves(v2=100)
    assert await take(stage, run, 3) is StepState.OK


@pytest.mark.parametrize("weights", [{"v4": 100}, {"v4": 10, "v3": 90}, {"v4": 10, "v2": 90}])
@pytest.mark.parametrize("step", [1, 3])
async def test_a_third_revision_with_traffic_stops_each_change_with_code_and_facts_and_sends_nothing(
    stage: Stage, platform: Platform, weights: dict[str, int], step: int
) -> None:
    run = begin(stage)
    platform.serves(**weights)
    with pytest.raises(RunRefused) as refused:
        await take(stage, run, step)
    facts = {"application": "mi", "before": ["v3"], "now": weights}
    assert (refused.value.code, refused.value.facts) == ("traffic-moved", facts)
    assert (stage.steps(), stage.output) == ([], "")


async def test_what_only_looks_is_not_stopped(stage: Stage, platform: Platform) -> None:
    run = begin(stage)
    platform.serves(v4=100)
    assert await take(stage, run, 2) is StepState.OK


async def test_a_canary_that_was_there_when_it_was_agreed_stops_nothing(stage: Stage, platform: Platform) -> None:
    platform.serves(v3=90, v1=10)
    run = begin(stage)
    platform.serves(v3=80, v1=20)
    assert await take(stage, run, 1) is StepState.OK


async def test_where_the_canary_took_all_meanwhile_it_stops(stage: Stage, platform: Platform) -> None:
    platform.serves(v3=90, v1=10)
    run = begin(stage)
    platform.serves(v1=100)
    with pytest.raises(RunRefused, match="v1 100 % now"):
        await take(stage, run, 1)


async def test_the_next_cockpit_knows_what_was_agreed(stage: Stage, platform: Platform) -> None:
    run = begin(stage)
    platform.serves(v4=100)
    with pytest.raises(RunRefused, match="v4 100 % now"):
        await take(stage, run, 3, stage.again())


async def test_a_platform_that_does_not_answer_stops_no_rollback(stage: Stage, platform: Platform) -> None:
    run = begin(stage)
    platform.application = None
    assert await take(stage, run, 1) is StepState.OK


async def test_in_single_mode_the_revision_that_it_deployed_itself_is_no_third_one(
    stage: Stage, platform: Platform
) -> None:
    platform.mode = "Single"
    platform.serves(v3=100)
    run = begin(stage)
    assert await take(stage, run, 1) is StepState.OK
    platform.serves(v4=100)
    assert await take(stage, run, 3) is StepState.OK


async def test_on_the_command_line_it_stops_with_3_and_says_which_rule_and_what_it_saw(
    stage: Stage, platform: Platform
) -> None:
    run = begin(stage)
    platform.serves(v4=100)
    request = StepRequest(yes=True, words=("v3",))
    ending = await run_steps(stage.runner, run, stage.runner.procedure(run), request, Written())
    assert (ending.code, ending.step, ending.refused) == (STOPPED, 1, "traffic-moved")
    assert describe_stop(ending)["facts"] == {"application": "mi", "before": ["v3"], "now": {"v4": 100}}

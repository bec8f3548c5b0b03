"""`kill -9` in the middle of a slot swap: the next cockpit takes it up by its address, and swaps nothing again."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from cockpit.build_session import build_session
from cockpit.config import load_system
from cockpit.model.event import Kind, RecordError
from cockpit.model.run import StepState
from cockpit.model.time import RealTime
from cockpit.session import Session
from cockpit.simulator.world.scenario import load_scenario
from cockpit.simulator.world.site import APP, RESOURCE_GROUP, SUBSCRIPTION
from cockpit.timeline.timeline import Timeline
from tests.integration.platforms.app_service.site_stage import SWAP
from tests.integration.simulator.playing import Playing, playing
from tests.signed_in import COMMAND

CONFIG = """
data = "{data}"
identity = {{ order = ["simulator"] }}
cloud = {{ endpoint = "{url}" }}

[environments.prod]
subscription = "{subscription}"
resource_group = "{group}"
app_service = {{ sites = ["{app}"] }}
"""


@pytest.fixture
async def killed(tmp_path: Path) -> AsyncIterator[tuple[Playing, Path]]:
    """A simulated site in mid-swap, whose clock stands still, and the configuration of a cockpit that is gone."""
    async with playing(load_scenario("bad-deploy")) as play:
        play.time.pass_by(60)
        config = tmp_path / "cockpit.toml"
        where = {"subscription": SUBSCRIPTION, "group": RESOURCE_GROUP, "app": APP}
        config.write_text(CONFIG.format(data=tmp_path, url=play.url, **where))
        command = [*COMMAND, "exec", "--config", str(config), "--", *SWAP.split()]
        process = await asyncio.create_subprocess_exec(
            *command, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE, start_new_session=True
        )
        while "operation" not in phases_in(tmp_path):
            assert process.returncode is None, await process.communicate()
            await asyncio.sleep(0.05)
        os.killpg(process.pid, signal.SIGKILL)
        await process.communicate()
        yield play, config


def phases_in(folder: Path) -> list[str]:
    if not (folder / "timeline.db").exists():
        return []
    with suppress(RecordError), Timeline(folder / "timeline.db", time=RealTime(), read_only=True) as timeline:
        return [str(event.detail.get("phase")) for event in timeline.events(kinds=[Kind.STEP])]
    return []  # it is being made


def open_next(config: Path) -> Session:
    system = load_system(config)
    return build_session(system, system.environments[0], config.parent / "timeline.db", operator="ana", watches=False)


async def take_up(session: Session) -> tuple[StepState, str]:
    """What becomes of the only step, by the next cockpit: its state and its sentence."""
    runner = session.runner
    (run,) = runner.runs.runs.values()
    assert runner.run(run.id).state(1) is StepState.RUNNING
    assert len(run.attempts[0].operation) > 100
    await runner.leadership.take_up()
    attempt = runner.run(run.id).attempts[0]
    await session.disconnect()
    session.close()
    return attempt.state, attempt.outcome


async def test_the_next_cockpit_sees_the_swap_end_and_swaps_nothing_again(killed: tuple[Playing, Path]) -> None:
    play, config = killed
    writes = play.stage.world().writes
    play.time.pass_by(60)
    state, _ = await take_up(open_next(config))
    assert state is StepState.OK
    assert play.stage.world().writes == writes
    assert phases_in(config.parent)[-1] == "outcome"


async def test_where_azure_forgot_the_operation_and_no_slot_shows_it_nobody_knows(
    killed: tuple[Playing, Path],
) -> None:
    play, config = killed
    play.time.pass_by(60)
    fault = {"match": "GET .*operationResults", "status": 404, "times": None}
    assert (await play.http.post("/simulator/faults", json=fault)).is_success
    writes = play.stage.world().writes
    state, sentence = await take_up(open_next(config))  # its slots tell of a swap of long before
    assert state is StepState.UNKNOWN
    assert "Look before you try again" in sentence
    assert play.stage.world().writes == writes

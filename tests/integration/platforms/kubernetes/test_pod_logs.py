"""The log of a revision: each container of its pods, its words before a restart, and why something cannot be read."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from cockpit.model.problem import SourceError
from cockpit.model.reading import LogLine
from cockpit.simulator.kubernetes.api import ApiRefusal
from cockpit.simulator.kubernetes.objects import BrokenImage
from tests.integration.platforms.kubernetes.cluster_stage import ClusterStage, opened_cluster

BROKEN = "example.com/api:broken"


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[ClusterStage]:
    async with opened_cluster(tmp_path) as opened:
        opened.deploy()
        opened.settle()
        yield opened


async def read_lines(stage: ClusterStage, count: int, index: int = 0) -> list[LogLine]:
    """The first lines of a revision's log, newest revision first."""
    app = (await stage.read())["api"]
    stream = stage.platform().stream_log_lines(app, app.revisions[index])
    lines = []
    async with aclosing(stream) as opened:  # type: ignore[type-var]
        async for line in opened:
            lines.append(line)
            if len(lines) == count:
                break
    return lines


async def test_every_pod_of_the_revision_is_heard(stage: ClusterStage) -> None:
    lines = await read_lines(stage, 4)
    assert {line.text for line in lines} == {"starting example.com/api:v1", "listening on :8080"}
    assert len({line.replica for line in lines}) == 2
    assert all(line.at is not None and line.stream == "console" and not line.past for line in lines)


async def test_a_container_that_was_restarted_tells_its_last_words_first(stage: ClusterStage) -> None:
    stage.cluster.broken[BROKEN] = BrokenImage("crash", "fatal: no column total")
    stage.deploy(image=BROKEN)
    stage.settle(40)
    first, second = await read_lines(stage, 2)
    assert second.text == "fatal: no column total"
    assert first.past == second.past == "previous container"


async def test_a_container_that_has_not_started_says_why_there_is_no_log(stage: ClusterStage) -> None:
    stage.cluster.broken[BROKEN] = BrokenImage("pull")
    stage.deploy(image=BROKEN)
    stage.settle(40)
    (line,) = await read_lines(stage, 1)
    assert line.reason == "cockpit"
    assert "waiting to start: trying and failing to pull image" in line.text


async def test_a_revision_without_pods_says_so(stage: ClusterStage) -> None:
    stage.deploy(image="example.com/api:v2")
    stage.settle()
    (line,) = await read_lines(stage, 1, index=1)
    assert "no pods" in line.text


async def test_without_the_right_to_read_logs_the_role_is_named(stage: ClusterStage) -> None:
    app = (await stage.read())["api"]
    stage.api.refuse(ApiRefusal(403, verb="list", plural="pods"))
    stream = stage.platform().stream_log_lines(app, app.revisions[0])
    line = await anext(stream)
    assert "allows list on pods: the ClusterRole view" in line.text


async def test_a_sign_in_that_ran_out_ends_the_log(tmp_path: Path) -> None:
    async with opened_cluster(tmp_path, tokens=("good",)) as stage:
        stage.deploy()
        stage.settle()
        app = (await stage.read())["api"]
        stage.api.tokens[:] = ["other"]
        with pytest.raises(SourceError, match="sign-in"):
            await anext(stage.platform().stream_log_lines(app, app.revisions[0]))


async def test_hostile_lines_are_cleaned(stage: ClusterStage) -> None:
    stage.cluster.logs = lambda pod, container, image: ["\x1b[31mred\x1b[0m \u202eevil", ""]
    lines = await read_lines(stage, 2)
    assert all("\x1b" not in line.text and "\u202e" not in line.text for line in lines)

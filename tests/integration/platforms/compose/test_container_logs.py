"""The log of a service: frames, reconnections, and what is said where lines may be missing."""

import asyncio
from collections.abc import AsyncIterator

from hypothesis import given
from hypothesis import strategies as st

from cockpit.model.reading import LogLine
from cockpit.platforms.compose.container_logs import FrameReader
from cockpit.simulator.faults import Fault
from tests.integration.platforms.compose.engine_stage import EngineStage

APP = "registry.example.com/app"


def frame(kind: int, text: bytes) -> bytes:
    return bytes((kind, 0, 0, 0)) + len(text).to_bytes(4, "big") + text


@given(
    st.lists(st.tuples(st.sampled_from((1, 2)), st.binary(min_size=1, max_size=30)), max_size=8),
    st.integers(min_value=1, max_value=9),
)
def test_frames_are_the_same_lines_however_the_network_cuts_them(frames: list[tuple[int, bytes]], size: int) -> None:
    data = b"".join(frame(kind, text) for kind, text in frames)
    reader = FrameReader(tty=False)
    lines = [line for at in range(0, len(data), size) for line in reader.feed(data[at : at + size])]
    lines += list(reader.finish())
    texts = [b"".join(text for kind, text in frames if kind == stream) for stream in (1, 2)]
    expected = [line for text in texts for line in text.split(b"\n")]
    assert sorted(filter(None, lines)) == sorted(filter(None, expected))


def test_a_container_with_a_terminal_has_no_frames() -> None:
    reader = FrameReader(tty=True)
    assert list(reader.feed(b"one\r\ntwo\n")) == [b"one\r", b"two"]


async def take_lines(lines: AsyncIterator[LogLine], count: int) -> list[LogLine]:
    result: list[LogLine] = []
    async with asyncio.timeout(10):
        async for line in lines:
            result.append(line)
            if len(result) >= count:
                break
    return result


async def test_lines_come_with_their_times_and_containers(stage: EngineStage) -> None:
    stage.image(f"{APP}:1.44.0")
    stage.run("api", f"{APP}:1.44.0")
    stage.settle(30)
    platform = stage.platform()
    service = (await stage.read())["api"]
    lines = await take_lines(platform.stream_log_lines(service, service.revisions[0]), 5)
    assert lines[0].text == "listening on :3000"
    assert {line.replica for line in lines} == {"shop_api_1"}
    assert all(line.at is not None for line in lines)


async def test_a_broken_stream_is_taken_up_again_without_repeating_and_with_a_line_for_the_gap(
    stage: EngineStage,
) -> None:
    stage.image(f"{APP}:1.44.0")
    stage.run("api", f"{APP}:1.44.0")
    stage.settle(10)
    platform = stage.platform()
    service = (await stage.read())["api"]
    stage.api.faults.arm(Fault(match="/logs", times=2, status=500, body={"message": "the engine is restarting"}))
    lines = await take_lines(platform.stream_log_lines(service, service.revisions[0]), 12)
    said = [line.text for line in lines if line.stream == "system"]
    told = [(line.at, line.text) for line in lines if line.stream == "console"]
    assert any("the engine is restarting" in text for text in said)
    assert any("lines may be missing" in text for text in said)
    assert [line.unread for line in lines if line.stream == "system"] == [("shop_api_1",), ()]
    assert len(told) == len(set(told))


async def test_a_container_that_goes_is_reported_once(stage: EngineStage) -> None:
    stage.image(f"{APP}:1.44.0")
    container = stage.run("api", f"{APP}:1.44.0")
    stage.settle(4)
    platform = stage.platform()
    service = (await stage.read())["api"]
    lines = platform.stream_log_lines(service, service.revisions[0])
    assert await anext(aiter(lines))
    stage.engine.remove(container, force=True)
    async with asyncio.timeout(10):
        async for line in lines:
            if "shop_api_1 is gone" in line.text:
                return
    raise AssertionError


async def test_a_driver_that_keeps_nothing_says_so(stage: EngineStage) -> None:
    stage.image(f"{APP}:1.44.0")
    stage.run("api", f"{APP}:1.44.0")
    platform = stage.platform()
    service = (await stage.read())["api"]
    sentence = "configured logging driver does not support reading"
    stage.api.faults.arm(Fault(match="/logs", times=None, status=501, body={"message": sentence}))
    lines = await take_lines(platform.stream_log_lines(service, service.revisions[0]), 1)
    assert sentence in lines[0].text

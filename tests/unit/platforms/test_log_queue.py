"""Lines of several replicas come through one queue; what only several lines together give away is not shown."""

from collections.abc import Sequence

import pytest

from cockpit.model.reading import LogLine
from cockpit.platforms.log_queue import LogQueue, read_log_queue

BODY = ["MIIEpAIBAAKCAQEA0Z3VS5JJcds3xfn" * 2, "ygWyF8PbnGy0AHB7MaC8x1qT7bqMIIE" * 2, "x1qT7bqM=="]
KEY = ["-----BEGIN RSA PRIVATE KEY-----", *BODY, "-----END RSA PRIVATE KEY-----"]


async def read_all(lines: Sequence[LogLine]) -> list[LogLine]:
    async def watch(waiting: LogQueue) -> None:
        for line in lines:
            await waiting.put(line)

    return [line async for line in read_log_queue(watch)]


@pytest.mark.parametrize("lead", ["", "13:00:01 ERROR: ", "[web] "])
async def test_a_private_key_that_is_printed_line_by_line_is_not_shown(lead: str) -> None:
    texts = [lead + text for text in ["starting", *KEY, "listening on 8080"]]
    shown = [line.text for line in await read_all([LogLine(text, replica="a") for text in texts])]
    assert shown[0] == lead + "starting"
    assert shown[-1] == lead + "listening on 8080"
    assert not any(part in text for text in shown for part in BODY[:2])
    assert len(shown) == len(texts)


async def test_replicas_are_distinguished() -> None:
    """A line of another replica in between neither ends the key nor loses a letter."""
    mixed = [line for text in KEY for line in (LogLine(text, replica="a"), LogLine("QUVTVEVELCBPSw==", replica="b"))]
    lines = await read_all(mixed)
    assert not any(line.text in BODY for line in lines)
    assert [line.text for line in lines if line.replica == "b"] == ["QUVTVEVELCBPSw=="] * len(KEY)


async def test_what_follows_a_key_without_an_end_is_shown() -> None:
    lines = await read_all([LogLine(text) for text in [*KEY[:3], "GET /orders 200", "QUVTVEVELCBPSw=="]])
    assert [line.text for line in lines[-2:]] == ["GET /orders 200", "QUVTVEVELCBPSw=="]

"""Lines of several replicas come through one queue; what only several lines together give away is not shown."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.model.reading import LogLine
from cockpit.model.text import clean_line
from cockpit.platforms.log_queue import LogQueue, read_log_queue, read_stamped_lines

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


@given(
    st.lists(st.sampled_from([b"GET /orders 200", b"DB_PASSWORD=q7Zt41mWc", b"\xff\x1b[31m", b"", b" \t", b"value: x"]))
)
def test_lines_that_come_together_are_read_as_each_by_itself(texts: list[bytes]) -> None:
    stamped = [b"2026-03-02T09:00:00.123456789Z " + text for text in texts]
    lines = read_stamped_lines([*stamped, *texts])
    assert [line.text for line in lines] == [clean_line(text) for text in texts] * 2
    assert [line.moment is None for line in lines] == [False] * len(texts) + [True] * len(texts)

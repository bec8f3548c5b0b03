"""Lines of several replicas come through one queue; what only several lines together give away is not shown."""

import asyncio
import base64
from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cockpit.model.reading import LogLine
from cockpit.model.secret import KNOWN_SECRETS, MASK
from cockpit.model.text import clean_line
from cockpit.platforms.log_mask import LogMask
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


TOKEN = "correct-horse-battery-staple-7"
ENCODED = base64.b64encode(TOKEN.encode()).decode()
HALVES = st.sampled_from([TOKEN, ENCODED, base64.b32encode(TOKEN.encode()).decode(), TOKEN.encode().hex()])


async def read_batches(*batches: Sequence[LogLine]) -> list[LogLine]:
    """Each batch is read before the next one comes."""

    async def watch(waiting: LogQueue) -> None:
        for batch in batches:
            for line in batch:
                await waiting.put(line)
            for _ in range(3):
                await asyncio.sleep(0)

    return [line async for line in read_log_queue(watch)]


@example(base64.b32encode(TOKEN.encode()).decode(), 4, 0)  # `MNXX`: an `x` is a letter here
@example(TOKEN.encode().hex(), 5, 1)  # in the middle of a byte
@given(HALVES, st.integers(4, 16), st.sampled_from([0, 1]))
async def test_a_secret_over_two_lines_that_came_apart_is_masked_in_both(printed: str, first: int, others: int) -> None:
    KNOWN_SECRETS.learn(TOKEN)
    halves = [LogLine(f"data: {printed[:first]}", replica="a"), LogLine(printed[first:], replica="a")]
    between = [LogLine("GET /orders 200", replica="b")] * others
    lines = await read_batches([LogLine("it begins", replica="a"), halves[0]], between, [halves[1]], [LogLine("end")])
    texts = [line.text for line in lines if line.replica == "a"]
    assert (texts[0], len(texts), texts[2][:3]) == ("it begins", 3, MASK)
    assert texts[1].startswith("data: ")
    assert printed[:first] not in texts[1]
    assert len(lines) == 4 + others


@given(HALVES, st.booleans())
async def test_of_a_secret_whose_rest_comes_much_later_neither_half_is_shown(printed: str, comes: bool) -> None:
    KNOWN_SECRETS.learn(TOKEN)
    mask, first = LogMask(), len(printed) * 2 // 3
    assert mask.feed([LogLine(f"data: {printed[:first]}")]) == []
    (line,) = mask.settle()
    assert line.text == f"data: {MASK}"
    if comes:
        (rest, after) = mask.feed([LogLine(printed[first:]), LogLine("it goes on")])
        assert (rest.text[: len(MASK)], after.text) == (MASK, "it goes on")


async def test_what_begins_as_a_secret_does_waits_no_longer_than_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cockpit.platforms.log_queue.LONGEST_WAIT", 0.01)
    KNOWN_SECRETS.learn("postgresql://shop:open-sesame@db/shop")
    ended = asyncio.Event()

    async def watch(waiting: LogQueue) -> None:
        await waiting.put(LogLine("waiting for postgresql"))
        await ended.wait()

    lines = read_log_queue(watch)
    assert (await anext(lines)).text == "waiting for postgresql"
    ended.set()
    assert [line async for line in lines] == []


@given(st.lists(st.text("ab c", max_size=9), max_size=9), st.text("ab", min_size=8, max_size=9))
def test_no_line_is_lost_whatever_begins_in_it(texts: list[str], secret: str) -> None:
    KNOWN_SECRETS.learn(secret)
    mask = LogMask()
    shown = [line for text in texts for line in mask.feed([LogLine(text)])] + mask.settle()
    assert len(shown) == len(texts)
    assert secret not in "\n".join(line.text for line in shown)

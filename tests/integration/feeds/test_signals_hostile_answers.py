"""What a server may answer to the query of a signal, over a real socket: said in its row, and nothing ends."""

import json
from functools import partial
from random import Random
from typing import Any

import pytest

from cockpit.feeds.signals.feed import SignalsFeed
from cockpit.feeds.signals.sources import SignalContext, make_reader
from cockpit.model.conditions import parse_condition
from cockpit.model.probe import ProbeState, SignalResult, WatchedSignal
from cockpit.model.system import Environment
from cockpit.model.text import is_clean_line
from cockpit.model.time import RealTime
from tests.integration.feeds.servers import page, says, serving


def answer(*series: Any, kind: str = "vector") -> bytes:
    return page(json.dumps({"status": "success", "data": {"resultType": kind, "result": list(series)}}).encode())


def one(value: str) -> dict[str, Any]:
    return {"metric": {}, "value": [1_700_000_000, value]}


MANY = b'{"metric":{"pod":"checkout-7f9c6d5b8-abcde"},"value":[1700000000,"1"]},'
MILLION = page(b'{"status":"success","data":{"resultType":"vector","result":[' + MANY * 1_000_000 + b"{}]}}")
HOSTILE: dict[str, tuple[bytes, str]] = {
    "a million series": (MILLION, "too many series"),
    "hundreds of series": (answer(*[one("1")] * 300), "300 series"),
    "text": (answer(one("so many")), "text"),
    "a page of a proxy": (page(b"<html><h1>Sign in</h1></html>", b"Content-Type: text/html"), "web page"),
    "a proxy that wants a password": (page(b"<html>", status=b"407 Proxy Authentication Required"), "407"),
    "a broken gateway": (page(b"<html>", status=b"502 Bad Gateway"), "502"),
    "an error with steering text": (
        page(b'{"status":"error","error":"\\u001b]0;owned\\u0007\\u202e bad"}', status=b"422 Unprocessable"),
        "The query fails",
    ),
    "numbers without end": (page(b"[" * 100_000), "not JSON"),
    "nothing": (page(b""), "not JSON"),
    "another success": (page(b'{"status":"success","data":{"resultType":"streams","result":"x"}}'), "no number"),
}


async def look_once(url: str, name: str = "queue") -> SignalResult:
    limit = (parse_condition("[VALUE] < 5"),)
    signal = WatchedSignal(name=name, kind="promql", environment="prod", url=url, query="queue", down=limit)
    context = SignalContext(Environment("prod"), None, RealTime(), str)
    make = partial(make_reader, context=context)
    feed = SignalsFeed("prod", [signal], make, time=RealTime(), random=Random(7))
    (result,) = (await feed.poll()).value or ()
    return result


@pytest.mark.parametrize("name", HOSTILE)
async def test_the_result_of_a_query_stands_in_its_row_and_accuses_nobody(name: str) -> None:
    body, reason = HOSTILE[name]
    with serving(says(body)) as port:
        result = await look_once(f"http://127.0.0.1:{port}")
    assert (result.state, result.value) == (ProbeState.UNKNOWN, None)
    assert reason in result.reason
    assert is_clean_line(result.reason)


async def test_a_number_that_is_none_is_no_data() -> None:
    with serving(says(answer(one("NaN")))) as port:
        result = await look_once(f"http://127.0.0.1:{port}")
    assert (result.state, result.reason) == (ProbeState.UNKNOWN, "no data: not a number")

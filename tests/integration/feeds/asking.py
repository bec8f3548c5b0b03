"""Asking real sockets once."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from cockpit.feeds.probes.feed import Engine
from cockpit.feeds.probes.resolver import Resolver
from cockpit.feeds.probes.state import CheckOutcome
from cockpit.model.conditions import parse_condition
from cockpit.model.probe import Probe
from cockpit.model.secret import Secret
from cockpit.model.time import RealTime

TRIES = 10


def probe(
    url: str | int, name: str = "ready", *, conditions: Sequence[str] = ("[STATUS] == 200",), **rest: Any
) -> Probe:
    """A probe of `url`, or of a port of this machine."""
    where = f"http://127.0.0.1:{url}/ready" if isinstance(url, int) else url
    degraded = tuple(map(parse_condition, rest.pop("degraded", ())))
    return Probe(name, "prod", where, conditions=tuple(map(parse_condition, conditions)), degraded=degraded, **rest)


async def ask(
    *probes: Probe,
    references: Sequence[str] = (),
    resolver: Resolver | None = None,
    reveal: Callable[[Secret], str] = str,
    meanwhile: Callable[[], None] | None = None,
    once: Callable[[], bool] = lambda: True,
) -> list[CheckOutcome]:
    """One outcome of each probe, all asked at once; `meanwhile` runs on their loop once something is true."""
    engine = Engine(probes, references, time=RealTime(), reveal=reveal, resolver=resolver)
    try:
        asking = [asyncio.create_task(engine.ask(each)) for each in probes]
        if meanwhile is not None:
            while not once():  # noqa: ASYNC110  a server's thread tells
                await asyncio.sleep(0.002)
            meanwhile()
        return list(await asyncio.gather(*asking))
    finally:
        await engine.aclose()


async def ask_one(one: Probe, **options: Any) -> CheckOutcome:
    """Its outcome; where nobody made our own loop lag and it did all the same, on a busy machine, another one."""
    for _ in range(TRIES):
        (outcome,) = await ask(one, **options)
        if "meanwhile" in options or not outcome.reason.startswith("our own lag"):
            break
    return outcome

"""Asking real sockets once."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from cockpit.feeds.probes_engine import Engine
from cockpit.feeds.probes_resolver import Resolver
from cockpit.feeds.probes_verdict import Outcome
from cockpit.model.conditions import parse
from cockpit.model.probe import Probe
from cockpit.model.secret import Secret
from cockpit.model.time import RealTime


def probe(
    url: str | int, name: str = "ready", *, conditions: Sequence[str] = ("[STATUS] == 200",), **rest: Any
) -> Probe:
    """A probe of `url`, or of a port of this machine."""
    where = f"http://127.0.0.1:{url}/ready" if isinstance(url, int) else url
    degraded = tuple(map(parse, rest.pop("degraded", ())))
    return Probe(name, "prod", where, conditions=tuple(map(parse, conditions)), degraded=degraded, **rest)


async def ask(
    *probes: Probe,
    references: Sequence[str] = (),
    resolver: Resolver | None = None,
    reveal: Callable[[Secret], str] = str,
    meanwhile: Callable[[], None] | None = None,
) -> list[Outcome]:
    """One outcome of each probe, all asked at once; `meanwhile` runs on their loop just after they began."""
    engine = Engine(probes, references, time=RealTime(), reveal=reveal, resolver=resolver)
    try:
        asking = [asyncio.create_task(engine.ask(each)) for each in probes]
        if meanwhile is not None:
            await asyncio.sleep(0.02)
            meanwhile()
        return list(await asyncio.gather(*asking))
    finally:
        await engine.aclose()


async def ask_one(one: Probe, **options: Any) -> Outcome:
    return (await ask(one, **options))[0]

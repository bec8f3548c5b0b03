"""Looking names up so that a dead name holds nobody up: a thread of its own for each name being looked up.

The default executor has six threads on a machine of two cores: six dead names, and every healthy probe times out.
Daemon threads, because `getaddrinfo` cannot be interrupted and must not keep the program from ending.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from threading import Thread
from time import perf_counter

import httpcore

PATIENCE = 1.0  # seconds a name with a known address is waited for; a slow resolver is no outage of the service
PASSING = frozenset({socket.EAI_AGAIN, socket.EAI_FAIL})  # the resolver failed, it did not say "no such name"


class SilentResolverError(httpcore.ConnectError):
    """No name server answered: the name may be as good as ever."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a look-up gave: addresses in the order to try, or why there are none; and the seconds it took."""

    addresses: tuple[str, ...]
    seconds: float
    error: str = ""
    passing: bool = False  # the fault lies with the resolver; an address known from before is as good as ever
    fresh: bool = False  # a name server answered so now: no address as such, none of this machine, none that we knew


def system_look_up(host: str) -> tuple[str, ...]:
    """The addresses the operating system knows for `host`. Blocking. Raises socket.gaierror or UnicodeError."""
    answers = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(answer[4][0]) for answer in answers))


class Resolver:
    """Look-ups shared by all probes: one at a time for each name, the last good answer kept. One loop's own."""

    def __init__(self, look_up: Callable[[str], tuple[str, ...]] = system_look_up) -> None:
        self._look_up = look_up
        self._flights: dict[str, asyncio.Future[Resolution]] = {}
        self._good: dict[str, tuple[str, ...]] = {}

    async def find(self, host: str, until: float) -> Resolution:
        """The addresses of `host`. Raises httpcore.ConnectError, or ConnectTimeout at `until` (the loop's clock)."""
        with suppress(ValueError):
            ipaddress.ip_address(host)
            return Resolution((host,), 0.0)
        loop = asyncio.get_running_loop()
        names = self._good.get(host)
        started = loop.time()
        flight = self._flights.get(host) or self._take_off(host, loop)
        await asyncio.wait((flight,), timeout=max(0.0, min(until, started + PATIENCE if names else until) - started))
        resolution = flight.result() if flight.done() else None
        if resolution is not None and not resolution.error:
            return resolution
        if names and (resolution is None or resolution.passing):
            return Resolution(names, loop.time() - started)
        if resolution is None:
            raise httpcore.ConnectTimeout("the resolver did not answer")
        raise (SilentResolverError if resolution.passing else httpcore.ConnectError)(resolution.error)

    def _take_off(self, host: str, loop: asyncio.AbstractEventLoop) -> "asyncio.Future[Resolution]":
        flight: asyncio.Future[Resolution] = loop.create_future()

        def land(resolution: Resolution) -> None:
            self._flights.pop(host, None)
            if resolution.addresses:
                self._good[host] = resolution.addresses
            if not flight.done():
                flight.set_result(resolution)

        def fly() -> None:
            resolution = _resolve_host(self._look_up, host)
            with suppress(RuntimeError):  # the loop is gone, and nobody waits
                loop.call_soon_threadsafe(land, resolution)

        Thread(target=fly, name=f"look up {host}", daemon=True).start()
        self._flights[host] = flight  # only now: a thread that could not start would hold the name for ever
        return flight


def _resolve_host(look_up: Callable[[str], tuple[str, ...]], host: str) -> Resolution:
    started = perf_counter()
    try:
        addresses = look_up(host)
    except socket.gaierror as error:
        return Resolution((), perf_counter() - started, error.strerror or "name not known", error.errno in PASSING)
    except (OSError, UnicodeError) as error:
        return Resolution((), perf_counter() - started, str(error))
    fresh = any(not is_loopback(address) for address in addresses)
    return Resolution(addresses, perf_counter() - started, "" if addresses else "name has no address", fresh=fresh)


def is_loopback(address: str) -> bool:
    """Whether an address is this machine's own; `fe80::1%eth0` is none."""
    try:
        return ipaddress.ip_address(address.partition("%")[0]).is_loopback
    except ValueError:
        return False

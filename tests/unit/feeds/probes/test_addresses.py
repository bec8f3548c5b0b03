"""Several addresses of one name: a silent one delays the next by a moment, and the first that takes us wins."""

import asyncio
import socket

import httpcore
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.feeds.probes import transport
from cockpit.feeds.probes.resolver import Resolver
from cockpit.feeds.probes.transport import Journey, Network, Wire, alternate_families

SILENT, GOOD, REFUSING, GOOD_V6 = "192.0.2.1", "192.0.2.2", "192.0.2.3", "2001:db8::1"


class Wires:
    """How each address answers; every connection that was made, and whether it is still open."""

    def __init__(self) -> None:
        self.made: dict[str, socket.socket] = {}

    async def open(self, address: str, port: int, until: float) -> Wire:
        if address == SILENT:
            await asyncio.sleep(30)
        if address == REFUSING:
            raise httpcore.ConnectError("Connection refused")
        ours, theirs = socket.socketpair()
        theirs.close()
        ours.setblocking(False)
        self.made[address] = ours
        return Wire(ours)


@pytest.fixture
def wires(monkeypatch: pytest.MonkeyPatch) -> Wires:
    wires = Wires()
    monkeypatch.setattr(transport, "open_wire", wires.open)
    monkeypatch.setattr(transport, "NEXT_ADDRESS", 0.01)
    return wires


async def connect(*addresses: str) -> Network:
    network = Network(Resolver(_never))
    network.journey = Journey(asyncio.get_running_loop().time() + 5)
    (await network._first_to_answer(addresses, 80)).close()
    return network


def _never(_: str) -> tuple[str, ...]:
    raise AssertionError("nothing is looked up")


async def test_a_silent_address_delays_the_next_by_a_moment(wires: Wires) -> None:
    began = asyncio.get_running_loop().time()
    network = await connect(SILENT, GOOD)
    assert network.journey.address == GOOD
    assert asyncio.get_running_loop().time() - began < 3


async def test_the_time_of_the_silent_address_is_not_that_of_the_service(wires: Wires) -> None:
    network = await connect(SILENT, GOOD)
    assert network.journey.times[transport.Phase.CONNECT] < 1


async def test_a_refusal_tries_the_next_at_once(wires: Wires) -> None:
    assert (await connect(REFUSING, GOOD)).journey.address == GOOD


async def test_when_all_refuse_the_refusal_is_reported(wires: Wires) -> None:
    with pytest.raises(httpcore.ConnectError, match="refused"):
        await connect(REFUSING)


async def test_a_second_connection_that_is_not_needed_is_closed(wires: Wires, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "NEXT_ADDRESS", 0.0)
    await connect(GOOD, GOOD_V6)
    await asyncio.sleep(0.01)
    assert all(sock.fileno() == -1 for sock in wires.made.values())


@given(st.lists(st.sampled_from([SILENT, GOOD, REFUSING, GOOD_V6, "2001:db8::2"]), min_size=1, unique=True))
def test_no_address_is_lost_and_the_families_take_turns(addresses: list[str]) -> None:
    order = alternate_families(addresses)
    assert sorted(order) == sorted(addresses)
    assert order[0] == addresses[0]
    if len({":" in address for address in addresses}) == 2:
        assert (":" in order[0]) != (":" in order[1])

"""Six ways a prober blames the healthy for what somebody else did; none of them works here."""

import errno
import os
import socket
import ssl
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from threading import Event

import pytest
import trustme

from cockpit.feeds.probes.resolver import Resolver
from cockpit.feeds.probes.state import Grade
from tests.integration.feeds.asking import ask, ask_one, probe
from tests.integration.feeds.servers import hangs, page, refusing, says, serving

LINUX = pytest.mark.skipif(not hasattr(socket, "AF_PACKET"), reason="kernel stamps of received bytes are Linux only")


def stand_still() -> None:
    time.sleep(1.0)  # the loop's own thread: what a frozen screen does to it


async def test_a_hundred_hung_endpoints_leave_a_hundred_healthy_ones_alone() -> None:
    with serving(hangs) as hung, serving(says(page())) as healthy:
        sick = [probe(hung, f"hung {number}", timeout=0.8) for number in range(100)]
        well = [probe(healthy, f"well {number}", timeout=5.0) for number in range(100)]
        outcomes = await ask(*sick, *well)
    assert Counter(each.grade for each in outcomes[100:]) == {Grade.GOOD: 100}
    assert not any(each.grade is Grade.GOOD for each in outcomes[:100])


async def test_dead_names_leave_the_others_alone() -> None:
    released = Event()

    def look_up(host: str) -> tuple[str, ...]:
        if host.startswith("dead"):
            released.wait(30)
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return ("127.0.0.1",)

    with serving(says(page())) as port:
        dead = [probe(f"http://dead{number}.test:{port}/", f"dead {number}", timeout=1.0) for number in range(80)]
        well = [probe(f"http://well{number}.test:{port}/", f"well {number}", timeout=5.0) for number in range(8)]
        try:
            outcomes = await ask(*dead, *well, resolver=Resolver(look_up))
        finally:
            released.set()
    assert [each.grade for each in outcomes[80:]] == [Grade.GOOD] * 8
    assert not any(each.grade is Grade.GOOD for each in outcomes[:80])


async def test_an_answer_that_came_while_our_loop_stood_still_is_an_answer() -> None:
    taken: list[bytes] = []
    with serving(says(page(), after=0.05), requests=taken) as port:
        probes = [probe(port, f"p{n}", timeout=0.8) for n in range(20)]
        outcomes = await ask(*probes, meanwhile=stand_still, once=lambda: len(taken) == 20)
    assert [each.grade for each in outcomes] == [Grade.GOOD] * 20


@LINUX
async def test_the_time_our_loop_stood_still_is_not_the_endpoints() -> None:
    taken: list[bytes] = []
    with serving(says(page(), after=0.1), requests=taken) as port:
        outcome = await ask_one(probe(port, timeout=5.0), meanwhile=stand_still, once=lambda: bool(taken))
    assert outcome.latency is not None
    assert 0.09 <= outcome.latency < 0.9


async def test_no_answer_while_our_loop_stood_still_says_nothing_about_the_endpoint() -> None:
    taken: list[bytes] = []
    with serving(hangs, requests=taken) as port:
        outcome = await ask_one(probe(port, timeout=0.5), meanwhile=stand_still, once=lambda: bool(taken))
    assert outcome.grade is Grade.INCONCLUSIVE
    assert outcome.reason.startswith("our own lag: the cockpit stood still for")


async def test_no_answer_to_a_loop_that_was_awake_accuses() -> None:
    with serving(hangs) as port:
        outcome = await ask_one(probe(port, timeout=1.0))
    assert (outcome.grade, outcome.reason) == (Grade.FAILING, "answer 127.0.0.1: timed out after 1 s")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_the_session_tickets_of_tls_are_not_taken_for_the_answer(
    version: ssl.TLSVersion, tmp_path_factory: pytest.TempPathFactory
) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = context.maximum_version = version
    authority.issue_cert("127.0.0.1").configure_cert(context)
    ca_file = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    with serving(says(page(), after=0.5), context) as port:
        one = probe(
            f"https://127.0.0.1:{port}/",
            ca_file=str(ca_file),
            conditions=["[STATUS] == 200", "[TTFB] > 200ms", "[TLS_TIME] < 60s", "[CERTIFICATE_EXPIRATION] > 1h"],
        )
        outcome = await ask_one(one)
    assert (outcome.grade, outcome.reason) == (Grade.GOOD, "")


async def test_a_dead_line_of_our_own_accuses_nobody() -> None:
    with ExitStack() as stack:
        gone = [stack.enter_context(refusing()) for _ in range(2)]
        sick = stack.enter_context(refusing())
        references = [f"127.0.0.1:{port}" for port in gone]
        outcome = await ask_one(probe(sick), references=references)
    assert (outcome.grade, outcome.reason, outcome.offline) == (Grade.INCONCLUSIVE, "jump box offline", True)


async def test_one_reference_that_answers_is_enough_to_trust_our_line() -> None:
    with refusing() as gone, refusing() as sick, serving(hangs) as alive:
        references = [f"127.0.0.1:{gone}", f"localhost:{alive}"]
        outcome = await ask_one(probe(sick), references=references)
    assert (outcome.grade, outcome.reason) == (Grade.FAILING, "connect 127.0.0.1: Connection refused")


async def test_an_endpoint_that_says_nothing_at_all_is_silent_and_one_that_refuses_is_not() -> None:
    with serving(hangs) as hung, refusing() as closed, serving(says(page(status=b"503 Sorry"))) as sick:
        asked = [probe(port, str(port), timeout=0.5) for port in (hung, closed, sick)]
        outcomes = await ask(*asked)
    assert [each.silent for each in outcomes] == [True, False, False]
    assert {each.grade for each in outcomes} == {Grade.FAILING}
    assert all(each.began is not None for each in outcomes)


async def test_with_references_that_answer_nobody_is_called_silent() -> None:
    with serving(hangs) as hung, serving(hangs) as alive:
        outcome = await ask_one(probe(hung, timeout=0.5), references=[f"127.0.0.1:{alive}"])
    assert (outcome.grade, outcome.silent) == (Grade.FAILING, False)


@pytest.mark.parametrize(
    ("number", "silent"), [(socket.EAI_AGAIN, True), (socket.EAI_FAIL, True), (socket.EAI_NONAME, False)]
)
async def test_a_name_server_that_says_no_has_answered(number: int, silent: bool) -> None:
    def look_up(host: str) -> tuple[str, ...]:
        raise socket.gaierror(number, "no address")

    outcome = await ask_one(probe("http://gone.test/"), resolver=Resolver(look_up))
    assert (outcome.grade, outcome.silent) == (Grade.FAILING, silent)


async def test_an_endpoint_is_not_silent_where_a_name_server_just_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket.socket, "connect", failing_with(errno.EHOSTUNREACH, errno.EHOSTUNREACH))
    named = await ask_one(probe("http://far.test/"), resolver=Resolver(lambda _: ("192.0.2.1",)))
    numbered = await ask_one(probe("http://192.0.2.1/"))
    assert (named.silent, numbered.silent) == (False, True)


@pytest.mark.parametrize("number", [errno.ENETUNREACH, errno.EADDRNOTAVAIL, errno.EPERM])
async def test_a_question_that_never_left_this_machine_accuses_nobody(
    number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket.socket, "connect", failing_with(number))
    outcome = await ask_one(probe(80))
    assert outcome.grade is Grade.INCONCLUSIVE
    assert outcome.reason == f"not asked: {os.strerror(number)}, nothing left this machine"


async def test_an_address_that_refuses_speaks_louder_than_one_without_a_route(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket.socket, "connect", failing_with(errno.ECONNREFUSED, errno.ENETUNREACH))
    outcome = await ask_one(probe("http://both.test/"), resolver=Resolver(lambda _: ("192.0.2.1", "2001:db8::1")))
    assert (outcome.grade, outcome.reason) == (Grade.FAILING, "connect 192.0.2.1: Connection refused")


def failing_with(*numbers: int) -> Callable[[socket.socket, object], None]:
    """A `connect` that fails as the operating system's would, in turn."""
    failures = iter(numbers)

    def connect(_: socket.socket, address: object) -> None:
        number = next(failures)
        raise OSError(number, os.strerror(number))

    return connect


async def test_a_slow_resolver_is_no_outage_of_a_name_whose_address_is_known() -> None:
    stuck, released = Event(), Event()

    def look_up(host: str) -> tuple[str, ...]:
        if stuck.is_set():
            released.wait(30)
        return ("127.0.0.1",)

    resolver = Resolver(look_up)
    with serving(says(page())) as port:
        one = probe(f"http://known.test:{port}/", timeout=4.0)
        try:
            first = await ask_one(one, resolver=resolver)
            stuck.set()
            second = await ask_one(one, resolver=resolver)
        finally:
            released.set()
    assert [first.grade, second.grade] == [Grade.GOOD, Grade.GOOD]


async def test_a_name_that_is_gone_is_gone_though_its_address_was_known() -> None:
    answers = iter([("127.0.0.1",)])

    def look_up(host: str) -> tuple[str, ...]:
        try:
            return next(answers)
        except StopIteration:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known") from None

    resolver = Resolver(look_up)
    with serving(says(page())) as port:
        outcomes = [await ask_one(probe(f"http://known.test:{port}/"), resolver=resolver) for _ in range(2)]
    assert [each.grade for each in outcomes] == [Grade.GOOD, Grade.FAILING]
    assert outcomes[1].reason == "dns: Name or service not known"

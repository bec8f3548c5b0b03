"""Probes of what is no web page, against real sockets: name servers, websockets, jobs that report themselves."""

import asyncio
import json
import os
import shutil
import socket
import ssl
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any

import dns.message
import dns.rcode
import dns.rrset
import httpx
import pytest
import trustme
from aiohttp import WSMsgType, web
from click.testing import CliRunner

from cockpit.cli import cockpit
from cockpit.feeds.probes.beats import BeatServer, compare_reporter, find_beat_folder, read_beats, write_beat
from cockpit.feeds.probes.feed import Engine
from cockpit.feeds.probes.protocols import Beat, build_echo, compute_checksum, echo, is_echo_reply
from cockpit.feeds.probes.state import CheckOutcome, Grade
from cockpit.feeds.probes.transport import Tls
from cockpit.model.secret import KNOWN_SECRETS
from cockpit.model.time import RealTime, format_timestamp
from tests.integration.feeds.asking import ask_one, probe
from tests.integration.feeds.servers import says, serving

NOW = datetime.now(UTC)
RECORDS = {"shop.example.com.": ["10.0.0.4", "10.0.0.5"]}


@contextmanager
def name_server(reply: bytes | None = None, silent: bool = False) -> Iterator[int]:
    """Knows one name; or says `reply` to whatever it is asked, or nothing."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            while True:
                data, sender = sock.recvfrom(4_096)
                if silent:
                    continue
                question = dns.message.from_wire(data)
                answer = dns.message.make_response(question)
                name = str(question.question[0].name)
                if name in RECORDS:
                    answer.answer.append(dns.rrset.from_text(name, 60, "IN", "A", *RECORDS[name]))
                else:
                    answer.set_rcode(dns.rcode.NXDOMAIN)
                sock.sendto(answer.to_wire() if reply is None else reply, sender)

    Thread(target=serve, daemon=True).start()
    yield sock.getsockname()[1]
    sock.close()


@pytest.mark.parametrize(
    ("name", "conditions", "grade"),
    [
        ("shop.example.com", ["[DNS_RCODE] == NOERROR"], Grade.GOOD),
        ("shop.example.com", ["[BODY] == pat(*10.0.0.4*)"], Grade.GOOD),
        ("shop.example.com", ["[BODY] == 10.0.0.9"], Grade.FAILING),
        ("gone.example.com", ["[DNS_RCODE] == NOERROR"], Grade.FAILING),
        ("gone.example.com", ["[DNS_RCODE] == NXDOMAIN"], Grade.GOOD),
    ],
)
async def test_a_name_server_is_asked_one_question(name: str, conditions: list[str], grade: Grade) -> None:
    with name_server() as port:
        outcome = await ask_one(probe(f"dns://127.0.0.1:{port}/{name}?type=A", conditions=conditions))
    assert outcome.grade is grade, outcome.reason


@pytest.mark.parametrize(("reply", "silent"), [(b"nonsense", False), (None, True)])
async def test_a_name_server_that_says_nothing_sensible_is_down(reply: bytes | None, silent: bool) -> None:
    with name_server(reply, silent) as port:
        check = probe(f"dns://127.0.0.1:{port}/shop.example.com", conditions=["[DNS_RCODE] == NOERROR"], timeout=0.5)
        assert (await ask_one(check)).grade is Grade.FAILING


@asynccontextmanager
async def websocket_server(refuses: int = 0) -> AsyncIterator[int]:
    async def answer(request: web.Request) -> web.StreamResponse:
        if refuses:
            return web.Response(status=refuses, text="no sockets today", headers={"X-Request-Id": "r-1"})
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        async for message in ws:
            if message.type is WSMsgType.TEXT:
                await ws.send_str(f'{{"echo": "{message.data}"}}')
        return ws

    app = web.Application()
    app.router.add_get("/live", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield runner.addresses[0][1]
    await runner.cleanup()


@pytest.mark.parametrize(
    ("body", "conditions", "grade"),
    [
        ("", ["[STATUS] == 101"], Grade.GOOD),
        ("ping", ["[STATUS] == 101", "[BODY].echo == ping"], Grade.GOOD),
        ("ping", ["[BODY].echo == pong"], Grade.FAILING),
    ],
)
async def test_a_websocket_is_opened_and_may_be_spoken_to(body: str, conditions: list[str], grade: Grade) -> None:
    async with websocket_server() as port:
        outcome = await ask_one(probe(f"ws://127.0.0.1:{port}/live", conditions=conditions, body=body))
    assert (outcome.grade, outcome.status) == (grade, 101), outcome.reason
    assert outcome.latency is not None


async def test_a_web_server_that_takes_no_websockets_is_down_with_its_status() -> None:
    async with websocket_server(refuses=403) as port:
        outcome = await ask_one(probe(f"ws://127.0.0.1:{port}/live", conditions=["[STATUS] == 101"]))
    assert (outcome.grade, outcome.status) == (Grade.FAILING, 403)
    assert outcome.evidence is not None
    assert outcome.evidence.body == "no sockets today"
    assert dict(outcome.evidence.headers)["x-request-id"] == "r-1"


def test_an_echo_is_known_by_its_token() -> None:
    token = os.urandom(16)
    request = build_echo(4, 7, token)
    assert compute_checksum(request) == 0
    assert is_echo_reply(4, bytes([0]) + request[1:], token)
    assert not is_echo_reply(4, bytes([0]) + request[1:8] + bytes(16), token)
    assert not is_echo_reply(4, request, token)


IN_A_NAMESPACE = """
import asyncio, fcntl, os, socket, struct, sys
from pathlib import Path
from tests.integration.feeds.asking import ask_one, probe

address, pings, answers, rights = sys.argv[1:]
with socket.socket() as any_socket:  # the loopback of a new namespace is down
    flags = struct.unpack("16sh", fcntl.ioctl(any_socket, 0x8913, struct.pack("16sh", b"lo", 0)))[1]
    fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh", b"lo", flags | 1))
Path("/proc/sys/net/ipv4/ping_group_range").write_text("0 2147483647" if pings == "yes" else "1 0")
Path("/proc/sys/net/ipv4/icmp_echo_ignore_all").write_text("0" if answers == "yes" else "1")
if rights == "no":
    os.setgid(65534)
    os.setuid(65534)
outcome = asyncio.run(ask_one(probe(f"icmp://{address}", conditions=["[RESPONSE_TIME] < 900ms"], timeout=1)))
print(outcome.grade, outcome.address or "-", outcome.reason)
"""
"""Pings in a network of its own, where the settings of the kernel are ours and no one else's."""


def ping_in_a_namespace(address: str, *, pings: str, answers: str = "yes", rights: str = "no") -> str:
    command = ["unshare", "--net", sys.executable, "-c", IN_A_NAMESPACE, address, pings, answers, rights]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[3], timeout=60)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


NO_NAMESPACE = "needs a network namespace of its own: root, and a container that allows `unshare --net`"


def has_namespaces() -> bool:
    """Whether one can be made, and its kernel settings written."""
    if os.getuid() != 0 or shutil.which("unshare") is None:
        return False
    writable = "test -w /proc/sys/net/ipv4/ping_group_range"
    return subprocess.run(["unshare", "--net", "sh", "-c", writable], capture_output=True).returncode == 0


needs_namespace = pytest.mark.skipif("not has_namespaces()", reason=NO_NAMESPACE)


@needs_namespace
@pytest.mark.parametrize("address", ["127.0.0.1", "[::1]"])
def test_an_echo_comes_back_where_the_kernel_lets_everybody_ping(address: str) -> None:
    assert ping_in_a_namespace(address, pings="yes").startswith(f"{Grade.GOOD} {address.strip('[]')}")


@needs_namespace
def test_an_echo_needs_no_setting_where_the_user_may_open_raw_sockets() -> None:
    assert ping_in_a_namespace("127.0.0.1", pings="no", rights="yes").startswith(f"{Grade.GOOD} 127.0.0.1")


@needs_namespace
@pytest.mark.parametrize(("pings", "rights"), [("yes", "no"), ("no", "yes")])
def test_who_sends_no_echo_back_is_down(pings: str, rights: str) -> None:
    outcome = ping_in_a_namespace("127.0.0.1", pings=pings, answers="no", rights=rights)
    assert outcome.startswith(str(Grade.FAILING)), outcome


@needs_namespace
def test_where_the_kernel_allows_no_ping_it_says_so_and_accuses_nobody() -> None:
    outcome = ping_in_a_namespace("127.0.0.1", pings="no")
    assert outcome.startswith(str(Grade.INCONCLUSIVE))
    assert "ping_group_range" in outcome


async def test_an_echo_is_judged_or_the_row_says_that_none_may_be_sent() -> None:
    """On whatever machine this runs."""
    outcome = await ask_one(probe("icmp://127.0.0.1", conditions=["[CONNECTED] == true"]))
    allowed = outcome.grade is Grade.GOOD and outcome.address == "127.0.0.1"
    assert allowed or (outcome.grade is Grade.INCONCLUSIVE and "ping" in outcome.reason), outcome.reason
    if allowed:
        assert await echo("127.0.0.1", asyncio.get_running_loop().time() + 1) < 0.5


# Jobs that report themselves


async def ask_beat(beat: Beat | None, within: float = 26 * 3_600) -> CheckOutcome:
    check = probe("beat://backup", conditions=["[CONNECTED] == true"], within=within)
    engine = Engine([check], time=RealTime(), reveal=str, read_beat=lambda name: beat if name == "backup" else None)
    try:
        return await engine.ask(check)
    finally:
        await engine.aclose()


@pytest.mark.parametrize(
    ("beat", "grade", "word"),
    [
        (None, Grade.INCONCLUSIVE, "no beat yet"),
        (Beat("backup", NOW - timedelta(hours=25)), Grade.GOOD, ""),
        (Beat("backup", NOW - timedelta(hours=27)), Grade.FAILING, "no beat for"),
        (Beat("backup", NOW, good=False, note="disk full"), Grade.FAILING, "disk full"),
    ],
)
async def test_a_nightly_job_is_missed_when_it_stays_away(beat: Beat | None, grade: Grade, word: str) -> None:
    outcome = await ask_beat(beat)
    assert outcome.grade is grade
    assert word in outcome.reason


CONFIG = """
[[environments.prod.probes]]
name = "nightly backup"
url = "beat://backup"
within = "26h"
"""


def test_a_shell_reports_a_beat_and_a_mistyped_name_is_refused(tmp_path: Path) -> None:
    config = tmp_path / "cockpit.toml"
    config.write_text(CONFIG)

    def run(*words: str) -> Any:
        return CliRunner().invoke(cockpit, ["beat", *words, "--config", str(config), "--db", str(tmp_path / "t.db")])

    assert run("backup", "--note", "12 GB\x1b[31m").exit_code == 0
    beat = read_beats(find_beat_folder(tmp_path, "prod"))("backup")
    assert beat is not None
    assert (beat.good, beat.by.startswith(f"uid {os.getuid()}")) == (True, True)
    assert "\x1b" not in beat.note
    assert run("backup", "--fail").exit_code == 0
    failed = read_beats(find_beat_folder(tmp_path, "prod"))("backup")
    assert failed is not None
    assert not failed.good
    assert run("bakcup").exit_code == 2


@asynccontextmanager
async def beat_socket(folder: Path) -> AsyncIterator[BeatServer]:
    server = BeatServer(folder, "prod", ["backup"], RealTime())
    task = asyncio.create_task(server.run())
    while not server._is_served():  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    yield server
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_the_socket_takes_beats_of_the_group_and_records_whose_they_are(tmp_path: Path) -> None:
    async with beat_socket(tmp_path) as server:
        assert stat.S_IMODE(server.path.stat().st_mode) == 0o660
        transport = httpx.AsyncHTTPTransport(uds=str(server.path))
        async with httpx.AsyncClient(transport=transport, base_url="http://cockpit") as client:
            answers = [
                (await client.post("/backup", content="12 GB in 8 min")).status_code,
                (await client.post("/backup", content=b"x" * 100_000)).status_code,
                (await client.post("/unknown")).status_code,
                (await client.post("/..%2f..%2fetc%2fpasswd")).status_code,
                (await client.get("/backup")).status_code,
            ]
        beat = read_beats(find_beat_folder(tmp_path, "prod"))("backup")
    assert answers == [204, 413, 404, 404, 405]
    assert beat is not None
    assert (beat.note, beat.by.split(" (")[0]) == ("12 GB in 8 min", f"uid {os.getuid()}")
    assert not server.path.exists()


async def test_no_half_of_a_secret_is_kept_where_a_note_is_too_long(tmp_path: Path) -> None:
    KNOWN_SECRETS.learn("open-sesame-99")
    async with beat_socket(tmp_path) as server:
        transport = httpx.AsyncHTTPTransport(uds=str(server.path))
        async with httpx.AsyncClient(transport=transport, base_url="http://cockpit") as client:
            for count in range(484, 500):
                await client.post("/backup", content="e" * count + " open-sesame-99")
                beat = read_beats(find_beat_folder(tmp_path, "prod"))("backup")
                assert beat is not None
                assert "open" not in beat.note


async def test_a_socket_that_a_dead_cockpit_left_is_taken_over(tmp_path: Path) -> None:
    left = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    left.bind(str(tmp_path / "prod-beat.sock"))
    left.close()
    async with beat_socket(tmp_path) as server:
        transport = httpx.AsyncHTTPTransport(uds=str(server.path))
        async with httpx.AsyncClient(transport=transport, base_url="http://cockpit") as client:
            assert (await client.post("/backup")).status_code == 204


@pytest.mark.parametrize("content", ["", "{", "[]", '{"at": 5}', '{"at": "yesterday"}', "[" * 9_000])
def test_a_file_that_is_no_beat_is_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "backup.json").write_text(content)
    assert read_beats(tmp_path)("backup") is None


def test_a_planted_link_or_pipe_is_no_beat(tmp_path: Path) -> None:
    write_beat(tmp_path / "real" / "prod", Beat("backup", NOW))
    (tmp_path / "backup.json").symlink_to(tmp_path / "real" / "prod" / "backup.json")
    os.mkfifo(tmp_path / "pipe.json")
    assert read_beats(tmp_path)("backup") is None
    assert read_beats(tmp_path)("pipe") is None


BEFORE, OTHER = "uid 34 (backup)", "uid 1003 (mallory)"


def told_by(by: str, at: datetime, last: Beat | None = None) -> Beat:
    return compare_reporter(last, Beat("backup", at, by=by))


def test_another_reporter_than_before_is_named_for_a_day() -> None:
    first = told_by(BEFORE, NOW)
    assert first.changed is None
    other = told_by(OTHER, NOW + timedelta(hours=1), first)
    assert (other.before, other.changed) == (BEFORE, other.at)
    again = told_by(OTHER, NOW + timedelta(hours=3), other)
    assert (again.before, again.changed) == (BEFORE, other.at)
    assert told_by(OTHER, NOW + timedelta(hours=26), again).changed is None
    back = told_by(BEFORE, NOW + timedelta(hours=4), again)
    assert (back.before, back.changed) == (OTHER, back.at)


async def test_a_job_that_another_user_reports_than_before_is_degraded_and_names_both() -> None:
    outcome = await ask_beat(told_by(OTHER, NOW, told_by(BEFORE, NOW - timedelta(hours=24))))
    assert (outcome.grade, outcome.address) == (Grade.DEGRADED, OTHER)
    assert OTHER in outcome.reason
    assert BEFORE in outcome.reason
    late = told_by(OTHER, NOW - timedelta(hours=30), told_by(BEFORE, NOW - timedelta(hours=54)))
    assert (await ask_beat(late)).grade is Grade.FAILING  # what is worse comes first


def test_who_reported_before_is_kept_with_the_beat(tmp_path: Path) -> None:
    folder = tmp_path / "beats" / "prod"
    write_beat(folder, Beat("backup", NOW, by=BEFORE))
    write_beat(folder, Beat("backup", NOW + timedelta(minutes=1), by=OTHER))
    beat = read_beats(folder)("backup")  # of a cockpit that was opened since
    assert beat is not None
    assert (beat.by, beat.before, beat.changed) == (OTHER, BEFORE, NOW + timedelta(minutes=1))


def test_a_file_that_another_user_put_there_is_attributed_to_its_owner(tmp_path: Path) -> None:
    """Whoever may write into the folder may write any name into a file, and leave out who reported before."""
    if os.getuid() != 0:
        pytest.skip("needs root: the file of another user")
    read, me = read_beats(tmp_path), Path(tmp_path / "backup.json")
    write_beat(tmp_path, Beat("backup", NOW, by=BEFORE))
    assert read("backup") is not None
    me.write_text(json.dumps({"at": format_timestamp(NOW + timedelta(minutes=5)), "by": BEFORE}))
    os.chown(me, 65534, 65534)
    beat = read("backup")
    assert beat is not None
    assert (beat.by.split(" (")[0], beat.before) == ("uid 65534", BEFORE)


# Certificates


@contextmanager
def mutual_tls(
    tmp_path: Path,
    *,
    speaks_first: bool = False,
    version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3,
    asks: ssl.VerifyMode = ssl.CERT_REQUIRED,
) -> Iterator[tuple[int, Path, Path]]:
    """A server that may take only who shows a certificate of its authority: its port, the authority, a certificate."""
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.minimum_version = server.maximum_version = version
    authority.issue_cert("127.0.0.1").configure_cert(server)
    authority.configure_trust(server)
    server.verify_mode = asks
    ca_file, certificate = tmp_path / "ca.pem", tmp_path / "client.pem"
    authority.cert_pem.write_to_path(ca_file)
    authority.issue_cert("cockpit").private_key_and_cert_chain_pem.write_to_path(certificate)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with suppress(OSError), server.wrap_socket(connection, server_side=True) as visitor:
                    if speaks_first:
                        visitor.sendall(b"220 ready\r\n")
                    visitor.recv(1)

    Thread(target=serve, daemon=True).start()
    yield listener.getsockname()[1], ca_file, certificate
    listener.close()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("speaks_first", [False, True])
async def test_a_server_that_asks_for_a_certificate_of_ours_is_down_without_one(
    tmp_path: Path, version: ssl.TLSVersion, speaks_first: bool
) -> None:
    """With TLS 1.3 our handshake is over before the server has judged what we showed."""
    with mutual_tls(tmp_path, speaks_first=speaks_first, version=version) as (port, ca_file, certificate):
        bare = probe(f"tls://127.0.0.1:{port}", conditions=["[CONNECTED] == true"], ca_file=str(ca_file))
        refused = await ask_one(bare)
        taken = await ask_one(replace(bare, client_certificate=str(certificate)))
    assert (taken.grade, taken.reason) == (Grade.GOOD, "")
    assert refused.grade is Grade.FAILING
    assert refused.reason.startswith("tls 127.0.0.1: ")
    assert "certificate" in refused.reason or "handshake" in refused.reason


@pytest.mark.parametrize("speaks_first", [False, True])
async def test_a_server_that_asks_for_no_certificate_is_up_whether_it_says_something_or_not(
    tmp_path: Path, speaks_first: bool
) -> None:
    with mutual_tls(tmp_path, speaks_first=speaks_first, asks=ssl.CERT_NONE) as (port, ca_file, _):
        bare = probe(f"tls://127.0.0.1:{port}", conditions=["[CONNECTED] == true"], ca_file=str(ca_file))
        outcome = await ask_one(bare)
    assert (outcome.grade, outcome.reason) == (Grade.GOOD, "")


@contextmanager
def mail_server(tmp_path: Path, within_tls: bytes) -> Iterator[tuple[int, Path, list[bytes]]]:
    """One that takes whoever greets it and begins TLS, and then answers a greeting with these bytes, or hangs up for
    want of any: its port, its authority, what was said to it within TLS."""
    authority, lines = trustme.CA(), list[bytes]()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    ca_file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(ca_file)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            connection, _ = listener.accept()
            for answer in (b"220 mail\r\n", b"250-mail\r\n250 STARTTLS\r\n", b"220 go on\r\n"):
                connection.sendall(answer)
                if not answer.startswith(b"220 go"):
                    connection.recv(100)
            with context.wrap_socket(connection, server_side=True) as visitor:
                while within_tls and (line := visitor.recv(100)):
                    lines.append(line)
                    visitor.sendall(within_tls)

    thread = Thread(target=serve, daemon=True)
    thread.start()
    yield listener.getsockname()[1], ca_file, lines
    listener.close()
    thread.join(5)


@pytest.mark.parametrize(
    ("within_tls", "grade", "word"),
    [
        (b"250-mail\r\n250 SIZE\r\n", Grade.GOOD, ""),
        (b"421 4.7.1 No client certificate presented\r\n", Grade.FAILING, "No client certificate presented"),
        (b"", Grade.FAILING, "does it want a certificate of ours?"),
    ],
    ids=["takes us", "turns us away", "hangs up"],
)
async def test_a_mail_server_has_taken_us_once_it_answers_within_tls(
    tmp_path: Path, within_tls: bytes, grade: Grade, word: str
) -> None:
    """Postfix that asks for a certificate lets the handshake succeed without one, and turns one away only then."""
    with mail_server(tmp_path, within_tls) as (port, ca_file, lines):
        url = f"tls://127.0.0.1:{port}?starttls=smtp"
        outcome = await ask_one(probe(url, conditions=["[CONNECTED] == true"], ca_file=str(ca_file)))
    assert outcome.grade is grade
    assert word in outcome.reason
    assert outcome.reason.startswith("tls 127.0.0.1: ") or grade is Grade.GOOD
    assert (b"QUIT\r\n" in lines) is (grade is Grade.GOOD)


async def test_of_a_chain_the_certificate_that_ends_first_counts_and_is_named(tmp_path: Path) -> None:
    root = trustme.CA(organization_name="Root")
    soon = datetime.now(UTC) + timedelta(days=3)
    middle = root.create_child_ca()
    leaf = middle.issue_cert("127.0.0.1", not_after=datetime.now(UTC) + timedelta(days=90))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    leaf.configure_cert(server)
    authority = tmp_path / "ca.pem"
    root.cert_pem.write_to_path(authority)
    with serving(says(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), server) as port:
        check = probe(
            f"https://127.0.0.1:{port}/",
            conditions=["[STATUS] == 200"],
            degraded=["[CERTIFICATE_EXPIRATION] > 60d"],
            ca_file=str(authority),
        )
        assert (await ask_one(check)).grade is Grade.GOOD
    short_leaf = middle.issue_cert("127.0.0.1", not_after=soon)
    again = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    short_leaf.configure_cert(again)
    with serving(says(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), again) as port:
        outcome = await ask_one(replace(check, url=f"https://127.0.0.1:{port}/"))
    assert outcome.grade is Grade.DEGRADED
    assert "certificate of" not in outcome.reason  # the server's own needs no name


@pytest.mark.parametrize(
    ("days", "name"), [((90, 300, 900), ""), ((90, 3, 900), "Middle"), ((90, 300, 2), "Root"), ((1, 3, 2), "")]
)
def test_the_first_to_end_is_found_wherever_it_stands(days: tuple[int, ...], name: str) -> None:
    def describe(number: int, common: str) -> dict[str, Any]:
        ends = NOW + timedelta(days=number)
        return {"notAfter": f"{ends:%b %d %H:%M:%S %Y} GMT", "subject": ((("commonName", common),),)}

    facts = [describe(number, common) for number, common in zip(days, ("leaf", "Middle", "Root"), strict=True)]
    tls = object.__new__(Tls)
    chain = [SimpleNamespace(get_info=partial(dict, fact)) for fact in facts]
    tls._tls = SimpleNamespace(  # type: ignore[assignment]
        getpeercert=lambda: facts[0], _sslobj=SimpleNamespace(get_verified_chain=lambda: chain)
    )
    ends, whose = tls.first_certificate_end()
    assert whose == name
    assert ends is not None
    assert round((ends - NOW.timestamp()) / 86_400) == min(days)

"""Whatever a server sends, a probe comes to an Outcome: bounded, cleaned, and without giving a secret away."""

import gzip
import re
import socket
import ssl
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from typing import Any

import httpx
import pytest
import trustme

from cockpit.feeds.probes.check import is_sign_in_host, looks_like_sign_in
from cockpit.feeds.probes.feed import Engine
from cockpit.feeds.probes.resolver import Resolver
from cockpit.feeds.probes.state import CheckOutcome, Grade
from cockpit.model.secret import Secret
from cockpit.model.text import HOSTILE
from cockpit.model.time import RealTime
from tests.integration.feeds.asking import ask_one, probe
from tests.integration.feeds.servers import Handler, hangs, page, refusing, says, serving

ESCAPES = b"\x1b]52;c;ZXZpbA==\x07\x1b[2J\x9b31m\xe2\x80\xae[bold red]"
BODY = ["[STATUS] == 200", "[BODY].status == healthy"]


def endless_chunks(visitor: socket.socket, over: Event) -> None:
    visitor.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        visitor.sendall(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")


def dripping(visitor: socket.socket, over: Event) -> None:
    visitor.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while not over.wait(0.05):
        visitor.sendall(b"x")


def endless_header(visitor: socket.socket, over: Event) -> None:
    visitor.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while True:
        visitor.sendall(b"x" * 65_536)


@pytest.mark.parametrize(
    ("handler", "reason"),
    [
        (endless_chunks, r"\[BODY\].*"),
        (dripping, r"body 127\.0\.0\.1: timed out after 0\.5 s"),
        (endless_header, r"answer 127\.0\.0\.1: .*"),
        (says(b""), r"answer 127\.0\.0\.1: .*"),
        (says(b"\x00\xff" * 500), r"answer 127\.0\.0\.1: .*"),
        (says(b"SSH-2.0-OpenSSH_9.2\r\n"), r"answer 127\.0\.0\.1: .*"),
        (says(b"HTTP/1.1 999 " + ESCAPES + b"\r\n\r\n"), r"\[STATUS\].*|answer.*"),
        (says(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort"), r"body 127\.0\.0\.1: .*"),
        (says(page(ESCAPES)), r"\[BODY\].*"),
        (says(page(b'{"status": "' + ESCAPES.replace(b"\x1b", b"\\u001b") + b'"}')), r"\[BODY\].*"),
        (says(page(b"\xff\xfe\xc3\x28")), r"\[BODY\].*"),
        (says(page(b"[" * 100_000)), r"\[BODY\].*"),
        (says(page(b'{"status": ' + b"9" * 5_000 + b"}")), r"\[BODY\].*"),
        (says(page(b'{"status": "' + b"x" * 2_000_000 + b'"}')), r"\[BODY\].*"),
        (says(page(b"line " * 300_000)), r"\[BODY\].*"),
        (says(page(b"", status=b"204 No Content")), r"\[STATUS\].*"),
        (says(page(b"", b"X-Evil: " + ESCAPES, status=b"503 " + ESCAPES)), r"\[STATUS\].*|answer.*"),
        (says(page(b"", b"Location: /again", status=b"302 Found")), r".*more than 5 redirects"),
        (says(page(b"", b"Location: ftp://elsewhere/", status=b"302 Found")), r".*cannot be sent"),
        (says(page(b"", b"Location: http://[broken", status=b"302 Found")), r"(dns|body|answer).*"),
    ],
)
async def test_no_answer_is_too_strange_to_be_judged(handler: Handler, reason: str) -> None:
    with serving(handler) as port:
        outcome = await ask_one(probe(port, conditions=BODY, timeout=0.5))
    assert outcome.grade is Grade.FAILING
    assert re.fullmatch(reason, outcome.reason)
    assert not HOSTILE.search(outcome.reason)
    assert "\n" not in outcome.reason
    assert len(outcome.reason) < 400


@pytest.mark.parametrize("handler", [endless_chunks, dripping])
async def test_an_endless_body_fails_nobody_who_did_not_ask_for_it(handler: Handler) -> None:
    with serving(handler) as port:
        outcome = await ask_one(probe(port))
    assert outcome.grade is Grade.GOOD


async def test_a_redirect_is_followed_to_where_the_answer_is() -> None:
    with serving(says(page())) as target:
        moved = page(b"", b"Location: http://127.0.0.1:%d/" % target, status=b"301 Moved Permanently")
        with serving(says(moved)) as port:
            outcome = await ask_one(probe(port, conditions=BODY, redirects="follow"))
    assert outcome.grade is Grade.GOOD


async def test_a_redirect_to_another_host_takes_no_secret_along() -> None:
    requests: list[bytes] = []
    headers = {"X-Api-Key": Secret("env", "KEY"), "Authorization": Secret("env", "KEY"), "X-Plain": "kept"}
    with serving(says(page()), requests=requests) as elsewhere:
        moved = page(b"", b"Location: http://localhost:%d/" % elsewhere, status=b"302 Found")
        with serving(says(moved)) as port:
            outcome = await ask_one(probe(port, headers=headers), reveal=lambda _: "s3cr3t")
    assert outcome.grade is Grade.DEGRADED
    assert f"localhost:{elsewhere}" in outcome.reason
    assert b"s3cr3t" not in requests[0]
    assert b"X-Plain" not in requests[0]  # it may hold a credential all the same


async def test_another_port_of_the_host_is_named_and_sent_no_secret() -> None:
    requests: list[bytes] = []
    with serving(says(page()), requests=requests) as elsewhere:
        moved = page(b"", b"Location: http://127.0.0.1:%d/" % elsewhere, status=b"302 Found")
        with serving(says(moved)) as port:
            outcome = await ask_one(probe(port, headers={"X-Api-Key": Secret("env", "KEY")}), reveal=lambda _: "s3cr3t")
    assert outcome.grade is Grade.DEGRADED
    assert f"127.0.0.1:{elsewhere}" in outcome.reason
    assert b"s3cr3t" not in requests[0]


async def test_a_redirect_within_the_same_server_is_nothing_to_say() -> None:
    answers = iter([page(b"", b"Location: /live", status=b"302 Found"), page()])
    with serving(lambda visitor, over: visitor.sendall(next(answers))) as port:
        outcome = await ask_one(probe(port))
    assert (outcome.grade, outcome.reason) == (Grade.GOOD, "")


@pytest.mark.parametrize(
    ("redirects", "conditions", "grade"),
    [
        ("watch", ["[STATUS] == 200"], Grade.DEGRADED),
        ("follow", ["[STATUS] == 200"], Grade.GOOD),
        ("refuse", ["[STATUS] == 302"], Grade.GOOD),
        ("watch", ["[STATUS] == 200", "[URL] == pat(http://localhost:*)"], Grade.GOOD),
        ("watch", ["[STATUS] == 200", "[URL] == pat(https://*)"], Grade.FAILING),
    ],
)
async def test_what_a_redirect_to_another_host_means_is_the_probes_to_say(
    redirects: Any, conditions: list[str], grade: Grade
) -> None:
    with serving(says(page())) as elsewhere:
        moved = page(b"", b"Location: http://localhost:%d/" % elsewhere, status=b"302 Found")
        with serving(says(moved)) as port:
            outcome = await ask_one(probe(port, conditions=conditions, redirects=redirects))
    assert outcome.grade is grade


@pytest.mark.parametrize(
    "path", ["/login", "/Account/SignIn", "/oauth2/authorize", "/.auth/login/aad", "/users/sign_in"]
)
async def test_an_answer_of_a_sign_in_page_is_down(path: str) -> None:
    answers = iter([page(b"", b"Location: %s?next=/ready" % path.encode(), status=b"302 Found"), page(b"<html>")])

    def answer(visitor: socket.socket, over: Event) -> None:
        visitor.sendall(next(answers))

    with serving(answer) as port:
        outcome = await ask_one(probe(port))
    assert outcome.grade is Grade.FAILING
    assert outcome.reason == f"sent to a sign-in page: http://127.0.0.1:{port}{path}"


SIGN_IN_PAGES = [
    *(
        "https://shop.example.com/wp-login.php",
        "https://shop.example.com/login;jsessionid=1F",
        "https://sso.example.com/",
    ),
    *("https://shop.example.com/login.action", "https://shop.example.com/_layouts/15/Authenticate.aspx"),
    *("https://shop.example.com/session/new", "https://tenant.b2clogin.com/x", "https://login.corp.example.com/start"),
    *("https://shop.example.com/realms/x/protocol/openid-connect/auth", "https://idp-eu.example.com/profile"),
]
OTHER_PAGES = [
    *(
        "https://shop.example.com/blog-in-pictures",
        "https://shop.example.com/authors",
        "https://shop.example.com/plug-in",
    ),
    *("https://www.example.com/", "https://shop.example.com/design-on", "https://shop.example.com/v2/sessions"),
    *("https://authors.example.com/", "https://shop.example.com/castle", "https://login.com/"),
]


@pytest.mark.parametrize("address", SIGN_IN_PAGES)
def test_a_sign_in_page_is_known_by_its_address(address: str) -> None:
    url = httpx.URL(address)
    assert looks_like_sign_in(url) or is_sign_in_host(url.host)


@pytest.mark.parametrize("address", OTHER_PAGES)
def test_no_other_page_is_taken_for_one(address: str) -> None:
    url = httpx.URL(address)
    assert not looks_like_sign_in(url)
    assert not is_sign_in_host(url.host)


async def test_a_body_is_not_sent_on_to_another_server() -> None:
    requests: list[bytes] = []
    with serving(says(page()), requests=requests) as elsewhere:
        moved = page(b"", b"Location: http://127.0.0.1:%d/" % elsewhere, status=b"307 Temporary Redirect")
        with serving(says(moved)) as port:
            outcome = await ask_one(probe(port, method="POST", body='{"token": "s3cr3t"}'))
    assert outcome.grade is Grade.FAILING
    assert requests == []


@pytest.mark.parametrize("status", [b"302 Found", b"303 See Other"])
async def test_a_redirect_that_drops_the_body_is_followed_without_it(status: bytes) -> None:
    requests: list[bytes] = []
    with serving(says(page()), requests=requests) as elsewhere:
        moved = page(b"", b"Location: http://127.0.0.1:%d/" % elsewhere, status=status)
        with serving(says(moved)) as port:
            outcome = await ask_one(probe(port, method="POST", body='{"token": "s3cr3t"}', redirects="follow"))
    assert outcome.grade is Grade.GOOD
    assert [request.partition(b" ")[0] for request in requests] == [b"GET"]
    assert b"s3cr3t" not in requests[0]


@pytest.mark.parametrize(("pack", "word"), [(gzip.compress, b"gzip"), (zlib.compress, b"deflate")])
async def test_a_packed_body_is_read_though_nobody_asked_for_it(pack: Callable[[bytes], bytes], word: bytes) -> None:
    with serving(says(page(pack(b'{"status": "healthy"}'), b"Content-Encoding: " + word))) as port:
        outcome = await ask_one(probe(port, conditions=BODY))
    assert (outcome.grade, outcome.reason) == (Grade.GOOD, "")


@pytest.mark.parametrize("word", [b"br", b"gzip", b"deflate", ESCAPES])
async def test_a_body_that_cannot_be_unpacked_is_a_failure_that_says_so(word: bytes) -> None:
    with serving(says(page(b'{"status": "healthy"}', b"Content-Encoding: " + word))) as port:
        outcome = await ask_one(probe(port, conditions=BODY))
    assert outcome.grade is Grade.FAILING
    assert "body" in outcome.reason
    assert not HOSTILE.search(outcome.reason)


async def test_a_small_body_that_unpacks_into_a_huge_one_is_read_in_part() -> None:
    bomb = gzip.compress(b" " * 200_000_000)
    with serving(says(page(bomb, b"Content-Encoding: gzip"))) as port:
        outcome = await ask_one(probe(port, conditions=BODY))
    assert outcome.reason.startswith("[BODY]")


async def test_response_time_is_the_whole_answer_and_ttfb_its_first_byte() -> None:
    def slow_body(visitor: socket.socket, over: Event) -> None:
        visitor.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na")
        over.wait(0.3)
        visitor.sendall(b"b")

    with serving(slow_body) as port:
        whole = await ask_one(probe(port, degraded=["[RESPONSE_TIME] < 250ms"]))
        first = await ask_one(probe(port, degraded=["[TTFB] < 250ms"]))
    assert (whole.grade, first.grade) == (Grade.DEGRADED, Grade.GOOD)
    assert whole.latency is not None
    assert whole.latency < 0.25  # what the pane draws stays the time until the first byte


async def test_the_failing_answer_is_kept_cleaned_and_cut() -> None:
    broken = page(ESCAPES + b"x" * 5_000, b"X-Request-Id: 42", b"Set-Cookie: a=b", status=b"503 Oops")
    with serving(says(broken)) as port:
        evidence = (await ask_one(probe(port))).evidence
    assert evidence is not None
    assert (evidence.status, dict(evidence.headers)["x-request-id"]) == (503, "42")
    assert "set-cookie" not in dict(evidence.headers)
    assert 1_000 < len(evidence.body) <= 2_000
    assert not HOSTILE.search(evidence.body)
    assert dict(evidence.phases).keys() >= {"connect", "answer"}


async def test_of_an_endless_failing_answer_the_beginning_is_kept() -> None:
    def endless(visitor: socket.socket, over: Event) -> None:
        visitor.sendall(b"HTTP/1.1 503 Oops\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            visitor.sendall(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")

    with serving(endless) as port:
        evidence = (await ask_one(probe(port))).evidence
    assert evidence is not None
    assert evidence.body == "x" * 2_000


TOKEN = b"ghp_" + b"A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"
KEPT_BODIES = {
    "a secret on the limit": (page(b"e" * 1_980 + b" token " + TOKEN + b" end", status=b"500 x"), r"e+ token ••• end"),
    "a secret where we stop reading": (page(b"e" * 16_370 + b" " + TOKEN + b" end", status=b"500 x"), r"e{2000}"),
    "a secret in every line": (page((b"token " + TOKEN + b"\n") * 600, status=b"500 x"), r"(token •••\n){200}"),
    "no text": (page(b"\x89PNG\r\n\x1a\n" + b"\x00\xff" * 900, status=b"502 x"), r"\(no text: 1,808 bytes, .*0a\)"),
    "packed as nobody reads it": (
        page(b"\x0b", b"Content-Encoding: br", status=b"503 x"),
        r"\(packed as br, not read\)",
    ),
    "packed": (page(gzip.compress(b"disk full"), b"Content-Encoding: gzip", status=b"503 x"), r"disk full"),
    "of another alphabet": (
        page("für Käufer".encode("latin-1"), b"Content-Type: text/plain; charset=ISO-8859-1", status=b"500 x"),
        r"für Käufer",
    ),
    "in two bytes a sign": (
        page("pool exhausted".encode("utf-16"), b'Content-Type: text/plain; charset="utf-16"', status=b"500 x"),
        r"pool exhausted",
    ),
    "in an alphabet that is none": (
        page(b"pool exhausted", b"Content-Type: text/plain; charset=unicode_escape", status=b"500 x"),
        r"pool exhausted",
    ),
    "with the line ends of HTTP": (page(b"a\r\nb\r\nc\r\n", status=b"500 x"), r"a\nb\nc\n"),
    "nothing": (page(b"", status=b"500 x"), r""),
}


@pytest.mark.parametrize("name", KEPT_BODIES)
@pytest.mark.parametrize("conditions", [["[STATUS] == 200"], BODY])
async def test_the_body_that_is_kept_can_be_read_and_holds_no_secret(name: str, conditions: list[str]) -> None:
    answer, body = KEPT_BODIES[name]
    with serving(says(answer)) as port:
        evidence = (await ask_one(probe(port, conditions=conditions))).evidence
    assert evidence is not None
    assert re.fullmatch(body, evidence.body)
    assert evidence.reason.startswith("[STATUS] (50")


def breaks_off(visitor: socket.socket, over: Event) -> None:
    visitor.sendall(b"HTTP/1.1 500 Oops\r\nServer: drip\r\nContent-Length: 1000\r\n\r\npool exhausted")


def stops_in_the_body(visitor: socket.socket, over: Event) -> None:
    breaks_off(visitor, over)
    over.wait()


@pytest.mark.parametrize("handler", [breaks_off, stops_in_the_body])
@pytest.mark.parametrize("conditions", [["[STATUS] == 200"], BODY])
async def test_of_a_failing_answer_that_never_ends_is_kept_what_came(handler: Handler, conditions: list[str]) -> None:
    with serving(handler) as port:
        outcome = await ask_one(probe(port, conditions=conditions, timeout=0.5))
    assert outcome.evidence is not None
    assert (outcome.status, outcome.reason) == (500, "[STATUS] (500) == 200")
    assert (outcome.evidence.status, outcome.evidence.body) == (500, "pool exhausted")
    assert dict(outcome.evidence.headers)["server"] == "drip"


async def test_of_a_200_whose_body_never_ends_its_head_is_kept() -> None:
    with serving(dripping) as port:
        outcome = await ask_one(probe(port, conditions=BODY, timeout=0.5))
    assert outcome.evidence is not None
    assert outcome.reason == "body 127.0.0.1: timed out after 0.5 s"
    assert not outcome.silent  # a head is a word: our own line works
    assert (outcome.evidence.status, outcome.evidence.broke_off) == (200, "body")
    assert dict(outcome.evidence.phases)["body"] > 0.1


async def test_of_a_circle_of_redirects_the_last_is_kept() -> None:
    with serving(says(page(b"", b"Location: /again?token=abcdefghijkl", status=b"302 Found"))) as port:
        outcome = await ask_one(probe(port))
    assert outcome.evidence is not None
    assert (outcome.evidence.status, outcome.evidence.url) == (302, f"http://127.0.0.1:{port}/again")
    assert dict(outcome.evidence.headers)["location"] == "/again"


async def test_the_phase_in_which_an_answer_ended_has_its_time() -> None:
    with serving(hangs) as port:
        evidence = (await ask_one(probe(port, timeout=0.5))).evidence
    assert evidence is not None
    assert evidence.broke_off == "answer"
    assert dict(evidence.phases)["answer"] > 0.4


async def test_every_address_that_was_tried_is_kept_with_its_reason() -> None:
    with refusing() as port:
        looked_up = Resolver(lambda _: ("127.0.0.2", "127.0.0.3"))
        evidence = (await ask_one(probe(f"http://two.test:{port}/"), resolver=looked_up)).evidence
    assert evidence is not None
    assert evidence.tried == ("127.0.0.2: Connection refused", "127.0.0.3: Connection refused")


async def test_of_a_failing_answer_over_tls_is_kept_whose_certificate_it_showed(
    authority: trustme.CA, tmp_path: Path
) -> None:
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with serving(says(page(status=b"500 x")), context_for(authority, "127.0.0.1")) as port:
        evidence = (await ask_one(probe(f"https://127.0.0.1:{port}/", ca_file=str(tmp_path / "ca.pem")))).evidence
        unverified = (await ask_one(probe(f"https://127.0.0.1:{port}/", verify_tls=False))).evidence
    assert evidence is not None
    assert unverified is not None
    assert re.match(r"TLSv1\.3 TLS_\w+, certificate of .+ by .+", evidence.tls)
    assert unverified.tls.endswith(", certificate not verified")


@pytest.mark.parametrize(("status", "grade"), [(b"200 OK", Grade.GOOD), (b"500 x", Grade.FAILING)])
async def test_an_answer_longer_than_is_kept_is_timed_to_its_end(status: bytes, grade: Grade) -> None:
    with serving(says(page(b"z" * 3_000_000, status=status))) as port:
        outcome = await ask_one(probe(port, degraded=["[RESPONSE_TIME] < 9s"]))
    assert outcome.grade is grade


async def test_a_redirect_to_plain_text_takes_no_secret_along(authority: trustme.CA) -> None:
    requests: list[bytes] = []
    with serving(says(page()), requests=requests) as plain:
        moved = page(b"", b"Location: http://127.0.0.1:%d/" % plain, status=b"302 Found")
        with serving(says(moved), context_for(authority, "127.0.0.1")) as port:
            one = probe(f"https://127.0.0.1:{port}/", verify_tls=False, headers={"X-Api-Key": Secret("env", "KEY")})
            await ask_one(one, reveal=lambda _: "s3cr3t")
    assert len(requests) == 1
    assert b"s3cr3t" not in requests[0]


async def test_a_configured_header_replaces_our_own_whatever_its_case() -> None:
    requests: list[bytes] = []
    with serving(says(page()), requests=requests) as port:
        await ask_one(probe(port, headers={"user-agent": "theirs"}))
    assert requests[0].lower().count(b"user-agent") == 1


async def test_a_secret_that_cannot_be_sent_is_not_shown() -> None:
    with serving(says(page())) as port:
        one = probe(port, headers={"X-Api-Key": Secret("env", "KEY")})
        outcome = await ask_one(one, reveal=lambda _: "s3cr3t\r\nX-Injected: yes")
    assert outcome.grade is Grade.FAILING
    assert "s3cr3t" not in outcome.reason


async def test_a_secret_that_is_not_there_accuses_nobody() -> None:
    def missing(_: Secret) -> str:
        raise LookupError("KEY is not set")

    with serving(says(page())) as port:
        outcome = await ask_one(probe(port, headers={"X-Api-Key": Secret("env", "KEY")}), reveal=missing)
    assert (outcome.grade, outcome.reason) == (Grade.INCONCLUSIVE, "not asked: fault LookupError")


async def test_a_cookie_of_one_answer_is_not_sent_with_the_next_question() -> None:
    requests: list[bytes] = []
    with serving(says(page(b"", b"Set-Cookie: affinity=replica-1")), requests=requests) as port:
        one = probe(port)
        engine = Engine([one], time=RealTime(), reveal=str)
        await engine.ask(one)
        await engine.ask(one)
        await engine.aclose()
    assert len(requests) == 2
    assert not any(b"Cookie" in each for each in requests)


async def test_a_refused_connection_says_where() -> None:
    with refusing() as port:
        outcome = await ask_one(probe(port))
    assert (outcome.grade, outcome.reason) == (Grade.FAILING, "connect 127.0.0.1: Connection refused")
    assert outcome.address == "127.0.0.1"


async def test_the_next_address_is_tried_when_one_refuses() -> None:
    with serving(says(page())) as port:
        outcome = await ask_one(probe(f"http://localhost:{port}/"))  # often ::1 first, where nobody listens
    assert (outcome.grade, outcome.address) == (Grade.GOOD, "127.0.0.1")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "dns: Name or service not known"),
        (UnicodeError("label too long"), "dns: label too long"),
        (OSError("resolver \x1b[2J died"), "dns: resolver \ufffd[2J died"),
    ],
)
async def test_a_name_that_is_none_fails_in_the_phase_of_names(error: Exception, reason: str) -> None:
    def look_up(host: str) -> tuple[str, ...]:
        raise error

    outcome = await ask_one(probe("http://nobody.test/"), resolver=Resolver(look_up))
    assert (outcome.grade, outcome.reason) == (Grade.FAILING, reason)


@pytest.mark.parametrize(
    "url", ["http://xn--a/", f"http://{'a' * 70}.example/", "http://[::1/", "gopher://x/", "/ready"]
)
async def test_an_url_that_cannot_be_asked_is_an_outcome_all_the_same(url: str) -> None:
    assert (await ask_one(probe(url), resolver=Resolver(lambda _: ()))).grade is not Grade.GOOD


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def context_for(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context


async def test_a_certificate_nobody_vouches_for_fails_in_the_phase_of_tls(authority: trustme.CA) -> None:
    with serving(says(page()), context_for(authority, "127.0.0.1")) as port:
        outcome = await ask_one(probe(f"https://127.0.0.1:{port}/"))
        unverified = await ask_one(probe(f"https://127.0.0.1:{port}/", verify_tls=False))
    assert (outcome.grade, unverified.grade) == (Grade.FAILING, Grade.GOOD)
    assert outcome.reason.startswith("tls 127.0.0.1: ")
    assert "certificate" in outcome.reason


async def test_a_certificate_of_another_name_fails_in_the_phase_of_tls(authority: trustme.CA, tmp_path: Path) -> None:
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with serving(says(page()), context_for(authority, "other.example.com")) as port:
        outcome = await ask_one(probe(f"https://127.0.0.1:{port}/", ca_file=str(tmp_path / "ca.pem")))
    assert outcome.reason.startswith("tls 127.0.0.1: ")
    assert "mismatch" in outcome.reason.lower()


async def test_plain_http_on_a_tls_port_and_tls_on_a_plain_one_are_reported(authority: trustme.CA) -> None:
    with serving(says(page()), context_for(authority, "127.0.0.1")) as port:
        plain = await ask_one(probe(port, timeout=1.0))
    with serving(says(page())) as port:
        encrypted = await ask_one(probe(f"https://127.0.0.1:{port}/", timeout=1.0))
    assert plain.grade is encrypted.grade is Grade.FAILING
    assert plain.reason.startswith("answer ")
    assert encrypted.reason.startswith("tls ")


async def test_a_ca_file_that_is_not_there_accuses_nobody() -> None:
    outcome = await ask_one(probe("https://127.0.0.1:1/", ca_file="/nowhere/ca.pem"))
    assert (outcome.grade, outcome.reason) == (Grade.INCONCLUSIVE, "not asked: fault FileNotFoundError")


async def test_a_slow_answer_is_degraded_and_not_down() -> None:
    with serving(says(page(), after=0.1)) as port:
        outcome = await ask_one(probe(port, degraded=["[RESPONSE_TIME] < 50ms"]))
    assert outcome.grade is Grade.DEGRADED
    assert outcome.reason.startswith("[RESPONSE_TIME]")


async def test_without_conditions_an_error_status_fails() -> None:
    with serving(says(page(status=b"500 Oops"))) as port:
        outcome = await ask_one(probe(port, conditions=[]))
    assert (outcome.grade, outcome.reason, outcome.status) == (Grade.FAILING, "[STATUS] (500) < 400", 500)


async def test_a_question_with_a_body_and_a_method_is_put_as_configured() -> None:
    asked: list[bytes] = []

    def echo(visitor: socket.socket, over: Event) -> None:
        asked.append(visitor.recv(100))
        visitor.sendall(page())

    with serving(echo) as port:
        outcome = await ask_one(probe(port, method="POST", body='{"ping": true}', conditions=BODY))
    assert (outcome.grade, asked) == (Grade.GOOD, [b'{"ping": true}'])


# Connections without HTTP


async def test_a_port_that_takes_connections_is_up_and_one_that_refuses_is_down() -> None:
    with serving(says(b"")) as port:
        open_port = await ask_one(probe(f"tcp://127.0.0.1:{port}", conditions=["[CONNECTED] == true"]))
    with refusing() as closed:
        shut = await ask_one(probe(f"tcp://127.0.0.1:{closed}", conditions=["[CONNECTED] == true"]))
    assert (open_port.grade, open_port.status) == (Grade.GOOD, None)
    assert open_port.latency is not None
    assert shut.grade is Grade.FAILING
    assert "refused" in shut.reason


async def test_a_certificate_is_read_without_http(authority: trustme.CA, tmp_path: Path) -> None:
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with serving(says(b""), context_for(authority, "127.0.0.1")) as port:
        conditions = ["[CONNECTED] == true", "[CERTIFICATE_EXPIRATION] > 1d"]
        url = f"tls://127.0.0.1:{port}"
        good = await ask_one(probe(url, conditions=conditions, ca_file=str(tmp_path / "ca.pem")))
        unknown = await ask_one(probe(url, conditions=conditions))
    assert good.grade is Grade.GOOD
    assert unknown.grade is Grade.FAILING
    assert unknown.reason.startswith("tls 127.0.0.1: ")


REFUSALS = {
    "smtp that turns everybody away": (
        "smtp",
        b"554 5.7.1 go away\r\n",
        "the mail server turns us away: 554 5.7.1 go away",
    ),
    "postgres without TLS": ("postgres", b"N", "PostgreSQL offers no TLS"),
    "postgres that is full": ("postgres", b"E\0\0\0\x20FATAL: too many clients", "FATAL: too many clients"),
}


@pytest.mark.parametrize("name", REFUSALS)
async def test_a_server_that_refuses_to_begin_tls_is_quoted(name: str) -> None:
    protocol, answer, reason = REFUSALS[name]
    outcome = await ask_for_tls(answer, protocol)
    assert outcome.grade is Grade.FAILING
    assert reason in outcome.reason
    assert outcome.evidence is not None
    assert all(0 <= seconds < 5 for _, seconds in outcome.evidence.phases)


@pytest.mark.parametrize("answer", [b"N", b"", ESCAPES, b"x" * 100_000])
@pytest.mark.parametrize("protocol", ["postgres", "smtp"])
async def test_a_server_without_tls_is_down_whatever_it_says(answer: bytes, protocol: str) -> None:
    outcome = await ask_for_tls(answer, protocol)
    assert outcome.grade is Grade.FAILING
    assert not HOSTILE.search(outcome.reason)


async def ask_for_tls(answer: bytes, protocol: str) -> CheckOutcome:
    """What a probe comes to at a server that says this at once, whatever it is asked."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            visitor, _ = listener.accept()
            with visitor:
                visitor.sendall(answer)

    thread = Thread(target=serve, daemon=True)
    thread.start()
    port = listener.getsockname()[1]
    url = f"tls://127.0.0.1:{port}?starttls={protocol}"
    outcome = await ask_one(probe(url, conditions=["[CONNECTED] == true"], timeout=1.0))
    listener.close()
    thread.join(5)
    return outcome

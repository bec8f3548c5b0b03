"""HTTP steps: where they go, and what an answer, or none, means."""

from collections.abc import Callable

import httpx
import pytest

from cockpit.model.run import StepState
from cockpit.model.runbook import Step, StepKind
from cockpit.runbooks.prepare.http_request import build_request, list_plain_hosts
from cockpit.runbooks.run.http_step import send_request
from cockpit.runbooks.run.verify import Evidence, conclude_attempt, parse_expectation, verify_evidence
from cockpit.runbooks.types import Finished, Request, Resolved, RunRefused

HOST = Resolved("FQDN", "app.example.com", "app.example.com", "live")
OK, FAILED, UNKNOWN = StepState.OK, StepState.FAILED, StepState.UNKNOWN


def value(name: str, text: str, *, secret: bool = False) -> Resolved:
    return Resolved(name, text, "•••" if secret else text, "operator", secret=secret)


async def sent(
    method: str, answers: Callable[[httpx.Request], httpx.Response], timeout: float = 5.0, path: str = "/x"
) -> tuple[Finished, str, list[str]]:
    """How it ended, what was shown, and which methods were really sent."""
    asked: list[str] = []
    shown: list[str] = []

    def answering(incoming: httpx.Request) -> httpx.Response:
        asked.append(incoming.method)
        return answers(incoming)

    transport = httpx.MockTransport(answering)
    wanted = Request(method, f"https://app.example.com{path}", "")
    return await send_request(wanted, timeout=timeout, output=shown.append, transport=transport), "".join(shown), asked


def always(status: int, body: str = "{}") -> Callable[[httpx.Request], httpx.Response]:
    return lambda incoming: httpx.Response(status, text=body)


def raising(error: Exception) -> Callable[[httpx.Request], httpx.Response]:
    def answer(incoming: httpx.Request) -> httpx.Response:
        raise error

    return answer


def test_a_path_goes_to_the_environments_own_host() -> None:
    found = build_request("GET /health/ready", [], HOST)
    assert (found.method, found.url, found.shown) == (
        "GET",
        "https://app.example.com/health/ready",
        "GET https://app.example.com/health/ready",
    )


def test_a_host_that_is_named_without_tls_is_asked_without() -> None:
    plain = list_plain_hosts(
        ["http://127.0.0.1:8080", "http://App.test/health", "http://both.test", "https://both.test/x"]
    )
    assert plain == {"127.0.0.1:8080", "app.test"}
    addresses = [
        build_request("GET /live", [], value("FQDN", host), plain).url
        for host in ("127.0.0.1:8080", "App.test", "both.test", "127.0.0.1:9090")
    ]
    assert addresses == [
        "http://127.0.0.1:8080/live",
        "http://App.test/live",
        "https://both.test/live",
        "https://127.0.0.1:9090/live",
    ]


def test_the_reason_why_a_host_cannot_be_used_stands_in_the_refusal() -> None:
    with pytest.raises(RunRefused, match="without https://"):
        build_request("GET /x", [], Resolved("FQDN", None, problem="FQDN must be a host, without https://"))


def test_a_value_in_a_path_leads_nowhere_else() -> None:
    found = build_request("POST /jobs/{id}/retry", [value("id", "../../admin?x=1#y")], HOST)
    assert found.url == "https://app.example.com/jobs/..%2F..%2Fadmin%3Fx%3D1%23y/retry"


def test_a_secret_in_a_path_is_dots_and_in_no_repr() -> None:
    found = build_request("GET /by-token/{token}", [value("token", "hunter2", secret=True)], HOST)
    assert found.shown == "GET https://app.example.com/by-token/•••"
    assert "hunter2" not in repr(found)


@pytest.mark.parametrize(
    ("address", "is_sent"),
    [("http://10.9.8.7/by/{token}", False), ("http://app.test:81/by/{token}", False),
     ("http://app.test/by/{token}", True),
     ("http://127.0.0.2:18/by/{token}", True), ("http://localhost/{token}", True), ("https://10.9.8.7/{token}", True),
     ("http://127.0.0.1.app.test/{token}", False), ("http://10.9.8.7/by/{id}", True)],
)  # fmt: skip
def test_a_secret_goes_without_tls_to_this_machine_and_to_hosts_that_are_named_so_alone(
    address: str, is_sent: bool
) -> None:
    values = [value("token", "hunter2", secret=True), value("id", "7")]
    if is_sent:
        assert build_request(f"GET {address}", values, HOST, {"app.test"}).url.endswith(("hunter2", "7"))
    else:
        with pytest.raises(RunRefused, match="in the clear"):
            build_request(f"GET {address}", values, HOST, {"app.test"})


def test_a_missing_value_or_host_is_refused() -> None:
    with pytest.raises(RunRefused, match="id} has no value"):
        build_request("GET /jobs/{id}", [Resolved("id", None)], HOST)
    with pytest.raises(RunRefused, match="FQDN"):
        build_request("GET /x", [], Resolved("FQDN", None))


async def test_a_good_answer_is_shown() -> None:
    finished, shown, _ = await sent("GET", always(200, '{"status": "healthy"}'))
    assert (finished.state, finished.http_status, finished.output_tail) == (OK, 200, '{"status": "healthy"}')
    assert shown == 'HTTP 200 OK\n{"status": "healthy"}\n'


@pytest.mark.parametrize(
    ("method", "status", "state"),
    [("GET", 404, FAILED), ("POST", 404, FAILED), ("POST", 409, FAILED), ("GET", 503, FAILED), ("POST", 503, UNKNOWN),
     ("PUT", 500, UNKNOWN), ("POST", 302, UNKNOWN), ("POST", 303, UNKNOWN), ("PUT", 307, UNKNOWN), ("GET", 302, FAILED),
     ("POST", 408, UNKNOWN), ("GET", 204, OK), ("DELETE", 204, OK)],
)  # fmt: skip
async def test_what_a_status_means(method: str, status: int, state: StepState) -> None:
    finished, _, _ = await sent(method, always(status))
    assert (finished.state, finished.http_status if state is not UNKNOWN else status) == (state, status)


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_a_refused_connection_has_only_failed(method: str) -> None:
    finished, _, asked = await sent(method, raising(httpx.ConnectError("refused")))
    assert finished.state is FAILED
    assert asked == [method]


@pytest.mark.parametrize(
    "error", [httpx.ReadTimeout("slow"), httpx.ReadError("gone"), httpx.RemoteProtocolError("hung up")]
)
async def test_a_change_without_an_answer_is_unknown_and_sent_once(error: Exception) -> None:
    finished, _, asked = await sent("POST", raising(error))
    assert finished.state is UNKNOWN
    assert asked == ["POST", "GET"]


async def test_what_is_at_the_address_of_a_post_is_shown_and_proves_nothing() -> None:
    finished, shown, asked = await sent(
        "POST", lambda incoming: httpx.Response(502 if incoming.method == "POST" else 200, text="12 waiting")
    )
    assert finished.state is UNKNOWN
    assert asked == ["POST", "GET"]
    assert "12 waiting" in shown


@pytest.mark.parametrize("path", ["/cache/clear", "/jobs?action=restart"])
async def test_an_address_that_is_named_like_an_act_is_not_asked_again(path: str) -> None:
    finished, _, asked = await sent("POST", always(502), path=path)
    assert finished.state is UNKNOWN
    assert asked == ["POST"]
    assert "look for yourself" in finished.outcome


async def test_what_was_to_be_deleted_and_is_gone_was_deleted() -> None:
    finished, shown, asked = await sent(
        "DELETE", lambda incoming: httpx.Response(502 if incoming.method == "DELETE" else 404)
    )
    assert finished.state is OK
    assert "it is gone" in finished.outcome
    assert asked == ["DELETE", "GET"]
    assert "Looked again" in shown


async def test_what_is_still_there_stays_unknown_and_is_shown() -> None:
    finished, shown, asked = await sent(
        "PUT", lambda incoming: httpx.Response(502 if incoming.method == "PUT" else 200, text="as it is")
    )
    assert finished.state is UNKNOWN
    assert asked == ["PUT", "GET"]
    assert "as it is" in shown


LOGIN = "<!DOCTYPE html>\n<html><body><form>Sign in <input type='password'></form></body></html>"
PAGES = [
    ({"Content-Type": "text/html; charset=utf-8"}, "<p>welcome</p>"),
    ({"Content-Type": "application/json"}, LOGIN),
    ({}, "\ufeff\n<!-- proxy --><HTML><body>Authentication required</body></HTML>"),
    ({"Content-Type": "application/xhtml+xml"}, "<?xml version='1.0'?><html xmlns='x'/>"),
]


@pytest.mark.parametrize(("headers", "body"), PAGES)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_a_web_page_in_the_place_of_an_answer_tells_nothing_of_a_change(
    method: str, headers: dict[str, str], body: str
) -> None:
    finished, _, asked = await sent(
        method, lambda incoming: httpx.Response(200, headers=headers, content=body.encode())
    )
    assert finished.state is UNKNOWN
    assert asked.count(method) == 1
    assert asked == [method, "GET"]


async def test_a_bare_word_is_no_page_though_many_frameworks_call_it_one() -> None:
    finished, _, _ = await sent("POST", lambda incoming: httpx.Response(200, html="ok"))
    assert finished.state is OK


async def test_a_page_that_was_read_is_read() -> None:
    finished, _, _ = await sent("GET", lambda incoming: httpx.Response(200, html=LOGIN))
    assert finished.state is OK


@pytest.mark.parametrize(("body", "state"), [(LOGIN, UNKNOWN), ("<html>Cannot POST /x</html>", FAILED)])
async def test_a_refusal_may_be_a_page_but_not_one_to_sign_in(body: str, state: StepState) -> None:
    finished, _, _ = await sent("POST", lambda incoming: httpx.Response(403, html=body))
    assert finished.state is state


async def test_a_page_that_says_not_found_does_not_prove_that_something_is_gone() -> None:
    def answer(incoming: httpx.Request) -> httpx.Response:
        return httpx.Response(302) if incoming.method == "DELETE" else httpx.Response(404, html=LOGIN)

    finished, _, _ = await sent("DELETE", answer)
    assert finished.state is UNKNOWN


@pytest.mark.parametrize(
    ("answer", "text", "state"),
    [
        (httpx.Response(303), "HTTP 303", OK),
        (httpx.Response(303), "HTTP 200", UNKNOWN),
        (httpx.Response(200, html="<p>cache cleared</p>"), 'contains "cache cleared"', OK),
        (httpx.Response(200, html=LOGIN), 'contains "cache cleared"', UNKNOWN),
        (httpx.Response(200, html=LOGIN), "HTTP 200", UNKNOWN),
        (httpx.Response(503, html="cache cleared"), 'contains "cache cleared"', UNKNOWN),
    ],
)
async def test_an_answer_that_the_document_foresees_counts_as_it_stands(
    answer: httpx.Response, text: str, state: StepState
) -> None:
    finished, _, _ = await sent("POST", lambda incoming: answer)
    wanted = parse_expectation(
        Step(ordinal=1, title="clear", kind=StepKind.CHANGE, language="http", expected=text, line=1)
    )
    seen = Evidence(finished.exit_code, finished.http_status, finished.output_tail)
    assert conclude_attempt(finished, verify_evidence(wanted, seen), wanted, StepKind.CHANGE)[0] is state


async def test_hostile_bodies_are_cleaned_and_cut() -> None:
    finished, shown, _ = await sent("GET", always(200, "\x1b[31mred\x1b[0m \u202e" + "x" * 2_000_000))
    assert "\x1b" not in shown + finished.output_tail
    assert "\u202e" not in shown
    assert "the first 1048576 bytes" in finished.outcome


async def test_an_authority_file_that_is_not_there_is_reported() -> None:
    wanted = Request("GET", "https://app.example.com/x", "")
    finished = await send_request(wanted, timeout=1.0, output=lambda text: None, authority="/nowhere/ca.pem")
    assert finished.state is FAILED
    assert "/nowhere/ca.pem" in finished.outcome

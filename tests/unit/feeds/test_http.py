"""Every way an HTTP exchange can fail has words that say what to do, and none that give a secret away."""

import json
import ssl
from datetime import timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.feeds.http import (
    explain_http_error,
    explain_refusal,
    http_date,
    read_error_reason,
    reveal_headers,
    tls_context,
)
from cockpit.model.problem import Problem, ProblemKind, SourceError
from cockpit.model.secret import Secret
from cockpit.model.text import HOSTILE
from tests.unit.feeds.fake_time import START

KNOWN = Problem(ProblemKind.CONFLICT, "busy", "Busy.")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (SourceError(KNOWN), ProblemKind.CONFLICT),
        (TimeoutError(), ProblemKind.TIMEOUT),
        (httpx.ConnectTimeout("x"), ProblemKind.TIMEOUT),
        (httpx.ReadTimeout("x"), ProblemKind.TIMEOUT),
        (httpx.PoolTimeout("x"), ProblemKind.TIMEOUT),
        (httpx.ConnectError("[Errno 111] Connection refused"), ProblemKind.NETWORK),
        (httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed"), ProblemKind.NETWORK),
        (httpx.ReadError("x"), ProblemKind.NETWORK),
        (httpx.RemoteProtocolError("x"), ProblemKind.GARBAGE),
        (httpx.DecodingError("x"), ProblemKind.GARBAGE),
        (httpx.UnsupportedProtocol("x"), ProblemKind.REFUSED),
        (httpx.InvalidURL("x"), ProblemKind.REFUSED),
        (json.JSONDecodeError("x", "doc", 0), ProblemKind.GARBAGE),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "x"), ProblemKind.GARBAGE),
        (RecursionError(), ProblemKind.GARBAGE),
        (ssl.SSLError("x"), ProblemKind.NETWORK),
        (OSError(113, "No route to host"), ProblemKind.NETWORK),
        (FileNotFoundError(2, "No such file"), ProblemKind.NETWORK),
        (KeyError("x"), ProblemKind.FAULT),
    ],
)
def test_every_exception_is_a_problem(error: Exception, kind: ProblemKind) -> None:
    problem = explain_http_error(error)
    assert problem.kind is kind
    assert problem.short
    assert problem.message
    assert len(problem.short) < 40


TLS_FAILURES = {
    "[SSL: TLSV13_ALERT_CERTIFICATE_REQUIRED] tlsv13 alert certificate required (_ssl.c:2580)": "client_certificate",
    "[SSL: SSLV3_ALERT_BAD_CERTIFICATE] sslv3 alert bad certificate (_ssl.c:2580)": "client_certificate",
    "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate in chain": "ca_file",
    "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired (_ssl.c:1006)": "has ended",
    "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: Hostname mismatch, certificate is not valid": "name",
    "[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)": "does not speak TLS",
}


@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ReadError, ssl.SSLError])
@pytest.mark.parametrize("words", TLS_FAILURES)
def test_a_failure_of_tls_names_the_certificate_to_look_at(error: type[Exception], words: str) -> None:
    problem = explain_http_error(error(words))
    assert (problem.kind, problem.short) == (ProblemKind.NETWORK, "TLS failed")
    assert TLS_FAILURES[words] in problem.advice
    assert "_ssl.c" not in problem.message


def test_a_header_that_cannot_be_sent_is_not_shown() -> None:
    assert "s3cr3t" not in str(explain_http_error(httpx.LocalProtocolError("Illegal header value b's3cr3t\\n'")))


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (302, ProblemKind.GARBAGE),
        (400, ProblemKind.REFUSED),
        (401, ProblemKind.SIGN_IN),
        (403, ProblemKind.FORBIDDEN),
        (404, ProblemKind.MISSING),
        (409, ProblemKind.CONFLICT),
        (410, ProblemKind.REFUSED),
        (422, ProblemKind.REFUSED),
        (429, ProblemKind.THROTTLED),
        (500, ProblemKind.SERVER),
        (503, ProblemKind.SERVER),
        (599, ProblemKind.SERVER),
    ],
)
def test_every_status_that_is_no_success_is_a_problem(status: int, kind: ProblemKind) -> None:
    problem = explain_refusal(status, {"retry-after": "7"}, b'"bad matcher format: {broken"', START)
    assert (problem.kind, problem.short, problem.retry_after) == (kind, f"HTTP {status}", 7.0)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'"silence not found"', "silence not found"),
        (
            b'{"code": 601, "message": "silenceID in path must be of type uuid"}',
            "silenceID in path must be of type uuid",
        ),
        (b'{"status": "error", "errorType": "bad_data", "error": "parse error"}', "parse error"),
        (b'{"error": {"code": "X", "message": "inner"}}', "inner"),
        (
            b"Limit of concurrent GET requests reached (1), try again later.\n",
            "Limit of concurrent GET requests reached (1), try again later.",
        ),
        (b"  <html><body>Sign in</body></html>", ""),
        (b"", ""),
        (b"[1, 2]", ""),
        (b'{"message": 7}', ""),
        (b"\x1b[2Jgone\xff", "\ufffd[2Jgone\ufffd"),
    ],
)
def test_a_reason_is_found_in_each_of_its_shapes(body: bytes, said: str) -> None:
    assert read_error_reason(body) == said


@given(st.binary(max_size=300))
def test_no_body_breaks_the_explanation(body: bytes) -> None:
    problem = explain_refusal(500, {}, body, START)
    assert not HOSTILE.search(problem.message)
    assert "\n" not in problem.message


@given(st.text(max_size=60))
def test_any_header_is_a_date_or_none(value: str) -> None:
    moment = http_date(value)
    assert moment is None or (START - moment) > timedelta.min


def test_one_context_serves_all_that_want_the_same() -> None:
    assert tls_context() is tls_context()
    assert tls_context(verify=False) is not tls_context()
    assert tls_context(verify=False).verify_mode is ssl.CERT_NONE
    assert tls_context().check_hostname


def test_secrets_are_revealed_where_they_are_sent_and_plain_headers_stay() -> None:
    headers: dict[str, str | Secret] = {"X-Plain": "a", "Authorization": Secret("env", "TOKEN")}
    assert reveal_headers(headers, lambda secret: f"<{secret.name}>") == {"X-Plain": "a", "Authorization": "<TOKEN>"}

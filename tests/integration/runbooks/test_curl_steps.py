"""Changes sent by curl as a shell step, with the real curl: what no answer tells is unknown, whatever the flags."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from cockpit.model.run import StepState
from cockpit.model.runbook import StepKind
from cockpit.runbooks.prepare.curl_requests import add_reports
from cockpit.runbooks.run.outcome import judge_outcome, without_reports
from cockpit.runbooks.run.process.shell import CommandEnd
from tests.integration.runbooks.stage import Stage, fence

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")

OK, FAILED, UNKNOWN = StepState.OK, StepState.FAILED, StepState.UNKNOWN
PATH = os.environ.get("PATH", os.defpath)
LOGIN = b"<!DOCTYPE html><html><form>Sign in <input type=password></form></html>"


def plain(status: str, body: bytes = b"{}", kind: str = "application/json", more: str = "") -> bytes:
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n{more}\r\n"
    )
    return head.encode() + body


SHORT = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
CHUNK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
ANSWERS = {
    "ok": (plain("200 OK", b'{"status": "cleared"}'), OK),
    "created": (plain("201 Created"), OK),
    "bare": (plain("200 OK", b"ok", "text/html"), OK),
    "nothing": (plain("204 No Content", b""), OK),
    "refused": (plain("404 Not Found"), FAILED),
    "conflict": (plain("409 Conflict"), FAILED),
    "gateway": (plain("504 Gateway Timeout", b"<html>504</html>", "text/html"), UNKNOWN),
    "error": (plain("500 Internal Server Error"), UNKNOWN),
    "slow": (plain("408 Request Timeout"), UNKNOWN),
    "found": (plain("302 Found", b"", more="Location: /ok\r\n"), UNKNOWN),
    "other": (plain("303 See Other", b"", more="Location: /ok\r\n"), UNKNOWN),
    "login": (plain("200 OK", LOGIN, "text/html"), UNKNOWN),
    "short": (SHORT, UNKNOWN),  # curl: (18)
    "chunk": (CHUNK, UNKNOWN),  # curl: (56)
    "silent": (b"", UNKNOWN),  # curl: (52)
    "garbage": (b"\x00\x01\x02 what\r\n\r\n", UNKNOWN),  # curl: (1)
}
FLAGS = (
    "-X POST", "-s -X POST", "-sf -X POST", "--fail -sS -d a=b", "-sS --fail-with-body --json '{}'", "-s -XPUT -L",
    "-s -o /dev/null -w '%{http_code}' -X POST", "-sw '%{http_code}' -X DELETE",
)  # fmt: skip


@dataclass
class Place:
    """A server that answers a path with raw bytes, and remembers the methods that it was asked with."""

    url: str = ""
    asked: int = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")[0].decode()
        self.asked += 1
        path = line.split()[1].strip("/")
        if path == "hang":
            await reader.read()  # until curl has had enough
        else:
            writer.write(ANSWERS[path][0])
            await writer.drain()
        writer.close()


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    here = Place()
    server = await asyncio.start_server(here.answer, "127.0.0.1", 0)
    here.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield here
    server.close()


async def tried(command: str) -> tuple[StepState, str]:
    """How a change ends that is this command: run and judged as a step is, without all that stands around one."""
    reporting = add_reports(command, path=PATH)
    ran = await asyncio.to_thread(
        subprocess.run, ["bash", "-e", "-o", "pipefail", "-c", reporting],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )  # fmt: skip
    finished = judge_outcome(
        CommandEnd(ran.returncode), StepKind.CHANGE, reporting, ran.stdout.decode("utf-8", "replace")
    )
    return finished.state, finished.outcome


@pytest.mark.parametrize("flags", FLAGS)
async def test_what_an_answer_means_whatever_the_flags(flags: str, place: Place) -> None:
    for name, (_, state) in ANSWERS.items():
        before = place.asked
        found, outcome = await tried(f"curl {flags} {place.url}/{name}")
        if "-o /dev/null" in flags and name == "bare":
            state = UNKNOWN  # a page by its type, and nobody saw what stands in it
        if "-L" in flags and name in ("found", "other"):
            assert place.asked == before + 2
        else:
            assert place.asked == before + 1
        assert found is state, (name, outcome)


@pytest.mark.parametrize("flags", ["-sf -X POST", "-s -X POST"])
async def test_a_time_out_is_unknown(flags: str, place: Place) -> None:
    found, outcome = await tried(f"curl {flags} -m 0.3 {place.url}/hang")
    assert (found, "exit 28" in outcome) == (UNKNOWN, True)


@pytest.mark.parametrize(
    ("command", "state"),
    [
        ("curl -s -X POST http://127.0.0.1:1/x", FAILED),
        ("curl -sf -X POST http://cockpit-no-such-name.invalid/x", FAILED),
        ("curl -s -X POST --retry 1 --retry-connrefused --retry-delay 1 http://127.0.0.1:1/x", UNKNOWN),
        ("curl -s -X POST {url}/ok http://127.0.0.1:1/x", UNKNOWN),
        ("curl -s -X POST {url}/ok && curl -s -X POST http://127.0.0.1:1/x", UNKNOWN),
        ("curl -s -X POST {url}/ok | cat > /dev/null", OK),  # what is printed beside a report may cut it in two
        ("curl -s -X POST {url}/gateway | cat", UNKNOWN),
        ("curl -s -X POST {url}/gateway || true", UNKNOWN),
        ("curl -sf -X POST {url}/ok | grep -q nothing-of-the-kind", FAILED),
        ("for name in ok gateway ok; do curl -s -X POST {url}/$name; done", UNKNOWN),
        ("for name in ok refused; do curl -s -X POST {url}/$name; done", UNKNOWN),
        ("if false; then curl -s -X POST {url}/ok; fi", OK),
        ('echo "answered $(curl -s -X POST {url}/ok)"', OK),
        ('echo "answered $(curl -s -X POST {url}/login)"', UNKNOWN),
        ("bash -c 'curl -s -X POST {url}/ok'", UNKNOWN),
        ("bash -c 'curl -sf -X POST {url}/ok'", OK),
        ("curl -s -X POST {url}/ok 2>/dev/null", UNKNOWN),
        ("curl -sf -X POST {url}/ok 2>/dev/null", OK),
        ("curl -sf -X POST {url}/refused 2>/dev/null", UNKNOWN),
        ("for url in {url}/ok http://127.0.0.1:1/x; do curl -sf -X POST $url 2>/dev/null; done", UNKNOWN),
        ("send() { curl -sf -X POST $1 2>/dev/null; }; send {url}/ok; send http://127.0.0.1:1/x", UNKNOWN),
        ("curl -sf -X POST http://127.0.0.1:1/x 2>/dev/null", FAILED),
        ("curl -sSf -X POST {url}/refused 2>&1", FAILED),
        ("curl -sSf -X POST {url}/gateway 2>&1", UNKNOWN),
        ("timeout 5 curl -s -X POST {url}/ok", OK),
        ("curl -s {url}/gateway", UNKNOWN),  # the document calls it a change
        ("curl -s {url}/ok", OK),
    ],
)
async def test_what_stands_around_it(command: str, state: StepState, place: Place) -> None:
    found, outcome = await tried(command.replace("{url}", place.url))
    assert found is state, outcome


@pytest.mark.parametrize("flags", FLAGS)
async def test_what_a_command_prints_stays_as_it_was(flags: str, place: Place) -> None:
    for name in ("ok", "login", "gateway", "nothing", "silent"):
        command = f"curl {flags} {place.url}/{name}"
        reporting = add_reports(command, path=PATH)
        assert reporting != command
        printed = [await asyncio.to_thread(output_of, each) for each in (command, reporting)]
        assert printed[0] == printed[1]


def output_of(command: str) -> bytes:
    return subprocess.run(
        ["bash", "-c", command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False
    ).stdout


async def test_what_is_added_is_shown_and_the_document_stays_as_written(stage: Stage, place: Place) -> None:
    run = stage.start(fence(f"# Clear <what>\ncurl -s -X POST '{place.url}/<what>'", "bash change"), {"what": "ok"})
    prepared = stage.runner.prepare(run, 1)
    assert prepared.kind is StepKind.CHANGE
    assert prepared.as_written == f"curl -s -X POST '{place.url}/<what>'"
    assert prepared.as_run.startswith("curl -w '%{stderr}")
    assert prepared.as_run.endswith(f"-s -X POST '{place.url}/ok'")
    attempt = await stage.runner.perform(run, prepared, stage.consent(prepared), stage.seen.append)
    assert attempt.state is OK
    assert "answer: HTTP 200" in attempt.output


@pytest.mark.parametrize(("path", "state"), [("gateway", UNKNOWN), ("refused", FAILED), ("login", UNKNOWN)])
async def test_a_step_is_reported_as_it_was_answered(path: str, state: StepState, stage: Stage, place: Place) -> None:
    run = stage.start(fence(f"# Clear it\ncurl -s -X POST {place.url}/{path}"))
    attempt = await stage.perform(run)
    assert attempt.state is state
    assert place.asked == 1


async def test_the_answer_is_compared_without_what_was_added(stage: Stage, place: Place) -> None:
    expects = """bash change expect='.status == "cleared"'"""
    run = stage.start(fence(f"# Clear it\ncurl -s -X POST {place.url}/ok", expects))
    attempt = await stage.perform(run)
    assert (attempt.state, attempt.verified) == (OK, "as expected")


async def test_a_curl_that_reads_runs_as_it_is_written(stage: Stage, place: Place) -> None:
    run = stage.start(fence(f"# Look\ncurl -sf {place.url}/ok"))
    assert stage.runner.prepare(run, 1).as_run == f"curl -sf {place.url}/ok"


def test_a_curl_that_is_too_old_or_not_there_reports_nothing(tmp_path: object) -> None:
    assert add_reports("curl -X POST http://x", path=str(tmp_path)) == "curl -X POST http://x"


def test_reports_are_taken_out_of_what_was_printed() -> None:
    report = "\nanswer: HTTP 200, 0 redirects, 2 bytes, text/plain\n"
    assert without_reports(f"ok{report}") == "ok"
    assert without_reports(f"ok\n{report}{report}more") == "ok\nmore"

"""A command that declares leaves the telling to a process of its own, and waits for nothing."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cockpit.cli import cockpit


@pytest.fixture
def sink() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    bodies: list[dict[str, Any]] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *parts: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/hook", bodies
    server.shutdown()
    server.server_close()


@pytest.fixture
def shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sink: tuple[str, list[dict[str, Any]]]
) -> Callable[..., str]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("cockpit.cli.login.login_name", lambda: "ana")
    text = f'system = "shop"\ndata = "data"\n[[environments.prod.webhooks]]\nname = "ops"\nurl = "{sink[0]}"\n'
    (tmp_path / "cockpit.toml").write_text(text)

    def run(*words: str) -> str:
        result = CliRunner().invoke(cockpit, words)
        assert result.exit_code == 0, result.output
        return result.output

    return run


def until(true: Callable[[], bool]) -> None:
    for _ in range(600):
        if true():
            return
        time.sleep(0.05)
    raise AssertionError("it never came")


def told(shell: Callable[..., str]) -> list[tuple[str, str]]:
    return [(item["turn"], item["outcome"]) for item in json.loads(shell("webhook", "list", "--json"))["told"]]


def test_a_declaration_from_a_shell_is_posted_by_a_process_of_its_own(
    shell: Callable[..., str], sink: tuple[str, list[dict[str, Any]]]
) -> None:
    shell("declare", "Readiness failing", "--severity", "P1")
    shell("note", "this is no turn")
    until(lambda: told(shell) == [("declare", "sent")])
    assert [body["headline"] for body in sink[1]] == ["P1 Readiness failing"]


def test_a_trial_is_sent_at_once_and_says_that_it_is_one(
    shell: Callable[..., str], sink: tuple[str, list[dict[str, Any]]]
) -> None:
    assert json.loads(shell("webhook", "test", "--json")) == {"webhook": "ops", "outcome": "sent", "reason": ""}
    assert sink[1][0]["turn"] == "test"
    assert told(shell) == []

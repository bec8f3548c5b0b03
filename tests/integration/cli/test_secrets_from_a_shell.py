"""Servers that echo what they were sent: no command prints the token of the configuration, in text or in JSON."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from cockpit.model.secret import MASK
from tests.integration.cli.shell import Shell

TOKEN = 't0k3n&Of"the<configuration'


class EchoingHandler(BaseHTTPRequestHandler):
    """Refuses everything, and says with what."""

    def do_GET(self) -> None:
        sent = self.headers.get("Authorization", "")
        body = json.dumps({"message": f"no such credentials: {sent}"}).replace("&", r"\u0026").encode()
        self.send_response(401)
        self.send_header("X-Sent", sent.removeprefix("Bearer "))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Be quiet."""


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("MONITORING_TOKEN", f"Bearer {TOKEN}")
    server = ThreadingHTTPServer(("127.0.0.1", 0), EchoingHandler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    url, secret = f"http://127.0.0.1:{server.server_port}", '{ env = "MONITORING_TOKEN" }'
    probes = "".join(
        f'[[environments.prod.probes]]\nname = "{name}"\nurl = "{url}/{name}"\nretry_interval = "100ms"\n'
        f"headers = {{ Authorization = {secret} }}\nconditions = ['{condition}']\n"
        for name, condition in {
            "body": "[BODY] == ok",
            "field": "[BODY].message == ok",
            "header": "[HEADER].X-Sent == ok",
        }.items()
    )
    alerts = (
        f'[[environments.prod.alerts]]\nname = "am"\nkind = "alertmanager"\nurls = ["{url}"]\n'
        f"headers = {{ Authorization = {secret} }}\n"
    )
    path = tmp_path / "cockpit.toml"
    path.write_text(f'system = "shop"\n\n[environments.prod]\n{probes}{alerts}')
    yield path
    server.shutdown()
    thread.join()
    server.server_close()


EXPORTS = [
    ("timeline",),
    ("timeline", "--json"),
    *(("export", "--output", "-", "--format", form) for form in ("md", "json", "csv")),
]
COMMANDS = [("status",), ("status", "--json"), ("check", "--live"), ("check", "--live", "--json")]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_what_a_server_echoes_is_printed_without_the_token(shell: Shell, config: Path, words: tuple[str, ...]) -> None:
    result = shell.type(words[0], "--config", str(config), *words[1:])
    printed = result.stdout + result.stderr
    assert MASK in printed or json.dumps(MASK)[1:-1] in printed
    for part in (TOKEN, json.dumps(TOKEN)[1:-1], "t0k3n", "Of\\", "the<"):
        assert part not in printed


def test_a_note_with_the_token_is_masked_on_the_timeline_and_in_exports(shell: Shell, config: Path) -> None:
    options = ("--config", str(config), "--env", "prod")
    shell.say("declare", *options, "checkout is down")
    shell.say("note", *options, f"it said: {json.dumps(TOKEN)}")
    for words in EXPORTS:
        result = shell.type(words[0], *options, *words[1:])
        assert MASK in result.stdout or json.dumps(MASK)[1:-1] in result.stdout
        assert "t0k3n" not in result.stdout + result.stderr


BARE = "correct horse battery staple"


def test_what_a_vault_prints_bare_is_neither_shown_nor_kept(
    tmp_path: Path, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = tmp_path / "bin" / "vault"
    vault.parent.mkdir()
    vault.write_text(f"#!/bin/sh\necho '{BARE}'\necho 'the lease ends at noon' >&2\n")
    vault.chmod(0o755)
    monkeypatch.setenv("PATH", f"{vault.parent}:/usr/bin:/bin")
    result = shell.type("exec", "--incident", "none", "--", "vault", "kv", "get", "-field=x", "secret/db")
    assert "the lease ends at noon" in result.output
    assert BARE not in result.output
    kept = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path != vault}
    assert any(b"the lease ends at noon" in content for content in kept.values())
    assert [path for path, content in kept.items() if BARE.encode() in content] == []

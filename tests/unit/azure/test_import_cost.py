"""Nothing heavy is imported before the first call, and nothing of the libraries is logged on the screen."""

import logging
import subprocess
import sys
from pathlib import Path

import pytest

from cockpit.azure.quiet import LOUD, quiet_loggers

HEAVY = ("azure.core", "azure.identity", "msal", "aiohttp", "httpx", "azure.mgmt", "azure.monitor", "requests")
CHEAP = (
    "cockpit.azure.client",
    "cockpit.azure.identity",
    "cockpit.feeds.revisions",
    "cockpit.feeds.azure_alerts",
    "cockpit.feeds.logs",
)


@pytest.mark.parametrize("module", CHEAP)
def test_importing_costs_nothing_heavy(module: str) -> None:
    code = f"import sys, {module}; print(*sorted(name for name in {HEAVY} if name in sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == ""


def test_the_libraries_warn_into_a_file_and_never_on_stderr(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    before = {name: (logging.getLogger(name).propagate, logging.getLogger(name).level) for name in LOUD}
    handler = quiet_loggers(tmp_path / "logs" / "azure.log")
    try:
        logging.getLogger("azure.identity.aio").warning("get_token failed: \x1b]0;evil\x07")
        logging.getLogger("msal.application").error("no account")
    finally:
        for name, (propagate, level) in before.items():
            logging.getLogger(name).removeHandler(handler)
            logging.getLogger(name).propagate = propagate
            logging.getLogger(name).setLevel(level)
        handler.close()
    written = (tmp_path / "logs" / "azure.log").read_text()
    assert "get_token failed" in written
    assert "no account" in written
    assert "\x1b" not in written
    assert capfd.readouterr().err == ""


def test_a_second_call_moves_the_loggers_to_the_new_file(tmp_path: Path) -> None:
    first, second = quiet_loggers(tmp_path / "a.log"), quiet_loggers(tmp_path / "b.log")
    try:
        assert first not in logging.getLogger("azure").handlers
        assert second in logging.getLogger("azure").handlers
    finally:
        for name in LOUD:
            logging.getLogger(name).removeHandler(second)
            logging.getLogger(name).propagate = True
            logging.getLogger(name).setLevel(logging.NOTSET)
        second.close()

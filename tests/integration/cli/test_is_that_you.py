"""Is that you? Somebody at a terminal is asked once whether they are on call, and a pipe never is."""

import os
from pathlib import Path

import pytest

from cockpit.cli.login import has_typed_ahead
from tests.integration.cli.shell import Shell

CONFIGURATION = """
[environments.prod]

[[rules]]
kind = "escalation"
after = "0s"
who = "On-call engineer"
levels = ["P1"]
"""
ASKED = "Is that you"


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    file = tmp_path / "cockpit.toml"
    file.write_text(CONFIGURATION)
    monkeypatch.setenv("COCKPIT_CONFIG", str(file))
    monkeypatch.setattr("cockpit.cli.login.login_name", lambda: "ana")
    return Shell(tmp_path / "timeline.db")


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("lifecycle", "clocks"):
        monkeypatch.setattr(f"cockpit.cli.incident.{module}.somebody_to_ask", lambda: True)


def escalation(shell: Shell) -> str:
    return next(str(clock["state"]) for clock in shell.ask("clocks", "--all") if clock["id"] == "escalation:1")


@pytest.mark.usefixtures("terminal")
def test_who_is_on_call_calls_nobody_and_is_asked_once(shell: Shell) -> None:
    assert ASKED in shell.type("declare", "Checkout fails", "--severity", "P1", stdin="y\n").stderr
    assert escalation(shell) == "not applicable"
    assert ASKED not in shell.type("clocks").stderr


@pytest.mark.usefixtures("terminal")
def test_who_is_not_on_call_has_somebody_to_call_and_is_asked_once(shell: Shell) -> None:
    shell.type("declare", "Checkout fails", "--severity", "P1", stdin="n\n")
    assert escalation(shell) == "overdue"
    assert ASKED not in shell.type("clocks").stderr


@pytest.mark.usefixtures("terminal")
def test_who_leaves_the_question_has_declared_all_the_same_and_is_asked_with_the_clocks(shell: Shell) -> None:
    declared = shell.type("declare", "Checkout fails", "--severity", "P1", stdin="")
    assert declared.exit_code == 0
    assert len(shell.ask("incidents", "--open")) == 1
    assert ASKED in shell.type("clocks", stdin="y\n").stderr
    assert escalation(shell) == "not applicable"


def test_a_pipe_is_asked_nothing(shell: Shell) -> None:
    for words in (("declare", "Checkout fails", "--severity", "P1"), ("clocks",)):
        assert ASKED not in shell.type(*words, stdin="y\n").output
    assert escalation(shell) == "overdue"


def test_who_may_still_be_called_in_time_is_called_late_nowhere(shell: Shell) -> None:
    shell.type("declare", "Checkout fails", "--severity", "P1")
    (line,) = [line for line in shell.type("clocks").stdout.splitlines() if "escalation:1" in line]
    (clock,) = [clock for clock in shell.ask("clocks") if clock["id"] == "escalation:1"]
    assert line.startswith("open until ")
    assert str(clock["until"])[11:16] in line
    assert clock["window_open"] is True


@pytest.mark.usefixtures("terminal")
def test_a_document_for_programs_is_asked_nothing(shell: Shell) -> None:
    asked = shell.type("declare", "Checkout fails", "--severity", "P1", "--json", stdin="y\n")
    assert ASKED not in asked.stderr


@pytest.mark.parametrize("typed", ["", "cockpit sta", "y\n"])
def test_what_was_typed_ahead_is_no_answer_and_stays_for_the_shell(typed: str) -> None:
    keyboard, screen = os.openpty()
    try:
        os.write(keyboard, typed.encode())
        with os.fdopen(screen, closefd=False) as stream:
            assert has_typed_ahead(stream, 0.05) is bool(typed)
        os.write(keyboard, b"" if typed.endswith("\n") else b"\n")
        assert os.read(screen, 100).decode().strip() == typed.strip()
    finally:
        os.close(keyboard)
        os.close(screen)


@pytest.mark.usefixtures("terminal")
def test_after_something_typed_ahead_the_answer_is_asked_for_with_the_clocks(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cockpit.cli.incident.clocks.has_typed_ahead", lambda stream: True)
    assert "cockpit clocks" in shell.type("declare", "Checkout fails", "--severity", "P1", stdin="y\n").stderr
    assert escalation(shell) == "overdue"

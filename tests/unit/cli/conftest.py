"""Whoever runs the tests, the commands are typed by `ana`."""

import pytest


@pytest.fixture(autouse=True)
def _signed_in_as_ana(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cockpit.cli.login.login_name", lambda: "ana")

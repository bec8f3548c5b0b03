"""What every test stands on: a clean environment, and no state of the person who runs it."""

import os
from pathlib import Path

import pytest

SNAPSHOTS = "TEXTUAL_SNAPSHOT_TEMPDIR"  # how the snapshot plugin tells its folder to the workers of one run
for name in [each for each in os.environ if each == "NO_COLOR" or each.startswith(("TEXTUAL_", "COCKPIT_CONFIG"))]:
    if name != SNAPSHOTS:
        del os.environ[name]  # read by Textual when it is imported, so before any fixture


@pytest.fixture(autouse=True)
def _home_of_its_own(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the configuration, data or log of the person who runs it."""
    home: Path = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    for variable in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(variable, str(home / variable.lower()))

"""What every test stands on: a clean environment, and no state of the person who runs it."""

import gc
import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from cockpit.garbage import freeze_once
from cockpit.model.runbook import learn_team_commands
from cockpit.model.secret import KNOWN_SECRETS

SNAPSHOTS = "TEXTUAL_SNAPSHOT_TEMPDIR"  # how the snapshot plugin tells its folder to the workers of one run
for name in [each for each in os.environ if each == "NO_COLOR" or each.startswith(("TEXTUAL_", "COCKPIT_CONFIG"))]:
    if name != SNAPSHOTS:
        del os.environ[name]  # read by Textual when it is imported, so before any fixture

# The same examples in every run, and no clock: a slow machine proves nothing. `make torture` looks for new ones.
quick = settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("quick", quick)
settings.register_profile("thorough", quick, max_examples=1_000, derandomize=False)
settings.load_profile("quick")

HERE = Path(__file__).parent
gc.disable()  # until all is collected: none of it is garbage, and to look for some was a third of the time
WAIT_LONGEST = (
    "integration/feeds/test_alertmanager_real.py",
    "integration/stories/",
    "integration/terminal/",
    "tui/test_hostile_text.py",
    "faults/test_terminal_ends.py",
    "faults/test_runner_killed.py",
    "faults/test_probes_false_accusations.py",
    "integration/simulator/test_simulator_command.py",
    "integration/cli/test_cli_run.py",
    "tui/runbooks/test_with_the_real_runner.py",
)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Two for each core: half of the run waits for processes, servers and terminals."""
    return 2 * (os.cpu_count() or 1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What waits longest begins first, so that nothing else waits for it at the end."""

    def place(item: pytest.Item) -> int:
        path = item.path.relative_to(HERE).as_posix()
        return next((at for at, each in enumerate(WAIT_LONGEST) if path.startswith(each)), len(WAIT_LONGEST))

    items.sort(key=place)


def pytest_collection_finish() -> None:
    """What was imported and collected stays: looking through it for garbage was an eighth of the run."""
    gc.enable()
    gc.collect()
    freeze_once()
    gc.set_threshold(100_000, 20, 50)


@pytest.fixture(scope="session")
def _homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A new folder at each `next`; `mktemp` would look through all the others each time."""
    base = tmp_path_factory.mktemp("homes")
    return (base / str(number) for number in itertools.count())


@pytest.fixture(autouse=True)
def _home_of_its_own(_homes: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the configuration, data or log of the person who runs it."""
    home = next(_homes)
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    for variable in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(variable, str(home / variable.lower()))


@pytest.fixture(autouse=True)
def _nothing_known_from_another_test() -> None:
    """What one test made known to the process, its secrets and its team's commands, the next one does not know."""
    KNOWN_SECRETS.forget()
    learn_team_commands({})

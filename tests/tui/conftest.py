"""The screens look the same on every machine, and can be read as a terminal reads them."""

import os

# Pictures must not depend on who runs the tests; tests/conftest.py has cleared what Textual itself reads.
for name in ("NO_COLOR", "COCKPIT_ASCII", "LC_ALL"):
    os.environ.pop(name, None)
os.environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}

import asyncio  # noqa: E402
from collections.abc import Callable, Mapping  # noqa: E402
from weakref import WeakKeyDictionary  # noqa: E402

import pytest  # noqa: E402
from textual.drivers.headless_driver import HeadlessDriver  # noqa: E402

from cockpit.app import release_closed_widgets  # noqa: E402
from screens.shared.device_status import DeviceStatusReports  # noqa: E402
from tests.tui.leaping import REPLACED, LeapingLoop  # noqa: E402
from tests.tui.stage import Stage  # noqa: E402
from tests.tui.terminal import Terminal  # noqa: E402

REAL_TIME = "real_time"

release_closed_widgets()  # also of the small apps that are not ours: else each worker keeps the lines of 1,024 widgets


def pytest_asyncio_loop_factories(item: pytest.Item) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"loop": asyncio.SelectorEventLoop if item.get_closest_marker(REAL_TIME) else LeapingLoop}


@pytest.fixture(autouse=True)
def _leaping(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Textual, and the apps that a picture runs, go by the clock of the leaping loop."""
    if request.node.get_closest_marker(REAL_TIME):
        return
    for name, ours in REPLACED.items():
        monkeypatch.setattr(name, ours)


@pytest.fixture(autouse=True)
def _answering(monkeypatch: pytest.MonkeyPatch) -> None:
    """The terminal of every app answers at once what it has got, as nearly all do, and so long ago that it was seen."""
    reports: WeakKeyDictionary[HeadlessDriver, DeviceStatusReports] = WeakKeyDictionary()

    def find_reports(driver: HeadlessDriver) -> DeviceStatusReports:
        if driver not in reports:
            reports[driver] = DeviceStatusReports(lambda _: find_reports(driver).note_answer(), lambda: 0.0)
            reports[driver].ask()
        return reports[driver]

    monkeypatch.setattr(HeadlessDriver, "status_reports", property(find_reports), raising=False)


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, int], Terminal]:
    """Apps run by `run_test` draw on the newest terminal made by this."""

    def make(width: int, height: int) -> Terminal:
        made = Terminal(width, height)
        monkeypatch.setattr(HeadlessDriver, "is_headless", property(lambda driver: False))
        monkeypatch.setattr(HeadlessDriver, "write", lambda driver, data: made.take(data))
        return made

    return make

"""The bell rings once for what is new."""

from datetime import UTC, datetime
from typing import Any

from cockpit.feeds.watch import Watch
from cockpit.model.own_line import they_or_we
from cockpit.model.reading import Reading
from screens.shared.bell import Bell
from tests.unit.feeds.fake_time import FakeTime

NOW = datetime(2026, 11, 29, 3, 0, tzinfo=UTC)


def probes(*, unreachable: bool, environment: str = "prod") -> Reading[Any]:
    return Reading("probes", environment, 15.0, 1.0, (), None, NOW, they_or_we(3) if unreachable else None)


def test_it_rings_once_when_everything_falls_silent_and_again_the_next_time() -> None:
    bell, watch = Bell(), Watch([], FakeTime())
    silent, answering = probes(unreachable=True), probes(unreachable=False)
    assert [bell.rings(watch, each) for each in (silent, silent, answering, silent)] == [True, False, False, True]


def test_each_environment_rings_for_itself_and_a_muted_bell_for_nobody() -> None:
    bell, watch = Bell(), Watch([], FakeTime())
    assert bell.rings(watch, probes(unreachable=True))
    assert bell.rings(watch, probes(unreachable=True, environment="staging"))
    muted = Bell()
    muted.muted = True
    assert not muted.rings(watch, probes(unreachable=True))

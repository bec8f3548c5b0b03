"""The bell rings once for what is new."""

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.feeds.watch import Watch
from cockpit.model.alert import Alert, AlertState, Severity
from cockpit.model.own_line import they_or_we
from cockpit.model.reading import Reading
from screens.main import status_lines
from screens.main.status_lines import Nudges
from screens.shared.bell import FLAPPING, Bell
from tests.unit.feeds.fake_time import FakeTime

NOW = datetime(2026, 11, 29, 3, 0, tzinfo=UTC)
ALERT = Alert("prom", "1", "5xx errors", Severity.CRITICAL, AlertState.FIRING, NOW, "prod")


def probes(*, unreachable: bool, environment: str = "prod", seconds: float = 1.0) -> Reading[Any]:
    return Reading("probes", environment, 15.0, seconds, (), None, NOW, they_or_we(3) if unreachable else None)


def test_it_rings_once_when_everything_falls_silent_and_again_only_a_quarter_of_an_hour_after_it_was_over() -> None:
    bell, watch = Bell(), Watch([], FakeTime())
    silent, answering = probes(unreachable=True), probes(unreachable=False, seconds=30)
    again, later = probes(unreachable=True, seconds=60), probes(unreachable=True, seconds=60 + FLAPPING + 1)
    severity_level = [bell.rings(watch, reading) for reading in (silent, silent, answering, again, later)]

    assert severity_level == [True, False, False, False, True]


@given(st.lists(st.booleans(), max_size=int(FLAPPING / 30)))
def test_an_alert_that_comes_and_goes_rings_once(fires: list[bool]) -> None:
    bell, watch = Bell(), Watch([], FakeTime())
    severity_level = 0
    for poll, firing in enumerate(fires):
        alerts = (replace(ALERT, state=AlertState.FIRING if firing else AlertState.RESOLVED),)
        reading: Reading[Any] = Reading("alerts:prom", "prod", 30.0, poll * 30.0, alerts, poll * 30.0, NOW)
        watch.publish(reading)
        severity_level += bell.rings(watch, reading)

    assert severity_level == any(fires)


def test_of_two_alerts_the_second_rings_though_the_first_flaps() -> None:
    bell, watch = Bell(), Watch([], FakeTime())
    severity_level = []
    for poll, alerts in enumerate(((ALERT,), (), (ALERT,), (ALERT, replace(ALERT, fingerprint="2")))):
        reading: Reading[Any] = Reading("alerts:prom", "prod", 30.0, poll * 30.0, alerts, poll * 30.0, NOW)
        watch.publish(reading)
        severity_level.append(bell.rings(watch, reading))

    assert severity_level == [True, False, False, True]


def test_each_environment_rings_for_itself_and_a_muted_bell_for_nobody() -> None:
    bell, watch = Bell(), Watch([], FakeTime())
    assert bell.rings(watch, probes(unreachable=True))
    assert bell.rings(watch, probes(unreachable=True, environment="staging"))
    muted = Bell()
    muted.muted = True
    assert not muted.rings(watch, probes(unreachable=True))


@given(st.lists(st.sampled_from([None, 0, 1, 2, 3]), max_size=20))
def test_a_reminder_of_one_clock_is_given_once_however_often_the_clock_comes_back(ordinals: list[int | None]) -> None:
    due, nudges, told = SimpleNamespace(incident=SimpleNamespace(id="i"), clock=SimpleNamespace(id="c")), Nudges(), 0
    nudges.fresh([], NOW)
    for ordinal in ordinals:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(status_lines, "find_due_reminder", lambda *_, ordinal=ordinal: ordinal)
            told += len(nudges.fresh([] if ordinal is None else [due], NOW))  # type: ignore[list-item]

    highest = [max((ordinal or 0 for ordinal in ordinals[: index + 1]), default=0) for index in range(len(ordinals))]
    assert told == len({ordinal for ordinal in highest if ordinal})

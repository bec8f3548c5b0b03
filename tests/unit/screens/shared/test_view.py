"""What the panes show, of what the feeds answered and what the record knows."""

from datetime import timedelta

import pytest

from cockpit.model.event import Kind
from cockpit.model.probe import ProbeResult, ProbeState, SignalResult
from screens.shared.view import View, date_from_record
from tests.unit.incident.story import Story, at


def view_of(state: ProbeState, minutes: float) -> View:
    probe = ProbeResult("ready", "prod", "https://shop.example.com/ready", state, at(minutes))
    return View(probes=(probe,), signals=(SignalResult("5xx share", "prod", state, at(minutes)),))


def since_of(view: View) -> tuple[object, object]:
    return view.probes[0].since, view.signals[0].since


def record_of(*turns: tuple[float, str]) -> Story:
    story = Story()
    for minutes, state in turns:
        story.probe(minutes, "ready", state)
        story.tell(Kind.SIGNAL, minutes, subject="5xx share", detail={"state": state})
    return story


def test_who_opens_the_cockpit_late_sees_since_when_it_is_bad_by_the_record() -> None:
    dated = date_from_record(view_of(ProbeState.DOWN, 5), record_of((-9, "up"), (1, "down")).events)
    assert since_of(dated) == (at(1), at(1))


@pytest.mark.parametrize(
    ("turns", "why"),
    [
        ((), "nothing is on record"),
        (((1, "down"), (3, "up")), "it was up again in between"),
        (((1, "degraded"),), "another state is on record"),
        (((5.1, "down"),), "the record knew it later"),
    ],
)
def test_what_the_record_does_not_know_so_keeps_the_time_of_the_look(
    turns: tuple[tuple[float, str], ...], why: str
) -> None:
    dated = date_from_record(view_of(ProbeState.DOWN, 5), record_of(*turns).events)
    assert since_of(dated) == (at(5), at(5)), why


def test_what_is_well_keeps_its_time() -> None:
    view = view_of(ProbeState.UP, 5)
    assert date_from_record(view, record_of((1, "up")).events) is view
    assert view.probes[0].since - at(1) == timedelta(minutes=4)

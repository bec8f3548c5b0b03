"""The recovery target: its clock and its figure in the draft reckon alike."""

from datetime import timedelta

import pytest

from cockpit.incident.clocks.clocks import compute_clocks
from cockpit.incident.metrics.metrics import recovery_metrics
from cockpit.model.clock import ClockKind, ClockState
from cockpit.model.event import Kind
from cockpit.model.plan import Plan
from tests.unit.incident.folding import only
from tests.unit.incident.story import Story, at


@pytest.mark.parametrize(
    ("well", "ended", "verdict"),
    [
        ([(9, None)], 30, ClockState.MET),
        ([(9, 15), (19, None)], 30, ClockState.MISSED),
        ([(5, 8), (11, None)], 30, ClockState.MET),
        ([(5, 6), (13, None)], 30, ClockState.MISSED),
        ([(5, 25), (29, None)], 40, ClockState.MET),
        ([(5, 25), (33, None)], 40, ClockState.MISSED),
        ([(13, None)], 30, ClockState.MISSED),
    ],
    ids=["well", "relapse over", "relapse in time", "pause too short", "late relapse", "late relapse over", "late"],
)
@pytest.mark.parametrize("reopened", [False, True])
def test_the_clock_of_the_recovery_and_the_metric_say_the_same(
    well: list[tuple[float, float | None]], ended: float, verdict: ClockState, reopened: bool
) -> None:
    """Ten minutes from the declaration at two; users feel it from then on."""
    story = Story()
    story.probe(1, "readyz", "down")
    story.declare(2, reach=0)
    story.act(Kind.RECOVERY, 3, what="chosen", scenario="Bad deployment", rto=600)
    for up, down in well:
        story.probe(up, "readyz", "up")
        if down is not None:
            if reopened and down - up > 5:
                story.act(Kind.RESOLVE, down - 1, reason="stable")
            story.probe(down, "readyz", "down")
            if reopened and down - up > 5:
                story.act(Kind.STATUS, down + 0.5, status="investigating", reason="again")
    story.act(Kind.RESOLVE, ended, reason="stable")
    incident = only(story)
    time, _ = recovery_metrics(incident)
    assert time.value is not None
    clocks = [clock for clock in compute_clocks(incident, Plan(), at(99)) if clock.kind is ClockKind.RECOVERY]
    states = {clock.state(at(99)) for clock in clocks}
    assert (ClockState.MISSED if ClockState.MISSED in states else ClockState.MET) is verdict
    assert (time.value > timedelta(minutes=10)) is (verdict is ClockState.MISSED)

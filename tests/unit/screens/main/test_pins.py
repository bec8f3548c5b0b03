"""What was pinned stays pinned in the timeline pane, whatever became of its incident."""

import pytest

from cockpit.model.event import Kind
from screens.main.content import list_pins
from tests.unit.incident.folding import fold
from tests.unit.incident.story import Story


@pytest.mark.parametrize("is_over", [False, True])
def test_a_pin_outlives_its_incident(*, is_over: bool) -> None:
    story = Story()
    story.declare(0, reach=-10)
    note = story.act(Kind.NOTE, 1, text="the pool is full")
    story.act(Kind.PIN, 2, subject=str(note.id), on=True)
    if is_over:
        story.act(Kind.RESOLVE, 9)
    incidents = fold(story.events).incidents.values()
    pins = [list_pins(incidents, environment) for environment in ("prod", "staging")]
    assert pins == [frozenset({note.id}), frozenset()]

"""Whole nights by their seeds: the simulated world breaks and is mended, the real recorder writes, people act, and then
no clock time and no length of the draft is false, nor of what the commands say meanwhile.

What is true is asked of the world; a time may be late by a look, or say that it may have been before. `make torture`
plays hundreds.
"""

from pathlib import Path
from unittest.mock import patch

import pytest

from cockpit.incident.load import list_alert_afterlife, read_ledger, with_events
from cockpit.incident.postmortem.draft import render_draft
from cockpit.model.severity_scale import DEFAULT_SEVERITY_SCALE
from cockpit.model.system import System
from cockpit.timeline.timeline import Timeline
from tests.integration.nights.night_judge import DraftJudge, judge_draft
from tests.integration.nights.night_script import PlayedNight, make_plan, play_night
from tests.integration.nights.night_surface_judge import judge_looks
from tests.integration.nights.night_truth import find_truth
from tests.integration.nights.night_world import play_on_leaping_clock, work_at_once

FEW = (39, 95, 133)  # a recovery that is too young, one right after a break, and a line that was dead behind a flap
MANY = 300
LEAST_TOLD = 60  # statements of one night; with fewer of them nothing was read


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    is_torture = metafunc.config.option.markexpr == "torture"
    metafunc.parametrize("seed", range(MANY) if is_torture else FEW)


def judge_night(seed: int, folder: Path) -> DraftJudge:
    with patch("asyncio.to_thread", work_at_once):
        night: PlayedNight = play_on_leaping_clock(play_night(seed, folder))
    draft = write_draft(night)
    judge = judge_draft(draft, find_truth(night))
    judge_looks(judge, night.looks, draft)
    return judge


def write_draft(night: PlayedNight) -> str:
    """The draft as an export writes it."""
    timeline = Timeline(night.world.file, time=night.world.time, read_only=True)
    try:
        ledger = read_ledger(timeline, DEFAULT_SEVERITY_SCALE)
        incident, events = with_events(timeline, DEFAULT_SEVERITY_SCALE, ledger.incidents[night.incident])
        return render_draft(
            incident,
            events,
            system=System("Shop", (night.world.environment,), "/data"),
            plan=make_plan(),
            time_zone="UTC",
            head=timeline.head(),
            now=night.world.time.now(),
            alert_afterlife=list_alert_afterlife(timeline, incident),
        )
    finally:
        timeline.close()


@pytest.mark.torture
def test_no_time_and_no_length_that_draft_and_commands_tell_of_a_night_is_false(seed: int, tmp_path: Path) -> None:
    judge = judge_night(seed, tmp_path)
    assert not judge.false, f"night {seed}"
    assert judge.told >= LEAST_TOLD

"""Whole nights by their seeds: the simulated world breaks and is mended, the real recorder writes, people act, and then
no clock time and no length of the draft is false, nor of what the commands say meanwhile.

What is true is asked of the world; a time may be late by a look, or say that it may have been before. `make torture`
plays hundreds.
"""

from pathlib import Path
from unittest.mock import patch

import pytest

from tests.integration.nights.night_draft import read_blocks
from tests.integration.nights.night_judge import DraftJudge, judge_draft
from tests.integration.nights.night_picture_judge import judge_picture
from tests.integration.nights.night_script import PlayedNight, play_night
from tests.integration.nights.night_surface_judge import judge_looks
from tests.integration.nights.night_truth import find_truth
from tests.integration.nights.night_world import play_on_leaping_clock, work_at_once

FEW = (4, 8, 17)  # a clock that was wrong beside another incident, corrected times, one that was opened again
MANY = 300
LEAST_TOLD = 60  # statements of one night; with fewer of them nothing was read


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    is_torture = metafunc.config.option.markexpr == "torture"
    metafunc.parametrize("seed", range(MANY) if is_torture else FEW)


def judge_night(seed: int, folder: Path) -> DraftJudge:
    with patch("asyncio.to_thread", work_at_once):
        night: PlayedNight = play_on_leaping_clock(play_night(seed, folder))
    judge = judge_draft(night.draft.text, find_truth(night))
    judge_picture(judge, read_blocks(night.draft.text), night.draft.picture)
    judge_looks(judge, night.looks, night.draft.text)
    return judge


@pytest.mark.torture
def test_no_time_and_no_length_that_draft_and_commands_tell_of_a_night_is_false(seed: int, tmp_path: Path) -> None:
    judge = judge_night(seed, tmp_path)
    assert not judge.false, f"night {seed}"
    assert judge.told >= LEAST_TOLD

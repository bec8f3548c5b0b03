"""Two people who do the same within half a second: it is done once, and the other is told.

A handful of rounds, each by its own seed; `pytest -m torture` (make torture) runs 200 of each race.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from random import Random

import pytest

from cockpit.runbooks.types import RunAlreadyOpen
from tests.integration.runbooks.stage import Stage, fence

ROOT = Path(__file__).resolve().parents[2]
LONGEST = 0.5  # seconds between the two
UNTIL_ANSWERED = "for i in $(seq 100); do [ -e answered ] && break; sleep 0.02; done"
RACES = {
    "two screens": (["screen", "screen"], []),
    "two shells": (["shell", "shell"], ["mend.md", "--yes"]),
    "two shells, one step": (["shell", "shell"], ["mend.md", "--yes", "--step", "1"]),
    "a screen and a shell": (["screen", "shell"], ["mend.md", "--yes", "--step", "1"]),
    "a shell and a screen": (["shell", "screen"], ["mend.md", "--yes"]),
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    metafunc.parametrize("seed", range(200 if metafunc.config.option.markexpr == "torture" else 1))


@pytest.fixture(scope="module")
def racers() -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-m", "tests.faults.racer"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as started:
        yield started
        assert started.stdin is not None
        started.stdin.close()


@pytest.mark.torture
@pytest.mark.parametrize("race", RACES)
def test_of_two_who_start_the_same_step_one_does_it(
    race: str, seed: int, racers: "subprocess.Popen[str]", tmp_path: Path
) -> None:
    ways, typed = RACES[race]
    random = Random(seed)
    takes, apart = random.choice([0.0, 0.05, 0.2]), random.choice([0.0, random.random() * LONGEST])
    is_open = "screen" in ways or "--step" in typed  # the run, before either acts
    # A run is over with its last step, and whoever types at a shell after that begins another, rightly: so it waits.
    lasts = UNTIL_ANSWERED if "shell" in ways else f"sleep {takes}"
    text = fence(f"# Send it\necho sent >> sent; {lasts}", "bash change")
    stage = Stage(tmp_path)
    try:
        runbook = stage.document(text)
        if is_open:
            stage.start(text)
    finally:
        stage.close()
    (tmp_path / "cockpit.toml").write_text("[environments.prod]\n")
    line = {"folder": str(tmp_path), "ways": ways, "apart": apart, "typed": [*typed, "--trust", runbook.sha256]}
    codes = outcome_of(racers, line)
    assert (tmp_path / "sent").read_text() == "sent\n", (race, seed, apart, takes, codes)
    assert sorted(codes) == [0, 3]


async def test_what_ended_while_the_other_was_still_starting_up_is_not_begun_anew(seed: int, tmp_path: Path) -> None:
    """On a busy machine a command needs seconds to start: what ran when it was typed may be over when it can look."""
    stage = Stage(tmp_path)
    try:
        text = fence("# Send it\necho sent >> sent; sleep 0.1", "bash change")
        runbook = stage.document(text)
        run = stage.start(text)
        attempt = await stage.perform(run)
        stage.runner.end(run)
        assert attempt.ended is not None
        begins = partial(stage.runner.start, runbook, runbook.procedures[0], trust=runbook.sha256, beside=False)
        with pytest.raises(RunAlreadyOpen):
            begins(decided=attempt.began + (attempt.ended - attempt.began) / 2)
        assert begins(decided=attempt.ended + timedelta(milliseconds=1)).id != run.id
    finally:
        stage.close()


def outcome_of(racers: "subprocess.Popen[str]", race: object) -> list[int]:
    to, back = racers.stdin, racers.stdout
    assert back is not None
    assert to is not None
    to.write(f"{json.dumps(race)}\n")
    to.flush()
    codes: list[int] = json.loads(back.readline())
    return codes

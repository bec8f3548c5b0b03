"""`kill -9` while somebody declares, notes, runs a step or exports: the next cockpit can go on from what is there.

20 points, each by its own seed; `pytest -m torture` (make torture) tries 200.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from cockpit.incident.postmortem.export import OUR_DRAFT
from cockpit.model.run import SETTLED, StepState
from cockpit.runbooks.run.process.files import AttemptFiles
from cockpit.runbooks.run.process.identity import is_alive
from cockpit.runbooks.run.process.shell import owner_in
from tests.faults.responder import ACTS, DRAFT, WORDS, exporter_of, make_actions_of
from tests.integration.runbooks.stage import Stage

ROOT = Path(__file__).resolve().parents[2]
LONGEST_ACT = 0.2  # seconds, about, that a step takes


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    metafunc.parametrize("seed", range(200 if metafunc.config.option.markexpr == "torture" else 20))


@pytest.fixture(scope="module")
def nursery() -> Iterator["subprocess.Popen[str]"]:
    """Forks responders whose imports are done, so that twenty of them cost little."""
    command = [sys.executable, "-m", "tests.faults.responder"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as started:
        yield started
        assert started.stdin is not None
        started.stdin.close()


@pytest.mark.torture
async def test_the_next_cockpit_goes_on_from_wherever_the_last_one_was_killed(
    seed: int, nursery: "subprocess.Popen[str]", tmp_path: Path
) -> None:
    confirmed = killed_at_work(nursery, tmp_path, seed)
    stage = Stage(tmp_path)
    try:
        verdict = stage.timeline.verify()
        assert verdict.ok, verdict.reason
        there = {each.id for each in stage.timeline.events()}
        assert {int(line.split()[-1]) for line in confirmed} <= there | {0}, "what was confirmed is there"
        await settle_what_nobody_saw(stage)
        go_on_with_the_incident(stage)
        export_again(stage, edited=any(line.startswith("wrote") for line in confirmed))
        assert stage.timeline.verify().ok
    finally:
        end_commands(tmp_path)
        stage.close()


def killed_at_work(nursery: "subprocess.Popen[str]", folder: Path, seed: int) -> list[str]:
    """What was confirmed by somebody who was killed after some acts, in the middle of the next."""
    assert nursery.stdin is not None
    assert nursery.stdout is not None
    random = Random(seed)
    nursery.stdin.write(f"{folder} {seed}\n")
    nursery.stdin.flush()
    lines: list[str] = []
    child = 0
    while len(lines) < seed % ACTS or not child:
        line = nursery.stdout.readline().strip()
        if line.isdecimal():
            child = int(line)
        else:
            lines.append(line)
    time.sleep(LONGEST_ACT * random.random() ** 3)  # into the middle of whatever comes next; most acts are short
    os.kill(child, signal.SIGKILL)
    while (line := nursery.stdout.readline().strip()) != "gone":
        lines.append(line)
    return lines


async def settle_what_nobody_saw(stage: Stage) -> None:
    await stage.runner.leadership.recover()
    for run in list(stage.runner.runs.runs.values()):
        if stage.runner.run(run.id).state(1) is StepState.RUNNING:  # its command outlived the cockpit
            await stage.runner.leadership.attach(run, 1, stage.seen.append)
        if stage.runner.run(run.id).state(1) is StepState.UNKNOWN:
            stage.runner.settle(run, 1, StepState.SKIPPED, "looked: nothing had happened")
        state = stage.runner.run(run.id).state(1)
        assert state in SETTLED or state is StepState.TODO
        assert stage.runner.prepare(run, 1).reason_not_runnable == "", "it can be done again"


def go_on_with_the_incident(stage: Stage) -> None:
    """It is whole, or it was never declared; no half of one keeps anybody from working."""
    incident_actions = make_actions_of(stage)
    if not incident_actions.incidents():
        incident_actions.declare("Readiness failing", "P1")
    (incident,) = incident_actions.open()
    assert (incident.title, incident.severity, incident.declared_by) == ("Readiness failing", "P1", "ana")
    assert incident_actions.note("life goes on").incident == incident.id
    incident_actions.resolve("fixed")


def export_again(stage: Stage, *, edited: bool) -> None:
    """The draft that was there is one of ours, whole, with what a person wrote in it."""
    path = stage.folder / DRAFT
    was_there = path.exists()
    done = exporter_of(stage).write(path).done
    assert (done == OUR_DRAFT) == was_there
    assert not edited or WORDS in path.read_text()
    assert "life goes on" in path.read_text()


def end_commands(folder: Path) -> None:
    for pid_file in (folder / "runs").rglob("*.pid"):
        owner = owner_in(AttemptFiles(pid_file.with_suffix(".log")))
        if is_alive(owner):
            os.kill(owner.pid, signal.SIGTERM)

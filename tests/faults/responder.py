"""Somebody who works on incidents until the process is killed; each printed line is an act that was confirmed to them.

Run as a program it is a nursery: for each `folder seed` on its standard input it forks a responder, whose imports it
has done already. It prints the child's pid, lets the child speak, and says `gone` when it is dead.
"""

import asyncio
import os
import sys
from pathlib import Path
from random import Random

from cockpit.incident.actions.incident_actions import IncidentActions
from cockpit.incident.postmortem.export import Exporter
from cockpit.model.severity_scale import DEFAULT_SEVERITY_SCALE
from cockpit.model.system import System
from cockpit.model.time import RealTime
from tests.integration.runbooks.stage import PROD, Stage, fence

DRAFT = "draft.md"
WORDS = "Why were we surprised? Nobody had looked at the pool."
DOCUMENT = fence("# Look\necho looked", "bash change")
ACTS = 7  # lines after which everything was done once


def make_actions_of(stage: Stage) -> IncidentActions:
    return IncidentActions(
        stage.timeline,
        operator="ana",
        environment=PROD.name,
        severity_scale=DEFAULT_SEVERITY_SCALE,
        time=RealTime(),
        source="cli",
    )


def exporter_of(stage: Stage) -> Exporter:
    incident_actions = make_actions_of(stage)
    return Exporter(
        incident_actions.incidents()[0],
        stage.timeline,
        incident_actions,
        System("test", (PROD,), str(stage.folder)),
        RealTime(),
    )


def work(folder: Path, random: Random) -> None:
    """Declare, then note, step and export in any order, for ever."""
    stage = Stage(folder)
    incident_actions = make_actions_of(stage)
    say("declared", incident_actions.declare("Readiness failing", "P1").last_event)
    run = stage.start(DOCUMENT)
    say("started", stage.timeline.events(kinds=["run"])[-1].id)
    acts = ["note", "step", "export"]
    while True:
        for act in random.sample(acts, len(acts)):
            if act == "note":
                say("noted", incident_actions.note("x" * random.choice((1, 100, 20_000))).id)
            elif act == "step":
                number = asyncio.run(stage.perform(run)).number
                say(f"attempt {number}", stage.timeline.events(kinds=["step"])[-1].id)
            else:
                exporter_of(stage).write(folder / DRAFT)
                say("exported", stage.timeline.events(kinds=["export"])[-1].id)
                with (folder / DRAFT).open("a") as file:
                    file.write(f"\n{WORDS}\n")
                say("wrote", 0)


def say(what: str, id: int) -> None:
    """In one piece: who is killed in the middle of a line leaves half of it, and `gone` stands behind that."""
    os.write(sys.stdout.fileno(), f"{what} {id}\n".encode())


def nursery() -> None:
    for line in sys.stdin:
        folder, seed = line.split()
        child = os.fork()
        if child == 0:
            work(Path(folder), Random(seed))
        print(child, flush=True)
        os.waitpid(child, 0)
        print("gone", flush=True)


if __name__ == "__main__":
    nursery()

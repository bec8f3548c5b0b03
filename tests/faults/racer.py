"""Forks two people who do the same within half a second; imports are done before, so that a round costs little.

Reads a line of JSON for each round: the folder, how each acts (`screen` or `shell`), and the seconds between them.
Answers with what each got: an exit code of `cockpit run` (0 done, 3 refused).
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import cockpit.runbooks.az  # noqa: F401  imported before the fork, not behind it
from cockpit.cli import login
from cockpit.cli import main as cockpit_command
from cockpit.model.run import Run, StepState
from cockpit.runbooks.types import RunRefused
from tests.integration.runbooks.stage import Stage

READY = 0.3  # seconds until both have opened everything
DONE, REFUSED = 0, 3


def on_a_screen(folder: Path, start: float) -> int:
    """The run is open here, the step was shown; at `start` it is confirmed."""
    stage = Stage(folder)
    stage.timeline.follow(stage.runner.apply_all)
    run: Run = next(iter(stage.runner.runs.runs.values()))
    prepared = stage.runner.prepare(run, 1)
    consent = stage.consent(prepared)
    time.sleep(max(0.0, start - time.monotonic()))
    try:
        attempt = asyncio.run(stage.runner.perform(run, prepared, consent, lambda text: None))
    except RunRefused:
        return REFUSED
    return DONE if attempt.state is StepState.OK else 1


def from_a_shell(folder: Path, typed: list[str]) -> int:
    """`cockpit run`, typed now."""
    os.chdir(folder)
    silent = os.open(folder / f"said-{os.getpid()}", os.O_WRONLY | os.O_CREAT)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    try:
        cockpit_command(["run", "--db", str(folder / "timeline.db"), *typed])
    except SystemExit as ended:
        return int(ended.code or 0)
    return DONE


def main() -> None:
    login.login_name = lambda: "ana"  # the login of a build machine may stand for nobody
    for line in sys.stdin:
        race = json.loads(line)
        folder = Path(race["folder"])
        begin = time.monotonic() + (READY if "screen" in race["ways"] else 0.0)
        starts = list(zip(race["ways"], (begin, begin + race["apart"]), strict=True))
        racers = [forked(partial(on_a_screen, folder, start)) for way, start in starts if way == "screen"]
        for way, start in starts:
            if way == "shell":  # a command is typed when its process begins
                time.sleep(max(0.0, start - time.monotonic()))
                racers.append(forked(partial(from_a_shell, folder, race["typed"])))
        print(json.dumps(codes_of(racers, folder)), flush=True)


def codes_of(racers: list[int], folder: Path) -> list[int]:
    """Their exit codes, by pid as given; the file `answered` tells a step that waits for it that one of them ended."""
    codes: dict[int, int] = {}
    while len(codes) < len(racers):
        pid, status = os.wait()
        codes[pid] = os.waitstatus_to_exitcode(status)
        (folder / "answered").touch()
    return [codes[pid] for pid in racers]


def forked(act: Callable[[], int]) -> int:
    """The pid of a process that does it and ends with its code."""
    pid = os.fork()
    if pid == 0:
        code = 99
        try:
            code = act()
        finally:
            os._exit(code)
    return pid


if __name__ == "__main__":
    main()

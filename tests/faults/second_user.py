"""Another Unix user of the same group opens the directory, as a second cockpit does, and says what it makes of it.

`python -m tests.faults.second_user FOLDER UID GID`, by root: everything is imported first, for the other user may not
be able to read where Python lies.
"""

import asyncio
import json
import os
import sys
from pathlib import Path

import cockpit.runbooks.az  # noqa: F401
from cockpit.runbooks.types import RunRefused
from tests.integration.runbooks.stage import Stage


async def look(stage: Stage) -> dict[str, object]:
    run = next(iter(stage.runner.runs.runs.values()))
    changed = await stage.runner.leadership.recover()
    await stage.runner.leadership.take_up()
    try:
        cancelled = await stage.runner.cancel(run, 1)
    except RunRefused as refusal:
        cancelled = f"refused: {refusal}"
    return {"changed": len(changed), "state": stage.runner.run(run.id).state(1), "cancelled": cancelled}


def warm_up(folder: Path) -> None:
    """What is imported at first use, too."""
    stage = Stage(folder)
    stage.runner.prepare(next(iter(stage.runner.runs.runs.values())), 1)
    stage.close()


def main() -> None:
    folder, user, group = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    warm_up(folder)
    os.umask(0o077)
    os.setgroups([])
    os.setresgid(group, group, group)
    os.setresuid(user, user, user)
    stage = Stage(folder)
    found = asyncio.run(look(stage))
    found["events"] = stage.phases()
    print(json.dumps(found), flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()

"""A crash leaves no file with what was in memory."""

import os
import subprocess
from pathlib import Path

from tests.signed_in import COMMAND


def test_neither_the_cockpit_nor_what_it_runs_leaves_a_core_file(tmp_path: Path) -> None:
    look = tmp_path / "look"  # prints its own limit and that of the process that started it
    look.write_text('#!/bin/sh\nulimit -c\nawk "/core file/ {print \\$5}" "/proc/$PPID/limits"\n', encoding="utf-8")
    look.chmod(0o755)
    command = ["sh", "-c", 'ulimit -S -c "$(ulimit -H -c)"; exec "$@"', "sh", *COMMAND]
    done = subprocess.run(
        [*command, "exec", "--incident", "none", "--db", str(tmp_path / "timeline.db"), "--", str(look)],
        env={**os.environ, "XDG_STATE_HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["0", "0"]

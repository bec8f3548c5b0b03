"""What a step's shell left becomes part of its outcome, and what a run has kept is read again for its next step."""

import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from cockpit.model.run import Run, ShellState, ShellVariable
from cockpit.model.text import clean_line
from cockpit.runbooks.prepare.folders import moves_run
from cockpit.runbooks.run.process.files import AttemptFiles
from cockpit.runbooks.run.process.shell_state import read_kept_shell, write_kept_shell
from cockpit.runbooks.types import NOTHING_KEPT, KeptShell, KeptVariable

SHOWN = 60  # letters of a value that are shown


def describe_left_shell(run: Run, step: int, command: str, place: AttemptFiles) -> ShellState | None:
    """What the shell of a step left, for its outcome; None where nothing is known of it. Blocking.

    A visit to another folder (`cd x && ...`) comes back: only a `cd` that stands alone moves the run.
    """
    kept = read_kept_shell(place.state_file)
    if kept is None:
        return None
    folder = kept.folder
    if not moves_run(command):
        folder = run.shell.folder
        _forget_visit(run, kept, place)
    before = {variable.name: variable for variable in run.shell.variables}
    now = [_describe_variable(name, variable, step) for name, variable in kept.variables.items()]
    now += [ShellVariable(name, "", step, secret=True) for name in kept.hidden]
    # Of a secret nothing was handed on, so no later shell could tell of it.
    now += [old for old in before.values() if old.secret and old.name not in {new.name for new in now}]
    variables = tuple(
        old if (old := before.get(new.name)) and (old.shown, old.exported) == (new.shown, new.exported) else new
        for new in now
    )
    return ShellState(kept.host, folder, variables, str(place.state_file), kept.options)


def _forget_visit(run: Run, kept: KeptShell, place: AttemptFiles) -> None:
    """`cd -` and `popd` of the next step lead where they led before somebody only visited another folder."""
    before = (read_kept_shell(Path(run.shell.file)) if run.shell.file else None) or NOTHING_KEPT
    as_before = replace(kept, folder_before=before.folder_before, folder_stack=before.folder_stack)
    if as_before != kept:
        with suppress(OSError):  # a full disk: they then lead to where the visit was
            write_kept_shell(place.state_file, as_before)


def _describe_variable(name: str, variable: KeptVariable, step: int) -> ShellVariable:
    text = " ".join(value for _, value in variable.items) if variable.is_array else variable.value
    return ShellVariable(name, clean_line(text, SHOWN), step, variable.exported)


def read_shell(run: Run) -> KeptShell:
    """What the steps of a run have left so far. Blocking.

    Values lie on the host and in the folder that they were set in; where they cannot be read they are asked for.
    """
    if not run.shell.file:
        return NOTHING_KEPT
    kept = read_kept_shell(Path(run.shell.file)) or NOTHING_KEPT
    here = run.shell.host in ("", os.uname().nodename)
    return replace(kept, host=run.shell.host, folder=run.shell.folder if here else "")

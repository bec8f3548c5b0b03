"""Where the steps of a document start, and which of them move the run to another folder."""

from collections.abc import Iterable
from pathlib import Path

from cockpit.model.runbook import Runbook
from cockpit.runbooks.shell_syntax import ShellNesting, SimpleCommand, parse_shell

MOVES = frozenset({"cd", "pushd", "popd"})
STANDS_ALONE = frozenset({ShellNesting.GROUP})  # and nothing else around it: in a list it is a visit
MOST_COMMANDS = 200  # of a document that are looked at for paths


def find_start_folders(runbook: Runbook, otherwise: Path, workdir: str = "") -> tuple[str, ...]:
    """Where its commands may start: one folder, or two where a person has to say which.

    What the configuration names counts; else the checkout that the document lies in, and its own folder. A relative
    path that is there from only one of the two decides; one that is there from both decides nothing.
    """
    if workdir and Path(workdir).is_dir():
        return (workdir,)
    own = Path(runbook.path).expanduser().absolute().parent
    if not own.is_dir():
        return (str(otherwise if otherwise.is_dir() else Path("/")),)
    checkout = next((folder for folder in (own, *own.parents) if (folder / ".git").exists()), own)
    if checkout == own:
        return (str(own),)
    paths = list_relative_paths(runbook)
    from_checkout = {path for path in paths if (checkout / path).exists()}
    from_own = {path for path in paths if (own / path).exists()}
    if from_own - from_checkout and not from_checkout - from_own:
        return (str(own),)
    if from_own and not (from_checkout - from_own and not from_own - from_checkout):
        return (str(checkout), str(own))
    return (str(checkout),)


def list_relative_paths(runbook: Runbook) -> set[str]:
    """The relative paths in commands of a document, as far as they stand there before anything moves the shell."""
    paths: set[str] = set()
    for procedure in runbook.procedures:
        for step in procedure.commands[:MOST_COMMANDS]:
            if step.language != "bash":
                continue
            commands = list(parse_shell(step.command).commands)
            paths |= {path for command in commands for path in _list_paths(command)}
            if any(command.name and command.name.text in MOVES for command in commands):
                break  # what follows stands somewhere else
    return paths


def _list_paths(command: SimpleCommand) -> Iterable[str]:
    if command.name is not None and command.name.text in MOVES:
        words = command.arguments
    else:
        words = tuple(word for word in command.words if word.text and ("/" in word.text or Path(word.text).suffix))
    for word in words:
        text = word.text or ""
        if text and not text.startswith(("/", "~", "-")) and "://" not in text and ".." not in Path(text).parts:
            yield text


def moves_run(command: str) -> bool:
    """True for a `cd` that stands alone: the run is there from then on. `cd x && ...` is a visit, and comes back."""
    return any(
        simple.name is not None and simple.name.text in MOVES and STANDS_ALONE.issuperset(simple.nesting)
        for simple in parse_shell(command).commands
    )


def find_lost_folder(command: str, folder: str, start: str) -> str:
    """The folder that a command goes to and that is not there from here, but is from where the run began; "" if none.

    It is offered, and never guessed.
    """
    for simple in parse_shell(command).commands:
        if simple.name is None or simple.name.text not in MOVES or not simple.arguments:
            continue
        target = simple.arguments[0].text or ""
        if not target or target.startswith(("/", "~", "-")):
            return ""
        gone = not Path(folder, target).is_dir() and Path(start, target).is_dir()
        return target if gone and Path(folder) != Path(start) else ""  # the first one: the next depend on it
    return ""

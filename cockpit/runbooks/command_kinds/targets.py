"""Files that a command writes: the person's own scratch, or something that others rely on."""

import re

from cockpit.model.runbook import StepKind
from cockpit.runbooks.shell_syntax import MASK_LETTER

NOWHERE = frozenset(
    ("/dev/null", "/dev/stdout", "/dev/stderr", "/dev/tty", "/dev/fd/1", "/dev/fd/2", "$null", "nul", "NUL", "-")
)
DEVICES = re.compile(r"^/(dev|proc|sys)/")
TEMPORARY = re.compile(
    rf"^(/tmp|/var/tmp|/dev/shm|~/(Downloads|tmp))/(?!.*\.\.(/|$))[^{MASK_LETTER}]|^\$(TMPDIR|env:TEMP)[/\\]"
)


def is_scratch(path: str) -> bool:
    """True for a new file of the step's own: relative, without `..` and hidden parts, or in a directory for that."""
    if TEMPORARY.match(path):
        return True
    parts = path.removeprefix("./").split("/")
    return (
        path != ""
        and path[0] not in f"/~\\${MASK_LETTER}"
        and ":" not in path
        and not any(part.startswith(".") for part in parts)
    )


def judge_written_file(path: str, operator: str, *, from_tool: bool) -> StepKind:
    """The kind of writing to a path. `from_tool`: what is written is some tool's output, not other files or words."""
    if path in NOWHERE:
        return StepKind.READ
    if DEVICES.match(path) and not path.startswith("/dev/shm/"):
        return StepKind.DANGER
    if TEMPORARY.match(path):
        return StepKind.LOCAL
    # `>|` insists on writing over what is there; words and other files written to a name are an edit of that file.
    return StepKind.LOCAL if is_scratch(path) and from_tool and "|" not in operator else StepKind.CHANGE

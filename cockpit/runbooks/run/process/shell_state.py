"""What the shell of a step leaves to the next one: its folder and variables. Recorded here, and put back. Standard
library only: the supervisor uses it too.

The values lie in a file beside the transcript, which who may read that may read, too. The value of a secret is never
written: the variable is named, and asked for again when a step needs it.
"""

import json
import re
import shlex
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path

from cockpit.runbooks.run.process.files import read_json, write_whole
from cockpit.runbooks.types import KeptShell, KeptVariable

KEEP_STATE = Path(__file__).with_name("keep_state.bash")
OWN_NAMES = re.compile(
    r"BASH\w*|_?COCKPIT_\w+|P\d+|PWD|OLDPWD|SHLVL|SHELLOPTS|IFS|PS\d|PPID|E?UID|GROUPS|DIRSTACK|HISTCMD|HOSTNAME|HOSTTYPE"
    r"|MACHTYPE|OSTYPE|OPTARG|OPTIND|OPTERR|COLUMNS|LINES|TERM|SHELL|_"
    # what makes the next program into another one is not handed on
    r"|ENV|PROMPT_COMMAND|LD_PRELOAD|LD_AUDIT|DYLD_INSERT_LIBRARIES"
)  # of the shell itself or of us


SET_OPTIONS = frozenset(
    (
        *("allexport", "braceexpand", "errexit", "errtrace", "functrace", "ignoreeof", "interactive-comments"),
        *("keyword", "noclobber", "noglob", "nolog", "notify", "nounset", "physical", "pipefail", "posix"),
        *("verbose", "xtrace"),
    )
)  # those of `set -o`; every other name is one of `shopt`
# Without what would keep the next step from running at all, and what is not for a script to set. Bash takes `set +e` of
# what it reads at its start for that alone: `-e` holds in every step, and nothing shall say otherwise.
NOT_KEPT = frozenset(
    (
        "errexit",
        *("noexec", "onecmd", "monitor", "privileged", "history", "histexpand", "emacs", "vi", "hashall"),
        *("login_shell", "restricted_shell"),
    )
)
# An option as the command that sets it: whoever could write into the file where it is kept could set no more.
OPTION = re.compile(r"set [-+]o [a-z-]+|shopt -[su] [a-z0-9_]+")


def list_changed_options(before: str, after: str) -> tuple[str, ...]:
    """The commands that lead from one `$SHELLOPTS:$BASHOPTS` to the other."""
    names, names_before = set(after.split(":")), set(before.split(":"))
    commands = (write_option(name, on=name in names) for name in sorted(names ^ names_before) if name not in NOT_KEPT)
    return tuple(command for command in commands if OPTION.fullmatch(command))


def write_option(name: str, *, on: bool) -> str:
    """The command that sets an option of the shell, or takes it back."""
    return f"set {'-' if on else '+'}o {name}" if name in SET_OPTIONS else f"shopt -{'s' if on else 'u'} {name}"


def parse_reported_state(data: bytes) -> tuple[str, dict[str, KeptVariable], set[str]] | None:
    """(folder, variables, names of those that were too long) of what the script reported; None when it is not whole."""
    fields = data.decode("utf-8", "surrogateescape").split("\0")
    if fields[-2:] != ["end", ""]:
        return None
    rest = iter(fields[1:-2])
    variables, too_long = dict[str, KeptVariable](), set[str]()
    try:
        for count in rest:
            name, *parts = (next(rest) for _ in range(int(count)))
            if not parts:
                too_long.add(name)
                continue
            flags, *pairs = parts
            items = tuple(zip(pairs[::2], pairs[1::2], strict=True))
            single = not {"a", "A"} & set(flags) and [key for key, _ in items] in ([], ["0"])
            value = items[0][1] if items and single else ""
            variables[name] = KeptVariable(value, flags, () if single else items)
    except (ValueError, RuntimeError, StopIteration):
        return None
    return fields[0], variables, too_long


def build_kept_shell(
    data: bytes,
    *,
    started_with: Mapping[str, str],
    before: Collection[str],
    pinned: Mapping[str, str | None],
    is_secret: Callable[[str, str], bool],
    host: str,
) -> KeptShell | None:
    """What is to be kept of what the script reported. `started_with` is the environment of the step at its start,
    `before` names what earlier steps had left, `pinned` what held for this step alone, with what it said before;
    `is_secret` is asked of each name and value.
    """
    reported = parse_reported_state(data)
    if reported is None:
        return None
    folder, variables, too_long = reported
    kept, hidden = dict[str, KeptVariable](), list[str]()
    for name, value in pinned.items():
        if name in variables:
            variables[name] = _take_back(variables[name], started_with[name], value or "")
    started_with = {**started_with, **{name: value or "" for name, value in pinned.items()}}
    for name, variable in variables.items():
        is_unchanged = started_with.get(name) == variable.value and variable.exported and not variable.is_array
        if OWN_NAMES.fullmatch(name) or (is_unchanged and name not in before):
            continue
        values = [variable.value, *(value for pair in variable.items for value in pair)]
        if any(is_secret(name, value) for value in values) or any(map(has_surrogates, (name, *values))):
            hidden.append(name)
        else:
            kept[name] = variable
    unset = [
        name
        for name in started_with
        if name not in variables and name not in too_long and not OWN_NAMES.fullmatch(name)
    ]
    shell_options = dict(variables.get("SHELLOPTS", KeptVariable()).items)
    left = variables.get("OLDPWD", KeptVariable()).value
    stack = tuple(text for _, text in variables.get("DIRSTACK", KeptVariable()).items[1:])  # the first is where it is
    return KeptShell(
        host,
        folder,
        kept,
        tuple(unset),
        tuple(sorted({*hidden, *too_long})),
        folder_before="" if left == started_with.get("OLDPWD", "") or has_surrogates(left) else left,
        folder_stack=() if any(map(has_surrogates, stack)) else stack,
        options=list_changed_options(shell_options.get("before", ""), shell_options.get("after", "")),
    )


def _take_back(variable: KeptVariable, pinned: str, before: str) -> KeptVariable:
    """A variable without what held for one step alone; a path of ours goes also where the step has added to it."""
    if pinned.startswith("/"):
        return replace(variable, value=variable.value.replace(pinned, before))
    return replace(variable, value=before) if variable.value == pinned else variable


def has_surrogates(text: str) -> bool:
    """True for bytes that are no UTF-8: they cannot be written down."""
    return any("\ud800" <= letter <= "\udfff" for letter in text)


TELLING = frozenset({"BASH_ENV", "_COCKPIT_STATE", "_COCKPIT_RESTORE"})


def add_restoring_variables(env: Mapping[str, str], kept: KeptShell) -> dict[str, str]:
    """The environment of a step with what makes bash put back what was kept, and tell what it leaves."""
    own = env.get("BASH_ENV")  # the configuration's own; it is read first, as it would be
    script = "\n".join(filter(None, (f". {shlex.quote(own)}" if own else "", kept.restoring_script())))
    return {**env, "BASH_ENV": str(KEEP_STATE), "_COCKPIT_RESTORE": script}


def write_kept_shell(path: Path, kept: KeptShell) -> None:
    """With the mode of the folder: a team's is the team's to read. Raises OSError."""
    write_whole(path, json.dumps(asdict(kept)).encode())


def read_kept_shell(path: Path) -> KeptShell | None:
    """What lies there; None where nothing readable does."""
    fields = read_json(path)
    if fields is None:
        return None
    try:
        variables = dict(_read_variables(fields["variables"]))
        texts = {name: str(fields[name]) for name in ("host", "folder")}
        lists = {name: tuple(filter(is_free_name, fields[name])) for name in ("unset", "hidden")}
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    stack = tuple(map(str, fields.get("folder_stack", ())))  # older versions did not keep it
    before = str(fields.get("folder_before", ""))
    options = tuple(text for text in map(str, fields.get("options", ())) if OPTION.fullmatch(text))
    return KeptShell(
        texts["host"],
        texts["folder"],
        variables,
        lists["unset"],
        lists["hidden"],
        folder_before=before,
        folder_stack=stack,
        options=options,
    )


def is_free_name(name: object) -> bool:
    """True for the name of a variable that is not the shell's own or ours."""
    return isinstance(name, str) and bool(re.fullmatch(r"[A-Za-z_]\w*", name)) and not OWN_NAMES.fullmatch(name)


def _read_variables(table: Mapping[str, Mapping[str, object]]) -> Iterator[tuple[str, KeptVariable]]:
    for name, entry in table.items():
        if not is_free_name(name):
            continue  # what stands in a file is data, whoever wrote it: no name of it becomes a command
        items = tuple((str(key), str(value)) for key, value in entry["items"])  # type: ignore[attr-defined]
        yield name, KeptVariable(str(entry["value"]), str(entry["flags"]), items)

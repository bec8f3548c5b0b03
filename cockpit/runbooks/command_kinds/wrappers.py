"""Programs that run another: what is left when they are taken off, and where the rest then runs."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cockpit.model.runbook import StepKind
from cockpit.runbooks.command_kinds.hijacking import is_hijacking_name
from cockpit.runbooks.shell_syntax import MASK_LETTER

ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")


@dataclass(frozen=True, slots=True)
class Unwrapped:
    """What a wrapper runs: words, or a `script` that a shell reads again. `kind` is what the wrapper itself does.

    `elsewhere`: on another machine, in a container or as another user, where nothing is this person's scratch.
    """

    argv: tuple[str, ...] = ()
    script: str | None = None
    kind: StepKind = StepKind.READ
    elsewhere: bool = False
    keeps_stdin: bool = True
    feeds_shell: bool = False  # without a command it opens a shell, which runs what it is fed


Unwrap = Callable[[Sequence[str]], Unwrapped]


def skip_flags(parts: Sequence[str], values: str, long_values: Sequence[str] = ()) -> list[str]:
    """The words behind the wrapper's own flags. `values` are the letters whose flag takes the next word."""
    rest = list(parts)
    while rest and rest[0].startswith("-") and rest[0] != "-":
        flag = rest.pop(0)
        if flag == "--":
            break
        name, joined, _ = flag.partition("=")
        takes_next = name in long_values if flag.startswith("--") else _cluster_takes_next(flag, values)
        if takes_next and not joined and rest:
            rest.pop(0)
    return rest


def _cluster_takes_next(flag: str, values: str) -> bool:
    """True for `-u` and `-nu`; not for `-uroot`."""
    for place, letter in enumerate(flag[1:], start=1):
        if letter in values:
            return place == len(flag) - 1
    return False


def _make_plain_unwrap(values: str = "", long_values: Sequence[str] = (), *, positionals: int = 0) -> Unwrap:
    """A wrapper with flags, then some words of its own, then the command."""

    def unwrap(parts: Sequence[str]) -> Unwrapped:
        rest = skip_flags(parts, values, long_values)[positionals:]
        return Unwrapped(tuple(rest), kind=StepKind.READ if rest else StepKind.CHANGE)

    return unwrap


def _unwrap_sudo(parts: Sequence[str]) -> Unwrapped:
    if any(word in ("-l", "-v", "-k", "-K", "-V", "--list", "--validate") for word in parts[:1]):
        return Unwrapped()
    if any(word in ("-e", "--edit") for word in parts[:2]):
        return Unwrapped(kind=StepKind.CHANGE)
    rest = skip_flags(parts, "ugpCTRDhUrt", ("--user", "--group", "--prompt", "--host", "--chdir", "--other-user"))
    while rest and ASSIGNMENT.match(rest[0]):
        rest.pop(0)
    if not rest:  # a shell as somebody else
        return Unwrapped(kind=StepKind.CHANGE, elsewhere=True, feeds_shell=True)
    return Unwrapped(tuple(rest), elsewhere=True)


def _unwrap_env(parts: Sequence[str]) -> Unwrapped:
    rest = list(parts)
    while rest:
        if rest[0] in ("-u", "--unset", "-C", "--chdir"):
            del rest[:2]
        elif rest[0] in ("-S", "--split-string") and len(rest) > 1:
            return Unwrapped(script=" ".join(rest[1:]))
        elif rest[0].startswith("-") or ASSIGNMENT.match(rest[0]):
            if rest[0].startswith("-S") or is_hijacking_name(rest[0].partition("=")[0]):
                return Unwrapped(tuple(rest[1:]), kind=StepKind.CHANGE)
            del rest[0]
        else:
            break
    return Unwrapped(tuple(rest))


def _unwrap_timeout(parts: Sequence[str]) -> Unwrapped:
    return Unwrapped(tuple(skip_flags(parts, "ks", ("--kill-after", "--signal"))[1:]))


def _unwrap_watch(parts: Sequence[str]) -> Unwrapped:
    rest = skip_flags(parts, "nqs", ("--interval", "--equexit"))
    exact = any(word in ("-x", "--exec") for word in parts[: len(parts) - len(rest)])
    return Unwrapped(tuple(rest)) if exact else Unwrapped(script=" ".join(rest) or None)


def _unwrap_xargs(parts: Sequence[str]) -> Unwrapped:
    rest = skip_flags(
        parts,
        "aEILnPsd",
        ("--arg-file", "--delimiter", "--max-lines", "--max-args", "--max-procs", "--max-chars", "--replace2"),
    )
    if not rest:
        return Unwrapped()
    return Unwrapped((*rest, MASK_LETTER), keeps_stdin=False)


def _unwrap_parallel(parts: Sequence[str]) -> Unwrapped:
    rest = skip_flags(
        parts, "jnNIadLS", ("--jobs", "--max-args", "--delay", "--timeout", "--joblog", "--results", "--colsep")
    )
    command = [word for word in rest if not word.startswith(":::")]
    if ":::" in rest:
        command = rest[: rest.index(":::")]
    return Unwrapped(script=" ".join(command) or None, kind=StepKind.READ if command else StepKind.CHANGE)


def _unwrap_ssh(parts: Sequence[str]) -> Unwrapped:
    rest = list(parts)
    kind = StepKind.READ
    while rest and rest[0].startswith("-"):
        flag = rest.pop(0)
        if flag == "--":
            break
        if "ProxyCommand" in flag or "LocalCommand" in flag or (rest and re.search("(Proxy|Local)Command", rest[0])):
            kind = StepKind.CHANGE
        if flag in ("-V", "-G", "-Q"):
            return Unwrapped()
        if set(flag[1:]) & set("LRDNf"):
            kind = StepKind.CHANGE if "R" in flag else StepKind.LOCAL
        if _cluster_takes_next(flag, "BbcDEeFIiJLlmOopQRSWw") and rest:
            rest.pop(0)
    if not rest:
        return Unwrapped(kind=StepKind.CHANGE)
    command = rest[1:]
    while command[:1] and command[0] in ("-t", "-tt", "-q", "-n", "--"):
        command.pop(0)
    if not command:
        tunnel = kind is StepKind.LOCAL
        return Unwrapped(kind=kind if tunnel else StepKind.CHANGE, elsewhere=True, feeds_shell=not tunnel)
    return Unwrapped(script=" ".join(command), kind=kind, elsewhere=True)


def _unwrap_su(parts: Sequence[str]) -> Unwrapped:
    for place, word in enumerate(parts):
        if word in ("-c", "--command", "-lc") and place + 1 < len(parts):
            return Unwrapped(script=parts[place + 1], elsewhere=True)
        if word.startswith("--command="):
            return Unwrapped(script=word.partition("=")[2], elsewhere=True)
        if word == "--" and place + 1 < len(parts):
            return Unwrapped(tuple(parts[place + 1 :]), elsewhere=True)
    return Unwrapped(kind=StepKind.CHANGE, elsewhere=True, feeds_shell=True)


def _unwrap_runuser(parts: Sequence[str]) -> Unwrapped:
    if "-c" in parts or "-" in parts[:1]:
        return _unwrap_su(parts)
    rest = skip_flags(parts, "ug", ("--user", "--group"))
    return Unwrapped(tuple(rest), elsewhere=True) if rest else _unwrap_su(parts)


def _unwrap_command(parts: Sequence[str]) -> Unwrapped:
    if parts[:1] and parts[0] in ("-v", "-V"):
        return Unwrapped()
    return Unwrapped(tuple(skip_flags(parts, "")))


def _unwrap_exec(parts: Sequence[str]) -> Unwrapped:
    return Unwrapped(tuple(skip_flags(parts, "a")))


def _make_runner_unwrap(*verbs: str) -> Unwrap:
    """`uv run x`, `poetry run x`, `bundle exec x`; anything else of it is judged by its table, so it is not ours."""

    def unwrap(parts: Sequence[str]) -> Unwrapped:
        if parts[:1] and parts[0] in verbs:
            rest = skip_flags(
                parts[1:],
                "pC",
                ("--with", "--python", "--project", "--directory", "--env-file", "--extra", "--group", "--package"),
            )
            return Unwrapped(tuple(rest))
        return Unwrapped(kind=StepKind.CHANGE)

    return unwrap


def _unwrap_npx(parts: Sequence[str]) -> Unwrapped:
    """`npx prisma migrate reset`: it fetches what it runs, so it is a change at least."""
    return Unwrapped(tuple(skip_flags(parts, "pc", ("--package", "--call"))), kind=StepKind.CHANGE)


def _after_dashes(parts: Sequence[str]) -> Unwrapped:
    """`aws-vault exec prod -- aws s3 ls`."""
    if "--" in parts:
        return Unwrapped(tuple(parts[parts.index("--") + 1 :]))
    return Unwrapped(kind=StepKind.CHANGE)


def _unwrap_eval(parts: Sequence[str]) -> Unwrapped:
    text = " ".join(parts)
    return Unwrapped(script=text) if text and MASK_LETTER not in text else Unwrapped(kind=StepKind.CHANGE)


WRAPPERS: dict[str, Unwrap] = {
    "sudo": _unwrap_sudo,
    "doas": _unwrap_sudo,
    "env": _unwrap_env,
    "timeout": _unwrap_timeout,
    "gtimeout": _unwrap_timeout,
    "nohup": _make_plain_unwrap(),
    "time": _make_plain_unwrap("fo"),
    "nice": _make_plain_unwrap("n", ("--adjustment",)),
    "ionice": _make_plain_unwrap("cnp"),
    "chrt": _make_plain_unwrap("", positionals=1),
    "taskset": _make_plain_unwrap("", positionals=1),
    "stdbuf": _make_plain_unwrap("ioe"),
    "setsid": _make_plain_unwrap(),
    "unbuffer": _make_plain_unwrap(),
    "chronic": _make_plain_unwrap(),
    "caffeinate": _make_plain_unwrap("t"),
    "faketime": _make_plain_unwrap("f", positionals=1),
    "flock": _make_plain_unwrap("wE", positionals=1),
    "winpty": _make_plain_unwrap(),
    "retry": _make_plain_unwrap("tdm", ("--times", "--delay", "--max", "--until")),
    "proxychains": _make_plain_unwrap("f"),
    "watch": _unwrap_watch,
    "xargs": _unwrap_xargs,
    "gxargs": _unwrap_xargs,
    "parallel": _unwrap_parallel,
    "ssh": _unwrap_ssh,
    "mosh": _unwrap_ssh,
    "su": _unwrap_su,
    "runuser": _unwrap_runuser,
    "gosu": _make_plain_unwrap("", positionals=1),
    "su-exec": _make_plain_unwrap("", positionals=1),
    "chroot": lambda parts: Unwrapped(
        tuple(skip_flags(parts, "", ())[1:]), kind=StepKind.READ if len(parts) > 1 else StepKind.CHANGE, elsewhere=True
    ),
    "nsenter": lambda parts: Unwrapped(
        tuple(rest := skip_flags(parts, "tSG", ("--target",))),
        kind=StepKind.READ if rest else StepKind.CHANGE,
        elsewhere=True,
    ),
    "busybox": _make_plain_unwrap(),
    "command": _unwrap_command,
    "builtin": _unwrap_command,
    "exec": _unwrap_exec,
    "not": _make_plain_unwrap(),
    "eval": _unwrap_eval,
    "aws-vault": _after_dashes,
    "op": _after_dashes,
    "doppler": _after_dashes,
    "chamber": _after_dashes,
    "direnv": _after_dashes,
    "dotenv": _after_dashes,
    "systemd-run": lambda parts: Unwrapped(
        tuple(skip_flags(parts, "pMHuE", ("--property", "--unit", "--slice", "--uid"))), kind=StepKind.CHANGE
    ),
    "pipenv": _make_runner_unwrap("run"),
    "rbenv": _make_runner_unwrap("exec"),
    "hatch": _make_runner_unwrap("run"),
    "pdm": _make_runner_unwrap("run"),
    "npx": _unwrap_npx,
}

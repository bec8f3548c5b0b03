"""Programs that run another: what is left when they are taken off, and where the rest then runs."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cockpit.model.runbook import StepKind
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


def skip_flags(words: Sequence[str], values: str, long_values: Sequence[str] = ()) -> list[str]:
    """The words behind the wrapper's own flags. `values` are the letters whose flag takes the next word."""
    rest = list(words)
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


def _plain(values: str = "", long_values: Sequence[str] = (), *, positionals: int = 0) -> Unwrap:
    """A wrapper with flags, then some words of its own, then the command."""

    def unwrap(words: Sequence[str]) -> Unwrapped:
        rest = skip_flags(words, values, long_values)[positionals:]
        return Unwrapped(tuple(rest), kind=StepKind.READ if rest else StepKind.CHANGE)

    return unwrap


def _sudo(words: Sequence[str]) -> Unwrapped:
    if any(word in ("-l", "-v", "-k", "-K", "-V", "--list", "--validate") for word in words[:1]):
        return Unwrapped()
    if any(word in ("-e", "--edit") for word in words[:2]):
        return Unwrapped(kind=StepKind.CHANGE)
    rest = skip_flags(words, "ugpCTRDhUrt", ("--user", "--group", "--prompt", "--host", "--chdir", "--other-user"))
    while rest and ASSIGNMENT.match(rest[0]):
        rest.pop(0)
    if not rest:  # a shell as somebody else
        return Unwrapped(kind=StepKind.CHANGE, elsewhere=True, feeds_shell=True)
    return Unwrapped(tuple(rest), elsewhere=True)


def _env(words: Sequence[str]) -> Unwrapped:
    rest = list(words)
    while rest:
        if rest[0] in ("-u", "--unset", "-C", "--chdir"):
            del rest[:2]
        elif rest[0] in ("-S", "--split-string") and len(rest) > 1:
            return Unwrapped(script=" ".join(rest[1:]))
        elif rest[0].startswith("-") or ASSIGNMENT.match(rest[0]):
            if rest[0].startswith(("LD_", "PATH=", "BASH_ENV=", "-S")):
                return Unwrapped(tuple(rest[1:]), kind=StepKind.CHANGE)
            del rest[0]
        else:
            break
    return Unwrapped(tuple(rest))


def _timeout(words: Sequence[str]) -> Unwrapped:
    return Unwrapped(tuple(skip_flags(words, "ks", ("--kill-after", "--signal"))[1:]))


def _watch(words: Sequence[str]) -> Unwrapped:
    rest = skip_flags(words, "nqs", ("--interval", "--equexit"))
    exact = any(word in ("-x", "--exec") for word in words[: len(words) - len(rest)])
    return Unwrapped(tuple(rest)) if exact else Unwrapped(script=" ".join(rest) or None)


def _xargs(words: Sequence[str]) -> Unwrapped:
    rest = skip_flags(
        words,
        "aEILnPsd",
        ("--arg-file", "--delimiter", "--max-lines", "--max-args", "--max-procs", "--max-chars", "--replace2"),
    )
    if not rest:
        return Unwrapped()
    return Unwrapped((*rest, MASK_LETTER), keeps_stdin=False)


def _parallel(words: Sequence[str]) -> Unwrapped:
    rest = skip_flags(
        words, "jnNIadLS", ("--jobs", "--max-args", "--delay", "--timeout", "--joblog", "--results", "--colsep")
    )
    command = [word for word in rest if not word.startswith(":::")]
    if ":::" in rest:
        command = rest[: rest.index(":::")]
    return Unwrapped(script=" ".join(command) or None, kind=StepKind.READ if command else StepKind.CHANGE)


def _ssh(words: Sequence[str]) -> Unwrapped:
    rest = list(words)
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


def _su(words: Sequence[str]) -> Unwrapped:
    for place, word in enumerate(words):
        if word in ("-c", "--command", "-lc") and place + 1 < len(words):
            return Unwrapped(script=words[place + 1], elsewhere=True)
        if word.startswith("--command="):
            return Unwrapped(script=word.partition("=")[2], elsewhere=True)
        if word == "--" and place + 1 < len(words):
            return Unwrapped(tuple(words[place + 1 :]), elsewhere=True)
    return Unwrapped(kind=StepKind.CHANGE, elsewhere=True, feeds_shell=True)


def _runuser(words: Sequence[str]) -> Unwrapped:
    if "-c" in words or "-" in words[:1]:
        return _su(words)
    rest = skip_flags(words, "ug", ("--user", "--group"))
    return Unwrapped(tuple(rest), elsewhere=True) if rest else _su(words)


def _command(words: Sequence[str]) -> Unwrapped:
    if words[:1] and words[0] in ("-v", "-V"):
        return Unwrapped()
    return Unwrapped(tuple(skip_flags(words, "")))


def _exec(words: Sequence[str]) -> Unwrapped:
    return Unwrapped(tuple(skip_flags(words, "a")))


def _runner(*verbs: str) -> Unwrap:
    """`uv run x`, `poetry run x`, `bundle exec x`; anything else of it is judged by its table, so it is not ours."""

    def unwrap(words: Sequence[str]) -> Unwrapped:
        if words[:1] and words[0] in verbs:
            rest = skip_flags(
                words[1:],
                "pC",
                ("--with", "--python", "--project", "--directory", "--env-file", "--extra", "--group", "--package"),
            )
            return Unwrapped(tuple(rest))
        return Unwrapped(kind=StepKind.CHANGE)

    return unwrap


def _after_dashes(words: Sequence[str]) -> Unwrapped:
    """`aws-vault exec prod -- aws s3 ls`."""
    if "--" in words:
        return Unwrapped(tuple(words[words.index("--") + 1 :]))
    return Unwrapped(kind=StepKind.CHANGE)


def _eval(words: Sequence[str]) -> Unwrapped:
    text = " ".join(words)
    return Unwrapped(script=text) if text and MASK_LETTER not in text else Unwrapped(kind=StepKind.CHANGE)


WRAPPERS: dict[str, Unwrap] = {
    "sudo": _sudo,
    "doas": _sudo,
    "env": _env,
    "timeout": _timeout,
    "gtimeout": _timeout,
    "nohup": _plain(),
    "time": _plain("fo"),
    "nice": _plain("n", ("--adjustment",)),
    "ionice": _plain("cnp"),
    "chrt": _plain("", positionals=1),
    "taskset": _plain("", positionals=1),
    "stdbuf": _plain("ioe"),
    "setsid": _plain(),
    "unbuffer": _plain(),
    "chronic": _plain(),
    "caffeinate": _plain("t"),
    "faketime": _plain("f", positionals=1),
    "flock": _plain("wE", positionals=1),
    "winpty": _plain(),
    "retry": _plain("tdm", ("--times", "--delay", "--max", "--until")),
    "proxychains": _plain("f"),
    "watch": _watch,
    "xargs": _xargs,
    "gxargs": _xargs,
    "parallel": _parallel,
    "ssh": _ssh,
    "mosh": _ssh,
    "su": _su,
    "runuser": _runuser,
    "gosu": _plain("", positionals=1),
    "su-exec": _plain("", positionals=1),
    "chroot": lambda words: Unwrapped(
        tuple(skip_flags(words, "", ())[1:]), kind=StepKind.READ if len(words) > 1 else StepKind.CHANGE, elsewhere=True
    ),
    "nsenter": lambda words: Unwrapped(
        tuple(rest := skip_flags(words, "tSG", ("--target",))),
        kind=StepKind.READ if rest else StepKind.CHANGE,
        elsewhere=True,
    ),
    "busybox": _plain(),
    "command": _command,
    "builtin": _command,
    "exec": _exec,
    "not": _plain(),
    "eval": _eval,
    "aws-vault": _after_dashes,
    "op": _after_dashes,
    "doppler": _after_dashes,
    "chamber": _after_dashes,
    "direnv": _after_dashes,
    "dotenv": _after_dashes,
    "systemd-run": lambda words: Unwrapped(
        tuple(skip_flags(words, "pMHuE", ("--property", "--unit", "--slice", "--uid"))), kind=StepKind.CHANGE
    ),
    "pipenv": _runner("run"),
    "rbenv": _runner("exec"),
    "hatch": _runner("run"),
    "pdm": _runner("run"),
    "npx": lambda words: Unwrapped(kind=StepKind.CHANGE),
}

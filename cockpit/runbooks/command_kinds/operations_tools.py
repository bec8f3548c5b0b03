"""kubectl, docker, az, gh, aws, ansible, runners such as uv, and git: what their table alone cannot tell of a command.

Mostly that their arguments are a command again (`kubectl exec pod -- rm x`). What their verbs mean stands in
`data/*.toml`, as of every tool.
"""

import re
from collections.abc import Callable, Sequence

from cockpit.model.runbook import StepKind
from cockpit.runbooks.command_kinds.requests import judge_request
from cockpit.runbooks.command_kinds.special import (
    CHANGE,
    DANGER,
    LOCAL,
    READ,
    Special,
    SpecialJudgement,
    by_table,
    find_worst_kind,
)
from cockpit.runbooks.command_kinds.tables import (
    names_danger,
    parse_arguments,
)
from cockpit.runbooks.command_kinds.targets import is_scratch, judge_written_file
from cockpit.runbooks.command_kinds.wrappers import skip_flags
from cockpit.runbooks.shell_syntax import MASK_LETTER

OF_SESSIONS = frozenset(("-i", "-t", "-it", "-ti", "--stdin", "--tty", "--rm"))  # options that take no value


def judge_kubectl(command: Special) -> SpecialJudgement:
    if command.tool is None:
        return CHANGE
    before = list(command.arguments)
    after: tuple[str, ...] | None = None
    if "--" in before:
        place = before.index("--")
        before, after = before[:place], tuple(before[place + 1 :])
    plain = [word for word in before if word not in OF_SESSIONS]
    parsed = parse_arguments(command.tool, plain)
    verb = parsed.positionals[:1]
    if verb in (("exec",), ("rsh",)):
        if after is None:
            after = parsed.positionals[2:]
        if not after:  # a session
            return SpecialJudgement(StepKind.CHANGE)
        return SpecialJudgement(StepKind.READ, argv=after, elsewhere=True, stdin=True)
    if verb in (("run",), ("debug",)) and after:
        return SpecialJudgement(StepKind.CHANGE, argv=after, elsewhere=True, stdin=True)
    if verb == ("replace",) and "--raw" in before:
        return DANGER
    if verb == ("get",) and any(name == "--raw" for name, _ in parsed.flags):
        return READ
    if after:
        return SpecialJudgement(find_worst_kind(by_table(command).kind, StepKind.CHANGE))
    return by_table(command, parsed if len(plain) == len(command.arguments) else None)


def judge_docker(command: Special) -> SpecialJudgement:
    if command.tool is None:
        return CHANGE
    parsed = parse_arguments(command.tool, command.arguments)
    parts = list(command.arguments)
    verb = next((word for word in parsed.positionals if word not in ("container",)), "")
    if verb == "compose":
        rest = parts[parts.index("compose") + 1 :]
        return SpecialJudgement(StepKind.READ, argv=("docker-compose", *rest), stdin=True)
    if verb == "exec":
        return _exec_in_container(
            parts[parts.index("exec") + 1 :],
            "uwe",
            ("--user", "--workdir", "--env", "--env-file", "--detach-keys", "--index"),
        )
    return by_table(command, parsed)


def judge_compose(command: Special) -> SpecialJudgement:
    parts = list(command.arguments)
    if command.tool is not None:
        parsed = parse_arguments(command.tool, parts)
        if parsed.positionals[:1] == ("exec",):
            return _exec_in_container(
                parts[parts.index("exec") + 1 :], "uwe", ("--user", "--workdir", "--env", "--index")
            )
        return by_table(command, parsed)
    return by_table(command)


def _exec_in_container(parts: Sequence[str], values: str, long_values: Sequence[str]) -> SpecialJudgement:
    rest = skip_flags(parts, values, long_values)
    if len(rest) < 2:
        return CHANGE
    return SpecialJudgement(StepKind.READ, argv=tuple(rest[1:]), elsewhere=True, stdin=True)


def judge_az(command: Special) -> SpecialJudgement:
    parts = command.arguments
    flags = _flag_values(parts)
    if parts[:1] == ("rest",):
        method = flags.get("--method", flags.get("-m", "get"))
        return SpecialJudgement(
            find_worst_kind(judge_request(method, flags.get("--url", flags.get("--uri", flags.get("-u", "")))))
        )
    if parts[:2] in (("containerapp", "exec"), ("container", "exec")):
        inner = flags.get("--command", flags.get("--exec-command", ""))
        if not inner or inner in ("bash", "sh", "/bin/bash", "/bin/sh"):
            return SpecialJudgement(StepKind.CHANGE)
        return SpecialJudgement(StepKind.READ, script=inner, elsewhere=True)
    if parts[:3] in (("vm", "run-command", "invoke"), ("vmss", "run-command", "invoke"), ("aks", "command", "invoke")):
        script = flags.get("--scripts", flags.get("--command", flags.get("-c", "")))
        if script.startswith("@") or not script:
            return CHANGE
        return SpecialJudgement(StepKind.CHANGE, script=script, elsewhere=True)
    judged = by_table(command)
    # What it writes to a file of this machine.
    target = flags.get("--file", flags.get("-f", ""))
    if judged.kind is StepKind.LOCAL and target.startswith("/") and not is_scratch(target):
        return CHANGE
    return judged


def judge_gh(command: Special) -> SpecialJudgement:
    parts = list(command.arguments)
    if parts[:1] != ["api"]:
        runs = parts[:2] == ["workflow", "run"] and any(names_danger(word) for word in parts[2:3])
        return DANGER if runs else by_table(command)
    flags = _flag_values(parts)
    fields = any(word.startswith(("-f", "-F", "--field", "--raw-field", "--input")) for word in parts)
    method = flags.get("-X", flags.get("--method", ""))
    joined = next((word[2:] for word in parts if word.startswith("-X") and len(word) > 2), "")
    url = next((word for word in parts[1:] if not word.startswith("-")), "")
    if "graphql" in parts:
        query = " ".join(parts)
        return (
            DANGER
            if "mutation" in query and names_danger(query)
            else CHANGE
            if "mutation" in query or MASK_LETTER in query or "@" in query or "--input" in query
            else READ
        )
    method = method or joined or ("POST" if fields else "GET")
    return SpecialJudgement(judge_request(method, url) if MASK_LETTER not in method else StepKind.CHANGE)


def judge_aws(command: Special) -> SpecialJudgement:
    judged = by_table(command)
    flags = _flag_values(command.arguments)
    if "execute-command" in command.arguments and flags.get("--command"):
        return SpecialJudgement(StepKind.READ, script=flags["--command"], elsewhere=True)
    parts = command.arguments
    if "s3" in parts and "cp" in parts and judged.kind is StepKind.CHANGE:
        places = [word for word in parts[parts.index("cp") + 1 :] if not word.startswith("-")][:2]
        if len(places) == 2 and places[0].startswith("s3://") and not places[1].startswith("s3://"):
            return SpecialJudgement(judge_written_file(places[1], ">", from_tool=True))
    return judged


def _flag_values(parts: Sequence[str]) -> dict[str, str]:
    """The word behind each flag, or behind its `=`."""
    values: dict[str, str] = {}
    for place, word in enumerate(parts):
        if word.startswith("-"):
            name, joined, value = word.partition("=")
            values[name] = value if joined else (parts[place + 1] if place + 1 < len(parts) else "")
    return values


# Settings of git that name a program, which a later look runs.
PROGRAM_OF_GIT = re.compile(
    r"""(?ix) alias\..+ | pager\..+ | core\.(?:pager|editor|sshcommand|fsmonitor|askpass|hookspath|gitproxy)
    | diff\.external
    | .+\.(?:textconv|clean|smudge|process|command|cmd|driver|helper|program|editor|browser)"""
)


def judge_git(command: Special) -> SpecialJudgement:
    if command.tool is None:
        return CHANGE
    parsed = parse_arguments(command.tool, command.arguments)
    verb, rest = (parsed.positionals[0], parsed.positionals[1:]) if parsed.positionals else ("", ())
    names = {name for name, _ in parsed.flags}
    table = by_table(command, parsed).kind
    if verb == "config" and any(map(PROGRAM_OF_GIT.fullmatch, rest[:-1])):
        return SpecialJudgement(find_worst_kind(table, StepKind.CHANGE))
    if verb == "push" and any(word.startswith((":", "+")) for word in rest):
        return DANGER
    if verb in ("fetch", "pull") and any(
        ":" in word and "/" in word and "://" not in word and "@" not in word for word in rest
    ):
        return SpecialJudgement(find_worst_kind(table, StepKind.CHANGE))
    if verb in ("checkout", "switch") and table is not StepKind.DANGER:
        creates = names & {"-b", "-c", "--create", "--orphan"}
        if "--" in command.arguments or "." in rest or (len(rest) > 1 and not creates) or names & {"-p", "--patch"}:
            return DANGER  # files here are written over
        if rest and re.search(r"\.[A-Za-z]{1,6}$|^\./|\*", rest[0]) and not creates:
            return DANGER
        unknown = set(parsed.unknown_flags) - {"-b", "-c", "--create", "--track", "-t", "--detach", "--orphan", "-q"}
        return CHANGE if unknown else LOCAL
    if verb in ("branch", "tag") and not rest:
        lists = {
            "-a",
            "-r",
            "-v",
            "-vv",
            "--list",
            "-l",
            "--all",
            "--remotes",
            "--show-current",
            "--contains",
            "--merged",
            "--no-merged",
            "-n",
            "--sort",
            "--points-at",
            "--format",
        }
        return READ if names <= lists else SpecialJudgement(find_worst_kind(table, StepKind.CHANGE))
    if (
        verb in ("branch", "tag")
        and names & {"--list", "-l", "--contains", "--merged", "--no-merged"}
        and table is not StepKind.DANGER
    ):
        return READ
    if verb == "config" and len(rest) == 1 and not names - {"--global", "--local", "--system", "--show-origin"}:
        return READ
    if verb in ("remote", "stash", "reflog", "worktree") and len(rest) == 0 and verb == "remote":
        return READ if names <= {"-v", "--verbose"} else CHANGE
    return SpecialJudgement(table)


ANSIBLE_READS = frozenset(
    ("ping", "setup", "gather_facts", "win_ping", "stat", "find", "slurp", "debug", "service_facts", "package_facts")
)


def judge_ansible(command: Special) -> SpecialJudgement:
    flags = _flag_values(command.arguments)
    module = flags.get("-m", flags.get("--module-name", "command")).rsplit(".", 1)[-1]
    if "--list-hosts" in command.arguments or "--version" in command.arguments or module in ANSIBLE_READS:
        return READ
    text = flags.get("-a", flags.get("--args", ""))
    if module in ("command", "shell", "raw", "win_shell", "win_command") and text:
        return SpecialJudgement(StepKind.READ, script=text, elsewhere=True)
    return DANGER if names_danger(text) else CHANGE


def make_runner_judge(
    verb: str, values: str = "p", long_values: Sequence[str] = ()
) -> Callable[[Special], SpecialJudgement]:
    """`uv run x`: another command; anything else is judged by the table."""
    also = (
        "--with",
        "--python",
        "--project",
        "--directory",
        "--env-file",
        "--extra",
        "--group",
        "--package",
        *long_values,
    )

    def judge(command: Special) -> SpecialJudgement:
        if command.arguments[:1] == (verb,):
            rest = skip_flags(command.arguments[1:], values, also)
            if rest and rest[0].endswith(".py"):
                rest = ["python", *rest]
            return SpecialJudgement(StepKind.READ if rest else StepKind.CHANGE, argv=tuple(rest), stdin=True)
        return by_table(command)

    return judge

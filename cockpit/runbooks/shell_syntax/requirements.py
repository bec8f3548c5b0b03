"""What a command needs to run: programs, the terminal, an end. Decided from its words, before anything starts."""

import os
import re
import shutil
from pathlib import Path

from cockpit.runbooks.shell_syntax.parse import parse_shell
from cockpit.runbooks.shell_syntax.placeholders import find_placeholders
from cockpit.runbooks.shell_syntax.types import SimpleCommand

BUILT_IN = frozenset(
    (
        *("alias", "bg", "bind", "break", "builtin", "caller", "cd", "command", "compgen", "complete", "continue"),
        *("declare", "dirs", "disown", "echo", "enable", "eval", "exec", "exit", "export", "false", "fc", "fg"),
        *("getopts", "hash", "help", "history", "jobs", "kill", "let", "local", "logout", "mapfile", "popd", "printf"),
        *("pushd", "pwd", "read", "readarray", "readonly", "return", "set", "shift", "shopt", "source", "suspend"),
        *("test", "times", "trap", "true", "type", "typeset", "ulimit", "umask", "unalias", "unset", "wait"),
        *("[", "[[", "]]", ".", ":", "{", "}", "(", ")", "!", "if", "then", "else", "elif", "fi", "for", "while"),
        *("until", "do", "done", "case", "esac", "select", "function", "in", "time", "coproc"),
    )
)
WRAPPERS = frozenset(("sudo", "env", "nohup", "exec", "command", "nice", "stdbuf"))
VALUE_OPTIONS = {"sudo": "ughpCDrtTU", "env": "uCS", "nice": "n", "stdbuf": "ioe", "exec": "a"}
PROGRAM = re.compile(r"[\w./~+@-]+")
SCRIPT_READERS = frozenset({"bash", "sh", "zsh", "dash", "source", ".", "python", "python3"})
SYSTEM_FOLDERS = ("/bin/", "/sbin/", "/usr/", "/opt/", "/snap/")
LONGEST_SCRIPT = 1_048_576  # bytes
ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")
CONTAINERS = r"\b(?:kubectl|oc|docker|podman|nerdctl|docker-compose)\b"
ENDLESS = re.compile(
    rf"""(?x) \s--follow(?![\w=-]) | \s--follow=true | ^\s*watch\s
    | (?:^|[;&|]\s*)(?:tail|journalctl)\s(?:[^;&|]*\s)?-[A-Za-z]*[fF][A-Za-z]*(?=\s|$)
    | {CONTAINERS}[^;&|]*\blogs\b[^;&|]*\s-[A-Za-z]*f\b
    | \bkubectl\s+get\b[^;&|]*\s(?:-w|--watch)\b | \bkubectl\s+port-forward\b | \baz\s+webapp\s+log\s+tail\b"""
)
AT_START = r"(?:^|[;&|]\s*|\bsudo\s+)"
TERMINAL = re.compile(
    rf"""(?x) {AT_START}az\s+(?:login|interactive)\b(?!.*--(?:service-principal|identity|federated-token))
    | \baz\s+(?:containerapp|webapp)\s+(?:exec|ssh)\b | \bgh\s+auth\s+(?:login|refresh)\b
    | \bdocker\s+login\b(?!.*--password-stdin)
    | {CONTAINERS}[^;&|]*?\s(?:exec|run|attach|debug)\s(?:[^;&|]*\s)?(?:-[a-zA-Z]*t[a-zA-Z]*\b|--tty\b)
    | {AT_START}(?:ssh|sftp|vi|vim|nvim|nano|emacs|less|more|top|htop|btop|k9s|tmux|screen|passwd|su|visudo)(?:\s|$)
    | \bkubectl\s+edit\b | \bcrontab\s+-e\b | \bgit\s+(?:rebase\s+-i|add\s+-p|commit(?!.*\s-\w*m)) | \bsudo\s+-[is]\b
    | {AT_START}(?:psql|mysql|sqlcmd|redis-cli|sqlite3|mongosh|python3?|bash|sh|pwsh)\s*$"""
)
# What asks whether it shall go on, and the options by which a command has answered already.
ASKS_BACK = tuple(
    (re.compile(rf"{AT_START}{tool}"), re.compile(answer))
    for tool, answer in (
        (r"(?:terraform|tofu|terragrunt)\s(?:.*\s)?(?:apply|destroy)\b", r"\s-auto-approve\b|\s--?help\b|plan\b"),
        (r"pulumi\s(?:up|destroy|refresh)\b", r"\s(?:-y|--yes)\b"),
        (
            r"patronictl\s(?:.*\s)?(?:failover|switchover|restart|reinit|remove|edit-config)\b",
            r"\s--force\b|\s--help\b",
        ),
        (
            r"(?:apt|apt-get|dnf|yum|zypper)\s(?:.*\s)?(?:install|remove|purge|erase|(?:full-|dist-)?upgrade|autoremove)\b",
            r"\s-\w*y\w*\b|\s--(?:yes|assume-?yes|assumeno|dry-run|simulate|non-interactive)\b|\s-qq\b",
        ),
        (r"(?:docker|podman)\s(?:\w+\s)?prune\b", r"\s-\w*f\w*\b|\s--force\b"),
    )
)
ANSWERED = re.compile(r"\b(?:yes|echo\s+\S+|printf\s+\S+)\s*(?:\w+\s*)?\||<")  # `yes | apt install x`
CLUSTER_TOOLS = frozenset(
    (
        *("kubectl", "helm", "helmfile", "oc", "flux", "istioctl", "linkerd", "velero", "skaffold", "cilium", "cmctl"),
        *("argo", "tkn", "kubectl-argo-rollouts"),
    )
)
GUARDED = re.compile(rf"(?:^|[\s;&|(`\"'/@])(az|{'|'.join(sorted(CLUSTER_TOOLS))})(?=\s)")


def list_programs(command: str, language: str) -> list[str]:
    """The programs that a command starts, as written, each once; those only known while it runs are left out."""
    if language == "powershell":
        return ["pwsh"]
    blanks = [(blank.start, blank.end) for blank in find_placeholders(command)]
    document = parse_shell(command, masked=blanks)
    own = {name for statement in document.statements for name in statement.functions}
    names = (find_program(simple) for simple in document.commands)
    known = (name for name in names if name not in BUILT_IN and name not in own and PROGRAM.fullmatch(name))
    return list(dict.fromkeys(("bash", *known)))


def find_program(simple: SimpleCommand) -> str:
    """The program of a simple command, behind such as sudo and their options; "" where only bash can tell."""
    texts = [word.text or "" for word in simple.words]
    while texts and texts[0] in WRAPPERS:
        wrapper, *rest = texts
        while rest and (rest[0].startswith("-") or ASSIGNMENT.match(rest[0])):
            takes_value = len(rest[0]) == 2 and rest[0][1] in VALUE_OPTIONS.get(wrapper, "")
            rest = rest[2 if takes_value else 1 :]
        if not rest:
            return wrapper
        texts = rest
    return texts[0] if texts else ""


def explain_missing_program(command: str, language: str, *, path: str, cwd: str) -> str:
    """Why a command cannot run on this machine, "" when all it starts is here."""
    moves = re.search(r"(?:^|[;&|\s])(?:cd|pushd)\s", command) is not None
    for name in list_programs(command, language):
        if name == "pwsh" and not shutil.which("pwsh", path=path):
            return "PowerShell (pwsh) is not installed on this machine: copy it to where it is"
        if "/" in name:
            # A path below another directory is only found out by going there.
            if not moves and not os.access(Path(cwd, name).expanduser(), os.X_OK):
                return f"there is no program {name} in {cwd}"
        elif not shutil.which(name, path=path):
            return f"{name} is not installed on this machine"
    return ""


def is_endless(command: str) -> bool:
    """True for a command that shows what comes until it is stopped."""
    return ENDLESS.search(command) is not None


def needs_terminal(command: str) -> bool:
    """True for a command that talks with the person: sign-in, editors, shells in containers, "are you sure?"."""
    return any(TERMINAL.search(line) or _asks_back(line) for line in command.replace("\\\n", " ").splitlines())


def _asks_back(line: str) -> bool:
    return not ANSWERED.search(line) and any(
        asks.search(line) and not answer.search(line) for asks, answer in ASKS_BACK
    )


def list_guarded_tools(command: str) -> list[str]:
    """The tools of a command whose target must be looked at before a change: `az`, `kubectl`."""
    result = {match[1] for match in GUARDED.finditer(command)}
    return [tool for tool, names in (("az", {"az"}), ("kubectl", CLUSTER_TOOLS)) if names & result]


def list_script_paths(command: str) -> list[str]:
    """The script files that a command runs: `./deploy.sh`, `bash infra/up.sh`, the Makefile of `make`."""
    paths: list[str] = []
    for simple in parse_shell(command).commands:
        program = find_program(simple)
        name = program.rpartition("/")[2]
        words = [word.text or "" for word in simple.words]
        behind = words[words.index(program) + 1 :] if program in words else []
        if "/" in program and not program.startswith(SYSTEM_FOLDERS):
            paths.append(program)
        elif name in SCRIPT_READERS:
            paths += [word for word in behind if word and not word.startswith("-")][:1]
        elif name == "make":
            paths += ["Makefile", "makefile", "GNUmakefile"]
    return list(dict.fromkeys(paths))


def list_tools_of_scripts(command: str, folder: str) -> list[str]:
    """The tools with a target of their own that the scripts of a command use, as far as their text tells. Blocking."""
    return list_guarded_tools(read_scripts(command, folder))


def read_scripts(command: str, folder: str) -> str:
    """The text of the scripts that a command runs, without their comments; "" for none. Blocking."""
    texts = []
    for path in list_script_paths(command):
        try:
            file = Path(folder, path).expanduser()
            if file.is_file() and file.stat().st_size <= LONGEST_SCRIPT:
                texts.append(file.read_text("utf-8", "replace"))
        except OSError:
            continue
    return "\n".join(line for line in "\n".join(texts).split("\n") if not line.lstrip().startswith("#"))

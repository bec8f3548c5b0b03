"""Commands that open a session in another place: a host, a container, another user, a database, an interpreter.

What a document writes below `ssh host` is typed at that host. Run on this machine it would hit something else, so it
belongs to the session until `exit`, or a heading. Pure; what a command is, the shell's own grammar says.
"""

import re
import shlex
from collections.abc import Sequence
from functools import lru_cache

from cockpit.model.runbook import RemotePlace
from cockpit.runbooks.shell_syntax import ShellNesting, SimpleCommand, parse_shell

_SHELLS = "bash sh zsh ksh ash dash fish csh tcsh pwsh powershell cmd rbash"
_INTERPRETERS = (
    "python python2 python3 ipython bpython node deno irb pry ghci scala R julia lua erl iex php groovysh jshell"
)
SHELLS, INTERPRETERS = frozenset(_SHELLS.split()), frozenset(_INTERPRETERS.split())
ENDS = re.compile(
    r"(?i)^\s*(?:exit|logout|quit|bye|disconnect|\\q|\.quit|\.exit|:q|exit\(\)|quit\(\))(?:\s+\d+)?\s*;?\s*$"
)
ENDS_IN_POWERSHELL = re.compile(r"(?i)^\s*Exit-PSSession\s*$")
OPEN_HERE = frozenset({ShellNesting.LIST, ShellNesting.GROUP, ShellNesting.CONDITION})
_CLOUD = "az kubectl oc helm gcloud aws gh terraform ssh scp fly heroku doctl argocd flux"
FROM_ANYWHERE = frozenset(_CLOUD.split())
WRAPPERS = frozenset({"env", "nohup", "exec", "command", "time", "nice", "stdbuf", "winpty"})
CONTAINER_CLIENTS = frozenset(
    {"docker", "podman", "nerdctl", "docker-compose", "podman-compose", "crictl", "lxc", "incus"}
)
CLUSTER_CLIENTS = frozenset({"kubectl", "oc", "k", "microk8s.kubectl"})
# Options that take a value in the next word, of the tools whose first other word is what they open.
TAKES_VALUE = {
    "ssh": "-B -b -c -D -E -e -F -I -i -J -L -l -m -O -o -P -p -Q -R -S -W -w",
    "su": "-s --shell -g --group -G --supp-group -w",
    "sudo": "-u --user -g --group -h --host -p --prompt -C -D --chdir -R --chroot -r -t -T -U",
    "docker": "-e --env --env-file -u --user -w --workdir -v --volume -p --publish --name --network --net --entrypoint"
    " -f --file --project-name --project-directory --profile -H --host -c --context -l --label -m --memory --mount"
    " --index --add-host --cpus --hostname -h --ip --link --log-driver --platform --pull --restart --shm-size --ulimit"
    " --detach-keys",
    "kubectl": "-n --namespace -c --container --context --kubeconfig --cluster --user -s --server --image -l --labels"
    " -f --filename --target --copy-to --as --pod-running-timeout --profile --overrides --restart --env --token"
    " --request-timeout",
    "redis-cli": "-h -p -a -u -n -s -i -r -t --user --pass --cacert --cert --key --tls-ciphers --sni",
    "chroot": "--userspec --groups",
    "nsenter": "-t --target -S --setuid -G --setgid",
    "sshpass": "-p -f -d -P",
}
# A database's client asks for commands, unless one of these says what to do.
COMMAND_OPTIONS = {
    "psql": ("-c", "--command", "-f", "--file", "-l", "--list", "-V", "--version", "-?", "--help"),
    "mysql": ("-e", "--execute", "-V", "--version", "--help", "-?"),
    "mariadb": ("-e", "--execute", "-V", "--version", "--help"),
    "sqlcmd": ("-Q", "-i", "-L", "-?"),
    "clickhouse-client": ("-q", "--query", "--queries-file", "-V", "--version"),
    "cqlsh": ("-e", "--execute", "-f", "--file", "--version"),
    "mongosh": ("--eval", "-f", "--file", "--version", "--help"),
    "mongo": ("--eval", "--version", "--help"),
    "influx": ("-execute", "-import", "-version"),
    "usql": ("-c", "-f"),
    "pgcli": ("--list", "-l", "--version"),
    "sqlplus": ("-V",),
    "duckdb": ("-c", "-s", "--version"),
    "mycli": ("-e", "--execute", "--version", "--list-dsn"),
    "snowsql": ("-q", "--query", "-f", "--filename", "--version"),
    "trino": ("--execute", "-f", "--file", "--version"),
    "beeline": ("-e", "-f", "--help"),
    "hive": ("-e", "-f", "--version", "--service"),
    "impala-shell": ("-q", "--query", "-f", "--query_file"),
}
# Letters that stand before the one with the command in one word, `psql -Atc`: options without a value of their own.
FLAGS_ALONE = {
    "psql": "01AbeEHnqsStwWxXz",
    "mysql": "ABCEHNXbfinqrstvw",
    "mariadb": "ABCEHNXbfinqrstvw",
    "clickhouse-client": "mnst",
}
# How many words such a client takes before one of them says what to do.
ASKED_BY_A_WORD = {"sqlite3": 1, "redis-cli": 0, "valkey-cli": 0, "keydb-cli": 0, "cypher-shell": 0}
ONE_ANSWER = re.compile(r"-x$|--(?:scan|stat|latency|bigkeys|memkeys|hotkeys|pipe|rdb|cluster|eval|version|intrinsic)")
PLAIN_START = re.compile(r"-[lia]+|-q|-|--(?:login|interactive|norc|noprofile)|-NoLogo|-NoProfile")
_OTHERS = (
    r"(?:gcloud(?:\s+(?:alpha|beta))?|doctl)\s+compute\s+(?:\S+\s+)*?ssh\b(?!.*\s--(?:(?:command|ssh-command)\b|\s+[^-\s]))",
    r"gcloud\s+(?:sql\s+connect|(?:alpha\s+)?cloud-shell\s+ssh)\b",
    r"aws\s+ssm\s+start-session\b(?!.*--document-name)",
    r"aws\s+ecs\s+execute-command\b(?!.*--command\s+\S*\s?\S*\s-c)",
    r"az\s+(?:ssh\s+vm|webapp\s+ssh)\b",
    r"az\s+containerapp\s+exec\b(?!.*--command)",
    r"az\s+(?:containerapp|container)\s+exec\b.*--(?:exec-)?command[\s=]+[\"']?(?:/\S*/)?\w*sh[\"']?(?:\s|$)",
    r"heroku\s+(?:ps:exec|run\s+(?:--?\S+\s+)*(?:bash|sh|(?:bin/)?rails\s+c\w*))(?:\s+-\S+(?:\s+[^-\s]\S*)?)*\s*$",
    r"heroku\s+(?:pg:psql|redis:cli)\b(?!.*\s-c)",
    r"fly(?:ctl)?\s+(?:ssh\s+console|postgres\s+connect|pg\s+connect)\b(?!.*\s(?:-C|--command)\b)",
    r"(?:vagrant|minikube|multipass|docker-machine|colima|juju|tsh|cf|limactl|gh\s+codespace|hcloud\s+server|kitchen)"
    r"\s+(?:ssh|shell|login)\b(?!.*\s(?:-c|--command)\b)",
    r"hbase\s+shell\b(?!.*\s-n)",
    r"(?:bundle\s+exec\s+)?(?:\S*/)?rails\s+(?:c|console|db|dbconsole)(?=\s|$)",
    r"(?:\S*python\d?\s+)?\S*manage\.py\s+(?:shell|dbshell)\w*\s*$",
    r"flask\s+shell\b|php\s+artisan\s+tinker\b|(?:poetry|pipenv)\s+shell\b|newgrp\b",
    r"nix-shell\b(?!.*--run)|bq\s+shell\b",
    r"machinectl\s+login\b|machinectl\s+shell\b(?!\s+\S+\s+\S)",
    r"(?:virsh|pct|qm|xl)\s+(?:shell|login|console|enter|terminal)\b|lxc-attach\b(?!.*\s--\s)",
    r"sftp\b(?!.*\s-b)|lftp\b(?!.*\s(?:-c|-f)\b)(?!.*\b(?:bye|quit|exit)\b)",
    r"iex\s+-S\s+mix\b|gdb\s|rman\b(?!.*(?:cmdfile|@))|ipmitool\b.*\bsol\s+activate\b",
    r"cockroach\s+(?:sql|demo)\b(?!.*\s(?:-e|--execute|-f|--file)\b)",
    r"nomad\s+(?:alloc\s+)?exec\b.*\s(?:\S*/)?\w*sh\s*$",
    r"(?:mosh|telnet|ftp|rlogin|rsh|slogin|autossh|evil-winrm|zkCli\.sh|spark-shell|pyspark)\b",
    r"arch-chroot\s+\S+\s*$",
    r"(?:systemd-nspawn|schroot)(?:\s+-\S+(?:\s+[^-\s]\S*)?)*\s*$|wsl(?:\.exe)?(?:\s+-d\s+\S+)?\s*$",
    r"podman\s+machine\s+ssh(?:\s+[^\s-]\S*)?\s*$|eb\s+ssh\b(?!.*\s(?:-c|--command)\b)|railway\s+(?:shell|ssh|connect)\b",
    r"boundary\s+connect\s+(?:ssh|rdp|postgres|mysql)\b(?!.*\s--\s)|(?:devbox|pixi|hatch)\s+shell\b",
    r"(?:kubectl|oc|k)\s+(?:-\S+[\s=]+\S+\s+)*(?:node-shell|node-ssh|ssh-node|iexec|enter)\b(?!.*\s--\s)",
    r"ctr\b.*\btasks?\s+exec\b.*\s(?:\S*/)?\w*sh\s*$|zookeeper-shell(?:\.sh)?\s+\S+\s*$|db2\s*$|litecli\b",
    r"clickhouse\s+client\b(?!.*\s(?:-q|--query|--queries-file)\b)|(?:ksql|mysqlsh)\b(?!.*\s(?:-e|--execute|-f|--file)\b)",
    r"(?:toolbox|distrobox)\s+enter\b",
)
OTHERS = re.compile("|".join(_OTHERS))
_NAMES = frozenset((*SHELLS, *INTERPRETERS, *COMMAND_OPTIONS, *ASKED_BY_A_WORD))
_WORDS = (
    "su sudo doas ssh chroot exec run debug attach rsh shell console connect ip nsenter enter start-session pg:psql"
    " execute-command redis:cli ps:exec rails dbshell tinker nix-shell lxc-attach login terminal mosh telnet sftp ftp"
    " lftp rlogin slogin autossh evil-winrm spark-shell pyspark newgrp arch-chroot manage.py zkCli.sh sol rman"
    " cockroach gdb nomad sshpass systemd-nspawn schroot wsl wsl.exe node-shell node-ssh ssh-node iexec task tasks"
    " client zookeeper-shell zookeeper-shell.sh db2 litecli ksql mysqlsh"
)
MAY_OPEN = _NAMES.union(_WORDS.split())
WORD = re.compile(r"[^\s;&|()\"'/]+")
MAYBE = re.compile(rf"(?:^|[\s;&|(\"'/])(?:{'|'.join(map(re.escape, sorted(MAY_OPEN)))})(?=$|[\s;&|)\"'])")
POWERSHELL = re.compile(r"(?im)^\s*(?:Enter-PSSession|etsn|Enter-PSHostProcess)\b")


@lru_cache(maxsize=256)  # a step is asked when its block is read and when it gets its place
def opens_session(command: str, language: str = "bash") -> bool:
    """True when a command ends in a session that waits for more: nothing says there what to do, nothing feeds it."""
    if language == "powershell" and POWERSHELL.match(command):
        return True
    return any(_opens_session(simple_command) for simple_command in _list_simple_commands(command))


def may_open_session(text: str) -> bool:
    """False for a text none of whose commands opens a session, whatever it is cut into: most texts are such."""
    return not MAY_OPEN.isdisjoint(WORD.findall(text)) or POWERSHELL.search(text) is not None


def leaves_commands_behind(command: str) -> bool:
    """True when a session opens in the middle of a command: what follows would run here, once somebody has left it."""
    commands = _list_simple_commands(command)
    return any(
        _opens_session(opener) and any(behind.start >= opener.end for behind in commands)  # `$(...)` runs before it
        for opener in commands
        if ShellNesting.LOOP not in opener.nesting
    )


def ends_session(command: str) -> bool:
    return bool(ENDS.match(command) or ENDS_IN_POWERSHELL.match(command))


def belongs_elsewhere(place: RemotePlace | None, command: str) -> RemotePlace | None:
    """The place a command belongs to. A sentence that leads to a host says nothing of what is asked of the cloud."""
    if place is None or not place.by_prose:
        return place
    parts = command.split()
    program = next((word for word in parts if word != "sudo" and "=" not in word), "").rsplit("/", 1)[-1]
    return None if program in FROM_ANYWHERE else place


def through_place(place: RemotePlace, command: str) -> str:
    """The same command through the place it belongs to, as it would be typed here; "" where there is no such way."""
    if place.by_prose:
        return ""
    simple_commands = [command for command in _list_simple_commands(place.opener) if _opens_session(command)]
    if len(simple_commands) != 1 or simple_commands[0].end < len(place.opener.rstrip()):
        return ""
    opener = simple_commands[0]
    parts = [word.raw for word in opener.words]
    head = place.opener[: opener.start] + " ".join(parts)
    name = parts[0].rsplit("/", 1)[-1]
    if name == "ssh":
        return f"{head} -- {shlex.quote(command)}"
    inner = _list_inner_words(tuple(word.text or word.raw for word in opener.words))
    if name in CLUSTER_CLIENTS | CONTAINER_CLIENTS and inner and inner[-1].rsplit("/", 1)[-1] in SHELLS:
        quiet = [word for word in parts if word not in ("-it", "-ti", "-t", "--tty")]
        return f"{place.opener[: opener.start]}{' '.join(quiet)} -c {shlex.quote(command)}"
    if name in CLUSTER_CLIENTS and "rsh" in parts:
        return f"{head} sh -c {shlex.quote(command)}"
    if name in ("psql", "mysql", "mariadb"):
        return f"{head} {'-c' if name == 'psql' else '-e'} {shlex.quote(command)}"
    return ""


def goes_through(place: RemotePlace, command: str) -> bool:
    """True when a command is one that runs in the place: written by a person after the pattern of `through_place`."""
    pattern = through_place(place, "true")
    head = pattern[: pattern.rindex("true")].rstrip("'\"")
    return bool(pattern) and command.strip().startswith(head) and not opens_session(command)


def _list_simple_commands(command: str) -> list[SimpleCommand]:
    """The simple commands of a text, in the order of their places; where it does not parse, those of each line.

    [] for a text without a word that could open anything: most are, and parsing takes its time.
    """
    if MAY_OPEN.isdisjoint(WORD.findall(command)) or not MAYBE.search(command):  # the first costs a fifth of the other
        return []
    from cockpit.runbooks.shell_syntax.placeholders import find_placeholders

    def parsed(text: str) -> list[SimpleCommand]:
        spans = [(blank.start, blank.end) for blank in find_placeholders(text) if not blank.variable]
        document = parse_shell(text, masked=spans)
        return [] if document.errors else sorted(document.commands, key=lambda simple_command: simple_command.start)

    return parsed(command) or [simple_command for line in command.splitlines() for simple_command in parsed(line)]


def _opens_session(command: SimpleCommand) -> bool:
    if not command.words or command.input_from or not OPEN_HERE.issuperset(command.nesting):
        return False
    if any(redirect.operator.startswith("<") for redirect in command.redirects):
        return False
    return _asks_for_more(tuple(word.text if word.text is not None else word.raw for word in command.words))


def _asks_for_more(argv: Sequence[str]) -> bool:
    """True when an argument list opens something and says nothing of what to do there."""
    if not argv:
        return False
    name, rest = argv[0].rsplit("/", 1)[-1], list(argv[1:])
    if OTHERS.match(" ".join([name, *rest])):
        return True
    if name in WRAPPERS:
        return _asks_for_more(_behind_options(rest, ""))
    if name in SHELLS or name in INTERPRETERS:
        return all(PLAIN_START.fullmatch(word) for word in rest)
    if name in CLUSTER_CLIENTS:
        return _in_a_cluster(rest)
    if name in CONTAINER_CLIENTS:
        return _in_a_container(rest)
    if name in COMMAND_OPTIONS:
        return not any(_gives_command(word, name) for word in rest)
    if name in ASKED_BY_A_WORD:
        without_options = _without_options(rest, "redis-cli")
        return len(without_options) <= ASKED_BY_A_WORD[name] and not any(ONE_ANSWER.match(word) for word in rest)
    return name in _OPENERS and _OPENERS[name](rest)


def _sudo_opens_session(rest: list[str]) -> bool:
    inner = _behind_options(rest, "sudo")
    options = rest[: len(rest) - len(inner)]
    shell = any(re.fullmatch(r"-[a-zA-Z]*[is][a-zA-Z]*|--login|--shell", word) for word in options)
    return not inner if shell else _asks_for_more(inner)


def _su_opens_session(rest: list[str]) -> bool:
    return not any(re.match(r"-[lmpP]*c|--command", word) for word in rest)


def _ssh_opens_session(rest: list[str]) -> bool:
    behind_options = _behind_options(rest, "ssh")
    behind_options = [*behind_options[:1], *_behind_options(behind_options[1:], "ssh")]
    only_a_tunnel = any(re.fullmatch(r"-[A-Za-z]*[NWOQGV][A-Za-z]*", word) for word in rest)
    return (
        not only_a_tunnel
        and bool(behind_options)
        and (len(behind_options) == 1 or _asks_for_more(_split_remote_command(behind_options[1:])))
    )


def _chroot_opens_session(rest: list[str]) -> bool:
    behind_options = _behind_options(rest, "chroot")
    return len(behind_options) == 1 or _asks_for_more(behind_options[1:])


def _nsenter_opens_session(rest: list[str]) -> bool:
    inner = _behind_options(rest, "nsenter")
    return not inner or _asks_for_more(inner)


def _sshpass_opens_session(rest: list[str]) -> bool:
    return _asks_for_more(_behind_options(rest, "sshpass"))


def _ip_opens_session(rest: list[str]) -> bool:
    return rest[:2] == ["netns", "exec"] and _asks_for_more(rest[3:])


_OPENERS = {
    "sudo": _sudo_opens_session,
    "doas": _sudo_opens_session,
    "su": _su_opens_session,
    "ssh": _ssh_opens_session,
    "chroot": _chroot_opens_session,
    "ip": _ip_opens_session,
    "nsenter": _nsenter_opens_session,
    "sshpass": _sshpass_opens_session,
}


def _gives_command(word: str, name: str) -> bool:
    """True for `-c`, `-Atc`, `-c'select 1'`, `--eval=...`, a script, `@script`."""
    options = COMMAND_OPTIONS[name]
    if not word.startswith("--"):
        bare = word.lstrip("-").lstrip(FLAGS_ALONE.get(name, ""))
        word = f"-{bare}" if word.startswith("-") and bare else word
    if re.search(r"\.(?:js|sql)$|^@", word):
        return True
    short = (option for option in options if len(option) == 2)
    return any(word == option or word.startswith(f"{option}=") for option in options) or (
        not word.startswith("--") and any(word.startswith(option) for option in short)
    )


def _in_a_cluster(rest: list[str]) -> bool:
    behind = _behind_options(rest, "kubectl")
    verb, arguments = (behind[0], behind[1:]) if behind else ("", [])
    if verb == "attach":
        return True
    if verb == "rsh":
        return len(_without_options(arguments, "kubectl")) <= 1
    if verb not in ("exec", "run", "debug"):
        return False
    if "--" in arguments:
        return _asks_for_more(arguments[arguments.index("--") + 1 :])
    plain = _without_options(arguments, "kubectl")
    interactive = any(re.fullmatch(r"-[it]+|--stdin(?:=true)?|--tty(?:=true)?", argument) for argument in arguments)
    return _asks_for_more(plain[1:]) if len(plain) > 1 else verb == "debug" or interactive


def _in_a_container(rest: list[str]) -> bool:
    behind = _behind_options(rest, "docker")
    if behind[:1] in (["compose"], ["container"]):
        behind = _behind_options(behind[1:], "docker")
    verb, arguments = (behind[0], behind[1:]) if behind else ("", [])
    if verb == "attach":
        return True
    if verb not in ("exec", "run", "shell"):
        return False
    inner = _behind_options(arguments, "docker")
    options = arguments[: len(arguments) - len(inner)]
    interactive = any(re.fullmatch(r"-[a-z]*[it][a-z]*|--interactive|--tty", option) for option in options)
    detached = any(option in ("-d", "--detach") for option in options)
    parts = inner[2:] if inner[1:2] == ["--"] else inner[1:]
    return not detached and (_asks_for_more(parts) if parts else interactive)


def _list_inner_words(argv: Sequence[str]) -> list[str]:
    """The words behind the pod or the container."""
    parts = list(argv)
    return parts[parts.index("--") + 1 :] if "--" in parts else parts[-1:]


def _behind_options(rest: Sequence[str], tool: str) -> list[str]:
    """The words from the first one on that is no option, and no option's value."""
    values = frozenset(TAKES_VALUE.get(tool, "").split())
    index = 0
    while index < len(rest):
        word = rest[index]
        if word == "--":
            return list(rest[index + 1 :])
        if not word.startswith("-") and not (tool in ("", "sudo") and re.match(r"[A-Za-z_]\w*=", word)):
            return list(rest[index:])
        # `-iu postgres`: the last of several letters takes the value, where none before it does.
        joined = re.fullmatch(r"-[A-Za-z]{2,}", word) and values.isdisjoint(f"-{letter}" for letter in word[1:-1])
        index += 2 if word in values or (joined and f"-{word[-1]}" in values) else 1
    return []


def _without_options(rest: Sequence[str], tool: str) -> list[str]:
    """The words that are no options, wherever they stand."""
    names: list[str] = []
    left = _behind_options(rest, tool)
    while left:
        names.append(left[0])
        left = _behind_options(left[1:], tool)
    return names


def _split_remote_command(parts: Sequence[str]) -> list[str]:
    """The remote command of ssh, which is joined by blanks and split again over there."""
    try:
        return shlex.split(" ".join(parts))
    except ValueError:
        return list(parts)

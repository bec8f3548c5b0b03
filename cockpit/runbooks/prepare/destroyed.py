"""What a command destroys, as its arguments name it: the word that is typed before it starts.

A name, a path, an address, a table: never a reason, a comment or another text that somebody was free to choose.
"""

import re
import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from cockpit.runbooks.command_kinds.tables import names_danger

WRAPPERS = frozenset({"sudo", "doas", "nohup", "time", "nice", "ionice", "env", "command", "exec", "stdbuf"})
FREE_TEXT = frozenset(
    {"-m", "--message", "--reason", "--comment", "--description", "--note", "--body", "--title", "--cause", "--why"}
)
"""Flags whose value is anything that somebody writes."""
FREE_NAMES = frozenset(flag.strip("-") for flag in FREE_TEXT if flag.startswith("--"))

EVERY_OPERAND: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("rm", "rmdir", "unlink", "srm", "groupdel", "deluser", "delgroup", "killall"), frozenset()),
    **dict.fromkeys(("lvremove", "vgremove", "pvremove", "blkdiscard"), frozenset({"-o", "-l", "-p"})),
    **dict.fromkeys(("dropdb", "dropuser"), frozenset({"-h", "-p", "-U", "--host", "--port", "--username"})),
    "shred": frozenset({"-n", "-s", "--iterations", "--size"}),
    "truncate": frozenset({"-s", "--size", "-r", "--reference"}),
    "kill": frozenset({"-s", "-n", "--signal"}),
    "pkill": frozenset({"-s", "-u", "-U", "-g", "-t", "-P", "--signal"}),
    "userdel": frozenset({"-R"}),
    "wipefs": frozenset({"-o", "-t"}),
}
"""Whatever they name that is no flag goes. With each its flags that take the next word along."""

VERBS = frozenset(
    {
        *("rm", "rmi", "remove", "uninstall", "delete", "del", "destroy", "drop", "purge", "terminate", "rb"),
        *("drain", "evict", "kill", "stop", "abort", "unlink", "deregister", "deactivate", "disable", "mask"),
    }
)
KINDS_BEFORE_THE_NAME = frozenset({"kubectl", "oc"})
WITH_A_VALUE = frozenset(
    {
        *("-n", "--namespace", "--context", "--cluster", "--kubeconfig", "-o", "--output", "--timeout", "-c", "-s"),
        *("--grace-period", "--project", "--region", "--profile", "--zone", "--repo", "-R", "-H", "--host", "-u", "-p"),
        *("--user", "--signal", "--size", "--kube-context", "--field-selector", "--cascade", "--request-timeout"),
        *("-g", "--resource-group", "--subscription", "-t", "--token", "--chdir", "-C", "--var-file", "-var"),
        *("--wait-timeout", "-d", "--dbname", "-U", "--username", "--port", "--endpoint-url", "--query"),
    }
)
"""Flags that say where or how, and take the next word with them."""

NAMES_OF = {"az": ("--revision", "--replica", "--name", "-n", "--ids", "--id")}
NAMING = re.compile(r"--([a-z0-9-]+-)?(name|names|id|ids|identifier|identifiers|arn|bucket|key|table|cluster|stack)")
SQL_CLIENTS = frozenset({"psql", "mysql", "mariadb", "sqlcmd", "sqlite3", "clickhouse-client", "cqlsh", "usql", "bq"})
SQL_TARGET = re.compile(
    r"\b(?:drop|truncate|delete\s+from|alter)\s+(?:(?:table|database|schema|index|view|user|role|materialized|subscription|publication|sequence"
    r"|function|extension|tablespace|trigger|concurrently)\s+)*"
    r"(?:if\s+exists\s+)?(?:only\s+)?(?P<name>[\w.\"`\[\]-]+)",
    re.IGNORECASE,
)


REDIS_VALUES = frozenset(
    {"-h", "-p", "-s", "-a", "-u", "-r", "-i", "-n", "-d", "--user", "--pass", "--cacert", "--sni"}
)
CLUSTER_TOOLS: Mapping[str, frozenset[str]] = {
    "rabbitmqctl": frozenset({"-p", "--vhost", "-n", "--node", "-t", "--timeout"}),
    "rabbitmqadmin": frozenset(
        {"-H", "-P", "-u", "-p", "-V", "--host", "--port", "--username", "--password", "--vhost"}
    ),
    "patronictl": frozenset(
        {"-c", "--config-file", "-d", "--dcs-url", "--candidate", "--leader", "--primary", "--group"}
    ),
    "helm": WITH_A_VALUE,
}
"""Tools whose verb has the name of the thing right behind it. With each its flags that take the next word along."""
MONGO_TARGET = re.compile(
    r"""\bdb\.(?:(?P<all>dropDatabase)|(?:getCollection\(["'])?(?P<name>\w+)["')]*\.(?:drop|delete\w+|remove)\b)"""
)


def find_argument_name(argv: Sequence[str]) -> str:
    """The resource that is destroyed; "" where the arguments do not name it."""
    argv = _unwrap(list(argv))
    if not argv:
        return ""
    tool = PurePosixPath(argv[0]).name
    rest = argv[1:]
    if inner := _find_inner_command(tool, rest):
        return find_argument_name(inner)
    if tool in NAMES_OF:
        return _find_flag(rest, NAMES_OF[tool]) or _find_naming_flag(rest)
    if tool in KINDS_BEFORE_THE_NAME:
        return _find_kubernetes_name(rest)
    if tool in EVERY_OPERAND:
        return " ".join(_list_operands(rest, EVERY_OPERAND[tool]))
    if tool.startswith("mkfs"):
        return next(iter(list(_list_operands(rest, ("-t", "-L", "-b")))[-1:]), "")
    if tool in SQL_CLIENTS:
        return next((_find_sql_name(text) for text in rest if _find_sql_name(text)), "")
    if tool == "git":
        return _find_git_name(rest)
    if tool == "dd":
        return next((text.partition("=")[2] for text in rest if text.startswith("of=")), "")
    if tool == "find":
        return next(iter(_list_operands(rest, ())), "")
    if tool in ("rsync", "mv", "cp"):
        return next(iter(list(_list_operands(rest))[-1:]), "")
    if tool in ("curl", "http", "https", "wget", "xh"):
        return next((_name_address(text) for text in rest if "://" in text), "")
    if tool in ("terraform", "tofu", "terragrunt"):
        return next((text.partition("=")[2] for text in rest if text.startswith("-target=")), "") or _find_flag(
            rest, ("-target",)
        )
    if tool in ("redis-cli", "valkey-cli", "keydb-cli"):
        return _find_redis_name(rest)
    if tool in CLUSTER_TOOLS:
        return _find_cluster_name(tool, rest)
    if tool.startswith("kafka-"):
        return _find_flag(rest, ("--topic", "--group", "--entity-name", "--broker-list"))
    if tool == "pg_restore":
        return _find_flag(rest, ("-d", "--dbname"))
    if tool in ("mongosh", "mongo"):
        return next((match["name"] or match["all"] for text in rest if (match := MONGO_TARGET.search(text))), "")
    if rest[:1] == ["compose"] or tool in ("docker-compose", "podman-compose"):
        return _find_flag(rest, ("-p", "--project-name")) or _find_behind_verb(rest)
    return _find_flag_name_of_cloud(tool, rest) or _find_behind_verb(rest)


EXEC_VALUES = frozenset({"-e", "-u", "-w", "--env", "--user", "--workdir", "--index"})
SSH_VALUES = frozenset({"-p", "-i", "-l", "-o", "-J", "-F", "-b", "-c", "-L", "-R", "-D"})


def _find_inner_command(tool: str, rest: Sequence[str]) -> list[str]:
    """What runs in another place: `kubectl exec pod -- psql ...`, `docker exec -it db psql ...`, `ssh host rm ...`."""
    if tool in KINDS_BEFORE_THE_NAME and "exec" in rest and "--" in rest:
        return list(rest[rest.index("--") + 1 :])
    words = list(rest)
    if tool in ("docker", "podman", "nerdctl", "docker-compose") and "exec" in words:
        words = words[words.index("exec") + 1 :]
    elif tool != "ssh":
        return _split_script(rest) if tool in ("bash", "sh") else []
    while words and words[0].startswith("-"):
        words = words[2 if words[0] in (SSH_VALUES if tool == "ssh" else EXEC_VALUES) else 1 :]
    words = words[2:] if words[1:2] == ["--"] else words[1:]
    return _split_script(["-c", *words]) if len(words) == 1 else words


def _split_script(rest: Sequence[str]) -> list[str]:
    """The words of `-c 'rm -rf /srv/data'`; none of what is no single command."""
    script = rest[rest.index("-c") + 1] if "-c" in rest[:-1] else ""
    if re.search(r"[;|&\n]", script):
        return []
    with suppress(ValueError):
        return shlex.split(script)
    return []


def _unwrap(argv: list[str]) -> list[str]:
    """Without what only says how it is run: `sudo -u postgres`, `env A=b`."""
    while argv and PurePosixPath(argv[0]).name in WRAPPERS:
        argv = argv[1:]
        while argv and (argv[0].startswith("-") or re.fullmatch(r"[A-Za-z_]\w*=.*", argv[0])):
            argv = argv[2 if argv[0] in ("-u", "-g", "-n") else 1 :]
    return argv


def _list_operands(rest: Sequence[str], with_a_value: Collection[str] = WITH_A_VALUE) -> Iterator[str]:
    """The words that are no flags and no values of flags; behind `--` all of them."""
    skip = only = False
    for text in rest:
        if skip:
            skip = False
        elif only or not text.startswith("-") or text == "-":
            yield text
        elif text == "--":
            only = True
        else:
            skip = text in with_a_value or text in FREE_TEXT


def _find_flag(rest: Sequence[str], names: Sequence[str]) -> str:
    flags = dict(pairwise(rest))
    joined = {flag: value for flag, sign, value in (text.partition("=") for text in rest) if sign}
    return next((flags.get(name) or joined.get(name, "") for name in names if name in flags or name in joined), "")


def _find_naming_flag(rest: Sequence[str]) -> str:
    """The last flag that names something: `--db-instance-identifier`, `--group-name`."""
    named = [
        value or following
        for text, following in pairwise([*rest, ""])
        for flag, _, value in (text.partition("="),)
        if NAMING.fullmatch(flag)
    ]
    return next((name for name in reversed(named) if name and not name.startswith("-")), "")


def _find_redis_name(rest: Sequence[str]) -> str:
    """The key, or where nothing but the whole store can be meant the host of it."""
    words = list(_list_operands(rest, REDIS_VALUES))
    if len(words) > 1:
        return words[1]
    host = _find_flag(rest, ("-h",)) or _name_address(_find_flag(rest, ("-u",)))
    return host or "".join(words)


def _find_cluster_name(tool: str, rest: Sequence[str]) -> str:
    """`rabbitmqctl delete_queue orders`, `patronictl failover shop`, `helm rollback web 3`: what stands behind it."""
    words = list(_list_operands(rest, CLUSTER_TOOLS[tool]))
    if tool == "rabbitmqadmin":
        return next((text.removeprefix("name=") for text in words if text.startswith("name=")), "")
    return words[1] if len(words) > 1 else ""


def _find_flag_name_of_cloud(tool: str, rest: Sequence[str]) -> str:
    if tool != "aws":
        return ""
    if rest[:1] == ["s3"]:
        return next(iter(list(_list_operands(rest[2:]))[-1:]), "")
    return _find_naming_flag(rest)


def _find_kubernetes_name(rest: Sequence[str]) -> str:
    """Of `delete pod web-1` the pod, of `delete -f x.yaml` the file, of `delete pods --all` the kind."""
    file = _find_flag(rest, ("-f", "--filename", "-l", "--selector", "-k", "--kustomize"))
    words = list(_list_operands(rest))
    verb = next((index for index, text in enumerate(words) if text in VERBS or text == "scale"), None)
    if verb is None:
        return ""
    targets = [text for text in words[verb + 1 :] if text != file]
    if words[verb] in ("drain", "evict"):
        return " ".join(targets[:1])
    if not targets:
        return file
    if "/" in targets[0]:
        return " ".join(text.partition("/")[2] for text in targets)
    return " ".join(targets[1:]) or file or targets[0]


def _find_behind_verb(rest: Sequence[str]) -> str:
    """`docker volume rm data`, `helm uninstall web -n shop`: what stands behind the verb."""
    words = list(_list_operands(rest))
    verb = next((index for index, text in enumerate(words) if text in VERBS), None)
    if verb is None:
        return ""
    return " ".join(words[verb + 1 :]) or _find_naming_flag(rest)


def _find_git_name(rest: Sequence[str]) -> str:
    words = list(_list_operands(rest, ("-C", "-c")))
    if not words:
        return ""
    if words[0] == "push":
        return next(iter([text.lstrip("+:").rpartition(":")[2] for text in words[2:]]), "") or " ".join(words[1:2])
    if words[0] == "clean":
        return " ".join(words[1:]) or "."
    return " ".join(words[1:])


def _find_sql_name(text: str) -> str:
    match = SQL_TARGET.search(text)
    return match["name"].strip('"`[];') if match else ""


def find_request_name(url: str) -> str:
    """What a request is about: of `/api/v1/cache/clear` the cache, as its last part only says what is done."""
    try:
        segments = [segment for segment in urlsplit(url).path.split("/") if segment]
    except ValueError:
        return ""
    while len(segments) > 1 and names_danger(segments[-1]):
        segments.pop()
    return segments[-1] if segments else ""


def _name_address(url: str) -> str:
    """The last part of its path, else its host."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return parts.path.rstrip("/").rpartition("/")[2] or parts.hostname or ""


def is_name(placeholder: str, text: str) -> bool:
    """Whether the value of a placeholder may be a name at all: one word, and no reason that somebody wrote."""
    return bool(text) and not any(letter.isspace() for letter in text) and placeholder.casefold() not in FREE_NAMES


def list_free_texts(argv: Sequence[str]) -> set[str]:
    """The values of flags that take any text."""
    joined = (text.partition("=") for text in argv)
    return {value for flag, value in pairwise(argv) if flag in FREE_TEXT} | {
        value for flag, sign, value in joined if sign and flag in FREE_TEXT
    }

"""Options by which a client of a cluster is told another cluster, or somebody else to act as, in the command itself.

Told from the tree, so that what stands behind `--` or behind the pod of `kubectl exec` is the inner program's affair:
`kubectl exec redis-0 -- redis-cli --cluster info` names no cluster of kubectl. Where a client stands in quotes
(`bash -c "kubectl ..."`) or the text does not parse, it is looked for by its letters.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from cockpit.runbooks.shell_syntax.parse import parse_shell
from cockpit.runbooks.shell_syntax.requirements import CLUSTER_TOOLS, find_program
from cockpit.runbooks.shell_syntax.types import SimpleCommand

CLUSTERS = frozenset(("--server", "--cluster", "--kube-apiserver", "-s"))
IDENTITIES = frozenset(
    (
        *("--user", "--token", "--as", "--as-group", "--as-uid", "--as-user-extra", "--username", "--password"),
        *("--client-certificate", "--client-key", "--kube-token", "--kube-as-user", "--kube-as-group"),
    )
)
KUBECTL = frozenset(("kubectl", "oc"))
OF_KUBECTL = frozenset(("-s", "--username", "--password", "--user", "--client-certificate", "--client-key"))
"""What means something else to other clients: `helm template -s`, `flux create secret --username`."""

RUNS_ANOTHER = frozenset(("exec", "run", "debug", "rsh"))  # behind the pod stands somebody else's command
BINDS = frozenset(("rolebinding", "clusterrolebinding"))  # `--user` names whom, not who
TAKES_VALUE = frozenset(("-n", "--namespace", "--context", "--kubeconfig", "-c", "--container", "-f", "-l", "-o"))
QUOTED = re.compile(
    rf"(?<![\w-])(?:{'|'.join(sorted(CLUSTER_TOOLS))})\s[^;&|\n]*?\s(?P<option>--(?:server|cluster|kube-apiserver|user|token"
    r"|as(?:-group|-uid)?|kube-token|kube-as-(?:user|group)))(?:=|\s+)(?P<value>[^\s;&|\"']+)"
)


SECRETS = frozenset(("--token", "--password", "--kube-token", "--client-key"))
IDENTITY_VARIABLE = re.compile(r"\bHELM_KUBE(?P<name>TOKEN|ASUSER|ASGROUPS)=(?P<value>\S*)")


class ClusterOption(NamedTuple):
    """`--server https://x` as `--server` and `https://x`."""

    name: str
    value: str

    @property
    def names_cluster(self) -> bool:
        return self.name in CLUSTERS


def list_cluster_options(command: str) -> list[ClusterOption]:
    """Every option of a cluster's client that names a cluster or somebody to act as, in the order written."""
    document = parse_shell(command)
    clients = [simple for simple in document.commands if find_program(simple).rpartition("/")[2] in CLUSTER_TOOLS]
    options = [option for simple in clients for option in _list_options_of(simple)]
    rest = command
    for simple in clients if not document.errors else ():
        rest = f"{rest[: simple.start]}{' ' * (simple.end - simple.start)}{rest[simple.end :]}"
    if document.errors:
        options = []
    return [*options, *(ClusterOption(match["option"], match["value"]) for match in QUOTED.finditer(rest))]


def _list_options_of(simple: SimpleCommand) -> Iterator[ClusterOption]:
    texts = [word.text if word.text is not None else word.raw for word in simple.words]
    program = find_program(simple)
    name = program.rpartition("/")[2]
    words = _cut_inner_command(texts[texts.index(program) + 1 :])
    subject = not BINDS.isdisjoint(words)
    for index, word in enumerate(words):
        option, joined, value = word.partition("=")
        if option not in CLUSTERS | IDENTITIES or (option in OF_KUBECTL and name not in KUBECTL):
            continue
        if option == "--user" and subject:
            continue
        yield ClusterOption(option, value if joined else "".join(words[index + 1 : index + 2]))


def _cut_inner_command(words: Sequence[str]) -> list[str]:
    """The words that are the client's own."""
    own: list[str] = []
    plain = 0
    takes_next = runs_another = False
    for word in words:
        if word == "--":
            break
        if takes_next:
            takes_next = False
        elif word.startswith("-"):
            takes_next = word in TAKES_VALUE or (word in CLUSTERS | IDENTITIES)
        else:
            plain += 1
            runs_another = runs_another or (plain == 1 and word in RUNS_ANOTHER)
            if runs_another and plain > 2:
                break
        own.append(word)
    return own


def find_identity(command: str) -> str:
    """Whom a command acts as by its own words, "" for whoever its context says: a name, or `token` for a secret."""
    for option in list_cluster_options(command):
        if not option.names_cluster:
            return option.name.removeprefix("--") if option.name in SECRETS else option.value.strip("\"'")
    variable = IDENTITY_VARIABLE.search(command)
    if variable is None:
        return ""
    return "token" if variable["name"] == "TOKEN" else variable["value"].strip("\"'")

"""A flag makes a look of a command only where no word says what is done: `zfs destroy -p` destroys."""

import pytest

from cockpit.model.runbook import StepKind
from cockpit.runbooks.command_kinds.judge import SPECIAL, judge_shell
from cockpit.runbooks.command_kinds.tables import CommandTool, load_tools

TOOLS = {tool.title: tool for tool in load_tools().values()}
READ, CHANGE, DANGER = StepKind.READ, StepKind.CHANGE, StepKind.DANGER


def list_acts(tool: CommandTool) -> list[str]:
    """The verbs of a tool that are words and no patterns, and that do something."""
    verbs = (pattern for pattern in tool.verbs if pattern.kind in (CHANGE, DANGER) and len(pattern.plain) > 0)
    return [" ".join(pattern.tokens) for pattern in verbs if len(pattern.plain) == len(pattern.tokens)]


@pytest.mark.parametrize(
    "tool",
    [tool for tool in TOOLS.values() if tool.read_flags and list_acts(tool) and tool.names[0] not in SPECIAL],
    ids=lambda tool: tool.title,
)
def test_no_flag_of_any_tool_makes_a_look_of_a_verb_that_acts(tool: CommandTool) -> None:
    flags = [flag for flag in tool.read_flags if "*" not in flag]
    commands = [f"{tool.names[0]} {verb} x {flag}" for verb in list_acts(tool) for flag in flags]
    assert [command for command in commands if judge_shell(command) is READ] == []


@pytest.mark.parametrize(
    "command",
    """
    zfs destroy -p pool/a
    zfs destroy -rp pool/a
    mdadm -C /dev/md0 -l1 -n2 /dev/sda /dev/sdb
    mdadm --create /dev/md0 -l 1 -n 2 /dev/sda /dev/sdb
    mdadm --stop --scan
    sgdisk -Z -p /dev/sda
    sfdisk --delete /dev/sda -l
    fuser -km /mnt
    fuser -k -v /mnt
    passwd -l bob
    mvn -T 1C clean deploy
    ceph osd out 1 -w
    cryptsetup luksFormat -s 512 /dev/sda
    ip link set eth0 down
    ifdown eth0
    postsuper -d ALL
    hping3 --flood -S host
    qm destroy 100
    openstack server delete a
    rbd rm pool/a
    php artisan migrate:fresh
    php artisan migrate:rollback
    ibmcloud ks cluster rm a
    borg check --repair repo
    """.strip().splitlines(),
)
def test_what_destroys_beside_a_flag_that_looks_is_a_danger(command: str) -> None:
    assert judge_shell(command.strip()) is DANGER


@pytest.mark.parametrize(
    "command",
    [
        "mvn -T 4 deploy",
        "railway variables --set A=b",
        "bazel test //...",
        "openstack server set --name list a",
        "gradle -T publish",
        "hping3 -U host",
        "ab -n 9 http://a/",
        "zfs snapshot a@b",
    ],
)
def test_what_acts_beside_such_a_flag_is_a_change(command: str) -> None:
    assert judge_shell(command) is CHANGE


@pytest.mark.parametrize(
    "command",
    """
    mdadm --detail /dev/md0
    fdisk -l
    fdisk -x
    sfdisk -d /dev/sda
    fuser -vm /mnt
    passwd -S bob
    chage -l bob
    zpool status -x
    pcs property list
    apt-mark showhold
    dpkg -c a.deb
    dpkg -I a.deb
    git diff --check HEAD~1
    git cat-file -e HEAD
    git grep -e word
    gh --version
    bazel query //...
    launchctl list
    tailscale status
    qm list
    pvesh get /nodes
    rbd ls pool
    openstack server list
    aliyun ecs DescribeInstances
    salt '*' test.ping
    varnishadm backend.list
    postqueue -p
    mailq
    exim -bp
    fail2ban-client status sshd
    keytool -list -keystore a.jks
    restic snapshots
    borg list repo
    snapper list
    az network private-dns link vnet list -g a -z b
    """.strip().splitlines(),
)
def test_what_only_looks_with_them_is_a_read(command: str) -> None:
    assert judge_shell(command.strip()) is READ

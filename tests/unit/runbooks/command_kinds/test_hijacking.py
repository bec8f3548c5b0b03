"""What runs something else than its words say is no look: text that bash runs, names of programs in variables."""

import subprocess
from pathlib import Path

import pytest

from cockpit.model.runbook import StepKind
from cockpit.runbooks.command_kinds.judge import judge_shell

BELOW_CHANGE = (StepKind.READ, StepKind.VERIFY, StepKind.LOCAL)
RUN = [
    "x='a[$(touch ran)]'; echo $((x))",
    "x='a[`touch ran`]'; ((x))",
    'x="a[\\$(touch ran)]"; [[ $x -gt 3 ]]',
    "[[ 'a[$(touch ran)]' -eq 0 ]]",
    "a=(1); [[ -v 'a[$(touch ran)]' ]]",
    "a=(1); test -v 'a[$(touch ran)]'",
    "printf -v 'a[$(touch ran)]' x",
    "read 'a[$(touch ran)]' <<< x",
    "x='$(touch ran)'; echo ${x@P}",
    "mapfile -C 'touch ran;' -c 1 <<< x",
    "compgen -C 'touch ran'",
    "PS4='$(touch ran)'; set -x; pwd",
    "read -r PATH <<< $PWD; ls",
    "printf -v PATH %s $PWD; ls",
    "for PATH in $PWD; do ls; done",
    "unset PATH; : ${PATH:=$PWD}; ls",
    "env PATH=$PWD ls",
    "tar cf x.tar ls; TAR_OPTIONS='--to-command=./ls' tar xf x.tar",
]


@pytest.mark.parametrize("command", RUN)
def test_what_bash_runs_by_the_way_is_a_change(command: str, tmp_path: Path) -> None:
    (tmp_path / "ls").write_text("#!/bin/sh\n: > ran\n")
    (tmp_path / "ls").chmod(0o755)
    subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, timeout=30)
    assert (tmp_path / "ran").exists(), "it is run"
    assert judge_shell(command) not in BELOW_CHANGE


@pytest.mark.parametrize(
    "command",
    [
        "LESSOPEN='|./x %s' less f",
        "export LESSOPEN='|./x %s'",
        "declare -x KUBECTL_EXTERNAL_DIFF=./x",
        "KUBECTL_EXTERNAL_DIFF=./x kubectl diff -f x.yaml",
        "AWS_PAGER=./x aws ec2 describe-instances",
        "SYSTEMD_PAGER=./x systemctl status nginx",
        "NODE_OPTIONS='--require ./x' node --version",
        "PERL5OPT=-Mx perl -v",
        "env LESSOPEN='|./x' less f",
        "git config core.pager ./x",
        "git config --global alias.st '!./x'",
        "gh alias set x '!./x'",
        "gh config set pager ./x",
        "rsync --list-only --rsh=./x host:",
        "view -c '!./x' f",
        "view '+call system(\"./x\")' f",
        "enable -f ./x.so ls",
        "hash -p ./x ls",
    ],
)
def test_who_names_a_program_that_a_look_runs_changes_something(command: str) -> None:
    assert judge_shell(command) not in BELOW_CHANGE


@pytest.mark.parametrize(
    "command",
    [
        "AWS_PAGER= aws ec2 describe-instances",
        "SYSTEMD_PAGER=cat systemctl status nginx",
        "LESS=-R less f",
        "view +/error f",
        "view -R f",
        "echo ${a[$(date +%u)]}",
        "mapfile -t lines < f",
        "x=3; [[ $x -gt 3 ]]",
        "for host in a b; do ping -c 1 $host; done",
        "GIT_SHA=abc123",
        "git config --get core.pager",
        "[[ $x =~ a[0-9] ]]",
    ],
)
def test_what_only_looks_like_that_stays_as_it_was(command: str) -> None:
    assert judge_shell(command) in BELOW_CHANGE

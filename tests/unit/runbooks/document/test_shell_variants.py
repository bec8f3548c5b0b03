"""The same step for several shells is one step: nobody does a thing twice because it is written twice."""

import pytest

from cockpit.model.runbook import Runbook, StepKind
from cockpit.runbooks.document.read import read_runbook


def read(*blocks: str) -> Runbook:
    return read_runbook("both.md", ("# Both\n\n## Delete it\n\n" + "\n\n".join(blocks) + "\n").encode())


def fence(name: str, *lines: str) -> str:
    return "\n".join((f"```{name}", *lines, "```"))


def list_steps(runbook: Runbook) -> list[tuple[str, str]]:
    (procedure,) = runbook.procedures
    assert not procedure.menu
    return [(step.kind.value, step.command or step.mention) for step in procedure.steps]


DELETE = "az group delete -n shop"
PAIRS = [
    (fence("bash", DELETE), fence("powershell", DELETE)),
    (fence("", DELETE), "On Windows:", fence("pwsh", DELETE)),
    (fence("sh", "az group delete \\", "  -n 'shop'"), fence("ps1", "az group delete `", '  -n "shop"')),
    (fence("bash", "az group delete -n $RG"), fence("powershell", "az group delete -n $env:RG")),
    (fence("bash", "kubectl delete -f k8s/a.yaml"), fence("powershell", "kubectl delete -f k8s\\a.yaml")),
    (
        *("Bash:", fence("bash", "curl -X POST https://api.acme.net/purge"), "PowerShell:"),
        fence("powershell", "Invoke-RestMethod -Method Post -Uri https://api.acme.net/purge"),
    ),
    ('=== "Bash"', "    " + fence("bash", DELETE).replace("\n", "\n    "), '=== "PowerShell"',
     "    " + fence("powershell", DELETE).replace("\n", "\n    ")),
]  # fmt: skip


@pytest.mark.parametrize("blocks", PAIRS)
def test_what_is_written_for_two_shells_is_done_once(blocks: tuple[str, ...]) -> None:
    runbook = read(*blocks)
    kinds = [kind for kind, _ in list_steps(runbook)]
    assert kinds.count("note") == 1
    assert len(kinds) == 2
    assert [finding.rule for finding in runbook.findings] == ["block-left-out"]


def test_the_one_for_bash_runs_whichever_comes_first() -> None:
    first, second = list_steps(read(fence("powershell", "Remove-Item a.txt"), "Linux:", fence("bash", "rm a.txt")))
    assert (first, second) == (("note", "Remove-Item a.txt"), ("danger", "rm a.txt"))


def test_a_session_that_both_open_is_open_once() -> None:
    steps = read(fence("powershell", "ssh db-1", "systemctl stop x"), fence("bash", "ssh db-1", "systemctl stop x"))
    opener, below = steps.procedures[0].commands
    assert opener.place is None
    assert below.place is not None


@pytest.mark.parametrize(
    "blocks",
    [
        (fence("bash", "kubectl scale deploy a"), "Then stop the service:", fence("powershell", "Stop-Service a")),
        (fence("bash", DELETE), "On the Windows server:", fence("powershell", "Stop-Service a")),
        (fence("bash", DELETE), fence("bash", DELETE)),
        (fence("bash", DELETE), "## Next", fence("powershell", DELETE)),
        (fence("bash", DELETE, "az logout"), "PowerShell:", fence("powershell", "Stop-Service a")),
    ],
)  # fmt: skip
def test_what_follows_for_another_shell_is_a_step_where_it_is_something_else(blocks: tuple[str, ...]) -> None:
    runbook = read(*blocks)
    steps = [step for procedure in runbook.procedures for step in procedure.steps]
    assert all(step.kind is not StepKind.NOTE for step in steps)
    assert "block-left-out" not in [finding.rule for finding in runbook.findings]

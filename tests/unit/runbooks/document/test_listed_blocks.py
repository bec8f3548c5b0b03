"""Blocks that hold no commands, whatever they are called: what was printed, lists of names, data. None is a step."""

import pytest

from cockpit.model.runbook import Runbook
from cockpit.runbooks.document.read import read_runbook


def read(text: str, heading: str = "Part") -> Runbook:
    return read_runbook("x.md", f"# Doc\n\n## {heading}\n\n{text}\n".encode())


def list_commands(runbook: Runbook) -> list[str]:
    return [step.command for procedure in runbook.procedures for step in procedure.commands]


@pytest.mark.parametrize(
    "line",
    ["0/6 nodes are available: 6 node(s) had volume node affinity conflict.", "AWS/ApplicationELB latency is high",
     "2024/05/01 12:00:01 [error] 31#31: *123 upstream prematurely closed", "acme/shop-api\nacme/shop-web",
     "fork/exec /usr/local/bin/app: cannot allocate memory", "/healthz\n/ready", "docs/format.md     - the format"],
)  # fmt: skip
@pytest.mark.parametrize("name", ["", "text"])
def test_a_slash_alone_makes_no_program(line: str, name: str) -> None:
    assert list_commands(read(f"```{name}\n{line}\n```")) == []


@pytest.mark.parametrize(
    "line",
    ["./act --now", "infra/act.sh eu", "bin/act web", "scripts/act web", "/opt/acme/act web", "~/act web",
     "act.py --now", "../act web", "node_modules/.bin/act web", "/usr/local/sbin/act"],
)  # fmt: skip
def test_a_path_to_a_program_makes_one(line: str) -> None:
    assert list_commands(read(f"```\n{line}\n```")) == [line]


@pytest.mark.parametrize("name", ["", "text", "bash", "shell"])
@pytest.mark.parametrize(
    "heading", ["Expected Output", "Example output", "Error Message", "3. Log excerpt", "Stack trace"]
)
def test_what_stands_below_a_heading_of_output_was_printed(heading: str, name: str) -> None:
    runbook = read(f"```{name}\nRows processed: 150\nWARN retry 3\n```", heading)
    assert list_commands(runbook) == []
    assert runbook.to_read == {"output": (5,)}


def test_what_is_typed_below_such_a_heading_is_a_step_all_the_same() -> None:
    assert list_commands(read("```bash\nkubectl get events\n```", "Log output")) == ["kubectl get events"]


def test_a_comment_below_an_error_is_no_prompt_of_root() -> None:
    assert list_commands(read("```text\nCronJob is suspended\n# kubectl get cronjob shows True\n```")) == []
    assert list_commands(read("```text\n# systemctl status api\nactive\n```")) == ["systemctl status api"]


@pytest.mark.parametrize(
    "content",
    ['{\n  "a": {"b": [1, 2]},\n  "c": "d"\n}', '[\n  {"a": 1},\n]', "NODE_NAME  # e.g. n1\nPOD_CIDR",
     "/etc/iptables\n/var/lib/x/", "C:\\temp\\>ping acme.net\nReply from 10.0.0.1"],
)  # fmt: skip
@pytest.mark.parametrize("name", ["bash", "command"])
def test_data_under_the_name_of_a_shell_is_named_and_no_step(content: str, name: str) -> None:
    runbook = read(f"```{name}\n{content}\n```")
    assert list_commands(runbook) == []
    assert [finding.rule for finding in runbook.findings] == ["block-left-out"]


@pytest.mark.parametrize("content", ["{ date; hostname; }", "[ -f /tmp/x ]", "restart-all\nflush-all", '["$A" = b]'])
def test_commands_that_begin_like_data_are_commands(content: str) -> None:
    assert list_commands(read(f"```bash\n{content}\n```"))


@pytest.mark.parametrize(
    "line", ["0 8 * * 3,6 /srv/act.sh", "*/5 * * * * curl -X POST https://acme.net", "@daily rm -rf /srv/old",
             "> docker restart web", "top - 21:28:31 up 10:05,  5 users"],
)  # fmt: skip
def test_a_line_that_no_shell_is_given_is_no_command(line: str) -> None:
    assert list_commands(read(f"```bash\ncrontab -e\n{line}\n```")) == ["crontab -e"]


@pytest.mark.parametrize("line", ["> /tmp/empty.log", "> out.txt echo x", "@acme/act web"])
def test_what_only_looks_like_one_is_a_command(line: str) -> None:
    assert line in list_commands(read(f"```bash\nuptime\n{line}\n```"))


@pytest.mark.parametrize(
    "content", ["else\n  rm -rf /srv/data\nfi", "rm -rf /srv/a\ndone", "then\n  systemctl stop web"]
)
def test_the_rest_of_a_condition_is_one_block_that_never_runs(content: str) -> None:
    (step,) = read(f"```bash\n{content}\n```").procedures[0].steps
    assert (step.command, bool(step.unparsed)) == (content, True)


def test_a_comment_behind_an_assignment_leaves_it_a_value() -> None:
    runbook = read("```bash\nRG=shop   # the group\nTOKEN=  # yours\n```\n\n```bash\naz group show -n $RG\n```")
    assert list_commands(runbook) == ["az group show -n $RG"]
    assert ("RG", "shop") in [(parameter.name, parameter.hint) for parameter in runbook.parameters]


def test_a_code_in_prose_with_blanks_around_its_sign_is_of_another_language() -> None:
    assert list_commands(read('- `size = "large"`, `timeout = "moderate"`')) == []

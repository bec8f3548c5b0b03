"""What a fence holds: by its name, by a prompt, by the programs in it. Nothing vanishes without a word."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.model.runbook import ONLY_VALUES, Runbook, StepKind
from cockpit.runbooks.document.fence_pieces import split_fence
from cockpit.runbooks.document.fences import find_language_name, read_fence
from cockpit.runbooks.document.read import read_runbook


def read(text: str) -> Runbook:
    return read_runbook("x.md", f"# Doc\n\n## Part\n\n{text}\n".encode())


def commands(runbook: Runbook) -> list[str]:
    return [step.command for procedure in runbook.procedures for step in procedure.commands]


def left_out(runbook: Runbook) -> list[int]:
    return [finding.line for finding in runbook.findings if finding.rule == "block-left-out"]


@pytest.mark.parametrize(
    ("info", "name"),
    [
        ("bash", "bash"),
        ("Bash title=x", "bash"),
        ("{.bash .numberLines}", "bash"),
        ("{code-block} console", "console"),
        ("{code} shell", "shell"),
        ("bash{1,3}", "bash"),
        ("shell script", "shell"),
        ("", ""),
    ],
)
def test_the_name_of_a_language_is_found_in_every_spelling(info: str, name: str) -> None:
    assert find_language_name(info) == name


@pytest.mark.parametrize(
    "prompt",
    ["$ ", "ops@db:~$ ", "[root@db ~]# ", "root@db:/srv# ", "(venv) $ ", "[ops@db /srv]$ ", "❯ ", "db$ "[2:]],
)
@pytest.mark.parametrize("name", ["", "bash", "console", "text"])
def test_a_prompt_makes_any_fence_a_console(prompt: str, name: str) -> None:
    fence = read(f"```{name}\n{prompt.lstrip() or '$ '}kubectl get nodes\nNAME  STATUS\na     Ready\n```")
    assert commands(fence) == ["kubectl get nodes"]
    assert fence.procedures[0].steps[0].expected.startswith("NAME")


def test_a_prompt_of_powershell_is_followed_by_powershell() -> None:
    (step,) = read("```console\nPS C:\\> Get-Process web\n```").procedures[0].steps
    assert (step.command, step.language) == ("Get-Process web", "powershell")


def test_a_hash_is_a_prompt_only_where_no_comment_can_be_meant() -> None:
    assert commands(read("```console\n# kubectl get nodes\n```")) == ["kubectl get nodes"]
    assert commands(read("```\n# systemctl status api\nactive (running)\n```")) == ["systemctl status api"]
    (step,) = read("```bash\n# kubectl get nodes shows the nodes\nkubectl get nodes\n```").procedures[0].steps
    assert step.title == "kubectl get nodes shows the nodes"


@pytest.mark.parametrize(
    ("fence", "expected"),
    [
        ("```\nconsul kv get service/leader\n```", ["consul kv get service/leader"]),
        ("```\ncd /srv/shop\ndocker compose restart\n```", ["cd /srv/shop", "docker compose restart"]),
        ("```text\nkubectl get pods\n```", ["kubectl get pods"]),
        ("```console\nkubectl delete pod api-0\n```", ["kubectl delete pod api-0"]),
        ("```azurecli-interactive\naz group list\n```", ["az group list"]),
        ("```cmd\ndocker ps\n```", ["docker ps"]),
        ("```\nkubectl top pods\nNAME   CPU\napi    2m\n```", ["kubectl top pods"]),
        ("    kubectl get pods\n", ["kubectl get pods"]),
    ],
)
def test_fences_that_do_not_say_bash_are_read_by_their_programs(fence: str, expected: list[str]) -> None:
    assert commands(read(fence)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "find the owner and tell them",
        "make sure that nobody deploys",
        "Status: [Investigating]\nNext update: 30 minutes",
        "app/\n  main.py\n  test.py",
        "client -> proxy -> api",
        "time passes",
    ],
)
def test_a_text_is_no_command(text: str) -> None:
    assert commands(read(f"```\n{text}\n```")) == []


@pytest.mark.parametrize(
    "fence",
    [
        "```\nkubectl get pods\nfrobnicate --all\n```",
        "```console\nfrobnicate --all now: then\n```",
        "```cmd\nnet stop shop\n```",
        "```\nC:\\> net stop shop\n```",
        "```bash\n#!/bin/bash\nrm -rf /data\n```",
        "Example:\n\n```bash\nkubectl delete pod a\n```",
        "For instance:\n\n```bash\nkubectl delete pod a\n```",
        "<!--\n```bash\nkubectl delete pod a\n```\n-->",
    ],
)
def test_what_is_left_out_is_named(fence: str) -> None:
    runbook = read(fence)
    assert commands(runbook) == []
    assert len(left_out(runbook)) == 1


def test_blocks_without_commands_are_listed_by_their_language() -> None:
    runbook = read("```yaml\na: 1\n```\n\n```json\n{}\n```\n\n```yaml\nb: 2\n```")
    assert runbook.to_read == {"yaml": (5, 13), "json": (9,)}
    assert runbook.findings == ()


@pytest.mark.parametrize("dots", ["...", "…", "[...]", "  …", "... and so on ..."])
def test_three_dots_on_a_line_of_their_own_are_no_command(dots: str) -> None:
    runbook = read(f"```bash\nls -l\n{dots}\n# Then\nkubectl get pods\n{dots}\n```")
    assert commands(runbook) == ["ls -l", "kubectl get pods"]


def test_an_assignment_of_another_language_is_no_command() -> None:
    assert commands(read('```\nlocal nodes = [\n  { name: "a" },\n]\n```')) == []


def test_a_sentence_that_a_command_printed_over_two_lines_is_no_command() -> None:
    text = "status: One or more devices are faulted.\n\tcontinue to function, possibly degraded.\naction: Online it."
    runbook = read(f"```bash\nzpool status\n{text}\n```")
    assert commands(runbook) == ["zpool status"]


def test_what_a_backslash_joins_behind_a_semicolon_is_one_command() -> None:
    runbook = read("```bash\ndate ; \\\necho a ; \\\n  sync\n\nls\n```")
    assert commands(runbook) == ["date ; \\\necho a ; \\\n  sync", "ls"]


def test_what_mount_printed_is_no_command() -> None:
    runbook = read("```console\nmount | grep rbd\n/dev/rbd3 on /var/lib/x (rw,relatime, ..., noquota)\n```")
    assert commands(runbook) == ["mount | grep rbd"]


@pytest.mark.parametrize("content", ["[Service]\n# who\nGroup=web", "# /etc/x.conf\n[InfluxDB]\nurl = http://a\n"])
def test_a_part_of_a_configuration_file_under_the_name_of_bash_is_named_and_no_step(content: str) -> None:
    runbook = read(f"```bash\n{content}\n```")
    assert (commands(runbook), left_out(runbook)) == ([], [5])


@pytest.mark.parametrize(
    "content",
    [
        "# All of them\nPODS=$(kubectl get pods -o name)\n\nfor pod in $(echo ${PODS})\ndo\n  kubectl logs $pod\ndone",
        "for p in $(kubectl get pods -o name)\ndo\n  kubectl logs $p\ndone",
        "if kubectl get ns shop\nthen\n  kubectl get pods -n shop\nfi",
    ],
)
@pytest.mark.parametrize("name", ["console", ""])
def test_a_loop_or_an_assignment_of_what_a_known_program_prints_is_typed(name: str, content: str) -> None:
    runbook = read(f"```{name}\n{content}\n```")
    assert commands(runbook) != []
    assert left_out(runbook) == []


def test_a_warning_without_a_sign_behind_its_word_is_no_name() -> None:
    runbook = read("```sh\n# WARNING do not do this unless you want to lose them\nshopctl drop --yes\n```")
    (step,) = runbook.procedures[0].commands
    assert (step.title.startswith("WARNING"), "unless you want" in step.remark) == (False, True)


@pytest.mark.parametrize(
    "content", ["RG=shop", "# Where\nexport RG=shop\n\nSUB='a b'", '$ RG="shop"', "RG=<rg>\n", "export A=1\nexport B=2"]
)
def test_a_block_of_values_alone_is_listed(content: str) -> None:
    runbook = read(f"```bash\n{content}\n```\n\n```bash\nX=1\nls $X\n```")
    assert commands(runbook) == ["ls $X"]
    assert runbook.to_read == {ONLY_VALUES: (5,)}
    assert [(finding.rule, finding.line) for finding in runbook.findings] == [("only-values", 5)]


@pytest.mark.parametrize(
    ("info", "content"),
    [
        ("fish", "set -x KUBECONFIG staging.yaml\nkubectl get pods"),
        ("fish", "for pod in (kubectl get pods -o name)\n  kubectl delete $pod\nend"),
        ("nushell", "kubectl get pods -o json | from json | where status == Running"),
        ("csh", "setenv TERM vt100\nsystemctl status web"),
        ("python", "import os\nos.remove('/data/lock')"),
        ("py title=fix.py", "kill(4)"),
        ("ruby", "Order.where(state: 'stuck').update_all(state: 'new')"),
        ("mongodb", "db.orders.deleteMany({})"),
        ("redis", "FLUSHALL"),
        ("promql", "rate(http_requests_total[5m])"),
        ("http", "DELETE /api/v1/jobs/7"),
        ("klingon", "nuqneH"),
    ],
)
def test_no_block_vanishes_whatever_its_language(info: str, content: str) -> None:
    runbook = read(f"1. Look first.\n\n```{info}\n{content}\n```")
    assert commands(runbook) == []
    assert left_out(runbook) == [7]
    note = runbook.procedures[0].steps[-1]  # in its place, to read and to copy
    assert (note.kind, note.mention) == (StepKind.NOTE, content)


@given(name=st.from_regex(r"[A-Za-z][A-Za-z0-9+#_-]{0,12}", fullmatch=True))
def test_under_any_name_a_block_is_a_step_or_a_finding_or_listed(name: str) -> None:
    runbook = read(f"```{name}\nrestart everything now\n```")
    assert commands(runbook) or left_out(runbook) or runbook.to_read


@pytest.mark.parametrize("name", ["fish", "csh", "xonsh", "nu", "ash", "docker", "bahs"])
def test_plain_programs_run_whatever_shell_they_were_written_for(name: str) -> None:
    assert commands(read(f"```{name}\n# Look\ndocker ps --all\n```")) == ["docker ps --all"]


def test_a_command_among_output_is_named() -> None:
    runbook = read("```bash\n$ cd /srv\ndocker compose restart\n```")
    assert commands(runbook) == ["cd /srv"]
    assert len(left_out(runbook)) == 1


def test_an_example_is_a_note_that_can_be_copied() -> None:
    runbook = read("```bash\nuptime\n```\n\nExample:\n\n```bash\nkubectl delete pod a\n```")
    note = runbook.procedures[0].steps[-1]
    assert (note.kind, note.mention, note.command) == (StepKind.NOTE, "kubectl delete pod a", "")


def test_a_block_below_example_output_is_what_the_step_should_print() -> None:
    (step,) = read("```bash\nuptime\n```\n\nExample output:\n\n```bash\n$ uptime\nup 3 days\n```").procedures[0].steps
    assert "up 3 days" in step.expected


def test_options_on_a_line_of_their_own_belong_to_the_command_above() -> None:
    (step,) = read("```azurecli\naz group delete\n  --name shop\n  --yes\n```").procedures[0].steps
    assert step.command == "az group delete \\\n  --name shop \\\n  --yes"
    assert step.kind is StepKind.DANGER


@pytest.mark.parametrize("comment", ["# -----", "# =====", "#", "####"])
def test_a_line_that_only_divides_is_no_title(comment: str) -> None:
    (first, second) = read(f"```bash\n# Look\nuptime\n{comment}\ndate\n```").procedures[0].steps
    assert (first.title, second.title) == ("Look", "date")


def test_each_step_has_a_name_of_its_own() -> None:
    steps = (
        read("```bash\n# Find the process\nlsof -i :80\nkill -9 <pid>\n\n# 5. Rename\nmv a b\n```").procedures[0].steps
    )
    assert [step.title for step in steps] == ["Find the process", "kill -9 <pid>", "Rename"]


def test_a_manual_step_can_copy_the_command_that_it_names() -> None:
    (step,) = read("1. The operator runs `kubectl get pods` every minute; tell them to stop").procedures[0].steps
    assert (step.kind, step.mention) == (StepKind.MANUAL, "kubectl get pods")


def test_a_whole_script_is_a_file_and_no_steps() -> None:
    assert read_fence("bash", "#!/usr/bin/env bash\nuptime\n").language == ""


@pytest.mark.parametrize(
    "prose",
    ["Replace POD with the name of the pod.", "where `POD` is the pod that hangs", "- `POD`: the pod that hangs"],
)
def test_a_word_that_the_text_tells_to_replace_does_not_run(prose: str) -> None:
    (step,) = read(f"{prose}\n\n```bash\nkubectl delete pod POD\n```").procedures[0].commands
    assert "POD stands for a value" in step.unparsed


def test_a_tag_that_says_less_than_the_command_does_is_a_finding() -> None:
    runbook = read("```bash read\nkubectl delete pod a\n```")
    assert runbook.procedures[0].steps[0].kind is StepKind.DANGER
    assert [finding.rule for finding in runbook.findings] == ["tag-lowers"]


@pytest.mark.parametrize(
    "printed",
    [
        "deployment.apps/web created",
        "service/web configured (dry run)",
        "NAME    READY   STATUS\nweb-1   1/1     Running",
        "web-7d9f   2/2     Running   0          4h50m",
        "├── cert.pem\n└── key.pem",
        "❌ Permission denied",
        "Error: no such host",
        "---",
    ],
)
def test_what_was_pasted_with_a_command_is_what_it_prints(printed: str) -> None:
    steps = read(f"```bash\nkubectl apply -f web.yaml\n{printed}\nkubectl get pods\n```").procedures[0].steps
    assert [step.command for step in steps] == ["kubectl apply -f web.yaml", "kubectl get pods"]
    assert steps[0].expected == printed


@pytest.mark.parametrize("command", ["mytool   now   web", "cp   a   b   c", "./act.sh   web   3", "ERROR=1 ./act.sh"])
def test_a_command_with_wide_blanks_is_a_command(command: str) -> None:
    (_, second) = read(f"```bash\nuptime\n{command}\n```").procedures[0].steps
    assert second.command == command


def test_the_second_line_of_a_prompt_in_two_is_a_prompt() -> None:
    (step,) = read("```\n╰─$ helm repo list\nNAME  URL\n```").procedures[0].steps
    assert (step.command, step.expected) == ("helm repo list", "NAME  URL")


@pytest.mark.parametrize(
    ("written", "command"),
    [
        ("docker ps -a", "docker ps -a"),
        ('psql $env:DB -c "select 1"', 'psql "$DB" -c "select 1"'),
        ('psql $env:DB -f "db\\undo\\[number].sql"', 'psql "$DB" -f "db/undo/[number].sql"'),
        ("az vm list `\n  --output table", "az vm list --output table"),
    ],
)
def test_a_plain_program_in_a_powershell_block_needs_no_powershell(written: str, command: str) -> None:
    (step,) = read(f"```powershell\n{written}\n```").procedures[0].steps
    assert (step.language, step.command) == ("bash", command)


@pytest.mark.parametrize(
    "written",
    [
        "Get-Service web",
        "docker ps | Select-Object -First 1",
        ".\\act.ps1 -Now",
        "az vm show --ids $id",
        "psql -f C:\\x.sql",
    ],
)
def test_what_only_powershell_understands_stays_powershell(written: str) -> None:
    (step,) = read(f"```powershell\n{written}\n```").procedures[0].steps
    assert (step.language, step.command) == ("powershell", written)


def test_what_is_to_be_done_after_the_commands_is_a_step_of_a_person() -> None:
    text = "## Rebuild\n\n```bash\n./deploy.sh\n```\n\nThen restore the database (Section 2) and swap it in.\n"
    (_, then) = read(text).procedures[0].steps
    assert (then.kind, then.title) == (StepKind.MANUAL, "Then restore the database (Section 2) and swap it in.")


@pytest.mark.parametrize(
    "prose",
    [
        "Then run this:",
        "Then the pods are gone.",
        "Then do NOT delete it.",
        "The database comes next.",
        "Next steps are below.",
    ],
)
def test_prose_that_asks_for_nothing_more_is_no_step(prose: str) -> None:
    assert len(read(f"## Rebuild\n\n```bash\n./deploy.sh\n```\n\n{prose}\n").procedures[0].steps) == 1


def test_a_drawing_that_begins_with_the_name_of_a_program_is_a_drawing() -> None:
    assert [step for procedure in read("```\ncaller ───▶ api\n```").procedures for step in procedure.commands] == []


def steps_of(text: str) -> list[tuple[StepKind, str]]:
    return [(step.kind, step.command) for procedure in read(text).procedures for step in procedure.commands]


def test_a_function_of_an_earlier_block_goes_with_the_steps_that_call_it() -> None:
    drop, both = "drop() {\n  kubectl delete pod $1\n}", "both() { drop web-1; drop web-2; }"
    steps = steps_of(f"```bash\n{drop}\n\n{both}\n```\n\nThen:\n\n```bash\nboth\n\nuptime\n\nkubectl get pods\n```")
    assert steps[2:] == [
        (StepKind.DANGER, f"{drop}\n{both}\nboth"),
        (StepKind.READ, "uptime"),
        (StepKind.READ, "kubectl get pods"),
    ]


def test_the_last_definition_of_a_function_counts_and_its_own_does_not_call_itself() -> None:
    steps = steps_of("```bash\nlook() { uptime; }\n\nlook() { df -h; }\n\nlook\n```")
    assert steps[-1] == (StepKind.READ, "look() { df -h; }\nlook")


def test_an_alias_is_put_in_its_place_and_nowhere_else() -> None:
    steps = steps_of(
        "```bash\nalias k=kubectl kn='kubectl -n shop'\n\nk get pods | grep k\n\nkn delete pod k\n\necho k\n```"
    )
    assert steps[1:] == [
        (StepKind.READ, "kubectl get pods | grep k"),
        (StepKind.DANGER, "kubectl -n shop delete pod k"),
        (StepKind.READ, "echo k"),
    ]


def test_a_loop_in_a_block_without_a_name_is_a_command() -> None:
    loop = "for host in web-1 web-2; do $CHECK -h $host | grep -v ok; done | wc -l"
    assert commands(read(f"```\n{loop}\n```")) == [loop]


@pytest.mark.parametrize("line", ["acme-psql -qtc 'select 1'", "sudo acmectl drain --now", "acmectl node drain -f"])
def test_an_unknown_program_in_a_block_without_a_name_is_named(line: str) -> None:
    assert left_out(read(f"1. Look.\n\n```\n{line}\n```")) == [7]


@pytest.mark.parametrize(
    "text", ["tags:\n  nofailover: true", "for each host do what is said", "see the -x option", "a - b"]
)
def test_what_is_no_command_at_all_is_only_listed(text: str) -> None:
    runbook = read(f"```\n{text}\n```")
    assert (commands(runbook), left_out(runbook)) == ([], [])


def test_a_comment_that_says_what_should_be_printed_is_what_is_expected() -> None:
    runbook = read('```bash\nredis-cli ping\n# Should return "PONG"\n```')
    (step,) = runbook.procedures[0].steps
    assert step.expected == 'Should return "PONG"'


def test_a_line_that_explains_itself_behind_an_arrow_does_not_run() -> None:
    text = "```bash\ngit pull    → git fetch + git merge\ngit log --grep 'a → b'\n```"
    ((explained, searched),) = [procedure.steps for procedure in read(text).procedures]
    assert explained.unparsed
    assert not searched.unparsed


@pytest.mark.parametrize(
    "block", ['```bash\nHOSTNAME="10.0.0.1"\n```', "```bash\n#!/bin/bash\nHOSTNAME=10.0.0.1 # ours\n```"]
)
def test_a_name_that_every_shell_has_is_not_taken_from_this_machine_where_the_document_gives_it(block: str) -> None:
    steps = read(f"{block}\n\n```bash\nmysql -h ${{HOSTNAME}} -e 'select 1'\nuptime\n```").procedures[0].commands
    assert [bool(step.unparsed) for step in steps] == [True, False]


def test_a_step_that_sets_such_a_name_itself_is_believed() -> None:
    (step,) = read("```bash\nHOSTNAME=db; mysql -h $HOSTNAME -e 'select 1'\n```").procedures[0].commands
    assert not step.unparsed


@pytest.mark.parametrize(
    "content",
    [
        "... \\\n  --zone=eu \\\n  --size=3",
        "... \\\n--zone=eu \\\n--size=3 \\\n",
        "… \\\n  -o StrictHostKeyChecking=no \\\n  -i key",
        "--max-connections=200\n--shared-buffers=1GB",
        "# options of the server\n--data-dir /srv/mail \\\n--listen 127.0.0.1:25",
    ],
)
def test_options_without_their_program_are_only_looked_at(content: str) -> None:
    pieces = [piece for piece in split_fence(content, "bash") if piece.shape == "command"]
    assert all(piece.unparsed for piece in pieces), pieces


def test_options_below_their_program_belong_to_it() -> None:
    (piece,) = split_fence("az vm create -g rg -n web\n  --size B2s\n  --zone 1", "bash")
    assert not piece.unparsed


def test_the_step_of_options_without_their_program_never_runs() -> None:
    (step,) = read("```bash\n--zone=eu \\\n--size=3\n```").procedures[0].commands
    assert step.unparsed

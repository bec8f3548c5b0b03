"""JSON, configuration and boxes among commands are no commands; inside a command they stay its own."""

import pytest

from cockpit.model.runbook import Runbook, StepKind
from cockpit.runbooks.document.fences import language_of
from cockpit.runbooks.document.read import read_runbook

LOOK, CHANGE = "kubectl get pods", "systemctl restart web"
JSON = '{\n  "replicas": 3,\n  "name": "web"\n}'
PARTS = [
    JSON, '{"a": [1, 2]}', '[\n  {"name": "x"}\n]', "http {\n  server { listen 80; }\n}",
    "location /api {\n  proxy_pass http://web;\n}", 'resource "aws_instance" "web" {\n  count = 1\n}',
    "TF_VAR_vpc_name\nPIPELINE_CLUSTER_DIR", "I have no name!@jumpbox:/$", "[ops@db1 ~]$",
    "6 directories, 8 files",
    '{\n  "a": "b",\n  "c": ...,\n}', "replicas = 3",
    'db_date = "2026-11-30"\nsize = "small"', "The pods restart one by one.\nNothing else happens.",
    "- [ ] all of them run", "[ ] kubectl delete pod web", "* [x] done\n* [ ] kubectl delete node web",
]  # fmt: skip


def read(*blocks: str) -> Runbook:
    fences = "\n".join(f"```bash\n{block}\n```\n" for block in blocks)
    return read_runbook("x.md", f"# Doc\n\n## Fix\n\n{fences}".encode())


def commands(*blocks: str) -> list[str]:
    return [step.command.strip() for procedure in read(*blocks).procedures for step in procedure.commands]


@pytest.mark.parametrize("part", PARTS)
def test_a_part_that_no_shell_reads_is_no_step_wherever_it_stands(part: str) -> None:
    assert commands(f"{LOOK}\n{part}\n{CHANGE}") == [LOOK, CHANGE]
    alone = read(part, LOOK)
    assert [step.command for procedure in alone.procedures for step in procedure.commands] == [LOOK]
    assert [(finding.rule, finding.line) for finding in alone.findings] == [("block-left-out", 5)]


def test_a_request_of_a_console_is_no_command() -> None:
    assert not commands(f"PUT /_template/web\n{JSON}")


@pytest.mark.parametrize(
    "command",
    [f"curl -d '\n{JSON}\n' https://shop.internal/x", f"cat > body.json <<EOF\n{JSON}\nEOF",
     "cat <<EOF > web.conf\nhttp {\n  gzip on;\n}\nEOF", "cat > todo.md <<'EOF'\n- [ ] look\nEOF",
     "{\n  systemctl stop web\n  systemctl start web\n}", "[ -f x ] && rm x", "awk '\nBEGIN {\n  x = 1\n}\n' f",
     "test a = b", "X=1 ./run.sh = x", "cat > note.txt <<EOF\nThe pods restart one by one.\nEOF", "Rscript report.R",
     "[[ -n x ]] && {\n  kubectl get pods\n}"],
)  # fmt: skip
def test_what_a_command_is_given_stays_a_part_of_it(command: str) -> None:
    assert commands(f"{LOOK}\n{command}") == [LOOK, command]


@pytest.mark.parametrize(
    "prompt",
    ["➜  infra git:(main) ✗ ", "infra git:(main) ✗ ", "infra git:(feature/a-b) ", "➜  ~ ", "➜  /srv/web ✗ ",
     "➜  infra ", "~/infra on  main ❯ ", "user in ~/infra λ ", "user@host ~ % ", "λ ", "(venv) ➜  infra git:(main) "],
)  # fmt: skip
def test_what_stands_behind_the_prompt_of_a_theme_was_typed(prompt: str) -> None:
    assert commands(f"{prompt}{LOOK}\nNAME   READY\nweb-1  1/1\n{prompt}{CHANGE}") == [LOOK, CHANGE]
    assert language_of("", f"{prompt}{LOOK}\nNAME   READY\n") == "console"


@pytest.mark.parametrize("command", ["echo a ❯ b", "git commit -m 'x ❯ y'", "grep λ notes.txt", "➜ kubectl get pods"])
def test_such_a_sign_inside_a_command_is_no_prompt(command: str) -> None:
    assert commands(command) == [command.removeprefix("➜ ")]


@pytest.mark.parametrize("part", [part for part in PARTS if part.endswith(("}", "]")) and "\n" in part][1:])
def test_a_part_behind_a_blank_line_is_one_note_and_names_no_command(part: str) -> None:
    runbook = read(f"{LOOK}\n\n# The new settings\n{part}\n{CHANGE}")
    note = runbook.procedures[0].steps[1]
    assert (note.kind, note.title, note.mention) == (StepKind.NOTE, "The new settings", part)
    assert "block-left-out" in [finding.rule for finding in runbook.findings]
    assert runbook.procedures[0].steps[2].title == CHANGE

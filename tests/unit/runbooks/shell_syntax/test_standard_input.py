# ruff: noqa: E501  rows of commands read better whole
"""A command that reads its standard input gets it from its document, or does not start."""

import pytest

from cockpit.model.runbook import Step, StepKind
from cockpit.runbooks.document.read import read_runbook
from cockpit.runbooks.shell_syntax.standard_input import feed, find_unfed_reader

READERS = [
    "kubectl apply -f -", "oc replace --filename=-", "curl -X POST https://api.shop.test/x -d @-",
    "curl --data-binary @- https://api.shop.test/x", "curl -T - https://api.shop.test/x", "crontab -", "sudo tee /etc/x.conf",
    "cat > /srv/x.conf", "vault policy write x -", "aws s3 cp - s3://bucket/key", "redis-cli -x set k", "sudo -u web bash -s",
    "kubectl patch deploy x --patch-file /dev/stdin", "gh api graphql --input -", "git apply", "docker login --password-stdin",
    "helm upgrade api ./chart --values -", "kubectl --context prod apply -f -",
]  # fmt: skip
OTHERS = [
    "kubectl apply -f x.yaml", "kustomize build . | kubectl apply -f -", "kubectl apply -f - < x.yaml", "cd -", "git checkout -",
    "tar -xzf - -C /srv < x.tgz", "tar -czf - /srv", "wget -O - https://shop.test", "cat <<EOF > x\na\nEOF", "cat a > b",
    "curl -o - https://shop.test", "docker load -i x.tar", "git apply x.patch", "su - web", "kubectl apply -f - <<< 'a: 1'",
    "echo x | sudo tee /etc/x.conf", "while read -r x; do crontab -; done < list",
]  # fmt: skip


@pytest.mark.parametrize("command", READERS)
def test_what_reads_and_is_given_nothing_is_known(command: str) -> None:
    assert find_unfed_reader(command) is not None
    fed = feed(command, "a: 1\nEOF\n")
    assert fed.endswith("\na: 1\nEOF\nEND_OF_TEXT")
    assert find_unfed_reader(fed) is None


@pytest.mark.parametrize("command", OTHERS)
def test_what_has_its_input_or_reads_none_is_left(command: str) -> None:
    assert find_unfed_reader(command) is None
    assert not feed(command, "a: 1")


def steps_of(text: str) -> tuple[Step, ...]:
    return read_runbook("x.md", f"# Doc\n\n## Fix\n\n{text}".encode()).procedures[0].steps


@pytest.mark.parametrize("between", ["", "with this:\n\n", "Paste:\n\n"])
@pytest.mark.parametrize("name", ["yaml", "json", "", "text", "toml"])
@pytest.mark.parametrize("body", ["kind: ConfigMap\nname: x", '{"a": [1, 2]}'])
def test_the_block_below_is_what_the_last_command_reads(between: str, name: str, body: str) -> None:
    steps = steps_of(f"```bash\nkubectl get cm\nkubectl apply -f -\n```\n\n{between}```{name}\n{body}\n```\n")
    assert [step.command for step in steps] == ["kubectl get cm", f"kubectl apply -f - <<'EOF'\n{body}\nEOF"]


def test_its_kind_is_judged_with_what_it_reads_and_its_output_goes_where_it_did() -> None:
    (bash, piped) = steps_of(
        "```bash\nbash -s\n```\n\n```yaml\nrm -rf /srv/data\n```\n\n"
        "```bash\nkubectl apply -f - | tee log\n```\n\n```yaml\na: 1\n```\n"
    )
    assert bash.kind is StepKind.DANGER
    assert piped.command == "kubectl apply -f - <<'EOF' | tee log\na: 1\nEOF"


@pytest.mark.parametrize(
    "text",
    [
        "```bash\nkubectl apply -f x.yaml\n```\n\n```yaml\na: 1\n```\n",
        "```bash\nkubectl apply -f -\n```\n\n```bash\nkubectl get cm\n```\n\n```yaml\na: 1\n```\n",
        "```bash\nkubectl apply -f -\n```\n\n**Expected output:**\n\n```yaml\na: 1\n```\n",
        "```bash\nkubectl apply -f -\n```\n\n- One.\n- Two.\n- Three.\n- Four.\n- Five.\n- Six.\n\n```yaml\na: 1\n```\n",
    ],
)
def test_no_other_block_is_handed_to_a_command(text: str) -> None:
    assert not any("EOF" in step.command for step in steps_of(text))

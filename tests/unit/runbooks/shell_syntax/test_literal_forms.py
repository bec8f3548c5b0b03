"""In whatever way a secret stands in a command, it is found, and nothing that is shown of the command holds it."""

from pathlib import Path

import pytest

from cockpit.model.secret_detection.detect import hide_detected_secrets
from cockpit.runbooks.shell_syntax.literal_secrets import find_suspects, hide_literal_secrets, secrets_in

FORMS = [
    line.replace("\\n", "\n")
    for line in Path(__file__).with_name("literal_forms.txt").read_text().splitlines()
    if not line.startswith("#")
]
VALUES = ("Hunter2x9Qq7Zz", "kD83hs9aA_x7")


def test_the_table_has_more_forms_than_were_ever_missed() -> None:
    assert len(FORMS) >= 250


@pytest.mark.parametrize("form", FORMS)
def test_a_secret_in_a_command_is_found_and_hidden(form: str) -> None:
    for value in VALUES:
        command = form.replace("{}", value)
        assert value in secrets_in(command)
        assert value not in hide_literal_secrets(command)


def test_no_secret_is_missed_where_many_commands_are_searched_as_one() -> None:
    commands = [form.replace("{}", VALUES[0]) for form in FORMS]
    for between in ("uptime", "kubectl get pods -n İstanbul"):  # two letters in small ones: every place behind it moves
        mixed = [text for command in commands for text in (between, command)]
        assert set(find_suspects(mixed)) >= {text for text in mixed if secrets_in(text)}
    assert find_suspects(["uptime", "kubectl get pods", "git log"]) == []


@pytest.mark.parametrize(
    "command",
    [
        "az account list --query \"[?name=='token'].id\" -o tsv",
        "az x show --query '{token:accessToken, password:value}'",
        "kubectl get secret db -o jsonpath='{.data.password}' | base64 -d",
        "tool --token-id 7 --secret-name db --password-file /run/x --password-stdin",
        "kubectl get pods -l app=shop --context prod",
        "docker run -p 8080:80 -u 1000:1000 image",
        "git log --author=me --grep=token",
        "zip -r x.zip folder && unzip -l x.zip",
        "az sql db show -n d -s s -g rg",
        "redis-cli -h cache -p 6379 info",
        "snmpget -v2c host sysUpTime",
        "ldapsearch -x -b dc=example",
        "set -x; ./deploy.sh",
        "openssl s_client -connect x:443 -servername x",
        "npm set registry https://registry.npmjs.org/",
        "echo done | tee log",
        "useradd -m ops",
        "gh secret set DB < file",
        "az containerapp revision list -n web -g rg -o table",
    ],
)
def test_a_command_without_a_secret_is_shown_to_the_letter_at_every_door(command: str) -> None:
    assert hide_literal_secrets(command) == command
    assert hide_detected_secrets(command) == command

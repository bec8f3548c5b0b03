"""What stands behind `--password` and its like is found in a command, whatever it is; what looks like it is not."""

import base64
import json
import shlex
from urllib.parse import quote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cockpit.model.secret import MASK
from cockpit.runbooks.shell_syntax.literal_secrets import (
    NOT_SECRET,
    find_literal_secrets,
    hide_literal_secrets,
    secrets_in,
)

LETTERS = st.characters(min_codepoint=0x21, max_codepoint=0x17F, exclude_categories=("C", "Z"), exclude_characters="•")
ANY = st.text(LETTERS, min_size=8, max_size=30).filter(
    lambda value: not NOT_SECRET.fullmatch(value) and not value.startswith(("-", "id="))
)
PLAIN = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._~+/-]{7,40}", fullmatch=True).filter(
    lambda value: not NOT_SECRET.fullmatch(value)
)
QUOTED = [
    "curl --password {} https://x.example.com",
    "curl --password={} https://x.example.com",
    "az login --service-principal -u id -p {} --tenant t",
    "az keyvault secret set --name db --vault-name v --value {}",
    "PGPASSWORD={} psql -h db -c 'select 1'",
    "export AZURE_CLIENT_SECRET={}; terraform apply",
    "tool --client-secret {} --api-key-id 7",
    "kubectl create secret generic db --from-literal=db-password={}",
    "kubectl create secret generic db --from-literal=user=ops --from-literal=db={}",
    "az containerapp secret set -n web -g rg --secrets first=1 db={} ref=keyvaultref:x --output none",
    "sshpass -p {} ssh host",
    "redis-cli -h cache -a {} ping",
    "gh secret set X && http GET example.com X-Api-Key:{}",
    "true; cmd --access-token \\\n  {}\necho done",
]
HEADERS = [
    "curl -H 'Authorization: Bearer {}' https://x.example.com",
    'curl -sf -H "Authorization: Basic {}" https://x.example.com | jq .',
    "curl -H 'X-Api-Key: {}' https://x.example.com",
    'curl --header "Ocp-Apim-Subscription-Key: {}" https://x.example.com',
    'Invoke-RestMethod -Headers @{{Authorization = "Bearer {}"}} -Uri https://x.example.com',
    "curl -H 'Cookie: session={}; theme=dark' https://x.example.com",
]
IN_TEXTS = [
    "curl 'https://x.example.com/p?token={}&page=2'",
    "curl https://x.example.com/p?page=2&sig={}",
    "curl 'https://s.blob.core.windows.net/c?sv=2024&sig={}&se=2026'",
    "git clone https://user:{}@git.example.com/x.git",
    'az storage blob list --connection-string "AccountName=s;AccountKey={};EndpointSuffix=x"',
    "sqlcmd -S x -Q \"ALTER LOGIN app WITH PASSWORD = '{}'\"",
    "bash -c 'PGPASSWORD={} psql -h db'",
]


def gone(value: str, command: str) -> None:
    """The value is found whole, and is in nothing that is shown."""
    assert value in secrets_in(command)
    assert value not in hide_literal_secrets(command)
    assert MASK in hide_literal_secrets(command)


@given(st.sampled_from(QUOTED), ANY)
def test_whatever_is_quoted_for_the_shell_behind_a_marker_is_found(template: str, value: str) -> None:
    gone(value, template.format(shlex.quote(value)))


@given(st.sampled_from(QUOTED), st.text(LETTERS, min_size=3, max_size=9), st.text(LETTERS, min_size=3, max_size=9))
def test_a_value_of_several_words_is_found_whole(template: str, one: str, other: str) -> None:
    assume(not one.startswith(("-", "id=")) and not NOT_SECRET.fullmatch(f"{one} {other}"))
    gone(f"{one} {other}", template.format(shlex.quote(f"{one} {other}")))


@given(st.sampled_from(HEADERS), PLAIN)
def test_a_header_that_carries_a_secret_is_found(template: str, value: str) -> None:
    gone(value, template.format(value))


@given(st.sampled_from(IN_TEXTS), ANY)
def test_a_secret_in_an_address_or_a_connection_string_is_found_as_written_and_as_meant(
    template: str, value: str
) -> None:
    written = quote(value, safe="")
    assume(not NOT_SECRET.fullmatch(written))
    command = template.format(written)
    gone(written, command)
    if "://" in template:
        assert value in secrets_in(command)


@given(ANY)
def test_a_secret_in_json_is_found_as_written_and_as_meant(value: str) -> None:
    assume("'" not in value)
    body = json.dumps({"user": "ops", "client_secret": value})
    command = f"curl -d '{body}' https://x.example.com"
    assert value in secrets_in(command)
    assert json.dumps(value)[1:-1] not in hide_literal_secrets(command)


def test_a_json_web_token_is_found_wherever_it_stands() -> None:
    token = ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (b'{"alg":1}', b'{"sub":2}', b"x"))
    assert hide_literal_secrets(f"validate {token} now") == f"validate {MASK} now"


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("mysql -u root -p'pw 1 x' shop", "mysql -u root -p••• shop"),
        ("curl -u ops:hunter22 https://x", "curl -u ops:••• https://x"),
        ("x --password 7 && y", "x --password ••• && y"),  # too short to look for elsewhere, and still not shown
        ("TOKEN=abc123 curl https://x/abc123", "TOKEN=••• curl https://x/•••"),
        (
            'curl -H "Authorization: Bearer $A" -H "X-Api-Key: k1k2"',
            'curl -H "Authorization: Bearer $A" -H "X-Api-Key: •••"',
        ),
        ('x --password "pre-$ENV-post"', "x --password •••"),
        ('az x --secrets "a=1 2" b=keyvaultref:k c=4 --d e=5', 'az x --secrets "a=•••" b=keyvaultref:k c=••• --d e=5'),
        (
            "New-X -P (ConvertTo-SecureString 'a b c' -AsPlainText)",
            "New-X -P (ConvertTo-SecureString ••• -AsPlainText)",
        ),
        ("# don't\ncurl -H 'X-Api-Key: a b c d' x", "# don't\ncurl -H 'X-Api-Key: •••' x"),
    ],
)
def test_what_is_shown_keeps_everything_else(command: str, shown: str) -> None:
    assert hide_literal_secrets(command) == shown


@pytest.mark.parametrize(
    "command",
    [
        "az account list --query \"[?name=='token'].id\" -o tsv",
        "az x show --query '{token:accessToken, password:value}'",
        "az x list --query \"[?password=='x']\"",
        "tool --token $TOKEN --password \"$PASSWORD\" --secret ${SECRET} --api-key '$KEY'",
        "tool --token <token> --password [password] --secret {{ .secret }} --token ${{ secrets.T }} --pwd %PASSWORD%",
        "tool --token-id 7 --secret-name db --password-file /run/x --password-stdin",
        'tool --token "$(az account get-access-token --query accessToken -o tsv)"',
        "tool --password --user ops",
        "gh auth login --with-token < token.txt",
        "pg_dump --no-password shop",
        "docker run -u 1000:1000 -p 8080:80 image && docker build --secret id=a,src=b .",
        "kubectl create configmap x --from-literal=level=debug && kubectl create job x",
        "mysql -p shop; mkdir -p folder; ssh -p 2222 host",
        "PWD=/srv/app OLDPWD=../x make",
        "read -s -p 'Password: ' PW; [ -n \"$TOKEN\" ] && echo token: missing",
        "PGPASSWORD=$DB_PASSWORD psql; curl https://u:$PW@h/x; curl https://u@h:443/x",
        "kubectl get secret db -o jsonpath='{.data.password}' | base64 -d",
        "curl -H 'Authorization: Bearer '\"$TOKEN\" -H 'X-Request-Id: 7' https://x",
        "tool --password ••• --token ***",
        "az login; git log --author=me; jq '.token' x.json",
        "ssh-keygen --private-key ~/.ssh/id; tool --access-key ./key.pem",
    ],
)
def test_what_only_speaks_of_secrets_is_left_alone(command: str) -> None:
    assert hide_literal_secrets(command) == command
    assert not find_literal_secrets(command)


@given(st.text("ab=-: \n\"'\\$<`{}&;@/?pPasswordtokenH,.•", max_size=80))
def test_any_text_at_all_may_be_asked(command: str) -> None:
    for each in find_literal_secrets(command):
        assert 0 <= each.start < each.end <= len(command)
    assert isinstance(hide_literal_secrets(command), str)

"""What prints a bare secret is known by the command, before it runs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.runbooks.shell_syntax.printed_secrets import prints_secret


@pytest.mark.parametrize(
    "script",
    [
        "az keyvault secret show --vault-name kv --name db --query value -o tsv",
        "az keyvault secret show --id https://kv.example.com/secrets/db",
        "az storage account keys list -n a --query '[0].value' -o tsv",
        "sudo vault kv get -field=password secret/db",
        "aws secretsmanager get-secret-value --secret-id db --query SecretString --output text",
        "aws secretsmanager get-secret-value --secret-id db | jq -r .SecretString",
        "gcloud secrets versions access latest --secret=db",
        "kubectl -n shop get secret db -o jsonpath='{.data.password}' | base64 -d",
        "kubectl get secret db -o json | jq -r .data.password | base64 --decode; echo",
        "kubectl get secret db -o go-template='{{.data.password | base64decode}}'",
        "/usr/bin/pass show prod/db",
        "op read op://prod/db/password > /dev/stdout",
        "echo begin && op read op://prod/db/password && echo end",
        'PW=$(vault kv get -field=x secret/db)\necho "the password is ${PW}"',
        "ssh db1 'vault kv get -field=x secret/db'",
        "for n in a b; do vault read -field=x secret/$n; done",
        "vault kv get -field=x secret/db | tee /root/pw",
    ],
)
def test_what_prints_a_bare_secret_is_known(script: str) -> None:
    assert prints_secret(script, "bash")


@pytest.mark.parametrize(
    "script",
    [
        "PW=$(az keyvault secret show --vault-name kv --name db --query value -o tsv)",
        "az keyvault secret show --vault-name kv --name db --query attributes.expires -o tsv",
        "az keyvault secret list --vault-name kv",
        "vault kv get -field=x secret/db > /root/pw",
        "aws ecr get-login-password | docker login --username AWS --password-stdin reg.example.com",
        "gcloud secrets versions access latest --secret=db | sha256sum",
        "op read op://prod/db/x | psql -h db",
        "kubectl -n shop get secrets",
        "kubectl get secret db -o yaml",
        "kubectl get secret db -o jsonpath='{.metadata.name}'",
        "echo 'vault kv get -field=x secret/db prints it'",
        "grep -rn 'gh auth token' docs",
        'curl -H "Authorization: Bearer $(gh auth token)" https://api.example.com/health',
        "echo all tests pass now",
        "kubectl get pods",
    ],
)
def test_what_prints_something_else_is_shown(script: str) -> None:
    assert not prints_secret(script, "bash")


@given(st.text("PQ=$()`\"' ;\n|<>opread-s/", max_size=60), st.sampled_from(["bash", "powershell"]))
def test_any_text_may_be_asked_before_it_runs(script: str, language: str) -> None:
    assert prints_secret(script, language) in (True, False)

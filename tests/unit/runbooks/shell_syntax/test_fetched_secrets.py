"""A variable into which a secret is fetched is known by the command that fetches it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.runbooks.shell_syntax.fetched_secrets import list_fetched_secrets


@pytest.mark.parametrize(
    "script",
    [
        "PW=$(az keyvault secret show --vault-name kv --name db --query value -o tsv)",
        'PW="$(az storage account keys list -n a --query [0].value -o tsv)"',
        "PW=$(az acr credential show -n reg --query passwords[0].value -o tsv)",
        "export PW=`vault kv get -field=x secret/db`",
        "PW=$(aws secretsmanager get-secret-value --secret-id db --query SecretString --output text | jq -r .x)",
        "PW=$(aws ssm get-parameter --name /db --with-decryption --query Parameter.Value)",
        "PW=$(gcloud secrets versions access latest --secret=db)",
        "PW=$(kubectl -n shop get secret db -o jsonpath='{.data.x}' | base64 -d)",
        "PW=$(op read op://prod/db/x); echo ok",
        "PW=$(openssl rand -base64 32)",
        "read -rsp 'Type it: ' PW",
        "read -s PW; echo",
        "X=$(gh auth token)\nPW=$X",
        'X=$(pass show db)\nY="u:$X"\nPW=$(printf %s "${Y}" | base64)',
    ],
)
def test_what_a_vault_gives_is_a_secret_under_any_name(script: str) -> None:
    assert "PW" in list_fetched_secrets(script)


@pytest.mark.parametrize(
    "script",
    [
        "POD=$(kubectl get pods -o name | head -1)",
        "PASSED=$(grep -c passed log)",
        "NAMES=$(az keyvault secret list --vault-name kv --query [].name -o tsv)",
        "KV=$(az keyvault show -n kv --query id -o tsv)",
        "az keyvault secret show --name db; POD=api",
        "X=$(gh auth status); Y=1",
        "read -r NAME",
        "FQDN=$(az containerapp show -n a --query properties.fqdn -o tsv)",
    ],
)
def test_what_comes_from_elsewhere_is_kept(script: str) -> None:
    assert list_fetched_secrets(script) == frozenset()


def test_what_is_beside_a_fetched_secret_is_kept() -> None:
    script = "PW=$(op read op://prod/db/x); POD=$(kubectl get pods -o name); PLACE=here"
    assert list_fetched_secrets(script) == {"PW"}


@given(st.text("PQ=$()`\"' ;\n|opread-s", max_size=60))
def test_any_text_may_be_asked(script: str) -> None:
    assert all(name in script for name in list_fetched_secrets(script))

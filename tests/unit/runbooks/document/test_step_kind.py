"""How much ceremony a command takes. A mistake towards more is a nuisance, one towards less is an accident."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.model.runbook import StepKind
from cockpit.runbooks.document.step_kind import ORDER, kind_of

LOOKS = [
    "az containerapp revision list -n mi-<env> -g <rg> -o table",
    "az containerapp revision list --query '[?properties.active==`true`]' -o tsv",
    "az monitor activity-log list --offset 1h",
    "kubectl get pods -n web 2>&1 | grep -v Running",
    "kubectl logs deployment/api -f --tail=100",
    "curl -sf https://<FQDN>/health/ready | jq",
    "curl -s -o /dev/null -w '%{http_code}' https://example.com",
    "docker ps -a",
    "REV=$(az containerapp revision list -o tsv)",
    'psql "$DATABASE_URL" -c "SELECT count(*) FROM users;"',
    "open http://localhost:3001",
    "for app in a b; do\n  az containerapp show -n $app -g <rg>\ndone",
    "date -u",
    "GET /api/v1/cache/stats",
]
LOCAL = [
    "az login",
    'az account set --subscription "Example Production"',
    "az aks get-credentials --resource-group <rg> --name <cluster>",
    "docker compose pull app:v2",
    "curl -fsSL https://example.com/backup.sql -o backup.sql",
    "kubectl get pods -o yaml > pods.yaml",
    'alembic revision --autogenerate -m "describe the change"',
]
CHANGES = [
    "az containerapp revision activate -n mi-<env> -g <rg> --revision <PREVIOUS>",
    "az containerapp update --name list --image x",
    "az sql db restore --server s --name db --dest-name db-restored --time <T>",
    "kubectl rollout restart deployment/api",
    "docker compose up -d",
    "alembic upgrade head",
    "curl -sX POST https://example.com/reload",
    "curl -sd @body.json https://example.com",
    "curl --json '{}' https://example.com",
    "docker run --rm busybox true",
    "scp config host:/etc/app",
    "source ./env.sh",
    "./checkout-prod.sh",
    "cd server && A=1 uv run python scripts/manage_tokens.py list",  # a script that nobody here knows
    "POST /api/v1/reload",
    "something-nobody-knows --now",
]
DANGERS = [
    "az containerapp revision deactivate -n mi-<env> -g <rg> --revision <BAD>",
    "az sql db rename --name a --new-name b",
    "az sql db restore --server s --name db --time <T>",
    "alembic downgrade -1",
    'psql "$DATABASE_URL" -f restore.sql',
    'psql -c "DROP TABLE users"',
    "psql -c 'select pg_terminate_backend(1)'",
    "./infra/deploy-new-client.sh <client-name>",
    ".\\scripts\\deploy-blue-green.ps1 -Action rollback",
    "./list-and-delete.sh",
    "uv run python scripts/manage_tokens.py revoke --token-id <ID>",
    "git push --force",
    "git push -f origin main",
    "gh workflow run app-rollback.yml -f confirm=YES",
    "kubectl scale deployment/api --replicas=0",
    "redis-cli FLUSHALL",
    "curl -X DELETE https://example.com/x",
    "DELETE /api/v1/cache/{pattern}",
    "POST /api/v1/cache/clear",
    "Get-Process web | Stop-Process",
    "kubectl get pods -o name | xargs kubectl delete",
    "az containerapp show -n x\naz group delete -n x",
    'X="$(az group delete -n x)" az group list',
    'echo "a\\"" ; rm -rf / ; echo "b\\""',
    "echo $'\\'' ; rm -rf / #'",
    "cat notes # it's\nrm -rf / # it's",
    "cat <(rm -rf x)",
    "echo 'open\n\nrm -rf /",
]


@pytest.mark.parametrize("command", LOOKS)
def test_what_only_looks_is_a_read(command: str) -> None:
    assert kind_of(command) is StepKind.READ


@pytest.mark.parametrize("command", LOCAL)
def test_what_changes_only_this_machine_is_local(command: str) -> None:
    assert kind_of(command) is StepKind.LOCAL


@pytest.mark.parametrize("command", CHANGES)
def test_what_changes_something_or_is_not_known_is_a_change(command: str) -> None:
    assert kind_of(command) is StepKind.CHANGE


@pytest.mark.parametrize("command", DANGERS)
def test_what_destroys_or_turns_back_is_a_danger(command: str) -> None:
    assert kind_of(command, language="powershell" if command.startswith("Get-") else "bash") is StepKind.DANGER


def test_a_look_under_a_comment_that_says_verify_is_a_verification() -> None:
    assert kind_of("curl -sf https://x/health", "Verify") is StepKind.VERIFY
    assert kind_of("kubectl rollout status deployment/api", "Check deployment status") is StepKind.VERIFY
    assert kind_of("docker compose up -d", "Verify") is StepKind.CHANGE


def test_a_script_that_verifies_a_rollback_is_not_the_rollback_and_still_not_known_to_look() -> None:
    assert kind_of(".\\scripts\\verify-rollback.ps1 -Environment production", language="powershell") is StepKind.CHANGE


@given(st.sampled_from(LOOKS), st.sampled_from(["; ", " && ", " || ", " | ", " & ", "\n"]), st.sampled_from(DANGERS))
def test_a_look_beside_a_danger_is_a_danger(look: str, joint: str, danger: str) -> None:
    assert kind_of(f"{look}{joint}{danger}") in (StepKind.DANGER, StepKind.CHANGE)
    if not danger.startswith(("Get-", ".\\")):
        assert kind_of(f"{look}{joint}rm -rf /data") is StepKind.DANGER


@given(st.sampled_from(LOOKS), st.sampled_from(["$(rm -rf x)", "`rm -rf x`", '"$(rm -rf x)"', "<(rm -rf x)"]))
def test_a_look_that_runs_something_inside_is_judged_by_it(look: str, inside: str) -> None:
    assert kind_of(f"{look} {inside}") is StepKind.DANGER


@given(st.text(alphabet="abz -'\"\\`$(){}<>;&|#\n/", max_size=60))
def test_any_command_has_a_kind(command: str) -> None:
    assert kind_of(command) in ORDER
    assert kind_of(command, language="powershell") in ORDER

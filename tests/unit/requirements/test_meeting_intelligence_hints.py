"""What the first team's documents say to do first when an alert fires."""

import pytest

from tests.unit.requirements.hints_stage import chapter, hint

TEAM = "meeting-intelligence"


@pytest.mark.parametrize(
    ("alert", "command"),
    [
        pytest.param(
            "mi-prod-5xx-errors", "az containerapp logs show -n mi-<env> -g <rg> --tail 50", id="s5_5xx_errors"
        ),
        pytest.param(
            "Replica down", "az containerapp revision list -n mi-<env> -g <rg> -o table", id="s5_replica_down"
        ),
        pytest.param(
            "Container restarts",
            "az containerapp logs show -n mi-<env> -g <rg> --type system",
            id="s5_container_restarts",
        ),
    ],
)
def test_000_s5_an_alert_offers_the_command_of_its_row(alert: str, command: str) -> None:
    (step,) = (hint(TEAM, alert).step,)
    assert step is not None
    assert step.command == command


@pytest.mark.parametrize(
    ("alert", "words"),
    [
        pytest.param("Auth failure spike", ("120 a minute", "60 for the API"), id="s5_auth_failure_rate_limits"),
        pytest.param("High response time", ("2 to 5 s to wake up", "DTU"), id="s5_high_response_time_database_pause"),
        pytest.param("High CPU", ("10 replicas",), id="s5_high_cpu_scales_to_10_replicas"),
        pytest.param("High memory", ("10 replicas",), id="s5_high_memory_scales_to_10_replicas"),
    ],
)
def test_000_s5_an_alert_shows_the_first_action_in_the_words_of_the_document(
    alert: str, words: tuple[str, ...]
) -> None:
    found = hint(TEAM, alert)
    assert found.how == "table"
    assert all(each in found.hint for each in words)


def test_000_s5_auth_failure_leads_to_revoking_the_token() -> None:
    assert chapter(hint(TEAM, "Auth failure spike")).startswith("3. Revoke a leaked token")


@pytest.mark.parametrize(
    ("alert", "document", "title"),
    [
        pytest.param("Health probe failures", "bad-deployment", "Roll back", id="s1_health_probe_failures"),
        pytest.param("MigrationWentWrong", "restore-database", "Restore", id="s2_bad_migration"),
        pytest.param("Account taken over", "operations", "Revoke", id="s3_account_compromise"),
        pytest.param("Region is lost", "operations", "Rebuild", id="s4_regional_outage"),
    ],
)
def test_000_when_leads_from_an_alert_to_its_runbook(alert: str, document: str, title: str) -> None:
    found = hint(TEAM, alert)
    assert found.document.id == document
    assert title in chapter(found)

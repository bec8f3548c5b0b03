"""From the symptoms that the third team writes down to what it does about them."""

import pytest

from tests.unit.requirements.hints_stage import hint


@pytest.mark.parametrize(
    ("alert", "number"),
    [
        pytest.param("Router5xx", "2.1", id="s2_1_llm_outage"),
        pytest.param("AsyncpgPostgresError", "2.2", id="s2_2_postgres"),
        pytest.param("crm_sync_failed", "2.4", id="s2_3_crm_429"),
        pytest.param("whatsapp_invalid_signature", "2.5", id="s2_4_signature"),
        pytest.param("Unusual use of an API", "2.3", id="s2_5_secret_leak"),
        pytest.param("trust_approval_lag_seconds", "2.7", id="s2_6_approvals_stuck"),
        pytest.param("trust_tool_contradictions_total", "2.6", id="s2_7_tool_contradictions"),
    ],
)
def test_002_symptoms_lead_from_an_alert_to_the_steps_against_it(alert: str, number: str) -> None:
    found = hint("dealix", alert)
    assert found.procedure is not None
    assert found.procedure.title.startswith(number)
    assert found.hint == found.procedure.labels["symptoms"]


@pytest.mark.parametrize(
    ("alert", "limit"),
    [
        pytest.param("HighErrorRate", "more than 1 % for 5 min", id="s7_error_rate_over_1_percent"),
        pytest.param("LatencyP95", "more than 10 s for 5 min", id="s7_p95_over_10_s"),
        pytest.param("LanguageModelFallbacks", "more than 20 % for 10 min", id="s7_fallback_over_20_percent"),
    ],
)
def test_002_thresholds_stand_beside_the_alert_of_their_signal(alert: str, limit: str) -> None:
    found = hint("dealix", alert)
    assert (found.how, found.hint.partition(": ")[2]) == ("threshold", limit)

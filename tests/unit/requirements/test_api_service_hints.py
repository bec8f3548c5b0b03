"""What the fourth team's thresholds say beside an alert about the same signal."""

import pytest

from tests.unit.requirements.hints_stage import chapter, hint, list_hints


@pytest.mark.parametrize(
    ("alert", "limit"),
    [
        pytest.param("Http5xx", "more than 1 % for 5 min", id="5xx_over_1_percent"),
        pytest.param("LatencyP95", "more than 2 s", id="p95_over_2_s"),
        pytest.param("Container restarts", "more than 2 in 10 min", id="restarts_over_2_in_10_min"),
        pytest.param("High CPU", "more than 80 % for long", id="cpu_over_80_percent"),
    ],
)
def test_003_thresholds_stand_beside_the_alert_of_their_signal(alert: str, limit: str) -> None:
    limits = [match.hint.partition(": ")[2] for match in list_hints("api-service", alert) if match.how == "threshold"]
    assert limits == [limit]


def test_an_alert_about_the_latency_leads_to_what_to_do_when_it_is_slow() -> None:
    assert chapter(hint("api-service", "Latency, p95")) == "Troubleshooting / It is slow"

"""What the fourth team's thresholds say beside an alert about the same signal."""

import pytest

from tests.unit.requirements.hints_stage import hint


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
    found = hint("api-service", alert)
    assert (found.how, found.hint.partition(": ")[2]) == ("threshold", limit)

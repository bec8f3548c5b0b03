"""Declaring on the second team's severity scale."""

from collections.abc import Callable

import pytest

from tests.unit.requirements.acting_stage import Shift

OnShift = Callable[[str], Shift]


@pytest.mark.parametrize(
    ("typed", "severity"),
    [
        pytest.param("SEV-1", "SEV-1", id="test_001_sev_1_all_users_down"),
        pytest.param("sev2", "SEV-2", id="test_001_sev_2_major_degradation"),
        pytest.param("SEV 3", "SEV-3", id="test_001_sev_3_partial"),
    ],
)
def test_001_severities_are_declared_as_they_are_typed(shift: OnShift, typed: str, severity: str) -> None:
    assert shift("unioneyes").declare(typed).severity == severity

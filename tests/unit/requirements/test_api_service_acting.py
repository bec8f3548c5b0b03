"""What the fourth team does by hand when its service does not start, or nobody can sign in."""

from collections.abc import Callable

import pytest

from cockpit.model.run import StepState
from tests.unit.requirements.acting_stage import Shift

OnShift = Callable[[str], Shift]


def test_003_wont_start_the_variables_are_looked_for_by_name_and_never_by_value(shift: OnShift) -> None:
    _, procedure = shift("api-service").procedure("operations#it-does-not-start")
    log, variables, network = procedure.steps
    assert log.command.endswith("--follow")
    assert all(name in variables.title for name in ("DATABASE_URL", "SECRET_KEY", "JWT_SECRET_KEY"))
    assert not variables.command  # nothing prints them
    assert "network" in network.title


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (1, ("JWT_SECRET_KEY", "every replica")),
        (2, ("JWT_ACCESS_TOKEN_EXPIRE_MINUTES",)),
        (3, ("AZURE_CLIENT_ID", "AZURE_TENANT_ID")),
    ],
)
def test_003_auth_failures_three_checks_each_ticked_by_who_looked(
    shift: OnShift, step: int, words: tuple[str, ...]
) -> None:
    service = shift("api-service")
    run = service.start("operations#nobody-can-sign-in")
    written = service.runner.step(run, step)
    assert all(word in written.title for word in words)
    settled = service.runner.settle(run, step, StepState.BY_HAND)
    assert settled.state(step) is StepState.BY_HAND

"""What the screen takes of a terminal, and the exit code it leaves with."""

import pytest

from cockpit.cli.screen import exit_code, uses_mouse
from cockpit.cli.streams import BROKEN


@pytest.mark.parametrize("name", ["SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT"])
def test_the_mouse_is_off_over_ssh_unless_somebody_wants_it(name: str) -> None:
    over_ssh = {name: "10.0.0.1 50000 10.0.0.2 22"}
    assert not uses_mouse(over_ssh)
    assert uses_mouse({})
    assert uses_mouse({**over_ssh, "COCKPIT_MOUSE": "on"})
    assert not uses_mouse({"COCKPIT_MOUSE": "off"})


@pytest.mark.parametrize("returned", [None, 1])
def test_an_end_that_nobody_asked_for_is_no_answer_of_status(returned: int | None) -> None:
    assert exit_code(returned) == BROKEN
    assert exit_code(returned) not in (0, 1, 2, 3)


@pytest.mark.parametrize("returned", [0, 2, 143])
def test_an_end_that_was_asked_for_keeps_its_code(returned: int) -> None:
    assert exit_code(returned) == returned

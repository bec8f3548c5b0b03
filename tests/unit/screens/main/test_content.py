"""What a pane says that has no rows."""

import pytest

from screens.main.content import quiet_timeline


@pytest.mark.parametrize("read_only", [False, True])
def test_a_timeline_of_people_who_did_nothing_does_not_say_that_nothing_happened(read_only: bool) -> None:
    hidden = quiet_timeline(read_only, something_hidden=True)
    assert hidden != quiet_timeline(read_only, something_hidden=False)
    assert "by people" in hidden[0][0][0]

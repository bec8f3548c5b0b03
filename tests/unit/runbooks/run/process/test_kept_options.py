"""Which options of the shell a step hands on: those that the next one can be given."""

from cockpit.runbooks.run.process.shell_state import list_changed_options

BEFORE = "braceexpand:errexit:hashall:pipefail:extglob"


def test_what_is_set_is_handed_on() -> None:
    assert list_changed_options(BEFORE, f"{BEFORE}:nounset:nullglob") == ("set -o nounset", "shopt -s nullglob")


def test_that_a_step_goes_on_after_a_failure_is_not_handed_on() -> None:
    """Bash ends a step at the first failure whatever it reads at its start, so nothing says that it does not."""
    assert list_changed_options(BEFORE, BEFORE.replace(":errexit", "")) == ()
    assert list_changed_options(BEFORE, BEFORE.replace(":pipefail", "")) == ("set +o pipefail",)

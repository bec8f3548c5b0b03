"""What the team's configuration says of its own programs counts, and is shown where it lowers. No document says it."""

from collections.abc import Iterator

import pytest

from cockpit.model.runbook import StepKind, learn_team_commands
from cockpit.runbooks.catalogue.document_cache import key_of_document
from cockpit.runbooks.document.read import read_runbook
from cockpit.runbooks.document.step_kind import describe_lowered_kind, kind_of

COMMANDS = {
    "shopctl status": "read",
    "shopctl orders purge": "danger",
    "./scripts/health.sh": "read",
    "kubectl neat": "read",
    "kubectl rollout restart": "local",
}


@pytest.fixture
def commands() -> Iterator[None]:
    learn_team_commands(COMMANDS)
    yield
    learn_team_commands({})


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        ("shopctl status --all", StepKind.READ),
        ("shopctl orders purge 7", StepKind.DANGER),
        ("shopctl orders list", StepKind.CHANGE),
        ("./scripts/health.sh prod", StepKind.READ),
        ("shopctl status && rm -rf /srv/x", StepKind.DANGER),
        ("kubectl rollout restart deploy/web", StepKind.LOCAL),
        ("kubectl delete pod a", StepKind.DANGER),
    ],
)
@pytest.mark.usefixtures("commands")
def test_a_command_of_the_team_is_what_the_team_says(command: str, kind: StepKind) -> None:
    assert kind_of(command) is kind


def test_without_the_configuration_it_is_a_change() -> None:
    assert kind_of("shopctl status") is StepKind.CHANGE


@pytest.mark.usefixtures("commands")
def test_what_is_lowered_is_reported_and_what_is_raised_is_not() -> None:
    assert "read" in describe_lowered_kind("shopctl status", "bash")
    assert describe_lowered_kind("shopctl orders purge", "bash") == ""
    assert describe_lowered_kind("kubectl get pods", "bash") == ""


@pytest.mark.usefixtures("commands")
def test_a_fence_without_a_name_holds_the_commands_of_the_team_as_well() -> None:
    (step,) = read_runbook("a.md", b"# A\n\n```\nshopctl status\n```\n").procedures[0].steps
    assert step.kind is StepKind.READ


@pytest.mark.usefixtures("commands")
def test_what_was_read_under_other_words_is_read_again() -> None:
    before = key_of_document("a.md", b"x", b"")
    learn_team_commands({})
    assert key_of_document("a.md", b"x", b"") != before


def test_a_tag_of_a_document_lowers_nothing() -> None:
    (step,) = read_runbook("a.md", b"# A\n\n```bash read\nshopctl status\n```\n").procedures[0].steps
    assert step.kind is StepKind.CHANGE

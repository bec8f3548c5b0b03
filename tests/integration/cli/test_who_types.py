"""Who typed it, from a second shell: the login's name, on a shared one the person's, and never a variable's."""

import pytest

from cockpit.model.event import Event
from cockpit.model.time import RealTime
from cockpit.timeline.timeline import Timeline
from tests.integration.cli.shell import Shell

FORGED = ("LOGNAME", "USER", "SUDO_USER", "COCKPIT_OPERATOR", "COCKPIT_ACTOR")


@pytest.fixture
def shared(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """A jump host where everybody is `ubuntu`."""
    monkeypatch.setattr("cockpit.cli.login.login_name", lambda: "ubuntu")
    monkeypatch.setattr("cockpit.cli.login.session_key", lambda: "this session")
    monkeypatch.setattr("cockpit.cli.login.login_before_sudo", lambda name, shared_logins: "")


def events(shell: Shell) -> list[Event]:
    with Timeline(shell.file, time=RealTime(), read_only=True) as timeline:
        return timeline.events()


def test_no_variable_names_who_did_it(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in FORGED:
        monkeypatch.setenv(name, "boss")
    shell.say("declare", "Checkout fails")
    (event,) = events(shell)
    assert (event.actor, event.detail["by"]) == ("ana", {"LOGNAME": "boss", "USER": "boss", "SUDO_USER": "boss"})


@pytest.mark.usefixtures("shared")
@pytest.mark.parametrize(
    "words",
    [("declare", "x"), ("note", "x"), ("ack", "--incident", "abc"), ("decide", "x"), ("freeze", "on"), ("exec", "ls")],
    ids=" ".join,
)
def test_a_shared_login_acts_only_once_it_is_known_who_is_there(shell: Shell, words: tuple[str, ...]) -> None:
    assert "--as NAME" in shell.refused(*words)
    assert events(shell) == [] if shell.file.exists() else True


@pytest.mark.usefixtures("shared")
def test_the_name_stands_everywhere_and_the_login_beside_it(shell: Shell) -> None:
    shell.say("declare", "Checkout fails", "--as", "Ana Lind")
    shell.say("role", "take", "scribe", "--who", "ubuntu")
    shell.say("note", "seen")
    assert {event.actor for event in events(shell)} == {"Ana Lind"}
    assert {event.detail["by"]["login"] for event in events(shell)} == {"ubuntu"}
    (incident,) = shell.ask("incidents")
    assert [each["person"] for each in incident["roles"]] == ["Ana Lind"]
    draft = shell.say("export", "--output", "-")
    assert "Ana Lind" in draft
    assert "ubuntu" not in draft


@pytest.mark.usefixtures("shared")
def test_reading_asks_nobody(shell: Shell) -> None:
    shell.say("declare", "Checkout fails", "--as", "Ana")
    for words in (("incidents",), ("timeline",), ("export", "--output", "-"), ("clocks",), ("item", "list")):
        shell.say(*words)


@pytest.mark.usefixtures("shared")
def test_an_export_without_a_name_is_on_record_as_the_login_with_a_note(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell.say("declare", "Checkout fails", "--as", "Ana")
    monkeypatch.setattr("cockpit.cli.login.session_key", lambda: "another session")
    shell.say("export")
    assert (events(shell)[-1].actor, events(shell)[-1].detail["by"]) == ("ubuntu", {"unnamed": "yes"})


def test_a_person_signed_in_as_themselves_cannot_be_somebody_else(shell: Shell) -> None:
    assert "signed in as ana" in shell.refused("note", "x", "--as", "ben")


@pytest.mark.usefixtures("shared")
@pytest.mark.parametrize("name", ["", "root", "Ubuntu"])
def test_a_login_is_no_persons_name(shell: Shell, name: str) -> None:
    shell.refused("note", "x", "--as", name)


@pytest.mark.usefixtures("shared")
def test_who_corrects_an_entry_is_its_author_and_not_who_wrote_it(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell.say("note", "seen", "--as", "Ana")
    monkeypatch.setattr("cockpit.cli.login.login_name", lambda: "ben")
    shell.say("correct", "1", "seen at noon")
    assert (events(shell)[-1].actor, "by" in events(shell)[-1].detail) == ("ben", False)


@pytest.mark.usefixtures("shared")
def test_on_a_terminal_it_is_asked_once(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cockpit.cli.login.somebody_to_ask", lambda: True)
    result = shell.type("declare", "Checkout fails", stdin="root\nAna\n")
    assert result.exit_code == 0, result.output
    shell.say("note", "seen")
    assert [event.actor for event in events(shell)] == ["Ana", "Ana"]

"""A message is printed from its template, mended in an editor, and written down once it was sent."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cockpit.cli.incident.entries import find_template
from cockpit.cli.options import Refusal
from cockpit.model.event import Draft, Kind
from cockpit.model.plan import Template
from cockpit.model.time import parse_timestamp
from tests.integration.cli.shell import Shell


@pytest.fixture
def told(shell: Shell) -> Shell:
    shell.say("declare", "Readiness failing", "--severity", "P1")
    return shell


def test_a_message_goes_to_a_file_and_what_is_missing_beside_it(told: Shell) -> None:
    assert told.say("message").splitlines()[0].startswith("declaration  Declaration (channel), to the team")
    printed = told.type("message", "clients")
    assert "Impact: ⟦impact?⟧\n" in printed.stdout
    assert "⟦client name?⟧" in printed.stdout
    assert "client name" in printed.stderr
    written = told.type("update", "--to", "client", "-", stdin=printed.stdout.replace("⟦client name?⟧", "all"))
    assert written.exit_code == 0, written.output
    assert "Hello all," in told.ask("incidents")[0]["updates"][0]["text"]


def test_its_document_says_what_it_promises(told: Shell) -> None:
    document = told.ask("message", "status-line", "--promise", "1h")
    assert document["text"].startswith("[P1] INVESTIGATING Readiness failing · default · ")
    assert (document["audience"], document["unknown"]) == ("team", [])
    assert document["promised"].endswith(":00.000000Z")
    assert told.ask("message", "status-line", "--promise", "none")["promised"] is None


def test_a_name_that_none_or_several_have_is_refused_with_the_names(told: Shell) -> None:
    assert "names no message: declaration, " in told.refused("message", "nothing")
    assert "names several messages: " in told.refused("message", "message")


TEMPLATES = (
    Template("declaration", "Declaration (channel)", "", "team", "built in"),
    Template("oncall/message-to-customers", "Message to customers", "", "client", "oncall.md:93"),
    Template("team", "Message to the team", "", "team", "oncall.md:80"),
)


@pytest.mark.parametrize(
    ("text", "id"),
    [("client", "oncall/message-to-customers"), ("customers", "oncall/message-to-customers"), ("team", "team")],
)
def test_a_message_is_found_by_its_words_and_by_its_readers(text: str, id: str) -> None:
    assert find_template(TEMPLATES, text).id == id


def test_of_several_messages_for_the_same_readers_none_is_chosen() -> None:
    with pytest.raises(Refusal):
        find_template(tuple(replace(template, audience="authority") for template in TEMPLATES), "authority")


def test_after_the_end_the_message_for_the_end_is_meant_and_named(told: Shell) -> None:
    told.say("resolve", "--because", "fixed")
    for name, id in (("client", "client-resolved"), ("team", "team-resolved"), ("resolved (team)", "team-resolved")):
        printed = told.type("message", name)
        assert printed.exit_code == 0, printed.output
        assert (f"`{id}`" in printed.stderr) is (name in ("client", "team"))
        assert told.ask("message", name)["template"] == id
    assert told.ask("message", "declaration")["template"] == "declaration"


def test_a_message_without_a_recorder_names_the_end_of_the_record(told: Shell) -> None:
    """Declared from a shell, and nobody ever recorded: nothing to say. A recorder that stopped is another thing."""
    assert told.ask("message", "status-line")["recorded_until"] is None
    ended = datetime.now(UTC) - timedelta(minutes=7)
    told.record(Draft(Kind.RECORDER, "recording ended", ended, "default", detail={"what": "stopped"}))
    document = told.ask("message", "client")
    assert document["recorded_until"] is not None
    assert document["text"].endswith(f"All of this is as of {parse_timestamp(document['recorded_until']):%H:%M} UTC.")
    assert " · as of " in told.say("message", "status-line")

"""Roles, clocks, boxes, freezes, decisions, action items: as they are typed, without any configuration."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cockpit.model.event import Draft, Kind
from cockpit.model.time import format_timestamp, parse_timestamp
from tests.integration.cli.shell import Shell
from tests.unit.incident.drafts import table


@pytest.fixture
def leading(shell: Shell) -> Shell:
    shell.say("declare", "Readiness failing", "--severity", "P1")
    return shell


def test_an_incident_is_led_from_a_second_shell(leading: Shell) -> None:
    assert leading.say("role", "take", "IC").endswith(": ana is Incident Commander\n")
    leading.say("role", "take", "scribe", "--who", "ben")
    called = leading.say("called", "database", "on", "call", "--tier", "2", "--how", "phone")
    assert called.endswith(": called database on call (tier 2), phone\n")
    leading.say("update", "we", "are", "rolling", "back", "--to", "client", "--promise", "30m")
    assert "look at the queries" in leading.say("task", "look at the queries", "--in", "3m", "--who", "bob")
    leading.say("loop", "signature check is off")
    leading.say("decide", "roll back", "--reason", "the deploy")
    assert "running" not in leading.say("role", "handover", "IC", "cleo", "--note", "rolled back")
    (incident,) = leading.ask("incidents")
    assert [(each["role"], each["person"]) for each in incident["roles"] if each["until"] is None] == [
        ("Scribe", "ben"),
        ("Incident Commander", "cleo"),
    ]
    assert "look at the queries, due " in incident["roles"][-1]["note"]
    assert incident["updates"][0]["audience"] == "client"
    assert incident["decisions"][0]["reason"] == "the deploy"


def test_a_handover_names_what_goes_on_silences_and_a_freeze_as_well(leading: Shell) -> None:
    leading.say("role", "take", "IC")
    leading.say("freeze", "on", "--reason", "until green")
    state = {"name": "5xx errors", "state": "suppressed"}
    leading.record(Draft(Kind.ALERT, "5xx errors silenced", datetime.now(UTC), "default", "az:5xx", detail=state))
    said = leading.say("role", "handover", "IC", "cleo")
    assert ": 5xx errors; default is frozen: until green" in said


def test_every_act_answers_with_its_event_as_json(leading: Shell) -> None:
    note = leading.ask("note", "the first 500")["id"]
    item = leading.ask("item", "add", "alert on the queue", "--owner", "ben", "--due", "2026-12-01")["subject"]
    for words in (
        ("freeze", "on", "--reason", "until green"),
        ("freeze", "off"),
        ("tick", "first-ten#1"),
        ("aware", "leads were readable", "--at", "5m ago"),
        ("clock", "snooze", "update", "--for", "10m"),
        ("scenario", "database lost", "--rto", "30m", "--rpo", "15m"),
        ("recovered-to", "20m", "ago"),
        ("item", "done", item),
        ("pin", str(note)),
        ("link", str(note), "https://logs.example.com/q/1"),
        ("correct", str(note), "the first 503"),
        ("review", "in-review"),
        ("resolve", "--because", "fixed"),
        ("reopen", "--reason", "it is back"),
        ("clock", "na", "breach", "--reason", "test data only"),
    ):
        event = leading.ask(*words)
        assert (event["actor"], event["source"]) == ("ana", "cli"), words
    (incident,) = leading.ask("incidents")
    assert incident["recovery"]["rto"] == 1800
    assert incident["ticks"][0]["item"] == 1
    assert incident["items"][0]["done"]
    assert incident["reviews"][0]["value"] == "in review"


def test_clocks_tell_what_is_due(leading: Shell) -> None:
    id = leading.ask("task", "look at X", "--in", "3m")["subject"]
    assert "look at X (ana); a task with a time" in leading.say("clocks")
    (clock,) = (each for each in leading.ask("clocks") if each["id"] == id)
    assert clock["state"] == "running"
    assert parse_timestamp(clock["due"]) - datetime.now(UTC) < timedelta(minutes=3)
    leading.say("clock", "done", id)
    assert "look at X" not in leading.say("clocks")
    met = [line for line in leading.say("clocks", "--all").splitlines() if line.startswith("met ")]
    assert {line.removeprefix("met").split()[0] for line in met} == {"due"}, "when it was due, not when it was met"


def test_a_freeze_that_still_holds_is_shown_at_the_end(leading: Shell) -> None:
    assert leading.say("freeze", "on", "--reason", "until green").startswith(
        "Default: deployments frozen: until green ("
    )
    assert "`cockpit freeze off` lifts it" in leading.say("resolve")
    assert leading.say("freeze", "off") == "Default: freeze lifted\n"


def test_action_items_are_listed_with_who_and_when(leading: Shell) -> None:
    assert "has no action items" in leading.say("item", "list")
    leading.say("note", "TODO: write the runbook")
    id = leading.ask("item", "add", "alert on the queue", "--owner", "ben", "--due", "2026-12-01")["subject"]
    leading.say("item", "done", id)
    assert f"[x] {id:<8} alert on the queue (ben, due 2026-12-01)" in leading.say("item", "list")
    assert [each["text"] for each in leading.ask("item", "list")] == ["write the runbook", "alert on the queue"]


def test_who_is_unsure_declares_the_higher_level(shell: Shell) -> None:
    assert shell.ask("declare", "slow", "--severity", "P2", "--unsure")["severity"] == "P1"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("role",), "Missing command"),
        (("role", "take"), "Missing argument"),
        (("role", "leave", "Scribe"), "ana is not Scribe"),
        (("task", "x"), "Missing option '--in'"),
        (("task", "x", "--in", "soon"), "is not a duration; write `90s`"),
        (("update", "x", "--promise", "99999d"), "more than 30 days ahead"),
        (("tick", "first"), "write LIST#N"),
        (("tick", "first-ten-minutes#99"), "counted from 1"),
        (("freeze", "off"), "default is not frozen"),
        (("item", "add", "x", "--due", "soon"), "write it as 2026-12-01"),
        (("clock", "done", "nope"), "has no clock `nope`"),
        (("review", "perfect"), "is not a state of a post-mortem"),
        (("correct", "99", "x"), "There is no event 99"),
        (("recovered-to", "tomorrow"), "is not a time"),
        (("reopen", "--reason", "x"), "No incident of default is resolved"),
        (("resolve", "--because", "boredom"), "there are fixed, duplicate"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(leading: Shell, words: tuple[str, ...], sentence: str) -> None:
    assert sentence in leading.refused(*words)


def test_the_rollback_window_counts_from_the_deployment_that_was_recorded(leading: Shell) -> None:
    made = datetime.now(UTC) - timedelta(hours=3)
    detail = {"what": "created", "created": format_timestamp(made)}
    leading.record(
        Draft(Kind.REVISION, "v42 created", made, "default", "mi/v42", detail=detail),
        Draft(Kind.TRAFFIC, "traffic to v42", made, "default", "mi", detail={"after": {"v42": 100}}),
    )
    (window,) = [each for each in leading.ask("clocks") if each["id"] == "rollback"]
    assert (window["why"], parse_timestamp(window["started"])) == (
        "the newest deployment",
        parse_timestamp(format_timestamp(made)),
    )


@pytest.mark.parametrize("word", ["none", "-", "No"])
def test_an_update_may_say_that_it_promises_none(leading: Shell, word: str) -> None:
    leading.say("update", "we are looking", "--to", "client", "--promise", "30m")
    leading.say("update", "it is over", "--to", "client", "--promise", word)
    (incident,) = leading.ask("incidents")
    assert [update["promised"] is not None for update in incident["updates"]] == [True, False]


def test_the_draft_has_the_deadlines_that_clocks_list(leading: Shell) -> None:
    """The rollback window from the newest deployment, a promise, a task: the draft left them out, or had others."""
    made = datetime.now(UTC) - timedelta(hours=3)
    leading.record(
        Draft(Kind.REVISION, "v42 created", made, "default", "mi/v42", detail={"what": "created", "created": "x"}),
        Draft(Kind.TRAFFIC, "traffic to v42", made, "default", "mi", detail={"after": {"v42": 100}}),
    )
    leading.say("update", "we are looking", "--to", "client", "--promise", "30m")
    leading.say("task", "look at X", "--in", "3m")
    leading.say("called", "database on call", "--tier", "1", "--how", "phone")
    for words in (("note", "going on"), ("resolve", "--because", "fixed")):
        leading.say(*words)
        listed = leading.ask("clocks", "--all")
        rows = table(Path(leading.ask("export")["path"]).read_text(), "clocks")
        assert sorted((row[0], row[2].split()[-1]) for row in rows) == sorted(
            (item["what"], f"{parse_timestamp(item['started']):%H:%M:%S}") for item in listed
        )
        states = {row[0]: row[5].partition(":")[0].partition(";")[0] for row in rows}
        assert all(item["window_open"] or states[item["what"]] == item["state"] for item in listed)

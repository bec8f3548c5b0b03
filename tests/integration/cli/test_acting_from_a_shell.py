"""declare, note, ack, severity, resolve: as they are typed, without any configuration."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cockpit.model.event import Draft, Kind
from cockpit.model.time import parse_timestamp
from tests.integration.cli.shell import Shell


def firing(key: str = "az:1", name: str = "5xx errors") -> Draft:
    detail = {"state": "firing", "severity": "high", "name": name}
    begun = datetime.now(UTC) - timedelta(minutes=3)
    return Draft(Kind.ALERT, f"{name} fired", begun, "default", key, source="recorder", detail=detail)


def test_an_incident_from_its_declaration_to_its_end(shell: Shell) -> None:
    declared = shell.say("declare", "Readiness", "failing")
    assert declared.startswith("Declared P1 ")
    assert "Readiness failing" in declared
    shell.say("note", "started right after the deploy")
    shell.say("severity", "SEV-1", "--reason", "everybody is out")
    shell.say("ack", "--note", "looking")
    ended = shell.say("resolve", "--reason", "rolled back")
    assert "cockpit export --incident" in ended
    (incident,) = shell.ask("incidents")
    assert incident["title"] == "Readiness failing"
    assert incident["severity"] == "P0"
    assert incident["status"] == "resolved"
    assert incident["close_reason"] == "rolled back"
    assert incident["people"] == ["ana"]
    assert incident["metrics"]["TTR"]["state"] == "recorded"
    assert (incident["metrics"]["TTD"]["state"], incident["metrics"]["TTD"]["seconds"]) == ("not applicable", None)


def test_every_act_answers_with_its_event_as_json(shell: Shell) -> None:
    incident = shell.ask("declare", "x", "--severity", "p2", "--drill")
    assert (incident["severity"], incident["drill"], incident["open"]) == ("P2", True, True)
    for words in (("note", "n"), ("ack",), ("severity", "P1"), ("resolve",)):
        event = shell.ask(*words)
        assert (event["incident"], event["actor"], event["source"]) == (incident["id"], "ana", "cli")


def test_a_declaration_says_what_knew_first(shell: Shell) -> None:
    shell.record(firing())
    assert "by alert 5xx errors." in shell.say("declare", "5xx")


def test_times_are_typed_as_people_say_them(shell: Shell) -> None:
    now = datetime.now(UTC)
    incident = shell.ask("declare", "x", "--impact", "20m ago", "--reach", "1h ago")
    assert abs(parse_timestamp(incident["impact_started"]) - (now - timedelta(minutes=20))) < timedelta(minutes=1)
    assert abs(parse_timestamp(incident["reach_from"]) - (now - timedelta(hours=1))) < timedelta(minutes=1)
    event = shell.ask("note", "users called", "--at", (now - timedelta(minutes=5)).isoformat())
    assert parse_timestamp(event["occurred"]) == now - timedelta(minutes=5)


def test_clocks_go_on_with_the_incident_that_ended_last(shell: Shell) -> None:
    incident = shell.ask("declare", "x")["id"]
    shell.say("resolve", "--reason", "rolled back")
    assert [clock["id"] for clock in shell.ask("clocks")] == [
        clock["id"] for clock in shell.ask("clocks", "--incident", incident)
    ]


def test_what_was_noticed_later_than_something_else_was_bad_is_stated(shell: Shell) -> None:
    shell.ask("declare", "x")
    stated = shell.ask("impact", "--detected", "5m ago")
    assert stated["detected"] != stated["declared"]
    assert "Detected " in shell.say("impact")


def test_a_time_that_was_typed_is_repeated_with_its_day_and_how_long_ago_that_is(shell: Shell) -> None:
    earlier = datetime.now(UTC) - timedelta(hours=17, minutes=30)
    said, typed = f"{earlier:%Y-%m-%d %H:%M} UTC (17h ago)", f"{earlier:%H:%M}Z"
    declared = shell.say("declare", "x", "--impact", typed, "--reach", typed)
    assert f"Users felt it from {said}." in declared
    assert f"It reaches back to {said}." in declared
    assert shell.say("note", "users called", "--at", typed).startswith(f"Noted at {said} on ")
    now = datetime.now(UTC)
    assert f" at {now:%Y-%m-%d}" in shell.say("resolve", "--at", "now")


def test_a_note_is_read_from_standard_input(shell: Shell) -> None:
    assert shell.type("note", "-", stdin="first\nsecond\n").exit_code == 0
    (event,) = shell.ask("timeline")
    assert event["detail"]["text"] == "first\nsecond"


def test_without_an_incident_a_note_goes_to_the_journal(shell: Shell) -> None:
    assert shell.say("note", "the office is loud") == "Noted in the journal of default: the office is loud\n"


def test_an_alert_is_taken_by_its_name_or_its_key(shell: Shell) -> None:
    shell.record(firing("az:1", "5xx errors"), firing("az:2", "High CPU"), firing("az:3", "high cpu"))
    assert shell.ask("ack", "5XX ERRORS")["subject"] == "az:1"
    assert shell.ask("ack", "az:2")["subject"] == "az:2"
    refusal = shell.refused("ack", "high cpu").splitlines()
    assert refusal[1:] == ["  az:2  High CPU", "  az:3  high cpu"]
    assert "there are:" in shell.refused("ack", "nope")


def test_forty_alerts_of_one_name_are_taken_together_and_printed_as_one_line(shell: Shell) -> None:
    pods = [f"cart-{number}" for number in range(40)]
    storm = [firing(f"am:{pod}", "PodCrash") for pod in pods]
    shell.record(*(replace(draft, detail={**draft.detail, "labels": {"pod": draft.subject[3:]}}) for draft in storm))
    refusal = shell.refused("ack", "podcrash").splitlines()
    assert (len(refusal), refusal[1], refusal[-1]) == (12, "  am:cart-0  PodCrash on cart-0", "  and 30 more")
    assert len(shell.refused("ack", "nope").splitlines()) == 12
    assert shell.refused("ack", "--all")
    folded = shell.say("timeline").splitlines()
    assert (len(folded), "40 instances" in folded[0]) == (1, True)
    assert len(shell.say("timeline", "--all").splitlines()) == len(shell.ask("timeline")) == 40
    taken = shell.ask("ack", "podcrash", "--all", "--at", "1m ago")
    assert sorted(taken["detail"]["keys"]) == sorted(f"am:{pod}" for pod in pods)
    assert taken["occurred"] < taken["recorded"]


def test_several_open_incidents_are_listed_as_they_are_named(shell: Shell) -> None:
    one, two = (shell.ask("declare", title)["id"] for title in ("one", "two"))
    sentence = shell.refused("note", "which?")
    assert "2 incidents are open; choose one:" in sentence
    assert f"--incident {one}  P1 investigating one" in sentence
    assert shell.ask("note", "this", "--incident", two)["incident"] == two
    assert shell.ask("resolve", "--incident", one[-3:])["incident"] == one


def test_any_environment_will_do_without_a_configuration(shell: Shell) -> None:
    shell.say("declare", "x", "--env", "prod")
    assert [each["environment"] for each in shell.ask("incidents")] == ["prod"]
    assert shell.ask("incidents", "--env", "staging") == []


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["note", " "], "A note needs words."),
        (["note", "x", "--at", "soon"], "`soon` is not a time; write `10m ago`"),
        (["note", "x", "--at", "2199-01-01 10:00"], "has not come yet"),
        (["declare", "x", "--severity", "P9"], "`P9` is not a severity here; there are P0, P1, P2, P3."),
        (["declare", "x", "--severity", "SEV-0"], "there are P0, P1, P2, P3. SEV-1 is P0."),
        (["resolve"], "No incident is open in default; declare one first."),
        (["severity", "P1"], "No incident is open in default"),
        (["ack"], "No incident is open in default"),
        (["ack", "nope"], "No alert `nope` is recorded as firing in default; none is."),
        (["note", "x", "--incident", "nope"], "There is no incident `nope`"),
        (["note", "x", "--read-only"], "Read-only"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_one_sentence(shell: Shell, words: list[str], sentence: str) -> None:
    assert sentence in shell.refused(*words)


def test_a_file_that_is_no_timeline_is_reported_in_a_sentence(shell: Shell) -> None:
    Path(shell.file).write_text("not a database, but long enough to be taken for one at first sight " * 20)
    for words in (["note", "x"], ["timeline"], ["incidents"], ["export"]):
        assert "is not a timeline" in shell.refused(*words)


def test_a_declaration_takes_the_severity_that_a_document_gives_what_fires(shell: Shell, tmp_path: Path) -> None:
    levels = "| Level | Definition |\n|---|---|\n| P0 | Down |\n| P1 | Broken |\n| P2 | Slow |\n"
    table = "| Alert | Severity |\n|---|---|\n| DiskAlmostFull | P2 |\n"
    (tmp_path / "oncall.md").write_text(f"# On call\n\n## Severities\n\n{levels}\n## Alerts\n\n{table}", "utf-8")
    (tmp_path / "cockpit.toml").write_text('runbooks = ["oncall.md"]\n', "utf-8")
    detail = {
        "name": "DiskAlmostFull",
        "state": "firing",
        "severity": "unknown",
        "since": datetime.now(UTC).isoformat(),
    }
    shell.record(Draft(Kind.ALERT, "DiskAlmostFull fired", datetime.now(UTC), "default", "am:f1", detail=detail))

    assert shell.ask("declare", "disk is full")["severity"] == "P2"
    assert shell.ask("declare", "worse", "--severity", "P0", "--another")["severity"] == "P0"

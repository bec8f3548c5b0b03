"""What is declared twice is said to be, what is over goes on for a week, and what was led elsewhere keeps its times."""

import json
from datetime import datetime, timedelta

import pytest

from cockpit.model.event import Draft, Kind
from cockpit.model.time import RealTime
from cockpit.timeline.timeline import Timeline
from tests.integration.cli.shell import Shell


def incident(shell: Shell, title: str) -> str:
    shell.say("declare", title, "--severity", "P2", "--another")
    return str(shell.ask("incidents")[-1]["id"])


def ended(shell: Shell, title: str, days_ago: float) -> str:
    """An incident that was resolved so long ago."""
    at = RealTime().now() - timedelta(days=days_ago)
    id = f"{at:%Y-%m-%d}-{title[:3]}"
    common = {"environment": "default", "actor": "ana", "incident": id}
    shell.record(
        Draft(Kind.DECLARE, title, at, detail={"title": title, "severity": "P2"}, **common),  # type: ignore[arg-type]
        Draft(Kind.RESOLVE, "resolved", at, detail={"reason": "", "because": "fixed"}, **common),  # type: ignore[arg-type]
    )
    return id


def when(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_declaring_while_one_is_open_says_so(shell: Shell) -> None:
    first = incident(shell, "Checkout fails")
    said = shell.type("declare", "Payments fail")
    assert said.exit_code == 0
    assert first in said.stderr
    assert f"--duplicate-of {first}" in said.stderr
    assert len(shell.ask("incidents")) == 2


def test_what_is_declared_can_join_the_one_that_is_open(shell: Shell) -> None:
    first = incident(shell, "Checkout fails")
    assert first in shell.say("declare", "Payments fail", "--join")
    (only,) = shell.ask("incidents")
    assert (only["id"], only["notes"]) == (first, 1)


def test_with_none_open_there_is_nothing_to_join(shell: Shell) -> None:
    shell.say("declare", "Checkout fails", "--join")
    assert len(shell.ask("incidents", "--open")) == 1


@pytest.mark.parametrize(("answer", "incidents"), [("y\n", 1), ("n\n", 2), ("\n", 2)])
def test_on_a_terminal_it_is_asked_whether_it_is_the_same(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, answer: str, incidents: int
) -> None:
    incident(shell, "Checkout fails")
    monkeypatch.setattr("cockpit.cli.incident.lifecycle.somebody_to_ask", lambda: True)
    assert shell.type("declare", "Payments fail", stdin=answer).exit_code == 0
    assert len(shell.ask("incidents")) == incidents


def test_a_duplicate_and_its_original_name_each_other(shell: Shell) -> None:
    first, second = incident(shell, "Checkout fails"), incident(shell, "Payments fail")
    shell.say("resolve", "--duplicate-of", first[-3:])
    assert [each["id"] for each in shell.ask("incidents", "--open")] == [first]
    assert f"duplicate of {first}" in shell.say("incidents")
    assert second in shell.say("timeline", "--incident", first)
    assert f"duplicate of {first}" in shell.say("export", "--incident", second, "--output", "-")


def test_duplicates_lead_to_no_circle(shell: Shell) -> None:
    first, second = incident(shell, "Checkout fails"), incident(shell, "Payments fail")
    shell.refused("resolve", "--incident", first, "--duplicate-of", first)
    shell.say("resolve", "--incident", second, "--duplicate-of", first)
    shell.refused("resolve", "--incident", first, "--duplicate-of", second)
    shell.refused("resolve", "--incident", first, "--duplicate-of", "nothing")
    shell.refused("resolve", "--incident", first, "--duplicate-of", second, "--because", "fixed")


GOES_ON = [
    ("item", "add", "alert on the queue"),
    ("item", "list"),
    ("update", "all is well", "--to", "client"),
    ("message",),
    ("export", "--output", "-"),
    ("review", "in", "review"),
]


@pytest.mark.parametrize("words", GOES_ON, ids=" ".join)
def test_work_goes_on_with_the_one_that_ended_lately_and_names_it(shell: Shell, words: tuple[str, ...]) -> None:
    ended(shell, "old and over", 8)
    id = ended(shell, "checkout", 2)
    said = shell.type(*words)
    assert said.exit_code == 0, said.output
    assert id in said.stderr


@pytest.mark.parametrize("words", GOES_ON, ids=" ".join)
def test_where_several_ended_lately_they_are_listed(shell: Shell, words: tuple[str, ...]) -> None:
    ids = [ended(shell, "checkout", 2), ended(shell, "payments", 3)]
    listed = shell.refused(*words)
    assert all(id in listed for id in ids)
    assert "ended lately" in listed


def test_a_duplicate_is_no_choice_beside_its_original(shell: Shell) -> None:
    first, second = incident(shell, "Checkout fails"), incident(shell, "Payments fail")
    shell.say("resolve", "--incident", second, "--duplicate-of", first)
    shell.say("resolve", "--incident", first)
    assert first in shell.say("item", "add", "alert on the queue")


def test_what_ended_long_ago_is_named(shell: Shell) -> None:
    ended(shell, "old and over", 8)
    shell.refused("item", "add", "x")
    shell.refused("update", "x")


def test_what_was_led_elsewhere_has_its_own_times(shell: Shell) -> None:
    shell.say("declare", "Checkout fails", "--severity", "P2", "--at", "50m ago")
    shell.say("ack", "--at", "40m ago")
    shell.say("severity", "P1", "--at", "30m ago")
    shell.say("role", "take", "Ops", "--at", "25m ago")
    shell.say("role", "handover", "Ops", "ben", "--at", "20m ago")
    (only,) = shell.ask("incidents")
    declared = when(only["declared"])
    assert timedelta(minutes=49) < RealTime().now() - declared < timedelta(minutes=52)
    assert round((when(only["acknowledged"]) - declared).total_seconds() / 60) == 10
    assert [round((when(each["at"]) - declared).total_seconds() / 60) for each in only["severities"]] == [0, 20]
    assert [round((when(each["since"]) - declared).total_seconds() / 60) for each in only["roles"]] == [25, 30]


def test_a_severity_is_not_set_before_the_one_it_replaces(shell: Shell) -> None:
    shell.say("declare", "Checkout fails", "--severity", "P2", "--at", "30m ago")
    shell.refused("severity", "P1", "--at", "40m ago")
    shell.say("severity", "P1", "--at", "10m ago")
    shell.refused("severity", "P0", "--at", "20m ago")


def test_times_in_utc_are_understood(shell: Shell) -> None:
    at = (RealTime().now() - timedelta(hours=3)).replace(second=0, microsecond=0)
    shell.say("declare", "Checkout fails", "--at", f"{at:%Y-%m-%d %H:%M} UTC")
    shell.say("note", "seen", "--at", f"{at:%H:%M} UTC")
    with Timeline(shell.file, time=RealTime(), read_only=True) as timeline:
        assert [event.occurred for event in timeline.events()] == [at, at]


def test_a_drill_is_never_joined_nor_a_duplicate(shell: Shell) -> None:
    shell.say("declare", "Game day", "--drill")
    (drill,) = shell.ask("incidents")
    declared = shell.type("declare", "Checkout fails", "--join")
    assert "Declared" in declared.stdout
    assert drill["id"] not in declared.stderr
    real = next(item["id"] for item in shell.ask("incidents") if not item["drill"])
    refused = shell.type("resolve", "--incident", real, "--duplicate-of", drill["id"], "--json")
    assert refused.exit_code == 2
    assert len(shell.ask("incidents", "--open")) == 2
    choices = shell.type("note", "which").stderr.splitlines()
    assert [line for line in choices if drill["id"] in line and "DRILL" in line]


def test_a_brief_of_several_that_ended_names_each_by_its_title_and_says_what_to_type(shell: Shell) -> None:
    ids = []
    for title in ("the queue stands", "the disk is full"):
        ids.append(shell.ask("declare", title)["id"])
        shell.ask("resolve", "--incident", ids[-1])
    listed = shell.refused("brief")
    assert all(f"--incident {id}" in listed for id in ids)
    assert all(title in listed for title in ("the queue stands", "the disk is full"))
    assert "brief --incident ID`" in listed
    document = json.loads(shell.type("brief", "--json").stdout)
    assert [item["id"] for item in document["facts"]["incidents"]] == ids


@pytest.mark.parametrize("words", [("resolve",), ("severity", "P1"), ("update", "all is well"), ("message", "client")])
def test_what_another_person_has_just_declared_is_not_acted_on_without_its_name(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    id = incident(shell, "Checkout fails")
    before = shell.ask("timeline")
    monkeypatch.setattr("cockpit.cli.login.login_name", lambda: "ben")
    assert f"--incident {id}" in shell.refused(*words)
    assert json.loads(shell.type(*words, "--json").stdout)["code"] == "ambiguous-incident"
    assert shell.ask("timeline") == before
    assert shell.ask("brief")["incident"] == id  # looking is not acting
    assert shell.ask("note", "I look at it")["incident"] == id
    assert shell.type(*words).exit_code == 0

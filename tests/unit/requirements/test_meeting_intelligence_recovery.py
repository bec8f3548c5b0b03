"""What the first team's recovery achieved, against what its document allows, and its messages in the draft."""

import pytest

from cockpit.model.event import Kind
from cockpit.model.time import format_timestamp
from tests.unit.incident.drafts import draft, table
from tests.unit.incident.story import Story, at
from tests.unit.requirements.teams import plan_of


def recovered(scenario: str, took: float, lost: float) -> list[list[str]]:
    """The recovery table of a draft: minutes from the declaration, and minutes of data lost before the impact."""
    plan = plan_of("meeting-intelligence")
    target = plan.target(scenario)
    assert target is not None
    story = Story()
    story.declare(0, impact_started=format_timestamp(at(0)))
    assert target.rto is not None
    assert target.rpo is not None
    chosen = {"what": "chosen", "scenario": scenario, "origin": target.origin}
    rto, rpo = target.rto.total_seconds(), target.rpo.total_seconds()
    story.act(Kind.RECOVERY, 1, subject=scenario, rto=rto, rpo=rpo, **chosen)
    story.act(Kind.RECOVERY, 2, subject=scenario, what="recovered to", point=format_timestamp(at(-lost)))
    story.act(Kind.RESOLVE, took)
    return [row[1:4] for row in table(draft(story, took + 1, plan), "recovery")]


@pytest.mark.parametrize(
    ("scenario", "took", "lost", "time", "point"),
    [
        ("Bad deployment", 5, 0, ["5m 00s", "5m 00s", "met"], ["0s", "0s", "met"]),
        ("Bad deployment", 6, 1, ["5m 00s", "6m 00s", "missed"], ["0s", "1m 00s", "missed"]),
        ("Database corruption", 30, 15, ["30m 00s", "30m 00s", "met"], ["15m 00s", "15m 00s", "met"]),
        ("Database corruption", 31, 16, ["30m 00s", "31m 00s", "missed"], ["15m 00s", "16m 00s", "missed"]),
        ("Rebuild of an environment", 61, 15, ["1h 00m", "1h 01m", "missed"], ["15m 00s", "15m 00s", "met"]),
        ("Region lost", 240, 61, ["4h 00m", "4h 00m", "met"], ["1h 00m", "1h 01m", "missed"]),
    ],
)
def test_000_targets_recovery_time_and_point_achieved_stand_against_the_scenario(
    scenario: str, took: float, lost: float, time: list[str], point: list[str]
) -> None:
    assert recovered(scenario, took, lost) == [time, point]


def test_000_s2_rpo_15_min_is_what_the_point_in_time_of_a_restore_is_held_against() -> None:
    assert recovered("Database corruption", 5, 20)[1] == ["15m 00s", "20m 00s", "missed"]


def test_000_s6_messages_stand_in_the_draft_with_their_words_and_the_promised_time() -> None:
    story = Story()
    story.declare(0)
    text = "Subject: Meeting assistant: disruption\n\nHello Example Ltd,\n\nStatus: Investigating"
    story.act(Kind.UPDATE, 16, subject="client", audience="client", text=text, promised=format_timestamp(at(46)))
    story.act(Kind.UPDATE, 46, subject="client", audience="client", text="Status: Resolved")
    first, last = table(draft(story, 60, plan_of("meeting-intelligence")), "communication")
    assert first[4].startswith("Subject: Meeting assistant: disruption<html_inline><html_inline>Hello Example Ltd,")
    assert first[5:] == ["02:46:00", "kept"]
    assert last[4] == "Status: Resolved"

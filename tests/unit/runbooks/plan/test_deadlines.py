"""Deadlines in sentences, and sentences with a time that are none."""

import pytest

from cockpit.model.clock import ClockKind, Counting
from cockpit.model.plan import BUILT_IN
from tests.unit.runbooks.plan.reading import HOUR, MINUTE, only, plan_of, told


def test_a_breach_is_notified_within_72_hours_and_its_list_can_be_ticked() -> None:
    found = plan_of("## Breach response\n\n1. Contain it.\n2. Notify the authority within 72 hours.\n3. Document.\n")
    rule = only(found, ClockKind.BREACH)
    assert (rule.what, rule.after.total_seconds(), rule.origin) == ("Notify the authority", 72 * HOUR, "oncall.md:4")
    assert found.checklist("oncall/breach-response") is not None


def test_a_post_mortem_is_due_in_business_days() -> None:
    rule = only(plan_of("## After the incident\n\nWithin 3 business days:\n\n- a document\n"), ClockKind.POSTMORTEM)
    assert (rule.after.days, rule.counting) == (3, Counting.DAYS)


@pytest.mark.parametrize(
    "text",
    [
        "## Rollback\n\nRollback window: 24h free of blame. After 24h, prefer fix-forward.\n",
        "## Migrations\n\nDowngrade by one.\nAfter 24 hours rather fix forward.\n",
    ],
)
def test_how_long_a_rollback_is_free_of_blame(text: str) -> None:
    assert told(plan_of(text)) == [("rollback", 24 * HOUR, ())]


@pytest.mark.parametrize(
    "text",
    [
        "Use when client-facing downtime exceeds 15 minutes:",
        "For an outage of more than 15 minutes that clients notice:",
        "Tell customers of every outage > 15 min.",
    ],
)
def test_when_clients_are_notified(text: str) -> None:
    assert told(plan_of(f"## Message\n\n{text}\n")) == [("client", 15 * MINUTE, ())]


def test_a_contact_for_long_outages_is_who_is_notified() -> None:
    table = "| Role | Contact | When |\n|---|---|---|\n| Owner | phone | Client-facing outage >15 min |\n"
    rule = only(plan_of(table), ClockKind.CLIENT)
    assert (rule.who, rule.after.total_seconds()) == ("Owner", 15 * MINUTE)


def test_after_hours_another_response_is_promised() -> None:
    found = plan_of(
        "**Support hours:** Mon-Fri 8am-6pm CET. After-hours: best effort within 2 hours for critical alerts.\n"
    )
    rule = only(found, ClockKind.RESPONSE)
    assert (rule.outside, rule.levels, rule.after.total_seconds()) == (True, ("P0", "P1"), 2 * HOUR)
    assert "best effort" in rule.what
    inside = [each for each in found.rules if each.kind is ClockKind.RESPONSE and not each.outside]
    assert [each.origin for each in inside] == [BUILT_IN]  # by day the built-in one still holds


@pytest.mark.parametrize(
    "text",
    [
        "Error rate alerts at >1% for 5 minutes",
        "Healthchecks on every environment are monitored every 30s",
        "Wait 30 seconds and verify that users can sign in.",
        "Restore completed in <5 minutes. All data intact.",
        "A revoked token may still work for up to 5 minutes after revocation.",
        "The breach was found within 2 hours.",
        "The customer database keeps 7 days.",
        "See the dashboard update every 10 s.",
        "A rollback window opens within 5 minutes.",
    ],
)
def test_thresholds_and_anecdotes_promise_nothing(text: str) -> None:
    assert told(plan_of(f"## Notes\n\n{text}\n\n- {text}\n")) == []


def test_the_first_minutes_are_a_checklist_that_opens_by_itself() -> None:
    found = plan_of("## 1. First 10 minutes (any P0/P1)\n\n1. Declare\n2. Freeze\n   1. all of it\n3. Preserve\n")
    rule = only(found, ClockKind.CHECKLIST)
    opened = found.checklist(rule.checklist)
    assert opened is not None
    assert (opened.title, opened.items, opened.levels) == (
        "First 10 minutes", ("Declare", "Freeze", "Preserve"), ("P0", "P1"),
    )  # fmt: skip
    assert (rule.after.total_seconds(), rule.levels) == (10 * MINUTE, ("P0", "P1"))
    assert [each.id for each in found.checklists] == ["oncall/first-10-minutes"]  # the built-in one is not needed


def test_boxes_are_a_checklist_that_opens_when_asked_for() -> None:
    found = plan_of("# Book\n\n## Prerequisites\n\n- [ ] Nobody deploys\n- [x] Backup is there\n- a remark\n")
    (own, _) = found.checklists
    assert (own.id, own.items, own.levels) == ("oncall/prerequisites", ("Nobody deploys", "Backup is there"), ())


def test_an_example_of_a_document_in_a_fence_is_not_the_document() -> None:
    example = "# Runbook: [Title]\n\n## Prerequisites\n- [ ] Access\n\nPost-mortem within 9 days\n"
    found = plan_of(f"## Standards\n\n```markdown\n{example}```\n")
    assert told(found) == []
    assert {each.origin for each in found.checklists} == {each.origin for each in found.templates} == {BUILT_IN}


def test_two_lists_of_one_name_are_two() -> None:
    found = plan_of("# A\n\n## Steps\n\n- [ ] one\n\n## Steps\n\n- [ ] two\n")
    assert [each.id for each in found.checklists][:2] == ["oncall/steps", "oncall/steps-2"]


def test_the_title_of_a_document_says_what_it_is_about() -> None:
    assert told(plan_of("# Data breach\n\n## Procedure\n\n1. Notify the regulator within 24 hours.\n")) == [
        ("breach", 24 * HOUR, ())
    ]


def test_the_first_minutes_of_no_severity_are_those_of_the_worst() -> None:
    rule = only(plan_of("## First 10 minutes\n\n1. Declare\n"), ClockKind.CHECKLIST)
    assert rule.levels == ("P0", "P1")


def test_a_rhythm_without_a_number_holds_for_the_levels_behind_it() -> None:
    found = plan_of("## Updates\n\nPost an update every 20 minutes (P1), hourly (P2) and daily (P3).\n")
    assert told(found, ClockKind.UPDATE) == [
        ("update", 20 * MINUTE, ("P1",)),
        ("update", HOUR, ("P2",)),
        ("update", 24 * HOUR, ("P3",)),
    ]
    assert told(plan_of("## Updates\n\nThe daily update (P3) is a call.\n"), ClockKind.UPDATE) == []

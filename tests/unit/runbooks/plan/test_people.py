"""Contacts, roles, tiers, targets, messages, hours and drills, as teams write them down."""

from datetime import date, time, timedelta

import pytest

from cockpit.model.clock import ClockKind
from cockpit.model.plan import BUILT_IN, Plan
from cockpit.runbooks.document.read import read_runbook
from cockpit.runbooks.lint.lint import LintContext, lint_runbook
from cockpit.runbooks.plan.people import parse_window_end
from tests.unit.runbooks.plan.reading import plan_of

BOX = """
    ```
    ┌────────────────────────────────┐
    │         P0 Escalation          │
    ├────────────────────────────────┤
    │  0-15 min   │  On-call         │
    │  15-30 min  │  Lead + Team     │
    │  60+ min    │  VP              │
    └────────────────────────────────┘
    ```
"""


def tiers(found: Plan) -> list[tuple[int, float, str, tuple[str, ...]]]:
    return [
        (each.number, each.after.total_seconds() / 60, each.who, each.levels)
        for each in found.rules
        if each.kind is ClockKind.ESCALATION
    ]


def test_a_drawn_box_has_a_tier_for_each_row() -> None:
    found = plan_of(BOX)
    assert tiers(found) == [(1, 0, "On-call", ("P0",)), (2, 15, "Lead + Team", ("P0",)), (3, 60, "VP", ("P0",))]
    assert [each.origin for each in found.rules][:3] == ["oncall.md:6", "oncall.md:7", "oncall.md:8"]


def test_a_window_closes_when_its_document_says_and_one_that_is_left_open_not() -> None:
    closes = [rule.closes for rule in plan_of(BOX).rules if rule.kind is ClockKind.ESCALATION]
    assert closes == [timedelta(minutes=15), timedelta(minutes=30), None]
    assert [parse_window_end(text) for text in ("20-60 min", "1-2 h", "60+ min", "15 min", "30m to 2h")] == [
        timedelta(minutes=60),
        timedelta(hours=2),
        None,
        None,
        timedelta(hours=2),
    ]


def test_a_table_of_windows_has_them_too() -> None:
    table = (
        "## Escalation of P1\n\n| After | Who |\n|---|---|\n| 0 min | On-call |\n| 1-2 h | Lead |\n| soon | Boss |\n"
    )
    assert tiers(plan_of(table)) == [(1, 0, "On-call", ("P1",)), (2, 60, "Lead", ("P1",))]


@pytest.mark.parametrize(
    ("item", "minutes", "who"),
    [
        ("Platform on-call (0-10 minutes)", 0, "Platform on-call"),
        ("Payments lead (10-25 minutes)", 10, "Payments lead"),
        ("CTO (after 25 minutes)", 25, "CTO"),
        ("**Database team** — after 1 hour", 60, "Database team"),
        ("Head of operations, if not resolved in 45 minutes", 45, "Head of operations"),
        ("Secondary on-call: 15 min", 15, "Secondary on-call"),
        ("On-call engineer (immediately)", 0, "On-call engineer"),
        ("If there is no answer within 15 minutes, call the platform lead", 15, "platform lead"),
        ("If nobody acknowledged after 20 min, escalate to Mira Holt.", 20, "Mira Holt"),
        ("**15 minutes**: Secondary on-call", 15, "Secondary on-call"),
    ],
)
def test_a_counted_list_names_who_and_when_in_either_order(item: str, minutes: float, who: str) -> None:
    assert tiers(plan_of(f"## Escalation\n\n1. {item}\n")) == [(1, minutes, who, ())]


@pytest.mark.parametrize(
    "item",
    ["Look at the last 15 minutes of the log", "Restart the pods (3 of them)", "Call the vendor", "P1 (see 2.1)"],
)
def test_other_items_of_an_escalation_are_no_tiers(item: str) -> None:
    assert tiers(plan_of(f"## Escalation\n\n1. {item}\n")) == []


def test_a_contact_with_a_placeholder_is_not_filled_in() -> None:
    found = plan_of("""
        ## Emergency contacts

        ```
        On-Call: [PagerDuty/Phone]
        Channel: #incidents
        ```

        | Role | Primary | Backup | Method |
        |---|---|---|---|
        | DBA | TBD | - | chat |
        | Security | security@example.com | on-call | - |
    """)
    assert [(each.role, each.person, each.how, each.backup, each.filled) for each in found.contacts] == [
        ("Security", "security@example.com", "-", "on-call", True),
        ("Channel", "", "#incidents", "", True),
        ("DBA", "TBD", "chat", "", False),
        ("On-Call", "", "[PagerDuty/Phone]", "", False),
    ]


def test_a_contact_that_another_document_fills_in_is_no_blank_any_more() -> None:
    blank, filled = (f"| Role | Contact |\n|---|---|\n| DBA | {how} |\n" for how in ("TBD", "dba@example.com"))
    assert [each.how for each in plan_of(blank, filled).contacts] == ["dba@example.com"]


def test_roles_of_a_list_take_the_place_of_the_built_in_ones() -> None:
    found = plan_of("## 4. Roles\n\n- **Scribe** — writes\n- **Incident Commander (IC)** — drives; doesn't debug.\n")
    assert [(each.name, each.duty, each.lead) for each in found.roles] == [
        ("Scribe", "writes", False),
        ("Incident Commander", "drives; doesn't debug", True),
    ]


def test_whom_to_page_for_what() -> None:
    (page,) = plan_of("| Condition | Who |\n|---|---|\n| DB down | DBA (if staffed) |\n").pages
    assert (page.condition, page.who, page.origin) == ("DB down", "DBA (if staffed)", "oncall.md:3")


def test_recovery_targets_with_nothing_to_lose() -> None:
    found = plan_of("""
        | Scenario | RPO | RTO |
        |---|---|---|
        | Bad deployment | 0 (no data loss) | 5 min (rollback) |
        | Region | 1 hour | TBD |
    """)
    assert [(each.scenario, each.rpo, each.rto, each.how) for each in found.targets] == [
        ("Bad deployment", timedelta(0), timedelta(minutes=5), "rollback"),
        ("Region", timedelta(hours=1), None, ""),
    ]
    assert found.target("bad DEPLOYMENT") is found.targets[0]


@pytest.mark.parametrize(
    ("metric", "target", "name", "limit", "percent", "level"),
    [
        ("**MTTD** (Mean Time To Detect)", "< 5 min", "TTD", 300, None, ""),
        ("MTTA", "< 5 min", "TTA", 300, None, ""),
        ("**MTTR**", "< 1 hour (SEV-1)", "TTR", 3_600, None, "SEV-1"),
        ("Time to mitigate", "30 min", "TTM", 1_800, None, ""),
        ("RTO (Recovery Time Objective)", "< 4 hours", "RTO", 14_400, None, ""),
        ("Backup success", "99.5%", "Backup success", None, 99.5, ""),
    ],
)
def test_metric_targets(
    metric: str, target: str, name: str, limit: float | None, percent: float | None, level: str
) -> None:
    (found,) = plan_of(f"| Metric | Target |\n|---|---|\n| {metric} | {target} |\n").metric_targets
    seconds = found.limit.total_seconds() if found.limit else None
    assert (found.metric, seconds, found.percent, found.level) == (name, limit, percent, level)


def test_a_quoted_message_with_blanks_is_a_template() -> None:
    found = plan_of(
        "## 6. Client template\n\n> **Subject:** Down\n>\n> Hi [Name],\n> next within [30 minutes / 1 hour].\n"
    )
    own, team = found.templates
    assert (own.id, own.title, own.audience) == ("oncall/client-template", "Client template", "client")
    assert own.text == "Subject: Down\n\nHi [Name],\nnext within [30 minutes / 1 hour].\n"
    assert (team.audience, team.origin) == ("team", BUILT_IN)  # its own words for clients take the place of ours


@pytest.mark.parametrize(
    ("title", "audience"),
    [("Internal message", "team"), ("Notice to the regulator", "authority"), ("Message", "client")],
)
def test_who_reads_a_message(title: str, audience: str) -> None:
    assert plan_of(f"## {title}\n\n> It began at [time].\n").templates[0].audience == audience


@pytest.mark.parametrize(
    "text", ["## Notes\n\n> Keep calm, [Name].\n", "## Messages\n\n> See [this page][] or [that](x.md).\n"]
)
def test_a_quotation_that_is_no_message_is_none(text: str) -> None:
    assert all(each.origin == BUILT_IN for each in plan_of(text).templates)


@pytest.mark.parametrize(
    ("text", "days", "opens", "closes", "zone"),
    [
        ("Support hours: Mon-Fri 8am-6pm NZST", (0, 1, 2, 3, 4), time(8), time(18), "Pacific/Auckland"),
        ("Business hours: Sun to Thu 09:30 - 17:00 Asia/Riyadh", (0, 1, 2, 3, 6), time(9, 30), time(17), "Asia/Riyadh"),
        ("Working hours are Mon–Sat, 12pm to 12am", (0, 1, 2, 3, 4, 5), time(12), time(0), ""),
        ("Office hours: Mon-Fri 9-17 IST", (0, 1, 2, 3, 4), time(9), time(17), ""),
    ],
)  # fmt: skip
def test_working_hours(text: str, days: tuple[int, ...], opens: time, closes: time, zone: str) -> None:
    found = plan_of(f"# Team\n\n{text}\n").hours
    assert (found.days, found.opens, found.closes, found.zone) == (days, opens, closes, zone)
    assert found.origin == "oncall.md:3"


@pytest.mark.parametrize(
    "text", ["Business hours only", "Support hours: Mon-Fri 25-99", "Mon-Fri 8am-6pm: deployments"]
)
def test_hours_that_are_not_written_are_the_built_in_ones(text: str) -> None:
    assert plan_of(f"# Team\n\n{text}\n").hours.origin == BUILT_IN


def test_what_comes_round() -> None:
    found = plan_of("""
        ## Drills

        | Drill Type | Frequency | Last Completed | Next Scheduled |
        |---|---|---|---|
        | Failover | Quarterly | TBD | Q2 2026 |

        ## Hygiene

        - Monthly game day: the database fails over
        - Healthchecks every 30s

        ### Next Review Dates

        - **Rollback:** May 12, 2026
    """)
    assert [(each.name, each.every, each.next, each.due) for each in found.practices] == [
        ("Failover", "Quarterly", "Q2 2026", date(2026, 6, 30)),
        ("Game day: the database fails over", "Monthly", "", None),
        ("Review of Rollback", "", "May 12, 2026", date(2026, 5, 12)),
    ]


def test_a_zone_that_several_places_call_so_is_a_finding() -> None:
    text = b"# Team\n\nOffice hours: Mon-Fri 9-17 IST\n"
    (found,) = lint_runbook(read_runbook("team.md", text), LintContext(date(2026, 11, 21)))
    assert (found.rule, found.line) == ("zone-unknown", 3)
    assert lint_runbook(read_runbook("team.md", text.replace(b"IST", b"NZST")), LintContext(date(2026, 11, 21))) == ()

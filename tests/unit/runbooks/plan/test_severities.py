"""Severities out of tables and lines, merged where documents name them alike."""

from datetime import UTC, datetime

import pytest

from cockpit.model.alert import Alert, AlertState, Severity
from cockpit.model.clock import ClockKind, Counting
from cockpit.model.severity_scale import DEFAULT_SEVERITY_SCALE, SeverityLevel
from cockpit.runbooks.plan.plan import NOTHING
from cockpit.runbooks.plan.severities import find_alert_severity, grade_alerts, propose_severity
from tests.unit.runbooks.plan.reading import HOUR, MINUTE, only, plan_of, told

SEVERITY_SCALE = """
    # Severities

    | Level | Definition | Response |
    |---|---|---|
    | **P0** | Down | All hands; incident commander within 15 min |
    | **P1** | Broken | On-call owns; update every 30 min |
    | P2 | Slow | Business-hours triage |
    | P3 | Cosmetic | Backlog |
"""
PRIORITIES = """
    ## Priorities

    | Priority | Response Time | Example Scenarios |
    |---|---|---|
    | P0 | 15 minutes | Outage |
    | P1 | 30 minutes | Partial outage |
    | P4 | 8 hours | Typing errors |
"""


def test_a_table_is_a_ladder_with_the_worst_first() -> None:
    found = plan_of(SEVERITY_SCALE)
    assert [(each.name, each.rank, each.definition, each.backlog) for each in found.severity_scale] == [
        ("P0", 0, "Down", False),
        ("P1", 1, "Broken", False),
        ("P2", 2, "Slow", False),
        ("P3", 3, "Cosmetic", True),
    ]
    assert found.severity_scale[1].origin == "oncall.md:7"


def test_a_response_becomes_rules_for_its_severity() -> None:
    found = plan_of(SEVERITY_SCALE)
    assert told(found, ClockKind.COMMANDER) == [("commander", 15 * MINUTE, ("P0",))]
    assert told(found, ClockKind.UPDATE) == [("update", 30 * MINUTE, ("P1",))]
    triage = only(found, ClockKind.RESPONSE)
    assert (triage.levels, triage.counting, triage.after.total_seconds()) == (("P2",), Counting.HOURS, 8 * HOUR)
    everybody = only(found, ClockKind.ESCALATION)
    assert (everybody.who, everybody.levels, everybody.number) == ("everybody", ("P0",), 1)


def test_tables_of_two_documents_that_name_their_levels_alike_are_one_ladder() -> None:
    found = plan_of(PRIORITIES, SEVERITY_SCALE)
    assert [each.name for each in found.severity_scale] == ["P0", "P1", "P2", "P3", "P4"]
    assert (found.severity_scale[0].definition, found.severity_scale[0].response) == ("Outage", "15 minutes")
    assert found.severity_scale[2].definition == "Slow"
    assert told(found, ClockKind.RESPONSE)[:3] == [
        ("response", 15 * MINUTE, ("P0",)),
        ("response", 30 * MINUTE, ("P1",)),
        ("response", 8 * HOUR, ("P4",)),
    ]


def test_levels_of_another_kind_are_never_translated_and_a_notice_says_so() -> None:
    other = "| Severity | Definition | Response |\n|---|---|---|\n| SEV-1 | Down | within 5 min |\n"
    found = plan_of(SEVERITY_SCALE, other)
    assert [each.name for each in found.severity_scale] == ["P0", "P1", "P2", "P3"]
    assert [each.message for each in found.problems] == [
        "second.md has rules for SEV-1; the severity scale is P0, P1, P2, P3."
    ]
    assert 5 * MINUTE not in [after for _, after, _ in told(found)]


def test_lines_with_arrows_are_a_ladder_too() -> None:
    found = plan_of(
        "# Go\n\n```sh\n# SEV-1: all down → Page everyone immediately\n# SEV 2: slow -> Page on-call\n```\n"
    )
    assert [(each.name, each.definition) for each in found.severity_scale] == [("SEV-1", "all down"), ("SEV-2", "slow")]
    tiers = [(each.who, each.levels) for each in found.rules if each.kind is ClockKind.ESCALATION]
    assert tiers == [("everyone", ("SEV-1",)), ("on-call", ("SEV-2",))]


@pytest.mark.parametrize(
    "text", ["", "# P0: the first page → the second\n", "| Scenario | Priority |\n|--|--|\n| x | P1 |\n"]
)
def test_without_a_ladder_it_is_the_built_in_one(text: str) -> None:
    assert plan_of(text).severity_scale == DEFAULT_SEVERITY_SCALE


def test_an_update_every_nothing_is_no_rhythm() -> None:
    assert told(plan_of("| Level | Definition | Response |\n|---|---|---|\n| P0 | Down | update every 0 min |\n")) == []


def test_a_configured_ladder_stands_alone_and_takes_from_documents_what_it_leaves_open() -> None:
    mine = NOTHING.__class__(
        severity_scale=(SeverityLevel("P0", 0, "Worst", origin="cockpit.toml:3"), SeverityLevel("P1", 1))
    )
    found = plan_of(SEVERITY_SCALE, configured=mine)
    assert [(each.name, each.definition, each.response) for each in found.severity_scale] == [
        ("P0", "Worst", "All hands; incident commander within 15 min"),
        ("P1", "Broken", "On-call owns; update every 30 min"),
    ]


@pytest.mark.parametrize(
    ("response", "kind", "seconds"),
    [
        ("respond within 10 min", "response", 600),
        ("acknowledge in 10 minutes", "response", 600),
        ("IC within 20 min", "commander", 1_200),
        ("tell customers within 30 min", "client", 1_800),
        ("updates every hour", "update", 3_600),
        ("post-mortem within 5 business days", "postmortem", 432_000),
    ],
)
def test_what_a_response_promises(response: str, kind: str, seconds: float) -> None:
    found = plan_of(f"| Level | Definition | Response |\n|---|---|---|\n| P0 | Down | {response} |\n")
    assert told(found) == [(kind, seconds, ("P0",))]


def test_a_time_to_resolve_is_no_clock_of_ours() -> None:
    assert told(plan_of("| Level | Definition | Response |\n|---|---|---|\n| P0 | Down | fixed within 4 h |\n")) == []


ALERTS = """
    # Alerts

    | Alert | Severity | Runbook |
    |---|---|---|
    | HighErrorRate | P1 | errors.md |
    | Disk almost full | P3 | disk.md |
    | QueueStuck | TBD | queue.md |
    | Certificate expires | warning | cert.md |
"""


def make_alert(name: str, severity: Severity = Severity.UNKNOWN) -> Alert:
    return Alert("a", name, name, severity, AlertState.FIRING, datetime(2026, 3, 1, tzinfo=UTC), "prod")


@pytest.mark.parametrize(
    ("name", "severity", "by_document"),
    [
        ("HighErrorRate", Severity.UNKNOWN, ("P1", "oncall.md:6")),
        ("high-error-rate", Severity.UNKNOWN, ("P1", "oncall.md:6")),
        ("DiskAlmostFull", Severity.UNKNOWN, ("P3", "oncall.md:7")),
        ("CertificateExpires", Severity.UNKNOWN, ("warning", "oncall.md:9")),
        ("HighErrorRate", Severity.LOW, None),  # its source says how grave it is
        ("QueueStuck", Severity.UNKNOWN, None),
        ("PodCrashLooping", Severity.UNKNOWN, None),
    ],
)
def test_an_alert_without_a_severity_has_that_of_a_table(
    name: str, severity: Severity, by_document: tuple[str, str] | None
) -> None:
    row = find_alert_severity(plan_of(ALERTS), make_alert(name, severity))
    assert (row and (row.severity, row.origin)) == by_document


@pytest.mark.parametrize(
    ("alerts", "proposed"),
    [
        ([], "P1"),
        ([make_alert("DiskAlmostFull")], "P3"),
        ([make_alert("DiskAlmostFull"), make_alert("HighErrorRate")], "P1"),
        ([make_alert("DiskAlmostFull"), make_alert("Unheard")], "P1"),
        ([make_alert("DiskAlmostFull", Severity.CRITICAL)], "P1"),  # never lower than without the table
        ([make_alert("CertificateExpires")], "P1"),  # no level of the scale
    ],
)
def test_a_declaration_proposes_the_severity_that_the_table_gives(alerts: list[Alert], proposed: str) -> None:
    plan = plan_of(SEVERITY_SCALE, ALERTS)
    assert propose_severity(plan, plan.severity_scale, alerts, "P1") == proposed


def test_alerts_without_a_severity_are_graded_by_the_words_of_the_documents() -> None:
    plan = plan_of(SEVERITY_SCALE, ALERTS)
    names = ("DiskAlmostFull", "CertificateExpires", "Unheard")
    grades = grade_alerts(plan, [*map(make_alert, names), make_alert("HighErrorRate", Severity.LOW)])
    assert {name: tuple(grade) for name, grade in grades.items()} == {
        "DiskAlmostFull": ("P3", Severity.LOW),
        "CertificateExpires": ("warning", Severity.MEDIUM),
    }

"""What is read of the first team's documents: who is reached, when they work, what may be lost, how long it takes."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from cockpit.config import load_system as load_config
from cockpit.model.clock import ClockKind, Rule
from cockpit.runbooks.catalogue.catalogue import Document
from cockpit.runbooks.catalogue.load import load_catalogue
from cockpit.runbooks.document.read import read_runbook
from cockpit.runbooks.plan.plan import merge_plans
from cockpit.runbooks.run.events import list_promised_times
from tests.unit.requirements.teams import EXAMPLES, plan_of

TEAM = "meeting-intelligence"
PLAN = plan_of(TEAM)


def rules(kind: ClockKind) -> list[Rule]:
    return [each for each in PLAN.rules if each.kind is kind and each.origin.startswith("operations.md:")]


@pytest.mark.parametrize(
    ("role", "person", "how", "scope"),
    [
        ("Primary on-call", "Platform engineer", "oncall@example.com", "every incident"),
        ("Business owner", "Service owner", "through on-call", "clients are affected for more than 15 minutes"),
        ("Infrastructure", "Cloud partner", "through on-call", "subscription or network"),
    ],
)
def test_000_contact_is_read_with_how_and_for_what(role: str, person: str, how: str, scope: str) -> None:
    contact = next(each for each in PLAN.contacts if each.role == role)
    assert (contact.person, contact.how, contact.scope, contact.filled) == (person, how, scope, True)


def test_000_contact_business_owner_is_notified_of_a_client_facing_outage_of_15_minutes() -> None:
    (rule,) = rules(ClockKind.CLIENT)
    assert (rule.who, rule.after) == ("Business owner", timedelta(minutes=15))


@pytest.mark.parametrize(("day", "abbreviation"), [(date(2026, 7, 1), "NZST"), (date(2026, 12, 1), "NZDT")])
def test_000_support_hours_are_of_auckland_winter_and_summer(day: date, abbreviation: str) -> None:
    hours = PLAN.hours
    assert (hours.days, hours.opens, hours.closes, hours.zone) == (
        (0, 1, 2, 3, 4), time(8), time(18), "Pacific/Auckland",
    )  # fmt: skip
    assert datetime.combine(day, hours.opens, ZoneInfo(hours.zone)).tzname() == abbreviation


def test_000_after_hours_is_a_best_effort_within_2_hours_for_critical_alerts() -> None:
    (rule,) = rules(ClockKind.RESPONSE)
    assert (rule.after, rule.levels, rule.outside) == (timedelta(hours=2), ("P0", "P1"), True)
    assert "best effort" in rule.what


@pytest.mark.parametrize(
    ("name", "minutes", "tail"),
    [
        pytest.param("bad-deployment", 5, None, id="s1_time_to_fix_under_5_minutes"),
        pytest.param("restore-database", 30, None, id="s2_about_30_minutes"),
        pytest.param("operations#in-the-web-interface", 1, 5, id="s3_1_minute_and_up_to_5_of_caches"),
        pytest.param("operations#5", 60, None, id="s4_about_60_minutes"),
    ],
)
def test_000_time_to_fix_is_recorded_with_the_run(name: str, minutes: int, tail: int | None) -> None:
    catalogue = load_catalogue(load_config(EXAMPLES / TEAM / "cockpit.toml").runbooks)
    said = list_promised_times(catalogue.find(name).procedure)
    times = {name: said[name] for name in ("budget", "tail") if name in said}
    assert times == {"budget": minutes * 60.0} | ({"tail": tail * 60.0} if tail else {})


@pytest.mark.parametrize(
    ("scenario", "rpo", "rto"),
    [
        ("Bad deployment", 0, 5),
        ("Database corruption", 15, 30),
        ("Rebuild of an environment", 15, 60),
        ("Region lost", 60, 240),
    ],
)
def test_000_targets_are_read_for_each_scenario(scenario: str, rpo: int, rto: int) -> None:
    target = PLAN.target(scenario)
    assert target is not None
    assert (target.rpo, target.rto) == (timedelta(minutes=rpo), timedelta(minutes=rto))
    assert target.origin.startswith("operations.md:")


def test_000_s2_rpo_15_min_stands_in_the_procedure_too() -> None:
    assert timedelta(minutes=15) in [each.rpo for each in PLAN.targets if each.origin == "restore-database.md:1"]


def test_000_s6_template_trigger_of_15_minutes_is_a_rule_where_no_contact_says_so_too() -> None:
    text = (EXAMPLES / TEAM / "runbooks" / "operations.md").read_text()
    alone = text[text.index("## Message to clients") :]
    (rule,) = [
        each
        for each in merge_plans([Document("o", read_runbook("o.md", alone.encode()))]).rules
        if "o.md:" in each.origin
    ]
    assert (rule.kind, rule.after) == (ClockKind.CLIENT, timedelta(minutes=15))


def test_000_s6_template_keeps_its_fields_and_the_choice_of_the_next_update() -> None:
    template = next(each for each in PLAN.templates if each.audience == "client")
    assert template.text.startswith("Subject: ")
    for field in (
        "[Client Name]",
        "Impact: [",
        "[Time] NZST",
        "Investigating/Identified/Resolved",
        "[30 minutes / 1 hour]",
    ):
        assert field in template.text

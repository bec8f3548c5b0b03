"""Recurring exercises as documents write them down, and the day from which one without a record counts."""

from datetime import date

import pytest

from cockpit.runbooks.document.read import read_runbook
from cockpit.runbooks.drills.drills import list_drills
from cockpit.runbooks.plan.practices import read_practices
from cockpit.runbooks.plan.source import make_source

TODAY = date(2026, 11, 30)


def read_due_days(text: str) -> dict[str, str]:
    runbook = read_runbook("drills.md", text.encode())
    drills = list_drills(read_practices(make_source("drills", "drills.md", runbook)), {}, TODAY)
    return {drill.practice.name: str(drill.due) for drill in drills}


@pytest.mark.parametrize(
    ("written", "due"),
    [
        ("- Failover drill: quarterly", {"Failover drill": "2026-04-10"}),
        ("- Tabletop exercise, twice a year", {"Tabletop exercise": "2026-07-10"}),
        ("- Run a restore test once a month", {"Run a restore test": "2026-02-10"}),
        ("- Biannual game day", {"Game day": "2026-07-10"}),
        ("- Every month restore drill", {"Restore drill": "2026-02-10"}),
        ("| Test | Cadence |\n|---|---|\n| Backup restore | Monthly |", {"Backup restore": "2026-02-10"}),
        ("| Exercise | Frequency |\n|---|---|\n| Region failover | Quarterly |", {"Region failover": "2026-04-10"}),
        ("- The drill takes an hour", {}),
    ],
)
@pytest.mark.parametrize(
    "day", ["**Last Updated**: 2026-01-10", "Date: 10 January 2026", "*Version 1.2 (January 10, 2026)*"]
)
def test_an_exercise_without_a_record_is_due_one_round_after_the_day_of_its_document(
    written: str, due: dict[str, str], day: str
) -> None:
    assert read_due_days(f"# Plan\n\n{day}\n\n## Recovery test drills\n\n{written}\n") == due

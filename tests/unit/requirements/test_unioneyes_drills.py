"""Training and drills of the second team: how often, when last, when next; and those that have no date yet."""

from datetime import date

import pytest

from cockpit.runbooks.catalogue.catalogue import Document
from cockpit.runbooks.catalogue.load import load_catalogue
from cockpit.runbooks.document.read import read_runbook
from cockpit.runbooks.drills.drills import build_drill, build_paste, list_drills
from cockpit.runbooks.plan.plan import merge_plans
from tests.unit.requirements.teams import EXAMPLES, plan_of

PLAN = plan_of("unioneyes")
TODAY = date(2026, 11, 21)
NAMED = {each.name: each for each in PLAN.practices}


@pytest.mark.parametrize(
    ("name", "next_due"),
    [
        ("Incident response training: Every engineer, At the table", "2027-02-21"),
        ("Rollback training: On-call rota, Live, on staging", "2026-12-21"),
        ("Backup and restore training: DevOps team, By a job, once a month by hand", "2026-11-28"),
    ],
)
def test_001_training_was_never_recorded_until_it_is_done_and_then_comes_round(name: str, next_due: str) -> None:
    assert build_drill(NAMED[name]).standing(TODAY) == "never"
    assert str(build_drill(NAMED[name], TODAY).due) == next_due


@pytest.mark.parametrize(
    ("name", "due", "done", "next_due"),
    [
        ("Backup verification", "2026-11-29", "2026-11-29", "2026-12-06"),  # Sundays
        ("Rollback", "2026-12-07", "2026-12-07", "2027-01-04"),  # first Mondays
        ("Disaster recovery", "2026-12-14", "2026-12-14", "2027-03-14"),
        ("Chaos engineering", "2027-06-14", "2027-06-14", "2028-06-14"),
    ],
)
def test_001_drills_are_due_when_the_document_says_and_after_that_by_their_rhythm(
    name: str, due: str, done: str, next_due: str
) -> None:
    assert str(build_drill(NAMED[name]).due) == due
    assert str(build_drill(NAMED[name], date.fromisoformat(done)).due) == next_due


def test_001_drills_to_be_decided_are_never_and_a_quarter_is_due_on_its_last_day() -> None:
    head = b"| Drill Type | Frequency | Last Completed | Next Scheduled |\n|---|---|---|---|\n"
    rows = b"| Rollback | Monthly | TBD | First Monday |\n| DR | Quarterly | TBD | Q2 2026 |\n"
    rarely = b"| Chaos | Annual | TBD | TBD |\n"
    found = merge_plans([Document("drills", read_runbook("drills.md", head + rows + rarely))]).practices
    stands = [(each.practice.name, each.standing(TODAY)) for each in list_drills(found, {}, TODAY)]
    assert stands == [("DR", "overdue 144 d"), ("Rollback", "never"), ("Chaos", "never")]
    assert str(build_drill(found[0], date(2026, 11, 2)).due) == "2026-12-07"


def test_001_drills_done_print_the_row_in_the_columns_of_the_table() -> None:
    documents = load_catalogue([str(EXAMPLES / "unioneyes" / "runbooks")], builtin=False).documents
    stands = build_drill(NAMED["Rollback"], date(2026, 12, 7))
    assert build_paste(stands.practice, documents, date(2026, 12, 7), stands.due).line == (
        "| Rollback | Monthly, first Monday | 2026-12-07 | 2027-01-04 |"
    )

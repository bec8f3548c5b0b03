"""When the first team's restore was last tested is known, and that it was tested again can be written down."""

from datetime import date
from pathlib import Path

from cockpit.runbooks.catalogue.load import load_catalogue
from cockpit.runbooks.drills.drills import build_drill, build_paste
from tests.unit.requirements.teams import EXAMPLES, plan_of

NAME = "Test of Runbook: Restore the database to a point in time"
DAY = date(2026, 11, 21)


def test_000_s2_tested_on_a_day_is_the_last_time_of_a_practice() -> None:
    practice = next(each for each in plan_of("meeting-intelligence").practices if each.name == NAME)
    assert build_drill(practice).last == date(2026, 10, 14)


def test_000_s2_tested_again_prints_the_line_of_the_document_and_leaves_the_document() -> None:
    practice = next(each for each in plan_of("meeting-intelligence").practices if each.name == NAME)
    folder = EXAMPLES / "meeting-intelligence" / "runbooks"
    before = {each: each.read_bytes() for each in folder.iterdir()}
    stands = build_drill(practice, DAY)
    assert (stands.last, stands.recorded) == (DAY, True)
    assert build_paste(practice, load_catalogue([str(folder)], builtin=False).documents, DAY, stands.due).line == (
        "**Last Tested**: 2026-11-21"
    )
    assert before == {each: Path(each).read_bytes() for each in folder.iterdir()}


def test_000_s2_how_long_it_took_and_the_row_counts_of_the_last_drill_stay_beside_the_check() -> None:
    text = (EXAMPLES / "meeting-intelligence" / "runbooks" / "restore-database.md").read_text()
    (document,) = load_catalogue(
        [str(EXAMPLES / "meeting-intelligence/runbooks/restore-database.md")], builtin=False
    ).documents
    expected = [step.expected for each in document.runbook.procedures for step in each.steps if step.expected]
    (counted,) = [each.split() for each in expected if "at the last drill" in each]
    assert counted[-6:] == ["meetings", "2", "actions", "26", "decisions", "6"]
    assert "about 5 minutes" in text

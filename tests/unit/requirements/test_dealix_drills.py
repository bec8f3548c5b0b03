"""The third team's weekly restore test and monthly game day: never done until they are, and then due again."""

from datetime import date

import pytest

from cockpit.runbooks.catalogue.load import load_catalogue
from cockpit.runbooks.drills.drills import build_drill, build_paste, list_drills
from tests.unit.requirements.teams import EXAMPLES, plan_of

RESTORE = "Test that a backup can be restored"
GAME_DAY = "Game day: a language model goes away, and the database fails over"
NAMED = {each.name: each for each in plan_of("dealix").practices}
DONE, LATER = date(2026, 11, 2), date(2026, 12, 14)


@pytest.mark.parametrize(("name", "due"), [(RESTORE, "2026-11-09"), (GAME_DAY, "2026-12-02")])
def test_002_s7_weekly_and_monthly_practices_are_due_again_once_recorded(name: str, due: str) -> None:
    assert build_drill(NAMED[name]).standing(DONE) == "never"
    assert str(build_drill(NAMED[name], DONE).due) == due


def test_002_s7_what_was_not_done_for_weeks_is_overdue_and_comes_first() -> None:
    found = list_drills(NAMED.values(), {RESTORE.casefold(): DONE, GAME_DAY.casefold(): DONE}, LATER)
    assert [each.standing(LATER) for each in found][:2] == ["overdue 35 d", "overdue 12 d"]


def test_002_s7_the_item_of_the_document_says_when_it_was_last_done() -> None:
    documents = load_catalogue([str(EXAMPLES / "dealix" / "runbooks")], builtin=False).documents
    found = build_paste(NAMED[RESTORE], documents, DONE, None)
    assert found.line == "- Weekly test that a backup can be restored (last done 2026-11-02)"

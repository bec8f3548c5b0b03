"""Drills: how often they come round, what is overdue, and the line to paste once one was done."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.model.plan import Practice
from cockpit.runbooks.catalogue.catalogue import Document
from cockpit.runbooks.document.dates import day_in, parse_rhythm
from cockpit.runbooks.document.read import read_runbook
from cockpit.runbooks.drills.drills import build_drill, build_paste, list_drills
from cockpit.runbooks.plan.plan import merge_plans
from tests.unit.runbooks.plan.reading import plan_of

TODAY = date(2026, 11, 21)  # a Saturday
HEAD = "| Drill | Frequency | Last Completed | Next Scheduled |\n|---|---|---|---|\n"


def book(text: str) -> list[Document]:
    return [Document("care", read_runbook("care.md", text.encode()))]


def only(text: str) -> Practice:
    (found,) = merge_plans(book(text)).practices
    return found


@pytest.mark.parametrize(
    ("words", "last", "due"),
    [
        ("Daily", "2026-11-20", "2026-11-21"),
        ("Weekly", "2026-11-15", "2026-11-22"),
        ("Weekly, Sunday at 4:00", "2026-11-15", "2026-11-22"),
        ("Every Sunday", "2026-11-14", "2026-11-22"),  # done a day early
        ("every two weeks on Monday", "2026-11-03", "2026-11-16"),  # a day late
        ("fortnightly", "2026-11-01", "2026-11-15"),
        ("Monthly", "2026-01-31", "2026-02-28"),
        ("First Monday", "2026-11-02", "2026-12-07"),
        ("Monthly, first Monday", "2026-11-20", "2026-12-07"),
        ("last Friday of the month", "2026-10-30", "2026-11-27"),
        ("Quarterly", "2026-08-20", "2026-11-20"),
        ("quarterly, first Monday", "2026-10-05", "2027-01-04"),
        ("every 6 months", "2026-08-31", "2027-02-28"),
        ("twice a year", "2026-08-20", "2027-02-20"),
        ("Annual", "2024-02-29", "2025-02-28"),
        ("Weekly by a job, monthly by hand", "2026-11-15", "2026-11-22"),
    ],
)
def test_the_next_day_follows_from_the_words(words: str, last: str, due: str) -> None:
    often = parse_rhythm(words)
    assert often is not None
    assert str(often.after(date.fromisoformat(last))) == due


@pytest.mark.parametrize(
    "head", ["Exercise | Frequency", "Game day | How often", "Rehearsal | Cadence", "Tabletop exercise | Interval"]
)
def test_an_exercise_by_any_name_is_due_one_period_after_the_day_of_its_document(head: str) -> None:
    text = (
        f"# Care\n\n**Last Updated**: 2026-02-01\n\n| {head} |\n|---|---|\n| Restore from backup | every 6 months |\n"
    )
    (drill,) = list_drills([only(text)], {}, TODAY)
    assert (drill.practice.name, drill.due) == ("Restore from backup", date(2026, 8, 1))


@pytest.mark.parametrize("words", ["", "TBD", "at full moon", "bi-weekly", "three times a month", "every release"])
def test_other_words_are_not_guessed_at(words: str) -> None:
    assert parse_rhythm(words) is None


@given(st.text(), st.dates())
def test_any_words_and_days_give_a_later_day_or_none(words: str, last: date) -> None:
    for text in (words, f"every {words}", f"monthly, last friday {words}", "weekly, sunday", "daily"):
        often = parse_rhythm(text)
        due = often.after(last) if often else None
        assert due is None or due > last


@pytest.mark.parametrize(
    ("practice", "done", "standing"),
    [
        (Practice("x", "Monthly", due=date(2026, 11, 9), last="2026-10-09"), None, "overdue 12 d"),
        (Practice("x", "Monthly", due=TODAY), None, "today"),
        (Practice("x", "Quarterly", "Q4 2026", due=date(2026, 12, 31)), None, "in 40 d"),
        (Practice("x", "Annual", "TBD", "TBD"), None, "never"),
        (Practice("x", "Monthly", last="2026-10-09"), None, "overdue 12 d"),
        (Practice("x", "Monthly", "First Monday (TBD)"), date(2026, 11, 2), "in 16 d"),
        (Practice("x", "at full moon", last="2026-10-09"), None, "no date"),
    ],
)
def test_how_a_practice_stands(practice: Practice, done: date | None, standing: str) -> None:
    assert build_drill(practice, done).standing(TODAY) == standing


def test_of_document_and_record_the_newer_counts() -> None:
    practice = Practice("x", "Monthly", "2026-12-09", "2026-11-09", date(2026, 12, 9))
    assert build_drill(practice, date(2026, 11, 1)) == build_drill(practice)
    newer = build_drill(practice, date(2026, 12, 10))
    assert (newer.last, newer.recorded, newer.due) == (date(2026, 12, 10), True, date(2027, 1, 10))


def test_what_was_done_a_day_early_is_done_and_what_is_planned_for_later_stays_planned() -> None:
    sunday = Practice("x", "Weekly, Sunday", "2026-11-22", "2026-11-15", date(2026, 11, 22))
    assert build_drill(sunday, TODAY).due == date(2026, 11, 29)
    far = Practice("x", "Quarterly", "2026-12-01", due=date(2026, 12, 1))
    assert build_drill(far, date(2026, 1, 5)).due == date(2026, 12, 1)


def test_why_no_day_is_computed_is_explained() -> None:
    assert (
        build_drill(Practice("x", "at full moon", last="2026-10-09")).undated
        == "“at full moon” is not an interval known here"
    )
    assert build_drill(Practice("x", last="2026-10-09")).undated == "its document names no day and no rhythm"
    assert build_drill(Practice("x", "Weekly")).undated == "it was never done"


def test_the_longest_overdue_comes_first_and_what_has_no_date_last() -> None:
    found = [
        Practice("undated", last="2026-10-09"), Practice("soon", due=TODAY + timedelta(1)), Practice("never"),
        Practice("late", due=TODAY - timedelta(1)), Practice("later", due=TODAY - timedelta(30)),
    ]  # fmt: skip
    assert [each.practice.name for each in list_drills(found, {}, TODAY)] == [
        "later",
        "late",
        "never",
        "soon",
        "undated",
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (HEAD + "| **Failover** | Monthly | TBD | TBD |\n", "| **Failover** | Monthly | 2026-11-21 | 2026-12-21 |"),
        (
            HEAD + "| Failover \\| DNS | Monthly | 2026-01-02 | 2026-02-02 |\n",
            "| Failover \\| DNS | Monthly | 2026-11-21 | 2026-12-21 |",
        ),
        ("# Care\n\n## Hygiene\n\n- Monthly game day\n", "- Monthly game day (last done 2026-11-21)"),
        (
            "# Care\n\n## Hygiene\n\n- Monthly game day (last done 2026-01-02)\n",
            "- Monthly game day (last done 2026-11-21)",
        ),
        ("# Care\n\n**Last Tested**: 2026-01-02, in 5 min\n", "**Last Tested**: 2026-11-21"),
    ],
)
def test_the_line_to_paste_reads_back_as_what_was_done(text: str, line: str) -> None:
    practice = only(text)
    stands = build_drill(practice, TODAY)
    assert build_paste(practice, book(text), TODAY, stands.due).line == line
    old = text.split("\n")[int(practice.origin.partition(":")[2]) - 1]
    again = only(text.replace(old, line))
    assert (again.name, day_in(again.last)) == (practice.name, TODAY)
    assert build_drill(again).due == stands.due


def test_a_table_without_a_column_for_it_gets_a_cell_and_a_word() -> None:
    text = "| Topic | Frequency | Audience |\n|---|---|---|\n| Rollback | Monthly | On-call |\n"
    found = build_paste(only(text), book(text), TODAY, date(2026, 12, 21))
    assert found.line == "| Rollback | Monthly | On-call | 2026-11-21 |"
    assert "no column" in found.advice


def test_a_review_is_left_to_be_dated_by_a_person() -> None:
    text = "# Care\n\n**Next Review**: 2026-11-01\n"
    found = build_paste(only(text), book(text), TODAY, None)
    assert (found.line, "write the next day" in found.advice) == ("", True)


def test_a_line_that_is_gone_is_reported() -> None:
    text = HEAD + "| Failover | Monthly | TBD | TBD |\n"
    assert "cannot be found" in build_paste(only(text), [], TODAY, None).advice


@given(st.text(st.characters(exclude_categories=["Cs"])), st.text())
def test_any_document_has_lines_or_words_for_what_was_done(text: str, cell: str) -> None:
    documents = book(f"# Care\n\n{HEAD}| {cell} | Monthly | {text}\n\n## Hygiene\n\n- Weekly {text}\n")
    for practice in merge_plans(documents).practices:
        stands = build_drill(practice, TODAY)
        found = build_paste(practice, documents, TODAY, stands.due)
        assert found.line or found.advice


def test_every_environment_is_no_rhythm() -> None:
    assert merge_plans(book("# Care\n\n## Hygiene\n\n- Every environment is probed\n")).practices == ()
    assert only("# Care\n\n## Hygiene\n\n- Every second Tuesday failover test\n").name == "Failover test"


def test_what_was_never_done_is_due_one_round_after_the_day_of_its_document() -> None:
    drill = build_drill(Practice("Restore test", every="weekly", written=date(2026, 10, 1)))
    assert (drill.last, drill.due) == (None, date(2026, 10, 8))


def test_the_day_of_a_document_gives_its_practices_their_first_round() -> None:
    found = plan_of(
        """
        # Runbook

        **Last Updated**: 2026-10-01

        ## Prevention

        - Weekly restore test
        """
    )
    assert [practice.written for practice in found.practices] == [date(2026, 10, 1)]

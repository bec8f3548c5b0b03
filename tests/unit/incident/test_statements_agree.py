"""What the record states of one thing reads alike wherever it is stated: brief, shift, draft, deadlines, figures."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC
from typing import Any

import pytest

from cockpit.incident.clocks.clocks import compute_clocks
from cockpit.incident.clocks.reminders import list_open_items
from cockpit.incident.load import list_members, list_standing_events
from cockpit.incident.messages.briefing import build_shift_report
from cockpit.incident.metrics.statistics import list_kept_shares
from cockpit.incident.open_ends import find_open_ends
from cockpit.incident.postmortem.rows import loop_rows, procedure_rows
from cockpit.model.clock import ClockKind
from cockpit.model.event import Event, Kind
from cockpit.model.plan import Plan
from tests.unit.incident.folding import fold, only
from tests.unit.incident.story import Story, at

PLAN = Plan()


def begin_run(story: Story, minute: float, run: str = "r1", budget_minutes: float = 10, **detail: Any) -> None:
    fields = {"title": "Roll back", "procedure": "roll-back", "path": "ops.md", "steps": 2, "timed_by": 2, **detail}
    story.act(Kind.RUN, minute, subject=run, what="started", budget=budget_minutes * 60, **fields)


def end_run(story: Story, minute: float, run: str = "r1") -> None:
    story.act(Kind.RUN, minute, subject=run, what="ended")


def try_step(
    story: Story, minute: float, step: int, state: str = "ok", run: str = "r1", number: int = 1, **detail: Any
) -> None:
    kind = "change" if step == 1 else "verify"
    story.act(Kind.STEP, minute, subject=f"{run}#{step}", phase="intent", attempt=number, kind=kind, **detail)
    story.act(
        Kind.STEP, minute + 0.1, subject=f"{run}#{step}", phase="outcome", attempt=number, state=state, title=f"s{step}"
    )


def settle_step(story: Story, minute: float, step: int, state: str, run: str = "r1") -> None:
    story.act(Kind.STEP, minute, subject=f"{run}#{step}", phase="settled", state=state)


def move_traffic(story: Story, minute: float, source: str, target: str) -> Event:
    return story.tell(
        Kind.TRAFFIC,
        minute,
        subject="shop-api",
        detail={"before": {source: 100, target: 0}, "after": {source: 0, target: 100}},
        source="recorder",
    )


def roll_back(story: Story) -> None:
    """From --r44, which was bad, to --r43."""
    begin_run(story, 1)
    try_step(story, 2, 1)
    move_traffic(story, 2.1, "shop-api--r44", "shop-api--r43")
    try_step(story, 3, 2)


def undone_by_its_own_undo(story: Story) -> None:
    roll_back(story)
    try_step(story, 5, 1, number=2, undo=True)


def undone_by_another_run(story: Story) -> None:
    roll_back(story)
    begin_run(story, 5, "r2", title="Forward again")
    try_step(story, 6, 1, run="r2")
    move_traffic(story, 6.2, "shop-api--r43", "shop-api--r44")


def undone_elsewhere(story: Story) -> None:
    roll_back(story)
    move_traffic(story, 9, "shop-api--r43", "shop-api--r44")


def followed_by_the_next_release(story: Story) -> None:
    roll_back(story)
    move_traffic(story, 9, "shop-api--r43", "shop-api--r45")


def undone_and_done_again(story: Story) -> None:
    undone_by_its_own_undo(story)
    try_step(story, 6, 1, number=3)


def undone_done_again_and_verified(story: Story) -> None:
    undone_and_done_again(story)
    try_step(story, 7, 2, number=2)


def an_undo_that_failed(story: Story) -> None:
    roll_back(story)
    try_step(story, 5, 1, "failed", number=2, undo=True)


def verification_cancelled(story: Story) -> None:
    begin_run(story, 1)
    try_step(story, 2, 1)
    try_step(story, 3, 2, "failed")
    end_run(story, 4)


def verification_skipped(story: Story) -> None:
    begin_run(story, 1)
    try_step(story, 2, 1)
    settle_step(story, 3, 2, "skipped")
    end_run(story, 4)


def verified_by_hand(story: Story) -> None:
    begin_run(story, 1)
    try_step(story, 2, 1)
    settle_step(story, 3, 2, "by hand")


def ended_with_a_step_that_failed(story: Story) -> None:
    begin_run(story, 1, timed_by=0, steps=1)
    try_step(story, 2, 1, "failed")
    end_run(story, 3)


def ended_with_all_skipped(story: Story) -> None:
    begin_run(story, 1, timed_by=0, steps=1)
    settle_step(story, 2, 1, "skipped")
    end_run(story, 3)


def ended_well_without_a_verification(story: Story) -> None:
    begin_run(story, 1, timed_by=0, steps=1)
    try_step(story, 2, 1)
    end_run(story, 3)


VERIFIED, UNDONE = "its work is verified", "its work was undone"
RUNS: list[tuple[Callable[[Story], None], str, str]] = [  # what is known of its work, and its time against its budget
    (roll_back, VERIFIED, "met"),
    (verified_by_hand, VERIFIED, "met"),
    (followed_by_the_next_release, VERIFIED, "met"),
    (an_undo_that_failed, VERIFIED, "met"),
    (undone_done_again_and_verified, VERIFIED, "met"),
    (undone_by_its_own_undo, UNDONE, "met"),
    (undone_by_another_run, UNDONE, "met"),
    (undone_elsewhere, UNDONE, "met"),
    (undone_and_done_again, "", "overdue"),
    (verification_cancelled, "its work was not verified", "not applicable"),
    (verification_skipped, "its work was not verified", "not applicable"),
    (ended_with_a_step_that_failed, "step 1 did not succeed", "not applicable"),
    (ended_with_all_skipped, "none of its steps was done", "not applicable"),
    (ended_well_without_a_verification, "", "met"),
]


@pytest.mark.parametrize(("tell", "standing", "budget"), RUNS, ids=[tell.__name__ for tell, _, _ in RUNS])
def test_what_is_known_of_the_work_of_a_run_reads_alike_everywhere(
    tell: Callable[[Story], None], standing: str, budget: str
) -> None:
    story, now = Story(), at(40)
    story.declare(0)
    tell(story)
    incident, events = only(story), list_standing_events(story.events)
    clocks = compute_clocks(incident, PLAN, now)
    run = next(run for run in incident.ran if run.id == "r1")
    report = build_shift_report(events, [incident], since=at(-10), now=now)
    (row,) = [row for row in procedure_rows(incident, events, clocks, now) if row.ran.id == "r1"]
    places = {
        "run": run.standing,
        "draft, runs": row.ran.standing,
        "shift": next(line for line in report.runs if line.startswith("Roll back")),
    }
    if run.ended is None:
        places |= {
            "brief": next(line for line in list_open_items(incident, clocks, now, UTC) if "Roll back" in line),
            "draft, open": next(
                row.state for row in loop_rows(incident, clocks, now) if row.what == "run of Roll back"
            ),
            "resolving": next(end.text for end in find_open_ends(incident, now) if end.target == "r1"),
        }
    for place, text in places.items():
        for words in (VERIFIED, UNDONE, "not verified", "did not succeed", "none of its steps"):
            is_of_shift = place == "shift" and run.ended is not None and words == VERIFIED
            assert (words in text) == (words in standing) or is_of_shift, (place, text)
    (clock,) = [clock for clock in clocks if clock.id == "budget:r1"]
    assert clock.state(now) == budget
    assert clock.kind is ClockKind.BUDGET
    share = next(share for share in list_kept_shares([incident], PLAN, now) if share.name.startswith("procedures"))
    others = sum(other.budget is not None for other in incident.ran) - 1
    assert (share.kept, share.total - others) == (int(budget == "met"), int(budget != "not applicable"))


def test_a_run_that_ended_late_and_was_not_verified_missed_its_time() -> None:
    story = Story()
    story.declare(0)
    begin_run(story, 1, budget_minutes=2)
    try_step(story, 2, 1)
    end_run(story, 9)
    (clock,) = [clock for clock in compute_clocks(only(story), PLAN, at(20)) if clock.id == "budget:r1"]
    assert (clock.state(at(20)), clock.undone) == ("missed", True)


def test_what_was_undone_before_the_incident_was_declared_is_undone_in_it_too() -> None:
    story = Story()
    undone_by_another_run(story)
    story.events = [replace(event, incident=None) for event in story.events]
    story.declare(7, reach=0)
    late = only(story)
    members = list_members(late, story.events)
    assert [run.undone for run in late.ran] == [at(6.2), None]
    assert [run.undone for run in fold(members).incidents["i1"].ran] == [at(6.2), None]

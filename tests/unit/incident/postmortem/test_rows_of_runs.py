"""The draft holds what was run: by whom, with which command, how it ended, how long it took, and what came back."""

import dataclasses
import re
from datetime import datetime, time, timedelta
from typing import Any

import pytest

from cockpit.incident.change_dates import present_events
from cockpit.incident.postmortem.run_rows import ProcedureRow, describe_run_length, run_rows
from cockpit.model.event import Event, Kind
from cockpit.model.response import ProcedureRun
from cockpit.model.run import mark_step_ends
from tests.unit.incident.drafts import ALL_ENTRIES, block, draft, table
from tests.unit.incident.story import Story, at


def step(id: int, phase: str, attempt: int | None = 1, minute: float = 0, **detail: Any) -> Event:
    told = {"phase": phase, "title": "Send it all the traffic", **detail}
    told |= {} if attempt is None else {"attempt": attempt}
    now = at(minute)
    return Event(id, "i", "prod", "run-1#3", now, now, Kind.STEP, "runner", "ana", "x", told, None, 1, "h")


def test_a_step_stands_with_its_command_its_end_and_what_it_printed() -> None:
    (row,) = run_rows(
        [
            step(1, "intent", as_run="az containerapp ingress traffic set --revision-weight r43=100"),
            step(
                2,
                "outcome",
                state="ok",
                outcome="exit 0",
                verified="as expected",
                seconds=2.14,
                output="a\nlast line\n",
            ),
        ]
    )
    assert (row.who, row.state, row.took) == ("ana", "ok", 2.14)
    assert row.command.startswith("az containerapp")
    assert row.outcome == "exit 0; as expected"
    assert row.answer.endswith("last line")


@pytest.mark.parametrize("looked_again", [True, False])
def test_the_length_of_a_step_of_which_nobody_saw_the_end_says_so(looked_again: bool) -> None:
    more = {"looked_again": True} if looked_again else {}
    ended = step(2, "outcome", state="unknown", seconds=77.8, **more)
    rows = run_rows([step(1, "intent"), ended, step(3, "settled", state="ok", reason="seen")])
    assert [row.looked_again for row in rows[:1]] == [looked_again]
    assert ("looked at again" in rows[-1].outcome + rows[-1].command + rows[-1].answer) is looked_again


def test_each_try_is_a_row_and_one_without_an_end_is_running() -> None:
    rows = run_rows(
        [step(1, "intent", as_run="a"), step(2, "outcome", state="failed"), step(3, "intent", 2, as_run="a")]
    )
    assert [each.state for each in rows] == ["failed", "running"]


def test_what_a_person_settled_stands_with_the_last_try() -> None:
    rows = run_rows(
        [step(1, "intent", as_run="a"), step(2, "settled", None, state="by hand", reason="seen in the portal")]
    )
    assert [(each.state, each.outcome) for each in rows] == [
        ("by hand", "seen in the portal; the try of 02:00:00 UTC by ana: no end is known")
    ]


def test_what_a_person_settled_later_stands_at_that_time_and_hides_not_how_the_try_went() -> None:
    (row,) = run_rows(
        [
            step(1, "intent", as_run="a"),
            step(2, "outcome", state="failed", outcome="exit 22", seconds=0.3),
            step(3, "settled", None, minute=7, state="skipped", reason="ready is up by now"),
        ]
    )
    assert (row.state, row.at, row.took) == ("skipped", at(7), None)
    assert row.outcome == "ready is up by now; the try of 02:00:00 UTC by ana: failed after 0.3 s; exit 22"


def test_a_step_done_by_hand_without_a_try_is_reported_too() -> None:
    assert [each.state for each in run_rows([step(1, "settled", None, state="skipped", reason="not needed")])] == [
        "skipped"
    ]


def test_garbage_in_a_detail_harms_nothing() -> None:
    assert len(run_rows([step(1, "intent", as_run=7, attempt=None), step(2, "outcome", seconds="x", state=None)])) == 1


@pytest.mark.parametrize("word", ["undo", "edited"])
@pytest.mark.parametrize("is_in_outcome", [True, False], ids=["recorded with its end", "recorded with its beginning"])
def test_an_undo_is_not_the_step_and_an_edit_not_what_the_document_says(word: str, *, is_in_outcome: bool) -> None:
    end = {word: True} if is_in_outcome else {}
    (row,) = run_rows([step(1, "intent", **{word: True}), step(2, "outcome", state="ok", **end)])
    assert (row.step, row.state) == (f"Send it all the traffic ({word})", "ok")


def test_the_end_of_an_undo_in_an_old_timeline_says_that_it_is_one() -> None:
    old = step(2, "outcome", state="ok")
    old = dataclasses.replace(old, summary="Step 3 Send it all the traffic: ok after 14.2s")
    _, end = mark_step_ends([step(1, "intent", undo=True), old])
    assert end.summary == "Step 3 Send it all the traffic (undo): ok after 14.2s"


@pytest.mark.parametrize("marks", [{}, {"undo": True}])
@pytest.mark.parametrize(("actor", "is_told"), [("ben", True), ("ana", False), ("", False)])
def test_an_end_that_another_cockpit_saw_says_whose_step_it_was(
    actor: str, marks: dict[str, bool], is_told: bool
) -> None:
    """That of whoever ran it had ended: the record read as if the other had done it."""
    begin = dataclasses.replace(step(1, "intent", **marks), actor="ana")
    mark = " (undo)" if marks else ""
    end = dataclasses.replace(
        step(2, "outcome", state="ok", **marks),
        actor=actor,
        summary=f"Step 3 Send it all the traffic{mark}: ok after 14s",
    )
    _, shown = present_events([begin, end])
    by = " (begun by ana)" if is_told else ""
    assert shown.summary == f"Step 3 Send it all the traffic{mark}{by}: ok after 14s"


@pytest.mark.parametrize(
    ("state", "shown"), [("failed", "stopped by hand"), ("unknown", "unknown"), ("ok", "ok"), ("warn", "warn")]
)
def test_a_look_that_a_person_stopped_did_not_fail(state: str, shown: str) -> None:
    (row,) = run_rows([step(1, "intent"), step(2, "outcome", state=state, cancelled=True)])
    assert row.state == shown


@pytest.mark.parametrize(
    ("verified", "ended", "length"),
    [
        (None, None, "not ended"),
        (18, None, "took 18s until its work was verified, not closed"),
        (23, 43, "took 43s, its work verified after 23s"),
        (43, 43, "took 43s"),
        (None, 43, "took 43s"),
    ],
)
def test_a_run_took_its_time_until_it_ended_whenever_it_was_verified(
    verified: int | None, ended: int | None, length: str
) -> None:
    def moment(seconds: int | None) -> datetime | None:
        return None if seconds is None else at(0) + timedelta(seconds=seconds)

    run = ProcedureRun("r1", "Roll back", at(0), moment(ended), verified=moment(verified))
    end = run.ended or run.verified
    assert describe_run_length(ProcedureRow(run, end - at(0) if end else None, "")) == length


def test_the_time_of_a_step_and_how_long_it_took_lead_to_its_row_in_the_timeline() -> None:
    """Its row stands where it ended: a time beside "ok after 42 s" that is not said to be its begin reads as that."""
    story = Story()
    story.declare(1)
    story.act(Kind.RUN, 2, subject="r1", what="started", title="Roll back", procedure="roll-back", path="ops.md")
    story.act(Kind.STEP, 2, subject="r1#3", phase="intent", attempt=1, title="Send it", kind="change")
    story.act(Kind.STEP, 2.7, subject="r1#3", phase="outcome", attempt=1, title="Send it", state="ok", seconds=42.0)
    text = draft(story, 20)

    took, begun = re.findall(r"after ([\d.]+) s, begun ([\d:]+) UTC", block(text, "runs"))[0]
    ends = [row[0] for row in table(text, "timeline", ALL_ENTRIES) if row[2] == "step"]
    assert [time.fromisoformat(begun), time.fromisoformat(ends[0])] == [at(2).time(), at(2.7).time()]
    assert float(took) == (at(2.7) - at(2)).total_seconds()

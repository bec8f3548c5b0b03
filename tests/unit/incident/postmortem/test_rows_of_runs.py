"""The draft holds what was run: by whom, with which command, how it ended, how long it took, and what came back."""

from typing import Any

from cockpit.incident.postmortem.run_rows import run_rows
from cockpit.model.event import Event, Kind
from tests.unit.incident.story import at


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

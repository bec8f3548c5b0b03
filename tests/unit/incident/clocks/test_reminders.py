"""What comes first, how often a person is reminded, and how a clock is shown."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cockpit.incident.clocks.clocks import compute_clocks
from cockpit.incident.clocks.reminders import find_due_reminder, list_open_items, list_urgent_clocks, met_and_missed
from cockpit.model.clock import Clock, ClockKind, ClockState, shown_due
from cockpit.model.response import Freeze, Mark, ProcedureRun
from tests.unit.incident.incidents import incident, plan, rule
from tests.unit.incident.story import at

AUCKLAND = ZoneInfo("Pacific/Auckland")
TEAM = plan(
    rule(ClockKind.RESPONSE, 15),
    rule(ClockKind.UPDATE, 30),
    rule(ClockKind.CLIENT, 20),
    rule(ClockKind.ROLLBACK, 24 * 60),
)


def clock(due: datetime | None, minutes: float = 60, kind: ClockKind = ClockKind.UPDATE, **fields: object) -> Clock:
    started = at(0) if due is None else due - timedelta(minutes=minutes)
    risk = None if due is None else due - timedelta(minutes=minutes / 5)
    return Clock("update", kind, "update", "declared", "oncall.md:41", started, due, risk, **fields)  # type: ignore[arg-type]


def test_the_first_due_comes_first_then_what_only_tells_and_last_what_is_snoozed() -> None:
    loop = Mark("loop:1", ClockKind.LOOP, "turn it on again", started=at(1))
    ran = ProcedureRun("r1", "Roll back", at(1), budget=timedelta(minutes=5))
    story = incident(acknowledged=at(2), ran=(ran,), marks=(loop, Mark("client", snoozed_until=at(40))))
    found = list_urgent_clocks(compute_clocks(story, TEAM, at(25)), at(25))
    assert [each.id for each in found] == ["update", "budget:r1", "rollback", "client"]
    assert found[-1].state(at(25)) is ClockState.OVERDUE, "a snooze hides no lateness"


@pytest.mark.parametrize(
    ("minutes", "count"), [(-61, 0), (-13, 0), (-12, 1), (0, 2), (14, 2), (15, 3), (30, 4), (45, 5), (6000, 5)]
)
def test_reminders_come_at_risk_when_due_and_each_quarter_of_its_hour_up_to_five(minutes: float, count: int) -> None:
    assert find_due_reminder(clock(at(0)), at(minutes)) == count


def test_reminders_of_a_short_clock_are_five_minutes_apart() -> None:
    assert [find_due_reminder(clock(at(0), minutes=3), at(each)) for each in (4, 5, 10, 15)] == [2, 3, 4, 5]


def test_nobody_is_reminded_of_what_is_snoozed_done_or_without_a_time() -> None:
    assert find_due_reminder(clock(at(0), snoozed_until=at(10)), at(9)) == 0
    assert find_due_reminder(clock(at(0), snoozed_until=at(10)), at(10)) == 2
    assert find_due_reminder(clock(at(0), done=at(-1)), at(9)) == 0
    assert find_due_reminder(clock(at(0), not_applicable="a drill"), at(9)) == 0
    assert find_due_reminder(clock(None), at(9)) == 0
    assert find_due_reminder(clock(at(0), kind=ClockKind.BUDGET), at(9)) == 0


def test_the_post_mortem_gets_target_and_actual_of_each_clock() -> None:
    story = incident(acknowledged=at(16), resolved=at(50), mitigated=at(19))
    told = {each.clock.id: each for each in met_and_missed(compute_clocks(story, TEAM, at(60)), at(60))}
    assert set(told) == {"response", "client", "update", "rollback"}
    assert told["rollback"].state is ClockState.NOT_APPLICABLE
    late = told["response"]
    assert (late.state, late.target, late.actual) == (
        ClockState.MISSED, timedelta(minutes=15), timedelta(minutes=16),
    )  # fmt: skip
    assert (told["client"].state, told["client"].actual) == (ClockState.NOT_APPLICABLE, None)
    assert told["update"].state is ClockState.MISSED


@pytest.mark.parametrize(
    ("due", "shown"),
    [
        ("2026-02-27T02:17", "15:17 NZDT · 02:17Z"),
        ("2026-02-27T12:00", "Sat 01:00 NZDT · 12:00Z"),
        ("2026-02-28T00:30", "Sat 13:30 NZDT · Sat 00:30Z"),
        ("2026-03-06T05:00", "6 Mar 18:00 NZDT · 6 Mar 05:00Z"),
        ("2026-07-01T00:00", "1 Jul 12:00 NZST · 1 Jul 00:00Z"),
    ],
)
def test_a_due_time_is_shown_with_the_abbreviation_in_force_and_in_utc(due: str, shown: str) -> None:
    assert shown_due(clock(datetime.fromisoformat(due).replace(tzinfo=UTC)), AUCKLAND, at(0)) == shown


def test_a_zone_without_letters_shows_its_offset_and_utc_stands_once() -> None:
    assert shown_due(clock(at(17)), ZoneInfo("America/Sao_Paulo"), at(0)) == "23:17 UTC-03 · 02:17Z"
    assert shown_due(clock(at(17)), UTC, at(0)) == "02:17Z"
    assert shown_due(clock(None), AUCKLAND, at(0)) == ""
    assert shown_due(clock(datetime.max.replace(tzinfo=UTC)), AUCKLAND, at(0)) == ""


def test_a_handover_names_what_asks_for_something_and_nothing_that_only_tells() -> None:
    running = ProcedureRun("r1", "Roll back", at(-5))
    here = incident(ran=(running,))
    clocks = [clock(at(10)), clock(at(3), kind=ClockKind.ROLLBACK)]
    things = list_open_items(here, clocks, at(0), AUCKLAND, ["5xx errors"], Freeze("prod", at(0), "ana", "until green"))
    assert shown_due(clock(at(-5)), AUCKLAND, at(0)) in things[1], "a moment stays true on record, a length does not"
    assert [line.split(",")[0].split(":")[0] for line in things] == [
        "update",
        "run not ended",
        "silenced at its source",
        "prod is frozen",
    ]

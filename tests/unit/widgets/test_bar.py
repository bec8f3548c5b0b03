"""The bar tells the whole story in one line, and who and when in a second one where there is room."""

from dataclasses import replace
from datetime import UTC, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest

from cockpit.model.clock import Clock, ClockKind
from cockpit.model.incident import Incident, Status
from cockpit.model.operator import Identity
from cockpit.model.plan import Plan, Role
from cockpit.model.response import Freeze, Holding
from tests.tui.stage import NOW, ago
from widgets.bar import Bar, render_bar
from widgets.cell import measure_pieces

AUCKLAND = ZoneInfo("Pacific/Auckland")
ME = "you@example.com"
INCIDENT = Incident(
    "INC-1", "prod", "Readiness failing after deploy", "P1", Status.INVESTIGATING, ago(763), ME, ago(900)
)
BAR = Bar("prod", True, "Meeting Intelligence", (INCIDENT,), operator=ME, recorder="recording")


def said(bar: Bar, width: int) -> list[str]:
    drawn = render_bar(bar, NOW, AUCKLAND, width)
    assert all(measure_pieces(line) <= width for line in drawn)
    return [" ".join("".join(text for text, _ in line).split()) for line in drawn]


def test_an_incident_is_shown_by_severity_title_status_and_elapsed_time() -> None:
    assert said(BAR, 120)[0] == "PROD Meeting Intelligence P1 Readiness failing after deploy INVESTIGATING 00:12:43"


def test_a_narrow_bar_is_one_line_and_shortens_the_title_only() -> None:
    [line] = said(BAR, 80)

    assert line.startswith("PROD P1 Readiness fail")
    assert line.endswith("INVESTIGATING 00:12:43 02:26 NZDT")


def test_the_second_line_says_who_acts_and_both_clocks() -> None:
    bar = replace(BAR, identity=Identity(ME, "cli"))

    assert said(bar, 120)[1] == "you are you@example.com via az cli recording 02:26 NZDT 13:26Z"


@pytest.mark.parametrize(("zone", "time"), [(UTC, "13:26 UTC"), (ZoneInfo("Europe/London"), "13:26 GMT")])
def test_a_zone_whose_time_is_that_of_utc_is_shown_once(zone: tzinfo, time: str) -> None:
    last_line = "".join(text for text, _ in render_bar(BAR, NOW, zone, 120)[1])

    assert last_line.count("13:26") == 1
    assert last_line.rstrip().endswith(time)


def test_an_identity_that_is_not_the_operator_is_shown_beside_them() -> None:
    bar = replace(BAR, identity=Identity("mi-runner", "managed_identity", machine=True))

    assert "you@example.com mi-runner via managed identity" in said(bar, 120)[1]


def test_read_only_is_shown_at_any_width() -> None:
    assert "read-only" in said(replace(BAR, read_only=True), 80)[0]
    assert "read-only" in said(replace(BAR, read_only=True), 120)[1]


def test_without_an_incident_the_bar_says_how_the_environment_stands() -> None:
    bar = replace(BAR, incidents=(), situation=("2 down", "bad"))

    assert said(bar, 80) == ["PROD Meeting Intelligence No incident · 2 down you@example.com 02:26 NZDT"]


def test_several_incidents_and_a_drill_are_named() -> None:
    drill = replace(INCIDENT, drill=True)

    assert "DRILL Readiness" in said(replace(BAR, incidents=(drill, INCIDENT)), 140)[0]
    assert "+1 open" in said(replace(BAR, incidents=(drill, INCIDENT)), 140)[0]


def test_a_narrow_bar_says_what_must_not_be_missed_before_who_and_where() -> None:
    lost = replace(BAR, incidents=(), recorder="NOT RECORDED, 6 facts waiting: The disk is full.", muted=True)
    [told] = render_bar(lost, NOW, AUCKLAND, 80)

    assert ("NOT RECORDED", "bad") in told
    assert "bell off you@example.com" in said(lost, 80)[0]
    assert "+1 open" in said(replace(BAR, incidents=(INCIDENT, INCIDENT)), 80)[0]


def test_a_narrow_bar_says_that_another_cockpit_records() -> None:
    [told] = render_bar(replace(BAR, incidents=(), recorder="recorded by ana@jump-1 pid 4711"), NOW, AUCKLAND, 80)

    assert ("recorded by ana@jump-1", "warn") in told


def test_a_narrow_bar_names_the_identity_where_there_is_room() -> None:
    bar = replace(BAR, incidents=(), identity=Identity("mi-runner", "managed_identity", machine=True))

    assert "mi-runner" in said(bar, 80)[0]
    assert "mi-runner" not in said(replace(bar, incidents=(INCIDENT,)), 80)[0]


def test_the_name_of_the_zone_follows_daylight_saving() -> None:
    winter = NOW - timedelta(days=120)

    assert "".join(text for text, _ in render_bar(BAR, winter, AUCKLAND, 120)[1]).strip().endswith("NZST  13:26Z")


LONG = replace(INCIDENT, title="Orders fail with 503 after release 1.44.0 of shop-api")


def due_in(minutes: int, kind: ClockKind, name: str) -> Clock:
    return Clock(kind, kind, name, "", "oncall.md:1", NOW, due=NOW + timedelta(minutes=minutes))


CLOCKS = (due_in(9, ClockKind.CHECKLIST, "checklist"), due_in(14, ClockKind.CLIENT, "tell clients"))


def test_a_title_that_would_be_cut_takes_the_room_of_the_second_clock() -> None:
    first, second = said(replace(BAR, incidents=(LONG,), clocks=CLOCKS), 120)

    assert LONG.title in first
    assert [text.split()[-1] in first for text in ("checklist 9:00", "clients 14:00")] == [True, False]
    assert "14:00" in second


def test_where_the_second_line_is_full_both_clocks_stay_and_the_title_is_cut() -> None:
    full = replace(
        BAR, incidents=(LONG,), clocks=CLOCKS, recorder="recorded by ana@a-jump-host-with-a-long-name pid 4711"
    )
    first, _ = said(full, 120)

    assert "…" in first
    assert "9:00" in first
    assert "14:00" in first


def test_at_80_columns_the_time_leaves_the_first_line_to_the_title() -> None:
    first, second = said(replace(BAR, incidents=(LONG,), clocks=CLOCKS), 80)

    assert first.startswith("PROD P1 Orders fail with 503 after release 1.44.0")
    assert first.endswith("INVESTIGATING 00:12:43")
    assert second.endswith("14:00 02:26 NZDT")


@pytest.mark.parametrize("width", [60, 80])
def test_who_leads_is_read_whole_beside_a_freeze_and_what_is_most_urgent(width: int) -> None:
    """`IC …FROZEN · look at the poo… 1:55 over · queue consumer … 1:00 over`: nobody could tell who leads."""
    led = replace(INCIDENT, roles=(Holding("Incident Commander", "Cleo Park", ago(60)),))
    plan = Plan(roles=(Role("Incident Commander", lead=True),))
    task = due_in(-2, ClockKind.TASK, "look at the pool settings")
    loop = due_in(-1, ClockKind.LOOP, "queue consumer is paused")
    bar = replace(
        BAR, incidents=(led,), plan=plan, clocks=(task, loop), freeze=Freeze("prod", ago(60), "ana", "until 1.45.1")
    )
    second = said(bar, width)[1]
    assert second.startswith("IC Cleo Park FROZEN · look")
    assert second.endswith("2:00 late 02:26 NZDT")

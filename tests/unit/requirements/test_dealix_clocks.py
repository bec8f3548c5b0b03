"""What is due in an incident of the third team: by severity, in the first ten minutes, after a breach, at its end."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from cockpit.incident.actions.errors import IncidentActionError
from cockpit.model.clock import ClockKind, ClockState
from tests.refusals import refuses
from tests.unit.requirements.clocks_stage import HOUR, MINUTE, Watch, due_in, origin

OnCall = Callable[[str], Watch]
TEAM = "dealix"
FIRST = "checklist:incident/first-ten-minutes-of-a-p0-or-p1"


def test_002_s0_p0_incident_commander_within_15_min(on_call: OnCall) -> None:
    watch = on_call(TEAM)
    watch.begins("P0")
    assert due_in(watch, "commander") == 15 * MINUTE
    assert origin(watch.clocks()["commander"]) == "incident.md"
    watch.goes_on(14)
    watch.incident_actions.take_role("Incident Commander", "ben")
    assert watch.clocks()["commander"].state(watch.time.now()) is ClockState.MET


def test_002_s0_p0_all_hands_are_called_at_once(on_call: OnCall) -> None:
    watch = on_call(TEAM)
    watch.begins("P0")
    assert (watch.clocks()["escalation:1"].who, due_in(watch, "escalation:1")) == ("everybody", timedelta())


def test_002_s0_p1_update_every_30_min(on_call: OnCall) -> None:
    watch = on_call(TEAM)
    watch.begins("P1")
    assert due_in(watch, "update") == 30 * MINUTE
    assert origin(watch.clocks()["update"]) == "incident.md"
    watch.goes_on(25)
    watch.incident_actions.sent("team", "Still looking.")
    assert due_in(watch, "update") == 55 * MINUTE


def test_002_s0_p2_is_triaged_in_business_hours(on_call: OnCall) -> None:
    watch = on_call(TEAM)
    watch.begins("P2", "2026-11-19T16:00")  # a Thursday in Riyadh; the week begins on Sunday
    assert watch.clocks()["response"].due == datetime(2026, 11, 22, 16, tzinfo=watch.zone)
    assert ClockKind.UPDATE not in watch.kinds()


@pytest.mark.parametrize("severity", ["P0", "P1"])
def test_002_s1_the_first_ten_minutes_of_a_p0_or_p1_are_a_clock_that_counts_its_boxes(
    on_call: OnCall, severity: str
) -> None:
    watch = on_call(TEAM)
    watch.begins(severity)
    assert due_in(watch, FIRST) == 10 * MINUTE
    assert watch.clocks()[FIRST].what.endswith(" 0/5")
    for item in range(1, 6):
        watch.goes_on(1)
        watch.incident_actions.tick(FIRST.partition(":")[2], item, "", state="done")
        assert watch.clocks()[FIRST].what.endswith(f" {item}/5")
    assert watch.clocks()[FIRST].state(watch.time.now()) is ClockState.MET


def test_002_s1_a_p2_has_no_first_ten_minutes(on_call: OnCall) -> None:
    watch = on_call(TEAM)
    watch.begins("P2")
    assert ClockKind.CHECKLIST not in watch.kinds()


def test_002_s24_what_was_turned_off_for_now_stays_open_until_it_is_turned_on_again(on_call: OnCall) -> None:
    watch = on_call(TEAM)
    watch.begins("P1")
    id = watch.incident_actions.start_loop("turn the signature check on again").subject
    watch.incident_actions.resolve("the clock was wrong")
    assert watch.clocks()[id].state(watch.time.now()) is ClockState.OPEN
    watch.incident_actions.clock_done(id, "on again", incident=watch.incident.id)
    assert watch.clocks()[id].state(watch.time.now()) is ClockState.MET


def test_002_s3_the_authority_is_notified_within_72_hours_of_a_person_being_aware(on_call: OnCall) -> None:
    watch = on_call(TEAM)
    watch.begins("P0")
    assert ClockKind.BREACH not in watch.kinds(), "never by itself"
    watch.goes_on(60)
    watch.incident_actions.aware("an export of leads was downloaded")
    assert due_in(watch, "breach") == HOUR + 72 * HOUR
    assert origin(watch.clocks()["breach"]) == "incident.md"


def test_002_s3_a_breach_is_never_dismissed_only_notified_or_not_notifiable_because(on_call: OnCall) -> None:
    watch = on_call(TEAM)
    watch.begins("P0")
    watch.incident_actions.aware("an export of leads was downloaded")
    assert not watch.clocks()["breach"].dismissible
    with refuses("text-missing", IncidentActionError):
        watch.incident_actions.not_applicable("breach", "")
    with refuses("clock-not-deferrable", IncidentActionError):
        watch.incident_actions.snooze("breach", watch.time.now() + HOUR)
    watch.incident_actions.resolve("closed")
    watch.goes_on(70 * 60)
    assert watch.clocks()["breach"].state(watch.time.now()) is ClockState.AT_RISK, "the end of the incident ends it not"
    watch.incident_actions.clock_done("breach", "by the portal", incident=watch.incident.id)
    assert watch.clocks()["breach"].state(watch.time.now()) is ClockState.MET


def test_002_s5_the_post_mortem_is_due_in_3_business_days(on_call: OnCall) -> None:
    watch = on_call(TEAM)
    watch.begins("P1", "2026-11-19T16:00")  # a Thursday; Friday and Saturday are free
    watch.incident_actions.resolve("fixed")
    assert watch.clocks()["postmortem"].due == datetime(2026, 11, 24, 17, tzinfo=watch.zone)
    watch.incident_actions.review("in review", incident=watch.incident.id)
    watch.incident_actions.review("reviewed", incident=watch.incident.id)
    assert watch.clocks()["postmortem"].state(watch.time.now()) is ClockState.MET


def test_002_s62_the_rollback_window_is_24_hours_from_the_deployment(on_call: OnCall) -> None:
    watch = on_call(TEAM)
    watch.begins("P1")
    deployed = watch.time.now() - 23 * HOUR
    window = watch.clocks(deployed)["rollback"]
    assert (window.left(watch.time.now()), origin(window)) == (HOUR, "incident.md")
    watch.goes_on(61)
    assert "mend it forwards" in watch.clocks(deployed)["rollback"].not_applicable

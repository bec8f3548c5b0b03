"""An incident that was thought over and came back days later: what its second night did is in the record, too."""

from datetime import UTC, timedelta

import pytest

from cockpit.incident.clocks.clocks import compute_clocks
from cockpit.incident.impact import format_felt, list_felt_stretches
from cockpit.incident.postmortem.draft import render_draft
from cockpit.incident.postmortem.picture import build_picture, render_mermaid
from cockpit.incident.postmortem.story import TimeFace
from cockpit.model.clock import ClockState
from cockpit.model.event import Kind
from cockpit.model.incident import Incident
from tests.unit.incident.drafts import HEAD, PLAN, SYSTEM, block, table
from tests.unit.incident.folding import only
from tests.unit.incident.incidents import named
from tests.unit.incident.story import Story, at

DAYS = 3 * 24 * 60  # minutes


def two_nights(*, again: str = "ready", first_end: float = 10) -> Story:
    """Ten minutes, resolved; three days later bad for an hour, opened again after five minutes of it."""
    story = Story()
    story.probe(0, "ready", "down")
    story.declare(1, reach=-10)
    story.probe(first_end, "ready", "up")
    story.act(Kind.RESOLVE, 20, because="fixed", reason="restarted")
    story.probe(DAYS, again, "down")
    story.act(Kind.STATUS, DAYS + 5, status="investigating", was="resolved", reason="it is back")
    story.probe(DAYS + 60, again, "up")
    story.act(Kind.RESOLVE, DAYS + 70, because="fixed", reason="for good")
    return story


def felt(incident: Incident) -> str:
    assert incident.felt_since is not None
    assert incident.mitigated is not None
    return format_felt(incident, incident.felt_since, incident.mitigated)


@pytest.mark.parametrize("again", ["ready", "web"])
def test_what_was_bad_when_it_was_opened_again_is_its_impact(again: str) -> None:
    incident = only(two_nights(again=again))
    assert (incident.mitigated, felt(incident)) == (at(DAYS + 60), "1h 10m in 2 stretches")


def test_clients_who_felt_it_for_an_hour_were_owed_a_word() -> None:
    clock = named(compute_clocks(only(two_nights()), PLAN, at(DAYS + 80)), "client:2")
    assert clock.state(at(DAYS + 80)) is ClockState.MISSED


def test_what_recovered_while_it_was_closed_was_over_then() -> None:
    """Resolved with a probe that was still down: it came up an hour later, and nobody felt it for three days."""
    incident = only(two_nights(first_end=80))
    assert felt(incident) == "2h 20m in 2 stretches"


def test_what_was_bad_before_for_other_reasons_is_not_why_it_was_opened_again() -> None:
    story = Story()
    story.probe(0, "ready", "down")
    story.declare(1, reach=-10)
    story.probe(10, "ready", "up")
    story.act(Kind.RESOLVE, 20, because="fixed")
    story.probe(DAYS - 600, "shop", "down")
    story.act(Kind.STATUS, DAYS, status="investigating", was="resolved", reason="a client writes")
    assert only(story).mitigated == at(10)


def test_the_time_in_which_it_was_closed_is_no_time_that_it_was_open() -> None:
    assert only(two_nights()).open_for(at(2 * DAYS)) == timedelta(minutes=19 + 65)


def test_the_key_times_have_both_ends_and_the_opening_between_them() -> None:
    story = two_nights()
    assert [row[0] for row in table(draft(story), "key-times")] == [
        "users felt it",
        "detected",
        "declared",
        "resolved, as was thought",
        "opened again",
        "users felt it no more",
        "resolved",
    ]


def test_the_review_that_is_due_is_the_one_of_the_last_end() -> None:
    story = two_nights()
    assert "opened again before it was late" not in block(draft(story), "status")


def test_the_picture_shows_both_stretches_and_not_the_days_between() -> None:
    story = two_nights()
    incident = only(story)
    assert list_felt_stretches(incident, at(0), at(DAYS + 60)) == [(at(0), at(10)), (at(DAYS), at(DAYS + 60))]
    face = TimeFace(UTC, incident.declared)
    chart = render_mermaid(build_picture(incident, story.events, face, at(DAYS + 80))).splitlines()
    assert len([line for line in chart if "users feel it" in line]) == 2
    assert [line for line in chart if line.strip()[:1].isdigit()] == []


def draft(story: Story) -> str:
    return render_draft(
        only(story), story.events, system=SYSTEM, plan=PLAN, time_zone="UTC", head=HEAD, now=at(DAYS + 80)
    )

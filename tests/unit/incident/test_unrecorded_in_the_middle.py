"""A break of the record in the middle of what users felt: what may have been in it is told with every length."""

from datetime import UTC, timedelta
from itertools import groupby

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.incident.impact import (
    describe_impact,
    measure_felt,
    measure_longest,
    measure_shortest,
    measure_unrecorded_felt,
    weigh_felt,
)
from cockpit.incident.load import list_standing_events
from cockpit.incident.messages.briefing import BriefingScene, build_brief
from cockpit.incident.messages.fields import collect_message_facts
from cockpit.incident.messages.shift_report import build_shift_report, describe_shift
from cockpit.incident.postmortem.json_document import incident_document
from cockpit.incident.postmortem.picture import build_picture
from cockpit.incident.postmortem.time_face import TimeFace
from cockpit.model.event import UNSEEN_FROM, Kind
from cockpit.model.incident import Incident
from cockpit.model.plan import Plan
from cockpit.model.time import format_timestamp
from cockpit.recorder.recording_breaks import UNRECORDED
from tests.examples import scale_examples
from tests.unit.incident.drafts import SYSTEM, block
from tests.unit.incident.drafts import draft as draft_of
from tests.unit.incident.folding import fold, only
from tests.unit.incident.story import Story, at

LENGTH = timedelta(minutes=1, seconds=2)


def tell_break(story: Story, begin: float, length: timedelta, *, is_short: bool = False) -> None:
    """Nobody recorded from then on; told when it was over."""
    detail = {"from": format_timestamp(at(begin)), "until": format_timestamp(at(begin) + length)}
    end = begin + length.total_seconds() / 60
    if is_short:
        story.tell(Kind.RECORDER, end, detail={"what": "started", UNRECORDED: detail})
    else:
        story.tell(Kind.GAP, end, detail=detail)


def outage_with_break(*, is_short: bool = False) -> Story:
    """Six minutes, of the third of which nobody knows."""
    story = Story()
    story.probe(0, "ready", "down")
    story.declare(1, reach=-10)
    tell_break(story, 3, LENGTH, is_short=is_short)
    story.probe(6, "ready", "up")
    return story


@pytest.mark.parametrize("is_short", [False, True])
def test_every_place_tells_the_shortest_and_the_longest_case(is_short: bool) -> None:
    story = outage_with_break(is_short=is_short)
    story.act(Kind.RESOLVE, 10, because="fixed")
    incident, now, events = only(story), at(20), list_standing_events(story.events)
    assert weigh_felt(incident, at(0), at(6)) == "at most "
    assert measure_shortest(incident, at(0), at(6)) == timedelta(minutes=6) - LENGTH
    assert measure_unrecorded_felt(incident, at(0), at(6)) == LENGTH
    told = "at most 6m 00s, at least 4m 58s: not recorded for 1m 02s of it"

    text = draft_of(story, 20, Plan())
    (row,) = [line for line in block(text, "metrics").splitlines() if line.startswith("| TTM")]
    report = build_shift_report(events, [incident], since=at(-10), now=now)
    places = {
        "cockpit impact": describe_impact(incident),
        "brief": dict(build_brief(incident, events, BriefingScene((), (), (), None, UTC, now)))["impact"],
        "summary": block(text, "summary"),
        "impact": block(text, "impact"),
        "metrics": row,
        "shift": dict(describe_shift(report, UTC))["failed"],
    }
    assert {place: told in line for place, line in places.items()} == dict.fromkeys(places, True)
    duration = collect_message_facts(incident, SYSTEM, Plan(), now, UTC, None).values["duration"]
    assert duration.startswith("at most ")
    document = incident_document(incident)["metrics"]["TTM"]
    figures = [document[name] for name in ("weight", "seconds", "least", "unrecorded")]
    assert figures == ["at most", 360.0, 298.0, 62.0]
    picture = build_picture(incident, events, TimeFace(UTC, at(0)), now)
    assert picture.impact[0].text.endswith("or shorter")
    assert [bar.text for lane in picture.lanes for bar in lane.bars if lane.section == "Probes"] == ["down, or shorter"]
    assert any("1m 02s" in line for line in picture.cut)


def test_what_was_not_looked_at_until_it_was_over_was_bad_for_as_long_as_it_was_seen_at_least() -> None:
    """A shift took the break alone from the length, and so counted the seconds from there to the first look."""
    story = Story()
    story.probe(0, "ready", "down")
    story.declare(1, reach=-10)
    tell_break(story, 3, LENGTH)
    up = {"state": "up", UNSEEN_FROM: format_timestamp(at(3))}
    story.tell(Kind.PROBE, 5, subject="ready", detail=up, source="recorder")
    story.act(Kind.RESOLVE, 10, because="fixed")
    incident, events = only(story), list_standing_events(story.events)
    report = build_shift_report(events, [incident], since=at(-10), now=at(20))
    told = "at most 5m 00s, at least 3m 00s: not recorded for 1m 02s of it"
    assert told in describe_impact(incident)
    assert told in dict(describe_shift(report, UTC))["failed"]


def test_a_break_beside_what_users_felt_makes_no_length_unsure() -> None:
    story = Story()
    tell_break(story, -4, timedelta(minutes=1))
    story.probe(0, "ready", "down")
    story.declare(1, reach=-10)
    story.probe(6, "ready", "up")
    tell_break(story, 8, timedelta(minutes=1))
    incident = only(story)
    assert len(incident.breaks) == 2
    assert weigh_felt(incident, at(0), at(6)) == ""
    assert describe_impact(incident).endswith("6m 00s")


def test_who_states_from_when_until_when_leaves_nothing_unsure() -> None:
    story = outage_with_break()
    stated = {"impact_started": format_timestamp(at(0)), "impact_ended": format_timestamp(at(6))}
    declaration = next(event for event in story.events if event.kind == Kind.DECLARE)
    story.act(Kind.DECLARE, 1, supersedes=declaration.id, late=6, **{**declaration.detail, **stated})
    assert weigh_felt(only(story), at(0), at(6)) == ""


def test_a_break_in_the_night_in_which_it_was_closed_tells_nothing_of_its_length() -> None:
    story = Story()
    story.probe(0, "ready", "down")
    story.declare(1, reach=-10)
    story.probe(6, "ready", "up")
    story.act(Kind.RESOLVE, 10, because="fixed")
    tell_break(story, 20, timedelta(hours=8))
    story.probe(600, "ready", "down")
    story.act(Kind.STATUS, 601, status="investigating", was="resolved", reason="again")
    story.probe(604, "ready", "up")
    incident = only(story)
    assert measure_felt(incident, at(0), at(604)) == (timedelta(minutes=10), 2)
    assert weigh_felt(incident, at(0), at(604)) == ""


def test_a_redacted_break_is_gone_as_if_the_file_had_been_read_again() -> None:
    story = outage_with_break()
    gap = next(event for event in story.events if event.kind == Kind.GAP)
    story.tell(Kind.REDACT, 9, subject=str(gap.id))
    assert only(story).breaks == ()


minutes = st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(2, 6)), min_size=1, max_size=8)


@settings(max_examples=scale_examples(80))
@given(minutes)
def test_however_it_went_while_nobody_recorded_the_truth_lies_between_the_two_cases(
    parts: list[tuple[bool, bool, int]],
) -> None:
    """Parts of some minutes, each bad or well, of some of which nobody knows: a look that begins a recording tells how
    it stands then."""
    world = [(True, True), *((bad, seen) for bad, seen, length in parts for _ in range(length))]
    world += [(True, True), (False, True)]
    story, known = Story(), False
    story.declare(0, reach=-10)
    minute = 0
    for is_seen, group in groupby(world, key=lambda part: part[1]):
        length = len(stretch := list(group))
        if is_seen:
            for number, (bad, _) in enumerate(stretch):
                if bad is not known:
                    story.probe(minute + number, "ready", "down" if bad else "up")
                    known = bad
        else:
            tell_break(story, minute, timedelta(minutes=length))
        minute += length
    incident, end = only(story), at(len(world) - 1)
    truth = sum(bad for bad, _ in world)  # parts are of two minutes or more, so that every pause counts as one
    least, most = measure_shortest(incident, at(0), end), measure_longest(incident, at(0), end)
    value, _ = measure_felt(incident, at(0), end)
    weight = weigh_felt(incident, at(0), end)
    assert least <= value <= most
    assert least <= timedelta(minutes=truth) <= most
    if truth * 60 < value.total_seconds():
        assert weight in ("at most ", "about ")
    if truth * 60 > value.total_seconds():
        assert weight in ("at least ", "about ")


def test_the_file_tells_of_a_break_that_was_not_over_when_it_was_closed() -> None:
    story = outage_with_break()
    story.act(Kind.RESOLVE, 10, because="fixed")
    tell_break(story, 9, timedelta(hours=3))
    incident: Incident = fold(story.events).incidents["i1"]
    assert [item.begin for item in incident.breaks] == [at(3), at(9)]


def test_what_began_again_at_the_first_looks_after_a_break_and_was_over_at_once_may_not_have_lasted() -> None:
    story = Story()
    story.probe(0, "ready", "down")
    story.declare(1, reach=-10)
    story.probe(5, "ready", "up")
    for minutes, state in ((12.2, "down"), (12.3, "up")):
        detail = {"state": state, UNSEEN_FROM: format_timestamp(at(12))}
        story.tell(Kind.PROBE, minutes, subject="ready", detail=detail, source="recorder")
    story.act(Kind.RESOLVE, 15)
    incident = only(story)
    assert measure_felt(incident, at(0), at(12.3)) == (timedelta(minutes=5.1), 2)
    assert measure_shortest(incident, at(0), at(12.3)) == timedelta(minutes=5)

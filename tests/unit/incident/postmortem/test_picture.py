"""The drawing of the night: the same lanes as SVG and as Mermaid, whatever the facts are called."""

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cockpit.incident.load import list_standing_events
from cockpit.incident.postmortem.picture import (
    MOST_MARKS,
    MOST_SPANS,
    IncidentPicture,
    PictureBar,
    build_picture,
    merge_bars,
    render_mermaid,
    render_svg,
)
from cockpit.incident.postmortem.time_face import TimeFace
from cockpit.model.event import UNSEEN_FROM, Kind
from cockpit.model.time import format_timestamp
from tests.examples import scale_examples
from tests.unit.incident.drafts import incident_of, tell
from tests.unit.incident.postmortem.test_story import fail, night
from tests.unit.incident.story import Story, at

FACE = TimeFace(UTC, at(0))


def picture_of(story: Story, minutes: float = 40) -> IncidentPicture:
    return build_picture(incident_of(story), list_standing_events(story.events), FACE, at(minutes))


def test_probes_alerts_and_traffic_are_lanes_on_one_axis() -> None:
    story = night()
    story.alert(0.5, "az:5xx", "firing")
    story.alert(4, "az:5xx", "resolved")
    lanes = {(lane.section, lane.title): lane.bars for lane in picture_of(story).lanes}

    (readyz,) = lanes["Probes", "readyz"]
    assert (readyz.start, readyz.end, readyz.tone) == (at(0.2), at(2.9), "bad")
    assert [bar.text for bar in lanes["Traffic", "shop"]] == ["--r43 100 %", "--r44 100 %", "--r43 100 %"]
    (alert,) = lanes["Alerts", "5xx"]
    assert (alert.start, alert.end) == (at(0.5), at(4))


def test_a_probe_that_was_down_when_nothing_was_seen_of_it_any_more_is_down_until_it_is_seen_to_be_well() -> None:
    story = Story()
    story.declare(0, reach=-10)
    story.probe(1, "ready", "down")
    story.probe(2, "ready", "unknown")
    detail = {"state": "up", UNSEEN_FROM: format_timestamp(at(2))}
    story.tell(Kind.PROBE, 6, subject="ready", detail=detail, source="recorder")
    (bar,) = next(lane.bars for lane in picture_of(story).lanes if lane.section == "Probes")
    assert (bar.start, bar.end) == (at(1), at(6))
    assert bar.text.endswith("or shorter")


def test_what_still_fires_at_the_end_of_the_picture_goes_on() -> None:
    """Else its bar would read as if it had resolved there."""
    story = night()
    story.alert(0.5, "az:5xx", "firing")
    story.alert(0.6, "az:restarts", "firing")
    story.alert(4, "az:5xx", "resolved")
    bars = {lane.title: lane.bars[-1] for lane in picture_of(story).lanes if lane.section == "Alerts"}

    assert {title: bar.goes_on for title, bar in bars.items()} == {"5xx": False, "restarts": True}
    assert "restarts fired, goes on :" in render_mermaid(picture_of(story))


def test_the_bar_of_a_probe_begins_with_its_first_failing_answer() -> None:
    story = Story()
    story.tell(Kind.PROBE, 0.1, subject="readyz", detail={"state": "degraded"})
    fail(story, 0.4, "readyz", first=0.2)
    story.declare(1, reach=-10)
    (readyz,) = picture_of(story).lanes

    assert [(bar.text, bar.start) for bar in readyz.bars] == [("degraded", at(0.1)), ("down", at(0.2))]
    assert readyz.bars[0].end == at(0.2)


def test_a_resolution_hours_later_does_not_squeeze_the_night_into_a_line() -> None:
    story = night()
    del story.events[-1]
    story.act(Kind.RESOLVE, 300, reason="stable")
    picture = picture_of(story, 301)

    assert picture.end - picture.start < timedelta(minutes=15)
    assert picture.cut == ("resolved at 07:00:00, after the end of this picture",)


@given(st.integers(1, 600), st.sampled_from(["probe", "alert", "traffic", "none"]))
@settings(max_examples=scale_examples(40))
def test_nothing_is_drawn_of_what_comes_after_the_export(seconds: int, what: str) -> None:
    story = Story()
    story.declare(0, reach=-10)
    if what == "probe":
        story.probe(0, "readyz", "down")
    elif what == "alert":
        story.alert(0, "az:5xx", "firing")
    elif what == "traffic":
        story.tell(Kind.TRAFFIC, 0, subject="shop", detail={"before": {"shop--a": 100}, "after": {"shop--b": 100}})
    now = at(seconds / 60)
    picture = picture_of(story, seconds / 60)

    assert all(bar.end <= now for lane in picture.lanes for bar in lane.bars)
    assert picture.impact[-1].end <= now
    times = re.findall(r"2026-\d\d-\d\d \d\d:\d\d:\d\d", render_mermaid(picture))
    assert max(times) <= f"{max(now, at(1 / 60)):%Y-%m-%d %H:%M:%S}"


@given(
    st.floats(-60, 3).map(lambda minute: round(minute, 1)),
    st.floats(3, 60).map(lambda minute: round(minute, 1)),
    st.sampled_from(["probe", "alert", "traffic", "baseline"]),
)
@settings(max_examples=scale_examples(60))
def test_what_began_before_the_picture_says_so_and_nothing_is_drawn_past_the_end_of_the_record(
    begun: float, resolved: float, what: str
) -> None:
    """The last share of traffic was drawn to the edge of the picture, long after the incident and its record ended."""
    story = Story()
    if what == "probe":
        story.probe(begun, "orders", "down")
    elif what == "alert":
        story.alert(begun, "az:5xx", "firing")
    elif what == "traffic":
        moved = {"before": {"shop--a": 100}, "after": {"shop--b": 100}}
        story.tell(Kind.TRAFFIC, begun, subject="shop", detail=moved)
    else:
        first_look = {"what": "baseline", "traffic": {"shop--a": 100}, "revisions": {}}
        story.tell(Kind.REVISION, begun, subject="shop", detail=first_look)
    story.probe(1, "readyz", "down")
    story.probe(2.5, "readyz", "up")
    story.declare(1.5, reach=-90)
    story.act(Kind.RESOLVE, resolved, reason="stable")
    picture = picture_of(story, 90)
    chart, drawing = render_mermaid(picture), render_svg(picture, "i1", FACE)

    bars = {bar.text: bar for lane in picture.lanes if lane.title != "readyz" for bar in lane.bars}
    assert all(bar.end <= at(resolved) for bar in bars.values())
    began = {bar.text for bar in bars.values() if bar.began_before}
    if what != "traffic":
        assert bool(began) == (bool(bars) and at(begun) < picture.start)
    elif bars:  # the share before it was there before it
        assert began == ({"--a 100 %"} & bars.keys() if picture.start < at(begun) else {"--b 100 %"})
    assert chart.count(", began before") == drawing.count("◂") - bool(began) == len(began)
    goes_on = [bar for bar in bars.values() if bar.goes_on]
    assert chart.count(", goes on") == drawing.count("▸") - bool(goes_on) == len(goes_on)


def test_turning_points_before_the_picture_are_counted_below_it() -> None:
    story = night()
    story.act(Kind.DECISION, -8, text="deploy at night")
    picture = picture_of(story)
    assert at(-8) < picture.start
    assert picture.cut[0].startswith("1 turning point lies before this picture, from 01:52:00 on")


def test_a_share_of_less_than_a_second_is_no_bar_of_the_chart() -> None:
    story = Story()
    story.declare(0, reach=-10)
    baseline = {"what": "baseline", "traffic": {"shop--a": 100}, "revisions": {}}
    story.tell(Kind.REVISION, 0.010, subject="shop", detail=baseline)
    story.tell(Kind.TRAFFIC, 0.015, subject="shop", detail={"before": {"shop--a": 100}, "after": {"shop--b": 100}})
    chart = render_mermaid(picture_of(story, 5))
    assert "shop b 100 %" in chart
    assert " shop a 100 % :" not in chart or chart.count(" shop a 100 % :") == 1


def test_who_had_the_traffic_at_the_first_look_may_have_had_it_before() -> None:
    story = Story()
    story.declare(0, reach=-10)
    baseline = {"what": "baseline", "traffic": {"shop--a": 100}, "revisions": {}}
    story.tell(Kind.REVISION, 1, subject="shop", detail=baseline)
    story.tell(Kind.TRAFFIC, 2, subject="shop", detail={"before": {"shop--a": 100}, "after": {"shop--b": 100}})
    (lane,) = [lane for lane in picture_of(story, 5).lanes if lane.section == "Traffic"]
    assert [("or longer" in bar.text, bar.start) for bar in lane.bars] == [(True, at(1)), (False, at(2))]


def test_a_flap_of_one_state_is_one_bar() -> None:
    story = night()
    detail = {"state": "degraded"}
    for minute in (1, 1.2, 1.4):
        story.tell(Kind.PROBE, minute, subject="orders", detail=detail)
    story.probe(1.6, "orders", "up")
    (lane,) = [lane for lane in picture_of(story).lanes if lane.title == "orders"]

    assert [(bar.start, bar.end) for bar in lane.bars] == [(at(1), at(1.6))]


@pytest.mark.parametrize("first_bad", [0.5, 1.0, 1.5])
def test_what_was_bad_before_it_began_to_flap_has_its_bar(first_bad: float) -> None:
    """The failures that made it a flap may begin in the course of the first one that is on record."""
    story = night()
    story.probe(first_bad, "orders", "degraded")
    story.probe(2, "orders", "up")
    story.probe(2.5, "orders", "degraded")
    times = {"from": at(1), "until": at(4), "noticed": at(3)}
    flap = {"times": 3, "longest_well": 20, **{name: format_timestamp(moment) for name, moment in times.items()}}
    story.tell(Kind.PROBE, 3, subject="orders", detail={"state": "flapping", "flap": flap})
    story.probe(4.5, "orders", "up")
    (lane,) = [lane for lane in picture_of(story).lanes if lane.title == "orders"]

    assert (lane.bars[0].start, lane.bars[-1].end) == (at(min(first_bad, 1)), at(4.5))
    assert all(before.end == after.start for before, after in pairwise(lane.bars))
    assert [bar.text for bar in lane.bars] == (["degraded"] if first_bad < 1 else []) + ["flapping"]


def test_every_turning_point_has_a_number_in_the_drawing_and_a_line_below_it() -> None:
    picture = picture_of(night())
    drawing = ElementTree.fromstring(render_svg(picture, "i1", FACE))
    texts = [text.text or "" for text in drawing.iter("{http://www.w3.org/2000/svg}text")]

    for mark in picture.marks:
        assert str(mark.number) in texts
        assert f"{mark.number}  {mark.text}" in texts
    assert "readyz down: got 503, wanted 200" in " ".join(texts)


def test_where_not_all_turning_points_have_room_the_picture_still_tells_how_it_ended() -> None:
    story = Story()
    fail(story, 0.3, "ready")
    story.declare(1, reach=-10)
    story.probe(2.9, "ready", "up")
    for minute in range(30):
        story.act(Kind.UPDATE, 3.1 + minute / 20, audience="client", text=f"update {minute}")
    story.act(Kind.STATUS, 5, status="monitoring")
    story.act(Kind.RESOLVE, 6, reason="rolled back")
    picture = picture_of(story)

    kinds = {event.occurred: event.kind for event in story.events if event.actor}
    drawn = [kinds.get(mark.at) for mark in picture.marks]
    assert {Kind.DECLARE, Kind.STATUS, Kind.RESOLVE} <= set(drawn)
    assert len(picture.marks) == MOST_MARKS
    assert "more turning points" in " ".join(picture.cut)
    assert [mark.at for mark in picture.marks] == sorted(mark.at for mark in picture.marks)


names = st.text(max_size=30)


@settings(max_examples=scale_examples(40), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(names)
def test_whatever_things_are_called_the_drawing_is_well_formed_and_the_chart_has_one_task_a_line(text: str) -> None:
    story = tell(text, title=text)
    story.tell(Kind.PROBE, 3, subject=text, summary=text, detail={"state": "down", "reason": text})
    picture = picture_of(story)
    ElementTree.fromstring(render_svg(picture, "i1", FACE))
    for line in render_mermaid(picture).splitlines()[3:]:
        assert line.strip().startswith("section ") or line.count(":") in (1, 3, 5)  # the name's end, and the times
        assert "```" not in line


@given(
    st.lists(st.tuples(st.integers(0, 7_000), st.integers(1, 600)), min_size=1, max_size=300),
    st.integers(0, 60),
)
def test_however_many_instances_fired_a_lane_has_few_bars_and_leaves_no_time_out(
    spans: list[tuple[int, int]], gap: int
) -> None:
    begin = datetime(2026, 2, 27, 2, 0, tzinfo=UTC)
    bars = [
        PictureBar(begin + timedelta(seconds=at), begin + timedelta(seconds=at + long), "fired", "alert")
        for at, long in spans
    ]
    merged = merge_bars(bars, timedelta(seconds=gap))
    assert 0 < len(merged) <= MOST_SPANS
    assert all(any(one.start <= bar.start and bar.end <= one.end for one in merged) for bar in bars)
    assert all(first.end < second.start for first, second in pairwise(merged))

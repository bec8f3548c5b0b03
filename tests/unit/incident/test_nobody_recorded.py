"""What of an incident nobody recorded: before the first recorder, in breaks, and since the last; alike everywhere."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.incident.impact import describe_impact, weigh_felt
from cockpit.incident.load import list_members, list_standing_events
from cockpit.incident.messages.briefing import BriefingScene, build_brief
from cockpit.incident.messages.shift_report import build_shift_report, describe_shift
from cockpit.incident.postmortem.draft import render_draft
from cockpit.incident.postmortem.json_document import incident_document, to_json_value
from cockpit.incident.postmortem.picture import build_picture
from cockpit.incident.postmortem.time_face import TimeFace
from cockpit.incident.postmortem.turning_points import find_turning_points
from cockpit.model.event import UNSEEN_FROM, Kind
from cockpit.model.time import format_duration, format_timestamp
from cockpit.recorder.recording_breaks import STOPPED, UNRECORDED
from tests.examples import scale_examples
from tests.unit.incident.drafts import HEAD, PLAN, SYSTEM, block, draft, table
from tests.unit.incident.folding import only
from tests.unit.incident.story import Story, at

Span = tuple[float, float]


def tell_recorders(story: Story, spans: Sequence[Span]) -> None:
    """Recorders that ran in these spans of minutes, in order; each tells of the break before it."""
    last: float | None = None
    for begin, end in spans:
        story.tell(Kind.RECORDER, begin, detail={"what": "started"}, source="recorder")
        if last is not None:
            detail = {"from": format_timestamp(at(last)), "until": format_timestamp(at(begin))}
            story.tell(Kind.GAP, begin, detail=detail, source="recorder")
        last = end


def list_places(story: Story, now: datetime, recorded_until: datetime | None = None) -> dict[str, str]:
    """What each place says of the time that nobody recorded."""
    incident, events = only(story), list_standing_events(story.events)
    members = list_members(incident, events)
    scene = BriefingScene((), (), (), None, UTC, now, recorded_until=recorded_until)
    draft = render_draft(
        incident, members, system=SYSTEM, plan=PLAN, time_zone="UTC", head=HEAD, now=now, recorded_until=recorded_until
    )
    rows = [line for line in block(draft, "facts").splitlines() if line.startswith("| Nobody recorded for")]
    return {
        "brief": dict(build_brief(incident, members, scene)).get("unrecorded", "").removeprefix("nobody recorded for "),
        "draft": "".join(rows).removeprefix("| Nobody recorded for | ").removesuffix(" |"),
    }


@settings(max_examples=scale_examples(40))
@given(
    st.lists(st.integers(0, 80), min_size=2, max_size=8, unique=True),
    st.booleans(),
    st.one_of(st.none(), st.integers(81, 95)),
)
def test_brief_and_draft_tell_every_unrecorded_minute_of_the_span(
    moments: list[int], is_read_later: bool, resolved: int | None
) -> None:
    moments = sorted(moments)[: len(moments) // 2 * 2]
    spans = [(float(begin), float(end)) for begin, end in zip(moments[::2], moments[1::2], strict=True)]
    story = Story()
    tell_recorders(story, spans)
    story.declare(80, reach=10)
    if resolved is not None:
        story.act(Kind.RESOLVE, resolved, because="fixed")
    now = 100.0
    until = at(spans[-1][1]) if is_read_later else None
    end = float(resolved or now)
    breaks = [(10.0, spans[0][0]), *((over, begin) for (_, over), (begin, _) in pairwise(spans))]
    breaks += [(spans[-1][1], end)] if is_read_later else []
    missing = timedelta(minutes=sum(min(over, end) - begin for begin, over in breaks if begin < end and over > 10.0))

    places = list_places(story, at(now), until)

    assert places["brief"] == places["draft"]
    assert places["brief"].partition(" in all")[0] == (format_duration(missing) if missing else "")


def test_a_break_that_began_before_the_range_has_one_beginning_in_every_place() -> None:
    """Seen: three surfaces showed three beginnings of one break, each its own."""
    story = Story()
    tell_recorders(story, [(0, 5), (15, 60)])
    story.declare(40, reach=10)
    report = build_shift_report(story.events, (), since=at(12), now=at(50), is_recorded_before=True)
    places = list_places(story, at(50))
    places["shift"] = dict(describe_shift(report, UTC))["unrecorded"].removeprefix("nobody recorded for ")
    assert set(places.values()) == {"10m 00s in all, in 1 break: 02:05:00 to 02:15:00 UTC"}
    (told,) = incident_document(only(story))["breaks"]
    assert (told["begin"], told["end"]) == (to_json_value(at(5)), to_json_value(at(15)))


@pytest.mark.parametrize("kind", [Kind.GAP, Kind.RECORDER])
@pytest.mark.parametrize(("minute", "counts"), [(5.0, False), (42.0, True), (70.0, False)])
def test_a_pause_of_the_record_that_the_draft_counts_is_a_turning_point(
    kind: Kind, minute: float, counts: bool
) -> None:
    """However short: whoever reads that nobody recorded for six seconds looks for when that was."""
    story = Story()
    tell_recorders(story, [(0, 90)])
    story.declare(40, reach=10)
    span = {"from": format_timestamp(at(minute - 0.1)), "until": format_timestamp(at(minute))}
    detail = span if kind == Kind.GAP else {"what": "started", UNRECORDED: span}
    pause = story.tell(kind, minute, detail=detail, source="recorder")
    story.act(Kind.RESOLVE, 60, because="fixed")
    assert (pause.id in find_turning_points(only(story), story.events)) is counts
    assert bool(list_places(story, at(95))["draft"]) is counts


def test_a_shift_tells_the_time_before_the_first_recorder_and_after_the_last_as_brief_and_draft_do() -> None:
    story = Story()
    tell_recorders(story, [(3, 7)])
    story.declare(5, reach=-10)
    until = at(7)
    report = build_shift_report(
        story.events, (), since=at(-10), now=at(9), is_recorded_before=False, recorded_until=until
    )
    places = list_places(story, at(9), until)
    places["shift"] = dict(describe_shift(report, UTC))["unrecorded"].removeprefix("nobody recorded for ")
    assert set(places.values()) == {"15m 00s in all, in 2 breaks: 01:50:00 to 02:03:00, 02:07:00 to 02:09:00 UTC"}


def test_an_environment_without_a_recorder_is_unrecorded_throughout() -> None:
    story = Story()
    story.declare(0)
    story.act(Kind.RESOLVE, 5)
    assert {text.partition(" in all")[0] for text in list_places(story, at(9)).values()} == {"5m 00s"}


@pytest.mark.parametrize("kind", [Kind.PROBE, Kind.GAP])
def test_facts_from_before_the_first_word_of_a_recorder_show_that_somebody_recorded(kind: Kind) -> None:
    """An older file has facts and no word of who recorded them."""
    story = Story()
    if kind == Kind.PROBE:
        story.probe(-20, "ready", "up")
    else:
        story.tell(kind, -20, detail={"from": format_timestamp(at(-30)), "until": format_timestamp(at(-20))})
    story.declare(0, reach=-10)
    tell_recorders(story, [(3, 9)])
    assert set(list_places(story, at(9)).values()) == {""}


def test_whoever_dates_the_impact_before_the_first_recorder_says_that_it_went_on_until_then() -> None:
    """The source of the alert dates it: nothing makes its length unsure."""
    story = Story()
    tell_recorders(story, [(10, 60)])
    story.alert(2, "alert:5xx", "firing", late=8)
    story.declare(11, reach=-10)
    story.alert(20, "alert:5xx", "resolved")
    story.act(Kind.RESOLVE, 30)
    incident = only(story)
    assert weigh_felt(incident, at(2), at(20)) == ""
    assert "18m 00s" in describe_impact(incident)


def test_the_picture_draws_nothing_as_known_that_nobody_recorded() -> None:
    story = Story()
    tell_recorders(story, [(1, 8)])
    story.probe(2, "ready", "down")
    story.declare(3, reach=-10)
    for until in (at(8), None):
        if until is None:
            story.tell(Kind.RECORDER, 8, detail={"what": STOPPED}, source="recorder")
        picture = build_picture(only(story), story.events, TimeFace(UTC, at(0)), at(20), until)
        bars = {lane.section: lane.bars for lane in picture.lanes}
        assert max(bar.end for bar in bars["Probes"]) == at(8)
        assert [(bar.start, bar.end) for bar in bars["Record"]] == [(picture.start, at(1)), (at(8), at(20))]


@pytest.mark.parametrize("well", ["seen", "in a break"])
@pytest.mark.parametrize("target", [4, 7, 12])  # minutes: missed at its shortest, between, met at its longest
def test_a_recovery_reads_alike_among_the_deadlines_and_against_its_target(target: int, well: str) -> None:
    """Where nobody saw when it was over, neither table may know it to the second, nor whether it was in time."""
    story = Story()
    story.probe(0, "ready", "down")
    story.declare(0, reach=-10)
    story.act(Kind.RECOVERY, 1, subject="Bad deployment", what="chosen", scenario="Bad deployment", rto=60 * target)
    if well == "seen":
        story.probe(9, "ready", "up")
    else:
        tell_recorders(story, [(-20, 6), (9, 30)])
        look = {"state": "up", UNSEEN_FROM: format_timestamp(at(6))}
        story.tell(Kind.PROBE, 9, subject="ready", detail=look, source="recorder")
    story.act(Kind.RESOLVE, 20)
    text = draft(story, 30)

    (deadline,) = [row for row in table(text, "clocks") if row[0].startswith("recovered from")]
    ((_, _, achieved, verdict, *_), *_) = table(text, "recovery")
    assert deadline[4:6] == [achieved, verdict]
    assert achieved.startswith("at most ") is (well == "in a break")
    assert ("as far as" in verdict) is (well == "in a break" and target == 7)
    assert ("met" in verdict) is (target > 9)


def test_a_draft_names_the_document_of_a_procedure_without_the_folders_of_whoever_ran_it() -> None:
    story = Story()
    story.declare(0, reach=-10)
    path = "/home/ana/shop/docs/ops.md"
    story.act(
        Kind.RUN, 1, subject="r1", what="started", title="Roll back", procedure="roll-back", path=path, budget=300
    )
    text = draft(story, 30)
    (deadline,) = [row for row in table(text, "clocks") if row[0] == "Roll back"]
    assert deadline[-1] == "ops.md#roll-back"

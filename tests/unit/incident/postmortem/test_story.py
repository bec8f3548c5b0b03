"""What the first page says happened: what changed, what users felt, what stopped it, from the facts alone."""

import re
from datetime import UTC, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cockpit.incident.load import list_standing_events
from cockpit.incident.postmortem.key_times import describe_offset, list_key_times
from cockpit.incident.postmortem.marked_notes import CAUSE_MARKS, FIX_MARKS, list_marked_notes
from cockpit.incident.postmortem.remedies import find_changing_run, find_trigger, list_stretches
from cockpit.incident.postmortem.rows import deployment_rows
from cockpit.incident.postmortem.story import IncidentStory, tell_story
from cockpit.incident.postmortem.time_face import TimeFace
from cockpit.incident.postmortem.turning_points import find_turning_points
from cockpit.model.conditions import explain_failed_condition
from cockpit.model.event import UNSEEN_FROM, Kind
from cockpit.model.time import format_timestamp
from tests.unit.incident.drafts import ALL_ENTRIES, block, draft, incident_of, table
from tests.unit.incident.folding import fold
from tests.unit.incident.story import Story, at

APP, BAD, GOOD = "shop", "shop--r44", "shop--r43"


def change(story: Story, minute: float) -> None:
    """--r44 is made and gets all of the traffic."""
    baseline = {"what": "baseline", "traffic": {GOOD: 100}, "revisions": {GOOD: {"active": True, "health": "Healthy"}}}
    story.tell(Kind.REVISION, minute - 5, subject=APP, detail=baseline)
    made = {"what": "created", "image": "registry.example.com/shop:1.44.0", "changed_by": "ci", "active": True}
    story.tell(Kind.REVISION, minute, subject=f"{APP}/{BAD}", summary=f"{BAD} created by ci", detail=made)
    move(story, minute, GOOD, BAD)


def move(story: Story, minute: float, before: str, after: str, *, late: float = 0, **more: str) -> None:
    summary = f"shop: traffic from {before} to {after}"
    detail = {"before": {before: 100}, "after": {after: 100}, **more}
    story.tell(Kind.TRAFFIC, minute, subject=APP, summary=summary, detail=detail, late=late)


def fail(story: Story, minute: float, probe: str, *, first: float | None = None) -> None:
    """A probe is down; `first`: when the first of the answers came that settled it."""
    detail: dict[str, Any] = {"state": "down", "reason": "[STATUS] (503) == 200"}
    if first is not None:
        detail |= {"since": format_timestamp(at(minute)), "answer": {"at": format_timestamp(at(first)), "status": 503}}
    story.tell(
        Kind.PROBE,
        minute,
        subject=probe,
        source="recorder",
        summary=f"{probe} down: [STATUS] (503) == 200",
        detail=detail,
    )


def night() -> Story:
    story = Story()
    change(story, 0)
    fail(story, 0.2, "readyz")
    fail(story, 0.3, "ready")
    story.declare(1, reach=-10)
    run = {"title": "Roll back", "procedure": "roll-back", "path": "ops.md"}
    story.act(Kind.RUN, 2, "ben", subject="r1", what="started", **run)
    story.act(Kind.STEP, 2, "ben", subject="r1#3", phase="intent", attempt=1, title="Send it", kind="change")
    move(story, 2.5, BAD, GOOD)
    story.act(Kind.STEP, 2.7, "ben", subject="r1#3", phase="outcome", attempt=1, title="Send it", state="ok")
    story.act(Kind.RUN, 3, "ben", subject="r1", what="ended")
    story.probe(2.8, "ready", "up")
    story.probe(2.9, "readyz", "up")
    story.act(Kind.RESOLVE, 9, reason="stable")
    return story


def relapsing_night() -> Story:
    """Rolled back and well after three minutes; half an hour later it came back for half a minute, and for a minute."""
    story = night()
    story.events = [event for event in story.events if event.kind != Kind.RESOLVE]
    fail(story, 30.2, "readyz", first=30)
    story.probe(30.5, "readyz", "up")
    fail(story, 31.6, "readyz", first=31.5)
    story.probe(32.7, "readyz", "up")
    story.act(Kind.DECISION, 33, text="roll back to r43", summary="decided: roll back to r43")
    story.act(Kind.RESOLVE, 40, reason="stable")
    return story


def test_each_stretch_is_described_with_what_stopped_it_and_a_relapse_that_ended_by_itself_without_a_change() -> None:
    first = "traffic back on --r43 at 02:02:30 (Roll back, run by ben); all probes up at 02:02:54"
    result = told(relapsing_night())
    assert result.stop.startswith(f"{first}; felt again from 02:30:00: no change ")
    rollback, relapse = result.stretches
    assert rollback == f"felt from 02:00:12 to 02:02:54: {first}"
    when, by_itself = relapse.split(": ")
    assert when == "felt from 02:30:00 to 02:32:42"
    assert (by_itself.startswith("no change "), by_itself.endswith("; all probes up at 02:32:42")) == (True, True)
    text = draft(relapsing_night(), 60)
    for sentence in (first, by_itself):
        assert all(sentence in block(text, name) for name in ("summary", "resolution"))


def test_pods_that_are_ready_again_by_themselves_were_not_moved() -> None:
    """A drained node, or a provider that every pod needs: no pod was ready, and nobody moved anything."""
    story = Story()
    for minute, before, after in ((0, {GOOD: 100}, {}), (4, {}, {GOOD: 100})):
        detail = {"before": before, "after": after}
        story.tell(Kind.TRAFFIC, minute, subject=APP, summary="shop: traffic moved", detail=detail)
        if not after:
            fail(story, 0.2, "ready")
            story.declare(1, reach=-10)
    story.probe(4.1, "ready", "up")
    story.act(Kind.RESOLVE, 9, reason="stable")
    assert told(story).stop.startswith("--r43 ready again at 02:04:00")


def test_what_ended_a_relapse_is_named_with_it_and_while_one_goes_on_the_rollback_still_ended_the_first() -> None:
    story = relapsing_night()
    move(story, 32.6, GOOD, "shop--r42")
    assert "felt again from 02:30:00: shop--r42 took all traffic from --r43 at 02:32:36; all" in told(story).stop

    story = relapsing_night()
    story.events = [event for event in story.events if event.occurred < at(31)]
    story.events = [event for event in story.events if event.occurred != at(30.5)]
    assert told(story).stop.startswith("traffic back on --r43 at 02:02:30 ")
    assert told(story).stop.endswith("; felt again from 02:30:00: it is not over")


def test_a_cause_that_was_typed_as_the_reason_of_a_status_is_the_cause_once() -> None:
    story = night()
    for kind, detail in ((Kind.SEVERITY, {"severity": "P2"}), (Kind.STATUS, {"status": "identified"})):
        story.act(kind, 4, actor="ana", reason="Cause: the pool is too small", **detail)
    story.act(Kind.RESOLVE, 9, actor="ben", reason="Fix: back on r43")
    text = draft(story, 20)
    assert block(text, "cause").count("the pool is too small") == 1
    assert "back on r43" in block(text, "resolution").partition("Closed with")[0]


def test_every_end_and_beginning_of_a_stretch_is_a_key_time_and_a_turning_point() -> None:
    story = relapsing_night()
    times = [(time.what, time.at) for time in list_key_times(incident_of(story), list_standing_events(story.events))]
    assert [pair for pair in times if "felt" in pair[0] or "over" in pair[0]] == [
        ("users felt it", at(0.2)),
        ("last change before users felt it no more", at(2.5)),
        ("users felt it no more", at(2.9)),
        ("users felt it again", at(30)),
        ("users felt it no more", at(32.7)),
    ]
    (again,) = [row for row in table(draft(story, 60), "key-times") if row[0] == "users felt it again"]
    assert again[-1] == "probe readyz"
    turning = find_turning_points(incident_of(story), story.events)
    probes = [(event.summary[:9], event.occurred) for event in story.events if event.kind == Kind.PROBE]
    told_probes = [
        (event.summary[:9], event.occurred)
        for event in story.events
        if event.kind == Kind.PROBE and event.id in turning
    ]
    within = [("ready up", at(2.8)), ("readyz up", at(30.5)), ("readyz do", at(31.6))]  # no end and no beginning
    assert told_probes == [probe for probe in probes if probe not in within]
    chart = block(draft(story, 60), "picture")
    assert "readyz up :milestone, 2026-02-27 02:02:54" in chart
    assert "readyz down got 503, wanted 200 :milestone, 2026-02-27 02:30:12" in chart


def test_a_decision_does_not_read_as_the_act_where_no_column_tells_its_kind() -> None:
    text = draft(relapsing_night(), 60)
    assert "decided: roll back to r43" in [row[-1] for row in table(text, "timeline")]
    assert "roll back to r43" in [row[4] for row in table(text, "timeline", ALL_ENTRIES)]


def test_the_first_page_has_what_users_felt_each_time_that_all_had_been_well_before() -> None:
    """A slow minute after the rollback, and the relapse: the first page told of the first failures alone."""
    story = Story()
    change(story, -1)
    fail(story, 0, "ready")
    story.declare(0.5, reach=-29)
    story.probe(3, "ready", "up")
    story.probe(4, "orders", "degraded")
    story.probe(6, "orders", "up")
    story.probe(20, "ready", "down")
    story.probe(22, "ready", "up")
    story.act(Kind.RESOLVE, 30, because="fixed")
    parts = [part for part in told(story).felt.split("; ") if not part.startswith("all well")]
    clocks = [re.findall(r"\w+ (?:failed|degraded) from [\d:]+", part) for part in parts]
    assert clocks == [["ready failed from 02:00:00"], ["orders degraded from 02:04:00"], ["ready failed from 02:20:00"]]
    assert [part.startswith("again: ") for part in parts] == [False, True, True]


def test_what_was_degraded_in_the_course_of_a_flap_is_no_fact_beside_it() -> None:
    story = Story()
    fail(story, 0, "ready")
    story.probe(0.5, "orders", "degraded")
    story.probe(0.6, "orders", "up")
    times = {"noticed": at(1), "from": at(0.5), "until": at(2)}
    flap = {"times": 4, "longest_well": 20, **{name: format_timestamp(moment) for name, moment in times.items()}}
    detail = {"state": "up", "flap": flap}
    story.declare(1, reach=-29)
    story.tell(Kind.PROBE, 3, subject="orders", source="recorder", detail=detail)
    story.probe(4, "ready", "up")
    assert len(re.findall("orders", told(story).felt)) == 1


def test_where_it_was_only_opened_again_nobody_says_that_users_felt_it_again() -> None:
    story = Story()
    story.declare(0, reach=-10)
    story.act(Kind.RESOLVE, 10, reason="stable")
    story.act(Kind.STATUS, 100, status="investigating", was="resolved")
    story.act(Kind.RESOLVE, 120, reason="stable")
    assert "; open again from 03:40:00: " in told(story).stop
    assert "felt again" not in told(story).stop
    assert "users felt it again" not in [time.what for time in list_key_times(incident_of(story), story.events)]


@pytest.mark.parametrize("count", [4, 5, 9])
def test_of_many_stretches_the_first_and_the_last_are_listed(count: int) -> None:
    story = Story()
    for number in range(count):
        fail(story, number * 10, "readyz")
        story.probe(number * 10 + 1, "readyz", "up")
        if number == 0:
            story.declare(0.5, reach=-10)
    result = told(story)
    assert len(result.stretches) == count
    assert result.stop.count("felt again") <= 4
    assert f"at {at((count - 1) * 10 + 1):%H:%M:%S}" in result.stop


def told(story: Story) -> IncidentStory:
    return tell_story(incident_of(story), list_standing_events(story.events), TimeFace(UTC, at(0)))


def test_the_summary_of_a_rolled_back_deployment_is_written_from_the_facts() -> None:
    assert told(night()) == IncidentStory(
        "shop--r44 (1.44.0, by ci) took all traffic from --r43 at 02:00:00",
        "readyz failed from 02:00:12 (got 503, wanted 200), ready from 02:00:18 (the same)",
        "traffic back on --r43 at 02:02:30 (Roll back, run by ben); all probes up at 02:02:54",
        "shop--r44 (1.44.0, by ci) took all traffic from --r43 at 02:00:00",
    )


def test_traffic_that_a_cloud_dates_by_its_request_went_back_between_that_and_when_it_was_seen() -> None:
    story = Story()
    change(story, 0)
    fail(story, 0.2, "ready")
    story.declare(1, reach=-10)
    move(story, 2.5, BAD, GOOD, late=0.3)
    story.probe(2.9, "ready", "up")

    assert told(story).stop.startswith(
        "traffic back on --r43 between 02:02:30, when it was asked for, and 02:02:48, when it was seen; "
    )
    evidence = {key.what: key.evidence for key in list_key_times(incident_of(story), story.events)}
    assert evidence["last change before it was over"].endswith("(asked for then, seen at 02:02:48 UTC)")


@pytest.mark.parametrize("made", [None, -10_000])
@pytest.mark.parametrize("asked", [True, False])
def test_traffic_dated_by_its_request_says_so_also_where_its_revision_had_none_on_record(
    asked: bool, made: float | None
) -> None:
    """It went to one that is older than the record; what an older version recorded keeps no request."""
    story = Story()
    change(story, 0)
    old: dict[str, Any] = {"active": True, "health": "", **({"created": format_timestamp(at(made))} if made else {})}
    story.events[0].detail["revisions"]["shop--r42"] = old
    fail(story, 0.2, "ready")
    story.declare(1, reach=-10)
    more = {"asked": format_timestamp(at(2.5))} if asked else {}
    move(story, 2.5, BAD, "shop--r42", late=0.3, **more)
    story.probe(2.9, "ready", "up")
    says_so = asked or made is not None
    assert ("between 02:02:30, when it was asked for" in told(story).stop) is says_so
    assert deployment_rows(story.events)[-1].what.endswith("02:02:48 UTC)") is says_so


@pytest.mark.parametrize(
    ("state", "names", "moved"),
    [("ok", GOOD, "02:02:42"), ("failed", GOOD, "02:02:30"), ("ok", "shop--r41", "02:02:30")],
)
def test_the_step_that_moved_the_traffic_dates_it_where_it_is_on_record(state: str, names: str, moved: str) -> None:
    """The recorder was down while it moved: the request is what the cloud tells, and the step knows when it ended."""
    story = Story()
    change(story, 0)
    fail(story, 0.2, "ready")
    story.declare(1, reach=-10)
    story.act(Kind.RUN, 2, subject="r1", what="started", title="Roll back", steps=1)
    command = f"az containerapp ingress traffic set -n shop --revision-weight {names}=100"
    intent: dict[str, Any] = {"phase": "intent", "kind": "change", "attempt": 1, "as_run": command, "title": "Send it"}
    story.act(Kind.STEP, 2.49, "ben", subject="r1#1", **intent)
    story.act(Kind.STEP, 2.7, "ben", subject="r1#1", phase="outcome", state=state, attempt=1, title="Send it")
    move(story, 2.5, BAD, GOOD, late=0.6, asked=format_timestamp(at(2.5)))
    story.probe(3.2, "ready", "up")
    story.act(Kind.RESOLVE, 20, reason="stable")
    lines = [line for line in draft(story).splitlines() if "traffic from shop--r44 to shop--r43" in line]
    places = [line for line in lines if ":milestone" not in line]
    assert len(places) >= 3, "a key time, the timeline, the deployments"
    assert all(f"| {moved} |" in line for line in places)
    assert all(("its step ended then" in line) == (moved == "02:02:42") for line in places)


@pytest.mark.parametrize(("command", "dated"), [("revision activate", "02:02:06"), ("revision restart", "02:04:00")])
def test_what_a_step_did_while_nobody_recorded_is_dated_by_it_and_else_may_have_been_before(
    command: str, dated: str
) -> None:
    story = Story()
    change(story, 0)
    fail(story, 0.2, "ready")
    story.declare(1, reach=-10)
    intent: dict[str, Any] = {
        "phase": "intent",
        "kind": "change",
        "attempt": 1,
        "as_run": f"az {command} -n shop --revision {GOOD}",
    }
    story.act(Kind.STEP, 2, "ben", subject="r1#1", **intent)
    story.act(Kind.STEP, 2.1, "ben", subject="r1#1", phase="outcome", state="ok", attempt=1)
    detail = {"what": "activated", "active": True, UNSEEN_FROM: format_timestamp(at(1.5))}
    story.tell(Kind.REVISION, 4, subject=f"shop/{GOOD}", summary=f"{GOOD} activated", detail=detail)
    story.act(Kind.RESOLVE, 20, reason="stable")
    lines = [line for line in draft(story).splitlines() if f"{GOOD} activated" in line and ":milestone" not in line]
    assert len(lines) >= 2
    assert all(f"| {dated} |" in line for line in lines)
    assert all(("or before" in line) == (dated == "02:04:00") for line in lines)


def test_traffic_that_was_seen_to_move_says_when_it_was_asked_for() -> None:
    story = Story()
    change(story, 0)
    fail(story, 0.2, "ready")
    story.declare(1, reach=-10)
    move(story, 2.5, BAD, GOOD, asked=format_timestamp(at(2.2)))
    story.probe(2.9, "ready", "up")
    assert told(story).stop.startswith("traffic back on --r43 at 02:02:30, asked for at 02:02:12; ")
    evidence = {key.what: key.evidence for key in list_key_times(incident_of(story), story.events)}
    assert evidence["last change before it was over"].endswith("(seen then, asked for at 02:02:12 UTC)")
    assert deployment_rows(story.events)[-1].what.endswith("(seen then, asked for at 02:02:12 UTC)")


def redeployed(image: str) -> Story:
    """In single revision mode: --r43 of before the record, --r44 breaks it, and --r45 is made of an image."""
    story = Story()
    change(story, 0)
    story.events[0].detail["revisions"][GOOD]["image"] = "registry.example.com/shop:1.43.0"
    fail(story, 0.2, "ready")
    story.declare(1, reach=-10)
    made = {"what": "created", "image": image, "changed_by": "ana", "active": True}
    story.tell(Kind.REVISION, 2, subject="shop/shop--r45", summary="shop--r45 created", detail=made)
    move(story, 2.1, BAD, "shop--r45")
    story.probe(2.9, "ready", "up")
    return story


def test_a_deployment_of_the_image_of_before_went_back_to_it_whatever_its_name() -> None:
    stop = told(redeployed("registry.example.com/shop:1.43.0")).stop
    assert stop.startswith("shop went back to the image of --r43 with shop--r45 (1.43.0, by ana) at 02:02:06")


@pytest.mark.parametrize("image", ["registry.example.com/shop:1.45.0", "registry.example.com/shop:1.44.0"])
def test_a_deployment_of_another_image_went_back_to_nothing(image: str) -> None:
    stop = told(redeployed(image)).stop
    assert "went back" not in stop
    assert ("no change" in stop) == image.endswith(":1.44.0"), "what began it did not stop it"


@pytest.mark.parametrize("title", ["Rollback", "Roll back shop-api", "Undo of the release"])
def test_whoever_did_the_step_is_named_with_the_change_whatever_the_procedure_is_called(title: str) -> None:
    """Ana began the run, ben did its step; meanwhile carol's own Rollback worked on another app."""
    story = Story()
    change(story, 0)
    fail(story, 0.2, "ready")
    story.declare(1, reach=-10)
    story.tell(Kind.REVISION, 1, subject="web/web--r7", summary="web--r7 Healthy", detail={"what": "health"})
    for run, starter, doer, name, app in (
        ("r1", "ana", "ben", title, APP),
        ("r2", "carol", "carol", "Rollback", "web"),
    ):
        story.act(Kind.RUN, 2, starter, subject=run, what="started", title=name, steps=1)
        command = f"az containerapp update -n {app} --set-env-vars A=1"
        intent: dict[str, Any] = {"phase": "intent", "kind": "change", "attempt": 1, "as_run": command}
        story.act(Kind.STEP, 2.1 + (run == "r2") / 10, doer, subject=f"{run}#1", **intent)
    move(story, 2.3, BAD, GOOD)
    for run, doer in (("r1", "ben"), ("r2", "carol")):
        story.act(Kind.STEP, 2.5, doer, subject=f"{run}#1", phase="outcome", state="ok", attempt=1, title="s")
    story.probe(2.9, "ready", "up")
    assert f"traffic back on --r43 at 02:02:18 ({title}, run by ben)" in told(story).stop
    assert deployment_rows(story.events)[-1].by == f"ben ({title})"


def test_who_made_a_change_from_here_stands_beside_it_in_the_deployments() -> None:
    story = Story()
    change(story, 0)
    story.declare(1, reach=-10)
    story.act(Kind.RUN, 2, subject="r1", what="started", title="Roll back", steps=1)
    story.act(Kind.STEP, 2.1, "ben", subject="r1#1", phase="intent", kind="change", attempt=1)
    move(story, 2.2, BAD, GOOD)
    story.tell(Kind.REVISION, 2.2, subject=f"shop/{BAD}", summary="unhealthy", detail={"what": "health"})
    story.act(Kind.STEP, 2.3, "ben", subject="r1#1", phase="outcome", state="ok", attempt=1)
    move(story, 9, GOOD, BAD)
    assert [row.by for row in deployment_rows(story.events)][-3:] == ["ben (Roll back)", "", ""]


def test_each_probe_failed_from_its_own_first_failing_answer() -> None:
    """A probe is called down after several: what was felt began with the first."""
    story = Story()
    fail(story, 0.3, "readyz", first=0.1)
    fail(story, 0.4, "ready", first=0.2)
    story.declare(1, reach=-10)

    assert told(story).felt == "readyz failed from 02:00:06 (got 503, wanted 200), ready from 02:00:12 (the same)"
    moments = {moment.what: moment.at for moment in list_key_times(incident_of(story), story.events)}
    assert (moments["users felt it"], moments["detected"]) == (at(0.1), at(0.3))


def test_the_revision_that_a_deployment_stopped_is_not_what_changed() -> None:
    """In single revision mode the old one is stopped a moment after the new one got the traffic."""
    story = night()
    stopped = {"what": "deactivated", "active": False}
    story.tell(Kind.REVISION, 0.05, subject=f"{APP}/{GOOD}", summary=f"{GOOD} deactivated", detail=stopped)
    assert told(story).change == "shop--r44 (1.44.0, by ci) took all traffic from --r43 at 02:00:00"


def test_where_nothing_changed_and_nothing_was_done_the_first_page_says_so() -> None:
    story = Story()
    fail(story, 0.2, "readyz")
    story.declare(1, reach=-10)
    story.probe(3, "readyz", "up")
    story.act(Kind.RESOLVE, 9)

    result = told(story)

    assert result.change == "no deployment and no change of traffic is on record since 01:50:00"
    assert result.stop.startswith("no change is on record between its start and its end; ")
    assert result.stop.endswith(" at 02:03:00")


def test_while_it_goes_on_nothing_is_named_as_what_stopped_it() -> None:
    story = night()
    story.events = [event for event in story.events if event.kind != Kind.RESOLVE and event.detail.get("state") != "up"]

    assert told(story).stop == "it is not over"


def test_a_deployment_from_before_the_record_began_is_what_changed() -> None:
    story = Story()
    made = {"what": "created", "image": "shop:1.44.0", "active": True}
    story.tell(Kind.RECORDER, -3, summary="recording started", late=0)  # its first look comes five minutes later
    story.tell(Kind.REVISION, -2, subject=f"{APP}/{BAD}", late=4, detail=made)
    baseline = {"what": "baseline", "traffic": {BAD: 100}, "revisions": {}}
    story.tell(Kind.REVISION, 2, subject=APP, detail=baseline)
    fail(story, 2, "readyz")
    story.declare(3, reach=-10)

    assert told(story).change == (
        "shop--r44 (1.44.0) was created at 01:58:00; it had 100 % of the traffic when first seen at 02:02:00"
    )


def test_a_step_that_changed_something_is_what_stopped_it_where_no_traffic_moved() -> None:
    story = Story()
    fail(story, 0, "readyz")
    story.declare(1, reach=-10)
    for subject, kind, minute in (("r1#1", "read", 2.9), ("r1#2", "change", 2.0)):
        step: dict[str, Any] = {"attempt": 1, "title": f"step {subject}", "kind": kind}
        story.act(Kind.STEP, minute, subject=subject, phase="intent", **step)
        story.act(Kind.STEP, minute, subject=subject, phase="outcome", state="ok", **step)
    story.probe(3, "readyz", "up")

    assert told(story).stop.startswith("step r1#2: ok at 02:02:00; ")


def test_the_key_times_are_in_the_order_in_which_they_happened() -> None:
    story = night()
    times = list_key_times(incident_of(story), list_standing_events(story.events))

    assert [time.what for time in times] == [
        "last change before it", "users felt it", "detected", "declared", "last change before it was over",
        "users felt it no more", "resolved",
    ]  # fmt: skip
    assert [time.at for time in times] == sorted(time.at for time in times)
    assert describe_offset(at(1), at(0)) == "+1m 00s"
    assert describe_offset(at(0), at(1)) == "-1m 00s"


def test_the_short_timeline_has_what_turned_it_and_no_start_of_a_step_beside_its_end() -> None:
    story = night()
    turning = find_turning_points(incident_of(story), story.events)
    kinds = [event.kind for event in story.events if event.id in turning]

    steps = [row for row in table(draft(story, 20), "timeline", ALL_ENTRIES) if row[2] == "step"]

    assert " ".join(kinds) == "revision traffic probe probe declare run traffic step probe resolve"
    assert [row[0] for row in steps] == ["02:02:42"]


def test_notes_that_begin_with_cause_or_fix_fill_their_sections() -> None:
    story = night()
    story.act(Kind.NOTE, 5, text="Cause: PAYMENT_URL is missing")
    story.act(Kind.NOTE, 6, "ben", text="fix: back to 1.43.0\nand a check")
    story.act(Kind.NOTE, 7, text="because: nothing")

    assert [text for _, text in list_marked_notes(story.events, CAUSE_MARKS)] == ["PAYMENT_URL is missing"]
    assert [text for _, text in list_marked_notes(story.events, FIX_MARKS)] == ["back to 1.43.0\nand a check"]
    text = draft(story, 20)
    assert "**ana:** PAYMENT_URL is missing" in block(text, "cause")
    assert "**ben:** back to 1.43.0<br>and a check" in block(text, "resolution")


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("[STATUS] (503) == 200", "got 503, wanted 200"),
        ("[STATUS] (500) < 400", "got 500, wanted less than 400"),
        ("[BODY].status (degraded) == healthy", "body.status: got degraded, wanted healthy"),
        ("[RESPONSE_TIME] (2.4s) < 300ms", "response time: got 2.4s, wanted less than 300ms"),
        ("connect 10.0.0.4: Connection refused", "connect 10.0.0.4: Connection refused"),
        ("", ""),
    ],
)
def test_a_failed_condition_is_described_in_words(reason: str, words: str) -> None:
    assert explain_failed_condition(reason) == words


def test_one_time_column_says_it_where_the_zone_is_utc_and_the_day_stands_where_it_is_another() -> None:
    utc, auckland = TimeFace(UTC, at(0)), TimeFace(ZoneInfo("Pacific/Auckland"), at(0))

    assert (utc.is_utc, utc.local(at(0)), utc.utc(at(0))) == (True, "", "02:00:00")
    assert utc.utc(at(24 * 60)) == "2026-02-28 02:00:00"
    assert (auckland.utc(at(0)), auckland.local(at(0)), auckland.zone_name) == ("02:00:00", "15:00:00", "NZDT")
    assert auckland.local(at(9 * 60)) == "2026-02-28 00:00:00"


def test_what_users_felt_begins_with_the_alert_where_that_was_the_first_sign() -> None:
    story = Story()
    story.alert(0, "az:5xx", "firing")
    fail(story, 4, "ready")
    story.declare(5, reach=-10)
    incident = incident_of(story)
    assert incident.felt_since == at(0)
    felt = tell_story(incident, story.events, TimeFace(UTC, at(0))).felt
    assert felt.startswith("5xx fired from 02:00:00; ready failed from 02:04:00")


def test_each_deployment_that_took_traffic_is_reported_in_its_order_and_the_one_that_stopped_it_once() -> None:
    """The bad one, a second attempt that made nothing better, and the way back."""
    story = Story()
    change(story, 0)
    fail(story, 0.2, "readyz")
    story.declare(1, reach=-10)
    made = {"what": "created", "image": "registry.example.com/shop:1.45.0", "changed_by": "ci", "active": True}
    story.tell(Kind.REVISION, 2, subject=f"{APP}/shop--r45", summary="shop--r45 created by ci", detail=made)
    move(story, 2.5, BAD, "shop--r45")
    move(story, 4, "shop--r45", GOOD)
    story.probe(4.5, "readyz", "up")
    story.act(Kind.RESOLVE, 9, reason="stable")
    result = told(story)
    assert result.change == (
        "shop--r44 (1.44.0, by ci) took all traffic from --r43 at 02:00:00; "
        "then shop--r45 (1.45.0, by ci) took all traffic from --r44 at 02:02:30"
    )
    assert result.stop.startswith("traffic back on --r43 at 02:04:00; ")


def test_a_deployment_right_before_the_last_one_is_reported_and_one_of_an_hour_before_is_not() -> None:
    story = Story()
    move(story, -60, "pay--r1", "pay--r2")
    move(story, -4, "pay--r2", "pay--r3")
    move(story, -1, GOOD, BAD)
    fail(story, 0, "readyz")
    story.declare(1, reach=-70)
    told_change = told(story).change
    assert told_change.index("pay--r3") < told_change.index(BAD)
    assert "pay--r2 took" not in told_change


def test_a_deployment_that_takes_its_share_step_by_step_is_one_and_many_are_no_list() -> None:
    story = Story()
    for minute, weight in ((0, 10), (1, 50), (2, 100)):
        detail = {"before": {GOOD: 100}, "after": {BAD: weight, **({GOOD: 100 - weight} if weight < 100 else {})}}
        story.tell(Kind.TRAFFIC, minute, subject=APP, summary="more", detail=detail)
    assert find_trigger(story.events, at(0.2)) == story.events[0]
    fail(story, 0.2, "readyz")
    story.declare(1, reach=-10)
    for number in range(45, 57):
        move(story, number - 40, f"shop--r{number - 1}", f"shop--r{number}")
    told_change = told(story).change
    assert told_change.count(BAD + " took") == 1
    assert "took 10 % of the traffic from --r43 at 02:00:00, all of it by 02:02:00" in told_change
    assert told_change.count("; then ") == 5
    assert "more moves of traffic" in told_change
    assert told_change.endswith("shop--r56 took all traffic from --r55 at 02:16:00")


def test_while_it_goes_on_a_rollback_that_did_not_help_is_reported() -> None:
    story = Story()
    change(story, 0)
    fail(story, 0.2, "readyz")
    story.declare(1, reach=-10)
    move(story, 2, BAD, GOOD)
    result = told(story)
    assert result.change == f"{result.trigger}; then traffic back on --r43 from --r44 at 02:02:00"
    assert result.stop == "it is not over"


def test_what_was_deployed_in_the_days_in_which_it_was_closed_is_not_reported() -> None:
    story = night()
    move(story, 600, GOOD, "shop--r50")
    fail(story, 1200, "readyz")
    story.act(Kind.STATUS, 1201, status="investigating", was="resolved")
    story.probe(1230, "readyz", "up")
    story.act(Kind.RESOLVE, 1240, reason="stable")
    assert "shop--r50" not in told(story).change


@pytest.mark.parametrize(
    ("ends", "stopped"),
    [
        (["ok"], "Send it: ok at 02:02:30; "),
        (
            ["failed"],
            "no change that worked is on record between its start and its end (Send it: failed at 02:02:30); ",
        ),
        (
            ["unknown"],
            "no change that worked is on record between its start and its end (Send it: unknown at 02:02:30); ",
        ),
        (["failed", "ok"], "Send it: ok at 02:02:30; "),
        (["skipped"], "no change is on record between its start and its end; "),
        (["unknown", "settled ok"], "Send it: unknown at 02:02:30, settled as ok; "),
        (["ok", "settled failed"], "no change that worked is on record between its start and its end (Send it: failed"),
    ],
)
def test_what_failed_or_nobody_knows_of_is_not_what_stopped_it(ends: list[str], stopped: str) -> None:
    story = Story()
    fail(story, 0, "readyz")
    story.declare(1, reach=-10)
    step: dict[str, Any] = {"title": "Send it", "kind": "change"}
    for attempt, state in enumerate(ends, start=1):
        if state.startswith("settled "):
            story.act(Kind.STEP, 2.7, subject="r1#1", phase="settled", state=state.removeprefix("settled "), **step)
            continue
        story.act(Kind.STEP, 2.4, subject="r1#1", phase="intent", attempt=attempt, **step)
        story.act(Kind.STEP, 2.5, subject="r1#1", phase="outcome", attempt=attempt, state=state, **step)
    story.probe(3, "readyz", "up")
    story.act(Kind.RESOLVE, 9, reason="stable")
    assert told(story).stop.startswith(stopped)
    assert (
        "last change before it was over" in [moment.what for moment in list_key_times(incident_of(story), story.events)]
    ) is (not stopped.startswith("no change"))


def test_a_beginning_that_was_typed_to_the_minute_hides_no_change_of_that_minute() -> None:
    story = Story()
    move(story, 11.4, GOOD, BAD)
    (moved,) = story.events
    assert find_trigger(story.events, at(11)) == moved
    assert find_trigger(story.events, at(11) + timedelta(seconds=7)) is None
    assert find_trigger(story.events, at(10)) is None


@pytest.mark.parametrize(
    ("ended", "credited"),
    [
        (2.6, "Roll back"),
        (1.2, ""),  # its last step ended long before: somebody else did that
    ],
)
def test_a_change_is_credited_to_the_run_whose_step_changed_something(ended: float, credited: str) -> None:
    """A run that only reads stands open all the while."""
    story = Story()
    story.probe(0, "readyz", "down")
    story.declare(0.5, reach=-10)
    for minute, run, kind in ((0.6, "look", "read"), (1, "back", "change")):
        title = "Look" if run == "look" else "Roll back"
        story.act(Kind.RUN, minute, subject=run, what="started", title=title)
        story.act(Kind.STEP, minute, subject=f"{run}#1", phase="intent", attempt=1, title="x", kind=kind)
    story.act(Kind.STEP, 0.7, subject="look#1", phase="outcome", attempt=1, state="ok", title="x")
    story.act(Kind.STEP, ended, subject="back#1", phase="outcome", attempt=1, state="ok", title="x", kind="change")
    move(story, 2.5, BAD, GOOD)
    (moved,) = (event for event in story.events if event.kind == Kind.TRAFFIC)
    made_by = find_changing_run(incident_of(story).ran, story.events, moved)
    assert (made_by.title if made_by else "") == credited


def test_where_nothing_says_when_users_felt_it_the_impact_says_so() -> None:
    story = Story()
    story.declare(1, reach=-10)
    story.act(Kind.RESOLVE, 9, reason="stable")
    assert block(draft(story, 20), "impact").strip().startswith("Nothing that was recorded says when users felt it.")


def test_a_duplicate_owes_nothing_that_the_other_one_does_not() -> None:
    story = night()
    story.act(Kind.RESOLVE, 9.5, because="duplicate", of="i2")
    assert "nobody was told" not in block(draft(story, 20), "loops")


def sent_back(*, late: float = 0.3, first: float = 8.1) -> Story:
    """A rollback made all well at minute 2.9; at minute 8 the traffic went to the bad one again."""
    story = night()
    story.events.pop()
    move(story, 8, GOOD, BAD, late=late)
    fail(story, first, "readyz")
    return story


@pytest.mark.parametrize("closed", [10, 20])
def test_a_move_that_broke_it_again_is_not_what_stopped_it(closed: float) -> None:
    """The second incident ends before the move that helped, or after one that nobody recorded."""
    story = sent_back()
    story.declare(9, incident="i2", reach=-3)
    story.act(Kind.RESOLVE, closed, incident="i2", because="duplicate", of="i1")
    story.probe(12.2, "readyz", "up")
    incident = incident_of(story, "i2")
    sentence = tell_story(incident, list_standing_events(story.events), TimeFace(UTC, at(0))).stop
    assert BAD.removeprefix(APP) not in sentence
    assert ("i1" in sentence) == (closed < 12.2)


@pytest.mark.parametrize("first", [8.1, 9.5])
def test_what_went_to_the_revision_it_began_with_stopped_nothing_and_what_went_back_did(first: float) -> None:
    story = sent_back(first=first)
    story.probe(11.9, "readyz", "up")
    ended_by_itself = tell_story(incident_of(story), list_standing_events(story.events), TimeFace(UTC, at(0)))
    assert "no change is on record" in ended_by_itself.stretches[-1]
    story.events.pop()
    move(story, 12, BAD, GOOD)
    story.probe(12.2, "readyz", "up")
    rolled_back = tell_story(incident_of(story), list_standing_events(story.events), TimeFace(UTC, at(0)))
    assert "traffic back on --r43 at 02:12:00" in rolled_back.stretches[-1]


@pytest.mark.parametrize(("late", "is_asked"), [(0.3, True), (0.02, False)])
def test_a_move_dated_by_its_request_reads_so_in_every_place(late: float, is_asked: bool) -> None:
    story = sent_back(late=late)
    move(story, 12, BAD, GOOD)
    story.probe(12.2, "readyz", "up")
    story.act(Kind.RESOLVE, 20, reason="stable")
    text = draft(story)
    lines = [line for line in text.splitlines() if "02:08:00" in line and "traffic" in line]
    assert len(lines) > 4, "the summary, the timeline twice, the deployments, the picture, a key time"
    assert {"asked for" in line for line in lines if " done," not in line and " active," not in line} == {is_asked}
    (bar,) = [line for line in text.splitlines() if "r44 100 % :" in line and "02:12:00" in line]
    assert ("02:08:18" if is_asked else "02:08:00") in bar


def test_a_pause_of_less_than_two_minutes_counts_as_impact_and_is_named() -> None:
    story = night()
    story.events.pop()
    fail(story, 4.4, "readyz")
    story.probe(6, "readyz", "up")
    assert "all well in between from 02:02:54 to 02:04:24 (1m 30s, counted as felt)" in told(story).felt
    assert told(story).stretches == ()
    for minute in (7, 8):
        fail(story, minute - 0.4, "readyz")
        story.probe(minute, "readyz", "up")
    assert "all well in between 3 times, for 2m 42s in all, counted as felt" in told(story).felt


@pytest.mark.parametrize(
    ("relapses", "often"), [(1, "from 02:04:24"), (2, "2 times, from 02:04:24 and the last time from 02:06:24")]
)
def test_what_was_bad_again_soon_was_not_stopped_by_the_change_before_it(relapses: int, often: str) -> None:
    story = night()
    story.events.pop()
    for number in range(relapses):
        fail(story, 4.4 + 2 * number, "readyz")
        story.probe(5 + 2 * number, "readyz", "up")
    stop = told(story).stop
    assert f"; all probes up at 02:02:54, bad again {often}; all probes up at " in stop
    assert "bad again" not in told(night()).stop


def begun_by_a_step(moved: float, *, first: float, ended: float) -> Story:
    """A step sends the traffic to the bad revision; nothing else is done until it is over, or closed."""
    story = Story()
    story.act(Kind.STEP, first - 0.1, subject="r9#1", phase="intent", attempt=1, title="Activate", kind="change")
    move(story, moved, GOOD, BAD)
    fail(story, first, "readyz")
    story.act(Kind.STEP, moved + 0.2, subject="r9#1", phase="outcome", attempt=1, title="Activate", state="ok")
    story.declare(first + 0.5, reach=-10)
    story.probe(ended, "readyz", "up")
    return story


@pytest.mark.parametrize("moved", [-0.05, 0.02, 4 / 60])
def test_what_began_it_is_never_what_stopped_it_nor_is_the_step_that_did_it(moved: float) -> None:
    """By the cloud's clock it may seem to follow its own effect by some seconds."""
    story = begun_by_a_step(moved, first=0, ended=3)
    result = told(story)
    assert "--r44" in result.trigger
    assert result.stop.startswith("no change is on record")
    (stretch,) = list_stretches(incident_of(story), list_standing_events(story.events))
    assert stretch.remedy is None
    times = list_key_times(incident_of(story), list_standing_events(story.events))
    assert [key_time.at for key_time in times].count(at(moved)) == 1, "before it, and not before its end as well"


def test_a_relapse_that_began_with_a_move_right_after_its_first_sign_names_no_other_stretch_either() -> None:
    story = night()
    story.events.pop()
    move(story, 20 + 4 / 60, GOOD, "shop--r45")
    fail(story, 20, "readyz")
    story.probe(23, "readyz", "up")
    rollback, relapse = told(story).stretches
    assert "traffic back on --r43" in rollback
    assert "no change is on record" in relapse


def test_a_move_to_the_bad_revision_minutes_after_the_rollback_began_the_relapse_of_which_a_duplicate_says_so() -> None:
    story = night()
    move(story, 5 + 4 / 60, GOOD, BAD)
    fail(story, 5, "ready")
    story.declare(5.5, incident="i2", reach=-3)
    story.act(Kind.RESOLVE, 6, incident="i2", because="duplicate", of="i1")
    story.probe(7, "ready", "up")
    result = tell_story(incident_of(story, "i2"), list_standing_events(story.events), TimeFace(UTC, at(0)))
    assert result.trigger.endswith("02:05:04")
    assert result.stop.startswith("told in the record of i1, which goes on")


def test_a_move_that_takes_back_within_seconds_what_began_it_is_what_stopped_it() -> None:
    story = Story()
    move(story, -0.1, GOOD, BAD)
    fail(story, 0, "readyz")
    move(story, 3 / 60, BAD, GOOD)
    story.probe(0.2, "readyz", "up")
    story.declare(1, reach=-10)
    result = told(story)
    assert (BAD in result.trigger, "traffic back on --r43" in result.stop) == (True, True)


@pytest.mark.parametrize(
    ("dated_by", "says"), [("switched", "at 02:12:00;"), ("seen", "at 02:12:00 (seen then);"), ("", "between 02:12:00")]
)
def test_a_move_says_what_its_time_is_worth(dated_by: str, says: str) -> None:
    story = sent_back()
    move(story, 12, BAD, GOOD, late=0.1, dated_by=dated_by)
    story.probe(12.2, "readyz", "up")
    assert says in told(story).stretches[-1]


@pytest.mark.parametrize(
    ("dated_by", "late", "is_seen"), [("switched", 1, False), ("", 1, False), ("seen", 1, True), ("", 0, True)]
)
def test_only_what_a_look_dated_was_seen_then(dated_by: str, late: float, is_seen: bool) -> None:
    """Recorded a minute later, after a break: the end of the older revision dates it, or the making of the newer."""
    story = sent_back()
    move(story, 12, BAD, GOOD, late=late, dated_by=dated_by, asked=format_timestamp(at(11.8)))
    story.probe(13.2, "readyz", "up")
    story.act(Kind.RESOLVE, 20, reason="stable")
    rows = [line for line in draft(story).splitlines() if "asked for at 02:11:48 UTC" in line]
    assert len(rows) >= 3, "a key time, the timeline, the deployments"
    assert {("seen then" in row, "by the cloud" in row) for row in rows} == {(is_seen, not is_seen)}


def test_the_detection_says_why_it_is_later_than_the_first_failure_that_the_draft_tells() -> None:
    story = Story()
    story.declare(0, reach=-5)
    story.probe(1, "readyz", "down")
    story.act(Kind.RESOLVE, 3)
    story.probe(3.5, "readyz", "up")
    story.probe(3.6, "readyz", "down")
    story.declare(4, reach=-3, incident="i2", impact_started=format_timestamp(at(0.5)))
    incident = fold(story.events).incidents["i2"]
    (detected,) = (time for time in list_key_times(incident, story.events) if time.what == "detected")
    assert (detected.at, "readyz failed from 02:01:00" in detected.evidence) == (at(3.6), True)
    (own,) = (
        time for time in list_key_times(fold(story.events).incidents["i1"], story.events) if time.what == "detected"
    )
    assert "another" not in own.evidence


def test_a_revision_that_a_step_of_ours_made_is_by_whoever_ran_that() -> None:
    story = Story()
    story.tell(Kind.RUN, -1, subject="r1", actor="ana", detail={"what": "started", "title": "Deploy"})
    step = {"attempt": 1, "kind": "change", "as_run": "az containerapp update -n shop --image shop:1.44.0"}
    story.tell(Kind.STEP, -0.5, subject="r1#1", actor="ana", detail={**step, "phase": "intent"})
    change(story, 0)
    story.tell(Kind.STEP, 0.1, subject="r1#1", actor="ana", detail={"attempt": 1, "phase": "outcome", "state": "ok"})
    fail(story, 0.2, "readyz")
    story.declare(1, reach=-10)
    assert f"{BAD} (1.44.0, by ana) took all traffic" in told(story).change


def test_traffic_that_went_back_says_from_where_and_by_whom() -> None:
    story = Story()
    change(story, 0)
    fail(story, 0.2, "readyz")
    story.declare(1, reach=-10)
    move(story, 2, BAD, GOOD)
    story.tell(Kind.RUN, 2.5, subject="r1", actor="ana", detail={"what": "started", "title": "Roll back"})
    step = {"attempt": 2, "kind": "change", "undo": True, "as_run": f"az traffic set --revision-weight {BAD}=100"}
    story.tell(Kind.STEP, 3, subject="r1#3", actor="ana", detail={**step, "phase": "intent"})
    move(story, 3.1, GOOD, BAD, changed_by="operator")
    story.tell(Kind.STEP, 3.2, subject="r1#3", actor="ana", detail={"attempt": 2, "phase": "outcome", "state": "ok"})
    move(story, 6, BAD, "shop--r42")
    move(story, 9, "shop--r42", BAD, changed_by="carol")
    authors = [row.by for row in deployment_rows(story.events)]
    assert [("ana" in by, "operator" in by, "carol" in by) for by in (authors[-3], authors[-1])] == [
        (True, True, False),  # the person by the one name, whoever the cloud takes that for
        (False, False, True),
    ]
    result = told(story).change
    assert "traffic back on --r44 from --r43 at 02:03:06 (the undo of Roll back, run by ana)" in result
    assert result.endswith("traffic back on --r44 from --r42 at 02:09:00 (by carol)")

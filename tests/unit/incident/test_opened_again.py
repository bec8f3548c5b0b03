"""An incident that was thought over and came back days later: what its second night did is in the record, too."""

from datetime import UTC, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.cli.status.text import EnvironmentRecord, list_incident_cells
from cockpit.incident.clocks.clocks import compute_clocks
from cockpit.incident.impact import format_felt, list_felt_stretches, propose_impact_end
from cockpit.incident.messages.briefing import BriefingScene, build_brief
from cockpit.incident.messages.fields import collect_message_facts
from cockpit.incident.messages.offers import status_line
from cockpit.incident.messages.shift_report import build_shift_report, describe_shift
from cockpit.incident.metrics.metrics import Metric, list_metrics, recovery_metrics
from cockpit.incident.metrics.statistics import build_statistics
from cockpit.incident.postmortem.draft import render_draft
from cockpit.incident.postmortem.json_document import incident_document
from cockpit.incident.postmortem.picture import build_picture, render_mermaid
from cockpit.incident.postmortem.remedies import list_stretches
from cockpit.incident.postmortem.time_face import TimeFace
from cockpit.model.clock import ClockState
from cockpit.model.event import Kind
from cockpit.model.incident import Incident
from cockpit.model.time import format_duration, format_elapsed, format_timestamp
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
        "users felt it no more",
        "resolved, as was thought",
        "users felt it again",
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


def test_metrics_count_no_time_in_which_it_was_closed_and_users_felt_nothing() -> None:
    """Ten minutes and an hour felt; worked on for twenty minutes and for seventy: three days are in none of it."""
    metrics = measured(only(two_nights()))
    assert (metrics["TTM"].value, metrics["TTM"].stretches) == (timedelta(minutes=70), 2)
    assert (metrics["TTR"].value, metrics["TTR"].stretches) == (timedelta(minutes=90), 2)
    assert metrics["TTR"].end == at(DAYS + 70)


def test_what_users_felt_while_it_was_closed_counts() -> None:
    metrics = measured(only(two_nights(first_end=80)))
    assert [metrics[short].value for short in ("TTM", "TTR")] == [timedelta(minutes=140), timedelta(minutes=150)]


def test_a_recovery_is_measured_without_the_days_between_as_well() -> None:
    story = two_nights()
    story.act(Kind.RECOVERY, DAYS + 71, what="chosen", scenario="database lost", rto=3600)
    time, _ = recovery_metrics(only(story))
    assert (time.value, time.stretches) == (timedelta(minutes=9 + 60), 2)


def test_draft_message_and_figures_tell_the_same_length() -> None:
    story = two_nights()
    incident, text = only(story), draft(story)
    assert {row[0]: row[1] for row in table(text, "metrics")}["TTM, time to mitigate"].startswith(
        "1h 10m in 2 stretches"
    )
    assert "users felt it for 1h 10m in 2 stretches" in block(text, "summary")
    assert duration_in_message(incident) == "1 hour 10 minutes in 2 stretches"
    (figure,) = [each for each in build_statistics([incident], PLAN, at(2 * DAYS)).figures if each.short == "TTM"]
    assert figure.median == timedelta(minutes=70)


def test_an_impact_that_only_people_stated_was_not_felt_while_it_was_closed() -> None:
    """No probe and no alert: nothing says that anybody felt it in the days between."""
    story = Story()
    story.declare(0, reach=-10)
    story.act(Kind.RESOLVE, 20, because="fixed")
    story.act(Kind.STATUS, DAYS, status="investigating", was="resolved", reason="a client writes")
    story.act(Kind.RESOLVE, DAYS + 30, because="fixed")
    incident = only(story)
    assert measured(incident)["TTR"].value == timedelta(minutes=50)
    assert format_felt(incident, at(0), at(DAYS + 30)) == "50m 00s in 2 stretches"
    assert duration_in_message(incident) == "50 minutes in 2 stretches"


def test_where_a_person_and_the_signals_say_when_all_was_well_it_is_taken_off_once() -> None:
    story = Story()
    story.probe(0, "ready", "down")
    story.declare(1, reach=-10)
    story.probe(10, "ready", "up")
    story.act(
        Kind.DECLARE, 1, late=18, supersedes=2, title="x", severity="P1", reach_from=format_timestamp(at(-10)),
        impact_ended=format_timestamp(at(9)), impact_stated=format_timestamp(at(19)),
    )  # fmt: skip
    story.act(Kind.RESOLVE, 20, because="fixed")
    story.probe(DAYS, "ready", "down")
    story.act(Kind.STATUS, DAYS + 5, status="investigating", was="resolved")
    story.probe(DAYS + 60, "ready", "up")
    assert felt(only(story)) == "1h 09m in 2 stretches"


@given(
    st.lists(st.tuples(st.sampled_from(["down", "up", "resolve", "reopen", "stated"]), st.integers(1, 90)), max_size=14)
)
def test_no_length_is_negative_nor_longer_than_what_it_lies_in(turns: list[tuple[str, int]]) -> None:
    story, minute, open = Story(), 1, True
    story.probe(0, "ready", "down")
    first = story.declare(1, reach=-10)
    for turn, wait in turns:
        minute += wait
        if turn in ("down", "up"):
            story.probe(minute, "ready", turn)
        elif turn == "resolve" and open:
            open = not story.act(Kind.RESOLVE, minute, because="fixed")
        elif turn == "reopen" and not open:
            open = bool(story.act(Kind.STATUS, minute, status="investigating", was="resolved"))
        elif turn == "stated":
            detail = {
                **first.detail,
                "impact_ended": format_timestamp(at(minute)),
                "impact_stated": format_timestamp(at(minute)),
            }
            first = story.act(Kind.DECLARE, 1, late=minute - 1, supersedes=first.id, **detail)
    incident = only(story)
    for metric in list_metrics(incident):
        if metric.value is not None and metric.begin is not None and metric.end is not None:
            assert metric.end < metric.begin or timedelta() <= metric.value <= metric.end - metric.begin
    values = measured(incident)
    mitigate, resolve = values["TTM"].value, values["TTR"].value
    if mitigate is not None and resolve is not None and incident.mitigated <= incident.resolved:  # type: ignore[operator]
        assert mitigate <= resolve


@pytest.mark.parametrize("hours", [1, 3, 30])
def test_what_users_felt_before_and_feel_again_counts_however_late_it_is_opened_again(hours: int) -> None:
    """Closed at night, bad again ten minutes later, noticed in the morning."""
    story = Story()
    story.probe(0, "ready", "down")
    story.declare(1, reach=-10)
    story.probe(10, "ready", "up")
    story.act(Kind.RESOLVE, 12, because="fixed")
    story.probe(22, "ready", "down")
    story.act(Kind.STATUS, 22 + 60 * hours, status="investigating", was="resolved", reason="a client writes")
    opened = only(story)
    assert opened.felt_bad
    assert opened.mitigated is None
    story.probe(32 + 60 * hours, "ready", "up")
    story.act(Kind.RESOLVE, 40 + 60 * hours, because="fixed")
    assert measured(only(story))["TTM"].value == timedelta(minutes=10 + 10, hours=hours)


def test_what_was_bad_long_before_it_was_opened_again_and_never_in_it_is_no_part_of_it() -> None:
    story = Story()
    story.probe(0, "ready", "down")
    story.declare(1, reach=-10)
    story.probe(10, "ready", "up")
    story.act(Kind.RESOLVE, 12, because="fixed")
    story.probe(22, "other", "down")
    story.act(Kind.STATUS, 22 + 180, status="investigating", was="resolved", reason="a client writes")
    assert not only(story).felt_bad


def measured(incident: Incident) -> dict[str, Metric]:
    return {metric.short: metric for metric in list_metrics(incident)}


def duration_in_message(incident: Incident) -> str:
    return collect_message_facts(incident, SYSTEM, PLAN, at(2 * DAYS), UTC, None).values["duration"]


@pytest.mark.parametrize(
    ("over", "mitigated", "length"),
    [(DAYS + 20, DAYS + 20, "30m 00s in 2 stretches"), (DAYS - 60, 10, "10m 00s")],
)
def test_what_was_over_right_before_it_was_opened_again_is_why(over: int, mitigated: int, length: str) -> None:
    """Somebody was slower than the recovery; an outage of an hour before is another one."""
    story = Story()
    story.probe(0, "ready", "down")
    story.declare(1, reach=-10)
    story.probe(10, "ready", "up")
    story.act(Kind.RESOLVE, 20, because="fixed")
    story.probe(over - 20, "ready", "down")
    story.probe(over, "ready", "up")
    story.act(Kind.STATUS, DAYS + 25, status="investigating", was="resolved", reason="it was back")
    story.act(Kind.RESOLVE, DAYS + 30, because="fixed")
    incident = only(story)
    assert (incident.mitigated, felt(incident)) == (at(mitigated), length)


@pytest.mark.parametrize("stated", [10.0, 9.9, 12.0])
def test_an_end_that_was_stated_is_not_lost_when_it_was_opened_again_for_nothing(stated: float) -> None:
    """Clients called again, and nothing was bad: once it is over again the end that a person stated stands again."""
    story = Story()
    story.probe(0, "ready", "down")
    declared = story.declare(1, reach=-10)
    story.probe(10, "ready", "up")
    ended = {"impact_ended": format_timestamp(at(stated)), "impact_stated": format_timestamp(at(13))}
    story.tell(
        Kind.DECLARE,
        1,
        late=12,
        incident="i1",
        actor="ana",
        detail={**declared.detail, **ended},
        supersedes=declared.id,
    )
    story.act(Kind.STATUS, 14, status="monitoring")
    story.act(Kind.RESOLVE, 20, because="fixed", reason="restarted")
    story.act(Kind.STATUS, 25, status="investigating", was="resolved", reason="clients call again")
    story.act(Kind.RESOLVE, 26, because="fixed", reason="it was their cache")
    incident = only(story)

    end = propose_impact_end(incident)
    assert end is not None
    assert (end.at, end.evidence) == (at(stated), "probe ready up again" if stated == 10 else "stated")
    assert (incident.mitigated, incident.impact_ended) == (at(stated), at(stated))


def test_an_end_that_was_stated_is_lost_where_it_was_bad_again_while_it_was_open_again() -> None:
    story = Story()
    story.probe(0, "ready", "down")
    declared = story.declare(1, reach=-10)
    story.probe(10, "ready", "up")
    ended = {"impact_ended": format_timestamp(at(12)), "impact_stated": format_timestamp(at(13))}
    detail = {**declared.detail, **ended}
    story.tell(Kind.DECLARE, 1, late=12, incident="i1", actor="ana", detail=detail, supersedes=declared.id)
    story.act(Kind.RESOLVE, 20, because="fixed")
    story.act(Kind.STATUS, 25, status="investigating", was="resolved")
    story.probe(26, "ready", "down")
    story.probe(29, "ready", "up")
    story.act(Kind.RESOLVE, 35, because="fixed")
    assert (only(story).impact_ended, only(story).mitigated) == (None, at(29))


@pytest.mark.parametrize("minutes", [15, 20, 21, DAYS + 5, DAYS + 30, DAYS + 70, DAYS + 80])
def test_how_long_it_was_open_reads_alike_everywhere(minutes: float) -> None:
    """Of its 75 or fewer open minutes, and not of the three days in which it was closed."""
    story = two_nights()
    night, now = Story(), at(minutes)
    night.events = [event for event in story.events if event.occurred <= now]
    incident = only(night)
    length = incident.open_for(now)
    assert length == timedelta(minutes=min(minutes, 20) - 1 + max(0, min(minutes, DAYS + 70) - (DAYS + 5)))
    scene = BriefingScene((), (), (), None, UTC, now)
    assert f"open for {format_duration(length)}:" in dict(build_brief(incident, night.events, scene))["incident"]
    assert format_elapsed(length.total_seconds()) in status_line(incident, (), now, UTC)
    record = EnvironmentRecord(incidents=(incident,))
    assert format_duration(length) in list_incident_cells(incident, record, now)
    draft = render_draft(incident, night.events, system=SYSTEM, plan=PLAN, time_zone="UTC", head=HEAD, now=now)
    assert f"| Open for | {format_duration(length)} |" in draft


def test_the_first_resolution_keeps_its_length_after_the_second_resolution() -> None:
    assert only(two_nights()).open_for(at(20)) == timedelta(minutes=19)


def relapsed_after_close(end: str) -> Story:
    """Over at minute 10, resolved with that end three minutes later, and bad again before that is two minutes old."""
    story = Story()
    story.probe(0, "ready", "down")
    declared = story.declare(1, reach=-10)
    story.probe(10, "ready", "up")
    if end != "measured":
        ended = {"impact_ended": format_timestamp(at(float(end))), "impact_stated": format_timestamp(at(13))}
        detail = {**declared.detail, **ended}
        story.tell(Kind.DECLARE, 1, late=12, incident="i1", actor="ana", detail=detail, supersedes=declared.id)
    story.act(Kind.RESOLVE, 13.1, because="fixed", reason="restarted")
    story.probe(14, "ready", "down")
    return story


@pytest.mark.parametrize("end", ["measured", "10", "11.5"])
def test_an_end_before_the_resolution_stands_whatever_turns_bad_after_it(end: str) -> None:
    over = at(10 if end == "measured" else float(end))
    story, now = relapsed_after_close(end), at(14.5)
    incident = only(story)
    length = format_duration(over - at(0))
    proposal = propose_impact_end(incident)
    assert proposal is not None
    assert (incident.mitigated, proposal.at) == (over, over)
    assert proposal.evidence == ("stated" if end == "11.5" else "probe ready up again")
    assert (measured(incident)["TTM"].value, felt(incident)) == (over - at(0), length)
    assert [stretch.end for stretch in list_stretches(incident, story.events)] == [over, None]
    picture = build_picture(incident, story.events, TimeFace(UTC, at(0)), now)
    assert [(bar.start, bar.end) for bar in picture.impact[:1]] == [(at(0), over)]
    assert picture.impact[1].start == at(14)
    scene = BriefingScene((), (), (), None, UTC, now)
    impact = dict(build_brief(incident, story.events, scene))["impact"]
    assert (f"for {length}, until" in impact, "again since 02:14" in impact) == (True, True)
    report = build_shift_report(story.events, [incident], since=at(-10), now=now)
    assert "again since 02:14" in dict(describe_shift(report, UTC))["incident"]
    assert incident_document(incident)["felt_again"] == format_timestamp(at(14))
    draft = render_draft(incident, story.events, system=SYSTEM, plan=PLAN, time_zone="UTC", head=HEAD, now=now)
    assert "and again since 2026-02-27 02:14:00 UTC" in block(draft, "impact")


@pytest.mark.parametrize("end", ["measured", "10", "11.5"])
def test_what_turned_bad_after_the_resolution_is_a_stretch_of_its_own_once_it_is_over_or_opened_again(end: str) -> None:
    over = at(10 if end == "measured" else float(end))
    story = relapsed_after_close(end)
    story.act(Kind.STATUS, 15, status="investigating", was="resolved", reason="it is back")
    assert only(story).mitigated is None
    story.probe(18, "ready", "up")
    incident = only(story)
    assert incident.mitigated == at(18)
    assert list_felt_stretches(incident, at(0), at(18)) == [(at(0), over), (at(14), at(18))]


def test_a_brief_names_the_stretches_that_are_over_also_where_nothing_says_when_the_last_one_was() -> None:
    story = relapsed_after_close("measured")
    story.act(Kind.STATUS, 15, status="investigating", was="resolved", reason="it is back")
    story.act(Kind.RESOLVE, 16, because="fixed", reason="only the probe")
    scene = BriefingScene((), (), (), None, UTC, at(17))
    impact = dict(build_brief(only(story), story.events, scene))["impact"]
    assert "to 02:10, 10m 00s; again from 02:14, " in impact

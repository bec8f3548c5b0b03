"""A brief and a shift after a relapse: what was over in between, who had what came back, and what was not done."""

from dataclasses import replace
from datetime import UTC

from cockpit.incident.impact import as_of, describe_impact, propose_impact_end
from cockpit.incident.messages.briefing import BriefingScene, build_brief, build_shift_report, describe_shift
from cockpit.model.event import Kind
from cockpit.model.incident import Incident
from cockpit.model.plan import Checklist
from tests.unit.incident.folding import fold, only
from tests.unit.incident.story import Story, at


def relapse() -> Story:
    """Down at 1, taken by ana at 3, up at 9; ben leads from 14, and it is down again from 15 to 16."""
    story = Story()
    story.probe(1, "readyz", "down")
    story.declare(2, reach=0)
    story.act(Kind.ACK, 3)
    story.probe(9, "readyz", "up")
    story.act(Kind.ROLE, 14, actor="ben", what="takes", role="Incident commander", person="ben")
    story.probe(15, "readyz", "down")
    return story


def brief_of(incident: Incident, story: Story, minutes: float, **fields: object) -> dict[str, str]:
    scene = replace(BriefingScene((), (), (), None, UTC, at(minutes)), **fields)  # type: ignore[arg-type]
    return dict(build_brief(as_of(incident, at(minutes)), story.events, scene))


def test_a_brief_in_a_relapse_says_since_when_users_feel_it_again() -> None:
    story = relapse()
    impact = brief_of(only(story), story, 15.5)["impact"]
    assert impact == "users feel it again since 02:15; first 02:01 (probe readyz), 8m 30s in 2 stretches so far"
    assert "felt again since 2026-02-27 02:15:00 UTC" in describe_impact(as_of(only(story), at(15.5)))


def test_a_recovery_of_less_than_two_minutes_counts_nowhere_and_is_named_as_too_young() -> None:
    story = relapse()
    story.probe(16, "readyz", "up")
    young, old = as_of(only(story), at(17)), as_of(only(story), at(19))
    assert (young.mitigated, young.healthy[-1].end) == (None, at(15))
    assert "not for two minutes yet" in brief_of(only(story), story, 17)["impact"]
    proposed = propose_impact_end(young)
    assert proposed is not None
    assert (proposed.at, "not for two minutes yet" in proposed.evidence) == (at(16), True)
    assert (old.mitigated, old.unheld) == (at(16), None)


def test_what_users_feel_still_is_named_and_not_what_is_bad_besides() -> None:
    story = relapse()
    assert only(story).felt_bad == "probe readyz is still bad"
    story.probe(16, "readyz", "flapping")
    story.probe(17, "readyz", "up")
    assert only(story).felt_bad == ""


def test_what_came_back_after_a_handover_was_not_taken_by_who_had_taken_the_first() -> None:
    story = relapse()
    story.probe(16, "readyz", "up")
    report = build_shift_report(story.events, fold(story.events).incidents.values(), since=at(0), now=at(20))
    assert [(outage.how, outage.taken_by) for outage in report.outages] == [("taken", "ana"), ("led", "ben")]


def test_an_alert_that_fires_again_was_not_taken_by_who_took_what_was_over() -> None:
    story = Story()
    story.alert(1, "am:5xx", "firing")
    story.tell(Kind.ACK, 2, subject="am:5xx", actor="ana")
    story.alert(3, "am:5xx", "resolved")
    story.alert(9, "am:5xx", "firing")
    (alert,) = build_shift_report(story.events, (), since=at(0), now=at(20)).alerts
    assert (alert.fired, alert.taken_by, alert.last) == (2, "", at(9))


def test_whoever_acknowledged_when_it_was_over_took_nothing() -> None:
    story = Story()
    story.probe(1, "readyz", "down")
    story.declare(2, reach=0)
    story.probe(5, "readyz", "up")
    story.act(Kind.ACK, 10, actor="ben")
    (outage,) = build_shift_report(story.events, fold(story.events).incidents.values(), since=at(0), now=at(20)).outages
    assert outage.how == "declared"


def test_an_alert_whose_silence_was_lifted_fired_once() -> None:
    story = Story()
    for minute, state in ((1, "firing"), (3, "suppressed"), (5, "firing"), (6, "suppressed"), (8, "resolved")):
        story.alert(minute, "am:queue", state)
    (alert,) = build_shift_report(story.events, (), since=at(0), now=at(20)).alerts
    assert (alert.fired, alert.last) == (1, at(1))


def test_a_shift_names_a_run_that_ended_by_its_title() -> None:
    story = Story()
    story.tell(Kind.RUN, 1, subject="r1", actor="ana", detail={"what": "started", "title": "Roll back"})
    story.tell(Kind.STEP, 2, subject="r1#1", actor="ana", detail={"phase": "outcome", "state": "ok"})
    story.tell(Kind.RUN, 3, subject="r1", actor="ana", detail={"what": "ended"})
    report = build_shift_report(story.events, (), since=at(0), now=at(20))
    assert ("run", "Roll back by ana: step 1 ok") in describe_shift(report, UTC)


def test_the_brief_of_what_is_over_lists_what_was_not_done() -> None:
    story = relapse()
    story.probe(16, "readyz", "up")
    story.act(Kind.RESOLVE, 20)
    checklist = Checklist("first-ten", "First ten minutes", ("tell somebody",), ("P1",))
    pairs = build_brief(
        only(story), story.events, BriefingScene((), (), (), None, UTC, at(30), checklists=(checklist,))
    )
    assert any("First ten minutes" in line for title, line in pairs if title == "still open")

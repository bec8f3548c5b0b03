"""What a correction or a back-dated act changes of the past is told: old and new outcome, who and when."""

from cockpit.incident.clocks.clocks import compute_clocks
from cockpit.incident.metrics.statistics import build_statistics
from cockpit.incident.postmortem.rows import change_rows
from cockpit.incident.revised_outcomes import GONE, NOT_DUE, revised_outcomes
from cockpit.model.clock import ClockKind
from cockpit.model.event import Kind
from cockpit.model.severity_scale import DEFAULT_SEVERITY_SCALE
from cockpit.model.time import format_timestamp
from cockpit.timeline.timeline import Timeline
from tests.unit.incident.actors import Clock, make_incident_actions
from tests.unit.incident.folding import only
from tests.unit.incident.incidents import plan, rule
from tests.unit.incident.story import Story, at

TEAM = plan(
    rule(ClockKind.RESPONSE, 5, levels=("P0",), what="acknowledge"),
    rule(ClockKind.RESPONSE, 60, levels=("P2",), what="acknowledge"),
    rule(ClockKind.COMMANDER, 15, levels=("P0",), what="somebody leads"),
)


def test_a_back_dated_role_shows_the_outcome_it_changed() -> None:
    story = Story()
    story.declare(0, severity="P0")
    detail = {"what": "takes", "role": "Incident Commander", "person": "ben"}
    story.act(Kind.ROLE, 10, "ben", subject="Incident Commander", late=30, **detail)
    (found,) = revised_outcomes(only(story), story.events, TEAM)
    assert (found.clock, found.old, found.new, found.actor, found.at) == ("commander", "missed", "met", "ben", at(40))


def test_a_severity_set_with_an_earlier_time_shows_what_is_late_only_by_it() -> None:
    story = Story()
    story.declare(0, severity="P2")
    story.act(Kind.SEVERITY, 10, "ben", severity="P0", late=30)
    assert {(row.clock, row.old, row.new, row.actor) for row in revised_outcomes(only(story), story.events, TEAM)} == {
        ("response:2", NOT_DUE, "missed", "ben"),
        ("commander", NOT_DUE, "missed", "ben"),
    }


def test_an_update_written_down_later_shows_which_wait_it_shortened_however_long_ago() -> None:
    team = plan(rule(ClockKind.UPDATE, 15, what="tell clients"))
    story = Story()
    story.declare(0)
    for minute, late in ((40, 0), (50, 0), (10, 45)):
        story.act(Kind.UPDATE, minute, "ben", audience="client", text="x", late=late)
    rows = revised_outcomes(only(story), story.events, team)
    assert [(row.clock, row.old, row.new, row.actor, row.at) for row in rows if row.old != NOT_DUE] == [
        ("update", "missed", "met", "ben", at(55))
    ]


def test_a_promise_kept_by_an_update_that_was_written_down_later_shows_it() -> None:
    story = Story()
    story.declare(0)
    story.act(Kind.UPDATE, 5, audience="client", text="x", promised=format_timestamp(at(20)))
    story.act(Kind.UPDATE, 18, "ben", audience="client", text="y", late=30)
    rows = revised_outcomes(only(story), story.events, plan())
    assert [(row.clock, row.old, row.new, row.at) for row in rows] == [("promise", "missed", "met", at(48))]


def test_what_does_not_apply_is_not_missed_once_the_incident_ends() -> None:
    """Whatever comes after it: the end, or somebody who does it all the same and late."""
    for kind, detail in ((Kind.RESOLVE, {"because": "fixed"}), (Kind.ACK, {})):
        story = Story()
        story.declare(0, severity="P0")
        story.act(Kind.CLOCK, 2, subject="response", what="not applicable", reason="a test")
        story.act(kind, 30, **detail)
        states = {clock.id: clock.state(at(40)).value for clock in compute_clocks(only(story), TEAM, at(40))}
        assert states["response"] == "not applicable"


def test_what_is_done_late_and_recorded_at_once_revises_nothing() -> None:
    story = Story()
    story.declare(0, severity="P0")
    story.act(Kind.ACK, 30)
    story.act(Kind.SEVERITY, 40, severity="P2")
    story.act(Kind.RESOLVE, 50)
    assert revised_outcomes(only(story), story.events, TEAM) == []


def test_a_severity_entered_by_mistake_counts_in_no_metric_and_stays_in_the_chain(
    timeline: Timeline, clock: Clock
) -> None:
    incident_actions = make_incident_actions(timeline, clock, plan=TEAM)
    clock.wall = at(0)
    incident_actions.declare("x", "P2")
    clock.wall = at(10)
    incident_actions.change_severity("P0")
    clock.wall = at(40)
    incident_actions.correct_severity("P2", "wrong key")
    incident = incident_actions.find(None)
    assert incident.severity == "P2"
    assert {each.value for each in incident.severities} == {"P2"}
    assert [(each.value, each.actor, each.reason) for each in incident.mistakes] == [("P0", "ana", "wrong key")]
    assert any("P0" in row.what for row in change_rows(incident))
    assert [each.id for each in compute_clocks(incident, TEAM, at(40))] == ["response"]
    figures = build_statistics([incident], TEAM, at(41), severity="P0")
    assert figures.incidents == 0
    events = timeline.events()
    assert [each.detail["severity"] for each in events if each.kind == Kind.SEVERITY] == ["P0", "P2"]
    assert {(each.clock, each.old, each.new) for each in revised_outcomes(incident, events, TEAM)} == {
        ("response:2", "missed", GONE),
        ("commander", "missed", GONE),
    }


def test_a_declared_severity_that_was_a_mistake_is_corrected_too_and_later_corrections_keep_that(
    timeline: Timeline, clock: Clock
) -> None:
    incident_actions = make_incident_actions(timeline, clock, plan=TEAM)
    incident_actions.declare("x", "P0")
    incident_actions.correct_severity("P2")
    incident = incident_actions.amend(title="y")
    assert (incident.severity, incident.title) == ("P2", "y")
    assert [each.value for each in incident.mistakes] == ["P0"]
    assert incident_actions.severity_scale == DEFAULT_SEVERITY_SCALE

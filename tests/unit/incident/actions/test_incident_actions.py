"""What a responder does, and what the desk refuses, in words."""

import threading
from datetime import timedelta

import pytest

from cockpit.incident.actions.errors import AmbiguousIncident, IncidentActionError
from cockpit.incident.actions.incident_actions import IncidentActions
from cockpit.incident.membership import list_standing_events
from cockpit.model.event import Draft, Kind
from cockpit.model.incident import Status
from cockpit.model.severity_scale import DEFAULT_SEVERITY_SCALE, SeverityLevel
from cockpit.timeline.timeline import Timeline
from tests.refusals import refuses
from tests.unit.incident.desks import Clock, at_desk
from tests.unit.incident.story import NIGHT, at


@pytest.fixture
def desk(timeline: Timeline, clock: Clock) -> IncidentActions:
    return at_desk(timeline, clock)


def failing(timeline: Timeline, minutes: float, name: str = "ready", state: str = "down") -> None:
    timeline.record([Draft(Kind.PROBE, f"{name} {state}", at(minutes), "prod", name, detail={"state": state})])


def test_a_declaration_needs_only_a_title(desk: IncidentActions) -> None:
    incident = desk.declare("  Readiness\nfailing ")
    assert (incident.title, incident.severity, incident.status) == ("Readiness failing", "P1", Status.INVESTIGATING)
    assert (incident.declared, incident.declared_by) == (NIGHT, "ana")
    assert incident.id.startswith("2026-02-27-")
    assert desk.open() == [incident]


def test_a_ladder_of_one_rung_declares_on_it(timeline: Timeline, clock: Clock) -> None:
    one = IncidentActions(timeline, operator="ana", environment="prod", ladder=(SeverityLevel("MAJOR", 0),), time=clock)
    assert one.declare("x").severity == "MAJOR"


def test_a_declaration_reaches_back_to_before_the_first_signal_that_is_still_bad(
    desk: IncidentActions, timeline: Timeline
) -> None:
    failing(timeline, -300, "noise")
    failing(timeline, -80, "blip")
    failing(timeline, -75, "blip", "up")
    failing(timeline, -50)
    incident = desk.declare("x")
    assert (incident.detected, incident.detected_by) == (at(-50), "probe ready")
    assert incident.reach_from == at(-60)


def test_the_last_half_hour_is_kept_in_any_case(desk: IncidentActions, timeline: Timeline) -> None:
    assert desk.declare("x").reach_from == at(-30)
    failing(timeline, -1)
    assert desk.declare("y").reach_from == at(-30)


def test_how_far_it_reaches_can_be_said_and_corrected(desk: IncidentActions) -> None:
    incident = desk.declare("x", reach_from=at(-5), impact_started=at(-7))
    assert (incident.reach_from, incident.impact_started) == (at(-5), at(-7))
    amended = desk.amend(title="Readiness", reach_from=at(-90))
    assert (amended.title, amended.reach_from, amended.impact_started) == ("Readiness", at(-90), at(-7))
    again = desk.amend(impact_started=at(-20))
    assert (again.title, again.impact_started, again.declared) == ("Readiness", at(-20), NIGHT)


def test_what_is_done_belongs_to_the_only_open_incident(desk: IncidentActions, clock: Clock) -> None:
    incident = desk.declare("x", "P2")
    clock.wall = at(1)
    events = [
        desk.note("started right after the deploy"),
        desk.acknowledge("az:5xx", "5xx errors", note="on it"),
        desk.change_severity("sev-1", reason="all users"),
        desk.change_status("identified"),
        desk.resolve("rolled back"),
    ]
    assert {each.incident for each in events} == {incident.id}
    assert {each.actor for each in events} == {"ana"}
    assert [each.summary for each in events] == [
        "started right after the deploy",
        "acknowledged 5xx errors: on it",
        "severity P2 → P0: all users",
        "status identified",
        "resolved: rolled back",
    ]
    assert desk.open() == []
    assert desk.find(incident.id).close_reason == "rolled back"


def test_without_an_incident_a_note_and_an_acknowledgement_go_to_the_journal(desk: IncidentActions) -> None:
    assert desk.note("the office is loud").incident is None
    assert desk.acknowledge("az:5xx", "5xx errors").incident is None


def test_several_open_incidents_must_be_told_apart(desk: IncidentActions) -> None:
    one, two = desk.declare("one"), desk.declare("two")
    with pytest.raises(AmbiguousIncident) as refused:
        desk.note("which?")
    assert [each.id for each in refused.value.open] == [one.id, two.id]
    assert desk.note("this", two.id).incident == two.id
    assert desk.note("this", two.id[-3:]).incident == two.id
    assert desk.note("of neither", journal=True).incident is None


def test_an_alert_can_be_taken_however_many_incidents_are_open(desk: IncidentActions) -> None:
    desk.declare("one")
    desk.declare("two")
    assert desk.acknowledge("az:5xx", "5xx errors").incident is None
    assert [len(each.acks) for each in desk.open()] == [1, 1]
    with pytest.raises(AmbiguousIncident):
        desk.acknowledge()


def test_another_desks_incident_is_seen_at_once(timeline: Timeline, clock: Clock, desk: IncidentActions) -> None:
    other = at_desk(timeline, clock, "ben")
    desk.open()
    incident = other.declare("seen by ben")
    assert desk.note("me too").incident == incident.id
    assert desk.open()[0].people == ("ben", "ana")


def test_environments_have_their_own_incidents_but_an_id_reaches_all(
    timeline: Timeline, clock: Clock, desk: IncidentActions
) -> None:
    staging = at_desk(timeline, clock, environment="staging")
    incident = staging.declare("x")
    assert desk.open() == []
    assert desk.note("from afar", incident.id).environment == "staging"


def test_a_note_of_several_lines_keeps_them(desk: IncidentActions) -> None:
    event = desk.note("first\nsecond")
    assert (event.summary, event.detail["text"]) == ("first second", "first\nsecond")


def test_a_note_can_be_written_down_later(desk: IncidentActions) -> None:
    event = desk.note("users called", moment=at(-20))
    assert (event.occurred, event.recorded) == (at(-20), NIGHT)


def test_a_clock_a_little_ahead_is_now(desk: IncidentActions) -> None:
    assert desk.note("x", moment=NIGHT + timedelta(seconds=20)).occurred == NIGHT


def test_a_resolved_incident_opens_again_with_a_reason(desk: IncidentActions) -> None:
    incident = desk.declare("x")
    desk.change_status("resolved", reason="fixed")
    with refuses("reason-missing", IncidentActionError):
        desk.change_status("investigating", incident.id)
    desk.change_status("investigating", incident.id, "it is back")
    assert [each.id for each in desk.open()] == [incident.id]


@pytest.mark.parametrize(
    ("act", "sentence"),
    [
        (lambda desk: desk.declare("\n "), "needs a title"),
        (lambda desk: desk.declare("x", "P9"), "`P9` is not a severity here; there are P0, P1, P2, P3."),
        (lambda desk: desk.note(" "), "needs words"),
        (lambda desk: desk.note("x", moment=at(90)), "is in the future"),
        (lambda desk: desk.note("x", moment=at(-60 * 24 * 40)), "more than 30 days ago"),
        (lambda desk: desk.declare("x", reach_from=at(90)), "is in the future"),
        (lambda desk: desk.note("x", "nope"), "There is no incident `nope`"),
        (lambda desk: desk.note("x", ""), "There is no incident ``"),
        (lambda desk: desk.resolve(), "No incident is open in prod; declare one first."),
        (lambda desk: desk.acknowledge(), "No incident is open in prod"),
        (lambda desk: desk.change_status("sleeping"), "`sleeping` is not a status; there are investigating"),
        (lambda desk: desk.amend(), "Nothing to correct"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_a_sentence(desk: IncidentActions, act: object, sentence: str) -> None:
    assert callable(act)
    with pytest.raises(IncidentActionError, match=sentence.replace("`", ".").replace(";", ".")):
        act(desk)
    assert desk.incidents() == []


def test_nothing_is_done_twice(desk: IncidentActions) -> None:
    incident = desk.declare("x", "P1")
    with pytest.raises(IncidentActionError, match="is P1 already"):
        desk.change_severity("p1")
    with pytest.raises(IncidentActionError, match="is investigating already"):
        desk.change_status("investigating")
    with refuses("time-before-start", IncidentActionError):
        desk.resolve(moment=at(-1))
    desk.resolve()
    with refuses("unchanged", IncidentActionError):
        desk.resolve(incident=incident.id)


def test_of_many_who_resolve_at_once_one_does(timeline: Timeline, clock: Clock, desk: IncidentActions) -> None:
    incident = desk.declare("x")
    refused: list[str] = []

    def resolve(name: str) -> None:
        try:
            at_desk(timeline, clock, name).resolve(incident=incident.id)
        except IncidentActionError as error:
            refused.append(str(error))

    threads = [threading.Thread(target=resolve, args=(f"p{number}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 5
    assert len(timeline.events(kinds=[Kind.RESOLVE])) == 1


def test_what_is_declared_on_a_simulator_is_a_drill_whatever_was_chosen(timeline: Timeline, clock: Clock) -> None:
    actions = IncidentActions(
        timeline, operator="ana", environment="prod", ladder=DEFAULT_SEVERITY_SCALE, time=clock, only_drills=True
    )
    assert actions.declare("x", drill=False).drill


def test_a_read_only_desk_refuses_to_write(timeline: Timeline, clock: Clock) -> None:
    desk = IncidentActions(
        timeline, operator="ana", environment="prod", ladder=DEFAULT_SEVERITY_SCALE, time=clock, read_only=True
    )
    with refuses("read-only", IncidentActionError):
        desk.declare("x")


def test_an_id_that_is_taken_is_not_given_again(timeline: Timeline, clock: Clock) -> None:
    letters = iter(["aaa", "aaa", "bbb"])
    desk = IncidentActions(
        timeline,
        operator="ana",
        environment="prod",
        ladder=DEFAULT_SEVERITY_SCALE,
        time=clock,
        letters=lambda: next(letters),
    )
    assert [desk.declare("x").id, desk.declare("y").id] == ["2026-02-27-aaa", "2026-02-27-bbb"]


def test_an_export_is_remembered_and_makes_nobody_a_responder(
    desk: IncidentActions, timeline: Timeline, clock: Clock
) -> None:
    incident = desk.declare("x")
    event = at_desk(timeline, clock, "scribe").exported("docs/incidents/x.md", timeline.head(), incident.id)
    assert event.detail["path"] == "docs/incidents/x.md"
    assert desk.find(incident.id).people == ("ana",)


def test_a_box_that_was_done_through_its_key_is_ticked_with_the_time_of_the_act(
    timeline: Timeline, clock: Clock
) -> None:
    desk = at_desk(timeline, clock)
    incident = desk.declare("Readiness failing")
    declared = clock.now()
    clock.wall = at(1)
    frozen = desk.freeze(True, "until green").occurred
    clock.wall = at(6)

    assert desk.tick("list", 1, "Declare. Say what is wrong.").occurred == declared
    assert desk.tick("list", 2, "Freeze. No deployments.").occurred == frozen
    assert desk.tick("list", 3, "Call the bridge.").occurred == clock.now()
    assert desk.tick("list", 4, "Communicate. Tell clients.").occurred == clock.now(), "nothing was sent"
    ticks = {tick.item: tick.at for tick in desk.find(incident.id).ticks}
    assert ticks[2] == frozen


def test_a_correction_may_change_the_time_alone_and_what_it_said_stays_on_record(
    timeline: Timeline, clock: Clock
) -> None:
    desk = at_desk(timeline, clock)
    desk.declare("Readiness failing")
    clock.wall = at(10)
    note = desk.note("users called")
    desk.correct(note.id, "", at(2))
    again = at_desk(timeline, clock, "ben").correct(note.id, "two users called")

    assert (again.occurred, again.summary) == (at(2), "two users called")
    assert [event.occurred for event in timeline.events(kinds=[Kind.NOTE])] == [at(10), at(2), at(2)]
    (standing,) = list_standing_events(timeline.events(kinds=[Kind.NOTE]))
    assert (standing.occurred, standing.summary, standing.actor) == (at(2), "two users called", "ana")

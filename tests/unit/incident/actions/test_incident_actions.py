"""What a responder does, and what is refused, in words."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from cockpit.incident.actions.errors import AmbiguousIncident, IncidentActionError
from cockpit.incident.actions.incident_actions import IncidentActions
from cockpit.incident.load import list_standing_events
from cockpit.model.event import Draft, Kind
from cockpit.model.incident import Status
from cockpit.model.severity_scale import DEFAULT_SEVERITY_SCALE, SeverityLevel
from cockpit.timeline.timeline import Timeline
from tests.refusals import refuses
from tests.unit.incident.actors import Clock, make_incident_actions
from tests.unit.incident.story import NIGHT, at


@pytest.fixture
def incident_actions(timeline: Timeline, clock: Clock) -> IncidentActions:
    return make_incident_actions(timeline, clock)


def failing(timeline: Timeline, minutes: float, name: str = "ready", state: str = "down") -> None:
    timeline.record([Draft(Kind.PROBE, f"{name} {state}", at(minutes), "prod", name, detail={"state": state})])


def test_a_declaration_needs_only_a_title(incident_actions: IncidentActions) -> None:
    incident = incident_actions.declare("  Readiness\nfailing ")
    assert (incident.title, incident.severity, incident.status) == ("Readiness failing", "P1", Status.INVESTIGATING)
    assert (incident.declared, incident.declared_by) == (NIGHT, "ana")
    assert incident.id.startswith("2026-02-27-")
    assert incident_actions.open() == [incident]


def test_a_ladder_of_one_rung_declares_on_it(timeline: Timeline, clock: Clock) -> None:
    one = IncidentActions(
        timeline, operator="ana", environment="prod", severity_scale=(SeverityLevel("MAJOR", 0),), time=clock
    )
    assert one.declare("x").severity == "MAJOR"


def test_a_declaration_reaches_back_to_before_the_first_signal_that_is_still_bad(
    incident_actions: IncidentActions, timeline: Timeline
) -> None:
    failing(timeline, -300, "noise")
    failing(timeline, -80, "blip")
    failing(timeline, -75, "blip", "up")
    failing(timeline, -50)
    incident = incident_actions.declare("x")
    assert (incident.detected, incident.detected_by) == (at(-50), "probe ready")
    assert incident.reach_from == at(-60)


def test_a_threshold_of_the_team_that_is_passed_is_the_detection(
    incident_actions: IncidentActions, timeline: Timeline
) -> None:
    detail = {"state": "degraded", "value": 12.0, "limit": "< 5"}
    timeline.record([Draft(Kind.SIGNAL, "5xx share 12 %", at(-40), "prod", "5xx share", detail=detail)])
    failing(timeline, -20)
    incident = incident_actions.declare("x")
    assert (incident.detected, incident.detected_by) == (at(-40), "signal 5xx share")


def test_the_last_half_hour_is_kept_in_any_case(incident_actions: IncidentActions, timeline: Timeline) -> None:
    assert incident_actions.declare("x").reach_from == at(-30)
    failing(timeline, -1)
    assert incident_actions.declare("y").reach_from == at(-30)


def test_the_scope_can_be_stated_and_corrected(incident_actions: IncidentActions) -> None:
    incident = incident_actions.declare("x", reach_from=at(-5), impact_started=at(-7))
    assert (incident.reach_from, incident.impact_started) == (at(-5), at(-7))
    amended = incident_actions.amend(title="Readiness", reach_from=at(-90))
    assert (amended.title, amended.reach_from, amended.impact_started) == ("Readiness", at(-90), at(-7))
    again = incident_actions.amend(impact_started=at(-20))
    assert (again.title, again.impact_started, again.declared) == ("Readiness", at(-20), NIGHT)


def test_the_entry_of_a_proposal_that_was_taken_says_that_it_was_measured(
    incident_actions: IncidentActions, timeline: Timeline
) -> None:
    failing(timeline, -1)
    seen = incident_actions.declare("x")
    assert seen.felt_since is not None
    taken = incident_actions.amend(impact_started=seen.felt_since)
    assert taken.impact_started_by == "ana"
    incident_actions.amend(impact_started=at(-9))
    heads = [event.summary.partition(":")[0] for event in timeline.events(kinds=[Kind.NOTE])]
    assert heads == ["accepted as measured", "stated"]


@pytest.mark.parametrize("named", [0, 1, 2], ids=["the declaration", "its first correction", "its last"])
def test_a_title_is_corrected_in_what_stands_whichever_of_its_events_is_named(
    incident_actions: IncidentActions, timeline: Timeline, clock: Clock, named: int
) -> None:
    """Seen: the end of the impact was that of the first statement again."""
    incident_actions.declare("x", impact_started=at(-20))
    clock.wall = at(10)
    incident_actions.amend(impact_ended=at(3))
    incident_actions.amend(impact_ended=at(8))
    events = timeline.events(kinds=[Kind.DECLARE])
    incident_actions.correct(events[named].id, "Readiness fails")
    [incident] = incident_actions.open()
    assert (incident.title, incident.impact_started, incident.impact_ended) == ("Readiness fails", at(-20), at(8))


@pytest.mark.parametrize("way", ["the entry", "the incident"])
def test_a_declaration_says_itself_which_title_it_had(
    incident_actions: IncidentActions, timeline: Timeline, way: str
) -> None:
    """Seen: a draft told that somebody declared with words that nobody had said yet at that time."""
    incident_actions.declare("Sign-in broken for everybody")
    (first,) = timeline.events(kinds=[Kind.DECLARE])
    if way == "the entry":
        incident_actions.correct(first.id, "Sign-in answers 503")
    else:
        incident_actions.amend(title="Sign-in answers 503")
    summary = timeline.events(kinds=[Kind.DECLARE])[-1].summary
    assert "Sign-in answers 503" in summary
    assert "Sign-in broken for everybody" in summary
    assert summary.count("503") == 2, "as what stands, and as what was corrected"


def test_a_declaration_whose_time_was_corrected_names_the_time_before(
    incident_actions: IncidentActions, timeline: Timeline, clock: Clock
) -> None:
    incident_actions.declare("Sign-in broken")
    (first,) = timeline.events(kinds=[Kind.DECLARE])
    clock.wall = at(10)
    incident_actions.correct(first.id, "", moment=at(-2))
    last = timeline.events(kinds=[Kind.DECLARE])[-1]
    assert (last.occurred, f"{first.occurred:%H:%M:%S}" in last.summary) == (at(-2), True)


def test_what_is_done_belongs_to_the_only_open_incident(incident_actions: IncidentActions, clock: Clock) -> None:
    incident = incident_actions.declare("x", "P2")
    clock.wall = at(1)
    events = [
        incident_actions.note("started right after the deploy"),
        incident_actions.acknowledge("az:5xx", "5xx errors", note="on it"),
        incident_actions.change_severity("sev-1", reason="all users"),
        incident_actions.change_status("identified"),
        incident_actions.resolve("rolled back"),
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
    assert incident_actions.open() == []
    assert incident_actions.find(incident.id).close_reason == "rolled back"


def test_without_an_incident_a_note_and_an_acknowledgement_go_to_the_journal(incident_actions: IncidentActions) -> None:
    assert incident_actions.note("the office is loud").incident is None
    assert incident_actions.acknowledge("az:5xx", "5xx errors").incident is None


def test_several_open_incidents_must_be_distinguished(incident_actions: IncidentActions) -> None:
    one, two = incident_actions.declare("one"), incident_actions.declare("two")
    with pytest.raises(AmbiguousIncident) as refused:
        incident_actions.note("which?")
    assert [each.id for each in refused.value.open] == [one.id, two.id]
    assert incident_actions.note("this", two.id).incident == two.id
    assert incident_actions.note("this", two.id[-3:]).incident == two.id
    assert incident_actions.note("of neither", journal=True).incident is None


def test_an_alert_can_be_taken_however_many_incidents_are_open(incident_actions: IncidentActions) -> None:
    incident_actions.declare("one")
    incident_actions.declare("two")
    assert incident_actions.acknowledge("az:5xx", "5xx errors").incident is None
    assert [len(each.acks) for each in incident_actions.open()] == [1, 1]
    with pytest.raises(AmbiguousIncident):
        incident_actions.acknowledge()


def test_the_incident_of_another_session_is_shown_at_once(
    timeline: Timeline, clock: Clock, incident_actions: IncidentActions
) -> None:
    other = make_incident_actions(timeline, clock, "ben")
    incident_actions.open()
    incident = other.declare("seen by ben")
    assert incident_actions.note("me too").incident == incident.id
    assert incident_actions.open()[0].people == ("ben", "ana")


def test_environments_have_their_own_incidents_but_an_id_reaches_all(
    timeline: Timeline, clock: Clock, incident_actions: IncidentActions
) -> None:
    staging = make_incident_actions(timeline, clock, environment="staging")
    incident = staging.declare("x")
    assert incident_actions.open() == []
    assert incident_actions.note("from afar", incident.id).environment == "staging"


def test_a_note_of_several_lines_keeps_them(incident_actions: IncidentActions) -> None:
    event = incident_actions.note("first\nsecond")
    assert (event.summary, event.detail["text"]) == ("first second", "first\nsecond")


def test_a_note_can_be_written_down_later(incident_actions: IncidentActions) -> None:
    event = incident_actions.note("users called", moment=at(-20))
    assert (event.occurred, event.recorded) == (at(-20), NIGHT)


def test_a_clock_a_little_ahead_is_now(incident_actions: IncidentActions) -> None:
    assert incident_actions.note("x", moment=NIGHT + timedelta(seconds=20)).occurred == NIGHT


def test_a_resolved_incident_opens_again_with_a_reason(incident_actions: IncidentActions) -> None:
    incident = incident_actions.declare("x")
    incident_actions.change_status("resolved", reason="fixed")
    with refuses("reason-missing", IncidentActionError):
        incident_actions.change_status("investigating", incident.id)
    incident_actions.change_status("investigating", incident.id, "it is back")
    assert [each.id for each in incident_actions.open()] == [incident.id]


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (lambda actions: actions.declare("\n "), "title-missing"),
        (lambda actions: actions.declare("x", "P9"), "unknown-severity"),
        (lambda actions: actions.note(" "), "text-missing"),
        (lambda actions: actions.note("x", moment=at(90)), "time-in-future"),
        (lambda actions: actions.note("x", moment=at(-60 * 24 * 40)), "time-too-old"),
        (lambda actions: actions.declare("x", reach_from=at(90)), "time-in-future"),
        (lambda actions: actions.note("x", "nope"), "unknown-incident"),
        (lambda actions: actions.note("x", ""), "unknown-incident"),
        (lambda actions: actions.resolve(), "no-open-incident"),
        (lambda actions: actions.acknowledge(), "no-open-incident"),
        (lambda actions: actions.change_status("sleeping"), "unknown-status"),
        (lambda actions: actions.amend(), "nothing-to-change"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(
    incident_actions: IncidentActions, act: Callable[[IncidentActions], object], code: str
) -> None:
    with refuses(code, IncidentActionError):
        act(incident_actions)
    assert incident_actions.incidents() == []


def test_nothing_is_done_twice(incident_actions: IncidentActions) -> None:
    incident = incident_actions.declare("x", "P1")
    with pytest.raises(IncidentActionError, match="is P1 already"):
        incident_actions.change_severity("p1")
    with pytest.raises(IncidentActionError, match="is investigating already"):
        incident_actions.change_status("investigating")
    with refuses("time-before-start", IncidentActionError):
        incident_actions.resolve(moment=at(-1))
    incident_actions.resolve()
    with refuses("unchanged", IncidentActionError):
        incident_actions.resolve(incident=incident.id)


def test_of_many_who_resolve_at_once_one_does(
    timeline: Timeline, clock: Clock, incident_actions: IncidentActions
) -> None:
    incident = incident_actions.declare("x")
    refused: list[str] = []

    def resolve(name: str) -> None:
        try:
            make_incident_actions(timeline, clock, name).resolve(incident=incident.id)
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
        timeline,
        operator="ana",
        environment="prod",
        severity_scale=DEFAULT_SEVERITY_SCALE,
        time=clock,
        only_drills=True,
    )
    assert actions.declare("x", drill=False).drill


def test_a_read_only_desk_refuses_to_write(timeline: Timeline, clock: Clock) -> None:
    incident_actions = IncidentActions(
        timeline, operator="ana", environment="prod", severity_scale=DEFAULT_SEVERITY_SCALE, time=clock, read_only=True
    )
    with refuses("read-only", IncidentActionError):
        incident_actions.declare("x")


def test_an_id_that_is_taken_is_not_given_again(timeline: Timeline, clock: Clock) -> None:
    letters = iter(["aaa", "aaa", "bbb"])
    incident_actions = IncidentActions(
        timeline,
        operator="ana",
        environment="prod",
        severity_scale=DEFAULT_SEVERITY_SCALE,
        time=clock,
        letters=lambda: next(letters),
    )
    assert [incident_actions.declare("x").id, incident_actions.declare("y").id] == ["2026-02-27-aaa", "2026-02-27-bbb"]


def test_an_export_is_remembered_and_makes_nobody_a_responder(
    incident_actions: IncidentActions, timeline: Timeline, clock: Clock
) -> None:
    incident = incident_actions.declare("x")
    event = make_incident_actions(timeline, clock, "scribe").exported(
        "docs/incidents/x.md", timeline.head(), incident.id
    )
    assert event.detail["path"] == "docs/incidents/x.md"
    assert incident_actions.find(incident.id).people == ("ana",)


def test_a_box_that_was_done_through_its_key_is_ticked_with_the_time_of_the_act(
    timeline: Timeline, clock: Clock
) -> None:
    incident_actions = make_incident_actions(timeline, clock)
    incident = incident_actions.declare("Readiness failing")
    declared = clock.now()
    clock.wall = at(1)
    frozen = incident_actions.freeze(True, "until green").occurred
    clock.wall = at(6)

    assert incident_actions.tick("list", 1, "Declare. Say what is wrong.").occurred == declared
    assert incident_actions.tick("list", 2, "Freeze. No deployments.").occurred == frozen
    assert incident_actions.tick("list", 3, "Call the bridge.").occurred == clock.now()
    assert incident_actions.tick("list", 4, "Communicate. Tell clients.").occurred == clock.now(), "nothing was sent"
    ticks = {tick.item: tick.at for tick in incident_actions.find(incident.id).ticks}
    assert ticks[2] == frozen


@pytest.mark.parametrize(
    ("text", "told_at"),
    [
        ("Communicate: tell customers, if they are affected", 6),
        ("Tell clients", 6),
        ("Communicate. A customer-facing status update.", 6),
        ("Communicate to the team", 3),
        ("Communicate to the team and to customers", 6),
        ("Communicate", 3),
        ("Communicate to the authority", None),
    ],
)
def test_a_box_is_dated_by_the_message_to_the_readers_in_its_words(
    timeline: Timeline, clock: Clock, text: str, told_at: float | None
) -> None:
    incident_actions = make_incident_actions(timeline, clock)
    incident_actions.declare("Readiness failing")
    for minute, audience in ((3, "the team"), (6, "clients"), (7, "team")):
        clock.wall = at(minute)
        incident_actions.sent(audience, "rolling back")
    clock.wall = at(9)
    assert incident_actions.tick("list", 1, text).occurred == (clock.now() if told_at is None else at(told_at))


@pytest.mark.parametrize(
    ("text", "done_at"),
    [
        ("Freeze: no deployments until it is healthy", 1),
        ("Deployments are frozen", 1),
        ("Lift the freeze", 4),
        ("Unfreeze deployments", 4),
        ("The freeze is lifted", 4),
        ("End the deployment freeze", 4),
    ],
)
def test_a_box_that_asks_for_the_end_of_a_freeze_is_not_ticked_with_its_beginning(
    timeline: Timeline, clock: Clock, text: str, done_at: float
) -> None:
    incident_actions = make_incident_actions(timeline, clock)
    incident_actions.declare("Readiness failing")
    clock.wall = at(1)
    incident_actions.freeze(True, "until green")
    clock.wall = at(4)
    incident_actions.freeze(False, "green")
    clock.wall = at(9)
    assert incident_actions.tick("list", 1, text).occurred == at(done_at)


@pytest.mark.parametrize(("served", "is_rollback"), [(["shop--r44"], True), ([], False)])
@pytest.mark.parametrize("title", ["Single revision mode", "Undo a rollout", "Swap back", "Move the tag"])
def test_a_rollback_is_one_whatever_its_procedure_is_called(
    timeline: Timeline, clock: Clock, title: str, served: list[str], is_rollback: bool
) -> None:
    incident_actions = make_incident_actions(timeline, clock)
    incident = incident_actions.declare("Readiness failing")
    begun: dict[str, Any] = {"what": "started", "title": title, "procedure": "x", "steps": 1, "timed_by": 1}
    step: dict[str, Any] = {"attempt": 1, "title": "Send it", "kind": "verify"}
    facts: tuple[tuple[float, Kind, str, dict[str, Any]], ...] = (
        (2, Kind.RUN, "r1", begun | ({"served": served} if served else {})),
        (2, Kind.STEP, "r1#1", {**step, "phase": "intent"}),
        (3, Kind.STEP, "r1#1", {**step, "phase": "outcome", "state": "ok"}),
        (4, Kind.RUN, "r1", {"what": "ended"}),
    )
    timeline.record(
        [
            Draft(kind, "", at(minute), "prod", subject, actor="ben", incident=incident.id, detail=detail)
            for minute, kind, subject, detail in facts
        ]
    )
    clock.wall = at(9)
    ticked = incident_actions.tick("list", 1, "Stop the bleeding: roll back what was deployed last")
    assert (ticked.occurred == at(3), ticked.detail.get("done_by") == "ben") == (is_rollback, is_rollback)
    (run,) = incident_actions.find(incident.id).ran
    assert (run.title == title, run.title.endswith(title)) == (not is_rollback, True)


def test_a_box_about_keeping_logs_is_ticked_with_the_time_at_which_lines_were_kept(
    timeline: Timeline, clock: Clock
) -> None:
    incident_actions = make_incident_actions(timeline, clock)
    incident_actions.declare("Readiness failing")
    clock.wall = at(3)
    kept = incident_actions.note("Log of shop-api--r44, 2 lines:\nboom\nbang").occurred
    clock.wall = at(9)
    assert incident_actions.tick("list", 1, "Preserve logs of the bad revision").occurred == kept


def test_a_correction_may_change_the_time_alone_and_the_old_text_stays_on_record(
    timeline: Timeline, clock: Clock
) -> None:
    incident_actions = make_incident_actions(timeline, clock)
    incident_actions.declare("Readiness failing")
    clock.wall = at(10)
    note = incident_actions.note("users called")
    incident_actions.correct(note.id, "", at(2))
    again = make_incident_actions(timeline, clock, "ben").correct(note.id, "two users called")

    assert (again.occurred, again.summary) == (at(2), "two users called")
    assert [event.occurred for event in timeline.events(kinds=[Kind.NOTE])] == [at(10), at(2), at(2)]
    (standing,) = list_standing_events(timeline.events(kinds=[Kind.NOTE]))
    assert (standing.occurred, standing.summary, standing.actor) == (at(2), "two users called", "ana")

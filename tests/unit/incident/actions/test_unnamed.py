"""Who names no incident means the one that they know of; never one that somebody else has just opened."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest

from cockpit.incident.actions.errors import AmbiguousIncident
from cockpit.incident.actions.incident_actions import IncidentActions
from cockpit.model.event import Event
from cockpit.model.incident import Incident
from cockpit.timeline.timeline import Timeline
from tests.refusals import refuses
from tests.unit.incident.actors import Clock, make_incident_actions
from tests.unit.incident.story import at

SECOND = 1 / 60
Act = Callable[[IncidentActions], object]
TURNS: dict[str, Act] = {
    "resolve": lambda actions: actions.resolve("over"),
    "severity": lambda actions: actions.change_severity("P3"),
    "mistake": lambda actions: actions.correct_severity("P3", "a slip"),
    "status": lambda actions: actions.change_status("monitoring"),
    "update": lambda actions: actions.sent("client", "all is well"),
    "decide": lambda actions: actions.decide("fail over"),
    "amend": lambda actions: actions.amend(title="another one"),
    "loop": lambda actions: actions.start_loop("probe is off"),
    "aware": lambda actions: actions.aware("data was lost"),
    "handover": lambda actions: actions.hand_over("IC", "eve"),
    "leave": lambda actions: actions.leave_role("IC", "ben"),
    "item": lambda actions: actions.add_item("write a test"),
    "message": lambda actions: actions.find(None, lately=True, acts=True),
}
JOINS: dict[str, Callable[[IncidentActions], Event]] = {
    "note": lambda actions: actions.note("I look at the database"),
    "ack": lambda actions: actions.acknowledge(),
    "role": lambda actions: actions.take_role("scribe"),
}


@pytest.fixture
def ana(timeline: Timeline, clock: Clock) -> IncidentActions:
    return make_incident_actions(timeline, clock)


@pytest.fixture
def ben(timeline: Timeline, clock: Clock) -> IncidentActions:
    return make_incident_actions(timeline, clock, "ben")


def declared_by_ben(ben: IncidentActions) -> Incident:
    incident = ben.declare("Payments fail", "P2")
    ben.take_role("IC", "ben", incident=incident.id)
    return incident


@pytest.mark.parametrize("act", TURNS.values(), ids=TURNS)
def test_nobody_turns_without_its_name_what_another_declared_a_second_ago(
    ana: IncidentActions, ben: IncidentActions, clock: Clock, timeline: Timeline, act: Act
) -> None:
    incident = declared_by_ben(ben)
    clock.wall = at(SECOND)
    before = timeline.events()
    with pytest.raises(AmbiguousIncident) as refusal:
        act(ana)
    assert refusal.value.facts["incidents"] == [incident.id]
    assert timeline.events() == before


@pytest.mark.parametrize("act", JOINS.values(), ids=JOINS)
def test_people_come_to_what_another_declared_a_second_ago(
    ana: IncidentActions, ben: IncidentActions, clock: Clock, act: Callable[[IncidentActions], Event]
) -> None:
    incident = declared_by_ben(ben)
    clock.wall = at(SECOND)
    assert act(ana).incident == incident.id
    assert ana.resolve("it was nothing").incident == incident.id  # whoever has done something in it knows of it


def test_after_a_minute_the_only_open_one_is_meant_and_named_to_who_was_not_at_it(
    timeline: Timeline, clock: Clock, ben: IncidentActions
) -> None:
    incidents: list[str] = []
    ana = make_incident_actions(timeline, clock, tell_taken=lambda incident: incidents.append(incident.id))
    incident = declared_by_ben(ben)
    clock.wall = at(1 + SECOND)
    ana.change_severity("P1")
    ana.resolve("over")
    assert incidents == [incident.id]


def test_what_was_declared_after_the_command_was_typed_is_not_meant(
    timeline: Timeline, clock: Clock, ben: IncidentActions
) -> None:
    slow = make_incident_actions(timeline, clock, typed=lambda: at(0))
    clock.wall = at(SECOND)
    declared_by_ben(ben)
    clock.wall = at(10)
    with refuses("ambiguous-incident"):
        slow.resolve("over")


@pytest.mark.parametrize("act", [*TURNS.values(), *JOINS.values()], ids=[*TURNS, *JOINS])
def test_who_was_at_one_that_another_ended_is_asked_whether_they_mean_the_next(
    ana: IncidentActions, ben: IncidentActions, clock: Clock, act: Act
) -> None:
    own = ana.declare("Checkout fails", "P2")
    clock.wall = at(5)
    ben.resolve("all is well", own.id)
    other = declared_by_ben(ben)
    clock.wall = at(30)
    with pytest.raises(AmbiguousIncident) as refusal:
        act(ana)
    assert [incident.id for incident in refusal.value.open] == [other.id, own.id]
    assert refusal.value.own is not None
    assert refusal.value.own.id == own.id


def test_who_ended_the_last_one_means_the_one_that_is_open(
    ana: IncidentActions, ben: IncidentActions, clock: Clock
) -> None:
    own = ana.declare("Checkout fails", "P2")
    other = declared_by_ben(ben)
    ana.resolve("all is well", own.id)
    clock.wall = at(2)
    assert ana.change_severity("P1").incident == other.id


def test_an_alert_and_a_freeze_go_to_the_journal_where_it_is_not_certain_which_is_meant(
    ana: IncidentActions, ben: IncidentActions, clock: Clock
) -> None:
    own = ana.declare("Checkout fails", "P2")
    ben.resolve("all is well", own.id)
    declared_by_ben(ben)
    clock.wall = at(2)
    assert ana.acknowledge("az:5xx", "5xx errors").incident is None
    assert ana.freeze(True, "nothing more tonight").incident is None


@pytest.mark.parametrize("names_environment", [True, False])
def test_who_is_at_an_incident_elsewhere_says_so(
    timeline: Timeline, clock: Clock, ben: IncidentActions, names_environment: bool
) -> None:
    make_incident_actions(timeline, clock, environment="staging").declare("A drill")
    incident = declared_by_ben(ben)
    clock.wall = at(30)
    ana = make_incident_actions(timeline, clock, names_environment=names_environment)
    if names_environment:
        assert ana.resolve("over").incident == incident.id
    else:
        with refuses("ambiguous-incident"):
            ana.resolve("over")


def test_only_what_somebody_knows_to_be_over_is_opened_again_without_its_name(
    ana: IncidentActions, ben: IncidentActions, clock: Clock
) -> None:
    own = ana.declare("Checkout fails", "P2")
    ana.resolve("all is well", own.id)
    clock.wall = at(30)
    other = declared_by_ben(ben)
    ben.resolve("a false alarm", other.id)
    clock.wall = at(30 + SECOND)
    with refuses("ambiguous-incident"):
        ana.reopen("it fails again")
    assert ana.reopen("it fails again", own.id).incident == own.id


def test_what_another_opened_again_a_second_ago_is_not_meant(
    ana: IncidentActions, ben: IncidentActions, clock: Clock
) -> None:
    incident = ana.declare("Checkout fails", "P2")
    ana.resolve("all is well")
    clock.wall = at(5)
    ben.reopen("it fails again", incident.id)
    with refuses("ambiguous-incident"):
        ana.sent("client", "all is well")
    clock.wall = at(7)
    assert ana.sent("client", "it fails again").incident == incident.id


def test_looking_is_never_refused_where_only_one_is_open(ana: IncidentActions, ben: IncidentActions) -> None:
    incident = declared_by_ben(ben)
    assert ana.find(None).id == incident.id


def test_a_clock_that_was_set_back_makes_nothing_look_new(
    ana: IncidentActions, ben: IncidentActions, clock: Clock
) -> None:
    incident = declared_by_ben(ben)
    clock.wall = at(10)
    ben.note("still failing", incident.id)
    clock.wall = at(10) - timedelta(hours=1)
    assert ana.resolve("over").incident == incident.id


@pytest.mark.parametrize("own", ["ana", "ben"])
def test_of_several_that_are_open_the_one_that_somebody_is_at_is_the_example(
    timeline: Timeline, clock: Clock, own: str
) -> None:
    speakers = {name: make_incident_actions(timeline, clock, name) for name in ("ana", "ben")}
    ids = {name: actions.declare(f"by {name}").id for name, actions in speakers.items()}
    with pytest.raises(AmbiguousIncident) as refusal:
        partial(speakers[own].resolve, "over")()
    assert refusal.value.own is not None
    assert refusal.value.own.id == ids[own]

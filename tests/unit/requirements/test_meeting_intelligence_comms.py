"""What the first team tells its clients, and when."""

from collections.abc import Callable
from datetime import timedelta

from cockpit.incident.messages.offers import list_offers
from cockpit.incident.messages.template import fill_template
from cockpit.model.clock import ClockKind
from cockpit.model.incident import Status
from tests.unit.requirements.comms_stage import AUCKLAND, Room

Enter = Callable[[str], Room]
NOTICE = "operations/message-to-clients"


def test_000_s6_clients_are_notified_of_more_than_15_minutes_with_a_template_that_is_offered(room: Enter) -> None:
    mi = room("meeting-intelligence")
    (rule,) = (each for each in mi.plan.rules if each.kind is ClockKind.CLIENT)
    assert rule.after == timedelta(minutes=15)
    offered = {each.id: each.audience for each in list_offers(mi.declare("P1"), mi.plan)}
    assert offered[NOTICE] == "client"


def test_000_s6_template_fields_are_filled_and_those_that_nobody_knows_are_marked(room: Enter) -> None:
    mi = room("meeting-intelligence")
    template = mi.plan.template(NOTICE)
    assert template is not None
    told = fill_template(template, mi.declare("P1"), mi.system, mi.plan, mi.time.now(), AUCKLAND)
    assert told.text.splitlines() == [
        "Subject: Meeting assistant: disruption",
        "",
        "Hello ⟦client name?⟧,",
        "",
        "we are looking into a problem with the meeting assistant.",
        "",
        "Impact: ⟦what does not work?⟧",  # what it is called inside is not for clients
        "Started: 02:26 NZDT (13:26 UTC)",  # the document says NZST, and it is summer
        "Status: Investigating",
        "",
        "The next message follows within 30 minutes.",
        "",
        "⟦your name?⟧, Platform team",
    ]
    assert [name.casefold() for name in told.unknown] == ["client name", "what does not work", "your name"]
    assert told.promised == mi.time.now().replace(second=0) + timedelta(minutes=30)


def test_000_s6_status_word_and_next_update_follow_the_incident(room: Enter) -> None:
    mi = room("meeting-intelligence")
    incident = mi.declare("P1")
    mi.incident_actions.change_status(Status.IDENTIFIED, incident.id)
    template = mi.plan.template(NOTICE)
    assert template is not None
    told = fill_template(
        template,
        mi.incident_actions.find(incident.id),
        mi.system,
        mi.plan,
        mi.time.now(),
        AUCKLAND,
        promise=timedelta(hours=1),
    )
    assert "Status: Identified\n" in told.text
    assert "follows within 1 hour." in told.text


def test_000_s6_next_update_that_was_promised_is_on_record_with_the_words_sent(room: Enter) -> None:
    mi = room("meeting-intelligence")
    incident = mi.declare("P1")
    due = mi.time.now() + timedelta(minutes=30)
    mi.incident_actions.sent("client", "Hello,\nwe are looking into it.", NOTICE, due, incident=incident.id)
    (update,) = mi.incident_actions.find(incident.id).updates
    assert (update.audience, update.text, update.promised) == ("client", "Hello,\nwe are looking into it.", due)

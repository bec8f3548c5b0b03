"""What an incident is: a fold of its events in the order of their ids."""

from dataclasses import replace

import pytest

from cockpit.incident.load import list_members, list_standing_events
from cockpit.incident.takers import find_takers, list_bad_stretches, read_acknowledgement
from cockpit.model.event import Kind
from cockpit.model.incident import Status
from cockpit.model.time import format_timestamp
from tests.unit.incident.folding import fold, only
from tests.unit.incident.story import Story, at


def test_a_night_from_the_failing_probe_to_the_resolution() -> None:
    story = Story()
    story.probe(0, "ready", "down")
    story.alert(1, "az:5xx", "firing")
    story.declare(2, reach=-10)
    story.act(Kind.ACK, 3, "ben", subject="az:5xx", note="on it")
    story.act(Kind.SEVERITY, 4, severity="P0", was="P1", reason="everybody is out")
    story.act(Kind.STATUS, 5, status="identified")
    story.act(Kind.NOTE, 6, "ben", summary="rolled back")
    story.probe(8, "ready", "up")
    story.alert(9, "az:5xx", "resolved")
    story.act(Kind.RESOLVE, 15, reason="rolled back")

    incident = only(story)

    assert incident.title == "Readiness failing"
    assert (incident.severity, incident.status, incident.open) == ("P0", Status.RESOLVED, False)
    assert (incident.detected, incident.detected_by) == (at(0), "probe ready")
    assert incident.acknowledged == at(3)
    assert incident.mitigated == at(9)
    assert incident.resolved == at(15)
    assert incident.close_reason == "rolled back"
    assert incident.people == ("ana", "ben")
    assert incident.notes == 1
    assert [each.value for each in incident.severities] == ["P1", "P0"]
    assert [each.value for each in incident.statuses] == ["investigating", "identified", "resolved"]
    assert incident.acks[0].note == "on it"


def test_nobody_saw_it_before_the_person_who_declared() -> None:
    story = Story()
    story.declare(2)
    assert (only(story).detected, only(story).detected_by) == (at(2), "ana")


def test_a_signal_recorded_late_was_still_the_first_to_know() -> None:
    story = Story()
    story.declare(5, reach=-10)
    story.alert(3, "az:5xx", "firing", late=4)
    assert (only(story).detected, only(story).detected_by) == (at(3), "alert 5xx")


def test_a_signal_that_went_bad_after_the_declaration_detected_nothing() -> None:
    story = Story()
    story.declare(5)
    story.probe(6, "ready", "down")
    assert only(story).detected_by == "ana"


def test_an_alert_that_only_informs_does_not_accuse() -> None:
    story = Story()
    story.alert(0, "az:deploy", "firing", severity="info")
    story.declare(5, reach=-10)
    assert only(story).detected_by == "ana"


def test_a_noise_that_was_there_long_before_does_not_keep_the_incident_unmitigated() -> None:
    story = Story()
    story.alert(-600, "az:disk", "firing")
    story.probe(0, "ready", "down")
    story.declare(2, reach=-10)
    story.probe(7, "ready", "up")
    assert only(story).mitigated == at(7)


def test_mitigation_is_taken_back_when_a_signal_goes_bad_again() -> None:
    story = Story()
    story.probe(0, "ready", "down")
    story.declare(2, reach=-10)
    story.probe(7, "ready", "up")
    story.probe(8, "ready", "down")
    assert only(story).mitigated is None
    story.probe(9, "ready", "up")
    assert only(story).mitigated == at(9)


def test_mitigation_is_the_latest_recovery_whichever_was_written_down_last() -> None:
    story = Story()
    story.probe(0, "ready", "down")
    story.alert(1, "az:5xx", "firing")
    story.declare(2, reach=-10)
    story.probe(9, "ready", "up")
    story.alert(7, "az:5xx", "resolved", late=3)
    assert only(story).mitigated == at(9)


def test_what_is_recorded_late_and_was_over_earlier_does_not_move_the_mitigation_back() -> None:
    story = Story()
    story.declare(2, reach=-10)
    story.probe(3, "ready", "down")
    story.probe(9, "ready", "up")
    story.alert(4, "az:5xx", "firing", late=6)
    story.alert(8, "az:5xx", "resolved", late=3)
    assert only(story).mitigated == at(9)


def test_a_silence_and_a_disappearance_are_no_recovery() -> None:
    story = Story()
    story.alert(0, "am:5xx", "firing")
    story.declare(2, reach=-10)
    story.alert(3, "am:5xx", "suppressed")
    story.alert(4, "am:5xx", "resolved?")
    assert only(story).mitigated is None


def test_a_status_that_somebody_chose_is_no_mitigation() -> None:
    story = Story()
    story.probe(0, "ready", "down")
    story.declare(2, reach=-10)
    story.act(Kind.STATUS, 5, status="monitoring")
    assert only(story).mitigated is None
    story.probe(7, "ready", "up")
    assert only(story).mitigated == at(7)


def test_an_alert_taken_before_the_declaration_acknowledges_the_incident() -> None:
    story = Story()
    story.alert(0, "az:5xx", "firing")
    story.act(Kind.ACK, 1, "ben", incident=None, subject="az:5xx")
    story.declare(3, reach=-1)
    assert only(story).acknowledged == at(1)
    assert only(story).people == ("ana", "ben")


def test_an_acknowledgement_of_an_alert_ends_when_the_alert_does() -> None:
    story = Story()
    story.alert(0, "az:5xx", "firing")
    story.act(Kind.ACK, 1, "ben", incident=None, subject="az:5xx")
    assert fold(story.events).taken("prod")["az:5xx"].actor == "ben"
    story.alert(2, "az:5xx", "resolved")
    assert fold(story.events).taken("prod") == {}


@pytest.mark.parametrize(("was", "is_taken"), [("resolved?", True), ("resolved", False)])
def test_an_acknowledgement_of_an_alert_is_not_one_of_the_next_that_fires(was: str, is_taken: bool) -> None:
    """One that its source lost and listed again is the same; one that ended unseen and fired anew is another."""
    story = Story()
    story.tell(Kind.ALERT, 1, subject="az:5xx", detail={"name": "5xx", "state": "firing"})
    story.tell(Kind.ACK, 2, subject="az:5xx", actor="ben")
    story.tell(Kind.ALERT, 3, subject="az:5xx", detail={"state": "resolved?", "was": "firing"})
    story.tell(Kind.ALERT, 4, subject="az:5xx", detail={"state": "firing", "was": was})
    assert ("az:5xx" in fold(story.events).taken("prod")) is is_taken
    stretches = list_bad_stretches(story.events)
    takers = find_takers(stretches[-1], [read_acknowledgement(story.events[1])], stretches)
    assert takers == (("ben",) if is_taken else ())


@pytest.mark.parametrize(("minute", "again", "takers"), [(5.1, 20, ["ben"]), (5.1, 5.05, []), (6, 20, [])])
def test_who_took_what_its_source_had_ended_before_anybody_here_could_know_has_taken_it(
    minute: float, again: float, takers: list[str]
) -> None:
    """Seen: taken 7 ms after the source's end and a second before that was read, and nobody had it in the draft."""
    story = Story()
    story.alert(1, "az:5xx", "firing")
    ack = story.tell(Kind.ACK, minute, subject="az:5xx", actor="ben")
    story.alert(5, "az:5xx", "resolved", late=0.5)
    story.alert(again, "az:5xx", "firing")
    first, *rest = list_bad_stretches(story.events)
    assert list(find_takers(first, [read_acknowledgement(ack)], [first, *rest])) == takers


def test_a_status_after_the_resolution_opens_it_again() -> None:
    story = Story()
    story.declare(0)
    story.act(Kind.RESOLVE, 1)
    assert fold(story.events).open("prod") == []
    story.act(Kind.STATUS, 2, status="investigating")
    assert [each.id for each in fold(story.events).open("prod")] == ["i1"]
    assert only(story).resolved is None


def test_a_correction_replaces_what_it_corrects_in_its_place() -> None:
    story = Story()
    story.declare(0)
    first = story.act(Kind.STATUS, 5, status="monitoring")
    story.act(Kind.RESOLVE, 9, reason="fixed")
    story.act(Kind.STATUS, 3, status="monitoring", supersedes=first.id)
    assert [each.at for each in only(story).statuses if each.value == "monitoring"] == [at(3)]
    assert only(story).status is Status.RESOLVED


def test_a_correction_of_a_correction_corrects_the_first_fact() -> None:
    story = Story()
    story.declare(0)
    first = story.act(Kind.SEVERITY, 1, severity="P2")
    second = story.act(Kind.SEVERITY, 1, severity="P3", supersedes=first.id)
    story.act(Kind.SEVERITY, 1, severity="P0", supersedes=second.id)
    assert [each.value for each in only(story).severities] == ["P1", "P0"]


def test_a_note_in_the_place_of_a_resolution_withdraws_it() -> None:
    story = Story()
    story.declare(0)
    resolved = story.act(Kind.RESOLVE, 9)
    story.act(Kind.NOTE, 9, supersedes=resolved.id, summary="resolved the wrong one")
    assert only(story).open
    assert [each.id for each in fold(story.events).open("prod")] == ["i1"]


def test_a_corrected_declaration_reaches_further_back() -> None:
    story = Story()
    story.probe(0, "ready", "down")
    first = story.declare(30, reach=20)
    assert only(story).detected_by == "ana"
    story.tell(
        Kind.DECLARE,
        30,
        incident="i1",
        actor="ana",
        supersedes=first.id,
        detail={"reach_from": format_timestamp(at(-5))},
    )
    assert only(story).reach_from == at(-5)
    assert only(story).detected_by == "probe ready"


def test_a_second_declaration_of_the_same_incident_changes_nothing() -> None:
    story = Story()
    story.declare(0)
    story.declare(1, title="Another")
    assert only(story).title == "Readiness failing"


def test_severities_are_named_as_the_ladder_names_them() -> None:
    story = Story()
    story.declare(0, severity="sev-1")
    assert only(story).severity == "P0"


def test_environments_do_not_mix() -> None:
    story = Story()
    story.declare(0, reach=-10)
    story.tell(Kind.PROBE, -1, environment="staging", subject="ready", detail={"state": "down"}, late=3)
    ledger = fold(story.events)
    assert ledger.open("staging") == []
    assert ledger.incidents["i1"].detected_by == "ana"


def test_a_redacted_event_is_forgotten_as_if_the_file_had_been_read_afresh() -> None:
    story = Story()
    declared = story.declare(0)
    raised = story.act(Kind.SEVERITY, 1, severity="P0", reason="password hunter2")
    live = fold(story.events)
    for each in (declared, raised):
        live.apply(story.tell(Kind.REDACT, 2, subject=str(each.id)))
    emptied = [
        replace(each, summary="", detail={}, redacted=True) if each.id in (declared.id, raised.id) else each
        for each in story.events
    ]
    assert live.incidents == fold(emptied).incidents
    assert live.incidents["i1"].title == "(redacted)"


def test_the_journal_within_its_range_belongs_to_the_incident() -> None:
    story = Story()
    before = story.tell(Kind.REVISION, -20)
    deploy = story.tell(Kind.REVISION, -1)
    declared = story.declare(0, reach=-10)
    elsewhere = story.tell(Kind.REVISION, 1, environment="staging")
    other = story.act(Kind.NOTE, 1, incident="i2")
    resolved = story.act(Kind.RESOLVE, 5)
    after = story.tell(Kind.REVISION, 6)
    found = list_members(only(story), story.events)
    assert found == [deploy, declared, resolved]
    assert not {before.id, elsewhere.id, other.id, after.id} & {each.id for each in found}


def test_what_is_shown_is_sorted_by_when_it_occurred_and_holds_corrections_only() -> None:
    story = Story()
    wrong = story.act(Kind.NOTE, 5, summary="teh deploy")
    late = story.act(Kind.NOTE, 1)
    right = story.act(Kind.NOTE, 5, summary="the deploy", supersedes=wrong.id)
    assert list_standing_events(story.events) == [late, right]


def test_a_run_that_began_in_the_journal_long_before_is_the_incidents_from_when_it_joined() -> None:
    story = Story()
    story.tell(Kind.RUN, -90, subject="run-1", detail={"what": "started", "title": "Restore", "budget": 600})
    story.tell(Kind.RUN, -80, subject="run-2", detail={"what": "started", "title": "Other"})
    story.declare(0, reach=-10)
    assert only(story).ran == ()
    story.act(Kind.RUN, 5, subject="run-1", what="ended")
    (ran,) = only(story).ran
    assert (ran.id, ran.title, ran.started, ran.ended) == ("run-1", "Restore", at(-90), at(5))


def test_what_its_source_keeps_silent_is_known_until_it_fires_or_resolves() -> None:
    story = Story()
    for minute, (key, state) in enumerate(
        [("az:5xx", "suppressed"), ("az:cpu", "suppressed"), ("az:mem", "suppressed"), ("az:5xx", "firing")]
    ):
        story.alert(minute, key, state)
    story.alert(5, "az:mem", "resolved")
    assert fold(story.events).silenced("prod") == ["cpu"]

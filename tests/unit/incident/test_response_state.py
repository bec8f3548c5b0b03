"""What responders did, as the fold tells it: each fact once, corrected in its place, the last word standing."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from cockpit.incident.load import list_standing_events
from cockpit.incident.postmortem.rows import change_rows
from cockpit.model.clock import ClockKind, Rule
from cockpit.model.event import Event, Kind
from cockpit.model.response import Freeze, Holding, Review
from cockpit.model.time import format_timestamp
from tests.unit.incident.folding import fold, only
from tests.unit.incident.story import Story, at

UPDATE_RULE = Rule(ClockKind.UPDATE, "next update", timedelta(minutes=30), "oncall.md:4", levels=("P1",))
ACK_RULE = Rule(ClockKind.RESPONSE, "acknowledge", timedelta(minutes=15), "oncall.md:3", levels=("P0",))


def declared() -> Story:
    story = Story()
    story.declare(0, reach=-10)
    return story


def role(story: Story, minutes: float, role: str, person: str, what: str = "takes", **more: Any) -> Event:
    return story.act(Kind.ROLE, minutes, subject=role, role=role, person=person, what=what, **more)


def clock(story: Story, minutes: float, id: str, what: str, **more: Any) -> Event:
    return story.act(Kind.CLOCK, minutes, subject=id, what=what, **more)


def test_several_people_hold_a_role_and_one_holds_several() -> None:
    story = declared()
    role(story, 1, "Incident Commander", "ana")
    role(story, 2, "Scribe", "ana")
    role(story, 3, "Scribe", "ben")
    incident = only(story)
    assert incident.in_role("incident commander") == ("ana",)
    assert incident.in_role("Scribe") == ("ana", "ben")


def test_taking_a_role_twice_is_one_holding_and_taking_it_again_later_another() -> None:
    story = declared()
    role(story, 1, "Scribe", "ana")
    role(story, 2, "Scribe", "ana")
    role(story, 3, "Scribe", "ana", "leaves")
    role(story, 5, "Scribe", "ana")
    assert only(story).roles == (
        Holding("Scribe", "ana", at(1), at(3)),
        Holding("Scribe", "ana", at(5)),
    )


def test_a_handover_ends_one_holding_and_begins_the_next_with_its_note() -> None:
    story = declared()
    role(story, 1, "Incident Commander", "ana")
    role(story, 9, "Incident Commander", "ben", **{"from": "ana", "note": "rollback runs\nupdate due 02:20Z"})
    assert only(story).roles == (
        Holding("Incident Commander", "ana", at(1), at(9)),
        Holding("Incident Commander", "ben", at(9), note="rollback runs\nupdate due 02:20Z"),
    )


def test_a_checkbox_is_reported_once_as_it_stands() -> None:
    story = declared()
    story.act(Kind.TICK, 1, list="first", item=1, text="Declare", state="done")
    story.act(Kind.TICK, 2, "ben", list="first", item=2, text="Freeze", state="skipped", reason="no pipeline")
    story.act(Kind.TICK, 3, "ben", list="first", item=1, text="Declare", state="open")
    one, two = only(story).ticks
    assert (one.item, one.state, one.actor, one.at) == (1, "open", "ben", at(3))
    assert (two.state, two.reason) == ("skipped", "no pipeline")


def test_a_clock_keeps_its_marks() -> None:
    story = declared()
    clock(story, 1, "task:k7f", "started", kind="task", text="slow queries", person="ben", due=format_timestamp(at(4)))
    clock(story, 2, "task:k7f", "snoozed", snoozed_until=format_timestamp(at(6)))
    clock(story, 5, "task:k7f", "done", reason="an index is missing")
    (mark,) = only(story).marks
    assert (mark.kind, mark.text, mark.person, mark.started, mark.due) == (
        ClockKind.TASK,
        "slow queries",
        "ben",
        at(1),
        at(4),
    )
    assert (mark.snoozed_until, mark.done, mark.reason) == (at(6), at(5), "an index is missing")


def test_a_breach_is_over_only_when_the_authority_was_notified_or_for_a_reason() -> None:
    story = declared()
    clock(story, 1, "breach", "started", kind="breach", text="leads were readable")
    clock(story, 2, "breach", "not applicable", reason="")
    assert only(story).marks[0].not_applicable == ""
    clock(story, 3, "breach", "not applicable", reason="test data only")
    assert only(story).marks[0].not_applicable == "test data only"


def test_a_note_that_begins_with_todo_is_an_action_item_that_can_be_changed() -> None:
    story = declared()
    noted = story.act(Kind.NOTE, 1, summary="TODO: alert on the queue length")
    id = f"note-{noted.id}"
    story.act(Kind.ITEM, 2, subject=id, owner="ben", due="2026-03-13")
    story.act(Kind.ITEM, 3, subject="k7f", text="write the runbook", label="prevent")
    story.act(Kind.ITEM, 4, subject="k7f", done=True)
    one, two = only(story).items
    assert (one.id, one.text, one.owner, one.due, one.done) == (
        id,
        "alert on the queue length",
        "ben",
        date(2026, 3, 13),
        None,
    )
    assert (two.id, two.label, two.done) == ("k7f", "prevent", at(4))
    story.act(Kind.NOTE, 1, summary="it was the queue", supersedes=noted.id)
    assert [each.id for each in only(story).items] == ["k7f"]


def test_a_pin_and_a_link_follow_the_entry_that_was_corrected() -> None:
    story = declared()
    noted = story.act(Kind.NOTE, 1, summary="first 500")
    story.act(Kind.PIN, 2, subject=str(noted.id), on=True)
    story.act(Kind.LINK, 2, subject=str(noted.id), target="https://logs.example.com/q/1")
    corrected = story.act(Kind.NOTE, 1, summary="first 503", supersedes=noted.id)
    assert only(story).pins == {corrected.id}
    assert only(story).links[0].event == corrected.id
    story.act(Kind.PIN, 3, subject=str(corrected.id), on=False)
    assert only(story).pins == frozenset()


def test_who_corrects_an_entry_does_not_become_its_author() -> None:
    story = declared()
    first = story.act(Kind.DECISION, 1, "ana", text="roll bakc")
    story.act(Kind.DECISION, 1, "ben", text="roll back", supersedes=first.id)
    (decision,) = only(story).decisions
    assert (decision.text, decision.actor) == ("roll back", "ana")
    assert only(story).people == ("ana", "ben")


def test_of_two_who_corrected_the_same_entry_the_later_stands_alone() -> None:
    story = declared()
    first = story.act(Kind.DECISION, 1, text="wait")
    story.act(Kind.DECISION, 1, text="wait ten minutes", supersedes=first.id)
    last = story.act(Kind.DECISION, 1, text="roll back", supersedes=first.id)
    assert [each.text for each in only(story).decisions] == ["roll back"]
    assert [each.id for each in list_standing_events(story.events) if each.kind == Kind.DECISION] == [last.id]


def test_a_freeze_is_of_the_environment_whoever_called_it() -> None:
    story = declared()
    story.act(Kind.FREEZE, 2, on=True, reason="until green")
    story.act(Kind.FREEZE, 3, on=True, reason="again")
    story.declare(4, incident="i2")
    ledger = fold(story.events)
    frozen = Freeze("prod", at(2), "ana", "until green")
    assert ledger.freeze("prod") == frozen
    assert ledger.freeze("staging") is None
    assert [each.freezes for each in ledger.incidents.values()] == [(frozen,), (frozen,)]
    story.act(Kind.FREEZE, 8, incident=None, on=False)
    ledger = fold(story.events)
    assert ledger.freeze("prod") is None
    assert ledger.incidents["i2"].freezes[0].until == at(8)


def test_a_freeze_that_was_over_before_the_incident_is_none_of_its_own() -> None:
    story = Story()
    story.act(Kind.FREEZE, -90, incident=None, on=True)
    story.act(Kind.FREEZE, -60, incident=None, on=False)
    story.declare(0, reach=-10)
    assert only(story).freezes == ()


def test_a_withdrawn_freeze_never_was() -> None:
    story = declared()
    called = story.act(Kind.FREEZE, 2, on=True)
    story.act(Kind.NOTE, 2, summary="the wrong environment", supersedes=called.id)
    assert fold(story.events).freeze("prod") is None
    assert only(story).freezes == ()


def test_the_rules_that_bind_are_those_recorded_with_the_last_severity() -> None:
    story = Story()
    story.declare(0, rules=[UPDATE_RULE.detail(), {"kind": "no such thing"}, "noise"])
    assert only(story).rules == (UPDATE_RULE,)
    story.act(Kind.SEVERITY, 3, severity="P0", rules=[ACK_RULE.detail()])
    assert only(story).rules == (ACK_RULE,)
    story.act(Kind.SEVERITY, 5, severity="P1")
    assert only(story).rules == ()


def test_a_rule_that_no_calendar_holds_is_passed_over() -> None:
    story = Story()
    story.declare(0, rules=[UPDATE_RULE.detail() | {"after": 1e14}, UPDATE_RULE.detail() | {"after": -1}])
    assert only(story).rules == ()


def test_a_run_has_its_budget_whether_it_began_before_the_incident_or_in_it() -> None:
    story = Story()
    started: dict[str, Any] = {
        "what": "started",
        "title": "Roll back",
        "path": "ops.md",
        "procedure": "roll-back",
        "budget": 300,
    }
    story.act(Kind.RUN, -5, incident=None, subject="run-1", **started)
    story.declare(0, reach=-10)
    story.act(Kind.RUN, 1, subject="run-1", what="ended")
    story.act(Kind.RUN, 2, subject="run-2", **started, tail=900)
    one, two = only(story).ran
    assert (one.started, one.ended, one.budget, one.origin) == (at(-5), at(1), timedelta(minutes=5), "ops.md#roll-back")
    assert (two.ended, two.tail) == (None, timedelta(minutes=15))


def test_the_scenario_is_the_last_chosen_and_keeps_the_point_that_was_reached() -> None:
    story = declared()
    story.act(Kind.RECOVERY, 1, subject="a", what="chosen", scenario="database lost", rto=1800, rpo=900)
    story.act(Kind.RECOVERY, 9, what="recovered to", point=format_timestamp(at(-12)))
    story.act(Kind.RECOVERY, 11, what="chosen", scenario="region lost", rto=14400)
    recovery = only(story).recovery
    assert recovery is not None
    assert (recovery.scenario, recovery.rto, recovery.rpo, recovery.point) == (
        "region lost",
        timedelta(hours=4),
        None,
        at(-12),
    )


def test_an_incident_that_is_opened_again_has_no_reason_to_have_ended() -> None:
    story = declared()
    story.act(Kind.RESOLVE, 5, reason="the other team", because="external")
    assert only(story).because == "external"
    story.act(Kind.STATUS, 6, status="investigating", reason="it is ours")
    incident = only(story)
    assert (incident.open, incident.because, incident.close_reason) == (True, "", "")


def test_updates_calls_and_reviews_stand_in_order() -> None:
    story = declared()
    story.act(
        Kind.UPDATE,
        1,
        subject="client",
        audience="client",
        text="We are on it.\nMore soon.",
        promised=format_timestamp(at(31)),
    )
    story.act(Kind.PAGE, 2, subject="ops", who="ops on call", tier=2, how="phone")
    story.act(Kind.REVIEW, 3, state="in review")
    story.act(Kind.REVIEW, 4, state="no such state")
    incident = only(story)
    assert (incident.updates[0].text, incident.updates[0].promised) == ("We are on it.\nMore soon.", at(31))
    assert (incident.called[0].who, incident.called[0].tier) == ("ops on call", 2)
    assert incident.review is Review.IN_REVIEW


def begun(story: Story, minute: float, **detail: Any) -> None:
    fields = {"title": "Roll back", "procedure": "roll-back", "path": "ops.md", "steps": 5, **detail}
    story.act(Kind.RUN, minute, subject="r1", what="started", **fields)


def stepped(story: Story, minute: float, step: int, state: str = "ok") -> None:
    story.act(Kind.STEP, minute, subject=f"r1#{step}", phase="intent", attempt=1)
    story.act(Kind.STEP, minute, subject=f"r1#{step}", phase="outcome", attempt=1, state=state, output="x" * 5_000)


def test_a_procedure_that_was_opened_and_left_is_no_run() -> None:
    story = Story()
    story.declare(0)
    begun(story, 1)
    assert only(story).ran == ()
    story.act(Kind.RUN, 2, subject="r1", what="ended")
    assert only(story).ran == ()
    stepped(story, 3, 1, "failed")
    assert [run.id for run in only(story).ran] == ["r1"]


def test_what_an_older_version_wrote_of_a_run_stands_as_it_was() -> None:
    story = Story()
    story.declare(0)
    story.act(Kind.RUN, 1, subject="r1", what="started", title="Roll back", budget=60)
    assert [run.title for run in only(story).ran] == ["Roll back"]


def test_a_run_is_done_when_it_was_verified_and_its_effect_lags_from_the_change() -> None:
    story = Story()
    story.declare(0)
    begun(story, 1, timed_by=4, effect_by=3, effect_ends_by=5, tail=300)
    stepped(story, 2, 3)
    stepped(story, 3, 4, "failed")
    assert only(story).ran[0].done is None
    stepped(story, 4, 4)
    stepped(story, 6, 5)
    story.act(Kind.RUN, 9, subject="r1", what="ended")
    (run,) = only(story).ran
    assert (run.effective, run.verified, run.settled, run.ended, run.done) == (at(2), at(4), at(6), at(9), at(4))


def test_a_run_that_began_in_the_journal_brings_its_steps_along() -> None:
    story = Story()
    story.act(Kind.RUN, -60, incident=None, subject="r1", what="started", title="Roll back", steps=2, timed_by=2)
    story.act(Kind.STEP, -59, incident=None, subject="r1#1", phase="outcome", state="ok")
    story.declare(0, reach=-10)
    story.act(Kind.STEP, 1, subject="r1#2", phase="outcome", state="ok")
    assert only(story).ran[0].verified == at(1)


def test_between_two_renames_nothing_has_the_name() -> None:
    story = Story()
    story.declare(0)
    begun(story, 1, gap_by=2, gap_ends_by=3, missing="shop")
    stepped(story, 2, 2)
    (run,) = only(story).ran
    assert (run.missing, run.gap_began, run.gap_ended) == ("shop", at(2), None)
    stepped(story, 4, 3, "failed")
    stepped(story, 5, 3)
    assert only(story).ran[0].gap_ended == at(5)


@pytest.mark.parametrize(
    ("command", "state", "output", "kept"),
    [
        ("az containerapp logs show -n api -g shop --tail 20", "ok", "line 1\nline 2\n", True),
        ("kubectl -n shop logs deploy/api --tail=5", "ok", "line 1\nline 2\n", True),
        ("docker compose logs api", "ok", "line 1\nline 2\n", True),
        ("az containerapp logs show -n api -g shop", "ok", "", False),
        ("kubectl get pods", "ok", "NAME\npod\n", False),
        ("kubectl logs deploy/api", "failed", "error: forbidden\nask your admin\n", False),
    ],
)
@pytest.mark.parametrize("joins", [False, True], ids=["of the incident", "from the journal"])
def test_lines_of_a_log_that_a_step_printed_are_kept_since_then(
    command: str, state: str, output: str, kept: bool, joins: bool
) -> None:
    story = Story()
    story.declare(0, reach=-10)
    of = None if joins else "i1"
    story.act(Kind.STEP, 1, incident=of, subject="r1#1", phase="intent", attempt=1, as_run=command)
    story.act(Kind.STEP, 2, incident=of, subject="r1#1", phase="outcome", attempt=1, state=state, output=output)
    assert only(story).lines_kept == ((at(2),) if kept else ())


@pytest.mark.parametrize(
    "text", ["we met:\n- ana leads\n- ben looks", "boom\nbang", "Log of the night:\nquiet", "TODO: a\nb"]
)
def test_what_somebody_wrote_in_several_lines_is_no_log_that_was_kept(text: str) -> None:
    story = declared()
    story.act(Kind.NOTE, 3, text=text)
    assert only(story).lines_kept == ()
    story.act(Kind.NOTE, 4, text="boom\nbang", log="shop-api--r44")
    assert only(story).lines_kept == (at(4),)


def test_recorded_lines_of_a_log_are_kept_and_redacted_ones_are_not() -> None:
    story = declared()
    story.act(Kind.NOTE, 3, text="Log of shop-api--r44, 2 lines:\nboom\nbang")
    story.act(Kind.NOTE, 4, text="one line")
    assert only(story).lines_kept == (at(3),)
    story.tell(Kind.REDACT, 5, subject="2")
    assert only(story).lines_kept == ()


@pytest.mark.parametrize(
    ("note", "more", "answered"),
    [
        ("on their way", {}, None),
        ("no answer", {}, False),
        ("voicemail", {}, False),
        ("nobody picked up, tried twice", {}, False),
        ("did not answer", {}, False),
        ("", {"answered": False}, False),
        ("no answer at first, then on their way", {"answered": True}, True),
        ("answered at once", {}, None),
    ],
)
def test_a_call_tells_whether_somebody_answered(note: str, more: dict[str, Any], answered: bool | None) -> None:
    story = declared()
    story.act(Kind.PAGE, 1, subject="Team lead", who="Team lead", note=note, **more)
    assert only(story).called[0].answered is answered


@pytest.mark.parametrize("stored", ["panic", ""], ids=["by an older version", "now"])
def test_the_reason_of_a_wrong_severity_is_none_of_the_one_that_was_meant(stored: str) -> None:
    story = declared()
    wrong = story.act(Kind.SEVERITY, 1, severity="P0", was="P1", reason="panic")
    story.act(
        Kind.SEVERITY, 1, severity="P2", reason=stored, mistake="P0", mistake_reason="", supersedes=wrong.id, late=2
    )
    incident = only(story)
    assert (incident.severities[-1].value, incident.severities[-1].reason) == ("P2", "")
    assert incident.mistakes[0].entered_reason == "panic"


@pytest.mark.parametrize("live", [False, True], ids=["read again", "while it is open"])
def test_a_run_of_which_the_first_event_is_redacted_is_still_one(live: bool) -> None:
    """Its steps stood in the record as those of an earlier run, and nothing said that it was open."""
    story = Story()
    story.declare(0)
    begun = story.act(Kind.RUN, 1, subject="r1", what="started", title="Roll back", steps=1)
    story.act(Kind.STEP, 2, subject="r1#1", phase="intent", attempt=1, kind="change")
    story.act(Kind.STEP, 3, subject="r1#1", phase="outcome", attempt=1, state="ok")
    story.tell(Kind.REDACT, 4, subject=str(begun.id))
    if not live:
        emptied = replace(begun, summary="", detail={}, redacted=True)
        story.events = [emptied if event.id == begun.id else event for event in story.events]
    (run,) = only(story).ran
    assert (run.id, run.title, run.started, run.ended) == ("r1", "(redacted)", at(1), None)


def test_a_severity_entered_by_mistake_whose_time_is_corrected_later_is_marked_once() -> None:
    story = Story()
    story.declare(0)
    wrong = story.act(Kind.SEVERITY, 2, severity="P0", reason="panic")
    mark = {"severity": "P2", "reason": "a slip", "mistake": "P0", "mistake_reason": "a slip"}
    marked = story.act(Kind.SEVERITY, 2, actor="ben", supersedes=wrong.id, late=6, **mark)
    story.act(Kind.SEVERITY, 1, actor="eve", supersedes=marked.id, late=20, **mark)
    incident = only(story)
    (mistake,) = incident.mistakes
    assert (mistake.at, mistake.actor, mistake.entered) == (at(8), "ben", at(1))
    assert [(row.at, row.by) for row in change_rows(incident) if "P0" in row.what] == [(at(1), "ana"), (at(8), "ben")]

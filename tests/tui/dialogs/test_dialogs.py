"""Dialogs: nothing is done by accident, nothing typed is lost, and leaving is always one key away."""

from collections.abc import Callable
from datetime import datetime, timedelta
from importlib import import_module
from pkgutil import walk_packages
from typing import Any, NoReturn

import pytest
from rich.cells import cell_len
from textual.events import Paste
from textual.pilot import Pilot
from textual.widgets import Input

import screens
from cockpit.incident.actions.incident_actions import IncidentActions
from cockpit.incident.signals import Signal
from cockpit.model.event import Draft, Event, Kind, RecordError
from cockpit.model.incident import Incident
from cockpit.model.incident import Status as IncidentStatus
from cockpit.model.probe import ProbeResult, ProbeState
from cockpit.model.revision import Application, Revision
from cockpit.timeline.timeline import Timeline
from screens.dialogs.declare import Declare
from screens.dialogs.details import Details
from screens.dialogs.dialog import ARMING, READY, Dialog, DialogContext, key_line
from screens.dialogs.note import Note
from screens.dialogs.status import OpenEndsDialog, StatusDialog
from screens.run.rollback import RevisionMenu
from screens.shared.context import EventsAppended
from screens.shared.enter_guard import HELD, LET_GO, explain_quick_key
from widgets.choice import Choice
from widgets.line import Lines

SETTLE = HELD + 0.05
SMALL = 74  # cells of a row in a dialog where the terminal has 80


@pytest.fixture
def declare(place: DialogContext, clock: Any, incident_actions: IncidentActions) -> Declare:
    now = clock.now()
    alert = Signal("alert:f", "alert 5xx errors", now - timedelta(seconds=12))
    probe = Signal("probe:ready", "probe ready", now - timedelta(seconds=38))
    return Declare(place, clock, incident_actions, [alert, probe])


async def enter(pilot: Pilot[Any], clock: Any) -> None:
    """Press Enter as a hand does: some time after the last key, and then nothing."""
    await pilot.pause()
    clock.pass_by(1)
    await pilot.press("enter")
    await pilot.pause(SETTLE)
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


def said(app: Any) -> str:
    return str(app.screen.query_one("#notice", Lines).text)


async def test_keys_that_reach_a_dialog_on_its_way_out_do_nothing(
    stage: Any, declare: Declare, clock: Any, incident_actions: IncidentActions
) -> None:
    app = stage(declare)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"Readiness fails")
        clock.pass_by(1)
        declare.action_confirm()
        declare.action_leave()
        await pilot.pause(SETTLE)
        declare.action_confirm()
        declare.say("too late")
        assert app.answers == [None]
        assert incident_actions.open() == []


async def test_two_keys_and_one_line_declare(
    stage: Any, declare: Declare, clock: Any, incident_actions: IncidentActions
) -> None:
    app = stage(declare)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"Readiness fails")
        await enter(pilot, clock)
        (written,) = incident_actions.open()
        assert (written.title, written.severity) == ("Readiness fails", "P1")
        assert app.answers == [written]


async def test_the_severity_moves_without_leaving_the_title(
    stage: Any, declare: Declare, clock: Any, incident_actions: IncidentActions
) -> None:
    app = stage(declare)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"down", "up")
        await enter(pilot, clock)
        assert incident_actions.open()[0].severity == "P0"


@pytest.mark.parametrize("name", ["declare", "status"])
async def test_a_digit_meant_for_a_field_chooses_nothing(
    name: str, stage: Any, place: DialogContext, clock: Any, incident_actions: IncidentActions, incident: Incident
) -> None:
    app = stage(DIALOGS[name](place, clock, incident_actions, incident))
    async with app.run_test(size=(80, 24)) as pilot:
        before = [choice.chosen for choice in app.screen.query(Choice)]
        for choice in app.screen.query(Choice):
            choice.focus()
            await pilot.press(*"20 of 20")
        assert [choice.chosen for choice in app.screen.query(Choice)] == before


async def test_lowering_a_severity_asks_why_and_a_rise_waits_for_no_words(
    stage: Any, place: DialogContext, clock: Any, incident_actions: IncidentActions, incident: Incident
) -> None:
    lower = stage(StatusDialog(place, clock, incident_actions, incident))
    async with lower.run_test(size=(80, 24)) as pilot:
        await pilot.press("down")
        await enter(pilot, clock)
        assert "Say why it is only P2" in said(lower)
        assert incident_actions.find(incident.id).severity == "P1"
        await pilot.press(*"one client")
        await enter(pilot, clock)
        assert incident_actions.find(incident.id).severity == "P2"
    higher = stage(StatusDialog(place, clock, incident_actions, incident_actions.find(incident.id)))
    async with higher.run_test(size=(80, 24)) as pilot:
        await pilot.press("up", "up")
        await enter(pilot, clock)
        assert incident_actions.find(incident.id).severity == "P0"


@pytest.mark.parametrize(
    ("keys", "chosen", "recorded"), [((), "P2", "P2"), (("up",), "P0", "P0")], ids=["no choice", "one of their own"]
)
async def test_what_somebody_else_changes_meanwhile_stands_as_now_and_a_choice_stays(
    stage: Any,
    place: DialogContext,
    clock: Any,
    incident_actions: IncidentActions,
    incident: Incident,
    timeline: Timeline,
    keys: tuple[str, ...],
    chosen: str,
    recorded: str,
) -> None:
    app = stage(StatusDialog(place, clock, incident_actions, incident))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*keys)
        incident_actions.change_severity("P2", incident.id, "one client")
        incident_actions.change_status(IncidentStatus.IDENTIFIED, incident.id, "the pool")
        app.screen.post_message(EventsAppended(timeline.events(limit=2)))
        await pilot.pause()
        await app.workers.wait_for_complete()
        await pilot.pause()
        severity, status = app.screen.query_one("#severity", Choice), app.screen.query_one("#status", Choice)
        assert (severity.chosen, severity.changed) == (chosen, chosen != "P2")
        assert (status.chosen, status.changed) == (IncidentStatus.IDENTIFIED.value, False)
        await enter(pilot, clock)
    assert incident_actions.find(incident.id).severity == recorded
    assert [change.value for change in incident_actions.find(incident.id).statuses][-1] == IncidentStatus.IDENTIFIED


async def test_the_form_marks_what_is_chosen_and_what_holds_now_each_once(
    stage: Any,
    place: DialogContext,
    clock: Any,
    incident_actions: IncidentActions,
    incident: Incident,
    timeline: Timeline,
) -> None:
    """Without colour: a sign before the choice, and `(now)` behind what is on record, wherever both are."""

    def list_marked(choice: Choice, mark: str) -> list[str]:
        rows = zip(choice.text.splitlines(), choice.options, strict=True)
        return [name for row, (name, _) in rows if mark in row]

    app = stage(StatusDialog(place, clock, incident_actions, incident))
    async with app.run_test(size=(80, 24)) as pilot:
        severity, status = app.screen.query_one("#severity", Choice), app.screen.query_one("#status", Choice)
        assert [list_marked(choice, "▸") for choice in (severity, status)] == [["P1"], ["investigating"]]
        assert [list_marked(choice, "(now)") for choice in (severity, status)] == [[], []], "both are one"
        await pilot.press("up")
        status.focus()
        await pilot.press("down")
        assert [list_marked(choice, "▸") for choice in (severity, status)] == [["P0"], ["identified"]]
        assert [list_marked(choice, "(now)") for choice in (severity, status)] == [["P1"], ["investigating"]]
        incident_actions.change_severity("P2", incident.id, "one client")
        app.screen.post_message(EventsAppended(timeline.events(limit=1)))
        await pilot.pause()
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert (list_marked(severity, "▸"), list_marked(severity, "(now)")) == (["P0"], ["P2"])
        severity.focus()
        await pilot.press("down", "down")
        assert (list_marked(severity, "▸"), list_marked(severity, "(now)")) == (["P2"], [])


async def test_the_times_of_the_impact_are_proposed_anew_while_it_is_open_and_what_was_typed_stays(
    stage: Any,
    place: DialogContext,
    clock: Any,
    incident_actions: IncidentActions,
    incident: Incident,
    timeline: Timeline,
) -> None:
    def record(state: str, seconds: float) -> list[Event]:
        at = clock.now() + timedelta(seconds=seconds)
        detail = {"state": state}
        return timeline.record(
            [
                Draft(
                    Kind.PROBE,
                    f"ready {state}",
                    at,
                    incident.environment,
                    subject="ready",
                    source="recorder",
                    detail=detail,
                )
            ]
        )

    async def tell(events: list[Event]) -> None:
        app.screen.post_message(EventsAppended(events))
        await pilot.pause()
        await app.workers.wait_for_complete()
        await pilot.pause()

    app = stage(StatusDialog(place, clock, incident_actions, incident))
    async with app.run_test(size=(80, 24)) as pilot:
        begin, until = (app.screen.query_one(field, Input) for field in ("#impact-from", "#impact-until"))
        assert until.value == ""
        await tell(record("down", 0))
        down = begin.value
        assert down == f"{clock.now().astimezone(place.zone):%H:%M:%S}"
        clock.pass_by(300)
        up = record("up", -200)
        await tell(up)
        assert until.value == f"{up[0].occurred.astimezone(place.zone):%H:%M:%S}"
        until.value = "20:20"
        await tell([*record("down", -100), *record("up", 0)])
        assert (begin.value, until.value) == (down, "20:20")


async def test_a_severity_that_closing_hides_is_not_recorded(
    stage: Any, place: DialogContext, clock: Any, incident_actions: IncidentActions, incident: Incident
) -> None:
    app = stage(StatusDialog(place, clock, incident_actions, incident))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("up", "tab", "down", "down", "down")
        app.screen.query_one("#reason", Input).value = "rolled back"
        await enter(pilot, clock)
        assert [severity.value for severity in incident_actions.find(incident.id).severities] == ["P1"]


@pytest.mark.parametrize("name", ["declare", "note", "status"])
async def test_the_first_field_has_the_focus_and_a_bar_before_it(
    name: str, stage: Any, place: DialogContext, clock: Any, incident_actions: IncidentActions, incident: Incident
) -> None:
    app = stage(DIALOGS[name](place, clock, incident_actions, incident))
    async with app.run_test(size=(80, 24)) as pilot:
        fields = list(app.screen.query("Input, TextArea, Choice"))
        assert app.focused is fields[0]
        for _ in fields:
            barred = [field for field in fields if field.styles.border_left[0] not in ("", "none")]
            assert barred == [app.focused]
            await pilot.press("tab")


async def test_when_users_felt_it_and_its_scope_can_be_stated(
    stage: Any, declare: Declare, clock: Any, incident_actions: IncidentActions
) -> None:
    app = stage(declare)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"down")
        app.screen.query_one("#impact", Input).value = "02:14"
        app.screen.query_one("#reach", Input).value = "1h ago"
        await enter(pilot, clock)
        written = incident_actions.open()[0]
        assert written.impact_started == datetime.fromisoformat("2026-02-28T02:14:00+13:00")
        assert written.reach_from == clock.now() - timedelta(hours=1)


async def test_without_a_word_about_them_the_desk_decides_the_times(
    stage: Any, declare: Declare, clock: Any, incident_actions: IncidentActions
) -> None:
    app = stage(declare)
    async with app.run_test(size=(80, 24)) as pilot:
        assert app.screen.query_one("#reach", Input).value == "01:56:41"
        await pilot.press(*"down")
        await enter(pilot, clock)
        assert incident_actions.open()[0].impact_started is None
        assert incident_actions.open()[0].reach_from == clock.now() - timedelta(minutes=30)


async def test_a_time_nobody_can_read_is_refused_and_nothing_is_declared(
    stage: Any, declare: Declare, clock: Any, incident_actions: IncidentActions
) -> None:
    app = stage(declare)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"down")
        app.screen.query_one("#reach", Input).value = "soon"
        await enter(pilot, clock)
        assert "`soon` is not a time" in said(app)
        assert incident_actions.open() == []


async def test_what_is_bad_now_is_on_the_screen_longest_first(stage: Any, declare: Declare) -> None:
    app = stage(declare)
    async with app.run_test(size=(80, 24)):
        first, second = app.screen.query_one("#bad", Lines).text.splitlines()
        assert "probe ready       38s, since 02:26:03  detected by this" in first
        assert "alert 5xx errors  12s" in second


async def test_a_long_name_does_not_push_age_and_meaning_out_of_a_dialog(
    stage: Any, place: DialogContext, clock: Any, incident_actions: IncidentActions
) -> None:
    since = clock.now() - timedelta(seconds=38)
    long = Signal("alert:long", "alert ContainerAppReplicaRestartCountAboveThresholdCritical", since)
    app = stage(
        Declare(
            place,
            clock,
            incident_actions,
            [long, Signal("probe:ready", "probe ready", since + timedelta(seconds=5), is_unseen=True)],
        )
    )
    async with app.run_test(size=(80, 24)):
        shown = app.screen.query_one("#bad", Lines)
        first, second = shown.text.splitlines()
        assert first.endswith("38s, since 02:26:03  detected by this")
        assert second.endswith("33s, since 02:26:08 or before")
        assert len(first) <= shown.size.width


async def test_a_confirm_key_typed_ahead_of_the_dialog_is_not_heard(
    stage: Any, declare: Declare, clock: Any, incident_actions: IncidentActions
) -> None:
    app = stage(declare)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"down", "enter")
        await pilot.pause(SETTLE)
        assert incident_actions.open() == []
        assert "too soon" in said(app)
        assert app.screen.query_one("#title", Input).value == "down"


async def test_a_pasted_burst_with_line_breaks_does_nothing_but_type(
    stage: Any, declare: Declare, clock: Any, incident_actions: IncidentActions
) -> None:
    app = stage(declare)
    async with app.run_test(size=(80, 24)) as pilot:
        clock.pass_by(5)
        await pilot.press("enter", *"rm x", "enter", *"yes", "enter")
        await pilot.pause(SETTLE)
        assert incident_actions.open() == []
        assert app.screen.query_one("#title", Input).value == "rm xyes"


async def test_a_refusal_is_shown_and_the_typed_text_stays(
    stage: Any, declare: Declare, clock: Any, incident_actions: IncidentActions, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> NoReturn:
        raise RecordError("The disk is full; \x1b[2Jnothing was written.")

    app = stage(declare)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"down")
        with monkeypatch.context() as broken:
            broken.setattr(incident_actions, "declare", full)
            await enter(pilot, clock)
        assert "nothing was written" in said(app)
        assert "\x1b" not in said(app)
        assert app.screen.query_one("#title", Input).value == "down"
        await enter(pilot, clock)
        assert incident_actions.open()[0].title == "down"


async def test_esc_leaves_at_once_also_while_text_was_typed(
    stage: Any, declare: Declare, incident_actions: IncidentActions
) -> None:
    app = stage(declare)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"down", "escape")
        assert app.answers == [None]
        assert incident_actions.open() == []


async def test_an_empty_title_is_asked_for(
    stage: Any, declare: Declare, clock: Any, incident_actions: IncidentActions
) -> None:
    app = stage(declare)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, clock)
        assert "needs a title" in said(app)
        assert incident_actions.open() == []


async def test_production_is_a_word_and_another_border(stage: Any, declare: Declare) -> None:
    app = stage(declare)
    async with app.run_test(size=(80, 24)):
        frame = app.screen.query_one("#dialog")
        assert frame.border_subtitle == "PROD"
        assert frame.styles.border_top[0] == "double"
        assert "PROD" in app.screen.query_one("#place", Lines).text


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_the_whole_dialog_is_seen(stage: Any, declare: Declare, size: tuple[int, int]) -> None:
    app = stage(declare)
    async with app.run_test(size=size) as pilot:
        declare.say("a refusal that takes more than one row of the dialog " * 2)
        await pilot.pause()
        frame = app.screen.query_one("#dialog")
        assert app.screen.region.contains_region(frame.region)
        assert frame.max_scroll_y == 0


async def test_a_note_goes_to_the_incident_with_its_line_breaks_and_its_time(
    stage: Any,
    place: DialogContext,
    clock: Any,
    incident_actions: IncidentActions,
    incident: Incident,
    timeline: Timeline,
) -> None:
    app = stage(Note(place, clock, incident_actions, incident))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"one", "ctrl+j", *"two", "tab", *"10m ago")
        await enter(pilot, clock)
        (event,) = timeline.events(kinds=["note"])
        assert (event.incident, event.detail["text"]) == (incident.id, "one\ntwo")
        assert event.occurred == clock.now() - timedelta(minutes=10)


async def test_a_dialog_goes_by_the_keys_of_the_configuration_and_names_them(
    stage: Any, place: DialogContext, clock: Any, incident_actions: IncidentActions, timeline: Timeline
) -> None:
    app = stage(Note(place, clock, incident_actions, None))
    async with app.run_test(size=(80, 24)) as pilot:
        app.set_keymap({"dialog.confirm": "f9", "dialog.leave": "f8", "text_dialog.new_line": "f7"})
        await pilot.press(*"one", "f7", *"two")
        clock.pass_by(5)
        await pilot.pause(SETTLE)
        assert "f9 records · f7 new line · tab time · f8 leaves" in app.screen.query_one("#keys", Lines).text
        await pilot.press("f9")
        await pilot.pause(SETTLE)
        assert timeline.events()[0].detail["text"] == "one\ntwo"


async def test_a_pasted_note_keeps_its_lines_and_waits_for_enter(
    stage: Any, place: DialogContext, clock: Any, incident_actions: IncidentActions, timeline: Timeline
) -> None:
    app = stage(Note(place, clock, incident_actions, None))
    async with app.run_test(size=(80, 24)) as pilot:
        clock.pass_by(5)
        app.post_message(Paste("a\nb\n"))
        await pilot.pause(SETTLE)
        assert timeline.events() == []
        assert "journal" in app.screen.query_one("#goes-to", Lines).text
        await enter(pilot, clock)
        assert timeline.events()[0].detail["text"] == "a\nb"


async def test_status_changes_only_what_was_moved(
    stage: Any, place: DialogContext, clock: Any, incident_actions: IncidentActions, incident: Incident
) -> None:
    app = stage(StatusDialog(place, clock, incident_actions, incident))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("tab", "down", "tab", *"bad deploy")
        await enter(pilot, clock)
        (now,) = incident_actions.open()
        assert (now.severity, now.status, now.statuses[-1].reason) == ("P1", IncidentStatus.IDENTIFIED, "bad deploy")
        assert len(now.severities) == 1


async def test_what_is_typed_on_a_choice_that_came_up_is_the_reason(
    stage: Any, place: DialogContext, clock: Any, incident_actions: IncidentActions, incident: Incident
) -> None:
    app = stage(StatusDialog(place, clock, incident_actions, incident))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("tab", "down", "down", "down", "tab", *"r42 serves")
        await pilot.pause()
        assert app.screen.query_one("#because").display
        await enter(pilot, clock)
        now = incident_actions.find(incident.id)
        assert (now.status, now.statuses[-1].reason) == (IncidentStatus.RESOLVED, "r42 serves")


async def test_a_severity_that_was_entered_by_mistake_is_taken_back_and_needs_no_reason(
    stage: Any, place: DialogContext, clock: Any, incident_actions: IncidentActions, incident: Incident
) -> None:
    app = stage(StatusDialog(place, clock, incident_actions, incident))
    async with app.run_test(size=(80, 24)) as pilot:
        assert not app.screen.query_one("#why").display
        await pilot.press("down")
        await pilot.pause()
        assert app.screen.query_one("#why").display
        await pilot.press("tab", "tab", "tab", "down")
        await enter(pilot, clock)
        now = incident_actions.find(incident.id)
        assert [change.value for change in now.severities] == ["P2"]
        assert [change.value for change in now.mistakes] == ["P1"]


async def test_a_severity_that_changed_is_no_mistake_unless_somebody_says_so(
    stage: Any, place: DialogContext, clock: Any, incident_actions: IncidentActions, incident: Incident
) -> None:
    app = stage(StatusDialog(place, clock, incident_actions, incident))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("up")
        await enter(pilot, clock)
        now = incident_actions.find(incident.id)
        assert [change.value for change in now.severities] == ["P1", "P0"]
        assert now.mistakes == ()


async def test_resolving_asks_what_ended_it(
    stage: Any, place: DialogContext, clock: Any, incident_actions: IncidentActions, incident: Incident
) -> None:
    app = stage(StatusDialog(place, clock, incident_actions, incident))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("tab", "down", "down", "down")
        await enter(pilot, clock)
        assert "what ended it" in said(app)
        await pilot.press(*"rolled back")
        await enter(pilot, clock)
        assert incident_actions.find(incident.id).close_reason == "rolled back"


async def test_a_severity_recorded_before_a_refusal_is_not_recorded_twice(
    stage: Any,
    place: DialogContext,
    clock: Any,
    incident_actions: IncidentActions,
    incident: Incident,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def locked(*_: object, **__: object) -> NoReturn:
        raise RecordError("The timeline is locked.")

    app = stage(StatusDialog(place, clock, incident_actions, incident))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("up", "tab", "down")
        with monkeypatch.context() as broken:
            broken.setattr(incident_actions, "change_status", locked)
            await enter(pilot, clock)
        assert "locked" in said(app)
        await enter(pilot, clock)
        found = incident_actions.find(incident.id)
        assert ([each.value for each in found.severities], found.status) == (["P1", "P0"], IncidentStatus.IDENTIFIED)


async def test_a_sentence_about_a_choice_goes_when_the_choice_does(
    stage: Any, place: DialogContext, clock: Any, incident_actions: IncidentActions, incident: Incident
) -> None:
    app = stage(StatusDialog(place, clock, incident_actions, incident))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("down")
        await enter(pilot, clock)
        assert "Say why it is only P2" in said(app)
        app.screen.query_one("#severity", Choice).focus()
        await pilot.press("up")
        await pilot.pause()
        assert not app.screen.query_one("#notice").display


NIGHT_BEFORE = timedelta(seconds=36)
AGED: dict[str, Callable[..., Dialog[Any]]] = {
    "probe": lambda place, clock: Details(
        place, clock, ProbeResult("ready", "prod", "https://shop", ProbeState.DOWN, clock.now() - NIGHT_BEFORE)
    ),
    "event": lambda place, clock: Details(place, clock, event_at(clock.now() - NIGHT_BEFORE)),
    "revision": lambda place, clock: Details(place, clock, revision_at(clock.now() - NIGHT_BEFORE)),
    "menu": lambda place, clock: RevisionMenu(
        place, clock, application_of(clock.now() - NIGHT_BEFORE), revision_at(clock.now() - NIGHT_BEFORE)
    ),
}


@pytest.mark.parametrize("name", AGED)
async def test_an_age_goes_on_while_somebody_reads(name: str, stage: Any, place: DialogContext, clock: Any) -> None:
    app = stage(AGED[name](place, clock))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        assert "36s ago" in app.screen.query_one("#facts", Lines).text
        clock.pass_by(25)
        await pilot.pause(1.1)
        text = app.screen.query_one("#facts", Lines).text
        assert "36s ago" not in text
        assert "1m ago" in text


async def test_a_letter_on_a_list_goes_to_the_reason_and_a_needed_reason_is_marked(
    stage: Any, place: DialogContext, clock: Any, incident_actions: IncidentActions, incident: Incident
) -> None:
    app = stage(StatusDialog(place, clock, incident_actions, incident))
    async with app.run_test(size=(80, 24)) as pilot:
        label = app.screen.query_one("#reason-label", Lines)
        assert "(needed)" not in label.text
        await pilot.press("down")  # a severity that is lower
        await pilot.pause()
        assert "(needed)" in label.text
        await pilot.press("up", "tab", "down", "down", "down", "tab", *"it holds")
        await pilot.pause()
        assert "(needed)" in label.text
        assert app.screen.query_one("#reason", Input).value == "it holds"


async def test_status_without_a_move_does_nothing(
    stage: Any, place: DialogContext, clock: Any, incident_actions: IncidentActions, incident: Incident
) -> None:
    app = stage(StatusDialog(place, clock, incident_actions, incident))
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, clock)
        assert "Nothing was changed" in said(app)
        assert incident_actions.find(incident.id) == incident


def revision_at(moment: datetime) -> Revision:
    return Revision("shop", "shop--r44", True, 100, moment)


def application_of(moment: datetime) -> Application:
    return Application("shop", "prod", "multiple", "", (revision_at(moment),))


def event_at(moment: datetime) -> Event:
    return Event(1, None, "prod", "", moment, moment, "note", "cli", "ana", "seen", {}, None, 1, "")


DIALOGS: dict[str, Callable[..., Dialog[Any]]] = {
    "declare": lambda place, clock, incident_actions, incident: Declare(
        place, clock, incident_actions, [Signal("probe:ready", "probe ready", clock.now() - timedelta(seconds=38))]
    ),
    "note": Note,
    "status": StatusDialog,
}


@pytest.mark.parametrize("name", DIALOGS)
def test_picture_at_80x24(
    name: str,
    snap_compare: Any,
    stage: Any,
    place: DialogContext,
    clock: Any,
    incident_actions: IncidentActions,
    incident: Incident,
) -> None:
    assert snap_compare(stage(DIALOGS[name](place, clock, incident_actions, incident)), terminal_size=(80, 24))


@pytest.mark.parametrize("name", DIALOGS)
async def test_what_an_empty_field_shows_is_seen_whole_on_a_small_terminal(
    name: str, stage: Any, place: DialogContext, clock: Any, incident_actions: IncidentActions, incident: Incident
) -> None:
    app = stage(DIALOGS[name](place, clock, incident_actions, incident))
    async with app.run_test(size=(80, 24)):
        hints = {field: cell_len(field.placeholder) for field in app.screen.query(Input) if field.display}
        cut = [field.placeholder for field, cells in hints.items() if field.region and cells > field.content_size.width]
        assert not cut


def list_dialog_classes(parent: type[Dialog[Any]] = Dialog) -> list[type[Dialog[Any]]]:
    children = [child for child in parent.__subclasses__() if child.__module__.startswith("screens.")]
    return [*children, *(below for child in children for below in list_dialog_classes(child))]


def test_the_keys_of_every_dialog_fit_on_a_small_terminal() -> None:
    """The last one is how to leave; cut, nobody learns it."""
    for module in walk_packages(screens.__path__, "screens."):
        import_module(module.name)
    dialogs = list_dialog_classes()
    assert OpenEndsDialog in dialogs

    cut = {
        dialog.__name__: dialog.keys
        for dialog in dialogs
        for armed in (True, False)
        if sum(cell_len(text) for text, _ in key_line(dialog.keys, armed=armed, changes=dialog.changes)) > SMALL
    }
    assert not cut


async def test_an_enter_that_another_one_follows_is_held_and_does_not_count(
    stage: Any, declare: Declare, clock: Any, incident_actions: IncidentActions
) -> None:
    """As a stalled line brings it: long after the last one, but not alone."""
    app = stage(declare)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"Readiness fails")
        clock.pass_by(1)
        await pilot.press("enter", "enter", "enter")
        await pilot.pause(SETTLE)
        assert incident_actions.open() == []
        assert " ".join(said(app).split()) == explain_quick_key()


async def test_it_says_when_enter_counts(stage: Any, declare: Declare, clock: Any) -> None:
    app = stage(declare)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause(2 * ARMING)
        assert READY not in app.screen.query_one("#keys", Lines).text
        clock.pass_by(LET_GO)
        await pilot.pause(2 * ARMING)
        assert READY in app.screen.query_one("#keys", Lines).text

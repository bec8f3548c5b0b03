"""Declaring with the team's own words on the screen, and closing with a reason."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from textual.widgets import Input

from cockpit.incident.open_ends import OpenEnd, OpenEndKind
from cockpit.incident.signals import Signal
from cockpit.model.event import Draft, Event, Kind
from cockpit.model.incident import Incident
from cockpit.model.response import CloseReason
from screens.dialogs.declare import LIVE, Declare
from screens.dialogs.status import BECAUSE, OpenEndHandlers, OpenEndsDialog, StatusDialog
from tests.tui.messages.conftest import Play, Stage, press
from widgets.choice import Choice
from widgets.line import Lines

Open = Callable[..., Stage]


def plan_in(app: Stage) -> str:
    """What the team's plan says of the chosen level."""
    rows = " ".join(row.strip() for row in shown(app, "#response").splitlines())
    return rows.partition("Your plan: ")[2]


@pytest.fixture
def dialog(play: Play) -> Declare:
    since = play.time.now() - timedelta(seconds=38)
    return Declare(play.place, play.time, play.incident_actions, [Signal("probe:ready", "probe ready", since)])


def shown(app: Stage, id: str) -> str:
    return app.screen.query_one(id, Lines).text


async def test_the_ladder_is_on_screen_with_what_the_team_does_at_the_chosen_level(
    play: Play, stage: Open, dialog: Declare
) -> None:
    app = stage(play, dialog)
    async with app.run_test(size=(80, 24)) as pilot:
        severity_scale = app.screen.query_one(Choice).text
        assert all(each.definition in severity_scale for each in play.plan.severity_scale)
        assert plan_in(app) == "On-call leads; an update every 30 min"
        await press(pilot, play, "up")
        assert plan_in(app) == "Everybody; a commander within 15 min"


async def test_a_long_response_is_read_to_its_end(play: Play, stage: Open, dialog: Declare) -> None:
    long = "Everybody; acknowledge within 5 min, an incident commander within 10 min, updates every 15 min"
    play.incident_actions.severity_scale = (
        replace(play.plan.severity_scale[0], response=long),
        *play.plan.severity_scale[1:],
    )
    app = stage(play, dialog)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, play, "up")
        assert plan_in(app) == long


async def test_two_keys_and_one_line_declare_what_was_seen_first_as_detected(
    play: Play, stage: Open, dialog: Declare
) -> None:
    app = stage(play, dialog)
    async with app.run_test(size=(80, 24)) as pilot:
        assert "probe ready  38s, since 02:26:02  detected by this" in shown(app, "#bad")
        await press(pilot, play, *"down", "enter")
        (incident,) = play.incident_actions.open()
        assert (incident.title, incident.severity, incident.drill) == ("down", "P1", False)


@pytest.mark.parametrize("fields_on", range(4))
async def test_an_arrow_moves_the_severity_by_one_level_from_every_field(
    play: Play, stage: Open, dialog: Declare, fields_on: int
) -> None:
    app = stage(play, dialog)
    async with app.run_test(size=(80, 24)) as pilot:
        levels = [name for name, _ in app.screen.query_one(Choice).options]
        before = levels.index(app.screen.query_one(Choice).chosen)
        await press(pilot, play, *["tab"] * fields_on, "down")
        assert app.screen.query_one(Choice).chosen == levels[before + 1]
        await press(pilot, play, "up")
        assert app.screen.query_one(Choice).chosen == levels[before]


async def test_who_is_unsure_takes_the_higher_level_by_one_key(play: Play, stage: Open, dialog: Declare) -> None:
    app = stage(play, dialog)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, play, *"slow", "down", "ctrl+t")
        assert "unsure, so the higher one" in shown(app, "#unsure")
        assert app.screen.query_one(Choice).chosen == "P1"
        await press(pilot, play, "ctrl+t")
        assert app.screen.query_one(Choice).chosen == "P2"
        await press(pilot, play, "ctrl+t", "enter")
        assert play.incident_actions.open()[0].severity == "P1"


async def test_a_drill_is_declared_as_one(play: Play, stage: Open, dialog: Declare) -> None:
    app = stage(play, dialog)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, play, *"game day", "ctrl+r")
        assert "DRILL" in shown(app, "#unsure")
        await press(pilot, play, "enter")
        assert play.incident_actions.open()[0].drill


@pytest.mark.parametrize("already", [0, 2])
async def test_002_s0_p3_is_a_note_and_no_incident(play: Play, stage: Open, dialog: Declare, already: int) -> None:
    open = [play.incident_actions.declare(f"another {number}") for number in range(already)]
    app = stage(play, dialog)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, play, *"typo", "down", "down")
        assert "no incident" in shown(app, "#response")
        await press(pilot, play, "enter")
        (written,) = app.answers
        assert isinstance(written, Event)
        assert (written.kind, written.summary, written.incident) == ("note", "P3: typo", None)
        assert [each.id for each in play.incident_actions.open()] == [each.id for each in open]


@pytest.mark.parametrize("because", BECAUSE)
async def test_closing_says_how_it_ended(play: Play, stage: Open, because: CloseReason) -> None:
    incident = play.declare()
    down = ["down"] * list(BECAUSE).index(because)
    app = stage(play, StatusDialog(play.place, play.time, play.incident_actions, incident))
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, play, "tab", "down", "down", "down", "tab", *down, "tab", *"x", "enter")
        found = play.incident_actions.find(incident.id)
        assert (found.open, found.close_reason, found.because) == (False, "x", because)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_closing_is_refused_without_words_and_its_dialog_is_seen_whole(
    play: Play, stage: Open, size: tuple[int, int]
) -> None:
    incident = play.declare()
    app = stage(play, StatusDialog(play.place, play.time, play.incident_actions, incident))
    async with app.run_test(size=size) as pilot:
        await press(pilot, play, "tab", "down", "down", "down", "enter")
        said = app.screen.query_one("#notice", Lines)
        assert said.text.replace("\n", " ").endswith("then press enter again.")
        assert all(len(row) <= said.size.width for row in said.text.splitlines())
        assert app.screen.query_one("#dialog").max_scroll_y == 0
        assert play.incident_actions.find(incident.id).open


def recovered(play: Play) -> Incident:
    """An incident of twelve minutes, of a probe that was down and has been up again for three."""
    probe = Draft(Kind.PROBE, "", play.time.now(), "prod", "readyz", detail={"state": "down"})
    play.timeline.record([probe])
    play.declare()
    up_since = play.time.now() - timedelta(minutes=3)
    play.timeline.record([replace(probe, detail={"state": "up"}, occurred=up_since)])
    return play.incident_actions.find(None)


async def test_resolving_proposes_the_impact_with_what_says_so_and_enter_takes_it(play: Play, stage: Open) -> None:
    incident = recovered(play)
    app = stage(play, StatusDialog(play.place, play.time, play.incident_actions, incident))
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, play, "tab", "down", "down", "down")
        assert "readyz up again" in shown(app, "#impact-evidence")
        await press(pilot, play, "tab", "tab", *"rolled back", "enter")
        found = play.incident_actions.find(incident.id)
        assert (found.impact_started, found.impact_ended) == (incident.felt_since, incident.mitigated)
        assert found.impact_ended is not None
        assert not found.open


async def test_the_form_states_when_it_was_noticed_beside_the_impact(play: Play, stage: Open) -> None:
    incident = recovered(play)
    app = stage(play, StatusDialog(play.place, play.time, play.incident_actions, incident))
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, play, "tab", "down", "down", "tab")
        assert "by probe readyz" in shown(app, "#noticed-by")
        app.screen.query_one("#noticed", Input).value = "10s ago"
        await pilot.pause()
        await press(pilot, play, "enter")
        found = play.incident_actions.find(incident.id)
        assert (found.detected or incident.declared) > (incident.detected or found.declared)
        assert found.detected_by == play.incident_actions.operator


async def test_a_corrected_impact_is_recorded_and_one_that_cannot_be_is_asked_again(play: Play, stage: Open) -> None:
    incident = recovered(play)
    app = stage(play, StatusDialog(play.place, play.time, play.incident_actions, incident))
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, play, "tab", "down", "down", "tab")
        app.screen.query_one("#impact-until", Input).value = "never"
        await pilot.pause()
        await press(pilot, play, "enter")
        assert "is not a time" in shown(app, "#notice").replace("\n", " ")
        assert play.incident_actions.find(incident.id).status == "investigating"
        app.screen.query_one("#impact-until", Input).value = "10s ago"
        await pilot.pause()
        await press(pilot, play, "enter")
        found = play.incident_actions.find(incident.id)
        assert found.impact_ended is not None
        assert found.impact_ended > (incident.mitigated or found.impact_ended)
        assert found.status == "monitoring"


async def test_what_is_over_is_opened_again_only_with_a_reason(play: Play, stage: Open) -> None:
    incident = play.declare()
    play.incident_actions.resolve("rolled back", incident.id)
    play.catch_up()
    app = stage(
        play, StatusDialog(play.place, play.time, play.incident_actions, play.incident_actions.find(incident.id))
    )
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, play, "tab", "up", "enter")
        assert "Say why it is opened again" in shown(app, "#notice").replace("\n", " ")
        await press(pilot, play, *"it came back", "enter")
        found = play.incident_actions.find(incident.id)
        assert (found.open, found.statuses[-1].reason) == (True, "it came back")


async def test_a_dialog_beside_an_open_incident_says_so_and_offers_to_join_it(play: Play, stage: Open) -> None:
    incident = play.declare("Readiness failing")
    dialog = Declare(play.place, play.time, play.incident_actions, [], open=[incident])
    app = stage(play, dialog)
    async with app.run_test(size=(80, 24)) as pilot:
        assert "open already: P1 Readiness failing" in shown(app, "#already")
        assert "enter declares" in shown(app, "#keys")
        await press(pilot, play, *"slow too", "ctrl+o")
        told = shown(app, "#already") + shown(app, "#keys")
        assert ("…" in told, "enter declares" in told, "enter writes the note" in told) == (False, False, True)
        await press(pilot, play, "enter")
        (written,) = app.answers
        assert isinstance(written, Event)
        assert (written.kind, written.summary, written.incident) == ("note", "slow too", incident.id)
        assert [each.id for each in play.incident_actions.open()] == [incident.id]


async def test_without_the_key_another_incident_is_declared(play: Play, stage: Open) -> None:
    incident = play.declare("Readiness failing")
    app = stage(play, Declare(play.place, play.time, play.incident_actions, [], open=[incident]))
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, play, *"mail is late", "ctrl+o", "ctrl+o", "enter")
        assert len(play.incident_actions.open()) == 2


async def test_what_a_colleague_declares_meanwhile_is_shown_before_another_is_declared(play: Play, stage: Open) -> None:
    dialog = Declare(play.place, play.time, play.incident_actions, [], list_open=play.incident_actions.open)
    app = stage(play, dialog)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, play, *"slow")
        theirs = play.declare("Checkout is slow")
        await press(pilot, play, "enter")
        assert [each.id for each in play.incident_actions.open()] == [theirs.id]
        assert "Checkout is slow" in shown(app, "#notice").replace("\n", " ")

        await press(pilot, play, "ctrl+o", "enter")
        (written,) = app.answers
        assert isinstance(written, Event)
        assert (written.summary, written.incident) == ("slow", theirs.id)


async def test_the_dialog_pages_nobody_and_says_so_at_every_level(play: Play, stage: Open, dialog: Declare) -> None:
    app = stage(play, dialog)
    async with app.run_test(size=(80, 24)) as pilot:
        for _ in range(2):
            assert "This program pages nobody." in shown(app, "#response").replace("\n   ", "")
            await press(pilot, play, "down")


async def test_what_a_level_leads_to_is_shown_as_the_team_s_plan_and_orders_nobody(
    play: Play, stage: Open, dialog: Declare
) -> None:
    """The team's words may be orders; ours before them are facts, and where the team says nothing so do we."""
    orders = ("Page everybody NOW!", "", "Call the client")
    play.incident_actions.severity_scale = tuple(
        replace(level, response=order, backlog=False)
        for level, order in zip(play.plan.severity_scale[:3], orders, strict=True)
    )
    app = stage(play, dialog)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, play, "up", "up")
        texts = []
        for _ in orders:
            texts.append(" ".join(shown(app, "#response").split()))
            await press(pilot, play, "down")
    fact = "→ This program pages nobody."
    assert texts == [f"{fact} Your plan: Page everybody NOW!", fact, f"{fact} Your plan: Call the client"]


async def test_what_is_bad_has_the_signs_of_the_panes_and_stays_live(play: Play, stage: Open) -> None:
    since = play.time.now() - timedelta(seconds=38)
    bad = [Signal("probe:ready", "probe ready", since, "degraded")]
    app = stage(play, Declare(play.place, play.time, play.incident_actions, bad, list_bad=lambda: bad))
    async with app.run_test(size=(80, 24)) as pilot:
        assert "◐ probe ready" in shown(app, "#bad")
        bad.append(Signal("alert:f", "alert 5xx errors", since, "firing"))
        await pilot.pause(LIVE + 0.1)
        assert "▲ alert 5xx errors" in shown(app, "#bad")


def with_ends(play: Play, ends: list[OpenEnd]) -> tuple[StatusDialog, list[OpenEnd]]:
    """The dialog of the open incident, and what it dealt with: dealing with one takes it from the list."""
    dealt: list[OpenEnd] = []

    def deal(end: OpenEnd) -> None:
        dealt.append(end)
        ends.remove(end)

    actions = OpenEndHandlers(lambda: tuple(ends), deal)
    return StatusDialog(
        play.place, play.time, play.incident_actions, play.incident_actions.find(None), ends=actions
    ), dealt


FREEZE = OpenEnd(OpenEndKind.FREEZE, "prod is frozen")
SIGNAL = OpenEnd(OpenEndKind.SIGNAL, "alert 5xx errors is still bad", "alert:f", "check alert 5xx errors")
TO_RESOLVED = ("tab", "down", "down", "down", "tab", "tab")


async def test_resolving_lists_what_stays_open_and_deals_with_each_by_one_key(play: Play, stage: Open) -> None:
    incident = play.declare()
    dialog, dealt = with_ends(play, [SIGNAL, FREEZE])
    app = stage(play, dialog)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, play, *TO_RESOLVED, *"over", "enter")
        assert isinstance(app.screen, OpenEndsDialog)
        assert "1  alert 5xx errors is still bad" in shown(app, "#ends")
        await press(pilot, play, "2")
        assert dealt == [FREEZE]
        await pilot.pause(LIVE + 0.1)
        assert "frozen" not in shown(app, "#ends")
        await press(pilot, play, "enter")
        await pilot.pause(0.3)
        resolved = play.incident_actions.find(incident.id)
        assert not resolved.open
        assert [mark.text for mark in resolved.marks if mark.kind == "loop"] == [SIGNAL.left]


async def test_a_digit_deals_with_what_it_stood_beside_when_the_list_has_grown_shorter(play: Play, stage: Open) -> None:
    play.declare()
    ends = [SIGNAL, FREEZE, OpenEnd(OpenEndKind.RUN, "run not closed", "r1")]
    dialog, dealt = with_ends(play, ends)
    app = stage(play, dialog)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, play, *TO_RESOLVED, *"over", "enter")
        last = ends[-1]
        del ends[0]  # the alert is over by itself
        await pilot.pause(LIVE + 0.1)
        assert ("2  prod is frozen" in shown(app, "#ends"), "1  " in shown(app, "#ends")) == (True, False)
        await press(pilot, play, "1")
        assert dealt == []
        await press(pilot, play, "3", "2")
        assert dealt == [last, FREEZE]


async def test_leaving_the_list_resolves_nothing(play: Play, stage: Open) -> None:
    incident = play.declare()
    dialog, _ = with_ends(play, [SIGNAL])
    app = stage(play, dialog)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, play, *TO_RESOLVED, *"over", "enter", "escape")
        assert isinstance(app.screen, StatusDialog)
        assert play.incident_actions.find(incident.id).open


async def test_a_duplicate_names_the_incident_that_it_repeats(play: Play, stage: Open) -> None:
    first = play.declare("Readiness failing")
    second = play.incident_actions.declare("The same again", "P2")
    play.catch_up()
    dialog = StatusDialog(play.place, play.time, play.incident_actions, second, others=[first])
    app = stage(play, dialog)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, play, "tab", "down", "down", "down", "tab", "down", "down")
        assert first.title in app.screen.query_one("#of", Choice).text
        await press(pilot, play, "tab", "tab", *"same cause", "enter")
        assert play.incident_actions.find(second.id).duplicate_of == first.id

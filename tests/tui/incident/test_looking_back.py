"""Incidents of before, the numbers over them, the draft as it stands, and one event of the timeline in full."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from textual.pilot import Pilot

from cockpit.model.event import Kind
from cockpit.model.plan import Practice
from cockpit.model.response import Review
from screens.dialogs.details import EventDetails
from screens.dialogs.dialog import DialogContext
from screens.history import PastScreen
from screens.incident.brief import BriefScreen, layout_brief
from screens.incident.post_mortem import PreviewScreen, make_readable
from screens.shared.context import EventsAppended
from tests.tui.incident.conftest import Clock, Front, Session, confirm
from widgets.line import Lines
from widgets.output import OutputView


@pytest.fixture
def ended(session: Session, clock: Clock) -> Session:
    """An incident that was acknowledged, mitigated and resolved, and a drill beside it."""
    clock.pass_by(120)
    session.incident_actions.acknowledge()
    clock.pass_by(600)
    session.incident_actions.change_status("monitoring")
    clock.pass_by(300)
    session.incident_actions.resolve("rolled back")
    session.incident_actions.declare("A drill", "P1", drill=True)
    session.incident_actions.resolve("it was one", because="cancelled")
    session.catch_up()
    return session


async def read(pilot: Pilot[None]) -> None:
    """Wait for what a thread reads from the file."""
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


async def test_it_lists_every_incident_and_counts_no_drill(ended: Session, place: DialogContext) -> None:
    screen = PastScreen(ended, place)  # type: ignore[arg-type]  # all it needs of a session
    async with Front(screen).run_test(size=(120, 40)) as pilot:
        await read(pilot)

        titles = [row.cells[2].text for row in screen.panes[0].table.rows]
        assert sorted(titles) == ["DRILL A drill", "Readiness failing after deploy"]
        numbers = {row.id: [cell.text for cell in row.cells] for row in screen.panes[1].table.rows}
        assert numbers["TTA/P1"][2:6] == ["1", "2m 00s", "2m 00s", "2m 00s"]


async def test_the_definition_of_the_number_under_the_cursor_is_shown(ended: Session, place: DialogContext) -> None:
    screen = PastScreen(ended, place)  # type: ignore[arg-type]
    async with Front(screen).run_test(size=(80, 24)) as pilot:
        await read(pilot)
        await pilot.press("2", "down", "down")
        await pilot.pause()

        assert "first acknowledgement" in screen.query_one("#definition", Lines).text


async def test_overdue_drills_are_counted_until_one_was_done(ended: Session, place: DialogContext) -> None:
    late = [Practice(name, "Monthly", last="2026-01-20") for name in ("Rollback", "Restore")]
    ended.plan = ended.incident_actions.plan = replace(
        ended.plan, practices=(*late, Practice("Chaos", "Annual", "TBD"))
    )
    ended.incident_actions.practised("restore")
    screen = PastScreen(ended, place)  # type: ignore[arg-type]
    async with Front(screen).run_test(size=(80, 24)) as pilot:
        await read(pilot)

        assert "drills: 1 overdue" in screen.query_one("#bar", Lines).text


async def test_the_draft_is_read_before_it_is_written_and_its_review_moves_on(
    ended: Session, place: DialogContext, clock: Clock
) -> None:
    incident = next(each for each in ended.ledger.incidents.values() if not each.drill)
    screen = PreviewScreen(ended, place, incident)  # type: ignore[arg-type]
    async with Front(screen).run_test(size=(120, 40)) as pilot:
        await read(pilot)
        assert "# Post-mortem: Readiness failing after deploy" in "\n".join(screen.query_one(OutputView).tail.lines)

        await pilot.press("s", "down")
        await confirm(pilot, clock)
        ended.catch_up()
        assert ended.ledger.incidents[incident.id].review is Review.IN_REVIEW


async def test_a_draft_stays_where_it_is_read_when_something_happens(ended: Session, place: DialogContext) -> None:
    incident = next(each for each in ended.ledger.incidents.values() if not each.drill)
    screen = PreviewScreen(ended, place, incident)  # type: ignore[arg-type]
    async with Front(screen).run_test(size=(80, 24)) as pilot:
        await read(pilot)
        view = screen.query_one(OutputView)
        view.action_to_line(next(at for at, line in enumerate(view.tail.lines) if line.startswith("## What happened")))
        await pilot.pause()
        line = view.tail[view.top_line]
        before = view.tail
        ended.incident_actions.note("it happened while somebody read", incident.id)
        ended.catch_up()
        screen.post_message(EventsAppended(()))
        while view.tail is before:
            await pilot.pause(0.01)
        assert view.tail[view.top_line] == line


async def test_the_brief_says_the_situation_and_is_copied_as_it_stands(
    session: Session, place: DialogContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied: list[str] = []

    def copy(app: object, text: str) -> str:
        copied.append(text)
        return "copied"

    monkeypatch.setattr("screens.incident.brief.copy_text", copy)
    [incident] = session.ledger.incidents.values()
    session.incident_actions.decide("roll back", "the deploy")
    screen = BriefScreen(session, place, incident)  # type: ignore[arg-type]
    async with Front(screen).run_test(size=(80, 24)) as pilot:
        await read(pilot)
        shown = "\n".join(screen.query_one(OutputView).tail.lines)
        assert "decided" in shown
        assert "roll back" in shown
        assert all(len(line) <= 80 for line in screen.query_one(OutputView).tail.lines)

        await pilot.press("c")
        await pilot.pause()
    assert incident.id in copied[0]


def test_a_long_line_of_a_brief_goes_on_below_itself() -> None:
    rows = layout_brief([("note", "word " * 20)], 40)
    assert rows[0].startswith("note        word")
    assert all(row.startswith(" " * 12) for row in rows[1:])


def test_the_markers_of_a_draft_are_not_shown() -> None:
    assert make_readable(
        "# T\n\n<!-- cockpit:begin facts 00112233 -->\n\na fact\n\n<!-- cockpit:end facts -->\n\n_why?_\n"
    ) == ("# T\n\na fact\n\n_why?_\n")


async def test_an_event_can_be_pinned_linked_and_corrected(
    session: Session, place: DialogContext, clock: Clock
) -> None:
    note = session.incident_actions.note("started right after teh deploy")
    session.catch_up()
    [incident] = session.ledger.incidents.values()

    def front() -> Front:
        return Front(EventDetails(place, clock, note, session.incident_actions, incident))

    async with front().run_test(size=(120, 40)) as pilot:
        await pilot.press("p")
        await read(pilot)
    async with front().run_test(size=(120, 40)) as pilot:
        await pilot.press("k", *"https://graphs.example.com/1")
        await confirm(pilot, clock)
    async with front().run_test(size=(120, 40)) as pilot:
        await pilot.press("w", *["backspace"] * 10, *"the deploy")
        await confirm(pilot, clock)
        card = pilot.app.screen
        assert isinstance(card, EventDetails)
        assert "after the deploy" in card.query_one("#facts", Lines).text

    session.catch_up()
    [incident] = session.ledger.incidents.values()
    [correction] = [each for each in session.timeline.events(kinds=(Kind.NOTE,)) if each.supersedes == note.id]
    assert correction.summary == "started right after the deploy"
    assert incident.pins == {correction.id}, "what was said of the event is said of what stands in its place"
    assert [(each.event, each.target) for each in incident.links] == [(correction.id, "https://graphs.example.com/1")]


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
def test_picture_of_incidents_before(
    snap_compare: Callable[..., Any], ended: Session, place: DialogContext, size: tuple[int, int]
) -> None:
    screen = PastScreen(ended, place)  # type: ignore[arg-type]

    async def settled(pilot: Pilot[None]) -> None:
        await read(pilot)
        await pilot.press("2", "down")
        await pilot.pause()

    assert snap_compare(Front(screen), terminal_size=size, run_before=settled)

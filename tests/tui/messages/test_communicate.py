"""Telling others: what is known stands there, what is not is found by one key, and what was sent is on record."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, NoReturn

import pytest

from cockpit.model.event import RecordError
from screens.incident.people_forms import open_update_form
from screens.messages.screen import CommunicateScreen, MarkedText
from screens.shared.copying import copy_path
from tests.tui.messages.conftest import NOW, Play, Stage, press
from widgets.line import Lines
from widgets.table import KeyedTable

Open = Callable[..., Stage]


@pytest.fixture
def tell(play: Play, stage: Callable[..., Stage]) -> Open:
    def open(**given: Any) -> Stage:
        incident = play.declare(**given)
        return stage(play, CommunicateScreen(play, play.place, incident))  # type: ignore[arg-type]

    return open


def text(app: Stage) -> str:
    return app.screen.query_one(MarkedText).text


def shown(app: Stage, id: str) -> str:
    """The words of a widget, wherever its rows were broken."""
    return app.screen.query_one(id, Lines).text.replace("\n", " ")


async def test_the_declaration_comes_first_and_each_message_is_filled_from_the_incident(tell: Open, play: Play) -> None:
    app = tell()
    async with app.run_test(size=(80, 24)) as pilot:
        assert text(app).startswith("[P1] Readiness failing after deploy\nSeverity: P1, A major feature")
        await press(pilot, play, "down")
        assert "Started: 02:26 NZDT (13:26 UTC)" in text(app)
        assert "to clients · next one by 03:08 NZDT (14:08Z), in 29 min · 3 to fill" in shown(app, "#tell-settings")
        assert "Nothing is sent from here" in shown(app, "#tell-notice")


async def test_the_head_gives_up_words_of_the_title_and_never_the_status(tell: Open, play: Play) -> None:
    app = tell(title="Orders fail with 503 after release 1.44.0 of shop-api")
    async with app.run_test(size=(80, 24)):
        assert shown(app, "#tell-head").rstrip().endswith("INVESTIGATING")


async def test_a_notice_stands_above_the_lines_below_a_message(tell: Open, play: Play) -> None:
    app = tell()
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        app.notify("12:00:00 ready down.")
        await pilot.pause()
        app.screen.say("word " * 40)  # type: ignore[attr-defined]
        await pilot.pause()
        [notice] = app.screen.query("Toast")
        assert notice.region.bottom <= app.screen.query_one("#tell-notice").region.y


async def test_what_nobody_knew_is_selected_by_tab_and_typing_takes_its_place(tell: Open, play: Play) -> None:
    app = tell()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, play, "down", "enter", *"Joan", "tab", *"no sign-in", "tab", *"Ann", "tab")
        assert "Dear Joan,\n" in text(app)
        assert text(app).endswith("\n\nAnn")
        assert "all filled" in shown(app, "#tell-settings")
        assert "Nothing is left to fill" in shown(app, "#tell-notice")


async def test_words_of_a_person_stay_while_another_message_is_looked_at(tell: Open, play: Play) -> None:
    app = tell()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, play, "down", "e", *"Joan", "escape", "down", "up")
        assert "Dear Joan,\n" in text(app)
        play.time.pass_by(3600)
        await press(pilot, play, "down")
        assert text(app) == "Readiness failing after deploy: ⟦what we try next?⟧"


async def test_copying_goes_to_the_terminal_and_into_a_file_and_says_both(tell: Open, play: Play) -> None:
    app = tell()
    async with app.run_test(size=(120, 40)) as pilot:
        await press(pilot, play, "c")
        (file,) = (play.timeline.path.parent / "messages").iterdir()
        assert app.copied == [text(app)]
        assert file.read_text() == text(app) + "\n"
        assert file.stat().st_mode & 0o777 == 0o600
        assert shown(app, "#tell-notice").startswith("Copied; also in ")
        assert play.events("update") == []


async def test_what_was_sent_is_on_record_word_for_word_with_what_it_promised(tell: Open, play: Play) -> None:
    app = tell()
    async with app.run_test(size=(120, 40)) as pilot:
        await press(pilot, play, "down", "e", *"Joan", "tab", *"no sign-in", "tab", *"Ann", "escape", "s")
        (sent,) = play.ledger.incidents[play.incident_actions.open()[0].id].updates
        assert (sent.audience, sent.template, sent.text) == ("client", "notice", text(app))
        assert sent.promised == (NOW + timedelta(minutes=42)).replace(second=0, microsecond=0)
        assert app.copied == [text(app)]
        (file,) = (play.timeline.path.parent / "messages").iterdir()
        assert (play.events("update")[0].detail["file"], file.read_text()) == (str(file), text(app) + "\n")
        assert "Written down as sent to clients, the next one promised by 03:08 NZDT" in shown(app, "#tell-notice")


async def test_a_copied_text_stays_as_it_was_until_it_is_written_down(tell: Open, play: Play) -> None:
    app = tell()
    async with app.run_test(size=(120, 40)) as pilot:
        await press(pilot, play, "down", "down", "down", "c")
        copied = text(app)
        play.time.pass_by(600)
        await press(pilot, play, "s")
        assert "INVESTIGATING" in copied
        assert play.events("update")[0].detail["text"] == copied


async def test_a_message_with_something_missing_is_written_down_only_at_the_second_press(
    tell: Open, play: Play
) -> None:
    app = tell()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, play, "down", "s")
        assert "3 fields are not filled" in shown(app, "#tell-notice")
        assert play.events("update") == []
        await press(pilot, play, "s")
        assert len(play.events("update")) == 1


async def test_a_stray_letter_in_a_field_is_asked_about(tell: Open, play: Play) -> None:
    app = tell()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, play, "down", "enter", "j", "tab", *"no sign-in", "tab", *"Ann", "escape")
        assert "filled, 1 very short" in shown(app, "#tell-settings")
        await press(pilot, play, "s")
        assert "“j” is all" in shown(app, "#tell-notice")
        assert play.events("update") == []
        await press(pilot, play, "s")
        assert len(play.events("update")) == 1


async def test_what_is_on_record_is_written_down_again_only_at_the_second_press(tell: Open, play: Play) -> None:
    app = tell()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, play, "s")
        await press(pilot, play, "s")
        assert "recorded already" in shown(app, "#tell-notice")
        assert len(play.events("update")) == 1
        await press(pilot, play, "s")
        assert len(play.events("update")) == 2


async def test_what_happens_meanwhile_does_not_change_the_text_under_a_cursor(tell: Open, play: Play) -> None:
    app = tell()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, play, "down", "down", "down", "e")
        before = text(app)
        play.incident_actions.change_status("identified")
        await press(pilot, play, "right")
        assert "INVESTIGATING" in before
        assert text(app) == before
        await press(pilot, play, "escape")
        play.incident_actions.note("and again")
        await press(pilot, play)
        assert "IDENTIFIED" in text(app)


async def test_the_status_line_goes_to_the_channel_by_one_key(tell: Open, play: Play) -> None:
    app = tell()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, play, "i")
        line = "[P1] INVESTIGATING Readiness failing after deploy · prod · 00:12:03 · no IC yet · "
        assert app.copied == [f"{line}next update 03:08 NZDT (14:08Z)"]
        assert play.events("update")[0].detail["text"] == app.copied[0]
        assert play.events("update")[0].subject == "team"


async def test_who_reads_it_and_when_the_next_one_follows_are_chosen_by_keys(tell: Open, play: Play) -> None:
    app = tell()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, play, "down", "a", "p")
        assert "follows within 1 hour." in text(app)
        assert "to the team · next one by 03:38 NZDT (14:38Z), in 59 min" in shown(app, "#tell-settings")
        await press(pilot, play, "p", "p")
        assert "⟦30 minutes / 1 hour?⟧" in text(app)
        assert "promises no next one" in shown(app, "#tell-settings")


async def test_a_burst_of_keys_records_nothing(tell: Open, play: Play) -> None:
    app = tell()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("i", "i", "s", "s")
        await press(pilot, play)
        assert len(play.events("update")) <= 1  # the first key of a burst cannot know that it is one


async def test_words_that_went_nowhere_are_not_left_behind_by_one_key(tell: Open, play: Play) -> None:
    app = tell()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, play, "down", "e", *"Joan", "escape", "escape")
        assert "esc again" in shown(app, "#tell-notice")
        assert app.answers == []
        await press(pilot, play, "escape")
        assert app.answers == [None]


async def test_a_refusal_is_shown_and_the_words_stay(tell: Open, play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> NoReturn:
        raise RecordError("The disk is full; \x1b[2Jnothing was written.")

    monkeypatch.setattr(play.incident_actions, "sent", full)
    app = tell()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, play, "e", "x", "escape", "s")
        assert "nothing was written" in shown(app, "#tell-notice")
        assert app.screen.query_one(KeyedTable).rows[0].cells[2].text == "copied"
        assert "\x1b" not in shown(app, "#tell-notice")
        assert text(app).startswith("x[P1]")


async def test_a_directory_that_takes_no_file_keeps_nobody_from_telling_others(tell: Open, play: Play) -> None:
    (play.timeline.path.parent / "messages").write_text("in the way")
    app = tell()
    async with app.run_test(size=(120, 40)) as pilot:
        await press(pilot, play, "s")
        assert "cannot be written" in shown(app, "#tell-notice")
        assert len(play.events("update")) == 1


async def test_a_read_only_cockpit_copies_and_writes_nothing(tell: Open, play: Play) -> None:
    play.read_only = True
    app = tell()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, play, "c", "i", "s")
        assert app.copied == [text(app)]
        assert not (play.timeline.path.parent / "messages").exists()
        assert copy_path().read_text() == text(app), "kept for who copied it, beside no timeline"
        assert "Read-only" in shown(app, "#tell-notice")


@pytest.mark.parametrize("title", ["[/x] [@click=app.quit]a[/]", "\x1b]52;c;eA==\x07 {{ title }} ⟦x?⟧", "界" * 120])
async def test_a_hostile_title_is_shown_as_what_it_is(tell: Open, play: Play, title: str) -> None:
    app = tell(title=title)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, play, "down", "down", "down", "up")
        assert "\x1b" not in text(app)
        assert "1 to fill" in shown(app, "#tell-settings")


async def test_the_cursor_is_on_a_message_at_once(tell: Open, play: Play) -> None:
    app = tell()
    async with app.run_test(size=(80, 24)):
        assert app.screen.query_one(KeyedTable).cursor == "declaration"


# The small dialog


async def test_an_update_sent_by_other_means_is_one_line_and_enter(play: Play, stage: Open) -> None:
    incident = play.declare()
    app = stage(play, open_update_form(play.place, play.time, play.incident_actions, incident, play.plan))
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, play, *"told them", "enter")
        (sent,) = play.incident_actions.find(incident.id).updates
        assert (sent.text, sent.audience) == ("told them", "client")
        assert sent.promised == (play.time.now() + timedelta(minutes=30)).replace(microsecond=0)


@pytest.mark.parametrize(("typed", "minutes"), [("1 hour", 60), ("20", 20), ("none", None), ("", None)])
async def test_the_next_one_is_promised_as_it_was_typed(
    play: Play, stage: Open, typed: str, minutes: int | None
) -> None:
    incident = play.declare()
    app = stage(play, open_update_form(play.place, play.time, play.incident_actions, incident, play.plan))
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, play, "x", "tab", "ctrl+u", *typed, "enter")
        (sent,) = play.incident_actions.find(incident.id).updates
        due = (play.time.now() + timedelta(minutes=minutes)).replace(microsecond=0) if minutes else None
        assert sent.promised == due


async def test_a_time_that_is_none_is_refused(play: Play, stage: Open) -> None:
    app = stage(play, open_update_form(play.place, play.time, play.incident_actions, play.declare(), play.plan))
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, play, "x", "tab", "ctrl+u", *"soon", "enter")
        assert "`soon` is not a duration" in shown(app, "#notice")
        assert play.events("update") == []

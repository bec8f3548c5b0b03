"""The cockpit as somebody uses it: what they see, what each key does, and what it says when it does nothing."""

import re
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from cockpit.app import AT_ONCE, CockpitApp, EventNews, gather_news
from cockpit.model.alert import Severity
from cockpit.model.event import Kind
from cockpit.model.probe import ProbeState, SignalResult
from cockpit.model.problem import Problem, ProblemKind
from cockpit.model.revision import Application
from screens.main.filling import MANY_EVENTS, FilledPanes, TimelineScene
from screens.main.screen import CockpitScreen
from screens.shared.context import EventsAppended
from screens.shared.key_order import REFUSED
from tests.tui.stage import SIGNED_OUT, SYSTEM, Stage, ago, alerts, application, draft, probes, up
from tests.tui.terminal import Terminal
from widgets.pane import Pane

Open = Callable[..., AbstractAsyncContextManager["ScreenUser"]]
MakeTerminal = Callable[[int, int], Terminal]


class ScreenUser:
    """In front of the screen."""

    def __init__(self, app: CockpitApp, pilot: Pilot[None], stage: Stage, terminal: Terminal) -> None:
        self.app, self.pilot, self.stage, self.terminal = app, pilot, stage, terminal

    async def settle(self, seconds: float = 0.0) -> None:
        """Let `seconds` pass on the stage, and everything that follows from them be drawn."""
        self.stage.time.passed += seconds
        await self.pilot.pause()
        if self.cockpit.is_active:
            self.cockpit.show_waiting()
            self.cockpit.tick()
        await self.pilot.pause()

    async def press(self, *keys: str) -> None:
        """As a hand does, one after the other."""
        for key in keys:
            self.stage.time.passed += 0.2
            await self.pilot.press(key)
            await self.pilot.pause(0.2)

    @property
    def cockpit(self) -> CockpitScreen:
        return next(each for each in self.app.screen_stack if isinstance(each, CockpitScreen))

    @property
    def text(self) -> str:
        return "\n".join(self.terminal.lines)

    @property
    def hint(self) -> str:
        return self.terminal.lines[-2].strip()

    @property
    def told(self) -> list[str]:
        """What the notices said."""
        return [str(each.message) for each in self.app._notifications]


@pytest.fixture
def cockpit(stage: Stage, terminal: MakeTerminal) -> Open:
    @asynccontextmanager
    async def open(
        width: int = 120, height: int = 40, on: Stage = stage, notices: bool = False
    ) -> AsyncIterator[ScreenUser]:
        seen = terminal(width, height)
        app = CockpitApp(on.attach)  # type: ignore[arg-type]  # a stage is all the session it needs
        async with app.run_test(size=(width, height), notifications=notices) as pilot:
            while app.session is None or not isinstance(app.screen, CockpitScreen):
                await pilot.pause(0.01)
            user = ScreenUser(app, pilot, on, seen)
            await user.settle()
            yield user

    return open


async def test_it_paints_before_it_has_anything_to_show(stage: Stage, terminal: MakeTerminal) -> None:
    seen = terminal(120, 40)
    painted: list[str] = []

    async def attach() -> Stage:
        painted.extend(seen.lines)
        return stage

    async with CockpitApp(attach).run_test(size=(120, 40)) as pilot:  # type: ignore[arg-type]
        await pilot.pause()

    assert "".join(painted).strip()


async def test_files_left_beside_the_timeline_are_named_as_the_screen_opens(cockpit: Open) -> None:
    sentences = ("timeline.db.left-wal holds what was recorded last.", "saved.jsonl holds events.")
    async with cockpit(on=Stage(left_files=sentences)) as user:
        assert user.told == ["\n".join(sentences)]


async def test_the_story_of_a_bad_deployment_is_on_one_screen(cockpit: Open) -> None:
    async with cockpit() as user:
        user.stage.trouble()
        await user.settle(2)

        for words in ("1 Probes ✖1 ◐1 ◌1 ●9", "2 Alerts ▲2 △1", "3 Revisions mi-prod · multiple ✖1", "4 Timeline 6"):
            assert words in user.text
        assert "✖ ready        [STATUS] (503) == 200" in user.text
        assert "live 2s" in user.text
        assert "ready is down.  --v42 " in user.hint
        assert "“5xx errors” fires" in user.hint


async def test_beside_a_probe_that_is_down_every_critical_alert_is_counted(cockpit: Open) -> None:
    async with cockpit() as user:
        critical = alerts()[1]
        user.stage.say("probes", probes())
        user.stage.say("alerts:azure", tuple(replace(critical, fingerprint=f"c{number}") for number in range(73)))
        await user.settle(2)
        assert "“5xx errors” and 72 more fire" in user.hint


async def test_a_narrow_terminal_shows_one_pane_under_a_strip_that_counts_all_four(cockpit: Open) -> None:
    async with cockpit(80, 24) as user:
        user.stage.trouble()
        await user.settle()
        assert "1 Probes ✖1 ◐1 ◌1 ●9 │ 2 Alerts ▲2 △1 │ 3 Revisions ✖1 │ 4 Timeline" in user.text
        assert "▲ critical 5xx errors" not in user.text

        await user.press("2")
        assert "▲ critical 5xx errors" in user.text
        assert "[STATUS] (503)" not in user.text


async def test_numbers_and_tab_choose_the_pane(cockpit: Open) -> None:
    async with cockpit() as user:
        await user.press("3")
        assert user.app.focused is user.cockpit.panes[2].table
        await user.press("tab")
        assert user.app.focused is user.cockpit.panes[3].table
        await user.press("tab")
        assert user.app.focused is user.cockpit.panes[0].table


async def test_a_feed_that_falls_silent_grows_late_then_stale_and_is_never_called_fine(cockpit: Open) -> None:
    async with cockpit() as user:
        user.stage.quiet()
        await user.settle()
        assert "All quiet" in user.hint

        await user.settle(30)
        assert "late 30s" in user.text

        await user.settle(50)
        assert "STALE 1m" in user.text
        assert "what is shown is old" in user.hint
        assert user.cockpit.query_one("#probes", Pane).table.stale


async def test_an_expired_sign_in_is_shown_in_the_pane_with_the_key_that_mends_it(cockpit: Open) -> None:
    async with cockpit() as user:
        user.stage.trouble()
        user.stage.fail("revisions", SIGNED_OUT)
        await user.settle()

        assert "BLIND 401 az login expired" in user.text
        assert "--v42" in user.text  # the last good value stays
        assert user.hint.endswith("  i signs in again")


async def test_where_only_a_machine_signs_in_no_key_is_promised(cockpit: Open) -> None:
    async with cockpit() as user:
        user.stage.credential = SimpleNamespace(signs_in_with=None)
        user.stage.fail("revisions", replace(SIGNED_OUT, advice="Nobody can sign in here."))
        await user.settle()
        assert user.hint.endswith("  Nobody can sign in here.")
        await user.press("i")
        assert "Only a machine's identity is configured here: nobody can sign in." in user.told


async def test_an_empty_pane_teaches(cockpit: Open) -> None:
    async with cockpit() as user:
        user.stage.say("alerts:azure", ())
        user.stage.fail("probes", Problem(ProblemKind.NETWORK, "no route", "The network is down.", "Check the VPN."))
        await user.settle(4)

        assert "No alerts." in user.text
        assert "Watching azure, last look 4s ago." in user.text
        assert "The network is down." in user.text
        assert "Nothing happened yet." in user.text


async def test_a_system_without_probes_says_how_to_get_some(cockpit: Open, stage: Stage) -> None:
    bare = Stage(feeds=stage.feeds[2:])
    async with cockpit(on=bare) as user:
        assert "No probe is configured." in user.text
        assert "[[environments.prod.probes]] in cockpit.toml" in user.text


async def test_without_a_configuration_the_screen_says_where_it_looked_and_how_to_begin(
    cockpit: Open, stage: Stage
) -> None:
    searched = ("/home/kim/shop/cockpit.toml", "/home/kim/.config/cockpit/cockpit.toml")
    bare = Stage(system=replace(SYSTEM, searched=searched), feeds=stage.feeds[2:])
    async with cockpit(on=bare) as user:
        user.stage.say("revisions", ())
        await user.settle()
        assert all(path in user.text for path in searched)
        assert "[[environments.prod.probes]]" in user.text
        assert "cockpit.toml" in user.hint
        assert "Watching" not in user.text


async def test_one_key_takes_the_alert_under_the_cursor(cockpit: Open) -> None:
    async with cockpit() as user:
        user.stage.trouble()
        await user.settle()
        await user.press("2", "down", "a")
        while not user.told:
            await user.pilot.pause(0.01)

        assert user.stage.incident_actions.asked == [("acknowledge", "azure:a2", "Container restarts")]
        assert user.told == ["You acknowledged Container restarts."]


async def test_a_group_is_taken_with_one_key(cockpit: Open) -> None:
    async with cockpit() as user:
        user.stage.quiet()
        first = alerts()[0]
        several = tuple(replace(first, fingerprint=f"g{number}", resource=f"pod-{number}") for number in range(7))
        user.stage.say("alerts:azure", several)
        await user.settle()
        await user.press("2", "a")
        while not user.told:
            await user.pilot.pause(0.01)

        assert user.told == ["You acknowledged 7 alerts Container restarts."]
        ((what, taken),) = user.stage.incident_actions.asked
        assert (what, taken) == ("acknowledge_all", several)


async def test_at_120_columns_an_alert_shows_its_summary(cockpit: Open) -> None:
    async with cockpit(120, 40) as user:
        user.stage.trouble()
        await user.settle()
        rows = [line for line in user.terminal.lines if "▲ high " in line]
        assert "mi-prod 4 restarts" in rows[0]  # as much of it as half a screen has room for


async def test_an_alert_taken_by_anybody_shows_who_and_is_not_taken_twice(cockpit: Open) -> None:
    async with cockpit() as user:
        user.stage.trouble()
        ack = {"subject": "azure:a1", "actor": "ana"}
        user.stage.timeline.record([draft(Kind.ACK, "acknowledged 5xx errors", 5, ack)])
        await user.settle()
        assert "✔ ana" in user.text

        await user.press("a")
        assert user.stage.incident_actions.asked == []
        assert user.told == ["Somebody acknowledged this alert already. Choose another one in pane 2."]


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("s", "Status needs an incident, and there is none yet. Declare one first."),
        ("a", "There is no alert to acknowledge."),
        ("x", "Export needs an incident, and there is none yet. Declare one first."),
        ("l", "Logs needs an app, and none is known yet."),
        ("i", "No source asks for a sign-in."),
    ],
)
async def test_a_key_that_does_nothing_says_why(cockpit: Open, key: str, why: str) -> None:
    async with cockpit() as user:
        await user.press(key)

        assert user.told == [why]


@pytest.mark.parametrize("key", ["d", "n", "a"])
async def test_read_only_writes_nothing_and_says_so(cockpit: Open, key: str) -> None:
    async with cockpit(on=Stage(read_only=True, recorder=None)) as user:
        user.stage.trouble()
        await user.settle()
        await user.press(key)

        assert user.told == ["Read-only: nothing is recorded. Start without --read-only to write."]
        assert user.stage.incident_actions.asked == []


async def test_enter_opens_what_is_under_the_cursor(cockpit: Open) -> None:
    async with cockpit() as user:
        user.stage.trouble()
        await user.settle()
        await user.press("enter")

        assert "https://mi.example.com/health/ready" in user.text


@pytest.mark.parametrize(
    ("key", "words"), [("d", "Declare an incident"), ("n", "Note"), ("w", "PROD"), ("question_mark", "esc closes")]
)
async def test_each_key_opens_its_screen(cockpit: Open, key: str, words: str) -> None:
    async with cockpit() as user:
        user.stage.trouble()
        await user.settle()
        await user.press(key)
        await user.pilot.pause(0.1)

        assert words in user.text
        assert len(user.app.screen_stack) == 2


async def test_in_an_incident_the_bar_tells_it_and_status_opens(cockpit: Open) -> None:
    async with cockpit() as user:
        user.stage.trouble()
        user.stage.incident()
        await user.settle()
        assert "P1 Readiness failing after deploy   INVESTIGATING   00:00:52" in user.terminal.lines[0]

        await user.press("s")
        assert "Severity and status" in user.text


async def test_of_two_incidents_each_clock_in_the_bar_says_whose_it_is(cockpit: Open) -> None:
    async with cockpit() as user:
        user.stage.incident()
        worse = {"incident": "INC-b7f", "detail": {"title": "Data is lost", "severity": "P0"}}
        user.stage.timeline.record([draft(Kind.DECLARE, "declared P0", 40, worse)])
        await user.settle()
        assert "P0 Data is lost" in user.terminal.lines[0]
        assert re.search(r" C-1 escalate \S+ · C-1 answer \S+$", user.terminal.lines[0].rstrip())


async def test_the_filter_shows_only_matching_rows_until_escape(cockpit: Open) -> None:
    async with cockpit() as user:
        user.stage.trouble()
        await user.settle()
        await user.press("slash", *"ready", "enter")
        assert "1 of 12" in user.text
        assert "site 01" not in user.text

        await user.press("escape")
        assert "site 01" in user.text


async def test_letters_typed_into_the_filter_are_letters(cockpit: Open) -> None:
    async with cockpit() as user:
        user.stage.trouble()
        await user.settle()
        await user.press("slash", *"adnx")

        assert len(user.app.screen_stack) == 1
        assert user.stage.incident_actions.asked == []


async def test_a_burst_of_keys_never_takes_an_alert(cockpit: Open) -> None:
    async with cockpit() as user:
        user.stage.trouble()
        await user.settle()
        await user.pilot.press(*"Qga")

        assert user.stage.incident_actions.asked == []
        assert user.told == [REFUSED]


async def test_a_click_on_a_key_is_as_good_as_the_key(cockpit: Open) -> None:
    async with cockpit() as user:
        await user.pilot.click("#keys-line", offset=(user.terminal.lines[-1].index("Help"), 0))
        await user.pilot.pause(0.1)

        assert "esc closes" in user.text


async def test_refresh_asks_every_feed(cockpit: Open) -> None:
    async with cockpit() as user:
        await user.press("f5")

        assert [feed.asked for feed in user.stage.feeds] == [1, 1, 1]


async def test_a_new_critical_alert_rings_once_and_only_when_it_is_new(cockpit: Open) -> None:
    async with cockpit() as user:
        user.stage.say("alerts:azure", alerts())
        user.stage.say("alerts:azure", alerts())
        assert user.terminal.bells == 1

        second = replace(alerts()[0], severity=Severity.CRITICAL)
        user.stage.say("alerts:azure", (*alerts()[1:], second))
        assert user.terminal.bells == 2


async def test_a_muted_bell_is_silent_and_the_bar_says_so(cockpit: Open) -> None:
    async with cockpit() as user:
        await user.press("m")
        user.stage.say("alerts:azure", alerts())
        await user.settle()

        assert user.terminal.bells == 0
        assert "bell off" in user.text


async def test_the_palette_names_every_key_that_works(cockpit: Open) -> None:
    async with cockpit() as user:
        for key in ("ctrl+p", "colon"):
            await user.press(key)
            await user.pilot.pause(0.2)
            assert "Declare" in user.text
            await user.press("escape")


async def test_an_enter_before_the_list_of_the_palette_fits_its_text_chooses_nothing(cockpit: Open) -> None:
    async with cockpit() as user:
        await user.press("colon")
        await user.pilot.pause(0.2)
        palette = user.app.screen
        field = palette.query_one(Input)
        field.value = "zzz"
        await field.action_submit()
        await user.pilot.pause(0.3)
        assert user.app.screen is palette

        field.value = "Declare"
        await user.pilot.pause(0.5)
        await user.press("enter")
        await user.settle()
        assert user.app.screen is not palette


async def test_another_process_writes_and_it_is_seen(cockpit: Open) -> None:
    async with cockpit() as user:
        user.stage.timeline.record([draft(Kind.NOTE, "seen from the second shell", 1, {"actor": "ana@example.com"})])
        await user.settle()

        assert "ana      seen from the second shell" in user.text


async def test_a_second_of_quiet_costs_little(cockpit: Open) -> None:
    async with cockpit() as user:
        user.stage.say("probes", tuple(up(f"probe {number:02}") for number in range(20)))
        user.stage.say("alerts:azure", ())
        user.stage.say("revisions", (Application("mi", "prod", "single", "mi.example.com", ()),))
        await user.settle(1)
        await user.settle(1)
        user.terminal.forget()
        await user.settle(1)

        assert "live 3s" in user.text
        assert user.terminal.cost < 1_000


async def test_behind_a_dialog_that_stands_alone_nothing_is_sent_and_afterwards_everything_is_new(
    cockpit: Open,
) -> None:
    async with cockpit(110, 40) as user:
        user.stage.quiet()
        await user.settle()
        await user.press("n")
        user.stage.trouble()
        still = 0
        for _ in range(50):  # until the dialog stands: it is painted once more when it has been still for a moment
            user.terminal.forget()
            await user.settle(1)
            still = 0 if user.terminal.cost else still + 1
            if still == 5:
                break
        assert still == 5
        user.stage.trouble()
        await user.settle(1)
        await user.settle(1)
        assert user.terminal.sent == ""

        await user.press("escape")
        assert "[STATUS] (503) == 200" in user.text
        assert "started right" in user.text


async def test_a_pane_with_thousands_of_rows_draws_only_what_is_seen(cockpit: Open) -> None:
    async with cockpit() as user:
        many = tuple(replace(alerts()[0], fingerprint=str(number)) for number in range(2_000))
        user.stage.say("alerts:azure", many)
        await user.settle()
        user.terminal.forget()
        user.stage.say("alerts:azure", many)
        await user.settle()

        assert user.terminal.cost < 2_000
        assert "2 Alerts ▲2000" in user.text


async def test_the_alerts_of_a_storm_are_built_beside_the_screen_and_the_newest_poll_wins(cockpit: Open) -> None:
    def storm(count: int) -> tuple[Any, ...]:
        return tuple(replace(alerts()[0], fingerprint=str(number), name=f"Rule {number}") for number in range(count))

    async with cockpit() as user:
        for count in (600, 700, 800):
            user.stage.say("alerts:azure", storm(count))
        while "2 Alerts ▲800" not in user.text:
            await user.settle()


async def test_what_is_redacted_in_another_shell_is_gone_from_the_open_screen(cockpit: Open) -> None:
    async with cockpit() as user:
        [event] = user.stage.timeline.record([draft(Kind.NOTE, "the phrase is zebra-coffee", 1)])
        await user.settle()
        assert "zebra-coffee" in user.text
        user.stage.timeline.record([draft(Kind.REDACT, "redacted: leak", 1, {"subject": str(event.id)})])
        await user.settle()
        assert "zebra-coffee" not in user.text


async def test_a_storm_of_events_is_taken_in_turns_and_in_order(cockpit: Open) -> None:
    async with cockpit() as user:
        user.stage.timeline.record([draft(Kind.NOTE, f"note {number}", 1) for number in range(3 * AT_ONCE)])
        user.stage.timeline.record([draft(Kind.NOTE, "behind them", 1)])
        while "behind them" not in user.text:
            await user.settle()

        assert user.stage.ledger.last == len(user.stage.timeline.kept)
        assert [event.id for event in user.stage.history] == sorted(event.id for event in user.stage.history)
        while ("keep_up",) not in user.stage.incident_actions.asked:
            await user.settle()


async def test_the_news_of_a_storm_are_gathered_beside_the_screen_and_nothing_that_comes_meanwhile_is_lost(
    cockpit: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[tuple[int, bool]] = []

    def gather(history: Any, events: Any, *others: Any) -> EventNews:
        threads.append((len(events), threading.current_thread() is threading.main_thread()))
        return gather_news(history, events, *others)

    monkeypatch.setattr("cockpit.app.gather_news", gather)
    async with cockpit() as user:
        timeline = user.stage.timeline
        [event] = timeline.record([draft(Kind.NOTE, "the phrase is zebra-coffee", 1)])
        await user.settle()
        timeline.record([draft(Kind.NOTE, f"note {number}", 1) for number in range(3 * AT_ONCE)])
        timeline.record([draft(Kind.REDACT, "redacted: leak", 1, {"subject": str(event.id)})])
        timeline.record([draft(Kind.NOTE, "behind them", 1)])
        while "behind them" not in user.text:
            await user.settle()

        assert [event.summary for event in user.stage.history if event.id == 1] == [""]
        assert [event.id for event in user.stage.history] == [event.id for event in timeline.kept]
    assert (1, True) in threads
    assert (3 * AT_ONCE, False) in threads
    assert (3 * AT_ONCE, True) not in threads


async def test_a_long_timeline_is_filled_beside_the_screen_and_shows_what_came_last(
    cockpit: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled: list[tuple[int, bool]] = []
    fill = TimelineScene.fill

    def note_thread(scene: TimelineScene) -> FilledPanes:
        filled.append((len(scene.history), threading.current_thread() is threading.main_thread()))
        return fill(scene)

    monkeypatch.setattr(TimelineScene, "fill", note_thread)
    async with cockpit() as user:
        user.stage.timeline.record([draft(Kind.NOTE, "a first note", 1)])
        await user.settle()
        assert "a first note" in user.text
        user.stage.timeline.record([draft(Kind.NOTE, f"note {number}", 1) for number in range(MANY_EVENTS)])
        user.stage.timeline.record([draft(Kind.NOTE, "an own act", 1)])
        while "an own act" not in user.text:
            await user.settle()

    assert (1, True) in filled
    assert (MANY_EVENTS + 2, False) in filled
    assert not [count for count, on_loop in filled if on_loop and count > MANY_EVENTS]


async def test_what_changed_nothing_on_the_timeline_fills_it_no_second_time(
    cockpit: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    fills: list[TimelineScene] = []
    fill = TimelineScene.fill

    def count(scene: TimelineScene) -> FilledPanes:
        fills.append(scene)
        return fill(scene)

    monkeypatch.setattr(TimelineScene, "fill", count)
    async with cockpit() as user:
        user.stage.timeline.record([draft(Kind.NOTE, "a note", 1)])
        await user.settle()
        fills.clear()
        user.app.screen.post_message(EventsAppended(()))
        await user.settle()
        assert fills == []


async def test_quitting_closes_the_session(cockpit: Open) -> None:
    async with cockpit() as user:
        user.stage.say("probes", probes())
        await user.press("ctrl+q")

    assert user.stage.closed


def refused(*messages: str) -> Callable[[], Awaitable[Any]]:
    async def attach() -> None:
        raise ValueError(*messages)

    return attach


@pytest.mark.parametrize(
    ("attach", "farewell"),
    [
        (refused("cockpit.toml: there is no such file."), "cockpit.toml: there is no such file."),
        (refused("\x1b]52;c;AAAA\x07 bad"), "\ufffd]52;c;AAAA\ufffd bad"),
        (refused(), "ValueError"),
    ],
)
async def test_what_cannot_be_attached_to_ends_with_one_sentence_and_code_2(
    attach: Callable[[], Awaitable[Any]], farewell: str
) -> None:
    app = CockpitApp(attach)
    async with app.run_test() as pilot:
        while not app.farewell:
            await pilot.pause(0.01)

    assert (app.return_code, app.farewell) == (2, farewell)


async def test_a_theme_that_is_not_there_is_refused() -> None:
    farewell = "theme: there is no theme `neon`; choose one of dark, light, high-contrast, ansi."
    stage = Stage()
    stage.system = replace(stage.system, theme="neon")
    app = CockpitApp(stage.attach)  # type: ignore[arg-type]
    async with app.run_test() as pilot:
        while not app.farewell:
            await pilot.pause(0.01)

    assert (app.return_code, app.farewell) == (2, farewell)
    assert stage.closed


async def test_a_rebound_key_works_and_every_place_names_it(cockpit: Open) -> None:
    stage = Stage()
    stage.system = replace(stage.system, keys={"declare": "f7"})
    async with cockpit(on=stage) as user:
        user.stage.trouble()
        await user.settle()
        assert "f7 declares an incident" in user.hint
        assert "f7 Declare" in user.terminal.lines[-1]

        await user.press("f7")
        assert "What is broken" in user.text


async def test_logs_and_hint_mean_the_same_revision_whatever_is_deployed_meanwhile(cockpit: Open) -> None:
    async with cockpit() as user:
        before = replace(application(), revisions=application().revisions[1:])
        user.stage.say("revisions", (before,))
        await user.settle()
        await user.press("3")
        user.stage.trouble()
        await user.settle()
        assert "--v42 4m ago · R rolls it back · l shows its logs" in user.hint
        assert user.cockpit.under_cursor(2) == application().revisions[0]

        await user.press("down")
        assert "l shows the logs of --v41" in user.hint
        await user.press("1")
        assert "l shows its logs" in user.hint


async def test_a_timeline_that_is_not_recorded_is_seen_on_80_columns(cockpit: Open) -> None:
    async with cockpit(80, 24) as user:
        user.stage.trouble()
        assert user.stage.recorder is not None
        user.stage.recorder.status = "NOT RECORDED, 6 facts waiting: The disk of /t.db is full: so. Free some space."
        await user.settle()

        assert "NOT RECORDED" in user.terminal.lines[0]
        assert user.hint.startswith("▸ NOT RECORDED, 6 facts waiting")
        assert user.hint.endswith("Free some space.")


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
async def test_a_notice_covers_neither_hint_nor_keys_and_there_is_one_at_a_time(
    cockpit: Open, size: tuple[int, int]
) -> None:
    async with cockpit(*size, notices=True) as user:
        below = user.terminal.lines[-3:]
        await user.press("s", "a", "x")
        await user.pilot.pause(0.5)

        assert [text.partition(" ")[0] for text in user.told] == ["Export"]
        assert any(user.told[0][:20] in line for line in user.terminal.lines[3:-3])
        assert user.terminal.lines[-3:] == below


async def test_a_dialog_opens_without_the_notices_of_before(cockpit: Open) -> None:
    async with cockpit() as user:
        await user.press("s", "n")

        assert user.told == []


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
async def test_a_filter_says_what_ends_it_while_it_is_typed_and_while_it_is_kept(
    cockpit: Open, size: tuple[int, int]
) -> None:
    async with cockpit(*size) as user:
        user.stage.trouble()
        await user.settle()
        await user.press("4", "slash", *"zzz")
        assert user.hint == "▸ Only rows with these words.  enter keeps them · esc shows all rows"
        assert "esc shows all rows" in user.text

        await user.press("enter")
        assert "4 Timeline 0 of 6 ‘zzz’ · esc shows all" in user.text
        assert "ready is down." in user.hint

        await user.press("1", "escape")
        assert user.cockpit.panes[3].words == ""


async def test_help_lists_every_way_to_move_and_keeps_its_order_when_a_key_is_rebound(cockpit: Open) -> None:
    stage = Stage()
    stage.system = replace(stage.system, keys={"declare": "f7"})
    async with cockpit(120, 60, on=stage) as user:
        assert user.terminal.lines[-1].strip().startswith("f7 Declare")

        await user.press("question_mark")
        shown = [line[21:99].strip("│ ") for line in user.terminal.lines]  # the help alone, not what is behind it
        at = next(number for number, line in enumerate(shown) if line.endswith("Keys"))
        assert shown[at + 1].endswith("Declare an incident")
        told = [" ".join(line.split()) for line in shown]
        assert "1 2 3 4 To a pane: probes, alerts, revisions, timeline" in told
        assert "enter Details of the row" in told
        assert "↑ k ↓ j A row up, a row down" in told


async def test_the_palette_says_where_a_number_leads(cockpit: Open) -> None:
    async with cockpit() as user:
        named = {each.title: each.help for each in user.app.get_system_commands(user.app.screen)}

        assert named["To Alerts"] == "2   To pane 2: Alerts"


@pytest.mark.parametrize("key", ["d", "r"])
async def test_documents_that_were_edited_meanwhile_are_read_before_they_are_gone_by(
    cockpit: Open, stage: Stage, key: str
) -> None:
    gone = Problem(ProblemKind.MISSING, "not there", "oncall.md is not there.", "Its rules are not known.")
    async with cockpit(notices=True) as user:
        stage.edited = replace(stage.plan, problems=(gone,))
        await user.press(key)
        while stage.plan is not stage.edited or not user.told:
            await user.pilot.pause(0.01)
        assert user.told == ["oncall.md is not there. Its rules are not known."]


async def test_the_timeline_is_shown_without_what_was_written_by_itself(cockpit: Open) -> None:
    async with cockpit() as user:
        user.stage.trouble()
        user.stage.incident()
        await user.settle()
        await user.press("t")
        await user.settle()

        assert "4 Timeline 2 by people" in user.text
        assert "started right after the deploy" in user.text
        assert "5xx errors fired" not in user.text

        await user.press("t")
        await user.settle()
        assert "5xx errors fired" in user.text


async def test_from_error_to_error_on_the_timeline(cockpit: Open) -> None:
    async with cockpit() as user:
        user.stage.trouble()
        await user.settle()

        def here() -> str:
            chosen = user.cockpit.under_cursor(3)
            return getattr(chosen, "summary", "")

        await user.press("E")
        assert here() == "✖ ready: [STATUS] (503) == 200"
        await user.press("E", "E")
        assert here() == "▲ critical 5xx errors fired"
        await user.press("E")
        assert here() == "▲ critical 5xx errors fired", "there is none before it"
        assert user.told == ["No further error on the timeline in this direction."]
        await user.press("e")
        assert here() == "▲ high Container restarts fired"


async def test_one_key_pins_the_event_under_the_cursor(cockpit: Open) -> None:
    async with cockpit() as user:
        user.stage.trouble()
        user.stage.incident()
        await user.settle()
        await user.press("4", "up", "p")
        await user.settle()

        event = user.cockpit.under_cursor(3)
        assert user.stage.incident_actions.asked == [("pin", getattr(event, "id", None), True)]


# Thresholds of the team's own, beside the probes


def share(state: ProbeState, value: float, reason: str = "") -> SignalResult:
    points = tuple((ago(60 * minute), 0.4 if minute > 10 else value) for minute in range(59, -1, -1))
    return SignalResult("5xx share", "prod", state, ago(131), value, "%", "< 1", reason, points=points, limits=(1.0,))


async def test_a_signal_stands_among_the_probes_with_its_number_and_its_limit(cockpit: Open) -> None:
    async with cockpit(120, 40) as user:
        user.stage.quiet()
        user.stage.say("signals", (share(ProbeState.UP, 0.4),))
        await user.settle()
        (row,) = (line for line in user.terminal.lines if "5xx share" in line)
        assert "~ limit < 1" in row
        assert "0.4 %" in row
        assert "1 signal good" in user.text


async def test_a_signal_past_its_limit_stands_in_the_hint_and_its_hour_is_drawn_in_its_details(
    cockpit: Open,
) -> None:
    async with cockpit(80, 24) as user:
        user.stage.quiet()
        user.stage.say("signals", (share(ProbeState.DOWN, 31.0, "31 %, not < 1"),))
        await user.settle()
        assert "5xx share is down" in user.hint
        await user.press("home", "enter")
        assert "Signal 5xx share" in user.text
        assert "█" in user.text
        assert "31 %, not < 1" in user.text


async def test_one_key_leaves_only_what_is_wrong_and_escape_brings_the_rest_back(cockpit: Open) -> None:
    async with cockpit() as user:
        user.stage.trouble()
        await user.settle()
        counts = [len(pane.table.rows) for pane in user.cockpit.panes[:4]]
        await user.press("exclamation_mark")
        assert [len(pane.table.rows) for pane in user.cockpit.panes[:4]] == [3, 3, 1, 3]
        assert "3 of 12 faults" in user.text
        await user.press("escape")
        assert [len(pane.table.rows) for pane in user.cockpit.panes[:4]] == counts


async def test_where_nothing_is_wrong_it_says_so(cockpit: Open) -> None:
    async with cockpit() as user:
        user.stage.quiet()
        await user.settle()
        await user.press("exclamation_mark")
        assert "Nothing is wrong here" in user.text


async def test_every_pane_is_filtered_by_what_its_rows_are(cockpit: Open) -> None:
    expected = {
        ("1", "state=down"): 1,
        ("1", "state!=up"): 3,
        ("1", "kind=probe name=~site"): 7,
        ("2", "severity=critical"): 1,
        ("2", "state=resolved?"): 1,
        ("2", "name!~5xx"): 2,
        ("3", "traffic!=0"): 1,
        ("3", "app=mi-prod active=no"): 2,
        ("4", "kind=alert"): 2,
        ("4", "by=~ana"): 1,
        ("4", "state=down"): 1,
    }
    async with cockpit() as user:
        user.stage.trouble()
        await user.settle()
        counts = {}
        for pane, condition in expected:
            await user.press(pane, "slash")
            user.cockpit.filter.value = condition
            await user.pilot.pause()
            counts[pane, condition] = len(user.cockpit.panes[int(pane) - 1].table.rows)
            await user.press("escape")
    assert counts == expected


async def test_each_pane_is_sorted_by_a_key_and_says_how(cockpit: Open) -> None:
    async with cockpit() as user:
        user.stage.trouble()
        await user.settle()
        first: list[str] = []
        for _ in range(5):
            first.append(user.cockpit.panes[1].table.rows[0].id)
            await user.press("2", "y")
        assert first == ["azure:a1", "azure:a3", "azure:a1", "azure:a1", "azure:a1"]
        assert "newest first" in user.text  # the fifth press is the first again
        await user.press("4", "y")
        assert "newest first" in user.text

"""The cockpit: a bar, four panes, a hint and the keys. It shows what it receives and opens what a key asks for."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, ClassVar, cast

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.events import DescendantFocus, Key, Resize, ScreenResume, ScreenSuspend
from textual.screen import ModalScreen
from textual.timer import Timer
from textual.widgets import Input

from cockpit.model.key_bindings import MAIN, KeyBinding
from screens.main.standing import REASONS, CockpitStanding
from screens.shared.context import Attached, EventsAppended, ReadingChanged
from screens.shared.key_order import KeyPace
from screens.shared.keyed_screen import ROWS, WATCHED, KeyedScreen, KeyGroups
from screens.shared.leaving import list_screens_in_sight
from widgets.cell import Piece
from widgets.keys import KeyLine, make_bindings
from widgets.line import Lines
from widgets.pane import Pane, mark_current_pane
from widgets.table import KeyedTable

if TYPE_CHECKING:
    from cockpit.session import Session
    from screens.main.content import CockpitContent
    from screens.main.key_handlers import KeyPress
    from screens.shared.context import CockpitHost
    from screens.shared.due import DueClock
    from screens.shared.view import View

ALERTS, TIMELINE, DUE = 1, 3, 4  # places among the panes
ROWS_OF_KEYS = {"acknowledge": ALERTS, "pin": TIMELINE}  # whose cursor each key acts on that writes at once
NARROW = 80  # cells, before the screen knows its own width
FED = ("probes", "alerts", "revisions")  # the panes of feeds
TOGETHER = 0.25  # seconds in which further Readings are shown in one go
HINT_EVERY = 10  # seconds after which the ages in the hint are written anew, though nothing else changed
LOOK_DUE = 5  # seconds between two looks at what is due, while nothing happens; its time is counted down each second
MINUTE = 60
ELSEWHERE = 5.0  # seconds between two looks at the clocks while another screen is in front
STARTING: list[Piece] = [("Starting…", "muted")]
STARTING_BAR: list[Piece] = [(" STARTING ", "strong"), ("   reading the configuration", "muted")]
STARTING_HINT: list[Piece] = [(" ▸ ", "info"), ("One moment: the configuration is read. ctrl+q quits.", "")]


class EdgeMarks:
    """What the lines around the panes were last drawn from, and when."""

    def __init__(self) -> None:
        self._signature: tuple[object, ...] | None = None
        self._beats: dict[str, int] = {}

    def forget(self) -> None:
        """The next look finds that something changed."""
        self._signature = None
        self._beats.clear()

    def note(self, signature: tuple[object, ...]) -> bool:
        """Whether something changed since the last look."""
        changed, self._signature = signature != self._signature, signature
        return changed

    def is_due(self, line: str, beat: int) -> bool:
        """Whether the line was not drawn in this beat yet."""
        due = self._beats.get(line) != beat
        self._beats[line] = beat
        return due


class FilterLine(Input):
    """`Input.Changed` and `Input.Submitted` tell the words as they are typed and that they are kept."""

    def __init__(self, *, id: str) -> None:
        hint = "(words, state=down, app!=x, pod=~a.*; enter keeps, esc shows all)"  # in brackets: it is no value
        super().__init__(id=id, placeholder=hint, compact=True)
        self.display = self.cursor_blink = False

    def begin(self, text: str) -> None:
        """Take the focus, with the words of before."""
        self.value, self.display = text, True
        self.focus()

    def end(self) -> None:
        self.display = False

    def hint(self, width: int) -> list[Piece]:
        """What to press while words are typed; nothing while none are."""
        if not self.has_focus:
            return []
        from widgets.hint import Part, render_hint_line  # the first frame has no filter

        keeps, shows = Part((("enter", "key"), (" keeps them", ""))), Part((("esc", "key"), (" shows all rows", "")))
        return render_hint_line("Only rows with these words.", keeps, action=shows, width=width)


class CockpitScreen(KeyedScreen):
    """The main screen. `content` is None until there is a session: then it shows what is in it.

    This file imports none of the core, so that the panes are on screen before it is loaded.
    """

    CSS_PATH = "screen.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide"), (200, "-huge")]  # noqa: RUF012  # an instance variable of Screen
    VERTICAL_BREAKPOINTS = [(0, "-short"), (20, "-tall")]  # noqa: RUF012
    WATCHES = True
    KEYS = MAIN
    BINDINGS: ClassVar[list[BindingType]] = make_bindings(MAIN)
    SIGNS = WATCHED
    GROUPED: ClassVar[KeyGroups] = {
        ("pane_1", "pane_2", "pane_3", "pane_4"): "To a pane: probes, alerts, revisions, timeline",
        **ROWS,
        ("table.select",): "Details of the row",
    }

    def __init__(self) -> None:
        super().__init__()
        self.panes = (
            Pane(1, "Probes", classes="-current"),
            Pane(2, "Alerts"),
            Pane(3, "Revisions"),
            Pane(4, "Timeline", follow=True),
            Pane(5, "Due"),  # on a screen of 200 columns; on a smaller one the key opens the incident
        )
        self.content: CockpitContent | None = None
        self._clock: Timer
        self._today = date.min
        self._waiting: set[str] = set()  # panes whose Readings changed since they were drawn
        self._gathering: Timer | None = None  # until the next that come are drawn
        self._people_only = False
        self._standing = CockpitStanding()
        self._edges = EdgeMarks()
        self._working: dict[str, str] = {}  # the keys that do something now, by the id of what they do
        self._pace = KeyPace(lambda: self.session.time.monotonic() if self.session else 0.0)

    @property
    def cockpit(self) -> "CockpitHost":
        return cast("CockpitHost", self.app)

    @property
    def session(self) -> "Session | None":
        return self.cockpit.session

    @property
    def seen(self) -> "View":
        """The newest Readings; for what acts, which needs a session."""
        assert self.content is not None
        return self.content.view

    @property
    def asking(self) -> "Sequence[DueClock]":
        """What is due, the most urgent first."""
        return self.content.asking if self.content else ()

    def compose(self) -> ComposeResult:
        yield Lines(id="bar")
        yield Lines(id="strip")
        with Container(id="panes"):
            first, second, third, fourth, fifth = self.panes
            yield from (first, second, fifth, third, fourth)  # the grid fills its rows in this order
        yield FilterLine(id="filter")
        yield Lines(id="hint")
        yield KeyLine(id="keys-line")

    def on_mount(self) -> None:
        for pane in self.panes:
            pane.table.explain(STARTING)
        self.panes[0].table.focus()
        self._clock = self.set_interval(1.0, self._pass_time)
        self.set_interval(ELSEWHERE, self.remind_elsewhere)
        self._attached()

    # What arrives

    @on(Attached)
    def _attached(self) -> None:
        if self.session is not None:
            from screens.main.content import CockpitContent  # loaded by the app, in a thread

            self.content = CockpitContent(self, self.session, self.panes)
            for key, name in self.session.system.procedure_keys.items():
                self.app.bind(key, f"screen.procedure({name!r})", description=name, show=False)
            self.draw(*FED, "timeline")
        self.tick()

    @on(ReadingChanged)
    def _reading_changed(self, message: ReadingChanged) -> None:
        if self.session and message.reading.environment == self.session.environment.name:
            self._waiting.add(message.pane)
            news = self.content is None or self.content.tells_news(message.reading)
            if self._gathering is None and news:
                self.show_waiting()  # the first at once, those that follow it together

    @on(ScreenSuspend)
    def _behind_another(self) -> None:
        """Who is in sight behind a dialog goes on; who is hidden waits, and receives nothing."""
        self.call_later(self._rest_while_hidden)

    def _rest_while_hidden(self) -> None:
        if not self.is_in_sight:
            self._clock.pause()

    @property
    def is_in_sight(self) -> bool:
        return self in list_screens_in_sight(self.app)

    @on(ScreenResume)
    def _in_front_again(self) -> None:
        self._clock.resume()
        self._waiting.clear()
        self.draw(*FED, "timeline")
        self.tick()

    def show_waiting(self) -> None:
        """Draw the panes whose Readings changed since the last time; one behind another screen waits for its return."""
        self._gathering = None
        if self.is_in_sight and self._waiting and self.content is not None:
            waiting, self._waiting = self._waiting, set()
            self._gathering = self.set_timer(TOGETHER, self.show_waiting)
            self.draw(*waiting)
            self._pass_time(drawn=True)

    @on(EventsAppended)
    def _events_appended(self) -> None:
        self.draw("timeline", "alerts")  # an acknowledgement is shown beside its alert
        self._edges.forget()
        self._pass_time(drawn=True)

    # What is shown

    def now(self) -> datetime:
        return self.session.time.now() if self.session else datetime.now(UTC)

    def tick(self) -> None:
        """After a change: everything that may follow from it, and the ages."""
        self._edges.forget()
        self._pass_time()

    def _pass_time(self, *, drawn: bool = False) -> None:
        """Once a second: the ages and what is due; the lines around the panes only when something changed. With `drawn`
        the newest Readings were looked at in this moment."""
        self._rest_while_hidden()
        if self.content is not None:
            now = self.now()
            if self._waiting and self._gathering is None:  # answers like those before: only their latencies are new
                waiting, self._waiting = self._waiting, set()
                self.draw(*waiting)
            elif not drawn:
                self.content.look()
            if (today := now.astimezone(self.cockpit.zone).date()) != self._today:
                self._today = today  # at midnight what was today's becomes yesterday's
                self.draw("timeline")
            for pane in self.panes:
                pane.table.tick(now)
            if self._edges.is_due("clocks", int(now.timestamp()) // LOOK_DUE):
                if self.is_active:
                    self.content.remind()
                else:
                    self.content.find_due()  # in sight behind a dialog, which no notice disturbs
            if self.roomy:
                self.draw("due")
        self._draw_edges()

    def remind_elsewhere(self) -> None:
        """Whoever reads logs or runs a procedure is reminded there; a dialog is not disturbed, its turn comes after."""
        if self.content is not None and not self.is_active and not isinstance(self.app.screen, ModalScreen):
            self.content.remind()

    def draw(self, *names: str) -> None:
        """The rows of the named panes, from the newest Readings."""
        if self.content is None:
            return
        self.content.look()
        for name in names:
            filtered = name == "alerts" and bool(self.panes[ALERTS].words)
            filled = self.content.fill(name, self._today, people_only=self._people_only, filtered=filtered)
            self.query_one(f"#{name}", Pane).show(filled.rows, filled.counts, self.content.now)

    def _draw_edges(self) -> None:
        """The lines around the panes: the bar and the strip above them, the hint and the keys below.

        What nothing changed in is not computed again; but the bar counts the seconds of an incident, and what the hint
        says of ages is not old for long.
        """
        width, content = self.size.width or NARROW, self.content
        changed = self._edges.note(content.read_signature() if content else ())
        beat = int(content.now.timestamp()) if content else 0
        if changed or self._edges.is_due("bar", beat if content and content.counts_seconds else beat // MINUTE):
            bar_lines = content.render_bar(width) if content else [STARTING_BAR]
            self.query_one("#bar", Lines).show(*bar_lines)
            self.set_class(len(bar_lines) > 1, "-led")
        if changed:
            self._draw_keys()
        if changed or self._edges.is_due("hint", beat // HINT_EVERY):
            hint = content.render_hint(self._working, width) if content else STARTING_HINT
            self.query_one("#hint", Lines).show(self.filter.hint(width) or hint)

    def _draw_keys(self) -> None:
        """Which keys work now, and on a narrow screen how many of what the panes hold."""
        if self.content is not None:
            self._standing = self.content.read_standing()
        strip: list[Piece] = []
        for pane in self.panes[:4]:
            strip += [(" │ " if strip else " ", "muted"), *pane.brief]
        self.query_one("#strip", Lines).show(strip)
        keys = self.keys_by_id()
        self._working = {id: key.shown for id, key in keys.items() if key.works}
        self.show_keys(keys, "quit")

    # Keys

    def find_reason(self, binding: KeyBinding) -> str:
        reasons = (REASONS[need](self._standing, binding) for need in binding.needs)
        return next(filter(None, reasons), "")

    def on_key(self, event: Key) -> None:
        """Before a key acts: did it come faster than a hand types?"""
        self._pace.note(event, self)

    @on(KeyedTable.Highlighted)
    def _moved(self) -> None:
        """Which keys work, and on what, may depend on the row under the cursor."""
        self._edges.forget()
        self._draw_edges()

    @on(KeyedTable.Selected)
    def _selected(self, message: KeyedTable.Selected) -> None:
        if self.content is not None:
            from cockpit.model.alert import AlertGroup  # the first frame has no alerts
            from screens.main.key_handlers import open_details

            values_by_name = self.content.objects.get((message.table.id or "").removesuffix("-table"), {})
            value = values_by_name.get(message.row)
            if isinstance(value, AlertGroup):
                self.content.unfold_group(value)
                self.draw("alerts")
            elif message.row in values_by_name and (press := self.press):
                open_details(press, value)

    def under_cursor(self, pane: int) -> object | None:
        """The object, not the row: what a key acts on is captured when it is pressed."""
        table, objects = self.panes[pane].table, self.content.objects if self.content else {}
        return objects.get(self.panes[pane].id or "", {}).get(table.cursor or "")

    def find_row_of_key(self, id: str) -> str | None:
        """The row that a key acts on which writes at once, by the id of its binding."""
        pane = ROWS_OF_KEYS.get(id)
        return None if pane is None else self.panes[pane].table.cursor

    @property
    def current(self) -> int:
        return next((index for index, pane in enumerate(self.panes) if pane.has_class("-current")), 0)

    @property
    def roomy(self) -> bool:
        """Whether there is room for what is due beside the four panes."""
        return self.has_class("-huge") and not self.has_class("-short")

    def action_pane(self, index: int) -> None:
        if index != DUE or self.roomy:
            for pane in self.panes:  # shown first: Textual takes the focus away again from what is not shown yet
                pane.set_class(pane is self.panes[index], "-current")
            self.panes[index].table.focus()
        elif press := self.press:  # what is due has its pane on a wide screen only
            from screens.main.key_handlers import open_incident

            open_incident(press)

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """The pane with the focus is the current one, and stays it while something is typed into the filter."""
        mark_current_pane(self.panes, event.widget)
        self._edges.forget()
        self._draw_edges()

    def action_step(self, by: int) -> None:
        number = len(self.panes) if self.roomy else DUE
        self.action_pane((self.current + by) % number)

    def action_error(self, by: int) -> None:
        """To the next or the previous event of the timeline that tells of something broken."""
        table = self.panes[TIMELINE].table
        wrong = self.content.find_errors([row.id for row in table.rows]) if self.content else []
        ahead = [index for index in wrong if (index - table.cursor_index) * by > 0]
        self.action_pane(TIMELINE)
        if ahead:
            table.move_to(min(ahead) if by > 0 else max(ahead))
        else:
            sentence = "No further error on the timeline" if wrong else "No error on the timeline"
            self.notify(f"{sentence} in this direction." if wrong else f"{sentence}.", markup=False)

    # The filter

    @property
    def filter(self) -> FilterLine:
        return self.query_one(FilterLine)

    def action_filter(self) -> None:
        self.filter.begin(self.panes[self.current].words)

    @on(Input.Changed, "#filter")
    def _narrow(self, message: Input.Changed) -> None:
        self.panes[self.current].narrow(message.value)
        if self.current == ALERTS:
            self.draw("alerts")  # what is looked for may be inside of a group

    @on(Input.Submitted, "#filter")
    def _keep_filter(self) -> None:
        self.filter.end()
        self.panes[self.current].table.focus()

    def action_leave_filter(self) -> None:
        for pane in self.panes:
            pane.narrow("", only_faults=False)
        self.draw("alerts")
        self._keep_filter()

    def action_faults_only(self) -> None:
        """Only what is wrong, in every pane; or everything again."""
        only = not self.panes[self.current].only_faults
        for pane in self.panes:
            pane.narrow(pane.words, only_faults=only)
        self._edges.forget()
        self._draw_edges()

    def action_sort(self) -> None:
        """The next order of the pane with the focus."""
        pane = self.panes[self.current].id or ""
        if self.content is None:
            return
        order = self.content.sort_differently(pane)
        if order:
            self.draw(pane)
        self.notify(f"Sorted: {order}." if order else "This pane stands in the order of time.", markup=False)

    def action_people_only(self) -> None:
        """Without what the recorder wrote by itself, or with all of it again; what is pinned stays."""
        self._people_only = not self._people_only
        self.draw("timeline")
        self.action_pane(TIMELINE)

    def on_resize(self, event: Resize) -> None:
        self.call_after_refresh(self.tick)

    def action_refresh(self) -> None:
        if self.session:
            self.session.watch.refresh()

    def action_mute(self) -> None:
        bell = self.cockpit.bells
        bell.muted = not bell.muted
        self.notify("The bell is off." if bell.muted else "The bell is on.", markup=False)
        self.tick()

    @property
    def press(self) -> "KeyPress | None":
        """This moment, for what a key does; None before there is a session."""
        from screens.main.key_handlers import KeyPress

        return KeyPress(self, self.session) if self.session is not None and self.content is not None else None

    def action_do(self, name: str) -> None:
        """Do what one of `KEY_HANDLERS` does, with what is under the cursors at this moment."""
        if self._pace.is_hurried and MAIN.by_id[name].at_once:
            self.notify("That key came in a burst of others. Press it again.", severity="warning", markup=False)
        elif press := self.press:
            from screens.main.key_handlers import KEY_HANDLERS

            KEY_HANDLERS[name](press)

    def action_procedure(self, name: str) -> None:
        """Open the procedure that a key of the configuration names."""
        if press := self.press:
            from screens.main.key_handlers import open_procedure

            open_procedure(press, name)

    @work(exit_on_error=False, group="writing")
    async def write(self, act: Callable[[], object], done: str) -> None:
        """Do a blocking act off the loop and say how it went."""
        from cockpit.model.text import clean_line
        from screens.dialogs.dialog import act_named
        from screens.shared.errors import explain

        press = self.press
        assert press is not None
        try:
            await act_named(self.app, *press.about, act)
        except Exception as error:
            self.notify(explain(error, "an act failed"), severity="error", markup=False)
        else:
            self.notify(clean_line(done), markup=False)

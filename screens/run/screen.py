"""A run of a procedure: its steps at the left, the current step at the right, one key away from what matters next."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical
from textual.css.query import NoMatches
from textual.events import Key

from cockpit.model.event import RecordError
from cockpit.model.key_bindings import RUN, KeyBinding
from cockpit.model.run import SETTLED, Run, StepState, find_open_choice, find_suggested_step
from cockpit.model.runbook import Procedure, Runbook, Step
from cockpit.model.text import clean_line
from cockpit.runbooks.catalogue.references import list_step_references
from cockpit.runbooks.prepare.target_guard import ToolContext
from cockpit.runbooks.prepare.template_variables import list_asked_variables
from cockpit.runbooks.run.events import find_work_end
from cockpit.runbooks.run.runs import find_latest_attempt
from cockpit.runbooks.types import Prepared, RunRefused
from screens.dialogs.dialog import DialogContext
from screens.run import rows
from screens.run.key_handlers import (
    KEY_HANDLERS,
    KeyHandler,
    describe_destination,
    go_on,
    look_around,
    prepare_shown_step,
    watch_step,
    way_back,
)
from screens.run.standing import StepStanding, build_step_standing, find_reason, render_hint
from screens.run.step_pane import StepPane, hand_over
from screens.run.view import (
    NOTHING,
    AttemptEnded,
    Began,
    ContextsSeen,
    RunLeft,
    RunNotice,
    RunOpener,
    StepPrepared,
    StepSettled,
)
from screens.shared.context import ReadingChanged
from screens.shared.copying import copy_text
from screens.shared.enter_guard import EnterGuard, begin_guard, explain_quick_key
from screens.shared.errors import explain
from screens.shared.keyed_screen import LINES, KeyedScreen, KeyGroups
from screens.shared.leaving import leave_screen
from widgets.keys import KeyLine, make_bindings
from widgets.line import Lines
from widgets.output import OutputTail
from widgets.steps import COLUMNS, build_step_rows
from widgets.table import KeyedTable

if TYPE_CHECKING:
    from cockpit.session import Session

POUR = 0.1  # seconds between two looks at the run and at what its command printed


class RunScreen(KeyedScreen):
    """`standing` says how the document stands since its last run, `index` which step to begin with.

    What `agreed` names was consented to beforehand: it goes on by itself, as long as what would run is what was shown.
    """

    CSS_PATH = "screen.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012  # an instance variable of Screen
    KEYS = RUN
    BINDINGS: ClassVar[list[BindingType]] = make_bindings(RUN)
    GROUPED: ClassVar[KeyGroups] = {
        ("run.run", "table.select"): "Run the current step, or mark it done",
        **LINES,
    }

    def __init__(
        self,
        session: "Session",
        place: DialogContext,
        run: Run,
        runbook: Runbook,
        procedure: Procedure,
        *,
        standing: str = "",
        agreed: Mapping[int, Prepared] | None = None,
        index: int | None = None,
        opener: RunOpener,
    ) -> None:
        super().__init__()
        self.opener = opener
        self.session, self.place, self.runbook, self.procedure = session, place, runbook, procedure
        self.way_back = way_back(runbook, procedure)
        self.agreed = dict(agreed or {})  # step -> what was shown
        self.busy = 0  # steps that run in this process
        self.own: set[int] = set()  # which they are
        self._followed: set[tuple[int, int]] = set()  # steps of others that were watched, with their attempts
        self.finishing = False  # its end is being written
        self._run, self._at = run, index
        self._document = standing
        self._pane = StepPane(id="run-right")
        self.tails: dict[int, OutputTail] = self._pane.tails
        self._contexts: tuple[ToolContext, ...] = ()
        self._start = ""  # the folder that the run began in
        self._looked_at = NOTHING
        self._went_on: tuple[int, int] | None = None  # from the step that ended to the one that is suggested next
        self._serial = 0
        self._guard = EnterGuard(session.time)
        self._armed = False  # whether the hint shows that the next Enter counts

    # What it works on

    @property
    def now_run(self) -> Run:
        """The run as its events tell it at this moment."""
        return self.session.runner.runs.runs.get(self._run.id, self._run)

    @property
    def table(self) -> KeyedTable:
        return self.query_one("#steps", KeyedTable)

    @property
    def step(self) -> Step | None:
        """The current step."""
        return next((step for step in self.procedure.steps if str(step.ordinal) == self.table.cursor), None)

    def standing(self) -> StepStanding:
        """How the current step stands, as it is shown."""
        step = self.step
        return build_step_standing(
            *(self.now_run, self.procedure, step, self._looked_at, self.way_back is not None),
            references=list_step_references(self.runbook, self.procedure, step),
        )

    # The screen

    def compose(self) -> ComposeResult:
        yield Lines(id="run-head")
        yield Lines(id="run-contexts")
        yield Lines(id="run-warning")
        with Container(id="run-body"):
            with Vertical(id="run-left"):
                yield Lines(id="steps-title")
                yield KeyedTable(COLUMNS, id="steps")
            yield self._pane
        yield Lines(id="run-hint")
        yield KeyLine(id="keys-line")

    def on_mount(self) -> None:
        self.session.runner.terminal = partial(hand_over, self.app)
        self.query_one("#run-warning", Lines).display = bool(self.procedure.warnings)
        self.table.focus()
        self.draw()
        self._go_to(self._at or find_suggested_step(self.procedure, self.now_run))
        self.look()
        self.act(look_around)
        self.set_interval(1.0, self._tick)
        self.set_interval(POUR, self._pour)
        self.call_after_refresh(self.draw)
        self._follow_others()
        if self.agreed:
            self.act(go_on)

    def on_screen_resume(self) -> None:
        self._guard_anew()
        self.look()
        self.act(look_around)

    def on_resize(self) -> None:
        self.call_after_refresh(self.draw)

    def _tick(self) -> None:
        with suppress(NoMatches):
            self.table.tick(self.session.time.now())
            self._draw_head()

    def _pour(self) -> None:
        """Show what changed: the run by whoever records, the output by its command. A worker touches no widget."""
        with suppress(NoMatches):  # a screen that goes loses its widgets before its timers
            if self.now_run is not self._run:
                self.draw()
                self._follow_others()
                self.look()
            self._pane.output.pour()
            if self._guard.armed is not self._armed:
                self._armed = self._guard.armed
                self.draw_step()

    def _follow_others(self) -> None:
        """Watch every step that runs and is not ours, wherever it was started: its output and its end show here."""
        for step, state in self._run.states:
            key = (step, find_latest_attempt(self._run, step))
            if state is StepState.RUNNING and step not in self.own and key not in self._followed:
                self._followed.add(key)
                self.act(partial(watch_step, step=step))

    def draw(self) -> None:
        """Everything, from the run as it is now."""
        self._run = run = self.now_run
        self.table.show(
            build_step_rows(self.procedure, run, find_suggested_step(self.procedure, run)), self.session.time.now()
        )
        self._draw_head()
        self.draw_step()

    def _draw_head(self) -> None:
        run, width = self._run, self.size.width or 80
        until = find_work_end(self.procedure, run) or self.session.time.now()
        spent = (until - run.started).total_seconds()
        self.query_one("#run-head", Lines).show(
            rows.render_head(
                run,
                self.procedure,
                self._document,
                describe_destination(self, run),
                spent,
                self.place.production,
                width,
            )
        )
        self.query_one("#run-warning", Lines).show(*rows.render_warnings(self.procedure.warnings, width))
        contexts = self.query_one("#run-contexts", Lines)
        shell = rows.render_shell(run.shell, self._start)
        pieces = rows.render_contexts(self._contexts, run.environment, width, shell)
        contexts.display = bool(pieces)
        contexts.show(pieces)
        left = self.query_one("#steps-title", Lines)
        left.show(rows.steps_title(run, self.procedure, left.size.width))

    def draw_step(self) -> None:
        """The current step, its output, the hint and the keys."""
        now = self.standing()
        keys = self.keys_by_id()
        if "table.select" in keys:  # Enter is the table's, while that has the focus
            keys["run.run"] = keys["table.select"]
        working = {id.removeprefix("run."): key.shown for id, key in keys.items() if key.works}
        self._pane.show(self._run, now, working.get("copy", ""), self._find_ended_step(now))
        self.query_one("#run-hint", Lines).show(render_hint(now, working, armed=self._armed))
        self.show_keys(keys)

    def _find_ended_step(self, now: StepStanding) -> Step | None:
        """The step from which the cursor went on by itself: what it printed stays in sight until a person moves."""
        if self._went_on is None or now.step is None or now.step.ordinal != self._went_on[1]:
            return None
        return next((step for step in self.procedure.steps if step.ordinal == self._went_on[0]), None)

    # Looking at a step: what would run

    def look(self) -> None:
        """Resolve the current step anew; what is shown stays until the answer is there."""
        step = self.step
        if step is not None and (step.command or list_asked_variables(step)):
            self._serial += 1
            self._look(self._serial, step)
        elif self._looked_at is not NOTHING:
            self._looked_at = NOTHING
            self.draw_step()

    @work(thread=True, exclusive=True, group="look", exit_on_error=False)
    def _look(self, serial: int, step: Step) -> None:
        self.post_message(prepare_shown_step(self.session.runner, self.now_run, step, serial))

    @on(StepPrepared)
    def _looked(self, message: StepPrepared) -> None:
        if message.serial == self._serial:
            self._looked_at = message
            if message.prepared is not None and message.prepared.start:
                self._start = message.prepared.start
                self._draw_head()
            self.draw_step()

    @on(ReadingChanged)
    def _reading_changed(self, message: ReadingChanged) -> None:
        if message.reading.feed == "revisions":
            self.look()

    # Moving

    @on(KeyedTable.Highlighted)
    def _moved(self, message: KeyedTable.Highlighted) -> None:
        if isinstance(message, KeyedTable.Selected):
            return  # it did not move: what was looked at is what Enter is about
        self._looked_at = NOTHING
        if self._went_on and self.step and self.step.ordinal not in self._went_on:
            self._went_on = None
        self.draw_step()
        self.look()

    def _go_to(self, step: int | None) -> None:
        place = next((index for index, item in enumerate(self.procedure.steps) if item.ordinal == step), None)
        if place is not None:
            self.table.move_to(place)

    def action_next(self) -> None:
        """The suggested step; in a menu, and when all is done, the one below."""
        step = find_suggested_step(self.procedure, self.now_run)
        if step is None or (self.step and self.step.ordinal == step):
            self.table.action_move(1)
        else:
            self._go_to(step)

    # What happens

    @on(ContextsSeen)
    def _contexts_seen(self) -> None:
        self._contexts = self.session.runner.contexts(self.procedure)
        self._draw_head()
        self.look()

    @on(Began)
    def _began(self, message: Began) -> None:
        self._go_to(message.step)

    @on(AttemptEnded)
    def _ended(self, message: AttemptEnded) -> None:
        """Suggest what comes next, unless the person has gone to another step meanwhile."""
        attempt = message.attempt
        self.act(look_around)  # it may have signed in, or chosen another context
        if self.app.screen is not self:
            text = f"{self.procedure.title}, step {attempt.step}: {attempt.ending}"
            self.notify(clean_line(text), severity="information" if attempt.state in SETTLED else "error", markup=False)
        self._suggest(attempt.step)

    @on(StepSettled)
    def _settled(self, message: StepSettled) -> None:
        self._suggest(message.step)

    def _suggest(self, done: int) -> None:
        self.draw()
        if self.step and self.step.ordinal == done and self._run.state(done) in SETTLED and not self.procedure.menu:
            self._guard_anew()  # an Enter too many is not meant for the next step
            self._armed = False  # and the first frame of that step says so
            # Where a person chooses nothing is suggested, and the cursor stands on what is to be chosen.
            next_step = find_suggested_step(self.procedure, self._run) or find_open_choice(self.procedure, self._run)
            self._went_on = None if next_step is None else (done, next_step)
            self._go_to(next_step)
        self.look()

    def _guard_anew(self) -> None:
        """What Enter starts is another thing from now on, once it was seen."""
        self._guard = begin_guard(self, self.session.time)

    @on(RunNotice)
    def _show_notice(self, message: RunNotice) -> None:
        self.notify(message.text, severity=message.severity, markup=False, timeout=10)  # type: ignore[arg-type]
        self._contexts = self.session.runner.contexts(self.procedure)  # what was refused may have been their answer
        self._draw_head()
        self.look()

    # Keys

    def find_reason(self, binding: KeyBinding) -> str:
        return find_reason(binding, self.standing())

    def on_key(self, event: Key) -> None:
        """Whatever else is pressed while Enter settles takes it back."""
        active = self.active_bindings.get(event.key)
        if active is None or active.binding.id not in ("run.run", "table.select"):
            self._guard.touch()

    def on_paste(self) -> None:
        self._guard.touch()

    def say(self, text: str) -> None:
        self.notify(clean_line(text, 500), severity="warning", markup=False)

    @on(KeyedTable.Selected)
    def action_run(self) -> None:
        """Start the current step, unless the key came in a burst: what is pasted never starts anything."""
        counts = self._guard.press()
        self._guard.touch()
        self._armed = False
        self.draw_step()
        if not counts:
            self.say(self._explain_quick_key())
            return
        self.set_timer(self._guard.settling, partial(self._run_it, self._guard, self._guard.touches))

    def _explain_quick_key(self) -> str:
        """Enter is the table's while that has the focus."""
        return explain_quick_key(self.name_key("table.select" if "table.select" in self.keys_by_id() else "run.run"))

    def _run_it(self, guard: EnterGuard, touches: int) -> None:
        now = self.standing()
        if guard is not self._guard or guard.touches != touches:
            self.say(self._explain_quick_key())
        elif reason := find_reason(RUN.by_id["run.run"], now):
            self.say(reason)
        elif now.step is not None:
            self.act(KEY_HANDLERS["run"])

    def action_do(self, what: str) -> None:
        """Call one of `KEY_HANDLERS`, with the current step as it stands now."""
        self.act(KEY_HANDLERS[what])

    def act(self, doing: KeyHandler) -> None:
        self._act(doing, self.standing())

    @work(exit_on_error=False, group="acts")
    async def _act(self, doing: KeyHandler, now: StepStanding) -> None:
        """Do something that may ask, and say what was refused."""
        try:
            await doing(self, now)
        except Exception as error:
            self.post_message(RunNotice(explain(error, "an act of a run failed"), "error"))

    def action_copy(self) -> None:
        now = self.standing()
        if now.step is not None:
            self.notify(
                copy_text(
                    self.app,
                    now.prepared.as_run if now.prepared and now.step.command else now.step.command or now.step.mention,
                ),
                markup=False,
            )

    def action_full(self) -> None:
        self.toggle_class("-full")
        (self._pane.output if self.has_class("-full") else self.table).focus()

    def action_back(self) -> None:
        """The run goes on: while one of its steps runs here, the screen stays alive behind the others."""
        self.action_full() if self.has_class("-full") else self._leave()

    def _leave(self) -> None:
        """Back. While one of its steps runs here it stays alive behind the others; when all is done it is over."""
        now = self.standing()
        if now.last and not now.menu and not now.ended:
            self._stay_behind()
            self.app.run_worker(self._finish(), exit_on_error=False)
        else:
            self._go_away()

    @on(RunLeft)
    def _go_away(self) -> None:
        self._stay_behind()
        leave_screen(self)

    def _stay_behind(self) -> None:
        if self.busy and not self.app.is_screen_installed(self):
            self.app.install_screen(self, name_of_screen(self.now_run))

    async def _finish(self) -> None:
        """Every step is done, and who did them leaves: the run is over. Asked for twice it is written once."""
        if self.finishing:
            return
        self.finishing = True
        with suppress(RunRefused, RecordError):
            await asyncio.to_thread(self.session.runner.end, self.now_run, "every step is done or skipped")
        leave_screen(self)


def name_of_screen(run: Run) -> str:
    """Under which a run that goes on in the background is found again."""
    return f"run:{run.id}"

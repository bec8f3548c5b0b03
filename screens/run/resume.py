"""A procedure that is asked for while a run of it is not over: going on with that one comes first."""

from collections.abc import Callable, Sequence
from typing import ClassVar, Literal

from textual.app import ComposeResult
from textual.binding import BindingType

from cockpit.model.incident import Incident
from cockpit.model.key_bindings import RESUME
from cockpit.model.run import SETTLED, Run
from cockpit.model.runbook import Procedure
from cockpit.model.time import Time, format_age
from cockpit.runbooks.catalogue.references import StepReference
from cockpit.runbooks.run.open_runs import list_unknown_steps
from screens.dialogs.dialog import Dialog, DialogContext
from screens.run.rows import render_labelled
from widgets.cell import Piece
from widgets.choice import Choice
from widgets.keys import make_bindings
from widgets.line import Lines

WIDE = 74  # cells inside a dialog
LIVE = 1.0  # seconds between two looks at the age
How = Literal["on", "anew"]
JOURNAL = ""


class AskGoOn(Dialog[How]):
    """One key goes on, one begins anew; Enter and Esc do neither. `others` are further runs of it that are open."""

    AUTO_FOCUS = ""
    what = "A run of this is still open"
    keys = "g continues it · n starts a new one · esc leaves"
    BINDINGS: ClassVar[list[BindingType]] = make_bindings(RESUME)

    def __init__(
        self,
        place: DialogContext,
        time: Time,
        run: Run,
        procedure: Procedure,
        *,
        changed: bool = False,
        others: int = 0,
    ) -> None:
        super().__init__(place, time)
        self._run, self._procedure, self._changed, self._others = run, procedure, changed, others
        self._chosen: How | None = None

    def fields(self) -> ComposeResult:
        yield Lines(id="act", classes="label")

    def on_mount(self) -> None:
        self._draw()
        self.set_interval(LIVE, self._draw)

    def _draw(self) -> None:
        """Anew each second: the age goes on while somebody reads."""
        self.query_one("#act", Lines).show([(self._run.title, "strong")], *self._describe_run())

    def _describe_run(self) -> list[list[Piece]]:
        run, steps = self._run, self._procedure.to_do
        done = sum(run.state(step.ordinal) in SETTLED for step in steps)
        since = format_age((self.time.now() - run.started).total_seconds())
        rows = render_labelled("started", f"{since} ago by {run.operator}: {done} of {len(steps)} steps done", WIDE)
        rows += render_labelled("on", run.incident or "the journal: it belongs to no incident", WIDE)
        value_list = " · ".join(f"{value.name} = {value.shown}" for value in run.values)
        rows += render_labelled("with", value_list, WIDE, tone="muted", most=2) if value_list else []
        unseen = [
            f"Nobody knows how step {number} ended: it has to be settled." for number in list_unknown_steps(run)[:1]
        ]
        old = ["The document has changed since; the run keeps to the text it began with."] if self._changed else []
        are = "is" if self._others == 1 else "are"
        more = [f"{self._others} more of it {are} still open: the catalogue lists them."] if self._others else []
        for sentence in (*unseen, *old, *more):
            rows += render_labelled("caution", sentence, WIDE, tone="warn", most=2)
        return rows

    def action_choose(self, how: How) -> None:
        if self._asked is None:
            self._chosen = how
            super().action_confirm()
        else:
            self._guard.touch()  # a letter right behind it: both were meant for something else

    def action_confirm(self) -> None:
        self.action_leave()

    def decide(self) -> Callable[[], How] | None:
        chosen = self._chosen
        return (lambda: chosen) if chosen else None


class AskIncident(Dialog[str]):
    """Several incidents are open: which one a run belongs to. The answer is its id, "" for none of them."""

    AUTO_FOCUS = "Choice"
    what = "For which incident?"
    keys = "↑ ↓ or a digit chooses · enter goes on · esc leaves"

    def __init__(self, place: DialogContext, time: Time, title: str, open: Sequence[Incident]) -> None:
        super().__init__(place, time)
        self._title = title
        self._ids = (*(incident.id for incident in open), JOURNAL)
        self._names = [
            *(
                (f"{index} {incident.id}", f"{incident.severity_text} {incident.title}")
                for index, incident in enumerate(open, start=1)
            ),
            ("0 none of them", "it goes to the journal"),
        ]

    def fields(self) -> ComposeResult:
        yield Lines(id="act", classes="label")
        yield Choice(self._names, self._names[0][0])

    def on_mount(self) -> None:
        sentence = f"{len(self._ids) - 1} incidents are open. What is done goes on the timeline of one of them."
        self.query_one("#act", Lines).show([(self._title, "strong")], [(sentence, "muted")])

    def decide(self) -> Callable[[], str] | None:
        names = [name for name, _ in self._names]
        chosen = self._ids[names.index(self.query_one(Choice).chosen)]
        return lambda: chosen


class AskReference(Dialog[StepReference]):
    """A step sends its reader to several places: which of them to open."""

    AUTO_FOCUS = "Choice"
    what = "Where to?"
    keys = "↑ ↓ or a digit chooses · enter opens it · esc leaves"

    def __init__(self, place: DialogContext, time: Time, references: Sequence[StepReference]) -> None:
        super().__init__(place, time)
        self._references = references
        self._names = [(f"{index} {item.name}", item.target) for index, item in enumerate(references, start=1)]

    def fields(self) -> ComposeResult:
        yield Choice(self._names, self._names[0][0])

    def decide(self) -> Callable[[], StepReference] | None:
        names = [name for name, _ in self._names]
        chosen = self._references[names.index(self.query_one(Choice).chosen)]
        return lambda: chosen

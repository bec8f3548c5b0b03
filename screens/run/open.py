"""From a document to a run on the screen: looked at when it is new or changed, begun, and found again later."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from rich.cells import chop_cells
from textual.app import App, ComposeResult

from cockpit.model.run import Run, Value
from cockpit.model.runbook import Procedure, Runbook
from cockpit.model.time import Time
from cockpit.runbooks.catalogue.catalogue import Catalogue
from cockpit.runbooks.run.open_runs import agrees_with_values, is_untouched, still_open
from cockpit.runbooks.run.trust import Trust
from cockpit.runbooks.types import Prepared, RunAlreadyOpen, RunRefused
from screens.dialogs.dialog import Dialog, DialogContext, act_named
from screens.run.resume import AskGoOn, AskIncident
from screens.run.screen import RunScreen, name_of_screen
from screens.shared.document import DocumentScreen, text_tone
from widgets.line import Lines
from widgets.output import OutputTail, OutputView

if TYPE_CHECKING:
    from cockpit.session import Session

DIFF_TONES = {"+": "good", "-": "bad", "@": "info"}


class AskTrust(Dialog[str]):
    """Shows what is new. The answer is the hash of exactly what was shown."""

    AUTO_FOCUS = "OutputView"
    keys = "↑ ↓ page up, page down look · enter trusts this text · esc leaves"

    def __init__(self, place: DialogContext, time: Time, runbook: Runbook, trust: Trust) -> None:
        super().__init__(place, time)
        self.what = "New document" if trust.standing == "new" else "Changed document"
        self._runbook, self._trust = runbook, trust

    def fields(self) -> ComposeResult:
        yield Lines(id="act", classes="label")
        yield OutputView(
            id="difference", follow=False, tone=diff_tone if self._trust.standing == "changed" else text_tone
        )

    def on_mount(self) -> None:
        tail = OutputTail(self._trust.difference, kept=1_000_000)
        sentence = f"It has not run here before: {len(tail)} lines."
        if self._trust.standing == "changed":
            lines = tail.lines
            more = sum(line.startswith("+") and not line.startswith("+++") for line in lines)
            less = sum(line.startswith("-") and not line.startswith("---") for line in lines)
            sentence = f"Since its last run {more} {'line' if more == 1 else 'lines'} added and {less} removed."
        self.query_one("#act", Lines).show(
            ((self._runbook.title, "strong"), (f"   {self._runbook.path}", "muted")),
            ((sentence, "warn"), (" Read it before it runs.", "muted")),
        )
        self.call_after_refresh(self._wrap)

    def on_resize(self) -> None:
        self.call_after_refresh(self._wrap)

    def _wrap(self) -> None:
        """Nothing that is to be looked at stands beyond an edge."""
        view = self.query_one(OutputView)
        text = wrap_difference(
            self._trust.difference, max(20, view.size.width - 1), signed=self._trust.standing == "changed"
        )
        view.show(OutputTail(text, kept=10_000_000), follow=False)

    def decide(self) -> Callable[[], str] | None:
        return lambda: self._trust.sha256


def wrap_difference(text: str, width: int, *, signed: bool) -> str:
    """`text` in lines of at most `width` cells; of a difference, what is folded keeps its sign."""
    lines = []
    for line in text.split("\n"):
        first, *rest = chop_cells(line.expandtabs(8), width - 3) or [""]
        sign = line[:1] if signed else ""
        lines += [first, *(f"{sign}… {item}" for item in rest)]
    return "\n".join(lines)


def diff_tone(line: str) -> str:
    return DIFF_TONES.get(line[:1], "")


def in_words(trust: Trust) -> str:
    """How the document stands, for the head of a run."""
    match trust.standing:
        case "built-in":
            return "built in"
        case "known":
            return f"unchanged since the last {trust.runs} runs" if trust.runs > 1 else "unchanged since its last run"
    return "looked at just now"


async def begin_run(
    app: App[Any],
    session: "Session",
    place: DialogContext,
    runbook: Runbook,
    procedure: Procedure,
    *,
    values_by_name: Mapping[str, str] | None = None,
    proposed: Sequence[Value] = (),
    agreed: Mapping[int, Prepared] | None = None,
    index: int | None = None,
    incident: str | None = None,
    beside: bool = False,
) -> None:
    """Begin a run and show it; a document that may not run is shown instead. In a worker. Raises RunRefused.

    Where somebody else has just begun the same, that run is shown, unless a person wants another `beside` it.
    """
    if runbook.is_only_shown(procedure):
        app.push_screen(DocumentScreen(runbook, procedure.line))
        return
    runner = session.runner
    trust = await asyncio.to_thread(runner.trust, runbook)
    accepted = "" if trust.trusted else await app.push_screen_wait(AskTrust(place, session.time, runbook, trust))
    if accepted is None:
        return
    if incident is None and (several := session.incident_choices()):
        incident = await app.push_screen_wait(AskIncident(place, session.time, procedure.title, several))
        if incident is None:
            return
        must_be_open_still(session, incident)
    begins = partial(
        runner.start, runbook, procedure, values_by_name, trust=accepted, proposed=proposed, incident=incident
    )
    try:
        run = await act_named(app, place, session.time, partial(begins, beside=beside))
    except RunAlreadyOpen as refusal:
        await follow_run(app, session, place, refusal)
        return
    screen = RunScreen(
        session,
        place,
        run,
        runbook,
        procedure,
        standing=in_words(trust),
        agreed=agreed,
        index=index,
        opener=RunScreenOpener(),
    )
    if agreed:  # it was confirmed and begins now, wherever the person has gone on to
        app.call_later(app.push_screen, screen)
    else:
        app.push_screen(screen)


def must_be_open_still(session: "Session", incident: str) -> None:
    """The incident that was chosen from those that were open is open still; "" is none. Raises RunRefused."""
    chosen = session.ledger.incidents.get(incident)
    if chosen is not None and not chosen.open:
        raise RunRefused(
            f"{incident} was resolved while you chose: no run was started. Open it again.",
            code="incident-over",
            incident=incident,
        )


async def open_or_begin(
    app: App[Any],
    session: "Session",
    place: DialogContext,
    runbook: Runbook,
    procedure: Procedure,
    *,
    values_by_name: Mapping[str, str] | None = None,
    proposed: Sequence[Value] = (),
    index: int | None = None,
    incident: str | None = None,
) -> None:
    """The run of it that is not over, else a new one. In a worker. Raises RunRefused."""
    went = (
        "none"
        if runbook.is_only_shown(procedure)
        else await went_on(app, session, place, runbook, procedure, proposed, index)
    )
    if went == "on":
        return
    await begin_run(
        app,
        session,
        place,
        runbook,
        procedure,
        values_by_name=values_by_name,
        proposed=proposed,
        index=index,
        incident=incident,
        beside=went == "anew",
    )


async def went_on(
    app: App[Any],
    session: "Session",
    place: DialogContext,
    runbook: Runbook,
    procedure: Procedure,
    proposed: Sequence[Value] = (),
    index: int | None = None,
) -> Literal["on", "anew", "none"]:
    """Open the run of the same that is not over, asking first when something was done in it.

    `anew` when a person wants another beside it, `none` when there is none; else it is shown, or the person has left.
    In a worker. Raises RunRefused.
    """
    runs = still_open(list(session.runner.runs.runs.values()), runbook, procedure, place.environment, proposed)
    if not runs:
        return "none"
    run, *others = runs
    if is_untouched(run):
        here = run.incident is None or any(
            incident.id == run.incident for incident in session.ledger.open(place.environment)
        )
        if not (agrees_with_values(run, proposed) and here and run.sha256 == runbook.sha256):
            return "none"  # nothing is lost with it
        await reopen_run(app, session, place, run, index=index)
        return "on"
    changed = run.sha256 != runbook.sha256
    dialog = AskGoOn(place, session.time, run, procedure, changed=changed, others=len(others))
    answer = await app.push_screen_wait(dialog)
    if answer == "on":
        await reopen_run(app, session, place, run, index=index)
    return "anew" if answer == "anew" else "on"


async def follow_run(app: App[Any], session: "Session", place: DialogContext, refusal: RunAlreadyOpen) -> None:
    """Somebody else leads: say who, and show their run. In a worker. Raises RunRefused."""
    await reopen_run(app, session, place, refusal.run)
    app.notify(f"{refusal} You see that run; you follow it.", severity="warning", markup=False, timeout=10)


async def reopen_run(
    app: App[Any], session: "Session", place: DialogContext, run: Run, *, index: int | None = None
) -> None:
    """Show a run that began earlier, here or elsewhere. In a worker. Raises RunRefused."""
    name = name_of_screen(run)
    if app.is_screen_installed(name):
        app.push_screen(name)
        return
    runbook = await asyncio.to_thread(session.runner.document, run)
    procedure = await asyncio.to_thread(session.runner.procedure, run)
    if several := session.incident_choices(run):
        incident = await app.push_screen_wait(AskIncident(place, session.time, run.title, several))
        if incident is None:
            return
        must_be_open_still(session, incident)
        session.runner.belongs(run, incident)
    app.push_screen(
        RunScreen(
            session,
            place,
            run,
            runbook,
            procedure,
            standing="as it was when the run began",
            index=index,
            opener=RunScreenOpener(),
        )
    )


def read_catalogue(session: "Session") -> Catalogue:
    """The documents as they are now. Blocking."""
    from cockpit.runbooks.catalogue.load import load_catalogue

    return load_catalogue(session.system.runbooks, environments=[session.environment])


class RunScreenOpener:
    """For the screens made here: how their key handlers open another run."""

    follow_run = staticmethod(follow_run)
    read_catalogue = staticmethod(read_catalogue)
    open_or_begin = staticmethod(open_or_begin)

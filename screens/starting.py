"""From a document to a run on the screen: looked at when it is new or changed, begun, and found again later."""

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from textual.app import App

from cockpit.model.run import Run
from cockpit.model.runbook import Procedure, Runbook
from cockpit.runbooks.execution import Prepared
from screens.dialog import Place
from screens.document import DocumentScreen
from screens.run import RunScreen
from screens.run_acts import name_of_screen
from screens.trust import AskTrust, in_words

if TYPE_CHECKING:
    from cockpit.wiring import Session


async def begin(
    app: App[Any],
    session: "Session",
    place: Place,
    runbook: Runbook,
    procedure: Procedure,
    *,
    given: Mapping[str, str] | None = None,
    agreed: Mapping[int, Prepared] | None = None,
    at: int | None = None,
) -> None:
    """Begin a run and show it; a document that may not run is shown instead. In a worker. Raises Refused."""
    if runbook.view_only:
        app.push_screen(DocumentScreen(runbook, procedure.line))
        return
    runner = session.runner
    trust = await asyncio.to_thread(runner.trust, runbook)
    accepted = "" if trust.trusted else await app.push_screen_wait(AskTrust(place, session.time, runbook, trust))
    if accepted is None:
        return
    run = await asyncio.to_thread(runner.start, runbook, procedure, given, trust=accepted)
    screen = RunScreen(session, place, run, runbook, procedure, standing=in_words(trust), agreed=agreed, at=at)
    app.push_screen(screen)


async def again(app: App[Any], session: "Session", place: Place, run: Run) -> None:
    """Show a run that began earlier, here or elsewhere. In a worker. Raises Refused."""
    name = name_of_screen(run)
    if app.is_screen_installed(name):
        app.push_screen(name)
        return
    runbook = await asyncio.to_thread(session.runner.document, run)
    procedure = await asyncio.to_thread(session.runner.procedure, run)
    app.push_screen(RunScreen(session, place, run, runbook, procedure, standing="as it was when the run began"))

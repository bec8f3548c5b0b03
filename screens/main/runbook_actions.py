"""What the cockpit's keys open of the runbooks: the catalogue, a roll back, a revision, a procedure of a key."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any

from cockpit.model.revision import Application, Revision
from cockpit.model.run import Value
from cockpit.runbooks.catalogue.catalogue import Catalogue
from cockpit.runbooks.types import RunRefused
from screens.dialogs.dialog import DialogContext
from screens.shared.context import ActionContext
from screens.shared.errors import explain
from screens.shared.view import build_view

if TYPE_CHECKING:
    from cockpit.session import Session


def open_catalogue(screen: ActionContext, session: "Session", place: DialogContext) -> None:
    from cockpit.runbooks.catalogue.load import look_at_catalogue
    from screens.catalogue.screen import CatalogueScreen

    view = build_view(session.watch, session.environment.name)
    screen.app.push_screen(
        CatalogueScreen(
            session,
            place,
            make_catalogue_reader(session),
            view.alerts,
            view.probes,
            look=lambda: look_at_catalogue(session.system.runbooks, environments=[session.environment]),
        )
    )


def open_revision(screen: ActionContext, session: "Session", place: DialogContext, revision: Revision) -> None:
    """The menu of a revision, captured at the key press."""
    from cockpit.platforms.platform import RevisionChoice
    from screens.run.rollback import RevisionMenu

    application = application_of(session, revision)
    if application is None:
        return

    def wished(wish: RevisionChoice | None) -> None:
        if wish is None:
            return
        if not wish.procedure:
            open_rollback(screen, session, place, revision)
        else:
            in_words(screen, begin_named(screen, session, place, wish.procedure, wish.values))

    screen.app.push_screen(RevisionMenu(place, session.time, application, revision), wished)


def open_rollback(
    screen: ActionContext, session: "Session", place: DialogContext, chosen: Revision | None = None
) -> None:
    """Away from what serves: to `chosen` when that is another revision, else to the last one that served well."""
    from cockpit.runbooks.rollback import choose_application

    if session.system.rollback and chosen is None:
        in_words(screen, begin_named(screen, session, place, session.system.rollback))
        return
    applications = build_view(session.watch, session.environment.name).applications
    application = choose_application(applications, chosen.app if chosen else "")
    if application is None:
        screen.notify("No app is known yet, so there is nothing to roll back.", severity="warning", markup=False)
        return
    in_words(screen, _roll_back(screen, session, place, application, chosen))


def open_procedure(screen: ActionContext, session: "Session", place: DialogContext, name: str) -> None:
    """The procedure that `[keys]` binds: `restore-database#2`."""
    in_words(screen, begin_named(screen, session, place, name))


async def _roll_back(
    screen: ActionContext, session: "Session", place: DialogContext, application: Application, chosen: Revision | None
) -> None:
    from cockpit.platforms.platform import REVISIONS_PANE
    from screens.run.open import begin_run, went_on
    from screens.run.rollback import AskRollback, plan_rollback

    named = chosen.name if chosen else ""
    source = REVISIONS_PANE if chosen else "proposal"
    proposal = await asyncio.to_thread(session.propose_rollback, application, named, source=source)
    if proposal.good is None or proposal.refused:
        raise RunRefused(proposal.refused or proposal.why, code="no-rollback", application=application.name)
    catalogue = await asyncio.to_thread(make_catalogue_reader(session))
    document = catalogue.document(proposal.document)
    catalogue_entry = catalogue.find(
        f"{proposal.document}#{proposal.procedure}" if document.builtin else proposal.document
    )
    went = await went_on(screen.app, session, place, document.runbook, catalogue_entry.procedure, proposal.values)
    if went == "on":
        return
    planned = await plan_rollback(session.runner, proposal, document.runbook, catalogue_entry.procedure)
    dialog = AskRollback(place, session.time, planned, changed_by=application.changed_by)
    agreed = await screen.app.push_screen_wait(dialog)
    if agreed is not None:
        # A team's own document in its place is run step by step: only what ships with us is known to stop in time.
        await begin_run(
            screen.app,
            session,
            place,
            document.runbook,
            catalogue_entry.procedure,
            proposed=proposal.values,
            agreed=agreed if document.builtin else None,
            beside=went == "anew",
        )


async def begin_named(
    screen: ActionContext, session: "Session", place: DialogContext, name: str, proposed: Sequence[Value] = ()
) -> None:
    from screens.run.open import open_or_begin

    catalogue = await asyncio.to_thread(make_catalogue_reader(session))
    catalogue_entry = catalogue.find(name)
    await open_or_begin(
        screen.app, session, place, catalogue_entry.document.runbook, catalogue_entry.procedure, proposed=proposed
    )


def make_catalogue_reader(session: "Session") -> Callable[[], Catalogue]:
    """Reads the catalogue anew; blocking."""

    def read() -> Catalogue:
        from cockpit.runbooks.catalogue.load import load_catalogue

        return load_catalogue(session.system.runbooks, environments=[session.environment])

    return read


def open_known_run(screen: ActionContext, session: "Session", place: DialogContext, id: str) -> None:
    """The screen of a run that is open."""
    from screens.run.open import reopen_run

    run = session.runner.runs.runs.get(id)
    if run is not None:
        in_words(screen, reopen_run(screen.app, session, place, run))


def in_words(screen: ActionContext, doing: Coroutine[Any, Any, None]) -> None:
    """Do it in a worker of the screen; what is refused is said."""

    async def told() -> None:
        try:
            await doing
        except Exception as error:
            text = explain(error, "a runbook could not be opened")
            screen.notify(text, severity="error", markup=False, timeout=10)

    screen.run_worker(told(), group="runbooks", exclusive=True, exit_on_error=False)


def application_of(session: "Session", revision: Revision) -> Application | None:
    applications = build_view(session.watch, session.environment.name).applications
    return next((application for application in applications if application.name == revision.app), None)

"""What the cockpit's keys open of the runbooks: the catalogue, a roll back, a revision, a procedure of a key."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from cockpit.model.alert import Alert, Severity
from cockpit.model.event import Kind
from cockpit.model.probe import ProbeResult
from cockpit.model.revision import Application, Revision
from cockpit.model.run import Value
from cockpit.runbooks.catalogue.catalogue import Catalogue, NotFound
from cockpit.runbooks.types import Prepared, RunRefused
from screens.dialogs.dialog import DialogContext
from screens.shared.context import KeyHandlerContext
from screens.shared.errors import explain
from screens.shared.view import build_view

if TYPE_CHECKING:
    from cockpit.session import Session
    from screens.run.rollback import ProposeAnew


def open_catalogue(screen: KeyHandlerContext, session: "Session", place: DialogContext) -> None:
    from cockpit.runbooks.catalogue.load import look_at_catalogue
    from cockpit.runbooks.plan.severities import grade_alerts
    from screens.catalogue.screen import CatalogueScreen

    def find_trouble() -> tuple[Sequence[Alert], Sequence[ProbeResult]]:
        view = build_view(session.watch, session.environment.name)
        grades = grade_alerts(session.plan, view.alerts)  # where the source names no severity
        alerts = [
            replace(alert, severity=grades[alert.name].severity)
            if alert.severity is Severity.UNKNOWN and alert.name in grades
            else alert
            for alert in view.alerts
        ]
        return alerts, view.probes

    screen.app.push_screen(
        CatalogueScreen(
            session,
            place,
            make_catalogue_reader(session),
            *find_trouble(),
            find_trouble=find_trouble,
            look=lambda ahead: look_at_catalogue(
                session.system.runbooks, environments=[session.environment], ahead=ahead
            ),
        )
    )


def open_revision(screen: KeyHandlerContext, session: "Session", place: DialogContext, revision: Revision) -> None:
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
    screen: KeyHandlerContext, session: "Session", place: DialogContext, chosen: Revision | None = None
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


def open_procedure(screen: KeyHandlerContext, session: "Session", place: DialogContext, name: str) -> None:
    """The procedure that `[keys]` binds: `restore-database#2`."""
    in_words(screen, begin_named(screen, session, place, name))


def open_helping_procedure(screen: KeyHandlerContext, session: "Session", place: DialogContext, value: object) -> None:
    """What helps with an alert, a probe or a signal, as its details name it."""

    async def begin() -> None:
        name = await asyncio.to_thread(find_helping_procedure, session, value)
        if not name:
            raise RunRefused("No document names a procedure for it any more.", code="no-procedure")
        await begin_named(screen, session, place, name)

    in_words(screen, begin())


def find_helping_procedure(session: "Session", value: object) -> str:
    """`restore-database#2`, or "": of an alert by the team's documents, else what its `runbook` says. Blocking."""
    from cockpit.runbooks.catalogue.alert_match import match_alerts

    if not isinstance(value, Alert):
        return str(getattr(value, "runbook", ""))
    match = next(iter(match_alerts(make_catalogue_reader(session)(), [value])), None)
    if match is None:
        return ""
    return f"{match.document.id}#{match.procedure.slug}" if match.procedure else match.document.id


async def _roll_back(
    screen: KeyHandlerContext,
    session: "Session",
    place: DialogContext,
    application: Application,
    chosen: Revision | None,
) -> None:
    """Propose, ask and begin; where the traffic moved meanwhile, propose anew from the state that was read since."""
    from screens.run.rollback import ProposeAnew

    moved = ""
    session.watch.refresh()  # the pane is some seconds old: what comes while somebody reads is compared with it
    for _ in range(PROPOSALS):
        answer = await _propose_and_begin(screen, session, place, application, chosen, moved)
        if not isinstance(answer, ProposeAnew):
            return
        application, moved = answer.application, answer.moved
    raise RunRefused("The traffic moves faster than it can be read. Look at the revisions pane.", code="traffic-moves")


def _read_author(session: "Session", revision: Revision) -> str:
    """Who made a revision, as it was recorded. Blocking."""
    from cockpit.recorder.last_recorded import find_recorded_author

    made = session.timeline.events(
        environment=session.environment.name, kinds=[Kind.REVISION], occurred_from=revision.created
    )
    return find_recorded_author(made, f"{revision.app}/{revision.name}")


NOT_ONE_PROCEDURE = ("ambiguous-procedure", "nothing-to-run")
PROPOSALS = 10  # of one press of the key, one for each time the traffic moved


async def _propose_and_begin(
    screen: KeyHandlerContext,
    session: "Session",
    place: DialogContext,
    application: Application,
    chosen: Revision | None,
    moved: str,
) -> "ProposeAnew | None":
    from cockpit.platforms.platform import REVISIONS_PANE
    from cockpit.runbooks.rollback import describe_moved_traffic, has_been_done
    from screens.run.open import begin_run, went_on
    from screens.run.rollback import AskRollback, ProposeAnew, plan_rollback

    named = chosen.name if chosen else ""
    source = REVISIONS_PANE if chosen else "proposal"
    proposal = await asyncio.to_thread(session.propose_rollback, application, named, source=source)
    if proposal.good is None or proposal.refused:
        reason = f"{moved} {proposal.refused or proposal.why}".strip()
        raise RunRefused(reason, code="no-rollback", application=application.name)
    catalogue = await asyncio.to_thread(make_catalogue_reader(session))
    document = catalogue.document(proposal.document)
    catalogue_entry = catalogue.find(
        f"{proposal.document}#{proposal.procedure}" if document.builtin else proposal.document
    )
    went = await went_on(screen.app, session, place, document.runbook, catalogue_entry.procedure, proposal.values)
    if went == "on":
        return None
    planned = await plan_rollback(session.runner, proposal, document.runbook, catalogue_entry.procedure)
    agreed: Mapping[int, Prepared] | ProposeAnew | None = None
    if planned.moved and (now := await _read_application_anew(session, application)):
        since = describe_moved_traffic(application, now)
        agreed = ProposeAnew(now, since) if since else None
    if agreed is None:
        look = partial(_find_application, session, application)
        author = await asyncio.to_thread(_read_author, session, proposal.bad) if proposal.bad else ""
        dialog = AskRollback(place, session.time, planned, application, moved=moved, look=look, author=author)
        agreed = await screen.app.push_screen_wait(dialog)
    if isinstance(agreed, ProposeAnew):
        if has_been_done(proposal, agreed.application):
            text = f"Already rolled back: {agreed.moved} Nothing was done by you."
            raise RunRefused(text, code="rollback-done", application=application.name)
        return agreed
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
    return None


async def _read_application_anew(session: "Session", application: Application) -> Application | None:
    """The app as it is now, from its feed; None where that does not answer."""
    reading = await session.watch.read_anew(session.environment.name, "revisions")
    return _find_application(session, application) if reading else None


def _find_application(session: "Session", application: Application) -> Application | None:
    """The app in the newest good answer."""
    applications = build_view(session.watch, session.environment.name).applications
    same = (application.name, application.platform, application.location)
    return next((app for app in applications if (app.name, app.platform, app.location) == same), None)


async def begin_named(
    screen: KeyHandlerContext, session: "Session", place: DialogContext, name: str, proposed: Sequence[Value] = ()
) -> None:
    """Begin what the name leads to. A whole document without one procedure that stands out is there to be read."""
    from screens.run.open import open_or_begin
    from screens.shared.document import DocumentScreen

    catalogue = await asyncio.to_thread(make_catalogue_reader(session))
    try:
        catalogue_entry = catalogue.find(name)
    except NotFound as error:
        if error.code not in NOT_ONE_PROCEDURE:
            raise
        screen.app.push_screen(DocumentScreen(catalogue.document(name).runbook, catalogue=catalogue))
        return
    await open_or_begin(
        screen.app, session, place, catalogue_entry.document.runbook, catalogue_entry.procedure, proposed=proposed
    )


def make_catalogue_reader(session: "Session") -> Callable[[], Catalogue]:
    """Reads the catalogue anew; blocking."""

    from screens.run.open import read_catalogue

    return lambda: read_catalogue(session)


def open_known_run(screen: KeyHandlerContext, session: "Session", place: DialogContext, id: str) -> None:
    """The screen of a run that is open."""
    from screens.run.open import reopen_run

    run = session.runner.runs.runs.get(id)
    if run is not None:
        in_words(screen, reopen_run(screen.app, session, place, run))


def in_words(screen: KeyHandlerContext, doing: Coroutine[Any, Any, None]) -> None:
    """Do it in a worker of the screen; what is refused is shown."""

    async def report_refusal() -> None:
        try:
            await doing
        except Exception as error:
            text = explain(error, "a runbook could not be opened")
            screen.notify(text, severity="error", markup=False, timeout=10)

    front = screen.app.screen  # the key may have been pressed on logs or a checklist: these ask, and it opens over them
    front.run_worker(report_refusal(), group="runbooks", exclusive=True, exit_on_error=False)


def application_of(session: "Session", revision: Revision) -> Application | None:
    applications = build_view(session.watch, session.environment.name).applications
    return next((application for application in applications if application.name == revision.app), None)

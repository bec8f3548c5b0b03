"""What the keys of a run do: ask what has to be asked, then tell the runner. Coroutines; they touch no widget.

Each gets the view of the run, for its dialogs and messages, and how the current step stood when the key was pressed.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from cockpit.model.run import Run, StepState, find_newest_attempt, find_suggested_step
from cockpit.model.runbook import Procedure, Runbook, Step, StepKind
from cockpit.model.time import format_clock_time
from cockpit.runbooks.catalogue.catalogue import Document
from cockpit.runbooks.catalogue.references import find_anchored_line, follow_link
from cockpit.runbooks.document.sessions import through_place
from cockpit.runbooks.prepare.confirmation import Consent
from cockpit.runbooks.run.runner import Runner
from cockpit.runbooks.types import Prepared, RunAlreadyOpen, RunRefused, StepTakenElsewhere
from screens.dialogs.dialog import act_named, do_named
from screens.dialogs.note import Note
from screens.run.confirm import AskCancel, AskConsent, Edit, LeaveRun, Reason, Settle, takes_a_dialog
from screens.run.resume import AskReference
from screens.run.standing import StepStanding
from screens.run.values import AskFolder, Values
from screens.run.view import (
    AttemptEnded,
    Began,
    ContextsSeen,
    RunLeft,
    RunNotice,
    RunView,
    StepPrepared,
    StepSettled,
)
from screens.shared.document import DocumentScreen
from screens.shared.errors import explain
from widgets.output import OutputTail

HARMLESS = frozenset({StepKind.READ, StepKind.VERIFY})


def prepare_shown_step(runner: Runner, run: Run, step: Step, serial: int) -> StepPrepared:
    """Resolve a step. Blocking; never raises: what is wrong with it is what has to be shown."""
    try:
        if not step.command:
            return StepPrepared(serial, None, template=runner.describe_variables(step))
        return _prepare_command(runner, run, step.ordinal, serial)
    except Exception as error:
        return StepPrepared(serial, None, explain(error, f"step {step.ordinal} could not be looked at"))


def _prepare_command(runner: Runner, run: Run, step: int, serial: int) -> StepPrepared:
    try:
        return StepPrepared(serial, runner.prepare(run, step), waits=runner.waits_for(run, step))
    except Exception as error:
        return StepPrepared(serial, None, explain(error, f"step {step} could not be resolved"))


def way_back(runbook: Runbook, procedure: Procedure) -> Procedure | None:
    """The document's own Rollback section: the next one behind this procedure, else the first."""
    sections = [procedure for procedure in runbook.procedures if procedure.section == "rollback"]
    behind = (section for section in sections if section.line > procedure.line)
    return None if procedure.section == "rollback" else next(iter([*behind, *sections]), None)


def describe_destination(screen: RunView, run: Run) -> str:
    """On which timeline what is done goes, unless that goes without saying."""
    some = screen.session.ledger.open(run.environment)
    return screen.session.runner.incident(run) or ("in the journal" if some else "")


async def start_step(screen: RunView, now: StepStanding) -> None:
    """Run the current step, or tick it, or settle it when nobody saw its end."""
    assert now.step is not None
    if now.state is StepState.UNKNOWN and not await _ask_how_step_ended(screen, now):
        return
    if not now.step.command:
        await settle_step(screen, now.step, screen.now_run, StepState.BY_HAND)
        return
    prepared = now.prepared
    if prepared is not None and prepared.folder_choices and not now.asks:
        prepared = await _ask_folder(screen, now.step, prepared.folder_choices)
    if prepared is not None and now.asks:
        prepared = await _ask_missing_values(screen, now.step, now.asks)
    if prepared is not None:
        await run_prepared(screen, prepared)


async def run_prepared(screen: RunView, prepared: Prepared) -> None:
    """With the confirmation that its kind takes, do what was shown."""
    prepared = await screen.session.runner.survey(prepared)
    if not prepared.runnable:
        raise RunRefused(prepared.reason_not_runnable, code="step-not-runnable", step=prepared.step.ordinal)
    consent = await _ask_consent(screen, prepared)
    if consent is not None:
        await perform_step(screen, prepared, consent)


async def perform_step(screen: RunView, prepared: Prepared, consent: Consent) -> StepState:
    """Do it; the output goes where the screen finds it."""
    step = prepared.step.ordinal
    tail = screen.tails[step] = OutputTail()
    screen.own.add(step)
    screen.busy += 1
    try:
        performs = partial(screen.session.runner.perform, screen.now_run, prepared, consent, tail.add)
        attempt = await do_named(screen.app, screen.place, screen.session.time, performs)
    except RunAlreadyOpen as refusal:
        await screen.opener.follow_run(screen.app, screen.session, screen.place, refusal)
        return screen.now_run.state(step)
    except StepTakenElsewhere:
        screen.tails.pop(step, None)  # what the other's step prints is shown, not an empty page
        raise
    finally:
        screen.busy -= 1
        screen.own.discard(step)
    screen.post_message(AttemptEnded(attempt))
    return attempt.state


async def go_on(screen: RunView, now: StepStanding) -> None:
    """Do what was agreed to beforehand, one step after the other, for as long as all goes well."""
    runner = screen.session.runner
    while (step := find_suggested_step(screen.procedure, screen.now_run)) in screen.agreed:
        assert step is not None
        visible = screen.agreed.pop(step)
        screen.post_message(Began(step))
        prepared = await asyncio.to_thread(runner.prepare, screen.now_run, step)
        prepared = await runner.survey(prepared)
        if not prepared.runnable:
            raise RunRefused(prepared.reason_not_runnable, code="step-not-runnable", step=prepared.step.ordinal)
        if prepared.as_run != visible.as_run or visible.confirmed not in ("", prepared.confirmed):
            raise RunRefused(
                "What would run now is not what was shown when it was agreed to. Look at it, then start it.",
                code="step-changed",
                step=step,
            )
        required_confirmation = runner.find_confirmation(prepared)
        if required_confirmation.need == "word" or required_confirmation.approval or required_confirmation.again:
            return
        if await perform_step(screen, prepared, Consent(prepared.fingerprint)) is not StepState.OK:
            return


async def look_around(screen: RunView, now: StepStanding) -> None:
    """Ask the tools of this procedure which cloud and cluster they act on, for the header."""
    await screen.session.runner.check_guards(screen.procedure, screen.now_run)
    screen.post_message(ContextsSeen())


async def watch_step(screen: RunView, now: StepStanding, *, step: int) -> None:
    """Follow a step that another cockpit, or an earlier one, started; where that cannot be, its end is still shown."""
    tail = screen.tails[step] = OutputTail()
    try:
        attempt = await screen.session.runner.leadership.attach(screen.now_run, step, tail.add)
    except RunRefused:
        if screen.tails.get(step) is tail:
            del screen.tails[step]
        return
    screen.post_message(AttemptEnded(attempt))


async def edit_step(screen: RunView, now: StepStanding) -> None:
    step = _current_step(now)
    command = (now.prepared.suggestion or now.prepared.as_written) if now.prepared else step.command
    if step.place is not None:
        command = through_place(step.place, step.command) or command
    dialog = Edit(
        screen.place,
        screen.session.time,
        step.title,
        command,
        partial(_prepare_edited, screen, step),
    )
    prepared = await screen.app.push_screen_wait(dialog)
    if prepared is not None:
        await run_prepared(screen, prepared)


def _prepare_edited(screen: RunView, step: Step, text: str) -> Prepared:
    return screen.session.runner.prepare(screen.now_run, step.ordinal, edit=text)


async def undo_step(screen: RunView, now: StepStanding) -> None:
    step = _current_step(now)
    prepared = await asyncio.to_thread(screen.session.runner.prepare, screen.now_run, step.ordinal, undo=True)
    await run_prepared(screen, prepared)


async def skip_step(screen: RunView, now: StepStanding) -> None:
    step, seen = _current_step(now), screen.now_run
    reason = await _ask_reason(screen, "Skip", [step.title], "Why is it skipped?", needed=True)
    if reason is not None:
        await settle_step(screen, step, seen, StepState.SKIPPED, reason)


async def by_hand(screen: RunView, now: StepStanding) -> None:
    step, seen = _current_step(now), screen.now_run
    reason = await _ask_reason(screen, "Done by hand", [step.title], "what was done instead", needed=False)
    if reason is not None:
        await settle_step(screen, step, seen, StepState.BY_HAND, reason)


async def mark_step_ok(screen: RunView, now: StepStanding) -> None:
    """The operator compared what was expected with what came, and it is well."""
    step, seen = _current_step(now), screen.now_run
    about = [step.title, "You looked at the output and say that it is OK, whatever the command said."]
    reason = await _ask_reason(screen, "Mark OK", about, "What did you see?", needed=True)
    if reason is not None:
        await settle_step(screen, step, seen, StepState.OK, reason)


async def edit_values(screen: RunView, now: StepStanding) -> None:
    """Look at all values of the run, and give others."""
    runner, this_run = screen.session.runner, screen.now_run
    resolved_values = await asyncio.to_thread(runner.parameters, this_run)
    if not resolved_values:
        raise RunRefused("This procedure has no placeholders.", code="no-placeholders")
    dialog = Values(
        screen.place,
        screen.session.time,
        resolved_values,
        (),
        lambda values_by_name: runner.parameters(this_run, values_by_name),
    )
    values_by_name = await screen.app.push_screen_wait(dialog)
    if values_by_name and now.step is not None:
        await asyncio.to_thread(runner.prepare, this_run, now.step.ordinal, values_by_name)
        screen.post_message(RunNotice("The values are used for the rest of this run.", "information"))


async def cancel_step(screen: RunView, now: StepStanding) -> None:
    step, seen = _current_step(now), screen.now_run
    kind = now.prepared.kind if now.prepared else step.kind
    dialog = AskCancel(screen.place, screen.session.time, step.title)
    if kind not in HARMLESS and not await screen.app.push_screen_wait(dialog):
        return
    screen.post_message(RunNotice(await screen.session.runner.cancel(seen, step.ordinal, seen=seen)))


async def write_note(screen: RunView, now: StepStanding) -> None:
    session = screen.session
    incident = session.ledger.incidents.get(screen.now_run.incident or "")
    await screen.app.push_screen_wait(Note(screen.place, session.time, session.incident_actions, incident))


async def open_rollback(screen: RunView, now: StepStanding) -> None:
    """Open the document's Rollback section as a run of its own."""
    assert screen.way_back is not None
    session = screen.session
    resolved_values = await asyncio.to_thread(session.runner.parameters, screen.now_run)
    values_by_name = {
        resolved.name: resolved.value
        for resolved in resolved_values
        if resolved.value is not None and resolved.source == "operator"
    }
    # What was bad when the run began has no traffic any more: the panes would name another one now.
    proposed_values = [value for value in screen.now_run.values if value.source not in ("operator", "environment")]
    where = session.runner.incident(screen.now_run)
    await screen.opener.open_or_begin(
        screen.app,
        session,
        screen.place,
        screen.runbook,
        screen.way_back,
        values_by_name=values_by_name,
        proposed=proposed_values,
        incident=where,
    )


async def follow_reference(screen: RunView, now: StepStanding) -> None:
    """Open what the step sends its reader to: the procedure as a run, else the document at its heading."""
    reference = now.references[0]
    if len(now.references) > 1:
        dialog = AskReference(screen.place, screen.session.time, now.references)
        if (answer := await screen.app.push_screen_wait(dialog)) is None:
            return
        reference = answer
    catalogue = await asyncio.to_thread(screen.opener.read_catalogue, screen.session)
    path = screen.runbook.path
    here = next((item for item in catalogue.documents if item.runbook.path == path), Document("this", screen.runbook))
    jump = follow_link(catalogue, here, reference.target)
    if jump is None:
        raise RunRefused(f"{reference.target} is not in the catalogue.", code="reference-missing")
    if jump.procedure is None:
        line = find_anchored_line(jump.document.runbook, reference.target.partition("#")[2]) or 1
        screen.app.push_screen(DocumentScreen(jump.document.runbook, line, catalogue))
        return
    where = screen.session.runner.incident(screen.now_run)
    await screen.opener.open_or_begin(
        screen.app, screen.session, screen.place, jump.document.runbook, jump.procedure, incident=where
    )


async def leave_run(screen: RunView, now: StepStanding) -> None:
    """Ask whether the run ends; it stays open unless that is chosen."""
    steps, seen = [] if now.ended else screen.procedure.commands, screen.now_run
    undone = sum(seen.state(step.ordinal) is StepState.TODO for step in steps)
    failed = [str(step.ordinal) for step in steps if seen.state(step.ordinal) is StepState.FAILED]
    dialog = LeaveRun(screen.place, screen.session.time, screen.procedure.title, undone, failed)
    leaving = (False, "") if now.ended else await screen.app.push_screen_wait(dialog)
    if leaving is None:
        return
    ends, reason = leaving
    if ends:
        await asyncio.to_thread(partial(screen.session.runner.end, seen, reason, seen=seen))
    screen.post_message(RunLeft())


async def settle_step(screen: RunView, step: Step, seen: Run, state: StepState, reason: str = "") -> None:
    """Write down a person's word on a step as they saw it in the run `seen`."""
    settles = partial(screen.session.runner.settle, seen, step.ordinal, state, reason, seen=seen)
    await act_named(screen.app, screen.place, screen.session.time, settles)
    screen.post_message(StepSettled(step.ordinal))


async def _ask_how_step_ended(screen: RunView, now: StepStanding) -> bool:
    """Have a person say how a step ended. True when it is to be run again."""
    step, seen = _current_step(now), screen.now_run
    attempt = find_newest_attempt(seen, step.ordinal)
    lines = [attempt.outcome] if attempt and attempt.outcome else []
    zone = screen.place.zone
    today = screen.session.time.now().astimezone(zone).date()
    lines.append(
        f"Started {format_clock_time(attempt.began, zone, today, seconds=True)} by {attempt.actor}." if attempt else ""
    )
    answer = await screen.app.push_screen_wait(Settle(screen.place, screen.session.time, step.title, lines))
    if answer is None:
        return False
    state, reason = answer
    if state is not None:
        await settle_step(screen, step, seen, state, reason)
    return state is None


async def _ask_folder(screen: RunView, step: Step, folders: Sequence[str]) -> Prepared | None:
    """Ask where the commands of the document start; the step resolved with it, or None when the question was left."""
    runner, this_run = screen.session.runner, screen.now_run
    folder = await screen.app.push_screen_wait(AskFolder(screen.place, screen.session.time, step.title, folders))
    if folder is None:
        return None
    await asyncio.to_thread(runner.choose_folder, this_run, folder)
    prepared = await asyncio.to_thread(runner.prepare, this_run, step.ordinal)
    if not (prepared.runnable or prepared.misfit):
        raise RunRefused(prepared.reason_not_runnable, code="step-not-runnable", step=prepared.step.ordinal)
    return prepared


async def _ask_missing_values(screen: RunView, step: Step, names: tuple[str, ...]) -> Prepared | None:
    """Ask for what the step needs; the step resolved with it, or None when the question was left."""
    runner, this_run = screen.session.runner, screen.now_run
    resolved_values = await asyncio.to_thread(runner.parameters, this_run)
    dialog = Values(
        screen.place,
        screen.session.time,
        resolved_values,
        names,
        lambda values_by_name: runner.parameters(this_run, values_by_name),
    )
    values_by_name = await screen.app.push_screen_wait(dialog)
    if values_by_name is None:
        return None
    prepared = await asyncio.to_thread(runner.prepare, this_run, step.ordinal, values_by_name)
    if prepared.folder_choices:
        return await _ask_folder(screen, step, prepared.folder_choices)
    if not (prepared.runnable or prepared.misfit):
        raise RunRefused(prepared.reason_not_runnable, code="step-not-runnable", step=prepared.step.ordinal)
    return prepared


async def _ask_consent(screen: RunView, prepared: Prepared) -> Consent | None:
    required_confirmation = screen.session.runner.find_confirmation(prepared)
    if not takes_a_dialog(required_confirmation):
        return Consent(prepared.fingerprint)
    state = screen.now_run.state(prepared.step.ordinal)
    warnings = screen.procedure.warnings
    dialog = AskConsent(
        screen.place, screen.session.time, prepared, required_confirmation, state=state, warnings=warnings
    )
    return await screen.app.push_screen_wait(dialog)


async def _ask_reason(screen: RunView, what: str, about: list[str], question: str, *, needed: bool) -> str | None:
    return await screen.app.push_screen_wait(
        Reason(screen.place, screen.session.time, what, about, question, needed=needed)
    )


def _current_step(now: StepStanding) -> Step:
    assert now.step is not None  # `find_reason` has refused the key otherwise
    return now.step


KeyHandler = Callable[[RunView, StepStanding], Awaitable[None]]
KEY_HANDLERS: dict[str, KeyHandler] = {
    "run": start_step,
    "edit": edit_step,
    "undo": undo_step,
    "skip": skip_step,
    "by_hand": by_hand,
    "well": mark_step_ok,
    "values": edit_values,
    "cancel": cancel_step,
    "note": write_note,
    "rollback": open_rollback,
    "follow": follow_reference,
    "end": leave_run,
}

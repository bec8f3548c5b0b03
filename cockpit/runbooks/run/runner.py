"""The runner: every rule about what may start, the intent before, the outcome after. Screens and commands only ask."""

import asyncio
import itertools
import logging
import os
import secrets as random_source
import threading
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cockpit.model.event import Draft, Event, EventSource, Record
from cockpit.model.operator import Operator, operator_named
from cockpit.model.probe import ProbeResult
from cockpit.model.revision import Application
from cockpit.model.run import Attempt, Run, StepState, Value, describe_other_environment
from cockpit.model.runbook import Procedure, Runbook, Step
from cockpit.model.secret import Secret
from cockpit.model.system import Environment
from cockpit.model.time import Time
from cockpit.platforms.platform import Platform
from cockpit.runbooks.document.read import secrets_of
from cockpit.runbooks.document.step_kind import describe_lowered_kind
from cockpit.runbooks.prepare import target_guard
from cockpit.runbooks.prepare.candidates import list_printed_outputs
from cockpit.runbooks.prepare.confirmation import (
    Consent,
    RequiredConfirmation,
    find_required_confirmation,
    must_consent,
)
from cockpit.runbooks.prepare.context import RunContext, Terminal
from cockpit.runbooks.prepare.prepare import CHANGES, list_parameters, prepare_step, resolve_parameters
from cockpit.runbooks.prepare.target_guard import ToolContext
from cockpit.runbooks.prepare.template_variables import describe_variables, list_asked_variables
from cockpit.runbooks.prepare.values import Live, typed_moment
from cockpit.runbooks.rollback import describe_third_revision, list_serving_names
from cockpit.runbooks.run import events as journal
from cockpit.runbooks.run import preconditions
from cockpit.runbooks.run import trust as trust_files
from cockpit.runbooks.run.events import EventAuthor
from cockpit.runbooks.run.execute import Doing
from cockpit.runbooks.run.leading import RunLeadership
from cockpit.runbooks.run.notices import (
    RunNotices,
    describe_missing_files,
    describe_unseen_check,
    find_temporary_change,
)
from cockpit.runbooks.run.pinned_targets import pin_targets
from cockpit.runbooks.run.process.identity import this_process
from cockpit.runbooks.run.runs import (
    RUN_KINDS,
    Runs,
    attempt_numbered,
    find_latest_attempt,
)
from cockpit.runbooks.run.shell_record import read_shell
from cockpit.runbooks.run.trust import Trust
from cockpit.runbooks.shell_syntax import requirements
from cockpit.runbooks.types import (
    NOTHING_KEPT,
    NOTHING_PINNED,
    Output,
    PinnedVariables,
    Prepared,
    Resolved,
    RunRefused,
)

if TYPE_CHECKING:
    from cockpit.azure.client import Azure

log = logging.getLogger(__name__)


async def _read_nothing() -> None:
    """Where no platform is watched nobody can say who serves."""


class Runner:
    """Runs of one environment. `start`, `prepare`, `settle`, `end` block on a file and may be called from any thread;
    the coroutines belong to the loop. All raise RunRefused, with a text for the person, and RecordError; what a person
    does raises PersonUnknown where the login is shared and nobody said who it is.
    """

    def __init__(
        self,
        *,
        record: Record,
        environment: Environment,
        operator: str | Operator,
        time: Time,
        data: Path,
        azure: "Azure | None",
        platforms: Sequence[Platform] = (),
        reveal: Callable[[Secret], str],
        mask: Callable[[str], str],
        read_only: bool,
        live: Callable[[], Live],
        incident: Callable[[], str | None],
        hidden: Callable[[], Sequence[str]] = tuple,
        look: Callable[[], None] = lambda: None,
        read_applications: Callable[[], Awaitable[Sequence[Application] | None]] = _read_nothing,
        notices: RunNotices = RunNotices(),  # noqa: B008  frozen
        terminal: Terminal | None = None,
        environ: Mapping[str, str] = os.environ,
        new_id: Callable[[], str] = lambda: f"run-{random_source.token_hex(4)}",
        workdir: Callable[[Runbook], str] = lambda runbook: "",
        grace: float = 5.0,
    ) -> None:
        """`data` holds transcripts and snapshots; `incident` is the one of runs for which nobody has chosen one;
        `hidden` are secrets that no output may show; `look` asks the feeds to look now;
        `read_applications` waits for what the platforms say from now on, None where they do not answer.
        """
        self.environment = environment
        self.author = operator_named(operator)
        self.read_only = read_only
        self.terminal = terminal  # the screen sets its own when it opens
        self.runs = Runs()
        self._record = record
        self._time = time
        self._data = data
        self._azure = azure
        self._live = live
        self._incident = incident
        self._hidden = hidden
        self._notices = notices
        self._read_applications = read_applications
        self._new_id = new_id
        self._context = RunContext(
            environment,
            self.author,
            time,
            data,
            reveal,
            mask,
            read_only,
            live,
            environ,
            azure,
            azure is not None,
            workdir,
            grace,
            platforms,
        )
        self._typed: dict[str, dict[str, str]] = {}  # of each run, secrets too: never written anywhere
        self._secrets_of_steps: dict[str, None] = {}  # to steps that ran here, of any run: never written anywhere
        self._proposed: dict[str, tuple[Value, ...]] = {}  # of each run, what was found for it rather than typed
        self._chosen: dict[str, str] = {}  # of each run, the incident that a person named for it, "" for none
        self._documents: dict[str, Runbook] = {}
        self._guards: dict[str, str] = {}  # what each tool was last found to be set to
        self._cluster = ""  # that the context of kubectl stands for
        self._lock = threading.RLock()
        self._heard = 0  # every event of the timeline up to this id that is for us was taken
        self._unwritten = itertools.count(-1, -1)  # ids of events that read-only keeps to itself
        folder = None if read_only else data / "runs"
        self._doing = Doing(self.note, self.write, folder, self.author_for, self._probes, look)
        self.leadership = RunLeadership(self, self._doing, time)

    @property
    def operator(self) -> str:
        """Who acts, as it stands in the record."""
        return self.author.name

    # What there is.

    def run(self, id: str) -> Run:
        """The run as it stands now. Raises RunRefused."""
        try:
            return self.runs.runs[id]
        except KeyError:
            raise RunRefused(f"There is no run {id}.", code="unknown-run", id=id) from None

    def apply_all(self, events: Iterable[Event]) -> None:
        """Take events of the timeline, this process's and others', none of them left out before the newest."""
        with self._lock:
            for event in events:
                self.runs.apply(event)
                self._heard = max(self._heard, event.id)

    def trust(self, runbook: Runbook) -> Trust:
        """Whether a document may start at once, or must be looked at first, with the difference. Blocking."""
        return trust_files.judge_trust(runbook, list(self.runs.runs.values()), self._snapshots)

    def document(self, run: Run) -> Runbook:
        """The document as it was when the run began, whatever became of the file. Blocking. Raises RunRefused."""
        runbook = self._documents.get(run.id)
        if runbook is None:
            runbook = self._documents[run.id] = trust_files.read_snapshot(run, self._snapshots)
        return runbook

    def known_procedure(self, run: Run) -> Procedure | None:
        """The procedure of a run where its document was read already; never blocks."""
        runbook = self._documents.get(run.id)
        return (
            next((procedure for procedure in runbook.procedures if procedure.slug == run.procedure), None)
            if runbook
            else None
        )

    def procedure(self, run: Run) -> Procedure:
        procedure = next((item for item in self.document(run).procedures if item.slug == run.procedure), None)
        if procedure is None:
            raise RunRefused(
                f"The document of this run has no procedure {run.procedure}.",
                code="unknown-procedure",
                procedure=run.procedure,
            )
        return procedure

    def step(self, run: Run, ordinal: int) -> Step:
        return preconditions.step_of(self.procedure(run), ordinal)

    # Beginning and ending.

    def start(
        self,
        runbook: Runbook,
        procedure: Procedure,
        values_by_name: Mapping[str, str] | None = None,
        *,
        trust: str = "",
        proposed: Sequence[Value] = (),
        incident: str | None = None,
        beside: bool = True,
        decided: datetime | None = None,
    ) -> Run:
        """Begin a run on a snapshot. A document new or changed since its last run needs its hash in `trust`.

        `values_by_name` was typed, `proposed` was proposed for it; `incident` is the one it belongs to, ""
        for none of them. With `beside` it begins whatever else is open; without, RunAlreadyOpen names the run that
        somebody leads already, has done something in since the person here `decided`, or left half done.
        """
        preconditions.must_be_startable(runbook, procedure, self.trust(runbook), trust)
        if not self.read_only:
            trust_files.keep_snapshot(runbook, self._snapshots)
        id = self._new_id()
        with self._lock:
            self._typed[id], self._proposed[id] = self._settle_moments(values_by_name or {}), tuple(proposed)
            self._documents[id] = runbook
            if incident is not None:
                self._chosen[id] = incident
        values = self._resolve(runbook, procedure, id)
        self.author.must_be_named()
        event_author = self._author_in(self._incident() if incident is None else incident or None)
        draft = journal.draft_run_started(
            id,
            runbook,
            procedure,
            self.environment.name,
            values,
            this_process(),
            event_author,
            self._list_served(id, values),
        )
        if beside:
            self.leadership.claim(id)

        def decide() -> Draft:
            if not beside:
                begun = run_of(draft)
                self.leadership.must_lead(begun, decided=decided)
                if not procedure.menu:  # of a menu one thing is chosen, and nothing else is done anew
                    self.leadership.must_not_repeat(begun)
            return draft

        self.write(decide)
        return self.run(id)

    def _list_served(self, id: str, values: Sequence[Resolved]) -> tuple[str, ...]:
        """Who serves the app of a rollback that begins now; nothing where the run is no rollback."""
        values_by_name = self._find_rollback_values(id, {value.name: value.value or "" for value in values})
        application = find_rolled_back(self._live().applications, values_by_name)
        return list_serving_names(application) if application else ()

    def _find_rollback_values(self, id: str, kept: Mapping[str, str]) -> dict[str, str]:
        proposed = {value.name: value.shown for value in self._proposed.get(id, ())}
        return {**proposed, **self._typed.get(id, {}), **kept}

    async def _must_serve_as_agreed(self, run: Run, prepared: Prepared) -> None:
        """Look who serves now, before each change of a rollback. Raises RunRefused where a third revision does.

        Where nobody answers it goes on: the change itself asks the same cloud. In single mode the rollback deploys a
        revision of its own, so that who serves afterwards is not one of the two that were named.
        """
        if not run.served or prepared.kind not in CHANGES:
            return
        values_by_name = self._find_rollback_values(run.id, {value.name: value.shown for value in run.values})
        application = find_rolled_back(await self._read_applications() or (), values_by_name)
        if application is None or (application.mode == "Single" and run.attempts):
            return
        if moved := describe_third_revision(values_by_name, run.served, application):
            raise RunRefused(
                f"{moved} Nothing was sent. Look at the revisions pane; what this rollback has done so far stays. "
                "A rollback from what serves now is a new run.",
                code="traffic-moved",
                application=application.name,
                before=list(run.served),
                now={revision.name: revision.weight for revision in application.working},
            )

    def belongs(self, run: Run, incident: str) -> None:
        """A person's word on which incident a run belongs to that began in none; "" for none of them."""
        self._chosen[run.id] = incident

    def end(self, run: Run, reason: str = "", *, seen: Run | None = None) -> Run:
        """The run is over. What is still running goes on. Of two who end it, one does.

        `seen` is the run as it was when a person chose so: it is not ended under somebody who has gone on since.
        """
        event_author = self.author_for(run)

        def decide() -> Draft | None:
            newest = self.run(run.id)
            if seen is not None:
                for step, _ in newest.states:
                    preconditions.must_be_as_seen(newest, seen, step)
            return None if newest.ended else journal.draft_run_ended(newest, reason, event_author)

        self.write(decide)
        return self.run(run.id)

    def settle(self, run: Run, step: int, state: StepState, reason: str = "", *, seen: Run | None = None) -> Run:
        """A person's word on a step: by hand, skipped, failed, or looked at and well (ok). `seen` is the run as it was
        when they looked: what others did with the step since is not overruled."""
        self.author.must_be_named()
        event_author, settled_step = self.author_for(run), self.step(run, step)

        def decide() -> Draft:
            newest = self.run(run.id)
            if seen is not None:
                preconditions.must_be_as_seen(newest, seen, step)
            preconditions.must_be_settleable(newest, step, state, reason)
            return journal.draft_settled(newest, settled_step, state, newest.state(step), reason, event_author)

        self.write(decide)
        settled = self.run(run.id)
        temporary = find_temporary_change(settled_step) if state is StepState.BY_HAND else ""
        if temporary and (incident := self.incident(settled)):
            self._notices.begin_temporary(temporary, incident)
        return settled

    # Preparing.

    def parameters(self, run: Run, values_by_name: Mapping[str, str] | None = None) -> tuple[Resolved, ...]:
        """Every placeholder of the procedure with what it stands for now, or why it has no value. Runs nothing."""
        self._typed.setdefault(run.id, {}).update(self._settle_moments(values_by_name or {}))
        return self._resolve(self.document(run), self.procedure(run), run.id)

    def _settle_moments(self, values_by_name: Mapping[str, str]) -> dict[str, str]:
        """What was typed, with `20m ago` as the moment that it means now: every step and every try has the same."""
        now = self._time.now()
        return {name: typed_moment(name, values_by_name, now)[name] for name in values_by_name}

    def prepare(
        self,
        run: Run,
        step: int,
        values_by_name: Mapping[str, str] | None = None,
        *,
        edit: str | None = None,
        undo: bool = False,
    ) -> Prepared:
        """The step, resolved. The values stay known to the run; `edit` replaces the command, `undo` is its undo."""
        run = self.run(run.id)
        self._typed.setdefault(run.id, {}).update(self._settle_moments(values_by_name or {}))
        document = self.document(run)
        context = self._narrow(document, self._typed[run.id], run.values, self._proposed.get(run.id, ()), run)
        prepared = prepare_step(run.id, document, self.step(run, step), context, edit=edit, undo=undo)
        prepared = replace(prepared, attempts_before=find_latest_attempt(run, step), state_before=run.state(step))
        unseen = describe_unseen_check(self.step(run, step), self.procedure(run), run)
        lowered = describe_lowered_kind(prepared.as_written, prepared.step.language)
        missing = describe_missing_files(self.procedure(run), prepared.start) if prepared.kind in CHANGES else ""
        elsewhere = describe_other_environment(self.step(run, step), self.procedure(run), run.environment)
        notices = filter(None, (elsewhere, unseen, lowered, missing))
        prepared = replace(prepared, notices=(*prepared.notices, *notices))
        return self._notices.added(prepared, self.incident(run), dict(self.runs.runs))

    def preview(
        self,
        runbook: Runbook,
        procedure: Procedure,
        step: int,
        values_by_name: Mapping[str, str] | None = None,
        proposed: Sequence[Value] = (),
    ) -> Prepared:
        """As `prepare`, of a procedure that has no run: for lists, --dry-run and the catalogue."""
        context = self._narrow(runbook, values_by_name or {}, (), proposed)
        prepared = prepare_step("", runbook, preconditions.step_of(procedure, step), context)
        return self._notices.added(prepared, self._incident(), dict(self.runs.runs))

    async def survey(self, prepared: Prepared) -> Prepared:
        """What a known change would meet, added to what is shown: who confirms, confirms that. Reads the cloud.

        A tool that was set to something else is asked again: it may have been corrected since.
        """
        from cockpit.runbooks.run.native import survey_native_change

        prepared = await target_guard.look_again(prepared, self.environment, self._context.shell(), self._guards)
        survey = await survey_native_change(prepared.native, self._context) if prepared.runnable else None
        if survey is None:
            return prepared
        return replace(prepared, meets=survey.words, confirmed=survey.fingerprint, reason_not_runnable=survey.refusal)

    async def check_guards(self, procedure: Procedure | None = None, run: Run | None = None) -> None:
        """Look which subscription and which cluster the tools here would act on; `prepare` says what does not fit.

        With a procedure the tools of its own commands are asked, too, whatever is configured; with a run they find what
        its steps have set so far.
        """
        kept = await asyncio.to_thread(read_shell, self.run(run.id)) if run else NOTHING_KEPT
        env = self._context.shell(kept.environment())
        await target_guard.read_tool_targets(
            self.environment, env, self._guards, self._tools_of(procedure) if procedure else ()
        )
        if self._guards.get("kubectl"):
            self._cluster = await target_guard.read_cluster(env)

    def contexts(self, procedure: Procedure) -> tuple[ToolContext, ...]:
        """What the tools of a procedure act on, as last looked at: to be shown, never to decide by."""
        used = self._tools_of(procedure) if self._guards else frozenset()
        return tuple(
            ToolContext(
                tool,
                value,
                target_guard.find_expected_target(tool, self.environment),
                self._cluster if tool == "kubectl" else "",
            )
            for tool, value in sorted(self._guards.items())
            if tool in used and (value or target_guard.find_expected_target(tool, self.environment))
        )

    def _tools_of(self, procedure: Procedure) -> frozenset[str]:
        """The tools whose target decides what the steps of a procedure act on, where not the SDK does them."""
        from cockpit.runbooks.lint.dry_values import known_command

        known = self._azure is not None or self._context.platforms
        shells = (step for step in procedure.commands if not known or known_command(step, self.environment) is None)
        return frozenset(tool for step in shells for tool in requirements.list_guarded_tools(step.command))

    def waits_for(self, run: Run, step: int) -> str:
        """Why a step may not start yet because of other steps; "" when it may."""
        procedure = self.procedure(run)
        step_of = preconditions.step_of(procedure, step)
        return preconditions.waits_for(self.run(run.id), procedure, step_of, step_of.kind)

    def find_confirmation(self, prepared: Prepared) -> RequiredConfirmation:
        """What it takes to start it."""
        run = self.run(prepared.run)
        return find_required_confirmation(prepared, self.procedure(run), run.state(prepared.step.ordinal))

    # Doing.

    async def perform(self, run: Run, prepared: Prepared, consent: Consent, on_output: Output) -> Attempt:
        """Do it: intent event, the command, outcome event. Cancelling this coroutine leaves a shell step running."""
        run = self.run(run.id)
        procedure = await asyncio.to_thread(self.procedure, run)
        preconditions.must_be_runnable(prepared, read_only=self.read_only)
        self.author.must_be_named()

        def judge() -> Run:
            newest = self.run(run.id)
            preconditions.must_be_this_run(newest, prepared, self.environment.name)
            preconditions.must_be_untaken(newest, prepared)
            preconditions.must_be_its_turn(newest, procedure, prepared)
            must_consent(self.find_confirmation(prepared), prepared, consent, self.author.names)
            self.leadership.must_lead_from_here(newest)
            return newest

        judge()  # what is refused anyway is refused before anything is asked
        pinned = await self._pin_targets(run, prepared)
        await target_guard.must_fit(prepared, self.environment, self._context.shell(), self._guards, pinned)
        await self._must_serve_as_agreed(run, prepared)
        await asyncio.to_thread(preconditions.must_stand_on_what_was_shown, prepared)
        secret = self._list_secrets(run, prepared)
        number = await self._doing.perform(
            run,
            prepared,
            consent.approval,
            replace(self.context_of(run), kept_shell=prepared.kept_shell, pinned=pinned),
            secret,
            on_output,
            judge,
            again=consent.again,
        )
        return attempt_numbered(self.run(run.id), prepared.step.ordinal, number)

    async def _pin_targets(self, run: Run, prepared: Prepared) -> PinnedVariables:
        """Hold the tools of a step to what they are set to now. Raises RunRefused where that cannot be written down."""
        if prepared.script is None:
            return NOTHING_PINNED
        folder = self._data / "runs" / run.id
        try:
            env = target_guard.find_program_environment(prepared, self._context.shell())
            return await pin_targets(prepared, env, folder)
        except OSError as error:
            raise RunRefused(
                f"Nothing can be written in {folder}: {error.strerror}. Nothing was started.",
                code="not-writable",
                folder=folder,
                reason=error.strerror,
            ) from error

    def _list_secrets(self, run: Run, prepared: Prepared) -> list[str]:
        """What nothing that this step prints may show: the secrets of the configuration, those that it or a step before
        it was given, and those that stand in the procedure. A later step may print what an earlier one has set."""
        values = (value.value for value in prepared.values if value.secret and value.value)
        self._secrets_of_steps |= dict.fromkeys((*values, *prepared.hidden))
        procedure = self.known_procedure(run)
        return [*self._hidden(), *self._secrets_of_steps, *(secrets_of([procedure]) if procedure else ())]

    def describe_variables(self, step: Step) -> str:
        """Whether the variables that a step for a person asks for are in the template that the panes show. Blocking."""
        return describe_variables(step, self._live()) if list_asked_variables(step) else ""

    def _probes(self) -> dict[str, ProbeResult | None]:
        """Where every configured probe stands; None for one that has not answered yet."""
        probe_results_by_name = {probe.name: probe for probe in self._live().probes}
        return {probe.name: probe_results_by_name.get(probe.name) for probe in self.environment.probes}

    async def cancel(self, run: Run, step: int, *, seen: Run | None = None) -> str:
        """Stop a running step: INT, then TERM, then KILL. The sentence says what that does not stop. `seen` is the run
        as it was when a person chose so: an attempt that was begun since is not the one to stop."""
        run = self.run(run.id)
        if seen is not None and run.state(step) is StepState.RUNNING:
            preconditions.must_be_as_seen(run, seen, step)
        return await self._doing.cancel(run, await asyncio.to_thread(self.step, run, step), self.context_of(run))

    @property
    def _snapshots(self) -> Path:
        return self._data / "snapshots"

    def note(self, draft: Draft) -> Sequence[Event]:
        """Write one event and know it at once. In read-only it is known here and written nowhere. Blocking."""
        return self.write(lambda: draft)

    def write(self, decide: Callable[[], Draft | None]) -> Sequence[Event]:
        """Write what `decide` makes of the newest state, in the transaction in which it is asked. Blocking.

        Others are heard of twice a second; between two looks somebody else may have started, ended or settled the very
        same. Inside the transaction nobody can: what they wrote is read first, and whoever comes later reads ours.
        Whatever `decide` raises, nothing is written then.
        """

        def plan(newest: EventSource) -> list[Draft]:
            with self._lock:
                self.apply_all(newest.events(after=self._heard, kinds=RUN_KINDS))
                draft = decide()
            return [] if draft is None else [draft]

        if self.read_only:
            with self._lock:
                draft = decide()
                events: Sequence[Event] = [journal.make_unwritten_event(draft, next(self._unwritten))] if draft else []
        else:
            events = self._record(plan)
        with self._lock:
            for event in events:  # not by `apply_all`: others' events may lie between what we have heard and these
                self.runs.apply(event)
        return events

    def incident(self, run: Run) -> str | None:
        """The one it began in, else what a person chose, else the one that is open by now; None for the journal."""
        chosen = run.incident or self._chosen.get(run.id)
        return self._incident() if chosen is None else chosen or None

    def author_for(self, run: Run) -> EventAuthor:
        return self._author_in(self.incident(run))

    def _author_in(self, incident: str | None) -> EventAuthor:
        return EventAuthor(self.operator, self._time.now(), incident, self.author.detail())

    def _resolve(self, runbook: Runbook, procedure: Procedure, id: str) -> tuple[Resolved, ...]:
        run = self.runs.runs.get(id)
        kept = run.values if run else ()
        context = self._narrow(runbook, self._typed.get(id, {}), kept, self._proposed.get(id, ()), run)
        return resolve_parameters(list_parameters(runbook, procedure), context)

    def _narrow(
        self,
        runbook: Runbook,
        values_by_name: Mapping[str, str],
        kept: Sequence[Value],
        proposed: Sequence[Value],
        run: Run | None = None,
    ) -> RunContext:
        """What a step of this document is prepared in."""
        return self._context.narrow(
            runbook,
            typed=values_by_name,
            kept=kept,
            proposed=proposed,
            guards=self._guards,
            terminal=self.terminal,
            kept_shell=read_shell(run) if run else NOTHING_KEPT,
            chosen_folder=self.chosen_folder(runbook, run),
            printed=list_printed_outputs(run) if run else (),
        )

    def chosen_folder(self, runbook: Runbook, run: Run | None = None) -> str:
        """Where a person chose that the commands of a document start, in this run or the last one; "" for nowhere."""
        others = [other for other in self.runs.runs.values() if other.path == runbook.path and other.folder]
        last = max(others, key=lambda other: other.started, default=None)
        chosen = run.folder if run and run.folder else last.folder if last else ""
        return chosen if chosen and Path(chosen).is_dir() else ""

    def choose_folder(self, run: Run, folder: str) -> None:
        """A person's word on where the commands of its document start. It holds for later runs of it, too."""
        if not Path(folder).is_dir():
            raise RunRefused(f"There is no folder {folder}.", code="not-a-folder", folder=folder)
        author = self.author_for(run)
        self.write(lambda: journal.draft_folder_chosen(run, str(Path(folder).absolute()), author))

    def context_of(self, run: Run) -> RunContext:
        """What the steps of a run are done with."""
        return replace(self._context, terminal=self.terminal, incident=self.incident(run), kept_shell=read_shell(run))


def find_rolled_back(applications: Sequence[Application], values_by_name: Mapping[str, str]) -> Application | None:
    """The app that a rollback with these values is about; None where they are not those of a rollback."""
    if not values_by_name.get("previous") or not values_by_name.get("bad"):
        return None
    named = [application for application in applications if application.name == values_by_name.get("app")]
    return named[0] if len(named) == 1 else None


def run_of(draft: Draft) -> Run:
    """The run that a draft is about to begin."""
    runs = Runs()
    runs.apply(journal.make_unwritten_event(draft, 0))
    return runs.runs[draft.subject]

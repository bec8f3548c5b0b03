"""A known read of az that was typed: done and recorded as the runner does, by the short way that nothing else may go.

It confirms nothing, changes nothing, reads no document and needs no shell, so that what judges all that is not loaded:
az itself takes 0.3 s for such a command. What is not as simple as it must be here goes the whole way. A test holds that
both ways leave the same events and files (`tests/integration/cli/test_exec_short_way.py`).
"""

import asyncio
import os
import re
import secrets as random_source
import shlex
import signal
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import click

from cockpit.cli.options import Common, Refusal, choose_environment, find_operator, load_system, open_timeline
from cockpit.cli.run.report import CODES, DONE, NONE, Aloud, Written
from cockpit.cli.run.typed_document import make_typed_document, make_typed_procedure, make_typed_step
from cockpit.config import Secrets
from cockpit.model.event import Draft, Kind, RecordError
from cockpit.model.operator import Operator, PersonUnknown
from cockpit.model.problem import SourceError
from cockpit.model.run import Attempt, Run, StepLength
from cockpit.model.runbook import TEAM_COMMANDS, Procedure, Runbook, Step, StepKind
from cockpit.model.secret_detection.masking import mask_secrets
from cockpit.model.severity_scale import DEFAULT_SEVERITY_SCALE
from cockpit.model.system import Environment, System
from cockpit.model.text import clean_text, hide_secrets
from cockpit.model.time import RealTime
from cockpit.runbooks.az.parse import AzCommand, recognise_az_command
from cockpit.runbooks.prepare.tags import PATIENCE
from cockpit.runbooks.run import events
from cockpit.runbooks.run.attempt import Writing, broken_off, reserve_attempt
from cockpit.runbooks.run.events import EventAuthor
from cockpit.runbooks.run.process.files import keep_snapshot_text
from cockpit.runbooks.run.process.identity import this_process
from cockpit.runbooks.run.process.transcript import head_and_tail
from cockpit.runbooks.shell_syntax.literal_secrets import hide_literal_secrets
from cockpit.runbooks.types import Finished, Prepared, RunRefused

if TYPE_CHECKING:
    from cockpit.azure.client import Azure
    from cockpit.timeline.timeline import Timeline

PLAIN_LINE = re.compile(r"[A-Za-z0-9 ._/:@,+=-]+")  # a line that every shell reads as its words
NOT_PLAIN = frozenset("$`\\<>")  # what a shell, or we, might read something into even within quotes
STEP = 1


@dataclass(frozen=True, slots=True)
class KnownRead:
    """One known read, as it was typed and as it is done."""

    line: str
    argv: tuple[str, ...]
    native: AzCommand


def run_known_read(common: Common, words: Sequence[str], incident: str | None, as_json: bool) -> int | None:
    """Do and record it: the exit code; None for a command that goes the whole way. Raises Refusal."""
    split = split_plain_words(words)
    if split is None or incident not in (None, NONE):
        return None
    system = load_system(common)
    environment = choose_environment(system, common.env)
    read = recognise_read(*split, environment)
    if read is None or system.read_only or TEAM_COMMANDS or hide_literal_secrets(read.line) != read.line:
        return None
    try:
        operator = find_operator(system, common)
        with open_timeline(system, common) as timeline:
            open_incidents = list_open_incidents(timeline, environment.name)
            if len(open_incidents) > 1 and incident is None:
                return None
            operator.must_be_named()
            chosen = open_incidents[0] if open_incidents and incident is None else None
            if not as_json and open_incidents:
                click.echo(f"On {chosen or 'no incident: it goes to the journal'}.", err=True)
            return asyncio.run(perform_read(read, system, environment, timeline, operator, chosen, as_json))
    except (RecordError, RunRefused, SourceError, PersonUnknown) as error:
        raise Refusal.of(error) from None


def split_plain_words(words: Sequence[str]) -> tuple[str, tuple[str, ...]] | None:
    """The line that bash would get, and its words, where no shell could make anything else of it."""
    if len(words) == 1:
        line = words[0]
        return (line, tuple(line.split(" "))) if PLAIN_LINE.fullmatch(line) and "  " not in line.strip(" ") else None
    plain = all(word.isascii() and word.isprintable() and not NOT_PLAIN & set(word) for word in words)
    return (shlex.join(words), tuple(words)) if plain else None


def recognise_read(line: str, argv: tuple[str, ...], environment: Environment) -> KnownRead | None:
    if argv[:1] != ("az",) or not environment.subscription:
        return None
    native = recognise_az_command(argv, subscription=environment.subscription)
    if native is None or native.kind is not StepKind.READ or native.follow:
        return None
    return KnownRead(line, argv, native)


def list_open_incidents(timeline: "Timeline", environment: str) -> list[str]:
    """The ids of those that are open. Blocking. Raises RecordError."""
    if not timeline.events(environment=environment, kinds=[Kind.DECLARE], limit=1):
        return []
    from cockpit.incident.load import read_ledger  # only where there ever was an incident

    return [incident.id for incident in read_ledger(timeline, DEFAULT_SEVERITY_SCALE).open(environment)]


@dataclass(frozen=True, slots=True)
class ReadRecord:
    """What every event of this read stands on."""

    timeline: "Timeline"
    operator: Operator
    incident: str | None
    hidden: Sequence[str]

    def author(self) -> EventAuthor:
        return EventAuthor(self.operator.name, RealTime().now(), self.incident, self.operator.detail())

    def write(self, *drafts: Draft) -> None:
        """Blocking. Raises RecordError."""
        self.timeline.record([events.hide_secrets(draft, self.hidden) for draft in drafts])


async def perform_read(
    read: KnownRead,
    system: System,
    environment: Environment,
    timeline: "Timeline",
    operator: Operator,
    incident: str | None,
    as_json: bool,
) -> int:
    """Intent, the read, outcome. Raises RecordError, RunRefused, SourceError."""
    from cockpit.azure.client import Azure
    from cockpit.azure.identity import build_credential, find_cloud_name

    time = RealTime()
    credential = build_credential(system.order, system.tenant, system.client_id, system.cloud, time=time)
    operator.cloud = partial(find_cloud_name, credential)
    record = ReadRecord(timeline, operator, incident, list_hidden(system))
    step = make_typed_step(read.line, StepKind.READ, clean_text(read.line))
    procedure = make_typed_procedure(step)
    runbook = make_typed_document(read.line, procedure)
    id = f"run-{random_source.token_hex(4)}"
    data = timeline.path.parent
    if hide_secrets(runbook.text) == runbook.text:
        keep_snapshot_text(data / "snapshots", runbook.sha256, runbook.text.encode())
    prepared = prepare_read(id, read, step, environment)
    progress = Written() if as_json else Aloud(piped=True)
    azure = Azure(
        system.cloud, credential, subscription=environment.subscription, read_only=False, time=time, direct=True
    )
    files = reserve_attempt(data / "runs" / id, STEP, 1)
    try:
        began, began_at = record.author(), time.monotonic()
        run = begin_run(id, runbook, procedure, environment, prepared, str(files.place.transcript), began, record)
        files.keep()
        progress.begins(step, prepared)
        mask, secrets = Secrets(os.environ).mask, list(record.hidden)
        writing = Writing(files.transcript, secrets, mask, progress.output, lambda url: None)
        finished = await do_read(read, azure, writing)
        writing.finish()
        finished = replace(finished, outcome=mask_secrets(finished.outcome, secrets))
        kept, took = mask(head_and_tail(files.place.transcript)), StepLength(time.monotonic() - began_at)
        attempt = end_run(run, step, finished, kept, str(files.place.transcript), prepared, began, took, record)
    finally:
        files.close()
        await azure.close()
        await credential.close()
    progress.ended(step, attempt)
    code = CODES.get(attempt.state, DONE)
    if isinstance(progress, Written):
        click.echo(progress.format_document(id, incident, attempt.outcome if code else None, code))
        return code
    if code:
        click.echo(f"{attempt.outcome.removesuffix('.')}.", err=True)
    progress.must_be_heard()
    return code


def list_hidden(system: System) -> list[str]:
    """Every configured secret that is there: no event may hold one."""
    return Secrets(os.environ).list_known(system.secrets())


def prepare_read(id: str, read: KnownRead, step: Step, environment: Environment) -> Prepared:
    return Prepared(
        run=id,
        step=step,
        environment=environment.name,
        kind=read.native.kind,
        as_written=read.line,
        as_run=clean_text(read.line),
        native=read.native,
        argv=read.argv,
        timeout=PATIENCE[read.native.kind],
    )


def begin_run(
    id: str,
    runbook: Runbook,
    procedure: Procedure,
    environment: Environment,
    prepared: Prepared,
    transcript: str,
    began: EventAuthor,
    record: ReadRecord,
) -> Run:
    """The run and the intent of its only step, on the disk before anything is asked. Blocking. Raises RecordError."""
    owner = this_process()
    run = Run(
        id,
        runbook.path,
        procedure.slug,
        procedure.title,
        runbook.sha256,
        environment.name,
        began.actor,
        began.now,
        began.incident,
    )
    record.write(
        events.draft_run_started(id, runbook, procedure, environment.name, (), owner, began),
        events.draft_intent(run, prepared, 1, transcript, owner, None, began),
    )
    return run


def end_run(
    run: Run,
    step: Step,
    finished: Finished,
    output: str,
    transcript: str,
    prepared: Prepared,
    began: EventAuthor,
    took: StepLength,
    record: ReadRecord,
) -> Attempt:
    """The outcome and the end of the run; the attempt as it stands then. Blocking. Raises RecordError."""
    author = record.author()
    attempt = Attempt(
        number=1,
        step=STEP,
        began=began.now,
        ended=author.now,
        state=finished.state,
        kind=prepared.kind.value,
        as_written=prepared.as_written,
        as_run=prepared.as_run,
        native=True,
        exit_code=finished.exit_code,
        timed_out=finished.timed_out,
        cancelled=finished.cancelled,
        outcome=finished.outcome,
        output=output,
        transcript=transcript,
        actor=began.actor,
        length=took,
    )
    record.write(
        events.draft_outcome(run, step, 1, finished, "", output, took, author),
        events.draft_run_ended(replace(run, attempts=(attempt,)), "", author),
    )
    return attempt


async def do_read(read: KnownRead, azure: "Azure", writing: Writing) -> Finished:
    """Within its time; ^C ends it, and that is its outcome. Raises nothing."""
    from cockpit.runbooks.az.perform import perform_az_command

    doing = asyncio.ensure_future(perform_az_command(read.native, azure, writing))
    loop = asyncio.get_running_loop()
    with suppress(NotImplementedError, RuntimeError, ValueError):  # where there are no signals nothing is stopped
        loop.add_signal_handler(signal.SIGINT, doing.cancel)
    try:
        async with asyncio.timeout(PATIENCE[StepKind.READ]):
            return await doing
    except TimeoutError:
        return broken_off(StepKind.READ, "it took too long and was given up", timed_out=True)
    except asyncio.CancelledError:
        return broken_off(StepKind.READ, "stopped by hand")
    finally:
        with suppress(NotImplementedError, RuntimeError, ValueError):
            loop.remove_signal_handler(signal.SIGINT)

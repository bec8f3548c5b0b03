"""`cockpit timeline`: what happened, in the order it happened."""

import asyncio
import contextlib
import json
import re
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cockpit.cli.options import (
    Common,
    Refusal,
    choose_environment,
    common_options,
    find_operator,
    incident_option,
    json_option,
    load_system,
    open_timeline,
    timeline_path,
)
from cockpit.cli.output import format_json, incident_document, to_json_value
from cockpit.cli.redacted_files import empty_files_of
from cockpit.cli.session import CliSession, open_cli_session, print_clean, warn_unrecorded
from cockpit.config import default_system
from cockpit.incident.change_dates import CONTEXT, present_events
from cockpit.incident.load import list_standing_events, with_events
from cockpit.incident.postmortem.json_document import list_event_documents
from cockpit.incident.postmortem.rows import late_mark
from cockpit.model.clock_steps import (
    RECENT_ENOUGH,
    list_clock_steps,
    tell_by_present_clock,
)
from cockpit.model.event import Draft, Event, Kind, RecordError, describe_unseen, join_storms, time_of
from cockpit.model.incident import Incident, describe_severity
from cockpit.model.operator import Operator, PersonUnknown, with_author
from cockpit.model.severity_scale import SeverityScale
from cockpit.model.time import RealTime, format_duration

if TYPE_CHECKING:
    from cockpit.model.system import System
    from cockpit.session import Session
    from cockpit.timeline.hash_chain import ChainVerdict
    from cockpit.timeline.rescue import TimelineRecovery, TimelineRestore
    from cockpit.timeline.timeline import Timeline


LOOK = 0.5  # seconds between two looks at whether the recorder records


@click.command(
    name="timeline",
    help="Print the events of an incident; without --incident everything of the environment. Times are UTC.",
)
@click.option("--limit", metavar="N", type=click.IntRange(min=1), help="Only the newest N events.")
@click.option("--all", "every", is_flag=True, help="Each of many alerts of one name that turned together by itself.")
@incident_option
@json_option
@common_options
def timeline(common: Common, limit: int | None, every: bool, incident: str | None, as_json: bool) -> None:
    with open_cli_session(common, read_only=True) as cli_session:
        events = _read_events(cli_session, incident, None if limit is None else limit + CONTEXT)
    ids = {event.id for event in (events[-limit:] if limit else events)}
    if as_json:
        click.echo(format_json([item for item in list_event_documents(events) if item["id"] in ids]))
        return
    present = tell_by_present_clock(present_events(events), list_clock_steps(events), RECENT_ENOUGH)
    standing = list_standing_events(event for event in present if event.id in ids)
    for event in standing if every else join_storms(standing):
        print_clean(format_event_line(event))
    if not ids:
        print_clean(f"Nothing is recorded in {cli_session.environment.name} yet.")


def _read_events(cli_session: CliSession, incident: str | None, limit: int | None) -> list[Event]:
    if incident is None:
        return cli_session.timeline.events(environment=cli_session.environment.name, limit=limit)
    _, events = with_events(
        cli_session.timeline, cli_session.system.severity_scale, cli_session.incident_actions.find(incident)
    )
    return events[-limit:] if limit else events


STATED = (("impact_started", "users felt it from"), ("impact_ended", "until"), ("detected", "detected at"))
"""What a person states of an incident after it was declared, as a line of a correction tells it."""


def format_followed_line(event: Event) -> str:
    """As `format_event_line`, of one line after the other as they come: a correction must not read as a second act."""
    if event.supersedes is None or event.kind != Kind.DECLARE or event.redacted:
        return format_event_line(event)
    times = [
        f"{name} {moment:%Y-%m-%d %H:%M:%S}Z"
        for key, name in STATED
        if (moment := time_of(event.detail, key)) and (key != "detected" or "detection_stated" in event.detail)
    ]
    stated = f" [{', '.join(times)}]" if times else ""
    text = f"corrects event {event.supersedes}, now: {event.summary}{stated}"
    return format_event_line(replace(event, summary=text))


def format_event_line(event: Event) -> str:
    """`   42  2026-02-27 02:14:31Z  alert     recorder    5xx errors fired (high)`; the id is what `redact` takes."""
    text = "(redacted)" if event.redacted else f"{event.summary}{describe_unseen(event)}"
    # The line of a declaration says itself what was corrected in it; where it says nothing, only its impact was stated.
    corrected = " (corrected)" if event.supersedes is not None and event.kind != Kind.DECLARE else ""
    then = f" ({', '.join(marks)})" if (marks := late_mark(event)) else ""
    who = event.actor or event.source
    return f"{event.id:>5}  {event.occurred:%Y-%m-%d %H:%M:%S}Z  {event.kind:<9} {who:<11} {text}{corrected}{then}"


# `cockpit incidents`: every incident, newest last.


@click.command(name="incidents", help="List the incidents, newest last; with --env those of one environment.")
@click.option("--open", "only_open", is_flag=True, help="Only those still open.")
@json_option
@common_options
def incidents(common: Common, only_open: bool, as_json: bool) -> None:
    with open_cli_session(common, read_only=True) as cli_session:
        severity_scale = cli_session.plan.severity_scale
        result = [
            item
            for item in cli_session.incident_actions.incidents()
            if (common.env is None or item.environment == cli_session.environment.name) and (item.open or not only_open)
        ]
        ends = {
            environment: warn_unrecorded(cli_session, environment)
            for environment in sorted({item.environment for item in result if item.open})
        }
    if as_json:
        documents = [
            incident_document(item)
            | {"recorded_until": to_json_value(ends.get(item.environment) if item.open else None)}
            for item in result
        ]
        click.echo(format_json(documents))
        return
    now = RealTime().now()
    for incident in result:
        print_clean(render_incident_line(incident, now, severity_scale))
    if not result:
        print_clean("No open incident." if only_open else "No incident yet. `cockpit declare TITLE` begins one.")


def render_incident_line(incident: Incident, now: datetime, severity_scale: SeverityScale = ()) -> str:
    """`2026-02-27-k7f  P1  resolved       02-27 02:15Z  28m 05s  prod  Readiness failing`.

    The length is for how long it was open until now, or until it was resolved.
    """
    ran = format_duration(incident.open_for(now))
    same = f" (duplicate of {incident.duplicate_of})" if incident.duplicate_of else ""
    drill = "[drill] " if incident.drill else ""
    severity = describe_severity(incident, severity_scale)
    return (
        f"{incident.id}  {severity:<5} {incident.status:<13} {incident.declared:%m-%d %H:%M}Z  {ran:>11}  "
        f"{incident.environment}  {drill}{incident.title}{same}"
    )


# `cockpit redact ID`: take the text of one event out of the timeline, and write down that it was done.


@click.command(
    name="redact",
    help="Empty the text of event ID, for good: a leaked token, a person's data. Who, when and why stay on record.",
)
@click.argument("number", metavar="ID", type=click.IntRange(min=1))
@click.option("--reason", required=True, help="Why; it is kept, so do not repeat what must go.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@common_options
def redact(common: Common, number: int, reason: str, yes: bool, as_json: bool) -> None:
    if not reason.strip():
        raise Refusal("Say why with --reason; it is what remains of the event.", code="reason-missing")
    try:
        system = load_system(common)
        with open_timeline(system, common, there=True) as timeline:
            event = timeline.event(number)
            if event is None:
                raise Refusal(
                    f"There is no event {number}; `cockpit timeline` lists them.", code="unknown-event", event=number
                )
            if not yes and not event.redacted:
                if not somebody_is_there():
                    raise Refusal(
                        "There is no terminal to ask on; add --yes to empty the event without a question.",
                        code="no-terminal",
                    )
                click.echo(f"{number} {event.occurred:%Y-%m-%d %H:%M:%S} UTC {event.kind} {event.summary}", err=True)
                if not click.confirm("Empty its text? It cannot be brought back", err=True):
                    raise Refusal(f"Event {number} stays as it is.", code="declined", event=number)
            redaction = timeline.redact(number, find_operator(system, common), reason)
            emptied, left = empty_files_of(event, timeline.path.parent)
    except (RecordError, PersonUnknown) as error:
        raise Refusal.of(error) from None
    if as_json:
        files = {"emptied": [str(path) for path in emptied], "left": [str(path) for path in left]}
        click.echo(json.dumps({"redacted": number, "event": redaction.id, "head": redaction.hash, "files": files}))
    else:
        click.echo(f"Event {number} is empty; event {redaction.id} says who did it and why.")
        for path in emptied:
            click.echo(f"Emptied as well: {path}")
        for path in left:
            click.echo(f"This file may hold the text and is not yours to empty: {path}", err=True)
        click.echo("Backups and copies of the file still hold the old text. A leaked secret must be changed as well.")


def somebody_is_there() -> bool:
    return sys.stdin.isatty()


# `cockpit verify`: is the timeline whole, and what a chain cannot tell.

HASH = re.compile("[0-9a-f]{12,64}")


@click.command(
    name="verify",
    help="Check that no event was changed or removed. Exit 0: the timeline is whole, 1: it is not, 2: cannot tell.",
)
@click.option("--head", metavar="HASH", default="", help="A head noted earlier, or how it begins; it must be there.")
@click.option("--recover", is_flag=True, help="First take back what a cockpit saved when its files were lost.")
@json_option
@common_options
def verify(common: Common, head: str, recover: bool, as_json: bool) -> None:
    known_head = head.strip().lower()
    if known_head and not HASH.fullmatch(known_head):
        raise Refusal(
            "--head takes the hash that `cockpit verify` printed, at least its first 12 digits.", code="not-a-hash"
        )
    # A timeline named on the command line can be checked whatever state the configuration is in.
    system = default_system() if common.db and not common.config else load_system(common)
    from cockpit.timeline.rescue import describe_orphaned_wal, describe_saved, find_orphaned_wals, find_saved

    with open_timeline(system, common, read_only=not recover) as timeline:
        try:
            recoveries = take_back(timeline) if recover else {}
            verdict = timeline.verify(known_head=known_head)
        except RecordError as error:
            raise Refusal.of(error) from None
    waiting, orphaned_wals = find_saved(timeline.path), find_orphaned_wals(timeline.path)
    if as_json:
        click.echo(as_document(verdict, timeline.path, recoveries, waiting, orphaned_wals))
    else:
        lines = [f"{file.name}: {describe_recovery(recovery)}" for file, recovery in recoveries.items()]
        lines += [describe_saved(file) for file in waiting]
        lines += [describe_orphaned_wal(wal) for wal in orphaned_wals]
        click.echo("\n".join([*lines, as_text(verdict, timeline.path)]))
    if not verdict.ok:
        raise SystemExit(1)


def take_back(timeline: "Timeline") -> dict[Path, "TimelineRecovery"]:
    """Take back what lies saved beside a timeline; each file is removed once all of it is there."""
    from cockpit.timeline.rescue import find_saved, load_saved, remove_saved

    recoveries = {}
    for file in find_saved(timeline.path):
        recoveries[file] = timeline.recover(load_saved(file))
        if not recoveries[file].changed:  # else it may be the only one that tells what it was
            with contextlib.suppress(OSError):  # not ours to remove: it says `present already` from now on
                remove_saved(file)
    return recoveries


def describe_recovery(recovery: "TimelineRecovery") -> str:
    parts = (
        (recovery.as_they_were, "taken back as they were"),
        (recovery.again, "written again behind what came since, with their own time"),
        (recovery.present, "present already"),
        (recovery.left_out - recovery.changed, "left out: without meaning now"),
        (recovery.changed, "left out and kept in that file: they are not as they were saved"),
    )
    return ", ".join(f"{count} {text}" for count, text in parts if count) or "empty"


def as_document(
    verdict: "ChainVerdict",
    path: Path,
    recoveries: Mapping[Path, "TimelineRecovery"],
    waiting: Sequence[Path],
    orphaned_wals: Sequence[Path] = (),
) -> str:
    recovered = [{"file": str(file), **asdict(recovery)} for file, recovery in recoveries.items()]
    extra: dict[str, object] = {"recovered": recovered} if recovered else {}
    if waiting:
        extra["saved"] = [str(file) for file in waiting]
    if orphaned_wals:
        extra["left_wal"] = [str(wal) for wal in orphaned_wals]
    return json.dumps({"file": str(path), **asdict(verdict), **extra}, indent=2)


def as_text(verdict: "ChainVerdict", path: Path) -> str:
    verdict_text = (
        f"whole: {verdict.count} events in {path}, none changed, none missing between the first and the newest"
        if verdict.ok
        else f"BROKEN: {verdict.reason}, in {path}\n{describe_sound_part(verdict)}"
    )
    limits = "\n".join(f"  - {text}" for text in verdict.cannot_prove)
    return (
        f"{verdict_text}\nhead {verdict.head}\n\nA chain cannot prove\n{limits}\n"
        "Note the head where others cannot change it; `cockpit verify --head HASH` then proves that it is still there."
    )


def describe_sound_part(verdict: "ChainVerdict") -> str:
    """How far a broken timeline can be trusted."""
    good = verdict.count if verdict.first_bad is None else verdict.first_bad - 1
    return f"events 1 to {good} are sound" if good else "no event can be vouched for"


# `cockpit restore`: a backup in the place of the timeline.


@click.command(
    name="restore",
    help="Put the backup FILE in the place of the timeline. The timeline before is kept beside it, under another name."
    " No cockpit may have it open.",
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@common_options
def restore(common: Common, file: Path, yes: bool, as_json: bool) -> None:
    from cockpit.timeline.rescue import check_backup, restore_backup
    from cockpit.timeline.timeline import PATIENCE

    system = default_system() if common.db and not common.config else load_system(common)
    author = find_operator(system, common)
    path, now = timeline_path(system, common).absolute(), RealTime().now()
    try:
        author.must_be_named()
        count = check_backup(file, path, PATIENCE)
        if not yes:
            if not somebody_is_there():
                raise Refusal(
                    "There is no terminal to ask on; add --yes to restore without a question.", code="no-terminal"
                )
            if not click.confirm(f"Put {file} ({count} events) in the place of {path}?", err=True):
                raise Refusal("Nothing was restored.", code="declined")
        outcome = restore_backup(file, path, now, PATIENCE)
        with open_timeline(system, common) as timeline:
            (event,) = timeline.record([note_restore(outcome, author, now, name_only_environment(system))])
    except (RecordError, PersonUnknown) as error:
        raise Refusal.of(error) from None
    aside = str(outcome.aside) if outcome.aside else None
    if as_json:
        document = {"file": str(path), "events": outcome.events, "before": aside, "only_before": outcome.only_before}
        click.echo(json.dumps({**document, "event": event.id, "head": event.hash}, indent=2))
        return
    click.echo(f"{path} is {file} now: {outcome.events} events. Event {event.id} says who restored it.")
    if aside:
        lacking = "" if outcome.only_before is None else f"; {outcome.only_before} of its events are not in the backup"
        click.echo(f"The timeline before is kept as {aside}{lacking}.")


def name_only_environment(system: "System") -> str:
    return system.environments[0].name if len(system.environments) == 1 else ""


def note_restore(outcome: "TimelineRestore", author: Operator, now: datetime, environment: str) -> Draft:
    """An entry of the journal: whoever reads the timeline must know that it was put back."""
    detail = {
        "restored": str(outcome.source),
        "before": str(outcome.aside or ""),
        "events": outcome.events,
        "only_before": outcome.only_before,
    }
    return Draft(
        kind=Kind.NOTE,
        summary=f"Timeline restored from {outcome.source.name}: {outcome.events} events",
        occurred=now,
        environment=environment,
        source="cli",
        actor=author.name,
        detail=with_author(detail, author.detail()),
    )


# `cockpit record`: the recorder without a screen, for the time before anybody looks.


@click.command(
    name="record",
    help="Record without a screen until it is stopped, so that the time before anybody looked is known. A cockpit that "
    "opens meanwhile shows who records, and takes over when this ends.",
)
@common_options
def record_headless(common: Common) -> None:
    from cockpit.build_session import build_session

    system = load_system(common)
    environment = choose_environment(system, common.env)
    if system.read_only:
        raise Refusal("Read-only records nothing. Start without --read-only.", code="read-only")
    try:
        author = find_operator(system, common, can_ask=False)
        session = build_session(system, environment, timeline_path(system, common), operator=author)
    except (RecordError, PersonUnknown) as error:
        raise Refusal.of(error) from None
    try:
        asyncio.run(_record_until_stopped(session))
    finally:
        session.close()


async def _record_until_stopped(session: "Session") -> None:
    """Run the session; a line whenever it begins to record, or is kept from it. TERM, INT and HUP end it cleanly."""
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, stopped.set)
    running = asyncio.create_task(session.run())
    running.add_done_callback(lambda _: stopped.set())
    last = ""
    assert session.recorder is not None
    while not stopped.is_set():
        if (status := session.recorder.status) != last:
            print_clean(f"{session.environment.name}: {status} ({session.timeline.path})")
            last = status
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopped.wait(), LOOK)
    failed = running.done() and running.exception()
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.gather(running, return_exceptions=True)
    print_clean(f"{session.environment.name}: stopped recording")
    if failed:
        raise failed

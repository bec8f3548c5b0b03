"""`cockpit run`: a procedure from the shell, step by step, by the same confirmations as on the screen."""

import asyncio
import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from cockpit.cli import output
from cockpit.cli.options import Common, Refusal, common_options, json_option, typed_at
from cockpit.cli.run.begin import (
    already_open,
    document_of,
    finish_run,
    must_be_chosen,
    open_or_begin_run,
    open_run,
    remind_of_open_run,
    tell_whose,
)
from cockpit.cli.run.report import STOPPED, Aloud, Written, command_line, for_incident
from cockpit.cli.run.session import open_session, tell_where, watch_environment
from cockpit.cli.run.settle import WORDS, by_word
from cockpit.cli.run.steps import StepRequest, describe_missing_consent, run_steps
from cockpit.cli.runbook_context import catalogue_of
from cockpit.model.event import RecordError
from cockpit.model.operator import PersonUnknown
from cockpit.model.revision_health import is_ill
from cockpit.model.run import Run, StepState, Value
from cockpit.model.runbook import Procedure
from cockpit.model.system import System
from cockpit.model.text import find_nearest, quote_for_shell
from cockpit.platforms.registry import find_kind
from cockpit.runbooks.catalogue.catalogue import Catalogue, CatalogueEntry, NotFound
from cockpit.runbooks.document.parameters import find_unasked_name
from cockpit.runbooks.prepare.confirmation import Approval, find_required_confirmation
from cockpit.runbooks.rollback import Proposal
from cockpit.runbooks.run.open_runs import find_last_moment, find_rollback_to, list_done_changes
from cockpit.runbooks.types import Prepared, RunAlreadyOpen, RunRefused
from cockpit.session import Session

JUST_ROLLED_BACK = timedelta(hours=1)  # for so long another rollback is taken for the same one, done already


@click.command(
    help="Run DOC#PROCEDURE: its steps in order, until one fails or needs more than was given."
    " Exit 0: done, 1: a step failed, 3: stopped before a step, 4: nobody knows what became of one.",
    epilog="`cockpit runbooks` lists what there is. `cockpit run rollback` rolls the newest deployment back.",
)
@click.argument("name", metavar="DOC#PROCEDURE")
@click.option("--step", type=click.IntRange(min=1), metavar="N", help="Only this step, in the run that is open.")
@click.option("--set", "values", multiple=True, metavar="NAME=VALUE", help="The value of a placeholder.")
@click.option("--yes", is_flag=True, help="Start changes, and say that what is done by hand is done.")
@click.option("--confirm", "words", multiple=True, metavar="WORD", help="The word that a danger asks for.")
@click.option("--approval", metavar="WHO: HOW", help="Who approved it, and how.")
@click.option("--again", is_flag=True, help="Do the step of --step once more, though it is done or unknown.")
@click.option("--workdir", metavar="DIR", help="Where its commands start; remembered for the document.")
@click.option("--go-on", is_flag=True, help="Do what is left in the run that is open.")
@click.option("--new", is_flag=True, help="Begin a run beside one of the same procedure that is open.")
@click.option("--settle", type=click.Choice(list(WORDS)), help="Start nothing: say how the step of --step ended.")
@click.option("--reason", default="", metavar="TEXT", help="What was seen or done, for --settle.")
@click.option("--dry-run", is_flag=True, help="Show what would run, and start nothing.")
@click.option("--trust", default="", metavar="HASH", help="The hash of a document that is new or has changed.")
@for_incident
@json_option
@common_options
def command(
    common: Common,
    name: str,
    step: int | None,
    values: tuple[str, ...],
    yes: bool,
    words: tuple[str, ...],
    approval: str | None,
    again: bool,
    workdir: str | None,
    go_on: bool,
    new: bool,
    settle: str | None,
    reason: str,
    dry_run: bool,
    trust: str,
    incident: str | None,
    as_json: bool,
) -> None:
    typed = typed_at.get()
    request = StepRequest(
        step,
        yes,
        words,
        approval_of(approval),
        parse_values(values, os.environ),
        again,
        new,
        go_on,
        typed() if typed else None,
    )
    if go_on and (new or step is not None or settle):
        raise Refusal("--go-on does what is left in the open run: leave --step, --new and --settle out.", code="go-on")
    if again and step is None:
        raise Refusal("--again does one step once more: name it with --step N.", code="step-not-named")
    if settle and (step is None or dry_run):
        raise Refusal(
            "--settle says how one step ended: name it with --step N, and leave --dry-run out.", code="step-not-named"
        )
    system, session = open_session(common)
    try:
        if not dry_run:
            session.author.must_be_named()
        place = find_procedure(system, name)
        must_be_asked_for(place, request.values_by_name)
        if settle:
            doing = by_word(session, place, request, settle, reason, incident, trust=trust, as_json=as_json)
        else:
            doing = run_procedure(
                session, place, request, incident, trust=trust, workdir=workdir, dry_run=dry_run, as_json=as_json
            )
        code = asyncio.run(doing)
    except RunAlreadyOpen as refusal:
        code = already_open(refusal, as_json)
    except (NotFound, RunRefused, RecordError, PersonUnknown) as refusal:
        raise Refusal.of(refusal) from None
    finally:
        session.close()
    raise SystemExit(code)


def parse_values(values: Iterable[str], environ: Mapping[str, str]) -> dict[str, str]:
    """`NAME=VALUE` pairs, and names whose value is that variable of the environment: what is typed into a command line
    can be read by everybody on the machine. Raises Refusal."""
    values_by_name = {}
    for name, equals, value in (text.partition("=") for text in values):
        if not name.strip() or not (equals or name in environ):
            raise Refusal(
                f"`--set {name}` sets nothing; write --set NAME=VALUE, or --set NAME for the variable of your shell.",
                code="not-an-assignment",
                name=name,
            )
        values_by_name[name.strip("<>[]${} ")] = value if equals else environ[name]
    return values_by_name


def must_be_asked_for(place: CatalogueEntry, names: Iterable[str]) -> None:
    """A mistyped name would leave its placeholder to what was found for it. Raises Refusal."""
    parameters = place.document.runbook.parameters
    if name := find_unasked_name(names, parameters):
        names = [parameter.name for parameter in parameters]
        meant = find_nearest(name, names)
        hint = f"Did you mean `{meant}`?" if meant else f"It asks for: {', '.join(names) or 'nothing'}."
        raise Refusal(
            f"Nothing in `{place.document.id}` asks for `{name}`. {hint}",
            code="unknown-value",
            document=place.document.id,
            name=name,
        )


def approval_of(text: str | None) -> Approval | None:
    if text is None:
        return None
    who, colon, how = text.partition(":")
    if not colon or not who.strip() or not how.strip():
        raise Refusal("Say who approved it and how: --approval 'Dana: on the phone'.", code="approval-missing")
    return Approval(who.strip(), how.strip())


def find_procedure(system: System, name: str) -> CatalogueEntry:
    """The procedure; DOC may also be the path of a file that is in no folder of the configuration. Raises NotFound."""
    catalogue = catalogue_of(system)
    path, hash_sign, procedure = name.partition("#")
    if Path(path).is_file():
        (document, *_) = catalogue_of(system, [path]).documents
        catalogue = Catalogue((document,))
        name = f"{document.id}{hash_sign}{procedure}"
    return catalogue.find(name)


async def run_procedure(
    session: Session,
    place: CatalogueEntry,
    request: StepRequest,
    incident: str | None,
    *,
    trust: str,
    workdir: str | None,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Run or show the procedure; the exit code."""
    runner = session.runner
    async with watch_environment(session):
        await runner.check_guards(place.procedure)
        await runner.leadership.recover()
        place, target = propose_rollback_target(session, place, request)
        goes_on = request.go_on or (request.step is not None and not request.new)
        this = open_run(session, place, request.values_by_name) if goes_on else None
        if this is None and request.go_on:
            raise RunRefused(f"No run of {place.name} is open: leave --go-on out to begin one.", code="no-open-run")
        if dry_run:
            return show_procedure(session, place, request, target, as_json, this)
        must_be_chosen(place.procedure, request.step)
        this = await open_or_begin_run(
            session,
            place,
            request.values_by_name,
            target,
            this,
            incident,
            trust=trust,
            as_json=as_json,
            beside=request.new,
            typed=request.typed,
        )
        if this is None:
            return STOPPED
        if workdir:
            await asyncio.to_thread(runner.choose_folder, this, workdir)
        if not as_json:
            if request.step is None and not request.go_on:
                remind_of_open_run(session, place, this)
            tell_where(session, this)
            tell_whose(session, this)
            for tool in runner.contexts(place.procedure):
                click.echo(f"{tool.tool} acts on {tool.value or 'nobody knows what: it gives no answer'}.", err=True)
        tell = Written() if as_json else Aloud()
        ending = await run_steps(runner, this, place.procedure, request, tell)
        this = await asyncio.to_thread(finish_run, session, this, place.procedure)
    if isinstance(tell, Written):
        click.echo(output.format_json(document_of(place, this, tell, ending)))
        return ending.code
    if ending.reason:
        rest = " --go-on does the rest of this run." if request.step is None and list_done_changes(this) else ""
        click.echo(f"Stopped at step {ending.step}: {ending.reason.removesuffix('.')}.{rest}", err=True)
    tell.must_be_heard()
    return ending.code


def propose_rollback_target(
    session: Session, place: CatalogueEntry, request: StepRequest
) -> tuple[CatalogueEntry, Sequence[Value]]:
    """The built-in rollback with its target, of the one app there is or was named: the procedure, and its values."""
    if not place.document.builtin:
        return place, ()
    reading = session.watch.latest(session.environment.name, "revisions")
    named = request.values_by_name.get("app", "")
    apps = [item for item in (reading.value if reading else None) or () if named in ("", item.name)]
    if len(apps) != 1 or find_kind(apps[0]).plan_rollback(apps[0], None, None).document != place.document.id:
        return place, ()
    proposal = session.propose_rollback(apps[0], request.values_by_name.get("previous", ""))
    procedures = {procedure.slug: procedure for procedure in place.document.runbook.procedures}
    if place.procedure.level == 1 and proposal.procedure in procedures:
        place = CatalogueEntry(place.document, procedures[proposal.procedure])
    if request.step is None and not request.go_on:
        if proposal.refused:
            raise RunRefused(proposal.refused, code="rollback-refused")
        if not (request.new or request.values_by_name.get("previous")):
            must_not_go_further_back(session, proposal)
        click.echo(" ".join((proposal.why, *proposal.cautions)), err=True)
    return place, proposal.values


def must_not_go_further_back(session: Session, proposal: Proposal) -> None:
    """Two people who roll back one after the other mean the same: the second would leave what the first went to.

    Raises RunRefused where what serves, and is not ill, is what a rollback has just gone to.
    """
    bad, good = proposal.bad, proposal.good
    if bad is None or good is None or is_ill(bad):
        return
    runs = session.runner.runs.runs.values()
    earlier = find_rollback_to(runs, session.environment.name, proposal.app, bad.name)
    if earlier is None or session.time.now() - find_last_moment(earlier) > JUST_ROLLED_BACK:
        return
    raise RunRefused(
        f"{earlier.operator} rolled {proposal.app} back to {bad.name} at {find_last_moment(earlier):%H:%M:%S} UTC, and "
        f"that serves now. To go further back name where to: --set {quote_for_shell(f'previous={good.name}')}.",
        code="rolled-back-already",
        operator=earlier.operator,
        run=earlier.id,
        revision=bad.name,
    )


def show_procedure(
    session: Session,
    place: CatalogueEntry,
    request: StepRequest,
    target: Sequence[Value],
    as_json: bool,
    this: Run | None,
) -> int:
    """What would run, step by step; in the run that is open, with its values."""
    steps = []
    for step in place.procedure.steps:
        if request.step in (None, step.ordinal):
            prepared = (
                session.runner.prepare(this, step.ordinal, request.values_by_name)
                if this
                else session.runner.preview(
                    place.document.runbook, place.procedure, step.ordinal, request.values_by_name, target
                )
            )
            steps.append(build_step_document(place.procedure, prepared, request))
    if as_json:
        click.echo(output.format_json({"procedure": place.name, "dry_run": True, "steps": steps}))
        return 0
    for fields in steps:
        click.secho(f"{fields['step']} {fields['title']}  [{fields['kind']}]", bold=True)
        click.echo(command_line(fields["command"]), nl=False)
        for notice in fields["notices"]:
            click.echo(f"  {notice}")
        if fields["reason"] or fields["ceremony"]:
            click.echo(f"  {fields['reason'] or fields['ceremony']}")
    return 0


def build_step_document(procedure: Procedure, prepared: Prepared, request: StepRequest) -> dict[str, Any]:
    required_confirmation = find_required_confirmation(prepared, procedure, StepState.TODO)
    return {
        "step": prepared.step.ordinal,
        "title": prepared.step.title,
        "kind": prepared.kind.value,
        "command": prepared.as_run,
        "native": prepared.native is not None,
        "runnable": prepared.runnable,
        "reason": prepared.reason_not_runnable,
        "notices": list(prepared.notices),
        "ceremony": describe_missing_consent(required_confirmation, prepared, request),
    }

"""`cockpit drills`: what is practised how often, when it was last done, and what is overdue; `drills done`."""

from collections.abc import Sequence
from datetime import date

import click

from cockpit.cli.options import Common, common_options, json_option
from cockpit.cli.output import at_option, describe_destination, event_document, format_json, print_event
from cockpit.cli.session import CliSession, open_cli_session, print_clean
from cockpit.incident.actions.work import practice_named
from cockpit.incident.load import find_practice_days
from cockpit.model.event import Kind
from cockpit.model.plan import Practice
from cockpit.model.time import RealTime
from cockpit.runbooks.catalogue.load import load_catalogue
from cockpit.runbooks.drills.drills import Drill, build_drill, build_paste, list_drills

NONE = """No drill, training or review is known. Documents that `runbooks = [...]` in cockpit.toml names tell of them:
- a table with the columns Drill, Frequency, Last Completed and Next Scheduled
- an item such as `Monthly game day: the database fails over` under a heading such as Hygiene or Drills
- a line such as `**Next Review**: 2027-03-07` or `**Last Tested**: 2026-11-02`"""


@click.group(
    name="drills",
    help="List drills, trainings and reviews: when each was last done, and what is overdue.",
    invoke_without_command=True,
)
@json_option
@common_options
@click.pass_context
def command(ctx: click.Context, common: Common, as_json: bool) -> None:
    ctx.obj = common
    if ctx.invoked_subcommand is not None:
        return
    with open_cli_session(common, read_only=True) as cli_session:
        today = _find_today(cli_session)
        result = list_drills(cli_session.plan.practices, _read_drill_days(cli_session), today)
    if as_json:
        click.echo(format_json([drill_document(item, today) for item in result]))
        return
    for line in list_drill_lines(result, today) if result else NONE.split("\n"):
        print_clean(line)


@command.command(name="done", help="Write down that a drill, training or review of the list took place.")
@click.argument("name", nargs=-1, required=True)
@click.option("--note", default="", metavar="TEXT", help="What came out of it.")
@click.option("--incident", metavar="ID", help="The drill that it was: declared with --drill, and resolved.")
@at_option
@json_option
@common_options
def done(common: Common, name: tuple[str, ...], note: str, incident: str | None, at: str | None, as_json: bool) -> None:
    with open_cli_session(common) as cli_session:
        practice = practice_named(cli_session.plan.practices, " ".join(name))
        event = cli_session.incident_actions.practised(
            practice.name, note, incident=incident, moment=cli_session.moment(at)
        )
        stands = build_drill(practice, _read_drill_days(cli_session).get(practice.name.casefold()))
        documents = load_catalogue(cli_session.system.runbooks, builtin=False).documents
        day = event.occurred.astimezone(cli_session.zone).date()
        filled = build_paste(practice, documents, stands.last or day, stands.due)
    if as_json:
        fields = {"due": str(stands.due) if stands.due else None, "paste": filled.line, "advice": filled.advice}
        click.echo(format_json(event_document(event) | fields))
        return
    coming = f"next due {stands.due}" if stands.due else f"no day when it is next due: {stands.undated}"
    print_event(event, False, f"Practised {practice.name} on {day}{describe_destination(event)}; {coming}.")
    if filled.line:
        print_clean(f"For {practice.origin}, which the cockpit never writes:")
        print_clean(filled.line)
    if filled.advice:
        print_clean(f"{practice.origin}: {filled.advice}")


def list_drill_lines(result: Sequence[Drill], today: date) -> list[str]:
    """A line each: how it stands, when it is due, when it was last done and who says so, what, how often, where."""
    return [
        f"{item.standing(today):<13} {item.due or '-'!s:<11} last {_format_last(item):<22} {_name_drill(item.practice)}"
        for item in result
    ]


def _format_last(drill: Drill) -> str:
    return f"{drill.last} ({'record' if drill.recorded else 'document'})" if drill.last else "never"


def _name_drill(practice: Practice) -> str:
    often = f" ({practice.every or practice.next})" if practice.every or practice.next else ""
    return f"{practice.name}{often} [{practice.origin}]"


def drill_document(drill: Drill, today: date) -> dict[str, object]:
    """Days as text, None for none."""
    practice = drill.practice
    return {
        "name": practice.name,
        "every": practice.every,
        "next": practice.next,
        "due": str(drill.due) if drill.due else None,
        "undated": drill.undated,
        "last": str(drill.last) if drill.last else None,
        "last_from": ("record" if drill.recorded else "document") if drill.last else None,
        "standing": drill.standing(today),
        "overdue_days": drill.late(today),
        "origin": practice.origin,
    }


def _read_drill_days(cli_session: CliSession) -> dict[str, date]:
    """Our own record of every environment, in local days."""
    return find_practice_days(cli_session.timeline.events(kinds=[Kind.PRACTICE]), cli_session.zone)


def _find_today(cli_session: CliSession) -> date:
    return RealTime().now().astimezone(cli_session.zone).date()

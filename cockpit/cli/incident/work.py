"""The work, from a second shell: `tick`, `freeze`, `item`, `scenario`, `recovered-to`."""

from datetime import date

import click

from cockpit.cli.options import Common, Refusal, common_options, incident_option, json_option
from cockpit.cli.output import capital, format_json, parse_day, print_event, reason_option, to_json_value
from cockpit.cli.session import open_cli_session, print_clean
from cockpit.incident.response_state import DONE, OPEN, SKIPPED
from cockpit.model.response import ActionItem
from cockpit.model.time import parse_length


@click.command(name="tick", help="Tick a box of a checklist: LIST#N, counted from 1.")
@click.argument("box", metavar="LIST#N")
@click.option("--skip", metavar="TEXT", help="It is skipped, and why.")
@click.option("--open", "again", is_flag=True, help="It is open again.")
@incident_option
@json_option
@common_options
def tick(common: Common, box: str, skip: str | None, again: bool, incident: str | None, as_json: bool) -> None:
    name, _, number = box.rpartition("#")
    if not name or not number.isascii() or not number.isdecimal() or len(number) > 4:
        raise Refusal(
            f"`{box[:60]}` names no box; write LIST#N, such as first-ten-minutes#3.", code="unknown-box", box=box[:60]
        )
    state = OPEN if again else DONE if skip is None else SKIPPED
    with open_cli_session(common) as cli_session:
        event = cli_session.incident_actions.tick(name, int(number), state=state, reason=skip or "", incident=incident)
    print_event(event, as_json)


@click.command(name="freeze", help="Forbid deployments to the environment (on), or allow them again (off).")
@click.argument("on", type=click.Choice(["on", "off"]))
@reason_option
@incident_option
@json_option
@common_options
def freeze(common: Common, on: str, reason: str, incident: str | None, as_json: bool) -> None:
    with open_cli_session(common) as cli_session:
        event = cli_session.incident_actions.freeze(on == "on", reason, incident=incident)
    where = f" ({event.incident})" if event.incident else ""
    print_event(event, as_json, f"{capital(event.environment)}: {event.summary}{where}")


@click.group(name="item", help="What is to be done after the incident: add, done, list.", no_args_is_help=False)
@common_options
@click.pass_context
def item(ctx: click.Context, common: Common) -> None:
    ctx.obj = common


@item.command(name="add", help="Something to do after the incident. A note that begins with TODO: is one, too.")
@click.argument("text", nargs=-1, required=True)
@click.option("--owner", default="", metavar="PERSON", help="Who does it.")
@click.option("--due", metavar="DAY", help="By when: 2026-12-01.")
@click.option("--label", "--type", default="", metavar="TEXT", help="Its type: prevent, detect, mitigate ...")
@click.option("--link", default="", metavar="URL", help="Where it is tracked.")
@incident_option
@json_option
@common_options
def add(
    common: Common,
    text: tuple[str, ...],
    owner: str,
    due: str | None,
    label: str,
    link: str,
    incident: str | None,
    as_json: bool,
) -> None:
    with open_cli_session(common) as cli_session:
        incident = cli_session.find_lately(incident, acts=True).id
        event = cli_session.incident_actions.add_item(
            " ".join(text), owner, parse_day(due), label, link, incident=incident
        )
    print_event(event, as_json, f"Added {event.subject} to {event.incident}: {event.summary}")


@item.command(name="done", help="An action item is done; --again opens it once more.")
@click.argument("id")
@click.option("--again", is_flag=True, help="It is not done after all.")
@incident_option
@json_option
@common_options
def done(common: Common, id: str, again: bool, incident: str | None, as_json: bool) -> None:
    with open_cli_session(common) as cli_session:
        incident = cli_session.find_lately(incident, acts=True).id
        print_event(cli_session.incident_actions.change_item(id, done=not again, incident=incident), as_json)


@item.command(name="list", help="The action items of an incident; --all: what is still open of every incident.")
@click.option("--all", "everything", is_flag=True, help="The open items of all incidents, the first due first.")
@incident_option
@json_option
@common_options
def list_items(common: Common, everything: bool, incident: str | None, as_json: bool) -> None:
    if everything:
        if incident is not None:
            raise Refusal("--all is of every incident; leave --incident out.", code="option-conflict")
        _list_open_items(common, as_json)
        return
    with open_cli_session(common, read_only=True) as cli_session:
        meant = cli_session.find_lately(incident)
    if as_json:
        click.echo(format_json([{"id": entry.id} | _build_item_document(entry) for entry in meant.items]))
        return
    for action_item in meant.items:
        due = f", due {action_item.due}" if action_item.due else ""
        print_clean(
            f"[{'x' if action_item.done else ' '}] {action_item.id:<8} {action_item.text} "
            f"({action_item.owner or 'nobody yet'}{due})"
        )
    if not meant.items:
        print_clean(f"{meant.id} has no action items. `cockpit item add TEXT` begins one.")


def _list_open_items(common: Common, as_json: bool) -> None:
    with open_cli_session(common, read_only=True) as cli_session:
        pairs = [
            (incident, entry)
            for incident in cli_session.incident_actions.incidents()
            if common.env is None or incident.environment == cli_session.environment.name
            for entry in incident.items
            if entry.done is None
        ]
    pairs.sort(key=lambda pair: (pair[1].due is None, pair[1].due or date.max, pair[1].at))
    if as_json:
        rows = [{"incident": incident.id, "id": entry.id} | _build_item_document(entry) for incident, entry in pairs]
        click.echo(format_json(rows))
        return
    for incident, entry in pairs:
        kind = f"  {entry.label}" if entry.label else ""
        day, owner = str(entry.due or "no day"), entry.owner or "nobody yet"
        print_clean(f"{day:<10}  {incident.id}  {entry.id:<8} {entry.text} ({owner}){kind}")
    if not pairs:
        print_clean("No action item is open.")


def _build_item_document(item: ActionItem) -> dict[str, object]:
    names = ("text", "owner", "due", "done", "label", "link", "at", "actor")
    return {name: to_json_value(getattr(item, name)) for name in names}


@click.command(name="scenario", help="Say what is being recovered from; its targets come from the documents.")
@click.argument("name", nargs=-1, required=True)
@click.option("--rto", metavar="TIME", help="In what time it must be recovered: `4h`.")
@click.option("--rpo", metavar="TIME", help="How much may be lost: `15m`.")
@incident_option
@json_option
@common_options
def scenario(
    common: Common, name: tuple[str, ...], rto: str | None, rpo: str | None, incident: str | None, as_json: bool
) -> None:
    with open_cli_session(common) as cli_session:
        event = cli_session.incident_actions.choose_scenario(
            " ".join(name), parse_length(rto) if rto else None, parse_length(rpo) if rpo else None, incident=incident
        )
    print_event(event, as_json)


@click.command(name="recovered-to", help="Say to which moment the data was brought back.")
@click.argument("point", nargs=-1, required=True, metavar="TIME")
@incident_option
@json_option
@common_options
def recovered_to(common: Common, point: tuple[str, ...], incident: str | None, as_json: bool) -> None:
    with open_cli_session(common) as cli_session:
        moment = cli_session.moment(" ".join(point))
        assert moment is not None
        print_event(cli_session.incident_actions.recovered_to(moment, incident=incident), as_json)

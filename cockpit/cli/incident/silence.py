"""`cockpit silence`: make, extend and end silences of an Alertmanager, confirmed and recorded like every change."""

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import click

from cockpit.cli.options import Common, Refusal, common_options, json_option
from cockpit.cli.output import format_json
from cockpit.cli.session import CliSession, open_cli_session, print_clean
from cockpit.config import Secrets
from cockpit.feeds.alert_kinds import SilenceServer, find_alert_kind
from cockpit.feeds.alertmanager.silences import format_end
from cockpit.incident.actions.silences import RECENT, WHY_MISSING, SilenceOperation
from cockpit.incident.actions.words import take_line
from cockpit.model.problem import SourceError
from cockpit.model.silence import Silence, SilenceMatcher, count_reach
from cockpit.model.text import clean_line
from cockpit.model.time import RealTime, format_timestamp, parse_length

LONGEST_COMMENT = 300  # characters

OPERATORS = (("=~", True, True), ("!~", True, False), ("!=", False, False), ("=", False, True))
UNKNOWN = 3  # exit code: it was sent, and nobody knows
source_option = click.option(
    "--source", default="", metavar="NAME", help="Which alert source, where there are several."
)
yes_option = click.option("--yes", is_flag=True, help="Do not ask.")


@click.group(name="silence", help="Silences of an Alertmanager: list, create, extend, expire.", no_args_is_help=False)
@common_options
@click.pass_context
def silence(ctx: click.Context, common: Common) -> None:
    ctx.obj = common


@silence.command(name="list", help="Those that hold, and those that ended in the last ten minutes.")
@source_option
@json_option
@common_options
def list_command(common: Common, source: str, as_json: bool) -> None:
    with open_cli_session(common, read_only=True) as cli_session:
        client = _open_client(cli_session, source)
        silences = _ask(client.list_silences)
    now = RealTime().now()
    recent_silences = [item for item in silences.values() if item.ends > now - RECENT]
    if as_json:
        click.echo(format_json([_describe(item) for item in recent_silences]))
        return
    for item in sorted(recent_silences, key=lambda item: item.ends):
        ended = " (ended: create it again with the same matchers)" if item.ends <= now else ""
        print_clean(f"{item.id}  until {format_end(item.ends)}  {item.text}  by {item.author}: {item.comment}{ended}")


@silence.command(
    name="create", help="Silence what has these labels: NAME=VALUE, NAME!=VALUE, NAME=~REGEX, NAME!~REGEX."
)
@click.argument("matchers", nargs=-1, required=True)
@click.option("--for", "length", required=True, metavar="LENGTH", help="How long: `30m`, `2h`.")
@click.option(
    "--reason", "--comment", "comment", required=True, metavar="TEXT", help="Why; it stands in Alertmanager, too."
)
@source_option
@yes_option
@json_option
@common_options
def create(
    common: Common, matchers: tuple[str, ...], length: str, comment: str, source: str, yes: bool, as_json: bool
) -> None:
    parsed = [parse_matcher(text) for text in matchers]
    with open_cli_session(common) as cli_session:
        why = take_line(comment, LONGEST_COMMENT)
        if not why:
            raise Refusal(f"{WHY_MISSING} (--reason)", code="reason-missing")
        client, now = _open_client(cli_session, source), RealTime().now()
        ends = now + parse_length(length)
        plan = Silence("", tuple(parsed), now, ends, cli_session.incident_actions.operator, why)
        _confirm(f"Silence {plan.text} until {format_end(ends)}", _ask(client.list_labels), plan, yes)
        _do(cli_session, SilenceOperation.CREATE, plan, client, as_json)


@silence.command(name="extend", help="Let a silence hold for so long from now.")
@click.argument("id")
@click.option("--for", "length", required=True, metavar="LENGTH", help="How long from now: `30m`, `2h`.")
@source_option
@yes_option
@json_option
@common_options
def extend(common: Common, id: str, length: str, source: str, yes: bool, as_json: bool) -> None:
    with open_cli_session(common) as cli_session:
        client = _open_client(cli_session, source)
        old = _find(_ask(client.list_silences), id)
        plan = replace(old, ends=RealTime().now() + parse_length(length))
        _confirm(f"Extend {old.text} until {format_end(plan.ends)}", _ask(client.list_labels), plan, yes)
        _do(cli_session, SilenceOperation.EXTEND, plan, client, as_json)


@silence.command(name="expire", help="End a silence now.")
@click.argument("id")
@source_option
@yes_option
@json_option
@common_options
def expire(common: Common, id: str, source: str, yes: bool, as_json: bool) -> None:
    with open_cli_session(common) as cli_session:
        client = _open_client(cli_session, source)
        old = _find(_ask(client.list_silences), id)

        _confirm(f"End the silence of {old.text}", _ask(client.list_labels), old, yes)
        _do(cli_session, SilenceOperation.EXPIRE, old, client, as_json)


def parse_matcher(text: str) -> SilenceMatcher:
    """`app=~"mi-.*"`. Raises Refusal."""
    for operator, is_regex, is_equal in OPERATORS:
        name, found, value = text.partition(operator)
        if found and name.strip() and not set(name) & set("=!~"):
            value = value.strip().removeprefix('"').removesuffix('"')
            if clean_line(name + value, 1_000) != name + value:
                break
            return SilenceMatcher(name.strip(), value, is_regex, is_equal)
    raise Refusal(
        f"`{clean_line(text, 80)}` is no matcher; write NAME=VALUE, NAME!=VALUE, NAME=~REGEX or NAME!~REGEX.",
        code="not-a-matcher",
    )


def _confirm(what: str, labels: Sequence[Mapping[str, str]], plan: Silence, yes: bool) -> None:
    """Say what it reaches before it is done. Raises Refusal."""
    reach = count_reach(plan.matchers, labels)
    click.echo(clean_line(f"{what}. It is about {reach.text}.", 500), err=True)
    if not yes and not click.confirm("Do it", default=False, err=True):
        raise Refusal("Nothing was changed.", code="not-confirmed")


def _do(
    cli_session: CliSession, operation: SilenceOperation, plan: Silence, client: SilenceServer, as_json: bool
) -> None:
    result = cli_session.incident_actions.change_silence(client, operation, plan)
    if as_json:
        click.echo(format_json({"outcome": result.outcome, "id": result.id, "reason": result.reason}))
    elif result.outcome == "done":
        print_clean(f"Done: {result.id}")
    if result.outcome == "failed":
        raise Refusal(f"Refused: {clean_line(result.reason, 300)}", code="silence-refused")
    if result.outcome == "unknown":
        why = clean_line(result.reason, 200)
        click.echo(f"Nobody knows whether it was done: {why.rstrip('.')}. Look with `cockpit silence list`.", err=True)
        raise SystemExit(UNKNOWN)


def _open_client(cli_session: CliSession, name: str) -> SilenceServer:
    """Of the only Alertmanager of the environment, or of the one that is named. Raises Refusal."""
    openers = {source.name: (source, find_alert_kind(source.kind)) for source in cli_session.environment.alerts}
    able = [(source, kind.open_silences) for source, kind in openers.values() if kind and kind.open_silences]
    if not able:
        raise Refusal(
            f"{cli_session.environment.name} has no Alertmanager; silence an alert where it comes from.",
            code="no-silences",
            environment=cli_session.environment.name,
        )
    chosen = [(source, open_silences) for source, open_silences in able if not name or source.name == name]
    if len(chosen) != 1:
        names = ", ".join(source.name for source, _ in able)
        raise Refusal(
            f"Name one of the Alertmanagers of {cli_session.environment.name} with --source: {names}.",
            code="source-not-named",
        )
    source, open_silences = chosen[0]
    return open_silences(source, RealTime(), Secrets(os.environ).reveal)


def _ask(call: Callable[[], Any]) -> Any:
    """A read that must succeed. Raises Refusal."""
    try:
        return asyncio.run(call())
    except click.ClickException:
        raise
    except Exception as error:
        from cockpit.feeds.alertmanager.silences import explain_failure

        problem = error.problem if isinstance(error, SourceError) else explain_failure(error)
        raise Refusal(problem.sentence, code="source-unanswered") from None


def _find(silences: Mapping[str, Silence], id: str) -> Silence:
    """By its id or the beginning of it. Raises Refusal."""
    found = [item for item in silences.values() if id and item.id.startswith(id)]
    if len(found) != 1:
        raise Refusal(
            f"`{clean_line(id, 60)}` names {'several silences' if found else 'no silence'}.", code="silence-not-found"
        )
    return found[0]


def _describe(item: Silence) -> dict[str, Any]:
    return {
        "id": item.id,
        "matchers": item.text,
        "from": format_timestamp(item.starts),
        "until": format_timestamp(item.ends),
        "by": item.author,
        "comment": item.comment,
        "state": item.state,
    }

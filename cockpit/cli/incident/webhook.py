"""`cockpit webhook`: what was posted to other systems, a message to try one, and the posting itself for commands."""

import asyncio
import os
from collections.abc import Sequence

import click

from cockpit.cli.options import Common, Refusal, common_options, json_option
from cockpit.cli.output import format_json
from cockpit.cli.session import CliSession, open_cli_session, print_clean
from cockpit.config import Secrets
from cockpit.incident.messages.webhook_payload import build_trial
from cockpit.incident.messages.webhook_sender import WebhookSender, list_deliveries
from cockpit.model.event import Kind
from cockpit.model.system import Webhook
from cockpit.model.time import RealTime, format_timestamp

SHOWN = 50  # newest events of webhooks that are listed
TRIED_FOR = 60  # seconds for which what another one tells in this moment is waited for
UNKNOWN = 3  # exit code: it was sent, and nobody knows


@click.group(name="webhook", help="Webhooks: what was told to them; try one.", no_args_is_help=False)
@common_options
@click.pass_context
def webhook(ctx: click.Context, common: Common) -> None:
    ctx.obj = common


@webhook.command(name="list", help="What was told to the webhooks of the environment, newest last.")
@json_option
@common_options
def list_command(common: Common, as_json: bool) -> None:
    with open_cli_session(common, read_only=True, documents=False) as cli_session:
        names = [item.name for item in cli_session.environment.webhooks]
        events = cli_session.timeline.events(
            environment=cli_session.environment.name, kinds=[Kind.WEBHOOK], limit=SHOWN
        )
    deliveries = list_deliveries(events)
    if as_json:
        records = [
            {
                "webhook": item.webhook,
                "turn": item.turn,
                "event": item.event,
                "time": format_timestamp(item.moment),
                "outcome": item.outcome,
                "reason": item.reason,
            }
            for item in deliveries
        ]
        click.echo(format_json({"webhooks": names, "told": records}))
        return
    for item in deliveries:
        why = f" ({item.reason})" if item.reason else ""
        print_clean(
            f"{item.moment:%Y-%m-%d %H:%M:%S}Z  {item.webhook}  {item.turn} of event {item.event}: {item.outcome}{why}"
        )
    if not deliveries:
        print_clean(f"Nothing was told yet. Webhooks of this environment: {', '.join(names) or 'none'}.")


@webhook.command(name="test", help="Send a message that says it is a test, and what became of it.")
@click.argument("name", required=False)
@json_option
@common_options
def test_command(common: Common, name: str | None, as_json: bool) -> None:
    with open_cli_session(common, documents=False) as cli_session:
        chosen = _choose(cli_session, name)
        time = RealTime()
        person = cli_session.incident_actions.operator
        trial = build_trial(chosen, cli_session.environment.name, cli_session.system.name, person, time.now())
        outcome, reason = asyncio.run(_make_sender(cli_session).send(chosen, trial))
    if as_json:
        click.echo(format_json({"webhook": chosen.name, "outcome": outcome, "reason": reason}))
    elif outcome == "sent":
        print_clean(f"Sent to {chosen.name}: look there whether it arrived.")
    if outcome == "failed":
        raise Refusal(f"{chosen.name} was not told: {reason}", code="webhook-failed")
    if outcome == "unknown":
        click.echo(f"Nobody knows whether it arrived: {reason}. Look there.", err=True)
        raise SystemExit(UNKNOWN)


@webhook.command(name="send", hidden=True, help="Tell the webhooks what nobody has told them yet, and end.")
@common_options
def send_command(common: Common) -> None:
    with open_cli_session(common, documents=False) as cli_session:
        asyncio.run(_tell_all(_make_sender(cli_session), cli_session.environment.webhooks))


async def _tell_all(sender: WebhookSender, webhooks: Sequence[Webhook]) -> None:
    async with asyncio.TaskGroup() as group:
        for item in webhooks:
            group.create_task(_tell(sender, item))


async def _tell(sender: WebhookSender, item: Webhook) -> None:
    for _ in range(TRIED_FOR):
        await sender.tell_waiting(item)
        if not await asyncio.to_thread(sender.has_unsent, item):
            return
        await asyncio.sleep(1)


def _choose(cli_session: CliSession, name: str | None) -> Webhook:
    """The only webhook, or the one that is named. Raises Refusal."""
    known = {item.name: item for item in cli_session.environment.webhooks}
    if name is None and len(known) == 1:
        return next(iter(known.values()))
    if name not in known:
        raise Refusal(
            f"Name one of the webhooks of {cli_session.environment.name}: {', '.join(known) or 'there are none'}.",
            code="unknown-webhook",
        )
    return known[name]


def _make_sender(cli_session: CliSession) -> WebhookSender:
    return WebhookSender(
        cli_session.timeline,
        cli_session.environment,
        system=cli_session.system.name,
        find=cli_session.incident_actions.find,
        time=RealTime(),
        reveal=Secrets(os.environ).reveal,
    )

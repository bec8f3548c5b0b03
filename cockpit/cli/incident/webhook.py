"""`cockpit webhook`: what was told to other systems, a message to try one, and the telling itself for commands."""

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from cockpit.cli.json_documents import as_json as to_json
from cockpit.cli.options import Common, Refusal, common_options, json_option
from cockpit.cli.session import CliSession, open_cli_session, print_clean
from cockpit.config import Secrets
from cockpit.incident.messages.webhook_payload import build_trial
from cockpit.incident.messages.webhook_sender import WebhookSender, list_deliveries
from cockpit.model.event import Kind
from cockpit.model.system import Webhook
from cockpit.model.time import RealTime, format_timestamp

ROOT = str(Path(__file__).resolve().parents[3])  # where the package lies
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
    with open_cli_session(common, read_only=True, documents=False) as seat:
        names = [item.name for item in seat.environment.webhooks]
        events = seat.timeline.events(environment=seat.environment.name, kinds=[Kind.WEBHOOK], limit=SHOWN)
    deliveries = list_deliveries(events)
    if as_json:
        told = [
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
        click.echo(to_json({"webhooks": names, "told": told}))
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
    with open_cli_session(common, documents=False) as seat:
        chosen = _choose(seat, name)
        time = RealTime()
        person = seat.incident_actions.operator
        trial = build_trial(chosen, seat.environment.name, seat.system.name, person, time.now())
        outcome, reason = asyncio.run(_make_sender(seat).send(chosen, trial))
    if as_json:
        click.echo(to_json({"webhook": chosen.name, "outcome": outcome, "reason": reason}))
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
    with open_cli_session(common, documents=False) as seat:
        asyncio.run(_tell_all(_make_sender(seat), seat.environment.webhooks))


async def _tell_all(sender: WebhookSender, webhooks: Sequence[Webhook]) -> None:
    async with asyncio.TaskGroup() as group:
        for item in webhooks:
            group.create_task(_tell(sender, item))


async def _tell(sender: WebhookSender, item: Webhook) -> None:
    for _ in range(TRIED_FOR):
        await sender.tell_waiting(item)
        if not await asyncio.to_thread(sender.has_untold, item):
            return
        await asyncio.sleep(1)


def _choose(seat: CliSession, name: str | None) -> Webhook:
    """The only webhook, or the one that is named. Raises Refusal."""
    known = {item.name: item for item in seat.environment.webhooks}
    if name is None and len(known) == 1:
        return next(iter(known.values()))
    if name not in known:
        raise Refusal(
            f"Name one of the webhooks of {seat.environment.name}: {', '.join(known) or 'there are none'}.",
            code="unknown-webhook",
        )
    return known[name]


def _make_sender(seat: CliSession) -> WebhookSender:
    return WebhookSender(
        seat.timeline,
        seat.environment,
        system=seat.system.name,
        find=seat.incident_actions.find,
        time=RealTime(),
        reveal=Secrets(os.environ).reveal,
    )


def tell_in_background(common: Common, config: str, timeline: str, environment: str) -> None:
    """Start a process that tells the webhooks, and wait for nothing: a receiver that hangs delays no command.

    Where it cannot be started, the next cockpit or command within ten minutes tells them.
    """
    options: dict[str, Any] = {"--config": config, "--db": timeline, "--env": environment, "--as": common.person}
    command = [sys.executable, "-P", "-m", "cockpit", "webhook", "send"]
    command += [text for name, value in options.items() if value for text in (name, str(value))]
    try:
        process = subprocess.Popen(
            command,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (ROOT, os.environ.get("PYTHONPATH"))))},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        threading.Thread(target=process.wait, daemon=True).start()  # it outlives us; while we live it is no zombie
    except OSError as error:
        click.echo(f"Webhooks are told by the next cockpit that opens: {error.strerror}.", err=True)

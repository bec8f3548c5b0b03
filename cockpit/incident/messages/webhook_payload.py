"""How a turn of an incident reads in a message to another system, in the shape that its receiver reads. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cockpit.model.event import Event, Kind, text_of, words_of
from cockpit.model.incident import Incident, Status
from cockpit.model.system import Webhook, WebhookTurn
from cockpit.model.time import format_duration, format_timestamp
from cockpit.recorder.record_end import describe_record_end

WAITS_FOR = timedelta(minutes=10)  # a turn that nobody could tell for so long is not posted any more
LONGEST_TEXT = 2_000  # characters of a message; Slack takes 3,000 in one block


@dataclass(frozen=True, slots=True)
class WebhookNotice:
    """One turn as it is posted: `key` is the same however often it would be sent."""

    key: str
    turn: str
    headline: str
    lines: tuple[str, ...]
    document: Mapping[str, Any]


TURN_OF: Mapping[Kind, WebhookTurn] = {
    Kind.DECLARE: "declare",
    Kind.SEVERITY: "severity",
    Kind.UPDATE: "update",
    Kind.RESOLVE: "resolve",
}
TURN_KINDS = (*TURN_OF, Kind.STATUS)
"""The kinds of events among which turns are."""


def find_turn(event: Event) -> WebhookTurn | None:
    """Which turn of an incident an event tells of; None for what is none."""
    if event.kind == Kind.STATUS:  # whatever it became: who read of the end must read that it was none
        return "reopen" if text_of(event.detail, "was") == Status.RESOLVED else None
    return next((turn for kind, turn in TURN_OF.items() if event.kind == kind), None)


def list_turns(webhook: Webhook, events: Sequence[Event], now: datetime) -> list[Event]:
    """What is to be posted to it, oldest first. A correction is no turn: what it corrects was posted."""
    return [
        event
        for event in sorted(events, key=lambda event: event.id)
        if find_turn(event) in webhook.turns
        and event.incident is not None
        and event.supersedes is None
        and not event.redacted
        and now - event.recorded <= WAITS_FOR
    ]


def build_notice(
    event: Event, incident: Incident, system: str, recorded_until: datetime | None = None, now: datetime | None = None
) -> WebhookNotice:
    """What a turn says, in words and as a document. `recorded_until` is the end of the record where nobody records
    `now`: of an open incident it says so."""
    is_cut = recorded_until is not None and incident.open
    reason = text_of(event.detail, "reason")
    text = words_of(event.detail, "text")[:LONGEST_TEXT]
    drill = "DRILL: " if incident.drill else ""
    headline = f"{drill}{_describe_turn(event, incident)}"
    lines = [
        f"{system}, {incident.environment} · {incident.id} · {incident.status.value}",
        *([f"Reason: {reason}"] if reason else []),
        *([text] if text else []),
        f"{event.occurred:%Y-%m-%d %H:%M} UTC{f', by {event.actor}' if event.actor else ''}",
        *([describe_record_end(recorded_until, now or recorded_until)] if recorded_until and is_cut else []),
    ]
    document = {
        "version": 1,
        "key": f"{incident.id}/{event.id}",
        "turn": find_turn(event),
        "headline": headline,
        "system": system,
        "recorded_until": format_timestamp(recorded_until) if recorded_until and is_cut else None,
        "incident": {
            "id": incident.id,
            "title": incident.title,
            "environment": incident.environment,
            "severity": text_of(event.detail, "severity") or incident.severity,
            "worst_severity": incident.worst or incident.severity,
            "status": incident.status.value,
            "declared": format_timestamp(incident.declared),
            "resolved": format_timestamp(incident.resolved) if incident.resolved else None,
            "drill": incident.drill,
        },
        "event": {
            "id": event.id,
            "occurred": format_timestamp(event.occurred),
            "recorded": format_timestamp(event.recorded),
            "actor": event.actor,
            "summary": event.summary,
            "reason": reason,
            "audience": text_of(event.detail, "audience"),
            "text": text,
        },
    }
    return WebhookNotice(f"{incident.id}/{event.id}", find_turn(event) or "", headline, tuple(lines), document)


def build_trial(webhook: Webhook, environment: str, system: str, person: str, now: datetime) -> WebhookNotice:
    """What `cockpit webhook test` sends: it says that it is about nothing."""
    headline = f"Test of the webhook “{webhook.name}”: no incident"
    key = f"test/{format_timestamp(now)}"
    lines = (f"{system}, {environment} · sent by {person or 'somebody'} to see that it arrives",)
    document = {"version": 1, "key": key, "turn": "test", "headline": headline, "system": system, "incident": None}
    return WebhookNotice(key, "test", headline, lines, document)


def _describe_turn(event: Event, incident: Incident) -> str:
    severity, title = text_of(event.detail, "severity") or incident.severity, incident.title
    if event.kind == Kind.DECLARE:
        return f"{severity} {title}"
    if event.kind == Kind.SEVERITY:
        was = text_of(event.detail, "was")
        return f"Now {severity}{f', was {was}' if was else ''}: {title}"
    if event.kind == Kind.RESOLVE:
        because = text_of(event.detail, "because")
        lasted = format_duration(incident.open_for(event.occurred))
        return f"Resolved after {lasted}{f' ({because})' if because else ''}: {incident.severity_text} {title}"
    if event.kind == Kind.STATUS:
        return f"Opened again, {text_of(event.detail, 'status')}: {incident.severity_text} {title}"
    audience = text_of(event.detail, "audience")
    return f"Update{f' to {audience}' if audience else ''}: {incident.severity} {title}"


def render_payload(webhook: Webhook, notice: WebhookNotice) -> Mapping[str, Any]:
    """The body, in the shape that its receiver reads. What people wrote stands there as plain text alone: it can
    mention nobody, and be no link."""
    if webhook.format == "slack":
        return _render_slack(notice)
    return _render_teams(notice) if webhook.format == "teams" else notice.document


def _render_slack(notice: WebhookNotice) -> Mapping[str, Any]:
    text = "\n".join(notice.lines)[:LONGEST_TEXT]
    return {
        "text": _escape_slack(notice.headline),
        "mrkdwn": False,
        "blocks": [
            {"type": "header", "text": {"type": "plain_text", "text": notice.headline[:150], "emoji": False}},
            {"type": "section", "text": {"type": "plain_text", "text": text, "emoji": False}},
        ],
    }


def _escape_slack(text: str) -> str:
    """`<!channel>` would call everybody."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _render_teams(notice: WebhookNotice) -> Mapping[str, Any]:
    """An adaptive card; a rich text block, for a text block reads Markdown."""
    rows = [_text_block(notice.headline, bold=True), *(_text_block(line) for line in notice.lines)]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": rows,
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _text_block(text: str, *, bold: bool = False) -> Mapping[str, Any]:
    run = {"type": "TextRun", "text": text, **({"weight": "Bolder", "size": "Medium"} if bold else {})}
    return {"type": "RichTextBlock", "inlines": [run]}

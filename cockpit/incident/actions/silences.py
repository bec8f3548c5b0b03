"""Silences as changes: decided where they are recorded, sent once, and looked for where nobody answered."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from cockpit.feeds.alert_kinds import SilenceServer
from cockpit.feeds.alertmanager.silences import SilenceUnknownError, build_silence_body, format_end
from cockpit.incident.actions.base import IncidentWriter
from cockpit.incident.actions.errors import IncidentActionError
from cockpit.model.event import Draft, Event, Kind
from cockpit.model.problem import SourceError
from cockpit.model.silence import Silence
from cockpit.model.text import clean_line
from cockpit.model.time import format_age, format_timestamp
from cockpit.timeline.rows import TimelineReader

RECENT = timedelta(minutes=10)  # a silence that ended so lately is offered again
LOCKED = timedelta(seconds=30)  # as long as this the same change by somebody else may still be on its way
SAME_END = timedelta(seconds=2)  # between what was asked for and what a server wrote down
WHY_MISSING = "Say why: whoever finds it silent will want to know."


class SilenceOperation(StrEnum):
    CREATE = "create"
    EXTEND = "extend"  # until another time; one that ended is made anew
    EXPIRE = "expire"


@dataclass(frozen=True, slots=True)
class SilenceOutcome:
    """How a change ended: done, failed, or unknown when it was sent and nobody answered."""

    outcome: str
    id: str = ""
    reason: str = ""


def change_silence(
    writer: IncidentWriter, server: SilenceServer, operation: SilenceOperation, silence: Silence
) -> SilenceOutcome:
    """Write the intent, send once, write the outcome. `silence` is what should be: its end, and for a change its id.

    Blocking. Raises IncidentActionError, before anything is sent, where somebody else is doing the same.
    """
    now = writer.now()
    if operation is not SilenceOperation.EXPIRE and silence.ends <= now:
        raise IncidentActionError("It would end before it begins; give a length.", code="silence-too-short")
    if operation is SilenceOperation.CREATE and not silence.comment:
        raise IncidentActionError(WHY_MISSING, code="reason-missing")
    detail = {
        "operation": f"silence {operation}",
        "target": silence.text,
        "matchers": sorted(matcher.text for matcher in silence.matchers),
        "until": format_timestamp(silence.ends),
        "comment": silence.comment,
    }
    what = f"silence {operation}: {silence.text}"
    intent = f"{what}, until {format_end(silence.ends)}"

    def decide(reader: TimelineReader) -> Draft:
        recent = reader.events(environment=writer.environment, kinds=[Kind.ACTION], occurred_from=now - LOCKED)
        _must_be_alone(recent, detail, now)
        return _draft(writer, {**detail, "phase": "intent", "id": silence.id}, intent)

    writer.write_from(decide)
    result = asyncio.run(_send(server, operation, silence, now))
    more = f" ({clean_line(result.reason, 200)})" if result.reason else ""
    ended = {**detail, "phase": "outcome", "outcome": result.outcome, "id": result.id, "reason": result.reason}
    writer.write(lambda _: _draft(writer, ended, f"{what}: {result.outcome}{more}"))
    return result


def _draft(writer: IncidentWriter, detail: Mapping[str, Any], summary: str) -> Draft:
    subject = clean_line(str(detail["target"]), 120)
    return writer.draft(Kind.ACTION, detail, writer.now(), subject=subject, summary=clean_line(summary, 400))


def _must_be_alone(recent: Sequence[Event], detail: Mapping[str, Any], now: datetime) -> None:
    """Raises IncidentActionError while a change of the same is on its way, was sent and nobody knows what became of
    it, or was done a moment ago."""
    same = [event for event in recent if _name_matchers(event.detail) == _name_matchers(detail)]
    if not same or same[-1].detail.get("outcome") == "failed":
        return
    last = same[-1].detail
    who, ago = same[-1].actor or "somebody", format_age((now - same[-1].occurred).total_seconds())
    if last.get("phase") == "intent":
        text, code = f"{who} began to change it {ago} ago.", "silence-in-progress"
    elif last.get("operation") != detail["operation"]:
        return
    elif last.get("outcome") == "unknown":
        text, code = f"{who} sent the same {ago} ago, and nobody answered.", "silence-unknown"
    elif detail["operation"] == f"silence {SilenceOperation.EXTEND}":
        return  # to another time, or again to the same: nothing is doubled
    else:
        text, code = f"{who} did the same {ago} ago.", "silence-already"
    raise IncidentActionError(f"{text} Look at the silences before you send it again.", code=code, by=who)


def _name_matchers(detail: Mapping[str, Any]) -> list[Any]:
    """What a change is about, whatever the order in which somebody wrote it; of an older version as it was written."""
    matchers = detail.get("matchers")
    return list(matchers) if isinstance(matchers, list | tuple) else [detail.get("target")]


async def _send(server: SilenceServer, operation: SilenceOperation, silence: Silence, now: datetime) -> SilenceOutcome:
    try:
        if operation is SilenceOperation.EXPIRE:
            await server.expire(silence.id)
            return SilenceOutcome("done", silence.id)
        id = silence.id if silence.state != "expired" else ""
        starts = silence.starts if id else now
        body = build_silence_body(silence.matchers, starts, silence.ends, silence.author, silence.comment, id)
        return SilenceOutcome("done", await server.put(body))
    except SourceError as error:
        return SilenceOutcome("failed", reason=clean_line(error.problem.message, 300))
    except SilenceUnknownError as error:
        id = await _look_up(server, operation, silence, now)
        return SilenceOutcome("done", id, "found afterwards") if id else SilenceOutcome("unknown", reason=str(error))


async def _look_up(server: SilenceServer, operation: SilenceOperation, silence: Silence, now: datetime) -> str:
    """The silence that an unanswered request made after all; "" when there is none, or nobody says."""
    try:
        silences = await server.list_silences()
    except Exception:  # whatever it was, the outcome stays unknown
        return ""
    if operation is SilenceOperation.EXPIRE:
        old = silences.get(silence.id)
        return silence.id if old is not None and (old.state == "expired" or old.ends <= now) else ""
    matchers = set(silence.matchers)  # servers sort them
    same = (item for item in silences.values() if set(item.matchers) == matchers and item.comment == silence.comment)
    return next((item.id for item in same if abs(item.ends - silence.ends) < SAME_END), "")


def list_offers(
    silences: Mapping[str, Silence], label_sets: Sequence[Mapping[str, str]], now: datetime
) -> list[Silence]:
    """The silences that hold for one of these alerts, and those that ended in the last ten minutes: these have the
    state `expired`. What ends last comes first."""
    about = [item for item in silences.values() if any(item.matches(labels) for labels in label_sets)]
    return sorted((item for item in about if item.ends > now - RECENT), key=lambda item: item.ends, reverse=True)


@dataclass(frozen=True, slots=True)
class SilenceSituation:
    """What a source says now: the labels of every alert that it lists, and its silences by id."""

    labels: Sequence[Mapping[str, str]] = ()
    silences: Mapping[str, Silence] = field(default_factory=dict)


def read_silences(server: SilenceServer) -> SilenceSituation:
    """Blocking. Raises SourceError."""

    async def read() -> SilenceSituation:
        labels, silences = await asyncio.gather(server.list_labels(), server.list_silences())
        return SilenceSituation(labels, silences)

    try:
        return asyncio.run(read())
    except Exception as error:
        from cockpit.feeds.http import explain_http_error

        raise SourceError(explain_http_error(error)) from error

"""Acts on the timeline itself: a note, a decision, a correction, a pin, a link to what proves an entry."""

from collections.abc import Mapping
from datetime import datetime

from cockpit.incident.actions.base import IncidentWriter
from cockpit.incident.actions.errors import IncidentActionError
from cockpit.incident.actions.lifecycle import LONGEST_TITLE, describe_amendment
from cockpit.incident.actions.summaries import summarize_event
from cockpit.incident.actions.words import LONGEST_TEXT, take_line, take_text
from cockpit.incident.ledger import Ledger
from cockpit.model.event import Draft, Event, Kind, text_of
from cockpit.model.incident import Status
from cockpit.model.operator import LONGEST_NAME
from cockpit.model.text import clean_line, keep_whole

SHOWN = 120  # characters of an entry in the entry that names it
WORDS = {
    Kind.NOTE: "text", Kind.DECISION: "text", Kind.UPDATE: "text", Kind.ITEM: "text", Kind.LINK: "text",
    Kind.TICK: "reason", Kind.ACK: "note", Kind.PAGE: "note", Kind.ROLE: "note", Kind.SEVERITY: "reason",
    Kind.STATUS: "reason", Kind.RESOLVE: "reason", Kind.FREEZE: "reason", Kind.REVIEW: "reason",
    Kind.DECLARE: "title", Kind.PRACTICE: "note",
}  # fmt: skip
"""The words of an entry that a person may have to correct."""

WITH_LINES = frozenset({Kind.NOTE, Kind.DECISION, Kind.UPDATE, Kind.ROLE})
LONGEST_LINK = 2_000
LONGEST_LINE = 500  # characters of a change that somebody marks
LONGEST_SUBJECT = 120  # characters of what it is about


def add_note(
    writer: IncidentWriter,
    text: str,
    incident: str | None = None,
    moment: datetime | None = None,
    *,
    journal: bool = False,
    log: str = "",
) -> Event:
    """Write down what was seen, thought or done; with `journal`, and without an open incident, it goes to the journal.

    One that begins with `TODO:` is an action item as well. `log` is whose log the lines of the text were taken from:
    such a note keeps them as evidence, and no other one does.
    """
    tokens, line = take_text(text), clean_line(text)
    if not line:
        raise IncidentActionError("A note needs words.", code="text-missing")
    occurred = writer.past(moment, writer.now())
    detail = {} if tokens == line else {"text": tokens}
    detail |= {"log": name} if (name := clean_line(log, 200)) else {}

    def act(ledger: Ledger) -> Draft:
        if journal or (incident is None and not ledger.open(writer.environment)):
            return writer.draft(Kind.NOTE, detail, occurred, summary=line)
        return writer.of(writer.meant(ledger, incident, joins=True), Kind.NOTE, detail, occurred, summary=line)

    return writer.write(act)


def mark_change(
    writer: IncidentWriter, text: str, subject: str = "", url: str = "", by: str = "", moment: datetime | None = None
) -> Event:
    """A change that nobody watches: a mark on the timeline, beside what preceded it and what came of it.

    It belongs to the journal, and so to every incident whose range holds it.
    """
    line = take_line(text, LONGEST_LINE)
    if not line:
        raise IncidentActionError("Say what was changed.", code="text-missing")
    where = url.strip()
    if where and (not where.startswith(("http://", "https://")) or keep_whole(where, LONGEST_LINK) != where):
        raise IncidentActionError(
            "The address must be a whole one: http:// or https://, at most 2,000 characters.", code="not-a-url"
        )
    who, about = take_line(by, LONGEST_NAME), take_line(subject, LONGEST_SUBJECT)
    detail = {"text": line, "url": where, "by": who}
    summary = f"{line}, by {who}" if who else line
    occurred = writer.past(moment, writer.now())
    return writer.write(
        lambda _: writer.draft(Kind.CHANGE, detail, occurred, subject=about, summary=summary),
        nameless=bool(who),
    )


def record_decision(
    writer: IncidentWriter, text: str, reason: str = "", *, incident: str | None = None, moment: datetime | None = None
) -> Event:
    """A decision is an entry of its own: what, and why."""
    tokens, occurred = take_text(text), writer.past(moment, writer.now())
    if not tokens:
        raise IncidentActionError("Say what was decided.", code="text-missing")
    detail = {"text": tokens, "reason": take_text(reason)}
    return writer.write(lambda ledger: writer.of(writer.meant(ledger, incident), Kind.DECISION, detail, occurred))


def correct_entry(writer: IncidentWriter, event: int, text: str, moment: datetime | None = None) -> Event:
    """Let an entry read otherwise: the old text stays on record, beneath the new one.

    `moment` corrects its time, of every entry of a person; without words they stay as they are. Where two correct one
    entry both corrections are on record, and the later one stands.
    """
    tokens = take_text(text)
    if not tokens and moment is None:
        raise IncidentActionError(
            "Say what it should read. Words that must go for good are taken out with `cockpit redact`.",
            code="text-missing",
        )
    now = writer.now()

    def act(ledger: Ledger, old: Event) -> Draft:
        kind = next((word for word in WORDS if word == old.kind), None)
        if kind is None:
            raise IncidentActionError(
                f"Event {event} ({old.kind}) is on record as it was seen; write a note about it instead.",
                code="event-not-correctable",
                event=event,
                kind=old.kind,
            )
        if old.redacted:
            raise IncidentActionError(
                f"Event {event} was redacted; write a note instead.", code="event-redacted", event=event
            )
        if moment is not None:
            _must_keep_order(ledger, old, writer.past(moment, now))
            _must_keep_term(ledger, old, writer.past(moment, now))
        if not tokens:
            return _retime_entry(writer, kind, old, writer.past(moment, now))
        line = clean_line(tokens)
        if kind in WITH_LINES:
            words = tokens
        else:
            words = take_line(tokens, LONGEST_TITLE) if kind is Kind.DECLARE else take_line(tokens)
        detail = {**old.detail, WORDS[kind]: words}
        if kind is Kind.NOTE and tokens == line:
            del detail["text"]
        return writer.draft(
            kind,
            detail,
            writer.past(moment, now) if moment else old.occurred,
            subject=old.subject,
            environment=old.environment,
            incident=old.incident,
            summary=line if kind is Kind.NOTE else _summarize_correction(kind, detail, old),
            supersedes=old.id,
        )

    return writer.write_on(event, act)


def _summarize_correction(kind: Kind, detail: Mapping[str, object], old: Event) -> str:
    """The line of an entry with other words. A declaration's says itself what it was, as everywhere it is shown."""
    summary = summarize_event(kind, detail, old.subject)
    if kind is not Kind.DECLARE:
        return summary
    return f"{summary} ({describe_amendment('title', text_of(detail, 'title'), old.detail)})"


def _must_keep_order(ledger: Ledger, old: Event, occurred: datetime) -> None:
    """A severity and a status stay between the one before and the one after: what binds and counts goes by their order.

    Raises IncidentActionError.
    """
    incident = ledger.incidents.get(old.incident or "")
    chains = [] if incident is None else [incident.severities, incident.statuses]
    value = {Kind.RESOLVE: Status.RESOLVED.value, Kind.DECLARE: ""}.get(Kind(old.kind), "")
    for chain, key in zip(chains, ("severity", "status"), strict=False):
        what = value or str(old.detail.get(key, ""))
        place = (
            0
            if old.kind == Kind.DECLARE
            else next(
                (
                    number
                    for number, change in enumerate(chain)
                    if number and change.at == old.occurred and change.value == what
                ),
                None,
            )
        )
        if place is None:
            continue
        before, after = chain[place - 1 : place], chain[place + 1 : place + 2]
        if (before and occurred < before[0].at) or (after and occurred > after[0].at):
            since = f"after {before[0].at:%H:%M:%S}Z" if before else ""
            until = f"before {after[0].at:%H:%M:%S}Z" if after else ""
            raise IncidentActionError(
                f"Give a time {' and '.join(filter(None, (since, until)))}: the {key} was another one before or after.",
                code="time-out-of-order",
                event=old.id,
            )


def _must_keep_term(ledger: Ledger, old: Event, occurred: datetime) -> None:
    """Nobody leaves a role before they took it. Raises IncidentActionError."""
    incident = ledger.incidents.get(old.incident or "")
    if incident is None or old.kind != Kind.ROLE:
        return
    taker, role = str(old.detail.get("person", "")), str(old.detail.get("role", "")).casefold()
    leaver = taker if old.detail.get("what") == "leaves" else str(old.detail.get("from", ""))
    for held in incident.roles:
        if held.role.casefold() != role:
            continue
        is_left_early = held.person == leaver and held.until == old.occurred and occurred < held.since
        is_taken_late = (
            held.person == taker != leaver
            and held.since == old.occurred
            and held.until is not None
            and occurred > held.until
        )
        if is_left_early or is_taken_late:
            what, moment = ("after", held.since) if is_left_early else ("before", held.until or held.since)
            raise IncidentActionError(
                f"Give a time {what} {moment:%H:%M:%S}Z: {held.person} {'took' if is_left_early else 'left'} it then.",
                code="time-out-of-order",
                event=old.id,
            )


def _retime_entry(writer: IncidentWriter, kind: Kind, old: Event, occurred: datetime) -> Draft:
    """The same words at another time."""
    was = f" (was {old.occurred:%Y-%m-%d %H:%M:%S}Z)" if kind is Kind.DECLARE else ""
    return writer.draft(
        kind,
        dict(old.detail),
        occurred,
        subject=old.subject,
        environment=old.environment,
        incident=old.incident,
        summary=f"{old.summary}{was}",
        supersedes=old.id,
    )


def pin_entry(writer: IncidentWriter, event: int, on: bool = True, *, incident: str | None = None) -> Event:
    """Mark an entry as one that matters, or take the mark away."""

    def act(ledger: Ledger, old: Event) -> Draft:
        meant = writer.meant(ledger, incident or old.incident)
        if (old.id in meant.pins) == on:
            raise IncidentActionError(
                f"Event {event} is {'pinned already' if on else 'not pinned'}.", code="unchanged", event=event
            )
        return writer.of(
            meant, Kind.PIN, {"on": on, "name": clean_line(old.summary, SHOWN)}, writer.now(), subject=str(old.id)
        )

    return writer.write_on(event, act)


def link_evidence(
    writer: IncidentWriter, event: int, target: str, text: str = "", *, incident: str | None = None
) -> Event:
    """Say where the proof of an entry is: an address, a file, a query."""
    where = clean_line(target)
    if not where:
        raise IncidentActionError("Say where the evidence is: an address, a file, a query.", code="address-missing")
    if "://" in where and not (where := keep_whole(target.strip(), LONGEST_TEXT)):
        raise IncidentActionError(
            "This address is too long, or holds letters that cannot be kept. Save it in a file, and link the file.",
            code="address-not-kept",
        )
    if "://" not in where:
        where = take_line(target)
    label = take_line(text)

    def act(ledger: Ledger, old: Event) -> Draft:
        meant = writer.meant(ledger, incident or old.incident)
        detail = {"target": where, "text": label, "name": clean_line(old.summary, SHOWN)}
        return writer.of(meant, Kind.LINK, detail, writer.now(), subject=str(old.id))

    return writer.write_on(event, act)

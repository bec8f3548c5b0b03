"""Acts about people: who holds which role, who was called, who was notified, who acknowledges an alert."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from cockpit.incident.actions.base import IncidentWriter
from cockpit.incident.actions.errors import IncidentActionError
from cockpit.incident.actions.words import take_line, take_text
from cockpit.incident.ledger import Ledger
from cockpit.model.alert import Alert, AlertState
from cockpit.model.event import Draft, Event, Kind
from cockpit.model.incident import Incident
from cockpit.model.response import AUDIENCE_WORDS, name_audience
from cockpit.model.text import clean_line, find_nearest
from cockpit.model.time import format_timestamp

LONGEST_NAME = 80  # characters of a person, a role, an audience
LONGEST_TEXT = 20_000  # of a message
LONGEST_REASON = 500


def take_role(
    writer: IncidentWriter,
    role: str,
    person: str = "",
    note: str = "",
    *,
    incident: str | None = None,
    moment: datetime | None = None,
) -> Event:
    """Take a role, or give it to somebody. One person may hold several, and several people one."""
    return _record_role_change(writer, "takes", role, person, note, incident, moment)


def leave_role(
    writer: IncidentWriter,
    role: str,
    person: str = "",
    note: str = "",
    *,
    incident: str | None = None,
    moment: datetime | None = None,
) -> Event:
    """Leave a role."""
    return _record_role_change(writer, "leaves", role, person, note, incident, moment)


def _record_role_change(
    writer: IncidentWriter, what: str, role: str, person: str, note: str, incident: str | None, moment: datetime | None
) -> Event:
    """`what` is takes or leaves. Nobody takes what they have, or leaves what they have not."""
    occurred = writer.past(moment, writer.now())

    def act(ledger: Ledger) -> Draft:
        who, meant = writer.person_named(person), writer.meant(ledger, incident, joins=what == "takes")
        role_name = role_named(writer, meant, role)
        has = who in meant.in_role(role_name)
        if has and what == "takes":
            raise IncidentActionError(f"{who} is {role_name} already.", code="unchanged", person=who, role=role_name)
        if not has and what == "leaves":
            raise IncidentActionError(
                f"{who} is not {role_name}; {_describe_holders(meant, role_name)}.",
                code="not-in-role",
                person=who,
                role=role_name,
            )
        detail = {"what": what, "role": role_name, "person": who, "note": take_text(note)}
        changed = occurred if what == "takes" else _must_not_end_before(writer, meant, role_name, who, occurred, moment)
        return writer.of(meant, Kind.ROLE, detail, changed, subject=role_name)

    return writer.write(act)


def hand_over(
    writer: IncidentWriter,
    role: str,
    to: str,
    note: str = "",
    open: Sequence[str] = (),
    *,
    incident: str | None = None,
    moment: datetime | None = None,
) -> Event:
    """Give a role to somebody else. `open` are lines on what goes on: clocks, silences, runs; the note keeps them."""
    occurred = writer.past(moment, writer.now())
    if not clean_line(to, LONGEST_NAME):
        raise IncidentActionError("Say to whom it is handed over.", code="person-missing")
    taker = writer.person_named(to)
    text = "\n".join(filter(None, [take_text(note), *(clean_line(entry, 300) for entry in open)]))

    def act(ledger: Ledger) -> Draft:
        meant = writer.meant(ledger, incident)
        role_name = role_named(writer, meant, role)
        holders = meant.in_role(role_name)
        if not holders:
            raise IncidentActionError(
                f"Nobody is {role_name}, so there is nothing to hand over: take it.",
                code="nobody-in-role",
                role=role_name,
            )
        if writer.operator not in holders and len(holders) > 1:
            raise IncidentActionError(
                f"{_describe_holders(meant, role_name)}: who hands over does so in their own session.",
                code="role-of-another",
            )
        giver = writer.operator if writer.operator in holders else holders[0]
        if giver == taker:
            raise IncidentActionError(
                f"{taker} is {role_name} already.", code="unchanged", person=taker, role=role_name
            )
        detail = {"what": "takes", "role": role_name, "person": taker, "from": giver, "note": text}
        changed = _must_not_end_before(writer, meant, role_name, giver, occurred, moment)
        return writer.of(meant, Kind.ROLE, detail, changed, subject=role_name)

    return writer.write(act)


def _must_not_end_before(
    writer: IncidentWriter, incident: Incident, role: str, person: str, occurred: datetime, moment: datetime | None
) -> datetime:
    """When somebody leaves a role that they hold: never before they took it. Raises IncidentActionError for a time that
    somebody gave, which lies before that."""
    since = next(
        held.since
        for held in reversed(incident.roles)
        if held.until is None and held.person == person and held.role.casefold() == role.casefold()
    )
    left = writer.not_before(occurred, since, moment)
    if left < since:
        raise IncidentActionError(
            f"{person} is {role} since {since:%Y-%m-%d %H:%M:%S}Z; give a later time.",
            code="time-before-start",
            person=person,
            role=role,
            since=since,
        )
    return left


def acknowledge_alert(
    writer: IncidentWriter,
    alert_key: str = "",
    alert_name: str = "",
    incident: str | None = None,
    note: str = "",
    moment: datetime | None = None,
) -> Event:
    """Take an alert, or with no key the incident itself: I am on it.

    An alert can always be taken: while no incident or several are open it goes to the journal, and belongs to
    every incident whose range holds it.
    """
    occurred = writer.past(moment, writer.now())
    detail = {"note": take_line(note), "name": clean_line(alert_name)}

    def act(ledger: Ledger) -> Draft:
        if not alert_key:
            return writer.of(writer.meant(ledger, incident, joins=True), Kind.ACK, detail, occurred)
        return _draft_ack(writer, writer.meant_if_certain(ledger, incident), detail, occurred, alert_key)

    return writer.write(act)


def acknowledge_all(
    writer: IncidentWriter,
    alerts: Sequence[Alert],
    note: str = "",
    incident: str | None = None,
    moment: datetime | None = None,
) -> Event:
    """Take many alerts of one name at once: one entry, which names them all."""
    if not alerts:
        raise IncidentActionError("There is no alert to acknowledge.", code="no-alert")
    occurred, name = writer.past(moment, writer.now()), alerts[0].name
    keys = [alert.key for alert in alerts]
    detail = {"note": take_line(note), "name": f"{name}: {len(keys)} instances", "keys": keys}

    def act(ledger: Ledger) -> Draft:
        subject = f"{alerts[0].source}:group:{name}"
        return _draft_ack(writer, writer.meant_if_certain(ledger, incident), detail, occurred, subject)

    return writer.write(act)


def _draft_ack(
    writer: IncidentWriter, meant: Incident | None, detail: Mapping[str, Any], occurred: datetime, subject: str
) -> Draft:
    """Of an incident, or of the journal."""
    if meant is None:
        return writer.draft(Kind.ACK, detail, occurred, subject=subject)
    return writer.of(meant, Kind.ACK, detail, occurred, subject=subject)


def settle_alerts(writer: IncidentWriter, alerts: Sequence[Alert], reason: str = "") -> Event:
    """Say of alerts that are `resolved?` that they are over: nothing else may ever confirm it. The first event."""
    unsure = [alert for alert in alerts if alert.state is AlertState.RESOLVING]
    if not unsure:
        raise IncidentActionError(
            "Only an alert that is `resolved?` can be settled: the source decides on the others.",
            code="alert-not-resolving",
        )
    now, why = writer.now(), take_line(reason, LONGEST_REASON)
    drafts = [
        writer.draft(
            Kind.ALERT,
            {
                "what": "settled",
                "name": alert.name,
                "severity": alert.severity.value,
                "state": AlertState.RESOLVED.value,
                "was": alert.state.value,
                "since": format_timestamp(alert.since),
                "resource": alert.resource,
                "confirmed_by": writer.operator,
                "note": why,
            },
            now,
            subject=alert.key,
            environment=alert.environment,
            summary=f"{alert.name} over, says {writer.operator}{f': {why}' if why else ''}",
        )
        for alert in unsure
    ]
    return writer.write(lambda _: drafts)


def record_call(
    writer: IncidentWriter,
    who: str,
    tier: int = 0,
    how: str = "",
    note: str = "",
    answered: bool | None = None,
    *,
    incident: str | None = None,
    moment: datetime | None = None,
) -> Event:
    """Write down that somebody was called, and whether they answered where that is known. The cockpit calls nobody."""
    name, occurred = take_line(who, LONGEST_NAME), writer.past(moment, writer.now())
    if not name:
        raise IncidentActionError("Say who was called: a person, a role, a team.", code="person-missing")
    if not 0 <= tier <= 99:
        raise IncidentActionError(
            "A tier of an escalation is a number from 1, as the document counts them.", code="not-a-tier"
        )
    detail = {
        "who": name,
        "tier": tier,
        "how": take_line(how, LONGEST_NAME),
        "note": take_line(note),
        **({} if answered is None else {"answered": answered}),
    }
    return writer.write(
        lambda ledger: writer.of(writer.meant(ledger, incident), Kind.PAGE, detail, occurred, subject=name)
    )


def record_message(
    writer: IncidentWriter,
    audience: str,
    text: str,
    template: str = "",
    promised: datetime | None = None,
    file: str = "",
    *,
    incident: str | None = None,
    moment: datetime | None = None,
    reader: str = "",
) -> Event:
    """Record which message went to whom. `promised` is when the message says that the next one comes."""
    now, tokens, whom = writer.now(), take_text(text), take_line(audience, LONGEST_NAME)
    if not whom:
        raise IncidentActionError(
            "Say who was told: client, team, authority, or another audience.", code="audience-missing"
        )
    if not tokens:
        raise IncidentActionError("An update needs its words: what was sent, as it was sent.", code="text-missing")
    occurred = writer.past(moment, now)
    whom, reader = _find_audience(writer, whom, reader)
    detail = {
        "audience": whom,
        "text": tokens,
        "template": clean_line(template, LONGEST_NAME),
        "promised": format_timestamp(writer.coming(promised, occurred)) if promised else "",
        "file": clean_line(file),
        **({"reader": word} if (word := take_line(reader, LONGEST_NAME)) else {}),
    }
    return writer.write(
        lambda ledger: writer.of(writer.meant(ledger, incident), Kind.UPDATE, detail, occurred, subject=whom)
    )


def _find_audience(writer: IncidentWriter, name: str, reader: str) -> tuple[str, str]:
    """The audience that is meant, and what it was called: by the words that everybody has for it, or by those with
    which a message of the plan names its readers."""
    readers = {template.reader.casefold(): template for template in reversed(writer.plan.templates) if template.reader}
    theirs = readers.get(name.casefold())
    audience = theirs.audience if theirs else name_audience(name)
    if audience not in AUDIENCE_WORDS or audience == name.casefold():
        return name, reader
    return audience, reader or name


def role_named(writer: IncidentWriter, meant: Incident, text: str) -> str:
    """The role as the plan writes it: by its name, its initials (`IC`), or the only one that begins so.

    Another name is a role of this incident's own, unless it looks like a slip. Raises IncidentActionError.
    """
    wanted_name = take_line(text, LONGEST_NAME)
    if not wanted_name:
        raise IncidentActionError("Say which role.", code="role-missing")
    names = [role.name for role in writer.plan.roles]
    names += [fromkey for fromkey in dict.fromkeys(held.role for held in meant.roles) if fromkey not in names]
    name_part = wanted_name.casefold()
    for fits in (
        [text for text in names if text.casefold() == name_part],
        [text for text in names if "".join(word[:1] for word in text.split()).casefold() == name_part],
        [text for text in names if text.casefold().startswith(name_part)],
    ):
        if len(fits) == 1:
            return fits[0]
    close = find_nearest(wanted_name, names)
    if close:
        raise IncidentActionError(
            f"There is no role `{wanted_name}`; did you mean {close}?", code="unknown-role", name=wanted_name
        )
    return wanted_name


def _describe_holders(meant: Incident, role_name: str) -> str:
    names = meant.in_role(role_name)
    return f"{role_name}: {', '.join(names)}" if names else "nobody is"

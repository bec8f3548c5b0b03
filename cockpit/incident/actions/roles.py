"""Acts about people: who wears which hat, who was called, who was told, who takes an alert."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from cockpit.incident.actions.errors import DeskError
from cockpit.incident.ledger import Ledger
from cockpit.model.event import Draft, Event, Kind
from cockpit.model.incident import Incident
from cockpit.model.text import clean, clean_line, near
from cockpit.model.time import stamp

if TYPE_CHECKING:
    from cockpit.incident.actions.desk import Desk

LONGEST_NAME = 80  # characters of a person, a role, an audience
LONGEST_TEXT = 20_000  # of a message


def take_role(
    desk: "Desk",
    role: str,
    person: str = "",
    note: str = "",
    *,
    incident: str | None = None,
    moment: datetime | None = None,
) -> Event:
    """Put on a hat, or somebody else on theirs. One person may wear several, and several people one."""
    return _hat(desk, "takes", role, person, note, incident, moment)


def leave_role(
    desk: "Desk",
    role: str,
    person: str = "",
    note: str = "",
    *,
    incident: str | None = None,
    moment: datetime | None = None,
) -> Event:
    """Take a hat off."""
    return _hat(desk, "leaves", role, person, note, incident, moment)


def _hat(
    desk: "Desk", what: str, role: str, person: str, note: str, incident: str | None, moment: datetime | None
) -> Event:
    """`what` is takes or leaves. Nobody takes what they have, or leaves what they have not."""
    occurred = desk.past(moment, desk.now())

    def act(ledger: Ledger) -> Draft:
        who, meant = desk.person_named(person), desk.meant(ledger, incident)
        hat = role_named(desk, meant, role)
        has = who in meant.in_role(hat)
        if has and what == "takes":
            raise DeskError(f"{who} is {hat} already.")
        if not has and what == "leaves":
            raise DeskError(f"{who} is not {hat}; {_held(meant, hat)}.")
        detail = {"what": what, "role": hat, "person": who, "note": clean(note, LONGEST_TEXT).strip()}
        return desk.of(meant, Kind.ROLE, detail, occurred, subject=hat)

    return desk.write(act)


def hand_over(
    desk: "Desk",
    role: str,
    to: str,
    note: str = "",
    open: Sequence[str] = (),
    *,
    incident: str | None = None,
    moment: datetime | None = None,
) -> Event:
    """Give a hat to somebody else. `open` are lines on what goes on: clocks, silences, runs; the note keeps them."""
    occurred = desk.past(moment, desk.now())
    if not clean_line(to, LONGEST_NAME):
        raise DeskError("Say to whom it is handed over.")
    taker = desk.person_named(to)
    text = "\n".join(filter(None, [clean(note, LONGEST_TEXT).strip(), *(clean_line(entry, 300) for entry in open)]))

    def act(ledger: Ledger) -> Draft:
        meant = desk.meant(ledger, incident)
        hat = role_named(desk, meant, role)
        holders = meant.in_role(hat)
        if not holders:
            raise DeskError(f"Nobody is {hat}, so there is nothing to hand over: take it.")
        if desk.operator not in holders and len(holders) > 1:
            raise DeskError(f"{_held(meant, hat)}: who hands over does it at their own desk.")
        giver = desk.operator if desk.operator in holders else holders[0]
        if giver == taker:
            raise DeskError(f"{taker} is {hat} already.")
        detail = {"what": "takes", "role": hat, "person": taker, "from": giver, "note": text}
        return desk.of(meant, Kind.ROLE, detail, occurred, subject=hat)

    return desk.write(act)


def acknowledge(
    desk: "Desk",
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
    occurred = desk.past(moment, desk.now())
    detail = {"note": clean_line(note), "name": clean_line(alert_name)}

    def act(ledger: Ledger) -> Draft:
        if alert_key and incident is None and len(ledger.open(desk.environment)) != 1:
            return desk.draft(Kind.ACK, detail, occurred, subject=alert_key)
        return desk.of(desk.meant(ledger, incident), Kind.ACK, detail, occurred, subject=alert_key)

    return desk.write(act)


def called(
    desk: "Desk",
    who: str,
    tier: int = 0,
    how: str = "",
    note: str = "",
    *,
    incident: str | None = None,
    moment: datetime | None = None,
) -> Event:
    """Write down that somebody was called. The cockpit calls nobody."""
    name, occurred = clean_line(who, LONGEST_NAME), desk.past(moment, desk.now())
    if not name:
        raise DeskError("Say who was called: a person, a role, a team.")
    if not 0 <= tier <= 99:
        raise DeskError("A tier of an escalation is a number from 1, as the document counts them.")
    detail = {"who": name, "tier": tier, "how": clean_line(how, LONGEST_NAME), "note": clean_line(note)}
    return desk.write(lambda ledger: desk.of(desk.meant(ledger, incident), Kind.PAGE, detail, occurred, subject=name))


def sent(
    desk: "Desk",
    audience: str,
    text: str,
    template: str = "",
    promised: datetime | None = None,
    file: str = "",
    *,
    incident: str | None = None,
    moment: datetime | None = None,
) -> Event:
    """Write down what was told to whom. `promised` is when the message says that the next one comes."""
    now, tokens, whom = desk.now(), clean(text, LONGEST_TEXT).strip(), clean_line(audience, LONGEST_NAME)
    if not whom:
        raise DeskError("Say who was told: client, team, authority, or another audience.")
    if not tokens:
        raise DeskError("An update needs its words: what was sent, as it was sent.")
    occurred = desk.past(moment, now)
    detail = {
        "audience": whom,
        "text": tokens,
        "template": clean_line(template, LONGEST_NAME),
        "promised": stamp(desk.coming(promised, occurred)) if promised else "",
        "file": clean_line(file),
    }
    return desk.write(lambda ledger: desk.of(desk.meant(ledger, incident), Kind.UPDATE, detail, occurred, subject=whom))


def role_named(desk: "Desk", meant: Incident, text: str) -> str:
    """The role as the plan writes it: by its name, its initials (`IC`), or the only one that begins so.

    Another name is a role of this incident's own, unless it looks like a slip. Raises DeskError.
    """
    wanted_name = clean_line(text, LONGEST_NAME)
    if not wanted_name:
        raise DeskError("Say which role.")
    names = [role.name for role in desk.plan.roles]
    names += [fromkey for fromkey in dict.fromkeys(held.role for held in meant.roles) if fromkey not in names]
    folded = wanted_name.casefold()
    for fits in (
        [text for text in names if text.casefold() == folded],
        [text for text in names if "".join(word[:1] for word in text.split()).casefold() == folded],
        [text for text in names if text.casefold().startswith(folded)],
    ):
        if len(fits) == 1:
            return fits[0]
    close = near(wanted_name, names)
    if close:
        raise DeskError(f"There is no role `{wanted_name}`; did you mean {close}?")
    return wanted_name


def _held(meant: Incident, hat: str) -> str:
    names = meant.in_role(hat)
    return f"{hat}: {', '.join(names)}" if names else "nobody is"

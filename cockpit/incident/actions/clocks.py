"""Acts on clocks: a task with a time, a temporary change, awareness of a breach; done, later, not applicable."""

from datetime import datetime, timedelta
from typing import Any

from cockpit.incident.actions.base import IncidentWriter
from cockpit.incident.actions.errors import IncidentActionError
from cockpit.incident.actions.words import take_line
from cockpit.incident.clocks.clocks import compute_clocks
from cockpit.incident.ledger import Ledger
from cockpit.incident.response_state import NOT_ON_CALL
from cockpit.model.clock import Clock, ClockKind
from cockpit.model.event import Draft, Event, Kind
from cockpit.model.incident import Incident
from cockpit.model.text import clean_line, find_nearest
from cockpit.model.time import format_timestamp

LONGEST_LINE = 500  # characters
LONGEST_SNOOZE = timedelta(days=1)  # a reminder that is put off for longer is switched off


def start_task(
    writer: IncidentWriter, text: str, within: timedelta, person: str = "", *, incident: str | None = None
) -> Event:
    """`look at X, I come back to you in three minutes`."""
    now = writer.now()
    if within <= timedelta():
        raise IncidentActionError("Say within what time: `3m`, `1h`.", code="duration-missing")
    return _begin_mark(
        writer,
        ClockKind.TASK,
        incident,
        text=_require_text(text, "Say what is to be looked at."),
        person=writer.person_named(person),
        due=format_timestamp(writer.coming(now + within, now)),
    )


def start_loop(writer: IncidentWriter, text: str, due: datetime | None = None, *, incident: str | None = None) -> Event:
    """What was turned off or loosened for now, and must be put back; it outlives the incident."""
    return _begin_mark(
        writer,
        ClockKind.LOOP,
        incident,
        text=_require_text(text, "Say what is to be put back."),
        person=writer.person_named(),
        due=format_timestamp(writer.coming(due, writer.now())) if due else "",
    )


def declare_awareness(
    writer: IncidentWriter, text: str, moment: datetime | None = None, *, incident: str | None = None
) -> Event:
    """A person declares to be aware of a breach: the notice counts from then. Only notifying or a reason ends it."""
    occurred, what_is_known = writer.past(moment, writer.now()), _require_text(text, "Say what is known of the breach.")

    def act(ledger: Ledger) -> Draft:
        meant = writer.meant(ledger, incident)
        running = next((mark for mark in meant.marks if mark.kind is ClockKind.BREACH), None)
        if running is not None and running.started and not running.not_applicable:
            raise IncidentActionError(
                f"{meant.id} counts from {running.started:%Y-%m-%d %H:%M:%S}Z already.",
                code="clock-runs-already",
                incident=meant.id,
                started=running.started,
            )
        person = writer.person_named()
        detail = {"what": "started", "kind": ClockKind.BREACH.value, "text": what_is_known, "person": person}
        return writer.of(meant, Kind.CLOCK, detail, occurred, subject=ClockKind.BREACH.value)

    return writer.write(act)


def clock_done(
    writer: IncidentWriter, id: str, reason: str = "", moment: datetime | None = None, *, incident: str | None = None
) -> Event:
    """What a clock asks for is done; of a breach: the authority was notified."""
    occurred, why = writer.past(moment, writer.now()), take_line(reason, LONGEST_LINE)

    def act(ledger: Ledger) -> Draft:
        meant, clock = _find_clock(writer, ledger, incident, id)
        _must_be_undone(clock)
        done = writer.not_before(occurred, clock.started, moment)
        if done < clock.started:
            raise IncidentActionError(
                f"{clock.what} began at {clock.started:%H:%M:%S}Z; it cannot be done before that.",
                code="time-before-start",
                what=clock.what,
                started=clock.started,
            )
        return _draft_mark(writer, meant, clock, done, what="done", reason=why)

    return writer.write(act)


def snooze_clock(writer: IncidentWriter, id: str, until: datetime, *, incident: str | None = None) -> Event:
    """Ask not to be reminded of a clock for a while. It counts on all the same."""
    now = writer.now()
    later = writer.coming(until, now)
    if later > now + LONGEST_SNOOZE:
        raise IncidentActionError("A reminder can be put off for a day at most.", code="too-long")

    def act(ledger: Ledger) -> Draft:
        meant, clock = _find_clock(writer, ledger, incident, id)
        if not clock.dismissible:
            raise IncidentActionError(
                f"{clock.what} cannot be put off: say when it was done, or why it does not apply.",
                code="clock-not-deferrable",
                what=clock.what,
            )
        return _draft_mark(writer, meant, clock, now, what="snoozed", snoozed_until=format_timestamp(later))

    return writer.write(act)


def not_applicable(writer: IncidentWriter, id: str, reason: str, *, incident: str | None = None) -> Event:
    """A clock does not apply here; of a breach: it is not notifiable. The reason stands on the timeline."""
    why = _require_text(reason, "Say why it does not apply; the reason stands on the timeline.")

    def act(ledger: Ledger) -> Draft:
        meant, clock = _find_clock(writer, ledger, incident, id)
        _must_be_undone(clock)
        return _draft_mark(writer, meant, clock, writer.now(), what="not applicable", reason=why)

    return writer.write(act)


def answer_on_call(writer: IncidentWriter, id: str, is_me: bool, *, incident: str | None = None) -> Event:
    """Whether who acts is the one on call, whom the deadline `id` would have called. Both are remembered."""

    def act(ledger: Ledger) -> Draft:
        meant, clock = _find_clock(writer, ledger, incident, id, joins=True)
        person = writer.person_named()
        if is_me:
            reason = f"{person} is on call: nobody to call"
            return _draft_mark(writer, meant, clock, writer.now(), what="not applicable", reason=reason)
        detail = {"what": NOT_ON_CALL, "person": person, "name": clock.what}
        summary = f"{person} is not on call"
        subject = clock.obligation or clock.id
        return writer.of(meant, Kind.CLOCK, detail, writer.now(), subject=subject, summary=summary)

    return writer.write(act)


def _begin_mark(writer: IncidentWriter, kind: ClockKind, incident: str | None, **values_by_name: str) -> Event:
    def act(ledger: Ledger) -> Draft:
        meant = writer.meant(ledger, incident)
        taken = {mark.id for mark in meant.marks}
        id = next(text for text in iter(lambda: f"{kind.value}:{writer.letters()}", None) if text not in taken)
        detail = {"what": "started", "kind": kind.value, **values_by_name}
        return writer.of(meant, Kind.CLOCK, detail, writer.now(), subject=id)

    return writer.write(act)


def _must_be_undone(clock: Clock) -> None:
    if clock.done is not None and not clock.undone:
        raise IncidentActionError(
            f"{clock.what} is done since {clock.done:%Y-%m-%d %H:%M:%S}Z.",
            code="clock-done-already",
            what=clock.what,
            done=clock.done,
        )


def _draft_mark(writer: IncidentWriter, meant: Incident, clock: Clock, moment: datetime, **fields: Any) -> Draft:
    return writer.of(meant, Kind.CLOCK, {**fields, "name": clock.what}, moment, subject=clock.obligation or clock.id)


def _find_clock(
    writer: IncidentWriter, ledger: Ledger, incident: str | None, id: str, *, joins: bool = False
) -> tuple[Incident, Clock]:
    """The clock of that id, or the only one whose id begins so. Raises IncidentActionError naming those there are."""
    meant, wanted_name, now = writer.meant(ledger, incident, joins=joins), clean_line(id, 120), writer.now()
    # That a deployment was made is in no event of the incident; the window that it opens can be spoken of all the same.
    clocks_by_name = {clock.id: clock for clock in compute_clocks(meant, writer.plan, now, deployed=now)}
    asking = [
        clock
        for clock in clocks_by_name.values()
        if wanted_name and clock.obligation == wanted_name and (clock.done is None or clock.undone)
    ]
    if asking:  # of several for one obligation the one that asks for something is meant
        running = [clock for clock in asking if not clock.not_applicable]
        return meant, next((clock for clock in running if clock.done is None), next(iter(running), asking[0]))
    begin_so = [text for text in clocks_by_name if wanted_name and text.startswith(wanted_name)]
    # `kk4` of `task:kk4`: its kind may be left away, as nobody types it.
    begin_so = begin_so or [text for text in clocks_by_name if text.partition(":")[2] == wanted_name != ""]
    if wanted_name in clocks_by_name or len(begin_so) == 1:
        return meant, clocks_by_name[wanted_name if wanted_name in clocks_by_name else begin_so[0]]
    close = find_nearest(wanted_name, clocks_by_name)
    hint = f"did you mean `{close}`?" if close else f"there are {', '.join(clocks_by_name) or 'none'}."
    raise IncidentActionError(
        f"{meant.id} has no clock `{wanted_name}`; {hint}", code="unknown-clock", incident=meant.id, name=wanted_name
    )


def _require_text(text: str, missing: str) -> str:
    tokens = take_line(text, LONGEST_LINE)
    if not tokens:
        raise IncidentActionError(missing, code="text-missing")
    return tokens

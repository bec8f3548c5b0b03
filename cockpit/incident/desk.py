"""The Desk: everything a responder does to an incident. Each act is written before it counts. The write side."""

import secrets
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from cockpit.incident.case import default_severity
from cockpit.incident.fold import Ledger
from cockpit.incident.history import catch_up, read_ledger
from cockpit.incident.reach import earliest_signal, reach
from cockpit.incident.refused import AmbiguousIncident, DeskError
from cockpit.incident.signals import Signal
from cockpit.incident.store import Timeline
from cockpit.incident.store_rows import Reader
from cockpit.model.clean import clean, clean_line
from cockpit.model.event import Draft, Event, Kind
from cockpit.model.incident import Incident, Status
from cockpit.model.ladder import Ladder, level
from cockpit.model.time import Time, stamp

LONGEST_TITLE = 200  # characters; it has to fit a bar
OLDEST = timedelta(days=30)  # a time further back is a slip of the finger
AHEAD = timedelta(seconds=60)  # clocks of two machines may differ by so much
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is read for another


def fresh_letters() -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(3))


class Desk:
    """All methods block, may be called from any thread, and return what they wrote.

    They raise DeskError with a sentence for the person who asked, and RecordError when the file cannot be written.
    `incident` is an id or its last letters; without one it is the only open incident of the environment. Times given
    are aware. What is decided is decided inside the transaction that writes it, so two people at two desks cannot
    resolve one incident twice.
    """

    def __init__(
        self,
        timeline: Timeline,
        *,
        operator: str,
        environment: str,
        ladder: Ladder,
        time: Time,
        read_only: bool = False,
        source: str = "cockpit",
        letters: Callable[[], str] = fresh_letters,
    ) -> None:
        self.environment = environment
        self.operator = operator
        self.ladder = ladder
        self._timeline = timeline
        self._time = time
        self._read_only = read_only or timeline.read_only
        self._source = source
        self._letters = letters
        self._ledger: Ledger | None = None
        self._lock = threading.Lock()

    def incidents(self) -> list[Incident]:
        """Every incident of every environment, in the order of their declarations."""
        with self._lock:
            return list(self._caught_up().incidents.values())

    def open(self) -> list[Incident]:
        """The open incidents of the desk's environment."""
        with self._lock:
            return self._caught_up().open(self.environment)

    def bad(self) -> list[Signal]:
        """The signals of the desk's environment that are bad now, longest first."""
        with self._lock:
            return self._caught_up().bad(self.environment)

    def find(self, incident: str | None) -> Incident:
        """The incident that is meant. Raises DeskError, AmbiguousIncident."""
        with self._lock:
            return self._meant(self._caught_up(), incident)

    def declare(
        self,
        title: str,
        severity: str | None = None,
        *,
        reach_from: datetime | None = None,
        impact_started: datetime | None = None,
        drill: bool = False,
    ) -> Incident:
        """Begin an incident; without a severity on the worst rung but one. `impact_started`: users first felt it."""
        subject = clean_line(title, LONGEST_TITLE)
        if not subject:
            raise DeskError("An incident needs a title: one line that says what is wrong.")
        rung = self._rung(severity) if severity is not None else default_severity(self.ladder)
        now = self._time.now()
        begin = self._past(reach_from, now) if reach_from else None
        impact = self._past(impact_started, now) if impact_started else None

        def decide(ledger: Ledger) -> Draft:
            signal = earliest_signal(ledger.bad(self.environment), now)
            detail = {
                "title": subject,
                "severity": rung,
                "reach_from": stamp(begin or reach(signal, now)),
                "detected": stamp(signal.since) if signal else "",
                "detected_by": signal.label if signal else "",
                "impact_started": stamp(impact) if impact else "",
                "drill": drill,
            }
            word = "declared drill" if drill else "declared"
            return self._draft(
                Kind.DECLARE, f"{word} {rung}: {subject}", now, incident=self._new_id(ledger, now), detail=detail
            )

        event = self._write(decide)
        return self.find(event.incident)

    def amend(
        self,
        incident: str | None = None,
        *,
        title: str | None = None,
        reach_from: datetime | None = None,
        impact_started: datetime | None = None,
    ) -> Incident:
        """Correct a declaration: its title, how far back it reaches, when users first felt it."""
        now = self._time.now()
        given: dict[str, str] = {}
        if title is not None and clean_line(title, LONGEST_TITLE):
            given["title"] = clean_line(title, LONGEST_TITLE)
        if reach_from is not None:
            given["reach_from"] = stamp(self._past(reach_from, now))
        if impact_started is not None:
            given["impact_started"] = stamp(self._past(impact_started, now))
        if not given:
            raise DeskError("Nothing to correct: give a title, where it reaches back to, or when users first felt it.")

        def decide(ledger: Ledger) -> Draft:
            meant = self._meant(ledger, incident)
            first = ledger.declaration(meant.id)
            return self._draft(
                Kind.DECLARE,
                f"corrected the declaration: {', '.join(sorted(given))}",
                first.occurred,
                incident=meant.id,
                environment=meant.environment,
                detail={**first.detail, **given},
                supersedes=first.id,
            )

        return self.find(self._write(decide).incident)

    def note(self, text: str, incident: str | None = None, at: datetime | None = None) -> Event:
        """Write down what was seen, thought or done; without an open incident it goes to the journal."""
        words, line = clean(text).strip(), clean_line(text)
        if not line:
            raise DeskError("A note needs words.")
        now = self._time.now()
        occurred = self._past(at, now) if at else now

        def decide(ledger: Ledger) -> Draft:
            detail = {} if words == line else {"text": words}
            if incident is None and not ledger.open(self.environment):
                return self._draft(Kind.NOTE, line, occurred, detail=detail)
            return self._of(self._meant(ledger, incident), Kind.NOTE, line, occurred, detail)

        return self._write(decide)

    def acknowledge(
        self, alert_key: str = "", alert_name: str = "", incident: str | None = None, note: str = ""
    ) -> Event:
        """Take an alert, or with no key the incident itself: I am on it.

        An alert can always be taken: while no incident or several are open it goes to the journal, and belongs to
        every incident whose range holds it.
        """
        now, said = self._time.now(), clean_line(note)

        def decide(ledger: Ledger) -> Draft:
            what = f"acknowledged {clean_line(alert_name or alert_key) or 'the incident'}"
            summary, detail = f"{what}: {said}" if said else what, {"note": said, "name": clean_line(alert_name)}
            if alert_key and incident is None and len(ledger.open(self.environment)) != 1:
                return self._draft(Kind.ACK, summary, now, subject=alert_key, detail=detail)
            return self._of(self._meant(ledger, incident), Kind.ACK, summary, now, detail, subject=alert_key)

        return self._write(decide)

    def change_severity(self, severity: str, incident: str | None = None, reason: str = "") -> Event:
        """Raise or lower an incident on the ladder."""
        rung, why = self._rung(severity), clean_line(reason)

        def decide(ledger: Ledger) -> Draft:
            meant = self._meant(ledger, incident)
            if meant.severity == rung:
                raise DeskError(f"{meant.id} is {rung} already.")
            summary = _because(f"severity {meant.severity} → {rung}", why)
            detail = {"severity": rung, "was": meant.severity, "reason": why}
            return self._of(meant, Kind.SEVERITY, summary, self._time.now(), detail)

        return self._write(decide)

    def change_status(self, status: str, incident: str | None = None, reason: str = "") -> Event:
        """Say where the responders are. A resolved incident named by its id is opened again, with a reason."""
        wanted, why = clean_line(status).lower(), clean_line(reason)
        if wanted not in frozenset(Status):
            raise DeskError(f"`{clean_line(status, 40)}` is no status; there are {', '.join(Status)}.")
        if wanted == Status.RESOLVED:
            return self.resolve(reason, incident)

        def decide(ledger: Ledger) -> Draft:
            meant = self._meant(ledger, incident)
            if meant.status == wanted:
                raise DeskError(f"{meant.id} is {wanted} already.")
            if not meant.open and not why:
                raise DeskError(f"{meant.id} is resolved; say why it is opened again.")
            summary = _because(f"{'status' if meant.open else 'opened again:'} {wanted}", why)
            detail = {"status": wanted, "was": meant.status.value, "reason": why}
            return self._of(meant, Kind.STATUS, summary, self._time.now(), detail)

        return self._write(decide)

    def resolve(self, reason: str = "", incident: str | None = None, at: datetime | None = None) -> Event:
        """End an incident."""
        now, why = self._time.now(), clean_line(reason)
        occurred = self._past(at, now) if at else now

        def decide(ledger: Ledger) -> Draft:
            meant = self._meant(ledger, incident)
            if not meant.open:
                raise DeskError(f"{meant.id} is resolved already.")
            if occurred < meant.declared:
                raise DeskError(f"{meant.id} was declared at {meant.declared:%H:%M:%S}Z; it cannot end before that.")
            return self._of(meant, Kind.RESOLVE, _because("resolved", why), occurred, {"reason": why})

        return self._write(decide)

    def exported(self, path: str, head: str, incident: str) -> Event:
        """Remember that a post-mortem draft was written, and which state of the timeline it shows."""

        def decide(ledger: Ledger) -> Draft:
            meant = self._meant(ledger, incident)
            detail = {"path": clean_line(path), "head": head}
            return self._of(meant, Kind.EXPORT, f"exported to {clean_line(path)}", self._time.now(), detail)

        return self._write(decide)

    def _caught_up(self) -> Ledger:
        if self._ledger is None:
            self._ledger = read_ledger(self._timeline, self.ladder)
        else:
            catch_up(self._ledger, self._timeline)
        return self._ledger

    def _write(self, decide: Callable[[Ledger], Draft]) -> Event:
        if self._read_only:
            raise DeskError("Read-only: nothing is written. Start without --read-only to act.")
        with self._lock:
            ledger = self._caught_up()  # the long way is gone before the transaction keeps others waiting

            def plan(reader: Reader) -> list[Draft]:
                catch_up(ledger, reader)
                return [decide(ledger)]

            return self._timeline.record(plan)[0]

    def _draft(self, kind: Kind, summary: str, occurred: datetime, **fields: Any) -> Draft:
        fields.setdefault("environment", self.environment)
        return Draft(kind, summary, occurred, source=self._source, actor=self.operator, **fields)

    def _of(
        self, meant: Incident, kind: Kind, summary: str, at: datetime, detail: Mapping[str, Any], subject: str = ""
    ) -> Draft:
        return self._draft(
            kind, summary, at, incident=meant.id, environment=meant.environment, subject=subject, detail=detail
        )

    def _meant(self, ledger: Ledger, incident: str | None) -> Incident:
        if incident is not None:
            return _named(ledger, clean_line(incident, 60))
        open = ledger.open(self.environment)
        if not open:
            raise DeskError(f"No incident is open in {self.environment}; declare one first.")
        if len(open) > 1:
            raise AmbiguousIncident(open)
        return open[0]

    def _rung(self, text: str) -> str:
        rung = level(self.ladder, text)
        if rung is None:
            names = ", ".join(each.name for each in self.ladder)
            worst = level(self.ladder, "SEV-1")
            means = f" SEV-1 is {worst.name}." if worst and worst.name.casefold() != "sev-1" else ""
            raise DeskError(f"`{clean_line(text, 40)}` is no severity here; there are {names}.{means}")
        return rung.name

    def _past(self, at: datetime, now: datetime) -> datetime:
        """A time somebody gave. Raises DeskError for one that cannot be meant."""
        if at > now + AHEAD:
            raise DeskError(f"{at:%Y-%m-%d %H:%M:%S %Z} is in the future; only what has happened can be written down.")
        if at < now - OLDEST:
            raise DeskError(f"{at:%Y-%m-%d %H:%M %Z} is more than {OLDEST.days} days ago; check the date.")
        return min(at, now)

    def _new_id(self, ledger: Ledger, now: datetime) -> str:
        while True:
            id = f"{now:%Y-%m-%d}-{self._letters()}"
            if id not in ledger.incidents:
                return id


def _named(ledger: Ledger, wanted: str) -> Incident:
    incidents = ledger.incidents
    found = [each for id, each in incidents.items() if wanted and id.endswith(f"-{wanted}")]
    if wanted in incidents:
        return incidents[wanted]
    if len(found) == 1:
        return found[0]
    raise DeskError(f"There is no incident `{wanted}`; `cockpit incidents` lists them.")


def _because(what: str, why: str) -> str:
    return f"{what}: {why}" if why else what

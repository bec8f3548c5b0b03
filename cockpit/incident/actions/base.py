"""What every action is made of: the newest state, and a writer that decides and records in one transaction."""

import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from cockpit.incident.actions.errors import AmbiguousIncident, IncidentActionError
from cockpit.incident.actions.summaries import summarize_event
from cockpit.incident.actions.unnamed import Speaker, find_doubt
from cockpit.incident.actions.words import take_line
from cockpit.incident.impact import as_of
from cockpit.incident.ledger import Ledger
from cockpit.incident.load import Pace, catch_up, read_ledger
from cockpit.incident.signals import Signal
from cockpit.model.clock_steps import LEAST_STEP, draft_clock_step
from cockpit.model.event import Draft, Event, Kind
from cockpit.model.incident import Incident
from cockpit.model.operator import LONGEST_NAME, Operator, operator_named, with_author
from cockpit.model.plan import Plan
from cockpit.model.response import Freeze, RecordedSilence
from cockpit.model.severity_scale import SeverityScale
from cockpit.model.text import clean_line
from cockpit.model.time import Time
from cockpit.timeline.rows import TimelineReader
from cockpit.timeline.timeline import Timeline
from cockpit.turns import take_turns

OLDEST = timedelta(days=30)  # a time further back is a slip of the finger
LATEST = timedelta(days=30)  # and so is one further ahead
LATELY = timedelta(days=7)  # for so long after its end work on an incident goes on without naming it
AHEAD = timedelta(seconds=60)  # clocks of two machines may differ by so much
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is read for another


def fresh_letters() -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(3))


class IncidentWriter:
    """What is known of the incidents, and how an action is recorded. The actions are functions of it; who acts
    uses IncidentActions, which has them all."""

    def __init__(
        self,
        timeline: Timeline,
        *,
        operator: str | Operator,
        environment: str,
        severity_scale: SeverityScale,
        time: Time,
        plan: Plan | None = None,
        read_only: bool = False,
        only_drills: bool = False,
        source: str = "cockpit",
        letters: Callable[[], str] = fresh_letters,
        typed: Callable[[], datetime] | None = None,
        names_environment: bool = False,
        tell_taken: Callable[[Incident], None] = lambda incident: None,
    ) -> None:
        """`typed` says when the person here said what they want, now if it is not given, and `names_environment` that
        they said where. `tell_taken` is called with an incident that they did not name and have done nothing in yet."""
        self.environment = environment
        self.only_drills = only_drills  # the environment is simulated: whatever is declared there is a drill
        self.author = operator_named(operator)
        self.severity_scale = severity_scale
        self.plan = plan or Plan(severity_scale)
        self.letters = letters
        self._timeline = timeline
        self._time = time
        self._read_only = read_only or timeline.read_only
        self._source = source
        self._typed = typed or self.now
        self._names_environment = names_environment
        self._tell_taken = tell_taken
        self._ledger: Ledger | None = None
        self._lock = threading.Lock()

    @property
    def operator(self) -> str:
        """Who acts, as it stands in the record."""
        return self.author.name

    def person_named(self, name: str = "") -> str:
        """The person whom `name` means, who acts if it is "": one has one name, whatever their login is called.

        Raises PersonUnknown, IncidentActionError.
        """
        person = take_line(name, LONGEST_NAME)
        is_own = not person or person.casefold() in map(str.casefold, self.author.names)
        if is_own:
            self.author.must_be_named()
        return self.author.name if is_own else person

    # What there is.

    def incidents(self) -> list[Incident]:
        """Every incident of every environment, in the order of their declarations."""
        with self._lock:
            return [as_of(incident, self.now()) for incident in self._caught_up().incidents.values()]

    def open(self) -> list[Incident]:
        """The open incidents of the environment of the writer."""
        with self._lock:
            return [as_of(incident, self.now()) for incident in self._caught_up().open(self.environment)]

    def bad(self) -> list[Signal]:
        """The signals of its environment that are bad now, longest first."""
        with self._lock:
            return self._caught_up().bad(self.environment)

    def bad_of(self, incident: str) -> list[Signal]:
        """Of these what an incident may have to do with: none of another world than its own. Raises KeyError."""
        with self._lock:
            return self._caught_up().bad_of(incident)

    def silenced(self) -> list[str]:
        """The names of the alerts of its environment that their source keeps silent now."""
        with self._lock:
            return self._caught_up().silenced(self.environment)

    def silences(self) -> tuple[RecordedSilence, ...]:
        """The silences that were made from here for its environment, those that are over as well."""
        with self._lock:
            return self._caught_up().silences(self.environment)

    def frozen(self) -> Freeze | None:
        """Since when nothing may be deployed to its environment."""
        with self._lock:
            return self._caught_up().freeze(self.environment)

    def find(self, incident: str | None, *, lately: bool = False, acts: bool = False) -> Incident:
        """The incident that is meant; with `lately`, while none is open, the one that ended within the last days.

        `acts`: something is about to be done to it, and not only looked at: then nobody may have meant another one.
        Raises IncidentActionError, AmbiguousIncident.
        """
        with self._lock:
            ledger = self._caught_up()
            if incident is not None:
                return as_of(self.meant(ledger, incident), self.now())
            is_over = lately and not ledger.open(self.environment)
            only = _ended_lately(ledger, self.environment, self.now()) if is_over else self._only_open(ledger)
            return as_of(self.must_be_meant(ledger, only) if acts else only, self.now())

    # What the actions are made of.

    def now(self) -> datetime:
        return self._time.now()

    def write(self, decide: Callable[[Ledger], Draft | Sequence[Draft]], *, nameless: bool = False) -> Event:
        """Record what `decide` makes of the newest state, in one transaction; the first event. It may raise to write
        nothing.

        `nameless`: it says nothing about who, so that a shared login may write it before it is known who is there.
        """
        return self._record(lambda ledger, reader: decide(ledger), nameless=nameless)

    def write_from(self, decide: Callable[[TimelineReader], Draft | Sequence[Draft]]) -> Event:
        """As `write`, decided from the events themselves."""
        return self._record(lambda _, reader: decide(reader))

    def write_on(self, number: int, decide: Callable[[Ledger, Event], Draft]) -> Event:
        """As `write`, about an event as corrected by now. Raises IncidentActionError where there is none."""

        def found(ledger: Ledger, reader: TimelineReader) -> Draft:
            event = _read_last_correction(reader, number)
            if event is None:
                raise IncidentActionError(
                    f"There is no event {number}; `cockpit timeline` lists them.", code="unknown-event", event=number
                )
            return decide(ledger, event)

        return self._record(found)

    def draft(
        self, kind: Kind, detail: Mapping[str, Any], moment: datetime, *, subject: str = "", **fields: Any
    ) -> Draft:
        """An entry of the journal, or with `incident` of one; without a `summary` it says what its detail does."""
        fields_of_event = {"environment": self.environment, "summary": summarize_event(kind, detail, subject)} | fields
        return Draft(
            kind=kind,
            occurred=moment,
            subject=subject,
            detail=with_author(detail, self.author.detail()),
            source=self._source,
            actor=self.operator,
            **fields_of_event,
        )

    def of(
        self,
        meant: Incident,
        kind: Kind,
        detail: Mapping[str, Any],
        moment: datetime,
        *,
        subject: str = "",
        **fields: Any,
    ) -> Draft:
        """An event of that incident."""
        return self.draft(
            kind, detail, moment, subject=subject, incident=meant.id, environment=meant.environment, **fields
        )

    def meant(self, ledger: Ledger, incident: str | None, *, joins: bool = False) -> Incident:
        """The incident of that name, else the only one that is open, where nobody can have meant another.

        `joins`: for what people do who hear of it for the first time. Raises IncidentActionError, AmbiguousIncident.
        """
        if incident is not None:
            return _find_named_incident(ledger, clean_line(incident, 60))
        return self.must_be_meant(ledger, self._only_open(ledger), joins=joins)

    def meant_if_certain(self, ledger: Ledger, incident: str | None) -> Incident | None:
        """As `meant` for what can go to the journal as well: None where nobody can say which one. Raises
        IncidentActionError for a name that is none."""
        if incident is None and len(ledger.open(self.environment)) != 1:
            return None
        try:
            return self.meant(ledger, incident, joins=True)
        except AmbiguousIncident:
            return None

    def must_be_meant(self, ledger: Ledger, only: Incident, *, joins: bool = False) -> Incident:
        """The only incident there is for who names none. Raises AmbiguousIncident where they may mean another one."""
        speaker = Speaker(self.author.names, self._typed(), self._names_environment)
        if doubt := find_doubt(ledger, only, speaker, joins=joins):
            own = doubt.others[0] if len(doubt.others) == 1 else None
            raise AmbiguousIncident([only, *doubt.others], doubt=doubt.reason, own=own)
        if not ledger.participation(only.id).has_acted(speaker.names):
            self._tell_taken(only)
        return only

    def _only_open(self, ledger: Ledger) -> Incident:
        open = ledger.open(self.environment)
        if not open:
            raise IncidentActionError(
                f"No incident is open in {self.environment}; declare one first.",
                code="no-open-incident",
                environment=self.environment,
            )
        if len(open) > 1:
            own = [incident for incident in open if ledger.participation(incident.id).has_acted(self.author.names)]
            raise AmbiguousIncident(open, own=own[0] if len(own) == 1 else None)
        return open[0]

    def not_before(self, occurred: datetime, earliest: datetime, moment: datetime | None) -> datetime:
        """When something happened that cannot come before `earliest`: what happens now never does, whatever the clock
        says. A time somebody gave stays as it is, to be refused."""
        return max(occurred, earliest) if moment is None else occurred

    def past(self, moment: datetime | None, now: datetime, oldest: timedelta = OLDEST) -> datetime:
        """A time somebody gave for what happened, else now. Raises IncidentActionError for one that cannot be meant."""
        if moment is None:
            return now
        if moment > now + AHEAD:
            raise IncidentActionError(
                f"{moment:%Y-%m-%d %H:%M:%S %Z} is in the future; only what has happened can be written down.",
                code="time-in-future",
                moment=moment,
            )
        if moment < now - oldest:
            raise IncidentActionError(
                f"{moment:%Y-%m-%d %H:%M %Z} is more than {oldest.days} days ago; check the date.",
                code="time-too-old",
                moment=moment,
                days=oldest.days,
            )
        return min(moment, now)

    def coming(self, moment: datetime, now: datetime) -> datetime:
        """A time by which somebody wants something. Raises IncidentActionError for one that cannot be meant."""
        if moment <= now:
            raise IncidentActionError(
                f"{moment:%Y-%m-%d %H:%M:%S %Z} is over; give a time that is yet to come.",
                code="time-past",
                moment=moment,
            )
        if moment > now + LATEST:
            raise IncidentActionError(
                f"{moment:%Y-%m-%d %H:%M %Z} is more than {LATEST.days} days ahead; check the date.",
                code="time-too-far",
                moment=moment,
                days=LATEST.days,
            )
        return moment

    def keep_up(self) -> None:
        """Take what a storm has written, beside all else: the next act would wait until all of it is read, thousands of
        events for each poll since the act before it. Blocking. Raises RecordError."""
        with self._lock:
            self._caught_up(take_turns)

    def _caught_up(self, pace: Pace = iter) -> Ledger:
        if self._ledger is None:
            self._ledger = read_ledger(self._timeline, self.severity_scale, pace)
        else:
            catch_up(self._ledger, self._timeline, pace)
        return self._ledger

    def _record(
        self, decide: Callable[[Ledger, TimelineReader], Draft | Sequence[Draft]], *, nameless: bool = False
    ) -> Event:
        if self._read_only:
            raise IncidentActionError(
                "Read-only: nothing is written. Start without --read-only to act.", code="read-only"
            )
        if not nameless:
            self.author.must_be_named()
        self._note_clock_step()
        with self._lock:
            ledger = self._caught_up()  # the long way is gone before the transaction keeps others waiting

            def plan(reader: TimelineReader) -> list[Draft]:
                catch_up(ledger, reader)
                drafts = decide(ledger, reader)
                return [drafts] if isinstance(drafts, Draft) else list(drafts)

            return self._timeline.record(plan)[0]

    def _note_clock_step(self) -> None:
        """Where no recorder looks, the file shows that the clock was set back: its newest event is from later than now.

        Told first, so that what follows is decided by the clock of now.
        """

        def plan(reader: TimelineReader | Timeline) -> list[Draft]:
            now = self.now()
            newest = reader.events(limit=1)
            length = now - newest[-1].recorded if newest else timedelta()
            if length > -timedelta(seconds=LEAST_STEP):
                return []
            concerned = {incident.environment for incident in self.incidents() if incident.open}
            return [
                draft_clock_step(name, length, now, self._source) for name in sorted({self.environment, *concerned})
            ]

        if plan(self._timeline):
            self._timeline.record(plan)


def _find_named_incident(ledger: Ledger, wanted_name: str) -> Incident:
    incidents = ledger.incidents
    result = [incident for id, incident in incidents.items() if wanted_name and id.endswith(f"-{wanted_name}")]
    if wanted_name in incidents:
        return incidents[wanted_name]
    if len(result) == 1:
        return result[0]
    raise IncidentActionError(
        f"There is no incident `{wanted_name}`; `cockpit incidents` lists them.",
        code="unknown-incident",
        name=wanted_name,
    )


def _ended_lately(ledger: Ledger, environment: str, now: datetime) -> Incident:
    """The one that ended within the last days; duplicates do not count. Raises IncidentActionError."""
    ended = [
        incident
        for incident in ledger.incidents.values()
        if incident.environment == environment
        and incident.resolved is not None
        and incident.resolved >= now - LATELY
        and not incident.duplicate_of
    ]
    if not ended:
        raise IncidentActionError(
            f"No incident is open in {environment}, and none ended in the last {LATELY.days} days; "
            "name one with --incident, or declare one.",
            code="no-open-incident",
            environment=environment,
            days=LATELY.days,
        )
    if len(ended) > 1:
        raise AmbiguousIncident(ended)
    return ended[0]


def _read_last_correction(reader: TimelineReader, number: int) -> Event | None:
    """What stands of the fact that event `number` tells, whichever of its corrections that is: some name the event that
    first stated it, others the one before them."""
    standing = reader.event(number) if 0 < number < 1 << 63 else None
    if standing is None:
        return None
    while standing.supersedes is not None and (earlier := reader.event(standing.supersedes)) is not None:
        standing = earlier
    corrections = {standing.id}
    at_home: dict[str, Any] = {"journal": True, "kinds": [standing.kind]}
    where = {"incident": standing.incident} if standing.incident else at_home
    for item in reader.events(after=standing.id, **where):
        if item.supersedes in corrections:
            corrections.add(item.id)
            standing = item
    return standing

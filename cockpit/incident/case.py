"""Case: what is known of one incident while its events arrive; answers with an Incident when asked."""

from dataclasses import replace
from datetime import datetime

from cockpit.incident.detail import text_of, time_of
from cockpit.incident.signals import Signal
from cockpit.model.event import Event, Kind
from cockpit.model.incident import Acknowledgement, Change, Incident, Status
from cockpit.model.ladder import Ladder, level

FACTS = frozenset({Kind.DECLARE, Kind.ACK, Kind.SEVERITY, Kind.STATUS, Kind.RESOLVE})
STATUSES = frozenset(Status)


class Case:
    """Facts are kept by the id of the event that first stated them, so a correction replaces its fact in place."""

    def __init__(self, declaration: Event, ladder: Ladder) -> None:
        self.id = str(declaration.incident)
        self.environment = declaration.environment
        self._ladder = ladder
        self._declared = declaration.id
        self._facts: dict[int, Event] = {}
        self._roots: dict[int, int] = {}  # a correction's id -> the id of what it corrects, in the end
        self._people: dict[str, None] = {}
        self._notes = 0
        self._last_event = 0
        self._bad: set[str] = set()  # its signals that are bad now
        self._recovered: datetime | None = None  # the latest recovery of any of them
        self._earliest: Signal | None = None  # began before the declaration but was recorded after it
        self._built: Incident | None = None
        self._range: tuple[datetime, bool] | None = None  # where it begins, and whether it still goes on
        self.apply(declaration)

    @property
    def incident(self) -> Incident:
        if self._built is None:
            self._built = self._build()
        return self._built

    def apply(self, event: Event) -> None:
        """Take one event of this incident, or an acknowledgement of the journal that falls into its range."""
        self._built = None
        self._last_event = event.id
        if event.actor and event.kind != Kind.EXPORT:
            self._people.setdefault(event.actor)
        root = event.id
        if event.supersedes is not None:
            root = self._roots.get(event.supersedes, event.supersedes)
            root = event.id if root < self._declared else root  # of another incident: it stands for itself
            self._roots[event.id] = root
        elif event.kind == Kind.NOTE:
            self._notes += 1
        if event.kind in FACTS and (root != self._declared or event.kind == Kind.DECLARE):
            self._facts[root] = event
            self._range = None
        elif event.supersedes is not None and root != self._declared:
            self._facts.pop(root, None)  # something else stands in its place now: it is withdrawn
            self._range = None

    def redact(self, id: int) -> None:
        """Forget the words of an event, as a fold of the redacted file would never have seen them."""
        for root, event in self._facts.items():
            if event.id == id:
                self._facts[root] = replace(event, summary="", detail={}, redacted=True)
                self._built = self._range = None

    @property
    def declaration(self) -> Event:
        """As it stands after its corrections, under the id of the event that first stated it."""
        return replace(self._facts[self._declared], id=self._declared)

    @property
    def open(self) -> bool:
        return self._extent()[1]

    def covers(self, occurred: datetime) -> bool:
        """True while the incident is open and its range reaches back to that moment."""
        begins, open = self._extent()
        return open and occurred >= begins

    def _extent(self) -> tuple[datetime, bool]:
        if self._range is None:
            self._range = (self.incident.reach_from, self.incident.open)
        return self._range

    def turned_bad(self, signal: Signal, id: int) -> None:
        """A signal within the range went bad."""
        self._bad.add(signal.key)
        self._last_event = id
        if signal.since < self._facts[self._declared].occurred and (
            self._earliest is None or signal.since < self._earliest.since
        ):
            self._earliest = signal
        self._built = None

    def turned_good(self, key: str, at: datetime, id: int) -> None:
        """A signal recovered; when it was the last bad one, the service did, at the latest of their recoveries."""
        if key not in self._bad:
            return
        self._bad.discard(key)
        self._last_event = id
        # Sources tell their recoveries late and in any order: the one written last need not be the one that came last.
        self._recovered = max(at, self._recovered or at)
        self._built = None

    def _build(self) -> Incident:
        facts = [self._facts[root] for root in sorted(self._facts)]
        first = self._facts[self._declared]
        severities = self._severities(facts)
        statuses = self._statuses(facts)
        acks = tuple(
            Acknowledgement(each.subject, each.occurred, each.actor, text_of(each.detail, "note"))
            for each in facts
            if each.kind == Kind.ACK
        )
        detected, detected_by = self._detected(first)
        over = statuses[-1] if statuses[-1].value == Status.RESOLVED else None
        return Incident(
            id=self.id,
            environment=self.environment,
            title=text_of(first.detail, "title") or ("(redacted)" if first.redacted else "(no title)"),
            severity=severities[-1].value,
            status=Status(statuses[-1].value),
            declared=first.occurred,
            declared_by=first.actor,
            reach_from=min(time_of(first.detail, "reach_from") or first.occurred, first.occurred),
            impact_started=time_of(first.detail, "impact_started"),
            detected=detected,
            detected_by=detected_by,
            acknowledged=min((each.at for each in acks), default=None),
            mitigated=self._mitigated(statuses),
            resolved=over.at if over else None,
            drill=first.detail.get("drill") is True,
            severities=severities,
            statuses=statuses,
            acks=acks,
            people=tuple(self._people),
            notes=self._notes,
            last_event=self._last_event,
            close_reason=over.reason if over else "",
        )

    def _severities(self, facts: list[Event]) -> tuple[Change, ...]:
        changes: list[Change] = []
        for each in facts:
            if each.kind not in (Kind.DECLARE, Kind.SEVERITY):
                continue
            said = text_of(each.detail, "severity")
            rung = level(self._ladder, said)
            name = rung.name if rung else said
            if not name and each.kind == Kind.DECLARE:
                name = default_severity(self._ladder)
            if name:
                changes.append(Change(name, each.occurred, each.actor, text_of(each.detail, "reason")))
        return tuple(changes)

    @staticmethod
    def _statuses(facts: list[Event]) -> tuple[Change, ...]:
        changes: list[Change] = []
        for each in facts:
            status = {Kind.DECLARE.value: Status.INVESTIGATING.value, Kind.RESOLVE.value: Status.RESOLVED.value}.get(
                each.kind, text_of(each.detail, "status") if each.kind == Kind.STATUS else ""
            )
            if status in STATUSES:
                changes.append(Change(status, each.occurred, each.actor, text_of(each.detail, "reason")))
        return tuple(changes)

    def _detected(self, first: Event) -> tuple[datetime, str]:
        """The earliest bad signal, else the person who declared."""
        said = time_of(first.detail, "detected")
        at, by = (said, text_of(first.detail, "detected_by")) if said else (first.occurred, first.actor)
        if self._earliest is not None and self._earliest.since < at:
            return self._earliest.since, self._earliest.label
        return at, by

    def _mitigated(self, statuses: tuple[Change, ...]) -> datetime | None:
        """When the service was good again: its last bad signal recovered, or somebody began monitoring.

        The earlier of the two, for alerts resolve late; neither counts once it was taken back by a signal that
        went bad again or by a status before monitoring.
        """
        watching: datetime | None = None
        for each in statuses:
            if each.value == Status.MONITORING:
                watching = watching or each.at
            elif each.value != Status.RESOLVED:
                watching = None
        clear = None if self._bad else self._recovered
        return min((each for each in (watching, clear) if each is not None), default=None)


def default_severity(ladder: Ladder) -> str:
    """The rung of a declaration that names none: the worst but one, loud without waking everybody."""
    return ladder[min(1, len(ladder) - 1)].name

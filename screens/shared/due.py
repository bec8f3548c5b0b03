"""What is due now, over every incident that still asks for something: for the bar, the fifth pane and the wall."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Protocol

from cockpit.feeds.watch import Watch
from cockpit.incident.clocks.clocks import compute_clocks
from cockpit.incident.clocks.reminders import INFORMATIVE_KINDS, list_urgent_clocks
from cockpit.incident.clocks.response import find_on_call_question
from cockpit.incident.ledger import Ledger
from cockpit.incident.open_ends import OpenEnd, find_open_ends
from cockpit.model.clock import Clock
from cockpit.model.incident import Incident, worst_first
from cockpit.model.plan import Plan
from cockpit.model.response import Review
from cockpit.recorder.last_recorded import find_newest_deployment
from screens.shared.view import build_view

if TYPE_CHECKING:
    from cockpit.session import Session

REMEMBERED = timedelta(days=30)  # an older incident whose post-mortem was never written is history


@dataclass(frozen=True, slots=True)
class DueClock:
    """One clock, and the incident it belongs to."""

    incident: Incident
    clock: Clock


def list_due_clocks(session: "Session", now: datetime, zone: tzinfo) -> list[DueClock]:
    """Everything that asks for something in the environment in front, the most urgent first."""
    here, due_clocks = session.environment.name, list[DueClock]()
    open = worst_first(session.ledger, here, session.plan.severity_scale)
    for incident in (*open, *list_owing_incidents(session.ledger.incidents.values(), here, now)):
        due_clocks += [
            DueClock(incident, clock)
            for clock in list_urgent_clocks(list_running_clocks(session, incident, now, zone), now)
        ]
    return sorted(due_clocks, key=lambda due_clock: _make_sort_key(due_clock.clock, now))


def _make_sort_key(clock: Clock, now: datetime) -> tuple[bool, bool, datetime]:
    """As `list_urgent_clocks` orders the clocks of one incident."""
    return clock.snoozed(now), clock.kind in INFORMATIVE_KINDS, clock.due or now


def list_owing_incidents(incidents: Iterable[Incident], environment: str, now: datetime) -> list[Incident]:
    """The resolved incidents that are not over yet: somebody still owes their post-mortem."""
    return [
        incident
        for incident in incidents
        if incident.environment == environment
        and incident.resolved is not None
        and now - incident.resolved < REMEMBERED
        and incident.review not in (Review.REVIEWED, Review.CLOSED)
    ]


class Watched(Protocol):
    """The part of a session that its clocks are made of; the wall has no more."""

    @property
    def plan(self) -> Plan: ...
    @property
    def watch(self) -> Watch: ...
    @property
    def ledger(self) -> Ledger: ...


def list_running_clocks(session: Watched, incident: Incident, now: datetime, zone: tzinfo) -> tuple[Clock, ...]:
    """Every clock of one incident, with what the panes and the record know of deployments: after a rollback an old
    revision serves again, and only the record tells of the one that was newer."""
    view = build_view(session.watch, incident.environment)
    moments = (find_newest_deployment(view.applications, view.changes), session.ledger.deployed(incident.environment))
    deployed = max((moment for moment in moments if moment), default=None)
    return compute_clocks(incident, session.plan, now, zone=zone, deployed=deployed)


def find_on_call_clock(session: "Session", incident: Incident, zone: tzinfo) -> Clock | None:
    """What tells whoever is here to call who is on call, before they answered whether that is themselves."""
    if session.read_only:
        return None
    now = session.time.now()
    clocks = list_running_clocks(session, incident, now, zone)
    return find_on_call_question(incident, session.plan, clocks, (session.operator,), now)


def list_open_ends(session: "Session", incident: Incident, zone: tzinfo) -> tuple[OpenEnd, ...]:
    """What stays open when the incident is resolved now."""
    now, here = session.time.now(), incident.environment
    current = session.ledger.incidents.get(incident.id, incident)
    return find_open_ends(
        current,
        now,
        bad=session.ledger.bad_of(current.id),
        silenced=session.ledger.silenced(here),
        freeze=session.ledger.freeze(here),
        applications=build_view(session.watch, here).applications,
        checklists=session.plan.checklists,
        clocks=list_running_clocks(session, current, now, zone),
        zone=zone,
    )


def list_other_incidents(session: "Session", incident: Incident) -> list[Incident]:
    """Those that this one may repeat: the open ones of its environment, the worst first, then what ended last."""
    here = [
        other
        for other in session.ledger.incidents.values()
        if other.environment == incident.environment and other.drill == incident.drill
    ]
    open = worst_first(session.ledger, incident.environment, session.plan.severity_scale)
    ended = sorted((other for other in here if not other.open), key=lambda other: other.declared, reverse=True)
    return [other for other in (*open, *ended) if other.id != incident.id and other.drill == incident.drill]

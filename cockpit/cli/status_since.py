"""What the timeline knows of an environment that one look at its sources cannot: incidents, freeze, who records."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cockpit.cli.options import Common, Refusal, open_timeline, timeline_path
from cockpit.incident.comms_facts import lead
from cockpit.incident.detail import text_of
from cockpit.incident.history import read_ledger
from cockpit.incident.lock import PASS_OVER_AFTER, RecorderLock, lock_path
from cockpit.model.clean import clean_line
from cockpit.model.event import Kind, RecordError
from cockpit.model.incident import Incident
from cockpit.model.ladder import DEFAULT_LADDER, SeverityScale
from cockpit.model.plan import Plan
from cockpit.model.response import Freeze
from cockpit.model.system import Environment, System

log = logging.getLogger(__name__)
NEWEST = 5_000  # events of probes that are searched, of each environment
Turns = Mapping[str, tuple[str, datetime]]
"""The last recorded turn of each probe: into which state, and when."""


@dataclass(frozen=True, slots=True)
class EnvironmentRecord:
    """One environment as the timeline tells it.

    `exists` False: nothing was ever recorded there. `problem`: the timeline cannot be read, so nobody can say which
    incidents are open, nor whether deployments are frozen.
    """

    exists: bool = False
    problem: str = ""
    turns: Turns = field(default_factory=dict)
    incidents: tuple[Incident, ...] = ()  # the open ones, oldest first
    freeze: Freeze | None = None
    recorder: str = ""  # who records now; "" where nobody does
    stalled: str = ""  # who holds the recorder's lock and does not record: stopped, hung, or without room on its disk
    lead_role: str = ""
    ladder: SeverityScale = DEFAULT_LADDER

    def leaders(self, incident: Incident) -> tuple[str, ...]:
        """Who leads an incident now."""
        return incident.in_role(self.lead_role)


def read_records(
    system: System, plan: Plan, common: Common, environments: Sequence[Environment]
) -> dict[str, EnvironmentRecord]:
    """What was recorded of each environment, by its name. Blocking. Never raises: what is wrong is in the record."""
    blank = EnvironmentRecord(lead_role=lead(plan).name, ladder=plan.ladder)
    path = timeline_path(system, common)
    records = {}
    try:
        if not path.exists():
            return {environment.name: blank for environment in environments}
        with open_timeline(system, common, read_only=True) as timeline:
            ledger = read_ledger(timeline, plan.ladder)
            for environment in environments:
                events = timeline.events(environment=environment.name, kinds=[Kind.PROBE], limit=NEWEST)
                lock = RecorderLock(lock_path(path, environment.name))
                holder, stalled = lock.holder(), lock.read_silence() >= PASS_OVER_AFTER
                records[environment.name] = EnvironmentRecord(
                    exists=True,
                    turns={event.subject: (text_of(event.detail, "state"), event.occurred) for event in events},
                    incidents=tuple(ledger.open(environment.name)),
                    freeze=ledger.freeze(environment.name),
                    recorder="" if stalled else holder,
                    stalled=holder if stalled else "",
                    lead_role=blank.lead_role,
                    ladder=blank.ladder,
                )
    except (Refusal, RecordError, OSError) as error:
        log.warning("the timeline cannot be read: %s", error)
        reason = error.message if isinstance(error, Refusal) else str(error)
        unread = EnvironmentRecord(
            exists=True, problem=clean_line(reason, 300), lead_role=blank.lead_role, ladder=blank.ladder
        )
        return {environment.name: unread for environment in environments}
    return records

"""The session: one opened system, with everything that a front end needs of it. `build_session` makes it."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import TYPE_CHECKING

from cockpit.config import Secrets
from cockpit.connections import Connections, Reveal, list_beat_names
from cockpit.feeds.alert_kinds import SilenceServer, find_alert_kind
from cockpit.feeds.watch import Watch
from cockpit.incident.actions.incident_actions import IncidentActions
from cockpit.incident.ledger import Ledger
from cockpit.model.event import Event, RecordError
from cockpit.model.incident import Incident
from cockpit.model.operator import Identity, Operator
from cockpit.model.plan import Plan
from cockpit.model.problem import SourceError
from cockpit.model.reading import LogLine
from cockpit.model.revision import Application, Revision
from cockpit.model.run import Run
from cockpit.model.system import Environment, System
from cockpit.model.time import Time
from cockpit.platforms.platform import NO_PLATFORM
from cockpit.platforms.registry import find_kind
from cockpit.recorder.lock import LOOK_WHO_RECORDS, find_unrecorded
from cockpit.recorder.record_end import read_record_end
from cockpit.recorder.recorder import Recorder
from cockpit.runbooks.plan.load import read_again
from cockpit.timeline.timeline import Timeline

if TYPE_CHECKING:
    from cockpit.azure.identity import Credential
    from cockpit.incident.messages.webhook_sender import WebhookSender
    from cockpit.runbooks.rollback import Proposal
    from cockpit.runbooks.run.runner import Runner

FIRST_TAKE_UP = 1.0  # seconds between the first answer of a feed and the first look at what others have left behind


@dataclass(slots=True)
class Session:
    """One opened system. `environment` is the one in front; a wall watches them all and records nothing."""

    system: System  # its severity scale is the plan's
    plan: Plan  # as the documents were when they were last read
    environment: Environment
    environments: tuple[Environment, ...]
    watch: Watch
    timeline: Timeline
    ledger: Ledger
    since: int  # follow the timeline behind this id: what came while we were reading is then seen twice, never missed
    history: list[Event]  # the newest events of the environment in front, oldest first
    incident_actions: IncidentActions
    make_runner: "Callable[[], Runner]"
    recorder: Recorder | None
    author: Operator  # of everything that is written here
    read_only: bool
    time: Time
    connections: Connections
    reveal: Reveal
    unrecorded: frozenset[str] = frozenset()  # environments of which nobody writes down what happens, for a wall
    record_ends: Mapping[str, datetime] = field(
        default_factory=dict
    )  # until when somebody wrote it down of each of them
    left_files: tuple[str, ...] = ()  # what lies beside the timeline and belongs to one, a sentence each
    made_runner: "Runner | None" = None
    _making: Lock = field(default_factory=Lock)

    @property
    def runner(self) -> "Runner":
        """Made when it is first asked for: what reads and prepares commands is a quarter of all that is loaded, and the
        first answers of the probes must not wait for it. Blocking then."""
        with self._making:
            self.made_runner = self.made_runner or self.make_runner()
            return self.made_runner

    @property
    def runs(self) -> Mapping[str, Run]:
        """Every known run by its id; none until there is a runner."""
        return self.made_runner.runs.runs if self.made_runner else {}

    @property
    def operator(self) -> str:
        """Who acts, as it stands in the record."""
        return self.author.name

    @property
    def credential(self) -> "Credential | None":
        return self.connections.credential

    def identity(self) -> Identity | None:
        """Who the cloud thinks we are; None before the first answer, and where there is no cloud."""
        return self.connections.identity()

    def logs(self, application: Application, revision: Revision) -> AsyncIterator[LogLine]:
        """The console and system log of a revision. Raises SourceError where there is no platform."""
        platforms = self.connections.platforms.get(application.environment, ())
        platform = next((platform for platform in platforms if platform.kind is find_kind(application)), None)
        if platform is None:
            raise SourceError(NO_PLATFORM)
        return platform.stream_log_lines(application, revision)

    def can_silence(self, source: str) -> bool:
        """Whether the alerts of a source are silenced from here."""
        return self.open_silences(source) is not None

    def open_silences(self, source: str) -> SilenceServer | None:
        """The silences of an alert source; None where its alerts are silenced elsewhere."""
        found = next((item for item in self.environment.alerts if item.name == source), None)
        kind = find_alert_kind(found.kind) if found else None
        if found is None or kind is None or kind.open_silences is None:
            return None
        return kind.open_silences(found, self.time, self.reveal)

    def read_again(self) -> Plan:
        """The plan as the documents say it now; the incident actions go by it from here on. Blocking. Never raises."""
        self.plan = self.incident_actions.plan = read_again(self.system, self.plan)
        return self.plan

    def incident_choices(self, run: Run | None = None) -> list[Incident]:
        """The open incidents of which a person must say which one a run belongs to; [] where that is clear."""
        open = self.ledger.open(self.environment.name)
        clear = run is not None and self.runner.incident(run) is not None
        return open if len(open) > 1 and not clear else []

    def propose_rollback(self, application: Application, chosen: str = "", *, source: str = "proposal") -> "Proposal":
        """Where a rollback of an app would go, by the evidence of the timeline. Blocking."""
        from cockpit.runbooks.rollback import propose_for

        now = self.time.now()
        events = read_rollback_evidence(self.timeline, self.environment.name, now)
        return propose_for(application, events, now=now, chosen=chosen, source=source)

    async def run(self) -> None:
        """Watch, record, and take up what a cockpit before left running, until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self.watch.run(), name="watch")
                if self.recorder is not None:
                    group.create_task(self.recorder.run(), name="recorder")
                else:
                    group.create_task(self._keep_looking_who_records(), name="who records")
                group.create_task(self._take_up_runs(), name="runner")
                if self.environment.webhooks and not self.read_only:
                    group.create_task(self._tell_webhooks(), name="webhooks")
                if self.recorder is not None and (names := list_beat_names(self.environment)):
                    group.create_task(self._serve_beats(names), name="beats")
        finally:
            await self.disconnect()

    async def _keep_looking_who_records(self) -> None:
        """A wall records nothing itself: it says so where nobody else does."""
        names = [environment.name for environment in self.environments]
        while True:
            self.unrecorded = await asyncio.to_thread(find_unrecorded, self.timeline.path, names)
            self.record_ends = await asyncio.to_thread(self._read_record_ends)
            await self.time.sleep(LOOK_WHO_RECORDS)

    def _read_record_ends(self) -> dict[str, datetime]:
        """Until when each of the unrecorded environments was recorded. Blocking."""
        now = self.time.now()
        with suppress(RecordError):
            ends = {name: read_record_end(self.timeline, name, now) for name in self.unrecorded}
            return {name: moment for name, moment in ends.items() if moment is not None}
        return dict(self.record_ends)

    async def _serve_beats(self, names: Sequence[str]) -> None:
        """Jobs report themselves over a socket beside the timeline."""
        from cockpit.feeds.probes.beats import BeatServer

        await BeatServer(self.timeline.path.parent, self.environment.name, names, self.time).run()

    async def _take_up_runs(self) -> None:
        """What others left behind: it can wait until the screen shows something."""
        await self.watch.wait_for_first_reading()
        await self.time.sleep(FIRST_TAKE_UP)
        runner = await asyncio.to_thread(lambda: self.runner)
        await runner.leadership.run_on()

    async def _tell_webhooks(self) -> None:
        """What is declared here, and by commands beside us, is posted to other systems."""
        await self.watch.wait_for_first_reading()
        sender = await asyncio.to_thread(make_webhook_sender, self)
        await sender.run()

    async def disconnect(self) -> None:
        """Close every connection to a cloud and its platforms."""
        await self.connections.close()

    def close(self) -> None:
        """Close the timeline. Blocking."""
        self.timeline.close()


def make_webhook_sender(session: Session) -> "WebhookSender":
    """Blocking: it imports what sends."""
    from cockpit.incident.messages.webhook_sender import WebhookSender

    return WebhookSender(
        session.timeline,
        session.environment,
        system=session.system.name,
        find=session.incident_actions.find,
        time=session.time,
        reveal=Secrets(os.environ).reveal,
    )


def read_rollback_evidence(timeline: Timeline, environment: str, now: datetime) -> list[Event]:
    """What the timeline knows of the revisions of an environment and of its probes, each change from when it took
    effect. Blocking."""
    from cockpit.incident.change_dates import DATING_KINDS, date_by_effect
    from cockpit.runbooks import rollback

    since = now - rollback.EVIDENCE_LOOKBACK
    kinds = tuple(dict.fromkeys((*rollback.EVIDENCE_KINDS, *DATING_KINDS)))
    events = date_by_effect(timeline.events(environment=environment, kinds=kinds, occurred_from=since))
    return [event for event in events if event.kind in rollback.EVIDENCE_KINDS]

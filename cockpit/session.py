"""The one composition root: a System becomes a Session, which holds everything a front end needs."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache, partial
from pathlib import Path
from random import Random
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from cockpit.config import Secrets
from cockpit.feeds.alert_kinds import AlertSourceContext, SilenceServer, find_alert_kind
from cockpit.feeds.base import Feed
from cockpit.feeds.watch import Watch
from cockpit.incident.actions.errors import IncidentActionError
from cockpit.incident.actions.incident_actions import IncidentActions
from cockpit.incident.ledger import Ledger
from cockpit.incident.load import read_ledger
from cockpit.model.alert import Alert, SettledAlerts
from cockpit.model.event import Event
from cockpit.model.incident import Incident
from cockpit.model.operator import Identity, Operator, operator_named
from cockpit.model.plan import Plan
from cockpit.model.problem import SourceError
from cockpit.model.reading import LogLine
from cockpit.model.response import Freeze
from cockpit.model.revision import Application, Revision
from cockpit.model.run import Run
from cockpit.model.secret import Secret
from cockpit.model.system import Environment, System
from cockpit.model.time import RealTime, Time
from cockpit.platforms.platform import NO_PLATFORM, Platform, PlatformContext
from cockpit.platforms.registry import connect_platforms, find_kind
from cockpit.platforms.side_by_side import merge_feeds
from cockpit.recorder.last_recorded import list_recorded_alerts
from cockpit.recorder.lock import LOOK_WHO_RECORDS, find_unrecorded, lock_path, this_process
from cockpit.recorder.recorder import Recorder, read_last_recorded
from cockpit.runbooks.plan.load import read_again, read_plan
from cockpit.timeline.timeline import Timeline

if TYPE_CHECKING:
    from cockpit.azure.client import Azure
    from cockpit.azure.identity import Credential
    from cockpit.feeds.probes.protocols import Beat, ReadBeat
    from cockpit.incident.messages.webhook_sender import WebhookSender
    from cockpit.runbooks.prepare.values import Live
    from cockpit.runbooks.rollback import Proposal
    from cockpit.runbooks.run.notices import EvidenceProcedure
    from cockpit.runbooks.run.runner import Runner

Reveal = Callable[[Secret], str]
FIRST_TAKE_UP = 1.0  # seconds between the first answer of a feed and the first look at what others have left behind
SHOWN = 500  # events of the journal that the timeline pane opens with


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
    connections: "Connections"
    reveal: Reveal
    unrecorded: frozenset[str] = frozenset()  # environments of which nobody writes down what happens, for a wall
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
            await self.time.sleep(LOOK_WHO_RECORDS)

    async def _serve_beats(self, names: Sequence[str]) -> None:
        """Jobs report themselves over a socket beside the timeline."""
        from cockpit.feeds.probes.beats import BeatServer

        await BeatServer(self.timeline.path.parent, self.environment.name, names, self.time).run()

    async def _take_up_runs(self) -> None:
        """What others left behind: it can wait until the screen shows something."""
        await self.watch.wait_for_first_reading()
        await self.time.sleep(FIRST_TAKE_UP)
        runner = await asyncio.to_thread(lambda: self.runner)
        await runner.run_on()

    async def _tell_webhooks(self) -> None:
        """What is declared here, and by commands beside us, is told to other systems."""
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


def list_beat_names(environment: Environment) -> list[str]:
    """The names that probes of an environment wait for."""
    return [urlsplit(probe.url).netloc for probe in environment.probes if probe.url.startswith("beat://")]


def read_rollback_evidence(timeline: Timeline, environment: str, now: datetime) -> list[Event]:
    """What the timeline knows of the revisions of an environment and of its probes. Blocking."""
    from cockpit.runbooks import rollback

    since = now - rollback.EVIDENCE_LOOKBACK
    return timeline.events(environment=environment, kinds=rollback.FOLDED, occurred_from=since)


def build_session(
    system: System,
    environment: Environment,
    timeline_file: Path,
    *,
    operator: str | Operator,
    wall: bool = False,
    watches: bool = True,
    time: Time | None = None,
    random: Random | None = None,
) -> Session:
    """Build everything; connects to nothing yet. Blocking: imports, documents, the timeline. Raises RecordError.

    `watches`: False for what may not watch at all: the feeds are built when something asks for them.
    """
    time, random = time or RealTime(), random or Random()
    read_only, author = wall or system.read_only, operator_named(operator)
    plan = read_plan(system)
    system = replace(system, severity_scale=plan.severity_scale)
    secrets = Secrets(os.environ)
    secrets.learn(system.secrets())
    environments = system.environments if wall else (environment,)
    connections = connect_environments(
        system,
        environments,
        read_only=read_only,
        time=time,
        random=random,
        recall=lambda name: read_rollback_evidence(timeline, name, time.now()),  # opened below, before anybody asks
    )
    if connections.credential is not None:
        author.cloud = partial(cloud_name, connections.credential)
    timeline = Timeline(timeline_file, time=time, read_only=read_only, mask=secrets.mask)
    ledger = read_ledger(timeline, plan.severity_scale)
    sleepers = Sleepers()

    def list_feeds() -> list[Feed]:
        return [
            feed
            for environment in environments
            for feed in build_feeds(
                environment,
                connections,
                time=time,
                random=random,
                reveal=secrets.reveal,
                references=system.references,
                memory=remember_alerts(timeline, ledger, environment.name, time),
                is_asleep=partial(sleepers.is_asleep, environment.name),
            )
        ]

    watch = sleepers.watch = Watch(list_feeds() if watches else list_feeds, time)
    since = max((event.id for event in timeline.events(limit=1)), default=0)
    history = timeline.events(environment=environment.name, limit=SHOWN)
    recorder = None
    if not read_only:
        path = lock_path(timeline_file, environment.name)
        recorder = Recorder(timeline, environment.name, time=time, lock_path=path, who=this_process(author.name))
        watch.listen(recorder.observe)
    incident_actions = IncidentActions(
        timeline,
        operator=author,
        environment=environment.name,
        severity_scale=plan.severity_scale,
        plan=plan,
        time=time,
        read_only=read_only,
        only_drills=environment.drill,
    )
    return Session(
        system=system,
        plan=plan,
        environment=environment,
        environments=environments,
        watch=watch,
        timeline=timeline,
        ledger=ledger,
        since=since,
        history=history,
        incident_actions=incident_actions,
        make_runner=partial(
            build_runner,
            system,
            plan,
            environment,
            timeline,
            ledger,
            watch,
            connections,
            secrets,
            time,
            author,
            read_only,
            incident_actions,
        ),
        recorder=recorder,
        author=author,
        read_only=read_only,
        time=time,
        connections=connections,
        reveal=secrets.reveal,
    )


def build_runner(
    system: System,
    plan: Plan,
    environment: Environment,
    timeline: Timeline,
    ledger: Ledger,
    watch: Watch,
    connections: "Connections",
    secrets: Secrets,
    time: Time,
    operator: Operator,
    read_only: bool,
    incident_actions: IncidentActions,
) -> "Runner":
    """The runner, which knows every run of the timeline and hears of new ones, of other cockpits too."""
    from cockpit.runbooks.catalogue.load import load_catalogue
    from cockpit.runbooks.prepare.values import build_live_values
    from cockpit.runbooks.run.notices import RunNotices, snapshot_named
    from cockpit.runbooks.run.runner import Runner
    from cockpit.runbooks.run.runs import FOLDED as RUN_KINDS

    @lru_cache(maxsize=8)
    def target(application: Application) -> Mapping[str, str]:
        from cockpit.runbooks import rollback

        return rollback.rollback_values(application, read_rollback_evidence(timeline, environment.name, time.now()))

    def seen() -> "Live":
        detected = max((item.detected for item in ledger.open(environment.name) if item.detected), default=None)
        return replace(build_live_values(watch.readings(environment.name), target=target), detected=detected)

    def incident() -> str | None:
        """The one that is open; where several are, nobody has said which."""
        incidents = ledger.open(environment.name)
        return incidents[0].id if len(incidents) == 1 else None

    @lru_cache(maxsize=1)
    def snapshot() -> "EvidenceProcedure | None":
        if not plan.snapshot:
            return None
        return snapshot_named(plan.snapshot, load_catalogue(system.runbooks, environments=[environment]))

    def begin_temporary(text: str, incident: str) -> None:
        """What a step turned off for now; of an incident that is closed nothing is begun, and the step is done."""
        with suppress(IncidentActionError):
            incident_actions.start_loop(text, incident=incident)

    runner = Runner(
        record=timeline.record,
        environment=environment,
        operator=operator,
        time=time,
        data=timeline.path.parent,
        azure=connections.clouds.get(environment.name),
        platforms=connections.platforms.get(environment.name, ()),
        reveal=secrets.reveal,
        mask=secrets.mask,
        read_only=read_only,
        live=seen,
        incident=incident,
        hidden=lambda: list_revealed_secrets(system, secrets),
        look=watch.refresh,
        workdir=lambda runbook: system.find_workdir(runbook.path),
        notices=RunNotices(
            lambda: frozen_words(ledger.freeze(environment.name)),
            snapshot,
            begin_temporary,
        ),
    )
    run_events = timeline.events(kinds=RUN_KINDS)
    runner.apply_all(run_events)
    timeline.follow(runner.apply_all, after=max((event.id for event in run_events), default=0))
    return runner


def cloud_name(credential: "Credential") -> str:
    """As whom the cloud knows the person here; "" before its first answer, for a machine, and in a simulated cloud."""
    identity = credential.identity()
    return "" if identity is None or identity.machine or identity.method == "simulator" else identity.name


def frozen_words(freeze: Freeze | None) -> str:
    """What a person is told before a change in an environment that is frozen; "" while it is not."""
    if freeze is None:
        return ""
    why = f": {freeze.reason}" if freeze.reason else ""
    return f"{freeze.environment} is frozen since {freeze.since:%H:%M}Z by {freeze.by}{why}."


def list_revealed_secrets(system: System, secrets: Secrets) -> list[str]:
    """Every configured secret that is there, for masking what commands print."""
    result = []
    for secret in system.secrets():
        with suppress(SourceError):
            result.append(secrets.reveal(secret))
    return result


@dataclass(frozen=True, slots=True)
class Connections:
    """The clouds and platforms of a system's environments, each by the name of its environment."""

    credential: "Credential | None" = None
    clouds: "Mapping[str, Azure]" = field(default_factory=dict)
    platforms: Mapping[str, tuple[Platform, ...]] = field(default_factory=dict)

    def identity(self) -> Identity | None:
        """Who the cloud thinks we are; None before the first answer, and where there is no cloud."""
        return self.credential.identity() if self.credential else None

    async def close(self) -> None:
        for platforms in self.platforms.values():
            for platform in platforms:
                await platform.close()
        for azure in self.clouds.values():
            await azure.close()
        if self.credential is not None:
            await self.credential.close()


def connect_environments(
    system: System,
    environments: Sequence[Environment],
    *,
    read_only: bool,
    time: Time,
    random: Random,
    recall: Callable[[str], Sequence[Event]] = lambda environment: (),
) -> Connections:
    """Clients for what these environments use; connects to nothing yet. Raises SourceError.

    `recall`: what the timeline knows of an environment's revisions. Blocking; asked when a platform first looks.
    """
    credential, clouds = connect_azure(system, environments, read_only=read_only, time=time)
    reveal = Secrets(os.environ).reveal
    platforms = {
        environment.name: connect_platforms(
            PlatformContext(
                environment,
                time,
                random,
                read_only,
                clouds.get(environment.name),
                os.environ,
                reveal,
                partial(recall, environment.name),
            )
        )
        for environment in environments
    }
    return Connections(credential, clouds, platforms)


def connect_azure(
    system: System, environments: Sequence[Environment], *, read_only: bool, time: Time
) -> "tuple[Credential | None, dict[str, Azure]]":
    """One credential for all, one client for each environment that has a subscription. Raises SourceError."""
    with_cloud = [environment for environment in environments if environment.subscription]
    takes_tokens = any(access.auth and access.auth.entra for access in system.list_accesses())
    if not with_cloud and not takes_tokens:
        return None, {}
    from cockpit.azure.client import Azure
    from cockpit.azure.identity import build_credential

    shared = build_credential(system.order, system.tenant, system.client_id, system.cloud, time=time)
    if takes_tokens:
        from cockpit.feeds.http import TOKENS

        TOKENS.entra = partial(fetch_entra_token, shared)
    return shared, {
        environment.name: Azure(
            system.cloud, shared, subscription=environment.subscription, read_only=read_only, time=time
        )
        for environment in with_cloud
    }


async def fetch_entra_token(credential: "Credential", scope: str) -> str:
    """Raises SourceError."""
    return (await credential.token(scope)).secret


def build_feeds(
    environment: Environment,
    connections: Connections,
    *,
    time: Time,
    random: Random,
    reveal: Reveal,
    references: Sequence[str],
    memory: "AlertMemory",
    is_asleep: "Callable[[str], bool | None]",
) -> list[Feed]:
    """Every feed an environment asks for; nothing that it does not.

    `references` and `memory` have no default on purpose: a front end that forgets them calls an outage what the others
    call our line, or shows nothing where the others show what the timeline last knew.
    """
    feeds: list[Feed] = []
    if environment.probes:
        from cockpit.feeds.probes.feed import ProbesFeed

        feeds.append(
            ProbesFeed(
                environment.name,
                environment.probes,
                time=time,
                random=random,
                reveal=reveal,
                references=references,
                read_beat=memory.read_beat,
                is_asleep=is_asleep,
            )
        )
    if environment.signals:
        feeds.append(_signals_feed(environment, connections, time=time, random=random, reveal=reveal))
    platforms = connections.platforms.get(environment.name, ())
    if revisions := [feed for feed in (platform.build_feed() for platform in platforms) if feed is not None]:
        feeds.append(merge_feeds(revisions, time=time, random=random))
    feeds += [feed for platform in platforms for feed in platform.build_change_feeds()]
    azure = connections.clouds.get(environment.name)
    if azure is not None and (environment.activity_log or environment.service_health):
        from cockpit.feeds.azure_changes.feed import azure_changes_feed

        feeds.append(azure_changes_feed(environment, azure, time=time, random=random))
    for source in environment.alerts:
        kind = find_alert_kind(source.kind)
        if kind is not None and not (kind.needs_subscription and azure is None):  # the configuration refuses those
            recorded = memory.recorded(source.name)
            feeds.append(
                kind.build(
                    AlertSourceContext(source, environment, time, random, reveal, azure, recorded, memory.settled)
                )
            )
    return feeds


@dataclass(slots=True)
class Sleepers:
    """Which apps scaled to zero, by what was last read of them; the Watch is there once the feeds are built."""

    watch: Watch | None = None

    def is_asleep(self, environment: str, app: str) -> bool | None:
        """None while it is not known."""
        reading = self.watch.latest(environment, "revisions") if self.watch else None
        return is_app_asleep(reading.value if reading and reading.problem is None else None, app)


def is_app_asleep(applications: Sequence[Application] | None, app: str) -> bool | None:
    """Whether nothing of an app runs, so that a request would start it; None where nobody says."""
    from cockpit.model.revision_health import RevisionCondition, judge_revision

    found = next((item for item in applications or () if item.name in (app, app.rpartition("/")[2])), None)
    working = found.working if found else ()
    if not working:
        return None
    return all(judge_revision(revision).condition is RevisionCondition.SCALED_TO_ZERO for revision in working)


def _signals_feed(
    environment: Environment, connections: Connections, *, time: Time, random: Random, reveal: Reveal
) -> Feed:
    from cockpit.feeds.signals.feed import SignalsFeed
    from cockpit.feeds.signals.sources import SignalContext, make_reader

    context = SignalContext(environment, connections.clouds.get(environment.name), time, reveal)
    make = partial(make_reader, context=context)
    return SignalsFeed(environment.name, environment.signals, make, time=time, random=random)


@dataclass(frozen=True, slots=True)
class AlertMemory:
    """What the timeline knows of the alerts of one environment: those of a source that were not over when last told
    of, and those that a person settled."""

    recorded: Callable[[str], Sequence[Alert]]  # by the name of the source
    settled: Callable[[], SettledAlerts]
    read_beat: "ReadBeat | None" = None  # what jobs last reported; None where nobody keeps it


NO_ALERT_MEMORY = AlertMemory(lambda _: (), dict)
"""For a look that only tries whether a source answers."""


def remember_alerts(timeline: Timeline, ledger: Ledger, environment: str, time: Time) -> AlertMemory:
    """Blocking. Raises RecordError."""
    last_recorded = read_last_recorded(timeline, environment)
    now = time.now()
    return AlertMemory(
        lambda source: list_recorded_alerts(last_recorded, environment, source, now),
        lambda: ledger.settled(environment),
        partial(read_beat_of, find_beats(timeline.path.parent, environment)),
    )


def find_beats(data: Path, environment: str) -> Path:
    """Where the beats of an environment are kept."""
    return data / "beats" / quote(environment, safe="")


def read_beat_of(folder: Path, name: str) -> "Beat | None":
    """Blocking; imports what it needs when a probe first asks."""
    from cockpit.feeds.probes.beats import read_beats

    return read_beats(folder)(name)

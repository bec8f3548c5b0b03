"""The one composition root: a System becomes a Session."""

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from cockpit.config import Secrets
from cockpit.connections import Connections, Sleepers, build_feeds, connect_environments, remember_alerts
from cockpit.feeds.polling import Feed
from cockpit.feeds.watch import Watch
from cockpit.incident.actions.errors import IncidentActionError
from cockpit.incident.actions.incident_actions import IncidentActions
from cockpit.incident.ledger import Ledger
from cockpit.incident.load import read_ledger
from cockpit.model.event import Event, join_storms, keep_newest
from cockpit.model.operator import Operator, operator_named
from cockpit.model.plan import Plan
from cockpit.model.response import Freeze
from cockpit.model.revision import Application
from cockpit.model.system import Environment, System
from cockpit.model.time import RealTime, Time
from cockpit.recorder.lock import lock_path, this_process
from cockpit.recorder.recorder import Recorder
from cockpit.runbooks.plan.load import read_plan
from cockpit.session import Session, read_rollback_evidence
from cockpit.timeline.rescue import describe_left_files
from cockpit.timeline.timeline import Timeline

if TYPE_CHECKING:
    from cockpit.runbooks.prepare.values import Live
    from cockpit.runbooks.run.notices import EvidenceProcedure
    from cockpit.runbooks.run.runner import Runner

SHOWN = 500  # events of the journal that the timeline pane opens with
STORM_READ = 20_000  # events that are read where a storm fills those
FEW_LINES = 100  # that are left of them once the storm is one line


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
        from cockpit.azure.identity import find_cloud_name

        author.cloud = partial(find_cloud_name, connections.credential)
    timeline = Timeline(timeline_file, time=time, read_only=read_only, mask=secrets.mask)
    # Before anything is read: what others write meanwhile is delivered, and whoever knows it already leaves it.
    since = max((event.id for event in timeline.events(limit=1)), default=0)
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
    history = read_history(timeline, environment.name)
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
        left_files=tuple(describe_left_files(timeline.path)),
    )


def read_history(timeline: Timeline, environment: str) -> list[Event]:
    """What the timeline pane opens with: the newest events, or more where nearly all of them are one storm."""
    history = timeline.events(environment=environment, limit=SHOWN)
    if len(history) < SHOWN or len(join_storms(history)) >= FEW_LINES:
        return history
    return keep_newest(timeline.events(environment=environment, limit=STORM_READ), SHOWN)


def build_runner(
    system: System,
    plan: Plan,
    environment: Environment,
    timeline: Timeline,
    ledger: Ledger,
    watch: Watch,
    connections: Connections,
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
    from cockpit.runbooks.run.runs import RUN_KINDS

    @lru_cache(maxsize=8)
    def target(application: Application) -> Mapping[str, str]:
        from cockpit.runbooks import rollback

        return rollback.rollback_values(application, read_rollback_evidence(timeline, environment.name, time.now()))

    def seen() -> "Live":
        detected = max((item.detected for item in ledger.open(environment.name) if item.detected), default=None)
        return replace(build_live_values(watch.readings(environment.name), target=target), detected=detected)

    async def read_applications() -> Sequence[Application] | None:
        reading = await watch.read_anew(environment.name, "revisions")
        return None if reading is None else reading.value

    def incident() -> str | None:
        """The one that is open; where several are, nobody has chosen."""
        incidents = ledger.open(environment.name)
        return incidents[0].id if len(incidents) == 1 else None

    @lru_cache(maxsize=1)
    def snapshot() -> "EvidenceProcedure | None":
        if not plan.snapshot:
            return None
        return snapshot_named(plan.snapshot, load_catalogue(system.runbooks, environments=[environment]))

    def has_kept_lines(incident: str) -> bool:
        return incident in ledger.incidents and bool(ledger.incidents[incident].lines_kept)

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
        hidden=lambda: secrets.list_known(system.secrets()),
        look=watch.refresh,
        read_applications=read_applications,
        workdir=lambda runbook: system.find_workdir(runbook.path),
        notices=RunNotices(
            lambda: frozen_words(ledger.freeze(environment.name)),
            snapshot,
            has_kept_lines,
            begin_temporary,
        ),
    )
    run_events = timeline.events(kinds=RUN_KINDS)
    runner.apply_all(run_events)
    timeline.follow(runner.apply_all, after=max((event.id for event in run_events), default=0))
    return runner


def frozen_words(freeze: Freeze | None) -> str:
    """What a person reads before a change in an environment that is frozen; "" while it is not."""
    if freeze is None:
        return ""
    why = f": {freeze.reason}" if freeze.reason else ""
    return f"{freeze.environment} is frozen since {freeze.since:%H:%M}Z by {freeze.by}{why}."

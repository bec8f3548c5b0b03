"""What environments are watched through: their clouds, their platforms, and every feed that they ask for."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from cockpit.config import Secrets
from cockpit.feeds.alert_kinds import AlertSourceContext, find_alert_kind
from cockpit.feeds.polling import Feed
from cockpit.feeds.watch import Watch
from cockpit.incident.ledger import Ledger
from cockpit.model.alert import Alert, SettledAlerts
from cockpit.model.event import Event
from cockpit.model.operator import Identity
from cockpit.model.revision import Application
from cockpit.model.secret import Secret
from cockpit.model.system import Environment, System
from cockpit.model.time import Time
from cockpit.platforms.platform import Platform, PlatformContext
from cockpit.platforms.registry import connect_platforms
from cockpit.platforms.side_by_side import merge_feeds
from cockpit.recorder.last_recorded import list_recorded_alerts
from cockpit.recorder.recorder import read_last_recorded
from cockpit.timeline.timeline import Timeline

if TYPE_CHECKING:
    from cockpit.azure.client import Azure
    from cockpit.azure.identity import Credential
    from cockpit.feeds.probes.protocols import Beat, ReadBeat

Reveal = Callable[[Secret], str]


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
        from cockpit.feeds.azure_changes import azure_changes_feed

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
    """What the timeline knows of the alerts of one environment: those of a source that were not over when last recorded
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
        remember_beats(find_beats(timeline.path.parent, environment)),
    )


def find_beats(data: Path, environment: str) -> Path:
    """Where the beats of an environment are kept."""
    return data / "beats" / quote(environment, safe="")


def remember_beats(folder: Path) -> "ReadBeat":
    """Reads the beats of a folder, and remembers who reported. It imports what it needs when a probe first asks."""
    readers: list[ReadBeat] = []

    def read(name: str) -> "Beat | None":
        if not readers:
            from cockpit.feeds.probes.beats import read_beats

            readers.append(read_beats(folder))
        return readers[0](name)

    return read


def list_beat_names(environment: Environment) -> list[str]:
    """The names that probes of an environment wait for."""
    return [urlsplit(probe.url).netloc for probe in environment.probes if probe.url.startswith("beat://")]

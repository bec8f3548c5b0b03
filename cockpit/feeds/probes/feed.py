"""The feed of probes: who is asked when, and what is reported of it."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Protocol

from cockpit.feeds.http import Reveal, tls_of
from cockpit.feeds.polling import JITTER, Publish, compute_poll_phase, wait_for_poll
from cockpit.feeds.probes.check import ProbeEndpoint
from cockpit.feeds.probes.connectivity import Line, LoopLag
from cockpit.feeds.probes.protocols import ReadBeat, no_beats
from cockpit.feeds.probes.resolver import Resolver
from cockpit.feeds.probes.state import (
    CheckOutcome,
    Grade,
    ProbeStanding,
    apply_outcome,
    build_probe_result,
    derive_shown_state,
    is_excused,
    is_undecided,
)
from cockpit.model.probe import Probe, ProbeResult
from cockpit.model.problem import Problem, ProblemKind
from cockpit.model.reading import Reading
from cockpit.model.secret import Secret
from cockpit.model.time import STANDSTILL, Time

Results = tuple[ProbeResult, ...]

STARTS = 200  # checks begun per second at most: their handshakes must not keep the screen from painting
PUBLISH_EVERY = 0.25  # seconds between two publications at least
ROLL_CALL_EVERY = 10.0  # seconds between two looks at all probes because one fell silent
NO_PROBES_EVERY = 15.0
OFFLINE = Problem(
    ProblemKind.NETWORK,
    "jump box offline",
    "None of the references answers: this machine has lost its own line.",
    "Check the network of the machine the cockpit runs on.",
)


class Asker(Protocol):
    """What asks the endpoints: the network, or a story in a test."""

    async def ask(self, probe: Probe) -> CheckOutcome: ...

    async def aclose(self) -> None: ...


class Pace:
    """Lets one check begin after the other. Bounds beginnings, never waiting: a hung endpoint holds nothing."""

    def __init__(self, time: Time) -> None:
        self._time = time
        self._next = 0.0

    async def turn(self) -> None:
        now = self._time.monotonic()
        self._next = max(now, self._next + 1 / STARTS)
        if self._next > now:
            await self._time.sleep(self._next - now)


@dataclass(slots=True)
class Post:
    """One probe and how it stands."""

    probe: Probe
    standing: ProbeStanding = field(default_factory=ProbeStanding)
    published: ProbeResult | None = None
    wake: asyncio.Event = field(default_factory=asyncio.Event)


class ProbesFeed:
    """The probes of one environment as one feed: each by its own clock, reported together.

    `references` are `host:port` pairs that answer when our own line works. `asker` stands in for the network in tests.
    `is_asleep` tells of an app whether it has no replica now; None while that is not known.
    """

    name = "probes"

    def __init__(
        self,
        environment: str,
        probes: Sequence[Probe],
        *,
        time: Time,
        random: Random,
        reveal: Callable[[Secret], str],
        references: Sequence[str] = (),
        asker: Asker | None = None,
        read_beat: "ReadBeat | None" = None,
        is_asleep: Callable[[str], bool | None] | None = None,
    ) -> None:
        self._read_beat, self._is_asleep = read_beat, is_asleep
        self.environment = environment
        self.every = min((probe.interval for probe in probes), default=NO_PROBES_EVERY)
        self._posts = {probe.name: Post(probe) for probe in probes}
        self._time = time
        self._random = random
        self._reveal = reveal
        self._references = tuple(references)
        self._asker = asker
        self._pace = Pace(time)
        self._changed = asyncio.Event()
        self._offline = False
        self._next_roll_call = 0.0
        self._last: Reading[Results] | None = None

    def refresh(self) -> None:
        for post in self._posts.values():
            post.wake.set()

    async def run(self, publish: Publish) -> None:
        """Publish Readings until cancelled."""
        asker = self._asker or await self._network()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._publish_changes(publish), name="probes publish")
                for post in self._posts.values():
                    group.create_task(self._keep_asking(post, asker), name=f"probe {post.probe.name}")
        finally:
            await asker.aclose()

    async def poll(self) -> Reading[Results]:
        """One verdict of every probe: a failing one is asked again, after its retry interval, until it is settled."""
        asker = self._asker or await self._network()
        try:
            await asyncio.gather(*(self._settle(post, asker) for post in self._posts.values()))
        finally:
            await asker.aclose()
        return self._reading()

    async def _settle(self, post: Post, asker: Asker) -> None:
        for _ in range(post.probe.failures + post.probe.successes):
            await self._check(post, asker)
            if not is_undecided(post.standing):
                return
            await self._time.sleep(post.probe.retry_interval)

    async def _keep_asking(self, post: Post, asker: Asker) -> None:
        # The first look is at once for a person who has just opened the screen; the phase spreads the second.
        wait = compute_poll_phase(f"{self.environment}/{post.probe.name}", post.probe.interval)
        while True:
            began = self._time.monotonic()
            await self._check(post, asker)
            if is_undecided(post.standing):
                wait = min(post.probe.retry_interval, post.probe.interval)
            else:
                wait -= self._time.monotonic() - began
            await wait_for_poll(self._time, max(0.0, wait), post.wake)
            wait = post.probe.interval * self._random.uniform(1 - JITTER, 1 + JITTER)

    async def _check(self, post: Post, asker: Asker) -> None:
        await self._pace.turn()
        outcome = await self._ask(post.probe, asker)
        standings = {name: self._posts[name].standing for name in post.probe.depends_on if name in self._posts}
        excused = is_excused(post.probe, standings, outcome.at)
        before, post.standing = post.standing, apply_outcome(post.probe, post.standing, outcome, excused=excused)
        if before.silent_since is None and post.standing.silent_since is not None:
            self._call_the_roll(post)
        if outcome.offline or outcome.grade is not Grade.INCONCLUSIVE:
            self._offline = outcome.offline
        self._changed.set()

    async def _ask(self, probe: Probe, asker: Asker) -> CheckOutcome:
        """One answer. One that took longer than it may came over a sleep of this machine, accuses nobody, and is asked
        for again, once: the clock of time-outs stands still in such a sleep and does not notice."""
        began = self._time.monotonic()
        if probe.only_while_running and self._is_asleep is not None:
            asleep = self._is_asleep(probe.only_while_running)
            if asleep is not False:
                reason = "" if asleep else f"not asked: not known yet whether {probe.only_while_running} runs"
                return CheckOutcome(self._time.now(), Grade.INCONCLUSIVE, reason, asleep=bool(asleep), began=began)
        outcome = await asker.ask(probe)
        if self._time.monotonic() - began > probe.timeout + STANDSTILL:
            return await asker.ask(probe)
        return outcome

    def _call_the_roll(self, silent: Post) -> None:
        """One fell silent: ask the others now, for if all are silent it may be our own line, and nobody is down."""
        now = self._time.monotonic()
        if now < self._next_roll_call:
            return
        self._next_roll_call = now + ROLL_CALL_EVERY
        for post in self._posts.values():
            if post is not silent and post.standing.silent_since is None:
                post.wake.set()

    async def _publish_changes(self, publish: Publish) -> None:
        while True:
            if self._posts:
                await self._changed.wait()
                self._changed.clear()
            publish(self._reading())
            await self._time.sleep(PUBLISH_EVERY if self._posts else self.every)

    def _reading(self) -> Reading[Results]:
        now = self._time.now()
        standings = {name: post.standing for name, post in self._posts.items()}
        for post in self._posts.values():
            view = derive_shown_state(post.probe, post.standing, standings, now, self._offline)
            post.published = build_probe_result(post.probe, post.standing, view, post.published, now)
        value = tuple(post.published for post in self._posts.values() if post.published)
        tried = self._time.monotonic()
        seconds, moment = (tried, now) if not self._offline or self._last is None else (self._last.seen, self._last.at)
        problem = OFFLINE if self._offline else None
        answers = (post.standing.last for post in self._posts.values())
        began = min((answer.began for answer in answers if answer and answer.began is not None), default=None)
        self._last = Reading(
            self.name, self.environment, self.every, tried, value, seconds, moment, problem, began=began
        )
        return self._last

    async def _network(self) -> Asker:
        """The real network, loaded in a thread: importing httpx and reading the trusted certificates takes a while."""
        probes = [post.probe for post in self._posts.values()]

        def load() -> Callable[[], Asker]:

            warm_up(probes)
            return lambda: Engine(
                probes, self._references, time=self._time, reveal=self._reveal, read_beat=self._read_beat
            )

        return (await asyncio.to_thread(load))()


# What the probes of one environment share: look-ups, the meter of our own lag, the judgement of our own line.


def warm_up(probes: Sequence[Probe]) -> None:
    """Make the TLS contexts the probes will want. Blocking; an unreadable CA file is the probe's to report."""
    secure = (probe for probe in probes if probe.url.lower().startswith(("https:", "wss:", "tls:")))
    for probe in secure:
        with suppress(OSError):
            tls_of(probe)


class Engine:
    """Asks endpoints over the network. Belongs to the loop it is made on; `aclose` ends it."""

    def __init__(
        self,
        probes: Sequence[Probe],
        references: Sequence[str] = (),
        *,
        time: Time,
        reveal: Reveal,
        resolver: Resolver | None = None,
        read_beat: "ReadBeat | None" = None,
    ) -> None:
        resolver = resolver or Resolver()
        line = Line(references, resolver)
        self._lag = LoopLag()
        self._endpoints = {
            probe.name: ProbeEndpoint(
                probe,
                resolver=resolver,
                line=line,
                lag=self._lag,
                time=time,
                reveal=reveal,
                read_beat=read_beat or no_beats,
            )
            for probe in probes
        }

    async def ask(self, probe: Probe) -> CheckOutcome:
        with self._lag.measured():
            return await self._endpoints[probe.name].ask()

    async def aclose(self) -> None:
        self._lag.stop()
        for endpoint in self._endpoints.values():
            await endpoint.aclose()

"""A story of an example, played without a screen: the real session on the simulated world, twenty times as fast."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

from cockpit.build_session import build_session
from cockpit.cli.demo import find_names, find_story, list_world_options, load_own_system
from cockpit.cli.options import Common
from cockpit.model.revision import Application
from cockpit.model.run import Run, StepState
from cockpit.model.system import System
from cockpit.model.time import RealTime
from cockpit.runbooks.az.reads import format_zulu_time
from cockpit.runbooks.catalogue.load import load_catalogue
from cockpit.runbooks.prepare.confirmation import Approval, Consent
from cockpit.runbooks.rollback import choose_application
from cockpit.session import Session
from cockpit.simulator.drill import simulate_by_ready_line
from cockpit.simulator.play import PlatformNames, serve_world
from cockpit.simulator.world.clock import SimulatedClock
from cockpit.simulator.world.scenario import load_scenario, rename_scenario

SPEED = 20.0
OVER_AFTER = 300.0  # seconds of a story after which nothing of its trouble is left to happen
PACE = 0.4  # seconds between two looks of a feed
PATIENCE = 60.0  # seconds; waiting ends as soon as the fact is there


class SkippingTime(RealTime):
    """The clock of the world: it stands still until its trouble was seen, and nobody waits for what can be skipped."""

    def __init__(self) -> None:
        super().__init__()
        self.skipped = 0.0
        self._released: float | None = None

    def monotonic(self) -> float:
        passed = 0.0 if self._released is None else super().monotonic() - self._released
        return self.skipped + passed

    def release(self) -> None:
        if self._released is None:
            self._released = super().monotonic()

    def skip(self, seconds: float) -> None:
        """So many seconds of the story."""
        self.skipped += seconds / SPEED


@dataclass(frozen=True, slots=True)
class StoryRun:
    """One procedure to be run: a document's by `name`, or with "" what `R` proposes. `values`: what is typed for it."""

    name: str = ""
    values: Mapping[str, str] = field(default_factory=dict)  # BEFORE stands for an hour before


@dataclass(frozen=True, slots=True)
class Story:
    """`trouble` and `recovery` are patterns for lines of the timeline, `KIND SUMMARY`; `runs` what is done between."""

    system: str
    scenario: str
    trouble: tuple[str, ...]
    recovery: tuple[str, ...]
    runs: tuple[StoryRun, ...] = ()
    seen_after: float = 60.0  # seconds of the story by which its trouble is there
    passes: bool = False  # the trouble ends by itself: the world stands still until it was seen

    def __str__(self) -> str:
        return f"{self.system} {self.scenario}"


@dataclass(slots=True)
class PlayedStory:
    """What came of it. `missing`: patterns that were never seen; `steps`: (run, step, state, outcome)."""

    missing: list[str] = field(default_factory=list)
    steps: list[tuple[str, int, StepState, str]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    last: int = 0  # id of the last event that was read


async def play_story(story: Story, folder: Path) -> PlayedStory:
    """Open the example on its world, see the trouble, do what the document says, see it well again."""
    played = PlayedStory()
    time = SkippingTime()
    async with open_story(story, folder, time) as session:
        time.skip(story.seen_after)
        if not story.passes:
            time.release()
        before = format_zulu_time(session.time.now() - timedelta(hours=1))
        await see(session, story.trouble, played)
        time.release()
        for run in story.runs:
            await perform_run(session, run, played, before)
        time.skip(OVER_AFTER)
        await see(session, story.recovery, played)
    return played


@asynccontextmanager
async def open_story(story: Story, folder: Path, time: "SkippingTime") -> AsyncIterator[Session]:
    own = load_own_system(Common(), story.system)
    assert own is not None
    scenario = load_scenario(find_story(story.scenario, story.system))
    options = list_world_options(own, scenario.platform)
    pairs = list(zip(options[::2], options[1::2], strict=True))
    words = dict(pairs)
    services, workflows = (
        tuple(value for name, value in pairs if name == option) for option in ("--service", "--workflow")
    )
    names = PlatformNames(
        words.get("--platform", "container-apps"),
        words.get("--project", "shop"),
        services or ("api",),
        words.get("--namespace", "shop"),
        words.get("--context", "simulated"),
        workflows,
    )
    app, group = words.get("--app", find_names(own)[0]), words.get("--resource-group", "")
    scenario = rename_scenario(scenario, app=app, resource_group=group)
    scenario = scenario.model_copy(update={"platform": names.platform})
    async with serve_world(scenario, names=names, clock=SimulatedClock(time, SPEED)) as ready:
        system = hasten(simulate_by_ready_line(own, ready))
        session = await asyncio.to_thread(
            build_session, system, system.environments[0], folder / "timeline.db", operator="ana"
        )
        living = asyncio.create_task(session.run())
        try:
            yield session
        finally:
            living.cancel()
            with suppress(asyncio.CancelledError):
                await living
            session.close()


def hasten(system: System) -> System:
    """The same system, looked at as often as its world is fast."""
    environment = system.environments[0]
    platforms: dict[str, Any] = {
        name: replace(cast("Any", settings), interval=PACE) for name, settings in environment.platforms.items()
    }
    environment = replace(
        environment,
        probes=tuple(
            replace(probe, interval=PACE, retry_interval=PACE, failures=1, successes=1) for probe in environment.probes
        ),
        alerts=tuple(replace(source, interval=PACE) for source in environment.alerts),
        signals=(),
        apps_interval=PACE,
        platforms=platforms,
    )
    return replace(system, environments=(environment,))


async def see(session: Session, patterns: tuple[str, ...], played: PlayedStory) -> None:
    """Wait until a line of the timeline fits each pattern, in whatever order; lines that were read before do not."""
    missing = list(patterns)

    def look() -> bool:
        for event in session.timeline.events(after=played.last):
            played.last = max(played.last, event.id)
            line = f"{event.kind} {event.summary}"
            played.lines.append(line)
            missing[:] = [pattern for pattern in missing if not re.search(pattern, line)]
        return not missing

    if not await wait_until(look):
        played.missing += missing


async def wait_until(true: Callable[[], bool]) -> bool:
    for _ in range(int(PATIENCE / 0.1)):
        if true():
            return True
        await asyncio.sleep(0.1)
    return False


async def perform_run(session: Session, story_run: StoryRun, played: PlayedStory, before: str) -> None:
    """Every step of a procedure: done, where a drill can do it; by hand, where it only shows it."""
    runner = await asyncio.to_thread(lambda: session.runner)
    assert await wait_until(lambda: bool(list_applications(session)))
    catalogue = load_catalogue(session.system.runbooks, environments=[session.environment])
    proposed: tuple[Any, ...] = ()
    if story_run.name:
        entry = catalogue.find(story_run.name)
    else:
        # As R does: what was read last may be from before the deployment that is the trouble.
        await session.watch.read_anew(session.environment.name, "revisions")
        application = choose_application(list_applications(session))
        assert application is not None
        proposal = await asyncio.to_thread(session.propose_rollback, application)
        assert proposal.good is not None, proposal.why
        assert not proposal.refused, proposal.refused
        entry, proposed = catalogue.find(f"{proposal.document}#{proposal.procedure}"), proposal.values
    values = {name: value.replace("BEFORE", before) for name, value in story_run.values.items()}
    runbook = entry.document.runbook
    run = runner.start(runbook, entry.procedure, values, trust=runbook.sha256, proposed=proposed)
    for step in entry.procedure.steps:
        attempt = await perform_step(session, run, step.ordinal)
        played.steps.append((entry.name, step.ordinal, *attempt))
        if attempt[0] not in (StepState.OK, StepState.BY_HAND, StepState.WARN):
            break
    runner.end(run)


async def perform_step(session: Session, run: Run, ordinal: int) -> tuple[StepState, str]:
    runner = session.runner
    prepared = await runner.survey(runner.prepare(run, ordinal))
    if not prepared.runnable:
        settled = runner.settle(run, ordinal, StepState.BY_HAND, "a drill shows it")
        return settled.state(ordinal), prepared.reason_not_runnable
    confirmation = runner.find_confirmation(prepared)
    approval = Approval("bo", "on the bridge") if confirmation.approval else None
    consent = Consent(
        fingerprint=prepared.fingerprint, word=confirmation.word, approval=approval, again=confirmation.again
    )
    attempt = await runner.perform(run, prepared, consent, lambda text: None)
    return attempt.state, attempt.outcome


def list_applications(session: Session) -> list[Application]:
    readings = session.watch.readings(session.environment.name, "revisions")
    return [application for reading in readings for application in reading.value or ()]

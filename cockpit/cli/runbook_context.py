"""What the commands about runbooks share: the catalogue of a system, and what its environment can fill in now."""

import asyncio
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date
from pathlib import Path

from cockpit.cli.options import Common, Refusal, load_system, timeline_path
from cockpit.cli.run.session import hand_over
from cockpit.config import Secrets
from cockpit.incident.load import find_practice_days
from cockpit.model.event import Kind, RecordError
from cockpit.model.operator import operator_named
from cockpit.model.problem import SourceError
from cockpit.model.run import Run
from cockpit.model.runbook import Runbook
from cockpit.model.system import Environment, System
from cockpit.model.text import clean_line
from cockpit.model.time import RealTime
from cockpit.runbooks.catalogue.catalogue import Catalogue
from cockpit.runbooks.catalogue.load import load_catalogue, markdown_in
from cockpit.runbooks.lint.lint import LintContext, root_of
from cockpit.runbooks.plan.load import read_plan
from cockpit.runbooks.prepare import target_guard
from cockpit.runbooks.prepare.context import RunContext
from cockpit.runbooks.prepare.folders import find_start_folders
from cockpit.runbooks.prepare.values import Live, build_live_values, list_example_hosts
from cockpit.runbooks.run.runs import Runs
from cockpit.timeline.timeline import Timeline

LOOK = 8.0  # seconds that one look at the cloud may take; a list must not wait for a cloud that is away


def catalogue_of(system: System, paths: Sequence[str] = ()) -> Catalogue:
    """The documents in these files and folders, else all of the system with the built-in ones. Raises Refusal."""
    catalogue = (
        load_catalogue(paths, builtin=False)
        if paths
        else load_catalogue(system.runbooks, environments=system.environments)
    )
    if paths and catalogue.unread:
        raise Refusal(
            "; ".join(f"{unread.path} {unread.reason}" for unread in catalogue.unread) + ".", code="document-unreadable"
        )
    if empty := [path for path in paths if holds_none(Path(path).expanduser())]:
        raise Refusal(f"There is no *.md file in {clean_line(', nor in '.join(empty), 300)}.", code="no-document")
    return catalogue


def holds_none(path: Path) -> bool:
    """True for a folder without documents: a check of it would pass whatever was meant."""
    return path.is_dir() and next(markdown_in(path), None) is None


def load_team(common: Common) -> System:
    """The system with the scale of its plan, so that a severity which any of its documents defines is known."""
    system = load_system(common)
    return replace(system, severity_scale=read_plan(system).severity_scale)


def world_of(system: System, runbook: Runbook) -> LintContext:
    """What a document is linted against."""
    return LintContext(
        today=RealTime().now().date(),
        path=os.environ.get("PATH", ""),
        root=str(root_of(Path(runbook.path))),
        values=frozenset(
            name
            for environment in system.environments
            for name in (*environment.values, *list_example_hosts(environment))
        ),
        severities=frozenset(level.name for level in system.severity_scale),
        environments=system.environments,
    )


def runs_of(system: System, common: Common) -> list[Run]:
    """The runs on the timeline, where there is one that can be read."""
    path = timeline_path(system, common)
    if not path.exists():
        return []
    runs = Runs()
    try:
        with Timeline(path, time=RealTime(), read_only=True) as timeline:
            for event in timeline.events(kinds=(Kind.RUN,)):
                runs.apply(event)
    except RecordError:
        return []
    return list(runs.runs.values())


def practised_of(system: System, common: Common) -> dict[str, date]:
    """On which day each practice was last done, as the timeline tells, where there is one that can be read."""
    path = timeline_path(system, common)
    if not path.exists():
        return {}
    try:
        with Timeline(path, time=RealTime(), read_only=True) as timeline:
            return find_practice_days(timeline.events(kinds=(Kind.PRACTICE,)), UTC)
    except RecordError:
        return {}


def last_hash(runs: Iterable[Run], runbook: Runbook) -> str:
    """The hash of the document at its last run, "" for one that never ran."""
    mine = [run for run in runs if run.path == runbook.path]
    return max(mine, key=lambda run: run.started).sha256 if mine else ""


async def look_once(system: System, environment: Environment) -> Live:
    """What the panes would show now; nothing where there is no cloud, or it does not answer."""
    from random import Random

    from cockpit.connections import connect_environments

    connections = connect_environments(system, [environment], read_only=True, time=RealTime(), random=Random())
    try:
        async with asyncio.timeout(LOOK):
            feeds = [platform.build_feed() for platform in connections.platforms[environment.name]]
            return build_live_values(await asyncio.gather(*(feed.poll() for feed in feeds if feed is not None)))
    except (SourceError, TimeoutError):
        return Live()
    finally:
        await connections.close()


def build_listing_context(system: System, environment: Environment) -> tuple[RunContext, Secrets]:
    """What steps are prepared in, for lists: what is known of the cloud, the guards and this machine. Blocking."""
    secrets = Secrets(os.environ)
    secrets.learn(system.secrets())
    context = RunContext(
        environment,
        operator_named(""),
        RealTime(),
        Path.cwd(),
        secrets.reveal,
        secrets.mask,
        system.read_only,
        Live,
        os.environ,
        workdir=lambda runbook: system.find_workdir(runbook.path),
        through_sdk=bool(environment.subscription),
        terminal=hand_over if sys.stdin.isatty() else None,
    )
    guards: dict[str, str] = {}

    async def look() -> Live:
        _, observed = await asyncio.gather(
            target_guard.read_tool_targets(environment, context.shell(), guards), look_once(system, environment)
        )
        return observed

    return replace(context, panes=asyncio.run(look()), guards=guards), secrets


def folder_of(context: RunContext, runbook: Runbook) -> str:
    """Where the steps of a document run."""
    return find_start_folders(runbook, Path.cwd(), context.workdir(runbook))[0]


def shown_path(path: str) -> str:
    """A path as short as it can be typed from here."""
    relative = os.path.relpath(path)
    return clean_line(relative if not relative.startswith("..") else path, 300)

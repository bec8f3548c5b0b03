"""The revisions feed of an engine: the services of its Compose projects with their images and containers."""

import asyncio
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from cockpit.feeds.polling import IncompleteError
from cockpit.model.event import Event, Kind
from cockpit.model.problem import Problem, ProblemKind, SourceError
from cockpit.model.raw import read_moment, read_named_file, read_text
from cockpit.model.revision import Application
from cockpit.model.text import clean_line
from cockpit.platforms.compose.engine import EngineClient
from cockpit.platforms.compose.mapping import (
    LABEL,
    MODE,
    EngineAnswers,
    RememberedImage,
    find_active_side,
    map_applications,
    map_container,
    name_sides,
    read_upstream,
)
from cockpit.platforms.compose.settings import ComposeSettings

Raw = Mapping[str, Any]
Recall = Callable[[], Sequence[Event]]
DEADLINE = 40.0  # seconds for one look at everything
TOGETHER = 12  # inspections side by side
LARGEST_FILE = 1_000_000  # bytes of a compose or upstream file that are read
LONGEST_PAGE = 65_536  # characters
ACTIVE_DEADLINE = 5.0  # seconds for the address that names the active side
VARIABLE = re.compile(r"\$(?:\{(\w+)(?:[:?+-][^}]*)?\}|(\w+))")


class ServiceReader:
    """Reads the services again and again; a container that stayed as it was is not inspected again."""

    def __init__(
        self, client: EngineClient, settings: ComposeSettings, environment: str, recall: Recall | None = None
    ) -> None:
        self._client, self._settings, self._environment, self._recall = client, settings, environment, recall
        self._inspected: dict[str, tuple[str, Raw]] = {}  # by id: the status it had, and what was reported then
        self._names: dict[tuple[str, str], str] = {}
        self._remembered: dict[str, Sequence[RememberedImage]] | None = None

    async def read(self) -> tuple[Application, ...]:
        """Everything that is configured. Raises SourceError; IncompleteError where a part may not be seen."""
        settings = self._settings
        name = await self._client.read_name()
        containers, (images, image_problem), (active, active_problem) = await asyncio.gather(
            self._client.list_items("/containers/json", {"all": "1", "filters": filter_projects(settings)}),
            self._list_images(),
            self.read_active_side(),
        )
        inspections = await self._inspect(containers)
        remembered = await self._remember()
        # Hundreds of containers take longer than a frame, and files are read.
        applications = await asyncio.to_thread(
            lambda: map_applications(
                EngineAnswers(
                    containers,
                    inspections,
                    images,
                    remembered,
                    read_variables(containers, settings),
                    active,
                    self._names,
                ),
                settings,
                environment=self._environment,
                location=f"docker on {name}",
            )
        )
        if not applications:
            raise SourceError(await self._explain_nothing(name))
        if problem := image_problem or active_problem or explain_missing(applications, settings):
            raise IncompleteError(applications, problem)
        return applications

    async def _list_images(self) -> tuple[list[Raw] | None, Problem | None]:
        try:
            return await self._client.list_items("/images/json"), None
        except SourceError as error:
            if error.problem.kind is not ProblemKind.FORBIDDEN:
                raise
            return None, error.problem

    async def _inspect(self, containers: Sequence[Raw]) -> dict[str, Raw]:
        """What only an inspection tells: restarts, exit codes, health checks. One gone meanwhile is left out."""
        limit = asyncio.Semaphore(TOGETHER)

        async def inspect(raw: Raw) -> None:
            identifier, status = read_text(raw.get("Id")), f"{raw.get('State')} {raw.get('Status')}"
            before = self._inspected.get(identifier)
            # `Up 3 hours` twice: it did not restart between. `Up 2 seconds` twice: it may have.
            if before is not None and before[0] == status and "second" not in status and "starting" not in status:
                return
            async with limit:
                try:
                    self._inspected[identifier] = status, await self._client.get(f"/containers/{identifier}/json")
                except SourceError as error:
                    if error.problem.kind is not ProblemKind.MISSING:
                        raise

        await gather_all(inspect(raw) for raw in containers)
        there = {read_text(raw.get("Id")) for raw in containers}
        self._inspected = {key: kept for key, kept in self._inspected.items() if key in there}
        return {key: raw for key, (_, raw) in self._inspected.items()}

    async def _remember(self) -> dict[str, Sequence[RememberedImage]]:
        """What the timeline knows, read once: what comes later this reader sees itself, and keeps."""
        if self._remembered is None:
            events = await asyncio.to_thread(self._recall) if self._recall else ()
            self._remembered = remember_images(events)
        return self._remembered

    async def read_active_side(self) -> tuple[str, Problem | None]:
        """What names the side with the traffic, and why nothing does."""
        settings = self._settings
        if len(settings.sides) != 2:
            return "", None
        try:
            if settings.active_file:
                text = read_upstream(await asyncio.to_thread(read_small_file, settings.active_file))
            elif settings.active_url:
                text = await self._ask_who_answers(settings.active_url)
            else:
                text = await self._read_proxy_label()
        except SourceError as error:
            return "", error.problem
        if find_active_side(text, settings.sides, name_sides(settings.sides)):
            return text, None
        what = clean_line(text, 120) or "nothing"
        return "", Problem(
            ProblemKind.GARBAGE,
            "who has the traffic?",
            f"Neither side, or both, are named by what should tell who has the traffic. It says: {what}",
            "Look at active_file, active_url or active_label in cockpit.toml.",
            code="active-side-unknown",
        )

    async def _ask_who_answers(self, url: str) -> str:
        import httpx

        from cockpit.feeds.http import explain_http_error, tls_context

        try:
            async with httpx.AsyncClient(trust_env=False, timeout=ACTIVE_DEADLINE, verify=tls_context()) as client:
                response = await client.get(url)
        except Exception as error:
            raise SourceError(explain_http_error(error)) from error
        heads = [f"{name}: {value}" for name, value in response.headers.items() if name.lower().startswith("x-")]
        text = response.text[:LONGEST_PAGE]  # far more than is kept: half of a secret is not known
        return clean_line("\n".join((*heads, text)), 20_000)

    async def _read_proxy_label(self) -> str:
        settings = self._settings
        project, _, service = settings.proxy.rpartition("/")
        labels = [f"{LABEL}service={service}", *([f"{LABEL}project={project}"] if project else [])]
        found = await self._client.list_items("/containers/json", {"filters": json.dumps({"label": labels})})
        texts = [read_text((raw.get("Labels") or {}).get(settings.active_label)) for raw in found]
        if not texts:
            raise SourceError(
                Problem(
                    ProblemKind.MISSING,
                    "no proxy",
                    f"The proxy {settings.proxy!r} has no container that runs: nobody gets traffic through it.",
                    f"Look at `docker ps -a`, and at proxy in cockpit.toml ({settings.proxy or 'not set'}).",
                )
            )
        return texts[0]

    async def _explain_nothing(self, name: str) -> Problem:
        """Nothing that is configured is there: what is, then."""
        raws = await self._client.list_items("/containers/json", {"all": "1", "filters": filter_projects(None)})
        there = sorted({f"{fact.project}/{fact.service}" for raw in raws if (fact := map_container(raw, {}))})
        listed = f"It has: {', '.join(there[:12])}." if there else "It has no Compose project at all."
        asked = ", ".join((*self._settings.projects, *self._settings.services, *self._settings.sides))
        sentence = f"None of {asked} is on {name}. {listed}" if asked else f"Nothing to show on {name}. {listed}"
        return Problem(
            ProblemKind.MISSING, "no such service", sentence, "Check host, projects and services in cockpit.toml."
        )


async def gather_all(work: Iterable[Any]) -> None:
    """Do all; when one fails, the others are ended, and the failure is raised."""
    tasks = [asyncio.ensure_future(item) for item in work]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def filter_projects(settings: ComposeSettings | None) -> str:
    """The engine's filter for containers of Compose; of one project where only one is meant."""
    label = f"{LABEL}project"
    if settings is not None and len(settings.projects) == 1 and not settings.sides:
        label = f"{label}={settings.projects[0]}"
    return json.dumps({"label": [label]})


def explain_missing(applications: Sequence[Application], settings: ComposeSettings) -> Problem | None:
    """A configured project or service of which nothing is there, while others are."""
    projects = {dict(app.values).get("project", "") for app in applications}
    names = {dict(app.values).get("service", "") for app in applications}
    both = {f"{values.get('project')}/{values.get('service')}" for values in (dict(app.values) for app in applications)}
    blue_green = any(app.mode != MODE for app in applications)
    missing = [project for project in settings.projects if project not in projects and not blue_green]
    missing += [
        service for service in settings.services if service not in names | both and service not in settings.sides
    ]
    if not missing:
        return None
    sentence = f"{', '.join(missing)}: no container, running or stopped."
    return Problem(
        ProblemKind.MISSING,
        f"{missing[0]} has no container"[:48],
        sentence,
        "Somebody took it down (docker compose down), or its name changed: projects and services in cockpit.toml.",
    )


def remember_images(events: Iterable[Event]) -> dict[str, Sequence[RememberedImage]]:
    """The revisions that were recorded, by app; the newest word on each counts."""
    result: dict[str, dict[str, RememberedImage]] = {}

    def keep(app: str, name: str, image: object, created: object) -> None:
        if name and read_text(image):
            result.setdefault(app, {})[name] = RememberedImage(name, read_text(image), read_moment(created))

    for event in sorted(events, key=lambda event: event.id):
        if event.kind != Kind.REVISION:
            continue
        revisions = event.detail.get("revisions")
        if event.detail.get("what") == "baseline" and isinstance(revisions, Mapping):
            for name, state in revisions.items():
                if isinstance(state, Mapping):
                    keep(event.subject, str(name), state.get("image"), state.get("created"))
        else:
            app, _, name = event.subject.rpartition("/")
            keep(app, name, event.detail.get("image"), event.detail.get("created"))
    return {app: tuple(images.values()) for app, images in result.items()}


# Files of this machine. Blocking.


def read_small_file(path: str) -> str:
    """Raises SourceError."""
    try:
        return read_named_file(Path(path), LARGEST_FILE).decode("utf-8", "replace")
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise SourceError(
            Problem(
                ProblemKind.MISSING,
                "file cannot be read",
                f"{clean_line(path, 200)} cannot be read: {reason}.",
                "Look at active_file in cockpit.toml: it is a file of this machine.",
            )
        ) from error


def read_variables(containers: Iterable[Raw], settings: ComposeSettings) -> dict[tuple[str, str], str]:
    """The variable in the image of each service, where its compose file is on this machine. Blocking."""
    from cockpit.platforms.compose.mapping import locate_file

    if settings.version_variable:
        return {}
    found: dict[tuple[str, str], str] = {}
    files: dict[str, dict[str, str]] = {}
    for raw in containers:
        fact = map_container(raw, {})
        if fact is None or (fact.project, fact.service) in found:
            continue
        folder = settings.folder or fact.folder
        for file in filter(None, fact.files.split(",")):
            path = locate_file(file, fact.folder, folder)
            if path not in files:
                files[path] = read_image_lines(path)
            match = VARIABLE.search(files[path].get(fact.service, ""))
            if match:
                found[fact.project, fact.service] = match[1] or match[2]
    return found


def read_image_lines(path: str) -> dict[str, str]:
    """What stands at `image:` of each service; nothing of a file that is not here or is no compose file."""
    import yaml

    try:
        document = yaml.safe_load(read_small_file(path))
    except (SourceError, yaml.YAMLError, RecursionError, ValueError):
        return {}
    services = document.get("services") if isinstance(document, dict) else None
    if not isinstance(services, dict):
        return {}
    return {
        str(name): str(service.get("image") or "") for name, service in services.items() if isinstance(service, dict)
    }

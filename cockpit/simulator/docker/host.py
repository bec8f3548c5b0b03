"""The host of a scenario whose app runs in Compose: what happens in the world happens in its engine, and the reverse.

A deployment of the scenario is what a pipeline does (`up -d` with a new image, blue and green in turn). What people do
to the engine decides who has the world's traffic: the image of the service, or of the side that the proxy names.
"""

import json
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from cockpit.simulator.docker.compose_program import LABEL, VERSION
from cockpit.simulator.docker.engine import SimulatedContainer, SimulatedEngine, SimulatedImage, split_reference
from cockpit.simulator.world.stage import Stage
from cockpit.simulator.world.world import SimulatedRevision, TrafficShare, World, remember_state

PROXY, ACTIVE_LABEL, SWITCH, VERSION_VARIABLE = "proxy", "active", "ACTIVE", "APP_VERSION"
PROXY_IMAGE, DATABASE_IMAGE = "nginx:1.22-alpine", "postgres:16"
DAYS = 86_400.0


@dataclass(frozen=True, slots=True)
class ProjectNames:
    """What the project and its services are called; two services are the sides of a blue-green deployment."""

    project: str = "shop"
    services: tuple[str, ...] = ("api",)

    @property
    def blue_green(self) -> bool:
        return len(self.services) == 2


class DockerHost:
    """One engine beside one stage. `follow` brings each up to the other."""

    def __init__(self, stage: Stage, names: ProjectNames, folder: Path) -> None:
        self._stage, self.names, self.folder = stage, names, folder
        world = stage.world()
        self.engine = SimulatedEngine(self._now(), name="web-1")
        self._images: dict[str, SimulatedImage] = {}  # by revision
        self._deployed: set[str] = set()
        self._following = False
        self._write_file(self._find_repository(world))
        for revision in world.revisions:
            self._add_image(revision)
            self._deployed.add(revision.name)
        self._add_others()
        carrying = max(world.weights().items(), key=lambda pair: pair[1])[0]
        current = world.revision(carrying) or world.latest
        older = [item for item in world.revisions if item.name != current.name][-1]
        if names.blue_green:
            self._run(names.services[0], self._images[current.name], age=-current.created)
            self._run(names.services[1], self._images[older.name], age=-older.created)
            self._point_proxy(names.services[0], age=7 * DAYS)
        else:
            self._run(names.services[0], self._images[current.name], age=-current.created)
        self.engine.on_change = self._pass_on
        self._pass_on()

    def follow(self) -> None:
        """What the scenario had in store by now happens to the engine."""
        world = self._stage.world()
        self.engine.step(self._now())
        for revision in world.revisions:
            if revision.name not in self._deployed:
                self._deployed.add(revision.name)
                self._add_image(revision)
                self._deploy(revision)
            if revision.image == self._stage.image_to_run:
                self._stage.image_to_run = ""
                self._deploy(revision)
            self._follow_health(world, revision)

    def describe(self) -> dict[str, str]:
        """For the line that says the simulator is ready."""
        return {
            "compose_file": str(self.folder / "docker-compose.yml"),
            "project": self.names.project,
            "services": ",".join(self.names.services),
            "compose_program": f"{sys.executable} -m cockpit.simulator.docker.compose_program",
        }

    # From the world to the engine

    def _deploy(self, revision: SimulatedRevision) -> None:
        """As a pipeline does it."""
        image = self._images[revision.name]
        if not self.names.blue_green:
            self._run(self.names.services[0], image)
            return
        active = self._find_active_side()
        other = next(side for side in self.names.services if side != active)
        self._run(other, image)
        self._point_proxy(other)

    def _follow_health(self, world: World, revision: SimulatedRevision) -> None:
        image = self._images[revision.name]
        sick = world.is_sick(revision) or not world.has_database
        if sick and image.sick_since is None:
            image.sick_since = self.engine.now
        elif not sick:
            image.sick_since = None

    def _run(self, service: str, image: SimulatedImage, *, age: float = 0.0, **labels: str) -> SimulatedContainer:
        """A container in the place of the one before, `age` seconds old."""
        for container in list(self.engine.containers.values()):
            if container.labels.get(f"{LABEL}service") == service:
                self.engine.remove(container, force=True)
        body = {
            "Image": image.tags[0],
            "Labels": {
                f"{LABEL}project": self.names.project,
                f"{LABEL}service": service,
                f"{LABEL}container-number": "1",
                f"{LABEL}oneoff": "False",
                f"{LABEL}version": VERSION,
                f"{LABEL}project.working_dir": str(self.folder),
                f"{LABEL}project.config_files": "docker-compose.yml",
                **labels,
            },
            "HostConfig": {"RestartPolicy": {"Name": "unless-stopped"}},
        }
        container = self.engine.create(f"{self.names.project}_{service}_1", body)
        self.engine.start(container)
        container.created = container.started = self.engine.now - age
        return container

    def _point_proxy(self, side: str, *, age: float = 0.0) -> None:
        self._run(PROXY, self._images[PROXY], age=age, **{ACTIVE_LABEL: side})

    def _add_image(self, revision: SimulatedRevision) -> None:
        image = SimulatedImage(revision.image, self._stage.clock.at(revision.created).timestamp() - 60)
        self._images[revision.name] = self.engine.add_image(image)
        self.engine.registry[revision.image] = image

    def _add_others(self) -> None:
        """What stands beside the app and is left alone: its database, and the proxy of blue and green."""
        others = {"database": DATABASE_IMAGE} | ({PROXY: PROXY_IMAGE} if self.names.blue_green else {})
        for service, reference in others.items():
            image = SimulatedImage(
                reference,
                self.engine.now - 60 * DAYS,
                health_check=False,
                first_line="ready for connections",
                lines=("checkpoint complete" if service == "database" else "GET /api/orders 200",),
                command=("postgres",) if service == "database" else ("nginx", "-g", "daemon off;"),
            )
            self._images[service] = self.engine.add_image(image)
            self.engine.registry[reference] = image
        self._run("database", self._images["database"], age=40 * DAYS)

    # From the engine to the world

    def _find_active_side(self) -> str:
        """The service that the proxy names, also by its colour."""
        label = next(
            (
                container.labels.get(ACTIVE_LABEL, "")
                for container in self.engine.containers.values()
                if container.labels.get(f"{LABEL}service") == PROXY and container.state == "running"
            ),
            "",
        )
        return next((side for side in self.names.services if label in (side, *side.split("-"))), "")

    def _pass_on(self) -> None:
        """The world's traffic goes to the image that serves now, and to nobody where none does."""
        if self._following:
            return
        self._following = True
        try:
            self._stage.become(self._with_traffic(self._stage.world()))
        finally:
            self._following = False

    def _with_traffic(self, world: World) -> World:
        running = {
            container.labels[f"{LABEL}service"]: container
            for container in self.engine.containers.values()
            if container.state == "running" and container.labels.get(f"{LABEL}service") in self.names.services
        }
        serving = self._find_active_side() if self.names.blue_green else self.names.services[0]
        by_image = {image.identifier: name for name, image in self._images.items()}
        names = {by_image.get(container.image.identifier, "") for container in running.values()}
        carrier = by_image.get(running[serving].image.identifier, "") if serving in running else ""
        revisions = tuple(self._with_life(world, revision, names) for revision in world.revisions)
        # Nobody serves: the traffic goes to one that is off, as a proxy without a backend sends it nowhere.
        name = carrier or next((item.name for item in world.revisions if item.name not in names), world.latest.name)
        return remember_state(replace(world, revisions=revisions, traffic=(TrafficShare(100, name),)))

    def _with_life(self, world: World, revision: SimulatedRevision, running: set[str]) -> SimulatedRevision:
        if revision.name not in running:
            return replace(revision, active=False, stopped=world.now) if revision.active else revision
        if revision.active:
            return revision
        ready = world.now + self._images[revision.name].ready_after
        return replace(revision, active=True, started=world.now, ready=ready, stopped=None)

    # Files and time

    def _find_repository(self, world: World) -> str:
        return split_reference(world.latest.image)[0]

    def _write_file(self, repository: str) -> None:
        """What Compose reads: the version by a variable, who has the traffic by another."""
        world = self._stage.world()
        version = split_reference(world.latest.image)[1]
        app = {"image": f"{repository}:${{{VERSION_VARIABLE}:-{version}}}", "restart": "unless-stopped"}
        services: dict[str, object] = dict.fromkeys(self.names.services, app)
        services["database"] = {"image": DATABASE_IMAGE, "restart": "unless-stopped"}
        if self.names.blue_green:
            label = {ACTIVE_LABEL: f"${{{SWITCH}:-{self.names.services[0]}}}"}
            services[PROXY] = {"image": PROXY_IMAGE, "restart": "unless-stopped", "labels": label}
        document = json.dumps({"version": "3.7", "services": services}, indent=1)
        (self.folder / "docker-compose.yml").write_text(document, "utf-8")

    def _now(self) -> float:
        return self._stage.clock.at(self._stage.clock.elapsed()).timestamp()

"""The containers, images and networks of a simulated engine, and what time does to them.

Everything follows from the images: how long one needs to become ready, whether its health check passes, with which code
its process ends. Times are seconds since 1970; nothing moves but by `step`.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Object = dict[str, Any]
ID_LETTERS = 64
CHECK_EVERY = 5.0  # seconds between two health checks
RETRIES = 3  # failed checks in a row before a container is unhealthy
TICK = 2.0  # seconds between two lines of a log
KEPT_LINES = 2_000  # of a container; older ones were rotated away
BACKOFF = 1.0  # seconds before the first restart of a process that ended; doubled each time
MOST_BACKOFF = 60.0
STABLE = 10.0  # seconds after which the back-off begins anew
EVENTS_KEPT = 256  # as dockerd
KEEPS_RUNNING = ("always", "unless-stopped")


class EngineError(Exception):
    """What the engine refuses: an HTTP status and its sentence."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


@dataclass
class SimulatedImage:
    """One image. `reference` is how the registry knows it: `registry.example.com/app:1.44.0`."""

    reference: str
    created: float
    health_check: bool = True
    ready_after: float = 3.0
    sick_since: float | None = None  # from when on its health check fails; 0.0 for one that never works
    exit_code: int | None = None  # its process ends so
    runs_for: float = 2.0  # seconds until then
    first_line: str = "listening on :3000"
    lines: tuple[str, ...] = ("GET /api/orders 200",)
    sick_lines: tuple[str, ...] = ("ERROR TimeoutError: database pool exhausted (20 of 20 in use)",)
    tags: list[str] = field(default_factory=list)
    labels: Mapping[str, str] = field(default_factory=dict)
    environment: tuple[str, ...] = ("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",)
    command: tuple[str, ...] = ("node", "server.js")
    entrypoint: tuple[str, ...] = ("docker-entrypoint.sh",)
    size: int = 184_113_507

    @property
    def identifier(self) -> str:
        return f"sha256:{make_digest('image', self.reference, self.created)}"

    @property
    def repository(self) -> str:
        return split_reference(self.reference)[0]

    @property
    def digest(self) -> str:
        """Of its manifest, by which a registry knows it whatever the tag."""
        return f"{self.repository}@sha256:{make_digest('manifest', self.reference, self.created)}"


def make_digest(*parts: object) -> str:
    return hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()


def split_reference(text: str) -> tuple[str, str]:
    """(repository, tag) of a reference; the tag that docker takes without one is latest."""
    name = text.partition("@")[0]
    head, colon, tag = name.rpartition(":")
    return (head, tag) if colon and "/" not in tag else (name, "latest")


@dataclass
class SimulatedContainer:
    """One container: what it was made of, and how it fares."""

    identifier: str
    name: str
    image: SimulatedImage
    config: Object  # the body that created it
    networks: dict[str, Object]
    created: float
    state: str = "created"
    started: float = 0.0
    finished: float = 0.0
    exit_code: int = 0
    restarts: int = 0
    in_a_row: int = 0  # restarts, for the back-off
    stopped_by_hand: bool = False

    @property
    def labels(self) -> dict[str, str]:
        return {**self.image.labels, **(self.config.get("Labels") or {})}

    @property
    def policy(self) -> str:
        host = self.config.get("HostConfig") or {}
        return str((host.get("RestartPolicy") or {}).get("Name") or "no")

    @property
    def checked(self) -> bool:
        return bool(self.config.get("Healthcheck")) or self.image.health_check

    def health(self, now: float) -> tuple[str, int]:
        """(status, failed checks in a row)."""
        if self.state != "running":
            return ("unhealthy" if self.checked else "", 0)
        since = self.image.sick_since
        ready = self.started + self.image.ready_after
        if since is not None and now >= max(since, self.started):
            failed = int((now - max(since, self.started)) // CHECK_EVERY)
            if failed >= RETRIES:
                return "unhealthy", failed
            return ("healthy" if since > ready else "starting"), failed
        return ("starting" if now < ready else "healthy"), 0


class SimulatedEngine:
    """One machine with its engine. `registry`: what may be pulled, by reference."""

    def __init__(self, now: float, *, name: str = "web-1") -> None:
        self.name = name
        self.now = now
        self.started = now
        self.images: list[SimulatedImage] = []
        self.registry: dict[str, SimulatedImage] = {}
        self.containers: dict[str, SimulatedContainer] = {}
        self.networks: dict[str, Object] = {}
        self.volumes: dict[str, Object] = {}
        self.events: list[Object] = []
        self.on_change: Callable[[], None] = lambda: None
        self._made = 0
        for network in ("bridge", "host", "none"):
            self.create_network({"Name": network, "Driver": network if network != "none" else "null"})

    # Time

    def step(self, now: float) -> None:
        """What happens by itself until then."""
        while self.now < now:
            due = min(
                (moment for moment in map(self._find_next_moment, self.containers.values()) if moment), default=now
            )
            self.now = min(max(due, self.now), now)
            for container in list(self.containers.values()):
                self._live(container)
            if due >= now:
                break
        self.now = max(self.now, now)

    def _find_next_moment(self, container: SimulatedContainer) -> float | None:
        if container.state == "running" and container.image.exit_code is not None:
            return container.started + container.image.runs_for
        if container.state == "restarting":
            return container.finished + compute_backoff(container.in_a_row)
        return None

    def _live(self, container: SimulatedContainer) -> None:
        moment = self._find_next_moment(container)
        if moment is None or moment > self.now:
            return
        if container.state == "running":
            if moment - container.started >= STABLE:
                container.in_a_row = 0
            container.exit_code, container.finished = container.image.exit_code or 0, moment
            self.record("die", container, exitCode=str(container.exit_code))
            again = container.policy in KEEPS_RUNNING or (container.policy == "on-failure" and container.exit_code != 0)
            container.state = "restarting" if again else "exited"
            container.in_a_row += again
        else:
            container.state, container.started = "running", moment
            container.restarts += 1
            self.record("start", container)

    # Images

    def find_image(self, reference: str) -> SimulatedImage:
        """By tag, digest or the beginning of an id. Raises EngineError."""
        wanted = reference.removeprefix("sha256:")
        for image in self.images:
            if image.digest == reference or f"{':'.join(split_reference(reference))}" in image.tags:
                return image
        for image in self.images:
            if len(wanted) >= 4 and image.identifier.removeprefix("sha256:").startswith(wanted):
                return image
        raise EngineError(404, f"No such image: {reference if ':' in reference else reference + ':latest'}")

    def add_image(self, image: SimulatedImage, *tags: str) -> SimulatedImage:
        """It is here now; its tags leave whoever had them."""
        for tag in tags or (":".join(split_reference(image.reference)),):
            for other in self.images:
                if tag in other.tags:
                    other.tags.remove(tag)
            image.tags.append(tag)
        if image not in self.images:
            self.images.insert(0, image)
        return image

    def pull(self, reference: str) -> Iterator[Object]:
        """The records of a pull. Raises EngineError where the registry does not know it."""
        repository, tag = split_reference(reference)
        image = self.registry.get(f"{repository}:{tag}") or next(
            (item for item in self.registry.values() if item.digest == reference), None
        )
        if image is None:
            host = repository.partition("/")[0]
            raise EngineError(404, f"manifest for {repository}:{tag} not found: manifest unknown: {host}")
        here = any(f"{repository}:{tag}" in item.tags for item in self.images if item is image)
        yield {"status": f"Pulling from {repository.partition('/')[2] or repository}", "id": tag}
        layers = [make_digest("layer", repository, number)[:12] for number in range(2)]
        layers.append(make_digest("layer", image.reference)[:12])
        for layer in layers if not here else ():
            yield {"status": "Pulling fs layer", "progressDetail": {}, "id": layer}
        for layer in layers if not here else ():
            for part in (1, 2):
                detail = {"current": part * 1_048_576, "total": 2_097_152}
                yield {"status": "Downloading", "progressDetail": detail, "id": layer}
            yield {"status": "Pull complete", "progressDetail": {}, "id": layer}
        self.add_image(image, f"{repository}:{tag}")
        yield {"status": f"Digest: {image.digest.rpartition('@')[2]}"}
        word = "Image is up to date for" if here else "Downloaded newer image for"
        yield {"status": f"Status: {word} {repository}:{tag}"}

    # Containers

    def find_container(self, text: str) -> SimulatedContainer:
        """By name or the beginning of an id. Raises EngineError."""
        wanted = text.removeprefix("/")
        for container in self.containers.values():
            if container.name == wanted or container.identifier == wanted:
                return container
        matches = [item for item in self.containers.values() if len(wanted) > 3 and item.identifier.startswith(wanted)]
        if len(matches) == 1:
            return matches[0]
        raise EngineError(404, f"No such container: {wanted}")

    def create(self, name: str, body: Object) -> SimulatedContainer:
        """Raises EngineError."""
        if any(container.name == name for container in self.containers.values()):
            other = next(item for item in self.containers.values() if item.name == name)
            raise EngineError(
                409,
                f'Conflict. The container name "/{name}" is already in use by container "{other.identifier}". '
                "You have to remove (or rename) that container to be able to reuse that name.",
            )
        image = self.find_image(str(body.get("Image") or ""))
        self._made += 1
        identifier = make_digest("container", name, self._made, int(self.started))
        endpoints = (body.get("NetworkingConfig") or {}).get("EndpointsConfig") or {}
        mode = str((body.get("HostConfig") or {}).get("NetworkMode") or "bridge")
        networks = {str(key): dict(value or {}) for key, value in endpoints.items()} or {mode: {}}
        container = SimulatedContainer(identifier, name or f"tender_{self._made}", image, body, networks, self.now)
        self.containers[identifier] = container
        self.record("create", container)
        self.on_change()
        return container

    def start(self, container: SimulatedContainer) -> bool:
        """False where it runs already."""
        if container.state in ("running", "restarting"):
            return False
        container.state, container.started, container.stopped_by_hand = "running", self.now, False
        container.in_a_row = 0
        self.record("start", container)
        self.on_change()
        return True

    def stop(self, container: SimulatedContainer) -> bool:
        """False where it does not run."""
        if container.state not in ("running", "restarting", "paused"):
            return False
        container.state, container.finished, container.exit_code = "exited", self.now, 143
        container.stopped_by_hand = True
        self.record("die", container, exitCode="143")
        self.record("stop", container)
        self.on_change()
        return True

    def remove(self, container: SimulatedContainer, *, force: bool) -> None:
        """Raises EngineError for one that runs."""
        if container.state in ("running", "restarting") and not force:
            raise EngineError(
                409,
                f"You cannot remove a running container {container.identifier}. "
                "Stop the container before attempting removal or force remove",
            )
        del self.containers[container.identifier]
        self.record("destroy", container)
        self.on_change()

    def record(self, action: str, container: SimulatedContainer, **attributes: str) -> None:
        """One event, as `docker events` tells it."""
        facts = {"image": self.name_image(container), "name": container.name, **container.labels, **attributes}
        self.events.append(
            {
                "status": action,
                "id": container.identifier,
                "from": self.name_image(container),
                "Type": "container",
                "Action": action,
                "Actor": {"ID": container.identifier, "Attributes": facts},
                "scope": "local",
                "time": int(self.now),
                "timeNano": int(self.now * 1e9),
            }
        )
        del self.events[:-EVENTS_KEPT]

    def name_image(self, container: SimulatedContainer) -> str:
        """As it was written while the tag still means it, else its id: so dockerd lists it."""
        written = str(container.config.get("Image") or "")
        try:
            return written if self.find_image(written) is container.image else container.image.identifier
        except EngineError:
            return container.image.identifier

    def list_lines(self, container: SimulatedContainer) -> list[tuple[float, int, str]]:
        """(when, 1 for stdout and 2 for stderr, text) of what its process wrote since it was started."""
        if not container.started:
            return []
        result = [(container.started + 0.01, 1, container.image.first_line)]
        end = self.now if container.state == "running" else container.finished
        last = int((end - container.started) / TICK)
        for tick in range(max(1, last - KEPT_LINES), last + 1):
            moment = container.started + tick * TICK
            sick = container.image.sick_since is not None and moment >= container.image.sick_since
            if sick and tick % 2:
                text = container.image.sick_lines[tick // 2 % len(container.image.sick_lines)]
            else:
                text = container.image.lines[tick % len(container.image.lines)]
            result.append((moment, 2 if sick and tick % 2 else 1, text))
        if container.exit_code and container.state in ("exited", "restarting") and not container.stopped_by_hand:
            result.append((end, 2, container.image.sick_lines[0]))
        return result

    # Networks

    def create_network(self, body: Object) -> str:
        name = str(body.get("Name") or "")
        identifier = make_digest("network", name, self.name)
        self.networks[identifier] = {
            "Name": name,
            "Id": identifier,
            "Created": format_nano(self.now),
            "Scope": "local",
            "Driver": body.get("Driver") or "bridge",
            "EnableIPv6": False,
            "IPAM": body.get("IPAM") or {"Driver": "default", "Options": None, "Config": []},
            "Internal": bool(body.get("Internal")),
            "Attachable": bool(body.get("Attachable")),
            "Ingress": False,
            "ConfigFrom": {"Network": ""},
            "ConfigOnly": False,
            "Containers": {},
            "Options": body.get("Options") or {},
            "Labels": body.get("Labels") or {},
        }
        return identifier

    def find_network(self, text: str) -> Object:
        """Raises EngineError."""
        for network in self.networks.values():
            if network["Name"] == text or network["Id"].startswith(text):
                return network
        raise EngineError(404, f"network {text} not found")


def compute_backoff(in_a_row: int) -> float:
    return min(MOST_BACKOFF, BACKOFF * 2.0 ** min(in_a_row, 10))


def format_nano(seconds: float) -> str:
    """`2026-11-29T19:46:10.584939689Z`; year 1 for never, as Go writes it."""
    from datetime import UTC, datetime

    if not seconds:
        return "0001-01-01T00:00:00Z"
    whole = datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{whole}.{int(seconds % 1 * 1e9):09}Z"


def describe_span(seconds: float) -> str:
    """As dockerd says it: `About a minute`, `3 hours`."""
    whole, minutes, hours = int(seconds), int(seconds // 60), round(seconds / 3600)
    if whole < 1:
        return "Less than a second"
    if whole < 60:
        return "1 second" if whole == 1 else f"{whole} seconds"
    if minutes < 60:
        return "About a minute" if minutes == 1 else f"{minutes} minutes"
    if hours < 48:
        return "About an hour" if hours == 1 else f"{hours} hours"
    days = hours // 24
    return f"{days} days" if days < 14 else f"{days // 7} weeks" if days < 60 else f"{days // 30} months"


def dump(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()

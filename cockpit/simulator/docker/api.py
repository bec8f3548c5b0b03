"""The API of a simulated engine: what docker and docker-compose ask of one. What it does not know it refuses."""

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import unquote

from aiohttp import web

from cockpit.model.time import Time
from cockpit.simulator.docker.engine import (
    EngineError,
    Object,
    SimulatedContainer,
    SimulatedEngine,
    dump,
    format_nano,
)
from cockpit.simulator.docker.shapes import inspect_container, inspect_image, list_container, list_image
from cockpit.simulator.faults import Fault, Faults

NEWEST, OLDEST = (1, 41), (1, 12)  # Docker 20.10
SERVER = "Docker/20.10.24 (linux)"
FOLLOW_EVERY = 0.1  # seconds between two looks for new lines or events
Handler = Callable[["EngineApi", web.Request, Mapping[str, str]], Awaitable[web.StreamResponse]]


class EngineApi:
    """One engine behind one address."""

    def __init__(self, engine: SimulatedEngine, time: Time) -> None:
        self.engine = engine
        self.faults = Faults()
        self.requests: list[tuple[str, str]] = []
        self.down = False  # it takes connections and answers nobody
        self._time = time

    def application(self) -> web.Application:
        application = web.Application(client_max_size=4 * 1024 * 1024)
        application.router.add_route("*", "/{path:.*}", self._answer)
        return application

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        path = request.path
        self.requests.append((request.method, request.path_qs))
        self.engine.step(self._time.now().timestamp())
        fault = self.faults.strike(f"{request.method} {path}", self.engine.now - self.engine.started)
        try:
            if fault is not None and not fault.effect and fault.status is not None:
                await self._time.sleep(fault.delay)
                return make_fault_answer(fault)
            if fault is not None and fault.delay:
                await self._time.sleep(fault.delay)
            match = re.match(r"/v(\d+)\.(\d+)(/.*)", path)
            if match:
                check_version((int(match[1]), int(match[2])))
                path = match[3]
            for method, pattern, handler in ROUTES:
                found = pattern.fullmatch(path)
                if found and (method == request.method or (method == "GET" and request.method == "HEAD")):
                    names = {key: unquote(value) for key, value in found.groupdict().items()}
                    response = await handler(self, request, names)
                    if fault is not None and fault.effect:
                        return make_fault_answer(fault)
                    return response
            raise EngineError(404, "page not found")
        except EngineError as error:
            return answer({"message": error.message}, error.status)

    # What it is

    async def ping(self, request: web.Request, names: Mapping[str, str]) -> web.Response:
        return web.Response(
            text="OK", headers={**usual_headers(), "Cache-Control": "no-cache, no-store, must-revalidate"}
        )

    async def version(self, request: web.Request, names: Mapping[str, str]) -> web.Response:
        newest, oldest = (".".join(map(str, version)) for version in (NEWEST, OLDEST))
        details = {"ApiVersion": newest, "Arch": "amd64", "BuildTime": "2026-05-07T21:09:36.000000000+00:00",
                   "Experimental": "false", "GitCommit": "5d6db84", "GoVersion": "go1.19.8", "KernelVersion": "6.1.0",
                   "MinAPIVersion": oldest, "Os": "linux"}  # fmt: skip
        return answer(
            {
                "Platform": {"Name": ""},
                "Components": [{"Name": "Engine", "Version": "20.10.24", "Details": details}],
                "Version": "20.10.24",
                "ApiVersion": newest,
                "MinAPIVersion": oldest,
                "GitCommit": "5d6db84",
                "GoVersion": "go1.19.8",
                "Os": "linux",
                "Arch": "amd64",
                "KernelVersion": "6.1.0",
                "BuildTime": "2026-05-07T21:09:36.000000000+00:00",
            }
        )

    async def info(self, request: web.Request, names: Mapping[str, str]) -> web.Response:
        states = [container.state for container in self.engine.containers.values()]
        return answer(
            {
                "ID": "SIMU:LATE:DENG:INE0",
                "Name": self.engine.name,
                "Containers": len(states),
                "ContainersRunning": states.count("running"),
                "ContainersPaused": 0,
                "ContainersStopped": len(states) - states.count("running"),
                "Images": len(self.engine.images),
                "Driver": "overlay2",
                "ServerVersion": "20.10.24",
                "OperatingSystem": "Debian GNU/Linux 12 (bookworm)",
                "OSType": "linux",
                "Architecture": "x86_64",
                "NCPU": 2,
                "MemTotal": 8_322_965_504,
                "LoggingDriver": "json-file",
                "CgroupDriver": "systemd",
                "Swarm": {"LocalNodeState": "inactive"},
                "Warnings": None,
            }
        )

    # Containers

    async def list_containers(self, request: web.Request, names: Mapping[str, str]) -> web.Response:
        everything = request.query.get("all") in ("1", "true", "True")
        filters = read_filters(request)
        chosen = [
            container
            for container in sorted(self.engine.containers.values(), key=lambda item: item.created, reverse=True)
            if (everything or "status" in filters or container.state in ("running", "restarting", "paused"))
            and self._is_chosen(container, filters)
        ]
        limit = int(request.query.get("limit", 0) or 0)
        if limit > 0:
            chosen = chosen[:limit]
        return answer([list_container(self.engine, container) for container in chosen])

    def _is_chosen(self, container: SimulatedContainer, filters: Mapping[str, list[str]]) -> bool:
        for name, values in filters.items():
            if name == "label" and not all(has_label(container.labels, value) for value in values):
                return False
            if name == "status" and container.state not in values:
                return False
            if name == "name" and not any(re.search(value, f"/{container.name}") for value in values):
                return False
            if name == "id" and not any(container.identifier.startswith(value) for value in values):
                return False
            if name not in ("label", "status", "name", "id"):
                raise EngineError(400, f"Invalid filter '{name}'")
        return True

    async def inspect(self, request: web.Request, names: Mapping[str, str]) -> web.Response:
        return answer(inspect_container(self.engine, self.engine.find_container(names["name"])))

    async def create(self, request: web.Request, names: Mapping[str, str]) -> web.Response:
        container = self.engine.create(request.query.get("name", ""), await read_body(request))
        return answer({"Id": container.identifier, "Warnings": []}, 201)

    async def start(self, request: web.Request, names: Mapping[str, str]) -> web.Response:
        return done(self.engine.start(self.engine.find_container(names["name"])))

    async def stop(self, request: web.Request, names: Mapping[str, str]) -> web.Response:
        return done(self.engine.stop(self.engine.find_container(names["name"])))

    async def restart(self, request: web.Request, names: Mapping[str, str]) -> web.Response:
        container = self.engine.find_container(names["name"])
        self.engine.stop(container)
        self.engine.start(container)
        self.engine.record("restart", container)
        return done(True)

    async def rename(self, request: web.Request, names: Mapping[str, str]) -> web.Response:
        container = self.engine.find_container(names["name"])
        name = request.query.get("name", "").removeprefix("/")
        if any(other.name == name for other in self.engine.containers.values()):
            raise EngineError(409, f'Conflict. The container name "/{name}" is already in use')
        container.name = name
        return done(True)

    async def remove(self, request: web.Request, names: Mapping[str, str]) -> web.Response:
        force = request.query.get("force") in ("1", "true", "True")
        self.engine.remove(self.engine.find_container(names["name"]), force=force)
        return done(True)

    async def wait(self, request: web.Request, names: Mapping[str, str]) -> web.Response:
        container = self.engine.find_container(names["name"])
        while container.state in ("running", "restarting"):
            await self._time.sleep(FOLLOW_EVERY)
            self.engine.step(self._time.now().timestamp())
        return answer({"Error": None, "StatusCode": container.exit_code})

    async def logs(self, request: web.Request, names: Mapping[str, str]) -> web.StreamResponse:
        """Frames of 8 bytes and a line, or plain lines of a container with a terminal."""
        container, query = self.engine.find_container(names["name"]), request.query
        streams = {
            number for number, name in ((1, "stdout"), (2, "stderr")) if query.get(name) in ("1", "true", "True")
        }
        if not streams:
            raise EngineError(400, "Bad parameters: you must choose at least one stream")
        tty, stamps = bool(container.config.get("Tty")), query.get("timestamps") in ("1", "true", "True")
        since = float(query.get("since") or 0)
        tail = query.get("tail", "all")
        response = web.StreamResponse(headers={**usual_headers(), "Content-Type": "application/octet-stream"})
        await response.prepare(request)

        def frame(line: tuple[float, int, str]) -> bytes:
            text = f"{format_nano(line[0])} {line[2]}\n" if stamps else f"{line[2]}\n"
            data = text.encode()
            return data if tty else bytes((line[1], 0, 0, 0)) + len(data).to_bytes(4, "big") + data

        lines = [line for line in self.engine.list_lines(container) if line[1] in streams and line[0] >= since]
        sent = len(self.engine.list_lines(container))
        shown = lines if tail == "all" else lines[-int(tail) :] if int(tail) else []
        await response.write(b"".join(map(frame, shown)))
        follow = query.get("follow") in ("1", "true", "True")
        started = container.started
        while (
            follow and container.state in ("running", "restarting") and container.identifier in self.engine.containers
        ):
            await self._time.sleep(FOLLOW_EVERY)
            self.engine.step(self._time.now().timestamp())
            fresh = self.engine.list_lines(container)
            if container.started != started:
                started, sent = container.started, 0
            await response.write(b"".join(frame(line) for line in fresh[sent:] if line[1] in streams))
            sent = len(fresh)
        await response.write_eof()
        return response

    # Images

    async def list_images(self, request: web.Request, names: Mapping[str, str]) -> web.Response:
        return answer([list_image(image) for image in self.engine.images])

    async def inspect_image(self, request: web.Request, names: Mapping[str, str]) -> web.Response:
        return answer(inspect_image(self.engine.find_image(names["name"])))

    async def pull(self, request: web.Request, names: Mapping[str, str]) -> web.StreamResponse:
        """A stream of records; a failure after the first of them is one of them, and the status stays 200."""
        reference, tag = request.query.get("fromImage", ""), request.query.get("tag", "")
        if tag:
            reference = f"{reference}@{tag}" if tag.startswith("sha256:") else f"{reference}:{tag}"
        records = self.engine.pull(reference)
        first = next(records)  # an unknown image is refused before anything is sent
        response = web.StreamResponse(headers={**usual_headers(), "Content-Type": "application/json"})
        await response.prepare(request)
        await response.write(dump(first) + b"\r\n")
        cut = self.faults.strike("PULL " + reference, self.engine.now - self.engine.started)
        for number, record in enumerate(records):
            if cut is not None and number == 4:
                sentence = str(cut.body or "unexpected EOF")
                await response.write(dump({"errorDetail": {"message": sentence}, "error": sentence}) + b"\r\n")
                break
            await response.write(dump(record) + b"\r\n")
        await response.write_eof()
        return response

    async def tag(self, request: web.Request, names: Mapping[str, str]) -> web.Response:
        image = self.engine.find_image(names["name"])
        self.engine.add_image(image, f"{request.query.get('repo', '')}:{request.query.get('tag') or 'latest'}")
        return web.Response(status=201, headers=usual_headers())

    # Networks, volumes, events

    async def list_networks(self, request: web.Request, names: Mapping[str, str]) -> web.Response:
        filters = read_filters(request)
        chosen = [
            network
            for network in self.engine.networks.values()
            if all(has_label(network["Labels"], value) for value in filters.get("label", ()))
            and (not filters.get("name") or any(value in network["Name"] for value in filters["name"]))
        ]
        return answer(chosen)

    async def inspect_network(self, request: web.Request, names: Mapping[str, str]) -> web.Response:
        return answer(self.engine.find_network(names["name"]))

    async def create_network(self, request: web.Request, names: Mapping[str, str]) -> web.Response:
        return answer({"Id": self.engine.create_network(await read_body(request)), "Warning": ""}, 201)

    async def connect(self, request: web.Request, names: Mapping[str, str]) -> web.Response:
        network, body = self.engine.find_network(names["name"]), await read_body(request)
        container = self.engine.find_container(str(body.get("Container")))
        container.networks[network["Name"]] = dict(body.get("EndpointConfig") or {})
        return web.Response(status=200, headers=usual_headers())

    async def disconnect(self, request: web.Request, names: Mapping[str, str]) -> web.Response:
        network, body = self.engine.find_network(names["name"]), await read_body(request)
        self.engine.find_container(str(body.get("Container"))).networks.pop(network["Name"], None)
        return web.Response(status=200, headers=usual_headers())

    async def list_volumes(self, request: web.Request, names: Mapping[str, str]) -> web.Response:
        return answer({"Volumes": list(self.engine.volumes.values()), "Warnings": None})

    async def inspect_volume(self, request: web.Request, names: Mapping[str, str]) -> web.Response:
        volume = self.engine.volumes.get(names["name"])
        if volume is None:
            raise EngineError(404, f"get {names['name']}: no such volume")
        return answer(volume)

    async def create_volume(self, request: web.Request, names: Mapping[str, str]) -> web.Response:
        body = await read_body(request)
        volume = {
            "CreatedAt": format_nano(self.engine.now),
            "Driver": "local",
            "Labels": body.get("Labels"),
            "Mountpoint": f"/var/lib/docker/volumes/{body.get('Name')}/_data",
            "Name": body.get("Name"),
            "Options": body.get("DriverOpts"),
            "Scope": "local",
        }
        self.engine.volumes[str(body.get("Name"))] = volume
        return answer(volume, 201)

    async def events(self, request: web.Request, names: Mapping[str, str]) -> web.StreamResponse:
        since, until = (float(request.query.get(name) or 0) for name in ("since", "until"))
        response = web.StreamResponse(headers={**usual_headers(), "Content-Type": "application/json"})
        await response.prepare(request)
        filters = read_filters(request)
        sent = len(self.engine.events)
        if since:
            for event in list(self.engine.events):
                if fits_event(event, filters) and event["time"] >= since and (not until or event["time"] <= until):
                    await response.write(dump(event) + b"\n")
        while not until or self.engine.now < until:
            await self._time.sleep(FOLLOW_EVERY)
            self.engine.step(self._time.now().timestamp())
            for event in filter(lambda event: fits_event(event, filters), self.engine.events[sent:]):
                await response.write(dump(event) + b"\n")
            sent = len(self.engine.events)
        await response.write_eof()
        return response


def fits_event(event: Mapping[str, Any], filters: Mapping[str, list[str]]) -> bool:
    """Filters of different names must all fit, of one name any."""
    labels = event["Actor"]["Attributes"]

    tests: dict[str, Callable[[str], bool]] = {
        "type": lambda value: event["Type"] == value,
        "event": lambda value: event["Action"] == value or event["Action"].startswith(f"{value}:"),
        "label": lambda value: has_label(labels, value),
        "container": lambda value: event["Actor"]["ID"].startswith(value) or labels.get("name") == value,
    }
    return all(any(tests[name](value) for value in values) for name, values in filters.items() if name in tests)


def usual_headers() -> dict[str, str]:
    newest = ".".join(map(str, NEWEST))
    return {"Api-Version": newest, "Docker-Experimental": "false", "Ostype": "linux", "Server": SERVER}


def answer(body: Any, status: int = 200) -> web.Response:
    """Without a charset: docker reads the reason of a refusal only from plain `application/json`."""
    headers = {**usual_headers(), "Content-Type": "application/json"}
    return web.Response(body=dump(body), status=status, headers=headers)


def done(changed: bool) -> web.Response:
    """204; 304 where it was so already."""
    return web.Response(status=204 if changed else 304, headers=usual_headers())


def check_version(version: tuple[int, int]) -> None:
    """Raises EngineError for one that dockerd does not speak."""
    written = ".".join(map(str, version))
    if version > NEWEST:
        newest = ".".join(map(str, NEWEST))
        raise EngineError(400, f"client version {written} is too new. Maximum supported API version is {newest}")
    if version < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise EngineError(
            400,
            f"client version {written} is too old. Minimum supported API version is {oldest}, "
            "please upgrade your client to a newer version",
        )


def read_filters(request: web.Request) -> dict[str, list[str]]:
    """Both shapes of filters: lists, and maps of `value: true`."""
    try:
        raw = json.loads(request.query.get("filters") or "{}")
        return {str(name): list(map(str, values)) for name, values in raw.items()}
    except (ValueError, AttributeError, TypeError):
        raise EngineError(400, "invalid filter") from None


def has_label(labels: Mapping[str, str], wanted: str) -> bool:
    name, equals, value = wanted.partition("=")
    return name in labels and (not equals or labels[name] == value)


async def read_body(request: web.Request) -> Object:
    try:
        body = json.loads(await request.read() or b"{}")
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise EngineError(400, "invalid JSON")
    return body


def make_fault_answer(fault: Fault) -> web.Response:
    text = isinstance(fault.body, str)
    kind = {"Content-Type": "text/html" if text and str(fault.body).startswith("<") else "application/json"}
    body = b"" if fault.body is None else fault.body.encode() if text else json.dumps(fault.body).encode()
    return web.Response(status=fault.status or 200, body=body, headers={**kind, **fault.headers})


def _route(method: str, path: str, handler: Handler) -> tuple[str, re.Pattern[str], Handler]:
    names = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path).replace("{name:path}", r"(?P<name>.+)")
    return method, re.compile(names), handler


ROUTES = (
    _route("GET", "/_ping", EngineApi.ping),
    _route("GET", "/version", EngineApi.version),
    _route("GET", "/info", EngineApi.info),
    _route("GET", "/containers/json", EngineApi.list_containers),
    _route("POST", "/containers/create", EngineApi.create),
    _route("GET", "/containers/{name}/json", EngineApi.inspect),
    _route("GET", "/containers/{name}/logs", EngineApi.logs),
    _route("POST", "/containers/{name}/start", EngineApi.start),
    _route("POST", "/containers/{name}/stop", EngineApi.stop),
    _route("POST", "/containers/{name}/kill", EngineApi.stop),
    _route("POST", "/containers/{name}/restart", EngineApi.restart),
    _route("POST", "/containers/{name}/rename", EngineApi.rename),
    _route("POST", "/containers/{name}/wait", EngineApi.wait),
    _route("DELETE", "/containers/{name}", EngineApi.remove),
    _route("GET", "/images/json", EngineApi.list_images),
    _route("POST", "/images/create", EngineApi.pull),
    _route("GET", "/images/{name:path}/json", EngineApi.inspect_image),
    _route("POST", "/images/{name:path}/tag", EngineApi.tag),
    _route("GET", "/networks", EngineApi.list_networks),
    _route("POST", "/networks/create", EngineApi.create_network),
    _route("GET", "/networks/{name}", EngineApi.inspect_network),
    _route("POST", "/networks/{name}/connect", EngineApi.connect),
    _route("POST", "/networks/{name}/disconnect", EngineApi.disconnect),
    _route("GET", "/volumes", EngineApi.list_volumes),
    _route("POST", "/volumes/create", EngineApi.create_volume),
    _route("GET", "/volumes/{name}", EngineApi.inspect_volume),
    _route("GET", "/events", EngineApi.events),
)

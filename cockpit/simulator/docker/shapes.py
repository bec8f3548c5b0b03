"""Containers and images of the simulated engine in the shapes of its API (1.41). Pure."""

from typing import Any

from cockpit.simulator.docker.engine import (
    CHECK_EVERY,
    Object,
    SimulatedContainer,
    SimulatedEngine,
    SimulatedImage,
    describe_span,
    format_nano,
    make_digest,
)


def list_container(engine: SimulatedEngine, container: SimulatedContainer) -> Object:
    """One entry of `GET /containers/json`."""
    return {
        "Id": container.identifier,
        "Names": [f"/{container.name}"],
        "Image": engine.name_image(container),
        "ImageID": container.image.identifier,
        "Command": describe_command(container),
        "Created": int(container.created),
        "Ports": list_ports(container),
        "Labels": container.labels,
        "State": container.state,
        "Status": describe_status(engine, container),
        "HostConfig": {"NetworkMode": next(iter(container.networks), "bridge")},
        "NetworkSettings": {"Networks": list_endpoints(engine, container)},
        "Mounts": [],
    }


def read_command(container: SimulatedContainer) -> list[str]:
    """Entrypoint and command: those of the container, else those of the image."""
    config = container.config
    entrypoint = config.get("Entrypoint")
    command = config.get("Cmd") or (list(container.image.command) if not entrypoint else [])
    return [*(entrypoint if entrypoint is not None else container.image.entrypoint), *command]


def describe_command(container: SimulatedContainer) -> str:
    """As dockerd prints it: what has a blank is quoted."""
    return " ".join(f"'{word}'" if " " in word else word for word in read_command(container))


def describe_status(engine: SimulatedEngine, container: SimulatedContainer) -> str:
    """`Up 3 hours (healthy)`, `Exited (1) 2 minutes ago`."""
    now = engine.now
    match container.state:
        case "running":
            health, _ = container.health(now)
            up = f"Up {describe_span(now - container.started)}"
            if not container.checked:
                return up
            return f"{up} ({'health: starting' if health == 'starting' else health})"
        case "restarting":
            return f"Restarting ({container.exit_code}) {describe_span(now - container.finished)} ago"
        case "exited":
            return f"Exited ({container.exit_code}) {describe_span(now - container.finished)} ago"
    return "Created"


def list_ports(container: SimulatedContainer) -> list[Object]:
    bindings = (container.config.get("HostConfig") or {}).get("PortBindings") or {}
    ports = []
    for inside, targets in bindings.items():
        number, _, kind = str(inside).partition("/")
        for target in targets or [{}]:
            public = str(target.get("HostPort") or "")
            entry: Object = {"PrivatePort": int(number), "Type": kind or "tcp"}
            if public and container.state == "running":
                entry = {"IP": target.get("HostIp") or "0.0.0.0", **entry, "PublicPort": int(public)}
            ports.append(entry)
    return ports


def list_endpoints(engine: SimulatedEngine, container: SimulatedContainer) -> Object:
    endpoints: Object = {}
    for name, endpoint in container.networks.items():
        network = next((item for item in engine.networks.values() if item["Name"] == name or item["Id"] == name), None)
        endpoints[network["Name"] if network else name] = {
            "IPAMConfig": endpoint.get("IPAMConfig"),
            "Links": endpoint.get("Links"),
            "Aliases": endpoint.get("Aliases"),
            "NetworkID": network["Id"] if network else "",
            "EndpointID": make_digest("endpoint", container.identifier, name),
            "Gateway": "172.18.0.1",
            "IPAddress": "172.18.0.2",
            "IPPrefixLen": 16,
            "IPv6Gateway": "",
            "GlobalIPv6Address": "",
            "GlobalIPv6PrefixLen": 0,
            "MacAddress": "02:42:ac:12:00:02",
            "DriverOpts": None,
        }
    return endpoints


def inspect_container(engine: SimulatedEngine, container: SimulatedContainer) -> Object:
    """`GET /containers/{id}/json`."""
    config, host = container.config, dict(container.config.get("HostConfig") or {})
    command = read_command(container)
    state: Object = {
        "Status": container.state,
        "Running": container.state in ("running", "restarting"),
        "Paused": False,
        "Restarting": container.state == "restarting",
        "OOMKilled": container.exit_code == 137 and not container.stopped_by_hand,
        "Dead": False,
        "Pid": 4_242 if container.state == "running" else 0,
        "ExitCode": 0 if container.state == "running" else container.exit_code,
        "Error": "",
        "StartedAt": format_nano(container.started),
        "FinishedAt": format_nano(container.finished),
    }
    if container.checked and container.state != "created":
        state["Health"] = build_health(engine, container)
    image_check = {"Test": ["CMD-SHELL", "wget -q -O- http://localhost:3000/api/health"], "Interval": 5_000_000_000}
    return {
        "Id": container.identifier,
        "Created": format_nano(container.created),
        "Path": command[0] if command else "",
        "Args": command[1:],
        "State": state,
        "Image": container.image.identifier,
        "Name": f"/{container.name}",
        "RestartCount": container.restarts,
        "Driver": "overlay2",
        "Platform": "linux",
        "MountLabel": "",
        "ProcessLabel": "",
        "AppArmorProfile": "docker-default",
        "ExecIDs": None,
        "HostConfig": {"LogConfig": {"Type": "json-file", "Config": {}}, **host},
        "GraphDriver": {"Data": {}, "Name": "overlay2"},
        "Mounts": [],
        "Config": {
            "Hostname": container.identifier[:12],
            "Domainname": "",
            "User": config.get("User") or "",
            "AttachStdin": False,
            "AttachStdout": bool(config.get("AttachStdout")),
            "AttachStderr": bool(config.get("AttachStderr")),
            "Tty": bool(config.get("Tty")),
            "OpenStdin": False,
            "StdinOnce": False,
            "Env": [*(config.get("Env") or []), *container.image.environment],
            "Cmd": config.get("Cmd") or list(container.image.command),
            "Image": config.get("Image") or "",
            "Volumes": config.get("Volumes"),
            "WorkingDir": "",
            "Entrypoint": config.get("Entrypoint") or list(container.image.entrypoint),
            "OnBuild": None,
            "Labels": container.labels,
            **({"Healthcheck": config.get("Healthcheck") or image_check} if container.checked else {}),
        },
        "NetworkSettings": {
            "Bridge": "",
            "SandboxID": make_digest("sandbox", container.identifier),
            "Ports": {},
            "Networks": list_endpoints(engine, container),
        },
    }


def build_health(engine: SimulatedEngine, container: SimulatedContainer) -> Object:
    status, streak = container.health(engine.now)
    bad = streak > 0
    start = engine.now - engine.now % CHECK_EVERY
    record = {
        "Start": format_nano(start),
        "End": format_nano(start + 0.05),
        "ExitCode": 1 if bad else 0,
        "Output": "wget: server returned error: HTTP/1.1 503 Service Unavailable" if bad else "",
    }
    return {"Status": status, "FailingStreak": streak, "Log": [record] if engine.now - container.started > 1 else []}


def list_image(image: SimulatedImage) -> Object:
    """One entry of `GET /images/json`."""
    return {
        "Containers": -1,
        "Created": int(image.created),
        "Id": image.identifier,
        "Labels": dict(image.labels) or None,
        "ParentId": "",
        "RepoDigests": [image.digest],
        "RepoTags": list(image.tags) or ["<none>:<none>"],
        "SharedSize": -1,
        "Size": image.size,
        "VirtualSize": image.size,
    }


def inspect_image(image: SimulatedImage) -> Object:
    """`GET /images/{name}/json`."""
    config: dict[str, Any] = {
        "Env": list(image.environment),
        "Cmd": list(image.command),
        "Entrypoint": list(image.entrypoint),
        "Labels": dict(image.labels) or None,
        "Volumes": None,
        "Image": "",
        "User": "",
        "WorkingDir": "",
        "ExposedPorts": {"3000/tcp": {}},
    }
    return {
        "Id": image.identifier,
        "RepoTags": list(image.tags),
        "RepoDigests": [image.digest],
        "Parent": "",
        "Comment": "",
        "Created": format_nano(image.created),
        "Container": "",
        "ContainerConfig": config,
        "DockerVersion": "20.10.24",
        "Author": "",
        "Config": config,
        "Architecture": "amd64",
        "Os": "linux",
        "Size": image.size,
        "VirtualSize": image.size,
        "GraphDriver": {"Data": {}, "Name": "overlay2"},
        "RootFS": {"Type": "layers", "Layers": [f"sha256:{make_digest('layer', image.reference)}"]},
        "Metadata": {"LastTagTime": format_nano(image.created)},
    }

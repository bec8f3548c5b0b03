"""A small Compose for the simulated engine: `pull` and `up -d`, as far as the built-in procedures need them.

It stands where a machine has no docker and no Compose of its own, so that a drill starts a program as a real rollback
does. Its compose file is JSON, which is YAML; Compose itself reads it as well.

    DOCKER_HOST=unix:///tmp/docker.sock python -m cockpit.simulator.docker.compose_program -p shop up -d api
"""

import http.client
import json
import os
import re
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

LABEL = "com.docker.compose."
VERSION = "1.29.2"
VARIABLE = re.compile(r"\$\{(\w+)(?::?-([^}]*))?\}|\$(\w+)")
GLOBAL = {"-p", "--project-name", "-f", "--file", "--project-directory"}


class EngineConnection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__("docker", timeout=60)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(60)
        self.sock.connect(self._path)


def ask_engine(method: str, path: str, body: object = None) -> Any:
    """The JSON of an answer; the records of a stream as a list. Raises SystemExit with the engine's words."""
    connection = EngineConnection(os.environ.get("DOCKER_HOST", "").removeprefix("unix://"))
    try:
        payload = None if body is None else json.dumps(body)
        connection.request(method, f"/v1.41{path}", payload, {"Content-Type": "application/json"})
        response = connection.getresponse()
        data = response.read()
    except (OSError, http.client.HTTPException) as error:
        raise SystemExit(f"ERROR: Couldn't connect to Docker daemon: {error}") from None
    finally:
        connection.close()
    if response.status >= 400:
        raise SystemExit(f"ERROR: {json.loads(data or b'{}').get('message', response.status)}")
    if path.startswith("/images/create"):
        return [json.loads(line) for line in data.splitlines() if line.strip()]
    return json.loads(data) if data.strip() else None


def substitute(value: Any, variables: Mapping[str, str]) -> Any:
    """`${NAME:-default}` in every text of the file."""
    if isinstance(value, str):
        return VARIABLE.sub(lambda match: variables.get(match[1] or match[3]) or match[2] or "", value)
    if isinstance(value, dict):
        return {key: substitute(inner, variables) for key, inner in value.items()}
    return [substitute(inner, variables) for inner in value] if isinstance(value, list) else value


def main(argv: Sequence[str]) -> int:
    words, options = list(argv), {"-f": os.environ.get("COMPOSE_FILE", "docker-compose.yml")}
    while words and words[0] in GLOBAL:
        name, value, *words = words
        options[name] = value
    if words[:1] == ["version"]:
        print(f"docker-compose version {VERSION}, build simulated")
        return 0
    project, verb = options.get("-p", options.get("--project-name", "")), words[0]
    names = [word for word in words[1:] if not word.startswith("-")]
    path = Path(options["-f"].partition(":")[0]).absolute()
    services = substitute(json.loads(path.read_text("utf-8")), os.environ)["services"]
    for name in names or list(services):
        if name not in services:
            raise SystemExit(f"ERROR: No such service: {name}")
        if verb == "pull":
            pull(name, services[name]["image"])
        elif verb == "up":
            bring_up(project, name, services[name], path)
        else:
            raise SystemExit(f"ERROR: {verb} is not simulated")
    return 0


def pull(service: str, image: str) -> None:
    repository, _, tag = image.rpartition(":")
    print(f"Pulling {service} ... ", flush=True)
    for record in ask_engine("POST", f"/images/create?fromImage={quote(repository, safe='')}&tag={quote(tag)}"):
        if "error" in record:
            raise SystemExit(f"ERROR: for {service}  {record['error']}")
    print(f"Pulling {service} ... done", flush=True)


def bring_up(project: str, service: str, wanted: Mapping[str, Any], path: Path) -> None:
    """A new container in the place of the old one where its image or its settings differ; else nothing."""
    name = f"{project}_{service}_1"
    filters = quote(json.dumps({"label": [f"{LABEL}project={project}", f"{LABEL}service={service}"]}))
    old = ask_engine("GET", f"/containers/json?all=1&filters={filters}")
    image = ask_engine("GET", f"/images/{quote(wanted['image'], safe='')}/json")
    labels = {
        **wanted.get("labels", {}),
        f"{LABEL}project": project,
        f"{LABEL}service": service,
        f"{LABEL}container-number": "1",
        f"{LABEL}oneoff": "False",
        f"{LABEL}version": VERSION,
        f"{LABEL}project.working_dir": str(path.parent),
        f"{LABEL}project.config_files": path.name,
    }
    same = [item for item in old if item["ImageID"] == image["Id"] and labels.items() <= item["Labels"].items()]
    if same and same[0]["State"] == "running":
        print(f"{name} is up-to-date", flush=True)
        return
    word = "Recreating" if old and not same else "Starting" if same else "Creating"
    print(f"{word} {name} ... ", flush=True)
    identifier = same[0]["Id"] if same else ""
    if not same:
        for item in old:
            ask_engine("POST", f"/containers/{item['Id']}/stop?t=10")
            ask_engine("DELETE", f"/containers/{item['Id']}")
        policy = {"Name": wanted.get("restart", "no")}
        body = {"Image": wanted["image"], "Labels": labels, "HostConfig": {"RestartPolicy": policy}}
        identifier = ask_engine("POST", f"/containers/create?name={quote(name)}", body)["Id"]
    ask_engine("POST", f"/containers/{identifier}/start")
    print(f"{word} {name} ... done", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""What a step's tools act on is held as long as the step runs: whoever switches kubectl's context, az's subscription or
docker's context in another shell meanwhile leads none of its later commands elsewhere.

A step finds variables that say what its tools are set to now, and the guard asks the tools with the same variables, so
that what was looked at is what holds. Each tool by a rule of its own:

- kubectl and all that read a kubeconfig merge the files of KUBECONFIG, and the first that says something wins. In front
  of them stands a file that says the current context, its namespace and its cluster. No user: no secret lies there.
- az reads which subscription it is set to from `azureProfile.json` of its folder, and no variable says otherwise. The
  step gets a folder in which that file is a copy, and everything else leads to the person's own. (az writes its files
  in place, so that a token it renews is the person's as well; of two that renew one at once the later is kept.)
- docker goes by DOCKER_CONTEXT before it reads its own configuration.

What a step sets by itself (`kubectl config use-context`, `az login`) is for whatever comes after it, too, so nothing of
that tool is held there; nor where the tool does not say what it is set to. Then nothing is held, and the guard judges.
"""

import json
import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cockpit.model.raw import dig_value, list_mappings
from cockpit.platforms.compose.engine import name_docker_context
from cockpit.runbooks.prepare.target_guard import (
    OTHER_FILE,
    OWN_SETTINGS,
    SWITCHES,
    list_tools,
    read_program_text,
    spell_out_command,
)
from cockpit.runbooks.run.process.files import make_directory
from cockpit.runbooks.shell_syntax.requirements import read_scripts
from cockpit.runbooks.types import PinnedVariables, Prepared

CURRENT_CONTEXT = ("kubectl", "config", "view", "--raw", "--minify", "--output", "json")
DOCKER = re.compile(r"\bdocker(?:-compose)?\b")
WRITES_SETTINGS = {
    "az": re.compile(r"\baz\s+(?:log(?:in|out)|account\s+(?:set|clear)|cloud\s+(?:set|register|update)|configure)\b"),
    "kubectl": re.compile(
        r"\b(?:kubectl|oc)\s+config\s+(?:set|use|unset|rename|delete)|\bkube(?:ns|ctx|cm)\b|\boc\s+(?:project|login)\b"
    ),
    "docker": re.compile(r"\bdocker\s+context\s+(?:use|create|update|import|rm)\b|\bDOCKER_(?:HOST|CONTEXT|CONFIG)="),
}
"""What a step sets for itself and for whatever comes after it."""
PROFILE = "azureProfile.json"  # in the folder of az: which subscriptions there are, and which is the default


def list_tools_to_pin(prepared: Prepared) -> list[str]:
    """The tools that a step calls, itself or by its scripts, and does not set itself. Blocking: reads the scripts."""
    if prepared.script is None:
        return []
    text = f"{spell_out_command(prepared, prepared.as_run)}\n{read_scripts(prepared.as_written, prepared.cwd)}"
    tools = [*list_tools(prepared), *(["docker"] if DOCKER.search(text) else [])]
    return [tool for tool in tools if not _sets_itself(tool, text)]


def _sets_itself(tool: str, text: str) -> bool:
    patterns = [table[tool] for table in (WRITES_SETTINGS, SWITCHES, OWN_SETTINGS) if tool in table]
    patterns += [OTHER_FILE] if tool == "kubectl" else []
    return any(pattern.search(text) for pattern in patterns)


async def pin_targets(prepared: Prepared, env: Mapping[str, str], folder: Path) -> PinnedVariables:
    """Hold the tools of a step to what they are set to now, in `env`, the environment it would find. Files for that lie
    in a new folder below `folder`, and stay: what the step leaves running in the background goes on by them.

    Raises OSError where no file can be written.
    """
    variables: dict[str, str] = {}
    for tool in list_tools_to_pin(prepared):
        match tool:
            case "kubectl":
                variables |= await _pin_cluster(env, folder)
            case "az":
                variables |= _pin_subscription(env, folder)
            case _:
                variables |= _pin_engine(env)
    return PinnedVariables(variables, {name: env.get(name) for name in variables})


def _make_folder(folder: Path) -> Path:
    """A new one, which nobody else may read."""
    make_directory(folder)
    return Path(tempfile.mkdtemp(prefix="targets-", dir=folder))


async def _pin_cluster(env: Mapping[str, str], folder: Path) -> dict[str, str]:
    paths = env.get("KUBECONFIG") or str(Path(env.get("HOME", "/")) / ".kube" / "config")
    if not all(os.path.isabs(path) for path in paths.split(os.pathsep) if path):
        return {}  # it would mean another file in another folder
    pinned = build_pinned_kubeconfig(await read_program_text(CURRENT_CONTEXT, env))
    if pinned is None:
        return {}
    file = _make_folder(folder) / "kubeconfig"
    file.write_text(json.dumps(pinned), encoding="utf-8")
    return {"KUBECONFIG": os.pathsep.join((str(file), paths))}


def build_pinned_kubeconfig(answer: str) -> dict[str, Any] | None:
    """The kubeconfig that holds kubectl to a context, from what it says of the one it is set to; None where that says
    too little. It has no user, and of the cluster nothing in which a password could stand."""
    try:
        document = json.loads(answer)
    except ValueError:
        return None
    name = dig_value(document, "current-context")
    context = _find_named(document, "contexts", name, "context")
    cluster_name, user = context.get("cluster"), context.get("user")
    if not name or not cluster_name:
        return None
    namespace = context.get("namespace") or "default"  # written down: what is left out, a later file fills in
    details = {"cluster": cluster_name, "namespace": namespace, **({"user": user} if user else {})}
    cluster = {
        key: value
        for key, value in _find_named(document, "clusters", cluster_name, "cluster").items()
        if key != "proxy-url" and "@" not in str(value)
    }
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "contexts": [{"name": name, "context": details}],
        **({"clusters": [{"name": cluster_name, "cluster": cluster}]} if cluster.get("server") else {}),
    }


def _find_named(document: object, key: str, name: object, inner: str) -> Mapping[str, Any]:
    entries = list_mappings(dig_value(document, key))
    found = next((dig_value(entry, inner) for entry in entries if entry.get("name") == name), None)
    return found if isinstance(found, Mapping) else {}


def _pin_subscription(env: Mapping[str, str], folder: Path) -> dict[str, str]:
    own = Path(env.get("AZURE_CONFIG_DIR") or Path(env.get("HOME", "/")) / ".azure")
    try:
        profile = (own / PROFILE).read_bytes()
        names = os.listdir(own)
    except OSError:
        return {}  # nobody is signed in here
    pinned = _make_folder(folder)
    for name in {*names} - {PROFILE}:
        (pinned / name).symlink_to(own.absolute() / name)
    (pinned / PROFILE).write_bytes(profile)
    return {"AZURE_CONFIG_DIR": str(pinned)}


def _pin_engine(env: Mapping[str, str]) -> dict[str, str]:
    if env.get("DOCKER_HOST") or env.get("DOCKER_CONTEXT"):
        return {}
    return {"DOCKER_CONTEXT": name_docker_context(env) or "default"}

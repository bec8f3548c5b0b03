"""The shapes of a cluster's objects, as the API stores them: templates, states of containers, revisions. Pure."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

Object = dict[str, Any]

APPS, CORE = "apps/v1", "v1"
PLURALS = {
    "Deployment": "deployments",
    "ReplicaSet": "replicasets",
    "StatefulSet": "statefulsets",
    "DaemonSet": "daemonsets",
    "ControllerRevision": "controllerrevisions",
    "Pod": "pods",
    "Event": "events",
    "Namespace": "namespaces",
    "Node": "nodes",
}
GROUP_OF = {
    kind: APPS if kind in ("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "ControllerRevision") else CORE
    for kind in PLURALS
}
REVISION = "deployment.kubernetes.io/revision"
CHANGE_CAUSE = "kubernetes.io/change-cause"
LATER = 25.0  # seconds in which a pod is well that is going to crash: its rollout is through by then
BACK_OFF = 10.0  # seconds before the second start of a container that crashes; then twice as long each time
LONGEST_BACK_OFF = 300.0


@dataclass(frozen=True, slots=True)
class BrokenImage:
    """How pods of an image fail: `crash` (exit 1), `oom`, `pull` (no such image), `unready` (it runs, unwell), `later`
    (all come up, and after `LATER` seconds the oldest crashes again and again)."""

    how: str
    message: str = ""


def make_template(name: str, image: str, env: Mapping[str, str]) -> Object:
    container: Object = {
        "name": name,
        "image": image,
        "ports": [{"containerPort": 8080, "protocol": "TCP"}],
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}},
        "readinessProbe": {"httpGet": {"path": "/readyz", "port": 8080, "scheme": "HTTP"}, "periodSeconds": 10},
        "imagePullPolicy": "IfNotPresent",
    }
    if env:
        container["env"] = [{"name": key, "value": value} for key, value in env.items()]
    return {
        "metadata": {"labels": {"app": name}},
        "spec": {"containers": [container], "restartPolicy": "Always", "terminationGracePeriodSeconds": 30},
    }


def make_container_status(item: Object, state: Object, *, ready: bool = False, restarts: int = 0) -> Object:
    return {
        "name": item["name"],
        "image": item["image"],
        "imageID": f"{item['image'].partition(':')[0]}@sha256:{hashlib.sha256(item['image'].encode()).hexdigest()}",
        "ready": ready,
        "started": ready,
        "restartCount": restarts,
        "state": state,
        "lastState": {},
    }


def find_back_off(seconds: float) -> tuple[int, float]:
    """How often a container that ends at once was started again, and how long the kubelet waits now: twice as long
    each time, at most five minutes."""
    restarts, wait, due = 1, BACK_OFF, BACK_OFF
    while seconds >= due:
        wait = min(2 * wait, LONGEST_BACK_OFF)
        restarts, due = restarts + 1, due + wait
    return restarts, wait


def show_back_off(wait: float) -> str:
    minutes, seconds = divmod(int(wait), 60)
    return f"{minutes}m{seconds}s" if minutes else f"{seconds}s"


def make_broken_status(item: Object, broken: BrokenImage, seconds: float, pod: str) -> Object:
    """As a kubelet says it `seconds` after the first start."""
    if broken.how == "pull":
        message = f'Back-off pulling image "{item["image"]}"'
        return make_container_status(item, {"waiting": {"reason": "ImagePullBackOff", "message": message}})
    if broken.how == "unready":
        return make_container_status(item, {"running": {"startedAt": format_time(0)}})
    restarts, wait = find_back_off(seconds)
    message = f"back-off {show_back_off(wait)} restarting failed container={item['name']} pod={pod}"
    status = make_container_status(
        item, {"waiting": {"reason": "CrashLoopBackOff", "message": message}}, restarts=restarts
    )
    code, reason = (137, "OOMKilled") if broken.how == "oom" else (1, "Error")
    status["lastState"] = {"terminated": {"exitCode": code, "reason": reason}}
    return status


def make_node(name: str) -> Object:
    """A node that is well and takes pods."""
    ready = {"type": "Ready", "status": "True", "reason": "KubeletReady", "message": "kubelet is posting ready status"}
    return {
        "metadata": {"labels": {"kubernetes.io/hostname": name, "kubernetes.io/role": "agent"}},
        "spec": {},
        "status": {"conditions": [ready], "nodeInfo": {"kubeletVersion": "v1.30.4"}},
    }


def hash_template(template: Object) -> str:
    """What tells two templates apart, as the suffix of a ReplicaSet: letters and digits."""
    digest = hashlib.sha256(json.dumps(template, sort_keys=True).encode()).hexdigest()
    return digest[:10]


def strip_hash(template: Object) -> Object:
    stripped = deepcopy(template)
    stripped.get("metadata", {}).get("labels", {}).pop("pod-template-hash", None)
    return stripped


def read_revision(item: Object) -> int:
    return int(item["metadata"].get("annotations", {}).get(REVISION, 0))


def is_ready(pod: Object) -> bool:
    return any(entry["type"] == "Ready" and entry["status"] == "True" for entry in pod["status"].get("conditions", ()))


def format_time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def list_public(item: Object) -> Iterator[tuple[str, Any]]:
    """An object without what only the controllers here keep."""
    for key, value in item.items():
        yield (
            key,
            {name: entry for name, entry in value.items() if not name.startswith("x-")} if key == "metadata" else value,
        )

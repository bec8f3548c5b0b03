"""What `kubectl get` prints comes from the server: a Table of cells for each kind. Pure."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from cockpit.simulator.kubernetes.objects import Object, list_public

Cells = Callable[[Object, float], list[Any]]


def build_table(kind: str, items: Sequence[Object], now: float, version: str) -> Object:
    """A meta.k8s.io/v1 Table, with the metadata of each object."""
    columns, cells = TABLES.get(kind, (GENERIC_COLUMNS, _list_generic_cells))
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": {"resourceVersion": version},
        "columnDefinitions": [
            {
                "name": name,
                "type": "string",
                "format": "name" if name == "Name" else "",
                "description": "",
                "priority": priority,
            }
            for name, priority in columns
        ],
        "rows": [
            {
                "cells": cells(item, now),
                "object": {
                    "kind": "PartialObjectMetadata",
                    "apiVersion": "meta.k8s.io/v1",
                    "metadata": dict(list_public(item))["metadata"],
                },
            }
            for item in items
        ],
    }


def format_age(created: str, now: float) -> str:
    """As kubectl shortens a duration: 45s, 3m5s, 12m, 5h30m, 2d4h, 12d."""
    seconds = max(0, int(now - datetime.fromisoformat(created).timestamp()))
    if seconds < 120:
        return f"{seconds}s"
    minutes = seconds // 60
    if minutes < 10:
        return f"{minutes}m{seconds % 60}s" if seconds % 60 else f"{minutes}m"
    if minutes < 180:
        return f"{minutes}m"
    hours = minutes // 60
    if hours < 8:
        return f"{hours}h{minutes % 60}m" if minutes % 60 else f"{hours}h"
    if hours < 48:
        return f"{hours}h"
    days = hours // 24
    return f"{days}d{hours % 24}h" if days < 8 and hours % 24 else f"{days}d"


def _age(item: Object, now: float) -> str:
    return format_age(item["metadata"]["creationTimestamp"], now)


def _name(item: Object) -> str:
    return str(item["metadata"]["name"])


def _containers(item: Object) -> list[str]:
    containers = item["spec"]["template"]["spec"]["containers"]
    return [",".join(entry["name"] for entry in containers), ",".join(entry["image"] for entry in containers)]


def _selector(item: Object) -> str:
    return ",".join(f"{key}={value}" for key, value in sorted(item["spec"]["selector"]["matchLabels"].items()))


def _list_pod_cells(pod: Object, now: float) -> list[Any]:
    statuses = pod["status"].get("containerStatuses", [])
    waiting = next((entry["state"]["waiting"]["reason"] for entry in statuses if "waiting" in entry["state"]), "")
    restarts = sum(entry["restartCount"] for entry in statuses)
    ready = sum(entry["ready"] for entry in statuses)
    return [
        _name(pod),
        f"{ready}/{len(pod['spec']['containers'])}",
        waiting or pod["status"]["phase"],
        str(restarts) if not restarts else f"{restarts} ({format_age(pod['metadata']['creationTimestamp'], now)} ago)",
        _age(pod, now),
        pod["status"].get("podIP", "<none>"),
        pod["spec"].get("nodeName", "<none>"),
        "<none>",
        "<none>",
    ]


def _list_deployment_cells(item: Object, now: float) -> list[Any]:
    status = item["status"]
    ready = f"{status.get('readyReplicas', 0)}/{item['spec'].get('replicas', 1)}"
    return [
        _name(item),
        ready,
        status.get("updatedReplicas", 0),
        status.get("availableReplicas", 0),
        _age(item, now),
        *_containers(item),
        _selector(item),
    ]


def _list_replica_set_cells(item: Object, now: float) -> list[Any]:
    status = item["status"]
    return [
        _name(item),
        item["spec"]["replicas"],
        status.get("replicas", 0),
        status.get("readyReplicas", 0),
        _age(item, now),
        *_containers(item),
        _selector(item),
    ]


def _list_stateful_set_cells(item: Object, now: float) -> list[Any]:
    ready = f"{item['status'].get('readyReplicas', 0)}/{item['spec'].get('replicas', 1)}"
    return [_name(item), ready, _age(item, now), *_containers(item)]


def _list_daemon_set_cells(item: Object, now: float) -> list[Any]:
    status = item["status"]
    keys = (
        "desiredNumberScheduled",
        "currentNumberScheduled",
        "numberReady",
        "updatedNumberScheduled",
        "numberAvailable",
    )
    return [
        _name(item),
        *(status.get(key, 0) for key in keys),
        "<none>",
        _age(item, now),
        *_containers(item),
        _selector(item),
    ]


def _list_history_cells(item: Object, now: float) -> list[Any]:
    owner = item["metadata"]["ownerReferences"][0]
    return [_name(item), f"{owner['kind'].lower()}.apps/{owner['name']}", item["revision"], _age(item, now)]


def _list_event_cells(item: Object, now: float) -> list[Any]:
    subject = item["involvedObject"]
    return [
        format_age(item["lastTimestamp"], now),
        item["type"],
        item["reason"],
        f"{subject['kind'].lower()}/{subject['name']}",
        item["message"],
    ]


def _list_node_cells(item: Object, now: float) -> list[Any]:
    return [_name(item), "Ready", "<none>", _age(item, now), "v1.32.4"]


def _list_namespace_cells(item: Object, now: float) -> list[Any]:
    return [_name(item), "Active", _age(item, now)]


def _list_generic_cells(item: Object, now: float) -> list[Any]:
    return [_name(item), item["metadata"]["creationTimestamp"]]


GENERIC_COLUMNS = (("Name", 0), ("Created At", 0))
WIDE = (("Containers", 1), ("Images", 1))
TABLES: dict[str, tuple[tuple[tuple[str, int], ...], Cells]] = {
    "Pod": (
        (
            *((name, 0) for name in ("Name", "Ready", "Status", "Restarts", "Age")),
            *((name, 1) for name in ("IP", "Node", "Nominated Node", "Readiness Gates")),
        ),
        _list_pod_cells,
    ),
    "Deployment": (
        (*((name, 0) for name in ("Name", "Ready", "Up-to-date", "Available", "Age")), *WIDE, ("Selector", 1)),
        _list_deployment_cells,
    ),
    "ReplicaSet": (
        (*((name, 0) for name in ("Name", "Desired", "Current", "Ready", "Age")), *WIDE, ("Selector", 1)),
        _list_replica_set_cells,
    ),
    "StatefulSet": ((*((name, 0) for name in ("Name", "Ready", "Age")), *WIDE), _list_stateful_set_cells),
    "DaemonSet": (
        (
            *(
                (name, 0)
                for name in ("Name", "Desired", "Current", "Ready", "Up-to-date", "Available", "Node Selector", "Age")
            ),
            *WIDE,
            ("Selector", 1),
        ),
        _list_daemon_set_cells,
    ),
    "ControllerRevision": (tuple((name, 0) for name in ("Name", "Controller", "Revision", "Age")), _list_history_cells),
    "Event": (tuple((name, 0) for name in ("Last Seen", "Type", "Reason", "Object", "Message")), _list_event_cells),
    "Node": (tuple((name, 0) for name in ("Name", "Status", "Roles", "Age", "Version")), _list_node_cells),
    "Namespace": (tuple((name, 0) for name in ("Name", "Status", "Age")), _list_namespace_cells),
}

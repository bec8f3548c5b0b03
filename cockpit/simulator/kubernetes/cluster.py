"""One namespace of a cluster: objects as the API stores them, and the controllers that move them on. No I/O.

Time is handed in (`step`), in seconds of the Unix epoch. A pod becomes ready `startup` seconds after it was made, but
never where its image is one of `broken`: it says why, as a kubelet would. A rollout makes one pod more than it asks for
and takes an old one away for each new one that is ready, so the old ones go on when the new ones do not come up.
"""

import hashlib
import uuid
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from cockpit.simulator.kubernetes.objects import (
    CHANGE_CAUSE,
    GROUP_OF,
    LATER,
    REVISION,
    BrokenImage,
    Object,
    format_time,
    hash_template,
    is_ready,
    make_broken_status,
    make_container_status,
    make_template,
    read_revision,
    strip_hash,
)

HISTORY = 10  # revisions that are kept
EVENTS_KEPT = 3600.0  # seconds, as an API server keeps them where nobody said otherwise


@dataclass
class Cluster:
    """The objects by (kind, name). `version` grows with every change; an object's resourceVersion is its own."""

    namespace: str = "shop"
    startup: float = 1.0
    progress_deadline: float | None = None  # None: what the Deployment says
    broken: dict[str, BrokenImage] = field(default_factory=dict)  # by image
    broken_since: dict[str, float] = field(default_factory=dict)  # by image; a pod that is older was well until then
    logs: Callable[[str, str, str], list[str]] | None = None  # (pod, container, image) -> lines
    no_room: str = ""  # why the scheduler finds no node for a new pod; "" where it finds one
    objects: dict[tuple[str, str], Object] = field(default_factory=dict)
    version: int = 1000
    now: float = 0.0
    serial: int = 0

    # Objects

    def add(self, kind: str, name: str, body: Mapping[str, Any], *, owner: Object | None = None) -> Object:
        """A new object with what the API server gives it."""
        self.serial += 1
        meta: Object = {
            "name": name,
            "uid": str(uuid.uuid5(uuid.NAMESPACE_OID, f"{kind}/{name}/{self.serial}")),
            "creationTimestamp": format_time(self.now),
            "generation": 1,
            **deepcopy(dict(body.get("metadata", {}))),
        }
        if kind not in ("Namespace", "Node"):
            meta["namespace"] = self.namespace
        if owner is not None:
            meta["ownerReferences"] = [
                {
                    "apiVersion": owner["apiVersion"],
                    "kind": owner["kind"],
                    "name": owner["metadata"]["name"],
                    "uid": owner["metadata"]["uid"],
                    "controller": True,
                    "blockOwnerDeletion": True,
                }
            ]
        rest = {key: deepcopy(value) for key, value in body.items() if key != "metadata"}
        made: Object = {"kind": kind, "apiVersion": GROUP_OF[kind], "metadata": meta, **rest}
        self.objects[kind, name] = made
        self.touch(made)
        return made

    def touch(self, changed: Object) -> None:
        self.version += 1
        changed["metadata"]["resourceVersion"] = str(self.version)

    def remove(self, kind: str, name: str) -> None:
        if self.objects.pop((kind, name), None) is not None:
            self.version += 1

    def of_kind(self, kind: str) -> list[Object]:
        return [item for (key, _), item in sorted(self.objects.items()) if key == kind]

    def owned(self, kind: str, owner: Object) -> list[Object]:
        uid = owner["metadata"]["uid"]
        return [
            item
            for item in self.of_kind(kind)
            if any(reference["uid"] == uid for reference in item["metadata"].get("ownerReferences", ()))
        ]

    def deploy(
        self,
        name: str,
        image: str,
        *,
        kind: str = "Deployment",
        replicas: int = 2,
        cause: str = "",
        env: Mapping[str, str] | None = None,
    ) -> Object:
        """A workload, or a new image for one that is there: what `kubectl apply` of a team's manifest does."""
        template = make_template(name, image, env or {})
        workload = self.objects.get((kind, name))
        if workload is None:
            spec: Object = {
                "selector": {"matchLabels": {"app": name}},
                "template": template,
                "revisionHistoryLimit": 10,
            }
            if kind != "DaemonSet":
                spec["replicas"] = replicas
            if kind == "Deployment":
                spec |= {
                    "progressDeadlineSeconds": 600,
                    "strategy": {
                        "type": "RollingUpdate",
                        "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"},
                    },
                }
            if kind == "StatefulSet":
                spec |= {
                    "serviceName": name,
                    "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
                    "podManagementPolicy": "OrderedReady",
                }
            if kind == "DaemonSet":
                spec |= {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}}}
            workload = self.add(kind, name, {"metadata": {"labels": {"app": name}}, "spec": spec, "status": {}})
        else:
            workload["spec"]["template"] = template
            workload["metadata"]["generation"] += 1
            self.touch(workload)
        if cause:
            workload["metadata"].setdefault("annotations", {})[CHANGE_CAUSE] = cause
        self._control(workload)
        return workload

    def drain(self, node: str, why: str) -> None:
        """As `kubectl drain`: its pods are evicted, and nothing is scheduled there. Until `no_room` is taken back the
        pods that are made for them find no other node."""
        self.no_room = why
        if (item := self.objects.get(("Node", node))) is not None:
            item["spec"]["unschedulable"] = True
            self.touch(item)
        for pod in self.of_kind("Pod"):
            if pod["spec"].get("nodeName") == node:
                container = pod["spec"]["containers"][0]["name"]
                self._note(pod, "Killing", f"Stopping container {container}", source="kubelet")
                self.remove("Pod", pod["metadata"]["name"])

    # Controllers

    def step(self, now: float) -> None:
        """Let the controllers do what is due by `now`."""
        self.now = max(now, self.now)
        for event in self.of_kind("Event"):
            if event["lastTimestamp"] < format_time(self.now - EVENTS_KEPT):
                self.remove("Event", event["metadata"]["name"])
        for _ in range(50):  # one change leads to the next
            before = self.version
            for pod in self.of_kind("Pod"):
                self._move_pod(pod)
            for kind in ("Deployment", "StatefulSet", "DaemonSet"):
                for workload in self.of_kind(kind):
                    self._control(workload)
            if self.version == before:
                return

    def _control(self, workload: Object) -> None:
        {"Deployment": self._control_deployment}.get(workload["kind"], self._control_set)(workload)

    def _control_deployment(self, deployment: Object) -> None:
        name, spec = deployment["metadata"]["name"], deployment["spec"]
        desired = spec.get("replicas", 1)
        sets = self.owned("ReplicaSet", deployment)
        template_hash = hash_template(spec["template"])
        current = next(
            (item for item in sets if hash_template(strip_hash(item["spec"]["template"])) == template_hash), None
        )
        if spec.get("paused") and current is None:
            self._set_deployment_status(deployment, sets, None)
            return
        newest = max((read_revision(item) for item in sets), default=0)
        if current is None:
            labels = {**spec["template"]["metadata"].get("labels", {}), "pod-template-hash": template_hash}
            template = deepcopy(spec["template"])
            template["metadata"]["labels"] = labels
            current = self.add(
                "ReplicaSet",
                f"{name}-{template_hash}",
                {
                    "metadata": {"labels": labels, "annotations": {REVISION: str(newest + 1)}},
                    "spec": {"replicas": 0, "selector": {"matchLabels": labels}, "template": template},
                    "status": {"replicas": 0},
                },
                owner=deployment,
            )
            self._note(deployment, "ScalingReplicaSet", f"Scaled up replica set {name}-{template_hash} to 1")
        elif read_revision(current) < newest:
            annotations = current["metadata"]["annotations"]
            annotations["deployment.kubernetes.io/revision-history"] = annotations[REVISION]
            annotations[REVISION] = str(newest + 1)
            self.touch(current)
        annotations = deployment["metadata"].setdefault("annotations", {})
        if annotations.get(REVISION) != current["metadata"]["annotations"][REVISION]:
            annotations[REVISION] = current["metadata"]["annotations"][REVISION]
            cause = annotations.get(CHANGE_CAUSE)
            if cause:
                current["metadata"]["annotations"][CHANGE_CAUSE] = cause
            deployment["metadata"]["x-since"] = self.now  # when this rollout began
            deployment["metadata"]["x-through"] = False
            self.touch(deployment)
        if not spec.get("paused"):
            self._roll(deployment, current, [item for item in sets if item is not current], desired)
        for item in (*sets, *([] if current in sets else [current])):
            self._fill_replica_set(item)
        self._set_deployment_status(deployment, self.owned("ReplicaSet", deployment), current)
        self._prune(sets, current)

    def _roll(self, deployment: Object, current: Object, olds: list[Object], desired: int) -> None:
        ready_new = sum(map(is_ready, self.owned("Pod", current)))
        ready_old = sum(is_ready(pod) for item in olds for pod in self.owned("Pod", item))
        total_old = sum(item["spec"]["replicas"] for item in olds)
        room = desired + (1 if total_old else 0) - total_old
        count_now = min(current["spec"]["replicas"], desired)
        self._scale_replica_set(deployment, current, min(desired, max(room, count_now)))
        for item in sorted(olds, key=read_revision):
            count = item["spec"]["replicas"]
            pods = self.owned("Pod", item)
            unready = sum(not is_ready(pod) for pod in pods)
            spare = max(0, ready_new + ready_old - desired)
            take = min(count, max(unready, 0) + spare) if count else 0
            if take:
                ready_old -= max(0, take - unready)
                self._scale_replica_set(deployment, item, count - take)

    def _scale_replica_set(self, deployment: Object, item: Object, count: int) -> None:
        before = item["spec"]["replicas"]
        if count != before:
            item["spec"]["replicas"] = count
            self.touch(item)
            way = "up" if count > before else "down"
            self._note(
                deployment,
                "ScalingReplicaSet",
                f"Scaled {way} replica set {item['metadata']['name']} to {count} from {before}",
            )

    def _fill_replica_set(self, item: Object) -> None:
        pods = self.owned("Pod", item)
        for _ in range(item["spec"]["replicas"] - len(pods)):
            self._make_pod(item, f"{item['metadata']['name']}-{self._suffix()}", item["spec"]["template"])
        pods = sorted(self.owned("Pod", item), key=lambda pod: (is_ready(pod), pod["metadata"]["creationTimestamp"]))
        for pod in pods[: max(0, len(pods) - item["spec"]["replicas"])]:
            self.remove("Pod", pod["metadata"]["name"])
        pods = self.owned("Pod", item)
        ready = sum(map(is_ready, pods))
        status = {
            "replicas": len(pods),
            "fullyLabeledReplicas": len(pods),
            "readyReplicas": ready,
            "availableReplicas": ready,
            "observedGeneration": item["metadata"]["generation"],
        }
        self._set_status(item, {key: value for key, value in status.items() if value or key == "replicas"})

    def _set_deployment_status(self, deployment: Object, sets: list[Object], current: Object | None) -> None:
        pods = [pod for item in sets for pod in self.owned("Pod", item)]
        updated = len(self.owned("Pod", current)) if current else 0
        ready = sum(map(is_ready, pods))
        desired = deployment["spec"].get("replicas", 1)
        ready_new = sum(map(is_ready, self.owned("Pod", current))) if current else 0
        done = current is not None and updated >= desired and ready_new >= desired and len(pods) == updated
        began = deployment["metadata"].get("x-since", self.now)
        limit = (
            self.progress_deadline
            if self.progress_deadline is not None
            else deployment["spec"].get("progressDeadlineSeconds", 600)
        )
        late = not done and self.now - began >= limit
        name = current["metadata"]["name"] if current else ""
        # A rollout that was through stays so when pods of it fail later.
        through = done or (len(pods) == updated and bool(deployment["metadata"].get("x-through")))
        deployment["metadata"]["x-through"] = through
        progressing = (
            ("True", "NewReplicaSetAvailable", f'ReplicaSet "{name}" has successfully progressed.')
            if through
            else ("False", "ProgressDeadlineExceeded", f'ReplicaSet "{name}" has timed out progressing.')
            if late
            else ("True", "ReplicaSetUpdated", f'ReplicaSet "{name}" is progressing.')
        )
        if deployment["spec"].get("paused"):
            progressing = ("Unknown", "DeploymentPaused", "Deployment is paused")
        enough = ready >= desired - max(0, desired // 4)
        available = (
            ("True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
            if enough
            else ("False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
        )
        status = {
            "observedGeneration": deployment["metadata"]["generation"],
            "replicas": len(pods),
            "updatedReplicas": updated,
            "readyReplicas": ready,
            "availableReplicas": ready,
            "unavailableReplicas": max(0, desired + (len(pods) - desired if len(pods) > desired else 0) - ready),
        }
        conditions = [
            {"type": kind, "status": values[0], "reason": values[1], "message": values[2]}
            for kind, values in (("Available", available), ("Progressing", progressing))
        ]
        self._set_status(
            deployment, {**{key: value for key, value in status.items() if value}, "conditions": conditions}
        )

    def _control_set(self, workload: Object) -> None:
        """A StatefulSet or DaemonSet: ControllerRevisions, and pods that are replaced one after the other."""
        kind, name, spec = workload["kind"], workload["metadata"]["name"], workload["spec"]
        data = {"spec": {"template": {**deepcopy(spec["template"]), "$patch": "replace"}}}
        template_hash = hash_template(spec["template"])
        histories = self.owned("ControllerRevision", workload)
        newest = max((item["revision"] for item in histories), default=0)
        current = next(
            (
                item
                for item in histories
                if item["metadata"]["labels"]["controller-revision-hash"].endswith(template_hash)
            ),
            None,
        )
        if current is None:
            label = template_hash if kind == "DaemonSet" else f"{name}-{template_hash}"
            current = self.add(
                "ControllerRevision",
                f"{name}-{template_hash}",
                {
                    "metadata": {
                        "labels": {**spec["selector"]["matchLabels"], "controller-revision-hash": label},
                        "annotations": {CHANGE_CAUSE: cause}
                        if (cause := workload["metadata"].get("annotations", {}).get(CHANGE_CAUSE))
                        else {},
                    },
                    "revision": newest + 1,
                    "data": data,
                },
                owner=workload,
            )
        elif current["revision"] < newest:
            current["revision"] = newest + 1
            self.touch(current)
        label = current["metadata"]["labels"]["controller-revision-hash"]
        nodes = ["node-1", "node-2"]
        names = [f"{name}-{index}" for index in range(spec.get("replicas", 1))] if kind == "StatefulSet" else []
        pods = self.owned("Pod", workload)
        outdated = [pod for pod in pods if pod["metadata"]["labels"].get("controller-revision-hash") != label]
        if kind == "StatefulSet":  # those below the partition stay as they are
            partition = (spec["updateStrategy"].get("rollingUpdate") or {}).get("partition", 0)
            outdated = [pod for pod in outdated if int(pod["metadata"]["name"].rpartition("-")[2]) >= partition]
        # The newest ordinal goes first; the next only when those that were replaced are ready.
        if outdated and all(is_ready(pod) for pod in pods if pod not in outdated):
            self.remove("Pod", outdated[-1]["metadata"]["name"])
        elif outdated and not any(map(is_ready, outdated)):
            for pod in outdated:
                self.remove("Pod", pod["metadata"]["name"])
        pods = self.owned("Pod", workload)
        template = deepcopy(spec["template"])
        template["metadata"].setdefault("labels", {})["controller-revision-hash"] = label
        if kind == "StatefulSet":
            there = {pod["metadata"]["name"] for pod in pods}
            for pod_name in names:
                if pod_name not in there:
                    self._make_pod(workload, pod_name, template)
            for pod in pods:
                if pod["metadata"]["name"] not in names:
                    self.remove("Pod", pod["metadata"]["name"])
        else:
            taken = {pod["spec"].get("nodeName") for pod in pods}
            for node in nodes:
                if node not in taken:
                    self._make_pod(workload, f"{name}-{self._suffix()}", template, node=node)
        pods = self.owned("Pod", workload)
        ready = sum(map(is_ready, pods))
        updated = sum(pod["metadata"]["labels"].get("controller-revision-hash") == label for pod in pods)
        generation = workload["metadata"]["generation"]
        if kind == "StatefulSet":
            older = [item for item in histories if item is not current]
            done = updated == len(pods) == ready
            before = (
                max(older, key=lambda item: item["revision"])["metadata"]["name"]
                if older and not done
                else current["metadata"]["name"]
            )
            status: Object = {
                "observedGeneration": generation,
                "replicas": len(pods),
                "readyReplicas": ready,
                "availableReplicas": ready,
                "currentReplicas": len(pods) - updated if not done else updated,
                "updatedReplicas": updated,
                "currentRevision": before,
                "updateRevision": current["metadata"]["name"],
                "collisionCount": 0,
            }
        else:
            count = len(nodes)
            status = {
                "observedGeneration": generation,
                "currentNumberScheduled": len(pods),
                "desiredNumberScheduled": count,
                "numberMisscheduled": 0,
                "numberReady": ready,
                "numberAvailable": ready,
                "updatedNumberScheduled": updated,
                "numberUnavailable": count - ready,
            }
        self._set_status(workload, status)

    def _make_pod(self, owner: Object, name: str, template: Object, *, node: str = "") -> None:
        pod = self.add(
            "Pod",
            name,
            {
                "metadata": deepcopy(template["metadata"]),
                "spec": {
                    **deepcopy(template["spec"]),
                    "restartPolicy": "Always",
                },
                "status": {"phase": "Pending"},
            },
            owner=owner,
        )
        self._schedule(pod, node)
        self._move_pod(pod)

    def _schedule(self, pod: Object, node: str = "") -> None:
        """Give it a node, `node` or one that takes pods, where there is room."""
        name = pod["metadata"]["name"]
        if self.no_room:
            self._note(pod, "FailedScheduling", self.no_room, kind="Warning", source="default-scheduler")
            return
        nodes = [item for item in self.of_kind("Node") if not item["spec"].get("unschedulable")]
        names = [item["metadata"]["name"] for item in nodes] or ["node-1", "node-2"]
        pod["spec"]["nodeName"] = node or names[-1]  # it fills one node before the next
        pod["metadata"]["x-born"] = self.now
        self._note(
            pod,
            "Scheduled",
            f"Successfully assigned {self.namespace}/{name} to {pod['spec']['nodeName']}",
            source="default-scheduler",
        )

    def _move_pod(self, pod: Object) -> None:
        if not pod["spec"].get("nodeName"):
            self._schedule(pod)
        if not pod["spec"].get("nodeName"):
            waiting = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": self.no_room}
            since = {"lastTransitionTime": pod["metadata"]["creationTimestamp"]}
            self._set_status(pod, {"phase": "Pending", "conditions": [waiting | since], "qosClass": "Burstable"})
            return
        age = self.now - pod["metadata"].get("x-born", 0.0)
        containers = pod["spec"]["containers"]
        broken = next((self.broken[item["image"]] for item in containers if item["image"] in self.broken), None)
        started = format_time(pod["metadata"].get("x-born", 0.0))
        if age < self.startup:
            statuses = [
                make_container_status(item, {"waiting": {"reason": "ContainerCreating"}}) for item in containers
            ]
            self._set_pod_status(pod, "Pending", statuses, ready=False)
            return
        if broken is not None and broken.how == "later":
            age -= LATER
        if broken is None or (broken.how == "later" and not self._crashes_now(pod, age)):
            statuses = [
                make_container_status(item, {"running": {"startedAt": started}}, ready=True) for item in containers
            ]
            self._set_pod_status(pod, "Running", statuses, ready=True)
            return
        statuses = []
        for item in containers:
            if item["image"] not in self.broken:
                statuses.append(make_container_status(item, {"running": {"startedAt": started}}, ready=True))
                continue
            ill = min(age - self.startup, self.now - self.broken_since.get(item["image"], 0.0))
            statuses.append(make_broken_status(item, broken, ill, pod["metadata"]["name"]))
        self._set_pod_status(pod, "Pending" if broken.how == "pull" else "Running", statuses, ready=False)
        reason = {"pull": "Failed", "unready": "Unhealthy"}.get(broken.how, "BackOff")
        message = {
            "pull": f'Failed to pull image "{containers[0]["image"]}": {broken.message or "not found"}',
            "unready": broken.message or "Readiness probe failed: HTTP probe failed with statuscode: 503",
        }.get(
            broken.how, f"Back-off restarting failed container {containers[0]['name']} in pod {pod['metadata']['name']}"
        )
        self._note(pod, reason, message, kind="Warning", source="kubelet")

    def _crashes_now(self, pod: Object, age: float) -> bool:
        """Whether a pod of an image that breaks later is the one that does by now: the oldest of its image."""
        images = [item["image"] for item in pod["spec"]["containers"]]
        alike = [
            item
            for item in self.of_kind("Pod")
            if [container["image"] for container in item["spec"]["containers"]] == images
        ]
        ages = sorted((item["metadata"].get("x-born", 0.0), item["metadata"]["name"]) for item in alike)
        return age >= self.startup and ages[0][1] == pod["metadata"]["name"]

    def _set_pod_status(self, pod: Object, phase: str, statuses: list[Object], *, ready: bool) -> None:
        word = "True" if ready else "False"
        names = " ".join(status["name"] for status in statuses if not status["ready"])
        unready = (
            {} if ready else {"reason": "ContainersNotReady", "message": f"containers with unready status: [{names}]"}
        )
        since = pod["status"].get("conditions", [{}])[0].get("lastTransitionTime", format_time(self.now))
        if any(
            entry.get("type") == "Ready" and entry["status"] != word for entry in pod["status"].get("conditions", ())
        ):
            since = format_time(self.now)
        conditions = [
            {"type": kind, "status": value, "lastTransitionTime": since, **rest}
            for kind, value, rest in (
                ("Initialized", "True", {}),
                ("Ready", word, unready),
                ("ContainersReady", word, unready),
                ("PodScheduled", "True", {}),
            )
        ]
        number = int(hashlib.sha256(pod["metadata"]["name"].encode()).hexdigest()[:4], 16)
        self._set_status(
            pod,
            {
                "phase": phase,
                "conditions": conditions,
                "hostIP": "10.0.0.4",
                "podIP": f"10.244.{number // 250 % 250}.{1 + number % 250}",
                "startTime": pod["metadata"]["creationTimestamp"],
                "containerStatuses": statuses,
                "qosClass": "Burstable",
            },
        )

    def _set_status(self, item: Object, status: Object) -> None:
        if item.get("status") != status:
            item["status"] = status
            self.touch(item)

    def _prune(self, sets: list[Object], current: Object) -> None:
        empty = sorted(
            (item for item in sets if item is not current and not item["spec"]["replicas"]), key=read_revision
        )
        for item in empty[: max(0, len(empty) - HISTORY)]:
            self.remove("ReplicaSet", item["metadata"]["name"])

    def _note(
        self, item: Object, reason: str, message: str, *, kind: str = "Normal", source: str = "deployment-controller"
    ) -> None:
        """An event; the same one again is counted."""
        meta = item["metadata"]
        name = f"{meta['name']}.{hashlib.sha256(f'{reason}{message}'.encode()).hexdigest()[:10]}"
        event = self.objects.get(("Event", name))
        if event is not None:
            return
        self.add(
            "Event",
            name,
            {
                "involvedObject": {
                    "kind": item["kind"],
                    "namespace": self.namespace,
                    "name": meta["name"],
                    "uid": meta["uid"],
                    "apiVersion": item["apiVersion"],
                },
                "reason": reason,
                "message": message,
                "source": {"component": source},
                "reportingComponent": source,
                "firstTimestamp": format_time(self.now),
                "lastTimestamp": format_time(self.now),
                "count": 1,
                "type": kind,
            },
        )

    def _suffix(self) -> str:
        """Five letters, as a ReplicaSet names its pods."""
        self.serial += 1
        letters = "bcdfghjklmnpqrstvwxz2456789"
        number = int(hashlib.sha256(f"{self.namespace}{self.serial}".encode()).hexdigest(), 16)
        return "".join(letters[(number >> shift) % len(letters)] for shift in range(0, 50, 10))

    def read_log(self, pod: str, container: str, *, previous: bool) -> list[tuple[str, str]]:
        """(time, line) of a container, oldest first."""
        item = self.objects["Pod", pod]
        spec = next(entry for entry in item["spec"]["containers"] if entry["name"] == container)
        broken = self.broken.get(spec["image"])
        stamp = format_time(item["metadata"].get("x-born", 0.0))
        if self.logs is not None:
            return [(stamp, line) for line in self.logs(pod, container, spec["image"])]
        lines = [f"starting {spec['image']}", "listening on :8080"]
        if broken is not None and broken.how in ("crash", "oom", "later"):
            lines = [f"starting {spec['image']}", broken.message or "fatal: cannot reach the database"]
        elif (broken is not None and broken.how == "pull") or previous:
            return []
        return [(stamp, line) for line in lines]

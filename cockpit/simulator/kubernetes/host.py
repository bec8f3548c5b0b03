"""A scenario whose app runs in a cluster: deployments are rollouts there, and ready pods have the traffic."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from cockpit.simulator.kubernetes.api import build_kubeconfig
from cockpit.simulator.kubernetes.cluster import Cluster
from cockpit.simulator.kubernetes.objects import BrokenImage, Object, is_ready, make_node
from cockpit.simulator.log_streams import list_console_lines
from cockpit.simulator.world.stage import Stage
from cockpit.simulator.world.world import SimulatedRevision, TrafficShare, World, remember_state

SETTLING = 40.0  # seconds in which an old rollout was through
CLUSTER = "aks-simulated"
BAD_RELEASE = BrokenImage("later", "fatal: database pool exhausted")
NODES = ("aks-pool1-1", "aks-pool1-2", "aks-pool1-3")
NO_ROOM = "0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient cpu."
LINES = 60.0  # seconds of log that a pod shows


class KubernetesHost:
    """One cluster beside one stage. `follow` brings each up to the other."""

    def __init__(self, stage: Stage, folder: Path, *, namespace: str = "shop", context: str = "simulated") -> None:
        self._stage, self._folder = stage, folder
        self._namespace, self._context = namespace, context
        self._name = stage.scenario.site.app
        self.cluster = Cluster(namespace=namespace, startup=2.0, logs=self._write_log)
        self._deployed: set[str] = set()
        for name in NODES:
            self.cluster.add("Node", name, make_node(name))
        for revision in stage.world().revisions:
            moment = stage.clock.at(revision.created).timestamp()
            self.cluster.now = moment
            self._deploy(revision)
            for second in range(int(SETTLING)):
                self.cluster.step(moment + second)
        self.cluster.step(self._now())
        self._pass_on()
        for name in dict.fromkeys(
            (namespace, "default", "kube-system")
        ):  # kubectl asks for it when a name is not there
            self.cluster.add("Namespace", name, {"status": {"phase": "Active"}})

    def follow(self) -> None:
        """What the scenario had in store by now happens to the cluster, and what became of the cluster to the world."""
        self.cluster.step(self._now())
        world = self._stage.world()
        if not world.is_drained:
            self.cluster.no_room = ""
        elif not self.cluster.no_room:
            self.cluster.drain(NODES[-1], NO_ROOM)
        for revision in world.revisions:
            if world.is_sick(revision):
                self.cluster.broken.setdefault(revision.image, BAD_RELEASE)
                self.cluster.broken_since.setdefault(revision.image, self._now())
            else:
                self.cluster.broken.pop(revision.image, None)
                self.cluster.broken_since.pop(revision.image, None)
            if revision.name not in self._deployed:
                self._deploy(revision)
        if image := self._stage.image_to_run:
            self._stage.image_to_run = ""
            self.cluster.deploy(self._name, image, replicas=2, cause=f"image {image}")
        self.cluster.step(self._now())
        self._pass_on()

    def describe(self, url: str) -> Mapping[str, str]:
        """For the line that says the simulator is ready; writes the kubeconfig."""
        path = self._folder / "kubeconfig"
        kubeconfig = build_kubeconfig(url, context=self._context, cluster=CLUSTER, namespace=self._namespace)
        path.write_text(json.dumps(kubeconfig, indent=1), "utf-8")
        return {
            "kubeconfig": str(path),
            "context": self._context,
            "namespace": self._namespace,
            "workload": f"deployment/{self._name}",
        }

    def _deploy(self, revision: SimulatedRevision) -> None:
        self._deployed.add(revision.name)
        self.cluster.deploy(self._name, revision.image, replicas=2, cause=f"image {revision.image}")

    def _pass_on(self) -> None:
        """Every ready pod has its share of the requests."""
        world = self._stage.world()
        pods = [pod for pod in self.cluster.of_kind("Pod") if read_image(pod)]
        ready: dict[str, int] = {}
        for pod in pods:
            if is_ready(pod):
                ready[read_image(pod)] = ready.get(read_image(pod), 0) + 1
        total = sum(ready.values())
        images = {read_image(pod) for pod in pods}
        revisions = tuple(self._with_life(world, revision, images) for revision in world.revisions)
        shares = [
            TrafficShare(ready[revision.image] * 100 // total, revision.name)
            for revision in world.revisions
            if ready.get(revision.image)
        ]
        if shares:
            rest = 100 - sum(share.weight for share in shares)
            shares[0] = replace(shares[0], weight=shares[0].weight + rest)
        else:
            shares = [TrafficShare(100, next((item.name for item in revisions if not item.active), revisions[-1].name))]
        self._stage.become(remember_state(replace(world, revisions=revisions, traffic=tuple(shares))))

    def _with_life(self, world: World, revision: SimulatedRevision, images: set[str]) -> SimulatedRevision:
        there = revision.image in images
        if there == revision.active:
            return revision
        if not there:
            return replace(revision, active=False, stopped=world.now)
        return replace(revision, active=True, started=world.now, ready=world.now, stopped=None)

    def _write_log(self, pod: str, container: str, image: str) -> list[str]:
        world = self._stage.world()
        revision = next((item for item in world.revisions if item.image == image), None)
        if revision is None:
            return []
        lines = list_console_lines(world, revision, world.now - LINES, world.now)
        return [f"{line.level} {line.text}" for line in lines]

    def _now(self) -> float:
        return self._stage.clock.at(self._stage.clock.elapsed()).timestamp()


def read_image(pod: Object) -> str:
    containers = pod["spec"].get("containers") or [{}]
    return str(containers[0].get("image") or "")

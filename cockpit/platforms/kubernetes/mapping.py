"""What the API says of workloads, their revisions and pods, as our own nouns. Pure and total.

A Deployment keeps a ReplicaSet for each revision, a StatefulSet and a DaemonSet keep ControllerRevisions. The newest
number is the revision that the workload asks for now; the one before it goes on working until a rollout is through.
The traffic of a revision is its share of the ready pods: a Service spreads requests evenly over those.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from cockpit.model.raw import dig_value, list_mappings, read_integer, read_moment, read_text
from cockpit.model.revision import Application, Replica, Revision, RevisionContainer, template_settings
from cockpit.platforms.kubernetes.settings import NAME

Raw = Mapping[str, Any]
EPOCH = datetime.fromtimestamp(0, UTC)

RESOURCES = {"Deployment": "deployments", "StatefulSet": "statefulsets", "DaemonSet": "daemonsets"}
NUMBER = "deployment.kubernetes.io/revision"
CHANGE_CAUSE = "kubernetes.io/change-cause"
POD_HASH = "controller-revision-hash"
WELL_WAITING = frozenset({"ContainerCreating", "PodInitializing"})  # reasons of a container that only takes its time


@dataclass(frozen=True, slots=True)
class ClusterAnswers:
    """What one look brought. `pods` is None where they may not be listed."""

    workloads: Mapping[str, Sequence[Raw]]  # by kind: Deployment, StatefulSet, DaemonSet
    replica_sets: Sequence[Raw] = ()
    controller_revisions: Sequence[Raw] = ()
    pods: Sequence[Raw] | None = None


def map_applications(answers: ClusterAnswers, *, environment: str, location: str = "") -> tuple[Application, ...]:
    """Every workload, by name; one whose name two kinds have is called `statefulset/NAME` where it is no Deployment."""
    names = [read_name(raw) for raws in answers.workloads.values() for raw in raws]
    owned = index_owned((*answers.replica_sets, *answers.controller_revisions))
    pods = None if answers.pods is None else index_owned(answers.pods)
    result = [
        map_workload(raw, kind, owned, pods, environment=environment, location=location, several=names)
        for kind, raws in answers.workloads.items()
        for raw in raws
    ]
    return tuple(sorted(result, key=lambda application: application.name))


def share_traffic(counts: Sequence[int]) -> list[int]:
    """Percent by how many pods are ready; 100 together, or all 0 where none is."""
    total = sum(counts)
    shares = [count * 100 // total if total else 0 for count in counts]
    if total:
        shares[counts.index(max(counts))] += 100 - sum(shares)
    return shares


def map_workload(
    raw: Raw,
    kind: str,
    owned: Mapping[str, Sequence[Raw]],
    pods: Mapping[str, Sequence[Raw]] | None,
    *,
    environment: str,
    location: str,
    several: Sequence[str] = (),
) -> Application:
    """One workload with its revisions, newest number first."""
    name = read_name(raw)
    if kind != "Deployment" and several.count(name) > 1:
        name = f"{kind.lower()}/{name}"
    histories = owned.get(read_uid(raw), ())
    workload = WorkloadState(name, kind, raw)
    if kind == "Deployment":
        revisions = [_map_replica_set(workload, history, pods) for history in histories]
    else:
        mine = None if pods is None else pods.get(read_uid(raw), ())
        revisions = [_map_controller_revision(workload, history, mine, histories) for history in histories]
    shares = share_traffic([ready for _, ready in revisions])
    weighted = [replace(revision, weight=share) for (revision, _), share in zip(revisions, shares, strict=True)]
    ordered = sorted(weighted, key=lambda revision: (revision.number or 0, revision.created or EPOCH), reverse=True)
    return Application(
        name=name,
        environment=environment,
        mode=kind.lower(),
        fqdn="",
        revisions=tuple(_with_end(revision, newer) for revision, newer in zip(ordered, [None, *ordered], strict=False)),
        running="Paused" if dig_value(raw, "spec", "paused") is True else "",
        has_ingress=False,
        platform=NAME,
        location=location,
    )


@dataclass(frozen=True, slots=True)
class WorkloadState:
    """One workload as its revisions need it."""

    name: str
    kind: str
    raw: Raw = field(repr=False)

    @property
    def number(self) -> int | None:
        """The revision that a Deployment asks for now."""
        return read_integer(dig_value(self.raw, "metadata", "annotations", NUMBER))

    @property
    def desired(self) -> int:
        """How many pods it asks for."""
        if self.kind == "DaemonSet":
            return read_integer(dig_value(self.raw, "status", "desiredNumberScheduled")) or 0
        count = read_integer(dig_value(self.raw, "spec", "replicas"))
        return 1 if count is None else count

    @property
    def stuck(self) -> str:
        """Why its rollout has failed, "" while it goes on or is through."""
        for condition in list_mappings(dig_value(self.raw, "status", "conditions")):
            if condition.get("type") == "Progressing" and condition.get("status") == "False":
                reason, message = read_text(condition.get("reason")), read_text(condition.get("message"))
                return "Progress Deadline Exceeded" if reason == "ProgressDeadlineExceeded" else f"{reason}: {message}"
        return next(
            (
                f"{read_text(condition.get('reason'))}: {read_text(condition.get('message'))}"
                for condition in list_mappings(dig_value(self.raw, "status", "conditions"))
                if condition.get("type") == "ReplicaFailure" and condition.get("status") == "True"
            ),
            "",
        )


def _map_replica_set(
    workload: WorkloadState, raw: Raw, pods: Mapping[str, Sequence[Raw]] | None
) -> tuple[Revision, int]:
    number = read_integer(dig_value(raw, "metadata", "annotations", NUMBER))
    desired = read_integer(dig_value(raw, "spec", "replicas")) or 0
    current = number is not None and number == workload.number
    mine = None if pods is None else pods.get(read_uid(raw), ())
    return _build_revision(
        workload,
        name=read_name(raw),
        number=number,
        raw=raw,
        template=dig_value(raw, "spec", "template"),
        desired=max(desired, workload.desired) if current else desired,
        current=current,
        active=current or desired > 0 or bool(mine),
        pods=mine,
        ready=read_integer(dig_value(raw, "status", "readyReplicas")) or 0,
    )


def _map_controller_revision(
    workload: WorkloadState, raw: Raw, pods: Sequence[Raw] | None, histories: Sequence[Raw]
) -> tuple[Revision, int]:
    name, number = read_name(raw), read_integer(raw.get("revision"))
    current = number == max((read_integer(history.get("revision")) or 0 for history in histories), default=None)
    hashes = {name, name.removeprefix(f"{read_name(workload.raw)}-"), _read_hash(raw)}
    mine = None if pods is None else [pod for pod in pods if _read_hash(pod) in hashes]
    status = "updatedReplicas" if workload.kind == "StatefulSet" else "updatedNumberScheduled"
    ready = "readyReplicas" if workload.kind == "StatefulSet" else "numberReady"
    counted = read_integer(dig_value(workload.raw, "status", status if current else ready)) or 0
    return _build_revision(
        workload,
        name=name,
        number=number,
        raw=raw,
        template=dig_value(raw, "data", "spec", "template"),
        desired=workload.desired if current else len(mine or ()),
        current=current,
        active=current or bool(mine),
        pods=mine,
        ready=counted,
    )


def _build_revision(
    workload: WorkloadState,
    *,
    name: str,
    number: int | None,
    raw: Raw,
    template: Any,
    desired: int,
    current: bool,
    active: bool,
    pods: Sequence[Raw] | None,
    ready: int,
) -> tuple[Revision, int]:
    """The revision, and how many of its pods are ready; `ready` is what counts where pods may not be listed."""
    replicas = None if pods is None else tuple(map(map_pod, pods)) if active else ()
    ready_count = ready if replicas is None else sum(replica.ready for replica in replicas)
    trouble = _describe_trouble(workload, replicas, desired, current)
    running, health, provisioning = _judge_rollout(workload, desired, ready_count, current, active, trouble)
    containers = tuple(
        RevisionContainer(read_text(container.get("name")), read_text(container.get("image")))
        for container in list_mappings(dig_value(template, "spec", "containers"))
    )
    cause = read_text(dig_value(raw, "metadata", "annotations", CHANGE_CAUSE))
    revision = Revision(
        app=workload.name,
        name=name,
        active=active,
        weight=0,
        created=read_moment(dig_value(raw, "metadata", "creationTimestamp")),
        image=", ".join(container.image for container in containers if container.image),
        containers=containers,
        settings=template_settings(_strip_template(template)),
        health=health,
        provisioning=provisioning,
        running=running,
        running_details=trouble,
        replica_count=desired if active else 0,
        replicas=replicas,
        min_replicas=desired if active else None,
        number=number,
        change_cause=cause,
    )
    return revision, ready_count if active else 0


def _judge_rollout(
    workload: WorkloadState, desired: int, ready: int, current: bool, active: bool, trouble: str
) -> tuple[str, str, str]:
    """(running, health, provisioning) in the words that `judge_revision` knows."""
    if not active:
        return "", "", ""
    if current and workload.stuck:
        return "Failed", "", "Failed"
    if desired == 0:
        return ("ScaledToZero", "", "") if current else ("Stopping", "", "")
    if ready >= desired:
        return "Running", "Healthy", ""
    if current and dig_value(workload.raw, "spec", "paused") is True:
        return "Paused", "", ""
    if ready and trouble:  # some answer, and others never will: no rollout that only takes its time
        return "Degraded", "", ""
    return ("Rollout" if ready else "Starting"), "", ""


def _describe_trouble(workload: WorkloadState, replicas: Sequence[Replica] | None, desired: int, current: bool) -> str:
    """Why pods do not come up: the rollout's own word, then the reason that most pods give."""
    parts = [workload.stuck] if current and workload.stuck else []
    reasons = [replica.details or replica.state for replica in replicas or () if not replica.ready and replica.details]
    if reasons:
        parts.append(max(dict.fromkeys(reasons), key=reasons.count))
    return ". ".join(parts)


def _strip_template(template: Any) -> Any:
    """Without the label that only tells one revision from another."""
    labels = dig_value(template, "metadata", "labels")
    if not isinstance(labels, Mapping) or not isinstance(template, Mapping):
        return template
    kept = {key: value for key, value in labels.items() if key not in ("pod-template-hash", POD_HASH)}
    return {**template, "metadata": {**template["metadata"], "labels": kept, "creationTimestamp": None}}


def _with_end(revision: Revision, newer: Revision | None) -> Revision:
    """When the next revision took over. Where that one is older (an undo), nobody knows when."""
    if revision.active or newer is None or revision.created is None or newer.created is None:
        return revision
    return replace(revision, last_active=newer.created) if newer.created > revision.created else revision


def map_pod(raw: Raw) -> Replica:
    """One pod, in the word that `kubectl get pods` shows for it. Ready when its Ready condition says so."""
    statuses = list_mappings(dig_value(raw, "status", "containerStatuses"))
    first = list_mappings(dig_value(raw, "status", "initContainerStatuses"))
    leaving = dig_value(raw, "metadata", "deletionTimestamp") is not None
    conditions = {
        read_text(condition.get("type")): condition
        for condition in list_mappings(dig_value(raw, "status", "conditions"))
    }
    ready = dig_value(conditions.get("Ready"), "status") == "True" and not leaving
    return Replica(
        name=read_name(raw),
        state=read_pod_state(raw),
        ready=ready,
        restarts=sum(max(0, read_integer(status.get("restartCount")) or 0) for status in (*first, *statuses)),
        created=read_moment(dig_value(raw, "metadata", "creationTimestamp")),
        details="" if ready or leaving else _explain_pod((*first, *statuses), conditions),
        containers=tuple(
            (read_text(container.get("name")), "")
            for container in (
                *filter(_keeps_from_starting, first),
                *list_mappings(dig_value(raw, "spec", "containers")),
            )
        ),
    )


def _keeps_from_starting(status: Raw) -> bool:
    """Whether an init container has run and is not done: its log has the reason why the others do not start."""
    ended = dig_value(status, "state", "terminated")
    if isinstance(ended, Mapping):
        return read_integer(ended.get("exitCode")) != 0
    is_running = dig_value(status, "state", "running") is not None
    has_failed = dig_value(status, "lastState", "terminated") is not None
    return status.get("ready") is not True and (is_running or has_failed)


def read_pod_state(raw: Raw) -> str:
    """The STATUS column of kubectl: the reason of the container that keeps it, else its phase."""
    phase = read_text(dig_value(raw, "status", "phase"))
    state = read_text(dig_value(raw, "status", "reason")) or phase or "Unknown"
    first = list_mappings(dig_value(raw, "status", "initContainerStatuses"))
    for index, status in enumerate(first):
        ended = dig_value(status, "state", "terminated")
        if isinstance(ended, Mapping) and read_integer(ended.get("exitCode")) == 0:
            continue
        if status.get("started") is True and status.get("ready") is True:
            continue  # a side-car that was started first
        waiting = read_text(dig_value(status, "state", "waiting", "reason"))
        reason = read_text(dig_value(ended, "reason")) or (waiting if waiting != "PodInitializing" else "")
        state = f"Init:{reason}" if reason else f"Init:{index}/{len(first)}"
        break
    else:
        running = False
        for status in reversed(list_mappings(dig_value(raw, "status", "containerStatuses"))):
            waiting = read_text(dig_value(status, "state", "waiting", "reason"))
            ended = read_text(dig_value(status, "state", "terminated", "reason"))
            state = waiting or ended or state
            running = running or (status.get("ready") is True and dig_value(status, "state", "running") is not None)
        if state == "Completed" and running:
            state = "Running"
    return "Terminating" if dig_value(raw, "metadata", "deletionTimestamp") is not None else state


def _explain_pod(statuses: Iterable[Raw], conditions: Mapping[str, Raw]) -> str:
    """`CrashLoopBackOff: back-off 5m0s restarting failed container (OOMKilled, exit code 137)`."""
    for status in statuses:
        waiting = dig_value(status, "state", "waiting")
        reason, message = read_text(dig_value(waiting, "reason")), read_text(dig_value(waiting, "message"))
        last = dig_value(status, "lastState", "terminated") or dig_value(status, "state", "terminated")
        ended = describe_end(last)
        if reason and reason not in WELL_WAITING:
            text = f"{reason}: {message}" if message else reason
            return f"{text} ({ended})" if ended else text
        if ended and status.get("ready") is not True and reason not in WELL_WAITING:
            return f"{read_text(status.get('name'))} ended: {ended}"
    scheduled = conditions.get("PodScheduled")
    if dig_value(scheduled, "status") == "False":
        return f"{read_text(dig_value(scheduled, 'reason'))}: {read_text(dig_value(scheduled, 'message'))}"
    ready = conditions.get("ContainersReady") or conditions.get("Ready")
    return read_text(dig_value(ready, "message")) if dig_value(ready, "status") == "False" else ""


def describe_end(terminated: object) -> str:
    """How a container ended: `OOMKilled, exit code 137`; "" for one that ended well."""
    code = read_integer(dig_value(terminated, "exitCode"))
    reason = read_text(dig_value(terminated, "reason"))
    if code is None or (code == 0 and reason in ("Completed", "")):
        return ""
    return f"{reason}, exit code {code}" if reason and reason != "Error" else f"exit code {code}"


def index_owned(raws: Iterable[Raw]) -> dict[str, list[Raw]]:
    """Objects by the uid of the object that controls them."""
    owned: dict[str, list[Raw]] = {}
    for raw in raws:
        for owner in list_mappings(dig_value(raw, "metadata", "ownerReferences")):
            if owner.get("controller") is True:
                owned.setdefault(read_text(owner.get("uid")), []).append(raw)
    return owned


def _read_hash(raw: Raw) -> str:
    return read_text(dig_value(raw, "metadata", "labels", POD_HASH))


def read_name(raw: Raw) -> str:
    return read_text(dig_value(raw, "metadata", "name"))


def read_uid(raw: Raw) -> str:
    return read_text(dig_value(raw, "metadata", "uid"))

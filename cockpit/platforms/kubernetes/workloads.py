"""The revisions feed of a namespace: its workloads with their revisions and pods."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from cockpit.feeds.polling import IncompleteError
from cockpit.model.problem import Problem, ProblemKind, SourceError
from cockpit.model.revision import MISSING, Application
from cockpit.platforms.kubernetes.client import ClusterClient
from cockpit.platforms.kubernetes.mapping import RESOURCES, ClusterAnswers, map_applications
from cockpit.platforms.kubernetes.settings import NAME, KubernetesSettings

Raw = Mapping[str, Any]
APPS = "/apis/apps/v1/namespaces"
DEADLINE = 40.0  # seconds for one look at everything
KINDS = {kind.lower(): kind for kind in RESOURCES} | {"deploy": "Deployment", "sts": "StatefulSet", "ds": "DaemonSet"}


async def read_workloads(
    client: ClusterClient, settings: KubernetesSettings, environment: str
) -> tuple[Application, ...]:
    """The configured workloads, or all of the namespace. Raises SourceError; IncompleteError where rights are missing.

    A configured workload that is not there is shown as such; its neighbours stay visible.
    """
    target = await client.target()
    base = f"{APPS}/{target.namespace}"
    collections = {
        **{kind: f"{base}/{resource}" for kind, resource in RESOURCES.items()},
        "ReplicaSet": f"{base}/replicasets",
        "ControllerRevision": f"{base}/controllerrevisions",
        "Pod": f"/api/v1/namespaces/{target.namespace}/pods",
    }
    # All are waited for, also where one fails: a question that nobody waits for any more keeps its connection open.
    answered = await asyncio.gather(
        *(_list_allowed(client, path) for path in collections.values()), return_exceptions=True
    )
    if failure := next((result for result in answered if isinstance(result, BaseException)), None):
        raise failure
    results = [result for result in answered if not isinstance(result, BaseException)]
    items: dict[str, list[Raw]] = {}
    problems: dict[str, Problem] = {}
    for kind, (raws, problem) in zip(collections, results, strict=True):
        items[kind] = raws
        if problem is not None:
            problems[kind] = problem
    if problems.keys() >= RESOURCES.keys():
        raise SourceError(problems["Deployment"])  # no workload at all can be seen
    answers = ClusterAnswers(
        workloads={kind: items[kind] for kind in RESOURCES},
        replica_sets=items["ReplicaSet"],
        controller_revisions=items["ControllerRevision"],
        pods=None if "Pod" in problems else items["Pod"],
    )
    # Hundreds of pods and templates take longer than a frame.
    applications = await asyncio.to_thread(map_applications, answers, environment=environment, location=target.label)
    if not applications and not problems:
        await _must_exist(client, target.namespace)  # of a namespace that is not there a cluster lists nothing
    if settings.workloads:
        applications = _choose_applications(applications, settings.workloads, environment, target.label)
        if all(application.running == MISSING for application in applications) and not problems:
            raise SourceError(_none_there(settings.workloads, items, target.namespace))
    # A kind that may not be listed matters where workloads of it could be meant.
    relevant = [problem for kind, problem in problems.items() if _matters(kind, settings.workloads, applications)]
    if relevant:
        raise IncompleteError(applications, relevant[0])
    return applications


async def _list_allowed(client: ClusterClient, path: str) -> tuple[list[Raw], Problem | None]:
    """The objects, or the refusal; anything else that goes wrong is raised."""
    try:
        return await client.list_items(path), None
    except SourceError as error:
        if error.problem.kind is not ProblemKind.FORBIDDEN:
            raise
        return [], error.problem


async def _must_exist(client: ClusterClient, namespace: str) -> None:
    """Raises SourceError for a namespace that the cluster does not have; who may not ask learns nothing."""
    try:
        await client.get(f"/api/v1/namespaces/{namespace}")
    except SourceError as error:
        if error.problem.kind is ProblemKind.MISSING:
            advice = "Check context and namespace of the environment in cockpit.toml."
            message = f"The cluster has no namespace {namespace!r}."
            problem = Problem(ProblemKind.MISSING, "404 no such namespace", message, advice, code="no-such-namespace")
            raise SourceError(problem) from error


def _choose_applications(
    applications: Sequence[Application], names: Sequence[str], environment: str, location: str
) -> tuple[Application, ...]:
    chosen: dict[str, Application] = {}
    for written in names:
        kind, name = split_workload(written)
        matches = [
            application
            for application in applications
            if application.name.rpartition("/")[2] == name and kind in ("", application.mode)
        ]
        for application in matches:
            chosen[application.name] = application
        if not matches:
            chosen[name] = Application(
                name, environment, kind, "", (), MISSING, has_ingress=False, platform=NAME, location=location
            )
    return tuple(chosen[name] for name in sorted(chosen))


def split_workload(written: str) -> tuple[str, str]:
    """`deployment/api` as (`deployment`, `api`); a bare name may be of any kind."""
    kind, slash, name = written.partition("/")
    if not slash:
        return "", written
    return KINDS.get(kind.lower().removesuffix("s").removesuffix(".app"), kind).lower(), name


def _matters(kind: str, names: Sequence[str], applications: Sequence[Application]) -> bool:
    modes = {application.mode for application in applications}
    match kind:
        case "Pod":
            return True
        case "ReplicaSet":
            return "deployment" in modes
        case "ControllerRevision":
            return bool(modes & {"statefulset", "daemonset"})
    if not names:
        return True
    missing = any(application.running == MISSING for application in applications)
    return missing or any(split_workload(name)[0] == kind.lower() for name in names)


def _none_there(names: Sequence[str], items: Mapping[str, Sequence[Raw]], namespace: str) -> Problem:
    there = sorted(
        str(raw["metadata"]["name"])
        for kind in RESOURCES
        for raw in items[kind]
        if isinstance(raw.get("metadata"), Mapping) and "name" in raw["metadata"]
    )
    listed = f"It has: {', '.join(there[:12])}." if there else "It has no workloads."
    return Problem(
        ProblemKind.MISSING,
        "404 no such workload",
        f"None of {', '.join(names)} is in namespace {namespace!r}. {listed}",
        "Check context, namespace and workloads of the environment in cockpit.toml.",
    )

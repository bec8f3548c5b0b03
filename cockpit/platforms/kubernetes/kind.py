"""What Kubernetes is to the cockpit: what can be done with a revision, and how a rollout is undone. Pure."""

from collections.abc import Sequence
from pathlib import Path

from cockpit.model.revision import Application, Revision
from cockpit.model.system import Environment
from cockpit.platforms.kubernetes.settings import NAME, read_settings
from cockpit.platforms.platform import PlatformCommand, PlatformKind, RevisionChoice, RollbackTerms

ROLLBACK, UNDO = "undo-rollout", "undo-a-rollout"  # the document and its procedure


def list_revision_choices(application: Application, revision: Revision) -> list[RevisionChoice]:
    """What makes sense for this revision as it stands. A change is of the workload, whichever revision was chosen."""
    values_by_name = {"workload": name_workload(application), "namespace": read_namespace(application)}
    current = application.revisions[:1] == (revision,)
    result = [RevisionChoice("roll back", "away from it" if current else "to this revision", "")]
    result.append(
        RevisionChoice("restart", "replace all pods, one after the other", "restart-workload", values_by_name)
    )
    if application.mode != "daemonset":
        result.append(RevisionChoice("scale", "to another number of pods", "scale-workload", values_by_name))
    if pod := choose_pod(revision):
        values_by_name = {"namespace": read_namespace(application), "pod": pod}
        result.append(RevisionChoice("delete a pod", f"{pod}; asks for its name", "delete-a-pod", values_by_name))
    return result


def choose_pod(revision: Revision) -> str:
    """The pod that one would delete: one that is not ready, the most often restarted first; "" where none is."""
    pods = sorted(revision.replicas or (), key=lambda pod: (pod.ready, -pod.restarts, pod.name))
    return pods[0].name if pods else ""


def plan_rollback(application: Application, bad: Revision | None, good: Revision | None) -> RollbackTerms:
    """The pod template of the older revision becomes the newest one: `kubectl rollout undo --to-revision`."""
    if good is None or good.number is None:
        return RollbackTerms(ROLLBACK, UNDO)
    values_by_name = {
        "workload": name_workload(application),
        "namespace": read_namespace(application),
        "number": str(good.number),
    }
    cautions = [
        "The older pod template becomes a new revision; what is not in it (config maps, secrets) stays as it is."
    ]
    if application.running == "Paused":
        cautions.append("The rollout is paused: nothing moves until somebody resumes it.")
    return RollbackTerms(ROLLBACK, UNDO, values_by_name, tuple(cautions))


def name_workload(application: Application) -> str:
    """`deployment/api`, as kubectl takes it."""
    return f"{application.mode}/{application.name.rpartition('/')[2]}"


def read_namespace(application: Application) -> str:
    """Of the location `context/namespace (cluster)`."""
    return application.location.partition(" (")[0].rpartition("/")[2]


def describe_access(environment: Environment, source: str) -> str:
    """What is missing when the cluster refuses; "" for a source that is not of this platform."""
    settings = read_settings(environment)
    if settings is None or source not in ("revisions", "pod logs", "changes:cluster"):
        return ""
    where = f"namespace {settings.namespace}" if settings.namespace else "the namespace of the context"
    return (
        f"the ClusterRole view, bound in {where}: it lists workloads, replica sets, pods and events, and reads pod logs"
    )


def list_tool_targets(environment: Environment) -> dict[str, str]:
    """The context that kubectl must be set to before it changes something in a shell."""
    settings = read_settings(environment)
    return {"kubectl": settings.context} if settings and settings.context else {}


def list_sample_values(environment: Environment) -> dict[str, str]:
    settings = read_settings(environment)
    return {
        "workload": "deployment/app",
        "pod": "app-7c9f8d6b5-x2x4z",
        "namespace": (settings.namespace if settings else "") or "default",
    }


def recognise_command(argv: Sequence[str], environment: Environment) -> PlatformCommand | None:
    """What this platform does itself of a command line; None for the shell."""
    from cockpit.platforms.kubernetes.known_commands import (
        recognise_kubectl_command,  # only where such a command is met
    )

    return recognise_kubectl_command(argv, environment)


KIND = PlatformKind(
    name=NAME,
    title="Kubernetes",
    procedures=Path(__file__).parent / "procedures",
    is_used=lambda environment: read_settings(environment) is not None,
    list_choices=list_revision_choices,
    plan_rollback=plan_rollback,
    recognise_command=recognise_command,
    describe_access=describe_access,
    list_tool_targets=list_tool_targets,
    list_sample_values=list_sample_values,
)

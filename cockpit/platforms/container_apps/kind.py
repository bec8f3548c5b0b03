"""What Container Apps is: how a revision of it is rolled back, and what can be done with one. Pure."""

from collections.abc import Iterator
from pathlib import Path

from cockpit.model.revision import Application, Revision
from cockpit.model.system import Environment
from cockpit.platforms.platform import PlatformKind, RevisionChoice, RollbackTerms

ROLLBACK = "rollback"  # the document
MULTIPLE, SINGLE, WITHOUT_INGRESS = "roll-back", "single-revision-mode", "an-app-without-ingress"  # its procedures


def list_revision_choices(application: Application, revision: Revision) -> list[RevisionChoice]:
    """What makes sense for this revision as it stands."""
    target = {"app": revision.app, "target-revision": revision.name}
    running = {"app": revision.app, "current-revision": revision.name}
    serves = revision.weight > 0
    result = [RevisionChoice("roll back", "away from it" if serves else "to this revision", "")]
    if not serves and application.has_ingress and application.mode.casefold() != "single":
        values_by_name = target | ({"current-revision": application.serving.name} if application.serving else {})
        result.append(RevisionChoice("traffic", "to this revision, in stages", "shift-traffic", values_by_name))
    if not revision.active:
        result.append(RevisionChoice("activate", "start its replicas", "activate", target))
    elif not serves:
        result.append(RevisionChoice("deactivate", "stop its replicas; asks for its name", "deactivate", target))
    if revision.active:
        result.append(RevisionChoice("restart", "replace all its replicas", "restart", running))
    return result


def plan_rollback(application: Application, bad: Revision | None, good: Revision | None) -> RollbackTerms:
    """By traffic, where it can be set; in single revision mode the older image is deployed again."""
    procedure = choose_procedure(application)
    if bad is None or good is None or procedure != SINGLE:
        return RollbackTerms(ROLLBACK, procedure)
    container, image = choose_container(application, good, bad)
    values_by_name = {"image": image, "container": container}
    return RollbackTerms(ROLLBACK, procedure, values_by_name, tuple(_list_cautions(good, bad)), keeps_settings=True)


def choose_procedure(application: Application) -> str:
    if application.mode.casefold() == "single":
        return SINGLE
    return MULTIPLE if application.has_ingress else WITHOUT_INGRESS


def choose_container(application: Application, good: Revision, bad: Revision) -> tuple[str, str]:
    """Name and image of the container that the older image is for: the first one that differs. Side-cars keep theirs.

    The name is that of a container which runs now; "" where none has the name of the older one, so that it is asked.
    """
    running = {container.name: container.image for container in bad.containers}
    if not running or not good.containers:
        return application.name, good.image  # not named: the name that Azure gives by itself
    if len(running) == len(good.containers) == 1:
        return next(iter(running)), good.containers[0].image
    differs = [container for container in good.containers if running.get(container.name) != container.image]
    chosen = (differs or list(good.containers))[0]
    return (chosen.name if chosen.name in running else ""), chosen.image


def _list_cautions(good: Revision, bad: Revision) -> Iterator[str]:
    yield "The app is in single revision mode: the older image is deployed again as a new revision."
    running = {container.name: container.image for container in bad.containers}
    changed = [container.name for container in good.containers if running.get(container.name) != container.image]
    if len(changed) > 1:
        yield f"{', '.join(changed[1:])} also ran another image then, and keeps the one of now."


def is_used(environment: Environment) -> bool:
    """A subscription alone means all apps of its group, but not where another platform is configured: then it is there
    for alerts, logs and the guard of az.
    """
    elsewhere = any(getattr(settings, "has_workloads", True) for settings in environment.platforms.values())
    return bool(environment.subscription and (environment.apps or not elsewhere))


def describe_access(environment: Environment, source: str) -> str:
    """The role that is missing when a source refuses; "" for a source that is not of this platform."""
    match source:
        case "revisions":
            return f"the role Reader on resource group {environment.resource_group}"
        case "log stream":
            return (
                "a role with the action Microsoft.App/containerApps/getAuthToken/action, "
                f"such as Container Apps Operator, on resource group {environment.resource_group}"
            )
        case "logs":
            return f"the role Log Analytics Reader on workspace {environment.workspace}"
    return ""


KIND = PlatformKind(
    name="container_apps",
    title="Azure Container Apps",
    procedures=Path(__file__).parent / "procedures",
    is_used=is_used,
    list_choices=list_revision_choices,
    plan_rollback=plan_rollback,
    recognise_command=lambda argv, environment: None,  # az is more than this platform: cockpit.runbooks.az does it
    describe_access=describe_access,
)

"""What App Service is to the cockpit: what can be done with what sits in a slot, and how a swap is undone. Pure."""

from collections.abc import Sequence
from pathlib import Path

from cockpit.model.revision import Application, Revision
from cockpit.model.system import Environment
from cockpit.platforms.app_service.settings import NAME, PRODUCTION, read_settings
from cockpit.platforms.platform import PlatformCommand, PlatformKind, RevisionChoice, RollbackTerms

SWAP, BACK = "swap-slots", "swap-back"  # the document and its procedure


def list_revision_choices(application: Application, revision: Revision) -> list[RevisionChoice]:
    """What makes sense for what sits in a slot as it stands."""
    slot = read_slot_label(revision)
    serves = slot == PRODUCTION
    values_by_name = {"app": application.name, "slot": slot}
    result = [RevisionChoice("roll back", "away from it" if serves else "to this one, by a swap", "")]
    if not serves:
        result.append(
            RevisionChoice("preview", "begin the swap with production's settings", "preview-a-swap", values_by_name)
        )
        if application.running.startswith("Swap of"):
            result.append(
                RevisionChoice("take back", "the swap that was begun", "take-back-a-begun-swap", values_by_name)
            )
    result.append(RevisionChoice("restart", "every instance of the slot", "restart-a-slot", values_by_name))
    return result


def read_slot_label(revision: Revision) -> str:
    return revision.labels[0] if revision.labels else PRODUCTION


def plan_rollback(application: Application, bad: Revision | None, good: Revision | None) -> RollbackTerms:
    """Production and the slot where the good one sits change places."""
    if good is None:
        return RollbackTerms(SWAP, BACK)
    cautions = ["Settings marked as slot settings stay where they are; the database stays as it is."]
    if application.running.startswith("Swap of"):
        cautions.insert(0, f"{application.running} with a preview: complete it or take it back first.")
    return RollbackTerms(SWAP, BACK, {"slot": read_slot_label(good)}, tuple(cautions))


def describe_access(environment: Environment, source: str) -> str:
    """What is missing when Azure refuses; "" for a source that is not of this platform."""
    settings = read_settings(environment)
    if settings is None or source not in ("revisions", "log stream"):
        return ""
    if source == "log stream":
        return f"the role Website Contributor on {', '.join(settings.sites)}: its log stream is read with it"
    return f"the role Reader on resource group {environment.resource_group}; Website Contributor to swap and restart"


def list_sample_values(environment: Environment) -> dict[str, str]:
    settings = read_settings(environment)
    return {"app": settings.sites[0] if settings else "site", "slot": "staging"}


def recognise_command(argv: Sequence[str], environment: Environment) -> PlatformCommand | None:
    """What this platform does itself of a command line; None for the shell."""
    from cockpit.platforms.app_service.known_commands import (
        recognise_webapp_command,  # only where such a command is met
    )

    return recognise_webapp_command(argv, environment)


KIND = PlatformKind(
    name=NAME,
    title="Azure App Service",
    procedures=Path(__file__).parent / "procedures",
    is_used=lambda environment: read_settings(environment) is not None,
    list_choices=list_revision_choices,
    plan_rollback=plan_rollback,
    recognise_command=recognise_command,
    describe_access=describe_access,
    list_sample_values=list_sample_values,
)

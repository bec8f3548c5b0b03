"""What Docker Compose is to the cockpit: what can be done with a service, and how it goes back. Pure."""

from collections.abc import Sequence
from pathlib import Path

from cockpit.model.revision import Application, Revision
from cockpit.model.system import Environment
from cockpit.platforms.compose.settings import BLUE_GREEN, NAME, read_settings
from cockpit.platforms.platform import PlatformCommand, PlatformKind, RevisionChoice, RollbackTerms

ROLLBACK, WITH_VARIABLE, BY_TAG, BY_HAND = "compose-rollback", "roll-back-a-service", "move-the-tag", "change-the-file"
SWITCH, BY_PROXY, BY_FILE, BY_START = (
    "switch-back",
    "switch-back-to-the-other-side",
    "change-the-upstream",
    "start-the-other-side",
)
"""The documents, and their procedures."""


def list_revision_choices(application: Application, revision: Revision) -> list[RevisionChoice]:
    """What makes sense for this revision as it stands."""
    if application.mode == BLUE_GREEN:
        values_by_name = name_side_values(application, revision)
        result = [RevisionChoice("roll back", "away from it" if revision.weight else "to this side", "")]
    else:
        values_by_name = dict(application.values)
        current = application.revisions[:1] == (revision,)
        result = [RevisionChoice("roll back", "away from it" if current else "to this revision", "")]
    named = {name: values_by_name.get(name, "") for name in ("project", "service", "folder", "compose-files")}
    if revision.active and all(named.values()):
        result.append(RevisionChoice("restart", "stop its containers and start them again", "restart-service", named))
    return result


def name_side_values(application: Application, revision: Revision) -> dict[str, str]:
    """What commands need to name one side."""
    prefix = f"{revision.labels[0] if revision.labels else revision.name}-"
    return {
        name.removeprefix(prefix): value
        for name, value in application.values
        if prefix != "-" and name.startswith(prefix)
    }


def plan_rollback(application: Application, bad: Revision | None, good: Revision | None) -> RollbackTerms:
    """The other side gets the traffic; else the older image, by the variable that the compose file takes it from."""
    if application.mode == BLUE_GREEN:
        return _plan_switch(application, bad, good)
    values_by_name = dict(application.values)
    if good is None:
        return RollbackTerms(ROLLBACK, WITH_VARIABLE)
    from cockpit.platforms.compose.mapping import MOVING_TAGS, read_image_reference  # not at the start: it maps answers

    older, newer = read_image_reference(good.image), read_image_reference(values_by_name.get("image", ""))
    variable = values_by_name.pop("version-variable", "")
    cautions = ["The next `up` without this version brings the newer one back: change .env, or what deploys, too."]
    if variable and older.tag not in MOVING_TAGS:
        placeholders = {**values_by_name, "version-variable": variable, "version": older.tag, "image": good.image}
        return RollbackTerms(ROLLBACK, WITH_VARIABLE, placeholders, tuple(cautions), keeps_settings=True)
    if newer.tag in MOVING_TAGS and newer.repository and good.settings == () and "@" in good.name:
        placeholders = {
            **values_by_name,
            "image-id": good.name.rpartition("@")[2],
            "image": values_by_name.get("image", ""),
        }
        cautions = [f"{newer.tag or 'latest'} means the older image on this machine until somebody pulls again."]
        return RollbackTerms(ROLLBACK, BY_TAG, placeholders, tuple(cautions), keeps_settings=True)
    placeholders = {**values_by_name, "image": good.image}
    return RollbackTerms(ROLLBACK, BY_HAND, placeholders, tuple(cautions), keeps_settings=True)


def _plan_switch(application: Application, bad: Revision | None, good: Revision | None) -> RollbackTerms:
    values_by_name = dict(application.values)
    procedure = (
        BY_PROXY
        if values_by_name.get("switch-variable") and values_by_name.get("proxy")
        else BY_FILE
        if values_by_name.get("upstream-file")
        else BY_START
    )
    if bad is None or good is None:
        return RollbackTerms(SWITCH, procedure)
    sides = {
        f"{prefix}-{name}": value
        for prefix, revision in (("good", good), ("bad", bad))
        for name, value in name_side_values(application, revision).items()
    }
    shared = {name: value for name, value in values_by_name.items() if name.startswith(("proxy", "switch", "upstream"))}
    colours = {
        f"{prefix}-side": revision.labels[0] if revision.labels else revision.name
        for prefix, revision in (("good", good), ("bad", bad))
    }
    return RollbackTerms(SWITCH, procedure, {**sides, **shared, **colours})


def describe_access(environment: Environment, source: str) -> str:
    """What is missing when the engine refuses; "" for a source that is not of this platform."""
    if read_settings(environment) is None or source not in ("revisions", "container logs", "changes:engine"):
        return ""
    return (
        "the right to open the engine's socket (group docker there, which is as much as root), or a socket proxy that "
        "lets GET on /containers, /images, /info and /events through; changes need POST on /containers too"
    )


def list_sample_values(environment: Environment) -> dict[str, str]:
    """For the placeholders of the built-in documents, where a check tries them."""
    settings = read_settings(environment)
    project = (settings.projects[:1] or ("app",))[0] if settings else "app"
    service = (settings.services[:1] or ("app",))[0].rpartition("/")[2] if settings else "app"
    sides = settings.sides if settings and len(settings.sides) == 2 else ("app-blue", "app-green")
    from cockpit.platforms.compose.mapping import name_sides

    good, bad = name_sides(sides)
    common = {"project": project, "folder": "/srv/app", "compose-files": "/srv/app/docker-compose.yml"}
    samples = {
        **common,
        "service": service,
        "version": "1.0.0",
        "version-variable": (settings.version_variable if settings else "") or "VERSION",
        "image": "example.com/app:1.0.0",
        "image-id": "3f2a1bc",
        "proxy": "proxy",
        "proxy-container": "app_proxy_1",
        "switch-variable": (settings.switch_variable if settings else "") or "ACTIVE",
        "upstream-file": (settings.active_file if settings else "") or "/srv/app/upstream.conf",
        "good-side": good,
        "bad-side": bad,
        **{f"{prefix}-{name}": value for prefix in ("good", "bad", "proxy") for name, value in common.items()},
        "good-service": sides[0].rpartition("/")[2],
        "bad-service": sides[1].rpartition("/")[2],
        "proxy-service": "proxy",
    }
    return {name.replace("-", "_"): sample for name, sample in samples.items()}


def recognise_command(argv: Sequence[str], environment: Environment) -> PlatformCommand | None:
    """What this platform does itself of a command line; None for the shell."""
    from cockpit.platforms.compose.known_commands import recognise_docker_command  # only where such a command is met

    return recognise_docker_command(argv, environment)


KIND = PlatformKind(
    name=NAME,
    title="Docker Compose",
    procedures=Path(__file__).parent / "procedures",
    is_used=lambda environment: read_settings(environment) is not None,
    list_choices=list_revision_choices,
    plan_rollback=plan_rollback,
    recognise_command=recognise_command,
    describe_access=describe_access,
    list_sample_values=list_sample_values,
)

"""What GitHub is to the cockpit: no workloads, but what they were deployed by. Pure."""

from collections.abc import Sequence
from pathlib import Path

from cockpit.model.system import Environment
from cockpit.platforms.github.settings import NAME, read_settings
from cockpit.platforms.platform import PlatformCommand, PlatformKind, RollbackTerms


def describe_access(environment: Environment, source: str) -> str:
    """What is missing when GitHub refuses; "" for a source that is not of it."""
    settings = read_settings(environment)
    if settings is None or source not in ("changes:github", "deployments", "workflows", "environments"):
        return ""
    names = ", ".join(settings.repositories)
    return f"a token with Actions and Deployments (read) on {names}; Actions (write) to start workflows"


def recognise_command(argv: Sequence[str], environment: Environment) -> PlatformCommand | None:
    """What this platform does itself of a command line; None for the shell."""
    from cockpit.platforms.github.known_commands import recognise_gh_command  # only where such a command is met

    return recognise_gh_command(argv, environment)


KIND = PlatformKind(
    name=NAME,
    title="GitHub",
    procedures=Path(__file__).parent / "procedures",
    has_workloads=False,
    is_used=lambda environment: read_settings(environment) is not None,
    list_choices=lambda application, revision: [],
    plan_rollback=lambda application, bad, good: RollbackTerms("", ""),
    recognise_command=recognise_command,
    describe_access=describe_access,
)

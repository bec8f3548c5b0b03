"""What GitHub is to the cockpit: no workloads, but what they were deployed by. Pure."""

from pathlib import Path

from cockpit.model.system import Environment
from cockpit.platforms.github.gh import recognise_gh_command
from cockpit.platforms.github.settings import NAME, GithubSettings, read_settings
from cockpit.platforms.platform import PlatformKind, RollbackTerms


def describe_access(environment: Environment, source: str) -> str:
    """What is missing when GitHub refuses; "" for a source that is not of it."""
    settings = read_settings(environment)
    if settings is None or source != "changes:github":
        return ""
    names = ", ".join(settings.repositories)
    return f"a token with Actions and Deployments (read) on {names}; Actions (write) to start workflows"


KIND = PlatformKind(
    name=NAME,
    title="GitHub",
    procedures=Path(__file__).parent / "procedures",
    settings=GithubSettings,
    has_workloads=False,
    is_used=lambda environment: read_settings(environment) is not None,
    list_choices=lambda application, revision: [],
    plan_rollback=lambda application, bad, good: RollbackTerms("", ""),
    recognise_command=recognise_gh_command,
    describe_access=describe_access,
)

"""Which repository `gh` in a shell asks: the one that the commands done without it ask, and never a guess."""

from pathlib import Path

import pytest

from cockpit.model.operator import operator_named
from cockpit.model.system import Environment
from cockpit.model.time import RealTime
from cockpit.platforms.github.settings import PUBLIC_API, GithubSettings
from cockpit.runbooks.prepare.context import RunContext
from cockpit.runbooks.prepare.values import Live


def variables(settings: GithubSettings, shell: dict[str, str]) -> dict[str, str]:
    """What a step finds there."""
    environment = Environment("prod", platforms={"github": settings}, shell=shell)
    context = RunContext(
        environment,
        operator_named("ana"),
        RealTime(),
        Path("/"),
        reveal=lambda secret: "",
        mask=str,
        read_only=False,
        live=Live,
        environ={"PATH": "/usr/bin", "GH_REPO": "someone/else"},
    )
    return context.shell()


@pytest.mark.parametrize(
    ("repositories", "url", "shell", "repository"),
    [
        (("acme/shop",), PUBLIC_API, {}, "acme/shop"),
        (("acme/shop",), "https://git.example.com/api/v3", {}, "git.example.com/acme/shop"),
        (("acme/shop",), "https://git.example.com:8443/api/v3", {}, "git.example.com:8443/acme/shop"),
        (("acme/shop",), PUBLIC_API, {"GH_REPO": "acme/infra"}, "acme/infra"),
        (("acme/shop", "acme/infra"), PUBLIC_API, {}, None),
    ],
)
def test_gh_finds_the_only_configured_repository_unless_the_team_names_another(
    repositories: tuple[str, ...], url: str, shell: dict[str, str], repository: str | None
) -> None:
    assert variables(GithubSettings(repositories=repositories, url=url), shell).get("GH_REPO") == repository

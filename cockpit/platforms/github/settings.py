"""Which repositories an environment is deployed from, as cockpit.toml says."""

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from cockpit.model.probe import HttpAccess
from cockpit.model.setting import Duration, LineText, NameText, UrlText, setting
from cockpit.model.system import Environment

NAME = "github"
PUBLIC_API, PUBLIC_HOST = "https://api.github.com", "github.com"
REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}")


@dataclass(frozen=True, slots=True)
class GithubSettings(HttpAccess):
    """Repositories of one host. Without `auth` the sign-in of `gh` is used."""

    repositories: tuple[NameText, ...] = field(metadata=setting("The repositories: `owner/name`.", not_empty=True))
    workflows: tuple[NameText, ...] = field(
        default=(),
        metadata=setting(
            "The workflows whose runs count as changes: file names, such as `deploy.yml`.",
            absent_text="all but what pull requests and issues start",
        ),
    )
    environments: tuple[LineText, ...] = field(
        default=(), metadata=setting("GitHub's environments whose deployments are shown.", absent_text="all")
    )
    url: UrlText = field(default=PUBLIC_API, metadata=setting("The REST API; of an own server `https://HOST/api/v3`."))
    interval: Duration = field(default=30.0, metadata=setting("Time between two looks."))

    @property
    def has_workloads(self) -> bool:
        """False: nothing runs there that a pane of workloads would show."""
        return False

    @property
    def shell_variables(self) -> dict[str, str]:
        """What `gh` in a shell is to find: the repository that the commands done without it ask, too."""
        if len(self.repositories) != 1:
            return {}
        host = "" if self.host == PUBLIC_HOST else f"{self.host}/"
        return {"GH_REPO": f"{host}{self.repositories[0]}"}

    @property
    def host(self) -> str:
        """As `gh --hostname` takes it."""
        parts = urlsplit(self.url)
        return PUBLIC_HOST if self.url.rstrip("/") == PUBLIC_API else parts.netloc.rpartition("@")[2]


SETTINGS = GithubSettings


def read_settings(environment: Environment) -> GithubSettings | None:
    """Those of an environment; None where it has no repository."""
    settings = environment.platforms.get(NAME)
    return settings if isinstance(settings, GithubSettings) and settings.repositories else None

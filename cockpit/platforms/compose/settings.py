"""Which engine, projects and services an environment has, as cockpit.toml says."""

from dataclasses import dataclass, field

from cockpit.model.setting import Duration, LineText, NameText, PathText, UrlText, setting
from cockpit.model.system import Environment

NAME = "compose"
BLUE_GREEN = "blue-green"  # the mode of an app with two `sides`


@dataclass(frozen=True, slots=True)
class ComposeSettings:
    """Services of Compose projects on one Docker Engine."""

    host: LineText = field(
        default="",
        metadata=setting(
            "The engine: `unix:///run/docker.sock`, `tcp://HOST:2376`, `ssh://USER@HOST`.",
            absent_text="`DOCKER_HOST` of `shell`, else of the environment, else docker's context, else the socket",
        ),
    )
    projects: tuple[NameText, ...] = field(
        default=(), metadata=setting("The projects shown.", absent_text="all of the engine")
    )
    services: tuple[NameText, ...] = field(
        default=(),
        metadata=setting("The services shown: `api`, or `PROJECT/api`.", absent_text="all of the projects"),
    )
    version_variable: LineText = field(
        default="",
        metadata=setting(
            "The variable that the compose file takes the version from: `APP_VERSION` of `image: app:${APP_VERSION}`.",
            absent_text="read from the compose file where that is on this machine",
        ),
    )
    program: LineText = field(
        default="",
        metadata=setting(
            "The program that pulls and starts: `docker compose` or `docker-compose`.",
            absent_text="the one that started the project, else the other",
        ),
    )
    folder: PathText = field(
        default="",
        metadata=setting(
            "The folder of the compose files on this machine.", absent_text="the one that the containers' labels name"
        ),
    )
    sides: tuple[NameText, ...] = field(
        default=(),
        metadata=setting(
            "The two services of a blue-green deployment, `blue/app` and `green/app` of two projects or `app-blue` and "
            "`app-green` of one: shown as one app, whose traffic goes to one of them."
        ),
    )
    active_file: PathText = field(
        default="",
        metadata=setting("A file in which the service or project that has the traffic stands: nginx' `upstream.conf`."),
    )
    active_url: UrlText = field(
        default="", metadata=setting("An address whose answer names the service, project or colour that answered.")
    )
    proxy: NameText = field(
        default="",
        metadata=setting("The service in front of the sides, `PROJECT/proxy`; switched by `switch_variable`."),
    )
    active_label: LineText = field(
        default="", metadata=setting("The label of the proxy's container that names who has the traffic.")
    )
    switch_variable: LineText = field(
        default="", metadata=setting("The variable by which the proxy's compose file is told who gets the traffic.")
    )
    events: bool = field(
        default=True, metadata=setting("`false` keeps what befalls containers off the timeline: ends, restarts.")
    )
    interval: Duration = field(default=15.0, metadata=setting("Time between two looks at the containers."))

    @property
    def shell_variables(self) -> dict[str, str]:
        """What `docker` in a shell is to find: the engine that is shown, not that of this machine."""
        return {"DOCKER_HOST": self.host} if self.host else {}


SETTINGS = ComposeSettings


def read_settings(environment: Environment) -> ComposeSettings | None:
    """Those of an environment; None where it has no engine."""
    settings = environment.platforms.get(NAME)
    return settings if isinstance(settings, ComposeSettings) else None

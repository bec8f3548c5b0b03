"""Which sites an environment has, as cockpit.toml says."""

from dataclasses import dataclass, field

from cockpit.model.setting import Duration, NameText, setting
from cockpit.model.system import Environment

NAME = "app_service"
PRODUCTION = "production"  # the slot that everybody is sent to


@dataclass(frozen=True, slots=True)
class AppServiceSettings:
    """Sites of the environment's `subscription` and `resource_group`."""

    sites: tuple[NameText, ...] = field(metadata=setting("The sites (web apps).", not_empty=True))
    interval: Duration = field(default=30.0, metadata=setting("Time between two looks at the sites."))


SETTINGS = AppServiceSettings


def read_settings(environment: Environment) -> AppServiceSettings | None:
    """Those of an environment; None where it has no site, or no subscription to ask."""
    settings = environment.platforms.get(NAME)
    asks = environment.subscription and environment.resource_group
    return settings if isinstance(settings, AppServiceSettings) and asks else None

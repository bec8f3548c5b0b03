"""Which kinds of platform there are. One more is its package and one line here."""

from collections.abc import Sequence
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from cockpit.model.system import Environment

if TYPE_CHECKING:  # a file is read without what a platform answers: it is a part of the time of each short command
    from cockpit.model.revision import Application
    from cockpit.platforms.platform import Platform, PlatformContext, PlatformKind

PACKAGES = ("container_apps", "kubernetes", "compose", "app_service", "github")
"""Each has a module `kind` with its `KIND`, which is pure, and a module `platform` with `connect_platform(context)`.

One that has a table in cockpit.toml, `[environments.NAME.KIND]`, has a module `settings` with its `SETTINGS`.
"""


@lru_cache(maxsize=1)
def list_kinds() -> "tuple[PlatformKind, ...]":
    """Every kind, in the order of PACKAGES."""
    return tuple(_load_kind(package) for package in PACKAGES)


def _load_kind(package: str) -> "PlatformKind":
    from cockpit.platforms.platform import PlatformKind

    kind = import_module(f"cockpit.platforms.{package}.kind").KIND
    assert isinstance(kind, PlatformKind)
    return kind


def find_kind(application: "Application") -> "PlatformKind":
    """The kind that an app runs on."""
    kinds = list_kinds()
    return next((kind for kind in kinds if kind.name == application.platform), kinds[0])


def list_used_kinds(environments: Sequence[Environment]) -> "tuple[PlatformKind, ...]":
    """The kinds that at least one of the environments uses."""
    return tuple(kind for kind in list_kinds() if any(kind.is_used(environment) for environment in environments))


def list_settings(*, with_workloads: bool = False) -> dict[str, type]:
    """The tables of cockpit.toml that kinds have for themselves, by their names."""
    names = [kind.name for kind in list_kinds() if kind.has_workloads] if with_workloads else PACKAGES
    modules = {name: f"cockpit.platforms.{name}.settings" for name in names}
    return {name: import_module(module).SETTINGS for name, module in modules.items() if find_spec(module)}


def list_procedure_folders(environments: Sequence[Environment] | None = None) -> tuple[Path, ...]:
    """Where the built-in documents are: of the kinds that these environments use, None for every kind.

    Of every kind, too, where there is only the environment that no file names: nobody has configured yet what is used.
    """
    unsaid = environments is None or all(environment.unnamed for environment in environments)
    kinds = list_kinds() if environments is None or unsaid else list_used_kinds(environments)
    return tuple(kind.procedures for kind in kinds if kind.has_workloads)


def connect_platforms(context: "PlatformContext") -> "tuple[Platform, ...]":
    """The platforms that an environment uses. Connects to nothing yet; imports what they need."""
    return tuple(_connect_platform(kind, context) for kind in list_used_kinds([context.environment]))


def _connect_platform(kind: "PlatformKind", context: "PlatformContext") -> "Platform":
    platform: Platform = import_module(f"cockpit.platforms.{kind.name}.platform").connect_platform(context)
    return platform

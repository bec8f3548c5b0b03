"""cockpit.toml: where it is, what it says, and everything that is wrong with it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cockpit.config.errors import ConfigError, ConfigErrors
from cockpit.config.places import default_data, default_system, find_config_file, list_candidates
from cockpit.config.secrets import Secrets
from cockpit.model.system import System

__all__ = [
    "ConfigError",
    "ConfigErrors",
    "Secrets",
    "build_json_schema",
    "default_data",
    "default_system",
    "find_config_file",
    "list_candidates",
    "load_system",
    "locate_config_errors",
]


def load_system(path: Path) -> System:
    """The System that the file describes. Raises ConfigErrors with all that is wrong, each with path and line."""
    from cockpit.config.load import load_file  # only paid for by those who have a file

    return load_file(path)


def locate_config_errors(errors: Sequence[ConfigError], path: Path) -> list[ConfigError]:
    """The errors with line and column, for what only the catalogue or the machine can tell of a file that was read."""
    from cockpit.config.lines import find_positions
    from cockpit.config.load import locate_error, read_config_text

    positions = find_positions(read_config_text(path))
    return [locate_error(error, positions) for error in errors]


def build_json_schema() -> dict[str, Any]:
    """The JSON Schema of cockpit.toml, draft 2020-12."""
    from cockpit.config.schema import json_schema

    return json_schema()

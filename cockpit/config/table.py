"""What every table of cockpit.toml is: strict, closed, and read once."""

from typing import Any

from pydantic import BaseModel, ConfigDict


def written(value: Any) -> Any:
    """A default as it is written in the file, where that is another type than what it is read as."""
    return value


class ConfigTable(BaseModel):
    """No key is ignored, nothing is converted; validators are built once, by the outermost table.

    Defaults are written as in the file, so that the schema shows them, and read like everything else.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True, validate_default=True)

"""A configuration as text, read as if it were a file of that content."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cockpit.config import ConfigError, ConfigErrors, load_system
from cockpit.model.system import System

Read = Callable[[str], System]
Wrong = Callable[[str], dict[str, ConfigError]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """The System of a text."""

    def reading(text: str) -> System:
        file = tmp_path / "cockpit.toml"
        file.write_text(text, encoding="utf-8")
        return load_system(file)

    return reading


@pytest.fixture
def wrong(read: Read) -> Wrong:
    """The mistakes of a text, by path."""

    def refusing(text: str) -> dict[str, ConfigError]:
        with pytest.raises(ConfigErrors) as refused:
            read(text)
        return {error.path: error for error in refused.value.errors}

    return refusing

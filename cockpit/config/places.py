"""Where configuration and data are looked for, and what is assumed where there is no file."""

import os
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from cockpit.config.errors import ConfigErrors, make_config_error
from cockpit.model.system import Environment, System
from cockpit.model.text import clean_line

NAME = "cockpit.toml"
VARIABLE = "COCKPIT_CONFIG"


def default_data(system: str = "") -> Path:
    """The data directory of a system that names none: one of its own in that of the user, so that no note about one
    system is taken for one about another. Blocking.

    The user's own is used where a timeline lies there already, as versions that knew only that one left it, or where a
    team shares it; and where there is no configuration.
    """
    import platformdirs  # only where it is asked: it loads archivers, a part of the time of each short command

    directory = Path(platformdirs.user_data_dir("cockpit", appauthor=False))
    name = re.sub(r"[^\w-]+", "-", system.casefold()).strip("-")
    own = directory / name
    # What a system has recorded stays its own, also when one without a name begins in the user's folder later.
    return own if name and (_holds_timeline(own) or not _is_in_use(directory)) else directory


def _holds_timeline(directory: Path) -> bool:
    return os.path.exists(directory / "timeline.db")


def _is_in_use(directory: Path) -> bool:
    shared = stat.S_ISGID | stat.S_IWGRP
    try:
        return _holds_timeline(directory) or directory.stat().st_mode & shared == shared
    except OSError:
        return False


def default_system(searched: Sequence[Path] = ()) -> System:
    """The System without a file: one environment, nothing to watch, a timeline to write. `searched`: no file there."""
    return System(
        name="cockpit",
        environments=(Environment("default", unnamed=True),),
        data=str(default_data()),
        searched=tuple(clean_line(str(path), 300) for path in searched),
    )


def list_candidates(option: str | None, environ: Mapping[str, str], cwd: Path) -> list[tuple[str, Path]]:
    """Where a configuration is looked for, in order: what names the place, and the absolute path."""
    return list(_walk_candidates(option, environ, cwd))


def _walk_candidates(option: str | None, environ: Mapping[str, str], cwd: Path) -> Iterator[tuple[str, Path]]:
    named = [("--config", option), (f"${VARIABLE}", environ.get(VARIABLE))]
    yield from ((how, _make_path_absolute(path, cwd)) for how, path in named if path)
    yield "current directory", cwd / NAME
    import platformdirs  # only where it was not found before

    yield "user configuration", Path(platformdirs.user_config_dir("cockpit", appauthor=False)) / NAME


def find_config_file(option: str | None, environ: Mapping[str, str], cwd: Path) -> Path | None:
    """The configuration in use, None where there is none. Raises ConfigErrors when one is named that is not there."""
    for how, path in _walk_candidates(option, environ, cwd):
        if os.path.exists(path):  # never raises, unlike Path.exists
            return path
        if how in ("--config", f"${VARIABLE}"):
            raise ConfigErrors(
                (
                    make_config_error(
                        (),
                        "config-file-missing",
                        f"does not exist or cannot be reached, and {how} names it",
                        named_by=how,
                    ),
                ),
                str(path),
            )
    return None


def _make_path_absolute(path: str, cwd: Path) -> Path:
    return Path(os.path.abspath(cwd / os.path.expanduser(path)))

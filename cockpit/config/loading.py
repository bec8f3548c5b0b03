"""Reading cockpit.toml: every mistake at once, or a System."""

import os
from dataclasses import replace
from pathlib import Path

from cockpit.config.build import build
from cockpit.config.errors import ConfigErrors
from cockpit.config.file import read, tables
from cockpit.config.lines import line_of, lines
from cockpit.config.raw import flat_keys
from cockpit.config.rules import rules
from cockpit.config.shape import read_shape
from cockpit.model.system import System


def load_file(path: Path) -> System:
    """The System that the file describes. Raises ConfigErrors with all that is wrong, each with path and line."""
    path = Path(os.path.abspath(path))
    text = read(path)
    data = flat_keys(tables(text, path))
    known = lines(text)
    root, wrong = read_shape(data)
    found = {(error.path, error.message): error for error in (*wrong, *rules(data))}
    if root is None or found:
        raise ConfigErrors([replace(each, line=line_of(each.place, known)) for each in found.values()], str(path))
    return build(root, path, known)

"""The house keeps its promises where import-linter cannot see: at run time."""

import subprocess
import sys

import pytest

HEAVY = ("httpx", "aiohttp", "azure", "msal", "sqlite_utils", "jinja2")


def modules_after(statement: str) -> set[str]:
    """The top-level packages loaded by a fresh interpreter after `statement`."""
    script = f"import sys\n{statement}\nprint(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_the_model_loads_nothing_but_the_standard_library() -> None:
    loaded = modules_after(
        "import importlib, pkgutil, cockpit.model as m\n"
        "[importlib.import_module('cockpit.model.' + each.name) for each in pkgutil.iter_modules(m.__path__)]"
    )
    assert loaded <= set(sys.stdlib_module_names) | {"cockpit", "_distutils_hack"} | site_packages_noise()


def site_packages_noise() -> set[str]:
    """What this interpreter loads by itself (editable installs put a finder there)."""
    return modules_after("pass")


@pytest.mark.parametrize("entry", ["cockpit.app", "cockpit.cli", "cockpit.cli.screen", "cockpit.cli.demo"])
def test_nothing_heavy_is_loaded_before_the_first_paint(entry: str) -> None:
    assert not modules_after(f"import {entry}") & set(HEAVY)


@pytest.mark.parametrize(
    "entry", ["cockpit.session", "cockpit.feeds.watch", "cockpit.timeline.timeline", "cockpit.simulator"]
)
def test_the_core_runs_without_a_terminal_library(entry: str) -> None:
    assert not modules_after(f"import {entry}") & {"textual", "rich", "screens", "widgets", "themes"}

"""The house keeps its promises where import-linter cannot see: at run time, and in imports for types alone."""

import ast
import subprocess
import sys
from collections.abc import Set
from pathlib import Path

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


PACKAGES = ("cockpit", "screens", "widgets", "themes")


def modules_imported(path: Path, modules: Set[str]) -> set[str]:
    """The modules of ours that a file names in its imports, TYPE_CHECKING and imports inside of functions included."""
    imported = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            submodules = {f"{node.module}.{alias.name}" for alias in node.names}
            imported |= submodules & modules
            if submodules - modules:
                imported.add(node.module)
    return imported & modules


def import_circles() -> set[frozenset[str]]:
    """Sets of modules of which each reaches every other by imports."""
    paths = {
        ".".join(path.with_suffix("").parts).removesuffix(".__init__"): path
        for package in PACKAGES
        for path in Path(package).rglob("*.py")
    }
    graph = {module: modules_imported(path, paths.keys()) - {module} for module, path in paths.items()}

    def reach(module: str) -> set[str]:
        reached: set[str] = set()
        waiting = [module]
        while waiting:
            new = graph[waiting.pop()] - reached
            reached |= new
            waiting += new
        return reached

    reached_from = {module: reach(module) for module in graph}
    return {
        frozenset(other for other in reached_from[module] if module in reached_from[other])
        for module in graph
        if module in reached_from[module]
    }


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert [sorted(circle) for circle in import_circles()] == []


def imports_at_run_time(tree: ast.Module) -> list[ast.ImportFrom]:
    """All but those under `if TYPE_CHECKING`."""
    for_types = [
        node
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and isinstance(block.test, ast.Name) and block.test.id == "TYPE_CHECKING"
        for node in ast.walk(block)
    ]
    return [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node not in for_types]


def test_screens_import_the_session_only_for_its_type() -> None:
    offenders = [
        str(path)
        for path in Path("screens").rglob("*.py")
        if any(node.module == "cockpit.session" for node in imports_at_run_time(ast.parse(path.read_text("utf-8"))))
    ]
    assert offenders == []

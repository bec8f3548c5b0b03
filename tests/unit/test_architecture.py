"""The house keeps its promises where import-linter cannot see: at run time, and in imports for types alone."""

import ast
import subprocess
import sys
from collections.abc import Set
from pathlib import Path

import pytest

HEAVY = ("httpx", "aiohttp", "azure", "msal", "sqlite_utils", "jinja2")


def modules_after(statement: str) -> set[str]:
    """The top-level packages loaded by a fresh interpreter after `statement`; not those kept out, which are None."""
    names = "{name.split('.')[0] for name, module in sys.modules.items() if module}"
    script = f"import sys\n{statement}\nprint(*sorted({names}))"
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


MODEL_OF_THE_FRAME = {
    f"cockpit.model.{name}" for name in ("key_bindings", "problem", "reading", "secret", "text", "time")
}
NOT_BEFORE_THE_FRAME = {
    *(*HEAVY, "certifi", "dateutil", "h11", "httpcore", "markdown_it", "pydantic", "sqlite3"),
    *("http.client", "logging.handlers", "tree_sitter", "urllib.request", "zoneinfo"),
}


def modules_at_the_first_frame(mode: str) -> set[str]:
    """Every module that is loaded when the app, started as the command starts it, has painted and goes on to attach."""
    script = f"""
import sys
import cockpit.cli
from cockpit.cli.log import log_to_file
import cockpit.cli.screen

async def attach():
    print(*sys.modules)
    raise SystemExit

log_to_file()
from cockpit.app import CockpitApp
CockpitApp(attach, wall={mode == "wall"}).run(headless=True)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.stdout, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize("mode", ["cockpit", "wall"])
def test_the_first_frame_is_painted_before_the_core_is_imported(mode: str) -> None:
    modules = modules_at_the_first_frame(mode)
    ours = {name for name in modules if name.startswith("cockpit.") and not name.startswith("cockpit.cli")}
    assert ours <= {"cockpit.app", "cockpit.model", "cockpit.turns", *MODEL_OF_THE_FRAME}
    assert modules & NOT_BEFORE_THE_FRAME == set()


NOT_BEFORE_A_VERDICT = {
    *("cockpit.runbooks.run.runner", "cockpit.runbooks.prepare.prepare", "cockpit.runbooks.document.read"),
    *("cockpit.runbooks.shell_syntax", "cockpit.runbooks.command_kinds", "cockpit.simulator", "markdown_it"),
    *("screens.dialogs.dialog", "screens.run.screen", "screens.incident.screen", "aiohttp", "azure", "msal"),
}
"""What reads and prepares commands is loaded a second later, and each screen when it is opened."""


def test_the_first_verdict_of_a_probe_waits_for_nothing_that_acts(tmp_path: Path) -> None:
    (tmp_path / "cockpit.toml").write_text(
        f'data = "{tmp_path}"\n[[environments.one.probes]]\nname = "dead"\nurl = "http://127.0.0.1:9/"\n'
    )
    script = f"""
import sys
import cockpit.session
from cockpit.app import CockpitApp
from cockpit.cli.options import Common
from cockpit.cli.screen import attach_to
from screens.main.screen import CockpitScreen

def show_waiting(screen):
    original(screen)
    if screen.content and screen.content.view.probes:
        print(*sys.modules)
        screen.app.exit()

original, CockpitScreen.show_waiting = CockpitScreen.show_waiting, show_waiting
cockpit.app.WARM_UP = cockpit.session.FIRST_TAKE_UP = 60  # a loaded machine may draw later than that
CockpitApp(lambda: attach_to(Common(config={str(tmp_path / "cockpit.toml")!r}))).run(headless=True)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=300)
    assert "cockpit.feeds.probes.feed" in done.stdout.split(), done.stderr
    assert set(done.stdout.split()) & NOT_BEFORE_A_VERDICT == set()


def test_screens_and_dialogs_are_imported_when_they_are_opened() -> None:
    screens = {name for name in modules_at_the_first_frame("cockpit") if name.startswith("screens.")}
    assert {name for name in screens if not name.startswith("screens.shared")} == {
        *("screens.main", "screens.main.screen", "screens.main.standing")
    }


NO_COMMAND_NEEDS = {"textual", "rich", "aiohttp", "jinja2", "azure", "msal", "screens", "widgets", "logging.handlers"}
READS_DOCUMENTS = {
    *("markdown_it", "tree_sitter", "sqlglot", "cockpit.runbooks.document", "cockpit.runbooks.plan"),
    *("cockpit.runbooks.catalogue", "cockpit.runbooks.shell_syntax", "cockpit.runbooks.run.runner"),
}
ASKS_SOURCES = {"httpx", "httpcore", "cockpit.feeds.http", "cockpit.session", "cockpit.connections"}
WITHOUT = {
    ("note", "the queue grows"): NO_COMMAND_NEEDS | READS_DOCUMENTS | ASKS_SOURCES,
    ("timeline",): NO_COMMAND_NEEDS | ASKS_SOURCES | {"tree_sitter", "cockpit.runbooks.run.runner"},
    ("status",): NO_COMMAND_NEEDS - {"rich"} | {"tree_sitter", "cockpit.runbooks.run.runner"},  # httpx brings rich
    ("exec", "--", "true"): NO_COMMAND_NEEDS | {"httpx", "httpcore", "markdown_it", "sqlglot", "zeroconf"},
}
"""What a command does not load: each of these costs more than all that the command does."""


@pytest.mark.parametrize("command", WITHOUT, ids=" ".join)
def test_a_command_loads_nothing_that_it_does_not_use(command: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "plan.md").write_text("# Plan\n\n| Severity | Response |\n|---|---|\n| P1 | 15 min |\n")
    documents = "" if command[0] == "exec" else f'runbooks = ["{tmp_path}/plan.md"]\n'
    (tmp_path / "cockpit.toml").write_text(f'data = "{tmp_path}"\n{documents}')
    script = f"""
import atexit, sys
atexit.register(lambda: print("LOADED", *sys.modules))
from cockpit.cli import main
main(["--config", {str(tmp_path / "cockpit.toml")!r}, "--as", "ana", *{command!r}])
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    loaded = set(done.stdout.rpartition("LOADED")[2].split())
    assert "cockpit.cli" in loaded, done.stderr
    assert loaded & WITHOUT[command] == set()


@pytest.mark.parametrize(
    "entry", ["cockpit.build_session", "cockpit.feeds.watch", "cockpit.timeline.timeline", "cockpit.simulator"]
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

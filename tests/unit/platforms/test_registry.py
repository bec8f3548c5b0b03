"""One more platform is its package and one line: what every package must bring, and what it costs."""

import ast
import subprocess
import sys
from dataclasses import dataclass, field, replace
from importlib import import_module
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

import pytest

import cockpit.platforms
from cockpit.config import load_system
from cockpit.config.schema import keys_of_table
from cockpit.model.revision import Application
from cockpit.model.setting import LineText, setting
from cockpit.model.system import Environment
from cockpit.platforms import registry
from cockpit.platforms.kubernetes.settings import KubernetesSettings
from cockpit.platforms.registry import PACKAGES, find_kind, list_kinds, list_procedure_folders, list_used_kinds
from cockpit.runbooks.catalogue.load import load_catalogue

FOLDER = Path(cockpit.platforms.__file__).parent
HEAVY = ("cockpit.azure.client", "cockpit.feeds.http", "azure", "httpx", "aiohttp", "msal", "kr8s", "textual", "rich")


def test_every_package_is_registered_and_named_like_its_folder() -> None:
    assert sorted(PACKAGES) == sorted(path.parent.name for path in FOLDER.glob("*/kind.py"))
    assert [kind.name for kind in list_kinds()] == list(PACKAGES)


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_can_be_connected(package: str) -> None:
    assert callable(import_module(f"cockpit.platforms.{package}.platform").connect_platform)


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_that_recognises_commands_performs_them_and_both_are_called_alike(package: str) -> None:
    modules = {path.stem for path in (FOLDER / package).glob("*.py")}
    classes = {
        node.name.removesuffix("Performer")
        for path in (FOLDER / package).glob("*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.ClassDef) and node.name.endswith("Performer")
    }
    assert ("known_commands" in modules) is ("perform" in modules) is bool(classes)


def test_an_environment_without_settings_uses_no_platform() -> None:
    assert list_used_kinds([Environment("prod")]) == ()


@pytest.mark.parametrize("kind", [kind for kind in list_kinds() if kind.has_workloads], ids=lambda kind: kind.name)
def test_the_rollback_of_every_kind_is_one_of_its_own_documents(kind: object) -> None:
    app = Application("shop", "prod", "multiple", "", (), platform=getattr(kind, "name"))  # noqa: B009
    terms = find_kind(app).plan_rollback(app, None, None)
    document = load_catalogue([]).document(terms.document)
    assert Path(document.runbook.path).parent == find_kind(app).procedures
    assert terms.procedure in {procedure.slug for procedure in document.runbook.procedures}


@pytest.mark.parametrize(
    ("environment", "kinds"),
    [
        (Environment("prod"), set()),
        (Environment("default", unnamed=True), {kind.name for kind in list_kinds() if kind.has_workloads}),
        (Environment("prod", subscription="s"), {"container_apps"}),
        (Environment("prod", platforms={"kubernetes": KubernetesSettings()}), {"kubernetes"}),
    ],
)
def test_built_in_procedures_show_only_where_their_platform_is_used(environment: Environment, kinds: set[str]) -> None:
    documents = load_catalogue([], environments=[environment]).documents
    assert {Path(document.runbook.path).parent.parent.name for document in documents} == kinds


def test_no_two_built_in_documents_are_named_alike() -> None:
    names = [path.name for folder in list_procedure_folders() for path in folder.glob("*.md")]
    assert len(names) == len(set(names))


def test_the_kinds_cost_nothing_to_look_at() -> None:
    """Of a platform that nobody configured there is what it is and what its table may hold, and nothing else."""
    script = (
        "import sys; from cockpit.platforms.registry import list_kinds; list_kinds(); "
        f"print(*[name for name in {HEAVY} if name in sys.modules]); "
        "print(*[name for name in sys.modules if name.count('.') == 3 and name.startswith('cockpit.platforms.')])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    heavy, modules = done.stdout.split("\n")[:2]
    assert heavy.split() == []
    assert {name.rpartition(".")[2] for name in modules.split()} == {"kind", "settings"}


def test_a_file_is_read_without_what_a_platform_answers() -> None:
    """It is a part of the time of each short command."""
    script = (
        "import sys; from cockpit.platforms.registry import list_settings; list_settings(); "
        "print(*[name for name in sys.modules if name.startswith(('cockpit.platforms.', 'cockpit.model.revision'))])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    names = [name for name in done.stdout.split() if name.count(".") == 3 or "revision" in name or "platform." in name]
    assert names
    assert {name.rpartition(".")[2] for name in names} == {"settings"}


@dataclass(frozen=True, slots=True)
class ShipSettings:
    """Where the ships are."""

    port: LineText = field(default="", metadata=setting("The port."))


def test_the_settings_of_a_new_kind_are_read_where_only_the_registry_knows_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ship = replace(list_kinds()[0], name="ships", is_used=lambda place: "ships" in place.platforms)
    monkeypatch.setattr(registry, "list_kinds", lambda: (*list_kinds_before, ship))
    monkeypatch.setattr(registry, "PACKAGES", (*PACKAGES, "ships"))
    for name, more in (("", {}), (".settings", {"SETTINGS": ShipSettings})):
        module = ModuleType(f"cockpit.platforms.ships{name}")
        module.__dict__.update(more, __spec__=ModuleSpec(module.__name__, None))
        monkeypatch.setitem(sys.modules, module.__name__, module)
    keys_of_table.cache_clear()
    file = tmp_path / "cockpit.toml"
    file.write_text('[environments.prod]\n[environments.prod.ships]\nport = "Piraeus"\n')
    try:
        system = load_system(file)
    finally:
        keys_of_table.cache_clear()
    assert system.environments[0].platforms == {"ships": ShipSettings("Piraeus")}
    assert list_used_kinds(system.environments) == (ship,)


list_kinds_before = list_kinds()

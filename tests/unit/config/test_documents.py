"""The reference and the examples say what is true."""

import re
from pathlib import Path
from typing import Any

import pytest

from cockpit.config import build_json_schema, load_system
from cockpit.model.answer import FUNCTIONS, SORTS
from cockpit.model.key_bindings import DEFAULT_KEYS

TOP = Path(__file__).parents[3]
REFERENCE = (TOP / "docs" / "configuration.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```toml\n(.*?)^```", REFERENCE, re.DOTALL | re.MULTILINE)
EXAMPLES = sorted((TOP / "examples").glob("*/cockpit.toml"))


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.splitlines()[0])
def test_every_block_of_the_reference_is_a_valid_file(block: str, tmp_path: Path) -> None:
    file = tmp_path / "cockpit.toml"
    file.write_text(block, encoding="utf-8")
    assert load_system(file).environments


def tables() -> dict[str, dict[str, Any]]:
    whole = build_json_schema()
    return {name: table["properties"] for name, table in {"top": whole, **whole["$defs"]}.items()}


@pytest.mark.parametrize("table", sorted(tables()))
def test_every_key_of_the_schema_is_in_the_reference(table: str) -> None:
    headings = {"identity", "cloud", "ladder", "keys", "self", "environments"}
    named = headings | {"rules", "roles", "contacts", "targets", "checklists", "hours", "people"}
    missing = [key for key in tables()[table] if key not in named and f"`{key}`" not in REFERENCE]
    if table == "Maintenance":
        missing = [key for key in missing if key not in ("from", "until")]  # written `{ from, until }`
    assert not missing


def test_every_action_place_and_function_is_in_the_reference() -> None:
    assert [action for action in DEFAULT_KEYS if f"`{action}`" not in REFERENCE] == []
    assert [place for place in SORTS if f"`[{place}]" not in REFERENCE] == []
    assert [function for function in (*FUNCTIONS, "pat", "any") if f"`{function}(" not in REFERENCE] == []


def test_there_is_an_example_for_each_kind_of_system() -> None:
    assert len(EXAMPLES) == 5


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.parent.name)
def test_every_example_loads_and_watches_something(example: Path) -> None:
    system = load_system(example)
    assert all(environment.probes for environment in system.environments)
    assert [each.name for each in system.environments if each.production]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.parent.name)
def test_examples_name_only_hosts_that_belong_to_nobody(example: Path) -> None:
    hosts = re.findall(r"https?://([^/:\"]+)", example.read_text(encoding="utf-8"))
    assert all(host.endswith("example.com") or host == "localhost" for host in hosts)


def test_the_actions_that_can_be_bound_are_those_of_the_screen() -> None:
    from textual.binding import Binding

    from cockpit.app import CockpitApp
    from screens.catalogue import keys as catalogue_keys
    from screens.main import keys as cockpit_keys
    from screens.run import keys as run_keys
    from widgets.table import KeyedTable

    bindings = [*CockpitApp.BINDINGS, *cockpit_keys.KEYS, *KeyedTable.BINDINGS]
    bindings += [*run_keys.BINDINGS, *catalogue_keys.KEYS]
    assert {each.id: each.key for each in bindings if isinstance(each, Binding)} == DEFAULT_KEYS

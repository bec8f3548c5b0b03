"""The reference and the examples say what is true."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cockpit.config import build_json_schema, load_system
from cockpit.config.schema import RETIRED, keys_of_table, list_tables_of, write_reference
from cockpit.model.answer import FUNCTIONS, SORTS
from cockpit.model.probe import MaintenanceWindow
from tests.write_keys import PAGE, read_page, render_tables

TOP = Path(__file__).parents[3]
REFERENCE = (TOP / "docs" / "configuration.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```toml\n(.*?)^```", REFERENCE + PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
EXAMPLES = sorted((TOP / "examples").glob("*/cockpit.toml"))


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.splitlines()[0])
def test_every_block_of_the_reference_is_a_valid_file(block: str, tmp_path: Path) -> None:
    file = tmp_path / "cockpit.toml"
    file.write_text(block, encoding="utf-8")
    assert load_system(file).environments


def test_the_tables_of_the_reference_are_those_of_the_declarations() -> None:
    assert write_reference(REFERENCE) == REFERENCE, "write them anew: make reference"


def test_every_table_of_the_file_is_in_the_reference() -> None:
    shapes = {".".join(path) or "top": shape for path, shape in list_tables_of()}
    told = {shapes[path] for path in re.findall(r"<!-- keys: (.*?) -->", REFERENCE)}
    bases = {shape.noun.__mro__[1] for shape in told}  # whose keys stand in the tables of what has them
    assert {shape.noun for shape in shapes.values() if shape not in told} - bases == {MaintenanceWindow}


def list_schema_keys(table: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every key that the schema has, "*" for a name of the operator's."""
    definitions = build_json_schema()["$defs"]
    for key, value in table["properties"].items():
        yield (*path, key)
        for step, shape in (
            ((key,), value),
            ((key,), value.get("items")),
            ((key, "*"), value.get("additionalProperties")),
        ):
            if isinstance(shape, dict) and "$ref" in shape:
                yield from list_schema_keys(definitions[shape["$ref"].rpartition("/")[2]], (*path, *step))


def test_the_schema_has_every_declared_key_and_those_that_are_retired() -> None:
    declared = {(*path, key) for path, shape in list_tables_of() for key in keys_of_table(shape.noun, shape.group)}
    assert set(list_schema_keys(build_json_schema())) == declared | set(RETIRED)


def test_every_place_and_function_is_in_the_reference() -> None:
    assert [place for place in SORTS if f"`[{place}]" not in REFERENCE] == []
    assert [function for function in (*FUNCTIONS, "pat", "any") if f"`{function}(" not in REFERENCE] == []


def test_the_page_of_keys_is_what_the_tables_of_actions_say() -> None:
    """`python -m tests.write_keys` writes it."""
    assert read_page()[1] == render_tables()


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

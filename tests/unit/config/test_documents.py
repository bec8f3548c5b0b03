"""The reference and the examples say what is true."""

import re
import textwrap
import tomllib
from collections.abc import Callable, Iterator
from datetime import date, time
from functools import cache
from pathlib import Path
from typing import Any

import fastjsonschema
import pytest
from click.testing import CliRunner

from cockpit.cli import cockpit
from cockpit.config import build_json_schema, load_system
from cockpit.config.schema import PROCEDURE_KEY, RETIRED, keys_of_table, list_tables_of, write_reference
from cockpit.feeds.alert_kinds import name_alert_kinds
from cockpit.feeds.probes.protocols import CHECKS
from cockpit.feeds.signals.sources import READERS
from cockpit.model.answer import FUNCTIONS, SORTS
from cockpit.model.key_bindings import RENAMED
from cockpit.model.key_names import FREE_KEY
from cockpit.model.probe import MaintenanceWindow
from tests.integration.cli.test_keys_in_use import WHOLE
from tests.write_keys import PAGE, read_page, render_tables

TOP = Path(__file__).parents[3]
REFERENCE = (TOP / "docs" / "configuration.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```toml\n(.*?)^```", REFERENCE + PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
DOCUMENTS = [
    TOP / "README.md",
    TOP / "CONTRIBUTING.md",
    *(TOP / "docs").rglob("*.md"),
    *(TOP / "examples").rglob("*.md"),
]
SHOWN = [
    pytest.param(textwrap.dedent(block), id=f"{path.relative_to(TOP)} {number}")
    for path in sorted(DOCUMENTS)
    for number, (_, block) in enumerate(
        re.findall(r"^( *)```toml\n(.*?)^\1```", path.read_text("utf-8"), re.DOTALL | re.MULTILINE), 1
    )
]
DRAFT = "http://json-schema.org/draft-07/schema"  # the newest that the validator knows; no word of ours is newer
EXAMPLES = sorted((TOP / "examples").glob("*/cockpit.toml"))


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.splitlines()[0])
def test_every_block_of_the_reference_is_a_valid_file(block: str, tmp_path: Path) -> None:
    file = tmp_path / "cockpit.toml"
    file.write_text(block, encoding="utf-8")
    assert load_system(file).environments


@pytest.mark.parametrize("block", SHOWN)
def test_every_configuration_that_a_document_shows_is_a_good_one(block: str, tmp_path: Path) -> None:
    """As one would paste it into a file, which has an environment."""
    file = tmp_path / "cockpit.toml"
    file.write_text(block if "[environments." in block else f"{block}\n[environments.prod]\n", encoding="utf-8")
    assert load_system(file).environments
    compile_schema()(write_as_json(tomllib.loads(block)))


WATCHING = re.compile(r"^\[\[environments\.\w+\.(probes|signals|alerts)", re.MULTILINE)


@pytest.mark.parametrize("block", [entry for entry in SHOWN if WATCHING.search(str(entry.values[0]))])
def test_what_is_shown_of_watching_works_as_it_stands(block: str, tmp_path: Path) -> None:
    """Without a document of one's own: `cockpit check` finds each procedure that it names."""
    file = tmp_path / "cockpit.toml"
    file.write_text(block, encoding="utf-8")
    checked = CliRunner().invoke(cockpit, ["check", "--config", str(file)])
    assert checked.exit_code == 0, checked.output


def write_as_json(value: Any) -> Any:
    """As an editor hands a file to the schema: JSON has no times."""
    if isinstance(value, dict):
        return {key: write_as_json(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [write_as_json(inner) for inner in value]
    return value.isoformat() if isinstance(value, date | time) else value


@pytest.mark.parametrize(
    "text",
    [*BLOCKS, *(path.read_text("utf-8") for path in EXAMPLES), WHOLE.replace("PORT", "9999")],
    ids=lambda text: text.splitlines()[0],
)
def test_what_is_a_valid_file_is_one_by_the_schema_of_editors_too(text: str) -> None:
    compile_schema()(write_as_json(tomllib.loads(text)))


@cache
def compile_schema() -> Callable[[Any], Any]:
    judge: Callable[[Any], Any] = fastjsonschema.compile(build_json_schema() | {"$schema": DRAFT})
    return judge


@pytest.mark.parametrize(
    "name", ["F6", "f24", "ctrl+x", "Ctrl+Alt+f1", "z", "Z", "7", "F25", "home", "xx", "ctrl+", ""]
)
def test_a_key_of_a_procedure_is_the_same_to_the_schema(name: str) -> None:
    assert bool(re.search(PROCEDURE_KEY, name)) == bool(FREE_KEY.fullmatch(name))


def test_keys_as_they_were_called_before_are_known_to_the_schema() -> None:
    compile_schema()({"keys": {name.rstrip("."): {} for name in RENAMED}})


def test_the_schema_refuses_what_the_reader_refuses() -> None:
    entry = {"name": "api", "url": "https://api.example.com", "auth": "entre:api://orders/.default"}
    with pytest.raises(fastjsonschema.JsonSchemaException):
        compile_schema()({"environments": {"prod": {"probes": [entry]}}})


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
            *(((key,), one) for one in value.get("anyOf", ())),
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


def test_the_reference_shows_each_kind_of_probe_and_signal() -> None:
    shown = "\n".join(BLOCKS)
    assert [scheme for scheme in ("https", *CHECKS) if f'"{scheme}://' not in shown] == []
    assert [kind for kind in READERS if f'kind = "{kind}"' not in shown] == []
    assert [kind for kind in name_alert_kinds() if f'kind = "{kind}"' not in shown] == []


ASKED = {
    "api-service": ("5xx share", "p95", "restarts", "CPU", "memory", "alive", "ready"),
    "dealix": ("error rate", "p95", "LLM fallback", "api", "restore test", "database"),
    "meeting-intelligence": (
        "5xx share",
        "replicas",
        "sign-in errors",
        "answer time",
        "restarts",
        "CPU",
        "memory",
        "name",
    ),
    "mystira": ("p95", "error rate", "memory", "connections", "name"),
    "unioneyes": ("5xx share", "p95", "backup", "backup drill", "prometheus", "grafana"),
}
"""What the documents of each system ask to be watched, by the names in its example."""


@pytest.mark.parametrize("name", ASKED)
def test_the_examples_watch_what_their_documents_ask_for(name: str) -> None:
    system = load_system(TOP / "examples" / name / "cockpit.toml")
    watched = {probe.name for where in system.environments for probe in where.probes}
    watched |= {signal.name for where in system.environments for signal in where.signals}
    assert [asked for asked in ASKED[name] if asked not in watched] == []


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

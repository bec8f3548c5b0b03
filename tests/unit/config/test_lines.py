"""Files that are none, that cannot be read, or that hold no TOML: one sentence each."""

import json
import os
import threading
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cockpit.config import ConfigErrors, load_system
from cockpit.config.lines import find_position, find_positions
from cockpit.model import raw


def refusal(path: Path) -> str:
    with pytest.raises(ConfigErrors) as refused:
        load_system(path)
    assert len(refused.value.errors) == 1
    return str(refused.value)


def place_of(path: Path) -> tuple[str, int | None, int | None]:
    with pytest.raises(ConfigErrors) as refused:
        load_system(path)
    (error,) = refused.value.errors
    return error.code, error.line, error.column


def holding(tmp_path: Path, content: bytes) -> Path:
    file = tmp_path / "cockpit.toml"
    file.write_bytes(content)
    return file


def test_a_missing_file(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none.toml") == f"{tmp_path}/none.toml: does not exist."


def test_a_directory(tmp_path: Path) -> None:
    assert refusal(tmp_path) == f"{tmp_path}: is a directory; name the file in it."


def test_a_path_through_a_file(tmp_path: Path) -> None:
    assert "a part of its path is a file" in refusal(holding(tmp_path, b"") / "cockpit.toml")


def test_a_path_that_is_none() -> None:
    assert "cannot be read" in refusal(Path("a\0b"))


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object) -> None:
        raise PermissionError(13, "Permission denied")  # chmod would not stop a test that runs as root

    monkeypatch.setattr(os, "open", denied)
    assert "may not be read by this user" in refusal(tmp_path / "cockpit.toml")


def test_text_that_is_not_utf_8_names_the_line(tmp_path: Path) -> None:
    file = holding(tmp_path, b'system = "a"\n# caf\xe9\n')
    assert place_of(file) == ("not-utf-8", 2, 6)


def test_an_enormous_file(tmp_path: Path) -> None:
    assert "this is not a configuration" in refusal(holding(tmp_path, b"#" * 1_000_001))


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ("system = shop", "not-toml", 1, 10),
        ('system = "shop"\n[environments.prod\n', "not-toml", 2, 19),
        ("bell = true\nbell = false\n", "not-toml", 2, 13),
        ('system = "shop', "not-toml", 1, None),  # it ends before the quote does
        ("a = " + "[" * 5_000, "nested-too-deeply", None, None),
    ],
)
def test_broken_toml_says_line_and_column(
    tmp_path: Path, text: str, code: str, line: int | None, column: int | None
) -> None:
    assert place_of(holding(tmp_path, text.encode())) == (code, line, column)


@pytest.mark.parametrize("value", ["2026-99-99", "9" * 5_000])
def test_a_value_that_python_cannot_hold_is_broken_toml(tmp_path: Path, value: str) -> None:
    assert place_of(holding(tmp_path, f"a = {value}".encode()))[0] == "not-toml"


def test_a_configuration_from_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_text('system = "piped"'))
    writer.start()
    assert load_system(pipe).name == "piped"
    writer.join()


def test_a_pipe_that_nobody_writes_to_is_a_mistake_of_the_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    monkeypatch.setattr(raw, "LONGEST_WAIT", 0.0)
    with pytest.raises(ConfigErrors) as refused:
        load_system(pipe)
    assert [error.code for error in refused.value.errors] == ["unreadable"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(content=st.binary(max_size=100) | st.text(alphabet="ab=[].\"'\n# {},1\\\x1b", max_size=60).map(str.encode))
def test_whatever_a_file_holds_it_is_a_system_or_a_list_of_mistakes(tmp_path: Path, content: bytes) -> None:
    try:
        assert load_system(holding(tmp_path, content)).environments
    except ConfigErrors as errors:
        told = str(errors)
    else:
        return
    assert "\x1b" not in told


def test_lines_are_those_of_the_text() -> None:
    positions = find_positions(
        'system = "a"\n'
        "text = '''\n"
        "[not.a.table]\n"
        "key = 1\n"
        "'''\n"
        "[environments.prod] # here\n"
        'values.env = "x"\n'
        "[[environments.prod.probes]]\n"
        'name = "a"\n'
        "[[environments.prod.probes]]\n"
        '"url" = "b"\n'
        "[[environments.prod.probes.maintenance]]\n"
        "from = 3\n"
    )
    places = {
        ("system",): (1, 1),
        ("key",): None,
        ("environments", "prod", "values", "env"): (7, 1),
        ("environments", "prod", "apps"): (6, 1),  # not there: the table that it belongs in
        ("environments", "prod", "probes", 0, "url"): (8, 1),
        ("environments", "prod", "probes", 1, "url"): (11, 1),
        ("environments", "prod", "probes", 1, "maintenance", 0, "from"): (13, 1),
    }
    assert {path: find_position(path, positions) for path in places} == places


def test_what_stands_within_a_line_or_over_several_has_its_own_place() -> None:
    positions = find_positions('a = [\n  1, # "x]"\n  { b = """]""", "c.d" = [2] },\n]\n[keys]\ntable.up = "i"\n')
    places = {
        ("a", 0): (2, 3),
        ("a", 1): (3, 3),
        ("a", 1, "b"): (3, 5),
        ("a", 1, "c.d", 0): (3, 27),
        ("keys", "table.up"): (6, 1),
    }
    assert {path: find_position(path, positions) for path in places} == places


scalars = st.integers() | st.booleans() | st.text(alphabet="ab \"'\\\n#[]{}=.,é", max_size=8)
keys = st.text(alphabet='ab.-_ "\\#[]é', max_size=4)
nested = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3), max_leaves=10
)


def write_inline(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case int():
            return str(value)
        case str():
            return json.dumps(value)
        case list():
            return f"[ {', '.join(map(write_inline, value))} ]"
        case _:
            return f"{{ {', '.join(f'{json.dumps(key)} = {write_inline(entry)}' for key, entry in value.items())} }}"


def list_paths(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in pairs:
        yield (*path, step)
        yield from list_paths(inner, (*path, step))


tables_of_a_file = st.dictionaries(keys, nested, max_size=3)


@given(tables=st.dictionaries(keys, tables_of_a_file | st.lists(tables_of_a_file, min_size=1, max_size=2), max_size=3))
def test_every_key_and_element_of_any_file_has_a_place_and_nothing_else_has(tables: dict[str, Any]) -> None:
    blocks = []
    for name, table in tables.items():
        for part in table if isinstance(table, list) else [table]:
            header = json.dumps(name)
            lines = [f"[[{header}]]" if isinstance(table, list) else f"[ {header} ] # ["]
            lines += [f"{json.dumps(key)} = {write_inline(value)}" for key, value in part.items()]
            blocks += lines
    text = "\n".join(blocks)
    assert set(find_positions(text)) == set(list_paths(tomllib.loads(text)))

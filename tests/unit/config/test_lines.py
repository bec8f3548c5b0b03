"""Files that are none, that cannot be read, or that hold no TOML: one sentence each."""

import os
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cockpit.config import ConfigErrors, load_system
from cockpit.config.lines import find_key_lines, line_of


def refusal(path: Path) -> str:
    with pytest.raises(ConfigErrors) as refused:
        load_system(path)
    assert len(refused.value.errors) == 1
    return str(refused.value)


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

    monkeypatch.setattr(Path, "open", denied)
    assert "may not be read by this user" in refusal(tmp_path / "cockpit.toml")


def test_text_that_is_not_utf_8_names_the_line(tmp_path: Path) -> None:
    file = holding(tmp_path, b'system = "a"\n# caf\xe9\n')
    assert refusal(file) == f"{file}, line 2: is not UTF-8 text; save it as UTF-8."


def test_an_enormous_file(tmp_path: Path) -> None:
    assert "this is no configuration" in refusal(holding(tmp_path, b"#" * 1_000_001))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("system = shop", "line 1: is no valid TOML at column 10: invalid value"),
        ('system = "shop"\n[environments.prod\n', "line 2: is no valid TOML at column 19"),
        ("bell = true\nbell = false\n", "line 2: is no valid TOML at column 13: cannot overwrite a value"),
        ('system = "shop', "line 1: is no valid TOML: unterminated string"),
        ("a = " + "[" * 5_000, "nested too deeply"),
        ("a = 2026-99-99", "is no valid TOML"),
        ("a = " + "9" * 5_000, "is no valid TOML"),
    ],
)
def test_broken_toml_says_line_and_column(tmp_path: Path, text: str, said: str) -> None:
    assert said in refusal(holding(tmp_path, text.encode()))


def test_a_configuration_from_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_text('system = "piped"'))
    writer.start()
    assert load_system(pipe).name == "piped"
    writer.join()


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
    found = find_key_lines(
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
    assert line_of(("system",), found) == 1
    assert line_of(("key",), found) is None
    assert line_of(("environments", "prod", "values", "env"), found) == 7
    assert line_of(("environments", "prod", "apps"), found) == 6
    assert line_of(("environments", "prod", "probes", 0, "url"), found) == 8
    assert line_of(("environments", "prod", "probes", 1, "url"), found) == 11
    assert line_of(("environments", "prod", "probes", 1, "maintenance", 0, "from"), found) == 13

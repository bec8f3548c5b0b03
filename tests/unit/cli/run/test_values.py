"""How a value is given on the command line, which everybody on the machine can read."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from cockpit.cli.options import Refusal
from cockpit.cli.run.command import parse_values
from cockpit.cli.run.steps import how_to_give
from cockpit.runbooks.types import Resolved


def test_a_name_alone_takes_the_variable_of_the_shell() -> None:
    environ = {"DB_PASSWORD": "open=sesame", "<who>": "nobody"}
    assert parse_values(["<who>=Ana", "DB_PASSWORD"], environ) == {"who": "Ana", "DB_PASSWORD": "open=sesame"}


@pytest.mark.parametrize("text", ["DB_PASSWORD", "", "=x"])
def test_what_sets_nothing_is_refused(text: str) -> None:
    with pytest.raises(Refusal) as refused:
        parse_values([text], {})
    assert refused.value.code == "not-an-assignment"


@pytest.mark.parametrize(
    ("value", "way"),
    [
        (Resolved("who", None), "--set 'who=...'"),
        (Resolved("DB_PASSWORD", None, secret=True), "--set DB_PASSWORD:"),
        (Resolved("db password", None, secret=True), "--set 'db password=...'"),
    ],
)
def test_a_secret_that_is_missing_is_not_asked_for_in_the_command_line(value: Resolved, way: str) -> None:
    assert way in how_to_give(cast(Any, SimpleNamespace(folder_choices=(), values=(value,))))

"""Whatever somebody writes into the tables, the answer is a list of mistakes, never an exception."""

import json
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cockpit.config.build import ConfigSource
from cockpit.config.checks import check_rules
from cockpit.config.load import read_shape
from cockpit.config.raw import flat_keys
from cockpit.config.schema import keys_of_table, list_tables_of
from cockpit.model.text import clean_line

KEYS = sorted({key for _, shape in list_tables_of() for key in keys_of_table(shape.noun, shape.group)})
SOURCE = ConfigSource(Path("/srv/cockpit.toml"), lambda key: "cockpit.toml")
names = st.sampled_from([*KEYS, "prod", "Authorization", "table", "up"]) | st.text(max_size=5)
values = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.datetimes()
    | st.text(max_size=10)
    | st.sampled_from(
        ["15s", "0s", "http://", "https://[", "https://a.example.com:x", "[STATUS] == 200", "a\x1b[2J", "simulator"]
    )
)
anything = st.recursive(
    values, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4), max_leaves=15
)
shaped = st.fixed_dictionaries(
    {},
    optional={
        "identity": anything,
        "cloud": anything,
        "keys": anything,
        "ladder": st.lists(st.dictionaries(names, anything, max_size=3), max_size=3),
        "environments": st.dictionaries(
            names,
            st.dictionaries(
                names, st.lists(st.dictionaries(names, anything, max_size=6), max_size=3) | anything, max_size=6
            ),
            max_size=2,
        ),
    },
)


@given(data=st.dictionaries(names, anything, max_size=5) | shaped)
def test_no_table_breaks_the_reader(data: dict[str, Any]) -> None:
    data = flat_keys(data)
    system, reader = read_shape(data, SOURCE)
    assert (system is None) == bool(reader.errors)
    for error in (*reader.errors, *check_rules(data)):
        assert error.code
        json.dumps(error.document())
        assert clean_line(str(error)) == str(error)

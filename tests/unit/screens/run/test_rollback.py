"""The difference of two revisions, as rows."""

from screens.run.rollback import _render_change
from widgets.cell import measure_pieces


def test_a_value_of_several_lines_stands_as_one_block_behind_its_sign() -> None:
    old = "2\nshop-api--r44-5d44e881b-ea858: NotRunning (The container is not ready.), NOT READY, 14 restarts"
    name, *rows = _render_change("replicas", old, "not set")

    lines = ["".join(text for text, _ in row) for row in rows]
    assert "".join(text for text, _ in name) == "  replicas"
    assert lines[0] == "    ✖ 2"
    assert lines[-1] == "    ✔ not set"
    assert all(line.startswith("      ") and line[6] != " " for line in lines[1:-1])
    assert all(measure_pieces(row) <= 74 for row in rows)

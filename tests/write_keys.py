"""Writes docs/keys.md anew from the tables of keys: `python -m tests.write_keys`."""

from pathlib import Path

from cockpit.model.key_bindings import KEY_TABLES

PAGE = Path(__file__).parents[1] / "docs" / "keys.md"
BEGINS = "<!-- The tables below are written by `python -m tests.write_keys` from cockpit/model/key_bindings.py. -->"
SHOWN = {
    "question_mark": "?",
    "slash": "/",
    "colon": ":",
    "comma": ",",
}


def render_tables() -> str:
    """One table for each screen."""
    lines = [BEGINS, ""]
    for table in KEY_TABLES:
        lines += [f"## {table.title}", "", "| id | key | label | what it does |", "|---|---|---|---|"]
        for binding in table.bindings:
            keys = ", ".join(f"`{SHOWN.get(key, key)}`" for key in binding.key.split(","))
            lines.append(f"| `{binding.id}` | {keys} | {binding.label} | {binding.tooltip} |")
        lines.append("")
    return "\n".join(lines)


def read_page() -> tuple[str, str]:
    """What people wrote above the tables, and the tables as they stand."""
    above, mark, tables = PAGE.read_text("utf-8").partition(BEGINS)
    return above, mark + tables


if __name__ == "__main__":
    PAGE.write_text(read_page()[0] + render_tables(), "utf-8")

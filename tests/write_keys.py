"""Writes docs/keys.md anew from the tables of actions: `python -m tests.write_keys`."""

from pathlib import Path

from cockpit.model.actions import ACTION_TABLES

PAGE = Path(__file__).parents[1] / "docs" / "keys.md"
BEGINS = "<!-- The tables below are written by `python -m tests.write_keys` from cockpit/model/actions.py. -->"
SHOWN = {
    "question_mark": "?",
    "slash": "/",
    "colon": ":",
    "comma": ",",
}


def render_tables() -> str:
    """One table for each screen."""
    lines = [BEGINS, ""]
    for table in ACTION_TABLES:
        lines += [f"## {table.title}", "", "| action | key | label | what it does |", "|---|---|---|---|"]
        for action in table.actions:
            keys = ", ".join(f"`{SHOWN.get(key, key)}`" for key in action.key.split(","))
            lines.append(f"| `{action.id}` | {keys} | {action.label} | {action.tooltip} |")
        lines.append("")
    return "\n".join(lines)


def read_page() -> tuple[str, str]:
    """What people wrote above the tables, and the tables as they stand."""
    above, mark, tables = PAGE.read_text("utf-8").partition(BEGINS)
    return above, mark + tables


if __name__ == "__main__":
    PAGE.write_text(read_page()[0] + render_tables(), "utf-8")

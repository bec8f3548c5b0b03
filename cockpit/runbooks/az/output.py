"""Results as az prints them. Its rules are knack's: sorted JSON, tables of what is plain, tabs between values.

Pure. `tests/unit/runbooks/az` holds each rule to an example.
"""

import json
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cockpit.model.text import clean_text

Rows = Callable[[Any], Any]
"""A command's own choice of columns for -o table, when nobody asked for others with --query."""

NOT_IN_TABLES = frozenset({"id", "type", "etag"})
LONGEST = 4_000_000  # characters of one result


class NoTableError(ValueError):
    """The result has no shape that fits a table; the message is az's advice."""


def format_az_output(result: Any, *, output: str = "json", query: str = "", rows: Rows | None = None) -> str:
    """What az writes to its standard output, cleaned. Raises NoTableError, ValueError for a query that fails.

    az writes nothing at all for a result that is null.
    """
    if query:
        import jmespath

        # An ordered mapping keeps the columns of `{a:..., b:...}` in the order they were asked for.
        result = jmespath.search(query, result, jmespath.Options(dict_cls=OrderedDict))
    if result is None or output == "none":
        return ""
    if output == "json":
        return clean_text(json.dumps(result, ensure_ascii=False, indent=2, sort_keys=True) + "\n", LONGEST)
    if output == "tsv":
        return clean_text(format_tsv(result), LONGEST)
    return clean_text(format_az_table(result, rows=None if query else rows, in_order=bool(query or rows)), LONGEST)


def format_tsv(result: Any) -> str:
    """A line for each item; a list inside it is its length, an object nothing."""
    items = result if isinstance(result, list) else [result]
    return "".join(f"{tsv_line(item)}\n" for item in items)


def tsv_line(item: Any) -> str:
    if isinstance(item, OrderedDict):
        return "\t".join(map(tsv_value, item.values()))
    if isinstance(item, Mapping):
        return "\t".join(tsv_value(item[key]) for key in sorted(item))
    if isinstance(item, list):
        return "\t".join(map(tsv_value, item))
    return str(item).lower() if isinstance(item, bool) else tsv_value(item)


def tsv_value(value: Any) -> str:
    if isinstance(value, list):
        return str(len(value))
    return "" if isinstance(value, Mapping) else str(value)


def format_az_table(result: Any, *, rows: Rows | None = None, in_order: bool = False) -> str:
    """Headers with a first capital, a rule, and a line for each item. Raises NoTableError."""
    from tabulate import tabulate

    try:
        chosen = rows(result) if rows else result
        items = [list_row_cells(item, in_order=in_order) for item in (chosen if isinstance(chosen, list) else [chosen])]
        drawn = tabulate(items, headers="keys", tablefmt="simple", disable_numparse=True) if items else ""
    except (KeyError, TypeError, ValueError, AttributeError, LookupError) as error:
        raise NoTableError(NO_TABLE) from error
    return drawn + "\n"


def list_row_cells(item: Any, *, in_order: bool) -> dict[str, Any]:
    """One row: what is plain and not null of an object, the columns of a list, or the value itself."""
    if isinstance(item, Mapping):
        keys: Sequence[str] = list(item) if in_order else sorted(item)
        return {
            key[:1].upper() + key[1:]: item[key]
            for key in keys
            if key not in NOT_IN_TABLES and item[key] is not None and not isinstance(item[key], list | Mapping)
        }
    if isinstance(item, list):
        return {f"Column{place}": value for place, value in enumerate(item, start=1)}
    return {"Result": item}


NO_TABLE = "This result does not fit a table; choose what to show with --query, or another output with -o."
